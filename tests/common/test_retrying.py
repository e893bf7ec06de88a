"""Asking again: how often, after which waits, and what is raised in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from common.failures import Disorder, Forbidden, NotFound, RateLimited, Rejected, SourceFailure, SyncFailed, Unauthorized, Unavailable
from common.retrying import Attempts
from tests.doubles import FakeClock, Killed

ALLOWED = 5
LONGEST_WAIT = 60.0


class Scripted:
    """Fails as it is told, then answers."""

    def __init__(self, failures: Iterable[BaseException]) -> None:
        self.failures = list(failures)
        self.called = 0

    def __call__(self) -> str:
        self.called += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def unavailable(number: int) -> list[SourceFailure]:
    return [Unavailable(f"down {at}") for at in range(number)]


def limited(number: int, seconds: float | None = 5.0) -> list[SourceFailure]:
    return [RateLimited(f"slow down {at}", seconds=seconds) for at in range(number)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_an_answer_costs_one_request_and_no_time(clock: FakeClock) -> None:
    source = Scripted([])
    assert Attempts(clock, ALLOWED).call(source) == "answer"
    assert (source.called, clock.slept) == (1, [])


def test_the_last_attempt_that_is_allowed_still_counts(clock: FakeClock) -> None:
    source = Scripted(unavailable(ALLOWED - 1))
    assert Attempts(clock, ALLOWED).call(source) == "answer"
    assert source.called == ALLOWED


@pytest.mark.parametrize("allowed", [1, 2, ALLOWED])
def test_an_outage_is_not_asked_more_often_than_allowed_and_raises_its_last_failure(clock: FakeClock, allowed: int) -> None:
    source = Scripted(unavailable(100))
    with pytest.raises(Unavailable, match=f"^down {allowed - 1}$"):
        Attempts(clock, allowed).call(source)
    assert source.called == allowed
    assert len(clock.slept) == allowed - 1  # nobody waits after the last one


def test_rate_limits_do_not_use_up_the_attempts_meant_for_outages(clock: FakeClock) -> None:
    source = Scripted([*limited(10), *unavailable(ALLOWED - 1), *limited(10)])
    assert Attempts(clock, ALLOWED).call(source) == "answer"


def test_an_outage_between_rate_limits_still_comes_to_an_end(clock: FakeClock) -> None:
    failures = [failure for pair in zip(limited(50), unavailable(50), strict=True) for failure in pair]
    source = Scripted(failures)
    with pytest.raises(Unavailable, match=f"^down {ALLOWED - 1}$"):
        Attempts(clock, ALLOWED).call(source)
    assert source.called == 2 * ALLOWED


@pytest.mark.parametrize("seconds", [5.0, None])
def test_a_rate_limit_for_ever_ends_with_the_last_one(clock: FakeClock, seconds: float | None) -> None:
    source = Scripted(limited(1000, seconds))
    with pytest.raises(RateLimited) as raised:
        Attempts(clock, ALLOWED).call(source)
    assert ALLOWED < source.called < 100
    assert str(raised.value) == f"slow down {source.called - 1}"


def waits_of(clock: FakeClock, failures: list[SourceFailure]) -> list[float]:
    Attempts(clock, 1000).call(Scripted(failures))
    return clock.slept


@pytest.mark.parametrize("failures", [unavailable, lambda number: limited(number, None)])
def test_waits_double_with_at_most_a_second_of_jitter_up_to_a_minute(
    clock: FakeClock, failures: Callable[[int], list[SourceFailure]]
) -> None:
    waits = waits_of(clock, failures(20))
    for at, wait in enumerate(waits):
        least = min(2.0**at, LONGEST_WAIT)
        assert least <= wait <= min(least + 1.0, LONGEST_WAIT)
    assert waits[-1] == LONGEST_WAIT


def test_threads_that_fail_together_do_not_come_back_together() -> None:
    firsts = {waits_of(FakeClock(), unavailable(1))[0] for _ in range(8)}
    assert len(firsts) > 1


def test_a_wait_that_the_source_asked_for_is_not_waited_twice(clock: FakeClock) -> None:
    assert sum(waits_of(clock, limited(3, 847.0))) == 0  # the budget keeps every thread waiting that long


def test_a_person_is_told_how_long_each_pause_is_whoever_asked_for_it(clock: FakeClock) -> None:
    said: list[str] = []
    Attempts(clock, ALLOWED, said.append).call(Scripted([*limited(1, 847.0), *unavailable(1)]))
    assert said == ["slow down 0; trying again in 847 s", f"down 0; trying again in {clock.slept[-1]:.0f} s"]


@pytest.mark.parametrize("seconds", [0.0, None])
def test_a_rate_limit_without_a_time_to_wait_is_not_hammered(clock: FakeClock, seconds: float | None) -> None:
    assert all(wait > 0 for wait in waits_of(clock, limited(5, seconds)))


@pytest.mark.parametrize(
    "failure",
    [
        Unauthorized("no"),
        Forbidden("no"),
        NotFound("no"),
        Rejected("no"),
        Disorder("no"),
        SourceFailure("no"),
        SyncFailed("no"),
        KeyError("no"),
        KeyboardInterrupt("no"),
        Killed("no"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_what_no_waiting_can_cure_is_raised_at_once_and_as_it_is(clock: FakeClock, failure: BaseException) -> None:
    source = Scripted([failure] * 3)
    with pytest.raises(type(failure)) as raised:
        Attempts(clock, ALLOWED).call(source)
    assert raised.value is failure
    assert (source.called, clock.slept) == (1, [])


def test_what_no_waiting_can_cure_ends_a_series_of_outages(clock: FakeClock) -> None:
    source = Scripted([*unavailable(2), Unauthorized("revoked meanwhile"), *unavailable(2)])
    with pytest.raises(Unauthorized):
        Attempts(clock, ALLOWED).call(source)
    assert source.called == 3


def test_details_of_the_last_failure_are_kept_for_the_errors_table(clock: FakeClock) -> None:
    last = Unavailable("GET https://h/x answered 504", "https://h/x", 504)
    with pytest.raises(Unavailable) as raised:
        Attempts(clock, 2).call(Scripted([Unavailable("first"), last]))
    assert (raised.value.url, raised.value.status) == ("https://h/x", 504)
