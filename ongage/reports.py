"""Daily statistics: every year once, and the last months again in each sync, since late opens and clicks land on old days.

All dates are the days on which something was recorded, not those of a mailing (analytics help): a mailing goes on appearing for weeks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

import plan
import spans
from api import Record
from common.errors import ErrorRecord
from common.failures import Disorder, Unavailable
from common.tables import Row, to_json
from context import Context
from models import Report, report_row
from plan import Span

PAGE_ROWS = 5000
ROUND_NUMBER = 50  # a page of fewer rows than were asked for is the last one, unless their number looks like a limit that nobody told of
PASSES = 3
SPANS_AHEAD = 4


class Page(NamedTuple):
    """Some rows of a report, and whether they are the last ones."""

    rows: list[Record]
    last: bool


class Reports:
    """Reads the daily statistics.

    Args:
        context: the sync's tools.
        lists: the ids of the lists that are asked for; None stands for all that the user may see.
    """

    def __init__(self, context: Context, lists: Sequence[str] | None) -> None:
        self._api, self._delivery, self._state = context.api, context.delivery, context.state
        self._executor, self._wait, self._progress, self._lists = context.executor, context.wait, context.progress, lists

    def sync(self, report: Report, begins: date, today: date, days: int) -> None:
        """Reads what is due of one table.

        Args:
            report: the table.
            begins: the day before which there are no statistics.
            today: the last day.
            days: how many days back statistics still change.

        Raises:
            SourceFailure: if the source does not answer; what was read stays read.
        """
        table, entry = report.table, self._state.spans[report.table.name]
        recent = (today - timedelta(days=days)).replace(day=1)
        due = self._due(report, begins, today, recent)
        self._progress.begin(table.name, f"{due[0].first:%Y-%m} to {due[-1].last:%Y-%m}")
        firsts: dict[Span, Future[Page]] = {}
        while due:
            for later in due[:SPANS_AHEAD]:
                if later not in firsts:
                    firsts[later] = self._executor.submit(self._page, report, later, 0)
            span = due.pop(0)
            try:
                self._read(report, span, firsts.pop(span), again=span.first >= recent)
            except Unavailable:
                if span == Span.of_month(span.first):
                    raise
                due = [*span.months(), *due]  # less at a time may be what it takes
                continue
            self._delivery.resolve(table.name, partial(_is_covered, span))
            entry.done = max(entry.done, span.last) if entry.done and entry.done <= _end(today) else span.last
            self._delivery.checkpoint(if_due=True)
        entry.mirrors = {name: mirror for name, mirror in entry.mirrors.items() if recent.isoformat() <= name <= today.isoformat()}
        self._progress.end()

    def _read(self, report: Report, span: Span, first: Future[Page], *, again: bool) -> None:
        """Delivers a span, anew from its first page if rows came or went between two pages; `again`: whether it will be read once more."""
        entry = self._state.spans[report.table.name]
        for attempt in range(1, PASSES + 1):
            read = partial(self._rows, report, span, [first])
            try:
                if again:
                    spans.replace(self._delivery, report.table, entry, span.first.isoformat(), read)
                else:
                    spans.deliver_once(self._delivery, report.table, read)
                return
            except Disorder:
                if attempt == PASSES:
                    raise
                first = self._executor.submit(self._page, report, span, 0)

    def _due(self, report: Report, begins: date, today: date, recent: date) -> list[Span]:
        """What to read: what was never read, what still changes, and that of which something did not arrive."""
        entry = self._state.spans[report.table.name]
        next_one = begins if entry.done is None else entry.done + timedelta(days=1)
        start = min(recent, next_one.replace(day=1), *(date.fromisoformat(name) for name in entry.mirrors))
        due = plan.spans(start, recent, today)
        still_open = [span for number in sorted(self._delivery.open_numbers(report.table.name)) if (span := Span.of(number))]
        return [*(span for span in still_open if not any(other.covers(span) for other in due)), *due]

    def _rows(self, report: Report, span: Span, ahead: list[Future[Page]]) -> Iterator[Row]:
        """The rows of a span; what cannot be made a row is reported."""
        for number, raw in enumerate(self._records(report, span, ahead)):
            row, notes = report_row(report, raw)
            record = "/".join(map(str, (row[column] for column in report.table.key))) if row else f"{span.first:%Y-%m}, row {number + 1}"
            of = Span.of_month(row[report.day].date()) if row else span
            for problem in notes.problems:
                self._delivery.report(
                    ErrorRecord(report.table.name, report.table.name, problem.message, record, problem.column, number=of.number)
                )
            self._delivery.unknown_fields.update(notes.unknown)
            if row is not None:
                yield row
            self._progress.advance(1, None)

    def _records(self, report: Report, span: Span, ahead: list[Future[Page]]) -> Iterator[Record]:
        """The records of a span. Each page but the first begins with the last row of the page before it, or rows came or went in between.

        Raises:
            Disorder: if they did.
        """
        page: Page = self._wait(ahead[0])
        yield from page.rows
        offset = len(page.rows)
        while not page.last:
            last = _identity(report, page.rows[-1])
            page = self._wait(self._executor.submit(self._page, report, span, offset - 1))
            if not page.rows or _identity(report, page.rows[0]) != last:
                raise Disorder(f"{report.table.name}: the pages from {span.first:%Y-%m} on do not fit together")
            yield from page.rows[1:]
            offset += len(page.rows) - 1

    def _page(self, report: Report, span: Span, offset: int) -> Page:
        rows = self._api.report(question(report, span, offset, self._lists))
        fresh = len(rows) - (1 if offset else 0)
        return Page(rows, last=fresh <= 0 or (len(rows) < PAGE_ROWS and len(rows) % ROUND_NUMBER != 0))


def question(report: Report, span: Span, offset: int, lists: Sequence[str] | None) -> Record:
    """The body of a query for a span. All of it is in the order of the key, so that it can be asked for in pages."""
    days = [[report.day, ">=", span.first.isoformat()], [report.day, "<=", span.last.isoformat()]]
    return {
        "list_ids": "all" if lists is None else list(lists),
        "from": report.source,
        "select": [*report.keys, report.day, *(f"max(`{name}`)" for name in report.names), *(f"sum(`{name}`)" for name in report.metrics)],
        "group": [*report.keys, [report.day, "day"]],
        "order": [[name, "ASC"] for name in (*report.keys, report.day)],
        "filter": [*days, *([*condition] for condition in report.filters)],
        "time_zone": "UTC",
        "offset": offset,
        "limit": PAGE_ROWS,
    }


def _identity(report: Report, row: Record) -> str:
    """What tells a row from any other of the report."""
    return to_json([str(row.get(name)) for name in (*report.keys, report.day)])


def _is_covered(span: Span, number: int | None) -> bool:
    other = Span.of(number) if number is not None else None
    return other is None or span.covers(other)


def _end(today: date) -> date:
    """The last day of today's month, beyond which nothing can have been read."""
    return Span.of_month(today).last
