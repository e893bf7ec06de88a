from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from sandbox.ongage.contacts import DATES
from sandbox.ongage.world import DAY, NEWEST, OLDEST
from tests.sandbox.ongage.asking import CLASHING, FORBIDDEN, MAIN, SMALL, SUPPRESSION, Row, Site, criterion, rows_of, searched

CREATED = "ocx_created_date"


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def records(site: Site, place: int) -> list[Row]:
    return list(site.source.collection("Contact", place).records())


def ids(rows: list[dict[str, str]]) -> set[str]:
    found = [row["ocx_contact_id"] for row in rows]
    assert len(found) == len(set(found))
    return set(found)


# --- windows and criteria against a look at everybody ---------------------------------------------------------------


@pytest.mark.parametrize("name", DATES)
def test_windows_of_any_date_give_what_a_look_at_everybody_gives(site: Site, name: str) -> None:
    chance, everybody = random.Random(name), records(site, MAIN)
    times = [each[name] for each in everybody if each[name]]
    for _ in range(25):
        low, high = sorted((chance.choice([*times, OLDEST, NEWEST]) + chance.choice((0, 0, 1)), chance.randrange(OLDEST, NEWEST)))
        rows = site.found(MAIN, criterion(name, ">=", low), criterion(name, "<", high))
        assert ids(rows) == {each["id"] for each in everybody if each[name] and low <= each[name] < high}
        rows = site.found(MAIN, criterion(name, ">", low), criterion(name, "<=", high))
        assert ids(rows) == {each["id"] for each in everybody if each[name] and low < each[name] <= high}


def test_windows_that_meet_give_everybody_once(site: Site) -> None:
    edges = [0, *range(OLDEST, NEWEST, 90 * DAY), NEWEST + DAY]
    windows = [(criterion(CREATED, ">=", low), criterion(CREATED, "<", high)) for low, high in pairwise(edges)]
    found = [ids(site.found(SMALL, *window)) for window in windows]
    assert sum(map(len, found)) == len(set[str]().union(*found)) == len(records(site, SMALL))


CASES: list[tuple[int, list[Row], Callable[[Row], bool]]] = [
    (MAIN, [criterion("email", "notempty", "", kind="email")], lambda each: True),
    (MAIN, [criterion("email", "empty", kind="email")], lambda each: False),
    (MAIN, [criterion("notes", "empty", kind="string")], lambda each: not each["notes"]),
    (MAIN, [criterion("Country", "=", "peru", "us", kind="string")], lambda each: each["country"] in {"Peru", "US"}),
    (MAIN, [criterion("country", "=", "peru", kind="string", case_sensitive=1)], lambda each: False),
    (MAIN, [criterion("country", "!=", "Peru", kind="string")], lambda each: each["country"] != "Peru"),
    (MAIN, [criterion("notes", "LIKE", "LINE", kind="string")], lambda each: "line" in (each["notes"] or "")),
    (MAIN, [criterion("notes", "NOT LIKE", "line", kind="string")], lambda each: "line" not in (each["notes"] or "")),
    (MAIN, [criterion("product_id", "><", "10", 500, kind="numeric")], lambda each: 10 <= (each["product_id"] or 0) <= 500),
    (MAIN, [criterion("product_id", "<", 0, kind="numeric")], lambda each: (each["product_id"] or 0) < 0),
    (CLASHING, [criterion("notes", ">=", "01/01/2020")], lambda each: int((each["notes"] or "00/00/0000")[6:]) >= 2020),
    (MAIN, [criterion("ocx_status", "=", "Bounced", kind="enum")], lambda each: each["ocx_status"] == "Bounced"),
    (
        MAIN,
        [criterion("ocx_bounce_date", "notempty"), criterion("ocx_status", "=", "Complaint", kind="enum", condition="or")],
        lambda each: each["ocx_status"] in {"Bounced", "Complaint"},
    ),
]


@pytest.mark.parametrize(("place", "criteria", "expected"), CASES)
def test_criteria_are_evaluated(site: Site, place: int, criteria: list[Row], expected: Callable[[Row], bool]) -> None:
    combined = {} if any(each["condition"] == "or" for each in criteria) else {"combined_as_and": True}
    body = searched(*criteria)
    body = {key: value for key, value in body.items() if key != "combined_as_and"} | combined
    reply = site.ask("POST", f"/{place}/api/contact_search", body).payload["payload"]
    path = f"/{place}/api/contact_search/{reply['id']}"
    assert site.payload(path)["status"] == 2
    assert ids(rows_of(site.ask("GET", path + "/export"))) == {each["id"] for each in records(site, place) if expected(each)}


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("all", {"Active", "Unsubscribed", "Bounced", "Complaint"}),
        ("active", {"Active"}),
        ("nonactive", {"Unsubscribed", "Bounced", "Complaint"}),
        ("complaint", {"Complaint"}),
    ],
)
def test_user_types(site: Site, kind: str, statuses: set[str]) -> None:
    rows = site.found(MAIN, filters={"type": "Active", "user_type": kind, "criteria": []})
    assert ids(rows) == {each["id"] for each in records(site, MAIN) if each["ocx_status"] in statuses}


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "title"),
        ({"title": "x"}, "filters"),
        ({"title": "x", "filters": {"user_type": "some"}}, "user_type"),
        (searched(criterion(CREATED, "=~", 1)), "operator"),
        (searched(criterion("email", "LIKE_", "x", kind="email")), "operator"),
        (searched(criterion(CREATED, ">=", 1) | {"operand": 1}), "operand"),
        (searched(criterion(CREATED, ">=")), "operand"),
        (searched(criterion(CREATED, ">=", "yesterday")), "operand"),
        (searched(criterion("email", "empty", kind="email", case_sensitive=1)), "case_sensitive"),
        (searched(criterion("nothing", "=", 1)), "field_name"),
        (searched({"type": "segment", "operand": [1], "condition": "and"}), "type"),
        (searched(selected_fields=["email", "nothing"]), "selected_fields"),
    ],
)
def test_what_does_not_validate_is_a_412(site: Site, body: Row, part: str) -> None:
    reply = site.ask("POST", f"/{MAIN}/api/contact_search", body)
    assert (reply.status, reply.payload["metadata"], reply.payload["payload"]["code"]) == (412, {"error": True}, 412)
    assert list(reply.payload["payload"]["errors"]) == [part]


def test_lists_that_cannot_be_searched(site: Site) -> None:
    assert site.ask("POST", f"/{SUPPRESSION}/api/contact_search", searched()).status == 412
    assert site.ask("POST", f"/{FORBIDDEN}/api/contact_search", searched()).status == 403
    assert site.ask("POST", "/4711/api/contact_search", searched()).status == 404
    assert site.ask("POST", f"/{MAIN}/api/contact_search", b"{").status == 400


# --- the life of a search ------------------------------------------------------------------------------------------


def test_a_search_is_created_polled_exported_and_removed(site: Site) -> None:
    job = site.search(SMALL)
    assert job["status"] == 1
    path = f"/{SMALL}/api/contact_search/{job['id']}"
    early = site.ask("GET", path + "/export")
    assert (early.status, early.payload["payload"]["errors"]) == (412, [])
    assert site.payload(path)["status_desc"] == "Completed"
    assert len(rows_of(site.ask("GET", path + "/export"))) == 30
    assert job["id"] in [each["id"] for each in site.payload(f"/{SMALL}/api/contact_search")]
    other = site.ask("GET", f"/{MAIN}/api/contact_search/{job['id']}")
    assert other.status == 404
    assert site.ask("DELETE", path).status == 200
    assert [site.ask(method, path).status for method in ("GET", "DELETE")] == [404, 404]
    assert site.ask("GET", path + "/export").status == 404


def test_a_large_search_takes_a_while_and_looks_at_what_was_there_at_its_beginning() -> None:
    site = Site(rows=3000)
    job, before = site.search(MAIN), len(records(site, MAIN))
    site.source.change("insert_contact", list_id=MAIN)
    site.source.change("remove_contact", list_id=MAIN)
    path = f"/{MAIN}/api/contact_search/{job['id']}"
    assert [site.payload(path)["status"] for _ in range(3)] == [1, 2, 2]
    assert len(rows_of(site.ask("GET", path + "/export"))) == before
    page = site.ask("GET", path + "/result", offset=2, limit=3)
    assert (page.payload["metadata"]["total"], len(page.payload["payload"])) == (before, 3)
    assert page.payload["payload"][0][CREATED] == records(site, MAIN)[2][CREATED]


def status_after(site: Site, polls: int, *criteria: Row) -> int:
    path = f"/{MAIN}/api/contact_search/{site.search(MAIN, *criteria)['id']}"
    for _ in range(polls):
        site.payload(path)
    found: int = site.payload(path)["status"]
    return found


def test_searches_can_be_made_to_fail_to_hang_and_to_take_their_time() -> None:
    site = Site()
    site.source.switches.failing, site.source.switches.stuck = 1, 1
    assert status_after(site, 0) == 3
    assert status_after(site, 20) == 1
    assert status_after(site, 0) == 2
    site.source.switches.polls = 4
    assert (status_after(site, 3), status_after(site, 4)) == (1, 2)


def test_searches_that_look_at_too_much_never_end() -> None:
    site = Site()
    now = int(site.clock())
    site.source.change("switch", name="limit_days", value=100)
    year, quarter = criterion(CREATED, ">=", now - 365 * DAY), criterion(CREATED, ">=", now - 90 * DAY)
    assert (status_after(site, 9), status_after(site, 9, year), status_after(site, 0, quarter)) == (1, 1, 2)
    assert status_after(site, 0, criterion(CREATED, "<", OLDEST)) == 2
    assert status_after(site, 0, criterion("ocx_bounce_date", ">=", now - DAY)) == 2
    site.source.switches.limit_days, site.source.switches.limit_rows = None, 100
    assert (status_after(site, 9), status_after(site, 0, year)) == (1, 2)


def test_a_fault_can_be_a_status_of_a_poll() -> None:
    site = Site()
    site.box.faults.add("set_value", r"contact_search/\d+$", times=2, key="payload.status", value=3)
    assert status_after(site, 1) == 3
    site.box.faults.add("status", r"contact_search/\d+$", times=1, status=503)
    path = f"/{MAIN}/api/contact_search/{site.search(MAIN)['id']}"
    assert [site.ask("GET", path).status for _ in range(2)] == [503, 200]


# --- CSV -----------------------------------------------------------------------------------------------------------


def test_a_csv_holds_all_columns_or_those_that_are_selected(site: Site) -> None:
    everything = ["ocx_contact_id", "email", "first_name", "last_name", "gender", "country", "city", "phone", "ip", "os", "product_id"]
    assert list(site.found(SMALL)[0]) == [*everything, "ocx_status", *DATES, "ocx_import_id"]
    assert list(site.found(SMALL, selected_fields=["EMAIL", "ocx_status"])[0]) == ["email", "ocx_status"]


def test_a_csv_gives_back_what_the_records_hold(site: Site) -> None:
    rows = {row["ocx_contact_id"]: row for row in site.found(MAIN)}
    for each in records(site, MAIN):
        row = rows[each["id"]]
        assert {name: row[name] for name in ("notes", "address", "first_name")} == {
            name: each[name] or "" for name in ("notes", "address", "first_name")
        }
        assert row["product_id"] == ("" if each["product_id"] is None else str(each["product_id"]))
        assert len(row[CREATED]) == 19


def test_styles_of_a_csv() -> None:
    site = Site()
    switches = site.source.switches
    switches.csv_epoch, switches.csv_bom, switches.csv_null = True, True, "null"
    path = f"/{SMALL}/api/contact_search/{site.search(SMALL)['id']}"
    site.payload(path)
    text = site.ask("GET", path + "/export").encoded().decode()
    assert text.startswith("\ufeffocx_contact_id,email")
    first = site.found(SMALL)[0]
    assert first[CREATED] == str(records(site, SMALL)[0][CREATED])
    assert "null" in first.values()


# --- counts and activity -------------------------------------------------------------------------------------------


def test_counts_are_those_of_a_search(site: Site) -> None:
    criteria = [criterion(CREATED, "<", NEWEST)]
    number = site.ask("POST", f"/{MAIN}/api/contact_counts", {"criteria": criteria}).payload["payload"]["id"]
    reply = site.ask("GET", f"/api/contact_counts/{number}")
    everybody = records(site, MAIN)
    assert reply.payload["metadata"]["total"] == str(len(everybody))
    assert reply.payload["payload"]["bounced"] == sum(each["ocx_status"] == "Bounced" for each in everybody)
    assert site.ask("POST", f"/{MAIN}/api/contact_counts", {"segment_id": 5}).status == 500
    assert site.ask("GET", "/api/contact_counts/1").status == 404


def _activity(site: Site, begin: int, **more: Any) -> str:
    body = searched(**more)
    body["filters"] |= {"from_date": begin, "to_date": str(begin + DAY)}
    reply = site.ask("POST", f"/{MAIN}/api/contact_activity", body)
    assert reply.status == 200, reply.payload
    return f"/{MAIN}/api/contact_activity/{reply.payload['payload']['id']}"


def test_activity_is_told_by_contact_and_by_event(site: Site) -> None:
    begin = int(site.clock()) // DAY * DAY - DAY
    path = _activity(site, begin)
    assert site.ask("GET", path + "/export").status == 412
    assert site.payload(path)["status"] == 2
    totals, events = rows_of(site.ask("GET", path + "/export")), rows_of(site.ask("GET", path + "/export_detailed"))
    for kind in ("open", "click"):
        counted = {row["ocx_contact_id"]: int(row[kind + "s"]) for row in totals if row[kind + "s"] != "0"}
        assert counted == {each: sum(row["ocx_contact_id"] == each and row["type"] == kind for row in events) for each in counted}
        assert sum(counted.values()) == sum(row["type"] == kind for row in events)
    assert len(totals) > 5
    assert any(row["last_click_date"] == "" for row in totals)
    assert all(row["timestamp"].endswith(":00:00") for row in events)
    assert site.ask("DELETE", path).status == 200
    assert site.ask("POST", f"/{MAIN}/api/contact_activity", searched()).status == 412


def test_some_events_are_there_twice() -> None:
    site = Site(rows=3000)
    path = _activity(site, int(site.clock()) // DAY * DAY)
    while site.payload(path)["status"] == 1:
        pass
    rows = [tuple(row.values()) for row in rows_of(site.ask("GET", path + "/export_detailed"))]
    assert 0 < len(set(rows)) < len(rows)
    table = site.source.truth(optional=["contact_activity_events"])["contact_activity_events"]
    keys = [(row["list_id"], row["id"]) for row in table.rows()]
    assert len(keys) == len(set(keys))
