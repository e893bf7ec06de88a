"""Reading a list that can only be asked for by offset, smaller pages where the source cannot cope, until nothing can be missing.

An offset is no cursor: a delete in front of it moves everybody behind it. So a list is read from its beginning to its end within one sync,
and read again unless it stood still meanwhile; what survives a checkpoint are the ids and checksums of what was delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from common.failures import Disorder, Unavailable
from common.paging import Take

PASSES = 8  # a list of campaigns changes a few times a day, not with each page
MAX_ADJACENT_UNREADABLE = 10  # more in a row than this is an outage, not a poisoned record
UNCHAINED = frozenset({"page", "link"})  # pages that cannot begin with the last row of the page before them

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

    `keyless` are the places of rows without an id; where one is, or a gap, nobody can tell who is gone. `sizes` are those that its pages
    could have, for whoever wants to read it once more; none if nobody can, since it is no list of the source's own.
    """

    records: list[Record] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    keyless: list[int] = field(default_factory=list)
    sizes: Sequence[int] = ()

    def unknown(self, ids: Collection[int]) -> set[int]:
        """Those of some ids of which the listing does not tell whether they are there."""
        if self.keyless:
            return set(ids)
        return {number for number in ids for gap in self.gaps if gap.after < number < (gap.until or number + 1)}


class _Hollow(Unavailable):
    """A page without rows, though its own total tells of more."""


class _Pass:
    """One reading from the first row to the last.

    A page begins with the last row of the page before it, so that rows that came or went in between show: `chained` tells. A total would
    not tell: one that came for one that went leaves it as it was. `whole` tells whether the end was reached, or what looks like it.
    """

    def __init__(self, read: ReadPage, id_of: IdOf, sizes: Sequence[int], pages: str) -> None:
        self._read, self._id_of, self._sizes, self._pages = read, id_of, sizes, pages
        self._take = Take(sizes)
        self._offset = self._overlap = self._failed_in_a_row = 0
        self.records: list[Record] = []
        self.failed: list[tuple[PageRequest, Unavailable, int]] = []
        self.totals: set[int | None] = set()
        self.chained = self.whole = True
        self._met: set[int | str] = set()

    def run(self) -> _Pass:
        """Reads all pages, up to where it is no use."""
        finished = False
        while not finished:
            request = PageRequest(self._offset - self._overlap, self._size() + self._overlap)
            try:
                finished = self._add(_believable(self._read(request), request))
            except Unavailable as failure:
                finished = self._ask_for_less(failure)
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
        return next(size for size in (*self._sizes, 1) if size <= self._take.size and self._offset % size == 0)

    def _add(self, page: Page) -> bool:
        """Takes a page; whether it was the last one."""
        records, total = page
        self._failed_in_a_row = 0
        self._take.succeeded()
        if self._offset and not self._overlap and (self._pages in UNCHAINED or total is None):
            self.chained = False
        follows = not self._overlap or (bool(records) and self._id_of(records[0]) == self._id_of(self.records[-1]))
        self.chained = self.chained and follows
        self.totals.add(total)
        if total is None and self._takes_no_place(records):
            is_whole = len(records) != self._take.size or self._take.smallest
            self._take.shrink()  # of a page of just the size that was asked for only another size tells
            self.records, self.chained = (records, True) if is_whole else (self.records, self.chained)
            return is_whole
        self.records += records[self._overlap :] if follows else records
        fresh = len(records) - self._overlap
        self._offset += max(fresh, 0)
        self._overlap = 1 if self._pages == "offset" else 0
        if fresh > 0 and not self._is_news(records):
            self.whole = False  # a source that repeats itself whatever it is asked for would do so for ever
        return fresh <= 0 or not self.whole or self._pages == "none" or (total is not None and self._offset >= total)

    def _takes_no_place(self, records: list[Record]) -> bool:
        """Whether the source gives the whole list, whatever place it is asked for: most of what came before comes once more."""
        if self._pages != "link" or not self._offset or not records:
            return False
        known = set(self.ids)
        return 2 * sum(self._id_of(record) in known for record in records) >= max(len(records), len(self.records))

    def _is_news(self, records: list[Record]) -> bool:
        """Whether a page has a row that has not come before; takes note of all."""
        known = len(self._met)
        self._met.update(repr(record) if (number := self._id_of(record)) is None else number for record in records)
        return len(self._met) > known

    def _ask_for_less(self, failure: Unavailable) -> bool:
        """After a failure: a smaller page, or if there is none, what stands behind the row that cannot be read; whether that is no use."""
        if self._take.smallest:
            self._failed_in_a_row += 1
            if self._failed_in_a_row > MAX_ADJACENT_UNREADABLE or self._pages == "none":
                raise failure
            if isinstance(failure, _Hollow):  # as behind the last row that a source lets anyone reach
                self.whole = False
                return True
            self.failed.append((PageRequest(self._offset, 1), failure, len(self.records)))
            self._offset, self._overlap = self._offset + 1, 0
        self._take.shrink()
        return False


def read_listing(read: ReadPage, id_of: IdOf, sizes: Sequence[int], pages: str = "offset", known: Collection[int] | None = None) -> Listing:
    """Everything of a list.

    Done when one pass brought as many different rows as the source announced, if it does, the same number from its first page to its last,
    and nobody slipped through between two pages: each began with the last row of the page before it, or, where a page could not or pages
    come in no order, two passes brought the same rows. A pass along the source's links is believed if it had one page only, or brought
    exactly the rows that are known; if not, the list is read once more in pages that overlap.

    Args:
        read: asks for a page.
        id_of: a row's id, None if it has none.
        sizes: how many rows a page may have, largest first.
        pages: "offset" if a page may begin anywhere, "page" if only behind a number of pages of its size, "link" if `read` follows the
            source's own links, which lead from the last row of a page to the next one, "none" if the list comes whole.
        known: the ids that were delivered before, None if nobody knows.

    Raises:
        Disorder: if that never comes true.
        SourceFailure: what `read` raises, once no smaller page can help.
    """
    problem = ""
    agreeing: list[set[int | None]] = [set(known)] if known is not None and pages == "link" else []
    for number in range(PASSES if pages != "none" else 1):
        this = _chained_pass(read, id_of, sizes) if pages == "link" and number else _Pass(read, id_of, sizes, pages).run()
        ids = set(this.ids) if this.whole else None
        stood_still = ids is not None and (this.chained or ids in agreeing)
        if (stood_still and this.totals in ({this.found}, {None})) or pages == "none":
            return _listing(this, id_of, sizes, by_id=pages != "link")
        agreeing += [ids] if ids is not None else []
        problem = f"the pages do not add up: {this.found} rows seen, {_spell(this.totals)} announced"
    raise Disorder(problem)


def _chained_pass(read: ReadPage, id_of: IdOf, sizes: Sequence[int]) -> _Pass:
    """A pass in which each page begins with the last row of the page before it, and has as many rows as it may in all."""
    return _Pass(read, id_of, sorted({max(size - 1, 1) for size in sizes}, reverse=True), "offset").run()


def _spell(totals: Collection[int | None]) -> str:
    return " or ".join("no number" if total is None else str(total) for total in sorted(totals, key=lambda total: total or 0)) or "nothing"


def _believable(page: Page, request: PageRequest) -> Page:
    """The page, unless it is empty and tells of more: nothing may end on that.

    Raises:
        _Hollow: if so.
    """
    if not page.records and page.total is not None and page.total > request.offset:
        raise _Hollow(f"a page from row {request.offset} is empty, though there are {page.total} rows")
    return page


def _listing(this: _Pass, id_of: IdOf, sizes: Sequence[int], *, by_id: bool) -> Listing:
    """The rows of a pass by id; a row that came twice stands once. `by_id` tells whether they were asked for in that order."""
    rows = {number: record for record in this.records if (number := id_of(record)) is not None}
    keyless = [place for place, record in enumerate(this.records) if id_of(record) is None]
    around = partial(_around, this.records, id_of) if by_id else _anywhere
    gaps = [Gap(request, failure, *around(place)) for request, failure, place in this.failed]
    return Listing([rows[number] for number in sorted(rows)], gaps, keyless, sizes)


def _anywhere(place: int) -> tuple[int, int | None]:
    del place
    return 0, None


def _around(records: list[Record], id_of: IdOf, place: int) -> tuple[int, int | None]:
    """Between which ids a row stands that was not read; if the source does not sort as it was asked to, it may be any."""
    before, behind = ([number for record in some if (number := id_of(record)) is not None] for some in (records[:place], records[place:]))
    in_order = all(one <= two for one, two in pairwise([*before, *behind]))
    return (max(before, default=0), min(behind, default=None)) if in_order else _anywhere(place)
