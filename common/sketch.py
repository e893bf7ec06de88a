"""What the warehouse holds of a large set of rows, remembered in a size that does not grow with the rows.

A `Sketch` is an invertible Bloom lookup table (Eppstein, Goodrich, Uyeda, Varghese: What's the Difference? Efficient Set Reconciliation
without Prior Context, 2011): of two sets that were sketched, it tells exactly in what they differ, as long as that is not too much; how
large the sets are does not matter. A `Mirror` is a pair of them, one of keys and one of keys with their rows' checksums: with it a
complete reading of the source tells which rows are new, changed or gone, though the state holds no list of all rows.

Pure: no I/O, no clock.
"""

from __future__ import annotations

import base64
import hashlib
import json
import operator
import zlib
from typing import Any, NamedTuple

from common.keys import key_number, key_text

HASHES = 3
LEAST_WIDTH, MOST_WIDTH = 64, 1 << 20  # a state that tells of a wider one is damaged
CHECKSUM_BITS = 48
_WORD = (1 << 32) - 1

Cell = tuple[int, int, int]  # how many numbers, their sum, the sum of their checks
EMPTY: Cell = (0, 0, 0)


class Sketch:
    """A set of positive whole numbers, in HASHES * `width` cells; `width` is a power of two.

    Each number is in one cell of each of the HASHES parts; a cell has how many numbers are in it, their sum, and the sum of their hashes.
    About twice `width` differences can be told apart. Cells that hold nothing are not kept.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._cells: dict[int, Cell] = {}
        self._dumped: list[Any] | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no number in it."""
        return not self._cells

    def add(self, number: int, times: int = 1) -> None:
        """Puts a number into the set; with `times` -1 takes it out."""
        check, *places = _hashes(number)
        for part, place in enumerate(places):
            self._put(part * self.width + place % self.width, (times, times * number, times * check))

    def merge(self, other: Sketch, times: int = 1) -> None:
        """Adds all numbers of another sketch, of the same width or a larger one; with `times` -1 takes them out."""
        for at, (count, total, check) in other._cells.items():
            part, place = divmod(at, other.width)
            self._put(part * self.width + place % self.width, (times * count, times * total, times * check))

    def folded(self, width: int) -> Sketch:
        """The same set in a sketch of at most that width."""
        if width >= self.width:
            return self
        sketch = Sketch(width)
        sketch.merge(self)
        return sketch

    def without(self, other: Sketch) -> tuple[set[int], set[int]] | None:
        """The numbers that only this set has, and those that only the other one has; None if these are too many to be told apart."""
        rest = Sketch(min(self.width, other.width))
        rest.merge(self)
        rest.merge(other, -1)
        return rest._peeled()

    def dump(self) -> list[Any]:
        """As JSON for the state."""
        if self._dumped is None:
            places = sorted(self._cells)
            cells = [self._cells[place] for place in places]
            text = json.dumps([places, *([f"{cell[part]:x}" for cell in cells] for part in range(3))], separators=(",", ":"))
            self._dumped = [self.width, base64.b64encode(zlib.compress(text.encode())).decode()]
        return self._dumped

    @classmethod
    def load(cls, dumped: object) -> Sketch:
        """What `dump` gave.

        Raises:
            ValueError: if it is not that.
        """
        match dumped:
            case [int() as width, str() as packed] if 0 < width <= MOST_WIDTH and not width & (width - 1) and not isinstance(width, bool):
                sketch = cls(width)
            case _:
                raise ValueError("a sketch is damaged")
        try:
            sketch._cells = _cells(json.loads(zlib.decompress(base64.b64decode(packed, validate=True))))
        except (ValueError, TypeError, RecursionError, zlib.error) as error:
            raise ValueError("a sketch is damaged") from error
        if not sketch._is_sound():
            raise ValueError("a sketch is damaged")
        return sketch

    def _is_sound(self) -> bool:
        """Whether each cell is one that can be and holds something, and the parts hold the same, since each number is in all of them."""
        if not all(type(at) is int and 0 <= at < HASHES * self.width and any(cell) for at, cell in self._cells.items()):
            return False
        totals = [list(EMPTY) for _ in range(HASHES)]
        for at, cell in self._cells.items():
            totals[at // self.width] = [*map(operator.add, totals[at // self.width], cell)]
        return all(total == totals[0] for total in totals)

    def _put(self, at: int, cell: Cell) -> None:
        old = self._cells.get(at)
        if old is not None:
            cell = (old[0] + cell[0], old[1] + cell[1], old[2] + cell[2])
        if any(cell):
            self._cells[at] = cell
        else:
            self._cells.pop(at, None)
        self._dumped = None

    def _peeled(self) -> tuple[set[int], set[int]] | None:
        """Takes out one number after the other that is alone in a cell; what is left at last could not be told apart."""
        mine, others = set[int](), set[int]()
        left = list(self._cells)
        while left:
            at = left.pop()
            number = self._alone(at)
            if number is None:
                continue
            if number in mine or number in others:  # it was taken out whole: what looks like it is a sum of others
                return None
            times = self._cells[at][0]
            (mine if times > 0 else others).add(number)
            self.add(number, -times)
            left += [part * self.width + place % self.width for part, place in enumerate(_hashes(number)[1:])]
        return None if self._cells else (mine, others)

    def _alone(self, at: int) -> int | None:
        """The number in a cell, if there is no other one in it."""
        times, total, check = self._cells.get(at, EMPTY)
        if not times or total % times or check % times:
            return None
        number = total // times
        if number <= 0:
            return None
        right, *places = _hashes(number)
        part, place = divmod(at, self.width)
        return number if right * times == check and places[part] % self.width == place else None


def _cells(dumped: object) -> dict[int, Cell]:
    match dumped:
        case [list() as places, list() as counts, list() as sums, list() as checks] if len(set(places)) == len(places):
            cells = zip(*([int(number, 16) for number in column] for column in (counts, sums, checks)), strict=True)
            return dict(zip(places, cells, strict=True))
    raise ValueError("these are no cells")


def _hashes(number: int) -> tuple[int, ...]:
    """A check of a number, and its place in each part."""
    digest = hashlib.blake2b(number.to_bytes((number.bit_length() + 7) // 8, "big"), digest_size=16).digest()
    bits = int.from_bytes(digest, "big")
    return bits & _WORD, (bits >> 32) & _WORD, (bits >> 64) & _WORD, bits >> 96


class Difference(NamedTuple):
    """What a complete reading found: keys that are held and were not seen, and keys that are new or whose rows have changed.

    None for either means that they are too many to be told apart.
    """

    gone: set[str] | None
    changed: set[str] | None


class Mirror:
    """The keys and the checksums of rows; `rows` is how many there are.

    Args:
        width: of the sketch of keys, a power of two; that of the checksums is twice as wide, since an edit makes two differences there.
    """

    def __init__(self, width: int) -> None:
        self.rows = 0
        self._keys, self._sums = Sketch(width), Sketch(2 * width)

    @property
    def width(self) -> int:
        """The width of the sketch of keys."""
        return self._keys.width

    def put(self, key: str, checksum: int, times: int = 1) -> None:
        """Adds a row; with `times` -1 takes it out."""
        number = key_number(key)
        self.rows += times
        self._keys.add(number, times)
        self._sums.add(number << CHECKSUM_BITS | checksum, times)

    def change(self, key: str, before: int, after: int) -> None:
        """Gives a row another checksum."""
        self.put(key, before, -1)
        self.put(key, after)

    def folded(self, width: int) -> Mirror:
        """The same rows in a mirror of at most that width."""
        mirror = Mirror(min(width, self.width))
        mirror.rows, mirror._keys, mirror._sums = self.rows, self._keys.folded(mirror.width), self._sums.folded(2 * mirror.width)
        return mirror

    def merge(self, other: Mirror) -> None:
        """Adds all rows of another mirror."""
        self.rows += other.rows
        self._keys.merge(other._keys)
        self._sums.merge(other._sums)

    def compared(self, seen: Mirror) -> Difference:
        """In what a complete reading differs from this."""
        keys, sums = self._keys.without(seen._keys), self._sums.without(seen._sums)
        gone = None if keys is None else {key_text(number) for number in keys[0]}
        changed = None if sums is None else {key_text(number >> CHECKSUM_BITS) for number in sums[1]}
        return Difference(gone, changed)

    def checksums(self, seen: Mirror) -> tuple[dict[str, int], dict[str, int]]:
        """By key, the checksums of rows that are only here, and of those that are only in the other one; empty if they cannot be told."""
        sums = self._sums.without(seen._sums) or (set(), set())
        mine, others = ({key_text(one >> CHECKSUM_BITS): one & ((1 << CHECKSUM_BITS) - 1) for one in some} for some in sums)
        return mine, others

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {"rows": self.rows, "keys": self._keys.dump(), "sums": self._sums.dump()}

    @classmethod
    def load(cls, dumped: object) -> Mirror:
        """What `dump` gave.

        Raises:
            ValueError: if it is not that.
        """
        match dumped:
            case {"rows": int() as rows, "keys": keys, "sums": sums} if not isinstance(rows, bool):
                mirror = cls(LEAST_WIDTH)
                mirror.rows, mirror._keys, mirror._sums = rows, Sketch.load(keys), Sketch.load(sums)
                if mirror._sums.width == 2 * mirror.width:
                    return mirror
        raise ValueError("a mirror is damaged")


def width_for(differences: int, most: int) -> int:
    """The width of a mirror that can tell so many differences apart, at most `most`."""
    width = LEAST_WIDTH
    while width < differences and width < most:
        width *= 2
    return width
