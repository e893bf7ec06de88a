"""The sign-in: from what the settings hold a token is made that lives an hour, and a new one in time, once for all threads.

Google's own library speaks with the token service (fact sheet 2); it sends through our session, and never waits by itself.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import requests

from common.clock import Clock, SystemClock
from common.failures import RateLimited, SettingProblem, Unauthorized, Unavailable
from common.requests import CONNECT_SECONDS, session, spell

if TYPE_CHECKING:  # before a run the Fivetran CLI looks for the packages behind all imports, and takes `google` for another one
    import google_auth  # type: ignore[import-not-found]  # noqa: F401

user_account = import_module("google.oauth2.credentials")
service_account = import_module("google.oauth2.service_account")
GoogleAuthError: type[Exception] = import_module("google.auth.exceptions").GoogleAuthError

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
SCOPES = ("https://www.googleapis.com/auth/doubleclicksearch",)
READ_SECONDS = 60.0
EARLY_SECONDS = 225.0  # so long before its end a token is not used any more, as Google's own library does it
HOUR_SECONDS = 3600.0
OUTAGES = {"internal_failure", "server_error", "temporarily_unavailable"}  # what the token service says of itself with a status of 400
LIFETIME = re.compile(r"([0-9]{1,9})(\.[0-9]*)?")
TOKEN = re.compile(r"[!-~]+")
KIND = re.compile(r"[a-z_]{1,40}")

SIGN_IN_AGAIN = (
    '"refresh_token" is not accepted: it has expired or was revoked. Sign in again and copy the new one; refresh tokens of a Google Cloud '
    "app in testing status die after 7 days: publish the app."
)
CLIENT_REFUSED = (
    '"client_id" and "client_secret" are not accepted. Copy both again from the OAuth client in the Google Cloud console; the refresh '
    "token must have been made with the same client."
)
SCOPE_REFUSED = f'"refresh_token" does not cover Search Ads 360. Sign in again with the scope {SCOPES[0]} and copy the new one.'
KEY_REFUSED = (
    '"service_account_key" is not accepted: it was deleted or disabled, or the service account was. Make a new key in the Google Cloud '
    "console, and add the service account's e-mail as a user in Search Ads 360."
)
KEY_UNUSABLE = 'The configuration needs a change:\n- "service_account_key" holds no usable private key: copy the whole key file again.'
BY_KIND = {
    "invalid_grant": SIGN_IN_AGAIN,
    "invalid_client": CLIENT_REFUSED,
    "unauthorized_client": CLIENT_REFUSED,
    "deleted_client": CLIENT_REFUSED,
    "invalid_scope": SCOPE_REFUSED,
}
ADVICE = (
    "Google does not accept the sign-in, although it was just renewed. See that the user, or the service account, still exists in Search "
    'Ads 360, and that "base_url" and "sign_in_url" belong together; if so, sign in again and '
    'replace "refresh_token", or "service_account_key".'
)

Settings = Mapping[str, Any]
Download = Callable[..., AbstractContextManager[Iterator[bytes]]]


class SignInRefused(Unauthorized):
    """The token service does not accept what the settings hold; the message says which setting to change."""


class TokenReply(NamedTuple):
    """A reply as Google's library takes it."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class TokenService:
    """Sends what Google's library asks of the token service.

    What may pass by itself is raised at once: the library would wait, and by a clock of its own. `lifetime` is that of the last token, in
    seconds.
    """

    def __init__(self) -> None:
        self._session = session(1)
        self.lifetime = HOUR_SECONDS

    def __call__(
        self, url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None, **_: object
    ) -> TokenReply:
        """A reply to which there is nothing to do but to read it.

        Raises:
            SourceFailure: if there is none.
        """
        reply = self._send(method, url, body, headers)
        said, about, status = _object(reply), f"{method} {url} answered {reply.status_code}", reply.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimited(about, url, status)
        passing = status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY} or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if passing or _says_outage(said):
            raise Unavailable(about, url, status)
        if status == HTTPStatus.OK:
            self.lifetime = _lifetime(said, about, url)
        elif status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SignInRefused(f'{about}: "sign_in_url" is no token service. Leave that setting empty for the real one.', url, status)
        return TokenReply(status, reply.headers, json.dumps(said | {"expires_in": int(self.lifetime)}).encode())

    def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None) -> requests.Response:
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        try:
            return self._session.request(method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False)
        except requests.RequestException as error:
            problem = spell(error)
        raise Unavailable(f"{method} {url}: {problem}", url)


class SignIn:
    """Puts a token that is valid on each request (an `auth` of requests); any thread may use it.

    Args:
        settings: the values of `settings.SETTINGS`.
        clock: by which a token gets old.

    Raises:
        SettingProblem: if the key of a service account cannot be used.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._by_key = bool(settings["service_account_key"])
        self._credentials = _key_credentials(settings) if self._by_key else _user_credentials(settings)
        self._url = settings["sign_in_url"]
        self._service = TokenService()
        self._lock = threading.Lock()
        self._token, self._ends_at = "", 0.0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the token.

        Raises:
            SourceFailure: as `token`.
        """
        request.headers["Authorization"] = f"Bearer {self.token()}"
        return request

    def token(self) -> str:
        """A token that is valid, as far as the clock can tell; whoever needs a new one waits until there is one.

        Raises:
            SignInRefused: if the token service does not accept what the settings hold.
            SourceFailure: if it cannot be reached.
        """
        with self._lock:
            if not self._token or self._clock.time() >= self._ends_at - EARLY_SECONDS:
                self._token = ""
                asked_at = self._clock.time()
                self._token = self._fetch()
                self._ends_at = asked_at + self._service.lifetime
            return self._token

    def forget(self, token: str) -> None:
        """This token was refused; the next request gets another one, unless another thread has seen to it already."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def _fetch(self) -> str:
        try:
            self._credentials.refresh(self._service)
            return str(self._credentials.token)
        except GoogleAuthError as error:
            kind = _kind(error)
        raise SignInRefused(self._advice(kind), self._url, HTTPStatus.BAD_REQUEST)

    def _advice(self, kind: str) -> str:
        advice = KEY_REFUSED if self._by_key else BY_KIND.get(kind, f"{SIGN_IN_AGAIN} {CLIENT_REFUSED}")
        return f"The sign-in at {self._url} failed ({kind}): {advice}"


def secrets(settings: Settings) -> list[str]:
    """What no message may repeat."""
    key = settings["service_account_key"] or {}
    return [secret for secret in (settings["client_secret"], settings["refresh_token"], key.get("private_key")) if secret]


def renewing(ask: Callable[..., Any], sign_in: SignIn) -> Callable[..., Any]:
    """Asks as `ask` does; when the token is refused (401), once more with a new one.

    The function that it gives raises `common.failures.SourceFailure`: `Unauthorized` with `ADVICE` if the new token is refused as well.
    """

    def asked(*request: Any) -> Any:
        token = sign_in.token()
        answer = _answer(ask, request)
        if isinstance(answer, Unauthorized):
            sign_in.forget(token)
            answer = _answer(ask, request)
        if isinstance(answer, Unauthorized):
            raise Unauthorized(f"{answer}. {ADVICE}", answer.url, answer.status)
        return answer

    return asked


def renewing_stream(download: Download, sign_in: SignIn) -> Download:
    """The same for what gives its reply in pieces: only to open it is tried again."""

    @contextmanager
    def opened(*request: Any) -> Iterator[Iterator[bytes]]:
        with ExitStack() as stack:
            yield renewing(lambda *again: stack.enter_context(download(*again)), sign_in)(*request)

    return opened


def _answer(ask: Callable[..., Any], request: tuple[Any, ...]) -> Any:
    """The answer; the failure itself if the token was refused."""
    try:
        return ask(*request)
    except SignInRefused:
        raise
    except Unauthorized as failure:
        if failure.status != HTTPStatus.UNAUTHORIZED:
            raise
        return failure


def _user_credentials(settings: Settings) -> Any:
    names = ("client_id", "client_secret", "refresh_token")
    return user_account.Credentials(token=None, token_uri=settings["sign_in_url"], **{name: settings[name] for name in names})


def _key_credentials(settings: Settings) -> Any:
    key = settings["service_account_key"]
    wanted = {name: key[name] for name in ("client_email", "private_key", "private_key_id") if isinstance(key.get(name), str)}
    try:
        made = service_account.Credentials.from_service_account_info(wanted | {"token_uri": settings["sign_in_url"]}, scopes=SCOPES)
        made.sign_bytes(b"")  # a key of another kind is noticed only when it signs
    except Exception:  # noqa: BLE001, S110 - the kinds are many, and their texts may hold the key; what follows is raised
        pass
    else:
        return made
    raise SettingProblem(KEY_UNUSABLE)


def _object(reply: requests.Response) -> dict[str, Any]:
    """What a reply says; nothing if it is no object."""
    try:
        said = json.loads(reply.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _says_outage(said: Mapping[str, Any]) -> bool:
    return any(isinstance(word, str) and word in OUTAGES for word in (said.get("error"), said.get("error_description")))


def _lifetime(said: Mapping[str, Any], about: str, url: str) -> float:
    """How many seconds a token lives; an hour if that is not said.

    Raises:
        Unavailable: if there is no token, or this is no number.
    """
    token, lifetime = said.get("access_token"), LIFETIME.fullmatch(str(said.get("expires_in", HOUR_SECONDS)))
    if not isinstance(token, str) or not TOKEN.fullmatch(token) or lifetime is None:
        raise Unavailable(f"{about}: the reply has no token", url, HTTPStatus.OK)
    return float(lifetime[1])


def _kind(error: Exception) -> str:
    """The token service's own word for a refusal, such as "invalid_grant"."""
    said = error.args[1] if len(error.args) > 1 else {"error": "invalid_grant"}  # without details it wants the user to sign in anew
    kind = said.get("error") if isinstance(said, dict) else None
    return kind if isinstance(kind, str) and KIND.fullmatch(kind) else "refused"
