"""Google's own client library reads the stand-in, and every reply is held against Google's own description of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from http.client import IncompleteRead
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document  # type: ignore[import-untyped]
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]

from sandbox.sa360.catalog import FIELDS, RESOURCES, camel, fights, is_message
from sandbox.server import Box, running
from tests.sandbox.asking import ask
from tests.sandbox.conftest import START, Clock
from tests.sandbox.sa360.asking import Row, Site

SERVICES = "GoogleAdsSearchads360V0Services__"
SEARCHED, STREAMED = f"{SERVICES}SearchSearchAds360Response", "SearchSearchAds360StreamResponse"


@cache
def document() -> dict[str, Any]:
    path = files("googleapiclient") / "discovery_cache" / "documents" / "searchads360.v0.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


# --- replies against schemas ---------------------------------------------------------------------------------------


def faults_of(value: object, schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yields what in a value is not as its schema wants it: unknown keys, types, formats, constants."""
    if "$ref" in schema:
        schema = document()["schemas"][schema["$ref"]]
    kind = schema.get("type")
    if kind == "object":
        yield from _faults_of_object(value, schema, at)
    elif kind == "array":
        if not isinstance(value, list):
            yield f"{at}: {value!r} is no list"
            return
        for each in value:
            yield from faults_of(each, schema["items"], f"{at}[]")
    elif not _is_plain(value, str(kind), schema):
        yield f"{at}: {value!r} is no {kind} {schema.get('format', '')}"


def _faults_of_object(value: object, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is no object"
        return
    known = schema.get("properties", {})
    for key, below in value.items():
        if key in known:
            yield from faults_of(below, known[key], f"{at}.{key}")
        elif "additionalProperties" not in schema:
            yield f"{at}.{key}: unknown"


def _is_plain(value: object, kind: str, schema: Mapping[str, Any]) -> bool:
    if kind == "string":
        if not isinstance(value, str) or ("enum" in schema and value not in schema["enum"]):
            return False
        return schema.get("format") != "int64" or re.fullmatch(r"-?\d+", value) is not None
    if kind == "boolean":
        return isinstance(value, bool)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole if kind == "integer" else whole or isinstance(value, float)


def test_the_checker_finds_what_is_wrong() -> None:
    row: Row = {"campaign": {"id": 1, "status": "ON", "nonsense": 1}, "metrics": {"ctr": "1", "clicks": "x"}}
    wrong = {"results": [row], "fieldMask": []}
    assert len(list(faults_of(wrong, {"$ref": SEARCHED}))) == 6


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def asked_of(site: Site) -> list[str]:
    return [site.source.world.top.id, site.client, site.other]


@pytest.mark.parametrize("resource", sorted(RESOURCES))
def test_every_resource_with_all_its_fields(site: Site, resource: str) -> None:
    names = [each.name for each in RESOURCES[resource].fields.values() if each.selectable]
    joined = [f"{name}.{each}" for name in RESOURCES[resource].joined for each in ("id", "name", "status") if f"{name}.{each}" in FIELDS]
    found = 0
    for customer in asked_of(site):
        payload = site.payload(f"SELECT {', '.join([*names, *joined])} FROM {resource}", customer, returnTotalResultsCount=True)
        assert list(faults_of(payload, {"$ref": SEARCHED})) == []
        found += len(payload.get("results", []))
        for row in payload.get("results", []):
            assert row.keys() <= {camel(each) for each in (resource, *RESOURCES[resource].joined)}
            assert all(part["resourceName"] for part in row.values())
    assert found, "there is one of everything"


def reports() -> list[tuple[str, str]]:
    """Returns each resource that has metrics, with each way to segment them."""
    ways = ("segments.date", "segments.device", "segments.conversion_action", "segments.product_item_id", "segments.ad_network_type")
    return [(name, way) for name, one in sorted(RESOURCES.items()) for way in ways if one.metrics and way in one.segments]


@pytest.mark.parametrize(("resource", "way"), reports())
def test_every_report_with_all_its_metrics(site: Site, resource: str, way: str) -> None:
    metrics = [name for name in sorted(RESOURCES[resource].metrics) if not fights(way, name)]
    if not metrics:
        pytest.skip("nothing is counted in this way")
    today = datetime.fromtimestamp(START, timezone.utc).date()
    span = f"segments.date BETWEEN '{today - timedelta(days=20)}' AND '{today}'"
    segments = dict.fromkeys(["segments.date", "segments.week", "segments.year", way])
    query = f"SELECT {resource}.resource_name, {', '.join([*segments, *metrics])} FROM {resource} WHERE {span}"
    payload = site.payload(query)
    assert list(faults_of(payload, {"$ref": SEARCHED})) == []
    assert payload["results"]
    (chunk,) = site.stream(query)
    del chunk["requestId"]
    assert list(faults_of(chunk, {"$ref": SEARCHED})) == []
    assert len(chunk["results"]) == len(payload["results"])


def test_custom_columns_and_fields(site: Site) -> None:
    columns = site.ask("GET", f"/v0/customers/{site.source.world.top.id}/customColumns").payload
    assert columns["customColumns"]
    assert list(faults_of(columns, {"$ref": f"{SERVICES}ListCustomColumnsResponse"})) == []
    query = "SELECT name, category, data_type, selectable, selectable_with, enum_values, is_repeated, metrics, segments, type_url"
    fields = site.ask("POST", "/v0/searchAds360Fields:search", {"query": query}).payload
    assert list(faults_of(fields, {"$ref": f"{SERVICES}SearchSearchAds360FieldsResponse"})) == []
    assert len(fields["results"]) == int(fields["totalResultsCount"]) > 500


def test_errors_have_the_schema_of_a_failure(site: Site) -> None:
    for reply in (site.search("SELECT campaign.nam FROM campaign"), site.search("SELECT campaign.id FROM campaign", pageSize=-1)):
        (failure,) = reply.payload["error"]["details"]
        assert failure.pop("@type").endswith(".SearchAds360Failure")
        assert list(faults_of(failure, {"$ref": "GoogleAdsSearchads360V0Errors__SearchAds360Failure"})) == []


def test_whole_messages_are_no_fields() -> None:
    assert is_message("campaign")
    assert is_message("campaign.network_settings")


# --- over a socket -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with running("sa360", rows=60, seed=5, clock=Clock()) as found:
        yield found


@pytest.fixture
def api(box: Box) -> Iterator[Any]:
    """Google's client, signed in with a refresh token; it sends the login customer with each request."""
    known = box.configuration
    credentials = Credentials(  # type: ignore[no-untyped-call]
        None, refresh_token=known["refresh_token"], client_id=known["client_id"], client_secret=known["client_secret"],
        token_uri=known["sign_in_url"],
    )  # fmt: skip
    with build_from_document(document(), credentials=credentials, client_options={"api_endpoint": box.url}) as found:
        yield found
        found._http._refresh_request = None  # it signs in over a connection of its own, which nothing else closes


def sent(box: Box, request: Any) -> Any:
    """Sends a request of Google's client, with the header that it has no name for."""
    request.headers["login-customer-id"] = box.configuration["login_customer_id"]
    return request.execute()


def client_of(box: Box) -> str:
    return str(box.source.clients()[0].id)


def test_googles_client_reads_all_pages(box: Box, api: Any) -> None:
    query = {"query": "SELECT asset.id, asset.name, asset.type FROM asset", "pageSize": 7, "returnTotalResultsCount": True}
    replies = [sent(box, api.customers().searchAds360().search(customerId=client_of(box), body=query))]
    while token := replies[-1].get("nextPageToken"):
        replies.append(sent(box, api.customers().searchAds360().search(customerId=client_of(box), body=query | {"pageToken": token})))
    names = [row["asset"]["resourceName"] for reply in replies for row in reply["results"]]
    assert len(set(names)) == len(names) == int(replies[-1]["totalResultsCount"]) > 7


def test_googles_client_reads_a_report(box: Box, api: Any) -> None:
    query = "SELECT campaign.id, segments.date, metrics.clicks, metrics.ctr FROM campaign WHERE segments.date DURING LAST_14_DAYS"
    reply = sent(box, api.customers().searchAds360().search(customerId=client_of(box), body={"query": query}))
    assert {row["segments"]["date"] for row in reply["results"]}
    assert all(int(row["metrics"]["clicks"]) >= 0 for row in reply["results"])


def test_googles_client_finds_the_accounts_and_the_custom_columns(box: Box, api: Any) -> None:
    top = box.configuration["login_customer_id"]
    assert api.customers().listAccessibleCustomers().execute() == {"resourceNames": [f"customers/{top}"]}
    columns = sent(box, api.customers().customColumns().list(customerId=top))["customColumns"]
    one = sent(box, api.customers().customColumns().get(resourceName=columns[0]["resourceName"]))
    assert one == columns[0]
    query = "SELECT customer_client.id, customer_client.level FROM customer_client"
    tree = sent(box, api.customers().searchAds360().search(customerId=top, body={"query": query}))
    assert tree["results"][0]["customerClient"].keys() == {"resourceName", "id", "level"}


def test_googles_client_asks_for_fields(box: Box, api: Any) -> None:
    field = api.searchAds360Fields().get(resourceName="searchAds360Fields/campaign.status").execute()
    assert (field["dataType"], field["category"], field["isRepeated"]) == ("ENUM", "ATTRIBUTE", False)
    query = "SELECT name, selectable WHERE name LIKE 'campaign.%' ORDER BY name DESC"
    found = api.searchAds360Fields().search(body={"query": query, "pageSize": 5}).execute()
    more = api.searchAds360Fields().search(body={"query": query, "pageSize": 5, "pageToken": found["nextPageToken"]}).execute()
    names = [each["name"] for each in (*found["results"], *more["results"])]
    assert names == sorted(names, reverse=True)
    assert len(set(names)) == 10


@pytest.mark.parametrize(
    ("query", "key", "code"),
    [
        ("SELECT campaign.nam FROM campaign", "queryError", "UNRECOGNIZED_FIELD"),
        ("SELECT metrics.clicks, segments.date FROM campaign", "queryError", "EXPECTED_FILTERS_ON_DATE_RANGE"),
    ],
)
def test_googles_client_understands_errors(box: Box, api: Any, query: str, key: str, code: str) -> None:
    with pytest.raises(HttpError) as caught:
        sent(box, api.customers().searchAds360().search(customerId=client_of(box), body={"query": query}))
    assert caught.value.resp.status == 400
    assert caught.value.resp["request-id"]
    (failure,) = caught.value.error_details
    assert failure["errors"][0]["errorCode"] == {key: code}


def test_googles_client_signs_in_again_when_a_token_has_ended(box: Box, api: Any) -> None:
    asked = api.customers().listAccessibleCustomers()
    asked.execute()
    box.source.tokens.given.clear()
    assert asked.execute()["resourceNames"]


def test_a_stream_over_a_socket(box: Box) -> None:
    known = box.configuration
    form = {"grant_type": "refresh_token"} | {name: known[name] for name in ("client_id", "client_secret", "refresh_token")}
    token = ask(box, "POST", "/token", urlencode(form).encode()).json["access_token"]
    body = {"query": "SELECT asset.id FROM asset", "batchSize": 5}
    path = f"/v0/customers/{client_of(box)}/searchAds360:searchStream"
    headers = {"Authorization": f"Bearer {token}", "login-customer-id": known["login_customer_id"]}
    answer = ask(box, "POST", path, body, **headers)
    assert (answer.status, answer.headers["Transfer-Encoding"]) == (200, "chunked")
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert {chunk["requestId"] for chunk in answer.json} == {answer.headers["request-id"]}
    refused = ask(box, "POST", path, {"query": "SELECT"}, **headers)
    assert (refused.status, list(refused.json[0])) == (400, ["error"])
    box.faults.add("cut", "searchStream FROM asset$", times=1)
    with pytest.raises(IncompleteRead):
        ask(box, "POST", path, body, **headers)
