"""Daily numbers: which days are asked for when, what becomes of rows that are restated or gone, and what a bad reply leaves behind."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from common.failures import SyncFailed
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness
from tests.doubles import Direct
from tests.sa360.only import (
    DAY,
    MODULES,
    Rows,
    asked,
    clients,
    day_of,
    days_asked,
    differing,
    only,
    refusal,
    replaced,
    rewritten,
    today,
    warehouse,
    window_of,
    windows,
)

plan, fetch, sync = MODULES.plan, MODULES.fetch, MODULES.sync
REPORT = "campaign_reports"
CAMPAIGNS = r":searchStream FROM campaign WHERE"


def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions come in the order in which they are asked."""
    monkeypatch.setattr(fetch, "PARALLEL_REQUESTS", 1)


def span(h: Harness, first: int, last: int = 0) -> list[tuple[date, date]]:
    """A window from so many days ago to so many days ago."""
    return [(today(h) - first * DAY, today(h) - last * DAY)]


def state_of(h: Harness, table: str = REPORT, customer: str = "") -> dict[str, Any]:
    found: dict[str, Any] = h.fivetran.state["accounts"][customer or clients(h)[0]]["reports"][table]
    return found


# --- Rows that change ---


def test_a_row_whose_numbers_become_zero_is_deleted() -> None:
    with only("ad_group_reports") as (h, _):
        h.sync()
        gone = h.source.change("zero", entity="AdGroup")
        of_it = [key for key in warehouse(h, "ad_group_reports") if key[1] == gone["id"]]
        h.sync()
        assert len([key for key in warehouse(h, "ad_group_reports") if key[1] == gone["id"]]) == len(of_it) - 1
        assert h.fivetran.kinds["delete"] == 1
        assert differing(h, "ad_group_reports") == []


def test_a_restated_row_is_updated_and_days_that_are_as_they_were_are_left_alone() -> None:
    with only("ad_group_reports") as (h, _):
        h.sync()
        change = h.source.change("restate", entity="AdGroup")
        h.sync()
        assert differing(h, "ad_group_reports") == []
        assert h.fivetran.kinds["delete"] == 0
        of_that_day = [row for row in h.rows("ad_group_reports") if day_of(row).isoformat() == change["day"]]
        assert 1 <= h.fivetran.touched["ad_group_reports"] <= len(of_that_day)


def test_nothing_is_written_when_nothing_has_changed() -> None:
    with only(REPORT, "campaign_device_reports") as (h, _):
        h.sync()
        h.sync()
        assert h.fivetran.touched == {}


def test_a_row_that_goes_while_its_windows_are_read_is_deleted_by_the_same_or_the_next_sync() -> None:
    with only("ad_group_reports", conversion_window_days="9") as (h, wire):
        h.sync()
        for customer in clients(h):
            state_of(h, "ad_group_reports", customer)["width"] = 4

        def zero(request: Request, reply: Reply) -> None:
            if "FROM ad_group WHERE" in request.spot and not gone:
                reply.encoded()
                gone.append(h.source.change("zero", entity="AdGroup"))

        gone: list[dict[str, Any]] = []
        wire.told = zero
        h.sync()
        h.sync()
        assert gone
        assert differing(h, "ad_group_reports") == []


def test_a_deletion_is_confirmed_by_its_day_alone() -> None:
    """A reply that lacks rows for once, though nothing about it is odd, deletes nothing."""
    with only(REPORT) as (h, wire):
        h.sync()
        before, lacking = warehouse(h, REPORT), list[tuple[str, str]]()
        first, always = (today(h) - 3 * DAY).isoformat(), False

        def place(row: dict[str, Any]) -> tuple[str, str]:
            return row["campaign"]["resourceName"], row["segments"]["date"]

        def lack(rows: Rows) -> Rows:
            if lacking and not always:
                return rows
            if not lacking:
                lacking.extend([place(row) for row in rows if row["segments"]["date"] >= first][:2])
            return [row for row in rows if place(row) not in lacking]

        wire.told = rewritten(CAMPAIGNS, lack)
        h.sync()
        assert warehouse(h, REPORT) == before
        assert h.fivetran.kinds["delete"] == 0
        always = True  # they are still known, so that they can go later
        h.sync()
        assert {(key[1], key[2][:10]) for key in before.keys() - warehouse(h, REPORT).keys()} == set(lacking)


def test_so_many_missing_rows_are_not_believed() -> None:
    with only("keyword_device_reports") as (h, wire):
        h.sync()
        before = warehouse(h, "keyword_device_reports")
        wire.told = rewritten("FROM keyword_view WHERE", lambda rows: rows[: len(rows) // 8])
        h.sync()
        assert any("more than is believed" in line for line in h.fivetran.warnings)
        assert warehouse(h, "keyword_device_reports") == before
        wire.told = lambda request, reply: None
        h.source.change("zero", entity="AdGroupCriterion")
        h.sync()  # what was doubted is still known, so that it can go later
        assert differing(h, "keyword_device_reports") == []


# --- Which days ---


def test_after_eight_days_without_a_sync_eleven_are_read_again_and_then_three() -> None:
    with only(REPORT) as (h, _):
        h.sync()
        h.clock.pass_days(8)
        h.sync()
        assert windows(h, "campaign")[:1] == span(h, 11)  # then come the days of which rows are gone
        assert differing(h, REPORT) == []
        h.sync()
        assert windows(h, "campaign") == span(h, 3)
        h.clock.pass_days(1)
        h.sync()
        assert windows(h, "campaign")[:1] == span(h, 4)


def test_days_between_two_syncs_are_read_though_they_are_older_than_the_window() -> None:
    with only(REPORT) as (h, _):
        h.sync()
        h.clock.pass_days(40)
        h.sync()
        first, last = (min(one for one, _ in windows(h, "campaign")), max(last for _, last in windows(h, "campaign")))
        assert [(first, last)] == span(h, 43)
        assert all((last - first).days + 1 <= fetch.MOST_DAYS for first, last in windows(h, "campaign"))
        assert differing(h, REPORT) == []


def test_the_past_is_read_newest_first_and_all_reports_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    one_at_a_time(monkeypatch)
    with only(REPORT, "ad_group_reports") as (h, _):
        h.source.start_date = h.source.started - 100 * DAY
        h.configuration["start_date"] = h.source.start_date.isoformat()
        h.sync()
        questions = [one for one in h.box.requests if "searchStream" in one.spot]
        # the newest days of every report come before the past of any
        newest = [window_of(one) for one in questions[:4]]
        assert newest == span(h, 3) * 4
        turns = [(one.spot, window_of(one)) for one in questions[4:]]
        places = [spot for spot, _ in turns]
        assert len(set(places[:4])) == 4
        assert places[:4] == places[4:8]
        for place in set(places):
            of_it = [window for spot, window in turns if spot == place]
            assert of_it[0][1] == today(h) - 4 * DAY
            assert all(newer[0] == older[1] + DAY for newer, older in pairwise(of_it))
            assert of_it[-1][0] == h.source.start_date
        assert differing(h, REPORT, "ad_group_reports") == []


def test_the_past_is_never_read_twice() -> None:
    with only(REPORT) as (h, _):
        h.sync()
        assert len(windows(h, "campaign")) == 2
        h.sync()
        assert windows(h, "campaign") == span(h, 3)


def test_after_a_kill_the_past_goes_on_where_the_last_checkpoint_left_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one_at_a_time(monkeypatch)
    monkeypatch.setattr("common.warehouse.CHECKPOINT_ROWS", 1)
    with only(REPORT) as (h, _):
        h.source.start_date = h.source.started - 90 * DAY
        h.configuration["start_date"] = h.source.start_date.isoformat()
        h.sync()
        kept, firsts = h.fivetran.states, list[str]()
        for state in kept:
            entry = state["accounts"].get(clients(h)[0], {}).get("reports", {}).get(REPORT, {})
            firsts.append(entry.get("first") or "")
        middle = firsts.index(sorted({*firsts} - {""})[1])  # all but the oldest window was read
        stop = h.fivetran.checkpoints[middle] + 2
        h.fivetran.forget()
        assert h.sync_killed_at(stop)
        first = date.fromisoformat(state_of(h)["first"])
        assert h.source.start_date < first < today(h) - 4 * DAY
        h.sync()
        read = windows(h, "campaign")
        assert read[0] == span(h, 3)[0]
        assert read[1][1] == first - DAY
        assert min(one for one, _ in read) == h.source.start_date
        assert differing(h, REPORT) == []


def test_an_earlier_start_date_reads_what_is_missing_and_a_later_one_deletes_nothing() -> None:
    with only(REPORT) as (h, _):
        h.sync()
        wanted = h.source.started - 40 * DAY
        h.configuration["start_date"] = wanted.isoformat()
        h.source.start_date = wanted
        h.sync()
        older = [one for one in windows(h, "campaign") if one != span(h, 3)[0]]
        assert (min(older)[0], max(last for _, last in older)) == (wanted, h.source.started - 7 * DAY)
        assert differing(h, REPORT) == []
        before = warehouse(h, REPORT)
        h.configuration["start_date"] = (h.source.started - 2 * DAY).isoformat()
        h.sync()
        assert warehouse(h, REPORT) == before
        assert h.fivetran.touched == {}
        assert windows(h, "campaign") == span(h, 2)


def test_a_start_date_within_the_newest_days_that_is_moved_back_reads_the_days_between() -> None:
    with only(REPORT) as (h, _):
        wanted = h.source.start_date
        h.configuration["start_date"] = (h.source.started - 2 * DAY).isoformat()
        h.sync()
        assert windows(h, "campaign") == span(h, 2)
        h.configuration["start_date"] = wanted.isoformat()
        h.sync()
        assert differing(h, REPORT) == []


@pytest.mark.parametrize("moved", [False, True])
def test_questions_never_reach_further_back_than_the_api_keeps(
    *, moved: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sync.log, "LOG_LEVEL", sync.log.LOG_LEVEL)
    with only(REPORT) as (h, _):
        h.configuration["start_date"] = "2020-01-01"
        h.sync()
        if moved:  # the days that are kept move on, with those that were read
            h.clock.pass_days(1)
            h.sync()
        oldest = plan.oldest_kept(today(h))
        dates = [_asked_from(one) for one in asked(h, "campaign")]
        assert min(dates) >= oldest
        if not moved:
            assert min(dates) == oldest
            assert f"daily numbers begin on {oldest + DAY} and not on 2020-01-01" in capsys.readouterr().out
        assert not h.open_errors()


def _asked_from(request: Request) -> date:
    """The first day of a question's range, as it stands in the query."""
    return days_asked(request)[0]


def test_the_day_is_the_one_where_the_account_is() -> None:
    """At three in the morning, UTC, it is still yesterday in Los Angeles; at eight in the evening it is tomorrow in Kolkata."""
    with only(REPORT, rows=3000) as (h, _):
        zones = {one.time_zone: one.id for one in h.source.clients()}
        h.clock.now = datetime(2026, 9, 22, 3, tzinfo=timezone.utc).timestamp()
        h.sync()
        assert windows(h, "campaign", zones["America/Los_Angeles"])[0][1] == date(2026, 9, 21)
        assert windows(h, "campaign", zones["Asia/Kolkata"])[0][1] == date(2026, 9, 22)
        h.clock.now = datetime(2026, 9, 22, 20, tzinfo=timezone.utc).timestamp()
        h.sync()
        assert windows(h, "campaign", zones["Asia/Kolkata"])[0][1] == date(2026, 9, 23)
        assert windows(h, "campaign", zones["America/Los_Angeles"])[0] == (date(2026, 9, 18), date(2026, 9, 22))
        assert differing(h, REPORT) == []


# --- How many days at once ---


def _hold_few(monkeypatch: pytest.MonkeyPatch, *, window_rows: int, held_rows: int) -> None:
    monkeypatch.setattr(fetch, "WINDOW_ROWS", window_rows)
    monkeypatch.setattr(fetch, "HELD_ROWS", held_rows)


def test_windows_shrink_when_they_have_many_rows_and_grow_when_they_have_few(monkeypatch: pytest.MonkeyPatch) -> None:
    with only(REPORT) as (h, _):
        h.source.start_date = h.source.started - 80 * DAY
        h.configuration["start_date"] = h.source.start_date.isoformat()
        _hold_few(monkeypatch, window_rows=8, held_rows=10_000)
        h.sync()
        widths = [(last - first).days + 1 for first, last in windows(h, "campaign")]
        assert widths[:4] == [4, 31, 15, 7]
        assert state_of(h)["width"] < 14
        assert differing(h, REPORT) == []
        monkeypatch.setattr(fetch, "WINDOW_ROWS", 5_000)
        h.source.start_date = h.source.started - 200 * DAY
        h.configuration["start_date"] = h.source.start_date.isoformat()
        h.sync()
        assert state_of(h)["width"] == fetch.MOST_DAYS
        assert differing(h, REPORT) == []


def test_days_with_too_many_rows_to_be_held_are_halved_and_a_single_one_is_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with only(REPORT) as (h, _):
        _hold_few(monkeypatch, window_rows=5_000, held_rows=0)
        h.sync()
        read = windows(h, "campaign")
        days = [first for first, last in read if first == last]
        with_rows = {day_of(row) for row in h.rows(REPORT) if row["customer_id"] == clients(h)[0]}
        assert all(days.count(day) == 2 for day in with_rows)
        assert differing(h, REPORT) == []
        h.source.change("restate", entity="AdGroup")
        h.source.change("zero", entity="AdGroup")
        h.sync()
        assert differing(h, REPORT) == []


def test_a_huge_day_takes_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times as many rows as are held, in one day, arrive whole; what is held at once is far less than they are."""
    _hold_few(monkeypatch, window_rows=5_000, held_rows=200)
    number = 2_500
    with only(REPORT) as (h, wire):
        h.configuration |= {"start_date": today(h).isoformat(), "customer_ids": clients(h)[0]}
        h.fivetran.checks = False
        h.sync()
        counted, body = list[int](), b"".join(_huge_day(clients(h)[0], today(h), number))

        def count(table: str, data: dict[str, Any]) -> None:
            if table == REPORT:
                counted.append(data["impressions"])

        monkeypatch.setattr(h.fivetran, "upsert", count)

        def huge(request: Request, reply: Reply) -> None:
            if "FROM campaign WHERE" in request.spot:
                replaced(reply, body)

        wire.told = huge
        tracemalloc.start()
        try:
            h.sync()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert sorted(counted) == list(range(1, number + 1))
        assert peak < 6_200_000


def _huge_day(customer: str, day: date, number: int) -> list[bytes]:
    rows = [
        {
            "campaign": {"resourceName": f"customers/{customer}/campaigns/{at}", "id": str(at)},
            "segments": {"date": day.isoformat()},
            "metrics": {"impressions": str(at)},
        }
        for at in range(1, number + 1)
    ]
    chunks = [json.dumps({"results": rows[at : at + 100]}).encode() for at in range(0, number, 100)]
    return [b"[", b",".join(chunks), b"]"]


def test_a_range_that_is_too_wide_is_halved() -> None:
    with only(REPORT) as (h, wire):

        def refuse(request: Request, reply: Reply) -> None:
            if "FROM campaign WHERE" in request.spot and _days_asked(request) > 4:
                reply.status = 400
                replaced(reply, [refusal("queryError.DATE_RANGE_TOO_WIDE")])

        wire.told = refuse
        h.sync()
        assert differing(h, REPORT) == []
        assert not h.rows("errors")
        assert {False, True} == {_days_asked(one) > 4 for one in asked(h, "campaign")}


def _days_asked(request: Request) -> int:
    first, last = window_of(request)
    return (last - first).days + 3


# --- Replies that are not right ---


def _cut(reply: Reply) -> None:
    reply.encoded()
    reply.cut = 0.5


def _error_at_the_end(reply: Reply) -> None:
    chunks = json.loads(reply.encoded())
    replaced(reply, [*chunks, {"error": {"code": 500, "status": "INTERNAL", "message": "An internal error."}}])


def _half(reply: Reply) -> None:
    body = reply.encoded()
    replaced(reply, body[: len(body) * 2 // 3])


def _no_list(reply: Reply) -> None:
    payload = json.loads(reply.encoded())
    replaced(reply, payload[0] if isinstance(payload, list) else [payload])


@pytest.mark.parametrize("spoil", [_cut, _error_at_the_end, _half, _no_list])
@pytest.mark.parametrize("days", [0, 3])
def test_a_stream_that_breaks_off_leaves_nothing_wrong(spoil: Callable[[Reply], None], days: int) -> None:
    with only(REPORT, "campaign_device_reports") as (h, wire):
        h.sync()
        before = warehouse(h, REPORT)
        h.clock.pass_days(days)
        h.source.change("zero", entity="AdGroup")
        _spoil_campaigns(wire, spoil)
        with pytest.raises(SyncFailed, match=f"{REPORT} of account"):
            h.sync()
        rows = warehouse(h, REPORT)
        assert rows == before
        assert h.fivetran.kinds["delete"] == 0 or h.fivetran.touched[REPORT] == 0
        assert differing(h, "campaign_device_reports") == []
        wire.told = lambda request, reply: None
        h.sync()
        assert differing(h, REPORT, "campaign_device_reports") == []


def _spoil_campaigns(wire: Direct, spoil: Callable[[Reply], None]) -> None:
    def told(request: Request, reply: Reply) -> None:
        if "FROM campaign WHERE" in request.spot and "segments.device" not in request.body["query"]:
            spoil(reply)

    wire.told = told


def _is_probe(request: Request) -> bool:
    """Whether it is asked for a single day by name, of which there is nothing: whether the API answers at all."""
    return "segments.date = '" in request.body["query"] and "Stream" not in request.path


def test_a_past_that_breaks_off_is_read_by_the_next_sync() -> None:
    with only(REPORT) as (h, wire):

        def old_days_break(request: Request, reply: Reply) -> None:
            if "FROM campaign WHERE" in request.spot and (_is_probe(request) or window_of(request)[1] <= today(h) - 4 * DAY):
                _cut(reply)

        wire.told = old_days_break
        with pytest.raises(SyncFailed, match=REPORT):
            h.sync()
        wire.told = lambda request, reply: None
        h.sync()
        assert differing(h, REPORT) == []


def test_a_moment_of_trouble_costs_a_question_and_nothing_else() -> None:
    with only(REPORT) as (h, _):
        h.box.faults.add("status", CAMPAIGNS, status=503, times=3)
        h.sync()
        assert differing(h, REPORT) == []


# --- What does not convert ---


def test_a_cell_of_an_old_day_that_does_not_convert_is_tried_again_and_resolved() -> None:
    with only(REPORT) as (h, wire):
        old = today(h) - 5 * DAY
        wrong: list[str] = []

        def spoil(rows: Rows) -> Rows:
            days = sorted(row["segments"]["date"] for row in rows if row["segments"]["date"] <= old.isoformat())
            if days and not wrong:
                chosen.append(days[-1])
                wrong.append(next(row["campaign"]["resourceName"] for row in rows if row["segments"]["date"] == days[-1]))
            for row in rows:
                if (row["segments"]["date"], row["campaign"]["resourceName"]) in zip(chosen, wrong, strict=True):
                    row["metrics"]["clicks"] = "many"
            return rows

        chosen: list[str] = []
        wire.told = rewritten(CAMPAIGNS, spoil)
        h.sync()
        found = h.open_errors()
        assert {one["column_name"] for one in found} == {"clicks"}
        assert {chosen[0] in one["record"] for one in found} == {True}
        spoilt = [row for row in h.rows(REPORT) if (row["resource_name"], day_of(row).isoformat()) == (wrong[0], chosen[0])]
        assert [row["clicks"] for row in spoilt] == [None]
        h.sync()  # it is still wrong: the day was asked for once more
        day = date.fromisoformat(chosen[0])
        assert (day, day) in [window_of(one) for one in asked(h, "campaign")]
        assert [one["id"] for one in h.open_errors()] == [one["id"] for one in found]
        wire.told = lambda request, reply: None
        h.sync()
        assert not h.open_errors()
        assert all(one["resolved_at"] for one in h.rows("errors"))
        assert differing(h, REPORT) == []
        h.sync()
        assert windows(h, "campaign") == span(h, 3)


def test_a_row_without_a_name_deletes_nobody_for_it_may_be_anybody() -> None:
    with only(REPORT) as (h, wire):
        h.sync()

        def nameless(rows: Rows) -> Rows:
            for row in rows[:1]:
                row["campaign"].pop("resourceName")
            return rows

        wire.told = rewritten(CAMPAIGNS, nameless)
        before = warehouse(h, REPORT)
        h.sync()
        assert warehouse(h, REPORT) == before
        assert [one["message"] for one in h.open_errors()] != []
        wire.told = lambda request, reply: None
        h.sync()
        assert not h.open_errors()
        assert differing(h, REPORT) == []


def test_a_row_without_a_name_in_the_past_is_asked_for_until_it_has_one() -> None:
    with only(REPORT) as (h, wire):
        last = (today(h) - 4 * DAY).isoformat()

        def nameless(rows: Rows) -> Rows:
            for row in [row for row in rows if row["segments"]["date"] <= last][:1]:
                row["campaign"].pop("resourceName")
            return rows

        wire.told = rewritten(CAMPAIGNS, nameless)
        h.sync()
        assert h.open_errors()
        h.sync()
        assert h.open_errors()
        wire.told = lambda request, reply: None
        h.sync()
        assert not h.open_errors()
        assert differing(h, REPORT) == []


def test_an_outage_does_not_leave_every_later_sync_with_a_question_a_day() -> None:
    with only(REPORT) as (h, _):
        h.sync()
        h.box.faults.add("status", "FROM campaign WHERE", status=503)
        with pytest.raises(SyncFailed):
            h.sync()
        assert state_of(h)["width"] == 1
        h.box.faults.clear()
        for _ in range(4):
            h.sync()
        assert windows(h, "campaign") == span(h, 3)


def test_a_last_window_of_few_days_is_no_reason_for_small_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    with only(REPORT) as (h, _):
        monkeypatch.setattr(MODULES.cursors.ReportState, "width", 7)
        h.configuration["start_date"] = (today(h) - 4 * DAY).isoformat()
        h.sync()
        assert windows(h, "campaign")[-1] == span(h, 4, 4)[0]
        h.sync()
        assert windows(h, "campaign") == span(h, 3)


def test_rows_of_days_that_were_not_asked_for_are_not_taken() -> None:
    """The range is asked for with a day more at both ends: those days belong to other windows."""
    with only(REPORT) as (h, wire):
        seen = set[str]()

        def look(rows: Rows) -> Rows:
            seen.update(row["segments"]["date"] for row in rows)
            return rows

        wire.told = rewritten(CAMPAIGNS, look)
        h.configuration["start_date"] = (today(h) - 3 * DAY).isoformat()
        h.sync()
        assert min(seen) == (today(h) - 4 * DAY).isoformat()
        assert min(day_of(row) for row in h.rows(REPORT)) >= today(h) - 3 * DAY
        assert differing(h, REPORT, of=lambda row: day_of(row) >= today(h) - 3 * DAY) == []


# --- Money ---


def test_money_is_exact_and_has_its_currency_beside_it() -> None:
    """Micros and averages, which are micros as well, by values whose floats would be wrong, in dollars, pounds and rupees."""
    with only(REPORT, rows=3000) as (h, wire):
        h.configuration["start_date"] = today(h).isoformat()

        def costly(request: Request, reply: Reply) -> None:
            if "FROM campaign WHERE" in request.spot:
                customer = request.path.split("/")[3]
                rows = _huge_day(customer, h.source.today(customer), 1)
                metrics = {"impressions": "3", "costMicros": "123456789012345678", "averageCpc": "@cpc", "averageCpm": "@cpm", "ctr": 0.125}
                chunk = json.loads(b"".join(rows))
                chunk[0]["results"][0]["metrics"] = metrics
                replaced(reply, json.dumps(chunk).replace('"@cpc"', "333333.5").replace('"@cpm"', "1.2345678905e12").encode())

        wire.told = costly
        h.sync()
        rows = h.rows(REPORT)
        assert len(rows) == 5
        assert {Decimal(row["cost"]) for row in rows} == {Decimal("123456789012.345678")}
        assert {Decimal(row["average_cpc"]) for row in rows} == {Decimal("0.333334")}
        assert {Decimal(row["average_cpm"]) for row in rows} == {Decimal("1234567.890500")}
        assert {row["ctr"] for row in rows} == {0.125}
        currencies = {one.id: one.currency for one in h.source.clients()}
        assert {row["customer_id"]: row["currency_code"] for row in rows} == currencies
        assert "INR" in currencies.values()


def test_half_a_millionth_is_rounded_to_the_even_one() -> None:
    with only(REPORT) as (h, wire):
        h.configuration |= {"start_date": today(h).isoformat(), "customer_ids": clients(h)[0]}

        def halves(request: Request, reply: Reply) -> None:
            if "FROM campaign WHERE" in request.spot:
                chunk = json.loads(b"".join(_huge_day(clients(h)[0], today(h), 2)))
                for row, average in zip(chunk[0]["results"], (0.5, 1.5), strict=True):
                    row["metrics"]["averageCpc"] = average
                replaced(reply, chunk)

        wire.told = halves
        h.sync()
        assert [row["average_cpc"] for row in h.rows(REPORT)] == ["0.000000", "0.000002"]


# --- Custom columns ---

VALUES = "campaign_custom_column_values"
COLUMNS = r"/customColumns$"
TOP_COLUMNS = r"custom_columns\.id"


def columns_of(h: Harness) -> list[str]:
    """The custom columns that have values in the warehouse."""
    return sorted({row["custom_column_id"] for row in h.rows(VALUES)})


def refuse_column(wire: Direct, number: str, code: str) -> None:
    def told(request: Request, reply: Reply) -> None:
        if isinstance(request.body, dict) and f"custom_columns.id[{number}]" in request.body.get("query", ""):
            reply.status = 400
            told = refusal(f"customColumnError.{code}", trigger={"int64Value": number})
            replaced(reply, [told] if "Stream" in request.path else told)

    wire.told = told


def test_values_arrive_one_row_a_column_and_day() -> None:
    with only(VALUES, "keyword_custom_column_values") as (h, _):
        h.sync()
        assert differing(h, VALUES, "keyword_custom_column_values") == []
        assert len(columns_of(h)) > 2
        kinds = ("boolean_value", "int_64_value", "double_value", "string_value")
        assert {sum(row[kind] is not None for kind in kinds) for row in h.rows(VALUES)} == {1}


def test_a_new_custom_column_has_its_past_read() -> None:
    with only(VALUES) as (h, _):
        h.sync()
        assert windows(h, "campaign")[-1][0] == h.source.start_date
        h.sync()
        assert windows(h, "campaign") == span(h, 3)
        h.source.change("custom_column_new", customer_id=h.source.world.top.id)
        h.sync()
        assert windows(h, "campaign")[0] == span(h, 3)[0]
        assert windows(h, "campaign")[-1][0] == h.source.start_date
        assert differing(h, VALUES) == []
        h.sync()
        assert windows(h, "campaign") == span(h, 3)


def test_wherever_a_sync_is_stopped_the_next_one_completes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a report, and of a new custom column, whose past is due only when its newest days were read."""
    monkeypatch.setattr("common.warehouse.CHECKPOINT_ROWS", 1)
    with only(REPORT, VALUES) as (h, _):
        h.configuration["customer_ids"] = clients(h)[0]
        first = _checkpoints(h)
        h.source.change("custom_column_new", customer_id=h.source.world.top.id)
        second = _checkpoints(h)
        assert min(len(first), len(second)) > 3
        for state, rows in (*first, *second):
            h.fivetran.state, h.fivetran.committed = state, rows
            h.sync()
            assert differing(h, REPORT, VALUES, of=lambda row: row["customer_id"] == clients(h)[0]) == []


def _checkpoints(h: Harness) -> list[tuple[dict[str, Any], Any]]:
    """What a destination has, and what is remembered, after each checkpoint of a sync."""
    kept: list[tuple[dict[str, Any], Any]] = []
    checkpoint = h.fivetran.checkpoint

    def keep(state: dict[str, Any]) -> None:
        checkpoint(state)
        kept.append((h.fivetran.state, h.fivetran.committed))

    h.fivetran.checkpoint = keep  # type: ignore[method-assign]
    h.sync()
    h.fivetran.checkpoint = checkpoint  # type: ignore[method-assign]
    return kept


@pytest.mark.parametrize("code", ["CUSTOM_COLUMN_NOT_FOUND", "CUSTOM_COLUMN_NOT_AVAILABLE"])
def test_a_custom_column_that_is_refused_is_filed_and_the_others_arrive(code: str) -> None:
    with only(VALUES) as (h, wire):
        h.sync()
        refused = columns_of(h)[0]
        before = {key: row for key, row in warehouse(h, VALUES).items() if row["custom_column_id"] == refused}
        h.source.change("restate", entity="AdGroup")
        h.source.change("zero", entity="AdGroup")
        refuse_column(wire, refused, code)
        h.sync()
        assert {row["custom_column_id"] for row in h.rows(VALUES)} == set(columns_of(h))
        after = warehouse(h, VALUES)
        assert {key: after.get(key) for key in before} == before
        assert differing(h, VALUES, of=lambda row: row["custom_column_id"] != refused) == []
        filed = h.open_errors()
        assert filed
        assert all(one["record"].endswith(f"custom column {refused}") for one in filed)
        assert {json.loads(one["payload"])["code"] for one in filed} == {f"customColumnError.{code}"}
        wire.told = lambda request, reply: None
        h.sync()
        assert not h.open_errors()
        assert differing(h, VALUES) == []


def test_a_custom_column_that_is_refused_at_first_has_its_past_read_when_it_is_given() -> None:
    with only(VALUES) as (h, wire):
        manager = h.source.world.top.id
        refused = str(next(h.source.records("CustomColumn", manager))["id"])
        refuse_column(wire, refused, "CUSTOM_COLUMN_NOT_AVAILABLE")
        h.sync()
        assert refused not in columns_of(h)
        assert differing(h, VALUES, of=lambda row: row["custom_column_id"] != refused) == []
        wire.told = lambda request, reply: None
        h.sync()
        assert differing(h, VALUES) == []


def test_when_all_custom_columns_are_refused_nothing_is_deleted() -> None:
    with only(VALUES) as (h, wire):
        h.sync()
        before = warehouse(h, VALUES)

        def told(request: Request, reply: Reply) -> None:
            if isinstance(request.body, dict) and "custom_columns.id[" in request.body.get("query", ""):
                reply.status = 400
                body = refusal("customColumnError.CUSTOM_COLUMN_NOT_FOUND")
                replaced(reply, [body] if "Stream" in request.path else body)

        wire.told = told
        h.sync()
        assert warehouse(h, VALUES) == before
        assert len(h.open_errors()) >= len(columns_of(h))


def test_a_manager_whose_custom_columns_cannot_be_read_makes_the_values_incomplete_and_deletes_nothing() -> None:
    with only(VALUES, REPORT) as (h, _):
        h.sync()
        before = warehouse(h, VALUES)
        h.box.faults.add("status", rf"{h.source.world.top.id}{COLUMNS}", status=503)
        h.source.change("restate", entity="AdGroup")
        with pytest.raises(SyncFailed, match=rf"{VALUES} of account .*the custom columns of account {h.source.world.top.id}"):
            h.sync()
        assert warehouse(h, VALUES) == before
        assert differing(h, REPORT) == []
        h.box.faults.clear()
        h.sync()
        assert differing(h, VALUES) == []


def test_a_manager_whose_custom_columns_may_not_be_read_does_not_keep_those_of_others_back() -> None:
    with only(VALUES) as (h, _):
        h.sync()
        manager = h.source.managers()[1].id
        theirs = {str(one["id"]) for one in h.source.records("CustomColumn", manager)}
        before = {key for key, row in warehouse(h, VALUES).items() if row["custom_column_id"] in theirs}
        denied = refusal("authorizationError.ACTION_NOT_PERMITTED", status=403, general="PERMISSION_DENIED")
        h.box.faults.add("status", rf"{manager}{COLUMNS}", status=403, body=denied)
        h.source.change("restate", entity="AdGroup")
        h.source.change("zero", entity="AdGroup")
        h.sync()
        assert sum("custom_columns is left out" in line and manager in line for line in h.fivetran.warnings) == 1
        assert before
        assert before <= warehouse(h, VALUES).keys()
        assert differing(h, VALUES, of=lambda row: row["custom_column_id"] not in theirs) == []


def test_a_custom_column_that_is_deleted_keeps_the_values_of_its_past() -> None:
    with only(VALUES) as (h, _):
        h.sync()
        before = warehouse(h, VALUES)
        gone = columns_of(h)[0]
        for manager in h.source.managers():
            for record in [*h.source.records("CustomColumn", manager.id)]:
                if str(record["id"]) == gone:
                    h.source.remove("CustomColumn", manager.id, record["resourceName"])
        h.sync()
        assert {key: row for key, row in before.items() if row["custom_column_id"] == gone}.items() <= warehouse(h, VALUES).items()


def test_headers_in_another_order_are_not_misread() -> None:
    """Values stand in the order of the headers: when that is not what was asked, none is delivered as another column's."""
    with only(VALUES) as (h, wire):
        h.sync()
        before = warehouse(h, VALUES)

        def turned(request: Request, reply: Reply) -> None:
            if "Stream" in request.path and "custom_columns.id[" in request.body["query"] and reply.status == 200:
                chunks = json.loads(reply.encoded())
                for chunk in chunks:
                    chunk["customColumnHeaders"] = chunk["customColumnHeaders"][::-1]
                replaced(reply, chunks)

        wire.told = turned
        h.sync()
        assert warehouse(h, VALUES) == before
        assert {"other custom columns came" in one["message"] for one in h.open_errors()} == {True}
        wire.told = lambda request, reply: None
        h.sync()
        assert not h.open_errors()
        assert differing(h, VALUES) == []
