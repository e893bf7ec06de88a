"""Contract 20: states of the past, of the future and of nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from common.failures import StateProblem
from tests.contract.harness import harness

STATES = Path(__file__).with_name("states")


def test_20_a_stored_state_of_every_past_version_still_loads(folder: str) -> None:
    stored = sorted(STATES.glob(f"{folder}-*.json"))
    versions = {json.loads(path.read_text())["version"] for path in stored}
    with harness(folder) as h:
        assert versions == set(range(1, h.modules.cursors.VERSION + 1))
        for path in stored:
            h.fivetran.forget()
            h.fivetran.state = json.loads(path.read_text())
            h.sync()


def test_20_a_cursor_in_the_far_future_harms_nothing(folder: str) -> None:
    with harness(folder, settings={"delete_sweep_days": "7"}) as h:
        h.sync()
        h.fivetran.state = json.loads(_in_2099(json.dumps(h.fivetran.state), h.clock.now))
        h.source.change_bundle(share=0.1)
        h.sync()
        assert h.differences() == []


def _in_2099(state: str, now: float) -> str:
    from datetime import datetime, timezone  # noqa: PLC0415 - only here

    today = datetime.fromtimestamp(now, timezone.utc).date().isoformat()
    assert today in state
    return state.replace(today, "2099-01-01")


def spoiled(state: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Ways to break a state: a name and the broken state."""
    table = next(name for name, part in state.items() if isinstance(part, dict) and "last_id" in part)
    part = state[table]
    return [
        ("version", state | {"version": 99}),
        ("version", {name: value for name, value in state.items() if name != "version"}),
        (table, state | {table: "gone"}),
        ("last_id", state | {table: part | {"last_id": "seven"}}),
        ("modified_since", state | {table: part | {"modified_since": "yesterday"}}),
        ("swept_at", state | {table: part | {"swept_at": 5}}),
        ("delivered", state | {table: part | {"delivered": {"children": [], "blocks": [[1, 2, "%%%"]]}}}),
        ("open_errors", state | {"open_errors": []}),
    ]


def test_20_a_malformed_state_is_refused_by_name_before_any_row(folder: str) -> None:
    with harness(folder) as h:
        h.sync()
        for name, state in spoiled(h.fivetran.state):
            h.fivetran.state = state
            with pytest.raises(StateProblem, match=name):
                h.sync()
            assert h.fivetran.operations == 0
