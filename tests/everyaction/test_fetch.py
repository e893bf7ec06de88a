"""Pages of lists: the source's links are followed as they are, and what they would leave out is asked for."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from common.failures import Forbidden, NotFound, Rejected, SourceFailure, Unavailable
from common.listing import PageRequest, read_listing
from common.listings import Place
from tests.doubles import FakeClock
from tests.loading import load

everyaction = load("everyaction")
api, fetch, models, plan = everyaction.api, everyaction.fetch, everyaction.models, everyaction.plan

BASE = "https://api.securevan.com/v4"
CODES = next(one for one in plan.COLLECTIONS if one.table == "codes")
SCORES = next(one for one in plan.COLLECTIONS if one.table == "scores")
TYPES = next(one for one in plan.COLLECTIONS if one.table == "event_types")
CATEGORIES = next(one for one in plan.COLLECTIONS if one.table == "note_categories")
EMAILS = next(one for one in plan.COLLECTIONS if one.table == "email_messages")
DISTRICTS = next(one for one in plan.COLLECTIONS if one.table == "district_fields")
SECTIONS = "addresses,codes,customFields,districts,emails,externalIds,notes,phones,preferences,suppressions"
DESIGNATIONS = next(one for one in plan.COLLECTIONS if one.table == "designations")


class Asked(NamedTuple):
    path: str
    params: dict[str, str | int] | None = None


class Source:
    """Replies in the order of a script, or as a function of what is asked; remembers what was asked."""

    def __init__(self, *script: Any) -> None:
        self.script, self.asked = list(script), list[Asked]()

    def __call__(self, method: str, path: str, params: Any = None, body: object = None) -> Any:
        assert (method, body) == ("GET", None)
        asked = Asked(path, dict(params) if params is not None else None)
        self.asked.append(asked)
        reply = self.script.pop(0) if len(self.script) > 1 or not callable(self.script[0]) else self.script[0](asked)
        if isinstance(reply, Exception):
            raise reply
        return reply


def pager(source: Any) -> Any:
    of = api.EveryActionApi(source, None, BASE)
    return fetch.Pager(of, of, FakeClock(), lambda line: None)


def page(*ids: int, link: str | None = None, total: int = 9) -> dict[str, object]:
    return {"items": [{"scoreId": number} for number in ids], "nextPageLink": link and BASE + link, "count": total}


def of_top() -> Rejected:
    return Rejected(f"GET {BASE}/scores?%24top=200 answered 400: 'x' is not usable ($top)", f"{BASE}/scores", 400)


def rows(of: Any, offset: int, limit: int, path: str = "/scores", **params: str) -> list[int]:
    return [record["scoreId"] for record in of.rows(path, params, PageRequest(offset, limit)).records]


# --- Links ---

LINK = "/scores?type=a%20b&$orderby=Name%20desc&$top=2&$skip=2"


def test_a_link_is_followed_as_it_is_and_without_parameters_of_our_own() -> None:
    source = Source(page(1, 2, link=LINK), page(3, 4))
    of = pager(source)
    assert rows(of, 0, 2, type="a b") == [1, 2]
    assert rows(of, 2, 2, type="a b") == [3, 4]
    assert source.asked == [Asked("/scores", {"type": "a b", "$top": 2}), Asked(LINK)]


def test_links_lead_from_page_to_page() -> None:
    source = Source(page(1, 2, link="/scores?$skip=2&mark=x"), page(3, 4, link="/scores?$skip=4&mark=y"), page(5))
    of = pager(source)
    assert [rows(of, offset, 2) for offset in (0, 2, 4)] == [[1, 2], [3, 4], [5]]
    assert source.asked[1:] == [Asked("/scores?$skip=2&mark=x"), Asked("/scores?$skip=4&mark=y")]


@pytest.mark.parametrize(
    ("offset", "limit", "path", "params"),
    [(2, 1, "/scores", {}), (4, 2, "/scores", {}), (2, 2, "/targets", {}), (2, 2, "/scores", {"state": "x"})],
)
def test_a_link_stands_for_one_page_of_one_size_of_one_list(offset: int, limit: int, path: str, params: dict[str, str]) -> None:
    source = Source(page(1, 2, link="/scores?$top=2&$skip=2"), page(3))
    of = pager(source)
    rows(of, 0, 2)
    rows(of, offset, limit, path, **params)
    assert source.asked[1] == Asked(path, {**params, "$top": limit, "$skip": offset})


def test_a_page_without_a_link_is_continued_behind_its_rows() -> None:
    source = Source(page(1, 2), page(3, 4))
    of = pager(source)
    assert [rows(of, 0, 2), rows(of, 2, 2)] == [[1, 2], [3, 4]]
    assert source.asked == [Asked("/scores", {"$top": 2}), Asked("/scores", {"$top": 2, "$skip": 2})]


def test_a_link_to_another_host_is_not_followed() -> None:
    reply = page(1, 2) | {"nextPageLink": "https://evil.example.net/v4/scores?$skip=2"}
    source = Source(reply, page(3))
    of = pager(source)
    assert [rows(of, 0, 2), rows(of, 2, 2)] == [[1, 2], [3]]
    assert source.asked[1] == Asked("/scores", {"$top": 2, "$skip": 2})


@pytest.mark.parametrize(("size", "most", "step"), [(5, 3, 5), (4, 2, 2)])
def test_a_short_page_is_continued_behind_its_rows_and_not_by_its_link(size: int, most: int, step: int) -> None:
    """A link that counts as many rows as were asked for would leave some out; one that does not would stand for another place."""

    def reply(asked: Asked) -> dict[str, object]:
        assert asked.params is not None
        skipped = int(asked.params.get("$skip", 0))
        ids = range(skipped + 1, min(skipped + most, 7) + 1)  # of seven never more than so many
        return page(*ids, link=f"/scores?$top={size}&$skip={skipped + step}", total=7)

    source = Source(reply)
    of = pager(source)
    found = read_listing(lambda request: of.page(Place(SCORES, {}), request), SCORES.id_of, [size, 1], "link", known=range(1, 8))
    assert [record["scoreId"] for record in found.records] == [1, 2, 3, 4, 5, 6, 7]
    assert source.asked == [
        Asked("/scores", {"$top": size, **({"$skip": skipped} if skipped else {})}) for skipped in range(0, 7, most)
    ]


def test_a_last_page_that_still_has_a_link_ends_the_list() -> None:
    """As of saved lists, whose last link leads to an empty page (4)."""
    source = Source(page(1, 2, link="/scores?$skip=2", total=4), page(3, 4, link="/scores?$skip=4", total=4))
    of = pager(source)
    found = read_listing(lambda request: of.page(Place(SCORES, {}), request), SCORES.id_of, [2, 1], "link", known=range(1, 5))
    assert [record["scoreId"] for record in found.records] == [1, 2, 3, 4]
    assert len(source.asked) == 2


def test_the_parameters_of_a_list_go_with_its_first_page_and_with_each_that_has_no_link() -> None:
    source = Source(page(total=0))
    pager(source).page(Place(CODES, {}), PageRequest(400, 200))
    assert source.asked == [Asked("/codes", {"$expand": "supportedEntities", "$top": 200, "$skip": 400})]


def test_a_list_that_comes_whole_is_asked_for_without_a_page() -> None:
    source = Source([{"noteCategoryId": 1}, {"noteCategoryId": 2}])
    found = pager(source).page(Place(CATEGORIES, {}), PageRequest(0, 500))
    assert found == ([{"noteCategoryId": 1}, {"noteCategoryId": 2}], None)
    assert source.asked == [Asked("/notes/categories", {})]


# --- What a list does not take ---


def test_a_list_that_takes_no_size_is_asked_for_without_one_from_then_on() -> None:
    source = Source(of_top(), page(1, 2), page(3, 4))
    of = pager(source)
    assert [rows(of, 0, 200), rows(of, 2, 200)] == [[1, 2], [3, 4]]
    assert source.asked == [Asked("/scores", {"$top": 200}), Asked("/scores", {}), Asked("/scores", {"$skip": 2})]


def test_only_the_list_that_takes_no_size_is_asked_for_without_one() -> None:
    source = Source(of_top(), page(1), page(2))
    of = pager(source)
    rows(of, 0, 200)
    rows(of, 0, 200, "/targets")
    assert source.asked[-1] == Asked("/targets", {"$top": 200})


@pytest.mark.parametrize(
    "failure",
    [
        Rejected(f"GET {BASE}/scores?%24top=200 answered 400: All Arguments", BASE, 400),
        Forbidden("answered 403: no $top for you", BASE, 403),
        NotFound("answered 404: $top", BASE, 404),
    ],
)
def test_another_refusal_changes_nothing(failure: SourceFailure) -> None:
    source = Source(failure, page(1))
    of = pager(source)
    with pytest.raises(type(failure)):
        rows(of, 0, 200)
    assert len(source.asked) == 1
    rows(of, 0, 200)
    assert source.asked[-1] == Asked("/scores", {"$top": 200})


def test_the_size_is_dropped_once_and_no_more() -> None:
    source = Source(of_top(), of_top(), of_top())
    of = pager(source)
    with pytest.raises(Rejected):
        rows(of, 0, 200)
    assert len(source.asked) == 2
    with pytest.raises(Rejected):
        rows(of, 0, 200)
    assert source.asked == [Asked("/scores", {"$top": 200}), Asked("/scores", {}), Asked("/scores", {})]


def test_two_lists_of_one_path_may_be_refused_at_the_same_time() -> None:
    """As signups of several events, and searches for people: both were asked for with a size before the first refusal came."""
    of: Any = None

    def reply(asked: Asked) -> dict[str, object]:
        assert asked.params is not None
        if asked.params == {"eventId": "1", "$top": 200}:  # meanwhile, in another thread
            assert rows(of, 0, 200, "/signups", eventId="2") == [2]
        if "$top" in asked.params:
            raise of_top()
        return page(int(asked.params["eventId"]))

    of = pager(Source(reply))
    assert rows(of, 0, 200, "/signups", eventId="1") == [1]


def test_an_outage_is_tried_again_a_few_times() -> None:
    source = Source(Unavailable("down"), Unavailable("down"), page(1))
    assert rows(pager(source), 0, 2) == [1]
    source = Source(*[Unavailable("down")] * 9)
    with pytest.raises(Unavailable):
        rows(pager(source), 0, 2)
    assert len(source.asked) == fetch.PAGE_ATTEMPTS


def test_a_list_that_comes_whole_is_tried_more_often_since_no_smaller_page_can_help() -> None:
    source = Source(*[Unavailable("down")] * fetch.PAGE_ATTEMPTS, [])
    assert pager(source).page(Place(CATEGORIES, {}), PageRequest(0, 500)).records == []


@pytest.mark.parametrize(
    ("most", "first"), [(200, [200, 100, 50, 25, 5, 1]), (50, [50, 25, 5, 1]), (500, [500, 200]), (0, [500, 200]), (1, [1]), (60, [60, 50])]
)
def test_no_page_is_larger_than_the_source_allows(most: int, first: list[int]) -> None:
    sizes = fetch.sizes(most)
    assert sizes[: len(first)] == first
    assert sizes[-1] == 1
    assert all(larger > smaller for larger, smaller in pairwise(sizes))


@pytest.mark.parametrize(
    ("table", "most"),
    [("activist_codes", 200), ("codes", 200), ("events", 50), ("minivan_exports", 50), ("employers", 500), ("bargaining_units", 200)],
)
def test_the_sizes_are_those_of_the_vendor(table: str, most: int) -> None:
    [found] = [one for one in plan.COLLECTIONS if one.table == table]
    assert found.most == most


def test_what_an_error_says_was_asked() -> None:
    asked = fetch.asked(Place(CODES, {}), PageRequest(400, 25))
    assert asked == {"$expand": "supportedEntities", "$top": 25, "$skip": 400}


# --- Records ---


@pytest.mark.parametrize("collection", [CODES, EMAILS, DISTRICTS, DESIGNATIONS, plan.DETAILED["person_details"]])
def test_a_list_that_comes_only_when_it_is_asked_for_is_left_out_when_it_is_null(collection: Any) -> None:
    keys = [child.key for child in collection.root.children]
    assert keys
    raw = {collection.id_field: 1, "name": None, **dict.fromkeys(keys)}
    assert fetch.readable(collection, raw) == {collection.id_field: 1, "name": None}
    empty = {collection.id_field: 1, **{key: [] for key in keys}}
    assert fetch.readable(collection, empty) == empty


@pytest.mark.parametrize("collection", [TYPES, next(one for one in plan.COLLECTIONS if one.table == "survey_questions")])
def test_a_list_that_always_comes_is_empty_when_it_is_null(collection: Any) -> None:
    raw = {collection.id_field: 1, **{child.key: None for child in collection.root.children}}
    assert fetch.readable(collection, raw) == raw
    assert models.split(collection.root, raw).partial == set()


def test_whether_a_null_stays_depends_on_what_was_asked_for() -> None:
    raw = {"codeId": 1, "supportedEntities": None}
    assert fetch.readable(CODES, raw) == {"codeId": 1}
    assert fetch.readable(replace(CODES, params={}), raw) == raw


def test_a_record_is_read_in_any_spelling() -> None:
    assert fetch.readable(CODES, {"CodeID": 1, "SUPPORTEDENTITIES": None, "Other": 2}) == {"codeId": 1, "Other": 2}
    assert fetch.readable(CODES, ["x"]) == ["x"]


@pytest.mark.parametrize(
    ("collection", "number", "asked"),
    [
        (EMAILS, "EM 7/1", Asked("/email/message/EM%207%2F1", {"$expand": "emailMessageContent,EmailMessageContentDistributions"})),
        (DESIGNATIONS, 4, Asked("/designations/4", {"$expand": "paymentTypes,attributionTypes"})),
        (DISTRICTS, 4, Asked("/districtFields/4", {})),
        (
            plan.DETAILED["person_details"],
            17,
            Asked("/people/17", {"$expand": SECTIONS}),
        ),
        (plan.DETAILED["contribution_details"], 900, Asked("/contributions/900", {})),
    ],
)
def test_a_record_is_asked_for_by_its_id(collection: Any, number: object, asked: Asked) -> None:
    source = Source({collection.id_field.upper(): number, "name": "n"})
    found = pager(source).detail(Place(collection, {}), collection.id_of({collection.id_field: number}))
    assert found == {collection.id_field: number, "name": "n"}
    assert source.asked == [asked]
