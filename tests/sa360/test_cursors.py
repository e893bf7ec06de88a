"""What a sync remembers: what is stored comes back as it was, and what is damaged is refused by its name."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.failures import StateProblem
from tests.loading import load
from tests.sa360.only import only

sa360 = load("sa360")
cursors, fetch, holdings = sa360.cursors, sa360.fetch, sa360.holdings
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
COLUMNS = st.lists(st.text("0123456789", min_size=1), max_size=3)


def stored(state: Any) -> dict[str, Any]:
    """A state as the next sync gets it."""
    return dict(json.loads(json.dumps(state.dump())))


def filled() -> Any:
    """A state with something in each of its parts."""
    state = cursors.SyncState.load({})
    account = state.account("1234567890")
    seen = holdings.Seen()
    seen.add("5", holdings.bucket_of("5"), 7)
    account.listing("campaigns").hold(seen)
    report = account.report("campaign_reports")
    report.until, report.since, report.first = date(2026, 9, 21), date(2026, 9, 16), date(2026, 8, 1)
    report.young, report.width, report.columns, report.read_at = date(2026, 9, 21), 7, ["1", "2"], "2026-09-21"
    account.listings_read_at["campaigns"] = "2026-09-21"
    state.account("").listing("language_constants").hold(holdings.Seen())
    state.constants_read_at["language_constants"] = datetime(2026, 9, 21, 3, tzinfo=timezone.utc)
    state.errors.stored["0a"] = ["campaigns/1234567890", "campaigns", None, "2026-09-21T00:00:00+00:00"]
    return state


def test_nothing_is_a_beginning() -> None:
    state = cursors.SyncState.load({})
    assert state.account("1").report("x").until is None
    assert state.account("1").report("x").width == fetch.MOST_DAYS
    assert not state.errors.stored


def test_what_is_stored_comes_back() -> None:
    state = filled()
    again = cursors.SyncState.load(stored(state))
    assert again.dump() == state.dump()
    assert again.account("1234567890").report("campaign_reports").until == date(2026, 9, 21)
    assert again.account("1234567890").report("campaign_reports").read_at == "2026-09-21"
    assert again.account("1234567890").listings_read_at == {"campaigns": "2026-09-21"}
    assert again.constants_read_at == state.constants_read_at
    assert again.account("1234567890").listing("campaigns").gone(holdings.Seen()) == ({"5"}, True)


@given(days=st.tuples(DAYS, DAYS, DAYS, DAYS), width=st.integers(1, fetch.MOST_DAYS), columns=COLUMNS)
def test_every_report_comes_back(days: tuple[date | None, ...], width: int, columns: list[str]) -> None:
    report = cursors.ReportState(holdings.Holding(), *days, width, columns, "2026-09-21")
    again = cursors.ReportState.load(json.loads(json.dumps(report.dump())))
    assert again.dump() == report.dump()
    assert (again.until, again.since, again.young, again.first) == days
    assert (again.width, again.columns, again.read_at) == (width, columns, "2026-09-21")


def test_accounts_do_not_share_what_is_remembered() -> None:
    state = cursors.SyncState.load({})
    state.account("1").report("x").width = 3
    assert state.account("2").report("x").width == fetch.MOST_DAYS
    assert "" not in stored(state)["accounts"]


def test_a_state_of_a_whole_sync_is_the_same_after_loading() -> None:
    with only("campaigns", "campaign_reports", "campaign_custom_column_values", "language_constants") as (h, _):
        h.sync()
        assert cursors.SyncState.load(h.fivetran.state).dump() == h.fivetran.state
        assert len(json.dumps(h.fivetran.state)) < 100_000


DAMAGES: list[tuple[str, object, str]] = [
    ("version", 99, "version"),
    ("accounts", [], "accounts"),
    ("accounts", None, "accounts"),
    ("accounts.1234567890", 5, "1234567890"),
    ("accounts.1234567890.listings", "x", "listings"),
    ("accounts.1234567890.listings.campaigns", None, "campaigns"),
    ("accounts.1234567890.listings.campaigns.rows", -1, "campaigns"),
    ("accounts.1234567890.reports", 1, "reports"),
    ("accounts.1234567890.reports.campaign_reports", [], "campaign_reports"),
    ("accounts.1234567890.reports.campaign_reports.holding", None, "holding"),
    ("accounts.1234567890.reports.campaign_reports.until", "yesterday", "until"),
    ("accounts.1234567890.reports.campaign_reports.since", 20260921, "since"),
    ("accounts.1234567890.reports.campaign_reports.young", 5, "young"),
    ("accounts.1234567890.reports.campaign_reports.first", "2026-13-01", "first"),
    ("accounts.1234567890.reports.campaign_reports.width", 0, "width"),
    ("accounts.1234567890.reports.campaign_reports.width", fetch.MOST_DAYS + 1, "width"),
    ("accounts.1234567890.reports.campaign_reports.width", True, "width"),
    ("accounts.1234567890.reports.campaign_reports.width", "7", "width"),
    ("accounts.1234567890.reports.campaign_reports.columns", [5], "columns"),
    ("accounts.1234567890.reports.campaign_reports.read_at", 20260921, "read_at"),
    ("accounts.1234567890.listings_read_at", [], "listings_read_at"),
    ("accounts.1234567890.listings_read_at.campaigns", 5, "campaigns"),
    ("constants", 0, "constants"),
    ("constants_read_at", [], "constants_read_at"),
    ("constants_read_at.language_constants", "soon", "language_constants"),
    ("open_errors", {"0a": ["x"]}, "open_errors"),
    ("open_errors", "x", "open_errors"),
]


@pytest.mark.parametrize(("path", "value", "named"), DAMAGES)
def test_what_is_damaged_is_refused_by_its_name(path: str, value: object, named: str) -> None:
    state = stored(filled())
    *parents, last = path.split(".")
    part = state
    for name in parents:
        part = part[name]
    part[last] = value
    with pytest.raises(StateProblem, match=named):
        cursors.SyncState.load(state)


def test_what_is_missing_is_refused_by_its_name() -> None:
    whole = stored(filled())
    for parents, name in _keys(whole):
        state = copy.deepcopy(whole)
        part = state
        for parent in parents:
            part = part[parent]
        del part[name]
        with pytest.raises(StateProblem, match=name):
            cursors.SyncState.load(state)


def _keys(state: dict[str, Any]) -> Iterator[tuple[list[str], str]]:
    """The keys without which a state tells nothing."""
    yield from (([], name) for name in state if name != "version")
    yield from ((["accounts", "1234567890"], name) for name in state["accounts"]["1234567890"])
    place = ["accounts", "1234567890", "reports", "campaign_reports"]
    yield from ((place, name) for name in ("holding", "width", "read_at"))
