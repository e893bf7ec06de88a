"""The `errors` table, and the list of what is still open, which the next sync tries again.

A record that cannot be read, a cell that does not convert and a record without its key each become a row of `errors`. What is open is in
the state as well, with the record's id, so that the next sync asks for it once more and marks the row resolved when it succeeds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from common.failures import SyncFailed
from common.tables import Row, Table, integer, text, utc

MAX_OPEN_PER_TABLE = 1000  # more than this is no quarantine but a table that does not arrive

ERRORS = Table(
    "errors",
    ["id"],
    {
        "id": text("id"),
        "table_name": text("table_name"),
        "record": text("record"),
        "column_name": text("column_name"),
        "message": text("message"),
        "url": text("url"),
        "payload": text("payload"),
        "status": integer("status"),
        "skip": integer("skip"),
        "take": integer("take"),
        "first_seen_at": utc(""),
        "last_seen_at": utc(""),
        "resolved_at": utc(""),
    },
)


class ErrorRecord(NamedTuple):
    """What could not be delivered, with what is needed to find it at the source; never a value of the record itself.

    `record` names the record in words or by its id; `number` is that id, if it is known and a number, by which the next sync asks again.
    """

    root: str
    table_name: str
    message: str
    record: str | None = None
    column_name: str | None = None
    url: str | None = None
    payload: str | None = None
    status: int | None = None
    skip: int | None = None
    take: int | None = None
    number: int | None = None

    @property
    def id(self) -> str:
        """The same for the same trouble in every sync, so that its row is updated and not repeated."""
        return hashlib.sha256("|".join((self.table_name, self.record or "", self.column_name or "")).encode()).hexdigest()[:20]


class OpenError(NamedTuple):
    """An error to try again, and the id of the record that it is about, if that is known."""

    id: str
    number: int | None


class OpenErrors:
    """The open errors of a connection, kept in the state by id: [root, table, number, first seen].

    Raises:
        ValueError: if `stored` is not of that shape.
    """

    def __init__(self, stored: dict[str, list[Any]]) -> None:
        if not all(_is_entry(entry) for entry in stored.values()):
            raise ValueError("an entry of the open errors is damaged")
        self.stored = stored

    def report(self, error: ErrorRecord, now: datetime) -> Row:
        """Remembers an error; returns its row.

        Raises:
            SyncFailed: if a table has too many of them.
        """
        known = self.stored.get(error.id)
        if not known:
            self._check_number(error)
        first_seen = known[-1] if known else now.isoformat()
        self.stored[error.id] = [error.root, error.table_name, error.number, first_seen]
        values = {name: value for name, value in error._asdict().items() if name in ERRORS.columns} | {"id": error.id}
        return ERRORS.row(values) | {"first_seen_at": datetime.fromisoformat(first_seen), "last_seen_at": now}

    def resolve(self, error_id: str, now: datetime) -> Row:
        """Forgets an error that is cured; returns the cells of its row that change, and its key."""
        del self.stored[error_id]
        return {"id": error_id, "resolved_at": now}

    def of(self, root: str) -> Iterator[OpenError]:
        """The open errors of a root table."""
        for error_id, (of_root, _, number, _) in list(self.stored.items()):
            if of_root == root:
                yield OpenError(error_id, number)

    def tables(self) -> Iterable[str]:
        """The names of the tables with open errors."""
        return sorted({stored[1] for stored in self.stored.values()})

    def _check_number(self, error: ErrorRecord) -> None:
        number = sum(stored[1] == error.table_name for stored in self.stored.values())
        if number >= MAX_OPEN_PER_TABLE:
            raise SyncFailed(
                f"{error.table_name}: more than {MAX_OPEN_PER_TABLE} records or cells do not arrive, the last because: {error.message}. "
                "The table `errors` lists them."
            )


def _is_entry(entry: object) -> bool:
    match entry:
        case [str(), str(), int() | None as number, str() as first_seen]:
            return not isinstance(number, bool) and _is_moment(first_seen)
    return False


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
