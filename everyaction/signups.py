"""Signups: a list for each event, of which those of late and coming events are read in each sync, and all in a full reading.

A signup has no place in any other list, so what was delivered is remembered: by event a checksum of its signups, by signup its event.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from api import Record
from common.collection import CollectionState
from common.delivery import keyless, sum_of, unreadable
from common.failures import NotFound
from common.listing import Listing
from common.listings import Listings, Place
from common.tables import ConversionError
from context import Context
from fetch import asked, sizes
from models import to_moment
from plan import EVENTS, SIGNUPS_OF_EVENT

AHEAD = 16  # events whose signups are asked for before those of the first of them were delivered
TABLE = SIGNUPS_OF_EVENT.table


class Signups:
    """Reads signups and keeps the warehouse equal to them.

    Args:
        context: the sync's tools.
        listings: reads lists.
    """

    def __init__(self, context: Context, listings: Listings) -> None:
        self._delivery, self._executor, self._wait, self._progress = context.delivery, context.executor, context.wait, context.progress
        self._entry, self._events = context.state.signups, context.state.lists[EVENTS]
        self._listings, self._now, self._inform = listings, context.now, context.inform
        self._by_event: dict[int, list[int]] = {}
        self._again: set[int] = set()  # events of which something did not arrive before

    def sync(self, events: Sequence[Record], days: int, *, everything: bool) -> None:
        """Reads the signups of some events, and delivers what has changed.

        Args:
            events: all events, as the source lists them.
            days: for how many days after its beginning an event's signups are read.
            everything: whether those of all events are read.

        Raises:
            SourceFailure: if they cannot be read.
        """
        self._progress.begin(TABLE, "")
        self._by_event = self._delivered_by_event()
        self._delete_of_lost_events()
        since = self._now - timedelta(days=days)
        self._again = {self._event_of(number) for number in self._delivery.open_numbers(TABLE)}
        numbers = {number: event for event in events if (number := _event_id(event)) is not None}
        known = self._entry.events.find(numbers)
        due = [
            number
            for number, event in numbers.items()
            if everything or number not in known or number in self._again or _is_late(event, since)
        ]
        if due:
            self._inform(f"{TABLE}: reading those of {len(due):,} of {len(numbers):,} events")
        replies: deque[tuple[int, Future[Listing]]] = deque()
        for number in due:
            replies.append((number, self._executor.submit(self._listings.read, _place(number), sizes(SIGNUPS_OF_EVENT.most))))
            if len(replies) >= AHEAD:
                self._deliver(*replies.popleft())
        while replies:
            self._deliver(*replies.popleft())
        self._delivery.resolve(TABLE, lambda number: number is None or self._event_of(number) in due)
        self._progress.end()

    def _delivered_by_event(self) -> dict[int, list[int]]:
        found = defaultdict(list)
        ids = list(self._entry.delivered.ids())
        for signup, (event,) in self._entry.delivered.find(ids).items():
            found[event].append(signup)
        return found

    def _event_of(self, number: int) -> int:
        """The event that an error's number stands for: it is that of a signup, or of the event itself."""
        return next((event for (event,) in self._entry.delivered.find([number]).values()), number)

    def _delete_of_lost_events(self) -> None:
        """Deletes the signups of events that were deleted."""
        there = set(self._events.ledger.ids())
        for event in [one for one in self._entry.events.ids() if one not in there]:
            self._delete(self._by_event.get(event, []))
            self._entry.events.drop([event])
            self._delivery.checkpoint(if_due=True)

    def _deliver(self, event: int, reply: Future[Listing]) -> None:
        """Delivers the signups of an event, if they are not as before."""
        try:
            listing: Listing = self._wait(reply)
        except NotFound:  # it was deleted since it was listed
            return
        place = _place(event)
        self._progress.advance(len(listing.records), None)
        for gap in listing.gaps:
            found = unreadable(SIGNUPS_OF_EVENT, {}, gap, asked(place, gap.request))
            self._delivery.report(found._replace(record=f"event {event}, {found.record}", number=event))
        for row in listing.keyless:
            found = keyless(SIGNUPS_OF_EVENT, {}, row)
            self._delivery.report(found._replace(record=f"event {event}, {found.record}", number=event))
        total = sum_of(listing.records)
        known = self._entry.events.find([event]).get(event)
        if known == (total,) and event not in self._again:
            return
        self._write(event, listing)
        self._entry.events.put({event: (total,)})
        self._delivery.checkpoint(if_due=True)

    def _write(self, event: int, listing: Listing) -> None:
        records = {number: record for record in listing.records if (number := SIGNUPS_OF_EVENT.id_of(record)) is not None}
        state: CollectionState = self._entry.as_collection(records)
        self._delivery.records(SIGNUPS_OF_EVENT, {}, state, {number: (record, record) for number, record in records.items()})
        self._entry.delivered.put(dict.fromkeys(records, (event,)))
        state.learn(listing.records)
        self._entry.keys = state.keys
        gone = [number for number in self._by_event.get(event, []) if number not in records]
        moved = self._entry.delivered.find(gone)
        self._delete([number for number in gone if moved.get(number) == (event,) and number not in listing.unknown(gone)])

    def _delete(self, signups: Sequence[int]) -> None:
        key = SIGNUPS_OF_EVENT.root.id_column
        self._entry.delivered.drop(signups)
        self._delivery.delete(SIGNUPS_OF_EVENT.root.table, ({key: str(number)} for number in signups))


def _place(event: int) -> Place:
    return Place(replace(SIGNUPS_OF_EVENT, params={"eventId": event}), {})


def _event_id(event: Mapping[str, Any]) -> int | None:
    value = event.get("eventId")
    return value if type(value) is int else None


def _is_late(event: Mapping[str, Any], since: datetime) -> bool:
    """Whether an event began lately or is to come; one that does not say when is read as well."""
    try:
        start = to_moment(event.get("startDate"))
    except ConversionError:
        return True
    return start is None or start >= since
