"""From a value on the wire to the cell that a perfect sync would give, by the naming rules of the warehouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from sandbox.cells import boolean_cell, double_cell, integer_cell, number_of, text_cell
from sandbox.truth import Cell, compact_json

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_MICRO = Decimal("0.000001")
_DIGITS = 20
_MONEY = frozenset(
    {
        "average_cost", "average_cpc", "average_cpm", "cost_per_all_conversions", "cost_per_conversion",
        "cost_per_current_model_attributed_conversion",
    }
)  # fmt: skip
_DAYS, _TIMES = ("start_date", "end_date"), ("creation_time", "create_time", "last_modified_time", "start_time", "_date_time")
_KINDS = {"i64": "integer", "i32": "integer", "d": "double", "f": "double", "b": "boolean"}
# Two fields would have one name; nobody knows in which unit the first is.
_RENAMED = {"accessible_bidding_strategy.maximize_conversions.target_cpa": "maximize_conversions_target_cpa_raw"}


def column_of(resource: str, path: str) -> str:
    """Return the column for a field of a resource: the path without dots and micros, a digit after a letter set apart."""
    if f"{resource}.{path}" in _RENAMED:
        return _RENAMED[f"{resource}.{path}"]
    return re.sub(r"([a-z])(\d)", r"\1_\2", path.replace(".", "_").removesuffix("_micros"))


def kind_of(path: str, kind: str) -> str:
    """Return the kind of column for a field, of its path and the catalogue's kind; "day" and "time" both are timestamps."""
    last = path.rsplit(".", 1)[-1]
    if kind.endswith("[]") or kind == "{}":
        return "json"
    if last == "id" or last.endswith("_id"):
        return "text"
    if last.endswith("_micros") or last in _MONEY:
        return "decimal"
    if kind == "s" and last.endswith(_DAYS):
        return "day"
    if kind == "s" and last.endswith(_TIMES):
        return "time"
    return _KINDS.get(kind, "text")


def cell(kind: str, value: object, zone: tzinfo) -> Cell:
    """Return the cell for a value on the wire, local times taken in a zone; what does not convert becomes null."""
    if value is None:
        return None
    if kind == "time":
        return _time(value, zone)
    return _CELLS[kind](value)


def _day(value: object) -> Cell:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return f"{date.fromisoformat(value).isoformat()}T00:00:00.000000Z"
    except ValueError:  # no such day
        return None


def _time(value: object, zone: tzinfo) -> Cell:
    """Return an instant in UTC; of a time that occurs twice the first, one that is skipped with the offset from before."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    day, hour, minute, second, fraction, offset = found.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second}").replace(
            microsecond=int((fraction or "0").ljust(6, "0")[:6]), tzinfo=_offset(offset) if offset else zone
        )
        return local.astimezone(timezone.utc).isoformat(timespec="microseconds")[:26] + "Z"
    except (ValueError, OverflowError):  # no such time
        return None


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return timezone.utc
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _decimal(value: object) -> Cell:
    """Return an amount in the currency's unit, of millionths of it."""
    if type(value) is int or (isinstance(value, str) and value.isdigit() and len(value) < _DIGITS):
        whole, rest = divmod(abs(int(value)), 1_000_000)
        return f"{'-' if int(value) < 0 else ''}{whole}.{rest:06d}" if len(str(whole)) <= _DIGITS - 6 else None
    number = number_of(value)
    if number is None or number.adjusted() >= _DIGITS:
        return None
    return str(number.quantize(Decimal(1), ROUND_HALF_EVEN) * _MICRO)


_CELLS: dict[str, Callable[[object], Cell]] = {
    "text": text_cell, "integer": integer_cell, "double": double_cell, "boolean": boolean_cell, "decimal": _decimal, "day": _day,
    "json": compact_json,
}  # fmt: skip
