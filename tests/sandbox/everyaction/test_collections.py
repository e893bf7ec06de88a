from __future__ import annotations

from typing import Any

import pytest

from sandbox.everyaction import catalog
from sandbox.everyaction.account import Account
from sandbox.everyaction.times import NO_DATE, read_instant
from sandbox.everyaction.world import CUSTOM_FIELDS, DAY
from tests.sandbox.everyaction.calling import call, everything, make_account, payload, refused

BARE = (
    "customFields", "events/types", "notes/categories", "canvassResponses/contactTypes", "canvassResponses/inputTypes",
    "canvassResponses/resultCodes",
)  # fmt: skip
ITEMS_ONLY = ("designations", "scheduleTypes", "financialBatches")
CONTENTS = {"$expand": "emailMessageContent,EmailMessageContentDistributions"}


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account()


@pytest.mark.parametrize("rows", [1, 2, 7, 25, 700])
def test_every_list_is_there_at_any_size_with_ascending_ids(rows: int) -> None:
    account = make_account(rows, seed=rows)
    for entity, collection in catalog.collections(account.world).items():
        numbers = [collection.number(record[collection.id_key]) for record in collection.records()]
        assert numbers == sorted(set(numbers)), entity
        assert len(numbers) == collection.count() > 0, entity


def test_size_makes_more_and_a_seed_the_same() -> None:
    one, other, larger = (make_account(rows).collections for rows in (100, 100, 3000))
    for entity in ("Code", "Event", "EventSignup", "EmailMessage", "SavedList"):
        assert list(one[entity].records()) == list(other[entity].records())
        assert larger[entity].count() > 5 * one[entity].count()
    assert larger["Code"].count() == 3003
    assert larger["EventSignup"].count() / larger["Event"].count() == pytest.approx(8, abs=1)


@pytest.mark.parametrize("path", BARE)
def test_some_lists_are_bare(account: Account, path: str) -> None:
    rows = payload(account, path, {"$top": 1, "$skip": 1})
    assert isinstance(rows, list)
    assert len(rows) > 1
    assert call(account, path).detailed


def test_some_lists_have_odd_wrappers(account: Account) -> None:
    for path in ITEMS_ONLY:
        query = {"$top": 1, "includeAllStatuses": "true"}
        assert payload(account, path, query).keys() == {"items"}
        assert len(payload(account, path, query)["items"]) > 1
    assert payload(account, "districtFields").keys() == {"districts"}
    assert payload(account, "codeTypes") == ["Tag", "SourceCode"]
    assert payload(account, "phones/isCellStatuses") == []


@pytest.mark.parametrize("path", ["activistCodes", "surveyQuestions"])
def test_only_active_ones_are_listed_unless_others_are_asked_for(account: Account, path: str) -> None:
    assert {row["status"] for row in everything(account, path)} == {"Active"}
    assert {row["status"] for row in everything(account, path, statuses="Active,Archived,Inactive")} == {"Active", "Archived", "Inactive"}
    assert {row["status"] for row in everything(account, path, statuses="archived")} == {"Archived"}


@pytest.mark.parametrize(
    ("path", "query", "holds"),
    [
        ("codes", {"codeType": "SourceCode"}, lambda row: row["codeType"] == "SourceCode"),
        ("codes", {"name": "mail-"}, lambda row: "mail-" in row["name"].lower()),
        ("codes/extendedSourceCodes", {"extendedSourceCodeName": "x0001"}, lambda row: "X0001" in row["extendedSourceCodeName"]),
        ("locations", {"name": "annex"}, lambda row: "Annex" in row["name"]),
        ("targets", {"type": "Static"}, lambda row: row["type"] == "Static"),
        ("savedLists", {"maxPeopleCount": 40000}, lambda row: row["listCount"] <= 40000),
        ("minivanExports", {"generatedAfter": "2020-01-01"}, lambda row: row["dateCreated"] >= "2020-01-01T05"),
        ("customFields", {"customFieldsGroupType": "Contributions"}, lambda row: row["customFieldGroupType"] == "Contributions"),
        ("districtFields", {"custom": "true"}, lambda row: row["isCustomDistrict"]),
        ("employers", {"isMyOrganization": "true"}, lambda row: row["isMyOrganization"]),
        ("voterRegistrationBatches", {"stateCode": "MA"}, lambda row: row["stateCode"] == "MA"),
    ],
)
def test_filters_are_evaluated(account: Account, path: str, query: dict[str, Any], holds: Any) -> None:
    whole = {"createdAfter": "1900-01-01"} if path == "voterRegistrationBatches" else {}
    kept = [row for row in everything(account, path, whole) if holds(row)]
    assert 0 < len(kept) < len(everything(account, path, whole))
    assert everything(account, path, query) == kept


def test_codes_are_filtered_by_parent_and_by_what_they_are_for(account: Account) -> None:
    rows = everything(account, "codes", {"$expand": "supportedEntities"})
    child = next(row for row in rows if row["parentCodeId"])
    assert child["codeId"] in {row["codeId"] for row in everything(account, "codes", parentCodeId=child["parentCodeId"])}
    wanted = {row["codeId"] for row in rows if any(each["name"] == "Events" for each in row["supportedEntities"])}
    assert {row["codeId"] for row in everything(account, "codes", supportedEntities="Events")} == wanted


def test_each_saved_list_lies_in_one_folder_but_one(account: Account) -> None:
    lists = {row["savedListId"] for row in everything(account, "savedLists")}
    seen: list[int] = []
    for folder in everything(account, "folders"):
        seen += [row["savedListId"] for row in everything(account, "savedLists", folderId=folder["folderId"])]
    assert len(seen) == len(set(seen)) == len(lists) - 1
    assert set(seen) < lists
    assert refused(account, "savedLists", folderId=3) == (404, [])


def test_printed_lists_have_numbers_with_zeros_and_are_filtered_by_what_they_do_not_tell(account: Account) -> None:
    rows = everything(account, "printedLists")
    assert all(isinstance(row["number"], str) for row in rows)
    assert any(row["number"].startswith("00") for row in rows)
    some = everything(account, "printedLists", generatedAfter="2021-01-01")
    others = everything(account, "printedLists", generatedBefore="2021-01-01")
    assert sorted(row["number"] for row in (*some, *others)) == sorted(row["number"] for row in rows)


def test_voter_registration_batches_want_a_filter(account: Account) -> None:
    status, named = refused(account, "voterRegistrationBatches")
    assert (status, "createdAfter" in named) == (400, True)


def test_batches_that_are_not_asked_for_are_left_out(account: Account) -> None:
    whole = {"includeUnassigned": "true", "includeAllAutoGenerated": "true", "includeAllStatuses": "true"}
    rows = everything(account, "financialBatches", whole)
    few = everything(account, "financialBatches")
    assert len(few) < len(rows)
    assert all(row["isOpen"] and row["designationId"] and not row["isAutoGenerated"] for row in few)
    assert {type(row["expectedContributionTotalAmount"]) for row in rows} <= {int, float, type(None)}


def test_only_a_single_message_tells_of_its_contents(account: Account) -> None:
    rows = everything(account, "email/messages")
    assert {row["emailMessageContent"] for row in rows} == {None}
    assert NO_DATE in {row["dateScheduled"] for row in rows}
    assert 0 in {row["campaignID"] for row in rows}
    path = f"email/message/{rows[0]['foreignMessageId']}"
    assert payload(account, path)["emailMessageContent"] is None
    (content,) = payload(account, path, {"$expand": "emailMessageContent"})["emailMessageContent"]
    assert content["emailMessageContentDistributions"] is None
    full = [payload(account, f"email/message/{row['foreignMessageId']}", CONTENTS)["emailMessageContent"] for row in rows]
    assert {len(contents) for contents in full} == {1, 2}
    sent = [content["emailMessageContentDistributions"] for contents in full for content in contents]
    assert None in sent
    newest = max(read_instant(each["dateSent"]) or 0 for each in sent if each)
    assert account.now() - 30 * DAY < newest <= account.now()


def test_only_a_single_designation_and_district_tell_the_rest(account: Account) -> None:
    for row in everything(account, "designations"):
        assert row.keys() == {"designationId", "name"}
        one = payload(account, f"designations/{row['designationId']}", {"$expand": "paymentTypes,attributionTypes"})
        assert one.keys() >= {"officialName", "disclosureFields"}
        assert None not in (one["paymentTypes"], one["attributionTypes"])
        assert payload(account, f"designations/{row['designationId']}")["paymentTypes"] is None
    for row in everything(account, "districtFields"):
        assert "districtFieldValues" not in row
        values = payload(account, f"districtFields/{row['districtFieldId']}")["districtFieldValues"]
        assert all(isinstance(value["id"], str) for value in values)


def test_custom_fields_are_those_of_the_exports(account: Account) -> None:
    rows = everything(account, "customFields")
    assert [(row["customFieldId"], row["customFieldName"]) for row in rows] == [(each.id, each.name) for each in CUSTOM_FIELDS]


def test_the_key_has_one_profile(account: Account) -> None:
    found = payload(account, "apiKeyProfiles")
    assert (found["count"], found["nextPageLink"]) == (1, None)
    assert found["items"][0]["keyReference"].startswith("0")


def test_times_are_mostly_cut_to_the_minute(account: Account) -> None:
    stamps = [row["dateCreated"] for row in everything(account, "codes")]
    assert sum(stamp.endswith(":00Z") for stamp in stamps) > len(stamps) / 2
    assert {len(stamp.partition(".")[2]) for stamp in stamps} >= {0, 3, 4, 8}
