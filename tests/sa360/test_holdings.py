"""What the warehouse is remembered to hold: against plain sets and dictionaries of the same rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.checksums import cells_sum
from tests.loading import load
from tests.strategies import ANY_TEXT

holdings = load("sa360").holdings
Holding, Seen = holdings.Holding, holdings.Seen
ROWS = st.dictionaries(st.text(max_size=8) | ANY_TEXT, st.integers(0, 5), max_size=30)


def seen_of(rows: dict[str, int], bucket: Any = holdings.bucket_of) -> Any:
    seen = Seen()
    for key, value in rows.items():
        seen.add(key, bucket(key), cells_sum([key, value]))
    return seen


def held(rows: dict[str, int]) -> Any:
    """A listing's holding, by way of the state."""
    holding, seen = Holding(buckets=holdings.buckets_for(len(rows))), seen_of(rows)
    holding.hold(seen)
    return Holding.load(json.loads(json.dumps(holding.dump())))


@settings(deadline=None)
@given(before=ROWS, after=ROWS)
def test_it_tells_what_is_gone_and_which_buckets_changed(before: dict[str, int], after: dict[str, int]) -> None:
    holding, seen = held(before), seen_of(after)
    assert holding.gone(seen) == (before.keys() - after.keys(), True)
    changed = holding.changed(seen.digests)
    for key, value in after.items():
        if before.get(key) != value:
            assert holdings.bucket_of(key) in changed
    if before == after:
        assert changed == set()


def test_of_few_rows_only_those_that_changed_are_delivered() -> None:
    rows = {f"{number}": 1 for number in range(8)}
    changed = held(rows).changed(seen_of(rows | {"3": 2}).digests)
    assert holdings.bucket_of("3") in changed
    assert sum(holdings.bucket_of(key) in changed for key in rows) < 4


def test_a_reading_that_was_cut_short_is_held_as_well() -> None:
    holding = held({"a": 1, "b": 1})
    cut_short = seen_of({"b": 1, "c": 1, "d": 1})
    holding.begin(cut_short)
    resumed = Holding.load(json.loads(json.dumps(holding.dump())))
    assert resumed.gone(seen_of({"b": 1, "d": 1})) == ({"a", "c"}, True)
    resumed.hold(seen_of({"b": 1, "d": 1}))
    assert resumed.gone(seen_of({"b": 1})) == ({"d"}, True)


def test_readings_that_are_cut_short_for_ever_take_no_more_and_more_room() -> None:
    holding = held({"a": 1})
    for number in range(100):
        holding.begin(seen_of({f"{number}": 1}), Seen())
    assert len(holding.dump()["more"]) <= holdings.MOST_CUT_SHORT + 1


def test_what_was_kept_is_still_held() -> None:
    holding = held({"a": 1, "b": 1})
    seen = seen_of({"a": 1})
    seen.keep("b")
    holding.hold(seen)
    assert holding.rows == 2
    assert holding.gone(seen_of({})) == ({"a", "b"}, True)


LATIN_DIGITS = st.text("0123456789|~", max_size=40)


@settings(deadline=None)
@given(key=ANY_TEXT | LATIN_DIGITS | st.builds(str.__add__, LATIN_DIGITS, st.text() | ANY_TEXT) | st.text(min_size=60, max_size=70))
def test_a_key_comes_back_from_its_number(key: str) -> None:
    number = holdings.number_of(key)
    assert number > 0
    assert holdings.text_of(number) == key


@pytest.mark.parametrize("length", [999, 1000, 1001, 100_000])
def test_a_key_of_any_length_comes_back_from_its_number(length: int) -> None:
    assert holdings.text_of(holdings.number_of("7" * length)) == "7" * length
    assert holdings.text_of(holdings.number_of("é" * length)) == "é" * length


@pytest.mark.parametrize(
    "key", ["110300000017~4410000000123|20260921", "110300000017~4410000000123~55012345678|20260921", "4410000000123~7788990011|20260921"]
)
def test_ids_with_a_day_take_half_the_room(key: str) -> None:
    assert (holdings.number_of(key).bit_length() + 7) // 8 <= len(key) / 2
    assert holdings.number_of(key[1:]) != holdings.number_of(key) != holdings.number_of("0" + key)


def _many(day: int, number: int) -> dict[str, int]:
    return {f"{110300000000 + at}~44100000001|{day}": day for at in range(number)}


def _seen_of_days(*days: dict[str, int]) -> Any:
    seen = Seen()
    for rows in days:
        for key, day in rows.items():
            seen.add(key, day, 1)
    return seen


def test_what_is_gone_of_a_settled_day_is_told_though_many_rows_come_to_the_last_one() -> None:
    """Of ten thousand rows a day, of whose last one a third was not there when it was read."""
    days = [_many(day, 10_000) for day in (739_000, 739_001)]
    holding = Holding()
    holding.hold(_seen_of_days(*days), _seen_of_days(_many(739_002, 10_000)))
    again = Holding.load(json.loads(json.dumps(holding.dump())))
    lost = next(iter(days[0]))
    days[0].pop(lost)
    assert lost in again.gone(_seen_of_days(*days), _seen_of_days(_many(739_002, 13_000))).keys
    far_more = again.gone(_seen_of_days(*days), _seen_of_days(_many(739_002, 30_000)))
    assert far_more == ({lost}, False)


def test_the_last_day_is_held_by_itself() -> None:
    holding = Holding()
    holding.hold(_seen_of_days(_many(1, 3)), _seen_of_days(_many(2, 2)))
    again = Holding.load(json.loads(json.dumps(holding.dump())))
    assert (again.rows, again.keys, again.young) == (5, {*_many(1, 3)}, {*_many(2, 2)})
    assert again.gone(_seen_of_days(_many(1, 2)), _seen_of_days(_many(2, 1))).keys == {*_many(1, 3), *_many(2, 2)} - {
        *_many(1, 2),
        *_many(2, 1),
    }
    assert again.gone(_seen_of_days(_many(1, 3), _many(2, 2))).keys == {*_many(2, 2)}  # of the last day nothing was read


def test_a_reading_that_was_cut_short_takes_less_room_in_the_state() -> None:
    holding, seen = Holding(), _seen_of_days(_many(739_000, 3_000))
    holding.begin(seen, Seen())
    (stored,) = holding.dump()["more"]
    assert stored[0] == holdings.CUT_SHORT_WIDTH
    rows = _many(739_000, 3_000)
    lost = rows.popitem()[0]
    assert Holding.load(json.loads(json.dumps(holding.dump()))).gone(_seen_of_days(rows)) == ({lost}, True)


def test_too_many_differences_are_none_and_not_a_guess() -> None:
    many = {f"key {number}": 1 for number in range(20_000)}
    assert held({"a": 1, "b": 1}).gone(seen_of(many)) == (set(), False)


def test_the_days_of_a_report_are_its_buckets() -> None:
    holding, days = Holding(), {"a": 739_000, "b": 739_000, "c": 739_004}
    seen = seen_of(dict.fromkeys(days, 1), days.__getitem__)
    assert holding.changed(seen.digests) == {739_000, 739_004}
    holding.hold(seen)
    again = Holding.load(json.loads(json.dumps(holding.dump())))
    assert again.digests == holding.digests
    assert again.changed(seen_of({"a": 1, "b": 2, "c": 1}, days.__getitem__).digests) == {739_000}


def test_fifty_thousand_rows_take_little_room() -> None:
    holding, seen = Holding(buckets=1024), Seen()
    for number in range(50_000):
        seen.add(f"{number}", holdings.bucket_of(f"{number}"), number)
    holding.hold(seen)
    assert len(json.dumps(holding.dump())) < 300_000


@pytest.mark.parametrize(
    "part",
    [
        {"rows": -1},
        {"rows": True},
        {"buckets": 3},
        {"buckets": 2048},
        {"first_bucket": -1},
        {"digests": "%"},
        {"digests": "AAAA"},
        {"keys": 5},
        {"keys": "eJyL"},
        {"keys": "%"},
        {"young": 5},
        {"more": [5]},
    ],
)
def test_a_damaged_one_is_refused(part: dict[str, object]) -> None:
    dumped = held({"a": 1}).dump()
    with pytest.raises(ValueError, match=r"damaged|base64"):
        Holding.load(dumped | part)
    with pytest.raises(ValueError, match="damaged"):
        Holding.load({name: value for name, value in dumped.items() if name not in part})
