"""From a value on the wire to the cell that a perfect sync would give, by the naming rule of the warehouse."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from sandbox.cells import boolean_cell, double_cell, integer_cell, number_of, text_cell
from sandbox.truth import Cell, compact_json


def cell(kind: str, value: object) -> Cell:
    """Return the cell for a value on the wire; what does not convert becomes null."""
    return None if value is None else _CELLS[kind](value)


def _timestamp(value: object) -> Cell:
    """Return a time in UTC to the microsecond; 0 is no time."""
    number = number_of(value)
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
    "text": text_cell, "integer": integer_cell, "double": double_cell, "boolean": boolean_cell, "timestamp": _timestamp, "json": _json,
}  # fmt: skip
