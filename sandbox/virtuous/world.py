"""What everything is computed from: a seed, the number of rows, and arithmetic between row numbers and ids."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd
from random import Random

from sandbox.arithmetic import Layout, mix, salt
from sandbox.virtuous.formats import TICKS_PER_DAY, TICKS_PER_SECOND, day_ticks

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
