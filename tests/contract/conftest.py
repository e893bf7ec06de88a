"""Every test here runs for every connector folder that there is."""

from __future__ import annotations

import gc

import pytest

from tests.contract import harness
from tests.contract.facts import FACTS
from tests.loading import FOLDERS, load


def pytest_collection_finish() -> None:
    """What was imported stays, so the collector need not go through it again with each of the thousands of syncs."""
    gc.freeze()


@pytest.fixture(params=FOLDERS)
def folder(request: pytest.FixtureRequest) -> str:
    """The name of a connector's folder."""
    return str(request.param)


@pytest.fixture
def few_tables(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a connector with a hundred tables only those that stand for the others, for tests that run a sync hundreds of times."""
    wanted, models = FACTS[folder].essential, load(folder).models
    if not wanted:
        return
    tables = models.tables
    for kind in ("ENTITIES", "REPORTS", "COLUMN_VALUES"):
        monkeypatch.setattr(models, kind, {name: one for name, one in getattr(models, kind).items() if name in wanted})
    monkeypatch.setattr(models, "tables", lambda optional: [table for table in tables(optional) if table.name in wanted])
    monkeypatch.setattr(harness, "ONLY", wanted)
    monkeypatch.setattr(harness, "_SCHEMAS", {})
