"""What only this stand-in can do wrong: lists that change while they are read, and conditions that are read in another way."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sandbox.arithmetic import mix
from sandbox.changes import NobodyLeft
from sandbox.messages import ListPage, Request
from sandbox.sa360 import api, changes, checks, pages
from sandbox.sa360.account import Account
from sandbox.sa360.catalog import camel
from sandbox.sa360.entities import entity_of
from sandbox.sa360.errors import Refused
from sandbox.sa360.gaql import QueryError
from sandbox.sa360.misreading import reread, text_of
from sandbox.sa360.pages import Listings
from sandbox.sa360.plans import parsed

# The lists that grow with the source; what is FROM belongs to the place of a search.
_GROWING = "asset|campaign|ad_group|ad_group_ad|ad_group_criterion"
PLACES = {
    "api": r"^/v0/",
    # Reports are asked for with conditions, though they have no pages.
    "queries": r":search(Stream)? FROM \w+( WHERE.*)?$",
    "pages": rf":search FROM ({_GROWING})( WHERE.*)?$",
}
_FEWEST_LEFT = 10


def list_page(account: Account, listings: Listings, request: Request) -> ListPage | None:
    """Return what page of which list of records is asked for; a report is none."""
    with account.lock:
        asked = api.listing_of(account, listings, request)
        if asked is None:
            return None
        question, listing, said = asked
        try:
            place = pages.place_of(question.customer_id, said, account.clock())
        except Refused:
            return None
        skip = pages.begin_of(question.plan, listing, place)
    name = f"{entity_of(question.plan.record)} of {question.customer_id}"
    return ListPage(name, len(listing.rows), f"{question.customer_id} {said.original}", place is None, skip)


def disturb(account: Account, listings: Listings, request: Request, change: str) -> bool:
    """Change the list that is asked for; return False when there is nothing to change, or no such change of these records."""
    with account.lock:
        asked = api.listing_of(account, listings, request)
        if asked is None:
            return False
        question, listing, _ = asked
        inside, entity = camel(question.plan.record), entity_of(question.plan.record)
        names = [row[inside]["resourceName"] for _, row in listing.rows]
        try:
            return _disturb(account, entity, question.customer_id, names, change)
        except NobodyLeft:
            return False


def _disturb(account: Account, entity: str, customer_id: str, names: list[str], change: str) -> bool:
    kinds = ("delete", "insert") if change == "replace" else ("edit",) if change == "import" else (change,)
    if not names or not all(changes.offers(entity, kind) for kind in kinds):
        return False
    if "delete" in kinds and len(names) < _FEWEST_LEFT:
        return False
    if change == "import":
        for name in names[account.changes % 2 :: 2]:
            changes.change(account, "edit", {"entity": entity, "id": name})
        return True
    for kind in kinds:
        one = names[mix(account.seed, account.changes) % len(names)]
        about = {"id": one} if kind != "insert" else {"customer_id": customer_id} if customer_id in account.collections[entity] else {}
        changes.change(account, kind, {"entity": entity, **about})
    return True


def misread(request: Request, how: str) -> bool:
    """Rewrite the conditions of a query on days and ids; return whether that made a difference."""
    call = api.call_of(request)
    if call is None or call.kind not in {api.SEARCH, api.STREAM} or not isinstance(request.body, dict):
        return False
    try:
        query = parsed(str(request.body.get("query", "")))
    except QueryError:
        return False
    tomorrow = datetime.fromtimestamp(request.at, timezone.utc).date() + timedelta(days=1)  # in no zone it is later
    other = reread(query, how, checks.floor(tomorrow))
    if other == query:
        return False
    api.reworded(request, text_of(other))
    return True
