from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.changes import NobodyLeft
from sandbox.sa360.account import Account
from sandbox.sa360.accounts import CUSTOM_COLUMN
from sandbox.sa360.changes import KINDS, change_bundle, offers, set_value
from sandbox.sa360.changes_records import ENTITIES
from sandbox.sa360.entities_rows import VIEWS
from tests.sandbox.sa360.worlds import DAY, Clock, change, make_account, told

TODAY, FINAL = "2026-09-21", "2026-09-18T99"  # rows of days up to the 18th are final


@pytest.fixture
def world() -> tuple[Account, Clock]:
    return make_account(rows=25)


@pytest.fixture
def account(world: tuple[Account, Clock]) -> Account:
    return world[0]


def records(account: Account, entity: str) -> dict[str, dict[str, Any]]:
    return {record["resourceName"]: record for collection in account.collections[entity].values() for record in collection.records()}


def numbers_of_the_past(tables: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: row for key, row in rows.items() if row["date"] < FINAL}
        for name, rows in tables.items()
        if name.endswith(("_reports", "_values"))
    }


def test_all_that_can_be_listed_can_be_changed() -> None:
    assert {view.entity for view in VIEWS.values()} | {CUSTOM_COLUMN} == set(ENTITIES)


@pytest.mark.parametrize("entity", [entity for entity in ENTITIES if offers(entity, "edit")])
def test_an_edit_changes_one_record_and_its_modified_time(account: Account, entity: str) -> None:
    before, version = records(account, entity), account.version
    edited = change(account, "edit", entity=entity)
    after = records(account, entity)
    assert account.version != version
    assert [name for name in after if after[name] != before[name]] == [edited["id"]]
    one, other = before[edited["id"]], after[edited["id"]]
    if entity in {"Customer", "Campaign", "AdGroup", "AdGroupAd", "AdGroupCriterion", "CampaignCriterion", "Asset"}:
        assert one.get("lastModifiedTime", "") < other["lastModifiedTime"]
        assert other["lastModifiedTime"].startswith(TODAY)
        again = change(account, "edit", entity=entity, id=edited["id"])
        assert records(account, entity)[again["id"]]["lastModifiedTime"] > other["lastModifiedTime"]


@pytest.mark.parametrize("entity", [entity for entity in ENTITIES if offers(entity, "insert")])
def test_inserts_are_new_and_of_an_account_that_answers(account: Account, entity: str) -> None:
    before = records(account, entity)
    names = [change(account, "insert", entity=entity)["id"] for _ in range(6)]
    after = records(account, entity)
    assert len(set(names)) == 6
    assert set(after) - set(before) == set(names)
    assert all(after[name] == record for name, record in before.items())


@pytest.mark.parametrize("entity", [entity for entity in ENTITIES if offers(entity, "delete")])
def test_a_deleted_record_is_gone(account: Account, entity: str) -> None:
    before = records(account, entity)
    gone = change(account, "delete", entity=entity)["id"]
    assert set(before) - set(records(account, entity)) == {gone}
    with pytest.raises(LookupError):
        change(account, "delete", entity=entity, id=gone)


@pytest.mark.parametrize("entity", ["Campaign", "AdGroup", "AdGroupAd", "AdGroupCriterion", "CampaignAsset", "CustomColumn", "Customer"])
def test_what_has_numbers_is_not_deleted(account: Account, entity: str) -> None:
    assert not offers(entity, "delete")
    with pytest.raises(ValueError, match="never deleted"):
        change(account, "delete", entity=entity)


def test_a_deleted_asset_leaves_its_links(account: Account) -> None:
    link = next(iter(records(account, "CampaignAsset").values()))
    change(account, "delete", entity="Asset", id=link["asset"])
    assert link["resourceName"] in records(account, "CampaignAsset")
    rows = [row for client in account.clients() for row in account.rows(client.id, "campaign_asset")]
    assert "asset" not in next(row for row in rows if row["campaignAsset"] == link)


def test_a_removed_campaign_stays_with_its_numbers(account: Account) -> None:
    before = told(account)
    removed = change(account, "remove", entity="Campaign")
    after = told(account)
    row = after["campaigns"][removed["customer_id"], removed["id"]]
    assert row["status"] == "REMOVED"
    assert before["campaign_reports"] == after["campaign_reports"]
    with pytest.raises(ValueError, match="no status"):
        change(account, "remove", entity="Audience")


def test_new_entities_have_numbers_from_today_on(world: tuple[Account, Clock]) -> None:
    account, clock = world
    campaign = next(iter(records(account, "Campaign").values()))
    before = told(account)
    new = [change(account, "insert", entity=entity)["id"] for entity in ("AdGroup", "AdGroupAd", "AdGroupCriterion") for _ in range(4)]
    clock.seconds += 6 * DAY
    after = told(account)
    assert numbers_of_the_past(before) == numbers_of_the_past(after)
    tails = {name.rsplit("/", 1)[-1] for name in new}
    days = {
        row["date"]
        for name in ("ad_group_reports", "ad_device_reports", "keyword_device_reports")
        for row in after[name].values()
        if row["resource_name"].rsplit("/", 1)[-1] in tails
    }
    assert days
    assert min(days) >= TODAY
    assert campaign == records(account, "Campaign")[campaign["resourceName"]]


def test_numbers_of_one_of_the_last_days_grow(account: Account) -> None:
    before = told(account)
    grown = change(account, "restate")
    after = told(account)
    key = (grown["customer_id"], grown["id"], f"{grown['day']}T00:00:00.000000Z")
    assert TODAY >= grown["day"] >= "2026-09-19"
    was = before["ad_group_reports"].get(key)
    assert after["ad_group_reports"][key]["impressions"] > (was["impressions"] if was else 0)
    assert numbers_of_the_past(before) == numbers_of_the_past(after)
    assert before["customer_reports"] != after["customer_reports"]


def test_numbers_of_one_of_the_last_days_vanish(account: Account) -> None:
    for entity, table in (("AdGroup", "ad_group_reports"), ("AdGroupCriterion", "keyword_device_reports")):
        before = told(account)
        gone = change(account, "zero", entity=entity)
        after = told(account)
        assert numbers_of_the_past(before) == numbers_of_the_past(after)
        assert not any(key[1] == gone["id"] and key[2].startswith(gone["day"]) for key in after[table])
        assert sum(map(len, after.values())) < sum(map(len, before.values()))
    with pytest.raises(ValueError, match="no numbers"):
        change(account, "zero", entity="Label")
    with pytest.raises(LookupError):
        change(account, "restate", id="customers/1/adGroups/1")


def test_a_label_is_attached_and_taken_off(account: Account) -> None:
    before = records(account, "CampaignLabel")
    new = change(account, "label_attach")["id"]
    link = records(account, "CampaignLabel")[new]
    assert link["label"] in records(account, "Campaign")[link["campaign"]]["labels"]
    effective = new.replace("/campaignLabels/", "/campaignEffectiveLabels/")
    assert effective in records(account, "CampaignEffectiveLabel")
    change(account, "label_detach", id=new)
    assert records(account, "CampaignLabel") == before
    assert effective not in records(account, "CampaignEffectiveLabel")
    assert link["label"] not in records(account, "Campaign")[link["campaign"]].get("labels", [])


def test_a_new_custom_column_has_values_from_today_on(world: tuple[Account, Clock]) -> None:
    account, clock = world
    new = [change(account, "custom_column_new", customer_id=account.world.top.id)["id"] for _ in range(4)]
    clock.seconds += 5 * DAY
    found = told(account)["campaign_custom_column_values"]
    days = {row["date"] for row in found.values() if f"customers/{account.world.top.id}/customColumns/{row['custom_column_id']}" in new}
    assert days
    assert min(days) >= TODAY


def test_a_late_conversion_is_taken_back(account: Account) -> None:
    edited = change(account, "conversion_edit")
    row = told(account)["conversions"][edited["customer_id"], edited["id"]]
    assert (row["status"], row["date"] >= "2026-09-19") == ("REMOVED", True)
    assert row["conversion_last_modified_date_time"].startswith(TODAY)


def test_a_cancelled_client_answers_no_more(account: Account) -> None:
    gone = change(account, "cancel_client")["customer_id"]
    assert gone not in {each.id for each in account.clients()}
    found = told(account)
    statuses = {key[0]: row["status"] for key, row in found["customer_clients"].items() if key[1].endswith(gone)}
    assert set(statuses.values()) == {"CANCELED"}
    assert account.world.top.id in statuses
    assert not any(key[0] == gone for key in found["campaigns"])
    with pytest.raises(LookupError):
        change(account, "cancel_client", id="customers/1")
    change(account, "cancel_client")
    with pytest.raises(NobodyLeft):
        change(account, "cancel_client")


def test_a_bundle_does_some_of_all_and_touches_nothing_final(account: Account) -> None:
    before = told(account)
    done = Counter(each["kind"] for each in change_bundle(account, 0.05))
    assert set(done) == set(KINDS.kinds) - {"cancel_client", "switch"}
    after = told(account)
    assert numbers_of_the_past(before) == numbers_of_the_past(after)
    assert all(before[name] != after[name] for name in ("campaigns", "assets", "keywords", "labels", "campaign_reports", "custom_columns"))


def test_bundles_of_the_same_seed_are_the_same() -> None:
    one, other = (make_account(rows=25)[0] for _ in range(2))
    assert change_bundle(one, 0.02) == change_bundle(other, 0.02)
    assert told(one) == told(other)


def test_one_value_is_set_and_nothing_else(account: Account) -> None:
    before = records(account, "AdGroupAd")
    name = next(name for name, record in before.items() if "responsiveSearchAd" in record["ad"])
    set_value(account, "AdGroupAd", name, "ad.responsiveSearchAd.headlines.0.text", 7)
    after = records(account, "AdGroupAd")
    assert after[name]["ad"]["responsiveSearchAd"]["headlines"][0] == {"text": 7}
    assert after[name].get("lastModifiedTime") == before[name].get("lastModifiedTime")
    with pytest.raises(LookupError):
        set_value(account, "AdGroupAd", "customers/1/adGroupAds/1~2", "status", "x")


def test_switches_are_switched(account: Account) -> None:
    version = account.version
    change(account, "switch", name="numbers_of_today", value=False)
    assert account.version != version
    assert not any(row["date"].startswith(TODAY) for row in told(account)["customer_reports"].values())
