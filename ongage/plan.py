"""What is read, as data: the collections of the account and of each list, the dates of a contact, and the windows of a reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

import models
from common.collection import Collection
from models import ROOTS

LARGE_LIST_CONTACTS = 200_000  # a list of more contacts than this is read in windows of creation dates
INITIAL_BATCH_MONTHS = 3
MIN_BATCH_SECONDS = 14 * 24 * 60 * 60
MAX_RETRIES_PER_BATCH = 3
YEAR_SECONDS = 365 * 24 * 60 * 60
EARLIEST = 946_684_800  # 2000-01-01, years before OnGage: a list that claims to be older is read in no more windows

CREATED = "ocx_created_date"
CHANGES = (CREATED, "ocx_unsubscribe_date", "ocx_resubscribe_date", "ocx_bounce_date", "ocx_complaint_date")
LISTS, CONTACTS, BODIES = "lists", "contacts", "email_message_bodies"


ACCOUNT = (Collection(ROOTS[LISTS], "lists"), Collection(ROOTS["esp_connections"], "esp_connections/options", pages="none"))
PER_LIST = (
    Collection(ROOTS["list_fields"], "list_fields"),
    Collection(ROOTS["segments"], "segments", detail=True, detail_keys=("modified", "user_modified"), by_id=True),
    Collection(ROOTS["mailings"], "mailings", detail=True, by_id=True),
    Collection(ROOTS["email_messages"], "emails", by_id=True, pages="page", bodies=ROOTS[BODIES].table),
    Collection(ROOTS["imports"], "import", by_id=True),
    Collection(ROOTS["transactional_campaigns"], "transactional"),
    Collection(ROOTS["events"], "events", by_id=True),
    Collection(ROOTS["email_tags"], "email_tag"),
)


class Window(NamedTuple):
    """Contacts of which a date lies in a half-open span, in Unix seconds; an end that is None is open.

    `retries` counts how often the search for it failed, `search` is the id of the one that is under way.
    """

    field: str
    start: int | None
    end: int | None
    retries: int = 0
    search: str | None = None

    def holds(self, moment: datetime | None) -> bool:
        """Whether a contact with that date belongs to it. One without a date belongs where there is no lower end."""
        if moment is None:
            return self.start is None and self.field == CREATED
        seconds = moment.timestamp()
        return (self.start is None or self.start <= seconds) and (self.end is None or seconds < self.end)


def whole_list(contacts: int, created: int, upper: int, months: int) -> list[Window]:
    """The windows of a reading of all contacts: one, or for a large list from the newest back to its creation, and then all that is older.

    Empty windows are no sign of the beginning: lists have quiet times, and contacts that were copied may be older than their list.
    """
    if contacts <= LARGE_LIST_CONTACTS:
        return [Window(CREATED, None, None)]
    return in_batches(created, upper, months)


def in_batches(created: int, upper: int, months: int) -> list[Window]:
    """The windows of a large list, newest first."""
    windows, end = list[Window](), _moment(upper)
    while end.timestamp() > max(created, EARLIEST):
        start = end - relativedelta(months=months)
        windows.append(Window(CREATED, int(start.timestamp()), int(end.timestamp())))
        end = start
    return [*windows, Window(CREATED, None, int(end.timestamp()))]


def changes(since: int, upper: int) -> list[Window]:
    """The windows of what has happened to contacts since a time."""
    return [Window(field, since, upper) for field in CHANGES]


def halved(window: Window) -> list[Window]:
    """A window that took too long as two smaller ones, none shorter than MIN_BATCH_SECONDS but the rest; a short one as it is.

    One without a beginning gives its last year and what is before, as long as there can be anything.
    """
    if window.end is None or (window.start is None and window.end <= EARLIEST):
        return [window]
    if window.start is None:
        middle = window.end - YEAR_SECONDS
    elif window.end - window.start <= MIN_BATCH_SECONDS:
        return [window]
    else:
        middle = window.end - max((window.end - window.start) // 2, MIN_BATCH_SECONDS)
    return [window._replace(start=middle), window._replace(end=middle)]


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


class Span(NamedTuple):
    """Whole months of statistics, from a first day to a last one."""

    first: date
    last: date

    @property
    def number(self) -> int:
        """The same for the same span, by which an error is filed: year, month, and how many months."""
        many = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return (self.first.year * 100 + self.first.month) * 1000 + many

    @classmethod
    def of(cls, number: int) -> Span | None:
        """The span of that number, None if it is that of no span."""
        month, many = divmod(number, 1000)
        try:
            first = date(month // 100, month % 100, 1)
            return cls(first, _end_of(first + relativedelta(months=many - 1)))
        except ValueError:
            return None

    @classmethod
    def of_month(cls, day: date) -> Span:
        """The month of a day."""
        return cls(day.replace(day=1), _end_of(day.replace(day=1)))

    def covers(self, other: Span) -> bool:
        """Whether another span is part of it."""
        return self.first <= other.first and other.last <= self.last

    def months(self) -> Iterator[Span]:
        """Its months."""
        month = self.first
        while month <= self.last:
            yield Span.of_month(month)
            month += relativedelta(months=1)


def _end_of(month: date) -> date:
    return month + relativedelta(months=1) - timedelta(days=1)


def years(first: date, end: date) -> list[Span]:
    """The past in spans of a year at most, from the month of a day up to another one, which begins a month."""
    found, month = list[Span](), first.replace(day=1)
    while month < end:
        last = min(month.replace(month=12), end - relativedelta(months=1))
        found.append(Span(month, _end_of(last)))
        month = last + relativedelta(months=1)
    return found


def upkeep(table: str) -> str:
    """How a table that is read by itself is kept up to date; "" for one that comes with the records of another."""
    if table not in {CONTACTS, *(one.table for one in (*ACCOUNT, *PER_LIST)), *models.REPORTS} and not table.startswith("contact_activity"):
        return ""
    if table == CONTACTS:
        return "changes of status in each sync; all of it every `full_refresh_days`"
    if table.endswith("_daily_stats"):
        return "the last `stats_days`, rounded to whole months, in each sync"
    if table.startswith("contact_activity"):
        return "the last `activity_days` in each sync"
    return "whole, in each sync; only what changed is written"
