"""Mailings: what the vendor's pages call campaigns. Ids, flags and times are texts; `report`, `test` and `cancel` are ints.

Within a list, mailings ascend by the time that they were planned for, so that those of one month are found by arithmetic. The last
ones belong to the weeks before the stand-in was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import Random

from sandbox.arithmetic import Record, mix, salt
from sandbox.collection import Collection
from sandbox.messages import Reply, Request
from sandbox.ongage.account import Account
from sandbox.ongage.asked import at_least, at_most, conditions, contains, detail_of, equals, page_by_offset, without
from sandbox.ongage.envelope import Route
from sandbox.ongage.providers import CONNECTIONS, connection_id
from sandbox.ongage.scope import ODD_TEXTS, PEOPLE, Scope, maybe, text
from sandbox.ongage.segments import segment_name
from sandbox.ongage.world import ACCOUNT_ID, DAY, NEWEST, ListInfo

ENTITY = "Mailing"
NEW, SCHEDULED, IN_PROGRESS, COMPLETED, ERROR = "60001", "60002", "60003", "60004", "60005"
CANCELLED, DELETED, WITH_ERRORS, ON_HOLD, STOPPED = "60006", "60007", "60008", "60009", "60010"
STATUSES = {
    NEW: "New", SCHEDULED: "Scheduled", IN_PROGRESS: "In progress", COMPLETED: "Completed", ERROR: "Error", CANCELLED: "Cancelled",
    DELETED: "Deleted", WITH_ERRORS: "Completed with errors", ON_HOLD: "On hold", STOPPED: "Stopped",
}  # fmt: skip
SENT = frozenset({IN_PROGRESS, COMPLETED, WITH_ERRORS, ON_HOLD, STOPPED})
_FINISHED = frozenset({COMPLETED, WITH_ERRORS, STOPPED})
# By row number, so that each occurs in the smallest source.
_STATUS_BY_ROW = {3: NEW, 7: CANCELLED, 11: ERROR, 13: WITH_ERRORS, 16: STOPPED, 18: DELETED}
_STATUS_PERIOD = 20
_TYPE_BY_ROW = {2: "split", 4: "event", 5: "split", 8: "transactional"}
_SPLITS = ("email", "segment", "esp", "subject")
# The last rows: how many days before the start they were planned for, and what became of them; the future is negative.
_RECENT = (
    (28, COMPLETED), (24, COMPLETED), (19, WITH_ERRORS), (13, COMPLETED), (9, COMPLETED), (6, COMPLETED), (4, COMPLETED), (3, ON_HOLD),
    (2, COMPLETED), (0, IN_PROGRESS), (-2, SCHEDULED), (-9, NEW),
)  # fmt: skip
_DELAY = 3600
LIST_ONLY = frozenset({"report", "test", "cancel", "schedule", "esps", "email_id", "email_name", "message_type", "esp_connections_quota"})
DETAIL_ONLY = frozenset(
    {"account_id", "description", "notify_onlaunch", "notify_onfailed", "notify_oncomplete", "segments", "distribution", "email_message"}
)


@dataclass
class Results:
    """What changed in the statistics since the start.

    `begun` has mailings as they were when they began to be sent; what is computed of them ends at `_known_until`. `late` has what came in
    afterwards, `gone` the days, in epoch seconds, of which a mailing's rows are no more.
    """

    begun: dict[int, Record] = field(default_factory=dict)
    late: dict[int, list[Record]] = field(default_factory=dict)
    gone: set[tuple[int, int]] = field(default_factory=set)


@dataclass
class Mailings(Collection):
    """A list's mailings, and their results. Those outlast a mailing's deletion, and keep the name that it was sent under."""

    scope: Scope | None = None
    results: Results = field(default_factory=Results)


def collections(scopes: list[Scope]) -> dict[int, Collection]:
    """Return the mailings of each list."""
    return {each.place.id: Mailings(ENTITY, each.ids(ENTITY), partial(mailing_record, each), scope=each) for each in scopes}


def planned_for(scope: Scope, row: int) -> int:
    """Return the time that a mailing was planned for; it ascends with the row number."""
    old = scope.counts[ENTITY] - scope.recent
    if row >= old:
        days, _ = _recent(scope, row)
        return scope.started - days * DAY - DAY // 3 - 60 * (row - old)
    first, last = scope.place.created + DAY, NEWEST - 5 * DAY
    jitter = mix(scope.world.seed, salt("planned"), scope.place.id, row) % 1000
    return first + (row * 1000 + jitter) * (last - first) // (old * 1000)


def _recent(scope: Scope, row: int) -> tuple[int, str]:
    """Return the days before the start and the status of one of the last rows; rows behind all are planned for now."""
    behind = scope.counts[ENTITY] - row
    if behind <= 0:
        return 0, COMPLETED
    own = _RECENT if scope.recent == len(_RECENT) else (_RECENT[4], _RECENT[8], _RECENT[10])
    return own[-behind]


def status_of(scope: Scope, row: int) -> str:
    """Return a base mailing's status code."""
    if row >= scope.counts[ENTITY] - scope.recent:
        return _recent(scope, row)[1]
    return _STATUS_BY_ROW.get(row % _STATUS_PERIOD, COMPLETED)


def mailing_type(row: int) -> str:
    """Return what kind of mailing a row is."""
    return _TYPE_BY_ROW.get(row % 10, "campaign")


def mailing_record(scope: Scope, row: int) -> Record:
    """Return a mailing with all that its detail has."""
    random, number = scope.begin(ENTITY, row)
    email = scope.pick("EmailMessage", random)
    kind = mailing_type(row)
    connections = random.sample(range(len(CONNECTIONS)), random.choice((1, 1, 2)))
    return (
        {"id": text(number), "list_id": text(scope.place.id), "name": _name(row), "type": kind}
        | {"split_type": _SPLITS[row // 5 % 4] if kind == "split" else None}
        | _people(random)
        | {"is_test": text(row % 17 == 6), "favorite": text(random.random() < 0.1), "has_quota": "0", "deleted": random.choice((None, "0"))}
        | {"targeted": text(random.randrange(1, 60_000)), "cannot_resume": "0", "cannot_resume_reason": random.choice((None, ""))}
        | {"emails_limit": random.choice(("0", "25000")), "ox_data": None}
        | progress_of(status_of(scope, row), planned_for(scope, row), scope.started, random)
        | {"report": 1, "test": int(row % 17 == 6), "cancel": int(status_of(scope, row) == SCHEDULED)}
        | {"esps": ", ".join(CONNECTIONS[each].esp_name for each in connections), "email_name": f"Message {email}"}
        | _messages(scope, random, email, kind)
        | {"message_type": "email_message", "esp_connections_quota": random.choice((None, "0"))}
        | {"account_id": text(ACCOUNT_ID), "description": random.choice((None, *ODD_TEXTS))}
        | {"notify_onlaunch": "0", "notify_onfailed": "1", "notify_oncomplete": text(random.random() < 0.5)}
        | {"segments": _segments(scope, random), "distribution": _distribution(random, connections)}
    )  # fmt: skip


def _name(row: int) -> str:
    return f"Mailing {row} {ODD_TEXTS[row * 3 % len(ODD_TEXTS)]}".strip()


def _people(random: Random) -> Record:
    manager = random.choice((None, "", "Dana \N{PEACOCK}"))
    return {"scheduled_by": random.choice((None, *PEOPLE)), "created_by": random.choice(PEOPLE), "manager": manager}


def progress_of(status: str, planned: int, now: int, random: Random) -> Record:
    """Return what depends on how far a mailing got: its status, its times and its progress. It was made before now."""
    start = planned + random.randrange(_DELAY) if status in SENT else 0
    end = start + random.randrange(600, DAY // 4) if status in _FINISHED else 0
    unplanned = status in {NEW, DELETED}
    latest = max(end, start, min(planned, now) - DAY)
    percent = "100" if end else "0" if not start else "40"
    return (
        {"status": status, "status_desc": STATUSES[status], "status_date": text(latest)}
        | {"schedule_date": "0" if unplanned else text(planned)}
        | {"schedule": "not scheduled" if unplanned else "delivered" if end else "scheduled"}
        | {"created": text(min(planned, now) - 2 * DAY), "modified": text(latest), "progress": percent}
        | {"sending_start_date": text(start) if start else "0", "sending_end_date": text(end) if end else random.choice(("0", None))}
        | {"estimated_sending_end_date": text(end + 60) if end else None}
        | {"comment": "<p>No connection &amp; no luck</p>" if status in {ERROR, WITH_ERRORS} else random.choice((None, ""))}
    )


def _messages(scope: Scope, random: Random, email: int, kind: str) -> Record:
    numbers = [scope.ids("EmailMessage").id_of(email)]
    if kind == "split":
        numbers.append(scope.ids("EmailMessage").id_of(scope.pick("EmailMessage", random)))
    messages = [
        {"type": "email_message", "email_message_id": text(number), "name": f"Message {number}", "description": random.choice((None, ""))}
        | {"subject": f"Hello {number} \N{SPARKLES}", "preview": random.choice((None, "At a glance"))}
        for number in numbers
    ]
    subject = text(numbers[0]) if kind == "split" else None
    return {"email_id": text(numbers[0]), "original_email_message_id": random.choice((None, text(numbers[0])))} | {
        "split_subject_content_email_id": subject,
        "email_message": messages,
    }


def _segments(scope: Scope, random: Random) -> list[Record]:
    rows = random.sample(range(scope.counts["Segment"]), random.choice((1, 1, 2)))
    return [
        {"segment_id": text(scope.ids("Segment").id_of(row)), "type": "Active", "name": segment_name(scope, row)}
        | {"last_count": text(random.randrange(90_000)), "exclude": text(place > 0)}
        for place, row in enumerate(rows)
    ]


def _distribution(random: Random, connections: list[int]) -> list[Record]:
    """Return to whom a mailing goes through which connection; ids are numbers now and then."""
    domains = ("default", "gmail.com") if random.random() < 0.4 else ("default",)
    found: list[Record] = []
    for domain in domains:
        for each in connections:
            number, esp = connection_id(each), CONNECTIONS[each].esp_id
            as_numbers = random.random() < 0.3
            found.append(
                {"esp_id": int(esp) if as_numbers else esp, "esp_connection_id": number if as_numbers else text(number)}
                | {"isp_id": None if domain == "default" else "3", "domain": domain, "percent": _percent(len(connections))}
                | {"name": CONNECTIONS[each].name, "segment_id": maybe(random, "0", 0.3)}
            )
    return found


def _percent(parts: int) -> str | int:
    return 100 if parts == 1 else "50.00"


# --- endpoints -----------------------------------------------------------------------------------------------------

# Nobody documents which date date_from and date_to are about; here it is the planned one.
_FILTERS = {
    "date_from": at_least("schedule_date"), "date_to": at_most("schedule_date"), "mailing_name": contains("name"),
    "email_name": contains("email_name"), "is_test": equals("is_test"), "mailing_type": equals("type"),
}  # fmt: skip


def _page(account: Account, request: Request, place: ListInfo) -> Reply:
    where = conditions(request, _FILTERS)
    return page_by_offset(request, account.collection(ENTITY, place.id), DETAIL_ONLY, where=where, total_as=str)


def _detail(account: Account, _: Request, place: ListInfo, number: str) -> Reply:
    return detail_of(account.collection(ENTITY, place.id), number, lambda record: without(record, LIST_ONLY))


ROUTES = (Route("GET", "mailings", ENTITY, _page), Route("GET", r"mailings/(\d+)", ENTITY, _detail))
