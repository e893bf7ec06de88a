"""sync.py against a scripted API: which questions are asked, and what follows from the answers."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

import common.warehouse
from common.failures import Forbidden, NotFound, Rejected, SyncFailed, Unavailable
from tests.doubles import Killed
from tests.virtuous.scripted import MODULES, Scripted

OLD = "2020-05-05T00:00:00"
TODAY = "2026-09-21"  # the fake clock's


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    return Scripted(monkeypatch)


def gift(number: int, modified: str = OLD, contact: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "contactId": contact, "modifiedDateTimeUtc": modified, "giftDesignations": [], **more}


def contact(number: int, modified: str = OLD, **more: Any) -> dict[str, Any]:
    return {"id": number, "modifiedDateTimeUtc": modified, **more}


# --- questions ---


def test_the_first_question_is_for_everything_the_next_for_what_was_modified_two_days_back(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(7)]
    scripted.sync()
    assert scripted.conditions("Gift/Query/FullGift") == [("Gift Id", "GreaterThan", "0")]
    scripted.clock.pass_days(5)
    scripted.sync()
    assert scripted.conditions("Gift/Query/FullGift") == [
        ("Gift Id", "GreaterThan", "0"),
        ("Last Modified Date", "OnOrAfter", "2026-09-19"),
    ]


def test_the_time_of_modification_is_preferred_to_the_day(scripted: Scripted) -> None:
    scripted.script.parameters["gifts"] = {"Gift Id", "Last Modified Date", "Last Modified DateTime UTC"}
    scripted.sync()
    scripted.sync()
    assert scripted.conditions("Gift/Query/FullGift")[1][0] == "Last Modified DateTime UTC"


def test_an_edit_arrives_although_its_id_lies_behind_the_cursor(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(1, notes="old"), gift(2)]
    scripted.sync()
    scripted.clock.pass_days(3)
    scripted.script.records["gifts"][0] = gift(1, "2026-09-24T01:00:00", notes="new")
    scripted.sync()
    assert scripted.column("gifts", "notes") == [None, "new"]


def test_a_start_date_leaves_out_what_is_older_and_is_no_reason_to_fetch_it_later(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(1, "2023-01-01T00:00:00"), gift(2, "2025-01-01T00:00:00")]
    scripted.sync(start_date="2024-06-01", delete_sweep_days="0")
    scripted.sync()
    assert scripted.column("gifts", "id") == ["2"]


def test_a_narrow_record_changes_what_it_tells_and_blanks_nothing(scripted: Scripted) -> None:
    fields = dict.fromkeys(MODULES.plan.GIFTS.root.table.known)
    designations = [{"id": 5, "amountDesignated": 7}]
    whole = fields | gift(1, notes="old", batch="B7", checkNumber="12") | {"giftDesignations": designations}
    scripted.script.records["gifts"] = [whole]
    scripted.sync()
    scripted.clock.pass_days(3)
    told = {"modifiedDateTimeUtc": "2026-09-24T01:00:00", "notes": "new"}
    scripted.script.records["gifts"] = [{"id": 1, "contactId": 1} | told, gift(2, "2026-09-24T01:00:00", batch="B8")]
    scripted.sync()
    assert [scripted.column("gifts", name) for name in ("notes", "batch")] == [[None, "new"], ["B7", "B8"]]
    assert scripted.column("gifts", "check_number") == ["12", None]
    assert scripted.column("gift_designations", "id") == ["5"]
    del whole["checkNumber"]  # all fields but that of one type of gift: it is of another type now
    scripted.script.records["gifts"] = [whole | told]
    scripted.sync()
    assert scripted.column("gifts", "check_number") == [None, None]


def test_a_first_page_that_was_asked_for_ahead_is_used_once_and_only_for_its_question(scripted: Scripted) -> None:
    scripted.script.records |= {"gifts": [gift(1), gift(2)], "grants": [{"id": 3}]}
    scripted.sync(delete_sweep_days="0")
    assert scripted.script.paths.count("Gift/Query/FullGift") == 1
    assert scripted.script.paths.count("Grant/Query") == 1
    scripted.clock.pass_days(3)
    scripted.script.records["gifts"][0] = gift(1, "2026-09-24T01:00:00", notes="new")
    scripted.sync()
    assert scripted.column("gifts", "notes") == [None, "new"]
    everything = [("Project Id", "GreaterThan", "0")]
    read_in_full = [question for path, question, _ in scripted.script.asked if path == "Project/Query"]
    assert everything in [[tuple(one) for one in question] for question in read_in_full]  # not what was modified, as it was asked ahead


def test_query_options_are_read_once_a_day(scripted: Scripted) -> None:
    scripted.sync()
    assert "Gift/QueryOptions" in scripted.script.paths
    scripted.clock.pass_days(0.9)
    scripted.sync()
    assert not [path for path in scripted.script.paths if "QueryOptions" in path or "CustomFields" in path]
    scripted.clock.pass_days(0.2)
    scripted.sync()
    assert "Gift/QueryOptions" in scripted.script.paths
    assert "Gift/CustomFields" in scripted.script.paths


def test_an_entity_without_an_id_parameter_is_read_whole_and_written_only_when_it_changes(scripted: Scripted) -> None:
    scripted.script.parameters["gifts"] = {"Last Modified Date"}
    scripted.script.records["gifts"] = [gift(1), gift(2)]
    scripted.sync()
    scripted.sync()
    assert scripted.conditions("Gift/Query/FullGift") == []
    assert not scripted.fivetran.touched
    scripted.script.records["gifts"] = [gift(1, notes="edited without a trace"), gift(2)]
    scripted.sync()
    assert scripted.fivetran.touched["gifts"] == 1


def test_an_entity_without_an_id_parameter_loses_what_the_source_lost(scripted: Scripted) -> None:
    scripted.script.parameters["gifts"] = {"Last Modified Date"}
    scripted.script.records["gifts"] = [gift(1), gift(2, giftDesignations=[{"id": 9}])]
    scripted.sync(delete_sweep_days="0")
    del scripted.script.records["gifts"][1]
    scripted.sync()
    assert scripted.column("gifts", "id") == ["1"]
    assert scripted.column("gift_designations", "id") == []


def test_a_refused_question_fails_its_table_only_and_is_asked_anew_next_time(scripted: Scripted) -> None:
    def fail(path: str) -> None:
        if path == "Gift/Query/FullGift":
            raise Rejected("unknown parameter", status=400)

    scripted.script.records |= {"gifts": [gift(1)], "grants": [{"id": 3}]}
    scripted.script.fail = fail
    with pytest.raises(SyncFailed, match="gifts: unknown parameter"):
        scripted.sync()
    assert scripted.column("grants", "id") == ["3"]
    scripted.script.fail = lambda path: None
    scripted.sync()
    assert "Gift/QueryOptions" in scripted.script.paths
    assert scripted.column("gifts", "id") == ["1"]


def test_a_sync_that_is_killed_between_two_pages_goes_on_with_the_very_next_id(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 1)
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 1501)]  # without a hole between the pages
    with pytest.raises(Killed):
        scripted.sync(stop_at=1100)
    assert scripted.fivetran.state["gifts"]["last_id"] == 1000
    scripted.sync()
    assert len(scripted.column("gifts", "id")) == 1500
    assert scripted.fivetran.touched["gifts"] == 500
    assert scripted.fivetran.state["gifts"]["total_synced"] == 1500


def test_what_is_edited_while_a_long_reading_is_interrupted_arrives(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 1)
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 1501)]
    with pytest.raises(Killed):
        scripted.sync(stop_at=1100)
    scripted.clock.pass_days(3)
    scripted.script.records["gifts"][6] = gift(7, "2026-09-24T12:00:00", notes="edited behind the cursor")
    scripted.clock.pass_days(10)
    scripted.sync()
    scripted.sync()
    assert "edited behind the cursor" in scripted.column("gifts", "notes")


# --- contacts ---


def test_archived_contacts_are_told_apart_by_a_query_without_them(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(1), contact(2), contact(3)]
    scripted.script.archived = {2}
    scripted.sync()
    archived = {row["id"]: row["is_archived"] for row in scripted.fivetran.committed["contacts"].values()}
    assert archived == {"1": False, "2": True, "3": False}


def test_a_contact_that_says_itself_whether_it_is_archived_is_believed(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(1, isArchived=True)]
    scripted.sync()
    assert scripted.column("contacts", "is_archived") == [True]
    assert "Contact/Query" not in scripted.script.paths


def test_without_archived_contacts_nothing_is_asked_about_them(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(1), contact(2)]
    scripted.script.archived = {2}
    scripted.sync(include_archived="false")
    assert scripted.column("contacts", "id") == ["1"]
    assert scripted.column("contacts", "is_archived") == [False]
    assert True not in scripted.script.archived_flags


def test_what_a_merge_moved_is_read_again_though_it_was_not_modified(scripted: Scripted) -> None:
    scripted.script.records |= {"contacts": [contact(1), contact(2)], "gifts": [gift(5, contact=1), gift(6, contact=2)]}
    scripted.sync()
    scripted.clock.pass_days(3)
    scripted.script.records["contacts"][0] = contact(1, "2026-09-24T00:00:00", mergedIntoContactId=2)
    scripted.script.records["gifts"][0]["contactId"] = 2
    scripted.sync()
    assert scripted.column("gifts", "contact_id") == ["2", "2"]
    assert scripted.fivetran.state["survivors"] == []


def test_a_merge_is_remembered_until_every_table_has_followed_it(scripted: Scripted) -> None:
    def fail(path: str) -> None:
        if path.startswith("Gift/Query"):
            raise Unavailable("down")

    scripted.script.records |= {"contacts": [contact(1), contact(2)], "gifts": [gift(5, contact=1)]}
    scripted.sync()
    scripted.clock.pass_days(3)
    scripted.script.records["contacts"][0] = contact(1, "2026-09-24T00:00:00", mergedIntoContactId=2)
    scripted.script.records["gifts"][0]["contactId"] = 2
    scripted.script.fail = fail
    with pytest.raises(SyncFailed):
        scripted.sync()
    assert scripted.fivetran.state["survivors"] == [2]
    scripted.script.fail = lambda path: None
    scripted.clock.pass_days(9)
    scripted.sync()
    assert scripted.column("gifts", "contact_id") == ["2"]


def test_a_culture_that_writes_the_day_first(scripted: Scripted) -> None:
    scripted.script.organization_record["organizationCulture"] = "en-GB"
    scripted.script.records["planned_gifts"] = [{"id": 1, "contactId": 1, "plannedGiftDate": "3/11/2025"}]
    scripted.sync()
    [date] = scripted.column("planned_gifts", "planned_gift_date")
    assert (date.month, date.day) == (11, 3)
    assert scripted.column("planned_gifts", "planned_gift_date_text") == ["3/11/2025"]


# --- children ---


def test_a_child_that_is_gone_is_deleted_with_the_next_reading_of_its_parent(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(1, giftDesignations=[{"id": 8}, {"id": 9}])]
    scripted.sync()
    scripted.clock.pass_days(3)
    scripted.script.records["gifts"] = [gift(1, "2026-09-24T00:00:00", giftDesignations=[{"id": 9}])]
    scripted.sync()
    assert scripted.column("gift_designations", "id") == ["9"]


@pytest.mark.parametrize("broken", [None, "not a list"])
def test_a_list_that_is_missing_or_broken_deletes_no_child(scripted: Scripted, broken: object) -> None:
    scripted.script.records["gifts"] = [gift(1, giftDesignations=[{"id": 8}, {"id": 9}])]
    scripted.sync()
    scripted.clock.pass_days(3)
    record = gift(1, "2026-09-24T00:00:00", giftDesignations=broken)
    if broken is None:
        del record["giftDesignations"]
    scripted.script.records["gifts"] = [record]
    scripted.sync()
    assert scripted.column("gift_designations", "id") == ["8", "9"]
    scripted.clock.pass_days(3)
    scripted.script.records["gifts"] = [gift(1, "2026-09-27T00:00:00")]
    scripted.sync()
    assert scripted.column("gift_designations", "id") == []


def test_an_optional_table_that_is_switched_on_later_is_filled_for_all_parents(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(1), contact(2)]
    scripted.script.attached = {f"Relationship/ByContact/{number}": [{"id": 50 + number, "relatedContactId": 3}] for number in (1, 2)}
    scripted.sync()
    assert scripted.column("relationships", "id") == []
    scripted.sync(optional_tables="relationships")
    assert scripted.column("relationships", "id") == ["51", "52"]
    scripted.sync()
    assert not [path for path in scripted.script.paths if path.startswith("Relationship/ByContact")]


def test_a_reading_of_everything_begins_at_the_first_id_even_if_an_incremental_one_was_under_way(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 6)]
    scripted.script.attached = {f"Relationship/ByContact/{number}": [{"id": 50 + number}] for number in range(1, 6)}
    scripted.sync()
    scripted.fivetran.state["contacts"] |= {"last_id": 4, "read_started": TODAY}
    scripted.sync(optional_tables="relationships")
    assert scripted.column("relationships", "id") == ["51", "52", "53", "54", "55"]


def test_an_optional_table_that_may_not_be_read_is_named_and_the_rest_is_complete(scripted: Scripted) -> None:
    def fail(path: str) -> None:
        if path.startswith("Relationship/"):
            raise Forbidden("no", status=403)

    scripted.script.records["contacts"] = [contact(1), contact(2)]
    scripted.script.fail = fail
    scripted.sync(optional_tables="relationships")
    assert scripted.column("contacts", "id") == ["1", "2"]
    assert any("relationships" in warning for warning in scripted.fivetran.warnings)


# --- deletes ---


def test_deletes_are_looked_for_after_the_set_number_of_days(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 30)]
    scripted.sync(delete_sweep_days="7")
    del scripted.script.records["gifts"][3]
    scripted.clock.pass_days(6.9)
    scripted.sync()
    assert len(scripted.column("gifts", "id")) == 29
    scripted.clock.pass_days(0.2)
    scripted.sync()
    assert len(scripted.column("gifts", "id")) == 28
    assert "4" not in scripted.column("gifts", "id")
    scripted.clock.pass_days(6)
    scripted.sync()
    assert "Gift/Query" not in scripted.script.paths


def test_more_deletes_than_are_believed_are_said_and_not_done(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 101)]
    scripted.sync(delete_sweep_days="0")
    scripted.script.records["gifts"] = scripted.script.records["gifts"][:79]
    scripted.sync()
    assert len(scripted.column("gifts", "id")) == 100
    [warning] = scripted.fivetran.warnings
    assert "21 of 100" in warning
    scripted.script.records["gifts"] += [gift(number) for number in range(80, 82)]
    scripted.sync()
    assert len(scripted.column("gifts", "id")) == 81


def test_what_the_cheap_list_lacks_is_asked_for_by_id_before_it_is_deleted(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 30)]
    scripted.sync(delete_sweep_days="0")
    honest = scripted.script.query

    def forgetful(path: str, *arguments: Any, **named: Any) -> Any:
        page = honest(path, *arguments, **named)
        return page._replace(records=page.records[:-2], total=page.total - 2) if path == "Gift/Query" else page

    monkeypatch.setattr(scripted.script, "query", forgetful)
    scripted.sync()
    assert len(scripted.column("gifts", "id")) == 29


def test_what_is_listed_but_was_never_delivered_is_fetched(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 30)]
    scripted.sync(delete_sweep_days="0")
    scripted.clock.pass_days(5)
    scripted.script.records["gifts"].append(gift(40, "2019-01-01T00:00:00"))  # appears with an old date of modification
    scripted.sync()
    assert "40" in scripted.column("gifts", "id")


def test_a_sync_that_is_killed_before_its_deletes_are_out_looks_for_them_again(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 30)]
    scripted.sync(delete_sweep_days="7")
    scripted.clock.pass_days(8)
    del scripted.script.records["gifts"][3]
    before = scripted.fivetran.committed, scripted.fivetran.state
    scripted.sync()
    for stop_at in range(1, scripted.fivetran.operations + 1):
        scripted.fivetran.committed, scripted.fivetran.state = before
        with pytest.raises(Killed):
            scripted.sync(stop_at=stop_at)
        scripted.sync()
        assert "4" not in scripted.column("gifts", "id")


# --- what is new at the source ---


def test_fields_that_no_column_takes_are_reported_once(scripted: Scripted) -> None:
    scripted.script.records["gifts"] = [gift(number, brandNew=1) for number in (1, 2)]
    scripted.sync()
    [warning] = scripted.fivetran.warnings
    assert "gifts.brandNew (2 records)" in warning


def test_records_that_are_no_objects_are_errors_and_the_rest_arrives(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["grants"] = [{"id": 3}]
    honest = scripted.script.query

    def odd(path: str, *arguments: Any, **named: Any) -> Any:
        page = honest(path, *arguments, **named)
        return page._replace(records=[*page.records, "surprise"], total=page.total + 1) if path == "Grant/Query" else page

    monkeypatch.setattr(scripted.script, "query", odd)
    scripted.sync()
    assert scripted.column("grants", "id") == ["3"]
    assert scripted.column("errors", "table_name") == ["grants"]


# --- what breaks alone must not break the rest ---


def failing_on(*patterns: str) -> Any:
    def fail(path: str) -> None:
        if any(path.startswith(pattern) for pattern in patterns):
            raise Unavailable(f"{path} answered 500", status=500)

    return fail


def poison(scripted: Scripted, monkeypatch: pytest.MonkeyPatch, path: str, ids: set[int]) -> None:
    """Every page of a query that would hold one of the records fails."""
    honest = scripted.script.query

    def query(asked: str, *arguments: Any, **named: Any) -> Any:
        page = honest(asked, *arguments, **named)
        if asked == path and any(record["id"] in ids for record in page.records):
            raise Unavailable(f"{path} answered 500", status=500)
        return page

    monkeypatch.setattr(scripted.script, "query", query)


def unnamed(scripted: Scripted, monkeypatch: pytest.MonkeyPatch, path: str, number: int) -> None:
    """A query gives one record without its id, and without all else."""
    honest = scripted.script.query

    def query(asked: str, *arguments: Any, **named: Any) -> Any:
        page = honest(asked, *arguments, **named)
        return page._replace(records=[{} if asked == path and one.get("id") == number else one for one in page.records])

    monkeypatch.setattr(scripted.script, "query", query)


def test_a_reply_about_other_contacts_tells_nothing_about_who_is_archived(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 2001)]
    honest, foreign = scripted.script.query, [2]

    def query(path: str, groups: Any, *arguments: Any, **named: Any) -> Any:
        page = honest(path, groups, *arguments, **named)
        if path != "Contact/Query" or int(groups[0][0].value) < 1000 or not foreign[0]:
            return page
        foreign[0] -= 1
        return page._replace(records=[{"id": record["id"] - 1000} for record in page.records])

    monkeypatch.setattr(scripted.script, "query", query)
    scripted.sync()
    assert foreign == [0]
    assert set(scripted.column("contacts", "is_archived")) == {False}


def test_contacts_without_an_id_mislead_nobody_about_who_is_archived(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 1501)]
    scripted.script.archived = {7, 1400}
    for number in (20, 1200):
        unnamed(scripted, monkeypatch, "Contact/Query", number)
        unnamed(scripted, monkeypatch, "Contact/Query/FullContact", number)
    scripted.sync()
    assert scripted.column("errors", "record") == ["1200", "20"]
    archived = [row["id"] for row in scripted.fivetran.committed["contacts"].values() if row["is_archived"]]
    assert sorted(archived) == ["1400", "7"]
    assert len(scripted.column("contacts", "id")) == 1498


def test_a_record_that_cannot_be_listed_does_not_hide_the_deletes_of_others(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["grants"] = [{"id": number, "modifiedDateTimeUtc": OLD} for number in range(1, 60)]
    scripted.sync(delete_sweep_days="7")
    poison(scripted, monkeypatch, "Grant/Query", {10})
    del scripted.script.records["grants"][30]
    scripted.clock.pass_days(8)
    scripted.sync()
    assert "31" not in scripted.column("grants", "id")
    assert "10" in scripted.column("grants", "id")
    scripted.clock.pass_days(1)
    scripted.sync()
    assert "Grant/Query" in scripted.script.paths
    assert len([path for path in scripted.script.paths if path == "Grant/Query"]) < 40  # no other search for deletes


def test_a_poisoned_record_that_was_modified_is_found_alone_and_retried_alone(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 3001)]
    scripted.sync()
    scripted.clock.pass_days(3)
    scripted.script.records["gifts"][9] = gift(10, "2026-09-24T00:00:00")
    poison(scripted, monkeypatch, "Gift/Query/FullGift", {10})
    scripted.sync()
    assert scripted.column("errors", "record") == ["10"]
    scripted.sync()
    assert scripted.fivetran.touched["gifts"] == 0
    assert scripted.column("errors", "resolved_at") == [None]


def test_a_record_without_an_id_is_named_by_the_id_that_counting_finds(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in (3, 8, 21, 40)]
    unnamed(scripted, monkeypatch, "Gift/Query/FullGift", 21)
    scripted.sync()
    assert scripted.column("errors", "record") == ["21"]
    assert scripted.column("gifts", "id") == ["3", "40", "8"]


def test_an_id_that_counting_cannot_find_stays_an_open_error(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["grants"] = [{"id": number} for number in (3, 8, 21)]
    poison(scripted, monkeypatch, "Grant/Query", {8})
    honest = scripted.script.query

    def query(path: str, groups: Any, skip: int, take: int, **named: Any) -> Any:
        if skip > 1000:
            raise Rejected("skip is too large", status=400)
        return honest(path, groups, skip, take, **named)

    monkeypatch.setattr(scripted.script, "query", query)
    scripted.sync()
    scripted.sync()
    assert scripted.column("grants", "id") == ["21", "3"]
    assert scripted.column("errors", "resolved_at") == [None]


def test_an_empty_page_that_tells_of_more_is_not_the_end(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 3001)]
    honest = scripted.script.query

    def query(path: str, groups: Any, skip: int, take: int, **named: Any) -> Any:
        page = honest(path, groups, skip, take, **named)
        hidden = path.endswith("FullGift") and int(groups[0][0].value) >= 1000
        return page._replace(records=[]) if hidden else page

    monkeypatch.setattr(scripted.script, "query", query)
    with pytest.raises(SyncFailed, match="gifts"):
        scripted.sync()
    assert scripted.fivetran.state["gifts"]["modified_since"] is None


def test_what_a_merge_moved_and_comes_in_no_order_comes_with_the_next_sync(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["contacts"] = [contact(1), contact(2)]
    scripted.script.records["gifts"] = [gift(number, contact=1) for number in range(1, 1501)]
    scripted.sync()
    scripted.clock.pass_days(3)
    scripted.script.records["contacts"][0] = contact(1, "2026-09-24T00:00:00", mergedIntoContactId=2)
    for record in scripted.script.records["gifts"]:
        record["contactId"] = 2
    honest = scripted.script.query

    def query(path: str, groups: Any, *arguments: Any, **named: Any) -> Any:
        page = honest(path, groups, *arguments, **named)
        return page._replace(records=page.records[::-1]) if groups and groups[0][0].parameter == "Contact Id" and "Gift" in path else page

    monkeypatch.setattr(scripted.script, "query", query)
    scripted.sync()
    scripted.sync()
    assert set(scripted.column("gifts", "contact_id")) == {"2"}


def test_a_merge_during_the_first_reading_is_followed(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 1)
    scripted.script.records["contacts"] = [contact(1), contact(2)]
    scripted.script.records["gifts"] = [gift(number, contact=1) for number in range(1, 1501)]
    with pytest.raises(Killed):
        scripted.sync(stop_at=1200)
    assert 1000 <= scripted.fivetran.state["gifts"]["last_id"] < 1200
    scripted.clock.pass_days(3)
    scripted.script.records["contacts"][0] = contact(1, "2026-09-24T00:00:00", mergedIntoContactId=2)
    for record in scripted.script.records["gifts"]:
        record["contactId"] = 2
    scripted.sync()
    assert set(scripted.column("gifts", "contact_id")) == {"2"}


def test_an_unsorted_source_is_read_whole_and_searched_for_deletes(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 40)]
    honest = scripted.script.query

    def query(path: str, *arguments: Any, **named: Any) -> Any:
        page = honest(path, *arguments, **named)
        return page._replace(records=page.records[::-1]) if path.startswith("Gift/") else page

    monkeypatch.setattr(scripted.script, "query", query)
    scripted.sync(delete_sweep_days="0")
    assert len(scripted.column("gifts", "id")) == 39
    del scripted.script.records["gifts"][5]
    scripted.sync()
    assert len(scripted.column("gifts", "id")) == 38


def test_without_ids_to_ask_by_only_what_two_listings_lack_is_deleted(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.parameters["gifts"] = {"Last Modified Date"}
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 40)]
    scripted.sync(delete_sweep_days="0")
    honest, asked = scripted.script.query, [0]

    def query(path: str, *arguments: Any, **named: Any) -> Any:
        page = honest(path, *arguments, **named)
        asked[0] += path == "Gift/Query"
        return page._replace(records=page.records[1:], total=page.total - 1) if path == "Gift/Query" and asked[0] == 1 else page

    monkeypatch.setattr(scripted.script, "query", query)
    scripted.sync()
    assert asked[0] == 2
    assert len(scripted.column("gifts", "id")) == 39


@pytest.mark.parametrize(("wrong_pages", "complete"), [(1, True), (2, True), (9, False)])
def test_a_page_of_a_reference_list_that_comes_twice_is_no_page(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, wrong_pages: int, complete: bool
) -> None:
    scripted.script.attached["Tag"] = [{"id": number, "tagName": f"tag {number}"} for number in range(2000)]
    honest, wrong = scripted.script.listing, [wrong_pages]

    def listing(path: str, skip: int = 0, take: int = 1000) -> Any:
        repeats = path == "Tag" and skip > 0 and wrong[0] > 0
        wrong[0] -= repeats
        return honest(path, 0 if repeats else skip, take)

    monkeypatch.setattr(scripted.script, "listing", listing)
    with nullcontext() if complete else pytest.raises(SyncFailed, match="tags: a list gave 2000 records, a page of them again"):
        scripted.sync()
    assert len(scripted.column("tags", "id")) == (2000 if complete else 0)


def test_a_reference_list_that_is_empty_all_of_a_sudden_is_not_believed(scripted: Scripted) -> None:
    scripted.script.attached["Tag"] = [{"id": 1, "tagName": "a"}, {"id": 2, "tagName": "b"}]
    scripted.sync()
    scripted.script.attached["Tag"] = []
    scripted.sync()
    assert scripted.column("tags", "id") == ["1", "2"]
    assert any("tags" in warning for warning in scripted.fivetran.warnings)
    scripted.script.attached["Tag"] = [{"id": 2, "tagName": "b"}]
    scripted.sync()
    assert scripted.column("tags", "id") == ["2"]


# --- optional tables ---


def relationships(numbers: range) -> dict[str, list[dict[str, Any]]]:
    return {f"Relationship/ByContact/{number}": [{"id": 50 + number}] for number in numbers}


def test_a_forbidden_optional_table_does_not_make_every_sync_read_everything(scripted: Scripted) -> None:
    def fail(path: str) -> None:
        if path.startswith("Relationship/"):
            raise Forbidden("no", status=403)

    scripted.script.records["contacts"] = [contact(number) for number in range(1, 20)]
    scripted.script.fail = fail
    scripted.sync(optional_tables="relationships", delete_sweep_days="7")
    scripted.sync()
    assert not scripted.fivetran.touched
    assert scripted.conditions("Contact/Query/FullContact")[1:]


def test_a_module_that_nobody_has_is_asked_for_a_few_times_only(scripted: Scripted) -> None:
    scripted.script.records["projects"] = [{"id": number} for number in range(1, 60)]
    scripted.sync(optional_tables="project_expenses")  # the script answers 404
    assert any("project_expenses" in warning for warning in scripted.fivetran.warnings)
    assert len(scripted.column("projects", "id")) == 59


def test_a_list_that_cannot_be_read_is_an_error_of_its_own_and_its_parent_arrives(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(1), contact(2)]
    scripted.script.attached = relationships(range(1, 3))
    scripted.script.fail = failing_on("Relationship/ByContact/2")
    scripted.sync(optional_tables="relationships")
    assert scripted.column("contacts", "id") == ["1", "2"]
    assert scripted.column("relationships", "id") == ["51"]
    [error] = scripted.fivetran.committed["errors"].values()
    assert (error["table_name"], error["record"]) == ("relationships", "2")
    scripted.script.fail = lambda path: None
    scripted.sync()
    assert scripted.column("relationships", "id") == ["51", "52"]
    assert None not in scripted.column("errors", "resolved_at")


def test_lists_that_all_fail_are_an_outage_and_no_thousand_errors(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 50)]
    scripted.script.fail = failing_on("Relationship/")
    with pytest.raises(SyncFailed, match="contacts"):
        scripted.sync(optional_tables="relationships")
    assert scripted.column("errors", "id") == []


def test_all_addresses_stay_when_their_list_may_no_longer_be_read(scripted: Scripted) -> None:
    def fail(path: str) -> None:
        if path.startswith("ContactAddress/"):
            raise Forbidden("no", status=403)

    scripted.script.records["contacts"] = [contact(1, address={"id": 7})]
    scripted.script.attached = {"ContactAddress/ByContact/1": [{"id": 7}, {"id": 8}]}
    scripted.sync(optional_tables="contact_addresses")
    assert scripted.column("contact_addresses", "id") == ["7", "8"]
    scripted.script.fail = fail
    scripted.clock.pass_days(3)
    scripted.script.records["contacts"] = [contact(1, "2026-09-24T00:00:00", address={"id": 7})]
    scripted.sync()
    assert scripted.column("contact_addresses", "id") == ["7", "8"]


def test_an_optional_table_switched_on_during_the_first_reading_is_complete(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 1)
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 1201)]
    scripted.script.attached = relationships(range(1, 1201))
    with pytest.raises(Killed):
        scripted.sync(stop_at=1100)
    scripted.sync(optional_tables="relationships")
    scripted.sync()
    assert len(scripted.column("relationships", "id")) == 1200


def test_an_optional_table_switched_off_and_on_again_is_read_again(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(1)]
    scripted.script.attached = relationships(range(1, 2))
    scripted.sync(optional_tables="relationships")
    scripted.sync(optional_tables="")
    scripted.script.attached["Relationship/ByContact/1"] = [{"id": 99}]
    scripted.sync(optional_tables="relationships")
    assert scripted.column("relationships", "id") == ["99"]


def test_the_cursor_moves_within_a_page_when_each_parent_costs_a_request(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 1)
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 501)]
    scripted.script.attached = relationships(range(1, 501))
    with pytest.raises(Killed):
        scripted.sync(stop_at=500, optional_tables="relationships")
    assert scripted.fivetran.state["contacts"]["last_id"] == 200


def test_a_search_for_deletes_asks_for_no_lists(scripted: Scripted) -> None:
    scripted.script.records["recurring_gifts"] = [{"id": number, "contactId": 1, "modifiedDateTimeUtc": OLD} for number in range(1, 30)]
    scripted.script.attached = {f"RecurringGiftPayment/{number}": [{"id": number}] for number in range(1, 30)}
    scripted.sync(optional_tables="recurring_gift_payments", delete_sweep_days="0")
    scripted.sync()
    assert len([path for path in scripted.script.paths if path.startswith("RecurringGiftPayment/")]) == 29


def test_a_volunteer_without_what_its_list_needs_stops_nothing(scripted: Scripted) -> None:
    honest = scripted.script.query

    def query(path: str, *arguments: Any, **named: Any) -> Any:
        if path == "Volunteer/Query":
            return honest(path, *arguments, **named)._replace(records=[{"id": 1}], total=1)
        return honest(path, *arguments, **named)

    scripted.script.query = query  # type: ignore[method-assign]
    scripted.sync(optional_tables="volunteer_attendances")
    assert scripted.column("volunteers", "id") == ["1"]


# --- what stays broken ---


def test_a_gap_is_noted_before_the_cursor_passes_it(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 1)
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 30)]
    poison(scripted, monkeypatch, "Gift/Query/FullGift", {10})
    scripted.sync()
    for stop_at in range(1, scripted.fivetran.operations + 1):
        scripted.fivetran.forget()
        with pytest.raises(Killed):
            scripted.sync(stop_at=stop_at)
        passed = scripted.fivetran.state.get("gifts", {}).get("last_id", 0) > 10
        assert not passed or scripted.column("errors", "record") == ["10"]


def test_many_scattered_broken_records_do_not_keep_new_ones_away(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = set(range(10, 250, 20))
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 300)]
    poison(scripted, monkeypatch, "Gift/Query/FullGift", broken)
    scripted.sync()
    scripted.clock.pass_days(3)
    scripted.script.records["gifts"].append(gift(400, "2026-09-24T00:00:00"))
    scripted.sync()
    assert "400" in scripted.column("gifts", "id")
    assert scripted.column("errors", "resolved_at") == [None] * len(broken)


def test_many_scattered_broken_lists_do_not_keep_new_parents_away(scripted: Scripted) -> None:
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 100)]
    scripted.script.attached = relationships(range(1, 100))
    scripted.script.fail = failing_on(*(f"Relationship/ByContact/{number}" for number in range(10, 100, 10)))
    scripted.sync(optional_tables="relationships")
    scripted.clock.pass_days(3)
    scripted.script.records["contacts"].append(contact(311, "2026-09-24T00:00:00"))
    scripted.sync()
    assert "311" in scripted.column("contacts", "id")
    assert len(scripted.column("errors", "id")) == 9


def test_a_poisoned_record_before_one_without_an_id(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["gifts"] = [gift(number) for number in range(1, 15)]
    poison(scripted, monkeypatch, "Gift/Query/FullGift", {10})
    unnamed(scripted, monkeypatch, "Gift/Query/FullGift", 11)
    scripted.sync()
    assert scripted.column("errors", "record") == ["10", "11"]
    assert len(scripted.column("gifts", "id")) == 12


def test_a_record_that_is_listed_without_its_id_is_not_deleted(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["grants"] = [{"id": number, "modifiedDateTimeUtc": OLD} for number in range(1, 31)]
    scripted.sync(delete_sweep_days="0")
    unnamed(scripted, monkeypatch, "Grant/Query", 30)
    scripted.sync()
    assert "30" in scripted.column("grants", "id")


def test_a_merge_of_a_contact_with_an_open_error_is_followed(scripted: Scripted) -> None:
    bad = {"createDateTimeUtc": "no date"}
    scripted.script.records |= {"contacts": [contact(1, **bad), contact(2)], "gifts": [gift(5, contact=1)]}
    scripted.sync()
    scripted.clock.pass_days(3)
    scripted.script.records["contacts"][0] = contact(1, "2026-09-24T00:00:00", mergedIntoContactId=2, **bad)
    scripted.script.records["gifts"][0]["contactId"] = 2
    scripted.sync()
    assert scripted.column("gifts", "contact_id") == ["2"]


def test_one_list_that_does_not_add_up_is_an_error_of_its_own(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 20)]
    scripted.script.attached = relationships(range(1, 20))
    honest = scripted.script.listing

    def listing(path: str, skip: int = 0, take: int = 1000) -> Any:
        page = honest(path, skip, take)
        return page._replace(total=2) if path == "Relationship/ByContact/7" else page

    monkeypatch.setattr(scripted.script, "listing", listing)
    scripted.sync(optional_tables="relationships")
    assert len(scripted.column("contacts", "id")) == 19
    assert scripted.column("errors", "record") == ["7"]


def test_parents_that_went_away_do_not_make_their_list_look_absent(scripted: Scripted) -> None:
    def fail(path: str) -> None:
        if path.startswith("Relationship/ByContact/") and 20 <= int(path.rpartition("/")[2]) < 30:
            raise NotFound("gone", status=404)

    scripted.script.records["contacts"] = [contact(number) for number in range(1, 60)]
    scripted.script.attached = relationships(range(1, 60))
    scripted.script.fail = fail
    scripted.sync(optional_tables="relationships")
    assert len(scripted.column("relationships", "id")) == 49


def test_an_optional_table_switched_off_during_its_reading_is_read_whole_later(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 1)
    scripted.script.records["contacts"] = [contact(number) for number in range(1, 501)]
    scripted.script.attached = relationships(range(1, 501))
    with pytest.raises(Killed):
        scripted.sync(stop_at=500, optional_tables="relationships")
    scripted.sync(optional_tables="")
    scripted.sync(optional_tables="relationships")
    assert len(scripted.column("relationships", "id")) == 500


def test_a_list_that_was_not_read_whole_writes_over_nothing(scripted: Scripted) -> None:
    def fail(path: str) -> None:
        if path.startswith("ContactAddress/"):
            raise Forbidden("no", status=403)

    scripted.script.records["contacts"] = [contact(1, address={"id": 7})]
    scripted.script.attached = {"ContactAddress/ByContact/1": [{"id": 8}, {"id": 7}]}
    scripted.sync(optional_tables="contact_addresses")
    scripted.script.fail = fail
    scripted.clock.pass_days(3)
    scripted.script.records["contacts"] = [contact(1, "2026-09-24T00:00:00", address={"id": 7})]
    scripted.sync()
    assert [row["id"] for _, row in sorted(scripted.fivetran.committed["contact_addresses"].items())] == ["8", "7"]
