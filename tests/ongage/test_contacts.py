"""Contacts: how the searches tile a list, what happens when one fails, and which changes arrive with which sync."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from common.failures import SyncFailed
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness
from tests.doubles import NOON
from tests.ongage.only import DAY, IMPORTED, MAIN, MODULES, OLD, SMALL, asked, differing, exports, only

plan, contacts = MODULES.plan, MODULES.contacts
WEEKLY = {"full_refresh_days": "7"}
SEARCHES = r"/api/contact_search"


def windows(h: Harness, list_id: str) -> list[tuple[Any, Any]]:
    """From when to when the searches of the last sync looked for contacts of a list, without the day on both sides."""
    found = []
    for request in asked(h, "POST", f"/{list_id}{SEARCHES}"):
        bounds: dict[str, int] = {one["operator"]: one["operand"][0] for one in request.body["filters"]["criteria"]}
        low, high = bounds.get(">="), bounds.get("<")
        found.append((low + DAY if low is not None else None, high - DAY if high is not None else None))
    return found


def in_sync(h: Harness, *lists: str) -> list[str]:
    return differing(h, "contacts", lists=lists)


def touched(h: Harness) -> int:
    """How many rows of contacts the last sync wrote or deleted."""
    return h.fivetran.touched["contacts"]


def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every list is a large one."""
    monkeypatch.setattr(plan, "LARGE_LIST_CONTACTS", 0)


# --- Windows ---


def test_a_large_list_is_read_in_windows_that_leave_no_second_out_and_nobody_twice() -> None:
    with only("contacts", rows=60) as (h, _):
        now, created = int(h.clock.now), h.source.world.default.created
        edges = [end for _, end in _expected_windows(now, created)][1:20:6]
        for edge in edges:
            for second in (edge - 1, edge):
                h.source.change("insert_contact", list_id=int(MAIN), created=second)
        h.sync()
        tiles = windows(h, MAIN)
        assert tiles == _expected_windows(now, created)
        assert windows(h, SMALL) == windows(h, OLD) == [(None, None)]
        assert in_sync(h) == []
        assert touched(h) == len(h.rows("contacts"))
        arrived = sorted(_seconds(row) for row in h.rows("contacts") if row["list_id"] == MAIN)
        assert arrived[0] < created  # who was copied is older than the list
        empty = [start for start, end in tiles if start and end and not any(start <= one < end for one in arrived)]
        assert min(empty) > arrived[0]


def _expected_windows(now: int, created: int) -> list[tuple[Any, Any]]:
    """Three months each, from the second after now to the creation, and what is before."""
    windows: list[tuple[Any, Any]] = []
    end = now + 1
    while end > created:
        start = int((datetime.fromtimestamp(end, plan.timezone.utc) - plan.relativedelta(months=3)).timestamp())
        windows.append((start, end))
        end = start
    return [*windows, (None, end)]


def _seconds(row: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(row["ocx_created_date"].replace("Z", "+00:00")).timestamp())


# --- Searches that do not end well ---


def test_searches_that_never_end_become_smaller_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    small_windows(monkeypatch)
    with only("contacts", rows=200, list_ids=IMPORTED, batch_months="12") as (h, _):
        h.source.switches.limit_days = 186.0
        h.sync()
        assert in_sync(h, IMPORTED) == []
        assert {365, 182} <= {(end - start) // DAY for start, end in windows(h, IMPORTED) if start and end}
        assert not h.source.jobs


def test_a_window_becomes_no_smaller_than_two_weeks_but_for_the_rest() -> None:
    todo, done = [plan.Window(plan.CREATED, 0, 100 * DAY)], list[Any]()
    while todo:
        window = todo.pop()
        smaller = plan.halved(window)
        assert [smaller[0].end, smaller[-1].start] == [window.end, window.start]
        (done if len(smaller) == 1 else todo).extend(smaller)
    assert [one.start for one in done[1:]] == [one.end for one in done[:-1]]
    assert max(one.end - one.start for one in done) == 14 * DAY
    assert sum(one.end - one.start < 14 * DAY for one in done) <= len(done) // 2


def test_a_list_that_is_larger_than_it_says_is_read_in_windows_once_its_search_does_not_end() -> None:
    with only("contacts", rows=200, list_ids=IMPORTED) as (h, _):
        h.source.switches.limit_days = 190.0
        h.sync()
        first, *others = windows(h, IMPORTED)
        assert first == (None, None)
        assert others[0] == (others[1][1], int(NOON) + 1)
        assert in_sync(h, IMPORTED) == []


@pytest.mark.parametrize("status", [1, 3])
def test_a_search_that_always_fails_stops_its_list_and_no_other(status: int) -> None:
    with only("contacts", rows=60, **WEEKLY) as (h, _):
        h.box.faults.add("set_value", rf"/{SMALL}{SEARCHES}/\d+$", key="payload.status", value=status)
        with pytest.raises(SyncFailed, match=f"list {SMALL}"):
            h.sync()
        stored = h.fivetran.state["lists"][SMALL]["contacts"]
        assert stored["since"] is None
        assert stored["windows"]
        assert not any(search for *_, search in stored["windows"])
        assert in_sync(h, MAIN, OLD, IMPORTED) == []
        assert not h.source.jobs
        h.box.faults.clear()
        h.sync()
        assert in_sync(h) == []


@pytest.mark.parametrize("when", ["POST", "GET"])
def test_a_search_that_vanishes_is_made_anew(when: str) -> None:
    with only("contacts", rows=60, list_ids=SMALL) as (h, wire):
        gone = list[Reply]()

        def vanish(request: Request, reply: Reply) -> None:
            if request.method == when and "contact_search" in request.path and not gone:
                gone.append(reply)
                h.source.jobs.clear()

        wire.told = vanish
        h.sync()
        assert gone
        assert in_sync(h, SMALL) == []


def test_an_export_that_never_comes_whole_is_asked_for_in_smaller_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "LARGE_LIST_CONTACTS", 10**9)
    with only("contacts", rows=100, list_ids=MAIN) as (h, wire):

        def break_long_ones(request: Request, reply: Reply) -> None:
            if request.path.endswith("/export") and reply.encoded().count(b"\n7") + reply.encoded().count(b"@") > 20:
                reply.cut = 0.5

        wire.told = break_long_ones
        h.sync()
        assert windows(h, MAIN)[0] == (None, None)
        assert len(windows(h, MAIN)) > 40
        assert in_sync(h, MAIN) == []


def test_a_sync_that_is_stopped_never_begins_a_search_again_that_its_state_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    small_windows(monkeypatch)
    with only("contacts", rows=60, list_ids=IMPORTED, batch_months="12") as (h, _):
        kept: list[tuple[dict[str, Any], dict[int, Any], dict[str, Any]]] = []
        checkpoint = h.fivetran.checkpoint

        def keep(state: dict[str, Any]) -> None:
            checkpoint(state)
            kept.append((h.fivetran.state, dict(h.source.jobs), h.fivetran.committed))

        h.fivetran.checkpoint = keep  # type: ignore[method-assign]
        h.sync()
        h.fivetran.checkpoint = checkpoint  # type: ignore[method-assign]
        assert len(kept) > 8
        for state, jobs, rows in kept:
            h.fivetran.state, h.fivetran.committed, h.source.jobs = state, rows, jobs
            todo = state["lists"][IMPORTED]["contacts"]["windows"]
            known = [search for *_, search in todo if search]
            assert set(jobs) <= {int(search) for search in known} | {int(job) for *_, job in state["trash"]}
            finished = state["lists"][IMPORTED]["contacts"]["kind"] == ""
            h.sync()
            if not finished:
                assert len(asked(h, "POST", SEARCHES)) == len(todo) - len(known)
            assert in_sync(h, IMPORTED) == []
            assert not h.source.jobs


def test_a_search_that_cannot_be_deleted_is_deleted_by_the_next_sync() -> None:
    with only("contacts", rows=40, list_ids=SMALL) as (h, _):
        h.box.faults.add("status", SEARCHES, status=503, when=lambda request: request.method == "DELETE")
        h.sync()
        assert h.source.jobs
        h.box.faults.clear()
        h.sync()
        assert not h.source.jobs


# --- Changes ---


def test_what_leaves_a_date_arrives_with_the_next_sync_and_is_written_once() -> None:
    with only("contacts", rows=60, **WEEKLY) as (h, _):
        h.sync()
        for kind in ("unsubscribe", "resubscribe", "bounce", "complain", "insert_contact"):
            h.clock.pass_days(0.5)
            h.source.change(kind, list_id=int(MAIN))
            h.sync()
            assert in_sync(h) == [], kind
            assert touched(h) == 1, kind
            assert len(windows(h, MAIN)) == 5
            h.sync()  # the overlap meets it once more
            assert touched(h) == 0, kind
        h.clock.pass_days(7)
        h.sync()
        assert len(windows(h, MAIN)) > 40
        assert touched(h) == 0
        h.sync()
        assert touched(h) == 0


def test_what_leaves_no_date_arrives_with_the_full_reading_and_alone() -> None:
    with only("contacts", rows=60, **WEEKLY) as (h, _):
        h.sync()
        h.clock.pass_days(1)
        for kind in ("edit_field", "remove_contact"):
            for list_id in (MAIN, SMALL):
                h.source.change(kind, list_id=int(list_id))
        h.source.change("insert_contacts_backdated", count=2, list_id=int(MAIN))
        h.sync()
        assert touched(h) == 0
        h.clock.pass_days(6.01)
        h.source.change("unsubscribe", list_id=int(MAIN))
        h.sync()
        assert in_sync(h) == []
        assert touched(h) == 7
        h.clock.pass_days(7.01)
        h.sync()
        assert touched(h) == 0


def test_an_edit_of_a_contact_that_changed_before_is_found_and_so_is_its_removal() -> None:
    """Contacts that arrived since the last full reading are known by their ids and not by the mirror."""
    with only("contacts", rows=60, list_ids=MAIN, **WEEKLY) as (h, _):
        h.sync()
        h.clock.pass_days(1)
        ids = [h.source.change(kind, list_id=int(MAIN))["id"] for kind in ("insert_contact", "insert_contact", "unsubscribe", "bounce")]
        h.sync()
        assert touched(h) == 4
        h.clock.pass_days(7)
        for edited, removed in (ids[:2], ids[2:]):
            h.source.change("edit_field", id=edited)
            h.source.change("remove_contact", id=removed)
        h.sync()
        assert in_sync(h, MAIN) == []
        assert touched(h) == 4
        h.sync()
        assert touched(h) == 0


def test_dates_in_a_zone_ahead_lose_nobody() -> None:
    with only("contacts", rows=60, list_ids=MAIN, **WEEKLY) as (h, wire):
        wire.told = exports(lambda text: _in_another_zone(text, 13))
        h.sync()
        for _ in range(4):
            h.clock.pass_days(0.25)
            h.source.change("insert_contact", list_id=int(MAIN))
            h.clock.pass_days(0.25)
            h.source.change("unsubscribe", list_id=int(MAIN))
            h.sync()
        h.clock.pass_days(1)  # those whose dates lie ahead are met when their time has come
        h.sync()
        true = {row["id"]: row["ocx_status"] for row in h.truth()["contacts"].rows() if row["list_id"] == MAIN}
        assert {row["id"]: row["ocx_status"] for row in h.rows("contacts")} == true


def _in_another_zone(text: str, hours: int) -> str:
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    places = [place for place, name in enumerate(rows[0]) if name in plan.CHANGES]
    for row in rows[1:]:
        for place in places:
            if row[place]:
                row[place] = str(datetime.fromisoformat(row[place]) + timedelta(hours=hours))
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def test_more_changes_than_are_remembered_arrive_and_lead_to_a_full_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOST_REMEMBERED", "LEAST_REMEMBERED"):
        monkeypatch.setattr(contacts, name, 2)
    with only("contacts", rows=60, list_ids=MAIN, **WEEKLY) as (h, _):
        h.sync()
        h.clock.pass_days(1)
        for _ in range(5):
            h.source.change("unsubscribe", list_id=int(MAIN))
        h.sync()
        assert in_sync(h, MAIN) == []
        assert touched(h) == 5
        h.clock.pass_days(3)
        h.source.change("edit_field", list_id=int(MAIN))
        h.source.change("remove_contact", list_id=int(MAIN))
        h.sync()
        assert in_sync(h, MAIN) == []
        h.clock.pass_days(1)
        h.sync()
        assert len(windows(h, MAIN)) == 5  # once
        assert touched(h) == 0


# --- Full readings ---


def test_more_edits_than_can_be_told_apart_rewrite_the_list_and_end_who_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "TOTAL_WIDTH", 1)
    with only("contacts", rows=300, list_ids=MAIN) as (h, _):
        h.fivetran.checks = False
        h.sync()
        ids = [row["id"] for row in h.rows("contacts")]
        for number in ids[:180]:
            h.source.change("edit_field", id=number)
        for number in ids[180:200]:
            h.source.change("remove_contact", id=number)
        h.sync()
        assert in_sync(h, MAIN) == []
        assert touched(h) == len(ids)
        assert not h.fivetran.warnings
        h.sync()
        assert touched(h) == 0


def test_more_that_came_and_went_than_can_be_told_apart_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "TOTAL_WIDTH", 1)
    with only("contacts", rows=300, list_ids=MAIN) as (h, _):
        h.fivetran.checks = False
        h.sync()
        h.clock.pass_days(1)
        for number in [row["id"] for row in h.rows("contacts")][:40]:
            h.source.change("remove_contact", id=number)
        h.source.change("insert_contacts_backdated", count=160, list_id=int(MAIN))
        h.sync()
        assert any("so many contacts are gone" in line for line in h.fivetran.warnings)
        assert all("is not in the truth" in line or "differences in all" in line for line in in_sync(h, MAIN))
        h.sync()
        assert touched(h) == 0


def test_who_is_missing_from_a_full_reading_but_there_is_kept_and_read_with_the_next_sync() -> None:
    with only("contacts", rows=60, list_ids=MAIN, **WEEKLY) as (h, wire):
        h.sync()
        before = {row["id"] for row in h.rows("contacts")}
        hidden = h.source.change("edit_field", list_id=int(MAIN))["id"]
        gone = next(number for number in sorted(before) if number != hidden)
        h.source.change("remove_contact", id=gone)
        h.clock.pass_days(8)
        wire.told = exports(lambda text: _without(text, {hidden}))
        h.sync()
        assert {row["id"] for row in h.rows("contacts")} == before - {gone}
        assert any("1 contacts were missing" in line for line in h.fivetran.warnings)
        wire.told = lambda *_: None
        h.sync()
        assert in_sync(h, MAIN) == []
        assert touched(h) == 1


def _without(text: str, ids: set[str]) -> str:
    """The CSV without the rows of some contacts; cells with line breaks make whole lines unsafe."""
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(row for row in rows if row[0] not in ids)
    return written.getvalue()


def test_a_full_reading_that_lacks_a_fifth_deletes_nobody_and_changes_still_arrive() -> None:
    with only("contacts", rows=200, list_ids=MAIN, **WEEKLY) as (h, wire):
        h.sync()
        ids = [row["id"] for row in h.rows("contacts")]
        h.clock.pass_days(8)
        changed = h.source.change("unsubscribe", list_id=int(MAIN))["id"]
        hidden = set(ids[: len(ids) // 4]) - {changed}
        wire.told = exports(lambda text: _without(text, hidden))
        h.sync()
        assert h.fivetran.kinds["delete"] == 0
        assert any("That is not believed" in line for line in h.fivetran.warnings)
        assert in_sync(h, MAIN) == []
        assert touched(h) == 1
        assert not h.source.jobs


# --- The CSV ---


def test_dates_as_numbers_a_byte_order_mark_and_null_for_nothing() -> None:
    with only("contacts", rows=60) as (h, _):
        h.sync()
        switches = h.source.switches
        switches.csv_epoch, switches.csv_bom, switches.csv_null = True, True, "null"
        h.fivetran.forget()
        h.sync()
        assert in_sync(h) == []


BROKEN: dict[str, Callable[[str], str]] = {
    "a web page": lambda text: "<html><body>Bad gateway</body></html>",
    "an error": lambda text: '{"metadata":{"error":true},"payload":{"code":500,"message":"no"}}',
    "nothing": lambda text: "",
    "a row begun": lambda text: text[: -(len(text) // 3)] + '"',
    "fewer rows, and the last one without an end": lambda text: "\n".join(text.split("\n")[:3]),
    "the header without an end": lambda text: text.split("\n")[0],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_csv_that_is_broken_once_is_read_again(broken: str) -> None:
    with only("contacts", rows=60, list_ids=SMALL, **WEEKLY) as (h, wire):
        wire.told = exports(BROKEN[broken], SMALL, times=1)
        h.sync()
        assert in_sync(h, SMALL) == []
        assert len(asked(h, "POST", SEARCHES)) == 1
        assert not h.rows("errors")
        wire.told = exports(BROKEN[broken], SMALL, times=1)
        h.clock.pass_days(8)
        h.sync()
        assert touched(h) == 0


@pytest.mark.parametrize("broken", ["a web page", "an error", "nothing"])
def test_a_csv_that_is_always_broken_fails_the_sync_and_deletes_nobody(broken: str) -> None:
    with only("contacts", rows=40, list_ids=SMALL, **WEEKLY) as (h, wire):
        h.sync()
        before = h.rows("contacts")
        h.clock.pass_days(8)
        wire.told = exports(BROKEN[broken], SMALL)
        with pytest.raises(SyncFailed, match=f"list {SMALL}"):
            h.sync()
        assert h.rows("contacts") == before
        wire.told = lambda *_: None
        h.sync()
        assert in_sync(h, SMALL) == []


def test_a_source_that_never_ends_its_last_line_loses_nobody() -> None:
    with only("contacts", rows=60, list_ids=f"{SMALL},{MAIN}", **WEEKLY) as (h, wire):
        wire.told = exports(lambda text: text.rstrip("\n"), "700..")
        h.sync()
        assert in_sync(h, SMALL, MAIN) == []
        h.clock.pass_days(8)
        h.source.change("edit_field", list_id=int(SMALL))
        h.sync()
        assert in_sync(h, SMALL, MAIN) == []
        assert touched(h) == 1


def test_a_row_with_too_few_cells_is_an_error_and_nobody_is_taken_for_gone() -> None:
    with only("contacts", rows=60, list_ids=MAIN, **WEEKLY) as (h, wire):
        h.sync()
        before = sorted(row["id"] for row in h.rows("contacts"))
        gone = h.source.change("remove_contact", list_id=int(MAIN))["id"]
        short = random.Random(1).choice([number for number in before if number != gone])
        h.source.change("edit_field", id=next(number for number in before if number not in {gone, short}))
        wire.told = exports(lambda text: _shortened(text, short))
        h.clock.pass_days(8)
        h.sync()
        assert h.open_errors()
        assert h.fivetran.kinds["delete"] == 0
        assert touched(h) == 1
        wire.told = lambda *_: None
        h.clock.pass_days(8)
        h.sync()
        assert in_sync(h, MAIN) == []


def _shortened(text: str, contact: str) -> str:
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(row[:3] if row[0] == contact else row for row in rows)
    return written.getvalue()
