"""How a record is filled: every field of its resource, as the catalogue knows them, with a value that fits and is the same each time.

A field without which a record means nothing is always there, another one is absent from every fourth record. Of the fields that
exclude each other (the types of an asset, the schemes of a bidding strategy) a record has those of one alternative.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple

from sandbox.arithmetic import Record, mix, salt
from sandbox.sa360.catalog_enums import ENUMS
from sandbox.sa360.catalog_resources import RESOURCES

_FIRST = date(2019, 3, 1)
_DAYS = 2000  # so that everything happened before September 2024
ODD_TEXTS = ("", "\N{FIRE} sale", "\"quoted\"", "NULL", "it's 50% off, really", "Stra\N{LATIN SMALL LETTER SHARP S}e", "N/A")
_ALWAYS = frozenset({"id", "name", "status", "type", "criterionId", "level", "manager"})
# Which alternatives a resource has: fields that begin with one of these exclude those that begin with another.
_SCHEMES = ("targetCpa.", "targetRoas.", "targetSpend.", "targetImpressionShare.", "maximizeConversions.", "maximizeConversionValue.")
ALTERNATIVES: dict[str, tuple[str, ...]] = {
    "campaign": (*_SCHEMES, "manualCpc.", "percentCpc."),
    "bidding_strategy": (*_SCHEMES, "targetOutrankShare.", "enhancedCpc."),
    "accessible_bidding_strategy": _SCHEMES,
    "asset": tuple(
        f"{name}Asset."
        for name in ("text", "image", "youtubeVideo", "sitelink", "callout", "call", "mobileApp", "pageFeed", "callToAction", "location")
    ),
    "ad_group_ad": ("ad.textAd.", "ad.expandedTextAd.", "ad.responsiveSearchAd.", "ad.expandedDynamicSearchAd.", "ad.productAd."),
    "ad_group_criterion": ("keyword.", "ageRange.", "gender.", "webpage.", "userList.", "listingGroup.", "location."),
    "campaign_criterion": (
        "keyword.", "location.", "device.", "ageRange.", "gender.", "userList.", "language.", "webpage.", "locationGroup.",
    ),
    "asset_group_listing_group_filter": tuple(
        f"caseValue.product{name}."
        for name in ("None", "BiddingCategory", "Brand", "Channel", "Condition", "CustomAttribute", "ItemId", "Type")
    ),
}  # fmt: skip
_MESSAGES: dict[str, Any] = {
    "targetRestrictions": [{"targetingDimension": "AUDIENCE", "bidOnly": True}, {"targetingDimension": "AGE_RANGE", "bidOnly": False}],
    "finalAppUrls": [{"osType": "IOS", "url": "app://example.org/\N{SHOPPING TROLLEY}"}],
    "headlines": [{"text": "Big \"sale\""}, {"text": "NULL"}],
    "descriptions": [{"text": "Everything \N{FIRE} must go"}, {"text": "Really"}],
    "conditions": [{"operand": "URL", "operator": "CONTAINS", "argument": "/shoes?x=1&y='2'"}],
    "adScheduleTargets": [{"startMinute": "ZERO", "endMinute": "THIRTY", "startHour": 8, "endHour": 17, "dayOfWeek": "MONDAY"}],
    "businessProfileLocations": [{"labels": ["main"], "storeCode": "S-1", "listingId": "77001122"}],
    "urlCustomParameters": [{"key": "season", "value": "winter \"24\""}],
    "dimensions": [{"productBrand": {"value": "Acme"}}, {"productBiddingCategory": {"id": "5181", "level": "LEVEL1"}}],
    "frequencyCaps": [{}],
}
Value = Callable[[int], Any]


class Leaf(NamedTuple):
    """One field of a resource: its path on the wire and in queries, what makes a value, and its alternative (-1 if it has none)."""

    path: tuple[str, ...]
    snake: str
    kind: str
    make: Value
    salt: int
    always: bool
    alternative: int


class Shape(NamedTuple):
    """A resource: what its resource names begin with after the customer, and its fields besides `resourceName`."""

    plural: str
    leaves: tuple[Leaf, ...]


def camel(path: str) -> str:
    """Return a path as it is on the wire."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), path)


def entity_of(resource: str) -> str:
    """Return the name of an entity from that of its resource: ad_group is AdGroup."""
    name = camel(resource)
    return name[0].upper() + name[1:]


def _blocks(text: str) -> dict[str, list[str]]:
    """Return the words of each block by the first word of its first line."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line and not line.startswith(" "):
            name, *rest = line.split()
            found[name] = rest
        elif name:
            found[name] += line.split()
    return found


_ENUMS = _blocks(ENUMS)
_RESOURCES = _blocks(RESOURCES)


@cache
def shape(resource: str) -> Shape:
    """Return what a resource is made of."""
    pattern, *fields = _RESOURCES[resource]
    plural = pattern.rsplit("/", 1)[0].split("}/")[-1]
    return Shape(plural, tuple(_leaf(resource, *field.split(":")) for field in fields if not _is_empty(field)))


def _is_empty(field: str) -> bool:
    """Say whether it is a message without fields, or a name that the record has anyway."""
    path, kind = field.split(":")
    return kind == "{}" or path.endswith("resource_name")


def _leaf(resource: str, path: str, kind: str) -> Leaf:
    wire = camel(path)
    choices = ALTERNATIVES.get(resource, ())
    place = next((place for place, prefix in enumerate(choices) if wire.startswith(prefix)), -1)
    last = wire.split(".")[-1]
    return Leaf(tuple(wire.split(".")), path, kind, _maker(last, kind), salt(f"{resource}.{path}"), wire in _ALWAYS or place >= 0, place)


def _maker(last: str, kind: str) -> Value:
    if kind.endswith("[]"):
        return _list_maker(last, kind[:-2])
    if kind in _ENUMS:
        values = _ENUMS[kind]
        return lambda h: "UNKNOWN" if h % 17 == 0 else values[h % len(values)]
    if kind == "i64":
        return _whole_number(last)
    made: dict[str, Value] = {
        "i32": lambda h: h % 10 + 1,
        "d": lambda h: (h % 997 + 3) / 8,
        "f": lambda h: (h % 97 + 3) / 8,
        "b": lambda h: h & 1 == 0,
        "s": _text(last),
    }
    return made[kind]


def _list_maker(last: str, kind: str) -> Value:
    if kind == "{}":
        return lambda h: _MESSAGES[last]
    one = _maker(last, kind)
    return lambda h: [one(h)] if h & 2 else [one(h), one(mix(h, 1))]


def _whole_number(last: str) -> Value:
    if last.endswith("Micros"):
        return lambda h: str((h % 5000 + 1) * 10_000)
    if last == "id" or last.endswith("Id"):
        return lambda h: str(1_000_000_000 + h % 8_000_000_000)
    return lambda h: str(h % 300 + 1)


def _text(last: str) -> Value:
    if last.endswith(("Url", "Urls", "url", "UrlTemplate")):
        return lambda h: f"https://example.org/{last}?id={h % 10_000}&q=caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    if last.endswith("Date"):
        return lambda h: day(h).isoformat()
    if last.endswith("Time"):
        return lambda h: local_time(h, micros=last == "lastModifiedTime")
    if last.endswith("Id") or last.endswith("Code"):
        return lambda h: f"{last[:1].upper()}{h % 100_000:05d}"
    word = re.sub(r"(?<!^)([A-Z])", r" \1", last).capitalize()
    return lambda h: f"{word} {h % 1000} {ODD_TEXTS[h % len(ODD_TEXTS)]}".strip()


def day(number: int) -> date:
    """Return a day of the base data's years."""
    return _FIRST + timedelta(days=number % _DAYS)


def local_time(number: int, *, micros: bool = False) -> str:
    """Return a local time without an offset, of the base data's years."""
    seconds = number % (_DAYS * 86_400)
    at = datetime(_FIRST.year, _FIRST.month, _FIRST.day, tzinfo=timezone.utc) + timedelta(seconds=seconds, microseconds=number % 1_000_000)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f" if micros else "%Y-%m-%d %H:%M:%S")


def filled(resource: str, base: int, row: int, alternative: int, own: Mapping[str, Any]) -> Record:
    """Return a record with a value in most fields; those of `own`, by their paths on the wire, are as given, None takes one away."""
    record: Record = {}
    for leaf in shape(resource).leaves:
        if leaf.alternative not in {-1, alternative}:
            continue
        if leaf.always or (row + leaf.salt) % 4 != 3:
            put(record, leaf.path, leaf.make(mix(base, leaf.salt)))
    for path, value in own.items():
        put(record, tuple(path.split(".")), value)
    return record


def put(record: Record, path: tuple[str, ...], value: Any) -> None:
    """Set a value at a path, making what is above it; None takes it away."""
    target = record
    for key in path[:-1]:
        target = target.setdefault(key, {})
    if value is None:
        target.pop(path[-1], None)
    else:
        target[path[-1]] = value
