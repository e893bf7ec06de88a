"""The `errors` table, and the list of what is still open, which the next sync tries again.

A record that cannot be read, a cell that does not convert and a record without its key each become a row of `errors`. What is open is in
the state as well: a range of ids for each, so that the next sync asks for it once more and marks the row resolved when it succeeds.
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

    `after` and `until` are the ids (both exclusive, None for open) between which the record lies, for the next try.
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
    after: int = 0
    until: int | None = None

    @property
    def id(self) -> str:
        """The same for the same trouble in every sync, so that its row is updated and not repeated."""
        place = f"{self.record}" if self.record else f"{self.after}..{self.until}"
        return hashlib.sha256("|".join((self.table_name, place, self.column_name or "")).encode()).hexdigest()[:20]


class OpenError(NamedTuple):
    """An error to try again: whether it is about a cell of a record that can be read, and the ids (exclusive) around the record."""

    id: str
    is_cell: bool
    after: int
    until: int | None


class OpenErrors:
    """The open errors of a connection, kept in the state by id: [root, table, record, column, message, after, until, first seen]."""

    def __init__(self, stored: dict[str, list[Any]]) -> None:
        self.stored = stored

    def report(self, error: ErrorRecord, now: datetime) -> Row:
        """Remembers an error; returns its row.

        Raises:
            SyncFailed: if a table has too many of them.
        """
        known = self.stored.get(error.id)
        first_seen = known[-1] if known else now.isoformat()
        self.stored[error.id] = [
            error.root,
            error.table_name,
            error.record,
            error.column_name,
            error.message,
            error.after,
            error.until,
            first_seen,
        ]
        if not known:
            self._check_number(error)
        values = {name: value for name, value in error._asdict().items() if name in ERRORS.columns} | {"id": error.id}
        return ERRORS.row(values) | {"first_seen_at": datetime.fromisoformat(first_seen), "last_seen_at": now}

    def resolve(self, error_id: str, now: datetime) -> Row:
        """Forgets an error that is cured; returns its row."""
        _, table, record, column, message, _, _, first_seen = self.stored.pop(error_id)
        values = {"id": error_id, "table_name": table, "record": record, "column_name": column, "message": message}
        seen = {"first_seen_at": datetime.fromisoformat(first_seen), "last_seen_at": now, "resolved_at": now}
        return ERRORS.row(values) | seen

    def of(self, root: str) -> Iterator[OpenError]:
        """The open errors of a root table."""
        for error_id, (of_root, _, _, column, _, after, until, _) in list(self.stored.items()):
            if of_root == root:
                yield OpenError(error_id, column is not None, after, until)

    def tables(self) -> Iterable[str]:
        """The names of the tables with open errors."""
        return sorted({stored[1] for stored in self.stored.values()})

    def _check_number(self, error: ErrorRecord) -> None:
        number = sum(stored[1] == error.table_name for stored in self.stored.values())
        if number > MAX_OPEN_PER_TABLE:
            raise SyncFailed(
                f"{error.table_name}: more than {MAX_OPEN_PER_TABLE} records or cells do not arrive, the last because: {error.message}. "
                "The table `errors` lists them."
            )
