"""What the parameters of lists leave over: each makes of the text in the query string the condition that a record has to meet.

A text that it can make nothing of is a ValueError, which is answered with status 400.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.arithmetic import Record
from sandbox.everyaction.envelope import Condition, Filter
from sandbox.everyaction.times import read_instant


def one_of(key: str) -> Filter:
    """Return the filter for some texts, set apart by commas, without regard to case."""

    def make(text: str) -> Condition:
        wanted = {each.strip().lower() for each in text.split(",")}
        return lambda record: str(record.get(key)).lower() in wanted

    return make


def id_is(key: str) -> Filter:
    """Return the filter for an id, or for one of several, set apart by commas."""

    def make(text: str) -> Condition:
        wanted = {int(each) for each in text.split(",")}
        return lambda record: record.get(key) in wanted

    return make


def contains(key: str) -> Filter:
    """Return the filter for a part of a text, without regard to case."""
    return lambda text: lambda record: text.lower() in str(record.get(key) or "").lower()


def flag(key: str) -> Filter:
    """Return the filter for true or false."""

    def make(text: str) -> Condition:
        if text.lower() not in {"true", "false"}:
            raise ValueError(text)
        return lambda record: record.get(key) is (text.lower() == "true")

    return make


def at_most(key: str) -> Filter:
    """Return the filter for counts up to a number."""

    def make(text: str) -> Condition:
        most = int(text)
        return lambda record: int(record.get(key) or 0) <= most

    return make


def after(key: str) -> Filter:
    """Return the filter for instants from one on."""
    return _compared(key, lambda found, wanted: found >= wanted)


def before(key: str) -> Filter:
    """Return the filter for instants before one."""
    return _compared(key, lambda found, wanted: found < wanted)


def _compared(key: str, holds: Callable[[float, float], bool]) -> Filter:
    def make(text: str) -> Callable[[Record], bool]:
        wanted = read_instant(text)
        if wanted is None:
            raise ValueError(text)
        return lambda record: (found := read_instant(record.get(key))) is not None and holds(found, wanted)

    return make
