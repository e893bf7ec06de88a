"""What the tables of the truth are made with: columns, and the cells of a row, worked out from paths on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import tzinfo
from functools import cache
from typing import NamedTuple

from sandbox.arithmetic import Record
from sandbox.sa360.catalog_numbers import METRICS, SEGMENTS
from sandbox.sa360.entities import camel, shape
from sandbox.sa360.kinds import cell, column_of, kind_of
from sandbox.truth import Cell, Field, Row, TruthTable

ABSENT_IS_ZERO = frozenset(
    {
        "all_conversions_by_conversion_date", "all_conversions_value_by_conversion_date", "conversions_by_conversion_date",
        "conversions_value_by_conversion_date",
    }
)  # fmt: skip


class Col(NamedTuple):
    """A column: where its value is in a joined row, and its kind ("day" and "time" besides those of the truth)."""

    name: str
    path: tuple[str, ...]
    kind: str

    @property
    def field(self) -> Field:
        """Return it as the comparison knows it."""
        return Field(self.name, self.name, "timestamp" if self.kind in {"day", "time"} else self.kind)


class Told(TruthTable):
    """A table whose rows are worked out before: their cells are what is delivered."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows, one at a time."""
        yield from self.raw()


def table(name: str, key: list[str], columns: list[Col], raw: Callable[[], Iterator[Row]]) -> TruthTable:
    """Return a table whose rows are ready."""
    return Told(name, key, [column.field for column in columns], raw, cell=_as_it_is)


def _as_it_is(_: str, value: object) -> Cell:
    return value if value is None or isinstance(value, (str, int, float, bool)) else None


@cache
def record_columns(resource: str, place: str) -> tuple[Col, ...]:
    """Return the columns for all fields of a resource, which stands in a row at a place; its resource name first."""
    found = [Col("resource_name", (place, "resourceName"), "text")]
    for leaf in shape(resource).leaves:
        path = leaf.snake
        found.append(Col(column_of(resource, path), (place, *leaf.path), kind_of(path, leaf.kind)))
    return tuple(found)


@cache
def number_kinds() -> dict[str, str]:
    """Return the catalogue's kind of each metric and segment, by its path behind `metrics.` and `segments.`."""
    found: dict[str, str] = {}
    for text in (METRICS, SEGMENTS):
        kind = ""
        for line in text.splitlines():
            if line and not line.startswith(" "):
                kind = line.strip()
            else:
                found |= dict.fromkeys(line.split(), kind)
    return found


def number_columns(names: str) -> tuple[Col, ...]:
    """Return the columns for metrics or segments, whose values stand by themselves under their names on the wire."""
    kinds = number_kinds()
    return tuple(
        Col(column_of("", name), (camel(name),), "day" if name == "date" else kind_of(name, kinds[name])) for name in names.split()
    )


def cells(row: Record, columns: tuple[Col, ...], zone: tzinfo) -> Row:
    """Return the cells of some columns of a joined row."""
    found: Row = {}
    for name, path, kind in columns:
        value: object = row
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            found[name] = None
        elif kind == "text" and type(value) is str:
            found[name] = value
        else:
            found[name] = cell(kind, value, zone)
    return found


def has_money(columns: tuple[Col, ...]) -> bool:
    """Say whether any column is an amount."""
    return any(column.kind == "decimal" for column in columns)


CUSTOMER, CURRENCY = Col("customer_id", (), "text"), Col("currency_code", (), "text")
