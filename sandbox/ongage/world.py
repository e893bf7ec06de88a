"""What everything is computed from: a seed, the lists of the account, and the ids of what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from random import Random
from typing import NamedTuple

from sandbox.arithmetic import Layout, mix, salt

ACCOUNT_ID = 912
DAY = 86_400


def epoch(year: int, month: int = 1, day: int = 1) -> int:
    """Return the epoch seconds of a midnight in UTC."""
    return int(datetime(year, month, day, tzinfo=timezone.utc).timestamp())


OLDEST = epoch(2015)
# Nothing in the base data happened at or after this instant.
NEWEST = epoch(2026)

# Where the ids of an entity begin in the first list; each further list has a band of its own. Contacts have ids of another kind.
_STARTS = {
    "Segment": 100_000_000, "Mailing": 200_000_000, "Event": 300_000_000, "EmailMessage": 400_000_000, "Transactional": 500_000_000,
    "EmailTag": 600_000_000, "ListField": 700_000_000, "SegmentRule": 800_000_000, "Import": 1_500_000_000,
}  # fmt: skip
_BAND, _STRIDE = 10_000_000, 7


class FieldInfo(NamedTuple):
    """One field of a list, as its contacts have it. `format` is the pattern of a date, else empty."""

    name: str
    type: str = "string"
    format: str = ""


@dataclass(frozen=True)
class ListInfo:
    """One list. `index` is its place in the account, `created` epoch seconds, `contacts` how many the base data has.

    `claimed_count` is what it says that it has: it counts only now and then. One that is not `readable` answers 403.
    """

    index: int
    id: int
    name: str
    type: str
    created: int
    contacts: int
    claimed_count: int
    fields: tuple[FieldInfo, ...]
    readable: bool = True
    archived: bool = False

    @property
    def sending(self) -> bool:
        """Say whether it holds contacts, and not only addresses."""
        return self.type == "sending"


@dataclass(frozen=True)
class World:
    """The seed, the size, and the lists; the first one is the account's default."""

    seed: int
    rows: int
    lists: tuple[ListInfo, ...]

    @cached_property
    def by_id(self) -> dict[int, ListInfo]:
        """Return the lists by id."""
        return {each.id: each for each in self.lists}

    @property
    def default(self) -> ListInfo:
        """Return the list that a request without one is about."""
        return self.lists[0]

    def ids(self, entity: str, place: ListInfo, count: int) -> Layout:
        """Return the ids of an entity's records in a list: no other record of the account has them."""
        return Layout(self.seed, _STARTS[entity] + place.index * _BAND, _STRIDE, count)


_EMAIL = FieldInfo("email", "email")
_COMMON = (
    _EMAIL, FieldInfo("first_name"), FieldInfo("last_name"), FieldInfo("gender"), FieldInfo("country"), FieldInfo("city"),
    FieldInfo("phone"), FieldInfo("ip"), FieldInfo("os"), FieldInfo("product_id", "numeric"),
)  # fmt: skip
_MAIN = (*_COMMON, FieldInfo("address"), FieldInfo("birth_year", "numeric"), FieldInfo("notes"), FieldInfo("points"),
         FieldInfo("signup", "date", "yyyy-mm-dd hh24:mi:ss"))  # fmt: skip
# The same names as in the main list, for values of other types; and names in another case.
_CLASHING = (
    _EMAIL, FieldInfo("FIRST_NAME"), FieldInfo("notes", "date", "dd/mm/yyyy"), FieldInfo("points", "numeric"), FieldInfo("signup"),
    FieldInfo("DATA_SET"), FieldInfo("Zip_Code", "numeric"),
)  # fmt: skip


class _Plan(NamedTuple):
    name: str
    type: str
    created: int
    share: float
    fields: tuple[FieldInfo, ...]
    claims_more: int = 0
    readable: bool = True
    archived: bool = False


# The main list was cleaned up after its last count, so that it seems larger than it is.
_PLANS = (
    _Plan("Daily digest", "sending", epoch(2016, 3, 14) + 34_567, 0.70, _MAIN, claims_more=200_000),
    _Plan("Partners, \"VIP\" \N{GLOWING STAR}", "sending", epoch(2019, 9, 2) + 120, 0.10, _COMMON),
    _Plan("Old newsletter", "sending", epoch(2015, 6, 30) + 80_000, 0.05, (_EMAIL, FieldInfo("first_name")), archived=True),
    _Plan("Imported from elsewhere", "sending", epoch(2021, 1, 5), 0.10, _CLASHING),
    _Plan("Never mail these", "suppression", epoch(2017, 2, 1), 0.03, (_EMAIL,)),
    _Plan("Another team's", "sending", epoch(2020, 11, 11), 0.02, _COMMON, readable=False),
)  # fmt: skip
_FIRST_LIST = 70_011


def make_world(rows: int, seed: int) -> World:
    """Return the world with about this many contacts in all its lists together."""
    found = []
    for index, plan in enumerate(_PLANS):
        contacts = max(1, round(rows * plan.share))
        claimed = contacts + plan.claims_more
        found.append(
            ListInfo(
                index=index,
                id=_FIRST_LIST + 7 * index,
                name=plan.name,
                type=plan.type,
                created=plan.created,
                contacts=contacts,
                claimed_count=claimed,
                fields=plan.fields,
                readable=plan.readable,
                archived=plan.archived,
            )
        )
    return World(seed, rows, tuple(found))


def rng(world: World, entity: str, *numbers: int) -> Random:
    """Return the generator for one record, the same every time; the numbers are its list's id and its row, say."""
    return Random(mix(world.seed, salt(entity), *numbers))  # noqa: S311 - not for secrets
