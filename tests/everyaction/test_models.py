"""EveryAction's tables and what its records and exports give, checked against rows written by hand from what the vendor documents."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.tables import ConversionError
from tests.loading import load
from tests.strategies import JSON_VALUES

models = load("everyaction").models

CANARY = "canary-7f3a"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


def parse(document: str) -> Any:
    """JSON as the connector parses it."""
    return json.loads(document, parse_float=Decimal)


def clean(table: str, raw: object) -> Any:
    """The rows of a record in which nothing is wrong or unknown."""
    result = models.split(models.ROOTS[table], raw)
    assert not result.notes.problems
    assert not result.notes.unknown
    return result.rows


def filled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells that are not NULL."""
    return [{name: cell for name, cell in row.items() if cell is not None} for row in rows]


# --- Converters ---


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-06-01T15:00:00-04:00", utc(2024, 6, 1, 19)),
        ("2024-06-01T15:04:00Z", utc(2024, 6, 1, 15, 4)),
        ("2024-06-01T15:04:05.27Z", utc(2024, 6, 1, 15, 4, 5, 270_000)),
        ("2024-06-01T15:04:05.453Z", utc(2024, 6, 1, 15, 4, 5, 453_000)),
        ("2021-11-03T15:27:01.8687339-04:00", utc(2021, 11, 3, 19, 27, 1, 868_733)),
        ("1976-07-04T00:00:00Z", utc(1976, 7, 4)),
        ("2024-06-01T15:04:05", utc(2024, 6, 1, 15, 4, 5)),
        ("2024-06-01", utc(2024, 6, 1)),
        ("0001-01-02T00:00:00Z", utc(1, 1, 2)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00-05:00", None),
        ("", None),
    ],
)
def test_moments(written: str, expected: datetime | None) -> None:
    assert models.to_moment(written) == expected
    assert getattr(models.to_moment(written), "tzinfo", timezone.utc) is timezone.utc


@pytest.mark.parametrize("written", ["soon", "2024-02-30T00:00:00Z", "0001-01", 0, 20240601, True, [], {}])
def test_what_is_no_moment(written: object) -> None:
    with pytest.raises(ConversionError):
        models.to_moment(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [(0, None), ("0", None), ("", ""), (7, "7"), ("7", "7"), ("007", "007"), ("00", "00"), (2**40, "1099511627776")],
)
def test_an_id_of_which_0_is_none(written: object, expected: str | None) -> None:
    assert models.to_id_or_none(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *((yes, True) for yes in ("True", "true", "TRUE", "1", True)),
        *((no, False) for no in ("False", "false", "FALSE", "0", False)),
    ],
)
def test_flags(written: object, expected: bool) -> None:
    assert models.to_flag(written) is expected


@pytest.mark.parametrize("written", ["", "2", "-1", "yes", " 1", "01", "None", None, 2, Decimal("0.5"), [], {}], ids=repr)
def test_what_is_no_flag(written: object) -> None:
    with pytest.raises(ConversionError, match="expected true or false"):
        models.to_flag(written)


@given(JSON_VALUES, st.sampled_from(["to_moment", "to_id_or_none", "to_flag"]))
def test_converters_raise_nothing_but_conversion_errors(value: object, name: str) -> None:
    try:
        cell = getattr(models, name)(value)
    except ConversionError:
        return
    assert cell is None or isinstance(cell, (datetime, bool, str))


# --- Names ---


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("VanID", "van_id"),
        ("vanId", "van_id"),
        ("VANID", "vanid"),
        ("PhoneOptInStatus", "phone_opt_in_status"),
        ("ContactsContactID", "contacts_contact_id"),
        ("ChangeTypeId", "change_type_id"),
        ("campaignID", "campaign_id"),
        ("dotNetTimeZoneId", "dot_net_time_zone_id"),
        ("HTMLBody", "html_body"),
        ("address1Line", "address_1_line"),
        ("Favorite Color (2024)", "favorite_color_2024"),
        ("Work_Email", "work_email"),
        ("  VanID ", "van_id"),
        ("3rd Party", "field_3rd_party"),
        ("2024", "field_2024"),
        ("\u540d\u524d", "field"),
        ("", "field"),
    ],
)
def test_snake_case(name: str, expected: str) -> None:
    assert models.snake(name) == expected


@given(st.text(max_size=20))
def test_any_name_becomes_a_column_name(name: str) -> None:
    found = models.snake(name)
    assert found.isascii()
    assert found.isidentifier()
    assert found == found.lower()
    assert not found.endswith("_")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("name", "name"),
        ("campaignType.name", "campaign_type_name"),
        ("campaignType.campaignTypeId", "campaign_type_id"),
        ("eventType.eventTypeId", "event_type_id"),
        ("createdBy.userId", "created_by_user_id"),
        ("address.geoLocation.lat", "address_geo_location_lat"),
        ("address.city", "address_city"),
        ("shift.eventShiftId", "shift_event_shift_id"),
        ("event.eventfulness", "event_eventfulness"),
    ],
)
def test_a_nested_field_is_named_after_its_parent(path: str, expected: str) -> None:
    assert models.column_name(path) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("contact", "contacts"), ("contacts", "contacts"), ("contact_history", "contact_histories"), ("statuses", "statuses")],
)
def test_plurals(name: str, expected: str) -> None:
    assert models.plural(name) == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("Contacts", "contacts"),
        ("ContactHistory", "contact_histories"),
        ("ContactsActivistCodes", "contacts_activist_codes"),
        ("EventTicketTransactionsGuests", "event_ticket_transactions_guests"),
        ("ActivistCodes", "exported_activist_codes"),
        ("SurveyResponses", "exported_survey_responses"),
        ("PersonDetails", "exported_person_details"),
    ],
)
def test_the_table_of_a_type_has_a_name_of_its_own(resource: str, expected: str) -> None:
    assert models.table_name(resource) == expected


# --- Which tables there are ---

EXPORTED = {
    "contacts": "van_id",
    "contact_histories": "contacts_contact_id",
    "contacts_activist_codes": "contacts_activist_code_id",
    "contacts_survey_responses": "contacts_survey_response_id",
    "contacts_online_forms": "contacts_online_form_id",
    "contributions": "contribution_id",
    "contribution_adjustments": "contribution_adjustment_id",
    "recurring_contributions": "recurring_contribution_id",
    "event_ticket_transactions_guests": "event_ticket_transaction_guest_id",
}
PERSON = {
    f"person_{name}"
    for name in "details addresses codes custom_field_values districts emails identifiers notes phones suppressions".split()  # noqa: SIM905
}
CONTRIBUTION = {"contribution_details", *(f"contribution_{name}" for name in ("attributions", "codes", "disclosure_values", "identifiers"))}


def test_every_table_has_a_name_of_its_own() -> None:
    names = [table.name for table in models.tables(models.OPTIONAL_TABLES)]
    assert len(names) == len(set(names))
    assert "errors" not in names
    assert {*EXPORTED, "events", "event_signups", "email_message_contents", "changed_entity_fields"} <= set(names)


def test_an_optional_table_comes_with_its_parts_and_nothing_else_does() -> None:
    always = {table.name for table in models.tables(())}
    assert not always & (PERSON | CONTRIBUTION)
    assert {table.name for table in models.tables(["person_details"])} - always == PERSON
    assert {table.name for table in models.tables(["contribution_details"])} - always == CONTRIBUTION


def test_what_is_exported_is_what_the_account_has() -> None:
    one = models.resource_of("Widgets", [{"fieldName": "WidgetID", "fieldType": "N"}], [])
    names = {table.name for table in models.tables((), [one])}
    assert "widgets" in names
    assert not names & set(EXPORTED)
    assert {resource.table.name: resource.table.key for resource in models.DOCUMENTED} == {name: [key] for name, key in EXPORTED.items()}


@pytest.mark.parametrize("root", models.ROOTS.values(), ids=lambda root: root.table.name)
def test_a_record_is_known_by_its_id_and_its_parts_by_their_place(root: Any) -> None:
    assert root.table.key == [root.id_column]
    assert root.table.columns[root.id_column].source == root.id_field
    for table in root.child_tables.values():
        assert table.key == [root.id_column, "position"]
    for table in (root.table, *root.child_tables.values()):
        assert list(table.columns)[: len(table.key)] == table.key
        assert "additional_fields" in table.columns  # properties appear without notice


@pytest.mark.parametrize("table", models.tables(models.OPTIONAL_TABLES), ids=lambda table: table.name)
def test_types_follow_the_names(table: Any) -> None:
    for name, column in table.columns.items():
        if name in {"id", "name", "status", "description"} or name.endswith(("_id", "_number", "_created_by")):
            assert column.type == "STRING", name
        if name.endswith("_date") or name.startswith("date_"):
            assert column.type == "UTC_DATETIME", name
        if name.startswith(("is_", "has_", "can_be_", "can_have_")) and name != "is_cell_status":
            assert column.type == "BOOLEAN", name
        if name.endswith("_count"):
            assert column.type == "LONG", name
        if "amount" in name or name == "contribution_total":
            assert isinstance(column.type, dict), name


@pytest.mark.parametrize("root", models.ROOTS.values(), ids=lambda root: root.table.name)
def test_no_two_spellings_of_a_name_are_told_apart_by_their_case(root: Any) -> None:
    spellings = defaultdict(set)
    for table in (root.table, *root.child_tables.values()):
        for path in (*(column.source for column in table.columns.values()), *table.nested):
            for name in path.split("."):
                spellings[name.lower()].add(name)
    assert not [names for names in spellings.values() if len(names) > 1]


# --- Records ---


def test_an_event_with_its_nested_lists() -> None:
    raw = parse("""
    {"eventId": 11, "name": "Phone bank", "shortName": "PB", "startDate": "2024-06-01T15:00:00-04:00",
     "endDate": "2024-06-01T18:00:00-04:00", "eventType": {"eventTypeId": 3, "name": "Calls"}, "isOnlyEditableByCreatingUser": false,
     "isPubliclyViewable": null, "isActive": true, "districtFieldValue": "003", "createdDate": "2024-05-01T09:00:00Z",
     "locations": [{"locationId": 5, "name": "Hall", "displayName": "Hall, Main St ", "address": {"city": "Troy"}, "id": 5}],
     "codes": [],
     "shifts": [{"eventShiftId": 21, "name": "Early", "startTime": "2024-06-01T15:00:00-04:00", "endTime": "2024-06-01T16:30:00-04:00"},
                {"eventShiftId": 22, "name": "Late", "startTime": "2024-06-01T16:30:00-04:00", "endTime": null}],
     "roles": [{"roleId": 8, "name": "Caller", "isEventLead": false, "min": 2, "max": null, "goal": 10}],
     "notes": [{"noteId": 30, "text": "bring\\r\\nwater", "isViewRestricted": false, "category": {"noteCategoryId": 0, "name": null},
                "createdDate": "2024-05-02T00:00:00Z"}],
     "voterRegistrationBatches": []}
    """)
    rows = clean("events", raw)
    assert {name: filled(some) for name, some in rows.items()} == {
        "events": [
            {
                "event_id": "11",
                "name": "Phone bank",
                "short_name": "PB",
                "start_date": utc(2024, 6, 1, 19),
                "end_date": utc(2024, 6, 1, 22),
                "event_type_id": "3",
                "event_type_name": "Calls",
                "is_only_editable_by_creating_user": False,
                "is_active": True,
                "district_field_value": "003",
                "created_date": utc(2024, 5, 1, 9),
                "voter_registration_batches": "[]",
            }
        ],
        "event_locations": [
            {
                "event_id": "11",
                "position": 0,
                "location_id": "5",
                "name": "Hall",
                "display_name": "Hall, Main St ",
                "address": '{"city":"Troy"}',
            }
        ],
        "event_codes": [],
        "event_shifts": [
            {
                "event_id": "11",
                "position": 0,
                "event_shift_id": "21",
                "name": "Early",
                "start_time": utc(2024, 6, 1, 19),
                "end_time": utc(2024, 6, 1, 20, 30),
            },
            {"event_id": "11", "position": 1, "event_shift_id": "22", "name": "Late", "start_time": utc(2024, 6, 1, 20, 30)},
        ],
        "event_roles": [
            {"event_id": "11", "position": 0, "role_id": "8", "name": "Caller", "is_event_lead": False, "min": 2, "goal": 10}
        ],
        "event_notes": [
            {
                "event_id": "11",
                "position": 0,
                "note_id": "30",
                "text": "bring\r\nwater",
                "is_view_restricted": False,
                "category_note_category_id": "0",
                "created_date": utc(2024, 5, 2),
            }
        ],
    }


def test_an_email_with_the_statistics_of_each_variant() -> None:
    raw = parse("""
    {"foreignMessageId": "EM007", "name": "June", "createdBy": "Ann", "dateCreated": "2024-06-01T10:00:00Z",
     "dateScheduled": "0001-01-01T00:00:00Z", "campaignID": 0, "dateModified": "2024-06-02T10:00:00.27Z", "emailMessageContent": [
      {"name": "A", "senderDisplayName": "Org", "senderEmailAddress": "org@example.org", "subject": "Hi", "createdBy": "Ann",
       "dateCreated": "2024-06-01T10:00:00Z", "emailMessageContentDistributions": {"dateSent": "2024-06-01T12:00:00Z",
        "recipientCount": 100, "openCount": 40, "machineOpenCount": 9, "linksClickedCount": 5, "unsubscribeCount": 1, "bounceCount": 2,
        "contributionCount": 3, "contributionTotal": 75.50, "formSubmissionCount": 4}},
      {"name": "B", "emailMessageContentDistributions": null}]}
    """)
    rows = clean("email_messages", raw)
    assert filled(rows["email_messages"]) == [
        {
            "foreign_message_id": "EM007",
            "name": "June",
            "created_by": "Ann",
            "date_created": utc(2024, 6, 1, 10),
            "date_modified": utc(2024, 6, 2, 10, 0, 0, 270_000),
        }
    ]
    first, second = filled(rows["email_message_contents"])
    assert second == {"foreign_message_id": "EM007", "position": 1, "name": "B"}
    assert first == {
        "foreign_message_id": "EM007",
        "position": 0,
        "name": "A",
        "sender_display_name": "Org",
        "sender_email_address": "org@example.org",
        "subject": "Hi",
        "created_by": "Ann",
        "date_created": utc(2024, 6, 1, 10),
        "date_sent": utc(2024, 6, 1, 12),
        "recipient_count": 100,
        "open_count": 40,
        "machine_open_count": 9,
        "links_clicked_count": 5,
        "unsubscribe_count": 1,
        "bounce_count": 2,
        "contribution_count": 3,
        "contribution_total": "75.5000",
        "form_submission_count": 4,
    }


def test_a_contribution_whose_amounts_are_texts() -> None:
    raw = parse("""
    {"contributionId": 900, "contact": {"vanId": 17}, "designation": {"designationId": 4, "name": "General"},
     "dateReceived": "2024-06-01T00:00:00Z", "amount": "12.34", "status": "Settled", "processedAmount": 12.3, "codes": [],
     "contactAttributions": [{"vanId": 18, "amountAttributed": "5.00", "attributionType": "DonorMatch", "notes": null}],
     "disclosureFieldValues": null, "identifiers": [{"type": "ref", "externalId": "0042"}]}
    """)
    rows = clean("contribution_details", raw)
    assert filled(rows["contribution_details"]) == [
        {
            "contribution_id": "900",
            "contact_van_id": "17",
            "designation_id": "4",
            "designation_name": "General",
            "date_received": utc(2024, 6, 1),
            "amount": "12.3400",
            "status": "Settled",
            "processed_amount": "12.3000",
        }
    ]
    assert filled(rows["contribution_attributions"]) == [
        {"contribution_id": "900", "position": 0, "van_id": "18", "amount_attributed": "5.0000", "attribution_type": "DonorMatch"}
    ]
    assert filled(rows["contribution_identifiers"]) == [
        {"contribution_id": "900", "position": 0, "type": "ref", "external_id": "0042"}
    ]
    assert (rows["contribution_codes"], rows["contribution_disclosure_values"]) == ([], [])


def test_one_address_in_two_roles_is_two_rows() -> None:
    address = {"addressId": 5, "addressLine1": "1 Main St", "zipOrPostalCode": "", "geoLocation": {"lat": 1, "lon": 2}}
    raw = {"vanId": 17, "addresses": [address | {"type": "Voting"}, address | {"type": "Mailing"}]}
    rows = filled(clean("person_details", raw)["person_addresses"])
    assert [(row["position"], row["address_id"], row["type"]) for row in rows] == [(0, "5", "Voting"), (1, "5", "Mailing")]
    assert {row["zip_or_postal_code"] for row in rows} == {""}
    assert {row["geo_location"] for row in rows} == {'{"lat":1,"lon":2}'}


def test_what_no_column_knows_is_kept_where_it_was_found() -> None:
    raw = {"codeId": 1, "colour": "red", "mood": {"a": [1]}, "supportedEntities": [{"name": "Contacts", "rank": 3}]}
    result = models.split(models.ROOTS["codes"], raw)
    assert result.rows["codes"][0]["additional_fields"] == '{"colour":"red","mood":{"a":[1]}}'
    assert result.rows["code_supported_entities"][0]["additional_fields"] == '{"rank":3}'
    assert not result.notes.unknown


def test_what_is_known_is_not_kept_twice() -> None:
    raw = {"eventId": 1, "locations": [{"locationId": 5, "id": 5, "notes": [], "codes": None}]}
    assert filled(clean("events", raw)["event_locations"]) == [{"event_id": "1", "position": 0, "location_id": "5"}]


def test_a_cell_that_does_not_convert_costs_no_other_one() -> None:
    raw = {"eventId": 1, "startDate": CANARY, "name": "n", "shifts": [{"eventShiftId": 2, "startTime": CANARY}], "roles": CANARY}
    result = models.split(models.ROOTS["events"], raw)
    assert filled(result.rows["events"]) == [{"event_id": "1", "name": "n"}]
    assert filled(result.rows["event_shifts"]) == [{"event_id": "1", "position": 0, "event_shift_id": "2"}]
    assert {(problem.table, problem.column) for problem in result.notes.problems} == {
        ("events", "start_date"),
        ("event_shifts", "start_time"),
        ("event_roles", "roles"),
    }
    assert CANARY not in str(result.notes.problems)
    assert "event_roles" in result.partial


@pytest.mark.parametrize("raw", [{}, {"codeId": None}, {"codeId": ""}, {"codeId": []}, {"code_id": 5}, [], None, "x"])
def test_a_record_without_its_id_gives_no_rows(raw: object) -> None:
    result = models.split(models.ROOTS["codes"], raw)
    assert result.id is None
    assert not any(result.rows.values())
    assert [problem.column for problem in result.notes.problems] == ["code_id"]


def test_the_fields_of_a_type_as_the_api_tells_of_them() -> None:
    raw = parse("""
    {"resourceType": "Contacts",
     "fields": [{"fieldName": "Sex", "fieldType": "T", "maxTextboxCharacters": null, "isCoreField": false,
                 "availableValues": [{"id": "1", "name": "F"}], "bulkImportFields": []}],
     "changeTypes": [{"ChangeTypeID": "1", "ChangeTypeName": "CreatedOrUpdated", "Description": "d"}]}
    """)
    rows = clean("changed_entity_resources", raw)
    assert filled(rows["changed_entity_fields"]) == [
        {
            "resource_type": "Contacts",
            "position": 0,
            "field_name": "Sex",
            "field_type": "T",
            "is_core_field": False,
            "available_values": '[{"id":"1","name":"F"}]',
            "bulk_import_fields": "[]",
        }
    ]
    assert filled(rows["changed_entity_change_types"]) == [
        {
            "resource_type": "Contacts",
            "position": 0,
            "change_type_id": "1",
            "change_type_name": "CreatedOrUpdated",
            "description": "d",
        }
    ]


# --- The spelling of keys ---


def test_keys_are_read_in_any_case() -> None:
    raw = {
        "FOREIGNMESSAGEID": "E1",
        "campaignId": 5,
        "EmailMessageContent": [{"Name": "A", "EmailMessageContentDistributions": {"OPENCOUNT": 7}}],
    }
    assert models.canonical(models.ROOTS["email_messages"], raw) == {
        "foreignMessageId": "E1",
        "campaignID": 5,
        "emailMessageContent": [{"name": "A", "emailMessageContentDistributions": {"openCount": 7}}],
    }


def test_change_types_are_read_in_either_spelling() -> None:
    raw = {"resourceType": "Contacts", "changeTypes": [{"changeTypeId": "3", "changeTypeName": "Deleted", "description": "d"}]}
    rows = models.split(models.ROOTS["changed_entity_resources"], models.canonical(models.ROOTS["changed_entity_resources"], raw)).rows
    assert filled(rows["changed_entity_change_types"]) == [
        {"resource_type": "Contacts", "position": 0, "change_type_id": "3", "change_type_name": "Deleted", "description": "d"}
    ]


def test_a_key_that_nobody_knows_stays_as_it_is() -> None:
    assert models.canonical(models.ROOTS["codes"], {"CODEID": 1, "MyOwn": {"Deep": 2}}) == {"codeId": 1, "MyOwn": {"Deep": 2}}


def test_a_key_that_is_there_in_its_own_spelling_is_not_overwritten_by_another_one() -> None:
    for raw in ({"codeId": 1, "CodeID": 2}, {"CodeID": 2, "codeId": 1}):
        assert models.canonical(models.ROOTS["codes"], raw) == {"codeId": 1, "CodeID": 2}


@pytest.mark.parametrize("record", [None, 5, "x", [], [{"CODEID": 1}, 5]])
def test_what_is_no_record_stays_so(record: object) -> None:
    assert models.canonical(models.ROOTS["codes"], record) == ([{"codeId": 1}, 5] if record == [{"CODEID": 1}, 5] else record)


# --- The tables of exports ---


def fields_of(*words: str) -> list[dict[str, Any]]:
    """Field objects as /fields lists them, of words such as "VanID:N"."""
    return [{"fieldName": name, "fieldType": kind, "isCoreField": True} for name, _, kind in (word.partition(":") for word in words)]


def resource(name: str, *words: str, changes: Any = ()) -> Any:
    return models.resource_of(name, fields_of(*words), changes)


@pytest.mark.parametrize(
    ("name", "words", "key"),
    [
        ("Contacts", ["FirstName:T", "VanID:N"], "VanID"),
        ("Contacts", ["FirstName:T", "VANID:N"], "VANID"),
        ("ContactHistory", ["VanID:N", "CommitteeID:N", "ContactsContactID:N"], "ContactsContactID"),
        ("ContactsActivistCodes", ["ActivistCodeID:N", "VanID:N", "ContactsActivistCodeId:N"], "ContactsActivistCodeId"),
        ("ContactsSurveyResponses", ["SurveyResponseID:N", "ContactsSurveyResponseID:N"], "ContactsSurveyResponseID"),
        ("ContactsOnlineForms", ["OnlineFormID:N", "ContactsOnlineFormID:N"], "ContactsOnlineFormID"),
        ("Contributions", ["VanID:N", "ContactsContributionID:N"], "ContactsContributionID"),
        ("Contributions", ["ContactsContributionID:N", "ContributionID:N"], "ContributionID"),
        ("RecurringContributions", ["VanID:N", "ContactsRecurringContributionID:N"], "ContactsRecurringContributionID"),
        ("ContributionAdjustments", ["ContributionID:N", "ContributionAdjustmentID:N"], "ContributionAdjustmentID"),
        ("EventTicketTransactionsGuests", ["VanID:N", "EventTicketTransactionGuestID:N"], "EventTicketTransactionGuestID"),
        ("Disbursements", ["VanID:N", "DisbursementID:N"], "DisbursementID"),
        ("ActivistCodes", ["ActivistCodeID:N", "ActivistCodeType:T"], "ActivistCodeID"),
    ],
)
def test_the_key_of_a_type(name: str, words: list[str], key: str) -> None:
    found = resource(name, *words)
    assert found.key == key
    assert found.table.key == [models.snake(key)]
    assert next(iter(found.table.columns)) == found.table.key[0]
    assert found.table.columns[found.table.key[0]].type == "STRING"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Contacts", ["FirstName:T", "CommitteeID:N"]),
        ("ContactHistory", ["VanID:N", "ResultID:N"]),
        ("Contributions", ["VanID:N", "CommitteeID:N"]),
        ("Mysteries", ["VanID:N", "MysteryCode:T"]),
        ("Contacts", []),
    ],
)
def test_a_key_is_never_guessed(name: str, words: list[str]) -> None:
    with pytest.raises(models.NoKey, match=f"/fields/{name} lists none of .*ID"):
        resource(name, *words)


def test_columns_follow_the_types_of_the_fields() -> None:
    raw = [
        *fields_of("VanID:N", "FirstName:T", "DateCreated:D", "IsDeceased:B", "Total:M", "Score:N", "CanvassedBy:N", "CodeId:N", "New:X"),
        {"fieldName": "Sex", "fieldType": "N", "availableValues": [{"id": "1", "name": "F"}]},
        {"fieldName": "Empty", "fieldType": "N", "availableValues": []},
        {"fieldName": "Typeless"},
    ]
    table = models.resource_of("Contacts", raw, []).table
    number, money = {"type": "DECIMAL", "precision": 28, "scale": 8}, {"type": "DECIMAL", "precision": 18, "scale": 4}
    assert table.schema() == {
        "table": "contacts",
        "primary_key": ["van_id"],
        "columns": {
            "van_id": "STRING",
            "first_name": "STRING",
            "date_created": "UTC_DATETIME",
            "is_deceased": "BOOLEAN",
            "total": money,
            "score": number,
            "canvassed_by": "STRING",
            "code_id": "STRING",
            "new": "STRING",
            "sex": "STRING",
            "empty": number,
            "typeless": "STRING",
            "custom_fields": "STRING",
        },
    }


@pytest.mark.parametrize(
    ("name", "extra"), [("Contacts", "custom_fields"), ("Contributions", "custom_fields"), ("ContactHistory", "additional_fields")]
)
def test_only_types_with_custom_fields_have_a_column_for_them(name: str, extra: str) -> None:
    found = next(one for one in models.DOCUMENTED if one.name == name)
    assert list(found.table.columns)[-1] == found.table.extra == extra
    assert len({"custom_fields", "additional_fields"} & found.table.columns.keys()) == 1


def test_fields_that_cannot_be_told_apart_are_one() -> None:
    found = resource("Contacts", "VanID:N", "Email:T", "EMAIL:T")
    assert [one.name for one in found.fields] == ["VanID", "EMAIL"]


def test_a_field_without_a_name_is_none() -> None:
    nameless: list[dict[str, Any]] = [{"fieldType": "T"}, {"fieldName": ""}, {"fieldName": None}, {"fieldName": 5}]
    raw = [*nameless, {"name": "Old", "type": "B"}, *fields_of("VanID:N")]
    found = models.resource_of("Contacts", raw, [])
    assert [(one.name, one.kind) for one in found.fields] == [("Old", "B"), ("VanID", "N")]


def test_which_fields_are_core() -> None:
    raw = [
        {"fieldName": "VanID", "fieldType": "N", "isCoreField": True},
        {"fieldName": "Sex", "fieldType": "T", "isCoreField": False},
        {"fieldName": "Age", "fieldType": "N"},
    ]
    assert [one.core for one in models.resource_of("Contacts", raw, []).fields] == [True, False, True]


@pytest.mark.parametrize(("words", "expected"), [(["WidgetID:N", "VANID:N"], True), (["WidgetID:N", "PersonVanID:N"], False)])
def test_whether_a_type_tells_of_people(words: list[str], expected: bool) -> None:
    assert resource("Widgets", *words).of_people is expected


CHANGES = [
    {"ChangeTypeID": "1", "ChangeTypeName": "CreatedOrUpdated", "Description": "was deleted before"},
    {"ChangeTypeID": "3", "ChangeTypeName": "Deleted", "Description": None},
    {"changeTypeId": 4, "changeTypeName": "suppressed"},
    {"ChangeTypeID": "5", "ChangeTypeName": "Archived"},
    {"ChangeTypeID": "6", "ChangeTypeName": "Reactivated"},
    {"ChangeTypeID": "7", "ChangeTypeName": "MadeInactive"},
    {"ChangeTypeID": "8", "ChangeTypeName": None},
    {"ChangeTypeID": "9"},
]


def test_which_kinds_of_change_say_that_a_row_is_gone() -> None:
    assert resource("Contacts", "VanID:N", changes=CHANGES).change_types == {"3", "4", "5", "7"}
    assert resource("Contacts", "VanID:N").change_types == frozenset()


# --- The rows of exports ---

CODES = ["ContactsActivistCodeID:N", "ActivistCodeID:N", "VanID:N", "CommitteeID:N", "IsDeleted:B", "ChangeTypeID:N"]
HEADER = [word.partition(":")[0] for word in CODES]


def reader(header: list[str], *words: str, name: str = "ContactsActivistCodes", changes: Any = CHANGES) -> Any:
    return models.ExportReader(resource(name, *(words or CODES), changes=changes), header)


def test_the_row_of_a_record() -> None:
    words = ["VanID:N", "FirstName:T", "DateCreated:D", "IsDeceased:B", "Total:M", "Score:N", "Phone:T"]
    of = reader(["VanID", "FirstName", "DateCreated", "IsDeceased", "Total", "Score", "Phone"], *words, name="Contacts")
    record = of.record(["17", "Ann, \r\nB.", "2024-06-01T15:04:05", "True", "12.5", "0.25", ""])
    row, problems = of.row(record)
    assert not problems
    assert row == {
        "van_id": "17",
        "first_name": "Ann, \r\nB.",
        "date_created": utc(2024, 6, 1, 15, 4, 5),
        "is_deceased": True,
        "total": "12.5000",
        "score": "0.25000000",
        "phone": None,
        "custom_fields": None,
    }
    assert of.person(record) == 17


def test_a_header_is_read_in_any_case_and_order() -> None:
    of = reader(["vanid", " CHANGETYPEID ", "contactsActivistCodeId", "activistcodeid", "COMMITTEEID", "isdeleted"])
    assert of.header == ["VanID", "ChangeTypeID", "ContactsActivistCodeID", "ActivistCodeID", "CommitteeID", "IsDeleted"]
    record = of.record(["17", "3", "900", "5", "2", ""])
    row, problems = of.row(record)
    assert not problems
    assert filled([row]) == [
        {"contacts_activist_code_id": "900", "activist_code_id": "5", "van_id": "17", "committee_id": "2", "change_type_id": "3"}
    ]
    assert of.person(record) == 17
    assert of.is_gone(record)


def test_columns_that_nobody_told_of_are_custom_or_additional_fields() -> None:
    of = reader(["VanID", "Favorite Color", "0042"], "VanID:N", name="Contacts")
    row, problems = of.row(of.record(["17", "red", "x"]))
    assert (row, problems) == ({"van_id": "17", "custom_fields": '{"0042":"x","Favorite Color":"red"}'}, [])
    other = reader([*HEADER, "Mood"])
    row, problems = other.row(other.record(["900", "5", "17", "2", "False", "1", "good"]))
    assert row["additional_fields"] == '{"Mood":"good"}'
    assert not problems


def test_fields_whose_columns_would_have_one_name_lose_nothing() -> None:
    of = reader(["VanID", "WorkEmail", "Work_Email"], "VanID:N", "WorkEmail:T", "Work_Email:T", name="Contacts")
    row, _ = of.row(of.record(["17", "first", "second"]))
    assert {"first", "second"} == {row["work_email"], *json.loads(row["custom_fields"]).values()}


def test_custom_fields_that_are_named_as_others_are_lose_nothing() -> None:
    of = reader(["VanID", "Phone", "phone", "Color", "Color", "Color (2)"], "VanID:N", "Phone:T", name="Contacts")
    row, problems = of.row(of.record(["17", "own", "custom", "red", "blue", "green"]))
    assert (row["phone"], problems) == ("own", [])
    assert sorted(json.loads(row["custom_fields"]).values()) == ["blue", "custom", "green", "red"]
    assert json.loads(row["custom_fields"])["Color"] == "red"


@pytest.mark.parametrize("cells", [[], ["900"], ["900", "5", "17", "2", "", "1", ""]])
def test_a_row_of_another_width_is_no_record(cells: list[str]) -> None:
    with pytest.raises(ValueError, match=f"has {len(cells)} cells, and the header 6"):
        reader(HEADER).record(cells)


def test_a_row_without_its_key_is_none() -> None:
    of = reader(HEADER)
    row, _ = of.row(of.record(["", "5", "17", "2", "False", "1"]))
    assert row is None


def test_a_cell_of_an_export_that_does_not_convert_is_null_and_named() -> None:
    of = reader(HEADER)
    row, problems = of.row(of.record(["900", "5", "17", "2", CANARY, "1"]))
    assert row["is_deleted"] is None
    assert row["van_id"] == "17"
    assert [(problem.table, problem.column) for problem in problems] == [("contacts_activist_codes", "is_deleted")]
    assert CANARY not in str(problems)


@pytest.mark.parametrize(
    ("cell", "expected"), [("17", 17), ("3000000001", 3_000_000_001), ("", None), ("x", None), ("-5", None), ("\u0661", None)]
)
def test_the_person_of_a_record(cell: str, expected: int | None) -> None:
    of = reader(HEADER)
    assert of.person(of.record(["900", "5", cell, "2", "", ""])) == expected


def test_a_type_that_tells_of_nobody() -> None:
    of = reader(["WidgetID"], "WidgetID:N", name="Widgets")
    assert of.person(of.record(["17"])) is None


@pytest.mark.parametrize(
    ("deleted", "change", "expected"),
    [
        *((yes, "1", True) for yes in ("True", "true", "TRUE", "1")),
        *((no, "1", False) for no in ("False", "false", "0")),
        ("False", "3", False),
        ("True", "", True),
        *(("", gone, True) for gone in ("3", "4", "5", "7")),
        *(("", there, False) for there in ("1", "6", "8", "9", "", "33")),
    ],
)
def test_whether_a_row_is_gone(deleted: str, change: str, expected: bool) -> None:
    of = reader(HEADER)
    assert of.is_gone(of.record(["900", "5", "17", "2", deleted, change])) is expected


@pytest.mark.parametrize(("change", "expected"), [("3", True), ("1", False), ("", False)])
def test_whether_a_row_is_gone_where_only_the_kind_of_change_tells(change: str, expected: bool) -> None:
    of = reader(["VanID", "CHANGETYPEID"], "VanID:N", "ChangeTypeId:N", name="Contacts")
    assert of.is_gone(of.record(["17", change])) is expected


def test_a_row_of_a_type_that_tells_nothing_of_deletes_is_there() -> None:
    of = reader(["ContactsSurveyResponseID"], "ContactsSurveyResponseID:N", name="ContactsSurveyResponses", changes=())
    assert of.is_gone(of.record(["3"])) is False
