"""Locations, supporter groups, and campaigns with what they contain.

GUESS: what the notes and the codes of a location look like, and which texts a campaign has.
"""

from __future__ import annotations

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.envelope import Listing, Route, paged
from sandbox.everyaction.filters import contains
from sandbox.everyaction.scope import begin, growing, odd, unheard_of, written
from sandbox.everyaction.world import World

LOCATION, GROUP, CAMPAIGN = "Location", "SupporterGroup", "Campaign"
_STREETS = ("1 Main St", '77 "Old" Rd, rear', "12 Calle de la Uni\N{LATIN SMALL LETTER O WITH ACUTE}n", "")
_CITIES = (("Boston", "MA", "02134"), ("San Jos\N{LATIN SMALL LETTER E WITH ACUTE}", "CA", "95110"), ("Lima", None, ""))


def location_record(world: World, row: int) -> Record:
    """Return a location; every other one is on the map."""
    random, number = begin(world, LOCATION, row)
    geo = {"lon": round(random.uniform(-120, -70), 6), "lat": round(random.uniform(25, 48), 7)}
    return {
        "locationId": number,
        "name": location_name(row),
        "displayName": f"{location_name(row)}, {_CITIES[row % 3][0]} ",
        "address": _address(row) | {"geoLocation": None if row % 2 else geo},
        "id": number,
        "notes": [{"text": odd(row), "isPinned": False}] if row % 4 == 2 else None,
        "codes": [{"codeId": 1_030_000 + row, "name": odd(row + 1)}] if row % 4 == 0 else None,
    } | unheard_of(row)


def location_name(row: int) -> str:
    """Return the name that a location had at first."""
    return f"Hall {row}" if row % 3 else f'Hall {row} "Annex", {odd(row)}'


def _address(row: int) -> Record:
    city, state, code = _CITIES[row % 3]
    lines = {"addressLine1": _STREETS[row % 4], "addressLine2": "Floor 2" if row % 3 == 1 else None, "addressLine3": ""}
    place = {"city": city, "stateOrProvince": state, "zipOrPostalCode": code, "countryCode": "PE" if row % 3 == 2 else "US"}
    return lines | place | {"preview": f"{_STREETS[row % 4]}\r\n{city} {code}"}


_GROUPS: tuple[Record, ...] = (
    {"name": "Neighbors", "description": None},
    {"name": 'Captains, "north"', "description": odd(3)} | unheard_of(1),
    {"name": "\N{PEOPLE HUGGING} Friends ", "description": ""},
)
_FUNDRAISING, _ORGANIZING = {"campaignTypeId": 3, "name": "Fundraising"}, {"campaignTypeId": 1, "name": "Organizing"}
_CAMPAIGNS: tuple[Record, ...] = (
    {"name": "Spring drive", "campaignType": _FUNDRAISING, "campaignDisplayName": "Spring", "status": "Active"},
    {"name": 'GOTV, "early"', "campaignType": _ORGANIZING, "campaignDisplayName": None, "status": "Active"} | unheard_of(1),
    {"name": "Old one", "campaignType": None, "campaignDisplayName": odd(4), "status": "Inactive"},
    {"name": "", "campaignType": {"campaignTypeId": 7, "name": ""}, "campaignDisplayName": "", "status": "Archived"},
)


def _campaigns(world: World) -> Collection:
    ids = world.ids(CAMPAIGN, len(_CAMPAIGNS))
    whole = written(CAMPAIGN, "campaignId", ids, _CAMPAIGNS)

    def make(row: int) -> Record:
        record = whole.make(row)
        return record | {"contents": [_content(record["campaignId"], slot) for slot in range((1, 3, 0, 2)[row % 4])]}

    return Collection(CAMPAIGN, ids, make, id_key="campaignId")


def _content(campaign: int, slot: int) -> Record:
    return {
        "contentId": campaign * 10 + slot,
        "contentType": {"contentTypeId": 1 + slot, "name": ("Form", "Email", "Page")[slot % 3]},
        "name": f"Content {slot}",
        "shortName": f"C{slot}",
        "displayName": None if slot == 2 else odd(slot + 1),
        "description": odd(slot),
        "disposition": "Primary" if slot == 0 else None,
    } | unheard_of(slot)


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    return {
        LOCATION: growing(world, LOCATION, "locationId", location_record),
        GROUP: written(GROUP, "id", world.ids(GROUP, len(_GROUPS)), _GROUPS),
        CAMPAIGN: _campaigns(world),
    }


ROUTES: tuple[Route, ...] = (
    *paged(LOCATION, "locations", Listing(filters={"name": contains("name")})),
    *paged(GROUP, "supporterGroups"),
    *paged(CAMPAIGN, "campaigns", Listing(expansions=("contents",))),
)
