"""What everything is computed from: a seed, the number of people, and the ids of what there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from random import Random
from typing import NamedTuple

from sandbox.arithmetic import Layout, mix, salt

DAY = 86_400
# The key's own user and committee, as /apiKeyProfiles tells of them.
USER_ID, COMMITTEE_ID = 3_517, 81_004


def epoch(year: int, month: int = 1, day: int = 1) -> int:
    """Return the epoch seconds of a midnight in UTC."""
    return int(datetime(year, month, day, tzinfo=timezone.utc).timestamp())


OLDEST = epoch(2015)
# Nothing in the base data happened at or after this instant, but for what is dated by the start of the stand-in.
NEWEST = epoch(2026)


class _Plan(NamedTuple):
    """Where the ids of an entity begin, how far apart they are, how many there are at least, and how many more for each row."""

    start: int
    stride: int
    least: int
    per_row: float
    group: tuple[int, ...] = (1,)


# What belongs to a person comes in groups: person number r has `group[r % len(group)]` of it.
_PLANS = {
    "Person": _Plan(100_400_000, 7, 0, 1),
    "ContactHistory": _Plan(1_200_000_000, 11, 0, 1, (2, 3, 0, 1, 4)),
    "ContactActivistCode": _Plan(300_000_000, 7, 0, 1, (2, 0, 3, 1)),
    "ContactSurveyResponse": _Plan(500_000_000, 7, 0, 1, (1, 2, 0)),
    "ContactOnlineForm": _Plan(600_000_000, 5, 0, 1, (0, 1, 0, 0, 1, 0, 0, 0, 1, 0)),
    "Contribution": _Plan(20_000_000, 9, 0, 1, (1, 3, 0, 1, 1)),
    "ContributionAdjustment": _Plan(7_000_000, 5, 0, 1, (0, 1, 0, 0, 0, 0, 0, 0, 0, 0)),
    "RecurringContribution": _Plan(9_000_000, 5, 0, 1, (0, 0, 0, 1, 0, 0, 0, 0, 0, 0)),
    "EventTicketGuest": _Plan(400_000, 5, 0, 1, (0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    "Disbursement": _Plan(30_000, 3, 0, 1, (0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    "ActivistCode": _Plan(4_100_000, 13, 20, 1 / 200),
    "SurveyQuestion": _Plan(250_000, 13, 20, 1 / 200),
    "Designation": _Plan(12_300, 7, 5, 0),
    "Code": _Plan(1_030_000, 5, 3, 1),
    "Event": _Plan(750_000, 5, 2, 1 / 15),
    "Location": _Plan(58_000, 3, 1, 1 / 20),
    "FinancialBatch": _Plan(5_600, 3, 1, 1 / 20),
}  # fmt: skip


class CustomFieldInfo(NamedTuple):
    """One custom field: the records of /customFields are made of it, and the columns of exports.

    `group_type` is Contacts, Contributions or Disbursements; `type_id` one of B S T D N M; `values` those of a selection, by id.
    """

    id: int
    name: str
    group_id: int
    group_name: str
    group_type: str
    type_id: str
    parent_id: int | None = None
    exportable: bool = True
    most_characters: int | None = None
    values: tuple[tuple[int, str], ...] = ()


# They are exported under these names whatever /customFields says of them later, and none of them goes while there are values of it.
CUSTOM_FIELDS = (
    CustomFieldInfo(157, "Volunteer Since", 34, "Volunteering", "Contacts", "D"),
    CustomFieldInfo(158, "Shirt size, \"unisex\"", 34, "Volunteering", "Contacts", "S", values=((1, "S"), (2, "M"), (3, "L, or larger"))),
    CustomFieldInfo(161, "Speaks \N{GREEK CAPITAL LETTER OMEGA}", 34, "Volunteering", "Contacts", "B"),
    CustomFieldInfo(170, "Household members", 35, "Household", "Contacts", "N"),
    CustomFieldInfo(171, "Pledge per month", 35, "Household", "Contacts", "M"),
    CustomFieldInfo(172, "Remarks", 35, "Household", "Contacts", "T", parent_id=170, most_characters=150),
    CustomFieldInfo(173, "Internal flag", 35, "Household", "Contacts", "B", exportable=False),
    CustomFieldInfo(202, "Tribute", 41, "Gift details", "Contributions", "T", most_characters=500),
    CustomFieldInfo(203, "Matched Amount", 41, "Gift details", "Contributions", "M"),
    CustomFieldInfo(204, "Channel", 41, "Gift details", "Contributions", "S", values=((11, "Mail"), (12, "Phone"), (13, "Web"))),
    CustomFieldInfo(301, "Vendor code", 52, "Spending", "Disbursements", "T", most_characters=20),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """The seed, how many people there are, and when the stand-in started, in epoch seconds."""

    seed: int
    rows: int
    started: int

    @property
    def people(self) -> Layout:
        """Return the vanIds."""
        return self.layout("Person")

    def layout(self, entity: str) -> Layout:
        """Return the ids of the entities that records of others name too."""
        return _layout(self.seed, self.rows, entity)

    def ids(self, entity: str, count: int, start: int | None = None, stride: int = 7, group: tuple[int, ...] = (1,)) -> Layout:
        """Return so many ids of any other entity; without a start they begin somewhere that depends on the name."""
        return Layout(self.seed, 10_000 + salt(entity) % 9_000 * 1000 if start is None else start, stride, count, group)


@cache
def _layout(seed: int, rows: int, entity: str) -> Layout:
    plan = _PLANS[entity]
    return Layout(seed, plan.start, plan.stride, plan.least + round(rows * plan.per_row), plan.group)


def make_world(rows: int, seed: int, started: int) -> World:
    """Return the world with so many people."""
    return World(seed, rows, started)


def rng(world: World, entity: str, *numbers: int) -> Random:
    """Return the generator for one record, the same every time."""
    return Random(mix(world.seed, salt(entity), *numbers))  # noqa: S311 - not for secrets
