"""Daily statistics: every month once, and the last ones again in each sync, since late opens and clicks land on old days.

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
from common.failures import Disorder
from common.tables import Row, to_json
from context import Context
from models import Report, report_row

PAGE_ROWS = 5000
ROUND_NUMBER = 50  # a page of fewer rows than were asked for is the last one, unless their number looks like a limit that nobody told of
PASSES = 3
MONTHS_AHEAD = 4


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
            SourceFailure: if the source does not answer; months that were read stay read.
        """
        table = report.table
        entry = self._state.spans(table.name)
        recent = (today - timedelta(days=days)).replace(day=1)
        months = self._months(report, begins, today, recent)
        self._progress.begin(table.name, f"{len(months)} months from {months[0]:%Y-%m} on")
        firsts: dict[date, Future[Page]] = {}
        for place, month in enumerate(months):
            for later in months[place : place + MONTHS_AHEAD]:
                if later not in firsts:
                    firsts[later] = self._executor.submit(self._page, report, later, 0)
            self._read(report, month, firsts.pop(month), again=month >= recent)
            self._delivery.resolve(table.name, partial(_is_of, month))
            entry.done = max(entry.done or month, month) if (entry.done or month) <= today else month
            self._delivery.checkpoint(if_due=True)
        entry.mirrors = {name: mirror for name, mirror in entry.mirrors.items() if recent.isoformat() <= name <= today.isoformat()}
        self._progress.end()

    def _read(self, report: Report, month: date, first: Future[Page], *, again: bool) -> None:
        """Delivers a month, anew from its first page if rows came or went between two pages; `again`: whether it will be read once more."""
        entry = self._state.spans(report.table.name)
        for attempt in range(1, PASSES + 1):
            read = partial(self._rows, report, month, [first])
            try:
                if again:
                    spans.replace(self._delivery, report.table, entry, month.isoformat(), read)
                else:
                    spans.deliver_once(self._delivery, report.table, read)
                return
            except Disorder:
                if attempt == PASSES:
                    raise
                first = self._executor.submit(self._page, report, month, 0)

    def _months(self, report: Report, begins: date, today: date, recent: date) -> list[date]:
        """The months to read: what was never read, what still changes, and those of which something did not arrive."""
        done = self._state.spans(report.table.name).done
        start = min(begins, recent) if done is None else min(done, recent)
        still_open = {number for number in self._delivery.open_numbers(report.table.name) if number < start.year * 100 + start.month}
        return [*(date(number // 100, number % 100, 1) for number in sorted(still_open)), *plan.months(start, today)]

    def _rows(self, report: Report, month: date, ahead: list[Future[Page]]) -> Iterator[Row]:
        """The rows of a month; what cannot be made a row is reported."""
        for number, raw in enumerate(self._records(report, month, ahead)):
            row, notes = report_row(report, raw)
            record = "/".join(map(str, (row[column] for column in report.table.key))) if row else f"{month:%Y-%m}, row {number + 1}"
            for problem in notes.problems:
                of_month = month.year * 100 + month.month
                self._delivery.report(
                    ErrorRecord(report.table.name, report.table.name, problem.message, record, problem.column, number=of_month)
                )
            self._delivery.unknown_fields.update(notes.unknown)
            if row is not None:
                yield row
            if number % PAGE_ROWS == 0:
                self._progress.advance(PAGE_ROWS, None)

    def _records(self, report: Report, month: date, ahead: list[Future[Page]]) -> Iterator[Record]:
        """The records of a month. Each page but the first begins with the last row of the page before it, or rows came or went in between.

        Raises:
            Disorder: if they did.
        """
        page: Page = self._wait(ahead[0])
        yield from page.rows
        offset = len(page.rows)
        while not page.last:
            last = _identity(report, page.rows[-1])
            page = self._wait(self._executor.submit(self._page, report, month, offset - 1))
            if not page.rows or _identity(report, page.rows[0]) != last:
                raise Disorder(f"{report.table.name}: the pages of {month:%Y-%m} do not fit together")
            yield from page.rows[1:]
            offset += len(page.rows) - 1

    def _page(self, report: Report, month: date, offset: int) -> Page:
        rows = self._api.report(question(report, month, offset, self._lists))
        fresh = len(rows) - (1 if offset else 0)
        return Page(rows, last=fresh <= 0 or (len(rows) < PAGE_ROWS and len(rows) % ROUND_NUMBER != 0))


def question(report: Report, month: date, offset: int, lists: Sequence[str] | None) -> Record:
    """The body of a query for a month. All of it is in the order of the key, so that it can be asked for in pages."""
    day = [[report.day, ">=", month.isoformat()], [report.day, "<=", plan.month_end(month).isoformat()]]
    return {
        "list_ids": "all" if lists is None else list(lists),
        "from": report.source,
        "select": [*report.keys, report.day, *(f"max(`{name}`)" for name in report.names), *(f"sum(`{name}`)" for name in report.metrics)],
        "group": [*report.keys, [report.day, "day"]],
        "order": [[name, "ASC"] for name in (*report.keys, report.day)],
        "filter": [*day, *([*condition] for condition in report.filters)],
        "time_zone": "UTC",
        "offset": offset,
        "limit": PAGE_ROWS,
    }


def _identity(report: Report, row: Record) -> str:
    """What tells a row from any other of the report."""
    return to_json([str(row.get(name)) for name in (*report.keys, report.day)])


def _is_of(month: date, number: int | None) -> bool:
    return number == month.year * 100 + month.month
