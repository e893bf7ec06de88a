from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime, timezone
from typing import Any

import pytest

from sandbox.messages import Request
from sandbox.ongage import mailings
from sandbox.ongage.account import Account
from sandbox.ongage.facts import METRICS, all_facts, day_of
from sandbox.ongage.kinds import cell
from sandbox.ongage.reports import ROUTES
from sandbox.ongage.truth_collections import STATISTICS, Statistics, link_hash, tables
from sandbox.ongage.world import DAY
from tests.sandbox.ongage.calling import call, make_account, report

ALL_TIME = [["stats_date", ">=", "2010-01-01"]]


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account()


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")


def _facts(account: Account) -> list[dict[str, Any]]:
    return list(all_facts(account, account.visible(sending=True)))


def test_sums_are_those_of_the_facts(account: Account) -> None:
    low, high = "2020-03-01", "2021-02-10"
    naive: Counter[tuple[int, str | None]] = Counter()
    for fact in _facts(account):
        if low <= _day(fact["_at"]) < high and fact["clicks"]:
            naive[fact["mailing_id"], fact["link_url"]] += fact["clicks"]
    rows = report(
        account,
        select=["mailing_id", "link_url", ["sum(`clicks`)", "pressed"]],
        group=["mailing_id", "link_url"],
        filter=[["stats_date", ">=", low], ["stats_date", "<", high], ["clicks", ">", 0]],
    )
    assert {(int(row["mailing_id"]), row["link_url"]): int(row["pressed"]) for row in rows} == dict(naive)
    assert naive


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
def test_days_fall_into_their_units(account: Account, unit: str) -> None:
    naive: Counter[str] = Counter()
    starts = {"day": "%Y-%m-%d", "month": "%Y-%m-01", "year": "%Y-01-01"}
    for fact in _facts(account):
        at = day_of(fact["_at"])
        if unit == "week":
            at -= (at // DAY + 3) % 7 * DAY  # 1970-01-01 was a Thursday
        naive[datetime.fromtimestamp(at, timezone.utc).strftime(starts.get(unit, "%Y-%m-%d"))] += fact["opens"]
    rows = report(account, select=["stats_date", "sum(opens)"], group=[["stats_date", unit]], filter=ALL_TIME, limit=9999)
    assert all(isinstance(row["stats_date"], str) for row in rows)
    assert {_day(int(row["stats_date"])): int(row["opens"]) for row in rows} == dict(naive)


def test_other_aggregates_and_no_group_give_one_row(account: Account) -> None:
    every = _facts(account)
    found = report(account, select=["count(opens)", ["max(sent)", "most"], ["min(sent)", "least"]], filter=ALL_TIME)
    assert [{key: int(value) for key, value in row.items()} for row in found] == [
        {"opens": len(every), "most": max(fact["sent"] for fact in every), "least": 0}
    ]


def test_without_a_date_there_is_only_the_last_month(account: Account) -> None:
    last = {fact["mailing_id"] for fact in _facts(account) if fact["_at"] >= day_of(account.now()) - 30 * DAY}
    rows = report(account, select=["mailing_id"], group=["mailing_id"])
    assert {int(row["mailing_id"]) for row in rows} == last
    assert len(report(account, select=["mailing_id"], group=["mailing_id"], filter=ALL_TIME)) > len(last) > 5


def test_pages_fit_together_only_with_a_full_order(account: Account) -> None:
    asked: dict[str, Any] = {"select": ["mailing_id", "stats_date", "sum(opens)"], "group": ["mailing_id", ["stats_date", "day"]]}
    asked["filter"] = ALL_TIME

    def paged(**order: Any) -> list[tuple[int, int]]:
        found = [row for place in range(0, 200, 20) for row in report(account, **asked, offset=place, limit=20, **order)]
        return [(int(row["mailing_id"]), int(row["stats_date"])) for row in found]

    ordered = paged(order=["mailing_id", ["stats_date", "DESC"]])
    assert ordered == sorted(ordered, key=lambda pair: (pair[0], -pair[1]))
    assert len(set(ordered)) == 200
    assert len(set(paged())) < 200
    assert len(report(account, select=["sent"], filter=ALL_TIME, limit=700)) == 700


def test_numbers_are_texts_in_some_rows_and_numbers_in_others(account: Account) -> None:
    rows = report(account, select=["mailing_id", "sum(opens)"], group=["mailing_id"], filter=ALL_TIME)
    assert {(type(row["mailing_id"]), type(row["opens"])) for row in rows} == {(str, str), (str, int), (int, str), (int, int)}


def test_values_tables_and_rates(account: Account) -> None:
    asked: dict[str, Any] = {"select": ["list_id", "sum(sent)", "sum(success)"], "group": ["list_id"], "order": ["list_id"]}
    asked["filter"] = ALL_TIME
    rows = report(account, **asked)
    assert call(account, "POST", "reports/query", body={"list_ids": "all", "value": "sent"} | asked).payload["payload"] == [
        row["sent"] for row in rows
    ]
    table = call(account, "POST", "reports/query", body={"list_ids": "all", "format": "csv"} | asked)
    assert table.content_type == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO((table.body or b"").decode())))
    assert lines == [{key: str(value) for key, value in row.items()} for row in rows]
    share = report(account, **asked, calculate_rates=True)[0]["success_percent"]
    assert share == f"{100 * int(rows[0]['success']) / int(rows[0]['sent']):.1f}%"


def test_lists_that_may_not_be_read_are_in_no_report(account: Account) -> None:
    hidden = next(place for place in account.world.lists if not place.readable)
    readable = {place.id for place in account.visible(sending=True)}
    assert account.collection("Mailing", hidden.id).count() > 0
    rows = report(account, select=["list_id"], group=["list_id"], filter=ALL_TIME)
    assert {int(row["list_id"]) for row in rows} == readable
    one = min(readable)
    named = report(account, select=["list_id"], group=["list_id"], filter=ALL_TIME, list_ids=[str(one)])
    assert [int(row["list_id"]) for row in named] == [one]
    for number in readable:
        asked = Request("POST", f"/{number}/api/reports/query", {}, {"select": ["list_id"], "group": ["list_id"], "filter": ALL_TIME}, 0)
        rows = ROUTES[0].handler(account, asked, account.world.default).payload["payload"]
        assert [int(row["list_id"]) for row in rows] == [number]
    for number, status in ((hidden.id, 403), (1, 404)):
        assert call(account, "POST", "reports/query", body={"select": ["list_id"], "list_ids": [number]}).status == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"select": []},
        {"select": ["nothing"]},
        {"select": ["sent"], "from": "contact"},
        {"select": ["sent"], "filter": [["sent", "LIKE", "1"]]},
        {"select": ["sent"], "filter": [["sent", "="]]},
        {"select": ["sent"], "filter": [["sent", "IN", []]]},
        {"select": ["sent"], "filter": [["stats_date", ">", "yesterday"]]},
        {"select": ["sent"], "group": [["stats_date", "hour"]]},
        {"select": ["sent"], "order": ["nothing"]},
        {"select": ["avg(sent)"]},
        {"select": ["sent"], "time_zone": "Mars/Base"},
    ],
)
def test_what_cannot_be_answered_is_refused(account: Account, body: dict[str, Any]) -> None:
    reply = call(account, "POST", "reports/query", body=body)
    assert reply.status == reply.payload["payload"]["code"] == 412
    assert reply.payload["payload"]["errors"]


def test_events_are_a_source_of_their_own_and_what_is_null_is_asked_for(account: Account) -> None:
    asked: dict[str, Any] = {"select": ["mailing_id", "event_id", "sum(opens)"], "group": ["mailing_id"], "order": ["mailing_id"]}
    dated = {**asked, "filter": ALL_TIME}
    of_events = report(account, **dated, **{"from": "event"})
    assert {int(row["mailing_id"]) for row in of_events} == {fact["mailing_id"] for fact in _facts(account) if fact["event_id"]}
    assert len(of_events) == len(report(account, **asked, filter=[*ALL_TIME, ["event_id", ">", 0]]))
    others = report(account, **asked, filter=[*ALL_TIME, ["event_id", "=", None]])
    assert len(others) + len(of_events) == len(report(account, **dated))
    numbers = [row["mailing_id"] for row in of_events[:3]]
    assert len(report(account, **asked, filter=[*ALL_TIME, ["mailing_id", "IN", numbers]])) == 3
    assert report(account, select=["sum(sent)"], order=["mailing_id"], filter=[["stats_date", "<", "2001-01-01"]]) == [{"sent": None}]


def test_a_body_that_is_no_object_is_a_bad_request(account: Account) -> None:
    assert call(account, "POST", "reports/query", body="not JSON").status == 400


def test_days_begin_by_the_zone(account: Account) -> None:
    asked: dict[str, Any] = {"select": ["stats_date", "sum(opens)"], "group": [["stats_date", "day"]], "filter": ALL_TIME, "limit": 9999}
    west, utc = report(account, **asked, time_zone="America/Lima"), report(account, **asked, time_zone="UTC")
    assert {int(row["stats_date"]) % DAY for row in west} == {5 * 3600}
    assert {int(row["stats_date"]) % DAY for row in utc} == {0}
    assert sum(int(row["opens"]) for row in west) == sum(int(row["opens"]) for row in utc)


def _asked(table: Statistics) -> dict[str, Any]:
    groups = [name.replace("link_hash", "link_url") for name in table.key if name != "stats_date"]
    body: dict[str, Any] = {"select": [*groups, "stats_date", *table.names.split(), *(f"sum(`{name}`)" for name in METRICS)]}
    body["select"] = list(dict.fromkeys(body["select"]))
    body |= {"group": [*groups, ["stats_date", "day"]], "order": [*groups, "stats_date"], "limit": 99_999, "filter": list(ALL_TIME)}
    if table.of_events:
        body["filter"].append(["event_id", "!=", None])
    return body


@pytest.mark.parametrize("table", STATISTICS, ids=lambda table: table.table)
def test_the_truth_about_statistics_is_what_the_reports_say(account: Account, table: Statistics) -> None:
    truth = tables(account)[table.table]
    expected = {tuple(row[name] for name in truth.key): row for row in truth.rows()}
    rows = report(account, **_asked(table))
    assert len(rows) == len(expected) == truth.count() > 0
    for row in rows:
        if "link_hash" in table.key:
            row["link_hash"] = link_hash(row["link_url"]) if row["link_url"] else None
        row |= {name: "none" for name in table.key if row[name] in {None, ""}}
        made = {name: cell(kind, row[name]) for name, kind in truth.columns.items()}
        assert made == expected[tuple(made[name] for name in truth.key)]


def test_the_truth_about_growth_is_what_the_report_says(account: Account) -> None:
    truth = tables(account)["list_daily_stats"]
    rows = report(account, select=list(truth.columns), order=["list_id", "record_date"], limit=99_999, **{"from": "list"})
    assert [{name: cell(kind, row[name]) for name, kind in truth.columns.items()} for row in rows] == list(truth.rows())
    late = report(account, select=["record_date"], filter=[["record_date", ">=", _day(account.now() - 40 * DAY)]], **{"from": "list"})
    assert len(late) == 40 * len(account.visible(sending=True))


def test_opens_come_in_on_days_on_which_nothing_is_sent(account: Account) -> None:
    by_day: dict[tuple[int, int], list[int]] = {}
    for fact in _facts(account):
        sums = by_day.setdefault((fact["mailing_id"], day_of(fact["_at"])), [0, 0])
        sums[0] += fact["sent"]
        sums[1] += fact["opens"]
    assert sum(sent == 0 and opens > 0 for sent, opens in by_day.values()) > len(by_day) / 2
    assert all(fact["_at"] <= account.now() for fact in _facts(account))


def test_a_month_costs_its_own_mailings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    account, made = make_account(30_000), 0
    real = mailings.mailing_record

    def counted(*arguments: Any) -> Any:
        nonlocal made
        made += 1
        return real(*arguments)

    monkeypatch.setattr("sandbox.ongage.facts.mailing_record", counted)
    month = [["stats_date", ">=", "2022-05-01"], ["stats_date", "<", "2022-06-01"]]
    assert report(account, select=["mailing_id"], group=["mailing_id"], filter=month)
    assert 0 < made < account.collection("Mailing", account.world.default.id).count() / 20


def test_there_is_one_route() -> None:
    assert [(route.method, route.pattern, route.whole_account) for route in ROUTES] == [("POST", "reports/query", True)]
