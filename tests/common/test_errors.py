"""The errors table and what stays open: each trouble is one row, is tried again, and is marked when it is cured."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ERRORS, MAX_OPEN_PER_TABLE, ErrorRecord, OpenError, OpenErrors
from common.failures import SyncFailed

MONDAY = datetime(2026, 9, 21, 14, 13, 20, 123456, tzinfo=timezone.utc)
TUESDAY = MONDAY + timedelta(days=1)
RECORD = ErrorRecord(
    "gifts",
    "gifts",
    "POST https://h/api/Gift/Query/FullGift answered 500",
    url="https://h/api/Gift/Query/FullGift",
    payload='{"groups": []}',
    status=500,
    skip=0,
    take=1,
    record="42",
    number=42,
)
CELL = ErrorRecord("gifts", "gift_designations", "expected a number, got a list", "42", "amount", number=42)


@pytest.fixture
def stored() -> dict[str, list[Any]]:
    return {}


@pytest.fixture
def errors(stored: dict[str, list[Any]]) -> OpenErrors:
    return OpenErrors(stored)


def next_sync(errors: OpenErrors) -> OpenErrors:
    """The same after the way through Fivetran's state."""
    return OpenErrors(json.loads(json.dumps(errors.stored)))


def test_a_row_says_all_that_is_needed_to_find_the_trouble_at_the_source(errors: OpenErrors) -> None:
    assert errors.report(RECORD, MONDAY) == {
        "id": RECORD.id,
        "table_name": "gifts",
        "record": "42",
        "column_name": None,
        "message": "POST https://h/api/Gift/Query/FullGift answered 500",
        "url": "https://h/api/Gift/Query/FullGift",
        "payload": '{"groups": []}',
        "status": 500,
        "skip": 0,
        "take": 1,
        "first_seen_at": MONDAY,
        "last_seen_at": MONDAY,
        "resolved_at": None,
    }


def test_a_row_of_a_cell_names_record_and_column(errors: OpenErrors) -> None:
    row = errors.report(CELL, MONDAY)
    assert (row["table_name"], row["record"], row["column_name"]) == ("gift_designations", "42", "amount")


@pytest.mark.parametrize("error", [RECORD, CELL])
def test_the_same_trouble_in_the_next_sync_is_the_same_row(errors: OpenErrors, error: ErrorRecord) -> None:
    first = errors.report(error, MONDAY)
    again = next_sync(errors).report(error._replace(message="answered 504", status=504, skip=250, take=10, url="https://h/v2"), TUESDAY)
    assert again["id"] == first["id"]
    assert (again["first_seen_at"], again["last_seen_at"], again["resolved_at"]) == (MONDAY, TUESDAY, None)
    assert (again["message"], again["status"]) == ("answered 504", 504)


PLACES = st.builds(
    ErrorRecord,
    st.just("gifts"),
    st.sampled_from(["gifts", "contacts"]),
    st.just(""),
    st.none() | st.sampled_from(["1", "2", "12", "42"]),
    st.none() | st.sampled_from(["amount", "note"]),
)


def place(error: ErrorRecord) -> object:
    return error.table_name, error.column_name, error.record


@given(PLACES, PLACES)
def test_two_troubles_never_share_a_row(one: ErrorRecord, other: ErrorRecord) -> None:
    assert (one.id == other.id) == (place(one) == place(other))


def test_a_new_release_still_finds_the_rows_that_an_older_one_wrote() -> None:
    assert (RECORD.id, CELL.id) == ("20eed3c32866f878d550", "268c00c80ad7e8bd03e1")


def test_a_cured_trouble_is_marked_and_keeps_all_else_that_its_row_says(errors: OpenErrors) -> None:
    errors.report(CELL, MONDAY)
    assert next_sync(errors).resolve(CELL.id, TUESDAY) == {"id": CELL.id, "resolved_at": TUESDAY}
    assert {"id", "resolved_at"} <= ERRORS.columns.keys()


@pytest.mark.parametrize("entry", [None, [], ["gifts", "gifts", 2], "gifts"])
def test_a_damaged_entry_is_refused(entry: object) -> None:
    with pytest.raises(ValueError, match="damaged"):
        OpenErrors({"x": entry})  # type: ignore[dict-item]


def test_a_cured_trouble_is_not_tried_again(errors: OpenErrors) -> None:
    errors.report(RECORD, MONDAY)
    errors.report(CELL, MONDAY)
    errors.resolve(RECORD.id, TUESDAY)
    assert [one.id for one in next_sync(errors).of("gifts")] == [CELL.id]
    assert list(errors.tables()) == ["gift_designations"]


def test_a_trouble_that_comes_back_is_open_again_from_that_day_on(errors: OpenErrors) -> None:
    errors.report(CELL, MONDAY)
    errors.resolve(CELL.id, MONDAY)
    row = errors.report(CELL, TUESDAY)
    assert (row["id"], row["first_seen_at"], row["resolved_at"]) == (CELL.id, TUESDAY, None)


def test_the_next_sync_knows_where_to_look(errors: OpenErrors) -> None:
    errors.report(RECORD, MONDAY)
    errors.report(CELL, MONDAY)
    errors.report(RECORD._replace(root="contacts", table_name="contacts", record="row 7", number=None), MONDAY)
    loaded = next_sync(errors)
    assert list(loaded.of("gifts")) == [OpenError(RECORD.id, 42), OpenError(CELL.id, 42)]
    assert [one.number for one in loaded.of("contacts")] == [None]
    assert list(loaded.of("tags")) == []


def test_troubles_can_be_resolved_while_they_are_gone_through(errors: OpenErrors) -> None:
    for number in range(5):
        errors.report(RECORD._replace(record=str(number), number=number), MONDAY)
    for one in errors.of("gifts"):
        errors.resolve(one.id, TUESDAY)
    assert list(errors.tables()) == []


def cell(number: int) -> ErrorRecord:
    return CELL._replace(record=str(number))


def test_a_table_that_hardly_arrives_ends_the_sync_and_names_the_table_and_the_cause(errors: OpenErrors) -> None:
    for number in range(MAX_OPEN_PER_TABLE):
        errors.report(cell(number), MONDAY)
    with pytest.raises(SyncFailed, match=r"^gift_designations: .*expected a number, got a list"):
        errors.report(cell(MAX_OPEN_PER_TABLE), MONDAY)


def test_old_troubles_that_are_still_there_end_no_sync(errors: OpenErrors) -> None:
    for number in range(MAX_OPEN_PER_TABLE):
        errors.report(cell(number), MONDAY)
    loaded = next_sync(errors)
    for number in range(MAX_OPEN_PER_TABLE):
        loaded.report(cell(number), TUESDAY)
    assert len(loaded.stored) == MAX_OPEN_PER_TABLE


def test_the_troubles_of_other_tables_and_those_that_were_cured_do_not_count(errors: OpenErrors) -> None:
    for number in range(MAX_OPEN_PER_TABLE):
        errors.report(cell(number), MONDAY)
        errors.report(cell(number)._replace(table_name="gifts"), MONDAY)
    errors.resolve(cell(0).id, TUESDAY)
    errors.report(cell(MAX_OPEN_PER_TABLE), TUESDAY)
    assert len(errors.stored) == 2 * MAX_OPEN_PER_TABLE
