"""The ledger against a plain dict: what it forgets is never deleted, and what it invents is deleted by mistake."""

from __future__ import annotations

import base64
import bz2
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from common.ledger import BLOCK_RECORDS, Ledger

CHILDREN = ("methods", "tags", "notes")
Counts = tuple[int, ...]
Dump = dict[str, Any]

COUNTS = st.none() | st.integers(0, 9)
# close together, so that they meet each other; and runs of more than a block, so that blocks split
SOME_IDS = st.sets(st.integers(-3, 60) | st.sampled_from([2**31, 2**53 + 1, 2**63 - 1]) | st.integers(0, 12_000), max_size=12)
RUNS = st.builds(
    lambda first, step, number: set(range(first, first + step * number, step)),
    st.integers(0, 4000),
    st.integers(1, 3),
    st.integers(BLOCK_RECORDS - 1, 2 * BLOCK_RECORDS + 2),
)
IDS = SOME_IDS | RUNS


def as_stored(ledger: Ledger) -> Any:
    """The dump after the way through Fivetran's state."""
    return json.loads(json.dumps(ledger.dump()))


def content(ledger: Ledger) -> dict[int, Counts]:
    """All ids and counts; a `put` that gives no count changes none, and says what was known."""
    return ledger.put(dict.fromkeys(ledger.ids(), (None,) * len(ledger.children)))


class Remembering(RuleBasedStateMachine):
    """Any sequence of syncs, with a restart from the state at any time, against a dict."""

    @initialize()
    def begin(self) -> None:
        self.children: tuple[str, ...] = CHILDREN
        self.ledger = Ledger(CHILDREN)
        self.model: dict[int, Counts] = {}

    @rule(ids=IDS, data=st.data())
    def put(self, ids: set[int], data: st.DataObject) -> None:
        given_counts = data.draw(st.lists(st.tuples(*[COUNTS] * len(self.children)), min_size=1, max_size=4))
        records = {record: given_counts[record % len(given_counts)] for record in ids}
        known = {record: self.model[record] for record in ids if record in self.model}
        assert self.ledger.put(records) == known
        for record, counts in records.items():
            before = self.model.get(record, (0,) * len(self.children))
            self.model[record] = tuple(old if new is None else new for new, old in zip(counts, before, strict=True))

    @rule(ids=IDS)
    def drop(self, ids: set[int]) -> None:
        known = {record: self.model.pop(record) for record in ids if record in self.model}
        assert self.ledger.drop(ids) == known

    @rule(ids=IDS)
    def find(self, ids: set[int]) -> None:
        assert self.ledger.find(ids) == {record: self.model[record] for record in ids if record in self.model}

    @rule(part=st.integers(1, 3))
    def drop_many_of_what_is_there(self, part: int) -> None:
        ids = sorted(self.model)[part % 2 :: part]
        assert self.ledger.drop(ids) == {record: self.model.pop(record) for record in ids}

    @precondition(lambda self: self.model)
    @rule(children=st.lists(st.sampled_from([*CHILDREN, "premiums", "methods_of_tags"]), unique=True, max_size=5))
    def restart_with_other_tables(self, children: list[str]) -> None:
        places = [self.children.index(name) if name in self.children else None for name in children]
        self.ledger = Ledger.load(as_stored(self.ledger), children)
        self.children = tuple(children)
        self.model = {record: tuple(0 if at is None else counts[at] for at in places) for record, counts in self.model.items()}

    @rule()
    def restart(self) -> None:
        self.ledger = Ledger.load(as_stored(self.ledger), self.children)

    @invariant()
    def the_same_is_known(self) -> None:
        assert len(self.ledger) == len(self.model)
        assert list(self.ledger.ids()) == sorted(self.model)
        assert content(self.ledger) == self.model


TestRemembering = Remembering.TestCase
TestRemembering.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)


def filled(records: int = 5000) -> Ledger:
    ledger = Ledger(CHILDREN)
    ledger.put({3 * number: (number % 4, number % 7, 0) for number in range(records)})
    return ledger


def test_what_was_known_is_told_so_that_child_rows_that_vanished_can_be_deleted() -> None:
    ledger = Ledger(CHILDREN)
    assert ledger.put({7: (5, 2, 1)}) == {}
    assert ledger.put({7: (3, None, 0)}) == {7: (5, 2, 1)}
    assert ledger.drop([7, 8]) == {7: (3, 2, 0)}
    assert len(ledger) == 0


def test_what_is_known_is_found_and_nothing_is_changed_by_asking() -> None:
    ledger = filled()
    before = ledger.dump()
    assert ledger.find([-1, 0, 3, 4, 14_997, 15_000]) == {0: (0, 0, 0), 3: (1, 1, 0), 14_997: (3, 1, 0)}
    assert ledger.find([]) == {}
    assert ledger.find(iter([6, 6])) == {6: (2, 2, 0)}
    assert ledger.find({9: "a mapping's keys"}) == {9: (3, 3, 0)}
    assert ledger.dump() == before
    assert Ledger(CHILDREN).find([1, 2]) == {}


def test_what_was_just_put_or_dropped_is_found_or_not_before_any_dump() -> None:
    ledger = filled()
    ledger.put({1: (9, 9, 9), 14_000: (8, 8, 8)})
    ledger.drop([3])
    assert ledger.find([1, 3, 14_000]) == {1: (9, 9, 9), 14_000: (8, 8, 8)}
    found = ledger.find([1])
    found[1] = (0, 0, 0)
    assert ledger.find([1]) == {1: (9, 9, 9)}


def test_an_id_given_twice_is_dropped_once() -> None:
    ledger = filled()
    assert ledger.drop([3, 3, 4]) == {3: (1, 1, 0)}
    assert len(ledger) == 4999


def test_a_record_that_is_older_than_all_others_finds_its_place() -> None:
    ledger = filled()
    ledger.put({-5: (1, 1, 1)})
    assert next(ledger.ids()) == -5
    assert content(ledger)[-5] == (1, 1, 1)


def test_ids_come_in_order_however_the_pages_came() -> None:
    ledger = Ledger(())
    ids = list(range(7000))
    random.Random(1).shuffle(ids)
    for at in range(0, len(ids), 500):
        ledger.put(dict.fromkeys(ids[at : at + 500], ()))
    assert list(ledger.ids()) == list(range(7000))


def test_a_page_does_not_repack_the_whole_ledger() -> None:
    ledger = filled(20_000)
    before = ledger.dump()["blocks"]
    ledger.put({30_000: (9, 9, 9)})
    after = ledger.dump()["blocks"]
    assert sum(block not in before for block in after) == 1


def test_an_empty_ledger_survives_the_state() -> None:
    ledger = Ledger.load(as_stored(Ledger(CHILDREN)), CHILDREN)
    assert (len(ledger), list(ledger.ids())) == (0, [])
    assert ledger.put({1: (1, 2, 3)}) == {}


def test_a_switched_off_table_and_a_new_one_do_not_mix_up_the_counts() -> None:
    ledger = Ledger(CHILDREN)
    ledger.put({1: (5, 6, 7), 2: (8, 9, 10)})
    loaded = Ledger.load(as_stored(ledger), ("notes", "premiums", "methods"))
    assert content(loaded) == {1: (7, 0, 5), 2: (10, 0, 8)}


def packed(value: object) -> str:
    return base64.b64encode(bz2.compress(json.dumps(value).encode())).decode()


def with_block(block: object) -> Callable[[Dump], object]:
    return lambda dump: dump | {"blocks": [block]}


def with_packed(change: Callable[[str], str]) -> Callable[[Dump], object]:
    return lambda dump: dump | {"blocks": [[first, size, change(text)] for first, size, text in dump["blocks"]]}


DAMAGES: dict[str, Callable[[Dump], object]] = {
    "nothing": lambda dump: {},
    "no blocks": lambda dump: {"children": dump["children"]},
    "no children": lambda dump: {"blocks": dump["blocks"]},
    "a list": lambda dump: [dump],
    "blocks are null": lambda dump: dump | {"blocks": None},
    "blocks are a number": lambda dump: dump | {"blocks": 5},
    "children are null": lambda dump: dump | {"children": None},
    "a child too many": lambda dump: dump | {"children": [*dump["children"], "premiums"]},
    "a child too few": lambda dump: dump | {"children": dump["children"][:-1]},
    "a block is null": with_block(None),
    "a block of two": with_block([0, 1]),
    "a block without a text": with_block([0, 1, None]),
    "a block without a size": with_block([0, None, packed([[0], [1], [1], [1]])]),
    "a first id that is a word": with_block(["first", 1, packed([[0], [1], [1], [1]])]),
    "a first id beyond all numbers": with_block([1e999, 1, packed([[0], [1], [1], [1]])]),
    "no base64": with_packed(lambda text: "?" + text),
    "cut": with_packed(lambda text: text[: len(text) // 2]),
    "a character gone": with_packed(lambda text: text[:40] + text[41:]),
    "a character changed": with_packed(lambda text: text[:40] + ("A" if text[40] != "A" else "B") + text[41:]),
    "an empty text": with_packed(lambda text: ""),
    "not compressed": with_packed(lambda text: base64.b64encode(b"[[0],[1],[1],[1]]").decode()),
    "no JSON in it": with_packed(lambda text: base64.b64encode(bz2.compress(b"[[0")).decode()),
    "a number in it": with_packed(lambda text: packed(5)),
    "an object in it": with_packed(lambda text: packed({"a": 1})),
    "an empty list in it": with_packed(lambda text: packed([])),
    "words for ids": with_packed(lambda text: packed([["a", "b"], [1, 1], [1, 1], [1, 1]])),
    "columns of two lengths": with_packed(lambda text: packed([[0, 1], [1, 1], [1], [1, 1]])),
    "fewer columns than children": with_packed(lambda text: packed([[0, 1], [1, 1]])),
    "more columns than children": with_packed(lambda text: packed([[0, 1], [1, 1], [1, 1], [1, 1], [1, 1]])),
    "another size than it says": with_block([0, 7, packed([[0], [1], [1], [1]])]),
    "another first id than it says": with_block([5, 1, packed([[0], [1], [1], [1]])]),
    "a block twice": lambda dump: dump | {"blocks": [dump["blocks"][0], *dump["blocks"]]},
    "blocks out of order": lambda dump: dump | {"blocks": dump["blocks"][::-1]},
}


@pytest.mark.parametrize("children", [CHILDREN, ("notes",)], ids=["same tables", "other tables"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_state_is_refused_when_it_is_read_and_not_in_the_middle_of_a_sync(
    damage: Callable[[Dump], Any], children: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="the list of delivered records is damaged"):
        Ledger.load(damage(as_stored(filled())), children)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["children", "blocks"]), inner),
    max_leaves=8,
)


BLOCKS = st.lists(st.tuples(st.integers(), st.integers(), st.builds(packed, JSON)).map(list), max_size=3)


@given(children=st.just(list(CHILDREN)) | JSON, blocks=BLOCKS | JSON)
def test_whatever_stands_in_its_place_is_refused_by_name_or_is_a_ledger(children: object, blocks: object) -> None:
    try:
        ledger = Ledger.load({"children": children, "blocks": blocks}, CHILDREN)
    except ValueError as error:
        assert str(error) == "the list of delivered records is damaged"  # noqa: PT017 - whether it raises is up to the value
    else:
        assert len(list(ledger.ids())) == len(ledger)


def contacts(number: int) -> Ledger:
    """As a first sync of an organization leaves it: gaps where records were deleted, most contacts alike, a few with much below them."""
    chance = random.Random(20)
    ledger = Ledger([f"child_{at}" for at in range(11)])
    record = 1000
    for _ in range(0, number, 1000):
        page: dict[int, tuple[int, ...]] = {}
        for _ in range(1000):
            record += 1 if chance.random() < 0.8 else chance.randrange(2, 60)
            people = chance.choice((1, 1, 1, 2))
            methods = sum(chance.choice((0, 1, 2, 2, 3)) for _ in range(people))
            tags, references, collections = chance.choice((0, 0, 1, 1, 2, 5)), chance.choice((0, 1)), chance.choice((0,) * 19 + (4,))
            page[record] = (people, methods, 1, tags, references, 0, 6, 3 * people, collections, 5 * collections, 0)
        ledger.put(page)
    return ledger


def test_a_million_contacts_fit_into_five_megabytes_of_state() -> None:
    tenth = contacts(100_000)
    assert len(tenth) == 100_000
    assert len(json.dumps(tenth.dump())) < 5_000_000 / 10
