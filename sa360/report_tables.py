"""The tables of daily numbers, of events, and of the values of custom columns."""

from __future__ import annotations

from collections.abc import Iterable

from cells import Fields, boolean, double, integer, text
from common.tables import Column, Table
from entity_fields import OF_AD_GROUP, OF_CAMPAIGN
from library_fields import LIBRARY_FIELDS
from report_fields import (
    AD_NETWORK,
    ALL,
    BIDDABLE,
    BY_CONVERSION_DATE,
    CART,
    CONVERSION_ACTION,
    CONVERSION_ACTION_NAME,
    CONVERSIONS,
    CORE,
    CROSS_DEVICE,
    DATE,
    DEVICE,
    LOST,
    OF_PRODUCT,
    PRODUCT,
    PRODUCT_ID,
    QUALITY,
    SALES,
    SHARE,
    VIEW_THROUGH,
    VISITS,
)
from sources import OWNER, Source, columns_of, currency_of, resource_name, times_of, zeros_of

KEY_SEGMENTS = ("device", "conversion_action")
ID = "id"
CUSTOM_COLUMN_KEY = "custom_column_id"
# What one value of a custom column can be, by its name in JSON (fact sheet 4); two kinds of fractions share a column.
VALUE_COLUMNS: dict[str, Column] = {
    "boolean_value": boolean(""),
    "int_64_value": integer(""),
    "double_value": double(""),
    "string_value": text(""),
}

OF_AD: Fields = {"ad_group_ad.ad.id": text, **OF_AD_GROUP}
CRITERION: Fields = {"ad_group_criterion.criterion_id": text}
CAMPAIGN_CRITERION: Fields = {"campaign_criterion.criterion_id": text}
OF_KEYWORD: Fields = CRITERION | OF_AD_GROUP
CORE_ON_DEVICE: Fields = CORE | VIEW_THROUGH | VISITS
# Columns that drop the prefix of a joined resource, since it says nothing that the table's name does not.
RECORDS = {
    "ad_group_ad": "ad_group_ad",
    "keyword_view": "ad_group_criterion",
    "product_group_view": "ad_group_criterion",
    "age_range_view": "ad_group_criterion",
    "gender_view": "ad_group_criterion",
    "webpage_view": "ad_group_criterion",
    "ad_group_audience_view": "ad_group_criterion",
    "campaign_audience_view": "campaign_criterion",
    "location_view": "campaign_criterion",
    "user_location_view": "user_location_view",
    "customer_asset": "customer_asset",
    "campaign_asset": "campaign_asset",
    "ad_group_asset": "ad_group_asset",
    "asset_set_asset": "asset_set_asset",
    "dynamic_search_ads_search_term_view": "dynamic_search_ads_search_term_view",
}
# Attributes that are called after what they are an attribute of: criterion.user_list.user_list is just user_list.
SHORTENED = {
    "user_list_user_list": "user_list",
    "location_geo_target_constant": "geo_target_constant",
}


def _columns(fields: Fields, resource: str) -> dict[str, Column]:
    columns = columns_of(fields, RECORDS.get(resource, ""))
    return {SHORTENED.get(name, name): column for name, column in columns.items()}


def _numeric_id(ids: Fields) -> str:
    """The first field by which rows can be asked for in ranges."""
    return next((path for path in ids if path.endswith((".id", "criterion_id"))), "")


def _source(table: Table, resource: str, plural: str, fields: Fields, ids: Fields, hashed: Iterable[str] = ()) -> Source:
    return Source(
        table=table,
        resource=resource,
        select=tuple(fields) if hashed else (f"{resource}.resource_name", *fields),
        id_field=_numeric_id(ids),
        plural=plural,
        times=times_of(fields),
        zeros=zeros_of(fields),
        daily=True,
        hashed=tuple(hashed),
    )


def _report(table: str, resource: str, plural: str, segments: Fields, ids: Fields, metrics: Fields) -> Source:
    """A table with a row for each record, day, and whatever else its key holds of the segments."""
    fields = DATE | segments | ids | metrics
    columns = OWNER | resource_name(resource) | _columns(fields, resource)
    key = ["customer_id", "resource_name", "date", *(name for name in KEY_SEGMENTS if name in columns)]
    return _source(Table(table, key, columns | currency_of(fields, columns)), resource, plural, fields, ids)


def _by_action(name: str, resource: str, plural: str, ids: Fields, metrics: Fields, segments: Fields = DEVICE) -> Source:
    """The part of a report that belongs to conversion actions, which cannot be asked for with clicks and costs (fact sheet 7)."""
    return _report(f"{name}_conversion_action_reports", resource, plural, segments | CONVERSION_ACTION, ids, metrics)


def _hashed(table: str, resource: str, parts: Fields, metrics: Fields) -> Source:
    """A table whose resource name is the same in every row, so that a hash of all that tells rows apart stands in its place."""
    told = _columns(parts, resource)
    fields = DATE | parts | metrics
    columns = OWNER | {ID: text("")} | _columns(DATE, resource) | told | _columns(metrics, resource)
    table_of = Table(table, ["customer_id", "date", ID], columns | currency_of(fields, columns))
    return _source(table_of, resource, "", fields, parts, told)


def _attribute(path: str) -> Fields:
    return {path: text}


def _criteria(name: str, resource: str, plural: str, attribute: str) -> tuple[Source, Source]:
    """The two reports of a kind of criteria of ad groups, for each of which one attribute tells what it is."""
    ids = CRITERION | _attribute(f"ad_group_criterion.{attribute}") | OF_AD_GROUP
    return (
        _report(f"{name}_reports", resource, plural, DEVICE, ids, CORE | VIEW_THROUGH),
        _by_action(name, resource, plural, ids, CROSS_DEVICE),
    )


def _campaign_criteria(name: str, resource: str, plural: str, attribute: str) -> tuple[Source, Source]:
    """The same for criteria of campaigns."""
    ids = CAMPAIGN_CRITERION | _attribute(f"campaign_criterion.{attribute}") | OF_CAMPAIGN
    return (
        _report(f"{name}_reports", resource, plural, DEVICE, ids, CORE | VIEW_THROUGH),
        _by_action(name, resource, plural, ids, CONVERSIONS),
    )


def _assets(resource: str, plural: str, ids: Fields) -> tuple[Source, Source]:
    """The two reports of a kind of links to assets, which know no device."""
    return (
        _report(f"{resource}_reports", resource, plural, {}, ids, CORE),
        _by_action(resource, resource, plural, ids, CONVERSIONS, {}),
    )


REPORTS = {
    source.name: source
    for source in (
        _report("customer_reports", "customer", "", {}, {}, CORE | SHARE | LOST),
        _report("customer_device_reports", "customer", "", DEVICE, {}, CORE_ON_DEVICE),
        _by_action("customer", "customer", "", {}, CONVERSIONS),
        _report("campaign_reports", "campaign", "campaigns", {}, OF_CAMPAIGN, CORE_ON_DEVICE | ALL | BIDDABLE | SHARE | LOST),
        _report("campaign_device_reports", "campaign", "campaigns", DEVICE, OF_CAMPAIGN, CORE_ON_DEVICE),
        _by_action("campaign", "campaign", "campaigns", OF_CAMPAIGN, CONVERSIONS | BY_CONVERSION_DATE),
        _report("ad_group_reports", "ad_group", "adGroups", {}, OF_AD_GROUP, CORE | SHARE),
        _report("ad_group_device_reports", "ad_group", "adGroups", DEVICE, OF_AD_GROUP, CORE_ON_DEVICE),
        _by_action("ad_group", "ad_group", "adGroups", OF_AD_GROUP, CONVERSIONS),
        _report("ad_device_reports", "ad_group_ad", "adGroupAds", DEVICE, OF_AD, CORE_ON_DEVICE),
        _by_action("ad", "ad_group_ad", "adGroupAds", OF_AD, CONVERSIONS | BY_CONVERSION_DATE),
        _report("keyword_reports", "keyword_view", "keywordViews", {}, OF_KEYWORD, QUALITY),
        _report("keyword_device_reports", "keyword_view", "keywordViews", DEVICE, OF_KEYWORD, CORE_ON_DEVICE),
        _by_action("keyword", "keyword_view", "keywordViews", OF_KEYWORD, CONVERSIONS | BY_CONVERSION_DATE),
        _report(
            "bidding_strategy_reports",
            "bidding_strategy",
            "biddingStrategies",
            {},
            _attribute("bidding_strategy.id"),
            CORE | VIEW_THROUGH | CONVERSIONS | BY_CONVERSION_DATE,
        ),
        _report(
            "product_group_reports",
            "product_group_view",
            "productGroupViews",
            {},
            OF_KEYWORD,
            CORE | VIEW_THROUGH | CONVERSIONS,
        ),
        _hashed("product_reports", "shopping_performance_view", {"campaign.id": text, "ad_group.id": text} | PRODUCT, OF_PRODUCT),
        _hashed("product_device_reports", "shopping_performance_view", PRODUCT_ID | DEVICE, OF_PRODUCT),
        _hashed(
            "product_conversion_action_reports",
            "shopping_performance_view",
            PRODUCT_ID | DEVICE | CONVERSION_ACTION,
            CONVERSIONS,
        ),
        _hashed("cart_data_sales_reports", "cart_data_sales_view", {"campaign.id": text, "ad_group.id": text} | CART, SALES),
        *_criteria("age_range", "age_range_view", "ageRangeViews", "age_range.type"),
        *_criteria("gender", "gender_view", "genderViews", "gender.type"),
        *_criteria("webpage", "webpage_view", "webpageViews", "webpage.criterion_name"),
        *_criteria("ad_group_audience", "ad_group_audience_view", "adGroupAudienceViews", "user_list.user_list"),
        *_campaign_criteria("campaign_audience", "campaign_audience_view", "campaignAudienceViews", "user_list.user_list"),
        *_campaign_criteria("location", "location_view", "locationViews", "location.geo_target_constant"),
        _report(
            "user_location_reports",
            "user_location_view",
            "userLocationViews",
            {},
            {"user_location_view.country_criterion_id": text, "user_location_view.targeting_location": boolean},
            CORE,
        ),
        *_assets("customer_asset", "customerAssets", _attribute("customer_asset.asset")),
        *_assets("campaign_asset", "campaignAssets", OF_CAMPAIGN | _attribute("campaign_asset.asset")),
        *_assets("ad_group_asset", "adGroupAssets", {"ad_group.id": text} | _attribute("ad_group_asset.asset")),
        *_assets("asset_set_asset", "assetSetAssets", _attribute("asset_set_asset.asset_set") | _attribute("asset_set_asset.asset")),
        _report(
            "dynamic_search_ads_search_term_reports",
            "dynamic_search_ads_search_term_view",
            "dynamicSearchAdsSearchTermViews",
            {},
            _attribute("dynamic_search_ads_search_term_view.landing_page"),
            CORE,
        ),
    )
}


def _events(table: str, resource: str, segment: Fields) -> Source:
    """A table of single events, each known by its resource name, which are asked for by day."""
    fields = DATE | DEVICE | segment | OF_AD_GROUP | LIBRARY_FIELDS[resource]
    columns = OWNER | resource_name(resource) | columns_of(fields, resource)
    key = ["customer_id", "resource_name"]
    return _source(Table(table, key, columns | currency_of(fields, columns)), resource, table, fields, {f"{resource}.id": text})


EVENTS = {
    source.name: source
    for source in (
        _events("conversions", "conversion", CONVERSION_ACTION_NAME),
        _events("visits", "visit", AD_NETWORK),
    )
}


def _values(table: str, resource: str, plural: str, ids: Fields) -> Source:
    """A table of custom columns' values, one a row; which custom columns are asked for is for the query to add."""
    fields = DATE | ids
    told = OWNER | resource_name(resource) | _columns(DATE, resource)
    named = {CUSTOM_COLUMN_KEY: text(""), "custom_column_name": text("")}
    columns = told | named | _columns(ids, resource) | VALUE_COLUMNS
    return _source(Table(table, [*told, CUSTOM_COLUMN_KEY], columns), resource, plural, fields, ids)


COLUMN_VALUES = {
    source.name: source
    for source in (
        _values("campaign_custom_column_values", "campaign", "campaigns", OF_CAMPAIGN),
        _values("keyword_custom_column_values", "keyword_view", "keywordViews", OF_KEYWORD),
    )
}
