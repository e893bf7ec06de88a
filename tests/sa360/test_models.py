"""Search Ads 360's tables, and the rows and keys that are made of results, checked against values worked out by hand."""

from __future__ import annotations

import hashlib
import json
import re
import zoneinfo
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import googleapiclient  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.loading import load
from tests.strategies import ANY_TEXT, JSON_VALUES

modules = load("sa360")
models = modules.models

CUSTOMER = "2223334444"
NEW_YORK = models.Account(CUSTOMER, models.zone_of("America/New_York"), "USD")
CANARY = "canary-7f3a"
SOURCES = models.ENTITIES | models.REPORTS | models.COLUMN_VALUES | models.EVENTS
EVERY = pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


def parse(document: str) -> Any:
    """JSON as the connector parses it."""
    return json.loads(document, parse_float=Decimal)


def clean(source: Any, raw: object) -> Any:
    """The row of a result in which nothing is wrong or unknown."""
    notes = models.Notes()
    row = models.row(source, raw, NEW_YORK, notes)
    assert (notes.problems, notes.unknown) == ([], {})
    assert list(row) == list(source.table.columns)
    return row


def filled(row: dict[str, Any]) -> dict[str, Any]:
    """The cells that are not NULL."""
    return {name: cell for name, cell in row.items() if cell is not None}


def places(notes: Any) -> list[tuple[str, str]]:
    """Where something is wrong; no message tells a value."""
    assert CANARY not in str(notes.problems)
    return [(problem.table, problem.column) for problem in notes.problems]


# --- Values ---


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("20000000", "20.000000"),
        ("1", "0.000001"),
        ("0", "0.000000"),
        ("-1500000", "-1.500000"),
        ("-1", "-0.000001"),
        (20000000, "20.000000"),
        (Decimal("400000.5"), "0.400000"),
        (Decimal("400001.5"), "0.400002"),
        (Decimal("-0.5"), "0.000000"),
        (Decimal("4E+5"), "0.400000"),
        (Decimal("1E-999999"), "0.000000"),
        ("99999999999999999999", "99999999999999.999999"),
        (10**20 - 1, "99999999999999.999999"),
    ],
)
def test_money(written: object, expected: str) -> None:
    assert models.to_money(written) == expected


@pytest.mark.parametrize("written", [True, "", "x", "1.5.", [], {}, None, 10**20, "100000000000000000000", Decimal("1E+999999999")])
def test_what_is_no_money(written: object) -> None:
    with pytest.raises(models.ConversionError):
        models.to_money(written)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**14), max_value=10**14))
def test_money_is_rounded_half_even(amount: Decimal) -> None:
    expected = (amount * 1).quantize(Decimal(1)) / 1_000_000  # the default is half-even
    assert Decimal(models.to_money(amount)) == expected


@pytest.mark.parametrize(
    ("written", "expected"), [("50", 50), (50, 50), ("-3", -3), ("9223372036854775807", 2**63 - 1), (Decimal("5.0"), 5)]
)
def test_counts(written: object, expected: int) -> None:
    assert models.to_count(written) == expected


@pytest.mark.parametrize("written", [True, "1.5", "9223372036854775808", "", [], {}, "many"])
def test_what_is_no_count(written: object) -> None:
    with pytest.raises(models.ConversionError):
        models.to_count(written)


@pytest.mark.parametrize(("written", "expected"), [(Decimal("0.0125"), 0.0125), (3, 3.0), ("2.5", 2.5), (Decimal("1E-400"), 0.0)])
def test_fractions(written: object, expected: float) -> None:
    assert modules.cells.to_fraction(written) == expected


@pytest.mark.parametrize("written", [True, "NaN", Decimal("1E+400"), Decimal("1E+308") * 2, Decimal("NaN"), "", {}])
def test_what_is_no_fraction(written: object) -> None:
    with pytest.raises(models.ConversionError):
        modules.cells.to_fraction(written)


@pytest.mark.parametrize(("written", "expected"), [("2026-02-03", utc(2026, 2, 3)), ("2037-12-30", utc(2037, 12, 30)), ("", None)])
def test_days(written: object, expected: datetime | None) -> None:
    assert models.to_day(written) == expected


NO_DAYS = [
    "2026-2-3",
    "20260203",
    "2026-02-30",
    "2026-02-03 00:00:00",
    "2026-02-03Z",
    "2026-W06-2",
    " 2026-02-03",
    "2026-02-0\u0663",
    "0000-01-01",
]


@pytest.mark.parametrize("written", [*NO_DAYS, 20260203, True, None, []])
def test_what_is_no_day(written: object) -> None:
    with pytest.raises(models.ConversionError):
        models.to_day(written)


@pytest.mark.parametrize(
    ("zone", "written", "expected"),
    [
        ("America/New_York", "2026-02-03 10:11:12", utc(2026, 2, 3, 15, 11, 12)),
        ("America/New_York", "2026-07-03T10:11:12.5", utc(2026, 7, 3, 14, 11, 12, 500000)),
        ("America/New_York", "2026-07-03 10:11:12.123456789", utc(2026, 7, 3, 14, 11, 12, 123456)),
        ("America/New_York", "2026-03-08 01:59:59", utc(2026, 3, 8, 6, 59, 59)),
        ("America/New_York", "2026-03-08 02:30:00", utc(2026, 3, 8, 7, 30)),  # skipped: taken with the offset from before
        ("America/New_York", "2026-03-08 03:00:00", utc(2026, 3, 8, 7)),
        ("America/New_York", "2026-11-01 01:30:00", utc(2026, 11, 1, 5, 30)),  # twice: the first
        ("America/New_York", "2026-11-01 02:00:00", utc(2026, 11, 1, 7)),
        ("Europe/London", "2026-03-29 01:30:00", utc(2026, 3, 29, 1, 30)),
        ("Europe/London", "2026-10-25 01:30:00", utc(2026, 10, 25, 0, 30)),
        ("Asia/Kolkata", "2026-02-03 00:00:00", utc(2026, 2, 2, 18, 30)),
        ("Asia/Kolkata", "2026-02-03 00:00:00Z", utc(2026, 2, 3)),
        ("Asia/Kolkata", "2026-02-03T00:00:00.25-0800", utc(2026, 2, 3, 8, 0, 0, 250000)),
        ("Asia/Kolkata", "2026-02-03T00:00:00+01:00", utc(2026, 2, 2, 23)),
        ("Asia/Kolkata", "", None),
    ],
)
def test_times(zone: str, written: str, expected: datetime | None) -> None:
    made = models.to_instant(written, models.zone_of(zone))
    assert made == expected
    assert getattr(made, "tzinfo", timezone.utc) is timezone.utc


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"])
@given(moment=st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1)))  # noqa: DTZ001 - local times, as the API writes them
def test_times_are_as_another_library_has_them(zone: str, moment: datetime) -> None:
    # a text does not tell which of two it is: the first one of a time that comes twice, the offset of before one that is skipped
    expected = moment.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0).astimezone(timezone.utc)
    assert models.to_instant(moment.isoformat(" "), models.zone_of(zone)) == expected


NO_TIMES = [
    "2026-02-03",
    "2026-02-03 10:11",
    "2026-02-03  10:11:12",
    "2026-02-30 10:11:12",
    "2026-02-03 24:00:00",
    "2026-02-03 10:11:12 UTC",
]


@pytest.mark.parametrize("written", [*NO_TIMES, "0001-01-01 00:00:00+10:00", "2026-02-03 10:11:12.", "now", 1, True, None, {}])
def test_what_is_no_time(written: object) -> None:
    with pytest.raises(models.ConversionError):
        models.to_instant(written, models.zone_of("Asia/Kolkata"))


def test_zones() -> None:
    assert utc(2026, 2, 3).astimezone(models.zone_of("Etc/GMT+3")).utcoffset() == timedelta(hours=-3)
    assert models.zone_of("UTC").utcoffset(datetime(2026, 2, 3)) == timedelta(0)  # noqa: DTZ001 - how a zone is asked


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "UTC+3", "/etc/localtime", "../zone.tab", "America", ":UTC", "America/New York"])
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        models.zone_of(name)


# --- Names and queries ---


@pytest.mark.parametrize(
    ("path", "record", "name"),
    [
        ("campaign.network_settings.target_google_search", "campaign", "network_settings_target_google_search"),
        ("campaign.id", "ad_group", "campaign_id"),
        ("ad_group_ad.ad.expanded_text_ad.headline2", "ad_group_ad", "ad_expanded_text_ad_headline_2"),
        ("asset_group.path1", "asset_group", "path_1"),
        ("segments.product_type_l1", "", "product_type_l_1"),
        ("segments.product_custom_attribute0", "", "product_custom_attribute_0"),
        ("metrics.cost_micros", "", "cost"),
        ("metrics.average_cpc", "", "average_cpc"),
        ("campaign.target_cpa.target_cpa_micros", "campaign", "target_cpa_target_cpa"),
        ("ad_group_ad.ad.id", "ad_group_ad", "ad_id"),
    ],
)
def test_names_of_columns(path: str, record: str, name: str) -> None:
    assert modules.sources.column_name(path, record) == name


def test_paths_in_json() -> None:
    assert modules.sources.json_path("segments.product_bidding_category_level1") == "segments.productBiddingCategoryLevel1"
    assert modules.sources.json_path("segments.product_type_l1") == "segments.productTypeL1"


def test_queries() -> None:
    columns = models.COLUMN_VALUES["campaign_custom_column_values"]
    budgets = models.ENTITIES["campaign_budgets"]
    fields = "campaign_budget.resource_name, campaign_budget.amount_micros, campaign_budget.delivery_method, campaign_budget.period"
    assert models.query(budgets) == f"SELECT {fields} FROM campaign_budget"
    assert models.query(models.ENTITIES["ad_group_criteria"], ["a = 1", "b = 2"]).endswith(
        " FROM ad_group_criterion WHERE ad_group_criterion.type != 'KEYWORD' AND a = 1 AND b = 2"
    )
    assert models.query(columns, ["segments.date = '2026-02-03'"], ["custom_columns.id[9001]", "custom_columns.id[9002]"]) == (
        "SELECT campaign.resource_name, segments.date, campaign.id, custom_columns.id[9001], custom_columns.id[9002] "
        "FROM campaign WHERE segments.date = '2026-02-03'"
    )


def test_which_tables_there_are() -> None:
    assert [len(group) for group in (models.ENTITIES, models.REPORTS, models.COLUMN_VALUES, models.EVENTS)] == [43, 42, 2, 2]
    assert len(models.tables(())) == 90 - len(models.OPTIONAL_TABLES)
    assert len(models.tables(models.OPTIONAL_TABLES)) == 90
    assert {table.name for table in models.tables(["visits"])} - {table.name for table in models.tables(())} == {"visits"}
    names = [table.name for table in models.tables(models.OPTIONAL_TABLES)]
    assert len(set(names)) == len(names)


@EVERY
def test_every_table(source: Any) -> None:
    table = source.table
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in [table.name, *table.columns])
    assert not any(re.search("[a-z][0-9]", name) for name in table.columns)
    assert len(set(source.select)) == len(source.select)
    assert set(table.key) <= table.columns.keys()
    assert ("customer_id" in table.key) == (source.asked_of != "constants")
    assert source.times <= {column.source for column in table.columns.values()}
    assert len({column.source for column in table.columns.values()} - {""}) == len(source.select)
    assert ("currency_code" in table.columns) or not any(column.convert is models.to_money for column in table.columns.values())
    assert (source.name_field == "") == bool(source.hashed)


# --- Against the vendor's own description of the API ---

DOCUMENT = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents" / "searchads360.v0.json"
SCHEMAS = json.loads(DOCUMENT.read_text())["schemas"]
ROW = SCHEMAS["GoogleAdsSearchads360V0Services__SearchAds360Row"]["properties"]
TYPES = {
    "int64": {"LONG", "STRING", "DECIMAL"},
    "int32": {"LONG"},
    "double": {"DOUBLE", "DECIMAL"},
    "float": {"DOUBLE"},
    "boolean": {"BOOLEAN"},
    "array": {"STRING"},
    "string": {"STRING", "UTC_DATETIME"},
}


def leaves(schema: str, prefix: str) -> Iterator[tuple[str, str]]:
    """The paths in JSON, and the types, of what a message holds; empty messages hold nothing."""
    for name, field in SCHEMAS[schema].get("properties", {}).items():
        if "$ref" in field:
            yield from leaves(field["$ref"], f"{prefix}.{name}")
        else:
            yield f"{prefix}.{name}", field.get("format", field["type"])


def described(resource: str) -> dict[str, str]:
    return dict(leaves(ROW[resource]["$ref"], resource))


@EVERY
def test_every_field_is_one_of_the_api_and_has_a_type_that_fits(source: Any) -> None:
    for column in source.table.columns.values():
        if column.source:
            kind = described(column.source.split(".")[0])[column.source]
            assert (column.type["type"] if isinstance(column.type, dict) else column.type) in TYPES[kind], column.source
            is_list = kind == "array"
            assert (column.convert is modules.cells.json_text("").convert) == is_list, column.source


@pytest.mark.parametrize("source", [*models.ENTITIES.values(), *models.EVENTS.values()], ids=lambda source: source.name)
def test_every_field_of_a_record_lands(source: Any) -> None:
    record = modules.sources.json_path(source.name_field.split(".")[0])
    landed = {column.source for column in source.table.columns.values()}
    assert described(record).keys() - landed <= {"adGroupAd.ad.resourceName"}


def test_every_field_of_a_custom_column_lands() -> None:
    fields = SCHEMAS["GoogleAdsSearchads360V0Resources__CustomColumn"]["properties"]
    assert {column.source for column in models.CUSTOM_COLUMNS.table.columns.values()} - {""} == fields.keys()


# --- Rows ---

CAMPAIGN = """
{"campaign": {"resourceName": "customers/2223334444/campaigns/701", "id": "701", "name": "Brand Ü", "status": "ENABLED",
  "startDate": "2024-01-01", "endDate": "2037-12-30", "creationTime": "2024-03-10 02:30:00",
  "lastModifiedTime": "2024-11-03 01:30:00.123456",
  "networkSettings": {"targetGoogleSearch": true, "targetContentNetwork": false}, "labels": ["customers/1/labels/3"],
  "shoppingSetting": {"merchantId": "12", "campaignPriority": 2}, "engineId": "",
  "targetCpa": {"targetCpaMicros": "1500000"}, "maximizeConversionValue": {"targetRoas": 2.5},
  "urlCustomParameters": [{"value": "1", "key": "a"}]}, "customer": {"resourceName": "customers/2223334444"}}
"""


def test_a_campaign() -> None:
    assert filled(clean(models.ENTITIES["campaigns"], parse(CAMPAIGN))) == {
        "customer_id": CUSTOMER,
        "resource_name": "customers/2223334444/campaigns/701",
        "id": "701",
        "name": "Brand Ü",
        "status": "ENABLED",
        "start_date": utc(2024, 1, 1),
        "end_date": utc(2037, 12, 30),
        "creation_time": utc(2024, 3, 10, 7, 30),
        "last_modified_time": utc(2024, 11, 3, 5, 30, 0, 123456),
        "network_settings_target_google_search": True,
        "network_settings_target_content_network": False,
        "labels": '["customers/1/labels/3"]',
        "shopping_setting_merchant_id": "12",
        "shopping_setting_campaign_priority": 2,
        "engine_id": "",
        "target_cpa_target_cpa": "1.500000",
        "maximize_conversion_value_target_roas": 2.5,
        "url_custom_parameters": '[{"key":"a","value":"1"}]',
        "currency_code": "USD",
    }


DEVICE_REPORT = """
{"customer": {"resourceName": "customers/2223334444"}, "campaign": {"resourceName": "customers/2223334444/campaigns/701", "id": "701"},
 "metrics": {"clicks": "50", "costMicros": "20000000", "impressions": "4000", "averageCpc": 400000.5, "averageCpm": 5000000, "ctr": 0.0125,
  "visits": 47.0, "clientAccountConversions": 0}, "segments": {"date": "2026-02-03", "device": "MOBILE"}}
"""


def test_a_row_of_a_report() -> None:
    source = models.REPORTS["campaign_device_reports"]
    row = clean(source, parse(DEVICE_REPORT))
    assert filled(row) == {
        "customer_id": CUSTOMER,
        "resource_name": "customers/2223334444/campaigns/701",
        "date": utc(2026, 2, 3),
        "device": "MOBILE",
        "campaign_id": "701",
        "impressions": 4000,
        "clicks": 50,
        "cost": "20.000000",
        "ctr": 0.0125,
        "average_cpc": "0.400000",
        "average_cpm": "5.000000",
        "client_account_conversions": 0.0,
        "visits": 47.0,
        "currency_code": "USD",
    }
    assert models.day_of(row) == date(2026, 2, 3)
    assert models.key_text(source, row) == "701|20260203|MOBILE"


def test_metrics_that_the_api_leaves_out_at_zero() -> None:
    names = {"resourceName": "customers/2223334444/campaigns/701"}
    segments = {"date": "2026-02-03", "device": "MOBILE", "conversionAction": "customers/1/conversionActions/5"}
    source = models.REPORTS["campaign_conversion_action_reports"]
    for metrics in ({}, {"metrics": {"crossDeviceConversions": 2}}):
        row = clean(source, {"campaign": names, "segments": segments, **metrics})
        assert (row["all_conversions_by_conversion_date"], row["all_conversions_value_by_conversion_date"]) == (0.0, 0.0)
        assert row["cross_device_conversions_by_conversion_date"] is None
    notes = models.Notes()
    wrong = {"campaign": names, "segments": segments, "metrics": {"allConversionsByConversionDate": CANARY}}
    assert models.row(source, wrong, NEW_YORK, notes)["all_conversions_by_conversion_date"] is None
    assert places(notes) == [("campaign_conversion_action_reports", "all_conversions_by_conversion_date")]


@pytest.mark.parametrize(
    ("table", "resource", "name", "parts"),
    [
        ("campaign_budgets", "campaignBudget", "customers/2223334444/campaignBudgets/9", {"id": "9"}),
        ("ad_labels", "adGroupAdLabel", "customers/1/adGroupAdLabels/7~8~9", {"ad_group_id": "7", "ad_id": "8", "label_id": "9"}),
        ("asset_group_assets", "assetGroupAsset", "customers/1/assetGroupAssets/7~8~LOGO", {"asset_group_id": "7", "asset_id": "8"}),
        (
            "campaign_assets",
            "campaignAsset",
            "customers/1/campaignAssets/7~8~LOGO~9",
            {"campaign_id": "7", "asset_id": "8", "field_type": "LOGO"},
        ),
        ("customer_assets", "customerAsset", "customers/1/customerAssets/8", {"asset_id": "8"}),
    ],
)
def test_parts_of_the_resource_name(table: str, resource: str, name: str, parts: dict[str, str]) -> None:
    row = filled(clean(models.ENTITIES[table], {resource: {"resourceName": name}}))
    row.pop("currency_code", None)
    assert row == {"customer_id": CUSTOMER, "resource_name": name, **parts}


def test_a_constant_belongs_to_no_account() -> None:
    row = clean(models.ENTITIES["geo_target_constants"], {"geoTargetConstant": {"resourceName": "geoTargetConstants/21", "id": "21"}})
    assert filled(row) == {"resource_name": "geoTargetConstants/21", "id": "21"}


def test_a_keyword_has_the_fields_of_its_criterion() -> None:
    criterion = {"resourceName": "customers/2223334444/adGroupCriteria/7~8", "criterionId": "8", "qualityInfo": {"qualityScore": 7}}
    raw = {
        "adGroupCriterion": criterion,
        "adGroup": {"resourceName": "customers/2223334444/adGroups/7", "id": "7"},
        "campaign": {"resourceName": "customers/2223334444/campaigns/701", "id": "701"},
    }
    assert filled(clean(models.ENTITIES["keywords"], raw)) == {
        "customer_id": CUSTOMER,
        "resource_name": "customers/2223334444/adGroupCriteria/7~8",
        "criterion_id": "8",
        "quality_info_quality_score": 7,
        "ad_group_id": "7",
        "campaign_id": "701",
        "currency_code": "USD",
    }


def test_a_custom_column() -> None:
    raw = {"resourceName": "customers/1/customColumns/5", "id": "5", "queryable": True, "referencedSystemColumns": ["clicks"]}
    assert filled(clean(models.CUSTOM_COLUMNS, raw)) == {
        "customer_id": CUSTOMER,
        "resource_name": "customers/1/customColumns/5",
        "id": "5",
        "queryable": True,
        "referenced_system_columns": '["clicks"]',
    }


def test_the_hash_of_a_product() -> None:
    raw = {
        "shoppingPerformanceView": {"resourceName": "customers/2223334444/shoppingPerformanceView"},
        "segments": {"date": "2026-02-03", "productItemId": "sku-ü", "device": "MOBILE"},
        "metrics": {"clicks": "1"},
    }
    told = ["sku-ü", "MOBILE", None, None, None]
    written = '["sku-ü","MOBILE",null,null,null]'
    row = clean(models.REPORTS["product_conversion_action_reports"], raw | {"metrics": {}})
    assert json.loads(written) == told
    assert row["id"] == hashlib.sha256(written.encode()).hexdigest()[:20]
    assert list(row)[:4] == ["customer_id", "id", "date", "product_item_id"]
    devices = clean(models.REPORTS["product_device_reports"], raw)
    assert devices["id"] == hashlib.sha256('["sku-ü","MOBILE"]'.encode()).hexdigest()[:20]


def nested(paths: dict[str, object]) -> dict[str, Any]:
    """A raw result of values by their paths."""
    raw: dict[str, Any] = {}
    for path, value in paths.items():
        record = raw
        *steps, last = path.split(".")
        for step in steps:
            record = record.setdefault(step, {})
        record[last] = value
    return raw


SAMPLES: dict[Any, tuple[object, object]] = {
    modules.cells.to_count: ("7", 7),
    modules.cells.to_fraction: (Decimal("0.5"), 0.5),
    modules.cells.to_money: ("1500000", "1.500000"),
    modules.cells.to_day: ("2026-02-03", utc(2026, 2, 3)),
    modules.cells.to_instant: ("2026-02-03 10:00:00", utc(2026, 2, 3, 15)),
    modules.cells.to_name: ("customers/2223334444/things/1", "customers/2223334444/things/1"),
    modules.cells.text("").convert: ("x", "x"),
    modules.cells.boolean("").convert: (False, False),
    modules.cells.json_text("").convert: ([{"b": "1", "a": Decimal("0.5")}], '[{"a":0.5,"b":"1"}]'),
}


def full(source: Any) -> dict[str, Any]:
    """A raw result with every field."""
    return nested({column.source: SAMPLES[column.convert][0] for column in source.table.columns.values() if column.source})


@EVERY
def test_a_row_of_every_table(source: Any) -> None:
    row = clean(source, full(source))
    for name, column in source.table.columns.items():
        if column.source:
            assert row[name] == SAMPLES[column.convert][1], name
    assert row.get("customer_id", CUSTOMER) == CUSTOMER
    assert row.get("currency_code") in (None, "USD", "x")
    key = models.key_text(source, row | {"custom_column_id": "9001"} if "custom_column_id" in row else row)
    assert models.key_of(source, key, CUSTOMER).keys() == set(source.table.key)


@EVERY
@pytest.mark.parametrize("wrong", [None, "", 7, [], "\ud800"], ids=repr)
def test_without_its_key_there_is_no_row(source: Any, wrong: object) -> None:
    for name in {*source.table.key, "date"} & source.table.columns.keys():
        path = source.table.columns[name].source
        if path and (wrong != 7 or name in ("resource_name", "date")):
            raw = full(source)
            *steps, last = path.split(".")
            record = raw
            for step in steps:
                record = record[step]
            record[last] = wrong
            notes = models.Notes()
            assert models.row(source, raw, NEW_YORK, notes) is None
            assert not notes.problems


@pytest.mark.parametrize("raw", [None, [], "x", {}, {"campaign": None}, {"campaign": []}, {"campaign": "x"}])
def test_what_is_no_row(raw: object) -> None:
    assert models.row(models.ENTITIES["campaigns"], raw, NEW_YORK, models.Notes()) is None


def test_what_does_not_convert_is_null_and_noted() -> None:
    raw = parse(CAMPAIGN)
    raw["campaign"] |= {"creationTime": CANARY, "startDate": "", "networkSettings": CANARY, "name": True}
    notes = models.Notes()
    row = models.row(models.ENTITIES["campaigns"], raw, NEW_YORK, notes)
    assert [row[name] for name in ("creation_time", "start_date", "name", "network_settings_target_search_network")] == [None] * 4
    settings = ("target_google_search", "target_search_network", "target_content_network", "target_partner_search_network")
    wrong = {"creation_time", "name", *(f"network_settings_{name}" for name in settings)}
    assert set(places(notes)) == {("campaigns", name) for name in wrong}
    assert row["id"] == "701"


def test_unknown_fields_are_counted() -> None:
    raw = parse(CAMPAIGN)
    raw["campaign"]["colour"] = "red"
    raw["campaign"]["networkSettings"]["targetMoon"] = True
    raw |= {"adGroup": {"resourceName": "customers/1/adGroups/5"}, "segments": {"week": "2026-02-02"}}
    notes = models.Notes()
    for _ in range(2):
        models.row(models.ENTITIES["campaigns"], raw, NEW_YORK, notes)
    unknown = ["campaign.colour", "campaign.networkSettings.targetMoon", "segments"]
    assert notes.unknown == {("campaigns", name): 2 for name in unknown}


@given(st.sampled_from(sorted(SOURCES)), JSON_VALUES, st.data())
def test_no_result_stops_a_sync(name: str, value: object, data: Any) -> None:
    source, notes = SOURCES[name], models.Notes()
    raw = full(source)
    path = data.draw(st.sampled_from(sorted({column.source for column in source.table.columns.values()} - {""})))
    steps = path.split(".")[: data.draw(st.integers(1, 4))]
    record = raw
    for step in steps[:-1]:
        record = record[step]
    record[steps[-1]] = value
    row = models.row(source, raw, NEW_YORK, notes)
    if row is not None:
        json.dumps({column: str(cell) for column, cell in row.items()}, ensure_ascii=False).encode()
        assert None not in [row[column] for column in source.table.key if column != "custom_column_id"]


# --- Values of custom columns ---

VALUES = models.COLUMN_VALUES["campaign_custom_column_values"]
COLUMNS = [("9001", "ROAS"), ("9002", "Clicks"), ("9003", "Tag"), ("9004", "Good"), ("9005", "Share"), ("9006", "None")]


def of_campaign(values: object) -> dict[str, Any]:
    names = {"resourceName": "customers/2223334444/campaigns/701", "id": "701"}
    return {"campaign": names, "segments": {"date": "2026-02-03"}, "customColumns": values}


def values_of(values: object, columns: Any = COLUMNS) -> tuple[Any, Any]:
    notes = models.Notes()
    return models.value_rows(VALUES, of_campaign(values), columns, NEW_YORK, notes), notes


def test_values_of_custom_columns() -> None:
    values = [{"doubleValue": Decimal("3.2")}, {"int64Value": "5"}, {"stringValue": ""}, {"booleanValue": False}, {"floatValue": 2}, {}]
    rows, notes = values_of(values)
    base = {
        "customer_id": CUSTOMER,
        "resource_name": "customers/2223334444/campaigns/701",
        "date": utc(2026, 2, 3),
        "campaign_id": "701",
    }
    cells: list[dict[str, object]] = [
        {"double_value": 3.2},
        {"int_64_value": 5},
        {"string_value": ""},
        {"boolean_value": False},
        {"double_value": 2.0},
    ]
    assert [filled(row) for row in rows] == [
        {**base, "custom_column_id": key, "custom_column_name": name, **cell} for (key, name), cell in zip(COLUMNS, cells, strict=False)
    ]
    assert all(list(row) == list(VALUES.table.columns) for row in rows)
    assert (notes.problems, notes.unknown) == ([], {})
    assert [models.key_text(VALUES, row) for row in rows[:2]] == ["701|20260203|9001", "701|20260203|9002"]


@pytest.mark.parametrize("values", [None, []])
def test_no_values(values: object) -> None:
    rows, notes = values_of(values)
    assert (rows, notes.problems) == ([], [])


@pytest.mark.parametrize("values", [[{}], [{"doubleValue": 1}] * 7, {"0": 1}, "x", 7])
def test_values_that_cannot_be_told_apart_have_no_keys(values: object) -> None:
    rows, notes = values_of(values)
    assert rows == [None]
    assert places(notes) == [("campaign_custom_column_values", "custom_column_id")]


def test_values_that_are_wrong_leave_their_rows() -> None:
    values = [{"doubleValue": CANARY}, CANARY, {"dateValue": "2026-02-03"}, None, {"stringValue": None}, {}]
    rows, notes = values_of(values)
    assert [row["custom_column_id"] for row in rows] == ["9001", "9002", "9003", "9004", "9005"]
    assert all(row[name] is None for row in rows for name in modules.report_tables.VALUE_COLUMNS)
    assert [column for _, column in places(notes)] == ["double_value", "custom_column_id", "custom_column_id"]
    assert notes.unknown == {("campaign_custom_column_values", "customColumns.dateValue"): 1}


def test_values_of_nothing_have_no_keys() -> None:
    notes = models.Notes()
    assert models.value_rows(VALUES, {"customColumns": [{"doubleValue": 1}]}, COLUMNS[:1], NEW_YORK, notes) == [None]
    assert models.value_rows(VALUES, None, COLUMNS[:1], NEW_YORK, notes) == [None]
    assert not notes.problems


# --- Keys as short texts ---


@pytest.mark.parametrize(
    ("table", "key", "text"),
    [
        ("assets", {"customer_id": "1", "resource_name": "customers/1/assets/5"}, "5"),
        ("labels", {"customer_id": "1", "resource_name": "customers/2/labels/5"}, "/customers/2/labels/5"),
        ("customers", {"customer_id": "1", "resource_name": "customers/1"}, ""),
        ("language_constants", {"resource_name": "languageConstants/1000"}, "1000"),
        ("assets", {"customer_id": "1", "resource_name": "customers/1/assets//5"}, "/customers/1/assets//5"),
        ("assets", {"customer_id": "1", "resource_name": "customers/1/assets/a|b%7C"}, "a%7Cb%257C"),
        (
            "ad_conversion_action_reports",
            {
                "customer_id": "1",
                "resource_name": "customers/1/adGroupAds/7~8",
                "date": utc(2026, 2, 3),
                "device": "MOBILE",
                "conversion_action": "customers/1/conversionActions/5",
            },
            "7~8|20260203|MOBILE|5",
        ),
        ("product_reports", {"customer_id": "1", "date": utc(2026, 2, 3), "id": "00ff"}, "20260203|00ff"),
    ],
)
def test_keys(table: str, key: dict[str, Any], text: str) -> None:
    source = SOURCES[table]
    assert models.key_text(source, key) == text
    assert models.key_of(source, text, "1") == key


@given(
    st.sampled_from(["assets", "customers", "ad_conversion_action_reports", "language_constants", "campaign_custom_column_values"]),
    st.lists(
        ANY_TEXT | st.text("/|%27C1") | st.sampled_from(["customers/1", "customers/1/", "customers/1/assets/"]), min_size=3, max_size=9
    ),
    st.dates(),
)
def test_keys_come_back_whatever_they_hold(table: str, texts: list[str], day: date) -> None:
    source = SOURCES[table]
    made: Iterator[Any] = iter(["".join(texts[:2]), *texts, *texts])
    key: dict[str, Any] = {name: next(made) for name in source.table.key} | (
        {"customer_id": "1"} if "customer_id" in source.table.key else {}
    )
    if "date" in key:
        key["date"] = utc(day.year, day.month, day.day)
    assert models.key_of(source, models.key_text(source, key), "1") == key
