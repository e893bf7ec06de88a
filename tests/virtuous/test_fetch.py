"""fetch.py against a scripted list: what arrives, how often it is asked, and what happens when the list lies or breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.failures import Disorder, Unavailable
from tests.loading import load

fetch = load("virtuous").fetch


class Inline(Executor):
    """Runs each task when it is submitted, so that a script decides what happens between two requests."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Unavailable as failure:
            future.set_exception(failure)
        return future


def full_ahead() -> Any:
    """As many pages under way as there may be, whatever their speed: here every reply is there at once."""
    return fetch.Lookahead(least=fetch.PARALLEL_REQUESTS)


def reader_of(read: Callable[[Any], Any]) -> Any:
    return fetch.KeysetReader(read, lambda record: record.get("id"), Inline(), lambda future: future.result(), full_ahead(), lambda: 0.0)


class Source:
    """A list of records by id that answers as the API does, with hooks to misbehave."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = sorted(ids)
        self.asked: list[Any] = []
        self.before: Callable[[int, Any], None] = lambda number, request: None
        self.poisoned: set[int] = set()
        self.too_large = 10**9
        self.cap = 10**9

    def read(self, request: Any) -> Any:
        self.before(len(self.asked), request)
        self.asked.append(request)
        matching = [number for number in self.ids if number > request.after]
        window = matching[request.skip : request.skip + min(request.take, self.cap)]
        if request.take > self.too_large or self.poisoned & set(window):
            raise Unavailable("answered 500")
        return fetch.Reply([{"id": number} for number in window], len(matching))

    def batches(self, after: int = 0) -> list[Any]:
        return list(reader_of(self.read).batches(after))


def ids_of(batches: list[Any]) -> list[int]:
    return [record["id"] for batch in batches for record in batch.records]


@pytest.mark.parametrize("number", [0, 1, 999, 1000, 1001, 1999, 2000, 8000, 20_001])
def test_every_id_arrives_once_in_order(number: int) -> None:
    source = Source(range(5, 5 + 3 * number, 3))
    assert ids_of(source.batches()) == source.ids
    fewest = max(1, -(-number // 1000))
    assert len(source.asked) <= fewest + 2  # the overlap of one row a page, and one more look behind a full page


def test_no_offset_grows_with_the_list() -> None:
    source = Source(range(1, 60_000))
    source.batches()
    assert max(request.skip for request in source.asked) < fetch.PARALLEL_REQUESTS * fetch.TAKE_SIZES[0]


def test_reading_goes_on_behind_the_cursor() -> None:
    source = Source(range(1, 3000))
    assert ids_of(source.batches(after=2500)) == list(range(2501, 3000))


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(1, 6000), min_size=1), st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6000)), max_size=8))
def test_a_delete_between_two_requests_loses_no_bystander(ids: set[int], deletes: list[tuple[int, int]]) -> None:
    source = Source(ids)

    def delete(number: int, request: Any) -> None:
        gone = {target for at, target in deletes if at == number}
        source.ids = [one for one in source.ids if one not in gone]

    source.before = delete
    arrived = ids_of(source.batches())
    assert set(source.ids) <= set(arrived) <= ids
    assert arrived == sorted(set(arrived))


def test_a_delete_in_an_earlier_page_is_noticed_by_the_overlap() -> None:
    source = Source(range(1, 5001))

    def delete(number: int, request: Any) -> None:
        if number == 3:  # the later pages have been cut short by one row then
            source.ids.remove(1500)

    source.before = delete
    assert set(range(1, 5001)) - set(ids_of(source.batches())) <= {1500}


def test_pages_shrink_while_they_fail_and_grow_back() -> None:
    source = Source(range(1, 30_000))
    source.too_large = 250
    source.before = lambda number, request: setattr(source, "too_large", 250 if number < 60 else 10**9)
    assert ids_of(source.batches()) == source.ids
    sizes = [request.take for request in source.asked]
    assert sizes[0] == 1000
    assert 250 in sizes
    assert sizes[-1] == 1000
    refused = sum(size > 250 for size in sizes[:60])
    assert refused < 20  # it does not run into the same wall after every fourth page


@pytest.mark.parametrize("poisoned", [{1}, {777}, {3000}, {1000, 1001}, {5, 2500}, {2999, 3000}])
def test_what_cannot_be_read_alone_becomes_a_gap_and_the_rest_arrives(poisoned: set[int]) -> None:
    source = Source(range(1, 3001))
    source.poisoned = poisoned
    batches = source.batches()
    assert set(ids_of(batches)) == set(source.ids) - poisoned
    gaps = [batch.gap for batch in batches if batch.gap]
    inside = {number for gap in gaps for number in source.ids if gap.after < number < (gap.until or 10**9)}
    assert inside == poisoned


def test_an_outage_is_no_poison() -> None:
    source = Source(range(1, 3001))
    source.too_large = 0
    with pytest.raises(Unavailable):
        source.batches()


def test_an_outage_half_way_keeps_what_arrived_and_skips_nothing() -> None:
    source = Source(range(1, 5001))
    source.before = lambda number, request: setattr(source, "too_large", 0 if number >= 3 else 10**9)
    arrived: list[int] = []
    with pytest.raises(Unavailable):
        collect(source, arrived)
    assert arrived == list(range(1, len(arrived) + 1))


def collect(source: Source, arrived: list[int]) -> None:
    reader = reader_of(source.read)
    for batch in reader.batches(0):
        assert batch.gap is None
        arrived += ids_of([batch])


@pytest.mark.parametrize("cap", [1, 7, 100, 999])
def test_a_silent_cap_loses_nothing(cap: int) -> None:
    source = Source(range(1, 1500))
    source.cap = cap
    assert ids_of(source.batches()) == source.ids


def shuffled(source: Source, reply: Any) -> Any:
    return reply._replace(records=reply.records[::-1])


def unfiltered(source: Source, reply: Any) -> Any:
    return fetch.Reply([{"id": number} for number in source.ids[:1000]], len(source.ids))


@pytest.mark.parametrize("lie", [shuffled, unfiltered])
def test_a_source_that_does_not_sort_or_filter_is_not_believed(lie: Callable[[Source, Any], Any]) -> None:
    source = Source(range(1, 2500))
    reader = reader_of(lambda request: lie(source, source.read(request)))
    with pytest.raises(Disorder):
        list(reader.batches(0))


def test_a_page_that_contradicts_its_question_is_asked_for_again() -> None:
    source = Source(range(1, 4500))
    wrong = [True, False, True, True, False, True]

    def read(request: Any) -> Any:
        return unfiltered(source, None) if request.after and wrong and wrong.pop() else source.read(request)

    reader = reader_of(read)
    assert ids_of(list(reader.batches(0))) == source.ids
    assert not wrong


class Unfinished(Executor):
    """Replies that arrive only when somebody waits for them, which takes a while, or when they are let in."""

    def __init__(self, reply_seconds: float) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.reply_seconds, self.now = reply_seconds, 0.0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append(lambda: None if future.done() else future.set_result(fn(*args, **kwargs)))
        return future

    def let_in(self) -> None:
        for arrive in self.waiting:
            arrive()
        self.waiting.clear()

    def wait(self, future: Future[Any]) -> Any:
        if not future.done():
            self.now += self.reply_seconds
            self.waiting.pop(0)()
        return future.result()

    def time(self) -> float:
        return self.now

    def batches(self, source: Source, lookahead: Any) -> Any:
        reader = fetch.KeysetReader(source.read, lambda record: record["id"], self, self.wait, lookahead, self.time)
        return reader.batches(0)


def test_a_slow_source_is_asked_for_many_pages_ahead_and_a_fast_one_for_one() -> None:
    executor, lookahead = Unfinished(reply_seconds=5.0), fetch.Lookahead()
    batches = executor.batches(Source(range(1, 60_000)), lookahead)
    for _ in range(6):
        next(batches)
        executor.now += 1.0
    assert len(executor.waiting) == fetch.PARALLEL_REQUESTS * 5 // 4
    for _ in range(12):
        executor.let_in()
        next(batches)
        executor.now += 1.0
    assert len(executor.waiting) <= 1
    assert lookahead.pages == 1


def test_a_source_as_fast_as_the_delivery_gets_no_more_requests_at_once() -> None:
    executor, lookahead = Unfinished(reply_seconds=1.0), fetch.Lookahead()
    batches = executor.batches(Source(range(1, 60_000)), lookahead)
    for _ in range(12):
        next(batches)
        executor.now += 1.5
    assert lookahead.pages <= 2


def test_a_record_without_an_id_is_handed_over_and_ends_nothing() -> None:
    source = Source(range(1, 2500))

    def read(request: Any) -> Any:
        reply = source.read(request)
        return reply._replace(records=[{} if record["id"] == 1200 else record for record in reply.records])

    reader = reader_of(read)
    batches = list(reader.batches(0))
    assert set(ids_of(batches)) == set(source.ids) - {1200}
    assert sum(len(batch.keyless) for batch in batches) >= 1


class Offsets:
    """A list that knows no ids as parameters."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = list(ids)
        self.asked = 0
        self.before: Callable[[int], None] = lambda number: None

    def read(self, request: Any) -> Any:
        self.before(self.asked)
        self.asked += 1
        window = self.ids[request.skip : request.skip + request.take]
        return fetch.Reply([{"id": number} for number in window], len(self.ids))

    def ids_read(self) -> list[int]:
        return ids_of(list(fetch.read_by_offset(self.read, lambda record: record["id"])))


def test_by_offset_everything_arrives_once() -> None:
    source = Offsets(range(1, 3501))
    assert ids_of(list(fetch.read_by_offset(source.read, lambda record: record["id"]))) == source.ids
    assert source.asked == 4


def test_by_offset_a_delete_between_pages_is_cured_by_another_pass() -> None:
    source = Offsets(range(1, 3501))
    source.before = lambda number: source.ids.remove(1) if number == 1 else None
    assert set(source.ids) <= set(source.ids_read())


def test_by_offset_what_one_pass_repeats_another_may_show() -> None:
    source = Offsets(range(1, 3501))
    honest, asked = source.read, [0]

    def read(request: Any) -> Any:
        asked[0] += 1
        again = request._replace(skip=0) if asked[0] in {2, 7} else request
        return honest(again)

    batches = list(fetch.read_by_offset(read, lambda record: record["id"]))
    assert sorted(ids_of(batches)) == source.ids
    assert asked[0] == 8


def test_by_offset_pages_that_never_add_up_are_an_error() -> None:
    source = Offsets(range(1, 3501))
    source.before = lambda number: source.ids.append(10_000 + number)
    with pytest.raises(Disorder):
        source.ids_read()


def test_the_cursor_never_moves_back() -> None:
    cursor = fetch.IDCursor(50, 10)
    assert cursor.advanced(40, 3) == fetch.IDCursor(50, 13)
    assert cursor.advanced(60, 3) == fetch.IDCursor(60, 13)


class Troubled(Source):
    """A source with everything that can go wrong at once: `failing` are requests by their number, `deletes` are made before one."""

    def __init__(self, ids: Iterable[int], failing: set[int], deletes: list[tuple[int, int]]) -> None:
        super().__init__(ids)
        self.failing, self.deletes = failing, deletes

    def read(self, request: Any) -> Any:
        number = len(self.asked)
        self.ids = [one for one in self.ids if (number, one) not in self.deletes]
        reply = super().read(request)
        if number in self.failing:
            raise Unavailable("answered 502")
        return reply


@settings(max_examples=150, deadline=None, print_blob=True)
@given(
    ids=st.sets(st.integers(1, 400), min_size=1, max_size=120),
    sizes=st.sampled_from([[20, 7, 1], [5, 1], [3, 2, 1], [1]]),
    cap=st.integers(1, 30),
    too_large=st.integers(1, 30),
    poisoned=st.sets(st.integers(1, 400), max_size=3),
    failing=st.sets(st.integers(0, 40), max_size=4),
    deletes=st.lists(st.tuples(st.integers(0, 15), st.integers(1, 400)), max_size=20),
    after=st.integers(0, 100),
)
def test_every_id_is_visited_once_or_named_whatever_goes_wrong_at_once(
    *,
    ids: set[int],
    sizes: list[int],
    cap: int,
    too_large: int,
    poisoned: set[int],
    failing: set[int],
    deletes: list[tuple[int, int]],
    after: int,
) -> None:
    source = Troubled(ids, failing, deletes)
    source.cap, source.too_large, source.poisoned = cap, too_large, poisoned
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "TAKE_SIZES", sizes)
        batches = source.batches(after)
    arrived = ids_of(batches)
    assert arrived == sorted(set(arrived))
    gaps = [(batch.gap.after, batch.gap.until or 10**9) for batch in batches if batch.gap]
    named = {number for number in ids for low, high in gaps if low < number < high}
    assert {number for number in source.ids if number > after} <= {*arrived, *named}
    assert set(arrived) <= {number for number in ids if number > after} - named - poisoned
