"""What may be asked for: the resources, their fields, the metrics and the segments, and how the field service describes each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.sa360 import catalog_offers as offers
from sandbox.sa360.catalog_enums import ENUMS as _ENUMS
from sandbox.sa360.catalog_numbers import METRICS as _METRICS
from sandbox.sa360.catalog_numbers import SEGMENTS as _SEGMENTS
from sandbox.sa360.catalog_resources import RESOURCES as _RESOURCES

METRICS, SEGMENTS = "metrics", "segments"
ALWAYS = ("UNSPECIFIED", "UNKNOWN")
_PLAIN = frozenset({"s", "i64", "i32", "d", "f", "b", "bytes"})
# these are texts in the schema, but are compared and described as days
_DAYS = frozenset({"date", "week", "month", "quarter"})
# asked for by the id of a variable in brackets, never by themselves
VARIABLES = frozenset(
    {
        "metrics.conversion_custom_metrics", "metrics.raw_event_conversion_metrics",
        "segments.conversion_custom_dimensions", "segments.raw_event_conversion_dimensions",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One field: who has it, its path below that, and what its value is.

    `kind` is s, i64, i32, d, f, b, bytes, date (a segment that is a day), e (one of `values`), or message.
    """

    owner: str
    path: str
    kind: str
    repeated: bool = False
    enum: str = ""

    @property
    def name(self) -> str:
        """Return the name that queries have for it."""
        return f"{self.owner}.{self.path}"

    @property
    def values(self) -> tuple[str, ...]:
        """Return the constants of its enum, UNSPECIFIED and UNKNOWN first; none when it has no enum."""
        return (*ALWAYS, *ENUMS[self.enum]) if self.enum else ()

    @property
    def selectable(self) -> bool:
        """Say whether it may stand in SELECT: a list of messages may, a message may not."""
        return self.name not in VARIABLES and (self.kind != "message" or self.repeated)

    @property
    def filterable(self) -> bool:
        """Say whether it may stand in WHERE."""
        return self.kind != "message"

    @property
    def sortable(self) -> bool:
        """Say whether it may stand in ORDER BY."""
        return self.kind != "message" and not self.repeated


@dataclass(frozen=True)
class Resource:
    """One resource: the pattern of its name, its fields by path, what it is joined with, and the segments and metrics it offers."""

    name: str
    pattern: str
    fields: Mapping[str, Field]
    joined: tuple[str, ...]
    segments: frozenset[str]
    metrics: frozenset[str]


# --- names ---------------------------------------------------------------------------------------------------------


@cache
def camel(path: str) -> str:
    """Return a path as replies spell it: `ad.expanded_text_ad.headline2` is `ad.expandedTextAd.headline2`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), path)


@cache
def snake(path: str) -> str:
    """Return a path as queries spell it: `productTypeL1` is `product_type_l1`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", path).lower()


# --- reading the data ----------------------------------------------------------------------------------------------


def _blocks(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the words of each block's first line, and the words of the lines below it."""
    for block in re.split(r"\n(?=\S)", text.strip()):
        head, _, rest = block.partition("\n")
        yield head.split(), rest.split()


def _field(owner: str, path: str, kind: str) -> Field:
    repeated, kind = kind.endswith("[]"), kind.removesuffix("[]")
    if kind in _PLAIN:
        return Field(owner, path, "date" if owner == SEGMENTS and path in _DAYS else kind, repeated)
    return Field(owner, path, "message", repeated) if kind == "{}" else Field(owner, path, "e", repeated, kind)


def _numbers(owner: str, text: str) -> dict[str, Field]:
    return {path: _field(owner, path, kind[0]) for kind, paths in _blocks(text) for path in paths}


def _resource(name: str, pattern: str, words: Iterable[str]) -> Resource:
    fields = [Field(name, "resource_name", "s"), *(_field(name, *word.split(":")) for word in words)]
    segments, metrics = offers.OFFERED.get(name, ([], []))
    dates = offers.DATES if name in offers.OFFERED else ()
    joined = tuple(offers.JOINED.get(name, "customer").split())
    offered = frozenset(f"{SEGMENTS}.{each}" for each in (*segments, *dates)), frozenset(f"{METRICS}.{each}" for each in metrics)
    return Resource(name, pattern, {each.path: each for each in fields}, joined, *offered)


ENUMS: Mapping[str, tuple[str, ...]] = {name[0]: tuple(values) for name, values in _blocks(_ENUMS)}
"""The constants of each enum but UNSPECIFIED and UNKNOWN, which all have."""
RESOURCES: Mapping[str, Resource] = {head[0]: _resource(head[0], head[1], words) for head, words in _blocks(_RESOURCES)}
"""The resources by name."""
NUMBERS: Mapping[str, Mapping[str, Field]] = {METRICS: _numbers(METRICS, _METRICS), SEGMENTS: _numbers(SEGMENTS, _SEGMENTS)}
"""The metrics and the segments, each by their path."""
FIELDS: Mapping[str, Field] = {
    each.name: each for group in (*(one.fields for one in RESOURCES.values()), *NUMBERS.values()) for each in group.values()
}
"""All fields by the name that queries have for them."""
_MESSAGES = frozenset(name[:at] for name in FIELDS for at in range(len(name)) if name[at] == ".")


def is_message(name: str) -> bool:
    """Say whether a name is that of a whole resource or message, which has fields and may not be asked for itself."""
    return name in _MESSAGES or name in RESOURCES


# --- presence ------------------------------------------------------------------------------------------------------

_VANISHING_METRICS = frozenset(f"{METRICS}.{name}_by_conversion_date" for name in (
    "all_conversions", "all_conversions_value", "conversions", "conversions_value",
))  # fmt: skip
_VANISHING_EVERYWHERE = frozenset({"engine_id", "creation_time", "last_modified_time"})
_VANISHING = _VANISHING_METRICS | {
    "customer.manager_id", "customer.sub_manager_id", "customer.associate_manager_id", "customer.manager_descriptive_name",
    "customer.sub_manager_descriptive_name", "customer.associate_manager_descriptive_name",
    "ad_group.start_date", "ad_group.end_date", "ad_group.language_code", "campaign_criterion.display_name",
}  # fmt: skip


def vanishes(name: str) -> bool:
    """Say whether a field has no presence: at its default (0, "", false) it is left out of a reply."""
    field = FIELDS[name]
    whole = field.owner in {"asset_group", "conversion_custom_variable"}
    return name in _VANISHING or whole or field.repeated or (field.owner in RESOURCES and field.path in _VANISHING_EVERYWHERE)


# --- as the field service describes them ---------------------------------------------------------------------------

_DATA_TYPES = {
    "s": "STRING", "i64": "INT64", "i32": "INT32", "d": "DOUBLE", "f": "FLOAT", "b": "BOOLEAN", "bytes": "STRING", "date": "DATE",
    "e": "ENUM", "message": "MESSAGE",
}  # fmt: skip
_CATEGORIES = {METRICS: "METRIC", SEGMENTS: "SEGMENT"}


def described() -> tuple[str, ...]:
    """Return the names of all that the field service describes, in order."""
    return tuple(sorted((*RESOURCES, *FIELDS)))


@cache
def describe(name: str) -> Mapping[str, Any] | None:
    """Return what the field service says of a resource or a field, as it is in a reply; None for what it does not know."""
    if name in RESOURCES:
        return _resource_description(RESOURCES[name])
    return _field_description(FIELDS[name]) if name in FIELDS else None


def _resource_description(one: Resource) -> dict[str, Any]:
    segments, metrics, joined = sorted(one.segments), sorted(one.metrics), sorted(one.joined)
    flags = {"selectable": False, "filterable": False, "sortable": False}
    found = _head(one.name, "RESOURCE") | flags | {"selectableWith": [*joined, *segments, *metrics], "attributeResources": joined}
    return _without_empty(found | {"metrics": metrics, "segments": segments, "dataType": "MESSAGE", "isRepeated": False})


def _field_description(field: Field) -> dict[str, Any]:
    flags = {"selectable": field.selectable, "filterable": field.filterable, "sortable": field.sortable}
    found = _head(field.name, _CATEGORIES.get(field.owner, "ATTRIBUTE")) | flags | {"selectableWith": _selectable_with(field)}
    found |= {"enumValues": sorted(field.values), "dataType": _data_type(field), "isRepeated": field.repeated}
    return _without_empty(found | ({"typeUrl": f"google.ads.searchads360.v0.enums.{field.enum}"} if field.enum else {}))


def _head(name: str, category: str) -> dict[str, Any]:
    return {"resourceName": f"searchAds360Fields/{name}", "name": name, "category": category}


def _without_empty(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value != []}


def _data_type(field: Field) -> str:
    last = field.path.rpartition(".")[2]
    # a reference is called as what it refers to
    refers = field.kind == "s" and field.owner in RESOURCES and (last == "resource_name" or last in RESOURCES)
    return "RESOURCE_NAME" if refers else _DATA_TYPES[field.kind]


def fights(segment: str, metric: str) -> bool:
    """Say whether a metric cannot be counted by a segment."""
    path, number = segment.partition(".")[2], metric.partition(".")[2]
    if path in offers.CONVERSION_ACTION:
        return number not in offers.BY_CONVERSION_ACTION
    return path == "device" and number in offers.NOT_BY_DEVICE


def _selectable_with(field: Field) -> list[str]:
    """Return what a field goes with: the resources that it may be asked from, and the segments and metrics of these."""
    if field.owner in RESOURCES:
        own = RESOURCES[field.owner]
        return [*sorted(name for name, one in RESOURCES.items() if field.owner in one.joined), *sorted(own.segments | own.metrics)]
    takers = [one for one in RESOURCES.values() if field.name in one.segments | one.metrics]
    others = frozenset[str]().union(*(one.segments | one.metrics for one in takers)) - {field.name}
    return [*sorted(one.name for one in takers), *sorted(each for each in others if not _excludes(field.name, each))]


def _excludes(one: str, other: str) -> bool:
    return fights(one, other) if one.startswith(SEGMENTS) and other.startswith(METRICS) else (
        fights(other, one) if other.startswith(SEGMENTS) and one.startswith(METRICS) else False
    )  # fmt: skip
