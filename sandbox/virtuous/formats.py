"""How Virtuous spells times and money, and the arithmetic behind it.

An instant is an int of ticks (100 ns since 1970, UTC): the vendor shows up to seven fraction digits.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

TICKS_PER_SECOND = 10_000_000
TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# US/Arizona keeps no daylight saving time, so a constant is enough.
ORGANIZATION_UTC_OFFSET = timedelta(hours=-7)


def ticks_of(moment: datetime) -> int:
    """Return the ticks of an aware moment."""
    whole = moment - EPOCH
    return (whole.days * 86_400 + whole.seconds) * TICKS_PER_SECOND + whole.microseconds * 10


def day_ticks(year: int, month: int = 1, day: int = 1) -> int:
    """Return the ticks of a midnight in UTC."""
    return ticks_of(datetime(year, month, day, tzinfo=timezone.utc))


def clock_ticks(seconds: float) -> int:
    """Return the ticks of a clock's unix seconds, to the microsecond."""
    return round(seconds * 1_000_000) * 10


def moment_of(ticks: int) -> datetime:
    """Return the aware moment of some ticks, to the microsecond."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    return EPOCH + timedelta(seconds=seconds, microseconds=fraction // 10)


def utc_text(ticks: int, *, zulu: bool = False) -> str:
    """Spell an instant as the vendor does: no trailing zeros in the fraction, and mostly no Z."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    text = (EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
    if fraction:
        text += "." + f"{fraction:07d}".rstrip("0")
    return text + ("Z" if zulu else "")


def parse_utc(text: str) -> int:
    """Return the ticks of `YYYY-MM-DDTHH:MM:SS[.fffffff][Z]` or `YYYY-MM-DD`; raise ValueError otherwise."""
    body = text.rstrip("Z")
    head, _, fraction = body.partition(".")
    moment = datetime.fromisoformat(head)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return ticks_of(moment) + (int(fraction[:7].ljust(7, "0")) if fraction else 0)


def midnight_text(day: date) -> str:
    """Spell a calendar date as full records do."""
    return f"{day.isoformat()}T00:00:00"


def us_date(day: date) -> str:
    """Spell a calendar date as abbreviated records do: M/D/YYYY without padding."""
    return f"{day.month}/{day.day}/{day.year}"


def parse_us_date(text: str) -> date:
    """Return the day of M/D/YYYY (a time behind it is ignored); raise ValueError otherwise."""
    month, day, year = text.split(" ", maxsplit=1)[0].split("/")
    return date(int(year), int(month), int(day))


def dollars(cents: int) -> str:
    """Spell money as en-US text; .NET puts negatives into parentheses."""
    text = f"${abs(cents) / 100:,.2f}"
    return f"({text})" if cents < 0 else text


def whole_dollars(cents: int) -> str:
    """Spell money as contact totals do: rounded to whole units."""
    return f"${round(cents / 100):,}"


def organization_day(ticks: int) -> int:
    """Return the day number, in the organization's time zone, of an instant."""
    return (ticks + int(ORGANIZATION_UTC_OFFSET.total_seconds()) * TICKS_PER_SECOND) // TICKS_PER_DAY


def snake(key: str) -> str:
    """Return a JSON key in snake_case, as Fivetran writes it.

    `createDateTimeUtc` gives `create_date_time_utc`, `address1` gives `address_1`.
    """
    return re.sub(r"(?<=[a-z])(?=[0-9])|(?=[A-Z])", "_", key).lower()


def lower_first(text: str) -> str:
    """Return the text with its first letter lowered, as the vendor's serializer does to dictionary keys."""
    return text[:1].lower() + text[1:]
