"""What everything is computed from: a seed, the number of rows, and arithmetic between row numbers and ids."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import gcd
from random import Random
from typing import Any
from zlib import crc32

from sandbox.virtuous.formats import TICKS_PER_DAY, TICKS_PER_SECOND, day_ticks

Record = dict[str, Any]

_MASK = (1 << 64) - 1
BASE_OLDEST = day_ticks(2015)
# No base record was modified at or after this instant.
BASE_NEWEST = day_ticks(2026)
# A bulk import gave one and the same modified time to many records.
BULK_IMPORT = day_ticks(2019, 6, 1) + 12 * 3600 * TICKS_PER_SECOND
_CREATED_OLDEST = day_ticks(1998)

INDIVIDUALS_BY_ROW = (1, 2, 1, 3, 2, 1, 4, 1, 2, 2)
DESIGNATIONS_BY_ROW = (1, 2, 1, 1, 3, 1, 2, 1, 1, 1)
# About 3 % archived and 1 % merged, by row number so that they can be counted without looking.
HIDDEN_PERIOD = 100
ARCHIVED_ROWS = frozenset({3, 37, 68})
MERGED_ROWS = frozenset({9})
# Every 50th gift reverses the one before it.
REVERSAL_PERIOD, REVERSAL_ROW = 50, 29


def mix(*numbers: int) -> int:
    """Return 64 well-stirred bits that depend on all the numbers and on nothing else."""
    value = 0x9E3779B97F4A7C15
    for number in numbers:
        value = ((value ^ (number & _MASK)) * 0xBF58476D1CE4E5B9) & _MASK
        value ^= value >> 29
    value = (value * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


@dataclass(frozen=True)
class Layout:
    """The ids of one entity: arithmetic both ways between an id and its index.

    Row r of the parent holds `group[r % len(group)]` entries; an entity of its own has `group == (1,)`.
    """

    seed: int
    start: int
    stride: int
    parents: int
    group: tuple[int, ...] = (1,)

    @cached_property
    def _sums(self) -> list[int]:
        return [0, *accumulate(self.group)]

    def below_parent(self, parent: int) -> int:
        """Return how many entries the parents before this one hold."""
        cycles, rest = divmod(parent, len(self.group))
        return cycles * self._sums[-1] + self._sums[rest]

    @property
    def count(self) -> int:
        """Return the number of entries in the base data."""
        return self.below_parent(self.parents)

    def place(self, index: int) -> tuple[int, int]:
        """Return the parent's row number and the slot within it."""
        cycles, rest = divmod(index, self._sums[-1])
        offset = bisect_right(self._sums, rest) - 1
        return cycles * len(self.group) + offset, rest - self._sums[offset]

    def slot_id(self, parent: int, slot: int) -> int:
        """Return the id of a slot; the gaps between ids are seeded."""
        room = self.stride - max(self.group) + 1
        return self.start + parent * self.stride + mix(self.seed, self.start, parent) % room + slot

    def id_of(self, index: int) -> int:
        """Return the id of the entry with this index."""
        return self.slot_id(*self.place(index))

    def below(self, number: int) -> int:
        """Return how many base ids are smaller than the number."""
        parent = (number - self.start) // self.stride
        if parent < 0:
            return 0
        if parent >= self.parents:
            return self.count
        slots = range(self.group[parent % len(self.group)])
        return self.below_parent(parent) + sum(self.slot_id(parent, slot) < number for slot in slots)

    def index_of(self, number: int) -> int | None:
        """Return the index of a base id, or None when there is no such id in the base data."""
        index = self.below(number)
        return index if index < self.count and self.id_of(index) == number else None


@dataclass(frozen=True)
class World:
    """The seed and the layouts of all entities."""

    seed: int
    layouts: dict[str, Layout]

    @property
    def contacts(self) -> int:
        """Return the number of contacts in the base data."""
        return self.layouts["Contact"].parents

    @cached_property
    def spread(self) -> int:
        """Return a step that visits every contact once: owners are found from rows, and rows from owners."""
        step = max(1, int(self.contacts * 0.618))
        while gcd(step, self.contacts) != 1:
            step += 1
        return step


_FIXED = {
    "Project": (101, 3, 40), "Campaign": (11, 2, 12), "Communication": (201, 3, 30), "Segment": (301, 3, 60),
    "Event": (21, 3, 12), "Premium": (31, 2, 8), "VolunteerOpportunity": (41, 3, 6), "Tag": (501, 2, 40),
    "OrganizationGroup": (61, 2, 6), "EmailList": (71, 2, 5),
}  # fmt: skip
_GROWING = {
    "RecurringGift": (4001, 3, 20, 8), "Pledge": (3001, 3, 30, 6), "PlannedGift": (601, 3, 60, 5),
    "GiftAsk": (701, 3, 40, 5), "Grant": (801, 3, 100, 4), "ContactNote": (20_001, 4, 3, 6), "Task": (901, 3, 20, 5),
    "EventAttendee": (5001, 3, 15, 10), "Volunteer": (1201, 3, 50, 4),
}  # fmt: skip


def make_world(rows: int, seed: int) -> World:
    """Return the world with this many contacts, and everything else in proportion."""
    contacts, gifts = max(1, rows), max(3, round(rows * 8 / 3))
    layouts = {
        "Contact": Layout(seed, 1001, 3, contacts),
        "Gift": Layout(seed, 50_001, 4, gifts),
        "ContactIndividual": Layout(seed, 8001, 8, contacts, INDIVIDUALS_BY_ROW),
        "GiftDesignation": Layout(seed, 70_001, 6, gifts, DESIGNATIONS_BY_ROW),
    }
    for entity, (start, stride, count) in _FIXED.items():
        layouts[entity] = Layout(seed, start, stride, count)
    for entity, (start, stride, share, least) in _GROWING.items():
        layouts[entity] = Layout(seed, start, stride, max(least, rows // share))
    return World(seed, layouts)


def salt(entity: str) -> int:
    """Return a number that stands for a name; unlike hash() it is the same in every process."""
    return crc32(entity.encode())


def rng(world: World, entity: str, row: int) -> Random:
    """Return the generator for one record, the same every time."""
    return Random(mix(world.seed, salt(entity), row))  # noqa: S311 - not for secrets


def owner_row(world: World, entity: str, row: int) -> int:
    """Return the row number of the contact that owns a record."""
    if entity == "Gift" and row % REVERSAL_PERIOD == REVERSAL_ROW:
        row -= 1
    return (row * world.spread + salt(entity)) % world.contacts


def rows_of_owner(world: World, entity: str, contact: int) -> list[int]:
    """Return the base rows that a contact owns, ascending, without looking at any record."""
    total, contacts = world.layouts[entity].parents, world.contacts
    inverse: int = pow(world.spread, -1, contacts)
    first = (contact - salt(entity)) * inverse % contacts
    rows = list(range(first, total, contacts))
    if entity != "Gift":
        return rows
    kept = [row for row in rows if row % REVERSAL_PERIOD != REVERSAL_ROW]
    reversals = [row + 1 for row in kept if (row + 1) % REVERSAL_PERIOD == REVERSAL_ROW and row + 1 < total]
    return sorted(kept + reversals)


def owner_id(world: World, entity: str, row: int) -> int:
    """Return the id of the contact that owns a record."""
    return world.layouts["Contact"].id_of(owner_row(world, entity, row))


def pick_id(world: World, entity: str, random: Random) -> int:
    """Return the id of some base record."""
    layout = world.layouts[entity]
    return layout.id_of(random.randrange(layout.count))


def _rounded(ticks: int, bits: int) -> int:
    """Cut an instant to 0..7 fraction digits: the vendor's precision varies, even within one record."""
    unit: int = 10 ** (7 - bits % 8)
    return ticks - ticks % unit


def modified_at(world: World, entity: str, row: int) -> tuple[int, bool]:
    """Return when a base record was last modified, and whether it is spelled with a Z."""
    bits = mix(world.seed, salt(entity), row, 77)
    if bits % 16 == 0:
        return BULK_IMPORT, False
    ticks = BASE_OLDEST + (bits >> 8) % (BASE_NEWEST - BASE_OLDEST - TICKS_PER_DAY)
    return _rounded(ticks, bits), (bits >> 4) % 13 == 0


def created_at(world: World, entity: str, row: int) -> int:
    """Return when a base record was created: before it was last modified."""
    bits = mix(world.seed, salt(entity), row, 78)
    modified = modified_at(world, entity, row)[0]
    return _rounded(_CREATED_OLDEST + (bits >> 8) % (modified - _CREATED_OLDEST), bits)
