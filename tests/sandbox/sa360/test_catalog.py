"""The catalogue is Google's: compared with the discovery document that Google's own client carries, field by field, enum by enum."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from sandbox.sa360 import catalog
from sandbox.sa360.catalog import ENUMS, FIELDS, NUMBERS, RESOURCES, Field, camel, describe, fights, snake
from sandbox.sa360.catalog_offers import JOINED, OFFERED

DOCUMENT = files("googleapiclient") / "discovery_cache" / "documents" / "searchads360.v0.json"
SCHEMAS: dict[str, Any] = json.loads(DOCUMENT.read_text())["schemas"]
ROW = SCHEMAS["GoogleAdsSearchads360V0Services__SearchAds360Row"]["properties"]
KINDS = {
    ("string", "int64"): "i64", ("integer", "int32"): "i32", ("number", "double"): "d", ("number", "float"): "f",
    ("boolean", None): "b", ("string", None): "s", ("string", "byte"): "bytes",
}  # fmt: skip

Described = tuple[str, bool, tuple[str, ...]]


def described(schema: dict[str, Any]) -> Described:
    """Return the kind, whether it is repeated, and the enum's values."""
    if schema.get("type") == "array":
        kind, _, values = described(schema["items"])
        return kind, True, values
    if "$ref" in schema:
        return "message", False, ()
    if "enum" in schema:
        return "e", False, tuple(schema["enum"])
    return KINDS[schema["type"], schema.get("format")], False, ()


def leaves(reference: str, prefix: str = "") -> Iterator[tuple[str, Described]]:
    for name, schema in SCHEMAS[reference].get("properties", {}).items():
        path = f"{prefix}{name}"
        if "$ref" in schema and SCHEMAS[schema["$ref"]].get("properties"):
            yield from leaves(schema["$ref"], f"{path}.")
        else:
            yield path, described(schema)


def ours(field: Field) -> Described:
    return "s" if field.kind == "date" else field.kind, field.repeated, field.values


def fields_of(owner: str) -> dict[str, Described]:
    fields = RESOURCES[owner].fields if owner in RESOURCES else NUMBERS[owner]
    return {camel(path): ours(field) for path, field in fields.items()}


def test_the_resources_are_googles() -> None:
    assert sorted(map(camel, (*RESOURCES, *NUMBERS, "custom_columns"))) == sorted(ROW)


@pytest.mark.parametrize("name", sorted(set(ROW) - {"customColumns"}))
def test_the_fields_of_a_resource_are_googles(name: str) -> None:
    assert fields_of(snake(name)) == dict(leaves(ROW[name]["$ref"]))


def test_each_enum_is_used_and_none_is_there_twice() -> None:
    assert {field.enum for field in FIELDS.values() if field.enum} == set(ENUMS)
    assert all(len(set(values)) == len(values) and not {"UNKNOWN", "UNSPECIFIED"} & set(values) for values in ENUMS.values())


def test_spellings_go_there_and_back() -> None:
    assert camel("ad.expanded_text_ad.headline2") == "ad.expandedTextAd.headline2"
    assert camel("product_type_l1") == "productTypeL1"
    assert snake("customAttribute0") == "custom_attribute0"
    assert all(snake(camel(name)) == name for name in (*FIELDS, *RESOURCES))


def test_what_is_joined_and_offered_exists() -> None:
    assert {*JOINED, *OFFERED} <= set(RESOURCES)
    for each in RESOURCES.values():
        assert set(each.joined) <= set(RESOURCES) - {each.name}
        assert each.segments | each.metrics <= set(FIELDS)


def test_names_are_patterns_of_their_own() -> None:
    patterns = [each.pattern for each in RESOURCES.values()]
    assert len(set(patterns)) == len(patterns) == 56
    assert RESOURCES["campaign"].pattern == "customers/{customer_id}/campaigns/{campaign_id}"
    assert RESOURCES["dynamic_search_ads_search_term_view"].pattern.count("~") == 4
    assert all(re.fullmatch(r"(customers/{\w+}/)?[a-zA-Z]+(/({\w+}~?)+)?", pattern) for pattern in patterns)


def test_entities_without_numbers_offer_none() -> None:
    for name in ("label", "asset", "campaign_criterion", "ad_group_criterion", "customer_client", "geo_target_constant"):
        assert not RESOURCES[name].segments | RESOURCES[name].metrics
    assert RESOURCES["visit"].segments
    assert not RESOURCES["visit"].metrics


def test_lost_shares_are_of_customers_and_campaigns() -> None:
    having = {each.name for each in RESOURCES.values() if "metrics.search_budget_lost_impression_share" in each.metrics}
    assert having == {"customer", "campaign"}


@pytest.mark.parametrize(
    ("segment", "metric", "expected"),
    [
        ("segments.conversion_action", "metrics.clicks", True),
        ("segments.conversion_action_name", "metrics.client_account_conversions", True),
        ("segments.conversion_action_category", "metrics.all_conversions", False),
        ("segments.conversion_action", "metrics.cross_device_conversions_value_by_conversion_date", False),
        ("segments.device", "metrics.search_impression_share", True),
        ("segments.device", "metrics.historical_quality_score", True),
        ("segments.device", "metrics.visits", False),
        ("segments.date", "metrics.search_impression_share", False),
    ],
)
def test_segments_fight_metrics(segment: str, metric: str, expected: bool) -> None:
    assert fights(segment, metric) is expected


def test_what_vanishes_at_its_default() -> None:
    vanishing = ("metrics.conversions_by_conversion_date", "customer.manager_id", "campaign.engine_id", "asset_group.path1")
    assert all(map(catalog.vanishes, vanishing))
    assert not any(map(catalog.vanishes, ("metrics.clicks", "campaign.name", "metrics.cross_device_conversions_by_conversion_date")))


def test_a_field_is_described_as_the_field_service_does() -> None:
    found = dict(describe("campaign.status") or {})
    assert {"ad_group", "metrics.clicks", "segments.date"} <= set(found.pop("selectableWith"))
    assert found == {
        "resourceName": "searchAds360Fields/campaign.status", "name": "campaign.status", "category": "ATTRIBUTE",
        "selectable": True, "filterable": True, "sortable": True, "enumValues": ["ENABLED", "PAUSED", "REMOVED", "UNKNOWN", "UNSPECIFIED"],
        "dataType": "ENUM", "isRepeated": False, "typeUrl": "google.ads.searchads360.v0.enums.CampaignStatus",
    }  # fmt: skip


def test_a_resource_is_described_with_what_it_offers() -> None:
    found = describe("campaign") or {}
    assert (found["category"], found["selectable"], found["isRepeated"]) == ("RESOURCE", False, False)
    assert found["attributeResources"] == ["accessible_bidding_strategy", "bidding_strategy", "campaign_budget", "customer"]
    assert found["metrics"] == sorted(RESOURCES["campaign"].metrics)
    assert found["segments"] == sorted(RESOURCES["campaign"].segments)
    assert "metrics" not in (describe("label") or {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("segments.date", "DATE"), ("segments.year", "INT32"), ("metrics.clicks", "INT64"), ("metrics.ctr", "DOUBLE"),
        ("campaign_criterion.bid_modifier", "FLOAT"), ("customer.manager", "BOOLEAN"), ("campaign.name", "STRING"),
        ("campaign.resource_name", "RESOURCE_NAME"), ("campaign.campaign_budget", "RESOURCE_NAME"),
        ("campaign.url_custom_parameters", "MESSAGE"),
    ],
)  # fmt: skip
def test_data_types(name: str, expected: str) -> None:
    assert (describe(name) or {})["dataType"] == expected


def test_all_descriptions_fit_googles_schema() -> None:
    properties = SCHEMAS["GoogleAdsSearchads360V0Resources__SearchAds360Field"]["properties"]
    names = catalog.described()
    assert list(names) == sorted({*FIELDS, *RESOURCES})
    for name in names:
        found = describe(name) or {}
        assert set(found) <= set(properties)
        assert found["dataType"] in properties["dataType"]["enum"]
        assert found["category"] in properties["category"]["enum"]
    assert describe("campaign.nam") is None


def test_fields_that_fight_are_not_selectable_with_each_other() -> None:
    assert "metrics.clicks" not in (describe("segments.conversion_action") or {})["selectableWith"]
    assert "segments.conversion_action" not in (describe("metrics.clicks") or {})["selectableWith"]
    assert "metrics.all_conversions" in (describe("segments.conversion_action") or {})["selectableWith"]
