"""The rules on what may be asked for together, and of whom: each is broken once, and the code told."""

from __future__ import annotations

import json
import random
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from sandbox.sa360.catalog import RESOURCES, fights
from sandbox.sa360.catalog_offers import OFFERED
from sandbox.sa360.checks import check, floor
from sandbox.sa360.conditions import holds
from sandbox.sa360.gaql import Query, QueryError, parse

TODAY = date(2026, 2, 12)  # a Thursday
COLUMNS: dict[str, dict[str, Any]] = {
    "9001": {"id": "9001", "valueType": "DOUBLE", "queryable": True, "referencesMetrics": True},
    "9002": {"id": "9002", "valueType": "STRING", "queryable": False, "referencesMetrics": True},
}
DATED = "segments.date BETWEEN '2026-02-01' AND '2026-02-03'"


def checked(text: str, *, is_manager: bool = False) -> Query:
    query = parse(text)
    check(query, TODAY, is_manager, COLUMNS)
    return query


ACCEPTED = [
    "SELECT campaign.resource_name FROM campaign",
    "SELECT customer.id, campaign_budget.amount_micros, campaign.url_custom_parameters FROM campaign WHERE campaign.id IN ('1', '2')",
    f"SELECT metrics.visits, segments.device FROM campaign WHERE {DATED} AND metrics.clicks > 0 AND segments.device = OTHER",
    f"SELECT segments.conversion_action, metrics.all_conversions FROM campaign WHERE {DATED} AND campaign.status != 'REMOVED'",
    "SELECT metrics.clicks FROM customer WHERE segments.date >= '2022-01-01' AND customer.manager = false",
    "SELECT segments.month, metrics.clicks FROM customer WHERE segments.month BETWEEN '2020-01-01' AND '2020-06-01'",
    "SELECT segments.date, metrics.clicks FROM customer WHERE segments.date >= '2026-02-01' AND segments.date <= '9999-12-31'",
    "SELECT segments.date, metrics.clicks FROM customer WHERE segments.year = 2026 AND segments.date >= '0001-01-01'",
    "SELECT segments.date, metrics.clicks FROM customer WHERE segments.date DURING LAST_30_DAYS ORDER BY segments.date DESC",
    "SELECT ad_group_criterion.criterion_id FROM keyword_view WHERE ad_group_criterion.labels CONTAINS ANY ('x')",
    "SELECT ad_group_criterion.criterion_id FROM ad_group_criterion WHERE ad_group_criterion.type != UNKNOWN",
    "SELECT campaign.id FROM campaign WHERE campaign.last_modified_time >= '2026-01-01' AND campaign.name REGEXP_MATCH '(?i)a.*'",
    f"SELECT segments.date, custom_columns.id[9001] FROM keyword_view WHERE {DATED} AND custom_columns.id[9001] > 1",
    f"SELECT segments.date, metrics.cost_micros FROM campaign WHERE {DATED} PARAMETERS metrics_currency = EUR",
    "SELECT bidding_strategy.id FROM bidding_strategy PARAMETERS enable_mcc_expansion = true",
    f"SELECT segments.date, segments.ad_network_type, visit.id FROM visit WHERE {DATED}",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_is_allowed(text: str) -> None:
    checked(text)


REFUSED: list[tuple[str, str, str]] = [
    ("SELECT campaign.id FROM campains", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", "campains"),
    ("SELECT metrics.clicks FROM metrics", "PROHIBITED_RESOURCE_TYPE_IN_FROM_CLAUSE", "metrics"),
    ("SELECT campaign.nam FROM campaign", "UNRECOGNIZED_FIELD", "campaign.nam"),
    ("SELECT campaign.id FROM campaign WHERE campain.id = 1", "UNRECOGNIZED_FIELD", "campain.id"),
    ("SELECT metrics.clicks.id[5] FROM campaign", "UNRECOGNIZED_FIELD", "metrics.clicks.id[5]"),
    ("SELECT campaign FROM campaign", "PROHIBITED_FIELD_IN_SELECT_CLAUSE", "campaign"),
    ("SELECT campaign.network_settings FROM campaign", "PROHIBITED_FIELD_IN_SELECT_CLAUSE", "campaign.network_settings"),
    ("SELECT campaign.manual_cpm FROM campaign", "PROHIBITED_FIELD_IN_SELECT_CLAUSE", "campaign.manual_cpm"),
    ("SELECT metrics.conversion_custom_metrics FROM campaign", "PROHIBITED_FIELD_IN_SELECT_CLAUSE", "metrics.conversion_custom_metrics"),
    (
        "SELECT campaign.id FROM campaign WHERE campaign.url_custom_parameters IS NULL",
        "PROHIBITED_FIELD_IN_WHERE_CLAUSE",
        "campaign.url_custom_parameters",
    ),
    ("SELECT campaign.labels FROM campaign ORDER BY campaign.labels", "PROHIBITED_FIELD_IN_ORDER_BY_CLAUSE", "campaign.labels"),
    ("SELECT ad_group.id FROM campaign", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE", "ad_group.id"),
    ("SELECT campaign.id FROM campaign WHERE ad_group.id = 1", "PROHIBITED_RESOURCE_TYPE_IN_WHERE_CLAUSE", "ad_group.id"),
    ("SELECT metrics.clicks FROM label", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE", "metrics.clicks"),
    ("SELECT label.id FROM label WHERE metrics.unique_users > 1", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE", "metrics.unique_users"),
    ("SELECT segments.device FROM bidding_strategy", "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE", "segments.device"),
    (
        "SELECT segments.conversion_action_name, metrics.clicks FROM campaign",
        "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
        "metrics.clicks",
    ),
    (
        "SELECT segments.device, metrics.search_impression_share FROM campaign",
        "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
        "metrics.search_impression_share",
    ),
    (
        "SELECT ad_group_criterion.age_range.type FROM gender_view",
        "PROHIBITED_FIELD_COMBINATION_IN_SELECT_CLAUSE",
        "ad_group_criterion.age_range.type",
    ),
    ("SELECT campaign.id FROM campaign WHERE segments.device = MOBILE", "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE", "segments.device"),
    ("SELECT campaign.id FROM campaign ORDER BY campaign.name", "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE", "campaign.name"),
    ("SELECT campaign.id FROM campaign WHERE campaign.status = ACTIVE", "BAD_ENUM_CONSTANT", "ACTIVE"),
    ("SELECT campaign.id FROM campaign WHERE campaign.status = 'enabled'", "BAD_ENUM_CONSTANT", "enabled"),
    ("SELECT campaign.id FROM campaign WHERE campaign.status IN (1)", "BAD_ENUM_CONSTANT", "1"),
    ("SELECT campaign.id FROM campaign WHERE campaign.status > PAUSED", "OPERATOR_FIELD_MISMATCH", "campaign.status"),
    ("SELECT campaign.id FROM campaign WHERE campaign.id LIKE '1%'", "OPERATOR_FIELD_MISMATCH", "campaign.id"),
    ("SELECT campaign.id FROM campaign WHERE campaign.name CONTAINS ANY ('x')", "OPERATOR_FIELD_MISMATCH", "campaign.name"),
    ("SELECT campaign.id FROM campaign WHERE campaign.labels = 'x'", "OPERATOR_FIELD_MISMATCH", "campaign.labels"),
    ("SELECT campaign.id FROM campaign WHERE campaign.name DURING TODAY", "OPERATOR_FIELD_MISMATCH", "campaign.name"),
    ("SELECT customer.id FROM customer WHERE customer.manager > true", "OPERATOR_FIELD_MISMATCH", "customer.manager"),
    ("SELECT customer.id FROM customer WHERE customer.manager = 1", "BAD_VALUE", "1"),
    ("SELECT campaign.id FROM campaign WHERE campaign.id = 'x'", "BAD_NUMBER", "x"),
    ("SELECT campaign.id FROM campaign WHERE campaign.id = true", "BAD_NUMBER", "True"),
    ("SELECT campaign.id FROM campaign WHERE campaign.name = 5", "INVALID_STRING_VALUE", "5"),
    ("SELECT campaign.id FROM campaign WHERE campaign.name REGEXP_MATCH '('", "BAD_VALUE", "("),
    ("SELECT segments.date FROM campaign", "EXPECTED_FILTERS_ON_DATE_RANGE", "segments.date"),
    ("SELECT segments.week FROM campaign WHERE segments.date >= '2026-01-01'", "EXPECTED_FILTERS_ON_DATE_RANGE", "segments.week"),
    ("SELECT segments.date FROM campaign WHERE segments.date != '2026-01-01'", "EXPECTED_FILTERS_ON_DATE_RANGE", "segments.date"),
    ("SELECT segments.date FROM campaign WHERE segments.date BETWEEN '2026-02-03' AND '2026-02-01'", "DATE_RANGE_TOO_NARROW", "2026-02-03"),
    ("SELECT segments.date FROM campaign WHERE segments.date = '2026-2-3'", "INVALID_DATE_FORMAT", "2026-2-3"),
    ("SELECT segments.date FROM campaign WHERE segments.date = '20260203'", "INVALID_DATE_FORMAT", "20260203"),
    ("SELECT segments.date FROM campaign WHERE segments.date = '2026-02-30'", "INVALID_DATE_FORMAT", "2026-02-30"),
    ("SELECT campaign.id FROM campaign WHERE segments.year = 0", "BAD_NUMBER", "0"),
    ("SELECT campaign.id FROM campaign WHERE segments.week = '2026-02-10'", "MISALIGNED_DATE_FOR_FILTER", "2026-02-10"),
    ("SELECT campaign.id FROM campaign WHERE segments.month >= '2026-02-02'", "MISALIGNED_DATE_FOR_FILTER", "2026-02-02"),
    ("SELECT campaign.id FROM campaign WHERE segments.quarter IN ('2026-01-01', '2026-02-01')", "MISALIGNED_DATE_FOR_FILTER", "2026-02-01"),
    ("SELECT campaign.id FROM campaign PARAMETERS enable_mcc_expansion = true", "BAD_PARAMETER_VALUE", "enable_mcc_expansion"),
    (
        "SELECT segments.conversion_custom_dimensions.id[1], segments.conversion_custom_dimensions.id[2] FROM campaign",
        "TOO_MANY_SEGMENTS",
        "segments.conversion_custom_dimensions.id[2]",
    ),
    (
        "SELECT metrics.conversion_custom_metrics.id[1], segments.conversion_custom_dimensions.id[2] FROM campaign",
        "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
        "segments.conversion_custom_dimensions.id[2]",
    ),
]


@pytest.mark.parametrize(("text", "code", "trigger"), REFUSED)
def test_what_is_against_the_rules(text: str, code: str, trigger: str) -> None:
    with pytest.raises(QueryError) as refused:
        checked(text)
    assert (refused.value.group, refused.value.code, refused.value.trigger) == ("queryError", code, trigger)


OTHERS: list[tuple[str, str, str]] = [
    ("SELECT custom_columns.id[7] FROM campaign", "customColumnError", "CUSTOM_COLUMN_NOT_FOUND"),
    ("SELECT custom_columns.id[9002] FROM campaign", "customColumnError", "CUSTOM_COLUMN_NOT_AVAILABLE"),
    ("SELECT custom_columns.id[9001] FROM ad_group_criterion", "customColumnError", "CUSTOM_COLUMN_NOT_AVAILABLE"),
    ("SELECT metrics.conversion_custom_metrics.id[77] FROM campaign", "conversionCustomVariableError", "NOT_FOUND"),
    (
        "SELECT segments.raw_event_conversion_dimensions.id[77] FROM campaign",
        "conversionCustomVariableError",
        "INCOMPATIBLE_WITH_SELECTED_RESOURCE",
    ),
    ("SELECT campaign.id FROM campaign PARAMETERS metrics_currency = 'XYZ'", "invalidParameterError", "INVALID_CURRENCY_CODE"),
    (
        "SELECT segments.date FROM campaign WHERE segments.date BETWEEN '2023-01-11' AND '2023-02-01'",
        "dateRangeError",
        "REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED",
    ),
]


@pytest.mark.parametrize(("text", "group", "code"), OTHERS)
def test_what_other_groups_of_errors_are_for(text: str, group: str, code: str) -> None:
    with pytest.raises(QueryError) as refused:
        checked(text)
    assert (refused.value.group, refused.value.code) == (group, code)


def test_there_are_numbers_by_day_for_37_months() -> None:
    assert floor(TODAY) == date(2023, 1, 12)
    assert floor(date(2026, 3, 31)) == date(2023, 2, 28)
    checked("SELECT segments.date FROM campaign WHERE segments.date BETWEEN '2023-01-12' AND '2023-02-01'")


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT campaign.id, metrics.clicks FROM campaign WHERE {DATED}",
        "SELECT bidding_strategy.id FROM bidding_strategy WHERE metrics.clicks > 0",
        "SELECT custom_columns.id[9001] FROM customer",
    ],
)
def test_managers_have_no_metrics(text: str) -> None:
    checked(text)
    with pytest.raises(QueryError) as refused:
        checked(text, is_manager=True)
    assert refused.value.code == "REQUESTED_METRICS_FOR_MANAGER"


def test_a_filter_has_a_limited_number_of_values() -> None:
    values = ", ".join(map(str, range(20_000)))
    checked(f"SELECT campaign.id FROM campaign WHERE campaign.id IN ({values})")
    with pytest.raises(QueryError) as refused:
        checked(f"SELECT campaign.id FROM campaign WHERE campaign.id IN ({values}, 20000)")
    assert refused.value.code == "FILTER_HAS_TOO_MANY_VALUES"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT metrics.clicks, campaign.nam FROM campains", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign, ad_group.nam FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT ad_group.id, campaign FROM campaign", "PROHIBITED_FIELD_IN_SELECT_CLAUSE"),
        ("SELECT segments.hour, ad_group.id FROM campaign", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        ("SELECT metrics.clicks, segments.date FROM campaign ORDER BY campaign.id", "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE"),
        ("SELECT metrics.clicks, segments.date FROM campaign", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        ("SELECT metrics.clicks, custom_columns.id[7] FROM campaign", "REQUESTED_METRICS_FOR_MANAGER"),
    ],
)
def test_the_first_broken_rule_is_told(text: str, code: str) -> None:
    with pytest.raises(QueryError) as refused:
        checked(text, is_manager=True)
    assert refused.value.code == code


def test_every_code_is_googles() -> None:
    document = files("googleapiclient") / "discovery_cache" / "documents" / "searchads360.v0.json"
    codes = json.loads(document.read_text())["schemas"]["GoogleAdsSearchads360V0Errors__ErrorCode"]["properties"]
    told = [("queryError", code) for _, code, _ in REFUSED] + [(group, code) for _, group, code in OTHERS]
    assert [each for each in told if each[1] not in codes[each[0]]["enum"]] == []


# --- all of it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", RESOURCES)
def test_all_that_a_resource_has_and_is_joined_with_may_be_asked_for_together(resource: str) -> None:
    fields = [each for owner in (resource, *RESOURCES[resource].joined) for each in RESOURCES[owner].fields.values()]
    # an age range and a gender are never those of one row
    apart = {"age_range_view": "gender", "gender_view": "age_range"}.get(resource, "/")
    names = [each.name for each in fields if each.selectable and apart not in each.path]
    checked(f"SELECT {', '.join(names)} FROM {resource}")


@pytest.mark.parametrize("resource", OFFERED)
def test_all_metrics_of_a_resource_may_be_asked_for_by_each_segment_that_they_do_not_fight(resource: str) -> None:
    offered = RESOURCES[resource]
    for segment in sorted(offered.segments - {"segments.date"}):
        metrics = sorted(metric for metric in offered.metrics if not fights(segment, metric))
        checked(f"SELECT {', '.join(['segments.date', segment, *metrics])} FROM {resource} WHERE {DATED}")


NAMES = ("campaign.id", "campaign.name", "campaign.status", "campaign.labels", "segments.date", "segments.year", "metrics.clicks", "x.y")
OPERATORS = (
    "=", "!=", ">", ">=", "<", "<=", "IN", "NOT IN", "LIKE", "NOT LIKE", "CONTAINS ANY", "CONTAINS ALL", "CONTAINS NONE", "IS NULL",
    "IS NOT NULL", "DURING", "BETWEEN", "REGEXP_MATCH", "NOT REGEXP_MATCH", "NOT", "",
)  # fmt: skip
VALUES = (
    "1", "-1.5", "'x'", "'", '"', "'\\", "'['", "'2026-02-01'", "'2026-02-31'", "'9999-12-31'", "9999", "10000", "true", "ENABLED", "TODAY",
    "('x')", "(1, 2)", "(ENABLED", "'2026-01-01' AND '2026-02-01'", "1 AND 2", "*", "\n", "",
)  # fmt: skip


def test_whatever_is_asked_is_answered_or_refused_with_a_code() -> None:
    chance = random.Random(20260212)
    codes: list[str] = []
    for _ in range(5000):
        one, other = (" ".join(map(chance.choice, (NAMES, OPERATORS, VALUES))) for _ in range(2))
        text = f"SELECT campaign.id FROM campaign WHERE {one}{chance.choice(('', '', f' AND {other}', ' LIMIT', ' ORDER BY campaign.id'))}"
        try:
            query = checked(text)
        except QueryError as failure:
            codes.append(failure.code)
        else:
            assert [holds(each, None, TODAY) for each in query.where]
    assert 4000 < len(codes) < 5000
    assert len(set(codes)) > 20
