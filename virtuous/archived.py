"""Which contacts are archived: full contacts do not say, so the list that leaves archived ones out is asked as well."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

import plan
from api import LIST_TAKE, Groups, Record, VirtuousApi
from common.failures import Unavailable
from common.portions import portions
from plan import CONTACTS, IDS_PER_QUERY

ATTEMPTS = 3  # replies to another question, one after the other, before the source is taken for one that does not filter


class Archived:
    """Tells of contacts whether they are archived. Safe in threads.

    Args:
        api: asks, with retries.
        include_archived: whether the contacts were asked for with archived ones.
    """

    def __init__(self, api: VirtuousApi, *, include_archived: bool) -> None:
        self._api, self._include_archived = api, include_archived
        self._lock = Lock()
        self._all_active: set[int] | None = None

    def tell(self, records: list[Record], groups: Groups) -> None:
        """Notes on records that do not say it whether they are archived; `groups` are the conditions that brought them.

        Raises:
            SourceFailure: if the source does not answer this question.
        """
        unsure = {number: record for record in records if (number := CONTACTS.id_of(record)) is not None and "isArchived" not in record}
        if not unsure:
            return
        active = set(self._active(sorted(unsure), groups)) if self._include_archived else unsure.keys()
        for number, record in unsure.items():
            record["isArchived"] = number not in active

    def _active(self, ids: list[int], groups: Groups) -> Collection[int]:
        """Contacts that are not archived, among them all of these that are not."""
        low, high = ids[0] - 1, ids[-1] + 1  # which a source that takes "more than" for "at least" gives as well
        narrowed = [[*group, *plan.between(CONTACTS.ids[0], low, high)] for group in groups]
        for _ in range(ATTEMPTS if narrowed else 0):  # what is read by offset cannot be narrowed
            found, complete = self._listed(narrowed, len(ids))
            if all(low <= number <= high for number in found):
                return found if complete else self._active_of(ids)
        return self._active_in_all()

    def _active_of(self, ids: list[int]) -> list[int]:
        """The same for a page that was no stretch of the list: asked for one by one."""
        active: list[int] = []
        for some in portions(ids, IDS_PER_QUERY):
            found, complete = self._listed(plan.any_of(CONTACTS.ids[0], some, []), IDS_PER_QUERY)
            if not complete or not set(found) <= set(some):
                raise Unavailable(f"{CONTACTS.cheap}: the reply is about other contacts than were asked for", CONTACTS.cheap)
            active += found
        return active

    def _active_in_all(self) -> Collection[int]:
        """All contacts that are not archived, read once in a sync, for a source that does not filter."""
        with self._lock:
            if self._all_active is None:
                self._all_active = {number for number in plan.every_page(self._page_of_all) if number is not None}
            return self._all_active

    def _page_of_all(self, skip: int) -> tuple[list[int | None], int]:
        listed, total = self._api.query(CONTACTS.cheap, [], skip, LIST_TAKE, include_archived=False)
        return [CONTACTS.id_of(record) for record in listed], total

    def _listed(self, groups: Groups, take: int) -> tuple[list[int], bool]:
        """The ids on a page of contacts that are not archived, as far as they have one; and whether there are no more."""
        listed, total = self._api.query(CONTACTS.cheap, groups, 0, take, include_archived=False)
        return [number for record in listed if (number := CONTACTS.id_of(record)) is not None], len(listed) >= total
