"""One budget of requests per host, shared by all threads and corrected by what the source says of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from common.clock import Clock

MAX_RESERVED_SHARE = 0.5  # a reserve above half of a smaller plan's limit would leave the connector nothing
LONG_WAIT_SECONDS = 60.0
LONGEST_PAUSE = 16  # times the first one
QUIET_PAUSES = 4  # after so many times the last pause without a refusal the next one is short again


class Quota(NamedTuple):
    """What a reply says of the quota: the window's limit, what is left of it, and when (Unix seconds) it is full again."""

    limit: int | None
    remaining: int
    reset_at: float


class Pace(NamedTuple):
    """A limit that the source does not tell of in its replies, so that it is kept on this side.

    Args:
        calls: so many at most in any `seconds`.
        seconds: the length of the source's window.
        in_flight: so many at most at once.
        pause_seconds: how long nobody asks after a refusal that names no time; it doubles with each further one, up to sixteen times.
    """

    calls: int
    seconds: float
    in_flight: int
    pause_seconds: float


class Budget:
    """Lets requests pass while the source's quota, less a reserve for the customer's other tools, allows it.

    Args:
        clock: time and waiting.
        reserve: how many requests of each window are left untouched.
        window_seconds: the longest that the source's window lasts; no wait for a reset is longer.
        say: told when a wait is long, in a sentence.
        pace: the limit of a source whose replies tell of no quota.
    """

    def __init__(
        self, clock: Clock, reserve: int, window_seconds: float, say: Callable[[str], None], pace: Pace | None = None
    ) -> None:
        self._clock, self._reserve, self._window, self._say, self._pace = clock, reserve, window_seconds, say, pace
        self._slots = threading.BoundedSemaphore(pace.in_flight) if pace else None
        self._sent_at: deque[float] = deque(maxlen=pace.calls if pace else 0)
        self._refused_at = -1.0
        self._pause = 0.0
        self._lock = threading.Lock()
        self._quota: Quota | None = None
        self._quota_ends_at = 0.0
        self._in_flight = 0
        self._closed_until = 0.0
        self._told_until = 0.0
        self.requests = 0

    def enter(self) -> float:
        """Returns when one more request may be sent, with the time; each call is followed by one `leave`."""
        if self._slots:
            self._slots.acquire()
        while True:
            with self._lock:
                now = self._clock.time()
                opens_at = max(self._closed_until, self._quota_opens_at(now), self._pace_opens_at(now))
                if opens_at <= now:
                    self._in_flight += 1
                    self.requests += 1
                    self._sent_at.append(now)
                    return now
                self._tell(opens_at, now)
            self._clock.sleep(opens_at - now)

    def leave(self, quota: Quota | None = None) -> None:
        """Ends a request; `quota` is what its reply said."""
        if self._slots:
            self._slots.release()
        with self._lock:
            self._in_flight -= 1
            if quota is None:
                return
            self._quota = self._newest(quota)
            self._quota_ends_at = min(self._quota.reset_at, self._clock.time() + self._window)

    def refused(self, sent_at: float) -> float | None:
        """The source refused a request, sent at that time, for being one too many, and named no time; what is waited before the next one.

        Requests that were under way together are refused together, and count once. After a long time without a refusal the pauses are short
        again. Without a pace None: whoever asked waits by itself.
        """
        if self._pace is None:
            return None
        with self._lock:
            now = self._clock.time()
            if sent_at > self._refused_at:
                lately = now - self._refused_at <= QUIET_PAUSES * self._pause
                longest = self._pace.pause_seconds * LONGEST_PAUSE
                self._pause = min(2 * self._pause, longest) if lately else self._pace.pause_seconds
                self._closed_until = max(self._closed_until, now + self._pause)
                self._refused_at = now
            return self._closed_until - now

    def _newest(self, told: Quota) -> Quota:
        """Of what was known and what a reply tells, which may be overtaken, what holds now: within a window, what is left only shrinks."""
        known = self._quota
        beyond_reason = self._clock.time() + self._window
        if known is None or told.reset_at > known.reset_at or known.reset_at > beyond_reason:
            return told
        return known if told.reset_at < known.reset_at else told._replace(remaining=min(known.remaining, told.remaining))

    def close_for(self, seconds: float) -> None:
        """No request of any thread is sent for `seconds` from now: the source said so (Retry-After)."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock.time() + seconds)

    def _quota_opens_at(self, now: float) -> float:
        quota = self._quota
        if quota is None or self._quota_ends_at <= now:
            return now
        reserve = min(self._reserve, int((quota.limit or 2 * self._reserve) * MAX_RESERVED_SHARE))
        if quota.remaining - self._in_flight > reserve:
            return now
        return self._quota_ends_at

    def _pace_opens_at(self, now: float) -> float:
        full = self._pace is not None and len(self._sent_at) == self._pace.calls
        return self._sent_at[0] + self._pace.seconds if self._pace and full else now

    def _tell(self, opens_at: float, now: float) -> None:
        if opens_at - now >= LONG_WAIT_SECONDS and opens_at > self._told_until:
            self._told_until = opens_at
            self._say(f"waiting {(opens_at - now) / 60:.0f} min until the source's request quota allows more")


def quota_from(headers: Mapping[str, str]) -> Quota | None:
    """The `X-RateLimit-*` headers as a quota; None if they are absent or no numbers."""
    try:
        limit = headers.get("X-RateLimit-Limit")
        return Quota(int(limit) if limit else None, int(headers["X-RateLimit-Remaining"]), float(headers["X-RateLimit-Reset"]))
    except (KeyError, ValueError):
        return None
