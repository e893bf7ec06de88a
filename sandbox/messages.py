"""What goes between the generic server and a stand-in: a request, a reply, and the stand-in's own promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

_PAGE_SIZES = ("take", "limit", "page_size", "$top")
# The same in a body.
_BODY_PAGE_SIZES = ("pageSize", "page_size")
# Under which key a payload has its rows, where it is no bare array.
_LIST_KEYS = ("list", "payload", "items", "results", "customColumns")
# A key that has the rows only where there is no other one: it is that of a part of a record elsewhere.
_LONE_KEY = "districts"
_TOTALS = ("total", "count", "totalResultsCount")


def _list_key(payload: dict[str, Any]) -> str | None:
    """Return the key under which a payload has its rows; None when it is no list."""
    if payload.keys() == {_LONE_KEY}:
        return _LONE_KEY
    return next((key for key in _LIST_KEYS if isinstance(payload.get(key), list)), None)


@dataclass
class Request:
    """One request as it was asked. `query` has the parameters as sent; `body` is the parsed JSON or None.

    `query_text` is the query string as it stood in the request line, where a parameter may come twice; of two `query` has the last.

    `status` is 0 until the reply is known, and stays so when the connection was closed without one. `place` is the path with what
    the body adds to it, where one path answers all questions; it is empty where the path says enough.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    at: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    query_text: str = ""
    place: str = ""

    @property
    def spot(self) -> str:
        """Return what faults and counts know the request by: its place, or else its path."""
        return self.place or self.path

    def parameter(self, name: str) -> str | None:
        """Return a query-string parameter; names are compared without regard to case."""
        found = [value for key, value in self.query.items() if key.lower() == name.lower()]
        return found[-1] if found else None

    @property
    def take(self) -> int:
        """Return the page size asked for, by whichever name an API has for it; 0 when none was."""
        text = next((found for name in _PAGE_SIZES if (found := self.parameter(name))), "")
        if not text and isinstance(self.body, dict):
            text = next((str(self.body[name]) for name in _BODY_PAGE_SIZES if name in self.body), "")
        return int(text) if text.isdigit() else 0


@dataclass(frozen=True)
class ListPage:
    """What a stand-in says of a request for some rows of a list.

    `entity` is whose `records` there are so many of. `question` is the same for all pages of one list, of which this one is
    the `first` or a later one; `skip` is how many rows it leaves out by their number.
    """

    entity: str
    records: int
    question: str
    first: bool
    skip: int


@dataclass
class Reply:
    """One reply: a `payload` to be sent as JSON, a `body` as it is, or a `stream` of bytes for what is too long to be held.

    `entity` and `detailed` say whose full records the payload lists, for the faults that look for single records. `inside` is the key
    under which a row has its record, where the row is not the record itself.
    `cut` below 1 sends only that share of the body, under the Content-Length of the whole, and closes. `sent` is called when a
    stream has come to its end, or was given up.
    """

    status: int = 200
    payload: Any = None
    body: bytes | None = None
    content_type: str | None = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    entity: str | None = None
    detailed: bool = False
    id_key: str = "id"
    inside: str = ""
    cut: float = 1.0
    stream: Iterator[bytes] | None = None
    sent: Callable[[], None] | None = None

    @property
    def listed(self) -> list[Any] | None:
        """Return the records that the payload lists, as a bare array or under the key for them; None if it is no list."""
        found = self.payload
        if isinstance(found, dict):
            key = _list_key(found)
            found = None if key is None else found[key]
        return found if self.status == 200 and isinstance(found, list) else None

    @property
    def records(self) -> list[Any]:
        """Return the records that the payload lists, or the one that it is about."""
        if not self.inside:
            return self.rows
        return [row[self.inside] for row in self.rows if isinstance(row, dict) and self.inside in row]

    @property
    def rows(self) -> list[Any]:
        """Return the rows that the payload lists, or the one record that it is about."""
        if self.listed is not None or not isinstance(self.payload, dict) or self.status != 200:
            return self.listed or []
        one = self.payload.get("payload", self.payload)
        return [one] if isinstance(one, dict) and self.id_key in one else []

    def record_of(self, row: Any) -> Any:
        """Return the record of a row of the list; None when the row has none."""
        return (row.get(self.inside) if isinstance(row, dict) else None) if self.inside else row

    def with_rows(self, rows: Iterable[Any]) -> Reply:
        """Return a reply that lists other rows, all else being the same."""
        if not isinstance(self.payload, dict):
            return replace(self, payload=list(rows), body=None)
        return replace(self, payload=self.payload | {_list_key(self.payload): list(rows)}, body=None)

    def with_fewer_in_total(self, missing: int) -> Reply:
        """Return a reply whose total, if it has one, is smaller; it stays a number or a text."""
        if not isinstance(self.payload, dict):
            return self
        metadata = self.payload.get("metadata")
        place = metadata if isinstance(metadata, dict) else self.payload
        name = next((name for name in _TOTALS if name in place), None)
        if name is None:
            return self
        total = place[name]
        fewer = place | {name: type(total)(int(total) - missing)}
        return replace(self, payload=fewer if place is self.payload else self.payload | {"metadata": fewer}, body=None)

    def encoded(self) -> bytes:
        """Return the bytes of the body; a stream is read to its end."""
        if self.body is None and self.stream is not None:
            try:
                self.body = b"".join(self.stream)
            finally:
                self.stream = None
                self.done()
        if self.body is None:
            self.body = json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()
        return self.body

    def done(self) -> None:
        """Tell, once, that a stream has come to its end."""
        told, self.sent = self.sent, None
        if told:
            told()


class Table(Protocol):
    """The truth about one warehouse table."""

    @property
    def key(self) -> list[str]:
        """Return the columns of the primary key."""

    @property
    def columns(self) -> dict[str, str]:
        """Return each column's kind: text, integer, decimal, double, boolean, timestamp or json."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows a perfect sync would give."""

    def count(self) -> int:
        """Return the number of rows."""


class Faulty(Protocol):
    """What only a stand-in can do wrong, since only it knows its paths, its query language and its records."""

    @property
    def places(self) -> Mapping[str, str]:
        """Return the paths of a role, as a regular expression.

        "api" is everything that a sync asks for, "queries" the lists that are asked for with conditions or a page at a time, and
        "pages" those of them that come in pages and grow with the source.
        """

    def list_page(self, request: Request) -> ListPage | None:
        """Return what page of which list is asked for; None when it is none of the "queries"."""

    def disturb(self, request: Request, change: str) -> bool:
        """Change the list that is asked for, and say whether anything was changed.

        `change` is delete, insert or edit for one record, replace for a delete and an insert at once, or import for an edit of
        half of all records at one instant. A list of fewer than ten records loses none.
        """

    def misread(self, request: Request, how: str) -> bool:
        """Rewrite the conditions of a request: inclusive, exclusive, or ignored; say whether that made a difference."""

    def narrow(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record's id, its modified time and little more."""


class StandIn(Faulty, Protocol):
    """What the generic server wants of a stand-in."""

    token: str

    @property
    def examples(self) -> list[dict[str, Any]]:
        """Return some changes of one record, as for `change`."""

    @property
    def size(self) -> str:
        """Return how much there is, in words."""

    @property
    def change_kinds(self) -> list[str]:
        """Return the kinds of change, each with the options that it cannot do without."""

    @property
    def optional_tables(self) -> list[str]:
        """Return the tables that a sync leaves out unless its settings name them."""

    def configuration(self, url: str) -> dict[str, str]:
        """Return the connector's configuration for a sandbox at this address."""

    def admit(self, request: Request) -> tuple[dict[str, str], Reply | None]:
        """Check credential and quota; return the headers for any reply, and the refusal if there is one."""

    def respond(self, request: Request) -> Reply:
        """Answer an admitted request."""

    def leave(self) -> None:
        """Hear that a request is over, admitted or not: its reply was made, and if it is a stream, sent."""

    def change(self, kind: str, **options: Any) -> dict[str, Any]:
        """Change the data; return what was changed."""

    def change_bundle(self, share: float = 0.01) -> list[dict[str, Any]]:
        """Change a share of the data in all ways there are."""

    def fewest_requests(self, *, changed: bool = False, page: int | None = None) -> dict[str, int]:
        """Return, by what is asked for, the fewest requests that a perfect sync needs.

        `changed` is a sync of what changed since the start, else it is the first one; `page` is a smaller page than the API allows.
        """

    def truth(self, *, include_archived: bool = True, optional: Iterable[str] = ()) -> Mapping[str, Table]:
        """Return the truth by table."""
