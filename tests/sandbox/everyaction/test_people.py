from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.everyaction.people import SECTIONS
from sandbox.everyaction.sketches import STATES, sketch, sketch_of
from sandbox.messages import Reply
from tests.sandbox.everyaction.asking import Row, Site

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture(scope="module")
def site() -> Site:
    return Site(rows=300)


def error(reply: Reply) -> Row:
    assert reply.status == 400, reply.payload
    found: Row = reply.payload["errors"][0]
    return found


def everybody(site: Site) -> dict[int, Row]:
    return {record["vanId"]: record for record in site.source.collection("Person").records()}


def found(site: Site, **query: object) -> set[int]:
    return {row["vanId"] for row in site.everything("/people", **query)}


def having(people: dict[int, Row], key: str, beginning: str) -> set[int]:
    return {number for number, row in people.items() if str(row[key]).startswith(beginning)}


def voting(people: dict[int, Row], key: str, value: str) -> set[int]:
    return {number for number, row in people.items() for each in row["addresses"] if each["type"] == "Voting" and each[key] == value}


# --- the search ----------------------------------------------------------------------------------------------------


def test_a_search_needs_a_parameter(site: Site) -> None:
    for query in ({}, {"$top": 5}, {"contactMode": "Person"}, {"lastName": ""}, {"changedSince": "2026-01-01"}):
        assert error(site.ask("GET", "/people", **query))["properties"] == ["All Arguments"]


def test_pages_and_their_limits(site: Site) -> None:
    page = site.payload("/people", lastName="s")
    assert len(page["items"]) == 50
    assert page["count"] > 50
    assert [row["vanId"] for row in page["items"]] == sorted(row["vanId"] for row in page["items"])
    assert "lastName=s&$top=50&$skip=50" in page["nextPageLink"]
    assert site.payload("/people", lastName="s", **{"$skip": 5000})["items"] == []
    assert len(site.payload("/people", lastName="s", **{"$top": 200})["items"]) == page["count"]
    for wrong in (0, 201, -1, "x"):
        assert error(site.ask("GET", "/people", lastName="s", **{"$top": wrong}))["properties"] == ["$top"]
    assert error(site.ask("GET", "/people", lastName="s", **{"$orderby": "vanId"}))["properties"] == ["$orderby"]
    assert error(site.ask("GET", "/people", lastName="s", **{"$expand": "notes"}))["properties"] == ["$expand"]


def test_texts_are_beginnings_and_states_are_exact(site: Site) -> None:
    people = everybody(site)
    assert found(site, lastName="sMi") == having(people, "lastName", "Smi")
    assert found(site, lastName="mith") == set()
    assert found(site, commonName="350") == having(people, "organizationContactCommonName", "350")
    state = next(row["addresses"][0]["stateOrProvince"] for row in people.values() if row["addresses"])
    assert found(site, stateOrProvince=state) == voting(people, "stateOrProvince", state)
    assert found(site, stateOrProvince=state[0]) == set()
    assert found(site, stateOrProvince="NV") == voting(people, "stateOrProvince", "NV")  # the mailing addresses are not looked at
    zip_code = next(row["addresses"][0]["zipOrPostalCode"] for row in people.values() if row["addresses"])
    assert found(site, zipOrPostalCode=zip_code) == voting(people, "zipOrPostalCode", zip_code) != set()
    assert error(site.ask("GET", "/people", zipOrPostalCode="123"))["properties"] == ["ziporpostalcode"]
    phone = next(row["phones"][0]["phoneNumber"] for row in people.values() if row["phones"])
    assert found(site, phoneNumber=phone)
    assert site.ask("GET", "/people", phoneNumber="555-1234").status == 400
    emails = {number: row["emails"][0]["email"] for number, row in people.items() if row["emails"]}
    assert found(site, email="ANN.") == {number for number, email in emails.items() if email.startswith("ann.")}


def test_parameters_go_together(site: Site) -> None:
    assert found(site, lastName="smith", firstName="d") == found(site, lastName="smith") & found(site, firstName="d")
    assert found(site, commonName="f", contactMode="Person") == set()
    assert found(site, firstName="d", contactMode="organization") == set()
    assert error(site.ask("GET", "/people", firstName="d", contactMode="Both"))["properties"] == ["contactMode"]


def test_sorted_by_name(site: Site) -> None:
    rows = site.payload("/people", firstName="d", **{"$orderby": "Name desc", "$top": 200})["items"]
    names = [(row["lastName"] or "").lower() for row in rows]
    assert names == sorted(names, reverse=True)
    assert len(set(names)) > 2


def test_filters_that_crash(site: Site) -> None:
    reply = site.ask("GET", "/people", lastName="É")
    assert reply.status == 500
    assert "exceptionMessage" in reply.payload


@pytest.mark.parametrize("seed", [1, 5, 77])
def test_everybody_can_be_found(seed: int) -> None:
    site = Site(rows=120, seed=seed)
    ways = [("lastName", letter) for letter in LETTERS] + [("firstName", letter) for letter in LETTERS]
    ways += [("commonName", letter) for letter in LETTERS] + [("email", letter) for letter in LETTERS]
    ways += [("stateOrProvince", state) for state in STATES]
    by_way: dict[str, set[int]] = {}
    for name, value in ways:
        by_way.setdefault(name, set()).update(found(site, **{name: value}))
    assert set().union(*by_way.values()) == set(everybody(site))
    for name, numbers in by_way.items():  # no way is there in vain
        assert numbers - set().union(*(other for way, other in by_way.items() if way != name)), name


def test_the_search_sees_what_the_record_says(site: Site) -> None:
    world = site.source.world
    for number, record in everybody(site).items():
        row = world.people.index_of(number)
        assert row is not None
        assert sketch(world, row) == sketch_of(record)


def test_a_change_is_found_at_once(site: Site) -> None:
    number = site.source.change("edit", entity="Person", values={"lastName": "Xylophone"})["id"]
    assert found(site, lastName="xylo") == {number}
    site.source.change("delete", entity="Person", id=number)
    assert found(site, lastName="xylo") == set()


def test_the_search_is_fast() -> None:
    site = Site(rows=20_000)
    started = time.perf_counter()
    numbers = [row["vanId"] for row in site.everything("/people", lastName="s", **{"$top": 200})]
    assert len(numbers) > 2000
    assert len(numbers) == len(set(numbers))
    assert time.perf_counter() - started < 10


# --- one person ----------------------------------------------------------------------------------------------------


def test_sections_that_are_not_asked_for_are_null(site: Site) -> None:
    people = everybody(site)
    number = next(number for number, row in people.items() if not row["suppressions"] and row["emails"])
    plain = site.payload(f"/people/{number}")
    assert all(plain[key] is None for keys in SECTIONS.values() for key in keys)
    asked = site.payload(f"/people/{number}", **{"$expand": "Emails,suppressions,externalIds"})
    assert asked["suppressions"] == []
    assert asked["emails"][0]["email"] == people[number]["emails"][0]["email"]
    assert asked["identifiers"] is not None
    assert asked["notes"] is None
    rows = site.everything("/people", email=asked["emails"][0]["email"][:3], **{"$expand": "phones"})
    listed = next(row for row in rows if row["vanId"] == number)
    assert listed["phones"] is not None
    assert listed["emails"] is None
    assert listed | {"phones": None} == plain


def test_sections_that_cannot_be_had(site: Site) -> None:
    number = next(iter(everybody(site)))
    assert site.ask("GET", f"/people/{number}", **{"$expand": "scores"}).status == 403
    for name in ("pollingLocation", "nothing"):
        assert error(site.ask("GET", f"/people/{number}", **{"$expand": name}))["properties"] == ["$expand"]


def test_people_who_are_not_there(site: Site) -> None:
    suppressed = site.source.world.people.id_of(22)
    for number in (7, suppressed):
        reply = site.ask("GET", f"/people/{number}")
        assert (reply.status, reply.payload["errors"][0]["code"]) == (404, "NOT_FOUND")
        assert site.ask("GET", f"/people/{number}/notes").status == 404
    for path in ("/people/self", "/people/x/notes", "/people/quickSearch"):
        assert site.ask("GET", path).content_type == "text/html; charset=utf-8"


def test_by_another_id(site: Site) -> None:
    number, identifier = next((number, row["identifiers"][0]) for number, row in everybody(site).items() if row["identifiers"])
    assert site.payload(f"/people/{identifier['type']}:{identifier['externalId']}")["vanId"] == number
    assert site.payload(f"/people/vanid:{number}")["vanId"] == number
    assert site.ask("GET", "/people/DWID:none").status == 404


def test_one_address_can_serve_two_roles(site: Site) -> None:
    pairs = [[(each["addressId"], each["type"]) for each in row["addresses"]] for row in everybody(site).values()]
    assert any(len(each) == 2 and each[0][0] == each[1][0] for each in pairs)
    assert all(len(set(each)) == len(each) <= 2 for each in pairs)


def test_notes_membership_and_activist_codes(site: Site) -> None:
    people = everybody(site)
    number = next(number for number, row in people.items() if len(row["notes"]) == 2)
    page = site.payload(f"/people/{number}/notes", **{"$top": 1, "$orderby": "noteId"})
    assert (page["count"], len(page["items"])) == (2, 1)
    assert all(row["category"] is not None for row in site.everything(f"/people/{number}/notes"))
    assert site.ask("GET", f"/people/{number}/notes", **{"$top": 51}).status == 400
    answers = [site.ask("GET", f"/people/{each}/membership") for each in list(people)[:30]]
    assert {reply.status for reply in answers} == {200, 404}
    row = next(iter(site.source.collection("ContactActivistCode").records()))
    codes = site.payload(f"/people/{row['VanID']}/activistCodes")["items"]
    assert row["ActivistCodeID"] in {each["activistCodeId"] for each in codes}


# --- giving --------------------------------------------------------------------------------------------------------


def test_contributions_by_their_id(site: Site) -> None:
    record: dict[str, Any] = next(row for row in site.source.collection("Contribution").records() if row["onlineReferenceNumber"])
    served = site.payload(f"/contributions/{record['contributionId']}")
    assert isinstance(served["amount"], str)
    assert not any(key.startswith("_") for key in served)
    assert site.payload(f"/contributions/onlineReferenceNumber:{record['onlineReferenceNumber']}") == served
    person = record["contact"]["vanId"]
    recent = site.payload("/contributions/recentContributions", vanId=person)["items"]
    assert isinstance(recent[0]["amount"], float)
    assert record["contributionId"] in {each["contributionId"] for each in recent}
    assert site.ask("GET", "/contributions/recentContributions").status == 400
    assert site.ask("GET", "/contributions/recentContributions", vanId=7).status == 404
    assert site.ask("GET", "/contributions/7").status == 404


def test_disbursements(site: Site) -> None:
    record = next(iter(site.source.collection("Disbursement").records()))
    assert site.payload(f"/disbursements/{record['DisbursementID']}")["amount"] == record["Amount"]
    assert site.payload("/disbursements/recentDisbursements", vanId=record["VanID"])["count"] == 1
