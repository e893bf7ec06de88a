from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from sandbox.messages import Table
from sandbox.server import Box
from sandbox.virtuous.formats import snake
from sandbox.virtuous.kinds import cell, kind_of
from sandbox.virtuous.truth import OPTIONAL
from tests.sandbox.asking import ask, get, query

ROOTS = {
    "contacts": "Contact/Query/FullContact", "gifts": "Gift/Query/FullGift", "recurring_gifts": "RecurringGift/Query",
    "pledges": "v2/Pledge/Query", "planned_gifts": "PlannedGift/Query", "gift_asks": "GiftAsk/Query",
    "grants": "Grant/Query",
    "projects": "Project/Query", "contact_notes": "ContactNote/Query", "tasks": "Task/Query", "events": "Event/Query",
    "event_attendees": "EventAttendee/Query", "premiums": "Premium/Query", "volunteers": "Volunteer/Query",
    "volunteer_opportunities": "VolunteerOpportunity/Query", "campaigns": "Campaign/Query",
    "communications": "Communication/Query",
}  # fmt: skip
# What is served and lands elsewhere than in a column of its own name.
ELSEWHERE = {"pkanned_gift_type", "reminder", "probability", "priority"}


@pytest.fixture
def truth(box: Box) -> dict[str, Table]:
    return dict(box.source.truth(optional=OPTIONAL))


def _by_key(table: Table) -> dict[str, dict[str, Any]]:
    return {row[table.key[0]]: row for row in table.rows()}


@pytest.mark.parametrize("name", sorted(ROOTS))
def test_every_scalar_that_is_served_has_its_column(box: Box, truth: dict[str, Table], name: str) -> None:
    table = truth[name]
    served = query(box, ROOTS[name], includeArchived=True).rows
    rows = list(table.rows())
    assert len(served) == len(rows) == table.count()
    scalars = {snake(key) for row in served for key, value in row.items() if not isinstance(value, (list, dict))}
    assert scalars - set(table.columns) - ELSEWHERE - {"address"} == set()
    for wire, row in zip(served, rows, strict=True):
        for key, value in wire.items():
            kind = table.columns.get(snake(key))
            if kind == "text":
                assert row[snake(key)] == (None if value is None else str(value))
            elif kind == "boolean":
                assert row[snake(key)] is value


def test_nested_scalars_have_their_columns_too(box: Box, truth: dict[str, Table]) -> None:
    contacts = query(box, "Contact/Query/FullContact").rows
    gifts = query(box, "Gift/Query/FullGift").rows
    people = [person for contact in contacts for person in contact["contactIndividuals"]]
    for name, records in {
        "contact_individuals": people,
        "contact_methods": [method for person in people for method in person["contactMethods"]],
        "contact_addresses": [contact["address"] for contact in contacts if contact.get("address")],
        "gift_designations": [each for gift in gifts for each in gift["giftDesignations"]],
        "gift_premiums": [each for gift in gifts for each in gift["giftPremiums"]],
        "event_contacts": [
            each for event in query(box, "Event/Query").rows for each in event["generosityEventContacts"]
        ],
        "volunteer_attendances": [
            row
            for each in query(box, "Volunteer/Query").rows
            for row in ask(box, "GET", each["volunteerAttendanceUrl"]).rows
        ],
    }.items():
        keys = {
            snake(key) for record in records for key, value in record.items() if not isinstance(value, (list, dict))
        }
        assert keys
        assert keys - set(truth[name].columns) == set(), name


def test_every_row_has_every_column_in_its_kind(truth: dict[str, Table]) -> None:
    types: dict[str, tuple[type, ...]] = {
        "text": (str,), "integer": (int,), "decimal": (str,), "double": (float,), "boolean": (bool,),
        "timestamp": (str,), "json": (str,),
    }  # fmt: skip
    for name, table in truth.items():
        keys = set()
        for row in table.rows():
            assert list(row) == list(table.columns), name
            assert all(value is None or isinstance(value, types[table.columns[key]]) for key, value in row.items()), (
                name
            )
            keys.add(tuple(row[key] for key in table.key))
            assert None not in tuple(row[key] for key in table.key)
        assert len(keys) == table.count(), name


def test_names_of_tables(box: Box) -> None:
    always, everything = set(box.source.truth()), set(box.source.truth(optional=OPTIONAL))
    assert everything - always == OPTIONAL - {"contact_addresses"}
    assert len(always) == 56
    assert set(box.source.truth_types()) == everything


@pytest.mark.parametrize(
    ("key", "value", "kind", "expected"),
    [
        ("id", 17, "text", "17"),
        ("campaignId", None, "text", None),
        ("amount", 1250.5, "decimal", "1250.5"),
        ("amount", "oops", "decimal", None),
        ("amount", {"a": 1}, "decimal", None),
        ("coinAmount", 1e-10, "decimal", "0.0000000001"),
        ("anticipatedAmount", "($10.50)", "decimal", "-10.50"),
        ("lifeToDateGiving", "$1,200", "decimal", "1200"),
        ("giftAskAmount", "", "decimal", None),
        ("lastGiftDate", "Unavailable", "timestamp", None),
        ("birthDate", "2/29/2024", "timestamp", "2024-02-29T00:00:00.000000Z"),
        ("modifiedDateTimeUtc", "2023-11-30T14:20:56.3533339", "timestamp", "2023-11-30T14:20:56.353333Z"),
        ("modifiedDateTimeUtc", "2023-11-30T14:20:56.3Z", "timestamp", "2023-11-30T14:20:56.300000Z"),
        ("endDateTime", "2023-11-30T14:20:56", "timestamp", "2023-11-30T14:20:56.000000Z"),
        ("dateCoinWasSold", "", "timestamp", None),
        ("giftDateFormatted", "2/9/2024", "text", "2/9/2024"),
        ("exchangeRate", 1, "double", 1.0),
        ("birthMonth", "2", "integer", 2),
        ("isPrivate", "True", "boolean", True),
        ("currentPriority", 2, "text", "2"),
        ("tables", ["é", {"b": 1, "a": 2}], "json", '["é",{"a":2,"b":1}]'),
    ],
)
def test_cells(key: str, value: object, kind: str, expected: object) -> None:
    assert kind_of(key) == kind
    assert cell(kind, value) == expected


def test_positions_run_through_the_whole_record(box: Box, truth: dict[str, Table]) -> None:
    expected = [
        (str(contact["id"]), position, str(person["id"]), method["value"])
        for contact in query(box, "Contact/Query/FullContact", includeArchived=True).rows
        for position, (person, method) in enumerate(
            (person, method) for person in contact["contactIndividuals"] for method in person["contactMethods"]
        )
    ]
    columns = ("contact_id", "position", "contact_individual_id", "value")
    assert [tuple(row[each] for each in columns) for row in truth["contact_methods"].rows()] == expected
    assert truth["contact_methods"].key == ["contact_id", "position"]


def test_addresses_come_once(box: Box, truth: dict[str, Table]) -> None:
    def ids(contact: dict[str, Any]) -> Iterator[int]:
        seen = [contact.get("address"), *contact.get("contactAddresses", [])]
        yield from dict.fromkeys(address["id"] for address in seen if address)

    contacts = query(box, "Contact/Query/FullContact", includeArchived=True).rows
    assert any("contactAddresses" in contact and "address" in contact for contact in contacts)
    assert any("contactAddresses" in contact and "address" not in contact for contact in contacts)
    embedded = [(str(contact["id"]), str(number)) for contact in contacts for number in ids(contact)]
    plain = box.source.truth()["contact_addresses"]
    assert [(row["contact_id"], row["id"]) for row in plain.rows()] == embedded
    everything = [
        (str(contact["id"]), str(address["id"]))
        for contact in contacts
        for address in get(box, f"ContactAddress/ByContact/{contact['id']}").json
    ]
    assert [(row["contact_id"], row["id"]) for row in truth["contact_addresses"].rows()] == everything
    assert len(everything) > len(embedded)


def test_flattened_and_renamed_columns(box: Box, truth: dict[str, Table]) -> None:
    note = next(row for row in query(box, "ContactNote/Query").rows if row["reminder"])
    row = _by_key(truth["contact_notes"])[str(note["id"])]
    assert row["reminder_contact_id"] == str(note["reminder"]["contactId"])
    assert row["reminder_is_past_due"] is note["reminder"]["isPastDue"]
    planned = query(box, "PlannedGift/Query").rows[0]
    row = _by_key(truth["planned_gifts"])[str(planned["id"])]
    assert row["planned_gift_type"] == planned["pkannedGiftType"]
    assert row["anticipated_amount_text"] == planned["anticipatedAmount"]
    assert "pkanned_gift_type" not in row
    payment = next(truth["gift_recurring_gift_payments"].rows())
    assert {"gift_id", "gift_contact_id", "gift_gift_date", "gift_amount", "expected_amount"} < set(payment)
    assert truth["recurring_gift_payments"].columns["gift_id"] == "text"
    assert truth["gifts"].columns["reversed_gift_id"] == "text"


def test_archived_contacts_are_marked_or_left_out(box: Box, truth: dict[str, Table]) -> None:
    archived = {row["id"] for row in truth["contacts"].rows() if row["is_archived"]}
    assert len(archived) == 6
    without = box.source.truth(include_archived=False)
    assert not archived & set(_by_key(without["contacts"]))
    assert without["contacts"].count() == 114
    assert not archived & {row["contact_id"] for row in without["contact_methods"].rows()}


def test_custom_fields_in_both_forms(box: Box, truth: dict[str, Table]) -> None:
    rows = list(truth["project_custom_fields"].rows())
    assert {row["name"] for row in rows} >= {"budget Owner", "is Featured", "priority Rank"}
    assert {row["value"] for row in rows if row["name"] == "is Featured"} <= {"True", "False", None}
    assert {row["value"] for row in rows if row["name"] == "priority Rank"} <= {"7", "-3", "10.5", None}
    assert {row["data_type"] for row in rows} == {None}
    assert any(row["data_type"] for row in truth["contact_custom_fields"].rows())


def test_unknown_keys_are_kept_where_the_shape_is_a_guess(truth: dict[str, Table]) -> None:
    assert {row["additional_fields"] for row in truth["tasks"].rows()} == {'{"priority":"High"}', '{"priority":"Low"}'}
    assert set(json.loads(next(truth["gift_asks"].rows())["additional_fields"])) == {"probability"}
    others = [
        name
        for name, table in truth.items()
        if "additional_fields" in table.columns and name not in {"tasks", "gift_asks"}
    ]
    assert len(others) == 9
    for name in others:
        assert {row["additional_fields"] for row in truth[name].rows()} <= {None}, name


def test_definitions_and_lookups(truth: dict[str, Table]) -> None:
    definitions = list(truth["custom_field_definitions"].rows())
    assert {"Pledge", "ContactIndividual"} <= {row["entity"] for row in definitions}
    assert json.loads(definitions[0]["options"])[0] == "North"
    lookups = {(row["lookup"], row["position"]): row for row in truth["lookup_values"].rows()}
    assert lookups["Contact/Types", 3]["value"] == "Church"
    assert lookups["Relationship/Types", 0]["value"] == "Parent"
    assert lookups["Gift/NonCashGiftTypes", 0]["value"] == "Furniture"
    assert lookups["Contact/Prefixes", 0]["details"] is None
    assert next(truth["organizations"].rows())["organization_user_id"] == "4711"


def test_the_truth_follows_changes_and_a_wrong_value_is_null(box: Box) -> None:
    number = box.source.change("edit_gift")["id"]
    box.source.set_value("Gift", number, "amount", "many")
    row = _by_key(box.source.truth()["gifts"])[str(number)]
    assert row["amount"] is None
    assert row["modified_date_time_utc"] == "2026-11-18T11:06:40.500000Z"
    box.source.change("delete_gift", id=number)
    assert str(number) not in _by_key(box.source.truth()["gifts"])


def test_designations_add_up_in_the_truth(truth: dict[str, Table]) -> None:
    sums: dict[str, Decimal] = {}
    for row in truth["gift_designations"].rows():
        sums[row["gift_id"]] = sums.get(row["gift_id"], Decimal(0)) + Decimal(row["amount_designated"])
    assert sums == {row["id"]: Decimal(row["amount"]) for row in truth["gifts"].rows()}
