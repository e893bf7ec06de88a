"""For sources that move or lie while they are read: small pages, an end to endless loops, and who must not be lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from sandbox.client import ServedTable
from sandbox.compare import differences
from tests.contract.facts import FACTS
from tests.contract.harness import SMALL, Harness, direct

MOST_REQUESTS = 1_500  # of one sync of a SMALL source, in small pages: several times what the worst of the modes needs

Row = dict[str, Any]
Snapshot = dict[str, list[Row]]


@contextmanager
def small_pages(
    folder: str, monkeypatch: pytest.MonkeyPatch, rows: int = SMALL, workers: int | None = None, **sandbox: Any
) -> Iterator[Harness]:
    """A harness whose connector reads a small source in many pages."""
    with direct(folder, rows=rows, **sandbox) as (h, _):
        for target in FACTS[folder].tuning(h.modules, workers=workers, page_sizes=FACTS[folder].small_pages):
            monkeypatch.setattr(*target)
        yield h


@contextmanager
def faults(h: Harness, preset: str, **overrides: Any) -> Iterator[None]:
    """A preset while the block lasts. It must strike, and a sync that never ends is cut off, so that it fails."""
    requests = count()
    h.box.faults.preset(preset, **overrides)
    h.box.faults.add("reset", when=lambda _: next(requests) >= MOST_REQUESTS)
    yield
    struck = h.box.faults.struck()
    h.box.faults.clear()
    assert struck.pop("reset") == 0, f"more than {MOST_REQUESTS} requests"
    assert sum(struck.values()) > 0, f"{preset} never struck"


def snapshot(h: Harness) -> Snapshot:
    """The source's rows as they are now, by table."""
    return {name: table.values for name, table in h.truth().items()}


def lost_bystanders(h: Harness, before: Snapshot) -> list[str]:
    """What the warehouse lacks, or has wrong, of the rows that are in the source as they were `before`."""
    found: list[str] = []
    for name, table in h.truth().items():
        kept = {_key(table.key, row): row for row in before[name]}
        steady = [row for row in table.rows() if kept.get(_key(table.key, row)) == row]
        keys = {_key(table.key, row) for row in steady}
        there = [row for row in h.rows(name) if _key(table.key, row) in keys]
        part = ServedTable(table.key, table.columns, steady)
        found += [f"{name}: {line}" for line in differences(part, there, columns=table.columns)]
    return found


def _key(columns: list[str], row: Row) -> tuple[str, ...]:
    return tuple(str(row[column]) for column in columns)
