"""Daily statistics: every year once, and the last months again in each sync, since late opens and clicks land on old days.

All dates are the days on which something was recorded, not those of a mailing (analytics help): a mailing goes on appearing for weeks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from cursors import SpansState
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
        lists: the lists whose statistics are read, with the days on which they were created.
        named: whether to ask for them by name; else for all that the user may see.
    """

    def __init__(self, context: Context, lists: Mapping[str, date], *, named: bool) -> None:
        self._api, self._delivery, self._state = context.api, context.delivery, context.state
        self._executor, self._wait, self._progress = context.executor, context.wait, context.progress
        self._lists, self._named = lists, named

    def sync(self, report: Report, today: date, days: int) -> None:
        """Reads what is due of one table: of lists that are new all of the past, and of all what still changes.

        Args:
            report: the table.
            today: the last day.
            days: how many days back statistics still change.

        Raises:
            SourceFailure: if the source does not answer; what was read stays read.
        """
        entry = self._state.spans[report.table.name]
        recent = (today - timedelta(days=days)).replace(day=1)
        self._progress.begin(report.table.name, f"up to {today}")
        self._read_past(report, entry, recent)
        months = self._months(report, entry, recent, today)
        self._read_all(report, months, None if not self._named else sorted(self._lists), again=True)
        entry.mirrors = {name: mirror for name, mirror in entry.mirrors.items() if recent.isoformat() <= name <= today.isoformat()}
        self._progress.end()

    def _read_past(self, report: Report, entry: SpansState, recent: date) -> None:
        """Reads what lies before `recent` of the lists of which that was not done yet; it will not be read again."""
        pending = sorted(self._lists.keys() - set(entry.lists))
        if not pending:
            return
        if pending != entry.pending or entry.done is None or entry.done >= recent:
            entry.pending, entry.done = pending, None
        begins = min(self._lists[number] for number in pending) if entry.done is None else entry.done + timedelta(days=1)
        everything = not entry.lists and not self._named
        self._read_all(report, plan.years(begins, recent), None if everything else pending, again=False)
        entry.lists, entry.pending, entry.done = sorted({*entry.lists, *pending}), [], None

    def _months(self, report: Report, entry: SpansState, recent: date, today: date) -> list[Span]:
        """The months that still change, those that did when they were read last, and what did not arrive."""
        start = min([recent, *(date.fromisoformat(name) for name in entry.mirrors)])
        due = list(Span(start, Span.of_month(today).last).months())
        still_open = [span for number in sorted(self._delivery.open_numbers(report.table.name)) if (span := Span.of(number))]
        return [*(month for span in still_open for month in span.months() if month not in due), *due]

    def _read_all(self, report: Report, due: list[Span], lists: Sequence[str] | None, *, again: bool) -> None:
        """Reads spans, the next ones ahead; one that the source cannot cope with in months."""
        entry = self._state.spans[report.table.name]
        firsts: dict[Span, Future[Page]] = {}
        while due:
            for later in due[:SPANS_AHEAD]:
                if later not in firsts:
                    firsts[later] = self._executor.submit(self._page, report, later, 0, lists)
            span = due.pop(0)
            try:
                self._read(report, span, firsts.pop(span), lists, again=again)
            except Unavailable:
                if span == Span.of_month(span.first):
                    raise
                due = [*span.months(), *due]
                continue
            if again:  # of all lists, so that an error that was not met again is cured
                self._delivery.resolve(report.table.name, partial(_is_covered, span))
            else:
                entry.done = span.last
            self._delivery.checkpoint(if_due=True)

    def _read(self, report: Report, span: Span, first: Future[Page], lists: Sequence[str] | None, *, again: bool) -> None:
        """Delivers a span, anew from its first page if rows came or went between two pages; `again`: whether it will be read once more."""
        entry = self._state.spans[report.table.name]
        for attempt in range(1, PASSES + 1):
            read = partial(self._rows, report, span, first, lists)
            try:
                if again:
                    spans.replace(self._delivery, report.table, entry, span.first.isoformat(), read, self._is_of_a_list)
                else:
                    spans.deliver_once(self._delivery, report.table, read)
                return
            except Disorder:
                if attempt == PASSES:
                    raise
                first = self._executor.submit(self._page, report, span, 0, lists)

    def _is_of_a_list(self, key: Row) -> bool:
        """Whether a row is of one of the lists that are asked for."""
        return key["list_id"] in self._lists

    def _rows(self, report: Report, span: Span, first: Future[Page], lists: Sequence[str] | None, anew: bool) -> Iterator[Row]:
        """The rows of a span, from its first page on, which is asked for again if they are to come anew; what is no row is reported."""
        if anew:
            first = self._executor.submit(self._page, report, span, 0, lists)
        for number, raw in enumerate(self._records(report, span, first, lists)):
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

    def _records(self, report: Report, span: Span, first: Future[Page], lists: Sequence[str] | None) -> Iterator[Record]:
        """The records of a span. Each page but the first begins with the last row of the page before it, or rows came or went in between.

        Raises:
            Disorder: if they did.
        """
        page: Page = self._wait(first)
        yield from page.rows
        offset = len(page.rows)
        while not page.last:
            last = _identity(report, page.rows[-1])
            page = self._wait(self._executor.submit(self._page, report, span, offset - 1, lists))
            if not page.rows or _identity(report, page.rows[0]) != last:
                raise Disorder(f"{report.table.name}: the pages from {span.first:%Y-%m} on do not fit together")
            yield from page.rows[1:]
            offset += len(page.rows) - 1

    def _page(self, report: Report, span: Span, offset: int, lists: Sequence[str] | None) -> Page:
        rows = self._api.report(question(report, span, offset, lists))
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

