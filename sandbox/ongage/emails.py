"""E-mail messages, templates and folders, paged by number; a detail has the bodies. Ids, flags and times are texts."""

from __future__ import annotations

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.ongage.account import Account
from sandbox.ongage.asked import at_least, at_most, conditions, contains, detail_of, equals, page_by_number, without
from sandbox.ongage.envelope import Route
from sandbox.ongage.providers import CONNECTIONS, connection_id
from sandbox.ongage.scope import ODD_TEXTS, PEOPLE, Scope, maybe, text
from sandbox.ongage.world import ACCOUNT_ID, ListInfo

ENTITY = "EmailMessage"
BODIES = frozenset({"content_html", "content_text"})
# What nobody saw in a detail.
LIST_ONLY = frozenset({"parent_id", "favorite", "created_by", "editor"})
_KIND_BY_ROW = {0: "folder", 5: "template"}
_KIND_PERIOD = 12


def email_name(scope: Scope, row: int) -> str:
    """Return the name that a message had at first."""
    return f"Message {row} {ODD_TEXTS[row * 5 % len(ODD_TEXTS)]}".strip()


def email_record(scope: Scope, row: int) -> Record:
    """Return a message with its bodies; a folder has none, and some of the older ones have no name either."""
    random, number = scope.begin(ENTITY, row)
    created, modified = scope.stamps(random)
    kind = _KIND_BY_ROW.get(row % _KIND_PERIOD, "email_message")
    is_folder = kind == "folder"
    connection = connection_id(random.randrange(len(CONNECTIONS)))
    record = (
        {"id": text(number), "type": kind, "account_id": text(ACCOUNT_ID), "list_id": text(scope.place.id), "name": email_name(scope, row)}
        | {"description": random.choice((None, *ODD_TEXTS)), "subject": None if is_folder else f"Hello {number} \N{SPARKLES}"}
        | {"parent_id": maybe(random, text(scope.ids(ENTITY).id_of(0)), 0.4), "favorite": text(random.random() < 0.1)}
        | {"from_name": maybe(random, "Dana \N{PEACOCK}"), "from_address": "news@example.org"}
        | {"reply_address": maybe(random, "re@example.org")}
        | {"esp_connection_id": maybe(random, text(connection)), "preheader": random.choice((None, "", "At a glance"))}
        | {"unsubscribe_default_link": "1", "unsubscribe_success_html": None}
        | {"unsubscribe_confirmation_html": maybe(random, "<b>Sure?</b>")}
        | {"unsubscribe_confirmation_button": random.choice(("", "Yes")), "created_by": random.choice(PEOPLE)}
        | {"created": text(created), "modified": text(modified), "deleted": random.choice((None, "0")), "mailing_id": maybe(random, "0")}
        | {"content_html": None if is_folder else f"<html><body>Hello {number} ☕<br>\n</body></html>"}
        | {"content_text": None if is_folder else random.choice((None, "", f"Hello {number},\r\nbye"))}
    )  # fmt: skip
    if row % 7 == 3:
        del record["name"]
    return record | ({"editor": {"kind": "blocks", "version": row}} if row % 5 == 2 else {})


_FILTERS = {
    "type": equals("type"), "name": contains("name"), "parent_id": equals("parent_id"), "subject": contains("subject"),
    "modified_from": at_least("modified"), "modified_to": at_most("modified"), "created_by": equals("created_by"),
    "favorite": equals("favorite"),
}  # fmt: skip


def _page(account: Account, request: Request, place: ListInfo) -> Reply:
    return page_by_number(request, account.collection(ENTITY, place.id), BODIES, conditions(request, _FILTERS))


def _detail(account: Account, _: Request, place: ListInfo, number: str) -> Reply:
    return detail_of(account.collection(ENTITY, place.id), number, lambda record: without(record, LIST_ONLY))


ROUTES = (Route("GET", "emails", ENTITY, _page), Route("GET", r"emails/(\d+)", ENTITY, _detail))
