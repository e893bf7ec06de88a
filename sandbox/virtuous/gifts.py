"""Gifts in their full, abbreviated and designation forms."""

from __future__ import annotations

from datetime import date
from random import Random

from sandbox.arithmetic import Record
from sandbox.virtuous.contacts import audit, nested_audit, random_day
from sandbox.virtuous.custom import custom_array, custom_object
from sandbox.virtuous.formats import dollars, midnight_text, us_date
from sandbox.virtuous.words import GIFT_TYPES, ODD_TEXTS, PROJECT_WORDS
from sandbox.virtuous.world import DESIGNATIONS_BY_ROW, REVERSAL_PERIOD, REVERSAL_ROW, World, owner_id, owner_row, pick_id, rng

_ODD_CENTS = (1, 12_345_678_999, 100, 1_000_000, 1050, 33)


def is_reversal(row: int) -> bool:
    """Say whether a base gift reverses the one of the row before."""
    return row % REVERSAL_PERIOD == REVERSAL_ROW


def gift_cents(world: World, row: int) -> int:
    """Return a gift's amount; a reversal negates what it reverses."""
    if is_reversal(row):
        return -gift_cents(world, row - 1)
    random = rng(world, "GiftCents", row)
    if random.random() < 0.05:
        return random.choice(_ODD_CENTS)
    return random.randrange(500, 250_000)


def gift_record(world: World, row: int) -> Record:
    """Return the gift of a row number, as FullGift serves it; the keys of its type come before `id`."""
    random, number = rng(world, "Gift", row), world.layouts["Gift"].id_of(row)
    kind = "Reversing Transaction" if is_reversal(row) else random.choice(GIFT_TYPES)
    cents, contact = gift_cents(world, row), owner_id(world, "Gift", row)
    stamps, day = audit(world, "Gift", row), random_day(random)
    record = (
        _type_keys(world, random, kind, row)
        | {"id": number}
        | _source(random, number)
        | _contact_keys(contact)
        | {"giftType": kind, "giftTypeFormatted": kind}
        | _money_and_day(random, cents, day)
        | stamps
        | _links(world, random)
        | {"contactIndividualId": world.layouts["ContactIndividual"].slot_id(owner_row(world, "Gift", row), 0)}
        | {"cashAccountingCode": random.choice((None, "4000-10")), "giftAskId": None, "contactMembershipId": None}
        | {"giftDesignations": _designations(world, random, row, cents)}
        | {"giftPremiums": _premiums(world, random, number, stamps)}
        | _payments(world, random, number, contact, cents, day)
        | {
            "giftUrl": f"/api/Gift/{number}",
            "isPrivate": random.random() < 0.03,
            "isTaxDeductible": random.random() < 0.9,
        }
        | {"customFields": custom_array(random, "Gift", share=0.2)}
    )
    if random.random() < 0.7:  # newer rows only
        record |= {"isAcknowledgedGift": random.random() < 0.5, "giftPassthroughs": _passthroughs(world, random)}
    return record


def _type_keys(world: World, random: Random, kind: str, row: int) -> Record:
    day = midnight_text(random_day(random, 2015))
    sold = random.random() < 0.5
    keys: dict[str, Record] = {
        "Check": {"checkNumber": random.choice(("0042", "1001", None))},
        "Credit": {"creditCardType": random.choice(("Visa", "MasterCard", None))},
        "Cryptocoin": {"cryptocoinType": "Bitcoin", "transactionHash": f"0x{row:x}", "coinSoldForCash": sold}
        | {"coinAmount": random.choice((0.00012345, 1.5, 0.0000000001, 21)), "dateCoinWasSold": day if sold else None}
        | {"coinSaleAmount": 1234.56 if sold else None},
        "Stock": {
            "tickerSymbol": "XMPL",
            "numberOfShares": random.choice((10, 2.5, 0.3333333333)),
            "stockSoldForCash": sold,
        }
        | {"dateStockWasSold": day if sold else None, "stockSaleAmount": 99.5 if sold else None},
        "Qualified Charitable Distribution": {"iraCustodian": "Example Trust"},
        "Non-Cash": {"nonCashGiftTypeId": 2, "nonCashGiftType": "Vehicle", "description": random.choice(ODD_TEXTS)}
        | {"nonCashSoldForCash": sold, "dateNonCashWasSold": day if sold else None}
        | {"nonCashOriginalAmount": 4000.0, "nonCashSaleAmount": 3999.99 if sold else None},
    }
    if kind == "Reversing Transaction":
        return {"reversedGiftId": world.layouts["Gift"].id_of(row - 1)}
    return keys.get(kind, {})


def _source(random: Random, number: int) -> Record:
    source = random.choice((None, "WebForm", "Import", "Mail"))
    return {"transactionSource": source, "transactionId": f"tx-{number}" if source else None}


def _contact_keys(contact: int) -> Record:
    return {"contactId": contact, "contactName": f"Contact {contact}", "contactUrl": f"/api/Contact/{contact}"}


def _money_and_day(random: Random, cents: int, day: date) -> Record:
    foreign = random.random() < 0.05
    fraction = ".37" if random.random() < 0.02 else ""  # some organizations have fractions on gift dates
    return {
        "giftDate": midnight_text(day) + fraction,
        "giftDateFormatted": us_date(day),
        "amount": cents / 100,
        "amountFormatted": dollars(cents),
        "currencyCode": "EUR" if foreign else "USD",
        "exchangeRate": 1.0834 if foreign else 1.0,
        "baseCurrencyCode": "USD",
        "batch": random.choice((None, "B-2024-1", 'batch "7"')),
    }


def _links(world: World, random: Random) -> Record:
    segment = pick_id(world, "Segment", random) if random.random() < 0.4 else None
    grant = pick_id(world, "Grant", random) if random.random() < 0.02 else None
    tribute = random.random() < 0.08
    receipt = random_day(random, 2015) if random.random() < 0.5 else None
    acknowledged = random_day(random, 2015) if random.random() < 0.2 else None
    return {
        "segmentId": segment,
        "segment": f"Segment {segment}" if segment else None,
        "segmentCode": f"S{segment}" if segment else None,
        "segmentUrl": f"/api/Segment/{segment}" if segment else None,
        "mediaOutletId": 5 if random.random() < 0.05 else None,
        "mediaOutlet": None,
        "grantId": grant,
        "grant": f"Grant {grant}" if grant else None,
        "grantUrl": f"/api/Grant/{grant}" if grant else None,
        "notes": random.choice(ODD_TEXTS),
        "tribute": "Grandma Example 🌹" if tribute else None,
        "tributeId": 77 if tribute else None,
        "tributeType": random.choice(("In Honor Of", "In Memory Of")) if tribute else None,
        "acknowledgeeIndividualId": pick_id(world, "ContactIndividual", random) if tribute else None,
        "acknowledgementDate": midnight_text(acknowledged) if acknowledged else None,
        "acknowledgementNotes": random.choice((None, "")),
        "receiptDate": midnight_text(receipt) if receipt else None,
        "receiptDateFormatted": us_date(receipt) if receipt else "",
        "contactPassthroughId": None,
        "contactPassthroughUrl": None,
    }


def split_cents(cents: int, parts: int) -> list[int]:
    """Split an amount so that the parts add up to it."""
    share = abs(cents) // (parts + 1) * (-1 if cents < 0 else 1)
    return [cents - share * (parts - 1), *[share] * (parts - 1)]


def _designations(world: World, random: Random, row: int, cents: int) -> list[Record]:
    parts = split_cents(cents, DESIGNATIONS_BY_ROW[row % len(DESIGNATIONS_BY_ROW)])
    first = world.layouts["GiftDesignation"].slot_id(row, 0)
    return [designation(world, random, first + slot, part) for slot, part in enumerate(parts)]


def designation(world: World, random: Random, number: int, cents: int) -> Record:
    """Return one designation of a gift, to some project."""
    project = pick_id(world, "Project", random)
    name = f"{random.choice(PROJECT_WORDS)} {project}"
    return {
        "id": number,
        "projectId": project,
        "project": name,
        "projectCode": f"P{project}",
        "externalAccountingCode": random.choice((None, "4100")),
        "projectType": "Unspecified",
        "projectLocation": random.choice((None, "Unspecified")),
        "projectUrl": f"/api/Project/{project}",
        "amountDesignated": cents / 100,
        "display": f"{name}: {dollars(cents)}",
    }


def _premiums(world: World, random: Random, number: int, stamps: Record) -> list[Record]:
    found: list[Record] = []
    for place in range(random.choice((0,) * 12 + (1, 2))):
        premium = pick_id(world, "Premium", random)
        row: Record = {"id": number * 3 + place, "premiumId": premium, "premium": f"Premium {premium}"}
        row |= {
            "premiumUrl": f"/api/Premium/{premium}",
            "quantity": random.randint(1, 4),
            "display": f"Mug ☕ {premium}",
        }
        found.append(row | nested_audit(random, stamps) if random.random() < 0.5 else row)
    return found


def _payments(world: World, random: Random, number: int, contact: int, cents: int, day: date) -> Record:
    pledged, recurring = random.random() < 0.06, random.random() < 0.12
    payment = {"id": number * 2 + 1, "expectedPaymentDate": midnight_text(day), "expectedAmount": cents / 100}
    gift = {"id": number, "contactId": contact, "giftDate": midnight_text(day), "amount": cents / 100}
    return {
        "pledgePayments": [payment | {"giftId": number, "actualAmount": cents / 100}] if pledged else [],
        "recurringGiftPayments": [
            {"id": number * 2, "gift": gift, "expectedAmount": 25.0, "expectedPaymentDate": midnight_text(day)}
            | {"dismissPaymentDate": None, "fulfillPaymentDate": midnight_text(day)}
        ]
        if recurring
        else [],
    }


def _passthroughs(world: World, random: Random) -> list[Record]:
    return [{"contactId": pick_id(world, "Contact", random)} for _ in range(random.choice((0,) * 10 + (1, 2)))]


def _cents(record: Record) -> int:
    amount = record["amount"]
    return round(amount * 100) if isinstance(amount, (int, float)) else 0


def _short_day(text: object) -> str | None:
    try:
        return us_date(date.fromisoformat(str(text)[:10]))
    except ValueError:
        return None


def abbreviated_gift(gift: Record) -> Record:
    """Return a gift as Gift/Query serves it: formatted text, and no modified time."""
    keys = ("currencyCode", "baseCurrencyCode")
    return {
        "id": gift["id"],
        "contactId": gift["contactId"],
        "contactIndividualId": gift["contactIndividualId"],
        "giftType": gift["giftType"],
        "giftDate": _short_day(gift["giftDate"]),
        "amount": dollars(_cents(gift)),
        "segment": gift["segment"],
        "batch": gift["batch"],
        "giftUrl": gift["giftUrl"],
        "culture": None,
        "exchangeRate": gift["exchangeRate"],
    } | {key: gift[key] for key in keys}


def designation_rows(world: World, gift: Record) -> list[Record]:
    """Return a gift's designations as GiftDesignation/Query serves them; times are their gift's."""
    return [_designation_row(world, gift, entry) for entry in gift["giftDesignations"]]


def _designation_row(world: World, gift: Record, entry: Record) -> Record:
    random = rng(world, "GiftDesignation", int(entry["id"]))
    parent = dict.fromkeys(
        f"parentProject{end}"
        for end in ("Id", "", "Code", "ExternalAccountingCode", "Type", "Location", "CustomFields", "Url")
    )
    return (
        {
            "id": entry["id"],
            "createDate": _short_day(gift["createDateTimeUtc"]),
            "amountDesignated": entry["amountDesignated"],
        }
        | {"giftId": gift["id"], "giftDate": _short_day(gift["giftDate"]), "giftType": gift["giftType"]}
        | {"giftIsPrivate": gift["isPrivate"], "giftCustomFields": custom_object(random, "Gift")}
        | {"giftUrl": gift["giftUrl"], "contactId": gift["contactId"], "contactName": gift["contactName"]}
        | {"contactType": "Household", "contactUrl": gift["contactUrl"], "projectId": entry["projectId"]}
        | {"project": entry["project"], "projectCode": entry["projectCode"]}
        | {"projectExternalAccountingCode": entry["externalAccountingCode"], "projectType": entry["projectType"]}
        | {"projectLocation": entry["projectLocation"], "projectCustomFields": custom_object(random, "Project")}
        | {"projectUrl": entry["projectUrl"]}
        | parent
        | {"batch": gift["batch"], "segmentName": gift["segment"], "segmentCode": gift["segmentCode"]}
        | {"_modified": gift["modifiedDateTimeUtc"], "_created": gift["createDateTimeUtc"], "_gift": gift}
    )
