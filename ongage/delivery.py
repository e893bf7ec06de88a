"""From raw records to operations: rows with their children, what is gone, and what did not arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import models
from api import Cells, Record
from common.checksums import checksum
from common.errors import ErrorRecord
from common.failures import SourceFailure
from common.splitting import Split, split
from common.tables import CellProblem, ConversionError, Notes, Row, Table, to_json
from common.warehouse import Warehouse
from cursors import CollectionState, SyncState
from fetch import Gap
from plan import CONTACTS, DETAIL_SUM, RECORD_SUM
from plan import Collection as Listed
from sketch import HEX_ID

HEX = 16


class Delivery:
    """Hands records to the warehouse and keeps the state in step: each method's rows and memory belong to the same checkpoint.

    Args:
        warehouse: takes the operations.
        state: what is remembered.
        now: the time of this sync.
        wanted: the optional tables that the settings name.
    """

    def __init__(self, warehouse: Warehouse, state: SyncState, now: datetime, wanted: Collection[str]) -> None:
        self._warehouse, self._state, self._now, self.wanted = warehouse, state, now, wanted
        self._declared = {table.name for table in models.tables(wanted)}
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

    # --- Contacts ---

    def contacts(self, list_id: str, reader: models.CsvReader, rows: Sequence[Cells], name: Callable[[Cells], str]) -> int:
        """Upserts contacts; returns how many rows cannot be read, which `name` names.

        A contact whose cells all fit now resolves what was open of it.
        """
        root, unreadable, made, errors = of_list(CONTACTS, list_id), 0, list[Row](), list[ErrorRecord]()
        for cells in rows:
            try:
                row, problems = reader.row(cells)
            except ConversionError as error:
                row, problems = None, [CellProblem(CONTACTS, "", str(error))]
            if row is None and not problems and cells:
                problems = [CellProblem(CONTACTS, "id", "expected an id, got none")]
            record = f"{list_id}/{row['id']}" if row else name(cells)
            number = contact_number(row["id"]) if row else None
            errors += [
                ErrorRecord(root, CONTACTS, problem.message, record, problem.column or None, number=number) for problem in problems
            ]
            unreadable += row is None
            made += [row] if row else []
        self._warehouse.upsert(CONTACTS, made)  # before the errors, of which there may be too many: the state already claims these rows
        for trouble in errors:
            self.report(trouble)
        self._resolve_contacts(root, (str(row["id"]) for row in made))
        return unreadable

    def delete_contacts(self, list_id: str, contacts: Sequence[str]) -> None:
        """Deletes contacts."""
        self._warehouse.delete(CONTACTS, ({"list_id": list_id, "id": contact} for contact in contacts))
        self._resolve_contacts(of_list(CONTACTS, list_id), contacts)

    def _resolve_contacts(self, root: str, contacts: Iterable[str]) -> None:
        still_open = {error.number: error.id for error in self._state.errors.of(root) if error.number is not None}
        if still_open:
            numbers = {contact_number(contact) for contact in contacts}
            self.resolve(root, lambda number: number in numbers)

    # --- Collections ---

    def records(self, listed: Listed, list_id: str | None, entry: CollectionState, records: Mapping[int, tuple[Record, Record]]) -> None:
        """Upserts records with their children, and deletes the rows of children that a record no longer has.

        Args:
            listed: the collection.
            list_id: of the list; None for what belongs to the account.
            entry: what is remembered of it.
            records: by id, the record of the listing and the whole record.
        """
        scope = {"list_id": list_id} if list_id else {}
        splits = {number: _split(listed, whole | scope, self.wanted, entry.keys) for number, (_, whole) in records.items()}
        for number, one in splits.items():
            self._note(listed.table, list_id, number, one)
        columns = entry.ledger.children
        counts = {number: _counts(listed, columns, one, *records[number]) for number, one in splits.items()}
        before = entry.ledger.put(counts)
        narrow = [one for number, one in splits.items() if one.untold and number in before]
        whole = [one for number, one in splits.items() if not one.untold or number not in before]
        self._warehouse.upsert(listed.table, (row for one in whole for row in one.rows[listed.table]))
        self._warehouse.update(listed.table, (one.told(listed.table) for one in narrow))
        for place, name in enumerate(columns):
            if name in self._declared and name != listed.bodies:
                self._children(name, list_id, splits, {number: known[place] for number, known in before.items()})
        if listed.bodies in self._declared:
            self._bodies(listed, list_id, {number: whole | scope for number, (_, whole) in records.items()})

    def _bodies(self, listed: Listed, list_id: str | None, records: Mapping[int, Record]) -> None:
        """Upserts what the details of records hold besides the records' own rows; their other keys are the records' own business."""
        table, rows = models.ROOTS[listed.bodies].table, list[Row]()
        for number, whole in records.items():
            notes = Notes()
            rows.append(table.row(whole, notes))
            self._report_problems(listed.table, list_id, number, notes.problems)
        self._warehouse.upsert(listed.bodies, rows)

    def delete_records(self, listed: Listed, list_id: str | None, entry: CollectionState, ids: Iterable[int]) -> None:
        """Deletes records and all their child rows."""
        gone = entry.ledger.drop(ids)
        scope = {"list_id": list_id} if list_id else {}
        self._warehouse.delete(listed.table, (scope | {"id": str(number)} for number in gone))
        for place, name in enumerate(entry.ledger.children):
            if name in self._declared:  # the rows of an optional table that is switched off stay as they are
                self._delete_positions(name, list_id, ((number, 0, counts[place]) for number, counts in gone.items()))

    def _children(self, name: str, list_id: str | None, splits: Mapping[int, Split], before: Mapping[int, int]) -> None:
        """Writes the rows of one child table; a list that was not read whole neither overwrites nor ends what is known of it."""
        written = {
            number: one.rows.get(name, [])
            for number, one in splits.items()
            if (name in one.rows and name not in one.partial) or not before.get(number)
        }
        self._warehouse.upsert(name, (row for rows in written.values() for row in rows))
        self._delete_positions(name, list_id, ((number, len(written[number]), end) for number, end in before.items() if number in written))

    def _delete_positions(self, name: str, list_id: str | None, spans: Iterable[tuple[int, int, int]]) -> None:
        """Deletes the child rows from one position up to another (exclusive) of each given record."""
        table = next(table for table in models.tables(models.OPTIONAL_TABLES) if table.name == name)
        scope = {"list_id": list_id} if list_id else {}
        parent, *position = table.key[len(scope) :]
        keys = (
            scope | {parent: str(number)} | dict.fromkeys(position, at) for number, start, end in spans for at in range(start, end)
        )
        self._warehouse.delete(name, keys)

    def _note(self, table: str, list_id: str | None, number: int, one: Split) -> None:
        self.unknown_fields.update(one.notes.unknown)
        self._report_problems(table, list_id, number, one.notes.problems)

    def _report_problems(self, table: str, list_id: str | None, number: int, problems: Iterable[CellProblem]) -> None:
        for problem in problems:
            self.report(
                ErrorRecord(
                    of_list(table, list_id),
                    problem.table,
                    problem.message,
                    record_name(list_id, number),
                    problem.column,
                    number=number,
                )
            )

    # --- What did not arrive ---

    def report(self, error: ErrorRecord) -> None:
        """Writes an error, and keeps it open."""
        self._met.add(error.id)
        self._warehouse.upsert("errors", [self._state.errors.report(error, self._now)])

    def open_numbers(self, root: str) -> set[int]:
        """The records of which something did not arrive, as far as they are known by a number."""
        return {error.number for error in self._state.errors.of(root) if error.number is not None}

    def resolve(self, root: str, read: Callable[[int | None], bool] = lambda number: True) -> None:
        """Marks as resolved what is open for a root and was not met again in this sync, though it was read.

        Args:
            root: as in the errors' own `root`.
            read: whether what an error's number names was read.
        """
        cured = [error.id for error in self._state.errors.of(root) if error.id not in self._met and read(error.number)]
        self._warehouse.update("errors", [self._state.errors.resolve(error, self._now) for error in cured])


def of_list(table: str, list_id: str | None) -> str:
    """The root of errors: a table, of one list."""
    return f"{table}/{list_id}" if list_id else table


def record_name(list_id: str | None, number: object) -> str:
    """How an error names a record: by the ids of its key."""
    return f"{list_id}/{number}" if list_id else str(number)


def contact_number(contact: str) -> int | None:
    """A contact's id as a number, None if it is none of 24 hexadecimal digits."""
    return int(contact, HEX) if HEX_ID.fullmatch(contact) else None


def unreadable(listed: Listed, list_id: str | None, gap: Gap) -> ErrorRecord:
    """A record that cannot be read: all that is known is where it stands."""
    place = f"row {gap.request.offset + 1} by id, behind id {gap.after}"
    asked = {"offset": gap.request.offset, "limit": gap.request.limit, "sort": "id", "order": "ASC"}
    return ErrorRecord(
        of_list(listed.table, list_id),
        listed.table,
        str(gap.failure),
        record_name(list_id, place),
        url=gap.failure.url,
        payload=to_json(asked),
        status=gap.failure.status,
        skip=gap.request.offset,
        take=gap.request.limit,
    )


def keyless(listed: Listed, list_id: str | None, place: int) -> ErrorRecord:
    """A record that comes without its id."""
    return ErrorRecord(
        of_list(listed.table, list_id), listed.table, "the record comes without its id", record_name(list_id, f"row {place + 1} by id")
    )


def unread_detail(listed: Listed, list_id: str | None, number: int, failure: SourceFailure) -> ErrorRecord:
    """A record that is listed, but cannot be read by itself."""
    return ErrorRecord(
        of_list(listed.table, list_id),
        listed.table,
        str(failure),
        record_name(list_id, number),
        url=failure.url,
        status=failure.status,
        number=number,
    )


def sum_of(record: object) -> int:
    """A record's checksum as a number."""
    return int(checksum(record), HEX)


def _split(listed: Listed, whole: Record, wanted: Collection[str], keys: Sequence[str]) -> Split:
    """A record's rows; of a record that lacks keys that all others had, what these tell stays as it was."""
    made = split(listed.root, whole, wanted)
    missing = set(keys) - whole.keys()
    if made.untold or not missing:
        return made
    table = listed.root.table
    untold = [name for name, column in table.columns.items() if column.source in missing]
    return made._replace(untold=[*untold, *([table.extra] if table.extra and whole.keys() <= table.known else [])])


def _counts(listed: Listed, columns: Sequence[str], one: Split, record: Record, whole: Record) -> tuple[int | None, ...]:
    """What the ledger keeps of a record."""
    own = {RECORD_SUM: sum_of(record), DETAIL_SUM: sum_of(listed.asked_for(record)), listed.bodies: int(whole is not record)}
    found = []
    for name in columns:
        read = name in one.rows and name not in one.partial
        found.append(own[name] if name in own else len(one.rows[name]) if read else None)
    return tuple(found)
