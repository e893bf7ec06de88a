"""What the warehouse holds of one table: the ids, and how many rows each has in the child tables.

A source without tombstones shows a delete only by what is missing, so a connector has to remember what it delivered. The ledger does so
in two to four bytes a record: ids as gaps, counts beside them, compressed in blocks. It is exact, so that what is deleted in the
warehouse is always something that was delivered.
"""

from __future__ import annotations

import base64
import bz2
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

BLOCK_RECORDS = 1000

Counts = tuple[int, ...]
GivenCounts = tuple["int | None", ...]  # None: not read this time, so as many as before
Block = dict[int, Counts]


class AtLeast(int):
    """A count of rows of which others may be there as well, since the list was not read whole: what was known before stays."""


class Ledger:
    """Ids and child row counts, in blocks of consecutive ids of which only one is unpacked at a time.

    Args:
        children: the names of the child tables, in the order of the counts.
    """

    def __init__(self, children: Sequence[str]) -> None:
        self.children = tuple(children)
        self._none: Counts = (0,) * len(self.children)
        self._last: int | None = None  # while loading: the last id of the blocks so far
        self._firsts: list[int] = []
        self._sizes: list[int] = []
        self._packed: list[str] = []
        self._opened: int | None = None  # the block that was used last stays unpacked, since the next records mostly belong to it
        self._block: Block = {}

    def __len__(self) -> int:
        return sum(self._sizes)

    def ids(self) -> Iterator[int]:
        """All ids, ascending."""
        for number in range(len(self._packed)):
            yield from self._unpack(number)

    def find(self, ids: Iterable[int]) -> dict[int, Counts]:
        """What is known of records, of those that are known."""
        found: dict[int, Counts] = {}
        for block_at, members in self._by_block(ids):
            block = self._unpack(block_at) if block_at >= 0 else {}
            found |= {record: block[record] for record in members if record in block}
        return found

    def put(self, records: Mapping[int, GivenCounts]) -> dict[int, Counts]:
        """Remembers records; returns what was known of those that were known before."""
        before: dict[int, Counts] = {}
        for block_at, ids in self._by_block(records):
            block = self._unpack(block_at) if block_at >= 0 else {}
            before |= {record: block[record] for record in ids if record in block}
            block |= {record: self._filled(records[record], block.get(record, self._none)) for record in ids}
            self._store(max(block_at, 0), block, replaces=block_at >= 0)
        return before

    def drop(self, ids: Iterable[int]) -> dict[int, Counts]:
        """Forgets records; returns what was known of them."""
        gone: dict[int, Counts] = {}
        for block_at, members in self._by_block(ids):
            if block_at < 0:
                continue
            block = self._unpack(block_at)
            gone |= {record: block.pop(record) for record in members if record in block}
            self._store(block_at, block, replaces=True)
        return gone

    def dump(self) -> dict[str, Any]:
        """The ledger as JSON for the state."""
        self._close()
        return {
            "children": list(self.children),
            "blocks": [list(block) for block in zip(self._firsts, self._sizes, self._packed, strict=True)],
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any], children: Sequence[str]) -> Ledger:
        """The ledger that `dump` gave, for the child tables of today; counts of a table that is new since then are 0.

        Raises:
            ValueError: if it is not what `dump` gives.
        """
        ledger = cls(children)
        try:
            stored = cls(_list(dumped["children"], str))
            for first, size, packed in _list(dumped["blocks"], list):
                stored._append(first, size, packed)
            for number in range(len(stored._packed)):
                ledger._adopt(stored, number)
        except (KeyError, TypeError, ValueError, OSError, EOFError) as error:
            raise ValueError("the list of delivered records is damaged") from error
        return ledger

    def _adopt(self, stored: Ledger, number: int) -> None:
        """Takes over a block, which is unpacked here so that damage shows now and not in the middle of a sync."""
        block = stored._unpack(number)
        first, size = stored._firsts[number], stored._sizes[number]
        if next(iter(block), None) != first or len(block) != size or not _is_sound(block, self._last, len(stored.children)):
            raise ValueError(f"block {number}")
        self._last = max(block)
        if stored.children == self.children:
            self._append(first, size, stored._packed[number])
            return
        places = [stored.children.index(name) if name in stored.children else None for name in self.children]
        moved = {record: tuple(0 if at is None else counts[at] for at in places) for record, counts in block.items()}
        self._append(first, size, _pack(moved))

    @staticmethod
    def _filled(given: GivenCounts, before: Counts) -> Counts:
        return tuple(map(_count, given, before))

    def _append(self, first: int, size: int, packed: str) -> None:
        self._firsts.append(first)
        self._sizes.append(size)
        self._packed.append(packed)

    def _by_block(self, ids: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
        """Ids with the block they belong to, last block first, so that splitting one does not move those still to come."""
        members: dict[int, list[int]] = {}
        for record in sorted(ids):
            at = bisect_right(self._firsts, record) - 1
            members.setdefault(max(at, 0) if self._firsts else -1, []).append(record)
        return iter(sorted(members.items(), reverse=True))

    def _unpack(self, number: int) -> Block:
        if number == self._opened:
            return self._block
        gaps, *columns = json.loads(bz2.decompress(base64.b64decode(self._packed[number], validate=True)))
        ids = accumulate(gaps)
        return dict(zip(ids, zip(*columns, strict=True), strict=True)) if columns else dict.fromkeys(ids, ())

    def _store(self, number: int, block: Block, *, replaces: bool) -> None:
        if number != self._opened:
            self._close()
        ids = sorted(block)
        size = BLOCK_RECORDS if len(ids) > 2 * BLOCK_RECORDS else max(len(ids), 1)
        parts = [{record: block[record] for record in ids[start : start + size]} for start in range(0, len(ids), size)]
        place = slice(number, number + 1 if replaces else number)
        self._firsts[place] = [next(iter(part)) for part in parts]
        self._sizes[place] = [len(part) for part in parts]
        self._packed[place] = [*map(_pack, parts[:-1]), *[""] * len(parts[-1:])]
        self._opened, self._block = (number + len(parts) - 1, parts[-1]) if parts else (None, {})

    def _close(self) -> None:
        if self._opened is not None:
            self._packed[self._opened] = _pack(self._block)
            self._opened = None


def _list(value: object, kind: type) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
        raise ValueError(f"not a list of {kind.__name__}")
    return value


def _is_sound(block: Block, last: int | None, columns: int) -> bool:
    """Whether a block's ids ascend from behind `last`, with as many counts each as there are columns, none of them negative."""
    numbers = [*block] if last is None else [last, *block]
    whole = all(type(number) is int for number in numbers)
    counted = all(len(counts) == columns and all(type(one) is int and one >= 0 for one in counts) for counts in block.values())
    return whole and counted and all(before < after for before, after in pairwise(numbers))


def _count(given: int | None, before: int) -> int:
    if type(given) is int:  # mostly
        return given
    return before if given is None else max(given, before)


def _pack(block: Block) -> str:
    ids = list(block)
    gaps = [ids[0], *(after - before for before, after in pairwise(ids))]
    columns = [gaps, *map(list, zip(*block.values(), strict=True))]
    return base64.b64encode(bz2.compress(json.dumps(columns, separators=(",", ":")).encode())).decode()
