"""What each method asks of EveryAction, to the letter, and what it makes of a reply that is not what the vendor promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import responses

from common.budget import Budget, Pace
from common.failures import Forbidden, NotFound, RateLimited, Rejected, SourceFailure, Unauthorized, Unavailable
from tests.doubles import FakeClock
from tests.loading import load

api = load("everyaction").api

BASE = "https://api.securevan.com/v4"
CONFIGURATION = {"username": "canary-app", "password": "canary-key-5d1e|1", "base_url": BASE}
BASIC = "Basic Y2FuYXJ5LWFwcDpjYW5hcnkta2V5LTVkMWV8MQ=="  # canary-app:canary-key-5d1e|1
SECRETS = ("canary-key", "5d1e", "Y2FuYXJ5")
JOBS = "/changedEntityExportJobs"
HOST = "https://blobs.example.net"
FILE = f"{HOST}/exports/c-1.csv"
SIGNATURE = "sv=2020&sig=canary-signature%3D"

Call = Callable[[Any], Any]


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def made(clock: FakeClock | None = None, **configuration: str) -> Any:
    """The API with sessions as a sync makes them."""
    given, clock = CONFIGURATION | configuration, clock or FakeClock()
    session = api.exchange(given, Budget(clock, 0, 1.0, lambda message: None, Pace(1000, 1.0, 8, 1.0)), clock, 8)
    files = api.downloads(Budget(clock, 0, 1.0, lambda message: None), clock)
    return api.EveryActionApi(session.json, files.chunks, given["base_url"])


@pytest.fixture
def account() -> Any:
    return made()


def exported(of: Any, address: str = f"{FILE}?{SIGNATURE}") -> Any:
    """The header, the rows, and the last one if its line does not end."""
    with of.export_file(address) as export:
        return export.header, list(export), export.unterminated


def envelope(*items: object, link: object = None, **more: object) -> dict[str, object]:
    return {"items": list(items), "nextPageLink": link, "count": len(items)} | more


def sent(vendor: responses.RequestsMock) -> Any:
    assert len(vendor.calls) == 1
    return vendor.calls[0].request


# --- Requests ---

CALLS: dict[str, tuple[str, str, Call]] = {
    "page": ("GET", "/codes", lambda of: of.page("/codes", {})),
    "next page": ("GET", "/codes", lambda of: of.next_page("/codes")),
    "record": ("GET", "/people/17", lambda of: of.record("/people/17", {})),
    "resources": ("GET", f"{JOBS}/resources", lambda of: of.resources()),
    "fields": ("GET", f"{JOBS}/fields/Contacts", lambda of: of.fields("Contacts")),
    "change types": ("GET", f"{JOBS}/changeTypes/Contacts", lambda of: of.change_types("Contacts")),
    "begin": ("POST", JOBS, lambda of: of.begin_export({"resourceType": "Contacts"})),
    "job": ("GET", f"{JOBS}/3000000001", lambda of: of.export_job(3_000_000_001)),
}
JOB = {"exportJobId": 3_000_000_001, "jobStatus": "Pending", "files": [], "code": None}
GOOD: dict[str, object] = {
    "page": envelope(),
    "next page": envelope(),
    "record": {"vanId": 17},
    "resources": ["Contacts"],
    "fields": [],
    "change types": [],
    "begin": JOB,
    "job": JOB,
}
every_call = pytest.mark.parametrize("name", CALLS)


def reply(vendor: responses.RequestsMock, name: str, content: object, **more: Any) -> None:
    method, path, _ = CALLS[name]
    kind = {"body": content} if isinstance(content, (str, bytes)) else {"json": content}
    vendor.add(method, BASE + path, **kind, **more)


@every_call
def test_every_request_carries_the_login_in_its_header_and_nowhere_else(
    name: str, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, name, GOOD[name])
    CALLS[name][2](account)
    request = sent(vendor)
    assert (request.method, request.url) == (CALLS[name][0], BASE + CALLS[name][1])
    assert request.headers["Authorization"] == BASIC
    assert request.headers["Accept"] == "application/json"
    assert not any(secret in f"{request.url} {request.body}" for secret in (*SECRETS, "canary-app"))


@pytest.mark.parametrize(
    ("mode", "basic"),
    [("1", "Basic YXBwOmstMTJ8MQ=="), ("0", "Basic YXBwOmstMTJ8MA==")],  # app:k-12|1, app:k-12|0
)
def test_the_mode_of_the_database_goes_with_the_key(mode: str, basic: str, vendor: responses.RequestsMock) -> None:
    reply(vendor, "page", envelope())
    made(username="app", password=f"k-12|{mode}").page("/codes", {})
    assert sent(vendor).headers["Authorization"] == basic


def test_the_headers_hold_nothing_else_of_the_configuration() -> None:
    headers = api.get_headers(CONFIGURATION | {"optional_tables": "person_details"})
    assert headers == {"Accept": "application/json", "Authorization": BASIC}


@pytest.mark.parametrize("base", ["https://intlapi.securevan.com/v4", "http://127.0.0.1:8901/everyaction"])
def test_another_host_gets_the_requests_if_it_is_configured(base: str, vendor: responses.RequestsMock) -> None:
    vendor.get(f"{base}/codes", json=envelope())
    made(base_url=base).page("/codes", {})
    assert len(vendor.calls) == 1


def test_a_page_is_asked_for_in_the_query(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "page", envelope())
    account.page("/codes", {"$top": 200, "$skip": 400, "$expand": "supportedEntities"})
    assert sent(vendor).params == {"$top": "200", "$skip": "400", "$expand": "supportedEntities"}
    assert sent(vendor).body is None


def test_an_export_is_begun_with_its_body(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "begin", JOB, status=201)
    body = {"resourceType": "Contacts", "dateChangedFrom": "2024-05-01T00:00:00Z", "requestedIds": [1, 2], "includeInactive": True}
    assert account.begin_export(body) == JOB
    request = sent(vendor)
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == body


# --- Lists ---

ROWS = [{"codeId": 1}, {"codeId": 2}]


@pytest.mark.parametrize(
    ("content", "records", "total"),
    [
        ({"items": ROWS, "nextPageLink": None, "count": 5}, ROWS, 5),
        ({"items": [], "nextPageLink": None, "count": 0}, [], 0),
        ({"items": ROWS}, ROWS, None),
        ({"items": ROWS, "count": None}, ROWS, None),
        ({"districts": ROWS}, ROWS, None),
        (ROWS, ROWS, 2),
        ([], [], 0),
        (["Contacts"], ["Contacts"], 1),
    ],
)
def test_a_list_in_each_of_its_shapes(
    content: object, records: object, total: int | None, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, "page", content)
    assert account.page("/codes", {}) == (records, total, None)


def test_the_types_of_changed_entities_are_names(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "resources", ["Contacts", None, {"name": "x"}, "ContactHistory"])
    assert account.resources() == ["Contacts", "ContactHistory"]


ODD: list[object] = [None, 5, "down", True]
NO_ID: list[object] = [None, "3000000001", True, 1.5]
NO_NUMBER: list[object] = ["5", True, 1.5, []]
NO_LIST: list[object] = [*ODD, {}, {"items": None}, {"items": {}}, {"districts": "x"}, {"people": []}, {"count": 3}]
NO_JOB: list[object] = [*ODD, [], {}, *({"exportJobId": wrong} for wrong in NO_ID)]
WRONG: dict[str, list[object]] = {
    "page": [*NO_LIST, *(envelope(count=wrong) for wrong in NO_NUMBER)],
    "next page": NO_LIST,
    "record": [*ODD, [], [{"vanId": 17}]],
    "resources": NO_LIST,
    "fields": NO_LIST,
    "change types": NO_LIST,
    "begin": NO_JOB,
    "job": NO_JOB,
}


@pytest.mark.parametrize(("name", "content"), [(name, content) for name, replies in WRONG.items() for content in replies])
def test_a_200_of_the_wrong_shape_is_an_outage_and_never_an_empty_list(
    name: str, content: object, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, name, json.dumps(content), content_type="application/json")
    with pytest.raises(Unavailable, match=CALLS[name][1]) as raised:
        CALLS[name][2](account)
    assert raised.value.url


@pytest.mark.parametrize("body", [b"", b"{", b'{"items":[{"codeId', b"<html>maintenance</html>", b"\xff"])
@every_call
def test_half_a_document_or_a_web_page_is_an_outage(
    name: str, body: bytes, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, name, body)
    with pytest.raises(Unavailable):
        CALLS[name][2](account)


# --- Links ---

QUERY = "codeType=Tag&$orderby=Name%20desc&$expand=emails%2Cphones&$top=2&$skip=2"


@pytest.mark.parametrize(
    ("link", "base", "path"),
    [
        (f"https://api.securevan.com:443/v4/codes?{QUERY}", BASE, f"/codes?{QUERY}"),
        (f"https://api.securevan.com/v4/codes?{QUERY}", BASE, f"/codes?{QUERY}"),
        (f"https://API.SecureVAN.com:443/v4/codes?{QUERY}", BASE, f"/codes?{QUERY}"),
        (f"https://api.securevan.com/v4/codes?{QUERY}", "https://api.securevan.com:443/v4", f"/codes?{QUERY}"),
        ("https://api.securevan.com/v4/codes/extendedSourceCodes?$skip=2", BASE, "/codes/extendedSourceCodes?$skip=2"),
        ("https://api.securevan.com/v4/codes", BASE, "/codes"),
        ("http://127.0.0.1:8901/everyaction/codes?$skip=2", "http://127.0.0.1:8901/everyaction", "/codes?$skip=2"),
        ("http://localhost/codes?$skip=2", "http://localhost:80", "/codes?$skip=2"),
    ],
)
def test_a_link_to_the_same_host_leads_on(link: str, base: str, path: str, vendor: responses.RequestsMock) -> None:
    vendor.get(f"{base}/codes", json=envelope({"codeId": 1}, link=link))
    assert made(base_url=base).page("/codes", {}).link == path


ELSEWHERE = [
    "https://evil.example.net/v4/codes?$skip=2",
    "https://intlapi.securevan.com/v4/codes?$skip=2",
    "https://api.securevan.com.evil.example.net/v4/codes?$skip=2",
    "https://evil.example.net:443/v4/codes?$skip=2",
    "https://api.securevan.com@evil.example.net/v4/codes?$skip=2",
    "https://user:pass@api.securevan.com/v4/codes?$skip=2",
    "http://api.securevan.com/v4/codes?$skip=2",
    "http://api.securevan.com:443/v4/codes?$skip=2",
    "ftp://api.securevan.com/v4/codes",
    "https://api.securevan.com:8443/v4/codes?$skip=2",
    "https://api.securevan.com:99999/v4/codes?$skip=2",
    "https://api.securevan.com:x/v4/codes?$skip=2",
    "https://api.securevan.com/v5/codes?$skip=2",
    "https://api.securevan.com/v44/codes?$skip=2",
    "https://api.securevan.com/v4/../other/codes?$skip=2",
    "https://api.securevan.com/?next=/v4/codes",
    "https://api.securevan.com",
    "//api.securevan.com/v4/codes?$skip=2",
    "/v4/codes?$skip=2",
    "https://[/v4/codes?$skip=2",
    "",
]


@pytest.mark.parametrize("link", [*ELSEWHERE, None, 5, True, {}, []], ids=repr)
def test_a_link_that_leads_elsewhere_is_none(link: object, vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "page", envelope({"codeId": 1}, link=link))
    assert account.page("/codes", {}) == ([{"codeId": 1}], 1, None)


def test_a_link_is_followed_as_it_is(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(f"{BASE}/codes", json=envelope({"codeId": 3}, link=f"{BASE}/codes?$skip=4"))
    assert account.next_page(f"/codes?{QUERY}") == ([{"codeId": 3}], 1, "/codes?$skip=4")
    assert sent(vendor).url == f"{BASE}/codes?{QUERY}"


# --- Refusals ---

SENTENCE = {"errors": [{"code": "INVALID_PARAMETER", "text": "'x' is not usable", "properties": ["$top", "x"], "hint": "Use 1..200"}]}
SHAPES: dict[str, tuple[str, str]] = {
    "with properties": (json.dumps(SENTENCE), ": 'x' is not usable ($top, x)"),
    "without": ('{"errors":[{"code":"FORBIDDEN","text":"Access to this action is restricted"}]}', ": Access to this action is restricted"),
    "two": ('{"errors":[{"code":"A","text":"first"},{"code":"B","text":"second"}]}', ": first"),
    "no errors": ('{"errors":[]}', ""),
    "no text": ('{"errors":[{"code":"A","text":null}]}', ""),
    "no object": ('{"errors":["x"]}', ""),
    "a credential": ('{"errors":[{"text":"no key canary-key-5d1e"}]}', ""),
    "the header": (f'{{"errors":[{{"text":"bad {BASIC}"}}]}}', ""),
    "another object": ('{"message":"The request is invalid."}', ": The request is invalid."),
    "a list": ("[]", ""),
}
KINDS = [(400, Rejected), (401, Unauthorized), (403, Forbidden), (404, NotFound), (405, Rejected), (409, Rejected)]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize(("status", "kind"), KINDS)
@pytest.mark.parametrize("name", ["page", "record", "begin"])
def test_a_refusal_in_json(
    name: str, status: int, kind: type[SourceFailure], shape: tuple[str, str], vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, name, shape[0], status=status)
    with pytest.raises(SourceFailure) as raised:
        CALLS[name][2](account)
    assert type(raised.value) is kind
    method, path, _ = CALLS[name]
    assert str(raised.value) == f"{method} {BASE}{path} answered {status}{shape[1]}"
    assert raised.value.status == status
    assert not any(secret in str(raised.value) for secret in SECRETS)


@pytest.mark.parametrize("body", ["<html>no such page</html>", "", "Not found"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Rejected), (401, Unauthorized), (403, Forbidden), (404, Rejected)],  # a 404 in HTML is of a route, and of no record (2)
)
def test_a_refusal_that_is_no_json(
    status: int, kind: type[SourceFailure], body: str, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, "record", body, status=status, content_type="text/html")
    with pytest.raises(SourceFailure) as raised:
        account.record("/people/17", {})
    assert type(raised.value) is kind
    assert str(raised.value) == f"GET {BASE}/people/17 answered {status}"


@every_call
def test_a_redirect_is_never_followed(name: str, vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, name, "", status=302, headers={"Location": "https://evil.example.net/error.html"})
    with pytest.raises(Rejected, match="answered 302"):
        CALLS[name][2](account)
    assert len(vendor.calls) == 1


ASP = {"message": "An error has occurred.", "exceptionMessage": "canary", "exceptionType": "x", "stackTrace": "canary"}


@pytest.mark.parametrize("body", [{"errors": [{"code": "INTERNAL_SERVER_ERROR", "text": "x", "referenceCode": "48E6AB"}]}, ASP, "<html>"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage(status: int, body: object, vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "page", body, status=status)
    with pytest.raises(Unavailable) as raised:
        account.page("/codes", {})
    assert str(raised.value) == f"GET {BASE}/codes answered {status}"


# --- Too many calls ---


def limited(text: object) -> dict[str, object]:
    return {"errors": [{"code": "429", "text": text}]}


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (limited("Rate limit exceeded. Try again in 1500 ms."), 1.5),
        (limited("try again in 7ms"), 0.007),
        (limited("Try again in 0 ms."), 0.0),
        ({"errors": [{"text": "Try again in 20 ms."}, {"text": "Try again in 300 ms."}]}, 0.3),
    ],
)
def test_how_long_to_wait_is_in_the_text(body: object, seconds: float, vendor: responses.RequestsMock) -> None:
    clock = FakeClock()
    of = made(clock)
    reply(vendor, "page", body, status=429)
    reply(vendor, "page", envelope())
    with pytest.raises(RateLimited) as raised:
        of.page("/codes", {})
    assert raised.value.seconds == seconds
    began = clock.now
    of.page("/codes", {})
    assert clock.now - began == pytest.approx(seconds, abs=1e-6)  # nobody asks before


@pytest.mark.parametrize(
    "body",
    [
        *map(limited, ("Try again later.", "Try again in 864000000 ms.", None, 5)),  # ten days are not believed
        *({"errors": None}, {"errors": ["x"]}, [], "<html>slow down</html>", ""),
    ],
)
def test_without_a_time_the_pause_is_our_own(body: object, vendor: responses.RequestsMock) -> None:
    clock = FakeClock()
    of = made(clock)
    reply(vendor, "page", body, status=429)
    reply(vendor, "page", envelope())
    with pytest.raises(RateLimited) as raised:
        of.page("/codes", {})
    assert raised.value.seconds == 1.0
    began = clock.now
    of.page("/codes", {})
    assert clock.now - began == pytest.approx(1.0)


def test_a_header_that_names_a_time_is_obeyed(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "page", limited("no"), status=429, headers={"Retry-After": "12"})
    with pytest.raises(RateLimited) as raised:
        account.page("/codes", {})
    assert raised.value.seconds == 12.0


@pytest.mark.parametrize("body", [None, 5, [], {}, {"errors": {}}, {"errors": [None, 5, {}]}, {"errors": [{"text": "in 5 ms"}]}])
def test_a_text_that_names_no_time(body: object) -> None:
    assert api.wait_in_body(body) is None


# --- Files of exports ---

CSV = '\ufeffVanID,Name\r\n17,"Ann, ""B""\nC"\r\n18,\r\n'
TABLE = (["VanID", "Name"], [["17", 'Ann, "B"\nC'], ["18", ""]], None)


def test_a_file_is_asked_for_without_any_credential(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(FILE, body=CSV.encode(), content_type="text/csv")
    assert exported(account) == TABLE
    request = sent(vendor)
    assert request.url == f"{FILE}?{SIGNATURE}"
    assert "Authorization" not in request.headers
    assert not any(secret in f"{request.headers} {request.url}" for secret in (*SECRETS, "canary-app"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (CSV, TABLE),
        (CSV.removeprefix("\ufeff"), TABLE),
        ("\ufeffVanID\tName\r\n17\tAnn, B\r\n", (["VanID", "Name"], [["17", "Ann, B"]], None)),
        ('VanID\t"Last, First, Middle"\n17\tx\n', (["VanID", "Last, First, Middle"], [["17", "x"]], None)),
        ("VanID,Name\n17,a\tb\n", (["VanID", "Name"], [["17", "a\tb"]], None)),
        ("VanID\n17\n", (["VanID"], [["17"]], None)),
        ("VanID,Name\n", (["VanID", "Name"], [], None)),
        ("VanID,Name\n17,Ann", (["VanID", "Name"], [], ["17", "Ann"])),
    ],
)
def test_a_file_with_commas_or_tabs(body: str, expected: object, vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(FILE, body=body.encode())
    assert exported(account) == expected


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Rejected), (403, Forbidden), (404, NotFound), (302, Rejected), (429, RateLimited), (500, Unavailable)]
)
@pytest.mark.parametrize("body", ["<?xml version='1.0'?><Error>canary-signature</Error>", json.dumps(limited("gone")), ""])
def test_a_refused_file_does_not_tell_its_signature(
    status: int, kind: type[SourceFailure], body: str, vendor: responses.RequestsMock, account: Any
) -> None:
    vendor.get(FILE, body=body, status=status, headers={"Location": f"{FILE}?{SIGNATURE}"})
    with pytest.raises(kind, match=rf"^GET {FILE} answered {status}") as raised:
        exported(account)
    assert "canary" not in f"{raised.value} {raised.value.url}"


@pytest.mark.parametrize("body", ["<html>canary</html>", '{"items": "canary"}', "", "\ufeff", 'VanID,Name\n17,"canary'])
def test_a_file_that_is_none_does_not_tell_its_signature(body: str, vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(FILE, body=body.encode())
    with pytest.raises(Unavailable, match=rf"^{FILE}: ") as raised:
        exported(account)
    assert "canary" not in f"{raised.value} {raised.value.url}"


def test_a_file_that_breaks_off_does_not_tell_its_signature(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(FILE, body="VanID,Name\n17,a\n", headers={"Content-Length": "100000"}, auto_calculate_content_length=False)
    with pytest.raises(Unavailable, match=FILE) as raised:
        exported(account)
    assert "canary" not in f"{raised.value} {raised.value.url}"


def test_a_file_whose_host_is_not_there_does_not_tell_its_signature(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(FILE, body=requests.ConnectionError(f"{FILE}?{SIGNATURE}"))
    with pytest.raises(Unavailable, match=FILE) as raised:
        exported(account)
    assert "canary" not in f"{raised.value} {raised.value.url}"


@pytest.mark.parametrize(
    "address",
    ["http://blobs.example.net/c.csv?sig=canary", "ftp://blobs.example.net/c.csv", "file:///etc/passwd", "/c.csv", "", "https://[/c?canary"],
)
def test_an_address_that_is_none_or_in_the_clear_is_not_asked_for(address: str, vendor: responses.RequestsMock, account: Any) -> None:
    with pytest.raises(Unavailable) as raised:
        exported(account, address)
    assert len(vendor.calls) == 0
    assert "canary" not in str(raised.value)


def test_a_file_of_the_apis_own_host_is_not_asked_for_in_the_clear_either(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get("http://api.securevan.com/c.csv", body="VanID\n17\n")
    vendor.assert_all_requests_are_fired = False
    with pytest.raises(Unavailable):
        exported(account, "http://api.securevan.com/c.csv?sig=canary")
    assert len(vendor.calls) == 0


def test_a_file_of_a_test_server_may_be_asked_for_in_the_clear(vendor: responses.RequestsMock) -> None:
    vendor.get("http://127.0.0.1:8902/c.csv", body="VanID\n17\n")
    assert exported(made(base_url="http://127.0.0.1:8901/everyaction"), "http://127.0.0.1:8902/c.csv?sig=x") == (["VanID"], [["17"]], None)
