"""Which accounts there are: from the login account down through its managers, each of which is asked for what is below it.

One question to the top may already give the whole tree, but that is nowhere promised (fact sheet 8): so every manager is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from dateutil.tz import UTC

import models
from common.failures import Exhausted, Forbidden, NotFound, Rejected, SourceFailure, Unauthorized
from common.tables import Row
from listings import Listings
from models import ENTITIES, Account
from units import Unit

Told = Callable[[Unit, SourceFailure], None]

HIERARCHY = ENTITIES["customer_clients"]
LOST = frozenset({"CANCELED", "SUSPENDED", "CLOSED"})  # a status that nobody has heard of is no reason to leave an account out


@dataclass
class Tree:
    """The accounts that are enabled: managers with the login account first, and clients, each in the order in which they were found.

    `parents` are, by account, the managers that have it below them. `left_out` are managers that may not be read, and why. `zoneless` are
    clients of which nobody can tell on which days their numbers fall, and why.
    """

    managers: list[Account] = field(default_factory=list)
    clients: list[Account] = field(default_factory=list)
    parents: dict[str, list[str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    zoneless: dict[str, str] = field(default_factory=dict)


def find(login: str, listings: Listings, refused: Told, missed: Told) -> Tree:
    """The tree below the login account; its rows are delivered on the way.

    Args:
        login: the login account's id.
        listings: reads and delivers.
        refused: told of a manager whose accounts may not be listed.
        missed: told of a manager whose accounts could not be listed this time.

    Raises:
        SourceFailure: if the login account itself cannot be read, or nothing more can.
    """
    tree, due, known = Tree(), [Account(login, UTC, "")], {login}
    while due:
        manager = due.pop(0)
        unit = Unit(HIERARCHY, manager)
        try:
            for row in _listed(unit, listings):
                _take(tree, manager.id, row, due, known)
        except (Unauthorized, Exhausted):
            raise
        except SourceFailure as failure:
            if manager.id == login:
                raise
            if isinstance(failure, (Forbidden, NotFound, Rejected)):
                refused(unit, failure)
                tree.left_out[manager.id] = str(failure)
                continue
            missed(unit, failure)
        if not any(one.id == manager.id for one in tree.managers):
            tree.managers.insert(0 if manager.id == login else len(tree.managers), manager)
    return tree


def _listed(unit: Unit, listings: Listings) -> Iterator[Row]:
    """The accounts below a manager, delivered already."""
    reading = listings.sync(unit, listings.begin(unit))
    yield from reading.rows if reading.rows is not None else listings.again(unit)


def _take(tree: Tree, manager: str, row: Row, due: list[Account], known: set[str]) -> None:
    """Takes note of an account that is listed below a manager, or of the manager itself."""
    number = str(row["resource_name"]).rpartition("/")[2]
    if row["status"] in LOST:
        return
    if number != manager:
        tree.parents.setdefault(number, []).append(manager)
        if number in known:
            return
    zone = _zone_of(row)
    if zone is None:
        tree.zoneless[number] = "it tells no time zone that is known"
        return
    account = Account(number, zone, str(row["currency_code"] or ""))
    tree.zoneless.pop(number, None)  # one manager may know what another does not tell
    known.add(number)
    if not row["manager"]:
        tree.clients.append(account)
    elif number == manager:
        tree.managers.append(account)
    else:
        due.append(account)


def _zone_of(row: Row) -> tzinfo | None:
    """An account's time zone, None if it is a client's and not known; a manager has no days, so that it is read in any case."""
    try:
        return models.zone_of(str(row["time_zone"]))
    except ValueError:
        return UTC if row["manager"] else None


def wanted(tree: Tree, only: Sequence[str]) -> list[Account]:
    """The clients that are synced: those that the settings name, else all."""
    return [one for one in tree.clients if not only or one.id in only]


def managers_above(tree: Tree, client: str) -> list[str]:
    """The managers whose custom columns a client may have."""
    above, due = set[str](), [client]
    while due:
        found = set(tree.parents.get(due.pop(), ())) - above
        above |= found
        due += found
    return [one.id for one in tree.managers if one.id in above]


def unknown(tree: Tree, only: Sequence[str]) -> list[str]:
    """The accounts that the settings name and that are no enabled clients here."""
    there = {one.id for one in tree.clients} | tree.zoneless.keys()  # of the latter more is said
    return sorted(set(only) - there)
