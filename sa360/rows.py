"""Rows made of what a query returns; pure, and made for millions of them: what can be worked out once for a table is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from functools import cache
from typing import Any, NamedTuple

from cells import to_count, to_fraction, to_instant
from common.tables import CellProblem, ConversionError, Notes, Row, to_boolean, to_text
from report_tables import CUSTOM_COLUMN_KEY, ID
from sources import Account, Source

Converter = Callable[[Any], Any]

RESOURCE_NAME = "resourceName"  # every resource in a reply brings it, asked for or not
VALUES = "customColumns"
VALUE_CELLS: dict[str, tuple[str, Converter]] = {
    "booleanValue": ("boolean_value", to_boolean),
    "int64Value": ("int_64_value", to_count),
    "floatValue": ("double_value", to_fraction),
    "doubleValue": ("double_value", to_fraction),
    "stringValue": ("string_value", to_text),
}
ID_DIGITS = 20

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def row(source: Source, raw: object, account: Account, notes: Notes) -> Row | None:
    """The row of one result; None if it is none, or without what it is known by: then the notes say nothing about its other cells.

    Of a daily table the day is needed, too. What does not convert is NULL, and is noted with the fields that no column takes.
    """
    if not isinstance(raw, dict):
        return None
    plan, problems = _plan(source), list[CellProblem]()
    made = plan.blank.copy()
    for place in plan.places:
        record: Any = raw
        for step in place.steps:
            if isinstance(record, dict):  # what is none stays, to be noted
                record = record.get(step)
        if isinstance(record, dict):
            _fill(made, place, record, account.zone, problems)
            if not record.keys() <= place.known:
                _count_unknown(place, record, notes)
        elif record is not None:
            message = str(ConversionError("an object", record))
            problems += (CellProblem(place.table, cell.column, message) for cell in place.cells)
    _give(made, source, plan, account)
    for column in plan.needed:
        if not made[column]:
            return None
    notes.problems += problems
    return made


def value_rows(source: Source, raw: object, columns: Sequence[tuple[str, str]], account: Account, notes: Notes) -> list[Row | None]:
    """A row for each custom column that has a value in one result; one None if there are rows of which nobody can tell the keys.

    A value that cannot be read gives a row without it, and is noted.

    Args:
        source: one of the tables of custom columns' values.
        raw: the result; its values stand in the order in which the custom columns were asked for (fact sheet 4).
        columns: the id and the name of each of these.
        account: the account that was asked.
        notes: takes what is wrong.
    """
    base = row(source, raw, account, notes)
    if base is None or not isinstance(raw, dict):
        return [None]
    values = raw.get(VALUES) or []
    if not values:
        return []
    if not isinstance(values, list) or len(values) != len(columns):  # which is whose cannot be told
        notes.problems.append(CellProblem(source.name, CUSTOM_COLUMN_KEY, str(ConversionError(f"a list of {len(columns)} values", values))))
        return [None]
    named = ({CUSTOM_COLUMN_KEY: key, "custom_column_name": name} for key, name in columns)
    return [base | names | _value_cells(source, value, notes) for names, value in zip(named, values, strict=True) if value != {}]


def day_of(row: Row) -> date:
    """The day of a row of a daily table."""
    day: date = row["date"].date()
    return day


# --- What can be worked out once ---


class _Cell(NamedTuple):
    column: str
    key: str
    convert: Converter
    is_text: bool
    is_time: bool


class _Place(NamedTuple):
    """An object within a raw row: the steps to it, the cells that are made of its fields, and the fields that are known."""

    table: str
    steps: tuple[str, ...]
    cells: tuple[_Cell, ...]
    known: frozenset[str]


class _Plan(NamedTuple):
    blank: Row
    places: tuple[_Place, ...]
    needed: tuple[str, ...]
    has_owner: bool
    has_currency: bool


@cache
def _plan(source: Source) -> _Plan:
    columns = source.table.columns
    blank: Row = dict.fromkeys(columns) | {name: 0.0 for name, column in columns.items() if column.source in source.zeros}
    needed = [name for name in source.table.key if name != CUSTOM_COLUMN_KEY] + ["date"] * source.daily
    given = {name for name, column in columns.items() if not column.source}
    return _Plan(blank, _places(source), tuple(needed), "customer_id" in given, "currency_code" in given)


def _places(source: Source) -> tuple[_Place, ...]:
    cells: dict[tuple[str, ...], list[_Cell]] = {(): []}
    known: dict[tuple[str, ...], set[str]] = {(): {VALUES} if CUSTOM_COLUMN_KEY in source.table.key else set()}
    for name, column in source.table.columns.items():
        steps = tuple(column.source.split(".")) if column.source else ()
        for depth in range(len(steps)):
            cells.setdefault(steps[:depth], [])
            known.setdefault(steps[:depth], {RESOURCE_NAME}).add(steps[depth])
        if steps:
            is_text, is_time = column.convert is to_text, column.source in source.times
            cells[steps[:-1]].append(_Cell(name, steps[-1], column.convert, is_text, is_time))
    return tuple(_Place(source.name, steps, tuple(cells[steps]), frozenset(known[steps])) for steps in cells)


# --- What is done for every row ---


def _fill(made: Row, place: _Place, record: Mapping[str, Any], zone: tzinfo, problems: list[CellProblem]) -> None:
    """Makes the cells of one object within a raw row."""
    for column, key, convert, is_text, is_time in place.cells:
        value = record.get(key)
        if value is None:
            continue
        if is_text and type(value) is str and value.isascii():
            made[column] = value  # most cells: not worth a call
            continue
        try:
            made[column] = to_instant(value, zone) if is_time else convert(value)
        except ConversionError as error:
            made[column] = None
            problems.append(CellProblem(place.table, column, str(error)))


def _give(made: Row, source: Source, plan: _Plan, account: Account) -> None:
    """Adds the cells that do not come with the record."""
    if plan.has_owner:
        made["customer_id"] = account.id
    if plan.has_currency:
        made["currency_code"] = account.currency
    if source.parts and made["resource_name"]:
        pieces = made["resource_name"].rsplit("/", 1)[-1].split("~")
        made.update((part, piece or None) for part, piece in zip(source.parts, pieces, strict=False))
    if source.hashed:
        made[ID] = hashlib.sha256(_compact([made[column] for column in source.hashed]).encode()).hexdigest()[:ID_DIGITS]


def _count_unknown(place: _Place, record: Mapping[str, Any], notes: Notes) -> None:
    """Counts the fields that no column takes; a resource that is there only by its name is one that was touched, and expected."""
    for key in record.keys() - place.known:
        value = record[key]
        if place.steps or not (isinstance(value, dict) and value.keys() <= {RESOURCE_NAME}):
            notes.unknown[place.table, ".".join((*place.steps, key))] += 1


def _value_cells(source: Source, value: object, notes: Notes) -> Row:
    """The cell of one value of a custom column; it has one key, which tells its type."""
    if not isinstance(value, dict):
        notes.problems.append(CellProblem(source.name, CUSTOM_COLUMN_KEY, str(ConversionError("an object", value))))
        return {}
    notes.unknown.update((source.name, f"{VALUES}.{key}") for key in value.keys() - VALUE_CELLS.keys())
    cells: Row = {}
    for key in filter(VALUE_CELLS.__contains__, value):
        column, convert = VALUE_CELLS[key]
        try:
            cells[column] = None if value[key] is None else convert(value[key])
        except ConversionError as error:
            notes.problems.append(CellProblem(source.name, column, str(error)))
    return cells
