"""What a sync remembers for the next one: per account its listings and its reports, and what all share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from common.errors import OpenErrors
from common.failures import StateProblem
from common.state import ADVICE, check_version, day_of, moment_of, names_of, part, valid
from fetch import MOST_DAYS
from holdings import Holding

VERSION = 1


@dataclass
class ReportState:
    """How far the daily numbers of a table are read.

    `until` is the last day of which rows may be held, `since` the first one whose rows are remembered in `holding`, since they may still
    change; both are None as long as nothing was read. `young` is the last day of the last complete reading. Everything from `first` on was
    read; the past before it is still to come. `width` is how many days a question covers. `columns` are the custom columns that the past
    was read with. `read_at` is the day, in UTC, on which the newest days were read last, "" if never.
    """

    holding: Holding = field(default_factory=Holding)
    until: date | None = None
    since: date | None = None
    young: date | None = None
    first: date | None = None
    width: int = MOST_DAYS
    columns: list[str] = field(default_factory=list)
    read_at: str = ""

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {
            "holding": self.holding.dump(),
            "until": _iso(self.until),
            "since": _iso(self.since),
            "young": _iso(self.young),
            "first": _iso(self.first),
            "width": self.width,
            "columns": list(self.columns),
            "read_at": self.read_at,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> ReportState:
        """What `dump` gave.

        Raises:
            StateProblem: if it is not what `dump` gives.
        """
        width = valid("width", lambda: _width(part(stored, "width", int)))
        until, since, young, first = (day_of(stored, name) for name in ("until", "since", "young", "first"))
        columns, read_at = names_of(stored, "columns"), part(stored, "read_at", str)
        return cls(_holding(stored, "holding"), until, since, young, first, width, columns, read_at)


class AccountState:
    """What is remembered of one account: of its listings and of its reports, by table.

    `listings_read_at` tells, by table, on which day, in UTC, a listing was read last.
    """

    def __init__(self, stored: Mapping[str, Any] | None = None) -> None:
        listings = part(stored, "listings", dict) if stored is not None else {}
        reports = part(stored, "reports", dict) if stored is not None else {}
        read_at = part(stored, "listings_read_at", dict) if stored is not None else {}
        if stored is not None:
            _check_tables(names_of(stored, "tables"), [*listings, *reports])
        self.listings_read_at: dict[str, str] = {name: part(read_at, name, str) for name in read_at}
        self.listings = {name: _holding(listings, name) for name in listings}
        self.reports = {name: ReportState.load(part(reports, name, dict)) for name in reports}

    def listing(self, table: str) -> Holding:
        """What is held of a listing; nothing of one that is new."""
        return self.listings.setdefault(table, Holding(buckets=1))

    def report(self, table: str) -> ReportState:
        """How far a report is read; not at all if it is new."""
        return self.reports.setdefault(table, ReportState())

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {
            "listings": {name: one.dump() for name, one in self.listings.items()},
            "reports": {name: one.dump() for name, one in self.reports.items()},
            "listings_read_at": self.listings_read_at,
            "tables": sorted([*self.listings, *self.reports]),
        }


class SyncState:
    """The whole state. `load` it, change its parts, and `dump` it with each checkpoint.

    `constants_read_at` tells, by table, when a list that belongs to no account was read last.
    """

    def __init__(self, state: Mapping[str, Any]) -> None:
        accounts = part(state, "accounts", dict) if state else {}
        read_at = part(state, "constants_read_at", dict) if state else {}
        self._accounts = {number: AccountState(part(accounts, number, dict)) for number in accounts}
        self.constants = AccountState(part(state, "constants", dict) if state else None)
        self.constants_read_at: dict[str, datetime | None] = {name: moment_of(read_at, name) for name in read_at}
        stored = part(state, "open_errors", dict) if state else {}
        self.errors: OpenErrors = valid("open_errors", lambda: OpenErrors(dict(stored)))

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> SyncState:
        """The state of the last checkpoint; {} is a beginning.

        Raises:
            StateProblem: if another version wrote it or it is damaged, naming the part.
        """
        check_version(state, VERSION)
        return cls(state)

    def account(self, number: str) -> AccountState:
        """An account's part; a new one if the account is new. "" stands for what belongs to none."""
        return self._accounts.setdefault(number, AccountState()) if number else self.constants

    def dump(self) -> dict[str, Any]:
        """As JSON for a checkpoint."""
        return {
            "version": VERSION,
            "accounts": {number: one.dump() for number, one in self._accounts.items()},
            "constants": self.constants.dump(),
            "constants_read_at": {name: at.isoformat() if at else None for name, at in self.constants_read_at.items()},
            "open_errors": self.errors.stored,
        }


def _check_tables(told: list[str], there: list[str]) -> None:
    """Sees that no table was lost from a state: its rows would never be deleted.

    Raises:
        StateProblem: naming what is missing.
    """
    wrong = sorted(set(told) - set(there)) or (["tables"] if set(told) != set(there) else [])
    if wrong:
        raise StateProblem(f'The stored state is damaged: "{wrong[0]}" is missing, or another part tells of it no more. {ADVICE}')


def _holding(stored: Mapping[str, Any], name: str) -> Holding:
    dumped = part(stored, name, dict)
    found: Holding = valid(name, lambda: Holding.load(dumped))
    return found


def _width(number: int) -> int:
    if not 1 <= number <= MOST_DAYS:
        raise ValueError(f"no number of days from 1 to {MOST_DAYS}")
    return number


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
