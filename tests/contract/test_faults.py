"""Contract 9 to 14: a source that refuses, limits, fails, or serves what nobody expects."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from threading import Lock
from typing import Any

import pytest

import common.requests
from common import errors
from common.failures import SettingProblem, SyncFailed
from tests.contract.facts import FACTS, example
from tests.contract.harness import SMALL, Harness, direct, harness

MINUTE, HOUR = 60.0, 3600.0


def missing(h: Harness, table: str, number: object) -> list[str]:
    """The differences that say of a record that it is missing."""
    row = f"row {h.named(table, number)} is missing in the warehouse"
    return [line for line in h.differences() if line == f"{table}: {row}"]


# --- 9: the credential and the permissions ---


def test_09_a_refused_credential_ends_in_one_sentence_after_a_handful_of_calls(folder: str) -> None:
    secret = FACTS[folder].secret
    with direct(folder, settings={secret: example(folder, secret, "not-the-right-one")}) as (h, _):
        with pytest.raises(SettingProblem, match=f'"{secret}"'):
            h.sync()
        assert len(h.box.requests) < 10
        assert h.fivetran.operations == 0


def test_09_a_credential_that_is_revoked_half_way_stops_the_sync(folder: str) -> None:
    with harness(folder) as h:
        h.box.faults.add("status", FACTS[folder].pages, status=401, body={"message": "Authorization has been denied for this request."})
        with pytest.raises(SettingProblem, match=FACTS[folder].secret):
            h.sync()
        assert sum(request.status == 401 for request in h.box.requests) < 10


def test_09_one_forbidden_table_is_named_and_the_rest_is_complete(folder: str) -> None:
    facts = FACTS[folder]
    with direct(folder) as (h, _):
        h.source.forbidden = {facts.entity}
        h.sync()
        named = [warning for warning in h.fivetran.warnings if facts.table in warning]
        assert len(named) == 1
        assert "403" in named[0]
        assert h.differences(without=facts.dependent | facts.poorer) == []
        h.source.forbidden = set()
        h.clock.pass_days(2)
        h.sync()
        assert h.differences() == []


# --- 10: limits ---


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_10_retry_after_is_obeyed_by_every_thread(folder: str, form: str) -> None:
    with harness(folder, rows=SMALL) as h:
        value = "847" if form == "seconds" else time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(h.clock.now + 847))
        refused_at = h.clock.now
        h.box.faults.add("status", FACTS[folder].pages, times=1, status=429, retry_after=value)
        h.sync()
        assert h.differences() == []
        times = [request.at for request in h.box.requests if request.at > refused_at]
        assert min(times) >= refused_at + 847


def test_10_a_429_without_a_time_is_met_with_growing_pauses(folder: str) -> None:
    with direct(folder) as (h, _):
        h.box.faults.add("status", FACTS[folder].pages, times=4, status=429)
        h.sync()
        assert h.differences() == []
        pauses = [seconds for seconds in h.clock.slept if seconds > 0]
        assert len(pauses) >= 4
        assert max(pauses) > 2 * min(pauses)


def test_10_a_spent_window_is_waited_for_and_a_reserve_is_left(folder: str) -> None:
    reserve = FACTS[folder].reserve
    if not reserve:
        pytest.skip("this source tells no quota")
    with direct(folder, settings={reserve: "15"}, rate_limit=40) as (h, _):
        h.sync()
        assert h.differences() == []
        assert all(request.status == 200 for request in h.box.requests)
        windows = Counter(int(request.at // HOUR) for request in h.box.requests)
        assert len(windows) > 1
        assert max(windows.values()) <= 40 - 15 + 8  # the reserve, but for the requests that were under way when the first reply told of it


@contextmanager
def counting_at_once(h: Harness) -> Iterator[list[int]]:
    """For each request, how many were under way."""
    answer, lock, under_way, seen = h.box.answer, Lock(), 0, list[int]()

    def answer_slowly(request: Any) -> Any:
        nonlocal under_way
        with lock:
            under_way += 1
            seen.append(under_way)
        try:
            for _ in range(20):
                time.sleep(0)  # yields to others, and waits for nothing
            return answer(request)
        finally:
            with lock:
                under_way -= 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(h.box, "answer", answer_slowly)
        yield seen


def test_10_the_clients_own_limits_are_kept(folder: str) -> None:
    pace = FACTS[folder].pace
    if not pace:
        pytest.skip("this source counts the calls itself")
    a_minute, at_once = 40, 3
    with direct(folder, rows=SMALL, settings={pace[0]: str(a_minute), pace[1]: str(at_once)}) as (h, _):
        with counting_at_once(h) as seen:
            h.sync()
        assert h.differences() == []
        assert max(seen) <= at_once
        times = sorted(request.at for request in h.box.requests)
        assert len(times) > 2 * a_minute, "too few requests for the limit to matter"
        # when others wait, time passes for those that are under way as well: they count as later than they were let go
        many = a_minute + at_once
        assert [now for now, then in zip(times, times[many:], strict=False) if then - now < MINUTE] == []


def test_10_a_429_without_a_time_means_a_minute_to_every_thread_and_then_more(folder: str) -> None:
    pace = FACTS[folder].pace
    if not pace:
        pytest.skip("this source counts the calls itself")
    with direct(folder, settings={pace[1]: "1"}) as (h, _):
        h.box.faults.add("status", FACTS[folder].pages, times=3, status=429)
        h.sync()
        assert h.differences() == []
        asked = [(request.at, request.status) for request in h.box.requests]
        pauses = [after - before for (before, status), (after, _) in pairwise(asked) if status == 429]
        assert len(pauses) == 3
        assert pauses[0] >= MINUTE
        assert all(before < after for before, after in pairwise(pauses))


# --- 11: outages ---

OUTAGES: dict[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500},
    "502 with a web page": {"kind": "status", "status": 502, "body": "<html>Bad gateway</html>", "content_type": "text/html"},
    "503": {"kind": "status", "status": 503},
    "520": {"kind": "status", "status": 520, "body": "", "content_type": "text/html"},
    "connection reset": {"kind": "reset"},
    "body cut off": {"kind": "cut"},
    "half a JSON document": {"kind": "half_json"},
    "web page with status 200": {"kind": "html"},
    "408": {"kind": "status", "status": 408},
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_11_a_passing_outage_leaves_no_trace(folder: str, outage: str) -> None:
    with harness(folder) as h:
        h.box.faults.add(path=FACTS[folder].pages, times=2, **OUTAGES[outage])
        h.box.faults.add(path="/api/", times=2, **OUTAGES[outage])
        h.sync()
        assert h.differences() == []
        assert h.rows("errors") == []


def test_11_a_hanging_reply_is_given_up(folder: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(common.requests, "READ_SECONDS", 0.3)
    with harness(folder) as h:
        h.box.faults.add("hang", FACTS[folder].pages, times=1, seconds=10)
        h.sync()
        assert h.differences() == []
        assert "did not answer in time" in capsys.readouterr().out  # and not: the connection failed, when the source at last hung up


def test_11_pages_above_a_size_that_time_out_are_asked_for_in_smaller_ones(folder: str) -> None:
    with direct(folder, rows=400) as (h, _):
        h.box.faults.add("status", FACTS[folder].pages, min_take=250, status=504)
        h.sync()
        assert h.differences() == []
        assert h.rows("errors") == []


def test_11_pages_above_a_size_time_out_in_every_long_list(folder: str) -> None:
    with direct(folder) as (h, _):
        for _ in range(2):
            h.box.faults.preset("small-pages")
            h.sync()
            assert h.differences() == []
            assert h.rows("errors") == []
            h.clock.pass_days(3)
            h.source.change_bundle(share=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_11_with_a_third_of_all_replies_bad_the_result_is_the_same(folder: str, seed: int) -> None:
    with harness(folder, seed=seed + 1) as h:
        h.box.faults.preset("storm")
        h.sync()
        h.clock.pass_days(3)
        h.source.change_bundle(share=0.05)
        h.sync()
        assert h.differences() == []
        assert h.open_errors() == []


def test_11_an_outage_that_lasts_fails_the_sync_and_moves_no_cursor(folder: str) -> None:
    facts = FACTS[folder]
    with direct(folder) as (h, _):
        h.box.faults.add("status", facts.pages, status=503)
        with pytest.raises(SyncFailed, match=facts.table):
            h.sync()
        assert h.rows("errors") == []
        assert h.differences(without=facts.dependent) == []
        h.box.faults.clear()
        h.sync()
        assert h.differences() == []


def test_11_an_outage_in_an_incremental_read_moves_no_cursor(folder: str) -> None:
    facts = FACTS[folder]
    with direct(folder) as (h, _):
        h.sync()
        h.clock.pass_days(5)
        h.source.change_bundle(share=0.1)
        h.clock.pass_days(5)
        h.box.faults.add("status", facts.pages, status=503)
        with pytest.raises(SyncFailed):
            h.sync()
        h.box.faults.clear()
        h.clock.pass_days(5)
        h.sync()
        assert h.differences() == []


def test_11_a_source_that_is_down_from_the_start(folder: str) -> None:
    with harness(folder) as h:
        h.box.faults.add("reset")
        with pytest.raises(SyncFailed, match="base_url"):
            h.sync()
        assert h.fivetran.operations == 0


# --- 12: a poisoned record ---


def test_12_a_poisoned_record_is_named_tried_again_and_resolved(folder: str) -> None:
    facts = FACTS[folder]
    with direct(folder) as (h, _):
        poisoned = h.ids()[len(h.ids()) // 4]
        h.box.faults.add("poison", entity=facts.entity, ids=[poisoned])
        h.sync()
        [error] = h.open_errors()
        record = h.record_of(facts.table, poisoned)
        if not facts.names_unreadable:  # then at least by the part of the source that it is in, and by its place
            assert str(error["record"]).startswith(record.rpartition("/")[0])
            record = error["record"]
        assert (error["table_name"], error["record"], error["status"], error["take"]) == (facts.table, record, 500, 1)
        assert error["url"]
        assert error["payload"]
        assert any("errors" in warning for warning in h.fivetran.warnings)
        assert len(missing(h, facts.table, poisoned)) == 1
        assert h.differences(without=facts.dependent) == []
        h.sync()
        [error] = h.open_errors()
        h.box.faults.clear()
        h.sync()
        assert h.open_errors() == []
        [cured] = h.rows("errors")
        assert [name for name in error if cured.get(name) != error[name]] == ["resolved_at"]
        assert h.differences() == []


def test_12_too_many_open_errors_fail_the_sync(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = FACTS[folder]
    monkeypatch.setattr(errors, "MAX_OPEN_PER_TABLE", 2)
    with direct(folder) as (h, _):
        h.box.faults.add("poison", entity=facts.entity, ids=h.ids()[2:10:2])
        with pytest.raises(SyncFailed, match="more than 2"):
            h.sync()


# --- 13: cells and keys of the wrong type ---


def test_13_a_cell_of_the_wrong_type_is_null_and_named_and_comes_when_it_is_mended(folder: str) -> None:
    facts = FACTS[folder]
    with direct(folder) as (h, _):
        spoiled = h.ids()[7]
        h.box.faults.add("poison_value", entity=facts.entity, id=spoiled, key=facts.field, value={"not": ["a", "date"]})
        h.sync()
        [error] = h.open_errors()
        assert (error["record"], error["column_name"]) == (h.record_of(facts.table, spoiled), facts.column)
        assert "not" not in str(error["message"]).replace("NULL", "")
        [row] = [row for key, row in h.rows_by_key()[facts.table].items() if h.own_id(facts.table, key) == str(spoiled)]
        assert row[facts.column] is None
        assert len(h.differences()) == 1
        h.box.faults.clear()
        h.sync()
        assert h.open_errors() == []
        assert h.differences() == []


@pytest.mark.parametrize("key", [None, {"an": "object"}, "seventeen", True])
def test_13_a_record_without_its_key_is_no_operation_but_an_error(folder: str, key: object) -> None:
    facts = FACTS[folder]
    if key not in facts.no_ids:
        pytest.skip("to this connector that is an id like any other")
    with direct(folder) as (h, _):
        spoiled = h.ids()[7]
        h.box.faults.add("poison_value", entity=facts.entity, id=spoiled, key=facts.id_field, value=key)
        h.sync()
        assert any(error["table_name"] == facts.table for error in h.open_errors())
        assert h.differences(without=facts.dependent) == []
        assert len(missing(h, facts.table, spoiled)) == 1
        h.box.faults.clear()
        h.clock.pass_days(1)
        h.sync()
        assert h.open_errors() == []
        assert h.differences() == []


def test_13_a_record_of_a_small_table_without_its_key(folder: str) -> None:
    facts = FACTS[folder]
    with direct(folder) as (h, _):
        spoiled = h.ids(facts.small_table)[0]
        h.box.faults.add("poison_value", entity=facts.small_entity, id=spoiled, key=facts.small_id_field, value=None)
        h.sync()
        assert [error["table_name"] for error in h.open_errors()] == [facts.small_table]
        assert h.differences() == missing(h, facts.small_table, spoiled) != []
        h.box.faults.clear()
        h.sync()
        assert h.open_errors() == []
        assert h.differences() == []


# --- 14: a listing that is not to be believed ---


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "empty_list"},
        {"kind": "short_page", "rows": 3},
        {"kind": "status", "status": 500},
        {"kind": "half_json"},
        {"kind": "repeat_page"},
        {"kind": "misread", "how": "ignored"},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_14_an_unbelievable_listing_deletes_nothing(folder: str, fault: dict[str, Any]) -> None:
    facts = FACTS[folder]
    with direct(folder, rows=150) as (h, _):
        h.sync()
        h.clock.pass_days(1)
        h.box.faults.add(path=facts.listing, **fault)
        with suppress(SyncFailed):  # whether it is noticed as an error or just not believed
            h.sync()
        assert h.differences() == []


def test_14_a_listing_that_lacks_a_few_records_and_adds_up_deletes_nothing(folder: str) -> None:
    facts = FACTS[folder]
    with direct(folder, rows=150) as (h, _):
        h.sync()
        fault = h.box.faults.add("hide", facts.listing, ids=h.ids()[3:6])
        h.sync()
        assert fault.struck
        assert h.differences() == []


def test_14_deletes_arrive_once_the_listing_is_back(folder: str) -> None:
    facts = FACTS[folder]
    with direct(folder, rows=150) as (h, _):
        h.sync()
        h.source.change("delete", entity=facts.entity)
        fault = h.box.faults.add("status", facts.listing, status=500)
        with pytest.raises(SyncFailed):
            h.sync()
        assert fault.struck
        h.box.faults.clear()
        h.sync()
        assert h.differences() == []
