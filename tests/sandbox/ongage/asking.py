"""Asking the whole stand-in as the server does, without a socket between."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.messages import Reply
from sandbox.ongage.access import LOGIN
from sandbox.ongage.standin import Ongage, make
from sandbox.server import Box, read_request
from tests.sandbox.ongage.calling import Clock

Row = dict[str, Any]
MAIN, SMALL, ARCHIVED, CLASHING, SUPPRESSION, FORBIDDEN = (70_011 + 7 * index for index in range(6))


@dataclass
class Site:
    """A stand-in with the faults of a sandbox around it."""

    rows: int = 300
    rate_limit: int | None = 10**9
    clock: Clock = field(default_factory=Clock)
    headers: dict[str, str] = field(default_factory=lambda: dict(LOGIN))

    def __post_init__(self) -> None:
        self.source: Ongage = make(rows=self.rows, seed=5, clock=self.clock, rate_limit=self.rate_limit)
        self.box = Box(self.source, self.clock, 5)

    def ask(self, method: str, path: str, body: Any = None, **query: object) -> Reply:
        """Asks once."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        target = path + ("?" + urlencode(query) if query else "")
        return self.box.answer(read_request(method, target, raw, self.headers, self.clock()))

    def payload(self, path: str, **query: object) -> Any:
        """GETs a payload."""
        reply = self.ask("GET", path, **query)
        assert reply.status == 200, reply.payload
        return reply.payload["payload"]

    def search(self, list_id: int, *criteria: Row, **more: Any) -> Row:
        """Creates a search for all contacts that meet the criteria."""
        reply = self.ask("POST", f"/{list_id}/api/contact_search", searched(*criteria, **more))
        assert reply.status == 200, reply.payload
        found: Row = reply.payload["payload"]
        return found

    def found(self, list_id: int, *criteria: Row, **more: Any) -> list[dict[str, str]]:
        """Searches, polls, exports, and removes the search."""
        path = f"/{list_id}/api/contact_search/{self.search(list_id, *criteria, **more)['id']}"
        while self.payload(path)["status"] == 1:
            pass
        rows = rows_of(self.ask("GET", path + "/export"))
        assert self.ask("DELETE", path).status == 200
        return rows


def searched(*criteria: Row, **more: Any) -> Row:
    """Returns the body of a search."""
    filters = {"type": "Active", "user_type": "all", "criteria": list(criteria)}
    return {"title": "all", "combined_as_and": True, "filters": filters} | more


def criterion(name: str, operator: str, *operand: object, kind: str = "date_absolute", **more: Any) -> Row:
    """Returns one condition."""
    found = {"type": kind, "field_name": name, "operator": operator, "operand": list(operand), "case_sensitive": 0, "condition": "and"}
    return found | more


def rows_of(reply: Reply) -> list[dict[str, str]]:
    """Reads a CSV."""
    assert (reply.status, reply.content_type) == (200, "text/csv; charset=utf-8"), reply.payload
    return list(csv.DictReader(io.StringIO(reply.encoded().decode(), newline="")))
