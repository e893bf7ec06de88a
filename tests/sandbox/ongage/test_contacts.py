from __future__ import annotations

import itertools
from collections import Counter
from datetime import datetime, timezone
from typing import Any

import pytest

from sandbox.ongage import contacts
from sandbox.ongage.contacts import DATES, ContactIds, hex_id, ids_of, number_of_id
from sandbox.ongage.world import DAY, NEWEST, World, make_world
from tests.sandbox.ongage.asking import ARCHIVED, CLASHING, MAIN, SMALL, SUPPRESSION, Site

WORLD = make_world(3000, 5)
RECORDS = {place: list(each.records()) for place, each in contacts.collections(WORLD)["Contact"].items()}


def test_contacts_ascend_by_the_time_at_which_they_came_and_their_ids_tell_it() -> None:
    ids: list[str] = []
    for found in RECORDS.values():
        came = [each["ocx_created_date"] for each in found]
        assert came == sorted(came)
        assert [int(each["id"][:8], 16) for each in found] == came
        assert [each["id"] for each in found] == sorted(each["id"] for each in found)
        ids += [each["id"] for each in found]
    assert all(len(each) == 24 for each in ids)
    assert len(set(ids)) == len(ids)


def test_there_are_quiet_times_migrated_contacts_and_some_that_came_in_one_second() -> None:
    for place, found in RECORDS.items():
        came = [each["ocx_created_date"] for each in found]
        gaps = sorted(after - before for before, after in itertools.pairwise(came))
        assert gaps[-2] > 100 * DAY
        assert came[0] < WORLD.by_id[place].created
    together = [when for when, count in Counter(each["ocx_created_date"] for each in RECORDS[MAIN]).items() if count > 1]
    edges = [moment for moment in (datetime.fromtimestamp(each, timezone.utc) for each in together) if moment.day == 1]
    assert len(edges) > 20
    assert all(moment.time().isoformat() == "00:00:00" for moment in edges)


def test_what_became_of_a_contact_has_its_dates() -> None:
    seen = set()
    for each in (record for found in RECORDS.values() for record in found):
        status, dates = each["ocx_status"], {name: each[name] for name in DATES}
        assert all(dates["ocx_created_date"] < value < NEWEST for name, value in dates.items() if value and name != "ocx_created_date")
        left, back = dates["ocx_unsubscribe_date"] or 0, dates["ocx_resubscribe_date"] or 0
        assert (status == "Bounced") == (dates["ocx_bounce_date"] is not None)
        assert (status == "Complaint") == (dates["ocx_complaint_date"] is not None)
        assert status != "Unsubscribed" or left > back
        assert status != "Active" or left <= back
        seen.add((status, bool(left), bool(back)))
    assert {status for status, _, _ in seen} == {"Active", "Unsubscribed", "Bounced", "Complaint"}
    assert {("Active", True, True), ("Unsubscribed", True, True), ("Complaint", True, False)} <= seen


def test_fields_hold_what_a_careless_reader_breaks_on() -> None:
    notes = {each["notes"] for each in RECORDS[MAIN]}
    assert {None, "", "0", ",", '"', "carriage\r\nreturn", "line\u2028separator", "  spaces around  "} <= notes
    main, other = ({each.name: each.type for each in WORLD.by_id[place].fields} for place in (MAIN, CLASHING))
    assert (main["points"], other["points"], main["notes"], other["notes"]) == ("string", "numeric", "string", "date")
    assert "DATA_SET" in other
    assert {type(each["points"]) for each in RECORDS[CLASHING]} == {int, type(None)}


@pytest.mark.parametrize("rows", [1, 7, 400])
def test_a_span_of_time_is_a_span_of_rows(rows: int) -> None:
    world: World = make_world(rows, 9)
    for place in world.lists:
        ids: ContactIds = ids_of(world, place)
        came = [ids.times.created(row, ids.seed) for row in range(ids.count)]
        for instant in {*came, *(each + 1 for each in came), 0, NEWEST}:
            assert ids.came_before(instant) == sum(each < instant for each in came)
        assert [ids.index_of(ids.id_of(row)) for row in range(ids.count)] == list(range(ids.count))
        assert ids.index_of(ids.id_of(0) + 1) is None


def test_millions_cost_nothing_before_they_are_asked_for() -> None:
    source = Site(rows=3_000_000).source
    collection = source.collection("Contact", MAIN)
    number = collection.seek(1_234_567)
    record = collection.get(number)
    assert record is not None
    assert number_of_id(record["id"]) == number
    assert collection.count() == 2_100_000


def test_a_contact_is_found_by_its_id_and_by_its_address() -> None:
    site = Site()
    record = records_of(site, MAIN)[7]
    by_id: dict[str, Any] = site.payload(f"/{MAIN}/api/contacts/by_id/{record['id']}")
    assert by_id == {key: value for key, value in record.items() if not key.startswith("_")}
    assert site.payload(f"/{MAIN}/api/contacts/by_email/{record['email'].upper().replace('@', '%40')}") == by_id
    for path in (f"/{SMALL}/api/contacts/by_id/{record['id']}", f"/{MAIN}/api/contacts/by_id/{hex_id(12)}", "/api/contacts/by_id/x"):
        assert site.ask("GET", path).status == 404
    for path in ("by_email/nobody%40example.org", "by_email/ann.999999%40example.org", "by_email/ann.7%40example.net"):
        assert site.ask("GET", f"/{MAIN}/api/contacts/{path}").status == 404
    assert site.ask("GET", f"/{SUPPRESSION}/api/contacts/by_email/ann.0%40example.org").status == 404


def records_of(site: Site, place: int) -> list[dict[str, Any]]:
    return list(site.source.collection("Contact", place).records())


def test_the_lists_are_those_that_a_connector_has_to_cope_with() -> None:
    site = Site(rows=3000)
    found = {each["id"]: each for each in site.payload("/api/lists", sort="id", order="ASC")}
    assert found[MAIN]["last_count"] == 202_100
    assert found[MAIN]["default"] is True
    assert found[ARCHIVED]["archive"] is True
    assert found[SUPPRESSION]["type"] == "suppression"
    assert [each["id"] for each in site.payload("/api/lists", type="suppression")] == [SUPPRESSION]
    assert [each["id"] for each in site.payload("/api/lists", name="DAILY")] == [MAIN]
    assert "default" not in site.payload(f"/api/lists/{MAIN}")
    fields = site.payload(f"/{CLASHING}/api/list_fields", sort="position", order="DESC")
    assert [each["position"] for each in fields] == sorted((each["position"] for each in fields), reverse=True)
    assert {type(each["id"]) for each in fields} == {int}
    assert {each["mandatory"] for each in fields} == {True, False}
