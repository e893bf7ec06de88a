"""The truth about what is exported, and about the details of people and contributions."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.arithmetic import Record
from sandbox.everyaction.account import Account
from sandbox.everyaction.csvs import cell_text
from sandbox.everyaction.exports import resources
from sandbox.everyaction.kinds import cell, snake
from sandbox.everyaction.people import shown
from sandbox.everyaction.resources import ACTIVIST_CODE, RESOURCES, FieldInfo, ResourceInfo, row_of
from sandbox.everyaction.rows import PERSON
from sandbox.everyaction.truth_collections import parsed, tables_of
from sandbox.truth import Field, TruthTable

# The sections of a person that a sync asks for; the properties of the others are null.
_SECTIONS = frozenset(
    ["addresses", "codes", "customfields", "districts", "emails", "externalids", "notes", "phones", "preferences", "suppressions"]
)
_KINDS = {"B": "boolean", "D": "timestamp", "M": "decimal", "T": "text"}
_NAMES_OF_IDS = ("ID", "Id", "By")
_DETAILS = """
contribution_details | Contribution | contributionId | contact.vanId designation.designationId designation.name dateReceived:t amount:n
    coverCostsAmount:n status paymentType bankAccount contributionBankAccount.bankAccountId contributionBankAccount.name depositDate:t
    depositNumber checkDate:t checkNumber onlineReferenceNumber pledge.pledgeId generalLedgerFund.generalLedgerFundId
    generalLedgerFund.name generalLedgerFund.description generalLedgerFund.isActive:b costCenter:j directMarketingCode dateThanked:t notes
    extendedSourceCode.extendedSourceCodeId financialBatchId processedAmount:n processedCurrency acceptedOneTimeAmount:n
    acceptedRecurringAmount:n selectedOneTimeAmount:n upsellType isUpsellShown:b isUpsellAccepted:b linkedPartnershipContributionId
    linkedJointFundraisingContributionId
> contribution_attributions | contactAttributions | vanId amountAttributed:n attributionType notes dateThanked:t
> contribution_codes | codes | codeId codeName
> contribution_disclosure_values | disclosureFieldValues | disclosureFieldId disclosureFieldValue designationId
> contribution_identifiers | identifiers | type externalId
person_details | Person | vanId | firstName middleName lastName suffix title contactSource contactMode organizationContactCommonName
    organizationContactOfficialName salutation formalSalutation additionalSalutation preferredPronoun namePronunciation envelopeName
    formalEnvelopeName additionalEnvelopeName contactMethodPreferenceCode contactMethodPreferenceId contactMethodPreferenceName
    assistantName nickname website professionalSuffix party employer occupation jobTitle sex dateOfBirth:t isDeceased:b dateCreated:t
    dateAcquired:t finderNumber
> person_addresses | addresses | addressId addressLine1 addressLine2 addressLine3 unitNo city stateOrProvince zipOrPostalCode countryCode
    type isPreferred:b isBest:b preview streetAddress displayMode geoLocation:j
> person_codes | codes | codeId name codeType
> person_custom_field_values | customFields | customFieldId customFieldGroupId assignedValue customField:j
> person_districts | districts | districtFieldId name parentFieldId isCustomDistrict:b districtFieldValues:j
> person_emails | emails | email type dateCreated:t isPreferred:b isSubscribed:b subscriptionStatus
> person_identifiers | identifiers | type externalId
> person_notes | notes | noteId text isViewRestricted:b category.noteCategoryId category.name createdDate:t isPinned:b contactHistory:j
> person_phones | phones | phoneId phoneNumber dialingPrefix countryCode ext dateCreated:t phoneType deviceType isPreferred:b isBest:b
    isDisclosure:b smsOptInStatus phoneOptInStatus isCellPhoneExchange:b isCellStatus:j
> person_suppressions | suppressions | suppressionCode suppressionName
"""
_ROOTS = tuple(parsed(_DETAILS))
# The tables that are left out unless they are named, each with those that come with it.
OPTIONAL = {root.table: frozenset(child.table for child in root.children) for root in _ROOTS}


# --- exports -------------------------------------------------------------------------------------------------------


def table_name(resource: str) -> str:
    """Return the table of a type: its name in snake_case, made a plural where it is none."""
    name = snake(resource)
    return name if name.endswith("s") else f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _kind(each: FieldInfo) -> str:
    if each.type != "N":
        return _KINDS[each.type]
    return "text" if each.values or each.name.endswith(_NAMES_OF_IDS) else "decimal"


def _rows(account: Account, resource: ResourceInfo) -> Iterator[Record]:
    """Yield what a perfect reader makes of the files: texts, nothing where a cell is empty, and apart what is no field."""
    collection, names = account.collection(resource.entity), frozenset(resource.names)
    headers = {str(each.id): each.name for each in resource.custom} | {name: name for name in resource.unlisted}
    for record in collection.records():
        number = collection.number(record[collection.id_key])
        texts = {key: text for key, value in row_of(account, resource, number, record).items() if (text := cell_text(value))}
        other = {headers[key]: text for key, text in texts.items() if key in headers}
        yield {key: text for key, text in texts.items() if key in names} | {"_other": other or None}


def _table(account: Account, resource: ResourceInfo) -> TruthTable:
    fields = [Field(snake(each.name), each.name, _kind(each)) for each in resource.fields]
    other = Field("custom_fields" if resource.group_type else "additional_fields", "_other", "json")
    return TruthTable(
        table_name(resource.name), [snake(resource.key)], [*fields, other], lambda: _rows(account, resource),
        account.collection(resource.entity).count, cell=cell,
    )  # fmt: skip


def tables(account: Account) -> dict[str, TruthTable]:
    """Return the truth by table; activist codes have another one already."""
    exported = [RESOURCES[name] for name in resources(account)]
    found = {table_name(each.name): _table(account, each) for each in exported if each.entity != ACTIVIST_CODE}
    return found | tables_of(account, _ROOTS, {PERSON: _seen, "Contribution": _public})


def _seen(_: Account, record: Record) -> Record:
    return shown(record, _SECTIONS)


def _public(_: Account, record: Record) -> Record:
    return {key: value for key, value in record.items() if not key.startswith("_")}
