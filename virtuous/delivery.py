"""From raw records to operations: rows with their children, what is gone, and what did not arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

import models
import plan
from api import Record
from common.errors import ErrorRecord
from common.ledger import AtLeast
from common.tables import CellProblem, Row, to_json
from common.warehouse import Warehouse
from cursors import EntityState, SyncState, checksum, digest_of
from fetch import Batch, Gap
from plan import CONTACTS, Entity, Parameters


class Delivery:
    """Hands records to the warehouse and keeps the state in step: each method's rows and memory belong to the same checkpoint.

    Args:
        warehouse: takes the operations.
        state: what is remembered.
        now: the time of this sync.
        optional: the optional tables that are synced.
    """

    def __init__(self, warehouse: Warehouse, state: SyncState, now: datetime, optional: set[str]) -> None:
        self._warehouse, self._state, self._now, self._optional = warehouse, state, now, optional
        self._met: set[str] = set()
        self.day_first = False
        self.unknown_fields: Counter[tuple[str, str]] = Counter()

    def deliver(self, entity: Entity, records: list[Record]) -> list[Record]:
        """Upserts records with their children, deletes the rows of children that a record no longer has; returns what had changed."""
        keyed = {number: record for record in records if (number := entity.id_of(record)) is not None}
        splits = {number: self._split(entity.table, record) for number, record in keyed.items()}
        for split in splits.values():
            self._note(entity.table, split)
        ledger = self._state.entity(entity).ledger
        before = ledger.put({number: _counts(split, ledger.children) for number, split in splits.items()})
        unchanged = self._unchanged(entity, keyed, before)
        changed = {number: split for number, split in splits.items() if number not in unchanged}
        for table in [entity.table, *ledger.children]:
            self._warehouse.upsert(table, (row for split in changed.values() for row in split.rows.get(table, ())))
        for place, table in enumerate(ledger.children):
            known = ((number, old[place]) for number, old in before.items() if number in changed and _is_whole(changed[number], table))
            self._delete_positions(entity, table, ((number, len(changed[number].rows[table]), end) for number, end in known))
        return [keyed[number] for number in changed]

    def delete(self, entity: Entity, ids: Iterable[int]) -> None:
        """Deletes records and all their child rows."""
        ledger = self._state.entity(entity).ledger
        gone = ledger.drop(ids)
        self._warehouse.delete(entity.table, ({entity.root.table.key[0]: str(number)} for number in gone))
        for place, table in enumerate(ledger.children):
            self._delete_positions(entity, table, ((number, 0, counts[place]) for number, counts in gone.items()))

    def replace(self, table: str, records: list[Record]) -> bool:
        """Makes records all that a table and its children hold; False, and nothing is written, if that is what they hold already."""
        rows: dict[str, list[Row]] = {name.name: [] for name in models.ROOTS[table].declared(self._optional)}
        for record in records:
            split = self._split(table, record)
            self._note(table, split)
            for name, some in split.rows.items():
                rows[name] += some
        self.resolve(table)
        digest = digest_of(rows)
        if self._state.digests.get(table) == digest:
            return False
        self._warehouse.replace(rows)
        self._state.digests[table] = digest
        return True

    def report(self, error: ErrorRecord) -> None:
        """Writes an error, and keeps it open."""
        self._met.add(error.id)
        self._warehouse.upsert("errors", [self._state.errors.report(error, self._now)])

    def report_keyless(self, entity: Entity, batch: Batch) -> None:
        """Writes an error for each record of a batch that has no id."""
        for number, _ in enumerate(batch.keyless):
            place = f"row {batch.request.skip + number + 1} behind id {batch.request.after}"
            missing = ErrorRecord(entity.table, entity.table, "a record without an id", place)
            self.report(missing._replace(after=batch.request.after, until=batch.last_id + 1))

    def resolve(self, root: str) -> None:
        """Marks as resolved what is open for a table and was not met again in this sync, though it was read."""
        cured = [error.id for error in self._state.errors.of(root) if error.id not in self._met]
        self._warehouse.upsert("errors", [self._state.errors.resolve(error, self._now) for error in cured])

    def _split(self, table: str, record: Record) -> models.Split:
        return models.split(models.ROOTS[table], record, self._optional, self.day_first)

    def _note(self, root: str, split: models.Split) -> None:
        self.unknown_fields += split.notes.unknown
        for problem in split.notes.problems:
            self.report(_cell_error(root, split.id, problem))

    def _unchanged(self, entity: Entity, records: Mapping[int, Record], delivered: Mapping[int, object]) -> set[int]:
        """The records that were delivered just like this before.

        The overlap brings each record again for two days, and what cannot be asked by its modification comes with every sync. So that
        neither is written again and again, checksums of those records are kept from one sync to the next.
        """
        entry = self._state.entity(entity)
        sums = {number: checksum(record) for number, record in records.items() if self._comes_again(entity, entry, record)}
        unchanged = {number for number, total in sums.items() if number in delivered and entry.checksum_of(number) == total}
        entry.remember(sums)
        return unchanged

    def _comes_again(self, entity: Entity, entry: EntityState, record: Record) -> bool:
        """Whether the next sync will read this record again though nothing was done to it."""
        if entity.drifts or self._state.parameters[entity.table].modified is None:
            return True
        began = min(entry.read_started or self._now.date(), self._now.date())
        return str(record.get("modifiedDateTimeUtc")) >= (began - plan.OVERLAP).isoformat()

    def _delete_positions(self, entity: Entity, table: str, spans: Iterable[tuple[int, int, int]]) -> None:
        """Deletes the child rows from one position up to another (exclusive) of each given record."""
        parent, position = next(child.key for child in entity.root.declared(models.OPTIONAL_TABLES) if child.name == table)
        keys = ({parent: str(number), position: at} for number, start, end in spans for at in range(start, end))
        self._warehouse.delete(table, keys)


def gap_error(entity: Entity, names: Parameters, gap: Gap, ids: str | None) -> ErrorRecord:
    """What could not be read, with the question that failed; `ids` are those of the records in question, if they are known."""
    return ErrorRecord(
        entity.table,
        entity.table,
        str(gap.failure),
        record=ids if names.id else f"row {gap.request.skip + 1}",
        url=gap.failure.url,
        payload=to_json([condition._asdict() for condition in plan.above(names, gap.after, gap.until)]),
        status=gap.failure.status,
        skip=gap.request.skip,
        take=gap.request.take,
        after=gap.after,
        until=gap.until,
    )


def survivors(entity: Entity, since: object, records: Iterable[Record]) -> set[int]:
    """The contacts that absorbed another one since a day: those that the merged ones among `records` name."""
    if entity is not CONTACTS or since is None:
        return set()
    recent = (record for record in records if str(record.get("modifiedDateTimeUtc")) >= str(since))
    return {into for record in recent if isinstance(into := record.get("mergedIntoContactId"), int)}


def _counts(split: models.Split, tables: Iterable[str]) -> tuple[int | None, ...]:
    return tuple(_count(split, table) for table in tables)


def _count(split: models.Split, table: str) -> int | None:
    if table not in split.rows:
        return None
    number = len(split.rows[table])
    return AtLeast(number) if table in split.partial else number


def _is_whole(split: models.Split, table: str) -> bool:
    return table in split.rows and table not in split.partial


def _cell_error(root: str, record: str | None, problem: CellProblem) -> ErrorRecord:
    number = int(record) if record and record.isdecimal() else None
    error = ErrorRecord(root, problem.table, problem.message, record, problem.column)
    return error._replace(after=number - 1, until=number + 1) if number is not None else error._replace(until=0)
