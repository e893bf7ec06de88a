"""The way to the warehouse: rows out, and a checkpoint often enough for memory and seldom enough for Fivetran."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from typing import Any, Protocol

from common.clock import Clock
from common.progress import Progress
from common.tables import Row

CHECKPOINT_SECONDS = 60.0
CHECKPOINT_ROWS = 20_000  # rows wait in memory for their checkpoint
SHOWN_WARNINGS = 9  # Fivetran shows the first ten of a sync; the last one is for what was left over


class Operations(Protocol):
    """The part of the SDK's `Operations` that a connector uses."""

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        """Inserts or replaces a row."""

    def update(self, table: str, modified: dict[str, Any]) -> None:
        """Changes the given columns of a row, which its key names."""

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        """Marks a row deleted."""

    def truncate(self, table: str) -> None:
        """Marks all rows of a table deleted."""

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Commits all rows so far together with the state."""

    def warning(self, message: str) -> None:
        """Shows a warning to the customer."""


class Warehouse:
    """Emits operations, from one thread, and counts them.

    Args:
        op: the SDK's operations.
        state: gives the state as it is to be stored with the rows emitted so far.
    """

    def __init__(self, op: Operations, clock: Clock, progress: Progress, state: Callable[[], dict[str, Any]]) -> None:
        self._op, self._clock, self._progress, self._state = op, clock, progress, state
        self._pending = 0
        self._saved_at = clock.time()
        self._warnings: list[str] = []

    def upsert(self, table: str, rows: Iterable[Row]) -> None:
        """Inserts or replaces rows."""
        number = 0
        for number, row in enumerate(rows, 1):  # noqa: B007 - counts what an iterator gives
            self._op.upsert(table=table, data=row)
        self._progress.upserted[table] += number
        self._pending += number

    def update(self, table: str, rows: Iterable[Row]) -> None:
        """Changes some columns of rows that are there; the others stay."""
        number = 0
        for number, row in enumerate(rows, 1):  # noqa: B007
            self._op.update(table=table, modified=row)
        self._progress.upserted[table] += number
        self._pending += number

    def delete(self, table: str, keys: Iterable[Mapping[str, Any]]) -> None:
        """Deletes rows by their keys."""
        number = 0
        for number, key in enumerate(keys, 1):  # noqa: B007
            self._op.delete(table=table, keys=dict(key))
        self._progress.deleted[table] += number
        self._pending += number

    def replace(self, rows: Mapping[str, Iterable[Row]]) -> None:
        """Makes the given rows all that these tables hold; no checkpoint comes between, so nobody sees them half empty."""
        for table, some in rows.items():
            self._op.truncate(table=table)
            self._pending += 1
            self.upsert(table, some)

    def checkpoint(self, *, if_due: bool = False) -> None:
        """Commits what was emitted; with `if_due`, only if a minute has passed or many rows wait."""
        late = self._clock.time() - self._saved_at >= CHECKPOINT_SECONDS
        if if_due and not late and self._pending < CHECKPOINT_ROWS:
            return
        self._op.checkpoint(self._state())
        self._pending, self._saved_at = 0, self._clock.time()

    def wait_for(self, future: Future[Any]) -> Any:
        """The future's result; what is emitted meanwhile is saved, since a source may let us wait for many minutes."""
        while not wait([future], timeout=CHECKPOINT_SECONDS).done:
            self.checkpoint(if_due=True)
        return future.result()

    def warn(self, message: str) -> None:
        """Shows a warning to the customer, once; what is beyond the number that Fivetran shows is gathered into one."""
        if message in self._warnings:
            return
        self._warnings.append(message)
        if len(self._warnings) <= SHOWN_WARNINGS:
            self._op.warning(message)

    def flush_warnings(self) -> None:
        """Shows the warnings that were gathered, in one."""
        rest = self._warnings[SHOWN_WARNINGS:]
        if rest:
            self._op.warning(f"{len(rest)} more warnings: " + " | ".join(rest))
