"""Targeted e-mail: messages, their contents, and what came of each. Only a single message tells of its contents.

LIKELY: statistics move for weeks after a message was sent, and nothing about the message tells of that; one that was not sent has none.
GUESS: that a draft has the empty date, and a pending message a time to come.
"""

from __future__ import annotations

from random import Random

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import Listing, Route, detail_of, page_of, public
from sandbox.everyaction.scope import begin, created_and_modified, growing, ids_of, odd, stamp, unheard_of
from sandbox.everyaction.times import NO_DATE, read_instant
from sandbox.everyaction.world import DAY, World
from sandbox.messages import Reply, Request

ENTITY = "EmailMessage"
CONTENTS, DISTRIBUTION = "emailMessageContent", "emailMessageContentDistributions"
COUNTS = (
    "openCount", "machineOpenCount", "linksClickedCount", "unsubscribeCount", "bounceCount", "contributionCount", "formSubmissionCount",
)  # fmt: skip
_PENDING, _DRAFT = 2, 3


def message_id(number: int) -> str:
    """Return the id as it is served."""
    return f"oK2ahdAc{number}"


def _is_recent(world: World, row: int) -> bool:
    """Say whether a message was sent in the last weeks before the start: some of the last ones were."""
    count = ids_of(world, ENTITY).count
    return row >= count - max(2, count // 8)


def message_record(world: World, row: int) -> Record:
    """Return a message with its contents; one that is pending or a draft was not sent."""
    random, number = begin(world, ENTITY, row)
    created, modified = created_and_modified(random)
    sent: int | None = modified
    if _is_recent(world, row):
        sent = modified = world.started - random.randrange(3600, 28 * DAY)
        created = sent - random.randrange(3600, 9 * DAY)
    elif row % 6 in {_PENDING, _DRAFT}:
        sent = None
    return message(number, row, random, created, modified, sent)


def message(number: int, row: int, random: Random, created: int, modified: int, sent: int | None) -> Record:
    """Return a message with these times; the row says what is special about it."""
    scheduled = NO_DATE if row % 6 == _DRAFT else stamp((sent or modified) - (0 if sent else -30 * DAY))
    return {
        "foreignMessageId": message_id(number),
        "name": f"Message {row} {odd(row)}",
        "createdBy": 'O\'Neil, "Dana"' if row % 2 else "api",
        "dateCreated": stamp(created, random),
        "dateScheduled": scheduled,
        "campaignID": 0 if row % 3 else 400 + row,
        "dateModified": stamp(modified) if row % 5 else stamp(modified, random),
        CONTENTS: [_content(random, row, slot, created, sent) for slot in range(2 if row % 6 == 1 else 1)],
    } | unheard_of(row)


def _content(random: Random, row: int, slot: int, created: int, sent: int | None) -> Record:
    return {
        "name": ("Variant A", "B ")[slot],
        "senderDisplayName": None if row % 7 == 3 else "River Friends",
        "senderEmailAddress": "news@example.org",
        "subject": f"{odd(row + slot)} No. {row}",
        "createdBy": "api" if row % 2 else None,
        "dateCreated": stamp(created, random),
        DISTRIBUTION: distribution(random, sent) if sent else None,
    } | unheard_of(row + slot)


def distribution(random: Random, sent: int) -> Record:
    """Return what came of a content."""
    recipients = random.randrange(1, 50_000)
    counts = {name: random.randrange(recipients // (place + 2) + 1) for place, name in enumerate(COUNTS)}
    total = round(counts["contributionCount"] * 12.34, 2)
    return {"dateSent": stamp(sent, random), "recipientCount": recipients} | counts | {"contributionTotal": total}


def sent_at(record: Record) -> float | None:
    """Return when the last content of a message was sent, None if none was."""
    times = [read_instant(each[DISTRIBUTION]["dateSent"]) for each in record[CONTENTS] if each[DISTRIBUTION]]
    return max((each for each in times if each is not None), default=None)


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    return {ENTITY: growing(world, ENTITY, "foreignMessageId", message_record)}


# --- the endpoints -------------------------------------------------------------------------------------------------


def _without_contents(record: Record, _: frozenset[str]) -> Record:
    return public(record) | {CONTENTS: None}


def _in_full(record: Record, asked: frozenset[str]) -> Record:
    """Return a message with what was asked for; the sections are two, though one is within the other."""
    if CONTENTS.lower() not in asked:
        return _without_contents(record, asked)
    if DISTRIBUTION.lower() in asked:
        return public(record)
    return public(record) | {CONTENTS: [each | {DISTRIBUTION: None} for each in record[CONTENTS]]}


_LIST = Listing(sorts={"dateModified": "dateModified"}, view=_without_contents)
_SINGLE = Listing(expansions=(CONTENTS, "EmailMessageContentDistributions"), view=_in_full)


def _messages(account: Account, request: Request) -> Reply:
    return page_of(account, request, account.collection(ENTITY), _LIST)


def _message(account: Account, request: Request, text: str) -> Reply:
    return detail_of(request, account.collection(ENTITY), text, _SINGLE)


ROUTES: tuple[Route, ...] = (
    Route("GET", "email/messages", ENTITY, _messages),
    Route("GET", "email/message/([^/]+)", ENTITY, _message),
)
