"""Pages of lists: the source's own link is followed where it leads to the next rows, and else its `$skip` is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from api import EveryActionApi, Listed, Params, Record
from common.clock import Clock
from common.collection import Collection
from common.failures import Rejected
from common.listing import Page, PageRequest
from common.listings import Place
from common.retrying import Attempts
from models import canonical
from plan import DETAIL_PATHS, DETAILED

PAGE_SIZES = [500, 200, 100, 50, 25, 5, 1]
PARALLEL_REQUESTS = 8
PAGE_ATTEMPTS = 3  # for a page that a smaller size may cure
WHOLE_ATTEMPTS = 8  # for what cannot be asked for in smaller pieces
EXPANDED = "$expand"

Pages = tuple[str, tuple[tuple[str, str], ...], int, int]  # a path, what is asked for besides the page, the size, and the first row


class Pager:
    """Asks for pages of lists. Safe in threads, as long as each reads another list.

    Args:
        once: asks once.
        patient: asks, with retries.
        clock: for the pauses between attempts.
        say: told of failures that are tried again.
    """

    def __init__(self, once: EveryActionApi, patient: EveryActionApi, clock: Clock, say: Callable[[str], None]) -> None:
        self._once, self._patient, self._clock, self._say = once, patient, clock, say
        self._links: dict[Pages, str] = {}
        self._sizeless: set[str] = set()  # paths that take no $top

    def page(self, place: Place, request: PageRequest) -> Page:
        """A page of a collection, with a few attempts.

        Raises:
            SourceFailure: if it cannot be read.
        """
        collection = place.collection
        if collection.pages == "none":
            listed: Listed = self._attempt(partial(self._once.page, collection.path, collection.params), WHOLE_ATTEMPTS)
        else:
            listed = self.rows(collection.path, collection.params, request)
        total = listed.total if collection.pages != "none" else None
        return Page([readable(collection, record) for record in listed.records], total)

    def rows(self, path: str, params: Params, request: PageRequest, attempts: int = PAGE_ATTEMPTS) -> Listed:
        """A page of a list, with some attempts.

        Raises:
            SourceFailure: if it cannot be read.
        """
        place = path, tuple(sorted((name, str(value)) for name, value in params.items())), request.limit
        listed: Listed = self._attempt(partial(self._ask, path, params, request, self._links.get((*place, request.offset))), attempts)
        if listed.link and len(listed.records) == request.limit:  # behind a short page it would leave some rows out
            behind: Pages = (*place, request.offset + request.limit)
            self._links[behind] = listed.link
        return listed

    def detail(self, place: Place, number: int) -> Record:
        """A record by itself, with retries.

        Raises:
            SourceFailure: if it cannot be read.
        """
        collection = place.collection
        own = collection.params if collection.table in DETAILED else {}
        path, params = DETAIL_PATHS.get(collection.table, (collection.path, own))
        record = self._patient.record(f"{path}/{quote(collection.key_of(number), safe='')}", params)
        found: Record = readable(collection, record)
        return found

    def _attempt(self, ask: Callable[[], Listed], attempts: int) -> Listed:
        return Attempts(self._clock, attempts, self._say).call(ask)

    def _ask(self, path: str, params: Params, request: PageRequest, link: str | None) -> Listed:
        if link:
            return self._once.next_page(link)
        asked = self._with_place(path, params, request)
        try:
            return self._once.page(path, asked)
        except Rejected as failure:
            if "$top" not in str(failure) or "$top" not in asked:
                raise
            self._sizeless.add(path)
            return self._once.page(path, self._with_place(path, params, request))

    def _with_place(self, path: str, params: Params, request: PageRequest) -> Params:
        size = {} if path in self._sizeless else {"$top": request.limit}
        return {**params, **size, **({"$skip": request.offset} if request.offset else {})}


def sizes(most: int) -> list[int]:
    """The page sizes of a list, largest first, none above what the source allows; 0: any."""
    most = min(most or PAGE_SIZES[0], PAGE_SIZES[0])
    return [most, *(size for size in PAGE_SIZES if size < most)]


def asked(place: Place, request: PageRequest) -> dict[str, Any]:
    """What an `errors` row says was asked."""
    return {**place.collection.params, "$top": request.limit, "$skip": request.offset}


def readable(collection: Collection, record: Any) -> Any:
    """A record with its keys spelled as the columns name them.

    A list that is null is left out where lists come only when they are asked for: there null never means none (5).
    """
    found = canonical(collection.root, record)
    if not isinstance(found, dict) or not (collection.detail or EXPANDED in collection.params):
        return found
    lists = {child.key for child in collection.root.children}
    return {key: value for key, value in found.items() if value is not None or key not in lists}
