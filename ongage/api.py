"""The OnGage HTTP API: one method per endpoint, raw JSON or raw CSV rows out, a typed failure for every bad reply.

It never asks twice, keeps no state and logs nothing. Vendor reference: the API guide in the help centre (ongage.atlassian.net, space HELP).
Every call is scoped by the list id in its route and by nothing else: one in the query or the body would silently win.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from common.budget import Budget
from common.clock import Clock
from common.csvs import Export
from common.failures import Rejected, Unavailable
from common.requests import Exchange

BASE_URL = "https://api.ongage.net"
RATE_WINDOW_SECONDS = 60.0  # the vendor's limit is per minute and account (API FAQ)
RATE_MARGIN_SECONDS = 2.0  # a call may take that much longer to arrive than the one a window before it
PENDING, COMPLETED = 1, 2  # what a search or an activity report answers as its status

Record = dict[str, Any]


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
