"""What is read from Virtuous, in which order and from which cursor, and how it reaches the warehouse.

Each entity is read once in full, by id; from then on, what was modified since the last sync, again by id, so that any sync may be killed
and goes on where it was. Small reference tables are replaced whole when they change. What leaves no trace at the source (deletes) is
found by comparing ids every few days; what a merge moved is read again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from datetime import date, timedelta
from functools import partial
from typing import Any

from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op

import models
import plan
from api import LIST_TAKE, RATE_WINDOW_SECONDS, Groups, Record, VirtuousApi, exchange
from common.budget import Budget
from common.clock import Clock, SystemClock, moment
from common.errors import ErrorRecord
from common.failures import (
    Disorder,
    Forbidden,
    NotFound,
    Rejected,
    SettingProblem,
    SourceFailure,
    SyncFailed,
    Unauthorized,
    Unavailable,
)
from common.progress import Progress
from common.retrying import Attempts
from common.tables import CellProblem, Row, to_json
from common.warehouse import CHECKPOINT_SECONDS, Warehouse
from cursors import EntityState, SyncState, checksum, digest_of
from fetch import PARALLEL_REQUESTS, Batch, Gap, KeysetReader, PageRequest, Reply, read_by_offset
from plan import CONTACTS, ENTITIES, REFERENCES, Entity, Parameters, Reference

PAGE_ATTEMPTS = 3  # for a page that a smaller size may cure
LIST_ATTEMPTS = 8  # for what cannot be asked for in smaller pieces
IDS_PER_QUERY = 100  # groups are alternatives, and hundreds in one query work
MAX_DELETED_SHARE = 0.2  # a listing that lacks more than this is not believed ...
MAX_DELETED_UNDOUBTED = 20  # ... unless it is about no more records than these
MAX_REREAD = 10_000  # records that a sweep finds undelivered; for more, the table is read in full again
RARELY_READ_AGAIN = timedelta(days=1)
MONTH_FIRST_CULTURES = ("", "en-US", "es-US", "en-PH")

Settings = Mapping[str, Any]


def run(settings: Settings, state: Mapping[str, Any], clock: Clock | None = None) -> None:
    """One sync.

    Args:
        settings: the values of `settings.SETTINGS`.
        state: what the last checkpoint stored.
        clock: time and waiting.

    Raises:
        SettingProblem: if the key is not accepted.
        StateProblem: if the state cannot be read.
        SyncFailed: if a table is incomplete; the others are complete, and the next sync goes on where this one stopped.
    """
    clock = clock or SystemClock()
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as executor:
        Sync(settings, SyncState.load(state), clock, executor).run()


def budget(settings: Settings, clock: Clock) -> Budget:
    """The organization's request quota, less the reserve."""
    return Budget(clock, settings["rate_limit_reserve"], RATE_WINDOW_SECONDS, log.info)


KEY_REFUSED = (
    'Virtuous does not accept the API key in "bearer_token" (401). Create a new one under Settings > Connectivity > API Keys, '
    'and put it into "bearer_token" without quotes or spaces around it.'
)


def _not_readable(failure: SourceFailure) -> str:
    if isinstance(failure, Forbidden):
        return "the API key may not read it (403). Give its permission group access to this module, or leave it so."
    return "this organization has no such module (404)."


def _counts(split: models.Split, tables: Iterable[str]) -> tuple[int | None, ...]:
    return tuple(len(split.rows[table]) if table in split.rows else None for table in tables)


def _cell_error(root: str, record: str | None, problem: CellProblem) -> ErrorRecord:
    number = int(record) if record and record.isdecimal() else 0
    return ErrorRecord(
        root,
        problem.table,
        problem.message,
        record,
        problem.column,
        after=number - 1 if number else 0,
        until=number + 1 if number else 0,
    )


def compare(delivered: Iterable[int], listed: array[int]) -> tuple[list[int], list[int]]:
    """Two ascending lists of ids: which were delivered and are not listed, and which are listed and were not delivered."""
    gone, missed, at = [], [], 0
    for number in delivered:
        while at < len(listed) and listed[at] < number:
            missed.append(listed[at])
            at += 1
        if at < len(listed) and listed[at] == number:
            at += 1
        else:
            gone.append(number)
    return gone, missed + list(listed[at:])


def _with_gap_ending(batch: Batch, until: int | None) -> Batch:
    """The batch; a gap that reaches to the end of what was asked for ends there."""
    if batch.gap is None or batch.gap.until is not None:
        return batch
    return batch._replace(gap=batch.gap._replace(until=until))


class Sync:
    """One sync: what all its steps share."""

    def __init__(self, settings: Settings, state: SyncState, clock: Clock, executor: Executor) -> None:
        self.settings, self.state, self.clock, self.executor = settings, state, clock, executor
        self.budget = budget(settings, clock)
        session = exchange(settings, self.budget, clock, PARALLEL_REQUESTS + 1)  # the main thread asks as well
        self.api = VirtuousApi(session.json)
        self.patient_api = VirtuousApi(lambda *request: Attempts(clock, LIST_ATTEMPTS).call(partial(session.json, *request)))
        self.progress = Progress(clock, log.info)
        self.warehouse = Warehouse(op, clock, self.progress, state.dump)
        self.now = moment(clock)
        self.optional = set(settings["optional_tables"])
        self.day_first = False
        self.unknown_fields: Counter[tuple[str, str]] = Counter()
        self.incomplete: dict[str, str] = {}
        self.reported: set[str] = set()

    def run(self) -> None:
        """Reads everything that is due."""
        try:
            self._read_organization()
            references = {reference: self._submit(reference) for reference in REFERENCES if self._is_due(reference)}
            for entity in ENTITIES:
                self._attempt(entity.table, partial(self._sync_entity, entity))
            for reference, reading in references.items():
                self._attempt(reference.table, partial(self._replace, reference, reading))
            if not self.incomplete:
                self.state.survivors.clear()
                self.state.rare_read_at = self.now if self._rare_is_due() else self.state.rare_read_at
        except Unauthorized as failure:
            raise SettingProblem(KEY_REFUSED) from failure
        self._finish()

    # --- What surrounds every table ---

    def _attempt(self, table: str, action: Callable[[], None]) -> None:
        """Runs one table's part; another table's failure is no reason to stop this one."""
        try:
            action()
        except (Forbidden, NotFound) as failure:
            self.warehouse.warn(f"{table} is left out: {_not_readable(failure)}")
        except Unauthorized:
            raise
        except (SourceFailure, SyncFailed) as failure:
            if isinstance(failure, Rejected):
                self.state.parameters.pop(table, None)  # they may have been renamed since they were read
            self.incomplete[table] = str(failure)
            log.error(f"{table} is incomplete: {failure}")

    def _finish(self) -> None:
        unknown = [f"{table}.{key} ({number:,} records)" for (table, key), number in self.unknown_fields.most_common()]
        if unknown:
            self.warehouse.warn("fields that no column takes, new at the source perhaps: " + ", ".join(unknown))
        still_open = self.state.errors.tables()
        if still_open:
            self.warehouse.warn(
                f"the table `errors` lists what did not arrive, to be tried again by the next sync: {', '.join(still_open)}"
            )
        self.warehouse.flush_warnings()
        self.warehouse.checkpoint()
        log.info(self.progress.summary(self.budget.requests))
        if self.incomplete:
            reasons = "; ".join(f"{table}: {reason}" for table, reason in self.incomplete.items())
            raise SyncFailed(f"Incomplete, the next sync goes on from here: {reasons}")

    def _wait(self, future: Future[Any]) -> Any:
        """The future's result; what is emitted meanwhile is saved, since the source may let us wait for many minutes."""
        while not wait([future], timeout=CHECKPOINT_SECONDS).done:
            self.warehouse.checkpoint(if_due=True)
        return future.result()

    # --- The organization and the small tables ---

    def _read_organization(self) -> None:
        organization: Record = {}
        try:
            organization = self.patient_api.organization()
        except Forbidden as failure:
            self.warehouse.warn(f"organizations is left out: {_not_readable(failure)}")
        except NotFound as failure:
            raise SettingProblem(f'There is no Virtuous API at "base_url": {failure}.') from failure
        self.day_first = str(organization.get("organizationCulture") or "") not in MONTH_FIRST_CULTURES
        if organization:
            self._replace_if_changed("organizations", [organization])

    def _is_due(self, reference: Reference) -> bool:
        return not reference.rarely or self._rare_is_due()

    def _rare_is_due(self) -> bool:
        read_at = self.state.rare_read_at
        return read_at is None or not timedelta(0) <= self.now - read_at < RARELY_READ_AGAIN

    def _submit(self, reference: Reference) -> Future[list[Record]]:
        return self.executor.submit(self._read_reference, reference)

    def _read_reference(self, reference: Reference) -> list[Record]:
        records = reference.read(self.patient_api)
        self._attach(reference.optional, records)
        return records

    def _replace(self, reference: Reference, reading: Future[list[Record]]) -> None:
        self._replace_if_changed(reference.table, self._wait(reading))

    def _replace_if_changed(self, table: str, records: list[Record]) -> None:
        splits = [self._split(table, record) for record in records]
        rows: dict[str, list[Row]] = {name.name: [] for name in models.ROOTS[table].declared(self.optional)}
        for split in splits:
            for name, some in split.rows.items():
                rows[name] += some
            self._note(table, split)
        self._resolve(table)
        digest = digest_of(rows)
        if self.state.digests.get(table) == digest:
            return
        self.progress.begin(table, f"replacing {len(records):,} records")
        self.warehouse.replace(rows)
        self.state.digests[table] = digest
        self.warehouse.checkpoint(if_due=True)

    # --- One entity ---

    def _sync_entity(self, entity: Entity) -> None:
        names = self._parameters(entity)
        entry = self.state.entity(entity)
        first = entry.modified_since is None
        sweep_due = not first and self._sweep_is_due(entry)
        self._retry_open(entity, names)
        if not first and (self._misses_optional(entity, entry) or (sweep_due and self._is_read_in_full(entity))):
            entry.rescan = True
        self._read(entity, names, entry)
        if not first:
            self._reread_merged(entity, names)
        if sweep_due:
            self._sweep(entity, names, entry)
        self.warehouse.checkpoint(if_due=True)

    def _parameters(self, entity: Entity) -> Parameters:
        stored = self.state.parameters.get(entity.table)
        if stored is None or self._rare_is_due():
            options = self.patient_api.query_options(entity.resource)
            stored = self.state.parameters[entity.table] = plan.parameters(entity, options)
        return stored

    def _misses_optional(self, entity: Entity, entry: EntityState) -> bool:
        wanted = {one.table for one in entity.optional if one.table in self.optional}
        return not wanted <= set(entry.optional)

    def _is_read_in_full(self, entity: Entity) -> bool:
        return entity.drifts or any(one.table in self.optional for one in entity.optional)

    def _read(self, entity: Entity, names: Parameters, entry: EntityState) -> None:
        """Reads on from the entity's cursor to the end, and moves its window on."""
        if entry.read_started is None:
            entry.read_started = self.now.date()
        since = self._since(names, entry)
        self.progress.begin(entity.table, f"reading what was modified since {since}" if since else "reading everything")
        started = min(entry.read_started, self.now.date())
        for batch in self._batches(entity, names, entry, since):
            changed = self._deliver(entity, batch.records)
            self._note_survivors(entity, entry, changed)
            self._note_unread(entity, names, batch)
            entry.cursor = entry.cursor.advanced(batch.last_id, len(batch.records))
            self.progress.advance(len(batch.records), batch.remaining)
            self.warehouse.checkpoint(if_due=True)
        optional = [one.table for one in entity.optional if one.table in self.optional]
        entry.finish_read(started, self.now, optional, keep_checksums=entity.drifts)

    def _since(self, names: Parameters, entry: EntityState) -> date | None:
        if names.modified is None or entry.rescan:
            return None
        start: date | None = self.settings["start_date"]
        return self._window_start(entry) or start

    def _window_start(self, entry: EntityState) -> date | None:
        """The first day of what may have changed since the last sync, None before the first; a cursor in the future counts as today's."""
        return min(entry.modified_since, self.now.date()) - plan.OVERLAP if entry.modified_since else None

    def _batches(self, entity: Entity, names: Parameters, entry: EntityState, since: date | None) -> Iterator[Batch]:
        if names.id:
            reader = self._keyset(entity, entity.query, lambda after: [plan.above(names, after, since=since)])
            try:
                yield from reader.batches(entry.cursor.last_id)
                return
            except Disorder as disorder:
                log.warning(f"{entity.table}: {disorder}; reading everything page by page instead")
        yield from read_by_offset(lambda request: self._page(entity, entity.query, [], request), entity.id_of)
        self._resolve(entity.table)

    def _keyset(self, entity: Entity, path: str, groups: Callable[[int], Groups]) -> KeysetReader:
        return KeysetReader(
            lambda request: self._page(entity, path, groups(request.after), request),
            entity.id_of,
            self.executor,
            self._wait,
        )

    def _page(self, entity: Entity, path: str, groups: Groups, request: PageRequest) -> Reply:
        return Attempts(self.clock, PAGE_ATTEMPTS).call(lambda: self._ask(entity, path, groups, request.skip, request.take))

    def _ask(self, entity: Entity, path: str, groups: Groups, skip: int, take: int) -> Reply:
        """One page with all that belongs to its records. Called in threads."""
        archived = self.settings["include_archived"] if entity is CONTACTS else None
        records, total = self.api.query(path, groups, skip, take, include_archived=archived)
        if path == entity.query:
            if entity is CONTACTS:
                self._tell_archived(records, groups)
            self._attach(entity.optional, records)
        return Reply(records, total)

    def _tell_archived(self, records: list[Record], groups: Groups) -> None:
        """Full contacts do not say whether they are archived: those that the same query without archived ones lists are not."""
        unsure = [record for record in records if CONTACTS.id_of(record) is not None and "isArchived" not in record]
        ids = [number for record in unsure if (number := CONTACTS.id_of(record)) is not None]
        if not ids:
            return
        active: set[int | None] = set()
        if self.settings["include_archived"]:
            between = plan.above(self.state.parameters[CONTACTS.table]._replace(modified=None), min(ids) - 1, max(ids) + 1)
            narrowed = [[*group, *between] for group in groups] or [between]
            listed, total = self.patient_api.query(CONTACTS.cheap, narrowed, 0, LIST_TAKE, include_archived=False)
            if len(listed) < total:
                raise Unavailable(f"{CONTACTS.cheap} listed {len(listed)} of {total} contacts")
            active = {CONTACTS.id_of(record) for record in listed}
        for record in unsure:
            record["isArchived"] = bool(self.settings["include_archived"]) and CONTACTS.id_of(record) not in active

    def _attach(self, lists: Iterable[plan.Optional], records: list[Record]) -> None:
        """Puts the lists that need a call of their own on their records; a list that may not be read is left out of this sync."""
        for one in lists:
            for record in records if one.table in self.optional else ():
                try:
                    record[one.attach_as] = one.read(self.patient_api, record)
                except (Forbidden, NotFound) as failure:
                    if isinstance(failure, Forbidden):
                        self.optional.discard(one.table)
                        break

    # --- Rows ---

    def _split(self, table: str, record: Record) -> models.Split:
        return models.split(models.ROOTS[table], record, self.optional, self.day_first)

    def _deliver(self, entity: Entity, records: list[Record]) -> list[Record]:
        """Upserts records with their children, deletes the rows of children that a record no longer has; returns what had changed."""
        keyed = {number: record for record in records if (number := entity.id_of(record)) is not None}
        splits = {number: self._split(entity.table, record) for number, record in keyed.items()}
        for split in splits.values():
            self._note(entity.table, split)
        ledger = self.state.entity(entity).ledger
        before = ledger.put({number: _counts(split, ledger.children) for number, split in splits.items()})
        unchanged = self._unchanged(entity, keyed, before)
        changed = {number: split for number, split in splits.items() if number not in unchanged}
        for table in [entity.table, *ledger.children]:
            self.warehouse.upsert(table, (row for split in changed.values() for row in split.rows.get(table, ())))
        for place, table in enumerate(ledger.children):
            known = ((number, old[place]) for number, old in before.items() if number in changed and table in changed[number].rows)
            self._delete_positions(entity, table, ((number, len(changed[number].rows[table]), end) for number, end in known))
        return [keyed[number] for number in changed]

    def _unchanged(self, entity: Entity, records: Mapping[int, Record], delivered: Mapping[int, object]) -> set[int]:
        """The records that were delivered just like this before.

        The overlap brings each record again for two days, and what cannot be asked by its modification comes with every sync. So that
        neither is written again and again, checksums of those records are kept from one sync to the next.
        """
        entry = self.state.entity(entity)
        sums = {number: checksum(record) for number, record in records.items() if self._comes_again(entity, entry, record)}
        unchanged = {number for number, total in sums.items() if number in delivered and entry.checksum_of(number) == total}
        entry.remember(sums)
        return unchanged

    def _comes_again(self, entity: Entity, entry: EntityState, record: Record) -> bool:
        """Whether the next sync will read this record again though nothing was done to it."""
        if entity.drifts or self.state.parameters[entity.table].modified is None:
            return True
        began = min(entry.read_started or self.now.date(), self.now.date())
        return str(record.get("modifiedDateTimeUtc")) >= (began - plan.OVERLAP).isoformat()

    def _note_survivors(self, entity: Entity, entry: EntityState, records: list[Record]) -> None:
        """Remembers the contacts that absorbed another one since the last sync."""
        since = self._window_start(entry)
        if entity is not CONTACTS or since is None:
            return
        recent = (record for record in records if str(record.get("modifiedDateTimeUtc")) >= since.isoformat())
        self.state.survivors.update(into for record in recent if isinstance(into := record.get("mergedIntoContactId"), int))

    def _delete_positions(self, entity: Entity, table: str, spans: Iterable[tuple[int, int, int]]) -> None:
        """Deletes the child rows from one position up to another (exclusive) of each given record."""
        key = next(child.key for child in entity.root.declared(models.OPTIONAL_TABLES) if child.name == table)
        self.warehouse.delete(
            table,
            ({key[0]: str(number), key[1]: position} for number, start, end in spans for position in range(start, end)),
        )

    def _delete(self, entity: Entity, ids: Iterable[int]) -> None:
        """Deletes records and all their child rows."""
        ledger = self.state.entity(entity).ledger
        gone = ledger.drop(ids)
        self.warehouse.delete(entity.table, ({entity.root.table.key[0]: str(number)} for number in gone))
        for place, table in enumerate(ledger.children):
            self._delete_positions(entity, table, ((number, 0, counts[place]) for number, counts in gone.items()))

    # --- What could not be read or converted ---

    def _note(self, root: str, split: models.Split) -> None:
        self.unknown_fields += split.notes.unknown
        for problem in split.notes.problems:
            self._report(_cell_error(root, split.id, problem))

    def _report(self, error: ErrorRecord) -> None:
        self.reported.add(error.id)
        self.warehouse.upsert("errors", [self.state.errors.report(error, self.now)])

    def _note_unread(self, entity: Entity, names: Parameters, batch: Batch) -> None:
        for number, _ in enumerate(batch.keyless):
            missing = f"row {batch.request.skip + number + 1} behind id {batch.request.after}"
            self._report(
                ErrorRecord(
                    entity.table,
                    entity.table,
                    "a record without an id",
                    missing,
                    after=batch.request.after,
                    until=batch.last_id + 1,
                )
            )
        if batch.gap:
            self._report(self._gap_error(entity, names, batch.gap))

    def _gap_error(self, entity: Entity, names: Parameters, gap: Gap) -> ErrorRecord:
        groups = [plan.above(names, gap.after, gap.until)]
        return ErrorRecord(
            entity.table,
            entity.table,
            str(gap.failure),
            record=self._ids_in(entity, names, gap) if names.id else f"row {gap.request.skip + 1}",
            url=gap.failure.url,
            payload=to_json([condition._asdict() for group in groups for condition in group]),
            status=gap.failure.status,
            skip=gap.request.skip,
            take=gap.request.take,
            after=gap.after,
            until=gap.until,
        )

    def _ids_in(self, entity: Entity, names: Parameters, gap: Gap) -> str | None:
        """The ids that cannot be read, by the cheap query, which holds less that can be broken."""
        if not entity.cheap:
            return None
        try:
            page = self._page(entity, entity.cheap, [plan.above(names, gap.after, gap.until)], PageRequest(0, 0, 100))
        except Unavailable:
            return None
        return ", ".join(str(entity.id_of(record)) for record in page.records)

    def _retry_open(self, entity: Entity, names: Parameters) -> None:
        """Reads once more what an earlier sync could not, and marks as resolved what arrives."""
        if names.id is None:
            return
        still_open = list(self.state.errors.of(entity.table))
        self._read_where(entity, names, names.id, sorted({error.after + 1 for error in still_open if error.is_cell}))
        for after, until in sorted({(error.after, error.until) for error in still_open if not error.is_cell}, key=str):
            self._read_span(entity, names, after, until)
        self._resolve(entity.table)

    def _read_span(self, entity: Entity, names: Parameters, after: int, until: int | None) -> None:
        reader = self._keyset(entity, entity.query, lambda last: [plan.above(names, last, until)])
        for batch in reader.batches(after):
            self._deliver(entity, batch.records)
            self._note_unread(entity, names, _with_gap_ending(batch, until))

    def _resolve(self, root: str) -> None:
        """Marks as resolved what is open for a table and was not met again in this sync, though it was read."""
        cured = [error.id for error in self.state.errors.of(root) if error.id not in self.reported]
        self.warehouse.upsert("errors", [self.state.errors.resolve(error, self.now) for error in cured])

    # --- Merges and deletes ---

    def _reread_merged(self, entity: Entity, names: Parameters) -> None:
        """Reads what belongs to contacts that absorbed others: a merge moves it without a new modification date."""
        if names.contact is None or names.id is None or names.modified is None:
            return
        self._read_where(entity, names, names.contact, sorted(self.state.survivors))

    def _read_where(self, entity: Entity, names: Parameters, parameter: str, values: list[int]) -> set[int]:
        """Delivers the records of which a parameter has one of the values; returns the ids that exist, unreadable ones included."""
        there: set[int] = set()
        for some in plan.chunks(values, IDS_PER_QUERY):
            for batch in self._batches_where(entity, names, parameter, some):
                self._deliver(entity, batch.records)
                self._note_unread(entity, names, batch)
                there.update(number for record in batch.records if (number := entity.id_of(record)) is not None)
                if batch.gap and parameter == names.id:
                    there.update(number for number in some if batch.gap.after < number < (batch.gap.until or number + 1))
                self.warehouse.checkpoint(if_due=True)
        return there

    def _batches_where(self, entity: Entity, names: Parameters, parameter: str, values: list[int]) -> Iterator[Batch]:
        """The batches of a query for some values; a gap at the end reaches to the last id that is known, not further."""
        reader = self._keyset(entity, entity.query, lambda after: plan.any_of(parameter, values, plan.above(names, after)))
        last = max(values if parameter == names.id else self.state.entity(entity).ledger.ids(), default=0)
        return (_with_gap_ending(batch, last + 1) for batch in reader.batches(0))

    def _sweep_is_due(self, entry: EntityState) -> bool:
        period = timedelta(days=self.settings["delete_sweep_days"])
        return entry.swept_at is None or not timedelta(0) <= self.now - entry.swept_at < period

    def _sweep(self, entity: Entity, names: Parameters, entry: EntityState) -> None:
        """Deletes what the source no longer lists, and reads what it lists but was never delivered."""
        self.progress.begin(entity.table, "looking for deleted records")
        listing = self._listed(entity, names)
        if listing is None:
            self.warehouse.warn(f"{entity.table}: a part of the ids could not be listed, so no deletes were looked for")
            return
        gone, missed = compare(entry.ledger.ids(), listing)
        if len(gone) > MAX_DELETED_UNDOUBTED and len(gone) > MAX_DELETED_SHARE * len(entry.ledger):
            self.warehouse.warn(
                f"{entity.table}: {len(gone):,} of {len(entry.ledger):,} records are no longer listed. That is more than is "
                "believed, so nothing was deleted. If they were deleted on purpose, re-sync this table."
            )
        else:
            self._settle(entity, names, gone, missed)
        entry.swept_at = self.now  # not before all deletes are out: a checkpoint in between would claim them

    def _settle(self, entity: Entity, names: Parameters, gone: list[int], missed: list[int]) -> None:
        """Asks for each doubtful id by itself before anything is deleted; what comes back is delivered."""
        if len(missed) > MAX_REREAD:
            log.info(f"{entity.table}: {len(missed):,} records were never delivered, the next sync reads all of them")
            self.state.entity(entity).rescan = True
            missed = []
        if self.settings["start_date"] is not None:
            missed = []  # older than what was asked for
        there = self._read_where(entity, names, names.id, gone) if names.id else set()
        self._delete(entity, sorted(set(gone) - there))
        if names.id:
            unreadable = list(self.state.errors.of(entity.table))
            known = [number for number in missed if any(error.after < number < (error.until or number + 1) for error in unreadable)]
            self._read_where(entity, names, names.id, sorted(set(missed) - set(known)))

    def _listed(self, entity: Entity, names: Parameters) -> array[int] | None:
        """All ids of an entity, ascending; None if some cannot be known."""
        listed = array("q")
        for batch in self._id_batches(entity, names):
            if batch.gap or batch.keyless:
                return None
            listed.extend(number for record in batch.records if (number := entity.id_of(record)) is not None)
        return array("q", sorted(listed))

    def _id_batches(self, entity: Entity, names: Parameters) -> Iterator[Batch]:
        if names.id:
            return self._keyset(entity, entity.listing, lambda after: [plan.above(names, after)]).batches(0)
        return read_by_offset(lambda request: self._page(entity, entity.listing, [], request), entity.id_of)
