"""Contract 23: whatever happens, in whatever order, the warehouse ends equal to the source, and no cursor moves back.

A failure prints a line `@reproduce_failure(...)`; put above the test, it runs that one example again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from fivetran_connector_sdk import Logging
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import common.warehouse
from common.failures import SyncFailed
from tests.contract.facts import FACTS
from tests.contract.harness import Harness, direct

pytestmark = pytest.mark.usefixtures("few_tables")

ROWS = 6
PAGES = [5, 2, 1]
# What may come between two syncs, and what may befall one; `seed` chooses among what the source offers.
SEEDS = st.integers(0, 1000)
STEPS = st.one_of(
    st.tuples(st.just("change"), SEEDS),
    st.tuples(st.just("change"), SEEDS),
    st.tuples(st.just("change everything"), st.just(0)),
    st.tuples(st.just("days"), st.sampled_from([0.01, 0.6, 1.0, 3.0, 40.0])),
    st.tuples(st.just("sync"), st.just(0)),
    st.tuples(st.just("killed"), st.integers(1, 900)),
    st.tuples(st.just("killed"), st.integers(1, 60)),
    st.tuples(st.just("storm"), st.booleans()),
)


def change(h: Harness, seed: float) -> None:
    kinds = [kind for kind in h.source.change_kinds if "(" not in kind and kind not in h.facts.unsettling]
    with suppress(LookupError):  # nobody is left to whom it could be done
        h.source.change(kinds[int(seed) % len(kinds)])


def storm(h: Harness, on: float) -> None:
    h.box.faults.clear()
    if on:
        h.box.faults.preset("storm")


def sync(h: Harness, stop_at: float) -> None:
    before = h.fivetran.state
    with suppress(SyncFailed):  # a storm may be too long
        h.sync_killed_at(int(stop_at)) if stop_at else h.sync()
    assert_never_back(h, [before, *h.fivetran.states])


DO: dict[str, Callable[[Harness, float], Any]] = {
    "change": change,
    "change everything": lambda h, _: h.source.change_bundle(share=0.05),
    "days": lambda h, days: h.clock.pass_days(days),
    "sync": sync,
    "killed": sync,
    "storm": storm,
}


def assert_never_back(h: Harness, states: list[dict[str, Any]]) -> None:
    cursors = FACTS[h.folder].cursors
    for before, after in pairwise(map(cursors, states)):
        for name in before.keys() & after.keys():
            assert before[name].since <= after[name].since, name
            if before[name].reading == after[name].reading:
                assert before[name].last <= after[name].last, name


# Not shrunk: a scenario of eight steps can be read as it is, and each try takes a good part of a second.
@settings(
    max_examples=8,
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=2, max_size=8), checkpoint_rows=st.sampled_from([10, 60, 20_000]))
def test_23_it_ends_equal_whatever_happens(folder: str, steps: list[tuple[str, float]], checkpoint_rows: int) -> None:
    with pytest.MonkeyPatch.context() as patch, direct(folder, rows=ROWS) as (h, _):
        for place, constant, sizes in FACTS[folder].tuning(h.modules, page_sizes=PAGES):
            patch.setattr(place, constant, sizes)
        patch.setattr(common.warehouse, "CHECKPOINT_ROWS", checkpoint_rows)
        patch.setattr(Logging, "LOG_LEVEL", Logging.Level.SEVERE)
        for name, value in steps:
            DO[name](h, value)
        h.box.faults.clear()
        for _quiet in range(2):
            h.clock.pass_days(1)
            sync(h, 0)
        assert h.differences() == []
        assert h.open_errors() == []
        h.sync()
        assert not h.fivetran.touched


def test_23_the_facts_tell_of_cursors_that_move(folder: str) -> None:
    with direct(folder, rows=ROWS) as (h, _):
        h.sync()
        first = FACTS[folder].cursors(h.fivetran.state)
        h.clock.pass_days(3)
        h.sync()
        assert any(first[name].since < cursor.since for name, cursor in FACTS[folder].cursors(h.fivetran.state).items())
