"""Online actions forms, all documented. GUESS: the spelling of their ids."""

from __future__ import annotations

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.envelope import Route, paged
from sandbox.everyaction.scope import begin, created_and_modified, growing, ids_of, odd, some_id, stamp, unheard_of
from sandbox.everyaction.world import World

ENTITY = "OnlineActionsForm"
_TYPES = ("ContributionForm", "SignupForm", "EventForm", "AdvocacyForm")


def form_record(world: World, row: int) -> Record:
    """Return a form; every third one sends no confirmation."""
    random, number = begin(world, ENTITY, row)
    created, modified = created_and_modified(random)
    touched = row % 4 != 2
    designation = {"designationId": ids_of(world, "Designation").id_of(row % 5), "name": odd(row + 1)}
    codes = [some_id(world, "ActivistCode", random) for _ in range(row % 3)]
    return {
        "formTrackingId": f"vFNMzPTE{number}",
        "formName": f"Form {row} {odd(row)}",
        "formType": _TYPES[row % 4],
        "formTypeId": 1 + row % 4,
        "dateCreated": stamp(created, random),
        "createdByEmail": "dana@example.org",
        "dateModified": stamp(modified, random) if touched else None,
        "modifiedByEmail": "lee+forms@example.org" if touched else None,
        "isActive": row % 5 != 2,
        "designation": designation if row % 3 != 2 else None,
        "confirmationEmailData": _confirmation(row) if row % 3 else None,
        "activistCodes": codes,
        "eventId": some_id(world, "Event", random) if row % 4 == 2 else None,
        "codeId": some_id(world, "Code", random) if row % 2 else None,
        "campaignId": 400 + row if row % 3 == 0 else None,
        "isConfirmedOptInEnabled": row % 2 == 0,
    } | unheard_of(row)


def _confirmation(row: int) -> Record:
    return {
        "fromEmail": "thanks@example.org",
        "fromName": 'River "Friends"',
        "fromSubject": odd(row + 2),
        "replyToEmail": "" if row % 2 else "reply@example.org",
        "copyToEmails": ["boss@example.org", "lee@example.org"][: 1 + row % 2],
        "isConfirmationEmailEnabled": True,
        "isRecurringEmailEnabled": row % 2 == 0,
    }


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    return {ENTITY: growing(world, ENTITY, "formTrackingId", form_record)}


ROUTES: tuple[Route, ...] = paged(ENTITY, "onlineActionsForms", number="([^/]+)")
