from __future__ import annotations

from typing import Any

import pytest

from sandbox.server import Box, running
from sandbox.virtuous.changes import MOVED_BY_MERGE
from sandbox.virtuous.parameters import ID_PARAMETERS, UNDATED
from tests.sandbox.asking import get, query
from tests.sandbox.conftest import Clock

NOW = "2026-11-18T11:06:40.5"


def _contacts(box: Box, **body: Any) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in query(box, "Contact/Query/FullContact", **body).rows}


def _gifts(box: Box) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in query(box, "Gift/Query/FullGift").rows}


def _adds_up(gift: dict[str, Any]) -> bool:
    parts = [round(each["amountDesignated"] * 100) for each in gift["giftDesignations"]]
    return bool(sum(parts) == round(gift["amount"] * 100))


def test_contacts_are_inserted_edited_and_deleted(box: Box) -> None:
    before = _contacts(box)
    new = box.source.change("insert_contact")["id"]
    assert new > max(before)
    edited = box.source.change("edit_contact", id=min(before), values={"name": "New"})["id"]
    gone = box.source.change("delete_contact")["id"]
    after = _contacts(box)
    assert set(after) == {*before, new} - {gone}
    assert after[edited]["name"] == "New"
    assert after[edited]["modifiedDateTimeUtc"] == after[new]["createDateTimeUtc"] == NOW
    assert get(box, f"Contact/{gone}").status == 404
    people = query(box, "ContactIndividual/Query", ("Contact Id", "Is", new)).rows
    assert {person["contactId"] for person in people} == {new}
    assert query(box, "ContactIndividual/Query", ("Contact Id", "Is", gone)).json["total"] == 0


def test_archiving_hides_a_contact_and_bumps_it(box: Box) -> None:
    number = box.source.change("archive_contact")["id"]
    assert number not in _contacts(box)
    assert _contacts(box, includeArchived=True)[number]["modifiedDateTimeUtc"] == NOW
    assert box.source.change("unarchive_contact", id=number)["id"] == number
    assert number in _contacts(box)
    other = box.source.change("unarchive_contact")["id"]
    assert other != number
    assert other in _contacts(box)


def test_a_merge_moves_what_the_loser_had_without_bumping_it(box: Box) -> None:
    gifts = _gifts(box)
    loser = next(gift["contactId"] for gift in gifts.values() if gift["recurringGiftPayments"])
    survivor = next(number for number in _contacts(box) if number != loser)
    found = box.source.change("merge_contacts", loser=loser, survivor=survivor)
    assert set(found["moved"]) == set(MOVED_BY_MERGE)
    merged = _contacts(box, includeArchived=True)
    assert merged[loser]["mergedIntoContactId"] == survivor
    assert merged[loser]["modifiedDateTimeUtc"] == merged[survivor]["modifiedDateTimeUtc"] == NOW
    assert loser not in _contacts(box)
    after = _gifts(box)
    moved = [number for number, gift in gifts.items() if gift["contactId"] == loser]
    assert sorted(found["moved"]["Gift"]) == moved != []
    for number in moved:
        assert after[number]["contactId"] == survivor
        assert after[number]["contactUrl"] == f"/api/Contact/{survivor}"
        assert after[number]["modifiedDateTimeUtc"] == gifts[number]["modifiedDateTimeUtc"]
        assert all(payment["gift"]["contactId"] == survivor for payment in after[number]["recurringGiftPayments"])
    for path in ("RecurringGift", "v2/Pledge", "PlannedGift", "ContactNote", "Gift"):
        assert query(box, f"{path}/Query", ("Contact Id", "Is", loser)).json["total"] == 0
    assert query(box, "Gift/Query", ("Last Modified Date", "OnOrAfter", "2026-11-01")).rows == []


def test_gifts_are_inserted_edited_reversed_and_deleted(box: Box) -> None:
    before = _gifts(box)
    late = box.source.change("insert_gift", gift_date="2009-07-04")["id"]
    edited = box.source.change("edit_gift", id=min(before))["id"]
    reversal = box.source.change("reverse_gift", id=max(before))["id"]
    gone = box.source.change("delete_gift", id=sorted(before)[3])["id"]
    after = _gifts(box)
    assert set(after) == {*before, late, reversal} - {gone}
    assert (after[late]["giftDate"], after[late]["modifiedDateTimeUtc"]) == ("2009-07-04T00:00:00", NOW)
    assert after[late]["contactId"] in _contacts(box)
    assert round((after[edited]["amount"] - before[edited]["amount"]) * 100) == 101
    assert after[max(before)] == before[max(before)], "the original stays as it is"
    new = after[reversal]
    assert next(iter(new)) == "reversedGiftId"
    assert (new["reversedGiftId"], new["giftType"]) == (max(before), "Reversing Transaction")
    assert new["amount"] == -before[max(before)]["amount"]
    assert all(_adds_up(gift) for gift in after.values())


@pytest.mark.parametrize("child", ["contactIndividuals", "contactMethods", "tags", "customFields"])
def test_children_disappear(box: Box, child: str) -> None:
    before = _contacts(box)
    found = box.source.change("remove_child", child=child)
    after = _contacts(box)[found["id"]]
    assert after["modifiedDateTimeUtc"] == NOW
    holders = after["contactIndividuals"] if child == "contactMethods" else [after]
    old = before[found["id"]]
    old_holders = old["contactIndividuals"] if child == "contactMethods" else [old]
    assert sum(len(each[child]) for each in holders) == sum(len(each[child]) for each in old_holders) - 1
    assert any(found["removed"] in each[child] for each in old_holders)


def test_a_designation_disappears_and_its_money_stays(box: Box) -> None:
    before = _gifts(box)
    found = box.source.change("remove_child", entity="Gift", child="giftDesignations")
    gift = _gifts(box)[found["id"]]
    assert len(gift["giftDesignations"]) == len(before[found["id"]]["giftDesignations"]) - 1
    assert _adds_up(gift)


@pytest.mark.parametrize("entity", sorted(set(ID_PARAMETERS) | {"Tag", "Segment", "OrganizationGroup", "EmailList"}))
def test_every_entity_can_be_changed(box: Box, entity: str) -> None:
    collection = box.source.collections[entity]
    before = collection.count()
    box.source.change("insert", entity=entity)
    assert collection.count() == before + 1
    box.source.change("edit", entity=entity)
    assert collection.count() == before + 1
    box.source.change("delete", entity=entity)
    assert collection.count() == before
    assert len(list(collection.ids())) == before
    if entity not in UNDATED and entity in ID_PARAMETERS:
        path = "v2/Pledge" if entity == "Pledge" else entity
        assert query(box, f"{path}/Query", ("Last Modified Date", "Is", "Today")).json["total"] >= 1


def test_names_of_tags_and_projects(box: Box) -> None:
    tag = box.source.change("edit_tag")["id"]
    gone = box.source.change("delete_tag")["id"]
    tags = {row["id"]: row for row in get(box, "Tag?take=100").rows}
    assert gone not in tags
    assert gone == tag or tags[tag]["tagName"].startswith("Renamed")
    project = get(box, f"Project/{box.source.change('rename_project')['id']}").json
    assert project["name"].startswith("Renamed")
    assert project["modifiedDateTimeUtc"] == NOW


def test_a_value_is_set_without_a_trace(box: Box) -> None:
    gift = query(box, "Gift/Query/FullGift").rows[0]
    box.source.set_value("Gift", gift["id"], "amount", 12.5)
    box.source.change("set_value", entity="Gift", id=gift["id"], path="giftDesignations.0.project", value="X")
    served = get(box, f"Gift/{gift['id']}").json
    assert (served["amount"], served["giftDesignations"][0]["project"]) == (12.5, "X")
    assert served["modifiedDateTimeUtc"] == gift["modifiedDateTimeUtc"]


def test_changes_that_cannot_be(box: Box) -> None:
    with pytest.raises(LookupError):
        box.source.change("edit_gift", id=1)
    with pytest.raises(ValueError, match="unknown change"):
        box.source.change("explode")


def test_a_bundle_has_all_kinds_and_is_the_same_for_the_same_seed(clock: Clock) -> None:
    found = []
    for _ in range(2):
        with running("virtuous", rows=80, seed=9, clock=clock) as box:
            found.append([box.source.change_bundle(0.02), box.source.change_bundle(0.02)])
            for name, table in box.source.truth().items():
                keys = [tuple(row[key] for key in table.key) for row in table.rows()]
                assert len(set(keys)) == len(keys) == table.count(), name
    assert found[0] == found[1]
    kinds = {change["kind"] for change in found[0][0]}
    assert len(kinds) == 17
    assert {"merge_contacts", "reverse_gift", "remove_child", "delete", "insert", "edit"} <= kinds


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 10])
def test_a_tiny_source_is_changed_as_far_as_it_goes(rows: int, clock: Clock) -> None:
    with running("virtuous", rows=rows, clock=clock) as box:
        for share in (0.01, 1.0, 0.5):
            kinds = {change["kind"] for change in box.source.change_bundle(share)}
            assert {"insert_contact", "insert_gift", "insert"} <= kinds
        for name, table in box.source.truth().items():
            assert sum(1 for _ in table.rows()) == table.count(), name


def test_one_contact_cannot_be_merged(clock: Clock) -> None:
    with running("virtuous", rows=1, clock=clock) as box, pytest.raises(LookupError, match="a merge needs two contacts"):
        box.source.change("merge_contacts")


def test_the_truth_follows_every_change(box: Box) -> None:
    def names() -> set[str]:
        return {str(row["name"]) for row in box.source.truth()["contacts"].rows()}

    before = names()
    box.source.change("edit_contact", values={"name": "One of a kind"})
    assert names() - before == {"One of a kind"}
    assert sum(1 for _ in box.source.truth(include_archived=False)["contacts"].rows()) < len(list(box.source.truth()["contacts"].rows()))
