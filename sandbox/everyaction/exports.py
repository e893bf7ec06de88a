"""Changed-entity exports: what can be exported, jobs that do it in the vendor's own time, and their files.

A job looks at the changes of a window, and shows rows as they are when it is completed, however late a file is fetched.

GUESS: that a row comes once however often it changed, whose ids are asked for by id and that those of deleted rows find them too, how long
a job takes, how files are split, that custom fields come under their names, and whether forbidden types are listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.arithmetic import Record, mix
from sandbox.everyaction.account import Account
from sandbox.everyaction.asking import Asked, asked_of
from sandbox.everyaction.csvs import Column, blocks, row_text
from sandbox.everyaction.envelope import Refused, Route, bare, failed, not_found
from sandbox.everyaction.resources import ACTIVIST_CODE, DELETED, RESOURCES, ResourceInfo, field_object, row_of
from sandbox.everyaction.resources import change_type_objects as change_types_of
from sandbox.everyaction.rows import PERSON, Chosen, Frozen, by_ids, changed, of_people, owner
from sandbox.everyaction.times import offset_text
from sandbox.messages import Reply, Request

ENTITY = "ExportJob"
JOBS = "changedEntityExportJobs"
COMPLETE = "Complete"
FILE = re.compile(r"/exports/(\d+)/(\d+)\.csv")
RESTRICTED = "Access to this action is restricted"
# A job with fewer rows is done before anyone asks.
_AT_ONCE = 1000
_SECONDS_OF_A_POLL = 15.0
# Ids do not fit into 31 bits.
_FIRST_ID, _ID_STEP = 2_170_181_229, 17
# No row is so long that so many of them need to be counted out before a file of a limited size begins to be full.
_BYTES_OF_A_ROW = 1000
_DENIED = (
    b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code>'
    b"<Message>Server failed to authenticate the request.</Message></Error>"
)


@dataclass
class Job:
    """One job: `ends` is the status to which it comes, after `polls` more polls; None if it never does."""

    id: int
    asked: Asked
    polls: int
    ends: str | None
    begun: float
    status: str = "Pending"
    rows: list[Chosen] = field(default_factory=list)
    records: Frozen | None = None
    files: list[range] = field(default_factory=list)
    completed: float = 0.0

    @property
    def resource(self) -> ResourceInfo:
        """Return what is exported."""
        return self.asked.resource

    @property
    def columns(self) -> list[Column]:
        """Return the columns of its files."""
        unlisted = [Column(name, name) for name in self.resource.unlisted]
        custom = [Column(str(each.id), each.name) for each in self.asked.custom]
        return [*(Column(name, name) for name in self.asked.fields), *custom, *unlisted]


# --- what can be exported ------------------------------------------------------------------------------------------


def resources(account: Account) -> list[str]:
    """Return the types that the key may export. GUESS: those that it may not are told of too, by the switch `forbidden_listed`."""
    listed = account.switches.forbidden_listed
    return [name for name, each in RESOURCES.items() if listed or each.entity not in account.forbidden]


def field_objects(account: Account, name: str) -> list[Record]:
    """Return what the vendor tells of the fields of a type; of custom fields it tells elsewhere."""
    del account
    return [field_object(each, RESOURCES[name]) for each in RESOURCES[name].fields]


def change_type_objects(name: str) -> list[Record]:
    """Return what the vendor tells of the change types of a type."""
    return change_types_of(RESOURCES[name])


def _permitted(account: Account, name: str) -> ResourceInfo:
    found = RESOURCES.get(name)
    if found is None:
        raise Refused(not_found("resource type"))
    if found.entity in account.forbidden:
        raise Refused(failed(403, "FORBIDDEN", RESTRICTED))
    return found


def _resources(account: Account, _: Request) -> Reply:
    return bare(resources(account))


def _fields(account: Account, _: Request, name: str) -> Reply:
    return bare(field_objects(account, _permitted(account, name).name))


def _change_types(account: Account, _: Request, name: str) -> Reply:
    return bare(change_type_objects(_permitted(account, name).name))


# --- which rows ----------------------------------------------------------------------------------------------------


def chosen(account: Account, asked: Asked) -> list[Chosen]:
    """Return the rows that a job exports as things are now, by ascending id."""
    found = {each.number: each for each in _chosen(account, asked) if not each.gone or _tells_of_deleted(asked.resource)}
    kept = (each for each in found.values() if asked.mode is None or _mode_of(account, asked.resource, each) == asked.mode)
    return sorted(kept)


def _tells_of_deleted(resource: ResourceInfo) -> bool:
    return any(name == DELETED for _, name, _ in resource.changes)


def _chosen(account: Account, asked: Asked) -> Iterator[Chosen]:
    entity, switches = asked.resource.entity, account.switches
    if asked.ids is not None:
        # GUESS: ids override includeInactive in the sense that rows which are gone come as well.
        numbers = frozenset(asked.ids[: switches.requested_ids_cap])
        own = switches.requested_ids == "record" or entity in {PERSON, ACTIVIST_CODE}
        yield from by_ids(account, entity, numbers) if own else of_people(account, entity, numbers)
    if asked.ids is None or switches.requested_ids_added:
        for each in changed(account, entity, asked.within):
            if asked.inactive or not (each.gone or _archived(account, entity, each)):
                yield each


def _archived(account: Account, entity: str, each: Chosen) -> bool:
    record = account.find(entity, each.number) if entity == ACTIVIST_CODE else None
    return record is not None and record.get("status") != "Active"


def _mode_of(account: Account, resource: ResourceInfo, each: Chosen) -> int:
    """Return 2 for what is about an organization, else 1; what is about nobody is about a person."""
    record = Frozen(account, resource.entity).get(each) or {}
    person = record if resource.entity == PERSON else account.find(PERSON, owner(record)) or {}
    return 2 if person.get("contactMode") == "Organization" else 1


# --- jobs ----------------------------------------------------------------------------------------------------------


def _create(account: Account, request: Request) -> Reply:
    asked = asked_of(account, request.body)
    _permitted(account, asked.resource.name)
    many, switches = len(chosen(account, asked)), account.switches
    polls = switches.polls + (-(-many // switches.rows_per_poll) if many >= _AT_ONCE else 0)
    job = Job(_FIRST_ID + len(account.jobs) * _ID_STEP, asked, polls, _end_of(account), account.clock())
    account.jobs[job.id] = job
    return Reply(201, _shown(account, request, job) | asked.accepted)


def _end_of(account: Account) -> str | None:
    switches = account.switches
    if switches.failing:
        switches.failing -= 1
        return switches.failed_status
    if switches.stuck:
        switches.stuck -= 1
        return None
    return COMPLETE


def work(account: Account) -> None:
    """Let those jobs end that had the time for it, whether or not anybody asks for them; what changes from here on is not in them."""
    for job in account.jobs.values():
        if account.clock() - job.begun >= (job.polls + 1) * _SECONDS_OF_A_POLL and job.ends is not None:
            job.polls = 0
            _poll(account, job)


def _poll(account: Account, job: Job) -> None:
    """Let some of the vendor's time pass."""
    if job.status in {COMPLETE, job.ends}:
        return
    if job.polls or job.ends is None:
        job.status, job.polls = account.switches.running_status, max(job.polls - 1, 0)
        return
    job.status, job.completed = job.ends, account.clock()
    if job.status == COMPLETE:
        job.rows, job.records = chosen(account, job.asked), Frozen(account, job.resource.entity)
        job.files = _split(account, job)


def _split(account: Account, job: Job) -> list[range]:
    """Return the rows of each file: so many that it does not become too large."""
    most, size, begin, step = job.asked.file_bytes, 0, 0, account.switches.rows_per_file
    if not job.rows and account.switches.empty_files == "none":
        return []
    if step and job.rows:
        return [range(first, min(first + step, len(job.rows))) for first in range(0, len(job.rows), step)]
    if len(job.rows) * _BYTES_OF_A_ROW <= most:
        return [range(len(job.rows))]
    found, columns = [], job.columns
    for place, row in enumerate(_rows(account, job, range(len(job.rows)))):
        length = len(row_text(columns, row, account.switches).encode("utf-8", "surrogatepass"))
        if size + length > most and place > begin:
            found.append(range(begin, place))
            size, begin = 0, place
        size += length
    return [*found, range(begin, len(job.rows))]


def _shown(account: Account, request: Request, job: Job) -> Record:
    """Return what the vendor tells of a job."""
    complete, failing = job.status == COMPLETE, job.status == job.ends != COMPLETE
    message = "Finished processing export job" if complete else "The export job failed" if failing else "Created export job"
    return {
        "exportJobId": job.id, "jobStatus": job.status, "resourceType": job.resource.name,
        "dateChangedFrom": offset_text(job.asked.low), "dateChangedTo": offset_text(job.asked.high),
        "files": [_file(account, request, job, number) for number in range(len(job.files))],
        "message": message, "code": "48E6AB-938498" if failing else None, "exportedRecordCount": len(job.rows) if complete else 0,
    }  # fmt: skip


def _file(account: Account, request: Request, job: Job, number: int) -> Record:
    host = request.headers.get("host")
    base = f"http://{host}" if host else account.url
    link = f"{base}/exports/{job.id}/{number}.csv?sig={_signature(account, job)}"
    return {"downloadUrl": link, "dateExpired": offset_text(job.completed + account.switches.link_seconds)}


def _signature(account: Account, job: Job) -> str:
    return f"{mix(account.seed, job.id):016x}"


def _status(account: Account, request: Request, number: str) -> Reply:
    job: Job | None = account.jobs.get(int(number))
    if job is None:
        return not_found("export job")
    _permitted(account, job.resource.name)
    _poll(account, job)
    return Reply(payload=_shown(account, request, job))


# --- files ---------------------------------------------------------------------------------------------------------


def _rows(account: Account, job: Job, places: range) -> Iterator[Record]:
    for place in places:
        each = job.rows[place]
        record = job.records.get(each) if job.records else None
        if record is not None:
            gone = each.gone or (job.resource.entity == ACTIVIST_CODE and record.get("status") != "Active")
            yield row_of(account, job.resource, each.number, record, deleted=gone)


def download(account: Account, request: Request, number: int, place: int) -> Reply:
    """Return a file to whoever has its link, which is not for those who log in."""
    job: Job | None = account.jobs.get(number)
    if job is None or place >= len(job.files):
        return Reply(404, body=_DENIED.replace(b"AuthenticationFailed", b"BlobNotFound"), content_type="application/xml")
    expired = account.clock() > job.completed + account.switches.link_seconds
    if expired or "authorization" in request.headers or request.parameter("sig") != _signature(account, job):
        return Reply(403, body=_DENIED, content_type="application/xml")
    switches: Any = account.switches
    header = place == 0 or switches.header_repeated
    stream = blocks(job.columns, _rows(account, job, job.files[place]), switches, header=header)
    return Reply(content_type="text/csv", stream=stream)


ROUTES: tuple[Route, ...] = (
    Route("GET", rf"{JOBS}/resources", ENTITY, _resources),
    Route("GET", rf"{JOBS}/fields/([A-Za-z]+)", ENTITY, _fields),
    Route("GET", rf"{JOBS}/changeTypes/([A-Za-z]+)", ENTITY, _change_types),
    Route("POST", JOBS, ENTITY, _create),
    Route("GET", rf"{JOBS}/(\d+)", ENTITY, _status),
)
