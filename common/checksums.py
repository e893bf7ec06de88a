"""Short texts and numbers that are the same for the same content, to tell whether something has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from common.tables import Row


def digest_of(rows: Mapping[str, Sequence[Row]]) -> str:
    """The same for the same rows of the same tables: 20 hex digits."""
    return hashlib.sha256(repr([(table, some) for table, some in sorted(rows.items())]).encode()).hexdigest()[:20]


def cells_sum(cells: Iterable[object]) -> int:
    """The same for the same cells of a row: a number of 48 bits."""
    return int.from_bytes(hashlib.blake2b(repr([*cells]).encode(), digest_size=6).digest(), "big")


def checksum(record: object) -> str:
    """The same for the same record, as the JSON parser gave it: 12 hex digits."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()[:12]
