"""What all records that can be exported have in common: when they were changed, whether they are gone, and what is whose.

GUESS: that people who were suppressed have nothing that is live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from sandbox.arithmetic import Layout, Record, mix, salt
from sandbox.collection import Collection
from sandbox.everyaction.account import STAMP, Account
from sandbox.everyaction.world import DAY, NEWEST, OLDEST, World

PERSON = "Person"
_RECENT_DAYS, _RECENT_EVERY, _RECENT = 80, 20, 3
# People come in kinds, one after the other; those of this kind were suppressed long ago.
KINDS_OF_PEOPLE, SUPPRESSED = 25, 22
_GONE_EVERY, _GONE = 40, 17
# These are never taken back.
_FOREVER = frozenset({PERSON, "ContactHistory", "ContactSurveyResponse"})

Make = Callable[[World, Layout, int], Record]


def base_stamp(world: World, entity: str, index: int) -> int:
    """Return when a record of the base data was changed last, in epoch seconds.

    One in twenty was in the last 80 days before the start, and of those every third in one and the same second, as by an import.
    """
    bits = mix(world.seed, salt(entity), index, 99)
    if index % _RECENT_EVERY != _RECENT:
        return OLDEST + 400 * DAY + (bits >> 8) % (NEWEST - OLDEST - 400 * DAY)
    if bits % 3 == 0:
        return (world.started // DAY - _RECENT_DAYS // 2) * DAY
    return world.started - 3600 - (bits >> 8) % ((_RECENT_DAYS - 1) * DAY)


def is_suppressed(row: int) -> bool:
    """Say whether a person of the base data was suppressed."""
    return row % KINDS_OF_PEOPLE == SUPPRESSED


def _is_gone(entity: str, layout: Layout, index: int) -> bool:
    """Say whether a record of the base data was deleted before the start; suppressed people have nothing that is live."""
    row, _ = layout.place(index)
    return is_suppressed(row) or (entity not in _FOREVER and index % _GONE_EVERY == _GONE)


def collection_of(world: World, entity: str, id_key: str, make: Make) -> Collection:
    """Return the records of an entity; those that are gone from the start are deleted ones."""
    layout = world.layout(entity)
    found = Collection(entity, layout, partial(make, world, layout), id_key=id_key)
    found.deleted.update(layout.id_of(index) for index in range(layout.count) if _is_gone(entity, layout, index))
    return found


def stamp_of(account: Account, entity: str, number: int, record: Record) -> int:
    """Return when a record was changed last."""
    stamp = record.get(STAMP)
    if stamp is not None:
        return int(stamp)
    index = account.collections[entity].layout.index_of(number)
    return account.now() if index is None else base_stamp(account.world, entity, index)


def owner(record: Record) -> int:
    """Return the vanId of the person to whom a record belongs, or whom it is about."""
    contact = record.get("contact")
    number = contact.get("vanId") if isinstance(contact, dict) else record.get("VanID", record.get("vanId"))
    return number if isinstance(number, int) else 0


def ids_of_person(account: Account, entity: str, van_id: int) -> Iterator[int]:
    """Yield the ids of a person's live records, ascending."""
    yield from sorted(_ids_of_people(account, entity, frozenset({van_id})))


def _ids_of_people(account: Account, entity: str, people: frozenset[int]) -> set[int]:
    collection = account.collections[entity]
    edited = {number for number, record in collection.edited.items() if owner(record) in people}
    return edited | {number for number in base_ids(account, entity, people) if not _replaced(collection, number)}


def _replaced(collection: Collection, number: int) -> bool:
    return number in collection.edited or number in collection.deleted


def base_ids(account: Account, entity: str, people: frozenset[int]) -> set[int]:
    """Return the ids that people had in the base data, by arithmetic."""
    layout = account.collections[entity].layout
    assert isinstance(layout, Layout)  # noqa: S101 - there are no others
    rows = (account.world.people.index_of(number) for number in people)
    slots = ((row, slot) for row in rows if row is not None for slot in range(layout.group[row % len(layout.group)]))
    return {layout.slot_id(row, slot) for row, slot in slots}


def ids_of_people(account: Account, entity: str, people: frozenset[int]) -> list[int]:
    """Return the ids of the live records of several people, ascending."""
    return sorted(_ids_of_people(account, entity, people))


# --- what was changed ----------------------------------------------------------------------------------------------


class Chosen(NamedTuple):
    """A row that is to be exported: its id, and whether it is gone."""

    number: int
    gone: bool


def changed(account: Account, entity: str, within: Callable[[int], bool]) -> Iterator[Chosen]:
    """Yield the records that were changed within a span of time, perhaps also later, and those that are gone; each of them once."""
    collection = account.collections[entity]
    layout = collection.layout
    numbers = {layout.id_of(index) for index in range(layout.count) if within(base_stamp(account.world, entity, index))}
    numbers |= {number for number, stamps in account.log.get(entity, {}).items() if any(map(within, stamps))}
    yield from (Chosen(each, each in collection.deleted) for each in numbers)


def of_people(account: Account, entity: str, people: frozenset[int]) -> Iterator[Chosen]:
    """Yield the records of people, also those that are gone."""
    collection, graves = account.collections[entity], account.graves.get(entity, {})
    yield from (Chosen(each, False) for each in _ids_of_people(account, entity, people))
    for number in base_ids(account, entity, people):
        if number in collection.deleted and number not in graves:
            yield Chosen(number, True)
    yield from (Chosen(each, True) for each, record in graves.items() if each in collection.deleted and owner(record) in people)


def by_ids(account: Account, entity: str, numbers: frozenset[int]) -> Iterator[Chosen]:
    """Yield the records with some ids of their own, also those that are gone."""
    collection = account.collections[entity]
    for number in numbers:
        if number in collection.deleted:
            yield Chosen(number, True)
        elif number in collection.edited or collection.layout.index_of(number) is not None:
            yield Chosen(number, False)


class Frozen:
    """An entity's records as they are now, also those that are gone; later changes do not reach it."""

    def __init__(self, account: Account, entity: str) -> None:
        """Remember what is not computed."""
        self._live, self._graves = account.collections[entity].frozen(), dict(account.graves.get(entity, {}))

    def get(self, each: Chosen) -> Record | None:
        """Return a record, live or gone."""
        if not each.gone:
            return self._live.get(each.number)
        index = self._live.layout.index_of(each.number)
        return self._graves.get(each.number) or (None if index is None else self._live.make(index))
