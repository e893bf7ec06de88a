"""What the parts of a sync share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from api import SearchAds360Api
from common.clock import Clock
from common.delivery import Delivery
from common.progress import Progress
from cursors import SyncState

T = TypeVar("T")
B = TypeVar("B")


class Context(NamedTuple):
    """One sync's tools.

    Args:
        api: asks once.
        delivery: takes what was read.
        state: what is remembered.
        clock: for the pauses between attempts.
        executor: for what is asked for at once.
        wait: waits for a reply, and saves meanwhile what was delivered.
        progress: told how far it is.
        say: told of failures that are tried again; not each of them, when they are many.
        inform: told what was done.
        now: the time of this sync.
    """

    api: SearchAds360Api
    delivery: Delivery
    state: SyncState
    clock: Clock
    executor: Executor
    wait: Callable[[Future[Any]], Any]
    progress: Progress
    say: Callable[[str], None]
    inform: Callable[[str], None]
    now: datetime


def ahead(tasks: Iterable[T], begin: Callable[[T], B], depth: int) -> Iterator[tuple[T, B]]:
    """Tasks in their order, each with what was begun of it; `depth` of them are under way at once."""
    under_way: list[tuple[T, B]] = []
    for task in tasks:
        under_way.append((task, begin(task)))
        if len(under_way) >= depth:
            yield under_way.pop(0)
    yield from under_way
