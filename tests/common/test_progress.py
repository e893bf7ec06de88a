"""What a person reads of a long sync: seldom enough for the log, and true."""

from __future__ import annotations

import pytest

from common.progress import SECONDS_BETWEEN_RETRY_LINES, Progress, sparingly
from tests.doubles import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def progress(clock: FakeClock, said: list[str]) -> Progress:
    return Progress(clock, said.append)


def test_the_beginning_of_a_table_is_told_at_once(progress: Progress, said: list[str]) -> None:
    progress.begin("gifts", "everything")
    assert said == ["gifts: everything"]


def test_ten_thousand_pages_do_not_fill_the_log(progress: Progress, clock: FakeClock, said: list[str]) -> None:
    progress.begin("gifts", "everything")
    for _ in range(10_000):
        clock.now += 0.01
        progress.advance(1000, None)
    assert 9 <= len(said) - 1 <= 10


def test_a_line_says_how_far_how_fast_and_how_long(progress: Progress, clock: FakeClock, said: list[str]) -> None:
    progress.begin("gifts", "everything")
    progress.advance(4000, 100_000)
    clock.now += 20
    progress.advance(6000, 90_000)
    assert said[1:] == ["gifts: 10,000 records so far, 500 a second, 90,000 left, about 3.0 min"]


def test_no_end_is_promised_where_none_is_known(progress: Progress, clock: FakeClock, said: list[str]) -> None:
    progress.begin("gifts", "everything")
    clock.now += 10
    progress.advance(50, None)
    assert said[1:] == ["gifts: 50 records so far, 5 a second"]


def test_records_and_time_of_one_table_are_not_counted_for_the_next(progress: Progress, clock: FakeClock, said: list[str]) -> None:
    progress.begin("contacts", "everything")
    progress.advance(1_000_000, None)
    clock.now += 1000
    progress.begin("gifts", "everything")
    clock.now += 10
    progress.advance(20, 0)
    assert said[-1] == "gifts: 20 records so far, 2 a second"


@pytest.mark.parametrize(
    ("remaining", "told"),
    [(0, ""), (1, ", 1 left, about 1 s"), (10_000, ", 10,000 left, about 100 s"), (60_000, ", 60,000 left, about 10.0 min")],
)
def test_short_times_are_told_in_seconds(progress: Progress, clock: FakeClock, said: list[str], remaining: int, told: str) -> None:
    progress.begin("gifts", "everything")
    clock.now += 10
    progress.advance(1000, remaining)
    assert said[1:] == [f"gifts: 1,000 records so far, 100 a second{told}"]


@pytest.mark.parametrize(
    ("seconds", "records", "told"),
    [
        (21, 8000, "gifts: 8,000 records read in 21 s"),
        (0.2, 1, "gifts: 1 record read in less than a second"),
        (-3600, 2, "gifts: 2 records read in less than a second"),
        (630, 1_000_000, "gifts: 1,000,000 records read in 10.5 min"),
    ],
)
def test_the_end_of_a_table_says_how_many_records_there_were(
    progress: Progress, clock: FakeClock, said: list[str], seconds: float, records: int, told: str
) -> None:
    progress.begin("gifts", "everything")
    progress.advance(records, 0)
    clock.now += seconds
    progress.end()
    progress.end()
    assert said[1:] == [told]


def test_nothing_is_said_at_the_end_of_a_table_of_which_nothing_was_read(progress: Progress, said: list[str]) -> None:
    progress.end()
    progress.begin("gifts", "everything")
    progress.advance(0, 0)
    progress.end()
    assert said == ["gifts: everything"]


@pytest.mark.parametrize(("seconds", "records"), [(0, 0), (0, 1000), (10, 0), (-3600, 10), (10, 1)])
def test_no_clock_and_no_empty_page_ends_a_sync_for_the_sake_of_a_log_line(
    progress: Progress, clock: FakeClock, seconds: float, records: int
) -> None:
    clock.now += 100
    progress.begin("gifts", "everything")
    clock.now += seconds
    progress.advance(records, 1000)
    assert progress.summary(0)


def test_the_summary_adds_up_all_tables(progress: Progress, clock: FakeClock) -> None:
    progress.upserted["contacts"] += 1_200_000
    progress.upserted["gifts"] += 34_567
    progress.deleted["gifts"] += 3
    clock.now += 630
    assert progress.summary(1235) == "done: 1,234,567 rows upserted, 3 deleted, 1,235 requests, 10.5 min"


def test_the_summary_of_a_sync_that_found_nothing(progress: Progress) -> None:
    assert progress.summary(12) == "done: 0 rows upserted, 0 deleted, 12 requests, less than a second"


def test_of_many_lines_at_once_one_is_told(clock: FakeClock, said: list[str]) -> None:
    tell = sparingly(clock, said.append)
    for number in range(5):
        tell(f"line {number}")
    clock.now += SECONDS_BETWEEN_RETRY_LINES
    tell("line 5")
    tell("line 6")
    assert said == ["line 0", "line 5"]


def test_a_table_that_is_not_worth_a_line_gets_none(progress: Progress, said: list[str]) -> None:
    progress.begin("gifts", "")
    progress.end()
    assert said == []
