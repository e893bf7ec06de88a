"""Who may ask, and how often: Basic authentication with a key and a database mode, and so many calls in each second.

LIKELY: the words of the refusals, and that no header tells how long to wait. GUESS: that one limit is for all endpoints alike, and that
its seconds are those of the clock.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from sandbox.everyaction.envelope import failed
from sandbox.messages import Reply, Request

USERNAME = "sandbox.everyaction"
API_KEY = "3f2b8c1e-7d4a-4c59-9e60-5a1d2b7c8f90"
# The CRM; 0 would be the voter file.
MODE = "1"


def _credential(request: Request) -> tuple[str, str] | None:
    """Return user name and password of Basic authentication; None when there are none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if scheme.lower() == "basic" and colon else None


def refusal(request: Request) -> Reply | None:
    """Return the 401 for a request that does not say who asks, or says it wrongly. Any application has a name that will do."""
    credential = _credential(request)
    key, bar, mode = credential[1].partition("|") if credential else ("", "", "")
    if credential is None or not credential[0] or key.lower() != API_KEY:
        return failed(401, "UNAUTHORIZED", "Authentication failed: unknown application name or API key")
    return None if bar and mode == MODE else failed(401, "UNAUTHORIZED", "Invalid Database Mode")


@dataclass
class Throttle:
    """The calls of one key: so many in each second. Only the text of the refusal tells how long to wait."""

    limit: int
    clock: Callable[[], float]
    used: int = 0
    second: int = -1
    lock: Lock = field(default_factory=Lock)

    def enter(self) -> Reply | None:
        """Count one call; return the 429 when it is one too many."""
        now = self.clock()
        second = math.floor(now)
        with self.lock:
            if second != self.second:
                self.second, self.used = second, 0
            if self.used >= self.limit:
                wait = math.ceil((second + 1 - now) * 1000)
                return failed(429, "429", f"The limit of {self.limit} calls per second has been exceeded. Try again in {wait} ms.")
            self.used += 1
        return None
