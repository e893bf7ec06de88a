"""One Virtuous organization: its records, its switches, and what may be done to it from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from threading import RLock

from sandbox.arithmetic import Record
from sandbox.virtuous import contacts, gifts, giving, others
from sandbox.virtuous.collection import Collection
from sandbox.virtuous.formats import clock_ticks
from sandbox.virtuous.parameters import ID_PARAMETERS, Parameter, parameters
from sandbox.virtuous.query import Source
from sandbox.virtuous.words import GROUP_NAMES
from sandbox.virtuous.world import World, make_world, modified_at, rows_of_owner

TOKEN = "v_sandbox-virtuous-token"
_MAKERS: dict[str, Callable[[World, int], Record]] = {
    "Contact": contacts.contact_record, "Gift": gifts.gift_record, "RecurringGift": giving.recurring_gift_record,
    "Pledge": giving.pledge_record, "PlannedGift": giving.planned_gift_record, "GiftAsk": giving.gift_ask_record,
    "Grant": giving.grant_record, "Project": others.project_record, "Campaign": others.campaign_record,
    "Communication": others.communication_record, "Segment": others.segment_record,
    "ContactNote": others.contact_note_record, "Task": others.task_record, "Event": others.event_record,
    "EventAttendee": others.event_attendee_record, "Premium": others.premium_record,
    "Volunteer": others.volunteer_record, "VolunteerOpportunity": others.volunteer_opportunity_record,
    "Tag": others.tag_record, "OrganizationGroup": others.organization_group_record,
    "EmailList": others.email_list_record,
}  # fmt: skip
ID_KEYS = {"Campaign": "campaignId", "Communication": "communicationId", "EmailList": "emailListId"}
# What is nested in a record and queried on its own: parent, child, the key of the list.
_NESTED = {"Contact": ("ContactIndividual", "contactIndividuals"), "Gift": ("GiftDesignation", "giftDesignations")}
_NO_MODIFIED_TIME = frozenset({"Campaign", "Communication", "Segment", "Volunteer", "VolunteerOpportunity", "Tag"})
_NO_MODIFIED_TIME |= {"OrganizationGroup", "EmailList"}
# So many records of one entity are kept between two looks at all of them; more would cost too much memory.
_REMEMBERED = 20_000


class Organization:
    """All the state of the stand-in. Change `forbidden`, `disabled`, `hidden_parameters`, `plain_text_401` at will.

    `forbidden` and `disabled` hold resource names as in the path ("Gift"): they answer 403 and 404. `hidden_parameters`
    holds pairs (entity, parameter name) that QueryOptions leaves out and that a query may not use.
    """

    def __init__(self, rows: int, seed: int, clock: Callable[[], float]) -> None:
        """Make an organization with this many contacts; nothing is computed before it is asked for."""
        self.world, self.clock, self.seed = make_world(rows, seed), clock, seed
        self.lock = RLock()
        self.token = TOKEN
        self.plain_text_401 = False
        self.two_factor = False
        self.forbidden: set[str] = set()
        self.disabled: set[str] = set()
        self.hidden_parameters: set[tuple[str, str]] = set()
        self.changes = 0
        self._held: int | None = None
        self.version = 0  # of the data: every write counts
        self._remembered: tuple[tuple[str, bool, int], list[Record]] | None = None
        self.collections = {entity: self._collection(entity) for entity in _MAKERS}
        for parent, (child, key) in _NESTED.items():
            self.collections[child] = self._nested_collection(parent, child, key)
        self._parameters = {entity: parameters(entity, ID_KEYS.get(entity, "id")) for entity in ID_PARAMETERS}

    # --- reading ---------------------------------------------------------------------------------------------------

    def now_ticks(self) -> int:
        """Return the clock's now, or the instant at which it is held."""
        return clock_ticks(self.clock()) if self._held is None else self._held

    @contextmanager
    def at_one_instant(self) -> Iterator[None]:
        """Let everything that is written in the block be written at one and the same time."""
        with self.lock:
            self._held = self.now_ticks()
            try:
                yield
            finally:
                self._held = None

    def get(self, entity: str, number: int) -> Record | None:
        """Return a live record or None; copy it before changing it."""
        return self.collections[entity].get(number)

    def records(self, entity: str, *, archived: bool = True) -> Iterator[Record]:
        """Yield an entity's records, ascending by id."""
        return self.collections[entity].records(archived=archived)

    def records_again(self, entity: str, *, archived: bool) -> Iterable[Record]:
        """Return the same, for a reader that asks several times in a row: made once while nothing changes. Change none."""
        if self.collections[entity].count(archived=archived) > _REMEMBERED:
            return self.records(entity, archived=archived)
        with self.lock:
            wanted, kept = (entity, archived, self.version), self._remembered
            if kept is None or kept[0] != wanted:
                kept = self._remembered = (wanted, list(self.records(entity, archived=archived)))
            return kept[1]

    def source(self, entity: str) -> Source:
        """Return what the query engine needs to know about an entity."""
        owned = partial(self.owned_by, entity) if entity in _MAKERS and entity != "Contact" else None
        return Source(self.collections[entity], ID_PARAMETERS[entity], self.offered(entity), self.now_ticks(), owned)

    def offered(self, entity: str) -> dict[str, Parameter]:
        """Return the parameters of an entity that are not hidden, by lower-case name."""
        hidden = {name.lower() for hidden_entity, name in self.hidden_parameters if hidden_entity == entity}
        return {name: parameter for name, parameter in self._parameters[entity].items() if name not in hidden}

    def owned_by(self, entity: str, contact: int) -> Iterable[int]:
        """Return the ids of records that may belong to a contact: those of the base data, and all of the overlay."""
        collection, row = self.collections[entity], self.world.layouts["Contact"].index_of(contact)
        base = [] if row is None else rows_of_owner(self.world, entity, row)
        return {*map(collection.layout.id_of, base), *collection.edited} - collection.deleted

    def records_of(self, entity: str, contact: int) -> list[Record]:
        """Return a contact's records, ascending by id."""
        found = [self.get(entity, number) for number in sorted(self.owned_by(entity, contact))]
        return [record for record in found if record is not None and record["contactId"] == contact]

    def relationships(self, contact: int) -> list[Record]:
        """Return a contact's relationships; each is mirrored on the other contact, under another id."""
        layout = self.world.layouts["Contact"]
        row = layout.index_of(contact)
        if row is None or row // 2 % 3 or (row ^ 1) >= layout.count:
            return []
        own, other = self.get("Contact", contact), self.get("Contact", layout.id_of(row ^ 1))
        if own is None or other is None:
            return []
        return [
            {"id": 900_000 + row, "contactId": contact, "contact": own["name"], "contactIndividual": None}
            | {"relatedContactId": other["id"], "relatedContact": other["name"]}
            | {"relatedContactIndividual": None if row % 4 else "Lee Example"}
            | {"relationshipType": ("Parent", "Child")[row % 2], "notes": None if row % 3 else "Met in 2009 💬"}
            | {"relatedContactViewUrl": f"/Generosity/Contact/View/{other['id']}"}
        ]

    def group_members(self, group: Record) -> Iterator[int]:
        """Yield the ids of the contacts in an organization group, ascending, archived ones included."""
        index = self.world.layouts["OrganizationGroup"].index_of(group["id"])
        if index is None:
            return
        name, collection = GROUP_NAMES[index], self.collections["Contact"]
        members = {number for number, record in collection.edited.items() if name in record["organizationGroups"]}
        changed = {*collection.edited, *collection.deleted}
        for row in range(index, collection.layout.count, contacts.GROUP_PERIOD):
            number = collection.layout.id_of(row)
            yield from sorted(member for member in members if member < number)
            members = {member for member in members if member >= number}
            if number not in changed:
                yield number
        yield from sorted(members)

    # --- writing ---------------------------------------------------------------------------------------------------

    def put(self, entity: str, record: Record) -> None:
        """Store a new or changed record, and what is nested in it and can be queried on its own."""
        collection = self.collections[entity]
        with self.lock:
            self.version += 1
            self._drop_children(entity, collection.get(record[collection.id_key]))
            collection.put(record)
            if entity in _NESTED:
                child, key = _NESTED[entity]
                rows = record[key] if child == "ContactIndividual" else gifts.designation_rows(self.world, record)
                for row in rows:
                    self.collections[child].put(row)

    def remove(self, entity: str, number: int) -> None:
        """Delete a record for good, with what is nested in it."""
        with self.lock:
            self.version += 1
            self._drop_children(entity, self.get(entity, number))
            self.collections[entity].remove(number)

    def _drop_children(self, entity: str, record: Record | None) -> None:
        if record is not None and entity in _NESTED:
            child, key = _NESTED[entity]
            for row in record[key]:
                self.collections[child].remove(row["id"])

    # --- making ----------------------------------------------------------------------------------------------------

    def _collection(self, entity: str) -> Collection:
        world = self.world
        collection = Collection(entity, world.layouts[entity], partial(_MAKERS[entity], world))
        collection.id_key = ID_KEYS.get(entity, "id")
        if entity not in _NO_MODIFIED_TIME:
            collection.modified = lambda row: modified_at(world, entity, row)[0]
        if entity == "Contact":
            collection.hidden, collection.hidden_below = contacts.hidden_row, contacts.hidden_rows_below
        return collection

    def _nested_collection(self, parent: str, child: str, key: str) -> Collection:
        world, layout = self.world, self.world.layouts[child]

        def make(index: int) -> Record:
            row, slot = layout.place(index)
            record = _MAKERS[parent](world, row)
            rows: list[Record] = record[key] if parent == "Contact" else gifts.designation_rows(world, record)
            return rows[slot]

        return Collection(child, layout, make)


def page_of(rows: Iterable[object], skip: int, take: int) -> list[object]:
    """Return one page of some rows."""
    return list(islice(rows, skip, skip + take))
