"""The Search Ads 360 Reporting API: one method per endpoint, raw records out, a typed failure for every bad reply.

It keeps no state, logs nothing, and never asks twice but with a new token in place of one that is refused. Vendor reference:
developers.google.com/search-ads/reporting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from decimal import InvalidOperation
from functools import partial
from typing import Any, NamedTuple, Protocol

import ijson

from common.budget import Budget
from common.clock import Clock
from common.failures import Unavailable
from common.requests import Exchange, Manner
from patience import Patience
from refusals import LONGEST_WAIT_SECONDS, failure_within, refusal, wait_in_body
from signin import SignIn, renewing, renewing_stream, secrets

BASE_URL = "https://searchads360.googleapis.com"
VERSION = "v0"
RATE_WINDOW_SECONDS = 60.0  # the vendor's limit is per minute, project and user (fact sheet 3)
RATE_MARGIN_SECONDS = 2.0  # a call may take that much longer to arrive than the one a window before it
STREAM_READ_SECONDS = 15 * 60.0  # nothing comes before a long query is worked out, for which Google's own clients wait for hours
BATCH_ROWS = 1000  # an element of a stream is held as a whole; the API's own are ten times as long
BATCH = "item"  # ijson's name for the elements of the outermost list
CUSTOMER = "customers/"

Record = dict[str, Any]


class Ask(Protocol):
    """Sends one request and returns the parsed reply."""

    def __call__(self, method: str, path: str, params: Mapping[str, str | int] | None = None, body: object = None) -> Any:
        """Raises `common.failures.SourceFailure`."""


class Download(Protocol):
    """Sends one request and gives the body of the reply in pieces."""

    def __call__(self, method: str, path: str, body: object = None) -> AbstractContextManager[Iterator[bytes]]:
        """Raises `common.failures.SourceFailure`; so do the pieces."""


class Page(NamedTuple):
    """A page of rows, the token of the next one ("" behind the last), and how many rows there are in all, if it says so."""

    results: list[Record]
    next_token: str
    total: int | None


class Batch(NamedTuple):
    """Some rows of a stream, and what their custom columns are, in the order of their values."""

    results: list[Record]
    custom_column_headers: list[Record]


def get_headers(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The headers of every request but the token: the account as which is asked. The name has hyphens, other spellings are ignored."""
    return {"Accept": "application/json", "login-customer-id": configuration["login_customer_id"]}


def exchange(settings: Mapping[str, Any], sign_in: SignIn, budget: Budget, clock: Clock, connections: int) -> Exchange:
    """The session with Search Ads 360 that `settings` tell of."""
    manner = Manner(wait_in_body, secrets(settings), json_only=True, refusal=refusal, longest_wait=LONGEST_WAIT_SECONDS, authorise=sign_in)
    return Exchange(settings["base_url"], get_headers(settings), budget, clock, connections, manner)


class SearchAds360Api:
    """The accounts below one manager, as far as the sign-in may read them.

    Args:
        ask: sends one request (method, path, query parameters, body) and returns the parsed reply: `Exchange.json`, or that with retries.
        download: sends one request (method, path, body) and gives the body in pieces: `Exchange.chunks`.
        patience: ends the waiting for a quota that does not come back.

    Every method raises `common.failures.SourceFailure`, one class per recovery.
    """

    def __init__(self, ask: Ask, download: Download, patience: Patience) -> None:
        self._ask, self._download, self._patience = ask, download, patience

    @classmethod
    def of(cls, session: Exchange, sign_in: SignIn, clock: Clock) -> SearchAds360Api:
        """What `session` reaches; when its token is refused, each question is asked once more with a new one."""
        download = partial(session.chunks, read_seconds=STREAM_READ_SECONDS)
        return cls(renewing(session.json, sign_in), renewing_stream(download, sign_in), Patience(clock))

    def search(self, customer: str, query: str, page_size: int, token: str = "") -> Page:
        """One page of what a query finds in an account (POST searchAds360:search).

        Args:
            customer: the account's id, ten digits.
            query: in the API's query language.
            page_size: how many rows, 10,000 at most.
            token: of the page, from the one before it.
        """
        path = f"/{VERSION}/{CUSTOMER}{customer}/searchAds360:search"
        body = {"query": query, "pageSize": page_size, "returnTotalResultsCount": True}
        with self._patience.asking(customer, query):
            reply = self._ask("POST", path, None, body | {"pageToken": token} if token else body)
        following = _object(reply, path).get("nextPageToken", "")
        if not isinstance(following, str):
            raise Unavailable(f"{path}: the token of the next page is no text", path)
        return Page(_list(reply, "results", path), following, _total(reply, path))

    @contextmanager
    def stream(self, customer: str, query: str) -> Iterator[Iterator[Batch]]:
        """All that a query finds in an account, as it comes (POST searchAds360:searchStream); no more than a batch is held."""
        path = f"/{VERSION}/{CUSTOMER}{customer}/searchAds360:searchStream"
        body = {"query": query, "batchSize": BATCH_ROWS}
        with self._patience.asking(customer, query), self._download("POST", path, body) as pieces:
            yield _batches(pieces, path)

    def custom_columns(self, manager: str) -> list[Record]:
        """All custom columns of a manager account (GET customColumns)."""
        with self._patience.asking(manager, ""):
            reply = self._ask("GET", path := f"/{VERSION}/{CUSTOMER}{manager}/customColumns")
        return _list(reply, "customColumns", path)


def _batches(pieces: Iterator[bytes], path: str) -> Iterator[Batch]:
    for element in _elements(pieces, path):
        if "error" in _object(element, path):
            raise failure_within(f"POST {path}", path, element)
        yield Batch(_list(element, "results", path), _list(element, "customColumnHeaders", path))


def _elements(pieces: Iterator[bytes], path: str) -> Iterator[Any]:
    """The elements of the list that the pieces make up.

    Raises:
        Unavailable: if they make up anything else.
    """
    found = ijson.sendable_list()
    parser = ijson.items_coro(found, BATCH)
    for piece in _begun(pieces, path):
        _feed(parser, piece, path)
        yield from found
        found.clear()
    _feed(parser, b"", path)  # which is the end


def _begun(pieces: Iterator[bytes], path: str) -> Iterator[bytes]:
    """The same pieces.

    Raises:
        Unavailable: if they do not begin a list: ijson would find no elements, and nothing wrong.
    """
    begun = False
    for piece in pieces:
        begin = b"" if begun else piece.lstrip()[:1]
        if begin not in {b"", b"["}:
            break
        begun = begun or begin == b"["
        if piece:
            yield piece
    else:
        return
    raise Unavailable(f"{path}: the reply is no list", path)


def _feed(parser: Any, piece: bytes, path: str) -> None:
    """Raises `Unavailable` without ijson's own sentence, which quotes the reply."""
    try:
        if piece:
            parser.send(piece)
        else:
            parser.close()
        return
    except (ijson.JSONError, InvalidOperation, StopIteration):
        pass
    raise Unavailable(f"{path}: the reply is no complete JSON", path)


def _object(reply: object, path: str) -> Record:
    if not isinstance(reply, dict):
        raise Unavailable(f"{path}: the reply is no object", path)
    return reply


def _list(reply: object, name: str, path: str) -> list[Any]:
    """A list in a reply, which leaves out those that are empty."""
    value = _object(reply, path).get(name, [])
    if not isinstance(value, list):
        raise Unavailable(f"{path}: {name} is no list", path)
    return value


def _total(reply: Record, path: str) -> int | None:
    """The number of all rows, a text as every large number."""
    total = reply.get("totalResultsCount")
    if total is None:
        return None
    if isinstance(total, bool) or not str(total).isdecimal():
        raise Unavailable(f"{path}: the number of all rows is no number", path)
    return int(total)
