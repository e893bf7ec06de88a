"""What the makers of records have in common: how much of everything there is, times as the vendor writes them, odd texts.

LIKELY: times cut to the minute, of which some have fractions. How much there is of anything is nobody's figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from random import Random
from typing import Any

from sandbox.arithmetic import Layout, Record
from sandbox.collection import Collection, Ids
from sandbox.everyaction.world import DAY, NEWEST, OLDEST, World, rng

# Entities whose ids others name too: `World.layout` knows their number.
_SHARED = frozenset({"ActivistCode", "SurveyQuestion", "Designation", "Code", "Event", "Location", "FinancialBatch"})
# So many there are at least, and so many people make one more.
_SHARES = {
    "ExtendedSourceCode": (3, 20), "Folder": (2, 100), "SavedList": (5, 10), "PrintedList": (4, 50), "MinivanExport": (4, 50),
    "EmailMessage": (6, 30), "OnlineActionsForm": (4, 40), "ScoreUpdate": (4, 50), "VoterRegistrationBatch": (4, 200),
}  # fmt: skip
ODD_TEXTS = (
    "", "Welcome \N{WAVING HAND SIGN}", 'The "big" one, 50% off', "caf\N{LATIN SMALL LETTER E WITH ACUTE}\r\nsecond line",
    "trailing space ", "0", "null", "\N{CJK UNIFIED IDEOGRAPH-65E5}\N{CJK UNIFIED IDEOGRAPH-672C}",
)  # fmt: skip
UNHEARD_OF = "betaSettings"
FIRST_NAMES = ("Dana", "Lee", "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "Amira")
LAST_NAMES = ("O'Neil", "Park", "de la Cruz", "Smith")


# --- how much ------------------------------------------------------------------------------------------------------


def ids_of(world: World, entity: str) -> Layout:
    """Return the ids of the base records of an entity that grows with the account."""
    if entity in _SHARED:
        return world.layout(entity)
    least, people = _SHARES[entity]
    return world.ids(entity, least + world.rows // people)


def begin(world: World, entity: str, row: int) -> tuple[Random, int]:
    """Return the generator for a record, and its id."""
    return rng(world, entity, row), ids_of(world, entity).id_of(row)


def some_id(world: World, entity: str, random: Random) -> int:
    """Return the id of some base record."""
    ids = ids_of(world, entity)
    return ids.id_of(random.randrange(ids.count))


class FixedIds:
    """The ids of records that are written down here; those of later ones follow the last."""

    def __init__(self, ids: tuple[int, ...]) -> None:
        """Keep ascending ids."""
        self._ids = ids
        self.parents = self.count = len(ids)

    def id_of(self, index: int) -> int:
        """Return the id with this index."""
        return self._ids[index] if index < self.count else self._ids[-1] + 1 + index - self.count

    def index_of(self, number: int) -> int | None:
        """Return the index of an id, or None when it is none."""
        return self._ids.index(number) if number in self._ids else None

    def below(self, number: int) -> int:
        """Return how many ids are smaller than the number."""
        return sum(each < number for each in self._ids)

    def beyond(self, row: int) -> int:
        """Return a number above the ids of all rows up to this one."""
        return self.id_of(max(row, self.count - 1)) + 1


def growing(world: World, entity: str, id_key: str, make: Callable[[World, int], Record]) -> Collection:
    """Return the records of an entity that grows with the account."""
    return Collection(entity, ids_of(world, entity), partial(make, world), id_key=id_key, number=number_of)


def written(entity: str, id_key: str, ids: Ids, rows: tuple[Record, ...]) -> Collection:
    """Return records that are written down; further ones are made of them, under other names."""

    def make(row: int) -> Record:
        again = row // len(rows)
        template = rows[row % len(rows)].items()
        return {id_key: ids.id_of(row)} | {key: _renamed(key, value, again) for key, value in template}

    return Collection(entity, ids, make, id_key=id_key, number=number_of)


def _renamed(key: str, value: Any, again: int) -> Any:
    is_name = isinstance(value, str) and (key == "name" or key.endswith("Name"))
    return f"{value} ({again})" if again and is_name else value


def number_of(value: Any) -> int:
    """Return the number in an id, which may be a text with letters before it; -1 when there is none."""
    found = re.search(r"\d+$", str(value))
    return int(found[0]) if found else -1


# --- times ---------------------------------------------------------------------------------------------------------


def stamp(seconds: int, random: Random | None = None) -> str:
    """Write an instant as most are: cut to the minute, in UTC; with a generator it may have seconds and a fraction."""
    style = random.randrange(8) if random else 0
    moment = datetime.fromtimestamp(seconds - (seconds % 60 if style < 5 else 0), timezone.utc)
    fraction = {5: ".27", 6: ".453", 7: ".8687339"}.get(style, "")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def local(seconds: int, hours: int) -> str:
    """Write an instant with the offset of its place."""
    return datetime.fromtimestamp(seconds, timezone(timedelta(hours=hours))).isoformat()


def created_and_modified(random: Random) -> tuple[int, int]:
    """Return when a base record was created and last modified."""
    created = random.randrange(OLDEST, NEWEST - 2 * DAY)
    return created, random.randrange(created, NEWEST - DAY)


# --- odd values ----------------------------------------------------------------------------------------------------


def odd(row: int) -> str:
    """Return a text that is easily mangled."""
    return ODD_TEXTS[row % len(ODD_TEXTS)]


def person_name(row: int) -> Record:
    """Return somebody's first and last name."""
    return {"firstName": FIRST_NAMES[row % 4], "lastName": LAST_NAMES[row // 4 % 4]}


def unheard_of(row: int, every: int = 4) -> Record:
    """Return what now and then comes without notice: a property that no documentation knows."""
    return {UNHEARD_OF: {"enabled": row % 2 == 0, "note": odd(row)}} if row % every == 1 else {}
