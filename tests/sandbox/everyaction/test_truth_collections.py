from __future__ import annotations

import pytest

from sandbox.everyaction.account import Account
from sandbox.everyaction.changes_collections import set_value
from sandbox.everyaction.truth_collections import EXPORTED, ROOTS, tables
from tests.sandbox.everyaction.calling import everything, make_account

# Nothing that the account tells of its exports is unknown so far.
WITHOUT_EXTRAS = {"changed_entity_resources", "changed_entity_fields", "changed_entity_change_types"}


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account(100)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_keys_are_unique_and_every_column_is_filled_somewhere(seed: int) -> None:
    account = make_account(100, seed)
    for name, table in tables(account).items():
        rows = list(table.rows())
        assert len({tuple(row[column] for column in table.key) for row in rows}) == len(rows) == table.count(), name
        empty = {column for column in table.columns if all(row[column] is None for row in rows)}
        assert empty <= ({"additional_fields"} if name in WITHOUT_EXTRAS else set()), name


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_a_tiny_account_has_a_truth(rows: int) -> None:
    assert all(table.count() == len(list(table.rows())) for table in tables(make_account(rows)).values())


def test_every_record_of_every_entity_is_a_row(account: Account) -> None:
    found = tables(account)
    for root in ROOTS:
        if root.entity != EXPORTED:
            assert found[root.table].count() == account.collection(root.entity).count(), root.table


def test_columns_are_named_by_the_rule(account: Account) -> None:
    found = tables(account)
    assert found["events"].key == ["event_id"]
    assert found["event_shifts"].key == ["event_id", "position"]
    assert {"event_type_id", "event_type_name", "dot_net_time_zone_id", "voter_registration_batches"} <= found["events"].columns.keys()
    assert {"address_line_1", "address_city", "address_geo_location_lat"} <= found["locations"].columns.keys()
    assert {"person_van_id", "shift_event_shift_id", "role_id", "status_id", "location_display_name"} <= found[
        "event_signups"
    ].columns.keys()
    assert {"campaign_id", "date_scheduled"} <= found["email_messages"].columns.keys()
    assert {"date_sent", "contribution_total"} <= found["email_message_contents"].columns.keys()
    assert {"category_note_category_id", "category_name"} <= found["event_notes"].columns.keys()
    assert "target_id" in found["target_subgroups"].key
    assert "betaSettings" in str(next(row["additional_fields"] for row in found["codes"].rows() if row["additional_fields"]))


def test_offsets_become_utc_and_no_date_becomes_null(account: Account) -> None:
    found = tables(account)
    row, event = next(iter(found["events"].rows())), everything(account, "events")[0]
    assert (event["startDate"][-6:], row["start_date"]) != ("+00:00", event["startDate"])
    assert str(row["start_date"]).endswith("Z")
    assert None in {row["date_scheduled"] for row in found["email_messages"].rows()}
    campaigns = {row["campaign_id"] for row in found["email_messages"].rows()}
    assert None in campaigns
    assert "0" not in campaigns


def test_a_saved_list_has_the_folder_that_lists_it() -> None:
    account = make_account(100)
    folders = {row["saved_list_id"]: row["folder_id"] for row in tables(account)["saved_lists"].rows()}
    for folder in everything(account, "folders"):
        for row in everything(account, "savedLists", folderId=folder["folderId"]):
            assert folders[str(row["savedListId"])] == str(folder["folderId"])
    assert list(folders.values()).count(None) == 1
    gone = int(next(folder for folder in folders.values() if folder))
    account.remove("Folder", gone)
    left = {row["saved_list_id"]: row["folder_id"] for row in tables(account)["saved_lists"].rows()}
    assert left == {number: None if folder == str(gone) else folder for number, folder in folders.items()}


def test_signups_of_an_event_that_is_gone_are_no_rows() -> None:
    account = make_account(100)
    before = list(tables(account)["event_signups"].rows())
    event = int(str(before[0]["event_id"]))
    account.remove("Event", event)
    assert list(tables(account)["event_signups"].rows()) == [row for row in before if row["event_id"] != str(event)]


def test_a_value_that_is_set_is_in_the_truth() -> None:
    account = make_account(100)
    number = everything(account, "email/messages")[0]["foreignMessageId"]
    set_value(account, "EmailMessage", number, "emailMessageContent.0.emailMessageContentDistributions.openCount", 4711)
    rows = [row for row in tables(account)["email_message_contents"].rows() if row["foreign_message_id"] == number]
    assert rows[0]["open_count"] == 4711
