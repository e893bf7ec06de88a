"""For how long one question is asked again while the API has no quota left for it, and what was asked when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from common.clock import Clock
from common.failures import Exhausted, RateLimited
from refusals import Refused

LONGEST_SECONDS = 3600.0  # a quota that has not come back within an hour is that of a day, whatever the API says of it


class Patience:
    """Remembers since when each question is refused for being one too many. Safe in threads, which ask different questions.

    Args:
        clock: tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[tuple[str, str], float] = {}

    @contextmanager
    def asking(self, customer: str, query: str) -> Iterator[None]:
        """Around a question about an account.

        Raises:
            Exhausted: in place of the `RateLimited` that comes after an hour of such.
        """
        asked, limited = (customer, query), False
        try:
            yield
        except RateLimited as failure:
            limited = True
            if self._clock.time() - self._since.setdefault(asked, self._clock.time()) >= LONGEST_SECONDS:
                raise Exhausted(f"{failure}: for an hour there was no quota left.", failure.url, failure.status) from failure
            raise
        except Refused as failure:
            failure.query = query
            raise
        finally:
            if not limited:
                self._since.pop(asked, None)
