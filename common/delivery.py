"""From raw records to operations: rows with their children, what is gone, and what did not arrive.

A record may belong to a part of the source, such as a list: its `scope`, whose columns stand before the id in every key, is {} if not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Some
from datetime import datetime
from typing import Any

from common.checksums import checksum
from common.collection import DETAIL_SUM, RECORD_SUM, WHOLE_SUM, Collection, CollectionState, Record
from common.errors import ErrorRecord, OpenErrors
from common.failures import SourceFailure
from common.listing import Gap
from common.splitting import Split, split
from common.tables import CellProblem, Notes, Row, Table, to_json
from common.warehouse import Warehouse

HEX = 16

Scope = Mapping[str, str]


class Delivery:
    """Hands records to the warehouse and keeps the state in step: each method's rows and memory belong to the same checkpoint.

    Args:
        warehouse: takes the operations.
        errors: what is open.
        now: the time of this sync.
        wanted: the optional tables that the settings name.
        tables: all tables that there can be, optional ones too, by name.
    """

    def __init__(self, warehouse: Warehouse, errors: OpenErrors, now: datetime, wanted: Some[str], tables: Mapping[str, Table]) -> None:
        self._warehouse, self._errors, self._now, self.wanted, self._tables = warehouse, errors, now, wanted, tables
        self._met: set[str] = set()
        self.unknown_fields: Counter[tuple[str, str]] = Counter()

    def warn(self, message: str) -> None:
        """Shows a warning to the customer."""
        self._warehouse.warn(message)

    def checkpoint(self, *, if_due: bool = False) -> None:
        """Commits what was delivered, and what is remembered of it."""
        self._warehouse.checkpoint(if_due=if_due)

    # --- Rows that come one by one ---

    def upsert(self, table: Table, rows: Iterable[Row]) -> None:
        """Inserts or replaces rows."""
        self._warehouse.upsert(table.name, rows)

    def delete(self, table: Table, keys: Iterable[Mapping[str, Any]]) -> None:
        """Deletes rows by their keys."""
        self._warehouse.delete(table.name, keys)

    # --- Collections ---

    def records(self, collection: Collection, scope: Scope, entry: CollectionState, records: Mapping[int, tuple[Record, Record]]) -> None:
        """Upserts records with their children, and deletes the rows of children that a record no longer has.

        Args:
            collection: the collection.
            scope: what its records belong to.
            entry: what is remembered of it.
            records: by id, the record of the listing and the whole record.
        """
        splits = {number: _split(collection, {**whole, **scope}, self.wanted, entry.keys) for number, (_, whole) in records.items()}
        for number, one in splits.items():
            self.unknown_fields.update(one.notes.unknown)
            self._report_problems(collection, scope, number, one.notes.problems)
        columns, switched_on = entry.ledger.children, collection.switched_on(self.wanted)
        counts = {number: _counts(collection, columns, one, *records[number]) for number, one in splits.items()}
        before = entry.ledger.put(counts)
        narrow = [one for number, one in splits.items() if one.untold and number in before]
        whole = [one for number, one in splits.items() if not one.untold or number not in before]
        self._warehouse.upsert(collection.table, (row for one in whole for row in one.rows[collection.table]))
        self._warehouse.update(collection.table, (one.told(collection.table) for one in narrow))
        bodies = collection.bodies if collection.bodies and collection.bodies.name in switched_on else None
        for place, name in enumerate(columns):
            if name in switched_on and not (bodies and name == bodies.name):
                self._children(collection, name, scope, splits, {number: known[place] for number, known in before.items()})
        if bodies:
            self._bodies(collection, bodies, scope, {number: {**whole, **scope} for number, (_, whole) in records.items()})

    def _bodies(self, collection: Collection, bodies: Table, scope: Scope, records: Mapping[int, Record]) -> None:
        """Upserts what the details of records hold besides the records' own rows; their other keys are the records' own business."""
        rows = list[Row]()
        for number, whole in records.items():
            notes = Notes()
            rows.append(bodies.row(whole, notes))
            self._report_problems(collection, scope, number, notes.problems)
        self._warehouse.upsert(bodies.name, rows)

    def delete_records(self, collection: Collection, scope: Scope, entry: CollectionState, ids: Iterable[int]) -> None:
        """Deletes records and all their child rows."""
        gone = entry.ledger.drop(ids)
        id_column, switched_on = collection.root.id_column, collection.switched_on(self.wanted)
        self._warehouse.delete(collection.table, ({**scope, id_column: collection.key_of(number)} for number in gone))
        for place, name in enumerate(entry.ledger.children):
            if name in switched_on:  # the rows of an optional table that is switched off stay as they are
                self._delete_positions(collection, name, scope, ((number, 0, counts[place]) for number, counts in gone.items()))

    def _children(self, collection: Collection, name: str, scope: Scope, splits: Mapping[int, Split], before: Mapping[int, int]) -> None:
        """Writes the rows of one child table; a list that was not read whole neither overwrites nor ends what is known of it."""
        written = {
            number: one.rows.get(name, [])
            for number, one in splits.items()
            if (name in one.rows and name not in one.partial) or not before.get(number)
        }
        self._warehouse.upsert(name, (row for rows in written.values() for row in rows))
        surplus = ((number, len(written[number]), end) for number, end in before.items() if number in written)
        self._delete_positions(collection, name, scope, surplus)

    def _delete_positions(self, collection: Collection, name: str, scope: Scope, spans: Iterable[tuple[int, int, int]]) -> None:
        """Deletes the child rows from one position up to another (exclusive) of each given record."""
        parent, *position = self._tables[name].key[len(scope) :]
        keys = (
            {**scope, parent: collection.key_of(number)} | dict.fromkeys(position, at)
            for number, start, end in spans
            for at in range(start, end)
        )
        self._warehouse.delete(name, keys)

    def _report_problems(self, collection: Collection, scope: Scope, number: int, problems: Iterable[CellProblem]) -> None:
        root, record = of_scope(collection.table, scope), record_name(scope, collection.key_of(number))
        for problem in problems:
            self.report(ErrorRecord(root, problem.table, problem.message, record, problem.column, number=number))

    # --- What did not arrive ---

    def report(self, error: ErrorRecord) -> None:
        """Writes an error, and keeps it open."""
        self._met.add(error.id)
        self._warehouse.upsert("errors", [self._errors.report(error, self._now)])

    def open_numbers(self, root: str) -> set[int]:
        """The records of which something did not arrive, as far as they are known by a number."""
        return {error.number for error in self._errors.of(root) if error.number is not None}

    def open_errors(self, root: str) -> int:
        """How many errors are open for a root."""
        return sum(1 for _ in self._errors.of(root))

    def resolve_rows(self, table: Table, records: Iterable[str]) -> None:
        """Marks as resolved what is open for rows, given by their keys, that have arrived whole now."""
        still_open = {error.id for error in self._errors.of(table.name)} - self._met
        if not still_open:
            return
        whole = {ErrorRecord(table.name, table.name, "", record, column).id for record in records for column in table.columns}
        self._resolve(still_open & whole)

    def resolve(self, root: str, read: Callable[[int | None], bool] = lambda number: True) -> None:
        """Marks as resolved what is open for a root and was not met again in this sync, though it was read.

        Args:
            root: as in the errors' own `root`.
            read: whether what an error's number names was read.
        """
        self._resolve([error.id for error in self._errors.of(root) if error.id not in self._met and read(error.number)])

    def _resolve(self, cured: Iterable[str]) -> None:
        self._warehouse.update("errors", [self._errors.resolve(error, self._now) for error in sorted(cured)])


def of_scope(table: str, scope: Scope) -> str:
    """The root of errors: a table, of one part of the source."""
    return "/".join((table, *scope.values()))


def record_name(scope: Scope, text: str) -> str:
    """How an error names a record: by the ids of its key."""
    return "/".join((*scope.values(), text))


def unreadable(collection: Collection, scope: Scope, gap: Gap, asked: Mapping[str, Any]) -> ErrorRecord:
    """A record that cannot be read: all that is known is where it stands. `asked` is what the source was asked for."""
    behind = collection.key_of(gap.after) if gap.after else "0"
    place = f"row {gap.request.offset + 1} by id, behind id {behind}"
    return ErrorRecord(
        of_scope(collection.table, scope),
        collection.table,
        str(gap.failure),
        record_name(scope, place),
        url=gap.failure.url,
        payload=to_json(asked),
        status=gap.failure.status,
        skip=gap.request.offset,
        take=gap.request.limit,
    )


def keyless(collection: Collection, scope: Scope, place: int) -> ErrorRecord:
    """A record that comes without its id."""
    root, record = of_scope(collection.table, scope), record_name(scope, f"row {place + 1} by id")
    return ErrorRecord(root, collection.table, "the record comes without its id", record)


def unread_detail(collection: Collection, scope: Scope, number: int, failure: SourceFailure) -> ErrorRecord:
    """A record that is listed, but cannot be read by itself."""
    return ErrorRecord(
        of_scope(collection.table, scope),
        collection.table,
        str(failure),
        record_name(scope, collection.key_of(number)),
        url=failure.url,
        status=failure.status,
        number=number,
    )


def sum_of(record: object) -> int:
    """A record's checksum as a number."""
    return int(checksum(record), HEX)


def _split(collection: Collection, whole: Record, wanted: Some[str], keys: Sequence[str]) -> Split:
    """A record's rows; of a record that lacks keys that all others had, what these tell stays as it was."""
    made = split(collection.root, whole, wanted)
    missing = set(keys) - whole.keys()
    if made.untold or not missing:
        return made
    table = collection.root.table
    untold = [name for name, column in table.columns.items() if column.source.split(".")[0] in missing]
    return made._replace(untold=[*untold, *([table.extra] if table.extra and whole.keys() <= table.known else [])])


def _counts(collection: Collection, columns: Sequence[str], one: Split, record: Record, whole: Record) -> tuple[int | None, ...]:
    """What the ledger keeps of a record; of one whose detail was not read now, nobody knows what the whole record would be."""
    detailed = whole is not record
    own = {RECORD_SUM: sum_of(record), DETAIL_SUM: sum_of(collection.asked_for(record))}
    if collection.bodies:
        own[collection.bodies.name] = int(detailed)
    if collection.again:
        own[WHOLE_SUM] = sum_of(whole) if detailed else 0
    found = []
    for name in columns:
        read = name in one.rows and name not in one.partial
        found.append(own[name] if name in own else len(one.rows[name]) if read else None)
    return tuple(found)
