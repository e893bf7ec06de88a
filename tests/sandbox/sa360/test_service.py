from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.presets import PRESETS
from sandbox.sa360.catalog import RESOURCES
from sandbox.sa360.faults import PLACES
from sandbox.sa360.misreading import text_of
from sandbox.sa360.plans import parsed
from tests.sandbox.sa360.asking import Row, Site, code_of

DAYS = "segments.date BETWEEN '2026-11-01' AND '2026-11-14'"
ASSETS = "SELECT asset.id, asset.name FROM asset"


# --- routes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v0/customers/{0}/searchads360:search"),
        ("POST", "/v0/customers/{0}/googleAds:search"),
        ("GET", "/v0/customers/{0}/searchAds360:search"),
        ("POST", "/v0/customers:listAccessibleCustomers"),
        ("GET", "/v0/searchAds360Fields:search"),
        ("GET", "/v1/customers:listAccessibleCustomers"),
        ("GET", "/"),
    ],
)
def test_what_is_not_there_is_told_in_html(method: str, path: str) -> None:
    site = Site()
    reply = site.ask(method, path.format(site.client))
    assert (reply.status, str(reply.content_type)[:9]) == (404, "text/html")
    assert b"That\xe2\x80\x99s an error" in reply.encoded()


def test_every_reply_has_an_id_of_its_own() -> None:
    site = Site()
    replies = [site.search(ASSETS), site.search("SELECT"), site.search(ASSETS, "1"), site.signed_in(), site.ask("GET", "/v0/nothing")]
    site.box.faults.add("status", "FROM asset$", status=503)
    replies.append(site.search(ASSETS))
    ids = [reply.headers["request-id"] for reply in replies]
    assert len(set(ids)) == 6
    assert {len(each) for each in ids} == {22}
    assert replies[1].payload["error"]["details"][0]["requestId"] == ids[1]


def test_the_accounts_that_are_there() -> None:
    site = Site()
    top = site.source.world.top.id
    assert site.ask("GET", "/v0/customers:listAccessibleCustomers").payload == {"resourceNames": [f"customers/{top}"]}
    rows = site.rows_of("SELECT customer_client.id, customer_client.level, customer_client.status FROM customer_client", top)
    assert {row["customerClient"]["level"] for row in rows} == {"0", "1", "2"}
    assert {"CANCELED", "ENABLED"} <= {row["customerClient"]["status"] for row in rows}


def test_custom_columns_belong_to_managers() -> None:
    site = Site()
    top = site.source.world.top.id
    columns = site.ask("GET", f"/v0/customers/{top}/customColumns").payload["customColumns"]
    assert not any(key.startswith("_") for each in columns for key in each)
    one = site.ask("GET", f"/v0/customers/{top}/customColumns/{columns[0]['id']}")
    assert one.payload == columns[0]
    missing = site.ask("GET", f"/v0/customers/{top}/customColumns/1")
    assert (missing.status, code_of(missing)) == (404, {"requestError": "RESOURCE_NOT_FOUND"})
    assert site.ask("GET", f"/v0/customers/{site.client}/customColumns").payload == {}


def test_fields() -> None:
    site = Site()
    field = site.ask("GET", "/v0/searchAds360Fields/campaign.id").payload
    assert (field["name"], field["dataType"], field["filterable"]) == ("campaign.id", "INT64", True)
    assert site.ask("GET", "/v0/searchAds360Fields/campaign").payload["category"] == "RESOURCE"
    assert site.ask("GET", "/v0/searchAds360Fields/campaign.nam").status == 404
    query = {"query": 'SELECT name, enum_values WHERE name IN ("campaign.status", "asset.type") ORDER BY name'}
    found = site.ask("POST", "/v0/searchAds360Fields:search", query).payload
    assert [each["name"] for each in found["results"]] == ["asset.type", "campaign.status"]
    for wrong, code in (("SELECT name FROM x", "UNEXPECTED_FROM_CLAUSE"), ("SELECT nam", "UNRECOGNIZED_FIELD")):
        assert code_of(site.ask("POST", "/v0/searchAds360Fields:search", {"query": wrong})) == {"queryError": code}
    assert code_of(site.ask("POST", "/v0/searchAds360Fields:search", {})) == {"requestError": "REQUIRED_FIELD_MISSING"}


# --- bodies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no json", "Unexpected token"),
        ([], "Unexpected token"),
        ({"query": ASSETS, "nonsense": 1}, 'Unknown name "nonsense"'),
        ({"query": 5}, "Invalid value at 'query'"),
        ({"query": ASSETS, "pageSize": "many"}, "Invalid value at 'page_size'"),
        ({"query": ASSETS, "validateOnly": "yes"}, "Invalid value at 'validate_only'"),
        ({"query": ASSETS, "summaryRowSetting": "ALL"}, "Invalid value at 'summary_row_setting'"),
    ],
)
def test_bodies_that_are_no_requests(body: Any, said: str) -> None:
    site = Site()
    reply = site.ask("POST", f"/v0/customers/{site.client}/searchAds360:search", body)
    assert (reply.status, reply.payload["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert said in reply.payload["error"]["message"]
    assert reply.payload["error"]["details"][0]["@type"].endswith("google.rpc.BadRequest")


def test_a_body_without_a_query() -> None:
    site = Site()
    for body in (None, {}, {"query": " "}):
        reply = site.ask("POST", f"/v0/customers/{site.client}/searchAds360:search", body)
        assert code_of(reply) == {"requestError": "REQUIRED_FIELD_MISSING"}


def test_a_query_can_be_tried_only() -> None:
    site = Site()
    assert site.payload(ASSETS, validateOnly=True) == {}
    assert code_of(site.search("SELECT asset.nam FROM asset", validate_only=True)) == {"queryError": "UNRECOGNIZED_FIELD"}


def test_the_body_of_an_error_whole() -> None:
    reply = Site().search("SELECT campaign.nam FROM campaign")
    request_id = reply.headers["request-id"]
    assert reply.content_type == "application/json; charset=UTF-8"
    assert reply.payload == {
        "error": {
            "code": 400,
            "message": "Request contains an invalid argument.",
            "status": "INVALID_ARGUMENT",
            "details": [
                {
                    "@type": "type.googleapis.com/google.ads.searchads360.v0.errors.SearchAds360Failure",
                    "errors": [
                        {
                            "errorCode": {"queryError": "UNRECOGNIZED_FIELD"},
                            "message": "Unrecognized field in the query: 'campaign.nam'.",
                            "trigger": {"stringValue": "campaign.nam"},
                            "location": {"fieldPathElements": [{"fieldName": "query"}]},
                        }
                    ],
                    "requestId": request_id,
                }
            ],
        }
    }


# --- rows ----------------------------------------------------------------------------------------------------------


def test_a_row_has_what_was_asked_for_and_the_names_of_all_it_touches() -> None:
    site = Site()
    payload = site.payload("SELECT ad_group.id, campaign.name, customer.currency_code FROM ad_group LIMIT 1")
    (row,) = payload["results"]
    assert {key: set(part) for key, part in row.items()} == {
        "adGroup": {"resourceName", "id"}, "campaign": {"resourceName", "name"}, "customer": {"resourceName", "currencyCode"},
    }  # fmt: skip
    assert payload["fieldMask"] == "adGroup.id,campaign.name,customer.currencyCode"
    assert isinstance(row["adGroup"]["id"], str)


def test_what_is_from_is_named_even_if_nothing_of_it_is_selected() -> None:
    site = Site()
    row = site.rows_of("SELECT ad_group_criterion.criterion_id FROM keyword_view LIMIT 1")[0]
    assert row["keywordView"].keys() == {"resourceName"}
    assert row["adGroupCriterion"].keys() == {"resourceName", "criterionId"}


def test_nested_messages_and_the_ad_in_its_place() -> None:
    site = Site()
    ads = site.rows_of("SELECT ad_group_ad.ad.id, ad_group_ad.ad.text_ad.headline, ad_group_ad.status FROM ad_group_ad")
    assert any("headline" in row["adGroupAd"]["ad"].get("textAd", {}) for row in ads)
    assert all(row["adGroupAd"].keys() <= {"resourceName", "ad", "status"} for row in ads)


@pytest.mark.parametrize(
    ("condition", "test"),
    [
        ("ad_group_criterion.type = KEYWORD", lambda found: found["type"] == "KEYWORD"),
        ("ad_group_criterion.type != 'KEYWORD'", lambda found: found["type"] != "KEYWORD"),
        ("ad_group_criterion.type IN ('KEYWORD', 'GENDER')", lambda found: found["type"] in {"KEYWORD", "GENDER"}),
        ("ad_group_criterion.negative IS NOT NULL", lambda found: "negative" in found),
        ("ad_group_criterion.negative IS NULL", lambda found: "negative" not in found),
        ("ad_group_criterion.cpc_bid_micros > 20000000", lambda found: int(found.get("cpcBidMicros", 0)) > 20_000_000),
    ],
)
def test_conditions_are_evaluated(condition: str, test: Any) -> None:
    site = Site()
    query = "SELECT ad_group_criterion.type, ad_group_criterion.negative, ad_group_criterion.cpc_bid_micros FROM ad_group_criterion"
    everything = [row["adGroupCriterion"] for row in site.rows_of(query)]
    kept = [row["adGroupCriterion"] for row in site.rows_of(f"{query} WHERE {condition}")]
    assert kept == [each for each in everything if test(each)]
    assert 0 < len(kept) < len(everything)


def test_constants_may_be_asked_of_any_account() -> None:
    site = Site()
    query = "SELECT geo_target_constant.id, geo_target_constant.name FROM geo_target_constant"
    assert site.rows_of(query) == site.rows_of(query, site.source.world.top.id) != []


# --- numbers -------------------------------------------------------------------------------------------------------


def sums(rows: list[Row], name: str, *by: str) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(row["segments"][each] for each in by)
        found[key] = found.get(key, 0) + int(row["metrics"][name])
    return {key: value for key, value in found.items() if value}


def test_rows_of_nothing_but_zeros_are_left_out_where_there_are_segments() -> None:
    site = Site()
    rows = site.rows_of(f"SELECT ad_group.id, segments.date, metrics.clicks FROM ad_group WHERE {DAYS}")
    assert rows
    assert all(int(row["metrics"]["clicks"]) for row in rows)
    more = site.rows_of(f"SELECT ad_group.id, segments.date, metrics.clicks, metrics.impressions FROM ad_group WHERE {DAYS}")
    assert len(more) > len(rows)
    assert any(row["metrics"]["clicks"] == "0" for row in more)


def test_without_segments_there_is_a_row_for_each_record_with_the_sum_of_its_days() -> None:
    site = Site()
    rows = site.rows_of(f"SELECT ad_group.id, metrics.clicks FROM ad_group WHERE {DAYS}")
    assert len(rows) == len(site.rows_of("SELECT ad_group.id FROM ad_group"))
    daily = site.rows_of(f"SELECT ad_group.id, segments.date, metrics.clicks FROM ad_group WHERE {DAYS}")
    assert sum(int(row["metrics"]["clicks"]) for row in rows) == sum(int(row["metrics"]["clicks"]) for row in daily)
    (nothing,) = site.rows_of("SELECT customer.id, metrics.clicks FROM customer WHERE segments.date = '2026-12-24'")
    assert nothing["metrics"] == {"clicks": "0"}


def test_weeks_months_and_weekdays_are_sums_of_days() -> None:
    site = Site()
    days = "segments.date BETWEEN '2026-10-26' AND '2026-11-15'"
    names = "segments.date, segments.week, segments.month, segments.day_of_week, metrics.clicks"
    daily = site.rows_of(f"SELECT {names} FROM campaign WHERE {days}")
    for segment, key in (("week", "week"), ("month", "month"), ("day_of_week", "dayOfWeek")):
        rows = site.rows_of(f"SELECT campaign.id, segments.{segment}, metrics.clicks FROM campaign WHERE {days}")
        assert sums(rows, "clicks", key) == sums(daily, "clicks", key)
    assert {row["segments"]["week"] for row in daily} == {"2026-10-26", "2026-11-02", "2026-11-09"}
    year = site.rows_of(f"SELECT campaign.id, segments.year, segments.quarter, metrics.clicks FROM campaign WHERE {days}")
    assert {(row["segments"]["year"], row["segments"]["quarter"]) for row in year} == {(2026, "2026-10-01")}


def test_devices_make_up_the_day() -> None:
    site = Site()
    daily = site.rows_of(f"SELECT segments.date, metrics.clicks, metrics.cost_micros FROM customer WHERE {DAYS}")
    devices = site.rows_of(f"SELECT segments.date, segments.device, metrics.clicks, metrics.cost_micros FROM customer WHERE {DAYS}")
    for name in ("clicks", "costMicros"):
        assert sums(daily, name, "date") == sums(devices, name, "date")
    mobile = site.rows_of(f"SELECT segments.date, segments.device, metrics.clicks FROM customer WHERE {DAYS} AND segments.device = MOBILE")
    assert {row["segments"]["device"] for row in mobile} == {"MOBILE"}


def test_conditions_on_metrics_and_single_days() -> None:
    site = Site()
    query = f"SELECT campaign.id, segments.date, segments.day_of_week, metrics.clicks FROM campaign WHERE {DAYS}"
    everything = site.rows_of(query)
    many = site.rows_of(f"{query} AND metrics.clicks > 20")
    assert many == [row for row in everything if int(row["metrics"]["clicks"]) > 20] != []
    without = site.rows_of(f"{query} AND segments.day_of_week != MONDAY")
    assert without == [row for row in everything if row["segments"]["dayOfWeek"] != "MONDAY"] != everything


def test_amounts_are_told_by_the_day_only() -> None:
    site = Site()
    query = "SELECT campaign.id, segments.{0}, metrics.clicks, metrics.cost_micros, metrics.average_cpc FROM campaign WHERE " + DAYS
    assert all("costMicros" in row["metrics"] for row in site.rows_of(query.format("date")))
    assert not any(row["metrics"].keys() - {"clicks"} for row in site.rows_of(query.format("week")))


def test_metrics_without_presence_vanish_at_zero_and_others_do_not() -> None:
    site = Site()
    names = "metrics.all_conversions, metrics.all_conversions_by_conversion_date"
    rows = site.rows_of(f"SELECT campaign.id, segments.date, metrics.impressions, {names} FROM campaign WHERE {DAYS}")
    assert all("allConversions" in row["metrics"] for row in rows)
    assert {"allConversionsByConversionDate" in row["metrics"] for row in rows} == {True, False}
    assert all(row["metrics"].get("allConversionsByConversionDate") != 0 for row in rows)


def test_custom_columns_stand_in_the_order_of_their_headers() -> None:
    site = Site()
    top = site.source.world.top.id
    columns = [each for each in site.source.collections["CustomColumn"][top].records() if each["queryable"]][:2]
    names = ", ".join(f"custom_columns.id[{each['id']}]" for each in columns)
    query = f"SELECT campaign.id, segments.date, {names} FROM campaign WHERE {DAYS}"
    (chunk,) = site.stream(query)
    assert [each["id"] for each in chunk["customColumnHeaders"]] == [str(each["id"]) for each in columns]
    assert {len(row["customColumns"]) for row in chunk["results"]} == {len(columns)}
    assert any(row["customColumns"][0] for row in chunk["results"])
    assert site.payload(query)["customColumnHeaders"] == chunk["customColumnHeaders"]
    wrong = site.search("SELECT campaign.id, custom_columns.id[1] FROM campaign")
    assert code_of(wrong) == {"customColumnError": "CUSTOM_COLUMN_NOT_FOUND"}


def test_events_have_segments_and_no_numbers() -> None:
    site = Site()
    day = "segments.date BETWEEN '2026-11-10' AND '2026-11-12'"
    query = f"SELECT conversion.id, segments.date, segments.device, segments.conversion_action_name FROM conversion WHERE {day}"
    rows = site.rows_of(query)
    assert {row["segments"]["date"] for row in rows} == {"2026-11-10", "2026-11-11", "2026-11-12"}
    assert "metrics" not in rows[0]
    visits = site.rows_of(f"SELECT visit.id, segments.date, segments.ad_network_type FROM visit WHERE {day}")
    assert len(visits) == 3


def test_managers_have_no_numbers() -> None:
    site = Site()
    reply = site.search(f"SELECT customer.id, segments.date, metrics.clicks FROM customer WHERE {DAYS}", site.source.world.top.id)
    assert code_of(reply) == {"queryError": "REQUESTED_METRICS_FOR_MANAGER"}


def test_a_manager_may_ask_for_the_bidding_strategies_of_all_below() -> None:
    site = Site()
    top, query = site.source.world.top.id, "SELECT bidding_strategy.id FROM bidding_strategy"
    own, all_below = site.rows_of(query, top), site.rows_of(f"{query} PARAMETERS enable_mcc_expansion = true", top)
    assert len(all_below) > len(own)


# --- what may not be read, and faults ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "of_it"),
    [
        ("Asset", "asset"),
        ("KeywordView", "keyword_view"),
        (
            "AdGroupCriterion",
            "keyword_view ad_group_criterion product_group_view gender_view age_range_view webpage_view ad_group_audience_view",
        ),
        ("CampaignCriterion", "campaign_criterion location_view campaign_audience_view"),
    ],
)
def test_entities_can_be_forbidden(entity: str, of_it: str) -> None:
    site, resources = Site(), of_it.split()
    site.source.forbidden = {entity}
    for name in RESOURCES:
        reply = site.search(f"SELECT {name}.resource_name FROM {name}")
        assert (reply.status == 403) == (name in resources), name
        if reply.status == 403:
            assert code_of(reply) == {"authorizationError": "ACTION_NOT_PERMITTED"}


def test_custom_columns_can_be_forbidden() -> None:
    site = Site()
    site.source.forbidden = {"CustomColumn"}
    assert site.ask("GET", f"/v0/customers/{site.source.world.top.id}/customColumns").status == 403


def test_requests_are_known_by_what_they_are_from() -> None:
    site = Site()
    site.box.reset_requests()
    site.search(ASSETS)
    site.search(f"{ASSETS} WHERE asset.id BETWEEN 1 AND 2")
    site.search("SELECT ad_group_criterion.criterion_id FROM ad_group_criterion WHERE ad_group_criterion.type != 'KEYWORD'")
    site.stream(f"SELECT campaign.id, metrics.clicks FROM campaign WHERE {DAYS}")
    site.search("nonsense")
    site.ask("GET", "/v0/customers:listAccessibleCustomers")
    path = f"/v0/customers/{site.client}/searchAds360"
    assert site.box.request_counts()["by_path"] == {
        f"{path}:search FROM asset": 1, f"{path}:search FROM asset WHERE BETWEEN": 1, f"{path}:search FROM ad_group_criterion": 1,
        f"{path}:searchStream FROM campaign WHERE BETWEEN": 1, f"{path}:search": 1, "/v0/customers:listAccessibleCustomers": 1,
    }  # fmt: skip
    assert site.box.request_counts()["rows"] > 0


def test_a_fault_strikes_one_list_only() -> None:
    site = Site()
    site.box.faults.add("status", "FROM asset$", status=500)
    assert site.search(ASSETS).status == 500
    assert site.search(f"{ASSETS} WHERE asset.id = 1").status == 200
    assert site.search("SELECT campaign.id FROM campaign").status == 200


def test_a_record_is_poisoned_wherever_it_is_served() -> None:
    site = Site()
    query = "SELECT ad_group_criterion.criterion_id, ad_group_criterion.keyword.text FROM {0}"
    name = site.rows_of(query.format("keyword_view"))[2]["adGroupCriterion"]["resourceName"]
    fault = site.box.faults.add("poison_value", entity="AdGroupCriterion", id=name, key="keyword.text", value=[1])
    for resource in ("keyword_view", "ad_group_criterion"):
        records = {row["adGroupCriterion"]["resourceName"]: row["adGroupCriterion"] for row in site.rows_of(query.format(resource))}
        assert records[name]["keyword"] == {"text": [1]}
    assert fault.struck == 2
    site.box.faults.clear()
    site.box.faults.add("poison", entity="AdGroupCriterion", ids=[name])
    assert site.search(query.format("keyword_view")).status == 500
    assert site.search(query.format("keyword_view"), site.other).status == 200
    assert site.search(query.format("keyword_view") + " LIMIT 2").status == 200


def test_records_are_known_whatever_their_rows_hold() -> None:
    site = Site()
    reply = site.search("SELECT asset.id, customer.id FROM asset", pageSize=3)
    assert [each.keys() for each in reply.records] == [{"resourceName", "id"}] * 3
    assert reply.listed == reply.payload["results"]
    assert site.search(f"SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE {DAYS}").entity is None


def test_a_record_is_hidden_from_its_page_and_from_the_total() -> None:
    site = Site()
    before = site.payload(ASSETS, returnTotalResultsCount=True)
    site.box.faults.add("hide", "FROM asset$", ids=[before["results"][0]["asset"]["resourceName"]])
    after = site.payload(ASSETS, returnTotalResultsCount=True)
    assert after["results"] == before["results"][1:]
    assert after["totalResultsCount"] == str(int(before["totalResultsCount"]) - 1)


def test_pages_that_lie() -> None:
    site = Site()
    whole = site.payload(ASSETS, pageSize=1000)["results"]
    site.box.faults.add("short_page", PLACES["queries"], times=1, rows=2)
    assert len(site.payload(ASSETS)["results"]) == 2
    site.box.faults.add("page_before", PLACES["pages"])
    pages = list(site.pages(ASSETS, pageSize=5))
    assert pages[0] == pages[1] == whole[:5]
    site.box.faults.clear()
    site.box.faults.add("status", PLACES["pages"], status=504, min_take=10)
    assert [site.search(ASSETS, pageSize=size).status for size in (10, 11)] == [200, 504]


def test_a_page_is_told_by_where_it_begins() -> None:
    site = Site()
    token = site.payload(ASSETS, pageSize=5)["nextPageToken"]
    site.search(ASSETS, pageToken=token)
    first, second = (site.source.list_page(request) for request in site.box.requests[-2:])
    assert first is not None
    assert second is not None
    assert (first.first, first.skip, second.first, second.skip) == (True, 0, False, 5)
    assert first.question == second.question
    assert first.records == len(site.rows_of(ASSETS))
    assert first.entity == f"Asset of {site.client}"


@pytest.mark.parametrize("change", ["delete", "insert", "edit", "replace", "import"])
@pytest.mark.parametrize(
    ("entity", "resource"), [("Asset", "asset"), ("UserList", "user_list"), ("CampaignLabel", "campaign_label"), ("Audience", "audience")]
)
def test_lists_move_while_they_are_read(change: str, entity: str, resource: str) -> None:
    site = Site(rows=400)
    query = f"SELECT {resource}.resource_name FROM {resource}"

    def records() -> dict[str, str]:
        return {each["resourceName"]: json.dumps(each) for each in site.source.collections[entity][site.client].records()}

    before = records()
    fault = site.box.faults.add("disturb", PLACES["queries"], change=change, times=1)
    site.search(query)
    after = records()
    gone, new = len(before.keys() - after.keys()), len(after.keys() - before.keys())
    if not fault.struck:
        assert after == before
        assert len(before) < 10 or entity.endswith("Label")
        return
    assert (gone, new) == {"delete": (1, 0), "insert": (0, 1), "replace": (1, 1)}.get(change, (0, 0))
    edited = sum(after[name] != before[name] for name in before.keys() & after.keys())
    assert edited >= {"edit": 1, "import": len(before) // 2}.get(change, 0)


def test_what_is_about_to_be_read_is_disturbed_in_its_own_account() -> None:
    site = Site(rows=400)
    fault = site.box.faults.add("disturb", "FROM asset$", change="replace", times=1)
    other = site.rows_of(ASSETS, site.other)
    assert fault.struck == 1
    site.box.faults.clear()
    assert site.rows_of(ASSETS, site.other) == other


def test_conditions_on_days_are_misread() -> None:
    site = Site()

    def days(how: str | None) -> list[str]:
        if how:
            site.box.faults.add("misread", "searchStream", how=how)
        span = "segments.date BETWEEN '2026-11-01' AND '2026-11-05'"
        (chunk,) = site.stream(f"SELECT customer.id, segments.date, metrics.impressions FROM customer WHERE {span}")
        site.box.faults.clear()
        return sorted(row["segments"]["date"] for row in chunk["results"])

    asked = days(None)
    assert (asked[0], asked[-1]) == ("2026-11-01", "2026-11-05")
    assert (days("inclusive")[0], days("inclusive")[-1]) == ("2026-10-31", "2026-11-06")
    assert (days("exclusive")[0], days("exclusive")[-1]) == ("2026-11-02", "2026-11-04")
    assert (days("ignored")[0], len(days("ignored"))) == ("2026-10-02", len(set(days("ignored"))))
    assert "BETWEEN '2026-11-01' AND '2026-11-05'" in site.box.requests[-1].body["query"]


def test_conditions_on_ids_are_misread_and_pages_go_on() -> None:
    site = Site()
    ids = [int(row["asset"]["id"]) for row in site.rows_of(ASSETS)]
    query = f"{ASSETS} WHERE asset.id BETWEEN {ids[2]} AND {ids[5]} AND asset.type != UNKNOWN"
    whole, without = len(site.rows_of(query)), len(site.rows_of(f"{ASSETS} WHERE asset.type != UNKNOWN"))
    token = site.payload(query, pageSize=1)["nextPageToken"]
    for how, rows in (("inclusive", whole), ("exclusive", whole - 2), ("ignored", without)):
        fault = site.box.faults.add("misread", PLACES["queries"], how=how)
        assert len(site.payload(query)["results"]) == rows
        assert site.search(query, pageToken=token).status == 200
        assert fault.struck == 2
        site.box.faults.clear()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a.b, c.d FROM e",
        "SELECT a.id FROM a WHERE a.b = 'it\\'s \\\\ \\n' AND a.c IN ('x', 'y') AND a.d BETWEEN 1 AND 2 AND a.e IS NOT NULL",
        "SELECT a.id FROM a WHERE a.date DURING LAST_7_DAYS AND a.t != true ORDER BY a.id DESC, a.b LIMIT 7",
        "SELECT a.id FROM a WHERE a.b NOT REGEXP_MATCH '(?i)x.*' PARAMETERS metrics_currency = 'USD'",
    ],
)
def test_a_query_as_text_says_the_same(text: str) -> None:
    assert parsed(text_of(parsed(text))) == parsed(text)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_knows_where_to_strike(name: str) -> None:
    site = Site()
    site.box.faults.preset(name)
    site.box.faults.clear()


# --- the whole -----------------------------------------------------------------------------------------------------


def test_the_fewest_requests() -> None:
    site = Site()
    fewest = site.source.fewest_requests()
    clients, managers = len(site.source.clients()), len(site.source.managers())
    assert (fewest["token"], fewest["custom_columns"], fewest["customer_client"]) == (1, managers, managers)
    assert (fewest["asset"], fewest["label"], fewest["geo_target_constant"]) == (clients, clients + managers, 1)
    assert fewest["campaign_reports"] == clients * 4  # 101 days
    assert site.source.fewest_requests(changed=True)["campaign_reports"] == clients
    counts = [len(site.rows_of(ASSETS, each.id)) for each in site.source.clients()]
    assert site.source.fewest_requests(page=4)["asset"] == sum(-(-count // 4) for count in counts)


def test_the_configuration_and_the_names_of_the_roles() -> None:
    site = Site()
    known = site.box.configuration
    assert known["base_url"] == "http://127.0.0.1:1"
    assert known["sign_in_url"] == "http://127.0.0.1:1/token"
    assert known["start_date"] == "2026-08-10"
    assert len(known["login_customer_id"]) == 10
    assert set(PLACES) == {"api", "queries", "pages"}
    assert "client accounts" in site.source.size
