"""What goes between the generic server and a stand-in: a request, a reply, and the stand-in's own promises."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass
class Request:
    """One request as it was asked. `query` has the parameters as sent; `body` is the parsed JSON or None.

    `status` is 0 until the reply is known, and stays so when the connection was closed without one.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    at: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""

    def parameter(self, name: str) -> str | None:
        """Return a query-string parameter; names are compared without regard to case."""
        found = [value for key, value in self.query.items() if key.lower() == name.lower()]
        return found[-1] if found else None

    @property
    def take(self) -> int:
        """Return the page size asked for; 0 when none was."""
        text = self.parameter("take") or ""
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
    """One reply: a `payload` to be sent as JSON, or a `body` as it is.

    `entity` and `detailed` say whose full records the payload lists, for the faults that look for single records.
    `cut` below 1 sends only that share of the body, under the Content-Length of the whole, and closes.
    """

    status: int = 200
    payload: Any = None
    body: bytes | None = None
    content_type: str | None = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    entity: str | None = None
    detailed: bool = False
    id_key: str = "id"
    cut: float = 1.0

    @property
    def listed(self) -> list[Any] | None:
        """Return the records that the payload lists, as a bare array or under `list`; None if it is no list."""
        found = self.payload.get("list") if isinstance(self.payload, dict) else self.payload
        return found if self.status == 200 and isinstance(found, list) else None

    def encoded(self) -> bytes:
        """Return the bytes of the body."""
        if self.body is None:
            self.body = json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()
        return self.body


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

        "api" is everything that a sync asks for, "queries" the lists that are asked for with conditions, a page at a time, and
        "pages" those of them that grow with the source.
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
