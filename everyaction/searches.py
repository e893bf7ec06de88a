"""Searches for people, as they are asked for: read to their end, or replaced by narrower ones when they find too many."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from api import Record
from common.failures import Disorder
from common.listing import Page, PageRequest, read_listing
from context import Context
from fetch import WHOLE_ATTEMPTS, sizes
from plan import MOST_ROWS
from sweep import MOST_PEOPLE, Part, belongs, can_be_split, children

PATH = "/people"


class Found(NamedTuple):
    """What a search came to: people, or narrower searches in its place."""

    people: list[int]
    instead: list[Part]


class Searches:
    """Reads searches for people.

    Args:
        context: the sync's tools.
    """

    def __init__(self, context: Context) -> None:
        self._api, self._pager = context.api, context.pager

    def run(self, part: Part) -> Found:
        """The people of a search, or narrower searches. Safe in threads.

        Raises:
            SourceFailure: if it cannot be read.
        """
        size = sizes(MOST_ROWS)
        first = self._pager.rows(PATH, {part.field: part.prefix}, PageRequest(0, size[0]), WHOLE_ATTEMPTS)
        people, total = first.records, first.total
        if total is not None and total > MOST_PEOPLE and can_be_split(part):
            return Found([], self._split(part, total))
        if total is not None and total > MOST_PEOPLE:
            return Found(self._read_twice(part, size[0]), [])
        if total != len(people):
            listing = read_listing(partial(self._page, part), _id_of, size, "link")
            people = listing.records
            if listing.gaps or listing.keyless:
                raise Disorder(f"{PATH}: some of the people of a search cannot be read")
        return Found(sorted(_those_of(part, people)), [])

    def _read_twice(self, part: Part, size: int) -> list[int]:
        """Those who count in a search that is too large to stand still while it is read, and that cannot be split.

        They are few, so that somebody who slips from one page to the other in both readings is not to be expected.

        Raises:
            Disorder: if the source does not let it be read to its end.
        """
        found = set[int]()
        for _ in range(2):
            offset, last, total = 0, False, 0
            while not last:
                listed = self._pager.rows(PATH, {part.field: part.prefix}, PageRequest(offset, size), WHOLE_ATTEMPTS)
                found |= _those_of(part, listed.records)
                offset, total = offset + len(listed.records), listed.total or 0
                last = not listed.records or 0 < total <= offset
            if offset < total:
                raise Disorder(f"{PATH}: of {total:,} people of a search by {part.field} only {offset:,} can be read")
        return sorted(found)

    def _split(self, part: Part, total: int) -> list[Part]:
        """Narrower searches, without those that find nobody.

        Raises:
            Disorder: if what is searched for makes no difference.
        """
        counts = {child: self._count(child) for child in children(part)}
        if sum(count >= total for count in counts.values()) > 1:
            raise Disorder(f"{PATH}: a search by {part.field} finds as many people whatever is searched for")
        # the counts cannot tell that nobody is left: some may be found by two of these searches
        return [*(child for child, count in counts.items() if count), part._replace(rest=True)]

    def _count(self, part: Part) -> int:
        listed = self._api.page(PATH, {part.field: part.prefix, "$top": 1})
        return len(listed.records) if listed.total is None else listed.total

    def _page(self, part: Part, request: PageRequest) -> Page:
        listed = self._pager.rows(PATH, {part.field: part.prefix}, request)
        return Page(listed.records, listed.total)


def _those_of(part: Part, people: Sequence[Record]) -> set[int]:
    """The ids of people who count in a search."""
    return {number for one in people if (number := _id_of(one)) and belongs(part, one)}


def _id_of(person: object) -> int | None:
    value = person.get("vanId") if isinstance(person, dict) else None
    return value if type(value) is int else None

