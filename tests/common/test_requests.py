"""One exchange: which failure each bad reply becomes, what its text says and does not say, and what is sent."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from common.budget import Budget, Pace
from common.failures import Exhausted, Forbidden, NotFound, RateLimited, Rejected, SourceFailure, Unauthorized, Unavailable
from common.requests import Exchange, Manner, retry_after
from tests.doubles import NOON, FakeClock

BASE = "https://api.example.org"
PATH = "/api/Gift"
URL = BASE + PATH
TOKEN = "canary-token-91d2"
PERSON = "Canary Person 77aa"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
QUOTA = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOON + 600)}


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def budget(clock: FakeClock) -> Budget:
    return Budget(clock, 1000, 3600.0, lambda message: None)


@pytest.fixture
def exchange(budget: Budget, clock: FakeClock) -> Exchange:
    return Exchange(BASE, HEADERS, budget, clock, 8)


def failure_of(exchange: Exchange, method: str = "GET") -> SourceFailure:
    with pytest.raises(SourceFailure) as raised:
        exchange.json(method, PATH)
    return raised.value


def sent(vendor: responses.RequestsMock, number: int = 0) -> Any:
    return vendor.calls[number].request


STATUSES: dict[int, type[SourceFailure]] = {
    300: Rejected,
    304: Rejected,
    400: Rejected,
    401: Unauthorized,
    402: Rejected,
    403: Forbidden,
    404: NotFound,
    405: Rejected,
    408: Unavailable,
    409: Rejected,
    410: Rejected,
    415: Rejected,
    418: Rejected,
    422: Rejected,
    425: Unavailable,
    429: RateLimited,
    431: Rejected,
    # the ones of proxies and gateways, which Python's list of statuses does not have
    419: Rejected,
    444: Rejected,
    460: Rejected,
    499: Rejected,
    500: Unavailable,
    501: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
    520: Unavailable,
    524: Unavailable,
    598: Unavailable,
}


@pytest.mark.parametrize(("status", "body", "parsed"), [(201, '{"id": 7}', {"id": 7}), (202, "[]", []), (204, "", None)])
def test_other_statuses_of_success(status: int, body: str, parsed: object, vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.post(URL, status=status, body=body)
    assert exchange.json("POST", PATH) == parsed


@pytest.mark.parametrize("body", ["", "OK", "{", '{"deleted": true}'])
def test_what_the_reply_to_a_delete_says_is_not_read(body: str, vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.delete(URL, body=body)
    assert exchange.json("DELETE", PATH) is None


def test_a_delete_that_is_refused_is_the_same_failure_as_any(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.delete(URL, status=404, json={"message": "gone"})
    with pytest.raises(NotFound, match="gone"):
        exchange.json("DELETE", PATH)


def test_a_body_comes_in_pieces_and_counts_as_under_way_meanwhile(vendor: responses.RequestsMock, clock: FakeClock) -> None:
    vendor.get(URL, body="a,b\n" * 50_000)
    budget = Budget(clock, 0, 60.0, lambda message: None, Pace(100, 60.0, 1, 60.0))
    with Exchange(BASE, HEADERS, budget, clock, 8).chunks("GET", PATH) as pieces:
        first = next(pieces)
        assert 0 < len(first) < 200_000
        assert not budget._slots.acquire(blocking=False)  # type: ignore[union-attr]
        assert first + b"".join(pieces) == b"a,b\n" * 50_000
    assert budget._slots.acquire(blocking=False)  # type: ignore[union-attr]


def test_a_body_that_is_cut_half_way_is_unavailable(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, body="a,b\n", headers={"Content-Length": "1000"}, auto_calculate_content_length=False)
    with exchange.chunks("GET", PATH) as pieces, pytest.raises(Unavailable, match="the connection failed"):
        list(pieces)


def test_a_refused_body_is_the_same_failure_as_any(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, status=403)
    with pytest.raises(Forbidden), exchange.chunks("GET", PATH):
        pass


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_each_status_becomes_the_failure_that_says_what_to_do(
    status: int, kind: type[SourceFailure], vendor: responses.RequestsMock, exchange: Exchange
) -> None:
    vendor.get(URL, status=status)
    failure = failure_of(exchange)
    assert type(failure) is kind
    assert (failure.url, failure.status) == (URL, status)
    assert str(failure) == f"GET {URL} answered {status}"
    assert len(vendor.calls) == 1  # it never asks twice


SENTENCES: dict[str, tuple[str, str]] = {
    "message": ('{"message": "The argument cannot be null"}', ": The argument cannot be null"),
    "model state": ('{"message": "The request is invalid.", "modelState": {"query.groups": ["wrong"]}}', ": The request is invalid."),
    "nested": ('{"error": {"code": "X", "message": "take is too large", "details": []}}', ": take is too large"),
    "OAuth": ('{"error": "invalid_grant", "error_description": "expired"}', ""),
    "plain text": ("Authorization has been denied", ""),
    "HTML": ("<html><h1>Bad Request</h1></html>", ""),
    "empty": ("", ""),
    "half": ('{"message": "The argu', ""),
    "null": ("null", ""),
    "a list": ('[{"message": "no"}]', ""),
    "a text": ('"no"', ""),
    "a number for a message": ('{"message": 5}', ""),
    "null for a message": ('{"message": null, "error": {"message": null}}', ""),
    "null for an error": ('{"error": null}', ""),
    "a list for an error": ('{"error": ["no"]}', ""),
}


@pytest.mark.parametrize(("body", "sentence"), SENTENCES.values(), ids=SENTENCES.keys())
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_repeats_the_sources_own_sentence_where_it_has_one(
    status: int, body: str, sentence: str, vendor: responses.RequestsMock, exchange: Exchange
) -> None:
    vendor.get(URL, status=status, body=body)
    assert str(failure_of(exchange)) == f"GET {URL} answered {status}{sentence}"


def test_a_refusal_of_many_pages_does_not_fill_the_log(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, status=400, json={"message": "x" * 100_000})
    assert len(str(failure_of(exchange))) < 300


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_source_that_repeats_the_credential_in_its_refusal_does_not_get_it_logged(
    status: int, vendor: responses.RequestsMock, exchange: Exchange
) -> None:
    vendor.get(URL, status=status, json={"message": f"Invalid token '{TOKEN}'"})
    assert "canary" not in "".join(traceback.format_exception(failure_of(exchange)))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 520])
@pytest.mark.parametrize("body", [f'{{"message": "{PERSON}"}}', f"<html>{PERSON}</html>", f"Traceback: {PERSON} {TOKEN}"])
def test_the_body_of_an_outage_is_told_to_nobody(status: int, body: str, vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, status=status, body=body)
    assert "canary" not in "".join(traceback.format_exception(failure_of(exchange))).lower()


HTML = "<!DOCTYPE html><html><body>We will be back soon, Canary Person</body></html>"
NO_JSON = {
    "empty": b"",
    "half": b'{"list": [{"id": 1, "name": "Canary Per',
    "HTML": HTML.encode(),
    "two documents": b'{"total": 1}{"total": 2}',
    "no UTF-8": b'{"name": "\xff\xfe canary"}',
    "an absurd number": b'{"canary": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
def test_a_200_that_is_no_complete_json_is_an_outage_and_no_answer(body: bytes, vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, status=200, body=body, content_type="application/json")
    failure = failure_of(exchange)
    assert type(failure) is Unavailable
    assert (failure.url, failure.status) == (URL, 200)
    assert "canary" not in "".join(traceback.format_exception(failure)).lower()


@pytest.mark.parametrize("content_type", ["application/json", "text/html", "text/plain; charset=iso-8859-1", ""])
@pytest.mark.parametrize("body", ['{"name": "Zoë"}'.encode(), b'\xef\xbb\xbf{"name": "Zo\xc3\xab"}', b'{"name": "Zo\\u00eb"}'])
def test_names_arrive_whatever_charset_a_proxy_claims(
    content_type: str, body: bytes, vendor: responses.RequestsMock, exchange: Exchange
) -> None:
    vendor.get(URL, body=body, content_type=content_type)
    assert exchange.json("GET", PATH) == {"name": "Zoë"}


@pytest.mark.parametrize("amount", ["1250.10", "0.1", "-0.30", "12345678901234567.89", "1e-7", "1.0"])
def test_an_amount_arrives_as_exactly_the_digits_that_were_sent(amount: str, vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, body=f'{{"amount": {amount}, "nested": [{{"amount": {amount}}}]}}')
    reply = exchange.json("GET", PATH)
    for value in (reply["amount"], reply["nested"][0]["amount"]):
        assert isinstance(value, Decimal)
        assert value.as_tuple() == Decimal(amount).as_tuple()


def test_a_large_id_keeps_its_last_digit(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, body='{"id": 9007199254740993}')
    assert exchange.json("GET", PATH) == {"id": 9007199254740993}


@pytest.mark.parametrize("value", ["null", "[]", "0", "false", '""'])
def test_an_answer_that_looks_like_nothing_is_still_the_answer(value: str, vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, body=value)
    assert exchange.json("GET", PATH) == {"null": None, "[]": [], "0": 0, "false": False, '""': ""}[value]


RETRY_AFTER: dict[str, float | None] = {
    "847": 847.0,
    "0": 0.0,
    "1.5": 1.5,
    "-5": 0.0,
    "Mon, 21 Sep 2026 14:14:20 GMT": 60.0,
    "Mon, 21 Sep 2026 16:14:20 +0200": 60.0,
    "Mon, 21 Sep 2026 14:13:00 GMT": 0.0,  # past: this machine's clock is fast
    "": None,
    "soon": None,
    "Mon, 99 Sep 2026 14:14:20 GMT": None,
    "2026-09-21T14:14:20Z": None,
}


@pytest.mark.parametrize(("value", "seconds"), RETRY_AFTER.items())
def test_the_wait_that_a_429_asks_for_holds_every_thread_back(
    value: str, seconds: float | None, vendor: responses.RequestsMock, exchange: Exchange, budget: Budget, clock: FakeClock
) -> None:
    vendor.get(URL, status=429, headers={"Retry-After": value})
    failure = failure_of(exchange)
    assert isinstance(failure, RateLimited)
    assert failure.seconds == seconds
    budget.enter()
    assert clock.time() == NOON + (seconds or 0)


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("value", ["Mon, 21 Sep 2026 14:14:20 GMT", "Monday, 21-Sep-26 14:14:20 GMT", "Mon Sep 21 14:14:20 2026"])
@pytest.mark.usefixtures("far_from_greenwich")
def test_every_form_of_an_http_date_is_in_utc_wherever_the_connector_runs(value: str, clock: FakeClock) -> None:
    assert retry_after(value, clock) == 60.0


@given(st.text(max_size=30) | st.from_regex(r"\A(Mon, )?[0-9]{1,3} (Jan|Feb|Foo) [0-9]{1,5} [0-9:]{1,8}( GMT| [+-][0-9]{4})?\Z"))
def test_a_retry_after_that_makes_no_sense_ends_no_sync(value: str) -> None:
    seconds = retry_after(value, FakeClock())
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("value", ["inf", "Infinity", "1e400", "nan"])
def test_no_thread_is_told_to_sleep_for_ever(value: str) -> None:
    seconds = retry_after(value, FakeClock())
    assert seconds is None or seconds < 86_400


def test_a_429_without_a_wait_closes_nothing(vendor: responses.RequestsMock, exchange: Exchange, budget: Budget, clock: FakeClock) -> None:
    vendor.get(URL, status=429)
    failure = failure_of(exchange)
    assert isinstance(failure, RateLimited)
    assert failure.seconds is None
    budget.enter()
    assert clock.slept == []


@pytest.mark.parametrize("body", ['{"retry_in": 33}', "<html>", ""])
def test_a_wait_that_stands_in_the_body_is_obeyed(body: str, vendor: responses.RequestsMock, budget: Budget, clock: FakeClock) -> None:
    exchange = Exchange(BASE, HEADERS, budget, clock, 1, Manner(lambda parsed: parsed["retry_in"] if parsed else None))
    vendor.get(URL, status=429, body=body)
    failure = failure_of(exchange)
    assert isinstance(failure, RateLimited)
    assert failure.seconds == (33 if "33" in body else None)


@pytest.mark.parametrize(("header", "longer"), [("0", 33), ("34", 34), ("soon", 33)])
def test_of_the_waits_in_header_and_body_the_longer_one_counts(
    header: str, longer: float, vendor: responses.RequestsMock, budget: Budget, clock: FakeClock
) -> None:
    exchange = Exchange(BASE, HEADERS, budget, clock, 1, Manner(lambda parsed: 33))
    vendor.get(URL, status=429, headers={"Retry-After": header})
    failure = failure_of(exchange)
    assert isinstance(failure, RateLimited)
    assert failure.seconds == longer


def test_the_wait_that_an_overloaded_source_asks_for_is_obeyed(
    vendor: responses.RequestsMock, exchange: Exchange, budget: Budget, clock: FakeClock
) -> None:
    vendor.get(URL, status=503, headers={"Retry-After": "120"})
    assert type(failure_of(exchange)) is Unavailable
    budget.enter()
    assert clock.time() == NOON + 120


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("location", ["https://elsewhere.example/login?who=me", "http://api.example.org/api/Gift", "/login", "", None])
def test_a_redirect_is_refused_and_the_credential_stays_here(
    status: int, method: str, location: str | None, vendor: responses.RequestsMock, exchange: Exchange
) -> None:
    vendor.add(method, URL, status=status, headers={} if location is None else {"Location": location})
    failure = failure_of(exchange, method)
    assert type(failure) is Rejected
    assert str(failure) == f"{method} {URL} answered {status}"
    assert [call.request.url for call in vendor.calls] == [URL]


@pytest.mark.parametrize("location", ["https://[elsewhere", "https://elsewhere.example:port/", "https://\xfc\xff.example/"])
def test_a_redirect_to_nowhere_is_refused_like_any_other(location: str, vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, status=302, headers={"Location": location})
    assert type(failure_of(exchange)) is Rejected


def test_a_login_in_netrc_does_not_take_the_credentials_place(
    vendor: responses.RequestsMock, exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.example.org login somebody password else\ndefault login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    vendor.get(URL, json={})
    exchange.json("GET", PATH)
    assert sent(vendor).headers["Authorization"] == f"Bearer {TOKEN}"


def test_the_credential_is_in_the_header_and_nowhere_else(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.post(URL, json={})
    exchange.json("POST", PATH, {"skip": 0}, {"groups": []})
    request = sent(vendor)
    assert [name for name, value in request.headers.items() if TOKEN in str(value)] == ["Authorization"]
    assert TOKEN not in request.url + str(request.body)


def test_a_request_without_a_body_has_none(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, json={})
    exchange.json("GET", PATH)
    assert sent(vendor).body is None
    assert "Content-Type" not in sent(vendor).headers


def test_no_request_may_hang_for_ever_or_trust_a_false_certificate(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, json={})
    exchange.json("GET", PATH)
    connect, read = sent(vendor).req_kwargs["timeout"]
    assert 0 < connect <= 60
    assert connect < read <= 600
    assert sent(vendor).req_kwargs["verify"]  # True, or the file of certificates that the environment names


BROKEN = [
    requests.ConnectionError(f"HTTPSConnectionPool: {TOKEN} refused"),
    requests.ConnectTimeout(TOKEN),
    requests.ReadTimeout(TOKEN),
    requests.exceptions.ChunkedEncodingError(TOKEN),
    requests.exceptions.ContentDecodingError(TOKEN),
    requests.exceptions.SSLError(TOKEN),
    requests.exceptions.ProxyError(f"https://user:{TOKEN}@proxy"),
]


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_a_broken_connection_is_an_outage_whose_text_is_told_to_nobody(
    error: Exception, vendor: responses.RequestsMock, exchange: Exchange
) -> None:
    vendor.get(URL, body=error)
    failure = failure_of(exchange)
    assert type(failure) is Unavailable
    assert (failure.url, failure.status) == (URL, None)
    assert "canary" not in "".join(traceback.format_exception(failure))
    assert failure.__context__ is None  # a crash report prints what was being handled, too


def test_a_time_out_is_told_as_one(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, body=requests.ReadTimeout(TOKEN))
    assert str(failure_of(exchange)) == f"GET {URL}: it did not answer in time"


class Watched(Budget):
    """Knows what went in and came out."""

    def __init__(self) -> None:
        super().__init__(FakeClock(), 0, 3600.0, lambda message: None)
        self.steps: list[object] = []

    def enter(self) -> float:
        self.steps.append("enter")
        return super().enter()

    def leave(self, quota: Any = None) -> None:
        super().leave(quota)
        self.steps.append(quota and quota.remaining)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 499, 500])
def test_every_reply_tells_the_budget_what_is_left(status: int, vendor: responses.RequestsMock) -> None:
    budget = Watched()
    vendor.get(URL, status=status, json={}, headers={name.lower(): value for name, value in QUOTA.items()})
    try:
        Exchange(BASE, HEADERS, budget, FakeClock(), 1).json("GET", PATH)
    except (SourceFailure, ValueError):  # which one it is belongs to another test
        assert status != 200
    assert budget.steps == ["enter", 0]


@pytest.mark.parametrize("error", [requests.ReadTimeout(), requests.ConnectionError(), KeyError("a bug"), KeyboardInterrupt()])
def test_a_request_that_failed_is_no_longer_counted_as_under_way(error: BaseException, vendor: responses.RequestsMock) -> None:
    def fail(request: object) -> Any:
        raise error

    budget = Watched()
    vendor.add_callback("GET", URL, fail)
    with pytest.raises((Unavailable, KeyError, KeyboardInterrupt)):
        Exchange(BASE, HEADERS, budget, FakeClock(), 1).json("GET", PATH)
    assert budget.steps == ["enter", None]


def test_nothing_is_sent_while_the_budget_is_closed(vendor: responses.RequestsMock, exchange: Exchange, clock: FakeClock) -> None:
    vendor.get(URL, json={}, headers=QUOTA)
    exchange.json("GET", PATH)
    exchange.json("GET", PATH)
    assert clock.time() == NOON + 600


@pytest.mark.parametrize("number", ["1e99999999999999999999999", "-1.5e99999999999999999999999", "NaN", "-Infinity"])
def test_a_number_that_is_none_is_a_text_and_the_rest_is_read(vendor: responses.RequestsMock, exchange: Exchange, number: str) -> None:
    vendor.get(URL, body=f'{{"list": [{{"amount": {number}}}, {{"amount": 1.10}}]}}')
    first, second = exchange.json("GET", PATH)["list"]
    assert isinstance(first["amount"], str)
    assert second["amount"] == Decimal("1.10")


def test_a_document_too_deep_to_be_parsed_is_an_outage(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, body="[" * 100_000 + "]" * 100_000)
    assert isinstance(failure_of(exchange), Unavailable)


# --- What is particular to a source ---


def test_what_authorises_puts_a_credential_on_each_request(vendor: responses.RequestsMock, budget: Budget, clock: FakeClock) -> None:
    numbers = iter(range(9))

    def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {TOKEN}-{next(numbers)}"
        return request

    exchange = Exchange(BASE, {"Accept": "application/json"}, budget, clock, 1, Manner(authorise=authorise))
    vendor.get(URL, json={})
    vendor.get(URL, status=403, json={"message": f"{TOKEN}-1 is not accepted"})
    exchange.json("GET", PATH)
    assert "canary" not in str(failure_of(exchange))
    assert [sent(vendor, number).headers["Authorization"] for number in (0, 1)] == [f"Bearer {TOKEN}-0", f"Bearer {TOKEN}-1"]


def test_what_cannot_be_authorised_is_not_sent_and_not_counted_as_under_way(vendor: responses.RequestsMock) -> None:
    def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
        raise Unauthorized("no")

    budget = Watched()
    exchange = Exchange(BASE, HEADERS, budget, FakeClock(), 1, Manner(authorise=authorise))
    assert str(failure_of(exchange)) == "no"
    assert budget.steps == ["enter", None]
    assert len(vendor.calls) == 0


class Own(Rejected):
    """A source's own kind."""


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_source_makes_its_own_failure_of_a_refusal(status: int, vendor: responses.RequestsMock, budget: Budget, clock: FakeClock) -> None:
    def refusal(status: int, about: str, url: str, body: Any, headers: Any) -> SourceFailure | None:
        return Own(f"{about}: {body['code']} {headers['request-id']}", url, status)

    vendor.get(URL, status=status, json={"code": "X"}, headers={"Request-Id": "r1"})
    failure = failure_of(Exchange(BASE, HEADERS, budget, clock, 1, Manner(refusal=refusal)))
    assert type(failure) is Own
    assert (str(failure), failure.url, failure.status) == (f"GET {URL} answered {status}: X r1", URL, status)


def test_a_source_need_not(vendor: responses.RequestsMock, budget: Budget, clock: FakeClock) -> None:
    vendor.get(URL, status=403, json={"message": "no"})
    failure = failure_of(Exchange(BASE, HEADERS, budget, clock, 1, Manner(refusal=lambda *told: None)))
    assert (type(failure), str(failure)) == (Forbidden, f"GET {URL} answered 403: no")


@pytest.mark.parametrize("secret", ["canary-secret", "1//a=b&c<d"])
def test_of_a_refusal_that_repeats_a_credential_a_source_sees_nothing(
    secret: str, vendor: responses.RequestsMock, budget: Budget, clock: FakeClock
) -> None:
    seen: list[Any] = []
    manner = Manner(secrets=[secret], refusal=lambda status, about, url, body, headers: seen.append(body))
    escaped = secret.replace("=", "\\u003d").replace("/", "\\/")
    vendor.get(URL, status=400, body=f'{{"list": [{{"code": "bad {escaped}"}}]}}')
    failure_of(Exchange(BASE, HEADERS, budget, clock, 1, manner))
    assert seen == [None]


@pytest.mark.parametrize("header", [{}, {"Retry-After": "86000"}])
@pytest.mark.parametrize("in_body", [None, 901.0, 1e9])
def test_a_wait_that_is_too_long_is_not_waited_for(
    header: dict[str, str], in_body: float | None, vendor: responses.RequestsMock, budget: Budget, clock: FakeClock
) -> None:
    vendor.get(URL, status=429, headers=header)
    failure = failure_of(Exchange(BASE, HEADERS, budget, clock, 1, Manner(lambda body: in_body, longest_wait=900)))
    if header or in_body:
        assert isinstance(failure, Exhausted)
        assert failure.seconds == max(86_000.0 if header else 0.0, in_body or 0.0)
        assert ("minutes" if failure.seconds == 901 else "hours") in str(failure)
    else:
        assert isinstance(failure, RateLimited)
    budget.enter()
    assert clock.slept == []


def test_a_question_with_a_body_whose_answer_comes_in_pieces(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.post(URL, body="[1, 2]")
    with exchange.chunks("POST", PATH, {"query": "q"}) as pieces:
        assert b"".join(pieces) == b"[1, 2]"
    assert sent(vendor).body == b'{"query": "q"}'


def test_a_refusal_too_deep_to_be_parsed_is_one(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.get(URL, status=400, body="[" * 100_000 + "]" * 100_000)
    assert str(failure_of(exchange)) == f"GET {URL} answered 400"


def test_a_stream_may_be_silent_for_longer_if_that_is_said(vendor: responses.RequestsMock, exchange: Exchange) -> None:
    vendor.add("GET", BASE + PATH, body=b"text")
    for more, seconds in (({}, 180.0), ({"read_seconds": 900.0}, 900.0)):
        with exchange.chunks("GET", PATH, **more) as pieces:
            assert b"".join(pieces) == b"text"
        request: Any = vendor.calls[-1].request
        assert request.req_kwargs["timeout"] == (10.0, seconds)
