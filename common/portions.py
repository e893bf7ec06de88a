"""Many values, a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def portions(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` values, in order; of an iterator no more is taken than is asked for."""
    iterator = iter(values)
    while some := list(islice(iterator, size)):
        yield some
