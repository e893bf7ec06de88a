"""Asking Virtuous: pages and lists with all that belongs to their records, each with the patience it deserves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, NamedTuple

import plan
from api import Groups, Record, VirtuousApi
from archived import Archived
from common.clock import Clock
from common.failures import Disorder, Forbidden, NotFound, Rejected, SourceFailure, Unavailable
from common.portions import portions
from common.progress import sparingly
from common.requests import Exchange
from common.retrying import Attempts
from fetch import TAKE_SIZES, Batch, KeysetReader, Lookahead, PageRequest, Reply, read_by_offset
from plan import CONTACTS, IDS_PER_QUERY, Entity, Parameters, Reference

PAGE_ATTEMPTS = 3  # for a page that a smaller size may cure
LIST_ATTEMPTS = 8  # for what cannot be asked for in smaller pieces
BEHIND_ALL = 1_000_000_000  # a skip that leaves nothing but the total, which counts records without reading them
ABSENT_AFTER = 5  # a list that the first five parents do not have belongs to a module that the organization does not have
FAILED_LISTS_IN_A_ROW = 5  # more than this is an outage and not a parent whose list is broken

Wait = Callable[[Future[Any]], Any]
GroupsBetween = Callable[[int, "int | None"], Groups]


class FirstPage(NamedTuple):
    """A first page that was asked for before its turn: the question, and the reply when it comes."""

    groups: Groups
    request: PageRequest
    reply: Future[Reply]


class Reading:
    """What can be asked of the source. Its methods that return single replies are safe in threads.

    Args:
        session: the session with the source.
        clock: for the pauses between attempts.
        executor: for pages that are asked for at once.
        wait: waits for one of them.
        say: told of failures that are tried again.
        settings: `include_archived` and `optional_tables` are used.

    `optional` names the optional tables that are asked for; one that cannot be read is taken out of it.
    """

    def __init__(
        self, session: Exchange, clock: Clock, executor: Executor, wait: Wait, say: Callable[[str], None], settings: Mapping[str, Any]
    ) -> None:
        self._clock, self._executor, self._wait, self._say = clock, executor, wait, sparingly(clock, say)
        self._include_archived: bool = settings["include_archived"]
        self.optional = set(settings["optional_tables"])
        self._api = VirtuousApi(session.json)
        self.api = VirtuousApi(lambda *request: Attempts(clock, LIST_ATTEMPTS, self._say).call(partial(session.json, *request)))
        self._lookahead = Lookahead()
        self._first_pages: dict[str, FirstPage] = {}
        self._archived = Archived(self.api, include_archived=self._include_archived)
        self._answered: set[str] = set()
        self._absent: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def page(self, entity: Entity, path: str, groups: Groups, request: PageRequest, attempts: int = PAGE_ATTEMPTS) -> Reply:
        """One page, asked for a few times.

        Raises:
            SourceFailure: `Unavailable` if a smaller page may be what it takes.
        """
        return Attempts(self._clock, attempts, self._say).call(lambda: self._page(entity, path, groups, request))

    def ask_ahead(self, entity: Entity, after: int, groups: Groups) -> None:
        """Asks for the first page above an id before its turn, once: most lists have no other, and would each cost a wait of their own."""
        if entity.table not in self._first_pages:
            request = PageRequest(after, 0, TAKE_SIZES[0])
            reply = self._executor.submit(self.page, entity, entity.query, groups, request)
            self._first_pages[entity.table] = FirstPage(groups, request, reply)

    def above(self, entity: Entity, path: str, after: int, groups: Callable[[int], Groups]) -> Iterator[Batch]:
        """Everything above an id; `groups` gives the conditions for rows behind an id."""
        ahead = [self._first_pages.pop(entity.table)] if path == entity.query and entity.table in self._first_pages else []

        def read(request: PageRequest) -> Reply:
            first = ahead.pop() if ahead else None  # only once: who asks again wants another reply
            if first and (first.request, first.groups) == (request, groups(request.after)):
                return first.reply.result()
            return self.page(entity, path, groups(request.after), request)

        return KeysetReader(read, entity.id_of, self._executor, self._wait, self._lookahead, self._clock.time).batches(after)

    def by_offset(self, entity: Entity, path: str) -> Iterator[Batch]:
        """Everything of an entity that cannot be asked for by id."""

        def read(request: PageRequest) -> Reply:
            reply: Reply = self._wait(self._executor.submit(self.page, entity, path, [], request))
            return reply

        return read_by_offset(read, entity.id_of)

    def listed_ids(self, entity: Entity, names: Parameters) -> Iterator[Batch]:
        """All ids, by the cheapest query."""
        if names.id:
            return self.above(entity, entity.listing, 0, lambda after: [plan.above(names, after)])
        return self.by_offset(entity, entity.listing)

    def existing(self, entity: Entity, parameter: str, ids: list[int]) -> set[int]:
        """Which of some records the source has, asked for by id and in full: another question than the listing that lacked them."""
        there: set[int] = set()
        for some in portions(ids, IDS_PER_QUERY):
            records = self.by_ids(entity, parameter, some, LIST_ATTEMPTS)
            found = {entity.id_of(record) for record in records}
            there |= set(some) if None in found else set(some) & found  # one that comes without its id may be any of them
        return there

    def by_ids(self, entity: Entity, parameter: str, ids: list[int], attempts: int = PAGE_ATTEMPTS) -> list[Record]:
        """The records of at most IDS_PER_QUERY ids, as far as the source has them."""
        request = PageRequest(0, 0, IDS_PER_QUERY)
        return self.page(entity, entity.query, plan.any_of(parameter, ids, []), request, attempts).records

    def reference(self, reference: Reference) -> list[Record]:
        """All records of a small table."""
        records = reference.read(self.api)
        for one in reference.optional:
            for record in records:
                failure = self._attach(one, record)
                if failure:
                    raise failure  # a small table is replaced whole or not at all
                if one.table in self.optional and isinstance(record, dict):
                    record.setdefault(one.attach_as, [])  # went away meanwhile, or has nothing to ask by
        return records

    def attach(self, entity: Entity, records: list[Record], *, again: bool = False) -> list[tuple[plan.Optional, int, SourceFailure]]:
        """Puts the lists that need a call of their own on their records, several at once; returns those that could not be read.

        Args:
            entity: the kind of the records.
            records: get their lists.
            again: whether these are records that failed before, so that many failures in a row mean nothing.

        Raises:
            SourceFailure: if one list after the other fails.
        """
        asked = [(one, record) for one in entity.optional for record in records if one.table in self.optional]
        replies = [self._executor.submit(self._attach, one, record) for one, record in asked]
        failures = [self._wait(reply) for reply in replies]
        broken = []
        for (one, record), failure in zip(asked, failures, strict=True):
            self._failed[one.table] = self._failed[one.table] + 1 if failure and not again else 0
            if failure and self._failed[one.table] > FAILED_LISTS_IN_A_ROW:
                raise failure
            if failure:
                broken.append((one, entity.id_of(record) or 0, failure))
        return broken

    def nth_id(self, entity: Entity, between: GroupsBetween, after: int, n: int) -> int:
        """The id of the n-th record behind `after`, found by counting, so that a record that cannot be read need not be read.

        Raises:
            Disorder: if there is none.
        """

        def count(until: int) -> int:
            return self._count(entity, between(after, until + 1))

        step = 1
        while count(after + step) < n:
            step *= 2
            if step > BEHIND_ALL:
                raise Disorder(f"there is no record {n} behind id {after}")
        low, high = after + step // 2, after + step  # it is above `low` and not above `high`
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if count(middle) >= n else (middle, high)
        return high

    def _count(self, entity: Entity, groups: Groups) -> int:
        archived = self._include_archived if entity is CONTACTS else None
        return self.api.query(entity.listing, groups, BEHIND_ALL, 1, include_archived=archived).total

    def _page(self, entity: Entity, path: str, groups: Groups, request: PageRequest) -> Reply:
        archived = self._include_archived if entity is CONTACTS else None
        records, total = self._api.query(path, groups, request.skip, request.take, include_archived=archived)
        if path == CONTACTS.query:
            self._archived.tell(records, groups)
        return Reply(records, total)

    def _attach(self, one: plan.Optional, record: Any) -> SourceFailure | None:
        """Puts one list on one record; the failure, if only this list cannot be read."""
        if one.table not in self.optional or not isinstance(record, dict) or not one.can_ask(record):
            return None
        try:
            record[one.attach_as] = one.read(self.api, record)
            self._answered.add(one.table)
        except Forbidden:
            self.optional.discard(one.table)
        except NotFound:  # the record went away since it was listed, or nobody has such a list
            self._absent[one.table] += 1
            if self._absent[one.table] >= ABSENT_AFTER and one.table not in self._answered:
                self.optional.discard(one.table)
        except (Unavailable, Disorder, Rejected) as failure:
            return failure
        return None
