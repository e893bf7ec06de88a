"""Details of people and contributions, as syncs against the stand-in: what is read when, and what is filled once it can be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import common.errors
import sandbox.everyaction.exports as served
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


def test_a_person_who_was_deleted_while_details_were_switched_off_has_none_when_they_are_on_again(h: Harness) -> None:
    h.sync()
    person = str(h.rows("person_emails")[0]["van_id"])
    switch(h, on=False)
    h.source.change("delete", entity="Person", id=int(person))
    h.clock.pass_days(1)
    h.sync()
    assert person not in {row["van_id"] for row in h.rows("contacts")}
    switch(h, on=True)
    h.clock.pass_days(1)
    h.sync()
    tables = [table for table in h.fivetran.committed if table.startswith("person_")]
    assert len(tables) > 2
    assert [table for table in tables if person in {row["van_id"] for row in h.rows(table)}] == []
    assert h.differences() == []


def test_details_of_people_are_not_read_again_for_the_past_of_a_type_that_is_new(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though people are exported once more, since it is by them that a batch which lost somebody without a word is noticed."""
    offered = served.resources
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(served, "resources", lambda account: [one for one in offered(account) if one != "Contributions"])
        h.sync()
    h.source.switches.requested_ids_cap = 10
    h.fivetran.state["backfill"]["size"] = 25
    h.clock.pass_days(1)
    h.sync()
    assert h.rows("contributions")
    assert details(h, "people") == []
    assert searches(h) > 0
    assert h.differences() == []
    h.clock.pass_days(1)
    h.sync()
    assert searches(h) == 0


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
        with pytest.raises(SyncFailed, match=rf"person_details: .* answered {status}.*What it misses is tried again"):
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


def cursor(h: Harness, resource: str) -> str:
    return str(h.fivetran.state["exports"][resource]["cursor"])


def test_details_that_an_outage_missed_arrive_in_the_next_sync_where_the_past_of_their_type_is_out_of_reach() -> None:
    with direct("everyaction", rows=30, settings={"optional_tables": "contribution_details"}) as (h, _):
        h.source.switches.requested_ids = "record"
        h.sync()
        assert "Contributions" in h.fivetran.state["backfill"]["out_of_reach"]
        h.clock.pass_days(1)
        added = {str(h.source.change("insert", entity="Contribution")["id"]) for _ in range(12)}
        h.box.faults.add("status", r"^/v4/contributions/\d+$", status=503)
        before = cursor(h, "Contributions")
        with pytest.raises(SyncFailed, match=r"contribution_details: .* answered 503"):
            h.sync()
        assert cursor(h, "Contributions") > before
        assert added <= {row["contribution_id"] for row in h.rows("contributions")}
        assert {error["record"] for error in h.open_errors() if error["table_name"] == "contribution_details"} >= added
        h.box.faults.clear()
        h.clock.pass_days(1)
        h.sync()
        assert added <= {row["contribution_id"] for row in h.rows("contribution_details")}
        assert h.open_errors() == []
        assert not [warning for warning in h.fivetran.warnings if "filled anew" in warning]


def test_details_that_an_outage_missed_arrive_in_the_next_sync_without_the_past() -> None:
    with direct("everyaction", rows=30, settings={"optional_tables": "person_details", "backfill_enabled": "false"}) as (h, _):
        h.sync()
        h.clock.pass_days(1)
        people = [key for (key,) in sorted(h.true_rows()["contacts"])[:12]]
        for person in people:
            h.source.change("edit", entity="Person", number=int(person), values={"nickname": f"Nick of {person}"})
        h.box.faults.add("status", OF_PEOPLE, status=503)
        before = cursor(h, "Contacts")
        with pytest.raises(SyncFailed, match=r"person_details: .* answered 503"):
            h.sync()
        assert cursor(h, "Contacts") > before
        assert {error["record"] for error in h.open_errors()} >= set(people)
        h.box.faults.clear()
        h.clock.pass_days(1)
        h.sync()
        found = {row["van_id"]: row["nickname"] for row in h.rows("person_details")}
        assert [found.get(person) for person in people] == [f"Nick of {person}" for person in people]
        assert h.open_errors() == []
        assert not h.fivetran.warnings


@contextmanager
def spoilt_details(h: Harness, people: Collection[int]) -> Iterator[None]:
    """While the date of birth of some people does not convert."""
    pager = h.modules.fetch.Pager
    detail = pager.detail

    def spoilt(self: Any, place: Any, number: int) -> Any:
        return detail(self, place, number) | ({"dateOfBirth": "garbage"} if number in people else {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pager, "detail", spoilt)
        yield


def test_a_table_that_is_read_in_part_and_fails_does_not_make_the_past_be_searched_in_every_sync(h: Harness) -> None:
    people = sorted(int(key) for (key,) in h.true_rows()["contacts"])
    for person in people[10:17]:
        h.box.faults.add("status", rf"^/v4/people/{person}$", status=500)
    with spoilt_details(h, people[:1]):
        for expected in (True, False, False):
            with pytest.raises(SyncFailed, match=r"person_details: .* answered 500"):
                h.sync()
            assert str(people[0]) in {row["van_id"] for row in h.rows("person_details")}
            assert (searches(h) > 0) == expected
            h.clock.pass_days(1)
    h.box.faults.clear()
    h.sync()
    h.clock.pass_days(1)
    h.sync()
    assert h.open_errors() == []
    assert h.differences() == []


@pytest.fixture
def _few_errors(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.errors, "MAX_OPEN_PER_TABLE", 10)
    monkeypatch.setattr(h.modules.details, "MAX_OPEN_PER_TABLE", 10)


@pytest.mark.usefixtures("_few_errors")
def test_nor_do_cells_that_do_not_convert_if_they_are_too_many(h: Harness) -> None:
    with spoilt_details(h, {int(key) for (key,) in h.true_rows()["contacts"]}):
        with pytest.raises(SyncFailed, match="person_details: more than 10 records or cells do not arrive"):
            h.sync()
        h.clock.pass_days(1)
        with pytest.raises(SyncFailed, match="person_details: as many records or cells do not arrive as `errors` may list"):
            h.sync()
        assert [warning for warning in h.fivetran.warnings if warning.startswith("person_details: some of it could not be read")]
        assert searches(h) == 0
        h.clock.pass_days(1)
        known = {error["record"] for error in h.open_errors()}
        h.source.change("edit", entity="Person", number=min(int(key) for (key,) in h.true_rows()["contacts"] if key not in known))
        with pytest.raises(SyncFailed, match="person_details: more than 10 records or cells do not arrive"):
            h.sync()
        assert searches(h) == 0


@pytest.mark.usefixtures("_few_errors")
def test_all_arrives_when_too_many_cells_convert_again(h: Harness) -> None:
    with spoilt_details(h, {int(key) for (key,) in h.true_rows()["contacts"]}), pytest.raises(SyncFailed, match="more than 10 records"):
        h.sync()
    h.clock.pass_days(1)
    h.sync()
    h.clock.pass_days(1)
    h.sync()
    assert h.open_errors() == []
    assert h.differences() == []
