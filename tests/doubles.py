"""Stand-ins for what surrounds a connector: Fivetran's side of the operations, a clock nobody waits for, and a wire without sockets."""

from __future__ import annotations

import copy
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

import requests
from fivetran_connector_sdk import Logging
from fivetran_connector_sdk_cli.schema_processing import TABLES, TABLES_COLUMNS_TYPES, process_tables
from fivetran_connector_sdk_cli.type_coercion import encode_row_data

from sandbox.faults import ConnectionDropped
from sandbox.messages import Reply, Request
from sandbox.server import Box, read_request

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


@cache
def _types_of(schema: str) -> dict[str, dict[str, Any]]:
    """By table, the types of the columns as the SDK reads them from a schema, which is given as JSON."""
    TABLES.clear()
    TABLES_COLUMNS_TYPES.clear()
    process_tables(json.loads(schema), {})
    return {name[1]: {column.name: column.type for column in table.columns} for name, table in TABLES.items()}


class FakeFivetran:
    """Takes a connector's operations as Fivetran does: rows count from their checkpoint on, and are checked against the schema.

    `stop_at`: the number of the operation instead of which the sync is killed.
    `at_least_once`: a destination that keeps what a killed sync emitted after its last checkpoint, although the state is older.
    `checks`: whether values are encoded as the SDK does it, which raises for what does not fit; a tenth of a sync's time.
    `keys` and `columns` are those of each table, `times` those of its columns that hold a time.
    `kinds` counts the operations of a sync by their names, `states` are those of its checkpoints. `spans` has the first and the last
    operation on each table.
    """

    at_least_once = False
    checks = True

    def __init__(self, schema: list[dict[str, Any]]) -> None:
        self._types = _types_of(json.dumps(schema))
        self.keys = {table["table"]: table["primary_key"] for table in schema}
        self.columns = {table["table"]: list(table["columns"]) for table in schema}
        self.times = {table["table"]: [name for name, kind in table["columns"].items() if kind == "UTC_DATETIME"] for table in schema}
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
        self.spans: dict[str, tuple[int, int]] = {}
        self.kinds: Counter[str] = Counter()
        self.checkpoints: list[int] = []
        self.states: list[dict[str, Any]] = []
        self.warnings = []
        return dict(json.loads(json.dumps(self.state)))

    def forget(self) -> None:
        """Back to an empty warehouse without a state."""
        self.committed = {name: {} for name in self.keys}
        self.state = {}

    def _count(self, kind: str) -> None:
        if threading.get_ident() != self.thread:
            raise AssertionError("an operation from another thread")
        self.operations += 1
        self.kinds[kind] += 1
        if self.stop_at is not None and self.operations >= self.stop_at:
            if self.at_least_once:
                self.committed = self._snapshot()
            raise Killed

    def _snapshot(self) -> dict[str, Rows]:
        return {name: dict(rows) for name, rows in self._working.items()}

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self._count("upsert")
        missing = data.keys() - self._types[table].keys()
        if missing:
            raise AssertionError(f"{table}: columns that the schema does not declare: {sorted(missing)}")
        if self.checks:
            self._check(table, data)
        key = self._key(table, data)
        self._working[table][key] = dict(data)
        self._touch(table)

    def update(self, table: str, modified: dict[str, Any]) -> None:
        self._count("update")
        self._check(table, modified)
        key = self._key(table, modified)
        told = {name: None if value == "" else value for name, value in modified.items()}  # an update makes NULL of an empty text
        self._working[table][key] = self._working[table][key] | told  # a KeyError: no such row to change
        self._touch(table)

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self._count("delete")
        self._working[table].pop(self._key(table, keys), None)
        self._touch(table)

    def truncate(self, table: str) -> None:
        self._count("truncate")
        self._working[table].clear()
        self._touch(table)

    def checkpoint(self, state: dict[str, Any]) -> None:
        self._count("checkpoint")
        self.checkpoints.append(self.operations)
        self.state = json.loads(json.dumps(state))
        self.states.append(self.state)
        self.committed = self._snapshot()

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    def _touch(self, table: str) -> None:
        self.touched[table] += 1
        self.spans[table] = self.spans.get(table, (self.operations, 0))[0], self.operations

    def _check(self, table: str, cells: dict[str, Any]) -> None:
        encode_row_data(self._types[table], cells)
        naive = [name for name, value in cells.items() if isinstance(value, datetime) and value.tzinfo is None]
        if naive:  # the SDK takes it for UTC, whatever it is
            raise AssertionError(f"{table}: times without a zone in {naive}")

    def _key(self, table: str, row: dict[str, Any]) -> Key:
        key = tuple(row.get(column) for column in self.keys[table])
        if None in key:
            raise AssertionError(f"{table}: a NULL in the key {key}")
        return key


class Direct:
    """Hands the requests of `requests.Session` to a sandbox in this process, in place of a socket, and raises what `requests` would raise.

    A reply that comes after the read time-out is a time-out, as on a socket; only that somebody has really waited for it.

    `spelled` replaces texts in the bodies of replies, for what `json.dumps` cannot write (1e400, a lone surrogate).
    `told` sees each request with its reply before that is encoded.
    """

    def __init__(self, box: Box) -> None:
        self._box = box
        self._remembered: dict[str, tuple[requests.Response, bytes]] | None = None
        self.spelled: Mapping[bytes, bytes] = {}
        self.told: Callable[[Request, Reply], None] = lambda request, reply: None

    def remember(self) -> None:
        """From now on the same question gets the same reply without asking the sandbox: for as long as neither data nor faults change."""
        self._remembered = {}

    def forget(self) -> None:
        """Asks the sandbox again."""
        self._remembered = None

    def request(self, session: requests.Session, method: str, url: str, timeout: Any = None, **more: Any) -> requests.Response:
        """In place of `requests.Session.request`."""
        sent = {name: more.get(name) for name in ("params", "json", "data", "headers")}
        remembered, question = self._remembered, repr((method, url, sent))
        if remembered is not None and question in remembered:
            response, content = remembered[question]
            response = copy.copy(response)
            response.raw = io.BytesIO(content)  # each one is read anew, be it in pieces
            return response
        prepared = session.prepare_request(requests.Request(method, url, **sent))
        response = self._exchange(prepared, timeout)
        if remembered is not None:
            content = response.raw.read()
            response.raw = io.BytesIO(content)
            remembered[question] = copy.copy(response), content
        return response

    def _exchange(self, prepared: requests.PreparedRequest, timeout: Any) -> requests.Response:
        body = prepared.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        asked = read_request(str(prepared.method), prepared.path_url, raw, dict(prepared.headers), self._box.clock())
        started, reply = time.monotonic(), None
        with suppress(ConnectionDropped):
            reply = self._box.answer(asked)
        if timeout and time.monotonic() - started > timeout[-1]:
            raise requests.ReadTimeout(request=prepared)
        if reply is None:
            raise requests.ConnectionError("reset", request=prepared)
        self.told(asked, reply)
        if reply.cut < 1:
            raise requests.exceptions.ChunkedEncodingError("cut", request=prepared)
        return self._response(prepared, reply)

    def _response(self, prepared: requests.PreparedRequest, reply: Reply) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.request = reply.status, str(prepared.url), prepared
        response.headers.update(reply.headers)
        if reply.content_type:
            response.headers["Content-Type"] = reply.content_type
        content = reply.encoded()
        for written, wanted in self.spelled.items():
            content = content.replace(written, wanted)
        response.raw = io.BytesIO(content)
        return response
