"""The windows of a reading: whatever the dates, each moment lies in exactly one of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.collection import DETAIL_SUM, RECORD_SUM
from tests.loading import load

models, plan = load("ongage").models, load("ongage").plan

DAY = 86_400
SECONDS = st.integers(0, 2_000_000_000)
UPPER = int(datetime(2026, 5, 31, 13, 14, 15, tzinfo=timezone.utc).timestamp())
LARGE = plan.LARGE_LIST_CONTACTS + 1


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def begins(windows: Any) -> list[str]:
    return [at(window.start).date().isoformat() for window in windows if window.start is not None]


def assert_tiled(windows: Any, start: int | None, end: int) -> None:
    """Newest first, each window begins where the one before it ends, without gap or overlap."""
    assert windows[0].end == end
    assert windows[-1].start == start
    assert all(newer.start == older.end for newer, older in pairwise(windows))
    assert all(window.start is None or window.start < window.end for window in windows)


@given(st.integers(-(10**11), 4_000_000_000), SECONDS, st.integers(1, 120))
def test_the_windows_of_a_large_list_tile_all_time_up_to_the_upper_bound(created: int, upper: int, months: int) -> None:
    windows = plan.whole_list(LARGE, created, upper, months)
    assert_tiled(windows, None, upper)
    assert {window.field for window in windows} == {plan.CREATED}
    assert {(window.retries, window.search) for window in windows} == {(0, None)}
    assert windows[-1].end <= max(created, plan.EARLIEST) or len(windows) == 1
    assert len(windows) <= 1 + (upper - plan.EARLIEST) // (28 * DAY) + 1 or upper <= plan.EARLIEST


@given(SECONDS, SECONDS, st.integers(1, 12), st.integers(-100, 2_100_000_000))
def test_a_contact_is_in_exactly_one_window(created: int, upper: int, months: int, moment: int) -> None:
    windows = plan.whole_list(LARGE, created, upper, months)
    assert sum(window.holds(at(moment)) for window in windows) == (moment < upper)
    assert sum(window.holds(None) for window in windows) == 1


def test_windows_go_back_by_calendar_months_and_through_leap_days() -> None:
    created = int(datetime(2023, 9, 1, tzinfo=timezone.utc).timestamp())
    windows = plan.in_batches(created, UPPER, 3)
    assert begins(windows) == [
        "2026-02-28", "2025-11-28", "2025-08-28", "2025-05-28", "2025-02-28", "2024-11-28", "2024-08-28", "2024-05-28", "2024-02-28",
        "2023-11-28", "2023-08-28",
    ]  # fmt: skip
    leap_day = int(datetime(2024, 2, 29, 12, tzinfo=timezone.utc).timestamp())
    assert begins(plan.in_batches(created, leap_day, 1))[:3] == ["2024-01-29", "2023-12-29", "2023-11-29"]
    assert begins(plan.in_batches(created, leap_day, 12))[:2] == ["2023-02-28"]


@pytest.mark.parametrize("contacts", [0, 1, plan.LARGE_LIST_CONTACTS])
def test_a_list_of_up_to_two_hundred_thousand_contacts_is_read_by_one_search(contacts: int) -> None:
    [window] = plan.whole_list(contacts, UPPER - 900 * DAY, UPPER, 3)
    assert (window.start, window.end) == (None, None)
    assert window.holds(None)
    assert window.holds(at(0))
    assert window.holds(at(UPPER + 5))


def test_a_list_from_the_future_is_read_all_the_same() -> None:
    assert plan.whole_list(LARGE, UPPER + DAY, UPPER, 3) == [plan.Window(plan.CREATED, None, UPPER)]


def test_changes_are_one_window_for_each_date() -> None:
    windows = plan.changes(UPPER - DAY, UPPER)
    assert [(window.start, window.end) for window in windows] == [(UPPER - DAY, UPPER)] * 5
    assert [window.field for window in windows] == list(plan.CHANGES)


def test_a_window_is_half_open() -> None:
    window = plan.Window(plan.CREATED, UPPER, UPPER + 10)
    assert [window.holds(at(UPPER + seconds)) for seconds in (-1, 0, 9, 10)] == [False, True, True, False]


@pytest.mark.parametrize("field", plan.CHANGES[1:])
def test_a_contact_to_whom_a_thing_never_happened_is_in_no_window_of_that_thing(field: str) -> None:
    assert not plan.Window(field, None, UPPER).holds(None)
    assert not plan.Window(field, UPPER, None).holds(None)


# --- Halving ---


@given(SECONDS, st.integers(1, 4000 * DAY), st.sampled_from(plan.CHANGES), st.integers(0, 3))
def test_halves_tile_and_only_the_rest_is_short(start: int, length: int, field: str, retries: int) -> None:
    window = plan.Window(field, start, start + length, retries)
    halves = plan.halved(window)
    assert_tiled(halves, start, start + length)
    assert all((half.field, half.retries, half.search) == (field, retries, None) for half in halves)
    assert all(half.end - half.start >= plan.MIN_BATCH_SECONDS for half in halves[:-1])
    assert len(halves) == (1 if length <= plan.MIN_BATCH_SECONDS else 2)
    if length >= 2 * plan.MIN_BATCH_SECONDS:
        assert all(half.end - half.start >= plan.MIN_BATCH_SECONDS for half in halves)


@pytest.mark.parametrize(("start", "end"), [(None, None), (UPPER, None), (UPPER - 14 * DAY, UPPER), (UPPER - 1, UPPER)])
def test_a_window_that_cannot_be_halved_stays_as_it_is(start: int | None, end: int | None) -> None:
    window = plan.Window(plan.CREATED, start, end, 2)
    assert plan.halved(window) == [window]


def test_what_has_no_beginning_gives_its_last_year_and_what_is_before() -> None:
    last_year, before = plan.halved(plan.Window(plan.CREATED, None, UPPER, 2))
    assert (last_year.start, last_year.end) == (UPPER - 365 * DAY, UPPER)
    assert (before.start, before.end) == (None, UPPER - 365 * DAY)


def test_what_has_no_beginning_is_not_divided_for_ever() -> None:
    window, rounds = plan.Window(plan.CREATED, None, UPPER), 0
    while len(smaller := plan.halved(window)) > 1:
        window, rounds = smaller[-1], rounds + 1
        assert rounds < 100
    assert rounds > 20  # back to where no list can be older


@given(SECONDS, st.integers(1, 400 * DAY))
def test_halving_comes_to_an_end(start: int, length: int) -> None:
    windows, rounds = [plan.Window(plan.CREATED, start, start + length)], 0
    while (smaller := [half for window in windows for half in plan.halved(window)]) != windows:
        windows, rounds = smaller, rounds + 1
    assert_tiled(windows, start, start + length)
    assert rounds <= 6


# --- Spans of statistics ---

DATES = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(DATES, DATES)
def test_years_cover_every_day_of_the_past_once(one: date, two: date) -> None:
    first, end = sorted([one, two])
    end = end.replace(day=1)
    years = plan.years(first, end)
    assert bool(years) == (first < end)
    assert [day for span in years[:1] for day in (span.first,)] == [first.replace(day=1)] * bool(years)
    assert [day for span in years[-1:] for day in (span.last,)] == [end - timedelta(days=1)] * bool(years)
    assert all(older.last + timedelta(days=1) == newer.first for older, newer in pairwise(years))
    assert all(span.first.year == span.last.year for span in years)
    assert len({span.first.year for span in years}) == len(years)


def test_the_years_of_an_account_and_the_part_of_this_one_that_has_settled() -> None:
    years = plan.years(date(2024, 11, 20), date(2026, 4, 1))
    assert [(span.first.isoformat(), span.last.isoformat()) for span in years] == [
        ("2024-11-01", "2024-12-31"),
        ("2025-01-01", "2025-12-31"),
        ("2026-01-01", "2026-03-31"),
    ]


@given(DATES, st.integers(1, 999))
def test_the_number_of_a_span_tells_which_one_it_is(first: date, many: int) -> None:
    first = first.replace(day=1)
    months = first.year * 12 + first.month - 1 + many
    last = date(months // 12, months % 12 + 1, 1) - timedelta(days=1)
    span = plan.Span(first, last)
    assert plan.Span.of(span.number) == span
    assert next(span.months()).first == first
    assert len(list(span.months())) == many
    assert all(span.covers(month) for month in span.months())
    assert span.covers(span)
    assert not span.covers(plan.Span.of_month(last + timedelta(days=1)))


@pytest.mark.parametrize("number", [0, 5, 1_001, 202_413_001, 202_400_001, 999_999_001])
def test_a_number_that_is_of_no_span(number: int) -> None:
    assert plan.Span.of(number) is None


def test_the_end_of_february() -> None:
    assert [plan.Span.of_month(date(year, 2, 17)).last.day for year in (2023, 2024, 2100)] == [28, 29, 28]


# --- Collections ---


def test_every_table_of_records_is_read_from_one_collection() -> None:
    tables = [collection.table for collection in (*plan.ACCOUNT, *plan.PER_LIST)]
    assert sorted([*tables, plan.BODIES]) == sorted(models.ROOTS)


def test_the_ledger_keeps_a_count_for_each_child_table_and_two_checksums() -> None:
    columns = {collection.table: collection.columns(models.OPTIONAL_TABLES) for collection in plan.PER_LIST}
    assert columns["mailings"] == [
        "mailing_segments", "mailing_distributions", "mailing_email_messages", RECORD_SUM, DETAIL_SUM,
    ]  # fmt: skip
    assert columns["email_messages"] == [plan.BODIES, RECORD_SUM, DETAIL_SUM]
    assert columns["list_fields"] == [RECORD_SUM, DETAIL_SUM]


def test_a_segment_is_asked_for_by_itself_when_somebody_edited_it_and_not_when_it_was_counted() -> None:
    segments = next(collection for collection in plan.PER_LIST if collection.table == "segments")
    record = {"id": "1", "modified": "5", "user_modified": "4", "last_count": 7}
    assert segments.asked_for(record) == segments.asked_for(record | {"last_count": 8})
    assert segments.asked_for(record) != segments.asked_for(record | {"user_modified": "5"})
