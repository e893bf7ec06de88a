"""Reading a list that can only be asked for by offset, smaller pages where the source cannot cope, until nothing can be missing.

An offset is no cursor: a delete in front of it moves everybody behind it. So a list is read from its beginning to its end within one sync,
and read again unless it stood still meanwhile; what survives a checkpoint are the ids and checksums of what was delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from common.failures import Disorder, Unavailable
from common.paging import Take

PAGE_SIZES = [500, 100, 25, 5, 1]
PARALLEL_REQUESTS = 8
PASSES = 8  # a list of campaigns changes a few times a day, not with each page
MAX_ADJACENT_UNREADABLE = 10  # more in a row than this is an outage, not a poisoned record

Record = dict[str, Any]
IdOf = Callable[[Record], "int | None"]


class PageRequest(NamedTuple):
    """At most `limit` rows behind the first `offset`, in the order of their ids."""

    offset: int
    limit: int


class Page(NamedTuple):
    """What the source answered; `total` counts all rows of the list, None if it does not say."""

    records: list[Record]
    total: int | None


ReadPage = Callable[[PageRequest], Page]


class Gap(NamedTuple):
    """A row that cannot be read at the smallest size: where it stands, and between which ids (exclusive; None: up to the end)."""

    request: PageRequest
    failure: Unavailable
    after: int
    until: int | None


@dataclass
class Listing:
    """All rows of a list that can be read, in the order of their ids.

    `keyless` are the places of rows without an id; where one is, or a gap, nobody can tell who is gone.
    """

    records: list[Record] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    keyless: list[int] = field(default_factory=list)

    def unknown(self, ids: Collection[int]) -> set[int]:
        """Those of some ids of which the listing does not tell whether they are there."""
        if self.keyless:
            return set(ids)
        return {number for number in ids for gap in self.gaps if gap.after < number < (gap.until or number + 1)}


class _Pass:
    """One reading from the first row to the last.

    A page begins with the last row of the page before it, so that rows that came or went in between show: `chained` tells. A total would
    not tell: one that came for one that went leaves it as it was.
    """

    def __init__(self, read: ReadPage, id_of: IdOf, pages: str) -> None:
        self._read, self._id_of, self._pages = read, id_of, pages
        self._take = Take(PAGE_SIZES)
        self._offset = self._overlap = self._failed_in_a_row = 0
        self.records: list[Record] = []
        self.failed: list[tuple[PageRequest, Unavailable, int]] = []
        self.totals: set[int | None] = set()
        self.chained = True

    def run(self) -> _Pass:
        """Reads all pages."""
        finished = False
        while not finished:
            request = PageRequest(self._offset - self._overlap, self._size() + self._overlap)
            try:
                finished = self._add(_believable(self._read(request), request))
            except Unavailable as failure:
                self._ask_for_less(failure)
        return self

    @property
    def ids(self) -> list[int | None]:
        """The ids of the rows as they came."""
        return [self._id_of(record) for record in self.records]

    @property
    def found(self) -> int:
        """How many different rows there are."""
        return len(set(self.ids) - {None}) + self.ids.count(None) + len(self.failed)

    def _size(self) -> int:
        """The size of the next page. Pages that are asked for by their number all have one size up to there."""
        if self._pages != "page":
            return self._take.size
        return next(size for size in (*PAGE_SIZES, 1) if size <= self._take.size and self._offset % size == 0)

    def _add(self, page: Page) -> bool:
        """Takes a page; whether it was the last one."""
        records, total = page
        self._failed_in_a_row = 0
        self._take.succeeded()
        if self._pages == "page" and self._offset:
            self.chained = False
        follows = not self._overlap or (bool(records) and self._id_of(records[0]) == self._id_of(self.records[-1]))
        self.chained = self.chained and follows
        self.totals.add(total)
        self.records += records[self._overlap :] if follows else records
        fresh = len(records) - self._overlap
        self._offset += max(fresh, 0)
        self._overlap = 1 if self._pages == "offset" else 0
        return fresh <= 0 or self._pages == "none" or (total is not None and self._offset >= total)

    def _ask_for_less(self, failure: Unavailable) -> None:
        """After a failure: a smaller page, or if there is none, what stands behind the row that cannot be read."""
        if self._take.smallest:
            self._failed_in_a_row += 1
            if self._failed_in_a_row > MAX_ADJACENT_UNREADABLE:
                raise failure
            self.failed.append((PageRequest(self._offset, 1), failure, len(self.records)))
            self._offset, self._overlap = self._offset + 1, 0
        self._take.shrink()


def read_listing(read: ReadPage, id_of: IdOf, pages: str = "offset") -> Listing:
    """Everything of a list.

    Done when one pass brought as many different rows as the source announced, if it does, the same number from its first page to its last,
    and nobody slipped through between two pages: each began with the last row of the page before it, or, where pages cannot begin
    anywhere or come in no order, two passes brought the same rows.

    Args:
        read: asks for a page.
        id_of: a row's id, None if it has none.
        pages: "offset" if a page may begin anywhere, "page" if only behind a number of pages of its size, "none" if the list comes whole.

    Raises:
        Disorder: if that never comes true.
        SourceFailure: what `read` raises, once no smaller page can help.
    """
    problem, before = "", set[int | None]()
    for _ in range(PASSES if pages != "none" else 1):
        this = _Pass(read, id_of, pages).run()
        again, before = set(this.ids) == before, set(this.ids)
        whole = this.totals in ({this.found}, {None}) and (this.chained or again)
        if whole or pages == "none":
            return _listing(this, id_of)
        problem = f"the pages do not add up: {this.found} rows seen, {sorted(total or 0 for total in this.totals)} announced"
    raise Disorder(problem)


def _believable(page: Page, request: PageRequest) -> Page:
    """The page, unless it is empty and tells of more: nothing may end on that.

    Raises:
        Unavailable: if so.
    """
    if not page.records and page.total is not None and page.total > request.offset:
        raise Unavailable(f"a page from row {request.offset} is empty, though there are {page.total} rows")
    return page


def _listing(this: _Pass, id_of: IdOf) -> Listing:
    """The rows of a pass by id; a row that came twice stands once."""
    by_id = {number: record for record in this.records if (number := id_of(record)) is not None}
    keyless = [place for place, record in enumerate(this.records) if id_of(record) is None]
    gaps = []
    for request, failure, place in this.failed:
        before = [number for record in this.records[:place] if (number := id_of(record)) is not None]
        behind = [number for record in this.records[place:] if (number := id_of(record)) is not None]
        gaps.append(Gap(request, failure, max(before, default=0), min(behind, default=None)))
    return Listing([by_id[number] for number in sorted(by_id)], gaps, keyless)
