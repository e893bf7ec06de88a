"""Source codes and tags, and the extended source codes.

GUESS: that many codes can have one modified time and some have none, and the words of `codePath`.
"""

from __future__ import annotations

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import Condition, Listing, Route, bare, detail_of, page_of, paged, shown
from sandbox.everyaction.filters import contains, id_is, one_of
from sandbox.everyaction.scope import begin, created_and_modified, growing, ids_of, odd, person_name, stamp, unheard_of
from sandbox.everyaction.world import DAY, NEWEST, World
from sandbox.messages import Reply, Request

CODE, EXTENDED = "Code", "ExtendedSourceCode"
TYPES = ("Tag", "SourceCode")
SUPPORTED = ("Contacts", "ContactsOnlineForms", "Contributions", "Events", "OnlineForms", "Locations")
# An import touched a third of all codes at one and the same instant, the last of all.
IMPORTED = stamp(NEWEST - DAY)
_SECTIONS = ("supportedEntities",)


def code_record(world: World, row: int) -> Record:
    """Return a code; every fourth one is below the one before."""
    random, number = begin(world, CODE, row)
    created, modified = created_and_modified(random)
    parent = ids_of(world, CODE).id_of(row - 1) if row % 4 == 3 else None
    return {
        "codeId": number,
        "parentCodeId": parent,
        "name": code_name(row),
        "description": (None, odd(row), f"Made for row {row}")[row % 3],
        "codeType": TYPES[row % 2],
        "codePath": None if row % 5 == 0 else f"Root > {code_name(row)}",
        "createdByName": None if row % 7 == 2 else 'Dana "D" O\'Neil',
        "dateCreated": stamp(created, random),
        "dateModified": IMPORTED if row % 3 == 1 else None if row % 11 == 5 else stamp(modified, random),
        "supportedEntities": [_supported(row, slot) for slot in range((2, 1, 3, 0)[row % 4])],
        "campaign": {"campaignId": 400 + row % 5, "name": f"Campaign {row % 5}"} if row % 6 == 4 else None,
        "contactType": {"contactTypeId": 1 + row % 3, "name": odd(row)} if row % 6 == 2 else None,
    } | unheard_of(row)


def code_name(row: int) -> str:
    """Return the name that a code had at first; some differ in case alone, or end with a space."""
    return (f"Spring {row}", f"MAIL-{row:05}", f'tag, with "quotes" {row} ', f"\N{LABEL} {row}")[row % 4]


def code_stub(world: World, row: int) -> Record:
    """Return a code as others name it."""
    return {"codeId": ids_of(world, CODE).id_of(row), "name": code_name(row)}


def _supported(row: int, slot: int) -> Record:
    return {
        "name": SUPPORTED[(row + slot) % 6],
        "isSearchable": (row + slot) % 2 == 0,
        "isApplicable": slot != 1,
    } | unheard_of(slot)


def extended_record(world: World, row: int) -> Record:
    """Return an extended source code; one that nobody touched since has neither who nor when."""
    random, number = begin(world, EXTENDED, row)
    created, modified = created_and_modified(random)
    touched = row % 3 != 1
    return {
        "extendedSourceCodeId": number,
        "extendedSourceCodeName": f"X{row:04} {odd(row)}",
        "createdBy": {"userId": 3500 + row % 9} | person_name(row),
        "dateCreated": stamp(created),
        "modifiedBy": {"userId": 3500 + row % 4} | person_name(row + 5) if touched else None,
        "dateModified": stamp(modified, random) if touched else None,
        "_vanId": world.people.id_of(row % world.people.count),
    } | unheard_of(row)


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    return {
        CODE: growing(world, CODE, "codeId", code_record),
        EXTENDED: growing(world, EXTENDED, "extendedSourceCodeId", extended_record),
    }


# --- the endpoints -------------------------------------------------------------------------------------------------


def _supports(text: str) -> Condition:
    """Return the filter for codes that can be given to one of some kinds of records."""
    wanted = {each.strip().lower() for each in text.split(",")}
    return lambda record: any(str(each["name"]).lower() in wanted for each in record["supportedEntities"])


_CODES = Listing(
    expansions=_SECTIONS,
    sorts={"dateModified": "dateModified"},
    filters={
        "supportedEntities": _supports,
        "name": contains("name"),
        "parentCodeId": id_is("parentCodeId"),
        "codeType": one_of("codeType"),
    },
)
_EXTENDED = Listing(filters={"extendedSourceCodeName": contains("extendedSourceCodeName"), "vanId": id_is("_vanId")})


def _codes(account: Account, request: Request) -> Reply:
    return page_of(account, request, account.collection(CODE), _CODES)


def _in_full(record: Record, asked: frozenset[str]) -> Record:
    """Return a single code, which tells of more than one of a list."""
    more = dict.fromkeys(("generalLedgerFund", "costCenter", "revenueStream", "mailMergeTemplate"))
    return shown(record, asked, _SECTIONS) | more | {"isSourceCodeApplicable": record["codeType"] == "SourceCode"}


def _code(account: Account, request: Request, number: str) -> Reply:
    return detail_of(request, account.collection(CODE), number, Listing(expansions=_SECTIONS, view=_in_full))


def _types(_: Account, __: Request) -> Reply:
    return bare(TYPES)


def _entities(_: Account, __: Request) -> Reply:
    return bare(SUPPORTED)


ROUTES: tuple[Route, ...] = (
    Route("GET", "codes", CODE, _codes),
    Route("GET", r"codes/(\d+)", CODE, _code),
    Route("GET", "codeTypes", CODE, _types),
    Route("GET", "codes/supportedEntities", CODE, _entities),
    *paged(EXTENDED, "codes/extendedSourceCodes", _EXTENDED),
)
