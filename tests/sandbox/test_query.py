from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.server import Box, running
from sandbox.virtuous.parameters import ID_PARAMETERS, UNDATED
from tests.sandbox.asking import ask, get, keyset, query
from tests.sandbox.conftest import START, Clock

DAY = 86_400


def _path(entity: str) -> str:
    return "v2/Pledge" if entity == "Pledge" else entity


def _ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_take_defaults_to_ten_and_comes_from_the_query_string_only(box: Box) -> None:
    answer = ask(box, "POST", "/api/Gift/Query", {"take": 5, "skip": 3, "groups": []})
    assert len(answer.rows) == 10
    assert answer.json["total"] == 320
    assert set(answer.json) == {"list", "total"}
    assert len(ask(box, "POST", "/api/Gift/Query?TAKE=3&Skip=1").rows) == 3


def test_take_above_a_thousand_is_refused(box: Box) -> None:
    answer = query(box, "Gift/Query", take=1001)
    assert answer.status == 400
    assert answer.json["error"]["code"] == "BAD_REQUEST"
    assert ask(box, "POST", "/api/Gift/Query?take=abc").json["message"] == "The request is invalid."


def test_skip_and_keyset_read_the_same(box: Box) -> None:
    everything = query(box, "Gift/Query/FullGift").rows
    pages = [query(box, "Gift/Query/FullGift", skip=skip, take=70).rows for skip in range(0, 400, 70)]
    assert [row for page in pages for row in page] == everything
    assert list(keyset(box, "Gift/Query/FullGift", "Gift Id")) == everything
    assert _ids(everything) == sorted(_ids(everything))
    backwards = [query(box, "Gift/Query", skip=skip, take=90, descending="True").rows for skip in range(0, 400, 90)]
    assert _ids([row for page in backwards for row in page]) == _ids(everything)[::-1]


@pytest.mark.parametrize("entity", sorted(ID_PARAMETERS))
def test_every_entity_offers_its_id_and_its_modified_time(box: Box, entity: str) -> None:
    answer = get(box, f"{_path(entity)}/QueryOptions")
    offered = {option["parameter"]: option for option in answer.json["options"]}
    operators = {operator["operator"] for operator in offered[ID_PARAMETERS[entity]]["operatorOptions"]}
    assert {"GreaterThan", "Between", "In"} <= operators
    assert ("Last Modified Date" in offered) == (entity not in UNDATED)
    assert ("Last Modified DateTime UTC" in offered) == (entity in {"Gift", "GiftDesignation"})
    rows = query(box, f"{_path(entity)}/Query").rows
    key = next(key for key in ("id", "communicationId", "campaignId") if key in rows[0])
    middle = rows[len(rows) // 2][key]
    found = query(box, f"{_path(entity)}/Query", (ID_PARAMETERS[entity], "GreaterThan", str(middle)))
    assert [row[key] for row in found.rows] == [row[key] for row in rows if row[key] > middle]
    assert found.json["total"] >= len(found.rows)


def test_options_say_what_needs_a_value_and_what_takes_many(box: Box) -> None:
    operators = {each["operator"]: each for each in get(box, "Gift/QueryOptions").json["operatorOptions"]}
    assert len(operators) == 25
    assert operators["In"]["multipleValuesAllowed"]
    assert not operators["Is"]["multipleValuesAllowed"]
    assert not operators["IsKnown"]["valueRequired"]


@pytest.mark.parametrize(
    ("operator", "value", "more", "keep"),
    [
        ("Is", 7, {}, lambda place: place == 7),
        ("IsNot", 7, {}, lambda place: place != 7),
        ("LessThan", 7, {}, lambda place: place < 7),
        ("lessthanorequal", 7, {}, lambda place: place <= 7),
        ("GREATERTHANOREQUAL", 7, {}, lambda place: place >= 7),
        ("Between", 7, {"secondaryValue": 9}, lambda place: 7 <= place <= 9),
        ("In", None, {"values": [7, 2]}, lambda place: place in {2, 7}),
        ("IsNoneOf", None, {"values": [7, 2]}, lambda place: place not in {2, 7}),
        ("IsKnown", None, {}, lambda place: True),
        ("IsNotKnown", None, {}, lambda place: False),
    ],
)
def test_operators_on_ids(box: Box, operator: str, value: int | None, more: dict[str, Any], keep: Any) -> None:
    ids = _ids(query(box, "Project/Query").rows)
    condition: dict[str, Any] = {
        "Parameter": "project id",
        "Operator": operator,
        "value": None if value is None else ids[value],
    }
    if "secondaryValue" in more:
        condition["SecondaryValue"] = str(ids[more["secondaryValue"]])
    if "values" in more:
        condition["values"] = [ids[place] for place in more["values"]]
    body = {"Groups": [{"Conditions": [condition]}], "SortBy": "Id"}
    answer = ask(box, "POST", "/api/Project/Query?take=1000", body)
    assert _ids(answer.rows) == [number for place, number in enumerate(ids) if keep(place)]
    assert answer.json["total"] == len(answer.rows)


def test_groups_are_ored_and_conditions_anded(box: Box) -> None:
    ids = _ids(query(box, "Contact/Query").rows)
    groups = [{"conditions": [{"parameter": "Contact Id", "operator": "Is", "value": number}]} for number in ids[::2]]
    assert _ids(query(box, "Contact/Query/FullContact", groups=groups).rows) == ids[::2]
    both = query(box, "Contact/Query", ("Contact Id", "GreaterThan", ids[3]), ("Contact Id", "LessThan", ids[6]))
    assert _ids(both.rows) == ids[4:6]


def test_other_parameters_are_evaluated(box: Box) -> None:
    gifts = query(box, "Gift/Query/FullGift").rows
    checks = [gift["id"] for gift in gifts if gift["giftType"] == "Check"]
    assert _ids(query(box, "Gift/Query", ("Gift Type", "Is", "check")).rows) == checks
    large = [gift["id"] for gift in gifts if gift["amount"] > 1000]
    assert _ids(query(box, "Gift/Query", ("Amount", "GreaterThan", "1000")).rows) == large
    private = [gift["id"] for gift in gifts if gift["isPrivate"]]
    assert _ids(query(box, "Gift/Query", ("Private", "IsTrue")).rows) == private
    leap = [gift["id"] for gift in gifts if gift["giftDate"].startswith("2024-02-29")]
    assert _ids(query(box, "Gift/Query", ("Gift Date", "Is", "2/29/2024")).rows) == leap
    mine = [gift["id"] for gift in gifts if gift["contactId"] == gifts[0]["contactId"]]
    assert _ids(query(box, "Gift/Query", ("Contact Id", "Is", gifts[0]["contactId"])).rows) == mine
    named = query(box, "Contact/Query/FullContact", ("Last Name", "Contains", "SAMPLE")).rows
    assert named
    assert all(any("Sample" in person["lastName"] for person in row["contactIndividuals"]) for row in named)


def test_last_modified_date_compares_days_in_arizona_and_the_datetime_compares_instants(box: Box, clock: Clock) -> None:
    clock.seconds = 1_772_797_600.25  # 2026-03-06T11:46:40.25Z
    first = box.source.change("edit_gift")["id"]
    clock.seconds += 19 * 3600  # 2026-03-07T06:46:40.25Z, still the 6th in Arizona
    second = box.source.change("edit_gift")["id"]
    edited = sorted([first, second])
    day, instant = "Last Modified Date", "Last Modified DateTime UTC"
    assert _ids(query(box, "Gift/Query", (day, "Is", "2026-03-06")).rows) == edited
    assert _ids(query(box, "Gift/Query", (day, "OnOrAfter", "3/6/2026")).rows) == edited
    assert _ids(query(box, "Gift/Query", (day, "After", "2026-03-06")).rows) == []
    assert _ids(query(box, "Gift/Query", (day, "OnOrAfter", "2026-03-07T00:00:00")).rows) == []
    assert _ids(query(box, "Gift/Query", (day, "OnOrAfter", "2026-03-07T00:00:00Z")).rows) == edited
    assert _ids(query(box, "Gift/Query", (instant, "GreaterThan", "2026-03-07T00:00:00")).rows) == [second]
    assert _ids(query(box, "Gift/Query", (instant, "OnOrAfter", "2026-03-06T11:46:40.25Z")).rows) == edited
    assert _ids(query(box, "Gift/Query", (instant, "After", "2026-03-06T11:46:40.25Z")).rows) == [second]
    assert _ids(query(box, "Gift/Query", (day, "Is", "today")).rows) == edited
    assert _ids(query(box, "Gift/Query", (day, "OnOrAfter", "30 Days Ago")).rows) == edited
    assert _ids(query(box, "Gift/Query", (day, "Is", "Yesterday")).rows) == []
    designations = query(box, "GiftDesignation/Query", (instant, "OnOrAfter", "2026-01-01")).rows
    assert {row["giftId"] for row in designations} == set(edited)


def test_an_older_date_finds_base_records_too(box: Box) -> None:
    gifts = query(box, "Gift/Query/FullGift").rows
    since = "2021-05-05T05:05:05"
    expected = [gift["id"] for gift in gifts if gift["modifiedDateTimeUtc"].rstrip("Z") >= since]
    found = query(box, "Gift/Query", ("Last Modified DateTime UTC", "OnOrAfter", since))
    assert _ids(found.rows) == expected
    assert found.json["total"] == len(expected)


def test_archived_and_merged_contacts_are_listed_on_demand(box: Box) -> None:
    everyone = query(box, "Contact/Query/FullContact", includeArchived="true").rows
    active = query(box, "Contact/Query/FullContact").rows
    assert len(everyone) == 120
    hidden = [row for row in everyone if row["id"] not in _ids(active)]
    assert len(hidden) == 6
    assert sum(row["mergedIntoContactId"] is not None for row in hidden) == 2
    assert all("isArchived" not in row and "isCurrentUserFollowing" not in row for row in everyone)


@pytest.mark.parametrize(
    "condition",
    [
        ("No Such Thing", "Is", 1),
        ("Gift Id", "Is Bigger Than", 1),
        ("Gift Id", "IsTrue", None),
        ("Gift Id", "GreaterThan", "many"),
        ("Gift Id", "GreaterThan", None),
        ("Gift Date", "Is", "someday"),
    ],
)
def test_what_is_unknown_is_refused_with_a_message(box: Box, condition: tuple[Any, ...]) -> None:
    answer = query(box, "Gift/Query", condition)
    assert answer.status == 400
    assert answer.json["message"]


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"groups": null}', b'{"groups": [{"conditions": []}]}'])
def test_no_groups_means_everything(box: Box, body: bytes) -> None:
    assert ask(box, "POST", "/api/Gift/Query?take=1", body).json["total"] == 320


@pytest.mark.parametrize("body", [b"[1]", b"{broken"])
def test_a_body_that_is_no_object_is_refused(box: Box, body: bytes) -> None:
    assert ask(box, "POST", "/api/Gift/Query", body).status == 400


def test_sorting(box: Box) -> None:
    amounts = [row["amount"] for row in query(box, "Gift/Query/FullGift", sortBy="Amount").rows]
    assert amounts == sorted(amounts)
    times = [
        row["modifiedDateTimeUtc"][:19] for row in query(box, "Gift/Query/FullGift", sortBy="modifiedDateTimeUtc").rows
    ]
    assert times == sorted(times)
    assert _ids(query(box, "Gift/Query", sortBy="shoe size").rows) == _ids(query(box, "Gift/Query").rows)
    names = [row["name"].lower() for row in query(box, "Contact/Query", sortBy="name", descending=True).rows]
    assert names == sorted(names, reverse=True)


def test_volunteers_know_no_paging(box: Box) -> None:
    rows = query(box, "Volunteer/Query", take=1, skip=2).rows
    assert len(rows) == query(box, "Volunteer/Query").json["total"] > 1


def test_hidden_parameters_are_neither_offered_nor_accepted(box: Box) -> None:
    hidden = "Last Modified DateTime UTC"
    box.source.hidden_parameters = {("Gift", hidden), ("Pledge", "Pledge Id")}
    assert hidden not in str(get(box, "Gift/QueryOptions").json)
    assert query(box, "Gift/Query", (hidden, "OnOrAfter", "2026-01-01")).status == 400
    assert hidden in str(get(box, "GiftDesignation/QueryOptions").json)
    assert query(box, "v2/Pledge/Query", ("Pledge Id", "GreaterThan", 1)).status == 400
    assert query(box, "v2/Pledge/Query", skip=1).status == 200


def test_custom_fields_are_parameters_under_their_own_name(box: Box) -> None:
    found = query(box, "Contact/Query/FullContact", ("region", "Is", "North")).rows
    assert found
    for row in found:
        assert {"North"} == {field["value"] for field in row["customFields"] if field["name"] == "Region"}


def test_ten_million_gifts_cost_neither_memory_nor_time() -> None:
    began = time.monotonic()
    with running("virtuous", rows=5_000_000, seed=1, clock=lambda: START) as box:
        total = query(box, "Gift/Query", take=1).json["total"]
        assert total == 13_333_333
        last = query(box, "Gift/Query", take=1, descending=True).rows[0]["id"]
        page = query(box, "Gift/Query/FullGift", ("Gift Id", "GreaterThan", last - 4000), take=1000)
        assert 990 <= len(page.rows) <= 1000
        assert page.json["total"] == len(page.rows)
        assert query(box, "Contact/Query", skip=4_000_000, take=5).json["total"] == 4_800_000
        box.source.change("merge_contacts")
        changed = query(
            box, "Contact/Query/FullContact", ("Last Modified Date", "OnOrAfter", "2026-11-01"), includeArchived=True
        )
        assert len(changed.rows) == 2
        both = (("Last Modified Date", "OnOrAfter", "2026-11-01"), ("Contact Id", "GreaterThan", changed.rows[0]["id"]))
        assert query(box, "Contact/Query", *both, includeArchived=True).json["total"] == 1
    assert time.monotonic() - began < 5
