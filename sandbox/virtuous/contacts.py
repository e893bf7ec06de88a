"""Contacts with all that is nested in them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sandbox.arithmetic import Record, mix
from sandbox.virtuous.custom import custom_array, custom_collections
from sandbox.virtuous.formats import us_date, utc_text, whole_dollars
from sandbox.virtuous.words import (
    CITIES,
    FIRST_NAMES,
    GROUP_NAMES,
    LAST_NAMES,
    METHOD_TYPES,
    ODD_TEXTS,
    PHONES,
    PREFIXES,
    STREETS,
    TAG_NAMES,
    USERS,
)
from sandbox.virtuous.world import (
    ARCHIVED_ROWS,
    HIDDEN_PERIOD,
    INDIVIDUALS_BY_ROW,
    MERGED_ROWS,
    World,
    created_at,
    modified_at,
    pick_id,
    rng,
)

GROUP_PERIOD = 11


def hidden_row(row: int) -> bool:
    """Say whether a base contact is archived; the loser of a merge is, too."""
    return row % HIDDEN_PERIOD in ARCHIVED_ROWS or row % HIDDEN_PERIOD in MERGED_ROWS


def hidden_rows_below(row: int) -> int:
    """Return how many base contacts before this row are archived."""
    hidden = ARCHIVED_ROWS | MERGED_ROWS
    return row // HIDDEN_PERIOD * len(hidden) + sum(residue < row % HIDDEN_PERIOD for residue in hidden)


def audit(world: World, entity: str, row: int) -> Record:
    """Return the four audit keys of a base record."""
    modified, zulu = modified_at(world, entity, row)
    bits = mix(world.seed, row, 5)
    stamps = {
        "createDateTimeUtc": utc_text(created_at(world, entity, row), zulu=zulu),
        "createdByUser": USERS[bits % 4],
        "modifiedDateTimeUtc": utc_text(modified, zulu=zulu),
        "modifiedByUser": USERS[bits // 4 % 4],
    }
    # Older rows lack the names of users.
    return stamps if bits // 16 % 4 else {key: text for key, text in stamps.items() if not key.endswith("User")}


def nested_audit(random: Random, parent: Record) -> Record:
    """Return a nested record's audit keys: near its parent's, with another number of fraction digits."""
    created, modified = str(parent["createDateTimeUtc"]), str(parent["modifiedDateTimeUtc"])
    fraction = random.choice(("", ".3", ".34", ".323", ".3233", ".32333", ".323333", ".3233333"))
    zulu = random.choice(("", "", "", "", "Z"))
    return {
        "createDateTimeUtc": created[:19] + fraction,
        "createdByUser": parent.get("createdByUser"),
        "modifiedDateTimeUtc": modified[:19] + random.choice(("", ".5", fraction)) + zulu,
        "modifiedByUser": parent.get("modifiedByUser"),
    }


def random_day(random: Random, first: int = 1998, last: int = 2025) -> date:
    """Return a day between two years; leap days are more frequent than chance would have it."""
    if random.random() < 0.03:
        return date(
            random.choice([year for year in (2000, 2012, 2020, 2024) if first <= year <= last] or [2024]), 2, 29
        )
    return date(first, 1, 1) + timedelta(days=random.randrange(365 * (last - first + 1)))


def contact_record(world: World, row: int) -> Record:
    """Return the contact of a row number, as FullContact serves it, plus private keys that begin with `_`."""
    random, number = rng(world, "Contact", row), world.layouts["Contact"].id_of(row)
    kind = contact_type(row)
    stamps = audit(world, "Contact", row)
    individuals = [
        _individual(world, random, stamps, row, slot)
        for slot in range(INDIVIDUALS_BY_ROW[row % len(INDIVIDUALS_BY_ROW)])
    ]
    name = _contact_name(random, kind, individuals)
    addresses = _addresses(random, stamps, number)
    record = (
        {"id": number, "contactType": kind, "isPrivate": random.random() < 0.05}
        | _names(random, name)
        | {"mergedIntoContactId": _survivor(world, row) if row % HIDDEN_PERIOD in MERGED_ROWS else None}
        | _embedded_addresses(random, addresses)
        | _giving(random)
        | {"contactIndividuals": individuals}
        | _urls(number)
        | {"contactReferences": _references(random, number), "originSegmentId": None, "originSegment": None}
        | stamps
        | {"tags": _tags(random), "organizationGroups": _groups(row)}
        | {"customFields": custom_array(random, "Contact"), "nameFieldsLocked": random.random() < 0.1}
        | {"customCollections": custom_collections(world, random, "Contact", number)}
        | {"_archived": hidden_row(row), "_addresses": addresses}
    )
    if random.random() < 0.3:
        segment = pick_id(world, "Segment", random)
        record |= {"originSegmentId": segment, "originSegment": f"Segment {segment}"}
    return record


def contact_type(row: int) -> str:
    """Return the kind of a contact: those with four individuals are no households."""
    if row % len(INDIVIDUALS_BY_ROW) == 6:
        return "Organization" if row % 20 < 10 else "Foundation"
    return "Household"


def _survivor(world: World, row: int) -> int:
    other = row + 1 if row + 1 < world.contacts else max(row - 1, 0)
    return world.layouts["Contact"].id_of(other)


def _individual(world: World, random: Random, stamps: Record, row: int, slot: int) -> Record:
    number = world.layouts["ContactIndividual"].slot_id(row, slot)
    birth = random_day(random, 1998, 2012) if random.random() < 0.4 else None
    deceased = random_day(random, 2013) if random.random() < 0.05 else None
    return (
        {"id": number, "contactId": world.layouts["Contact"].id_of(row), "prefix": random.choice(PREFIXES)}
        | {"prefix2": None, "firstName": random.choice(FIRST_NAMES), "middleName": random.choice((None, "", "Q."))}
        | {"lastName": random.choice(LAST_NAMES), "preMarriageName": None, "suffix": random.choice((None, None, "Jr."))}
        | {"nickname": random.choice((None, "", "Bo")), "gender": random.choice((None, "Female", "Male", "Other"))}
        | {"isPrimary": slot == 0, "canBePrimary": slot > 0, "isSecondary": slot == 1, "canBeSecondary": slot > 1}
        | {"birthMonth": birth.month if birth else None, "birthDay": birth.day if birth else None}
        | {"birthYear": birth.year if birth else None, "birthDate": us_date(birth) if birth else ""}
        | {"approximateAge": None if birth else random.choice((None, 30, 65)), "isDeceased": deceased is not None}
        | {"deceasedDate": us_date(deceased) if deceased else "", "passion": random.choice((None, "Clean water 💧"))}
        | {"avatarUrl": None, "contactMethods": _methods(random, stamps, number)}
        | nested_audit(random, stamps)
        | {"customFields": custom_array(random, "ContactIndividual", share=0.1)}
        | {"customCollections": custom_collections(world, random, "ContactIndividual", number)}
    )


def _methods(random: Random, stamps: Record, individual: int) -> list[Record]:
    found: list[Record] = []
    for place in range(random.choice((0, 1, 1, 2, 2, 3, 5))):
        kind = random.choice(METHOD_TYPES)
        value = random.choice(PHONES)
        if "Email" in kind:
            value = f"person{individual}.{place}@example.org"
        elif kind in {"Web", "Facebook", "LinkedIn"}:
            value = f"https://example.org/{individual}?x=1&y=2"
        found.append(
            {"id": individual * 10 + place, "type": kind, "value": value, "isOptedIn": random.random() < 0.8}
            | {"isPrimary": place == 0, "canBePrimary": place > 0}
            | nested_audit(random, stamps)
        )
    return found


def _contact_name(random: Random, kind: str, individuals: list[Record]) -> str:
    first = f"{individuals[0]['firstName']} {individuals[0]['lastName']}"
    if kind != "Household":
        return f"The {individuals[0]['lastName']} {random.choice(('Company', 'Fund', 'Trust'))}"
    return first if len(individuals) == 1 else f"{individuals[1]['firstName']} and {first}"


def _names(random: Random, name: str) -> Record:
    anniversary = random.random() < 0.1
    return {
        "name": name,
        "informalName": random.choice((None, name.split(" ", maxsplit=1)[0])),
        "formalContactName": random.choice((None, f"The Honorable {name}")),
        "alternateContactName": None,
        "preferredSalutationName": random.choice((None, "", "Friends")),
        "preferredAddresseeName": None,
        "description": random.choice(ODD_TEXTS),
        "website": random.choice((None, "", "https://example.org")),
        "maritalStatus": random.choice((None, None, "Married", "Single")),
        "anniversaryMonth": 2 if anniversary else None,
        "anniversaryDay": 29 if anniversary else None,
        "anniversaryYear": 2004 if anniversary else None,
        "primaryAvatarUrl": None,
    }


def _addresses(random: Random, stamps: Record, number: int) -> list[Record]:
    found: list[Record] = []
    for place in range(random.choice((0, 1, 1, 1, 1, 1, 2, 3))):
        city, state, postal = random.choice(CITIES)
        known = random.random() < 0.8
        # Unknown state and country are "", while the other parts are null: the vendor does that.
        found.append(
            {"id": number * 5 + place, "label": random.choice(("Home", "Work", None, "Summer 🏖"))}
            | {"address1": random.choice(STREETS), "address2": random.choice((None, "", "Suite 9"))}
            | {"city": city if known else None, "state": state if known else "", "postal": postal if known else None}
            | {"country": "United States" if known else "", "isPrimary": place == 0, "canBePrimary": place > 0}
            | {"startMonth": 1, "startDay": 1, "endMonth": 12, "endDay": 31}
            | nested_audit(random, stamps)
        )
    return found


def _embedded_addresses(random: Random, addresses: list[Record]) -> Record:
    """Embed the primary address only; a few contacts come with a list instead, or with both."""
    primary = addresses[0] if addresses else None
    form = random.random()
    if not addresses or form > 0.1:
        return {"address": primary}
    return {"contactAddresses": addresses} if form < 0.05 else {"address": primary, "contactAddresses": addresses}


def _giving(random: Random) -> Record:
    never = random.random() < 0.2
    total = 0 if never else random.randrange(100, 90_000_000)
    last = random.randrange(100, total + 100) if total else 0
    return {
        "giftAskAmount": random.choice(("", "", "$1,200")),
        "giftAskType": random.choice((None, "Major")),
        "lifeToDateGiving": whole_dollars(total),
        "yearToDateGiving": whole_dollars(total // 7 if random.random() < 0.3 else 0),
        "lastGiftAmount": whole_dollars(last),
        "lastGiftDate": "Unavailable" if never else us_date(random_day(random, 2005)),
    }


def _urls(number: int) -> Record:
    return {
        "contactGiftsUrl": f"/api/Gift/ByContact/{number}",
        "contactPassthroughGiftsUrl": f"/api/Gift/Passthrough/ByContact/{number}",
        "contactPlannedGiftsUrl": f"/api/PlannedGift/ByContact/{number}",
        "contactRecurringGiftsUrl": f"/api/RecurringGift/ByContact/{number}",
        "contactImportantNotesUrl": f"/api/ContactNote/Important/ByContact/{number}",
        "contactNotesUrl": f"/api/ContactNote/ByContact/{number}",
        "contactTagsUrl": f"/api/ContactTag/ByContact/{number}",
        "contactRelationshipsUrl": f"/api/Relationship/ByContact/{number}",
    }


def _references(random: Random, number: int) -> list[Record]:
    count = random.choice((0, 0, 1, 2))
    return [{"source": ("WebForm", 'Legacy "CRM"')[place], "id": f"u-{number}-{place}"} for place in range(count)]


def _tags(random: Random) -> list[str]:
    return random.sample(TAG_NAMES, random.choice((0, 0, 1, 2, 3)))


def _groups(row: int) -> list[str]:
    return [GROUP_NAMES[row % GROUP_PERIOD]] if row % GROUP_PERIOD < len(GROUP_NAMES) else []
