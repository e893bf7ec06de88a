"""What the parts of a sync share, and the way to the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from api import EveryActionApi, downloads, exchange
from common.budget import Budget, Pace
from common.clock import Clock
from common.delivery import Delivery
from common.progress import Progress
from common.retrying import Attempts
from cursors import SyncState
from fetch import Pager

ATTEMPTS = 8  # for what cannot be asked for in smaller pieces
PAUSE_SECONDS = 1.0  # after a refusal that names no time; it doubles up to sixteen (3)
DOWNLOADS_PER_MINUTE = 100_000  # their host has no limit of which anything is known
LOGIN_REFUSED = (
    'EveryAction does not accept the login (401). Check "username" (the application\'s name) and "password": the API key, a bar, and the '
    "database mode that the key is for, 1 for My Campaign (EveryAction) or 0 for My Voters."
)

WRONG_ADDRESS = (
    'There is no EveryAction API at "base_url": {}. Its address ends with /v4. Leave that setting empty, unless your account is on the '
    "international host."
)

Settings = Mapping[str, Any]


class Context(NamedTuple):
    """One sync's tools.

    Args:
        once: asks once.
        api: asks, with retries.
        pager: asks for pages of lists.
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

    once: EveryActionApi
    api: EveryActionApi
    pager: Pager
    delivery: Delivery
    state: SyncState
    clock: Clock
    executor: Executor
    wait: Callable[[Future[Any]], Any]
    progress: Progress
    say: Callable[[str], None]
    inform: Callable[[str], None]
    now: datetime


def budget(settings: Settings, clock: Clock, calls_at_once: int, say: Callable[[str], None]) -> Budget:
    """The key's limit, which no reply tells of: the setting is kept on this side (3)."""
    return Budget(clock, 0, 1.0, say, Pace(settings["calls_per_second"], 1.0, calls_at_once, PAUSE_SECONDS))


def apis(settings: Settings, limit: Budget, clock: Clock, calls_at_once: int, say: Callable[[str], None]) -> tuple[EveryActionApi, ...]:
    """The API asked once, and with retries."""
    session = exchange(settings, limit, clock, calls_at_once)
    files = downloads(Budget(clock, 0, 60.0, say, Pace(DOWNLOADS_PER_MINUTE, 60.0, 1, PAUSE_SECONDS)), clock)
    once = EveryActionApi(session.json, files.chunks, settings["base_url"])
    patient = EveryActionApi(
        lambda *request: Attempts(clock, ATTEMPTS, say).call(partial(session.json, *request)), files.chunks, settings["base_url"]
    )
    return once, patient
