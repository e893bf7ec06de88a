"""Pages: a token names the last row that was served, so that what is deleted or added in between hides nothing (fact sheet 4).

A list is evaluated once for all its pages, as long as the data stays the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sandbox.arithmetic import Record
from sandbox.sa360.envelope import Asked
from sandbox.sa360.errors import request_refused
from sandbox.sa360.evaluate import Found, Question, rows, served
from sandbox.sa360.plans import Plan

TOKEN_SECONDS = 2 * 60 * 60
_MOST_ROWS_KEPT = 200_000
Key = tuple[Any, ...]


# --- order ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Falling:
    """A value that is sorted the other way round."""

    value: Any

    def __lt__(self, other: Falling) -> bool:
        return bool(other.value < self.value)


def marks(plan: Plan, found: Found) -> list[Any]:
    """Return what a row is sorted by, as JSON: the values of ORDER BY, its resource name and its segments."""
    whole = found.whole
    name = found.records[plan.name]["resourceName"]
    return [[place.value(whole) for place, _ in plan.order], name, [str(found.segments.get(each, "")) for each in plan.segments]]


def key_of(plan: Plan, marked: list[Any]) -> Key:
    """Return what compares as the rows are sorted: by ORDER BY, else by the numbers of the resource name."""
    values, name, segments = marked
    ordered = [(value is not None, value) for value in values]
    by = tuple(Falling(each) if descending else each for each, (_, descending) in zip(ordered, plan.order, strict=True))
    numbers = tuple(part.zfill(20) if part.isdigit() else part for part in name.rpartition("/")[2].split("~"))
    return by, numbers, name, tuple(segments)


@dataclass(frozen=True)
class Listing:
    """All that a query finds, sorted: the keys, and the rows as they are sent with their marks."""

    keys: list[Key]
    rows: list[tuple[list[Any], Record]]


def evaluated(question: Question) -> Listing:
    """Return all that a query finds, whatever its LIMIT."""
    plan = question.plan
    made = [(key_of(plan, marked), marked, served(question, found)) for found in rows(question) for marked in (marks(plan, found),)]
    made.sort(key=lambda each: each[0])
    return Listing([key for key, _, _ in made], [(marked, row) for _, marked, row in made])


@dataclass
class Listings:
    """The lists that were evaluated last, by what was asked; no more than so many rows of them."""

    kept: OrderedDict[Any, Listing] = field(default_factory=OrderedDict)
    held: int = 0
    lock: Lock = field(default_factory=Lock)

    def of(self, question: Question, text: str) -> Listing:
        """Return the list that a query gives; it is evaluated anew once the data has changed."""
        asked = question.customer_id, text, question.account.version
        with self.lock:
            found = self.kept.get(asked)
            if found is not None:
                self.kept.move_to_end(asked)
                return found
        found = evaluated(question)
        with self.lock:
            self.kept[asked] = found
            self.held = sum(len(each.rows) for each in self.kept.values())
            while self.held > _MOST_ROWS_KEPT and len(self.kept) > 1:
                _, gone = self.kept.popitem(last=False)
                self.held -= len(gone.rows)
        return found


# --- tokens --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """How far a list was read: what its last row is sorted by, how many rows there were, and how it was asked for at first.

    `ended` says that only the summary row is left.
    """

    marked: list[Any]
    passed: int
    total: bool
    summary: str
    ended: bool = False


def binding(customer_id: str, query: str) -> str:
    """Return what ties a token to a question."""
    return hashlib.sha256(f"{customer_id}\n{query}".encode()).hexdigest()[:12]


def token_of(customer_id: str, query: str, place: Place, now: float) -> str:
    """Return the token for the page behind a place; it can be made out by nobody but this module."""
    parts = [binding(customer_id, query), now, place.marked, place.passed, place.total, place.summary, place.ended]
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).decode().rstrip("=")


def place_of(customer_id: str, asked: Asked, now: float) -> Place | None:
    """Return the place that a request's token names; None when it is the first page.

    Raises:
        Refused: for a token of another query, one that is none or is too old, or a question that changed between two pages.
    """
    if not asked.token:
        return None
    try:
        bound, since, *parts = json.loads(base64.urlsafe_b64decode(asked.token + "=" * (-len(asked.token) % 4)))
        place = Place(*parts)
    except (ValueError, TypeError, binascii.Error):
        raise _invalid() from None
    if bound != binding(customer_id, asked.original):
        raise _invalid()
    if now - since > TOKEN_SECONDS:
        raise request_refused("EXPIRED_PAGE_TOKEN", "The page token has expired.", where="page_token")
    if asked.total and not place.total:
        code = "TOTAL_RESULTS_COUNT_NOT_ORIGINALLY_REQUESTED"
        raise request_refused(code, "The total was not asked for with the first page.", where="return_total_results_count")
    if asked.summary != place.summary:
        code = "INCONSISTENT_RETURN_SUMMARY_ROW_VALUE"
        raise request_refused(code, "The summary row setting differs from that of the first page.", where="summary_row_setting")
    return place


def _invalid() -> Exception:
    return request_refused("INVALID_PAGE_TOKEN", "The page token is invalid.", where="page_token")


@dataclass(frozen=True)
class Page:
    """One page: its rows, the place where it ends if rows are left, how many rows lie before it, and how many there are without LIMIT."""

    rows: list[Record]
    end: Place | None
    skipped: int
    total: int


def begin_of(plan: Plan, listing: Listing, place: Place | None) -> int:
    """Return the index of the first row behind a place."""
    return bisect_right(listing.keys, key_of(plan, place.marked)) if place and place.marked else 0


def page(plan: Plan, listing: Listing, asked: Asked, place: Place | None) -> Page:
    """Return the rows behind a place, as many as a page may hold and LIMIT leaves."""
    begin, passed = begin_of(plan, listing, place), place.passed if place else 0
    limit = plan.query.limit
    left = len(listing.rows) if limit is None else limit - passed
    size = max(min(asked.size, left), 0)
    part = listing.rows[begin : begin + size]
    more = begin + len(part) < len(listing.rows) and len(part) < left
    end = Place(part[-1][0], passed + len(part), asked.total, asked.summary) if part and more else None
    return Page([row for _, row in part], end, begin, len(listing.rows))
