from __future__ import annotations

import json
import time

import pytest

from sandbox.sa360.pages import TOKEN_SECONDS
from tests.sandbox.sa360.asking import Row, Site, code_of

ASSETS = "SELECT asset.id, asset.name FROM asset"
DAYS = "segments.date BETWEEN '2026-11-01' AND '2026-11-14'"
REPORT = f"SELECT ad_group.id, segments.date, segments.device, metrics.clicks, metrics.impressions FROM ad_group WHERE {DAYS}"


def names(rows: list[Row]) -> list[str]:
    return [row["asset"]["resourceName"] for row in rows]


def test_pages_are_the_list_in_parts() -> None:
    site = Site()
    whole = site.payload(ASSETS, returnTotalResultsCount=True)
    assert "nextPageToken" not in whole
    assert whole["totalResultsCount"] == str(len(whole["results"]))
    ids = [int(row["asset"]["id"]) for row in whole["results"]]
    assert ids == sorted(ids)
    for size in (1, 7, len(ids) - 1, len(ids)):
        pages = list(site.pages(ASSETS, pageSize=size))
        assert [row for page in pages for row in page] == whole["results"]
        assert len(pages) == -(-len(ids) // size)


def test_the_size_may_change_from_page_to_page_and_the_total_stays() -> None:
    site = Site()
    everything = names(site.rows_of(ASSETS))
    first = site.payload(ASSETS, pageSize=3, returnTotalResultsCount=True)
    second = site.payload(ASSETS, page_size="5", page_token=first["nextPageToken"], return_total_results_count=True)
    assert names([*first["results"], *second["results"]]) == everything[:8]
    assert first["totalResultsCount"] == second["totalResultsCount"] == str(len(everything))


@pytest.mark.parametrize("order", ["asset.name DESC", "asset.name, asset.id DESC", "asset.type DESC, asset.name", "asset.id DESC"])
def test_pages_of_a_list_in_another_order(order: str) -> None:
    site = Site()
    query = f"SELECT asset.id, asset.name, asset.type FROM asset ORDER BY {order}"
    whole = site.rows_of(query)
    assert whole != site.rows_of("SELECT asset.id, asset.name, asset.type FROM asset")
    assert sorted(names(whole)) == names(site.rows_of(ASSETS))
    assert site.rows_of(query, pageSize=4) == whole


def test_a_limit_holds_across_pages_and_the_total_ignores_it() -> None:
    site = Site()
    everything = names(site.rows_of(ASSETS))
    first = site.payload(f"{ASSETS} LIMIT 5", pageSize=3, returnTotalResultsCount=True)
    assert first["totalResultsCount"] == str(len(everything))
    assert [len(page) for page in site.pages(f"{ASSETS} LIMIT 5", pageSize=3)] == [3, 2]
    assert names(site.rows_of(f"{ASSETS} LIMIT 6", pageSize=3)) == everything[:6]


def test_what_is_deleted_between_two_pages_hides_nobody() -> None:
    site = Site()
    everything = names(site.rows_of(ASSETS))
    first = site.payload(ASSETS, pageSize=4)
    for name in (everything[0], everything[3], everything[6]):  # one served, the one that the token names, and one to come
        site.source.change("delete", entity="Asset", id=name)
    rest = names(site.payload(ASSETS, pageToken=first["nextPageToken"])["results"])
    assert rest == [name for name in everything[4:] if name != everything[6]]


def test_reports_come_in_pages_as_well() -> None:
    site = Site()
    whole = site.rows_of(REPORT)
    assert len(whole) > 20
    assert site.rows_of(REPORT, pageSize=7) == whole
    streamed = [row for chunk in site.stream(REPORT) for row in chunk["results"]]
    assert sorted(map(str, streamed)) == sorted(map(str, whole))


# --- tokens --------------------------------------------------------------------------------------------------------


def test_a_token_belongs_to_one_query_of_one_account() -> None:
    site = Site()
    token = site.payload(ASSETS, pageSize=2)["nextPageToken"]
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    invalid = {"requestError": "INVALID_PAGE_TOKEN"}
    assert code_of(site.search(f"{ASSETS} LIMIT 100", pageToken=token)) == invalid
    assert code_of(site.search(ASSETS, site.other, pageToken=token)) == invalid
    for garbage in ("nonsense", token[:-5], "W10", "bnVsbA", "é", "WzEsMl0"):
        assert code_of(site.search(ASSETS, pageToken=garbage)) == invalid


def test_a_token_lives_two_hours() -> None:
    site = Site()
    token = site.payload(ASSETS, pageSize=2)["nextPageToken"]
    site.clock.seconds += TOKEN_SECONDS
    site.access_token = site.signed_in().payload["access_token"]
    assert site.search(ASSETS, pageToken=token).status == 200
    site.clock.seconds += 1
    assert code_of(site.search(ASSETS, pageToken=token)) == {"requestError": "EXPIRED_PAGE_TOKEN"}


def test_what_may_not_change_between_pages() -> None:
    site = Site()
    token = site.payload(ASSETS, pageSize=2)["nextPageToken"]
    total = site.search(ASSETS, pageToken=token, returnTotalResultsCount=True)
    assert code_of(total) == {"requestError": "TOTAL_RESULTS_COUNT_NOT_ORIGINALLY_REQUESTED"}
    token = site.payload(REPORT, pageSize=2)["nextPageToken"]
    summary = site.search(REPORT, pageToken=token, summaryRowSetting="SUMMARY_ROW_WITH_RESULTS")
    assert code_of(summary) == {"requestError": "INCONSISTENT_RETURN_SUMMARY_ROW_VALUE"}
    both = site.search(ASSETS, pageToken="x", validateOnly=True)
    assert code_of(both) == {"requestError": "VALIDATE_ONLY_REQUEST_HAS_PAGE_TOKEN"}


@pytest.mark.parametrize("size", [10_001, -1, "50000"])
def test_page_sizes_that_there_are_not(size: object) -> None:
    reply = Site().search(ASSETS, pageSize=size)
    assert code_of(reply) == {"requestError": "INVALID_PAGE_SIZE"}


def test_no_size_and_zero_are_ten_thousand() -> None:
    site = Site()
    assert site.payload(ASSETS, pageSize=0) == site.payload(ASSETS, pageSize=10_000) == site.payload(ASSETS)


def test_many_pages_take_no_quadratic_time() -> None:
    site = Site(rows=20_000)
    began = time.monotonic()
    rows = site.rows_of("SELECT asset.id FROM asset", pageSize=50)
    assert len(rows) > 500
    assert time.monotonic() - began < 10


# --- summary rows --------------------------------------------------------------------------------------------------


def test_the_summary_row_comes_alone_behind_all_rows() -> None:
    site = Site()
    pages: list[Row] = []
    token = ""
    while not pages or token:
        more = {"pageToken": token} if token else {}
        pages.append(site.payload(REPORT, pageSize=1000, summaryRowSetting="SUMMARY_ROW_WITH_RESULTS", **more))
        token = pages[-1].get("nextPageToken", "")
    *others, last = pages
    assert last.keys() == {"summaryRow", "fieldMask"}
    rows = [row for page in others for row in page["results"]]
    sums = {name: str(sum(int(row["metrics"][name]) for row in rows)) for name in ("clicks", "impressions")}
    assert last["summaryRow"] == {"metrics": sums}
    assert site.payload(REPORT, summaryRowSetting="SUMMARY_ROW_ONLY") == last
    *chunks, end = site.stream(REPORT, summaryRowSetting="SUMMARY_ROW_WITH_RESULTS")
    assert [row for chunk in chunks for row in chunk["results"]]
    assert end["summaryRow"] == last["summaryRow"]
    assert "results" not in end


def test_summary_rows_that_there_are_not() -> None:
    site = Site()
    asked = {"summaryRowSetting": "SUMMARY_ROW_WITH_RESULTS"}
    code = "CANNOT_RETURN_SUMMARY_ROW_FOR_REQUEST_WITHOUT_METRICS"
    assert code_of(site.search(ASSETS, **asked)) == {"requestError": code}
    code = "CANNOT_RETURN_SUMMARY_ROW_FOR_VALIDATE_ONLY_REQUESTS"
    assert code_of(site.search(REPORT, validateOnly=True, **asked)) == {"requestError": code}


# --- streams -------------------------------------------------------------------------------------------------------


def test_a_stream_is_an_array_of_chunks() -> None:
    site = Site()
    path = f"/v0/customers/{site.client}/searchAds360:searchStream"
    reply = site.ask("POST", path, {"query": REPORT, "batchSize": 10})
    assert reply.stream is not None
    raw = reply.encoded()
    assert raw.startswith(b'[{"results":[')
    assert b"\n,{" in raw
    chunks = json.loads(raw)
    assert [len(chunk["results"]) for chunk in chunks[:-1]] == [10] * (len(chunks) - 1)
    assert {chunk["requestId"] for chunk in chunks} == {reply.headers["request-id"]}
    assert {chunk["fieldMask"] for chunk in chunks} == {
        "adGroup.id,segments.date,segments.device,metrics.clicks,metrics.impressions"
    }  # fmt: skip
    (whole,) = site.stream(REPORT)
    assert whole["results"] == [row for chunk in chunks for row in chunk["results"]]


def test_an_empty_stream_is_one_chunk_and_an_empty_page_has_no_results() -> None:
    site = Site()
    nothing = "SELECT campaign.id FROM campaign WHERE campaign.id = 1"
    (chunk,) = site.stream(nothing)
    assert chunk.keys() == {"fieldMask", "requestId"}
    assert site.payload(nothing) == {"fieldMask": "campaign.id"}


def test_a_stream_is_made_while_it_is_read() -> None:
    site = Site()
    reply = site.ask("POST", f"/v0/customers/{site.client}/searchAds360:searchStream", {"query": REPORT, "batchSize": 1})
    assert reply.stream is not None
    first = json.loads(next(reply.stream)[1:])
    site.source.zeroed |= {(key, day) for key in _keys(site) for day in range(739_000, 741_000)}
    site.source.facts_stamp += 1
    assert first["results"]
    assert len(list(reply.stream)) < 20


def _keys(site: Site) -> list[int]:
    return [key for row in site.source.rows(site.client, "ad_group") for key, _ in row["_parts"]]


@pytest.mark.parametrize("body", [{"pageToken": "x"}, {"pageSize": 5}, {"validateOnly": True}])
def test_a_stream_knows_no_pages(body: Row) -> None:
    (error,) = Site().stream(ASSETS, **body)
    assert (error["error"]["code"], error["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "Unknown name" in error["error"]["message"]


def test_an_error_of_a_stream_is_an_array_of_one() -> None:
    site = Site()
    reply = site.ask("POST", f"/v0/customers/{site.client}/searchAds360:searchStream", {"query": "SELECT nothing"})
    assert reply.status == 400
    assert [each.keys() for each in json.loads(reply.encoded())] == [{"error"}]
