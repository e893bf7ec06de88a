"""Who may ask, how often, and how much at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from sandbox.messages import Reply, Request
from sandbox.ongage.envelope import failed

WINDOW_SECONDS, MOST_IN_FLIGHT = 60, 10
LOGIN = {"x_username": "api@example.org", "x_password": "sandbox-password", "x_account_code": "sandbox_account"}
API_KEY = "sandbox-api-key"
KEY_HEADER = "x-api-key"
TOO_MANY = "Calls per minute exceeded"


def refusal(request: Request) -> Reply | None:
    """Return the 401 for a request that does not say who asks, or says it wrongly.

    The names of the three headers have underscores, in any case; spelled with dashes they are other headers.
    """
    if KEY_HEADER in request.headers:
        return None if request.headers[KEY_HEADER] == API_KEY else Reply(401, {"message": "Invalid API key"})
    if all(request.headers.get(name) == value for name, value in LOGIN.items()):
        return None
    return failed(401, f"Authentication failed: the headers {', '.join(LOGIN)} are required and have to be correct")


@dataclass
class Throttle:
    """The calls of the whole account: so many in a fixed window, and so many at once. Nothing tells how long to wait."""

    limit: int
    clock: Callable[[], float]
    most: int = MOST_IN_FLIGHT
    used: int = 0
    window: int = -1
    in_flight: int = 0
    lock: Lock = field(default_factory=Lock)

    def enter(self) -> Reply | None:
        """Count one call that begins; return the 429 when it is one too many."""
        window = int(self.clock() // WINDOW_SECONDS)
        with self.lock:
            self.in_flight += 1
            if window != self.window:
                self.window, self.used = window, 0
            if self.used >= self.limit or self.in_flight > self.most:
                return failed(429, TOO_MANY)
            self.used += 1
        return None

    def leave(self) -> None:
        """Count one call that is over, refused or not."""
        with self.lock:
            self.in_flight -= 1
