"""Python's cyclic garbage collector, told that records are trees."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_BETWEEN_COLLECTIONS = 50_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Lets the collector run seldom while the block lasts.

    Records and rows hold no cycles, so reference counting frees them; the collector, at its usual pace of one run for 700 new objects,
    would only walk through them again and again, which takes a quarter of a sync's time.
    """
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
