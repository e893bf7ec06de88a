"""Signups and details, as syncs against the stand-in: what is read when, what is written again, and what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.contract.harness import Harness, direct

SIGNUPS = "/v4/signups"


@pytest.fixture
def h() -> Iterator[Harness]:
    with direct("everyaction", rows=60, settings={"full_refresh_days": "7"}) as (harness, _):
        yield harness


def asked(h: Harness) -> set[str]:
    """The events whose signups were asked for in the last sync."""
    return {one.query["eventId"] for one in h.box.requests if one.path == SIGNUPS}


def events(h: Harness, days: int) -> set[str]:
    """The events that begin so many days before now, or later, by the truth."""
    since = h.clock.now - days * 86_400
    return {str(row["event_id"]) for row in h.true_rows()["events"].values() if seconds(str(row["start_date"])) >= since}


def seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_those_of_late_and_coming_events_are_read_in_each_sync_and_all_in_a_full_reading(h: Harness) -> None:
    h.sync()
    everything = {str(number) for (number,) in h.true_rows()["events"]}
    assert asked(h) == everything
    h.clock.pass_days(1)
    h.sync()
    assert asked(h) == events(h, 30) < everything
    h.clock.pass_days(7)
    h.sync()
    assert asked(h) == everything


def test_signups_of_an_event_that_is_deleted_go_with_it_and_others_stay(h: Harness) -> None:
    h.sync()
    gone = next(row["event_id"] for row in h.rows("event_signups"))
    h.source.change("delete", entity="Event", id=int(gone))
    h.clock.pass_days(1)
    h.sync()
    assert gone not in {row["event_id"] for row in h.rows("event_signups")}
    assert h.differences() == []


def test_events_that_are_forbidden_delete_no_signup(h: Harness) -> None:
    h.sync()
    before = h.fivetran.committed["event_signups"]
    h.source.forbidden = {"Event"}
    h.clock.pass_days(8)
    h.sync()
    assert h.fivetran.committed["event_signups"] == before
    assert asked(h) == set()
    h.clock.pass_days(1)
    h.sync()
    assert h.fivetran.state["refreshed_at"][:10] < "2026-09-30"  # what could be read was read in full, and is not read so in each sync


# --- Details ---


def details(h: Harness, kind: str) -> list[str]:
    return [one.path for one in h.box.requests if one.path.startswith(f"/v4/{kind}/")]


def test_details_follow_what_changed_and_are_not_written_twice() -> None:
    with direct("everyaction", rows=30, settings={"optional_tables": "person_details,contribution_details"}) as (h, _):
        h.sync()
        assert len(h.rows("person_details")) == len(h.true_rows()["contacts"])
        first = len(details(h, "people"))
        h.clock.pass_days(1)
        h.source.change("edit", entity="Person")
        h.source.change("add_note")
        h.sync()
        assert 1 <= len(set(details(h, "people"))) <= 2 < first
        assert h.differences() == []
        h.clock.pass_days(5 / 1440)
        h.sync()
        assert not h.fivetran.touched
        person = int(h.rows("person_details")[0]["van_id"])
        h.source.change("delete", entity="Person", id=person)
        h.clock.pass_days(1)
        h.sync()
        assert str(person) not in {row["van_id"] for row in (*h.rows("person_details"), *h.rows("person_emails"))}
        assert h.differences() == []


def test_details_that_are_switched_on_later_are_read_of_everybody() -> None:
    with direct("everyaction", rows=30) as (h, _):
        h.sync()
        state, committed = h.fivetran.state, h.fivetran.committed
    with direct("everyaction", rows=30, settings={"optional_tables": "person_details"}) as (h, _):
        h.fivetran.state, h.fivetran.committed = state, h.fivetran.committed | committed
        h.sync()
        assert len(h.rows("person_details")) == len(h.true_rows()["contacts"])
        assert h.differences() == []


def test_a_detail_that_cannot_be_read_is_named_and_tried_again() -> None:
    with direct("everyaction", rows=30, settings={"optional_tables": "person_details"}) as (h, _):
        person = int(next(iter(h.true_rows()["contacts"]))[0])
        h.box.faults.add("status", rf"/v4/people/{person}$", status=500)
        h.sync()
        [error] = h.open_errors()
        assert (error["table_name"], error["record"], error["status"]) == ("person_details", str(person), 500)
        h.box.faults.clear()
        h.clock.pass_days(1)
        h.sync()
        assert h.open_errors() == []
        assert h.differences() == []
