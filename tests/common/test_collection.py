"""Collections: which id a record has, and how it stands in the key."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from common.collection import DETAIL_SUM, LONGEST_KEY_BYTES, RECORD_SUM, WHOLE_SUM, Collection, CollectionState
from common.ledger import Ledger
from common.splitting import Child, Root, child_table
from common.tables import Table, text
from tests.strategies import ANY_TEXT

ROWS = Table("rows", ["id"], {"id": text("id")})
NOTES, TAGS = (child_table(name, "row_id", {}) for name in ("notes", "tags"))
BODIES = Table("bodies", ["row_id"], {"row_id": text("id"), "html": text("html")})
ROOT = Root(ROWS, children=(Child("notes", NOTES),), optional={"tags": Child("tags", TAGS)})
NUMBERED = Collection(ROOT, "rows", bodies=BODIES)
NAMED = Collection(ROOT, "rows", id_field="key", textual=True, again=True)


@pytest.mark.parametrize(
    ("record", "number"),
    [
        ({"id": 5}, 5),
        ({"id": "0005"}, 5),
        ({"id": None}, None),
        ({"id": ""}, None),
        ({"id": True}, None),
        ({"id": 5.0}, None),
        ({"id": "-5"}, None),
        ({"id": "\N{ARABIC-INDIC DIGIT FIVE}"}, None),
        ({"id": "\N{SUPERSCRIPT TWO}"}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_an_id_is_a_number_or_its_digits(record: object, number: int | None) -> None:
    assert NUMBERED.id_of(record) == number


@given(ANY_TEXT)
def test_an_id_that_is_a_text_is_remembered_as_a_number_and_told_again(key: str) -> None:
    number = NAMED.id_of({"key": key})
    fits = key.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in key)
    assert (number is not None) == (key != "" and fits)
    if number is not None:
        assert number > 0
        assert NAMED.key_of(number) == key


@pytest.mark.parametrize("record", [{"key": None}, {"key": True}, {"key": 5.0}, {"key": []}, {"id": "a"}, {}, None, {"key": "a" * 1001}])
def test_what_is_no_text_is_no_textual_id(record: object) -> None:
    assert NAMED.id_of(record) is None


def test_the_longest_id_survives_the_state() -> None:
    state = CollectionState(Ledger(NAMED.columns([])))
    number = NAMED.id_of({"key": "z" * LONGEST_KEY_BYTES})
    assert number is not None
    state.ledger.put({number: (1, 2, 3, 4)})
    loaded = CollectionState.load(json.loads(json.dumps(state.dump())), NAMED.columns([]))
    assert list(loaded.ledger.ids()) == [number]


def test_a_number_may_be_a_textual_id() -> None:
    assert NAMED.id_of({"key": 17}) == NAMED.id_of({"key": "17"})


def test_the_ledger_keeps_what_there_can_be_and_a_third_checksum_where_details_are_read_again() -> None:
    assert NUMBERED.columns(["tags", "bodies"]) == ["notes", "tags", "bodies", RECORD_SUM, DETAIL_SUM]
    assert NAMED.columns(["tags"]) == ["notes", "tags", RECORD_SUM, DETAIL_SUM, WHOLE_SUM]


def test_what_is_switched_on() -> None:
    assert NUMBERED.switched_on([]) == {"rows", "notes"}
    assert NUMBERED.switched_on(["tags", "bodies", "others"]) == {"rows", "notes", "tags", "bodies"}
