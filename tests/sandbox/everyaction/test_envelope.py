from __future__ import annotations

from typing import Any

import pytest

from sandbox.everyaction.account import Account
from sandbox.everyaction.codes import ROUTES
from sandbox.everyaction.envelope import answer
from sandbox.messages import Request
from tests.sandbox.everyaction.calling import HOST, call, everything, make_account, pages, payload, refused

# The vendor's own limits: how many rows without `$top`, and how many at most.
LIMITS = {"codes": (50, 200), "events": (10, 50), "employers": (250, 500), "minivanExports": (50, 50), "surveyQuestions": (50, 200)}


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account(900)


@pytest.mark.parametrize("path", LIMITS)
def test_a_page_has_so_many_rows_and_no_more(account: Account, path: str) -> None:
    default, most = LIMITS[path]
    found = payload(account, path)
    assert found["count"] == len(everything(account, path))
    assert len(found["items"]) == min(default, found["count"])
    assert len(payload(account, path, {"$top": most})["items"]) == min(most, found["count"])
    for wrong in (0, -1, "ten", "", most + 1, "1.5"):
        assert refused(account, path, {"$top": wrong}) == (400, ["$top"])
    assert refused(account, path, {"$skip": "-3"}) == (400, ["$skip"])


def test_a_link_has_the_own_host_literal_dollars_and_all_filters(account: Account) -> None:
    link = payload(account, "codes", {"$top": 2, "$skip": 4, "$orderby": "dateModified desc", "codeType": "Tag", "name": "a&b=c, d"})
    assert link == {"items": [], "nextPageLink": None, "count": 0}
    found = payload(
        account, "codes", {"$top": 2, "$skip": 4, "$orderby": "dateModified desc", "codeType": "Tag", "$expand": "supportedEntities"}
    )
    assert found["nextPageLink"] == (
        f"http://{HOST}/v4/codes?$orderby=dateModified%20desc&codeType=Tag&$expand=supportedEntities&$top=2&$skip=6"
    )
    assert payload(account, "surveyQuestions", statuses="Active,Archived")["nextPageLink"] is None
    assert "&$top=50&$skip=50" in payload(account, "codes", codeType="Tag")["nextPageLink"]


@pytest.mark.parametrize(
    ("links", "headers", "start"),
    [
        ("own", {}, "http://127.0.0.1:4/v4/"),
        ("own", {"host": "api.example.org"}, "http://api.example.org/v4/"),
        ("port443", {"host": "api.example.org"}, "http://api.example.org:80/v4/"),
        ("port443", {"host": "localhost:8080"}, "http://localhost:8080/v4/"),
        ("foreign", {"host": "localhost:8080"}, "https://api.example.net:443/v4/"),
    ],
)
def test_the_host_of_links_is_switched(links: str, headers: dict[str, str], start: str) -> None:
    account = make_account()
    account.url, account.switches.links = "http://127.0.0.1:4", links
    reply = answer(ROUTES[0], account, Request("GET", "/v4/codes", {"$top": "1"}, None, 0, headers=headers), ())
    assert reply.payload["nextPageLink"] == f"{start}codes?$top=1&$skip=1"


def test_links_lead_over_all_rows_once(account: Account) -> None:
    rows = [row["codeId"] for page in pages(account, "codes", {"$top": 7}) for row in page]
    assert rows == sorted(set(rows))
    assert len(rows) == payload(account, "codes")["count"]
    assert [row["codeId"] for row in payload(account, "codes", {"$top": 5, "$skip": 21})["items"]] == rows[21:26]
    beyond = payload(account, "codes", {"$skip": 10_000})
    assert (beyond["items"], beyond["nextPageLink"], beyond["count"]) == ([], None, len(rows))


@pytest.mark.parametrize("path", ["savedLists", "printedLists"])
def test_some_lists_never_end(account: Account, path: str) -> None:
    count = payload(account, path)["count"]
    last = payload(account, path, {"$top": 200})
    assert len(last["items"]) == count < 200
    assert "$skip=200" in last["nextPageLink"]
    empty = payload(account, path, {"$top": 200, "$skip": 200})
    assert empty["items"] == []
    assert "$skip=400" in empty["nextPageLink"]
    assert len(everything(account, path, {"$top": 9})) == count


def test_what_is_not_expanded_is_null_and_what_is_may_be_empty(account: Account) -> None:
    plain = {row["codeId"]: row["supportedEntities"] for row in everything(account, "codes")}
    assert set(plain.values()) == {None}
    full = [row["supportedEntities"] for row in everything(account, "codes", {"$expand": "SUPPORTEDentities"})]
    assert [] in full
    assert None not in full
    assert any(full)
    some = payload(account, "events", {"$expand": "shifts,roles"})["items"][0]
    assert (some["locations"], some["notes"]) == (None, None)
    assert isinstance(some["shifts"], list)


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("codes", {"$expand": "supportedEntities,nothing"}, "$expand"),
        ("pronouns", {"$expand": "names"}, "$expand"),
        ("codes", {"$orderby": "name"}, "$orderby"),
        ("codes", {"$orderby": "dateModified sideways"}, "$orderby"),
        ("email/messages", {"$orderby": "name"}, "$orderby"),
        ("locations", {"$orderby": "name"}, "$orderby"),
        ("savedLists", {"folderId": "seven"}, "folderId"),
        ("events", {"startingAfter": "yesterday"}, "startingAfter"),
        ("events", {"codeIds": "1,two"}, "codeIds"),
        ("districtFields", {"custom": "perhaps"}, "custom"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(account: Account, path: str, query: dict[str, Any], named: str) -> None:
    assert refused(account, path, query) == (400, [named])


def test_single_records_are_found_by_their_whole_id(account: Account) -> None:
    row = payload(account, "codes")["items"][3]
    reply = call(account, f"codes/{row['codeId']}", {"$expand": "supportedEntities"})
    assert (reply.entity, reply.detailed, reply.id_key) == ("Code", True, "codeId")
    assert reply.payload["name"] == row["name"]
    assert refused(account, "codes/17") == (404, [])
    message = payload(account, "email/messages")["items"][0]["foreignMessageId"]
    assert refused(account, f"email/message/x{message}")[0] == 404
    assert refused(account, "email/message/nothing")[0] == 404
    number = payload(account, "printedLists")["items"][0]["number"]
    assert number.startswith("0")
    assert payload(account, f"printedLists/{number}")["number"] == number


def test_sorting_is_by_time_and_page_after_page(account: Account) -> None:
    rows = everything(account, "codes", {"$orderby": "dateModified desc", "$top": 50})
    stamps = [row["dateModified"] or "" for row in rows]
    assert [stamp[:19] for stamp in stamps] == sorted((stamp[:19] for stamp in stamps), reverse=True)
    assert len({row["codeId"] for row in rows}) == len(rows)
    assert rows == everything(account, "codes", {"$orderby": "dateModified desc", "$top": 200})
    # an import: many with one stamp, over the edge of a page
    assert stamps.count(stamps[0]) > 50
    ascending = everything(account, "email/messages", {"$orderby": "dateModified"})
    assert [row["dateModified"][:19] for row in ascending] == sorted(row["dateModified"][:19] for row in ascending)


def test_a_list_that_is_sorted_page_after_page_shows_changes_at_once() -> None:
    account = make_account(900)
    query = {"$orderby": "dateModified desc", "$top": 10}
    first = payload(account, "codes", query)["items"][0]["codeId"]
    assert payload(account, "codes", query)["items"][0]["codeId"] == first
    account.remove("Code", first)
    assert payload(account, "codes", query)["items"][0]["codeId"] != first
    assert payload(account, "codes", query | {"codeType": "Nothing"})["count"] == 0


def test_no_key_of_the_sandbox_is_served(account: Account) -> None:
    for path in ("savedLists", "printedLists", "events", "codes/extendedSourceCodes", "designations", "districtFields", "targets"):
        assert all(not key.startswith("_") for row in everything(account, path) for key in row)
