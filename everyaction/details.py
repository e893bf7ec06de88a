"""What only a request for each row shows: people with their e-mail addresses, phones and notes, and contributions with their attributions.

Both are optional, since they cost a call for each row that an export brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from api import Record
from common.collection import RECORD_SUM
from common.delivery import sum_of, unread_detail
from common.failures import Forbidden, NotFound, Rejected, SourceFailure, Unavailable
from common.listings import Place
from common.portions import portions
from context import Context
from models import Resource
from plan import DETAILED, DETAILS_OF

AT_ONCE = 50
FAILED_IN_A_ROW = 5  # more than this is an outage and not a record that is broken


class Details:
    """Reads details of rows that exports have brought.

    Args:
        context: the sync's tools.
    """

    def __init__(self, context: Context) -> None:
        self._delivery, self._executor, self._wait = context.delivery, context.executor, context.wait
        self._lists, self._pager = context.state.lists, context.pager
        self._failed_in_a_row = 0
        self.forbidden: set[str] = set()  # tables that the key may not read

    def follow(self, resource: Resource, written: Sequence[int], gone: Sequence[int]) -> None:
        """Reads the details of rows that were written, and deletes those of rows that are gone.

        Raises:
            SourceFailure: if one after the other cannot be read.
        """
        table = DETAILS_OF.get(resource.name, "")
        if table not in self._delivery.wanted or table in self.forbidden:
            return
        self.read(table, written)
        self.delete(table, gone)

    def try_again(self) -> None:
        """Reads once more what could not be read before.

        Raises:
            SourceFailure: if one after the other cannot be read.
        """
        for table in DETAILED:
            if table in self._delivery.wanted and table not in self.forbidden:
                numbers = self._delivery.open_numbers(table)
                self.read(table, sorted(numbers))
                self._delivery.resolve(table, lambda number, asked=numbers: number in asked)  # type: ignore[misc]

    def delete(self, table: str, ids: Sequence[int]) -> None:
        """Deletes the details of rows that are gone, as far as there are any."""
        entry = self._lists[table]
        self._delivery.delete_records(DETAILED[table], {}, entry, list(entry.ledger.find(ids)))

    def read(self, table: str, ids: Sequence[int]) -> None:
        """Reads some details; what is not there any more is deleted."""
        place, entry = Place(DETAILED[table], {}), self._lists[table]
        for some in portions(ids, AT_ONCE):
            replies: dict[int, Future[Record | SourceFailure]] = {
                number: self._executor.submit(self._ask, place, number) for number in some
            }
            found = {number: self._wait(reply) for number, reply in replies.items()}
            records = {number: one for number, one in found.items() if isinstance(one, dict) and self._is_news(table, number, one)}
            self._delivery.records(place.collection, {}, entry, {number: (one, one) for number, one in records.items()})
            entry.learn(list(records.values()))
            self.delete(table, [number for number, one in found.items() if isinstance(one, NotFound)])
            for number, failure in found.items():
                self._count(place, number, failure)
            self._delivery.checkpoint(if_due=True)

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

    def _count(self, place: Place, number: int, reply: Record | SourceFailure) -> None:
        """Reports what could not be read.

        Raises:
            SourceFailure: if that is one after the other.
        """
        if isinstance(reply, Forbidden):
            self.forbidden.add(place.collection.table)
        elif isinstance(reply, SourceFailure) and not isinstance(reply, NotFound):
            self._delivery.report(unread_detail(place.collection, {}, number, reply))
            self._failed_in_a_row += 1
            if self._failed_in_a_row > FAILED_IN_A_ROW:
                raise reply
        else:
            self._failed_in_a_row = 0
