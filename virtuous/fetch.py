"""Reading a long list by its ids: eight pages at a time, each proven to follow the one before it, smaller where the source cannot cope.

The cursor is an id, never an offset: rows are asked for with `id > cursor`, sorted by id. To have several pages under way, the later ones
are asked for by offset from the same id, and each begins with the last row of the page before it. If it does not, rows came or went in
between; then what is under way is thrown away and reading goes on from the last id. So a delete between two requests loses nobody.

Up to eight pages are under way while reading waits for the source, one or two while the source waits for us: a page that has arrived and
waits to be delivered is only memory, and must be read again after a crash.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, NamedTuple

from common.failures import Disorder, Unavailable
from common.paging import Take

TAKE_SIZES = [1000, 500, 250, 50, 10, 1]
PARALLEL_REQUESTS = 8
MAX_ADJACENT_UNREADABLE = 10  # more in a row than this is an outage, not a poisoned record
MAX_CONTRADICTIONS = 3  # replies in a row that contradict their question: a cache may serve a wrong page once, but not for ever

Record = dict[str, Any]


class IDCursor(NamedTuple):
    """How far a list is read: everything up to `last_id` was delivered, `total_synced` records in all."""

    last_id: int = 0
    total_synced: int = 0

    def advanced(self, last_id: int, records: int) -> IDCursor:
        """The cursor after `records` more, never behind where it was."""
        return IDCursor(max(self.last_id, last_id), self.total_synced + records)


class Reply(NamedTuple):
    """One page as the source gave it; `total` counts all that the question matches, from the first row on."""

    records: list[Record]
    total: int


class PageRequest(NamedTuple):
    """Rows with an id above `after`, without the first `skip`, at most `take`."""

    after: int
    skip: int
    take: int


class Gap(NamedTuple):
    """Records between two ids (both exclusive; `until` None: up to the end) that could not be read at the smallest size.

    `records` is their number, counted from `after`; `request` is the one that failed.
    """

    after: int
    until: int | None
    records: int
    request: PageRequest
    failure: Unavailable


class Batch(NamedTuple):
    """Rows to deliver, in the order of their ids. `remaining` is the source's own count of what is left.

    `keyless` tells of records without an id: the how-manieth each is behind the id (or, `by_offset`, in the list) that was asked from.
    """

    records: list[Record]
    keyless: list[int]
    last_id: int
    remaining: int
    request: PageRequest
    gap: Gap | None = None
    by_offset: bool = False


ReadPage = Callable[[PageRequest], Reply]
IdOf = Callable[[Record], "int | None"]


class Lookahead:
    """How many pages are asked for ahead: more when waiting for one took longer than delivering one, fewer when all of them wait.

    A source that is merely no faster than the delivery gets no more requests at once: it would only answer each of them later. At the most
    there are a quarter more pages than requests at once, so that a thread that is done finds the next question.

    Args:
        least: pages that are asked for ahead in any case.
    """

    def __init__(self, least: int = 1) -> None:
        self._least = least
        self.pages = max(least, PARALLEL_REQUESTS // 4)

    def waited(self, seconds: float, delivering_seconds: float) -> None:
        """The next page was not there when it was wanted; delivering the one before it took `delivering_seconds`."""
        if seconds >= delivering_seconds:
            self.pages = max(self._least, min(self.pages * 2, PARALLEL_REQUESTS * 5 // 4))

    def kept_waiting(self) -> None:
        """All pages that are under way had arrived: the delivery is slower than the source."""
        self.pages = max(self._least, self.pages - 1)


class _Expected(NamedTuple):
    request: PageRequest
    overlaps: bool
    reply: Future[Reply]


class KeysetReader:
    """Reads everything above an id.

    Args:
        read: asks for one page, with its own retries; called in the executor's threads.
        id_of: a record's id.
        executor: at least PARALLEL_REQUESTS threads.
        wait: waits for a reply, so that the caller can save its place meanwhile.
        lookahead: what earlier readers learned of the source's speed.
        now: Unix seconds.
    """

    def __init__(
        self,
        read: ReadPage,
        id_of: IdOf,
        executor: Executor,
        wait: Callable[[Future[Reply]], Reply],
        lookahead: Lookahead,
        now: Callable[[], float],
    ) -> None:
        self._read, self._id_of, self._executor, self._wait, self._lookahead, self._now = read, id_of, executor, wait, lookahead, now
        self._arrived_at: float | None = None
        self._take = Take(TAKE_SIZES)
        self._expected: deque[_Expected] = deque()
        self._covered = 0  # rows behind the last id that the expected pages hold

    def batches(self, after: int) -> Iterator[Batch]:
        """Batches in the order of their ids until the source has no more.

        Raises:
            Disorder: if pages are again and again not sorted, not filtered, or lead nowhere.
            SourceFailure: what `read` raises, once no smaller page can help.
        """
        last_id, finished, contradictions = after, False, 0
        try:
            while not finished:
                if not self._expected:
                    self._ask(last_id)
                batch = None
                try:
                    batch, finished = self._next(last_id)
                    contradictions = 0
                except Disorder:
                    contradictions += 1
                    if contradictions > MAX_CONTRADICTIONS:
                        raise
                    self._forget()
                except Unavailable as failure:
                    batch = self._ask_for_less(last_id, failure)
                    finished = batch is not None and batch.gap is not None and batch.gap.until is None and not batch.keyless
                if batch is not None:
                    last_id = batch.last_id
                    yield batch
        finally:
            self._forget()

    def _ask(self, after: int) -> None:
        overlaps = bool(self._expected)
        skip = self._covered - 1 if overlaps else 0
        request = PageRequest(after, skip, self._take.size)
        self._expected.append(_Expected(request, overlaps, self._executor.submit(self._read, request)))
        self._covered = skip + request.take

    def _forget(self) -> None:
        for page in self._expected:
            page.reply.cancel()
        self._expected.clear()
        self._covered = 0

    def _next(self, last_id: int) -> tuple[Batch | None, bool]:
        """The next batch, None if it does not follow the last one; and whether it is the last of all."""
        request, overlaps, future = self._expected.popleft()
        records, total = self._in_order(_believable(self._timed(future), request), request)
        ids = self._ascending_ids(records, request)
        if overlaps and (not ids or ids[0] != last_id):
            self._forget()
            return None, False
        fresh = slice(1 if overlaps else 0, None)
        seen = request.skip + len(records)
        batch = _batch(records[fresh], ids[fresh], last_id, max(total - seen, 0), request, request.skip + 1 + overlaps)
        finished = not records or (seen >= total and len(records) < request.take)
        self._check_headway(batch, last_id, finished)
        self._plan(batch, request, len(records), len(records) - overlaps)
        return batch, finished

    def _timed(self, wanted: Future[Reply]) -> Reply:
        """Waits for a reply, and compares the speeds of source and delivery."""
        was_there, wanted_at, arrived_before = wanted.done(), self._now(), self._arrived_at
        reply = self._wait(wanted)
        self._arrived_at = self._now()
        if was_there and self._expected and all(page.reply.done() for page in self._expected):
            self._lookahead.kept_waiting()
        elif not was_there and arrived_before is not None:
            self._lookahead.waited(self._arrived_at - wanted_at, wanted_at - arrived_before)
        return reply

    def _plan(self, batch: Batch, request: PageRequest, received: int, fresh: int) -> None:
        if received < request.take and batch.remaining:  # a silent cap: the pages under way leave holes behind this one
            self._take.shrink()
            self._forget()
            return
        self._take.succeeded()
        self._covered -= fresh
        if batch.keyless or not batch.records:
            self._forget()
            return
        while len(self._expected) < self._lookahead.pages and self._covered < batch.remaining:
            if self._expected and self._take.size == 1:
                return  # a page of one row that begins with the row before it would bring nothing
            self._ask(batch.last_id)

    def _in_order(self, reply: Reply, request: PageRequest) -> Reply:
        """The reply; one that holds all that was asked for need not have come in the order of the ids."""
        if request.skip or len(reply.records) < reply.total or any(self._id_of(record) is None for record in reply.records):
            return reply
        return reply._replace(records=sorted(reply.records, key=lambda record: self._id_of(record) or 0))

    def _ascending_ids(self, records: list[Record], request: PageRequest) -> list[int | None]:
        ids = [self._id_of(record) for record in records]
        known = [number for number in ids if number is not None]
        if any(later <= earlier for earlier, later in zip([request.after, *known], known, strict=False)):
            raise Disorder(f"the reply to id > {request.after} is not sorted by id or not filtered")
        return ids

    @staticmethod
    def _check_headway(batch: Batch, last_id: int, finished: bool) -> None:
        if not finished and batch.last_id == last_id and not batch.request.skip:
            raise Disorder(f"the page behind id {last_id} holds nothing new, though {batch.remaining} records are left")

    def _ask_for_less(self, last_id: int, failure: Unavailable) -> Batch | None:
        self._forget()
        if not self._take.smallest:
            self._take.shrink()
            return None
        return self._step_over(last_id, failure)

    def _step_over(self, last_id: int, failure: Unavailable) -> Batch:
        """The first batch behind what cannot be read; only a success behind it tells a poisoned record from an outage."""
        for skip in range(1, MAX_ADJACENT_UNREADABLE + 1):
            request = PageRequest(last_id, skip, 1)
            try:
                reply = _believable(self._wait(self._executor.submit(self._read, request)), request)
            except Unavailable:
                continue
            if reply.records and self._id_of(reply.records[0]) is None:
                continue  # without an id it leads nowhere: it belongs to the gap, and counting names it
            return self._behind_gap(reply, request, last_id, failure)
        raise failure

    def _behind_gap(self, reply: Reply, request: PageRequest, last_id: int, failure: Unavailable) -> Batch:
        ids = self._ascending_ids(reply.records, request)
        gap = Gap(last_id, ids[0] if ids else None, request.skip, PageRequest(last_id, 0, 1), failure)
        remaining = max(reply.total - request.skip - len(reply.records), 0)
        return _batch(reply.records, ids, last_id, remaining, request, request.skip + 1)._replace(gap=gap)


def _batch(
    records: list[Record], ids: list[int | None], last_id: int, remaining: int, request: PageRequest, first: int
) -> Batch:
    """A batch of records with these ids, of which the first is the `first` behind the id that was asked from."""
    keyless = [number for number, record_id in enumerate(ids, first) if record_id is None]
    keyed = [record for record, record_id in zip(records, ids, strict=True) if record_id is not None] if keyless else records
    newest = next((record_id for record_id in reversed(ids) if record_id is not None), last_id)
    return Batch(keyed, keyless, newest, remaining, request)


def _believable(reply: Reply, request: PageRequest) -> Reply:
    """The reply, unless it is empty and tells of more: nothing may end on that.

    Raises:
        Unavailable: if so.
    """
    if not reply.records and reply.total > request.skip:
        raise Unavailable(f"a page of id > {request.after} is empty, though {reply.total - request.skip} records should be on it or behind")
    return reply


def read_by_offset(read: ReadPage, id_of: IdOf, passes: int = 3) -> Iterator[Batch]:
    """Everything of a list that cannot be asked for by id, a page at a time, again until nothing is missing.

    Nothing is when as many different records were seen as the source counts: in one pass, the same number from its first page to its last,
    or in all passes together, if that number was the same in all of them.

    Raises:
        Disorder: if that never comes true.
        SourceFailure: what `read` raises, once no smaller page can help.
    """
    seen: set[int] = set()
    totals: set[int] = set()
    all_totals: set[int] = set()
    for _ in range(passes):
        this_pass: set[int] = set()
        totals = set()
        without_id = 0
        for batch, total in _pages_by_offset(read, id_of):
            ids = [number for record in batch.records if (number := id_of(record)) is not None]
            fresh = [record for record, number in zip(batch.records, ids, strict=True) if number not in seen]
            this_pass.update(ids)
            seen.update(ids)
            totals.add(total)
            without_id += len(batch.keyless) + (batch.gap is not None)
            yield batch._replace(records=fresh)
        all_totals |= totals
        if totals == {len(this_pass) + without_id} or (not without_id and all_totals == {len(seen)}):
            return
    raise Disorder(f"the pages do not add up: {len(seen)} different records seen, {sorted(totals)} announced")


def _pages_by_offset(read: ReadPage, id_of: IdOf) -> Iterator[tuple[Batch, int]]:
    skip, take, failed = 0, Take(TAKE_SIZES), deque[tuple[PageRequest, Unavailable]]()
    while True:
        request = PageRequest(0, skip, take.size)
        try:
            records, total = _believable(read(request), request)
        except Unavailable as failure:
            if take.smallest:
                failed.append((request, failure))
                skip += 1
            if len(failed) > MAX_ADJACENT_UNREADABLE:
                raise
            take.shrink()
            continue
        take.succeeded()
        for unreadable, why in failed:  # something behind them can be read, so they are poisoned and it is no outage
            yield Batch([], [], 0, 0, unreadable, Gap(0, None, 1, unreadable, why), by_offset=True), total
        failed.clear()
        skip += len(records)
        keyed = [record for record in records if id_of(record) is not None]
        keyless = [number for number, record in enumerate(records, request.skip + 1) if id_of(record) is None]
        yield Batch(keyed, keyless, 0, max(total - skip, 0), request, by_offset=True), total
        if not records or skip >= total:
            return
