"""Replies in the vendor's envelope: pages, bare arrays, wrappers, single records, errors; and what `$top` and its like may ask for.

LIKELY: the host and the spelling of links, that what comes twice in a query stays there twice, and the words of errors. GUESS: where the
sorting puts nothing, and that an empty filter is none.

A module of endpoints has `collections(scope)`, which gives its records by entity, and ROUTES. A key of a record that begins with an
underscore is none of the vendor's, and is served to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, quote

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.account import Account
from sandbox.everyaction.times import read_instant
from sandbox.messages import Reply, Request

# What answers a request: the account, the request, and the groups of the route's pattern.
Handler = Callable[..., Reply]
Row = TypeVar("Row")
Condition = Callable[[Record], bool]
# What a filter makes of the text in the query string: the condition that a record has to meet.
Filter = Callable[[str], Condition]
# What is served of a record, by the sections that were asked for.
View = Callable[[Record, frozenset[str]], Record]

VENDOR_HOST = "https://api.securevan.com"
FOREIGN_HOST = "https://api.example.net:443"
NOT_FOUND_PAGE = b"<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head><body><h2>404</h2></body></html>"
# The parameters that say how something is served, and not what of it.
_PAGING = frozenset({"$top", "$skip"})


class Refused(Exception):
    """The request cannot be answered as it was asked; `reply` says why."""

    def __init__(self, reply: Reply) -> None:
        """Keep the reply."""
        super().__init__(reply.status)
        self.reply = reply


class Route(NamedTuple):
    """One endpoint: its method, a regular expression of the path behind /v4/, the entity it belongs to, and what answers it.

    It is called as `handler(account, request, *groups)`.
    """

    method: str
    pattern: str
    entity: str
    handler: Handler


class Limits(NamedTuple):
    """How many rows a page has without `$top`, and how many it may have; without a maximum an empty `$top` means all."""

    default: int = 50
    most: int | None = 200


USUAL = Limits()


@dataclass(frozen=True)
class Listing:
    """What one list can be asked for: the size of its pages, `$expand`, `$orderby`, and the filters.

    `sorts` has the key of a record by the property's name, `defaults` the value of filters that were not asked for. Where there
    are `expansions`, `view` is told the ones that were asked for, in small letters. With `endless` each page has a link to a next one.
    """

    limits: Limits = USUAL
    expansions: tuple[str, ...] = ()
    sorts: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    view: View | None = None
    endless: bool = False


PLAIN = Listing()


def answer(route: Route, account: Account, request: Request, groups: Sequence[Any]) -> Reply:
    """Return what a route says to a request, also when that refuses it."""
    try:
        return route.handler(account, request, *groups)
    except Refused as refused:
        return refused.reply


# --- errors --------------------------------------------------------------------------------------------------------


def failed(status: int, code: str, text: str, properties: Sequence[str] = (), hint: str | None = None, **more: Any) -> Reply:
    """Return an error, which is an array in any case; what it does not tell is absent."""
    error: Record = {"code": code, "text": text}
    if properties:
        error["properties"] = list(properties)
    if hint:
        error["hint"] = hint
    return Reply(status, {"errors": [error | more]})


def invalid(name: str, hint: str | None = None, *, text: str | None = None) -> Refused:
    """Return the 400 about one parameter, to be raised."""
    return Refused(failed(400, "INVALID_PARAMETER", text or f"'{name}' is not usable", [name], hint))


def not_found(what: str = "resource") -> Reply:
    """Return the 404 of an id that nobody has."""
    return failed(404, "NOT_FOUND", f"The specified {what} was not found")


def no_route() -> Reply:
    """Return the 404 of a path that leads nowhere: a page for people."""
    return Reply(404, body=NOT_FOUND_PAGE, content_type="text/html; charset=utf-8")


# --- what is asked for ---------------------------------------------------------------------------------------------


class Window(NamedTuple):
    """Which rows a request wants; `top` is None for all that are left."""

    skip: int
    top: int | None


def window_of(request: Request, limits: Limits = USUAL) -> Window:
    """Return the page that is asked for; raise Refused for one that cannot be had."""
    skip = _whole(request, "$skip", 0)
    if skip is None or skip < 0:
        raise invalid("$skip", "Use a whole number of at least 0")
    if request.parameter("$top") == "" and limits.most is None:
        return Window(skip, None)
    top = _whole(request, "$top", limits.default)
    if top is None or top < 1 or (limits.most is not None and top > limits.most):
        raise invalid("$top", f"Use a whole number between 1 and {limits.most}" if limits.most else "Use a whole number of at least 1")
    return Window(skip, top)


def _whole(request: Request, name: str, default: int) -> int | None:
    text = request.parameter(name)
    if text is None:
        return default
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() else None


def sections_of(request: Request, known: Iterable[str]) -> frozenset[str]:
    """Return the expansions that are asked for, in small letters; raise Refused for an unknown one."""
    asked = [name.strip() for name in (request.parameter("$expand") or "").split(",") if name.strip()]
    allowed = {name.lower() for name in known}
    unknown = [name for name in asked if name.lower() not in allowed]
    if unknown:
        hint = f"Use {', '.join(known)}" if allowed else "This endpoint has no expansions"
        raise invalid("$expand", hint, text=f"'{unknown[0]}' cannot be expanded")
    return frozenset(name.lower() for name in asked)


def order_of(request: Request, sorts: Mapping[str, str]) -> tuple[str, bool] | None:
    """Return by which key the rows are sorted, and whether descending; raise Refused for a property that does not sort."""
    text = (request.parameter("$orderby") or "").strip()
    if not text:
        return None
    name, _, direction = text.partition(" ")
    key = {known.lower(): key for known, key in sorts.items()}.get(name.lower())
    if key is None or direction.strip().lower() not in {"", "asc", "desc"}:
        raise invalid("$orderby", f"Use {', '.join(sorts)}" if sorts else "This endpoint cannot be sorted")
    return key, direction.strip().lower() == "desc"


def condition_of(request: Request, listing: Listing) -> Condition | None:
    """Return what says whether a record meets all the filters; None without any. Raise Refused for a value that is none.

    An empty value is no filter.
    """
    conditions = []
    for name, make in listing.filters.items():
        text = request.parameter(name) or listing.defaults.get(name, "")
        if text:
            try:
                conditions.append(make(text))
            except ValueError:
                raise invalid(name) from None
    return (lambda record: all(meets(record) for meets in conditions)) if conditions else None


def public(record: Record) -> Record:
    """Return what the vendor serves of a record."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def shown(record: Record, asked: frozenset[str], expansions: Iterable[str]) -> Record:
    """Return what is served of a record: a section that was not asked for is null, which does not mean that it is empty."""
    hidden = {name for name in expansions if name.lower() not in asked}
    return {key: None if key in hidden else value for key, value in record.items() if not key.startswith("_")}


# --- lists ---------------------------------------------------------------------------------------------------------


def page_of(account: Account, request: Request, collection: Collection, listing: Listing = PLAIN) -> Reply:
    """Return one page of a collection, by ascending id unless it is asked for otherwise."""
    window, order = window_of(request, listing.limits), order_of(request, listing.sorts)
    where, view = condition_of(request, listing), view_of(request, listing)
    if where is None and order is None:
        total, rows = collection.count(), _by_id(collection, window)
    else:
        numbers = _in_order(account, request, collection, where, order)
        total, rows = len(numbers), _records(collection, cut(numbers, window))
    return enveloped(account, request, [view(row) for row in rows], total, listing, entity=collection.entity, id_key=collection.id_key)


def rows_page(account: Account, request: Request, rows: Sequence[Record], listing: Listing = PLAIN, **reply: Any) -> Reply:
    """Return one page of rows that belong to no collection, as they come unless another order is asked for."""
    window, where, view = window_of(request, listing.limits), condition_of(request, listing), view_of(request, listing)
    kept = sorted_rows((row for row in rows if where is None or where(row)), order_of(request, listing.sorts))
    return enveloped(account, request, [view(row) for row in cut(kept, window)], len(kept), listing, **reply)


def view_of(request: Request, listing: Listing) -> Callable[[Record], Record]:
    """Return what makes of a record what is served; raise Refused for an expansion that there is not."""
    asked = sections_of(request, listing.expansions)
    view = listing.view
    if view is not None:
        return lambda record: view(record, asked)
    return lambda record: shown(record, asked, listing.expansions)


def enveloped(account: Account, request: Request, rows: list[Record], total: int, listing: Listing = PLAIN, **reply: Any) -> Reply:
    """Return rows that are a page already, with the link to the next one."""
    window = window_of(request, listing.limits)
    reaches = window.skip + len(rows)
    more = listing.endless or (window.top is not None and reaches < total and bool(rows))
    link = next_page_link(account, request, window) if more else None
    return Reply(payload={"items": rows, "nextPageLink": link, "count": total}, **{"detailed": True, **reply})


def next_page_link(account: Account, request: Request, window: Window) -> str:
    """Return the absolute link to the next page: all filters are in it, names as they are and values percent-encoded.

    LIKELY: what came twice stays there twice, so that the links of who adds the parameters to them again get longer and longer.
    """
    twice = parse_qsl(request.query_text, keep_blank_values=True)
    asked = [(name, request.query[name]) for name, _ in twice if name in request.query] if len(twice) > len(request.query) else None
    kept = [(name, value) for name, value in asked or request.query.items() if name.lower() not in _PAGING]
    top = window.top or 0
    parameters = [*kept, ("$top", str(top)), ("$skip", str(window.skip + top))]
    return f"{host_of(account, request)}{quote(request.path)}?" + "&".join(
        f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in parameters
    )


def host_of(account: Account, request: Request) -> str:
    """Return scheme and host for links, by the switch `links`: "own", "port443" (with a port in any case) or "foreign"."""
    if account.switches.links == "foreign":
        return FOREIGN_HOST
    asked = request.headers.get("host")
    own = f"http://{asked}" if asked else account.url or VENDOR_HOST
    scheme, _, host = own.partition("://")
    if account.switches.links == "port443" and ":" not in host:
        return f"{own}:{443 if scheme == 'https' else 80}"
    return own


def _by_id(collection: Collection, window: Window) -> list[Record]:
    many = max(collection.count() - window.skip, 0)
    many = many if window.top is None else min(many, window.top)
    if not many:
        return []
    return _records(collection, islice(collection.ids(collection.seek(window.skip)), many))


def _in_order(
    account: Account, request: Request, collection: Collection, where: Condition | None, order: tuple[str, bool] | None
) -> list[int]:
    """Return the ids of all the records that meet the filters, in order; the pages of a list after the first one just recall them."""

    def work() -> list[int]:
        kept = (record for record in collection.records() if where is None or where(record))
        return [collection.number(record[collection.id_key]) for record in sorted_rows(kept, order)]

    asked = sorted((name.lower(), value) for name, value in request.query.items() if name.lower() not in _PAGING)
    return account.recall((request.path, *asked), work)


def _records(collection: Collection, numbers: Iterable[int]) -> list[Record]:
    found = (collection.get(number) for number in numbers)
    return [record for record in found if record is not None]


def cut(rows: list[Row], window: Window) -> list[Row]:
    """Return the rows of a page."""
    return rows[window.skip :] if window.top is None else rows[window.skip : window.skip + window.top]


def sorted_rows(rows: Iterable[Record], order: tuple[str, bool] | None) -> list[Record]:
    """Return rows sorted by a key; those that have the same value stay in the order in which they come."""
    if order is None:
        return list(rows)
    key, descending = order
    return sorted(rows, key=lambda row: _rank(row.get(key)), reverse=descending)


def _rank(value: object) -> tuple[float, str]:
    """Return what a value is sorted by: nothing first, then texts, then times. GUESS: nobody has seen where the vendor puts nothing."""
    return read_instant(value) or 0.0, str(value or "").lower()


# --- lists without pages -------------------------------------------------------------------------------------------


def bare(rows: Iterable[Any], **reply: Any) -> Reply:
    """Return all rows as an array without an envelope: `$top` and `$skip` mean nothing there."""
    found = [public(row) if isinstance(row, dict) else row for row in rows]
    return Reply(payload=found, **{"detailed": True, **reply})


def wrapped(key: str, rows: Iterable[Record], **reply: Any) -> Reply:
    """Return all rows under one key, with neither a count nor a link."""
    return Reply(payload={key: [public(row) for row in rows]}, **{"detailed": True, **reply})


def rows_where(request: Request, collection: Collection, listing: Listing = PLAIN) -> list[Record]:
    """Return all the records that meet the filters, as they are served."""
    where, view = condition_of(request, listing), view_of(request, listing)
    return [view(record) for record in collection.records() if where is None or where(record)]


def bare_list(account: Account, request: Request, entity: str, listing: Listing = PLAIN) -> Reply:
    """Return all records of an entity that meet the filters, as an array without an envelope."""
    collection = account.collection(entity)
    return bare(rows_where(request, collection, listing), entity=entity, id_key=collection.id_key)


# --- single records ------------------------------------------------------------------------------------------------


def detail_of(request: Request, collection: Collection, text: str, listing: Listing = PLAIN) -> Reply:
    """Return one record by its id as it stands in the path, or the 404."""
    view = view_of(request, listing)
    record = collection.get(collection.number(text))
    if record is None or str(record[collection.id_key]) != text:
        return not_found(collection.entity)
    return Reply(payload=view(record), entity=collection.entity, detailed=True, id_key=collection.id_key)


def paged(entity: str, pattern: str, listing: Listing = PLAIN, number: str = r"(\d+)") -> tuple[Route, Route]:
    """Return the endpoints of a list in pages and of its single records; `number` is the pattern of an id."""

    def page(account: Account, request: Request) -> Reply:
        return page_of(account, request, account.collection(entity), listing)

    def detail(account: Account, request: Request, text: str) -> Reply:
        return detail_of(request, account.collection(entity), text, listing)

    return Route("GET", pattern, entity, page), Route("GET", f"{pattern}/{number}", entity, detail)
