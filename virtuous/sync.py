"""What is read from Virtuous, in which order and from which cursor.

Each entity is read once in full, by id; from then on, what was modified since the last sync, again by id, so that any sync may be
killed and goes on where it was. Small reference tables are replaced whole when they change. What leaves no trace at the source
(deletes) is found by comparing ids every few days; what a merge moved is read again.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from datetime import date, timedelta
from functools import partial
from typing import Any

from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op

import plan
from api import RATE_WINDOW_SECONDS, Groups, Record, exchange
from common.budget import Budget
from common.clock import Clock, SystemClock, moment
from common.collecting import rare_collections
from common.deletes import is_doubtful
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
from common.portions import portions
from common.progress import Progress
from common.warehouse import Warehouse
from cursors import EntityState, SyncState
from delivery import Delivery, keyless, survivors, unread_list, unreadable
from fetch import PARALLEL_REQUESTS, Batch
from plan import ENTITIES, IDS_PER_QUERY, REFERENCES, Entity, Parameters, Reference
from reading import GroupsBetween, Reading

MAX_REREAD = 10_000  # records that a sweep finds undelivered; for more, the table is read in full again
RETRIES_IN_VAIN = 5  # open errors that fail again one after the other: the rest is left for the next sync
RECORDS_AT_ONCE = 100  # so many are delivered before the cursor moves behind them: their rows, and their optional lists, fit in memory
LISTS_AHEAD = 5  # so many lists have their first page asked for; none before contacts are read, or a merge in between would be missed
LARGE_STATE_BYTES = 7_000_000
RARELY_READ_AGAIN = timedelta(days=1)
MONTH_FIRST_CULTURES = ("", "en-US", "es-US", "en-PH")
KEY_REFUSED = (
    'Virtuous does not accept the API key in "bearer_token" (401). Create a new one under Settings > Connectivity > API Keys, '
    'and put exactly the key, without "Bearer" before it, between the two quotes.'
)

Settings = Mapping[str, Any]
Span = tuple[int, "int | None"]  # ids between two, both exclusive


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
    executor = ThreadPoolExecutor(PARALLEL_REQUESTS)
    try:
        with rare_collections():
            Sync(settings, SyncState.load(state), clock or SystemClock(), executor).run()
    finally:
        executor.shutdown(cancel_futures=True)


def budget(settings: Settings, clock: Clock) -> Budget:
    """The organization's request quota, less the reserve."""
    return Budget(clock, settings["rate_limit_reserve"], RATE_WINDOW_SECONDS, log.info)


class Sync:
    """One sync: the order of things, and what is done when one of them fails."""

    def __init__(self, settings: Settings, state: SyncState, clock: Clock, executor: Executor) -> None:
        self.settings, self.state, self.executor = settings, state, executor
        self.now = moment(clock)
        self.budget = budget(settings, clock)
        self.progress = Progress(clock, log.info)
        self.warehouse = Warehouse(op, clock, self.progress, state.dump)
        session = exchange(settings, self.budget, clock, PARALLEL_REQUESTS + 1)  # the main thread asks as well
        self.reading = Reading(session, clock, executor, self.warehouse.wait_for, log.info, settings)
        self.delivery = Delivery(self.warehouse, state, self.now, settings["optional_tables"])
        self.options: dict[str, Future[list[Record]]] = {}
        self.incomplete: dict[str, str] = {}

    def run(self) -> None:
        """Reads everything that is due."""
        try:
            self._read_organization()
            self._ask_for_parameters()
            wait(self.options.values())
            self._ask_ahead(ENTITIES[:1])
            due = [reference for reference in REFERENCES if not reference.rarely or self._rare_is_due()]
            replies = [(reference, self.executor.submit(self.reading.reference, reference)) for reference in due]
            for place, entity in enumerate(ENTITIES):
                self._attempt(entity.table, partial(self._sync_entity, entity))
                self._ask_ahead(ENTITIES[place + 1 : place + LISTS_AHEAD])
            for reference, reply in replies:
                self._attempt(reference.table, partial(self._replace, reference, reply))
            if not self.incomplete:
                self.state.survivors.clear()
                self.state.rare_read_at = self.now if self._rare_is_due() else self.state.rare_read_at
        except Unauthorized as failure:
            raise SettingProblem(KEY_REFUSED) from failure
        self._finish()

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
        unknown = [f"{table}.{key} ({number:,} records)" for (table, key), number in self.delivery.unknown_fields.most_common()]
        if unknown:
            self.warehouse.warn("fields that no column takes, new at the source perhaps: " + ", ".join(unknown))
        still_open = ", ".join(self.state.errors.tables())
        if still_open:
            self.warehouse.warn(f"the table `errors` lists what did not arrive and is tried again by the next sync: {still_open}")
        for table, number in self.delivery.narrow.items():
            log.info(f"{table}: {number:,} records came with fewer fields than others; what they do not tell stays as it was")
        left_out = ", ".join(sorted(set(self.settings["optional_tables"]) - self.reading.optional))
        if left_out:
            self.warehouse.warn(f"optional tables that the API key may not read (403) or nobody has (404) are left out: {left_out}")
        size = len(json.dumps(self.state.dump()))
        if size > LARGE_STATE_BYTES:
            self.warehouse.warn(f"the state has {size / 1e6:.1f} MB of the 10 MB that Fivetran allows; it grows with the records")
        self.warehouse.flush_warnings()
        self.warehouse.checkpoint()
        log.info(self.progress.summary(self.budget.requests))
        if self.incomplete:
            reasons = "; ".join(f"{table}: {reason}" for table, reason in self.incomplete.items())
            raise SyncFailed(f"Incomplete, the next sync goes on from here: {reasons}")

    # --- The organization and the small tables ---

    def _read_organization(self) -> None:
        organization: Record = {}
        try:
            organization = self.reading.api.organization()
        except Forbidden as failure:
            self.warehouse.warn(f"organizations is left out: {_not_readable(failure)}")
        except NotFound as failure:
            raise SettingProblem(f'There is no Virtuous API at "base_url": {failure}.') from failure
        except Unavailable as failure:
            address = self.settings["base_url"]
            raise SyncFailed(f'Virtuous cannot be reached: {failure}. Check "base_url" ({address}), or try again later.') from failure
        self.delivery.day_first = str(organization.get("organizationCulture") or "") not in MONTH_FIRST_CULTURES
        if organization:
            self.delivery.replace("organizations", [organization])

    def _rare_is_due(self) -> bool:
        read_at = self.state.rare_read_at
        return read_at is None or not timedelta(0) <= self.now - read_at < RARELY_READ_AGAIN

    def _replace(self, reference: Reference, reply: Future[list[Record]]) -> None:
        records = self.warehouse.wait_for(reply)
        if self.delivery.replace(reference.table, records):
            log.info(f"{reference.table}: replaced, {len(records):,} records")
        self.warehouse.checkpoint(if_due=True)

    # --- One entity ---

    def _sync_entity(self, entity: Entity) -> None:
        names = self._parameters(entity)
        entry = self.state.entity(entity)
        first = entry.modified_since is None
        untouched = first and entry.read_started is None
        sweep_due = not first and self._sweep_is_due(entry)
        wanted = [one.table for one in entity.optional if one.table in self.settings["optional_tables"]]
        self._retry_open(entity, names)
        if not first and (not set(wanted) <= set(entry.optional) or (sweep_due and (entity.drifts or wanted))):
            entry.begin_rescan()
        entry.begin_read(self.now.date(), wanted)
        self._read(entity, names, entry)
        if not untouched:
            self._reread_merged(entity, names)
        if sweep_due:
            self._sweep(entity, names, entry)
        self.warehouse.checkpoint(if_due=True)

    def _ask_for_parameters(self) -> None:
        """Asks for all that will be needed, so that no entity has to wait for its own."""
        for entity in ENTITIES:
            if entity.table not in self.state.parameters or self._rare_is_due():
                self.options[entity.table] = self.executor.submit(self.reading.api.query_options, entity.resource)

    def _ask_ahead(self, entities: Iterable[Entity]) -> None:
        """Asks for first pages, where it is known what to ask; should the question turn out to be another one, it is asked then."""
        for entity in entities:
            options = self.options.get(entity.table)
            if options is None or (options.done() and not options.exception()):
                names, entry = self._parameters(entity), self.state.entity(entity)
                if names.id:
                    after = entry.cursor.last_id
                    self.reading.ask_ahead(entity, after, [plan.above(names, after, since=self._since(names, entry))])

    def _parameters(self, entity: Entity) -> Parameters:
        if entity.table in self.options:
            self.state.parameters[entity.table] = plan.parameters(entity, self.warehouse.wait_for(self.options[entity.table]))
        return self.state.parameters[entity.table]

    def _read(self, entity: Entity, names: Parameters, entry: EntityState) -> None:
        """Reads on from the entity's cursor to the end, and moves its window on."""
        started = min(entry.read_started or self.now.date(), self.now.date())
        since = self._since(names, entry)
        overlap = f", with {plan.OVERLAP.days} days of overlap" if entry.modified_since else ""
        self.progress.begin(entity.table, f"reading what was modified since {since}{overlap}" if since else "reading everything")
        whole, left = since is None and entry.cursor.last_id == 0, False
        for batch in self._batches(entity, names, entry, since):
            # before the cursor passes them: a checkpoint in between would claim what nobody has noted
            self._report_unread(entity, names, batch, lambda after, until: [plan.above(names, after, until, since)])
            left = left or (batch.by_offset and batch.gap is not None)
            for some in portions(batch.records, RECORDS_AT_ONCE):
                self._deliver(entity, some)
                entry.cursor = entry.cursor.advanced(min(entity.id_of(some[-1]) or 0, batch.last_id), len(some))
                self.warehouse.checkpoint(if_due=True)
            entry.cursor = entry.cursor.advanced(batch.last_id, 0)
            self.progress.advance(len(batch.records), batch.remaining)
        if whole:
            self.delivery.resolve(entity.table)
        self.progress.end()
        entry.finish_read(started, self.now, keep_checksums=entity.drifts)
        if left and names.id:
            entry.begin_rescan()  # what has no number cannot be asked for by itself

    def _since(self, names: Parameters, entry: EntityState) -> date | None:
        start: date | None = self.settings["start_date"]
        if names.modified is None:
            return None
        return start if entry.rescan else self._window_start(entry) or start

    def _window_start(self, entry: EntityState) -> date | None:
        """The first day of what may have changed since the last sync, None before the first; a cursor in the future counts as today's."""
        return min(entry.modified_since, self.now.date()) - plan.OVERLAP if entry.modified_since else None

    def _batches(self, entity: Entity, names: Parameters, entry: EntityState, since: date | None) -> Iterator[Batch]:
        if names.id:
            try:
                yield from self.reading.above(
                    entity, entity.query, entry.cursor.last_id, lambda after: [plan.above(names, after, since=since)]
                )
                return
            except Disorder as disorder:
                self._tell_disorder(entity, disorder)
        yield from self.reading.by_offset(entity, entity.query)
        self.delivery.resolve(entity.table)  # everything was read

    def _deliver(self, entity: Entity, records: list[Record], *, again: bool = False) -> None:
        """Delivers records with the lists that need calls of their own, and notes which contacts absorbed others."""
        broken = self.reading.attach(entity, records, again=again)
        changed = self.delivery.deliver(entity, records)
        self.state.survivors |= survivors(entity, self._window_start(self.state.entity(entity)), changed)
        for one, number, failure in broken:
            self.delivery.report(unread_list(entity, one.table, number, failure))

    def _report_unread(self, entity: Entity, names: Parameters, batch: Batch, between: GroupsBetween) -> None:
        """Names what a batch lacks; the ids of what cannot be read are found by counting."""

        def id_of(after: int, ordinal: int) -> int | None:
            try:
                return self.reading.nth_id(entity, between, after, ordinal) if names.id and not batch.by_offset else None
            except (Rejected, Unavailable, Disorder) as failure:  # the error is written all the same, only without the id
                log.info(f"{entity.table}: the id of a record could not be found by counting: {failure}")
                return None

        for ordinal in batch.keyless:
            place = f"record {ordinal} behind id {batch.request.after}"
            self.delivery.report(keyless(entity, id_of(batch.request.after, ordinal), place))
        if batch.gap is None:
            return
        for ordinal in range(1, batch.gap.records + 1):
            number = id_of(batch.gap.after, ordinal)
            place = f"record {batch.gap.request.skip + ordinal} behind id {batch.gap.after}"
            self.delivery.report(unreadable(entity, number, place, batch.gap, between(batch.gap.after, batch.gap.until)))

    def _retry_open(self, entity: Entity, names: Parameters) -> None:
        """Reads once more what an earlier sync could not, and marks as resolved what arrives."""
        if names.id is None:
            return
        numbers = sorted({error.number for error in self.state.errors.of(entity.table) if error.number is not None})
        first = int(self.now.timestamp() // 3600) % max(len(numbers), 1)  # another one every hour, so that none always comes too late
        in_vain = 0
        for some in portions([*numbers[first:], *numbers[:first]], IDS_PER_QUERY):
            if in_vain < RETRIES_IN_VAIN and self._retry(entity, names.id, some):
                continue
            for number in some:  # one of them is still broken, and breaks the others' page
                if in_vain >= RETRIES_IN_VAIN:
                    self.delivery.leave_open(entity.table, [number])
                else:
                    in_vain = 0 if self._retry(entity, names.id, [number]) else in_vain + 1
        self.delivery.resolve(entity.table, only_numbered=True)

    def _retry(self, entity: Entity, parameter: str, numbers: list[int]) -> bool:
        """Asks for records once more; False, and their errors stay open, if they cannot be read or one comes without its id."""
        try:
            records = self.reading.by_ids(entity, parameter, numbers)
        except Unavailable:
            records = None
        if records is None or any(entity.id_of(record) is None for record in records):
            if len(numbers) == 1:
                self.delivery.leave_open(entity.table, numbers)
            return False
        self._deliver(entity, records, again=True)
        self.warehouse.checkpoint(if_due=True)
        return True

    # --- Merges and deletes ---

    def _reread_merged(self, entity: Entity, names: Parameters) -> None:
        """Reads what belongs to contacts that absorbed others: a merge moves it without a new modification date."""
        if names.contact and names.id and names.modified:
            self._read_where(entity, names, names.contact, sorted(self.state.survivors))

    def _read_where(self, entity: Entity, names: Parameters, parameter: str, values: list[int]) -> None:
        """Delivers the records of which a parameter has one of the values.

        If the source gives them in no order, the next sync reads everything, and they come with that.
        """
        for some in portions(values, IDS_PER_QUERY):
            between = partial(_where, names, parameter, some)
            try:
                for batch in self.reading.above(entity, entity.query, 0, between):
                    for portion in portions(batch.records, RECORDS_AT_ONCE):
                        self._deliver(entity, portion)
                    self._report_unread(entity, names, batch, between)
                    self.warehouse.checkpoint(if_due=True)
            except Disorder as disorder:
                self._tell_disorder(entity, disorder)
                self.state.entity(entity).begin_rescan()

    def _tell_disorder(self, entity: Entity, disorder: Disorder) -> None:
        log.warning(f"{entity.table}: {disorder}; reading everything page by page instead")

    def _sweep_is_due(self, entry: EntityState) -> bool:
        period = timedelta(days=self.settings["delete_sweep_days"])
        return entry.swept_at is None or not timedelta(0) <= self.now - entry.swept_at < period

    def _sweep(self, entity: Entity, names: Parameters, entry: EntityState) -> None:
        """Deletes what the source no longer lists, and reads what it lists but was never delivered."""
        self.progress.begin(entity.table, "looking for deleted records")
        listed, unknown = self._listed(entity, names)
        gone, missed = (_outside(ids, unknown) for ids in compare(entry.ledger.ids(), listed))
        if is_doubtful(len(gone), len(listed), len(entry.ledger)):
            self.warehouse.warn(
                f"{entity.table}: {len(gone):,} of {len(entry.ledger):,} records are no longer listed. That is more than is "
                "believed, so nothing was deleted. If they were deleted on purpose, re-sync this table."
            )
        else:
            self.delivery.delete(entity, self._confirmed(entity, names, gone))
            self._read_missed(entity, names, missed)
        entry.swept_at = self.now  # not before all deletes are out: a checkpoint in between would claim them

    def _listed(self, entity: Entity, names: Parameters) -> tuple[array[int], list[Span]]:
        """All ids of an entity, ascending, and the spans of ids about which nothing could be learned."""
        try:
            return _ids_of(entity, self.reading.listed_ids(entity, names))
        except Disorder as disorder:
            self._tell_disorder(entity, disorder)
        return _ids_of(entity, self.reading.by_offset(entity, entity.listing))

    def _confirmed(self, entity: Entity, names: Parameters, gone: list[int]) -> list[int]:
        """Those of the missing that are missing once more: asked for by id in the full query, or else in a second listing."""
        if not gone:
            return []
        if names.id is None:
            return sorted(set(gone) - set(self._listed(entity, names)[0]))
        return sorted(set(gone) - self.reading.existing(entity, names.id, gone))

    def _read_missed(self, entity: Entity, names: Parameters, missed: list[int]) -> None:
        if names.id is None or self.settings["start_date"] is not None:
            return  # it comes with every reading, or is older than what was asked for
        if len(missed) > MAX_REREAD:
            log.info(f"{entity.table}: {len(missed):,} records were never delivered, the next sync reads all of them")
            self.state.entity(entity).begin_rescan()
            return
        still_open = {error.number for error in self.state.errors.of(entity.table)}
        self._read_where(entity, names, names.id, [number for number in missed if number not in still_open])


def _where(names: Parameters, parameter: str, values: list[int], after: int, until: int | None = None) -> Groups:
    return plan.any_of(parameter, values, plan.above(names, after, until))


def _ids_of(entity: Entity, batches: Iterable[Batch]) -> tuple[array[int], list[Span]]:
    listed, unknown = array("q"), list[Span]()
    for batch in batches:
        listed.extend(number for record in batch.records if (number := entity.id_of(record)) is not None)
        if batch.gap:
            unknown.append((batch.gap.after, batch.gap.until))
        if batch.keyless:
            unknown.append((batch.request.after, None))  # where in it, nobody knows
    return array("q", sorted(listed)), unknown


def _outside(ids: list[int], spans: list[Span]) -> list[int]:
    return [number for number in ids if not any(after < number < (until or number + 1) for after, until in spans)]


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


def _not_readable(failure: SourceFailure) -> str:
    if isinstance(failure, Forbidden):
        return "the API key may not read it (403). Give its permission group access to this module, or leave it so."
    return "this organization has no such module (404)."
