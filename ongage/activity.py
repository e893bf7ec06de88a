"""What each contact did, day by day: optional, since every list and day costs a report that OnGage works at for minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from typing import Any

import models
import spans
from api import Record, criterion, search_body
from common.csvs import Cells
from common.errors import ErrorRecord
from common.failures import NotFound, SyncFailed, Unavailable
from common.retrying import Attempts
from common.tables import CellProblem, ConversionError, Row, Table
from context import Context
from cursors import Job
from delivery import of_list
from models import CONTACT_ACTIVITY_EVENTS, CONTACT_ACTIVITY_SUMMARIES, CsvReader
from plan import MAX_RETRIES_PER_BATCH
from searches import ACTIVITY, Ends, JobFailed, Jobs

EXPORT_ATTEMPTS = 8
SUMMARY_FIELDS = ("ocx_contact_id", "email", "ocx_status", "sent", "opens", "clicks", "last_sent_date", "last_open_date", "last_click_date")
EXPORTS: tuple[tuple[Table, str], ...] = ((CONTACT_ACTIVITY_SUMMARIES, "export"), (CONTACT_ACTIVITY_EVENTS, "export_detailed"))


class Activity:
    """Reads the activity of contacts.

    Args:
        context: the sync's tools.
        jobs: the reports.
    """

    def __init__(self, context: Context, jobs: Jobs) -> None:
        self._api, self._delivery, self._state, self._clock = context.api, context.delivery, context.state, context.clock
        self._progress, self._say, self._jobs = context.progress, context.say, jobs
        self._ends = Ends()

    def sync(self, list_id: str, today: date, days: int) -> None:
        """Reads the last days of a list, today included; what is there of them already is replaced.

        Raises:
            SyncFailed: if a report fails again and again.
            SourceFailure: if the source does not answer, or does not let us read this list.
        """
        wanted = [(table, what) for table, what in EXPORTS if table.name in self._delivery.wanted]
        if not wanted:
            return
        self._progress.begin("contact_activity", f"list {list_id}")
        since = today - timedelta(days=days - 1)
        entries = [self._state.of_list(list_id).activity[table.name] for table, _ in wanted]
        day = min([since, *(entry.done for entry in entries if entry.done)])  # with what came since the last sync, however long that is
        while day <= today:
            self._read_day(list_id, day, wanted)
            for entry in entries:
                entry.done = day
            self._delivery.checkpoint(if_due=True)
            day += timedelta(days=1)
        for table, _ in wanted:
            self._delivery.resolve(of_list(table.name, list_id))
        for entry in entries:
            entry.mirrors = {name: mirror for name, mirror in entry.mirrors.items() if since.isoformat() <= name <= today.isoformat()}
        self._progress.end()

    def _read_day(self, list_id: str, day: date, wanted: Sequence[tuple[Table, str]]) -> None:
        begin = datetime.combine(day, time(), timezone.utc)
        what = f"activity of list {list_id} on {day}"
        for attempt in range(1, MAX_RETRIES_PER_BATCH + 1):
            job = self._jobs.begin(list_id, ACTIVITY, _body(list_id, begin))
            self._state.trash.append(job)  # what was begun will be deleted, whatever becomes of it
            try:
                self._jobs.wait(job, what)
                for table, export in wanted:
                    entry = self._state.of_list(list_id).activity[table.name]
                    read = partial(self._rows, job, table, export, begin)
                    deliver = partial(spans.replace, self._delivery, table, entry, day.isoformat(), read)
                    Attempts(self._clock, EXPORT_ATTEMPTS, self._say).call(deliver)
            except (JobFailed, NotFound) as failure:  # of a list that is not there, the job cannot even be begun
                if attempt == MAX_RETRIES_PER_BATCH:
                    raise SyncFailed(f"{failure}, for the {attempt}th time") from None
                self._say(f"{failure}; trying again")
                continue
            self._state.trash = self._jobs.delete(self._state.trash)
            return

    def _rows(self, job: Job, table: Table, export: str, begin: datetime, anew: bool) -> Iterator[Row]:
        """The rows of a report, which are downloaded whenever they are wanted."""
        del anew
        with self._api.export(*job, export) as csv:
            try:
                reader = _reader(table, csv.header, job.list_id, begin)
            except ConversionError as error:
                raise Unavailable(f"the CSV of a report is none of contacts: {error}") from None
            rows = 0
            for rows, cells in enumerate(csv, 1):
                yield from self._row(job, table, reader, cells, f"{begin.date()}, row {rows}")
            for cells in self._ends.last_row(job, export, rows, csv):
                yield from self._row(job, table, reader, cells, f"{begin.date()}, last row")

    def _row(self, job: Job, table: Table, reader: CsvReader, cells: Cells, name: str) -> Iterator[Row]:
        """The row that a row of the CSV gives, if it gives one; what does not fit is reported."""
        try:
            row, problems = reader.row(cells)
        except ConversionError as error:
            row, problems = None, [CellProblem(table.name, "", str(error))]
        for problem in problems:
            root = of_list(table.name, job.list_id)
            self._delivery.report(ErrorRecord(root, table.name, problem.message, f"{job.list_id}/{name}", problem.column or None))
        if row is not None:
            yield row


def _reader(table: Table, header: list[str], list_id: str, begin: datetime) -> CsvReader:
    if table is CONTACT_ACTIVITY_EVENTS:
        return models.activity_events(header, list_id, begin)
    return models.activity_summaries(header, list_id, begin, begin + timedelta(days=1))


def _body(list_id: str, begin: datetime) -> Record:
    """The body of a report on one day."""
    title = f"Fivetran: list {list_id}, activity on {begin.date()}"
    body: dict[str, Any] = search_body(title, [criterion("email", "email", "notempty", [""])])
    end = begin + timedelta(days=1)
    filters = body["filters"] | {"from_date": int(begin.timestamp()), "to_date": int(end.timestamp())}
    return body | {"include_behavior": True, "selected_fields": list(SUMMARY_FIELDS), "filters": filters}
