"""One connector, its sandbox and a double of Fivetran in one process, with one clock between them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial, partialmethod
from typing import Any

import pytest
import requests

from common.settings import parse
from sandbox.client import ServedTable
from sandbox.compare import differences
from sandbox.server import Box, running
from tests.contract.facts import FACTS, Facts
from tests.doubles import Direct, FakeClock, FakeFivetran, Killed
from tests.loading import load

Cell = tuple[str, tuple[Any, ...], str]  # table, key, column
_SCHEMAS: dict[tuple[str, str], list[dict[str, Any]]] = {}
UNLIMITED = 10**9  # requests that the source allows
ONLY: frozenset[str] = frozenset()  # the tables that there are, where not all of a connector's take part
SMALL = 60  # contacts, or what the source counts by: every kind of record, in well under a second


class Harness:
    """`sync()` runs the connector as Fivetran would; `differences()` compares the warehouse with the source, cell by cell."""

    def __init__(self, folder: str, box: Box, clock: FakeClock, settings: Mapping[str, str]) -> None:
        self.folder, self.box, self.clock = folder, box, clock
        self.modules = load(folder)
        self.configuration = dict(box.configuration) | dict(settings)
        self.fivetran = FakeFivetran(self._schema())
        self._truth: tuple[object, dict[str, ServedTable]] = None, {}

    def _schema(self) -> list[dict[str, Any]]:
        """The schema, for which some sources are asked: as a customer has it whose credential is right, and once for all tests."""
        place = self.folder, self.configuration.get("optional_tables", "")
        if place not in _SCHEMAS:
            right = {self.facts.secret: self.box.configuration[self.facts.secret]}
            _SCHEMAS[place] = self.modules.connector.schema(self.configuration | right)
        return copy.deepcopy(_SCHEMAS[place])

    @property
    def source(self) -> Any:
        return self.box.source

    @property
    def facts(self) -> Facts:
        return FACTS[self.folder]

    def ids(self, table: str = "") -> list[Any]:
        """The ids of a table's records (of the large list, if none is named) as the sandbox takes them, ascending."""
        name = table or self.facts.table
        found = {self.own_id(name, key) for key in self.true_rows()[name]}
        return [self.facts.raw_id(text) for text in sorted(found, key=lambda text: (len(text), text))]

    def own_id(self, table: str, key: Sequence[Any]) -> str:
        """The id of the record to which a row belongs."""
        return self.facts.own_id(self.fivetran.keys[table], key)

    def record_of(self, table: str, number: object) -> str:
        """How an `errors` row names a record that is in the truth."""
        return self.facts.record_of(self.fivetran.keys[table], self._key_of(table, number))

    def named(self, table: str, number: object) -> str:
        """How a difference names the row of a record that is in the truth."""
        return ", ".join(f"{column}={part}" for column, part in zip(self.fivetran.keys[table], self._key_of(table, number), strict=True))

    def _key_of(self, table: str, number: object) -> tuple[Any, ...]:
        return next(key for key in self.true_rows()[table] if self.own_id(table, key) == str(number))

    def sync(self, stop_at: int | None = None) -> None:
        """One sync in this thread; what the connector raises comes through, `Killed` too if it is stopped."""
        self.modules.sync.op = self.fivetran
        self.box.reset_requests()
        state = self.fivetran.begin_sync(stop_at)
        self.modules.sync.run(parse(self.configuration, self.modules.settings.SETTINGS), state, self.clock)

    def sync_killed_at(self, operation: int) -> bool:
        """A sync that is stopped at an operation; False if it ended before that."""
        try:
            self.sync(stop_at=operation)
        except Killed:
            return True
        return False

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The warehouse's rows as the comparison wants them."""
        times = self.fivetran.times[table]
        rows = self.fivetran.committed[table].values()
        return [row | {name: _canonical(row[name]) for name in times if name in row} for row in rows]

    def differences(self, without: frozenset[str] = frozenset(), without_cells: Collection[Cell] = ()) -> list[str]:
        """What differs between source and warehouse, in all tables but `without`, and in all cells but `without_cells`."""
        found: list[str] = []
        truth = self.truth()
        for name, table in truth.items():
            if name not in without:
                rows = self._mended(name, without_cells)
                found += [f"{name}: {line}" for line in differences(table, rows, columns=self.fivetran.columns.get(name))]
        missing = set(self.fivetran.committed) - set(truth) - {"errors"}
        return found + [f"{name}: the truth knows no such table" for name in sorted(missing)]

    def truth(self) -> Mapping[str, ServedTable]:
        """By table, what a perfect sync with these settings would give; computed once for each `version` of a source that has such."""
        version = (getattr(self.source, "version", object()), self._optional())
        if self._truth[0] != version:
            tables = self.source.truth(include_archived=True, optional=self._optional())
            wanted = {name: table for name, table in tables.items() if not ONLY or name in ONLY}
            self._truth = version, {name: ServedTable(table.key, table.columns, list(table.rows())) for name, table in wanted.items()}
        return self._truth[1]

    def true_rows(self) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
        """The truth's rows by table and key."""
        return {name: by_key(table.rows(), table.key) for name, table in self.truth().items()}

    def rows_by_key(self) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
        """The warehouse's rows by table and key."""
        return {name: by_key(self.rows(name), key) for name, key in self.fivetran.keys.items()}

    def _mended(self, name: str, cells: Collection[Cell]) -> list[dict[str, Any]]:
        """The warehouse's rows, with the true value in some cells."""
        wanted = [(key, column) for table, key, column in cells if table == name]
        if not wanted:
            return self.rows(name)
        table = self.truth()[name]
        rows, true = by_key(self.rows(name), table.key), by_key(table.rows(), table.key)
        for key, column in wanted:
            if key in rows:
                rows[key][column] = true[key][column]
        return list(rows.values())

    def _optional(self) -> frozenset[str]:
        return frozenset(name for name in self.configuration.get("optional_tables", "").split(",") if name)

    def open_errors(self) -> list[dict[str, Any]]:
        return [row for row in self.rows("errors") if row["resolved_at"] is None]


def by_key(rows: Iterable[dict[str, Any]], key: Sequence[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows by the values of their key's columns."""
    return {tuple(row[column] for column in key): row for row in rows}


def _canonical(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")[:26] + "Z"
    return value


def _through(session: requests.Session, wire: Direct, *args: Any, **named: Any) -> requests.Response:
    return wire.request(session, *args, **named)


@contextmanager
def direct(folder: str, rows: int = SMALL, settings: Mapping[str, str] | None = None, **sandbox: Any) -> Iterator[tuple[Harness, Direct]]:
    """A harness whose requests go straight to its sandbox, without a socket: for all that is not about connections."""
    with harness(folder, rows, settings, **sandbox) as h, pytest.MonkeyPatch.context() as patch:
        wire = Direct(h.box)
        patch.setattr(requests.Session, "request", partialmethod(_through, wire))
        yield h, wire


@contextmanager
def harness(folder: str, rows: int = SMALL, settings: Mapping[str, str] | None = None, **sandbox: Any) -> Iterator[Harness]:
    """A connector with an empty warehouse; deletes are looked for in each sync, and nothing is limited, unless it is said otherwise."""
    clock = FakeClock()
    with running(folder, rows=rows, clock=clock, **{"rate_limit": UNLIMITED, **sandbox}) as box:
        make_once(box.source, (folder, rows, sandbox.get("seed")))
        facts = FACTS[folder]
        yield Harness(folder, box, clock, {facts.sweep: "0", **facts.unlimited, **facts.brief(box.source), **(settings or {})})


_MADE: dict[tuple[Any, ...], Any] = {}


def make_once(source: Any, world: tuple[Any, ...]) -> None:
    """Lets a stand-in's base records, which nobody may change, be made once for all tests with the same seed and size.

    Its `collections` are by entity, or by entity and list.
    """
    for entity, found in getattr(source, "collections", {}).items():
        for place, collection in (found if isinstance(found, dict) else {"": found}).items():
            collection.make = partial(_made, (*world, entity, place), collection.layout.count, collection.make)


def _made(place: tuple[Any, ...], count: int, make: Callable[[int], Any], index: int) -> Any:
    if index >= count:  # a new record, which is about to be changed
        return make(index)
    key = (*place, index)
    if key not in _MADE:
        _MADE[key] = make(index)
    return _MADE[key]


def as_json(value: object) -> str:
    return json.dumps(value, default=str)
