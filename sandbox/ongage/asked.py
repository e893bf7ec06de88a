"""What the endpoints of the collections have in common: paging by one manner only, filters, details."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.messages import Reply, Request
from sandbox.ongage.envelope import collection_page, found, not_found, public

Condition = Callable[[Record], bool]


def page_by_offset(
    request: Request,
    collection: Collection,
    left_out: frozenset[str] = frozenset(),
    *,
    where: Condition | None = None,
    total_as: Callable[[int], int | str] | None = int,
) -> Reply:
    """Return a page by offset and limit; what only details have is left out, and `page` means nothing here."""
    asked = _without(request, "page", "page_size")
    return collection_page(asked, collection, view=lambda record: without(record, left_out), where=where, total_as=total_as)


def page_by_number(request: Request, collection: Collection, left_out: frozenset[str], where: Condition | None) -> Reply:
    """Return a page by page and page_size; `offset` and `limit` mean nothing here."""
    asked = _without(request, "offset", "limit")
    return collection_page(asked, collection, view=lambda record: without(record, left_out), where=where)


def detail_of(collection: Collection, number: str, view: Callable[[Record], Record] = public) -> Reply:
    """Return one record by its id, or 404."""
    record = collection.get(int(number))
    if record is None:
        return not_found(collection.entity)
    return found(view(record), entity=collection.entity, detailed=True, id_key=collection.id_key)


def without(record: Record, left_out: frozenset[str]) -> Record:
    """Return what the vendor serves of a record, without some keys."""
    return {key: value for key, value in record.items() if key not in left_out and not key.startswith("_")}


def _without(request: Request, *names: str) -> Request:
    return replace(request, query={key: value for key, value in request.query.items() if key.lower() not in names})


def conditions(request: Request, known: dict[str, Callable[[Record, str], bool]]) -> Condition | None:
    """Return what says whether a record meets all the filters of a query string; None without any filter."""
    asked = {name: value for name in known if (value := request.parameter(name)) not in {None, ""}}
    if not asked:
        return None
    return lambda record: all(known[name](record, value or "") for name, value in asked.items())


def equals(key: str) -> Callable[[Record, str], bool]:
    """Return the filter for a value as it stands."""
    return lambda record, wanted: str(record.get(key)) == wanted


def contains(key: str) -> Callable[[Record, str], bool]:
    """Return the filter for a part of a text, without regard to case."""
    return lambda record, wanted: wanted.lower() in str(record.get(key) or "").lower()


def at_least(key: str) -> Callable[[Record, str], bool]:
    """Return the filter for times from an instant on; no date is before all."""
    return lambda record, wanted: _seconds(record.get(key)) >= _seconds(wanted)


def at_most(key: str) -> Callable[[Record, str], bool]:
    """Return the filter for times up to an instant, which is included."""
    return lambda record, wanted: _seconds(record.get(key)) <= _seconds(wanted)


def _seconds(value: object) -> int:
    digits = str(value)
    return int(digits) if digits.isdigit() else 0
