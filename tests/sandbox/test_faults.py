from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from typing import Any

import pytest

from sandbox.messages import Reply, Request
from sandbox.server import Box
from tests.sandbox.asking import ask, get, query

HANG_UPS = (http.client.RemoteDisconnected, ConnectionResetError)


def test_a_status_with_all_that_can_come_with_it(box: Box) -> None:
    box.faults.add("status", "^/api/Tag$", times=1, status=503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    box.faults.add("status", "^/api/Event$", status=429, retry_after=7, retry_in_body=9)
    box.faults.add("status", "^/api/Permission$", status=520, body="<html>", content_type="text/html")
    first = get(box, "Tag")
    assert (first.status, first.headers["Retry-After"]) == (503, "Wed, 21 Oct 2026 07:28:00 GMT")
    assert first.json["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert get(box, "Tag").status == 200
    limited = get(box, "Event")
    assert (limited.headers["Retry-After"], limited.json["retryAfter"]) == ("7", 9)
    html = get(box, "Permission")
    assert (html.status, html.raw, html.headers["Content-Type"]) == (520, b"<html>", "text/html")
    box.faults.clear()
    assert get(box, "Event").status == 200


def test_a_page_of_html(box: Box) -> None:
    box.faults.add("html", "Tag")
    answer = get(box, "Tag")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_half_a_reply(box: Box) -> None:
    box.faults.add("cut", "/api/Tag", times=1)
    with pytest.raises(http.client.IncompleteRead):
        get(box, "Tag")
    box.faults.add("half_json", "/api/Tag", times=1)
    answer = get(box, "Tag")
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.raw)
    assert get(box, "Tag").json["total"] == 40


def test_no_reply(box: Box) -> None:
    box.faults.add("reset", "/api/Tag", times=1)
    with pytest.raises(HANG_UPS):
        get(box, "Tag")
    assert box.requests[-1].status == 0
    box.faults.add("hang", "/api/Tag", times=1, seconds=0.2)
    began = time.monotonic()
    with pytest.raises(HANG_UPS):
        get(box, "Tag")
    assert time.monotonic() - began >= 0.2


def test_only_large_pages(box: Box) -> None:
    box.faults.preset("small-pages")
    assert query(box, "Gift/Query/FullGift", take=251).status == 504
    assert query(box, "Gift/Query/FullGift", take=250).status == 200


def test_a_poisoned_record_spoils_every_full_page_it_is_on(box: Box) -> None:
    rows = query(box, "Gift/Query").rows
    bad = rows[7]["id"]
    box.faults.add("poison", entity="Gift", ids=[bad])
    assert query(box, "Gift/Query/FullGift", take=10).status == 500
    assert query(box, "Gift/Query/FullGift", take=7).status == 200
    assert query(box, "Gift/Query/FullGift", ("Gift Id", "GreaterThan", bad)).status == 200
    assert query(box, "Gift/Query/FullGift", skip=7, take=1).status == 500
    assert query(box, "Gift/Query").status == 200


def test_a_poisoned_value_is_served_and_not_stored(box: Box) -> None:
    gift = query(box, "Gift/Query/FullGift", take=1).rows[0]
    path = "giftDesignations.0.amountDesignated"
    fault = box.faults.add("poison_value", entity="Gift", id=gift["id"], key=path, value={"a": 1})
    served = query(box, "Gift/Query/FullGift", take=2).rows
    assert served[0]["giftDesignations"][0]["amountDesignated"] == {"a": 1}
    assert fault.struck == 1
    box.faults.clear()
    assert query(box, "Gift/Query/FullGift", take=1).rows[0] == gift


def test_pages_that_lie(box: Box) -> None:
    honest = query(box, "Project/Query", take=20).rows
    box.faults.add("short_page", "/api/Project/Query", times=1, rows=3)
    short = query(box, "Project/Query", take=20)
    assert (short.rows, short.json["total"]) == (honest[:3], 40)
    box.faults.add("shuffle", "/api/Project/Query", times=1)
    mixed = query(box, "Project/Query", take=20).rows
    assert mixed != honest
    assert sorted(row["id"] for row in mixed) == [row["id"] for row in honest]
    box.faults.add("empty_list", "/api/Project/Query", times=1)
    assert query(box, "Project/Query").json == {"list": [], "total": 40}
    box.faults.add("misread", "/api/Project/Query", times=1, how="ignored")
    assert query(box, "Project/Query", ("Project Id", "Is", 0)).json["total"] == 40
    assert box.requests[-1].body["groups"], "what was asked is recorded as it was asked"
    box.faults.add("repeat_page", "/api/Project/Query")
    first = query(box, "Project/Query", take=5).rows
    assert query(box, "Project/Query", skip=5, take=5).rows == first


def test_a_script_between_two_pages(box: Box) -> None:
    rows = query(box, "Project/Query").rows
    box.faults.add(
        "call",
        "/api/Project/Query",
        times=1,
        action=lambda: box.source.change("delete", entity="Project", id=rows[0]["id"]),
    )
    assert query(box, "Project/Query").json["total"] == 39


def test_conditions_and_chance(box: Box) -> None:
    box.faults.add("status", "/api/Tag", status=500, when=lambda request: request.query.get("skip") == "5")
    assert [get(box, f"Tag?skip={skip}").status for skip in (4, 5, 6)] == [200, 500, 200]
    box.faults.clear()
    fault = box.faults.add("status", "/api/Tag", probability=0.5)
    statuses = Counter(get(box, "Tag").status for _ in range(60))
    assert 15 < statuses[500] < 45
    assert fault.struck == statuses[500]
    with pytest.raises(ValueError, match="unknown fault"):
        box.faults.add("nonsense")


def test_a_storm_is_a_third_of_all_replies(box: Box) -> None:
    box.faults.preset("storm")
    bad: Counter[str] = Counter()
    for _ in range(300):
        try:
            answer = ask(box, "GET", "/api/Organization/Current")
            answer.json  # noqa: B018 - half a JSON document raises
            bad[str(answer.status)] += answer.status != 200
        except (*HANG_UPS, http.client.IncompleteRead, ValueError) as error:
            bad[type(error).__name__] += 1
    assert 60 < bad.total() < 140
    assert {"500", "502", "503", "429"} - set(bad) <= {"502"}


@pytest.mark.parametrize("options", [{"rows": "x"}, {"rows": True}, {"probability": "often"}, {"times": [1]}, {"seconds": -1}])
def test_what_is_no_number_is_refused_at_once(box: Box, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        box.faults.add("short_page", **options)


# --- one path for all questions, and records within rows -----------------------------------------------------------


def test_a_request_is_known_by_its_place_or_else_by_its_path() -> None:
    request = Request("POST", "/search", {}, {"pageSize": 7}, 0.0)
    assert (request.spot, request.take) == ("/search", 7)
    request.place = "/search FROM tags"
    assert (request.spot, Request("POST", "/search", {}, {"page_size": "8"}, 0.0).take) == ("/search FROM tags", 8)
    assert Request("POST", "/search", {"take": "5"}, {"pageSize": 7}, 0.0).take == 5


def test_a_record_may_stand_within_its_row() -> None:
    rows = [{"tag": {"id": 1}, "other": {}}, {"other": {}}]
    reply = Reply(payload={"results": rows, "totalResultsCount": "9"}, entity="Tag", detailed=True, inside="tag")
    assert (reply.listed, reply.records) == (rows, [{"id": 1}])
    assert [reply.record_of(row) for row in rows] == [{"id": 1}, None]
    assert reply.with_rows(rows[:1]).with_fewer_in_total(1).payload == {"results": rows[:1], "totalResultsCount": "8"}
