"""Tables that are replaced span by span: a month of statistics, a day of activity.

A span that will be read again has a `Mirror` in the state. When it is read again, what differs is written, and what is gone is deleted;
a span that is as it was costs nothing but the reading.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime

from common.checksums import cells_sum
from common.deletes import MAX_DELETED_UNDOUBTED, is_doubtful
from common.portions import portions
from common.sketch import Mirror, width_for
from common.tables import Row, Table
from cursors import SpansState
from delivery import Delivery

ROWS_AT_ONCE = 500
DIFFERENCES_EXPECTED = 0.1  # of the rows of a span
MOST_WIDTH = 512

Read = Callable[[bool], Iterator[Row]]  # gives the rows of a span; with True the source is asked again, whatever is known by now
Asked = Callable[[Row], bool]


def deliver_once(delivery: Delivery, table: Table, read: Read) -> None:
    """Delivers a span that will not be read again."""
    for some in portions(read(False), ROWS_AT_ONCE):
        delivery.upsert(table, some)
        delivery.checkpoint(if_due=True)


def replace(delivery: Delivery, table: Table, entry: SpansState, name: str, read: Read, asked: Asked = lambda key: True) -> None:
    """Makes the warehouse hold what is read of a span.

    Args:
        delivery: takes the rows.
        table: of the rows.
        entry: what is remembered of the table.
        name: of the span.
        read: gives its rows.
        asked: whether what was read could have had a row with this key; others stay as they are.

    Raises:
        SourceFailure: what `read` raises.
    """
    held = entry.mirrors.get(name)
    if held is None:
        seen = entry.mirrors[name] = Mirror(MOST_WIDTH)  # from the first checkpoint on, what was delivered is known
        for some in portions(read(False), ROWS_AT_ONCE):
            for row in some:
                seen.put(key_of(table, row), cells_sum(row.values()))
            delivery.upsert(table, some)
            delivery.checkpoint(if_due=True)
    else:
        seen = Mirror(max(held.width, MOST_WIDTH))
        for row in read(False):
            seen.put(key_of(table, row), cells_sum(row.values()))
        _reconcile(delivery, table, name, held, seen, read, asked)
    entry.mirrors[name] = seen.folded(width_for(int(seen.rows * DIFFERENCES_EXPECTED), MOST_WIDTH))


def _reconcile(  # noqa: PLR0913, PLR0917 - as many as `replace`
    delivery: Delivery, table: Table, name: str, held: Mirror, seen: Mirror, read: Read, asked: Asked
) -> None:
    """Delivers in what a span differs, and deletes what a second reading lacks as well, unless it is so much that it is not believed."""
    gone, changed = held.compared(seen)
    others = {text for text in gone or () if not asked(_key(table, text))}
    missing = held.rows - seen.rows if gone is None else len(gone - others)
    # a few rows may be all that a month had, and the source is asked for them again
    doubtful = missing > MAX_DELETED_UNDOUBTED and is_doubtful(missing, seen.rows, held.rows - len(others))
    if gone or changed or gone is None or changed is None:
        as_seen, still_there = held.checksums(seen)[1], set(others)
        for some in portions(read(missing > 0), ROWS_AT_ONCE):
            keys = [key_of(table, row) for row in some]
            still_there.update((gone or set()) & set(keys))
            chosen = [(key, row) for key, row in zip(keys, some, strict=True) if changed is None or key in changed]
            for key, row in chosen:
                if as_seen.get(key, cells_sum(row.values())) != cells_sum(row.values()):  # it has changed once more
                    seen.change(key, as_seen[key], cells_sum(row.values()))
                    as_seen[key] = cells_sum(row.values())
            delivery.upsert(table, [row for _, row in chosen])
            delivery.checkpoint(if_due=True)
        if doubtful:
            delivery.warn(
                f"{table.name}: of {held.rows:,} rows from {name} on, {missing:,} are missing. That is more than is "
                "believed, so nothing was deleted. If they were removed on purpose, re-sync this table."
            )
            still_there = gone or set()
        _delete(delivery, table, held, seen, gone, still_there)


def _delete(delivery: Delivery, table: Table, held: Mirror, seen: Mirror, gone: set[str] | None, still_there: set[str]) -> None:
    if gone is None:
        if seen.rows < held.rows:
            delivery.warn(f"{table.name}: so many rows are gone that it cannot be told which. To remove them, re-sync this table.")
        return
    delivery.delete(table, (_key(table, text) for text in sorted(gone - still_there)))
    sums = held.checksums(seen)[0]
    for text in still_there:
        seen.put(text, sums.get(text, 0))


def key_of(table: Table, row: Row) -> str:
    """A row's key as text."""
    return json.dumps([row[column] for column in table.key], default=datetime.isoformat, separators=(",", ":"))


def _key(table: Table, text: str) -> Row:
    """The key that a text stands for."""
    values = zip(table.key, json.loads(text), strict=True)
    return {column: datetime.fromisoformat(value) if table.columns[column].type == "UTC_DATETIME" else value for column, value in values}
