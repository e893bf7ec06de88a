"""Contract 4, in process: a sync that is killed at any moment, and resumed, ends in the same warehouse."""

from __future__ import annotations

import pytest

import common.warehouse
from tests.contract.harness import Harness, harness

TINY = 12  # contacts: few enough to stop often


def moments(h: Harness, spread: int) -> list[int]:
    """Operations at which to stop: at each checkpoint, right after it, and some in between."""
    around = {number + step for number in h.fivetran.checkpoints for step in (0, 1)}
    between = range(1, h.fivetran.operations, max(1, h.fivetran.operations // spread))
    return sorted(number for number in {*around, *between} if number <= h.fivetran.operations)


def test_04_a_first_sync_stopped_anywhere(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 25)  # so that small tables have checkpoints inside as well
    with harness(folder, rows=TINY) as h:
        h.sync()
        assert h.differences() == []
        clean = h.fivetran.committed
        for stop_at in moments(h, spread=30):
            h.fivetran.forget()
            assert h.sync_killed_at(stop_at)
            h.sync()
            assert h.fivetran.committed == clean, f"killed at operation {stop_at}"


def test_04_an_incremental_sync_stopped_anywhere(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 25)
    with harness(folder, rows=TINY) as h:
        h.sync()
        h.clock.pass_days(3)
        h.source.change_bundle(share=0.05)
        before = h.fivetran.committed, h.fivetran.state
        h.sync()
        assert h.differences() == []
        clean = h.fivetran.committed
        for stop_at in moments(h, spread=20):
            h.fivetran.committed, h.fivetran.state = before
            assert h.sync_killed_at(stop_at)
            h.sync()
            assert h.fivetran.committed == clean, f"killed at operation {stop_at}"


def test_04_a_sync_killed_again_and_again_gets_to_the_end(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 100)
    with harness(folder, rows=TINY) as h:
        h.sync()
        third = h.fivetran.operations // 3
        h.fivetran.forget()
        runs = 1
        while h.sync_killed_at(third):
            runs += 1
            assert runs < 9
        assert runs > 2
        assert h.differences() == []
