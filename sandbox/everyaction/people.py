"""The endpoints about people: the search, and one person with all the sections that are asked for.

LIKELY: all that the search does, and the names of the sections. GUESS: what some sections fill, and the answer about somebody who is no
member.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sandbox.arithmetic import Record
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import (
    Limits,
    Listing,
    Refused,
    Route,
    enveloped,
    failed,
    invalid,
    not_found,
    order_of,
    sections_of,
    window_of,
)
from sandbox.everyaction.persons import membership_of
from sandbox.everyaction.rows import PERSON, ids_of_person
from sandbox.everyaction.sketches import Sketch, sketch, sketch_of
from sandbox.everyaction.times import minute_text, read_instant
from sandbox.messages import Reply, Request

# What a section is called in `$expand`, and which properties it fills.
SECTIONS: dict[str, tuple[str, ...]] = {
    "addresses": ("addresses",),
    "biography": ("biographyImageUrl", "biographyText", "biographyHtml"),
    "cases": ("caseworkCases", "caseworkIssues", "caseworkStories"),
    "codes": ("codes",),
    "contributionHistory": ("contributionSummary",),
    "customFields": ("customFields", "primaryCustomField"),
    "customProperties": ("customProperties",),
    "disclosureFieldValues": ("disclosureFieldValues",),
    "districts": ("districts",),
    "electionRecords": ("electionRecords",),
    "emails": ("emails",),
    "externalIds": ("identifiers",),
    "membershipStatuses": ("membershipStatus",),
    "notes": ("notes",),
    "organizationRoles": ("organizationRoles",),
    "phones": ("phones",),
    "pollingLocation": ("pollingLocation",),
    "preferences": (
        "nickname", "website", "jobTitle", "contactMethodPreferenceCode", "contactMethodPreferenceId", "contactMethodPreferenceName",
    ),
    "primaryContact": ("primaryContact",),
    "recordedAddresses": ("recordedAddresses",),
    "reportedDemographics": (
        "selfReportedRace", "selfReportedEthnicity", "selfReportedLanguagePreference", "selfReportedRaces", "selfReportedEthnicities",
        "selfReportedGenders", "selfReportedSexualOrientations", "selfReportedLanguagePreferences",
    ),
    "scores": ("scores",),
    "suppressions": ("suppressions",),
}  # fmt: skip
_SEARCHED = ("addresses", "emails", "phones", "districts")
_BEGINNINGS = {
    "firstname": "first", "middlename": "middle", "lastname": "last", "streetaddress": "street", "city": "city", "email": "email",
    "commonname": "common", "officialname": "official",
}  # fmt: skip
_EXACT = {"stateorprovince": "state", "ziporpostalcode": "zip", "phonenumber": "phone"}
_SHAPES = {"ziporpostalcode": re.compile(r"\d{5}"), "phonenumber": re.compile(r"\d{10}")}
_MODE = "contactmode"
SEARCH, NOTES, PLAIN = Limits(50, 200), Limits(25, 50), Limits(50, 200)

Named = tuple[int, Sketch]


# --- finding -------------------------------------------------------------------------------------------------------


def _lower(who: Sketch) -> Sketch:
    return Sketch._make(value.lower() if isinstance(value, str) else value for value in who)


def _base(account: Account) -> list[Named]:
    """Return the base data as the search sees it, worked out once."""
    if "people" not in account.memory:
        world, ids = account.world, account.world.people
        account.memory["people"] = [(ids.id_of(row), _lower(sketch(world, row))) for row in range(ids.count)]
    found: list[Named] = account.memory["people"]
    return found


def _everybody(account: Account) -> Iterator[Named]:
    collection = account.collection(PERSON)
    edited, deleted = collection.edited, collection.deleted
    yield from (each for each in _base(account) if each[0] not in edited and each[0] not in deleted)
    yield from ((number, _lower(sketch_of(record))) for number, record in list(edited.items()))


def question_of(request: Request) -> dict[str, str]:
    """Return the search parameters in small letters; raise Refused when they cannot be answered."""
    asked = {name.lower(): value for name, value in request.query.items() if value}
    found = {name: value for name, value in asked.items() if name in _BEGINNINGS or name in _EXACT}
    if not found:
        raise Refused(failed(400, "INVALID_PARAMETER", "At least one search parameter is required", ["All Arguments"]))
    for name, value in found.items():
        if not value.isascii():
            raise Refused(_crash())
        if name in _SHAPES and not _SHAPES[name].fullmatch(value):
            raise invalid(name)
    if _MODE in asked:
        if asked[_MODE].lower() not in {"person", "organization"}:
            raise invalid("contactMode", "Use Person or Organization")
        found[_MODE] = asked[_MODE]
    return found


def _crash() -> Reply:
    """Return what .NET says when nobody thought of something."""
    said = {"message": "An error has occurred.", "exceptionMessage": "Invalid value.", "exceptionType": "System.ArgumentException"}
    return Reply(500, said | {"stackTrace": "   at Van.Api.PeopleController.Find()"})


def _matches(question: dict[str, str]) -> Callable[[Sketch], bool]:
    """Return what says whether somebody meets all of the parameters."""
    begins = [(Sketch._fields.index(_BEGINNINGS[name]), value.lower()) for name, value in question.items() if name in _BEGINNINGS]
    equals = [(Sketch._fields.index(_EXACT[name]), value.lower()) for name, value in question.items() if name in _EXACT]
    organization = question[_MODE].lower() == "organization" if _MODE in question else None

    def matches(who: Sketch) -> bool:
        for place, value in equals:
            if str(who[place] or "")[: 5 if place == _ZIP else None] != value:
                return False
        for place, value in begins:
            if not str(who[place] or "").startswith(value):
                return False
        return organization is None or who.organization is organization

    return matches


_ZIP = Sketch._fields.index("zip")


def found_ids(account: Account, question: dict[str, str], order: tuple[str, bool] | None) -> list[int]:
    """Return the vanIds of all whom a search finds, in order."""

    def work() -> list[int]:
        matches = _matches(question)
        found = sorted(each for each in _everybody(account) if matches(each[1]))
        if order:
            found.sort(key=lambda each: (each[1].last or each[1].common or "", each[1].first or ""), reverse=order[1])
        return [number for number, _ in found]

    return account.recall((PERSON, *sorted(question.items()), order), work)


def _search(account: Account, request: Request) -> Reply:
    question, window = question_of(request), window_of(request, SEARCH)
    asked, order = sections_of(request, _SEARCHED), order_of(request, {"Name": "name"})
    numbers = found_ids(account, question, order)
    page = numbers[window.skip : window.skip + (window.top or 0)]
    people = account.collection(PERSON)
    rows = [shown(record, asked) for number in page if (record := people.get(number)) is not None]
    return enveloped(account, request, rows, len(numbers), Listing(SEARCH), entity=PERSON, detailed=False, id_key="vanId")


# --- one person ----------------------------------------------------------------------------------------------------


def shown(record: Record, asked: frozenset[str]) -> Record:
    """Return what is served of a person: the sections that were not asked for are null."""
    hidden = {key for name, keys in SECTIONS.items() if name.lower() not in asked for key in keys}
    return {key: None if key in hidden else value for key, value in record.items() if not key.startswith("_")}


def _detail(account: Account, request: Request, text: str) -> Reply:
    asked = sections_of(request, SECTIONS)
    if "scores" in asked:
        raise Refused(failed(403, "FORBIDDEN", "Access to scores is restricted", ["$expand"]))
    if "pollinglocation" in asked:  # there are none in My Campaign
        raise invalid("$expand", text="'pollingLocation' cannot be expanded")
    record = account.find(PERSON, int(text))
    if record is None:
        return not_found("person")
    return Reply(payload=shown(record, asked), entity=PERSON, detailed=True, id_key="vanId")


def _by_identifier(account: Account, request: Request, kind: str, text: str) -> Reply:
    for record in account.collection(PERSON).records():
        if any(each["type"].lower() == kind.lower() and each["externalId"] == text for each in record["identifiers"] or []):
            return _detail(account, request, str(record["vanId"]))
    return not_found("person")


def _person(account: Account, text: str) -> Record:
    record = account.find(PERSON, int(text))
    if record is None:
        raise Refused(not_found("person"))
    return record


def _notes(account: Account, request: Request, text: str) -> Reply:
    window, nothing = window_of(request, NOTES), {"noteCategoryId": 0, "name": None}
    notes = [each | {"category": each["category"] or nothing} for each in _person(account, text)["notes"] or []]
    page = notes[window.skip : window.skip + (window.top or 0)]
    return enveloped(account, request, page, len(notes), Listing(NOTES), detailed=False)


def _membership(account: Account, _: Request, text: str) -> Reply:
    found = membership_of(account.world, _person(account, text)["vanId"])
    return not_found("membership") if found is None else Reply(payload=found)  # GUESS: what somebody without one answers


def _activist_codes(account: Account, request: Request, text: str) -> Reply:
    window, number = window_of(request, PLAIN), _person(account, text)["vanId"]
    rows = [_activist_code(account, each) for each in ids_of_person(account, "ContactActivistCode", number)]
    return enveloped(account, request, rows[window.skip : window.skip + (window.top or 0)], len(rows), Listing(PLAIN))


def _activist_code(account: Account, number: int) -> Record:
    row = account.find("ContactActivistCode", number) or {}
    code = account.find("ActivistCode", row["ActivistCodeID"]) or {}
    day = minute_text(int(read_instant(code.get("dateCreated")) or account.world.started))
    return {
        "activistCodeId": row["ActivistCodeID"], "activistCodeName": code.get("name"), "dateCreated": day, "canvassedBy": None,
        "dateCanvassed": day,
    }  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("GET", r"people", PERSON, _search),
    Route("GET", r"people/(\d+)", PERSON, _detail),
    Route("GET", r"people/(?i:vanid):(\d+)", PERSON, _detail),
    Route("GET", r"people/(\w+):([^/]+)", PERSON, _by_identifier),
    Route("GET", r"people/(\d+)/notes", PERSON, _notes),
    Route("GET", r"people/(\d+)/membership", PERSON, _membership),
    Route("GET", r"people/(\d+)/activistCodes", PERSON, _activist_codes),
)
