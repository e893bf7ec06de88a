"""Details of people and contributions, as syncs against the stand-in: what is read when, and what is filled once it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from common.failures import SyncFailed
from tests.contract.harness import Harness, direct
from tests.doubles import Killed

OF_PEOPLE = r"^/v4/people/\d+$"
REFUSED = {"errors": [{"code": "INVALID_PARAMETER", "text": "bad section", "properties": ["$expand"]}]}
FORBIDDEN = {"errors": [{"code": "FORBIDDEN", "text": "restricted"}]}


@pytest.fixture
def h() -> Iterator[Harness]:
    with direct("everyaction", rows=30, settings={"optional_tables": "person_details"}) as (harness, _):
        yield harness


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


def test_details_of_a_type_whose_past_cannot_be_read_are_not_searched_for_in_every_sync() -> None:
    with direct("everyaction", rows=30, settings={"optional_tables": "contribution_details"}) as (h, _):
        h.source.switches.requested_ids = "record"
        h.configuration["optional_tables"] = ""
        h.sync()
        h.configuration["optional_tables"] = "contribution_details"
        h.clock.pass_days(1)
        h.source.change("edit", entity="Contribution")
        h.sync()
        assert [one for one in h.box.requests if one.path == "/v4/people"] == []
        assert len(h.rows("contribution_details")) == 1


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


# --- What is switched on and off ---


def switch(h: Harness, *, on: bool) -> None:
    h.configuration["optional_tables"] = "person_details" if on else ""


def test_details_that_are_switched_on_while_the_past_is_read_are_read_of_everybody(h: Harness) -> None:
    def stopped(self: Any) -> None:
        raise Killed

    switch(h, on=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(h.modules.backfill.Backfill, "_take_up_who_changed", stopped)
        with pytest.raises(Killed):
            h.sync()
    assert h.fivetran.state["backfill"]["people"]  # whose rows will not come again
    switch(h, on=True)
    h.sync()
    assert h.rows("person_details")
    assert h.differences() == []


def test_details_that_were_switched_off_for_a_while_are_read_anew(h: Harness) -> None:
    h.sync()
    switch(h, on=False)
    for _ in range(5):
        h.source.change("edit", entity="Person")
    h.clock.pass_days(1)
    h.sync()
    switch(h, on=True)
    h.clock.pass_days(1)
    h.sync()
    assert h.differences() == []


# --- What cannot be read ---


def without_details(h: Harness) -> frozenset[str]:
    return frozenset(table for table in h.truth() if table.startswith("person_"))


def searches(h: Harness) -> int:
    return sum(one.path == "/v4/people" for one in h.box.requests)


def test_details_that_the_key_may_not_read_are_filled_when_it_may(h: Harness) -> None:
    h.box.faults.add("status", OF_PEOPLE, status=403, body=FORBIDDEN)
    for _ in range(2):
        h.sync()
        assert [one for one in h.fivetran.warnings if "403" in one] == h.fivetran.warnings
        assert len(h.fivetran.warnings) == 1
        assert h.differences(without=without_details(h)) == []
        h.clock.pass_days(1)
    assert (len(details(h, "people")), searches(h)) == (1, 0)  # one shows that it still may not, and the past is not read for nothing
    h.box.faults.clear()
    h.sync()
    assert not h.fivetran.warnings
    assert h.differences() == []


@pytest.mark.parametrize(("status", "body"), [(400, REFUSED), (500, None)])
def test_details_that_fail_one_after_the_other_stop_nothing_else_and_are_filled_later(h: Harness, status: int, body: Any) -> None:
    began = h.clock.now
    h.box.faults.add("status", OF_PEOPLE, status=status, body=body)
    for _ in range(2):
        with pytest.raises(SyncFailed, match=rf"person_details: .* answered {status}.*It is filled anew when it can be read again"):
            h.sync()
        assert h.clock.now - began < 2 * 3600
        assert h.differences(without=without_details(h)) == []
        h.clock.pass_days(1)
        began = h.clock.now
    assert searches(h) == 0
    h.box.faults.clear()
    h.sync()
    assert h.open_errors() == []
    assert h.differences() == []


def test_changes_are_read_while_details_fail(h: Harness) -> None:
    h.sync()
    h.box.faults.add("status", OF_PEOPLE, status=400, body=REFUSED)
    for _ in range(2):
        for _ in range(9):
            h.source.change("edit", entity="Person")
        h.clock.pass_days(1)
        cursors = {name: entry["cursor"] for name, entry in h.fivetran.state["exports"].items()}
        with pytest.raises(SyncFailed, match=r"person_details: .* answered 400"):
            h.sync()
        assert all(entry["cursor"] > cursors[name] for name, entry in h.fivetran.state["exports"].items())
        assert len(details(h, "people")) < 15
        assert h.differences(without=without_details(h)) == []
    h.box.faults.clear()
    h.sync()
    assert h.differences() == []
