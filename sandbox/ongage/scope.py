"""How much of everything a list has, and what one record may say of another without looking at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from sandbox.arithmetic import Layout, Record
from sandbox.collection import Collection
from sandbox.ongage.world import DAY, NEWEST, ListInfo, World, rng

# So many contacts make one record; the least that there are in all lists together.
_SHARES = {"Mailing": (5, 6), "Segment": (25, 6), "EmailMessage": (8, 6), "Import": (20, 6)}
# How many the main list has, and each other list.
_FEW = {"Transactional": (5, 1), "Event": (4, 1), "EmailTag": (6, 2)}
# Mailings of the last weeks before the stand-in was made, in the main list and in each other one that is in use.
RECENT = (12, 3)
ENTITIES = (*_SHARES, *_FEW)
ODD_TEXTS = ("", "Welcome \N{WAVING HAND SIGN}", 'The "big" one, 50% off', "café\nsecond line", "0", "null", "日本語")
PEOPLE = ("dana@example.org", "lee@example.org", "api")


@dataclass(frozen=True)
class Scope:
    """One list as those need to know it who make its records; `started` is when the stand-in was made, in epoch seconds."""

    world: World
    place: ListInfo
    counts: dict[str, int]
    started: int

    def ids(self, entity: str) -> Layout:
        """Return the ids of the base records."""
        return self.world.ids(entity, self.place, self.counts[entity])

    def random(self, entity: str, row: int, *more: int) -> Random:
        """Return the generator for one record."""
        return rng(self.world, entity, self.place.id, row, *more)

    def begin(self, entity: str, row: int) -> tuple[Random, int]:
        """Return the generator for a record, and its id."""
        return self.random(entity, row), self.ids(entity).id_of(row)

    def pick(self, entity: str, random: Random) -> int:
        """Return the row of some base record."""
        return random.randrange(self.counts[entity])

    def stamps(self, random: Random) -> tuple[int, int]:
        """Return when a record was created and last modified."""
        created = random.randrange(self.place.created, NEWEST - 2 * DAY)
        return created, random.randrange(created, NEWEST - DAY)

    @property
    def recent(self) -> int:
        """Return how many mailings are of the last weeks before the start."""
        if not self.place.sending or self.place.archived:
            return 0
        return RECENT[self.place.index > 0]


def scopes(world: World, started: int) -> list[Scope]:
    """Return all the lists; those that hold no contacts have nothing else either."""
    return [Scope(world, place, _counts(world, place), started) for place in world.lists]


def _counts(world: World, place: ListInfo) -> dict[str, int]:
    if not place.sending:
        return dict.fromkeys(ENTITIES, 0)
    everybody = sum(each.contacts for each in world.lists if each.sending)
    counts = {}
    for entity, (share, least) in _SHARES.items():
        counts[entity] = max(2, round(max(world.rows // share, least) * place.contacts / everybody))
    counts |= {entity: few[place.index > 0] for entity, few in _FEW.items()}
    counts["Mailing"] += Scope(world, place, {}, 0).recent
    return counts


def by_list(found: list[Scope], entity: str, make: Callable[[Scope, int], Record]) -> dict[int, Collection]:
    """Return an entity's records in each list; ids are texts on the wire."""
    return {scope.place.id: Collection(entity, scope.ids(entity), partial(make, scope)) for scope in found}


def text(value: object) -> str:
    """Spell a number or a truth value as PHP does that took it from a database."""
    return str(int(value)) if isinstance(value, (bool, int)) else str(value)


def maybe(random: Random, value: object, share: float = 0.5) -> object:
    """Return the value or None."""
    return value if random.random() < share else None
