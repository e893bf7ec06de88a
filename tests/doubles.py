"""Stand-ins for what surrounds a connector: Fivetran's side of the operations, and a clock that nobody waits for."""

from __future__ import annotations

import copy
import json
import threading
from collections import Counter
from typing import Any

from fivetran_connector_sdk import Logging
from fivetran_connector_sdk_cli.schema_processing import TABLES, TABLES_COLUMNS_TYPES, process_tables
from fivetran_connector_sdk_cli.type_coercion import encode_row_data

Logging.LOG_LEVEL = Logging.Level.INFO

Key = tuple[Any, ...]
Rows = dict[Key, dict[str, Any]]
NOON = 1_790_000_000.0  # 2026-09-21T14:13:20Z


class Killed(BaseException):
    """The platform stopped the sync: no `except Exception` sees it."""


class FakeClock:
    """Time that passes only when somebody waits."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += max(seconds, 0.0)
            self.slept.append(seconds)

    def pass_days(self, days: float) -> None:
        self.now += days * 86_400


class FakeFivetran:
    """Takes a connector's operations as Fivetran does: rows count from their checkpoint on, and are checked against the schema.

    `stop_at`: the number of the operation instead of which the sync is killed.
    """

    def __init__(self, schema: list[dict[str, Any]]) -> None:
        TABLES.clear()
        TABLES_COLUMNS_TYPES.clear()
        process_tables(schema, {})
        self._types = {name[1]: {column.name: column.type for column in table.columns} for name, table in TABLES.items()}
        self.keys = {table["table"]: table["primary_key"] for table in schema}
        self.committed: dict[str, Rows] = {name: {} for name in self.keys}
        self._working: dict[str, Rows] = copy.deepcopy(self.committed)
        self.state: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.touched: Counter[str] = Counter()
        self.operations = 0
        self.stop_at: int | None = None
        self.thread = threading.get_ident()

    def begin_sync(self, stop_at: int | None = None) -> dict[str, Any]:
        """A new run of the connector: what was not committed is gone, and the stored state goes in as JSON."""
        self._working = {name: dict(rows) for name, rows in self.committed.items()}
        self.operations, self.stop_at, self.touched = 0, stop_at, Counter()
        self.checkpoints: list[int] = []
        self.warnings = []
        return dict(json.loads(json.dumps(self.state)))

    def forget(self) -> None:
        """Back to an empty warehouse without a state."""
        self.committed = {name: {} for name in self.keys}
        self.state = {}

    def _count(self) -> None:
        if threading.get_ident() != self.thread:
            raise AssertionError("an operation from another thread")
        self.operations += 1
        if self.stop_at is not None and self.operations >= self.stop_at:
            raise Killed

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self._count()
        missing = data.keys() - self._types[table].keys()
        if missing:
            raise AssertionError(f"{table}: columns that the schema does not declare: {sorted(missing)}")
        encode_row_data(self._types[table], data)
        key = self._key(table, data)
        self._working[table][key] = dict(data)
        self.touched[table] += 1

    def update(self, table: str, modified: dict[str, Any]) -> None:
        self._count()
        encode_row_data(self._types[table], modified)
        self._working[table][self._key(table, modified)] |= modified  # a KeyError: no such row to change
        self.touched[table] += 1

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self._count()
        self._working[table].pop(self._key(table, keys), None)
        self.touched[table] += 1

    def truncate(self, table: str) -> None:
        self._count()
        self._working[table].clear()
        self.touched[table] += 1

    def checkpoint(self, state: dict[str, Any]) -> None:
        self._count()
        self.checkpoints.append(self.operations)
        self.state = json.loads(json.dumps(state))
        self.committed = {name: dict(rows) for name, rows in self._working.items()}

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    def _key(self, table: str, row: dict[str, Any]) -> Key:
        key = tuple(row.get(column) for column in self.keys[table])
        if None in key:
            raise AssertionError(f"{table}: a NULL in the key {key}")
        return key
