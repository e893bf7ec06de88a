"""All accounts below one manager: their records, what has changed about them, and the rows that a query may ask for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from functools import partial
from threading import RLock
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.arithmetic import Record, mix, salt
from sandbox.collection import Collection
from sandbox.sa360 import accounts, entities_links, entities_specs, events
from sandbox.sa360.entities_rows import CONSTANTS, PARENT_PARTS, REFS, VIEWS, View
from sandbox.sa360.entities_scope import Names, Scope, Spec, number_of
from sandbox.sa360.entities_views import UNRECORDED
from sandbox.sa360.world import CustomerInfo, World

HISTORY_DAYS = 100
_KEPT = 20_000  # records of an entity that are kept made


@dataclass
class Switches:
    """What the service does otherwise, to be changed at will: engines may tell the numbers of a day only when it is over."""

    numbers_of_today: bool = True


class Account:
    """All the state that the modules share.

    `collections` has the records by entity and account: `collections["Asset"]["2411111111"]`; the constants are under the empty text.
    `forbidden` holds names of entities that may not be asked for. `restated` and `zeroed` are what became of numbers: by the key of
    a row and the ordinal of a day how often they grew, and which ones are gone.
    """

    def __init__(self, world: World, clock: Callable[[], float]) -> None:
        """Start with the base data; events, and the reports that are told of, are counted back from the clock's day."""
        self.world, self.clock, self.seed = world, clock, world.seed
        self.lock = RLock()
        self.changes = 0
        self.stamp = 0
        self.forbidden: set[str] = set()
        self.switches = Switches()
        self.customers: dict[str, CustomerInfo] = dict(world.by_id)
        self.restated: dict[tuple[int, int], int] = {}
        self.zeroed: set[tuple[int, int]] = set()
        self.facts_stamp = 0
        self.started = datetime.fromtimestamp(clock(), timezone.utc).date()
        self.start_date = self.started - timedelta(days=HISTORY_DAYS)
        self.scopes = {info.id: Scope(world, info) for info in world.customers}
        self.specs: dict[str, Spec] = {
            each.entity: each for each in (*entities_specs.SPECS, *entities_links.SPECS, *events.specs(self.started))
        }
        self.collections: dict[str, dict[str, Collection]] = {**self._entities(), **accounts.collections(world)}
        self._zones = {info.id: ZoneInfo(info.time_zone) for info in world.customers}
        self._days: dict[str, tuple[float, date]] = {}
        self._made: dict[tuple[str, str], tuple[int, dict[str, Record]]] = {}
        self._stamps: dict[str, int] = {}
        self._rows: dict[tuple[str, str], tuple[int, list[Record]]] = {}
        self._parts: dict[str, tuple[int, dict[str, tuple[tuple[int, int], ...]]]] = {}
        self.actions: dict[str, list[Record]] = {}  # the segments of each client's conversion actions, once they were asked for

    def _entities(self) -> dict[str, dict[str, Collection]]:
        found: dict[str, dict[str, Collection]] = {}
        for entity, spec in self.specs.items():
            found[entity] = {}
            for customer_id, scope in self.scopes.items():
                count = spec.count(scope)
                if count:
                    names = Names(count, partial(spec.tail, scope))
                    found[entity][customer_id] = Collection(
                        entity, names, partial(spec.make, scope), id_key="resourceName", number=number_of
                    )
        return found

    # --- time -------------------------------------------------------------------------------------------------------

    def zone(self, customer_id: str) -> ZoneInfo:
        """Return an account's time zone."""
        return self._zones[str(customer_id)]

    def now(self, customer_id: str) -> datetime:
        """Return the clock's now in an account's time zone."""
        return datetime.fromtimestamp(self.clock(), self._zones[str(customer_id)])

    def today(self, customer_id: str) -> date:
        """Return the day that it is where an account is."""
        seconds = self.clock()
        known = self._days.get(customer_id)
        if known is None or known[0] != seconds:
            self._days[customer_id] = known = seconds, self.now(customer_id).date()
        return known[1]

    @property
    def version(self) -> tuple[Any, ...]:
        """Return what is another value whenever anything that could be read has changed, by a change or by the course of days."""
        days = tuple(datetime.fromtimestamp(self.clock(), zone).date() for zone in set(self._zones.values()))
        return (self.changes, self.stamp, self.facts_stamp, self.switches.numbers_of_today, self.start_date, tuple(sorted(days)))

    # --- accounts ---------------------------------------------------------------------------------------------------

    def managers(self) -> list[CustomerInfo]:
        """Return the managers that answer, the top one first."""
        return [each for each in self.customers.values() if each.manager and each.enabled]

    def clients(self) -> list[CustomerInfo]:
        """Return the clients that answer."""
        return [each for each in self.customers.values() if not each.manager and each.enabled]

    def set_status(self, customer_id: str, status: str) -> None:
        """Let an account be enabled or not from now on."""
        with self.lock:
            self.customers[customer_id] = replace(self.customers[customer_id], status=status)
            self.stamp += 1

    # --- records ----------------------------------------------------------------------------------------------------

    def collection(self, entity: str, customer_id: str) -> Collection | None:
        """Return an entity's records in an account, None if it can have none."""
        place = accounts.NOBODY if entity in CONSTANTS else str(customer_id)
        return self.collections[entity].get(place)

    def records(self, entity: str, customer_id: str) -> Iterator[Record]:
        """Yield an entity's live records in an account, by the last part of their names; nobody may change them."""
        collection = self.collection(entity, customer_id)
        if collection is None:
            return iter(())
        if collection.layout.count > _KEPT:
            return collection.records()
        return iter(self._by_name(entity, str(customer_id), collection).values())

    def _by_name(self, entity: str, customer_id: str, collection: Collection) -> dict[str, Record]:
        with self.lock:
            stamp, place = self._stamps.get(entity, 0), (entity, customer_id)
            found = self._made.get(place)
            if found is None or found[0] != stamp:
                self._made[place] = found = stamp, {record["resourceName"]: record for record in collection.records()}
            return found[1]

    def get(self, entity: str, customer_id: str, name: str) -> Record | None:
        """Return an account's record by its resource name, None if there is none."""
        collection = self.collection(entity, customer_id)
        if collection is None:
            return None
        if collection.layout.count <= _KEPT:
            return self._by_name(entity, str(customer_id), collection).get(name)
        return collection.get(number_of(name))

    def find(self, entity: str, name: str) -> tuple[str, Record] | None:
        """Return the account and the record with a resource name, which may begin with another account if that owns a label."""
        for customer_id, collection in self.collections[entity].items():
            record = collection.get(number_of(name))
            if record is not None and record["resourceName"] == name:
                return customer_id, record
        return None

    def copy_of(self, entity: str, name: str) -> tuple[str, Record]:
        """Return the account and a copy to change; raise LookupError when there is no such record."""
        found = self.find(entity, name)
        if found is None:
            raise LookupError(f"there is no {entity} {name}")
        return found[0], copy.deepcopy(found[1])

    def put(self, entity: str, customer_id: str, record: Record) -> None:
        """Store a new or changed record."""
        with self.lock:
            self.collections[entity][customer_id].put(record)
            self._touch(entity)

    def remove(self, entity: str, customer_id: str, name: str) -> None:
        """Delete a record for good."""
        with self.lock:
            self.collections[entity][customer_id].remove(number_of(name))
            self._touch(entity)

    def _touch(self, entity: str) -> None:
        self.stamp += 1
        self._stamps[entity] = self._stamps.get(entity, 0) + 1

    # --- rows -------------------------------------------------------------------------------------------------------

    def rows(self, customer_id: str, resource: str) -> Iterator[Record]:
        """Yield a joined record for each instance of a resource; nobody may change them.

        Private keys: `_parts` are the keys and first days (ordinals) of what its numbers are sums of, `_key` and `_since` the first of
        these, `_segments` the segments of an event.
        """
        customer_id = str(customer_id)
        place = customer_id, resource
        with self.lock:
            found = self._rows.get(place)
            if found is not None and found[0] == self.stamp:
                return iter(found[1])
            if self._size(customer_id, resource) > _KEPT:
                return self._joined(customer_id, resource)
            made = list(self._joined(customer_id, resource))
            self._rows[place] = self.stamp, made
            return iter(made)

    def _size(self, customer_id: str, resource: str) -> int:
        entity = VIEWS[resource].entity if resource in VIEWS else "AdGroup"
        collection = self.collection(entity, customer_id)
        return 0 if collection is None else collection.layout.count

    def _joined(self, customer_id: str, resource: str) -> Iterator[Record]:
        if resource not in VIEWS:
            yield from UNRECORDED[resource](self, customer_id)
            return
        view = VIEWS[resource]
        for record in self.records(view.entity, customer_id):
            if not view.only or record.get("type") == view.only:
                yield self._row(customer_id, resource, view, record)

    def _row(self, customer_id: str, resource: str, view: View, record: Record) -> Record:
        row: Record = {view.key: record}
        name = record["resourceName"]
        if view.view:
            name = self.scopes[customer_id].name(resource, name.rsplit("/", 1)[-1])
            row[view.view] = {"resourceName": name}
        if view.entity not in CONSTANTS and view.entity != "Customer":
            row["customer"] = next(self.records("Customer", customer_id))
        if view.parent:
            self._add_parents(row, customer_id, view.parent, record["resourceName"])
        for ref in view.refs:
            self._add(row, ref, REFS[ref], customer_id, record.get(ref))
        if resource in {"ad_group", "keyword_view"} and "campaign" in row:
            self._add(row, "biddingStrategy", "BiddingStrategy", customer_id, row["campaign"].get("biddingStrategy"))
        if "_segments" in record:
            row["_segments"] = record["_segments"]
        if view.facts:
            self._add_parts(row, customer_id, resource, name, record)
        return row

    def _add(self, row: Record, key: str, entity: str, customer_id: str, name: object) -> None:
        found = self.get(entity, customer_id, name) if isinstance(name, str) else None
        if found is None and isinstance(name, str) and entity == "Label":
            found = self.get(entity, name.split("/")[1], name) if name.count("/") == 3 else None
        if found is not None:
            row[key] = found

    def _add_parents(self, row: Record, customer_id: str, parent: str, name: str) -> None:
        """Join what lies above, by the parts of a name: what fields say may be anything."""
        parts = name.rsplit("/", 1)[-1].split("~")
        tail = "~".join(parts[: PARENT_PARTS[parent]])
        self._add(row, parent[0].lower() + parent[1:], parent, customer_id, self._name(customer_id, parent, tail))
        if parent in {"AdGroupAd", "AdGroupCriterion"}:
            self._add(row, "adGroup", "AdGroup", customer_id, self._name(customer_id, "AdGroup", parts[0]))
        if "adGroup" in row:
            self._add(row, "campaign", "Campaign", customer_id, row["adGroup"]["_campaign"])

    def _name(self, customer_id: str, entity: str, tail: str) -> str:
        return self.scopes[customer_id].name(self.specs[entity].resource, tail)

    # --- what numbers are sums of ------------------------------------------------------------------------------------

    def _add_parts(self, row: Record, customer_id: str, resource: str, name: str, record: Record) -> None:
        if resource in {"campaign", "customer"}:
            by_campaign = self._ad_group_parts(customer_id)
            parts = by_campaign.get(name, ()) if resource == "campaign" else tuple(one for some in by_campaign.values() for one in some)
        else:
            parts = ((self.key(name), record.get("_since", 0)),)
        row["_parts"] = parts
        row["_key"], row["_since"] = parts[0] if parts else (self.key(name), 0)

    def _ad_group_parts(self, customer_id: str) -> dict[str, tuple[tuple[int, int], ...]]:
        """Return the keys of the ad groups of each campaign."""
        stamp = self._stamps.get("AdGroup", 0)
        found = self._parts.get(customer_id)
        if found is None or found[0] != stamp:
            by_campaign: dict[str, list[tuple[int, int]]] = {}
            for record in self.records("AdGroup", customer_id):
                by_campaign.setdefault(record["_campaign"], []).append((self.key(record["resourceName"]), record.get("_since", 0)))
            self._parts[customer_id] = found = stamp, {name: tuple(parts) for name, parts in by_campaign.items()}
        return found[1]

    def key(self, name: str) -> int:
        """Return what a row's numbers are computed from: the same for the same resource name."""
        return mix(self.seed, salt(name), salt(name[::-1]))
