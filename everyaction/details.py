"""What only a request for each row shows: people with their e-mail addresses, phones and notes, and contributions with their attributions.

Both are optional, since they cost a call for each row that an export brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from api import Record
from common.collection import RECORD_SUM
from common.delivery import sum_of, unread_detail
from common.errors import MAX_OPEN_PER_TABLE
from common.failures import Forbidden, NotFound, Rejected, SourceFailure, SyncFailed, Unavailable
from common.listings import Place
from common.portions import portions
from context import Context
from cursors import GONE
from models import Resource
from plan import DETAILED, DETAILS_OF

AT_ONCE = 50
CONFIRMED_AT_ONCE = 1000
FAILED_IN_A_ROW = 5  # more than this is an outage and not a record that is broken


class Details:
    """Reads details of rows that exports have brought.

    A table whose details cannot be read stops nothing else: rows that it misses are open errors, which the next sync tries again. Where
    they are too many, or the key may not read them, the state says so, and the table is filled anew once it can be.

    Args:
        context: the sync's tools.
    """

    def __init__(self, context: Context) -> None:
        self._delivery, self._executor, self._wait = context.delivery, context.executor, context.wait
        self._lists, self._pager, self._past = context.state.lists, context.pager, context.state.backfill
        self._state = context.state
        self._failed_in_a_row = 0
        self._read_some: set[str] = set()  # tables of which this sync has read something
        self.forbidden: set[str] = set()  # tables that the key may not read
        self.failed: dict[str, Exception] = {}  # tables of which one record after the other cannot be read

    def are_wanted(self, resource: Resource) -> bool:
        """Whether a type's rows are followed."""
        return DETAILS_OF.get(resource.name) in self._delivery.wanted

    def can_be_read(self, table: str) -> bool:
        """Whether the details of a table could be read in this sync, and there is room for those that cannot."""
        fails = table in self.forbidden or table in self.failed or self.is_full(table)
        return table in self._read_some and not fails

    def is_full(self, table: str) -> bool:
        """Whether the table `errors` takes no more of a table."""
        return self._delivery.open_errors(table) >= MAX_OPEN_PER_TABLE

    def follow(self, resource: Resource, written: Sequence[int], gone: Sequence[int]) -> None:
        """Reads the details of rows that were written, and deletes those of rows that are gone."""
        if self.are_wanted(resource):
            table = DETAILS_OF[resource.name]
            self.read(table, written)
            self.delete(table, gone)

    def try_again(self) -> None:
        """Reads once more what could not be read before."""
        for name, table in DETAILS_OF.items():
            if table in self._delivery.wanted:
                numbers = sorted(self._delivery.open_numbers(table))
                if not numbers and table in self._past.missed:
                    numbers = self._one_of(name)
                asked = self.read(table, numbers)
                self._delivery.resolve(table, asked.__contains__)

    def _one_of(self, resource: str) -> list[int]:
        """The id of a row, if one is known, by which to see whether details can be read by now."""
        entry = self._state.export(resource)
        recent = [int(key) for key, total in entry.recent.items() if total != GONE and key.isdecimal()]
        return (recent or (entry.examples if resource == "Contacts" else []))[:1]

    def delete(self, table: str, ids: Sequence[int]) -> None:
        """Deletes the details of rows that are gone, as far as there are any."""
        entry = self._lists[table]
        self._delivery.delete_records(DETAILED[table], {}, entry, list(entry.ledger.find(ids)))

    def read(self, table: str, ids: Sequence[int]) -> set[int]:
        """Reads some details; what is not there any more is deleted. Returns those that were asked for, of whom each failed by itself."""
        asked, self._failed_in_a_row = set[int](), 0
        for some in portions(ids, AT_ONCE):
            if table not in self.forbidden and table not in self.failed:
                asked |= self._read(Place(DETAILED[table], {}), some)
            self._put_off(table, [number for number in some if number not in asked])
            self._delivery.checkpoint(if_due=True)
        return asked

    def _put_off(self, table: str, ids: Sequence[int]) -> None:
        """Some could not be asked for."""
        failure = self.failed.get(table)
        try:
            for number in ids:
                if not isinstance(failure, SourceFailure):
                    self._past.miss(table)
                    return
                self._delivery.report(unread_detail(DETAILED[table], {}, number, failure))
        except SyncFailed as too_many:
            self.failed[table] = too_many
            self._past.miss(table)

    # --- Tables that are filled anew ---

    def doubt(self, table: str) -> None:
        """From here on nobody knows whether what was delivered is still as it was, or there."""
        ledger = self._lists[table].ledger
        unknown = tuple(0 if name == RECORD_SUM else None for name in ledger.children)
        ledger.put(dict.fromkeys(list(ledger.ids()), unknown))

    def confirm(self, table: str) -> None:
        """Reads those that were doubted and have not come since; those that are not there any more are deleted."""
        ledger = self._lists[table].ledger
        at = ledger.children.index(RECORD_SUM)
        for some in portions(list(ledger.ids()), CONFIRMED_AT_ONCE):
            self.read(table, [number for number, known in ledger.find(some).items() if known[at] == 0])

    # --- Reading ---

    def _read(self, place: Place, ids: Sequence[int]) -> set[int]:
        table, entry = place.collection.table, self._lists[place.collection.table]
        found = self._ask_for(place, ids)
        refused = all(isinstance(one, Forbidden) for one in found.values())
        if refused and (len(found) > FAILED_IN_A_ROW or not entry.ledger):
            self.forbidden.add(table)
            return set()
        if any(isinstance(one, (dict, NotFound)) for one in found.values()):
            self._read_some.add(table)
        records = {number: one for number, one in found.items() if isinstance(one, dict) and self._is_news(table, number, one)}
        try:
            self._delivery.records(place.collection, {}, entry, {number: (one, one) for number, one in records.items()})
            entry.learn(list(records.values()))
            self.delete(table, [number for number, one in found.items() if isinstance(one, NotFound)])
            for number, failure in found.items():
                if isinstance(failure, SourceFailure) and not isinstance(failure, NotFound):
                    self._delivery.report(unread_detail(place.collection, {}, number, failure))
        except SyncFailed as failure:  # too many that do not arrive
            self.failed[table] = failure
            return set()
        unread = [one for one in found.values() if isinstance(one, SourceFailure)]
        if self._failed_in_a_row > FAILED_IN_A_ROW:
            self.failed[table] = unread[-1]
        return set(found)

    def _ask_for(self, place: Place, ids: Sequence[int]) -> dict[int, Record | SourceFailure]:
        """Some details, or why they cannot be read; not all of them, if one after the other cannot."""
        replies: dict[int, Future[Record | SourceFailure]] = {number: self._executor.submit(self._ask, place, number) for number in ids}
        found = dict[int, Record | SourceFailure]()
        for number, reply in replies.items():
            if self._failed_in_a_row > FAILED_IN_A_ROW:
                reply.cancel()
                continue
            found[number] = answer = self._wait(reply)
            is_unread = isinstance(answer, SourceFailure) and not isinstance(answer, (NotFound, Forbidden))
            self._failed_in_a_row = self._failed_in_a_row + 1 if is_unread else 0
        return found

    def _is_news(self, table: str, number: int, record: Record) -> bool:
        """Whether a record is not as it was delivered, or something of it did not arrive."""
        ledger = self._lists[table].ledger
        known = ledger.find([number]).get(number)
        as_before = known is not None and known[ledger.children.index(RECORD_SUM)] == sum_of(record)
        return not as_before or number in self._delivery.open_numbers(table)

    def _ask(self, place: Place, number: int) -> Record | SourceFailure:
        try:
            return self._pager.detail(place, number)
        except (NotFound, Rejected, Unavailable, Forbidden) as failure:
            return failure
