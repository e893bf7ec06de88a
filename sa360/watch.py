"""What is watched during a whole sync: whether the API answers at all, and how large the state becomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from common.clock import Clock
from common.failures import Exhausted, SourceFailure, Unauthorized, Unavailable

MOST_SILENT = 3  # parts in a row; each was asked for many times
LARGE_STATE_BYTES = 7_000_000
SECONDS_BETWEEN_SIZES = 300.0  # to find the size of a large state takes a while


class Silence(SourceFailure):
    """The API does not answer any more: stop, and go on in a later sync."""


class Outage:
    """Tells an API that answers nothing at all from one that cannot give some parts: nobody should try them all then.

    Args:
        probe: asks something tiny, once.
    """

    def __init__(self, probe: Callable[[], object]) -> None:
        self._probe = probe
        self._silent = 0

    def answered(self) -> None:
        """A part was answered."""
        self._silent = 0

    def note(self, failure: Exception) -> None:
        """A part failed.

        Raises:
            SourceFailure: as `silent` does.
        """
        if isinstance(failure, Unavailable):
            self.silent()
        else:
            self.answered()  # with a refusal, perhaps

    def silent(self) -> None:
        """A part was not answered.

        Raises:
            Silence: if nothing else is either.
            SourceFailure: if the answer is that nothing more may be asked.
        """
        self._silent += 1
        if self._silent < MOST_SILENT:
            return
        self._silent = 0
        try:
            self._probe()
        except (Unauthorized, Exhausted):
            raise
        except Unavailable as failure:
            raise Silence(str(failure), failure.url, failure.status) from failure
        except SourceFailure:
            return  # a refusal is an answer


class StateSize:
    """Warns once of a state that comes near to what Fivetran allows.

    Args:
        clock: tells the time.
        warn: shows a warning.
    """

    def __init__(self, clock: Clock, warn: Callable[[str], None]) -> None:
        self._clock, self._warn = clock, warn
        self._due_at, self._warned = clock.time() + SECONDS_BETWEEN_SIZES, False

    def look(self, state: Mapping[str, Any], *, if_due: bool = False) -> None:
        """Looks at a state; with `if_due` only every few minutes."""
        if self._warned or (if_due and self._clock.time() < self._due_at):
            return
        self._due_at = self._clock.time() + SECONDS_BETWEEN_SIZES
        size = len(json.dumps(state))
        if size > LARGE_STATE_BYTES:
            self._warned = True
            self._warn(f"the state has {size / 1e6:.1f} MB of the 10 MB that Fivetran allows; sync some accounts separately")
