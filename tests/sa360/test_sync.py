"""A whole sync: what stops it, what stops only a part of it, and what is said and filed of that."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from common.failures import SettingProblem, SyncFailed
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness
from tests.doubles import NOON
from tests.sa360.only import (
    MODULES,
    asked,
    clients,
    differing,
    only,
    refusal,
    replaced,
    today,
    warehouse,
    windows,
)

models, fetch = MODULES.models, MODULES.fetch
TABLES = ("campaigns", "assets", "campaign_reports", "ad_group_reports")
NUMBERS = ("campaign_reports", "ad_group_reports", "customer_reports", "ad_device_reports")
HOUR = 3600


def exhausted(code: str, delay: str, **more: str) -> dict[str, Any]:
    quota = {"retryDelay": delay, **more}
    return refusal(f"quotaError.{code}", status=429, general="RESOURCE_EXHAUSTED", details={"quotaErrorDetails": quota})


def with_field(monkeypatch: pytest.MonkeyPatch, group: str, table: str, field: str) -> None:
    """A table asks for one more field."""
    sources = getattr(models, group)
    source = sources[table]
    monkeypatch.setattr(models, group, sources | {table: dataclasses.replace(source, select=(*source.select, field))})


# --- Questions that are refused ---


@pytest.mark.parametrize(
    ("group", "table", "field"),
    [
        ("ENTITIES", "campaigns", "campaign.nam"),
        ("REPORTS", "campaign_reports", "metrics.no_such"),
        ("ENTITIES", "assets", "metrics.historical_quality_score"),
    ],
)
def test_a_question_that_is_refused_fails_its_table_by_name_and_no_other(group: str, table: str, field: str) -> None:
    with only(*TABLES) as (h, _):
        with pytest.MonkeyPatch.context() as patch:
            with_field(patch, group, table, field)
            h.sync()
        assert differing(h, *(name for name in TABLES if name != table)) == []
        assert not h.rows(table)
        filed = h.open_errors()
        assert {one["table_name"] for one in filed} == {table}
        assert {one["record"] for one in filed} == set(clients(h))
        for one in filed:
            payload = json.loads(one["payload"])
            assert payload["code"].startswith("queryError.")
            assert payload["location"] == "query"
            assert payload["request_id"]
            assert field in payload["query"]
            assert one["status"] == 400
        for client in clients(h):
            assert sum(f"{table} of account {client} is left out" in line for line in h.fivetran.warnings) == 1
        h.sync()  # as one of the next releases mends it
        assert not h.open_errors()
        assert all(one["resolved_at"] for one in h.rows("errors"))
        assert differing(h, *TABLES) == []


def test_a_refused_question_costs_one_request_and_not_a_row() -> None:
    with only(*TABLES) as (h, _):
        h.sync()
        before = warehouse(h, "campaigns")
        with pytest.MonkeyPatch.context() as patch:
            with_field(patch, "ENTITIES", "campaigns", "campaign.nam")
            h.sync()
        assert len(asked(h, "campaign", verb="search")) == len(clients(h))
        assert warehouse(h, "campaigns") == before
        assert h.fivetran.kinds["delete"] == 0


def test_a_refusal_in_the_middle_of_the_past_is_filed_and_what_came_before_stays() -> None:
    with only("campaign_reports") as (h, wire):

        def old(request: Request, reply: Reply) -> None:
            if "FROM campaign WHERE" in request.spot and re.search(r"BETWEEN '2026-09-1[0-6]", request.body["query"]):
                reply.status = 400
                replaced(reply, [refusal("queryError.BAD_VALUE")])

        wire.told = old
        h.sync()
        assert {row["table_name"] for row in h.open_errors()} == {"campaign_reports"}
        assert all("segments.date BETWEEN '2026-09-1" in json.loads(row["payload"])["query"] for row in h.open_errors())
        assert h.rows("campaign_reports")
        wire.told = lambda request, reply: None
        h.sync()
        assert not h.open_errors()
        assert differing(h, "campaign_reports") == []


# --- Quotas ---


def test_the_quota_of_a_day_ends_the_sync_soon_and_the_next_one_goes_on() -> None:
    with only(*TABLES) as (h, _):
        before = h.clock.now
        h.box.faults.add("status", r"FROM ad_group WHERE", status=429, body=exhausted("RESOURCE_EXHAUSTED", "7200s"))
        with pytest.raises(SyncFailed, match=r"(?s)7,?200|2 h|hours") as raised:
            h.sync()
        assert str(raised.value).count("the next sync goes on from here") == 1
        assert h.clock.now - before < 15 * 60
        refused = [one for one in h.box.requests if one.status == 429]
        assert 1 <= len(refused) <= fetch.PARALLEL_REQUESTS
        assert differing(h, "campaigns", "assets") == []
        assert windows(h, "campaign")
        assert h.rows("campaign_reports")
        h.box.faults.clear()
        h.sync()
        assert h.fivetran.touched["assets"] == 0
        assert differing(h, *TABLES) == []


def test_a_quota_of_a_day_within_a_stream_ends_the_sync_as_well() -> None:
    with only(*TABLES) as (h, wire):

        def end(request: Request, reply: Reply) -> None:
            if "FROM campaign WHERE" in request.spot:
                chunks = json.loads(reply.encoded())
                replaced(reply, [*chunks, exhausted("RESOURCE_EXHAUSTED", "40000s")])

        wire.told = end
        with pytest.raises(SyncFailed, match=r"the next sync goes on from here: "):
            h.sync()
        assert h.clock.now - NOON < 15 * 60
        assert not h.rows("campaign_reports")
        wire.told = lambda request, reply: None
        h.sync()
        assert differing(h, *TABLES) == []


@pytest.mark.parametrize("place", [r"FROM campaign$", r"FROM campaign WHERE"])
def test_the_quota_of_a_minute_is_waited_for(place: str) -> None:
    with only(*TABLES) as (h, _):
        h.box.faults.add("status", place, status=429, times=2, body=exhausted("RESOURCE_TEMPORARILY_EXHAUSTED", "45s"))
        h.sync()
        assert h.clock.now - NOON >= 45
        assert h.clock.now - NOON < 10 * 60
        assert differing(h, *TABLES) == []
        assert not h.fivetran.warnings


def test_a_quota_that_does_not_come_back_within_an_hour_ends_the_sync() -> None:
    with only(*TABLES) as (h, _):
        h.box.faults.add("status", r"FROM (campaign|ad_group) WHERE", status=429)
        with pytest.raises(SyncFailed, match=r"the next sync goes on from here: .*for an hour there was no quota left\."):
            h.sync()
        assert HOUR <= h.clock.now - NOON < 5 * HOUR  # of which all who wait at once have their part
        assert differing(h, "campaigns", "assets") == []
        h.box.faults.clear()
        h.sync()
        assert differing(h, *TABLES) == []


@pytest.mark.parametrize("place", ["", ":searchStream"])
def test_the_quota_of_one_account_leaves_out_no_other(place: str) -> None:
    with only(*TABLES) as (h, _):
        spent, fine = clients(h)
        body = exhausted("RESOURCE_EXHAUSTED", "7200s", rateScope="ACCOUNT")
        h.box.faults.add("status", rf"/{spent}/.*{place}", status=429, body=[body] if place else body)
        with pytest.raises(SyncFailed, match=rf"account {spent}: .*quota of this account") as raised:
            h.sync()
        assert fine not in str(raised.value)
        assert len([one for one in h.box.requests if one.status == 429]) <= fetch.PARALLEL_REQUESTS
        assert differing(h, *TABLES, of=lambda row: row["customer_id"] == fine) == []
        h.box.faults.clear()
        h.sync()
        assert differing(h, *TABLES) == []


# --- Outages ---


EVERYTHING_ELSE = r"FROM (?!customer_client)"  # than the accounts


def test_an_api_that_answers_nothing_any_more_is_not_asked_for_every_table() -> None:
    tables = (*TABLES, "ad_groups", "ads", "labels", "customer_reports", "ad_device_reports", "user_lists", "audiences")
    with only(*tables) as (h, _):
        h.box.faults.add("status", EVERYTHING_ELSE, status=503)
        with pytest.raises(SyncFailed, match=r"the next sync goes on from here: Search Ads 360 does not answer any more") as raised:
            h.sync()
        assert str(raised.value).count("of account") == 3
        asked_of = {re.sub(r".* FROM (\w+).*", r"\1", one.spot) for one in h.box.requests if " FROM " in one.spot}
        assert len(asked_of - {"customer", "customer_client"}) <= fetch.PARALLEL_REQUESTS
        h.box.faults.clear()
        h.sync()
        assert differing(h, *tables) == []


def test_an_outage_that_begins_in_the_past_of_reports_is_noticed_as_well() -> None:
    with only(*NUMBERS) as (h, _):
        begun: list[Request] = []

        def is_down(request: Request) -> bool:
            if "BETWEEN '2026-09-14'" in str(request.body):
                begun.append(request)
            return bool(begun)

        h.box.faults.add("status", EVERYTHING_ELSE, status=503, when=is_down)
        with pytest.raises(SyncFailed, match="does not answer any more"):
            h.sync()
        h.box.faults.clear()
        h.sync()
        assert differing(h, *NUMBERS) == []


def test_some_tables_that_cannot_be_read_are_no_outage() -> None:
    with only(*TABLES, "ad_groups", "labels") as (h, _):
        h.box.faults.add("status", r"FROM (campaign|ad_group)( |$)", status=503)
        with pytest.raises(SyncFailed) as raised:
            h.sync()
        assert "does not answer" not in str(raised.value)
        assert differing(h, "assets", "labels") == []


def test_a_question_that_was_cancelled_is_asked_again() -> None:
    with only("campaigns") as (h, _):
        cancelled = refusal("requestError.UNKNOWN", status=499, general="CANCELLED")
        h.box.faults.add("status", r":search FROM campaign$", status=499, times=2, body=cancelled)
        h.sync()
        assert differing(h, "campaigns") == []
        assert not h.rows("errors")


def test_an_api_that_cannot_be_reached_at_all_is_said_with_its_address() -> None:
    with only(*TABLES) as (h, _):
        h.box.faults.add("status", "/v0/", status=503)
        with pytest.raises(SyncFailed, match='Check "base_url"'):
            h.sync()


def test_a_sign_in_that_ends_in_the_middle_ends_the_sync_and_keeps_what_was_delivered() -> None:
    with only(*TABLES) as (h, _):
        h.sync()
        h.source.change("edit", entity="Campaign")
        h.box.faults.add("status", r"FROM asset$", status=401, body=refusal("authenticationError.OAUTH_TOKEN_REVOKED", status=401))
        with pytest.raises(SettingProblem):
            h.sync()
        h.box.faults.clear()
        h.sync()
        assert differing(h, *TABLES) == []


def test_one_table_that_cannot_be_read_leaves_the_others_complete() -> None:
    with only(*TABLES) as (h, _):
        h.box.faults.add("status", r":search FROM campaign( |$)", status=500)
        with pytest.raises(SyncFailed, match="campaigns of account") as raised:
            h.sync()
        assert all(client in str(raised.value) for client in clients(h))
        assert "assets" not in str(raised.value)
        assert differing(h, *(name for name in TABLES if name != "campaigns")) == []
        h.box.faults.clear()
        h.sync()
        assert differing(h, *TABLES) == []


# --- Lists that rarely change ---


def test_lists_that_belong_to_nobody_are_read_every_few_days() -> None:
    with only("language_constants", full_refresh_days="3") as (h, _):
        h.sync()
        assert len(asked(h, "language_constant", verb="search")) == 1
        assert differing(h, "language_constants") == []
        for days, questions in ((2, 0), (1.1, 1), (0, 0)):
            h.clock.pass_days(days)
            h.sync()
            assert len(asked(h, "language_constant", verb="search")) == questions
        h.clock.pass_days(-60)  # a clock that was wrong is no reason to wait for it
        h.sync()
        assert len(asked(h, "language_constant", verb="search")) == 1


def test_a_list_that_could_not_be_read_is_due_in_the_next_sync() -> None:
    with only("language_constants", full_refresh_days="30") as (h, _):
        h.box.faults.add("status", r"FROM language_constant", status=503)
        with pytest.raises(SyncFailed, match="language_constants"):
            h.sync()
        h.box.faults.clear()
        h.sync()
        assert differing(h, "language_constants") == []


def test_lists_that_belong_to_nobody_are_asked_of_the_next_client_when_one_may_not_be_read() -> None:
    for status, body in ((403, refusal("authorizationError.USER_PERMISSION_DENIED", status=403)), (403, None)):
        with only("language_constants", "campaigns") as (h, _):
            denied, fine = clients(h)
            h.box.faults.add("status", rf"/{denied}/searchAds360:search FROM language_constant", status=status, body=body)
            h.sync()
            assert asked(h, "language_constant", verb="search", customer=fine)
            assert differing(h, "language_constants") == []
            assert not any("language_constants" in line for line in h.fivetran.warnings)


def test_lists_that_belong_to_nobody_and_that_nobody_gives_are_named() -> None:
    with only("language_constants", "campaigns") as (h, _):
        h.box.faults.add("status", "FROM language_constant", status=403)
        h.sync()
        about = [line for line in h.fivetran.warnings if "language_constants" in line]
        assert len(about) == 1
        assert all(client in about[0] for client in clients(h))


# --- Whose turn it is ---


@pytest.mark.parametrize("tables", [("campaigns", "ad_groups", "assets", "user_lists"), NUMBERS])
def test_what_a_quota_did_not_suffice_for_comes_first_the_next_time(tables: tuple[str, ...]) -> None:
    """Each day there are questions for half of the tables at most: after some days all were asked for."""
    with only(*tables) as (h, _), pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "PARALLEL_REQUESTS", 1)  # so that it is the first ones that are answered
        h.sync()
        wanted, seen = _places(h), set[str]()
        for _ in range(8):
            h.clock.pass_days(1)
            left = [4]  # one or two for each table

            def is_spent(request: Request, left: list[int] = left) -> bool:
                left[0] -= 1
                return left[0] < 0

            h.box.faults.add("status", EVERYTHING_ELSE, status=429, body=exhausted("RESOURCE_EXHAUSTED", "7200s"), when=is_spent)
            with pytest.raises(SyncFailed, match="the quota is used up"):
                h.sync()
            seen |= _places(h)
            h.box.faults.clear()
        assert wanted <= seen


def _places(h: Harness) -> set[str]:
    """What the last sync asked and was told, but for the accounts."""
    return {one.spot for one in h.box.requests if re.search(EVERYTHING_ELSE, one.spot) and one.status == 200}


# --- Custom columns ---


def test_a_manager_that_refuses_its_custom_columns_leaves_out_only_its_own() -> None:
    with only("campaign_custom_column_values") as (h, _):
        manager = h.source.managers()[1].id
        theirs = {str(one["id"]) for one in h.source.records("CustomColumn", manager)}
        h.box.faults.add("status", f"/{manager}/customColumns", status=400, body=refusal("requestError.BAD_RESOURCE_ID"))
        h.sync()
        assert [row["table_name"] for row in h.open_errors()] == ["custom_columns"]
        others = lambda row: row["custom_column_id"] not in theirs  # noqa: E731
        assert theirs
        assert h.rows("campaign_custom_column_values")
        assert differing(h, "campaign_custom_column_values", of=others) == []


def test_a_refusal_of_any_kind_may_be_that_of_a_custom_column() -> None:
    with only("campaign_custom_column_values") as (h, _):
        number = next(str(one["id"]) for one in h.source.records("CustomColumn", h.source.world.top.id) if one["queryable"])
        bad = refusal("queryError.PROHIBITED_FIELD_COMBINATION_IN_SELECT_CLAUSE")
        names = lambda request: f"custom_columns.id[{number}]" in str(request.body)  # noqa: E731
        h.box.faults.add("status", "FROM campaign WHERE", status=400, body=bad, when=names)
        h.sync()
        assert {row["record"].split("/")[1] for row in h.open_errors()} == {f"custom column {number}"}
        others = lambda row: row["custom_column_id"] != number  # noqa: E731
        assert differing(h, "campaign_custom_column_values", of=others) == []


# --- Optional tables ---


def test_optional_tables_are_asked_for_only_when_they_are_wanted() -> None:
    with only("conversions", "campaign_effective_labels") as (h, _):
        h.sync()
        assert not asked(h, "conversion")
        assert not asked(h, "campaign_effective_label", verb="search")


def test_events_are_read_like_reports_and_those_of_the_newest_days_are_updated() -> None:
    with only("conversions", "visits", optional_tables="conversions,visits") as (h, _):
        h.sync()
        assert differing(h, "conversions", "visits") == []
        h.source.change("conversion_edit")
        h.source.change("insert", entity="Visit")
        h.sync()
        assert differing(h, "conversions", "visits") == []


# --- What is said ---


def test_fields_that_no_column_takes_are_told_of() -> None:
    with only("campaigns") as (h, wire):

        def more(request: Request, reply: Reply) -> None:
            if request.spot.endswith("FROM campaign") and reply.payload:
                for row in reply.payload["results"]:
                    row["campaign"]["novelty"] = 1
                replaced(reply, reply.payload)

        wire.told = more
        h.sync()
        assert any("campaigns.campaign.novelty" in line for line in h.fivetran.warnings)


def test_open_errors_are_told_of_by_table() -> None:
    with only("campaigns") as (h, _):
        name = h.source.change("edit", entity="Campaign")["id"]
        h.source.set_value("Campaign", name, "id", {"an": "object"})
        h.sync()
        assert any("`errors`" in line and "campaigns" in line for line in h.fivetran.warnings)
        assert [one["column_name"] for one in h.open_errors()] == ["id"]


def test_a_large_state_is_warned_of_while_the_sync_goes_on_and_once() -> None:
    with only("campaigns", "campaign_reports") as (h, wire), pytest.MonkeyPatch.context() as patch:
        patch.setattr(MODULES.watch, "LARGE_STATE_BYTES", 100)
        warned: list[int] = []

        def slow(request: Request, reply: Reply) -> None:
            h.clock.now += 400
            warned.append(sum("the state has" in line for line in h.fivetran.warnings))

        wire.told = slow
        h.sync()
        assert warned[-1] == 1
        assert sum("the state has" in line for line in h.fivetran.warnings) == 1


def test_two_syncs_on_one_day_ask_the_same_and_write_nothing() -> None:
    with only(*TABLES) as (h, _):
        h.sync()
        h.sync()
        questions = _questions(h)
        h.sync()
        assert _questions(h) == questions
        assert h.fivetran.touched == {}


def _questions(h: Harness) -> list[str]:
    key: Callable[[Request], str] = lambda one: f"{one.path} {(one.body or {}).get('query')}"  # noqa: E731
    return sorted(map(key, h.box.requests))


def test_the_start_is_today_when_it_lies_in_the_future() -> None:
    with only("campaign_reports") as (h, _):
        h.configuration["start_date"] = "2027-01-01"
        h.sync()
        assert windows(h, "campaign") == [(today(h), today(h))]
