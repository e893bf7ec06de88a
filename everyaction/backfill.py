"""The past: everybody is searched for, and all that belongs to them is exported by their ids, since changes reach back 90 days only.

A batch of people is in the state before its exports are begun, with their ids, so that a restart goes on in the middle of it. Searches that
are left are in the state as well; a search that was read is struck off together with the people it found being taken up.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from itertools import islice

from common.failures import Forbidden, Rejected, SourceFailure, SyncFailed
from common.ledger import Ledger
from context import Context
from cursors import MOST_IN_BATCH
from details import Details
from exports import TRIES, Broken, Delivered, Exports, JobFailed
from fetch import PARALLEL_REQUESTS
from models import Resource
from plan import DETAILS_OF
from searches import Found, Searches
from sweep import first_parts

CONTACTS = "Contacts"
SMALLEST_BATCH = 10
CALM = 8  # batches after a failure in which no more people are asked for
WITHOUT_PEOPLE = "its rows do not tell whom they belong to"


class Backfill:
    """Reads the past of types that were not read yet.

    Args:
        context: the sync's tools.
        exports: begins and delivers exports.
        details: reads what belongs to the rows of exports.
    """

    def __init__(self, context: Context, exports: Exports, details: Details) -> None:
        self._searches, self._delivery = Searches(context), context.delivery
        self._executor, self._wait, self._say, self._inform = context.executor, context.wait, context.say, context.inform
        self._state, self._entry = context.state, context.state.backfill
        self._exports, self._details = exports, details
        self._resources: dict[str, Resource] = {}
        self._proved: set[str] = set()  # types whose exports by ids were seen to be of the people who were asked for
        self._failures = 0  # in a row, of exports of so few people that fewer are no use
        self._until_growth = 0  # batches that are to succeed before more people are asked for at once

    # --- What is to be read ---

    def forget(self, gaps: Sequence[str]) -> None:
        """The past of types with a gap is to be read anew."""
        entry = self._entry
        entry.covered = {name: began for name, began in entry.covered.items() if name not in gaps}
        entry.out_of_reach = {name: why for name, why in entry.out_of_reach.items() if name not in gaps}
        if set(gaps) & set(entry.wanted):
            self._restart(())

    def forget_details(self) -> None:
        """What was not followed for a while is to be read anew when it is switched on again."""
        entry, on = self._entry, self._delivery.wanted
        entry.detailed, entry.missed = [one for one in entry.detailed if one in on], [one for one in entry.missed if one in on]
        entry.detailing = [one for one in entry.detailing if one in on]

    def forget_exports(self) -> None:
        """What an earlier sync has begun will be older than what is read before the past goes on."""
        self._entry.jobs, self._entry.last = {}, None

    def finish_exports(self, resources: Sequence[Resource]) -> None:
        """Reads the exports that an earlier sync has begun, before newer changes are read: theirs are the older rows.

        Raises:
            SourceFailure: if the source does not answer.
            SyncFailed: if an export fails again and again.
        """
        entry = self._entry
        self._resources = {one.name: one for one in resources}
        try:
            if not set(entry.wanted) <= set(self._resources):
                return
            if entry.jobs:
                self._export_batch()
            elif entry.last is not None and not entry.closed:
                self._take_up_who_changed()
        finally:  # what could not be read now would be older than the changes that are read next
            self.forget_exports()

    def plan(self, resources: Sequence[Resource]) -> bool:
        """Decides what is to be read: types whose past was not read yet, and those whose details are to be read of all rows.

        Args:
            resources: the types that can be exported.

        Returns:
            Whether that is anything.
        """
        entry, on = self._entry, self._delivery.wanted
        self._resources = {one.name: one for one in resources}
        entry.out_of_reach = {name: why for name, why in entry.out_of_reach.items() if why != WITHOUT_PEOPLE}
        entry.out_of_reach |= {one.name: WITHOUT_PEOPLE for one in resources if not one.of_people}
        reachable = [one.name for one in resources if one.name not in entry.out_of_reach]
        fillable = {DETAILS_OF[name] for name in reachable if name in DETAILS_OF and self._details.can_be_read(DETAILS_OF[name])}
        entry.missed = [one for one in entry.missed if one not in fillable]
        lacking = {name: one for name, one in DETAILS_OF.items() if one in on and one not in (*entry.detailed, *entry.missed)}
        wanted = [name for name in reachable if name in lacking or name not in entry.covered]
        detailing = {lacking[name] for name in wanted if name in lacking}
        is_new = not set(wanted) <= set(entry.wanted) or not detailing <= set(entry.detailing)
        if is_new or not set(entry.wanted) <= set(self._resources):  # or there is what the key may not export any more
            self._restart(wanted)
        return bool(entry.wanted)

    def _restart(self, wanted: Sequence[str]) -> None:
        entry, on = self._entry, self._delivery.wanted
        entry.detailing = sorted(DETAILS_OF[name] for name in wanted if DETAILS_OF.get(name) in on)
        for table in entry.detailing:
            self._details.doubt(table)
        proof = {CONTACTS} & self._resources.keys() if wanted else set[str]()  # by which it is seen that nobody was left out of an export
        entry.wanted = sorted({*wanted, *proof}, key=lambda name: (name != CONTACTS, name))
        entry.parts = first_parts() if wanted else []
        entry.ids, entry.batch, entry.left, entry.jobs = Ledger(()), 0, [], {}
        entry.people, entry.total = 0, len(entry.parts)
        entry.began, entry.last, entry.closed = self._exports.now if wanted else None, None, False

    # --- The whole ---

    def run(self) -> None:
        """Reads the past, from where it was left.

        Raises:
            SourceFailure: if people cannot be searched for, or the source does not answer.
            SyncFailed: if an export fails again and again.
        """
        entry = self._entry
        if entry.parts or entry.ids:
            self._inform(f"reading the past: {self._how_far()}")
        while self._is_of_use and (entry.parts or entry.ids or not entry.closed):
            if not entry.parts and not entry.ids:
                self._take_up_who_changed()
            if not entry.batch:
                self._fill()
            if entry.ids:
                self._export_batch()
                self._inform(f"the past: {self._how_far()}")
        for table in list(entry.detailing):
            self._details.confirm(table)
        if entry.wanted and entry.began:
            entry.covered |= dict.fromkeys(entry.wanted, entry.began)
            entry.detailed = sorted({*entry.detailed, *entry.detailing})
            entry.missed = [one for one in entry.missed if one not in entry.detailing]
        self._restart(())
        self._delivery.checkpoint()

    @property
    def _is_of_use(self) -> bool:
        """Whether anything is wanted but for `Contacts` as the proof of the others."""
        entry = self._entry
        proof = {CONTACTS} if CONTACTS in entry.covered and not self._is_followed(CONTACTS) else set[str]()
        return bool(set(entry.wanted) - proof)

    def _how_far(self) -> str:
        entry = self._entry
        meanwhile = f", and {len(entry.ids):,} who changed meanwhile are left" if entry.closed else ""
        return f"{entry.people:,} people so far, {len(entry.parts)} of {entry.total} searches left{meanwhile}"

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
                done = self._exports.wait(contacts, entry.last)
                delivered = self._exports.deliver(contacts, done, followed=self._is_followed(CONTACTS))
            except Broken:
                entry.last = None
                raise
            except JobFailed as failure:
                entry.last = None
                raise SyncFailed(f"the past cannot be read: {failure}. The next sync goes on from here") from None
            entry.ids.put(dict.fromkeys(delivered.people, ()))
        entry.last, entry.closed = None, True

    # --- Searches ---

    def _fill(self) -> None:
        """Searches until there are people enough for a batch, and puts them into the state."""
        entry = self._entry
        while entry.parts and len(entry.ids) < entry.size:
            some = entry.parts[:PARALLEL_REQUESTS]
            replies: list[Future[Found]] = [self._executor.submit(self._searches.run, part) for part in some]
            found: list[Found] = [self._wait(reply) for reply in replies]
            narrower = [part for one in found for part in one.instead]
            entry.parts[: len(some)] = narrower
            self._say(f"searching for people: {len(entry.parts)} of {entry.total} searches left")
            entry.total += max(len(narrower) - sum(bool(one.instead) for one in found), 0)
            entry.ids.put({number: () for one in found for number in one.people})
        self._choose()
        self._delivery.checkpoint()

    # --- Exports ---

    def _choose(self) -> None:
        """Takes the next people of those that were found."""
        entry = self._entry
        entry.batch = min(entry.size, len(entry.ids))
        entry.left, entry.jobs = list(entry.wanted) if entry.batch else [], {}

    def _export_batch(self) -> None:
        """Exports all that belongs to some people."""
        entry = self._entry
        people = list(islice(entry.ids.ids(), entry.batch))
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
            self._strike_off(name)
            if entry.left:
                self._delivery.checkpoint(if_due=True)
        self._failures = 0
        entry.ids.drop(people)
        entry.people += 0 if entry.closed else len(people)
        self._grow(len(people))
        entry.batch = 0
        if entry.wanted and len(entry.ids) >= entry.size:
            self._choose()
        if not self._is_of_use:  # none of the types that are wanted can be exported in this way
            self._restart(())
        self._delivery.checkpoint()

    def _strike_off(self, name: str) -> None:
        """A type's rows of the people under way have arrived, or never will."""
        entry = self._entry
        entry.left = [other for other in entry.left if other != name]
        entry.jobs.pop(name, None)

    def _grow(self, number: int) -> None:
        """Asks for more people next time; after a failure only when a few batches have succeeded."""
        entry = self._entry
        if self._until_growth:
            self._until_growth -= 1
        elif number == entry.size and CONTACTS in entry.wanted:  # else nobody would see that there are too many
            entry.size = min(2 * entry.size, MOST_IN_BATCH)

    def _begin(self, people: Sequence[int]) -> bool:
        """Begins the exports that are not under way, and puts their ids into the state; False if they are to be smaller."""
        entry = self._entry
        body = self._exports.body_for(people)
        replies = {name: self._exports.begin(self._resources[name], body) for name in entry.left if name not in entry.jobs}
        begun, refused = dict[str, int](), dict[str, SourceFailure]()
        for name, reply in replies.items():
            try:
                begun[name] = self._exports.result(reply)
            except (Rejected, Forbidden) as refusal:
                refused[name] = refusal
        entry.jobs |= begun
        for name, why in refused.items():
            others_work = bool(entry.jobs) or CONTACTS not in entry.wanted
            if name == CONTACTS or not others_work or not self._refuses_all(name, people):
                self._ask_for_less(str(why))
                return False
            self._give_up(name, f"exports by ids are refused: {why}")
        if entry.left:
            self._delivery.checkpoint()
        return True

    def _refuses_all(self, name: str, people: Sequence[int]) -> bool:
        """Whether a type's exports are refused for few people as well, so that it is not their number."""
        try:
            self._exports.result(self._exports.begin(self._resources[name], self._exports.body_for(people[:SMALLEST_BATCH])))
        except (Rejected, Forbidden):
            return True
        return False

    def _give_up(self, name: str, why: str) -> None:
        """The past of a type is not to be had; the others' is."""
        entry = self._entry
        entry.out_of_reach[name] = why
        entry.wanted = [other for other in entry.wanted if other != name]
        self._strike_off(name)

    def _deliver(self, resource: Resource, people: Sequence[int]) -> bool:
        """Delivers an export; False if it turned out to be of fewer people than were asked for, so that smaller ones are needed."""
        done = self._exports.wait(resource, self._entry.jobs[resource.name])
        delivered = self._exports.deliver(resource, done, None, people, followed=self._is_followed(resource.name))
        if resource.name == CONTACTS:
            return self._is_whole(resource, people, delivered)
        if not self._is_by_person(resource, people, delivered):
            self._give_up(resource.name, "exports by ids take the ids of its rows, and not of people")
        return True

    def _is_followed(self, name: str) -> bool:
        """Whether the details of a type's rows are to be read with the past."""
        return DETAILS_OF.get(name) in self._entry.detailing

    def _is_by_person(self, resource: Resource, people: Sequence[int], delivered: Delivered) -> bool:
        """Whether exports of a type are of the people asked for, as can be told by whose rows came, and by people known to have rows.

        These may have lost their rows meanwhile, and others' may come since they changed just then: so all of those who are known to
        have rows are asked for once more by themselves before the past of a type is given up.
        """
        if resource.name in self._proved:
            return True
        examples = self._state.export(resource.name).examples
        expected = set(people) & set(examples)
        plausible = len(delivered.foreign) <= len(delivered.people - delivered.foreign)
        if plausible and expected & delivered.people:
            self._proved.add(resource.name)
        elif examples and not (plausible and not expected):
            number = self._exports.result(self._exports.begin(resource, self._exports.body_for(examples)))
            again = self._exports.deliver(resource, self._exports.wait(resource, number), None, examples, followed=False)
            found = again.people & set(examples)
            if found and len(again.foreign - delivered.foreign) <= len(found):
                self._proved.add(resource.name)
        return resource.name in self._proved or (plausible and not expected)

    def _is_whole(self, resource: Resource, people: Sequence[int], delivered: Delivered) -> bool:
        """Whether everybody came who was asked for; those who did not are asked for once more, by themselves."""
        missing = sorted(set(people) - delivered.people)
        if not missing:
            return True
        number = self._exports.result(self._exports.begin(resource, self._exports.body_for(missing)))
        done = self._exports.wait(resource, number)
        again = self._exports.deliver(resource, done, None, missing, followed=self._is_followed(resource.name))
        if again.people & set(missing):
            self._ask_for_less(f"an export for {len(people):,} people was of {len(delivered.people):,}")
            return False
        self._inform(f"{len(missing):,} people who were found are not exported: they were deleted meanwhile, or are suppressed")
        return True

    def _ask_for_less(self, failure: str) -> None:
        """Goes on with fewer people in one export, or tries again if they are few.

        Raises:
            SyncFailed: if that is no use.
        """
        entry = self._entry
        self._until_growth = CALM
        self._failures += entry.batch <= SMALLEST_BATCH
        entry.size = max(entry.batch // 2, SMALLEST_BATCH)
        self._choose()
        self._delivery.checkpoint()
        if self._failures > TRIES:
            raise SyncFailed(f"the past cannot be read: {failure}. The next sync goes on from here")
        self._say(f"{failure}; trying again with {entry.batch:,} people")
