"""What can be exported: the types, their fields, their change types, and their rows.

LIKELY: the columns of histories, activist codes and survey responses. GUESS: all the others, most keys and most change types, that
disbursements can be exported, that a selection shows its id, and which change types old rows have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sandbox.arithmetic import Record
from sandbox.everyaction.account import Account
from sandbox.everyaction.activity import contribution_cells
from sandbox.everyaction.persons import contact_cells, custom_cells
from sandbox.everyaction.rows import stamp_of
from sandbox.everyaction.times import naive_text
from sandbox.everyaction.world import CUSTOM_FIELDS, CustomFieldInfo, epoch

ACTIVIST_CODE = "ActivistCode"
DELETED = "Deleted"
CORE, MORE = True, False
# Change types are stored since then: older rows have none, or one that means nothing.
_TYPED_SINCE = epoch(2020, 9)


class FieldInfo(NamedTuple):
    """One field of a type: B, T, D, N or M; one that is not `core` has to be asked for. `values` are those of a selection, by id."""

    name: str
    type: str
    core: bool = CORE
    most_characters: int | None = None
    values: tuple[tuple[str, str], ...] = ()


class ResourceInfo(NamedTuple):
    """One type: its rows are the records of an entity, by their key. `changes` are the change types by their ids.

    `group_type` is that of its custom fields, `unlisted` a column that its files have although nothing says so.
    """

    name: str
    entity: str
    key: str
    fields: tuple[FieldInfo, ...]
    changes: tuple[tuple[str, str, str], ...]
    cells: Callable[[Record], Record]
    group_type: str = ""
    unlisted: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Return the names of its fields."""
        return [each.name for each in self.fields]

    @property
    def custom(self) -> list[CustomFieldInfo]:
        """Return the custom fields that can be asked for."""
        return [each for each in CUSTOM_FIELDS if each.group_type == self.group_type and each.exportable]


def _core(kind: str, names: str) -> tuple[FieldInfo, ...]:
    return tuple(FieldInfo(name, kind) for name in names.split())


def _more(kind: str, names: str, most_characters: int | None = None) -> tuple[FieldInfo, ...]:
    return tuple(FieldInfo(name, kind, MORE, most_characters) for name in names.split())


def _choice(name: str, *values: str, core: bool = CORE) -> FieldInfo:
    return FieldInfo(name, "N", core, None, tuple((str(number), value) for number, value in enumerate(values, start=1)))


_TYPE = _core("N", "ChangeTypeID")
_CREATED = ("1", "Created", "The row was created")
_SAVED = ("1", "CreatedOrUpdated", "The row was created, or changed")


def _deleted(number: str, why: str = "The row was deleted") -> tuple[str, str, str]:
    return (number, DELETED, why)


_CONTACTS = (
    *_core("N", "VanID"), *_core("T", "FirstName"), *_more("T", "MiddleName Suffix", 20), *_core("T", "LastName"),
    _choice("ContactModeID", "Person", "Organization"), *_more("T", "CommonName OfficialName"), *_core("T", "Phone PhoneOptInStatus Email"),
    *_more("T", "WorkEmail"), *_more("T", "Address", 200), *_more("T", "City State Zip"),
    FieldInfo("Sex", "T", MORE, 1, (("F", "Female"), ("M", "Male"))), *_more("D", "DateOfBirth"), *_core("B", "IsDeceased"),
    *_more("T", "EmployerName", 50), *_more("M", "AnnualIncome"), *_more("N", "HouseholdSize"),
    _choice("PreferredLanguageID", "English", "Spanish", core=MORE), *_core("D", "DateCreated"), *_TYPE,
)  # fmt: skip
_HISTORY = (
    *_core("N", "ContactsContactID VanID ResultID CanvassedBy CommitteeID CreatedBy"), *_core("D", "DateCreated DateCanvassed"),
    *_core("N", "InputTypeID ContactTypeID ChangeTypeId"),
)  # fmt: skip
_RESPONSES = (
    *_core("N", "ContactsSurveyResponseID VanID SurveyQuestionID SurveyResponseID CanvassedBy"), *_core("D", "DateCanvassed"),
    *_core("N", "CommitteeID CreatedBy"), *_core("D", "DateCreated"), *_core("N", "ContactsContactID InputTypeID ContactTypeID"),
)  # fmt: skip
_FORMS = (
    *_core("N", "ContactsOnlineFormID VanID OnlineFormID"), *_core("D", "DateCreated"), *_core("B", "IsNewContact"), *_core("T",
    "MarketSource"),
    *_more("T", "SubmittedFirstName SubmittedLastName SubmittedAddress SubmittedCity SubmittedState SubmittedZip SubmittedEmail"), *_TYPE,
)  # fmt: skip
_CONTRIBUTIONS = (
    *_core("N", "ContributionID VanID"), *_core("M", "Amount"), *_core("D", "DateReceived"), *_core("N", "DesignationID"),
    *_core("T", "Status PaymentType"), *_more("M", "CoverCostsAmount"), *_more("T", "DirectMarketingCode CheckNumber", 50),
    *_more("N", "DepositNumber"), *_more("D", "DateThanked"), *_more("N", "FinancialBatchID SourceCodeID"), *_more("B", "IsUpsellAccepted"),
    *_more("T", "Notes", 4000), *_core("D", "DateModified"), *_TYPE,
)  # fmt: skip
_ADJUSTMENTS = (
    *_core("N", "ContributionAdjustmentID ContributionID VanID"), _choice("AdjustmentTypeID", "Refund", "Increase", "Chargeback"),
    *_core("M", "Amount"), *_core("D", "DateAdjusted"), *_more("T", "Notes"), *_TYPE,
)  # fmt: skip
_RECURRING = (
    *_core("N", "RecurringContributionID VanID"), *_core("D", "StartDate EndDate"),
    _choice("StatusID", "Active", "InactiveCancelled", "Completed", "InactiveFailed", "Failing"), *_core("M", "Amount"),
    _choice("CurrencyID", "USD"),
    _choice("FrequencyID", "Weekly", "EveryTwoWeeks", "EveryFourWeeks", "Monthly", "TwiceMonthly", "Quarterly", "Annually",
    "TwiceAnnually"),
    *_core("D", "NextTransactionDate"), *_core("T", "PaymentType"), *_more("T", "CreditCardLast4", 4),
    *_more("N", "CCExpirationYear CCExpirationMonth"), *_core("N", "DesignationID"), *_TYPE,
)  # fmt: skip
_GUESTS = (
    *_core("N", "EventTicketTransactionGuestID EventTicketTransactionID EventID VanID"), *_core("T", "TicketLevelName"),
    *_core("M", "TicketPrice"), *_core("B", "IsAttending"), *_more("T", "GuestName"), *_core("D", "DateCreated"), *_TYPE,
)  # fmt: skip
_DISBURSEMENTS = (
    *_core("N", "DisbursementID VanID"), *_core("M", "Amount"), *_core("D", "DateIssued"), *_core("N", "DesignationID"),
    *_core("T", "CheckNumber"), *_more("T", "BatchCode Note"), *_TYPE,
)  # fmt: skip
_ACTIVIST_CODES = (
    *_core("N", "ActivistCodeID"), FieldInfo("ActivistCodeType", "T", CORE, 20), FieldInfo("Campaign", "T", CORE, 150),
    *_more("T", "ActivistCodeName MediumName ShortName Status"), *_TYPE,
)  # fmt: skip


def _activist_code_cells(record: Record) -> Record:
    names = {
        "ActivistCodeName": "name",
        "MediumName": "mediumName",
        "ShortName": "shortName",
        "Status": "status",
        "ActivistCodeType": "type",
    }
    return {"ActivistCodeID": record["activistCodeId"], "Campaign": None} | {name: record.get(key) for name, key in names.items()}


# GUESS: most columns; the vendor publishes them nowhere. Of the change types only those of the first three are known.
RESOURCES = {
    each.name: each
    for each in (
        ResourceInfo("ActivistCodes", ACTIVIST_CODE, "ActivistCodeID", _ACTIVIST_CODES,
                     (_SAVED, _deleted("3", "The code was archived or deleted")), _activist_code_cells),
        ResourceInfo("ContactHistory", "ContactHistory", "ContactsContactID", _HISTORY, (_CREATED,), dict,
                     unlisted=("ScriptName",)),
        ResourceInfo("Contacts", "Person", "VanID", _CONTACTS,
                     (_SAVED, _deleted("3", "The contact was deleted, suppressed, or merged into another")), contact_cells, "Contacts"),
        ResourceInfo("ContactsActivistCodes", "ContactActivistCode", "ContactsActivistCodeID",
                     (*_core("N", "ContactsActivistCodeID ActivistCodeID VanID CommitteeID"), *_core("B", "IsDeleted"), *_TYPE),
                     (_CREATED, _deleted("3")), dict, unlisted=("SourceFile",)),
        ResourceInfo("ContactsOnlineForms", "ContactOnlineForm", "ContactsOnlineFormID", _FORMS, (_SAVED, _deleted("2")), dict,
                     unlisted=("UtmSource",)),
        ResourceInfo("ContactsSurveyResponses", "ContactSurveyResponse", "ContactsSurveyResponseID", _RESPONSES, (), dict,
                     unlisted=("Remark",)),
        ResourceInfo("ContributionAdjustments", "ContributionAdjustment", "ContributionAdjustmentID", _ADJUSTMENTS,
                     (_SAVED, _deleted("3")), dict, unlisted=("ReasonName",)),
        ResourceInfo("Contributions", "Contribution", "ContributionID", _CONTRIBUTIONS, (_SAVED, _deleted("4")), contribution_cells,
                     "Contributions"),
        ResourceInfo("Disbursements", "Disbursement", "DisbursementID", _DISBURSEMENTS, (_SAVED, _deleted("3")), dict,
                     unlisted=("PayeeNote",)),
        ResourceInfo("EventTicketTransactionsGuests", "EventTicketGuest", "EventTicketTransactionGuestID", _GUESTS,
                     (_SAVED, _deleted("3")), dict, unlisted=("SeatNote",)),
        ResourceInfo("RecurringContributions", "RecurringContribution", "RecurringContributionID", _RECURRING,
                     (_SAVED, _deleted("3")), dict, unlisted=("GatewayNote",)),
    )
}  # fmt: skip
BY_ENTITY = {each.entity: each for each in RESOURCES.values()}


def field_object(each: FieldInfo, resource: ResourceInfo) -> Record:
    """Return what the vendor tells of a field."""
    imports: list[Record] = [{"mappingTypeName": "ApplyContact", "fieldName": each.name}] if each.type == "T" and each.core else []
    if each.name == resource.key:
        imports.append({"mappingTypeName": "Key", "fieldName": each.name, "relationalMappings": [{"fieldName": each.name, "value": "1"}]})
    found: Record = {
        "fieldName": each.name, "fieldType": each.type, "maxTextboxCharacters": each.most_characters, "isCoreField": each.core,
        "availableValues": [{"id": number, "name": name} for number, name in each.values] or None,
    }  # fmt: skip
    found |= {} if each.type == "D" else {"bulkImportFields": imports}  # it may be absent
    return found | ({"sortOrder": 1} if each.name == resource.key else {})  # properties appear without notice


def change_type_objects(resource: ResourceInfo) -> list[Record]:
    """Return what the vendor tells of the change types, in its own spelling."""
    return [
        {"ChangeTypeID": number, "ChangeTypeName": name, "Description": said} | ({"isFinal": True} if name == DELETED else {})
        for number, name, said in resource.changes
    ]


def row_of(account: Account, resource: ResourceInfo, number: int, record: Record, *, deleted: bool = False) -> Record:
    """Return the cells of a row by their names, custom fields under their ids; a spoilt cell of a record is in its `_cells`."""
    stamp = stamp_of(account, resource.entity, number, record)
    cells = resource.cells(record) | _change_type(resource, stamp, deleted=deleted)
    if "DateModified" in resource.names:
        cells["DateModified"] = naive_text(stamp)
    if resource.group_type:
        cells |= {str(field): value for field, value in custom_cells(record).items()}
    spoilt: Record = record.get("_cells", {})
    return cells | spoilt


def _change_type(resource: ResourceInfo, stamp: int, *, deleted: bool) -> Record:
    if not resource.changes:
        return {}
    name = next(each for each in resource.names if each.lower() == "changetypeid")
    number: str | None = next((each[0] for each in resource.changes if (each[1] == DELETED) is deleted), resource.changes[0][0])
    if stamp < _TYPED_SINCE and not deleted:
        number = (None, "0", number)[stamp % 3]
    return {name: number} | ({"IsDeleted": deleted} if "IsDeleted" in resource.names else {})
