"""From a value on the wire to the cell that a perfect sync would give, by the naming rule of the warehouse."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

from sandbox.truth import Cell, compact_json

_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})


def cell(kind: str, value: object) -> Cell:
    """Return the cell for a value on the wire; what does not convert becomes null."""
    return None if value is None else _CELLS[kind](value)


def _text(value: object) -> Cell:
    if isinstance(value, (dict, list)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: object) -> Decimal | None:
    if isinstance(value, (bool, dict, list)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _integer(value: object) -> Cell:
    number = _number(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def _double(value: object) -> Cell:
    number = _number(value)
    return None if number is None else float(number)


def _boolean(value: object) -> Cell:
    text = str(value).lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _timestamp(value: object) -> Cell:
    """Return a time in UTC to the microsecond; 0 is no time."""
    number = _number(value)
    return timestamp(int(number)) if number else None


def timestamp(seconds: int) -> str:
    """Spell epoch seconds as the warehouse does."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="microseconds")[:26] + "Z"


def _json(value: object) -> str:
    """Return a document; what is a document inside a text comes as that, and a text that is none as a text."""
    return compact_json(value)


def json_inside(text: object) -> object:
    """Return the document that a text holds; the text itself when it holds none."""
    try:
        return json.loads(str(text))
    except ValueError:
        return text


_CELLS = {
    "text": _text, "integer": _integer, "double": _double, "boolean": _boolean, "timestamp": _timestamp, "json": _json,
}  # fmt: skip
