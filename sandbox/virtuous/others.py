"""Everything that is neither a contact nor giving: projects, campaigns, notes, tasks, events, volunteers, lists."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from sandbox.arithmetic import Record
from sandbox.virtuous.contacts import audit, nested_audit, random_day
from sandbox.virtuous.custom import custom_array, custom_object
from sandbox.virtuous.formats import dollars, midnight_text, us_date, utc_text
from sandbox.virtuous.words import FIRST_NAMES, GROUP_NAMES, ODD_TEXTS, PROJECT_WORDS, TAG_NAMES
from sandbox.virtuous.world import World, created_at, owner_id, owner_row, pick_id, rng


def _maybe(random: Random, value: object, share: float = 0.5) -> object:
    return value if random.random() < share else None


def _day(random: Random, first: int = 1998) -> str:
    return midnight_text(random_day(random, first))


def _start(world: World, entity: str, row: int) -> tuple[Random, int]:
    return rng(world, entity, row), world.layouts[entity].id_of(row)


def project_record(world: World, row: int) -> Record:
    """Return a project; its custom fields come as an object."""
    random, number = _start(world, "Project", row)
    parent = world.layouts["Project"].id_of(row // 5) if row > 10 and row % 4 == 0 else None
    flags = (
        "isRestrictedToGiftSpecifications",
        "isLimitedToFinancialNeed",
        "isPublic",
        "isActive",
        "isAvailableOnline",
    )
    return (
        {
            "id": number,
            "name": f"{PROJECT_WORDS[row % len(PROJECT_WORDS)]} {number}",
            "projectCode": _maybe(random, f"P{number}", 0.9),
        }
        | {"externalAccountingCode": _maybe(random, "4100"), "onlineDisplayName": random.choice((None, "", "Wells 💧"))}
        | {"description": random.choice(ODD_TEXTS), "photoUrl": None, "parentId": parent}
        | {"parentName": f"Project {parent}" if parent else None, "isSubProject": parent is not None}
        | {"inventoryStatus": random.choice((None, "Active", "Backordered")), "type": _maybe(random, "Fund")}
        | {"location": random.choice((None, "Kenya"))}
        | {flag: random.random() < 0.5 for flag in (*flags, "isTaxDeductible", "treatAsAccountsPayable")}
        | {"beginningBalance": 0, "currentBalance": random.choice((-10.5, 0.01, 99999.99)), "financialNeedType": None}
        | {"financialNeedFrequency": _maybe(random, "Monthly"), "financialNeedAmount": 1250.0}
        | {"startDate": _maybe(random, _day(random)), "endDate": None, "durationType": _maybe(random, "Ongoing")}
        | _project_totals(random)
        | audit(world, "Project", row)
        | {"giftSpecifications": _specifications(random), "customFields": custom_object(random, "Project")}
    )


def _project_totals(random: Random) -> Record:
    keys = ("lifeToDateGiving", "lifeToDateExpenseTotal", "calendarYearToDateGiving", "calendarYearToDateExpenseTotal")
    counts = (
        "lifeToDateGiftCount",
        "lifeToDateGiversCount",
        "calendarYearToDateGiftCount",
        "calendarYearToDateGiversCount",
    )
    if random.random() < 0.1:
        return dict.fromkeys((*keys, *counts))
    totals: Record = {key: random.randrange(9_999_999) / 100 for key in keys}
    return totals | {key: random.randrange(5000) for key in counts}


def _specifications(random: Random) -> list[Record]:
    return [
        {"amount": random.choice((25.0, 0.01, 38)), "frequency": random.choice(("Monthly", "Once"))}
        for _ in range(random.choice((0, 0, 1, 3)))
    ]


def campaign_record(world: World, row: int) -> Record:
    """Return a campaign, whose key is `campaignId`."""
    random, number = _start(world, "Campaign", row)
    return {
        "campaignId": number,
        "name": f"Year-End {2010 + row} “Giving”",
        "startDateTimeUtc": _maybe(random, f"{2010 + row}-11-01T00:00:00Z", 0.9),
        "endDateTimeUtc": _maybe(random, f"{2010 + row}-12-31T23:59:59.997"),
        "givingGoal": random.choice((None, 250000, 250000.5)),
        "newGiverGoal": random.choice((None, 100)),
        "totalGiftGoal": random.choice((None, 800)),
        "isArchived": random.random() < 0.2,
    }


def communication_record(world: World, row: int) -> Record:
    """Return a communication, whose key is taken to be `communicationId`."""
    random, number = _start(world, "Communication", row)
    return {
        "communicationId": number,
        "name": f"Appeal {number} ✉️",
        "campaignId": world.layouts["Campaign"].id_of(row % 12),
        "channelType": random.choice(("Mail", "Email", "Phone")),
        "communicationType": random.choice(("Appeal", "Newsletter", None)),
        "communicationStep": _maybe(random, "Step 1"),
        "startDateTime": _maybe(random, "2024-12-01T09:00:00"),
        "ownerId": random.choice((None, 7)),
        "givingGoal": random.choice((None, 50000)),
        "newGiverGoal": random.choice((None, 25)),
        "internalCostEstimate": random.choice((None, 1200.25)),
        "vendorCostEstimate": 3400,
        "networkReach": random.choice((None, 12000)),
    }


def segment_record(world: World, row: int) -> Record:
    """Return a segment."""
    random, number = _start(world, "Segment", row)
    communication = world.layouts["Communication"].id_of(row % 30)
    campaign = world.layouts["Campaign"].id_of(row % 30 % 12)
    return {
        "id": number,
        "name": f"Lapsed donors {number}",
        "description": random.choice(ODD_TEXTS),
        "code": f"S{number}",
        "communicationId": communication,
        "communicationName": f"Appeal {communication} ✉️",
        "campaignId": campaign,
        "campaignName": f"Year-End {2010 + row % 30 % 12} “Giving”",
        "segmentOrganizerId": random.choice((None, 4)),
    }


def contact_note_record(world: World, row: int) -> Record:
    """Return a contact note; older rows spell their date M/D/YYYY, and a few have a reminder."""
    random, number = _start(world, "ContactNote", row)
    contact, day = owner_id(world, "ContactNote", row), random_day(random)
    text = random.choice([text for text in ODD_TEXTS if text is not None])
    record: Record = {"id": number, "contactId": contact} | audit(world, "ContactNote", row)
    record |= {
        "noteDate": us_date(day) if random.random() < 0.2 else midnight_text(day),
        "type": random.choice(("General", "text Message")),
    }
    record |= {
        "note": f"<div>{text}</div>\n{number}",
        "important": random.random() < 0.1,
        "isPrivate": random.random() < 0.1,
    }
    record |= {
        "createdByAvatarUrl": None,
        "reminder": _reminder(random, number, contact) if random.random() < 0.2 else None,
    }
    if random.random() < 0.2:
        record["customFields"] = custom_array(random, "ContactNote")
    return record


def _reminder(random: Random, number: int, contact: int) -> Record:
    resolved = random.random() < 0.5
    return {
        "id": number * 2,
        "message": "Call back ☎️",
        "targetDate": _day(random, 2015),
        "targetResolutionDateUtc": "2021-03-04T05:06:07.89" if resolved else None,
        "contactId": contact,
        "contactViewUrl": f"/Generosity/Contact/View/{contact}",
        "contactDisplayName": f"Contact {contact}",
        "contactAvatarUrl": None,
        "reminderType": "Note",
        "reminderTypeDisplayName": "Note reminder",
        "taskStatus": "Done" if resolved else "Open",
        "taskStatusDisplayName": "Done" if resolved else "Open",
        "completeUrl": f"/api/Reminder/{number}/Complete",
        "dismissUrl": None,
        "description": "",
        "hasContact": True,
        "isPastDue": not resolved,
        "isUnresolved": not resolved,
        "canComplete": not resolved,
        "completeActionName": "Complete",
        "canCompleteWithNote": False,
        "owner": "Dana Example",
        "ownerAvatarUrl": None,
    }


def task_record(world: World, row: int) -> Record:
    """Return a task; `priority` is served although no document names it."""
    random, number = _start(world, "Task", row)
    return (
        {
            "id": number,
            "taskType": random.choice(("Call", "Visit")),
            "task": f"Task {number}",
            "description": random.choice(ODD_TEXTS),
        }
        | {"dueDateTime": _maybe(random, _day(random)[:10] + "T09:30:00", 0.8), "ownerEmail": "dana@example.org"}
        | {"contactId": owner_id(world, "Task", row), "priority": random.choice(("High", "Low"))}
        | audit(world, "Task", row)
    )


def event_record(world: World, row: int) -> Record:
    """Return an event; its times are local and stand as they are."""
    random, number = _start(world, "Event", row)
    start = random_day(random, 2015)
    return (
        {
            "id": number,
            "eventViewUrl": f"/Events/View/{number}",
            "name": f"Gala {number} 🎉",
            "eventType": random.choice(("Gala", "Golf")),
        }
        | {
            "locationName": "Example Hall",
            "displayAddress": "1 Sample St\nPhoenix",
            "geocodeAddress": _maybe(random, "1 Sample St, Phoenix"),
        }
        | {
            "startDateTime": f"{start.isoformat()}T18:30:00",
            "endDateTime": f"{(start + timedelta(days=1)).isoformat()}T00:15:00",
        }
        | {
            "timeZone": "US/Arizona",
            "description": random.choice(ODD_TEXTS),
            "specialInstructions": random.choice((None, "")),
        }
        | {
            "inviteOnly": random.random() < 0.5,
            "rsvpRequired": random.random() < 0.5,
            "totalInvites": row * 7,
            "totalRsvps": row * 3,
        }
        | {"totalAttended": row * 2, "totalGifts": row, "totalGiving": random.choice(("", dollars(row * 12_345)))}
        | {"communicationId": _maybe(random, pick_id(world, "Communication", random))}
        | audit(world, "Event", row)
        | {
            "eventContactsUrl": f"/api/Event/{number}/Contacts",
            "generosityEventContacts": _event_contacts(world, random, number),
        }
        | {"tables": random.choice(([], ["Table 1", 'Table "2"'])), "meals": random.choice(([], ["Vegan 🥗"]))}
        | {"eventInvitationsUrl": f"/api/Event/{number}/Invitations", "customFields": custom_array(random, "Event")}
    )


def _event_contacts(world: World, random: Random, number: int) -> list[Record]:
    found: list[Record] = []
    for place in range(random.choice((0, 1, 2))):
        contact, first = pick_id(world, "Contact", random), random.choice(FIRST_NAMES)
        found.append(
            {"id": number * 10 + place, "eventContactUrl": f"/api/Event/{number}/Contacts/{number * 10 + place}"}
            | {
                "contactId": contact,
                "contactUrl": f"/api/Contact/{contact}",
                "displayName": f"{first} Example",
                "firstName": first,
            }
            | {
                "avatarUrl": None,
                "primaryPhone": _maybe(random, "555-0123"),
                "primaryEmail": _maybe(random, "host@example.org"),
            }
        )
    return found


def event_attendee_record(world: World, row: int) -> Record:
    """Return an attendee of an event."""
    random, number = _start(world, "EventAttendee", row)
    return (
        {
            "id": number,
            "eventId": world.layouts["Event"].id_of(row % 12),
            "contactId": owner_id(world, "EventAttendee", row),
        }
        | {"contactIndividualId": world.layouts["ContactIndividual"].slot_id(owner_row(world, "EventAttendee", row), 0)}
        | {"invited": True, "rsvp": random.random() < 0.5, "rsvpResponse": random.choice((None, "Yes", "No"))}
        | {
            "attended": random.random() < 0.4,
            "schedule": random.choice((None, "Dinner")),
            "table": _maybe(random, "Table 1"),
        }
        | {"meal": _maybe(random, "Vegan 🥗"), "customFields": custom_array(random, "EventAttendee")}
        | audit(world, "EventAttendee", row)
    )


def premium_record(world: World, row: int) -> Record:
    """Return a premium, a thank-you gift."""
    random, number = _start(world, "Premium", row)
    return (
        {
            "id": number,
            "name": f"Mug {number} ☕",
            "code": f"M{number}",
            "price": 12.5,
            "fairMarketValue": random.choice((0.01, 9)),
        }
        | {
            "cost": random.choice((None, 4.333)),
            "description": random.choice(ODD_TEXTS),
            "inventoryCount": random.choice((None, 40)),
        }
        | {"isActive": random.random() < 0.8, "customFields": custom_array(random, "Premium")}
        | audit(world, "Premium", row)
    )


def volunteer_record(world: World, row: int) -> Record:
    """Return a volunteer."""
    random, number = _start(world, "Volunteer", row)
    contact, first = owner_id(world, "Volunteer", row), random.choice(FIRST_NAMES)
    opportunity = world.layouts["VolunteerOpportunity"].id_of(row % 6)
    return (
        {"id": number, "volunteerUrl": f"/api/Volunteer/{number}", "contactId": contact}
        | {"contactIndividualId": world.layouts["ContactIndividual"].slot_id(owner_row(world, "Volunteer", row), 0)}
        | {
            "contactUrl": f"/api/Contact/{contact}",
            "displayName": f"{first} Example",
            "firstName": first,
            "avatarUrl": None,
        }
        | {"primaryPhone": _maybe(random, "555-0199"), "primaryEmail": _maybe(random, "v@example.org")}
        | {"totalHours": random.choice((0, 1.75, 120.5)), "timesVolunteered": random.randrange(9)}
        | {"volunteerAttendanceUrl": f"/api/VolunteerOpportunity/{opportunity}/Volunteers/{number}/Attendance"}
        | {"volunteerOpportunityId": opportunity, "volunteerOpportunityUrl": f"/api/VolunteerOpportunity/{opportunity}"}
    )


def attendances(world: World, volunteer: Record) -> list[Record]:
    """Return a volunteer's attendances."""
    random = rng(world, "Attendance", int(volunteer["id"]))
    rows: list[Record] = []
    for place in range(random.choice((0, 1, 3))):
        day = random_day(random, 2015).isoformat()
        stamps = {
            "createDateTimeUtc": f"{day}T22:00:00",
            "createdByUser": None,
            "modifiedDateTimeUtc": f"{day}T22:00:00",
        }
        rows.append(
            {"id": volunteer["id"] * 5 + place, "volunteerId": volunteer["id"], "hours": random.choice((1.5, 2, 0.25))}
            | {"volunteerOpportunityId": volunteer["volunteerOpportunityId"], "startDateTimeUtc": f"{day}T16:00:00Z"}
            | {
                "startDateTime": f"{day}T09:00:00",
                "endDateTimeUtc": f"{day}T18:00:00",
                "endDateTime": f"{day}T11:00:00",
            }
            | {"timeZone": "US/Arizona"}
            | nested_audit(random, stamps | {"modifiedByUser": "Api User"})
        )
    return rows


def volunteer_opportunity_record(world: World, row: int) -> Record:
    """Return an opportunity to volunteer."""
    random, number = _start(world, "VolunteerOpportunity", row)
    organizers = [{"id": number * 3, "contactId": pick_id(world, "Contact", random), "name": 'Ann "Host" Example'}]
    return {
        "id": number,
        "volunteerOpportunityUrl": f"/api/VolunteerOpportunity/{number}",
        "name": f"Pack boxes {number} 📦",
        "locationName": "Example Hall",
        "displayAddress": random.choice((None, "1 Sample St")),
        "startDateTime": "2024-05-01T09:00:00",
        "endDateTime": _maybe(random, "2024-05-01T17:00:00"),
        "preferredDateTime": _maybe(random, "2024-05-01T10:00:00"),
        "timeZone": "US/Arizona",
        "description": random.choice(ODD_TEXTS),
        "isActive": random.random() < 0.5,
        "isLocalOnly": random.random() < 0.5,
        "preferredNumberOfHours": random.choice((None, 2.5)),
        "projectId": _maybe(random, pick_id(world, "Project", random)),
        "totalVolunteers": row,
        "totalVolunteerHours": row * 1.5,
        "currentNeed": 10 - row,
        "currentPriority": random.choice((None, 2)),
        "currentPriorityName": random.choice((None, "High")),
        "currentNeedFilledPercentage": row / 8,
        "hoursFilledPercentage": random.choice((None, 0.333)),
        "volunteerOrganizers": random.choice(([], organizers)),
        "customFields": custom_array(random, "VolunteerOpportunity"),
    }


def tag_record(world: World, row: int) -> Record:
    """Return a tag; names may repeat with different ids."""
    random, number = _start(world, "Tag", row)
    name = TAG_NAMES[row] if row < len(TAG_NAMES) else f"Tag {row}"
    return {
        "id": number,
        "tagName": name,
        "tagGroupName": random.choice((None, "", "Giving")),
        "contactsByTagUrl": f"/api/Contact/ByTag/{number}",
        "contactCount": random.randrange(900),
    }


def organization_group_record(world: World, row: int) -> Record:
    """Return a group of contacts around an organization."""
    random, number = _start(world, "OrganizationGroup", row)
    organization = pick_id(world, "Contact", random)
    return {
        "id": number,
        "organizationGroupUrl": f"/api/OrganizationGroup/{number}",
        "organizationId": organization,
        "organizationName": f"Contact {organization}",
        "name": GROUP_NAMES[row % len(GROUP_NAMES)] if row < len(GROUP_NAMES) else f"Group {number}",
        "location": random.choice((None, "Phoenix")),
        "description": random.choice(ODD_TEXTS),
        "organizationGroupContactsUrl": f"/api/OrganizationGroup/{number}/contacts",
    }


def email_list_record(world: World, row: int) -> Record:
    """Return an email list, whose key is `emailListId`."""
    random, number = _start(world, "EmailList", row)
    return {"emailListId": number, "name": f"News {row} 📰", "total": random.randrange(9999), "totalUnsubscribes": row}


def project_parts(world: World, kind: str, project: int) -> list[Record]:
    """Return a project's expenses, notes or roles."""
    random = rng(world, kind, project)
    rows: list[Record] = []
    for place in range(random.choice((0, 0, 1, 3))):
        stamp = utc_text(created_at(world, "Project", project))
        stamps = {
            "createDateTimeUtc": stamp,
            "createdByUser": "Api User",
            "modifiedDateTimeUtc": stamp,
            "modifiedByUser": None,
        }
        part = _PARTS[kind](world, random)
        rows.append({"id": project * 10 + place, "projectId": project} | part | nested_audit(random, stamps))
    return rows


def _expense(_: World, random: Random) -> Record:
    return {
        "expenseAmount": random.choice((0.01, 1200.5, 123456789.99)),
        "expenseDate": _day(random),
        "accountingCode": random.choice((None, "5000")),
        "expenseDescription": random.choice(ODD_TEXTS),
    }


def _project_note(_: World, random: Random) -> Record:
    text = random.choice(ODD_TEXTS)
    return {"note": text, "noteDate": _day(random), "type": "General", "isPrivate": random.random() < 0.5}


def _project_role(world: World, random: Random) -> Record:
    return {"contactId": pick_id(world, "Contact", random), "type": random.choice(("Sponsor", "Staff Lead"))}


_PARTS = {"ProjectExpense": _expense, "ProjectNote": _project_note, "ProjectRole": _project_role}
