"""The truth: for each warehouse table, the rows that a perfect sync of this organization would give.

Tables are data: a root table per entity with its wire keys, and the child tables with what is nested in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sandbox.arithmetic import Record
from sandbox.collection import is_hidden
from sandbox.truth import Field, TruthTable
from sandbox.virtuous import giving, others
from sandbox.virtuous.api import ORGANIZATION, group_contact_rows
from sandbox.virtuous.custom import CUSTOM_FIELD_PATHS, collection_definitions, definition_rows
from sandbox.virtuous.formats import snake
from sandbox.virtuous.kinds import cell, kind_of, words
from sandbox.virtuous.lookups import LOOKUPS

if TYPE_CHECKING:
    from sandbox.virtuous.organization import Organization

Nested = Callable[["Organization", Record], Iterable[Record]]

AUDIT = "createDateTimeUtc createdByUser modifiedDateTimeUtc modifiedByUser"
CUSTOM = "name value dataType displayName"
OPTIONAL = words(
    """recurring_gift_payments project_expenses project_notes project_roles volunteer_attendances
    organization_group_contacts relationships contact_addresses"""
)


@dataclass(frozen=True)
class Child:
    """A table of what is nested in a record; `guess` adds `additional_fields`, `optional` leaves it out by default."""

    table: str
    keys: str
    nested: Nested
    guess: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Root:
    """A table with one row per record of an entity. `texts` have a second column with the raw text."""

    table: str
    entity: str
    keys: str
    id_key: str = "id"
    texts: str = ""
    guess: bool = False
    children: tuple[Child, ...] = ()
    adapt: Callable[[Record], Record] = dict


def fields_of(keys: str, texts: str = "") -> list[Field]:
    """Return the columns for some wire keys; a nested single object flattens as parent_child."""
    found: list[Field] = []
    for key in keys.split():
        column, kind = "_".join(snake(part) for part in key.split(".")), kind_of(key.split(".")[-1])
        found.append(Field(column, key, kind))
        if key in texts.split():
            found.append(Field(column + "_text", key, "text"))
    return found


# --- what is nested where ------------------------------------------------------------------------------------------


def _list(key: str) -> Nested:
    return lambda _, record: record.get(key) or []


def _names(key: str, column: str) -> Nested:
    return lambda _, record: [{column: name} for name in record.get(key) or []]


def custom_rows(fields: object) -> list[Record]:
    """Return custom fields as rows, from their array form or from their object form."""
    if isinstance(fields, list):
        return fields
    if not isinstance(fields, dict):
        return []
    return [{"name": name, "value": value} for name, value in fields.items()]


def _custom(_: Organization, record: Record) -> list[Record]:
    return custom_rows(record.get("customFields"))


def _individuals(record: Record) -> Iterator[tuple[Record, Record]]:
    for person in record["contactIndividuals"]:
        yield person, {"contactIndividualId": person["id"]}


def _methods(_: Organization, record: Record) -> list[Record]:
    return [method | owner for person, owner in _individuals(record) for method in person["contactMethods"]]


def _individual_custom(_: Organization, record: Record) -> list[Record]:
    return [each | owner for person, owner in _individuals(record) for each in custom_rows(person["customFields"])]


def _collections(_: Organization, record: Record) -> list[Record]:
    own: list[Record] = [each | {"contactIndividualId": None} for each in record["customCollections"]]
    return own + [each | owner for person, owner in _individuals(record) for each in person["customCollections"]]


def _collection_fields(org: Organization, record: Record) -> list[Record]:
    return [
        each
        | {"contactIndividualId": entry["contactIndividualId"], "collectionInstanceId": entry["collectionInstanceId"]}
        for entry in _collections(org, record)
        for each in entry["fields"]
    ]


def _embedded_addresses(_: Organization, record: Record) -> list[Record]:
    """Return the address and the list of addresses, each address once."""
    embedded = [record.get("address"), *(record.get("contactAddresses") or [])]
    return list({address["id"]: address for address in reversed(embedded) if address}.values())[::-1]


def _all_addresses(_: Organization, record: Record) -> list[Record]:
    addresses: list[Record] = record["_addresses"]
    return addresses


def _project_parts(kind: str) -> Nested:
    return lambda org, record: others.project_parts(org.world, kind, record["id"])


_GIFT_FLAT = "gift.contactId gift.giftDate gift.amount"
_ADDRESS = f"""id label address1 address2 city state postal country isPrimary canBePrimary
    startMonth startDay endMonth endDay {AUDIT}"""
_PAYMENT_DATES = "expectedAmount expectedPaymentDate dismissPaymentDate fulfillPaymentDate"
_REMINDER_KEYS = """id message targetDate targetResolutionDateUtc contactId contactViewUrl
    contactDisplayName contactAvatarUrl
    reminderType reminderTypeDisplayName taskStatus taskStatusDisplayName completeUrl dismissUrl description
    hasContact isPastDue isUnresolved canComplete completeActionName canCompleteWithNote owner ownerAvatarUrl"""
_REMINDER = " ".join("reminder." + key for key in _REMINDER_KEYS.split())

CONTACTS = Root(
    "contacts",
    "Contact",
    f"""id contactType isPrivate name informalName formalContactName alternateContactName preferredSalutationName
    preferredAddresseeName description website maritalStatus anniversaryMonth anniversaryDay anniversaryYear
    mergedIntoContactId giftAskAmount giftAskType lifeToDateGiving yearToDateGiving lastGiftAmount lastGiftDate
    contactGiftsUrl contactPassthroughGiftsUrl contactPlannedGiftsUrl contactRecurringGiftsUrl
    contactImportantNotesUrl contactNotesUrl contactTagsUrl contactRelationshipsUrl primaryAvatarUrl
    originSegmentId originSegment {AUDIT} nameFieldsLocked isArchived""",
    texts="giftAskAmount lifeToDateGiving yearToDateGiving lastGiftAmount lastGiftDate",
    adapt=lambda record: record | {"isArchived": is_hidden(record)},
    children=(
        Child(
            "contact_individuals",
            f"""id prefix prefix2 firstName middleName lastName preMarriageName suffix nickname gender isPrimary
            canBePrimary isSecondary canBeSecondary birthMonth birthDay birthYear birthDate approximateAge
            isDeceased deceasedDate passion avatarUrl {AUDIT}""",
            _list("contactIndividuals"),
        ),
        Child(
            "contact_methods", f"contactIndividualId id type value isOptedIn isPrimary canBePrimary {AUDIT}", _methods
        ),
        Child("contact_addresses", _ADDRESS, _embedded_addresses),
        Child("contact_references", "source id", _list("contactReferences")),
        Child("contact_tags", "tagName", _names("tags", "tagName")),
        Child(
            "contact_organization_groups",
            "organizationGroupName",
            _names("organizationGroups", "organizationGroupName"),
        ),
        Child("contact_custom_fields", CUSTOM, _custom),
        Child("contact_individual_custom_fields", f"contactIndividualId {CUSTOM}", _individual_custom),
        Child(
            "contact_custom_collections",
            "contactIndividualId customCollectionId customCollectionName collectionInstanceId",
            _collections,
        ),
        Child(
            "contact_custom_collection_fields", f"contactIndividualId collectionInstanceId {CUSTOM}", _collection_fields
        ),
        Child(
            "relationships",
            """id contact contactIndividual relatedContactId relatedContact relatedContactIndividual
            relationshipType notes relatedContactViewUrl""",
            lambda org, record: org.relationships(record["id"]),
            optional=True,
        ),
    ),
)
GIFTS = Root(
    "gifts",
    "Gift",
    f"""id transactionSource transactionId contactId contactName contactUrl giftType giftTypeFormatted giftDate
    giftDateFormatted amount amountFormatted currencyCode exchangeRate baseCurrencyCode batch {AUDIT} segmentId
    segment segmentCode segmentUrl mediaOutletId mediaOutlet grantId grant grantUrl notes tribute tributeId
    tributeType acknowledgeeIndividualId isAcknowledgedGift acknowledgementDate acknowledgementNotes receiptDate
    receiptDateFormatted contactPassthroughId contactPassthroughUrl contactIndividualId cashAccountingCode
    giftAskId contactMembershipId giftUrl isPrivate isTaxDeductible checkNumber creditCardType cryptocoinType
    transactionHash coinSoldForCash coinAmount dateCoinWasSold coinSaleAmount tickerSymbol numberOfShares
    stockSoldForCash dateStockWasSold stockSaleAmount iraCustodian nonCashGiftTypeId nonCashGiftType description
    nonCashSoldForCash dateNonCashWasSold nonCashOriginalAmount nonCashSaleAmount reversedGiftId""",
    children=(
        Child(
            "gift_designations",
            """id projectId project projectCode externalAccountingCode projectType projectLocation projectUrl
            amountDesignated display""",
            _list("giftDesignations"),
        ),
        Child("gift_premiums", f"id premiumId premium premiumUrl quantity display {AUDIT}", _list("giftPremiums")),
        Child("gift_pledge_payments", "id expectedPaymentDate expectedAmount actualAmount", _list("pledgePayments")),
        Child("gift_recurring_gift_payments", f"id {_GIFT_FLAT} {_PAYMENT_DATES}", _list("recurringGiftPayments")),
        Child("gift_passthroughs", "contactId", _list("giftPassthroughs")),
        Child("gift_custom_fields", CUSTOM, _custom),
    ),
)
RECURRING_GIFTS = Root(
    "recurring_gifts",
    "RecurringGift",
    f"""id transactionSource transactionId contactId recurringGiftDate startDate amount frequency anticipatedEndDate
    cancelDateTimeUtc {AUDIT} segmentId segment segmentUrl automatedPayments trackPayments isPrivate status
    nextExpectedPaymentDate""",
    children=(
        Child(
            "recurring_gift_designations",
            "projectId project projectUrl amountDesignated projectCode",
            _list("designations"),
        ),
        Child("recurring_gift_custom_fields", CUSTOM, _custom),
        Child(
            "recurring_gift_payments",
            f"id gift.id {_GIFT_FLAT} {_PAYMENT_DATES}",
            lambda org, record: giving.recurring_payments(org.world, record),
            optional=True,
        ),
    ),
)
PROJECTS = Root(
    "projects",
    "Project",
    f"""id name projectCode externalAccountingCode onlineDisplayName description photoUrl parentId parentName
    isSubProject inventoryStatus type location isRestrictedToGiftSpecifications isLimitedToFinancialNeed
    isPublic isActive isAvailableOnline isTaxDeductible treatAsAccountsPayable beginningBalance currentBalance
    financialNeedType financialNeedFrequency financialNeedAmount startDate endDate durationType lifeToDateGiving
    lifeToDateGiftCount lifeToDateGiversCount lifeToDateExpenseTotal calendarYearToDateGiving
    calendarYearToDateGiftCount calendarYearToDateGiversCount calendarYearToDateExpenseTotal {AUDIT}""",
    children=(
        Child("project_gift_specifications", "amount frequency", _list("giftSpecifications")),
        Child("project_custom_fields", CUSTOM, _custom),
        Child(
            "project_expenses",
            f"id expenseAmount expenseDate accountingCode expenseDescription {AUDIT}",
            _project_parts("ProjectExpense"),
            guess=True,
            optional=True,
        ),
        Child(
            "project_notes",
            f"id note noteDate type isPrivate {AUDIT}",
            _project_parts("ProjectNote"),
            guess=True,
            optional=True,
        ),
        Child("project_roles", f"id contactId type {AUDIT}", _project_parts("ProjectRole"), guess=True, optional=True),
    ),
)
EVENTS = Root(
    "events",
    "Event",
    f"""id eventViewUrl name eventType locationName displayAddress geocodeAddress startDateTime endDateTime timeZone
    description specialInstructions inviteOnly rsvpRequired totalInvites totalRsvps totalAttended totalGifts
    totalGiving communicationId {AUDIT} eventContactsUrl tables meals eventInvitationsUrl""",
    texts="totalGiving",
    children=(
        Child(
            "event_contacts",
            "id eventContactUrl contactId contactUrl displayName firstName avatarUrl primaryPhone primaryEmail",
            _list("generosityEventContacts"),
        ),
        Child("event_custom_fields", CUSTOM, _custom),
    ),
)
VOLUNTEERS = Root(
    "volunteers",
    "Volunteer",
    """id volunteerUrl contactId contactIndividualId contactUrl displayName firstName avatarUrl primaryPhone
    primaryEmail totalHours timesVolunteered volunteerAttendanceUrl volunteerOpportunityId
    volunteerOpportunityUrl""",
    children=(
        Child(
            "volunteer_attendances",
            f"""id volunteerOpportunityId hours startDateTimeUtc startDateTime endDateTimeUtc endDateTime
            timeZone {AUDIT}""",
            lambda org, record: others.attendances(org.world, record),
            guess=True,
            optional=True,
        ),
    ),
)
ORGANIZATION_GROUPS = Root(
    "organization_groups",
    "OrganizationGroup",
    """id organizationGroupUrl organizationId organizationName name location description
    organizationGroupContactsUrl""",
    children=(
        Child(
            "organization_group_contacts",
            """organizationGroupUrl organizationId organizationName organizationGroupName organizationGroupLocation
            organizationGroupDescription contactId contactName contactUrl""",
            group_contact_rows,
            optional=True,
        ),
    ),
)


def _custom_child(table: str) -> tuple[Child, ...]:
    return (Child(table, CUSTOM, _custom),)


ROOTS: tuple[Root, ...] = (
    CONTACTS,
    GIFTS,
    RECURRING_GIFTS,
    Root(
        "pledges",
        "Pledge",
        f"""id contactId amountPledged frequency pledgeDate expectedFulfillmentDate {AUDIT} segmentId segment
        projectId project isPrivate status""",
        children=(
            Child("pledge_payments", "id expectedPaymentDate expectedAmount giftId actualAmount", _list("payments")),
            *_custom_child("pledge_custom_fields"),
        ),
    ),
    Root(
        "planned_gifts",
        "PlannedGift",
        f"""id plannedGiftUrl giftsAppliedUrl contactId contactUrl plannedGiftDate plannedGiftType frequency
        anticipatedAmount anticipatedStartDate numberOfOccurrences currentValue fulfilled projectId project
        projectUrl segmentId segment segmentUrl {AUDIT}""",
        texts="plannedGiftDate anticipatedAmount anticipatedStartDate currentValue",
        # The vendor's own spelling.
        adapt=lambda record: {"plannedGiftType": record.get("pkannedGiftType")} | record,
        children=_custom_child("planned_gift_custom_fields"),
    ),
    Root(
        "gift_asks",
        "GiftAsk",
        f"""id contactId askAmount askDate expectedFulfillmentDate notes askType frequency declined projectId
        segmentId assignedUserId secondaryAssignedUserId status {AUDIT}""",
        guess=True,
        children=_custom_child("gift_ask_custom_fields"),
    ),
    Root(
        "grants",
        "Grant",
        f"""id grantUrl giftsAppliedUrl ownerId title grantingOrganizationId grantingOrganizationUrl description
        referenceId receivingOrganizationId receivingOrganizationUrl projectUrl projectId project dueDateUtc
        totalAnticipatedAmount status submissionDateUtc anticipatedAwardDateUtc pointOfContactName
        pointOfContactEmail pointOfContactPhone website awardedGrant awardedAmount awardedDateUtc awardTerms
        grantType {AUDIT}""",
        children=_custom_child("grant_custom_fields"),
    ),
    PROJECTS,
    Root(
        "contact_notes",
        "ContactNote",
        f"id contactId {AUDIT} noteDate type note important isPrivate createdByAvatarUrl {_REMINDER}",
        children=_custom_child("contact_note_custom_fields"),
    ),
    Root("tasks", "Task", f"id taskType task description dueDateTime ownerEmail contactId {AUDIT}", guess=True),
    EVENTS,
    Root(
        "event_attendees",
        "EventAttendee",
        f"""id eventId contactId contactIndividualId invited rsvp rsvpResponse attended schedule table meal {AUDIT}""",
        guess=True,
        children=_custom_child("event_attendee_custom_fields"),
    ),
    Root(
        "premiums",
        "Premium",
        f"id name code price fairMarketValue cost description inventoryCount isActive {AUDIT}",
        guess=True,
        children=_custom_child("premium_custom_fields"),
    ),
    VOLUNTEERS,
    Root(
        "volunteer_opportunities",
        "VolunteerOpportunity",
        """id volunteerOpportunityUrl name locationName displayAddress startDateTime endDateTime preferredDateTime
        timeZone description isActive isLocalOnly preferredNumberOfHours projectId totalVolunteers
        totalVolunteerHours currentNeed currentPriority currentPriorityName currentNeedFilledPercentage
        hoursFilledPercentage volunteerOrganizers""",
        children=_custom_child("volunteer_opportunity_custom_fields"),
    ),
    Root(
        "campaigns",
        "Campaign",
        "campaignId name startDateTimeUtc endDateTimeUtc givingGoal newGiverGoal totalGiftGoal isArchived",
        id_key="campaignId",
        guess=True,
    ),
    Root(
        "communications",
        "Communication",
        """communicationId name campaignId channelType communicationType communicationStep startDateTime ownerId
        givingGoal newGiverGoal internalCostEstimate vendorCostEstimate networkReach""",
        id_key="communicationId",
        guess=True,
    ),
    Root(
        "segments",
        "Segment",
        "id name description code communicationId communicationName campaignId campaignName segmentOrganizerId",
    ),
    Root("tags", "Tag", "id tagName tagGroupName contactsByTagUrl contactCount"),
    ORGANIZATION_GROUPS,
    Root("email_lists", "EmailList", "emailListId name total totalUnsubscribes", id_key="emailListId", guess=True),
)
_TEXTS_OF_CHILDREN = {"contact_individuals": "birthDate deceasedDate"}


# --- putting it together -------------------------------------------------------------------------------------------


def truth_tables(org: Organization, *, include_archived: bool, optional: frozenset[str]) -> dict[str, TruthTable]:
    """Return the truth by table. An optional table is in it when named.

    `contact_addresses` is always there; named as optional, it has all addresses and not only the embedded ones.
    """
    tables: list[TruthTable] = []
    for root in ROOTS:
        tables.append(_root_table(org, root, include_archived))
        children = [child for child in root.children if not child.optional or child.table in optional]
        counts = _counter(org, root, children, include_archived, optional)
        tables += [_child_table(org, root, child, include_archived, optional) for child in children]
        for table in tables[len(tables) - len(children) :]:
            table.total = partial(counts, table.name)
    tables += [_organizations(), _field_definitions(), _collection_definitions(), _lookup_values()]
    return {table.name: table for table in tables}


def _guessed(keys: str, guess: bool) -> str:
    return f"{keys} additionalFields" if guess else keys


def _root_table(org: Organization, root: Root, archived: bool) -> TruthTable:
    def raw() -> Iterator[Record]:
        return map(root.adapt, org.records_again(root.entity, archived=archived))

    return TruthTable(
        root.table,
        [snake(root.id_key)],
        fields_of(_guessed(root.keys, root.guess), root.texts),
        raw,
        lambda: org.collections[root.entity].count(archived=archived),
        frozenset({*root.keys.split(), "customFields"}),
        cell=cell,
    )


def _nested_of(child: Child, optional: frozenset[str]) -> Nested:
    return _all_addresses if child.table == "contact_addresses" and child.table in optional else child.nested


def _counter(
    org: Organization, root: Root, children: list[Child], archived: bool, optional: frozenset[str]
) -> Callable[[str], int]:
    """Return what counts a root's child tables: all in one pass, and again only when the data has changed."""
    found: dict[str, int] = {}
    version = -1

    def count(table: str) -> int:
        nonlocal version
        if version != org.version:
            version = org.version
            found.update(dict.fromkeys((child.table for child in children), 0))
            for record in org.records_again(root.entity, archived=archived):
                for child in children:
                    found[child.table] += sum(1 for _ in _nested_of(child, optional)(org, record))
        return found[table]

    return count


def _child_table(org: Organization, root: Root, child: Child, archived: bool, optional: frozenset[str]) -> TruthTable:
    root_key = root.entity[0].lower() + root.entity[1:] + "Id"
    nested = _nested_of(child, optional)

    def raw() -> Iterator[Record]:
        for record in org.records_again(root.entity, archived=archived):
            for position, row in enumerate(nested(org, record)):
                yield row | {"_root": record[root.id_key], "position": position}

    fields = [Field(snake(root_key), "_root", "text"), Field("position", "position", "integer")]
    fields += fields_of(_guessed(child.keys, child.guess), _TEXTS_OF_CHILDREN.get(child.table, ""))
    known = frozenset({*child.keys.split(), root_key, "position"})
    return TruthTable(child.table, [snake(root_key), "position"], fields, raw, known=known, cell=cell)


def _organizations() -> TruthTable:
    keys = " ".join(ORGANIZATION)
    return TruthTable("organizations", ["organization_user_id"], fields_of(keys), lambda: iter([ORGANIZATION]), cell=cell)


def _field_definitions() -> TruthTable:
    def raw() -> Iterator[Record]:
        for entity in CUSTOM_FIELD_PATHS:
            yield from ({"entity": entity} | row for row in definition_rows(entity))

    fields = fields_of(f"entity name displayName dataType options {AUDIT}")
    return TruthTable("custom_field_definitions", ["entity", "name"], fields, raw, cell=cell)


def _collection_definitions() -> TruthTable:
    def raw() -> Iterator[Record]:
        for entity in ("Contact", "ContactIndividual"):
            yield from ({"entity": entity} | row for row in collection_definitions())

    fields = fields_of("entity customCollectionId name fields")
    return TruthTable("custom_collection_definitions", ["entity", "custom_collection_id"], fields, raw, cell=cell)


def lookup_value(entry: object) -> str | None:
    """Return the text of a lookup's entry: itself, or the first of its keys that names it."""
    if not isinstance(entry, dict):
        return str(entry)
    found = [entry[key] for key in ("type", "relationship", "name") if isinstance(entry.get(key), str)]
    return found[0] if found else None


def _lookup_values() -> TruthTable:
    def raw() -> Iterator[Record]:
        for lookup, entries in LOOKUPS.items():
            for position, entry in enumerate(entries):
                details = entry if isinstance(entry, dict) else None
                yield {"lookup": lookup, "position": position, "value": lookup_value(entry), "details": details}

    return TruthTable("lookup_values", ["lookup", "position"], fields_of("lookup position value details"), raw, cell=cell)
