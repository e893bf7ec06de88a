"""What is read from Search Ads 360, in which order, and what is done when a part of it fails.

First the tree of accounts, since all else is asked for account by account. Then the listings; then the newest days of every report, and at
last the past of every report, newest first, a window of each in turn, so that dashboards fill evenly. What cannot be read stops nothing
else: the sync goes on, says at the end what is incomplete, and fails, so that the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from typing import Any

from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op

import accounts
import fetch
import models
import plan
from accounts import Tree
from api import RATE_MARGIN_SECONDS, RATE_WINDOW_SECONDS, SearchAds360Api, exchange
from common.budget import Budget, Pace
from common.clock import Clock, SystemClock, moment
from common.collecting import rare_collections
from common.delivery import Delivery
from common.failures import Exhausted, Forbidden, NotFound, Rejected, SettingProblem, SourceFailure, SyncFailed, Unauthorized, Unavailable
from common.progress import Progress, sparingly
from common.warehouse import Warehouse
from context import Context, ahead
from cursors import ReportState, SyncState
from failing import Failing
from listings import Listings
from models import Account, Source
from plan import Window
from reading import Reader
from refusals import Refused
from reports import Reports
from signin import SignIn
from units import Reading, Unit
from watch import Outage, Silence, StateSize

PAUSE_SECONDS = 60.0  # after a refusal that names no time: a minute, then two, four, eight, sixteen
TINY = "SELECT customer.id FROM customer"

Settings = Mapping[str, Any]


def run(settings: Settings, state: Mapping[str, Any], clock: Clock | None = None) -> None:
    """One sync.

    Args:
        settings: the values of `settings.SETTINGS`.
        state: what the last checkpoint stored.
        clock: time and waiting.

    Raises:
        SettingProblem: if the sign-in is not accepted, or the login account may not be read.
        StateProblem: if the state cannot be read.
        SyncFailed: if something is incomplete; the rest is complete, and the next sync goes on where this one stopped.
    """
    executor = ThreadPoolExecutor(fetch.PARALLEL_REQUESTS)
    try:
        with rare_collections():
            Sync(settings, SyncState.load(state), clock or SystemClock(), executor).run()
    finally:
        executor.shutdown(cancel_futures=True)


def budget(settings: Settings, clock: Clock) -> Budget:
    """The limits of the Google Cloud project, as far as the settings leave them to this connector."""
    window = RATE_WINDOW_SECONDS + RATE_MARGIN_SECONDS
    pace = Pace(settings["calls_per_minute"], window, settings["calls_in_flight"], PAUSE_SECONDS)
    return Budget(clock, 0, RATE_WINDOW_SECONDS, log.info, pace)


class Sync:
    """One sync: the order of things, and what is done when one of them fails."""

    def __init__(self, settings: Settings, state: SyncState, clock: Clock, executor: Executor) -> None:
        self.settings, self.state, self.clock = settings, state, clock
        self.now = moment(clock)
        self.today = self.now.date().isoformat()
        self.budget = budget(settings, clock)
        self.progress = Progress(clock, log.info)
        self.warehouse = Warehouse(op, clock, self.progress, self._dump)
        self.size = StateSize(clock, self.warehouse.warn)
        sign_in = SignIn(settings, clock)
        session = exchange(settings, sign_in, self.budget, clock, fetch.PARALLEL_REQUESTS + 2)  # the main thread asks as well
        api = SearchAds360Api.of(session, sign_in, clock)
        tables = {table.name: table for table in models.tables(models.OPTIONAL_TABLES)}
        self.delivery = Delivery(self.warehouse, state.errors, self.now, settings["optional_tables"], tables)
        say, wait = sparingly(clock, log.info), self.warehouse.wait_for
        self.context = Context(api, self.delivery, state, clock, executor, wait, self.progress, say, log.info, self.now)
        self.reader = Reader(api, clock, say)
        self.listings = Listings(self.context, self.reader)
        self.reports = Reports(self.context, self.reader, settings["start_date"], settings["conversion_window_days"])
        self.outage = Outage(partial(api.search, settings["login_customer_id"], TINY, 1))
        self.failing = Failing(self.delivery, self.outage)
        self.columns: dict[str, list[tuple[str, str]]] = {}  # by manager, its custom columns that can be asked for, as id and name

    def run(self) -> None:
        """Reads everything that is due."""
        try:
            tree = self._read_tree()
            clients = accounts.wanted(tree, self.settings["customer_ids"])
            self._warn_of_accounts(tree, clients)
            self._read_listings(tree, clients)
            self._read_constants(clients)
            self._read_reports([*self._report_units(clients), *self._value_units(tree, clients)])
            self.failing.doubt_access(self.settings["login_customer_id"], clients)
        except Unauthorized as failure:
            raise SettingProblem(str(failure)) from failure
        except Exhausted as failure:
            self._finish(str(failure))
        except Silence as failure:
            log.error(str(failure))
            self._finish("Search Ads 360 does not answer any more")
        else:
            self._finish()

    # --- The accounts ---

    def _read_tree(self) -> Tree:
        """The accounts below the login account."""
        self.progress.begin("accounts", "")
        login = self.settings["login_customer_id"]
        try:
            return accounts.find(login, self.listings, self.failing.refuse, self._missed)
        except NotFound as failure:
            raise SettingProblem(f'There is no Search Ads 360 API at "base_url": {failure}.') from failure
        except (Forbidden, Rejected) as failure:
            advice = '"login_customer_id" must be a manager account that the signed-in user may read'
            raise SettingProblem(f"{advice}; it is {login}: {failure}.") from failure
        except (Unauthorized, Exhausted, Silence):
            raise
        except Unavailable as failure:
            address = self.settings["base_url"]
            raise SyncFailed(f'Search Ads 360 cannot be reached: {failure}. Check "base_url" ({address}), or try again later.') from failure
        except SourceFailure as failure:
            raise SyncFailed(f"The accounts below {login} cannot be listed: {failure}. Try again later.") from failure

    def _missed(self, unit: Unit, failure: SourceFailure) -> None:
        """What is below a manager could not be read; the others' accounts are read all the same."""
        self.failing.miss(f"what is below account {unit.account.id}", failure)

    def _warn_of_accounts(self, tree: Tree, clients: Sequence[Account]) -> None:
        for number in accounts.unknown(tree, self.settings["customer_ids"]):
            self.warehouse.warn(
                f'"customer_ids" names {number}, which is no enabled client account below {self.settings["login_customer_id"]}'
            )
        for number, why in tree.left_out.items():
            self.warehouse.warn(f"what is below the manager account {number} is left out: {why}")
        only = self.settings["customer_ids"]
        zoneless = {f"account {number}": why for number, why in tree.zoneless.items() if not only or number in only}
        self.failing.incomplete |= zoneless
        if not clients and not zoneless:
            self.warehouse.warn("there is no enabled client account to sync")
        start, oldest = self.settings["start_date"], plan.begins(None, self.now.date())
        if start and start < oldest:
            kept = f"Search Ads 360 keeps {plan.MONTHS_KEPT} months of them"
            self.context.inform(f"daily numbers begin on {oldest} and not on {start}: {kept}")

    # --- Listings ---

    def _read_listings(self, tree: Tree, clients: Sequence[Account]) -> None:
        self.progress.begin("listings", "")
        units = [Unit(source, account) for source in self._wanted_listings() for account in self._asked(source, tree, clients)]
        units.sort(key=lambda unit: self.state.account(unit.account.id).listings_read_at.get(unit.source.name, ""))  # longest ago first
        for unit, reply in ahead(self.failing.readable(units), self.listings.begin, fetch.PARALLEL_REQUESTS):
            self.failing.attempt(unit, partial(self._sync_listing, unit, reply))

    def _sync_listing(self, unit: Unit, reply: Future[Reading]) -> None:
        reading = self.listings.sync(unit, reply)
        if unit.source is models.CUSTOM_COLUMNS:
            rows = reading.rows if reading.rows is not None else self.listings.again(unit)
            self.columns[unit.account.id] = [(str(row["id"]), str(row["name"])) for row in rows if row["queryable"] and row["id"]]
        self.state.account(unit.account.id).listings_read_at[unit.source.name] = self.today
        self.failing.answered(unit)

    def _read_constants(self, clients: Sequence[Account]) -> None:
        """Reads what belongs to no account, of the first client that may be asked for it."""
        due = [one for one in models.ENTITIES.values() if one.asked_of == "constants" and self._is_wanted(one) and self._is_due(one)]
        for client in filter(self.failing.may_be_read, clients):
            units = [Unit(source, client) for source in due]
            for unit, reply in ahead(units, self.listings.begin, fetch.PARALLEL_REQUESTS):
                self.failing.attempt(unit, partial(self._sync_constants, unit, reply))
            unread = [source for source in due if self.state.constants_read_at.get(source.name) != self.now]
            denied = {name for name, numbers in self.failing.forbidden.items() if client.id in numbers}
            due = [source for source in unread if source.name in denied or not self.failing.may_be_read(client)]

    def _sync_constants(self, unit: Unit, reply: Future[Reading]) -> None:
        self.listings.sync(unit, reply)
        self.state.constants_read_at[unit.source.name] = self.now
        self.failing.forbidden.pop(unit.source.name, None)  # to which others may have come in vain
        self.outage.answered()

    def _wanted_listings(self) -> list[Source]:
        """The listings of accounts; the tree has been read already."""
        others = [one for one in models.ENTITIES.values() if one is not accounts.HIERARCHY and one.asked_of != "constants"]
        return [*filter(self._is_wanted, others), models.CUSTOM_COLUMNS]

    def _is_wanted(self, source: Source) -> bool:
        return source.name not in models.OPTIONAL_TABLES or source.name in self.settings["optional_tables"]

    def _is_due(self, source: Source) -> bool:
        """Whether a list that rarely changes is to be read again."""
        read_at, days = self.state.constants_read_at.get(source.name), self.settings["full_refresh_days"]
        return read_at is None or read_at > self.now or self.now - read_at >= timedelta(days=days)

    def _asked(self, source: Source, tree: Tree, clients: Sequence[Account]) -> Sequence[Account]:
        """The accounts that a table is asked of."""
        return {
            "accounts": [*tree.managers, *clients],
            "managers": tree.managers,
            "clients": clients,
        }[source.asked_of]

    # --- Daily numbers ---

    def _report_units(self, clients: Sequence[Account]) -> list[Unit]:
        sources = [one for one in (*models.REPORTS.values(), *models.EVENTS.values()) if self._is_wanted(one)]
        return [Unit(source, account) for source in sources for account in clients]

    def _read_reports(self, units: Sequence[Unit]) -> None:
        """Reads the days that still change, then the past: of each report one window after the other, all in turn."""
        self.progress.begin("newest days of the reports", "")
        current, depth = list[Unit](), fetch.PARALLEL_REQUESTS
        for unit, reply in ahead(self.failing.readable(sorted(units, key=self._read_at)), self.reports.begin, depth):
            self.failing.attempt(unit, lambda unit=unit, reply=reply: current.extend(self._newest(unit, reply)))  # type: ignore[misc]
        current.sort(key=self._first, reverse=True)  # the shortest past first, since a quota may not suffice for a window of each
        self.progress.begin("past of the reports", "")
        while current:
            tasks = ahead(self.failing.readable(current), self.reports.begin_past, depth)
            current = [unit for unit, reply in tasks if self._past(unit, reply)]

    def _entry(self, unit: Unit) -> ReportState:
        return self.state.account(unit.account.id).report(unit.source.name)

    def _read_at(self, unit: Unit) -> str:
        """When a report was read last, so that a quota that never suffices for all does not leave out the same ones each time."""
        return self._entry(unit).read_at

    def _first(self, unit: Unit) -> date:
        """The first day of a report that is read."""
        return self._entry(unit).first or date.max

    def _newest(self, unit: Unit, reply: Future[Reading]) -> list[Unit]:
        """Reads the days of a report that still change; returns what of it has a past to read."""
        try:
            self.reports.sync(unit, reply)
        except Refused:
            usable = self._without_refused_columns(unit)
            if usable.columns == unit.columns:
                raise  # none of them is the reason
            unit = usable
            if not unit.columns:
                return []
            self.reports.sync(unit, self.reports.begin(unit))
        self.reports.note_columns(unit)
        self.reports.try_again(unit)
        self.failing.answered(unit)
        return [unit]

    def _past(self, unit: Unit, begun: tuple[Window, Future[Reading]] | None) -> bool:
        """Reads a window of a report's past; whether there may be more."""
        return begun is not None and self.failing.attempt(unit, partial(self._window, unit, *begun))

    def _window(self, unit: Unit, window: Window, reply: Future[Reading]) -> None:
        first = self._entry(unit).first
        self.reports.sync_past(unit, window, reply)
        if self._entry(unit).first == first:
            self.outage.silent()  # nothing came, and fewer days are asked for next
        else:
            self.outage.answered()

    # --- Custom columns ---

    def _value_units(self, tree: Tree, clients: Sequence[Account]) -> Iterator[Unit]:
        """What is asked for of the values of custom columns; of each client those of the managers above it."""
        refused = {number for table, number in self.failing.refused if table == models.CUSTOM_COLUMNS.name}
        denied = refused | self.failing.unreadable.keys()  # as is said elsewhere
        for source in models.COLUMN_VALUES.values():
            for account in clients:
                managers = accounts.managers_above(tree, account.id)
                unread = [number for number in managers if number not in self.columns and number not in denied]
                unit = Unit(source, account, tuple(column for number in managers for column in self.columns.get(number, ())))
                if unread:  # what they have would be taken for gone
                    self.failing.incomplete.setdefault(unit.of, f"the custom columns of account {', '.join(unread)} could not be read")
                elif unit.columns:
                    yield unit

    def _without_refused_columns(self, unit: Unit) -> Unit:
        """The unit with those of its custom columns that the API gives for its account; the others are filed."""
        if not unit.columns:
            return unit
        good, refused = self.reader.usable(unit, self.now.date())
        for (number, _), failure in refused:
            self.failing.file(unit, failure, f"custom column {number}")
        return unit._replace(columns=tuple(good))

    # --- The end ---

    def _dump(self) -> dict[str, Any]:
        """The state for a checkpoint."""
        dumped = self.state.dump()
        self.size.look(dumped, if_due=True)
        return dumped

    def _finish(self, stopped: str = "") -> None:
        self.failing.tell()
        unknown = [f"{table}.{key} ({number:,} records)" for (table, key), number in self.delivery.unknown_fields.most_common()]
        if unknown:
            self.warehouse.warn("fields that no column takes, new at the source perhaps: " + ", ".join(unknown))
        still_open = ", ".join(self.state.errors.tables())
        if still_open:
            self.warehouse.warn(f"the table `errors` lists what did not arrive and is tried again by the next sync: {still_open}")
        self.size.look(self.state.dump())
        self.warehouse.flush_warnings()
        self.warehouse.checkpoint()
        log.info(self.progress.summary(self.budget.requests))
        reasons = [*([stopped] if stopped else []), *(f"{name}: {reason}" for name, reason in self.failing.incomplete.items())]
        if reasons:
            raise SyncFailed(f"Incomplete, the next sync goes on from here: {'; '.join(reasons)}")


