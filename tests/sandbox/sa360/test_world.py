from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.sa360.account import Account
from sandbox.sa360.accounts import CUSTOM_COLUMN
from sandbox.sa360.entities import entity_of, shape
from sandbox.sa360.entities_rows import VIEWS
from sandbox.sa360.entities_views import UNRECORDED
from sandbox.sa360.world import make_world
from tests.sandbox.sa360.worlds import make_account


@pytest.fixture
def account() -> Account:
    return make_account(rows=25)[0]


def everything(account: Account) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for entity, places in account.collections.items():
        for place, collection in places.items():
            yield from ((entity, place, record) for record in collection.records())


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


def at(record: object, path: tuple[str, ...]) -> object:
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def test_the_same_seed_makes_the_same_world_and_another_one_another() -> None:
    one, same, other = (list(everything(make_account(rows=25, seed=seed)[0])) for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_a_world_has_as_much_as_was_asked_for() -> None:
    world = make_world(5000, 1)
    clients = [each for each in world.customers if each.campaigns]
    assert len(clients) == 7
    assert sum(each.assets for each in clients) == 5000
    assert sum(each.campaigns for each in clients) == 250
    assert {world.by_id[each.parent].level for each in clients} == {1}
    assert {each.parent for each in clients} == {each.id for each in world.customers if each.level == 1}


def test_a_small_world_has_two_clients_that_answer_and_two_that_do_not(account: Account) -> None:
    assert [each.level for each in account.managers()] == [0, 1, 1]
    assert len(account.clients()) == 2
    assert sorted(each.status for each in account.world.customers if not each.manager) == ["CANCELED", "ENABLED", "ENABLED", "SUSPENDED"]
    told = [record["customerClient"] for record in account.rows(account.world.top.id, "customer_client")]
    assert [(each["level"], each["status"]) for each in told[:2]] == [("0", "ENABLED"), ("1", "ENABLED")]
    assert {each["id"] for each in told} == set(account.customers)


@pytest.mark.parametrize("resource", [resource for resource in VIEWS if resource not in {"conversion", "visit"}])
def test_every_field_is_filled_somewhere(account: Account, resource: str) -> None:
    view = VIEWS[resource]
    if view.only:
        assert any(True for client in account.clients() for _ in account.rows(client.id, resource))
        return
    records = [record for entity, _, record in everything(account) if entity == view.entity]
    unfilled = [leaf.snake for leaf in shape(resource).leaves if all(at(record, leaf.path) is None for record in records)]
    assert unfilled == []


@pytest.mark.parametrize("resource", ["conversion", "visit"])
def test_events_tell_all_there_is_to_tell(account: Account, resource: str) -> None:
    records = [record for entity, _, record in everything(account) if entity == entity_of(resource)]
    assert [leaf.snake for leaf in shape(resource).leaves if all(at(record, leaf.path) is None for record in records)] == []
    rows = [row for client in account.clients() for row in account.rows(client.id, resource)]
    assert all(row["_segments"]["date"] <= "2026-09-21" for row in rows)
    assert any(row["_segments"]["date"] == "2026-09-21" for row in rows)


def test_no_record_has_an_empty_text(account: Account) -> None:
    assert not any(value == "" or value is None for _, _, record in everything(account) for value in leaves(record))


def test_names_are_unique_and_their_text_order_is_that_of_numbers(account: Account) -> None:
    for places in account.collections.values():
        for collection in places.values():
            names = [record["resourceName"].rsplit("/", 1)[-1] for record in collection.records()]
            assert names == sorted(set(names))
            assert len(names) == collection.count()
            assert all(collection.get(collection.number(f"x/{name}")) is not None for name in names)


def test_ids_are_texts_and_criterion_ids_repeat_in_other_ad_groups(account: Account) -> None:
    client = account.clients()[0].id
    keywords = [row["adGroupCriterion"]["criterionId"] for row in account.rows(client, "keyword_view")]
    ads = [row["adGroupAd"]["ad"]["id"] for each in account.clients() for row in account.rows(each.id, "ad_group_ad")]
    assert all(number.isdigit() for number in (*keywords, *ads))
    assert len(set(keywords)) == 3 < len(keywords)
    assert len(set(ads)) == len(ads)


def test_labels_of_managers_are_attached_to_campaigns(account: Account) -> None:
    client = account.clients()[0].id
    links = list(account.rows(client, "campaign_label"))
    owners = {row["campaignLabel"]["ownerCustomerId"] for row in links}
    assert owners == {client, account.customers[client].parent}
    for row in links:
        link = row["campaignLabel"]
        assert link["resourceName"].startswith(f"customers/{link['ownerCustomerId']}/campaignLabels/")
        assert row["label"]["resourceName"] == link["label"]
        assert row["campaign"]["resourceName"] == link["campaign"] == f"customers/{client}/campaigns/{row['campaign']['id']}"


def test_the_oddities_are_there(account: Account) -> None:
    text = json.dumps([record for _, _, record in everything(account)], ensure_ascii=False)
    for odd in ("2037-12-30", "UNKNOWN", "REMOVED", "NULL", '\\"quoted\\"', "\N{FIRE}"):
        assert odd in text
    campaigns = {info.account_type: next(account.rows(info.id, "campaign"))["campaign"] for info in account.clients()}
    assert ("engineId" in campaigns["GOOGLE_ADS"], "engineId" in campaigns["MICROSOFT"]) == (False, True)
    assert "id" not in next(account.rows(account.clients()[0].id, "campaign_budget"))["campaignBudget"]
    assert set(account.collections[CUSTOM_COLUMN]) == {each.id for each in account.managers()}
    columns = [record for each in account.managers() for record in account.records(CUSTOM_COLUMN, each.id)]
    assert {column["queryable"] for column in columns} == {True, False}


def test_what_is_joined_lies_above(account: Account) -> None:
    for client in account.clients():
        for row in account.rows(client.id, "keyword_view"):
            parts = row["keywordView"]["resourceName"].rsplit("/", 1)[-1].split("~")
            assert parts == [row["adGroup"]["id"], row["adGroupCriterion"]["criterionId"]]
            assert row["adGroup"]["_campaign"] == row["campaign"]["resourceName"]
            assert row["customer"]["id"] == client.id
    assert all("campaignBudget" in row for client in account.clients() for row in account.rows(client.id, "campaign"))


@pytest.mark.parametrize("resource", [*VIEWS, *UNRECORDED])
def test_every_resource_has_rows(account: Account, resource: str) -> None:
    rows = [row for info in (*account.managers(), *account.clients()) for row in account.rows(info.id, resource)]
    assert rows


def test_size_costs_nothing_to_keep() -> None:
    account, _ = make_account(rows=10_000_000)
    client = account.clients()[-1].id
    assets = account.collections["Asset"][client]
    assert assets.count() > 800_000
    record = assets.get(assets.seek(assets.count() - 1))
    assert record is not None
    assert account.get("Asset", client, record["resourceName"]) == record
    assert next(account.rows(client, "asset"))["asset"]["resourceName"] < record["resourceName"]


def test_a_day_begins_where_an_account_is(account: Account) -> None:
    zones = {info.time_zone: info.id for info in make_world(5000, 1).customers if info.campaigns}
    world, clock = make_account(rows=5000, seed=1)
    before = world.version
    clock.seconds = 1_790_033_400.0  # 23:30 in London, 04:00 the next morning in Kolkata
    days = [world.today(zones[zone]).day for zone in ("Asia/Kolkata", "Europe/Berlin", "Europe/London", "America/Los_Angeles")]
    assert days == [22, 22, 22, 21]
    assert world.version != before
