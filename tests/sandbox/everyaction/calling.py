"""Asking the endpoints of the reference lists without a server between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.everyaction import catalog, persons
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import answer
from sandbox.everyaction.world import make_world
from sandbox.messages import Reply, Request

NOW = 1_790_000_000.5  # in September 2026, months after most of the base data
HOST = "sandbox.example.org:8080"


class Clock:
    """A clock that stands until it is moved."""

    seconds = NOW

    def __call__(self) -> float:
        return self.seconds


def make_account(rows: int = 120, seed: int = 5) -> Account:
    """Makes an account with the people and all the reference lists."""
    clock = Clock()
    account = Account(make_world(rows, seed, int(clock())), clock)
    account.collections |= dict(persons.collections(account.world)) | catalog.collections(account.world)
    return account


def call(account: Account, path: str, query: dict[str, Any] | None = None, **more: object) -> Reply:
    """Asks one endpoint; names with a dollar go into `query`."""
    asked = {name: str(value) for name, value in ((query or {}) | more).items()}
    request = Request("GET", f"/v4/{path}", asked, None, account.now(), headers={"host": HOST})
    for route in catalog.ROUTES:
        match = re.fullmatch(route.pattern, path)
        if match:
            return answer(route, account, request, match.groups())
    raise AssertionError(path)


def payload(account: Account, path: str, query: dict[str, Any] | None = None, **more: object) -> Any:
    """GETs what a reply says that is a success."""
    reply = call(account, path, query, **more)
    assert reply.status == 200, reply.payload
    return reply.payload


def refused(account: Account, path: str, query: dict[str, Any] | None = None, **more: object) -> tuple[int, list[str]]:
    """GETs an error: the status, and the properties that it names."""
    reply = call(account, path, query, **more)
    (error,) = reply.payload["errors"]
    assert error["code"]
    assert error["text"]
    return reply.status, error.get("properties", [])


def pages(account: Account, path: str, query: dict[str, Any] | None = None, **more: object) -> Iterator[list[dict[str, Any]]]:
    """Follows the links of a list from page to page, until one is empty or has none."""
    found = payload(account, path, query, **more)
    while found["items"]:
        yield found["items"]
        if found["nextPageLink"] is None:
            return
        link = urlsplit(found["nextPageLink"])
        assert link.netloc == HOST
        found = payload(account, link.path.removeprefix("/v4/"), dict(parse_qsl(link.query, keep_blank_values=True)))


def everything(account: Account, path: str, query: dict[str, Any] | None = None, **more: object) -> list[dict[str, Any]]:
    """Reads a whole list, in whatever it comes."""
    found = payload(account, path, query, **more)
    if isinstance(found, list):
        return found
    if "nextPageLink" not in found:
        return next(iter(found.values()))
    return [row for page in pages(account, path, query, **more) for row in page]
