"""The tree of accounts: who is synced, who is left out and how that is said, and what becomes of accounts that come, go and move."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from common.failures import SettingProblem, SyncFailed
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness
from tests.sa360.only import MODULES, clients, differing, only, refusal, replaced, warehouse

TABLES = ("campaigns", "assets", "campaign_reports", "campaign_custom_column_values")
NO_PERMISSION = refusal("authorizationError.USER_PERMISSION_DENIED", status=403, general="PERMISSION_DENIED")
DENIED: dict[str, Any] = {"status": 403, "body": NO_PERMISSION}


def asked_accounts(h: Harness) -> set[str]:
    """The accounts of which the last sync asked anything but their trees and custom columns."""
    questions = [one for one in h.box.requests if ":search" in one.spot and "FROM customer_client" not in one.spot]
    return {one.path.split("/")[3] for one in questions}


def managers(h: Harness) -> list[str]:
    return [one.id for one in h.source.managers()]


def listed(h: Harness, manager: str, client: str) -> str:
    """The name of the record that a manager has of an account."""
    return f"customers/{manager}/customerClients/{client}"


def of_other(client: str) -> Any:
    return lambda row: row["customer_id"] != client


def set_of_client(h: Harness, client: str, path: str, value: object) -> None:
    for manager in managers(h):
        if h.source.find("CustomerClient", listed(h, manager, client)):
            h.source.set_value("CustomerClient", listed(h, manager, client), path, value)


def test_every_enabled_client_is_synced_and_no_other() -> None:
    with only(*TABLES) as (h, _):
        h.sync()
        assert asked_accounts(h) == set(clients(h))
        statuses = {row["status"] for row in h.rows("customer_clients")}
        assert statuses >= {"ENABLED", "CANCELED", "SUSPENDED"}  # they stand in their managers' lists only
        assert not h.fivetran.warnings
        assert differing(h, "customer_clients", *TABLES) == []


def test_only_the_clients_that_the_settings_name_are_synced() -> None:
    with only(*TABLES) as (h, _):
        chosen, other = clients(h)
        h.configuration["customer_ids"] = f"{chosen[:3]}-{chosen[3:6]}-{chosen[6:]}"
        h.sync()
        assert asked_accounts(h) == {chosen}
        assert differing(h, *TABLES, of=of_other(other)) == []
        assert not h.fivetran.warnings


def test_clients_that_are_named_but_are_none_are_warned_of_by_their_ids() -> None:
    with only("campaigns") as (h, _):
        cancelled = next(one.id for one in h.source.customers.values() if one.status == "CANCELED")
        unknown = "9999999999"
        h.configuration["customer_ids"] = f"{clients(h)[0]}, {unknown}, {cancelled}"
        h.sync()
        assert asked_accounts(h) == {clients(h)[0]}
        assert sum(unknown in line for line in h.fivetran.warnings) == 1
        assert sum(cancelled in line for line in h.fivetran.warnings) == 1
        assert not any(clients(h)[0] in line for line in h.fivetran.warnings)


def test_when_nobody_is_left_that_is_said() -> None:
    with only("campaigns") as (h, _):
        h.configuration["customer_ids"] = "9999999999"
        h.sync()
        assert any("no enabled client account" in line for line in h.fivetran.warnings)


def test_a_client_that_is_cancelled_keeps_its_rows_and_is_asked_no_more() -> None:
    with only(*TABLES) as (h, _):
        h.sync()
        gone = clients(h)[0]
        before = [row for row in h.rows("campaigns") if row["customer_id"] == gone]
        h.source.change("cancel_client", number=gone)
        h.sync()
        assert gone not in asked_accounts(h)
        assert [row for row in h.rows("campaigns") if row["customer_id"] == gone] == before
        assert differing(h, "customer_clients") == []
        assert differing(h, *TABLES, of=of_other(gone)) == []
        assert not h.open_errors()


def test_a_client_that_may_not_be_read_is_left_out_and_named_once() -> None:
    with only(*TABLES) as (h, _):
        h.sync()
        denied, fine = clients(h)
        before = {name: [row for row in h.rows(name) if row["customer_id"] == denied] for name in TABLES}
        h.source.change("edit", entity="Campaign")
        h.source.change("restate", entity="AdGroup")
        h.box.faults.add("status", rf"/{denied}/searchAds360", **DENIED)
        h.sync()
        assert sum(denied in line for line in h.fivetran.warnings) == 1
        assert any(line.startswith(f"account {denied} is left out") for line in h.fivetran.warnings)
        assert differing(h, *TABLES, of=of_other(denied)) == []
        assert {name: [row for row in h.rows(name) if row["customer_id"] == denied] for name in TABLES} == before
        assert not h.open_errors()
        assert fine in asked_accounts(h)
        h.box.faults.clear()
        h.sync()
        assert differing(h, *TABLES) == []


def test_a_client_that_may_not_be_read_costs_few_questions() -> None:
    with only(*TABLES, "ad_groups", "ads", "keywords", "labels", "ad_group_reports", "keyword_reports") as (h, _):
        denied = clients(h)[0]
        h.box.faults.add("status", rf"/{denied}/searchAds360", **DENIED)
        h.sync()
        refused = [one for one in h.box.requests if f"/{denied}/searchAds360" in one.spot]
        assert len(refused) <= MODULES.fetch.PARALLEL_REQUESTS


def test_when_no_client_at_all_may_be_read_the_sync_fails() -> None:
    with only(*TABLES) as (h, _):
        for client in clients(h):
            h.box.faults.add("status", rf"/{client}/searchAds360", **DENIED)
        with pytest.raises(SyncFailed, match="client account"):
            h.sync()
        assert all(sum(client in line for line in h.fivetran.warnings) == 1 for client in clients(h))
        assert differing(h, "customer_clients") == []


REFUSALS: list[dict[str, Any]] = [
    {"status": 403},
    {"status": 400, "body": refusal("queryError.QUERY_ERROR")},
    {"status": 404, "body": refusal("requestError.RESOURCE_NOT_FOUND", status=404, general="NOT_FOUND")},
]


@pytest.mark.parametrize("refused", REFUSALS)
def test_when_every_question_about_every_client_is_refused_the_sync_fails(refused: dict[str, Any]) -> None:
    with only(*TABLES) as (h, _):
        for client in clients(h):
            h.box.faults.add("status", rf"/{client}/searchAds360", **refused)
        with pytest.raises(SyncFailed, match="client account"):
            h.sync()
        for client in clients(h):
            assert any(f"account {client} is left out: every question" in line for line in h.fivetran.warnings)


@pytest.mark.parametrize("refused", REFUSALS)
def test_a_client_of_which_every_question_is_refused_is_left_out_as_such(refused: dict[str, Any]) -> None:
    with only(*TABLES) as (h, _):
        denied, _ = clients(h)
        h.box.faults.add("status", rf"/{denied}/searchAds360", **refused)
        h.sync()
        assert sum(f"account {denied} is left out: every question" in line for line in h.fivetran.warnings) == 1
        assert not any("the signed-in user may not read it" in line for line in h.fivetran.warnings)
        assert differing(h, *TABLES, of=of_other(denied)) == []


def test_a_table_that_may_not_be_read_is_left_out_by_name_with_its_accounts() -> None:
    with only(*TABLES) as (h, _):
        h.source.forbidden.add("Asset")
        h.sync()
        about = [line for line in h.fivetran.warnings if line.startswith("assets is left out")]
        assert len(about) == 1
        assert all(client in about[0] for client in clients(h))
        assert differing(h, *(name for name in TABLES if name != "assets")) == []


def test_a_login_account_that_may_not_be_read_is_the_settings_business() -> None:
    with only("campaigns") as (h, _):
        h.box.faults.add("status", f"/{h.source.world.top.id}/searchAds360", **DENIED)
        with pytest.raises(SettingProblem, match=f'"login_customer_id".*{h.source.world.top.id}'):
            h.sync()


def test_a_manager_that_may_not_be_read_leaves_its_own_clients_to_the_one_above() -> None:
    """The top lists the whole tree: what a manager below it would add is missing, and that is said."""
    with only("campaigns") as (h, _):
        manager = managers(h)[1]
        h.box.faults.add("status", f"/{manager}/searchAds360:search FROM customer_client", **DENIED)
        h.sync()
        assert sum(f"manager account {manager}" in line for line in h.fivetran.warnings) == 1
        assert differing(h, "campaigns") == []


@pytest.mark.parametrize("status", [503, 429])
def test_a_manager_that_cannot_be_read_this_time_is_named_and_the_rest_goes_on(status: int) -> None:
    with only(*TABLES) as (h, _):
        manager = managers(h)[1]
        quota = {"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": "7200s"}}
        body = refusal("quotaError.RESOURCE_EXHAUSTED", status=status, general="RESOURCE_EXHAUSTED", details=quota)
        h.box.faults.add("status", f"/{manager}/searchAds360:search FROM customer_client", status=status, body=body)
        with pytest.raises(SyncFailed, match=f"what is below account {manager}") as raised:
            h.sync()
        assert "base_url" not in str(raised.value)
        assert differing(h, *TABLES[:3]) == []
        h.box.faults.clear()
        h.sync()
        assert differing(h, "customer_clients", *TABLES) == []


def test_custom_columns_come_from_all_managers_above_though_each_lists_only_its_own() -> None:
    with only("campaign_custom_column_values") as (h, wire):

        def nearest(request: Request, reply: Reply) -> None:
            if "FROM customer_client" in request.spot and reply.status == 200:
                told = json.loads(reply.encoded())
                told["results"] = [row for row in told["results"] if int(row["customerClient"].get("level", 0)) <= 1]
                told["totalResultsCount"] = str(len(told["results"]))
                replaced(reply, told)

        wire.told = nearest
        h.sync()
        assert differing(h, "campaign_custom_column_values") == []


def test_an_unknown_time_zone_of_a_client_that_is_not_wanted_is_nobodys_business() -> None:
    with only("campaigns") as (h, _):
        wanted, odd = clients(h)
        set_of_client(h, odd, "timeZone", None)
        h.configuration["customer_ids"] = wanted
        h.sync()
        assert not h.fivetran.warnings
        h.configuration["customer_ids"] = odd
        with pytest.raises(SyncFailed, match=f"account {odd}: it tells no time zone that is known"):
            h.sync()
        assert not h.fivetran.warnings


def test_a_manager_in_an_unknown_time_zone_is_read_all_the_same() -> None:
    with only(*TABLES) as (h, _):
        set_of_client(h, managers(h)[1], "timeZone", None)
        h.sync()
        assert differing(h, *TABLES) == []


def test_a_client_that_moves_to_another_manager_keeps_its_rows_and_gets_the_other_custom_columns() -> None:
    with only(*TABLES) as (h, _):
        h.sync()
        client = clients(h)[0]
        before = {key for name in TABLES for key in warehouse(h, name)}
        old, new = _move(h, client)
        h.sync()
        listings = warehouse(h, "customer_clients")
        assert (old, listed(h, old, client)) not in listings
        assert (new, listed(h, new, client)) in listings
        assert before <= {key for name in TABLES for key in warehouse(h, name)}
        theirs = {str(one["id"]) for one in h.source.records("CustomColumn", new) if one["queryable"]}
        values = [row for row in h.rows("campaign_custom_column_values") if row["customer_id"] == client]
        assert theirs
        assert theirs <= {row["custom_column_id"] for row in values}
        assert differing(h, "campaign_custom_column_values", of=lambda row: row["custom_column_id"] in theirs) == []
        assert differing(h, *(name for name in TABLES if "custom" not in name)) == []


def _move(h: Harness, client: str) -> tuple[str, str]:
    """Puts a client below the other manager; returns the one that it had and the one that it has."""
    world = h.source.world
    old = world.by_id[client].parent
    new = next(one for one in managers(h) if one not in {old, world.top.id})
    h.source.world = replace(world, customers=tuple(replace(one, parent=new) if one.id == client else one for one in world.customers))
    _, record = h.source.copy_of("CustomerClient", listed(h, old, client))
    h.source.remove("CustomerClient", old, listed(h, old, client))
    h.source.put("CustomerClient", new, record | {"resourceName": listed(h, new, client)})
    return old, new


def test_a_client_that_is_new_is_read_from_its_first_day_on() -> None:
    with only(*TABLES) as (h, _):
        new = clients(h)[1]
        hidden = {}
        for manager in managers(h):
            if h.source.find("CustomerClient", listed(h, manager, new)):
                hidden[manager] = h.source.copy_of("CustomerClient", listed(h, manager, new))[1]
                h.source.remove("CustomerClient", manager, listed(h, manager, new))
        h.sync()
        assert asked_accounts(h) == {clients(h)[0]}
        for manager, record in hidden.items():
            h.source.put("CustomerClient", manager, record)
        h.clock.pass_days(4)
        h.sync()
        assert differing(h, "customer_clients", *TABLES) == []


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", None])
def test_an_account_in_an_unknown_time_zone_is_said_and_the_others_are_complete(zone: str | None) -> None:
    """Its days cannot be told: it would be wrong to take those of another zone."""
    with only(*TABLES) as (h, _):
        odd = clients(h)[0]
        set_of_client(h, odd, "timeZone", zone)
        with pytest.raises(SyncFailed, match=f"account {odd}.*time zone"):
            h.sync()
        assert asked_accounts(h) == {clients(h)[1]}
        assert differing(h, *TABLES, of=of_other(odd)) == []
        set_of_client(h, odd, "timeZone", "America/New_York")
        h.sync()
        assert differing(h, *TABLES) == []
