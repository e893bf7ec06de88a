"""The tables of Virtuous CRM, as data, and pure functions that split one raw record into rows of several of them.

`ROOTS` tells, for each kind of record that the API lists, its table and the tables of its nested lists; `split` makes
the rows. Names are the API's own in snake_case. Nothing here does I/O, reads a clock or calls the SDK.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from common import splitting
from common.splitting import GIVEN, TEXT_ITEM, Child, Root, Split, child_table, listed, texts, with_converter
from common.tables import (
    Column,
    ConversionError,
    Record,
    Table,
    boolean,
    decimal,
    double,
    integer,
    json_text,
    of_some,
    text,
    to_decimal,
    to_text,
    to_utc,
    utc,
)

__all__ = [
    "OPTIONAL_TABLES",
    "ROOTS",
    "Child",
    "Root",
    "Split",
    "collection_record",
    "definition_record",
    "lookup_records",
    "split",
    "tables",
]

# --- Converters for what Virtuous formats for people ---

NO_MONEY = frozenset({"", "Unavailable"})  # no ask amount; never gave
MINUS = r"[-\u2212]?"
SYMBOL = r"[$\xa2-\xa5\u058f\u060b\u09f2\u09f3\u0bf9\u0e3f\u17db\u20a0-\u20cf\ufdfc\uff04\uffe0\uffe1\uffe5\uffe6]"
ABBREVIATION = r"[A-Z]{3}|Fr\.?|Ft|Kč|R|RM|Rs\.?|TL|kn|kr\.?|lei|zł"
CURRENCY = rf"(?:[A-Z]{{0,3}}{SYMBOL}[A-Z]{{0,3}}|{ABBREVIATION})?"
GROUPED = r"[1-9][0-9]{0,2}(?P<mark>[.,'\u2019 ])(?:[0-9]{2,3}(?P=mark))*[0-9]{3}"
NUMBER = rf"(?:(?P<grouped>{GROUPED})|(?P<plain>[0-9]*))(?:(?!(?P=mark))[.,](?P<fraction>[0-9]+))?"
FORMATTED_MONEY = re.compile(f"{MINUS} ?{CURRENCY} ?{MINUS} ?(?P<number>{NUMBER}) ?{MINUS} ?{CURRENCY} ?{MINUS}")
DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")

_to_plain_money = to_decimal(18, 4)


def to_money(value: object) -> str | None:
    """Decimal text from a number or from money as .NET formats it for a culture: "$1,200.00", "($10.50)", "1.200,00 €".

    The decimal mark is told from the value itself: a mark followed by three digits separates thousands, unless what
    stands before it cannot be a group ("0.125"). Parentheses and a minus are negative. "" and "Unavailable" are None.

    Raises:
        ConversionError: for anything else.
    """
    if not isinstance(value, str):
        return _to_plain_money(value)
    if value in NO_MONEY:
        return None
    number = _number_of(" ".join(value.split()))
    if number is None:
        raise ConversionError("an amount of money", value)
    return _to_plain_money(number)


@lru_cache(maxsize=10_000)  # the same few amounts come again and again
def _number_of(money: str) -> str | None:
    in_parentheses = money.startswith("(") and money.endswith(")")
    matched = FORMATTED_MONEY.fullmatch(money[1:-1].strip() if in_parentheses else money)
    minuses = money.count("-") + money.count("\u2212") + in_parentheses
    if not matched or not matched["number"] or minuses > 1:
        return None
    whole = re.sub("[^0-9]", "", matched["grouped"] or matched["plain"] or "0")
    return f"{'-' if minuses else ''}{whole or '0'}.{matched['fraction'] or '0'}"


def money(source: str) -> Column:
    """A DECIMAL column for money, which the API serves as a number or formatted."""
    return decimal(source)._replace(convert=to_money)


def to_utc_day_first(value: object) -> object:
    """Like `to_utc`, for organizations whose culture writes D/M/YYYY.

    Raises:
        ConversionError: for what is no date or time.
    """
    matched = DAY_MONTH_YEAR.fullmatch(value) if isinstance(value, str) else None
    return to_utc(f"{matched[3]}/{matched[1]}/{matched[4]}" if matched else value)


def to_field_value(value: object) -> str:
    """A custom field's value as text; booleans as "True" and "False", as the array form of custom fields has them.

    Raises:
        ConversionError: for lists and objects.
    """
    return str(value) if isinstance(value, bool) else to_text(value)


# --- Lists that the API serves in several forms ---


def custom_fields(parent: Record, key: str) -> Sequence[object]:
    """Custom fields: an array of objects, or an object name -> value (projects so far; it may be any entity).

    Raises:
        ConversionError: for what is neither.
    """
    fields = parent.get(key)
    if isinstance(fields, Mapping):
        return [{"name": name, "value": value} for name, value in fields.items()]
    return listed(parent, key)


def tag_names(parent: Record, key: str) -> Sequence[object]:
    """A contact's tags: an array of names, in some organizations one text with commas.

    Raises:
        ConversionError: for what is neither.
    """
    tags = parent.get(key)
    if isinstance(tags, str):
        return [{TEXT_ITEM: name.strip()} for name in tags.split(",") if name.strip()]
    return texts(parent, key)


def addresses(parent: Record, key: str) -> Sequence[object]:
    """A contact's addresses: all, if they were fetched, else what is embedded under two keys, each address once.

    Raises:
        ConversionError: if `allAddresses` is there and no list.
    """
    if parent.get("allAddresses") is not None:
        return listed(parent, "allAddresses")
    more = parent.get("contactAddresses")
    found: list[object] = []
    for address in (parent.get(key), *(more if isinstance(more, list) else [more])):
        if address is not None and not _is_among(address, found):
            found.append(address)
    return found


def _is_among(address: object, found: list[object]) -> bool:
    address_id = address.get("id") if isinstance(address, Mapping) else None
    return address_id is not None and any(isinstance(other, Mapping) and other.get("id") == address_id for other in found)


# --- Columns that many tables share ---

AUDIT = {
    "create_date_time_utc": utc("createDateTimeUtc"),
    "created_by_user": of_some(text("createdByUser")),
    "modified_date_time_utc": utc("modifiedDateTimeUtc"),
    "modified_by_user": of_some(text("modifiedByUser")),
}
CUSTOM_FIELD = {
    "name": text("name"),
    "value": text("value")._replace(convert=to_field_value),
    "data_type": text("dataType"),
    "display_name": text("displayName"),
}


def custom_fields_of(entity: str) -> Child:
    """The table of an entity's custom fields."""
    return Child("customFields", child_table(f"{entity}_custom_fields", f"{entity}_id", CUSTOM_FIELD), records=custom_fields)


# --- Contacts (fact sheet 5.1) ---

CONTACTS = Table(
    "contacts",
    key=["id"],
    columns={
        "id": text("id"),
        "contact_type": text("contactType"),
        "is_private": boolean("isPrivate"),
        "name": text("name"),
        "informal_name": text("informalName"),
        "formal_contact_name": text("formalContactName"),
        "alternate_contact_name": text("alternateContactName"),
        "preferred_salutation_name": text("preferredSalutationName"),
        "preferred_addressee_name": text("preferredAddresseeName"),
        "name_fields_locked": boolean("nameFieldsLocked"),
        "description": text("description"),
        "website": text("website"),
        "marital_status": text("maritalStatus"),
        "anniversary_month": integer("anniversaryMonth"),
        "anniversary_day": integer("anniversaryDay"),
        "anniversary_year": integer("anniversaryYear"),
        "merged_into_contact_id": text("mergedIntoContactId"),
        "is_archived": boolean("isArchived"),
        "gift_ask_amount": money("giftAskAmount"),
        "gift_ask_amount_text": text("giftAskAmount"),
        "gift_ask_type": text("giftAskType"),
        "life_to_date_giving": money("lifeToDateGiving"),
        "life_to_date_giving_text": text("lifeToDateGiving"),
        "year_to_date_giving": money("yearToDateGiving"),
        "year_to_date_giving_text": text("yearToDateGiving"),
        "last_gift_amount": money("lastGiftAmount"),
        "last_gift_amount_text": text("lastGiftAmount"),
        "last_gift_date": utc("lastGiftDate"),
        "last_gift_date_text": text("lastGiftDate"),
        "contact_gifts_url": text("contactGiftsUrl"),
        "contact_passthrough_gifts_url": text("contactPassthroughGiftsUrl"),
        "contact_planned_gifts_url": text("contactPlannedGiftsUrl"),
        "contact_recurring_gifts_url": text("contactRecurringGiftsUrl"),
        "contact_important_notes_url": text("contactImportantNotesUrl"),
        "contact_notes_url": text("contactNotesUrl"),
        "contact_tags_url": text("contactTagsUrl"),
        "contact_relationships_url": text("contactRelationshipsUrl"),
        "primary_avatar_url": text("primaryAvatarUrl"),
        "origin_segment_id": text("originSegmentId"),
        "origin_segment": text("originSegment"),
        **AUDIT,
    },
    nested=[
        "address",
        "contactAddresses",
        "allAddresses",
        "contactIndividuals",
        "contactReferences",
        "tags",
        "organizationGroups",
        "customFields",
        "customCollections",
        "relationships",
        "isCurrentUserFollowing",  # a fact about the API key's owner, not about the contact
    ],
)
CONTACT_INDIVIDUALS = child_table(
    "contact_individuals",
    "contact_id",
    {
        "id": text("id"),
        "prefix": text("prefix"),
        "prefix_2": text("prefix2"),
        "first_name": text("firstName"),
        "middle_name": text("middleName"),
        "last_name": text("lastName"),
        "pre_marriage_name": text("preMarriageName"),
        "suffix": text("suffix"),
        "nickname": text("nickname"),
        "gender": text("gender"),
        "is_primary": boolean("isPrimary"),
        "can_be_primary": boolean("canBePrimary"),
        "is_secondary": boolean("isSecondary"),
        "can_be_secondary": boolean("canBeSecondary"),
        "birth_month": integer("birthMonth"),
        "birth_day": integer("birthDay"),
        "birth_year": integer("birthYear"),
        "birth_date": utc("birthDate"),
        "birth_date_text": text("birthDate"),
        "approximate_age": integer("approximateAge"),
        "is_deceased": boolean("isDeceased"),
        "deceased_date": utc("deceasedDate"),
        "deceased_date_text": text("deceasedDate"),
        "passion": text("passion"),
        "avatar_url": text("avatarUrl"),
        **AUDIT,
    },
    nested=["contactId", "contactMethods", "customFields", "customCollections"],
)
CONTACT_METHODS = child_table(
    "contact_methods",
    "contact_id",
    {
        "contact_individual_id": GIVEN,
        "id": text("id"),
        "type": text("type"),
        "value": text("value"),
        "is_opted_in": boolean("isOptedIn"),
        "is_primary": boolean("isPrimary"),
        "can_be_primary": boolean("canBePrimary"),
        **AUDIT,
    },
)
CONTACT_ADDRESSES = child_table(
    "contact_addresses",
    "contact_id",
    {
        "id": text("id"),
        "label": text("label"),
        "address_1": text("address1"),
        "address_2": text("address2"),
        "city": text("city"),
        "state": text("state"),
        "postal": text("postal"),
        "country": text("country"),
        "is_primary": boolean("isPrimary"),
        "can_be_primary": boolean("canBePrimary"),
        "start_month": integer("startMonth"),
        "start_day": integer("startDay"),
        "end_month": integer("endMonth"),
        "end_day": integer("endDay"),
        **AUDIT,
    },
)
CONTACT_REFERENCES = child_table("contact_references", "contact_id", {"source": text("source"), "id": text("id")})
CONTACT_TAGS = child_table("contact_tags", "contact_id", {"tag_name": text(TEXT_ITEM)})
CONTACT_ORGANIZATION_GROUPS = child_table("contact_organization_groups", "contact_id", {"organization_group_name": text(TEXT_ITEM)})
CONTACT_INDIVIDUAL_CUSTOM_FIELDS = child_table(
    "contact_individual_custom_fields", "contact_id", {"contact_individual_id": GIVEN} | CUSTOM_FIELD
)
CONTACT_CUSTOM_COLLECTIONS = child_table(
    "contact_custom_collections",
    "contact_id",
    {
        "contact_individual_id": GIVEN,
        "custom_collection_id": text("customCollectionId"),
        "custom_collection_name": text("customCollectionName"),
        "collection_instance_id": text("collectionInstanceId"),
    },
    nested=["fields"],
)
CONTACT_CUSTOM_COLLECTION_FIELDS = child_table(
    "contact_custom_collection_fields",
    "contact_id",
    {"contact_individual_id": GIVEN, "collection_instance_id": GIVEN} | CUSTOM_FIELD,
)
RELATIONSHIPS = child_table(
    "relationships",
    "contact_id",
    {
        "id": text("id"),
        "contact": text("contact"),
        "contact_individual": text("contactIndividual"),
        "related_contact_id": text("relatedContactId"),
        "related_contact": text("relatedContact"),
        "related_contact_individual": text("relatedContactIndividual"),
        "relationship_type": text("relationshipType"),
        "notes": text("notes"),
        "related_contact_view_url": text("relatedContactViewUrl"),
    },
    nested=["contactId"],
)

OF_INDIVIDUAL = {"contact_individual_id": "id"}
COLLECTIONS = Child(
    "customCollections",
    CONTACT_CUSTOM_COLLECTIONS,
    children=(
        Child(
            "fields",
            CONTACT_CUSTOM_COLLECTION_FIELDS,
            records=custom_fields,
            inherited={
                "contact_individual_id": "contact_individual_id",
                "collection_instance_id": "collection_instance_id",
            },
        ),
    ),
)
CONTACT = Root(
    CONTACTS,
    children=(
        COLLECTIONS,  # before the individuals' own, so that the contact's are numbered first
        Child(
            "contactIndividuals",
            CONTACT_INDIVIDUALS,
            children=(
                Child("contactMethods", CONTACT_METHODS, inherited=OF_INDIVIDUAL),
                Child("customFields", CONTACT_INDIVIDUAL_CUSTOM_FIELDS, records=custom_fields, inherited=OF_INDIVIDUAL),
                COLLECTIONS._replace(inherited=OF_INDIVIDUAL),
            ),
        ),
        Child("address", CONTACT_ADDRESSES, records=addresses, also=("contactAddresses", "allAddresses")),
        Child("contactReferences", CONTACT_REFERENCES),
        Child("tags", CONTACT_TAGS, records=tag_names),
        Child("organizationGroups", CONTACT_ORGANIZATION_GROUPS, records=texts),
        custom_fields_of("contact"),
    ),
    optional={"relationships": Child("relationships", RELATIONSHIPS)},
)

# --- Gifts (5.3) ---

# Present only on gifts of one type: the API serializes subclasses.
GIFT_TYPE_FIELDS = {
    "check_number": text("checkNumber"),
    "credit_card_type": text("creditCardType"),
    "cryptocoin_type": text("cryptocoinType"),
    "transaction_hash": text("transactionHash"),
    "coin_sold_for_cash": boolean("coinSoldForCash"),
    "coin_amount": decimal("coinAmount", 28, 10),
    "date_coin_was_sold": utc("dateCoinWasSold"),
    "coin_sale_amount": money("coinSaleAmount"),
    "ticker_symbol": text("tickerSymbol"),
    "number_of_shares": decimal("numberOfShares", 28, 10),
    "stock_sold_for_cash": boolean("stockSoldForCash"),
    "date_stock_was_sold": utc("dateStockWasSold"),
    "stock_sale_amount": money("stockSaleAmount"),
    "ira_custodian": text("iraCustodian"),
    "non_cash_gift_type_id": text("nonCashGiftTypeId"),
    "non_cash_gift_type": text("nonCashGiftType"),
    "description": text("description"),
    "non_cash_sold_for_cash": boolean("nonCashSoldForCash"),
    "date_non_cash_was_sold": utc("dateNonCashWasSold"),
    "non_cash_original_amount": money("nonCashOriginalAmount"),
    "non_cash_sale_amount": money("nonCashSaleAmount"),
    "reversed_gift_id": text("reversedGiftId"),
}
GIFTS = Table(
    "gifts",
    key=["id"],
    columns={
        "id": text("id"),
        "transaction_source": text("transactionSource"),
        "transaction_id": text("transactionId"),
        "contact_id": text("contactId"),
        "contact_name": text("contactName"),
        "contact_url": text("contactUrl"),
        "gift_type": text("giftType"),
        "gift_type_formatted": text("giftTypeFormatted"),
        "gift_date": utc("giftDate"),
        "gift_date_formatted": text("giftDateFormatted"),
        "amount": money("amount"),
        "amount_formatted": text("amountFormatted"),
        "currency_code": text("currencyCode"),
        "exchange_rate": double("exchangeRate"),
        "base_currency_code": text("baseCurrencyCode"),
        "batch": text("batch"),
        **AUDIT,
        "segment_id": text("segmentId"),
        "segment": text("segment"),
        "segment_code": text("segmentCode"),
        "segment_url": text("segmentUrl"),
        "media_outlet_id": text("mediaOutletId"),
        "media_outlet": text("mediaOutlet"),
        "grant_id": text("grantId"),
        "grant": text("grant"),
        "grant_url": text("grantUrl"),
        "notes": text("notes"),
        "tribute": text("tribute"),
        "tribute_id": text("tributeId"),
        "tribute_type": text("tributeType"),
        "acknowledgee_individual_id": text("acknowledgeeIndividualId"),
        "is_acknowledged_gift": of_some(boolean("isAcknowledgedGift")),
        "acknowledgement_date": utc("acknowledgementDate"),
        "acknowledgement_notes": text("acknowledgementNotes"),
        "receipt_date": utc("receiptDate"),
        "receipt_date_formatted": text("receiptDateFormatted"),
        "contact_passthrough_id": text("contactPassthroughId"),
        "contact_passthrough_url": text("contactPassthroughUrl"),
        "contact_individual_id": text("contactIndividualId"),
        "cash_accounting_code": text("cashAccountingCode"),
        "gift_ask_id": text("giftAskId"),
        "contact_membership_id": text("contactMembershipId"),
        "gift_url": text("giftUrl"),
        "is_private": boolean("isPrivate"),
        "is_tax_deductible": boolean("isTaxDeductible"),
        **{name: of_some(column) for name, column in GIFT_TYPE_FIELDS.items()},
    },
    nested=[
        "giftDesignations",
        "giftPremiums",
        "pledgePayments",
        "recurringGiftPayments",
        "giftPassthroughs",
        "customFields",
    ],
)
GIFT_DESIGNATIONS = child_table(
    "gift_designations",
    "gift_id",
    {
        "id": text("id"),
        "project_id": text("projectId"),
        "project": text("project"),
        "project_code": text("projectCode"),
        "external_accounting_code": text("externalAccountingCode"),
        "project_type": text("projectType"),
        "project_location": text("projectLocation"),
        "project_url": text("projectUrl"),
        "amount_designated": money("amountDesignated"),
        "display": text("display"),
    },
)
GIFT_PREMIUMS = child_table(
    "gift_premiums",
    "gift_id",
    {
        "id": text("id"),
        "premium_id": text("premiumId"),
        "premium": text("premium"),
        "premium_url": text("premiumUrl"),
        "quantity": integer("quantity"),
        "display": text("display"),
        **AUDIT,
    },
)
GIFT_PLEDGE_PAYMENTS = child_table(
    "gift_pledge_payments",
    "gift_id",
    {
        "id": text("id"),
        "expected_payment_date": utc("expectedPaymentDate"),
        "expected_amount": money("expectedAmount"),
        "actual_amount": money("actualAmount"),
    },
    nested=["giftId"],
)
GIFT_RECURRING_GIFT_PAYMENTS = child_table(
    "gift_recurring_gift_payments",
    "gift_id",
    {
        "id": text("id"),
        "gift_contact_id": text("gift.contactId"),
        "gift_gift_date": utc("gift.giftDate"),
        "gift_amount": money("gift.amount"),
        "expected_amount": money("expectedAmount"),
        "expected_payment_date": utc("expectedPaymentDate"),
        "dismiss_payment_date": utc("dismissPaymentDate"),
        "fulfill_payment_date": utc("fulfillPaymentDate"),
    },
    nested=["gift.id"],
)
GIFT_PASSTHROUGHS = child_table("gift_passthroughs", "gift_id", {"contact_id": text("contactId")})

GIFT = Root(
    GIFTS,
    children=(
        Child("giftDesignations", GIFT_DESIGNATIONS),
        Child("giftPremiums", GIFT_PREMIUMS),
        Child("pledgePayments", GIFT_PLEDGE_PAYMENTS),
        Child("recurringGiftPayments", GIFT_RECURRING_GIFT_PAYMENTS),
        Child("giftPassthroughs", GIFT_PASSTHROUGHS),
        custom_fields_of("gift"),
    ),
)

# --- Other giving (5.6 to 5.9, 5.14) ---

RECURRING_GIFTS = Table(
    "recurring_gifts",
    key=["id"],
    columns={
        "id": text("id"),
        "transaction_source": text("transactionSource"),
        "transaction_id": text("transactionId"),
        "contact_id": text("contactId"),
        "recurring_gift_date": of_some(utc("recurringGiftDate")),
        "start_date": utc("startDate"),
        "amount": money("amount"),
        "frequency": text("frequency"),
        "anticipated_end_date": utc("anticipatedEndDate"),
        "cancel_date_time_utc": utc("cancelDateTimeUtc"),
        **AUDIT,
        "segment_id": text("segmentId"),
        "segment": text("segment"),
        "segment_url": text("segmentUrl"),
        "automated_payments": boolean("automatedPayments"),
        "track_payments": boolean("trackPayments"),
        "is_private": boolean("isPrivate"),
        "status": text("status"),
        "next_expected_payment_date": utc("nextExpectedPaymentDate"),
    },
    nested=["designations", "payments", "customFields"],
)
RECURRING_GIFT_DESIGNATIONS = child_table(
    "recurring_gift_designations",
    "recurring_gift_id",
    {
        "project_id": text("projectId"),
        "project": text("project"),
        "project_url": text("projectUrl"),
        "amount_designated": money("amountDesignated"),
        "project_code": text("projectCode"),
    },
)
RECURRING_GIFT_PAYMENTS = child_table(
    "recurring_gift_payments",
    "recurring_gift_id",
    {
        "id": text("id"),
        "gift_id": text("gift.id"),
        "gift_contact_id": text("gift.contactId"),
        "gift_gift_date": utc("gift.giftDate"),
        "gift_amount": money("gift.amount"),
        "expected_amount": money("expectedAmount"),
        "expected_payment_date": utc("expectedPaymentDate"),
        "dismiss_payment_date": utc("dismissPaymentDate"),
        "fulfill_payment_date": utc("fulfillPaymentDate"),
    },
)
RECURRING_GIFT = Root(
    RECURRING_GIFTS,
    children=(Child("designations", RECURRING_GIFT_DESIGNATIONS), custom_fields_of("recurring_gift")),
    optional={"recurring_gift_payments": Child("payments", RECURRING_GIFT_PAYMENTS)},
)
PLEDGES = Table(
    "pledges",
    key=["id"],
    columns={
        "id": text("id"),
        "contact_id": text("contactId"),
        "amount_pledged": money("amountPledged"),
        "frequency": text("frequency"),
        "pledge_date": utc("pledgeDate"),
        "expected_fulfillment_date": utc("expectedFulfillmentDate"),
        **AUDIT,
        "segment_id": text("segmentId"),
        "segment": text("segment"),
        "project_id": text("projectId"),
        "project": text("project"),
        "is_private": boolean("isPrivate"),
        "status": text("status"),
    },
    nested=["payments", "customFields"],
)
PLEDGE_PAYMENTS = child_table(
    "pledge_payments",
    "pledge_id",
    {
        "id": text("id"),
        "expected_payment_date": utc("expectedPaymentDate"),
        "expected_amount": money("expectedAmount"),
        "gift_id": text("giftId"),
        "actual_amount": money("actualAmount"),
    },
)
PLEDGE = Root(PLEDGES, children=(Child("payments", PLEDGE_PAYMENTS), custom_fields_of("pledge")))
PLANNED_GIFTS = Table(
    "planned_gifts",
    key=["id"],
    columns={
        "id": text("id"),
        "planned_gift_url": text("plannedGiftUrl"),
        "gifts_applied_url": text("giftsAppliedUrl"),
        "contact_id": text("contactId"),
        "contact_url": text("contactUrl"),
        "planned_gift_date": utc("plannedGiftDate"),
        "planned_gift_date_text": text("plannedGiftDate"),
        "planned_gift_type": text("pkannedGiftType"),  # the vendor's spelling
        "frequency": text("frequency"),
        "anticipated_amount": money("anticipatedAmount"),
        "anticipated_amount_text": text("anticipatedAmount"),
        "anticipated_start_date": utc("anticipatedStartDate"),
        "anticipated_start_date_text": text("anticipatedStartDate"),
        "number_of_occurrences": integer("numberOfOccurrences"),
        "current_value": money("currentValue"),
        "current_value_text": text("currentValue"),
        "fulfilled": text("fulfilled"),
        "project_id": text("projectId"),
        "project": text("project"),
        "project_url": text("projectUrl"),
        "segment_id": text("segmentId"),
        "segment": text("segment"),
        "segment_url": text("segmentUrl"),
        **AUDIT,
    },
    nested=["customFields"],
)
PLANNED_GIFT = Root(PLANNED_GIFTS, children=(custom_fields_of("planned_gift"),), spellings={"pkannedGiftType": "plannedGiftType"})
GIFT_ASKS = Table(
    "gift_asks",
    key=["id"],
    columns={
        "id": text("id"),
        "contact_id": text("contactId"),
        "ask_amount": money("askAmount"),
        "ask_date": utc("askDate"),
        "expected_fulfillment_date": utc("expectedFulfillmentDate"),
        "notes": text("notes"),
        "ask_type": text("askType"),
        "frequency": text("frequency"),
        "declined": boolean("declined"),
        "project_id": text("projectId"),
        "segment_id": text("segmentId"),
        "assigned_user_id": text("assignedUserId"),
        "secondary_assigned_user_id": text("secondaryAssignedUserId"),
        "status": text("status"),
        **AUDIT,
    },
    nested=["customFields"],
    extra="additional_fields",
)
GRANTS = Table(
    "grants",
    key=["id"],
    columns={
        "id": text("id"),
        "grant_url": text("grantUrl"),
        "gifts_applied_url": text("giftsAppliedUrl"),
        "owner_id": text("ownerId"),
        "title": text("title"),
        "granting_organization_id": text("grantingOrganizationId"),
        "granting_organization_url": text("grantingOrganizationUrl"),
        "description": text("description"),
        "reference_id": text("referenceId"),
        "receiving_organization_id": text("receivingOrganizationId"),
        "receiving_organization_url": text("receivingOrganizationUrl"),
        "project_url": text("projectUrl"),
        "project_id": text("projectId"),
        "project": text("project"),
        "due_date_utc": utc("dueDateUtc"),
        "total_anticipated_amount": money("totalAnticipatedAmount"),
        "status": text("status"),
        "submission_date_utc": utc("submissionDateUtc"),
        "anticipated_award_date_utc": utc("anticipatedAwardDateUtc"),
        "point_of_contact_name": text("pointOfContactName"),
        "point_of_contact_email": text("pointOfContactEmail"),
        "point_of_contact_phone": text("pointOfContactPhone"),
        "website": text("website"),
        "awarded_grant": boolean("awardedGrant"),
        "awarded_amount": money("awardedAmount"),
        "awarded_date_utc": utc("awardedDateUtc"),
        "award_terms": text("awardTerms"),
        "grant_type": text("grantType"),
        **AUDIT,
    },
    nested=["customFields"],
)

# --- Projects (5.10) ---

PROJECTS = Table(
    "projects",
    key=["id"],
    columns={
        "id": text("id"),
        "name": text("name"),
        "project_code": text("projectCode"),
        "external_accounting_code": text("externalAccountingCode"),
        "online_display_name": text("onlineDisplayName"),
        "description": text("description"),
        "photo_url": text("photoUrl"),
        "parent_id": text("parentId"),
        "parent_name": text("parentName"),
        "is_sub_project": boolean("isSubProject"),
        "inventory_status": text("inventoryStatus"),
        "type": text("type"),
        "location": text("location"),
        "is_restricted_to_gift_specifications": boolean("isRestrictedToGiftSpecifications"),
        "is_limited_to_financial_need": boolean("isLimitedToFinancialNeed"),
        "is_public": boolean("isPublic"),
        "is_active": boolean("isActive"),
        "is_available_online": boolean("isAvailableOnline"),
        "is_tax_deductible": boolean("isTaxDeductible"),
        "treat_as_accounts_payable": boolean("treatAsAccountsPayable"),
        "beginning_balance": money("beginningBalance"),
        "current_balance": money("currentBalance"),
        "financial_need_type": text("financialNeedType"),
        "financial_need_frequency": text("financialNeedFrequency"),
        "financial_need_amount": money("financialNeedAmount"),
        "start_date": utc("startDate"),
        "end_date": utc("endDate"),
        "duration_type": text("durationType"),
        "life_to_date_giving": money("lifeToDateGiving"),
        "life_to_date_gift_count": integer("lifeToDateGiftCount"),
        "life_to_date_givers_count": integer("lifeToDateGiversCount"),
        "life_to_date_expense_total": money("lifeToDateExpenseTotal"),
        "calendar_year_to_date_giving": money("calendarYearToDateGiving"),
        "calendar_year_to_date_gift_count": integer("calendarYearToDateGiftCount"),
        "calendar_year_to_date_givers_count": integer("calendarYearToDateGiversCount"),
        "calendar_year_to_date_expense_total": money("calendarYearToDateExpenseTotal"),
        **AUDIT,
    },
    nested=["giftSpecifications", "customFields", "projectExpenses", "projectNotes", "projectRoles"],
)
PROJECT_GIFT_SPECIFICATIONS = child_table(
    "project_gift_specifications", "project_id", {"amount": money("amount"), "frequency": text("frequency")}
)
PROJECT_EXPENSES = child_table(
    "project_expenses",
    "project_id",
    {
        "id": text("id"),
        "expense_amount": money("expenseAmount"),
        "expense_date": utc("expenseDate"),
        "accounting_code": text("accountingCode"),
        "expense_description": text("expenseDescription"),
        **AUDIT,
    },
    nested=["projectId"],
    extra="additional_fields",
)
PROJECT_NOTES = child_table(
    "project_notes",
    "project_id",
    {
        "id": text("id"),
        "note": text("note"),
        "note_date": utc("noteDate"),
        "type": text("type"),
        "is_private": boolean("isPrivate"),
        **AUDIT,
    },
    nested=["projectId"],
    extra="additional_fields",
)
PROJECT_ROLES = child_table(
    "project_roles",
    "project_id",
    {
        "id": text("id"),
        "contact_id": text("contactId"),
        "type": text("type"),
        **AUDIT,
    },
    nested=["projectId"],
    extra="additional_fields",
)
PROJECT = Root(
    PROJECTS,
    children=(Child("giftSpecifications", PROJECT_GIFT_SPECIFICATIONS), custom_fields_of("project")),
    optional={
        "project_expenses": Child("projectExpenses", PROJECT_EXPENSES),
        "project_notes": Child("projectNotes", PROJECT_NOTES),
        "project_roles": Child("projectRoles", PROJECT_ROLES),
    },
)

# --- Notes and tasks (5.11, 5.14) ---

CONTACT_NOTES = Table(
    "contact_notes",
    key=["id"],
    columns={
        "id": text("id"),
        "contact_id": text("contactId"),
        **AUDIT,
        "note_date": utc("noteDate"),
        "type": text("type"),
        "note": text("note"),
        "important": boolean("important"),
        "is_private": boolean("isPrivate"),
        "created_by_avatar_url": text("createdByAvatarUrl"),
        "reminder_id": text("reminder.id"),
        "reminder_message": text("reminder.message"),
        "reminder_target_date": utc("reminder.targetDate"),
        "reminder_target_resolution_date_utc": utc("reminder.targetResolutionDateUtc"),
        "reminder_contact_id": text("reminder.contactId"),
        "reminder_contact_view_url": text("reminder.contactViewUrl"),
        "reminder_contact_display_name": text("reminder.contactDisplayName"),
        "reminder_contact_avatar_url": text("reminder.contactAvatarUrl"),
        "reminder_reminder_type": text("reminder.reminderType"),
        "reminder_reminder_type_display_name": text("reminder.reminderTypeDisplayName"),
        "reminder_task_status": text("reminder.taskStatus"),
        "reminder_task_status_display_name": text("reminder.taskStatusDisplayName"),
        "reminder_complete_url": text("reminder.completeUrl"),
        "reminder_dismiss_url": text("reminder.dismissUrl"),
        "reminder_description": text("reminder.description"),
        "reminder_has_contact": boolean("reminder.hasContact"),
        "reminder_is_past_due": boolean("reminder.isPastDue"),
        "reminder_is_unresolved": boolean("reminder.isUnresolved"),
        "reminder_can_complete": boolean("reminder.canComplete"),
        "reminder_complete_action_name": text("reminder.completeActionName"),
        "reminder_can_complete_with_note": boolean("reminder.canCompleteWithNote"),
        "reminder_owner": text("reminder.owner"),
        "reminder_owner_avatar_url": text("reminder.ownerAvatarUrl"),
    },
    nested=["customFields"],
)
TASKS = Table(
    "tasks",
    key=["id"],
    columns={
        "id": text("id"),
        "task_type": text("taskType"),
        "task": text("task"),
        "description": text("description"),
        "due_date_time": utc("dueDateTime"),
        "owner_email": text("ownerEmail"),
        "contact_id": text("contactId"),
        **AUDIT,
    },
    extra="additional_fields",
)

# --- Events (5.13) ---

EVENTS = Table(
    "events",
    key=["id"],
    columns={
        "id": text("id"),
        "event_view_url": text("eventViewUrl"),
        "name": text("name"),
        "event_type": text("eventType"),
        "location_name": text("locationName"),
        "display_address": text("displayAddress"),
        "geocode_address": text("geocodeAddress"),
        "start_date_time": utc("startDateTime"),
        "end_date_time": utc("endDateTime"),
        "time_zone": text("timeZone"),
        "description": text("description"),
        "special_instructions": text("specialInstructions"),
        "invite_only": boolean("inviteOnly"),
        "rsvp_required": boolean("rsvpRequired"),
        "total_invites": integer("totalInvites"),
        "total_rsvps": integer("totalRsvps"),
        "total_attended": integer("totalAttended"),
        "total_gifts": integer("totalGifts"),
        "total_giving": money("totalGiving"),
        "total_giving_text": text("totalGiving"),
        "communication_id": text("communicationId"),
        **AUDIT,
        "event_contacts_url": text("eventContactsUrl"),
        "tables": json_text("tables"),
        "meals": json_text("meals"),
        "event_invitations_url": text("eventInvitationsUrl"),
    },
    nested=["generosityEventContacts", "customFields"],
)
EVENT_CONTACTS = child_table(
    "event_contacts",
    "event_id",
    {
        "id": text("id"),
        "event_contact_url": text("eventContactUrl"),
        "contact_id": text("contactId"),
        "contact_url": text("contactUrl"),
        "display_name": text("displayName"),
        "first_name": text("firstName"),
        "avatar_url": text("avatarUrl"),
        "primary_phone": text("primaryPhone"),
        "primary_email": text("primaryEmail"),
    },
)
EVENT = Root(
    EVENTS,
    children=(Child("generosityEventContacts", EVENT_CONTACTS), custom_fields_of("event")),
    spellings={"createdByUser": "createByUser"},
)
EVENT_ATTENDEES = Table(
    "event_attendees",
    key=["id"],
    columns={
        "id": text("id"),
        "event_id": text("eventId"),
        "contact_id": text("contactId"),
        "contact_individual_id": text("contactIndividualId"),
        "invited": boolean("invited"),
        "rsvp": boolean("rsvp"),
        "rsvp_response": text("rsvpResponse"),
        "attended": boolean("attended"),
        "schedule": text("schedule"),
        "table": text("table"),
        "meal": text("meal"),
        **AUDIT,
    },
    nested=["customFields"],
    extra="additional_fields",
)

# --- Volunteers (5.14) ---

VOLUNTEERS = Table(
    "volunteers",
    key=["id"],
    columns={
        "id": text("id"),
        "volunteer_url": text("volunteerUrl"),
        "contact_id": text("contactId"),
        "contact_individual_id": text("contactIndividualId"),
        "contact_url": text("contactUrl"),
        "display_name": text("displayName"),
        "first_name": text("firstName"),
        "avatar_url": text("avatarUrl"),
        "primary_phone": text("primaryPhone"),
        "primary_email": text("primaryEmail"),
        "total_hours": double("totalHours"),
        "times_volunteered": integer("timesVolunteered"),
        "volunteer_attendance_url": text("volunteerAttendanceUrl"),
        "volunteer_opportunity_id": text("volunteerOpportunityId"),
        "volunteer_opportunity_url": text("volunteerOpportunityUrl"),
    },
    nested=["attendances"],
)
VOLUNTEER_ATTENDANCES = child_table(
    "volunteer_attendances",
    "volunteer_id",
    {
        "id": text("id"),
        "volunteer_opportunity_id": text("volunteerOpportunityId"),
        "hours": double("hours"),
        "start_date_time_utc": utc("startDateTimeUtc"),
        "start_date_time": utc("startDateTime"),
        "end_date_time_utc": utc("endDateTimeUtc"),
        "end_date_time": utc("endDateTime"),
        "time_zone": text("timeZone"),
        **AUDIT,
    },
    nested=["volunteerId"],
    extra="additional_fields",
)
VOLUNTEER = Root(VOLUNTEERS, optional={"volunteer_attendances": Child("attendances", VOLUNTEER_ATTENDANCES)})
VOLUNTEER_OPPORTUNITIES = Table(
    "volunteer_opportunities",
    key=["id"],
    columns={
        "id": text("id"),
        "volunteer_opportunity_url": text("volunteerOpportunityUrl"),
        "name": text("name"),
        "location_name": text("locationName"),
        "display_address": text("displayAddress"),
        "start_date_time": utc("startDateTime"),
        "end_date_time": utc("endDateTime"),
        "preferred_date_time": utc("preferredDateTime"),
        "time_zone": text("timeZone"),
        "description": text("description"),
        "is_active": boolean("isActive"),
        "is_local_only": boolean("isLocalOnly"),
        "preferred_number_of_hours": double("preferredNumberOfHours"),
        "project_id": text("projectId"),
        "total_volunteers": integer("totalVolunteers"),
        "total_volunteer_hours": double("totalVolunteerHours"),
        "current_need": integer("currentNeed"),
        "current_priority": text("currentPriority"),
        "current_priority_name": text("currentPriorityName"),
        "current_need_filled_percentage": double("currentNeedFilledPercentage"),
        "hours_filled_percentage": double("hoursFilledPercentage"),
        "volunteer_organizers": json_text("volunteerOrganizers"),
    },
    nested=["customFields"],
)

# --- Campaigns, lists and settings (5.12, 5.14, 6) ---

CAMPAIGNS = Table(
    "campaigns",
    key=["campaign_id"],
    columns={
        "campaign_id": text("campaignId"),
        "name": text("name"),
        "start_date_time_utc": utc("startDateTimeUtc"),
        "end_date_time_utc": utc("endDateTimeUtc"),
        "giving_goal": money("givingGoal"),
        "new_giver_goal": integer("newGiverGoal"),
        "total_gift_goal": integer("totalGiftGoal"),
        "is_archived": boolean("isArchived"),
    },
    extra="additional_fields",
)
COMMUNICATIONS = Table(
    "communications",
    key=["communication_id"],
    columns={
        "communication_id": text("communicationId"),
        "name": text("name"),
        "campaign_id": text("campaignId"),
        "channel_type": text("channelType"),
        "communication_type": text("communicationType"),
        "communication_step": text("communicationStep"),
        "start_date_time": utc("startDateTime"),
        "owner_id": text("ownerId"),
        "giving_goal": money("givingGoal"),
        "new_giver_goal": integer("newGiverGoal"),
        "internal_cost_estimate": money("internalCostEstimate"),
        "vendor_cost_estimate": money("vendorCostEstimate"),
        "network_reach": integer("networkReach"),
    },
    extra="additional_fields",
)
SEGMENTS = Table(
    "segments",
    key=["id"],
    columns={
        "id": text("id"),
        "name": text("name"),
        "description": text("description"),
        "code": text("code"),
        "communication_id": text("communicationId"),
        "communication_name": text("communicationName"),
        "campaign_id": text("campaignId"),
        "campaign_name": text("campaignName"),
        "segment_organizer_id": text("segmentOrganizerId"),
    },
)
TAGS = Table(
    "tags",
    key=["id"],
    columns={
        "id": text("id"),
        "tag_name": text("tagName"),
        "tag_group_name": text("tagGroupName"),
        "contacts_by_tag_url": text("contactsByTagUrl"),
        "contact_count": integer("contactCount"),
    },
)
PREMIUMS = Table(
    "premiums",
    key=["id"],
    columns={
        "id": text("id"),
        "name": text("name"),
        "code": text("code"),
        "price": money("price"),
        "fair_market_value": money("fairMarketValue"),
        "cost": money("cost"),
        "description": text("description"),
        "inventory_count": integer("inventoryCount"),
        "is_active": boolean("isActive"),
        **AUDIT,
    },
    nested=["customFields"],
    extra="additional_fields",
)
ORGANIZATION_GROUPS = Table(
    "organization_groups",
    key=["id"],
    columns={
        "id": text("id"),
        "organization_group_url": text("organizationGroupUrl"),
        "organization_id": text("organizationId"),
        "organization_name": text("organizationName"),
        "name": text("name"),
        "location": text("location"),
        "description": text("description"),
        "organization_group_contacts_url": text("organizationGroupContactsUrl"),
    },
    nested=["groupContacts"],
)
ORGANIZATION_GROUP_CONTACTS = child_table(
    "organization_group_contacts",
    "organization_group_id",
    {
        "organization_group_url": text("organizationGroupUrl"),
        "organization_id": text("organizationId"),
        "organization_name": text("organizationName"),
        "organization_group_name": text("organizationGroupName"),
        "organization_group_location": text("organizationGroupLocation"),
        "organization_group_description": text("organizationGroupDescription"),
        "contact_id": text("contactId"),
        "contact_name": text("contactName"),
        "contact_url": text("contactUrl"),
    },
    nested=["organizationGroupId"],
)
ORGANIZATION_GROUP = Root(
    ORGANIZATION_GROUPS,
    optional={"organization_group_contacts": Child("groupContacts", ORGANIZATION_GROUP_CONTACTS)},
)
EMAIL_LISTS = Table(
    "email_lists",
    key=["email_list_id"],
    columns={
        "email_list_id": text("emailListId"),
        "name": text("name"),
        "total": integer("total"),
        "total_unsubscribes": integer("totalUnsubscribes"),
    },
    extra="additional_fields",
)
ORGANIZATIONS = Table(
    "organizations",
    key=["organization_user_id"],
    columns={
        "organization_user_id": text("organizationUserId"),
        "organization_name": text("organizationName"),
        "organization_time_zone": text("organizationTimeZone"),
        "organization_culture": text("organizationCulture"),
        "current_user_time_zone": text("currentUserTimeZone"),
        "is_administrator": boolean("isAdministrator"),
        "is_enabled": boolean("isEnabled"),
    },
)
CUSTOM_FIELD_DEFINITIONS = Table(
    "custom_field_definitions",
    key=["entity", "name"],
    columns={
        "entity": text("entity"),
        "name": text("name"),
        "display_name": text("displayName"),
        "data_type": text("dataType"),
        "options": json_text("options"),
        **AUDIT,
    },
)
CUSTOM_COLLECTION_DEFINITIONS = Table(
    "custom_collection_definitions",
    key=["entity", "custom_collection_id"],
    columns={
        "entity": text("entity"),
        "custom_collection_id": text("customCollectionId"),
        "name": text("name"),
        "fields": json_text("fields"),
    },
)
LOOKUP_VALUES = Table(
    "lookup_values",
    key=["lookup", "position"],
    columns={
        "lookup": text("lookup"),
        "position": integer("position"),
        "value": text("value"),
        "details": json_text("details"),
    },
)

# --- What sync works with ---

ROOTS = {
    root.table.name: root
    for root in (
        CONTACT,
        GIFT,
        RECURRING_GIFT,
        PLEDGE,
        PLANNED_GIFT,
        Root(GIFT_ASKS, children=(custom_fields_of("gift_ask"),)),
        Root(GRANTS, children=(custom_fields_of("grant"),)),
        PROJECT,
        Root(CONTACT_NOTES, children=(custom_fields_of("contact_note"),)),
        Root(TASKS),
        EVENT,
        Root(EVENT_ATTENDEES, children=(custom_fields_of("event_attendee"),)),
        Root(PREMIUMS, children=(custom_fields_of("premium"),)),
        VOLUNTEER,
        Root(VOLUNTEER_OPPORTUNITIES, children=(custom_fields_of("volunteer_opportunity"),)),
        # The key names of these three are known from clients only; by analogy with the rest, it may be "id".
        Root(CAMPAIGNS, "campaignId", spellings={"campaignId": "id"}),
        Root(COMMUNICATIONS, "communicationId", spellings={"communicationId": "id"}),
        Root(SEGMENTS),
        Root(TAGS),
        ORGANIZATION_GROUP,
        Root(EMAIL_LISTS, "emailListId", spellings={"emailListId": "id"}),
        Root(ORGANIZATIONS, "organizationUserId"),
        Root(CUSTOM_FIELD_DEFINITIONS, "name"),
        # The definitions' shape is unseen; a contact's own collections say customCollectionName.
        Root(
            CUSTOM_COLLECTION_DEFINITIONS,
            "customCollectionId",
            spellings={"customCollectionId": "id", "name": "customCollectionName"},
        ),
        Root(LOOKUP_VALUES, "position"),
    )
}
DAY_FIRST_ROOTS = {name: with_converter(root, to_utc, to_utc_day_first) for name, root in ROOTS.items()}

# Filled only when switched on, since they cost a call per parent. contact_addresses is always there, and when switched
# on holds all addresses rather than the primary one.
OPTIONAL_TABLES = (
    "relationships",
    "recurring_gift_payments",
    "project_expenses",
    "project_notes",
    "project_roles",
    "volunteer_attendances",
    "organization_group_contacts",
    "contact_addresses",
)


def tables(optional: Collection[str]) -> list[Table]:
    """Every table of a connection that has these optional tables switched on, in a stable order."""
    return [table for root in ROOTS.values() for table in root.declared(optional)]


def split(root: Root, raw: object, optional: Collection[str] = (), day_first: bool = False) -> Split:
    """Make the rows of one raw record.

    Args:
        root: one of `ROOTS`.
        raw: the record as the JSON parser gave it, with the lists of optional tables attached.
        optional: the names of the optional tables that are switched on.
        day_first: whether the organization's culture writes dates D/M/YYYY.
    """
    return splitting.split(DAY_FIRST_ROOTS[root.table.name] if day_first else root, raw, optional)


def definition_record(entity: str, raw: object) -> Record:
    """A custom field's definition, from `GET /api/<entity>/CustomFields`, as a record of custom_field_definitions."""
    return {**(raw if isinstance(raw, Mapping) else {}), "entity": entity}


def collection_record(entity: str, raw: object) -> Record:
    """A custom collection's definition as a record of custom_collection_definitions."""
    return definition_record(entity, raw)


def lookup_records(path: str, items: Iterable[object]) -> list[Record]:
    """The values of a lookup as records of lookup_values.

    Args:
        path: what follows /api/ in the lookup's address, such as "Contact/Types".
        items: texts or objects; or an object whose values they are, as one lookup was once served.
    """
    values = items.values() if isinstance(items, Mapping) else items
    return [{"lookup": path, "position": position, **_value_and_details(item)} for position, item in enumerate(values)]


def _value_and_details(item: object) -> Record:
    if not isinstance(item, Mapping):
        return {"value": item}
    names = (item.get(key) for key in ("type", "relationship", "name"))
    return {"value": next((name for name in names if isinstance(name, str)), None), "details": item}
