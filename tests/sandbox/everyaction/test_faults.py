from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest

from sandbox.faults import ConnectionDropped
from sandbox.messages import Request
from sandbox.presets import PRESETS
from tests.sandbox.everyaction.asking import JOBS, NOW, Site, instant

LISTS = {
    "/people?lastName=s": "Person", "/codes": "Code", "/events": "Event", "/savedLists": "SavedList", "/email/messages": "EmailMessage",
    "/folders": "Folder", "/locations": "Location",
}  # fmt: skip


@pytest.fixture
def site() -> Site:
    return Site(rows=300)


def request(path: str, method: str = "GET", body: Any = None) -> Request:
    plain, _, query = path.partition("?")
    parameters = dict(each.split("=") for each in query.split("&") if each)
    return Request(method, f"/v4{plain}", parameters, body, NOW)


def test_places(site: Site) -> None:
    places = {name: re.compile(pattern) for name, pattern in site.source.places.items()}
    assert places["api"].search("/v4/people/7")
    assert places["api"].search("/exports/7/0.csv")
    for path in ("people", "signups", "codes", "employers", "changedEntityExportJobs", "apiKeyProfiles"):
        assert places["queries"].search(f"/v4/{path}"), path
    without_pages = ("customFields", "events/types", "designations", "scheduleTypes", "financialBatches")
    for path in ("people/7", "changedEntityExportJobs/7", "signups/statuses", *without_pages):
        assert not places["queries"].search(f"/v4/{path}"), path
    for path in ("people", "codes", "events", "email/messages"):
        assert places["pages"].search(f"/v4/{path}"), path
    assert not places["pages"].search("/v4/employers")


def test_pages(site: Site) -> None:
    for path, entity in LISTS.items():
        page = site.source.list_page(request(path))
        assert page is not None
        assert (page.entity, page.first, page.skip, page.records) == (entity, True, 0, site.source.collection(entity).count())
    one, other = (site.source.list_page(request(f"/codes?$top=9&$skip={skip}")) for skip in (0, 9))
    assert one
    assert other
    assert (one.question, other.first, other.skip) == (other.question, False, 9)
    job = site.source.list_page(request(JOBS, "POST", {"resourceType": "Contributions"}))
    assert job
    assert job.entity == "Contribution"
    for path in ("/people/7", "/changedEntityExportJobs/resources", "/designations", "/nothing"):
        assert site.source.list_page(request(path)) is None


@pytest.mark.parametrize("change", ["delete", "insert", "edit", "replace", "import"])
@pytest.mark.parametrize("path", LISTS)
def test_every_list_can_change_while_it_is_read(site: Site, path: str, change: str) -> None:
    entity = LISTS[path]
    before = site.source.version, site.source.collection(entity).count()
    done = site.source.disturb(request(path), change)
    if done:
        assert site.source.version > before[0]
        difference = {"delete": -1, "insert": 1}.get(change, 0)
        assert site.source.collection(entity).count() - before[1] == difference
    else:
        assert change in {"delete", "replace"}


def test_jobs_and_signups_can_be_disturbed(site: Site) -> None:
    assert site.source.disturb(request(JOBS, "POST", {"resourceType": "Contributions"}), "delete")
    assert not site.source.disturb(request(JOBS, "POST", {"resourceType": "ContactHistory"}), "delete")
    event = next(iter(site.source.collection("EventSignup").records()))["event"]["eventId"]
    assert site.source.disturb(request(f"/signups?eventId={event}"), "edit")


def test_only_people_go_to_whom_nothing_belongs(site: Site) -> None:
    inserted = site.source.change("insert", entity="Person")["id"]
    people = request(JOBS, "POST", {"resourceType": "Contacts"})
    gone = set()
    for _ in range(12):
        before = set(site.source.collection("Person").ids())
        if not site.source.disturb(people, "delete"):
            break
        gone |= before - set(site.source.collection("Person").ids())
    assert inserted in gone
    assert 1 < len(gone) < 12
    everything = [row for table in ("contributions", "contact_histories") for row in site.source.truth()[table].rows()]
    assert not {row["van_id"] for row in everything} & {str(number) for number in gone}


def test_only_empty_folders_go() -> None:
    site = Site(rows=1200)
    assert not site.source.disturb(request("/folders"), "delete")
    inserted = site.source.change("insert", entity="Folder")["id"]
    assert site.source.disturb(request("/folders"), "delete")
    assert site.source.collection("Folder").get(inserted) is None


def test_a_short_list_loses_nothing() -> None:
    site = Site(rows=5)
    assert not site.source.disturb(request("/people?stateOrProvince=NY"), "delete")
    assert not site.source.disturb(request(JOBS, "POST", {"resourceType": "Contacts"}), "replace")


def test_what_can_be_misread(site: Site) -> None:
    window = {"resourceType": "Contacts", "dateChangedFrom": instant(NOW - 1)}
    for how in ("inclusive", "exclusive", "ignored"):
        assert site.source.misread(request(JOBS, "POST", window), how)
        assert window.keys() == {"resourceType", "dateChangedFrom"}
    assert not site.source.misread(request(JOBS, "POST", window | {"requestedIds": [1]}), "ignored")
    some = request("/activistCodes?statuses=Active")
    assert site.source.misread(some, "ignored")
    assert some.query == {"statuses": "Active,Archived,Inactive"}
    assert not site.source.misread(some, "ignored")
    assert not site.source.misread(request("/activistCodes?statuses=Active"), "exclusive")


def test_records_cut_down(site: Site) -> None:
    person = next(iter(site.source.collection("Person").records()))
    assert site.source.narrow(person).keys() == {"vanId", "firstName", "lastName", "contactMode"}
    code = next(iter(site.source.collection("Code").records()))
    assert 1 < len(site.source.narrow(code)) < len(code)


def test_single_records_can_be_spoilt(site: Site) -> None:
    number = next(iter(site.source.collection("Person").ids()))
    site.box.faults.add("poison_value", entity="Person", id=number, key="emails.0.email", value=5)
    email = site.payload(f"/people/{number}", **{"$expand": "emails"})["emails"]
    assert not email or email[0]["email"] == 5
    gift = next(iter(site.source.collection("Contribution").ids()))
    site.box.faults.add("poison", entity="Contribution", id=gift, status=500, key="amount")
    assert site.ask("GET", f"/contributions/{gift}").status == 500
    field = site.payload("/districtFields")["districts"][0]["districtFieldId"]
    site.box.faults.add("hide", "/districtFields$", ids=[field])
    assert field not in {row["districtFieldId"] for row in site.payload("/districtFields")["districts"]}
    count = site.payload("/codes")["count"]
    hidden = next(iter(site.source.collection("Code").ids()))
    site.box.faults.add("hide", "/codes$", ids=[hidden])
    assert site.payload("/codes")["count"] == count - 1


def test_a_page_size_has_a_name_that_faults_know(site: Site) -> None:
    site.box.faults.add("status", "/codes$", min_take=20, status=504)
    assert site.ask("GET", "/codes", **{"$top": 20}).status == 200
    assert site.ask("GET", "/codes", **{"$top": 21}).status == 504


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_strikes(preset: str) -> None:
    site = Site(rows=400)
    site.box.faults.preset(preset, **({"probability": 1.0} if preset != "storm" else {}))
    struck = 0
    for path in ("/codes", "/people?lastName=s", "/activistCodes?statuses=Active"):
        plain, _, query = path.partition("?")
        for skip in range(0, 120, 40):
            parameters = dict([query.split("=")] if query else []) | {"$top": "200" if "cap" in preset else "40", "$skip": str(skip)}
            with suppress(ConnectionDropped):
                site.ask("GET", plain, **parameters)
                site.post("Contacts")
        struck = sum(site.box.faults.struck().values())
    assert (struck > 0) is (preset not in {"small-pages", "depth-cap"})
