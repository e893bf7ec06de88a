"""Contract 4, in process: a sync that is killed at any moment, and resumed, ends in the same warehouse.

What a killed sync leaves behind is what its last checkpoint committed, so that all operations from behind one checkpoint up to the next
are the same moment: one of them stands for all, of each such stretch of a small source's first sync, of an incremental one, and of one that
looks for deletes. To run one of them alone: `STOP_AT=123 pytest tests/contract/test_resume.py`. Where a random number decides, `SEED=45`
repeats it; a failure names both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

import pytest
from fivetran_connector_sdk import Logging

import common.warehouse
from tests.contract.facts import FACTS
from tests.contract.harness import Harness, direct
from tests.doubles import Direct, Rows
from tests.loading import load

pytestmark = pytest.mark.usefixtures("few_tables")

PAGES = [10, 1]
ONE_IN, AT_MOST = 30, 25  # operations at which the harsher destination is tried
STOP_AT = os.environ.get("STOP_AT")
SEED = int(os.environ.get("SEED", Random().randrange(10_000)))


class Kept(NamedTuple):
    """What Fivetran has between two syncs."""

    state: dict[str, Any]
    committed: dict[str, Rows]


class Scene(NamedTuple):
    """A sync to be killed: what it starts from, what it ends in when nobody does, how many operations that takes, and its checkpoints."""

    start: Kept
    clean: Kept
    operations: int
    checkpoints: list[int]


Begin = Callable[[Harness], None]


def first(h: Harness) -> None:
    """An empty warehouse."""
    h.fivetran.forget()


def incremental(h: Harness) -> None:
    """A warehouse that a first sync has filled, with an error that is mended since, and a source that changed in all ways there are."""
    facts = FACTS[h.folder]
    spoiled = h.ids()[-1]
    h.box.faults.add("poison_value", entity=facts.entity, id=spoiled, key=facts.field, value={"no": "date"})
    h.sync()
    assert len(h.open_errors()) == 1
    h.box.faults.clear()
    h.clock.pass_days(3)
    done = {change["kind"] for change in h.source.change_bundle(share=0.05)}
    for word in ("insert", "edit", "delete", "merge"):
        assert any(word in kind for kind in done) == any(word in kind for kind in h.source.change_kinds)


def sweep(h: Harness) -> None:
    """A warehouse whose next search for deletes is due, and a source that has lost something meanwhile."""
    h.configuration[h.facts.sweep] = "7"
    h.sync()
    h.clock.pass_days(8)
    entity = FACTS[h.folder].entity
    for _ in range(3):
        h.source.change("delete", entity=entity)


def scene(h: Harness, wire: Direct, begin: Begin) -> Scene:
    """Runs the sync once to its end, which must equal the source."""
    begin(h)
    start = kept(h)
    h.sync()
    assert h.differences() == []
    assert h.open_errors() == []
    missing = {"upsert", "update", "delete", "truncate", "checkpoint"} - set(h.fivetran.kinds)
    assert missing <= MAY_BE_MISSING[begin] | h.facts.unused
    wire.remember()  # nothing changes from here on
    h.fivetran.checks = False  # what the clean run emitted was checked
    found = Scene(start, kept(h), h.fivetran.operations, h.fivetran.checkpoints)
    h.sync()
    assert not h.fivetran.touched
    return found


MAY_BE_MISSING: dict[Begin, set[str]] = {first: {"update", "delete"}, incremental: set(), sweep: {"upsert", "update", "truncate"}}


def kept(h: Harness) -> Kept:
    return Kept(h.fivetran.state, h.fivetran.committed)


def restore(h: Harness, start: Kept) -> None:
    h.fivetran.state, h.fivetran.committed = start


def moments(chosen: Iterable[int]) -> list[int]:
    """The operations at which to stop, or the one that was asked for."""
    return list(chosen) if STOP_AT is None else [int(STOP_AT)]


def one_between_each_two(checkpoints: list[int]) -> Iterator[int]:
    """Operations at which to stop, one of each stretch that ends with a checkpoint."""
    random = Random(SEED)
    return (random.randint(before + 1, checkpoint) for before, checkpoint in pairwise([0, *checkpoints]))


@contextmanager
def naming(begin: Begin, stop_at: int) -> Iterator[None]:
    """Whatever fails says at which operation the sync was stopped."""
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{begin.__name__} sync, stopped at operation {stop_at}: STOP_AT={stop_at} SEED={SEED} repeats it") from error


@pytest.fixture(autouse=True)
def _small_and_quiet(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pages and frequent checkpoints, so that the smallest lists have some of both inside.

    One request at a time: with several, where one page ends and the next begins depends on which arrives first, and with it the number of
    checkpoints.
    """
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 20)
    for place, name, value in FACTS[folder].tuning(load(folder), workers=1, page_sizes=PAGES):
        monkeypatch.setattr(place, name, value)
    monkeypatch.setattr(Logging, "LOG_LEVEL", Logging.Level.SEVERE)  # a thousand syncs


@pytest.mark.parametrize("begin", [first, incremental, sweep])
def test_04_stopped_at_every_operation(folder: str, begin: Begin) -> None:
    with direct(folder, rows=FACTS[folder].tiny) as (h, wire):
        start, clean, _, checkpoints = scene(h, wire, begin)
        assert len(checkpoints) > 1 or begin is sweep  # which is one checkpoint's work
        for stop_at in moments(one_between_each_two(checkpoints)):
            with naming(begin, stop_at):
                restore(h, start)
                assert h.sync_killed_at(stop_at), "it ended before that"
                h.sync()
                assert h.fivetran.committed == clean.committed
                if h.fivetran.state != clean.state:  # else the next sync would be the one behind the clean run once more
                    h.sync()
                    assert not h.fivetran.touched, "what the resumed sync remembers is not what it delivered"


@pytest.mark.parametrize("begin", [first, incremental])
def test_04_a_destination_that_keeps_what_came_after_the_last_checkpoint(folder: str, begin: Begin) -> None:
    with direct(folder, rows=FACTS[folder].tiny) as (h, wire):
        start, clean, operations, _ = scene(h, wire, begin)
        step = max(ONE_IN, operations // AT_MOST)
        for stop_at in moments(range(1 + Random(SEED).randrange(step), operations + 1, step)):
            with naming(begin, stop_at):
                restore(h, start)
                h.fivetran.at_least_once = True
                assert h.sync_killed_at(stop_at), "it ended before that"
                h.fivetran.at_least_once = False
                h.sync()
                assert h.fivetran.committed == clean.committed


@pytest.mark.parametrize("begin", [first, incremental])
def test_04_a_sync_killed_again_and_again_gets_to_the_end(folder: str, begin: Begin) -> None:
    with direct(folder, rows=FACTS[folder].tiny) as (h, wire):
        start, clean, operations, _ = scene(h, wire, begin)
        restore(h, start)
        random, runs = Random(SEED), 1
        with naming(begin, 0):
            while h.sync_killed_at(random.randint(operations // 6, operations // 3)):
                runs += 1
                assert runs < 30
            assert runs > 2
            assert h.fivetran.committed == clean.committed


def test_04_memory_of_a_killed_run_is_worth_no_more_than_its_checkpoint(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With checkpoints far apart a killed run leaves nothing at all, neither rows nor state."""
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 10**9)
    with direct(folder, rows=FACTS[folder].tiny) as (h, wire):
        start, clean, _, [before_any_checkpoint, *_] = scene(h, wire, first)
        restore(h, start)
        assert h.sync_killed_at(before_any_checkpoint)
        assert kept(h) == start
        h.sync()
        assert h.fivetran.committed == clean.committed
