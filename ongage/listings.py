"""How collections are asked for: the pages and the records of OnGage's API, for `common.listings`."""

from __future__ import annotations

from functools import partial

from api import Record
from common.collection import Collection
from common.listing import Page, PageRequest
from common.listings import Listings, Place
from common.retrying import Attempts
from context import Context
from delivery import scope_of

PAGE_ATTEMPTS = 3  # for a page that a smaller size may cure
ORDER: dict[str, str | int] = {"sort": "id", "order": "ASC"}


def place_of(collection: Collection, list_id: str | None = None) -> Place:
    """A collection of a list, or of the account."""
    return Place(collection, scope_of(list_id))


def list_of(place: Place) -> str | None:
    """The list that a collection is of, None if it belongs to the account."""
    return place.scope.get("list_id")


def listings(context: Context) -> Listings:
    """What reads collections with a sync's tools."""

    def read_page(place: Place, request: PageRequest) -> Page:
        ask = partial(context.once.listing, list_of(place), place.collection.path, _params(place.collection, request))
        return Page(*Attempts(context.clock, PAGE_ATTEMPTS, context.say).call(ask))

    def read_detail(place: Place, number: int) -> Record:
        return context.api.detail(list_of(place) or "", place.collection.path, number)

    tools = context.delivery, context.clock, context.executor, context.wait, context.progress, context.inform
    return Listings(*tools, read_page, read_detail, _asked)


def _asked(place: Place, request: PageRequest) -> dict[str, str | int]:
    """What an error says was asked for, whichever way the endpoint counts."""
    del place
    return {"offset": request.offset, "limit": request.limit} | ORDER


def _params(collection: Collection, request: PageRequest) -> dict[str, str | int]:
    if collection.pages == "none":
        return {}
    if collection.pages == "offset":
        return {"offset": request.offset, "limit": request.limit} | ORDER
    return {"page": request.offset // request.limit + 1, "page_size": request.limit} | ORDER
