"""The optional activity of contacts: days that are replaced, days that stay, and no day that is left out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from common.failures import SyncFailed
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness
from tests.ongage.only import MAIN, SMALL, asked, differing, only

SUMMARIES, EVENTS = TABLES = ("contact_activity_summaries", "contact_activity_events")
BOTH = {"optional_tables": ",".join(TABLES)}


def in_sync(h: Harness, days: int, *lists: str) -> list[str]:
    """What differs in the last days; the truth of more days than the connector reads again tells whether one was left out."""
    h.source.activity_days = days
    begin = datetime.fromtimestamp(h.clock.now, timezone.utc).replace(hour=0, minute=0, second=0) - timedelta(days=days - 1)
    for name in TABLES:
        rows = h.fivetran.committed[name]
        h.fivetran.committed[name] = {key: row for key, row in rows.items() if row["from_date"] >= begin.replace(microsecond=0)}
    return differing(h, *TABLES, lists=lists)


def days_of(h: Harness) -> list[datetime]:
    return sorted({row["from_date"] for row in h.fivetran.committed[SUMMARIES].values()})


def test_days_between_two_syncs_have_no_hole_and_older_ones_stay() -> None:
    with only("activity", rows=100, **BOTH) as (h, _):
        h.sync()
        first = days_of(h)
        assert len(first) == 3
        h.clock.pass_days(6)
        h.sync()
        assert days_of(h) == [first[0] + timedelta(days=day) for day in range(9)]
        assert in_sync(h, 7) == []
        assert not h.source.jobs


def test_the_last_days_are_replaced_and_older_rows_stay() -> None:
    with only("activity", rows=200, list_ids=MAIN, **BOTH) as (h, _):
        h.sync()
        h.clock.pass_days(1)
        oldest, *recent = days_of(h)
        rows = h.fivetran.committed[SUMMARIES].values()
        everywhere: dict[str, set[datetime]] = {}
        for row in rows:
            everywhere.setdefault(row["contact_id"], set()).add(row["from_date"])
        lately = next(contact for contact, days in everywhere.items() if days & set(recent))
        long_ago = next(contact for contact, days in everywhere.items() if days == {oldest})
        for contact in (lately, long_ago):
            h.source.change("remove_contact", id=contact)
        h.sync()
        kept = {(row["contact_id"], row["from_date"]) for row in h.fivetran.committed[SUMMARIES].values()}
        assert (long_ago, oldest) in kept
        assert not {(lately, day) for day in recent} & kept
        assert in_sync(h, 3, MAIN) == []
        h.sync()
        assert not h.fivetran.touched


def test_a_report_that_vanishes_or_comes_broken_is_made_or_read_again() -> None:
    with only("activity", rows=100, list_ids=f"{MAIN},{SMALL}", **BOTH) as (h, wire):
        struck: list[Any] = []

        def spoil(request: Request, reply: Reply) -> None:
            if request.path.endswith(("/export", "/export_detailed")) and len(struck) < 4 and reply.status == 200:
                struck.append(request.path)
                if len(struck) % 2:
                    reply.body = reply.encoded()[: len(reply.encoded()) // 2]
                else:
                    h.source.jobs.clear()

        wire.told = spoil
        h.sync()
        assert len(struck) == 4
        assert in_sync(h, 3, MAIN, SMALL) == []


def test_a_list_whose_reports_always_fail_stops_no_other_list_and_catches_up() -> None:
    with only("activity", rows=100, list_ids=f"{MAIN},{SMALL}", **BOTH) as (h, _):
        h.sync()
        h.clock.pass_days(1)
        h.box.faults.add("set_value", rf"/{MAIN}/api/contact_activity/\d+$", key="payload.status", value=3)
        with pytest.raises(SyncFailed, match=f"activity of list {MAIN}"):
            h.sync()
        assert not h.source.jobs
        assert len(asked(h, "POST", f"/{SMALL}/api/contact_activity")) == 3
        h.box.faults.clear()
        h.clock.pass_days(5)
        h.sync()
        assert in_sync(h, 7, MAIN, SMALL) == []


def test_only_what_is_wanted_is_asked_for() -> None:
    with only("activity", rows=40, list_ids=MAIN, optional_tables=EVENTS) as (h, _):
        h.sync()
        assert asked(h, "GET", "/export_detailed")
        assert not asked(h, "GET", "/export")
