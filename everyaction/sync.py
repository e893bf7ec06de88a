"""What is read from EveryAction, in which order, and what is done when a part of it fails.

The account's types of changed entities come first, then the reference lists, then what changed since the last sync, then signups; the past,
which takes longest, comes last. What cannot be read stops nothing else: the sync goes on, says at the end what is incomplete, and fails, so
that the next one goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op

import models
from api import Record
from backfill import Backfill
from common.clock import Clock, SystemClock, moment
from common.collecting import rare_collections
from common.collection import Collection
from common.delivery import Delivery
from common.failures import Disorder, Forbidden, NotFound, SettingProblem, SourceFailure, SyncFailed, Unauthorized
from common.listing import Listing
from common.listings import Listings, Place
from common.progress import Progress, sparingly
from common.tables import ConversionError
from common.warehouse import Warehouse
from context import LOGIN_REFUSED, Context, Settings, apis, budget
from cursors import SyncState
from details import Details
from discovery import Account, discover, unreachable
from exports import Exports
from fetch import PARALLEL_REQUESTS, Pager, asked, sizes
from models import Resource
from plan import COLLECTIONS, DETAIL_PATHS, EMAILS, EVENTS, FOLDERS, RESOURCES, SAVED_LISTS
from signups import Signups

AHEAD = 8  # lists that are read before the first of them was delivered
LARGE_STATE_BYTES = 7_000_000
VOTERS = "|0"
EXPORTS, PAST = "changed entity exports", "the past"
GAP = (
    "the last sync is more than 90 days ago (or its time lies in the future), and EveryAction exports changes of the last 90 days only: "
    "what changed in between is read anew with everybody's records; rows that were deleted in between stay until a historical re-sync"
)


def run(settings: Settings, state: Mapping[str, Any], clock: Clock | None = None) -> None:
    """One sync.

    Args:
        settings: the values of `settings.SETTINGS`.
        state: what the last checkpoint stored.
        clock: time and waiting.

    Raises:
        SettingProblem: if the login is not accepted.
        StateProblem: if the state cannot be read.
        SyncFailed: if something is incomplete; the rest is complete, and the next sync goes on where this one stopped.
    """
    executor = ThreadPoolExecutor(PARALLEL_REQUESTS)
    try:
        with rare_collections():
            Sync(settings, SyncState.load(state), clock or SystemClock(), executor).run()
    finally:
        executor.shutdown(cancel_futures=True)


class Sync:
    """One sync: the order of things, and what is done when one of them fails."""

    def __init__(self, settings: Settings, state: SyncState, clock: Clock, executor: Executor) -> None:
        self.settings, self.state, self.executor = settings, state, executor
        self.now = moment(clock)
        self.budget = budget(settings, clock, PARALLEL_REQUESTS, log.info)
        self.progress = Progress(clock, log.info)
        self.warehouse = Warehouse(op, clock, self.progress, state.dump)
        say = sparingly(clock, log.info)
        once, api = apis(settings, self.budget, clock, PARALLEL_REQUESTS, say)
        pager = Pager(once, api, clock, say)
        tables = {table.name: table for table in models.tables(models.OPTIONAL_TABLES, ())}
        self.delivery = Delivery(self.warehouse, state.errors, self.now, _switched_on(settings), tables)
        wait = self.warehouse.wait_for
        self.context = Context(
            once, api, pager, self.delivery, state, clock, executor, wait, self.progress, say, log.info, self.now
        )
        self.listings = Listings(self.delivery, clock, executor, wait, self.progress, log.info, pager.page, pager.detail, asked)
        self.details = Details(self.context)
        self.exports = Exports(self.context, settings["export_minutes"], self.details)
        self.backfill = Backfill(self.context, self.exports, self.details)
        self.events: list[Record] = []
        self.full = self._refresh_is_due()
        self.incomplete: dict[str, str] = {}
        self.forbidden: list[str] = []  # what the key may not read
        self.absent: list[str] = []  # what is not there

    def run(self) -> None:
        """Reads everything that is due."""
        try:
            account = self._discover()
            self._read_lists(account)
            self._attempt("details", self.details.try_again)
            self._read_changes(account)
            self._read_signups()
            if self.full and not self.incomplete:
                self.state.refreshed_at = self.now
            self._read_past(account)
        except Unauthorized as failure:
            raise SettingProblem(LOGIN_REFUSED) from failure
        self._finish(account)

    def _discover(self) -> Account:
        """What the account exports; nothing, if the key may not export."""
        try:
            account: Account = discover(self.context.api, self.executor.map)
        except Forbidden:
            self.forbidden.append(EXPORTS)
            return Account((), {}, [])
        except Unauthorized:
            raise
        except SourceFailure as failure:
            raise SyncFailed(unreachable(failure, self.settings)) from failure
        return account

    # --- Reference lists ---

    def _refresh_is_due(self) -> bool:
        """Whether what only a request for each record shows is to be read of all records."""
        done, period = self.state.refreshed_at, timedelta(days=self.settings["full_refresh_days"])
        return done is None or not timedelta(0) <= self.now - done < period

    def _read_lists(self, account: Account) -> None:
        """Reads the reference lists, the next ones ahead."""
        places = [Place(collection, {}) for collection in COLLECTIONS if collection.table != RESOURCES]
        replies: dict[str, Future[Listing]] = {}
        for at, place in enumerate(places):
            for later in places[at : at + AHEAD]:
                if later.collection.table not in replies:
                    replies[later.collection.table] = self.executor.submit(self._read_list, later.collection)
            reply = replies[place.collection.table]
            self._attempt(place.collection.table, partial(self._sync_list, place, reply))
        if "custom_fields" in self.incomplete:
            self.exports.custom_fields = None
        elif "custom_fields" in (*self.forbidden, *self.absent):  # what was asked for while it could be read is asked for all the same
            self.exports.custom_fields = {name: self.state.export(name).custom for name in models.CUSTOM}
        if EXPORTS not in self.forbidden:
            listing = Listing(sorted(account.records, key=lambda record: str(record["resourceType"])))
            self._attempt(RESOURCES, partial(self._deliver_list, Place(COLLECTIONS[-1], {}), listing))

    def _read_list(self, collection: Collection) -> Listing:
        """All records of a list. Safe in threads."""
        known = set(self.state.lists[collection.table].ledger.ids())
        found = self.listings.read(Place(collection, {}), sizes(collection.most), known)
        return self._with_folders(collection, found) if collection.table == SAVED_LISTS else found

    def _with_folders(self, collection: Collection, listing: Listing) -> Listing:
        """Saved lists with their folders, which only a list for each folder tells. Safe in threads."""
        folders = next(one for one in COLLECTIONS if one.table == FOLDERS)
        try:
            which = self.listings.read(Place(folders, {}), sizes(folders.most))
        except Forbidden:  # then nothing is said of folders
            return listing
        if which.gaps or which.keyless:
            return listing
        records = {collection.id_of(record): record | {"folderId": None} for record in listing.records}
        for folder in which.records:
            of_folder = replace(collection, params={"folderId": str(folder["folderId"])})
            within = self.listings.read(Place(of_folder, {}), sizes(collection.most))
            if within.gaps or within.keyless:
                raise Disorder(f"{collection.path}: the lists of a folder cannot be read")
            records |= {collection.id_of(record): record | {"folderId": folder["folderId"]} for record in within.records}
        found = [record for number, record in sorted(records.items(), key=lambda item: item[0] or 0)]
        return replace(listing, records=found)

    def _sync_list(self, place: Place, reply: Future[Listing]) -> None:
        listing: Listing = self.warehouse.wait_for(reply)
        self._deliver_list(place, listing)
        if place.collection.table == EVENTS:
            self.events = listing.records
        if place.collection.table == "custom_fields":
            self._note_custom_fields(listing)

    def _note_custom_fields(self, listing: Listing) -> None:
        """Takes note of the custom fields that are to be asked for: also of those of before that are not listed and yet are not gone."""
        listed = {record.get("customFieldId") for record in listing.records}
        kept = set(self.state.lists["custom_fields"].ledger.ids()) - listed
        found = _custom_fields(listing.records)
        self.exports.custom_fields = {
            name: sorted({*found.get(name, ()), *kept.intersection(self.state.export(name).custom)}) for name in models.CUSTOM
        }

    def _deliver_list(self, place: Place, listing: Listing) -> None:
        self.listings.sync(place, listing, self.state.lists[place.collection.table], self._again(place.collection.table))

    def _again(self, table: str) -> Callable[[Record], bool] | None:
        """Of which records details are read although they look as before: of all in a full reading, and of late e-mail messages."""
        if table not in DETAIL_PATHS:
            return None
        since = self.now - timedelta(days=self.settings["email_days"])
        return lambda record: self.full or (table == EMAILS and _is_late(record, since))

    def _read_signups(self) -> None:
        """Reads signups, unless the events themselves could not be read."""
        if EVENTS in {*self.forbidden, *self.absent, *self.incomplete}:
            return
        read = partial(Signups(self.context, self.listings).sync, self.events, self.settings["signup_days"], everything=self.full)
        self._attempt("event_signups", read)

    # --- Changed entities ---

    @property
    def _past_is_wanted(self) -> bool:
        """In My Voters everybody would be the whole voter file."""
        return bool(self.settings["backfill_enabled"]) and not self.settings["password"].endswith(VOTERS)

    def _read_changes(self, account: Account) -> None:
        """Reads what changed, of all types at once, window by window."""
        gaps = self.exports.plan(account.resources)
        if gaps:
            self.backfill.forget(gaps)
            self.warehouse.warn(f"{', '.join(_tables(account, gaps))}: {GAP if self._past_is_wanted else GAP.partition(':')[0]}.")
        self.backfill.forget_details()
        if self._past_is_wanted:
            self._attempt(PAST, partial(self.backfill.finish_exports, account.resources))
        else:
            self.backfill.forget_exports()
        for resource in account.resources:
            self._attempt(f"{resource.table.name}, what did not arrive before", partial(self.exports.try_again, resource))
        log.info(f"changes: asking for exports of {len(account.resources)} types and waiting for them")
        due = [one for one in account.resources if self.exports.due(one) and one.table.name not in self.incomplete]
        while due:
            replies = self.exports.begin_windows(due)
            due = [one for one in due if one.name not in replies or self._attempt(one.table.name, partial(self._begun, one, replies))]
            self.warehouse.checkpoint()  # from here on a restart knows the exports
            due = [one for one in due if self._attempt(one.table.name, partial(self.exports.read_window, one))]
            due = [one for one in due if self.exports.due(one)]

    def _begun(self, resource: Resource, replies: Mapping[str, Future[int]]) -> None:
        self.exports.begun(resource, replies[resource.name])

    def _read_past(self, account: Account) -> None:
        if not self._past_is_wanted or not account.resources:
            if self.settings["backfill_enabled"] and account.resources:
                log.info("the past is not read, since the database mode is My Voters, where it would be that of the whole voter file")
            return
        self.incomplete.pop(PAST, None)  # what could not be read before the changes is tried again
        if self.backfill.plan([one for one in account.resources if one.table.name not in (*self.forbidden, *self.absent)]):
            self._attempt(PAST, self.backfill.run)
        for name, why in self.state.backfill.out_of_reach.items():
            self.warehouse.warn(
                f"{models.table_name(name)}: what did not change in the 90 days before the first sync cannot be read: {why}. A historical "
                "re-sync tries it again."
            )

    # --- What fails ---

    def _attempt(self, name: str, action: Callable[[], object]) -> bool:
        """Runs one part; another part's failure is no reason to stop this one. Whether it succeeded."""
        try:
            action()
        except Forbidden:
            self.forbidden.append(name)
        except NotFound:
            self.absent.append(name)
        except Unauthorized:
            raise
        except (SourceFailure, SyncFailed) as failure:
            self.incomplete[name] = str(failure)
            log.error(f"{name} is incomplete: {failure}")
        else:
            return True
        return False

    # --- The end ---

    def _finish(self, account: Account) -> None:
        forbidden = [*self.forbidden, *sorted(self.details.forbidden)]
        self._tell_of_details()
        self._warn_of_what_is_left_out(forbidden, "the key may not read it (403). Ask EveryAction for that permission if you want it")
        self._warn_of_what_is_left_out(self.absent, "EveryAction has no such thing here (404)")
        for name, why in account.refused.items():
            self.warehouse.warn(f"{models.table_name(name)} is left out: {why}.")
        before = {name for name, one in self.state.exports.items() if one.cursor or one.columns}
        gone = before - {one.name for one in account.resources} - account.refused.keys()
        if gone and EXPORTS not in self.forbidden:
            tables = sorted(map(models.table_name, gone))
            self.warehouse.warn(f"{', '.join(tables)}: EveryAction does not export this any more to this key; the rows stay as they are.")
        unknown = [f"{table}.{key} ({number:,} records)" for (table, key), number in self.delivery.unknown_fields.most_common()]
        if unknown:
            self.warehouse.warn("fields that no column takes, new at the source perhaps: " + ", ".join(unknown))
        still_open = ", ".join(self.state.errors.tables())
        if still_open:
            self.warehouse.warn(f"the table `errors` lists what did not arrive and is tried again by the next sync: {still_open}")
        size = len(json.dumps(self.state.dump()))
        if size > LARGE_STATE_BYTES:
            self.warehouse.warn(f"the state has {size / 1e6:.1f} MB of the 10 MB that Fivetran allows")
        self.warehouse.flush_warnings()
        self.warehouse.checkpoint()
        log.info(self.progress.summary(self.budget.requests))
        if self.incomplete:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in self.incomplete.items())
            raise SyncFailed(f"Incomplete, the next sync goes on from here: {reasons}")

    def _tell_of_details(self) -> None:
        """Says of which optional tables something could not be read."""
        failed: dict[str, object] = dict(self.details.failed)
        missed = [one for one in self.state.backfill.missed if one not in (*self.details.forbidden, *failed)]
        full = "as many records or cells do not arrive as `errors` may list"
        failed |= {table: full for table in missed if self.details.is_full(table)}
        for table, failure in failed.items():
            self.incomplete[table] = f"{str(failure).rstrip('.')}. What it misses is tried again"
            log.error(f"{table} is incomplete: {self.incomplete[table]}")
        if missed:
            self.warehouse.warn(
                f"{', '.join(missed)}: some of it could not be read. It is filled anew with the past, once it can be read again and if the "
                "past is read; else a historical re-sync fills it."
            )

    def _warn_of_what_is_left_out(self, names: Sequence[str], why: str) -> None:
        """Names what is left out, all in one sentence: for a key with some permissions that is as it should be."""
        if names:
            what = sorted(set(names))
            self.warehouse.warn(f"{', '.join(what)} {'is' if len(what) == 1 else 'are'} left out: {why}.")


def _switched_on(settings: Settings) -> frozenset[str]:
    """The optional tables that are wanted."""
    return frozenset(settings["optional_tables"])


def _tables(account: Account, names: Sequence[str]) -> list[str]:
    """The tables of some types."""
    return [one.table.name for one in account.resources if one.name in names]


def _custom_fields(records: Sequence[Record]) -> dict[str, list[int]]:
    """By type, the ids of custom fields that may be exported (8.2)."""
    found: dict[str, list[int]] = {}
    for record in records:
        number, group = record.get("customFieldId"), record.get("customFieldGroupType")
        if type(number) is int and isinstance(group, str) and record.get("isExportable") is not False:
            found.setdefault(group, []).append(number)
    return {group: sorted(ids) for group, ids in found.items() if group in models.CUSTOM}


def _is_late(message: Record, since: datetime) -> bool:
    """Whether an e-mail message was made, changed or sent since a time, or is to be sent."""
    for key in ("dateScheduled", "dateModified", "dateCreated"):
        try:
            found = models.to_moment(message.get(key) or "")
        except ConversionError:
            return True
        if found and found >= since:
            return True
    return False
