from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from google.auth.transport import Response
from google.oauth2 import service_account

from sandbox.sa360 import tokens
from sandbox.sa360.quota import DAY_SECONDS, PER_DAY
from sandbox.server import read_request
from tests.sandbox.sa360.asking import Site, code_of

QUERY = "SELECT campaign.id FROM campaign"


# --- tokens --------------------------------------------------------------------------------------------------------


def test_a_refresh_token_gives_an_access_token_for_an_hour() -> None:
    site = Site()
    reply = site.signed_in()
    assert reply.status == 200
    assert reply.payload.keys() == {"access_token", "expires_in", "scope", "token_type"}
    assert (reply.payload["expires_in"], reply.payload["token_type"], reply.payload["scope"]) == (3599, "Bearer", tokens.SCOPE)
    site.access_token = reply.payload["access_token"]
    assert site.search(QUERY).status == 200
    site.clock.seconds += 3598
    assert site.search(QUERY).status == 200
    site.clock.seconds += 1
    refused = site.search(QUERY)
    assert (refused.status, refused.payload["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert refused.payload["error"]["details"][0]["reason"] == "ACCESS_TOKEN_EXPIRED"


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"refresh_token": "1//0other"}, 400, "invalid_grant"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_secret": "other"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "https://www.googleapis.com/auth/adwords"}, 400, "invalid_scope"),
    ],
)
def test_the_error_of_a_sign_in_is_a_text(changed: dict[str, str], status: int, error: str) -> None:
    reply = Site().signed_in(**changed)
    assert (reply.status, reply.payload["error"]) == (status, error)
    assert reply.payload["error_description"]


def test_a_form_without_a_grant_and_another_method() -> None:
    site = Site()
    assert site.form(client_id="x").payload["error"] == "invalid_request"
    assert site.ask("GET", "/token").status == 404


def test_another_refresh_token_ends_the_access_tokens_of_the_old_one() -> None:
    site = Site()
    assert site.search(QUERY).status == 200
    site.source.token = "1//0new"
    assert site.search(QUERY).status == 401
    assert site.box.configuration["refresh_token"] == "1//0new"
    assert site.signed_in().status == 200


def signed(site: Site, *, scopes: list[str] | None = None, **changed: str) -> Any:
    """Signs in as a service account by Google's own library."""
    info = tokens.service_account(site.box.url + tokens.PATH) | changed
    credentials = service_account.Credentials.from_service_account_info(info, scopes=scopes or [tokens.SCOPE])  # type: ignore[no-untyped-call]

    class Replied(Response):
        def __init__(self, status: int, body: bytes) -> None:
            self._said = status, body

        @property
        def status(self) -> int:
            return self._said[0]

        @property
        def headers(self) -> dict[str, str]:
            return {}

        @property
        def data(self) -> bytes:
            return self._said[1]

    def transport(url: str, method: str = "GET", body: bytes | None = None, headers: Any = None, **_: Any) -> Replied:
        reply = site.box.answer(read_request(method, url.removeprefix(site.box.url), body or b"", dict(headers or {}), site.clock()))
        return Replied(reply.status, reply.encoded())

    credentials.refresh(transport)
    return credentials


def test_a_service_account_signs_in_by_googles_own_library() -> None:
    site = Site()
    site.access_token = signed(site).token
    assert site.search(QUERY).status == 200
    site.source.token = "1//0new"
    assert site.search(QUERY).status == 200


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("account not found", {"client_email": "other@sandbox.iam.gserviceaccount.com"}),
        ("invalid_scope", {"scopes": ["https://www.googleapis.com/auth/adwords"]}),
    ],
)
def test_a_service_account_that_is_refused(said: str, changed: Any) -> None:
    with pytest.raises(Exception, match=said):
        signed(Site(), **changed)


def test_an_assertion_that_nobody_signed() -> None:
    def part(value: Mapping[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"iss": tokens.SERVICE_ACCOUNT, "scope": tokens.SCOPE, "aud": "https://oauth2.googleapis.com/token", "iat": 0, "exp": 3600}
    for header in ({"alg": "RS256"}, {"alg": "none"}, {"alg": "HS256"}):
        for signature in ("", "AAAA", "A" * 342):
            reply = Site().form(grant_type=tokens.JWT_GRANT, assertion=f"{part(header)}.{part(claims)}.{signature}")
            assert (reply.status, reply.payload["error"]) == (400, "invalid_grant")
    for text in ("", "a.b", "a.b.c", "é.é.é"):
        assert Site().form(grant_type=tokens.JWT_GRANT, assertion=text).payload["error"] == "invalid_grant"


# --- headers and accounts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "Bearer", "Bearer nonsense", "Basic x"])
def test_without_an_access_token(value: str | None) -> None:
    reply = Site().ask("GET", "/v0/customers:listAccessibleCustomers", Authorization=value)
    assert (reply.status, reply.payload["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_an_access_token_may_stand_in_the_query() -> None:
    site = Site()
    path = f"/v0/customers:listAccessibleCustomers?access_token={site.access_token}"
    assert site.ask("GET", path, Authorization=None).status == 200


def test_the_login_customer_is_an_account_above_or_the_account_itself() -> None:
    site = Site()
    for login in [each.id for each in site.source.world.chain(site.client)]:
        assert site.ask("POST", f"/v0/customers/{site.client}/searchAds360:search", {"query": QUERY}, login_customer_id=login).status == 200


def test_accounts_that_may_not_be_asked() -> None:
    site = Site()
    top = site.source.world.top.id
    gone = next(each.id for each in site.source.customers.values() if not each.enabled)

    def code(customer: str, login: str | None = top) -> tuple[int, dict[str, str]]:
        reply = site.ask("POST", f"/v0/customers/{customer}/searchAds360:search", {"query": QUERY}, login_customer_id=login)
        return reply.status, code_of(reply)

    assert code(site.client, "123-456-7890") == (400, {"headerError": "INVALID_LOGIN_CUSTOMER_ID"})
    assert code("123-456-7890") == (400, {"requestError": "INVALID_CUSTOMER_ID"})
    assert code("12") == (400, {"requestError": "INVALID_CUSTOMER_ID"})
    assert code("1234567890") == (403, {"authorizationError": "USER_PERMISSION_DENIED"})
    assert code(site.client, "1234567890") == (403, {"authorizationError": "USER_PERMISSION_DENIED"})
    assert code(site.client, None) == (403, {"authorizationError": "USER_PERMISSION_DENIED"})
    combination = {"authorizationError": "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION"}
    assert code(site.other, site.client) == (403, combination)
    assert code(gone) == (403, {"authorizationError": "CUSTOMER_NOT_ENABLED"})


def test_the_root_may_be_asked_without_the_header() -> None:
    site = Site()
    top = site.source.world.top.id
    path = f"/v0/customers/{top}/searchAds360:search"
    query = {"query": "SELECT customer_client.id FROM customer_client"}
    assert site.ask("POST", path, query, login_customer_id=None).status == 200
    found = site.ask("GET", "/v0/customers:listAccessibleCustomers", login_customer_id=None)
    assert found.payload == {"resourceNames": [f"customers/{top}"]}


def test_a_header_with_underscores_is_another_header() -> None:
    site = Site()
    given = {"Authorization": f"Bearer {site.access_token}", "login_customer_id": str(site.login)}
    path = f"/v0/customers/{site.client}/searchAds360:search"
    reply = site.box.answer(read_request("POST", path, json.dumps({"query": QUERY}).encode(), given, site.clock()))
    assert code_of(reply) == {"authorizationError": "USER_PERMISSION_DENIED"}


# --- quota ---------------------------------------------------------------------------------------------------------


def test_so_many_operations_a_minute() -> None:
    site = Site(rate_limit=3)
    site.clock.seconds = site.clock.seconds // 60 * 60 + 20
    assert [site.search(QUERY).status for _ in range(4)] == [200, 200, 200, 429]
    error = site.search(QUERY).payload["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    failure = error["details"][0]["errors"][0]
    assert failure["errorCode"] == {"quotaError": "RESOURCE_TEMPORARILY_EXHAUSTED"}
    quota = failure["details"]["quotaErrorDetails"]
    assert quota == {"rateScope": "DEVELOPER", "rateName": "Number of operations per minute", "retryDelay": "40s"}
    site.clock.seconds += 40
    assert site.search(QUERY).status == 200


def test_the_pages_of_a_query_are_one_operation_and_what_is_refused_is_none() -> None:
    site = Site(rate_limit=2)
    token = site.payload(QUERY, pageSize=1)["nextPageToken"]
    assert [site.search(QUERY, pageSize=1, pageToken=token).status for _ in range(5)] == [200] * 5
    assert [site.search(QUERY, "1234567890").status for _ in range(5)] == [403] * 5
    assert site.search(QUERY, pageSize=1, pageToken="nonsense").status == 400
    assert site.search(QUERY).status == 429
    assert site.search(QUERY, pageSize=1, pageToken=token).status == 200


def test_a_stream_is_refused_in_an_array() -> None:
    site = Site(rate_limit=0)
    (error,) = site.stream(QUERY)
    assert error["error"]["code"] == 429


def test_so_many_operations_a_day() -> None:
    site = Site(rate_limit=None)
    site.source.quota.minute.limit = PER_DAY * 2
    site.clock.seconds = site.clock.seconds // DAY_SECONDS * DAY_SECONDS + 3600
    site.search(QUERY)
    site.source.quota.day.used = PER_DAY
    failure = site.search(QUERY).payload["error"]["details"][0]["errors"][0]
    assert failure["errorCode"] == {"quotaError": "RESOURCE_EXHAUSTED"}
    assert failure["details"]["quotaErrorDetails"]["retryDelay"] == f"{23 * 3600}s"
    assert site.signed_in().status == 200
