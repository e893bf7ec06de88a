from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.ongage.changes import KINDS
from sandbox.ongage.contacts import DATES
from sandbox.ongage.world import DAY
from tests.sandbox.ongage.asking import CLASHING, MAIN, SMALL, Site, criterion


def since(site: Site, name: str, seconds: float) -> set[str]:
    return {row["ocx_contact_id"] for row in site.found(MAIN, criterion(name, ">=", int(seconds)))}


@pytest.mark.parametrize(
    ("kind", "date", "status"),
    [
        ("insert_contact", "ocx_created_date", "Active"),
        ("unsubscribe", "ocx_unsubscribe_date", "Unsubscribed"),
        ("resubscribe", "ocx_resubscribe_date", "Active"),
        ("bounce", "ocx_bounce_date", "Bounced"),
        ("complain", "ocx_complaint_date", "Complaint"),
    ],
)
def test_a_change_of_state_is_told_by_its_date_alone(kind: str, date: str, status: str) -> None:
    site = Site()
    number = site.source.change(kind, list_id=MAIN)["id"]
    for name in DATES:
        assert since(site, name, site.clock()) == ({number} if name == date else set())
    assert site.payload(f"/{MAIN}/api/contacts/by_id/{number}")["ocx_status"] == status


@pytest.mark.parametrize("kind", ["edit_field", "remove_contact", "insert_contacts_backdated"])
def test_nothing_tells_of_the_others(kind: str) -> None:
    site = Site()
    before = {row["ocx_contact_id"]: row for row in site.found(MAIN)}
    done = site.source.change(kind, list_id=MAIN)
    assert all(since(site, name, site.clock() - DAY) == set() for name in DATES)
    after = {row["ocx_contact_id"]: row for row in site.found(MAIN)}
    assert {number for number in {**before, **after} if before.get(number) != after.get(number)} == set(done.get("ids", [done["id"]]))
    if kind == "remove_contact":
        assert site.ask("GET", f"/{MAIN}/api/contacts/by_id/{done['id']}").status == 404


def test_a_contact_is_changed_by_its_id_as_served() -> None:
    site = Site()
    number = site.found(SMALL)[3]["ocx_contact_id"]
    site.source.change("edit_field", id=number, values={"city": "Rome, GA"})
    site.source.set_value("Contact", number, "country", "")
    row = site.payload(f"/{SMALL}/api/contacts/by_id/{number}")
    assert (row["city"], row["country"]) == ("Rome, GA", "")
    assert [each["city"] for each in site.found(SMALL) if each["ocx_contact_id"] == number] == ["Rome, GA"]
    with pytest.raises(LookupError):
        site.source.change("unsubscribe", id="0" * 24)


def truth_of(site: Site, table: str) -> list[dict[str, Any]]:
    return list(site.source.truth()[table].rows())


def test_the_truth_is_what_the_searches_give_also_after_changes() -> None:
    site = Site()
    for _ in range(2):
        rows = {(row["list_id"], row["id"]): row for row in truth_of(site, "contacts")}
        found = [(place, row) for place in site.source.visible(sending=True) for row in site.found(place.id)]
        assert len(found) == len(rows) == site.source.truth()["contacts"].count()
        for place, row in found:
            true = rows[str(place.id), row["ocx_contact_id"]]
            system = {name: row.pop(name) for name in list(row) if name == "email" or name.startswith("ocx_")}
            assert (true["email"], true["ocx_status"], true["ocx_import_id"] or "") == tuple(
                system[name] for name in ("email", "ocx_status", "ocx_import_id")
            )
            assert str(true["ocx_created_date"])[:19].replace("T", " ") == system["ocx_created_date"]
            assert (true["first_name"] or "") == row.get("first_name", row.get("FIRST_NAME"))
            assert json.loads(str(true["custom_fields"])) == {name: value for name, value in row.items() if value}
        site.source.change_bundle(share=0.05)


def test_fields_of_another_case_have_the_column_of_their_name() -> None:
    site = Site()
    rows = [row for row in truth_of(site, "contacts") if row["list_id"] == str(CLASHING)]
    assert any(row["first_name"] and '"FIRST_NAME":' in str(row["custom_fields"]) for row in rows)
    assert any(row["zip_code"] for row in rows)


def test_a_field_that_is_added_is_a_column_and_one_that_is_removed_is_none() -> None:
    site = Site()
    added = site.source.change("insert", entity="ListField", list_id=SMALL)["id"]
    name = next(each["name"] for each in site.payload(f"/{SMALL}/api/list_fields") if each["id"] == added)
    assert site.found(SMALL)[0][name] == ""
    city = next(each["id"] for each in site.payload(f"/{SMALL}/api/list_fields") if each["name"] == "city")
    site.source.change("delete", entity="ListField", id=city)
    assert "city" not in site.found(SMALL)[0]
    assert not any(row["city"] for row in truth_of(site, "contacts") if row["list_id"] == str(SMALL))


def test_a_list_that_is_deleted_takes_all_that_is_in_it() -> None:
    site = Site()
    site.source.change("delete", entity="List", id=SMALL)
    assert SMALL not in [each["id"] for each in site.payload("/api/lists")]
    assert site.ask("GET", f"/{SMALL}/api/mailings").status == 404
    for table in ("lists", "list_fields", "contacts", "mailings", "segments", "mailing_daily_stats"):
        assert str(SMALL) not in {row.get("list_id", row.get("id")) for row in truth_of(site, table)}


def test_all_kinds_of_change_happen_at_once_and_are_the_same_for_the_same_seed() -> None:
    done = [Site().source.change_bundle(share=0.02) for _ in range(2)]
    assert done[0] == done[1]
    assert {each["kind"] for each in done[0]} == KINDS.kinds.keys() - {"switch", "insert_mailing"}


def test_what_cannot_be_changed_is_told() -> None:
    site = Site()
    for kind, options in (("nothing", {}), ("edit", {"entity": "Nobody"}), ("switch", {"name": "x", "value": 1})):
        with pytest.raises(ValueError, match="unknown"):
            site.source.change(kind, **options)
    assert "switch (with name, value)" in site.source.change_kinds


@pytest.mark.parametrize("rows", [1, 3])
def test_the_smallest_account_can_do_everything(rows: int) -> None:
    site = Site(rows=rows)
    assert site.source.change_bundle()
    assert all(table.count() == len(list(table.rows())) for table in site.source.truth(optional=site.source.optional_tables).values())
    assert min(site.source.fewest_requests().values()) >= 1
