"""What only this stand-in can do wrong: lists that change while they are read, conditions misread, records cut down."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.arithmetic import Record
from sandbox.messages import ListPage, Request
from sandbox.virtuous import changes
from sandbox.virtuous.parameters import ID_PARAMETERS
from sandbox.virtuous.query import lower_keys

if TYPE_CHECKING:
    from sandbox.virtuous.organization import Organization

_PAGED = "Contact|Gift|RecurringGift|v2/Pledge|PlannedGift|GiftAsk|Grant|ContactNote|Task|EventAttendee"
_QUERY = r"/Query(/Full(Contact|Gift))?/?$"
PLACES = {
    "api": "(?i)^/api/",
    # The volunteers' queries have no pages.
    "queries": rf"(?i)^/api/(?!Volunteer)[a-z0-9/]+{_QUERY}",
    "pages": rf"(?i)^/api/({_PAGED}){_QUERY}",
}
_ENTITY = re.compile(rf"/api/(?:v2/)?([a-z]+){_QUERY}", re.IGNORECASE)
_ENTITIES = {entity.lower(): entity for entity in ID_PARAMETERS}

_INCLUSIVE = {
    "GreaterThan": "GreaterThanOrEqual",
    "LessThan": "LessThanOrEqual",
    "After": "OnOrAfter",
    "Before": "OnOrBefore",
}
_REREAD = {"inclusive": _INCLUSIVE, "exclusive": {after: before for before, after in _INCLUSIVE.items()}}
_LOWER_BOUNDS = frozenset({"greaterthan", "greaterthanorequal"})
_FEWEST_LEFT = 10
_NARROW_KEYS = frozenset({"id", "campaignId", "communicationId", "modifiedDateTimeUtc", "contactId", "name", "amount"})


def _conditions(request: Request) -> list[list[dict[str, Any]]]:
    """Return a query's groups of conditions, copied, with their keys in lower case."""
    groups = lower_keys(request.body).get("groups")
    return [
        [dict(lower_keys(condition)) for condition in lower_keys(group).get("conditions") or []]  # type: ignore[attr-defined]
        for group in (groups if isinstance(groups, list) else [])
    ]


def _entity(request: Request) -> str | None:
    match = _ENTITY.fullmatch(request.path) if request.method == "POST" else None
    return _ENTITIES.get(match[1].lower()) if match else None


def list_page(org: Organization, request: Request) -> ListPage | None:
    """Return what page of which list a query asks for: pages of one list differ in where they begin, by id or by number."""
    entity = _entity(request)
    if entity is None:
        return None
    identity = ID_PARAMETERS[entity].lower()
    conditions = [each for group in _conditions(request) for each in group]
    of_id = [each for each in conditions if str(each.get("parameter")).lower() == identity]
    others = [each for each in conditions if each not in of_id]
    behind = any(str(each.get("operator")).lower() in _LOWER_BOUNDS and str(each.get("value")) != "0" for each in of_id)
    text = request.parameter("skip") or ""
    skip = int(text) if text.isdigit() else 0
    with org.lock:
        records = org.collections[entity].count()
    question = json.dumps([request.path, others, lower_keys(request.body).get("includearchived")])
    return ListPage(entity, records, question, first=not (behind or skip), skip=skip)


def disturb(org: Organization, request: Request, change: str) -> bool:
    """Change the list that a query asks for; return False when there is nothing to change."""
    entity = _entity(request)
    if entity is None:
        return False
    with org.lock:
        if change == "import":
            return changes.import_edits(org, entity) > 0
        if change in {"delete", "replace"} and org.collections[entity].count() < _FEWEST_LEFT:
            return False
        for kind in ("delete", "insert") if change == "replace" else (change,):
            changes.change(org, kind, {"entity": entity})
    return True


def misread(request: Request, how: str) -> bool:
    """Rewrite the conditions of a query, in a body of its own: what was asked stays on record as it was asked."""
    if not isinstance(request.body, dict):
        return False
    groups = _conditions(request)
    other = {key: value for key, value in request.body.items() if key.lower() != "groups"}
    if how == "ignored":
        request.body = other
        return any(groups)
    instead, changed = {before.lower(): after for before, after in _REREAD[how].items()}, False
    for condition in (each for group in groups for each in group):
        reread = instead.get(str(condition.get("operator")).lower())
        if reread:
            condition["operator"], changed = reread, True
    request.body = other | {"groups": [{"conditions": group} for group in groups]}
    return changed


def narrow(record: Record) -> Record:
    """Return a record's id, its modified time, and a few more of its keys."""
    return {key: value for key, value in record.items() if key in _NARROW_KEYS}
