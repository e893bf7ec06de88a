"""Events and their triggers. Nobody has seen how they read; here they have what they are created with, and a little more."""

from __future__ import annotations

from random import Random

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.ongage.account import Account
from sandbox.ongage.asked import conditions, contains, detail_of, page_by_offset
from sandbox.ongage.envelope import Route
from sandbox.ongage.providers import CONNECTIONS, connection_id
from sandbox.ongage.scope import ODD_TEXTS, Scope, maybe, text
from sandbox.ongage.world import DAY, ListInfo

ENTITY = "Event"
_KINDS = ("mailing", "date_field", "recurring")


def event_name(scope: Scope, row: int) -> str:
    """Return the name that an event had at first."""
    return f"Birthday {row} {ODD_TEXTS[(row + 1) % len(ODD_TEXTS)]}".strip()


def event_record(scope: Scope, row: int) -> Record:
    """Return an event with its triggers."""
    random, number = scope.begin(ENTITY, row)
    created, modified = scope.stamps(random)
    kind = _KINDS[row % 3]
    mailing = scope.ids("Mailing").id_of(scope.pick("Mailing", random))
    segment = scope.ids("Segment").id_of(scope.pick("Segment", random))
    connection = {"esp_connection_id": text(connection_id(row % len(CONNECTIONS))), "percent": 100}
    return (
        {"id": text(number), "list_id": text(scope.place.id), "name": event_name(scope, row)}
        | {"description": random.choice((None, *ODD_TEXTS))}
        | {"based_on": kind, "mailing_id": text(mailing) if kind == "mailing" else None}
        | {"date_field_name": "birth_date" if kind == "date_field" else None, "annually_event": text(kind == "date_field")}
        | {"ongoing_event": text(row % 2), "start_date": text(created), "end_date": random.choice(("0", None, text(modified + DAY)))}
        | {"status": random.choice(("active", "paused")), "segments": random.choice(([], [text(segment)]))}
        | {"segments_excluded": [], "distribution": random.choice(([], [connection]))}
        | {"created": text(created), "modified": text(modified)}
        | {"triggers": [_trigger(scope, random, place) for place in range(random.choice((0, 1, 2, 3)))]}
    )  # fmt: skip


def _trigger(scope: Scope, random: Random, place: int) -> Record:
    email = scope.ids("EmailMessage").id_of(scope.pick("EmailMessage", random))
    trigger: Record = (
        {"based_on": random.choice(("opened", "clicked", "sent")), "days_diff": text(random.randrange(-3, 30))}
        | {"email_messages": [{"email_message_id": text(email), "percent": 100}], "email_operator": maybe(random, "or")}
        | {"operator": random.choice(("after", "before")), "schedule_hour": text(random.randrange(24))}
        | {"schedule_minute": random.choice((0, "30")), "recurrence": maybe(random, "weekly")}
    )  # fmt: skip
    return trigger | ({"paused": False} if place == 1 else {})


def _page(account: Account, request: Request, place: ListInfo) -> Reply:
    return page_by_offset(request, account.collection(ENTITY, place.id), where=conditions(request, {"name": contains("name")}))


def _detail(account: Account, _: Request, place: ListInfo, number: str) -> Reply:
    return detail_of(account.collection(ENTITY, place.id), number)


ROUTES = (Route("GET", "events", ENTITY, _page), Route("GET", r"events/(\d+)", ENTITY, _detail))
