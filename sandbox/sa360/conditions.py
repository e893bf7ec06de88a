"""The conditions of a query, evaluated for real: on one value, and as the days that a query asks for (fact sheet 6)."""

from __future__ import annotations

import operator
import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache
from typing import Any

from sandbox.sa360.gaql import Condition, Query, Scalar

PERIODS = ("date", "week", "month", "quarter", "year")
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)

Span = tuple["date | None", "date | None"]

_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
# a negation holds where what it denies does not, so also where there is no value
_DENIED = {"!=": "=", "NOT IN": "IN", "NOT LIKE": "LIKE", "NOT REGEXP_MATCH": "REGEXP_MATCH", "CONTAINS NONE": "CONTAINS ANY"}


# --- one value -----------------------------------------------------------------------------------------------------


def holds(condition: Condition, value: Any, today: date) -> bool:
    """Say whether a value meets a condition: an int64 is given as an int, an enum by its name, a repeated one as a list, none as None.

    Texts are compared as they are, but LIKE does not tell capitals from small letters; days are compared as texts.
    """
    how = condition.operator
    if how in {"IS NULL", "IS NOT NULL"}:
        return (value is None or value == []) == (how == "IS NULL")
    if how in _DENIED:
        return not holds(Condition(condition.field, _DENIED[how], condition.value), value, today)
    if value is None:
        return False
    return _meets(how, condition.value, value, today)


def _meets(how: str, operand: Any, value: Any, today: date) -> bool:
    if how == "DURING":
        first, last = during(operand, today)
        return bool(first.isoformat() <= value <= last.isoformat())
    if how in {"LIKE", "REGEXP_MATCH"}:
        pattern = _like(str(operand)) if how == "LIKE" else _regexp(str(operand))
        return pattern.fullmatch(str(value)) is not None
    if how.startswith("CONTAINS"):
        wanted = [any(_same(one, each) for each in value) for one in operand]
        return all(wanted) if how == "CONTAINS ALL" else any(wanted)
    if how == "IN":
        return any(_same(one, value) for one in operand)
    if how == "BETWEEN":
        first, last = (_alike(one, value) for one in operand)
        return bool(first <= value <= last)
    return _COMPARES[how](value, _alike(operand, value))


def _same(operand: Scalar, value: Any) -> bool:
    return bool(_alike(operand, value) == value)


def _alike(operand: Scalar, value: Any) -> Any:
    """Return an operand as what the value is: numbers and truth values may be quoted in a query."""
    if isinstance(value, bool):
        return operand if isinstance(operand, bool) else str(operand).lower() == "true"
    if isinstance(value, (int, float)):
        return number(operand)
    return str(operand)


def number(operand: Scalar) -> int | float:
    """Return an operand as a number; a whole one exactly, since an int64 is more than a float can hold.

    Raises:
        ValueError: when it is none.
    """
    if isinstance(operand, (int, float)):
        return operand
    return int(operand) if re.fullmatch(r"-?\d+", operand) else float(operand)


@cache
def _like(pattern: str) -> re.Pattern[str]:
    """Return the pattern of LIKE: % is any text, _ any character, and what stands in brackets is itself."""
    parts = re.findall(r"\[(.)\]|(.)", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(re.escape(inside) if inside else wild.get(bare, re.escape(bare)) for inside, bare in parts), re.I | re.S)


@cache
def _regexp(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# --- days ----------------------------------------------------------------------------------------------------------


def during(function: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a date function; those of the last days leave out today."""
    if match := re.fullmatch(r"LAST_(\d+)_DAYS", function):
        return today - int(match[1]) * _DAY, today - _DAY
    monday, sunday = today - today.weekday() * _DAY, today - today.isoweekday() % 7 * _DAY
    month = period("month", today)
    return {
        "TODAY": (today, today),
        "YESTERDAY": (today - _DAY, today - _DAY),
        "THIS_MONTH": month,
        "LAST_MONTH": period("month", month[0] - _DAY),
        "THIS_WEEK_MON_TODAY": (monday, today),
        "THIS_WEEK_SUN_TODAY": (sunday, today),
        "LAST_WEEK_MON_SUN": (monday - _WEEK, monday - _DAY),
        "LAST_WEEK_SUN_SAT": (sunday - _WEEK, sunday - _DAY),
        "LAST_BUSINESS_WEEK": (monday - _WEEK, monday - 3 * _DAY),
    }[function]


def period(segment: str, day: date) -> tuple[date, date]:
    """Return the first and the last day of the date, week (from Monday), month, quarter or year that a day is in."""
    if segment == "date":
        return day, day
    if segment == "week":
        return _moved(day, -day.weekday()), _moved(day, 6 - day.weekday())
    months = {"month": 1, "quarter": 3, "year": 12}[segment]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    last = first.month + months - 1
    return first, date(first.year, last, monthrange(first.year, last)[1])


def date_bounds(query: Query, today: date) -> Span:
    """Return the first and the last day that the conditions on dates, weeks, months, quarters and years leave; None for no bound.

    Raises:
        ValueError: when a date is none.
    """
    first: date | None = None
    last: date | None = None
    for condition in query.where:
        low, high = _span(condition, today)
        first = _tighter(max, first, low)
        last = _tighter(min, last, high)
    return first, last


def _tighter(choose: Callable[[Iterable[date]], date], one: date | None, other: date | None) -> date | None:
    given = [each for each in (one, other) if each is not None]
    return choose(given) if given else None


def _span(condition: Condition, today: date) -> Span:
    segment = condition.field.removeprefix("segments.")
    if segment == condition.field or segment not in PERIODS:
        return None, None
    if condition.operator == "DURING":
        return during(str(condition.value), today)
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if condition.operator not in {"=", "IN", "BETWEEN", ">", ">=", "<", "<="}:
        return None, None
    periods = [period(segment, _day(segment, each)) for each in values]
    first, last = min(each[0] for each in periods), max(each[1] for each in periods)
    return {
        ">": (_moved(last, 1), None), ">=": (first, None), "<": (None, _moved(first, -1)), "<=": (None, last),
        "BETWEEN": (periods[0][0], periods[-1][1]),
    }.get(condition.operator, (first, last))  # fmt: skip


def _moved(day: date, days: int) -> date:
    """Return a day that is so many later, or the calendar's end."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def _day(segment: str, value: Any) -> date:
    return date(int(value), 1, 1) if segment == "year" else date.fromisoformat(str(value))
