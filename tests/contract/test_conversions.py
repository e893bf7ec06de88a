"""Contract 13 and 16: what a cell becomes when its value is of the wrong type, and when it is right but easily mangled."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from typing import Any, NamedTuple

import pytest

from sandbox.compare import same
from tests.contract.facts import FACTS, Conversion
from tests.contract.harness import Cell, Harness, direct
from tests.contract.paths import Records, Spot, cells_of, records_read, spots, value_at

ROWS = 25  # contacts, or what the source counts by: enough that every field is somewhere
ANYTHING = object()  # the value fits, and what of it arrives is not this test's business
NULL_OR_ERROR = object()  # NULL, and whether there is an error as well depends on what the source writes for "none"


class Wrong(NamedTuple):
    """A value, and the kinds of columns (the truth's names) that it fits, with the cell that it gives. It can never fit any other kind."""

    value: object
    fits: dict[str, object]


# `wire:` stands for JSON that json.dumps would not write.
WRONG = {
    "an object": Wrong({"an": "object"}, {"json": ANYTHING}),
    "a list": Wrong([7], {"json": ANYTHING}),
    "a word": Wrong("neither", {"text": "neither", "json": ANYTHING}),
    "no text at all": Wrong("", {"text": "", "json": ANYTHING, "timestamp": NULL_OR_ERROR, "decimal": NULL_OR_ERROR}),
    "true": Wrong(True, {"boolean": True, "json": ANYTHING}),
    "a negative number": Wrong(-7, {"text": "-7", "integer": -7, "decimal": -7, "double": -7, "json": ANYTHING}),
    "a fraction": Wrong(1.5, {"text": "1.5", "decimal": "1.5", "double": 1.5, "json": ANYTHING}),
    "thirty digits": Wrong(10**30, {"text": "1" + "0" * 30, "double": 1e30, "json": ANYTHING}),
    "beyond a double": Wrong("wire:1e400", {"text": "1" + "0" * 400, "json": ANYTHING}),
    "not a number": Wrong("wire:NaN", {"text": "NaN", "json": ANYTHING}),
    "no such day": Wrong("2023-02-29T00:00:00", {"text": "2023-02-29T00:00:00", "json": ANYTHING}),
    "a lone surrogate": Wrong('wire:"\\ud800"', {}),
}
WIRE = {b'"wire:1e400"': b"1e400", b'"wire:NaN"': b"NaN", rb'"wire:\"\\ud800\""': rb'"\ud800"'}


@cache
def chart(folder: str) -> dict[Spot, frozenset[Cell]]:
    """The spots that are spoilt, and the cells that each of them fills."""
    with direct(folder, rows=ROWS) as (h, wire):
        cells = cells_of(h, spots(*records_read(h, wire), FACTS[folder]))
    excused = FACTS[folder].unspoilt  # among them what other records fill, which are spoilt at the same time
    return {spot: frozenset(cell for cell in found if not is_among(name_of(cell), excused)) for spot, found in cells.items()}


def name_of(cell: Cell) -> str:
    table, _, column = cell
    return f"{table}.{column}"


def is_among(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def wanted(h: Harness, wrong: str, cell: Cell, kind: str) -> object:
    """The cell that a wrong value must give in a column of a kind; None if it can never fit."""
    if WRONG[wrong].value is True and is_among(name_of(cell), h.facts.takes_booleans):
        return ANYTHING
    if isinstance(WRONG[wrong].value, (bool, dict, list)) and is_among(name_of(cell), h.facts.takes_json):
        return ANYTHING
    return ANYTHING if (wrong, kind) in h.facts.also_fits else WRONG[wrong].fits.get(kind)


@pytest.mark.parametrize("wrong", WRONG)
def test_13_a_cell_of_the_wrong_type_in_every_column(folder: str, wrong: str) -> None:
    cells = chart(folder)
    spoilt = frozenset().union(*cells.values())
    with direct(folder, rows=ROWS) as (h, wire):
        wire.spelled = WIRE
        for spot in cells:
            h.box.faults.add("poison_value", entity=spot.entity, id=spot.number, key=spot.path, value=WRONG[wrong].value)
        h.sync()
        kinds = {name: table.columns for name, table in h.truth().items()}
        must = {cell: wanted(h, wrong, cell, kinds[cell[0]][cell[2]]) for cell in spoilt}
        assert list(surprises(h, must)) == []
        assert h.differences(without_cells=spoilt) == []
        assert_named(h, must)
        if not WRONG[wrong].fits:
            assert set(unnamed(h)) == set()
        wire.spelled = {}
        h.box.faults.clear()
        h.sync()
        # what fitted stays: the source never said that it was modified, and nothing told of it
        assert h.differences(without_cells={cell for cell, value in must.items() if value is not None}) == []
        assert h.open_errors() == []


def assert_named(h: Harness, must: Mapping[Cell, object]) -> None:
    """Each cell that is NULL because its value never fits has one open error, and nothing else has any."""
    reported = [(row["table_name"], row["record"], row["column_name"]) for row in h.open_errors()]
    assert len(reported) == len(set(reported))
    due = {error_of(h, cell) for cell, value in must.items() if value is None and name_of(cell) not in h.facts.inherited}
    unsure = {error_of(h, cell) for cell, value in must.items() if value is NULL_OR_ERROR}
    assert set(reported) - unsure == due


def error_of(h: Harness, cell: Cell) -> tuple[str, str, str]:
    table, key, column = cell
    return table, h.facts.record_of(h.fivetran.keys[table], key), column


def surprises(h: Harness, must: Mapping[Cell, object]) -> Iterator[str]:
    """The spoilt cells that are not what they must be."""
    rows, tables = h.rows_by_key(), h.truth()
    for (table, key, column), value in must.items():
        expected, actual = None if value is NULL_OR_ERROR else value, rows[table][key][column]
        if expected is not ANYTHING and not same(tables[table].columns[column], expected, actual):
            yield f"{table}.{column} {key} is {actual!r}, should be {expected!r}"


def unnamed(h: Harness) -> Iterator[str]:
    """The columns that no error names although the source fills them, and those that are named and so need no excuse any more."""
    facts = FACTS[h.folder]
    named = {f"{row['table_name']}.{row['column_name']}" for row in h.open_errors()}
    for name, table in h.truth().items():
        for column in set(table.columns) - set(table.key):
            excused = is_among(f"{name}.{column}", facts.unspoilt) or f"{name}.{column}" in facts.inherited
            if excused == (f"{name}.{column}" in named):
                yield f"{name}.{column}"


@pytest.mark.parametrize("key", [None, "", {"an": "object"}])
def test_13_a_record_of_every_list_without_its_key(folder: str, key: object) -> None:
    tables: dict[str, set[str]] = {spot.entity: set() for spot in chart(folder)}
    for spot, cells in chart(folder).items():
        tables[spot.entity] |= {table for table, _, _ in cells}
    with direct(folder, rows=ROWS) as (h, wire):
        records, ids = records_read(h, wire)
        spoilt = {entity: sorted(by_id, key=str)[len(by_id) // 2] for entity, by_id in records.items() if entity not in h.facts.carriers}
        h.fivetran.forget()
        for entity, number in spoilt.items():
            h.box.faults.add("poison_value", entity=entity, id=number, key=ids[entity], value=key)
        h.sync()
        has = {(name, h.own_id(name, key)) for name, rows in h.true_rows().items() for key in rows}
        lost = {(table, str(number)) for entity, number in spoilt.items() for table in tables[entity]} & has
        there = h.rows_by_key()
        for name, rows in h.true_rows().items():
            assert rows.keys() - there[name].keys() == {key for key in rows if (name, h.own_id(name, key)) in lost}
        assert [line for line in h.differences() if not line.endswith("is missing in the warehouse")] == []
        roots = sorted(name for name in {table for table, _ in lost} if h.facts.is_root(h.fivetran.keys[name]))
        assert sorted(row["table_name"] for row in h.open_errors()) == roots
        h.box.faults.clear()
        h.clock.pass_days(1)
        h.sync()
        assert h.differences() == []
        assert h.open_errors() == []


# --- 16 ---


@pytest.fixture(params=["America/New_York", "Australia/Lord_Howe", "UTC"])
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's time zone, which must not matter."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def shared_out(conversions: tuple[Conversion, ...], records: Records) -> list[tuple[Conversion, Any]]:
    """Each conversion with a record of its own that has such a field."""
    free = {entity: sorted(by_id, key=str) for entity, by_id in records.items()}
    found: list[tuple[Conversion, Any]] = []
    for one in conversions:
        number = next(number for number in free[one.entity] if _has(records[one.entity][number], one.path))
        free[one.entity].remove(number)
        found.append((one, number))
    return found


def _has(record: object, path: str) -> bool:
    try:
        value_at(record, path)
    except LookupError:
        return False
    return True


def key_of(h: Harness, one: Conversion, number: object) -> tuple[Any, ...]:
    """The key of a record's row, or of the first of its rows."""
    return min(key for key in h.fivetran.committed[one.table] if h.own_id(one.table, key) == str(number))


def mangled(h: Harness, shared: list[tuple[Conversion, Any]]) -> list[str]:
    """The cells that are not what was worked out by hand."""
    tables = h.truth()
    rows = h.rows_by_key()
    found = []
    for one, number in shared:
        actual = rows[one.table][key_of(h, one, number)][one.column]
        alike = type(actual) is type(one.expected) and (actual == one.expected or tables[one.table].columns[one.column] == "decimal")
        if not alike or not same(tables[one.table].columns[one.column], one.expected, actual):  # a DECIMAL has no negative zero
            found.append(f"{one.table}.{one.column} of {number}: {one.value!r} became {actual!r}, should be {one.expected!r}")
    return found


@pytest.mark.usefixtures("_zone")
def test_16_what_is_easily_mangled(folder: str) -> None:
    conversions = FACTS[folder].conversions
    half = len(conversions) // 2
    with direct(folder, rows=100) as (h, wire):
        records, _ = records_read(h, wire)
        h.fivetran.forget()
        shared = shared_out(conversions, records)
        wire.spelled = {f'"{one.value}"'.encode(): str(one.value)[5:].encode() for one in conversions if str(one.value).startswith("wire:")}
        for one, number in shared[:half]:
            h.source.set_value(one.entity, number, one.path, one.value)
        h.sync()
        assert mangled(h, shared[:half]) == []
        h.clock.pass_days(3)
        for one, number in shared[half:]:
            h.source.change("edit", entity=one.entity, id=h.facts.raw_id(str(number)), values={one.path: one.value})
        h.sync()
        assert mangled(h, shared) == []
        assert h.open_errors() == []
        # the truth neither rounds to a column's scale nor knows what stood on the wire: of numbers only what was worked out by hand counts
        tables = h.truth()
        numbers = [(one, number) for one, number in shared if tables[one.table].columns[one.column] == "decimal"]
        assert h.differences(without_cells=[(one.table, key_of(h, one, number), one.column) for one, number in numbers]) == []
