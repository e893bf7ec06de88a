"""How the fields of the API become cells: the kinds of columns that tables declare, and the converters behind them.

Pure: a value comes in as the JSON parser gave it (fractions as `Decimal`, numbers of 64 bits as texts), a value that the SDK accepts goes
out, or `ConversionError` is raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TypeGuard

from dateutil import tz

from common.tables import LONG_LIMIT, Column, ConversionError, boolean, json_text, text, to_decimal, to_double, to_integer, to_text

__all__ = [
    "Fields",
    "Kind",
    "boolean",
    "day",
    "double",
    "integer",
    "json_text",
    "local_time",
    "money",
    "name",
    "text",
    "to_day",
    "to_instant",
    "to_money",
    "zone_of",
]

Kind = Callable[[str], Column]
Fields = dict[str, Kind]  # by their paths in the query language

MICROS = 1_000_000  # in one unit of a currency
MONEY = {"type": "DECIMAL", "precision": 20, "scale": 6}
SHORT = 18  # so many digits are a whole number of 64 bits whatever they are
FLOAT_DIGITS = 300  # with fewer before the point, a number is finite as a float, too
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
# hours of a day, since newer Pythons take 24:00 and older ones do not
CLOCK = "(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}"
TIME = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[ T]({CLOCK})(\.[0-9]+)?(Z|[+-][0-9]{{2}}:?[0-9]{{2}})?")
ZONE = re.compile("[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")

_whole_micros = to_decimal(20, 0)


def _is_short_number(value: object) -> TypeGuard[str]:
    """Whether a value is the text that the API writes for a whole number, so that it can be read in the short way."""
    return type(value) is str and len(value) <= SHORT and value.isascii() and value.isdigit()


def to_count(value: object) -> int:
    """A whole number of 64 bits, from a number or a text.

    Raises:
        ConversionError: for anything else.
    """
    return int(value) if _is_short_number(value) else to_integer(value)


def to_fraction(value: object) -> float:
    """A 64-bit float.

    Raises:
        ConversionError: for what is no finite number.
    """
    if type(value) is Decimal and value.is_finite() and value.adjusted() < FLOAT_DIGITS:
        return float(value)
    return to_double(value)


def to_money(value: object) -> str:
    """An amount in the unit of a currency as decimal text with six digits, from millionths; fractions of those are rounded half-even.

    Raises:
        ConversionError: for what is no number, or has more than 20 digits before the point.
    """
    micros = int(value) if _is_short_number(value) else _rounded_micros(value)
    units, rest = divmod(abs(micros), MICROS)
    return f"{'-' if micros < 0 else ''}{units}.{rest:06d}"


def _rounded_micros(value: object) -> int:
    if type(value) is Decimal and value.is_finite() and value.adjusted() < SHORT:
        return round(value)  # half-even, as the other way, which is slower
    if type(value) is int and -LONG_LIMIT <= value < LONG_LIMIT:
        return value
    return int(_whole_micros(value))


def to_name(value: object) -> str:
    """A resource name, or the id that a row is known by: a text that is not empty.

    Raises:
        ConversionError: for anything else.
    """
    if not isinstance(value, str) or not value:
        raise ConversionError("a name", value)
    return to_text(value)


@lru_cache(maxsize=4096)
def _midnight(value: str) -> datetime:
    if not DAY.fullmatch(value):  # newer Pythons would read more forms than older ones
        raise ValueError(value)
    return datetime.fromisoformat(f"{value}T00:00:00+00:00")


def to_day(value: object) -> datetime | None:
    """Midnight in UTC of a day "YYYY-MM-DD"; "" is none.

    Raises:
        ConversionError: for anything else.
    """
    if value == "":
        return None
    try:
        if isinstance(value, str):
            return _midnight(value)
    except ValueError as error:
        raise ConversionError("a day", value) from error
    raise ConversionError("a day", value)


def to_instant(value: object, zone: tzinfo = timezone.utc) -> datetime | None:
    """The instant, in UTC, of a local time "YYYY-MM-DD HH:MM:SS[.ffffff]" (also with a T); "" is none.

    The API writes no offset: the time is that of the account's zone (fact sheet 8). If one is written, it counts. A time that occurs twice
    is the first one; one that the clock skips is taken with the offset from before the change. Digits beyond microseconds are cut.

    Raises:
        ConversionError: for anything else.
    """
    if value == "":
        return None
    parts = TIME.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise ConversionError("a time", value)
    day, clock, fraction, offset = parts.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{(fraction or '.').ljust(7, '0')[:7]}{_plain_offset(offset)}")
        return (moment if offset else moment.replace(tzinfo=zone)).astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise ConversionError("a time", value) from error


def _plain_offset(offset: str | None) -> str:
    """The offset as every Python reads it."""
    if not offset:
        return ""
    return "+00:00" if offset == "Z" else f"{offset[:3]}:{offset[-2:]}"


def zone_of(name: str) -> tzinfo:
    """The time zone of a name as the API writes it, such as "America/New_York".

    Raises:
        ValueError: for a name that is none, with a sentence that says so.
    """
    # without the check a file's path, an offset or the machine's own zone would do as well
    zone = tz.gettz(name) if ZONE.fullmatch(name) else None
    if isinstance(zone, (tz.tzfile, tz.tzutc)):
        return zone
    raise ValueError(f"{name!r} is no time zone that this connector knows.")


# --- Kinds of columns ---


def integer(source: str) -> Column:
    """A LONG column."""
    return Column(source, "LONG", to_count)


def double(source: str) -> Column:
    """A DOUBLE column."""
    return Column(source, "DOUBLE", to_fraction)


def money(source: str) -> Column:
    """A DECIMAL column of an amount that comes in millionths."""
    return Column(source, dict(MONEY), to_money)


def day(source: str) -> Column:
    """A UTC_DATETIME column of a day."""
    return Column(source, "UTC_DATETIME", to_day)


def local_time(source: str) -> Column:
    """A UTC_DATETIME column of a time in the account's zone, which `to_instant` needs besides the value."""
    return Column(source, "UTC_DATETIME", to_instant)


def name(source: str) -> Column:
    """A STRING column of a resource name, or of another text without which there is no row."""
    return Column(source, "STRING", to_name)
