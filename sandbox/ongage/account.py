"""One OnGage account: its records, its switches, and what may be done to it from outside."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import RLock
from typing import Any

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.ongage.world import ListInfo, World

# The place of what belongs to no list: the lists themselves, and the connections to providers.
WHOLE_ACCOUNT = 0


@dataclass
class Switches:
    """What the account's searches and reports do, to be changed at will.

    `failing` and `stuck` are how many of the next ones end with status 3, and never; those that look at more than `limit_days` or
    `limit_rows` never end either. One takes `polls` more polls than it would, and one for each `rows_per_poll` contacts if it looks at
    1000 or more. A CSV has its dates as epoch seconds, a byte order mark, `csv_null` for what is empty, and pauses after each block.
    """

    failing: int = 0
    stuck: int = 0
    limit_days: float | None = None
    limit_rows: int | None = None
    polls: int = 0
    rows_per_poll: int = 100_000
    csv_epoch: bool = False
    csv_bom: bool = False
    csv_null: str = ""
    csv_pause_seconds: float = 0.0


class Account:
    """All the state that the modules share. Change the switches at will.

    `collections` has the records by entity and list: `collections["Mailing"][70011].get(number)`; what belongs to no list is under
    WHOLE_ACCOUNT. `forbidden` and `disabled` hold names of entities, whose endpoints answer 403 and 404.
    """

    def __init__(self, world: World, clock: Callable[[], float]) -> None:
        """Start with no records; each module brings its own."""
        self.world, self.clock, self.seed = world, clock, world.seed
        self.lock = RLock()
        self.changes = 0
        self.forbidden: set[str] = set()
        self.disabled: set[str] = set()
        self.switches = Switches()
        self.jobs: dict[int, Any] = {}  # searches, reports and counts, by id
        self.jobs_made = 0
        self.activity_days = 3  # of how many days, today among them, the truth about activity is told
        self.collections: dict[str, dict[int, Collection]] = {}

    def now(self) -> int:
        """Return the clock's now in epoch seconds."""
        return int(self.clock())

    def exists(self, place: ListInfo) -> bool:
        """Say whether a list was not deleted."""
        lists = self.collections.get("List")
        return lists is None or lists[WHOLE_ACCOUNT].get(place.id) is not None

    def visible(self, *, sending: bool = False) -> list[ListInfo]:
        """Return the lists that the user may read; `sending` leaves out suppression lists."""
        return [each for each in self.world.lists if each.readable and (each.sending or not sending) and self.exists(each)]

    def collection(self, entity: str, place: int = WHOLE_ACCOUNT) -> Collection:
        """Return an entity's records in a list."""
        return self.collections[entity][place]

    def everywhere(self, entity: str) -> Iterator[tuple[int, Record]]:
        """Yield the list and the record of all of an entity's records in lists that may be read, by list and id."""
        readable = {WHOLE_ACCOUNT, *(each.id for each in self.visible())}
        for place, collection in self.collections[entity].items():
            if place in readable:
                yield from ((place, record) for record in collection.records())

    def find(self, entity: str, number: int) -> tuple[int, Record] | None:
        """Return the list and the record with an id; ids are unique in the whole account."""
        for place, collection in self.collections[entity].items():
            record = collection.get(number)
            if record is not None:
                return place, record
        return None

    def copy_of(self, entity: str, number: int) -> tuple[int, Record]:
        """Return the list and a copy to change; raise LookupError when there is no such record."""
        found = self.find(entity, number)
        if found is None:
            raise LookupError(f"there is no {entity} {number}")
        return found[0], copy.deepcopy(found[1])

    def put(self, entity: str, place: int, record: Record) -> None:
        """Store a new or changed record."""
        with self.lock:
            self.collections[entity][place].put(record)

    def remove(self, entity: str, place: int, number: int) -> None:
        """Delete a record for good."""
        with self.lock:
            self.collections[entity][place].remove(number)
