"""Compare a warehouse, as `fivetran debug` leaves it in a DuckDB file, with the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.messages import Table

if TYPE_CHECKING:
    import duckdb

SHOWN = 20
# Numbers arrive rounded to the scale of the warehouse's column.
TOLERANCE = Decimal("0.0000000001")
_SCHEMA = "tester"

Row = dict[str, Any]


def differences(
    truth_table: Table, warehouse_rows: Iterable[Row], *, columns: Iterable[str] | None = None
) -> list[str]:
    """Return what differs, one line each: 20 lines at most, the last one saying how many there are in all.

    Missing rows, surplus rows, differing cells, missing columns, and columns the truth does not know. The warehouse's
    columns are those of its rows, unless `columns` names them.
    """
    warehouse = list(warehouse_rows)
    found = list(_all_differences(truth_table, warehouse, list(columns) if columns is not None else None))
    if len(found) <= SHOWN:
        return found
    return [*found[: SHOWN - 1], f"... {len(found)} differences in all"]


def _all_differences(truth: Table, warehouse: list[Row], columns: list[str] | None) -> Iterator[str]:
    # A table that was never made lacks its rows, if any; its columns are not worth a line each.
    known = columns or list(warehouse[0] if warehouse else truth.columns)
    missing = [name for name in truth.columns if name not in known]
    yield from (f"column {name} is missing in the warehouse" for name in missing)
    yield from (f"column {name} is not in the truth" for name in known if name not in truth.columns)
    if any(name in missing for name in truth.key):
        return
    there: dict[tuple[object, ...], Row] = {}
    for row in warehouse:
        key = _key(truth, row)
        if key in there:
            yield f"row {_spell(truth, row)} is in the warehouse more than once"
        there[key] = row
    compared = {name: kind for name, kind in truth.columns.items() if name not in missing}
    for expected in truth.rows():
        actual = there.pop(_key(truth, expected), None)
        if actual is None:
            yield f"row {_spell(truth, expected)} is missing in the warehouse"
        else:
            yield from _cells(truth, compared, expected, actual)
    yield from (f"row {_spell(truth, row)} is not in the truth" for row in there.values())


def _cells(truth: Table, compared: dict[str, str], expected: Row, actual: Row) -> Iterator[str]:
    for name, kind in compared.items():
        one, other = expected[name], actual[name]
        if (one is None or type(one) is str) and type(other) is type(one) and other == one:
            continue  # most cells: not worth a call
        if not same(kind, one, other):
            yield f"row {_spell(truth, expected)}: {name} is {other!r}, should be {one!r}"


def _key(truth: Table, row: Row) -> tuple[object, ...]:
    return tuple(None if row[name] is None else str(row[name]) for name in truth.key)


def _spell(truth: Table, row: Row) -> str:
    return ", ".join(f"{name}={row[name]}" for name in truth.key)


def same(kind: str, expected: object, actual: object) -> bool:
    """Say whether a warehouse's cell is the truth's, numbers by value and JSON by content."""
    if expected is None or actual is None:
        return expected is actual
    if kind == "json":
        return _json(expected) == _json(actual)
    if kind in {"decimal", "double", "integer"}:
        return _numbers_same(expected, actual, exact=kind != "double")
    if kind == "timestamp":
        return str(expected) == str(actual)
    return type(expected) is type(actual) and expected == actual


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _numbers_same(expected: object, actual: object, *, exact: bool) -> bool:
    if isinstance(actual, bool):
        return False
    try:
        one, other = Decimal(str(expected)), Decimal(str(actual))
    except InvalidOperation:
        return False
    return abs(one - other) <= (0 if exact else abs(one) * TOLERANCE)


# --- reading the warehouse -----------------------------------------------------------------------------------------


def warehouse_columns(duckdb_path: str | Path, table: str) -> dict[str, str]:
    """Return a table's columns and their types; empty when there is no such table. Fivetran's own are left out."""
    with _connect(duckdb_path) as connection:
        return _columns(connection, table)


def warehouse_rows(duckdb_path: str | Path, table: str) -> list[Row]:
    """Return a table's rows but the deleted ones; a table that does not exist has none.

    Timestamps come as `YYYY-MM-DDTHH:MM:SS.ffffffZ`, in UTC, and decimals as text.
    """
    with _connect(duckdb_path) as connection:
        columns = _columns(connection, table)
        if not columns:
            return []
        spelled = ", ".join(_select(name, kind) for name, kind in columns.items())
        everything = _columns(connection, table, own=True)
        live = " WHERE NOT coalesce(_fivetran_deleted, false)" if "_fivetran_deleted" in everything else ""
        found = connection.execute(f'SELECT {spelled} FROM "{_SCHEMA}"."{table}"{live}').fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


@contextmanager
def kept_open(duckdb_path: str | Path) -> Iterator[None]:
    """Keep a warehouse loaded while the block lasts: reading its tables one by one would load it anew for each of them."""
    with _connect(duckdb_path):
        yield


def _connect(path: str | Path) -> duckdb.DuckDBPyConnection:
    import duckdb  # noqa: PLC0415 - only this part needs it

    return duckdb.connect(str(path), read_only=True)


def _columns(connection: duckdb.DuckDBPyConnection, table: str, *, own: bool = False) -> dict[str, str]:
    asked = """SELECT column_name, data_type FROM information_schema.columns
    WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position"""
    found = connection.execute(asked, [_SCHEMA, table]).fetchall()
    return {name: kind for name, kind in found if own or not name.startswith("_fivetran_")}


def _select(name: str, kind: str) -> str:
    """Return the SQL for a column: times as text, because their zone needs a package that may be missing."""
    quoted = '"' + name.replace('"', '""') + '"'
    if kind.startswith("TIMESTAMP"):
        as_utc = f"make_timestamp(epoch_us({quoted}))"
        return f"strftime({as_utc}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind.startswith(("DECIMAL", "JSON")):
        return f"CAST({quoted} AS VARCHAR)"
    return quoted
