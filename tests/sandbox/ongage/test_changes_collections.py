from __future__ import annotations

from typing import Any

import pytest

from sandbox.changes import NobodyLeft
from sandbox.ongage.account import Account
from sandbox.ongage.changes_collections import ENTITIES, KINDS, bundle, disturb, narrow, set_value
from sandbox.ongage.facts import all_facts
from sandbox.ongage.truth_collections import tables
from sandbox.ongage.world import DAY
from tests.sandbox.ongage.calling import call, make_account, payload, report

WITHOUT_MODIFIED = {"EspConnection", "EmailTag"}


@pytest.fixture
def account() -> Account:
    return make_account()


def do(account: Account, kind: str, **options: Any) -> dict[str, Any]:
    account.changes += 1
    return KINDS[kind](account, **options)


def _record(account: Account, changed: dict[str, Any]) -> dict[str, Any]:
    found = account.find(changed["entity"], changed["id"])
    assert found is not None
    return found[1]


def _sums(account: Account) -> dict[str, str]:
    rows = report(account, select=["mailing_id", "stats_date", "sum(sent)", "sum(opens)"], group=["mailing_id", ["stats_date", "day"]])
    return {f"{row['mailing_id']} {row['stats_date']}": f"{row['sent']} {row['opens']}" for row in rows}


@pytest.mark.parametrize("entity", ENTITIES)
def test_any_entity_is_edited_inserted_and_deleted(account: Account, entity: str) -> None:
    generic = ENTITIES[entity]
    before = {record["id"]: record for _, record in account.everywhere(entity)}
    edited = _record(account, generic.edit(account, None, None))
    assert edited != before[edited["id"]]
    if entity not in WITHOUT_MODIFIED:
        assert int(edited["modified"]) == account.now()
        again = _record(account, generic.edit(account, int(edited["id"]), {"name": "Änderung"}))
        assert (again["name"], int(again["modified"])) == ("Änderung", account.now() + 1)
    for _ in range(3):
        inserted = generic.insert(account)
        assert str(inserted["id"]) not in before
        account.changes += 1
    gone = generic.delete(account, int(edited["id"]))
    assert account.find(entity, gone["id"]) is None
    after = {record["id"]: record for _, record in account.everywhere(entity)}
    assert len(after) == len(before) + 2
    assert sum(before.get(number) == record for number, record in after.items()) == len(before) - 1


def test_a_deleted_record_has_no_detail(account: Account) -> None:
    number = payload(account, "mailings")[0]["id"]
    ENTITIES["Mailing"].delete(account, int(number))
    assert call(account, "GET", f"mailings/{number}").status == 404
    assert number not in {row["id"] for row in payload(account, "mailings", limit=999)}


def test_a_rule_changes_and_its_segment_says_so(account: Account) -> None:
    number = int(payload(account, "segments")[0]["id"])
    before = payload(account, f"segments/{number}")
    do(account, "edit_rule", number=number)
    after = payload(account, f"segments/{number}")
    assert after["rules"] != before["rules"]
    assert int(after["modified"]) == account.now()


def test_a_mailing_gets_on_until_it_is_done(account: Account) -> None:
    statuses = {record["id"]: record["status"] for _, record in account.everywhere("Mailing")}
    planned = next(int(number) for number, status in statuses.items() if status == "60002")
    before = _sums(account)
    assert do(account, "progress", number=planned)["status"] == "60003"
    during = _sums(account)
    assert before.items() < during.items()
    assert do(account, "progress", number=planned)["status"] == "60004"
    assert _sums(account) == during
    with pytest.raises(LookupError):
        do(account, "progress", number=planned)


def test_what_is_cancelled_gets_no_statistics(account: Account) -> None:
    before, changed = _sums(account), do(account, "cancel_mailing")
    assert _record(account, changed)["status"] == "60006"
    assert _sums(account) == before


def test_a_new_mailing_has_statistics_of_today(account: Account) -> None:
    number = do(account, "insert_mailing")["id"]
    rows = report(account, select=["mailing_id", "sum(sent)", "sum(opens)"], group=["mailing_id"], filter=[["mailing_id", "=", number]])
    assert [int(row["sent"]) > 0 for row in rows] == [True] == [int(row["opens"]) > 0 for row in rows]
    assert all(fact["_at"] <= account.now() for fact in all_facts(account, account.visible(sending=True)))


def test_late_opens_come_and_a_day_goes(account: Account) -> None:
    before = _sums(account)
    for _ in range(5):
        changed = do(account, "late_opens")
        assert account.now() - 30 * DAY < changed["day"] <= account.now()
    later = _sums(account)
    different = {key for key, value in later.items() if before.get(key) != value}
    assert 0 < len(different) <= 5
    assert before.keys() <= later.keys()
    gone = do(account, "stats_shrink")
    assert later.keys() - _sums(account).keys() == {f"{gone['id']} {gone['day']}"}


def test_statistics_outlast_a_mailing_and_keep_its_name(account: Account) -> None:
    asked: dict[str, Any] = {"select": ["mailing_id", "mailing_name"], "group": ["mailing_id"], "order": ["mailing_id"]}
    names = {str(row["mailing_id"]): row["mailing_name"] for row in report(account, **asked)}
    for number, what in zip(names, ("edit", "delete"), strict=False):
        edit, _, delete = ENTITIES["Mailing"]
        edit(account, int(number), {"name": "other"}) if what == "edit" else delete(account, int(number))
    assert {str(row["mailing_id"]): row["mailing_name"] for row in report(account, **asked)} == names


def test_the_past_does_not_change_while_the_clock_goes_on(account: Account) -> None:
    tables_before = {name: list(table.rows()) for name, table in tables(account).items()}
    account.clock.seconds += 3 * DAY  # type: ignore[attr-defined]
    assert {name: list(table.rows()) for name, table in tables(account).items()} == tables_before


def test_a_bundle_is_of_all_ways_and_leaves_keys_unique(account: Account) -> None:
    plan = bundle(account, 0.02)
    assert {kind for kind, _, _ in plan} == {"edit", "insert", "delete", *KINDS} - {"insert_mailing"}
    for kind, times, options in plan:
        for _ in range(times):
            account.changes += 1
            if "entity" not in options:
                KINDS[kind](account)
                continue
            generic = ENTITIES[options["entity"]]
            getattr(generic, kind)(account, *{"edit": (None, None), "delete": (None,)}.get(kind, ()))
    for name, table in tables(account).items():
        keys = [tuple(row[column] for column in table.key) for row in table.rows()]
        assert len(keys) == len(set(keys)) == table.count(), name


@pytest.mark.parametrize("change", ["delete", "insert", "edit", "replace", "import"])
def test_a_list_is_disturbed_in_that_list_alone(account: Account, change: str) -> None:
    place = account.world.default.id
    assert disturb(account, "Mailing", place, change)
    for number, collection in account.collections["Mailing"].items():
        touched = len(collection.edited) + len(collection.deleted)
        assert (touched > 0) == (number == place)
    assert disturb(account, "Mailing", place, "import")
    times = [record["modified"] for record in account.collection("Mailing", place).edited.values()]
    assert times.count(max(times)) == pytest.approx(account.collection("Mailing", place).count() / 2, abs=1)


def test_few_records_are_left_alone_and_reports_are_disturbed_too(account: Account) -> None:
    assert not disturb(account, "EmailTag", account.world.default.id, "delete")
    before = _sums(account)
    assert all(disturb(account, "Report", 0, change) for change in ("edit", "insert", "delete"))
    assert _sums(account) != before


def test_a_value_is_set_and_nothing_else(account: Account) -> None:
    number = int(payload(account, "mailings")[0]["id"])
    before = payload(account, f"mailings/{number}")
    set_value(account, "Mailing", number, "distribution.0.percent", "many")
    before["distribution"][0]["percent"] = "many"
    assert payload(account, f"mailings/{number}") == before
    assert narrow(before).keys() == {"id", "list_id", "name", "modified", "type"}


def test_nobody_left_is_said_so(account: Account) -> None:
    for place, collection in account.collections["EmailTag"].items():
        for number in list(collection.ids()):
            account.remove("EmailTag", place, number)
    with pytest.raises(NobodyLeft):
        ENTITIES["EmailTag"].edit(account, None, None)
