"""What a stand-in's data is computed from: seeded numbers, and arithmetic between row numbers and ids."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any
from zlib import crc32

Record = dict[str, Any]

_MASK = (1 << 64) - 1


def mix(*numbers: int) -> int:
    """Return 64 well-stirred bits that depend on all the numbers and on nothing else."""
    value = 0x9E3779B97F4A7C15
    for number in numbers:
        value = ((value ^ (number & _MASK)) * 0xBF58476D1CE4E5B9) & _MASK
        value ^= value >> 29
    value = (value * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


@dataclass(frozen=True)
class Layout:
    """The ids of one entity: arithmetic both ways between an id and its index.

    Row r of the parent holds `group[r % len(group)]` entries; an entity of its own has `group == (1,)`.
    """

    seed: int
    start: int
    stride: int
    parents: int
    group: tuple[int, ...] = (1,)

    @cached_property
    def _sums(self) -> list[int]:
        return [0, *accumulate(self.group)]

    def below_parent(self, parent: int) -> int:
        """Return how many entries the parents before this one hold."""
        cycles, rest = divmod(parent, len(self.group))
        return cycles * self._sums[-1] + self._sums[rest]

    @property
    def count(self) -> int:
        """Return the number of entries in the base data."""
        return self.below_parent(self.parents)

    def place(self, index: int) -> tuple[int, int]:
        """Return the parent's row number and the slot within it."""
        cycles, rest = divmod(index, self._sums[-1])
        offset = bisect_right(self._sums, rest) - 1
        return cycles * len(self.group) + offset, rest - self._sums[offset]

    def slot_id(self, parent: int, slot: int) -> int:
        """Return the id of a slot; the gaps between ids are seeded."""
        room = self.stride - max(self.group) + 1
        return self.start + parent * self.stride + mix(self.seed, self.start, parent) % room + slot

    def id_of(self, index: int) -> int:
        """Return the id of the entry with this index."""
        return self.slot_id(*self.place(index))

    def below(self, number: int) -> int:
        """Return how many base ids are smaller than the number."""
        parent = (number - self.start) // self.stride
        if parent < 0:
            return 0
        if parent >= self.parents:
            return self.count
        slots = range(self.group[parent % len(self.group)])
        return self.below_parent(parent) + sum(self.slot_id(parent, slot) < number for slot in slots)

    def beyond(self, row: int) -> int:
        """Return a number above the ids of all rows up to this one."""
        return self.start + (row + 1) * self.stride

    def index_of(self, number: int) -> int | None:
        """Return the index of a base id, or None when there is no such id in the base data."""
        index = self.below(number)
        return index if index < self.count and self.id_of(index) == number else None


def salt(entity: str) -> int:
    """Return a number that stands for a name; unlike hash() it is the same in every process."""
    return crc32(entity.encode())
