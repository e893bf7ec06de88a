"""People as the vendor keeps them, with all their sections, and as the rows of an export.

LIKELY: the properties. GUESS: most columns of the export, from which parts of a person they come, and how custom fields are spelled there.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.arithmetic import Layout, Record, mix, salt
from sandbox.collection import Collection
from sandbox.everyaction.rows import PERSON, base_stamp, collection_of
from sandbox.everyaction.sketches import MAILING_ONLY, Sketch, kind_of, place_of, sketch
from sandbox.everyaction.times import NO_DATE, day_text, minute_text, naive_text, read_instant
from sandbox.everyaction.world import CUSTOM_FIELDS, DAY, OLDEST, CustomFieldInfo, World, rng

# What a CSV has to quote, and what a careless reader takes for the end of a line.
TEXTS = (
    None, "", 'said "hello", twice', "first line\nsecond line", "carriage\r\nreturn", "\N{PARTY POPPER} emoji", "  spaces around  ",
    "a;b\tc", "line\u2028separator", "\x85next line", ",", '"', "=1+1", "0", "007", "null", "plain",
)  # fmt: skip
_SUPPRESSIONS = (("NC", "Do not call"), ("NE", "Do not email"), ("NM", "Do not mail"), ("NW", "Do not walk"))
_OPT_IN = ("Opt-In", "Unknown", "Opt-Out")
_SUBSCRIBED: dict[str | None, bool | None] = {"S": True, "N": None, "U": False, None: None}
_EMPTY_LISTS = (
    "caseworkCases", "caseworkIssues", "caseworkStories", "customProperties", "electionRecords", "organizationRoles", "recordedAddresses",
    "disclosureFieldValues", "scores", "surveyQuestionResponses", "selfReportedEthnicities", "selfReportedGenders",
    "selfReportedSexualOrientations", "selfReportedLanguagePreferences",
)  # fmt: skip
# Properties appear without notice.
_UNHEARD_OF = ("addresses", "emails", "phones", "identifiers", "codes", "customFields", "districts", "notes", "suppressions")
_NOTHING = (
    "sourceFileTitle", "sourceFileFirstName", "sourceFileMiddleName", "sourceFileLastName", "sourceFileSuffix", "selfReportedRace",
    "selfReportedEthnicity", "selfReportedLanguagePreference", "biographyImageUrl", "primaryCustomField", "pollingLocation",
    "earlyVoteLocation", "primaryContact",
)  # fmt: skip


def person_record(world: World, van_id: int, row: int, stamp: int) -> Record:
    """Return a person with every section; `row` says who it is, `stamp` when that was changed last."""
    who, bits = sketch(world, row), mix(world.seed, salt("Person details"), row)
    created = stamp - (bits >> 4) % (stamp - OLDEST + 1) // 3
    record = _names(who, bits, row) | _traits(who, bits, created) | {"vanId": van_id}
    record |= {
        "addresses": _addresses(who, van_id, row, bits),
        "emails": _emails(who, bits, row, created),
        "phones": _phones(who, van_id, bits, created),
        "identifiers": [{"type": "DWID", "externalId": f"{row:09d}"}] if row % 3 == 0 or row % 16 == 1 else [],
        "codes": _codes(world, row),
        "customFields": custom_values(world, "Contacts", van_id),
        "districts": _districts(who, bits, row),
        "notes": _notes(row, bits, created),
        "suppressions": [dict(zip(("suppressionCode", "suppressionName"), _SUPPRESSIONS[bits % 4], strict=True))]
        if row % 6 == 1 or row % 16 == 1
        else [],
    }
    if row % 8 == 1:
        for section in _UNHEARD_OF:
            record[section] = [each | {"betaSettings": {"version": row}} for each in record[section]]
    return record


def _names(who: Sketch, bits: int, row: int) -> Record:
    first, last = who.first or "", who.last or ""
    formal = None if who.organization or row % 4 == 3 else f"Dear {first} {last}".strip()
    return {
        "firstName": who.first, "middleName": who.middle, "lastName": who.last,
        "suffix": "Jr." if row % 11 == 3 else None, "title": ("Ms.", "Mx.", None, "Dr.")[bits % 4], "professionalSuffix": _rarely(row,
        "PhD"),
        "contactSource": ("Imported", "Online", None)[row % 3],
        "contactMode": "Organization" if who.organization else "Person",
        "organizationContactCommonName": who.common, "organizationContactOfficialName": who.official,
        "salutation": first or None, "formalSalutation": formal, "additionalSalutation": _rarely(row, "Dear friend"),
        "preferredPronoun": (None, "she/her", "they/them")[row % 3], "namePronunciation": _rarely(row + 3, "zo-EE"),
        "envelopeName": who.common or f"{first} {last}".strip() or None,
        "formalEnvelopeName": None if row % 4 else f"The Hon. {last}", "additionalEnvelopeName": _rarely(row + 5, 'c/o "The Desk"'),
        "nickname": _rarely(row + 1, "Nick"), "assistantName": _rarely(row + 2, "Pat, or Sam"),
        "pronouns": None if row % 3 == 0 else {"pronounId": row % 3, "pronounName": ("", "she/her", "they/them")[row % 3]},
    }  # fmt: skip


def _rarely(row: int, text: str) -> str | None:
    return text if row % 7 == 0 else None


def _traits(who: Sketch, bits: int, created: int) -> Record:
    born = None if who.organization or bits % 3 == 0 else day_text(-(bits >> 7) % (60 * 365) * DAY + 20 * 365 * DAY)
    preference = (bits >> 5) % 4
    return {
        "contactMethodPreferenceCode": ("E", "P", None, None)[preference], "contactMethodPreferenceId": (1, 2, None, None)[preference],
        "contactMethodPreferenceName": ("Email", "Phone", None, None)[preference],
        "website": None if bits % 5 else "https://example.org/?a=1&b=2", "party": (None, "D", "R", "U")[bits % 4],
        "employer": TEXTS[(bits >> 8) % len(TEXTS)], "occupation": TEXTS[(bits >> 13) % len(TEXTS)],
        "jobTitle": None if bits % 3 else "Baker",
        "sex": None if who.organization else ("F", "M", None)[bits % 3], "dateOfBirth": born,
        "partialDateOfBirth": {"month": 2, "day": 29, "year": None} if born is None and bits % 7 == 0 else None,
        "isDeceased": bits % 30 == 4, "dateCreated": minute_text(created),
        "dateAcquired": NO_DATE if bits % 3 == 1 else minute_text(created - DAY)[:-1] + (".27Z", ".453Z", "Z", ".1234567Z")[bits % 4],
        "finderNumber": None if bits % 6 else f"F{bits % 10_000:05d}",
        "biographyText": "Said <b>hello</b>.\r\n" if bits % 9 == 0 else None, "biographyHtml": None,
        "contributionSummary": {"totalContributions": None}, "membershipStatus": None,
        "selfReportedRaces": [{"reportedRaceId": 3, "reportedRaceName": "Other"}] if bits % 8 == 0 else [],
        **dict.fromkeys(_NOTHING), **{name: [] for name in _EMPTY_LISTS},
    }  # fmt: skip


# --- sections ------------------------------------------------------------------------------------------------------


def _addresses(who: Sketch, van_id: int, row: int, bits: int) -> list[Record]:
    """Return at most two addresses: that of the voter, and where mail goes, which is often the same."""
    number, kind = van_id * 2 % 2_000_000_000, kind_of(row)
    if who.street is None:
        return [_address(number, "Mailing", place_of(bits, kind, row), row)] if kind == MAILING_ONLY else []
    place = (who.street, who.city or "", who.state or "", who.zip or "")
    found = [_address(number, "Voting", place, row)]
    if row % 3 == 0:
        found.append(_address(number, "Mailing", place, row))  # one address in both roles
    elif row % 3 == 1 and row % 4 == 0:
        found.append(_address(None if row % 5 == 0 else number + 1, "Mailing", ("PO Box 7", "Reno", "NV", ""), row))
    return found


def _address(number: int | None, role: str, place: tuple[str, str, str, str], row: int) -> Record:
    street, city, state, code = place
    return {
        "addressId": number, "addressLine1": street, "addressLine2": _rarely(row, 'Bldg. "B", 2nd floor'),
        "addressLine3": _rarely(row + 1, "Rear"),
        "unitNo": f"Apt {row % 90}" if row % 4 == 1 else None, "city": city, "stateOrProvince": state, "zipOrPostalCode": code,
        "countryCode": "CA" if state == "ON" else "US", "type": role, "isPreferred": role == "Mailing", "isBest": role == "Voting",
        "preview": f"{street}\r\n{city}, {state} {code} ", "streetAddress": street, "displayMode": "Standardized" if row % 2 else None,
        "geoLocation": {"lat": 40.5 + row % 100 / 128, "lon": -74.25} if row % 3 else None,
    }  # fmt: skip


def _emails(who: Sketch, bits: int, row: int, created: int) -> list[Record]:
    if who.email is None:
        return []
    found = [_email(who.email, "P", ("S", "N", "U", None)[bits % 4], created, preferred=True)]
    if row % 5 == 0:
        found.append(_email(f"work.{row}@example.net", ("W", "O")[bits % 2], "N", created, preferred=False))
    return found


def _email(text: str, role: str, status: str | None, created: int, *, preferred: bool) -> Record:
    return {
        "email": text, "type": role, "dateCreated": minute_text(created), "isPreferred": preferred,
        "isSubscribed": _SUBSCRIBED[status], "subscriptionStatus": status,
    }  # fmt: skip


def _phones(who: Sketch, van_id: int, bits: int, created: int) -> list[Record]:
    if who.phone is None:
        return []
    return [
        {
            "phoneId": 700_000_000 + van_id % 100_000_000, "phoneNumber": who.phone, "dialingPrefix": "1", "countryCode": "US",
            "ext": f"{bits % 1000:03d}" if bits % 5 == 0 else None, "dateCreated": minute_text(created),
            "phoneType": ("Personal", "Work", "Other", "Home")[bits % 4],
            "deviceType": ("Cell", "Landline", "Unknown", "VoIP")[(bits >> 2) % 4], "isPreferred": True, "isBest": bits % 3 > 0,
            "isDisclosure": bits % 8 == 0, "smsOptInStatus": _OPT_IN[(bits >> 4) % 3], "phoneOptInStatus": _OPT_IN[(bits >> 6) % 3],
            "isCellPhoneExchange": bits % 2 == 0, "isCellStatus": {"statusId": 1, "statusName": "Verified"} if bits % 7 == 0 else None,
        }
    ]  # fmt: skip


def _codes(world: World, row: int) -> list[Record]:
    codes = world.layout("Code")
    if row % 3 == 0:
        return []
    return [{"codeId": codes.id_of((row + each) % codes.count), "name": f"Tag {row % 9}", "codeType": "Tag"} for each in range(row % 3)]


def _districts(who: Sketch, bits: int, row: int) -> list[Record]:
    if who.state is None:
        return []
    value = {"id": f"{bits % 53:03d}", "name": f"District {bits % 53}", "parentId": None}
    more = {"districtFieldId": 9, "name": "Turf", "parentFieldId": 1, "isCustomDistrict": True, "districtFieldValues": []}
    first = {"districtFieldId": 0, "name": "State House", "parentFieldId": None, "isCustomDistrict": False, "districtFieldValues": [value]}
    return [first, more] if row % 4 == 0 else [first]


def _notes(row: int, bits: int, created: int) -> list[Record]:
    return [
        {
            "noteId": 30_000_000 + row * 3 + each, "text": TEXTS[(bits >> each) % len(TEXTS)] or "A note", "isViewRestricted": False,
            "category": {"noteCategoryId": 5, "name": "Visit"} if each or row % 4 == 2 else None,
            "createdDate": minute_text(created + 3600 * each),
            "isPinned": each == 1, "contactHistory": {"contactTypeId": 2, "dateCanvassed": minute_text(created)} if row % 10 == 2 else None,
        }
        for each in range((row % 5 == 2 or row % 16 == 1) + (row % 10 == 2))
    ]  # fmt: skip


def custom_values(world: World, group_type: str, number: int) -> list[Record]:
    """Return what a person or a contribution has in the custom fields of its kind; often nothing."""
    found = []
    for each in CUSTOM_FIELDS:
        if each.group_type == group_type and each.exportable:
            value = _custom_value(each, mix(world.seed, number, each.id))
            if value is not None:
                found.append(
                    {
                        "customFieldId": each.id, "customFieldGroupId": each.group_id, "assignedValue": value,
                        "customField": _definition(each) if each.values else None,
                    }
                )  # fmt: skip
    return found


def _definition(each: CustomFieldInfo) -> Record:
    values = [{"id": number, "name": name, "parentValueId": None} for number, name in each.values]
    return {"customFieldId": each.id, "customFieldName": each.name, "customFieldTypeId": each.type_id, "availableValues": values}


def _custom_value(each: CustomFieldInfo, bits: int) -> str | None:
    if bits % 3 == 0:
        return None
    rest = bits >> 8
    if each.type_id == "S":
        return str(each.values[rest % len(each.values)][0])
    return {
        "B": ("True", "False")[rest % 2], "N": str(rest % 9), "M": f"{rest % 90_000 / 100:.2f}",
        "D": f"{2015 + rest % 11}-{rest % 12 + 1:02d}-{rest % 28 + 1:02d}T00:00:00",
    }.get(each.type_id) or TEXTS[rest % len(TEXTS)] or "something"  # fmt: skip


# --- as exported ---------------------------------------------------------------------------------------------------


def contact_cells(record: Record) -> Record:
    """Return the row of a person in an export of Contacts."""
    voting: Record = next((each for each in record["addresses"] or [] if each["type"] == "Voting"), {})
    phone: Record = next(iter(record["phones"] or []), {})
    emails = {each["type"]: each["email"] for each in reversed(record["emails"] or [])}
    born = record["dateOfBirth"]
    van_id = record["vanId"]
    return {
        "VanID": van_id, "FirstName": record["firstName"], "MiddleName": record["middleName"], "LastName": record["lastName"],
        "Suffix": record["suffix"], "ContactModeID": 2 if record["contactMode"] == "Organization" else 1,
        "CommonName": record["organizationContactCommonName"], "OfficialName": record["organizationContactOfficialName"],
        "Phone": phone.get("phoneNumber"), "PhoneOptInStatus": phone.get("phoneOptInStatus"),
        "Email": emails.get("P"), "WorkEmail": emails.get("W"), "Address": voting.get("preview"), "City": voting.get("city"),
        "State": voting.get("stateOrProvince"), "Zip": voting.get("zipOrPostalCode"), "Sex": record["sex"],
        "DateOfBirth": born[:19] if isinstance(born, str) else born, "IsDeceased": record["isDeceased"],
        "EmployerName": record["employer"], "AnnualIncome": None if van_id % 4 else f"{van_id % 90_000}.50", "HouseholdSize": van_id % 7,
        "PreferredLanguageID": None if van_id % 3 else 1 + van_id % 2,
        "DateCreated": _naive(record["dateCreated"]),
    }  # fmt: skip


def _naive(value: object) -> object:
    instant = read_instant(value)
    return value if instant is None else naive_text(int(instant))


def custom_cells(record: Record) -> dict[int, object]:
    """Return the cells of a record's custom fields by their ids."""
    return {each["customFieldId"]: each["assignedValue"] for each in record.get("_customFields", record.get("customFields")) or []}


# --- what hangs on a person but is in no section -------------------------------------------------------------------


def membership_of(world: World, van_id: int) -> Record | None:
    """Return a person's membership; few have one."""
    chance = rng(world, "Membership", van_id)
    if chance.random() > 0.3:
        return None
    started = OLDEST + chance.randrange(2000) * DAY
    return {
        "levelId": chance.randint(1, 4), "levelName": "Friend", "statusName": "Active",
        "dateExpireMembership": minute_text(started + 4000 * DAY),
        "enrollmentTypeName": "New", "changeTypeName": "None", "duesPaid": {"currencyType": "USD", "amount": 25.5},
        "duesEntityTypeName": "Individual", "duesAttributionTypeName": "Default", "dateCardsSent": minute_text(started + DAY),
        "numberOfCards": 1,
        "dateStartMembership": minute_text(started), "firstMembershipSourceCode": None, "numberTimesRenewed": 0,
        "numberConsecutiveYears": 1,
        "dateLastRenewed": None, "totalDuesPaid": {"currencyType": "USD", "amount": 25.5},
    }  # fmt: skip


def _make(world: World, layout: Layout, index: int) -> Record:
    return person_record(world, layout.id_of(index), index, base_stamp(world, PERSON, index))


def collections(world: World) -> Iterator[tuple[str, Collection]]:
    """Yield the people."""
    yield PERSON, collection_of(world, PERSON, "vanId", _make)
