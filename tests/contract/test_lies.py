"""Contract 7 and 8: a source whose timestamps, filters and pages are not what they seem."""

from __future__ import annotations

from typing import Any

import pytest

from common.failures import SyncFailed
from tests.contract.harness import Harness
from tests.contract.unquiet import faults, lost_bystanders, small_pages, snapshot

pytestmark = pytest.mark.usefixtures("few_tables")


def change(h: Harness) -> None:
    """Some of everything changes right behind a sync, deletes included, and is there to be found by the next one."""
    h.source.change_bundle(share=0.05)
    h.clock.pass_days(5)


def equal_in_the_end(h: Harness, preset: str, **overrides: Any) -> None:
    """A sync under a preset gives what is there, and the one after it finds what has changed since."""
    with faults(h, preset, **overrides):
        h.sync()
    assert h.differences() == []
    change(h)
    h.sync()
    assert h.differences() == []
    assert h.open_errors() == []


# --- 7: timestamps and filters ---


@pytest.mark.parametrize("seed", [1, 2])
def test_07_many_rows_with_one_timestamp(folder: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_pages(folder, monkeypatch, seed=seed) as h:
        with faults(h, "one-timestamp"):
            h.sync()
        h.sync()
        assert h.differences() == []
        h.clock.pass_days(3)
        before = snapshot(h)
        with faults(h, "one-timestamp", probability=1.0):
            h.sync()
        assert lost_bystanders(h, before) == []
        h.clock.pass_days(1)
        h.sync()
        assert h.differences() == []


@pytest.mark.parametrize("preset", ["filter-inclusive", "filter-exclusive", "filter-ignored"])
def test_07_filters_that_are_read_in_another_way(folder: str, preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_pages(folder, monkeypatch) as h:
        h.box.faults.preset(preset)  # perhaps a first sync asks for nothing that this misreads
        h.sync()
        assert h.differences() == []
        h.box.faults.clear()
        change(h)
        equal_in_the_end(h, preset)


# --- 8: pages ---

ONE_BY_ONE, AT_ONCE = 1, 8  # workers; with one, a seed gives the same run every time
LYING_PAGES: dict[str, dict[str, Any]] = {"out-of-order": {}, "silent-cap": {"rows": 4}, "depth-cap": {"rows": 10}}


@pytest.mark.parametrize("preset", LYING_PAGES)
def test_08_pages_that_are_not_what_was_asked_for(folder: str, preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_pages(folder, monkeypatch, workers=AT_ONCE) as h:
        if preset in h.facts.out_of_reach:
            pytest.skip("this source has no other way to what it withholds: see the next test")
        with faults(h, preset, **LYING_PAGES[preset]):
            h.sync()
        assert h.differences() == []
        change(h)
        equal_in_the_end(h, preset, **LYING_PAGES[preset])


@pytest.mark.parametrize("preset", LYING_PAGES)
def test_08_what_is_out_of_reach_fails_the_sync_and_nothing_is_taken_for_gone(
    folder: str, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_pages(folder, monkeypatch, workers=AT_ONCE) as h:
        if preset not in h.facts.out_of_reach:
            pytest.skip("this source has another way to it")
        with faults(h, preset, **LYING_PAGES[preset]), pytest.raises(SyncFailed, match=h.facts.table):
            h.sync()
        h.sync()
        assert h.differences() == []
        before = snapshot(h)
        change(h)
        with faults(h, preset, **LYING_PAGES[preset]), pytest.raises(SyncFailed, match=h.facts.table):
            h.sync()
        assert lost_bystanders(h, before) == []
        h.sync()
        assert h.differences() == []


def test_08_what_a_merge_moved_comes_out_of_order(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the question for what moved has a reply of several rows, so that no other one tells that the order is not kept."""
    with small_pages(folder, monkeypatch, workers=ONE_BY_ONE) as h:
        merge = next((kind for kind in h.source.change_kinds if kind.startswith("merge")), None)
        if merge is None:
            pytest.skip("nothing is merged at this source")
        h.sync()
        h.clock.pass_days(5)
        h.source.change(merge)
        with faults(h, "out-of-order"):
            h.sync()
        h.sync()
        assert h.differences() == []


def test_08_one_page_in_ten_is_the_one_before_it(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    for seed, workers in [(1, ONE_BY_ONE), (2, ONE_BY_ONE), (3, AT_ONCE), (4, AT_ONCE)]:
        with small_pages(folder, monkeypatch, workers=workers, seed=seed) as h:
            h.box.faults.preset("repeated-page", probability=0.1)
            found += [f"seed {seed}, {workers} workers: {line}" for line in (*sync_for_better_or_worse(h), *h.differences())]
            change(h)
            found += [f"seed {seed}, {workers} workers: {line}" for line in (*sync_for_better_or_worse(h), *h.differences())]
    assert found == []


def sync_for_better_or_worse(h: Harness) -> list[str]:
    """A sync that may fail; why it did."""
    try:
        h.sync()
    except SyncFailed as failure:
        return [str(failure)]
    return []


def test_08_most_pages_are_the_one_before_them(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a sync may fail, but it loses nothing and claims nothing: what is there stays, and what is missing comes later."""
    failures: list[str] = []
    for seed in (1, 3):
        with small_pages(folder, monkeypatch, workers=AT_ONCE, seed=seed) as h:
            with faults(h, "repeated-page", probability=0.6):
                failures += sync_for_better_or_worse(h)
            h.sync()
            assert h.differences() == []
            before = snapshot(h)
            change(h)
            with faults(h, "repeated-page", probability=0.6):
                failures += sync_for_better_or_worse(h)
            assert lost_bystanders(h, before) == []
            h.sync()
            assert h.differences() == []
