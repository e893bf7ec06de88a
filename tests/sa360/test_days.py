"""What is odd about single days: those that the API cannot give, those that it keeps no more, and events, whose keys tell no day."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from typing import Any

import pytest

from common.failures import SyncFailed
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness
from tests.doubles import Direct
from tests.sa360.only import (
    DAY,
    MODULES,
    asked,
    clients,
    day_of,
    days_asked,
    differing,
    only,
    refusal,
    replaced,
    today,
    warehouse,
    window_of,
    windows,
)

REPORT = "campaign_reports"
STREAM = ":searchStream FROM campaign WHERE"
NO_MORE = "dateRangeError.REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED"
EVENTS = {"conversions": "Conversion", "visits": "Visit"}


def quiet(wire: Direct) -> None:
    """Nothing is wrong any more."""
    wire.told = lambda request, reply: None


def fail_days(wire: Direct, days: Collection[date]) -> None:
    """Lets every question fail in whose range there is one of these days."""

    def told(request: Request, reply: Reply) -> None:
        if STREAM in request.spot:
            first, last = days_asked(request)
            if any(first <= day <= last for day in days):
                reply.status = 500
                replaced(reply, [{"error": {"code": 500, "status": "INTERNAL", "message": "An internal error."}}])

    wire.told = told


def of_day(h: Harness, day: date) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {key: row for key, row in warehouse(h, REPORT).items() if day_of(row) == day}


# --- Days that cannot be read ---


def test_one_of_the_newest_days_that_cannot_be_read_is_filed_and_tried_again_and_the_others_arrive() -> None:
    with only(REPORT) as (h, wire):
        h.sync()
        bad = today(h) - DAY
        h.source.change("zero", entity="AdGroup", day=bad.isoformat())
        h.source.change("restate", entity="AdGroup", day=(bad + DAY).isoformat())
        h.source.change("zero", entity="AdGroup", day=(bad - DAY).isoformat())
        before = of_day(h, bad)
        fail_days(wire, {bad})
        for _ in range(2):
            h.sync()
            assert of_day(h, bad) == before  # what was not read is not gone
            assert differing(h, REPORT, of=lambda row: day_of(row) != bad) == []
            filed = h.open_errors()
            assert {one["record"] for one in filed} == {f"{customer}/{bad}" for customer in clients(h)}
            assert {(one["table_name"], one["status"]) for one in filed} == {(REPORT, 500)}
        quiet(wire)
        h.sync()
        assert differing(h, REPORT) == []
        assert not h.open_errors()
        assert all(one["resolved_at"] for one in h.rows("errors"))


def test_a_past_day_that_cannot_be_read_is_filed_and_tried_again_and_the_others_arrive() -> None:
    with only(REPORT) as (h, wire):
        bad = today(h) - 5 * DAY
        fail_days(wire, {bad})
        for number in range(2):
            h.sync()
            assert differing(h, REPORT, of=lambda row: day_of(row) != bad) == []
            assert {one["record"] for one in h.open_errors()} == {f"{customer}/{bad}" for customer in clients(h)}
            if number:  # the past is over but for that day
                assert min(first for first, _ in windows(h, "campaign") if first != bad) == today(h) - 3 * DAY
                assert windows(h, "campaign").count((bad, bad)) >= 1
        quiet(wire)
        h.sync()
        assert differing(h, REPORT) == []
        assert not h.open_errors()
        h.sync()
        assert min(windows(h, "campaign"))[0] == today(h) - 3 * DAY


def test_a_day_that_cannot_be_read_and_passes_out_of_the_newest_ones_is_tried_again() -> None:
    with only(REPORT) as (h, wire):
        h.sync()
        bad = today(h)
        h.clock.pass_days(3)
        fail_days(wire, {bad})
        h.sync()
        h.clock.pass_days(3)
        h.sync()
        assert {one["record"] for one in h.open_errors()} == {f"{customer}/{bad}" for customer in clients(h)}
        quiet(wire)
        h.sync()
        assert not h.open_errors()
        assert differing(h, REPORT) == []


@pytest.mark.parametrize("days", ["14", "3"])
def test_too_many_days_that_cannot_be_read_fail_the_table(days: str) -> None:
    with only(REPORT, "campaign_device_reports", conversion_window_days=days) as (h, wire):
        h.source.start_date = today(h) - 14 * DAY
        h.configuration["start_date"] = h.source.start_date.isoformat()
        oldest = h.source.start_date

        def told(request: Request, reply: Reply) -> None:
            if STREAM in request.spot and "segments.device" not in request.body["query"] and days_asked(request)[1] >= oldest:
                reply.status = 500
                replaced(reply, [{"error": {"code": 500, "status": "INTERNAL", "message": "An internal error."}}])

        wire.told = told
        with pytest.raises(SyncFailed, match=f"{REPORT} of account"):
            h.sync()
        assert len(h.open_errors()) <= MODULES.reading.MOST_UNREADABLE * len(clients(h))
        assert differing(h, "campaign_device_reports") == []
        quiet(wire)
        h.sync()
        assert differing(h, REPORT, "campaign_device_reports") == []
        assert not h.open_errors()


def test_an_api_that_answers_nothing_files_no_day() -> None:
    with only(REPORT) as (h, _):
        h.box.faults.add("status", "FROM campaign WHERE", status=503)
        with pytest.raises(SyncFailed, match=f"{REPORT} of account"):
            h.sync()
        assert not h.rows("errors")


# --- Days that are kept no more ---


@pytest.mark.parametrize("age", [4, 9, 20])
def test_where_the_api_keeps_less_than_it_says_no_day_is_lost_and_the_past_ends(age: int) -> None:
    with only(REPORT) as (h, wire):
        h.source.start_date = today(h) - 60 * DAY
        h.configuration["start_date"] = h.source.start_date.isoformat()
        edge = today(h) - age * DAY

        def told(request: Request, reply: Reply) -> None:
            if STREAM in request.spot and days_asked(request)[0] < edge:
                reply.status = 400
                replaced(reply, [refusal(NO_MORE)])

        wire.told = told
        h.sync()
        assert edge in {day_of(row) for row in h.rows(REPORT)}
        assert differing(h, REPORT, of=lambda row: day_of(row) >= edge) == []
        assert not h.rows("errors")
        h.sync()
        assert min(windows(h, "campaign"))[0] == today(h) - 3 * DAY


# --- Events ---


def events(h: Harness, table: str, customer: str) -> list[dict[str, Any]]:
    """An account's events that the warehouse has, the newest first."""
    return sorted((row for row in h.rows(table) if row["customer_id"] == customer), key=day_of, reverse=True)


@pytest.mark.parametrize("table", EVENTS)
def test_an_event_that_vanishes_is_deleted(table: str) -> None:
    with only(table, optional_tables=",".join(EVENTS)) as (h, _):
        h.sync()
        customer = clients(h)[0]
        gone = events(h, table, customer)[1]
        h.source.remove(EVENTS[table], customer, gone["resource_name"])
        h.sync()
        assert h.fivetran.kinds["delete"] == 1
        assert gone["resource_name"] not in {row["resource_name"] for row in h.rows(table)}
        for days in (0, 1, 5):
            h.clock.pass_days(days)
            h.sync()
            assert differing(h, table) == []


@pytest.mark.parametrize("table", EVENTS)
@pytest.mark.parametrize("days", [-1, 1])
def test_an_event_that_moves_to_another_day_is_not_deleted(table: str, days: int) -> None:
    with only(table, optional_tables=",".join(EVENTS)) as (h, _):
        h.sync()
        moved = events(h, table, clients(h)[0])[1]
        day = day_of(moved) + days * DAY
        h.source.set_value(EVENTS[table], moved["resource_name"], "_segments.date", day.isoformat())
        for passed in (0, 0, 1, 5):
            h.clock.pass_days(passed)
            h.sync()
            assert h.fivetran.kinds["delete"] == 0
            assert [day_of(row) for row in h.rows(table) if row["resource_name"] == moved["resource_name"]] == [day]
            assert differing(h, table) == []


def test_an_event_that_moved_can_still_vanish() -> None:
    with only("conversions", optional_tables="conversions") as (h, _):
        h.sync()
        customer = clients(h)[0]
        moved = events(h, "conversions", customer)[1]
        h.source.set_value("Conversion", moved["resource_name"], "_segments.date", today(h, customer).isoformat())
        h.sync()
        h.source.remove("Conversion", customer, moved["resource_name"])
        h.sync()
        assert h.fivetran.kinds["delete"] == 1
        assert differing(h, "conversions") == []


def test_an_event_of_a_day_that_is_not_over_is_asked_for_by_its_day_before_it_is_deleted() -> None:
    """A reply that lacks an event for once deletes nothing."""
    with only("conversions", optional_tables="conversions") as (h, wire):
        h.sync()
        customer = clients(h)[0]
        before, lacking = warehouse(h, "conversions"), events(h, "conversions", customer)[0]["resource_name"]
        lacked: list[str] = []

        def told(request: Request, reply: Reply) -> None:
            if f"customers/{customer}/searchAds360:searchStream FROM conversion WHERE" in request.spot and not lacked:
                lacked.append(lacking)
                chunks = [
                    chunk | {"results": [row for row in chunk.get("results", []) if row["conversion"]["resourceName"] != lacking]}
                    for chunk in _chunks(reply)
                ]
                replaced(reply, chunks)

        wire.told = told
        h.sync()
        assert lacked
        assert warehouse(h, "conversions") == before
        assert len({window_of(one) for one in asked(h, "conversion", customer=customer)}) > 1


def _chunks(reply: Reply) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(reply.encoded())
    return found
