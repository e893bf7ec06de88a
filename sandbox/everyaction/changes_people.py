"""Changes to people and to everything else that is exported. Each of them is stamped with its instant, by which exports find it.

Nothing but a later export tells of an edit; deleted rows are told of only with includeInactive, and some not even so. Nothing here that
is free to choose makes a value null anywhere.

GUESS: what comes of the records and the signups of a person who is deleted or merged, and that they are changed by it.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import Any

from sandbox.arithmetic import Record
from sandbox.changes import Change, Changed, NobodyLeft, Planned
from sandbox.everyaction import activity, persons, signups
from sandbox.everyaction.account import Account
from sandbox.everyaction.changes_collections import is_recent_event, move_signups
from sandbox.everyaction.changing import Generic, ids_from, pick, random_of
from sandbox.everyaction.resources import BY_ENTITY, DELETED
from sandbox.everyaction.rows import PERSON, ids_of_person
from sandbox.everyaction.times import minute_text, naive_text
from sandbox.faults import set_path

CONTRIBUTION = "Contribution"
# What is about a person and can be exported.
_OWNED = tuple(activity.BUILD)
_KEYS = {PERSON: "vanId"} | {entity: key for entity, (key, _) in activity.BUILD.items()}
_CREATED = ("DateCreated", "DateIssued", "StartDate", "DateAdjusted")
_SEARCHED = 60


# --- editing -------------------------------------------------------------------------------------------------------


def _set(record: Record, entity: str, path: str, value: Any) -> None:
    """Set a value by its dotted path, or by the name of a field of exports."""
    if path.partition(".")[0] not in record and path in BY_ENTITY[entity].names:
        record.setdefault("_cells", {})[path] = value
    else:
        set_path(record, path, value)


def _edit(entity: str, account: Account, number: int | str | None = None, values: Changed | None = None) -> Changed:
    record = account.copy_of(entity, pick(account, entity) if number is None else int(number))
    for path, value in (values or _default_edit(account, entity, record)).items():
        _set(record, entity, path, value)
    account.put(entity, record)
    return {"entity": entity, "id": record[_KEYS[entity]]}


def _default_edit(account: Account, entity: str, record: Record) -> Changed:
    """Return what a plain edit changes; people can be found afterwards as before."""
    text, cents = f'edited #{account.changes} ✏️, "again"', f"{account.changes % 1000}.75"
    if entity == PERSON:
        name = "organizationContactCommonName" if record["contactMode"] == "Organization" else "lastName"
        return {name: f"Edited {account.changes}", "envelopeName": text}
    if entity == CONTRIBUTION:
        return {"amount": cents, "notes": text}
    return _EDITS[entity] | ({} if entity not in _TEXTS else {_TEXTS[entity]: text}) | ({"Amount": cents} if "Amount" in record else {})


_TEXTS = {
    "ContactOnlineForm": "MarketSource", "ContributionAdjustment": "Notes", "EventTicketGuest": "TicketLevelName", "Disbursement": "Note",
}  # fmt: skip
_EDITS: dict[str, Changed] = {
    "ContactHistory": {"ResultID": 14}, "ContactActivistCode": {"CommitteeID": 81_005}, "ContactSurveyResponse": {"InputTypeID": 11},
    "ContactOnlineForm": {"IsNewContact": False}, "ContributionAdjustment": {}, "RecurringContribution": {"StatusID": 5},
    "EventTicketGuest": {"IsAttending": True}, "Disbursement": {},
}  # fmt: skip


def _insert(entity: str, account: Account, person: int | None = None) -> Changed:
    """Add a record that is about some person, made now."""
    collection, now = account.collection(entity), account.now()
    van_id = pick(account, PERSON) if person is None else person
    number = account.world.layout(entity).slot_id(collection.next_row(), 0)
    record = activity.build(account.world, entity, number, van_id, now)
    record |= {name: naive_text(now) for name in _CREATED if name in record}
    if entity == CONTRIBUTION:
        record["dateReceived"] = minute_text(now)
    account.put(entity, record)
    return {"entity": entity, "id": number}


def _insert_person(account: Account) -> Changed:
    row = account.collection(PERSON).next_row()
    record = persons.person_record(account.world, account.world.people.slot_id(row, 0), row, account.now())
    record["dateCreated"] = minute_text(account.now())
    account.put(PERSON, record)
    return {"entity": PERSON, "id": record["vanId"]}


# --- deleting ------------------------------------------------------------------------------------------------------


def _delete(entity: str, account: Account, number: int | str | None = None) -> Changed:
    """Delete a record, of which only an export with includeInactive tells."""
    if not any(name == DELETED for _, name, _ in BY_ENTITY[entity].changes):
        raise NobodyLeft(f"a {entity} is never deleted")
    found = pick(account, entity) if number is None else int(number)
    account.copy_of(entity, found)
    account.remove(entity, found)
    return {"entity": entity, "id": found}


def _delete_person(account: Account, number: int | str | None = None) -> Changed:
    """Delete a person, but nothing else that is about them.

    GUESS: what stays is changed by it. It could not be found any more by anybody who has not read it yet.
    """
    found = pick(account, PERSON) if number is None else int(number)
    account.copy_of(PERSON, found)
    account.remove(PERSON, found)
    for entity in _OWNED:
        for each in list(ids_of_person(account, entity, found)):
            account.put(entity, account.copy_of(entity, each))
    return {"entity": PERSON, "id": found}


def _merge(account: Account, source: int | str | None = None, target: int | str | None = None) -> Changed:
    """Merge a person into another one: the source is deleted, and what was about it is about the target.

    GUESS: signups are changed by it, and then tell of the target. If any person will do, then one without signups for events that are
    long past, which a sync hardly ever looks at again.
    """
    into = pick(account, PERSON) if target is None else int(target)
    gone = _another(account, into) if source is None else int(source)
    if gone == into:
        raise ValueError("a person cannot be merged into itself")
    for entity in _OWNED:
        for number in list(ids_of_person(account, entity, gone)):
            account.put(entity, _moved(account.copy_of(entity, number), into))
    kept = account.copy_of(PERSON, into)
    kept["emails"] = [*kept["emails"], *account.copy_of(PERSON, gone)["emails"]]
    account.put(PERSON, kept)
    move_signups(account, gone, kept)
    account.remove(PERSON, gone)
    return {"entity": PERSON, "id": gone, "into": into}


def _moved(record: Record, van_id: int) -> Record:
    if "contact" in record:
        record["contact"] = record["contact"] | {"vanId": van_id}
    else:
        record["VanID"] = van_id
    return record


def _another(account: Account, van_id: int) -> int:
    """Return some person who could be merged into another one: of those near by the one that is worth most."""
    people = account.collection(PERSON)
    count = people.count()
    if count < 2:
        raise NobodyLeft("there is nobody to be merged")
    start = random_of(account).randrange(count)
    others = [number for number in islice(ids_from(people, people.seek(start)), _SEARCHED) if number != van_id]
    return max(others, key=lambda number: _worth(account, number))


def _worth(account: Account, van_id: int) -> tuple[bool, bool, bool]:
    """Return what speaks for merging a person: no signups for events that are long past, contributions, signups."""
    events, gifts = signups.events_of_person(account, van_id), ids_of_person(account, CONTRIBUTION, van_id)
    return all(is_recent_event(account, each) for each in events), next(gifts, None) is not None, bool(events)


# --- some parts of records -----------------------------------------------------------------------------------------


def _edit_email(account: Account, number: int | str | None = None) -> Changed:
    """Give a person another e-mail address, or a first one; the contact was changed by it."""
    record = account.copy_of(PERSON, pick(account, PERSON) if number is None else int(number))
    email = {
        "email": f"edited.{account.changes}@example.org", "type": "P", "dateCreated": minute_text(account.now()), "isPreferred": True,
        "isSubscribed": True, "subscriptionStatus": "S",
    }  # fmt: skip
    first: Record = next(iter(record["emails"]), {})  # what else is known of it stays
    record["emails"] = [first | email, *record["emails"][1:]]
    account.put(PERSON, record)
    return {"entity": PERSON, "id": record["vanId"]}


def _add_note(account: Account, number: int | str | None = None) -> Changed:
    """Write a note about a person; the contact was changed by it."""
    record = account.copy_of(PERSON, pick(account, PERSON) if number is None else int(number))
    note = {
        "noteId": 40_000_000 + account.changes, "text": f"note #{account.changes}", "isViewRestricted": False, "category": None,
        "createdDate": minute_text(account.now()), "isPinned": False, "contactHistory": None,
    }  # fmt: skip
    record["notes"] = [*record["notes"], note]
    account.put(PERSON, record)
    return {"entity": PERSON, "id": record["vanId"]}


def _remove_activist_code(account: Account, number: int | str | None = None) -> Changed:
    """Take an activist code from somebody."""
    return _delete("ContactActivistCode", account, number)


ENTITIES: dict[str, Generic] = {
    PERSON: Generic(partial(_edit, PERSON), _insert_person, _delete_person),
    **{entity: Generic(partial(_edit, entity), partial(_insert, entity), partial(_delete, entity)) for entity in _OWNED},
}
KINDS: dict[str, Change] = {
    "merge": _merge,
    "edit_email": _edit_email,
    "add_note": _add_note,
    "remove_activist_code": _remove_activist_code,
}
# Of these a row is only ever added.
_ONLY_ADDED = frozenset({"ContactHistory", "ContactSurveyResponse"})


def bundle(account: Account, share: float) -> list[Planned]:
    """Return the changes, each with how often and its options, that change about this share of what is exported in all ways there are."""
    people = max(1, round(share * account.collection(PERSON).count()))
    found: list[Planned] = [("edit_email", people, {}), ("add_note", people, {})]
    for entity in ENTITIES:
        many = max(1, round(share * account.collection(entity).count()))
        kinds = ("insert",) if entity in _ONLY_ADDED else ("insert", "edit", "delete")
        found += [(kind, max(1, many // 2) if kind == "delete" else many, {"entity": entity}) for kind in kinds]
    return [*found, ("merge", max(1, people // 3), {})]


def set_value(account: Account, entity: str, number: int, path: str, value: Any) -> Changed:
    """Set one value by its dotted path or by the name of a field of exports; the record's stamp stays."""
    record = account.copy_of(entity, number)
    _set(record, entity, path, value)
    account.put(entity, record, quietly=True)
    return {"entity": entity, "id": number, "path": path, "value": value}
