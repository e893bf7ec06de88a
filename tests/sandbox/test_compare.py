from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox.compare import differences, same, warehouse_columns, warehouse_rows
from sandbox.messages import Table
from sandbox.server import Box

TYPES = {
    "text": "VARCHAR", "integer": "BIGINT", "decimal": "DECIMAL(28,10)", "double": "DOUBLE", "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP WITH TIME ZONE", "json": "JSON",
}  # fmt: skip


def _write(path: Path, name: str, table: Table) -> None:
    own = '"_fivetran_deleted" BOOLEAN, "_fivetran_synced" TIMESTAMP WITH TIME ZONE'
    columns = ", ".join(f'"{column}" {TYPES[kind]}' for column, kind in table.columns.items())
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS tester; CREATE TABLE tester.{name} ({columns}, {own})")
        rows = [[*row.values(), False, "2026-01-01T00:00:00Z"] for row in table.rows()]
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"INSERT INTO tester.{name} VALUES ({marks})", rows)


@pytest.fixture
def warehouse(box: Box, tmp_path: Path) -> tuple[Path, dict[str, Table]]:
    truth = dict(box.source.truth())
    for name in ("events", "gift_asks", "planned_gifts"):
        _write(tmp_path / "w.db", name, truth[name])
    return tmp_path / "w.db", truth


def test_a_faithful_warehouse_has_no_differences(warehouse: tuple[Path, dict[str, Table]]) -> None:
    path, truth = warehouse
    for name in ("events", "gift_asks", "planned_gifts"):
        rows = warehouse_rows(path, name)
        assert len(rows) == truth[name].count()
        assert differences(truth[name], rows) == []
        assert list(warehouse_columns(path, name)) == list(truth[name].columns)


def test_deleted_rows_and_absent_tables(warehouse: tuple[Path, dict[str, Table]]) -> None:
    path, truth = warehouse
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE tester.events SET _fivetran_deleted = true WHERE total_invites = 0")
    found = differences(truth["events"], warehouse_rows(path, "events"))
    assert len(found) == 1
    assert found[0].endswith("is missing in the warehouse")
    assert warehouse_rows(path, "pledges") == []
    assert warehouse_columns(path, "pledges") == {}
    assert len(differences(truth["pledges"], [], columns={})) == truth["pledges"].count()


def _rows(box: Box) -> tuple[Table, list[dict[str, Any]]]:
    table = box.source.truth()["events"]
    return table, copy.deepcopy(list(table.rows()))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "x"),
        ("name", None),
        ("total_gifts", 99),
        ("invite_only", None),
        ("start_date_time", None),
        ("tables", "[1]"),
    ],
)
def test_a_changed_cell_is_a_difference(box: Box, column: str, value: object) -> None:
    table, rows = _rows(box)
    rows[3][column] = value
    found = differences(table, rows)
    assert len(found) == 1
    assert f"{column} is" in found[0]


def test_rows_and_columns_that_are_missing_or_too_many(box: Box) -> None:
    table, rows = _rows(box)
    assert len(differences(table, rows[1:])) == 1
    assert len(differences(table, [*rows, rows[0] | {"id": "0"}])) == 1
    assert any("more than once" in line for line in differences(table, [*rows, rows[0]]))
    assert differences(table, [row | {"extra": 1} for row in rows]) == ["column extra is not in the truth"]
    short = [{key: value for key, value in row.items() if key != "name"} for row in rows]
    assert differences(table, short) == ["column name is missing in the warehouse"]


def test_only_twenty_lines_and_the_full_count(box: Box) -> None:
    table = box.source.truth()["gifts"]
    found = differences(table, [])
    assert len(found) == 20
    assert found[-1] == "... 320 differences in all"


def test_values_compare_by_kind() -> None:
    assert same("decimal", "1250.5", "1250.5000")
    assert not same("decimal", "1250.5", "1250.51")
    assert same("json", '{"a":1,"b":2}', '{"b": 2, "a": 1}')
    assert same("double", 0.333, 0.333)
    assert not same("boolean", True, 1)
    assert not same("text", "1", 1)
    assert not same("integer", 1, True)
    assert not same("text", "", None)
