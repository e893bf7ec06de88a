"""The past: everybody is searched for, and all that belongs to them is exported by their ids, since changes reach back 90 days only.

A batch of people is in the state before its exports are begun, with their ids, so that a restart goes on in the middle of it. Searches that
are left are in the state as well; a search that was read is struck off together with the people it found being taken up.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple

from api import Record
from common.failures import Disorder, Rejected, SyncFailed
from common.listing import Page, PageRequest, read_listing
from context import Context
from cursors import MOST_IN_BATCH
from exports import Broken, Delivered, Exports, JobFailed
from fetch import PARALLEL_REQUESTS, WHOLE_ATTEMPTS, sizes
from models import DETAILS, Resource
from plan import DETAILS_OF, MOST_ROWS
from sweep import MOST_PEOPLE, Part, belongs, can_be_split, children, first_parts

CONTACTS = "Contacts"
PATH = "/people"
SMALLEST_BATCH = 10
WITHOUT_PEOPLE = "its rows do not tell whom they belong to"


class Found(NamedTuple):
    """What a search came to: people, or narrower searches in its place."""

    people: list[int]
    instead: list[Part]


class Backfill:
    """Reads the past of types that were not read yet.

    Args:
        context: the sync's tools.
        exports: begins and delivers exports.
    """

    def __init__(self, context: Context, exports: Exports) -> None:
        self._api, self._pager, self._delivery = context.api, context.pager, context.delivery
        self._executor, self._wait, self._say, self._inform = context.executor, context.wait, context.say, context.inform
        self._state, self._entry = context.state, context.state.backfill
        self._exports = exports
        self._resources: dict[str, Resource] = {}
        self.out_of_reach: dict[str, str] = {}  # types whose past turned out not to be there to be asked for, and why

    def forget(self, gaps: Sequence[str]) -> None:
        """The past of types with a gap is to be read anew."""
        self._entry.covered = [name for name in self._entry.covered if name not in gaps]
        if set(gaps) & set(self._entry.wanted):
            self._restart(())

    def plan(self, resources: Sequence[Resource]) -> None:
        """Decides what is to be read: types whose past was not read yet, and those whose details are wanted for the first time."""
        entry = self._entry
        self._resources = {one.name: one for one in resources}
        details = [name for name, table in DETAILS_OF.items() if table in self._delivery.wanted and table not in entry.detailed]
        due = [name for name in self._resources if name not in entry.covered or name in details]
        wanted = [name for name in due if self._resources[name].of_people]
        self.out_of_reach = {name: WITHOUT_PEOPLE for name in due if name not in wanted}
        if not set(wanted) <= set(entry.wanted):
            self._restart(wanted)
        if not set(entry.wanted) <= set(self._resources):  # what the key may not export any more
            self._restart([name for name in entry.wanted if name in self._resources])

    def _restart(self, wanted: Sequence[str]) -> None:
        entry = self._entry
        entry.wanted = sorted(wanted, key=lambda name: (name != CONTACTS, name))
        entry.parts = first_parts() if wanted else []
        entry.ids, entry.batch, entry.left, entry.jobs = [], 0, [], {}
        entry.people, entry.total = 0, len(entry.parts)
        entry.began, entry.last, entry.closed = self._exports.now if wanted else None, None, False

    @property
    def is_due(self) -> bool:
        """Whether anything of the past is still to be read."""
        return bool(self._entry.wanted or self.out_of_reach)

    def run(self) -> None:
        """Reads the past, from where it was left.

        Raises:
            SourceFailure: if people cannot be searched for, or the source does not answer.
            SyncFailed: if an export fails again and again.
        """
        entry = self._entry
        if entry.parts or entry.ids:
            self._inform(f"reading the past: {entry.people:,} people so far, {len(entry.parts)} of {entry.total} searches left")
        while entry.parts or entry.ids or not entry.closed:
            if not entry.parts and not entry.ids:
                self._take_up_who_changed()
            if not entry.batch:
                self._fill()
            if entry.ids:
                self._export_batch()
                self._inform(f"the past: {entry.people:,} people, {len(entry.parts)} of {entry.total} searches left")
        entry.covered = sorted({*entry.covered, *entry.wanted, *self.out_of_reach})
        entry.detailed = sorted({root.table.name for root in DETAILS} & set(self._delivery.wanted) | set(entry.detailed))
        self._restart(())
        self._delivery.checkpoint()

    def _take_up_who_changed(self) -> None:
        """Takes up people who changed while others were searched for: a new name may lead from a search to come to one that is over.

        Raises:
            SourceFailure: if the source does not answer.
            SyncFailed: if the export fails.
        """
        entry, contacts = self._entry, self._resources.get(CONTACTS)
        if contacts and entry.began:
            if entry.last is None:
                entry.last = self._exports.result(self._exports.begin(contacts, self._exports.body_since(entry.began)))
                self._delivery.checkpoint()
            try:
                delivered = self._exports.deliver(contacts, self._exports.wait(contacts, entry.last))
            except Broken:
                entry.last = None
                raise
            except JobFailed as failure:
                entry.last = None
                raise SyncFailed(f"the past cannot be read: {failure}. The next sync goes on from here") from None
            entry.ids = sorted(delivered.people)
        entry.closed = True

    # --- Searches ---

    def _fill(self) -> None:
        """Searches until there are people enough for a batch, and puts them into the state."""
        entry = self._entry
        while entry.parts and len(entry.ids) < entry.size:
            some = entry.parts[:PARALLEL_REQUESTS]
            replies: list[Future[Found]] = [self._executor.submit(self._search, part) for part in some]
            found: list[Found] = [self._wait(reply) for reply in replies]
            narrower = [part for one in found for part in one.instead]
            entry.parts[: len(some)] = narrower
            entry.total += max(len(narrower) - sum(bool(one.instead) for one in found), 0)
            entry.ids = sorted({*entry.ids, *(number for one in found for number in one.people)})
        self._choose()
        self._delivery.checkpoint()

    def _search(self, part: Part) -> Found:
        """The people of a search, or narrower searches. Safe in threads."""
        size = sizes(MOST_ROWS)
        first = self._pager.rows(PATH, {part.field: part.prefix}, PageRequest(0, size[0]), WHOLE_ATTEMPTS)
        people, total = first.records, first.total
        if total is not None and total > MOST_PEOPLE and can_be_split(part):
            return Found([], self._split(part, total))
        if total is not None and total > MOST_PEOPLE:
            return Found(self._read_twice(part, size[0]), [])
        if total != len(people):
            listing = read_listing(partial(self._page, part), _id_of, size, "link")
            people = listing.records
            if listing.gaps or listing.keyless:
                raise Disorder(f"{PATH}: some of the people of a search cannot be read")
        return Found(sorted(_those_of(part, people)), [])

    def _read_twice(self, part: Part, size: int) -> list[int]:
        """Those who count in a search that is too large to stand still while it is read, and that cannot be split.

        They are few, so that somebody who slips from one page to the other in both readings is not to be expected.
        """
        found = set[int]()
        for _ in range(2):
            offset, last = 0, False
            while not last:
                listed = self._pager.rows(PATH, {part.field: part.prefix}, PageRequest(offset, size), WHOLE_ATTEMPTS)
                found |= _those_of(part, listed.records)
                offset += len(listed.records)
                last = not listed.records or (listed.total is not None and offset >= listed.total)
        return sorted(found)

    def _split(self, part: Part, total: int) -> list[Part]:
        """Narrower searches, without those that find nobody.

        Raises:
            Disorder: if what is searched for makes no difference.
        """
        counts = {child: self._count(child) for child in children(part)}
        if sum(count >= total for count in counts.values()) > 1:
            raise Disorder(f"{PATH}: a search by {part.field} finds as many people whatever is searched for")
        # the counts cannot tell that nobody is left: some may be found by two of these searches
        return [*(child for child, count in counts.items() if count), part._replace(rest=True)]

    def _count(self, part: Part) -> int:
        listed = self._api.page(PATH, {part.field: part.prefix, "$top": 1})
        return len(listed.records) if listed.total is None else listed.total

    def _page(self, part: Part, request: PageRequest) -> Page:
        listed = self._pager.rows(PATH, {part.field: part.prefix}, request)
        return Page(listed.records, listed.total)

    # --- Exports ---

    def _choose(self) -> None:
        """Takes the next people of those that were found."""
        entry = self._entry
        entry.batch = min(entry.size, len(entry.ids))
        entry.left, entry.jobs = list(entry.wanted) if entry.batch else [], {}

    def _export_batch(self) -> None:
        """Exports all that belongs to some people."""
        entry = self._entry
        people = entry.ids[: entry.batch]
        if not self._begin(people):
            return
        for name in list(entry.left):
            try:
                whole = self._deliver(self._resources[name], people)
            except JobFailed as failure:
                self._ask_for_less(str(failure))
                return
            except Broken:
                entry.jobs.pop(name)  # the next sync begins it anew
                raise
            if not whole:
                return
            entry.left = [other for other in entry.left if other != name]
            entry.jobs.pop(name, None)
            if entry.left:
                self._delivery.checkpoint(if_due=True)
        entry.ids, entry.people = entry.ids[len(people) :], entry.people + len(people)
        entry.size = min(2 * entry.size, MOST_IN_BATCH) if len(people) == entry.size else entry.size
        entry.batch = 0
        if len(entry.ids) >= entry.size:
            self._choose()
        self._delivery.checkpoint()

    def _begin(self, people: Sequence[int]) -> bool:
        """Begins the exports that are not under way, and puts their ids into the state; False if they are to be smaller."""
        entry = self._entry
        body = self._exports.body_for(people)
        replies = {name: self._exports.begin(self._resources[name], body) for name in entry.left if name not in entry.jobs}
        try:
            entry.jobs |= {name: self._exports.result(reply) for name, reply in replies.items()}
        except Rejected as failure:
            self._ask_for_less(str(failure))
            return False
        self._delivery.checkpoint()
        return True

    def _deliver(self, resource: Resource, people: Sequence[int]) -> bool:
        """Delivers an export; False if it turned out to be of fewer people than were asked for, so that smaller ones are needed."""
        done = self._exports.wait(resource, self._entry.jobs[resource.name])
        delivered = self._exports.deliver(resource, done, None, people)
        if resource.name == CONTACTS:
            return self._is_whole(resource, people, delivered)
        if not self._is_by_person(resource, people, delivered):
            self.out_of_reach[resource.name] = "exports by ids take the ids of its rows, and not of people"
            self._entry.wanted.remove(resource.name)
            self._entry.covered = sorted({*self._entry.covered, resource.name})
        return True

    def _is_by_person(self, resource: Resource, people: Sequence[int], delivered: Delivered) -> bool:
        """Whether an export was of the people asked for, as can be told by whose rows came, and by people who are known to have rows."""
        asked = set(people)
        examples = asked & set(self._state.export(resource.name).examples)
        return delivered.foreign <= len(delivered.people & asked) and (not examples or bool(examples & delivered.people))

    def _is_whole(self, resource: Resource, people: Sequence[int], delivered: Delivered) -> bool:
        """Whether everybody came who was asked for; those who did not are asked for once more, by themselves."""
        missing = sorted(set(people) - delivered.people)
        if not missing:
            return True
        number = self._exports.result(self._exports.begin(resource, self._exports.body_for(missing)))
        again = self._exports.deliver(resource, self._exports.wait(resource, number), None, missing)
        if again.people & set(missing):
            self._ask_for_less(f"an export for {len(people):,} people was of {len(delivered.people):,}")
            return False
        self._inform(f"{len(missing):,} people who were found are not exported: they were deleted meanwhile, or are suppressed")
        return True

    def _ask_for_less(self, failure: str) -> None:
        """Goes on with fewer people in one export.

        Raises:
            SyncFailed: if that is no use.
        """
        entry = self._entry
        if entry.batch <= SMALLEST_BATCH:
            raise SyncFailed(f"the past cannot be read: {failure}. The next sync goes on from here")
        entry.size = max(entry.batch // 2, SMALLEST_BATCH)
        self._say(f"{failure}; trying again with {entry.size:,} people")
        self._choose()
        self._delivery.checkpoint()


def _those_of(part: Part, people: Sequence[Record]) -> set[int]:
    """The ids of people who count in a search."""
    return {number for one in people if (number := _id_of(one)) and belongs(part, one)}


def _id_of(person: object) -> int | None:
    value = person.get("vanId") if isinstance(person, dict) else None
    return value if type(value) is int else None

