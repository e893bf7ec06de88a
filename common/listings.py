"""Collections: the whole list is read in every sync, and what differs from what was delivered is delivered, or deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Some
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from common.clock import Clock
from common.collection import DETAIL_SUM, RECORD_SUM, WHOLE_SUM, Collection, CollectionState, Record
from common.deletes import MAX_DELETED_UNDOUBTED, is_doubtful
from common.delivery import Delivery, Scope, keyless, of_scope, sum_of, unread_detail, unreadable
from common.failures import Forbidden, NotFound, Rejected, SourceFailure, Unavailable
from common.ledger import Counts
from common.listing import Listing, Page, PageRequest, read_listing
from common.portions import portions
from common.progress import Progress

RECORDS_AT_ONCE = 100  # so many are delivered, with their details, before the next ones are asked for
FAILED_DETAILS_IN_A_ROW = 5  # more than this is an outage and not a record whose detail is broken

Again = Callable[[Record], bool]


@dataclass(frozen=True, eq=False)
class Place:
    """A collection of a part of the source, such as a list; `scope` names that part by its key, {} if it is the whole account."""

    collection: Collection
    scope: Scope

    @property
    def root(self) -> str:
        """What its errors are filed under."""
        return of_scope(self.collection.table, self.scope)

    @property
    def of(self) -> str:
        """What it belongs to, in words."""
        return "".join(f" of {column.removesuffix('_id').replace('_', ' ')} {value}" for column, value in self.scope.items())


@dataclass
class Listings:
    """Reads collections and keeps the warehouse equal to them.

    Args:
        delivery: takes what was read.
        clock: the time.
        executor: for what is asked for at once.
        wait: waits for a reply, and saves meanwhile what was delivered.
        progress: told how far it is.
        inform: told what was done.
        read_page: asks for a page, with retries; safe in threads.
        read_detail: asks for a record by its id, with retries; safe in threads. It raises `SourceFailure`.
        asked: what an error says was asked for with a page.
    """

    delivery: Delivery
    clock: Clock
    executor: Executor
    wait: Callable[[Future[Any]], Any]
    progress: Progress
    inform: Callable[[str], None]
    read_page: Callable[[Place, PageRequest], Page]
    read_detail: Callable[[Place, int], Record]
    asked: Callable[[Place, PageRequest], Mapping[str, Any]]
    _failed_in_a_row: int = field(default=0, init=False)

    def read(self, place: Place, sizes: Sequence[int], known: Some[int] | None = None) -> Listing:
        """All records of a collection. Safe in threads.

        Args:
            place: the collection.
            sizes: how many rows a page may have, largest first.
            known: the ids that were delivered before, None if nobody knows.

        Raises:
            Disorder: if its pages never add up.
            SourceFailure: if it cannot be read.
        """
        return read_listing(partial(self.read_page, place), place.collection.id_of, sizes, place.collection.pages, known)

    def sync(self, place: Place, listing: Listing, entry: CollectionState, again: Again | None = None) -> None:
        """Delivers what is new or has changed, and deletes what is gone.

        Args:
            place: the collection.
            listing: what `read` gave.
            entry: what is remembered of it.
            again: whether a record's detail is read although the record looks as before.

        Raises:
            SourceFailure: if one detail after the other cannot be read.
        """
        self.progress.begin(place.collection.table, "")
        for gap in listing.gaps:
            self.delivery.report(unreadable(place.collection, place.scope, gap, self.asked(place, gap.request)))
        for number in listing.keyless:
            self.delivery.report(keyless(place.collection, place.scope, number))
        self._deliver_changed(place, listing, entry, again or _never)
        self._delete_gone(place, listing, entry)
        self.delivery.resolve(place.root)
        entry.including = self._wanted(place.collection)
        entry.learn(listing.records)
        self.delivery.checkpoint(if_due=True)

    def _wanted(self, collection: Collection) -> list[str]:
        """The optional tables that are made of its records and switched on."""
        return sorted(collection.switched_on(self.delivery.wanted) & set(self.delivery.wanted))

    # --- What changed ---

    def _deliver_changed(self, place: Place, listing: Listing, entry: CollectionState, again: Again) -> None:
        collection = place.collection
        self._failed_in_a_row = 0
        records = {number: record for record in listing.records if (number := collection.id_of(record)) is not None}
        known = entry.ledger.find(records)
        tried_again = self.delivery.open_numbers(place.root)
        everything = not set(self._wanted(collection)) <= set(entry.including)
        at = entry.ledger.children.index(RECORD_SUM)
        changed = {
            number
            for number, record in records.items()
            if everything or number in tried_again or number not in known or known[number][at] != sum_of(record)
        }
        doubted = {number for number, record in records.items() if again(record)} if self._has_details(collection) else set[int]()
        self.progress.advance(len(records), None)
        if changed:
            self.inform(f"{collection.table}{place.of}: {len(changed):,} of {len(records):,} records are new or have changed")
        for some in portions((number for number in records if number in changed or number in doubted), RECORDS_AT_ONCE):
            anew = {number for number in some if everything or number in tried_again or number in doubted}
            whole = self._with_details(place, {number: records[number] for number in some}, entry, anew)
            written = {number: one for number, one in whole.items() if number in changed or _differs(entry, known[number], one[1])}
            self.delivery.records(collection, place.scope, entry, written)
            self.delivery.checkpoint(if_due=True)

    def _has_details(self, collection: Collection) -> bool:
        """Whether its records are asked for by themselves."""
        return collection.detail or (collection.bodies is not None and collection.bodies.name in self.delivery.wanted)

    def _with_details(
        self, place: Place, records: dict[int, Record], entry: CollectionState, anew: Some[int]
    ) -> dict[int, tuple[Record, Record]]:
        """The records, each with all that belongs to it; those that cannot be read are reported, and tried again by the next sync.

        Those in `anew` are asked for by themselves whatever is known of them.
        """
        collection = place.collection
        known, at = entry.ledger.find(records), entry.ledger.children.index(DETAIL_SUM)
        asked = [
            number
            for number, record in records.items()
            if self._has_details(collection)
            and (number in anew or number not in known or known[number][at] != sum_of(collection.asked_for(record)))
        ]
        replies = {number: self.executor.submit(self._detail, place, number) for number in asked}
        found = {number: (record, record) for number, record in records.items()}
        for number, reply in replies.items():
            detail = self.wait(reply)
            if isinstance(detail, dict):
                self._failed_in_a_row = 0
                found[number] = records[number], records[number] | detail | {collection.id_field: records[number][collection.id_field]}
                continue
            del found[number]
            self.delivery.report(unread_detail(collection, place.scope, number, detail))
            if isinstance(detail, NotFound):
                continue  # it was deleted since it was listed; then the next listing ends the error
            self._failed_in_a_row += 1
            if self._failed_in_a_row > FAILED_DETAILS_IN_A_ROW:
                raise detail
        return found

    def _detail(self, place: Place, number: int) -> Record | SourceFailure:
        """A record by itself; the failure, if only this record cannot be read."""
        try:
            return self.read_detail(place, number)
        except (NotFound, Rejected, Unavailable) as failure:
            return failure

    def _by_id(self, place: Place, number: int) -> Record | SourceFailure:
        """As `_detail`, for who may not ask for single records, though for the list."""
        try:
            return self._detail(place, number)
        except Forbidden as failure:
            return failure

    # --- What is gone ---

    def _delete_gone(self, place: Place, listing: Listing, entry: CollectionState) -> None:
        """Deletes what is listed no longer and, when it is asked for in another way, is not there."""
        listed = {number for record in listing.records if (number := place.collection.id_of(record)) is not None}
        missing = [number for number in entry.ledger.ids() if number not in listed]
        missing = sorted(set(missing) - listing.unknown(missing))
        asked_for = place.collection.by_id and len(missing) <= MAX_DELETED_UNDOUBTED  # one by one: no listing has to be believed
        if not asked_for and is_doubtful(len(missing), len(listed), len(entry.ledger)):
            self.delivery.warn(
                f"{place.collection.table}{place.of}: {len(missing):,} of {len(entry.ledger):,} records are no longer listed. That is "
                "more than is believed, so nothing was deleted. If they were deleted on purpose, re-sync this table."
            )
            return
        if missing:
            self.delivery.delete_records(place.collection, place.scope, entry, self._confirmed(place, missing, listing.sizes))

    def _confirmed(self, place: Place, missing: Sequence[int], sizes: Sequence[int]) -> list[int]:
        """Those of the missing that are missing once more: asked for one by one, or else in a second listing."""
        if not place.collection.by_id:
            return self._missing_again(place, missing, sizes)
        replies = [(number, self.executor.submit(self._by_id, place, number)) for number in missing]
        told = {number: self.wait(reply) for number, reply in replies}
        if any(isinstance(reply, (Rejected, Forbidden)) for reply in told.values()):  # it takes no such question
            return self._missing_again(place, missing, sizes)
        return [number for number, reply in told.items() if isinstance(reply, NotFound)]

    def _missing_again(self, place: Place, missing: Sequence[int], sizes: Sequence[int]) -> list[int]:
        """Those of the missing that a second listing lacks as well, if there can be one."""
        if not sizes:
            return list(missing)
        again: Listing = self.wait(self.executor.submit(self.read, place, sizes))
        there = {place.collection.id_of(record) for record in again.records}
        return sorted(set(missing) - there - again.unknown(missing))


def _never(record: Record) -> bool:
    del record
    return False


def _differs(entry: CollectionState, known: Counts, whole: Record) -> bool:
    """Whether a whole record is another one than was delivered, or nobody knows."""
    columns = entry.ledger.children
    return WHOLE_SUM not in columns or known[columns.index(WHOLE_SUM)] != sum_of(whole)
