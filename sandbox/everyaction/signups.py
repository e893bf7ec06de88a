"""Who comes to which event. They are listed by event or by person only.

LIKELY: `dateModified` and `modifiedBy`. GUESS: names stay as they were when somebody signed up, and a merge puts the other person's in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache, partial
from random import Random

from sandbox.arithmetic import Layout, Record
from sandbox.collection import Collection
from sandbox.everyaction import events
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import PLAIN, Route, detail_of, failed, not_found, rows_page
from sandbox.everyaction.scope import ids_of, odd, stamp, unheard_of
from sandbox.everyaction.sketches import Sketch, sketch, sketch_of
from sandbox.everyaction.world import DAY, World, rng
from sandbox.messages import Reply, Request

ENTITY = "EventSignup"
# Event number r has so many signups.
_GROUP = (8, 3, 12, 6, 0, 14, 9, 10)


def signup_ids(world: World) -> Layout:
    """Return the ids of the base signups, grouped by the events' rows."""
    return world.ids(ENTITY, ids_of(world, events.ENTITY).count, start=3_000_000, stride=31, group=_GROUP)


def signup_record(world: World, index: int) -> Record:
    """Return a signup of the base data; it was touched last before its event."""
    ids = signup_ids(world)
    row, slot = ids.place(index)
    random = rng(world, ENTITY, index)
    person = _base_person(world, random)
    modified = min(events.starts_at(world, row), world.started) - random.randrange(3600, 20 * DAY)
    return signup(world, ids.id_of(index), _event(world, row), slot, person) | {"dateModified": stamp(modified, random)}


def _base_person(world: World, random: Random) -> int:
    """Return the row of the person of a base signup, which is the first thing that its generator says."""
    return random.randrange(world.people.count)


@lru_cache(maxsize=16)
def _event(world: World, row: int) -> Record:
    """Return an event of the base data; those that sign up for it come one after the other."""
    return events.event_record(world, row)


def signup(world: World, number: int, event: Record, slot: int, person: int) -> Record:
    """Return the signup of a person, by the row, to an event, without the time of its last change; the slot says what is special.

    It has the names of everything as they were when somebody signed up. GUESS: the vendor may show them as they are now.
    """
    event_type = event.get("eventType") or {}
    status = events.status_of(event_type.get("eventTypeId", 0), slot % 3)
    override = slot % 5 == 3
    return {
        "eventSignupId": number,
        "person": _person(world.people.id_of(person), sketch(world, person), slot),
        "event": {key: event.get(key) for key in ("eventId", "name", "shortName")},
        "shift": _stub(event, "shifts", slot, ("eventShiftId", "name")),
        "role": _stub(event, "roles", slot, ("roleId", "name")),
        "status": status,
        "location": _stub(event, "locations", slot, ("locationId", "name", "displayName")) if slot % 3 != 1 else None,
        "startTimeOverride": _later(event["startDate"], 30) if override else None,
        "endTimeOverride": _later(event["startDate"], 60) if override else None,
        "printedLists": [{"number": f"{slot:03}", "name": odd(slot)}] if slot % 4 == 2 else None,
        "minivanExports": [{"minivanExportId": slot + 1}] if slot % 4 == 1 else [],
        "supporterGroupId": 17 + slot if slot % 6 == 2 else None,
        "isOfflineSignup": slot % 2 == 1,
        "dateModified": None,
        "modifiedBy": {"userId": 3517, "firstName": "Dana"} if slot % 3 == 0 else None,
        "_event": event["eventId"],
        "_person": world.people.id_of(person),
    } | unheard_of(slot)


def _stub(event: Record, key: str, slot: int, names: tuple[str, ...]) -> Record | None:
    """Return one of what an event has, as signups name it."""
    found = event[key]
    return {name: found[slot % len(found)][name] for name in names} if found else None


def _later(text: str, minutes: int) -> str | None:
    """Return a local time some minutes after another, with the same offset."""
    try:
        return (datetime.fromisoformat(text) + timedelta(minutes=minutes)).isoformat()
    except (ValueError, OverflowError):
        return None


def _person(number: int, found: Sketch, slot: int) -> Record:
    return {
        "vanId": number,
        "firstName": found.first,
        "middleName": found.middle,
        "lastName": found.last,
        "contactOrganizationCommonName": found.common,
        "contactOrganizationOfficialName": found.official,
        "contactModeId": 2 if found.organization else 1,
        "email": found.email if slot % 2 else None,
        "phone": found.phone if slot % 3 else None,
    }


def person_of(record: Record) -> Record:
    """Return what a signup tells of a person as that one is now."""
    return _person(record["vanId"], sketch_of(record), 1)


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    return {ENTITY: Collection(ENTITY, signup_ids(world), partial(signup_record, world), id_key="eventSignupId")}


def ids_of_event(account: Account, event: int) -> list[int]:
    """Return the ids of an event's signups, ascending: those of the base data by arithmetic, and those that changed."""
    ids, row = signup_ids(account.world), ids_of(account.world, events.ENTITY).index_of(event)
    base = range(0) if row is None else range(ids.below_parent(row), ids.below_parent(row + 1))
    return _having(account, base, "_event", event)


def signups_of(account: Account, event: int) -> list[Record]:
    """Return an event's signups, ascending by id."""
    return _found(account, ids_of_event(account, event))


def ids_of_person(account: Account, person: int) -> list[int]:
    """Return the ids of a person's signups, ascending."""
    row = account.world.people.index_of(person)
    base = () if row is None else _by_person(account).get(row, ())
    return _having(account, base, "_person", person)


def signups_of_person(account: Account, person: int) -> list[Record]:
    """Return a person's signups, ascending by id."""
    return _found(account, ids_of_person(account, person))


def events_of_person(account: Account, person: int) -> list[int]:
    """Return the ids of the events for which a person signed up."""
    return [_event_id(account, number) for number in ids_of_person(account, person)]


def _event_id(account: Account, number: int) -> int:
    """Return the id of the event of a signup, without making one of the base data."""
    record = account.collection(ENTITY).edited.get(number)
    if record is not None:
        return int(record["_event"])
    ids = signup_ids(account.world)
    row, _ = ids.place(ids.below(number))
    return ids_of(account.world, events.ENTITY).id_of(row)


def _by_person(account: Account) -> dict[int, list[int]]:
    """Return, by the rows of people, the indexes of their base signups, worked out once."""
    if ENTITY not in account.memory:
        found: dict[int, list[int]] = {}
        for index in range(signup_ids(account.world).count):
            found.setdefault(_base_person(account.world, rng(account.world, ENTITY, index)), []).append(index)
        account.memory[ENTITY] = found
    known: dict[int, list[int]] = account.memory[ENTITY]
    return known


def _having(account: Account, base: Iterable[int], key: str, value: int) -> list[int]:
    """Return, ascending, the ids that are still as they were at some indexes, and those of changed records with a value."""
    collection, ids = account.collection(ENTITY), signup_ids(account.world)
    unchanged = {ids.id_of(index) for index in base} - collection.edited.keys() - collection.deleted
    return sorted(unchanged | {number for number, record in collection.edited.items() if record[key] == value})


def _found(account: Account, numbers: Iterable[int]) -> list[Record]:
    found = (account.find(ENTITY, number) for number in numbers)
    return [record for record in found if record is not None]


# --- the endpoints -------------------------------------------------------------------------------------------------


def _page(account: Account, request: Request) -> Reply:
    event, person = request.parameter("eventId") or "", request.parameter("vanId") or ""
    if not event and not person:
        return failed(400, "INVALID_PARAMETER", "An eventId or a vanId is required", ["eventId", "vanId"])
    wrong = [name for name, text in (("eventId", event), ("vanId", person)) if text and not text.isdigit()]
    if wrong:
        return failed(400, "INVALID_PARAMETER", f"'{wrong[0]}' is not usable", wrong)
    if event and account.collection(events.ENTITY).get(int(event)) is None:
        return not_found(events.ENTITY)
    if person and account.collection("Person").get(int(person)) is None:
        return not_found("Person")
    return _of(account, request, int(event or 0), int(person or 0))


def _of(account: Account, request: Request, event: int, person: int) -> Reply:
    found = signups_of(account, event) if event else signups_of_person(account, person)
    rows = [record for record in found if not person or record["_person"] == person]
    return rows_page(account, request, rows, PLAIN, entity=ENTITY, id_key="eventSignupId")


def _detail(account: Account, request: Request, number: str) -> Reply:
    return detail_of(request, account.collection(ENTITY), number)


ROUTES: tuple[Route, ...] = (
    Route("GET", "signups", ENTITY, _page),
    Route("GET", r"signups/(\d+)", ENTITY, _detail),
)
