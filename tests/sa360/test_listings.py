"""Listings: what is new, what is changed and what is gone, and whether a listing is to be believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common.failures import SyncFailed
from common.state import ADVICE
from sandbox.messages import Reply, Request
from tests.contract.harness import Harness
from tests.sa360.only import MODULES, asked, clients, differing, only, refusal, replaced, warehouse

fetch, reading = MODULES.fetch, MODULES.reading
LIST = r"FROM asset$"
RANGES = r"FROM asset WHERE BETWEEN$"
BY_NAME = r"FROM asset WHERE IN$"


def ids(h: Harness, customer: str) -> list[str]:
    """The names of a client's assets, ascending."""
    return [record["resourceName"] for record in h.source.records("Asset", customer)]


def named(h: Harness) -> set[str]:
    """The names of the assets that the warehouse has."""
    return {row["resource_name"] for row in h.rows("assets")}


def small_pages(monkeypatch: pytest.MonkeyPatch, *sizes: int) -> None:
    monkeypatch.setattr(fetch, "PAGE_SIZES", list(sizes or (10, 5, 1)))


def questions(h: Harness, kind: str = "") -> list[Request]:
    """The questions of the last sync about assets."""
    return [one for one in h.box.requests if one.spot.endswith(f"FROM asset{kind}")]


# --- New, changed, gone ---


def test_what_is_new_changed_and_deleted_arrives_and_nothing_else_is_written() -> None:
    with only("assets", rows=200) as (h, _):
        h.sync()
        new, gone = h.source.change("insert", entity="Asset")["id"], h.source.change("delete", entity="Asset")["id"]
        changed = h.source.change("edit", entity="Asset")["id"]
        h.sync()
        assert differing(h, "assets") == []
        assert new in named(h)
        assert gone not in named(h)
        assert h.fivetran.kinds["delete"] == (gone != changed)
        assert h.fivetran.touched["assets"] < 20


def test_a_removed_record_stays_with_its_status() -> None:
    with only("campaigns") as (h, _):
        h.sync()
        gone = h.source.change("remove", entity="Campaign")["id"]
        h.sync()
        assert {row["status"] for row in h.rows("campaigns") if row["resource_name"] == gone} == {"REMOVED"}
        assert h.fivetran.kinds["delete"] == 0


def test_an_empty_listing_is_one() -> None:
    with only("asset_sets", "user_lists") as (h, _):
        h.sync()
        assert differing(h, "asset_sets", "user_lists") == []


# --- Deletes ---


def test_a_row_that_a_listing_lacks_is_asked_for_by_name_before_it_is_deleted() -> None:
    with only("assets") as (h, _):
        h.sync()
        lacking = ids(h, clients(h)[0])[:3]
        h.box.faults.add("hide", LIST, ids=lacking)
        deleted = h.source.change("delete", entity="Asset", number=ids(h, clients(h)[1])[0])["id"]
        h.sync()
        assert set(lacking) <= named(h)
        assert deleted not in named(h)
        assert len(questions(h, " WHERE IN")) == 2
        assert h.fivetran.kinds["delete"] == 1
        h.sync()  # what stayed is still known, so that it can go later
        h.box.faults.clear()
        h.source.change("delete", entity="Asset", number=lacking[0])
        h.sync()
        assert differing(h, "assets") == []


def test_when_names_may_not_be_asked_for_a_second_listing_decides() -> None:
    with only("assets") as (h, _):
        h.sync()
        lacking = ids(h, clients(h)[0])[:3]
        h.box.faults.add("hide", LIST, ids=lacking, times=1)
        h.box.faults.add("status", BY_NAME, status=400, body=refusal("queryError.PROHIBITED_FIELD_IN_WHERE_CLAUSE"))
        gone = ids(h, clients(h)[1])[0]
        h.source.change("delete", entity="Asset", number=gone)
        h.sync()
        assert set(lacking) <= named(h)
        assert gone not in named(h)
        assert differing(h, "assets") == []
        assert not h.rows("errors")


def test_when_it_cannot_be_told_whether_they_are_gone_nothing_is_deleted() -> None:
    with only("assets") as (h, _):
        h.sync()
        gone = h.source.change("delete", entity="Asset")["id"]
        h.box.faults.add("status", BY_NAME, status=503)
        with pytest.raises(SyncFailed, match="assets of account"):
            h.sync()
        assert gone in named(h)
        h.box.faults.clear()
        h.sync()
        assert differing(h, "assets") == []


def test_many_missing_rows_are_doubted_and_warned_of() -> None:
    with only("assets", rows=200) as (h, _):
        h.sync()
        client = clients(h)[0]
        before = warehouse(h, "assets")
        h.box.faults.add("hide", r"FROM asset", ids=ids(h, client)[:30])
        h.sync()
        assert sum(f"assets of account {client}: 30 of 100 rows are no longer listed" in line for line in h.fivetran.warnings) == 1
        assert all(ADVICE in line for line in h.fivetran.warnings if "no longer listed" in line)
        assert warehouse(h, "assets") == before
        assert not questions(h, " WHERE IN")
        h.box.faults.clear()
        h.source.change("delete", entity="Asset", number=ids(h, client)[0])
        h.sync()
        assert differing(h, "assets") == []


def test_as_many_as_may_be_deleted_at_once_are() -> None:
    with only("assets", rows=60) as (h, _):
        h.sync()
        for name in ids(h, clients(h)[0])[:20]:
            h.source.change("delete", entity="Asset", number=name)
        h.sync()
        assert h.fivetran.kinds["delete"] == 20
        assert not h.fivetran.warnings
        assert differing(h, "assets") == []


def test_custom_columns_that_are_gone_are_deleted_after_a_second_look() -> None:
    with only() as (h, _):
        h.sync()
        top = h.source.world.top.id
        assert differing(h, "custom_columns") == []
        gone = next(h.source.records("CustomColumn", top))["resourceName"]
        h.source.remove("CustomColumn", top, gone)
        h.sync()
        assert (top, gone) not in warehouse(h, "custom_columns")
        assert differing(h, "custom_columns") == []


# --- Pages ---


def test_a_listing_of_many_pages_arrives_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)
    with only("assets") as (h, _):
        h.sync()
        assert len(questions(h)) == 6
        assert differing(h, "assets") == []


def test_a_token_that_has_expired_restarts_the_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)
    with only("assets") as (h, _):
        expired = refusal("requestError.EXPIRED_PAGE_TOKEN")
        fault = h.box.faults.add("status", LIST, status=400, times=2, body=expired, when=lambda request: "pageToken" in request.body)
        h.sync()
        assert fault.struck == 2
        assert sum("pageToken" not in one.body for one in questions(h)) == len(clients(h)) + 2
        assert differing(h, "assets") == []
        assert not h.rows("errors")


def test_a_total_that_never_adds_up_leaves_the_table_as_it_was() -> None:
    with only("assets", "user_lists") as (h, _):
        h.sync()
        before = warehouse(h, "assets")
        h.source.change("delete", entity="Asset")
        h.box.faults.add("set_value", LIST, key="totalResultsCount", value="31")
        with pytest.raises(SyncFailed, match="do not add up"):
            h.sync()
        assert warehouse(h, "assets") == before
        assert differing(h, "user_lists") == []


def test_a_total_that_does_not_add_up_for_once_is_asked_for_again() -> None:
    with only("assets") as (h, _):
        h.box.faults.add("set_value", LIST, key="totalResultsCount", value="31", times=1)
        h.sync()
        assert differing(h, "assets") == []


def test_a_page_that_is_repeated_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)
    with only("assets") as (h, _):
        h.box.faults.add("page_before", LIST, times=2)
        h.sync()
        assert differing(h, "assets") == []
    with only("assets") as (h, _):
        h.box.faults.add("repeat_page", LIST, when=lambda request: clients(h)[0] in request.path)
        with pytest.raises(SyncFailed, match=f"assets of account {clients(h)[0]}"):
            h.sync()
        assert differing(h, "assets", of=lambda row: row["customer_id"] == clients(h)[1]) == []


@pytest.mark.parametrize("how", ["the same token", "no rows"])
def test_a_page_that_leads_nowhere_ends_the_listing_and_not_never(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)
    with only("assets") as (h, wire):

        def stuck(request: Request, reply: Reply) -> None:
            if request.spot.endswith("FROM asset") and "pageToken" in request.body:
                payload = dict(reply.payload)
                payload["nextPageToken"] = request.body["pageToken"] if how == "the same token" else f"{len(h.box.requests)}"
                if how == "no rows":
                    payload.pop("results", None)
                replaced(reply, payload)

        wire.told = stuck
        with pytest.raises(SyncFailed, match=r"leads nowhere|repeats"):
            h.sync()
        assert not h.rows("assets")
        assert len(questions(h)) <= 2 * 2 * reading.PASSES * 2


def test_a_page_that_fails_is_asked_for_in_smaller_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch, 20, 10, 5)
    with only("assets") as (h, _):
        h.box.faults.add("status", LIST, status=504, min_take=5)
        h.sync()
        assert differing(h, "assets") == []
        assert 5 in {one.body["pageSize"] for one in questions(h)}


def test_a_listing_with_more_rows_than_are_held_is_read_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "HELD_ROWS", 10)
    with only("assets", "customer_clients") as (h, _):
        h.sync()
        assert len(questions(h)) == 2 * len(clients(h))
        assert differing(h, "assets") == []
        h.source.change("edit", entity="Asset")
        h.sync()
        assert differing(h, "assets") == []
        h.sync()
        assert len(questions(h)) == len(clients(h))


# --- Rows that cannot be read ---


def poison(h: Harness, names: list[str]) -> None:
    h.box.faults.add("poison", r"FROM asset", entity="Asset", ids=names)


def test_rows_that_cannot_be_read_are_found_with_a_bounded_number_of_questions() -> None:
    with only("assets") as (h, _):
        h.sync()
        before = len(h.rows("assets"))
        client = clients(h)[0]
        bad = [ids(h, client)[4], ids(h, client)[17]]
        poison(h, bad)
        h.source.change("edit", entity="Asset", number=ids(h, client)[9])
        h.sync()
        # each of them is found by halving 63 bits, both halves of which are asked for; the last step is tried several times
        assert len(questions(h, " WHERE BETWEEN")) <= 2 * (2 * 64 + reading.ALONE_ATTEMPTS) + 2
        filed = h.open_errors()
        assert {one["record"].split("/", 1)[1] for one in filed} == set(bad)
        assert {str(one["skip"]) for one in filed} == {name.rsplit("/", 1)[1] for name in bad}
        assert {one["status"] for one in filed} == {500}
        assert all("BETWEEN" in json.loads(one["payload"])["query"] for one in filed)
        assert differing(h, "assets", of=lambda row: row["resource_name"] not in bad) == []
        assert len(h.rows("assets")) == before  # one that cannot be read may be there: it is not deleted
        h.box.faults.clear()
        h.sync()
        assert not h.open_errors()
        assert differing(h, "assets") == []


def test_rows_that_could_never_be_read_do_not_keep_the_others_back() -> None:
    with only("assets") as (h, _):
        bad = [ids(h, clients(h)[1])[0]]
        poison(h, bad)
        h.sync()
        assert differing(h, "assets", of=lambda row: row["resource_name"] not in bad) == []
        assert len(h.open_errors()) == 1


def test_links_are_read_in_ranges_of_what_they_belong_to() -> None:
    """A link has no id of its own: with one that cannot be read those of the same campaign are missing, and no others."""
    with only("campaign_labels") as (h, _):
        bad = next(h.source.records("CampaignLabel", clients(h)[0]))
        h.box.faults.add("poison", "FROM campaign_label", entity="CampaignLabel", ids=[bad["resourceName"]])
        h.sync()
        campaign = bad["campaign"].rsplit("/", 1)[1]
        assert [one["record"] for one in h.open_errors()] == [f"{clients(h)[0]}/campaign.id {campaign}"]
        assert differing(h, "campaign_labels", of=lambda row: row["campaign_id"] != campaign) == []
        h.box.faults.clear()
        h.sync()
        assert not h.open_errors()
        assert differing(h, "campaign_labels") == []


def test_an_outage_is_no_row_that_cannot_be_read() -> None:
    with only("assets", "user_lists") as (h, _):
        h.sync()
        before = warehouse(h, "assets")
        h.box.faults.add("status", r"FROM asset", status=503)
        with pytest.raises(SyncFailed, match="assets of account"):
            h.sync()
        assert len(questions(h, " WHERE BETWEEN")) == len(clients(h))
        assert not h.rows("errors")
        assert warehouse(h, "assets") == before


def test_so_many_rows_that_cannot_be_read_are_an_outage() -> None:
    with only("assets") as (h, _):
        client = clients(h)[0]
        poison(h, ids(h, client)[: reading.MOST_UNREADABLE + 1])
        with pytest.raises(SyncFailed, match=f"assets of account {client}"):
            h.sync()
        assert not h.rows("errors")
        assert differing(h, "assets", of=lambda row: row["customer_id"] != client) == []


def test_a_row_without_a_name_is_filed_and_nobody_is_deleted_for_it() -> None:
    with only("assets") as (h, wire):
        h.sync()
        before = warehouse(h, "assets")

        def nameless(request: Request, reply: Reply) -> None:
            if request.spot.endswith("FROM asset") and clients(h)[0] in request.path:
                rows = [dict(row) for row in reply.payload["results"]]
                rows[0] = {"asset": {key: value for key, value in rows[0]["asset"].items() if key != "resourceName"}}
                replaced(reply, reply.payload | {"results": rows})

        wire.told = nameless
        h.sync()
        assert warehouse(h, "assets") == before
        assert [one["message"] for one in h.open_errors()] == ["the row comes without its key"]
        wire.told = lambda request, reply: None
        h.sync()
        assert not h.open_errors()


def test_a_cell_that_does_not_convert_is_filed_and_resolved() -> None:
    with only("campaigns") as (h, _):
        name = asked_name(h)
        h.source.set_value("Campaign", name, "startDate", "some day")
        h.sync()
        found = h.open_errors()
        assert [(one["table_name"], one["column_name"]) for one in found] == [("campaigns", "start_date")]
        assert found[0]["record"].endswith(name)
        h.source.set_value("Campaign", name, "startDate", "2026-01-31")
        h.sync()
        assert not h.open_errors()
        assert differing(h, "campaigns") == []


def asked_name(h: Harness) -> str:
    record: dict[str, Any] = next(h.source.records("Campaign", clients(h)[0]))
    return str(record["resourceName"])


def test_each_account_has_its_own_copy_of_what_a_manager_owns() -> None:
    with only("labels", "conversion_actions", "bidding_strategies") as (h, _):
        h.sync()
        assert differing(h, "labels", "conversion_actions", "bidding_strategies") == []
        assert len(asked(h, "label", verb="search")) == len(clients(h)) + len(h.source.managers())
