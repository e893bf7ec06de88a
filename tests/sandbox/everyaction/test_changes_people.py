from __future__ import annotations

import time

import pytest

from sandbox.changes import NobodyLeft
from sandbox.everyaction.changes_collections import is_recent_event
from sandbox.everyaction.resources import RESOURCES
from sandbox.everyaction.times import read_instant
from sandbox.truth import Cell
from tests.sandbox.everyaction.asking import DAY, JOBS, Site

PEOPLE_S = [each for each in RESOURCES.values() if each.entity != "ActivistCode"]


@pytest.fixture
def site() -> Site:
    found = Site(rows=120)
    found.clock.seconds += DAY
    return found


def changed(site: Site, resource: str, days: float = 0.5, **more: object) -> set[int]:
    key = RESOURCES[resource].key
    return {int(row[key]) for row in site.exported(resource, days, **more)}


@pytest.mark.parametrize("name", [each.name for each in PEOPLE_S])
def test_inserts_and_edits_are_exported(site: Site, name: str) -> None:
    entity = RESOURCES[name].entity
    assert changed(site, name) == set()
    new, old = (site.source.change(kind, entity=entity)["id"] for kind in ("insert", "edit"))
    assert changed(site, name) == {new, old}
    assert site.source.collection(entity).get(new) is not None


@pytest.mark.parametrize("name", [each.name for each in PEOPLE_S])
def test_an_edit_changes_something(site: Site, name: str) -> None:
    entity = RESOURCES[name].entity
    number = next(iter(site.source.collection(entity).ids()))
    before = str(site.source.collection(entity).get(number))
    assert site.source.change("edit", entity=entity, id=number) == {"kind": "edit", "entity": entity, "id": number}
    assert str(site.source.collection(entity).get(number)) != before


def test_edits_by_value(site: Site) -> None:
    number = site.source.change("edit", entity="Person", values={"emails": [], "isDeceased": True})["id"]
    assert site.payload(f"/people/{number}", **{"$expand": "emails"})["emails"] == []
    row = next(row for row in site.exported("Contacts", 0.5) if row["VanID"] == str(number))
    assert (row["Email"], row["IsDeceased"]) == ("", "True")
    form = site.source.change("edit", entity="ContactOnlineForm", values={"SubmittedCity": "Oz"})["id"]
    (row,) = site.exported("ContactsOnlineForms", 0.5, requestedFields=["SubmittedCity"])
    assert (row["ContactsOnlineFormID"], row["SubmittedCity"]) == (str(form), "Oz")


def test_what_details_show_changes_the_contact(site: Site) -> None:
    for kind in ("edit_email", "add_note"):
        number = site.source.change(kind)["id"]
        assert number in changed(site, "Contacts")


def test_a_deleted_person_leaves_everything_else(site: Site) -> None:
    number = site.source.collection("Contribution").make(1)["contact"]["vanId"]
    gifts = {row["contribution_id"] for row in site.source.truth()["contributions"].rows() if row["van_id"] == str(number)}
    site.source.change("delete", entity="Person", id=number)
    truth = site.source.truth(optional=["person_details"])
    for name in ("contacts", "person_details"):
        assert str(number) not in {row["van_id"] for row in truth[name].rows()}
    assert gifts
    assert {row["contribution_id"] for row in truth["contributions"].rows() if row["van_id"] == str(number)} == gifts
    assert changed(site, "Contributions") == {int(str(each)) for each in gifts}
    assert changed(site, "Contacts") == set()
    assert changed(site, "Contacts", includeInactive=True) == {number}
    assert site.ask("GET", f"/people/{number}").status == 404


def test_what_is_never_deleted(site: Site) -> None:
    for entity in ("ContactHistory", "ContactSurveyResponse"):
        with pytest.raises(NobodyLeft):
            site.source.change("delete", entity=entity)


def test_a_merge_moves_everything(site: Site) -> None:
    source = site.source.collection("Contribution").make(1)["contact"]["vanId"]
    target = next(number for number in site.source.collection("Person").ids() if number != source)
    before = {each.name: site.exported(each.name, requestedIds=[source]) for each in PEOPLE_S}
    assert site.source.change("merge", source=source, target=target) == {"kind": "merge", "entity": "Person", "id": source, "into": target}
    assert site.ask("GET", f"/people/{source}").status == 404
    for each in PEOPLE_S[1:]:
        gone = {row["ChangeTypeID"] for row in site.payload(f"{JOBS}/changeTypes/{each.name}") if row["ChangeTypeName"] == "Deleted"}
        moved = {row[each.key] for row in before[each.name] if row.get("ChangeTypeID") not in gone}
        if each.entity == "Person":
            continue
        after = {row[each.key] for row in site.exported(each.name, requestedIds=[target])}
        assert moved <= after, each.name
        assert {str(number) for number in changed(site, each.name)} == moved, each.name
        assert not [row for row in site.exported(each.name, requestedIds=[source]) if row.get("ChangeTypeID") not in gone]
    assert changed(site, "Contacts") == {target}
    assert changed(site, "Contacts", includeInactive=True) == {source, target}
    with pytest.raises(ValueError, match="itself"):
        site.source.change("merge", source=target, target=target)


def test_a_merge_moves_signups(site: Site) -> None:
    signup = next(iter(site.source.collection("EventSignup").records()))
    source, event = signup["person"]["vanId"], signup["event"]["eventId"]
    target = next(row["vanId"] for row in site.source.collection("Person").records() if row["firstName"] and row["vanId"] != source)
    before = {row["eventSignupId"] for van_id in (source, target) for row in site.everything("/signups", vanId=van_id)}
    site.source.change("merge", source=source, target=target)
    assert {row["eventSignupId"] for row in site.everything("/signups", vanId=target)} == before
    row = next(row for row in site.everything("/signups", eventId=event) if row["eventSignupId"] == signup["eventSignupId"])
    person = site.payload(f"/people/{target}")
    assert (row["person"]["vanId"], row["person"]["firstName"]) == (target, person["firstName"])
    assert (read_instant(row["dateModified"]) or 0) > site.clock() - 60
    assert str(source) not in {row["person_van_id"] for row in site.source.truth()["event_signups"].rows()}


@pytest.mark.parametrize("rows", [40, 600])
def test_a_merge_of_anybody_leaves_old_signups_alone(rows: int) -> None:
    source = Site(rows=rows).source
    moved = 0
    for _ in range(9):
        before = {row["eventSignupId"]: row["person"]["vanId"] for row in source.collection("EventSignup").records()}
        source.change("merge")
        for row in source.collection("EventSignup").records():
            if row["person"]["vanId"] != before[row["eventSignupId"]]:
                moved += 1
                assert is_recent_event(source, row["event"]["eventId"])
    assert moved


@pytest.mark.parametrize("rows", [30, 300])
def test_no_change_of_a_bundle_blanks_a_cell(rows: int) -> None:
    source = Site(rows=rows).source

    def cells() -> dict[tuple[object, ...], dict[str, Cell]]:
        truth = source.truth(optional=source.optional_tables)
        return {(name, *(row[each] for each in table.key)): row for name, table in truth.items() for row in table.rows()}

    for _ in range(4):
        before = cells()
        source.change_bundle(share=0.2)
        after = cells()
        blanked = {
            (key[0], column)
            for key in before.keys() & after.keys()
            for column, value in before[key].items()
            if value is not None and after[key][column] is None
        }
        assert not blanked


def test_a_bundle_is_fast() -> None:
    source = Site(rows=3000).source
    started = time.perf_counter()
    assert len(source.change_bundle()) > 500
    assert time.perf_counter() - started < 3  # a fifth of a second, where nothing else runs


def test_a_bundle_has_some_of_everything(site: Site) -> None:
    done = site.source.change_bundle(share=0.02)
    kinds = {(each["kind"], each.get("entity")) for each in done}
    for each in PEOPLE_S:
        wanted = {"insert"} if each.entity in {"ContactHistory", "ContactSurveyResponse"} else {"insert", "edit", "delete"}
        assert {(kind, each.entity) for kind in wanted} <= kinds
    assert {"merge", "edit_email", "add_note", "statistics"} <= {kind for kind, _ in kinds}


def test_changes_that_cannot_be_done(site: Site) -> None:
    with pytest.raises(ValueError, match="unknown change"):
        site.source.change("explode")
    with pytest.raises(ValueError, match="edit: missing a required argument: 'entity'"):
        site.source.change("edit")
    with pytest.raises(ValueError, match="unknown entity"):
        site.source.change("edit", entity="Nothing")
    with pytest.raises(ValueError, match="unknown switch"):
        site.source.change("switch", name="nothing", value=1)
    with pytest.raises(LookupError):
        site.source.change("edit", entity="Person", id=7)
    assert "edit (with entity)" in site.source.change_kinds
    for example in site.source.examples:
        assert site.source.change(**example)
