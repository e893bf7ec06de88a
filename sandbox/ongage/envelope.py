"""Replies in the vendor's envelope, and pages of collections.

A module of endpoints has `collections(world)`, which gives its records by entity and list, and ROUTES. A key of a record that begins
with an underscore is none of the vendor's, and is served to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, NamedTuple

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.messages import Reply, Request
from sandbox.ongage.account import Account
from sandbox.ongage.world import ListInfo

DEFAULT_LIMIT = 50

# What answers a request: the account, the request, the list that it is about, and the groups of the route's pattern.
Handler = Callable[..., Reply]


class Route(NamedTuple):
    """One endpoint: its method, a regular expression of the path behind /api/, the entity it belongs to, and what answers it.

    It is called as `handler(account, request, place, *groups)`, `place` being a ListInfo. With `whole_account` it is about no list: a
    list that may not be read does not matter to it.
    """

    method: str
    pattern: str
    entity: str
    handler: Handler
    whole_account: bool = False


def found(payload: Any, total: int | str | None = None, **reply: Any) -> Reply:
    """Return a success; `total` comes only with collections, as an int or as text."""
    metadata: Record = {"error": False}
    if total is not None:
        metadata["total"] = total
    return Reply(payload={"metadata": metadata, "payload": payload}, **reply)


def failed(status: int, message: str, errors: dict[str, str] | None = None) -> Reply:
    """Return an error; the vendor's PHP makes an empty map an array."""
    return Reply(status, {"metadata": {"error": True}, "payload": {"code": status, "errors": errors or [], "message": message}})


def not_found(what: str = "Resource") -> Reply:
    """Return the 404, which is also the reply about what is not yours."""
    return failed(404, f"{what} not found")


def public(record: Record) -> Record:
    """Return what the vendor serves of a record."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def number_of(request: Request, name: str, default: int) -> int:
    """Return a whole number of the query string; what is none is taken for the default."""
    text = request.parameter(name) or ""
    return int(text) if text.isdigit() else default


class Window(NamedTuple):
    """Which rows a request wants, and by what they are sorted."""

    offset: int
    limit: int
    sort: str | None
    descending: bool


def window_of(request: Request) -> Window:
    """Return the part of a collection that is asked for: by offset and limit, or by page and page_size."""
    size = number_of(request, "page_size", number_of(request, "limit", DEFAULT_LIMIT))
    page = number_of(request, "page", 1)
    offset = number_of(request, "offset", 0) or (max(page, 1) - 1) * size
    return Window(offset, size, request.parameter("sort"), (request.parameter("order") or "ASC").upper() == "DESC")


def collection_page(
    request: Request,
    collection: Collection,
    *,
    view: Callable[[Record], Record] = public,
    where: Callable[[Record], bool] | None = None,
    total_as: Callable[[int], int | str] | None = int,
) -> Reply:
    """Return one page of a collection; without `sort` the newest come first, as in the vendor's own pages.

    `where` leaves out records, `view` makes of one what is served. `total_as` is int or str, None for no total.
    """
    asked = window_of(request)
    if where is None and asked.sort in {None, "id"}:
        total = collection.count()
        rows = _by_id(collection, asked, total, descending=asked.descending or asked.sort is None)
    else:
        kept = [record for record in collection.records() if where is None or where(record)]
        total, rows = len(kept), _sorted(kept, asked, collection)[asked.offset : asked.offset + asked.limit]
    return found(
        [view(record) for record in rows],
        None if total_as is None else total_as(total),
        entity=collection.entity, detailed=True, id_key=collection.id_key,
    )  # fmt: skip


def _by_id(collection: Collection, asked: Window, total: int, *, descending: bool) -> list[Record]:
    first = max(total - asked.offset - asked.limit, 0) if descending else asked.offset
    many = max(min(asked.limit, total - asked.offset), 0)
    if not many:
        return []
    numbers = list(islice(collection.ids(collection.seek(first)), many))
    return [record for number in (numbers[::-1] if descending else numbers) if (record := collection.get(number))]


def _sorted(records: list[Record], asked: Window, collection: Collection) -> list[Record]:
    def by_id(record: Record) -> int:
        return collection.number(record[collection.id_key])

    if asked.sort is None or asked.sort == collection.id_key:
        return sorted(records, key=by_id, reverse=asked.descending or asked.sort is None)
    key = asked.sort
    return sorted(records, key=lambda record: (_comparable(record.get(key)), by_id(record)), reverse=asked.descending)


def _comparable(value: Any) -> tuple[int, float, str]:
    """Return what a value is sorted by: nothing first, then numbers, also those in texts, then texts."""
    if value is None or isinstance(value, (dict, list)):
        return 0, 0.0, ""
    try:
        return 1, float(value), ""
    except ValueError:
        return 2, 0.0, str(value).lower()


def rows_page(request: Request, rows: Iterable[Record], total_as: Callable[[int], int | str] | None = int) -> Reply:
    """Return one page of rows that belong to no collection, in the order in which they come."""
    asked, kept = window_of(request), list(rows)
    page = kept[asked.offset : asked.offset + asked.limit]
    return found([public(row) for row in page], None if total_as is None else total_as(len(kept)))


def place_of(account: Account, number: int) -> ListInfo | None:
    """Return a list by its id."""
    return account.world.by_id.get(number)
