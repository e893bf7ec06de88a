"""The past, as syncs against the stand-in: who is found, in batches of which size, and how it goes on after a stop or a gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import common.warehouse
from common.failures import SyncFailed
from tests.contract.harness import Harness, direct

JOBS = "/v4/changedEntityExportJobs"


@pytest.fixture
def h() -> Iterator[Harness]:
    with direct("everyaction", rows=60) as (harness, _):
        yield harness


def batches(h: Harness, resource: str = "Contacts") -> list[list[int]]:
    """The people for whom exports of a type were asked for in the last sync."""
    bodies = [one.body for one in h.box.requests if (one.method, one.path) == ("POST", JOBS)]
    return [one["requestedIds"] for one in bodies if one["resourceType"] == resource and "requestedIds" in one]


def searches(h: Harness) -> list[dict[str, str]]:
    return [one.query for one in h.box.requests if one.path == "/v4/people"]


def people_of(h: Harness) -> set[int]:
    return {int(key) for (key,) in h.true_rows()["contacts"]}


# --- Who is found ---


def test_everybody_is_found_also_without_a_name_or_an_address(h: Harness) -> None:
    h.sync()
    assert {number for some in batches(h) for number in some} == people_of(h)
    people = [h.source.collection("Person").get(number) for number in people_of(h)]
    assert any(not one["lastName"] for one in people)
    assert any(not one["addresses"] for one in people)
    assert any(not (one["lastName"] or one["firstName"] or one["organizationContactCommonName"]) for one in people)
    assert h.differences() == []


def test_nobody_is_exported_twice_and_no_search_is_made_for_each_person(h: Harness) -> None:
    h.sync()
    times = Counter(number for some in batches(h) for number in some)
    assert set(times.values()) == {1}
    assert len(searches(h)) < 300
    assert not [one for one in h.box.requests if one.path.startswith("/v4/people/")]


def test_the_calls_do_not_grow_with_the_people_times_something() -> None:
    asked = []
    for rows in (100, 800):
        with direct("everyaction", rows=rows) as (h, _):
            h.sync()
            asked.append(sum(one.path == "/v4/people" or one.path.startswith((JOBS, "/exports/")) for one in h.box.requests))
    assert asked[1] - asked[0] < 50  # 700 people more


@pytest.mark.parametrize("most", [3, 10])
def test_a_search_with_too_many_people_is_split_and_everybody_is_found(h: Harness, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h.modules.backfill, "MOST_PEOPLE", most)
    h.sync()
    assert {number for some in batches(h) for number in some} == people_of(h)
    assert any(len(one.get("lastName", "")) > 1 for one in searches(h))
    assert h.differences() == []


def test_a_source_that_ignores_what_is_searched_for_fails_the_past_by_name(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h.modules.backfill, "MOST_PEOPLE", 10)
    count = h.modules.backfill.Backfill._count
    monkeypatch.setattr(h.modules.backfill.Backfill, "_count", lambda self, part: 50 if len(part.prefix) > 1 else count(self, part))
    with pytest.raises(SyncFailed, match="the past: /people: a search by lastName finds as many people whatever is searched for"):
        h.sync()


def test_a_key_that_may_not_search_for_people_has_the_last_ninety_days_and_is_told_once(h: Harness) -> None:
    h.source.forbidden = {"Person"}
    forbidden = {"Person"}
    with pytest.MonkeyPatch.context() as patch:  # the export of contacts is allowed all the same
        patch.setattr(h.source, "forbidden", set())
        h.box.faults.add("status", r"^/v4/people$", status=403, body={"errors": [{"code": "FORBIDDEN", "text": "restricted"}]})
        h.sync()
    assert forbidden
    assert len([warning for warning in h.fivetran.warnings if "the past" in warning and "403" in warning]) == 1
    assert h.rows("contacts")
    h.source.forbidden = set()
    h.box.faults.clear()
    h.sync()
    assert h.differences() == []


def test_a_state_with_too_many_people_is_read_twice_and_everybody_is_found(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h.modules.backfill, "MOST_PEOPLE", 3)
    monkeypatch.setattr(h.modules.fetch, "PAGE_SIZES", [2, 1])
    h.sync()
    assert h.differences() == []
    assert max(Counter(tuple(sorted(one.items())) for one in searches(h) if "stateOrProvince" in one).values()) > 1


def test_searches_that_tell_no_number_are_read_to_their_end(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h.modules.fetch, "PAGE_SIZES", [2, 1])
    rows = h.modules.fetch.Pager.rows

    def uncounted(self: Any, path: str, *more: Any) -> Any:
        return rows(self, path, *more)._replace(total=None) if path == "/people" else rows(self, path, *more)

    monkeypatch.setattr(h.modules.fetch.Pager, "rows", uncounted)
    h.sync()
    assert {number for some in batches(h) for number in some} == people_of(h)


# --- Batches ---


def test_a_cap_that_drops_people_without_a_word_leads_to_smaller_batches(h: Harness) -> None:
    h.source.switches.requested_ids_cap = 20
    h.sync()
    assert h.differences() == []
    assert any(len(some) <= 20 for some in batches(h, "Contributions"))


def test_batches_that_are_refused_become_smaller(h: Harness) -> None:
    h.source.switches.most_requested_ids = 25
    h.sync()
    assert h.differences() == []
    assert {number for some in batches(h, "Contributions") for number in some} == people_of(h)


def test_a_source_that_takes_no_batch_at_all_fails_the_past_and_loses_nothing(h: Harness) -> None:
    h.source.switches.most_requested_ids = 0
    with pytest.raises(SyncFailed, match="the past cannot be read"):
        h.sync()
    h.source.switches.most_requested_ids = 10_000
    h.sync()
    assert h.differences() == []


def test_batches_grow_as_long_as_everybody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    with direct("everyaction", rows=150) as (h, _):
        monkeypatch.setattr(h.modules.cursors, "FIRST_BATCH", 10)
        monkeypatch.setattr(h.modules.cursors.BackfillState, "size", 10)
        restart = h.modules.backfill.Backfill._restart

        def small(self: Any, wanted: Any) -> None:
            restart(self, wanted)
            self._entry.size = 10

        monkeypatch.setattr(h.modules.backfill.Backfill, "_restart", small)
        h.sync()
        sizes = [len(some) for some in batches(h)]
        assert sizes[:3] == [10, 20, 40]
        assert h.differences() == []


def test_ids_that_mean_rows_and_not_people_are_noticed_and_named(h: Harness) -> None:
    h.source.switches.requested_ids = "record"
    h.sync()
    assert any("contact_histories" in said and "exports by ids take the ids of its rows" in said for said in h.fivetran.warnings)
    assert {int(row["van_id"]) for row in h.rows("contacts")} == people_of(h)
    h.clock.pass_days(1)
    h.sync()
    assert searches(h) == []  # it is not tried again and again


# --- Stops and gaps ---


def test_a_killed_backfill_goes_on_with_its_batch(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.warehouse, "CHECKPOINT_ROWS", 50)
    h.sync()
    in_a_batch = [point for point, state in zip(h.fivetran.checkpoints, h.fivetran.states, strict=True) if state["backfill"]["batch"]]
    h.fivetran.forget()
    assert h.sync_killed_at(in_a_batch[-1] + 1)
    assert h.fivetran.state["backfill"]["batch"]
    h.sync()
    assert [one for one in searches(h) if "lastName" in one] == []
    assert h.differences() == []


def test_without_it_the_first_sync_has_the_last_ninety_days(h: Harness) -> None:
    h.configuration["backfill_enabled"] = "false"
    h.sync()
    assert searches(h) == []
    assert batches(h) == []
    assert 0 < len(h.rows("contacts")) < len(people_of(h))
    assert not h.fivetran.warnings
    h.configuration["backfill_enabled"] = "true"
    h.sync()
    assert h.differences() == []


def test_a_pause_of_more_than_ninety_days_is_said_and_cured_by_reading_the_past_again(h: Harness) -> None:
    h.sync()
    h.source.change("edit", entity="Person")
    h.source.change("insert", entity="Contribution")
    h.clock.pass_days(100)
    h.sync()
    said = [warning for warning in h.fivetran.warnings if "more than 90 days ago" in warning]
    assert len(said) == 1
    assert "contacts" in said[0]
    assert {number for some in batches(h) for number in some} == people_of(h)
    assert h.differences() == []
    h.clock.pass_days(1)
    h.sync()
    assert searches(h) == []
    assert not h.fivetran.warnings


def test_a_gap_is_not_forgotten_when_the_sync_that_found_it_is_killed(h: Harness) -> None:
    h.sync()
    h.source.change("edit", entity="Person")
    h.clock.pass_days(100)
    h.sync()
    checkpoints = h.fivetran.checkpoints
    found = len(h.fivetran.states)
    assert found > 2
    with direct("everyaction", rows=60) as (again, _):
        again.sync()
        again.source.change("edit", entity="Person")
        again.clock.pass_days(100)
        assert again.sync_killed_at(checkpoints[1] + 1)
        again.clock.pass_days(1)
        again.sync()
        assert again.differences() == []


def test_the_pace_is_kept(h: Harness) -> None:
    h.configuration["calls_per_second"] = "5"
    h.sync()
    times = sorted(one.at for one in h.box.requests if one.path.startswith("/v4/"))
    assert [now for now, then in zip(times, times[13:], strict=False) if then - now < 1.0] == []  # 5, and 8 that wait for others
