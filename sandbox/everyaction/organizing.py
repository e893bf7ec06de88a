"""Activist codes, survey questions, and what is known of contacting people: types, inputs, results, scores, targets.

LIKELY: the shape of score updates, and that archived codes are asked for by the statuses of questions.
"""

from __future__ import annotations

from functools import partial

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import Condition, Listing, Route, bare_list, paged
from sandbox.everyaction.filters import after, before, contains, one_of
from sandbox.everyaction.scope import begin, created_and_modified, growing, odd, stamp, unheard_of, written
from sandbox.everyaction.world import World
from sandbox.messages import Reply, Request

ACTIVIST_CODE, SURVEY_QUESTION, SCORE, SCORE_UPDATE, TARGET = "ActivistCode", "SurveyQuestion", "Score", "ScoreUpdate", "Target"
CONTACT_TYPE, INPUT_TYPE, RESULT_CODE = "ContactType", "InputType", "ResultCode"
_STATUSES = ("Active", "Active", "Archived", "Active", "Inactive")


def activist_code_record(world: World, row: int) -> Record:
    """Return an activist code."""
    _, number = begin(world, ACTIVIST_CODE, row)
    name = f"Volunteer {row} {odd(row)}".strip() if row % 3 else f"Volunteer {row} {odd(row)}"
    return {
        "activistCodeId": number,
        "type": ("Activist", "Action", "Volunteer", "Constituency")[row % 4],
        "name": name,
        "mediumName": name[:20],
        "shortName": f"V{row}",
        "description": None if row % 3 == 0 else odd(row + 2),
        "scriptQuestion": None if row % 2 else 'Will you "really" come?',
        "status": _STATUSES[row % 5],
        "isMultiAssign": row % 4 == 0,
    } | unheard_of(row)


def survey_question_record(world: World, row: int) -> Record:
    """Return a survey question with its responses."""
    _, number = begin(world, SURVEY_QUESTION, row)
    return {
        "surveyQuestionId": number,
        "type": ("Candidate", "Issue", "Volunteer")[row % 3],
        "cycle": None if row % 3 == 1 else 2012 + row % 14,
        "name": f"Question {row}",
        "mediumName": f"Q {row}",
        "shortName": f"Q{row}",
        "scriptQuestion": odd(row + 1),
        "status": _STATUSES[(row + 1) % 5],
        "responses": [_survey_response(number, slot) for slot in range((3, 0, 5, 2)[row % 4])],
    } | unheard_of(row)


def _survey_response(question: int, slot: int) -> Record:
    name = ("Strong yes", 'Lean, "maybe"', "Undecided \N{THINKING FACE}", "", "No ")[slot]
    response = {"surveyResponseId": survey_response_id(question, slot), "name": name, "mediumName": name[:10], "shortName": str(slot)}
    return response | unheard_of(slot)


def survey_response_id(question: int, slot: int) -> int:
    """Return the id of a question's response."""
    return question * 8 + slot


_BY_STATUS = Listing(
    filters={"statuses": one_of("status"), "name": contains("name"), "type": one_of("type")}, defaults={"statuses": "Active"}
)
_QUESTIONS = Listing(
    filters={**_BY_STATUS.filters, "question": contains("scriptQuestion"), "cycle": one_of("cycle")}, defaults=_BY_STATUS.defaults
)

# --- contacting ----------------------------------------------------------------------------------------------------

_CONTACT_TYPES: tuple[Record, ...] = (
    {"name": "Phone", "channelTypeName": "Phone", "_inputs": frozenset({0, 3})},
    {"name": "Walk", "channelTypeName": "Door", "_inputs": frozenset({3}), "isRetired": True},
    {"name": "Email \N{ENVELOPE}", "channelTypeName": None, "_inputs": frozenset({0})},
    {"name": "SMS Text", "channelTypeName": "SMS", "_inputs": frozenset({0, 1})},
)
_INPUT_TYPES: tuple[Record, ...] = ({"name": "Manual"}, {"name": "Bulk"} | unheard_of(1), {"name": "API "}, {"name": 'Mini"VAN"'})
_RESULT_CODES: tuple[Record, ...] = (
    {"name": "Canvassed", "mediumName": "Canv", "shortName": "CA", "resultOutcomeGroup": "Contacted", "_types": frozenset({0, 1})},
    {"name": "Not Home", "mediumName": "NH", "shortName": "NH", "resultOutcomeGroup": None, "_types": frozenset({1})},
    {"name": "Refused, again", "mediumName": "Ref", "shortName": "", "resultOutcomeGroup": "Refused", "_types": frozenset({0})}
    | unheard_of(1),
    {"name": "Left Message", "mediumName": "LM", "shortName": "LM", "resultOutcomeGroup": "", "_types": frozenset({0})},
)


def _going_with(entity: str, key: str, parameter: str, account: Account, request: Request) -> Reply:
    """Return the rows of a bare list that go with what a parameter names; all, when it names nothing."""

    def make(text: str) -> Condition:
        index = account.collection(entity).layout.index_of(int(text))
        return lambda record: index in record[key]

    return bare_list(account, request, {"_inputs": CONTACT_TYPE, "_types": RESULT_CODE}[key], Listing(filters={parameter: make}))


# --- scores and targets --------------------------------------------------------------------------------------------

_SCORES: tuple[Record, ...] = (
    {"name": "Turnout", "shortName": "TO", "description": None, "scoreType": "Range", "minValue": 0, "maxValue": 100.0}
    | {"state": "MA", "origin": "DNC"},
    {"name": 'Donor "likelihood"', "shortName": None, "description": "0 to 1", "scoreType": "Range", "minValue": 0.125, "maxValue": 1}
    | {"state": None, "origin": None, "isShared": True},
    {"name": "Segment", "shortName": "", "description": odd(1), "scoreType": "Value", "minValue": -5, "maxValue": 12.75}
    | {"state": "", "origin": "Vendor "},
)
_COUNTS = ("increasedBy", "decreasedBy", "nulledOut", "added", "outOfRange", "badValues")
_LOAD_STATUSES = ("Completed", "PendingApproval", "Unknown", "Approved", "Disapproved", "Canceled")


def score_update_record(world: World, row: int) -> Record:
    """Return the loading of a score; one that waits for approval has no statistics but zeros."""
    random, number = begin(world, SCORE_UPDATE, row)
    created, modified = created_and_modified(random)
    score = row % len(_SCORES)
    total = random.randrange(1, 90_000)
    matched = total - random.randrange(total)
    counts = {name: random.randrange(total) for name in _COUNTS}
    return {
        "scoreUpdateId": number,
        "score": {"scoreId": world.ids(SCORE, len(_SCORES)).id_of(score), "name": _SCORES[score]["name"]},
        "updateStatistics": {"totalRows": total, "duplicateRows": total // 90, "matchedRows": matched}
        | {"matchPercent": round(matched * 100 / total, 2)}
        | counts
        | {"maxValue": 100, "minValue": 0.5, "averageValue": round(random.random() * 90, 6), "medianValue": random.randrange(99)},
        "loadStatus": _LOAD_STATUSES[row % 6],
        "dateProcessed": None if row % 6 == 1 else stamp(modified, random),
        "_created": stamp(created),
    } | unheard_of(row)


_TARGETS: tuple[Record, ...] = (
    {"name": "Monthly donors", "type": "Dynamic", "description": None, "points": 10, "areSubgroupsSticky": True, "status": "Active"},
    {"name": 'A/B, "hot"', "type": "Static", "description": odd(3), "points": 0, "areSubgroupsSticky": False, "status": "Active"}
    | unheard_of(1),
    {"name": "Old ones", "type": "Static", "description": "", "points": -3, "areSubgroupsSticky": False, "status": "Archived"},
    {"name": "Nobody ", "type": "Dynamic", "description": odd(7), "points": 5, "areSubgroupsSticky": False, "status": "Inactive"},
)


def _targets(world: World) -> Collection:
    ids = world.ids(TARGET, len(_TARGETS))
    whole = written(TARGET, "targetId", ids, _TARGETS)

    def make(row: int) -> Record:
        record = whole.make(row)
        groups = [_subgroup(record["targetId"], slot) for slot in range((2, 3, 0, 1)[row % 4])]
        return record | {"subgroups": groups, "markedSubgroup": {"subgroupId": groups[0]["subgroupId"]} if row % 4 == 1 else None}

    return Collection(TARGET, ids, make, id_key="targetId")


def _subgroup(target: int, slot: int) -> Record:
    names = {"name": f"Group {slot}", "fullName": None if slot == 2 else f"Group {slot}, in full"}
    return {"targetId": target, "subgroupId": slot + 1} | names | {"isAssociatedWithBadges": slot == 1} | unheard_of(slot)


def collections(world: World) -> dict[str, Collection]:
    """Return the records by entity."""
    few = {
        CONTACT_TYPE: ("contactTypeId", _CONTACT_TYPES),
        INPUT_TYPE: ("inputTypeId", _INPUT_TYPES),
        RESULT_CODE: ("resultCodeId", _RESULT_CODES),
        SCORE: ("scoreId", _SCORES),
    }
    return {
        ACTIVIST_CODE: growing(world, ACTIVIST_CODE, "activistCodeId", activist_code_record),
        SURVEY_QUESTION: growing(world, SURVEY_QUESTION, "surveyQuestionId", survey_question_record),
        SCORE_UPDATE: growing(world, SCORE_UPDATE, "scoreUpdateId", score_update_record),
        TARGET: _targets(world),
        **{entity: written(entity, key, world.ids(entity, len(rows)), rows) for entity, (key, rows) in few.items()},
    }


_UPDATES = Listing(filters={"createdAfter": after("_created"), "createdBefore": before("_created")})

ROUTES: tuple[Route, ...] = (
    *paged(ACTIVIST_CODE, "activistCodes", _BY_STATUS),
    *paged(SURVEY_QUESTION, "surveyQuestions", _QUESTIONS),
    *paged(SCORE, "scores", Listing()),
    *paged(SCORE_UPDATE, "scoreUpdates", _UPDATES),
    *paged(TARGET, "targets", Listing(expansions=("subgroups",), filters={"status": one_of("status"), "type": one_of("type")})),
    Route("GET", "canvassResponses/contactTypes", CONTACT_TYPE, partial(_going_with, INPUT_TYPE, "_inputs", "inputTypeId")),
    Route("GET", "canvassResponses/inputTypes", INPUT_TYPE, partial(bare_list, entity=INPUT_TYPE)),
    Route("GET", "canvassResponses/resultCodes", RESULT_CODE, partial(_going_with, CONTACT_TYPE, "_types", "contactTypeId")),
)
