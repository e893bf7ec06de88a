"""CSV as the vendor writes it: names in the first row, and quotes only around what needs them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone

from sandbox.arithmetic import Record
from sandbox.messages import Reply
from sandbox.ongage.account import Switches
from sandbox.ongage.contacts import DATES

_NEEDS_QUOTES = re.compile(r'[,"\r\n]|^\s|\s$')
_ROWS_PER_BLOCK = 500
# The columns of an export of contacts that are times, and those of a report of their activity.
TIMES = frozenset({*DATES, "last_sent_date", "last_open_date", "last_click_date", "timestamp"})


def csv_reply(columns: list[str], rows: Iterable[Record], switches: Switches) -> Reply:
    """Return a CSV that is written while it is sent."""
    return Reply(content_type="text/csv; charset=utf-8", stream=_blocks(columns, rows, switches))


def _blocks(columns: list[str], rows: Iterable[Record], switches: Switches) -> Iterator[bytes]:
    yield (("\ufeff" if switches.csv_bom else "") + ",".join(map(quoted, columns)) + "\n").encode()
    block: list[str] = []
    for row in rows:
        texts = [cell_text(name, row.get(name), switches) for name in columns]
        block.append(",".join(map(quoted, texts)))
        if len(block) == _ROWS_PER_BLOCK:
            yield ("\n".join(block) + "\n").encode()
            block.clear()
            if switches.csv_pause_seconds:
                time.sleep(switches.csv_pause_seconds)
    if block:
        yield ("\n".join(block) + "\n").encode()


def quoted(text: str) -> str:
    """Return a text as a cell."""
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def cell_text(name: str, value: object, switches: Switches) -> str:
    """Return the text of a value."""
    if value is None:
        return switches.csv_null
    if name in TIMES and isinstance(value, int) and not switches.csv_epoch:
        return time_text(value)
    return str(value)


def time_text(seconds: int) -> str:
    """Spell epoch seconds as `YYYY-MM-DD HH:MM:SS`, in UTC."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S}"
