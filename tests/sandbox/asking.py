"""Asking a running sandbox over HTTP, as any client would."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.server import Box


@dataclass
class Answer:
    """A reply, read to its end."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.raw)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a list, or of a bare array."""
        found: list[dict[str, Any]] = self.json["list"] if isinstance(self.json, dict) else self.json
        return found


def ask(box: Box, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Asks once, on a connection of its own, with the token unless `Authorization` is given."""
    connection = http.client.HTTPConnection(urlsplit(box.url).netloc, timeout=10)
    sent = {"Authorization": f"Bearer {box.token}", **headers}
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    try:
        connection.request(method, path, data, sent)
        reply = connection.getresponse()
        return Answer(reply.status, dict(reply.getheaders()), reply.read())
    finally:
        connection.close()


def get(box: Box, path: str) -> Answer:
    """GETs a path below /api/."""
    return ask(box, "GET", "/api/" + path)


def query(box: Box, path: str, *conditions: tuple[Any, ...], take: int = 1000, skip: int = 0, **body: Any) -> Answer:
    """POSTs a query with one group of conditions: parameter, operator, value."""
    found = [dict(zip(("parameter", "operator", "value"), condition, strict=False)) for condition in conditions]
    groups = [{"conditions": found}] if found else []
    return ask(box, "POST", f"/api/{path}?skip={skip}&take={take}", {"groups": groups, "sortBy": "Id"} | body)


def keyset(box: Box, path: str, parameter: str, take: int = 100, **body: Any) -> Iterator[dict[str, Any]]:
    """Reads everything by an ascending id."""
    last = 0
    while True:
        rows = query(box, path, (parameter, "GreaterThan", last), take=take, **body).rows
        yield from rows
        if len(rows) < take:
            return
        last = rows[-1]["id"]
