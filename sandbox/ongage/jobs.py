"""What the vendor does in its own time: contact searches, reports of activity, and counts.

A job looks at the contacts as they were when it was created, however late its result is fetched. It says that it is pending until it was
polled often enough, and its result can be had only when a poll has said that it is completed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.messages import Reply, Request
from sandbox.ongage import activity
from sandbox.ongage.account import Account
from sandbox.ongage.contacts import DATES, ENTITY, ContactIds
from sandbox.ongage.criteria import Conditions, Fields, Invalid, conditions_of, criteria_of
from sandbox.ongage.envelope import Route, failed, found, not_found, rows_page
from sandbox.ongage.export import csv_reply
from sandbox.ongage.lists import fields_of
from sandbox.ongage.world import ACCOUNT_ID, DAY, NEWEST, ListInfo

PENDING, COMPLETED, FAILED = 1, 2, 3
_WORDS = {PENDING: "Pending", COMPLETED: "Completed", FAILED: "Failed"}
SEARCH, ACTIVITY, COUNT = "contact_search", "contact_activity", "contact_counts"
# A job that looks at fewer contacts is done before anyone asks.
_AT_ONCE = 1000
_FIRST_ID, _ID_STEP = 1_700_000_011, 17


@dataclass
class Job:
    """One job: `ends` is the status to which it comes, after `polls` more polls; None if it never does."""

    id: int
    kind: str
    place: ListInfo
    title: str
    created: int
    columns: list[str]
    conditions: Conditions
    contacts: Collection
    polls: int
    ends: int | None
    status: int = PENDING
    period: tuple[int, int] = (0, 0)

    def poll(self) -> None:
        """Let some of the vendor's time pass."""
        if self.polls == 0 and self.ends is not None:
            self.status = self.ends
        self.polls = max(self.polls - 1, 0)

    def row(self) -> Record:
        """Return what the vendor tells of it."""
        said = {"id": self.id, "list_id": self.place.id, "title": self.title, "status": self.status, "status_desc": _WORDS[self.status]}
        more = {"desc": "The report could not be built."} if self.status == FAILED else {}
        return said | more | {"created": self.created, "account_id": ACCOUNT_ID}


def matching(contacts: Collection, conditions: Conditions) -> Iterator[Record]:
    """Yield the contacts that meet the conditions; only those are made that came in the span that is asked for."""
    touched = contacts.edited.keys() | contacts.deleted
    for row in rows_in_span(contacts, conditions):
        if touched and contacts.layout.id_of(row) in touched:
            continue
        record = contacts.make(row)
        if conditions.hold(record):
            yield record
    for number in sorted(contacts.edited):
        if conditions.hold(contacts.edited[number]):
            yield contacts.edited[number]


def rows_in_span(contacts: Collection, conditions: Conditions) -> range:
    """Return the rows of the base data that may meet the conditions, by their dates."""
    ids = contacts.layout
    assert isinstance(ids, ContactIds)  # noqa: S101 - contacts have no others
    if (conditions.latest_bound or 0) >= NEWEST:
        return range(0)
    low, high = conditions.span()
    return range(0 if low is None else ids.came_before(low), ids.count if high is None else ids.came_before(high))


# --- creating ------------------------------------------------------------------------------------------------------


def _create(account: Account, request: Request, place: ListInfo, kind: str) -> Reply:
    try:
        job = _job(account, place, kind, request.body if isinstance(request.body, dict) else {})
    except Invalid as error:
        return failed(412, "Validation failed", error.errors)
    account.jobs[job.id] = job
    return found(job.row())


def _job(account: Account, place: ListInfo, kind: str, body: Record) -> Job:
    if not place.sending:
        raise Invalid("list_id", "is a suppression list")
    if not body.get("title"):
        raise Invalid("title", "must not be empty")
    fields = fields_of(account, place)
    conditions = conditions_of(fields, body)
    columns = _columns(fields, body, kind)
    contacts = account.collection(ENTITY, place.id).frozen()
    period = activity.period_of(body["filters"]) if kind == ACTIVITY else (0, 0)
    if period is None:
        raise Invalid("from_date", "must not be empty, and to_date must not be before")
    looked_at = len(rows_in_span(contacts, conditions)) + len(contacts.edited)
    switches = account.switches
    polls = switches.polls + (1 + looked_at // switches.rows_per_poll if looked_at >= _AT_ONCE else 0)
    ends = _end_of(account, contacts, conditions, looked_at)
    title, now = str(body["title"]), account.now()
    return Job(_next_id(account), kind, place, title, now, columns, conditions, contacts, polls, ends, period=period)


def _end_of(account: Account, contacts: Collection, conditions: Conditions, looked_at: int) -> int | None:
    switches = account.switches
    if switches.failing:
        switches.failing -= 1
        return FAILED
    if switches.stuck:
        switches.stuck -= 1
        return None
    too_many = switches.limit_rows is not None and looked_at > switches.limit_rows
    too_long = switches.limit_days is not None and days_of(contacts, conditions, account.now()) > switches.limit_days
    return None if too_many or too_long else COMPLETED


def days_of(contacts: Collection, conditions: Conditions, now: int) -> float:
    """Return how many days a search looks at: from the first contact to now where it sets no bound itself."""
    came = [record["ocx_created_date"] for record in contacts.edited.values()]
    if contacts.layout.count:
        came.append(contacts.make(0)["ocx_created_date"])
    first = min(came, default=now)
    spans = [conditions.span(name) for name in DATES]
    return min((min(now, now if high is None else high) - max(first, low or 0)) / DAY for low, high in spans)


def _columns(fields: Fields, body: Record, kind: str) -> list[str]:
    everything = ["ocx_contact_id", *(each.name for each in fields), "ocx_status", *DATES, "ocx_import_id"]
    if kind == ACTIVITY:
        everything += activity.TOTALS
    asked = body.get("selected_fields")
    if asked is None:
        return everything
    known = {name.lower(): name for name in everything}
    if not isinstance(asked, list) or not asked or any(str(name).lower() not in known for name in asked):
        raise Invalid("selected_fields", "has an unknown field")
    return [known[str(name).lower()] for name in asked]


def _next_id(account: Account) -> int:
    account.jobs_made += 1
    return _FIRST_ID + account.jobs_made * _ID_STEP


# --- the endpoints -------------------------------------------------------------------------------------------------


def _of_kind(kind: str) -> list[Route]:
    """Return the endpoints that searches and reports of activity have in common."""

    def create(account: Account, request: Request, place: ListInfo) -> Reply:
        return _create(account, request, place, kind)

    def listing(account: Account, request: Request, place: ListInfo) -> Reply:
        jobs = [job for job in account.jobs.values() if job.kind == kind and job.place.id == place.id]
        return rows_page(request, [job.row() for job in jobs])

    def status(account: Account, _: Request, job: Job) -> Reply:
        del account
        job.poll()
        return found(job.row())

    def remove(account: Account, _: Request, job: Job) -> Reply:
        del account.jobs[job.id]
        return found(True)

    one = rf"{kind}/(\d+)"
    return [
        Route("POST", kind, ENTITY, create),
        Route("GET", kind, ENTITY, listing),
        Route("GET", one, ENTITY, _about(kind, status)),
        Route("DELETE", one, ENTITY, _about(kind, remove)),
        Route("GET", one + "/export", ENTITY, _about(kind, _when_ready(_export))),
        Route("GET", one + "/result", ENTITY, _about(kind, _when_ready(_result))),
    ]


Answer = Callable[[Account, Request, Job], Reply]


def _about(kind: str, answer: Answer) -> Callable[[Account, Request, ListInfo, str], Reply]:
    """Return what answers a request about one job, which has to be of the list that is asked for."""

    def handler(account: Account, request: Request, place: ListInfo, number: str) -> Reply:
        job = account.jobs.get(int(number))
        if job is None or job.kind != kind or job.place.id != place.id:
            return not_found("Report")
        return answer(account, request, job)

    return handler


def _when_ready(answer: Answer) -> Answer:
    def handler(account: Account, request: Request, job: Job) -> Reply:
        if job.status != COMPLETED:
            return failed(412, "Export is not finished yet")
        return answer(account, request, job)

    return handler


def _rows(account: Account, job: Job) -> Iterator[Record]:
    found = activity.summaries(_report(account, job)) if job.kind == ACTIVITY else matching(job.contacts, job.conditions)
    return (row | {"ocx_contact_id": row["id"]} for row in found)


def _report(account: Account, job: Job) -> activity.Report:
    return activity.Report(account, job.place, job.contacts, job.conditions, *job.period, now=job.created)


def _export(account: Account, _: Request, job: Job) -> Reply:
    return csv_reply(job.columns, _rows(account, job), account.switches)


def _export_detailed(account: Account, _: Request, job: Job) -> Reply:
    return csv_reply(activity.COLUMNS, activity.events(_report(account, job)), account.switches)


def _result(account: Account, request: Request, job: Job) -> Reply:
    return rows_page(request, [{name: row.get(name) for name in job.columns} for row in _rows(account, job)])


# --- counts --------------------------------------------------------------------------------------------------------


def _count(account: Account, request: Request, place: ListInfo) -> Reply:
    body: Any = request.body if isinstance(request.body, dict) else {}
    try:
        conditions = Conditions(None, criteria_of(fields_of(account, place), body.get("criteria")))
    except Invalid as error:
        return failed(500, "Validation failed", error.errors)
    contacts = account.collection(ENTITY, place.id).frozen()
    job = Job(_next_id(account), COUNT, place, "", account.now(), [], conditions, contacts, 0, COMPLETED)
    account.jobs[job.id] = job
    return found({"id": job.id})


def _counted(account: Account, _: Request, __: ListInfo, number: str) -> Reply:
    job = account.jobs.get(int(number))
    if job is None or job.kind != COUNT:
        return not_found("Count")
    counts = {"active": 0, "bounced": 0, "complaint": 0, "unsubscribed": 0}
    for record in matching(job.contacts, job.conditions):
        counts[record["ocx_status"].lower()] += 1
    return found(counts, total=str(sum(counts.values())))


ROUTES: tuple[Route, ...] = (
    *_of_kind(SEARCH),
    *_of_kind(ACTIVITY),
    Route("GET", rf"{ACTIVITY}/(\d+)/export_detailed", ENTITY, _about(ACTIVITY, _when_ready(_export_detailed))),
    Route("POST", COUNT, ENTITY, _count),
    Route("GET", rf"{COUNT}/(\d+)", ENTITY, _counted, whole_account=True),
)
