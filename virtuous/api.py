"""The Virtuous CRM+ HTTP API: one method per kind of endpoint, raw JSON out, a typed failure for every bad reply.

It never asks twice, keeps no state and logs nothing. Vendor reference: docs.virtuous.org, /api-reference and /crm/rate-limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from common.budget import Budget
from common.clock import Clock
from common.failures import Unavailable
from common.requests import Exchange

BASE_URL = "https://api.virtuoussoftware.com"
RATE_WINDOW_SECONDS = 3600.0  # the vendor's limit is per hour and organization (/crm/rate-limits)
LIST_TAKE = 1000

Record = dict[str, Any]


class Condition(NamedTuple):
    """One condition of a query: a display name such as "Gift Id", an operator such as "GreaterThan", a value."""

    parameter: str
    operator: str
    value: str


Groups = Sequence[Sequence[Condition]]


class Ask(Protocol):
    """Sends one request and returns the parsed reply."""

    def __call__(self, method: str, path: str, params: Mapping[str, str | int] | None = None, body: object = None) -> Any:
        """Raises `common.failures.SourceFailure`."""


class Page(NamedTuple):
    """What query and list endpoints answer: some records, and how many there are in all."""

    records: list[Record]
    total: int


def get_headers(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The headers of every request; the bearer token goes nowhere else."""
    return {"Authorization": f"Bearer {configuration['bearer_token']}", "Accept": "application/json"}


def exchange(configuration: Mapping[str, Any], budget: Budget, clock: Clock, connections: int) -> Exchange:
    """The session with Virtuous that `configuration` (`bearer_token`, `base_url`) tells of."""
    return Exchange(configuration["base_url"], get_headers(configuration), budget, clock, connections)


class VirtuousApi:
    """One organization's data, as far as its key may read it.

    Args:
        ask: sends one request (method, path, query parameters, body) and returns the parsed reply: `Exchange.json`, or that with retries.

    Every method raises `common.failures.SourceFailure`, one class per recovery.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def organization(self) -> Record:
        """The organization that the key belongs to (GET Organization/Current)."""
        return _object(self._ask("GET", "/api/Organization/Current"), "Organization/Current")

    def query_options(self, resource: str) -> list[Record]:
        """The parameters that queries of a resource may filter by (GET <resource>/QueryOptions)."""
        path = f"{resource}/QueryOptions"
        return _records(_object(self._ask("GET", f"/api/{path}"), path).get("options"), path)

    def query(self, path: str, groups: Groups, skip: int, take: int, *, include_archived: bool | None = None) -> Page:
        """One page of a query, sorted by id.

        Skip and take go into the query string: the vendor's prose shows them in the body, where the API ignores them.

        Args:
            path: below /api, for example "Gift/Query/FullGift".
            groups: conditions; those of a group all hold, and one group is enough.
            skip: rows to leave out.
            take: rows to return, at most 1000.
            include_archived: contacts only.
        """
        body: Record = {
            "groups": [{"conditions": [_condition(condition) for condition in group]} for group in groups],
            "sortBy": "Id",
            "descending": False,
        }
        if include_archived is not None:
            body["includeArchived"] = include_archived
        return _page(self._ask("POST", f"/api/{path}", {"skip": skip, "take": take}, body), path)

    def search(self, path: str, skip: int, take: int) -> Page:
        """One page of a search for everything (POST <resource>/Search)."""
        return _page(self._ask("POST", f"/api/{path}", {"skip": skip, "take": take}, {"search": ""}), path)

    def listing(self, path: str, skip: int = 0, take: int = LIST_TAKE) -> Page:
        """One page of a GET list such as Tag, or all of one that comes as a bare array."""
        reply = self._ask("GET", f"/api/{path}", {"skip": skip, "take": take})
        if isinstance(reply, list):
            return Page(reply, len(reply))
        return _page(reply, path)

    def project_expenses(self, project_id: int, take: int) -> Page:
        """A project's expenses; this endpoint takes no skip (GET ProjectExpense)."""
        reply = self._ask("GET", "/api/ProjectExpense", {"projectId": project_id, "take": take})
        return Page(reply, len(reply)) if isinstance(reply, list) else _page(reply, "ProjectExpense")


def _condition(condition: Condition) -> Record:
    named = {"parameter": condition.parameter, "operator": condition.operator, "value": condition.value}
    return named | {"secondaryValue": None, "values": None}


def _page(reply: object, path: str) -> Page:
    body = _object(reply, path)
    total = body.get("total")
    if isinstance(total, bool) or not isinstance(total, int):
        raise Unavailable(f"{path}: the reply has no total", path)
    return Page(_records(body.get("list"), path), total)


def _object(reply: object, path: str) -> Record:
    if not isinstance(reply, dict):
        raise Unavailable(f"{path}: the reply is no JSON object", path)
    return reply


def _records(value: object, path: str) -> list[Record]:
    if not isinstance(value, list):
        raise Unavailable(f"{path}: the reply has no list", path)
    return value
