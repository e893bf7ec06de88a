"""The OnGage HTTP API: one method per endpoint, raw JSON or raw CSV rows out, a typed failure for every bad reply.

It never asks twice, keeps no state and logs nothing. Vendor reference: the API guide in the help centre (ongage.atlassian.net, space HELP).
Every call is scoped by the list id in its route and by nothing else: one in the query or the body would silently win.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from common.budget import Budget
from common.clock import Clock
from common.failures import Rejected, Unavailable
from common.requests import Exchange

BASE_URL = "https://api.ongage.net"
RATE_WINDOW_SECONDS = 60.0  # the vendor's limit is per minute and account (API FAQ)
RATE_MARGIN_SECONDS = 2.0  # a call may take that much longer to arrive than the one a window before it
LONGEST_CELL = 16_000_000  # characters; a cell of a CSV that is longer is no contact's
CUT_OFF = "unexpected end of data"  # what Python's csv says of an end within quotes
PENDING, COMPLETED = 1, 2  # what a search or an activity report answers as its status

Record = dict[str, Any]
Cells = list[str]


class Ask(Protocol):
    """Sends one request and returns the parsed reply."""

    def __call__(self, method: str, path: str, params: Mapping[str, str | int] | None = None, body: object = None) -> Any:
        """Raises `common.failures.SourceFailure`."""


Download = Callable[[str, str], AbstractContextManager[Iterator[bytes]]]


class Listed(NamedTuple):
    """What a collection answers: some records, and how many there are in all, if it says so."""

    records: list[Record]
    total: int | None


def get_headers(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The headers of every request, spelled with underscores (API guide, authentication); the credentials go nowhere else."""
    accept = {"Accept": "application/json, text/csv"}
    if configuration["x_api_key"]:
        return accept | {"x-api-key": configuration["x_api_key"]}
    names = {"X_USERNAME": "x_username", "X_PASSWORD": "x_password", "X_ACCOUNT_CODE": "x_account_code"}
    return accept | {header: configuration[setting] for header, setting in names.items()}


def exchange(configuration: Mapping[str, Any], budget: Budget, clock: Clock, connections: int) -> Exchange:
    """The session with OnGage that `configuration` (the login and `base_url`) tells of."""
    return Exchange(configuration["base_url"], get_headers(configuration), budget, clock, connections)


class OngageApi:
    """One account's data, as far as its user may read it.

    Args:
        ask: sends one request (method, path, query parameters, body) and returns the parsed reply: `Exchange.json`, or that with retries.
        download: sends one request (method, path) and gives the body in pieces: `Exchange.chunks`.

    Every method raises `common.failures.SourceFailure`, one class per recovery. `list_id` None asks without a list.
    """

    def __init__(self, ask: Ask, download: Download) -> None:
        self._ask, self._download = ask, download

    def listing(self, list_id: str | None, path: str, params: Mapping[str, str | int]) -> Listed:
        """One page of a collection, such as "mailings" (GET <path>)."""
        route = _route(list_id, path)
        body = _envelope(self._ask("GET", route, params), route)
        payload = body["payload"]
        if isinstance(payload, dict):  # an empty or one-element collection of PHP's
            payload = list(payload.values()) if all(isinstance(one, dict) for one in payload.values()) else [payload]
        if not isinstance(payload, list):
            raise Unavailable(f"{route}: the reply has no list", route)
        return Listed(payload, _total(body, route))

    def detail(self, list_id: str, path: str, number: int) -> Record:
        """One record with all that belongs to it (GET <path>/<id>)."""
        return _payload(self._ask("GET", route := f"{_route(list_id, path)}/{number}"), route)

    def contact(self, list_id: str, contact_id: str) -> Record:
        """One contact (GET contacts/by_id/<id>)."""
        number = quote(contact_id, safe="", errors="surrogateescape")  # as the bytes that a CSV gave, even if these are no text
        return _payload(self._ask("GET", route := _route(list_id, f"contacts/by_id/{number}")), route)

    def begin(self, list_id: str, kind: str, body: Record) -> str:
        """Begins a search or a report, which then is worked at for minutes (POST contact_search, contact_activity); its id."""
        number = _payload(self._ask("POST", route := _route(list_id, kind), None, body), route).get("id")
        if isinstance(number, bool) or not isinstance(number, (int, str)) or not str(number):
            raise Unavailable(f"{route}: the reply has no id", route)
        return str(number)

    def status(self, list_id: str, kind: str, job: str) -> tuple[int, str]:
        """How far a search or a report is: its status, and that in words (GET contact_search/<id>)."""
        payload = _payload(self._ask("GET", route := f"{_route(list_id, kind)}/{job}"), route)
        status = str(payload.get("status"))
        if not status.isdecimal():
            raise Unavailable(f"{route}: the reply has no status", route)
        return int(status), str(payload.get("status_desc") or payload.get("desc") or "")[:200]

    def delete(self, list_id: str, kind: str, job: str) -> None:
        """Removes a search or a report from the account's history (DELETE contact_search/<id>)."""
        self._ask("DELETE", f"{_route(list_id, kind)}/{job}")

    @contextmanager
    def export(self, list_id: str, kind: str, job: str, what: str = "export") -> Iterator[Export]:
        """The result of a search or a report, as it comes (GET contact_search/<id>/export)."""
        route = f"{_route(list_id, kind)}/{job}/{what}"
        try:
            with self._download("GET", route) as pieces:
                yield Export(pieces, route)
        except Rejected as failure:
            if failure.status == HTTPStatus.PRECONDITION_FAILED:  # "not finished yet", which a status of before denied
                raise Unavailable(str(failure), failure.url, failure.status) from None
            raise

    def report(self, body: Record) -> list[Record]:
        """Rows of an aggregate report (POST reports/query)."""
        route = _route(None, "reports/query")
        payload = _envelope(self._ask("POST", route, None, body), route)["payload"]
        if not isinstance(payload, list):
            raise Unavailable(f"{route}: the reply has no list", route)
        return payload


def _route(list_id: str | None, path: str) -> str:
    return f"/{list_id}/api/{path}" if list_id else f"/api/{path}"


def _envelope(reply: object, route: str) -> Record:
    """The reply with its payload.

    Raises:
        Unavailable: if it has none, or says that it is an error though its status does not.
    """
    if not isinstance(reply, dict) or "payload" not in reply:
        raise Unavailable(f"{route}: the reply has no payload", route)
    metadata = reply.get("metadata")
    if isinstance(metadata, dict) and metadata.get("error"):
        raise Unavailable(f"{route}: the reply says that it is an error, with a status of success", route)
    return reply


def _payload(reply: object, route: str) -> Record:
    payload = _envelope(reply, route)["payload"]
    if not isinstance(payload, dict):
        raise Unavailable(f"{route}: the reply has no object", route)
    return payload


def _total(body: Record, route: str) -> int | None:
    """The number of all records: a number with some endpoints, a text with others, absent with a few."""
    metadata = body.get("metadata")
    total = metadata.get("total") if isinstance(metadata, dict) else None
    if total is None:
        return None
    if isinstance(total, bool) or not str(total).isdecimal():
        raise Unavailable(f"{route}: the reply's total is no number", route)
    return int(total)


# --- CSV ---


class Export:
    """A CSV that is read as it comes, of which never more than a piece and a row are held.

    Iterating gives its rows; an empty line is none. One whose quotes are wrong comes as its last line, in so many cells as no row may have.
    A last row whose line does not end is none of them: it is left in `unterminated`, since the CSV may have been cut there, even if there
    is nothing in it; so is a header without an end.

    Args:
        pieces: the body.
        route: what was asked, for people.

    Raises:
        Unavailable: for what is no CSV (JSON or a web page in its place, nothing at all), or ends within quotes.
    """

    def __init__(self, pieces: Iterator[bytes], route: str) -> None:
        csv.field_size_limit(LONGEST_CELL)
        self._lines = _Lines(_checked(pieces, route))
        self._reader = csv.reader(self._lines, strict=True)
        self._route = route
        self.unterminated: Cells | None = None
        self.header: Cells = []
        header = self._next()
        if not header:
            raise Unavailable(f"{route}: the reply is empty, where a CSV should be", route)
        self.header = header
        if self._lines.unterminated:
            self.unterminated = header

    def __iter__(self) -> Iterator[Cells]:
        while (row := self._next()) is not None:
            if self._lines.unterminated:
                self.unterminated = row
                return
            yield row

    def _next(self) -> Cells | None:
        while True:
            try:
                row = next(self._reader, None)
            except csv.Error as error:
                if str(error) == CUT_OFF:
                    break
                return [self._lines.last] * (2 if len(self.header) == 1 else 1)
            if row or row is None or self._lines.unterminated:
                return row
        raise Unavailable(f"{self._route}: the reply ends in the middle of a row", self._route)


def _checked(pieces: Iterator[bytes], route: str) -> Iterator[bytes]:
    """The pieces, if what they begin with can be a CSV; the first ones may be as short as a byte order mark."""
    first = begin = b""
    for piece in pieces:
        first += piece
        begin = first.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
        if begin and not codecs.BOM_UTF8.startswith(first):
            break
    if begin in {b"<", b"{", b"["}:
        raise Unavailable(f"{route}: {_spell(begin, first)} came in place of a CSV", route)
    yield first
    yield from pieces


def _spell(begin: bytes, body: bytes) -> str:
    if begin == b"<":
        return "a web page"
    try:
        code = json.loads(body.decode("utf-8-sig"))["payload"]["code"]
    except (ValueError, TypeError, KeyError, UnicodeDecodeError):
        return "JSON"
    return f"an error with the code {code}" if type(code) is int else "JSON"


class _Lines:
    """Lines with their ends: `last` is the one that was given last, `unterminated` tells that it had none.

    Bytes that are no UTF-8 become lone surrogates, which no cell takes, so that they are named and not mended.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.last, self.unterminated = "", False

    def __iter__(self) -> Iterator[str]:
        for line in self._read():
            self.last = line
            yield line

    def _read(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        rest: list[str] = []
        for piece in self._pieces:
            first, *others = decoder.decode(piece).split("\n")
            rest.append(first)
            if others:
                yield "".join(rest) + "\n"
                yield from (line + "\n" for line in others[:-1])
                rest = [others[-1]]
        last = "".join(rest) + decoder.decode(b"", final=True)
        if last:
            self.unterminated = True
            yield last


def search_body(title: str, criteria: Sequence[Record]) -> Record:
    """The body of a search for all contacts, whatever their status, of which all criteria hold; every field is asked for."""
    return {
        "title": title,
        "include_behavior": False,
        "combined_as_and": True,
        "filters": {"type": "Active", "user_type": "all", "criteria": list(criteria)},
    }


def criterion(kind: str, field: str, operator: str, operand: Sequence[str | int]) -> Record:
    """One condition of a search."""
    return {
        "type": kind,
        "field_name": field,
        "operator": operator,
        "operand": list(operand),
        "case_sensitive": 0,
        "condition": "and",
    }
