"""Contract 18: one worker or eight, in whatever order their replies come: the same warehouse and the same state."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from random import Random
from typing import Any

import pytest

from tests.contract.facts import FACTS
from tests.contract.harness import Harness, direct
from tests.doubles import NOON

pytestmark = pytest.mark.usefixtures("few_tables")

ROWS = 40
PAGES = [10, 3, 1]  # so that there are many
DAY = 86_400.0
STORMS = 3  # in one of a few hundred a record is put off, by chance since the threads take turns by chance
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+]+")  # a storm is waited out, so the times at which things were done differ


class PutOff(Exception):
    """A storm struck the same page so often that a record of it became a row of `errors`, and arrived with a sync that was calm."""


def both_syncs(folder: str, workers: int, prepare: Callable[[Harness], None] = lambda h: None) -> tuple[str, Any]:
    """State and warehouse after a first sync and one after changes."""
    with direct(folder, rows=ROWS) as (h, _), pytest.MonkeyPatch.context() as patch:
        for place, name, value in FACTS[folder].tuning(h.modules, workers=workers, page_sizes=PAGES):
            patch.setattr(place, name, value)
        prepare(h)
        h.sync()
        h.clock.now = NOON + 3 * DAY
        h.source.change_bundle(share=0.05)
        h.sync()
        if h.open_errors():
            h.box.faults.clear()
            h.sync()
            assert h.differences() == []
            raise PutOff
        assert h.differences() == []
        return json.dumps(h.fivetran.state, sort_keys=True), h.fivetran.committed


@cache
def by_one_worker(folder: str) -> tuple[str, Any]:
    return both_syncs(folder, workers=1)


@pytest.mark.parametrize("workers", [2, 8])
def test_18_the_number_of_workers_changes_nothing(folder: str, workers: int) -> None:
    assert both_syncs(folder, workers) == by_one_worker(folder)


def in_a_storm(folder: str, workers: int) -> tuple[str, Any]:
    """State and warehouse after a storm in which no record was put off."""
    for _ in range(STORMS):
        with suppress(PutOff):
            return both_syncs(folder, workers, lambda h: h.box.faults.preset("storm"))
    raise AssertionError("each storm put a record off")


@pytest.mark.parametrize("workers", [1, 8])
def test_18_not_in_a_storm_either(folder: str, workers: int) -> None:
    state, rows = in_a_storm(folder, workers)
    calm_state, calm_rows = by_one_worker(folder)
    assert rows == calm_rows
    assert _settled(folder, state) == _settled(folder, calm_state)


def _settled(folder: str, state: str) -> str:
    """A state without times, and without what was learned of the source."""
    return re.sub(FACTS[folder].learned or "$^", "learned", MOMENT.sub("then", state))


@contextmanager
def restless() -> Iterator[None]:
    """Threads take turns after a few instructions."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def test_18_nor_the_order_in_which_replies_come(folder: str) -> None:
    for seed in range(3):
        random = Random(seed)

        def let_others_go_first(random: Random = random) -> None:
            for _ in range(random.choice((0, 0, 3, 30))):
                time.sleep(0)  # yields, and waits for nothing

        with restless():
            found = both_syncs(folder, 8, lambda h, act=let_others_go_first: h.box.faults.add("call", action=act))  # type: ignore[misc]
        assert found == by_one_worker(folder), f"with seed {seed}"
