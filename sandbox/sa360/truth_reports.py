"""The truth about numbers: of each report the rows, day by day, in which at least one of its own metrics is not zero.

Straight from the facts: no query has a hand in it. What was worked out for a row and a day is kept, unless it was changed from outside:
it is the same in every world of the same seed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any, NamedTuple

from sandbox.arithmetic import Record
from sandbox.sa360.account import Account
from sandbox.sa360.accounts import CUSTOM_COLUMN
from sandbox.sa360.customcolumns import value
from sandbox.sa360.entities import camel
from sandbox.sa360.facts import FINAL_DAYS, by_segments, first_day
from sandbox.sa360.kinds import cell
from sandbox.sa360.truth_rows import ABSENT_IS_ZERO, CURRENCY, CUSTOMER, Col, cells, has_money, number_columns, record_columns, table
from sandbox.sa360.world import CustomerInfo
from sandbox.truth import Row, TruthTable

_CORE = "impressions clicks cost_micros ctr average_cpc average_cpm client_account_conversions client_account_conversions_value "
_VT, _VIS = "client_account_view_through_conversions ", "visits "
_ALL = "all_conversions all_conversions_value "
_CROSS = "cross_device_conversions cross_device_conversions_value "
_CONV = _ALL + _CROSS
_CDATE = (
    "all_conversions_by_conversion_date all_conversions_value_by_conversion_date cross_device_conversions_by_conversion_date "
    "cross_device_conversions_value_by_conversion_date "
)
_BID = "conversions conversions_value "
_SHARE = (
    "search_impression_share search_rank_lost_impression_share content_impression_share content_rank_lost_impression_share "
    "historical_quality_score "
)
_LOST = "search_budget_lost_impression_share content_budget_lost_impression_share "
_ACTION = "conversion_action conversion_action_name conversion_action_category"
_PRODUCT = " ".join(
    (
        "product_item_id product_title product_brand product_channel product_channel_exclusivity product_condition product_country",
        "product_language product_store_id",
        *(f"product_bidding_category_level{level}" for level in range(1, 6)),
        *(f"product_type_l{level}" for level in range(1, 6)),
        *(f"product_custom_attribute{place}" for place in range(5)),
    )
)
_CLICKED = "impressions clicks cost_micros ctr average_cpc client_account_conversions client_account_conversions_value"
_CART = " ".join(
    f"{account}{kind}_{what}"
    for kind in ("lead", "cross_sell")
    for account in ("client_account_", "")
    for what in ("revenue_micros", "gross_profit_micros", "units_sold")
)
_BOUGHT = "product_item_id product_title product_brand product_sold_item_id product_sold_title product_sold_brand"
_MOST_KEPT = 400_000
_KNOWN: dict[tuple[Any, ...], tuple[Row, ...]] = {}

OPTIONAL = frozenset({"conversions", "visits"})


@dataclass(frozen=True)
class Report:
    """A table of numbers: the resource of FROM, the segments besides the date, the attributes (column=path), and the metrics.

    The rows of one that is `hashed` are known by a hash of attributes and segments.
    """

    table: str
    resource: str
    segments: str
    attributes: str
    metrics: str
    hashed: bool = False

    @cached_property
    def attribute_columns(self) -> tuple[Col, ...]:
        """Return the columns of what is joined."""
        found = []
        for each in self.attributes.split():
            name, path = each.split("=")
            found.append(Col(name, tuple(camel(path).split(".")), "boolean" if name == "targeting_location" else "text"))
        return tuple(found)

    @cached_property
    def segment_columns(self) -> tuple[Col, ...]:
        """Return the columns of the segments besides the date."""
        return number_columns(self.segments)

    @cached_property
    def metric_columns(self) -> tuple[Col, ...]:
        """Return the columns of the metrics."""
        return number_columns(self.metrics)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the segments by their names on the wire."""
        return tuple(camel(name) for name in self.segments.split())

    @property
    def key(self) -> list[str]:
        """Return the columns of the key."""
        if self.hashed:
            return ["customer_id", "date", "id"]
        parts = [name for name in ("device", "conversion_action") if name in self.segments.split()]
        return ["customer_id", "resource_name", "date", *parts]

    @property
    def columns(self) -> list[Col]:
        """Return all columns."""
        named, day = Col("id" if self.hashed else "resource_name", (), "text"), number_columns("date")
        parts = (*self.attribute_columns, *self.segment_columns) if self.hashed else (*self.segment_columns, *self.attribute_columns)
        currency = (CURRENCY,) if has_money(self.metric_columns) else ()
        return [CUSTOMER, named, *day, *parts, *self.metric_columns, *currency]


_CAMPAIGN, _AD_GROUP = "campaign_id=campaign.id", "ad_group_id=ad_group.id campaign_id=campaign.id"
_AD = f"ad_id=ad_group_ad.ad.id {_AD_GROUP}"
_CRITERION = "criterion_id=ad_group_criterion.criterion_id"
_KEYWORD = f"{_CRITERION} {_AD_GROUP}"
_BY_ACTION = f"device {_ACTION}"


def _pair(prefix: str, resource: str, attributes: str, converted: str) -> tuple[Report, Report]:
    """Return the two reports of a kind of criteria."""
    return (
        Report(f"{prefix}_reports", resource, "device", attributes, _CORE + _VT),
        Report(f"{prefix}_conversion_action_reports", resource, _BY_ACTION, attributes, converted),
    )


def _assets(resource: str, attributes: str) -> tuple[Report, Report]:
    return (
        Report(f"{resource}_reports", resource, "", attributes, _CORE),
        Report(f"{resource}_conversion_action_reports", resource, _ACTION, attributes, _CONV),
    )


def _criterion(attribute: str) -> str:
    return f"{_CRITERION} {attribute} {_AD_GROUP}"


def _campaign_criterion(attribute: str) -> str:
    return f"criterion_id=campaign_criterion.criterion_id {attribute} {_CAMPAIGN}"


REPORTS = (
    Report("customer_reports", "customer", "", "", _CORE + _SHARE + _LOST),
    Report("customer_device_reports", "customer", "device", "", _CORE + _VT + _VIS),
    Report("customer_conversion_action_reports", "customer", _BY_ACTION, "", _CONV),
    Report("campaign_reports", "campaign", "", _CAMPAIGN, _CORE + _VT + _VIS + _ALL + _BID + _SHARE + _LOST),
    Report("campaign_device_reports", "campaign", "device", _CAMPAIGN, _CORE + _VT + _VIS),
    Report("campaign_conversion_action_reports", "campaign", _BY_ACTION, _CAMPAIGN, _CONV + _CDATE),
    Report("ad_group_reports", "ad_group", "", _AD_GROUP, _CORE + _SHARE),
    Report("ad_group_device_reports", "ad_group", "device", _AD_GROUP, _CORE + _VT + _VIS),
    Report("ad_group_conversion_action_reports", "ad_group", _BY_ACTION, _AD_GROUP, _CONV),
    Report("ad_device_reports", "ad_group_ad", "device", _AD, _CORE + _VT + _VIS),
    Report("ad_conversion_action_reports", "ad_group_ad", _BY_ACTION, _AD, _CONV + _CDATE),
    Report("keyword_reports", "keyword_view", "", _KEYWORD, "historical_quality_score"),
    Report("keyword_device_reports", "keyword_view", "device", _KEYWORD, _CORE + _VT + _VIS),
    Report("keyword_conversion_action_reports", "keyword_view", _BY_ACTION, _KEYWORD, _CONV + _CDATE),
    Report(
        "bidding_strategy_reports", "bidding_strategy", "", "bidding_strategy_id=bidding_strategy.id", _CORE + _VT + _CONV + _CDATE
    ),
    Report("product_group_reports", "product_group_view", "", _KEYWORD, _CORE + _VT + _CONV),
    *_pair("age_range", "age_range_view", _criterion("age_range_type=ad_group_criterion.age_range.type"), _CROSS),
    *_pair("gender", "gender_view", _criterion("gender_type=ad_group_criterion.gender.type"), _CROSS),
    *_pair("webpage", "webpage_view", _criterion("webpage_criterion_name=ad_group_criterion.webpage.criterion_name"), _CROSS),
    *_pair("ad_group_audience", "ad_group_audience_view", _criterion("user_list=ad_group_criterion.user_list.user_list"), _CROSS),
    *_pair(
        "campaign_audience", "campaign_audience_view", _campaign_criterion("user_list=campaign_criterion.user_list.user_list"), _CONV
    ),
    *_pair(
        "location", "location_view", _campaign_criterion("geo_target_constant=campaign_criterion.location.geo_target_constant"), _CONV
    ),
    Report(
        "user_location_reports", "user_location_view", "",
        "country_criterion_id=user_location_view.country_criterion_id targeting_location=user_location_view.targeting_location", _CORE,
    ),
    *_assets("customer_asset", "asset=customer_asset.asset"),
    *_assets("campaign_asset", f"{_CAMPAIGN} asset=campaign_asset.asset"),
    *_assets("ad_group_asset", "ad_group_id=ad_group.id asset=ad_group_asset.asset"),
    *_assets("asset_set_asset", "asset_set=asset_set_asset.asset_set asset=asset_set_asset.asset"),
    Report(
        "dynamic_search_ads_search_term_reports", "dynamic_search_ads_search_term_view", "",
        "landing_page=dynamic_search_ads_search_term_view.landing_page", _CORE,
    ),
    Report(
        "product_reports", "shopping_performance_view", _PRODUCT, "campaign_id=campaign.id ad_group_id=ad_group.id", _CLICKED, hashed=True
    ),
    Report("product_device_reports", "shopping_performance_view", "product_item_id device", "", _CLICKED, hashed=True),
    Report(
        "product_conversion_action_reports", "shopping_performance_view", f"product_item_id device {_ACTION}", "", _CONV, hashed=True
    ),
    Report(
        "cart_data_sales_reports", "cart_data_sales_view", _BOUGHT, "campaign_id=campaign.id ad_group_id=ad_group.id", _CART, hashed=True
    ),
)  # fmt: skip


# --- rows ----------------------------------------------------------------------------------------------------------


def days(account: Account, customer_id: str) -> list[date]:
    """Return the days that reports are told of: from the start date, or the first with numbers, through the account's today."""
    today = account.today(customer_id)
    first = max(account.start_date, first_day(today))
    return [first + timedelta(days=number) for number in range((today - first).days + 1)]


class _Asked(NamedTuple):
    account: Account
    report: Report
    info: CustomerInfo


def _rows(account: Account, report: Report) -> Iterator[Row]:
    money, touched = has_money(report.metric_columns), _touched(account)
    for info in account.clients():
        told, asked = days(account, info.id), _Asked(account, report, info)
        for row in account.rows(info.id, report.resource):
            attributes = cells(row, report.attribute_columns, account.zone(info.id))
            name = _name_of(row, report.resource)
            owner: Row = {"customer_id": info.id, "resource_name": name} | attributes | ({"currency_code": info.currency} if money else {})
            for day in told:
                yield from (_finished(owner | numbers, report) for numbers in _kept(asked, row, day, touched))


def _finished(row: Row, report: Report) -> Row:
    """Return a row, by its hash if its name is that of all others, too."""
    if report.hashed:
        row["id"] = hash_of(row, report)
        del row["resource_name"]
    return row


def _name_of(row: Record, resource: str) -> str:
    return str(row[camel(resource)]["resourceName"])


def hash_of(row: Row, report: Report) -> str:
    """Return what a row is known by that has no resource name of its own."""
    parts = [row[column.name] for column in (*report.attribute_columns, *report.segment_columns)]
    texts = [None if part is None else str(part) for part in parts]
    text = json.dumps(texts, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _touched(account: Account) -> frozenset[date]:
    """Return the days of which something was changed from outside."""
    return frozenset(date.fromordinal(day) for _, day in (*account.restated, *account.zeroed))


def _kept(asked: _Asked, row: Record, day: date, touched: frozenset[date]) -> tuple[Row, ...]:
    """Return the cells of a row's numbers of a day, which are worked out once if they depend on nothing but the seed."""
    account, report, info = asked
    age = (account.today(info.id) - day).days
    if day in touched or not (age or account.switches.numbers_of_today):
        return tuple(_of_day(asked, row, day))
    place = account.seed, report.table, info.id, row["_parts"], day, min(age, FINAL_DAYS)
    if place not in _KNOWN:
        if len(_KNOWN) > _MOST_KEPT:
            _KNOWN.clear()
        _KNOWN[place] = tuple(_of_day(asked, row, day))
    return _KNOWN[place]


def _of_day(asked: _Asked, row: Record, day: date) -> Iterator[Row]:
    account, report, info = asked
    zone = account.zone(info.id)
    for segments, metrics in by_segments(account, info.id, report.resource, row, day, report.names):
        if any(metrics.get(column.path[0]) for column in report.metric_columns):
            found: Row = {"date": cell("day", day.isoformat(), zone)}
            found |= cells(segments, report.segment_columns, zone) | cells(metrics, report.metric_columns, zone)
            yield found | {name: 0.0 for name in ABSENT_IS_ZERO & found.keys() if found[name] is None}


def _table(account: Account, report: Report) -> TruthTable:
    return table(report.table, report.key, report.columns, lambda: _rows(account, report))


# --- custom columns ------------------------------------------------------------------------------------------------

_VALUES = (
    Col("boolean_value", ("booleanValue",), "boolean"), Col("int_64_value", ("int64Value",), "integer"),
    Col("double_value", ("doubleValue",), "double"), Col("string_value", ("stringValue",), "text"),
)  # fmt: skip
_VALUE_TABLES = (
    Report("campaign_custom_column_values", "campaign", "", _CAMPAIGN, ""),
    Report("keyword_custom_column_values", "keyword_view", "", _KEYWORD, ""),
)


def _value_rows(account: Account, report: Report) -> Iterator[Row]:
    for info in account.clients():
        above = account.world.chain(info.id)[1:]
        columns = [record for each in above for record in account.records(CUSTOM_COLUMN, each.id) if record.get("queryable") is True]
        for row in account.rows(info.id, report.resource):
            owner: Row = {"customer_id": info.id, "resource_name": _name_of(row, report.resource)}
            owner |= cells(row, report.attribute_columns, account.zone(info.id))
            for day in days(account, info.id):
                for _, metrics in by_segments(account, info.id, report.resource, row, day, ()):
                    yield from (owner | each for each in _values(account, info, columns, metrics, day))


def _values(account: Account, info: CustomerInfo, columns: list[Record], metrics: Record, day: date) -> Iterator[Row]:
    zone = account.zone(info.id)
    for column in columns:
        found = value(column, metrics)
        if found:
            found = {"doubleValue" if key == "floatValue" else key: each for key, each in found.items()}
            named: Row = {f"custom_column_{key}": cell("text", column.get(key), zone) for key in ("id", "name")}
            yield {"date": cell("day", day.isoformat(), zone)} | named | cells(found, _VALUES, zone)


def _value_table(account: Account, report: Report) -> TruthTable:
    key = ["customer_id", "resource_name", "date", "custom_column_id"]
    named = (Col("custom_column_id", (), "text"), Col("custom_column_name", (), "text"))
    columns = [CUSTOMER, Col("resource_name", (), "text"), *number_columns("date"), *named, *report.attribute_columns, *_VALUES]
    return table(report.table, key, columns, lambda: _value_rows(account, report))


# --- events --------------------------------------------------------------------------------------------------------


def _event_columns(resource: str, segment: str) -> tuple[Col, ...]:
    segments = tuple(Col(each.name, ("_segments", *each.path), each.kind) for each in number_columns(f"date device {segment}"))
    name, *fields = record_columns(resource, resource)
    joined = (Col("ad_group_id", ("adGroup", "id"), "text"), Col("campaign_id", ("campaign", "id"), "text"))
    return (name, *segments, *joined, *fields)


def _event_rows(account: Account, resource: str, columns: tuple[Col, ...]) -> Iterator[Row]:
    for info in account.clients():
        first, today, zone = account.start_date.isoformat(), account.today(info.id).isoformat(), account.zone(info.id)
        for row in account.rows(info.id, resource):
            if first <= row["_segments"]["date"] <= today:
                found = {"customer_id": info.id} | cells(row, columns, zone)
                yield found | {"currency_code": info.currency} if has_money(columns) else found


def _event_table(account: Account, name: str, resource: str, segment: str) -> TruthTable:
    columns = _event_columns(resource, segment)
    currency = (CURRENCY,) if has_money(columns) else ()
    raw = partial(_event_rows, account, resource, columns)
    return table(name, ["customer_id", "resource_name"], [CUSTOMER, *columns, *currency], raw)


def tables(account: Account) -> dict[str, TruthTable]:
    """Return the truth by table, the optional ones (OPTIONAL) included."""
    found = [_table(account, report) for report in REPORTS]
    found += [_value_table(account, report) for report in _VALUE_TABLES]
    found.append(_event_table(account, "conversions", "conversion", "conversion_action_name"))
    found.append(_event_table(account, "visits", "visit", "ad_network_type"))
    return {each.name: each for each in found}
