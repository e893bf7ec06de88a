"""Changes to an organization between, or within, two syncs. An edit bumps the modified time to the clock's now.

What a record copied from another one (a gift's project name, a contact's tag names) keeps the old text when the other
is renamed: nothing would tell a sync that it changed.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.arithmetic import Record, mix
from sandbox.faults import set_path
from sandbox.virtuous.contacts import hidden_row
from sandbox.virtuous.formats import dollars, midnight_text, moment_of, us_date, utc_text
from sandbox.virtuous.gifts import is_reversal
from sandbox.virtuous.parameters import OWNED

if TYPE_CHECKING:
    from sandbox.virtuous.organization import Organization

Changed = dict[str, Any]
_USER = "Sandbox Change"
# What moves to the survivor of a merge, without its own modified time being bumped.
MOVED_BY_MERGE = ("Gift", "RecurringGift", "Pledge", "PlannedGift", "ContactNote")
NESTED_IN = {"ContactIndividual": ("Contact", "contactId"), "GiftDesignation": ("Gift", "giftId")}
# The text that a plain edit changes: the first of these that a record has.
_EDITABLE = ("description", "notes", "note", "tagName", "status", "fulfilled", "schedule", "displayName", "name")
_REMOVABLE: dict[str, tuple[str, ...]] = {
    "Contact": ("contactIndividuals", "contactMethods", "tags", "customFields", "contactReferences"),
    "Gift": ("giftDesignations", "customFields"),
    "RecurringGift": ("designations", "customFields"),
    "Pledge": ("payments", "customFields"),
    "Event": ("generosityEventContacts", "customFields"),
}
_SEARCHED = 500


class NobodyLeft(LookupError):
    """There is no record to which a change could be done, if it is free to choose one."""


def change(org: Organization, kind: str, options: Changed) -> Changed:
    """Do one change and return what it was; raise ValueError for an unknown kind, LookupError for an absent record."""
    if kind not in KINDS:
        raise ValueError(f"unknown change {kind!r}; there are {', '.join(sorted(KINDS))}")
    entity = options.get("entity", "Contact")
    if entity not in org.collections:
        raise ValueError(f"unknown entity {entity!r}; there are {', '.join(sorted(org.collections))}")
    with org.lock:
        org.changes += 1
        found = KINDS[kind](org, **{"number" if name == "id" else name: value for name, value in options.items()})
    return {"kind": kind} | found


def change_bundle(org: Organization, share: float) -> list[Changed]:
    """Change about this share of the contacts and gifts, and of all else at least one, in all ways there are.

    A tiny source may have nobody for some of them: these are left out.
    """
    many = max(1, round(share * org.collections["Contact"].count()))
    plan: list[tuple[str, int, Changed]] = [
        ("edit_contact", many, {}),
        ("insert_contact", max(1, many // 3), {}),
        ("edit_gift", 2 * many, {}),
        ("insert_gift", many, {}),
        ("insert_gift", max(1, many // 2), {"gift_date": "2009-07-04"}),
        ("remove_child", max(2, many // 3), {"entity": "Contact"}),
        ("remove_child", max(1, many // 3), {"entity": "Gift"}),
        ("delete_gift", max(1, many // 4), {}),
        ("delete_contact", max(1, many // 8), {}),
        ("archive_contact", max(1, many // 8), {}),
        ("unarchive_contact", 1, {}),
        ("merge_contacts", max(1, many // 10), {}),
        ("reverse_gift", max(1, many // 10), {}),
        ("edit_tag", 1, {}),
        ("delete_tag", 1, {}),
        ("rename_project", 1, {}),
    ]
    others = [name for name in org.collections if name not in {"Contact", "Gift", "Tag", *NESTED_IN}]
    for entity in others:
        for kind in ("edit", "insert", "delete"):
            times = max(1, round(share * org.collections[entity].count()))
            plan.append((kind, times, {"entity": entity}))
    done: list[Changed] = []
    for kind, times, options in plan:
        with suppress(NobodyLeft):
            for _ in range(times):
                done.append(change(org, kind, dict(options)))
    return done


def import_edits(org: Organization, entity: str) -> int:
    """Edit every other record of an entity at one and the same instant, as an import does; return how many."""
    with org.at_one_instant():
        numbers = list(org.collections[entity].ids(archived=False))[org.changes % 2 :: 2]
        for number in numbers:
            change(org, "edit", {"entity": entity, "id": number})
    return len(numbers)


def change_kinds() -> list[str]:
    """Return all kinds of change, each with the options that it cannot do without."""
    found: list[str] = []
    for kind, do in KINDS.items():
        _, *options = inspect.signature(do).parameters.values()
        needed = ["id" if option.name == "number" else option.name for option in options if option.default is option.empty]
        found.append(f"{kind} (with {', '.join(needed)})" if needed else kind)
    return found


def set_value(org: Organization, entity: str, number: int, path: str, value: object) -> Changed:
    """Set one value by its dotted path; nothing else of the record changes, its modified time neither."""
    if entity in NESTED_IN:
        raise ValueError(f"set the value in the {NESTED_IN[entity][0]} that holds it")
    with org.lock:
        org.put(entity, set_path(_copy_of(org, entity, number), path, value))
    return {"entity": entity, "id": number, "path": path, "value": value}


# --- tools ---------------------------------------------------------------------------------------------------------


def _random(org: Organization) -> Random:
    return Random(mix(org.seed, 4242, org.changes))  # noqa: S311 - not for secrets


def _pick(org: Organization, entity: str, *, archived: bool = False) -> int:
    """Return the id of some live record, the same one for the same seed and number of changes."""
    collection = org.collections[entity]
    count = collection.count(archived=archived)
    if not count:
        raise NobodyLeft(f"there is no {entity} left")
    return collection.seek(_random(org).randrange(count), archived=archived)


def _copy_of(org: Organization, entity: str, number: int) -> Record:
    record = org.get(entity, number)
    if record is None:
        raise LookupError(f"there is no {entity} {number}")
    return copy.deepcopy(record)


def _touch(org: Organization, record: Record) -> None:
    if "modifiedDateTimeUtc" in record:
        record |= {"modifiedDateTimeUtc": utc_text(org.now_ticks()), "modifiedByUser": _USER}


def _save(org: Organization, entity: str, record: Record, **more: object) -> Changed:
    """Store a changed record with a new modified time."""
    _touch(org, record)
    org.put(entity, record)
    return {"entity": entity, "id": record[org.collections[entity].id_key], **more}


def _today(org: Organization) -> date:
    return moment_of(org.now_ticks()).date()


def _new(org: Organization, entity: str) -> Record:
    """Return a new record, created now."""
    collection = org.collections[entity]
    row = collection.next_row()
    while (entity == "Gift" and is_reversal(row)) or (entity == "Contact" and hidden_row(row)):
        row = collection.next_row()
    record = collection.make(row)
    if "createDateTimeUtc" in record:
        record |= {"createDateTimeUtc": utc_text(org.now_ticks()), "createdByUser": _USER}
    return record


def _give_to(record: Record, contact: Record) -> None:
    """Make a contact the owner of a record, in all the keys that say so."""
    number = contact["id"]
    known = {"contactId": number, "contactName": contact["name"], "contactUrl": f"/api/Contact/{number}"}
    record |= {key: value for key, value in known.items() if key in record}
    for payment in record.get("recurringGiftPayments", []):
        payment["gift"]["contactId"] = number


# --- contacts ------------------------------------------------------------------------------------------------------


def _insert_contact(org: Organization) -> Changed:
    return _save(org, "Contact", _new(org, "Contact"))


def _edit_contact(org: Organization, number: int | None = None, values: Changed | None = None) -> Changed:
    record = _copy_of(org, "Contact", _pick(org, "Contact") if number is None else number)
    for path, value in (values or {}).items():
        set_path(record, path, value)
    if not values:
        record["description"] = f"edited #{org.changes} ✏️"
        record["contactIndividuals"][0]["nickname"] = f"Nick {org.changes}"
        _touch(org, record["contactIndividuals"][0])
    return _save(org, "Contact", record)


def _delete_contact(org: Organization, number: int | None = None) -> Changed:
    return _delete(org, "Contact", number)


def _archive_contact(org: Organization, number: int | None = None) -> Changed:
    record = _copy_of(org, "Contact", _pick(org, "Contact") if number is None else number)
    record["_archived"] = True
    return _save(org, "Contact", record)


def _unarchive_contact(org: Organization, number: int | None = None) -> Changed:
    record = _copy_of(org, "Contact", _archived(org) if number is None else number)
    record["_archived"] = False
    return _save(org, "Contact", record)


def _archived(org: Organization) -> int:
    """Return some contact that is archived and not the loser of a merge."""
    for record in org.records("Contact"):
        if record["_archived"] and record["mergedIntoContactId"] is None:
            return int(record["id"])
    return int(_archive_contact(org)["id"])


def _merge_contacts(org: Organization, loser: int | None = None, survivor: int | None = None) -> Changed:
    """Merge two contacts. What moves keeps its own modified time: only the two contacts tell that it happened."""
    lost = _pick(org, "Contact") if loser is None else loser
    kept = survivor
    if kept is None:
        org.changes += 1
        kept = _pick(org, "Contact")
        if kept == lost:
            kept = next((number for number in org.collections["Contact"].ids(archived=False) if number != lost), None)
        if kept is None:
            raise NobodyLeft("a merge needs two contacts, and there is one")
    record, winner = _copy_of(org, "Contact", lost), _copy_of(org, "Contact", kept)
    record |= {"mergedIntoContactId": kept, "_archived": True}
    _save(org, "Contact", record)
    _save(org, "Contact", winner)
    moved = {entity: _move(org, entity, lost, winner) for entity in MOVED_BY_MERGE}
    return {"entity": "Contact", "id": lost, "survivor": kept, "moved": moved}


def _move(org: Organization, entity: str, lost: int, winner: Record) -> list[int]:
    moved = [copy.deepcopy(record) for record in org.records_of(entity, lost)]
    for record in moved:
        _give_to(record, winner)
        org.put(entity, record)
    return [record["id"] for record in moved]


# --- gifts ---------------------------------------------------------------------------------------------------------


def _insert_gift(org: Organization, gift_date: str | None = None, contact_id: int | None = None) -> Changed:
    """Insert a gift. One with an old date is what a nightly batch of an integration looks like."""
    record = _new(org, "Gift")
    contact = _copy_of(org, "Contact", _pick(org, "Contact") if contact_id is None else contact_id)
    _give_to(record, contact)
    people = contact["contactIndividuals"]
    record["contactIndividualId"] = people[0]["id"] if people else None
    day = date.fromisoformat(gift_date) if gift_date else _today(org)
    record |= {"giftDate": midnight_text(day), "giftDateFormatted": us_date(day)}
    return _save(org, "Gift", record, giftDate=record["giftDate"])


def _edit_gift(org: Organization, number: int | None = None, values: Changed | None = None) -> Changed:
    record = _copy_of(org, "Gift", _pick(org, "Gift") if number is None else number)
    for path, value in (values or {}).items():
        set_path(record, path, value)
    if not values:
        record["notes"] = f"edited #{org.changes} ✏️"
        _add_cents(record, 101)
    return _save(org, "Gift", record)


def _add_cents(record: Record, cents: int) -> None:
    """Change a gift's amount and its first designation by the same."""
    record["amount"] = (round(float(record["amount"]) * 100) + cents) / 100
    record["amountFormatted"] = dollars(round(record["amount"] * 100))
    if record["giftDesignations"]:
        first = record["giftDesignations"][0]
        first["amountDesignated"] = (round(first["amountDesignated"] * 100) + cents) / 100
        first["display"] = f"{first['project']}: {dollars(round(first['amountDesignated'] * 100))}"


def _delete_gift(org: Organization, number: int | None = None) -> Changed:
    return _delete(org, "Gift", number)


def _reverse_gift(org: Organization, number: int | None = None) -> Changed:
    """Add a gift that negates another, which itself stays as it is."""
    reversed_id = _pick(org, "Gift") if number is None else number
    original = _copy_of(org, "Gift", reversed_id)
    new = _new(org, "Gift")
    keys = list(original)
    shared = {key: original[key] for key in keys[keys.index("id") :]}  # without the keys of the original's type
    own = ("id", "giftUrl", "createDateTimeUtc", "createdByUser", "modifiedDateTimeUtc", "modifiedByUser")
    record: Record = {"reversedGiftId": reversed_id} | shared | {key: new[key] for key in own if key in new}
    day = _today(org)
    record |= {"giftType": "Reversing Transaction", "giftTypeFormatted": "Reversing Transaction"}
    record |= {"giftDate": midnight_text(day), "giftDateFormatted": us_date(day)}
    record |= {"giftPremiums": [], "pledgePayments": [], "recurringGiftPayments": []}
    record |= {"amount": -record["amount"], "amountFormatted": dollars(-round(record["amount"] * 100))}
    for entry in record["giftDesignations"]:
        cents = -round(entry["amountDesignated"] * 100)
        entry |= {
            "id": _child_id(org, "GiftDesignation"),
            "amountDesignated": cents / 100,
            "display": f"{entry['project']}: {dollars(cents)}",
        }
    return _save(org, "Gift", record, reversed=reversed_id)


# --- everything else -----------------------------------------------------------------------------------------------


def _edit(org: Organization, entity: str, number: int | None = None, values: Changed | None = None) -> Changed:
    """Edit a record of any entity; `values` maps dotted paths to what is to be there."""
    special = {"Contact": _edit_contact, "Gift": _edit_gift}
    if entity in special:
        return special[entity](org, number, values)
    number = _pick(org, entity) if number is None else number
    if entity in NESTED_IN:
        return _edit_nested(org, entity, number, values)
    record = _copy_of(org, entity, number)
    for path, value in (values or _default_edit(org, record)).items():
        set_path(record, path, value)
    return _save(org, entity, record)


def _default_edit(org: Organization, record: Record) -> Changed:
    key = next(key for key in _EDITABLE if key in record)
    return {key: f"edited #{org.changes} ✏️"}


def _insert(org: Organization, entity: str) -> Changed:
    """Insert a record of any entity, with a new and higher id."""
    if entity == "Contact":
        return _insert_contact(org)
    if entity == "Gift":
        return _insert_gift(org)
    if entity in NESTED_IN:
        return _insert_nested(org, entity)
    record = _new(org, entity)
    if entity in OWNED:
        _give_to(record, _copy_of(org, "Contact", _pick(org, "Contact")))
    return _save(org, entity, record)


def _delete(org: Organization, entity: str, number: int | None = None) -> Changed:
    """Delete a record of any entity for good. One nested in another bumps the other's modified time."""
    number = _pick(org, entity) if number is None else number
    if entity in NESTED_IN:
        parent, place, key = _nested(org, entity, number)
        parent[key].pop(place)
        return _save(org, NESTED_IN[entity][0], parent, removed=number)
    _copy_of(org, entity, number)
    org.remove(entity, number)
    return {"entity": entity, "id": number}


def _nested(org: Organization, entity: str, number: int) -> tuple[Record, int, str]:
    """Return a copy of the record that holds a nested one, the place in it, and the key of the list."""
    parent_entity, parent_key = NESTED_IN[entity]
    parent = _copy_of(org, parent_entity, _copy_of(org, entity, number)[parent_key])
    key = "contactIndividuals" if entity == "ContactIndividual" else "giftDesignations"
    return parent, [row["id"] for row in parent[key]].index(number), key


def _child_id(org: Organization, entity: str) -> int:
    """Return an id for something new in a record: the one it would have in a record that will never be."""
    row = org.collections[NESTED_IN[entity][0]].next_row()
    return org.world.layouts[entity].slot_id(row, 0)


def _edit_nested(org: Organization, entity: str, number: int, values: Changed | None) -> Changed:
    parent, place, key = _nested(org, entity, number)
    default = {"nickname" if entity == "ContactIndividual" else "externalAccountingCode": f"edited #{org.changes}"}
    for path, value in (values or default).items():
        set_path(parent[key][place], path, value)
    _touch(org, parent[key][place])
    return _save(org, NESTED_IN[entity][0], parent, edited=number)


def _insert_nested(org: Organization, entity: str) -> Changed:
    parent, place, key = _nested(org, entity, _pick(org, entity))
    added = copy.deepcopy(parent[key][place]) | {"id": _child_id(org, entity)}
    if entity == "GiftDesignation":
        added["amountDesignated"] = 0.0  # the sum stays the gift's amount
    else:
        added |= {"isPrimary": False, "contactMethods": [], "customFields": [], "customCollections": []}
    parent[key].append(added)
    return _save(org, NESTED_IN[entity][0], parent, added=added["id"])


def _remove_child(
    org: Organization,
    entity: str = "Contact",
    number: int | None = None,
    child: str | None = None,
) -> Changed:
    """Let one nested thing disappear from a record, whose modified time is bumped."""
    keys = (child,) if child else _REMOVABLE.get(entity, ("customFields",))
    candidates = _from(org, entity, _pick(org, entity)) if number is None else [number]
    for each in candidates:
        record = _copy_of(org, entity, each)
        lists = [(key, rows) for key in keys for rows in _lists(record, key) if len(rows) > (key in _KEEP_ONE)]
        if lists:
            key, rows = _random(org).choice(lists)
            removed = rows.pop()
            if key == "giftDesignations":
                _return_money(record, removed)
            return _save(org, entity, record, child=key, removed=removed)
    raise NobodyLeft(f"no {entity} has anything of {', '.join(keys)} to remove")


_KEEP_ONE = frozenset({"contactIndividuals", "giftDesignations", "designations"})


def _from(org: Organization, entity: str, start: int) -> list[int]:
    found: list[int] = []
    for number in org.collections[entity].ids(start, archived=False):
        found.append(number)
        if len(found) >= _SEARCHED:
            break
    return found


def _lists(record: Record, key: str) -> list[list[Any]]:
    if key == "contactMethods":
        return [person["contactMethods"] for person in record["contactIndividuals"]]
    rows = record.get(key)
    return [rows] if isinstance(rows, list) else []


def _return_money(gift: Record, removed: Record) -> None:
    """Give what a removed designation had to the first one, so that the sum stays the gift's amount."""
    first = gift["giftDesignations"][0]
    cents = round(first["amountDesignated"] * 100) + round(removed["amountDesignated"] * 100)
    first |= {"amountDesignated": cents / 100, "display": f"{first['project']}: {dollars(cents)}"}


def _edit_tag(org: Organization, number: int | None = None) -> Changed:
    return _edit(org, "Tag", number, {"tagName": f"Renamed {org.changes} 🏷", "tagGroupName": "Renamed"})


def _delete_tag(org: Organization, number: int | None = None) -> Changed:
    return _delete(org, "Tag", number)


def _rename_project(org: Organization, number: int | None = None) -> Changed:
    return _edit(org, "Project", number, {"name": f"Renamed project {org.changes}"})


def _set_value(org: Organization, entity: str, number: int, path: str, value: object) -> Changed:
    return set_value(org, entity, number, path, value)


KINDS: dict[str, Callable[..., Changed]] = {
    "insert_contact": _insert_contact,
    "edit_contact": _edit_contact,
    "delete_contact": _delete_contact,
    "archive_contact": _archive_contact,
    "unarchive_contact": _unarchive_contact,
    "merge_contacts": _merge_contacts,
    "insert_gift": _insert_gift,
    "edit_gift": _edit_gift,
    "delete_gift": _delete_gift,
    "reverse_gift": _reverse_gift,
    "remove_child": _remove_child,
    "edit_tag": _edit_tag,
    "delete_tag": _delete_tag,
    "rename_project": _rename_project,
    "edit": _edit,
    "insert": _insert,
    "delete": _delete,
    "set_value": _set_value,
}
