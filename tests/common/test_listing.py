"""listing.py against a scripted list: what arrives, how often it is asked, and what happens when the list moves, lies or breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.collection import Collection
from common.failures import Disorder, Unavailable
from common.listing import Page, PageRequest, read_listing
from common.splitting import Root
from common.tables import Table, text

SIZES = [500, 100, 25, 5, 1]
BEYOND = 10**9

STYLES = pytest.mark.parametrize(("style", "counted"), list(product(("offset", "page", "link"), (True, False))))


class Source:
    """A list of records by id that answers as the API does, with hooks to misbehave."""

    def __init__(self, ids: Iterable[int], style: str = "offset", *, counted: bool = True) -> None:
        self.ids, self.style, self.counted = sorted(ids), style, counted
        self.asked: list[Any] = []
        self.before: Callable[[int], None] = lambda number: None
        self.poisoned: set[int] = set()
        self.keyless: set[int] = set()
        self.too_large = self.cap = self.depth = BEYOND
        self.down = False
        self.sizes = SIZES

    def read(self, request: PageRequest) -> Page:
        if self.style == "page":
            assert request.offset % request.limit == 0  # it can only be asked for by the number of a page
        self.before(len(self.asked))
        self.asked.append(request)
        assert len(self.asked) < 3000, "it never ends"
        window = self.ids[request.offset : min(request.offset + min(request.limit, self.cap), self.depth)]
        if self.down or request.limit > self.too_large or self.poisoned & set(window):
            raise Unavailable("answered 500")
        records = [{"name": "x"} if number in self.keyless else {"id": number} for number in window]
        return Page(records, len(self.ids) if self.counted else None)

    def listing(self) -> Any:
        return read_listing(self.read, id_of, self.sizes, self.style)


def id_of(record: dict[str, Any]) -> int | None:
    return record.get("id")


def ids_of(listing: Any) -> list[int]:
    return [record["id"] for record in listing.records if "id" in record]


def clean(source: Source) -> list[int]:
    listing = source.listing()
    assert (listing.gaps, listing.keyless) == ([], [])
    return ids_of(listing)


@STYLES
@pytest.mark.parametrize("number", [0, 1, 24, 499, 500, 501, 1000, 1723])
def test_every_row_arrives_once_in_order(number: int, style: str, counted: bool) -> None:
    source = Source(range(7, 7 + 3 * number, 3), style, counted=counted)
    assert clean(source) == source.ids


@pytest.mark.parametrize("number", [0, 1, 499, 500, 501, 1000, 1723])
def test_a_list_that_tells_its_length_costs_a_request_for_each_page(number: int) -> None:
    source = Source(range(number))
    source.listing()
    assert len(source.asked) == max(1, -(-number // 500))
    assert source.asked[0] == (0, 500)
    assert source.asked[1:] == [(500 * page - 1, 501) for page in range(1, len(source.asked))]  # with the last row of the page before it


@pytest.mark.parametrize("counted", [True, False])
def test_pages_that_can_only_be_asked_for_by_their_number_are_read_twice(counted: bool) -> None:
    source = Source(range(1723), "page", counted=counted)
    source.listing()
    once = [(0, 500), (500, 500), (1000, 500), (1500, 500)] if counted else [(0, 500), (500, 500), (1000, 500), (1500, 500), (1723, 1)]
    assert source.asked == once * 2


@pytest.mark.parametrize(("counted", "passes"), [(True, 1), (False, 2)])
def test_behind_a_row_that_cannot_be_read_a_list_without_a_length_is_read_twice(counted: bool, passes: int) -> None:
    source = Source(range(100), counted=counted)
    source.poisoned = {50}
    source.listing()
    assert sum(request.offset == 0 and request.limit == 500 for request in source.asked) == passes


@pytest.mark.parametrize("number", [1, 499, 500, 1723])
def test_a_list_that_does_not_tell_its_length_is_asked_once_more(number: int) -> None:
    source = Source(range(number), counted=False)
    source.listing()
    assert len(source.asked) == -(-number // 500) + 1
    assert source.asked[1].offset == min(number, 500) - 1  # with the last row of the page before it


def test_a_list_without_pages_is_asked_once() -> None:
    source = Source(range(700), "none", counted=False)
    read = lambda request: source.read(request._replace(offset=0, limit=BEYOND))  # noqa: E731
    assert ids_of(read_listing(read, id_of, SIZES, "none")) == source.ids
    assert len(source.asked) == 1


@pytest.mark.parametrize("failing", [1, 3, 4])
def test_a_list_without_pages_that_answers_at_last_lacks_nothing(failing: int) -> None:
    source = Source(range(700), "none", counted=False)
    source.before = lambda number: setattr(source, "down", number < failing)
    listing = read_listing(lambda request: source.read(request._replace(offset=0, limit=BEYOND)), id_of, SIZES, "none")
    assert (ids_of(listing), listing.gaps) == (source.ids, [])


def test_a_list_without_pages_that_does_not_answer_is_an_outage_and_not_a_gap() -> None:
    source = Source(range(700), "none", counted=False)
    source.down = True
    with pytest.raises(Unavailable):
        source.listing()
    assert len(source.asked) == len(SIZES)


def test_a_list_without_pages_that_comes_empty_against_its_own_total_is_not_believed() -> None:
    with pytest.raises(Unavailable):
        read_listing(lambda request: Page([], 5), id_of, SIZES, "none")


# --- Links ---


def linked(number: int = 1723, **how: Any) -> Source:
    return Source(range(number), "link", **how)


def requests_for(source: Source, known: list[int] | None) -> list[PageRequest]:
    listing = read_listing(source.read, id_of, SIZES, "link", known)
    assert ids_of(listing) == source.ids
    assert listing.sizes == SIZES
    return source.asked


PAGES_OF_1723 = [(0, 500), (500, 500), (1000, 500), (1500, 500)]
OVERLAPPING = [(0, 499), (498, 500), (997, 500), (1496, 500)]  # no page has more rows than may be asked for


@pytest.mark.parametrize("known", [None, [], list(range(1722)), [*range(1722), 5000], list(range(1724))])
def test_behind_links_a_list_is_read_once_more_in_pages_that_overlap_unless_it_is_what_is_known(known: list[int] | None) -> None:
    assert requests_for(linked(), known) == [*PAGES_OF_1723, *OVERLAPPING]


def test_links_that_lead_to_exactly_what_is_known_are_followed_once() -> None:
    assert requests_for(linked(), list(range(1723))) == PAGES_OF_1723
    assert requests_for(linked(counted=False), list(range(1723))) == [*PAGES_OF_1723, (1723, 500)]


def test_what_is_known_is_no_proof_against_a_total_that_tells_of_more() -> None:
    source = linked(1724)
    source.depth = 1723
    with pytest.raises(Disorder, match="1723 rows seen, 1724 announced"):
        read_listing(source.read, id_of, SIZES, "link", range(1723))


@pytest.mark.parametrize("number", [1, 500])
def test_one_page_of_links_is_believed(number: int) -> None:
    assert requests_for(linked(number), None) == [(0, 500)]


def test_behind_a_short_page_links_go_on_with_the_next_row() -> None:
    source = linked(700)
    source.cap = 300
    assert requests_for(source, source.ids) == [(0, 500), (300, 500), (600, 500)]


def test_where_links_lead_to_a_gap_anybody_may_be_in_it() -> None:
    source = linked()
    source.poisoned = {777}
    listing = source.listing()
    assert [(gap.after, gap.until) for gap in listing.gaps] == [(0, None)]
    assert listing.unknown([5, 777, 9000]) == {5, 777, 9000}


# --- What cannot be read ---


@STYLES
def test_pages_shrink_while_they_fail_and_grow_back(style: str, counted: bool) -> None:
    source = Source(range(9000), style, counted=counted)
    source.before = lambda number: setattr(source, "too_large", 26 if number < 40 else BEYOND)
    assert clean(source) == source.ids
    sizes = [request.limit for request in source.asked]
    assert sizes[0] == 500
    assert 25 in sizes
    assert max(sizes[41:]) >= 500
    assert sum(size > 26 for size in sizes[:40]) < 15  # it does not run into the same wall after every fourth page


@STYLES
@pytest.mark.parametrize("poisoned", [{0}, {777}, {1722}, {1000, 1001}, {0, 1722}, {499}, {500}, set(range(60, 69))])
def test_a_poisoned_row_becomes_a_gap_and_the_rest_arrives(poisoned: set[int], style: str, counted: bool) -> None:
    source = Source((10 * place + 5 for place in range(1723)), style, counted=counted)
    source.poisoned = {source.ids[place] for place in poisoned}
    listing = source.listing()
    assert set(ids_of(listing)) == set(source.ids) - source.poisoned
    assert [gap.request for gap in listing.gaps] == [PageRequest(place, 1) for place in sorted(poisoned)]
    assert all(str(gap.failure) == "answered 500" for gap in listing.gaps)
    assert listing.unknown(source.poisoned) == source.poisoned
    assert style == "link" or not listing.unknown(ids_of(listing))  # links lead through the rows in an order that nobody knows


def test_behind_a_gap_at_the_end_everything_is_unknown() -> None:
    source = Source(range(1, 51))
    source.poisoned = {50}
    listing = source.listing()
    assert (listing.gaps[0].after, listing.gaps[0].until) == (49, None)
    assert listing.unknown([49, 50, 51, 10**12]) == {50, 51, 10**12}


def test_in_a_list_that_is_not_sorted_a_gap_may_hold_any_row() -> None:
    source = Source(range(1, 51))
    source.ids = source.ids[::-1]
    source.poisoned = {20}
    listing = source.listing()
    assert ids_of(listing) == [number for number in range(1, 51) if number != 20]
    assert 20 in listing.unknown([20])


@STYLES
def test_a_row_without_an_id_is_told_of_and_nobody_is_known_to_be_gone(style: str, counted: bool) -> None:
    source = Source(range(1, 1200), style, counted=counted)
    source.keyless = {1, 700, 1199}
    listing = source.listing()
    assert set(ids_of(listing)) == set(source.ids) - source.keyless
    assert listing.keyless == [0, 699, 1198]
    assert listing.unknown([1, 700, 5000]) == {1, 700, 5000}


@STYLES
def test_an_outage_is_no_poison(style: str, counted: bool) -> None:
    source = Source(range(3000), style, counted=counted)
    source.before = lambda number: setattr(source, "down", number >= 3)
    with pytest.raises(Unavailable):
        source.listing()
    assert len(source.asked) < 30


# --- Rows that come and go ---


@STYLES
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_delete_between_two_pages_loses_no_bystander(at: int, style: str, counted: bool) -> None:
    source = Source(range(1, 1800), style, counted=counted)
    source.before = lambda number: source.ids.remove(100) if number == at and 100 in source.ids else None
    arrived = set(clean(source))
    assert set(source.ids) <= arrived <= {*source.ids, 100}


@STYLES
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_row_that_comes_in_front_brings_none_twice(at: int, style: str, counted: bool) -> None:
    source = Source(range(1, 1800), style, counted=counted)
    source.before = lambda number: source.ids.insert(0, 0) if number == at else None
    assert set(range(1, 1800)) <= set(clean(source))


@settings(max_examples=150, deadline=None)
@given(
    ids=st.sets(st.integers(1, 200), max_size=60),
    style=st.sampled_from(["offset", "page", "link"]),
    counted=st.booleans(),
    cap=st.integers(2, 30),
    poisoned=st.sets(st.integers(1, 200), max_size=2),
    deletes=st.dictionaries(st.integers(0, 15), st.integers(1, 200), max_size=6),
)
def test_every_row_that_stays_arrives_or_is_in_a_gap(
    ids: set[int], style: str, counted: bool, cap: int, poisoned: set[int], deletes: dict[int, int]
) -> None:
    source = Source(ids, style, counted=counted)
    source.cap, source.poisoned = cap, poisoned
    source.before = lambda number: source.ids.remove(deletes[number]) if deletes.get(number) in source.ids else None
    source.sizes = [20, 5, 1]
    try:
        listing = source.listing()
    except Disorder:
        return
    arrived = set(ids_of(listing))
    assert set(source.ids) - poisoned <= arrived <= ids
    assert listing.unknown(set(source.ids) - arrived) == set(source.ids) - arrived


@pytest.mark.parametrize("style", ["offset", "page", "link"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_one_that_comes_for_one_that_goes_hides_nobody_though_the_total_stays(at: int, style: str) -> None:
    source = Source(range(1, 1800), style)

    def swap(number: int) -> None:
        if number == at:
            source.ids = [*source.ids[1:], 5000]

    source.before = swap
    arrived = set(clean(source))
    assert {*range(2, 1800), 5000} <= arrived <= {*range(1, 1800), 5000}


@STYLES
def test_pages_that_are_mixed_within_themselves_are_believed_when_they_bring_the_same_twice(style: str, counted: bool) -> None:
    source = Source(range(1, 1800), style, counted=counted)

    def read(request: Any) -> Any:
        page = source.read(request)
        return page._replace(records=[*page.records[len(source.asked) % 7 :], *page.records[: len(source.asked) % 7]])

    assert ids_of(read_listing(read, id_of, SIZES, style)) == source.ids


def test_a_total_that_moves_is_read_again_until_it_stands_still() -> None:
    source = Source(range(1, 1200))
    source.before = lambda number: source.ids.append(5000 + number) if number in {1, 4} else None
    assert clean(source) == source.ids
    assert len(source.asked) >= 6


@pytest.mark.parametrize("style", ["offset", "page", "link"])
def test_a_list_that_never_stands_still_is_an_error(style: str) -> None:
    source = Source(range(1, 1200), style)
    source.before = lambda number: source.ids.append(5000 + number)
    with pytest.raises(Disorder, match=r"do not add up: .* rows seen, .* announced"):
        source.listing()


# --- Sources that lie ---


@STYLES
@pytest.mark.parametrize("cap", [2, 3, 50, 499])
def test_a_silent_cap_loses_nothing(cap: int, style: str, counted: bool) -> None:
    source = Source(range(300 if cap < 50 else 1300), style, counted=counted)
    source.cap = cap
    assert clean(source) == source.ids


@STYLES
def test_a_page_that_comes_again_and_again_is_an_error_and_no_endless_list(style: str, counted: bool) -> None:
    source = Source(range(1300), style, counted=counted)
    read = lambda request: source.read(request)._replace(records=[{"id": number} for number in range(request.limit)])  # noqa: E731
    with pytest.raises(Disorder):
        read_listing(read, id_of, SIZES, style)


@pytest.mark.parametrize("total", [None, 10**9])
@pytest.mark.parametrize("record", [{"name": "x"}, [], None, {"id": 5}])
def test_what_comes_for_every_page_is_an_error_whatever_it_is_and_however_much_is_announced(record: Any, total: int | None) -> None:
    asked = []

    def read(request: Any) -> Any:
        asked.append(request)
        assert len(asked) < 100
        return Page([record], total)

    with pytest.raises(Disorder):
        read_listing(read, Collection(Root(Table("rows", ["id"], {"id": text("id")})), "rows").id_of, SIZES, "page")


def test_a_page_that_is_repeated_once_is_cured_by_another_pass() -> None:
    source = Source(range(1300))
    read = lambda request: source.read(request._replace(offset=0) if len(source.asked) == 1 else request)  # noqa: E731
    assert ids_of(read_listing(read, id_of, SIZES)) == source.ids


@pytest.mark.parametrize("style", ["offset", "page", "link"])
@pytest.mark.parametrize("hidden", [1, 7, 500])
def test_rows_that_no_offset_reaches_are_an_error_and_neither_gaps_nor_gone(hidden: int, style: str) -> None:
    source = Source(range(1300), style)
    source.depth = 1300 - hidden
    with pytest.raises(Disorder, match=f"{1300 - hidden} rows seen, 1300 announced"):
        source.listing()


def test_an_empty_list_that_announces_rows_is_an_error() -> None:
    with pytest.raises(Disorder, match="0 rows seen"):
        read_listing(lambda request: Page([], 5), id_of, SIZES)


def test_a_page_that_is_empty_only_once_is_asked_for_again() -> None:
    source = Source(range(1300))
    source.before = lambda number: setattr(source, "depth", 0 if number == 1 else BEYOND)
    assert clean(source) == source.ids


def test_a_list_that_tells_its_length_only_sometimes_is_not_believed() -> None:
    source = Source(range(1300))
    source.before = lambda number: setattr(source, "counted", number % 2 == 0)
    with pytest.raises(Disorder, match="no number or 1300 announced"):
        source.listing()


@pytest.mark.parametrize("rows", [1, 3, 5, 24, 25, 26, 499, 500])
def test_a_source_without_a_total_that_gives_its_whole_list_wherever_it_is_asked_for_is_read_whole(rows: int) -> None:
    whole = [{"id": number} for number in range(rows)]
    asked: list[PageRequest] = []

    def read(request: PageRequest) -> Page:
        asked.append(request)
        return Page(whole, None)

    listing = read_listing(read, id_of, SIZES, "link")
    assert ids_of(listing) == list(range(rows))
    assert len(asked) <= 3
