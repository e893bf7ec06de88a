from __future__ import annotations

import json
import re
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox.everyaction.access import API_KEY
from sandbox.messages import Reply
from sandbox.server import STAND_INS, read_request, running
from tests.sandbox.everyaction.asking import Clock, Site, basic


def said(reply: Reply) -> tuple[int, str, str]:
    (error,) = reply.payload["errors"]
    return reply.status, error["code"], error["text"]


@pytest.fixture
def site() -> Site:
    return Site(rows=60)


def test_who_may_ask(site: Site) -> None:
    assert site.ask("GET", "/apiKeyProfiles").status == 200
    site.headers = basic(f"{API_KEY.upper()}|1", "anything")
    assert site.ask("GET", "/apiKeyProfiles").status == 200
    for headers in ({}, basic("x|1"), basic(f"{API_KEY}|1", ""), {"Authorization": "Bearer x"}, {"Authorization": "Basic %%%"}):
        site.headers = headers
        assert said(site.ask("GET", "/apiKeyProfiles"))[:2] == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("password", [API_KEY, f"{API_KEY}|0", f"{API_KEY}|", f"{API_KEY}|x"])
def test_the_database_mode(site: Site, password: str) -> None:
    site.headers = basic(password)
    assert said(site.ask("GET", "/people/1")) == (401, "UNAUTHORIZED", "Invalid Database Mode")


def test_what_is_forbidden_is_so_before_an_id_is_looked_up(site: Site) -> None:
    site.source.forbidden = {"Person", "Event"}
    for path in ("/people/7", "/people", "/people/7/notes", "/events"):
        assert said(site.ask("GET", path)) == (403, "FORBIDDEN", "Access to this action is restricted")
    assert site.ask("GET", "/codes").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/codes/resultCodes", "/codes/contactTypes", "/codes/inputTypes", "/codes/supporterGroups", "/people/quickSearch", "/notes",
        "/changedEntityExportJobs", "/changedEntityExportJobs/7/downloadUrl",
        "/changedEntityExportJobs/7/status",
        "/changedEntityExportJobs/7/cancel", "/exportJobs", "/bulkImportJobs", "/targets/1/people", "/people/1/stories",
        "/people/1/scores",
        "/people/1/customFields", "/stories", "/Party", "/people/self", "/commitments", "/users", "/committees", "/feedback",
        "/attributions",
        "/bankAccounts", "/email/messages/abc", "/people/x",
    ],
)  # fmt: skip
def test_what_looks_real_but_is_not(site: Site, path: str) -> None:
    reply = site.ask("GET", path)
    assert reply.status == 404
    assert reply.content_type == "text/html; charset=utf-8"


def test_paths_that_lead_nowhere(site: Site) -> None:
    assert site.ask("GET", "/codes", name="x" * 2000).status == 200
    assert site.ask("GET", "/codes", name="x" * 2100).content_type == "text/html; charset=utf-8"
    assert site.ask("GET", "/codes/<b>").status == 302
    assert site.ask("DELETE", "/codes").status == 404
    assert said(site.ask("GET", "/people/-5"))[:2] == (500, "INTERNAL_SERVER_ERROR")


def test_parameters_that_are_added_to_a_link_again_make_it_too_long() -> None:
    site = Site(rows=300)
    again = urlencode({"$expand": "supportedEntities", "codeType": "Tag", "$top": 1})
    target, seen = f"/v4/codes?{again}", set()

    def ask() -> Reply:
        return site.box.answer(read_request("GET", target, b"", site.headers, site.clock()))

    while (reply := ask()).status == 200:
        (row,) = reply.payload["items"]
        seen.add(row["codeId"])
        target = reply.payload["nextPageLink"].partition(f"//{site.headers['Host']}")[2] + f"&{again}"
    assert (reply.status, reply.content_type) == (404, "text/html; charset=utf-8")
    assert len(target.partition("?")[2]) > 2048
    assert len(seen) > 5


def test_the_limit_is_told_by_a_text_alone() -> None:
    site = Site(rows=20, rate_limit=3)
    site.clock.seconds += 0.25
    assert [site.ask("GET", "/codes").status for _ in range(3)] == [200] * 3
    refused = site.ask("GET", "/codes")
    status, code, text = said(refused)
    assert (status, code) == (429, "429")
    match = re.search(r"Try again in (\d+) ms\.$", text)
    assert match
    assert "Retry-After" not in refused.headers
    site.clock.seconds += int(match[1]) / 1000
    assert site.ask("GET", "/codes").status == 200


def test_served_over_a_socket() -> None:
    assert "everyaction" in STAND_INS
    with running("everyaction", rows=30, clock=Clock()) as box:
        parts = urlsplit(box.configuration["base_url"])
        headers = basic(box.configuration["password"]) | {"Content-Type": "application/json"}
        del headers["Host"]
        connection = HTTPConnection(str(parts.hostname), parts.port)
        body = json.dumps({"resourceType": "Contacts", "dateChangedFrom": "2026-09-01T00:00:00Z"})
        connection.request("POST", f"{parts.path}/changedEntityExportJobs", body, headers)
        job = json.loads(connection.getresponse().read())
        connection.request("GET", f"{parts.path}/changedEntityExportJobs/{job['exportJobId']}", headers=headers)
        link = json.loads(connection.getresponse().read())["files"][0]["downloadUrl"]
        assert link.startswith(box.url + "/exports/")
        connection.request("GET", link.removeprefix(box.url))
        assert connection.getresponse().read().startswith(b"\xef\xbb\xbfVanID,")
        connection.close()
