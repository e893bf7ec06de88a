"""Events and their types. Their times carry the offset of their place; nothing tells when one was changed.

LIKELY: `isActive`, the time zone, and the expansions that change nothing here. GUESS: which day the bounds of a search take in, and what
comes of a repetition.
"""

from __future__ import annotations

from functools import partial

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.account import Account
from sandbox.everyaction.codes import CODE, code_stub
from sandbox.everyaction.envelope import Condition, Limits, Listing, Route, bare, bare_list, detail_of, failed, page_of, shown
from sandbox.everyaction.filters import after, before, id_is, one_of
from sandbox.everyaction.places import LOCATION, location_record
from sandbox.everyaction.scope import UNHEARD_OF, growing, ids_of, local, odd, stamp, unheard_of, written
from sandbox.everyaction.times import read_instant
from sandbox.everyaction.world import COMMITTEE_ID, DAY, NEWEST, OLDEST, World, rng
from sandbox.messages import Reply, Request

ENTITY, TYPE = "Event", "EventType"
LIMITS = Limits(10, 50)
EXPANSIONS = ("locations", "codes", "shifts", "roles", "notes")
# GUESS: these are known too, and change nothing of what is seen here.
_ACCEPTED = ("financialProgram", "ticketCategories", "onlineForms", "voterRegistrationBatches")
_OFFSETS, _ZONES = (-4, -5, -8, 0), ("Eastern Standard Time", "Central Standard Time", None, "UTC")
_HOUR = 3600


# --- types ---------------------------------------------------------------------------------------------------------

_ROLE_NAMES = ("Host", "Attendee", 'Speaker, "guest"')
STATUSES = ("Scheduled", "Invited", "Completed", "No Show \N{CROSS MARK}", "Declined ")
_LAWFUL = (
    "canHaveMultipleShifts", "canHaveMultipleLocations", "canHaveGoals", "canHaveRoleMaximums", "canHaveRoleMinimums", "canBeRepeatable",
)  # fmt: skip
_TYPES: tuple[Record, ...] = (
    {"name": "Canvass", "color": "#7F7F7F", "defaultLocation": None},
    {"name": 'Phone Bank, "evening"', "color": "#00ff7f", "defaultLocation": {"locationId": 58_001, "name": "HQ", "displayName": "HQ "}},
    {"name": "House Party \N{PARTY POPPER}", "color": None, "defaultLocation": None},
    {"name": "Training ", "color": "#FFFFFF", "defaultLocation": None},
)


def _types(world: World) -> Collection:
    ids = world.ids(TYPE, len(_TYPES))
    whole = written(TYPE, "eventTypeId", ids, _TYPES)

    def make(row: int) -> Record:
        record = whole.make(row)
        number = record["eventTypeId"]
        return (
            record
            | {name: (row + place) % 2 == 0 for place, name in enumerate(_LAWFUL)}
            | {"roles": [_type_role(number, slot) for slot in range((3, 2, 1, 3)[row % 4])]}
            | {"statuses": [_type_status(number, slot) for slot in range((5, 4, 3, 5)[row % 4])]}
            | {"isAtLeastOneLocationRequired": row % 2 == 1, "isSharedWithMasterCommitteeByDefault": False}
            | {"isSharedWithChildCommitteesByDefault": row == 2, "isOnlineActionsAvailable": True}
            | unheard_of(row)
        )

    return Collection(TYPE, ids, make, id_key="eventTypeId")


def _type_role(event_type: int, slot: int) -> Record:
    """Return a role that events of a type have, and that each of them has as well."""
    bounds = {"min": 1 if slot == 0 else None, "max": None if slot == 1 else 20 + slot, "goal": 10 if slot else None}
    role = {"roleId": event_type % 1000 * 10 + slot, "name": _ROLE_NAMES[slot], "isEventLead": slot == 0}
    return role | bounds | unheard_of(slot)


def _type_status(event_type: int, slot: int) -> Record:
    return status_of(event_type, slot) | unheard_of(slot)


def status_of(event_type: int, slot: int) -> Record:
    """Return a status that signups of a type of event can have."""
    return {"statusId": event_type % 1000 * 10 + slot + 1, "name": STATUSES[slot]}


def type_stub(world: World, row: int) -> Record:
    """Return the type of an event, as the event names it."""
    place = row % len(_TYPES)
    return {"eventTypeId": world.ids(TYPE, len(_TYPES)).id_of(place), "name": _TYPES[place]["name"]}


# --- events --------------------------------------------------------------------------------------------------------


def starts_at(world: World, row: int) -> int:
    """Return when an event starts: some within 45 days of the stand-in's start, a few long after, the others long before."""
    random = rng(world, "EventStart", row)
    quarter = 15 * 60
    if row % 6 == 0:
        seconds = world.started + random.randrange(DAY, 45 * DAY)
    elif row % 12 == 1:
        seconds = world.started - random.randrange(DAY, 29 * DAY)
    elif row % 12 == 7:
        seconds = world.started - random.randrange(32 * DAY, 85 * DAY)
    elif row % 12 == 4:
        seconds = world.started + random.randrange(120 * DAY, 300 * DAY)
    else:
        seconds = random.randrange(OLDEST + 60 * DAY, min(NEWEST, world.started - 95 * DAY))
    return seconds - seconds % quarter


def start_of(account: Account, number: int) -> float | None:
    """Return when an event starts, without making the whole of one of the base data; None if there is none, or no one knows."""
    collection, index = account.collection(ENTITY), ids_of(account.world, ENTITY).index_of(number)
    if number in collection.edited:
        return read_instant(collection.edited[number]["startDate"])
    return None if index is None or number in collection.deleted else starts_at(account.world, index)


def event_name(row: int) -> str:
    """Return the name that an event had at first."""
    return f"Canvass {row}" if row % 3 else f"Canvass {row} {odd(row // 3)}"


def event_record(world: World, row: int) -> Record:
    """Return an event of the base data."""
    start = starts_at(world, row)
    return event(world, row, start, min(start, world.started) - rng(world, "EventMade", row).randrange(2 * DAY, 50 * DAY))


def event(world: World, row: int, start: int, created: int) -> Record:
    """Return an event that starts at some time, with all that can be asked for besides."""
    number, hours, event_type = ids_of(world, ENTITY).id_of(row), _OFFSETS[row % 4], type_stub(world, row)
    return {
        "eventId": number,
        "name": event_name(row),
        "shortName": f"CV{row}" if row % 4 else "",
        "description": None if row % 3 == 1 else odd(row + 4),
        "startDate": local(start, hours),
        "endDate": local(start + 3 * _HOUR, hours),
        "eventType": event_type,
        "isOnlyEditableByCreatingUser": row % 5 == 0,
        "isPubliclyViewable": None if row % 3 == 2 else row % 2 == 0,
        "isActive": row % 7 != 3,
        "districtFieldValue": None if row % 2 else f"{row % 90:03}",
        "dotNetTimeZoneId": _ZONES[row % 4],
        "createdDate": stamp(created),
        "voterRegistrationBatches": [{"voterRegistrationBatchId": 70 + row, "name": odd(row)}] if row % 4 == 1 else None,
        "locations": [_location(world, row, slot) for slot in range((1, 2, 0, 1)[row % 4])],
        "codes": [code_stub(world, _some(world, CODE, row, slot)) | unheard_of(slot) for slot in range((2, 0, 1)[row % 3])],
        "shifts": [_shift(number, start, hours, slot) for slot in range((2, 3, 1, 0)[row % 4])],
        "roles": [_type_role(event_type["eventTypeId"], slot) for slot in range((3, 2, 1)[row % 3])],
        "notes": [_note(number, created, slot) for slot in range((2, 0, 0, 1)[row % 4])],
        "_repeats": ids_of(world, ENTITY).id_of(row - row % 12 if row % 12 == 5 else row),
        "_committee": COMMITTEE_ID,
    } | unheard_of(row, 3)


def _some(world: World, entity: str, row: int, slot: int) -> int:
    """Return the row of some record that an event names; different ones for its slots, where there are enough."""
    return (row * 7 + slot) % ids_of(world, entity).count


def _location(world: World, row: int, slot: int) -> Record:
    found = location_record(world, _some(world, LOCATION, row, slot))
    return {key: value for key, value in found.items() if key != UNHEARD_OF} | unheard_of(slot)


def _shift(event: int, start: int, hours: int, slot: int) -> Record:
    first = start + slot * _HOUR
    times = {"startTime": local(first, hours), "endTime": local(first + _HOUR, hours)}
    return {"eventShiftId": event * 8 + slot, "name": (None, 'Late, "second"', "")[slot]} | times | unheard_of(slot)


def _note(event: int, created: int, slot: int) -> Record:
    category = {"noteCategoryId": 21 + slot, "name": "Logistics"} if slot == 0 else None
    note = {"noteId": event * 4 + slot, "text": odd(event + slot), "isViewRestricted": slot == 1, "category": category}
    return note | {"createdDate": stamp(created + slot * _HOUR), "isPinned": slot == 0} | unheard_of(slot)


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    return {ENTITY: growing(world, ENTITY, "eventId", event_record), TYPE: _types(world)}


# --- the endpoints -------------------------------------------------------------------------------------------------


def _names(key: str, number_key: str) -> partial[Condition]:
    """Return the filter for events that have, or are of, something with one of some ids."""
    return partial(_having, key, number_key)


def _having(key: str, number_key: str, text: str) -> Condition:
    wanted = {int(each) for each in text.split(",")}

    def meets(record: Record) -> bool:
        found = record.get(key) or []
        return any(each.get(number_key) in wanted for each in (found if isinstance(found, list) else [found]))

    return meets


def _view(record: Record, asked: frozenset[str]) -> Record:
    return shown(record, asked, EXPANSIONS)


_LISTING = Listing(
    limits=LIMITS,
    expansions=(*EXPANSIONS, *_ACCEPTED),
    filters={
        "codeIds": _names("codes", "codeId"),
        "eventTypeIds": _names("eventType", "eventTypeId"),
        # GUESS: both bounds take in the day that they name, as its midnight in the account's own zone.
        "startingAfter": after("startDate"),
        "startingBefore": before("startDate"),
        "inRepetitionWithEventId": id_is("_repeats"),
        "districtFieldValue": one_of("districtFieldValue"),
        "createdByCommitteeId": id_is("_committee"),
    },
    view=_view,
)


def _events(account: Account, request: Request) -> Reply:
    return page_of(account, request, account.collection(ENTITY), _LISTING)


def _event(account: Account, request: Request, number: str) -> Reply:
    return detail_of(request, account.collection(ENTITY), number, _LISTING)


def _all_types(account: Account, request: Request) -> Reply:
    return bare_list(account, request, TYPE)


def _type(account: Account, request: Request, number: str) -> Reply:
    return detail_of(request, account.collection(TYPE), number)


def _statuses(account: Account, request: Request) -> Reply:
    """Return the statuses that signups can have, of an event or of a type of events."""
    event, event_type = request.parameter("eventId") or "", request.parameter("eventTypeId") or ""
    if event.isdigit():
        found = account.collection(ENTITY).get(int(event))
        event_type = str(found["eventType"]["eventTypeId"]) if found else ""
    record = account.collection(TYPE).get(int(event_type)) if event_type.isdigit() else None
    if record is None:
        return failed(400, "INVALID_PARAMETER", "An eventId or an eventTypeId is required", ["eventId", "eventTypeId"])
    return bare(record["statuses"])


ROUTES: tuple[Route, ...] = (
    Route("GET", "events", ENTITY, _events),
    Route("GET", r"events/(\d+)", ENTITY, _event),
    Route("GET", "events/types", TYPE, _all_types),
    Route("GET", r"events/types/(\d+)", TYPE, _type),
    Route("GET", "signups/statuses", TYPE, _statuses),
)
