"""The sign-in: what the token service is asked, when, and what is made of what it answers. No message tells a secret."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from google.auth import jwt

from common.failures import NotFound, RateLimited, SettingProblem, SourceFailure, Unauthorized, Unavailable
from tests.doubles import FakeClock
from tests.loading import load

sa360 = load("sa360")
signin = sa360.signin

TOKEN_URI = "https://oauth2.example.org/token"
SCOPE = "https://www.googleapis.com/auth/doubleclicksearch"
EMAIL = "reader@project.iam.gserviceaccount.com"
SETTINGS: dict[str, Any] = {
    "client_id": "canary-client.apps.googleusercontent.com",
    "client_secret": "canary-secret-1f2e",
    "refresh_token": "1//canary-refresh-3d4c",
    "service_account_key": {},
    "sign_in_url": TOKEN_URI,
}
TOKEN = "ya29.canary-token"
GRANTED = {"access_token": TOKEN, "expires_in": 3599, "scope": SCOPE, "token_type": "Bearer"}


@pytest.fixture
def service() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> str:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


def by_key(private_key: str, **more: object) -> dict[str, Any]:
    """Settings with a service account in place of a user."""
    key = {"type": "service_account", "client_email": EMAIL, "private_key": private_key, "private_key_id": "k1"} | more
    return SETTINGS | {"client_id": "", "client_secret": "", "refresh_token": "", "service_account_key": key}


def failure_of(act: Callable[[], object]) -> SourceFailure:
    with pytest.raises(SourceFailure) as raised:
        act()
    assert "canary" not in "".join(traceback.format_exception(raised.value)).replace(SETTINGS["client_id"], "")
    assert raised.value.__context__ is None  # a crash report prints what was being handled, too
    return raised.value


def asked(service: responses.RequestsMock, number: int = 0) -> dict[str, list[str]]:
    request = service.calls[number].request
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.url == TOKEN_URI
    body = request.body
    return parse_qs(body.decode() if isinstance(body, bytes) else str(body))


# --- What is asked ---


def test_a_refresh_token_is_exchanged_for_a_token(service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, json=GRANTED)
    assert signin.SignIn(SETTINGS, FakeClock()).token() == TOKEN
    wanted = {name: [SETTINGS[name]] for name in ("client_id", "client_secret", "refresh_token")}
    assert asked(service) == wanted | {"grant_type": ["refresh_token"]}


def test_a_service_account_signs_for_one(service: responses.RequestsMock, private_key: rsa.RSAPrivateKey) -> None:
    service.post(TOKEN_URI, json=GRANTED)
    # what else a key file says of addresses and universes is not for it to say
    settings = by_key(pem(private_key), token_uri="https://elsewhere.example.org", universe_domain="example.org")
    assert signin.SignIn(settings, FakeClock()).token() == TOKEN
    form = asked(service)
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    public = private_key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(form["assertion"][0], certs=public, audience="https://oauth2.googleapis.com/token")  # type: ignore[no-untyped-call]
    assert (claims["iss"], claims["scope"]) == (EMAIL, SCOPE)
    assert claims["exp"] - claims["iat"] == 3600
    assert "sub" not in claims


def test_a_key_stands_in_place_of_a_refresh_token(service: responses.RequestsMock, private_key: rsa.RSAPrivateKey) -> None:
    service.post(TOKEN_URI, json=GRANTED)
    settings = SETTINGS | {"service_account_key": by_key(pem(private_key))["service_account_key"]}
    signin.SignIn(settings, FakeClock()).token()
    assert "assertion" in asked(service)


def test_no_request_to_the_token_service_may_hang_or_follow_a_redirect(service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, json=GRANTED)
    signin.SignIn(SETTINGS, FakeClock()).token()
    connect, read = service.calls[0].request.req_kwargs["timeout"]  # type: ignore[attr-defined]
    assert 0 < connect < read <= 600


def test_a_request_gets_the_token_as_its_header(service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, json=GRANTED)
    request = requests.Request("GET", "https://api.example.org", auth=signin.SignIn(SETTINGS, FakeClock())).prepare()
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


# --- When ---


@pytest.mark.parametrize(("lifetime", "lives"), [(3599, 3599), ("3599", 3599), (3599.5, 3599), (900, 900), (None, 3600)])
def test_a_token_is_used_until_a_few_minutes_before_its_end(
    lifetime: object, lives: float, service: responses.RequestsMock
) -> None:
    said = {"expires_in": lifetime} if lifetime else {}
    service.post(TOKEN_URI, json={"access_token": "first"} | said)
    service.post(TOKEN_URI, json={"access_token": "second"} | said)
    clock = FakeClock()
    sign_in = signin.SignIn(SETTINGS, clock)
    assert sign_in.token() == "first"
    clock.sleep(lives - signin.EARLY_SECONDS - 1)
    assert sign_in.token() == "first"
    clock.sleep(1)
    assert sign_in.token() == "second"
    assert len(service.calls) == 2


def test_a_new_refresh_token_takes_the_place_of_the_old_one(service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, json=GRANTED | {"refresh_token": "1//newer"})
    service.post(TOKEN_URI, json=GRANTED)
    sign_in = signin.SignIn(SETTINGS, FakeClock())
    sign_in.forget(sign_in.token())
    sign_in.token()
    assert asked(service, 1)["refresh_token"] == ["1//newer"]


def test_eight_threads_share_one_token(service: responses.RequestsMock) -> None:
    begun = Event()

    def grant(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        begun.wait(10)
        return 200, {}, json.dumps(GRANTED)

    service.add_callback("POST", TOKEN_URI, grant)
    sign_in = signin.SignIn(SETTINGS, FakeClock())
    with ThreadPoolExecutor(8) as executor:
        tokens = [executor.submit(sign_in.token) for _ in range(8)]
        begun.set()
        assert {token.result() for token in tokens} == {TOKEN}
    assert len(service.calls) == 1


def test_a_token_that_another_thread_has_replaced_already_is_not_replaced_again(service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, json=GRANTED | {"access_token": "first"})
    service.post(TOKEN_URI, json=GRANTED | {"access_token": "second"})
    sign_in = signin.SignIn(SETTINGS, FakeClock())
    first = sign_in.token()
    for _ in range(8):
        sign_in.forget(first)
        assert sign_in.token() == "second"
    assert len(service.calls) == 2


# --- What is made of a bad answer ---

KINDS = {
    "invalid_grant": ('"refresh_token"', "publish the app"),
    "invalid_client": ('"client_id"', '"client_secret"'),
    "unauthorized_client": ('"client_id"', '"client_secret"'),
    "invalid_scope": ('"refresh_token"', SCOPE),
    "access_denied": ('"refresh_token"', '"client_secret"'),
}


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_names_the_setting_and_what_to_do(kind: str, status: int, service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, status=status, json={"error": kind, "error_description": f"{SETTINGS['refresh_token']} is bad"})
    failure = failure_of(signin.SignIn(SETTINGS, FakeClock()).token)
    assert isinstance(failure, signin.SignInRefused)
    assert isinstance(failure, Unauthorized)
    assert all(word in str(failure) for word in (*KINDS[kind], kind))
    assert len(service.calls) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_of_a_service_account_names_its_key(
    kind: str, service: responses.RequestsMock, private_key: rsa.RSAPrivateKey
) -> None:
    service.post(TOKEN_URI, status=400, json={"error": kind, "error_description": "Invalid JWT Signature."})
    failure = failure_of(signin.SignIn(by_key(pem(private_key)), FakeClock()).token)
    assert '"service_account_key" is not accepted' in str(failure)
    assert "add the service account's e-mail as a user in Search Ads 360" in str(failure)
    assert "PRIVATE" not in str(failure)


@pytest.mark.parametrize("subtype", ["invalid_rapt", "rapt_required"])
def test_a_user_who_must_sign_in_anew_is_told_so(subtype: str, service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, status=400, json={"error": "invalid_grant", "error_subtype": subtype})
    assert "Sign in again" in str(failure_of(signin.SignIn(SETTINGS, FakeClock()).token))


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", "null", '"canary"', '{"error": {"code": 400}}', '{"error": "Canary CANARY"}', "[" * 100_000]
)
def test_a_refusal_without_a_word_is_one_as_well(body: str, service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, status=400, body=body)
    failure = failure_of(signin.SignIn(SETTINGS, FakeClock()).token)
    assert isinstance(failure, signin.SignInRefused)
    assert "(refused)" in str(failure)
    assert "canary" not in str(failure).lower()


@pytest.mark.parametrize("status", [302, 404, 405])
def test_an_address_that_is_no_token_service(status: int, service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, status=status, body="<html>", headers={"Location": "https://elsewhere.example.org"})
    failure = failure_of(signin.SignIn(SETTINGS, FakeClock()).token)
    assert isinstance(failure, signin.SignInRefused)
    assert '"sign_in_url"' in str(failure)
    assert failure.status == status


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
def test_an_outage_is_told_at_once(status: int, service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, status=status, body=SETTINGS["refresh_token"])
    failure = failure_of(signin.SignIn(SETTINGS, FakeClock()).token)
    assert type(failure) is Unavailable
    assert (failure.url, failure.status) == (TOKEN_URI, status)
    assert len(service.calls) == 1  # Google's library would ask again by itself, after a sleep


@pytest.mark.parametrize("word", ["internal_failure", "server_error", "temporarily_unavailable"])
@pytest.mark.parametrize("place", ["error", "error_description"])
def test_an_outage_with_the_status_of_a_refusal_is_one(word: str, place: str, service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, status=400, json={"error": "invalid_request"} | {place: word})
    assert type(failure_of(signin.SignIn(SETTINGS, FakeClock()).token)) is Unavailable
    assert len(service.calls) == 1


def test_too_many_questions_are_told_at_once(service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, status=429)
    failure = failure_of(signin.SignIn(SETTINGS, FakeClock()).token)
    assert isinstance(failure, RateLimited)
    assert failure.seconds is None  # no budget knows of it, so whoever asked has to wait by itself
    assert len(service.calls) == 1


@pytest.mark.parametrize("error", [requests.ConnectionError, requests.ReadTimeout, requests.exceptions.ChunkedEncodingError])
def test_a_broken_connection_is_an_outage(error: type[Exception], service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, body=error(f"canary {SETTINGS['refresh_token']}"))
    assert type(failure_of(signin.SignIn(SETTINGS, FakeClock()).token)) is Unavailable


@pytest.mark.parametrize(
    "said",
    [
        {},
        [],
        "canary",
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 5},
        {"access_token": "a canary\nX: y"},
        {"access_token": TOKEN, "expires_in": "canary"},
        {"access_token": TOKEN, "expires_in": None},
        {"access_token": TOKEN, "expires_in": -1},
        {"access_token": TOKEN, "expires_in": 1e300},
        {"access_token": TOKEN, "expires_in": [3599]},
    ],
)
def test_a_reply_without_a_token_is_an_outage(said: object, service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, json=said)
    assert type(failure_of(signin.SignIn(SETTINGS, FakeClock()).token)) is Unavailable


def test_after_an_outage_it_is_asked_again(service: responses.RequestsMock) -> None:
    service.post(TOKEN_URI, status=503)
    service.post(TOKEN_URI, json=GRANTED)
    sign_in = signin.SignIn(SETTINGS, FakeClock())
    failure_of(sign_in.token)
    assert sign_in.token() == TOKEN


def test_a_key_that_does_not_sign_is_told_before_anything_is_asked(private_key: rsa.RSAPrivateKey) -> None:
    elliptic = pem(ec.generate_private_key(ec.SECP256R1()))
    whole = pem(private_key)
    for key in ("canary", whole[:200], pem(private_key, b"canary"), elliptic):
        with pytest.raises(SettingProblem, match='"service_account_key" holds no usable private key') as raised:
            signin.SignIn(by_key(key), FakeClock())
        assert "canary" not in "".join(traceback.format_exception(raised.value))
        assert raised.value.__context__ is None


# --- A token that is refused ---


class Replies:
    """Answers in turn; a failure is raised."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, *request: object) -> object:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def refused(status: int = 401) -> Unauthorized:
    return Unauthorized(f"POST https://api.example.org/v0 answered {status}", "https://api.example.org/v0", status)


@pytest.fixture
def sign_in(service: responses.RequestsMock) -> Any:
    for number in range(3):
        service.add(responses.Response("POST", TOKEN_URI, json={"access_token": f"token-{number}"}))
    service.assert_all_requests_are_fired = False
    return signin.SignIn(SETTINGS, FakeClock())


@pytest.mark.parametrize("answer", [None, {}, [], {"results": []}])
def test_a_refused_token_is_renewed_once_and_the_question_asked_again(answer: object, sign_in: Any) -> None:
    replies = Replies(refused(), answer)
    assert signin.renewing(replies, sign_in)("GET", "/v0") == answer
    assert (replies.asked, sign_in.token()) == (2, "token-1")


def test_a_second_refusal_is_told_with_advice(sign_in: Any) -> None:
    replies = Replies(refused(), refused(), {})
    failure = failure_of(lambda: signin.renewing(replies, sign_in)("GET", "/v0"))
    assert type(failure) is Unauthorized
    assert str(failure) == f"POST https://api.example.org/v0 answered 401. {signin.ADVICE}"
    assert (failure.status, replies.asked) == (401, 2)


@pytest.mark.parametrize("failure", [refused(403), NotFound("no", "", 404), Unavailable("no"), signin.SignInRefused("no", "", 401)])
def test_no_other_failure_renews_anything(failure: SourceFailure, sign_in: Any) -> None:
    replies = Replies(failure, {})
    assert failure_of(lambda: signin.renewing(replies, sign_in)("GET", "/v0")) is failure
    assert (replies.asked, sign_in.token()) == (1, "token-0")
