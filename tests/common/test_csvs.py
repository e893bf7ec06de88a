"""What stands between the cells of a CSV. The rest of `Export` is tested with OnGage's exports, in tests/ongage/test_api.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common.csvs import Export
from common.failures import Unavailable


def pieces(body: str, size: int = 3) -> Iterator[bytes]:
    raw = body.encode()
    return (raw[at : at + size] for at in range(0, len(raw), size))


def read(body: str, delimiters: str = ",\t") -> tuple[list[str], list[list[str]], list[str] | None]:
    export = Export(pieces(body), "/file.csv", delimiters)
    rows = list(export)
    return export.header, rows, export.unterminated


@pytest.mark.parametrize(
    ("body", "header", "row"),
    [
        ("id,name\n1,a\tb\n", ["id", "name"], ["1", "a\tb"]),
        ("id\tname\n1\ta,b\n", ["id", "name"], ["1", "a,b"]),
        ('id\t"name, first, or not"\n1\t"x\ty"\n', ["id", "name, first, or not"], ["1", "x\ty"]),
        ("a\tb,c\n1\t2,3\n", ["a\tb", "c"], ["1\t2", "3"]),  # as many of both: the first one
        ("id\n1\n", ["id"], ["1"]),
        ("\ufeffid\tname\r\n1\tx\r\n", ["id", "name"], ["1", "x"]),
        ("\n\r\nid\tname\n\n1\tx\n", ["id", "name"], ["1", "x"]),
    ],
)
def test_the_header_tells_what_stands_between_cells(body: str, header: list[str], row: list[str]) -> None:
    assert read(body) == (header, [row], None)


@pytest.mark.parametrize(("delimiters", "cells"), [(",", ["a\tb\tc", "d"]), ("\t", ["a", "b", "c,d"]), (",\t", ["a", "b", "c,d"])])
def test_only_what_may_be_one_is_a_delimiter(delimiters: str, cells: list[str]) -> None:
    assert read("a\tb\tc,d\n", delimiters)[0] == cells


def test_a_header_or_a_row_without_an_end_is_left_over() -> None:
    assert read("id\tname") == (["id", "name"], [], ["id", "name"])
    assert read("\n\nid\tname") == (["id", "name"], [], ["id", "name"])
    assert read("id\tname\n1\tx") == (["id", "name"], [], ["1", "x"])


def test_a_row_whose_quotes_are_wrong_comes_as_its_line() -> None:
    assert read('id\tname\n1\t"a"b\n2\tb\n')[1] == [['1\t"a"b\n'], ["2", "b"]]


@pytest.mark.parametrize("body", ["", "\n\n", "\r", "<html>", '{"a": 1}', 'id\tname\n1\t"x'])
def test_what_is_no_csv_is_an_outage(body: str) -> None:
    with pytest.raises(Unavailable):
        read(body)
