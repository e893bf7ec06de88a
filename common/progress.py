"""Progress of long work, in lines that are few enough for Fivetran's log and clear enough for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from common.clock import Clock

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_RETRY_LINES = 5.0
SECONDS_TOLD_AS_SUCH = 120.0


class Progress:
    """Tells how far each table is, at most once in ten seconds, and sums up at the end of it and of all."""

    def __init__(self, clock: Clock, say: Callable[[str], None]) -> None:
        self._clock, self._say = clock, say
        self._said_at = self._began_at = clock.time()
        self._table, self._table_began_at, self._done = "", self._began_at, 0
        self.upserted: Counter[str] = Counter()
        self.deleted: Counter[str] = Counter()

    def begin(self, table: str, what: str) -> None:
        """Work on a table begins; `what` says which kind of reading it is, "" for one that is not worth a line."""
        self._table, self._table_began_at, self._done = table, self._clock.time(), 0
        if what:
            self._say(f"{table}: {what}")

    def advance(self, records: int, remaining: int | None) -> None:
        """`records` more of the current table are read; `remaining` are left, where known."""
        self._done += records
        now = self._clock.time()
        if now - self._said_at < SECONDS_BETWEEN_LINES:
            return
        self._said_at = now
        self._say(f"{self._table}: {self._pace(now, remaining)}")

    def _pace(self, now: float, remaining: int | None) -> str:
        speed = self._done / max(now - self._table_began_at, 0.001)
        line = f"{self._done:,} records so far, {speed:,.0f} a second"
        if not remaining:
            return line
        return f"{line}, {remaining:,} left, about {_span(max(remaining / max(speed, 0.001), 1))}"

    def end(self) -> None:
        """Reading of the current table ends; of a table that had no records nothing is said."""
        if not self._done:
            return
        now = self._said_at = self._clock.time()
        records = "1 record" if self._done == 1 else f"{self._done:,} records"
        self._say(f"{self._table}: {records} read in {_span(now - self._table_began_at)}")
        self._done = 0

    def summary(self, requests: int) -> str:
        """One line about the whole sync."""
        seconds = self._clock.time() - self._began_at
        upserted, deleted = sum(self.upserted.values()), sum(self.deleted.values())
        return f"done: {upserted:,} rows upserted, {deleted:,} deleted, {requests:,} requests, {_span(seconds)}"


def sparingly(clock: Clock, say: Callable[[str], None]) -> Callable[[str], None]:
    """Tells some of many lines: for SECONDS_BETWEEN_RETRY_LINES after one, no other."""
    told_at = 0.0

    def tell(line: str) -> None:
        nonlocal told_at
        now = clock.time()
        if now - told_at >= SECONDS_BETWEEN_RETRY_LINES:
            told_at = now
            say(line)

    return tell


def _span(seconds: float) -> str:
    """A length of time in the unit that suits it."""
    if seconds < 1:
        return "less than a second"
    return f"{seconds:,.0f} s" if seconds < SECONDS_TOLD_AS_SUCH else f"{seconds / 60:,.1f} min"
