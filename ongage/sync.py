"""What is read from OnGage, in which order, and what is done when a part of it fails.

The lists come first, since all else is asked for list by list. Then the contacts, whose searches take longest; then each list's
collections, the daily statistics of the account, and the activity of contacts if it is wanted. What cannot be read stops nothing else: the
sync goes on, says at the end what is incomplete, and fails, so that the next one goes on from there.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import Any

from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op

import fetch
import models
import plan
from activity import Activity
from api import RATE_MARGIN_SECONDS, RATE_WINDOW_SECONDS, OngageApi, Record, exchange
from common.budget import Budget, Pace
from common.clock import Clock, SystemClock, moment
from common.collecting import rare_collections
from common.failures import Forbidden, NotFound, SettingProblem, SourceFailure, SyncFailed, Unauthorized, Unavailable
from common.listing import Listing
from common.listings import Place
from common.progress import Progress, sparingly
from common.retrying import Attempts
from common.tables import ConversionError
from common.warehouse import Warehouse
from contacts import Contacts, ListInfo, Tuning, entry_time, with_widths
from context import Context
from cursors import SyncState
from delivery import Delivery
from fetch import PARALLEL_REQUESTS
from listings import list_of, listings, place_of
from plan import ACCOUNT, LISTS, PER_LIST
from reports import Reports
from searches import Jobs

LIST_ATTEMPTS = 8  # for what cannot be asked for in smaller pieces
PAUSE_SECONDS = 60.0  # the vendor's advice after a refusal: a minute, then two, four, eight, sixteen (API FAQ)
COLLECTIONS_AHEAD = 8
LARGE_STATE_BYTES = 7_000_000
LOGIN_REFUSED = (
    'OnGage does not accept the login (401). Check "x_username", "x_password" and "x_account_code" (the code from the profile page, not '
    'the account\'s number), or "x_api_key" if you sign in by key. If they are right, a proxy on the way may drop headers whose names have '
    "an underscore (X_USERNAME): let it pass them."
)

Settings = Mapping[str, Any]


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


def budget(settings: Settings, clock: Clock) -> Budget:
    """The account's limits, as far as the settings leave them to this connector."""
    window = RATE_WINDOW_SECONDS + RATE_MARGIN_SECONDS
    pace = Pace(settings["calls_per_minute"], window, settings["calls_in_flight"], PAUSE_SECONDS)
    return Budget(clock, 0, RATE_WINDOW_SECONDS, log.info, pace)


class Sync:
    """One sync: the order of things, and what is done when one of them fails."""

    def __init__(self, settings: Settings, state: SyncState, clock: Clock, executor: Executor) -> None:
        self.settings, self.state, self.clock, self.executor = settings, state, clock, executor
        self.now = moment(clock)
        self.budget = budget(settings, clock)
        self.progress = Progress(clock, log.info)
        self.warehouse = Warehouse(op, clock, self.progress, state.dump)
        session = exchange(settings, self.budget, clock, PARALLEL_REQUESTS + 2)  # the main thread asks as well, beside an export
        once = OngageApi(session.json, session.chunks)
        say = sparingly(clock, log.info)
        api = OngageApi(lambda *request: Attempts(clock, LIST_ATTEMPTS, say).call(partial(session.json, *request)), session.chunks)
        self.delivery = Delivery(self.warehouse, state, self.now, settings["optional_tables"])
        save = partial(self.warehouse.checkpoint, if_due=True)
        jobs = Jobs(api, clock, executor, settings["search_minutes"], save, log.info)
        tuning = Tuning(*(settings[name] for name in ("full_refresh_days", "batch_months", "overlap_hours")))
        self.context = Context(
            once, api, self.delivery, state, clock, executor, self.warehouse.wait_for, self.progress, say, log.info, self.now
        )
        self.contacts = Contacts(self.context, jobs, tuning)
        self.listings = listings(self.context)
        self.activity = Activity(self.context, jobs)
        self.reported: dict[str, date] = {}  # the lists whose statistics are asked for, and when they were created
        self.incomplete: dict[str, str] = {}
        self.forbidden: dict[str, list[str]] = defaultdict(list)  # by list, what may not be read
        self.absent: dict[str, list[str]] = defaultdict(list)  # by list, what is not there

    def run(self) -> None:
        """Reads everything that is due."""
        try:
            lists = self._read_account()
            self._read_contacts(lists)
            self._read_collections(lists)
            self._read_reports(lists)
            self._read_activity(lists)
        except Unauthorized as failure:
            raise SettingProblem(LOGIN_REFUSED) from failure
        self._finish()

    # --- The account ---

    def _read_account(self) -> list[ListInfo]:
        """Reads the lists and what belongs to no list; returns the lists that are to be synced."""
        places = [place_of(collection) for collection in ACCOUNT]
        first, *others = [(place, self._begin_to_read(place)) for place in places]
        try:
            listing: Listing = self.warehouse.wait_for(first[1])
        except NotFound as failure:
            raise SettingProblem(f'There is no OnGage API at "base_url": {failure}.') from failure
        except Forbidden as failure:
            said = "The plan of this account may lack the API, or the user may see no list; one of the role Admin or General does."
            raise SettingProblem(f"{failure}. {said}") from failure
        except Unavailable as failure:
            address = self.settings["base_url"]
            raise SyncFailed(f'OnGage cannot be reached: {failure}. Check "base_url" ({address}), or try again later.') from failure
        self._attempt(LISTS, "", lambda: self.listings.sync(places[0], listing, self.state.account[LISTS]))
        for place, reply in others:
            self._attempt(place.collection.table, "", partial(self._sync_collection, place, reply))
        return self._sending_lists(listing.records)

    def _sending_lists(self, records: Sequence[Record]) -> list[ListInfo]:
        """The lists whose contacts are synced, by their ids: sending lists that are not deleted, as far as the settings want them."""
        only, without = self.settings["list_ids"], self.settings["exclude_list_ids"]
        collection = ACCOUNT[0]
        ids = {number: record for record in records if (number := collection.id_of(record)) is not None}
        unknown = sorted(only - ids.keys())
        if unknown:
            self.warehouse.warn(f'"list_ids" names lists that this user does not see: {", ".join(map(str, unknown))}')
        sending = [
            (number, record)
            for number, record in sorted(ids.items())
            if record.get("type") != "suppression" and not _is_deleted(record)
        ]
        wanted = [(number, record) for number, record in sending if (not only or number in only) and number not in without]
        reported = {number: record for number, record in ids.items() if (not only or number in only) and number not in without}
        oldest = entry_time(None, self.now)
        self.reported = {str(number): (_moment(record.get("created")) or oldest).date() for number, record in reported.items()}
        return with_widths([(str(number), _moment(record.get("created")), _number(record.get("last_count"))) for number, record in wanted])

    # --- What belongs to lists ---

    def _read_contacts(self, lists: Sequence[ListInfo]) -> None:
        self.contacts.begin(lists)
        for info in lists:
            if not self._attempt(plan.CONTACTS, info.id, partial(self.contacts.sync, info)):
                self.contacts.give_up(info)

    def _read_collections(self, lists: Sequence[ListInfo]) -> None:
        """Reads collections, the next ones ahead, one list after the other."""
        wanted = [one for one in PER_LIST if one.table not in models.OPTIONAL_TABLES or one.table in self.settings["optional_tables"]]
        places = [place_of(collection, info.id) for info in lists for collection in wanted]
        replies: dict[Place, Future[Listing]] = {}
        for at, place in enumerate(places):
            for later in places[at : at + COLLECTIONS_AHEAD]:
                if later not in replies:
                    replies[later] = self._begin_to_read(later)
            self._attempt(place.collection.table, list_of(place) or "", partial(self._sync_collection, place, replies.pop(place)))

    def _begin_to_read(self, place: Place) -> Future[Listing]:
        return self.executor.submit(self.listings.read, place, fetch.PAGE_SIZES)

    def _sync_collection(self, place: Place, reply: Future[Listing]) -> None:
        list_id = list_of(place)
        collections = self.state.of_list(list_id).collections if list_id else self.state.account
        self.listings.sync(place, self.warehouse.wait_for(reply), collections[place.collection.table])

    def _read_reports(self, lists: Sequence[ListInfo]) -> None:
        if not lists:
            return
        reports = Reports(self.context, self.reported, named=bool(self.settings["list_ids"] or self.settings["exclude_list_ids"]))
        for report in models.REPORTS.values():
            read = partial(reports.sync, report, self.now.date(), self.settings["stats_days"])
            self._attempt(report.table.name, "", read)

    def _read_activity(self, lists: Sequence[ListInfo]) -> None:
        for info in lists:
            read = partial(self.activity.sync, info.id, self.now.date(), self.settings["activity_days"])
            self._attempt("contact_activity", info.id, read)

    # --- What fails ---

    def _attempt(self, table: str, list_id: str, action: Callable[[], None]) -> bool:
        """Runs one part; another part's failure is no reason to stop this one. Whether it succeeded."""
        try:
            action()
        except Forbidden:
            self.forbidden[list_id].append(table)
        except NotFound:
            self.absent[list_id].append(table)
        except Unauthorized:
            raise
        except (SourceFailure, SyncFailed) as failure:
            name = f"{table} of list {list_id}" if list_id else table
            self.incomplete[name] = str(failure)
            log.error(f"{name} is incomplete: {failure}")
        else:
            return True
        return False

    # --- The end ---

    def _finish(self) -> None:
        self._warn_of_what_is_left_out(self.forbidden, "the user may not read it (403). Give it a role that may, such as Admin or General")
        self._warn_of_what_is_left_out(self.absent, "OnGage has no such thing there (404)")
        unknown = [f"{table}.{key} ({number:,} records)" for (table, key), number in self.delivery.unknown_fields.most_common()]
        if unknown:
            self.warehouse.warn("fields that no column takes, new at the source perhaps: " + ", ".join(unknown))
        still_open = ", ".join(self.state.errors.tables())
        if still_open:
            self.warehouse.warn(f"the table `errors` lists what did not arrive and is tried again by the next sync: {still_open}")
        size = len(json.dumps(self.state.dump()))
        if size > LARGE_STATE_BYTES:
            self.warehouse.warn(f"the state has {size / 1e6:.1f} MB of the 10 MB that Fivetran allows; sync some lists separately")
        self.warehouse.flush_warnings()
        self.warehouse.checkpoint()
        log.info(self.progress.summary(self.budget.requests))
        if self.incomplete:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in self.incomplete.items())
            raise SyncFailed(f"Incomplete, the next sync goes on from here: {reasons}")

    def _warn_of_what_is_left_out(self, left_out: Mapping[str, Sequence[str]], why: str) -> None:
        """Names lists of which nothing can be read by themselves, and for the others each table once."""
        whole = [number for number, names in left_out.items() if number and plan.CONTACTS in names and "mailings" in names]
        if whole:
            self.warehouse.warn(f"{'lists' if len(whole) > 1 else 'list'} {', '.join(whole)} left out: {why}.")
        by_table: dict[str, list[str]] = defaultdict(list)
        for number, names in left_out.items():
            for name in names if number not in whole else ():
                by_table[name].append(number)
        for name, numbers in by_table.items():
            lists = f" (of the lists {', '.join(numbers)})" if numbers != [""] else ""
            self.warehouse.warn(f"{name} is left out{lists}: {why}.")


def _is_deleted(record: Record) -> bool:
    """Whether a list says when it was deleted; "1" is such a time, too. What is no time at all tells nothing."""
    moment = _moment(record.get("deleted"))
    return moment is not None and moment > models.EPOCH


def _moment(value: object) -> Any:
    try:
        return models.to_epoch(value)
    except ConversionError:
        return None


def _number(value: object) -> int:
    return int(str(value)) if str(value).isdecimal() else 0
