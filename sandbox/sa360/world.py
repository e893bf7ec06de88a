"""What everything is computed from: a seed, the accounts, and how much each of them has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sandbox.arithmetic import mix, salt

ENABLED, CANCELED, SUSPENDED = "ENABLED", "CANCELED", "SUSPENDED"
CAMPAIGNS_AT_LEAST = 4  # of each client: two clients then have every bidding scheme between them
AD_GROUPS, ADS, KEYWORDS = 2, 2, 3  # of a campaign, of an ad group, of an ad group
_MOST_CLIENTS = 12
_ROWS_PER_CLIENT = 1000
_PLACES = (
    ("America/New_York", "USD"), ("Europe/London", "GBP"), ("America/Los_Angeles", "USD"), ("Europe/Berlin", "EUR"),
    ("Asia/Kolkata", "INR"),
)  # fmt: skip
_ACCOUNT_TYPES = ("GOOGLE_ADS", "MICROSOFT", "YAHOO_JAPAN", "BAIDU", "FACEBOOK")
_NAMES = ("Shoes & \"Boots\" UK", "Zapatos \N{ROBOT FACE}", "NULL", "Caf\N{LATIN SMALL LETTER E WITH ACUTE} 'Nord'", "Plain client")


@dataclass(frozen=True)
class CustomerInfo:
    """One account. `index` is its place in the world, `parent` the id of the manager above it (empty for the top), `level` its depth.

    `assets` and `campaigns` are how many the base data of a client has.
    """

    index: int
    id: str
    name: str
    manager: bool
    parent: str
    level: int
    time_zone: str
    currency: str
    account_type: str
    status: str = ENABLED
    assets: int = 0
    campaigns: int = 0

    @property
    def enabled(self) -> bool:
        """Say whether it answers questions."""
        return self.status == ENABLED

    @property
    def resource_name(self) -> str:
        """Return how other records refer to it."""
        return f"customers/{self.id}"


@dataclass(frozen=True)
class World:
    """The seed, the size, and all accounts: the top manager first, then its managers, then the clients."""

    seed: int
    rows: int
    customers: tuple[CustomerInfo, ...]

    @cached_property
    def by_id(self) -> dict[str, CustomerInfo]:
        """Return the accounts by id, as they were at first."""
        return {each.id: each for each in self.customers}

    @property
    def top(self) -> CustomerInfo:
        """Return the manager that the connector signs in as."""
        return self.customers[0]

    def chain(self, customer_id: str) -> list[CustomerInfo]:
        """Return an account and the managers above it, the top one last."""
        found = [self.by_id[customer_id]]
        while found[-1].parent:
            found.append(self.by_id[found[-1].parent])
        return found

    def subtree(self, customer_id: str) -> list[CustomerInfo]:
        """Return an account and all below it, in the order of the world."""
        return [each for each in self.customers if any(above.id == customer_id for above in self.chain(each.id))]

    def number(self, *parts: int | str) -> int:
        """Return 64 bits that depend on the seed and on the parts."""
        return mix(self.seed, *(salt(part) if isinstance(part, str) else part for part in parts))


class _Plan(NamedTuple):
    name: str
    parent: int
    level: int
    status: str = ENABLED
    share: tuple[int, int] | None = None  # which client it is, of how many


def make_world(rows: int, seed: int) -> World:
    """Return the world with about this many assets in all clients together."""
    count = min(_MOST_CLIENTS, 2 + rows // _ROWS_PER_CLIENT)
    plans = [_Plan("Agency, the \"whole\" of it", -1, 0), _Plan("Sub-manager East", 0, 1), _Plan("Sub-manager West \N{COMPASS}", 0, 1)]
    plans += [_Plan(f"{_NAMES[each % 5]} {each}", 1 + each % 2, 2, share=(each, count)) for each in range(count)]
    plans += [_Plan("Left us", 1, 2, CANCELED), _Plan("Did not pay", 2, 2, SUSPENDED)]
    customers: list[CustomerInfo] = []
    for index, plan in enumerate(plans):
        customers.append(_customer(seed, rows, index, plan, customers[plan.parent].id if plan.parent >= 0 else ""))
    return World(seed, rows, tuple(customers))


def _customer(seed: int, rows: int, index: int, plan: _Plan, parent: str) -> CustomerInfo:
    manager = plan.level < 2
    zone, currency = _PLACES[0] if manager else _PLACES[(index - 3) % len(_PLACES)]
    client, clients = plan.share or (0, 0)
    return CustomerInfo(
        index=index,
        id=str(2_100_000_000 + index * 311_111_113 + mix(seed, index) % 1_000_000),
        name=plan.name,
        manager=manager,
        parent=parent,
        level=plan.level,
        time_zone=zone,
        currency=currency,
        account_type="SEARCH_ADS_360" if manager else _ACCOUNT_TYPES[(index - 3) % len(_ACCOUNT_TYPES)],
        status=plan.status,
        assets=_part(rows, client, clients),
        campaigns=max(CAMPAIGNS_AT_LEAST, _part(rows // 20, client, clients)) if clients else 0,
    )


def _part(whole: int, place: int, parts: int) -> int:
    """Return one of so many nearly equal parts, at least 1; 0 if there are no parts."""
    return max(1, whole // parts + (place < whole % parts)) if parts else 0
