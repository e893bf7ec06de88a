"""Search Ads 360, some tables at a time: a sync of nothing else takes a tenth of the time, and shows nothing else either."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox.client import ServedTable
from sandbox.compare import differences
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness, by_key, direct
from tests.doubles import Direct
from tests.loading import load

MODULES = load("sa360")
GROUPS = ("ENTITIES", "REPORTS", "COLUMN_VALUES", "EVENTS")
TREE = "customer_clients"  # is read in any case
DAY = timedelta(days=1)
BETWEEN = re.compile(r"segments\.date BETWEEN '([0-9-]+)' AND '([0-9-]+)'")
NAMED = re.compile(r"segments\.date = '([0-9-]+)'")
FAILURE = "type.googleapis.com/google.ads.searchads360.v0.errors.SearchAds360Failure"
Rows = list[dict[str, Any]]


@contextmanager
def only(*tables: str, rows: int = 60, **settings: str) -> Iterator[tuple[Harness, Direct]]:
    """A harness whose syncs read the accounts, the custom columns, and what is named."""
    models, wanted = MODULES.models, {TREE, *tables}
    with direct("sa360", rows, settings) as (h, wire), pytest.MonkeyPatch.context() as patch:
        for group in GROUPS:
            patch.setattr(models, group, {name: one for name, one in getattr(models, group).items() if name in wanted})
        yield h, wire


def differing(h: Harness, *tables: str, of: Callable[[dict[str, Any]], bool] = lambda row: True) -> list[str]:
    """What differs in some tables, of all rows or of some."""
    truth = h.source.truth(include_archived=True, optional=tables)
    found = []
    for name in tables:
        table = truth[name]
        true, rows = [one for one in table.rows() if of(one)], [one for one in h.rows(name) if of(one)]
        whole = ServedTable(table.key, table.columns, true)
        found += [f"{name}: {line}" for line in differences(whole, rows, columns=h.fivetran.columns[name])]
    return found


def clients(h: Harness) -> list[str]:
    """The ids of the clients that are enabled."""
    return [one.id for one in h.source.clients()]


def today(h: Harness, customer: str = "") -> date:
    """The day that it is where an account is."""
    found: date = h.source.today(customer or clients(h)[0])
    return found


def asked(h: Harness, resource: str, verb: str = "searchStream", customer: str = "") -> list[Request]:
    """The questions of the last sync about a resource, in their order."""
    pattern = re.compile(rf"customers/{customer or '[0-9]+'}/searchAds360:{verb} FROM {resource}( WHERE.*)?$")
    return [one for one in h.box.requests if pattern.search(one.spot)]


def window_of(request: Request) -> tuple[date, date]:
    """The days that a question is for, without the one more at both ends of a range."""
    first, last = days_asked(request)
    return (first, last) if first == last else (first + DAY, last - DAY)


def days_asked(request: Request) -> tuple[date, date]:
    """The first and the last day that stand in a question."""
    query = request.body["query"]
    found = BETWEEN.search(query) or NAMED.search(query)
    assert found is not None
    return date.fromisoformat(found[1]), date.fromisoformat(found[found.lastindex or 1])


def windows(h: Harness, resource: str, customer: str = "") -> list[tuple[date, date]]:
    """Which days the last sync asked for, question by question, of the first client if no other is named."""
    return [window_of(one) for one in asked(h, resource, customer=customer or clients(h)[0])]


def rewritten(pattern: str, change: Callable[[Rows], Rows]) -> Callable[[Request, Reply], None]:
    """Changes the rows of the streams whose place is like that, before they are sent."""

    def told(request: Request, reply: Reply) -> None:
        if re.search(pattern, request.spot) and reply.status == 200:
            chunks = json.loads(reply.encoded())
            for chunk in chunks:
                chunk["results"] = change(chunk.get("results", []))
            replaced(reply, chunks)

    return told


def replaced(reply: Reply, payload: object) -> None:
    """Gives a reply another body."""
    reply.stream, reply.payload, reply.body = None, None, payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def refusal(code: str, *, status: int = 400, general: str = "INVALID_ARGUMENT", **more: Any) -> dict[str, Any]:
    """The body of a refusal: `code` as in "queryError.UNRECOGNIZED_FIELD"."""
    kind, _, name = code.partition(".")
    one = {"errorCode": {kind: name}, "message": "No.", "location": {"fieldPathElements": [{"fieldName": "query"}]}, **more}
    detail = {"@type": FAILURE, "errors": [one], "requestId": "request-of-ours"}
    return {"error": {"code": status, "message": "Refused.", "status": general, "details": [detail]}}


def warehouse(h: Harness, table: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows that the warehouse has of a table, by their keys."""
    return by_key(h.rows(table), h.fivetran.keys[table])


def day_of(row: dict[str, Any]) -> date:
    """The day of a row of the warehouse."""
    return datetime.fromisoformat(row["date"].replace("Z", "+00:00")).astimezone(timezone.utc).date()
