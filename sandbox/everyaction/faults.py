"""What only this stand-in can do wrong: lists that change while they are read, windows misread, records cut down."""

from __future__ import annotations

import json
import re

from sandbox.arithmetic import Record
from sandbox.changes import NobodyLeft
from sandbox.everyaction import activity, api, catalog, changes, changes_collections, exports, lists, people, signups
from sandbox.everyaction.account import Account
from sandbox.everyaction.asking import READING
from sandbox.everyaction.envelope import Refused
from sandbox.everyaction.resources import RESOURCES
from sandbox.everyaction.rows import PERSON, owner
from sandbox.messages import ListPage, Request

# Paths that belong to an entity but do not list its records, and lists without pages, of which there might be too few.
_NO_LISTS = frozenset(
    {
        "codeTypes", "codes/supportedEntities", "signups/statuses", "notes/categoryTypes", "contributions/attributionTypes",
        "canvassResponses/contactTypes", "canvassResponses/inputTypes", "canvassResponses/resultCodes", "customFields", "districtFields",
        "events/types", "notes/categories", "phones/isCellStatuses", "bulkImportJobs/resources", "designations", "scheduleTypes",
        "financialBatches",
    }
)  # fmt: skip
_LISTS = {each.pattern: each.entity for each in catalog.ROUTES if "(" not in each.pattern and each.pattern not in _NO_LISTS}
_LISTS |= {"people": PERSON}
# The lists that come in pages and grow with the source.
_GROWING = (
    "people", "codes", "codes/extendedSourceCodes", "events", "locations", "savedLists", "printedLists", "minivanExports", "email/messages",
    "onlineActionsForms", "scoreUpdates",
)  # fmt: skip
PLACES = {
    "api": r"^/(v4|exports)/",
    # A job has conditions, though no pages.
    "queries": rf"^/v4/({'|'.join([*_LISTS, exports.JOBS])})/?$",
    "pages": rf"^/v4/({'|'.join(_GROWING)})/?$",
}
_OF_PAGES = frozenset({"$top", "$skip"})
_STATUSES, _ALL_STATUSES = "statuses", "Active,Archived,Inactive"
_FEWEST_LEFT = 10


def _asked(account: Account, request: Request) -> str | None:
    """Return the entity that a request lists, or exports."""
    parts = api.PATH.fullmatch(request.path)
    entity = _LISTS.get(parts[1]) if parts and request.method == "GET" else None
    if parts and request.method == "POST" and parts[1] == exports.JOBS and isinstance(request.body, dict):
        resource = RESOURCES.get(str(request.body.get("resourceType")))
        entity = resource.entity if resource else None
    return entity if entity in account.collections else None


def list_page(account: Account, request: Request) -> ListPage | None:
    """Return what page of which list is asked for. An export job is a page of its records, and the only one."""
    entity = _asked(account, request)
    if entity is None:
        return None
    others = sorted((name, value) for name, value in request.query.items() if name.lower() not in _OF_PAGES)
    text = request.parameter("$skip") or ""
    skip = int(text) if text.isdigit() else 0
    with account.lock:
        records = account.collection(entity).count()
    question = json.dumps([request.path, others, request.body])
    return ListPage(entity, records, question, first=skip == 0, skip=skip)


def disturb(account: Account, request: Request, change: str) -> bool:
    """Change the list that is asked for; return False when there is nothing to change."""
    entity = _asked(account, request)
    if entity is None or entity not in changes.ENTITIES:
        return False
    try:
        with account.lock:
            return _disturb(account, request, entity, change)
    except NobodyLeft:
        return False


def _disturb(account: Account, request: Request, entity: str, change: str) -> bool:
    among = _listed(account, request, entity)
    if change in {"delete", "replace"}:
        if len(among) < _FEWEST_LEFT:
            return False
        among = _without_rows(account, among) if entity == PERSON else among
        among = list(changes_collections.empty_folders(account)) if entity == lists.FOLDER else among
    if change == "import":
        for number in among[account.changes % 2 :: 2]:
            changes.change(account, "edit", {"entity": entity, "id": number})
        return bool(among)
    for kind in ("delete", "insert") if change == "replace" else (change,):
        chosen = {} if kind == "insert" else {"id": _some(account, among, entity)}
        changes.change(account, kind, {"entity": entity} | chosen)
    return True


def _without_rows(account: Account, numbers: list[int | str]) -> list[int | str]:
    """Return those people to whom nothing belongs: what does could not be found by anybody who has not found them before they went."""
    owned = [account.collection(entity) for entity in activity.BUILD]
    owners = {owner(record) for collection in owned for record in collection.edited.values()}
    ids = account.world.people
    rows = {number: ids.index_of(int(number)) for number in numbers if number not in owners}
    groups = [account.world.layout(entity).group for entity in activity.BUILD]
    return [number for number, row in rows.items() if row is None or not any(group[row % len(group)] for group in groups)]


def _some(account: Account, among: list[int | str], entity: str) -> int | str:
    if not among:
        raise NobodyLeft(f"there is no {entity} in this list")
    return among[(account.changes * 7919 + 1) % len(among)]


def _listed(account: Account, request: Request, entity: str) -> list[int | str]:
    """Return the ids, as they are served, of what is asked for: the people that a search finds, the signups of an event, or all."""
    if entity == PERSON and request.method == "GET":
        try:
            return list(people.found_ids(account, people.question_of(request), None))
        except Refused:
            return []
    event, collection = request.parameter("eventId"), account.collection(entity)
    if entity == signups.ENTITY and event and event.isdigit():
        return [each["eventSignupId"] for each in signups.signups_of(account, int(event))]
    return [record[collection.id_key] for record in collection.records()]


def misread(request: Request, how: str) -> bool:
    """Rewrite the window of an export job, in a body of its own, or the statuses that are asked for."""
    body = request.body
    if request.method == "POST" and re.fullmatch(rf"/v4/{exports.JOBS}/?", request.path) and isinstance(body, dict):
        differs = not body.get("requestedIds")
        request.body = body | {READING: how} if differs else body
        return differs
    if how != "ignored" or request.parameter(_STATUSES) in {None, "", _ALL_STATUSES}:
        return False
    request.query = {name: value for name, value in request.query.items() if name.lower() != _STATUSES} | {_STATUSES: _ALL_STATUSES}
    return True


def narrow(record: Record) -> Record:
    """Return few of a record's keys."""
    if "vanId" in record and "contactMode" in record:
        return {key: record[key] for key in ("vanId", "firstName", "lastName", "contactMode") if key in record}
    return changes_collections.narrow(record)
