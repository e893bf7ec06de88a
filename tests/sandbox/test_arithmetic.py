from __future__ import annotations

import random

import pytest

from sandbox.arithmetic import Layout, Record
from sandbox.virtuous.collection import Collection
from sandbox.virtuous.formats import (
    TICKS_PER_SECOND,
    clock_ticks,
    day_ticks,
    dollars,
    organization_day,
    parse_utc,
    snake,
    us_date,
    utc_text,
    whole_dollars,
)
from sandbox.virtuous.world import BASE_NEWEST, BASE_OLDEST, DESIGNATIONS_BY_ROW, make_world, modified_at, owner_row, rows_of_owner


@pytest.mark.parametrize("group", [(1,), DESIGNATIONS_BY_ROW, (2, 0, 3)])
def test_ids_and_indexes_agree_both_ways(group: tuple[int, ...]) -> None:
    layout = Layout(7, 100, 6, 57, group)
    ids = [layout.id_of(index) for index in range(layout.count)]
    assert ids == sorted(set(ids))
    assert [layout.index_of(number) for number in ids] == list(range(layout.count))
    for number in range(90, ids[-1] + 10):
        assert layout.below(number) == sum(one < number for one in ids)
        assert (layout.index_of(number) is not None) == (number in ids)


@pytest.mark.parametrize("rows", [1, 2, 10, 97, 300])
def test_owners_are_found_from_rows_and_rows_from_owners(rows: int) -> None:
    world = make_world(rows, 1)
    for entity in ("Gift", "Pledge", "ContactNote"):
        total = world.layouts[entity].parents
        owned = [(row, contact) for contact in range(rows) for row in rows_of_owner(world, entity, contact)]
        assert sorted(owned) == [(row, owner_row(world, entity, row)) for row in range(total)]


def test_base_data_was_modified_within_its_years() -> None:
    world = make_world(500, 1)
    ticks = [modified_at(world, "Gift", row)[0] for row in range(1000)]
    assert min(ticks) >= BASE_OLDEST
    assert max(ticks) < BASE_NEWEST
    assert len(set(ticks)) < 1000, "a bulk import gives many records one time"


def _make(index: int) -> Record:
    return {"id": LAYOUT.id_of(index), "modifiedDateTimeUtc": "2020-01-01T00:00:00", "_archived": index % 7 == 3}


LAYOUT = Layout(5, 50, 4, 60)


def test_counting_with_an_overlay_is_the_same_as_looking() -> None:
    chance = random.Random(1)
    collection = Collection("X", LAYOUT, _make)
    collection.hidden = lambda row: row % 7 == 3
    collection.hidden_below = lambda row: sum(each % 7 == 3 for each in range(row))
    live = {LAYOUT.id_of(index): _make(index) for index in range(60)}
    for _ in range(120):
        number = chance.choice([*live, collection.layout.id_of(collection.next_row())])
        if chance.random() < 0.4:
            collection.remove(number)
            live.pop(number, None)
        else:
            live[number] = {"id": number, "_archived": chance.random() < 0.3}
            collection.put(live[number])
        for archived in (True, False):
            expected = sorted(one for one, record in live.items() if archived or not record["_archived"])
            assert list(collection.ids(archived=archived)) == expected
            assert collection.count(archived=archived) == len(expected)
            rank = chance.randrange(len(expected))
            assert collection.seek(rank, archived=archived) == expected[rank]


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, "1970-01-01T00:00:00"),
        (5_000_000, "1970-01-01T00:00:00.5"),
        (1, "1970-01-01T00:00:00.0000001"),
        (day_ticks(2024, 2, 29) + 3 * TICKS_PER_SECOND + 100, "2024-02-29T00:00:03.00001"),
    ],
)
def test_instants_are_spelled_without_trailing_zeros(ticks: int, text: str) -> None:
    assert utc_text(ticks) == text
    assert parse_utc(text) == ticks
    assert parse_utc(utc_text(ticks, zulu=True)) == ticks


def test_texts() -> None:
    assert dollars(-1050) == "($10.50)"
    assert dollars(120_000) == "$1,200.00"
    assert whole_dollars(120_040) == "$1,200"
    assert snake("createDateTimeUtc") == "create_date_time_utc"
    assert (snake("address1"), snake("anniversaryMonth")) == ("address_1", "anniversary_month")
    assert clock_ticks(1.5) == 15_000_000
    assert us_date(__import__("datetime").date(2024, 2, 9)) == "2/9/2024"
    # 06:59 in UTC is still the day before in Arizona
    assert organization_day(day_ticks(2024, 3, 2) - 1) == organization_day(day_ticks(2024, 3, 1) + 8 * 36 * 10**9)
