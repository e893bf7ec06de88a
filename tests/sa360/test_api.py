"""What each method asks of Search Ads 360, to the letter, and what it makes of a reply that is not what the vendor promises."""

from __future__ import annotations

import gzip
import json
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from common.budget import Budget
from common.failures import Exhausted, Forbidden, NotFound, RateLimited, Rejected, SourceFailure, Unauthorized, Unavailable
from tests.doubles import NOON, FakeClock
from tests.loading import load

sa360 = load("sa360")
api, refusals, signin = sa360.api, sa360.refusals, sa360.signin

BASE = "https://api.example.org/sa360"
TOKEN_URI = "https://oauth2.example.org/token"
LOGIN, CLIENT = "1234567890", "2223334444"
SETTINGS: dict[str, Any] = {
    "login_customer_id": LOGIN,
    "client_id": "client.apps.googleusercontent.com",
    "client_secret": "canary-secret-1f2e",
    "refresh_token": "1//canary-refresh-3d4c",
    "service_account_key": {},
    "base_url": BASE,
    "sign_in_url": TOKEN_URI,
}
QUERY = "SELECT campaign.id FROM campaign"
SEARCH = f"{BASE}/v0/customers/{CLIENT}/searchAds360:search"
STREAM = f"{BASE}/v0/customers/{CLIENT}/searchAds360:searchStream"
ROW = {"campaign": {"resourceName": f"customers/{CLIENT}/campaigns/701", "id": "701"}}

OF_ACCOUNT = {"rateScope": "ACCOUNT", "retryDelay": "7200s"}

Call = Callable[[Any], Any]


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    """Google, whose token service gives a new token each time."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for number in range(4):
            mock.add(responses.Response("POST", TOKEN_URI, json={"access_token": f"canary-token-{number}", "expires_in": 3599}))
        yield mock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def budget(clock: FakeClock) -> Budget:
    return Budget(clock, 0, api.RATE_WINDOW_SECONDS, lambda message: None)


@pytest.fixture
def account(clock: FakeClock, budget: Budget) -> Any:
    sign_in = signin.SignIn(SETTINGS, clock)
    return api.SearchAds360Api.of(api.exchange(SETTINGS, sign_in, budget, clock, 8), sign_in, clock)


def sent(vendor: responses.RequestsMock) -> list[Any]:
    """The requests to the API."""
    return [call.request for call in vendor.calls if call.request.url != TOKEN_URI]


def streamed(of: Any) -> list[Any]:
    with of.stream(CLIENT, QUERY) as batches:
        return list(batches)


CALLS: dict[str, tuple[str, str, Call]] = {
    "search": ("POST", SEARCH, lambda of: of.search(CLIENT, QUERY, 500)),
    "stream": ("POST", STREAM, streamed),
    "custom columns": ("GET", f"{BASE}/v0/customers/{LOGIN}/customColumns", lambda of: of.custom_columns(LOGIN)),
}
GOOD: dict[str, Any] = {
    "search": {"results": [ROW]},
    "stream": [{"results": [ROW]}],
    "custom columns": {"customColumns": [{"id": "9001"}]},
}
every_call = pytest.mark.parametrize("name", CALLS)


def failure_of(act: Callable[[], object]) -> SourceFailure:
    with pytest.raises(SourceFailure) as raised:
        act()
    assert "canary" not in "".join(traceback.format_exception(raised.value))
    return raised.value


def refusal_of(vendor: responses.RequestsMock, account: Any, status: int, body: object, name: str = "search", **more: Any) -> SourceFailure:
    """What becomes of a refusal."""
    method, url, call = CALLS[name]
    kind = {"body": body} if isinstance(body, (str, bytes)) else {"json": body}
    vendor.add(method, url, status=status, **kind, **more)
    return failure_of(lambda: call(account))


def error(code: int, status: str = "", message: str = "Request contains an invalid argument.", **details: Any) -> dict[str, Any]:
    """A refusal of the API."""
    failure = {"@type": "type.googleapis.com/google.ads.searchads360.v0.errors.SearchAds360Failure", "requestId": "id-1"}
    listed = [failure | details] if details else []
    return {"error": {"code": code, "message": message, "status": status, "details": listed}}


def coded(code: int, kind: str, name: str, **more: Any) -> dict[str, Any]:
    return error(code, "STATUS", errors=[{"errorCode": {kind: name}, "message": "It is so."} | more])


# --- Requests ---


@every_call
def test_every_request_carries_the_token_and_the_login_account(name: str, vendor: responses.RequestsMock, account: Any) -> None:
    method, url, call = CALLS[name]
    vendor.add(method, url, json=GOOD[name])
    call(account)
    [request] = sent(vendor)
    assert (request.method, request.url) == (method, url)
    assert request.headers["Authorization"] == "Bearer canary-token-0"
    assert request.headers["login-customer-id"] == LOGIN
    assert "gzip" in request.headers["Accept-Encoding"]
    assert "canary" not in request.url + str(request.body)


@pytest.mark.parametrize(("token", "more"), [("", {}), ("CKtoken_8B", {"pageToken": "CKtoken_8B"})])
def test_a_page(token: str, more: dict[str, str], vendor: responses.RequestsMock, account: Any) -> None:
    vendor.post(SEARCH, json={"results": [ROW], "nextPageToken": "next", "totalResultsCount": "12345", "fieldMask": "campaign.id"})
    assert account.search(CLIENT, QUERY, 500, token) == ([ROW], "next", 12345)
    assert json.loads(sent(vendor)[0].body) == {"query": QUERY, "pageSize": 500, "returnTotalResultsCount": True} | more


def test_a_page_without_rows(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.post(SEARCH, json={"fieldMask": "campaign.id"})
    assert account.search(CLIENT, QUERY, 500) == ([], "", None)


def test_what_is_empty_is_left_out(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(CALLS["custom columns"][1], json={})
    assert account.custom_columns(LOGIN) == []


def test_custom_columns(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.get(CALLS["custom columns"][1], json=GOOD["custom columns"])
    assert account.custom_columns(LOGIN) == [{"id": "9001"}]


NO_OBJECTS: list[object] = [[], None, "text", 5]
NO_LISTS: list[object] = [{}, "text", None, 5]
NO_TEXTS: list[object] = [5, [], {"a": 1}, None]
NO_NUMBERS: list[object] = ["many", -1, True, 1.5, []]
NO_STREAMS: list[object] = [{}, {"results": []}, None, "text", 5, [[]], ["text"], [None]]
WRONG: list[tuple[str, object]] = [
    *((name, body) for name in ("search", "custom columns") for body in NO_OBJECTS),
    *(("search", {"results": results}) for results in NO_LISTS),
    *(("search", {"nextPageToken": token}) for token in NO_TEXTS),
    *(("search", {"totalResultsCount": total}) for total in NO_NUMBERS),
    ("custom columns", {"customColumns": {}}),
    *(("stream", body) for body in NO_STREAMS),
    *(("stream", [{"results": results}]) for results in NO_LISTS),
    ("stream", [{"customColumnHeaders": {}}]),
]


@pytest.mark.parametrize(("name", "body"), WRONG)
def test_a_reply_of_another_shape_is_an_outage(name: str, body: object, vendor: responses.RequestsMock, account: Any) -> None:
    method, url, call = CALLS[name]
    vendor.add(method, url, json=body)
    failure = failure_of(lambda: call(account))
    assert type(failure) is Unavailable
    assert failure.url


# --- The stream ---


def read(body: bytes, size: int = 7) -> list[Any]:
    """What is made of a stream that comes in pieces of so many bytes."""

    @contextmanager
    def download(method: str, path: str, question: object = None) -> Iterator[Iterator[bytes]]:
        yield (body[start : start + size] for start in range(0, len(body), size))

    return streamed(api.SearchAds360Api(lambda *request: None, download, sa360.patience.Patience(FakeClock())))


HEADERS = [{"id": "9001", "name": "My ROAS", "referencesMetrics": True}]
CHUNKS: list[dict[str, Any]] = [
    {"results": [ROW, {"metrics": {"clicks": "50", "conversions": 3.5, "ctr": 0.0125}}], "customColumnHeaders": HEADERS, "requestId": "r"},
    {"fieldMask": "campaign.id"},
    {"results": [{"campaign": {"name": "Zo\u00eb \U0001f468 [\"]}{,\\", "id": 2**53 + 1}}]},
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
@pytest.mark.parametrize("text", [json.dumps(CHUNKS), json.dumps(CHUNKS, indent=1, ensure_ascii=False), f"\r\n{json.dumps(CHUNKS)} \n"])
def test_a_stream_in_pieces_of_any_size(text: str, size: int) -> None:
    first, second, third = read(text.encode(), size)
    assert first.results == [ROW, {"metrics": {"clicks": "50", "conversions": Decimal("3.5"), "ctr": Decimal("0.0125")}}]
    assert first.custom_column_headers == HEADERS
    assert second == ([], [])
    assert third.results == CHUNKS[2]["results"]


def test_what_is_asked_of_a_stream(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.post(STREAM, json=CHUNKS)
    assert len(streamed(account)) == 3
    assert json.loads(sent(vendor)[0].body) == {"query": QUERY, "batchSize": 1000}


def test_a_compressed_stream(vendor: responses.RequestsMock, account: Any) -> None:
    vendor.post(STREAM, body=gzip.compress(json.dumps(CHUNKS).encode()), headers={"Content-Encoding": "gzip"})
    assert [len(batch.results) for batch in streamed(account)] == [2, 0, 1]


@pytest.mark.parametrize("amount", ["0.1", "12345678901234567.89", "1e-7", "1.0", "-0.30"])
def test_a_number_with_a_fraction_keeps_its_digits(amount: str) -> None:
    [batch] = read(f'[{{"results": [{{"a": {amount}}}]}}]'.encode())
    value = batch.results[0]["a"]
    assert isinstance(value, Decimal)
    assert value.as_tuple() == Decimal(amount).as_tuple()


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("body", ["[]", " [ ] "])
def test_an_array_without_elements_is_no_rows(body: str, size: int) -> None:
    assert read(body.encode(), size) == []


WHOLE = json.dumps(CHUNKS).encode()
NO_ARRAYS = {
    "nothing": b"",
    "blanks": b" \n ",
    "HTML": b"<!DOCTYPE html><html>Canary",
    "two arrays": WHOLE + WHOLE,
    "one line each": b'{"results": []}\n{"results": []}\n',
    "an object": b'{"error": {"code": 403}}',
    "no UTF-8": b'[{"results": [{"name": "\xff\xfe canary"}]}]',
    "a number that is none": b'[{"results": [{"a": NaN, "b": "canary"}]}]',
    "an absurd number": b'[{"results": [{"a": 1e99999999999999999999999}]}]',
    "something behind": WHOLE + b"canary",
    "a comma": b'[{"results": []},]',
}


@pytest.mark.parametrize("size", [1, 9, 1000])
@pytest.mark.parametrize("body", NO_ARRAYS.values(), ids=NO_ARRAYS.keys())
def test_what_is_no_array_is_an_outage_and_not_quoted(body: bytes, size: int) -> None:
    failure = failure_of(lambda: read(body, size))
    assert type(failure) is Unavailable
    assert failure.__context__ is None
    assert "Canary" not in str(failure)


@given(cut=st.integers(0, len(WHOLE) - 1), size=st.integers(1, 50))
@settings(max_examples=60)
def test_wherever_an_array_breaks_off_it_is_an_outage(cut: int, size: int) -> None:
    assert type(failure_of(lambda: read(WHOLE[:cut], size))) is Unavailable


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (coded(400, "queryError", "BAD_VALUE"), "Refused"),
        (coded(403, "authorizationError", "USER_PERMISSION_DENIED"), "NoAccess"),
        (error(403), "Forbidden"),
        (error(401), "Unauthorized"),
        (error(404), "NotFound"),
        (error(429, "RESOURCE_EXHAUSTED"), "RateLimited"),
        (coded(429, "quotaError", "RESOURCE_EXHAUSTED", details={"quotaErrorDetails": {"retryDelay": "7200s"}}), "Exhausted"),
        (coded(429, "quotaError", "RESOURCE_EXHAUSTED", details={"quotaErrorDetails": OF_ACCOUNT}), "AccountExhausted"),
        (error(409, "ABORTED"), "Unavailable"),
        (error(499, "CANCELLED"), "Unavailable"),
        (error(500), "Unavailable"),
        (error(503), "Unavailable"),
        ({"error": {}}, "Unavailable"),
        ({"error": "canary"}, "Unavailable"),
        ({"error": {"code": "x"}}, "Unavailable"),
        ({"error": {"code": True}}, "Unavailable"),
        ({"error": {"code": 0}}, "Unavailable"),
    ],
)
@pytest.mark.parametrize("before", [0, 1])
def test_an_error_within_a_stream_is_the_failure_that_the_request_would_have_been(before: int, told: dict[str, Any], kind: str) -> None:
    failure = failure_of(lambda: read(json.dumps([*CHUNKS[:before], told]).encode()))
    assert type(failure).__name__ == kind
    assert "searchStream" in str(failure)


@pytest.mark.parametrize("end", [b"," + json.dumps(error(503)).encode() + b"]", b"", b"canary"])
def test_rows_before_an_error_or_a_break_are_given(end: bytes) -> None:
    seen: list[Any] = []

    @contextmanager
    def download(*request: object) -> Iterator[Iterator[bytes]]:
        yield iter([WHOLE[:-1], end])

    def read_on() -> None:
        with api.SearchAds360Api(lambda *request: None, download, sa360.patience.Patience(FakeClock())).stream(CLIENT, QUERY) as batches:
            for batch in batches:
                seen.append(batch)

    assert type(failure_of(read_on)) is Unavailable
    assert [len(batch.results) for batch in seen] == [2, 0, 1]


def test_a_long_stream_is_never_held() -> None:
    batch = json.dumps({"results": [{"campaign": {"id": str(number), "name": "x" * 50}} for number in range(1000)]}).encode()

    @contextmanager
    def download(*request: object) -> Iterator[Iterator[bytes]]:
        yield (piece for number in range(100) for piece in ((b"[" if number == 0 else b",") + batch, b"]" if number == 99 else b""))

    with api.SearchAds360Api(lambda *request: None, download, sa360.patience.Patience(FakeClock())).stream(CLIENT, QUERY) as batches:
        next(batches)
        tracemalloc.start()
        try:
            assert sum(len(one.results) for one in batches) == 99_000
            assert tracemalloc.get_traced_memory()[1] < 25 * len(batch)  # as objects a batch is larger than as text
        finally:
            tracemalloc.stop()


# --- Failures ---

NO_ACCESS = [
    (403, "authorizationError", "USER_PERMISSION_DENIED"),
    (403, "authorizationError", "CUSTOMER_NOT_ENABLED"),
    (403, "authorizationError", "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION"),
    (403, "authorizationError", "ACCESS_DENIED_FOR_ACCOUNT_TYPE"),
    (401, "authenticationError", "CUSTOMER_NOT_FOUND"),
    (401, "authenticationError", "CLIENT_CUSTOMER_ID_INVALID"),
    (400, "requestError", "INVALID_CUSTOMER_ID"),
    (400, "headerError", "INVALID_LOGIN_CUSTOMER_ID"),
    (400, "headerError", "INVALID_USER_SELECTED_CUSTOMER_ID"),
]
wrapped = pytest.mark.parametrize("wrap", [lambda body: body, lambda body: [body]], ids=["bare", "in a list"])


@wrapped
def test_a_refused_question_tells_all_that_google_tells(wrap: Call, vendor: responses.RequestsMock, account: Any) -> None:
    told = coded(
        400,
        "queryError",
        "UNRECOGNIZED_FIELD",
        trigger={"stringValue": "campaign.nam"},
        location={"fieldPathElements": [{"fieldName": "query"}, {"fieldName": "parts", "index": 2}]},
    )
    failure = refusal_of(vendor, account, 400, wrap(told))
    assert type(failure) is refusals.Refused
    assert isinstance(failure, Rejected)
    assert str(failure) == f"POST {SEARCH} answered 400 queryError.UNRECOGNIZED_FIELD: It is so"
    assert (failure.code, failure.location, failure.trigger, failure.request_id) == (  # type: ignore[attr-defined]
        "queryError.UNRECOGNIZED_FIELD",
        "query.parts[2]",
        "campaign.nam",
        "id-1",
    )
    assert (failure.url, failure.status) == (SEARCH, 400)
    assert len(sent(vendor)) == 1


def test_a_refused_question_without_details(vendor: responses.RequestsMock, account: Any) -> None:
    failure = refusal_of(vendor, account, 400, error(400, "INVALID_ARGUMENT"), headers={"request-id": "from-header"})
    assert str(failure) == f"POST {SEARCH} answered 400 INVALID_ARGUMENT: Request contains an invalid argument"
    assert (failure.code, failure.request_id) == ("INVALID_ARGUMENT", "from-header")  # type: ignore[attr-defined]


@wrapped
@pytest.mark.parametrize(("status", "kind", "name"), NO_ACCESS)
def test_an_account_that_may_not_be_read(
    status: int, kind: str, name: str, wrap: Call, vendor: responses.RequestsMock, account: Any
) -> None:
    failure = refusal_of(vendor, account, status, wrap(coded(status, kind, name)))
    assert type(failure) is refusals.NoAccess
    assert isinstance(failure, Forbidden)
    assert f"{kind}.{name}" in str(failure)
    assert len(sent(vendor)) == 1


@pytest.mark.parametrize("name", ["ACTION_NOT_PERMITTED", "METRIC_ACCESS_DENIED", "AUTHORIZATION_ERROR", "MISSING_TOS"])
def test_a_table_that_may_not_be_read(name: str, vendor: responses.RequestsMock, account: Any) -> None:
    failure = refusal_of(vendor, account, 403, coded(403, "authorizationError", name))
    assert type(failure) is Forbidden
    assert "answered 403" in str(failure)


def test_a_page_token_that_is_too_old(vendor: responses.RequestsMock, account: Any) -> None:
    failure = refusal_of(vendor, account, 400, coded(400, "requestError", "EXPIRED_PAGE_TOKEN"))
    assert type(failure) is refusals.ExpiredToken
    assert not isinstance(failure, Rejected)


@pytest.mark.parametrize("status", [400, 409, 499])
def test_an_error_of_googles_own_is_an_outage_whatever_its_status(status: int, vendor: responses.RequestsMock, account: Any) -> None:
    assert type(refusal_of(vendor, account, status, coded(status, "internalError", "TRANSIENT_ERROR"))) is Unavailable


@every_call
@pytest.mark.parametrize(
    ("status", "body"),
    [(409, "<html>"), (409, error(409, "ABORTED")), (499, ""), (499, error(499, "CANCELLED")), (400, error(400, "CANCELLED"))],
)
def test_what_was_cancelled_or_fell_over_something_else_may_be_asked_again(
    status: int, body: object, name: str, vendor: responses.RequestsMock, account: Any
) -> None:
    assert type(refusal_of(vendor, account, status, body, name)) is Unavailable


@pytest.mark.parametrize("name", ["search", "stream"])
def test_a_refusal_carries_the_query(name: str, vendor: responses.RequestsMock, account: Any) -> None:
    failure: Any = refusal_of(vendor, account, 400, coded(400, "queryError", "BAD_VALUE"), name)
    assert failure.query == QUERY


def test_a_refusal_within_a_stream_carries_the_query_as_well(vendor: responses.RequestsMock, account: Any) -> None:
    failure: Any = refusal_of(vendor, account, 200, [*GOOD["stream"], coded(400, "queryError", "BAD_VALUE")], "stream")
    assert failure.query == QUERY


def test_a_stream_may_be_silent_for_longer_than_a_page(vendor: responses.RequestsMock, account: Any) -> None:
    for name in ("search", "stream"):
        method, url, call = CALLS[name]
        vendor.add(method, url, json=GOOD[name])
        call(account)
    assert [request.req_kwargs["timeout"][1] for request in sent(vendor)] == [180.0, 900.0]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("SERVICE_DISABLED", 'Enable the "Search Ads 360 Reporting API"'),
        ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "The sign-in does not cover Search Ads 360. Sign in again with the scope"),
    ],
)
def test_what_nothing_can_be_read_without_is_said(reason: str, words: str, vendor: responses.RequestsMock, account: Any) -> None:
    body = error(403, "PERMISSION_DENIED", "It is off.")
    body["error"]["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}]
    failure = refusal_of(vendor, account, 403, body)
    assert type(failure) is Unauthorized
    assert f"answered 403 PERMISSION_DENIED: It is off. {words}" in str(failure)
    assert len(sent(vendor)) == 1  # a new token would not help


def retry_info(delay: object) -> dict[str, Any]:
    body = error(429, "RESOURCE_EXHAUSTED")
    body["error"]["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]
    return body


def quota(delay: object) -> dict[str, Any]:
    return coded(429, "quotaError", "RESOURCE_EXHAUSTED", details={"quotaErrorDetails": {"rateScope": "DEVELOPER", "retryDelay": delay}})


@wrapped
@pytest.mark.parametrize("body", [retry_info, quota])
@pytest.mark.parametrize(("delay", "seconds"), [("30s", 30.0), ("1.5s", 1.5), ("0s", 0.0), ("900s", 900.0)])
def test_the_wait_that_a_quota_asks_for_is_told(
    delay: str, seconds: float, body: Call, wrap: Call, vendor: responses.RequestsMock, account: Any
) -> None:
    failure = refusal_of(vendor, account, 429, wrap(body(delay)))
    assert isinstance(failure, RateLimited)
    assert failure.seconds == seconds


def test_the_wait_that_a_quota_asks_for_holds_everybody_back(
    vendor: responses.RequestsMock, account: Any, budget: Budget, clock: FakeClock
) -> None:
    refusal_of(vendor, account, 429, quota("30s"))
    budget.enter()
    assert clock.time() == NOON + 30


@pytest.mark.parametrize("delay", ["30", "s", "", "-5s", "soon", "1e5s", 30, None, [], "9" * 400 + "s"])
def test_a_wait_that_makes_no_sense_is_none(delay: object, vendor: responses.RequestsMock, account: Any) -> None:
    failure = refusal_of(vendor, account, 429, quota(delay))
    assert isinstance(failure, RateLimited)
    assert failure.seconds is None


def test_of_two_waits_the_longer_one_counts(vendor: responses.RequestsMock, account: Any) -> None:
    failure = refusal_of(vendor, account, 429, quota("30s"), headers={"Retry-After": "45"})
    assert isinstance(failure, RateLimited)
    assert failure.seconds == 45


@pytest.mark.parametrize(("delay", "words"), [("901s", "15 minutes"), ("36000s", "10.0 hours"), ("172800s", "48.0 hours")])
def test_for_the_quota_of_a_day_nobody_waits(
    delay: str, words: str, vendor: responses.RequestsMock, account: Any, budget: Budget, clock: FakeClock
) -> None:
    failure = refusal_of(vendor, account, 429, quota(delay))
    assert type(failure) is Exhausted
    assert words in str(failure)
    budget.enter()
    assert clock.time() == NOON


@every_call
def test_the_quota_of_an_account_is_told_from_that_of_the_project(name: str, vendor: responses.RequestsMock, account: Any) -> None:
    body = coded(429, "quotaError", "RESOURCE_EXHAUSTED", details={"quotaErrorDetails": OF_ACCOUNT})
    failure = refusal_of(vendor, account, 429, body, name)
    assert type(failure) is refusals.AccountExhausted
    assert not isinstance(failure, Exhausted)
    short = coded(429, "quotaError", "RESOURCE_EXHAUSTED", details={"quotaErrorDetails": OF_ACCOUNT | {"retryDelay": "30s"}})
    method, url, call = CALLS[name]
    vendor.replace(method, url, json=short, status=429)
    assert type(failure_of(lambda: call(account))) is RateLimited


@pytest.mark.parametrize("name", ["search", "stream", "custom columns"])
def test_a_quota_that_does_not_come_back_is_that_of_a_day(
    name: str, vendor: responses.RequestsMock, account: Any, clock: FakeClock
) -> None:
    method, url, call = CALLS[name]
    for _ in range(2):  # an answer begins the hour anew
        vendor.add(method, url, status=429)
        for seconds in (0, 1800, 1799):
            clock.now += seconds
            assert type(failure_of(lambda: call(account))) is RateLimited
        vendor.replace(method, url, json=GOOD[name])
        call(account)
        vendor.remove(method, url)
    vendor.add(method, url, status=429)
    assert type(failure_of(lambda: call(account))) is RateLimited
    clock.now += 3600
    failure = failure_of(lambda: call(account))
    assert type(failure) is Exhausted
    assert str(failure).endswith("for an hour there was no quota left.")


@every_call
@pytest.mark.parametrize(("status", "kind"), [(400, Rejected), (403, Forbidden), (404, Rejected), (429, RateLimited), (502, Unavailable)])
def test_a_refusal_in_html_is_told_by_its_status(
    status: int, kind: type[SourceFailure], name: str, vendor: responses.RequestsMock, account: Any
) -> None:
    failure = refusal_of(vendor, account, status, "<html>canary</html>", name)
    assert type(failure) is kind
    assert failure.status == status


def test_what_is_not_there_by_googles_own_word(vendor: responses.RequestsMock, account: Any) -> None:
    assert type(refusal_of(vendor, account, 404, error(404, "NOT_FOUND"))) is NotFound


STRANGE: list[object] = [
    None,
    [],
    [5],
    {"error": None},
    {"error": "invalid"},
    {"error": []},
    {"error": {"details": {}, "status": 5, "message": []}},
    {"error": {"details": [None, 5, {"errors": 5}, {"errors": [None, {"errorCode": 5, "location": [], "trigger": 5, "details": 5}]}]}},
    {"error": {"details": [{"errors": [{"errorCode": {"queryError": 5}, "location": {"fieldPathElements": [5, {"index": None}]}}]}]}},
    {"error": {"details": [{"errors": [{"details": {"quotaErrorDetails": []}}], "requestId": 5, "reason": 5}]}},
]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
@pytest.mark.parametrize("body", STRANGE)
def test_a_refusal_of_any_shape_is_a_failure_of_its_status(status: int, body: object, vendor: responses.RequestsMock, account: Any) -> None:
    failure = refusal_of(vendor, account, status, body)
    missing = Rejected if body is None else NotFound  # as if there were no body
    kinds = {400: Rejected, 401: Unauthorized, 403: Forbidden, 404: missing, 429: RateLimited}
    assert isinstance(failure, kinds[status])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("secret", ["canary-secret-1f2e", "1//canary-refresh-3d4c", "the token"])
def test_a_secret_that_google_repeats_is_not_told(secret: str, status: int, vendor: responses.RequestsMock, account: Any) -> None:
    def refuse(request: Any) -> tuple[int, dict[str, str], str]:
        repeated = request.headers["Authorization"].removeprefix("Bearer ") if secret == "the token" else secret
        told = [{"errorCode": {"queryError": repeated}, "message": f"Bad {repeated}.", "trigger": {"stringValue": repeated}}]
        return status, {}, json.dumps(error(status, repeated, f"Bad {repeated}.", errors=told))

    vendor.add_callback("POST", SEARCH, refuse)
    assert failure_of(lambda: account.search(CLIENT, QUERY, 500)).status == status


# --- A token that is refused ---


@every_call
def test_a_refused_token_is_renewed_once(name: str, vendor: responses.RequestsMock, account: Any) -> None:
    method, url, call = CALLS[name]
    vendor.add(method, url, status=401, json=error(401, "UNAUTHENTICATED"))
    vendor.add(method, url, json=GOOD[name])
    assert call(account)
    assert [request.headers["Authorization"] for request in sent(vendor)] == ["Bearer canary-token-0", "Bearer canary-token-1"]


@every_call
def test_a_new_token_that_is_refused_as_well_is_the_end(name: str, vendor: responses.RequestsMock, account: Any) -> None:
    failure = refusal_of(vendor, account, 401, [coded(401, "authenticationError", "NOT_ADS_USER")], name)
    assert type(failure) is Unauthorized
    assert f"answered 401 authenticationError.NOT_ADS_USER: It is so. {signin.ADVICE}" in str(failure)
    assert len(sent(vendor)) == 2


def test_a_sign_in_that_is_refused_is_told_and_no_question_is_sent(clock: FakeClock, budget: Budget) -> None:
    with responses.RequestsMock() as vendor:
        vendor.post(TOKEN_URI, status=400, json={"error": "invalid_grant"})
        sign_in = signin.SignIn(SETTINGS, clock)
        account = api.SearchAds360Api.of(api.exchange(SETTINGS, sign_in, budget, clock, 8), sign_in, clock)
        assert type(failure_of(lambda: account.custom_columns(LOGIN))) is signin.SignInRefused
        assert len(vendor.calls) == 1
