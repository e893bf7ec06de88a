"""OnGage, a part of it at a time: a sync that does nothing else takes a tenth of the time, and shows nothing else either."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from sandbox.compare import differences
from sandbox.messages import Reply, Request
from tests.contract.harness import UNLIMITED, Harness, direct
from tests.doubles import Direct
from tests.loading import load

MODULES = load("ongage")
MAIN, SMALL, OLD, IMPORTED, UNREADABLE = "70011", "70018", "70025", "70032", "70046"
DAY = 86_400
STEPS = {"contacts": "_read_contacts", "collections": "_read_collections", "reports": "_read_reports", "activity": "_read_activity"}


@contextmanager
def only(*steps: str, rows: int, list_ids: str = "", **settings: str) -> Iterator[tuple[Harness, Direct]]:
    """A harness whose syncs read the lists, and of the rest what is named."""
    chosen = {"list_ids": list_ids, "exclude_list_ids": ""} if list_ids else {}
    with pytest.MonkeyPatch.context() as patch:
        for name, method in STEPS.items():
            if name not in steps:
                patch.setattr(MODULES.sync.Sync, method, lambda *_: None)
        with direct("ongage", rows, {**chosen, "search_minutes": "5", "batch_months": "3", **settings}, rate_limit=UNLIMITED) as (h, wire):
            yield h, wire


def differing(h: Harness, *tables: str, lists: tuple[str, ...] = ()) -> list[str]:
    """What differs in some tables, of all lists or of some."""
    truth = h.truth()
    found = []
    for name in tables:
        wanted = partial(_is_of, lists)
        table = truth[name]
        true = type(table)(table.key, table.columns, list(filter(wanted, table.rows())))
        found += [f"{name}: {line}" for line in differences(true, filter(wanted, h.rows(name)), columns=h.fivetran.columns[name])]
    return found


def _is_of(lists: tuple[str, ...], row: Mapping[str, Any]) -> bool:
    return not lists or row["list_id"] in lists


def asked(h: Harness, method: str, pattern: str) -> list[Request]:
    """The requests of the last sync whose path ends like that."""
    return [one for one in h.box.requests if one.method == method and re.search(rf"{pattern}/?$", one.path)]


def exports(change: Callable[[str], str], list_id: str = MAIN, times: int | None = None) -> Callable[[Request, Reply], None]:
    """Writes the CSV of a list's searches anew, all of them or the first ones."""
    left = [10**9 if times is None else times]

    def told(request: Request, reply: Reply) -> None:
        if re.search(rf"/{list_id}/api/contact_search/\d+/export$", request.path) and reply.status == 200 and left[0]:
            left[0] -= 1
            reply.body = change(reply.encoded().decode()).encode()

    return told
