"""Changes to contacts, lists and their fields. Nothing tells when a contact was edited, nor that it was removed."""

from __future__ import annotations

from typing import Any

from sandbox.arithmetic import Record
from sandbox.changes import Change, Changed, NobodyLeft
from sandbox.faults import set_path
from sandbox.ongage.account import WHOLE_ACCOUNT, Account
from sandbox.ongage.changing import Generic, pick, random_of
from sandbox.ongage.contacts import ENTITY, ContactIds, contact_record, hex_id, number_of_id
from sandbox.ongage.lists import ENTITY as LIST
from sandbox.ongage.lists import FIELD, fields_of
from sandbox.ongage.world import DAY

Planned = tuple[str, int, Changed]
_SEARCHED = 300
_BACKDATED_DAYS = 400


def _number(number: int | str | None) -> int | None:
    """Return an id as it is known here; it may be told as it is served."""
    return number_of_id(number) if isinstance(number, str) else number


# --- contacts ------------------------------------------------------------------------------------------------------


def _chosen(account: Account, number: int | str | None, list_id: int | None) -> tuple[int, Record]:
    """Return the list and a copy of the contact that is named, or of some contact."""
    found = _number(number)
    return account.copy_of(ENTITY, pick(account, ENTITY, list_id)[1] if found is None else found)


def _save(account: Account, place: int, record: Record, **more: object) -> Changed:
    account.put(ENTITY, place, record)
    return {"entity": ENTITY, "list_id": place, "id": record["id"], **more}


def _insert_contact(account: Account, list_id: int | None = None, created: int | None = None) -> Changed:
    """Add a contact; its id tells that it was added now, whatever its date of creation."""
    place = account.world.by_id[random_of(account).choice(account.visible(sending=True)).id if list_id is None else list_id]
    collection = account.collection(ENTITY, place.id)
    ids = collection.layout
    assert isinstance(ids, ContactIds)  # noqa: S101 - contacts have no others
    row, now = collection.next_row(), account.now()
    record = contact_record(account.world, place, ids, row, now) | {"id": hex_id(ids.at(now, row))}
    record["ocx_created_date"] = now if created is None else created
    return _save(account, place.id, record)


def _insert_contacts_backdated(account: Account, count: int = 3, list_id: int | None = None, created: int | None = None) -> Changed:
    """Add contacts as a migration does: with the date of creation that they had elsewhere."""
    when = account.now() - _BACKDATED_DAYS * DAY if created is None else created
    place = random_of(account).choice(account.visible(sending=True)).id if list_id is None else list_id
    added = [_insert_contact(account, place, when + 60 * each)["id"] for each in range(count)]
    return {"entity": ENTITY, "list_id": place, "id": added[0], "ids": added}


def _edit_field(
    account: Account, number: int | str | None = None, list_id: int | None = None, values: Changed | None = None
) -> Changed:
    """Edit what a contact has in the fields of its list; none of its dates moves."""
    place, record = _chosen(account, number, list_id)
    fields = fields_of(account, account.world.by_id[place])
    name = next((each.name for each in fields[1:] if each.type == "string"), "email")
    default = {name: f"edited #{account.changes} ✏️, \"again\"" if name != "email" else f"edited.{account.changes}@example.net"}
    for path, value in (values or default).items():
        set_path(record, path, value)
    return _save(account, place, record)


def _with_status(account: Account, among: frozenset[str], number: int | str | None, list_id: int | None) -> tuple[int, Record]:
    """Return the contact that is named, or some contact with one of these states, near to one by chance."""
    if number is not None:
        return _chosen(account, number, list_id)
    place, start = pick(account, ENTITY, list_id)
    collection = account.collection(ENTITY, place)
    rank, count = collection.below(start), collection.count()
    for step in range(min(count, _SEARCHED)):
        record = collection.get(collection.seek((rank + step) % count))
        if record is not None and record["ocx_status"] in among:
            return account.copy_of(ENTITY, number_of_id(record["id"]))
    raise NobodyLeft(f"there is no contact that is {' or '.join(sorted(among))}")


def _becomes(status: str, date: str, before: frozenset[str]) -> Change:
    def change(account: Account, number: int | str | None = None, list_id: int | None = None) -> Changed:
        place, record = _with_status(account, before, number, list_id)
        return _save(account, place, record | {"ocx_status": status, date: account.now()})

    return change


def _remove_contact(account: Account, number: int | str | None = None, list_id: int | None = None) -> Changed:
    """Delete a contact for good; nothing is left that tells of it."""
    place, record = _chosen(account, number, list_id)
    account.remove(ENTITY, place, number_of_id(record["id"]))
    return {"entity": ENTITY, "list_id": place, "id": record["id"]}


def _edit_contact(account: Account, number: int | str | None = None, values: Changed | None = None, list_id: int | None = None) -> Changed:
    return _edit_field(account, number, list_id, values)


# --- lists and fields ----------------------------------------------------------------------------------------------


def _edit_list(account: Account, number: int | None = None, values: Changed | None = None) -> Changed:
    """Edit a list, by default what it says that it has: it counts anew now and then."""
    place = random_of(account).choice(account.visible()).id if number is None else int(number)
    _, record = account.copy_of(LIST, place)
    for path, value in (values or {"last_count": record["last_count"] + 1, "description": f"edited #{account.changes}"}).items():
        set_path(record, path, value)
    record["modified"] = account.now()
    account.put(LIST, WHOLE_ACCOUNT, record)
    return {"entity": LIST, "list_id": place, "id": place}


def _insert_list(account: Account) -> Changed:
    raise NobodyLeft("this account has as many lists as it may have")


def _delete_list(account: Account, number: int | None = None) -> Changed:
    """Delete a list with all that is in it; the default list stays."""
    deletable = [each.id for each in account.visible() if each.id != account.world.default.id]
    if not deletable:
        raise NobodyLeft("there is only the default list left")
    place = random_of(account).choice(deletable) if number is None else int(number)
    account.remove(LIST, WHOLE_ACCOUNT, place)
    return {"entity": LIST, "list_id": place, "id": place}


def _edit_list_field(account: Account, number: int | None = None, values: Changed | None = None, list_id: int | None = None) -> Changed:
    place, record = account.copy_of(FIELD, pick(account, FIELD, list_id)[1] if number is None else int(number))
    for path, value in (values or {"title": f"Edited #{account.changes}"}).items():
        set_path(record, path, value)
    record["modified"] = account.now()
    account.put(FIELD, place, record)
    return {"entity": FIELD, "list_id": place, "id": record["id"]}


def _insert_list_field(account: Account, list_id: int | None = None) -> Changed:
    """Add a field, which is empty in all contacts."""
    place = random_of(account).choice(account.visible(sending=True)).id if list_id is None else list_id
    collection = account.collection(FIELD, place)
    record = collection.make(collection.next_row()) | {"created": account.now(), "modified": account.now()}
    account.put(FIELD, place, record)
    return {"entity": FIELD, "list_id": place, "id": record["id"]}


def _delete_list_field(account: Account, number: int | None = None, list_id: int | None = None) -> Changed:
    """Delete a field with what the contacts have in it; the address is in every list."""
    found = pick(account, FIELD, list_id)[1] if number is None else int(number)
    place, record = account.copy_of(FIELD, found)
    if record["name"] == "email":
        raise NobodyLeft("the address is a field of every list")
    account.remove(FIELD, place, found)
    return {"entity": FIELD, "list_id": place, "id": found}


ENTITIES: dict[str, Generic] = {
    LIST: Generic(_edit_list, _insert_list, _delete_list),
    FIELD: Generic(_edit_list_field, _insert_list_field, _delete_list_field),
    ENTITY: Generic(_edit_contact, _insert_contact, _remove_contact),
}
_ACTIVE = frozenset({"Active"})
KINDS: dict[str, Change] = {
    "insert_contact": _insert_contact,
    "insert_contacts_backdated": _insert_contacts_backdated,
    "edit_field": _edit_field,
    "unsubscribe": _becomes("Unsubscribed", "ocx_unsubscribe_date", _ACTIVE),
    "resubscribe": _becomes("Active", "ocx_resubscribe_date", frozenset({"Unsubscribed"})),
    "bounce": _becomes("Bounced", "ocx_bounce_date", _ACTIVE),
    "complain": _becomes("Complaint", "ocx_complaint_date", _ACTIVE),
    "remove_contact": _remove_contact,
}


def bundle(account: Account, share: float) -> list[Planned]:
    """Return the changes, each with how often and its options, that change about this share of the contacts in all ways there are."""
    many = max(1, round(share * sum(account.collection(ENTITY, each.id).count() for each in account.visible(sending=True))))
    few = max(1, many // 5)
    return [
        ("insert_contact", many, {}), ("insert_contacts_backdated", few, {}), ("edit_field", many, {}), ("unsubscribe", few, {}),
        ("resubscribe", few, {}), ("bounce", few, {}), ("complain", few, {}), ("remove_contact", few, {}),
        ("edit", 1, {"entity": LIST}), ("edit", 1, {"entity": FIELD}), ("insert", 1, {"entity": FIELD}),
    ]  # fmt: skip


def set_value(account: Account, entity: str, number: int | str, path: str, value: Any) -> Changed:
    """Set one value by its dotted path; nothing else of the record changes, its modified time neither."""
    found = number_of_id(number) if entity == ENTITY else int(number)
    place, record = account.copy_of(entity, found)
    account.put(entity, place, set_path(record, path, value))
    return {"entity": entity, "list_id": place, "id": number, "path": path, "value": value}
