"""An independent client reads the stand-in: the VAN class of parsons, of which nothing but the base address is another one."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from sandbox.everyaction.access import API_KEY
from sandbox.everyaction.csvs import cell_text
from sandbox.everyaction.exports import field_objects
from sandbox.everyaction.resources import RESOURCES, row_of
from sandbox.everyaction.rows import stamp_of
from sandbox.everyaction.times import NO_DATE, read_instant
from sandbox.server import Box, running
from tests.sandbox.everyaction.asking import DAY, Clock, Row

with warnings.catch_warnings():
    # whoever imports it is told that its installation differs from that of earlier versions
    warnings.filterwarnings("ignore", "The behavior of 'pip install parsons' has changed", RuntimeWarning)
    from parsons.ngpvan import changed_entities, van_connector
    from parsons.ngpvan.van import VAN

NO_LIMIT = 10**9  # for a clock that stands, in which all calls are within one second
SECTIONS = ("locations", "codes", "shifts", "roles", "notes")
# What parsons asks of a person goes without these; the last two cannot be had of My Campaign at all.
NOT_ASKED = ("biographyImageUrl", "biographyText", "biographyHtml", "primaryContact", "scores", "pollingLocation")
STUBS = ("status", "event", "shift", "role", "location")
COUNTS = (
    "recipientCount", "bounceCount", "contributionCount", "contributionTotal", "formSubmissionCount", "linksClickedCount",
    "machineOpenCount", "openCount", "unsubscribeCount",
)  # fmt: skip


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with running("everyaction", rows=60, clock=Clock(), rate_limit=NO_LIMIT) as found:
        yield found


@pytest.fixture(scope="module")
def large() -> Iterator[Box]:
    """A sandbox whose lists have more than one page."""
    with running("everyaction", rows=900, clock=Clock(), rate_limit=NO_LIMIT) as found:
        yield found


@pytest.fixture
def moving() -> Iterator[Box]:
    """A sandbox for one test alone, which changes it."""
    with running("everyaction", rows=60, clock=Clock(), rate_limit=NO_LIMIT) as found:
        found.source.clock.seconds += DAY
        yield found


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long parsons would have slept."""
    found: list[float] = []
    monkeypatch.setattr(changed_entities, "time", SimpleNamespace(sleep=found.append))
    return found


def client(box: Box, key: str = API_KEY, db: str = "MyCampaign") -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(van_connector, "URI", f"{box.configuration['base_url']}/")
        return VAN(api_key=key, db=db)


@pytest.fixture
def van(box: Box) -> Any:
    return client(box)


def records(box: Box, entity: str) -> list[Row]:
    """The records of an entity without what is served to nobody; there are some."""
    found = [public(each) for each in box.source.collection(entity).records()]
    assert found
    return found


def public(record: Row) -> Row:
    return {key: value for key, value in record.items() if not key.startswith("_")}


def without(record: Row, *keys: str) -> Row:
    return record | dict.fromkeys(keys)


def wide(rows: Iterable[Row]) -> list[Row]:
    """Rows as a table has them: where others have a column, each has it."""
    rows = [dict(row) for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return [{key: row.get(key) for key in columns} for row in rows]


def asked(box: Box, path: str) -> list[dict[str, str]]:
    """With which parameters a path was asked for, since the last reset."""
    return [each.query for each in box.requests if each.path == f"/v4/{path}"]


# --- the key, and what is refused ----------------------------------------------------------------------------------


def test_the_profile_of_the_key(box: Box, van: Any) -> None:
    (profile,) = records(box, "ApiKeyProfile")
    assert van.get_apikeyprofiles() == van.connection.api_key_profile == profile


@pytest.mark.parametrize(
    ("key", "db", "said"),
    [("0" * 36, "MyCampaign", "'code': 'UNAUTHORIZED'"), (API_KEY, "MyVoters", "Invalid Database Mode")],
)
def test_a_wrong_key_and_a_wrong_mode(box: Box, key: str, db: str, said: str) -> None:
    with pytest.raises(requests.HTTPError, match=said) as caught:
        client(box, key, db).get_folders()
    assert str(caught.value).startswith("Code: 401; URL: ")


def test_what_is_not_there(box: Box, van: Any) -> None:
    for ask in (van.get_person, van.get_event, van.get_code, van.get_email, van.get_saved_list, van.get_event_signups):
        with pytest.raises(requests.HTTPError, match=r"Code: 404; .*'code': 'NOT_FOUND'"):
            ask(7)
    with pytest.raises(requests.HTTPError, match="Code: 404; ") as caught:
        van.get_person("x")
    assert "JSON" not in str(caught.value)  # it is a page for people


def test_what_the_key_may_not_do(moving: Box) -> None:
    moving.source.forbidden = {"Contribution", "Person"}
    van = client(moving)
    for ask, *arguments in ((van.get_person, 7), (van.get_changed_entities, "Contributions", "2026-09-01")):
        with pytest.raises(requests.HTTPError, match=r"Code: 403; .*Access to this action is restricted"):
            ask(*arguments)


# --- people --------------------------------------------------------------------------------------------------------


def test_people_with_all_that_parsons_asks_for(box: Box, van: Any) -> None:
    for record in records(box, "Person"):
        assert van.get_person(record["vanId"]) == without(record, *NOT_ASKED)
        nothing = {"noteCategoryId": 0, "name": None}
        notes = [each | {"category": each["category"] or nothing} for each in record["notes"]]
        assert list(van.get_contact_notes(record["vanId"])) == wide(notes)


def test_a_section_that_was_not_asked_for_is_null(box: Box, van: Any) -> None:
    record = next(each for each in records(box, "Person") if each["emails"] and each["identifiers"])
    found = van.get_person(record["vanId"], expand_fields=["emails", "external_ids"])
    assert (found["emails"], found["identifiers"]) == (record["emails"], record["identifiers"])
    assert (found["phones"], found["codes"], found["customFields"]) == (None, None, None)
    (identifier,) = found["identifiers"]
    assert van.get_person(identifier["externalId"], identifier["type"], ["emails", "external_ids"]) == found


def test_the_search_is_read_by_the_pages(large: Box) -> None:
    van, sections = client(large), ("addresses", "emails", "phones", "districts")
    large.reset_requests()
    found = van.connection.get_request("people", params={"stateOrProvince": "NY", "$expand": ",".join(sections), "$top": 5})
    assert len(asked(large, "people")) == -(-len(found) // 5) > 1
    people = {each["vanId"]: each for each in records(large, "Person")}
    live_there = [
        number for number, each in people.items()
        if any((place["type"], place["stateOrProvince"]) == ("Voting", "NY") for place in each["addresses"])
    ]  # fmt: skip
    assert [each["vanId"] for each in found] == live_there
    for each in found:
        assert {key: each[key] for key in sections} == {key: people[each["vanId"]][key] for key in sections}


# --- codes, questions, fields --------------------------------------------------------------------------------------


def test_activist_codes(box: Box, van: Any) -> None:
    codes = records(box, "ActivistCode")
    assert list(van.get_activist_codes()) == wide(each for each in codes if each["status"] == "Active")
    for each in codes:
        assert van.get_activist_code(each["activistCodeId"]) == each


def test_survey_questions(box: Box, van: Any) -> None:
    questions = records(box, "SurveyQuestion")
    assert list(van.get_survey_questions()) == wide(each for each in questions if each["status"] == "Active")
    assert list(van.get_survey_questions(statuses=["Active,Archived,Inactive"])) == wide(questions)
    assert list(van.get_survey_questions(statuses=["Archived"])) == wide(each for each in questions if each["status"] == "Archived")
    for each in questions:
        assert van.get_survey_question(each["surveyQuestionId"]) == each


def test_codes_over_several_pages(large: Box) -> None:
    van, codes = client(large), [without(each, "supportedEntities") for each in records(large, "Code")]
    large.reset_requests()
    assert list(van.get_codes()) == wide(codes)
    assert [each.get("$skip", "0") for each in asked(large, "codes")] == ["0", "200", "400", "600", "800"]
    tags = [each for each in codes if each["codeType"] == "Tag" and each["name"].startswith("Spring")]
    assert list(van.get_codes(name="Spring", code_type="Tag")) == wide(tags) != []
    assert {key: van.get_code(codes[0]["codeId"])[key] for key in codes[0]} == codes[0]
    assert van.get_code_types() == ["Tag", "SourceCode"]
    named = {entity["name"] for each in records(large, "Code") for entity in each["supportedEntities"]}
    assert set(van.get_code_supported_entities()) == named


def test_custom_fields(box: Box, van: Any) -> None:
    fields = records(box, "CustomField")
    for group in ("contacts", "contributions"):
        wanted = [each for each in fields if each["customFieldGroupType"] == group.capitalize()]
        assert list(van.get_custom_fields(group)) == wide(wanted)
    for each in fields:
        assert van.get_custom_field(each["customFieldId"]) == each
    values = [
        {"customFieldId": each["customFieldId"]} | value
        for each in fields for value in each["availableValues"] or [] if each["customFieldGroupType"] == "Contacts"
    ]  # fmt: skip
    assert sorted_by(van.get_custom_fields_values(), "id") == sorted_by(wide(values), "id")


def sorted_by(rows: Iterable[Row], key: str) -> list[Row]:
    return sorted(rows, key=lambda row: str(row[key]))


@pytest.mark.parametrize(
    ("entity", "ask"),
    [("ContactType", "contact_types"), ("InputType", "input_types"), ("ResultCode", "result_codes")],
)
def test_canvass_responses(box: Box, van: Any, entity: str, ask: str) -> None:
    assert list(getattr(van, f"get_canvass_responses_{ask}")()) == wide(records(box, entity))


# --- events --------------------------------------------------------------------------------------------------------


def test_events_over_several_pages(large: Box) -> None:
    van, events = client(large), records(large, "Event")
    large.reset_requests()
    assert list(van.get_events()) == wide(events)
    assert [each.get("$skip", "0") for each in asked(large, "events")] == ["0", "50"]
    assert len(events) > 50
    assert list(van.get_events(expand_fields=["shifts", "roles"])) == wide(without(each, "locations", "codes", "notes") for each in events)
    assert list(van.get_events(expand_fields=[])) == wide(without(each, *SECTIONS) for each in events)
    low, high = read_instant("2026-09-01") or 0, read_instant("2026-10-01") or 0
    wanted = [each for each in events if low <= (read_instant(each["startDate"]) or 0) < high]
    assert list(van.get_events(starting_after="2026-09-01", starting_before="2026-10-01")) == wide(wanted) != []
    code = events[0]["codes"][0]["codeId"]
    wanted = [each for each in events if code in {one["codeId"] for one in each["codes"]}]
    assert list(van.get_events(code_ids=code)) == wide(wanted)


def test_single_events_and_their_types(box: Box, van: Any) -> None:
    types = records(box, "EventType")
    assert list(van.get_event_types()) == wide(types)
    statuses = {each["eventTypeId"]: wide(each["statuses"]) for each in types}
    for each in records(box, "Event"):
        assert van.get_event(each["eventId"]) == each
        assert van.get_event(each["eventId"], []) == without(each, *SECTIONS)
        kind = each["eventType"]["eventTypeId"]
        assert list(van.get_signups_statuses(event_id=each["eventId"])) == statuses[kind]
        assert list(van.get_signups_statuses(event_type_id=kind)) == statuses[kind]


def unpacked(signups: Iterable[Row]) -> list[Row]:
    """Signups as parsons makes tables of them."""
    found = []
    for each in signups:
        stubs = {f"{name}_{key}": value for name in STUBS for key, value in (each[name] or {}).items()}
        found.append({key: value for key, value in each.items() if key not in {"person", *STUBS}} | each["person"] | stubs)
    return wide(found)


def test_signups_of_events_and_of_people(box: Box, van: Any) -> None:
    signups = records(box, "EventSignup")
    for number in {each["event"]["eventId"] for each in signups}:
        wanted = [each for each in signups if each["event"]["eventId"] == number]
        assert list(van.get_event_signups(number)) == unpacked(wanted)
    for number in {each["person"]["vanId"] for each in signups} & {each["vanId"] for each in records(box, "Person")}:
        wanted = [each for each in signups if each["person"]["vanId"] == number]
        assert list(van.get_person_signups(number)) == unpacked(wanted)
    for each in signups:
        assert van.get_signup(each["eventSignupId"]) == each


def test_locations_and_supporter_groups(box: Box, van: Any) -> None:
    locations = records(box, "Location")
    flat = [{key: each[key] for key in each if key != "address"} | each["address"] for each in locations]
    flat = [{key: each[key] for key in each if key != "geoLocation"} | (each["geoLocation"] or {}) for each in flat]
    assert list(van.get_locations()) == wide(flat)
    assert {each["locationId"] for each in van.get_locations(name="Hall 1")} == {locations[1]["locationId"]}
    for each in locations:
        assert van.get_location(each["locationId"]) == each
    groups = records(box, "SupporterGroup")
    assert list(van.get_supporter_groups()) == wide(groups)
    assert [van.get_supporter_group(each["id"]) for each in groups] == groups


# --- lists, scores, targets ----------------------------------------------------------------------------------------


def test_lists_whose_pages_do_not_end(large: Box) -> None:
    van, lists = client(large), records(large, "SavedList")
    large.reset_requests()
    assert list(van.get_saved_lists()) == wide(lists)
    assert [each.get("$skip", "0") for each in asked(large, "savedLists")] == ["0", "50", "100"]
    assert [van.get_saved_list(each["savedListId"]) for each in lists[:9]] == lists[:9]
    folders = records(large, "Folder")
    assert list(van.get_folders()) == wide(folders)
    held = list(large.source.collection("SavedList").records())
    for folder in folders:
        assert van.get_folder(folder["folderId"]) == folder
        wanted = [public(each) for each in held if each["_folder"] == folder["folderId"]]
        assert list(van.get_saved_lists(folder["folderId"])) == wide(wanted) != []
    printed = records(large, "PrintedList")
    assert list(van.get_printed_lists()) == wide(printed)
    assert list(van.get_printed_lists(generated_after="2026-01-01")) == []
    assert [van.get_printed_list(each["number"]) for each in printed] == printed


def test_scores_and_targets(box: Box, van: Any) -> None:
    scores, updates, targets = (records(box, entity) for entity in ("Score", "ScoreUpdate", "Target"))
    assert list(van.get_scores()) == wide(scores)
    assert [van.get_score(each["scoreId"]) for each in scores] == scores
    flat = [
        {key: each[key] for key in each if key not in {"score", "updateStatistics"}} | each["updateStatistics"] | each["score"]
        for each in updates
    ]  # fmt: skip
    assert list(van.get_score_updates()) == wide(flat)
    assert [van.get_score_update(each["scoreUpdateId"]) for each in updates] == updates
    targets = [without(each, "subgroups") for each in targets]
    assert list(van.get_targets()) == wide(targets)
    assert [van.get_target(each["targetId"]) for each in targets] == targets


# --- e-mail --------------------------------------------------------------------------------------------------------


def test_messages_in_both_orders(box: Box, van: Any) -> None:
    messages = [without(each, "emailMessageContent") for each in records(box, "EmailMessage")]
    for ascending in (True, False):
        found = list(van.get_emails(ascending))
        assert sorted_by(found, "foreignMessageId") == sorted_by(wide(messages), "foreignMessageId")
        times = [read_instant(each["dateModified"]) or 0 for each in found]
        assert times == sorted(times, reverse=not ascending)


def test_messages_with_what_came_of_them(box: Box, van: Any) -> None:
    messages = {each["foreignMessageId"]: each for each in records(box, "EmailMessage")}
    for number, each in messages.items():
        assert van.get_email(number) == each
        assert van.get_email(number, expand=False) == without(each, "emailMessageContent")
    sums, parts = list(van.get_email_stats()), list(van.get_email_stats(aggregate_ab=False))
    assert {row["foreignMessageId"] for row in sums} == set(messages)
    assert NO_DATE in {row["dateScheduled"] for row in sums}
    assert len(parts) > len(messages)
    for row in sums:
        contents = messages[row["foreignMessageId"]]["emailMessageContent"]
        sent = [each["emailMessageContentDistributions"] for each in contents if each["emailMessageContentDistributions"]]
        assert {key: row[key] for key in COUNTS} == {key: sum(each[key] for each in sent) for key in COUNTS}
        assert row["subject"] == (contents[-1]["subject"] if sent else None)
        own = [part for part in parts if part["foreignMessageId"] == row["foreignMessageId"]]
        assert [[part[key] for key in COUNTS] for part in own if part["subject"] is not None] == [
            [each[key] for key in COUNTS] for each in sent
        ]


# --- exports -------------------------------------------------------------------------------------------------------


def exported(box: Box, resource: str, since: str) -> list[Row]:
    """The rows of an export with all fields, made of the records that were changed since some instant."""
    info, low = RESOURCES[resource], read_instant(since) or 0
    columns = {name: name for name in info.names} | {str(each.id): each.name for each in info.custom}
    found, source = [], box.source
    for record in source.collection(info.entity).records():
        number = record[source.collection(info.entity).id_key]
        if stamp_of(source, info.entity, number, record) > low:
            cells = row_of(source, info, number, record)
            found.append({header: cell_text(cells.get(key)) for key, header in columns.items()})
    return found


def everything(van: Any, resource: str, since: str, **more: Any) -> list[Row]:
    """What parsons exports with all the fields that it is told of."""
    group = van.get_custom_fields(resource.lower()) if RESOURCES[resource].custom else []
    custom = [each["customFieldId"] for each in group if each["isExportable"]]
    fields = [each["fieldName"] for each in van.get_changed_entity_resource_fields(resource) if not each["isCoreField"]]
    return [dict(row) for row in van.get_changed_entities(resource, since, requested_fields=fields, custom_fields=custom, **more)]


def test_what_can_be_exported(box: Box, van: Any) -> None:
    assert van.get_changed_entity_resources() == list(RESOURCES)
    for name in RESOURCES:
        assert list(van.get_changed_entity_resource_fields(name)) == wide(field_objects(box.source, name))


@pytest.mark.parametrize("resource", ["Contacts", "Contributions"])
def test_an_export_has_the_rows_that_were_changed(moving: Box, slept: list[float], resource: str) -> None:
    moving.source.switches.csv_bom = False  # parsons would take it for a part of the first column's name
    moving.source.switches.polls = 3
    van, entity = client(moving), RESOURCES[resource].entity
    wanted = exported(moving, resource, "2026-07-01")
    assert everything(van, resource, "2026-07-01") == wanted != []
    assert slept == [changed_entities.RETRY_RATE] * 3
    for _ in range(5):
        moving.source.change("edit", entity=entity)
    new, gone = (moving.source.change(kind, entity=entity)["id"] for kind in ("insert", "delete"))
    wanted, key = exported(moving, resource, "2026-09-22"), RESOURCES[resource].key
    assert everything(van, resource, "2026-09-22") == wanted
    numbers = {row[key] for row in wanted}
    assert str(new) in numbers
    inactive = everything(van, resource, "2026-09-22", include_inactive=True)
    assert {row[key] for row in inactive} == {*numbers, str(gone)}
    assert [row for row in inactive if row[key] != str(gone)] == wanted


def test_what_is_exported_is_the_truth(moving: Box, slept: list[float]) -> None:
    moving.source.switches.csv_bom = False
    van, truth = client(moving), moving.source.truth()
    people = {row["van_id"]: row for row in truth["contacts"].rows()}
    gifts = {row["contribution_id"]: row for row in truth["contributions"].rows()}
    contacts, contributions = (everything(van, resource, "2026-07-01") for resource in ("Contacts", "Contributions"))
    assert contacts
    assert contributions
    for row in contacts:
        names = (people[row["VanID"]][name] or "" for name in ("first_name", "last_name", "employer_name", "address"))
        assert tuple(names) == (row["FirstName"], row["LastName"], row["EmployerName"], row["Address"])
    for row in contributions:
        assert (gifts[row["ContributionID"]]["van_id"], gifts[row["ContributionID"]]["notes"] or "") == (row["VanID"], row["Notes"])
        assert float(gifts[row["ContributionID"]]["amount"]) == float(row["Amount"])
    assert slept == []


def test_an_export_of_nothing_one_with_a_mark_and_one_that_fails(moving: Box, slept: list[float]) -> None:
    van = client(moving)
    assert list(van.get_changed_entities("Contacts", "2026-09-22")) == []
    found = van.get_changed_entities("Contacts", "2026-07-01", "2026-09-01")
    assert found.columns[:2] == ["\ufeffVanID", "FirstName"]
    moving.source.switches.failing = 1
    with pytest.raises(ValueError, match="The export job failed"):
        van.get_changed_entities("Contacts", "2026-09-01")
    with pytest.raises(requests.HTTPError, match=r"Code: 400; .*'properties': \['dateChangedFrom'\]"):
        van.get_changed_entities("Contacts", "2026-06-01")
    assert slept == []
