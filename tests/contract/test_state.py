"""Contract 20: states of the past, of the future and of nobody.

`states/<folder>-<version>.json` is what a connector of that version stored after a first sync of a source of PAST_ROWS, seed 1, at NOON,
and one three days later, after `change_bundle(share=0.05)`. `states/<folder>-<version>-half.json` is from the middle of such a first sync.

Of the places where a state is spoilt, those of the same kind stand for each other: `SEED=45 pytest tests/contract/test_state.py` takes
others.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fivetran_connector_sdk import Logging

import common.warehouse
from common.failures import StateProblem
from tests.contract.facts import FACTS, Place, State
from tests.contract.harness import Harness, direct, harness
from tests.doubles import Direct

pytestmark = pytest.mark.usefixtures("few_tables")

STATES = Path(__file__).with_name("states")
PAST_ROWS = 12
SEED = int(os.environ.get("SEED", "1"))
GONE = object()


def state_of(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def stored(folder: str) -> list[Path]:
    return sorted(STATES.glob(f"{folder}-*.json"))


def past(h: Harness) -> None:
    """What was done before the stored states were."""
    h.sync()
    h.clock.pass_days(3)
    h.source.change_bundle(share=0.05)
    h.sync()


# --- The past ---


def test_20_a_state_of_every_past_version_is_stored(folder: str) -> None:
    with harness(folder) as h:
        for half in (False, True):
            versions = {state_of(path)["version"] for path in stored(folder) if path.stem.endswith("-half") == half}
            assert versions == set(range(1, h.modules.cursors.VERSION + 1))


def test_20_a_stored_state_of_every_past_version_goes_on_as_one_of_today(folder: str) -> None:
    for path in stored(folder):
        if path.stem.endswith("-half"):
            continue
        with direct(folder, rows=PAST_ROWS) as (h, _):
            past(h)
            committed, today = h.fivetran.committed, h.fivetran.state
            h.clock.pass_days(2)
            h.source.change_bundle(share=0.1)
            h.sync()
            of_today = sum(h.fivetran.touched.values())
            h.fivetran.committed, h.fivetran.state = committed, state_of(path)
            h.sync()
            assert h.differences() == [], path.name
            assert h.fivetran.state.keys() == today.keys()
            assert sum(h.fivetran.touched.values()) <= of_today
            h.sync()
            assert not h.fivetran.touched, path.name


def test_20_so_does_one_from_the_middle_of_a_sync(folder: str) -> None:
    facts = FACTS[folder]
    for path in STATES.glob(f"{folder}-*-half.json"):
        with direct(folder, rows=PAST_ROWS) as (h, _):
            h.sync()  # more rows than such a state claims, and none of another source
            h.fivetran.state = state_of(path)
            h.clock.pass_days(2)
            h.source.change("edit", entity=facts.entity)
            h.source.change("insert", entity=facts.entity)
            whole = h.fivetran.operations
            h.sync()
            assert h.fivetran.operations < whole, f"{path.name}: it began from the beginning"
            h.sync()
            assert h.differences() == [], path.name


# --- The future ---


def tells_of_today(state: dict[str, Any], now: float) -> bool:
    """Whether a state has a day or time of this sync."""
    return datetime.fromtimestamp(now, timezone.utc).date().isoformat() in json.dumps(state)


def in_2099(state: dict[str, Any], now: float) -> dict[str, Any]:
    """The state with every day and time of this sync as one of 2099."""
    assert tells_of_today(state, now)
    today = datetime.fromtimestamp(now, timezone.utc).date().isoformat()
    return dict(json.loads(json.dumps(state).replace(today, "2099-01-01")))


def test_20_cursors_in_the_far_future_harm_nothing(folder: str) -> None:
    with direct(folder, settings={FACTS[folder].sweep: "7"}) as (h, _):
        h.sync()
        h.fivetran.state = in_2099(h.fivetran.state, h.clock.now)
        h.source.change_bundle(share=0.1)
        h.sync()
        assert h.differences() == []
        h.clock.pass_days(8)
        h.source.change_bundle(share=0.1)
        h.sync()
        assert h.differences() == []


def test_20_not_in_the_middle_of_a_sync_either(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 25)
    with direct(folder, rows=PAST_ROWS, settings={FACTS[folder].sweep: "7"}) as (h, _):
        h.sync()
        now, checkpoints, told = h.clock.now, h.fivetran.checkpoints, 0
    for checkpoint in checkpoints[: -1 : max(3, len(checkpoints) // 12)]:
        with direct(folder, rows=PAST_ROWS, settings={FACTS[folder].sweep: "7"}) as (h, _):
            assert h.sync_killed_at(checkpoint + 1)
            if not tells_of_today(h.fivetran.state, now):  # it remembers nothing yet that could lie in the future
                continue
            told += 1
            h.fivetran.state = in_2099(h.fivetran.state, now)
            h.clock.pass_days(1)
            h.source.change_bundle(share=0.1)
            h.sync()
            h.clock.pass_days(8)
            h.sync()
            assert h.differences() == [], f"in 2099 since checkpoint {checkpoint}"
    assert told > 1


# --- Nobody's ---


def named(folder: str, state: State) -> Iterator[tuple[str, State]]:
    """What must be named, and damage that must be refused."""
    yield "version", state | {"version": 99}
    yield "version", {name: value for name, value in state.items() if name != "version"}
    yield "open_errors", state | {"open_errors": []}
    yield from FACTS[folder].damage(state)


def test_20_a_malformed_state_is_refused_by_name_before_any_row(folder: str) -> None:
    with direct(folder) as (h, _):
        h.sync()
        damaged = list(named(folder, h.fivetran.state))
        assert len(damaged) > 3, "the facts name no damage of what only this connector stores"
        for name, state in damaged:
            h.fivetran.state = state
            with pytest.raises(StateProblem, match=name):
                h.sync()
            assert h.fivetran.operations == 0


def places(value: object, place: Place = ()) -> Iterator[Place]:
    """Where something stands in a state, objects and lists included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield (*place, step)
        yield from places(inner, (*place, step))


def some_of_each(folder: str, state: State, random: Random) -> list[Place]:
    """One place of each kind: parts with the same keys are alike, and so are the entries of a list and of a table of ids."""
    kinds: dict[Place, list[Place]] = defaultdict(list)
    for place in places(state):
        kinds[_kind(FACTS[folder].tables_of_ids, state, place)].append(place)
    return [random.choice(alike) for alike in kinds.values()]


def _kind(tables_of_ids: frozenset[str], state: State, place: Place) -> Place:
    kinds: list[str] = []
    around: Any = state
    for number, step in enumerate(place):
        in_table = number > 0 and place[number - 1] in tables_of_ids
        kinds.append("*" if isinstance(step, int) or step.isdigit() or in_table else _shared_keys(around, step) or step)
        around = around[step]
    return tuple(kinds)


def _shared_keys(around: dict[str, Any], name: str) -> str:
    """The keys of a part, if another part beside it has the same ones."""
    part = around[name]
    alike = [other for other in around.values() if isinstance(part, dict) and isinstance(other, dict) and other.keys() == part.keys()]
    return ",".join(sorted(part)) if len(alike) > 1 else ""


def value_at(state: Any, place: Place) -> object:
    for step in place:
        state = state[step]
    return state


def is_damage(state: dict[str, Any], place: Place, garbage: object) -> bool:
    """Whether anybody could tell: by the kind of the value, by a key that is not there, by a text that is no name."""
    value = value_at(state, place)
    if garbage is GONE:
        return isinstance(place[-1], str) and not place[-1].isdigit()
    if isinstance(value, str) and isinstance(garbage, str):
        return re.fullmatch(r"[A-Za-z_ ]+", value) is None
    return type(value) is not type(garbage)


def spoilt(state: dict[str, Any], place: Place, value: object) -> dict[str, Any]:
    """A copy of a state with another value at a place, or without it."""
    found = copy.deepcopy(state)
    *parents, last = place
    at: Any = found
    for step in parents:
        at = at[step]
    if value is GONE:
        del at[last]
    else:
        at[last] = value
    return found


def spell(place: Place, garbage: str) -> str:
    return f"{garbage} at {'.'.join(map(str, place))}"


# Only what is of another kind than what stood there, or a text that is none of those that may stand there, is damage that can be told.
GARBAGE: dict[str, object] = {
    "gone": GONE,
    "null": None,
    "a word": "garbage",
    "a number": 7,
    "true": True,
    "an empty list": [],
    "an empty object": {},
    "a nested list": [[]],
    "a nested object": {"a": {"b": None}},
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_20_no_damage_of_a_state_is_ever_misread(folder: str, garbage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by name before any row, or no harm: the sync ends equal to the source, of which some was edited and deleted meanwhile."""
    monkeypatch.setattr(Logging, "LOG_LEVEL", Logging.Level.SEVERE)
    with direct(folder, rows=2) as (h, wire):
        state, committed = rich_state(h, wire)
        damaged = [place for place in some_of_each(folder, state, Random(SEED)) if is_damage(state, place, GARBAGE[garbage])]
        wrong = {spell(place, garbage): what for place in damaged if (what := outcome(h, state, committed, place, garbage))}
        assert wrong == {}, f"SEED={SEED} repeats it"


def rich_state(h: Harness, wire: Direct) -> tuple[dict[str, Any], Any]:
    """A state with something of everything, an open error included, and its warehouse; the source has changed since."""
    h.box.faults.add("poison_value", entity=h.facts.entity, id=h.ids()[-1], key=h.facts.field, value={"no": "date"})
    h.sync()
    h.clock.pass_days(1)
    h.source.change_bundle(share=0.05)
    h.sync()
    kept = h.fivetran.state, h.fivetran.committed
    h.box.faults.clear()
    h.clock.pass_days(0.5)
    h.source.change_bundle(share=0.05)
    wire.remember()
    return kept


def test_20_damage_that_was_once_misread(folder: str) -> None:
    with direct(folder, rows=2) as (h, wire):
        state, committed = rich_state(h, wire)
        known = {"table": FACTS[folder].table, "error": next(iter(state.get("open_errors", {})), "")}
        for place, garbage in FACTS[folder].misread:
            here = tuple(step.format_map(known) if isinstance(step, str) else step for step in place)
            assert outcome(h, state, committed, here, garbage) == "", spell(here, garbage)


def outcome(h: Harness, state: dict[str, Any], committed: Any, place: Place, garbage: str) -> str:
    """What is wrong with what a damaged state led to; "" if nothing is."""
    h.fivetran.committed, h.fivetran.state = committed, spoilt(state, place, GARBAGE[garbage])
    try:
        h.sync()
    except StateProblem as problem:
        named = any(f'"{step}"' in str(problem) or str(step) in str(problem) for step in place)
        return "" if h.fivetran.operations == 0 and named else f"refused, but {h.fivetran.operations} operations, or not by name: {problem}"
    except Exception as error:  # noqa: BLE001 - that there is none is what is tested
        return f"{type(error).__name__}: {error}"
    if h.differences():
        h.sync()  # what begins anew looks for deletes in the next one
    found = h.differences()
    return f"{len(found)} differences, such as {found[0]}" if found else ""


