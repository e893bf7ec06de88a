"""The past, as syncs against the stand-in: who is found, in batches of which size, and how it goes on after a stop or a gap."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import common.warehouse
import sandbox.everyaction.exports as served
from common.failures import SyncFailed
from sandbox.everyaction.asking import asked_of
from sandbox.everyaction.envelope import Refused, failed
from tests.contract.harness import Harness, direct
from tests.doubles import Killed

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


def begin_with(h: Harness, size: int) -> None:
    """Lets the first batch of the past be of so many people."""
    state = h.modules.cursors.SyncState.load({})
    state.backfill.size = size
    h.fivetran.state = state.dump()


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
    monkeypatch.setattr(h.modules.searches, "MOST_PEOPLE", most)
    h.sync()
    assert {number for some in batches(h) for number in some} == people_of(h)
    assert any(len(one.get("lastName", "")) > 1 for one in searches(h))
    assert h.differences() == []


def test_a_source_that_ignores_what_is_searched_for_fails_the_past_by_name(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h.modules.searches, "MOST_PEOPLE", 10)
    count = h.modules.searches.Searches._count
    monkeypatch.setattr(h.modules.searches.Searches, "_count", lambda self, part: 50 if len(part.prefix) > 1 else count(self, part))
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


def of_large_states(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches by state come first, and some find more people than may be found at once."""
    first_parts = h.modules.backfill.first_parts
    monkeypatch.setattr(h.modules.backfill, "first_parts", lambda: sorted(first_parts(), key=lambda part: part.field != "stateOrProvince"))
    monkeypatch.setattr(h.modules.searches, "MOST_PEOPLE", 2)
    monkeypatch.setattr(h.modules.fetch, "PAGE_SIZES", [2, 1])


def test_a_state_with_too_many_people_is_read_twice_and_everybody_is_found(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    of_large_states(h, monkeypatch)
    read_twice, parts = h.modules.searches.Searches._read_twice, []

    def noted(self: Any, part: Any, size: int) -> Any:
        parts.append(part.field)
        return read_twice(self, part, size)

    monkeypatch.setattr(h.modules.searches.Searches, "_read_twice", noted)
    h.sync()
    assert "stateOrProvince" in parts
    assert h.differences() == []


def test_a_state_of_which_some_people_cannot_be_read_fails_the_past_in_one_sentence(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    of_large_states(h, monkeypatch)
    rows = h.modules.fetch.Pager.rows

    def capped(self: Any, path: str, params: Any, request: Any, *more: Any) -> Any:
        found = rows(self, path, params, request, *more)
        return found._replace(records=[]) if "stateOrProvince" in params and request.offset >= 2 else found

    monkeypatch.setattr(h.modules.fetch.Pager, "rows", capped)
    with pytest.raises(SyncFailed, match="the past: /people: of 3 people of a search by stateOrProvince only 2 can be read"):
        h.sync()
    monkeypatch.undo()
    h.sync()
    assert h.differences() == []


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


def test_batches_grow_as_long_as_everybody_comes() -> None:
    with direct("everyaction", rows=150) as (h, _):
        begin_with(h, 10)
        h.sync()
        assert [len(some) for some in batches(h)][:3] == [10, 20, 40]
        assert h.differences() == []


def test_after_a_refusal_batches_do_not_grow_at_once_only_to_be_refused_again(h: Harness) -> None:
    h.source.switches.most_requested_ids = 10
    h.sync()
    assert [len(some) for some in batches(h)] == [58, 29, 14, 10, 10, 10, 10, 10, 8]
    assert h.differences() == []


def test_an_export_of_few_people_that_fails_once_does_not_fail_the_past(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_with(h, 10)
    begin, failing = h.modules.backfill.Backfill._begin, [1]

    def one_fails(self: Any, people: Any) -> Any:
        h.source.switches.failing = failing.pop() if failing else 0
        return begin(self, people)

    monkeypatch.setattr(h.modules.backfill.Backfill, "_begin", one_fails)
    h.sync()
    assert not failing
    assert h.fivetran.state["backfill"]["batch"] == 0
    assert h.differences() == []


def test_ids_that_mean_rows_and_not_people_are_noticed_and_named(h: Harness) -> None:
    h.source.switches.requested_ids = "record"
    h.sync()
    assert any("contact_histories" in said and "exports by ids take the ids of its rows" in said for said in h.fivetran.warnings)
    assert {int(row["van_id"]) for row in h.rows("contacts")} == people_of(h)
    h.clock.pass_days(1)
    h.sync()
    assert searches(h) == []  # it is not tried again and again


def test_a_past_that_is_given_up_leaves_only_states_that_can_be_read(h: Harness) -> None:
    offered = served.resources
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(served, "resources", lambda account: [one for one in offered(account) if one != "ContactHistory"])
        h.sync()
    h.clock.pass_days(1)  # a type that is new, and alone
    h.source.switches.requested_ids = "record"
    h.fivetran.state["backfill"]["size"] = 10
    h.sync()
    assert any("contact_histories" in said and "exports by ids take the ids of its rows" in said for said in h.fivetran.warnings)
    assert any(state["backfill"]["wanted"] for state in h.fivetran.states)
    for state in h.fivetran.states:
        h.modules.cursors.SyncState.load(json.loads(json.dumps(state)))
    assert not h.fivetran.state["backfill"]["ids"]["blocks"]


@pytest.mark.parametrize(
    ("status", "which", "said"),
    [
        (400, "requestedIds", "exports by ids are refused"),
        (403, "requestedIds", "exports by ids are refused"),
        (403, "resourceType", "is left out: the key may not read it"),
    ],
)
def test_a_type_whose_exports_are_refused_costs_no_other_one_its_past(
    h: Harness, status: int, which: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(account: Any, body: dict[str, Any]) -> Any:
        if body["resourceType"] == "RecurringContributions" and which in body:
            raise Refused(failed(status, "INVALID_PARAMETER", "no"))
        return asked_of(account, body)

    monkeypatch.setattr(served, "asked_of", refusing)
    for _ in range(2):
        h.sync()
        assert h.differences(without=frozenset({"recurring_contributions"})) == []
        [warning] = h.fivetran.warnings
        assert warning.startswith("recurring_contributions")
        assert said in warning
        h.clock.pass_days(1)
    assert searches(h) == []  # it is not tried again and again


def without(monkeypatch: pytest.MonkeyPatch, *resources: str) -> None:
    """Lets the account not offer some types."""
    offered = served.resources
    monkeypatch.setattr(served, "resources", lambda account: [one for one in offered(account) if one not in resources])


@pytest.mark.parametrize("settings", ["", "contribution_details"])
def test_a_cap_that_drops_people_without_a_word_is_noticed_also_when_one_type_alone_is_read(settings: str) -> None:
    with direct("everyaction", rows=60, settings={"optional_tables": settings}) as (h, _):
        with pytest.MonkeyPatch.context() as patch:
            without(patch, "Contributions")
            h.sync()
        assert not h.fivetran.warnings
        h.source.switches.requested_ids_cap = 20
        h.fivetran.state["backfill"]["size"] = 50
        h.clock.pass_days(1)
        h.sync()
        assert h.differences() == []
        assert {row["contribution_id"] for row in h.rows("contributions")} == {key for (key,) in h.true_rows()["contributions"]}


def test_new_types_whose_exports_by_ids_are_all_refused_are_given_up_and_the_sync_succeeds(
    h: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = {"Contributions", "RecurringContributions"}
    with pytest.MonkeyPatch.context() as patch:
        without(patch, *new)
        h.sync()

    def refusing(account: Any, body: dict[str, Any]) -> Any:
        if body["resourceType"] in new and "requestedIds" in body:
            raise Refused(failed(400, "INVALID_PARAMETER", "no"))
        return asked_of(account, body)

    monkeypatch.setattr(served, "asked_of", refusing)
    for _ in range(2):
        h.clock.pass_days(1)
        h.sync()
        assert {said.partition(":")[0] for said in h.fivetran.warnings} == {"contributions", "recurring_contributions"}
        assert all("exports by ids are refused" in said for said in h.fivetran.warnings)
    assert searches(h) == []
    assert h.differences(without=frozenset({"contributions", "recurring_contributions"})) == []


def test_people_who_lost_their_rows_meanwhile_are_no_reason_to_give_up_a_type(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_with(h, 10)
    plan, entity = h.modules.backfill.Backfill.plan, "ContactSurveyResponse"

    def after_a_merge(self: Any, resources: Any) -> Any:
        monkeypatch.undo()
        examples = self._state.export("ContactsSurveyResponses").examples
        other = min(people_of(h) - set(examples))
        for number in list(h.source.collections[entity].ids(0)):
            if int(h.source.find(entity, number)["VanID"]) == min(examples):
                h.source.change("edit", entity=entity, number=number, values={"VanID": other})
        return plan(self, resources)

    monkeypatch.setattr(h.modules.backfill.Backfill, "plan", after_a_merge)
    h.sync()
    assert not h.fivetran.warnings
    h.clock.pass_days(1)
    h.sync()
    assert h.differences() == []


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


def killed_in_a_batch(h: Harness) -> None:
    """A sync that is stopped when the exports of some people are under way, and none of them was read."""
    deliver = h.modules.exports.Exports.deliver

    def stopped(self: Any, resource: Any, job: Any, recent: Any = None, asked: Any = (), *, followed: bool = True) -> Any:
        if asked:
            raise Killed
        return deliver(self, resource, job, recent, asked, followed=followed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(h.modules.exports.Exports, "deliver", stopped)
        with pytest.raises(Killed):
            h.sync()
    assert h.fivetran.state["backfill"]["jobs"]


@pytest.mark.parametrize("broken", [0, 24])
def test_rows_of_exports_of_an_earlier_sync_are_not_written_over_newer_ones(h: Harness, broken: int) -> None:
    killed_in_a_batch(h)
    h.clock.pass_days(1)
    for _ in range(4):
        for entity in ("Person", "Contribution", "RecurringContribution", "ContactActivistCode", "EventTicketGuest", "Disbursement"):
            h.source.change("edit", entity=entity)
        h.source.change("delete", entity="Contribution")
    if broken:  # the first of them cannot be read, so that the others are not either before what is newer
        h.box.faults.add("status", "^/exports/", times=broken, status=503)
    h.sync()
    assert h.differences() == []


def test_a_row_that_the_past_wrote_after_a_window_is_written_again_when_it_is_as_in_that_window(
    h: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    h.sync()
    h.clock.pass_days(1)
    person = min(people_of(h))
    plan = h.modules.backfill.Backfill.plan

    def is_named(name: str) -> None:
        h.clock.now += 60
        h.source.change("edit", entity="Person", id=person, values={"firstName": name})

    def after_a_change(self: Any, resources: Any) -> Any:
        monkeypatch.undo()
        is_named("Beta")
        return plan(self, resources)

    def name_here() -> list[str]:
        return [row["first_name"] for row in h.rows("contacts") if row["van_id"] == str(person)]

    is_named("Alpha")
    h.fivetran.state["backfill"]["covered"] = {}
    monkeypatch.setattr(h.modules.backfill.Backfill, "plan", after_a_change)
    h.sync()
    assert name_here() == ["Beta"]
    is_named("Alpha")
    h.clock.now += 60
    h.sync()
    assert name_here() == ["Alpha"]
    assert h.differences() == []


def test_nor_when_the_past_was_switched_off_for_a_while(h: Harness) -> None:
    killed_in_a_batch(h)
    h.clock.pass_days(1)
    for _ in range(4):
        h.source.change("edit", entity="Contribution")
        h.source.change("edit", entity="Person")
    for wanted in ("false", "true"):
        h.configuration["backfill_enabled"] = wanted
        h.sync()
        h.clock.pass_days(1)
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


def test_a_type_whose_first_changes_could_not_be_read_has_a_gap_after_a_long_pause_as_well(h: Harness) -> None:
    read_window = h.modules.exports.Exports.read_window

    def failing(self: Any, resource: Any) -> Any:
        if resource.name != "Contributions":
            return read_window(self, resource)
        self._state.export(resource.name).job = None
        raise SyncFailed("its export failed too often")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(h.modules.exports.Exports, "read_window", failing)
        with pytest.raises(SyncFailed, match="contributions: its export failed too often"):
            h.sync()
    assert "Contributions" in h.fivetran.state["backfill"]["covered"]
    h.clock.pass_days(1)
    for _ in range(4):
        h.source.change("edit", entity="Contribution")
    h.clock.pass_days(99)
    h.sync()
    [said] = [warning for warning in h.fivetran.warnings if "more than 90 days ago" in warning]
    assert ", contributions," in said
    assert h.differences() == []


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
