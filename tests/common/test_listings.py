"""Collections against a scripted source: what is asked for, written and deleted, whatever the ids are and wherever records belong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import pytest

from common.collection import Collection, CollectionState, Record
from common.delivery import Delivery, Scope
from common.errors import OpenErrors
from common.failures import NotFound, Unavailable
from common.ledger import Ledger
from common.listing import Page, PageRequest
from common.listings import Listings, Place
from common.progress import Progress
from common.splitting import Child, Root, child_table
from common.tables import Row, Table, text
from common.warehouse import Warehouse
from tests.doubles import FakeClock

SIZES = [5, 1]
NOW = datetime(2026, 9, 21, tzinfo=timezone.utc)


def declared(scope: tuple[str, ...], id_field: str) -> tuple[Root, Table]:
    """Rows with notes, keyed by a column that is not called as its field is, and bodies."""
    given = {name: text(name) for name in scope}
    columns = {"row_key": text(id_field), "name": text("name"), "more": text("more")}
    rows = Table("rows", [*scope, "row_key"], given | columns, ["notes"])
    notes = child_table("row_notes", "row_key", {"note": text("note")}, scope=scope)
    bodies = Table("bodies", [*scope, "row_key"], {**given, "row_key": text(id_field), "html": text("html")})
    return Root(rows, id_field, (Child("notes", notes),)), bodies


class World:
    """A source, and a warehouse that holds what was written: `touched` counts the operations of the last sync by their tables."""

    def __init__(self, scope: Scope, *, textual: bool, wanted: tuple[str, ...] = (), **how: Any) -> None:
        id_field = "key" if textual else "id"
        root, bodies = declared(tuple(scope), id_field)
        self.collection = Collection(root, "rows", id_field=id_field, textual=textual, bodies=bodies if wanted else None, **how)
        self.place, self.wanted = Place(self.collection, scope), wanted
        self.source: dict[str, Record] = {}
        self.details: dict[str, Record] = {}
        self.hidden: set[str] = set()
        self.broken: set[int] = set()
        self.tables: dict[str, dict[tuple[object, ...], Row]] = {"rows": {}, "row_notes": {}, "bodies": {}, "errors": {}}
        self.keys = {"rows": root.table.key, "row_notes": root.children[0].table.key, "bodies": bodies.key, "errors": ["id"]}
        self.errors = OpenErrors({})
        self.state = CollectionState(Ledger(self.collection.columns(["bodies"])))
        self.touched: Counter[str] = Counter()
        self.asked_pages: list[PageRequest] = []
        self.asked_details: list[str] = []
        self.warnings: list[str] = []
        self.all_tables = {table.name: table for table in (*root.declared(()), bodies)}

    def has(self, key: str, detail: Record | None = None, **fields: Any) -> None:
        """A record, and what its detail has besides."""
        self.source[key] = {self.collection.id_field: key, "name": "x", "notes": [], **fields}
        self.details[key] = self.source[key] | (detail or {})

    # --- The warehouse ---

    def upsert(self, table: str, data: Row) -> None:
        key = tuple(data[name] for name in self.keys[table])
        assert None not in key
        self.tables[table][key] = data
        self.touched[table] += 1

    def update(self, table: str, modified: Row) -> None:
        self.tables[table][tuple(modified[name] for name in self.keys[table])].update(modified)
        self.touched[table] += 1

    def delete(self, table: str, keys: Row) -> None:
        del self.tables[table][tuple(keys[name] for name in self.keys[table])]
        self.touched[table] += 1

    def truncate(self, table: str) -> None:
        raise AssertionError(table)

    def checkpoint(self, state: dict[str, Any]) -> None:
        del state

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    # --- The source ---

    def read_page(self, place: Place, request: PageRequest) -> Page:
        assert place is self.place
        self.asked_pages.append(request)
        if any(request.offset <= at < request.offset + request.limit for at in self.broken):
            raise Unavailable("answered 500", "/rows", 500)
        records = [record for key, record in self.source.items() if key not in self.hidden]
        return Page(records[request.offset : request.offset + request.limit], len(records))

    def read_detail(self, place: Place, number: int) -> Record:
        key = place.collection.key_of(number)
        self.asked_details.append(key)
        if key not in self.details:
            raise NotFound("answered 404", f"/rows/{key}", 404)
        return self.details[key]

    def asked(self, place: Place, request: PageRequest) -> Mapping[str, Any]:
        return {"path": place.collection.path, "$skip": request.offset}

    def sync(self, again: Callable[[Record], bool] | None = None) -> None:
        clock = FakeClock()
        progress = Progress(clock, lambda line: None)
        warehouse = Warehouse(self, clock, progress, dict)
        delivery = Delivery(warehouse, self.errors, NOW, self.wanted, self.all_tables)
        self.touched.clear()
        self.asked_pages.clear()
        self.asked_details.clear()
        with ThreadPoolExecutor(2) as executor:
            tools = delivery, clock, executor, warehouse.wait_for, progress, lambda line: None
            listings = Listings(*tools, self.read_page, self.read_detail, self.asked)
            known = list(self.state.ledger.ids())
            listings.sync(self.place, listings.read(self.place, SIZES, known), self.state, again)

    def names(self) -> dict[tuple[object, ...], str]:
        return {key: row["name"] for key, row in self.tables["rows"].items()}


IDS = pytest.mark.parametrize("textual", [False, True])
SCOPES = pytest.mark.parametrize("scope", [{}, {"list_id": "7"}, {"database": "a", "code_id": "b"}])
HOW = pytest.mark.parametrize("how", [{}, {"by_id": True}, {"pages": "link"}], ids=["listed", "by-id", "links"])


@IDS
@SCOPES
@HOW
def test_rows_and_their_children_come_change_and_go(scope: Scope, how: dict[str, Any], *, textual: bool) -> None:
    world = World(scope, textual=textual, **how)
    keys = [str(number) for number in range(10, 22)]
    for key in keys:
        world.has(key, notes=[{"note": "one"}, {"note": "two"}])
    world.sync()
    prefix = tuple(scope.values())
    assert world.names() == {(*prefix, key): "x" for key in keys}
    assert set(world.tables["row_notes"]) == {(*prefix, key, at) for key in keys for at in (0, 1)}
    world.sync()
    assert not world.touched
    if how.get("pages") == "link":
        assert world.asked_pages == [(0, 5), (5, 5), (10, 5)]  # what is known need not be read twice
    world.has("11", name="new", notes=[{"note": "two"}])
    del world.source["12"], world.details["12"]
    world.sync()
    assert world.names() == {(*prefix, key): "new" if key == "11" else "x" for key in keys if key != "12"}
    assert set(world.tables["row_notes"]) == {(*prefix, key, at) for key in keys if key != "12" for at in (0, 1) if (key, at) != ("11", 1)}
    assert world.touched == {"rows": 2, "row_notes": 1 + 1 + 2}


@IDS
def test_what_is_there_when_it_is_asked_for_by_its_id_stays(*, textual: bool) -> None:
    world = World({}, textual=textual, by_id=True)
    for key in ("10", "11", "12"):
        world.has(key)
    world.sync()
    world.hidden = {"11"}
    world.sync()
    assert not world.touched
    assert world.asked_details == ["11"]


def test_a_listing_that_lacks_too_much_deletes_nothing_and_says_what_it_is_of() -> None:
    world = World({"code_list_id": "7"}, textual=True)
    for number in range(60):
        world.has(f"k{number}")
    world.sync()
    world.hidden = {f"k{number}" for number in range(30)}
    world.sync()
    assert not world.touched
    [warning] = world.warnings
    assert warning.startswith("rows of code list 7: 30 of 60 records are no longer listed.")


@IDS
def test_what_cannot_be_read_is_named_as_it_was_asked_for_and_is_resolved(*, textual: bool) -> None:
    world = World({"list_id": "7"}, textual=textual, pages="link")
    for number in range(10, 17):
        world.has(str(number))
    world.source["12"].pop(world.collection.id_field)
    world.broken = {6}
    world.sync()
    assert len(world.tables["rows"]) == 5
    [gap, keyless] = sorted(world.tables["errors"].values(), key=lambda row: row["record"], reverse=True)
    assert (gap["record"], gap["payload"], gap["status"]) == ("7/row 7 by id, behind id 0", '{"$skip":6,"path":"rows"}', 500)
    assert (keyless["record"], keyless["message"]) == ("7/row 3 by id", "the record comes without its id")
    world.broken = set()
    world.has("12")
    world.sync()
    assert len(world.tables["rows"]) == 7
    assert all(row["resolved_at"] == NOW for row in world.tables["errors"].values())


@IDS
def test_a_detail_that_is_not_there_is_an_error_under_its_own_id(*, textual: bool) -> None:
    world = World({"list_id": "7"}, textual=textual, detail=True)
    for key in ("10", "11"):
        world.has(key)
    del world.details["11"]
    world.sync()
    [error] = world.tables["errors"].values()
    assert (error["record"], error["url"], error["status"]) == ("7/11", "/rows/11", 404)
    world.has("11")
    world.sync()
    assert world.asked_details == ["11"]
    assert len(world.tables["rows"]) == 2
    assert not world.errors.stored


@IDS
def test_bodies_are_filled_by_details_and_go_with_their_records(*, textual: bool) -> None:
    world = World({"list_id": "7"}, textual=textual, wanted=("bodies",), by_id=True)
    for key in ("10", "11"):
        world.has(key, {"html": f"<p>{key}"})
    world.sync()
    assert {key: row["html"] for key, row in world.tables["bodies"].items()} == {("7", "10"): "<p>10", ("7", "11"): "<p>11"}
    del world.source["10"], world.details["10"]
    world.sync()
    assert list(world.tables["bodies"]) == [("7", "11")]
    assert world.touched == {"rows": 1, "bodies": 1}


# --- Details that are read though their records look as before ---


def reading_again(**how: Any) -> World:
    world = World({}, textual=False, detail=True, again=True, **how)
    for key in ("10", "11", "12"):
        world.has(key, {"more": "old"})
    world.sync()
    assert world.asked_details == ["10", "11", "12"]
    return world


def test_a_detail_that_is_read_again_and_is_as_it_was_is_not_written() -> None:
    world = reading_again()
    world.sync(again=lambda record: record["id"] != "10")
    assert sorted(world.asked_details) == ["11", "12"]
    assert not world.touched


def test_a_detail_that_has_changed_behind_its_record_is_written_once() -> None:
    world = reading_again()
    world.details["11"]["more"] = "new"
    world.sync()
    assert not world.asked_details
    for touched in ({"rows": 1}, {}):
        world.sync(again=lambda record: True)
        assert sorted(world.asked_details) == ["10", "11", "12"]
        assert world.touched == touched
        assert {key: row["more"] for key, row in world.tables["rows"].items()} == {("10",): "old", ("11",): "new", ("12",): "old"}


def test_a_record_that_changed_is_written_whether_or_not_its_detail_is_read_again() -> None:
    world = reading_again(detail_keys=("modified",))
    world.has("11", {"more": "new"}, name="new")
    world.sync()
    assert not world.asked_details  # what must have changed for that has not
    assert (world.names()["11",], world.tables["rows"]["11",]["more"]) == ("new", "old")
    world.sync(again=lambda record: record["id"] == "11")
    assert world.asked_details == ["11"]
    assert world.tables["rows"]["11",]["more"] == "new"


def test_what_is_read_again_of_a_collection_that_remembers_no_whole_records_is_written() -> None:
    world = World({}, textual=False, detail=True)
    world.has("10")
    world.sync()
    world.sync(again=lambda record: True)
    assert world.touched == {"rows": 1}


def test_records_without_details_are_not_asked_for_again() -> None:
    world = World({}, textual=False, again=True)
    world.has("10")
    world.sync()
    world.sync(again=lambda record: True)
    assert not world.asked_details
    assert not world.touched
