"""Changes to everything but people and what is exported of them. An edit moves the modified time, where there is one.

The signups of an event that is deleted go with it. Who changes signups or statistics without saying of what changes those that a sync
can be expected to look at again: of events that are not long past, and of messages that were sent lately. Nothing here that is free to
choose makes a value null anywhere: lists are moved from folder to folder, and only folders without lists are deleted.

GUESS: that deleted records just vanish, that a modified time moves with every edit but never for statistics, and for none of what has no
modified time.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from typing import Any

from sandbox.arithmetic import Record
from sandbox.changes import Change, Changed, NobodyLeft, Planned
from sandbox.everyaction import emails, events, fields, lists, organizing, signups
from sandbox.everyaction.account import Account
from sandbox.everyaction.changing import Generic, ids_from, pick, random_of
from sandbox.everyaction.scope import stamp
from sandbox.everyaction.times import read_instant
from sandbox.everyaction.truth_collections import EXPORTED, ROOTS
from sandbox.everyaction.world import CUSTOM_FIELDS, DAY
from sandbox.faults import set_path

MODIFIED = "dateModified"
_ID_KEYS = frozenset(root.id_key for root in ROOTS)
# So far back lie the events whose signups change, and the messages whose statistics do.
_RECENT_DAYS = 29
# The text that a plain edit changes, where it is neither `name` nor the first key that ends with "Name".
_EDITABLE = {organizing.SCORE_UPDATE: "loadStatus", fields.CUSTOM: "customFieldGroupName", fields.PROFILE: "committeeName"}
_CREATED = ("dateCreated", "createdDate", "dateOpened")
_NARROW_KEYS = _ID_KEYS | {"name", "type", "status", MODIFIED}
_GROWING = (
    "ActivistCode", "SurveyQuestion", "Code", "ExtendedSourceCode", "Event", "EventSignup", "Location", "Folder", "SavedList",
    "PrintedList", "MinivanExport", "EmailMessage", "OnlineActionsForm", "FinancialBatch", "ScoreUpdate",
)  # fmt: skip
_SMALL = (
    "EventType", "Campaign", "Target", "Designation", "CustomField", "DistrictField", "NoteCategory", "Employer", "Worksite", "Pronoun",
    "VoterRegistrationBatch", "SupporterGroup", "ResultCode",
)  # fmt: skip


# --- any entity ----------------------------------------------------------------------------------------------------


def _copy(account: Account, entity: str, number: int | str | None) -> Record:
    collection = account.collection(entity)
    return account.copy_of(entity, pick(account, entity) if number is None else collection.number(number))


def _save(account: Account, entity: str, record: Record, **more: object) -> Changed:
    """Store a changed record with a modified time that is later than the one before."""
    if MODIFIED in record:
        record[MODIFIED] = _later(record[MODIFIED], account.now())
    return _store(account, entity, record, **more)


def _later(before: object, now: int) -> str:
    """Return the time of a change: cut to the minute, unless that would be no later than the change before."""
    last = read_instant(before)
    if last is None or now - now % 60 > last:
        return stamp(now)
    return f"{datetime.fromtimestamp(max(now, int(last) + 1), timezone.utc):%Y-%m-%dT%H:%M:%S}Z"


def _store(account: Account, entity: str, record: Record, **more: object) -> Changed:
    account.put(entity, record)
    return {"entity": entity, "id": record[account.collection(entity).id_key], **more}


def _edit(entity: str, account: Account, number: int | str | None = None, values: Changed | None = None) -> Changed:
    record = _copy(account, entity, number)
    for path, value in (values or {_text_key(entity, record): f"edited #{account.changes} \N{PENCIL}"}).items():
        set_path(record, path, value)
    return _store(account, entity, record) if values and MODIFIED in values else _save(account, entity, record)


def _text_key(entity: str, record: Record) -> str:
    if entity in _EDITABLE:
        return _EDITABLE[entity]
    return "name" if "name" in record else next(key for key in record if key.endswith("Name"))


def _insert(entity: str, account: Account) -> Changed:
    """Insert a record that was made now, with an id above all others."""
    collection = account.collection(entity)
    record = collection.make(collection.next_row())
    record |= {key: stamp(account.now()) for key in _CREATED if key in record}
    return _save(account, entity, record | ({MODIFIED: None} if MODIFIED in record else {}))


def _delete(entity: str, account: Account, number: int | str | None = None) -> Changed:
    """Delete a record for good; the last one of its kind stays, unless it is named."""
    collection = account.collection(entity)
    if number is None and collection.count() < 2:
        raise NobodyLeft(f"there is no more than one {entity}")
    return _remove(account, entity, _copy(account, entity, number))


def _remove(account: Account, entity: str, record: Record) -> Changed:
    collection = account.collection(entity)
    account.remove(entity, collection.number(record[collection.id_key]))
    return {"entity": entity, "id": record[collection.id_key]}


# --- custom fields and the key -------------------------------------------------------------------------------------


def _delete_custom_field(account: Account, number: int | str | None = None) -> Changed:
    """Delete a custom field of which there are no values: one that was inserted."""
    started_with = {each.id for each in CUSTOM_FIELDS}
    free = [each for each in account.collection(fields.CUSTOM).ids() if each not in started_with and number in {None, each}]
    if not free:
        raise NobodyLeft("there are values of all the custom fields")
    return _remove(account, fields.CUSTOM, _copy(account, fields.CUSTOM, random_of(account).choice(free)))


def _never(account: Account, number: int | str | None = None) -> Changed:
    del account, number
    raise NobodyLeft("a key has one profile, which neither comes nor goes")


# --- events and signups --------------------------------------------------------------------------------------------


def _insert_event(account: Account) -> Changed:
    """Announce an event that starts within the next weeks."""
    now, row = account.now(), account.collection(events.ENTITY).next_row()
    start = now - now % 900 + random_of(account).randrange(1, 40) * DAY
    return _store(account, events.ENTITY, events.event(account.world, row, start, now))


def _delete_event(account: Account, number: int | str | None = None) -> Changed:
    gone = _delete(events.ENTITY, account, number)
    for signup in signups.ids_of_event(account, int(gone["id"])):
        account.remove(signups.ENTITY, signup)
    return gone


def is_recent_event(account: Account, number: int) -> bool:
    """Say whether there is an event that is still to come, or was not long ago; one of the base data is not made for that."""
    start = events.start_of(account, number)
    return start is not None and start > account.now() - _RECENT_DAYS * DAY


def _recent_events(account: Account) -> Iterator[int]:
    """Return the ids of all events that are to come or were not long ago, from a random one on and around to it."""
    numbers = ids_from(account.collection(events.ENTITY), pick(account, events.ENTITY))
    return (number for number in numbers if is_recent_event(account, number))


def _signup(account: Account, number: int | str | None) -> Record:
    """Return a copy of a signup: of one to an event that is not long past, if it may be any."""
    if number is not None:
        return _copy(account, signups.ENTITY, number)
    for event in _recent_events(account):
        found = signups.ids_of_event(account, event)
        if found:
            return _copy(account, signups.ENTITY, random_of(account).choice(found))
    raise NobodyLeft("nobody has signed up for what is to come")


def _edit_signup(account: Account, number: int | str | None = None, values: Changed | None = None) -> Changed:
    """Change what a signup says; its status, if nothing is named."""
    record = _signup(account, number)
    if values:
        return _edit(signups.ENTITY, account, record["eventSignupId"], values)
    slot = account.changes % len(events.STATUSES)
    record["status"] = {"statusId": 900 + slot, "name": f"{events.STATUSES[slot]} #{account.changes}"}
    return _save(account, signups.ENTITY, record)


def _insert_signup(account: Account, event: int | None = None) -> Changed:
    """Let somebody sign up, for an event that is not long past if none is named."""
    chosen = next(_recent_events(account), None) if event is None else event
    if chosen is None:
        raise NobodyLeft("there is no event left that is to come, or was not long ago")
    to = account.copy_of(events.ENTITY, chosen)
    row = account.collection(signups.ENTITY).next_row()
    number = signups.signup_ids(account.world).slot_id(row, 0)
    person = random_of(account).randrange(account.world.people.count)
    return _save(account, signups.ENTITY, signups.signup(account.world, number, to, row % 12, person))


def _delete_signup(account: Account, number: int | str | None = None) -> Changed:
    return _remove(account, signups.ENTITY, _signup(account, number))


def move_signups(account: Account, source: int, target: Record) -> None:
    """Let somebody's signups be those of another person, who is told of in them; what that one has no value for stays as it is."""
    who = signups.person_of(target)
    for record in signups.signups_of_person(account, source):
        moved = copy.deepcopy(record)
        moved["person"] |= {key: value for key, value in who.items() if value is not None}
        moved["_person"] = who["vanId"]
        _save(account, signups.ENTITY, moved)


# --- e-mail --------------------------------------------------------------------------------------------------------


def _insert_message(account: Account) -> Changed:
    """Write a message; most are sent an hour ago, the others are pending or a draft."""
    now, collection = account.now(), account.collection(emails.ENTITY)
    row, random = collection.next_row(), random_of(account)
    number = collection.layout.id_of(row)
    sent = None if row % 6 in {2, 3} else now - 3600
    return _store(account, emails.ENTITY, emails.message(number, row, random, now - 7200, now, sent))


def _messages(account: Account, number: int | str | None, wanted: Callable[[Record], bool], what: str) -> Record:
    """Return a copy of a message that is as wanted."""
    collection = account.collection(emails.ENTITY)
    if number is not None:
        return _copy(account, emails.ENTITY, number)
    found = [record["foreignMessageId"] for record in collection.records() if wanted(record)]
    if not found:
        raise NobodyLeft(f"no message {what}")
    return _copy(account, emails.ENTITY, random_of(account).choice(found))


def was_sent_lately(account: Account, record: Record, days: int = _RECENT_DAYS) -> bool:
    """Say whether a message was sent in the last days."""
    sent = emails.sent_at(record)
    return sent is not None and sent > account.now() - days * DAY


def _statistics(account: Account, number: int | str | None = None) -> Changed:
    """Let opens and clicks of a message come in, which nothing about the message tells."""
    record = _messages(account, number, partial(was_sent_lately, account), "was sent lately")
    random = random_of(account)
    for content in record[emails.CONTENTS]:
        found = content[emails.DISTRIBUTION]
        if found:
            found |= {name: int(found[name]) + random.randrange(1, 50) for name in emails.COUNTS}
            found["contributionTotal"] = round(float(found["contributionTotal"]) + 0.07, 2)
    return _store(account, emails.ENTITY, record)


def _send(account: Account, number: int | str | None = None) -> Changed:
    """Send a message that was pending, or a draft."""
    record = _messages(account, number, lambda each: emails.sent_at(each) is None, "is left to be sent")
    random, now = random_of(account), account.now()
    for content in record[emails.CONTENTS]:
        content[emails.DISTRIBUTION] = emails.distribution(random, now)
    return _save(account, emails.ENTITY, record | {"dateScheduled": stamp(now)})


# --- lists and codes -----------------------------------------------------------------------------------------------


def _move_list(account: Account, number: int | str | None = None) -> Changed:
    """Move a saved list to another folder; it tells nothing of that itself."""
    record = _copy(account, lists.SAVED, number)
    others = [folder for folder in account.collection(lists.FOLDER).ids() if folder != record["_folder"]]
    if not others:
        raise NobodyLeft("there is no other folder")
    record["_folder"] = random_of(account).choice(others)
    return _store(account, lists.SAVED, record, folder=record["_folder"])


def empty_folders(account: Account) -> list[int]:
    """Return the folders in which no list lies."""
    taken = {record["_folder"] for record in account.collection(lists.SAVED).records()}
    return [folder for folder in account.collection(lists.FOLDER).ids() if folder not in taken]


def _delete_folder(account: Account, number: int | str | None = None) -> Changed:
    """Delete a folder: one without lists, unless it is named."""
    if number is not None:
        return _delete(lists.FOLDER, account, number)
    free = empty_folders(account)
    if not free or account.collection(lists.FOLDER).count() < 2:
        raise NobodyLeft("there are lists in all the folders, or there is one folder only")
    return _delete(lists.FOLDER, account, random_of(account).choice(free))


def _archive(account: Account, entity: str = organizing.ACTIVIST_CODE, number: int | str | None = None) -> Changed:
    """Archive an activist code or a survey question, or make it active again."""
    record = _copy(account, entity, number)
    record["status"] = "Active" if record["status"] == "Archived" else "Archived"
    return _store(account, entity, record, status=record["status"])


# --- putting it together -------------------------------------------------------------------------------------------


def _usual(entity: str) -> Generic:
    return Generic(partial(_edit, entity), partial(_insert, entity), partial(_delete, entity))


ENTITIES: dict[str, Generic] = {root.entity: _usual(root.entity) for root in ROOTS if root.entity != EXPORTED} | {
    fields.CUSTOM: Generic(partial(_edit, fields.CUSTOM), partial(_insert, fields.CUSTOM), _delete_custom_field),
    fields.PROFILE: Generic(partial(_edit, fields.PROFILE), _never, _never),
    events.ENTITY: Generic(partial(_edit, events.ENTITY), _insert_event, _delete_event),
    signups.ENTITY: Generic(_edit_signup, _insert_signup, _delete_signup),
    lists.FOLDER: Generic(partial(_edit, lists.FOLDER), partial(_insert, lists.FOLDER), _delete_folder),
    emails.ENTITY: Generic(partial(_edit, emails.ENTITY), _insert_message, partial(_delete, emails.ENTITY)),
}

KINDS: dict[str, Change] = {
    "statistics": _statistics,
    "send": _send,
    "move_list": _move_list,
    "archive": _archive,
    "sign_up": _insert_signup,
}


def bundle(account: Account, share: float) -> list[Planned]:
    """Return the changes, each with how often and its options, that change about this share of everything in all ways there are."""
    plan: list[Planned] = []
    for entity in (*_GROWING, *_SMALL):
        times = max(1, round(share * account.collection(entity).count()))
        plan += [(kind, times, {"entity": entity}) for kind in ("edit", "insert", "delete")]
    many = max(1, round(share * account.collection(emails.ENTITY).count()))
    plan += [("statistics", many, {}), ("send", 1, {}), ("move_list", 1, {}), ("sign_up", 1, {})]
    return [*plan, *(("archive", 1, {"entity": entity}) for entity in (organizing.ACTIVIST_CODE, organizing.SURVEY_QUESTION))]


# --- for faults ----------------------------------------------------------------------------------------------------


def narrow(record: Record) -> Record:
    """Return a record's id and few more of its keys."""
    return {key: value for key, value in record.items() if key in _NARROW_KEYS}


def set_value(account: Account, entity: str, number: int | str, path: str, value: Any) -> Changed:
    """Set one value by its dotted path; nothing else of the record changes, its modified time neither."""
    with account.lock:
        record = account.copy_of(entity, account.collection(entity).number(number))
        account.put(entity, set_path(record, path, value), quietly=True)
    return {"entity": entity, "id": number, "path": path, "value": value}
