"""One entity's records: a computed base, and an overlay of what changed since the start."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sandbox.virtuous.formats import parse_utc
from sandbox.virtuous.world import Layout, Record


def _never(_: int) -> bool:
    return False


def _none(_: int) -> int:
    return 0


@dataclass
class Collection:
    """Live records by ascending id; the base costs no memory.

    `hidden` says of a base row, `hidden_below` of all base rows before one, what only `includeArchived` shows.
    """

    entity: str
    layout: Layout
    make: Callable[[int], Record]
    modified: Callable[[int], int] | None = None
    hidden: Callable[[int], bool] = _never
    hidden_below: Callable[[int], int] = _none
    id_key: str = "id"
    edited: dict[int, Record] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    _sorted: dict[bool, tuple[list[int], list[int]]] = field(default_factory=dict)
    _next_row: int = 0

    def __post_init__(self) -> None:
        """Start inserting behind the base data."""
        self._next_row = self.layout.parents

    def put(self, record: Record) -> None:
        """Store a new or changed record in the overlay."""
        number = record[self.id_key]
        self.edited[number] = record
        self.deleted.discard(number)
        self._sorted.clear()

    def remove(self, number: int) -> None:
        """Delete a record for good: the vendor leaves no tombstone."""
        self.edited.pop(number, None)
        self.deleted.add(number)
        self._sorted.clear()

    def next_row(self) -> int:
        """Return a row number that was never used: its id is higher than all before."""
        row = self._next_row
        self._next_row += 1
        return row

    def get(self, number: int) -> Record | None:
        """Return the live record, or None. It is the stored one when edited: copy before changing it."""
        found = self.edited.get(number)
        if found is not None or number in self.deleted:
            return found
        index = self.layout.index_of(number)
        return None if index is None else self.make(index)

    def overlay(self, *, archived: bool) -> tuple[list[int], list[int]]:
        """Return, ascending, the listed ids of the overlay, and the listed base ids that it replaces."""
        if archived not in self._sorted:
            edited = [number for number, record in list(self.edited.items()) if archived or not is_hidden(record)]
            touched = [number for number in {*self.edited, *self.deleted} if self._base_listed(number, archived)]
            self._sorted[archived] = (sorted(edited), sorted(touched))
        return self._sorted[archived]

    def _base_listed(self, number: int, archived: bool) -> bool:
        index = self.layout.index_of(number)
        return index is not None and (archived or not self.hidden(index))

    def below(self, number: int, *, archived: bool) -> int:
        """Return how many listed records have a smaller id, by arithmetic."""
        edited, touched = self.overlay(archived=archived)
        base = self.layout.below(number)
        if not archived:
            base -= self.hidden_below(base)
        return base - bisect_left(touched, number) + bisect_left(edited, number)

    def top(self) -> int:
        """Return a number above every id."""
        return max(self.layout.start + (self._next_row + 1) * self.layout.stride, *self.edited, 0) + 1

    def count(self, *, archived: bool = True) -> int:
        """Return the number of listed records."""
        return self.below(self.top(), archived=archived)

    def seek(self, rank: int, *, archived: bool) -> int:
        """Return the largest number that has at most `rank` listed ids below it."""
        low, high = 0, self.top()
        while low < high:
            middle = (low + high + 1) // 2
            if self.below(middle, archived=archived) <= rank:
                low = middle
            else:
                high = middle - 1
        return low

    def ids(self, low: int = 0, *, archived: bool = True) -> Iterator[int]:
        """Yield the listed ids from `low` on, ascending."""
        edited, touched = self.overlay(archived=archived)
        gone = set(touched[bisect_left(touched, low) :])
        place = bisect_left(edited, low)
        for index in range(self.layout.below(low), self.layout.count):
            number = self.layout.id_of(index)
            while place < len(edited) and edited[place] < number:
                yield edited[place]
                place += 1
            if number not in gone and (archived or not self.hidden(index)):
                yield number
            elif place < len(edited) and edited[place] == number:
                yield number
                place += 1
        yield from edited[place:]

    def records(self, *, archived: bool = True) -> Iterator[Record]:
        """Yield the listed records, ascending by id; one deleted meanwhile is left out."""
        for number in self.ids(archived=archived):
            record = self.get(number)
            if record is not None:
                yield record

    def modified_ticks(self, number: int) -> int | None:
        """Return when a record was last modified, without making the whole record where it can be avoided."""
        if number not in self.edited and self.modified is not None:
            index = self.layout.index_of(number)
            return None if index is None else self.modified(index)
        record = self.get(number)
        text = None if record is None else modified_text(record)
        return parse_utc(text) if text else None


def is_hidden(record: Record) -> bool:
    """Say whether only `includeArchived` shows a record."""
    return bool(record.get("_archived"))


def modified_text(record: Record) -> str | None:
    """Return a record's modified time as served; a gift's designations have their gift's."""
    text = record.get("_modified", record.get("modifiedDateTimeUtc"))
    return text if isinstance(text, str) else None
