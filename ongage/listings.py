"""Collections: the whole list is read in every sync, and what differs from what was delivered is delivered, or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from api import Record
from common.deletes import MAX_DELETED_UNDOUBTED, is_doubtful
from common.failures import NotFound, Rejected, SourceFailure, Unavailable
from common.portions import portions
from common.retrying import Attempts
from context import Context
from cursors import CollectionState
from delivery import keyless, of_list, sum_of, unread_detail, unreadable
from fetch import Listing, Page, PageRequest, read_listing
from plan import DETAIL_SUM, RECORD_SUM, Collection

PAGE_ATTEMPTS = 3  # for a page that a smaller size may cure
RECORDS_AT_ONCE = 100  # so many are delivered, with their details, before the next ones are asked for
FAILED_DETAILS_IN_A_ROW = 5  # more than this is an outage and not a record whose detail is broken


class Place(NamedTuple):
    """A collection of a list, or of the account (`list_id` None)."""

    collection: Collection
    list_id: str | None

    @property
    def root(self) -> str:
        """What its errors are filed under."""
        return of_list(self.collection.table, self.list_id)


class Listings:
    """Reads collections and keeps the warehouse equal to them.

    Args:
        context: the sync's tools.
    """

    def __init__(self, context: Context) -> None:
        self._once, self._api, self._delivery, self._clock = context.once, context.api, context.delivery, context.clock
        self._executor, self._wait, self._progress, self._say = context.executor, context.wait, context.progress, context.say
        self._inform = context.inform
        self._failed_in_a_row = 0

    def read(self, place: Place) -> Listing:
        """All records of a collection. Safe in threads.

        Raises:
            Disorder: if its pages never add up.
            SourceFailure: if it cannot be read.
        """
        return read_listing(partial(self._page, place), place.collection.id_of, place.collection.pages)

    def sync(self, place: Place, listing: Listing, entry: CollectionState) -> None:
        """Delivers what is new or has changed, and deletes what is gone.

        Raises:
            SourceFailure: if one detail after the other cannot be read.
        """
        self._progress.begin(place.collection.table, "")
        for gap in listing.gaps:
            self._delivery.report(unreadable(place.collection, place.list_id, gap))
        for number in listing.keyless:
            self._delivery.report(keyless(place.collection, place.list_id, number))
        self._deliver_changed(place, listing, entry)
        self._delete_gone(place, listing, entry)
        self._delivery.resolve(place.root)
        entry.including = self._wanted(place.collection)
        entry.learn(listing.records)
        self._delivery.checkpoint(if_due=True)

    def _page(self, place: Place, request: PageRequest) -> Page:
        ask = partial(self._once.listing, place.list_id, place.collection.path, _params(place.collection, request))
        records, total = Attempts(self._clock, PAGE_ATTEMPTS, self._say).call(ask)
        return Page(records, total)

    def _wanted(self, collection: Collection) -> list[str]:
        """The optional tables that are made of its records and switched on."""
        made = {table.name for table in collection.root.declared(self._delivery.wanted)} | {collection.bodies}
        return sorted(made & set(self._delivery.wanted))

    # --- What changed ---

    def _deliver_changed(self, place: Place, listing: Listing, entry: CollectionState) -> None:
        collection = place.collection
        self._failed_in_a_row = 0
        records = {number: record for record in listing.records if (number := collection.id_of(record)) is not None}
        known = entry.ledger.find(records)
        tried_again = self._delivery.open_numbers(place.root)
        everything = not set(self._wanted(collection)) <= set(entry.including)
        at = entry.ledger.children.index(RECORD_SUM)
        changed = [
            number
            for number, record in records.items()
            if everything or number in tried_again or number not in known or known[number][at] != sum_of(record)
        ]
        self._progress.advance(len(records), None)
        if changed:
            self._inform(f"{collection.table}{_of(place)}: {len(changed):,} of {len(records):,} records are new or have changed")
        for some in portions(changed, RECORDS_AT_ONCE):
            whole = self._with_details(place, {number: records[number] for number in some}, entry, tried_again, everything=everything)
            self._delivery.records(collection, place.list_id, entry, whole)
            self._delivery.checkpoint(if_due=True)

    def _with_details(
        self, place: Place, records: dict[int, Record], entry: CollectionState, tried_again: set[int], *, everything: bool
    ) -> dict[int, tuple[Record, Record]]:
        """The records, each with all that belongs to it; those that cannot be read are reported, and tried again by the next sync."""
        collection = place.collection
        known, at = entry.ledger.find(records), entry.ledger.children.index(DETAIL_SUM)
        bodies = collection.bodies in self._delivery.wanted
        asked = [
            number
            for number, record in records.items()
            if (collection.detail or bodies)
            and (everything or number in tried_again or number not in known or known[number][at] != sum_of(collection.asked_for(record)))
        ]
        replies = {number: self._executor.submit(self._detail, place, number) for number in asked}
        found = {number: (record, record) for number, record in records.items()}
        for number, reply in replies.items():
            detail = self._wait(reply)
            if isinstance(detail, dict):
                self._failed_in_a_row = 0
                found[number] = records[number], records[number] | detail | {"id": records[number]["id"]}
                continue
            del found[number]
            self._delivery.report(unread_detail(collection, place.list_id, number, detail))
            if isinstance(detail, NotFound):
                continue  # it was deleted since it was listed; then the next listing ends the error
            self._failed_in_a_row += 1
            if self._failed_in_a_row > FAILED_DETAILS_IN_A_ROW:
                raise detail
        return found

    def _detail(self, place: Place, number: int) -> Record | SourceFailure:
        """A record by itself; the failure, if only this record cannot be read."""
        try:
            return self._api.detail(place.list_id or "", place.collection.path, number)
        except (NotFound, Rejected, Unavailable) as failure:
            return failure

    # --- What is gone ---

    def _delete_gone(self, place: Place, listing: Listing, entry: CollectionState) -> None:
        """Deletes what is listed no longer and, when it is asked for in another way, is not there."""
        listed = {number for record in listing.records if (number := place.collection.id_of(record)) is not None}
        missing = [number for number in entry.ledger.ids() if number not in listed]
        missing = sorted(set(missing) - listing.unknown(missing))
        asked_for = place.collection.by_id and len(missing) <= MAX_DELETED_UNDOUBTED  # one by one: no listing has to be believed
        if not asked_for and is_doubtful(len(missing), len(listed), len(entry.ledger)):
            self._delivery.warn(
                f"{place.collection.table}{_of(place)}: {len(missing):,} of {len(entry.ledger):,} records are no longer listed. That is "
                "more than is believed, so nothing was deleted. If they were deleted on purpose, re-sync this table."
            )
            return
        if missing:
            self._delivery.delete_records(place.collection, place.list_id, entry, self._confirmed(place, missing))

    def _confirmed(self, place: Place, missing: Sequence[int]) -> list[int]:
        """Those of the missing that are missing once more: asked for one by one, or else in a second listing."""
        if not place.collection.by_id:
            again: Listing = self._wait(self._executor.submit(self.read, place))
            there = {place.collection.id_of(record) for record in again.records}
            return sorted(set(missing) - there - again.unknown(missing))
        replies = [(number, self._executor.submit(self._detail, place, number)) for number in missing]
        return [number for number, reply in replies if isinstance(self._wait(reply), NotFound)]


def _params(collection: Collection, request: PageRequest) -> dict[str, str | int]:
    order: dict[str, str | int] = {"sort": "id", "order": "ASC"}
    if collection.pages == "none":
        return {}
    if collection.pages == "offset":
        return {"offset": request.offset, "limit": request.limit} | order
    return {"page": request.offset // request.limit + 1, "page_size": request.limit} | order


def _of(place: Place) -> str:
    return f" of list {place.list_id}" if place.list_id else ""
