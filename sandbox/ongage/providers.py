"""Connections to the senders of e-mail, the same for all lists and without a total, and the tags of messages."""

from __future__ import annotations

from typing import NamedTuple

from sandbox.arithmetic import Layout, Record
from sandbox.collection import Collection
from sandbox.messages import Reply, Request
from sandbox.ongage.account import WHOLE_ACCOUNT, Account
from sandbox.ongage.asked import conditions, contains, page_by_offset
from sandbox.ongage.envelope import Route, found, public
from sandbox.ongage.scope import Scope, text
from sandbox.ongage.world import ListInfo

ENTITY, TAG = "EspConnection", "EmailTag"


class Connection(NamedTuple):
    """One connection to a sender, as it was at first."""

    esp_id: str
    esp_name: str
    name: str
    active: bool = True


CONNECTIONS = (
    Connection("86", "SparkPost", "Main pool"),
    Connection("4", "Amazon SES", "Bulk \N{HIGH VOLTAGE SIGN}"),
    Connection("58", "Mailgun", 'The "quiet" one'),
    Connection("19", "SendGrid", "Retired", active=False),
)
_LAYOUT = Layout(0, 3001, 11, len(CONNECTIONS))
_TAGS = ("Promo", "Newsletter", "", "Ünïcode \N{LABEL}", "promo")


def connection_id(row: int) -> int:
    """Return a connection's id."""
    return _LAYOUT.id_of(row)


def connection_record(row: int) -> Record:
    """Return a connection; those beyond the first ones are made of them."""
    connection = CONNECTIONS[row % len(CONNECTIONS)]
    return (
        {"id": text(connection_id(row)), "esp_id": connection.esp_id, "esp_name": connection.esp_name}
        | {"support_transactional": "1" if row % 3 != 1 else "0", "name": connection.name}
        | {"_active": connection.active}
    )


def connections() -> dict[int, Collection]:
    """Return the connections of the account."""
    return {WHOLE_ACCOUNT: Collection(ENTITY, _LAYOUT, connection_record)}


def email_tag_record(scope: Scope, row: int) -> Record:
    """Return a tag; its titles may repeat."""
    random, number = scope.begin(TAG, row)
    record: Record = {"id": text(number), "title": _TAGS[row % len(_TAGS)]}
    return record | ({"usage": random.randrange(90)} if row % 2 else {})


def _options(account: Account, request: Request, _: ListInfo) -> Reply:
    only_active = (request.parameter("active_only") or "0").lower() in {"1", "true"}
    records = account.collection(ENTITY).records()
    rows = [public(record) for record in records if record["_active"] or not only_active]
    return found(rows, entity=ENTITY, detailed=True)


def _tags(account: Account, request: Request, place: ListInfo) -> Reply:
    return page_by_offset(request, account.collection(TAG, place.id), where=conditions(request, {"title": contains("title")}))


ROUTES = (
    Route("GET", "esp_connections/options", ENTITY, _options, whole_account=True),
    Route("GET", "email_tag", TAG, _tags),
)
