"""CSV that is read as it comes: rows while their bytes arrive, and a typed failure for what is no CSV or was cut."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterator
from itertools import chain

from common.failures import Unavailable

LONGEST_CELL = 16_000_000  # characters; a cell of a CSV that is longer is nobody's
CUT_OFF = "unexpected end of data"  # what Python's csv says of an end within quotes
QUOTED = re.compile('"[^"]*"')

Cells = list[str]


class Export:
    """A CSV that is read as it comes, of which never more than a piece and a row are held.

    Iterating gives its rows; an empty line is none. One whose quotes are wrong comes as its last line, in so many cells as no row may have.
    A last row whose line does not end is none of them: it is left in `unterminated`, since the CSV may have been cut there, even if there
    is nothing in it; so is a header without an end.

    Args:
        pieces: the body.
        route: what was asked, for people.
        delimiters: what may stand between two cells. Of several, the one that the header has most often does, or the first one.

    Raises:
        Unavailable: for what is no CSV (JSON or a web page in its place, nothing at all), or ends within quotes.
    """

    def __init__(self, pieces: Iterator[bytes], route: str, delimiters: str = ",") -> None:
        csv.field_size_limit(LONGEST_CELL)
        self._lines = _Lines(_checked(pieces, route))
        lines, delimiter = _delimited(iter(self._lines), delimiters)
        self._reader = csv.reader(lines, strict=True, delimiter=delimiter)
        self._route = route
        self.unterminated: Cells | None = None
        self.header: Cells = []
        header = self._next()
        if not header:
            raise Unavailable(f"{route}: the reply is empty, where a CSV should be", route)
        self.header = header
        if self._lines.unterminated:
            self.unterminated = header

    def __iter__(self) -> Iterator[Cells]:
        while (row := self._next()) is not None:
            if self._lines.unterminated:
                self.unterminated = row
                return
            yield row

    def _next(self) -> Cells | None:
        while True:
            try:
                row = next(self._reader, None)
            except csv.Error as error:
                if str(error) == CUT_OFF:
                    break
                return [self._lines.last] * (2 if len(self.header) == 1 else 1)
            if row or row is None or self._lines.unterminated:
                return row
        raise Unavailable(f"{self._route}: the reply ends in the middle of a row", self._route)


def _delimited(lines: Iterator[str], delimiters: str) -> tuple[Iterator[str], str]:
    """The lines from the header on, and what stands between their cells."""
    if len(delimiters) == 1:
        return lines, delimiters
    header = next((line for line in lines if line.strip("\r\n")), "")
    return chain([header] if header else [], lines), max(delimiters, key=QUOTED.sub("", header).count)


def _checked(pieces: Iterator[bytes], route: str) -> Iterator[bytes]:
    """The pieces, if what they begin with can be a CSV; the first ones may be as short as a byte order mark."""
    first = begin = b""
    for piece in pieces:
        first += piece
        begin = first.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
        if begin and not codecs.BOM_UTF8.startswith(first):
            break
    if begin in {b"<", b"{", b"["}:
        raise Unavailable(f"{route}: {_spell(begin, first)} came in place of a CSV", route)
    yield first
    yield from pieces


def _spell(begin: bytes, body: bytes) -> str:
    if begin == b"<":
        return "a web page"
    try:
        code = json.loads(body.decode("utf-8-sig"))["payload"]["code"]
    except (ValueError, TypeError, KeyError, UnicodeDecodeError):
        return "JSON"
    return f"an error with the code {code}" if type(code) is int else "JSON"


class _Lines:
    """Lines with their ends: `last` is the one that was given last, `unterminated` tells that it had none.

    Bytes that are no UTF-8 become lone surrogates, which no cell takes, so that they are named and not mended.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.last, self.unterminated = "", False

    def __iter__(self) -> Iterator[str]:
        for line in self._read():
            self.last = line
            yield line

    def _read(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        rest: list[str] = []
        for piece in self._pieces:
            first, *others = decoder.decode(piece).split("\n")
            rest.append(first)
            if others:
                yield "".join(rest) + "\n"
                yield from (line + "\n" for line in others[:-1])
                rest = [others[-1]]
        last = "".join(rest) + decoder.decode(b"", final=True)
        if last:
            self.unterminated = True
            yield last
