"""How the vendor spells an instant: UTC in JSON, Eastern time in exports.

LIKELY: a day without a time is an Eastern midnight. GUESS: so are the times of cells, which have no offset.
"""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
# What .NET writes for a date that is none.
NO_DATE = "0001-01-01T00:00:00Z"


def moment(seconds: float) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc)


def minute_text(seconds: int) -> str:
    """Spell an instant as most of the JSON does: in UTC, cut to the minute."""
    return f"{moment(seconds - seconds % 60):%Y-%m-%dT%H:%M:%S}Z"


def day_text(seconds: int) -> str:
    """Spell a day as a midnight in UTC, which it is not meant to be."""
    return f"{moment(seconds):%Y-%m-%d}T00:00:00Z"


def naive_text(seconds: int) -> str:
    """Spell an instant as the cells of exports do: without an offset. GUESS: the digits are those of Eastern time."""
    return f"{moment(seconds).astimezone(EASTERN):%Y-%m-%dT%H:%M:%S}"


def offset_text(seconds: float) -> str:
    """Spell an instant as export jobs do: with seven digits of a second, and with the Eastern offset."""
    found = moment(seconds).astimezone(EASTERN)
    offset = f"{found:%z}"
    return f"{found:%Y-%m-%dT%H:%M:%S}.{found.microsecond:06d}0{offset[:3]}:{offset[3:]}"


def read_instant(value: object) -> float | None:
    """Return the epoch seconds of a time in a request; what has no offset is Eastern time, a day its midnight. None if it is none."""
    if not isinstance(value, str):
        return None
    text = _six_digits(value.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=EASTERN)).timestamp()


def _six_digits(text: str) -> str:
    """Return the text of a time with fewer digits of a second, as Python can read it."""
    whole, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return f"{whole}.{digits[:6].ljust(6, '0')}{rest[len(digits) :]}" if dot and digits else text
