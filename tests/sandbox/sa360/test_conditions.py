"""The conditions, on one value and as the days that they leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from sandbox.sa360.conditions import date_bounds, during, holds, period
from sandbox.sa360.gaql import DURING, Condition, parse

TODAY = date(2026, 2, 12)  # a Thursday


def conditions(text: str) -> tuple[Condition, ...]:
    return parse(f"SELECT campaign.id FROM campaign WHERE {text}").where


def met(text: str, value: object) -> bool:
    (condition,) = conditions(f"campaign.name {text}")
    return holds(condition, value, TODAY)


@pytest.mark.parametrize(
    ("text", "meeting", "missing"),
    [
        ("= 'Abc'", ["Abc"], ["abc", "", None]),
        ("!= 'Abc'", ["abc", "", None], ["Abc"]),
        ("= '7'", [7, 7.0, "7"], [8, "07"]),
        ("= 9007199254740993", [9007199254740993], [9007199254740992]),
        ("= '9007199254740993'", [9007199254740993], [9007199254740992]),
        ("> 10", [11, 10.5], [9, 10, None]),
        (">= 10", [10, 100], [9, 9.99]),
        ("< 10", [9, -1], [10, None]),
        ("<= '10'", [10, 9], [11]),
        (">= '2026-01-09'", ["2026-01-09", "2026-01-10 00:00:00"], ["2026-01-08", None]),
        ("= true", [True], [False, None]),
        ("= 'false'", [False], [True]),
        ("!= true", [False, None], [True]),
        ("IN ('a', 'b')", ["a", "b"], ["A", "c", None]),
        ("IN (1, 2)", [1, 2], [3]),
        ("NOT IN (ENABLED)", ["PAUSED", None], ["ENABLED"]),
        ("BETWEEN 1 AND 3", [1, 2, 3, 2.5], [0, 4, None]),
        ("BETWEEN '2026-01-01' AND '2026-01-31'", ["2026-01-01", "2026-01-31"], ["2025-12-31", "2026-02-01"]),
        ("LIKE 'a%'", ["a", "Abc", "a\nb"], ["ba", "", None]),
        ("LIKE '%b_d'", ["bcd", "ABCD"], ["bd", "bccd"]),
        ("LIKE '[%]x[_][[][]]'", ["%x_[]"], ["yx_[]", "%xy[]"]),
        ("LIKE 'a.c'", ["a.c"], ["abc"]),
        ("LIKE '[ab'", ["[ab"], ["a"]),
        ("NOT LIKE '%b%'", ["acd", None], ["abc"]),
        ("REGEXP_MATCH 'a.c'", ["abc"], ["abcd", "ABC", None]),
        ("REGEXP_MATCH '(?i).*B.*'", ["abc", "ABC"], ["acd"]),
        ("NOT REGEXP_MATCH 'a'", ["b", "aa", None], ["a"]),
        ("IS NULL", [None, []], ["", 0, ["a"], False]),
        ("IS NOT NULL", ["", 0, ["a"], False], [None, []]),
        ("CONTAINS ANY ('a', 'b')", [["a"], ["b", "c"]], [["c"], ["A"], [], None]),
        ("CONTAINS ALL ('a', 'b')", [["b", "a", "c"]], [["a"], [], None]),
        ("CONTAINS NONE ('a', 'b')", [["c"], [], None], [["a"], ["b", "c"]]),
        ("CONTAINS ANY (5)", [[5, 6]], [[6]]),
        ("DURING YESTERDAY", ["2026-02-11"], ["2026-02-12", None]),
    ],
)
def test_conditions_hold(text: str, meeting: list[object], missing: list[object]) -> None:
    assert [value for value in meeting if not met(text, value)] == []
    assert [value for value in missing if met(text, value)] == []


# --- days ----------------------------------------------------------------------------------------------------------

FUNCTIONS = {
    "TODAY": ("2026-02-12", "2026-02-12"),
    "YESTERDAY": ("2026-02-11", "2026-02-11"),
    "LAST_7_DAYS": ("2026-02-05", "2026-02-11"),
    "LAST_14_DAYS": ("2026-01-29", "2026-02-11"),
    "LAST_30_DAYS": ("2026-01-13", "2026-02-11"),
    "LAST_BUSINESS_WEEK": ("2026-02-02", "2026-02-06"),
    "LAST_WEEK_MON_SUN": ("2026-02-02", "2026-02-08"),
    "LAST_WEEK_SUN_SAT": ("2026-02-01", "2026-02-07"),
    "THIS_WEEK_MON_TODAY": ("2026-02-09", "2026-02-12"),
    "THIS_WEEK_SUN_TODAY": ("2026-02-08", "2026-02-12"),
    "THIS_MONTH": ("2026-02-01", "2026-02-28"),
    "LAST_MONTH": ("2026-01-01", "2026-01-31"),
}


def test_every_date_function() -> None:
    assert set(FUNCTIONS) == set(DURING)
    assert {name: tuple(map(date.isoformat, during(name, TODAY))) for name in DURING} == FUNCTIONS


@pytest.mark.parametrize("name", DURING)
def test_a_date_function_holds_from_its_first_day_to_its_last(name: str) -> None:
    first, last = FUNCTIONS[name]
    (condition,) = conditions(f"segments.date DURING {name}")
    days = [date.fromordinal(number).isoformat() for number in range(date(2025, 12, 1).toordinal(), date(2026, 4, 1).toordinal())]
    assert [day for day in days if holds(condition, day, TODAY)] == [day for day in days if first <= day <= last]


@pytest.mark.parametrize("day", [date(2026, 2, 8), date(2026, 2, 9)])
def test_weeks_begin_where_they_are_named_for(day: date) -> None:
    assert during("THIS_WEEK_SUN_TODAY", day)[0] == date(2026, 2, 8)
    assert during("THIS_WEEK_MON_TODAY", day)[0] == (date(2026, 2, 2) if day.day == 8 else date(2026, 2, 9))


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("date", (date(2026, 2, 12), date(2026, 2, 12))),
        ("week", (date(2026, 2, 9), date(2026, 2, 15))),
        ("month", (date(2026, 2, 1), date(2026, 2, 28))),
        ("quarter", (date(2026, 1, 1), date(2026, 3, 31))),
        ("year", (date(2026, 1, 1), date(2026, 12, 31))),
    ],
)
def test_periods(segment: str, expected: tuple[date, date]) -> None:
    assert period(segment, TODAY) == expected


def days(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    read: Callable[[str | None], date | None] = lambda text: date.fromisoformat(text) if text else None  # noqa: E731
    return read(first), read(last)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("campaign.start_date >= '2026-01-01'", days(None, None)),
        ("segments.date != '2026-01-01'", days(None, None)),
        ("segments.date = '2026-01-01'", days("2026-01-01", "2026-01-01")),
        ("segments.date >= '2026-01-01'", days("2026-01-01", None)),
        ("segments.date > '2026-01-01'", days("2026-01-02", None)),
        ("segments.date < '2026-01-01'", days(None, "2025-12-31")),
        ("segments.date <= '2026-01-01'", days(None, "2026-01-01")),
        ("segments.date <= '9999-12-31'", days(None, "9999-12-31")),
        ("segments.date BETWEEN '2026-01-01' AND '2026-01-05'", days("2026-01-01", "2026-01-05")),
        ("segments.date BETWEEN '2026-01-05' AND '2026-01-01'", days("2026-01-05", "2026-01-01")),
        ("segments.date IN ('2026-01-05', '2026-01-01')", days("2026-01-01", "2026-01-05")),
        ("segments.date DURING LAST_7_DAYS", days("2026-02-05", "2026-02-11")),
        ("segments.date > '2025-12-31' AND segments.date <= '2026-03-01' AND segments.year < 2027", days("2026-01-01", "2026-03-01")),
        ("segments.week = '2026-02-09'", days("2026-02-09", "2026-02-15")),
        ("segments.week > '2026-02-09'", days("2026-02-16", None)),
        ("segments.month BETWEEN '2026-01-01' AND '2026-02-01'", days("2026-01-01", "2026-02-28")),
        ("segments.quarter <= '2026-01-01'", days(None, "2026-03-31")),
        ("segments.year = 2024", days("2024-01-01", "2024-12-31")),
        ("segments.year = '2024' AND segments.date >= '2024-05-01'", days("2024-05-01", "2024-12-31")),
    ],
)
def test_the_days_that_a_query_asks_for(text: str, expected: tuple[date | None, date | None]) -> None:
    assert date_bounds(parse(f"SELECT campaign.id FROM campaign WHERE {text}"), TODAY) == expected
