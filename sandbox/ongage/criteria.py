"""The conditions of a contact search, evaluated for real.

Of all that the vendor knows, what needs more than the contacts themselves (segments, behaviour, dates relative to today) is refused, and so
are the operators `LIKE_` and `_LIKE`, of which nobody says for sure which is which.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sandbox.arithmetic import Record
from sandbox.ongage.contacts import DATES, python_pattern
from sandbox.ongage.world import FieldInfo

Fields = tuple[FieldInfo, ...]

TYPES = frozenset({"email", "string", "numeric", "date_absolute", "enum", "timestamp", "id"})
USER_TYPES: dict[str, frozenset[str] | None] = {
    "all": None,
    "active": frozenset({"Active"}),
    "nonactive": frozenset({"Unsubscribed", "Bounced", "Complaint"}),
    "unsubscribed": frozenset({"Unsubscribed"}),
    "bounced": frozenset({"Bounced"}),
    "complaint": frozenset({"Complaint"}),
}
_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}
OPERATORS = frozenset({*_COMPARES, "!=", "><", "LIKE", "NOT LIKE", "empty", "notempty"})
_SYSTEM = {
    **{name: FieldInfo(name, "date") for name in DATES},
    "ocx_contact_id": FieldInfo("id"),
    "id": FieldInfo("id"),
    "ocx_status": FieldInfo("ocx_status"),
    "ocx_import_id": FieldInfo("ocx_import_id", "numeric"),
}


class Invalid(ValueError):
    """A search that fails the vendor's validation: what is wrong, by the part of the body."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(reason)
        self.errors = {part: reason}


@dataclass(frozen=True)
class Criterion:
    """One condition: a field of the contact, how it is compared, with what, and whether it is an alternative to those before."""

    field: FieldInfo
    operator: str
    operand: tuple[Any, ...]
    alternative: bool = False
    case_sensitive: bool = False

    def holds(self, record: Record) -> bool:
        """Say whether a contact meets it. What has no value meets nothing but `empty` and the negations."""
        value = record.get(self.field.name)
        if self.operator in {"empty", "notempty"}:
            return (value in {None, ""}) == (self.operator == "empty")
        negated = self.operator in {"!=", "NOT LIKE"}
        if value in {None, ""}:
            return negated
        return self._matches(self._comparable(value)) != negated

    def _matches(self, value: Any) -> bool:
        if self.operator == "><":
            low, high = self.operand
            return bool(value is not None and low <= value <= high)
        if self.operator in {"LIKE", "NOT LIKE"}:
            return any(str(each) in str(value) for each in self.operand)
        compare = _COMPARES[self.operator if self.operator != "!=" else "="]
        return value is not None and any(compare(value, each) for each in self.operand)

    def _comparable(self, value: Any) -> Any:
        if self.field.type in {"date", "numeric"}:
            return _number(self.field, value)
        return str(value) if self.case_sensitive else str(value).lower()


def _number(field: FieldInfo, value: Any) -> float | None:
    """Return a number, or a date as epoch seconds: custom dates are spelled by their field's pattern."""
    text = str(value).strip()
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    if field.type != "date":
        return None
    try:
        return datetime.strptime(text, python_pattern(field.format)).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None


@dataclass(frozen=True)
class Conditions:
    """All that a search asks for."""

    statuses: frozenset[str] | None
    criteria: tuple[Criterion, ...]

    def hold(self, record: Record) -> bool:
        """Say whether a contact meets all of it, the criteria being combined from left to right."""
        if self.statuses is not None and record["ocx_status"] not in self.statuses:
            return False
        held = True
        for position, each in enumerate(self.criteria):
            if each.alternative and position:
                held |= each.holds(record)
            else:
                held &= each.holds(record)
        return held

    def span(self, name: str = "ocx_created_date") -> tuple[int | None, int | None]:
        """Return from when on, and before when, a date has to be; None for no bound."""
        low: int | None = None
        high: int | None = None
        if any(each.alternative for each in self.criteria[1:]):
            return low, high
        for each in self.criteria:
            if each.field.name != name or each.operator not in _BOUNDS:
                continue
            begin, end = _BOUNDS[each.operator](each.operand)
            low = begin if low is None else low if begin is None else max(low, begin)
            high = end if high is None else high if end is None else min(high, end)
        return low, high

    @property
    def latest_bound(self) -> int | None:
        """Return the largest instant that some date has to have reached; None when there is none."""
        found = [low for name in DATES if (low := self.span(name)[0]) is not None]
        return max(found, default=None)


_BOUNDS: dict[str, Callable[[tuple[Any, ...]], tuple[int | None, int | None]]] = {
    ">=": lambda operand: (int(min(operand)), None),
    ">": lambda operand: (int(min(operand)), None),
    "<": lambda operand: (None, int(max(operand)) + 1),
    "<=": lambda operand: (None, int(max(operand)) + 1),
    "=": lambda operand: (int(min(operand)), int(max(operand)) + 1),
    "><": lambda operand: (int(operand[0]), int(operand[1]) + 1),
}


# --- from the body of a request ------------------------------------------------------------------------------------


def conditions_of(fields: Fields, body: Any) -> Conditions:
    """Return what the `filters` of a body ask for.

    Raises:
        Invalid: when the vendor's validation would refuse it.
    """
    filters = body.get("filters")
    if not isinstance(filters, dict):
        raise Invalid("filters", "must not be empty")
    kind = filters.get("user_type", "active")
    if kind not in USER_TYPES:
        raise Invalid("user_type", f"must be one of {', '.join(USER_TYPES)}")
    return Conditions(USER_TYPES[kind], criteria_of(fields, filters.get("criteria") or [], all_of=body.get("combined_as_and")))


def criteria_of(fields: Fields, rows: Any, *, all_of: bool | None = None) -> tuple[Criterion, ...]:
    """Return the criteria of a list of them; each says itself how it is combined if `all_of` does not.

    Raises:
        Invalid: when one of them is none.
    """
    if not isinstance(rows, list):
        raise Invalid("criteria", "must be an array")
    return tuple(_criterion(fields, row, all_of) for row in rows)


def _criterion(fields: Fields, row: Any, all_of: bool | None) -> Criterion:
    if not isinstance(row, dict) or row.get("type") not in TYPES:
        raise Invalid("type", "is not supported")
    how = row.get("operator")
    if how not in OPERATORS:
        raise Invalid("operator", "is invalid")
    field = _field(fields, row)
    values = row.get("operand")
    if not isinstance(values, list):
        raise Invalid("operand", "must be an array")
    sensitive = str(row.get("case_sensitive", 0)) == "1"
    if how in {"empty", "notempty"}:
        if sensitive:
            raise Invalid("case_sensitive", "must be 0")
        values = []
    else:
        values = _operand(field, how, values, sensitive)
    alternative = row.get("condition") == "or" if all_of is None else not all_of
    return Criterion(field, how, tuple(values), alternative, sensitive)


def _field(fields: Fields, row: Record) -> FieldInfo:
    name = str(row.get("field_name") or row.get("field") or "").lower()
    known = {each.name.lower(): each for each in fields} | _SYSTEM
    if name not in known:
        raise Invalid("field_name", "does not exist in this list")
    return known[name]


def _operand(field: FieldInfo, how: str, values: list[Any], sensitive: bool) -> list[Any]:
    if not values or (how == "><" and len(values) != 2):
        raise Invalid("operand", "has the wrong number of values")
    if field.type not in {"date", "numeric"}:
        return [str(each) if sensitive else str(each).lower() for each in values]
    numbers = [None if isinstance(each, bool) else _number(field, each) for each in values]
    if None in numbers:
        raise Invalid("operand", f"is no {field.type}")
    return numbers
