"""One EveryAction account: its records, its switches, and what may be done to it from outside.

What a switch decides is a GUESS in whichever way it stands.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from typing import Any

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.world import World

# When a record was changed last, in epoch seconds; no key that begins with an underscore is served.
STAMP = "_stamp"
_ANSWERS_KEPT = 64


@dataclass
class Switches:
    """What the account does where nobody knows what the vendor does, or where it may fail; to be changed at will.

    Of lists: `links` is "own" for a nextPageLink of this host, "port443" for one with an explicit default port, "foreign" for another host.

    Of export jobs: `failing` and `stuck` are how many of the next ones end as `failed_status`, and never. One takes `polls` more polls
    than it would, and one for each `rows_per_poll` rows if it has 1000 or more; until then it says `running_status`.
    `requested_ids` are of a "person", or of the "record" itself; with `requested_ids_added` they come on top of the window. More than
    `most_requested_ids` are refused, what is beyond `requested_ids_cap` is dropped without a word. `unknown_fields`: "drop" or "reject".

    Of files: `header_repeated` in each, `csv_bom`, `csv_tab`, a pause of `csv_pause_seconds` after each block; `empty_files` is
    "header" or "none"; a file has `rows_per_file` at most, and a link lives `link_seconds`.

    With `forbidden_listed` the types that may not be exported are in /resources too.
    """

    links: str = "own"
    failing: int = 0
    stuck: int = 0
    polls: int = 0
    rows_per_poll: int = 5000
    running_status: str = "InProcess"
    failed_status: str = "Error"
    requested_ids: str = "person"
    requested_ids_added: bool = False
    most_requested_ids: int = 10_000
    requested_ids_cap: int | None = None
    unknown_fields: str = "drop"
    header_repeated: bool = True
    csv_bom: bool = True
    csv_tab: bool = False
    csv_pause_seconds: float = 0.0
    empty_files: str = "header"
    rows_per_file: int | None = None
    link_seconds: int = 20 * 86_400
    forbidden_listed: bool = True


class Account:
    """All the state that the modules share. Change the switches at will.

    `collections` has the records by entity. `forbidden` holds names of entities, whose endpoints answer 403. `graves` has, by entity
    and id, the deleted records as they were, each with the instant of its end. `version` is another one after each change of data.
    """

    def __init__(self, world: World, clock: Callable[[], float]) -> None:
        """Start with no records; each module brings its own."""
        self.world, self.clock, self.seed = world, clock, world.seed
        self.lock = RLock()
        self.changes = 0
        self.version = 0
        self.url = ""  # where the account answers, for links, when a request does not say so
        self.forbidden: set[str] = set()
        self.switches = Switches()
        self.jobs: dict[int, Any] = {}  # export jobs, by id
        self.collections: dict[str, Collection] = {}
        self.graves: dict[str, dict[int, Record]] = {}
        self.log: dict[str, dict[int, list[int]]] = {}  # by entity and id, when a record was changed since the start
        self.memory: dict[str, Any] = {}  # what is worked out once, by who remembers it
        self._answers: dict[object, list[int]] = {}
        self._answered = 0

    def now(self) -> int:
        """Return the clock's now in epoch seconds."""
        return int(self.clock())

    def collection(self, entity: str) -> Collection:
        """Return an entity's records."""
        return self.collections[entity]

    def recall(self, question: object, work: Callable[[], list[int]]) -> list[int]:
        """Return the ids that answer a question, which are worked out again only when something has changed meanwhile."""
        if self._answered != self.version or len(self._answers) >= _ANSWERS_KEPT:
            self._answers, self._answered = {}, self.version
        if question not in self._answers:
            self._answers[question] = work()
        return self._answers[question]

    def find(self, entity: str, number: int) -> Record | None:
        """Return the live record with an id: the stored one, which must be copied before it is changed."""
        return self.collections[entity].get(number)

    def copy_of(self, entity: str, number: int) -> Record:
        """Return a copy to change; raise LookupError when there is no such record."""
        found = self.find(entity, number)
        if found is None:
            raise LookupError(f"there is no {entity} {number}")
        return copy.deepcopy(found)

    def put(self, entity: str, record: Record, *, quietly: bool = False) -> Record:
        """Store a new or changed record; it was changed now, unless this happens quietly."""
        with self.lock:
            collection = self.collections[entity]
            if not quietly:
                record[STAMP] = self._noted(entity, collection.number(record[collection.id_key]))
            collection.put(record)
            self.version += 1
        return record

    def remove(self, entity: str, number: int) -> None:
        """Delete a record; what it was last is kept in its grave."""
        with self.lock:
            last = self.find(entity, number)
            if last is not None:
                self.graves.setdefault(entity, {})[number] = last | {STAMP: self._noted(entity, number)}
            self.collections[entity].remove(number)
            self.version += 1

    def _noted(self, entity: str, number: int) -> int:
        """Write into the log that a record is changed now, and return when that is."""
        stamps = self.log.setdefault(entity, {}).setdefault(number, [])
        if self.now() not in stamps[-1:]:
            stamps.append(self.now())
        return self.now()
