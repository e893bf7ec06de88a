"""One entity's records: a computed base, and an overlay of what changed since the start."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from sandbox.arithmetic import Record


def _never(_: int) -> bool:
    return False


def _none(_: int) -> int:
    return 0


def _as_it_is(number: Any) -> int:
    return int(number)


class Ids(Protocol):
    """Arithmetic both ways between the ids of the base data and their indexes; `sandbox.arithmetic.Layout` is one."""

    @property
    def parents(self) -> int:
        """Return the first row number that the base data does not use."""

    @property
    def count(self) -> int:
        """Return the number of ids."""

    def id_of(self, index: int) -> int:
        """Return the id with this index; ids ascend."""

    def index_of(self, number: int) -> int | None:
        """Return the index of an id, or None when it is none."""

    def below(self, number: int) -> int:
        """Return how many ids are smaller than the number."""

    def beyond(self, row: int) -> int:
        """Return a number above the ids of all rows up to this one."""


@dataclass
class Collection:
    """Live records by ascending id; the base costs no memory.

    `hidden` says of a base row, `hidden_below` of all base rows before one, what is listed only with `archived`. `number` makes
    an id as served the int that it is known by here.
    """

    entity: str
    layout: Ids
    make: Callable[[int], Record]
    hidden: Callable[[int], bool] = _never
    hidden_below: Callable[[int], int] = _none
    id_key: str = "id"
    number: Callable[[Any], int] = _as_it_is
    edited: dict[int, Record] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    _sorted: dict[bool, tuple[list[int], list[int]]] = field(default_factory=dict)
    _next_row: int = 0

    def __post_init__(self) -> None:
        """Start inserting behind the base data."""
        self._next_row = self.layout.parents

    def frozen(self) -> Collection:
        """Return these records as they are now; later changes do not reach it."""
        return Collection(
            self.entity, self.layout, self.make, self.hidden, self.hidden_below, self.id_key, self.number,
            dict(self.edited), set(self.deleted),
        )  # fmt: skip

    def put(self, record: Record) -> None:
        """Store a new or changed record in the overlay."""
        number = self.number(record[self.id_key])
        self.edited[number] = record
        self.deleted.discard(number)
        self._note(number)

    def remove(self, number: int) -> None:
        """Delete a record for good: the vendor leaves no tombstone."""
        self.edited.pop(number, None)
        self.deleted.add(number)
        self._note(number)

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

    def overlay(self, *, archived: bool = True) -> tuple[list[int], list[int]]:
        """Return, ascending, the listed ids of the overlay, and the listed base ids that it replaces."""
        if archived not in self._sorted:
            edited = [number for number, record in list(self.edited.items()) if archived or not is_hidden(record)]
            touched = [number for number in {*self.edited, *self.deleted} if self._base_listed(number, archived)]
            self._sorted[archived] = (sorted(edited), sorted(touched))
        return self._sorted[archived]

    def _note(self, number: int) -> None:
        """Bring what `overlay` returns up to date with one record: sorting all anew would make many changes slow."""
        record = self.edited.get(number)
        for archived, (edited, touched) in self._sorted.items():
            _keep(edited, number, record is not None and (archived or not is_hidden(record)))
            _keep(touched, number, self._base_listed(number, archived))

    def _base_listed(self, number: int, archived: bool) -> bool:
        index = self.layout.index_of(number)
        return index is not None and (archived or not self.hidden(index))

    def below(self, number: int, *, archived: bool = True) -> int:
        """Return how many listed records have a smaller id, by arithmetic."""
        edited, touched = self.overlay(archived=archived)
        base = self.layout.below(number)
        if not archived:
            base -= self.hidden_below(base)
        return base - bisect_left(touched, number) + bisect_left(edited, number)

    def top(self) -> int:
        """Return a number above every id."""
        return max(self.layout.beyond(self._next_row), *self.edited, 0) + 1

    def count(self, *, archived: bool = True) -> int:
        """Return the number of listed records."""
        return self.below(self.top(), archived=archived)

    def seek(self, rank: int, *, archived: bool = True) -> int:
        """Return the largest number that has at most `rank` listed ids below it: the id at that rank, if there are so many."""
        if rank >= self.count(archived=archived):
            return self.top()
        edited, touched = self.overlay(archived=archived)

        def before(index: int) -> int:
            number, hidden = self.layout.id_of(index), 0 if archived else self.hidden_below(index)
            return index - hidden - bisect_left(touched, number) + bisect_left(edited, number)

        index = bisect_right(range(self.layout.count), rank, key=before) - 1
        low, passed = (0, 0) if index < 0 else (self.layout.id_of(index), before(index))
        return next(islice(self.ids(low, archived=archived), rank - passed, None))

    def ids(self, low: int = 0, *, archived: bool = True) -> Iterator[int]:
        """Yield the listed ids from `low` on, ascending."""
        return (number for number, _ in self._listed(low, archived))

    def _listed(self, low: int, archived: bool) -> Iterator[tuple[int, int | None]]:
        """Yield the listed ids from `low` on, ascending, each with its index in the base data if it is as it was there."""
        edited, touched = (list(each) for each in self.overlay(archived=archived))  # as they are now, whatever changes meanwhile
        gone = set(touched[bisect_left(touched, low) :])
        place = bisect_left(edited, low)
        for index in range(self.layout.below(low), self.layout.count):
            number = self.layout.id_of(index)
            while place < len(edited) and edited[place] < number:
                yield edited[place], None
                place += 1
            if number not in gone and (archived or not self.hidden(index)):
                yield number, index
            elif place < len(edited) and edited[place] == number:
                yield number, None
                place += 1
        yield from ((number, None) for number in edited[place:])

    def records(self, *, archived: bool = True) -> Iterator[Record]:
        """Yield the listed records, ascending by id; one deleted meanwhile is left out."""
        for number, index in self._listed(0, archived):
            changed = self.edited.get(number)
            if changed is not None:
                yield changed
            elif index is not None and number not in self.deleted:
                yield self.make(index)


def is_hidden(record: Record) -> bool:
    """Say whether a record is listed only with `archived`."""
    return bool(record.get("_archived"))


def _keep(numbers: list[int], number: int, wanted: bool) -> None:
    """Put a number into a sorted list, or take it out."""
    place = bisect_left(numbers, number)
    there = place < len(numbers) and numbers[place] == number
    if wanted and not there:
        numbers.insert(place, number)
    elif there and not wanted:
        del numbers[place]
