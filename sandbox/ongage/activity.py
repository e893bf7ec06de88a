"""What contacts did on a day: what they were sent, what they opened and what they clicked, computed of the list and the day.

Each event is kept with the hour in which it happened, so that one may be there twice; nothing happens after six in the morning, UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.arithmetic import Record, mix, salt
from sandbox.collection import Collection
from sandbox.ongage.account import Account
from sandbox.ongage.criteria import Conditions
from sandbox.ongage.world import DAY, ListInfo

TOTALS = ["sent", "opens", "clicks", "last_sent_date", "last_open_date", "last_click_date"]
COLUMNS = [
    "ocx_contact_id", "email", "type", "timestamp", "mailing_id", "mailing_name", "email_message_id", "email_message_name", "link_url",
    "ip", "country_iso", "browser", "os", "device",
]  # fmt: skip
_HOUR = 3600
# Of so many contacts one was sent something on a day.
_ONE_IN = 20
_SALT = salt("Activity")
_BROWSERS, _SYSTEMS, _COUNTRIES = ("Chrome 120", "Safari", ""), ("Windows 10", "iOS, 17", "Android"), ("US", "DE", "", "NO")


@dataclass(frozen=True)
class Report:
    """What a report is about: a list's contacts that meet the conditions, and from when to when. Nothing is known after `now`."""

    account: Account
    place: ListInfo
    contacts: Collection
    conditions: Conditions
    begin: int
    end: int
    now: int


@dataclass(frozen=True)
class Day:
    """What one contact did on a day, each time in epoch seconds; `bits` are for the rest."""

    contact: Record
    bits: int
    sent: int
    opens: tuple[int, ...]
    clicks: tuple[int, ...]


def period_of(filters: Record) -> tuple[int, int] | None:
    """Return from when to when a report is to be, in epoch seconds as numbers or as texts; None if that makes no sense."""
    begin, end = (str(filters.get(name, "")) for name in ("from_date", "to_date"))
    if not begin.isdigit() or not end.isdigit() or int(end) < int(begin):
        return None
    return int(begin), int(end)


def days(report: Report) -> Iterator[Day]:
    """Yield what was done in the time of a report, by day and contact."""
    for day in range(report.begin // DAY, (report.end - 1) // DAY + 1):
        for row, bits in _active(report.contacts.layout.count, report.account.seed, report.place.id, day):
            contact = report.contacts.get(report.contacts.layout.id_of(row))
            if contact is not None and report.conditions.hold(contact):
                done = _done(report, contact, day * DAY, bits)
                if done is not None:
                    yield done


def _active(rows: int, seed: int, place: int, day: int) -> Iterator[tuple[int, int]]:
    """Yield the rows of those who were sent something on a day, ascending, each with bits of its own."""
    for first in range(0, rows, _ONE_IN):
        bits = mix(seed, _SALT, place, day, first)
        row = first + bits % min(_ONE_IN, rows - first)
        yield row, bits >> 8


def _done(report: Report, contact: Record, midnight: int, bits: int) -> Day | None:
    def within(times: list[int]) -> tuple[int, ...]:
        return tuple(each for each in times if report.begin <= each < report.end and each <= report.now)

    sent = midnight + bits % 3 * _HOUR
    opens = [sent + (bits >> shift) % 3 * _HOUR for shift in range(8, 8 + 2 * ((bits >> 4) % 4), 2)]
    clicks = [each + (bits >> 20) % 2 * _HOUR for each in opens[: (bits >> 16) % 3]]
    if not within([sent]):
        return None
    return Day(contact, bits, sent, within(opens), within(clicks))


def summaries(report: Report) -> Iterator[Record]:
    """Yield one row for each contact who was sent something: the contact itself, and the totals."""
    found: dict[str, list[Day]] = {}
    for day in days(report):
        found.setdefault(day.contact["id"], []).append(day)
    for each in found.values():
        opens, clicks = [time for day in each for time in day.opens], [time for day in each for time in day.clicks]
        totals: list[Any] = [len(each), len(opens), len(clicks), max(day.sent for day in each)]
        yield each[0].contact | dict(zip(TOTALS, [*totals, max(opens, default=None), max(clicks, default=None)], strict=True))


def events(report: Report) -> Iterator[Record]:
    """Yield one row for each open and click."""
    for day in days(report):
        mailing, message = (_some(report, entity, day.bits) for entity in ("Mailing", "EmailMessage"))
        person: Record = {"ocx_contact_id": day.contact["id"], "email": day.contact["email"]}
        sent = {"mailing_id": mailing[0], "mailing_name": mailing[1], "email_message_id": message[0], "email_message_name": message[1]}
        place = {"ip": f"198.51.100.{day.bits % 256}", "country_iso": _COUNTRIES[day.bits % 4], "browser": _BROWSERS[day.bits % 3]}
        more = {"os": _SYSTEMS[(day.bits >> 3) % 3], "device": ("phone", "desk, or lap")[day.bits % 2]}
        for kind, times in (("open", day.opens), ("click", day.clicks)):
            link = f"https://example.org/a?b={day.bits % 5},c" if kind == "click" else ""
            for time in times:
                yield person | {"type": kind, "timestamp": time} | sent | {"link_url": link} | place | more


def _some(report: Report, entity: str, bits: int) -> tuple[str, str]:
    """Return the id and the first name of some record of a list's base data."""
    collection = report.account.collections.get(entity, {}).get(report.place.id)
    if collection is None or not collection.layout.count:
        return "", ""
    row = (bits >> 6) % collection.layout.count
    return str(collection.layout.id_of(row)), str(collection.make(row).get("name") or "")
