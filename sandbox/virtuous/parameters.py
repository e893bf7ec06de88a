"""Which parameters each entity's queries offer, of which type, and where in a record their value is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.arithmetic import Record
from sandbox.virtuous.custom import CUSTOM_FIELD_PATHS, definitions

Getter = Callable[[Record], object]

KNOWN = ("IsKnown", "IsNotKnown")
_NUMBER = ("Is", "LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual", "Between")
_TEXT = ("Is", "IsNot", "Contains", "StartsWith", "EndsWith", "In", "NotIn", "IsAnyOf", "IsNoneOf", "Matches")
OPERATORS_BY_TYPE: dict[str, tuple[str, ...]] = {
    "Int": (*_NUMBER, *KNOWN, "IsNot", "In", "NotIn", "IsAnyOf", "IsNoneOf"),
    "Decimal": (*_NUMBER, *KNOWN),
    "Date": (*_NUMBER, *KNOWN, "Before", "OnOrBefore", "After", "OnOrAfter"),
    "String": (*_TEXT, *KNOWN, "IsSet", "IsNotSet"),
    "List": ("Is", "IsNot", *KNOWN, "In", "NotIn", "IsAnyOf", "IsNoneOf"),
    "Boolean": ("IsTrue", "IsFalse"),
    "Object": ("IsSet", "IsNotSet", *KNOWN),
}
OPERATORS = tuple(dict.fromkeys(name for names in OPERATORS_BY_TYPE.values() for name in names))
MANY_VALUES = frozenset({"In", "NotIn", "IsAnyOf", "IsNoneOf"})
NO_VALUE = frozenset({"IsKnown", "IsNotKnown", "IsSet", "IsNotSet", "IsTrue", "IsFalse"})
RELATIVE_DATES = (
    "Today", "Yesterday", "Tomorrow", "Last Sunday", "One week from now", "Start Of This Month", "This Calendar Year",
    "30 Days Ago", "60 Days Ago", "90 Days Ago", "180 Days Ago", "270 Days Ago", "One Year Ago", "Two Years Ago",
)  # fmt: skip

ID_PARAMETERS = {
    "Contact": "Contact Id", "Gift": "Gift Id", "RecurringGift": "Recurring Gift Id", "Pledge": "Pledge Id",
    "PlannedGift": "Planned Gift Id", "GiftAsk": "Gift Ask Id", "Grant": "Grant Id", "Project": "Project Id",
    "Event": "Event Id", "EventAttendee": "Event Attendee Id", "Task": "Task Id", "Premium": "Premium Id",
    "ContactNote": "Contact Note Id", "ContactIndividual": "Individual Id", "Campaign": "Campaign Id",
    "Communication": "Communication Id", "Volunteer": "Volunteer Id",
    "VolunteerOpportunity": "Volunteer Opportunity Id",
    "GiftDesignation": "Gift Designation Id",
}  # fmt: skip
UNDATED = frozenset({"Campaign", "Communication", "Premium", "Volunteer", "VolunteerOpportunity", "EventAttendee"})
OWNED = frozenset(
    {"Gift", "RecurringGift", "Pledge", "PlannedGift", "GiftAsk", "ContactNote", "Task", "EventAttendee", "Volunteer"}
)
MODIFIED_DAY, MODIFIED_INSTANT = "Last Modified Date", "Last Modified DateTime UTC"


@dataclass(frozen=True)
class Parameter:
    """One thing that can be filtered and sorted by.

    `clock` says how a Date compares: "plain" calendar days, "day" in the organization's time zone, or "instant".
    """

    name: str
    type: str
    get: Getter
    clock: str = "plain"


def _key(key: str) -> Getter:
    return lambda record: record.get(key)


def _nothing(_: Record) -> object:
    return None


def _of_gift(getter: Getter) -> Getter:
    return lambda record: getter(record["_gift"])


def _of_designations(key: str) -> Getter:
    return lambda gift: [entry[key] for entry in gift["giftDesignations"]]


def _of_individuals(key: str) -> Getter:
    return lambda contact: [person[key] for person in contact["contactIndividuals"]]


def _of_methods(word: str) -> Getter:
    def found(contact: Record) -> object:
        people = contact["contactIndividuals"]
        return [method["value"] for person in people for method in person["contactMethods"] if word in method["type"]]

    return found


def _of_address(key: str) -> Getter:
    return lambda contact: [address[key] for address in contact["_addresses"]]


def _of_custom(name: str) -> Getter:
    def found(record: Record) -> object:
        fields = record.get("customFields") or []
        return [field["value"] for field in fields if field["name"] == name] if isinstance(fields, list) else None

    return found


def _contact_parameters() -> list[Parameter]:
    strings: dict[str, Getter] = {"Contact Name": _key("name"), "Tag": _key("tags"), "Note": _key("description")}
    strings |= {"First Name": _of_individuals("firstName"), "Last Name": _of_individuals("lastName")}
    strings |= {"Email Address": _of_methods("Email"), "Phone Number": _of_methods("Phone")}
    strings |= {word: _of_methods(word) for word in ("Fax", "Facebook", "Twitter", "LinkedIn", "Skype", "Web", "Other")}
    strings |= {"Address Line 1": _of_address("address1"), "Address Line 2": _of_address("address2")}
    strings |= {name: _of_address(name.lower()) for name in ("City", "State", "Postal", "Country")}
    unknown = (
        "Legacy Contact Id",
        "Financial Score",
        "Social Score",
        "Note Type",
        "First Gift Amount",
        "Largest Gift Amount",
    )
    strings |= dict.fromkeys(unknown, _nothing)
    decimals = {"Last Gift Amount": "lastGiftAmount", "Life to Date Giving": "lifeToDateGiving"}
    decimals["Year to Date Giving"] = "yearToDateGiving"
    return [
        Parameter("Contact Type", "List", _key("contactType")),
        Parameter("Private", "Boolean", _key("isPrivate")),
        Parameter("Address", "Object", _key("address")),
        Parameter("Last Gift Date", "Date", _key("lastGiftDate")),
        *[Parameter(name, "Decimal", _key(key)) for name, key in decimals.items()],
        *[Parameter(name, "String", getter) for name, getter in strings.items()],
    ]


_GIFT_STRINGS = {
    "Transaction Source": "transactionSource", "Transaction Id": "transactionId", "Currency Code": "currencyCode",
    "Batch": "batch", "Cash Accounting Code": "cashAccountingCode", "Notes": "notes", "Check Number": "checkNumber",
    "Credit Card Type": "creditCardType", "Segment": "segment", "Segment Code": "segmentCode",
    "Media Outlet": "mediaOutlet",
    "Contact Name": "contactName", "Tribute": "tribute", "Tribute Type": "tributeType",
}  # fmt: skip
_UNKNOWN_GIFT = (
    "Legacy Id",
    "State",
    "Form",
    "Form Name",
    "Campaign Name",
    "Communication Name",
    "Contact Tag",
    "Package Code",
)


def _gift_parameters() -> list[Parameter]:
    projects = {"Project Name": "project", "Project Code": "projectCode", "Project Type": "projectType"}
    return [
        Parameter("Gift Type", "List", _key("giftType")),
        Parameter("Gift Date", "Date", _key("giftDate")),
        Parameter("Receipt Date", "Date", _key("receiptDate")),
        Parameter("Thank You Date", "Date", _key("acknowledgementDate")),
        Parameter("Amount", "Decimal", _key("amount")),
        Parameter("Private", "Boolean", _key("isPrivate")),
        Parameter("Gift Tax-Deductible", "Boolean", _key("isTaxDeductible")),
        Parameter("Has Gift Splits", "Boolean", lambda gift: len(gift["giftDesignations"]) > 1),
        Parameter("Project Id", "Int", _of_designations("projectId")),
        Parameter("Segment Id", "Int", _key("segmentId")),
        Parameter("Tribute Id", "Int", _key("tributeId")),
        *[Parameter(name, "String", _of_designations(key)) for name, key in projects.items()],
        *[Parameter(name, "String", _key(key)) for name, key in _GIFT_STRINGS.items()],
        *[Parameter(name, "String", _nothing) for name in _UNKNOWN_GIFT],
    ]


def _designation_parameters() -> list[Parameter]:
    own = [
        Parameter("Gift Id", "Int", _key("giftId")),
        Parameter("Contact Id", "Int", _key("contactId")),
        Parameter("Converted Amount Designated", "Decimal", _key("amountDesignated")),
        Parameter("Gift Designation Create DateTime UTC", "Date", _key("_created"), "instant"),
        Parameter("Project Id", "Int", _key("projectId")),
        Parameter("Project Name", "String", _key("project")),
        Parameter("Project Code", "String", _key("projectCode")),
    ]
    taken = {parameter.name for parameter in own}
    inherited = [each for each in _gift_parameters() if each.name not in taken]
    return own + [Parameter(each.name, each.type, _of_gift(each.get), each.clock) for each in inherited]


_KEYED: dict[str, dict[str, tuple[str, str]]] = {
    "RecurringGift": {
        "Transaction Source": ("String", "transactionSource"), "Transaction Id": ("String", "transactionId"),
        "Recurring Gift Date": ("Date", "recurringGiftDate"), "Start Date": ("Date", "startDate"),
        "Amount": ("Decimal", "amount"), "Frequency": ("List", "frequency"), "Segment Name": ("String", "segment"),
    },
    "PlannedGift": {
        "Anticipated Start Date": ("Date", "anticipatedStartDate"), "Anticipated Amount": ("Decimal",
        "anticipatedAmount"),
        "Frequency": ("List", "frequency"), "Planned Gift Date": ("Date", "plannedGiftDate"),
    },
    "Pledge": {"Amount": ("Decimal", "amountPledged"), "Pledge Date": ("Date", "pledgeDate"), "Status": ("List",
    "status")},
    "Project": {
        "Project Name": ("String", "name"), "Project Code": ("String", "projectCode"), "Active": ("Boolean",
        "isActive"),
    },
    "Campaign": {"Name": ("String", "name"), "Archived": ("Boolean", "isArchived")},
    "Communication": {"Name": ("String", "name"), "Channel Type": ("List", "channelType")},
    "Event": {"Event Name": ("String", "name"), "Start Date": ("Date", "startDateTime")},
    "EventAttendee": {"Event Id": ("Int", "eventId")},
    "ContactNote": {"Note Type": ("List", "type"), "Note Date": ("Date", "noteDate"), "Important": ("Boolean",
    "important")},
    "ContactIndividual": {"First Name": ("String", "firstName"), "Last Name": ("String", "lastName")},
}  # fmt: skip


def _specific(entity: str) -> list[Parameter]:
    special = {"Contact": _contact_parameters, "Gift": _gift_parameters, "GiftDesignation": _designation_parameters}
    if entity in special:
        return special[entity]()
    return [Parameter(name, kind, _key(key)) for name, (kind, key) in _KEYED.get(entity, {}).items()]


def _dated(entity: str) -> list[Parameter]:
    if entity in UNDATED:
        return []
    modified = _key("_modified" if entity == "GiftDesignation" else "modifiedDateTimeUtc")
    created = _key("_created" if entity == "GiftDesignation" else "createDateTimeUtc")
    found = [Parameter(MODIFIED_DAY, "Date", modified, "day"), Parameter("Create Date", "Date", created, "day")]
    found.append(Parameter("Create DateTime UTC", "Date", created, "instant"))
    if entity in {"Gift", "GiftDesignation"}:
        found.append(Parameter(MODIFIED_INSTANT, "Date", modified, "instant"))
    return found


def parameters(entity: str, id_key: str) -> dict[str, Parameter]:
    """Return an entity's parameters by their lower-case display name."""
    found = [Parameter(ID_PARAMETERS[entity], "Int", _key(id_key))]
    if entity in OWNED or entity == "ContactIndividual":
        found.append(Parameter("Contact Id", "Int", _key("contactId")))
    found += _dated(entity) + _specific(entity)
    # Custom fields are parameters under their own name.
    taken = {parameter.name for parameter in found}
    if entity in CUSTOM_FIELD_PATHS and entity != "Project":
        names = [definition[0] for definition in definitions(entity) if definition[0] not in taken]
        found += [Parameter(name, "String", _of_custom(name)) for name in names]
    return {parameter.name.lower(): parameter for parameter in found}


def operator_option(operator: str) -> Record:
    """Return one operator as QueryOptions shows it."""
    return {
        "operator": operator,
        "multipleValuesAllowed": operator in MANY_VALUES,
        "valueRequired": operator not in NO_VALUE,
    }


def query_options(offered: list[Parameter]) -> Record:
    """Return the reply of GET <entity>/QueryOptions."""
    options = [
        {
            "parameter": parameter.name,
            "type": parameter.type,
            "operatorOptions": [operator_option(name) for name in OPERATORS_BY_TYPE[parameter.type]],
            "valueOptions": list(RELATIVE_DATES) if parameter.type == "Date" else [],
        }
        for parameter in offered
    ]
    return {"options": options, "operatorOptions": [operator_option(name) for name in OPERATORS]}
