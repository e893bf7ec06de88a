"""Asking the whole stand-in as the server does, without a socket between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.messages import Reply
from sandbox.sa360.standin import Sa360, make
from sandbox.sa360.tokens import PATH
from sandbox.server import Box, read_request
from tests.sandbox.conftest import Clock

Row = dict[str, Any]


@dataclass
class Site:
    """A stand-in with the faults of a sandbox around it; `login` is the login-customer-id, the top manager's if none is given."""

    rows: int = 60
    rate_limit: int | None = 10**9
    clock: Clock = field(default_factory=Clock)
    login: str | None = None

    def __post_init__(self) -> None:
        self.source: Sa360 = make(rows=self.rows, seed=5, clock=self.clock, rate_limit=self.rate_limit)
        self.box = Box(self.source, self.clock, 5)
        self.box.url = "http://127.0.0.1:1"
        self.login = self.login or self.source.world.top.id
        self.client, self.other = [each.id for each in self.source.customers.values() if each.enabled and not each.manager][:2]
        self.access_token = self.signed_in().payload["access_token"]

    def form(self, **values: str) -> Reply:
        """POSTs a form to the token endpoint."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.box.answer(read_request("POST", PATH, urlencode(values).encode(), headers, self.clock()))

    def signed_in(self, **other: str) -> Reply:
        """Asks for an access token with the refresh token of the configuration."""
        known = self.box.configuration
        named = {name: known[name] for name in ("client_id", "client_secret", "refresh_token")}
        return self.form(**{"grant_type": "refresh_token", **named, **other})

    def ask(self, method: str, path: str, body: Any = None, **headers: str | None) -> Reply:
        """Asks once, signed in; a header that is None is left out."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.access_token}", "login_customer_id": self.login, **headers}
        given = {name.replace("_", "-"): value for name, value in sent.items() if value is not None}
        return self.box.answer(read_request(method, path, raw, given, self.clock()))

    def search(self, query: str, customer: str = "", **body: Any) -> Reply:
        """Asks for one page."""
        return self.ask("POST", f"/v0/customers/{customer or self.client}/searchAds360:search", {"query": query, **body})

    def payload(self, query: str, customer: str = "", **body: Any) -> Row:
        """Asks for one page, which must be a success."""
        reply = self.search(query, customer, **body)
        assert reply.status == 200, reply.payload
        found: Row = json.loads(reply.encoded())
        return found

    def pages(self, query: str, customer: str = "", **body: Any) -> Iterator[list[Row]]:
        """Reads all pages of a query."""
        token = ""
        while True:
            payload = self.payload(query, customer, **body, **({"pageToken": token} if token else {}))
            yield payload.get("results", [])
            token = payload.get("nextPageToken", "")
            if not token:
                return

    def rows_of(self, query: str, customer: str = "", **body: Any) -> list[Row]:
        """Reads all rows of a query."""
        return [row for page in self.pages(query, customer, **body) for row in page]

    def stream(self, query: str, customer: str = "", **body: Any) -> list[Row]:
        """Reads all chunks of a streamed query, or the array of its error."""
        path = f"/v0/customers/{customer or self.client}/searchAds360:searchStream"
        found: list[Row] = json.loads(self.ask("POST", path, {"query": query, **body}).encoded())
        return found


def code_of(reply: Reply) -> Row:
    """Returns the code of the first error of a failure."""
    payload = json.loads(reply.encoded())
    error = (payload[0] if isinstance(payload, list) else payload)["error"]
    assert error["code"] == reply.status
    code: Row = error["details"][0]["errors"][0]["errorCode"]
    return code
