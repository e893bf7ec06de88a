"""The budget of requests: who has to wait, for how long, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.budget import Budget, Pace, Quota, quota_from
from tests.doubles import NOON, FakeClock

WINDOW = 3600.0
RESERVE = 1000
LIMIT = 5000
RESET = NOON + 600
MOST_WAITS = 20


class ImpatientClock(FakeClock):
    """Fails a test whose subject waits again and again."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) > MOST_WAITS:
            pytest.fail("it waits without an end")


@pytest.fixture
def clock() -> ImpatientClock:
    return ImpatientClock()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def budget(clock: FakeClock, said: list[str]) -> Budget:
    return Budget(clock, RESERVE, WINDOW, said.append)


def replied(budget: Budget, remaining: int, reset_at: float = RESET, limit: int | None = LIMIT) -> None:
    """One request and its reply."""
    budget.enter()
    budget.leave(Quota(limit, remaining, reset_at))


def waited(budget: Budget, clock: FakeClock) -> float:
    """How long one more request has to wait."""
    before = clock.time()
    budget.enter()
    budget.leave()
    return clock.time() - before


def test_nothing_waits_while_the_source_says_nothing_of_a_quota(budget: Budget, clock: FakeClock) -> None:
    for _ in range(10_000):
        budget.enter()
        budget.leave()
    assert clock.slept == []
    assert budget.requests == 10_000


@pytest.mark.parametrize(("remaining", "seconds"), [(RESERVE + 1, 0), (RESERVE, 600), (0, 600), (-3, 600)])
def test_the_reserve_is_left_to_the_customers_other_tools(budget: Budget, clock: FakeClock, remaining: int, seconds: float) -> None:
    replied(budget, remaining)
    assert waited(budget, clock) == seconds


@pytest.mark.parametrize(("remaining", "seconds"), [(751, 0), (750, 600)])
def test_a_reserve_above_a_smaller_plan_does_not_lock_the_connector_out(
    budget: Budget, clock: FakeClock, remaining: int, seconds: float
) -> None:
    replied(budget, remaining, limit=1500)
    assert waited(budget, clock) == seconds


def test_the_reserve_holds_for_a_source_that_does_not_say_its_limit(budget: Budget, clock: FakeClock) -> None:
    replied(budget, RESERVE, limit=None)
    assert waited(budget, clock) == 600


def test_without_a_reserve_the_last_request_of_a_window_is_used(clock: FakeClock) -> None:
    budget = Budget(clock, 0, WINDOW, lambda message: None)
    replied(budget, 1)
    assert waited(budget, clock) == 0
    replied(budget, 0)
    assert waited(budget, clock) == 600


def test_requests_under_way_do_not_overdraw_the_quota_together(budget: Budget, clock: FakeClock) -> None:
    replied(budget, RESERVE + 3)
    for _ in range(3):
        budget.enter()
    assert clock.slept == []
    budget.enter()
    assert clock.time() == RESET


def test_requests_that_ended_without_a_reply_are_no_longer_under_way(budget: Budget, clock: FakeClock) -> None:
    replied(budget, RESERVE + 3)
    for _ in range(50):
        budget.enter()
        budget.leave(None)
    assert clock.slept == []


def test_replies_that_overtake_each_other_do_not_give_requests_back(budget: Budget, clock: FakeClock) -> None:
    budget.enter()
    budget.enter()
    budget.leave(Quota(LIMIT, RESERVE, RESET))
    budget.leave(Quota(LIMIT, RESERVE + 1, RESET))  # sent earlier, came later
    assert waited(budget, clock) == 600


def test_a_straggler_of_the_last_window_does_not_hide_that_this_one_is_used_up(budget: Budget, clock: FakeClock) -> None:
    budget.enter()
    budget.enter()
    clock.now = RESET + 60
    budget.leave(Quota(LIMIT, 0, RESET + WINDOW))
    budget.leave(Quota(LIMIT, 4000, RESET))  # a slow reply, counted when its request came in
    assert waited(budget, clock) == WINDOW - 60


def test_the_window_that_follows_is_full_again(budget: Budget, clock: FakeClock) -> None:
    replied(budget, 0)
    assert waited(budget, clock) == 600
    assert waited(budget, clock) == 0
    replied(budget, LIMIT - 1, RESET + WINDOW)
    assert waited(budget, clock) == 0


def test_a_new_window_with_less_left_than_the_last_is_believed(budget: Budget, clock: FakeClock) -> None:
    replied(budget, 4000)
    clock.now = RESET
    replied(budget, 10, RESET + WINDOW)
    assert waited(budget, clock) == WINDOW


@pytest.mark.parametrize("reset_at", [NOON * 1000, NOON + 30 * WINDOW, float("inf")])
def test_a_reset_that_lies_beyond_the_window_costs_one_window_and_not_the_sync(budget: Budget, clock: FakeClock, reset_at: float) -> None:
    replied(budget, 0, reset_at)
    assert waited(budget, clock) <= WINDOW


def test_one_absurd_reset_does_not_outlive_the_replies_that_follow(budget: Budget, clock: FakeClock) -> None:
    replied(budget, 4000, NOON * 1000)
    replied(budget, 0)
    assert waited(budget, clock) == 600


def test_a_closed_source_gets_no_request_of_any_thread(budget: Budget, clock: FakeClock) -> None:
    def enter(_: int) -> float:
        budget.enter()
        return clock.time()

    budget.close_for(30)
    with ThreadPoolExecutor(8) as threads:
        entered = list(threads.map(enter, range(8)))
    assert min(entered) >= NOON + 30
    assert budget.requests == 8


def test_a_shorter_wait_does_not_open_what_a_longer_one_closed(budget: Budget, clock: FakeClock) -> None:
    budget.close_for(500)
    budget.close_for(5)
    assert waited(budget, clock) == 500


@pytest.mark.parametrize(("closed", "seconds"), [(30, 600), (900, 900)])
def test_the_later_of_quota_and_closing_counts(budget: Budget, clock: FakeClock, closed: float, seconds: float) -> None:
    replied(budget, 0)
    budget.close_for(closed)
    assert waited(budget, clock) == seconds


def test_a_closing_that_comes_while_a_request_waits_is_obeyed(said: list[str]) -> None:
    class Closing(ImpatientClock):
        def sleep(self, seconds: float) -> None:
            if not self.slept:
                shared.close_for(200)
            super().sleep(seconds)

    clock = Closing()
    shared = Budget(clock, RESERVE, WINDOW, said.append)
    shared.close_for(50)
    assert waited(shared, clock) == 200


def test_a_long_wait_is_told_once_and_not_by_every_thread(said: list[str]) -> None:
    class Standing(FakeClock):
        """Wakes each sleeper too early, as a busy machine does."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds / 2 if seconds > 1 else seconds)

    budget = Budget(Standing(), RESERVE, WINDOW, said.append)
    budget.close_for(847)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: budget.enter(), range(8)))
    assert len(said) == 1
    assert "14 min" in said[0]


def test_every_new_long_wait_is_told(budget: Budget, clock: FakeClock, said: list[str]) -> None:
    for number in (1, 2, 3):
        budget.close_for(300)
        budget.enter()
        assert len(said) == number


def test_a_short_wait_does_not_fill_the_log(budget: Budget, said: list[str]) -> None:
    for _ in range(9):
        budget.close_for(59)
        budget.enter()
    assert said == []


HEADERS = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4711", "X-RateLimit-Reset": "1790003600"}


def test_the_headers_are_read() -> None:
    assert quota_from(HEADERS) == Quota(5000, 4711, 1_790_003_600.0)


@pytest.mark.parametrize("limit", [None, ""])
def test_a_quota_without_a_limit_is_still_a_quota(limit: str | None) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != "X-RateLimit-Limit"}
    assert quota_from(headers if limit is None else HEADERS | {"X-RateLimit-Limit": limit}) == Quota(None, 4711, 1_790_003_600.0)


@pytest.mark.parametrize(
    "headers", [{}, {"X-RateLimit-Remaining": "0"}, {"X-RateLimit-Reset": "1790003600"}, {"X-RateLimit-Limit": "5000"}]
)
def test_half_a_quota_is_none(headers: Mapping[str, str]) -> None:
    assert quota_from(headers) is None


@pytest.mark.parametrize("name", list(HEADERS))
@pytest.mark.parametrize("value", ["soon", "4,711", "0x10", "2026-09-21T14:13:20Z", "9" * 5000])
def test_a_header_that_is_no_number_ends_no_sync(name: str, value: str, budget: Budget, clock: FakeClock) -> None:
    budget.enter()
    budget.leave(quota_from(HEADERS | {name: value}))
    assert waited(budget, clock) <= WINDOW


ODD_NUMBERS = (
    st.sampled_from(["", "0", "-1", "1e999", "-inf", "nan", "007", " 12 ", "1_0", "9" * 30])
    | st.integers(int(NOON) - 9999, int(NOON) + 9999).map(str)
    | st.text(max_size=9)
)


@given(limit=ODD_NUMBERS, remaining=ODD_NUMBERS, reset=ODD_NUMBERS)
def test_whatever_the_headers_say_a_request_waits_no_longer_than_a_window(limit: str, remaining: str, reset: str) -> None:
    clock = ImpatientClock()
    budget = Budget(clock, RESERVE, WINDOW, lambda message: None)
    budget.enter()
    budget.leave(quota_from({"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}))
    assert waited(budget, clock) <= WINDOW


# --- a limit that only this side keeps ---


def paced(clock: FakeClock, calls: int = 5, in_flight: int = 10) -> Budget:
    return Budget(clock, 0, 60.0, lambda message: None, Pace(calls, 60.0, in_flight, 60.0))


def test_no_window_of_a_paced_source_sees_too_many_calls() -> None:
    clock = ImpatientClock()
    budget, times = paced(clock), list[float]()
    for _ in range(17):
        times.append(budget.enter())
        budget.leave()
        clock.now += 7
    assert all(later - earlier >= 60 for earlier, later in zip(times, times[5:], strict=False))
    assert times[-1] - times[0] < 4 * 60


def test_no_more_are_in_flight_than_a_paced_source_takes() -> None:
    budget, under_way, most = paced(FakeClock(), calls=1000, in_flight=3), list[int](), list[int]()

    def call(number: int) -> None:
        budget.enter()
        under_way.append(number)
        most.append(len(under_way))
        under_way.remove(number)
        budget.leave()

    with ThreadPoolExecutor(12) as executor:
        list(executor.map(call, range(300)))
    assert max(most) <= 3
    assert budget.requests == 300


def test_after_a_refusal_without_a_time_nobody_asks_for_ever_longer_pauses() -> None:
    clock = ImpatientClock()
    budget, pauses = paced(clock, calls=1000), list[float]()
    for _ in range(7):
        sent_at = budget.enter()
        budget.leave()
        assert budget.refused(sent_at)
        pauses.append(waited(budget, clock))
    assert pauses == [60, 120, 240, 480, 960, 960, 960]
    clock.now += 5 * 960
    budget.refused(budget.enter())
    budget.leave()
    assert waited(budget, clock) == 60


def test_refusals_of_what_was_under_way_together_count_once() -> None:
    clock = ImpatientClock()
    budget = paced(clock, calls=1000)
    sent = [budget.enter() for _ in range(3)]
    clock.now += 1
    assert [budget.refused(at) for at in sent] == [60, 60, 60]


def test_without_a_pace_a_refusal_is_left_to_whoever_asked(budget: Budget) -> None:
    assert budget.refused(budget.enter()) is None
