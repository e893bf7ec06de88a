"""Folders, saved lists, printed lists, and the lists of MiniVAN. Of the first two kinds of lists the last page has a link as well.

LIKELY: that, the largest page of exports to MiniVAN, and that a list does not tell its folder. GUESS: an unknown folder is not found.
"""

from __future__ import annotations

from functools import partial

from sandbox.arithmetic import Layout, Record
from sandbox.collection import Collection
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import Limits, Listing, Route, not_found, page_of, paged, rows_page
from sandbox.everyaction.filters import after, at_most, before, contains, id_is, one_of
from sandbox.everyaction.scope import begin, created_and_modified, growing, ids_of, number_of, odd, person_name, stamp, unheard_of
from sandbox.everyaction.world import USER_ID, World, rng
from sandbox.messages import Reply, Request

FOLDER, SAVED, PRINTED, MINIVAN = "Folder", "SavedList", "PrintedList", "MinivanExport"
# Which saved list of the first ones lies in no folder.
_LOOSE = 3


def folder_record(world: World, row: int) -> Record:
    """Return a folder."""
    _, number = begin(world, FOLDER, row)
    return {"folderId": number, "name": f"Folder {row} {odd(row)}"} | unheard_of(row)


def saved_record(world: World, row: int) -> Record:
    """Return a saved list; which folder it lies in it does not tell."""
    random, number = begin(world, SAVED, row)
    people = random.randrange(90_000)
    return {
        "savedListId": number,
        "name": f"List {row}{' ' if row % 5 == 2 else ''}",
        "description": None if row % 3 == 0 else odd(row),
        "listCount": people,
        "doorCount": None if row % 4 == 1 else people // 2,
        "_folder": None if row == _LOOSE else ids_of(world, FOLDER).id_of(row % ids_of(world, FOLDER).count),
    } | unheard_of(row)


def printed_record(world: World, row: int) -> Record:
    """Return a printed list; its number is a text that begins with zeros."""
    random = rng(world, PRINTED, row)
    _, generated = created_and_modified(random)
    return {
        "number": f"{printed_ids(world).id_of(row):03}",
        "name": None if row % 4 == 2 else f"Turf {row} {odd(row)}",
        "eventSignups": [{"eventSignupId": 3_000_000 + row}] if row % 3 == 1 else None,
        "listSize": random.randrange(400),
        "_generated": stamp(generated),
        "_createdBy": USER_ID + row % 3,
        "_folderName": f"Folder {row % 3}",
    } | unheard_of(row)


def printed_ids(world: World) -> Layout:
    """Return the numbers of printed lists, as they are without their zeros."""
    return world.ids(PRINTED, ids_of(world, PRINTED).count, start=3, stride=11)


def minivan_record(world: World, row: int) -> Record:
    """Return an export to MiniVAN, with those who canvassed."""
    random, number = begin(world, MINIVAN, row)
    created, _ = created_and_modified(random)
    author = person_name(row)
    return {
        "minivanExportId": number,
        "name": f"Walk {row} {odd(row)}",
        "dateCreated": stamp(created, random),
        "createdBy": {"id": None if row % 3 == 0 else USER_ID + row % 3, "userId": USER_ID + row % 3}
        | author
        | {"displayName": f"{author['lastName']}, {author['firstName']} "},
        "canvassers": [_canvasser(row, slot) for slot in range((1, 2, 0, 3)[row % 4])],
        "eventSignups": [{"eventSignupId": 3_000_031 + row}] if row % 3 == 2 else None,
        "databaseMode": row % 2,
    } | unheard_of(row)


def _canvasser(row: int, slot: int) -> Record:
    return {"canvasserId": 90_100 + row * 3 + slot} | person_name(row + slot) | unheard_of(slot)


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    return {
        FOLDER: growing(world, FOLDER, "folderId", folder_record),
        SAVED: growing(world, SAVED, "savedListId", saved_record),
        PRINTED: Collection(PRINTED, printed_ids(world), partial(printed_record, world), id_key="number", number=number_of),
        MINIVAN: growing(world, MINIVAN, "minivanExportId", minivan_record),
    }


# --- the endpoints -------------------------------------------------------------------------------------------------


_SAVED = Listing(
    filters={"folderId": id_is("_folder"), "maxDoorCount": at_most("doorCount"), "maxPeopleCount": at_most("listCount")}, endless=True
)
_PRINTED = Listing(
    filters={
        "generatedAfter": after("_generated"),
        "generatedBefore": before("_generated"),
        "createdBy": one_of("_createdBy"),
        "folderName": contains("_folderName"),
        "turfName": contains("name"),
    },
    endless=True,
)
_MINIVAN = Listing(
    limits=Limits(50, 50),
    expansions=("canvassers",),
    filters={
        "generatedAfter": after("dateCreated"),
        "generatedBefore": before("dateCreated"),
        "createdBy": lambda text: lambda record: str(record["createdBy"]["userId"]) == text,
        "name": contains("name"),
    },
)


def saved_in(account: Account, folder: int) -> list[Record]:
    """Return the saved lists of a folder: those of the base data by arithmetic, and those that changed."""
    collection, folders, ids = account.collection(SAVED), ids_of(account.world, FOLDER), ids_of(account.world, SAVED)
    row = folders.index_of(folder)
    base = () if row is None else range(row, ids.count, folders.count)
    numbers = {ids.id_of(each) for each in base} | set(collection.edited)
    found = (collection.get(number) for number in sorted(numbers))
    return [record for record in found if record is not None and record["_folder"] == folder]


def _saved(account: Account, request: Request) -> Reply:
    """Return saved lists. GUESS: those of a folder that there is not are not found."""
    folder = request.parameter("folderId") or ""
    if not folder.isdigit():
        return page_of(account, request, account.collection(SAVED), _SAVED)
    if account.collection(FOLDER).get(int(folder)) is None:
        return not_found(FOLDER)
    return rows_page(account, request, saved_in(account, int(folder)), _SAVED, entity=SAVED, id_key="savedListId")


ROUTES: tuple[Route, ...] = (
    *paged(FOLDER, "folders"),
    Route("GET", "savedLists", SAVED, _saved),
    paged(SAVED, "savedLists")[1],
    *paged(PRINTED, "printedLists", _PRINTED),
    *paged(MINIVAN, "minivanExports", _MINIVAN),
)
