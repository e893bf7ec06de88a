"""What is read, as data, and what can be asked of it: the entities, the reference tables, and the conditions of their queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

import models
from api import LIST_TAKE, Condition, Groups, Record, VirtuousApi
from common.failures import Disorder, Forbidden, NotFound

T = TypeVar("T")

OVERLAP = timedelta(days=2)  # "Last Modified Date" compares days in the organization's time zone, so one day may be missed on either side
MODIFIED_PARAMETERS = ("Last Modified DateTime UTC", "Last Modified Date")
FROM_OPERATORS = ("OnOrAfter", "GreaterThanOrEqual")
CONTACT_PARAMETER = "Contact Id"
EVERYTHING_TAKE = 100_000  # Segment/Search ignores skip, so all is asked for at once
IDS_PER_QUERY = 100  # groups are alternatives, and hundreds in one query work
EXPENSES_TAKE = 100_000  # ProjectExpense takes no skip
PASSES = 3


class Optional(NamedTuple):
    """A table that needs a call per record of another one, so that it is read only if asked for.

    `attach_as` is the key under which its list is put on the record, `asks_by` are the record's fields that the call needs.
    """

    table: str
    attach_as: str
    read: Callable[[VirtuousApi, Record], list[Record]]
    asks_by: tuple[str, ...] = ("id",)

    def can_ask(self, record: Record) -> bool:
        """Whether the record has what the call needs."""
        return all(isinstance(record.get(field), (int, str)) for field in self.asks_by)


class Entity(NamedTuple):
    """A list that is read by a query.

    `ids` are the names that the parameter of its id may have, `cheap` is a query of fewer columns for when only ids matter. `drifts`:
    values change without a new modification date, so that it is read in full with every sweep.
    """

    table: str
    resource: str
    query: str
    ids: tuple[str, ...]
    cheap: str = ""
    drifts: bool = False
    optional: tuple[Optional, ...] = ()

    @property
    def root(self) -> models.Root:
        """The table and its children."""
        return models.ROOTS[self.table]

    @property
    def listing(self) -> str:
        """The cheapest query that tells the ids."""
        return self.cheap or self.query

    def id_of(self, record: object) -> int | None:
        """A record's id, None if it has none that is a number."""
        value = record.get(self.root.id_field) if isinstance(record, dict) else None
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        return value if type(value) is int else None


def every_page(read: Callable[[int], tuple[list[T], int]]) -> list[T]:
    """All records of a short list that pages by offset, read again if it changed meanwhile; each read is given how many to skip.

    Raises:
        Disorder: if the pages do not add up to what the source announces, or one of them comes again in place of another.
    """
    problem = ""
    for _ in range(PASSES):
        pages, totals = _one_pass(read)
        records = [record for page in pages for record in page]
        repeats = any(page and page in pages[:place] for place, page in enumerate(pages))
        if totals == {len(records)} and not repeats:
            return records
        problem = f"a list gave {len(records)} records{', a page of them again,' if repeats else ''} and announced {sorted(totals)}"
    raise Disorder(problem)


def _one_pass(read: Callable[[int], tuple[list[T], int]]) -> tuple[list[list[T]], set[int]]:
    pages: list[list[T]] = []
    totals: set[int] = set()
    read_so_far = 0
    while True:
        page, total = read(read_so_far)
        pages.append(page)
        read_so_far += len(page)
        totals.add(total)
        if not page or read_so_far >= total:
            return pages, totals


def _paged(path: str) -> Callable[[VirtuousApi, Record], list[Record]]:
    return lambda api, parent: every_page(lambda skip: api.listing(path.format_map(parent), skip))


def _expenses(api: VirtuousApi, project: Record) -> list[Record]:
    return every_page(lambda skip: api.project_expenses(project["id"], EXPENSES_TAKE) if not skip else ([], 0))


def _query(table: str, resource: str, *ids: str, full: str = "Query", **more: Any) -> Entity:
    return Entity(table, resource, f"{resource}/{full}", ids, **more)


CONTACT_LISTS = (
    Optional("contact_addresses", "allAddresses", _paged("ContactAddress/ByContact/{id}")),
    Optional("relationships", "relationships", _paged("Relationship/ByContact/{id}")),
)
PROJECT_LISTS = (
    Optional("project_expenses", "projectExpenses", _expenses),
    Optional("project_notes", "projectNotes", _paged("ProjectNote/ByProject/{id}")),
    Optional("project_roles", "projectRoles", _paged("ProjectRole/ByProject/{id}")),
)
PAYMENTS = (Optional("recurring_gift_payments", "payments", _paged("RecurringGiftPayment/{id}")),)
BY_OPPORTUNITY = ("volunteerOpportunityId", "id")
ATTENDANCE_PATH = "VolunteerOpportunity/{volunteerOpportunityId}/Volunteers/{id}/Attendance"
ATTENDANCES = (Optional("volunteer_attendances", "attendances", _paged(ATTENDANCE_PATH), BY_OPPORTUNITY),)
MEMBERS = (Optional("organization_group_contacts", "groupContacts", _paged("OrganizationGroup/{id}/contacts")),)

CONTACTS = _query("contacts", "Contact", "Contact Id", full="Query/FullContact", cheap="Contact/Query", optional=CONTACT_LISTS)
GIFTS = _query("gifts", "Gift", "Gift Id", full="Query/FullGift", cheap="Gift/Query")
ENTITIES = (
    CONTACTS,
    GIFTS,
    _query("recurring_gifts", "RecurringGift", "Recurring Gift Id", optional=PAYMENTS),
    _query("pledges", "v2/Pledge", "Pledge Id"),
    _query("planned_gifts", "PlannedGift", "Planned Gift Id"),
    _query("gift_asks", "GiftAsk", "Gift Ask Id"),
    _query("grants", "Grant", "Grant Id"),
    _query("projects", "Project", "Project Id", drifts=True, optional=PROJECT_LISTS),
    _query("contact_notes", "ContactNote", "Contact Note Id", "Note Id"),
    _query("tasks", "Task", "Task Id"),
    _query("events", "Event", "Event Id"),
    _query("event_attendees", "EventAttendee", "Event Attendee Id", "Attendee Id"),
)


class Reference(NamedTuple):
    """A small table that is replaced whole when anything in it has changed; `rarely`: read once a day."""

    table: str
    read: Callable[[VirtuousApi], list[Record]]
    rarely: bool = False
    optional: tuple[Optional, ...] = ()


def _queried(resource: str) -> Callable[[VirtuousApi], list[Record]]:
    return lambda api: every_page(lambda skip: api.query(f"{resource}/Query", [], skip, LIST_TAKE))


def _searched(path: str) -> Callable[[VirtuousApi], list[Record]]:
    """All of a search; one that ignores skip must give everything at once."""
    return lambda api: every_page(lambda skip: api.search(path, skip, EVERYTHING_TAKE))


def _in_parts(names: Iterable[str], records_of: Callable[[VirtuousApi, str], Iterable[Any]]) -> Callable[[VirtuousApi], list[Record]]:
    """Several short lists as one; those of modules that the organization does not have are left out."""

    def read(api: VirtuousApi) -> list[Record]:
        records: list[Record] = []
        for name in names:
            try:
                records += records_of(api, name)
            except (Forbidden, NotFound):
                continue  # the module's own table is left out and named
        return records

    return read


WITH_CUSTOM_FIELDS = (
    "Contact", "ContactIndividual", "ContactNote", "Gift", "GiftAsk", "RecurringGift", "PlannedGift", "v2/Pledge", "Grant", "Project",
    "Premium", "Event", "EventAttendee", "VolunteerOpportunity",
)  # fmt: skip
LOOKUPS = (
    "Contact/Types", "Contact/Prefixes", "ContactMethod/Types", "Relationship/Types", "Gift/NonCashGiftTypes", "Project/Types",
    "Event/Types", "Task/Types", "Communication/ChannelTypes", "Communication/CommunicationTypes", "ProjectNote/Types", "ProjectRole/Types",
)  # fmt: skip


def _everything(api: VirtuousApi, path: str) -> list[Record]:
    return every_page(lambda skip: api.listing(path, skip))


def _definitions(api: VirtuousApi, resource: str) -> Iterator[Mapping[str, Any]]:
    entity = resource.rpartition("/")[2]
    return (models.definition_record(entity, raw) for raw in _everything(api, f"{resource}/CustomFields"))


def _collections(api: VirtuousApi, resource: str) -> Iterator[Mapping[str, Any]]:
    return (models.collection_record(resource, raw) for raw in _everything(api, f"{resource}/CustomCollections"))


def _lookup(api: VirtuousApi, path: str) -> list[Mapping[str, Any]]:
    return models.lookup_records(path, _everything(api, path))


REFERENCES = (
    Reference("tags", lambda api: _everything(api, "Tag")),
    Reference(
        "organization_groups",
        lambda api: _everything(api, "OrganizationGroup"),
        optional=MEMBERS,
    ),
    Reference("campaigns", _queried("Campaign")),
    Reference("communications", _queried("Communication")),
    Reference("segments", _searched("Segment/Search")),
    Reference("premiums", _queried("Premium")),
    Reference("email_lists", _searched("EmailList/Search")),
    Reference("volunteers", _queried("Volunteer"), optional=ATTENDANCES),
    Reference("volunteer_opportunities", _queried("VolunteerOpportunity")),
    Reference("custom_field_definitions", _in_parts(WITH_CUSTOM_FIELDS, _definitions), rarely=True),
    Reference("custom_collection_definitions", _in_parts(("Contact", "ContactIndividual"), _collections), rarely=True),
    Reference("lookup_values", _in_parts(LOOKUPS, _lookup), rarely=True),
)


# Columns that point to another table though their names do not end in its singular; for the README, as is `upkeep`.
LINKS = {"contact_passthrough_id": "contacts"}


def upkeep(table: str) -> str:
    """How a table that is read by itself is kept up to date; "" for one that comes with the records of another."""
    for entity in ENTITIES:
        if entity.table == table:
            return "incremental; in full with each search for deletes" if entity.drifts else "incremental"
    for reference in REFERENCES:
        if reference.table == table:
            return "whole, once in 24 hours" if reference.rarely else "whole"
    return "whole" if table == "organizations" else ""


class Parameters(NamedTuple):
    """How an entity can be asked: the names of its parameters, as its QueryOptions offer them; None where they do not."""

    id: str | None
    modified: tuple[str, str] | None
    contact: str | None


def parameters(entity: Entity, options: Iterable[Mapping[str, Any]]) -> Parameters:
    """Reads an entity's QueryOptions: names vary by organization, and some entities offer neither an id nor a modification date."""
    operators = {str(option.get("parameter")): _operators(option) for option in options}
    ids = [name for name in entity.ids if "GreaterThan" in operators.get(name, ())]
    modified = [(name, operator) for name in MODIFIED_PARAMETERS for operator in FROM_OPERATORS if operator in operators.get(name, ())]
    contact = CONTACT_PARAMETER if entity is not CONTACTS and "Is" in operators.get(CONTACT_PARAMETER, ()) else None
    return Parameters(ids[0] if ids else None, modified[0] if modified and ids else None, contact)


def _operators(option: Mapping[str, Any]) -> set[str]:
    return {str(operator.get("operator")) for operator in option.get("operatorOptions") or () if isinstance(operator, Mapping)}


def above(names: Parameters, after: int, until: int | None = None, since: date | None = None) -> list[Condition]:
    """The conditions for ids between `after` and `until` (both exclusive), modified on or after `since`."""
    conditions = between(names.id, after, until) if names.id else []
    if names.modified and since:
        parameter, operator = names.modified
        conditions.append(Condition(parameter, operator, since.isoformat()))
    return conditions


def between(parameter: str, after: int, until: int | None) -> list[Condition]:
    """The conditions for a number above `after` and, if it is given, below `until`."""
    above_it = [Condition(parameter, "GreaterThan", str(after))]
    return above_it if until is None else [*above_it, Condition(parameter, "LessThan", str(until))]


def any_of(parameter: str, values: Iterable[int], conditions: list[Condition]) -> Groups:
    """One group for each value, each with the same further conditions: groups are alternatives."""
    return [[Condition(parameter, "Is", str(value)), *conditions] for value in values]
