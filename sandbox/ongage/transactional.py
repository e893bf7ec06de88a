"""Transactional campaigns. Nobody has seen how they read; here they are like mailings, with keys of their own."""

from __future__ import annotations

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.ongage.account import Account
from sandbox.ongage.asked import page_by_offset
from sandbox.ongage.envelope import Route
from sandbox.ongage.scope import ODD_TEXTS, PEOPLE, Scope, text
from sandbox.ongage.world import ACCOUNT_ID, ListInfo

ENTITY = "Transactional"


def transactional_record(scope: Scope, row: int) -> Record:
    """Return a transactional campaign."""
    random, number = scope.begin(ENTITY, row)
    created, modified = scope.stamps(random)
    email = scope.ids("EmailMessage").id_of(scope.pick("EmailMessage", random))
    record: Record = (
        {"id": text(number), "list_id": text(scope.place.id), "account_id": text(ACCOUNT_ID), "type": "transactional"}
        | {"name": f"Receipt {row} {ODD_TEXTS[row % len(ODD_TEXTS)]}".strip(), "description": random.choice((None, *ODD_TEXTS))}
        | {"status": random.choice(("60003", "60009")), "status_desc": "In progress", "status_date": text(modified)}
        | {"created_by": random.choice(PEOPLE), "favorite": "0", "is_test": text(row % 4 == 3), "targeted": None, "progress": "0"}
        | {"email_id": text(email), "email_name": f"Message {email}", "message_type": "email_message"}
        | {"created": text(created), "modified": text(modified), "deleted": random.choice((None, "0"))}
    )  # fmt: skip
    return record | ({"send_limit": {"daily": row * 100}, "default": row == 0} if row % 2 == 0 else {})


def _page(account: Account, request: Request, place: ListInfo) -> Reply:
    return page_by_offset(request, account.collection(ENTITY, place.id), total_as=str)


ROUTES = (Route("GET", "transactional", ENTITY, _page),)
