"""What only this stand-in can do wrong: collections that change while they are read, conditions misread, records cut down."""

from __future__ import annotations

import json
from typing import Any

from sandbox.changes import NobodyLeft
from sandbox.messages import ListPage, Request
from sandbox.ongage import changes, changes_collections, changes_contacts, contacts, jobs, lists
from sandbox.ongage.account import WHOLE_ACCOUNT, Account
from sandbox.ongage.api import place_of, split
from sandbox.ongage.envelope import window_of
from sandbox.ongage.world import ListInfo

# The collections that come in pages, by the path; those that grow with the source.
_PAGED = {
    "lists": lists.ENTITY, "list_fields": lists.FIELD, "segments": "Segment", "mailings": "Mailing", "emails": "EmailMessage",
    "import": "Import", "transactional": "Transactional", "events": "Event", "email_tag": "EmailTag",
}  # fmt: skip
_GROWING = "mailings|segments|emails|import"
_API = r"^/(\d+/)?api/"
PLACES = {
    "api": _API,
    # A search has conditions, though no pages.
    "queries": rf"{_API}({'|'.join(_PAGED)}|{jobs.SEARCH})/?$",
    "pages": rf"{_API}({_GROWING})/?$",
}
_OF_PAGES = frozenset({"offset", "limit", "page", "page_size"})
_INCLUSIVE = {">": ">=", "<": "<="}
_REREAD = {"inclusive": _INCLUSIVE, "exclusive": {after: before for before, after in _INCLUSIVE.items()}}
_FEWEST_LEFT = 10


def _asked(account: Account, request: Request) -> tuple[str, ListInfo] | None:
    """Return the entity and the list that a request is about; a list that nobody may read does not count."""
    parts = split(request.path)
    if parts is None:
        return None
    if request.method == "POST":
        entity = contacts.ENTITY if parts[1] == jobs.SEARCH else None
    else:
        entity = _PAGED.get(parts[1]) if request.method == "GET" else None
    place = account.world.default if entity == lists.ENTITY else place_of(account, request, parts[0])
    if entity is None or place is None or not place.readable or _id_of(entity, place) not in account.collections[entity]:
        return None
    return entity, place


def _id_of(entity: str, place: ListInfo) -> int:
    return WHOLE_ACCOUNT if entity == lists.ENTITY else place.id


def list_page(account: Account, request: Request) -> ListPage | None:
    """Return what page of which collection is asked for. A search is a page of the contacts, and the only one."""
    asked = _asked(account, request)
    if asked is None:
        return None
    entity, place = asked
    others = sorted((name, value) for name, value in request.query.items() if name.lower() not in _OF_PAGES)
    skip = window_of(request).offset
    with account.lock:
        records = account.collection(entity, _id_of(entity, place)).count()
    question = json.dumps([request.path, others, request.body])
    return ListPage(f"{entity} of {place.id}", records, question, first=skip == 0, skip=skip)


def disturb(account: Account, request: Request, change: str) -> bool:
    """Change the collection that is asked for; return False when there is nothing to change."""
    asked = _asked(account, request)
    if asked is None:
        return False
    entity, place = asked
    if entity not in changes_contacts.ENTITIES:
        return changes_collections.disturb(account, entity, place.id, change)
    try:
        with account.lock:
            return _disturb(account, entity, place, change)
    except NobodyLeft:
        return False


def _disturb(account: Account, entity: str, place: ListInfo, change: str) -> bool:
    collection = account.collection(entity, _id_of(entity, place))
    if change in {"delete", "replace"} and collection.count() < _FEWEST_LEFT:
        return False
    only_there = {} if entity == lists.ENTITY else {"list_id": place.id}
    if change == "import":
        for number in list(collection.ids())[account.changes % 2 :: 2]:
            changes.change(account, "edit", {"entity": entity, "id": number})
        return collection.count() > 0
    for kind in ("delete", "insert") if change == "replace" else (change,):
        changes.change(account, kind, {"entity": entity, **only_there})
    return True


def misread(request: Request, how: str) -> bool:
    """Rewrite the criteria of a search, in a body of its own: what was asked stays on record as it was asked."""
    body = request.body if isinstance(request.body, dict) else {}
    filters = body.get("filters")
    if request.method != "POST" or not isinstance(filters, dict) or not isinstance(filters.get("criteria"), list):
        return False
    criteria: list[dict[str, Any]] = filters["criteria"]
    if how == "ignored":
        reread = [each for each in criteria if each.get("operator") == "notempty"]
    else:
        reread = [each | {"operator": _REREAD[how].get(str(each.get("operator")), each.get("operator"))} for each in criteria]
    request.body = body | {"filters": filters | {"criteria": reread}}
    return reread != criteria
