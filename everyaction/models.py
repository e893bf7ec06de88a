"""The tables of EveryAction, as data, and pure functions that make rows of what the API serves.

`ROOTS` tells, for each kind of record that comes as JSON, its table and the tables of its nested lists, and `split` makes the rows. What
comes as CSV, the changed entity exports, has other columns in each account: `export_table` makes a table of what `/fields` lists, and
`ExportReader` its rows. Names are the API's own in snake_case. Nothing here does I/O, reads a clock or calls the SDK.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any, NamedTuple

from common.splitting import Child, Root, Split, child_table, split
from common.tables import (
    CellProblem,
    Column,
    Notes,
    Record,
    Row,
    Table,
    boolean,
    decimal,
    double,
    integer,
    json_text,
    of_some,
    text,
    to_boolean,
    to_text,
    to_utc,
)

__all__ = [
    "DOCUMENTED",
    "OPTIONAL_TABLES",
    "ROOTS",
    "ExportReader",
    "Field",
    "NoKey",
    "Resource",
    "Split",
    "canonical",
    "export_table",
    "resource_of",
    "split",
    "tables",
]

EXTRA = "additional_fields"  # takes what no column knows: properties appear without notice (fact sheet 6)
NO_DATE = "0001-01-01"  # .NET's default, which stands for no date (6)


# --- Converters ---


def to_moment(value: object) -> datetime | None:
    """An aware datetime in UTC, as `to_utc`; the year 1 is no date: None.

    Raises:
        ConversionError: for anything that is no date or time.
    """
    return None if isinstance(value, str) and value.startswith(NO_DATE) else to_utc(value)


def to_id_or_none(value: object) -> str | None:
    """An id as text; 0 is none: None (`campaignID`, 6).

    Raises:
        ConversionError: for what is neither text nor a number.
    """
    return None if (found := to_text(value)) == "0" else found


def to_flag(value: object) -> bool:
    """A truth value, also from "True" and "False" in any case, and from 1 and 0 (7.5).

    Raises:
        ConversionError: for anything else.
    """
    return value == "1" if isinstance(value, str) and value in {"0", "1"} else to_boolean(value)


# --- Names ---


def snake(name: str) -> str:
    """A vendor's name in snake_case: `VanID` is `van_id`, `PhoneOptInStatus` is `phone_opt_in_status`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])", "_", name)
    found = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return found if found[:1].isalpha() else f"field_{found}".strip("_")


def column_name(path: str) -> str:
    """The column of a field: `parent_child`; a child whose name begins with the parent's does not repeat it."""
    name = ""
    for part in map(snake, path.split(".")):
        name = part if not name or part.startswith(f"{name}_") else f"{name}_{part}"
    return name


def plural(name: str) -> str:
    """A table's name from a type's, which may be a plural already."""
    if name.endswith("s"):
        return name
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


# --- Tables of JSON ---


def _moment(source: str) -> Column:
    return Column(source, "UTC_DATETIME", to_moment)


def _id_or_none(source: str) -> Column:
    return Column(source, "STRING", to_id_or_none)


KINDS: dict[str, Callable[[str], Column]] = {
    "": text,
    "i": integer,
    "b": boolean,
    "t": _moment,
    "n": decimal,
    "f": double,
    "j": json_text,
    "z": _id_or_none,
}
DISTRIBUTIONS = "emailMessageContentDistributions"  # its fields stand without a prefix


def _columns(fields: str) -> dict[str, Column]:
    """Columns of fields, each with its kind behind a colon (none for text, and for ids); one with a minus is known, but no column."""
    found = {}
    for word in fields.split():
        source, _, kind = word.partition(":")
        if not source.startswith("-"):
            found[column_name(source.removeprefix(f"{DISTRIBUTIONS}."))] = of_some(KINDS[kind](source))
    return found


def _left_out(fields: str) -> list[str]:
    return [word[1:] for word in fields.split() if word.startswith("-")]


def _root(name: str, id_field: str, fields: str, *children: tuple[str, str, str]) -> Root:
    """A kind of record: its table, its id, its fields, and for each nested list the table, the list's key and the fields."""
    root_id = column_name(id_field)
    lists = tuple(
        Child(key, child_table(table, root_id, _columns(of_child), _left_out(of_child), EXTRA)) for table, key, of_child in children
    )
    nested = [*_left_out(fields), *(child.key for child in lists)]
    return Root(Table(name, [root_id], {root_id: text(id_field)} | _columns(fields), nested, EXTRA), id_field, lists)


PLACE = "name displayName"
ROLE = "roleId name isEventLead:b min:i max:i goal:i"
NOTE = "noteId text isViewRestricted:b category.noteCategoryId category.name createdDate:t isPinned:b"

REFERENCE = (
    _root(
        "api_key_profiles",
        "keyReference",
        """databaseName hasMyVoters:b hasMyCampaign:b committeeName apiKeyTypeName userFirstName userLastName username userId committeeId
        stateId""",
    ),
    _root(
        "activist_codes", "activistCodeId", "type name mediumName shortName description scriptQuestion status isMultiAssign:b"
    ),
    _root(
        "survey_questions",
        "surveyQuestionId",
        "type cycle:i name mediumName shortName scriptQuestion status",
        ("survey_responses", "responses", "surveyResponseId name mediumName shortName"),
    ),
    _root(
        "codes",
        "codeId",
        "parentCodeId name description codeType codePath createdByName dateCreated:t dateModified:t campaign:j contactType:j",
        ("code_supported_entities", "supportedEntities", "name isSearchable:b isApplicable:b"),
    ),
    _root(
        "extended_source_codes",
        "extendedSourceCodeId",
        """extendedSourceCodeName createdBy.userId createdBy.firstName createdBy.lastName dateCreated:t modifiedBy.userId
        modifiedBy.firstName modifiedBy.lastName dateModified:t""",
    ),
    _root(
        "custom_fields",
        "customFieldId",
        """customFieldParentId customFieldName customFieldGroupId customFieldGroupName customFieldGroupType customFieldTypeId isEditable:b
        isExportable:b maxTextboxCharacters:i""",
        ("custom_field_values", "availableValues", "id name parentValueId"),
    ),
    _root("contact_types", "contactTypeId", "name channelTypeName"),
    _root("input_types", "inputTypeId", "name"),
    _root("result_codes", "resultCodeId", "name mediumName shortName resultOutcomeGroup"),
    _root(
        "event_types",
        "eventTypeId",
        """name canHaveMultipleShifts:b canHaveMultipleLocations:b canHaveGoals:b canHaveRoleMaximums:b canHaveRoleMinimums:b
        canBeRepeatable:b color isAtLeastOneLocationRequired:b defaultLocation:j isSharedWithMasterCommitteeByDefault:b
        isSharedWithChildCommitteesByDefault:b isOnlineActionsAvailable:b""",
        ("event_type_roles", "roles", ROLE),
        ("event_type_statuses", "statuses", "statusId name"),
    ),
    _root(
        "events",
        "eventId",
        """name shortName description startDate:t endDate:t eventType.eventTypeId eventType.name isOnlyEditableByCreatingUser:b
        isPubliclyViewable:b isActive:b districtFieldValue dotNetTimeZoneId createdDate:t voterRegistrationBatches:j""",
        ("event_locations", "locations", f"locationId {PLACE} address:j -id -notes -codes"),
        ("event_codes", "codes", "codeId name"),
        ("event_shifts", "shifts", "eventShiftId name startTime:t endTime:t"),
        ("event_roles", "roles", ROLE),
        ("event_notes", "notes", NOTE),
    ),
    _root(
        "locations",
        "locationId",
        f"""{PLACE} address.addressLine1 address.addressLine2 address.addressLine3 address.city address.stateOrProvince
        address.zipOrPostalCode address.countryCode address.preview address.geoLocation.lat:f address.geoLocation.lon:f notes:j codes:j
        -id -address.addressId -address.unitNo -address.type -address.isPreferred -address.isBest -address.streetAddress
        -address.displayMode""",
    ),
    _root("supporter_groups", "id", "name description"),
    _root(
        "campaigns",
        "campaignId",
        "name campaignType.campaignTypeId campaignType.name campaignDisplayName status",
        ("campaign_contents", "contents", "contentId contentType:j name shortName displayName description disposition"),
    ),
    _root(
        "targets",
        "targetId",
        "name type description points:i areSubgroupsSticky:b status markedSubgroup:j",
        ("target_subgroups", "subgroups", "subgroupId name fullName isAssociatedWithBadges:b -targetId"),
    ),
    _root("scores", "scoreId", "name shortName description scoreType minValue:f maxValue:f state origin"),
    _root(
        "score_updates",
        "scoreUpdateId",
        """score.scoreId score.name updateStatistics.totalRows:i updateStatistics.duplicateRows:i updateStatistics.matchedRows:i
        updateStatistics.matchPercent:f updateStatistics.increasedBy:i updateStatistics.decreasedBy:i updateStatistics.nulledOut:i
        updateStatistics.added:i updateStatistics.outOfRange:i updateStatistics.badValues:i updateStatistics.maxValue:f
        updateStatistics.minValue:f updateStatistics.averageValue:f updateStatistics.medianValue:f loadStatus dateProcessed:t""",
    ),
    _root("folders", "folderId", "name"),
    _root("saved_lists", "savedListId", "name description listCount:i doorCount:i folderId"),
    _root("printed_lists", "number", "name eventSignups:j listSize:i"),
    _root(
        "minivan_exports",
        "minivanExportId",
        """name dateCreated:t createdBy.id createdBy.userId createdBy.firstName createdBy.lastName createdBy.displayName eventSignups:j
        databaseMode:i""",
        ("minivan_export_canvassers", "canvassers", "canvasserId firstName lastName"),
    ),
    _root(
        "email_messages",
        "foreignMessageId",
        "name createdBy dateCreated:t dateScheduled:t campaignID:z dateModified:t",
        (
            "email_message_contents",
            "emailMessageContent",
            "name senderDisplayName senderEmailAddress subject createdBy dateCreated:t "
            + " ".join(
                f"{DISTRIBUTIONS}.{field}"
                for field in (
                    "dateSent:t", "recipientCount:i", "openCount:i", "machineOpenCount:i", "linksClickedCount:i", "unsubscribeCount:i",
                    "bounceCount:i", "contributionCount:i", "contributionTotal:n", "formSubmissionCount:i",
                )
            ),
        ),
    ),
    _root(
        "online_actions_forms",
        "formTrackingId",
        """formName formType formTypeId dateCreated:t createdByEmail dateModified:t modifiedByEmail isActive:b designation.designationId
        designation.name confirmationEmailData.fromEmail confirmationEmailData.fromName confirmationEmailData.fromSubject
        confirmationEmailData.replyToEmail confirmationEmailData.copyToEmails:j confirmationEmailData.isConfirmationEmailEnabled:b
        confirmationEmailData.isRecurringEmailEnabled:b activistCodes:j eventId codeId campaignId isConfirmedOptInEnabled:b""",
    ),
    _root(
        "designations",
        "designationId",
        "name officialName disclosureFields:j",
        ("designation_payment_types", "paymentTypes", "paymentType name isDefault:b"),
        ("designation_attribution_types", "attributionTypes", "financialAttributionTypeId name attributionType"),
    ),
    _root(
        "financial_batches",
        "financialBatchId",
        """financialBatchNumber financialBatchName designationId expectedContributionCount:i expectedContributionTotalAmount:n bankAccountId
        dateDeposited:t depositNumber checkDate:t checkNumber isOpen:b dateOpened:t dateClosed:t isAutoGenerated:b""",
    ),
    _root(
        "district_fields",
        "districtFieldId",
        "name parentFieldId isCustomDistrict:b",
        ("district_field_values", "districtFieldValues", "id name parentId"),
    ),
    _root("note_categories", "noteCategoryId", "name assignableTypes:j"),
    _root("pronouns", "pronounId", "pronounName"),
    _root("reported_races", "reportedRaceId", "reportedRaceName"),
    _root("reported_ethnicities", "reportedEthnicityId", "reportedEthnicityName"),
    _root("reported_genders", "reportedGenderId", "reportedGenderName"),
    _root("reported_sexual_orientations", "reportedSexualOrientationId", "reportedSexualOrientationName"),
    _root("reported_language_preferences", "reportedLanguagePreferenceId", "reportedLanguagePreferenceName"),
    _root("relationships", "id", "name"),
    _root("employers", "employerId", "name shortName website isMyOrganization:b parentOrganization:j"),
    _root("departments", "departmentId", "name parentDepartmentId employer.employerId employer.name"),
    _root(
        "worksites",
        "worksiteId",
        """name isPreferred:b address.addressLine1 address.unitNo address.city address.stateOrProvince address.zipOrPostalCode
        employer.employerId employer.name""",
        ("work_areas", "workAreas", "workAreaId name"),
    ),
    _root("bargaining_units", "bargainingUnitId", "name shortName"),
    _root("job_classes", "jobClassId", "name shortName"),
    _root("member_statuses", "memberStatusId", "name isMember:b"),
    _root("schedule_types", "scheduleTypeId", "name"),
    _root("shift_types", "shiftTypeId", "name defaultStartTime defaultEndTime"),  # 1900-01-01T06:00Z: of such only the time counts
    _root("ballot_request_types", "ballotRequestTypeId", "name"),
    _root("ballot_return_statuses", "ballotReturnStatusId", "name"),
    _root("ballot_types", "ballotTypeId", "name"),
    _root("ballot_rejection_reasons", "ballotRejectionReasonId", "name"),
    _root("early_vote_fields", "earlyVoteFieldId", "name type status values:j"),
    _root(
        "voter_registration_batches",
        "voterRegistrationBatchId",
        """name description stateCode form.formId form.name status programType.programTypeId programType.name personType
        dateCreated:t""",
    ),
    _root(
        "changed_entity_resources",
        "resourceType",
        "",
        (
            "changed_entity_fields",
            "fields",
            "fieldName fieldType maxTextboxCharacters:i isCoreField:b availableValues:j bulkImportFields:j",
        ),
        ("changed_entity_change_types", "changeTypes", "ChangeTypeID ChangeTypeName Description"),
    ),
)
SIGNUPS = _root(
    "event_signups",
    "eventSignupId",
    """person.vanId person.firstName person.middleName person.lastName person.contactOrganizationCommonName
    person.contactOrganizationOfficialName person.contactModeId person.email person.phone event.eventId event.name event.shortName
    shift.eventShiftId shift.name role.roleId role.name status.statusId status.name location.locationId location.name
    location.displayName startTimeOverride:t endTimeOverride:t printedLists:j minivanExports:j supporterGroupId isOfflineSignup:b
    dateModified:t modifiedBy:j""",
)
DETAILS = (
    _root(
        "contribution_details",
        "contributionId",
        """contact.vanId designation.designationId designation.name dateReceived:t amount:n coverCostsAmount:n status paymentType
        bankAccount contributionBankAccount.bankAccountId contributionBankAccount.name depositDate:t depositNumber checkDate:t checkNumber
        onlineReferenceNumber pledge.pledgeId generalLedgerFund.generalLedgerFundId generalLedgerFund.name generalLedgerFund.description
        generalLedgerFund.isActive:b costCenter:j directMarketingCode dateThanked:t notes extendedSourceCode.extendedSourceCodeId
        financialBatchId processedAmount:n processedCurrency acceptedOneTimeAmount:n acceptedRecurringAmount:n selectedOneTimeAmount:n
        upsellType isUpsellShown:b isUpsellAccepted:b linkedPartnershipContributionId linkedJointFundraisingContributionId""",
        ("contribution_attributions", "contactAttributions", "vanId amountAttributed:n attributionType notes dateThanked:t"),
        ("contribution_codes", "codes", "codeId codeName"),
        ("contribution_disclosure_values", "disclosureFieldValues", "disclosureFieldId disclosureFieldValue designationId"),
        ("contribution_identifiers", "identifiers", "type externalId"),
    ),
    _root(
        "person_details",
        "vanId",
        """firstName middleName lastName suffix title contactSource contactMode organizationContactCommonName
        organizationContactOfficialName
        salutation formalSalutation additionalSalutation preferredPronoun namePronunciation envelopeName formalEnvelopeName
        additionalEnvelopeName contactMethodPreferenceCode contactMethodPreferenceId contactMethodPreferenceName assistantName nickname
        website professionalSuffix party employer occupation jobTitle sex dateOfBirth:t isDeceased:b dateCreated:t dateAcquired:t
        finderNumber""",
        (
            "person_addresses",
            "addresses",
            """addressId addressLine1 addressLine2 addressLine3 unitNo city stateOrProvince zipOrPostalCode countryCode type isPreferred:b
            isBest:b preview streetAddress displayMode geoLocation:j""",
        ),
        ("person_codes", "codes", "codeId name codeType"),
        ("person_custom_field_values", "customFields", "customFieldId customFieldGroupId assignedValue customField:j"),
        ("person_districts", "districts", "districtFieldId name parentFieldId isCustomDistrict:b districtFieldValues:j"),
        ("person_emails", "emails", "email type dateCreated:t isPreferred:b isSubscribed:b subscriptionStatus"),
        ("person_identifiers", "identifiers", "type externalId"),
        ("person_notes", "notes", f"{NOTE} contactHistory:j"),
        (
            "person_phones",
            "phones",
            """phoneId phoneNumber dialingPrefix countryCode ext dateCreated:t phoneType deviceType isPreferred:b isBest:b isDisclosure:b
            smsOptInStatus phoneOptInStatus isCellPhoneExchange:b isCellStatus:j""",
        ),
        ("person_suppressions", "suppressions", "suppressionCode suppressionName"),
    ),
)
ROOTS = {root.table.name: root for root in (*REFERENCE, SIGNUPS, *DETAILS)}
OPTIONAL_TABLES = ("contribution_details", "person_details")  # a request for each contribution, and for each person


@cache
def _spellings(name: str) -> Mapping[str, str]:
    """The names on the wire of a kind of record, in whatever depth, by their lower case."""
    root = ROOTS[name]
    everything = (root.table, *root.child_tables.values())
    fields = [field for table in everything for field in table.known]
    inner = [part for table in everything for column in table.columns.values() for part in column.source.split(".")]
    return {field.lower(): field for field in (*fields, *inner) if field}


def canonical(root: Root, record: object) -> Any:
    """The record with its keys spelled as the columns name them, since their case varies (6)."""
    return _respelled(record, _spellings(root.table.name))


def _respelled(value: object, spellings: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_respelled(one, spellings) for one in value]
    if not isinstance(value, dict):
        return value
    known = {key: spellings.get(key.lower(), key) for key in value}
    return {key if known[key] in value else known[key]: _respelled(inner, spellings) for key, inner in value.items()}


# --- Changed entity exports (7) ---

VAN_ID = "VanID"
IS_DELETED, CHANGE_TYPE = "isdeleted", "changetypeid"
CUSTOM = {"Contacts", "Contributions"}  # types that have custom fields; their columns are not in /fields
COVERED = frozenset({"ActivistCodes"})  # types that a reference table covers whole
CERTAIN_KEYS = {
    "Contacts": ("VanID",),
    "ContactHistory": ("ContactsContactID",),
    "ContactsActivistCodes": ("ContactsActivistCodeID",),
    "ContactsSurveyResponses": ("ContactsSurveyResponseID",),
    "ContactsOnlineForms": ("ContactsOnlineFormID",),
    "Contributions": ("ContributionID", "ContactsContributionID"),
    "RecurringContributions": ("RecurringContributionID", "ContactsRecurringContributionID"),
    "ContributionAdjustments": ("ContributionAdjustmentID", "ContactsContributionAdjustmentID"),
    "EventTicketTransactionsGuests": ("EventTicketTransactionGuestID", "EventTicketTransactionsGuestID"),
}
GONE = re.compile("(?<!un)(delet|remov|suppress|archiv|inactiv)", re.IGNORECASE)  # in the name of a change type
NUMBER = {"precision": 28, "scale": 8}  # exact for ids that are not known as such, and for fractions


class Field(NamedTuple):
    """A field of an export: its name and type (B, T, D, N or M), whether it is always exported, whether it is one of a list of values."""

    name: str
    kind: str
    core: bool = True
    listed: bool = False


class NoKey(ValueError):
    """The fields of a type show no key."""


class Resource(NamedTuple):
    """A type of changed entities that this account exports.

    Args:
        name: the API's.
        fields: all of them.
        change_types: the ids of change types that say that a row is gone.
        table: its table, with its key.
    """

    name: str
    fields: tuple[Field, ...]
    change_types: frozenset[str]
    table: Table

    @property
    def key(self) -> str:
        """The name of the field that is the key."""
        return self.table.columns[self.table.key[0]].source

    @property
    def tells_change(self) -> bool:
        """Whether its rows tell by their kind of change alone that they were deleted."""
        names = {field.name.lower() for field in self.fields}
        return CHANGE_TYPE in names and IS_DELETED not in names

    @property
    def of_people(self) -> bool:
        """Whether its rows name the person to whom they belong."""
        return any(field.name.lower() == VAN_ID.lower() for field in self.fields)


def field_of(raw: Mapping[str, Any]) -> Field | None:
    """A field object of /fields (7.2); None for one without a name."""
    name = raw.get("fieldName") or raw.get("name")
    if not isinstance(name, str) or not name:
        return None
    kind = raw.get("fieldType") or raw.get("type")
    return Field(name, kind if isinstance(kind, str) else "T", raw.get("isCoreField") is not False, bool(raw.get("availableValues")))


def resource_of(name: str, fields: Iterable[Mapping[str, Any]], change_types: Iterable[Mapping[str, Any]]) -> Resource:
    """What is known of a type.

    Raises:
        NoKey: if its fields show no key.
    """
    known = tuple({field.name.lower(): field for raw in fields if (field := field_of(raw))}.values())
    gone = frozenset(
        str(told.get("changetypeid"))
        for raw in change_types
        if (told := {key.lower(): value for key, value in raw.items()}) and GONE.search(str(told.get("changetypename")))
    )
    return Resource(name, known, gone, export_table(name, known))


def export_table(resource: str, fields: Sequence[Field]) -> Table:
    """The table of a type of changed entities.

    Raises:
        NoKey: if none of its fields is certainly the key.
    """
    names = {field.name.lower(): field.name for field in fields}
    candidates = (*CERTAIN_KEYS.get(resource, ()), f"{resource.removesuffix('s')}ID")
    key = next((names[one.lower()] for one in candidates if one.lower() in names), None)
    if key is None:
        raise NoKey(f"/fields/{resource} lists none of {', '.join(candidates)}, which would be the key")
    columns = {snake(key): text(key)} | {snake(field.name): _export_column(field) for field in fields if field.name != key}
    return Table(table_name(resource), [snake(key)], columns, extra="custom_fields" if resource in CUSTOM else EXTRA)


def table_name(resource: str) -> str:
    """The table of a type; none has the name of a table of the reference lists."""
    name = plural(snake(resource))
    taken = {table.name for root in ROOTS.values() for table in root.declared(())}
    return f"exported_{name}" if name in taken else name


def _export_column(field: Field) -> Column:
    if field.kind == "B":
        return Column(field.name, "BOOLEAN", to_flag)
    if field.kind == "D":  # without a zone, which nobody knows (7.5): the digits are kept
        return _moment(field.name)
    if field.kind == "M":
        return decimal(field.name)
    is_id = field.listed or field.name.endswith(("ID", "Id", "By"))
    return decimal(field.name, **NUMBER) if field.kind == "N" and not is_id else text(field.name)


class ExportReader:
    """Makes rows of an export's cells.

    Args:
        resource: whose export it is.
        header: its first line, whose names may differ in case from those of /fields.
    """

    def __init__(self, resource: Resource, header: Sequence[str]) -> None:
        self._resource = resource
        known = {column.source.lower(): column.source for column in resource.table.columns.values() if column.source}
        self.header = list[str]()
        for name in (one.strip() for one in header):  # a custom field may be named as another column is
            found = known.get(name.lower(), name)
            spare = (f"{name} ({number})" for number in count(2))
            self.header.append(found if found not in self.header else next(one for one in spare if one not in self.header))
        self._id_name = known[resource.key.lower()]
        self._deleted = next((field.name for field in resource.fields if field.name.lower() == IS_DELETED), None)
        self._change = next((field.name for field in resource.fields if field.name.lower() == CHANGE_TYPE), None)
        self._person = known.get(VAN_ID.lower())

    def record(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells that are not empty, by their names.

        Raises:
            ValueError: if there are not as many as in the header.
        """
        if len(cells) != len(self.header):
            raise ValueError(f"the row has {len(cells)} cells, and the header {len(self.header)}")
        return {name: cell for name, cell in zip(self.header, cells, strict=True) if cell != ""}

    def row(self, record: Record) -> tuple[Row | None, list[CellProblem]]:
        """The row of a record, None without its key, and the cells that did not convert."""
        notes = Notes()
        row = self._resource.table.row(record, notes)
        return (row if row[self._resource.table.key[0]] else None), notes.problems

    def person(self, record: Record) -> int | None:
        """The id of the person to whom a record belongs."""
        found = record.get(self._person or "", "")
        return int(found) if found.isdecimal() and found.isascii() else None

    def is_gone(self, record: Record) -> bool:
        """Whether a record is of what was deleted or suppressed: IsDeleted decides where it is told, else the change type (7.6)."""
        if self._deleted and record.get(self._deleted):
            return str(record[self._deleted]).lower() in {"true", "1"}
        return bool(self._change and record.get(self._change) in self._resource.change_types)


# What the vendor's pages and clients tell of the fields (7.7), for the documentation: an account has others, and more of them.
_DOCUMENTED_FIELDS = {
    "Contacts": "VanID:N FirstName:T LastName:T Phone:T PhoneOptInStatus:T DateCreated:D ChangeTypeID:N",
    "ContactHistory": """ContactsContactID:N VanID:N ResultID:N CanvassedBy:N CommitteeID:N CreatedBy:N DateCreated:D DateCanvassed:D
        InputTypeID:N ContactTypeID:N ChangeTypeId:N""",
    "ContactsActivistCodes": "ContactsActivistCodeID:N ActivistCodeID:N VanID:N CommitteeID:N IsDeleted:B ChangeTypeID:N",
    "ContactsSurveyResponses": """ContactsSurveyResponseID:N VanID:N SurveyQuestionID:N SurveyResponseID:N CanvassedBy:N DateCanvassed:D
        CommitteeID:N CreatedBy:N DateCreated:D ContactsContactID:N InputTypeID:N ContactTypeID:N""",
    "ContactsOnlineForms": "ContactsOnlineFormID:N VanID:N OnlineFormID:N DateCreated:D",
    "Contributions": "ContributionID:N VanID:N Amount:M DateReceived:D",
    "ContributionAdjustments": "ContributionAdjustmentID:N",
    "RecurringContributions": "RecurringContributionID:N",
    "EventTicketTransactionsGuests": "EventTicketTransactionGuestID:N",
}


def _documented(name: str, fields: str) -> Resource:
    raw = [{"fieldName": field, "fieldType": kind} for field, _, kind in (word.partition(":") for word in fields.split())]
    return resource_of(name, raw, ())


DOCUMENTED = tuple(_documented(name, fields) for name, fields in _DOCUMENTED_FIELDS.items())


# --- What sync works with ---


def tables(optional: Collection[str], resources: Iterable[Resource] = DOCUMENTED) -> list[Table]:
    """Every table of a connection that has these optional tables switched on and exports these types, in a stable order."""
    wanted = [root for name, root in ROOTS.items() if name not in OPTIONAL_TABLES or name in optional]
    return [*(resource.table for resource in resources), *(table for root in wanted for table in root.declared(optional))]
