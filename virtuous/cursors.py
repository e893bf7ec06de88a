"""What a sync remembers for the next one: per entity its cursor, its window and its ledger; and what all share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import models
from common.errors import OpenErrors
from common.failures import StateProblem
from common.ledger import Ledger
from common.state import ADVICE, check_version, day_of, moment_of, names_of, part
from fetch import IDCursor
from plan import ENTITIES, Entity, Parameters

VERSION = 1  # a new entity needs a new one, and a migration: no part of a state may be missing
MOST_CHECKSUMS = 4_000  # for each entity; what is beyond is written again although nothing changed, which costs but harms nothing


@dataclass
class EntityState:
    """How far an entity is read.

    `modified_since` is None until everything was read once; then the day from which modified records are asked for. `read_started` is the
    day on which the reading that is under way began, fixed before its first request, and the next window's beginning. `rescan`: read
    everything again. `optional`: the optional tables that the last full reading included, `including`: those of the one that is under
    way. `checksums`: of records that are read again
    before anything was done to them; `seen` are those of the reading that is under way.
    """

    ledger: Ledger
    cursor: IDCursor = field(default_factory=IDCursor)
    modified_since: date | None = None
    read_started: date | None = None
    rescan: bool = False
    swept_at: datetime | None = None
    optional: Sequence[str] = ()
    including: Sequence[str] = ()
    checksums: dict[int, str] = field(default_factory=dict)
    seen: dict[int, str] = field(default_factory=dict)

    def begin_rescan(self) -> None:
        """The next reading is of everything, from the first id; one that is under way already goes on."""
        if not self.rescan:
            self.rescan, self.read_started, self.cursor = True, None, IDCursor(0, self.cursor.total_synced)

    def begin_read(self, today: date, wanted: Sequence[str]) -> None:
        """A reading begins, unless one is under way: what it includes and from when the next one asks is fixed here."""
        if self.read_started is None:
            self.read_started, self.including = today, wanted
        self.including = [name for name in self.including if name in wanted]
        self.optional = [name for name in self.optional if name in wanted]

    def remember(self, sums: Mapping[int, str]) -> None:
        """Keeps the checksums of records that were just delivered, as long as they are not too many."""
        for number, total in sums.items():
            if len(self.seen) < MOST_CHECKSUMS or number in self.seen:
                self.seen[number] = total
            else:
                self.checksums.pop(number, None)  # or it would vouch for a value of before

    def checksum_of(self, number: int) -> str | None:
        """The checksum with which a record was last delivered, if it is kept."""
        return self.seen.get(number) or self.checksums.get(number)

    def finish_read(self, started: date, now: datetime, *, keep_checksums: bool) -> None:
        """The reading that began on `started` reached the end.

        Args:
            started: the day from which the next reading asks.
            now: the time.
            keep_checksums: whether those of records that were not read this time still count.
        """
        if self.modified_since is None or self.rescan:
            self.optional = self.including
        self.modified_since = started
        self.read_started = None
        kept = (self.checksums if keep_checksums else {}) | self.seen
        self.checksums, self.seen = dict(list(kept.items())[:MOST_CHECKSUMS]), {}
        self.rescan = False
        self.swept_at = self.swept_at or now
        self.cursor = IDCursor(0, self.cursor.total_synced)

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {
            "last_id": self.cursor.last_id,
            "total_synced": self.cursor.total_synced,
            "modified_since": self.modified_since.isoformat() if self.modified_since else None,
            "read_started": self.read_started.isoformat() if self.read_started else None,
            "rescan": self.rescan,
            "swept_at": self.swept_at.isoformat() if self.swept_at else None,
            "optional": list(self.optional),
            "including": list(self.including),
            "checksums": {str(number): total for number, total in self.checksums.items()},
            "seen": {str(number): total for number, total in self.seen.items()},
            "delivered": self.ledger.dump(),
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any], children: Sequence[str]) -> EntityState:
        """What `dump` gave.

        Raises:
            StateProblem: if it is not what `dump` gives.
        """
        delivered = part(stored, "delivered", dict)
        try:
            ledger = Ledger.load(delivered, children)
        except ValueError as error:
            raise StateProblem(f'The stored state is damaged: "delivered": {error}. {ADVICE}') from None
        return cls(
            ledger,
            IDCursor(part(stored, "last_id", int, default=0), part(stored, "total_synced", int, default=0)),
            day_of(stored, "modified_since"),
            day_of(stored, "read_started"),
            part(stored, "rescan", bool, default=False),
            moment_of(stored, "swept_at"),
            names_of(stored, "optional"),
            names_of(stored, "including"),
            _checksums(stored, "checksums"),
            _checksums(stored, "seen"),
        )


def _checksums(stored: Mapping[str, Any], name: str) -> dict[int, str]:
    try:
        return {int(number): str(total) for number, total in part(stored, name, dict, default={}).items()}
    except ValueError:
        raise StateProblem(f'The stored state is damaged: "{name}". {ADVICE}') from None


def child_tables(entity: Entity) -> list[str]:
    """The tables of an entity's nested lists, optional ones included, of which the ledger counts the rows."""
    return list(dict.fromkeys(table.name for table in entity.root.declared(models.OPTIONAL_TABLES)[1:]))


class SyncState:
    """The whole state. `load` it, change its parts, and `dump` it with each checkpoint."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._entities = {entity.table: EntityState.load(part(state, entity.table, dict), child_tables(entity)) for entity in ENTITIES}
        self.digests: dict[str, str] = dict(part(state, "digests", dict))
        self.survivors = _ids(state, "survivors")
        self.errors = _open_errors(part(state, "open_errors", dict))
        self.parameters = {name: _parameters(stored) for name, stored in part(state, "parameters", dict).items()}
        self.rare_read_at = moment_of(state, "rare_read_at")

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> SyncState:
        """The state of the last checkpoint; {} is a beginning.

        Raises:
            StateProblem: if another version wrote it or it is damaged, naming the part.
        """
        check_version(state, VERSION)
        return cls(state or _beginning())

    def entity(self, entity: Entity) -> EntityState:
        """An entity's part."""
        return self._entities[entity.table]

    def dump(self) -> dict[str, Any]:
        """As JSON for a checkpoint."""
        shared = {
            "version": VERSION,
            "digests": self.digests,
            "survivors": sorted(self.survivors),
            "open_errors": self.errors.stored,
            "parameters": self.parameters,
            "rare_read_at": self.rare_read_at.isoformat() if self.rare_read_at else None,
        }
        return shared | {name: entity.dump() for name, entity in self._entities.items()}


def _beginning() -> dict[str, Any]:
    """The state before the first sync. From then on each part is there: to take an absent one for empty would forget what it held."""
    entities = {entity.table: EntityState(Ledger(child_tables(entity))).dump() for entity in ENTITIES}
    return {"digests": {}, "survivors": [], "open_errors": {}, "parameters": {}, **entities}


def _ids(state: Mapping[str, Any], name: str) -> set[int]:
    stored = part(state, name, list)
    if not all(type(number) is int for number in stored):
        raise StateProblem(f'The stored state is damaged: "{name}". {ADVICE}')
    return set(stored)


def _open_errors(stored: Mapping[str, Any]) -> OpenErrors:
    try:
        return OpenErrors(dict(stored))
    except ValueError as error:
        raise StateProblem(f'The stored state is damaged: "open_errors": {error}. {ADVICE}') from None


def _parameters(stored: Any) -> Parameters:
    match stored:
        case [str() | None as identity, [str() as modified, str() as operator], str() | None as contact]:
            return Parameters(identity, (modified, operator), contact)
        case [str() | None as identity, None, str() | None as contact]:
            return Parameters(identity, None, contact)
    raise StateProblem(f'The stored state is damaged: "parameters". {ADVICE}')
