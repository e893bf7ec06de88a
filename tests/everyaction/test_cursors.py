"""The state: what goes out comes back, and what is missing or of a wrong kind is refused by its name and never misread."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ErrorRecord
from common.failures import StateProblem
from common.ledger import Ledger
from tests.loading import load

everyaction = load("everyaction")
cursors, plan = everyaction.cursors, everyaction.plan
Part = everyaction.sweep.Part

NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=timezone.utc)
DAY = timedelta(days=1)
BIG = 3_000_000_001  # ids of jobs exceed 32 bits


def as_stored(part: Any) -> Any:
    """The dump after the way through Fivetran's state."""
    return json.loads(json.dumps(part.dump()))


def export() -> Any:
    return cursors.ExportState(NOW, cursors.Job(BIG, NOW - DAY, NOW), 7200, {"17": "abc", "18": "gone"}, ["VanID", "Mood"], [5, 6])


def people(*ids: int) -> Any:
    found = Ledger(())
    found.put(dict.fromkeys(ids, ()))
    return found


def backfill() -> Any:
    return cursors.BackfillState(
        covered={"ContactHistory": NOW - 9 * DAY},
        out_of_reach={"Disbursements": "exports by ids are refused"},
        detailed=["contribution_details"],
        missed=["person_details"],
        wanted=["Contacts", "Contributions"],
        detailing=["person_details"],
        parts=[Part("lastName", "sm"), Part("lastName", "s", rest=True), Part("email", "a@"), Part("stateOrProvince", "NY")],
        ids=people(1, 2, 30),
        batch=2,
        left=["Contributions"],
        jobs={"Contributions": BIG},
        size=2000,
        people=99,
        total=12,
        began=NOW - 2 * DAY,
        last=BIG + 1,
        closed=True,
    )


def signups() -> Any:
    found = cursors.SignupsState(keys=["eventSignupId", "status"])
    found.events.put({11: (2**63,), 12: (0,)})
    found.delivered.put({900: (11,), 901: (12,)})
    return found


def filled() -> Any:
    """A state in which every part holds something."""
    state = cursors.SyncState.load({})
    for entry in state.lists.values():
        entry.ledger.put({number: tuple(range(len(entry.ledger.children))) for number in (3, 7)})
        entry.including, entry.keys = ["person_details"], ["id", "name"]
    state.signups, state.backfill, state.refreshed_at = signups(), backfill(), NOW - DAY
    state.exports = {"Contacts": export(), "ContactHistory": cursors.ExportState(None, cursors.Job(7, None, None))}
    state.errors.report(ErrorRecord("contacts", "contacts", "no id", "row 5"), NOW)
    return state


# --- The way out and back ---


def test_an_export_survives_the_state() -> None:
    stored = as_stored(export())
    assert stored == {
        "cursor": "2026-09-21T14:13:20+00:00",
        "job": [BIG, "2026-09-20T14:13:20+00:00", "2026-09-21T14:13:20+00:00"],
        "width": 7200,
        "recent": {"17": "abc", "18": "gone"},
        "columns": ["VanID", "Mood"],
        "custom": [5, 6], "examples": [],
    }
    assert cursors.ExportState.load(stored) == export()


def test_a_new_export_survives_the_state() -> None:
    stored = as_stored(cursors.ExportState())
    assert stored == {"cursor": None, "job": None, "width": 604_800, "recent": {}, "columns": [], "custom": [], "examples": []}
    assert cursors.ExportState.load(stored) == cursors.ExportState()


@given(
    cursor=st.none() | st.datetimes(timezones=st.just(timezone.utc)),
    number=st.integers(1, 2**63),
    window=st.none() | st.tuples(st.datetimes(timezones=st.just(timezone.utc)), st.datetimes(timezones=st.just(timezone.utc))),
    width=st.integers(3600, 90 * 86_400),
)
def test_any_export_is_resumed_as_it_was(cursor: Any, number: int, window: Any, width: int) -> None:
    entry = cursors.ExportState(cursor, cursors.Job(number, *(window or (None, None))), width)
    assert cursors.ExportState.load(as_stored(entry)) == entry


def test_the_reading_of_the_past_survives_the_state() -> None:
    stored = as_stored(backfill())
    assert stored["parts"] == [["lastName", "sm", False], ["lastName", "s", True], ["email", "a@", False], ["stateOrProvince", "NY", False]]
    assert stored["covered"] == {"ContactHistory": "2026-09-12T14:13:20+00:00"}
    assert stored["out_of_reach"] == {"Disbursements": "exports by ids are refused"}
    assert stored["jobs"] == {"Contributions": BIG}
    assert (stored["began"], stored["last"], stored["closed"]) == ("2026-09-19T14:13:20+00:00", BIG + 1, True)
    loaded = cursors.BackfillState.load(stored)
    assert as_stored(loaded) == stored
    assert loaded.covered == {"ContactHistory": NOW - 9 * DAY}
    assert (loaded.detailed, loaded.missed, loaded.detailing) == (["contribution_details"], ["person_details"], ["person_details"])
    assert list(loaded.ids.ids()) == [1, 2, 30]
    assert all(type(one) is Part for one in loaded.parts)
    new = as_stored(cursors.BackfillState())
    assert as_stored(cursors.BackfillState.load(new)) == new


def test_since_when_changes_are_to_be_read_as_far_as_the_past_was_read() -> None:
    entry = backfill()
    assert entry.since("ContactHistory") == NOW - 9 * DAY
    assert entry.since("Contributions") == NOW - 2 * DAY
    assert entry.since("Disbursements") is None
    entry.covered["Contributions"] = NOW - 5 * DAY  # read before, and now once more for its details
    assert entry.since("Contributions") == NOW - 5 * DAY


def test_a_table_of_which_something_is_missing_is_not_filled() -> None:
    entry = cursors.BackfillState(detailed=["contribution_details"], detailing=["person_details"])
    for table in ("person_details", "contribution_details", "person_details"):
        entry.miss(table)
    assert (entry.detailed, entry.missed, entry.detailing) == ([], ["contribution_details", "person_details"], [])


def test_all_first_searches_survive_the_state() -> None:
    entry = cursors.BackfillState(wanted=["Contacts"], parts=everyaction.sweep.first_parts(), began=NOW)
    assert cursors.BackfillState.load(as_stored(entry)).parts == entry.parts


def test_signups_survive_the_state() -> None:
    loaded = cursors.SignupsState.load(as_stored(signups()))
    assert loaded.events.find([11, 12, 13]) == {11: (2**63,), 12: (0,)}
    assert loaded.delivered.find([900, 901, 902]) == {900: (11,), 901: (12,)}
    assert loaded.keys == ["eventSignupId", "status"]
    assert as_stored(loaded) == as_stored(signups())


def test_everything_survives_the_state() -> None:
    stored = as_stored(filled())
    loaded = cursors.SyncState.load(stored)
    assert as_stored(loaded) == stored
    assert stored["version"] == cursors.VERSION
    assert loaded.exports == {"Contacts": export(), "ContactHistory": cursors.ExportState(None, cursors.Job(7, None, None))}
    assert (as_stored(loaded.backfill), loaded.refreshed_at) == (as_stored(backfill()), NOW - DAY)
    assert loaded.errors.tables() == ["contacts"]
    assert {"codes", "events", "email_messages", "person_details", "contribution_details"} <= loaded.lists.keys()
    codes = loaded.lists["codes"]
    assert codes.ledger.find([3, 4, 7]) == {3: (0, 1, 2), 7: (0, 1, 2)}  # rows of the nested list, and two checksums
    assert (codes.including, codes.keys) == (["person_details"], ["id", "name"])


def test_a_beginning_survives_the_state() -> None:
    stored = as_stored(cursors.SyncState.load({}))
    loaded = cursors.SyncState.load(stored)
    assert as_stored(loaded) == stored
    assert (loaded.exports, loaded.refreshed_at, as_stored(loaded.backfill)) == ({}, None, as_stored(cursors.BackfillState()))


def test_a_state_is_not_changed_by_what_is_made_of_it() -> None:
    stored = as_stored(filled())
    before = copy.deepcopy(stored)
    loaded = cursors.SyncState.load(stored)
    one = loaded.export("Contacts")
    one.recent.clear()
    one.columns.clear()
    one.custom.clear()
    loaded.backfill.ids.drop([1, 2, 30])
    for one in ("covered", "out_of_reach", "detailed", "missed", "wanted", "detailing", "jobs"):
        getattr(loaded.backfill, one).clear()
    loaded.errors.stored.clear()
    loaded.signups.keys.clear()
    loaded.lists["codes"].ledger.drop([3])
    assert stored == before


def test_a_type_that_is_new_begins() -> None:
    state = cursors.SyncState.load(as_stored(filled()))
    assert state.export("Contributions") == cursors.ExportState()
    state.export("Contributions").cursor = NOW
    assert as_stored(state)["exports"]["Contributions"]["cursor"] == "2026-09-21T14:13:20+00:00"


def test_signups_in_the_form_of_a_collection() -> None:
    found = signups().as_collection([900, 902])
    assert list(found.ledger.ids()) == [900]
    assert found.keys == ["eventSignupId", "status"]
    assert list(found.ledger.children) == plan.SIGNUPS_OF_EVENT.columns(())


# --- Damage ---

HOLDERS: dict[str, tuple[str, ...]] = {
    "the whole": (),
    "an export": ("exports", "Contacts"),
    "the past": ("backfill",),
    "signups": ("signups",),
    "a list": ("lists", "codes"),
}
PAST = (
    "covered", "out_of_reach", "detailed", "missed", "wanted", "detailing", "parts", "ids", "batch", "left", "jobs", "size", "people",
    "total", "began", "last", "closed",
)  # fmt: skip
PARTS = [
    *(("the whole", name) for name in ("lists", "signups", "exports", "backfill", "open_errors")),
    *(("an export", name) for name in ("job", "width", "recent", "custom")),
    *(("the past", name) for name in PAST),
    *(("signups", name) for name in ("events", "delivered", "keys")),
    ("a list", "delivered"),
]
NOT_REQUIRED = [
    *(("an export", name) for name in ("cursor", "columns")),
    *(("a list", name) for name in ("including", "keys")),
    ("the whole", "refreshed_at"),
]
RIGHT: dict[tuple[str, str], object] = {  # of the values that are tried below
    ("an export", "custom"): [1],
    ("an export", "recent"): {"a": "b"},
    **{("the past", name): 7 for name in ("total", "people", "size", "last")},
    ("the past", "closed"): True,
    ("the past", "out_of_reach"): {"a": "b"},
}


def inside(stored: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        stored = stored[name]
    return stored


@pytest.mark.parametrize(("holder", "name"), PARTS)
def test_a_missing_part_is_refused_by_name(holder: str, name: str) -> None:
    stored = as_stored(filled())
    del inside(stored, HOLDERS[holder])[name]
    with pytest.raises(StateProblem, match=f'damaged: "{name}" is missing'):
        cursors.SyncState.load(stored)


@pytest.mark.parametrize("table", [one.table for one in (*plan.COLLECTIONS, *plan.DETAILED.values())])
def test_a_missing_table_is_refused_by_name(table: str) -> None:
    stored = as_stored(filled())
    del stored["lists"][table]
    with pytest.raises(StateProblem, match=f'damaged: "{table}" is missing'):
        cursors.SyncState.load(stored)


@pytest.mark.parametrize("wrong", [True, 1.5, "x", 7, [1], {"a": 1}, {"a": "b"}, [["a"]], [None]], ids=repr)
@pytest.mark.parametrize(("holder", "name"), [*PARTS, *NOT_REQUIRED])
def test_a_part_of_a_wrong_kind_is_refused_by_name(holder: str, name: str, wrong: object) -> None:
    stored = as_stored(filled())
    inside(stored, HOLDERS[holder])[name] = wrong
    if (holder, name) in RIGHT and wrong == RIGHT[holder, name]:
        cursors.SyncState.load(stored)
        return
    with pytest.raises(StateProblem, match="The stored state is damaged: ") as raised:
        cursors.SyncState.load(stored)
    if not (isinstance(wrong, dict) and (holder == "the whole" or name == "covered")):  # of these the part within is named
        assert f'"{name}"' in str(raised.value)


@pytest.mark.parametrize("name", ["lists", "exports"])
@pytest.mark.parametrize("wrong", [None, [], 5, "x"])
def test_an_entry_that_is_none_is_refused_by_its_name(name: str, wrong: object) -> None:
    stored = as_stored(filled())
    inner = {"lists": "codes", "exports": "Contacts"}[name]
    stored[name][inner] = wrong
    with pytest.raises(StateProblem, match=f'damaged: "{inner}"'):
        cursors.SyncState.load(stored)


FROM, TO = "2026-09-20T14:13:20+00:00", "2026-09-21T14:13:20+00:00"


@pytest.mark.parametrize(
    "job",
    [
        [],
        [BIG],
        [BIG, FROM],
        [BIG, FROM, TO, None],
        [str(BIG), FROM, TO],
        [True, FROM, TO],
        [None, FROM, TO],
        [1.5, FROM, TO],
        [BIG, None, TO],
        [BIG, FROM, None],
        [BIG, 5, 6],
        [BIG, "yesterday", TO],
        [BIG, FROM, "2026-09-21T14:13:20"],
        {"id": BIG},
        BIG,
    ],
)
def test_a_damaged_job_is_refused(job: object) -> None:
    stored = as_stored(export()) | {"job": job}
    with pytest.raises(StateProblem, match='damaged: "job"'):
        cursors.ExportState.load(stored)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("cursor", "2026-09-21T14:13:20"),
        ("cursor", "yesterday"),
        ("width", 0),
        ("width", 3599),
        ("width", -3600),
        ("width", 90 * 86_400 + 1),
        ("recent", {"17": 5}),
        ("recent", {"17": None}),
        ("columns", ["VanID", None]),
        ("custom", [-1]),
        ("custom", [True]),
        ("custom", ["5"]),
    ],
)
def test_an_export_that_contradicts_itself_is_refused(name: str, wrong: object) -> None:
    with pytest.raises(StateProblem, match=f'damaged: "{name}"'):
        cursors.ExportState.load(as_stored(export()) | {name: wrong})


@pytest.mark.parametrize("width", [3600, 90 * 86_400])
def test_the_narrowest_and_the_widest_window(width: int) -> None:
    assert cursors.ExportState.load(as_stored(export()) | {"width": width}).width == width


@pytest.mark.parametrize(
    "part",
    [
        [],
        ["lastName", "a"],
        ["lastName", "a", False, False],
        ["lastName", "", False],
        ["lastName", None, False],
        ["lastName", "a", None],
        ["lastName", "a", 1],
        ["middleName", "a", False],
        ["vanId", "1", False],
        "lastName",
    ],
)
def test_a_damaged_search_is_refused(part: object) -> None:
    stored = as_stored(backfill())
    stored["parts"].append(part)
    with pytest.raises(StateProblem, match='damaged: "parts"'):
        cursors.BackfillState.load(stored)


NOBODY, SOMEBODY = as_stored(people()), as_stored(people(1, 2, 30))
NOTHING: dict[str, object] = {"wanted": [], "left": [], "jobs": {}, "batch": 0, "ids": NOBODY, "parts": [], "began": None, "detailing": []}


def test_a_past_that_is_read_is_no_contradiction() -> None:
    loaded = cursors.BackfillState.load(as_stored(backfill()) | NOTHING | {"last": None, "closed": False})
    assert (list(loaded.covered), loaded.wanted, loaded.began, loaded.last) == (["ContactHistory"], [], None, None)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"batch": 4}, "batch"),
        ({"batch": -1}, "batch"),
        ({"batch": 0}, "batch"),
        ({"batch": 0, "ids": NOBODY}, "batch"),
        ({"left": [], "jobs": {}}, "batch"),
        ({"size": 0}, "size"),
        ({"size": 8001}, "size"),
        ({"left": ["ContactHistory"], "jobs": {}}, "left"),
        ({"jobs": {"Contacts": 5}}, "jobs"),
        ({"jobs": {"ContactHistory": 5}}, "jobs"),
        ({"jobs": {"Contributions": "5"}}, "jobs"),
        ({"jobs": {"Contributions": True}}, "jobs"),
        ({"ids": {}}, "ids"),
        ({"ids": {"children": [], "blocks": [[1, 4, SOMEBODY["blocks"][0][2]]]}}, "ids"),
        ({"ids": {"children": [], "blocks": [[1, 3, "no"]]}}, "ids"),
        ({"covered": {"Contacts": None}}, "covered"),
        ({"covered": {"Contacts": "2026-09-20T14:13:20"}}, "Contacts"),
        ({"covered": ["Contacts"]}, "covered"),
        ({"out_of_reach": {"Contacts": None}}, "out_of_reach"),
        ({"out_of_reach": {"Contacts": 5}}, "out_of_reach"),
        ({"missed": [None]}, "missed"),
        ({"detailed": [5]}, "detailed"),
        ({"detailing": ["person_details", None]}, "detailing"),
        ({**NOTHING, "ids": SOMEBODY, "parts": [["lastName", "a", False]]}, "wanted"),
        ({**NOTHING, "ids": SOMEBODY}, "wanted"),
        ({**NOTHING, "parts": [["lastName", "a", False]]}, "wanted"),
        ({**NOTHING, "began": FROM}, "began"),
        ({"began": None}, "began"),
        ({"began": "2026-09-20T14:13:20"}, "began"),
        ({"last": "5"}, "last"),
        ({"closed": None}, "closed"),
        ({"closed": 1}, "closed"),
    ],
)
def test_a_reading_of_the_past_that_contradicts_itself_is_refused(changes: dict[str, object], name: str) -> None:
    with pytest.raises(StateProblem, match=f'damaged: "{name}"'):
        cursors.BackfillState.load(as_stored(backfill()) | changes)


@pytest.mark.parametrize(("name", "other"), [("events", "delivered"), ("delivered", "events")])
def test_signups_that_are_damaged_are_refused(name: str, other: str) -> None:
    stored = as_stored(signups())
    damages: list[dict[str, object]] = [{}, {"children": []}, stored[name] | {"blocks": [[11, 2, "no"]]}, stored[name] | {"blocks": 5}]
    for wrong in damages:
        with pytest.raises(StateProblem, match=f'damaged: "{name}"') as raised:
            cursors.SignupsState.load(stored | {name: wrong})
        assert f'"{other}"' not in str(raised.value)


@pytest.mark.parametrize("entry", [[], ["contacts", "contacts", None, "yesterday"], ["contacts", "contacts", True, FROM], "x"])
def test_damaged_errors_are_refused(entry: object) -> None:
    with pytest.raises(StateProblem, match='damaged: "open_errors"'):
        cursors.SyncState.load(as_stored(filled()) | {"open_errors": {"x": entry}})


@pytest.mark.parametrize("version", [0, 3, "1", "2", None])
def test_another_version_is_refused(version: object) -> None:
    with pytest.raises(StateProblem, match="has version"):
        cursors.SyncState.load(as_stored(filled()) | {"version": version})


def test_a_version_alone_is_no_state() -> None:
    with pytest.raises(StateProblem, match='damaged: "lists" is missing'):
        cursors.SyncState.load({"version": cursors.VERSION})


# --- Version 1 ---


def of_version_1() -> dict[str, Any]:
    stored: dict[str, Any] = as_stored(filled()) | {"version": 1}
    for name in ("out_of_reach", "missed", "detailing"):
        del stored["backfill"][name]
    stored["backfill"] |= {"covered": ["ContactHistory"], "ids": [1, 2, 30]}
    return stored


def test_a_state_of_version_1_goes_on_where_it_was() -> None:
    loaded, expected = cursors.SyncState.load(of_version_1()), as_stored(filled())
    since = loaded.backfill.since("ContactHistory")
    assert since < NOW - 90 * DAY  # nobody knows, so that without a cursor there is a gap
    expected["backfill"] |= {"covered": {"ContactHistory": since.isoformat()}, "out_of_reach": {}, "missed": [], "detailing": []}
    assert as_stored(loaded) == expected


@pytest.mark.parametrize(
    ("name", "wrong"), [("covered", {}), ("covered", [1]), ("ids", {}), ("ids", [1, "2"]), ("ids", [True]), ("size", "x")]
)
def test_a_damaged_state_of_version_1_is_refused_by_name(name: str, wrong: object) -> None:
    stored = of_version_1()
    stored["backfill"][name] = wrong
    with pytest.raises(StateProblem, match=f'damaged: "{name}"'):
        cursors.SyncState.load(stored)
