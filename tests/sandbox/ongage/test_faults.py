from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.ongage.faults import PLACES
from sandbox.presets import PRESETS
from sandbox.server import Box, running
from tests.sandbox.asking import Answer, ask
from tests.sandbox.conftest import START
from tests.sandbox.ongage.asking import MAIN, SMALL, Row, Site, criterion, searched

PAGE = f"/{MAIN}/api/mailings"


def ids(rows: list[Row]) -> list[str]:
    return [str(row["id"]) for row in rows]


@pytest.mark.parametrize("as_number", [False, True])
def test_a_record_is_poisoned_wherever_it_is_served(as_number: bool) -> None:
    site = Site()
    number = site.payload(PAGE, limit=3, sort="id")[1]["id"]
    site.box.faults.add("poison", entity="Mailing", id=int(number) if as_number else number)
    assert site.ask("GET", PAGE, limit=3, sort="id").status == 500
    assert site.ask("GET", PAGE, limit=1, sort="id").status == 200
    assert site.ask("GET", f"{PAGE}/{number}").status == 500
    site.box.faults.clear()
    site.box.faults.add("poison_value", entity="Mailing", id=number, key="status", value=[1])
    assert [each["status"] for each in site.payload(PAGE, limit=3, sort="id")][1] == [1]
    assert site.payload(f"{PAGE}/{number}")["status"] == [1]


def test_a_record_is_hidden_from_its_page_and_from_the_total() -> None:
    site = Site()
    before = site.ask("GET", PAGE, sort="id").payload
    site.box.faults.add("hide", "mailings", ids=[int(before["payload"][0]["id"])])
    after = site.ask("GET", PAGE, sort="id").payload
    assert ids(after["payload"]) == ids(before["payload"])[1:]
    assert after["metadata"]["total"] == str(int(before["metadata"]["total"]) - 1)


def test_pages_are_known_by_limit_and_by_page_size() -> None:
    site = Site()
    site.box.faults.add("status", PLACES["pages"], status=504, min_take=250)
    for path, name in ((PAGE, "limit"), (f"/{MAIN}/api/emails", "page_size")):
        assert [site.ask("GET", path, **{name: size}).status for size in (250, 251)] == [200, 504]


def test_faults_of_lists_find_the_rows_in_an_envelope() -> None:
    site = Site()
    site.box.faults.add("short_page", PLACES["queries"], times=1, rows=2)
    assert len(site.payload(PAGE)) == 2
    site.box.faults.clear()
    site.box.faults.add("page_before", PLACES["pages"])
    pages = [ids(site.payload(PAGE, sort="id", limit=5, offset=offset)) for offset in (0, 5, 10)]
    assert pages[0] == pages[1]
    site.box.faults.clear()
    site.box.faults.add("narrow", "segments")
    assert set(site.payload(f"/{MAIN}/api/segments")[0]) == {"id", "list_id", "name", "modified", "type"}


def test_a_page_is_told_by_where_it_begins() -> None:
    site = Site()
    site.payload(PAGE, offset=5, limit=5, sort="id")
    site.payload(f"/{MAIN}/api/emails", page=3, page_size=5)
    site.search(SMALL)
    mailings, emails, search = (site.source.list_page(request) for request in site.box.requests)
    assert mailings is not None
    assert emails is not None
    assert search is not None
    assert (mailings.first, mailings.skip, emails.skip, search.first) == (False, 5, 10, True)
    assert (search.entity, search.records) == (f"Contact of {SMALL}", 30)


@pytest.mark.parametrize("change", ["delete", "insert", "edit", "replace", "import"])
@pytest.mark.parametrize("path", ["mailings", "segments", "list_fields", "contact_search"])
def test_collections_move_while_they_are_read(change: str, path: str) -> None:
    site = Site(rows=3000)
    entity = {"mailings": "Mailing", "segments": "Segment", "list_fields": "ListField", "contact_search": "Contact"}[path]
    collection = site.source.collection(entity, MAIN)
    before = {number: collection.get(number) for number in collection.ids()}
    site.box.faults.add("disturb", PLACES["queries"], change=change, times=1)
    site.ask("POST" if path == "contact_search" else "GET", f"/{MAIN}/api/{path}", searched() if path == "contact_search" else None)
    after = {number: collection.get(number) for number in collection.ids()}
    gone, new = len(before.keys() - after.keys()), len(after.keys() - before.keys())
    edited = sum(after[number] != before[number] for number in before.keys() & after.keys())
    assert (gone, new) == {"delete": (1, 0), "insert": (0, 1), "replace": (1, 1)}.get(change, (0, 0))
    assert edited >= {"edit": 1, "import": len(before) // 2}.get(change, 0)


def test_criteria_are_misread() -> None:
    site = Site()
    when = site.source.collection("Contact", MAIN).make(50)["ocx_created_date"]
    at_least, more, everybody = criterion("ocx_created_date", ">=", when), criterion("ocx_created_date", ">", when), len(site.found(MAIN))
    rows = {how: len(site.found(MAIN, each)) for how, each in (("inclusive", at_least), ("exclusive", more))}
    assert rows["inclusive"] > rows["exclusive"]
    for how, asked, expected in (
        ("inclusive", more, rows["inclusive"]),
        ("exclusive", at_least, rows["exclusive"]),
        ("ignored", at_least, everybody),
    ):
        fault = site.box.faults.add("misread", PLACES["queries"], how=how)
        assert len(site.found(MAIN, asked)) == expected
        assert fault.struck == 1
        assert site.box.requests[-4].body["filters"]["criteria"] == [asked]
        site.box.faults.clear()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_knows_where_to_strike(name: str) -> None:
    site = Site()
    site.box.faults.preset(name)
    site.box.faults.clear()


# --- over a socket -------------------------------------------------------------------------------------------------


@contextmanager
def served() -> Iterator[Box]:
    with running("ongage", rows=300, clock=lambda: START, rate_limit=10**6) as box:
        yield box


def call(box: Box, method: str, path: str, body: object = None) -> Answer:
    login = {name: value for name, value in box.configuration.items() if name != "base_url"}
    return ask(box, method, path, body, **login)


def exported(box: Box) -> str:
    number = call(box, "POST", f"/{MAIN}/api/contact_search", searched()).json["payload"]["id"]
    path = f"/{MAIN}/api/contact_search/{number}"
    assert call(box, "GET", path).json["payload"]["status"] == 2
    return path + "/export"


def test_a_csv_is_streamed() -> None:
    with served() as box:
        answer = call(box, "GET", exported(box))
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.raw.startswith(b"ocx_contact_id,email,")
        assert box.source.throttle.in_flight == 0


def test_half_a_csv() -> None:
    with served() as box:
        path = exported(box)
        whole = call(box, "GET", path).raw
        box.faults.add("half_json", "export", times=1)
        assert call(box, "GET", path).raw == whole[: len(whole) // 2]
        box.faults.add("cut", "export", times=1)
        with pytest.raises(Exception, match="IncompleteRead"):
            call(box, "GET", path)
        assert box.source.throttle.in_flight == 0
        box.faults.add("html", "export", times=1)
        assert call(box, "GET", path).headers["Content-Type"].startswith("text/html")


def test_the_control_routes_know_this_stand_in_too() -> None:
    with served() as box:
        assert call(box, "POST", "/sandbox/change", {"kind": "unsubscribe"}).json["entity"] == "Contact"
        assert call(box, "POST", "/sandbox/change", {"kind": "switch", "name": "limit_days", "value": 14}).status == 200
        assert box.source.switches.limit_days == 14
        fault = {"kind": "set_value", "path": r"contact_search/\d+$", "key": "payload.status", "value": 3, "times": 1}
        assert call(box, "POST", "/sandbox/faults", fault).status == 200
        assert call(box, "GET", "/sandbox/truth/lists").json[0]["id"] == str(MAIN)
        assert call(box, "GET", "/sandbox/fewest").json["by_question"]["contact_search"] > 4
