"""The contacts of a list: all of them once, then what happened to them, and from time to time all again, to see what leaves no date.

The contacts of a list come out of searches, a window of creation dates at a time. A reading is a list of windows, kept in the state;
a window that is done is struck off with a checkpoint, and a search that is under way is in the state before it is waited for.

A later full reading compares before it delivers: first it only takes checksums, which `Mirror` compares with what the warehouse holds, and
if something differs, the same searches are read once more for the rows that do. So nothing is written that has not changed, and what is
gone is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

import models
import plan
from api import Record, criterion, search_body
from common.csvs import Cells
from common.deletes import MAX_DELETED_UNDOUBTED, is_doubtful
from common.failures import NotFound, SourceFailure, SyncFailed, Unavailable
from common.portions import portions
from common.retrying import Attempts
from common.sketch import Mirror, width_for
from common.tables import ConversionError
from context import Context
from cursors import CHANGES, COMPARE, DELIVER, FIRST, ContactsState, Job
from delivery import of_list
from plan import MAX_RETRIES_PER_BATCH, Window
from searches import SEARCH, Ends, JobFailed, Jobs

SEARCHES_AT_ONCE = 4
EXPORT_ATTEMPTS = 8
ROWS_AT_ONCE = 500
MOST_REMEMBERED = 50_000  # contacts of all lists that changed since the last full reading; with more the next one comes sooner
LEAST_REMEMBERED = 200  # of one list, however many lists there are
DAY_SECONDS = 86_400
TOTAL_WIDTH, LEAST_SHARE = 8192, 64  # of all mirrors together, which bounds the state; and of the smallest list's
DIFFERENCES_EXPECTED = 0.02
CONFIRMED = 100  # contacts that seem gone are asked for one by one; of more than these, so many


class ListInfo(NamedTuple):
    """A sending list: its id, when it was created, how many contacts it counts, and which share of the mirrors it has."""

    id: str
    created: datetime | None
    contacts: int
    width: int


class Tuning(NamedTuple):
    """What the settings say of contacts."""

    refresh_days: int
    batch_months: int
    overlap_hours: int


def with_widths(lists: Sequence[tuple[str, datetime | None, int]]) -> list[ListInfo]:
    """Lists with their shares of the mirrors: as many differences as are to be expected, bounded for all together."""
    total = max(sum(contacts for _, _, contacts in lists), 1)
    return [ListInfo(number, created, contacts, _width(contacts, total)) for number, created, contacts in lists]


def _width(contacts: int, total: int) -> int:
    share = TOTAL_WIDTH * contacts // total
    most = LEAST_SHARE
    while most * 2 <= share:
        most *= 2
    return width_for(max(int(contacts * DIFFERENCES_EXPECTED), LEAST_SHARE), most)


class Contacts:
    """Reads contacts, of one list after the other, with the searches of what comes next already under way.

    Args:
        context: the sync's tools.
        jobs: the searches.
        tuning: the settings.
    """

    def __init__(self, context: Context, jobs: Jobs, tuning: Tuning) -> None:
        self._api, self._delivery, self._state, self._clock = context.api, context.delivery, context.state, context.clock
        self._executor, self._progress, self._say, self._now = context.executor, context.progress, context.say, context.now
        self._jobs, self._tuning = jobs, tuning
        self._ahead: list[ListInfo] = []
        self._room = LEAST_REMEMBERED
        self._taken: dict[str, int] = {}  # what was delivered of the first reading of a window
        self._ends = Ends()
        self._doubted: set[str] = set()  # lists that are read in full again by the next sync

    def begin(self, lists: Sequence[ListInfo]) -> None:
        """Plans what is to be read of each list, unless a reading of it is under way."""
        self._ahead, self._room = list(lists), max(MOST_REMEMBERED // max(len(lists), 1), LEAST_REMEMBERED)
        for number, entry in self._state.contacts_of_other_lists([info.id for info in lists]):
            self._state.trash += [Job(number, SEARCH, window.search) for window in (*entry.windows, *entry.again) if window.search]
            entry.forget_searches()
        for info in lists:
            self._plan(info, self._state.of_list(info.id).contacts)

    def sync(self, info: ListInfo) -> None:
        """Reads what is planned for a list.

        Raises:
            SyncFailed: if a search fails again and again.
            SourceFailure: if the source does not answer, or does not let us read this list.
        """
        entry = self._state.of_list(info.id).contacts
        self._ahead = self._ahead[self._ahead.index(info) :]
        self._progress.begin(plan.CONTACTS, f"list {info.id}: {_spell(entry)}")
        while entry.kind:
            while entry.windows:
                self._search_ahead(info)
                self._delivery.checkpoint()  # of the window before this one, and of the searches: from here on a restart knows them
                self._empty_trash()
                self._step(info, entry)
            self._conclude(info, entry)
            self._delivery.checkpoint()
        self._empty_trash()
        self._progress.end()

    def give_up(self, info: ListInfo) -> None:
        """A list cannot be read: its searches are deleted, and what was planned stays planned."""
        self._ahead = [other for other in self._ahead if other != info]
        entry = self._state.of_list(info.id).contacts
        self._discard(info, [*entry.windows, *entry.again])
        entry.forget_searches()
        with suppress(SourceFailure):
            self._empty_trash()

    # --- Planning ---

    def _plan(self, info: ListInfo, entry: ContactsState) -> None:
        if entry.upper and entry.upper > self._now:  # of a clock that was ahead: nobody knows since when changes are to be asked for
            entry.upper = self._now
            self._doubted.add(info.id)
        if entry.kind:
            return
        created = int(entry_time(info.created, self._now).timestamp())
        upper = _end(self._now)
        moment = self._now.replace(microsecond=0)
        if entry.since is None or self._refresh_is_due(entry):
            windows = plan.whole_list(info.contacts, created, upper, self._tuning.batch_months)
            entry.begin(FIRST if entry.since is None else COMPARE, windows, moment, max(info.width, entry.held.width if entry.held else 0))
        else:
            entry.begin(CHANGES, plan.changes(int(self._since(entry.since).timestamp()), upper), moment, 0)

    def _refresh_is_due(self, entry: ContactsState) -> bool:
        period = timedelta(days=self._tuning.refresh_days)
        in_time = entry.refreshed_at is not None and timedelta(0) <= self._now - entry.refreshed_at < period
        return not in_time or entry.overflowed or entry.since is None or entry.since > self._now

    def _since(self, moment: datetime) -> datetime:
        return moment - timedelta(hours=self._tuning.overlap_hours)

    # --- Searches ---

    def _search_ahead(self, info: ListInfo) -> None:
        """Begins the next searches; that of the first window must succeed, the others are tried again when it is their turn."""
        entry = self._state.of_list(info.id).contacts
        if entry.windows[0].search is None:
            entry.windows[0] = self._searched(info, entry.windows[0])
        waiting = [(one, place) for one in self._ahead for place, _ in enumerate(self._windows(one))][:SEARCHES_AT_ONCE]
        wanted = [(one, place) for one, place in waiting if self._windows(one)[place].search is None]
        replies = [(one, place, self._executor.submit(self._searched, one, self._windows(one)[place])) for one, place in wanted]
        for one, place, reply in replies:
            with suppress(SourceFailure):
                self._windows(one)[place] = reply.result()

    def _windows(self, info: ListInfo) -> list[Window]:
        return self._state.of_list(info.id).contacts.windows

    def _searched(self, info: ListInfo, window: Window) -> Window:
        job = self._jobs.begin(info.id, SEARCH, search_body(f"Fivetran: list {info.id}, {_title(window)}", criteria(window)))
        return window._replace(search=job.id)

    def _discard(self, info: ListInfo, windows: Sequence[Window]) -> None:
        self._state.trash += [Job(info.id, SEARCH, window.search) for window in windows if window.search]

    def _empty_trash(self) -> None:
        if self._state.trash:
            self._state.trash = self._jobs.delete(self._state.trash)

    # --- One window ---

    def _step(self, info: ListInfo, entry: ContactsState) -> None:
        """Reads the first window and strikes it off; after a failure it becomes smaller ones."""
        window = entry.windows[0]
        try:
            self._jobs.wait(_job(info, window), f"list {info.id}, {_title(window)}")
            self._export(info, entry, window)
        except JobFailed as failure:
            self._retry(info, entry, window, str(failure))
            return
        entry.windows.pop(0)
        if entry.kind == COMPARE:
            entry.again.append(window)
        else:
            self._discard(info, [window])

    def _export(self, info: ListInfo, entry: ContactsState, window: Window) -> None:
        """Reads the result of a search.

        Raises:
            JobFailed: if it vanished since the last look at it, or never comes whole, so that a smaller one may be what it takes.
        """
        self._taken.clear()
        try:
            Attempts(self._clock, EXPORT_ATTEMPTS, self._say).call(partial(self._read, info, entry, window))
        except (NotFound, Unavailable) as failure:
            entry.fresh |= self._taken  # another search may not have them any more
            raise JobFailed(str(failure)) from None

    def _retry(self, info: ListInfo, entry: ContactsState, window: Window, failure: str) -> None:
        self._discard(info, [window])
        fresh = window._replace(search=None, retries=window.retries + 1)
        if fresh.retries > MAX_RETRIES_PER_BATCH:
            entry.windows[0] = fresh._replace(retries=0)  # the next sync begins to count anew
            raise SyncFailed(
                f"list {info.id}: {failure}, for the {fresh.retries}th time. Nothing was skipped; the next sync goes on from here. "
                'If it goes on like this, raise "search_minutes" or lower "batch_months".'
            )
        smaller = self._smaller(info, entry, fresh)
        self._say(f"{failure}; trying again" + (f" in {len(smaller)} smaller searches" if len(smaller) > 1 else ""))
        entry.windows[:1] = [one._replace(retries=0) for one in smaller] if len(smaller) > 1 else smaller

    def _smaller(self, info: ListInfo, entry: ContactsState, window: Window) -> list[Window]:
        """Smaller windows for one that failed; the list may have become larger than its count said."""
        if (window.start, window.end) == (None, None) and entry.upper:
            created = int(entry_time(info.created, self._now).timestamp())
            return plan.in_batches(created, _end(entry.upper), self._tuning.batch_months)
        return plan.halved(window)

    def _read(self, info: ListInfo, entry: ContactsState, window: Window) -> None:
        """Reads the export of a window's search, from its first row."""
        width = entry.seen.width if entry.seen else 0
        seen = Mirror(width) if entry.kind in {FIRST, COMPARE} else None
        # whatever zone the dates are in, those of the last day may be met again
        overlap = self._since(entry.upper or self._now) - timedelta(days=1)
        reading = _Reading(entry, window, overlap, seen, self._room, self._taken)
        job = _job(info, window)
        with self._api.export(*job) as export:
            try:
                reader = models.contacts(export.header, info.id)
            except ConversionError as error:
                raise Unavailable(f"list {info.id}: the CSV of a search is none of contacts: {error}") from None
            shape, rows = _Shape(export.header, reader.width), 0
            for some in portions(export, ROWS_AT_ONCE):
                rows += len(some)
                self._deliver(info, reading, reader, shape, some)
                self._progress.advance(len(some), None)
            last = self._ends.last_row(job, "export", rows, export)
            self._deliver(info, reading, reader, shape, last)
        reading.done()

    def _deliver(self, info: ListInfo, reading: _Reading, reader: models.CsvReader, shape: _Shape, rows: list[Cells]) -> None:
        """Delivers rows; what was read of a window is saved as it comes, though the window is read anew after a restart."""
        chosen = [cells for cells in rows if reading.takes(shape, cells)]
        if chosen:
            reading.unreadable += self._delivery.contacts(info.id, reader, chosen, partial(shape.name, info.id))
        self._delivery.checkpoint(if_due=True)

    # --- The end of a reading ---

    def _conclude(self, info: ListInfo, entry: ContactsState) -> None:
        """All windows were read: a comparison leads to a delivery if something differs, anything else is done."""
        if entry.kind == COMPARE:
            if self._is_doubted(info, entry):
                return
            entry.kind = DELIVER
            if _differs(entry):
                entry.windows, entry.again = entry.again, []
                return
        since, incomplete = entry.since, False
        if entry.kind == DELIVER:
            incomplete = self._delete_gone(info, entry)
        if entry.kind != CHANGES and not entry.unreadable:
            self._delivery.resolve(of_list(plan.CONTACTS, info.id), lambda number: number is None)
        self._discard(info, entry.again)
        if entry.seen:
            for contact in entry.added.keys() & entry.met.keys():
                entry.seen.put(contact, entry.met[contact])
            entry.seen = entry.seen.folded(info.width)
        entry.finish()
        if incomplete or info.id in self._doubted:
            entry.refreshed_at = None
        if incomplete:
            entry.since = since

    def _is_doubted(self, info: ListInfo, entry: ContactsState) -> bool:
        """Whether so many contacts are missing that the listing is more likely wrong; then all stays as it was."""
        held, seen = entry.held, entry.seen
        if held is None or seen is None:
            return False
        missing = held.rows - seen.rows
        asked_for = missing <= MAX_DELETED_UNDOUBTED  # one by one, so that no listing has to be believed
        if asked_for or not is_doubtful(missing, seen.rows, held.rows):
            return False
        self._delivery.warn(
            f"contacts of list {info.id}: in a full reading {missing:,} of {held.rows:,} contacts are missing. That is not believed, so "
            "nothing was deleted or compared. If it is as it should be, re-sync this table."
        )
        self._discard(info, entry.again)
        entry.refreshed_at = entry.upper
        if entry.since and entry.upper:  # what happened since the last sync is read by itself instead
            windows = plan.changes(int(self._since(entry.since).timestamp()), _end(entry.upper))
            entry.begin(CHANGES, windows, entry.upper, 0)
        return True

    def _delete_gone(self, info: ListInfo, entry: ContactsState) -> bool:
        """Deletes contacts that are not in the full reading, and that the source does not know when asked for them.

        Whether some are there all the same: then the reading was not complete, and the next sync reads all of the list again.
        """
        if entry.held is None or entry.seen is None:
            return False
        missing = entry.held.compared(entry.seen).gone
        if missing is None:
            self._delivery.warn(
                f"contacts of list {info.id}: so many contacts are gone that it cannot be told which (there are {entry.seen.rows:,} now, "
                f"and were {entry.held.rows:,}). To remove them, re-sync this table."
            )
        gone = sorted((missing or set()) | ((entry.recent.keys() | entry.added.keys()) - entry.met.keys()))
        sums = entry.held.checksums(entry.seen)[0] | entry.recent | entry.added
        if gone and entry.unreadable:
            self._delivery.warn(
                f"contacts of list {info.id}: {entry.unreadable:,} rows of a full reading cannot be read, so nobody was taken for gone. "
                "The table `errors` lists them."
            )
            for contact in gone:
                entry.seen.put(contact, sums.get(contact, 0))
            return False
        kept = set(gone) - self._confirmed(info, gone)
        if kept:
            self._delivery.warn(
                f"contacts of list {info.id}: {len(kept):,} contacts were missing from a full reading, but are there if asked for one "
                "by one. They were not deleted, and the next sync reads this list in full again."
            )
        self._delivery.delete_contacts(info.id, [contact for contact in gone if contact not in kept])
        for contact in kept:
            entry.seen.put(contact, sums.get(contact, 0))
        return bool(kept)

    def _confirmed(self, info: ListInfo, gone: Sequence[str]) -> set[str]:
        """Those of the missing contacts that the source does not know; of many a sample is asked for, and one that is there saves all."""
        step = -(-len(gone) // CONFIRMED) if gone else 1
        asked = list(gone[::step])
        there = {contact for contact, found in zip(asked, self._executor.map(partial(self._exists, info), asked), strict=True) if found}
        return set(gone) - there if step == 1 else (set() if there else set(gone))

    def _exists(self, info: ListInfo, contact: str) -> bool:
        try:
            self._api.contact(info.id, contact)
        except NotFound:
            return False
        return True


def _differs(entry: ContactsState) -> bool:
    """Whether a comparison found rows that have to be delivered."""
    if entry.held is None or entry.seen is None:
        return True
    changed = entry.held.compared(entry.seen).changed
    moved = any(entry.delivered(contact) != total for contact, total in entry.met.items())
    return moved or changed is None or bool(changed - entry.recent.keys())


class _Shape:
    """Where in the rows of a CSV that matters is which a comparison looks at, without making whole rows."""

    def __init__(self, header: Cells, width: int) -> None:
        self.width = width
        names = [name.removeprefix(models.BYTE_ORDER_MARK).lower() for name in header]
        self._id = names.index(models.CONTACT_ID if models.CONTACT_ID in names else models.OTHER_CONTACT_ID)
        self._places = {field: names.index(field) for field in plan.CHANGES if field in names}
        order = sorted(range(width), key=lambda place: (names[place], place))
        self._named = [(place, f"{header[place]}\x1f") for place in order]

    def contact(self, cells: Cells) -> str:
        """The contact's id."""
        return cells[self._id]

    def checksum(self, cells: Cells) -> int:
        """The same for the same values, in whatever order the columns come; a column that is empty everywhere changes nothing."""
        told = "\x1e".join([name + cells[place] for place, name in self._named if cells[place]])
        return int.from_bytes(blake2b(told.encode("utf-8", "surrogateescape"), digest_size=6).digest(), "big")

    def is_in(self, window: Window, cells: Cells) -> bool:
        """Whether a row belongs to a window: a source that reads "less" as "at most", or no condition at all, gives others, too."""
        if window.field not in self._places or (window.start, window.end) == (None, None):
            return True
        try:
            return window.holds(models.to_epoch(cells[self._places[window.field]]))
        except ConversionError:
            return True  # nobody can tell, so it is not left out

    def has_date_since(self, since: datetime, cells: Cells) -> bool:
        """Whether one of its dates is not before a time: then the next sync meets it again."""
        for place in self._places.values():
            with suppress(ConversionError):
                moment = models.to_epoch(cells[place]) if cells[place] else None
                if moment and moment >= since:
                    return True
        return False

    def created_after(self, moment: datetime, cells: Cells) -> bool:
        """Whether a contact surely was created after a time: two days after it, whatever the zone of the dates."""
        try:
            created = models.to_epoch(cells[self._places[plan.CREATED]])
        except (ConversionError, KeyError):
            return False
        return created is not None and created > moment + timedelta(days=2)

    def name(self, list_id: str, cells: Cells) -> str:
        """What an error calls a row that has no id: by its content, without telling it."""
        return f"{list_id}/row {blake2b(repr(cells).encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


class _Reading:
    """One window being read: which of its rows are to be delivered, and what is remembered of them.

    Args:
        entry: the list's state.
        window: what is read.
        overlap: from when on dates will be met again by the next sync.
        seen: takes the rows of this window; only when all of it was read it counts.
        room: how many contacts are remembered by their ids.
        delivered: takes the contacts that a first reading delivers, as long as there is room.
    """

    def __init__(
        self, entry: ContactsState, window: Window, overlap: datetime, seen: Mirror | None, room: int, delivered: dict[str, int]
    ) -> None:
        self._entry, self._overlap, self._seen, self._room, self._delivered = entry, overlap, seen, room, delivered
        self._window = widened(window) if entry.kind == CHANGES else window
        self.unreadable = 0
        self._changed: set[str] | None = set()
        self._as_seen: dict[str, int] = {}
        if entry.kind == DELIVER and entry.held and entry.seen:
            self._changed = entry.held.compared(entry.seen).changed
            self._as_seen = entry.held.checksums(entry.seen)[1]

    def takes(self, shape: _Shape, cells: Cells) -> bool:
        """Whether a row is to be delivered. One of another width is, so that it is named."""
        entry = self._entry
        if len(cells) != shape.width or not shape.contact(cells):
            return True
        if not shape.is_in(self._window, cells):
            return False
        contact, total = shape.contact(cells), shape.checksum(cells)
        if entry.kind == CHANGES:
            return self._happened(shape, cells, contact, total)
        taken = self._differs(contact, total) if self._seen is None else entry.kind == FIRST
        if (taken or self._seen) and len(entry.fresh) < self._room and shape.has_date_since(self._overlap, cells):
            entry.fresh[contact] = total
        if entry.kind == FIRST and len(self._delivered) < self._room:
            self._delivered[contact] = total
        if self._seen:
            if entry.delivered(contact) is not None:
                entry.met[contact] = total
            if contact not in entry.added:
                self._seen.put(contact, total)
        return taken

    def _happened(self, shape: _Shape, cells: Cells, contact: str, total: int) -> bool:
        """Whether something happened to a contact since it was delivered, which is remembered as long as there is room."""
        entry = self._entry
        before = entry.delivered(contact)
        if before == total:
            return False
        if contact in entry.added or (before is None and entry.refreshed_at and shape.created_after(entry.refreshed_at, cells)):
            kept = entry.added
        else:
            kept = entry.recent
        if before is None and entry.remembered >= self._room:
            entry.overflowed = True
        else:
            kept[contact] = total
        return True

    def _differs(self, contact: str, total: int) -> bool:
        """Whether a row that was compared before has to be delivered; it may have changed once more since then."""
        entry = self._entry
        delivered = entry.delivered(contact)
        if delivered is not None:
            if contact not in entry.met:
                return False  # it came back into the list meanwhile, and the next sync will find it
            if contact not in entry.added and entry.seen and entry.met[contact] != total:
                entry.seen.change(contact, entry.met[contact], total)
            entry.met[contact] = total
            return delivered != total
        if self._changed is not None and contact not in self._changed:
            return False
        before = self._as_seen.get(contact, total)
        if before != total and entry.seen:
            entry.seen.change(contact, before, total)
            self._as_seen[contact] = total
        return True

    def done(self) -> None:
        """All rows of the window were read."""
        if self._seen and self._entry.seen:
            self._entry.seen.merge(self._seen)
        self._entry.unreadable += self.unreadable


def criteria(window: Window) -> list[Record]:
    """The conditions of a window's search.

    It is a day longer on both sides: which rows belong to the window is told by the dates in the CSV, whatever zone these are in, and
    whether or not the source reads "at least" as "more than".
    """
    found, asked = list[Record](), widened(window)
    if asked.start is not None:
        found.append(criterion("date_absolute", asked.field, ">=", [asked.start]))
    if asked.end is not None:
        found.append(criterion("date_absolute", asked.field, "<", [asked.end]))
    return found or [criterion("email", "email", "notempty", [""])]


def widened(window: Window) -> Window:
    """The window with a day more on both sides."""
    start = None if window.start is None else window.start - DAY_SECONDS
    return window._replace(start=start, end=None if window.end is None else window.end + DAY_SECONDS)


def entry_time(created: datetime | None, now: datetime) -> datetime:
    """When a list begins; one that does not say so is taken to be twenty years old."""
    return created or now - timedelta(days=7300)


def _end(upper: datetime) -> int:
    """Where a reading ends: behind the second that is still filling. The next reading begins with that second."""
    return int(upper.timestamp()) + 1


def _job(info: ListInfo, window: Window) -> Job:
    return Job(info.id, SEARCH, window.search or "")


def _title(window: Window) -> str:
    ends = [datetime.fromtimestamp(end, timezone.utc).date().isoformat() if end is not None else "" for end in (window.start, window.end)]
    return f"{window.field.removeprefix('ocx_').replace('_', ' ')} {' to '.join(ends)}".strip() if any(ends) else "all contacts"


def _spell(entry: ContactsState) -> str:
    what = {
        FIRST: "reading all contacts",
        CHANGES: "reading what happened since the last sync",
        COMPARE: "reading all contacts again, to find edits and deletes",
        DELIVER: "reading all contacts again, to find edits and deletes",
    }[entry.kind]
    return f"{what}, {len(entry.windows)} searches" if len(entry.windows) > 1 else what
