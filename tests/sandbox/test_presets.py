"""Every preset does what its sentence says, asked of the stand-in directly."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest

from sandbox.presets import PRESETS
from sandbox.server import Box
from tests.loading import ROOT
from tests.sandbox.asking import ask, get, keyset, query

GIFTS = "Gift/Query/FullGift"
Row = dict[str, Any]


def ids(rows: Sequence[Row]) -> list[int]:
    return [row["id"] for row in rows]


def gifts(box: Box) -> dict[int, Row]:
    """All gifts as they are, without a question that a fault could spoil."""
    return {record["id"]: record for record in box.source.records("Gift")}


def ask_for_gifts(box: Box, times: int) -> None:
    for _ in range(times):
        query(box, GIFTS, take=1)


def test_each_preset_is_in_the_readme_with_its_sentence() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, preset in PRESETS.items():
        assert f"| `{name}` | {preset.says} |" in readme


def test_a_preset_with_another_option_and_one_that_it_does_not_have(box: Box) -> None:
    box.faults.preset("silent-cap", rows=7)
    assert len(query(box, GIFTS).rows) == 7
    with pytest.raises(ValueError, match="unknown option 'seconds'; there are probability, rows, times"):
        box.faults.preset("silent-cap", seconds=7)
    answer = ask(box, "POST", "/sandbox/faults", {"preset": "silent-cap", "rows": 3})
    assert answer.status == 200
    assert len(query(box, GIFTS).rows) == 3
    answer = ask(box, "POST", "/sandbox/faults", {"preset": "silent-cap", "row": 3})
    assert (answer.status, "unknown option 'row'" in answer.json["message"]) == (400, True)


def test_what_struck_is_counted_by_kind(box: Box) -> None:
    box.faults.preset("inserts-between-pages", probability=1.0)
    query(box, "Project/Query")
    counts = ask(box, "GET", "/sandbox/faults").json["struck"]
    assert counts == {"disturb insert": 1, "disturb replace": 1}
    ask(box, "DELETE", "/sandbox/faults")
    assert ask(box, "GET", "/sandbox/faults").json["struck"] == {}


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("/api/Gift/Query/FullGift", {"api", "queries", "pages"}),
        ("/api/v2/Pledge/Query", {"api", "queries", "pages"}),
        ("/api/Project/Query", {"api", "queries"}),
        ("/api/Gift/QueryOptions", {"api"}),
        ("/api/Volunteer/Query", {"api"}),
        ("/api/VolunteerOpportunity/Query", {"api"}),
        ("/Token", set()),
    ],
)
def test_the_roles_of_paths(box: Box, path: str, places: set[str]) -> None:
    found = {place for place in ("api", "queries", "pages") if _strikes(box, place, path)}
    assert found == places


def _strikes(box: Box, place: str, path: str) -> bool:
    fault = box.faults.add("status", box.source.places[place], status=418)
    ask(box, "POST", path, {})
    box.faults.clear()
    return fault.struck == 1


def test_slow(box: Box) -> None:
    box.faults.preset("slow")
    began = time.monotonic()
    get(box, "Tag")
    assert time.monotonic() - began >= 0.2


# --- a source that moves ---


def test_records_are_deleted_while_their_list_is_read(box: Box) -> None:
    before = gifts(box)
    box.faults.preset("deletes-between-pages")
    ask_for_gifts(box, 150)
    gone = set(before) - set(gifts(box))
    assert len(before) // 12 < len(gone) <= len(before) // 10, "up to a tenth"
    assert min(gone) < ids(list(before.values()))[len(before) // 4] < max(gone)
    assert box.faults.struck() == {"disturb delete": len(gone)}
    assert set(gifts(box)) < set(before)


def test_a_delete_comes_before_the_reply(box: Box) -> None:
    total = query(box, GIFTS).json["total"]
    box.faults.preset("deletes-between-pages", probability=1.0)
    assert query(box, GIFTS).json["total"] == total - 1


def test_a_short_list_loses_no_record(box: Box) -> None:
    premiums = query(box, "Premium/Query").json["total"]
    assert premiums < 10
    box.faults.preset("deletes-between-pages", probability=1.0)
    assert query(box, "Premium/Query").json["total"] == premiums
    assert box.faults.struck() == {"disturb delete": 0}


def test_records_are_added_while_their_list_is_read(box: Box) -> None:
    before = gifts(box)
    box.faults.preset("inserts-between-pages")
    ask_for_gifts(box, 300)
    struck = box.faults.struck()
    added, gone = set(gifts(box)) - set(before), set(before) - set(gifts(box))
    assert struck["disturb insert"] >= len(before) // 10
    assert struck["disturb replace"] >= len(gone) > 0
    assert len(gifts(box)) == len(before) + struck["disturb insert"], "a replaced record leaves the count as it is"
    assert min(added) > max(before)


def test_records_are_edited_while_their_list_is_read(box: Box) -> None:
    before = gifts(box)
    box.faults.preset("edits-while-reading")
    ask_for_gifts(box, 60)
    edited = [number for number, gift in gifts(box).items() if gift != before[number]]
    assert set(gifts(box)) == set(before)
    assert 10 < len(edited) <= box.faults.struck()["disturb edit"]


def test_an_import_gives_half_of_a_list_one_timestamp(box: Box) -> None:
    before = gifts(box)
    ticking = iter(range(1_800_000_000, 1_900_000_000))
    box.source.clock = lambda: float(next(ticking))
    box.faults.preset("one-timestamp")
    ask_for_gifts(box, 30)
    edited = [gift for number, gift in gifts(box).items() if gift != before[number]]
    assert len(edited) == len(before) // 2
    assert len({gift["modifiedDateTimeUtc"] for gift in edited}) == 1
    assert box.faults.struck() == {"disturb import": 1}
    assert box.source.now_ticks() < box.source.now_ticks(), "the clock goes on"


def test_a_list_is_changed_only_when_it_is_asked_for(box: Box) -> None:
    before = {name: list(table.rows()) for name, table in box.source.truth().items()}
    box.faults.preset("edits-while-reading", probability=1.0)
    get(box, "Tag")
    get(box, "Gift/QueryOptions")
    query(box, "Project/Query")
    changed = {name for name, table in box.source.truth().items() if list(table.rows()) != before[name]}
    assert changed == {"projects"}


# --- filters ---


def test_conditions_are_read_generously(box: Box) -> None:
    first, second, *_ = ids(query(box, GIFTS).rows)
    box.faults.preset("filter-inclusive")
    assert ids(query(box, GIFTS, ("gift id", "greaterthan", first), ("Gift Id", "LessThan", second)).rows) == [first, second]
    assert ids(query(box, GIFTS, ("Gift Id", "Is", first)).rows) == [first]
    assert box.requests[-2].body["groups"][0]["conditions"][0]["operator"] == "greaterthan", "what was asked is recorded as it was asked"
    assert box.faults.struck() == {"misread inclusive": 1}


def test_conditions_are_read_strictly(box: Box) -> None:
    first, second, *_ = ids(query(box, GIFTS).rows)
    number = box.source.change("edit_gift")["id"]
    day = box.source.get("Gift", number)["modifiedDateTimeUtc"][:10]
    since = ("Last Modified Date", "OnOrAfter", day)
    assert number in ids(query(box, GIFTS, since).rows)
    box.faults.preset("filter-exclusive")
    assert number not in ids(query(box, GIFTS, since).rows)
    assert ids(query(box, GIFTS, ("Gift Id", "GreaterThanOrEqual", first), ("Gift Id", "LessThan", second)).rows) == []
    assert box.faults.struck() == {"misread exclusive": 2}


def test_conditions_are_ignored(box: Box) -> None:
    everything = query(box, GIFTS).json["total"]
    box.faults.preset("filter-ignored")
    assert query(box, GIFTS, ("Gift Id", "Is", 1)).json["total"] == everything
    assert query(box, GIFTS).json["total"] == everything
    assert box.faults.struck() == {"misread ignored": 1}


# --- pages ---


def test_rows_are_shuffled(box: Box) -> None:
    honest = ids(query(box, GIFTS, take=20).rows)
    box.faults.preset("out-of-order")
    mixed = ids(query(box, GIFTS, take=20).rows)
    assert mixed != honest
    assert sorted(mixed) == honest


def test_the_page_before_is_served_once_more(box: Box) -> None:
    honest = [query(box, GIFTS, skip=skip, take=5).rows for skip in (0, 5, 10)]
    box.faults.preset("repeated-page", probability=1.0)
    assert query(box, GIFTS, skip=0, take=5).rows == honest[0], "the first page has none before it"
    assert query(box, GIFTS, skip=5, take=5).rows == honest[0]
    assert query(box, GIFTS, skip=10, take=5).rows == honest[1]
    assert query(box, GIFTS, ("Gift Id", "GreaterThan", honest[2][-1]["id"]), take=5).rows == honest[2], "nor does the way of asking matter"
    assert query(box, GIFTS, skip=5, take=5).rows == honest[1], "a later page is none before"
    assert query(box, GIFTS, ("Contact Id", "GreaterThan", 0), skip=5, take=5).rows == honest[1], "nor is another list's"
    assert query(box, GIFTS, ("Gift Id", "GreaterThan", 0), take=5).rows == honest[0], "nothing is behind 0"
    assert query(box, "Gift/Query", skip=5, take=5).rows != query(box, "Gift/Query", take=5).rows
    assert box.faults.struck() == {"page before": 3}


def test_one_page_in_five_is_repeated(box: Box) -> None:
    box.faults.preset("repeated-page")
    for skip in range(1, 300):
        query(box, GIFTS, skip=skip, take=2)
    assert 35 < box.faults.struck()["page before"] < 90


def test_a_page_has_a_silent_cap(box: Box) -> None:
    box.faults.preset("silent-cap")
    page = query(box, GIFTS, take=250)
    assert (len(page.rows), page.json["total"]) == (100, len(gifts(box)))
    assert len(query(box, GIFTS, take=100).rows) == 100
    assert box.faults.struck() == {"short page": 1}


def test_a_list_has_a_depth_cap(box: Box) -> None:
    honest = query(box, GIFTS).rows
    box.faults.preset("depth-cap", rows=50)
    pages = [query(box, GIFTS, skip=skip, take=20) for skip in (0, 20, 40, 60)]
    assert [row for page in pages for row in page.rows] == honest[:50]
    assert {page.json["total"] for page in pages} == {len(honest)}
    behind = query(box, GIFTS, ("Gift Id", "GreaterThan", honest[49]["id"]), take=20)
    assert behind.rows == honest[50:70], "another question counts anew"
    assert list(keyset(box, GIFTS, "Gift Id", take=20)) == honest


def test_records_are_narrow(box: Box) -> None:
    full = query(box, "Contact/Query/FullContact", take=3).rows
    box.faults.preset("narrow-records")
    narrow = query(box, "Contact/Query/FullContact", take=3).rows
    assert [set(row) for row in narrow] == [{"id", "name", "modifiedDateTimeUtc"}] * 3
    assert all(row.items() <= whole.items() for row, whole in zip(narrow, full, strict=True))
