"""Virtuous' tables and what one raw record gives, checked against rows written by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.loading import load
from tests.strategies import JSON_VALUES

models = load("virtuous").models

CANARY = "canary-7f3a"
BAD = {CANARY: CANARY}  # converts to no cell but JSON
ALL = models.OPTIONAL_TABLES
NOW = "2024-03-04T22:10:41.3533333"
AUDIT_WIRE = {"createDateTimeUtc": NOW, "createdByUser": "A", "modifiedDateTimeUtc": NOW, "modifiedByUser": "B"}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


AUDIT = {
    "create_date_time_utc": utc(2024, 3, 4, 22, 10, 41, 353333),
    "created_by_user": "A",
    "modified_date_time_utc": utc(2024, 3, 4, 22, 10, 41, 353333),
    "modified_by_user": "B",
}


def parse(document: str) -> Any:
    """JSON as the connector parses it."""
    return json.loads(document, parse_float=Decimal)


def split(table: str, raw: object, **options: Any) -> Any:
    return models.split(models.ROOTS[table], raw, **options)


def clean(table: str, raw: object, **options: Any) -> Any:
    """The rows of a record in which nothing is wrong or unknown."""
    result = split(table, raw, **options)
    assert not result.notes.problems
    assert not result.notes.unknown
    return result.rows


def filled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells that are not NULL."""
    return [{name: cell for name, cell in row.items() if cell is not None} for row in rows]


def problems(result: Any) -> list[tuple[str, str]]:
    assert CANARY not in str(result.notes.problems)
    return [(problem.table, problem.column) for problem in result.notes.problems]


# --- The fact sheet's miniature examples ---

GIFT = parse("""
{"creditCardType":"Visa","id":5021,"transactionSource":"WebForm","transactionId":"tx-88","contactId":310,
 "contactName":"Dana Example","contactUrl":"/api/Contact/310","giftType":"Credit","giftTypeFormatted":"Credit",
 "giftDate":"2024-02-29T00:00:00","giftDateFormatted":"2/29/2024","amount":1250.5,"amountFormatted":"$1,250.50",
 "currencyCode":"USD","exchangeRate":1.0,"baseCurrencyCode":"USD","batch":null,
 "createDateTimeUtc":"2024-03-01T09:15:02.017","createdByUser":"Api User",
 "modifiedDateTimeUtc":"2024-03-04T22:10:41","modifiedByUser":"Api User",
 "segmentId":null,"segment":null,"segmentCode":null,"segmentUrl":null,"mediaOutletId":null,"mediaOutlet":null,
 "grantId":null,"grant":null,"grantUrl":null,"notes":"","tribute":null,"tributeId":null,"tributeType":null,
 "acknowledgeeIndividualId":null,"isAcknowledgedGift":false,"acknowledgementDate":null,"acknowledgementNotes":"",
 "receiptDate":null,"receiptDateFormatted":"","contactPassthroughId":null,"contactPassthroughUrl":null,
 "contactIndividualId":411,"cashAccountingCode":null,"giftAskId":null,"contactMembershipId":null,
 "giftDesignations":[{"id":7001,"projectId":12,"project":"Wells","projectCode":"WELL","externalAccountingCode":null,
   "projectType":"Unspecified","projectLocation":"Unspecified","projectUrl":"/api/Project/12",
   "amountDesignated":1250.5,"display":"Wells: $1,250.50"}],
 "giftPremiums":[],"pledgePayments":[],"recurringGiftPayments":[],"giftUrl":"/api/Gift/5021",
 "isPrivate":false,"isTaxDeductible":true,
 "customFields":[{"dataType":"List","name":"Occasion","value":"Other","displayName":null}]}
""")

CONTACT = parse("""
{"id":310,"contactType":"Household","isPrivate":false,"name":"Dana and Lee Example","informalName":"Dana and Lee",
 "formalContactName":"Ms. Dana Example","mergedIntoContactId":null,"maritalStatus":null,
 "address":{"id":800,"label":"Home","address1":"1 Sample St","address2":null,"city":null,"state":"","postal":null,
   "country":"","isPrimary":true,"canBePrimary":false,"startMonth":1,"startDay":1,"endMonth":12,"endDay":31,
   "createDateTimeUtc":"2023-11-30T14:20:56.34","createdByUser":"Api User",
   "modifiedDateTimeUtc":"2023-11-30T14:20:56.3533333","modifiedByUser":"Api User"},
 "giftAskAmount":"","giftAskType":null,"lifeToDateGiving":"$1,251","yearToDateGiving":"$0",
 "lastGiftAmount":"$1,251","lastGiftDate":"2/29/2024",
 "contactIndividuals":[{"id":411,"contactId":310,"prefix":"Ms","prefix2":null,"firstName":"Dana","middleName":null,
   "lastName":"Example","preMarriageName":null,"suffix":null,"nickname":null,"gender":null,"isPrimary":true,
   "canBePrimary":false,"isSecondary":false,"canBeSecondary":false,"birthMonth":null,"birthDay":null,"birthYear":null,
   "birthDate":"","approximateAge":null,"isDeceased":false,"deceasedDate":"","passion":null,"avatarUrl":null,
   "contactMethods":[{"id":2081,"type":"Home Email","value":"dana@example.org","isOptedIn":true,"isPrimary":true,
     "canBePrimary":false,"createDateTimeUtc":"2023-11-30T14:20:56.3233333","createdByUser":"Api User",
     "modifiedDateTimeUtc":"2023-11-30T14:20:56.37","modifiedByUser":"Api User"}],
   "createDateTimeUtc":"2023-11-30T14:20:56.2933333","createdByUser":"Api User",
   "modifiedDateTimeUtc":"2023-11-30T14:20:56.3533333","modifiedByUser":"Api User",
   "customFields":[],"customCollections":[]}],
 "contactReferences":[{"source":"WebForm","id":"u-9"}],"originSegmentId":null,"originSegment":null,
 "createDateTimeUtc":"2023-11-30T14:20:56.277","createdByUser":"Api User",
 "modifiedDateTimeUtc":"2024-03-04T22:10:41.353","modifiedByUser":"Api User",
 "tags":["Major Donor"],"organizationGroups":[],"customFields":[],"customCollections":[]}
""")


def test_a_gift() -> None:
    rows = clean("gifts", GIFT)
    assert filled(rows["gifts"]) == [
        {
            "id": "5021",
            "transaction_source": "WebForm",
            "transaction_id": "tx-88",
            "contact_id": "310",
            "contact_name": "Dana Example",
            "contact_url": "/api/Contact/310",
            "gift_type": "Credit",
            "gift_type_formatted": "Credit",
            "gift_date": utc(2024, 2, 29),
            "gift_date_formatted": "2/29/2024",
            "amount": "1250.5000",
            "amount_formatted": "$1,250.50",
            "currency_code": "USD",
            "exchange_rate": 1.0,
            "base_currency_code": "USD",
            "create_date_time_utc": utc(2024, 3, 1, 9, 15, 2, 17000),
            "created_by_user": "Api User",
            "modified_date_time_utc": utc(2024, 3, 4, 22, 10, 41),
            "modified_by_user": "Api User",
            "notes": "",
            "is_acknowledged_gift": False,
            "acknowledgement_notes": "",
            "receipt_date_formatted": "",
            "contact_individual_id": "411",
            "gift_url": "/api/Gift/5021",
            "is_private": False,
            "is_tax_deductible": True,
            "credit_card_type": "Visa",
        }
    ]
    assert filled(rows["gift_designations"]) == [
        {
            "gift_id": "5021",
            "position": 0,
            "id": "7001",
            "project_id": "12",
            "project": "Wells",
            "project_code": "WELL",
            "project_type": "Unspecified",
            "project_location": "Unspecified",
            "project_url": "/api/Project/12",
            "amount_designated": "1250.5000",
            "display": "Wells: $1,250.50",
        }
    ]
    assert filled(rows["gift_custom_fields"]) == [
        {"gift_id": "5021", "position": 0, "name": "Occasion", "value": "Other", "data_type": "List"}
    ]
    empty = ("gift_premiums", "gift_pledge_payments", "gift_recurring_gift_payments", "gift_passthroughs")
    assert [rows[table] for table in empty] == [[], [], [], []]


def test_a_contact() -> None:
    rows = clean("contacts", CONTACT)
    assert filled(rows["contacts"]) == [
        {
            "id": "310",
            "contact_type": "Household",
            "is_private": False,
            "name": "Dana and Lee Example",
            "informal_name": "Dana and Lee",
            "formal_contact_name": "Ms. Dana Example",
            "gift_ask_amount_text": "",
            "life_to_date_giving": "1251.0000",
            "life_to_date_giving_text": "$1,251",
            "year_to_date_giving": "0.0000",
            "year_to_date_giving_text": "$0",
            "last_gift_amount": "1251.0000",
            "last_gift_amount_text": "$1,251",
            "last_gift_date": utc(2024, 2, 29),
            "last_gift_date_text": "2/29/2024",
            "create_date_time_utc": utc(2023, 11, 30, 14, 20, 56, 277000),
            "created_by_user": "Api User",
            "modified_date_time_utc": utc(2024, 3, 4, 22, 10, 41, 353000),
            "modified_by_user": "Api User",
        }
    ]
    assert filled(rows["contact_individuals"]) == [
        {
            "contact_id": "310",
            "position": 0,
            "id": "411",
            "prefix": "Ms",
            "first_name": "Dana",
            "last_name": "Example",
            "is_primary": True,
            "can_be_primary": False,
            "is_secondary": False,
            "can_be_secondary": False,
            "birth_date_text": "",
            "is_deceased": False,
            "deceased_date_text": "",
            "create_date_time_utc": utc(2023, 11, 30, 14, 20, 56, 293333),
            "created_by_user": "Api User",
            "modified_date_time_utc": utc(2023, 11, 30, 14, 20, 56, 353333),
            "modified_by_user": "Api User",
        }
    ]
    assert filled(rows["contact_methods"]) == [
        {
            "contact_id": "310",
            "position": 0,
            "contact_individual_id": "411",
            "id": "2081",
            "type": "Home Email",
            "value": "dana@example.org",
            "is_opted_in": True,
            "is_primary": True,
            "can_be_primary": False,
            "create_date_time_utc": utc(2023, 11, 30, 14, 20, 56, 323333),
            "created_by_user": "Api User",
            "modified_date_time_utc": utc(2023, 11, 30, 14, 20, 56, 370000),
            "modified_by_user": "Api User",
        }
    ]
    assert filled(rows["contact_addresses"]) == [
        {
            "contact_id": "310",
            "position": 0,
            "id": "800",
            "label": "Home",
            "address_1": "1 Sample St",
            "state": "",
            "country": "",
            "is_primary": True,
            "can_be_primary": False,
            "start_month": 1,
            "start_day": 1,
            "end_month": 12,
            "end_day": 31,
            "create_date_time_utc": utc(2023, 11, 30, 14, 20, 56, 340000),
            "created_by_user": "Api User",
            "modified_date_time_utc": utc(2023, 11, 30, 14, 20, 56, 353333),
            "modified_by_user": "Api User",
        }
    ]
    assert rows["contact_references"] == [{"contact_id": "310", "position": 0, "source": "WebForm", "id": "u-9"}]
    assert rows["contact_tags"] == [{"contact_id": "310", "position": 0, "tag_name": "Major Donor"}]


def test_a_planned_gift() -> None:
    raw = parse("""
    {"id":9,"contactId":310,"plannedGiftDate":"11/28/2025","pkannedGiftType":"WillAndBequest","frequency":"Once",
     "anticipatedAmount":"$10.00","currentValue":"$10.00","fulfilled":"No","customFields":[]}
    """)
    rows = clean("planned_gifts", raw)
    assert filled(rows["planned_gifts"]) == [
        {
            "id": "9",
            "contact_id": "310",
            "planned_gift_date": utc(2025, 11, 28),
            "planned_gift_date_text": "11/28/2025",
            "planned_gift_type": "WillAndBequest",
            "frequency": "Once",
            "anticipated_amount": "10.0000",
            "anticipated_amount_text": "$10.00",
            "current_value": "10.0000",
            "current_value_text": "$10.00",
            "fulfilled": "No",
        }
    ]
    assert rows["planned_gift_custom_fields"] == []


def test_a_project() -> None:
    raw = parse("""
    {"id":12,"name":"Wells","projectCode":"WELL","giftSpecifications":[{"amount":25.0,"frequency":"Monthly"}],
     "customFields":{"budget Owner":"Finance"}}
    """)
    rows = clean("projects", raw)
    assert filled(rows["projects"]) == [{"id": "12", "name": "Wells", "project_code": "WELL"}]
    assert rows["project_gift_specifications"] == [{"project_id": "12", "position": 0, "amount": "25.0000", "frequency": "Monthly"}]
    assert filled(rows["project_custom_fields"]) == [{"project_id": "12", "position": 0, "name": "budget Owner", "value": "Finance"}]
    assert not rows.keys() & set(ALL)


# --- Which tables there are ---

TABLES = """
contacts contact_custom_collections contact_custom_collection_fields contact_individuals
contact_methods contact_individual_custom_fields contact_addresses contact_references
contact_tags contact_organization_groups contact_custom_fields gifts gift_designations
gift_premiums gift_pledge_payments gift_recurring_gift_payments gift_passthroughs
gift_custom_fields recurring_gifts recurring_gift_designations recurring_gift_custom_fields
pledges pledge_payments pledge_custom_fields planned_gifts planned_gift_custom_fields gift_asks
gift_ask_custom_fields grants grant_custom_fields projects project_gift_specifications
project_custom_fields contact_notes contact_note_custom_fields tasks events event_contacts
event_custom_fields event_attendees event_attendee_custom_fields premiums premium_custom_fields
volunteers volunteer_opportunities volunteer_opportunity_custom_fields campaigns communications
segments tags organization_groups email_lists organizations custom_field_definitions
custom_collection_definitions lookup_values
""".split()  # noqa: SIM905 - sixty names read better as words


def test_every_table_is_declared_once() -> None:
    assert sorted(table.name for table in models.tables(())) == sorted(TABLES)
    assert sorted(table.name for table in models.tables(ALL)) == sorted({*TABLES, *ALL})
    assert models.tables(ALL) == models.tables(list(reversed(ALL)))


def test_one_optional_table_brings_only_itself() -> None:
    for name in ALL:
        assert {table.name for table in models.tables([name])} == {*TABLES, name}


def by_table(tables: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("table", tables, ids=lambda table: table.name)


def snake_case(path: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[0-9])|(?<=[a-z0-9])(?=[A-Z])", "_", path).replace(".", "_").lower()


@by_table(models.tables(ALL))
def test_a_column_has_the_apis_name_in_snake_case(table: Any) -> None:
    named_by_us = {("planned_gifts", "planned_gift_type"), ("contact_tags", "tag_name")}
    named_by_us.add(("contact_organization_groups", "organization_group_name"))
    for name, column in table.columns.items():
        if column.source and (table.name, name) not in named_by_us:
            assert name.removesuffix("_text") == snake_case(column.source)


@by_table(models.tables(ALL))
def test_types_follow_the_names(table: Any) -> None:
    for name, column in table.columns.items():
        if name == "id" or name.endswith("_id"):
            assert column.type == "STRING"
        if name.endswith(("_utc", "_date", "_date_time")) or name.startswith("date_"):
            assert column.type == "UTC_DATETIME"
        if re.search("amount|giving|_cost$|^cost|price|balance|current_value", name) and not re.search(
            "_text$|formatted|ask_amount_type", name
        ):
            assert isinstance(column.type, dict), name
        assert column.type != "FLOAT"


@by_table([table for table in models.tables(ALL) if "position" in table.columns and table.name != "lookup_values"])
def test_a_child_row_is_known_by_its_root_and_position(table: Any) -> None:
    root_id = table.key[0]
    assert table.key == [root_id, "position"]
    assert list(table.columns)[:2] == table.key
    assert (table.columns[root_id].source, table.columns["position"].source) == ("", "")


def test_every_text_twin_stands_behind_its_column() -> None:
    twins = [
        (table.name, name)
        for table in models.tables(ALL)
        for name, column in table.columns.items()
        if name.removesuffix("_text") in table.columns and name.endswith("_text")
    ]
    assert twins == [
        ("contacts", "gift_ask_amount_text"),
        ("contacts", "life_to_date_giving_text"),
        ("contacts", "year_to_date_giving_text"),
        ("contacts", "last_gift_amount_text"),
        ("contacts", "last_gift_date_text"),
        ("contact_individuals", "birth_date_text"),
        ("contact_individuals", "deceased_date_text"),
        ("planned_gifts", "planned_gift_date_text"),
        ("planned_gifts", "anticipated_amount_text"),
        ("planned_gifts", "anticipated_start_date_text"),
        ("planned_gifts", "current_value_text"),
        ("events", "total_giving_text"),
    ]


def test_only_guessed_shapes_keep_additional_fields() -> None:
    guessed = {table.name for table in models.tables(ALL) if "additional_fields" in table.columns}
    assert guessed == {
        *("gift_asks", "tasks", "premiums", "event_attendees", "communications", "campaigns", "email_lists"),
        *("project_expenses", "project_notes", "project_roles", "volunteer_attendances"),
    }


# --- Oddities of the vendor ---


@pytest.mark.parametrize(
    ("wire", "column", "expected"),
    [
        ({"checkNumber": "0042"}, "check_number", "0042"),
        ({"cryptocoinType": "BTC"}, "cryptocoin_type", "BTC"),
        ({"coinSoldForCash": True}, "coin_sold_for_cash", True),
        ({"coinAmount": Decimal("0.1234567891")}, "coin_amount", "0.1234567891"),
        ({"dateCoinWasSold": "2024-02-29T00:00:00"}, "date_coin_was_sold", utc(2024, 2, 29)),
        ({"tickerSymbol": "XYZ"}, "ticker_symbol", "XYZ"),
        ({"numberOfShares": 12}, "number_of_shares", "12.0000000000"),
        ({"dateStockWasSold": ""}, "date_stock_was_sold", None),
        ({"stockSaleAmount": 12}, "stock_sale_amount", "12.0000"),
        ({"iraCustodian": "Bank"}, "ira_custodian", "Bank"),
        ({"nonCashGiftTypeId": 4}, "non_cash_gift_type_id", "4"),
        ({"nonCashSoldForCash": False}, "non_cash_sold_for_cash", False),
        ({"dateNonCashWasSold": NOW}, "date_non_cash_was_sold", AUDIT["create_date_time_utc"]),
        ({"description": "A boat"}, "description", "A boat"),
        ({"reversedGiftId": 17}, "reversed_gift_id", "17"),
    ],
)
def test_keys_of_one_type_of_gift(wire: dict[str, Any], column: str, expected: object) -> None:
    assert clean("gifts", {"id": 1, **wire})["gifts"][0][column] == expected
    assert clean("gifts", {"id": 1})["gifts"][0][column] is None


def test_a_reversal_is_negative() -> None:
    raw = {"id": 2, "giftType": "Reversing Transaction", "amount": Decimal("-10.5"), "amountFormatted": "($10.50)"}
    assert filled(clean("gifts", raw)["gifts"]) == [
        {"id": "2", "gift_type": "Reversing Transaction", "amount": "-10.5000", "amount_formatted": "($10.50)"}
    ]


def test_payments_of_pledges_and_recurring_gifts_within_a_gift() -> None:
    raw = {
        "id": 1,
        "pledgePayments": [{"id": 5, "expectedPaymentDate": "2024-02-29T00:00:00", "expectedAmount": 5, "giftId": 1}],
        "recurringGiftPayments": [{"id": 6, "gift": {"id": 1, "contactId": 3, "giftDate": "2024-02-29T00:00:00", "amount": 7}}],
        "giftPassthroughs": [{"contactId": 44}],
        "giftPremiums": [{"id": 8, "premiumId": 9, "quantity": 2, **AUDIT_WIRE}],
    }
    rows = clean("gifts", raw)
    of_gift = {"gift_id": "1", "position": 0}
    assert filled(rows["gift_pledge_payments"]) == [
        of_gift | {"id": "5", "expected_payment_date": utc(2024, 2, 29), "expected_amount": "5.0000"}
    ]
    assert filled(rows["gift_recurring_gift_payments"]) == [
        of_gift | {"id": "6", "gift_contact_id": "3", "gift_gift_date": utc(2024, 2, 29), "gift_amount": "7.0000"}
    ]
    assert rows["gift_passthroughs"] == [of_gift | {"contact_id": "44"}]
    assert filled(rows["gift_premiums"]) == [of_gift | {"id": "8", "premium_id": "9", "quantity": 2} | AUDIT]


def test_payments_of_a_pledge_name_their_gift() -> None:
    rows = clean("pledges", {"id": 1, "payments": [{"id": 5, "giftId": 77, "actualAmount": 5}]})
    assert filled(rows["pledge_payments"]) == [{"pledge_id": "1", "position": 0, "id": "5", "gift_id": "77", "actual_amount": "5.0000"}]


FIELD = {"dataType": "Boolean", "name": "Newsletter", "value": "True", "displayName": "News"}
FIELD_ROW = {"name": "Newsletter", "value": "True", "data_type": "Boolean", "display_name": "News"}
ENTITIES = {
    name: next(child for child in root.children if child.key == "customFields").table.name
    for name, root in models.ROOTS.items()
    if any(child.key == "customFields" for child in root.children)
}


def test_which_entities_have_custom_fields() -> None:
    assert set(ENTITIES) == {
        *("contacts", "gifts", "recurring_gifts", "pledges", "planned_gifts", "gift_asks", "grants", "projects"),
        *("contact_notes", "events", "event_attendees", "premiums", "volunteer_opportunities"),
    }


@pytest.mark.parametrize(("entity", "table"), ENTITIES.items())
def test_custom_fields_in_both_forms(entity: str, table: str) -> None:
    root_id = table.replace("_custom_fields", "_id")
    listed = clean(entity, {"id": 1, "customFields": [FIELD, {"name": "Empty", "value": None}]})
    assert filled(listed[table]) == [
        {root_id: "1", "position": 0} | FIELD_ROW,
        {root_id: "1", "position": 1, "name": "Empty"},
    ]
    as_object = {"budget Owner": "Finance", "open": True, "share": Decimal("12.50"), "count": 3, "none": None}
    pairs = clean(entity, {"id": 1, "customFields": as_object})[table]
    assert [(row["position"], row["name"], row["value"]) for row in pairs] == [
        (0, "budget Owner", "Finance"),
        (1, "open", "True"),
        (2, "share", "12.50"),
        (3, "count", "3"),
        (4, "none", None),
    ]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["Major Donor", "Major Donor"], ["Major Donor", "Major Donor"]),
        ("Major Donor, Board ,", ["Major Donor", "Board"]),
        ("", []),
        (None, []),
        ([], []),
    ],
)
def test_tags_as_list_or_as_text_with_commas(tags: object, expected: list[str]) -> None:
    rows = clean("contacts", {"id": 1, "tags": tags})["contact_tags"]
    assert rows == [{"contact_id": "1", "position": place, "tag_name": name} for place, name in enumerate(expected)]


def test_organization_groups_are_names() -> None:
    rows = clean("contacts", {"id": 1, "organizationGroups": ["Board, and Friends"]})
    assert rows["contact_organization_groups"] == [{"contact_id": "1", "position": 0, "organization_group_name": "Board, and Friends"}]


HOME, WORK = {"id": 800, "label": "Home"}, {"id": 801, "label": "Work"}


@pytest.mark.parametrize(
    ("wire", "labels"),
    [
        ({"address": HOME}, ["Home"]),
        ({"address": None, "contactAddresses": [WORK, HOME]}, ["Work", "Home"]),
        ({"address": HOME, "contactAddresses": [WORK, HOME, WORK]}, ["Home", "Work"]),
        ({"address": {"label": "A"}, "contactAddresses": [{"label": "B"}]}, ["A", "B"]),
        ({"address": HOME, "allAddresses": [WORK]}, ["Work"]),
        ({"address": HOME, "allAddresses": []}, []),
        ({}, []),
    ],
)
def test_addresses_from_every_place(wire: dict[str, Any], labels: list[str]) -> None:
    rows = clean("contacts", {"id": 1, **wire}, optional=["contact_addresses"])["contact_addresses"]
    assert [(row["position"], row["label"]) for row in rows] == list(enumerate(labels))


def test_what_is_no_address_costs_only_itself() -> None:
    result = split("contacts", {"id": 1, "address": HOME, "contactAddresses": CANARY})
    assert [row["label"] for row in result.rows["contact_addresses"]] == ["Home"]
    assert problems(result) == [("contact_addresses", "address")]


def test_collections_are_numbered_through_the_contact_first() -> None:
    def collection(number: int, *roles: str) -> dict[str, Any]:
        fields = [{"name": "Role", "value": role} for role in roles]
        return {
            "customCollectionId": 3,
            "customCollectionName": "Boards",
            "collectionInstanceId": number,
            "fields": fields,
        }

    raw = {
        "contactIndividuals": [
            {"id": 11, "customCollections": [collection(92, "Chair")]},
            {"id": 12, "customCollections": [collection(93), collection(94, "Clerk")]},
        ],
        "customCollections": [collection(91, "Treasurer", "Member")],
        "id": 1,
    }
    rows = clean("contacts", raw)
    columns = ("contact_id", "position", "contact_individual_id", "collection_instance_id")
    assert [tuple(row[column] for column in columns) for row in rows["contact_custom_collections"]] == [
        ("1", 0, None, "91"),
        ("1", 1, "11", "92"),
        ("1", 2, "12", "93"),
        ("1", 3, "12", "94"),
    ]
    assert {row["custom_collection_name"] for row in rows["contact_custom_collections"]} == {"Boards"}
    assert [(*(row[column] for column in columns), row["value"]) for row in rows["contact_custom_collection_fields"]] == [
        ("1", 0, None, "91", "Treasurer"),
        ("1", 1, None, "91", "Member"),
        ("1", 2, "11", "92", "Chair"),
        ("1", 3, "12", "94", "Clerk"),
    ]


def test_lists_nested_two_deep_are_numbered_through() -> None:
    individuals = [
        {"id": 11, "contactMethods": [{"id": 1}, {"id": 2}], "customFields": [FIELD]},
        {"id": 12, "contactMethods": [{"id": 3}], "customFields": {"newsletter": True}},
    ]
    rows = clean("contacts", {"id": 1, "contactIndividuals": individuals})
    methods = [(row["position"], row["contact_individual_id"], row["id"]) for row in rows["contact_methods"]]
    assert methods == [(0, "11", "1"), (1, "11", "2"), (2, "12", "3")]
    of_contact = {"contact_id": "1"}
    assert filled(rows["contact_individual_custom_fields"]) == [
        of_contact | {"position": 0, "contact_individual_id": "11"} | FIELD_ROW,
        of_contact | {"position": 1, "contact_individual_id": "12", "name": "newsletter", "value": "True"},
    ]


def test_a_contact_that_never_gave() -> None:
    raw = {"id": 1, "lastGiftDate": "Unavailable", "lastGiftAmount": "Unavailable", "lifeToDateGiving": "$0"}
    assert filled(clean("contacts", raw)["contacts"]) == [
        {
            "id": "1",
            "life_to_date_giving": "0.0000",
            "life_to_date_giving_text": "$0",
            "last_gift_amount_text": "Unavailable",
            "last_gift_date_text": "Unavailable",
        }
    ]


def test_an_unreadable_format_leaves_the_text() -> None:
    result = split("contacts", {"id": 1, "lastGiftDate": CANARY, "lifeToDateGiving": CANARY})
    assert filled(result.rows["contacts"]) == [{"id": "1", "life_to_date_giving_text": CANARY, "last_gift_date_text": CANARY}]
    assert problems(result) == [("contacts", "life_to_date_giving"), ("contacts", "last_gift_date")]


@pytest.mark.parametrize("archived", [True, False])
def test_archived_as_sync_found_out(archived: bool) -> None:
    rows = clean("contacts", {"id": 1, "isArchived": archived, "isCurrentUserFollowing": True})
    assert filled(rows["contacts"]) == [{"id": "1", "is_archived": archived}]


@pytest.mark.parametrize("zone", ["", "Z"])
@pytest.mark.parametrize("digits", range(8))
def test_timestamps_with_any_number_of_digits(digits: int, zone: str) -> None:
    fraction = "3533333"[:digits]
    moment = f"2023-11-30T14:20:56{'.' if digits else ''}{fraction}{zone}"
    row = clean("gifts", {"id": 1, "modifiedDateTimeUtc": moment})["gifts"][0]
    assert row["modified_date_time_utc"] == utc(2023, 11, 30, 14, 20, 56, int(fraction.ljust(6, "0")[:6]))


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"pkannedGiftType": "Annuity"}, "Annuity"),
        ({"plannedGiftType": "Annuity"}, "Annuity"),
        ({"pkannedGiftType": None, "plannedGiftType": "Annuity"}, "Annuity"),
        ({}, None),
    ],
)
def test_the_planned_gift_type_in_both_spellings(wire: dict[str, Any], expected: str | None) -> None:
    row = clean("planned_gifts", {"id": 1, **wire})["planned_gifts"][0]
    assert row["planned_gift_type"] == expected
    assert "pkanned_gift_type" not in row


def test_a_second_spelling_beside_the_first_is_reported() -> None:
    result = split("planned_gifts", {"id": 1, "pkannedGiftType": "A", "plannedGiftType": "B"})
    assert result.rows["planned_gifts"][0]["planned_gift_type"] == "A"
    assert dict(result.notes.unknown) == {("planned_gifts", "plannedGiftType"): 1}


def test_the_record_itself_is_left_alone() -> None:
    raw = {"id": 1, "plannedGiftType": "Annuity"}
    clean("planned_gifts", raw)
    assert raw == {"id": 1, "plannedGiftType": "Annuity"}


def test_the_creator_of_an_event_in_both_spellings() -> None:
    assert clean("events", {"id": 1, "createByUser": "A"})["events"][0]["created_by_user"] == "A"
    assert clean("events", {"id": 1, "createdByUser": "A"})["events"][0]["created_by_user"] == "A"


@pytest.mark.parametrize("table", ["campaigns", "communications", "email_lists"])
def test_ids_that_may_be_called_id(table: str) -> None:
    root = models.ROOTS[table]
    for key in (root.id_field, "id"):
        result = split(table, {key: 7, "name": "N"})
        assert result.id == "7"
        assert filled(result.rows[table]) == [{root.table.key[0]: "7", "name": "N"}]


def test_an_event() -> None:
    raw = {
        "id": 1,
        "startDateTime": "2024-05-01T18:30:00",
        "inviteOnly": True,
        "totalInvites": 12,
        "totalGiving": "$1,200",
        "tables": ["A", "B"],
        "meals": [],
        "generosityEventContacts": [{"id": 5, "contactId": 310, "displayName": "Dana"}],
    }
    rows = clean("events", raw)
    assert filled(rows["events"]) == [
        {
            "id": "1",
            "start_date_time": utc(2024, 5, 1, 18, 30),
            "invite_only": True,
            "total_invites": 12,
            "total_giving": "1200.0000",
            "total_giving_text": "$1,200",
            "tables": '["A","B"]',
            "meals": "[]",
        }
    ]
    assert filled(rows["event_contacts"]) == [{"event_id": "1", "position": 0, "id": "5", "contact_id": "310", "display_name": "Dana"}]


def test_a_note_with_its_reminder() -> None:
    reminder = {"id": 4, "targetDate": "2024-05-01T00:00:00", "reminderType": "Call", "isPastDue": False, "owner": "A"}
    raw = {"id": 1, "noteDate": "10/4/2017", "important": True, "reminder": reminder}
    assert filled(clean("contact_notes", raw)["contact_notes"]) == [
        {
            "id": "1",
            "note_date": utc(2017, 10, 4),
            "important": True,
            "reminder_id": "4",
            "reminder_target_date": utc(2024, 5, 1),
            "reminder_reminder_type": "Call",
            "reminder_is_past_due": False,
            "reminder_owner": "A",
        }
    ]
    assert filled(clean("contact_notes", {"id": 1, "reminder": None})["contact_notes"]) == [{"id": "1"}]


def test_a_volunteer_opportunity() -> None:
    raw = {"id": 1, "currentPriority": 3, "currentNeed": 4, "volunteerOrganizers": [{"id": 2}], "totalVolunteerHours": 1}
    assert filled(clean("volunteer_opportunities", raw)["volunteer_opportunities"]) == [
        {
            "id": "1",
            "current_priority": "3",
            "current_need": 4,
            "volunteer_organizers": '[{"id":2}]',
            "total_volunteer_hours": 1.0,
        }
    ]


# --- Optional tables ---

PAYMENT = {"id": 6, "gift": {"id": 1, "contactId": 3, "giftDate": NOW, "amount": 7}, "expectedAmount": 8}
PAYMENT_ROW = {
    **{"id": "6", "gift_id": "1", "gift_contact_id": "3", "gift_gift_date": AUDIT["create_date_time_utc"]},
    **{"gift_amount": "7.0000", "expected_amount": "8.0000"},
}
ATTENDANCE = {"id": 2, "volunteerId": 1, "volunteerOpportunityId": 3, "hours": Decimal("2.5"), **AUDIT_WIRE}
MEMBER = {"organizationGroupId": 1, "organizationGroupName": "Board", "contactId": 310}


@pytest.mark.parametrize(
    ("root", "key", "table", "wire", "row"),
    [
        (
            *("contacts", "relationships", "relationships"),
            {"id": 5, "contactId": 1, "contact": "Dana", "relatedContactId": 2, "relationshipType": "Spouse"},
            {"id": "5", "contact": "Dana", "related_contact_id": "2", "relationship_type": "Spouse"},
        ),
        ("recurring_gifts", "payments", "recurring_gift_payments", PAYMENT, PAYMENT_ROW),
        (
            *("projects", "projectExpenses", "project_expenses"),
            {"id": 5, "projectId": 1, "expenseAmount": Decimal("1.5"), **AUDIT_WIRE},
            {"id": "5", "expense_amount": "1.5000", **AUDIT},
        ),
        (
            *("projects", "projectNotes", "project_notes"),
            {"id": 5, "projectId": 1, "note": "N", "noteDate": "2/29/2024", "isPrivate": False, "pinned": 1},
            {
                **{"id": "5", "note": "N", "note_date": utc(2024, 2, 29), "is_private": False},
                **{"additional_fields": '{"pinned":1}'},
            },
        ),
        (
            *("projects", "projectRoles", "project_roles"),
            {"id": 5, "projectId": 1, "contactId": 310, "type": "Lead"},
            {"id": "5", "contact_id": "310", "type": "Lead"},
        ),
        (
            *("volunteers", "attendances", "volunteer_attendances"),
            ATTENDANCE,
            {"id": "2", "volunteer_opportunity_id": "3", "hours": 2.5, **AUDIT},
        ),
        (
            *("organization_groups", "groupContacts", "organization_group_contacts"),
            MEMBER,
            {"organization_group_name": "Board", "contact_id": "310"},
        ),
    ],
)
def test_an_optional_table(root: str, key: str, table: str, wire: Any, row: dict[str, Any]) -> None:
    root_id = next(declared.key[0] for declared in models.tables([table]) if declared.name == table)
    rows = clean(root, {"id": 1, key: [wire]}, optional=[table])
    assert filled(rows[table]) == [{root_id: "1", "position": 0} | row]
    assert clean(root, {"id": 1, key: []}, optional=[table])[table] == []
    assert table not in clean(root, {"id": 1, key: [wire]})
    assert table not in clean(root, {"id": 1}, optional=[table])


# --- Settings and lookups ---


def test_a_custom_field_definition() -> None:
    raw = {"dataType": "List", "name": "Region", "options": ["North", "South"], **AUDIT_WIRE}
    result = split("custom_field_definitions", models.definition_record("Contact", raw))
    assert result.id == '["Contact","Region"]'
    assert filled(result.rows["custom_field_definitions"]) == [
        {"entity": "Contact", "name": "Region", "data_type": "List", "options": '["North","South"]'} | AUDIT
    ]


@pytest.mark.parametrize("raw", [{"dataType": "Text"}, {"name": ""}, CANARY, None, [CANARY]])
def test_a_definition_without_a_name(raw: object) -> None:
    result = split("custom_field_definitions", models.definition_record("Contact", raw))
    assert (result.id, result.rows) == (None, {"custom_field_definitions": []})
    assert problems(result) == [("custom_field_definitions", "name")]


@pytest.mark.parametrize(
    "raw",
    [
        {"customCollectionId": 3, "name": "Boards", "fields": [{"name": "Role"}]},
        {"id": 3, "customCollectionName": "Boards", "fields": [{"name": "Role"}]},
    ],
)
def test_a_custom_collection_definition(raw: dict[str, Any]) -> None:
    result = split("custom_collection_definitions", models.collection_record("Contact", raw))
    assert result.id == '["Contact","3"]'
    assert filled(result.rows["custom_collection_definitions"]) == [
        {"entity": "Contact", "custom_collection_id": "3", "name": "Boards", "fields": '[{"name":"Role"}]'}
    ]
    assert not result.notes.unknown


@pytest.mark.parametrize(
    ("path", "items", "expected"),
    [
        ("Contact/Prefixes", ["Ms", "Ms"], [("Ms", None), ("Ms", None)]),
        ("Contact/Types", [{"parentType": "A", "type": "B"}], [("B", '{"parentType":"A","type":"B"}')]),
        ("Relationship/Types", [{"group": "G", "relationship": "R"}], [("R", '{"group":"G","relationship":"R"}')]),
        ("Gift/NonCashGiftTypes", [{"id": 1, "name": "Boat"}], [("Boat", '{"id":1,"name":"Boat"}')]),
        ("Task/Types", [{"type": 1}, 2, None], [(None, '{"type":1}'), ("2", None), (None, None)]),
        ("ContactNote/Types", {"text Message": "Text Message"}, [("Text Message", None)]),
    ],
)
def test_lookup_values(path: str, items: Any, expected: list[tuple[str | None, str | None]]) -> None:
    results = [split("lookup_values", record) for record in models.lookup_records(path, items)]
    assert [result.id for result in results] == [f'["{path}",{position}]' for position in range(len(expected))]
    assert [result.rows["lookup_values"][0] for result in results] == [
        {"lookup": path, "position": position, "value": value, "details": details} for position, (value, details) in enumerate(expected)
    ]


def test_the_organization() -> None:
    raw = {"organizationUserId": 7, "organizationName": "Wells", "organizationCulture": "en-US", "isEnabled": True}
    result = split("organizations", raw)
    assert result.id == "7"
    assert filled(result.rows["organizations"]) == [
        {
            "organization_user_id": "7",
            "organization_name": "Wells",
            "organization_culture": "en-US",
            "is_enabled": True,
        }
    ]


# --- Cultures that write the day first ---


@pytest.mark.parametrize("written", ["1/2/2024", "01/02/2024", "01.02.2024", "1-2-2024", "2024-02-01T00:00:00"])
def test_day_first(written: str) -> None:
    def read(table: str, raw: dict[str, Any], name: str) -> Any:
        return clean(table, {"id": 1} | raw, day_first=True)[name][0]

    first = utc(2024, 2, 1)
    contact = read("contacts", {"lastGiftDate": written}, "contacts")
    assert (contact["last_gift_date"], contact["last_gift_date_text"]) == (first, written)
    individuals = {"contactIndividuals": [{"birthDate": written, "deceasedDate": written}]}
    individual = read("contacts", individuals, "contact_individuals")
    assert (individual["birth_date"], individual["deceased_date"]) == (first, first)
    planned = {"plannedGiftDate": written, "anticipatedStartDate": written}
    planned_gift = read("planned_gifts", planned, "planned_gifts")
    assert (planned_gift["planned_gift_date"], planned_gift["anticipated_start_date"]) == (first, first)
    assert read("contact_notes", {"noteDate": written}, "contact_notes")["note_date"] == first


def test_month_first_is_what_is_read_otherwise() -> None:
    assert clean("contact_notes", {"id": 1, "noteDate": "1/2/2024"})["contact_notes"][0]["note_date"] == utc(2024, 1, 2)


@pytest.mark.parametrize("day_first", [True, False])
def test_a_day_that_does_not_exist_in_this_order(day_first: bool) -> None:
    written = "2/29/2024" if day_first else "29/2/2024"
    result = split("contacts", {"id": 1, "lastGiftDate": written}, day_first=day_first)
    assert problems(result) == [("contacts", "last_gift_date")]
    assert filled(result.rows["contacts"]) == [{"id": "1", "last_gift_date_text": written}]


def test_both_readings_have_the_same_tables() -> None:
    for name, root in models.ROOTS.items():
        other = models.DAY_FIRST_ROOTS[name]
        assert [t.schema() for t in other.declared(ALL)] == [t.schema() for t in root.declared(ALL)]
        assert [t.known for t in other.declared(ALL)] == [t.known for t in root.declared(ALL)]


# --- Wrong, missing and unknown values ---


@pytest.mark.parametrize("raw", [CANARY, 7, None, True, [], [{"id": 1}]])
def test_a_record_that_is_no_object(raw: object) -> None:
    result = split("contacts", raw)
    assert result.id is None
    assert not any(result.rows.values())
    assert problems(result) == [("contacts", "id")]


@pytest.mark.parametrize("raw", [{}, {"id": None}, {"id": ""}, {"id": [CANARY]}, {"id": True}])
def test_a_record_without_an_id_gives_no_rows(raw: dict[str, Any]) -> None:
    result = split("contacts", {"tags": ["A"], "address": HOME, **raw})
    assert result.id is None
    assert set(result.rows) == {table.name for table in models.ROOTS["contacts"].declared(())}
    assert not any(result.rows.values())
    assert problems(result) == [("contacts", "id")]


def test_children_that_are_no_objects_cost_only_themselves() -> None:
    raw = {
        "id": 1,
        "contactIndividuals": [CANARY, {"id": 11, "contactMethods": [None, {"id": 3}, 4], "customFields": [CANARY]}],
        "contactReferences": CANARY,
        "tags": 5,
        "organizationGroups": CANARY,
        "customFields": CANARY,
        "customCollections": {"fields": []},
    }
    result = split("contacts", raw)
    assert [row["id"] for row in result.rows["contact_individuals"]] == ["11"]
    assert [(row["position"], row["id"]) for row in result.rows["contact_methods"]] == [(0, "3")]
    assert problems(result) == [
        ("contact_custom_collections", "customCollections"),
        ("contact_individuals", "contactIndividuals"),
        ("contact_methods", "contactMethods"),
        ("contact_methods", "contactMethods"),
        ("contact_individual_custom_fields", "customFields"),
        ("contact_references", "contactReferences"),
        ("contact_tags", "tags"),
        ("contact_organization_groups", "organizationGroups"),
        ("contact_custom_fields", "customFields"),
    ]


def test_a_tag_that_is_no_text_is_null() -> None:
    result = split("contacts", {"id": 1, "tags": ["A", BAD]})
    assert [row["tag_name"] for row in result.rows["contact_tags"]] == ["A", None]
    assert problems(result) == [("contact_tags", "tag_name")]


def test_unknown_fields_are_counted_by_table() -> None:
    individual = {"id": 11, "newThing": CANARY, "contactMethods": [{"id": 1, "newThing": 1}, {"id": 2, "newThing": 1}]}
    result = split("contacts", {"id": 1, "newThing": CANARY, "contactIndividuals": [individual]})
    expected = {("contacts", "newThing"): 1, ("contact_individuals", "newThing"): 1, ("contact_methods", "newThing"): 2}
    assert dict(result.notes.unknown) == expected
    assert not result.notes.problems


def test_an_unknown_field_of_a_reminder_is_counted() -> None:
    result = split("contact_notes", {"id": 1, "reminder": {"id": 2, "snoozed": True}})
    assert dict(result.notes.unknown) == {("contact_notes", "reminder.snoozed"): 1}


def test_additional_fields() -> None:
    rows = clean("tasks", {"id": 1, "priority": "High", "deep": {"b": 1, "a": 2}})
    assert filled(rows["tasks"]) == [{"id": "1", "additional_fields": '{"deep":{"a":2,"b":1},"priority":"High"}'}]
    assert filled(clean("tasks", {"id": 1, "task": "Call"})["tasks"]) == [{"id": "1", "task": "Call"}]


def sources(table: Any) -> Iterator[tuple[str, str, Any]]:
    """The columns made of the record itself: name, source and type. JSON columns are left out: any value fits them."""
    json_columns = {"tables", "meals", "volunteer_organizers", "options", "fields", "details"}
    for name, column in table.columns.items():
        if column.source and name not in json_columns:
            yield name, column.source, column.type


def nested(fields: Mapping[str, object]) -> dict[str, Any]:
    """The record that has these fields, "a.b" within an object."""
    record: dict[str, Any] = {}
    for path, value in fields.items():
        *outer, last = path.split(".")
        place = record
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = value
    return record


@by_table(models.tables(ALL))
@pytest.mark.parametrize("bad", [BAD, [CANARY], CANARY], ids=["object", "list", "text"])
def test_a_wrong_value_in_every_column_is_null_and_noted(table: Any, bad: object) -> None:
    wrong = {name: source for name, source, kind in sources(table) if bad is not CANARY or kind != "STRING"}
    notes = models.splitting.Notes()
    row = table.row(nested(dict.fromkeys(wrong.values(), bad)), notes)
    texts = {name for name, cell in row.items() if cell == CANARY}
    assert all(name.endswith("_text") for name in texts)
    assert {name: row[name] for name in wrong} == dict.fromkeys(wrong)
    assert [(problem.table, problem.column) for problem in notes.problems] == [(table.name, name) for name in wrong]
    assert CANARY not in str(notes.problems)


def wrong_record(child: Any) -> dict[str, Any]:
    """A record that is wrong in every column and in that of every list within it."""
    record = nested({source: BAD for _, source, _ in sources(child.table)})
    return record | {grandchild.key: [wrong_record(grandchild)] for grandchild in child.children}


@pytest.mark.parametrize("name", models.ROOTS)
def test_a_record_that_is_wrong_everywhere_but_in_its_id(name: str) -> None:
    root = models.ROOTS[name]
    children = (*root.children, *root.optional.values())
    keys = {root.table.columns[column].source: index for index, column in enumerate(root.table.key)}
    record = nested({source: BAD for _, source, _ in sources(root.table)}) | keys
    result = split(name, record | {child.key: [wrong_record(child)] for child in children}, optional=ALL)
    assert result.id is not None
    noted = set(problems(result))
    for table in root.declared(ALL):
        if table.name == "contact_addresses":  # one object, not a list: noted as such
            continue
        assert {column for place, column in noted if place == table.name} >= {
            column for column, source, _ in sources(table) if source not in keys or table is not root.table
        }
        assert result.rows[table.name]


def records(root: Any) -> st.SearchStrategy[Any]:
    """Records of this kind with anything under the keys that it and the lists within it know."""
    keys = st.sampled_from(sorted({"allAddresses", *(key for table in root.declared(ALL) for key in table.known)}))
    grandchild = st.dictionaries(keys, JSON_VALUES, max_size=3)
    child = st.dictionaries(keys, JSON_VALUES | st.lists(grandchild, max_size=2), max_size=3)
    fields = st.dictionaries(keys, JSON_VALUES | child | st.lists(child, max_size=2), max_size=5)
    return JSON_VALUES | fields | fields.map(lambda record: record | {root.id_field: 17})


@settings(max_examples=300)
@given(name=st.sampled_from(list(models.ROOTS)), data=st.data(), day_first=st.booleans())
def test_no_record_stops_a_sync(name: str, data: Any, day_first: bool) -> None:
    root = models.ROOTS[name]
    result = split(name, data.draw(records(root)), optional=ALL, day_first=day_first)
    for table in root.declared(ALL):
        rows = result.rows.get(table.name, [])
        assert all(row.keys() == table.columns.keys() for row in rows)
        if table is not root.table:
            places = [(row[table.key[0]], row["position"]) for row in rows]
            assert places == [(result.id, place) for place in range(len(rows))]


# --- Money as .NET formats it ---


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("$1,200.00", "1200.0000"),
        ("($10.50)", "-10.5000"),
        ("-$5.00", "-5.0000"),
        ("$-5.00", "-5.0000"),
        ("5.00-", "-5.0000"),
        ("1.200,00 €", "1200.0000"),
        ("-1.200,00 €", "-1200.0000"),
        ("1\u202f200,00\xa0€", "1200.0000"),
        ("1 234 567,5 kr", "1234567.5000"),
        ("kr. 1.200,00", "1200.0000"),
        ("CHF 1\u2019200.50", "1200.5000"),
        ("R$ 5,00", "5.0000"),
        ("US$5", "5.0000"),
        ("£0.99", "0.9900"),
        ("₹1,00,000.00", "100000.0000"),
        ("₹12,34,567", "1234567.0000"),
        ("\u22125,00 zł", "-5.0000"),
        ("1,251", "1251.0000"),
        ("1.251", "1251.0000"),
        ("1,25", "1.2500"),
        ("0.125", "0.1250"),
        ("1234.567", "1234.5670"),
        ("1234", "1234.0000"),
        (".5", "0.5000"),
        ("", None),
        ("Unavailable", None),
        (1250, "1250.0000"),
        (Decimal("-10.5"), "-10.5000"),
    ],
)
def test_money(written: object, expected: str | None) -> None:
    assert models.to_money(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        *("$", "-", "()", "abc", "12abc", "1,2,3", "1,234,56", "10 20", "1.2.3,4", "--5", "(-5)", "-5-", "5%", "10k"),
        *("1,20O", "5.", "$1,200.00 and more", "1E5", "NaN", "Infinity", "\uff11", "\u0663", "1'1200", "999999999999999"),
        *(True, [], {}, None),
    ],
)
def test_what_is_no_money(written: object) -> None:
    with pytest.raises(models.ConversionError):
        models.to_money(written)


@given(JSON_VALUES)
def test_money_is_decimal_text_none_or_a_conversion_error(value: object) -> None:
    try:
        cell = models.to_money(value)
    except models.ConversionError:
        return
    assert abs(Decimal(cell or 0)) < 10**14


@given(JSON_VALUES, st.sampled_from([models.to_utc_day_first, models.to_field_value]))
def test_other_converters_raise_nothing_but_conversion_errors(value: object, convert: Any) -> None:
    try:
        cell = convert(value)
    except models.ConversionError:
        return
    assert cell is None or isinstance(cell, datetime if convert is models.to_utc_day_first else str)


NEGATIVE = [  # .NET's CurrencyNegativePattern 0 to 15
    *("(${})", "-${}", "$-{}", "${}-", "({}$)", "-{}$", "{}-$", "{}$-"),
    *("-{} $", "-$ {}", "{} $-", "$ {}-", "$ -{}", "{}- $", "($ {})", "({} $)"),
]


@given(
    st.decimals(min_value=0, max_value=10**13, places=2),
    st.sampled_from([(",", "."), (".", ","), ("\xa0", ","), ("\u202f", ","), ("\u2019", "."), ("'", "."), ("", ".")]),
    st.sampled_from(["${}", "{}$", "$ {}", "{} $", "{}", *NEGATIVE]),
    st.sampled_from(["$", "€", "£", "kr", "CHF", "zł", "R$"]),
    st.sampled_from([2, 1, 0]),
)
def test_money_round_trips_through_every_culture(amount: Decimal, marks: tuple[str, str], pattern: str, currency: str, places: int) -> None:
    number = round(amount, places) if places else amount.to_integral_value()
    written = f"{number:,.{places}f}".translate({ord(","): marks[0], ord("."): marks[1]})
    expected = -number if pattern in NEGATIVE else number
    assert Decimal(models.to_money(pattern.format(written).replace("$", currency))) == expected


@given(st.dates(), st.sampled_from("/.-"))
def test_day_first_dates_round_trip(date: Any, mark: str) -> None:
    written = f"{date.day}{mark}{date.month}{mark}{date.year:04d}"
    assert models.to_utc_day_first(written).date() == date
