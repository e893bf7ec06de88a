"""One HTTP exchange: a request goes out within the budget, and parsed JSON or a typed failure comes back. It never asks twice.

The name of this module matters: before a run the Fivetran CLI looks up every imported package that no module of the connector is called
after and that its table of names spells differently ("Requests") on the public index, which fails noisily without internet.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from datetime import timezone
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
import requests
from requests.adapters import HTTPAdapter

from common.budget import Budget, quota_from
from common.clock import Clock
from common.failures import Exhausted, Forbidden, NotFound, RateLimited, Rejected, SourceFailure, Unauthorized, Unavailable

CONNECT_SECONDS = 10.0
READ_SECONDS = 180.0  # sources answer large pages slowly; a connection that is silent for longer is lost
CHUNK_BYTES = 65_536
SHORTEST_SECRET = 4
LONGEST_WAIT_SECONDS = 24 * 3600.0  # a source that asks for more is not believed
REFUSALS: dict[int, type[SourceFailure]] = {
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
}
RETRIED = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}

WaitInBody = Callable[[Any], float | None]
Authorise = Callable[[requests.PreparedRequest], requests.PreparedRequest]
# status, "GET <address> answered <status>", address, the parsed body, headers
Refusal = Callable[[int, str, str, Any, Mapping[str, str]], SourceFailure | None]


def _fraction(text: str) -> Decimal | str:
    """A number with a fraction; one that no `Decimal` can hold stays a text, which fits no number's column."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


DECODER = msgspec.json.Decoder(float_hook=_fraction)  # takes half the time and memory of the standard library's for a large page


def keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An `auth` that changes nothing, since without one requests may put a login from ~/.netrc in place of our header."""
    return request


class Manner(NamedTuple):
    """What is particular to a source.

    Args:
        wait_in_body: finds the seconds to wait in the parsed body of a 429, for sources that say it there.
        secrets: what a refusal's sentence must not repeat, besides the words of the headers.
        json_only: the source answers JSON whenever it knows the path: a 404 that is none tells of a wrong address, and not of a record.
        signed: the addresses hold credentials in their queries, so that these are not told.
        refusal: makes the source's own kind of failure of a refusal, or None if it is like any other.
        longest_wait: when a 429 asks for more seconds than that, nobody waits, and it is what `refusal` makes of it, else an `Exhausted`.
        authorise: puts the credential on a request, where it changes with time.
    """

    wait_in_body: WaitInBody = lambda body: None
    secrets: Iterable[str] = ()
    json_only: bool = False
    signed: bool = False
    refusal: Refusal = lambda status, about, url, body, headers: None
    longest_wait: float = math.inf
    authorise: Authorise = keep_headers


PLAIN = Manner()


class Exchange:
    """A session with one host.

    Args:
        base_url: without a trailing slash.
        headers: sent with every request, credentials included; they appear nowhere else.
        budget: consulted before each request and told of each reply.
        clock: to turn a Retry-After date into seconds.
        connections: how many requests may be under way at once.
        manner: what is particular to the source.

    Whatever `manner.authorise` raises, each request raises.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        budget: Budget,
        clock: Clock,
        connections: int,
        manner: Manner = PLAIN,
    ) -> None:
        self._base_url, self._budget, self._clock, self._manner = base_url, budget, clock, manner
        words = [word for value in headers.values() for word in value.split()]
        self._secrets = {word for word in (*words, *manner.secrets) if len(word) >= SHORTEST_SECRET}
        self._session = session(connections, self._manner.authorise)
        self._session.headers.update(headers)

    def json(self, method: str, path: str, params: Mapping[str, str | int] | None = None, body: object = None) -> Any:
        """The parsed JSON body of the reply, None of one without a body or to a DELETE; numbers with a fraction are `Decimal`.

        What was deleted is gone, whatever the reply says of it or in which form.

        Raises:
            SourceFailure: one of its kinds, by what has to be done about it.
        """
        with self._exchanged(method, path, params, body) as (reply, _):
            pass
        return self._parse(reply) if reply.status_code != HTTPStatus.NO_CONTENT and method != "DELETE" else None

    @contextmanager
    def chunks(
        self, method: str, path: str, body: object = None, *, read_seconds: float | None = None
    ) -> Iterator[Iterator[bytes]]:
        """The body of the reply as it comes, in pieces, of any length: it is never held whole. The request counts as under way meanwhile.

        Args:
            method: such as "GET".
            path: below the base URL.
            body: is sent as JSON.
            read_seconds: a connection that is silent for longer is lost; by default READ_SECONDS.

        Raises:
            SourceFailure: one of its kinds; `Unavailable` while the pieces are read, too.
        """
        with self._exchanged(method, path, None, body, stream=True, read_seconds=read_seconds) as (reply, url):
            yield self._pieces(reply, f"{method} {url}")

    @contextmanager
    def _exchanged(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: object,
        *,
        stream: bool = False,
        read_seconds: float | None = None,
    ) -> Iterator[tuple[requests.Response, str]]:
        """A reply that is none of the failures, and the address that was asked; the budget counts it until the block ends."""
        sent_at, quota = self._budget.enter(), None
        try:
            reply = self._send(method, self._base_url + path, params, body, stream=stream, read_seconds=read_seconds)
            quota = quota_from(reply.headers)
            with closing(reply) if stream else nullcontext():
                if not HTTPStatus.OK <= reply.status_code < HTTPStatus.MULTIPLE_CHOICES:
                    raise self._failure(reply, sent_at)
                yield reply, self._told(self._base_url + path)
        finally:
            self._budget.leave(quota)

    def _send(
        self, method: str, url: str, params: Mapping[str, str | int] | None, body: object, *, stream: bool, read_seconds: float | None
    ) -> requests.Response:
        timeout = (CONNECT_SECONDS, read_seconds or READ_SECONDS)
        try:
            return self._session.request(method, url, params=params, json=body, timeout=timeout, allow_redirects=False, stream=stream)
        except requests.RequestException as error:
            problem = spell(error)
        raise Unavailable(f"{method} {self._told(url)}: {problem}", self._told(url))

    def _told(self, url: str) -> str:
        """An address as it may be told."""
        return url.partition("?")[0] if self._manner.signed else url

    def _url(self, reply: requests.Response) -> str:
        return self._told(reply.url)

    def _asked(self, reply: requests.Response) -> str:
        return f"{reply.request.method} {self._url(reply)}"

    def _pieces(self, reply: requests.Response, asked: str) -> Iterator[bytes]:
        try:
            yield from reply.iter_content(CHUNK_BYTES)
        except requests.RequestException as error:
            problem = spell(error)
        else:
            return
        raise Unavailable(f"{asked}: {problem}", self._url(reply), reply.status_code)

    def _parse(self, reply: requests.Response) -> Any:
        try:
            return DECODER.decode(reply.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # only the standard library takes lone surrogates, and NaN as what is no number of JSON's
        try:
            return json.loads(reply.content, parse_float=_fraction, parse_constant=str)
        except (ValueError, RecursionError):
            problem = f"{self._asked(reply)}: the reply is no complete JSON"
        raise Unavailable(problem, self._url(reply), reply.status_code)

    def _failure(self, reply: requests.Response, sent_at: float) -> SourceFailure:
        status, url = reply.status_code, self._url(reply)
        about = f"{self._asked(reply)} answered {status}"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return self._rate_limited(reply, about, sent_at)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in RETRIED:
            self._close_for(retry_after(reply.headers.get("Retry-After"), self._clock))
            return Unavailable(about, url, status)
        failure = self._manner.refusal(status, about, url, self._harmless_body(reply), reply.headers)
        if failure:
            return failure
        kind = REFUSALS.get(status, Rejected)
        if kind is NotFound and self._manner.json_only and _body(reply) is None:
            kind = Rejected
        return kind(about + self._reason(reply), url, status)

    def _rate_limited(self, reply: requests.Response, about: str, sent_at: float) -> SourceFailure:
        said = retry_after(reply.headers.get("Retry-After"), self._clock), self._manner.wait_in_body(_body(reply))
        longest = max((one for one in said if one is not None), default=0.0)
        if longest > self._manner.longest_wait:
            status, url = reply.status_code, self._url(reply)
            own = self._manner.refusal(status, about, url, self._harmless_body(reply), reply.headers)
            return own or exhausted(about, url, status, longest)
        seconds = max((one for one in said if one is not None and one <= LONGEST_WAIT_SECONDS), default=None)
        self._close_for(seconds)
        if seconds is None:
            seconds = self._budget.refused(sent_at)
        return RateLimited(about, self._url(reply), reply.status_code, seconds)

    def _close_for(self, seconds: float | None) -> None:
        if seconds is not None:
            self._budget.close_for(seconds)

    def _reason(self, reply: requests.Response) -> str:
        """The source's own sentence about a refusal; not if it repeats a credential."""
        found = next((sentence for sentence in map(_sentence, _shapes(_body(reply))) if sentence), "")
        return f": {found[:200]}" if found and not any(secret in found for secret in self._secrets | self._secrets_of(reply)) else ""

    def _secrets_of(self, reply: requests.Response) -> set[str]:
        """What must not be repeated, besides the words of the headers: also what `authorise` put on this request."""
        *_, token = ["", *reply.request.headers.get("Authorization", "").split()]
        return {secret for secret in (*self._manner.secrets, token) if len(secret) >= SHORTEST_SECRET}

    def _harmless_body(self, reply: requests.Response) -> Any:
        """What a refusal says; None if it repeats a credential."""
        body = _body(reply)
        said = json.dumps(body, ensure_ascii=False)
        return None if any(secret in said for secret in self._secrets_of(reply)) else body


class _Session(requests.Session):
    """Follows no redirect, and does not even look where one leads: a broken Location would raise."""

    def resolve_redirects(self, *arguments: Any, **named: Any) -> Iterator[requests.Response]:
        """None."""
        return iter(())


def session(connections: int, authorise: Authorise = keep_headers) -> requests.Session:
    """A session for so many requests at once, that sends a credential nowhere but where it is told, and none of ~/.netrc."""
    made = _Session()
    made.auth = authorise
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def exhausted(about: str, url: str, status: int, seconds: float) -> Exhausted:
    """The failure of a quota that lasts longer than anybody waits."""
    spelled = f"{seconds / 3600:.1f} hours" if seconds >= 2 * 3600 else f"{seconds / 60:.0f} minutes"
    return Exhausted(f"{about}: the quota is used up, and there is more only in {spelled}.", url, status, seconds)


def spell(error: requests.RequestException) -> str:
    """What went wrong. The text of the error may hold anything, so only its kind is told: refused, reset, cut half way."""
    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    return f"the connection failed ({type(error).__name__})"


def retry_after(value: str | None, clock: Clock) -> float | None:
    """Seconds to wait by a Retry-After header in either of its forms (RFC 9110, 10.2.3): seconds, or a date."""
    seconds = _seconds(value or "", clock)
    return None if seconds is None or not seconds <= LONGEST_WAIT_SECONDS else max(0.0, seconds)


def _seconds(value: str, clock: Clock) -> float | None:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp() - clock.time()


def _body(reply: requests.Response) -> Any:
    """What a refusal says; None if that is no JSON, or breaks off while it is read."""
    try:
        return reply.json()
    except (ValueError, RecursionError, requests.RequestException):
        return None


def _shapes(body: Any) -> Iterator[Any]:
    """What of a refusal may hold its sentence: itself, what stands in "error" or "payload", and the first of "errors"."""
    yield body
    if isinstance(body, dict):
        yield from (body.get(key) for key in ("error", "payload"))
        errors = body.get("errors")
        yield errors[0] if isinstance(errors, list) and errors else None


def _sentence(shape: Any) -> str:
    """{"message"}, or {"text", "properties"}, the latter being the names of what is wrong."""
    if not isinstance(shape, dict):
        return ""
    sentence, properties = shape.get("message", shape.get("text")), shape.get("properties")
    if not isinstance(sentence, str):
        return ""
    names = ", ".join(map(str, properties)) if isinstance(properties, list) else ""
    return f"{sentence} ({names})" if names else sentence
