from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sandbox.everyaction.kinds import cell, column_of, fields_of, known_keys, snake
from sandbox.everyaction.sketches import STATES
from sandbox.everyaction.truth_people import OPTIONAL, table_name
from sandbox.truth import Cell, TruthTable
from tests.sandbox.everyaction.asking import JOBS, Row, Site

EXPORTED = {
    "Contacts": "contacts", "ContactHistory": "contact_histories", "ContactsActivistCodes": "contacts_activist_codes",
    "ContactsSurveyResponses": "contacts_survey_responses", "ContactsOnlineForms": "contacts_online_forms",
    "Contributions": "contributions", "ContributionAdjustments": "contribution_adjustments",
    "RecurringContributions": "recurring_contributions", "EventTicketTransactionsGuests": "event_ticket_transactions_guests",
    "Disbursements": "disbursements",
}  # fmt: skip
EXPAND = "addresses,codes,customFields,districts,emails,externalIds,notes,phones,preferences,suppressions"
PREFERENCES = {
    "contactMethodPreferenceCode", "contactMethodPreferenceId", "contactMethodPreferenceName", "nickname", "website", "jobTitle",
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Site:
    found = Site(rows=200)
    found.source.change_bundle(share=0.05)
    found.clock.seconds += 3600
    return found


def swept(site: Site) -> list[int]:
    """Finds everybody as a reader has to."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    ways = [(name, letter) for name in ("lastName", "firstName", "commonName", "email") for letter in letters]
    ways += [("stateOrProvince", state) for state in STATES]
    return sorted({row["vanId"] for name, value in ways for row in site.everything("/people", **{name: value, "$top": 200})})


def delivered(site: Site, name: str, people: list[int]) -> Iterator[dict[str, Cell]]:
    """Reads a type as a perfect reader does: by the ids of all people, then by the changes of 90 days."""
    fields = {each["fieldName"]: each for each in site.payload(f"{JOBS}/fields/{name}")}
    deleted = {each["ChangeTypeID"] for each in site.payload(f"{JOBS}/changeTypes/{name}") if each["ChangeTypeName"] == "Deleted"}
    key = next(iter(fields))
    rows = {row[key]: row for row in (*site.complete(name, requestedIds=people), *site.complete(name, includeInactive=True))}
    for row in rows.values():
        if row.get("ChangeTypeID") in deleted or row.get("IsDeleted") == "True":
            continue
        found = {snake(field): cell(kind_of(each), row[field] or None) for field, each in fields.items()}
        other = {header: text for header, text in row.items() if header not in fields and text}
        more = "custom_fields" if name in {"Contacts", "Contributions"} else "additional_fields"
        yield found | {more: json.dumps(other, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if other else None}


def kind_of(each: Row) -> str:
    if each["fieldType"] == "N":
        return "text" if each["availableValues"] or each["fieldName"].endswith(("ID", "Id", "By")) else "decimal"
    return {"B": "boolean", "D": "timestamp", "M": "decimal", "T": "text"}[each["fieldType"]]


def by_key(table: TruthTable, rows: Iterator[dict[str, Cell]]) -> dict[Cell, dict[str, Cell]]:
    return {row[table.key[0]]: row for row in rows}


def test_exports_give_what_the_truth_says(site: Site) -> None:
    people, truth = swept(site), site.source.truth()
    for name, table in EXPORTED.items():
        assert table_name(name) == table
        expected = by_key(truth[table], truth[table].rows())
        assert by_key(truth[table], delivered(site, name, people)) == expected, name
        assert len(expected) == truth[table].count() > 0


def test_every_column_is_filled_somewhere() -> None:
    site = Site(rows=100)
    truth = site.source.truth(optional=OPTIONAL)
    for name in (*EXPORTED.values(), *OPTIONAL, *(child for children in OPTIONAL.values() for child in children)):
        filled = {column for row in truth[name].rows() for column, value in row.items() if value is not None}
        empty = set(truth[name].columns) - filled
        assert not empty, name


def test_details_give_what_the_truth_says(site: Site) -> None:
    truth = site.source.truth(optional=OPTIONAL)
    assert site.source.optional_tables == sorted(OPTIONAL)
    assert not truth.keys() - site.source.truth().keys() - OPTIONAL.keys() - set().union(*OPTIONAL.values())
    assert site.source.truth().keys().isdisjoint({*OPTIONAL, *OPTIONAL["person_details"]})
    assert "person_emails" in site.source.truth(optional=["person_emails"])
    person = [site.payload(f"/people/{row['van_id']}", **{"$expand": EXPAND}) for row in truth["contacts"].rows()]
    gifts = [site.payload(f"/contributions/{row['contribution_id']}") for row in truth["contributions"].rows()]
    for table, key, records in (("person_details", "vanId", person), ("contribution_details", "contributionId", gifts)):
        rows = {row[column_of(key)]: row for row in truth[table].rows()}
        assert len(rows) == len(records)
        for record in records:
            row = rows[str(record[key])]
            assert row.items() >= {"date_created" if key == "vanId" else "payment_type": row_value(record, key)}.items()
            assert key != "vanId" or row.items() >= {column_of(name): cell("text", record[name]) for name in PREFERENCES}.items()
    emails = [(str(each["vanId"]), place, email["email"]) for each in person for place, email in enumerate(each["emails"])]
    assert [(row["van_id"], row["position"], row["email"]) for row in truth["person_emails"].rows()] == emails
    money = {str(each["contributionId"]): each["amount"] for each in gifts}
    assert {row["contribution_id"]: row["amount"] for row in truth["contribution_details"].rows()} == money


def row_value(record: Row, key: str) -> Cell:
    return cell("timestamp", record["dateCreated"]) if key == "vanId" else record["paymentType"]


def test_columns_and_kinds() -> None:
    assert [column_of(path) for path in ("eventType.eventTypeId", "address.addressLine1", "address.city", "VanID", "campaignID")] == [
        "event_type_id", "address_line_1", "address_city", "van_id", "campaign_id",
    ]  # fmt: skip
    assert [(each.column, each.kind) for each in fields_of("name shift.startTime:t min:i -id")] == [
        ("name", "text"), ("shift_start_time", "timestamp"), ("min", "integer"),
    ]  # fmt: skip
    assert known_keys("name shift.startTime:t -id", "codes") == {"name", "shift", "id", "codes"}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", 17, "17"), ("text", "", ""), ("text", {"a": 1}, None), ("text", True, "true"), ("integer", "4", 4), ("integer", 4.5, None),
        ("decimal", "12.340", "12.340"), ("decimal", 1e3, "1000.0"), ("decimal", "x", None), ("double", 0.5, 0.5), ("boolean",
        "False", False),
        ("boolean", 1, True), ("boolean", "maybe", None), ("json", [1, {"b": None}], '[1,{"b":null}]'), ("json", None, None),
        ("timestamp", "0001-01-01T00:00:00Z", None), ("timestamp", "2024-06-01T15:00:00-04:00", "2024-06-01T19:00:00.000000Z"),
        ("timestamp", "2021-11-03T15:27:01.8687339-04:00", "2021-11-03T19:27:01.868733Z"), ("timestamp", "2024-06-01",
        "2024-06-01T00:00:00.000000Z"),
        ("timestamp", "2024-02-30", None), ("timestamp", 5, None), ("timestamp", "2024-06-01T10:00:00", "2024-06-01T10:00:00.000000Z"),
    ],
)  # fmt: skip
def test_cells(kind: str, value: object, expected: Cell) -> None:
    assert cell(kind, value) == expected


@pytest.mark.parametrize("rows", [1, 2, 7, 25, 101])
def test_any_size_will_do(rows: int) -> None:
    site = Site(rows=rows, seed=rows)
    for table in site.source.truth(optional=OPTIONAL).values():
        for row in table.rows():
            assert list(row) == list(table.columns)
            assert all(row[name] is not None for name in table.key)
    assert sum(site.source.fewest_requests().values()) > sum(site.source.fewest_requests(changed=True).values()) > 0
    assert site.source.change_bundle()
    if rows >= 25:
        for name in EXPORTED.values():
            assert next(site.source.truth()[name].rows(), None), name


def test_the_version_tells_of_changes(site: Site) -> None:
    before = site.source.version
    list(site.source.truth()["contacts"].rows())
    assert site.source.version == before
    site.source.change("edit", entity="Person")
    assert site.source.version > before


def test_a_cell_can_be_spoilt_alone() -> None:
    site = Site(rows=60)
    number = next(iter(site.source.collection("Contribution").ids()))
    site.source.set_value("Contribution", number, "Amount", "a lot")
    site.source.set_value("Contribution", number, "notes", "spoilt")
    owner = site.source.collection("Contribution").get(number)
    assert owner is not None
    rows = site.complete("Contributions", requestedIds=[owner["contact"]["vanId"]])
    row = next(row for row in rows if row["ContributionID"] == str(number))
    assert (row["Amount"], row["Notes"]) == ("a lot", "spoilt")
    truth = next(row for row in site.source.truth()["contributions"].rows() if row["contribution_id"] == str(number))
    assert (truth["amount"], truth["notes"]) == (None, "spoilt")
    assert site.exported("Contributions", days=0.01) == []
