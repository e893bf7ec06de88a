"""What each method asks of OnGage, to the letter, and what it makes of a reply that is not what the vendor promises."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from common import csvs
from common.budget import Budget
from common.failures import Forbidden, NotFound, RateLimited, Rejected, SourceFailure, Unauthorized, Unavailable
from common.retrying import Attempts
from tests.doubles import FakeClock
from tests.loading import load

ongage = load("ongage")
api = ongage.api

BASE = "https://api.ongage.net"
PASSWORD = "pass-canary 5d1e"
CONFIGURATION = {
    "x_username": "canary-user@example.org",
    "x_password": PASSWORD,
    "x_account_code": "canary_code",
    "x_api_key": "",
    "base_url": BASE,
}
KEY_CONFIGURATION = CONFIGURATION | {"x_username": "", "x_password": "", "x_account_code": "", "x_api_key": "canary-key-77"}
CONTACT = "5f3c00a1b2c3d4e5f6a7b8c9"
SECRETS = ("canary-user", "pass-canary", "5d1e", "canary_code", "canary-key")

Call = Callable[[Any], Any]


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def made(configuration: dict[str, str]) -> Any:
    clock = FakeClock()
    session = api.exchange(configuration, Budget(clock, 0, api.RATE_WINDOW_SECONDS, lambda message: None), clock, 8)
    return api.OngageApi(session.json, session.chunks)


@pytest.fixture
def account() -> Any:
    return made(CONFIGURATION)


def good(payload: object, **metadata: object) -> dict[str, object]:
    return {"metadata": {"error": False} | metadata, "payload": payload}


def sent(vendor: responses.RequestsMock) -> Any:
    assert len(vendor.calls) == 1
    return vendor.calls[0].request


def body_of(vendor: responses.RequestsMock) -> Any:
    request = sent(vendor)
    assert request.headers["Content-Type"] == "application/json"
    return json.loads(request.body)


# --- Requests ---


def exported(of: Any) -> tuple[list[str], list[list[str]]]:
    """The header and the rows; one without an end belongs to them here."""
    with of.export("70011", "contact_search", "1234567890") as export:
        return export.header, [*export, *([export.unterminated] if export.unterminated not in (None, export.header) else [])]


BODY = {"title": "t", "filters": {}}
NO_ID: list[object] = [None, "", True, 1.5, []]
CALLS: dict[str, tuple[str, str, Call]] = {
    "lists": ("GET", "/api/lists", lambda of: of.listing(None, "lists", {})),
    "mailings": ("GET", "/70011/api/mailings", lambda of: of.listing("70011", "mailings", {})),
    "detail": ("GET", "/70011/api/mailings/1200345", lambda of: of.detail("70011", "mailings", 1200345)),
    "contact": ("GET", f"/70011/api/contacts/by_id/{CONTACT}", lambda of: of.contact("70011", CONTACT)),
    "begin": ("POST", "/70011/api/contact_search", lambda of: of.begin("70011", "contact_search", BODY)),
    "status": ("GET", "/70011/api/contact_search/1234567890", lambda of: of.status("70011", "contact_search", "1234567890")),
    "delete": ("DELETE", "/70011/api/contact_search/1234567890", lambda of: of.delete("70011", "contact_search", "1234567890")),
    "export": ("GET", "/70011/api/contact_search/1234567890/export", exported),
    "report": ("POST", "/api/reports/query", lambda of: of.report({"list_ids": "all"})),
}
GOOD: dict[str, object] = {
    "lists": good([]),
    "mailings": good([]),
    "detail": good({"id": "1200345"}),
    "contact": good({"id": CONTACT}),
    "begin": good({"id": 1234567890, "status": 1}),
    "status": good({"id": 1234567890, "status": 2, "status_desc": "Completed"}),
    "delete": good([]),
    "export": "ocx_contact_id\n",
    "report": good([]),
}
every_call = pytest.mark.parametrize("name", CALLS)


def reply(vendor: responses.RequestsMock, name: str, content: object, **more: Any) -> None:
    method, path, _ = CALLS[name]
    kind = {"body": content} if isinstance(content, (str, bytes)) else {"json": content}
    vendor.add(method, BASE + path, **kind, **more)


@every_call
def test_every_request_carries_the_login_in_headers_with_underscores_and_nowhere_else(
    name: str, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, name, GOOD[name])
    CALLS[name][2](account)
    request = sent(vendor)
    assert (request.method, request.url) == (CALLS[name][0], BASE + CALLS[name][1])
    login = {key: value for key, value in request.headers.items() if key.lower().startswith("x")}
    assert login == {"X_USERNAME": "canary-user@example.org", "X_PASSWORD": PASSWORD, "X_ACCOUNT_CODE": "canary_code"}
    assert not any(secret in f"{request.url} {request.body}" for secret in SECRETS)
    assert "list_id" not in str(request.body).replace("list_ids", "")  # it would win over the route
    assert "list_id" not in request.url


@every_call
def test_with_a_key_it_is_the_only_credential(name: str, vendor: responses.RequestsMock) -> None:
    reply(vendor, name, GOOD[name])
    CALLS[name][2](made(KEY_CONFIGURATION))
    request = sent(vendor)
    assert {key: value for key, value in request.headers.items() if key.lower().startswith("x")} == {"x-api-key": "canary-key-77"}
    assert "Authorization" not in request.headers


def test_the_headers_hold_nothing_else_of_the_configuration() -> None:
    assert api.get_headers(CONFIGURATION | {"list_ids": "5"}).keys() == {"Accept", "X_USERNAME", "X_PASSWORD", "X_ACCOUNT_CODE"}
    assert api.get_headers(KEY_CONFIGURATION).keys() == {"Accept", "x-api-key"}
    assert "application/json" in api.get_headers(CONFIGURATION)["Accept"]


def test_another_server_gets_the_requests_of_a_test_configuration(vendor: responses.RequestsMock) -> None:
    vendor.get("http://127.0.0.1:8901/ongage/70011/api/mailings", json=good([]))
    made(CONFIGURATION | {"base_url": "http://127.0.0.1:8901/ongage"}).listing("70011", "mailings", {})
    assert len(vendor.calls) == 1


def test_a_page_is_asked_for_in_the_query(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(f"{BASE}/70011/api/mailings", json=good([{"id": "1"}], total="412"))
    listed = account.listing("70011", "mailings", {"offset": 500, "limit": 500, "sort": "id", "order": "ASC"})
    assert listed == ([{"id": "1"}], 412)
    assert sent(vendor).url == f"{BASE}/70011/api/mailings?offset=500&limit=500&sort=id&order=ASC"
    assert sent(vendor).body is None


def test_a_search_is_begun_with_its_body(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "begin", GOOD["begin"])
    body = api.search_body("title", [api.criterion("date_absolute", "ocx_created_date", ">=", [1704067200])])
    assert account.begin("70011", "contact_search", body) == "1234567890"
    assert body_of(vendor) == {
        "title": "title",
        "include_behavior": False,
        "combined_as_and": True,
        "filters": {
            "type": "Active",
            "user_type": "all",
            "criteria": [
                {
                    "type": "date_absolute",
                    "field_name": "ocx_created_date",
                    "operator": ">=",
                    "operand": [1704067200],
                    "case_sensitive": 0,
                    "condition": "and",
                }
            ],
        },
    }


def test_a_report_is_asked_for_with_its_body_and_no_list_in_its_route(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "report", good([{"list_id": "70011", "sent": "5"}]))
    assert account.report({"list_ids": "all", "select": ["list_id"]}) == [{"list_id": "70011", "sent": "5"}]
    assert body_of(vendor) == {"list_ids": "all", "select": ["list_id"]}


def test_an_id_that_is_no_part_of_an_address_stays_one_part_of_it(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(f"{BASE}/70011/api/contacts/by_id/a%2F..%2Fb%3Fc%20%C3%A9", json=good({"id": "x"}))
    account.contact("70011", "a/../b?c \N{LATIN SMALL LETTER E WITH ACUTE}")


def test_an_id_whose_bytes_are_no_text_is_asked_for_by_these_bytes(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(f"{BASE}/70011/api/contacts/by_id/caf%E9", json=good({"id": "x"}))
    account.contact("70011", "caf\udce9")


# --- Envelopes ---


@pytest.mark.parametrize(
    ("payload", "records"),
    [
        ([], []),
        ({}, []),
        ([{"id": 1}, {"id": "2"}], [{"id": 1}, {"id": "2"}]),
        ({"id": 5, "fields": "[]"}, [{"id": 5, "fields": "[]"}]),
        ({"0": {"id": 1}, "1": {"id": 2}}, [{"id": 1}, {"id": 2}]),
        ([{"id": 1, "ox_data": []}], [{"id": 1, "ox_data": []}]),
    ],
)
def test_a_collection_in_each_of_its_shapes(payload: object, records: object, vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "mailings", good(payload))
    assert account.listing("70011", "mailings", {}) == (records, None)


@pytest.mark.parametrize(
    ("metadata", "total"),
    [
        ({"total": 7}, 7),
        ({"total": "7"}, 7),
        ({"total": "0"}, 0),
        ({"total": None}, None),
        ({}, None),
        ({"error": [], "total": 3}, 3),
        ([], None),
        (None, None),
    ],
)
def test_a_total_is_a_number_or_a_text_or_absent(
    metadata: object, total: int | None, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, "mailings", {"metadata": metadata, "payload": []})
    assert account.listing("70011", "mailings", {}).total == total


def test_a_reply_without_metadata_is_read(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "mailings", {"payload": [{"id": 1}]})
    assert account.listing("70011", "mailings", {}) == ([{"id": 1}], None)


@pytest.mark.parametrize("total", [True, "many", "", -1, "-1", 1.5, "1,000", [], {}])
def test_a_total_that_is_no_number_is_not_guessed(total: object, vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "mailings", good([], total=total))
    with pytest.raises(Unavailable, match="total is no number"):
        account.listing("70011", "mailings", {})


@pytest.mark.parametrize(
    ("payload", "status", "words"),
    [
        ({"status": 1, "status_desc": "Pending"}, api.PENDING, "Pending"),
        ({"status": "2", "status_desc": None}, api.COMPLETED, ""),
        ({"status": 3, "desc": "Failed"}, 3, "Failed"),
        ({"status": 2, "status_desc": "x" * 900}, 2, "x" * 200),
    ],
)
def test_how_far_a_job_is(payload: object, status: int, words: str, vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "status", good(payload))
    assert account.status("70011", "contact_search", "1234567890") == (status, words)


@pytest.mark.parametrize("number", [5, "5", "0123456789"])
def test_the_id_of_a_job_stays_as_it_came(number: object, vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "begin", good({"id": number}))
    assert account.begin("70011", "contact_search", BODY) == str(number)


ODD: list[object] = [None, 5, "down", [], {}, {"metadata": {"error": False}}, {"payload": None}, {"message": "Forbidden"}]
FAILED = {"metadata": {"error": True}, "payload": {"code": 500, "errors": [], "message": "no"}}
WRONG: dict[str, list[object]] = {
    "lists": [*ODD, FAILED, good("x"), good(5)],
    "mailings": [*ODD, FAILED, good("x"), good(5)],
    "detail": [*ODD, FAILED, good([]), good("x")],
    "contact": [*ODD, FAILED, good([])],
    "begin": [*ODD, FAILED, good([]), good({}), *(good({"id": wrong}) for wrong in NO_ID)],
    "status": [*ODD, FAILED, good([]), good({}), good({"status": None}), good({"status": "done"}), good({"status": True})],
    "report": [*ODD, FAILED, good({}), good("x")],
}


@pytest.mark.parametrize(("name", "content"), [(name, content) for name, replies in WRONG.items() for content in replies])
def test_a_200_of_the_wrong_shape_is_an_outage_and_never_an_empty_list(
    name: str, content: object, vendor: responses.RequestsMock, account: Any
) -> None:
    method, path, call = CALLS[name]
    vendor.add(method, BASE + path, body=json.dumps(content), content_type="application/json")
    with pytest.raises(Unavailable, match=path) as raised:
        call(account)
    assert raised.value.url


@pytest.mark.parametrize("body", [b"", b"{", b'{"metadata":{"error":false},"payload":[{"id', b"<html>maintenance</html>", b"\xff"])
def test_half_a_document_or_a_web_page_is_an_outage(body: bytes, vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "mailings", body)
    with pytest.raises(Unavailable):
        account.listing("70011", "mailings", {})


@pytest.mark.parametrize(("status", "body"), [(200, b""), (204, b""), (200, b"OK"), (200, json.dumps(good([])).encode())])
def test_a_job_is_deleted_whatever_the_reply_says_of_it(
    status: int, body: bytes, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, "delete", body, status=status)
    account.delete("70011", "contact_search", "1234567890")


def test_a_job_that_could_not_be_deleted_is_deleted_again(vendor: responses.RequestsMock) -> None:
    clock = FakeClock()
    session = api.exchange(CONFIGURATION, Budget(clock, 0, api.RATE_WINDOW_SECONDS, lambda message: None), clock, 8)
    retried = api.OngageApi(lambda *request: Attempts(clock, 3).call(lambda: session.json(*request)), session.chunks)
    reply(vendor, "delete", "<html>down</html>", status=502)
    reply(vendor, "delete", "OK")
    retried.delete("70011", "contact_search", "1234567890")
    assert len(vendor.calls) == 2


# --- Refusals ---


class Shape(NamedTuple):
    body: str
    sentence: str


SHAPES = {
    "per field": Shape('{"metadata":{"error":true},"payload":{"code":412,"errors":{"title":"empty"},"message":"Invalid"}}', "Invalid"),
    "no detail": Shape('{"metadata":{"error":true},"payload":{"code":403,"errors":[],"message":"Not yours"}}', "Not yours"),
    "bare": Shape('{"message":"Forbidden"}', "Forbidden"),
    "text": Shape("denied", ""),
    "nothing": Shape("", ""),
    "an empty map": Shape('{"metadata":[],"payload":[]}', ""),
    "a credential": Shape('{"message":"no user canary-user@example.org"}', ""),
}
KINDS = [(400, Rejected), (401, Unauthorized), (402, Rejected), (403, Forbidden), (404, NotFound)]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize(("status", "kind"), [*KINDS, (412, Rejected)])
@pytest.mark.parametrize("name", ["mailings", "begin", "report"])
def test_a_refusal_in_each_of_the_vendors_shapes(
    name: str, status: int, kind: type[SourceFailure], shape: Shape, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, name, shape.body, status=status)
    with pytest.raises(kind) as raised:
        CALLS[name][2](account)
    method, path, _ = CALLS[name]
    assert str(raised.value) == f"{method} {BASE}{path} answered {status}" + (f": {shape.sentence}" if shape.sentence else "")
    assert not any(secret in str(raised.value) for secret in SECRETS)


@pytest.mark.parametrize(("status", "kind"), KINDS)
@pytest.mark.parametrize("name", ["export", "delete"])
def test_a_refusal_where_no_json_is_expected(
    name: str, status: int, kind: type[SourceFailure], vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, name, SHAPES["no detail"].body, status=status)
    with pytest.raises(kind, match=r": Not yours$"):
        CALLS[name][2](account)


@pytest.mark.parametrize(("status", "kind"), [*KINDS, (412, Unavailable), (429, RateLimited), (500, Unavailable)])
def test_a_refusal_that_breaks_off_is_one_all_the_same(
    status: int, kind: type[SourceFailure], vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, "export", "{", status=status, headers={"Content-Length": "500"}, auto_calculate_content_length=False)
    with pytest.raises(kind):
        exported(account)


def test_a_bad_key_may_be_an_error_400_or_401(vendor: responses.RequestsMock) -> None:
    vendor.get(f"{BASE}/api/lists", status=401, json={"message": "Unauthorized"})
    with pytest.raises(Unauthorized):
        made(KEY_CONFIGURATION).listing(None, "lists", {})


@every_call
def test_too_many_calls_are_told_as_such(name: str, vendor: responses.RequestsMock, account: Any) -> None:
    body = {"metadata": {"error": True}, "payload": {"code": 429, "errors": [], "message": "Calls per minute exceeded"}}
    reply(vendor, name, body, status=429)
    with pytest.raises(RateLimited):
        CALLS[name][2](account)


@pytest.mark.parametrize("status", [500, 502, 503, 520])
@every_call
def test_a_gateway_that_gave_up_is_an_outage_for_every_endpoint(
    name: str, status: int, vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, name, "<html>down</html>", status=status)
    with pytest.raises(Unavailable):
        CALLS[name][2](account)


# --- CSV ---

ANN = [CONTACT, "ann@example.org", 'Ann "A", P.\nx']
CSV = f'ocx_contact_id,email,note\r\n{CONTACT},ann@example.org,"Ann ""A"", P.\nx"\r\n'


def from_pieces(pieces: Iterable[bytes]) -> Any:
    """The API whose exports come in these pieces."""

    @contextmanager
    def download(method: str, path: str) -> Iterator[Iterator[bytes]]:
        yield iter(pieces)

    return api.OngageApi(lambda *request: None, download)


def rows_of(*pieces: bytes) -> list[list[str]]:
    header, rows = exported(from_pieces(pieces))
    return [header, *rows]


def test_an_export_is_a_header_and_rows(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "export", CSV, content_type="text/csv")
    assert exported(account) == (["ocx_contact_id", "email", "note"], [ANN])


def test_the_events_of_contacts_come_from_a_route_of_their_own(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(f"{BASE}/70011/api/contact_activity/5/export_detailed", body="ocx_contact_id,type\na,open\n")
    with account.export("70011", "contact_activity", "5", "export_detailed") as export:
        assert (export.header, list(export)) == (["ocx_contact_id", "type"], [["a", "open"]])


@settings(deadline=None)
@given(st.lists(st.integers(0, 400), max_size=30), st.booleans(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_pieces_may_end_anywhere(cuts: list[int], marked: bool, end: str, last: bool) -> None:
    cells = [["id", "note"], ["1", "\N{SNOWMAN}\U0001f600"], ["2", 'a "b"\n\nc,\r\nd'], ["", ""], ["3", "e"]]
    text = end.join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells) + end * last
    whole = text.encode("utf-8-sig" if marked else "utf-8")
    places = sorted({0, *(cut for cut in cuts if cut < len(whole)), len(whole)})
    assert rows_of(*(whole[one:two] for one, two in pairwise(places))) == cells


def test_an_export_without_rows_is_no_failure() -> None:
    assert rows_of(b"ocx_contact_id,email\n") == [["ocx_contact_id", "email"]]
    assert rows_of(b"ocx_contact_id,email") == [["ocx_contact_id", "email"]]


def test_empty_lines_are_no_rows() -> None:
    assert rows_of(b"\n\r\nid,x\n\n1,2\n\r\n\n3,4\n\n") == [["id", "x"], ["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html><body>502</body></html>", "a web page came in place of a CSV"),
        (b"  \n<!DOCTYPE html>", "a web page came in place of a CSV"),
        (b'{"metadata":{"error":true},"payload":{"code":412,"message":"canary"}}', "an error with the code 412 came in place of a CSV"),
        (b'\xef\xbb\xbf{"metadata":{"error":true},"payload":{"code":412}}', "an error with the code 412 came in place of a CSV"),
        (b'{"message":"canary"}', "JSON came in place of a CSV"),
        (b'{"payload":{"code":"canary"}}', "JSON came in place of a CSV"),
        (b'[{"email":"canary"}]', "JSON came in place of a CSV"),
        (b"[", "JSON came in place of a CSV"),
        (b"", "the reply is empty, where a CSV should be"),
        (b"\n\n", "the reply is empty, where a CSV should be"),
        (b"\xef\xbb\xbf", "the reply is empty, where a CSV should be"),
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_what_is_no_csv_is_an_outage_and_never_an_empty_list(body: bytes, told: str, piece: int) -> None:
    pieces = [body[at : at + piece] for at in range(0, len(body), piece)]
    with pytest.raises(Unavailable, match=r"^/70011/api/contact_search/1234567890/export: ") as raised:
        rows_of(*pieces)
    assert str(raised.value).endswith(told if piece == 1000 or "code" not in told else "JSON came in place of a CSV")
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("end", ['1,a,"b', '1,a,"b\n2,c,d\n', '1,a,"b""'])
def test_an_end_within_quotes_is_an_outage(end: str) -> None:
    with from_pieces([f"id,x,y\n0,o,o\n{end}".encode()]).export("70011", "contact_search", "1") as export:
        rows = iter(export)
        assert next(rows) == ["0", "o", "o"]
        with pytest.raises(Unavailable, match="ends in the middle of a row") as raised:
            list(rows)
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("end", "rows", "left"),
    [
        ("", [], None),
        ("1,a,b\n", [["1", "a", "b"]], None),
        ("1,a,b\r\n", [["1", "a", "b"]], None),
        ("1,a,b", [], ["1", "a", "b"]),
        ("1,a,b\r", [], ["1", "a", "b"]),
        ("1,a", [], ["1", "a"]),
        ("1", [], ["1"]),
        ("1,a,b\n2,", [["1", "a", "b"]], ["2", ""]),
        ('1,"a\n","b"', [], ["1", "a\n", "b"]),
        ('1,"a"b', [], ['1,"a"b']),
        ("1,a,b\r\n\r", [["1", "a", "b"]], []),
    ],
)
def test_a_last_row_whose_line_does_not_end_is_left_for_who_can_tell_whether_it_was_cut(end: str, rows: object, left: object) -> None:
    with from_pieces([b"id,x,y\n", end.encode()]).export("70011", "contact_search", "1") as export:
        assert list(export) == rows
        assert export.unterminated == left


@pytest.mark.parametrize(("end", "believed"), [("1,a,b", True), ("1,a", False), ('1,"a"b', False)])
def test_a_whole_row_without_an_end_is_believed_when_it_always_ends_so(end: str, believed: bool) -> None:
    ends, job = ongage.searches.Ends(), ongage.cursors.Job("70011", "contact_search", "1")

    def last_row(text: str) -> Any:
        with from_pieces([text.encode()]).export(*job) as export:
            rows = list(export)
            return ends.last_row(job, "export", len(rows), export), export.unterminated

    whole = f"id,x,y\n0,o,o\n5{end}"
    for text in (f"id,x,y\n{end}", f"id,x,y\n0,o,o\n{end}", whole, whole, *([] if believed else [whole])):
        with pytest.raises(Unavailable, match="may have been cut after"):
            last_row(text)
    if believed:
        found, left = last_row(whole)
        assert found == [left]


def test_a_header_without_an_end_is_no_row_when_it_is_believed() -> None:
    ends, job = ongage.searches.Ends(), ongage.cursors.Job("70011", "contact_search", "1")
    with from_pieces([b"id,x,y"]).export(*job) as export:
        assert list(export) == []
        for _ in range(2):
            with pytest.raises(Unavailable, match="may have been cut after 0 rows"):
                ends.last_row(job, "export", 0, export)
        assert ends.last_row(job, "export", 0, export) == []


def test_white_space_behind_the_last_row_is_nothing() -> None:
    job = ongage.cursors.Job("70011", "contact_search", "1")
    with from_pieces([b"id,x,y\n\r"]).export(*job) as export:
        assert list(export) == []
        assert ongage.searches.Ends().last_row(job, "export", 0, export) == []


def test_a_row_of_another_width_is_told_as_it_came() -> None:
    assert rows_of(b"id,x\n1\n1,2,3\n2,b\n") == [["id", "x"], ["1"], ["1", "2", "3"], ["2", "b"]]


def test_a_row_whose_quotes_are_wrong_costs_no_other_one() -> None:
    assert rows_of(b'id,x\n1,"a"b\n2,b\n3,"c"d\n4,e\n') == [["id", "x"], ['1,"a"b\n'], ["2", "b"], ['3,"c"d\n'], ["4", "e"]]


def test_a_row_whose_quotes_are_wrong_is_no_row_of_a_single_column_either() -> None:
    _, *rows = rows_of(b'id\n"1"x\n2\n')
    assert [len(row) for row in rows] == [2, 1]


def test_bytes_that_are_no_text_stay_in_their_cell_where_they_are_named() -> None:
    [_, row, other] = rows_of(b"id,x\n1,caf\xe9\n2,b\n")
    assert row == ["1", "caf\udce9"]
    assert other == ["2", "b"]
    reader = ongage.models.contacts(["ocx_contact_id", "first_name"], "70011")
    made_of, problems = reader.row(row)
    assert made_of["first_name"] is None
    assert [problem.column for problem in problems] == ["first_name"]


def test_a_cell_of_a_megabyte_is_read_and_one_that_never_ends_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(rows_of(b"id,x\n1,", b"a" * 1_000_000, b"\n")[1][1]) == 1_000_000
    monkeypatch.setattr(csvs, "LONGEST_CELL", 1000)
    assert [len(row) for row in rows_of(b"id,x\n1," + b"a" * 2000 + b"\n2,b\n")] == [2, 1, 2]


def test_an_export_that_is_not_finished_is_an_outage_since_its_status_said_that_it_was(
    vendor: responses.RequestsMock, account: Any
) -> None:
    reply(vendor, "export", SHAPES["per field"].body, status=412)
    with pytest.raises(Unavailable) as raised:
        exported(account)
    assert raised.value.status == 412


def test_a_connection_that_breaks_in_the_middle_is_an_outage(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "export", CSV, headers={"Content-Length": "100000"}, auto_calculate_content_length=False)
    with pytest.raises(Unavailable):
        exported(account)


def test_an_error_of_the_reader_of_rows_is_not_taken_for_one_of_the_source(vendor: responses.RequestsMock, account: Any) -> None:
    reply(vendor, "export", CSV)
    with pytest.raises(ZeroDivisionError), account.export("70011", "contact_search", "1234567890"):
        raise ZeroDivisionError


def test_an_export_of_any_length_is_read_in_flat_memory() -> None:
    asked, row = [0], b'5f3c00a1b2c3d4e5f6a7b8c9,ann@example.org,"some, text"\n'
    piece = row * 1000

    def pieces() -> Iterator[bytes]:
        yield b"ocx_contact_id,email,note\n"
        for _ in range(100):  # five megabytes
            asked[0] += 1
            yield piece

    tracemalloc.start()
    try:
        with from_pieces(pieces()).export("70011", "contact_search", "1") as export:
            for number, _ in enumerate(export):
                assert asked[0] <= number // 1000 + 1  # no piece is asked for before the one in front of it is read
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert number == 100_000 - 1
    assert peak < 10 * len(piece)
