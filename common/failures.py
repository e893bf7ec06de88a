"""What can go wrong with a source: one class per recovery, so that the caller's `except` says what is done about it."""

from __future__ import annotations

import traceback
from collections.abc import Callable


class SourceFailure(Exception):
    """A request that did not give what was asked for.

    Args:
        message: one sentence for a person. It never holds a credential, a header or a value of a record.
        url: what was asked, without credentials.
        status: the HTTP status, if there was one.
    """

    def __init__(self, message: str, url: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.url, self.status = url, status


class Unauthorized(SourceFailure):
    """The credential is not accepted: stop, nothing else can work."""


class Forbidden(SourceFailure):
    """The credential may not read this: leave this table out and say so."""


class NotFound(SourceFailure):
    """There is no such resource."""


class Rejected(SourceFailure):
    """The source understood the request and refuses it (400 and its like): no retry and no smaller page can help."""


class Unavailable(SourceFailure):
    """The source did not answer properly (5xx, time-out, cut or wrong body): wait, ask again, ask for less."""


class RateLimited(SourceFailure):
    """Too many requests: wait `seconds` and ask again.

    Args:
        seconds: how long the source says to wait; None if it does not say.
    """

    def __init__(self, message: str, url: str = "", status: int | None = None, seconds: float | None = None) -> None:
        super().__init__(message, url, status)
        self.seconds = seconds


class Exhausted(SourceFailure):
    """A quota is used up for longer than a sync waits: stop, and go on in a later one.

    Args:
        seconds: how long the source says to wait.
    """

    def __init__(self, message: str, url: str = "", status: int | None = None, seconds: float = 0.0) -> None:
        super().__init__(message, url, status)
        self.seconds = seconds


class Disorder(SourceFailure):
    """Pages that contradict each other or the request: out of order, repeated, or not filtered as asked."""


class SettingProblem(Exception):
    """The configuration must be changed; the message lists every problem."""


class StateProblem(Exception):
    """The stored state cannot be read; the message says which part, and what to do."""


class SyncFailed(Exception):
    """The end of a sync that is not complete; the message says which tables and why. What was checkpointed stands."""


EXPECTED = (SourceFailure, SettingProblem, StateProblem, SyncFailed)


def shielded(action: Callable[[], None]) -> None:
    """Runs `action` and ends with the same kind of failure, but without the frames of the code that met it.

    Fivetran's tooling prints the text of an uncaught exception as it is, and its local crash report lists the local variables of every
    frame: records of people among them. So only our own failures keep their text; of any other, its type and the lines it passed through
    are kept, not its message, which may quote a value.

    Raises:
        SyncFailed: if `action` raised anything that is an `Exception`.
    """
    message = _failure_of(action)
    if message is not None:
        raise SyncFailed(message)


def _failure_of(action: Callable[[], None]) -> str | None:
    try:
        action()
    except EXPECTED as failure:
        return str(failure)
    except Exception as error:  # noqa: BLE001 - nothing goes on: `shielded` raises what this describes
        return f"unexpected {type(error).__name__} at {_places(error)}. Please report it to the connector's maintainer."
    return None


def _places(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})" for frame in reversed(frames[-6:]))
