"""The truth about one warehouse table: the rows that a perfect sync would give, made of a stand-in's own records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sandbox.arithmetic import Record

Cell = str | int | float | bool | None
Row = dict[str, Cell]
# The column for the keys of a record that no other column knows is made of this key.
ADDITIONAL_FIELDS = "additionalFields"


def compact_json(value: object) -> str:
    """Return canonical JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True)
class Field:
    """One column: its name, the dotted key on the wire, and its kind."""

    column: str
    wire: str
    kind: str


@dataclass
class TruthTable:
    """Its key, its columns, and the records that are its rows; `cell` makes of a kind and a value on the wire what is delivered.

    `known` are the keys that are no additional fields.
    """

    name: str
    key: list[str]
    fields: list[Field]
    raw: Callable[[], Iterator[Record]]
    total: Callable[[], int] | None = None
    known: frozenset[str] = field(default_factory=frozenset)
    cell: Callable[[str, object], Cell] = field(kw_only=True)

    @property
    def columns(self) -> dict[str, str]:
        """Return each column's kind."""
        return {each.column: each.kind for each in self.fields}

    def rows(self) -> Iterator[Row]:
        """Yield the rows, one at a time."""
        for record in self.raw():
            yield {each.column: self._cell(each, record) for each in self.fields}

    def count(self) -> int:
        """Return the number of rows, by arithmetic where there is some."""
        return self.total() if self.total else sum(1 for _ in self.raw())

    def _cell(self, each: Field, record: Record) -> Cell:
        if each.wire == ADDITIONAL_FIELDS:
            extra = {key: value for key, value in record.items() if key not in self.known and not key.startswith("_")}
            return compact_json(extra) if extra else None
        return self.cell(each.kind, value_at(record, each.wire))


def value_at(record: Record, path: str) -> object:
    """Return what is at a dotted path, None when nothing is."""
    value: object = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
