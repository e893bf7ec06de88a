"""The routes of the Virtuous API: each turns a request into a reply; who may ask is settled before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.virtuous import gifts, giving, others
from sandbox.virtuous.access import binding_error, canonical_error, legacy_error, not_found
from sandbox.virtuous.custom import CUSTOM_FIELD_PATHS, collection_definitions, definition_rows
from sandbox.virtuous.lookups import LOOKUPS, NON_CASH_TYPES
from sandbox.virtuous.organization import ID_KEYS, Organization, page_of
from sandbox.virtuous.parameters import ID_PARAMETERS, query_options
from sandbox.virtuous.query import QueryError, lower_keys, parse_query, run

Handler = Callable[..., Reply]
DEFAULT_TAKE, MAX_TAKE, BY_CAMPAIGN_MAX_TAKE = 10, 1000, 100
# These queries have no paging in the vendor's specification.
UNPAGED = frozenset({"Volunteer", "VolunteerOpportunity"})
_ENTITIES_BY_PATH = {("v2/Pledge" if entity == "Pledge" else entity).lower(): entity for entity in ID_PARAMETERS}


def public(record: Record) -> Record:
    """Return a record without the keys that only the sandbox knows."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def abbreviated_contact(contact: Record) -> Record:
    """Return a contact as Contact/Query serves it."""
    methods = [method for person in contact["contactIndividuals"] for method in person["contactMethods"]]
    emails = [method["value"] for method in methods if "Email" in method["type"]]
    phones = [method["value"] for method in methods if "Phone" in method["type"]]
    lines = [address["address1"] for address in contact["_addresses"][:1]]
    return {
        "id": contact["id"],
        "name": contact["name"],
        "contactType": contact["contactType"],
        "contactName": contact["name"],
        "address": lines[0] if lines else None,
        "email": emails[0] if emails else None,
        "phone": phones[0] if phones else "",
        "contactViewUrl": f"/Generosity/Contact/View/{contact['id']}",
    }


def _window(request: Request) -> tuple[int, int] | Reply:
    """Return skip and take of the query string; the body's are ignored."""
    numbers: list[int] = []
    for name, default in (("skip", 0), ("take", DEFAULT_TAKE)):
        text = request.parameter(name)
        if text is not None and not text.isdigit():
            return binding_error(name)
        numbers.append(int(text) if text is not None else default)
    return numbers[0], numbers[1]


def _listing(request: Request, rows: Iterable[Record], *, total: int | None = None, entity: str | None = None) -> Reply:
    window = _window(request)
    if isinstance(window, Reply):
        return window
    if total is None:
        rows = list(rows)
        total = len(rows)
    page = [public(row) for row in page_of(rows, *window) if isinstance(row, dict)]
    return Reply(
        payload={"list": page, "total": total}, entity=entity, detailed=True, id_key=ID_KEYS.get(entity or "", "id")
    )


# --- queries -------------------------------------------------------------------------------------------------------


def query(org: Organization, request: Request, path: str) -> Reply:
    """Answer POST <entity>/Query: abbreviated for contacts and gifts, full for all else."""
    entity = _ENTITIES_BY_PATH.get(path.lower())
    if entity is None:
        return no_route(request)
    views: dict[str, Callable[[Record], Record]] = {"Contact": abbreviated_contact, "Gift": gifts.abbreviated_gift}
    return _query(org, request, entity, views.get(entity, public), detailed=entity not in views)


def full_query(org: Organization, request: Request, entity: str, full: str) -> Reply:
    """Answer POST Contact/Query/FullContact and POST Gift/Query/FullGift."""
    if entity.lower() != full.lower():
        return no_route(request)
    return _query(org, request, {"contact": "Contact", "gift": "Gift"}[entity.lower()], public, detailed=True)


def _query(
    org: Organization, request: Request, entity: str, view: Callable[[Record], Record], *, detailed: bool
) -> Reply:
    window = (0, 1 << 40) if entity in UNPAGED else _window(request)
    if isinstance(window, Reply):
        return window
    if window[1] > MAX_TAKE and entity not in UNPAGED:
        return canonical_error(400, "BAD_REQUEST", f"take must not exceed {MAX_TAKE}.")
    if request.body is not None and not isinstance(request.body, dict):
        return binding_error("query")
    try:
        source = org.source(entity)
        page = run(source, parse_query(source, request.body), *window)
        found = [org.get(entity, number) for number in page.ids]
    except QueryError as error:
        return legacy_error(400, str(error))
    rows = [view(record) for record in found if record is not None]
    return Reply(
        payload={"list": rows, "total": page.total}, entity=entity, detailed=detailed, id_key=ID_KEYS.get(entity, "id")
    )


def options(org: Organization, request: Request, path: str) -> Reply:
    """Answer GET <entity>/QueryOptions."""
    entity = _ENTITIES_BY_PATH.get(path.lower())
    return no_route(request) if entity is None else Reply(payload=query_options(list(org.offered(entity).values())))


# --- single records ------------------------------------------------------------------------------------------------


def by_id(org: Organization, request: Request, path: str, number: str) -> Reply:
    """Answer GET <entity>/{id}; an absent id is a 404 without a body."""
    entities = {entity.lower(): entity for entity in org.collections if entity != "Pledge"} | {"v2/pledge": "Pledge"}
    entity = entities.get(path.lower())
    if entity is None:
        return no_route(request)
    record = org.get(entity, int(number))
    if record is None:
        return not_found()
    extra = {"isCurrentUserFollowing": False} if entity == "Contact" else {}
    return Reply(payload=public(record) | extra)


def find_contact(org: Organization, request: Request) -> Reply:
    """Answer GET Contact/Find?email=, slowly: it looks at every contact."""
    email = (request.parameter("email") or "").lower()
    for record in org.records("Contact", archived=False):
        for person in record["contactIndividuals"]:
            if any(str(method["value"]).lower() == email for method in person["contactMethods"]):
                return Reply(payload=public(record) | {"isCurrentUserFollowing": False})
    return not_found()


# --- lists below a record ------------------------------------------------------------------------------------------


def by_contact(org: Organization, request: Request, path: str, number: str) -> Reply:
    """Answer GET <entity>/ByContact/{id}; an unknown contact has an empty list, not a 404."""
    name, contact = path.lower(), int(number)
    if name == "relationship":
        return _listing(request, org.relationships(contact))
    if name in {"contactaddress", "contactindividual"}:  # bare arrays
        record = org.get("Contact", contact)
        key = "_addresses" if name == "contactaddress" else "contactIndividuals"
        return Reply(payload=[] if record is None else record[key])
    if name == "contacttag":
        return _listing(request, _contact_tags(org, contact))
    entities = {"gift": "Gift", "plannedgift": "PlannedGift", "recurringgift": "RecurringGift", "v2/pledge": "Pledge"}
    entity = (entities | {"contactnote": "ContactNote"}).get(name)
    if entity is None:
        return no_route(request)
    rows = org.records_of(entity, contact)
    return _listing(request, [gifts.abbreviated_gift(row) for row in rows] if entity == "Gift" else rows)


def _contact_tags(org: Organization, contact: int) -> list[Record]:
    record = org.get("Contact", contact)
    names = [] if record is None else record["tags"]
    return [
        {"contactTagId": contact * 10 + place, "contactId": contact, "tagName": name}
        for place, name in enumerate(names)
    ]


def passthrough_by_contact(org: Organization, request: Request, number: str) -> Reply:
    """Answer GET Gift/Passthrough/ByContact/{id}, slowly: it looks at every gift."""
    contact = int(number)
    rows = (
        gift
        for gift in org.records("Gift")
        for entry in gift.get("giftPassthroughs", [])
        if entry["contactId"] == contact
    )
    return _listing(request, [gifts.abbreviated_gift(gift) for gift in rows])


def by_tag(org: Organization, request: Request, number: str) -> Reply:
    """Answer GET Contact/ByTag/{tagId}, slowly: it looks at every contact."""
    tag = org.get("Tag", int(number))
    rows = (contact for contact in org.records("Contact", archived=False) if tag and tag["tagName"] in contact["tags"])
    return _listing(request, [abbreviated_contact(contact) for contact in rows])


def recurring_payments(org: Organization, request: Request, number: str) -> Reply:
    """Answer GET RecurringGiftPayment/{recurringGiftId}."""
    schedule = org.get("RecurringGift", int(number))
    return _listing(request, [] if schedule is None else giving.recurring_payments(org.world, schedule))


def by_campaign(org: Organization, request: Request, number: str) -> Reply:
    """Answer GET Communication/ByCampaign/{id}, which silently clamps take to 100."""
    rows = [row for row in org.records("Communication") if row["campaignId"] == int(number)]
    if request.take > BY_CAMPAIGN_MAX_TAKE:
        request.query = {key: value for key, value in request.query.items() if key.lower() != "take"}
        request.query["take"] = str(BY_CAMPAIGN_MAX_TAKE)
    return _listing(request, rows)


def attendees(org: Organization, request: Request, number: str) -> Reply:
    """Answer GET Event/{id}/Attendees."""
    return _listing(request, [row for row in org.records("EventAttendee") if row["eventId"] == int(number)])


def event_contacts(org: Organization, request: Request, number: str) -> Reply:
    """Answer GET Event/{id}/Contacts."""
    event = org.get("Event", int(number))
    return not_found() if event is None else _listing(request, event["generosityEventContacts"])


def group_contacts(org: Organization, request: Request, number: str) -> Reply:
    """Answer GET OrganizationGroup/{id}/contacts."""
    group = org.get("OrganizationGroup", int(number))
    return not_found() if group is None else _listing(request, group_contact_rows(org, group))


def group_contact_rows(org: Organization, group: Record) -> list[Record]:
    """Return the members of an organization group."""
    head = {
        "organizationGroupId": group["id"],
        "organizationGroupUrl": group["organizationGroupUrl"],
        "organizationId": group["organizationId"],
        "organizationName": group["organizationName"],
        "organizationGroupName": group["name"],
        "organizationGroupLocation": group["location"],
        "organizationGroupDescription": group["description"],
    }
    found = (org.get("Contact", number) for number in org.group_members(group))
    return [
        head | {"contactId": each["id"], "contactName": each["name"], "contactUrl": f"/api/Contact/{each['id']}"}
        for each in found
        if each is not None
    ]


def project_expenses(org: Organization, request: Request) -> Reply:
    """Answer GET ProjectExpense?projectId=&take=, which knows no skip."""
    request.query = {key: value for key, value in request.query.items() if key.lower() != "skip"}
    project = request.parameter("projectId") or ""
    return _listing(request, _parts(org, "ProjectExpense", project))


def project_parts(org: Organization, request: Request, kind: str, number: str) -> Reply:
    """Answer GET ProjectNote/ByProject/{id} and GET ProjectRole/ByProject/{id}."""
    kinds = {"projectnote": "ProjectNote", "projectrole": "ProjectRole"}
    return _listing(request, _parts(org, kinds[kind.lower()], number))


def _parts(org: Organization, kind: str, project: str) -> list[Record]:
    known = project.isdigit() and org.get("Project", int(project)) is not None
    return others.project_parts(org.world, kind, int(project)) if known else []


def attendance(org: Organization, request: Request, opportunity: str, number: str) -> Reply:
    """Answer GET VolunteerOpportunity/{id}/Volunteers/{id}/Attendance."""
    volunteer = org.get("Volunteer", int(number))
    if volunteer is None or volunteer["volunteerOpportunityId"] != int(opportunity):
        return not_found()
    return _listing(request, others.attendances(org.world, volunteer))


# --- whole lists ---------------------------------------------------------------------------------------------------


def whole_list(org: Organization, request: Request, path: str) -> Reply:
    """Answer GET Tag, GET OrganizationGroup and GET Event, page by page."""
    entity = {"tag": "Tag", "organizationgroup": "OrganizationGroup", "event": "Event"}[path.lower()]
    return _listing(request, org.records(entity), total=org.collections[entity].count(), entity=entity)


def search(org: Organization, request: Request, path: str) -> Reply:
    """Answer POST <entity>/Search {"search": ""}. Segment/Search ignores skip, so paging it never ends by itself."""
    entity = {"segment": "Segment", "tag": "Tag", "emaillist": "EmailList", "project": "Project"}[path.lower()]
    word = str(lower_keys(request.body).get("search") or "").lower()
    if entity == "Segment":
        request.query = {key: value for key, value in request.query.items() if key.lower() != "skip"}
    keys = ("name", "code", "tagName", "projectCode")
    rows = [
        row for row in org.records(entity) if not word or any(word in str(row.get(key) or "").lower() for key in keys)
    ]
    return _listing(request, rows, entity=entity)


def search_contacts(org: Organization, request: Request) -> Reply:
    """Answer POST Contact/Search: abbreviated rows, one per individual."""
    word = str(lower_keys(request.body).get("search") or "").lower()
    rows = [
        abbreviated_contact(contact) | {"individualId": person["id"]}
        for contact in org.records("Contact", archived=False)
        if word in str(contact["name"]).lower()
        for person in contact["contactIndividuals"]
    ]
    return _listing(request, rows)


def custom_fields(org: Organization, request: Request, path: str) -> Reply:
    """Answer GET <entity>/CustomFields: a bare array."""
    del org
    entities = {name.lower(): entity for entity, name in CUSTOM_FIELD_PATHS.items()}
    entity = entities.get(path.lower())
    return no_route(request) if entity is None else Reply(payload=definition_rows(entity))


def custom_collections(org: Organization, request: Request, path: str) -> Reply:
    """Answer GET Contact/CustomCollections and GET ContactIndividual/CustomCollections."""
    del org, request, path
    return Reply(payload=collection_definitions())


def lookup(org: Organization, request: Request, path: str) -> Reply:
    """Answer the lookups: bare arrays, but for Gift/NonCashGiftTypes."""
    del org
    if path.lower() == "gift/noncashgifttypes":
        return Reply(payload={"list": NON_CASH_TYPES, "total": len(NON_CASH_TYPES)})
    rows: dict[str, list[Any]] = {name.lower(): values for name, values in LOOKUPS.items()}
    return Reply(payload=rows[path.lower()]) if path.lower() in rows else no_route(request)


# --- the organization itself ---------------------------------------------------------------------------------------

ORGANIZATION: Record = {
    "organizationUserId": 4711,
    "organizationName": "Example Charity 🌍",
    "organizationTimeZone": "US/Arizona",
    "organizationCulture": "en-US",
    "currentUserTimeZone": "US/Arizona",
    "isAdministrator": False,
    "isEnabled": True,
}


def organization(org: Organization, request: Request) -> Reply:
    """Answer GET Organization/Current."""
    del org, request
    return Reply(payload=dict(ORGANIZATION))


def organizations(org: Organization, request: Request) -> Reply:
    """Answer GET Organization: every organization of the user, with `organizationId`."""
    del org
    return _listing(request, [ORGANIZATION | {"organizationId": 12}])


def permissions(org: Organization, request: Request) -> Reply:
    """Answer GET Permission; its shape is a guess."""
    del request
    modules = sorted(_ENTITIES_BY_PATH.values())
    return Reply(payload=[{"module": module, "action": "View"} for module in modules if module not in org.forbidden])


def no_route(request: Request) -> Reply:
    """Return the 404 for a path that the API does not have."""
    return legacy_error(404, f"No HTTP resource was found that matches the request URI '{request.path}'.")


# --- the table of routes -------------------------------------------------------------------------------------------

_ENTITY, _ID = r"((?:v2/)?[a-z]+)", r"(\d+)"
_ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", rf"{_ENTITY}/Query", query),
    ("POST", r"(Contact|Gift)/Query/Full(Contact|Gift)", full_query),
    ("GET", rf"{_ENTITY}/QueryOptions", options),
    ("GET", rf"{_ENTITY}/CustomFields", custom_fields),
    ("GET", r"(Contact|ContactIndividual)/CustomCollections", custom_collections),
    ("GET", r"Organization/Current", organization),
    ("GET", r"Organization", organizations),
    ("GET", r"Permission", permissions),
    ("GET", r"Contact/Find", find_contact),
    ("GET", rf"Contact/ByTag/{_ID}", by_tag),
    ("POST", r"Contact/Search", search_contacts),
    ("GET", rf"Gift/Passthrough/ByContact/{_ID}", passthrough_by_contact),
    ("GET", rf"{_ENTITY}/ByContact/{_ID}", by_contact),
    ("GET", rf"RecurringGiftPayment/{_ID}", recurring_payments),
    ("GET", rf"Communication/ByCampaign/{_ID}", by_campaign),
    ("GET", rf"Event/{_ID}/Attendees", attendees),
    ("GET", rf"Event/{_ID}/Contacts", event_contacts),
    ("GET", rf"OrganizationGroup/{_ID}/contacts", group_contacts),
    ("GET", r"ProjectExpense", project_expenses),
    ("GET", rf"(ProjectNote|ProjectRole)/ByProject/{_ID}", project_parts),
    ("GET", rf"VolunteerOpportunity/{_ID}/Volunteers/{_ID}/Attendance", attendance),
    ("GET", r"(Tag|OrganizationGroup|Event)", whole_list),
    ("POST", r"(Segment|Tag|EmailList|Project)/Search", search),
    ("GET", rf"{_ENTITY}/{_ID}", by_id),
    ("GET", r"([a-z]+/[a-z]+)", lookup),
]
_COMPILED = [(method, re.compile(f"/api/{pattern}/?", re.IGNORECASE), handler) for method, pattern, handler in _ROUTES]


def resource(path: str) -> str:
    """Return the resource a path is about, in lower case: `/api/v2/Pledge/Query` is about `pledge`."""
    parts = [part for part in path.lower().split("/") if part and part not in {"api", "v2"}]
    return parts[0] if parts else ""


def route(org: Organization, request: Request) -> Reply:
    """Answer a request that was admitted."""
    name = resource(request.path)
    if name in {each.lower() for each in org.forbidden}:
        return canonical_error(403, "FORBIDDEN", "Your permission group does not include this module.")
    if name in {each.lower() for each in org.disabled}:
        return not_found()
    wrong_method = False
    for method, pattern, handler in _COMPILED:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            with org.lock:  # no change may come between the parts of a reply
                return handler(org, request, *match.groups())
        wrong_method |= match is not None
    if wrong_method:
        return legacy_error(405, f"The requested resource does not support http method '{request.method}'.")
    return no_route(request)
