"""Which endpoint answers a request, and what is said where there is none.

LIKELY: a page for people for unknown paths and long query strings, 302 for strange ones, 500 for negative ids. GUESS: that an entity that
is forbidden is so at all of its endpoints.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from sandbox.everyaction import catalog, exports, giving, people
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import Route, answer, failed, no_route
from sandbox.messages import Reply, Request

PATH = re.compile(r"/v4/(.+?)/?")
# A longer query string leads nowhere.
LONGEST_QUERY = 2048
ROUTES: tuple[Route, ...] = (*people.ROUTES, *giving.ROUTES, *exports.ROUTES, *catalog.ROUTES)
_COMPILED = [(route, re.compile(route.pattern)) for route in ROUTES]
_NEGATIVE = re.compile(r"/-\d+(/|$)")
_STRANGE = re.compile(r"[<>*&]")


def found(request: Request) -> tuple[Route, tuple[Any, ...]] | None:
    """Return the endpoint that a request is for, and what its path says to it; None if there is none."""
    parts = PATH.fullmatch(request.path)
    for each, pattern in _COMPILED if parts else ():
        match = pattern.fullmatch(parts[1]) if parts else None
        if match and each.method == request.method:
            return each, match.groups()
    return None


def route(account: Account, request: Request) -> Reply:
    """Answer a request that was admitted."""
    if _STRANGE.search(request.path):
        return Reply(302, body=b"", content_type="text/html; charset=utf-8", headers={"Location": "/error.html"})
    one = found(request)
    if one is None and _NEGATIVE.search(request.path):
        return failed(500, "INTERNAL_SERVER_ERROR", "An unexpected error occurred", referenceCode="48E6AB-938498")
    if one is None or len(request.query_text or urlencode(request.query, safe="$,")) > LONGEST_QUERY:
        return no_route()
    if one[0].entity in account.forbidden:
        return failed(403, "FORBIDDEN", exports.RESTRICTED)
    with account.lock:  # no change may come between the parts of a reply
        return answer(one[0], account, request, one[1])


def file_of(request: Request) -> tuple[int, int] | None:
    """Return the job and the number of the file that a request is for; None if it is for something else."""
    match = exports.FILE.fullmatch(request.path)
    return (int(match[1]), int(match[2])) if match and request.method == "GET" else None
