"""Contract 5 and 6: a source that changes while it is read, and between a crash and what goes on from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

import pytest

import common.listings
import common.warehouse
from tests.contract.facts import FACTS
from tests.contract.harness import Harness
from tests.contract.unquiet import faults, lost_bystanders, small_pages, snapshot

pytestmark = pytest.mark.usefixtures("few_tables")

SEEDS = range(1, 3)
FEW = 20  # contacts


def sync_while_it_moves(h: Harness, preset: str) -> None:
    """A sync during which the source moves loses no bystander, and the quiet one behind it brings what is left."""
    before = snapshot(h)
    with faults(h, preset):
        h.sync()
    assert lost_bystanders(h, before) == []
    h.sync()
    assert h.differences() == []
    assert h.open_errors() == []


# --- 5: rows that come and go ---


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("preset", ["deletes-between-pages", "inserts-between-pages"])
def test_05_rows_that_come_or_go_between_two_pages(folder: str, preset: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_pages(folder, monkeypatch, seed=seed) as h:
        sync_while_it_moves(h, preset)
        h.clock.pass_days(3)
        h.source.change_bundle(share=0.05)
        sync_while_it_moves(h, preset)


def come_and_go(h: Harness, ids: Sequence[object]) -> None:
    """Deletes and edits records at both ends of a list and in the middle, and adds some."""
    entity = FACTS[h.folder].entity
    for at in (1, len(ids) // 2, -2):
        h.source.change("delete", entity=entity, id=ids[at])
        h.source.change("edit", entity=entity, id=ids[at - 1])
    for _ in range(3):
        h.source.change("insert", entity=entity)


def cuts(h: Harness, number: int) -> list[int]:
    """Operations at which to stop, each behind a checkpoint: half of them spread over the last sync, half while the table was written."""
    points = [point + 1 for point in h.fivetran.checkpoints[:-1]]
    first, last = h.fivetran.spans[h.facts.table]
    within = [point for point in points if first < point <= last]
    return [some[len(some) * at // (number // 2)] for some in (points, within) for at in range(number // 2)]


@pytest.mark.parametrize("first", [True, False], ids=["first sync", "next sync"])
def test_05_rows_that_come_or_go_between_a_crash_and_its_resumption(folder: str, first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 40)
    monkeypatch.setattr(common.listings, "RECORDS_AT_ONCE", 10)
    table = FACTS[folder].table
    with small_pages(folder, monkeypatch, rows=FACTS[folder].few) as h:
        if FACTS[folder].portions:
            place, _, name = FACTS[folder].portions.partition(".")
            monkeypatch.setattr(getattr(h.modules, place), name, 10)
        if not first:
            h.sync()
            h.clock.pass_days(3)
            h.source.change_bundle(share=0.3)
        start = h.fivetran.committed, h.fivetran.state
        h.sync()
        half_read = 0
        for stop_at in cuts(h, 4):
            h.fivetran.committed, h.fivetran.state = start
            assert h.sync_killed_at(stop_at)
            half_read += h.fivetran.committed[table] != start[0][table] and bool(h.differences())
            before = snapshot(h)
            come_and_go(h, h.ids())
            h.clock.pass_days(5)
            h.sync()
            assert lost_bystanders(h, before) == [], f"killed at operation {stop_at}"
            h.sync()
            assert h.differences() == [], f"killed at operation {stop_at}"
        assert half_read


# --- 6: rows that change ---


@pytest.mark.parametrize("eighths", [2, 6])
def test_06_rows_that_change_between_a_crash_and_its_resumption(folder: str, eighths: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the resumed sync has left from before the crash must not be written over what is newer."""
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 40)
    with small_pages(folder, monkeypatch, rows=FEW) as h:
        h.sync()
        points = h.fivetran.checkpoints[:-1]
        h.fivetran.forget()
        assert h.sync_killed_at(points[len(points) * eighths // 8] + 1)
        h.clock.pass_days(1)
        h.source.change_bundle(share=0.3)
        h.clock.pass_days(1)  # so that what changed is not read again only because it is new
        h.sync()
        h.sync()  # it may be what was begun that the resumed one ends, and no more
        assert h.differences() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_06_rows_that_are_edited_while_they_are_read(folder: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_pages(folder, monkeypatch, seed=seed) as h:
        sync_while_it_moves(h, "edits-while-reading")
        h.clock.pass_days(3)
        h.source.change_bundle(share=0.05)
        sync_while_it_moves(h, "edits-while-reading")


def test_06_rows_that_are_edited_in_a_sync_that_lasts_for_days(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_pages(folder, monkeypatch) as h:
        for _ in range(2):
            night = h.box.faults.add("call", h.source.places["pages"], times=5, probability=0.3, action=lambda: h.clock.pass_days(0.5))
            sync_while_it_moves(h, "edits-while-reading")
            assert night.struck >= 2
            h.clock.pass_days(3)


def second_request() -> Callable[[object], bool]:
    requests = count(1)
    return lambda _: next(requests) == 2


def test_06_a_row_is_edited_and_the_sync_goes_on_for_a_week(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next sync must not ask for what was modified after the end of this one, nor after its own beginning."""
    facts = FACTS[folder]
    with small_pages(folder, monkeypatch) as h:

        def edit_and_wait() -> None:
            h.source.change("edit", entity=facts.entity, id=h.ids()[0])
            h.clock.pass_days(8)

        for _ in range(2):
            late = h.box.faults.add("call", facts.pages, when=second_request(), action=edit_and_wait)
            h.sync()
            h.sync()
            assert late.struck == 1
            assert h.differences() == []
            h.source.change_bundle(share=0.3)
