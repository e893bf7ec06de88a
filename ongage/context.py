"""What the parts of a sync share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime
from typing import Any, NamedTuple

from api import OngageApi
from common.clock import Clock
from common.progress import Progress
from cursors import SyncState
from delivery import Delivery


class Context(NamedTuple):
    """One sync's tools.

    Args:
        once: asks once.
        api: asks, with retries.
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

    once: OngageApi
    api: OngageApi
    delivery: Delivery
    state: SyncState
    clock: Clock
    executor: Executor
    wait: Callable[[Future[Any]], Any]
    progress: Progress
    say: Callable[[str], None]
    inform: Callable[[str], None]
    now: datetime
