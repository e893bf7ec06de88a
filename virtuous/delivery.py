"""From raw records to operations: rows with their children, what is gone, and what did not arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

import models
import plan
from api import Groups, Record
from common.checksums import checksum, digest_of
from common.errors import ErrorRecord
from common.failures import SourceFailure
from common.ledger import AtLeast
from common.tables import CellProblem, Row, to_json
from common.warehouse import Warehouse
from cursors import EntityState, SyncState
from fetch import Gap
from plan import CONTACTS, Entity

EMPTY = "0 "  # how the digest of a small table without records begins


class Delivery:
    """Hands records to the warehouse and keeps the state in step: each method's rows and memory belong to the same checkpoint.

    Args:
        warehouse: takes the operations.
        state: what is remembered.
        now: the time of this sync.
        wanted: the optional tables that the settings name.
    """

    def __init__(self, warehouse: Warehouse, state: SyncState, now: datetime, wanted: Collection[str]) -> None:
        self._warehouse, self._state, self._now, self._wanted = warehouse, state, now, wanted
        self._declared = {table.name for table in models.tables(wanted)}
        self._met: set[str] = set()
        self.day_first = False
        self.unknown_fields: Counter[tuple[str, str]] = Counter()
        self.narrow: Counter[str] = Counter()

    def deliver(self, entity: Entity, records: list[Record]) -> list[Record]:
        """Upserts records with their children, deletes the rows of children that a record no longer has; returns what had changed.

        A record that lacks fields changes the others only, if it was delivered before.
        """
        keyed = {number: record for record in records if (number := entity.id_of(record)) is not None}
        splits = {number: self._whole_split(entity, record) for number, record in keyed.items()}
        for split in splits.values():
            self._note(entity.table, split)
        ledger = self._state.entity(entity).ledger
        before = ledger.put({number: _counts(split, ledger.children) for number, split in splits.items()})
        unchanged = self._unchanged(entity, keyed, before)
        changed = {number: split for number, split in splits.items() if number not in unchanged}
        narrow = [split for number, split in changed.items() if split.untold and number in before]
        whole = [split for number, split in changed.items() if not split.untold or number not in before]
        self._warehouse.upsert(entity.table, (row for split in whole for row in split.rows[entity.table]))
        if narrow:
            self.narrow[entity.table] += len(narrow)
        self._warehouse.update(entity.table, (split.told(entity.table) for split in narrow))
        for place, table in enumerate(ledger.children):
            counts = {number: old[place] for number, old in before.items() if number in changed}
            self._deliver_parts(entity, table, changed, counts)
        return [keyed[number] for number in changed]

    def _deliver_parts(self, entity: Entity, table: str, changed: Mapping[int, models.Split], before: Mapping[int, int]) -> None:
        """Writes the rows of one child table; a list that was not read whole neither overwrites nor ends what is known of it."""
        written = {
            number: split.rows.get(table, []) for number, split in changed.items() if _is_whole(split, table) or not before.get(number)
        }
        self._warehouse.upsert(table, (row for rows in written.values() for row in rows))
        surplus = ((number, len(written[number]), end) for number, end in before.items() if number in written)
        self._delete_positions(entity, table, surplus)

    def delete(self, entity: Entity, ids: Iterable[int]) -> None:
        """Deletes records and all their child rows."""
        ledger = self._state.entity(entity).ledger
        gone = ledger.drop(ids)
        self._warehouse.delete(entity.table, ({entity.root.table.key[0]: str(number)} for number in gone))
        for place, table in enumerate(ledger.children):
            if table in self._declared:  # the rows of an optional table that is switched off stay as they are
                self._delete_positions(entity, table, ((number, 0, counts[place]) for number, counts in gone.items()))

    def replace(self, table: str, records: list[Record]) -> bool:
        """Makes records all that a table and its children hold; False, and nothing is written, if that is what they hold already.

        A list that is empty all of a sudden is not believed.
        """
        root = models.ROOTS[table]
        fetched = [name for name, child in root.optional.items() if all(child.key in record for record in records)]
        rows: dict[str, list[Row]] = {one.name: [] for one in root.declared(set(fetched) & set(self._wanted))}
        if not records and not self._state.digests.get(table, EMPTY).startswith(EMPTY):
            self._warehouse.warn(f"{table}: the list is empty all of a sudden, so its rows were left as they are")
            return False
        for record in records:
            split = self._split(table, record)
            self._note(table, split)
            for name in rows:
                rows[name] += split.rows.get(name, [])
        self.resolve(table)
        digest = f"{len(records)} {digest_of(rows)}"
        if self._state.digests.get(table) == digest:
            return False
        self._warehouse.replace(rows)
        self._state.digests[table] = digest
        return True

    def leave_open(self, root: str, numbers: Collection[int]) -> None:
        """Open errors of these records stay as they are: they could not be tried again."""
        self._met.update(error.id for error in self._state.errors.of(root) if error.number in numbers)

    def report(self, error: ErrorRecord) -> None:
        """Writes an error, and keeps it open."""
        self._met.add(error.id)
        self._warehouse.upsert("errors", [self._state.errors.report(error, self._now)])

    def resolve(self, root: str, *, only_numbered: bool = False) -> None:
        """Marks as resolved what is open for a table and was not met again in this sync, though it was read.

        Args:
            root: the table.
            only_numbered: whether only what can be asked for by id was read.
        """
        still_open = (error for error in self._state.errors.of(root) if error.number is not None or not only_numbered)
        cured = [error.id for error in still_open if error.id not in self._met]
        self._warehouse.update("errors", [self._state.errors.resolve(error, self._now) for error in cured])

    def _split(self, table: str, record: Record) -> models.Split:
        return models.split(models.ROOTS[table], record, self._wanted, self.day_first)

    def _whole_split(self, entity: Entity, record: Record) -> models.Split:
        """A record's rows; a list that was wanted and is not there leaves the rows of before alone."""
        split = self._split(entity.table, record)
        missing = {one.table for one in entity.optional if one.table in self._wanted and one.attach_as not in record}
        return split._replace(partial=split.partial | missing) if missing else split

    def _note(self, root: str, split: models.Split) -> None:
        if split.notes.unknown:
            self.unknown_fields.update(split.notes.unknown)
        for problem in split.notes.problems:
            self.report(_cell_error(root, split.id, problem))

    def _unchanged(self, entity: Entity, records: Mapping[int, Record], delivered: Mapping[int, object]) -> set[int]:
        """The records that were delivered just like this before.

        The overlap brings each record again for two days, and what cannot be asked by its modification comes with every sync. So that
        neither is written again and again, checksums of those records are kept from one sync to the next.
        """
        entry = self._state.entity(entity)
        again = self._coming_again(entity, entry, records)
        sums = {number: checksum(record) for number, record in records.items() if number in again or entry.checksum_of(number)}
        unchanged = {number for number, total in sums.items() if number in delivered and entry.checksum_of(number) == total}
        entry.remember({number: sums[number] for number in again})
        return unchanged

    def _coming_again(self, entity: Entity, entry: EntityState, records: Mapping[int, Record]) -> Collection[int]:
        """The records that the next sync will read again though nothing was done to them."""
        if entity.drifts or self._state.parameters[entity.table].modified is None:
            return records.keys()
        began = min(entry.read_started or self._now.date(), self._now.date())
        since = (began - plan.OVERLAP).isoformat()
        return [number for number, record in records.items() if str(record.get("modifiedDateTimeUtc")) >= since]

    def _delete_positions(self, entity: Entity, table: str, spans: Iterable[tuple[int, int, int]]) -> None:
        """Deletes the child rows from one position up to another (exclusive) of each given record."""
        parent, position = next(child.key for child in entity.root.declared(models.OPTIONAL_TABLES) if child.name == table)
        keys = ({parent: str(number), position: at} for number, start, end in spans for at in range(start, end))
        self._warehouse.delete(table, keys)


def unreadable(entity: Entity, number: int | None, place: str, gap: Gap, groups: Groups) -> ErrorRecord:
    """A record that cannot be read, by its id or else its place; `groups` is the question that failed."""
    asked = [[condition._asdict() for condition in group] for group in groups]
    return ErrorRecord(
        entity.table,
        entity.table,
        str(gap.failure),
        record=place if number is None else str(number),
        url=gap.failure.url,
        payload=to_json(asked),
        status=gap.failure.status,
        skip=gap.request.skip,
        take=gap.request.take,
        number=number,
    )


def keyless(entity: Entity, number: int | None, place: str) -> ErrorRecord:
    """A record that comes without its id; `number` is that id, if it could be found by counting."""
    return ErrorRecord(
        entity.table, entity.table, "the record comes without its id", place if number is None else str(number), number=number
    )


def unread_list(entity: Entity, table: str, number: int, failure: SourceFailure) -> ErrorRecord:
    """The list of one record that cannot be read, though the record can."""
    return ErrorRecord(entity.table, table, str(failure), str(number), url=failure.url, status=failure.status, number=number)


def survivors(entity: Entity, since: date | None, records: Iterable[Record]) -> set[int]:
    """The contacts that absorbed another one since a day: those that the merged ones among `records` name."""
    if entity is not CONTACTS or since is None:
        return set()
    recent = [record for record in records if str(record.get("modifiedDateTimeUtc")) >= since.isoformat()]
    into = (CONTACTS.id_of({"id": record.get("mergedIntoContactId")}) for record in recent)
    return {number for number in into if number is not None}


def _counts(split: models.Split, tables: Sequence[str]) -> tuple[int | None, ...]:
    rows = split.rows
    counts = [len(rows[table]) if table in rows else None for table in tables]
    if not split.partial:
        return tuple(counts)
    pairs = zip(tables, counts, strict=True)
    return tuple(AtLeast(count) if count is not None and table in split.partial else count for table, count in pairs)


def _is_whole(split: models.Split, table: str) -> bool:
    return table in split.rows and table not in split.partial


def _cell_error(root: str, record: str | None, problem: CellProblem) -> ErrorRecord:
    number = int(record) if record and record.isdecimal() else None
    return ErrorRecord(root, problem.table, problem.message, record, problem.column, number=number)
