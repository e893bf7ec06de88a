"""From a value on the wire to the column and the cell that a perfect sync would give, by the naming rule of the warehouse."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from sandbox.cells import boolean_cell, double_cell, integer_cell, number_of, text_cell
from sandbox.truth import Cell, Field, compact_json

KINDS = {"i": "integer", "b": "boolean", "t": "timestamp", "n": "decimal", "f": "double", "j": "json"}
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)
# What .NET writes for a date that is none.
_NO_DATE = datetime(1, 1, 1)  # noqa: DTZ001 - as it stands in the text


# --- columns -------------------------------------------------------------------------------------------------------


def snake(name: str) -> str:
    """Return a name in snake_case: `VanID` is van_id, `addressLine1` is address_line1."""
    return re.sub("(?<=[a-z])(?=[0-9])", "_", _WORDS.sub("_", name).lower())


def column_of(path: str) -> str:
    """Return the column for a dotted path; a parent whose name the child begins with is not repeated."""
    name = last = ""
    for key in map(snake, path.split(".")):
        repeats = bool(last) and f"{key}_".startswith(f"{last}_")
        name = (name[: -len(last)] if repeats else name + "_" if name else "") + key
        last = key
    return name


def fields_of(words: str) -> list[Field]:
    """Return the columns for wire names, each with the letter of its kind behind a colon; `-name` is in no column."""
    found = []
    for word in words.split():
        path, _, letter = word.partition(":")
        if not word.startswith("-"):
            found.append(Field(column_of(path), path, KINDS[letter] if letter else "text"))
    return found


def known_keys(words: str, *nested: str) -> frozenset[str]:
    """Return the keys of a record that are no additional fields: those of the columns, the hidden ones, and the nested lists."""
    return frozenset({word.lstrip("-").partition(":")[0].partition(".")[0] for word in words.split()} | set(nested))


# --- cells ---------------------------------------------------------------------------------------------------------


def cell(kind: str, value: object) -> Cell:
    """Return the cell for a value on the wire; what does not convert becomes null."""
    return None if value is None else _CELLS[kind](value)


def _decimal(value: object) -> Cell:
    number = number_of(value)
    return None if number is None else f"{number:f}"


def _timestamp(value: object) -> Cell:
    """Return a time in UTC to the microsecond; without an offset its digits are UTC."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    day, minutes, seconds, fraction, offset = match.groups()
    text = f"{day}T{minutes or '00:00'}{seconds or ':00'}"
    try:
        if datetime.fromisoformat(text) == _NO_DATE:
            return None
        found = datetime.fromisoformat(text + _offset(offset)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return f"{found.isoformat()[:19]}.{(fraction or '.')[1:7].ljust(6, '0')}Z"


def _offset(text: str | None) -> str:
    if text is None or text in "Zz":
        return "+00:00"
    return text if ":" in text else f"{text[:3]}:{text[3:]}"


_CELLS = {
    "text": text_cell, "integer": integer_cell, "double": double_cell, "decimal": _decimal, "boolean": boolean_cell,
    "timestamp": _timestamp, "json": compact_json,
}  # fmt: skip
