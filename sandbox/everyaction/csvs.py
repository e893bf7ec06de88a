"""The files of an export: names in the first row, quotes only around what needs them, CRLF at the end of each row.

LIKELY: the mark at the beginning. GUESS: quotes and line ends, names in each file of several, and how a cell spells what is no text.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sandbox.arithmetic import Record
from sandbox.everyaction.account import Switches

_ROWS_PER_BLOCK = 500
_BOM = "\ufeff"


class Column(NamedTuple):
    """A column: under which key a row has its cell, and its name in the first row."""

    key: str
    header: str


def cell_text(value: object) -> str:
    """Return the text of a value."""
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def line_of(texts: Iterable[str], switches: Switches) -> str:
    """Return one row of a file."""
    separator = "\t" if switches.csv_tab else ","
    needs_quotes = re.compile(rf'[{separator}"\r\n]')
    return separator.join('"' + text.replace('"', '""') + '"' if needs_quotes.search(text) else text for text in texts) + "\r\n"


def row_text(columns: Sequence[Column], row: Record, switches: Switches) -> str:
    """Return a row of cells as a row of a file."""
    return line_of((cell_text(row.get(each.key)) for each in columns), switches)


def blocks(columns: Sequence[Column], rows: Iterable[Record], switches: Switches, *, header: bool) -> Iterator[bytes]:
    """Yield a file, written while it is sent."""
    yield ((_BOM if switches.csv_bom else "") + (line_of((each.header for each in columns), switches) if header else "")).encode()
    block: list[str] = []
    for row in rows:
        block.append(row_text(columns, row, switches))
        if len(block) == _ROWS_PER_BLOCK:
            yield "".join(block).encode("utf-8", "surrogatepass")
            block.clear()
            if switches.csv_pause_seconds:
                time.sleep(switches.csv_pause_seconds)
    yield "".join(block).encode("utf-8", "surrogatepass")
