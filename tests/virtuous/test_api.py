"""What each method asks of Virtuous, to the letter, and what it makes of a reply that is not what the vendor promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import responses

from common.budget import Budget
from common.failures import Forbidden, NotFound, RateLimited, Rejected, SourceFailure, Unauthorized, Unavailable
from tests.doubles import FakeClock
from tests.loading import load

api = load("virtuous").api

BASE = "https://api.virtuoussoftware.com"
TOKEN = "v_canary-91d2"
CONFIGURATION = {"bearer_token": TOKEN, "base_url": BASE}
PAGE = {"list": [{"id": 1}, {"id": 2}], "total": 412}

Call = Callable[[Any], Any]


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def virtuous() -> Any:
    clock = FakeClock()
    return api.VirtuousApi(api.exchange(CONFIGURATION, Budget(clock, 1000, api.RATE_WINDOW_SECONDS, lambda message: None), clock, 8).json)


def answer(vendor: responses.RequestsMock, method: str, url: str, reply: object) -> None:
    vendor.add(method, url, json=reply)


def sent(vendor: responses.RequestsMock) -> Any:
    assert len(vendor.calls) == 1
    return vendor.calls[0].request


def body_of(vendor: responses.RequestsMock) -> Any:
    request = sent(vendor)
    assert request.headers["Content-Type"] == "application/json"
    return json.loads(request.body)


GROUPS = [
    [api.Condition("Gift Id", "GreaterThan", "41"), api.Condition("Last Modified Date", "OnOrAfter", "2026-09-20")],
    [api.Condition("Gift Id", "LessThan", "5")],
]
BODY = {
    "groups": [
        {
            "conditions": [
                {"parameter": "Gift Id", "operator": "GreaterThan", "value": "41", "secondaryValue": None, "values": None},
                {"parameter": "Last Modified Date", "operator": "OnOrAfter", "value": "2026-09-20", "secondaryValue": None, "values": None},
            ]
        },
        {"conditions": [{"parameter": "Gift Id", "operator": "LessThan", "value": "5", "secondaryValue": None, "values": None}]},
    ],
    "sortBy": "Id",
    "descending": False,
}


@pytest.mark.parametrize("path", ["Gift/Query/FullGift", "Contact/Query/FullContact", "v2/Pledge/Query"])
def test_a_query_pages_in_the_query_string_where_the_vendor_reads_it(path: str, vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "POST", f"{BASE}/api/{path}", PAGE)
    assert virtuous.query(path, GROUPS, 250, 1000) == ([{"id": 1}, {"id": 2}], 412)
    assert (sent(vendor).method, sent(vendor).url) == ("POST", f"{BASE}/api/{path}?skip=250&take=1000")
    assert body_of(vendor) == BODY


def test_a_first_page_says_that_it_skips_nothing(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "POST", f"{BASE}/api/Gift/Query", PAGE)
    virtuous.query("Gift/Query", [], 0, 1)
    assert sent(vendor).url == f"{BASE}/api/Gift/Query?skip=0&take=1"
    assert body_of(vendor) == {"groups": [], "sortBy": "Id", "descending": False}


@pytest.mark.parametrize("archived", [True, False])
def test_archived_contacts_are_asked_for_or_not_as_the_setting_says(archived: bool, vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "POST", f"{BASE}/api/Contact/Query/FullContact", PAGE)
    virtuous.query("Contact/Query/FullContact", GROUPS, 0, 1000, include_archived=archived)
    assert body_of(vendor) == BODY | {"includeArchived": archived}


def test_a_search_finds_everything_page_by_page(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "POST", f"{BASE}/api/Segment/Search", PAGE)
    assert virtuous.search("Segment/Search", 1000, 1000) == (PAGE["list"], 412)
    assert (sent(vendor).method, sent(vendor).url) == ("POST", f"{BASE}/api/Segment/Search?skip=1000&take=1000")
    assert body_of(vendor) == {"search": ""}


@pytest.mark.parametrize(("page", "query"), [((), "skip=0&take=1000"), ((1000, 250), "skip=1000&take=250")])
def test_a_list_is_read_with_a_get(page: tuple[int, ...], query: str, vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "GET", f"{BASE}/api/Tag", PAGE)
    assert virtuous.listing("Tag", *page) == (PAGE["list"], 412)
    assert (sent(vendor).method, sent(vendor).url, sent(vendor).body) == ("GET", f"{BASE}/api/Tag?{query}", None)


def test_a_list_of_texts_is_complete_as_it_is(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "GET", f"{BASE}/api/Contact/Prefixes", ["Mr", "Ms"])
    assert virtuous.listing("Contact/Prefixes") == (["Mr", "Ms"], 2)


def test_expenses_are_asked_for_without_a_skip_that_this_endpoint_does_not_have(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "GET", f"{BASE}/api/ProjectExpense", PAGE)
    assert virtuous.project_expenses(12, 1000) == (PAGE["list"], 412)
    assert (sent(vendor).method, sent(vendor).url, sent(vendor).body) == ("GET", f"{BASE}/api/ProjectExpense?projectId=12&take=1000", None)


def test_expenses_that_come_as_a_bare_array_are_not_lost(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "GET", f"{BASE}/api/ProjectExpense", [{"id": 7}])
    assert virtuous.project_expenses(12, 1000) == ([{"id": 7}], 1)


def test_the_organization(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "GET", f"{BASE}/api/Organization/Current", {"organizationName": "Wells"})
    assert virtuous.organization() == {"organizationName": "Wells"}
    assert (sent(vendor).method, sent(vendor).url, sent(vendor).body) == ("GET", f"{BASE}/api/Organization/Current", None)


def test_the_parameters_that_a_query_may_filter_by(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "GET", f"{BASE}/api/Gift/QueryOptions", {"options": [{"parameter": "Gift Id"}]})
    assert virtuous.query_options("Gift") == [{"parameter": "Gift Id"}]
    assert (sent(vendor).method, sent(vendor).url, sent(vendor).body) == ("GET", f"{BASE}/api/Gift/QueryOptions", None)


CALLS: dict[str, tuple[str, str, Call]] = {
    "organization": ("GET", "Organization/Current", lambda of: of.organization()),
    "query options": ("GET", "Gift/QueryOptions", lambda of: of.query_options("Gift")),
    "query": ("POST", "Gift/Query/FullGift", lambda of: of.query("Gift/Query/FullGift", GROUPS, 0, 1000)),
    "search": ("POST", "Segment/Search", lambda of: of.search("Segment/Search", 0, 1000)),
    "listing": ("GET", "Tag", lambda of: of.listing("Tag")),
    "expenses": ("GET", "ProjectExpense", lambda of: of.project_expenses(12, 1000)),
}
every_call = pytest.mark.parametrize(("method", "path", "call"), CALLS.values(), ids=CALLS.keys())


@every_call
def test_every_request_carries_the_key_and_asks_for_json(
    method: str, path: str, call: Call, vendor: responses.RequestsMock, virtuous: Any
) -> None:
    answer(vendor, method, f"{BASE}/api/{path}", PAGE | {"options": []})
    call(virtuous)
    assert sent(vendor).headers["Authorization"] == f"Bearer {TOKEN}"
    assert sent(vendor).headers["Accept"] == "application/json"
    assert TOKEN not in sent(vendor).url + str(sent(vendor).body)


def test_the_headers_are_the_key_and_nothing_else_of_the_configuration() -> None:
    headers = api.get_headers(CONFIGURATION | {"rate_limit_reserve": 1000})
    assert headers == {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}


def test_another_server_gets_the_requests_of_a_test_configuration(vendor: responses.RequestsMock) -> None:
    clock = FakeClock()
    configuration = CONFIGURATION | {"base_url": "http://127.0.0.1:8901/virtuous"}
    answer(vendor, "GET", "http://127.0.0.1:8901/virtuous/api/Organization/Current", {})
    api.VirtuousApi(api.exchange(configuration, Budget(clock, 0, 3600.0, lambda message: None), clock, 1).json).organization()
    assert len(vendor.calls) == 1


class Shape(NamedTuple):
    """A shape of error body (/crm/error-handling), and what a person is to read of it."""

    body: str
    content_type: str
    sentence: str


SHAPES = {
    "legacy": Shape('{"message":"The argument cannot be null"}', "application/json", ": The argument cannot be null"),
    "model binding": Shape(
        '{"message":"The request is invalid.","modelState":{"query.groups":["An error has occurred."]}}',
        "application/json",
        ": The request is invalid.",
    ),
    "canonical": Shape(
        '{"error":{"code":"VALIDATION_FAILED","message":"Take is too large","details":[{"field":"take","code":"X","message":"no"}]}}',
        "application/json",
        ": Take is too large",
    ),
    "canonical without details": Shape('{"error":{"code":"X","message":"Denied","details":[]}}', "application/json", ": Denied"),
    "plain text": Shape("Authorization has been denied for this request.", "text/plain", ""),
    "empty": Shape("", "", ""),
}


@pytest.mark.parametrize(("status", "kind"), [(400, Rejected), (401, Unauthorized), (403, Forbidden), (404, NotFound), (422, Rejected)])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_a_refusal_in_each_of_the_vendors_shapes(
    status: int, kind: type[SourceFailure], shape: Shape, vendor: responses.RequestsMock, virtuous: Any
) -> None:
    url = f"{BASE}/api/Gift/Query?skip=0&take=1000"
    header = {"WWW-Authenticate": "Bearer"}
    vendor.post(f"{BASE}/api/Gift/Query", status=status, body=shape.body, content_type=shape.content_type, headers=header)
    with pytest.raises(kind) as raised:
        virtuous.query("Gift/Query", [], 0, 1000)
    assert str(raised.value) == f"POST {url} answered {status}{shape.sentence}"
    assert (raised.value.url, raised.value.status) == (url, status)


def test_the_hourly_limit_says_how_long_to_wait(vendor: responses.RequestsMock, virtuous: Any) -> None:
    body = {"error": {"code": "RATE_LIMITED", "message": "...", "details": []}}
    vendor.get(f"{BASE}/api/Organization/Current", status=429, json=body, headers={"Retry-After": "847"})
    with pytest.raises(RateLimited) as raised:
        virtuous.organization()
    assert raised.value.seconds == 847


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
@every_call
def test_a_gateway_that_gave_up_is_an_outage_for_every_endpoint(
    method: str, path: str, call: Call, status: int, vendor: responses.RequestsMock, virtuous: Any
) -> None:
    vendor.add(method, f"{BASE}/api/{path}", status=status, body="<html>520: Web server is returning an unknown error</html>")
    with pytest.raises(Unavailable):
        call(virtuous)


NO_PAGES: list[object] = [
    None,
    5,
    "down",
    {},
    {"total": 5},
    {"list": []},
    {"list": None, "total": 0},
    {"list": {"0": {}}, "total": 1},
    {"list": "[]", "total": 0},
    {"list": [], "total": None},
    {"list": [], "total": "0"},
    {"list": [], "total": 1.5},
    {"list": [], "total": True},
    {"message": "An error has occurred."},
    {"error": {"code": "INTERNAL_ERROR", "message": "no", "details": []}},
]
WRONG: dict[str, list[object]] = {
    "organization": [None, [], "down", 5],
    "query options": [None, [], "down", {}, {"options": None}, {"options": {}}, {"message": "no"}],
    "query": [*NO_PAGES, [], [{"id": 1}]],
    "search": [*NO_PAGES, [], [{"id": 1}]],
    "listing": NO_PAGES,
    "expenses": NO_PAGES,
}


@pytest.mark.parametrize(("name", "reply"), [(name, reply) for name, replies in WRONG.items() for reply in replies])
def test_a_200_of_the_wrong_shape_is_an_outage_and_never_an_empty_list(
    name: str, reply: object, vendor: responses.RequestsMock, virtuous: Any
) -> None:
    method, path, call = CALLS[name]
    answer(vendor, method, f"{BASE}/api/{path}", reply)
    with pytest.raises(Unavailable, match=path) as raised:
        call(virtuous)
    assert raised.value.url


def test_an_empty_result_is_no_failure(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "POST", f"{BASE}/api/Gift/Query", {"list": [], "total": 0})
    assert virtuous.query("Gift/Query", [], 0, 1000) == ([], 0)


def test_a_reply_with_more_than_was_promised_is_read(vendor: responses.RequestsMock, virtuous: Any) -> None:
    answer(vendor, "POST", f"{BASE}/api/Gift/Query", PAGE | {"page": 1})
    assert virtuous.query("Gift/Query", [], 0, 1000) == (PAGE["list"], 412)
