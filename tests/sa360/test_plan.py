"""Windows of days: they tile what is wanted, newest first, and suit the number of rows."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.loading import load

sa360 = load("sa360")
plan, fetch = sa360.plan, sa360.fetch
Window = plan.Window
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(first=DAYS, days=st.integers(0, 200), width=st.integers(1, 40))
def test_windows_tile_the_range_newest_first(first: date, days: int, width: int) -> None:
    whole = Window(first, first + timedelta(days=days))
    parts = list(plan.newest_first(whole, width))
    assert parts[0].last == whole.last
    assert parts[-1].first == whole.first
    assert all(newer.first == older.last + timedelta(days=1) for newer, older in pairwise(parts))
    assert all(1 <= part.days <= width for part in parts)
    assert len(parts) == -(-whole.days // width)


@given(first=DAYS, days=st.integers(1, 60))
def test_halves_are_the_whole(first: date, days: int) -> None:
    newer, older = plan.halves(Window(first, first + timedelta(days=days)))
    assert (older.first, newer.last) == (first, first + timedelta(days=days))
    assert newer.first == older.last + timedelta(days=1)
    assert 0 <= newer.days - older.days + 1 <= 2


@pytest.mark.parametrize(
    ("days", "rows", "width"),
    [(10, 0, 20), (10, 1_249, 20), (10, 1_250, 10), (10, 5_000, 10), (10, 5_001, 5), (1, 90_000, 1), (31, 0, 31), (20, 100, 31)],
)
def test_the_next_window_suits_the_rows(days: int, rows: int, width: int) -> None:
    assert plan.next_width(Window(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=days - 1)), rows) == width


def test_a_question_covers_a_day_more_at_both_ends_but_nothing_that_is_not_kept() -> None:
    window = Window(date(2026, 2, 1), date(2026, 2, 10))
    assert window.condition(date(2023, 1, 1)) == "segments.date BETWEEN '2026-01-31' AND '2026-02-11'"
    assert window.condition(date(2026, 2, 1)) == "segments.date BETWEEN '2026-02-01' AND '2026-02-11'"


def test_a_single_day_is_asked_for_by_name() -> None:
    day = date(2026, 2, 1)
    assert Window(day, day).condition(date(2023, 1, 1)) == "segments.date = '2026-02-01'"


@pytest.mark.parametrize(
    ("day", "part"),
    [
        (1, (plan.SETTLED, plan.PAST)),
        (4, (plan.SETTLED, plan.PAST)),
        (5, (plan.SETTLED, plan.KEPT)),
        (6, (plan.SETTLED, plan.KEPT)),
        (7, (plan.YOUNG, plan.KEPT)),
        (8, (plan.NEW, plan.KEPT)),
        (10, (plan.NEW, plan.NEWEST)),
    ],
)
def test_a_day_has_an_age_and_a_role(day: int, part: tuple[str, str]) -> None:
    whole = Window(date(2026, 9, 1), date(2026, 9, 10))
    span = plan.Span(whole, date(2026, 9, 5), date(2026, 9, 7), date(2026, 9, 7), date(2023, 1, 1))
    assert span.part_of(date(2026, 9, day)) == part
    assert part[0] in plan.AGES
    assert part[1] in plan.ROLES


def test_the_day_that_was_not_over_is_the_newest_one_when_it_is_read_again_on_the_same_day() -> None:
    today = date(2026, 9, 10)
    span = plan.Span(Window(date(2026, 9, 1), today), date(2026, 9, 1), today, today, date(2023, 1, 1))
    assert span.part_of(today) == (plan.YOUNG, plan.NEWEST)
    assert span._replace(until=None, young=None).part_of(date(2026, 9, 1)) == (plan.NEW, plan.KEPT)


def test_a_reading_that_was_cut_short_makes_no_day_the_young_one() -> None:
    """It may have held rows up to its today, of which the last complete reading knew nothing."""
    whole = Window(date(2026, 9, 1), date(2026, 9, 10))
    span = plan.Span(whole, date(2026, 9, 5), date(2026, 9, 9), date(2026, 9, 7), date(2023, 1, 1))
    ages = [span.part_of(date(2026, 9, day))[0] for day in (6, 7, 8, 9, 10)]
    assert ages == [plan.SETTLED, plan.YOUNG, plan.SETTLED, plan.SETTLED, plan.NEW]


@pytest.mark.parametrize(
    ("start", "begins"),
    [
        (None, date(2023, 10, 29)),
        (date(2020, 1, 1), date(2023, 10, 29)),
        (date(2023, 10, 28), date(2023, 10, 29)),
        (date(2024, 5, 5), date(2024, 5, 5)),
        (date(2027, 1, 1), date(2026, 11, 28)),
    ],
)
def test_the_first_day_is_one_that_the_api_keeps(start: date | None, begins: date) -> None:
    today = date(2026, 11, 28)
    assert plan.begins(start, today) == begins
    assert plan.oldest_kept(today) == date(2023, 10, 28)
