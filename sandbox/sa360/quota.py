"""How many operations there may be: so many a minute and so many a day, one for each query however many pages it has (fact sheet 3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from sandbox.sa360.errors import Refused

MINUTE_SECONDS, DAY_SECONDS = 60, 86_400
PER_MINUTE, PER_DAY = 3_000, 150_000


@dataclass
class Span:
    """A fixed span of time, and how many operations there may be in each; `used` of them were in the one that is `current`."""

    seconds: int
    limit: int
    current: int = -1
    used: int = 0

    def is_full(self, now: float) -> bool:
        """Say whether nothing more is admitted, having begun a new span if it is time."""
        number = int(now // self.seconds)
        if number != self.current:
            self.current, self.used = number, 0
        return self.used >= self.limit

    def rest(self, now: float) -> int:
        """Return how many seconds are left, at least one."""
        return max(1, math.ceil(self.seconds - now % self.seconds))


@dataclass
class Quota:
    """The operations of one Google Cloud project; `per_minute` above the daily limit lifts that as well."""

    per_minute: int
    clock: Callable[[], float]
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Start with nothing used."""
        self.day = Span(DAY_SECONDS, max(PER_DAY, self.per_minute))
        self.minute = Span(MINUTE_SECONDS, self.per_minute)

    def take(self) -> Refused | None:
        """Count one operation; return the 429 when it is one too many, which does not count."""
        now = self.clock()
        with self.lock:
            if self.day.is_full(now):
                return _exhausted("RESOURCE_EXHAUSTED", "Number of operations per day", self.day.rest(now))
            if self.minute.is_full(now):
                return _exhausted("RESOURCE_TEMPORARILY_EXHAUSTED", "Number of operations per minute", self.minute.rest(now))
            self.day.used += 1
            self.minute.used += 1
        return None


def _exhausted(code: str, rate: str, seconds: int) -> Refused:
    details = {"rateScope": "DEVELOPER", "rateName": rate, "retryDelay": f"{seconds}s"}
    return Refused(429, f"Too many requests. Retry in {seconds} seconds.", "quotaError", code, quota=details)
