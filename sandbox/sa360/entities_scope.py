"""The names of records: arithmetic between a row number, the parts of a resource name, and the number a collection sorts it by."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox.arithmetic import Layout, Record
from sandbox.sa360.entities import entity_of, filled, shape
from sandbox.sa360.world import AD_GROUPS, ADS, KEYWORDS, CustomerInfo, World

_BAND, _STRIDE, _HEAD = 10**8, 97, 10**10
_WIDTH = 64  # bytes of a name that its number is made of
_HEADS = (
    "campaign", "ad_group", "ad", "asset", "campaign_budget", "label", "asset_group", "asset_group_listing_group_filter", "asset_set",
    "audience", "user_list", "bidding_strategy", "conversion_action", "conversion_custom_variable", "custom_column", "conversion", "visit",
    "signal", "manager_link",
)  # fmt: skip
CRITERIA = KEYWORDS + 2  # of an ad group: its keywords, and two of other types
CAMPAIGN_CRITERIA = 3  # of a campaign
# Criterion ids are the same in every ad group and in every campaign.
_CRITERION, _LATER_CRITERION = 310_000_000_000, 320_000_000_000


def number_of(name: str) -> int:
    """Return a number for a resource name that sorts as the name's last part does."""
    return int.from_bytes(name.rsplit("/", 1)[-1].encode().ljust(_WIDTH, b"\0"), "big")


@dataclass(frozen=True)
class Scope:
    """One account of the world: how many records of each kind it has at first, and how they are called."""

    world: World
    info: CustomerInfo
    _layouts: dict[str, Layout] = field(default_factory=dict)

    @property
    def campaigns(self) -> int:
        """Return how many campaigns the base data has."""
        return self.info.campaigns

    @property
    def ad_groups(self) -> int:
        """Return how many ad groups the base data has."""
        return self.campaigns * AD_GROUPS

    @property
    def ads(self) -> int:
        """Return how many ads the base data has."""
        return self.ad_groups * ADS

    @property
    def criteria(self) -> int:
        """Return how many criteria of ad groups the base data has."""
        return self.ad_groups * CRITERIA

    def id(self, kind: str, row: int) -> str:
        """Return the id in a row; all of a kind have twelve digits, and no two accounts have the same."""
        if kind not in self._layouts:
            start = (11 + _HEADS.index(kind)) * _HEAD + self.info.index * _BAND
            self._layouts[kind] = Layout(self.world.seed, start, _STRIDE, 10**6)
        return str(self._layouts[kind].id_of(row))

    def name(self, resource: str, tail: str) -> str:
        """Return the resource name of this account's record with such a last part."""
        return f"customers/{self.info.id}/{shape(resource).plural}/{tail}"

    def ref(self, resource: str, row: int) -> str:
        """Return the resource name of the record in a row of an entity whose names are one id."""
        return self.name(resource, self.id(resource, row))

    def ad_group_of(self, row: int, per: int) -> int:
        """Return the row of the ad group that a record belongs to, of which each has so many; later ones go round."""
        return row // per if row // per < self.ad_groups else row % max(self.ad_groups, 1)

    def campaign_of(self, row: int, per: int) -> int:
        """Return the row of the campaign that a record belongs to, as `ad_group_of` does."""
        return row // per if row // per < self.campaigns else row % max(self.campaigns, 1)

    def criterion_id(self, row: int, per: int, count: int) -> str:
        """Return a criterion's id, of `count` in the base data: the same numbers repeat in every parent."""
        return str(_CRITERION + row % per * 7919 if row < count else _LATER_CRITERION + row)

    @cached_property
    def above(self) -> Scope:
        """Return the manager above, or the account itself at the top."""
        return Scope(self.world, self.world.by_id[self.info.parent or self.info.id])


Rows = Callable[[Scope], int]
Tail = Callable[[Scope, int], str]
Own = Callable[[Scope, int], Mapping[str, Any]]


def _nothing(_: Scope, __: int) -> Mapping[str, Any]:
    return {}


def _no_alternative(_: Scope, __: int) -> int:
    return -1


def _itself(scope: Scope, _: int) -> Scope:
    return scope


@dataclass(frozen=True)
class Spec:
    """One entity: how many rows an account has at first, the last part of a row's name, and the values that are not left to chance.

    `owner` is the account with which the name begins.
    """

    resource: str
    count: Rows
    tail: Tail
    own: Own = _nothing
    alternative: Callable[[Scope, int], int] = _no_alternative
    owner: Callable[[Scope, int], Scope] = _itself

    @property
    def entity(self) -> str:
        """Return the entity's name."""
        return entity_of(self.resource)

    def make(self, scope: Scope, row: int) -> Record:
        """Return the record in a row; private keys begin with an underscore."""
        base = scope.world.number(self.resource, scope.info.index, row)
        own = self.own(scope, row)
        name = self.owner(scope, row).name(self.resource, self.tail(scope, row))
        return {"resourceName": name} | filled(self.resource, base, row + scope.info.index, self.alternative(scope, row), own)


@dataclass
class Names:
    """The numbers of an entity's names, as a collection wants them; names ascend with the rows."""

    count: int
    tail: Callable[[int], str]

    @property
    def parents(self) -> int:
        """Return the first row number that the base data does not use."""
        return self.count

    def id_of(self, index: int) -> int:
        """Return the number of the name with this index."""
        return number_of(self.tail(index))

    def below(self, number: int) -> int:
        """Return how many names have a smaller number."""
        return bisect_left(range(self.count), number, key=self.id_of)

    def index_of(self, number: int) -> int | None:
        """Return the index of a name's number, or None when it is none of the base data."""
        index = self.below(number)
        return index if index < self.count and self.id_of(index) == number else None

    def beyond(self, row: int) -> int:
        """Return a number above those of all names."""
        del row
        return 1 << (8 * _WIDTH)
