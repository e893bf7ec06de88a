from __future__ import annotations

import pytest

from sandbox.ongage.access import API_KEY, LOGIN
from tests.sandbox.ongage.asking import CLASHING, FORBIDDEN, MAIN, SMALL, SUPPRESSION, Site, searched


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {name: LOGIN[name] for name in ("x_username", "x_password")},
        LOGIN | {"x_password": "wrong"},
        {name.replace("_", "-"): value for name, value in LOGIN.items()},
    ],
)
def test_a_bad_login_is_told_by_the_names_of_the_headers(headers: dict[str, str]) -> None:
    reply = Site(headers=headers).ask("GET", "/api/lists")
    assert (reply.status, reply.payload["metadata"], reply.payload["payload"]["errors"]) == (401, {"error": True}, [])
    assert all(name in reply.payload["payload"]["message"] for name in LOGIN)


def test_a_login_is_three_headers_in_any_case_or_one_key() -> None:
    assert Site(headers={name.upper(): value for name, value in LOGIN.items()}).ask("GET", "/api/lists").status == 200
    assert Site(headers={"X-API-Key": API_KEY}).ask("GET", "/api/lists").status == 200
    refused = Site(headers={"x-api-key": "no"}).ask("GET", "/api/lists")
    assert (refused.status, refused.payload) == (401, {"message": "Invalid API key"})


def test_the_throttle_is_a_fixed_minute_and_does_not_tell_how_long_to_wait() -> None:
    site = Site(rate_limit=None)
    replies = [site.ask("GET", "/api/lists") for _ in range(301)]
    assert [reply.status for reply in replies] == [200] * 300 + [429]
    assert replies[-1].payload["payload"] == {"code": 429, "errors": [], "message": "Calls per minute exceeded"}
    assert replies[-1].headers == {}
    site.clock.seconds = (site.clock.seconds // 60 + 1) * 60
    assert site.ask("GET", "/api/lists").status == 200


def test_no_more_than_ten_at_once() -> None:
    site = Site()
    seen: list[int] = []

    def one_more() -> None:
        if len(seen) < 12:
            seen.append(0)
            seen.append(site.ask("GET", "/api/lists").status)

    site.box.faults.add("call", "lists", action=one_more)
    assert site.ask("GET", "/api/lists").status == 200
    assert site.source.throttle.in_flight == 0
    site.source.throttle.most = 0
    assert site.ask("GET", "/api/lists").status == 429


def test_a_download_counts_until_it_is_over() -> None:
    site = Site()
    path = f"/{SMALL}/api/contact_search/{site.search(SMALL)['id']}"
    site.payload(path)
    reply = site.ask("GET", path + "/export")
    assert site.source.throttle.in_flight == 1
    reply.encoded()
    assert site.source.throttle.in_flight == 0


def test_the_list_in_the_body_wins_over_the_querys_and_that_over_the_paths() -> None:
    site = Site()
    for path, query, place in (("/api", {}, MAIN), (f"/{SMALL}/api", {}, SMALL), (f"/{SMALL}/api", {"list_id": CLASHING}, CLASHING)):
        assert {each["list_id"] for each in site.payload(path + "/list_fields", **query)} == {place}
    created = site.ask("POST", f"/{SMALL}/api/contact_search", searched(list_id=MAIN), list_id=CLASHING)
    assert created.payload["payload"]["list_id"] == MAIN


def test_lists_that_are_not_there_and_lists_that_may_not_be_read() -> None:
    site = Site()
    for path in ("list_fields", "mailings", "segments", "emails", "import", "contact_search"):
        assert site.ask("GET", f"/{FORBIDDEN}/api/{path}").status == 403
        assert site.ask("GET", f"/4711/api/{path}").status == 404
        assert site.ask("GET", f"/{SUPPRESSION}/api/{path}").status == 200
    assert site.ask("GET", f"/api/lists/{FORBIDDEN}").status == 404
    for method, path in (("GET", "/api/nothing"), ("PUT", "/api/lists"), ("GET", "/elsewhere")):
        assert site.ask(method, path).status == 404


def test_entities_can_be_forbidden_and_disabled() -> None:
    site = Site()
    site.source.forbidden, site.source.disabled = {"Mailing", "Contact"}, {"Report"}
    assert site.ask("GET", "/api/mailings").status == 403
    assert site.ask("POST", "/api/contact_search", searched()).status == 403
    assert site.ask("POST", "/api/reports/query", {"select": ["sent"]}).status == 404
    assert site.ask("GET", "/api/segments").status == 200


def test_collections_come_in_pages_and_in_the_order_that_is_asked_for() -> None:
    site = Site(rows=3000)
    everything = site.payload("/api/mailings", limit=10_000, sort="id", order="ASC")
    assert len(site.payload("/api/mailings")) == 50
    page = site.payload("/api/mailings", limit=7, offset=3, sort="id", order="DESC")
    assert page == everything[::-1][3:10]
    by_name = site.payload("/api/mailings", limit=10_000, sort="name", order="ASC")
    assert [each["name"].lower() for each in by_name] == sorted(each["name"].lower() for each in everything)
    assert site.payload("/api/emails", page=2, page_size=5, sort="id") == site.payload("/api/emails", page_size=10, sort="id")[5:]
    assert site.payload("/api/mailings", limit=5, offset=100_000, sort="id") == []
