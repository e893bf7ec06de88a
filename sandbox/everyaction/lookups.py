"""Short lists that hardly ever change: demographics, labour, voting.

GUESS: the names of the expansions of employers, which change nothing here, and that the filters of batches are exact.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import (
    Condition,
    Filter,
    Limits,
    Listing,
    Route,
    bare,
    failed,
    page_of,
    paged,
    public,
    rows_where,
    wrapped,
)
from sandbox.everyaction.filters import after, before, flag, one_of
from sandbox.everyaction.scope import begin, created_and_modified, growing, odd, stamp, unheard_of, written
from sandbox.everyaction.world import World
from sandbox.messages import Reply, Request

EMPLOYER, DEPARTMENT, WORKSITE, SCHEDULE, BATCH = "Employer", "Department", "Worksite", "ScheduleType", "VoterRegistrationBatch"
EARLY_VOTE = "EarlyVoteField"


class Lookup(NamedTuple):
    """A list of ids and names: its path, the key of an id, and the rows."""

    path: str
    id_key: str
    rows: tuple[Record, ...]


def _named(key: str, *names: str | None) -> tuple[Record, ...]:
    return tuple({key: name} | unheard_of(row) for row, name in enumerate(names))


def _demographic(path: str, kind: str, *names: str | None) -> Lookup:
    return Lookup(path, f"reported{kind}Id", _named(f"reported{kind}Name", *names))


def _ballot(path: str, kind: str, *names: str | None) -> Lookup:
    return Lookup(path, f"{kind}Id", _named("name", *names))


def _with_short(rows: tuple[Record, ...], *short: str | None) -> tuple[Record, ...]:
    return tuple(row | {"shortName": name} for row, name in zip(rows, short, strict=True))


LOOKUPS: dict[str, Lookup] = {
    "Pronoun": Lookup("pronouns", "pronounId", _named("pronounName", "she/her", 'he/him, "sir"', "they/them ", "\N{SPARKLES}")),
    "ReportedRace": _demographic("reportedRaces", "Race", "Asian", 'Black, "African"', "White", ""),
    "ReportedEthnicity": _demographic("reportedEthnicities", "Ethnicity", "Hispanic", "Not Hispanic", "Quechua \N{SPARKLES}"),
    "ReportedGender": _demographic("reportedGenders", "Gender", "Female", "Male", "Non-binary, other", None),
    "ReportedSexualOrientation": _demographic("reportedSexualOrientations", "SexualOrientation", "Straight", "Gay", "Bi "),
    "ReportedLanguagePreference": _demographic(
        "reportedLanguagePreferences", "LanguagePreference", "English", "Espa\u00f1ol", "\u65e5\u672c\u8a9e"
    ),
    "Relationship": Lookup("relationships", "id", _named("name", "Spouse", 'Parent/"child"', "Friend,\nclose")),
    "BargainingUnit": Lookup(
        "bargainingUnits", "bargainingUnitId", _with_short(_named("name", "Nurses", 'Drivers, "night"', "Clerks "), "N", None, "")
    ),
    "JobClass": Lookup("jobClasses", "jobClassId", _with_short(_named("name", "RN", "Driver II", "\N{WRENCH}"), None, "D2", "")),
    "ShiftType": Lookup(
        "shiftTypes",
        "shiftTypeId",
        (
            {"name": "Day", "defaultStartTime": "1900-01-01T06:00Z", "defaultEndTime": "1900-01-01T14:00Z"},
            {"name": "Night", "defaultStartTime": "1900-01-01T22:30Z", "defaultEndTime": None} | unheard_of(1),
            {"name": "", "defaultStartTime": None, "defaultEndTime": "1900-01-01T23:59Z"},
        ),
    ),
    "BallotRequestType": _ballot("ballotRequestTypes", "ballotRequestType", "Mail", "In person", None),
    "BallotReturnStatus": _ballot("ballotReturnStatuses", "ballotReturnStatus", "Counted", 'Rejected, "late"', "Sent "),
    "BallotType": _ballot("ballotTypes", "ballotType", "Absentee", "Provisional", "Early \N{BALLOT BOX WITH BALLOT}"),
    "BallotRejectionReason": _ballot("ballotRejectionReasons", "ballotRejectionReason", "No signature", "Late", ""),
    "MemberStatus": Lookup(
        "memberStatuses",
        "memberStatusId",
        tuple(row | {"isMember": place != 1} for place, row in enumerate(_named("name", "Member", "Agency fee payer", "Retired "))),
    ),
}
_SCHEDULES = _named("name", "Full time", 'Part time, "flex"', "Per diem ")
_EARLY_VOTES: tuple[Record, ...] = (
    {"name": "Voted", "type": "Checkbox", "status": "Active", "values": None},
    {"name": 'Site, "any"', "type": "Dropdown", "status": "Active", "values": [{"id": 1, "label": "Hall"}, {"id": 2, "label": ""}]}
    | unheard_of(1),
    {"name": "Date ", "type": "Date", "status": "Inactive", "values": []},
)
_EMPLOYERS: tuple[Record, ...] = (
    {"name": "City Hospital", "shortName": "CH", "website": "https://hospital.example.org/?a=1&b=\u00e9", "isMyOrganization": False},
    {"name": 'Local 12, "United"', "shortName": None, "website": None, "isMyOrganization": True} | unheard_of(1),
    {"name": "Transit ", "shortName": "", "website": "", "isMyOrganization": False},
    {"name": "\N{FACTORY} Works", "shortName": "FW", "website": None, "isMyOrganization": False},
)
_SITES = ("1 Plant Rd", '22 "B" St, dock', None)


# --- with parents and children -------------------------------------------------------------------------------------


def _employer_ids(world: World) -> tuple[int, ...]:
    ids = world.ids(EMPLOYER, len(_EMPLOYERS))
    return tuple(ids.id_of(row) for row in range(ids.count))


def _employer_stub(world: World, row: int) -> Record:
    place = row % len(_EMPLOYERS)
    return {"employerId": _employer_ids(world)[place], "name": _EMPLOYERS[place]["name"]}


def _employers(world: World) -> Collection:
    ids = world.ids(EMPLOYER, len(_EMPLOYERS))
    whole = written(EMPLOYER, "employerId", ids, _EMPLOYERS)

    def make(row: int) -> Record:
        return whole.make(row) | {"parentOrganization": _employer_stub(world, 0) if row % 4 == 2 else None}

    return Collection(EMPLOYER, ids, make, id_key="employerId")


def _departments(world: World) -> Collection:
    ids = world.ids(DEPARTMENT, 4)

    def make(row: int) -> Record:
        record = {"departmentId": ids.id_of(row), "name": f"Ward {row} {odd(row + 1)}"}
        parent = ids.id_of(0) if row % 4 == 2 else None
        return record | {"parentDepartmentId": parent, "employer": _employer_stub(world, row)} | unheard_of(row)

    return Collection(DEPARTMENT, ids, make, id_key="departmentId")


def _worksites(world: World) -> Collection:
    ids = world.ids(WORKSITE, 4)

    def make(row: int) -> Record:
        address = {"addressLine1": _SITES[row % 3], "unitNo": "4B" if row % 2 else None, "city": "Boston", "stateOrProvince": "MA"}
        return {
            "worksiteId": ids.id_of(row),
            "name": f"Site {row} {odd(row)}",
            "isPreferred": row % 2 == 0,
            "address": address | {"zipOrPostalCode": f"0213{row % 10}"} if row % 4 != 2 else None,
            "employer": _employer_stub(world, row + 1),
            "workAreas": [_area(ids.id_of(row), slot) for slot in range((1, 2, 0, 3)[row % 4])],
        } | unheard_of(row)

    return Collection(WORKSITE, ids, make, id_key="worksiteId")


def _area(site: int, slot: int) -> Record:
    return {"workAreaId": site * 4 + slot, "name": odd(slot + 1)} | unheard_of(slot)


def batch_record(world: World, row: int) -> Record:
    """Return a batch of voter registrations."""
    random, number = begin(world, BATCH, row)
    created, _ = created_and_modified(random)
    return {
        "voterRegistrationBatchId": number,
        "name": f"Drive {row} {odd(row)}",
        "description": None if row % 3 == 1 else odd(row + 3),
        "stateCode": ("MA", "CA", "NH")[row % 3],
        "form": {"formId": 5 + row % 2, "name": ("Federal", 'State, "long"')[row % 2]},
        "status": ("Open", "Closed", "Archived")[row % 3],
        "programType": {"programTypeId": 1 + row % 2, "name": ("Field ", "Site")[row % 2]},
        "personType": ("Volunteer", None, "Staff")[row % 3],
        "dateCreated": stamp(created, random),
        "_mine": row % 2 == 0,
    } | unheard_of(row)


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    few = {entity: written(entity, each.id_key, world.ids(entity, len(each.rows)), each.rows) for entity, each in LOOKUPS.items()}
    return few | {
        EMPLOYER: _employers(world),
        DEPARTMENT: _departments(world),
        WORKSITE: _worksites(world),
        SCHEDULE: written(SCHEDULE, "scheduleTypeId", world.ids(SCHEDULE, len(_SCHEDULES)), _SCHEDULES),
        EARLY_VOTE: written(EARLY_VOTE, "earlyVoteFieldId", world.ids(EARLY_VOTE, len(_EARLY_VOTES)), _EARLY_VOTES),
        BATCH: growing(world, BATCH, "voterRegistrationBatchId", batch_record),
    }


# --- the endpoints -------------------------------------------------------------------------------------------------


def _of_employer(text: str) -> Condition:
    number = int(text)
    return lambda record: record["employer"]["employerId"] == number


def _mine(text: str) -> Condition:
    return lambda record: record["_mine"] or text.lower() != "true"


# GUESS: expansions that nobody has seen filled are known, and change nothing.
_EMPLOYER_SECTIONS = ("parent", "phones", "worksites", "departments", "bargainingUnits", "jobClasses", "shifts")
_EMPLOYERS_LISTING = Listing(
    limits=Limits(250, 500),
    expansions=_EMPLOYER_SECTIONS,
    filters={"isMyOrganization": flag("isMyOrganization")},
    view=lambda record, _: public(record),
)
_BATCH_FILTERS: dict[str, Filter] = {
    "createdAfter": after("dateCreated"),
    "createdBefore": before("dateCreated"),
    "status": one_of("status"),
    "stateCode": one_of("stateCode"),
    "onlyMyBatches": _mine,
    "programType": lambda text: lambda record: text in {str(each) for each in record["programType"].values()},
    "personType": one_of("personType"),
}
_BATCHES = Listing(filters=_BATCH_FILTERS, sorts={"DateCreated": "dateCreated"})


def _batches(account: Account, request: Request) -> Reply:
    if not any(request.parameter(name) for name in _BATCH_FILTERS):
        return failed(400, "INVALID_PARAMETER", "At least one filter is required", list(_BATCH_FILTERS))
    return page_of(account, request, account.collection(BATCH), _BATCHES)


def _schedules(account: Account, request: Request) -> Reply:
    return wrapped("items", rows_where(request, account.collection(SCHEDULE)), entity=SCHEDULE, id_key="scheduleTypeId")


def _texts(rows: tuple[str, ...], _: Account, __: Request) -> Reply:
    return bare(rows)


ROUTES: tuple[Route, ...] = (
    *(route for entity, each in LOOKUPS.items() for route in paged(entity, each.path)),
    *paged(EMPLOYER, "employers", _EMPLOYERS_LISTING),
    *paged(DEPARTMENT, "departments", Listing(filters={"employerId": _of_employer})),
    *paged(WORKSITE, "worksites", Listing(expansions=("workAreas",))),
    *paged(EARLY_VOTE, "earlyVoteFields"),
    Route("GET", "scheduleTypes", SCHEDULE, _schedules),
    Route("GET", "voterRegistrationBatches", BATCH, _batches),
    Route("GET", "phones/isCellStatuses", "IsCellStatus", partial(_texts, ())),
    Route("GET", "bulkImportJobs/resources", "BulkImportJob", partial(_texts, ("Contacts", "Contributions", "ActivistCodes"))),
)
