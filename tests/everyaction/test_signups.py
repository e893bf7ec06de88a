"""Signups, as syncs against the stand-in: what is read when, what is written again, and what is gone."""

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


def test_events_that_may_not_be_asked_for_by_themselves_are_missed_in_a_second_list(h: Harness) -> None:
    h.sync()
    h.clock.pass_days(1)
    h.source.change("delete", entity="Event")
    h.box.faults.add("status", r"^/v4/events/\d+$", status=403, body={"errors": [{"code": "FORBIDDEN", "text": "restricted"}]})
    h.sync()
    assert not h.fivetran.warnings
    assert asked(h)
    assert h.differences() == []
