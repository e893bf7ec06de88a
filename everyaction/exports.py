"""Exports of changed entities: begun, waited for, and read file by file; and the windows of time by which all changes are read.

EveryAction works at an export for seconds or minutes. Its id is in the state before it is waited for, so that a restart goes on with it.
Rows always come in their current version, whatever the window; deleted ones are asked for, and become deletes (fact sheet 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from api import Record
from common.checksums import checksum
from common.clock import moment
from common.csvs import Export
from common.errors import ErrorRecord
from common.failures import Forbidden, NotFound, Rejected, SyncFailed, Unauthorized, Unavailable
from common.portions import portions
from common.retrying import Attempts
from common.tables import ConversionError, Row
from context import Context
from cursors import GONE, ExportState, Job
from details import Details
from models import CUSTOM, ExportReader, Resource, to_moment
from plan import FARTHEST, NARROWEST, OVERLAP, REACH, WIDEST

POLL_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)  # between two questions whether an export is done; the last one again and again
FILE_ATTEMPTS = 8
AGREEING_READINGS = 3  # of a file whose last line does not end
READINGS = 3  # of an export whose files have other rows than it says
TRIES = 3  # of a window, each smaller than the one before
ROWS_AT_ONCE = 500
MOST_RECENT = 2000  # rows of a type that are remembered, so that the overlap of two windows is not written twice
MOST_TRIED_AGAIN = 1000  # people
MOST_EXAMPLES = 10  # people of whom a type has rows, by whom exports by ids are proved
NOWHERE = timedelta(days=80)  # ago: a second in which next to no row was changed for the last time
END_MARGIN = timedelta(minutes=1)  # an export may end so much earlier than was asked for, at the whole minute, and is complete
CLOCK_MARGIN = timedelta(minutes=5)  # a job's window may begin so much later than was asked for, since both clocks may differ
FAILED = frozenset({"error", "failed", "rejected", "cancelled", "canceled"})


class JobFailed(Exception):
    """An export that failed, vanished, took too long, or is not what was asked for: a smaller one may do."""


class Broken(Unavailable):
    """An export whose files cannot be read, or have other rows than it says, however often they are asked for."""


@dataclass
class Delivered:
    """What an export brought: how many rows, and, but for windows, of which people, and which of these were not asked for."""

    rows: int = 0
    people: set[int] = field(default_factory=set)
    foreign: set[int] = field(default_factory=set)


class Exports:
    """Begins, waits for and delivers exports.

    Args:
        context: the sync's tools.
        minutes: how long an export may take.
        details: reads what belongs to the rows.
    """

    def __init__(self, context: Context, minutes: int, details: Details) -> None:
        self._api, self._delivery, self._state, self._clock = context.api, context.delivery, context.state, context.clock
        self._executor, self._wait, self._progress = context.executor, context.wait, context.progress
        self._say, self._inform, self.now = context.say, context.inform, context.now.replace(microsecond=0)
        self._minutes, self._details = minutes, details
        self.custom_fields: dict[str, list[int]] | None = {}  # by type, those that may be exported; None: they could not be read
        self._failures: dict[str, int] = {}  # by type, how often its window failed in this sync
        self._read: set[str] = set()  # types of which this sync has read a window

    # --- One export ---

    def begin(self, resource: Resource, body: Record) -> Future[int]:
        """Begins an export; its id comes."""
        return self._executor.submit(self._begin, resource, body)

    def result(self, begun: Future[int]) -> int:
        """The id of an export that was begun."""
        return int(self._wait(begun))

    def _begin(self, resource: Resource, body: Record) -> int:
        whole = {
            "resourceType": resource.name,
            "includeInactive": True,
            **({"requestedFields": fields} if (fields := [one.name for one in resource.fields if not one.core]) else {}),
            **({"requestedCustomFieldIds": ids} if (ids := self._custom(resource)) else {}),
            **body,
        }
        job = self._api.begin_export(whole)
        answered = {key.lower() for key in job}
        missing = [key for key in whole if key.lower() not in answered]
        if missing:  # what an answer does not repeat was not accepted (7.3)
            self._say(f"{resource.table.name}: the answer to the request for an export does not repeat {', '.join(missing)}")
        return int(job["exportJobId"])

    def _custom(self, resource: Resource) -> list[int]:
        """The custom fields to ask for; those of before, if they could not be read.

        Raises:
            SyncFailed: if these are not known either.
        """
        if resource.name not in CUSTOM:
            return []
        if self.custom_fields is not None:
            return self.custom_fields.get(resource.name, [])
        entry = self._state.export(resource.name)
        if not entry.columns:
            raise SyncFailed(f"{resource.table.name}: the list of custom fields could not be read")
        return entry.custom

    def wait(self, resource: Resource, number: int) -> Record:
        """An export that is done.

        Raises:
            JobFailed: if it failed, is not there for this key any more, or took too long.
            SourceFailure: if the source does not say.
        """
        began, asked, what = self._clock.time(), 0, f"{resource.table.name}: export {number}"
        while True:
            try:
                job = self._api.export_job(number)
            except (NotFound, Forbidden, Rejected) as failure:
                raise JobFailed(f"{what} is not to be had any more: {failure}") from None
            status = str(job.get("jobStatus")).lower()
            if status in {"complete", "completed"}:
                return job
            if status in FAILED:
                raise JobFailed(f"{what} failed: {str(job.get('message'))[:200]} (code {job.get('code')})")
            if self._clock.time() - began >= self._minutes * 60:
                raise JobFailed(f"{what} was not done after {self._minutes} minutes")
            if asked and asked % len(POLL_SECONDS) == 0:
                self._inform(f"{what}: waiting since {(self._clock.time() - began) / 60:.0f} min")
            self._delivery.checkpoint(if_due=True)
            self._clock.sleep(POLL_SECONDS[min(asked, len(POLL_SECONDS) - 1)])
            asked += 1

    def deliver(
        self,
        resource: Resource,
        job: Record,
        recent: dict[str, str] | None = None,
        asked: Sequence[int] = (),
        *,
        followed: bool = True,
    ) -> Delivered:
        """Writes the rows of an export that is done.

        Args:
            resource: whose export it is.
            job: as the source tells of it.
            recent: the checksums of rows that were written lately, which are left out while they are the same; it is changed to those of
                this export.
            asked: the people whose rows were asked for, if any.
            followed: whether the details of its rows are read, if they are wanted.

        Raises:
            JobFailed: if its files are gone, or lack columns that they should have.
            Broken: if they cannot be read, or have other rows than the export says.
        """
        followed = followed and self._details.are_wanted(resource)
        ask = partial(self._deliver, resource, job, recent, frozenset(asked), followed=followed)
        self._progress.begin(resource.table.name, "")
        try:
            reading: _Reading = Attempts(self._clock, READINGS, self._say).call(ask)
        except Unavailable as failure:
            raise Broken(str(failure), failure.url, failure.status) from None
        reading.finish()
        self._progress.end()
        self._details.follow(resource, reading.there, reading.gone)  # also of rows that look as before: the details may have changed
        return reading.delivered

    def _deliver(
        self, resource: Resource, job: Record, recent: dict[str, str] | None, asked: frozenset[int], *, followed: bool
    ) -> _Reading:
        """Writes the rows of an export, once.

        Raises:
            JobFailed: if its files are gone, or lack columns.
            Unavailable: if they have other rows than the export says.
        """
        reading = _Reading(resource, self._state.export(resource.name), self._custom(resource), recent, asked, followed=followed)
        rows = 0
        for address in _files(job, resource):
            try:
                rows += Attempts(self._clock, FILE_ATTEMPTS, self._say).call(partial(self._file, reading, address))
            except (Unauthorized, Forbidden, NotFound, Rejected) as failure:  # its address has expired: no login is sent there
                raise JobFailed(str(failure)) from None
        expected = job.get("exportedRecordCount")
        if type(expected) is int and expected != rows:
            raise Unavailable(f"{resource.table.name}: export {job['exportJobId']} has {rows:,} rows, and says that it has {expected:,}")
        return reading

    def _file(self, reading: _Reading, address: str) -> int:
        """Delivers a file of an export; how many rows it has."""
        number = 0
        with self._api.export_file(address) as export:
            reader, first = reading.reader(export, address)
            for some in portions(chain(first, _rows(export, reader)), ROWS_AT_ONCE):
                number += len(some)
                self._write(reading, reader, some, number - len(some))
            last = reading.last_row(address, number, export)
            self._write(reading, reader, last, number)
        return number + len(last)

    def _write(self, reading: _Reading, reader: ExportReader, cells: Sequence[Sequence[str]], behind: int) -> None:
        """Writes some rows of a file, `behind` others."""
        if not cells:
            return
        table = reading.resource.table
        rows, gone, errors, whole = list[Row](), list[Row](), list[ErrorRecord](), list[str]()
        for place, one in enumerate(cells, behind + 1):
            record = reader.record(one)
            row, problems = reader.row(record)
            person = reader.person(record)
            reading.meet(person)
            if row is None:
                name = "a row without its key" + (f", of person {person}" if person else f", row {place}")
                errors.append(ErrorRecord(table.name, table.name, "the row comes without its key", name, table.key[0], number=person))
                continue
            key = row[table.key[0]]
            errors += [ErrorRecord(table.name, table.name, problem.message, key, problem.column, number=person) for problem in problems]
            if not problems:
                whole.append(key)
            is_gone = reader.is_gone(record)
            reading.note(key, person, is_gone=is_gone)
            if reading.is_news(key, GONE if is_gone else checksum(record)):
                (gone if is_gone else rows).append(row)
        self._delivery.upsert(table, rows)
        self._delivery.delete(table, ({table.key[0]: row[table.key[0]]} for row in gone))
        for trouble in errors:
            self._delivery.report(trouble)
        self._delivery.resolve_rows(table, whole)
        self._progress.advance(len(cells), None)
        self._delivery.checkpoint(if_due=True)

    # --- Windows ---

    def plan(self, resources: Iterable[Resource]) -> list[str]:
        """Brings the cursors within what can be asked for; the names of types between whose cursor and that there is a gap."""
        gaps = []
        for resource in resources:
            entry = self._state.export(resource.name)
            if entry.job and entry.job.end and entry.job.end > self.now:  # of a clock that was ahead
                entry.job = None
            since = entry.cursor or self._state.backfill.since(resource.name)
            if since is None or self.now - FARTHEST + OVERLAP <= since <= self.now:
                continue
            gaps.append(resource.name)
            entry.cursor, entry.job, entry.recent = None, None, {}
        return gaps

    def due(self, resource: Resource) -> bool:
        """Whether there is a window to be read."""
        entry = self._state.export(resource.name)
        return resource.name not in self._read or entry.job is not None or entry.cursor is None or entry.cursor < self.now - END_MARGIN

    def begin_windows(self, resources: Sequence[Resource]) -> dict[str, Future[int]]:
        """Begins an export of the next window of each type of which none is under way."""
        return {one.name: self.begin(one, _body(*self._window(one))) for one in resources if self._state.export(one.name).job is None}

    def begun(self, resource: Resource, reply: Future[int]) -> None:
        """Puts the id of an export of a window into the state.

        Raises:
            SourceFailure: if it could not be begun.
        """
        start, end = self._window(resource)
        self._state.export(resource.name).job = Job(self.result(reply), start, end)

    def _window(self, resource: Resource) -> tuple[datetime, datetime]:
        entry = self._state.export(resource.name)
        start = entry.cursor - OVERLAP if entry.cursor else self._farthest()
        return start, min(self.now, start + max(timedelta(seconds=entry.width), 2 * OVERLAP))

    def _farthest(self) -> datetime:
        """From when on changes can be asked for now, since a sync may last for long."""
        return moment(self._clock).replace(microsecond=0) - REACH

    def read_window(self, resource: Resource) -> bool:
        """Waits for the window that is under way and delivers it; False if it failed and is to be tried again in smaller pieces.

        Raises:
            SyncFailed: if it failed too often.
            SourceFailure: if the source does not answer.
        """
        entry = self._state.export(resource.name)
        job = entry.job
        if job is None or job.start is None or job.end is None:
            raise ValueError("no window is under way")
        recent = dict(entry.recent)
        try:
            done = self.wait(resource, job.id)
            upper = _checked_end(resource, done, job.start, job.end)
            self.deliver(resource, done, recent)
        except JobFailed as failure:
            self._fail(resource, entry, str(failure))
            return False
        except Broken:
            entry.job = None  # the next sync begins it anew
            raise
        entry.cursor = upper
        entry.job, entry.recent = None, recent if len(recent) <= MOST_RECENT else {}
        entry.width = min(2 * entry.width, int(WIDEST.total_seconds()))
        self._failures.pop(resource.name, None)
        self._read.add(resource.name)
        self._delivery.checkpoint(if_due=True)
        return True

    def _fail(self, resource: Resource, entry: ExportState, failure: str) -> None:
        """Forgets an export that failed; its window is tried again, smaller."""
        entry.job = None
        entry.width = max(entry.width // 2, int(NARROWEST.total_seconds()))
        self._failures[resource.name] = self._failures.get(resource.name, 0) + 1
        self._delivery.checkpoint()
        if self._failures[resource.name] > TRIES:
            raise SyncFailed(
                f"{failure}, for the {TRIES + 1}th time. Nothing was skipped; the next sync goes on from here. If it goes on like this, "
                'raise "export_minutes", or ask EveryAction why these exports fail.'
            )
        self._say(f"{failure}; trying again, with a smaller window")

    # --- Rows that are tried again ---

    def try_again(self, resource: Resource) -> None:
        """Reads once more the rows of people of whom something did not arrive.

        Raises:
            SourceFailure: if the source does not answer.
            SyncFailed: if the export fails.
        """
        people = sorted(self._delivery.open_numbers(resource.table.name))[:MOST_TRIED_AGAIN]
        if not people:
            return
        try:
            came = self._people_of(resource, people)
            missing = sorted(set(people) - came)
            came |= self._people_of(resource, missing) if missing else set()
        except JobFailed as failure:
            raise SyncFailed(f"{failure}; what did not arrive before is tried again by the next sync") from None
        if resource.name not in self._state.backfill.out_of_reach:  # who does not come twice has no rows any more
            came.update(people)
        self._delivery.resolve(resource.table.name, came.__contains__)

    def _people_of(self, resource: Resource, people: Sequence[int]) -> set[int]:
        """Delivers all rows of some people; those who have any."""
        number = self.result(self.begin(resource, self.body_for(people)))
        return self.deliver(resource, self.wait(resource, number), None, people).people

    def body_since(self, moment_of_change: datetime) -> Record:
        """What asks for all that changed since a time."""
        end = moment(self._clock).replace(microsecond=0)
        return _body(max(moment_of_change - OVERLAP, end - REACH), end)

    def body_for(self, people: Sequence[int]) -> Record:
        """What asks for all rows of some people; in the window, which the API wants to be told, next to nothing has happened (7.3)."""
        return _body(self.now - NOWHERE, self.now - NOWHERE + timedelta(seconds=1)) | {"requestedIds": list(people)}


class _Reading:
    """The reading of one export: its columns are checked, and what it brings is counted."""

    def __init__(
        self,
        resource: Resource,
        entry: ExportState,
        custom: list[int],
        recent: dict[str, str] | None,
        asked: frozenset[int],
        *,
        followed: bool,
    ) -> None:
        self.resource, self._entry, self._custom, self._recent, self._asked = resource, entry, custom, recent, asked
        self._followed = followed
        self._before = dict(recent or {})
        self._met: dict[str, str] = {}
        self._header: list[str] = []
        self._examples = list(entry.examples)
        self._ends: dict[str, list[tuple[int, Sequence[str]]]] = {}
        self.delivered = Delivered()
        self.there, self.gone = list[int](), list[int]()  # rows whose details are asked for, or end

    def reader(self, export: Export, address: str) -> tuple[ExportReader, list[Sequence[str]]]:
        """Makes rows of a file; and its first row, where a later file of a split export begins without a header.

        Raises:
            JobFailed: if it lacks columns: what they hold would be blanked.
        """
        if export.unterminated is export.header:
            self.last_row(address, 0, export)
        reader = ExportReader(self.resource, export.header)
        if self._header and self.resource.key not in reader.header:
            return ExportReader(self.resource, self._header), [export.header]
        lost = self._promised() - set(reader.header)
        if lost:
            what = ", ".join(sorted(lost))
            raise JobFailed(
                f"{self.resource.table.name}: the export lacks columns that it should have, and would blank what they hold: {what}"
            )
        self._header = reader.header
        return reader, []

    def _promised(self) -> set[str]:
        """The columns that a file must have: the key, and what earlier ones had, unless the account has no such field any more."""
        listed, before = {one.name for one in self.resource.fields}, set(self._entry.columns)
        unlisted = before - listed if self.resource.name in CUSTOM and self._custom == self._entry.custom else set[str]()
        return {self.resource.key} | before & listed | unlisted

    def last_row(self, address: str, rows: int, export: Export) -> list[Sequence[str]]:
        """The last row of a file if its line does not end: then it may have been cut there, unless it ends in the same way again and again.

        Raises:
            Unavailable: if it is to be read once more.
        """
        last = export.unterminated
        if not last:
            return []
        ends = self._ends.setdefault(address, [])
        ends.append((rows, last))
        if ends[-AGREEING_READINGS:] != ends[-1:] * AGREEING_READINGS or len(last) < len(export.header):
            raise Unavailable(f"{self.resource.table.name}: a file of the export may have been cut after {rows:,} rows")
        return [last] if last is not export.header else []

    def meet(self, person: int | None) -> None:
        """Counts a row."""
        self.delivered.rows += 1
        if person is not None and self._recent is None:  # of a window nobody asks, and its people may be many
            self.delivered.people.add(person)
            if self._asked and person not in self._asked:
                self.delivered.foreign.add(person)

    def note(self, key: str, person: int | None, *, is_gone: bool) -> None:
        """Takes note of a row whose details are followed, and of a few people who have rows that are there."""
        if self._followed and key.isdecimal():
            (self.gone if is_gone else self.there).append(int(key))
        if person and not is_gone and not self._asked and person not in self._examples:
            self._examples = [*self._examples, person][-MOST_EXAMPLES:]

    def is_news(self, key: str, total: str) -> bool:
        """Whether a row is not as it was written lately; if so, what was written then is forgotten."""
        if self._recent is not None and len(self._met) <= MOST_RECENT:
            self._met[key] = total
        if self._entry.recent.get(key, total) != total:
            del self._entry.recent[key]
        return self._before.get(key) != total

    def finish(self) -> None:
        """All files were read."""
        self._entry.examples = self._examples
        if self._header:
            self._entry.columns, self._entry.custom = self._header, self._custom
        if self._recent is not None:
            self._recent.clear()
            self._recent.update(self._met)


def _files(job: Record, resource: Resource) -> list[str]:
    """The addresses of an export's files; none if it has no rows.

    Raises:
        JobFailed: if it says that it has rows, but no files.
    """
    files = job.get("files")
    found = [one["downloadUrl"] for one in files if isinstance(one, dict) and one.get("downloadUrl")] if isinstance(files, list) else []
    if not found and job.get("exportedRecordCount"):
        raise JobFailed(f"{resource.table.name}: export {job['exportJobId']} has rows, but no files")
    return [str(one) for one in found]


def _rows(export: Export, reader: ExportReader) -> Iterable[Sequence[str]]:
    """The rows of a file but for one whose line does not end, and without a header that is repeated in it.

    Raises:
        Unavailable: if the file is broken.
    """
    for cells in export:
        if len(cells) != len(reader.header):
            raise Unavailable("a file of an export has a row with another number of cells than its header")
        if cells != export.header:
            yield cells


def _checked_end(resource: Resource, job: Record, start: datetime, end: datetime) -> datetime:
    """Up to when an export tells of changes: by its own word, and not beyond what was asked for.

    Raises:
        JobFailed: if it begins later than was asked for, or ends before it has got anywhere.
    """
    began, found = _moment(job.get("dateChangedFrom")), min(_moment(job.get("dateChangedTo")) or end, end)
    if began and began > start + CLOCK_MARGIN:
        raise JobFailed(f"{resource.table.name}: the source exports changes from {began} on, though they were asked for from {start} on")
    if found <= start + OVERLAP and found < end - END_MARGIN:
        raise JobFailed(f"{resource.table.name}: the export of changes from {start} on ends at {found}, which gets nowhere")
    return found


def _body(start: datetime, end: datetime) -> Record:
    return {"dateChangedFrom": _spell(start), "dateChangedTo": _spell(end)}


def _spell(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _moment(value: object) -> datetime | None:
    try:
        return to_moment(value)
    except ConversionError:
        return None
