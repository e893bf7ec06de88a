"""Sketches against Python's own sets: what they tell is exact, or they say that they cannot tell."""

from __future__ import annotations

import base64
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import sketch
from tests.strategies import ANY_TEXT

Sketch, Mirror = sketch.Sketch, sketch.Mirror

NUMBERS = st.sets(st.integers(1, 2**150), max_size=40)
HEX_IDS = st.text("0123456789abcdef", min_size=24, max_size=24)
ODD_IDS = ["", "0", "0" * 24, "5F3C00A1B2C3D4E5F6A7B8C9", "\N{SNOWMAN}", "\U0001f600", "\udc80"]
KEYS = HEX_IDS | ANY_TEXT | st.sampled_from(ODD_IDS)
SUMS = st.integers(0, 2**48 - 1)
ROWS = st.dictionaries(KEYS, SUMS, max_size=25)


def sketched(numbers: Any, width: int = 64) -> Any:
    one = Sketch(width)
    for number in numbers:
        one.add(number)
    return one


def mirrored(rows: dict[str, int], width: int = 64) -> Any:
    one = Mirror(width)
    for key, checksum in rows.items():
        one.put(key, checksum)
    return one


def as_stored(one: Any) -> Any:
    """The dump after the way through Fivetran's state."""
    return json.loads(json.dumps(one.dump()))


def contact_ids(number: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return [f"{chance.getrandbits(96):024x}" for _ in range(number)]


# --- Sketches ---


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_two_sets_differ_in_exactly_what_they_differ_in(mine: set[int], others: set[int]) -> None:
    found = sketched(mine).without(sketched(others))
    assert found in (None, (mine - others, others - mine))
    assert found is not None or len(mine ^ others) > 2  # what shares all its cells with another cannot be told apart


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("width", "common"), [(64, 5000), (1024, 20_000)])
def test_how_large_the_sets_are_does_not_matter(width: int, common: int, seed: int) -> None:
    chance = random.Random(seed)
    shared = {chance.getrandbits(97) + 1 for _ in range(common)} if seed == 0 else set()
    mine, others = ({chance.getrandbits(97) + 1 for _ in range(width // 2)} for _ in range(2))
    assert sketched(shared | mine, width).without(sketched(shared | others, width)) == (mine, others)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 600))
def test_too_many_differences_are_never_answered_wrongly(seed: int, number: int) -> None:
    chance = random.Random(seed)
    mine = {chance.getrandbits(97) + 1 for _ in range(number)}
    found = sketched(mine).without(sketched(()))
    assert found in (None, (mine, set()))
    if number > 3 * 64:
        assert found is None


def test_ids_that_count_up_are_told_apart_like_any_others() -> None:
    first = int("1" + "5f3c00a1b2c3d4e5f6000000", 16)
    mine = set(range(first, first + 80))
    assert sketched(mine).without(sketched(set(range(first + 40, first + 120)))) == (
        set(range(first, first + 40)),
        set(range(first + 80, first + 120)),
    )


@settings(deadline=None)
@given(NUMBERS, NUMBERS, st.sampled_from([64, 128, 512]), st.sampled_from([64, 128, 512]))
def test_sketches_of_two_widths_are_compared_in_the_smaller_one(mine: set[int], others: set[int], one: int, two: int) -> None:
    least = min(one, two)
    assert sketched(mine, one).without(sketched(others, two)) == sketched(mine, least).without(sketched(others, least))


@settings(deadline=None)
@given(NUMBERS)
def test_a_folded_sketch_is_the_narrow_one_of_the_same_set(numbers: set[int]) -> None:
    wide = sketched(numbers, 512)
    assert wide.folded(64).dump() == sketched(numbers, 64).dump()
    assert wide.folded(1024) is wide
    assert wide.dump() == sketched(numbers, 512).dump()


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_merging_adds_and_takes_out(mine: set[int], others: set[int]) -> None:
    one = sketched(mine)
    one.merge(sketched(others))
    one.merge(sketched(mine), -1)
    assert one.dump() == sketched(others).dump()


@pytest.mark.parametrize("times", [2, 3, 7])
def test_a_number_that_is_there_several_times_shows_as_a_difference_and_once(times: int) -> None:
    one = sketched([5, 6])
    one.add(5, times - 1)
    assert one.without(sketched([5, 6])) == ({5}, set())
    assert sketched([5, 6]).without(one) == (set(), {5})
    assert one.without(sketched([])) == ({5, 6}, set())


def test_a_cell_whose_numbers_add_up_to_nothing_is_not_taken_for_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketch, "_hashes", lambda number: (number * number, 0, 0, 0))
    assert sketched([1, 4]).without(sketched([2, 3])) is None


def test_a_false_match_ends_in_no_answer_and_not_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketch, "_hashes", lambda number: (number, number, number + number % 3, 1))  # checks that catch nothing
    for seed in range(200):
        chance = random.Random(seed)
        mine, others = ({chance.randrange(1, 500) for _ in range(30)} for _ in range(2))
        sketched(mine).without(sketched(others))


# --- Mirrors ---


@settings(deadline=None)
@given(ROWS, ROWS)
def test_a_mirror_tells_what_is_gone_and_what_is_new_or_changed(held: dict[str, int], now: dict[str, int]) -> None:
    one, two = mirrored(held), mirrored(now)
    found = one.compared(two)
    assert found.gone in (None, held.keys() - now.keys())
    assert found.changed in (None, {key for key, checksum in now.items() if held.get(key) != checksum})
    if found.changed is not None:
        mine, others = one.checksums(two)
        assert mine == {key: checksum for key, checksum in held.items() if now.get(key) != checksum}
        assert others == {key: checksum for key, checksum in now.items() if held.get(key) != checksum}
    assert (one.rows, two.rows) == (len(held), len(now))


@given(KEYS)
def test_every_id_comes_back_as_it_went_in(key: str) -> None:
    assert mirrored({key: 7}).compared(mirrored({})) == ({key}, set())
    assert mirrored({}).compared(mirrored({key: 7})) == (set(), {key})


@pytest.mark.parametrize("keys", [("00ab", "0ab"), ("0" * 24, "0" * 23), ("5f3c00a1" * 3, "5F3C00A1" * 3), ("1", "01")])
def test_ids_that_look_alike_are_not_mixed_up(keys: tuple[str, str]) -> None:
    assert mirrored({keys[0]: 1}).compared(mirrored({keys[1]: 1})) == ({keys[0]}, {keys[1]})


def test_a_thousand_edits_and_deletes_in_a_large_list() -> None:
    ids = contact_ids(30_000)
    held = {key: number for number, key in enumerate(ids)}
    now = {key: checksum + (checksum % 60 == 0) for key, checksum in held.items() if checksum % 61}
    found = mirrored(held, 1024).compared(mirrored(now, 1024))
    assert found.gone == held.keys() - now.keys()
    assert found.changed == {key for key, checksum in now.items() if held[key] != checksum}


def test_a_row_that_changed_is_as_if_it_had_been_so_from_the_beginning() -> None:
    one = mirrored({"a": 1, "b": 2})
    one.change("a", 1, 9)
    assert one.dump() == mirrored({"a": 9, "b": 2}).dump()
    one.put("b", 2, -1)
    assert one.dump() == mirrored({"a": 9}).dump()


def test_a_row_that_was_read_twice_is_never_gone() -> None:
    held, seen = mirrored({"a": 1, "b": 2}), mirrored({"a": 1, "b": 2})
    seen.put("a", 1)
    assert held.compared(seen) == (set(), {"a"})
    assert seen.rows == 3


@settings(deadline=None)
@given(ROWS, ROWS, st.sampled_from([64, 128, 256]))
def test_windows_that_are_merged_are_the_whole(one: dict[str, int], two: dict[str, int], width: int) -> None:
    whole, rest = mirrored(one, 256), {key: checksum for key, checksum in two.items() if key not in one}
    whole.merge(mirrored(rest, 256))
    assert whole.dump() == mirrored(one | rest, 256).dump()
    assert whole.folded(width).dump() == mirrored(one | rest, width).dump()
    assert whole.folded(1024).width == 256


def test_too_many_edits_leave_deletes_and_tell_nothing_of_the_edits() -> None:
    held = dict.fromkeys(contact_ids(2000), 1)
    now = dict.fromkeys(list(held)[10:], 2)
    found = mirrored(held).compared(mirrored(now))
    assert found == (set(list(held)[:10]), None)
    assert mirrored(held).checksums(mirrored(now)) == ({}, {})


@pytest.mark.parametrize(("differences", "most", "width"), [(0, 8192, 64), (64, 8192, 64), (65, 8192, 128), (9999, 1024, 1024)])
def test_a_width_is_a_power_of_two_within_its_bounds(differences: int, most: int, width: int) -> None:
    assert sketch.width_for(differences, most) == width


# --- The state ---


@settings(deadline=None)
@given(ROWS, st.sampled_from([64, 128]))
def test_a_mirror_survives_the_state(rows: dict[str, int], width: int) -> None:
    stored = as_stored(mirrored(rows, width))
    loaded = Mirror.load(stored)
    assert as_stored(loaded) == stored
    assert (loaded.rows, loaded.width) == (len(rows), width)
    assert loaded.compared(mirrored(rows, width)) == (set(), set())


def test_a_sketch_with_more_taken_out_than_put_in_survives_the_state() -> None:
    one = Sketch(64)
    one.add(9, -2)
    assert Sketch.load(as_stored(one)).without(Sketch(64)) == (set(), {9})


def test_the_largest_mirror_leaves_room_in_the_state() -> None:
    one = Mirror(8192)
    for number, key in enumerate(contact_ids(60_000)):
        one.put(key, number * 4_691_249 % 2**48)
    assert len(json.dumps(one.dump())) < 3_500_000


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


DAMAGES: dict[str, Callable[[Any], object]] = {
    "nothing": lambda dump: None,
    "an object": lambda dump: {},
    "no text": lambda dump: dump[:1],
    "a width that is a text": lambda dump: [str(dump[0]), dump[1]],
    "a width of true": lambda dump: [True, packed([[], [], [], []])],
    "no width": lambda dump: [0, packed([[], [], [], []])],
    "a negative width": lambda dump: [-64, packed([[], [], [], []])],
    "a width that is no power of two": lambda dump: [96, packed([[], [], [], []])],
    "a width beyond all memory": lambda dump: [1 << 60, packed([[], [], [], []])],
    "twice the width": lambda dump: [128, dump[1]],
    "half the width": lambda dump: [32, dump[1]],
    "no base64": lambda dump: [64, "?" + dump[1]],
    "not compressed": lambda dump: [64, base64.b64encode(b"[]").decode()],
    "cut": lambda dump: [64, dump[1][: len(dump[1]) // 2 // 4 * 4]],
    "empty": lambda dump: [64, ""],
    "a number in it": lambda dump: [64, packed(5)],
    "an object in it": lambda dump: [64, packed({"a": 1, "b": 2, "c": 3, "d": 4})],
    "deep lists in it": lambda dump: [64, base64.b64encode(zlib.compress(b"[" * 100_000)).decode()],
}


def cells_of(dump: Any) -> Any:
    """Places, counts, sums and checks, as they are stored."""
    return json.loads(zlib.decompress(base64.b64decode(dump[1])))


def with_cell(column: int, value: object) -> Callable[[Any], object]:
    """A dump with another first value in a column."""

    def damage(dump: Any) -> object:
        columns = cells_of(dump)
        columns[column][0] = value
        return [64, packed(columns)]

    return damage


def with_columns(change: Callable[[Any], object]) -> Callable[[Any], object]:
    """A dump with other columns."""
    return lambda dump: [64, packed(change(cells_of(dump)))]


DAMAGES |= {
    "three columns": with_columns(lambda columns: columns[:3]),
    "five columns": with_columns(lambda columns: [*columns, columns[3]]),
    "no columns": with_columns(lambda columns: []),
    "a short column": with_columns(lambda columns: [*columns[:3], columns[3][1:]]),
    "fewer places than cells": with_columns(lambda columns: [columns[0][1:], *columns[1:]]),
    "a cell less": with_columns(lambda columns: [column[1:] for column in columns]),
    "a cell twice": with_columns(lambda columns: [[*column, column[0]] for column in columns]),
    "a cell of nothing": with_columns(lambda columns: [[*columns[0], 1], *([*column, "0"] for column in columns[1:])]),
    "a column that is one text": with_columns(lambda columns: [columns[0], "1" * len(columns[1]), *columns[2:]]),
    "places that are texts": with_columns(lambda columns: [list(map(str, columns[0])), *columns[1:]]),
    "a place that is true": lambda dump: [64, packed([[True, 64, 128], *[["1", "1", "1"]] * 3])],
    "a place that is a fraction": with_cell(0, 0.5),
    "a place that is a list": with_cell(0, []),
    "a place in front of all": with_cell(0, -1),
    "a place behind all": with_cell(0, 3 * 64),
    "a count that is a number": with_cell(1, 1),
    "a count that is null": with_cell(1, None),
    "another count": with_cell(1, "3"),
    "a sum that is no hex": with_cell(2, "g"),
    "another sum": with_cell(2, "12345"),
    "a check that is a list": with_cell(3, []),
    "another check": with_cell(3, "12345"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_sketch_is_refused_when_it_is_read(damage: Callable[[Any], object]) -> None:
    stored = as_stored(sketched({1, 2, 3}))
    with pytest.raises(ValueError, match="a sketch is damaged"):
        Sketch.load(damage(stored))


@pytest.mark.parametrize(
    "change",
    [
        lambda dump: None,
        lambda dump: [],
        lambda dump: {"rows": 1, "keys": dump["keys"]},
        lambda dump: dump | {"rows": True},
        lambda dump: dump | {"rows": "1"},
        lambda dump: dump | {"rows": None},
        lambda dump: dump | {"keys": dump["sums"]},
        lambda dump: dump | {"sums": dump["keys"]},
        lambda dump: dump | {"sums": None},
    ],
)
def test_a_damaged_mirror_is_refused_when_it_is_read(change: Callable[[Any], object]) -> None:
    with pytest.raises(ValueError, match="is damaged"):
        Mirror.load(change(as_stored(mirrored({"a": 1}))))
