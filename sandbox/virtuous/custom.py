"""Custom fields and custom collections: what an organization defined, and the values on a record."""

from __future__ import annotations

from random import Random

from sandbox.arithmetic import Record, mix, salt
from sandbox.virtuous.formats import lower_first
from sandbox.virtuous.words import COLLECTIONS
from sandbox.virtuous.world import World

Definition = tuple[str, str, tuple[str, ...] | None]

_COMMON: tuple[Definition, ...] = (
    ("Region", "List", ("North", "South", 'Ñorth "East"')),
    ("Source", "Text", None),
    ("Is Featured", "Boolean", None),
    ("Member Since", "DateTime", None),
    ("Budget Owner", "Text", None),
    ("Priority Rank", "Number", None),
    ("Web Profile", "Link", None),
)
# GET /api/<path>/CustomFields exists for these; the warehouse calls the entity by the same name.
CUSTOM_FIELD_PATHS = {
    "Contact": "Contact", "ContactIndividual": "ContactIndividual", "ContactNote": "ContactNote", "Gift": "Gift",
    "GiftAsk": "GiftAsk", "RecurringGift": "RecurringGift", "PlannedGift": "PlannedGift", "Grant": "Grant",
    "Project": "Project", "Premium": "Premium", "Event": "Event", "EventAttendee": "EventAttendee",
    "VolunteerOpportunity": "VolunteerOpportunity", "Pledge": "v2/Pledge",
}  # fmt: skip


def definitions(entity: str) -> tuple[Definition, ...]:
    """Return an entity's custom fields: name, data type, options."""
    keep = 2 + salt(entity) % (len(_COMMON) - 2)
    return _COMMON[:keep] if entity not in {"Contact", "Gift", "Project"} else _COMMON


def definition_rows(entity: str) -> list[Record]:
    """Return the bare array of GET <entity>/CustomFields; older definitions lack the newer keys."""
    rows: list[Record] = []
    for place, (name, data_type, options) in enumerate(definitions(entity)):
        row: Record = {"dataType": data_type, "name": name, "options": list(options) if options else None}
        if place % 2 == 0:
            row["displayName"] = name if place else None
            row |= {"createDateTimeUtc": "2018-04-01T08:00:00.5", "createdByUser": "Dana Example"}
            row |= {"modifiedDateTimeUtc": "2020-02-29T23:59:59.1234567Z", "modifiedByUser": None}
        rows.append(row)
    return rows


def _value(random: Random, definition: Definition) -> str | None:
    name, data_type, options = definition
    if random.random() < 0.15:
        return None
    if options:
        return random.choice(options)
    samples = {
        "Boolean": ("True", "False"),
        "DateTime": ("2/29/2024", "12/31/2019 12:00:00 AM"),
        "Number": ("7", "10.50", "-3"),
        "Link": ('https://example.org/?q=a&b="c"',),
    }
    return random.choice(samples.get(data_type, ("Web", "", f"{name} 🎁", "line\nbreak")))


def custom_array(random: Random, entity: str, *, share: float = 0.4) -> list[Record]:
    """Return custom fields in their array form; only some rows carry `dataType`."""
    with_type = random.random() < 0.5
    found: list[Record] = []
    for definition in definitions(entity):
        if random.random() >= share:
            continue
        row: Record = {"dataType": definition[1]} if with_type else {}
        row |= {"name": definition[0], "value": _value(random, definition)}
        row["displayName"] = None if random.random() < 0.3 else definition[0]
        found.append(row)
    return found


def custom_object(random: Random, entity: str) -> Record:
    """Return custom fields in their object form, where the first letter of a name arrives lowered."""
    found: Record = {}
    for definition in definitions(entity):
        value = _value(random, definition)
        if random.random() < 0.5:
            continue
        if definition[1] == "Boolean" and value is not None:
            found[lower_first(definition[0])] = value == "True"
        elif definition[1] == "Number" and value is not None:
            found[lower_first(definition[0])] = float(value) if "." in value else int(value)
        else:
            found[lower_first(definition[0])] = value
    return found


def custom_collections(world: World, random: Random, kind: str, number: int) -> list[Record]:
    """Return a record's repeating groups of fields."""
    found: list[Record] = []
    for place, (collection, name, fields) in enumerate(COLLECTIONS):
        if random.random() < 0.88:
            continue
        instance = 1 + number * 4 + place + mix(world.seed, salt(kind)) % 100 * 10_000_000
        rows: list[Record] = [{"name": field, "value": random.choice(("Chair", "Cat", "", None))} for field in fields]
        if random.random() < 0.5:
            rows[0] |= {"dataType": "Text", "displayName": None}
        found.append(
            {"customCollectionId": collection, "customCollectionName": name, "collectionInstanceId": instance}
            | {"fields": rows}
        )
    return found


def collection_definitions() -> list[Record]:
    """Return GET <entity>/CustomCollections; its shape is a guess."""
    return [
        {"customCollectionId": number, "name": name}
        | {"fields": [{"name": field, "dataType": "Text", "options": None} for field in fields]}
        for number, name, fields in COLLECTIONS
    ]
