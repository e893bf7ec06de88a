"""Promises of gifts: recurring gifts, pledges, planned gifts, asks and grants."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from sandbox.arithmetic import Record
from sandbox.virtuous.contacts import audit, random_day
from sandbox.virtuous.custom import custom_array
from sandbox.virtuous.formats import dollars, midnight_text, us_date, utc_text
from sandbox.virtuous.words import FREQUENCIES, ODD_TEXTS
from sandbox.virtuous.world import World, created_at, owner_id, pick_id, rng


def _maybe(random: Random, value: object, share: float = 0.5) -> object:
    return value if random.random() < share else None


def _day(random: Random, first: int = 1998) -> str:
    return midnight_text(random_day(random, first))


def _money(random: Random) -> float:
    return random.choice((0.01, 25.0, random.randrange(100, 500_000) / 100, 123456789.99, 1000))


def _segment(world: World, random: Random, *, url: bool) -> Record:
    number = pick_id(world, "Segment", random) if random.random() < 0.4 else None
    keys: Record = {"segmentId": number, "segment": f"Segment {number}" if number else None}
    return keys | {"segmentUrl": f"/api/Segment/{number}" if number else None} if url else keys


def _project(world: World, random: Random, *, url: bool) -> Record:
    number = pick_id(world, "Project", random) if random.random() < 0.6 else None
    keys: Record = {"projectId": number, "project": f"Project {number}" if number else None}
    return keys | {"projectUrl": f"/api/Project/{number}" if number else None} if url else keys


def recurring_gift_record(world: World, row: int) -> Record:
    """Return a recurring gift; its designations have no ids."""
    random, number = rng(world, "RecurringGift", row), world.layouts["RecurringGift"].id_of(row)
    amount, contact = _money(random), owner_id(world, "RecurringGift", row)
    record: Record = {
        "id": number,
        "transactionSource": _maybe(random, "Stripe"),
        "transactionId": _maybe(random, f"rg-{number}"),
    }
    record |= {
        "contactId": contact,
        "startDate": _day(random),
        "amount": amount,
        "frequency": random.choice(FREQUENCIES),
    }
    if random.random() < 0.6:  # only some organizations have it
        record["recurringGiftDate"] = _day(random)
    cancelled = utc_text(created_at(world, "RecurringGift", row))
    return (
        record
        | {"anticipatedEndDate": _maybe(random, _day(random), 0.2), "cancelDateTimeUtc": _maybe(random, cancelled, 0.2)}
        | audit(world, "RecurringGift", row)
        | _segment(world, random, url=True)
        | {"automatedPayments": random.random() < 0.7, "trackPayments": random.random() < 0.5, "isPrivate": False}
        | {
            "status": random.choice(("UpToDate", "Overdue", "Cancelled")),
            "nextExpectedPaymentDate": _maybe(random, _day(random, 2024)),
        }
        | {"designations": [_recurring_designation(world, random, amount) for _ in range(random.choice((1, 1, 2)))]}
        | {"customFields": custom_array(random, "RecurringGift")}
    )


def _recurring_designation(world: World, random: Random, amount: float) -> Record:
    project = pick_id(world, "Project", random)
    return {
        "projectId": project,
        "project": f"Project {project}",
        "projectUrl": f"/api/Project/{project}",
        "amountDesignated": amount,
        "projectCode": random.choice((None, f"P{project}")),
    }


def recurring_payments(world: World, schedule: Record) -> list[Record]:
    """Return what GET RecurringGiftPayment/{id} lists for a recurring gift."""
    number = schedule["id"]
    random = rng(world, "RecurringPayment", number)
    rows: list[Record] = []
    for place in range(random.choice((0, 1, 2, 12))):
        gift = {
            "id": pick_id(world, "Gift", random),
            "contactId": schedule["contactId"],
            "giftDate": _day(random),
            "amount": 25.5,
        }
        rows.append(
            {
                "id": number * 20 + place,
                "gift": gift if random.random() < 0.9 else None,
                "expectedAmount": _money(random),
            }
            | {
                "expectedPaymentDate": _maybe(random, _day(random)),
                "dismissPaymentDate": _maybe(random, _day(random), 0.1),
            }
            | {"fulfillPaymentDate": _maybe(random, _day(random))}
        )
    return rows


def pledge_record(world: World, row: int) -> Record:
    """Return a pledge with its payments."""
    random, number = rng(world, "Pledge", row), world.layouts["Pledge"].id_of(row)
    start = random_day(random, 1998, 2024)
    payments = [
        {
            "id": number * 10 + place,
            "expectedPaymentDate": _maybe(random, midnight_text(start + timedelta(days=30 * place)), 0.9),
        }
        | {"expectedAmount": 100.0, "giftId": pick_id(world, "Gift", random) if place == 0 else None}
        | {"actualAmount": 99.99 if place == 0 else None}
        for place in range(random.choice((0, 1, 3)))
    ]
    return (
        {"id": number, "contactId": owner_id(world, "Pledge", row), "amountPledged": _money(random)}
        | {"frequency": random.choice(FREQUENCIES), "pledgeDate": midnight_text(start)}
        | {"expectedFulfillmentDate": _maybe(random, _day(random, 2020))}
        | audit(world, "Pledge", row)
        | _segment(world, random, url=False)
        | _project(world, random, url=False)
        | {"isPrivate": random.random() < 0.1, "status": random.choice(("Open", "Fulfilled", "WrittenOff"))}
        | {"payments": payments, "customFields": custom_array(random, "Pledge")}
    )


def planned_gift_record(world: World, row: int) -> Record:
    """Return a planned gift: culture-formatted text, and the vendor's own spelling `pkannedGiftType`."""
    random, number = rng(world, "PlannedGift", row), world.layouts["PlannedGift"].id_of(row)
    contact = owner_id(world, "PlannedGift", row)
    money = random.choice((1000, 123_456_789, 1, -1050))
    return (
        {
            "id": number,
            "plannedGiftUrl": f"/api/PlannedGift/{number}",
            "giftsAppliedUrl": f"/api/PlannedGift/{number}/Gifts",
        }
        | {
            "contactId": contact,
            "contactUrl": f"/api/Contact/{contact}",
            "plannedGiftDate": us_date(random_day(random)),
        }
        | {"pkannedGiftType": random.choice(("WillAndBequest", "Perpetuity", "Annuity"))}
        | {"frequency": random.choice((*FREQUENCIES, "Once")), "anticipatedAmount": dollars(money)}
        | {"anticipatedStartDate": random.choice((None, "", us_date(random_day(random))))}
        | {
            "numberOfOccurrences": random.choice((None, 1, 12)),
            "currentValue": random.choice((None, "", dollars(money))),
        }
        | {"fulfilled": random.choice((None, "No", "Yes"))}
        | _project(world, random, url=True)
        | _segment(world, random, url=True)
        | audit(world, "PlannedGift", row)
        | {"customFields": custom_array(random, "PlannedGift")}
    )


def gift_ask_record(world: World, row: int) -> Record:
    """Return a gift ask; `probability` is served although no document names it."""
    random, number = rng(world, "GiftAsk", row), world.layouts["GiftAsk"].id_of(row)
    return (
        {
            "id": number,
            "contactId": owner_id(world, "GiftAsk", row),
            "askAmount": _money(random),
            "askDate": _day(random),
        }
        | {"expectedFulfillmentDate": _maybe(random, _day(random, 2020)), "notes": random.choice(ODD_TEXTS)}
        | {"askType": random.choice(("Major", "Renewal")), "frequency": random.choice(FREQUENCIES)}
        | {"declined": random.random() < 0.2, "projectId": _maybe(random, pick_id(world, "Project", random))}
        | {"segmentId": _maybe(random, pick_id(world, "Segment", random)), "assignedUserId": 7}
        | {"secondaryAssignedUserId": None, "status": random.choice(("Open", "Accepted", "Declined"))}
        | audit(world, "GiftAsk", row)
        | {"customFields": custom_array(random, "GiftAsk"), "probability": random.choice((0.25, 1, 0.5))}
    )


def grant_record(world: World, row: int) -> Record:
    """Return a grant."""
    random, number = rng(world, "Grant", row), world.layouts["Grant"].id_of(row)
    giver, receiver = pick_id(world, "Contact", random), _maybe(random, pick_id(world, "Contact", random))
    won = random.random() < 0.4
    stamp = utc_text(created_at(world, "Grant", row))
    return (
        {"id": number, "grantUrl": f"/api/Grant/{number}", "giftsAppliedUrl": f"/api/Grant/{number}/Gifts"}
        | {"ownerId": _maybe(random, 7), "title": f"Grant {number} “quoted”", "grantingOrganizationId": giver}
        | {"grantingOrganizationUrl": f"/api/Contact/{giver}", "description": random.choice(ODD_TEXTS)}
        | {"referenceId": _maybe(random, f"00{number}"), "receivingOrganizationId": receiver}
        | {"receivingOrganizationUrl": f"/api/Contact/{receiver}" if receiver else None}
        | _project(world, random, url=True)
        | {
            "dueDateUtc": _maybe(random, _day(random, 2015) + "Z"),
            "totalAnticipatedAmount": _maybe(random, _money(random), 0.8),
        }
        | {"status": random.choice(("Active", "Did Not Apply", "Lost", "Upcoming", "Won"))}
        | {"submissionDateUtc": _maybe(random, stamp), "anticipatedAwardDateUtc": _maybe(random, stamp)}
        | {
            "pointOfContactName": _maybe(random, "Ada Example"),
            "pointOfContactEmail": _maybe(random, "ada@example.org"),
        }
        | {
            "pointOfContactPhone": _maybe(random, "555-0101"),
            "website": random.choice((None, "", "https://example.org")),
        }
        | {
            "awardedGrant": won,
            "awardedAmount": _money(random) if won else None,
            "awardedDateUtc": stamp if won else None,
        }
        | {"awardTerms": random.choice(ODD_TEXTS), "grantType": random.choice((None, "Incoming", "Outgoing"))}
        | audit(world, "Grant", row)
        | {"customFields": custom_array(random, "Grant")}
    )
