"""The state: what goes out comes back, and what is missing or of a wrong kind is refused by its name and never misread."""

from __future__ import annotations

import copy
import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import sketch
from common.errors import ErrorRecord
from common.failures import StateProblem
from tests.loading import load

ongage = load("ongage")
cursors, plan = ongage.cursors, ongage.plan

NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=timezone.utc)
UPPER = int(NOW.timestamp())
CONTACT = "5f3c00a1b2c3d4e5f6a7b8c9"


def as_stored(state: Any) -> Any:
    """The dump after the way through Fivetran's state."""
    return json.loads(json.dumps(state.dump()))


def mirror(rows: int) -> Any:
    one = sketch.Mirror(64)
    for number in range(rows):
        one.put(f"{number:024x}", number)
    return one


def filled() -> Any:
    """A state in which every part holds something."""
    state = cursors.SyncState.load({})
    contacts = state.of_list("70011").contacts
    contacts.begin(cursors.FIRST, [], NOW - timedelta(days=9), 64)
    contacts.finish()
    windows = plan.in_batches(UPPER - 400 * 86_400, UPPER, 3)
    contacts.begin(cursors.COMPARE, [windows[1]._replace(search="12"), windows[2]._replace(retries=2)], NOW, 64)
    contacts.again, contacts.seen = [windows[0]._replace(search="11")], mirror(5)
    contacts.recent, contacts.met, contacts.fresh, contacts.unreadable = {CONTACT: 5, "x": 0}, {CONTACT: 6}, {"y": 2**48 - 1}, 3
    for entry in (*state.account.values(), *state.of_list("70011").collections.values()):
        entry.ledger.put({number: tuple(range(len(entry.ledger.children))) for number in (3, 7)})
        entry.including, entry.keys = ["event_triggers"], ["id", "name"]
    state.of_list("70012")
    for spans in (*state.spans.values(), *state.of_list("70011").activity.values()):
        spans.done, spans.mirrors = date(2026, 9, 1), {"2026-09-01": mirror(3)}
    state.trash.append(cursors.Job("70011", "contact_search", "99"))
    state.errors.report(ErrorRecord("contacts/70011", "contacts", "no id", "row 5"), NOW)
    return state


def test_everything_survives_the_state() -> None:
    stored = as_stored(filled())
    loaded = cursors.SyncState.load(stored)
    assert as_stored(loaded) == stored
    before, after = (state.of_list("70011").contacts for state in (filled(), loaded))
    for name in ("since", "upper", "kind", "windows", "again", "refreshed_at", "recent", "met", "fresh", "unreadable"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.held.compared(after.seen).changed == {f"{number:024x}" for number in range(5)}
    assert loaded.trash == [cursors.Job("70011", "contact_search", "99")]
    activity = loaded.of_list("70011").activity
    for spans in (*loaded.spans.values(), *activity.values()):
        assert (spans.done, spans.mirrors["2026-09-01"].rows) == (date(2026, 9, 1), 3)
    assert (activity.keys(), loaded.spans.keys()) == (set(cursors.ACTIVITY), set(ongage.models.REPORTS))
    assert loaded.errors.tables() == ["contacts"]
    mailings = loaded.of_list("70011").collections["mailings"]
    assert mailings.ledger.find([3, 4, 7]) == {3: (0, 1, 2, 3, 4), 7: (0, 1, 2, 3, 4)}
    assert (mailings.including, mailings.keys) == (["event_triggers"], ["id", "name"])


def test_a_beginning_survives_the_state() -> None:
    stored = as_stored(cursors.SyncState.load({}))
    assert as_stored(cursors.SyncState.load(stored)) == stored
    assert cursors.SyncState.load(stored).of_list("1").contacts == cursors.ContactsState()


def test_a_state_is_not_changed_by_what_is_made_of_it() -> None:
    stored = as_stored(filled())
    before = copy.deepcopy(stored)
    loaded = cursors.SyncState.load(stored)
    loaded.of_list("70011").contacts.recent.clear()
    loaded.of_list("70011").contacts.seen.put("x", 1)
    loaded.trash.clear()
    loaded.spans["mailing_daily_stats"].mirrors.clear()
    assert stored == before


@given(
    kind=st.sampled_from([cursors.FIRST, cursors.CHANGES, cursors.COMPARE, cursors.DELIVER]),
    again=st.booleans(),
    finished=st.booleans(),
    spans=st.lists(st.tuples(st.none() | st.integers(), st.none() | st.integers(), st.none() | st.text(max_size=5)), max_size=4),
)
@settings(deadline=None, max_examples=50)
def test_a_reading_of_any_kind_is_resumed_as_it_was(kind: str, again: bool, finished: bool, spans: list[Any]) -> None:
    state = cursors.SyncState.load({})
    contacts = state.of_list("1").contacts
    if again or kind != cursors.FIRST:
        contacts.begin(cursors.FIRST, [], NOW - timedelta(days=1), 64)
        contacts.finish()
    contacts.begin(kind, [plan.Window(plan.CREATED, start, end, 1, search) for start, end, search in spans], NOW, 64)
    if finished:
        contacts.finish()
    assert as_stored(cursors.SyncState.load(as_stored(state))) == as_stored(state)


# --- Damage ---

HOLDERS: dict[str, tuple[str, ...]] = {
    "the whole": (),
    "contacts": ("lists", "70011", "contacts"),
    "a list": ("lists", "70011"),
    "a collection": ("lists", "70011", "collections", "mailings"),
    "a collection of the account": ("account", "lists"),
    "spans": ("spans", "mailing_daily_stats"),
    "activity": ("lists", "70011", "activity", "contact_activity_events"),
}
CONTACTS = ("since", "upper", "kind", "windows", "again", "held", "seen", "recent", "met", "fresh", "unreadable")
PARTS = [
    *(("the whole", name) for name in ("lists", "account", "spans", "trash", "open_errors")),
    *(("a list", name) for name in ("contacts", "collections", "activity")),
    *(("contacts", name) for name in CONTACTS),
    ("a collection", "delivered"),
    ("a collection of the account", "delivered"),
    ("spans", "mirrors"),
    ("activity", "mirrors"),
]
COLLECTIONS = [("lists", "70011", "collections", collection.table) for collection in plan.PER_LIST]
ACCOUNT = [("account", collection.table) for collection in plan.ACCOUNT]
SPANS = [*(("spans", table) for table in ongage.models.REPORTS), *(("lists", "70011", "activity", table) for table in cursors.ACTIVITY)]
NOT_REQUIRED = [  # without them more is read, and nothing less
    *(("a collection", name) for name in ("including", "keys")),
    *(("contacts", "refreshed_at"), ("spans", "done"), ("activity", "done")),
]


def inside(stored: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        stored = stored[name]
    return stored


@pytest.mark.parametrize(("holder", "name"), PARTS)
def test_a_missing_part_is_refused_by_name(holder: str, name: str) -> None:
    stored = as_stored(filled())
    del inside(stored, HOLDERS[holder])[name]
    with pytest.raises(StateProblem, match=f'damaged: "{name}"'):
        cursors.SyncState.load(stored)


@pytest.mark.parametrize("path", [*COLLECTIONS, *ACCOUNT, *SPANS], ids="/".join)
def test_a_missing_table_is_refused_by_name(path: tuple[str, ...]) -> None:
    stored = as_stored(filled())
    del inside(stored, path[:-1])[path[-1]]
    with pytest.raises(StateProblem, match=f'damaged: "{path[-1]}" is missing'):
        cursors.SyncState.load(stored)


@pytest.mark.parametrize("wrong", [True, 1.5, "x", 7, [1], {"a": 1}, {"a": "b"}, [["a"]], [None]], ids=repr)
@pytest.mark.parametrize(("holder", "name"), [*PARTS, *NOT_REQUIRED])
def test_a_part_of_a_wrong_kind_is_refused_by_name(holder: str, name: str, wrong: object) -> None:
    stored = as_stored(filled())
    entry = inside(stored, HOLDERS[holder])
    if isinstance(wrong, type(entry[name])) and (name, wrong) in [
        ("unreadable", 7), ("recent", {"a": 1}), ("met", {"a": 1}), ("fresh", {"a": 1}),
    ]:  # fmt: skip
        return
    entry[name] = wrong
    with pytest.raises(StateProblem, match="The stored state is damaged: ") as raised:
        cursors.SyncState.load(stored)
    if not (isinstance(wrong, dict) and holder in {"the whole", "a list"}):  # of these the part within is named
        assert f'"{name}"' in str(raised.value)


@pytest.mark.parametrize("name", ["windows", "again"])
@pytest.mark.parametrize(
    "window",
    [
        [],
        ["ocx_created_date", 1, 2, 0],
        ["ocx_created_date", 1, 2, 0, None, None],
        [5, 1, 2, 0, None],
        ["ocx_created_date", "1", 2, 0, None],
        ["ocx_created_date", 1, 2.5, 0, None],
        ["ocx_created_date", 1, 2, None, None],
        ["ocx_created_date", 1, 2, 0, 5],
    ],
)
def test_a_damaged_window_is_refused(name: str, window: object) -> None:
    stored = as_stored(filled())
    stored["lists"]["70011"]["contacts"][name].append(window)
    with pytest.raises(StateProblem, match=f'damaged: "{name}"'):
        cursors.SyncState.load(stored)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("kind", "comparing"),
        ("held", {"rows": 1, "keys": [64, ""], "sums": [128, ""]}),
        ("held", None),
        ("since", None),
        ("since", "2026-09-21T14:13:20"),
        ("upper", "yesterday"),
        ("upper", None),
        ("seen", None),
        ("recent", {CONTACT: "5"}),
        ("fresh", {CONTACT: None}),
        ("met", {CONTACT: True}),
    ],
)
def test_contacts_that_contradict_themselves_are_refused(name: str, wrong: object) -> None:
    stored = as_stored(filled())
    stored["lists"]["70011"]["contacts"][name] = wrong
    with pytest.raises(StateProblem, match=f'damaged: "{name}"'):
        cursors.SyncState.load(stored)


@pytest.mark.parametrize("day", ["", "2026-13-01", "September"])
def test_a_span_that_begins_on_no_day_is_refused(day: str) -> None:
    stored = as_stored(filled())
    mirrors = stored["spans"]["mailing_daily_stats"]["mirrors"]
    mirrors[day] = mirrors["2026-09-01"]
    if day:
        with pytest.raises(StateProblem, match='"mirrors" is no date'):
            cursors.SyncState.load(stored)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_is_refused(version: object) -> None:
    with pytest.raises(StateProblem, match="has version"):
        cursors.SyncState.load(as_stored(filled()) | {"version": version})


# --- From one reading to the next ---


def test_the_keys_that_every_record_of_a_listing_has_are_learned_and_kept() -> None:
    collection = cursors.SyncState.load({}).account["lists"]
    collection.learn([{"id": 1, "name": "a", "type": "x"}, {"name": None, "id": 2, "note": ""}])
    assert collection.keys == ["id", "name"]
    collection.learn([])
    collection.learn([{"id": 1, "note": ""}])
    assert collection.keys == ["id", "name", "note"]


def test_after_all_contacts_were_read_only_changes_are_asked_for() -> None:
    contacts = cursors.ContactsState()
    contacts.begin(cursors.FIRST, [], NOW, 64)
    contacts.seen.put(CONTACT, 5)
    contacts.fresh = {CONTACT: 5}
    contacts.finish()
    assert (contacts.since, contacts.refreshed_at, contacts.kind, contacts.upper) == (NOW, NOW, "", None)
    assert (contacts.held.rows, contacts.seen, contacts.recent, contacts.fresh) == (1, None, {CONTACT: 5}, {})


def test_a_reading_of_changes_keeps_what_is_held_and_what_was_delivered_since() -> None:
    contacts = cursors.ContactsState()
    contacts.begin(cursors.FIRST, [], NOW, 64)
    contacts.finish()
    contacts.begin(cursors.CHANGES, plan.changes(UPPER, UPPER + 60), NOW + timedelta(minutes=1), 0)
    assert contacts.seen is None
    contacts.recent["x"] = 9
    held = contacts.held
    contacts.finish()
    assert (contacts.since, contacts.refreshed_at) == (NOW + timedelta(minutes=1), NOW)
    assert (contacts.held, contacts.recent) == (held, {"x": 9})


def test_a_reading_that_is_given_up_leaves_what_was_known() -> None:
    contacts = cursors.ContactsState()
    contacts.begin(cursors.FIRST, [], NOW, 64)
    contacts.finish()
    contacts.begin(cursors.COMPARE, [plan.Window(plan.CREATED, None, None)], NOW + timedelta(days=1), 64)
    contacts.met, contacts.fresh, contacts.unreadable = {"x": 1}, {"y": 1}, 1
    contacts.abandon()
    assert (contacts.since, contacts.kind, contacts.windows, contacts.again) == (NOW, "", [], [])
    assert (contacts.met, contacts.fresh, contacts.unreadable, contacts.seen) == ({}, {}, 0, None)
