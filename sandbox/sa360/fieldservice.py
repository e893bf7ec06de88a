"""The field service: what can be asked for, as the catalogue describes it (fact sheet 10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.sa360 import catalog, gaql, pages
from sandbox.sa360.conditions import holds
from sandbox.sa360.envelope import found, read
from sandbox.sa360.errors import Refused, request_refused
from sandbox.sa360.gaql import Query, QueryError

_KEYS = (
    "name", "category", "data_type", "selectable", "filterable", "sortable", "selectable_with", "is_repeated", "type_url", "enum_values",
    "metrics", "segments", "attribute_resources", "resource_name",
)  # fmt: skip
_NO_DAY = date.min  # nothing here is asked for by the day
_NOBODY = "fields"


def one(name: str) -> Reply:
    """Return one field or resource in full.

    Raises:
        Refused: 404 for what there is not.
    """
    described = catalog.describe(name)
    if described is None:
        raise Refused(404, f"No such field: '{name}'.", "requestError", "RESOURCE_NOT_FOUND", name, "resource_name")
    return found(dict(described))


def search(request: Request, now: float) -> Reply:
    """Answer a query of the fields, a page at a time."""
    asked = read(request, "fields")
    query = gaql.parse(asked.query, fields=True)
    _check(query)
    place = pages.place_of(_NOBODY, asked, now)
    kept = [described for name in catalog.described() if _is_wanted(query, described := catalog.describe(name) or {})]
    for name, descending in reversed(query.order_by):
        kept.sort(key=lambda each: str(each.get(catalog.camel(name), "")), reverse=descending)
    kept = kept[: query.limit]
    begin = place.passed if place else 0
    part = kept[begin : begin + asked.size]
    payload: Record = {"results": [_picked(query, each) for each in part]} if part else {}
    if begin + len(part) < len(kept):
        end = pages.Place([], begin + len(part), asked.total, asked.summary)
        payload["nextPageToken"] = pages.token_of(_NOBODY, asked.original, end, now)
    return found(payload | ({"totalResultsCount": str(len(kept))} if kept else {}))


def _check(query: Query) -> None:
    for name in (*query.select, *(each.field for each in query.where), *(name for name, _ in query.order_by)):
        if name not in _KEYS:
            raise QueryError("queryError", "UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'.", name)
    if not query.select:
        raise request_refused("REQUIRED_FIELD_MISSING", "Required field was not specified.", where="query")


def _is_wanted(query: Query, described: Mapping[str, Any]) -> bool:
    return all(holds(each, described.get(catalog.camel(each.field)), _NO_DAY) for each in query.where)


def _picked(query: Query, described: Mapping[str, Any]) -> Record:
    keys = ["resourceName", *(catalog.camel(name) for name in query.select)]
    return {key: described[key] for key in dict.fromkeys(keys) if key in described}
