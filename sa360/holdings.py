"""What the warehouse holds of a table of one account, remembered in a size that hardly grows with the rows.

The rows stand in buckets: those of a report by their day, those of a listing by a hash of their keys. Of a bucket its checksum is
remembered, which tells whether it is as it was; of all rows together their keys, which tell what is gone: a list of a few hundred, of more
a sketch. Pure.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from common.keys import key_number, key_text
from common.sketch import Sketch, width_for

SUM_BYTES = 6  # of `common.checksums.cells_sum`
SUM_MODULUS = 1 << 8 * SUM_BYTES
MOST_BUCKETS = 1024  # of a listing
MOST_LISTED = 500  # keys; what is gone of more is told by a sketch, which takes no more room for more of them
MOST_WIDTH = 2048
COMES_AND_GOES = 0.05  # of the rows, from one sync to the next: more than this may be too many to tell those that are gone
GROWS = 0.25  # of the rows of a day that is not over
CUT_SHORT_WIDTH = 512  # of the sketch that a state keeps of a reading that was cut short
MOST_CUT_SHORT = 4  # readings in a row whose keys are remembered; of a table that is cut short more often the oldest are forgotten
MOST_DAYS_HELD = 2000  # of a report: more than the API keeps; a state that tells of more is damaged

NUMBERS = re.compile("[0-9|~]*")  # what ids and days are made of, and what stands between them
DIGITS = "0123456789|~"
BASE, LONGEST_REST = len(DIGITS), 64
LONGEST_IDS = 1000  # far longer ones than there are Python does not even take for numbers
TO_DIGITS = str.maketrans("|~", "ab")

Digests = dict[int, int]
Keys = set[str] | Sketch


def bucket_of(key: str) -> int:
    """The bucket of a row of a listing."""
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=2).digest(), "big") % MOST_BUCKETS


@dataclass
class Seen:
    """What a reading found, row by row: the checksums of its buckets, and the keys of its rows; `rows` is how many there were."""

    digests: Digests = field(default_factory=dict)
    keys: Keys = field(default_factory=set)
    rows: int = 0

    def add(self, key: str, bucket: int, checksum: int) -> None:
        """Takes a row."""
        self.digests[bucket] = (self.digests.get(bucket, 0) + checksum) % SUM_MODULUS
        self.keep(key)

    def keep(self, key: str) -> None:
        """Takes a row of which only the key is known."""
        self.rows += 1
        if isinstance(self.keys, set):
            self.keys.add(key)
            if len(self.keys) > MOST_LISTED:
                self.keys = sketch_of(self.keys)
        else:
            self.keys.add(number_of(key))

    def merge(self, other: Seen) -> None:
        """Takes the rows of another reading, of other days."""
        self.digests |= other.digests
        self.rows += other.rows
        if isinstance(self.keys, set) and isinstance(other.keys, set) and len(self.keys) + len(other.keys) <= MOST_LISTED:
            self.keys |= other.keys
        else:
            whole = Sketch(MOST_WIDTH)
            for keys in (self.keys, other.keys):
                whole.merge(sketch_of(keys))
            self.keys = whole


def number_of(key: str) -> int:
    """A key as a number, from which `text_of` makes it again. Keys begin with ids and days, which take half the room of a text."""
    ids = NUMBERS.match(key)
    beginning = ids[0] if ids else ""
    rest = key[len(beginning) :].encode("utf-8", "surrogatepass")
    if len(rest) >= LONGEST_REST or len(beginning) > LONGEST_IDS:
        return key_number(key) << 1 | 1
    packed = int("1" + beginning.translate(TO_DIGITS), BASE) << 8 * len(rest) | int.from_bytes(rest, "big")
    return (packed * LONGEST_REST + len(rest)) << 1


def text_of(number: int) -> str:
    """The key of which `number_of` made a number."""
    if number & 1:
        return key_text(number >> 1)
    packed, length = divmod(number >> 1, LONGEST_REST)
    rest = (packed & ((1 << 8 * length) - 1)).to_bytes(length, "big").decode("utf-8", "surrogatepass")
    digits, left = "", packed >> 8 * length
    while left:
        left, digit = divmod(left, BASE)
        digits = DIGITS[digit] + digits
    return digits[1:] + rest


def sketch_of(keys: Keys) -> Sketch:
    """Keys as a sketch."""
    if isinstance(keys, Sketch):
        return keys
    sketch = Sketch(MOST_WIDTH)
    for key in keys:
        sketch.add(number_of(key))
    return sketch


def missing(held: Keys, seen: Keys) -> set[str] | None:
    """The keys that are held and were not seen; None if these, and those that came, are too many to be told apart."""
    if isinstance(held, set) and isinstance(seen, set):
        return held - seen
    differing = sketch_of(held).without(sketch_of(seen))
    return None if differing is None else {text_of(number) for number in differing[0]}


class Gone(NamedTuple):
    """Keys that are held and were not seen; `complete` is false if these, and those that came, are too many to tell all of them."""

    keys: set[str]
    complete: bool


@dataclass
class Holding:
    """What the warehouse holds.

    `more` are the keys that readings delivered which were cut short, `begun` what the reading under way has found: these are held as well,
    though nobody knows which of them are in `keys` too. `young` are the keys of a report's last day, which was not over. `buckets` is how
    many buckets a listing has, 0 for a report.
    """

    digests: Digests = field(default_factory=dict)
    keys: Keys = field(default_factory=set)
    young: Keys = field(default_factory=set)
    more: list[Keys] = field(default_factory=list)
    begun: list[Seen] = field(default_factory=list)
    rows: int = 0
    buckets: int = 0

    def changed(self, seen: Mapping[int, int]) -> set[int]:
        """The buckets of a reading that differ from what is held; those of a listing are given in MOST_BUCKETS."""
        if not self.buckets:
            return {bucket for bucket, digest in seen.items() if self.digests.get(bucket) != digest}
        folded = fold(seen, self.buckets)
        differing = {bucket for bucket, digest in folded.items() if self.digests.get(bucket) != digest}
        return {bucket for bucket in seen if bucket % self.buckets in differing}

    def gone(self, seen: Seen, young: Seen | None = None) -> Gone:
        """The keys that are held and were not seen.

        Args:
            seen: a complete reading; of a report without the last day that was read before.
            young: that day.
        """
        whole = Seen()
        whole.merge(seen)
        whole.merge(young or Seen())
        pairs = [(self.keys, seen.keys), (self.young, (young or Seen()).keys), *((held, whole.keys) for held in self.more)]
        found = [missing(held, those) for held, those in pairs]
        return Gone(set[str]().union(*(some for some in found if some is not None)), None not in found)

    def begin(self, *seen: Seen) -> None:
        """A reading begins to deliver the rows that come into these; until it is complete they are held as well."""
        self.more = [*self.more, *(one.keys for one in self.begun if one.rows)][-MOST_CUT_SHORT:]
        self.begun = list(seen)

    def hold(self, seen: Seen, young: Seen | None = None) -> None:
        """From now on what was seen is held.

        Args:
            seen: a complete reading, with the keys of what was not seen and not deleted either; of a report without its last day.
            young: that day.
        """
        last = young or Seen()
        self.rows, self.more, self.begun = seen.rows + last.rows, [], []
        self.keys, self.young = _narrow(seen, COMES_AND_GOES), _narrow(last, GROWS)
        self.digests = fold(seen.digests, self.buckets) if self.buckets else seen.digests | last.digests

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        first = min(self.digests, default=0)
        sums = range(first, max(self.digests, default=-1) + 1)
        packed = b"".join(self.digests.get(bucket, 0).to_bytes(SUM_BYTES, "big") for bucket in sums)
        return {
            "rows": self.rows,
            "buckets": self.buckets,
            "first_bucket": first,
            "digests": base64.b64encode(packed).decode(),
            "keys": _dumped(self.keys),
            "young": _dumped(self.young),
            "more": [_dumped(one, CUT_SHORT_WIDTH) for one in (*self.more, *(seen.keys for seen in self.begun if seen.rows))],
        }

    @classmethod
    def load(cls, dumped: object) -> Holding:
        """What `dump` gave.

        Raises:
            ValueError: if it is not that.
        """
        match dumped:
            case {
                "rows": int() as rows,
                "buckets": int() as buckets,
                "first_bucket": int() as first,
                "digests": str() as packed,
                "keys": keys,
                "young": young,
                "more": list() as more,
            } if bool not in {type(rows), type(buckets), type(first)}:
                sums = base64.b64decode(packed, validate=True)
                if not _is_sound(rows, buckets, first, sums):
                    raise ValueError("a holding is damaged")
                parts = (sums[at : at + SUM_BYTES] for at in range(0, len(sums), SUM_BYTES))
                digests = {first + at: int.from_bytes(part, "big") for at, part in enumerate(parts) if any(part)}
                return cls(digests, _loaded(keys), _loaded(young), [_loaded(one) for one in more], [], rows, buckets)
        raise ValueError("a holding is damaged")


def _narrow(seen: Seen, share: float) -> Keys:
    """The keys of a reading in the room that they need, if this share of them may come or go."""
    return seen.keys.folded(width_for(int(seen.rows * share), MOST_WIDTH)) if isinstance(seen.keys, Sketch) else seen.keys


def _dumped(keys: Keys, width: int = MOST_WIDTH) -> Any:
    """Keys as JSON: a sketch, of at most that width, or a packed list of them."""
    if isinstance(keys, Sketch):
        return keys.folded(width).dump()
    return base64.b64encode(zlib.compress(json.dumps(sorted(keys), separators=(",", ":")).encode())).decode() if keys else ""


def _loaded(dumped: object) -> Keys:
    """What `_dumped` gave.

    Raises:
        ValueError: if it is not that.
    """
    if not isinstance(dumped, str):
        return Sketch.load(dumped)
    try:
        keys = json.loads(zlib.decompress(base64.b64decode(dumped, validate=True))) if dumped else []
    except (ValueError, RecursionError, zlib.error) as error:
        raise ValueError("a list of keys is damaged") from error
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ValueError("a list of keys is damaged")
    return set(keys)


def _is_sound(rows: int, buckets: int, first: int, sums: bytes) -> bool:
    whole = len(sums) % SUM_BYTES == 0 and len(sums) // SUM_BYTES <= max(MOST_BUCKETS, MOST_DAYS_HELD)
    power = 0 <= buckets <= MOST_BUCKETS and not buckets & (buckets - 1)
    return whole and power and rows >= 0 and first >= 0


def fold(digests: Mapping[int, int], buckets: int) -> Digests:
    """The checksums of fewer buckets, of the same rows."""
    found: Digests = {}
    for bucket, digest in digests.items():
        found[bucket % buckets] = (found.get(bucket % buckets, 0) + digest) % SUM_MODULUS
    return found


def buckets_for(rows: int) -> int:
    """How many buckets a listing of so many rows has: as many as there are rows, if they are few."""
    return min(1 << max(rows - 1, 0).bit_length(), MOST_BUCKETS)
