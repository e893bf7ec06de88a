"""Asking Virtuous: pages and lists with all that belongs to their records, each with the patience it deserves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

import plan
from api import LIST_TAKE, Condition, Groups, Record, VirtuousApi
from common.clock import Clock
from common.failures import Forbidden, NotFound, Unavailable
from common.requests import Exchange
from common.retrying import Attempts
from fetch import Batch, KeysetReader, PageRequest, Reply, read_by_offset
from plan import CONTACTS, Entity, Parameters, Reference

PAGE_ATTEMPTS = 3  # for a page that a smaller size may cure
LIST_ATTEMPTS = 8  # for what cannot be asked for in smaller pieces
NAMED_IDS = 100

Wait = Callable[[Future[Any]], Any]


class Reading:
    """What can be asked of the source. Its methods that return single replies are safe in threads.

    Args:
        session: the session with the source.
        clock: for the pauses between attempts.
        executor: for pages that are asked for at once.
        wait: waits for one of them.
        include_archived: whether archived contacts are asked for.
        optional: the optional tables that are asked for; one that may not be read is taken out of it.
    """

    def __init__(
        self, session: Exchange, clock: Clock, executor: Executor, wait: Wait, *, include_archived: bool, optional: set[str]
    ) -> None:
        self._clock, self._executor, self._wait = clock, executor, wait
        self._include_archived, self.optional = include_archived, optional
        self._api = VirtuousApi(session.json)
        self.api = VirtuousApi(lambda *request: Attempts(clock, LIST_ATTEMPTS).call(partial(session.json, *request)))

    def page(self, entity: Entity, path: str, groups: Groups, request: PageRequest) -> Reply:
        """One page, asked for a few times.

        Raises:
            SourceFailure: `Unavailable` if a smaller page may be what it takes.
        """
        return Attempts(self._clock, PAGE_ATTEMPTS).call(lambda: self._page(entity, path, groups, request))

    def above(self, entity: Entity, path: str, after: int, groups: Callable[[int], Groups]) -> Iterator[Batch]:
        """Everything above an id; `groups` gives the conditions for rows behind an id."""

        def read(request: PageRequest) -> Reply:
            return self.page(entity, path, groups(request.after), request)

        return KeysetReader(read, entity.id_of, self._executor, self._wait).batches(after)

    def by_offset(self, entity: Entity, path: str) -> Iterator[Batch]:
        """Everything of an entity that cannot be asked for by id."""
        return read_by_offset(lambda request: self.page(entity, path, [], request), entity.id_of)

    def reference(self, reference: Reference) -> list[Record]:
        """All records of a small table."""
        records = reference.read(self.api)
        self._attach(reference.optional, records)
        return records

    def ids_between(self, entity: Entity, names: Parameters, after: int, until: int | None) -> str | None:
        """The ids between two, as text, by the cheap query, in which less can be broken; None if there is no such query or it fails."""
        if not entity.cheap:
            return None
        try:
            found = self.page(entity, entity.cheap, [plan.above(names, after, until)], PageRequest(0, 0, NAMED_IDS))
        except Unavailable:
            return None
        return ", ".join(str(entity.id_of(record)) for record in found.records)

    def _page(self, entity: Entity, path: str, groups: Groups, request: PageRequest) -> Reply:
        archived = self._include_archived if entity is CONTACTS else None
        records, total = self._api.query(path, groups, request.skip, request.take, include_archived=archived)
        if path == entity.query:
            if entity is CONTACTS:
                self._tell_archived(records, groups)
            self._attach(entity.optional, records)
        return Reply(records, total)

    def _tell_archived(self, records: list[Record], groups: Groups) -> None:
        """Full contacts do not say whether they are archived: those that the same query without archived ones lists are not."""
        unsure = {number: record for record in records if (number := CONTACTS.id_of(record)) is not None and "isArchived" not in record}
        if not unsure:
            return
        active = self._active(min(unsure), max(unsure), groups) if self._include_archived else unsure.keys()
        for number, record in unsure.items():
            record["isArchived"] = number not in active

    def _active(self, first: int, last: int, groups: Groups) -> set[int | None]:
        between = [
            Condition(plan.CONTACT_PARAMETER, "GreaterThan", str(first - 1)),
            Condition(plan.CONTACT_PARAMETER, "LessThan", str(last + 1)),
        ]
        narrowed = [[*group, *between] for group in groups] or [between]
        listed, total = self.api.query(CONTACTS.cheap, narrowed, 0, LIST_TAKE, include_archived=False)
        if len(listed) < total:
            raise Unavailable(f"{CONTACTS.cheap} listed {len(listed)} of {total} contacts")
        return {CONTACTS.id_of(record) for record in listed}

    def _attach(self, lists: Iterable[plan.Optional], records: list[Record]) -> None:
        """Puts the lists that need a call of their own on their records; one that may not be read is left out of this sync."""
        for one in lists:
            if one.table in self.optional:
                try:
                    self._attach_one(one, records)
                except Forbidden:
                    self.optional.discard(one.table)

    def _attach_one(self, one: plan.Optional, records: list[Any]) -> None:
        for record in records:
            if not isinstance(record, dict) or record.get("id") is None:
                continue  # nothing to ask by: the record becomes an error of its own
            try:
                record[one.attach_as] = one.read(self.api, record)
            except NotFound:
                continue  # the record went away since it was listed


def settings_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that `Reading` takes."""
    return {"include_archived": settings["include_archived"], "optional": set(settings["optional_tables"])}
