"""Asking the whole stand-in as the server does, without a socket between."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from sandbox.everyaction.access import API_KEY
from sandbox.everyaction.standin import EveryAction, make
from sandbox.messages import Reply
from sandbox.server import Box, read_request

Row = dict[str, Any]
NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z, months after most of the base data
DAY = 86_400
JOBS = "/changedEntityExportJobs"


class Clock:
    """A clock that stands until it is moved."""

    seconds = NOW

    def __call__(self) -> float:
        return self.seconds


def basic(password: str, name: str = "app") -> dict[str, str]:
    """Returns the header of a login."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode(), "Host": "127.0.0.1:8765"}


@dataclass
class Site:
    """A stand-in with the faults of a sandbox around it."""

    rows: int = 300
    seed: int = 5
    rate_limit: int | None = 10**9
    clock: Clock = field(default_factory=Clock)
    headers: dict[str, str] = field(default_factory=lambda: basic(f"{API_KEY}|1"))

    def __post_init__(self) -> None:
        self.source: EveryAction = make(rows=self.rows, seed=self.seed, clock=self.clock, rate_limit=self.rate_limit)
        self.box = Box(self.source, self.clock, 5)

    def ask(self, method: str, path: str, body: Any = None, **query: object) -> Reply:
        """Asks once, for a path behind /v4."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        target = quote(f"/v4{path}", safe="/:<>*&") + ("?" + urlencode(query) if query else "")
        return self.box.answer(read_request(method, target, raw, self.headers, self.clock()))

    def payload(self, path: str, **query: object) -> Any:
        """GETs a payload."""
        reply = self.ask("GET", path, **query)
        assert reply.status == 200, reply.payload
        return reply.payload

    def everything(self, path: str, **query: object) -> Iterator[Row]:
        """Reads a list to its end, by its own links."""
        found = self.payload(path, **query)
        while found["items"]:
            yield from found["items"]
            link = found["nextPageLink"]
            if link is None:
                return
            parts = urlsplit(link)
            found = self.payload(parts.path.removeprefix("/v4"), **dict(parse_qsl(parts.query)))

    def post(self, resource: str, days: float = 89.9, **more: Any) -> Reply:
        """Asks for an export of the changes of so many days."""
        return self.ask("POST", JOBS, {"resourceType": resource, "dateChangedFrom": instant(self.clock() - days * DAY)} | more)

    def job(self, resource: str, days: float = 89.9, **more: Any) -> Row:
        """Exports the changes of so many days, and waits for it."""
        reply = self.post(resource, days, **more)
        assert reply.status == 201, reply.payload
        found: Row = reply.payload
        while found["jobStatus"] in {"Pending", "InProcess"}:
            found = self.payload(f"{JOBS}/{found['exportJobId']}")
        return found

    def file(self, link: str, **headers: str) -> Reply:
        """Fetches a file."""
        parts = urlsplit(link)
        return self.box.answer(read_request("GET", f"{parts.path}?{parts.query}", b"", headers, self.clock()))

    def exported(self, resource: str, days: float = 89.9, **more: Any) -> list[dict[str, str]]:
        """Exports, and reads all the files."""
        return [row for each in self.job(resource, days, **more)["files"] for row in rows_of(self.file(each["downloadUrl"]))]

    def complete(self, resource: str, days: float = 89.9, **more: Any) -> list[dict[str, str]]:
        """Exports all fields and custom fields."""
        names = [each["fieldName"] for each in self.payload(f"{JOBS}/fields/{resource}")]
        custom = [each["customFieldId"] for each in self.payload("/customFields") if each["customFieldGroupType"] == resource]
        return self.exported(resource, days, requestedFields=names, requestedCustomFieldIds=custom, **more)


def instant(seconds: float) -> str:
    """Spells an instant in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def rows_of(reply: Reply) -> list[dict[str, str]]:
    """Reads a CSV."""
    assert (reply.status, reply.content_type) == (200, "text/csv"), reply.body
    return list(csv.DictReader(io.StringIO(reply.encoded().decode("utf-8-sig"), newline="")))
