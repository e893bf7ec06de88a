"""Daily statistics: which days are read again, what is written of them, and what the pages of a report may do."""

from __future__ import annotations

from typing import Any

import pytest

from common.failures import SyncFailed
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness
from tests.ongage.only import IMPORTED, MAIN, MODULES, SMALL, asked, differing, only

reports = MODULES.reports
TABLES = tuple(MODULES.models.REPORTS)
MAILINGS = "mailing_daily_stats"


def in_sync(h: Harness, *lists: str) -> list[str]:
    return differing(h, *TABLES, lists=lists)


def one_report(monkeypatch: pytest.MonkeyPatch, name: str = MAILINGS) -> None:
    monkeypatch.setattr(MODULES.models, "REPORTS", {name: MODULES.models.REPORTS[name]})


def spans(h: Harness) -> list[tuple[str, str]]:
    """From which day to which the queries of the last sync asked."""
    found = []
    for request in asked(h, "POST", "reports/query"):
        bounds = {operator: day for _, operator, day in request.body["filter"] if operator in {">=", "<="}}
        found.append((bounds[">="], bounds["<="]))
    return found


def test_late_opens_change_old_days_and_nothing_else_is_written() -> None:
    with only("reports", rows=60) as (h, _):
        h.sync()
        assert in_sync(h) == []
        h.clock.pass_days(1)
        for _ in range(2):
            before = h.rows_by_key()
            h.source.change("late_opens")
            h.sync()
            assert in_sync(h) == []
            after = h.rows_by_key()
            changed = sum(before[name].get(key) != row for name in TABLES for key, row in after[name].items())
            assert 0 < changed == sum(h.fivetran.touched.values())


def test_rows_that_came_to_nothing_are_deleted() -> None:
    with only("reports", rows=60) as (h, _):
        h.sync()
        many = len(h.rows(MAILINGS))
        h.source.change("stats_shrink")
        h.sync()
        assert len(h.rows(MAILINGS)) == many - 1
        assert in_sync(h) == []
        h.sync()
        assert not h.fivetran.touched


def test_a_day_that_changed_before_the_month_left_the_last_thirty_days_is_read_at_the_turn() -> None:
    """The sync before saw the month unfinished; the next one comes when none of its days is among the last thirty."""
    with only("reports", rows=60) as (h, _):
        h.sync()
        h.source.change("insert_mailing")
        h.clock.pass_days(75)
        h.sync()
        assert in_sync(h) == []


def test_a_year_that_is_too_much_is_read_in_months(monkeypatch: pytest.MonkeyPatch) -> None:
    one_report(monkeypatch)
    with only("reports", rows=60) as (h, _):
        h.box.faults.add("status", "reports/query", status=503, when=lambda request: _days(request) > 31)
        h.sync()
        assert differing(h, MAILINGS) == []
        assert not h.fivetran.warnings


def _days(request: Request) -> int:
    bounds = [day for _, operator, day in request.body["filter"] if operator in {">=", "<="}]
    first, last = (MODULES.reports.date.fromisoformat(day) for day in sorted(bounds))
    return int((last - first).days)


def test_a_month_that_is_too_much_fails_the_table_and_the_next_sync_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    one_report(monkeypatch)
    with only("reports", rows=60) as (h, _):
        bad = h.box.faults.add("status", "reports/query", status=503, when=lambda request: _covers(request, "2022-06-15"))
        with pytest.raises(SyncFailed, match=MAILINGS):
            h.sync()
        assert bad.struck
        h.box.faults.clear()
        h.sync()
        assert differing(h, MAILINGS) == []
        assert min(first for first, _ in spans(h)) == "2022-06-01"  # what was read is not read again


def _covers(request: Request, day: str) -> bool:
    bounds = sorted(each for _, operator, each in request.body["filter"] if operator in {">=", "<="})
    return bool(bounds[0] <= day <= bounds[1])


@pytest.mark.parametrize("size", [7, 50])
def test_more_rows_than_a_page_takes(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    name = "mailing_delivery_daily_stats"
    one_report(monkeypatch, name)
    monkeypatch.setattr(reports, "PAGE_ROWS", size)
    with only("reports", rows=60) as (h, _):
        h.sync()
        assert differing(h, name) == []
        offsets = [request.body["offset"] for request in asked(h, "POST", "reports/query")]
        assert max(offsets) >= size - 1


@pytest.mark.parametrize("kind", ["insert_mailing", "stats_shrink"])
def test_pages_that_shift_between_two_requests(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    name = "mailing_country_daily_stats"
    one_report(monkeypatch, name)
    monkeypatch.setattr(reports, "PAGE_ROWS", 9)
    with only("reports", rows=60) as (h, wire):
        for sync in range(2):
            struck: list[Any] = []

            def shift(request: Request, reply: Reply, struck: list[Any] = struck) -> None:
                if request.path.endswith("reports/query") and _covers(request, "2026-09-15") and len(struck) < 2 and reply.status == 200:
                    struck.append(h.source.change(kind))

            wire.told = shift
            h.sync()
            assert struck
            wire.told = lambda *_: None
            h.clock.pass_days(1)
            h.sync()
            assert differing(h, name) == [], sync


def test_a_list_that_is_no_longer_left_out_gets_its_past() -> None:
    with only("reports", rows=60, list_ids=f"{MAIN},{SMALL}") as (h, _):
        h.sync()
        assert in_sync(h, MAIN, SMALL) == []
        assert {row["list_id"] for row in h.rows(MAILINGS)} <= {MAIN, SMALL}
        h.configuration["list_ids"] += f",{IMPORTED}"
        h.clock.pass_days(1)
        h.sync()
        assert in_sync(h, MAIN, SMALL, IMPORTED) == []
        past = [request for request in asked(h, "POST", "reports/query") if not _covers(request, "2026-08-31")]
        assert {tuple(request.body["list_ids"]) for request in past if _days(request) > 31} == {(IMPORTED,)}


def test_a_limit_that_nobody_told_of_hides_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    cap = 50
    name = "mailing_delivery_daily_stats"
    one_report(monkeypatch, name)
    with only("reports", rows=200) as (h, wire):

        def capped(request: Request, reply: Reply) -> None:
            if request.path.endswith("reports/query") and reply.listed is not None:
                reply.payload["payload"] = reply.listed[:cap]

        wire.told = capped
        h.sync()
        assert differing(h, name) == []
        assert max(request.body["offset"] for request in asked(h, "POST", "reports/query")) >= cap - 1


def test_a_sync_that_is_stopped_in_the_past_goes_on_there(monkeypatch: pytest.MonkeyPatch) -> None:
    one_report(monkeypatch, "list_daily_stats")
    monkeypatch.setattr("common.warehouse.CHECKPOINT_ROWS", 200)
    with only("reports", rows=60) as (h, _):
        assert h.sync_killed_at(420)
        done = h.fivetran.state["spans"]["list_daily_stats"]["done"]
        assert done
        h.sync()
        assert min(first for first, _ in spans(h)) > done
        assert differing(h, "list_daily_stats") == []


def test_the_past_of_one_list_cures_no_error_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    one_report(monkeypatch)

    def broken(request: Request, reply: Reply) -> None:
        for row in reply.records if request.path.endswith("reports/query") else ():
            if str(row["list_id"]) == MAIN and 1_622_505_600 <= int(row["stats_date"]) < 1_700_000_000:
                row["opens"] = {"no": "number"}

    with only("reports", rows=60) as (h, wire):
        excluded = h.configuration["exclude_list_ids"]
        h.configuration["exclude_list_ids"] = f"{excluded}, {IMPORTED}"
        wire.told = broken
        h.sync()
        before = {error["id"] for error in h.open_errors()}
        assert before
        h.configuration["exclude_list_ids"] = excluded
        h.sync()
        assert {error["id"] for error in h.open_errors()} == before
        wire.told = lambda request, reply: None
        h.sync()
        assert h.open_errors() == []
        assert differing(h, MAILINGS) == []


def of_this_month(h: Harness) -> set[tuple[Any, ...]]:
    return {key for key, row in h.rows_by_key()[MAILINGS].items() if row["stats_date"] >= "2026-09"}


def test_the_last_rows_of_a_month_may_shrink_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    one_report(monkeypatch)
    with only("reports", rows=60) as (h, wire):
        wire.told = lambda request, reply: keep(reply, 3)
        h.sync()
        assert len(of_this_month(h)) == 3
        wire.told = lambda request, reply: keep(reply, 0)
        h.sync()
        assert of_this_month(h) == set()
        assert h.fivetran.warnings == []


def test_a_reply_that_lacks_rows_once_deletes_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    one_report(monkeypatch)
    with only("reports", rows=60) as (h, wire):
        h.sync()
        before, lacking = of_this_month(h), [True]

        def empty_once(request: Request, reply: Reply) -> None:
            if lacking and request.path.endswith("reports/query") and is_of_this_month(request):
                lacking.clear()
                keep(reply, len(before) - 2)

        wire.told = empty_once
        h.sync()
        assert not lacking
        assert of_this_month(h) == before != set()
        h.sync()
        assert in_sync_of(h) == []
        assert not h.fivetran.touched


def is_of_this_month(request: Request) -> bool:
    return any(str(value) == "2026-09-01" for _, _, value in request.body["filter"])


def keep(reply: Reply, rows: int) -> None:
    """Leaves so many rows of this month in a report."""
    recent = [row for row in reply.records if int(row.get("stats_date", 0)) >= 1_788_220_800] if isinstance(reply.payload, dict) else []
    if recent:
        reply.payload["payload"] = [row for row in reply.records if row not in recent[rows:]]


def in_sync_of(h: Harness) -> list[str]:
    return differing(h, MAILINGS)
