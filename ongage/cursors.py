"""What a sync remembers for the next one: per list its contacts and its collections; the statistics; and what all share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

import models
from common.collection import Collection, CollectionState
from common.errors import OpenErrors
from common.failures import StateProblem
from common.ledger import Ledger
from common.sketch import Mirror
from common.state import ADVICE, check_version, day_of, moment_of, names_of, part, valid
from plan import ACCOUNT, PER_LIST, Window

VERSION = 1  # a new collection needs a new one, and a migration: no part of a state may be missing
FIRST, CHANGES, COMPARE, DELIVER = "first", "changes", "compare", "deliver"
ACTIVITY = (models.CONTACT_ACTIVITY_SUMMARIES.name, models.CONTACT_ACTIVITY_EVENTS.name)
KINDS = ("", FIRST, CHANGES, COMPARE, DELIVER)


@dataclass
class ContactsState:
    """How far the contacts of a list are read.

    `since`: from when changes are asked for; None until all contacts were read once. `kind` is the reading that is under way, "" between
    two, `upper` its end in time, fixed before its first request, and `windows` what is left of it, in order. `again` are windows of a
    reading that compares, whose searches are kept until what differs was delivered. `refreshed_at`: when all were read last.
    `held` is what the warehouse has had since then, `seen` what the reading under way has found so far. By id, with their checksums:
    `recent` are contacts that were delivered since `held` and may be in it; `added` those that were created since then, so that neither
    `held` nor `seen` has them; `met` are those of both that the reading under way has found; `fresh` those that the next readings of
    changes will meet again though nothing happens to them. `unreadable` counts rows that are nobody knows whose. `overflowed`: more has
    changed than is remembered, so that the next reading is a full one.
    """

    since: datetime | None = None
    upper: datetime | None = None
    kind: str = ""
    windows: list[Window] = field(default_factory=list)
    again: list[Window] = field(default_factory=list)
    refreshed_at: datetime | None = None
    held: Mirror | None = None
    seen: Mirror | None = None
    recent: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)
    fresh: dict[str, int] = field(default_factory=dict)
    unreadable: int = 0
    overflowed: bool = False

    @property
    def remembered(self) -> int:
        """How many contacts are known by their ids."""
        return len(self.recent) + len(self.added)

    def delivered(self, contact: str) -> int | None:
        """With which checksum a contact was delivered since `held`, if it was."""
        return self.added.get(contact, self.recent.get(contact))

    def begin(self, kind: str, windows: Sequence[Window], upper: datetime, width: int) -> None:
        """A reading begins; `width` is that of what it sees."""
        self.kind, self.windows, self.upper, self.again = kind, list(windows), upper, []
        self.seen = None if kind == CHANGES else Mirror(width)
        self.met, self.fresh, self.unreadable = {}, {}, 0

    def finish(self) -> None:
        """The reading under way got to its end; one of everything is what the warehouse holds from now on."""
        if self.kind != CHANGES:
            self.held, self.recent, self.added, self.refreshed_at = self.seen, self.fresh, {}, self.upper
            self.overflowed = False
        self.since = self.upper
        self.abandon()

    def forget_searches(self) -> None:
        """The searches that are under way will not be asked again."""
        self.windows = [window._replace(search=None) for window in self.windows]
        self.again = [window._replace(search=None) for window in self.again]

    def abandon(self) -> None:
        """Forgets the reading under way."""
        self.kind, self.upper, self.seen, self.windows, self.again = "", None, None, [], []
        self.met, self.fresh, self.unreadable = {}, {}, 0

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {
            "since": _iso(self.since),
            "upper": _iso(self.upper),
            "kind": self.kind,
            "windows": [list(window) for window in self.windows],
            "again": [list(window) for window in self.again],
            "refreshed_at": _iso(self.refreshed_at),
            "held": self.held.dump() if self.held else None,
            "seen": self.seen.dump() if self.seen else None,
            "recent": dict(self.recent),
            "added": dict(self.added),
            "met": dict(self.met),
            "fresh": dict(self.fresh),
            "unreadable": self.unreadable,
            "overflowed": self.overflowed,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> ContactsState:
        """What `dump` gave.

        Raises:
            StateProblem: if it is not what `dump` gives.
        """
        kind = part(stored, "kind", str)
        if kind not in KINDS:
            raise _damaged("kind")
        found = cls(
            moment_of(stored, "since"),
            moment_of(stored, "upper"),
            kind,
            _windows(stored, "windows"),
            _windows(stored, "again"),
            moment_of(stored, "refreshed_at"),
            _mirror(stored, "held"),
            _mirror(stored, "seen"),
            _sums(stored, "recent"),
            _sums(stored, "added"),
            _sums(stored, "met"),
            _sums(stored, "fresh"),
            part(stored, "unreadable", int),
            part(stored, "overflowed", bool),
        )
        if (found.since is None) != (found.held is None):
            raise _damaged("held" if found.held is None else "since")
        if bool(kind) != bool(found.upper) or (kind in {FIRST, COMPARE, DELIVER}) != bool(found.seen):
            raise _damaged("seen" if found.upper else "upper")
        return found


class ListState:
    """What is remembered of one list."""

    def __init__(self, stored: Mapping[str, Any] | None = None) -> None:
        collections = part(stored, "collections", dict) if stored else {}
        self.contacts = ContactsState.load(part(stored, "contacts", dict)) if stored else ContactsState()
        self.activity = _spans(part(stored, "activity", dict) if stored else {}, ACTIVITY, new=stored is None)
        self.collections = _collections(collections, PER_LIST, new=stored is None)

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {
            "contacts": self.contacts.dump(),
            "collections": {name: one.dump() for name, one in self.collections.items()},
            "activity": {name: one.dump() for name, one in self.activity.items()},
        }


@dataclass
class SpansState:
    """What was delivered of a table that is replaced span by span: months of statistics, days of activity.

    `done` is the last day up to which the past was read, of the lists in `pending`; those in `lists` have been read in full. `mirrors` are,
    by their first day, those spans that will be read again.
    """

    done: date | None = None
    mirrors: dict[str, Mirror] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        done = self.done.isoformat() if self.done else None
        mirrors = {day: mirror.dump() for day, mirror in self.mirrors.items()}
        return {"done": done, "mirrors": mirrors, "lists": self.lists, "pending": self.pending}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> SpansState:
        """What `dump` gave.

        Raises:
            StateProblem: if it is not what `dump` gives.
        """
        mirrors = part(stored, "mirrors", dict)
        for day in mirrors:
            day_of({"mirrors": day}, "mirrors")
        loaded = {day: valid("mirrors", partial(Mirror.load, one)) for day, one in mirrors.items()}
        return cls(day_of(stored, "done"), loaded, names_of(stored, "lists"), names_of(stored, "pending"))


class Job(NamedTuple):
    """A search or a report that OnGage works at: `kind` is its endpoint."""

    list_id: str
    kind: str
    id: str


class SyncState:
    """The whole state. `load` it, change its parts, and `dump` it with each checkpoint.

    `spans` are those of the statistics, by table. `trash` are jobs whose results were delivered or given up, and that are still to be
    deleted from the account's history.
    """

    def __init__(self, state: Mapping[str, Any]) -> None:
        new = not state
        self._lists = {} if new else {number: ListState(_object(one, "lists")) for number, one in part(state, "lists", dict).items()}
        self.account = _collections({} if new else part(state, "account", dict), ACCOUNT, new=new)
        self.spans = _spans({} if new else part(state, "spans", dict), list(models.REPORTS), new=new)
        self.trash = [] if new else [_job(one) for one in part(state, "trash", list)]
        stored = {} if new else part(state, "open_errors", dict)
        self.errors: OpenErrors = valid("open_errors", lambda: OpenErrors(dict(stored)))

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> SyncState:
        """The state of the last checkpoint; {} is a beginning.

        Raises:
            StateProblem: if another version wrote it or it is damaged, naming the part.
        """
        check_version(state, VERSION)
        return cls(state)

    def of_list(self, list_id: str) -> ListState:
        """A list's part; a new one if the list is new."""
        return self._lists.setdefault(list_id, ListState())

    def contacts_of_other_lists(self, lists: Sequence[str]) -> list[tuple[str, ContactsState]]:
        """The contacts of lists that are known, but are none of these."""
        return [(number, one.contacts) for number, one in self._lists.items() if number not in lists]

    def dump(self) -> dict[str, Any]:
        """As JSON for a checkpoint."""
        return {
            "version": VERSION,
            "lists": {number: one.dump() for number, one in self._lists.items()},
            "account": {name: one.dump() for name, one in self.account.items()},
            "spans": {name: one.dump() for name, one in self.spans.items()},
            "trash": [list(job) for job in self.trash],
            "open_errors": self.errors.stored,
        }


def _collections(stored: Mapping[str, Any], collections: Sequence[Collection], *, new: bool) -> dict[str, CollectionState]:
    columns = {one.table: one.columns(models.OPTIONAL_TABLES) for one in collections}
    if new:
        return {table: CollectionState(Ledger(names)) for table, names in columns.items()}
    return {table: CollectionState.load(part(stored, table, dict), names) for table, names in columns.items()}


def _spans(stored: Mapping[str, Any], tables: Sequence[str], *, new: bool) -> dict[str, SpansState]:
    return {name: SpansState() if new else SpansState.load(part(stored, name, dict)) for name in tables}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _object(value: object, name: str) -> Mapping[str, Any]:
    return part({name: value}, name, dict)  # type: ignore[no-any-return]


def _damaged(name: str) -> StateProblem:
    return StateProblem(f'The stored state is damaged: "{name}". {ADVICE}')


def _job(stored: object) -> Job:
    match stored:
        case [str() as list_id, str() as kind, str() as number]:
            return Job(list_id, kind, number)
    raise _damaged("trash")


def _mirror(stored: Mapping[str, Any], name: str) -> Mirror | None:
    dumped = part(stored, name, dict, default=None) if name in stored else part(stored, name, dict)
    return None if dumped is None else valid(name, lambda: Mirror.load(dumped))


def _sums(stored: Mapping[str, Any], name: str) -> dict[str, int]:
    found = part(stored, name, dict)
    if not all(type(one) is int for one in found.values()):
        raise _damaged(name)
    return dict(found)


def _windows(stored: Mapping[str, Any], name: str) -> list[Window]:
    found = []
    for one in part(stored, name, list):
        match one:
            case [str() as field_name, int() | None as start, int() | None as end, int() as retries, str() | None as search]:
                found.append(Window(field_name, start, end, retries, search))
            case _:
                raise _damaged(name)
    return found
