"""Which endpoint answers a request, and about which list."""

from __future__ import annotations

import re
from typing import Any

from sandbox.messages import Reply, Request
from sandbox.ongage import catalog, jobs, lists
from sandbox.ongage.account import Account
from sandbox.ongage.envelope import Route, failed, not_found
from sandbox.ongage.world import ListInfo

PATH = re.compile(r"/(?:(\d+)/)?api/(.+?)/?")
ROUTES: tuple[Route, ...] = (*lists.ROUTES, *jobs.ROUTES, *catalog.ROUTES)
_COMPILED = [(route, re.compile(route.pattern)) for route in ROUTES]


def split(path: str) -> tuple[str | None, str] | None:
    """Return the list in a path, if it names one, and what stands behind `/api/`; None for a path of another kind."""
    match = PATH.fullmatch(path)
    return (match[1], match[2]) if match else None


def route(account: Account, request: Request) -> Reply:
    """Answer a request that was admitted."""
    parts = split(request.path)
    if parts is None:
        return not_found()
    if request.raw.strip() and not isinstance(request.body, (dict, list)):
        return failed(400, "Bad Request: the body is no JSON")
    for each, pattern in _COMPILED:
        match = pattern.fullmatch(parts[1])
        if match and each.method == request.method:
            with account.lock:  # no change may come between the parts of a reply
                return _answer(account, request, each, parts[0], match.groups())
    return not_found()


def _answer(account: Account, request: Request, each: Route, in_path: str | None, groups: tuple[Any, ...]) -> Reply:
    if each.entity in account.forbidden:
        return failed(403, "You have no access rights to this resource")
    if each.entity in account.disabled:
        return not_found()
    place = account.world.default if each.whole_account else place_of(account, request, in_path)
    if place is None:
        return not_found("List")
    if not each.whole_account and not place.readable:
        return failed(403, "You have no access rights to this list")
    return each.handler(account, request, place, *groups)


def place_of(account: Account, request: Request, in_path: str | None) -> ListInfo | None:
    """Return the list that a request is about: one in the body wins over one in the query, and that over the path's."""
    body = request.body if isinstance(request.body, dict) else {}
    named = next((each for each in (body.get("list_id"), request.parameter("list_id"), in_path) if each not in {None, ""}), None)
    if named is None:
        return account.world.default
    found = account.world.by_id.get(int(str(named))) if str(named).isdigit() else None
    return found if found is not None and account.exists(found) else None
