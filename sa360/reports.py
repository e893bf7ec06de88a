"""Daily numbers: the newest days are read again in each sync, since they still change, and the past once, newest first.

A row whose numbers have all become zero is not given any more (fact sheet 7.9). So what is read again replaces what the warehouse holds of
those days: days that differ are delivered anew, and rows that are gone are deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Set
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

import fetch
import plan
from common.deletes import MAX_DELETED_UNDOUBTED
from common.failures import Rejected, Unavailable
from common.state import ADVICE
from common.tables import Row
from context import Context
from cursors import ReportState
from holdings import Seen
from listings import again, deliver, report, warn_of_unknown
from models import day_of
from plan import DAY, KEPT, NEWEST, SETTLED, YOUNG, Span, Window
from reading import MOST_UNREADABLE, Reader, TooLarge
from units import Parts, Reading, Unit, no_parts

MOST_GONE = 0.5  # of the rows of the days that are read again: of these more may go than of a listing, and two readings tell of it
TOO_WIDE, TOO_OLD = "queryError.DATE_RANGE_TOO_WIDE", "dateRangeError.REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED"


@dataclass
class Unsure:
    """Of which days nobody can tell whether rows are gone: of none that was not read, and of none at all if rows came without keys."""

    whole: bool = True
    unread: set[date] = field(default_factory=set)

    def learn(self, reading: Reading) -> None:
        """Takes note of a reading."""
        self.whole = self.whole and reading.whole
        self.unread |= {reading.unread} if reading.unread else set()


class Reports:
    """Reads daily numbers.

    Args:
        context: the sync's tools.
        reader: reads.
        start: the first day that is wanted, None for all that the API has.
        days: for how many days back numbers still change.
    """

    def __init__(self, context: Context, reader: Reader, start: date | None, days: int) -> None:
        self._context, self._delivery, self._reader = context, context.delivery, reader
        self._start, self._days = start, days
        self._unread_days: Counter[str] = Counter()  # of this sync

    def note_columns(self, unit: Unit) -> None:
        """Takes note of the custom columns of which the newest days were read; of new ones the past is due as well."""
        entry, asked = self._entry(unit), {number for number, _ in unit.columns}
        if not asked <= set(entry.columns) and entry.first is not None:
            entry.first = entry.since
        entry.columns = sorted(asked.union(entry.columns))

    # --- Days that still change ---

    def begin(self, unit: Unit) -> Future[Reading]:
        """Begins to read the newest days of a report."""
        entry, span = self._entry(unit), self._span(unit)
        return self._ask(unit, next(plan.newest_first(span.whole, entry.width)), span)

    def sync(self, unit: Unit, reply: Future[Reading]) -> None:
        """Makes the warehouse hold what is read of the days that still change.

        Args:
            unit: the report.
            reply: what `begin` gave.

        Raises:
            SourceFailure: if they cannot be read; what was read stays read.
        """
        entry, span, parts, unsure = self._entry(unit), self._span(unit), no_parts(), Unsure()
        entry.holding.begin(*parts.values())
        entry.since, entry.until = span.whole.first, span.whole.last  # from the next checkpoint on rows of any of these days may be held
        for window, reading in self._windows(unit, entry, span, reply):
            for name, part in reading.parts.items():
                parts[name].merge(part)
            unsure.learn(reading)
            if reading.unread:
                report(self._context, reading)
                continue
            self._replace_days(unit, entry, window, reading, span)
            entry.width = max(entry.width, plan.next_width(window, reading.number))
        self._delete_gone(unit, entry, span, parts, unsure)
        self._resolve(unit, span.whole)
        self._delivery.checkpoint(if_due=True)

    def _entry(self, unit: Unit) -> ReportState:
        return self._context.state.account(unit.account.id).report(unit.source.name)

    def _span(self, unit: Unit) -> Span:
        """The days to be read again: those that can have changed since they were read last."""
        entry, today = self._entry(unit), today_of(unit, self._context.now)
        begins = plan.begins(self._start, today)
        keep_from = max(today - timedelta(days=self._days), begins)
        since = keep_from if entry.since is None else max(min(entry.since, keep_from), begins)
        return Span(Window(since, today), keep_from, entry.until, entry.young, plan.oldest_kept(today))

    def _ask(self, unit: Unit, window: Window, span: Span) -> Future[Reading]:
        return self._context.executor.submit(self._reader.window, unit, window, span)

    def _windows(self, unit: Unit, entry: ReportState, span: Span, reply: Future[Reading]) -> Iterator[tuple[Window, Reading]]:
        """The windows of a span with what was read of each; one that the source cannot cope with in halves."""
        left = list(plan.newest_first(span.whole, entry.width))
        replies = {left[0]: reply}
        while left:
            window = left.pop(0)
            pending = replies.pop(window, None) or self._ask(unit, window, span)
            try:
                reading: Reading = self._context.wait(pending)
            except (TooLarge, Unavailable, Rejected) as failure:
                if is_cured_by_less(failure, window):
                    left = [*plan.halves(window), *left]
                    entry.width = left[0].days
                    continue
                reading = self._unread(unit, window, span, failure)
            self._context.progress.advance(reading.number, None)
            yield window, reading

    def _unread(self, unit: Unit, window: Window, span: Span, failure: Exception) -> Reading:
        """What is told of a day that cannot be read, if that is no outage; not of more than a few days.

        Raises:
            SourceFailure: if it is, or if it was refused.
        """
        self._unread_days[unit.root] += 1
        if not isinstance(failure, Unavailable) or self._unread_days[unit.root] > MOST_UNREADABLE:
            raise failure
        found: Reading = self._context.wait(self._context.executor.submit(self._reader.day, unit, window, span, failure))
        return found

    def _replace_days(self, unit: Unit, entry: ReportState, window: Window, reading: Reading, span: Span) -> None:
        """Delivers the days of a window that differ from what is held of them."""
        report(self._context, reading)
        digests, held = reading.digests, entry.holding.digests
        changed = {date.fromordinal(day) for day in entry.holding.changed(digests)}
        if changed:
            self._deliver(unit, window, reading, span, changed)
        for day in range(window.first.toordinal(), window.last.toordinal() + 1):
            held.pop(day, None)
        held |= digests
        self._delivery.checkpoint(if_due=True)

    def _delete_gone(self, unit: Unit, entry: ReportState, span: Span, parts: Parts, unsure: Unsure) -> None:
        """Deletes the rows that are held of the span and did not come, if it is known which; from now on what came is held."""
        holding = entry.holding
        settled, young = _merged(parts, lambda age, _: age == SETTLED), _merged(parts, lambda age, _: age == YOUNG)
        kept, newest = _merged(parts, lambda _, role: role == KEPT), _merged(parts, lambda _, role: role == NEWEST)
        gone = holding.gone(settled, young)
        warn_of_unknown(self._context, unit, gone)
        for key in self._delete(unit, span, gone.keys, settled.rows + young.rows, holding.rows, unsure):
            (newest if unit.day_of(key) == span.whole.last else kept).keep(key)
        holding.hold(kept, newest)
        entry.since, entry.until, entry.young = span.keep_from, span.whole.last, span.whole.last
        entry.first = min(entry.first or span.whole.first, span.whole.first)
        entry.read_at = self._context.now.date().isoformat()

    def _delete(self, unit: Unit, span: Span, gone: set[str], listed: int, held: int, unsure: Unsure) -> set[str]:
        """Deletes rows that did not come, unless they do when their days are read once more; returns what is held and stays."""
        days = {key: unit.day_of(key) for key in gone}
        read = {key for key, day in days.items() if unsure.whole and day not in unsure.unread and span.whole.holds(day)}
        due = {key for key in read if _is_asked_for(unit, key)}
        if len(due) > MAX_DELETED_UNDOUBTED and (not listed or len(due) > MOST_GONE * held):
            self._delivery.warn(
                f"{unit.of}: {len(due):,} of {held:,} rows since {span.whole.first} are missing. That is more than is believed, so nothing "
                f"was deleted. If it is right: {ADVICE}"
            )
            return {key for key, day in days.items() if day >= span.keep_from}
        still_there = {key for day in {days[key] for key in due} for key in self._keys_of(unit, day, span, due)}
        elsewhere = self._on_other_days(unit, due - still_there, span)
        self._delivery.delete(unit.source.table, (unit.key_of(key) for key in sorted(due - still_there - elsewhere)))
        return {key for key in (gone - due) | still_there if days[key] >= span.keep_from}

    def _on_other_days(self, unit: Unit, gone: Set[str], span: Span) -> set[str]:
        """Those of some keys whose rows are there on another day: an event that moved is no event less."""
        if not gone or "date" in unit.source.table.key:
            return set()
        rows = {str(unit.key_of(key)): key for key in gone}
        found = set[str]()
        for window in plan.newest_first(span.whole, self._entry(unit).width):
            keys = again(self._context, partial(self._reader.keys_of, unit, window, span.oldest))
            found |= {rows[name] for key in keys if key is not None and (name := str(unit.key_of(key))) in rows}
        return found

    def _keys_of(self, unit: Unit, day: date, span: Span, due: Set[str]) -> Set[str]:
        """Those of some keys that a day's rows have when they are read once more; all of them if rows without keys are among these."""
        found = again(self._context, lambda: self._reader.keys_of(unit, Window(day, day), span.oldest))
        return due if None in found else due & found

    def _deliver(self, unit: Unit, window: Window, reading: Reading, span: Span, days: Collection[date] | None = None) -> None:
        """Delivers the rows of a window, of these days if any are given; if they were not held, by reading them once more."""

        def chosen() -> Iterator[Row]:
            rows = reading.rows if reading.rows is not None else self._reader.rows_of(unit, window, span.oldest)
            return (row for row in rows if days is None or day_of(row) in days)

        again(self._context, lambda: deliver(self._context, unit, chosen()))

    def _resolve(self, unit: Unit, window: Window) -> None:
        """Ends the errors of days that were read, and of what has no day."""
        first, last = window.first.toordinal(), window.last.toordinal()
        self._delivery.resolve(unit.root, lambda day: day is None or first <= day <= last)

    # --- The past ---

    def begin_past(self, unit: Unit) -> tuple[Window, Future[Reading]] | None:
        """Begins to read the next window of a report's past; None if there is none any more."""
        window = self._next_window(unit)
        return (window, self._ask(unit, window, self._span(unit))) if window else None

    def sync_past(self, unit: Unit, window: Window, reply: Future[Reading]) -> None:
        """Delivers a window of the past, which will not be read again.

        Raises:
            SourceFailure: if it cannot be read.
        """
        entry, span = self._entry(unit), self._span(unit)
        try:
            reading: Reading = self._context.wait(reply)
        except (TooLarge, Unavailable, Rejected) as failure:
            if is_cured_by_less(failure, window):
                entry.width = max(window.days // 2, 1)
                return
            if getattr(failure, "code", "") == TOO_OLD:  # the API keeps less than it says
                entry.first = plan.begins(self._start, today_of(unit, self._context.now))
                return
            reading = self._unread(unit, window, span, failure)
        self._deliver_days(unit, window, reading, span)
        entry.first, entry.width = window.first, _wider(entry.width, window, reading.number)
        self._delivery.checkpoint(if_due=True)

    def try_again(self, unit: Unit) -> None:
        """Reads days of the past once more of which something did not arrive.

        Raises:
            SourceFailure: if they cannot be read.
        """
        span = self._span(unit)
        numbers = {number for number in self._delivery.open_numbers(unit.root) if number < span.whole.first.toordinal()}
        for day in map(date.fromordinal, sorted(number for number in numbers if number > span.oldest.toordinal())):
            window = Window(day, day)
            try:
                reading = self._context.wait(self._ask(unit, window, span))
            except Unavailable as failure:
                reading = self._reader.day(unit, window, span, failure)
            self._deliver_days(unit, window, reading, span)

    def _deliver_days(self, unit: Unit, window: Window, reading: Reading, span: Span) -> None:
        report(self._context, reading)
        self._context.progress.advance(reading.number, None)
        self._deliver(unit, window, reading, span)
        self._resolve(unit, window)

    def _next_window(self, unit: Unit) -> Window | None:
        entry, today = self._entry(unit), today_of(unit, self._context.now)
        begins = plan.begins(self._start, today)
        if entry.first is None or entry.first <= begins:
            return None
        last = entry.first - DAY
        return next(plan.newest_first(Window(begins, last), entry.width))


def _merged(parts: Parts, wanted: Callable[[str, str], bool]) -> Seen:
    """The rows of some parts of a reading."""
    whole = Seen()
    for (age, role), part in parts.items():
        if wanted(age, role):
            whole.merge(part)
    return whole


def _is_asked_for(unit: Unit, key: str) -> bool:
    """Whether a row with that key could have come: not that of a custom column that was not asked for."""
    return not unit.columns or unit.key_of(key)["custom_column_id"] in {number for number, _ in unit.columns}


def _wider(width: int, window: Window, rows: int) -> int:
    """How many days a question covers from now on: one about fewer days than usual is no reason for less."""
    found = plan.next_width(window, rows)
    return found if rows > fetch.WINDOW_ROWS else max(found, width)


def today_of(unit: Unit, now: datetime) -> date:
    """The day that it is where the account is."""
    return now.astimezone(unit.account.zone).date()


def is_cured_by_less(failure: Exception, window: Window) -> bool:
    """Whether a question about fewer days may be answered."""
    if isinstance(failure, Rejected):
        return window.days > 1 and getattr(failure, "code", "") in {TOO_WIDE, TOO_OLD}
    return window.days > 1
