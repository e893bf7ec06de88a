"""Asking again: exponential back-off with jitter, on tenacity; what the source says of waiting is obeyed by the budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from common.clock import Clock
from common.failures import RateLimited, Unavailable

T = TypeVar("T")
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
RATE_LIMIT_ATTEMPTS = 30  # each after the time that the source asked for: giving up early would only lose the place


class Attempts:
    """Calls a function until it succeeds, fails for good, or failed `attempts` times by being unavailable.

    Waits for a rate limit do not count as such failures, but there is an end to them as well. Use one for one call.

    Args:
        clock: waits between the attempts.
        attempts: how many.
        say: told what failed and how long the pause is, so that a person sees that work goes on.
    """

    def __init__(self, clock: Clock, attempts: int, say: Callable[[str], None] = lambda line: None) -> None:
        self._say = say
        self._unavailable = self._limited = 0
        self._allowed = attempts
        self._backoff = wait_exponential_jitter(initial=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS, jitter=FIRST_WAIT_SECONDS)
        self._retrying = Retrying(
            retry=retry_if_exception_type((Unavailable, RateLimited)),
            stop=self._stop,
            wait=self._wait,
            sleep=clock.sleep,
            before_sleep=self._tell,
            reraise=True,
        )

    def call(self, function: Callable[[], T]) -> T:
        """What `function` returns.

        Raises:
            SourceFailure: the last failure, when the attempts are used up or another one could not help.
        """
        return self._retrying(function)

    def _stop(self, state: RetryCallState) -> bool:
        if isinstance(_failure(state), RateLimited):
            self._limited += 1
        else:
            self._unavailable += 1
        return self._unavailable >= self._allowed or self._limited >= RATE_LIMIT_ATTEMPTS

    def _tell(self, state: RetryCallState) -> None:
        failure = _failure(state)
        pause = state.next_action.sleep if state.next_action else 0.0
        if isinstance(failure, RateLimited) and failure.seconds:
            pause = failure.seconds  # in which the budget lets nobody pass
        self._say(f"{failure}; trying again" + (f" in {pause:.0f} s" if pause >= 1 else ""))

    def _wait(self, state: RetryCallState) -> float:
        failure = _failure(state)
        told = failure.seconds if isinstance(failure, RateLimited) and failure.seconds else 0.0
        return max(0.0, self._backoff(state) - told)  # the budget holds every thread back for the time that was told


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
