from __future__ import annotations

import copy
from typing import Any

import pytest

from sandbox.changes import NobodyLeft
from sandbox.everyaction.account import Account
from sandbox.everyaction.changes_collections import ENTITIES, KINDS, bundle, is_recent_event, narrow, set_value
from sandbox.everyaction.fewest_collections import collection_pages, details
from sandbox.everyaction.times import read_instant
from sandbox.everyaction.truth_collections import tables
from sandbox.everyaction.world import CUSTOM_FIELDS, DAY
from tests.sandbox.everyaction.calling import everything, make_account, payload

Row = dict[str, Any]


@pytest.fixture
def account() -> Account:
    return make_account()


def do(account: Account, kind: str, **options: Any) -> Row:
    account.changes += 1
    if kind in KINDS:
        return KINDS[kind](account, **options)
    generic = ENTITIES[options["entity"]]
    return getattr(generic, kind)(account, *{"edit": (None, None), "delete": (None,)}.get(kind, ()))  # type: ignore[no-any-return]


def record(account: Account, changed: Row) -> Row | None:
    collection = account.collection(changed["entity"])
    return collection.get(collection.number(changed["id"]))


def records(account: Account, entity: str) -> dict[Any, Row]:
    collection = account.collection(entity)
    return {each[collection.id_key]: copy.deepcopy(each) for each in collection.records()}


def rows(account: Account, table: str) -> list[Row]:
    return list(tables(account)[table].rows())


@pytest.mark.parametrize("entity", sorted(set(ENTITIES) - {"ApiKeyProfile"}))
def test_any_entity_is_edited_inserted_and_deleted(account: Account, entity: str) -> None:
    before = records(account, entity)
    edited = do(account, "edit", entity=entity)
    assert record(account, edited) != before[edited["id"]]
    inserted = do(account, "insert", entity=entity)
    assert inserted["id"] not in before
    other = do(account, "insert", entity=entity)
    assert other["id"] not in {*before, inserted["id"]}
    gone = do(account, "delete", entity=entity)
    assert record(account, gone) is None
    after = records(account, entity)
    assert len(after) == len(before) + 1
    assert sum(after.get(number) != each for number, each in before.items()) in {1, 2}


@pytest.mark.parametrize("entity", ["Code", "ExtendedSourceCode", "EmailMessage", "OnlineActionsForm", "EventSignup"])
def test_an_edit_moves_the_modified_time_and_each_one_further(account: Account, entity: str) -> None:
    edited = do(account, "edit", entity=entity)
    times = []
    for _ in range(3):
        ENTITIES[entity].edit(account, edited["id"], {"dateCreated": "2020-01-01T00:00:00Z"})
        found = record(account, edited)
        assert found is not None
        times.append(read_instant(found["dateModified"]) or 0)
    assert times == sorted(set(times))
    assert times[0] == pytest.approx(account.now(), abs=60)


def test_values_are_set_by_their_paths(account: Account) -> None:
    number = everything(account, "locations")[0]["locationId"]
    ENTITIES["Location"].edit(account, number, {"address.city": "Änderung", "name": ""})
    found = payload(account, f"locations/{number}")
    assert (found["address"]["city"], found["name"]) == ("Änderung", "")


def test_the_last_one_stays_unless_it_is_named(account: Account) -> None:
    numbers = list(account.collection("Pronoun").ids())
    for number in numbers[1:]:
        ENTITIES["Pronoun"].delete(account, number)
    with pytest.raises(NobodyLeft):
        ENTITIES["Pronoun"].delete(account, None)
    ENTITIES["Pronoun"].delete(account, numbers[0])
    assert payload(account, "pronouns") == {"items": [], "nextPageLink": None, "count": 0}


def test_a_key_keeps_its_profile_and_custom_fields_with_values_stay(account: Account) -> None:
    for generic in (ENTITIES["ApiKeyProfile"],):
        assert generic.edit(account, None, None)["id"] == "000731"
        with pytest.raises(NobodyLeft):
            generic.insert(account)
        with pytest.raises(NobodyLeft):
            generic.delete(account, None)
    with pytest.raises(NobodyLeft):
        ENTITIES["CustomField"].delete(account, None)
    inserted = ENTITIES["CustomField"].insert(account)["id"]
    assert ENTITIES["CustomField"].delete(account, None)["id"] == inserted
    before = {each.id: each.name for each in CUSTOM_FIELDS}
    for _ in range(9):
        do(account, "edit", entity="CustomField")
    assert {row["customFieldId"]: row["customFieldName"] for row in everything(account, "customFields")} == before


def test_an_event_takes_its_signups_along(account: Account) -> None:
    inserted = do(account, "insert", entity="Event")["id"]
    signup = do(account, "sign_up", event=inserted)["id"]
    assert [row["eventSignupId"] for row in everything(account, "signups", eventId=inserted)] == [signup]
    before = rows(account, "event_signups")
    ENTITIES["Event"].delete(account, inserted)
    assert rows(account, "event_signups") == [row for row in before if row["event_id"] != str(inserted)]
    assert account.collection("EventSignup").get(signup) is None


@pytest.mark.parametrize("kind", ["edit", "insert", "delete"])
def test_signups_change_for_events_that_are_not_long_past(account: Account, kind: str) -> None:
    for _ in range(12):
        before = records(account, "EventSignup")
        changed = do(account, kind, entity="EventSignup")
        found = before[changed["id"]] if kind == "delete" else record(account, changed)
        assert found is not None
        assert is_recent_event(account, found["event"]["eventId"])


def test_statistics_move_and_nothing_tells(account: Account) -> None:
    before = rows(account, "email_messages"), rows(account, "email_message_contents")
    changed = do(account, "statistics")
    after = rows(account, "email_messages"), rows(account, "email_message_contents")
    assert after[0] == before[0]
    different = [row for row, old in zip(after[1], before[1], strict=True) if row != old]
    assert {row["foreign_message_id"] for row in different} == {changed["id"]}
    for row in different:
        assert (read_instant(row["date_sent"]) or 0) > account.now() - 30 * DAY


def test_a_pending_message_is_sent(account: Account) -> None:
    before = {row["foreign_message_id"] for row in rows(account, "email_message_contents") if row["date_sent"] is None}
    changed = do(account, "send")
    assert changed["id"] in before
    assert {row["date_sent"] is None for row in rows(account, "email_message_contents") if row["foreign_message_id"] == changed["id"]} == {
        False
    }


def test_a_list_moves_and_does_not_tell(account: Account) -> None:
    before, folders = everything(account, "savedLists"), {row["saved_list_id"]: row["folder_id"] for row in rows(account, "saved_lists")}
    changed = do(account, "move_list")
    assert everything(account, "savedLists") == before
    moved = {row["saved_list_id"]: row["folder_id"] for row in rows(account, "saved_lists")}
    assert {number for number, folder in moved.items() if folder != folders[number]} == {str(changed["id"])}
    for _ in range(20):
        do(account, "move_list", number=changed["id"])
        assert next(row["folder_id"] for row in rows(account, "saved_lists") if row["saved_list_id"] == str(changed["id"]))


def test_only_empty_folders_go_unless_one_is_named(account: Account) -> None:
    with pytest.raises(NobodyLeft):
        do(account, "delete", entity="Folder")
    inserted = do(account, "insert", entity="Folder")["id"]
    assert do(account, "delete", entity="Folder")["id"] == inserted
    folder = next(row["folder_id"] for row in rows(account, "saved_lists") if row["folder_id"])
    assert ENTITIES["Folder"].delete(account, int(folder))["id"] == int(folder)
    assert folder not in {row["folder_id"] for row in rows(account, "saved_lists")}


def test_archiving_takes_a_code_out_of_the_usual_list(account: Account) -> None:
    active = everything(account, "activistCodes")
    changed = do(account, "archive", number=active[0]["activistCodeId"])
    assert changed["status"] == "Archived"
    assert everything(account, "activistCodes") == active[1:]


@pytest.mark.parametrize("size", [1, 25, 300])
def test_a_bundle_is_of_many_ways_and_leaves_keys_unique(size: int) -> None:
    account = make_account(size)
    for kind, times, options in bundle(account, 0.02):
        assert times >= 1
        for _ in range(times):
            try:
                do(account, kind, **options)
            except NobodyLeft:
                assert size < 100
    for name, table in tables(account).items():
        keys = [tuple(row[column] for column in table.key) for row in table.rows()]
        assert len(keys) == len(set(keys)) == table.count(), name


def test_a_value_is_set_and_nothing_else(account: Account) -> None:
    code = everything(account, "codes", {"$expand": "supportedEntities"})[0]
    set_value(account, "Code", code["codeId"], "supportedEntities.0.name", 17)
    code["supportedEntities"][0]["name"] = 17
    assert everything(account, "codes", {"$expand": "supportedEntities"})[0] == code


def test_narrow_records_have_their_ids(account: Account) -> None:
    event = everything(account, "events")[0]
    assert narrow(event) == {key: event[key] for key in ("eventId", "name")}
    assert narrow(everything(account, "printedLists")[0]).keys() == {"number", "name"}


def test_the_fewest_requests_are_counted_by_the_records(account: Account) -> None:
    lists, single = collection_pages(account), details(account, changed=False)
    assert lists["codes"] == 1
    assert lists["designations"] == lists["customFields"] == lists["events/types"] == 1
    assert lists["savedLists?folderId=<id>"] == len(everything(account, "folders"))
    assert collection_pages(account, page=5)["codes"] == -(-len(everything(account, "codes")) // 5)
    assert single["signups?eventId=<id>"] == len(everything(account, "events"))
    assert single["email/message/<id>"] == len(everything(account, "email/messages"))
    later = details(account, changed=True)
    assert later["designations/<id>"] == 0
    assert 0 < later["email/message/<id>"] < single["email/message/<id>"]
    assert 0 < later["signups?eventId=<id>"] < single["signups?eventId=<id>"]
    do(account, "edit", entity="Designation")
    assert details(account, changed=True)["designations/<id>"] == 1
