"""The truth about all reference lists, what single records tell besides, and the signups of events: straight from the records.

A table reads `table | entity | id | columns`, and below it those of the lists in its records, `> table | key of the list | columns`, in
the words of `sandbox.everyaction.kinds`. A row of such a list has its running number as its position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.arithmetic import Record
from sandbox.everyaction import emails, events, exports, lists, signups
from sandbox.everyaction.account import Account
from sandbox.everyaction.kinds import cell, column_of, fields_of, known_keys
from sandbox.truth import ADDITIONAL_FIELDS, Field, TruthTable

Adapt = Callable[[Account, Record], Record]
EXPORTED = "ChangedEntityResource"

_TABLES = """
api_key_profiles | ApiKeyProfile | keyReference | databaseName hasMyVoters:b hasMyCampaign:b committeeName apiKeyTypeName userFirstName
    userLastName username userId committeeId stateId
activist_codes | ActivistCode | activistCodeId | type name mediumName shortName description scriptQuestion status isMultiAssign:b
survey_questions | SurveyQuestion | surveyQuestionId | type cycle:i name mediumName shortName scriptQuestion status
> survey_responses | responses | surveyResponseId name mediumName shortName
codes | Code | codeId | parentCodeId name description codeType codePath createdByName dateCreated:t dateModified:t campaign:j contactType:j
> code_supported_entities | supportedEntities | name isSearchable:b isApplicable:b
extended_source_codes | ExtendedSourceCode | extendedSourceCodeId | extendedSourceCodeName createdBy.userId createdBy.firstName
    createdBy.lastName dateCreated:t modifiedBy.userId modifiedBy.firstName modifiedBy.lastName dateModified:t
custom_fields | CustomField | customFieldId | customFieldParentId customFieldName customFieldGroupId customFieldGroupName
    customFieldGroupType customFieldTypeId isEditable:b isExportable:b maxTextboxCharacters:i
> custom_field_values | availableValues | id name parentValueId
contact_types | ContactType | contactTypeId | name channelTypeName
input_types | InputType | inputTypeId | name
result_codes | ResultCode | resultCodeId | name mediumName shortName resultOutcomeGroup
event_types | EventType | eventTypeId | name canHaveMultipleShifts:b canHaveMultipleLocations:b canHaveGoals:b canHaveRoleMaximums:b
    canHaveRoleMinimums:b canBeRepeatable:b color isAtLeastOneLocationRequired:b defaultLocation:j isSharedWithMasterCommitteeByDefault:b
    isSharedWithChildCommitteesByDefault:b isOnlineActionsAvailable:b
> event_type_roles | roles | roleId name isEventLead:b min:i max:i goal:i
> event_type_statuses | statuses | statusId name
events | Event | eventId | name shortName description startDate:t endDate:t eventType.eventTypeId eventType.name
    isOnlyEditableByCreatingUser:b isPubliclyViewable:b isActive:b districtFieldValue dotNetTimeZoneId createdDate:t
    voterRegistrationBatches:j
> event_locations | locations | locationId name displayName address:j -id -notes -codes
> event_codes | codes | codeId name
> event_shifts | shifts | eventShiftId name startTime:t endTime:t
> event_roles | roles | roleId name isEventLead:b min:i max:i goal:i
> event_notes | notes | noteId text isViewRestricted:b category.noteCategoryId category.name createdDate:t isPinned:b
event_signups | EventSignup | eventSignupId | person.vanId person.firstName person.middleName person.lastName
    person.contactOrganizationCommonName person.contactOrganizationOfficialName person.contactModeId person.email person.phone event.eventId
    event.name event.shortName shift.eventShiftId shift.name role.roleId role.name status.statusId status.name location.locationId
    location.name location.displayName startTimeOverride:t endTimeOverride:t printedLists:j minivanExports:j supporterGroupId
    isOfflineSignup:b dateModified:t modifiedBy:j
locations | Location | locationId | name displayName address.addressLine1 address.addressLine2 address.addressLine3 address.city
    address.stateOrProvince address.zipOrPostalCode address.countryCode address.preview address.geoLocation.lat:f address.geoLocation.lon:f
    notes:j codes:j -id
supporter_groups | SupporterGroup | id | name description
campaigns | Campaign | campaignId | name campaignType.campaignTypeId campaignType.name campaignDisplayName status
> campaign_contents | contents | contentId contentType:j name shortName displayName description disposition
targets | Target | targetId | name type description points:i areSubgroupsSticky:b status markedSubgroup:j
> target_subgroups | subgroups | subgroupId name fullName isAssociatedWithBadges:b -targetId
scores | Score | scoreId | name shortName description scoreType minValue:f maxValue:f state origin
score_updates | ScoreUpdate | scoreUpdateId | score.scoreId score.name updateStatistics.totalRows:i updateStatistics.duplicateRows:i
    updateStatistics.matchedRows:i updateStatistics.matchPercent:f updateStatistics.increasedBy:i updateStatistics.decreasedBy:i
    updateStatistics.nulledOut:i updateStatistics.added:i updateStatistics.outOfRange:i updateStatistics.badValues:i
    updateStatistics.maxValue:f updateStatistics.minValue:f updateStatistics.averageValue:f updateStatistics.medianValue:f loadStatus
    dateProcessed:t
folders | Folder | folderId | name
saved_lists | SavedList | savedListId | name description listCount:i doorCount:i folderId
printed_lists | PrintedList | number | name eventSignups:j listSize:i
minivan_exports | MinivanExport | minivanExportId | name dateCreated:t createdBy.id createdBy.userId createdBy.firstName
    createdBy.lastName createdBy.displayName eventSignups:j databaseMode:i
> minivan_export_canvassers | canvassers | canvasserId firstName lastName
email_messages | EmailMessage | foreignMessageId | name createdBy dateCreated:t dateScheduled:t campaignID dateModified:t
> email_message_contents | emailMessageContent | name senderDisplayName senderEmailAddress subject createdBy dateCreated:t dateSent:t
    recipientCount:i openCount:i machineOpenCount:i linksClickedCount:i unsubscribeCount:i bounceCount:i contributionCount:i
    contributionTotal:n formSubmissionCount:i -emailMessageContentDistributions
online_actions_forms | OnlineActionsForm | formTrackingId | formName formType formTypeId dateCreated:t createdByEmail dateModified:t
    modifiedByEmail isActive:b designation.designationId designation.name confirmationEmailData.fromEmail confirmationEmailData.fromName
    confirmationEmailData.fromSubject confirmationEmailData.replyToEmail confirmationEmailData.copyToEmails:j
    confirmationEmailData.isConfirmationEmailEnabled:b confirmationEmailData.isRecurringEmailEnabled:b activistCodes:j eventId codeId
    campaignId isConfirmedOptInEnabled:b
designations | Designation | designationId | name officialName disclosureFields:j
> designation_payment_types | paymentTypes | paymentType name isDefault:b
> designation_attribution_types | attributionTypes | financialAttributionTypeId name attributionType
financial_batches | FinancialBatch | financialBatchId | financialBatchNumber financialBatchName designationId expectedContributionCount:i
    expectedContributionTotalAmount:n bankAccountId dateDeposited:t depositNumber checkDate:t checkNumber isOpen:b dateOpened:t dateClosed:t
    isAutoGenerated:b
district_fields | DistrictField | districtFieldId | name parentFieldId isCustomDistrict:b
> district_field_values | districtFieldValues | id name parentId
note_categories | NoteCategory | noteCategoryId | name assignableTypes:j
pronouns | Pronoun | pronounId | pronounName
reported_races | ReportedRace | reportedRaceId | reportedRaceName
reported_ethnicities | ReportedEthnicity | reportedEthnicityId | reportedEthnicityName
reported_genders | ReportedGender | reportedGenderId | reportedGenderName
reported_sexual_orientations | ReportedSexualOrientation | reportedSexualOrientationId | reportedSexualOrientationName
reported_language_preferences | ReportedLanguagePreference | reportedLanguagePreferenceId | reportedLanguagePreferenceName
relationships | Relationship | id | name
employers | Employer | employerId | name shortName website isMyOrganization:b parentOrganization:j
departments | Department | departmentId | name parentDepartmentId employer.employerId employer.name
worksites | Worksite | worksiteId | name isPreferred:b address.addressLine1 address.unitNo address.city address.stateOrProvince
    address.zipOrPostalCode employer.employerId employer.name
> work_areas | workAreas | workAreaId name
bargaining_units | BargainingUnit | bargainingUnitId | name shortName
job_classes | JobClass | jobClassId | name shortName
member_statuses | MemberStatus | memberStatusId | name isMember:b
schedule_types | ScheduleType | scheduleTypeId | name
shift_types | ShiftType | shiftTypeId | name defaultStartTime defaultEndTime
ballot_request_types | BallotRequestType | ballotRequestTypeId | name
ballot_return_statuses | BallotReturnStatus | ballotReturnStatusId | name
ballot_types | BallotType | ballotTypeId | name
ballot_rejection_reasons | BallotRejectionReason | ballotRejectionReasonId | name
early_vote_fields | EarlyVoteField | earlyVoteFieldId | name type status values:j
voter_registration_batches | VoterRegistrationBatch | voterRegistrationBatchId | name description stateCode form.formId form.name status
    programType.programTypeId programType.name personType dateCreated:t
changed_entity_resources | ChangedEntityResource | resourceType |
> changed_entity_fields | fields | fieldName fieldType maxTextboxCharacters:i isCoreField:b availableValues:j bulkImportFields:j
> changed_entity_change_types | changeTypes | ChangeTypeID ChangeTypeName Description
"""


# --- what the tables are -------------------------------------------------------------------------------------------


@dataclass
class Child:
    """A table of what a list in a record holds."""

    table: str
    nested: str
    columns: str


@dataclass
class Root:
    """A table with a row for each record of an entity."""

    table: str
    entity: str
    id_key: str
    columns: str
    children: list[Child] = field(default_factory=list)


def parsed(text: str) -> tuple[Root, ...]:
    """Return the tables that a text describes; a line that is set in goes on with the one before."""
    roots: list[Root] = []
    for line in text.strip().replace("\n    ", " ").split("\n"):
        parts = [part.strip() for part in line.lstrip("> ").split("|")]
        if line.startswith(">"):
            roots[-1].children.append(Child(*parts))
        else:
            roots.append(Root(parts[0], parts[1], parts[2], parts[3]))
    return tuple(roots)


ROOTS = parsed(_TABLES)
# What of these is to be seen is no matter of their number alone.
_COUNTED = frozenset(root.entity for root in ROOTS) - {EXPORTED, signups.ENTITY}


# --- what the rows are ---------------------------------------------------------------------------------------------


def _saved_list(account: Account, record: Record) -> Record:
    """Return a saved list with the folder that lists it: none does, when its own is gone."""
    folder = record["_folder"]
    there = folder is not None and account.collection(lists.FOLDER).get(folder) is not None
    return record | {"folderId": folder if there else None}


def _message(_: Account, record: Record) -> Record:
    campaign: Any = record.get("campaignID")
    none = campaign == "0" or (campaign == 0 and campaign is not False)
    return record | {"campaignID": None} if none else record


def _content(row: Record) -> Record:
    """Return a content together with what came of it; of one that was not sent there is nothing."""
    found = row.get(emails.DISTRIBUTION)
    return row | found if isinstance(found, dict) else row


_ADAPT: Mapping[str, Adapt] = {lists.SAVED: _saved_list, emails.ENTITY: _message}


def records_of(account: Account, entity: str, adapt: Mapping[str, Adapt] = _ADAPT) -> Iterator[Record]:
    """Yield all that a sync could see of an entity; nobody sees the signups of an event that is gone."""
    if entity == EXPORTED:
        for name in exports.resources(account):
            yield {"resourceType": name, "fields": exports.field_objects(account, name), "changeTypes": exports.change_type_objects(name)}
        return
    there = set(account.collection(events.ENTITY).ids()) if entity == signups.ENTITY else set()
    change = adapt.get(entity)
    for record in account.collection(entity).records():
        if entity != signups.ENTITY or record["_event"] in there:
            yield change(account, record) if change else record


def _additional(fields: list[Field]) -> list[Field]:
    return [*fields, Field("additional_fields", ADDITIONAL_FIELDS, "json")]


def _root_table(account: Account, root: Root, adapt: Mapping[str, Adapt]) -> TruthTable:
    words = f"{root.id_key} {root.columns}"
    return TruthTable(
        root.table,
        [column_of(root.id_key)],
        _additional(fields_of(words)),
        lambda: records_of(account, root.entity, adapt),
        account.collection(root.entity).count if root.entity in _COUNTED else None,
        known_keys(words, *(child.nested for child in root.children)),
        cell=cell,
    )


def _child_table(account: Account, root: Root, child: Child, adapt: Mapping[str, Adapt]) -> TruthTable:
    owner = column_of(root.id_key)

    def raw() -> Iterator[Record]:
        for record in records_of(account, root.entity, adapt):
            nested = record.get(child.nested)
            for position, row in enumerate(nested if isinstance(nested, list) else []):
                yield _content(row) | {"_owner": record[root.id_key], "_position": position}

    fields = [Field(owner, "_owner", "text"), Field("position", "_position", "integer"), *fields_of(child.columns)]
    return TruthTable(child.table, [owner, "position"], _additional(fields), raw, known=known_keys(child.columns), cell=cell)


def tables_of(account: Account, roots: Iterable[Root], adapt: Mapping[str, Adapt] = _ADAPT) -> dict[str, TruthTable]:
    """Return the truth by table; `adapt` makes of an entity's record what a sync sees of it."""
    found: list[TruthTable] = []
    for root in roots:
        found.append(_root_table(account, root, adapt))
        found += [_child_table(account, root, child, adapt) for child in root.children]
    return {table.name: table for table in found}


def tables(account: Account) -> dict[str, TruthTable]:
    """Return the truth by table."""
    return tables_of(account, ROOTS)
