"""Listings: each is read whole in every sync, and in what it differs from what the warehouse holds is delivered, or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from common.deletes import MAX_DELETED_UNDOUBTED, is_doubtful
from common.failures import Rejected
from common.portions import portions
from common.retrying import Attempts
from common.state import ADVICE
from common.tables import Row
from context import Context
from holdings import Gone, Holding, bucket_of, buckets_for
from reading import ALONE_ATTEMPTS, Reader
from units import Reading, Unit

T = TypeVar("T")
ROWS_AT_ONCE = 500


class Listings:
    """Reads listings and keeps the warehouse equal to them.

    Args:
        context: the sync's tools.
        reader: reads.
    """

    def __init__(self, context: Context, reader: Reader) -> None:
        self._context, self._delivery, self._reader = context, context.delivery, reader

    def begin(self, unit: Unit) -> Future[Reading]:
        """Begins to read a listing."""
        return self._context.executor.submit(self._reader.listing, unit)

    def sync(self, unit: Unit, reply: Future[Reading]) -> Reading:
        """Delivers what is new or has changed, and deletes what is gone; returns what was read.

        Args:
            unit: the listing.
            reply: what `begin` gave.

        Raises:
            SourceFailure: if it cannot be read.
        """
        reading: Reading = self._context.wait(reply)
        self._context.progress.advance(reading.number, None)
        holding = self._context.state.account("/".join(unit.scope.values())).listing(unit.source.name)
        report(self._context, reading)
        seen = reading.seen
        gone = holding.gone(seen)
        warn_of_unknown(self._context, unit, gone)
        self._deliver(unit, reading, holding)
        kept = self._delete(unit, reading, holding, gone.keys) if reading.whole else gone.keys  # nobody can tell who is gone
        holding.buckets = buckets_for(seen.rows)
        for key in kept:
            seen.keep(key)
        holding.hold(seen)
        self._delivery.resolve(unit.root)
        self._delivery.checkpoint(if_due=True)
        return reading

    def again(self, unit: Unit) -> Iterable[Row]:
        """The rows of a listing that has too many to be held, read once more.

        Raises:
            SourceFailure: if it cannot be read.
        """
        return self._reader.rows(unit)

    def _deliver(self, unit: Unit, reading: Reading, holding: Holding) -> None:
        changed = holding.changed(reading.seen.digests)
        if not changed:
            return
        holding.begin(reading.seen)  # from the next checkpoint on the warehouse may have any of them

        def chosen() -> Iterator[Row]:
            rows = reading.rows if reading.rows is not None else self._reader.rows(unit)
            return (row for row in rows if bucket_of(unit.key_text(row)) in changed)

        again(self._context, lambda: deliver(self._context, unit, chosen()))

    def _delete(self, unit: Unit, reading: Reading, holding: Holding, gone: set[str]) -> set[str]:
        """Deletes what is listed no longer and, when it is asked for by name, is not there; returns what is held and stays."""
        if not gone:
            return set()
        if len(gone) > MAX_DELETED_UNDOUBTED and is_doubtful(len(gone), reading.seen.rows, holding.rows):
            self._delivery.warn(
                f"{unit.of}: {len(gone):,} of {holding.rows:,} rows are no longer listed. That is more than is believed, so nothing was "
                f"deleted. If they were deleted on purpose: {ADVICE}"
            )
            return gone
        still_there: set[str] = self._context.wait(self._context.executor.submit(self._present, unit, gone))
        self._delivery.delete(unit.source.table, (unit.key_of(key) for key in sorted(gone - still_there)))
        return still_there

    def _present(self, unit: Unit, gone: set[str]) -> set[str]:
        """Those that are there after all: asked for by name, or if the API takes no such question, in a second listing."""
        try:
            return self._reader.present(unit, sorted(gone))
        except Rejected:
            listed = {unit.key_text(row) for row in self._reader.rows(unit)}
            return gone & listed


def deliver(context: Context, unit: Unit, rows: Iterable[Row]) -> None:
    """Upserts rows, and saves meanwhile."""
    for some in portions(rows, ROWS_AT_ONCE):
        context.delivery.upsert(unit.source.table, some)
        context.delivery.checkpoint(if_due=True)


def again(context: Context, action: Callable[[], T]) -> T:
    """Does what reads rows as they come, from its beginning if the source breaks off.

    Raises:
        SourceFailure: if it never gets to its end.
    """
    return Attempts(context.clock, ALONE_ATTEMPTS, context.say).call(action)


def report(context: Context, reading: Reading) -> None:
    """Files what of a reading did not arrive."""
    context.delivery.unknown_fields.update(reading.unknown)
    for error in reading.errors:
        context.delivery.report(error)


def warn_of_unknown(context: Context, unit: Unit, gone: Gone) -> None:
    """Says that rows may be gone of which nobody can tell."""
    if not gone.complete:
        context.delivery.warn(
            f"{unit.of}: so many rows are new that it cannot be told whether others are gone. To remove such: {ADVICE}"
        )

