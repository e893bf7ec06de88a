"""What a sync remembers for the next one: of each list what was delivered, of each export how far it is, and how far the past is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, NamedTuple

import models
from common.collection import CollectionState
from common.errors import OpenErrors
from common.failures import StateProblem
from common.ledger import Ledger
from common.state import ADVICE, check_version, moment_of, names_of, part, valid
from plan import COLLECTIONS, DETAILED, FIRST_WIDTH, NARROWEST, SIGNUPS_OF_EVENT, WIDEST
from sweep import SEARCHES, Part

VERSION = 2  # a new collection needs a new one, and a migration: no part of a state may be missing
FIRST_BATCH = 1000  # people of one export; how many there may be is not known (fact sheet 14)
MOST_IN_BATCH = 8000
GONE = "gone"  # in place of the checksum of a row that was deleted
LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)
OPTIONAL = models.OPTIONAL_TABLES
LISTS = (*COLLECTIONS, *DETAILED.values())


class Job(NamedTuple):
    """An export that the source works at: of what changed from `start` to `end`, or, without these, of rows that are tried again."""

    id: int
    start: datetime | None
    end: datetime | None


@dataclass
class ExportState:
    """How far the changes of a type are read.

    `cursor`: up to when; None until the first window. `width` is how many seconds the next window may span. `recent` are the rows of the
    last window with their checksums, or `GONE`, as far as these are few, since the next one begins a little before its end. `columns` are
    the names in the header of the last file, `custom` the ids of the custom fields that were asked for. `examples` are a few people who
    have rows.
    """

    cursor: datetime | None = None
    job: Job | None = None
    width: int = int(FIRST_WIDTH.total_seconds())
    recent: dict[str, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    custom: list[int] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        job = [self.job.id, _iso(self.job.start), _iso(self.job.end)] if self.job else None
        return {
            "cursor": _iso(self.cursor),
            "job": job,
            "width": self.width,
            "recent": dict(self.recent),
            "columns": self.columns,
            "custom": self.custom,
            "examples": self.examples,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> ExportState:
        """What `dump` gave.

        Raises:
            StateProblem: if it is not what `dump` gives.
        """
        width = part(stored, "width", int)
        if not NARROWEST.total_seconds() <= width <= WIDEST.total_seconds():
            raise damaged("width")
        return cls(
            moment_of(stored, "cursor"),
            _job(part(stored, "job", list, default=None) if "job" in stored else part(stored, "job", list)),
            width,
            _texts(stored, "recent"),
            names_of(stored, "columns"),
            _ids(stored, "custom"),
            _ids(stored, "examples"),
        )


@dataclass
class BackfillState:
    """How far the past is read.

    `covered`: the types whose past was read, with the time when that was begun; `out_of_reach` those whose past cannot be read, and why.
    `detailed`: the optional tables that were filled meanwhile; `missed` those of which something could not be read, which are filled anew
    once it can.

    While the past is read, `wanted` are the types that it is read for, and `detailing` the optional tables that it fills; `parts` the
    searches for people that are left; `ids` people who were found and are not exported yet, of whom the first `batch` are being exported,
    which `left` says for which types, and `jobs` with which exports. `size` is how many people one export may be about, `people` how many
    were exported, `total` how many searches there were. `began`: when the first of them was made; `last` is the export, once it is begun,
    of people who changed since then, and `closed` says that these were taken up.
    """

    covered: dict[str, datetime] = field(default_factory=dict)
    out_of_reach: dict[str, str] = field(default_factory=dict)
    detailed: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    detailing: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    ids: Ledger = field(default_factory=lambda: Ledger(()))
    batch: int = 0
    left: list[str] = field(default_factory=list)
    jobs: dict[str, int] = field(default_factory=dict)
    size: int = FIRST_BATCH
    people: int = 0
    total: int = 0
    began: datetime | None = None
    last: int | None = None
    closed: bool = False

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {
            "covered": {name: _iso(began) for name, began in self.covered.items()},
            "out_of_reach": dict(self.out_of_reach),
            "detailed": self.detailed,
            "missed": self.missed,
            "wanted": self.wanted,
            "detailing": self.detailing,
            "parts": [list(one) for one in self.parts],
            "ids": self.ids.dump(),
            "batch": self.batch,
            "left": self.left,
            "jobs": dict(self.jobs),
            "size": self.size,
            "people": self.people,
            "total": self.total,
            "began": _iso(self.began),
            "last": self.last,
            "closed": self.closed,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> BackfillState:
        """What `dump` gave.

        Raises:
            StateProblem: if it is not what `dump` gives.
        """
        ids = part(stored, "ids", dict)
        found = cls(
            _moments(stored, "covered"),
            _texts(stored, "out_of_reach"),
            _names(stored, "detailed"),
            _names(stored, "missed"),
            _names(stored, "wanted"),
            _names(stored, "detailing"),
            _parts(stored),
            valid("ids", lambda: Ledger.load(ids, ())),
            part(stored, "batch", int),
            _names(stored, "left"),
            _numbers(stored, "jobs"),
            part(stored, "size", int),
            part(stored, "people", int),
            part(stored, "total", int),
            moment_of(stored, "began") if "began" in stored else part(stored, "began", str),
            part(stored, "last", int, default=None) if "last" in stored else part(stored, "last", int),
            part(stored, "closed", bool),
        )
        if bool(found.wanted) != bool(found.began):
            raise damaged("began")
        if not 0 <= found.batch <= len(found.ids) or bool(found.batch) != bool(found.left):
            raise damaged("batch")
        if not 1 <= found.size <= MOST_IN_BATCH:
            raise damaged("size")
        if not set(found.left) <= set(found.wanted) or not set(found.jobs) <= set(found.left):
            raise damaged("jobs" if set(found.left) <= set(found.wanted) else "left")
        if not found.wanted and (found.parts or found.ids):
            raise damaged("wanted")
        return found

    def since(self, resource: str) -> datetime | None:
        """Since when changes of a type are to be read, as far as its past was read; None if it was not."""
        return self.covered.get(resource) or (self.began if resource in self.wanted else None)

    def miss(self, table: str) -> None:
        """Of an optional table something could not be read: it is filled anew once it can."""
        self.missed = sorted({*self.missed, table})
        self.detailed = [name for name in self.detailed if name != table]
        self.detailing = [name for name in self.detailing if name != table]


@dataclass
class SignupsState:
    """What was delivered of signups: by event a checksum of all of its signups, and by signup its event."""

    events: Ledger = field(default_factory=lambda: Ledger(["checksum"]))
    delivered: Ledger = field(default_factory=lambda: Ledger(["event"]))
    keys: list[str] = field(default_factory=list)

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {"events": self.events.dump(), "delivered": self.delivered.dump(), "keys": self.keys}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> SignupsState:
        """What `dump` gave.

        Raises:
            StateProblem: if it is not what `dump` gives.
        """
        events, delivered = part(stored, "events", dict), part(stored, "delivered", dict)
        return cls(
            valid("events", lambda: Ledger.load(events, ["checksum"])),
            valid("delivered", lambda: Ledger.load(delivered, ["event"])),
            _names(stored, "keys"),
        )

    def as_collection(self, ids: Any) -> CollectionState:
        """What is remembered of some signups, in the form of a collection's."""
        columns = SIGNUPS_OF_EVENT.columns(())
        known = self.delivered.find(ids)
        ledger = Ledger(columns)
        ledger.put(dict.fromkeys(known, (0,) * len(columns)))
        return CollectionState(ledger, keys=self.keys)


class SyncState:
    """The whole state. `load` it, change its parts, and `dump` it with each checkpoint.

    `refreshed_at`: when what only a request for each record shows was read of all records.
    """

    def __init__(self, state: Mapping[str, Any]) -> None:
        new = not state
        lists = {} if new else part(state, "lists", dict)
        self.lists = {
            one.table: CollectionState(Ledger(one.columns(OPTIONAL)))
            if new
            else CollectionState.load(part(lists, one.table, dict), one.columns(OPTIONAL))
            for one in LISTS
        }
        self.signups = SignupsState() if new else SignupsState.load(part(state, "signups", dict))
        exports = {} if new else part(state, "exports", dict)
        self.exports = {name: ExportState.load(part(exports, name, dict)) for name in exports}
        self.backfill = BackfillState() if new else BackfillState.load(part(state, "backfill", dict))
        self.refreshed_at = None if new else moment_of(state, "refreshed_at")
        stored = {} if new else part(state, "open_errors", dict)
        self.errors: OpenErrors = valid("open_errors", lambda: OpenErrors(dict(stored)))

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> SyncState:
        """The state of the last checkpoint; {} is a beginning.

        Raises:
            StateProblem: if a version wrote it that is not known, or it is damaged, naming the part.
        """
        version = state.get("version")
        current = _of_version_1(state) if type(version) is int and version == 1 else state
        check_version(current, VERSION)
        return cls(current)

    def export(self, resource: str) -> ExportState:
        """A type's part; a new one if the type is new."""
        return self.exports.setdefault(resource, ExportState())

    def dump(self) -> dict[str, Any]:
        """As JSON for a checkpoint."""
        return {
            "version": VERSION,
            "lists": {name: one.dump() for name, one in self.lists.items()},
            "signups": self.signups.dump(),
            "exports": {name: one.dump() for name, one in self.exports.items()},
            "backfill": self.backfill.dump(),
            "refreshed_at": _iso(self.refreshed_at),
            "open_errors": self.errors.stored,
        }


def _of_version_1(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state of version 1 as one of version 2, which also tells since when the past of a type is known, and packs the ids of people.

    Raises:
        StateProblem: if it is damaged.
    """
    past, ids = part(state, "backfill", dict), Ledger(())
    ids.put(dict.fromkeys(_ids(past, "ids"), ()))
    added: dict[str, Any] = {
        "covered": dict.fromkeys(_names(past, "covered"), _iso(LONG_AGO)),
        "out_of_reach": {},
        "missed": [],
        "detailing": [],
        "ids": ids.dump(),
    }
    return {**state, "version": 2, "backfill": {**past, **added}}


def damaged(name: str) -> StateProblem:
    """A state of which a part cannot be read."""
    return StateProblem(f'The stored state is damaged: "{name}". {ADVICE}')


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _job(stored: object) -> Job | None:
    match stored:
        case None:
            return None
        case [int() as number, str() | None as start, str() | None as end] if type(number) is int and bool(start) == bool(end):
            return Job(number, moment_of({"job": start}, "job"), moment_of({"job": end}, "job"))
    raise damaged("job")


def _names(stored: Mapping[str, Any], name: str) -> list[str]:
    part(stored, name, list)  # it must be there
    return names_of(stored, name)


def _ids(stored: Mapping[str, Any], name: str) -> list[int]:
    found = part(stored, name, list)
    if not all(type(one) is int and one >= 0 for one in found):
        raise damaged(name)
    return list(found)


def _texts(stored: Mapping[str, Any], name: str) -> dict[str, str]:
    found = part(stored, name, dict)
    if not all(isinstance(one, str) for one in found.values()):
        raise damaged(name)
    return dict(found)


def _moments(stored: Mapping[str, Any], name: str) -> dict[str, datetime]:
    found = {key: moment_of(part(stored, name, dict), key) for key in part(stored, name, dict)}
    if None in found.values():
        raise damaged(name)
    return {key: value for key, value in found.items() if value}


def _numbers(stored: Mapping[str, Any], name: str) -> dict[str, int]:
    found = part(stored, name, dict)
    if not all(type(one) is int for one in found.values()):
        raise damaged(name)
    return dict(found)


def _parts(stored: Mapping[str, Any]) -> list[Part]:
    found = []
    for one in part(stored, "parts", list):
        match one:
            case [str() as name, str() as prefix, bool() as rest] if name in SEARCHES and prefix:
                found.append(Part(name, prefix, rest))
            case _:
                raise damaged("parts")
    return found
