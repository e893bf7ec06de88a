"""Queries that are read in another way than they were meant: the conditions on days and ids wider, narrower, or left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sandbox.sa360.gaql import Condition, Query, Scalar

DAY = "segments.date"
_IGNORED = timedelta(days=30)  # how much more of the days is read on both sides, since a report has to have an end
_UP, _DOWN = frozenset({">", ">="}), frozenset({"<", "<="})


def reread(query: Query, how: str, floor: date) -> Query:
    """Return a query with its conditions on days and ids read in another way: inclusive, exclusive, or ignored.

    Days do not go back beyond the `floor`, where the vendor refuses them.
    """
    if how == "ignored":
        kept = [each for each in query.where if not _is_id(each)]
        return replace(query, where=tuple(_moved_day(each, _IGNORED, floor) if each.field == DAY else each for each in kept))
    more = 1 if how == "inclusive" else -1
    where = [_moved_id(each, more) if _is_id(each) else each for each in query.where]
    moved = tuple(_moved_day(each, timedelta(days=more), floor) if each.field == DAY else each for each in where)
    return replace(query, where=moved if _has_days(moved) else tuple(where))


def _is_id(condition: Condition) -> bool:
    """Say whether a condition is a range of ids."""
    name = condition.field.rpartition(".")[2]
    return (name == "id" or name.endswith("_id")) and condition.operator in {*_UP, *_DOWN, "BETWEEN"}


def _moved_id(condition: Condition, more: int) -> Condition:
    if isinstance(condition.value, tuple):
        first, last = (int(each) for each in condition.value)
        return replace(condition, value=(first - more, last + more))
    return replace(condition, value=int(str(condition.value)) + (-more if condition.operator in _UP else more))


def _moved_day(condition: Condition, more: timedelta, floor: date) -> Condition:
    """Return a condition on days that begins earlier and ends later by so much; only what has an open or a far end is moved."""
    if condition.operator == "BETWEEN" and isinstance(condition.value, tuple):
        first, last = (date.fromisoformat(str(each)) for each in condition.value)
        return replace(condition, value=(max(first - more, min(first, floor)).isoformat(), (last + more).isoformat()))
    if condition.operator in _UP | _DOWN:
        day = date.fromisoformat(str(condition.value))
        moved = max(day - more, min(day, floor)) if condition.operator in _UP else day + more
        return replace(condition, value=moved.isoformat())
    return condition


def _has_days(where: tuple[Condition, ...]) -> bool:
    """Say whether the conditions leave any day: the vendor refuses a range that ends before it begins."""
    begins = [_end(each, 0) for each in where if each.field == DAY and each.operator in {*_UP, "BETWEEN"}]
    ends = [_end(each, -1) for each in where if each.field == DAY and each.operator in {*_DOWN, "BETWEEN"}]
    return not begins or not ends or max(begins) <= min(ends)


def _end(condition: Condition, place: int) -> str:
    return str(condition.value[place] if isinstance(condition.value, tuple) else condition.value)


# --- back into text ------------------------------------------------------------------------------------------------


def text_of(query: Query) -> str:
    """Return a query as text."""
    found = f"SELECT {', '.join(query.select)} FROM {query.resource}"
    if query.where:
        found += " WHERE " + " AND ".join(_condition(each) for each in query.where)
    if query.order_by:
        found += " ORDER BY " + ", ".join(f"{name}{' DESC' if descending else ''}" for name, descending in query.order_by)
    if query.limit is not None:
        found += f" LIMIT {query.limit}"
    if query.parameters:
        found += " PARAMETERS " + ", ".join(f"{name} = {_value(value)}" for name, value in query.parameters.items())
    return found


def _condition(condition: Condition) -> str:
    head, value = f"{condition.field} {condition.operator}", condition.value
    if value is None:
        return head
    if condition.operator == "DURING":
        return f"{head} {value}"
    if isinstance(value, tuple):
        parts = [_value(each) for each in value]
        return f"{head} {' AND '.join(parts)}" if condition.operator == "BETWEEN" else f"{head} ({', '.join(parts)})"
    return f"{head} {_value(value)}"


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
