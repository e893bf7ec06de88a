"""Exports of changed entities, as syncs against the stand-in: windows, jobs that fail, files that are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

import sandbox.everyaction.exports as served
from common.failures import SyncFailed
from common.tables import CellProblem
from sandbox.everyaction.times import offset_text
from tests.contract.harness import Harness, direct
from tests.doubles import Killed

JOBS = "/v4/changedEntityExportJobs"
FILES = r"^/exports/"
HISTORY = "contact_histories"
EXPORTED = (
    "contacts", "contacts_activist_codes", "contacts_survey_responses", HISTORY, "contributions", "contribution_adjustments",
    "recurring_contributions", "contacts_online_forms", "event_ticket_transactions_guests", "disbursements",
)  # fmt: skip


@pytest.fixture
def h() -> Iterator[Harness]:
    with direct("everyaction", rows=30) as (harness, _):
        yield harness


def begun(h: Harness, resource: str) -> list[dict[str, Any]]:
    """The bodies with which exports of a type were asked for in the last sync."""
    return [one.body for one in h.box.requests if (one.method, one.path) == ("POST", JOBS) and one.body["resourceType"] == resource]


def windows(h: Harness, resource: str) -> list[tuple[datetime, datetime]]:
    """The windows of the exports that were asked for without ids."""
    bodies = [one for one in begun(h, resource) if "requestedIds" not in one]
    return [(at(one["dateChangedFrom"]), at(one["dateChangedTo"])) for one in bodies]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def cursor(h: Harness, resource: str) -> str:
    return str(h.fivetran.state["exports"][resource]["cursor"])


def a_day_later(h: Harness) -> None:
    h.clock.pass_days(1)
    h.source.change_bundle(share=0.1)


@contextmanager
def spoilt(h: Harness, key: str, **cells: str) -> Iterator[None]:
    """While rows of the type with that key have other values in some cells."""
    reader = h.modules.models.ExportReader
    record = reader.record

    def changed(self: Any, row: Any) -> Any:
        found = record(self, row)
        return found | cells if key in found else found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "record", changed)
        yield


# --- Windows ---


def test_the_first_windows_reach_back_ninety_days_without_a_hole_and_later_ones_overlap_by_a_quarter_of_an_hour(h: Harness) -> None:
    h.sync()
    now = datetime.fromtimestamp(int(h.clock.now), tz=at("2026-01-01T00:00:00Z").tzinfo)
    first = windows(h, "ContactHistory")
    assert now - timedelta(days=90) < first[0][0] < now - timedelta(days=89, hours=22)
    assert [later - end for (_, end), (later, _) in pairwise(first)] == [timedelta(minutes=-15)] * (len(first) - 1)
    assert first[-1][1] == now
    h.clock.pass_days(2)
    h.sync()
    assert windows(h, "ContactHistory") == [(now - timedelta(minutes=15), now + timedelta(days=2))]


def test_the_cursor_is_the_jobs_own_upper_bound(h: Harness) -> None:
    h.sync()
    before = at(cursor(h, "ContactHistory"))
    h.clock.pass_days(2)
    earlier = (before + timedelta(days=1)).replace(tzinfo=None).isoformat() + "Z"
    h.box.faults.add("set_value", rf"{JOBS}/\d+$", times=1, key="dateChangedTo", value=earlier, when=lambda _: True)
    h.sync()
    ends = {name: windows(h, name) for name in ("Contacts", "ContactHistory", "ContactsActivistCodes")}
    again = [found for found in ends.values() if len(found) == 2]
    assert [found[1][0] for found in again] == [before + timedelta(days=1) - timedelta(minutes=15)]


def test_inactive_rows_are_asked_for_and_all_fields(h: Harness) -> None:
    h.sync()
    for body in begun(h, "Contacts"):
        assert body["includeInactive"] is True
        assert body["requestedFields"]
        assert body["requestedCustomFieldIds"]
        assert "excludeChangesFromSelf" not in body


def test_rows_of_the_overlap_are_not_written_again(h: Harness) -> None:
    h.sync()
    a_day_later(h)
    h.sync()
    assert h.fivetran.touched[HISTORY]
    h.clock.pass_days(5 / 1440)
    h.sync()
    assert h.box.requests
    assert not h.fivetran.touched


def test_an_export_that_ends_at_the_whole_minute_is_complete(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "offset_text", lambda seconds: offset_text(seconds - seconds % 60))
    for _ in range(2):  # the second time there is nothing more to be had
        h.sync(stop_at=1000)  # or it would go on for ever
        end = at(cursor(h, "ContactHistory"))
        assert end.second == 0
        assert 0 < h.clock.now - end.timestamp() < 60
        h.clock.now += 20
    assert len(windows(h, "ContactHistory")) == 1


# --- Jobs that fail ---


@pytest.mark.parametrize(("switch", "word"), [("failing", "failed"), ("stuck", "was not done after 60 minutes")])
def test_a_job_that_fails_or_hangs_is_tried_again_in_a_smaller_window_and_then_fails_the_table_by_name(
    h: Harness, switch: str, word: str
) -> None:
    h.sync()
    before = cursor(h, "ContactHistory")
    a_day_later(h)
    setattr(h.source.switches, switch, 1)
    h.sync()
    assert h.differences() == []
    a_day_later(h)
    setattr(h.source.switches, switch, 1000)
    with pytest.raises(SyncFailed, match=rf"{HISTORY}: .*{word}"):
        h.sync()
    after = cursor(h, "ContactHistory")
    assert len(windows(h, "ContactHistory")) == 4
    assert before < after
    setattr(h.source.switches, switch, 0)
    h.sync()
    assert h.differences() == []
    assert after < cursor(h, "ContactHistory")


def test_a_status_that_nobody_knows_is_waited_for(h: Harness) -> None:
    h.source.switches.running_status, h.source.switches.polls = "Requested", 3
    h.sync()
    assert h.differences() == []


@pytest.mark.parametrize("status", [401, 403, 404, 400])
def test_a_file_whose_address_has_expired_is_exported_anew(h: Harness, status: int) -> None:
    h.box.faults.add("status", FILES, times=1, status=status, body="<Error/>", content_type="application/xml")
    h.sync()
    assert h.differences() == []


@pytest.mark.parametrize("status", [404, 403, 400])
def test_a_job_that_this_key_cannot_ask_for_any_more_is_begun_anew(h: Harness, status: int) -> None:
    """It may be gone, or another key may have begun it."""
    h.sync()
    a_day_later(h)

    def stopped(self: Any, resource: Any) -> bool:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(h.modules.exports.Exports, "read_window", stopped)
        with pytest.raises(Killed):
            h.sync()
    jobs = [entry["job"][0] for entry in h.fivetran.state["exports"].values()]
    h.box.faults.add("status", rf"{JOBS}/({'|'.join(map(str, jobs))})$", status=status, body={"errors": [{"code": "X", "text": "no"}]})
    h.sync()
    assert not h.fivetran.warnings
    assert h.differences() == []


def test_a_window_that_begins_later_than_was_asked_for_fails_the_table(h: Harness) -> None:
    h.sync()
    a_day_later(h)
    now = datetime.fromtimestamp(h.clock.now, tz=at("2026-01-01T00:00:00Z").tzinfo)
    late = (now - timedelta(hours=2)).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
    h.box.faults.add("set_value", rf"{JOBS}/\d+$", key="dateChangedFrom", value=late)
    before = cursor(h, "ContactHistory")
    with pytest.raises(SyncFailed, match=f"{HISTORY}: the source exports changes from"):
        h.sync()
    assert cursor(h, "ContactHistory") == before
    h.box.faults.clear()
    h.sync()
    assert h.differences() == []


# --- Files ---


@pytest.mark.parametrize(
    "switches",
    [
        {"rows_per_file": 3},
        {"rows_per_file": 3, "header_repeated": False},
        {"csv_tab": True},
        {"csv_bom": False},
        {"empty_files": "none"},
        {"requested_ids_added": True},
    ],
    ids=str,
)
def test_files_of_every_form(h: Harness, switches: dict[str, Any]) -> None:
    for name, value in switches.items():
        setattr(h.source.switches, name, value)
    h.sync()
    a_day_later(h)
    h.sync()
    assert h.differences() == []


def test_a_file_with_other_rows_than_the_job_says_is_not_believed(h: Harness) -> None:
    h.sync()
    a_day_later(h)
    before = cursor(h, "ContactHistory")
    h.box.faults.add("set_value", rf"{JOBS}/\d+$", key="exportedRecordCount", value=4711)
    with pytest.raises(SyncFailed, match="says that it has 4,711"):
        h.sync()
    assert cursor(h, "ContactHistory") == before
    h.box.faults.clear()
    h.sync()
    assert h.differences() == []


def test_an_export_that_lacks_columns_blanks_nothing_and_names_them(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the source had dropped what was asked for: the fields are in /fields, and not in the file."""
    h.sync()
    a_day_later(h)
    before = h.fivetran.committed["contacts"]
    api = h.modules.api.EveryActionApi
    begin = api.begin_export

    def without_fields(self: Any, body: dict[str, Any]) -> Any:
        return begin(self, {name: value for name, value in body.items() if name != "requestedFields"})

    monkeypatch.setattr(api, "begin_export", without_fields)
    with pytest.raises(SyncFailed, match=r"contacts: the export lacks columns that it should have, .*AnnualIncome"):
        h.sync()
    assert h.fivetran.committed["contacts"] == before
    monkeypatch.undo()
    h.sync()
    assert h.differences() == []


def test_custom_fields_that_were_there_and_are_asked_for_are_not_blanked_either(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    h.sync()
    a_day_later(h)
    api = h.modules.api.EveryActionApi
    begin = api.begin_export
    lacking = "requestedCustomFieldIds"
    monkeypatch.setattr(api, "begin_export", lambda self, body: begin(self, {key: one for key, one in body.items() if key != lacking}))
    with pytest.raises(SyncFailed, match="contacts: the export lacks columns"):
        h.sync()
    monkeypatch.undo()
    h.sync()
    assert h.differences() == []


@pytest.mark.parametrize("fault", [{"status": 200, "body": []}, {"status": 404, "body": {"errors": [{"code": "NOT_FOUND", "text": "x"}]}}])
def test_custom_fields_that_cannot_be_listed_once_are_asked_for_all_the_same(h: Harness, fault: dict[str, Any]) -> None:
    h.sync()
    h.clock.pass_days(1)
    for _ in range(5):
        h.source.change("edit", entity="Person")
    h.box.faults.add("status", r"^/v4/customFields$", **fault)
    h.sync()
    assert all(body["requestedCustomFieldIds"] for body in begun(h, "Contacts"))
    h.box.faults.clear()
    h.clock.pass_days(1)
    h.sync()
    assert h.differences() == []


def test_files_are_fetched_without_the_login_and_their_signatures_are_told_nowhere(
    h: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    h.box.faults.add("status", FILES, status=503)
    with pytest.raises(SyncFailed) as failed:
        h.sync()
    files = [one for one in h.box.requests if one.path.startswith("/exports/")]
    assert files
    assert not any("authorization" in one.headers for one in files)
    signatures = {one.query["sig"] for one in files}
    said = capsys.readouterr().out + str(failed.value) + json.dumps(h.fivetran.state) + json.dumps(h.rows("errors"), default=str)
    assert not any(signature in said for signature in signatures)
    assert "sig=" not in said


def test_a_field_that_no_export_ever_had_is_null_and_no_reason_to_stop(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for may be dropped without a word (7.3), from the first export on."""
    api = h.modules.api.EveryActionApi
    begin = api.begin_export
    lacking = "requestedFields"
    monkeypatch.setattr(api, "begin_export", lambda self, body: begin(self, {key: one for key, one in body.items() if key != lacking}))
    h.sync()
    a_day_later(h)
    h.sync()
    assert h.rows("contacts")
    assert {row["annual_income"] for row in h.rows("contacts")} == {None}
    assert h.differences(without=frozenset(name for name in h.truth() if name in EXPORTED)) == []


# --- Types ---


def test_a_type_whose_key_is_not_shown_is_named_and_not_guessed_and_the_rest_is_complete(
    h: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = h.modules.api.EveryActionApi
    fields = api.fields

    def keyless(self: Any, resource: str) -> Any:
        found = fields(self, resource)
        return [one for one in found if one["fieldName"] != "DisbursementID"]

    monkeypatch.setattr(api, "fields", keyless)
    h.sync()
    [said] = [warning for warning in h.fivetran.warnings if "disbursements" in warning]
    assert "DisbursementID" in said
    assert h.differences(without=frozenset({"disbursements", "changed_entity_fields"})) == []
    assert h.rows("disbursements") == []


@pytest.mark.parametrize("status", [403, 404])
def test_a_type_whose_kinds_of_change_cannot_be_read_is_left_out_since_what_was_deleted_would_stay(h: Harness, status: int) -> None:
    h.sync()
    h.clock.pass_days(1)
    for _ in range(3):
        h.source.change("delete", entity="Contribution")
    h.box.faults.add("status", "changeTypes/Contributions$", status=status, body={"errors": [{"code": "X", "text": "no"}]})
    before = cursor(h, "Contributions")
    h.sync()
    assert [one for one in h.fivetran.warnings if one.startswith("contributions is left out: its kinds of change")]
    assert cursor(h, "Contributions") == before
    h.box.faults.clear()
    h.sync()
    assert not h.fivetran.warnings
    assert h.differences() == []


def test_a_type_that_is_not_exported_any_more_is_named_and_its_rows_stay(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    h.sync()
    before = h.fivetran.committed["disbursements"]
    offered = served.resources
    monkeypatch.setattr(served, "resources", lambda account: [one for one in offered(account) if one != "Disbursements"])
    for _ in range(2):
        h.clock.pass_days(1)
        h.sync()
        [said] = h.fivetran.warnings
        assert said.startswith("disbursements: EveryAction does not export this any more")
    assert h.fivetran.committed["disbursements"] == before
    assert "Disbursements" not in {row["resource_type"] for row in h.rows("changed_entity_resources")}


def test_a_type_that_was_never_exported_is_not_said_to_be_exported_no_more(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = served.resources
    monkeypatch.setattr(served, "resources", lambda account: [one for one in offered(account) if one != "Contributions"])
    for _ in range(2):
        h.sync()
        assert not h.fivetran.warnings
        h.clock.pass_days(1)


def test_a_type_whose_rows_tell_nothing_of_deletes_is_read_without_its_kinds_of_change(h: Harness) -> None:
    h.box.faults.add("status", "changeTypes/ContactsSurveyResponses$", status=404, body={"errors": [{"code": "X", "text": "no"}]})
    h.sync()
    assert not h.fivetran.warnings
    assert h.rows("contacts_survey_responses")
    assert h.differences(without=frozenset({"changed_entity_change_types"})) == []


def test_a_key_without_exports_has_the_lists_and_is_told_once(h: Harness) -> None:
    h.source.forbidden = {"ExportJob"}
    h.sync()
    said = [warning for warning in h.fivetran.warnings if "403" in warning]
    assert len(said) == 1
    assert "changed entity exports" in said[0]
    assert h.rows("codes")
    h.source.forbidden = set()
    h.sync()
    assert h.differences() == []


def test_deletes_arrive_by_the_change_type_and_by_the_flag(h: Harness) -> None:
    h.sync()
    h.clock.pass_days(1)
    for entity in ("Contribution", "ContactActivistCode"):
        h.source.change("delete", entity=entity)
    counts = {name: len(h.rows(name)) for name in ("contributions", "contacts_activist_codes")}
    h.sync()
    assert {name: len(h.rows(name)) for name in counts} == {name: count - 1 for name, count in counts.items()}
    assert h.differences() == []


def test_a_cell_that_does_not_convert_is_named_and_tried_again_by_the_person_to_whom_it_belongs(h: Harness) -> None:
    h.sync()
    h.clock.pass_days(1)
    h.source.change("insert", entity="ContactHistory")
    with spoilt(h, "ContactsContactID", DateCanvassed="yesterday"):
        h.sync()
        errors = h.open_errors()
        assert {error["column_name"] for error in errors} == {"date_canvassed"}
        assert all("yesterday" not in str(error["message"]) for error in errors)
    h.clock.pass_days(1)
    h.sync()
    assert any("requestedIds" in body for body in begun(h, "ContactHistory"))
    assert h.open_errors() == []
    assert h.differences() == []


def test_rows_that_cannot_be_tried_again_do_not_stop_the_changes_of_their_type(h: Harness) -> None:
    h.sync()
    h.clock.pass_days(1)
    h.source.change("insert", entity="ContactHistory")
    with spoilt(h, "ContactsContactID", DateCanvassed="yesterday"):
        h.sync()
    assert h.open_errors()
    before = cursor(h, "ContactHistory")
    h.clock.pass_days(1)
    h.source.change("insert", entity="ContactHistory")
    h.source.switches.most_requested_ids = 0  # this type takes no ids
    with pytest.raises(SyncFailed, match=f"{HISTORY}, what did not arrive before: .* answered 400"):
        h.sync()
    assert before < cursor(h, "ContactHistory")
    assert h.differences() == []


def test_what_is_open_for_a_row_that_names_nobody_is_resolved_when_it_arrives_whole_later(h: Harness) -> None:
    h.sync()
    h.clock.pass_days(1)
    number = h.source.change("insert", entity="ContributionAdjustment")["id"]
    with spoilt(h, "ContributionAdjustmentID", DateAdjusted="yesterday", VanID=""):
        h.sync()
    [error] = h.open_errors()
    assert (error["record"], error["column_name"]) == (str(number), "date_adjusted")
    h.clock.pass_days(1)
    h.source.change("edit", entity="ContributionAdjustment", id=number)
    h.sync()
    assert h.open_errors() == []
    assert h.differences() == []


def of_one_person(h: Harness) -> tuple[int, int]:
    """A person to whom a new row of `ContactHistory` belongs, and that row."""
    number = int(h.source.change("insert", entity="ContactHistory")["id"])
    return int(h.source.find("ContactHistory", number)["VanID"]), number


def test_what_is_open_for_rows_stays_so_if_exports_by_ids_are_not_of_people(h: Harness) -> None:
    h.source.switches.requested_ids = "record"
    h.sync()
    h.clock.pass_days(1)
    person, number = of_one_person(h)
    h.clock.now += 3600  # so that no later window has that row
    with spoilt(h, "ContactsContactID", DateCanvassed="yesterday"):
        h.sync()
    open_before = {error["id"] for error in h.open_errors()}
    assert str(number) in {error["record"] for error in h.open_errors()}
    for _ in range(2):
        h.clock.pass_days(1)
        h.sync()
        assert any(person in body.get("requestedIds", ()) for body in begun(h, "ContactHistory"))
        assert {error["id"] for error in h.open_errors()} == open_before
    h.source.change("edit", entity="ContactHistory", number=number)
    h.clock.pass_days(1)
    h.sync()
    assert h.open_errors() == []


def test_what_is_open_for_a_person_whose_rows_are_gone_is_resolved(h: Harness) -> None:
    h.sync()
    h.clock.pass_days(1)
    person, _ = of_one_person(h)
    with spoilt(h, "ContactsContactID", ContactsContactID=""):
        h.sync()
    assert f"a row without its key, of person {person}" in {error["record"] for error in h.open_errors()}
    other = min(int(key) for (key,) in h.true_rows()["contacts"] if int(key) != person)
    for one in list(h.source.collections["ContactHistory"].ids(0)):  # as by a merge
        if int(h.source.find("ContactHistory", one)["VanID"]) == person:
            h.source.change("edit", entity="ContactHistory", number=one, values={"VanID": other})
    h.clock.pass_days(1)
    h.sync()
    [asked, again] = [body["requestedIds"] for body in begun(h, "ContactHistory") if "requestedIds" in body]
    assert person in asked
    assert again == [person]
    assert h.open_errors() == []
    assert h.differences() == []


def rename(h: Harness, person: int, name: str) -> None:
    h.clock.now += 60
    h.source.change("edit", entity="Person", number=person, values={"firstName": name})
    h.clock.now += 60


def names(h: Harness, person: int) -> list[str]:
    return [row["first_name"] for row in h.rows("contacts") if row["van_id"] == str(person)]


def test_a_row_that_was_tried_again_is_written_again_when_it_is_as_in_the_window_before(
    h: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, exports = h.modules.models.ExportReader, h.modules.exports.Exports
    row, read_window = reader.row, exports.read_window

    def with_a_problem(self: Any, record: Any) -> Any:
        made, problems = row(self, record)
        return made, [*problems, CellProblem("contacts", "suffix", "is broken")] if made and made.get("van_id") == str(person) else problems

    def failing(self: Any, resource: Any) -> Any:
        if resource.name != "Contacts":
            return read_window(self, resource)
        self._state.export(resource.name).job = None
        raise SyncFailed("its export failed too often")

    h.sync()
    h.clock.pass_days(1)
    person = min(int(key) for (key,) in h.true_rows()["contacts"])
    rename(h, person, "Alpha")
    monkeypatch.setattr(reader, "row", with_a_problem)
    h.sync()
    assert [error["record"] for error in h.open_errors() if error["table_name"] == "contacts"] == [str(person)]
    monkeypatch.undo()
    rename(h, person, "Beta")
    monkeypatch.setattr(exports, "read_window", failing)
    with pytest.raises(SyncFailed, match="contacts: its export failed too often"):
        h.sync()
    assert names(h, person) == ["Beta"]
    assert h.open_errors() == []
    monkeypatch.undo()
    rename(h, person, "Alpha")
    h.sync()
    assert names(h, person) == ["Alpha"]
    assert h.differences() == []
