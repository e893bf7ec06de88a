"""Custom fields, districts, categories of notes, and the key's own profile.

LIKELY: the ids in the profile. GUESS: what `organizeAt` looks at.
"""

from __future__ import annotations

from functools import partial

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import Listing, Route, bare, bare_list, detail_of, page_of, public, rows_where, wrapped
from sandbox.everyaction.filters import flag, one_of
from sandbox.everyaction.scope import FixedIds, number_of, odd, unheard_of, written
from sandbox.everyaction.world import COMMITTEE_ID, CUSTOM_FIELDS, USER_ID, World
from sandbox.messages import Reply, Request

CUSTOM, DISTRICT, NOTE_CATEGORY, PROFILE = "CustomField", "DistrictField", "NoteCategory", "ApiKeyProfile"
NOTE_TYPES = ("Event", "Location", "Person", "Organization")


def custom_field_record(row: int) -> Record:
    """Return a custom field; those beyond the ones that the account began with are like them."""
    field = CUSTOM_FIELDS[row % len(CUSTOM_FIELDS)]
    again = row // len(CUSTOM_FIELDS)
    values = [{"id": number, "name": name, "parentValueId": None if slot != 1 else 1} | unheard_of(slot) for slot, (number, name) in
              enumerate(field.values)]  # fmt: skip
    return {
        "customFieldId": _CUSTOM_IDS.id_of(row),
        "customFieldParentId": field.parent_id,
        "customFieldName": f"{field.name} ({again})" if again else field.name,
        "customFieldGroupId": field.group_id,
        "customFieldGroupName": field.group_name,
        "customFieldGroupType": field.group_type,
        "customFieldTypeId": field.type_id,
        "isEditable": row % 4 != 3,
        "isExportable": field.exportable and not again,
        "maxTextboxCharacters": field.most_characters,
        "availableValues": values if field.type_id == "S" else None,
    } | unheard_of(row)


_CUSTOM_IDS = FixedIds(tuple(field.id for field in CUSTOM_FIELDS))

_DISTRICTS: tuple[Record, ...] = (
    {"name": "State", "_parent": None, "isCustomDistrict": False},
    {"name": 'Congressional, "CD"', "_parent": 0, "isCustomDistrict": False, "isOrganizeAt": True},
    {"name": "Turf \N{ROUND PUSHPIN}", "_parent": None, "isCustomDistrict": True},
    {"name": "School ", "_parent": 0, "isCustomDistrict": False},
)


def _districts(world: World) -> Collection:
    ids = world.ids(DISTRICT, len(_DISTRICTS), start=20, stride=3)
    whole = written(DISTRICT, "districtFieldId", ids, _DISTRICTS)

    def make(row: int) -> Record:
        record = whole.make(row)
        parent = record["_parent"]
        values = [_district_value(row, slot) for slot in range((3, 12, 0, 2)[row % 4])]
        return record | {"parentFieldId": None if parent is None else ids.id_of(parent), "districtFieldValues": values}

    return Collection(DISTRICT, ids, make, id_key="districtFieldId")


def _district_value(row: int, slot: int) -> Record:
    value = {"id": f"{slot + 1:03}", "name": odd(slot) if slot == 2 else f"{slot + 1:03}", "parentId": "MA" if row % 2 else None}
    return value | unheard_of(slot)


_CATEGORIES: tuple[Record, ...] = (
    {"name": "Call", "assignableTypes": ["Person", "Organization"]},
    {"name": 'Set-up, "stage"', "assignableTypes": ["Event"]} | unheard_of(1),
    {"name": " ", "assignableTypes": []},
)
_PROFILE: Record = {
    "databaseName": "River.Friends",
    "hasMyVoters": False,
    "hasMyCampaign": True,
    "committeeName": 'Friends of the "River" \N{WATER WAVE}',
    "apiKeyTypeName": "Custom Integration",
    "userFirstName": "Api",
    "userLastName": "O'Neil",
    "username": "api.river",
    "userId": USER_ID,
    "committeeId": COMMITTEE_ID,
    "stateId": "MA",
    "rateLimitProfile": {"high": 200, "medium": 15, "low": 4},
}


def profile_record(row: int) -> Record:
    """Return what the key is and may do. There is one key, and so one such record."""
    return {"keyReference": f"{731 + row:06}"} | _PROFILE


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    return {
        CUSTOM: Collection(CUSTOM, _CUSTOM_IDS, custom_field_record, id_key="customFieldId"),
        DISTRICT: _districts(world),
        NOTE_CATEGORY: written(NOTE_CATEGORY, "noteCategoryId", world.ids(NOTE_CATEGORY, len(_CATEGORIES)), _CATEGORIES),
        PROFILE: Collection(PROFILE, FixedIds((731,)), profile_record, id_key="keyReference", number=number_of),
    }


# --- the endpoints -------------------------------------------------------------------------------------------------


def _custom_fields(account: Account, request: Request) -> Reply:
    return bare_list(account, request, CUSTOM, Listing(filters={"customFieldsGroupType": one_of("customFieldGroupType")}))


def _custom_field(account: Account, request: Request, number: str) -> Reply:
    return detail_of(request, account.collection(CUSTOM), number)


def _without_values(record: Record, _: frozenset[str]) -> Record:
    return {key: value for key, value in public(record).items() if key != "districtFieldValues"}


# GUESS: what people can be organized by is told of a field by itself.
_DISTRICT_LIST = Listing(filters={"custom": flag("isCustomDistrict"), "organizeAt": flag("isOrganizeAt")}, view=_without_values)


def _all_districts(account: Account, request: Request) -> Reply:
    rows = rows_where(request, account.collection(DISTRICT), _DISTRICT_LIST)
    return wrapped("districts", rows, entity=DISTRICT, id_key="districtFieldId")


def _district(account: Account, request: Request, number: str) -> Reply:
    return detail_of(request, account.collection(DISTRICT), number)


def _profiles(account: Account, request: Request) -> Reply:
    return page_of(account, request, account.collection(PROFILE))


def _note_types(_: Account, __: Request) -> Reply:
    return bare(NOTE_TYPES)


ROUTES: tuple[Route, ...] = (
    Route("GET", "apiKeyProfiles", PROFILE, _profiles),
    Route("GET", "customFields", CUSTOM, _custom_fields),
    Route("GET", r"customFields/(\d+)", CUSTOM, _custom_field),
    Route("GET", "districtFields", DISTRICT, _all_districts),
    Route("GET", r"districtFields/(\d+)", DISTRICT, _district),
    Route("GET", "notes/categories", NOTE_CATEGORY, partial(bare_list, entity=NOTE_CATEGORY)),
    Route("GET", "notes/categoryTypes", NOTE_CATEGORY, _note_types),
)
