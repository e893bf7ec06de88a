"""A query made ready: which keys of a record it reads, which numbers it wants, and by what its rows are sorted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.arithmetic import Record
from sandbox.sa360 import gaql
from sandbox.sa360.catalog import FIELDS, METRICS, SEGMENTS, camel, vanishes
from sandbox.sa360.entities import entity_of
from sandbox.sa360.gaql import Condition, Query

# The segments that follow from the day.
DATES = frozenset({"date", "week", "month", "quarter", "year", "dayOfWeek"})
# Whose records the rows of a view are about; the view itself has no field but its name.
RECORDS = {"keyword_view": "ad_group_criterion", "product_group_view": "ad_group_criterion"}
_OF_CRITERIA = ("age_range_view", "gender_view", "webpage_view", "ad_group_audience_view")
_VIEWS = RECORDS | dict.fromkeys(_OF_CRITERIA, "ad_group_criterion")
_VIEWS |= dict.fromkeys(("campaign_audience_view", "location_view"), "campaign_criterion")
_COLUMN = re.compile(r"custom_columns\.id\[(\d+)\]")
_TREE_END: dict[str, Any] = {}


@dataclass(frozen=True)
class Place:
    """Where a value stands in a row, as keys, and of which kind it is (`catalog.Field.kind`)."""

    keys: tuple[str, ...]
    kind: str

    def value(self, row: Record) -> Any:
        """Return the value as conditions and orders compare it: an int64 as an int; None when it is absent."""
        found: Any = row
        for key in self.keys:
            found = found.get(key) if isinstance(found, dict) else None
            if found is None:
                return None
        if self.kind == "i64":
            return [int(each) for each in found] if isinstance(found, list) else int(found)
        return found


@dataclass(frozen=True)
class Metric:
    """One metric of SELECT: its key, its kind, and whether it is left out when it is 0."""

    key: str
    kind: str
    vanishes: bool


Checked = tuple[Condition, Place]


@dataclass(frozen=True)
class Plan:
    """What is done for a query.

    `tree` has the keys that are served of each record. `facts` are the segments to count by besides the days, `dates` those that follow
    from the day, `segments` all of SELECT. The conditions are those that a record meets or not, those that a day does, and those on
    what is counted.
    """

    query: Query
    tree: Mapping[str, Any]
    metrics: tuple[Metric, ...]
    segments: tuple[str, ...]
    dates: tuple[str, ...]
    facts: tuple[str, ...]
    columns: tuple[str, ...]
    about_records: tuple[Checked, ...]
    about_days: tuple[Checked, ...]
    about_numbers: tuple[Checked, ...]
    order: tuple[tuple[Place, bool], ...]
    mask: str

    @property
    def name(self) -> str:
        """Return the key under which a row has what FROM says."""
        return camel(self.query.resource)

    @property
    def counts(self) -> bool:
        """Say whether it is a report: it has numbers, or is by segments."""
        return bool(self.metrics or self.segments or self.columns)

    @property
    def record(self) -> str:
        """Return the resource whose records a listing is about."""
        return RECORDS.get(self.query.resource, self.query.resource)

    @property
    def entities(self) -> frozenset[str]:
        """Return the entities without access to which it is refused."""
        resource = self.query.resource
        return frozenset({entity_of(resource), entity_of(_VIEWS.get(resource, resource))})


@lru_cache(maxsize=2_000)
def parsed(text: str) -> Query:
    """Return what a text asks for; one that a sync asks again and again is read once."""
    return gaql.parse(text)


@lru_cache(maxsize=2_000)
def plan(text: str) -> Plan:
    """Return what is done for a query that was checked."""
    query = parsed(text)
    names = [name for name in query.select if name in FIELDS]
    metrics = [FIELDS[name] for name in names if FIELDS[name].owner == METRICS]
    segments = tuple(camel(FIELDS[name].path) for name in names if FIELDS[name].owner == SEGMENTS)
    conditions: dict[str, list[Checked]] = {"records": [], "days": [], "numbers": []}
    for each in query.where:
        conditions[_about(each.field)].append((each, _place(each.field)))
    return Plan(
        query=query,
        tree=_tree(query.resource, names),
        metrics=tuple(Metric(camel(each.path), each.kind, vanishes(each.name)) for each in metrics),
        segments=segments,
        dates=tuple(key for key in segments if key in DATES),
        facts=tuple(key for key in segments if key not in DATES),
        columns=tuple(match[1] for name in query.select if (match := _COLUMN.fullmatch(name))),
        about_records=tuple(conditions["records"]),
        about_days=tuple(conditions["days"]),
        about_numbers=tuple(conditions["numbers"]),
        order=tuple((_place(name), descending) for name, descending in query.order_by),
        mask=",".join(camel(name) for name in names),
    )


def _about(name: str) -> str:
    """Return what a condition decides on: records, days, or what is counted of them."""
    owner, _, path = name.partition(".")
    if owner == SEGMENTS and camel(path) in DATES:
        return "days"
    return "records" if owner not in {METRICS, SEGMENTS} and name in FIELDS else "numbers"


def _place(name: str) -> Place:
    if name not in FIELDS:  # a custom column
        return Place(("customColumns", name), "message")
    field = FIELDS[name]
    return Place((camel(field.owner), *camel(field.path).split(".")), field.kind)


def _tree(resource: str, names: Iterable[str]) -> dict[str, Any]:
    """Return the keys to be served, nested as they are; every record has its name, asked for or not."""
    found: dict[str, Any] = {camel(resource): {"resourceName": _TREE_END}}
    for name in names:
        field = FIELDS[name]
        if field.owner in {METRICS, SEGMENTS}:
            continue
        target = found.setdefault(camel(field.owner), {"resourceName": _TREE_END})
        *parents, last = camel(field.path).split(".")
        for key in parents:
            # an ad is a resource within another one
            target = target.setdefault(key, {"resourceName": _TREE_END} if key == "ad" else {})
        target[last] = _TREE_END
    return found


def picked(record: Record, tree: Mapping[str, Any]) -> Record:
    """Return what is served of a record: the keys of the tree that it has."""
    found: Record = {}
    for key, below in tree.items():
        value = record.get(key)
        if value is None:
            continue
        if below:
            value = picked(value, below)
            if not value:
                continue
        found[key] = value
    return found
