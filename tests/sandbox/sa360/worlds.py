"""Accounts without a server between, and what can be said of their truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sandbox.sa360 import changes, facts, truth
from sandbox.sa360.account import Account
from sandbox.sa360.world import make_world

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z: the same day in all zones but one hour is left in none of them
DAY = 86_400
Rows = dict[tuple[Any, ...], dict[str, Any]]


class Clock:
    """A clock that stands until it is moved."""

    seconds = NOW

    def __call__(self) -> float:
        return self.seconds


def make_account(rows: int = 60, seed: int = 5, days: int = 12) -> tuple[Account, Clock]:
    """Makes an account whose reports begin so many days ago."""
    clock = Clock()
    account = Account(make_world(rows, seed), clock)
    account.start_date = account.started - timedelta(days=days)
    return account, clock


def told(account: Account) -> dict[str, Rows]:
    """The truth's rows by table and key, those of optional tables as well."""
    return {
        name: {tuple(row[column] for column in table.key): row for row in table.rows()}
        for name, table in truth.truth_tables(account, truth.OPTIONAL).items()
    }


def numbers(account: Account, client: str, resource: str, names: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """The day, the segments and the metrics of all that a resource has had in the last two weeks."""
    today = account.today(client)
    for row in account.rows(client, resource):
        for age in range(14):
            day = today - timedelta(days=age)
            for segments, metrics in facts.by_segments(account, client, resource, row, day, names):
                yield day.isoformat(), segments, metrics


def change(account: Account, kind: str, **options: Any) -> dict[str, Any]:
    """Does one change."""
    return changes.change(account, kind, options)
