"""Asking the endpoints of an account without a server between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.messages import Reply, Request
from sandbox.ongage import catalog
from sandbox.ongage.account import Account
from sandbox.ongage.world import ListInfo, make_world

NOW = 1_789_956_900.5  # in September 2026, months after all of the base data


class Clock:
    """A clock that stands until it is moved."""

    seconds = NOW

    def __call__(self) -> float:
        return self.seconds


def make_account(rows: int = 300, seed: int = 5) -> Account:
    """Makes an account with all the collections but lists and contacts."""
    account = Account(make_world(rows, seed), Clock())
    account.collections |= catalog.collections(account.world, account.now())
    return account


def call(account: Account, method: str, path: str, place: ListInfo | None = None, body: Any = None, **query: object) -> Reply:
    """Asks one endpoint about a list, the default one if none is given."""
    request = Request(method, "/api/" + path, {name: str(value) for name, value in query.items()}, body, account.now())
    for route in catalog.ROUTES:
        match = re.fullmatch(route.pattern, path)
        if match and route.method == method:
            return route.handler(account, request, place or account.world.default, *match.groups())
    raise AssertionError(path)


def payload(account: Account, path: str, place: ListInfo | None = None, **query: object) -> Any:
    """GETs the payload of a reply that is a success."""
    reply = call(account, "GET", path, place, **query)
    assert reply.status == 200
    assert reply.payload["metadata"]["error"] is False
    return reply.payload["payload"]


def report(account: Account, **body: Any) -> list[dict[str, Any]]:
    """Asks for a report on all lists."""
    reply = call(account, "POST", "reports/query", body={"list_ids": "all"} | body)
    assert reply.status == 200, reply.payload
    found: list[dict[str, Any]] = reply.payload["payload"]
    return found


def pages(account: Account, path: str, place: ListInfo, size: int = 7) -> Iterator[dict[str, Any]]:
    """Reads a whole collection, page by page, as its endpoint wants it."""
    number = 0
    while True:
        window: dict[str, Any] = {"page": number + 1, "page_size": size} if path == "emails" else {"offset": number * size, "limit": size}
        rows = payload(account, path, place, sort="id", order="ASC", **window)
        yield from rows
        if len(rows) < size:
            return
        number += 1
