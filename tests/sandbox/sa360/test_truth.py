from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.sa360 import customcolumns, facts, truth, truth_reports
from sandbox.sa360.account import Account
from sandbox.sa360.changes import set_value
from sandbox.sa360.kinds import cell, column_of, kind_of
from tests.sandbox.sa360.worlds import DAY, make_account, numbers, told

SUMS = ("impressions", "clicks", "costMicros", "allConversions", "allConversionsValue", "visits", "conversionsByConversionDate")
NEW_YORK = ZoneInfo("America/New_York")
# Columns of a table for one type of criterion that belong to the other types.
_OTHER_TYPES = (
    "age_range_type", "gender_type", "user_list_user_list", "webpage_criterion_name", "webpage_conditions", "webpage_coverage_percentage",
    "location_geo_target_constant",
)  # fmt: skip
UNFILLED = {
    "keywords": {"listing_group_type", *_OTHER_TYPES},
    "product_groups": {"keyword_text", "keyword_match_type", *_OTHER_TYPES},
    "ad_group_criteria": {"keyword_text", "keyword_match_type"},
}


def sums(account: Account, client: str, resource: str, names: tuple[str, ...]) -> dict[tuple[Any, ...], list[float]]:
    found: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * len(SUMS))
    for day, segments, metrics in numbers(account, client, resource, names):
        key = (day, *sorted(segments.items()))
        found[key] = [round(old + metrics.get(name, 0), 6) for old, name in zip(found[key], SUMS, strict=True)]
    return found


@pytest.mark.parametrize("names", [(), ("device",), ("device", "conversionAction")])
def test_a_client_is_the_sum_of_its_campaigns_and_those_of_their_ad_groups(names: tuple[str, ...]) -> None:
    account, _ = make_account()
    for client in account.clients():
        client_sums = sums(account, client.id, "customer", names)
        assert client_sums
        assert client_sums == sums(account, client.id, "campaign", names) == sums(account, client.id, "ad_group", names)


def test_ratios_follow_from_the_sums() -> None:
    account, _ = make_account()
    for _, _, metrics in numbers(account, account.clients()[0].id, "customer"):
        if metrics["clicks"]:
            assert metrics["averageCpc"] == metrics["costMicros"] / metrics["clicks"]
        if metrics["impressions"]:
            assert metrics["ctr"] == metrics["clicks"] / metrics["impressions"]
            assert 1 <= metrics["historicalQualityScore"] <= 10
        else:
            assert "ctr" not in metrics
        assert not 0 <= metrics.get("searchImpressionShare", 1) < 0.0999
        assert metrics.get("searchRankLostImpressionShare", 0) <= 0.9001


def test_by_conversion_action_there_are_conversions_only() -> None:
    account, _ = make_account()
    found = list(numbers(account, account.clients()[0].id, "campaign", ("conversionActionName",)))
    assert found
    assert all("clicks" not in metrics and "allConversions" in metrics for _, _, metrics in found)
    assert len({segments["conversionActionName"] for _, segments, _ in found}) == 3


def test_what_is_combined_is_what_is_counted_together() -> None:
    account, _ = make_account()
    client = account.clients()[0].id
    parts = [metrics for _, _, metrics in numbers(account, client, "campaign", ("device",))]
    whole = facts.combined(parts)
    assert whole["impressions"] == sum(part["impressions"] for part in parts)
    assert whole["ctr"] == whole["clicks"] / whole["impressions"]
    assert facts.combined([])["clicks"] == 0


def test_about_every_third_day_has_numbers() -> None:
    account, _ = make_account()
    client = account.clients()[0].id
    rows = list(account.rows(client, "keyword_view"))
    share = len(list(numbers(account, client, "keyword_view"))) / (len(rows) * 14)
    assert 0.2 < share < 0.4


def test_there_are_no_numbers_of_tomorrow_nor_of_long_ago() -> None:
    account, _ = make_account()
    client = account.clients()[0].id
    today, row = account.today(client), next(account.rows(client, "customer"))
    later, before = today + timedelta(days=1), facts.first_day(today) - timedelta(days=1)
    assert facts.first_day(today).isoformat() == "2023-08-21"
    assert not any(facts.has_numbers(account, client, row, day - timedelta(days=age)) for day in (before,) for age in range(20))
    assert not any(facts.has_numbers(account, client, row, later + timedelta(days=age)) for age in range(20))
    account.switches.numbers_of_today = False
    assert not facts.has_numbers(account, client, row, today)


def of_days(tables: dict[str, Any], before: str) -> dict[str, Any]:
    return {
        name: {key: row for key, row in rows.items() if row["date"] < before}
        for name, rows in tables.items()
        if name.endswith(("_reports", "_values"))
    }


def test_numbers_are_final_after_three_days_and_grow_or_vanish_until_then() -> None:
    account, clock = make_account(rows=25)
    first = told(account)
    clock.seconds += 9 * DAY
    last = told(account)
    final, until_now = "2026-09-19", "2026-09-22"  # three days old and older, and all that there was
    assert of_days(first, final) == of_days(last, final)
    early, late = of_days(first, until_now)["ad_group_device_reports"], of_days(last, until_now)["ad_group_device_reports"]
    assert early.keys() - late.keys()  # they vanished
    both = [(early[key]["impressions"], late[key]["impressions"]) for key in early.keys() & late.keys()]
    assert all(one <= other for one, other in both)
    assert any(one < other for one, other in both)


def test_the_same_seed_tells_the_same_truth() -> None:
    one, same, other = (told(make_account(rows=25, seed=seed)[0]) for seed in (5, 5, 6))
    assert one == same
    assert one != other


@pytest.mark.parametrize("rows", [25, 60])
def test_every_column_is_filled_somewhere(rows: int) -> None:
    account, _ = make_account(rows=rows)
    for name, table in truth.truth_tables(account, truth.OPTIONAL).items():
        found = list(table.rows())
        unfilled = {column for column in table.columns if all(row[column] is None for row in found)}
        assert unfilled == UNFILLED.get(name, set()), name
        assert found[0].keys() == set(table.columns)
        assert len({tuple(row[column] for column in table.key) for row in found}) == len(found)


def test_tables_that_are_optional_are_left_out_unless_they_are_named() -> None:
    account, _ = make_account(rows=25)
    names = set(truth.truth_tables(account, ()))
    assert not names & truth.OPTIONAL
    assert set(truth.truth_tables(account, {"visits"})) == names | {"visits"}
    types = truth.truth_types(account)
    assert types["campaigns"]["start_date"] == types["campaigns"]["last_modified_time"] == "timestamp"
    assert types["campaign_budgets"] == {
        "customer_id": "text", "resource_name": "text", "amount": "decimal", "delivery_method": "text", "period": "text", "id": "text",
        "currency_code": "text",
    }  # fmt: skip


def test_a_row_without_a_name_is_known_by_a_hash() -> None:
    account, _ = make_account(rows=25)
    report = next(each for each in truth_reports.REPORTS if each.table == "product_device_reports")
    row: dict[str, Any] = {"product_item_id": "sku-1", "device": None}
    # printf '["sku-1",null]' | sha256sum
    assert truth_reports.hash_of(row, report) == "a1e993848d539ea67267"
    found = told(account)["product_device_reports"]
    assert all(re.fullmatch(r"[0-9a-f]{20}", str(row["id"])) for row in found.values())


def test_a_custom_column_has_values_where_something_was_shown() -> None:
    column = {"id": "1", "valueType": "INT64", "_since": 10}
    assert customcolumns.value(column, {"impressions": 9, "clicks": 2, "_day": 10}) == {"int64Value": "7"}
    assert customcolumns.value(column, {"impressions": 9, "clicks": 2, "_day": 9}) == {}
    assert customcolumns.value(column, {"impressions": 0, "clicks": 0, "_day": 10}) == {}
    kinds = {"STRING": "stringValue", "BOOLEAN": "booleanValue", "DOUBLE": "doubleValue"}
    for kind, key in kinds.items():
        assert list(customcolumns.value({"id": "1", "valueType": kind}, {"impressions": 9, "clicks": 2})) == [key]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("time", "2024-03-10 02:30:00", "2024-03-10T07:30:00.000000Z"),  # the clock skips it: the offset from before
        ("time", "2024-11-03 01:30:00", "2024-11-03T05:30:00.000000Z"),  # it occurs twice: the first one
        ("time", "2024-11-03T01:30:00.1234567", "2024-11-03T05:30:00.123456Z"),
        ("time", "2024-11-03T01:30:00-05:00", "2024-11-03T06:30:00.000000Z"),
        ("time", "2024-11-03T01:30:00Z", "2024-11-03T01:30:00.000000Z"),
        ("time", "2024-11-03", None),
        ("time", "2023-02-29 00:00:00", None),
        ("time", 7, None),
        ("day", "2037-12-30", "2037-12-30T00:00:00.000000Z"),
        ("day", "2023-02-29", None),
        ("day", "2024-02-29 00:00:00", None),
        ("day", "", None),
        ("decimal", "20000000", "20.000000"),
        ("decimal", 400000.5, "0.400000"),
        ("decimal", 400001.5, "0.400002"),
        ("decimal", "-7", "-0.000007"),
        ("decimal", True, None),
        ("integer", "12", 12),
        ("integer", "1.5", None),
        ("json", ["1", {"b": 1, "a": "\N{FIRE}"}], '["1",{"a":"\N{FIRE}","b":1}]'),
        ("text", 7, "7"),
        ("text", {"an": "object"}, None),
        ("boolean", False, False),
        ("double", "x", None),
    ],
)
def test_a_value_becomes_a_cell(kind: str, value: object, expected: object) -> None:
    found = cell(kind, value, NEW_YORK)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("path", "wire", "column", "kind"),
    [
        ("ad.expanded_text_ad.headline2", "s", "ad_expanded_text_ad_headline_2", "text"),
        ("product_type_l1", "s", "product_type_l_1", "text"),
        ("cpc_bid_micros", "i64", "cpc_bid", "decimal"),
        ("average_cpc", "d", "average_cpc", "decimal"),
        ("shopping_setting.merchant_id", "i64", "shopping_setting_merchant_id", "text"),
        ("customer_client.level", "i64", "customer_client_level", "integer"),
        ("labels", "s[]", "labels", "json"),
        ("conversion_date_time", "s", "conversion_date_time", "time"),
        ("double_click_campaign_manager_setting.time_zone", "s", "double_click_campaign_manager_setting_time_zone", "text"),
        ("status", "CampaignStatus", "status", "text"),
    ],
)
def test_columns_follow_from_paths(path: str, wire: str, column: str, kind: str) -> None:
    assert (column_of("campaign", path), kind_of(path, wire)) == (column, kind)


def test_a_value_of_the_wrong_type_is_null_in_its_own_cell_only() -> None:
    account, _ = make_account(rows=25)
    before = told(account)["campaigns"]
    key = next(iter(before))
    set_value(account, "Campaign", key[1], "startDate", "2023-02-29T00:00:00")
    after = told(account)["campaigns"]
    assert after[key] == before[key] | {"start_date": None}
    assert {other: row for other, row in after.items() if other != key} == {other: row for other, row in before.items() if other != key}


def test_an_account_that_does_not_answer_is_told_of_by_its_managers_only() -> None:
    account, _ = make_account(rows=25)
    closed = next(each.id for each in account.world.customers if each.status == "CANCELED")
    found = told(account)
    assert {key[1].rsplit("/", 1)[-1] for key in found["customer_clients"]} >= {closed}
    assert all(key[0] != closed for name, rows in found.items() if name != "geo_target_constants" for key in rows)
