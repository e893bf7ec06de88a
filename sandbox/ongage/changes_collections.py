"""Changes to everything but lists, their fields and their contacts. An edit moves the modified time, where there is one.

Statistics stay when a mailing is deleted, and keep the names under which it was sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sandbox.arithmetic import Record
from sandbox.changes import Change, Changed, NobodyLeft
from sandbox.faults import set_path
from sandbox.ongage import emails, events, imports, mailings, providers, segments, transactional
from sandbox.ongage.account import WHOLE_ACCOUNT, Account
from sandbox.ongage.changing import Generic, pick, random_of
from sandbox.ongage.facts import Fact, all_facts, day_of, late_facts, mailings_of, scope_of, sent_mailings
from sandbox.ongage.mailings import CANCELLED, COMPLETED, IN_PROGRESS, NEW, ON_HOLD, SCHEDULED, STATUSES, Mailings
from sandbox.ongage.reports import ENTITY as REPORT
from sandbox.ongage.scope import text
from sandbox.ongage.world import DAY, ListInfo

Planned = tuple[str, int, Changed]

_ALL = (
    segments.ENTITY, mailings.ENTITY, emails.ENTITY, imports.ENTITY, transactional.ENTITY, events.ENTITY, providers.TAG, providers.ENTITY,
)  # fmt: skip
# The text that a plain edit changes: the first of these that a record has.
_EDITABLE = ("description", "status_info", "title", "name")
_NEXT_STATUS = {NEW: SCHEDULED, SCHEDULED: IN_PROGRESS, IN_PROGRESS: COMPLETED, ON_HOLD: IN_PROGRESS}
_WINDOW = 29  # so many days back statistics change: well within what a sync reads again
_SEARCHED = 200
_FEWEST_LEFT = 10
_NARROW_KEYS = frozenset({"id", "list_id", "name", "modified", "type"})


# --- any entity ----------------------------------------------------------------------------------------------------


def _save(account: Account, entity: str, place: int, record: Record, **more: object) -> Changed:
    """Store a changed record with a modified time that is later than the one before."""
    if "modified" in record:
        record["modified"] = text(_later(record, account.now()))
    return _store(account, entity, place, record, **more)


def _later(record: Record, now: int) -> int:
    before = str(record["modified"])
    return max(now, int(before) + 1 if before.isdigit() else 0)


def _store(account: Account, entity: str, place: int, record: Record, **more: object) -> Changed:
    if record.get("modified_by") is not None:
        record["modified_by"] = "sandbox@example.org"
    account.put(entity, place, record)
    return {"entity": entity, "list_id": place, "id": int(record["id"]), **more}


def _edit(entity: str, account: Account, number: int | None = None, values: Changed | None = None, list_id: int | None = None) -> Changed:
    place, record = account.copy_of(entity, pick(account, entity, list_id)[1] if number is None else number)
    for path, value in (values or _default_edit(account, record)).items():
        set_path(record, path, value)
    return _save(account, entity, place, record)


def _default_edit(account: Account, record: Record) -> Changed:
    key = next(key for key in _EDITABLE if key in record)
    return {key: f"edited #{account.changes} ✏️"}


def _import(entity: str, account: Account, place: int) -> bool:
    """Edit every other record of a list at one and the same instant, as an import does; say whether there was one."""
    collection = account.collection(entity, place)
    copies = [account.copy_of(entity, number)[1] for number in list(collection.ids())[account.changes % 2 :: 2]]
    at = max((_later(record, account.now()) for record in copies if "modified" in record), default=0)
    for record in copies:
        account.changes += 1
        stamp = {"modified": text(at)} if "modified" in record else {}
        _store(account, entity, place, record | _default_edit(account, record) | stamp)
    return bool(copies)


def _insert(entity: str, account: Account, list_id: int | None = None) -> Changed:
    """Insert a record, made now, with an id above all others of its list."""
    if entity == mailings.ENTITY:
        return _insert_mailing(account, list_id)
    place = _some_place(account, entity) if list_id is None else list_id
    record = _new(account, entity, place)
    if "modified" in record:
        record["modified"] = "0"
    return _save(account, entity, place, record)


def _new(account: Account, entity: str, place: int) -> Record:
    collection = account.collection(entity, place)
    record = collection.make(collection.next_row())
    return record | {key: text(account.now()) for key in ("created", "user_modified") if key in record}


def _some_place(account: Account, entity: str) -> int:
    if WHOLE_ACCOUNT in account.collections[entity]:
        return WHOLE_ACCOUNT
    places = account.visible(sending=True)
    if not places:
        raise NobodyLeft("there is no list left that may be read")
    return random_of(account).choice(places).id


def _delete(entity: str, account: Account, number: int | None = None, list_id: int | None = None) -> Changed:
    """Delete a record for good: nothing tells of it."""
    place, record = account.copy_of(entity, pick(account, entity, list_id)[1] if number is None else number)
    account.remove(entity, place, int(record["id"]))
    return {"entity": entity, "list_id": place, "id": int(record["id"])}


ENTITIES: dict[str, Generic] = {
    entity: Generic(partial(_edit, entity), partial(_insert, entity), partial(_delete, entity)) for entity in _ALL
}


# --- segments ------------------------------------------------------------------------------------------------------


def _edit_rule(account: Account, number: int | None = None) -> Changed:
    """Let a rule of a segment ask for something else; a segment without rules gets one."""
    place, record = account.copy_of(segments.ENTITY, pick(account, segments.ENTITY)[1] if number is None else number)
    operand = f'["edited #{account.changes}"]'
    if record["rules"]:
        record["rules"][0]["operand"] = operand
    else:
        rule = {"id": text(900_000_000 + account.changes), "segment_id": record["id"], "position": "1", "operator": "=", "operand": operand}
        record["rules"].append(rule)
    return _save(account, segments.ENTITY, place, record, operand=operand)


# --- mailings ------------------------------------------------------------------------------------------------------


def _lists(account: Account) -> Iterator[tuple[ListInfo, Mailings]]:
    yield from ((place, mailings_of(account, place)) for place in account.visible(sending=True))


def _insert_mailing(account: Account, list_id: int | None = None) -> Changed:
    """Send a mailing that nobody had seen before: it began an hour ago, and first opens and clicks have come in."""
    place = _some_place(account, mailings.ENTITY) if list_id is None else list_id
    now = account.now()
    start, finished = text(now - 3600), text(now - 60)
    record = _new(account, mailings.ENTITY, place) | {"created": text(now - 7200), "modified": "0"}
    record |= {"status": COMPLETED, "status_desc": STATUSES[COMPLETED], "status_date": finished, "progress": "100", "schedule": "delivered"}
    record |= {"schedule_date": start, "sending_start_date": start, "sending_end_date": finished, "estimated_sending_end_date": None}
    _begin(account, place, record)
    return _save(account, mailings.ENTITY, place, record)


def _begin(account: Account, place: int, record: Record) -> None:
    """Let a mailing have statistics, as it is now."""
    results = mailings_of(account, account.world.by_id[place]).results
    results.begun[int(record["id"])] = record | {"_known_until": account.now()}


def _unfinished(account: Account, among: frozenset[str]) -> int:
    """Return the id of some mailing with one of these statuses, out of the last ones of each list and those that changed."""
    numbers: list[int] = []
    for _, collection in _lists(account):
        last = range(max(collection.layout.parents - _SEARCHED, 0), collection.layout.parents)
        for number in sorted({*map(collection.layout.id_of, last), *collection.edited}):
            record = collection.get(number)
            if record is not None and record["status"] in among:
                numbers.append(number)
    if not numbers:
        raise NobodyLeft("there is no mailing left with such a status")
    return random_of(account).choice(numbers)


def _cancel_mailing(account: Account, number: int | None = None) -> Changed:
    """Cancel a mailing that is not finished."""
    number = _unfinished(account, frozenset(_NEXT_STATUS)) if number is None else number
    place, record = account.copy_of(mailings.ENTITY, number)
    record |= {"status": CANCELLED, "status_desc": STATUSES[CANCELLED], "status_date": text(account.now()), "cancel": 0}
    return _save(account, mailings.ENTITY, place, record)


def _progress(account: Account, number: int | None = None) -> Changed:
    """Let a mailing get further: from new to scheduled, to being sent, to completed; one on hold is sent on."""
    number = _unfinished(account, frozenset(_NEXT_STATUS)) if number is None else number
    place, record = account.copy_of(mailings.ENTITY, number)
    if record["status"] not in _NEXT_STATUS:
        raise LookupError(f"the mailing {number} is {record['status_desc'].lower()} and gets no further")
    status, now = _NEXT_STATUS[record["status"]], text(account.now())
    record |= {"status": status, "status_desc": STATUSES[status], "status_date": now}
    if status == SCHEDULED:
        record |= {"schedule_date": text(account.now() + DAY), "schedule": "scheduled", "cancel": 1}
    elif status == COMPLETED:
        record |= {"sending_end_date": now, "progress": "100", "schedule": "delivered"}
    elif record["sending_start_date"] in {"0", None}:
        record |= {"sending_start_date": now, "progress": "40", "cancel": 0}
        _begin(account, place, record)
    return _save(account, mailings.ENTITY, place, record, status=status)


# --- statistics ----------------------------------------------------------------------------------------------------


def _late_opens(account: Account, number: int | None = None) -> Changed:
    """Add opens and clicks of a mailing to one of the last days."""
    place, sent = _sent(account, number)
    now, random = account.now(), random_of(account)
    earliest = max(int(sent["sending_start_date"]), day_of(now) - _WINDOW * DAY)
    at = random.randrange(min(earliest, now - 1), now)
    collection = mailings_of(account, place)
    late = collection.results.late
    late[int(sent["id"])] = [*late.get(int(sent["id"]), []), *late_facts(scope_of(collection), sent, at, account.changes)]
    return {"entity": REPORT, "list_id": place.id, "id": int(sent["id"]), "day": day_of(at)}


def _sent(account: Account, number: int | None) -> tuple[ListInfo, Record]:
    """Return the list of a mailing that was sent, and the mailing as it was then; it may be one of the last weeks."""
    low = None if number is not None else account.now() - _WINDOW * DAY
    found = [
        (place, sent)
        for place, collection in _lists(account)
        for sent in sent_mailings(collection, low, None)
        if number is None or int(sent["id"]) == number
    ]
    if not found:
        raise NobodyLeft("no mailing was sent lately" if number is None else f"the mailing {number} was not sent")
    return random_of(account).choice(found)


def _stats_shrink(account: Account, number: int | None = None) -> Changed:
    """Take back one of the last days of a mailing: its rows are no more."""
    low = day_of(account.now()) - _WINDOW * DAY
    facts: list[Fact] = [
        fact
        for fact in all_facts(account, account.visible(sending=True), low)
        if fact["_at"] >= low and number in {None, fact["mailing_id"]}
    ]
    if not facts:
        raise NobodyLeft("nothing came of any mailing lately")
    fact = random_of(account).choice(facts)
    mailing, day = fact["mailing_id"], day_of(fact["_at"])
    results = mailings_of(account, account.world.by_id[fact["list_id"]]).results
    results.gone.add((mailing, day))
    results.late[mailing] = [late for late in results.late.get(mailing, []) if day_of(late["_at"]) != day]
    return {"entity": REPORT, "list_id": fact["list_id"], "id": mailing, "day": day}


# --- putting it together -------------------------------------------------------------------------------------------

KINDS: dict[str, Change] = {
    "edit_rule": _edit_rule,
    "insert_mailing": _insert_mailing,
    "cancel_mailing": _cancel_mailing,
    "progress": _progress,
    "late_opens": _late_opens,
    "stats_shrink": _stats_shrink,
}


def bundle(account: Account, share: float) -> list[Planned]:
    """Return the changes, each with how often and its options, that change about this share of everything in all ways there are."""
    plan: list[Planned] = []
    for entity in _ALL:
        counts = (account.collection(entity, place).count() for place in account.collections[entity])
        times = max(1, round(share * sum(counts)))
        plan += [(kind, times, {"entity": entity}) for kind in ("edit", "insert", "delete")]
    many = max(1, round(share * account.collection(mailings.ENTITY, account.world.default.id).count()))
    return [*plan, ("edit_rule", 1, {}), ("cancel_mailing", 1, {}), ("progress", 2, {}), ("late_opens", many, {}), ("stats_shrink", 1, {})]


# --- for faults ----------------------------------------------------------------------------------------------------

_OF_REPORTS = {"edit": _late_opens, "insert": _insert_mailing, "delete": _stats_shrink}


def disturb(account: Account, entity: str, place: int, change: str) -> bool:
    """Change a list's records of an entity, or the statistics if it is "Report"; return False when there is nothing to change.

    `change` is delete, insert, edit, replace (a delete and an insert at once) or import (an edit of half of them at one instant). Of fewer
    than ten records none is deleted.
    """
    with account.lock:
        kinds = ("delete", "insert") if change == "replace" else ("edit",) if change == "import" else (change,)
        if entity == REPORT:
            return all(_disturb_reports(account, kind) for kind in kinds)
        collection = account.collection(entity, place)
        count = collection.count()
        if (not count and change != "insert") or ("delete" in kinds and count < _FEWEST_LEFT):
            return False
        if change == "import":
            return _import(entity, account, place)
        for kind in kinds:
            account.changes += 1
            _ONE_OF_A_LIST[kind](entity, account, list_id=place)
    return True


_ONE_OF_A_LIST: dict[str, Change] = {"edit": _edit, "insert": _insert, "delete": _delete}


def _disturb_reports(account: Account, kind: str) -> bool:
    account.changes += 1
    try:
        _OF_REPORTS[kind](account)
    except NobodyLeft:
        return False
    return True


def narrow(record: Record) -> Record:
    """Return a record's id, its modified time, and a few more of its keys."""
    return {key: value for key, value in record.items() if key in _NARROW_KEYS}


def set_value(account: Account, entity: str, number: int, path: str, value: Any) -> Changed:
    """Set one value by its dotted path; nothing else of the record changes, its modified time neither."""
    with account.lock:
        place, record = account.copy_of(entity, number)
        account.put(entity, place, set_path(record, path, value))
    return {"entity": entity, "list_id": place, "id": number, "path": path, "value": value}
