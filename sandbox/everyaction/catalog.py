"""All of the reference lists: the records by entity, and the endpoints."""

from __future__ import annotations

from sandbox.collection import Collection
from sandbox.everyaction import codes, emails, events, fields, forms, lists, lookups, money, organizing, places, signups
from sandbox.everyaction.envelope import Route
from sandbox.everyaction.world import World

_MODULES = (organizing, codes, places, events, signups, lists, emails, forms, money, fields, lookups)
ROUTES: tuple[Route, ...] = tuple(route for module in _MODULES for route in module.ROUTES)


def collections(world: World, started: int | None = None) -> dict[str, Collection]:
    """Return the records by entity; some are dated by the start, which the world knows."""
    del started
    return {entity: collection for module in _MODULES for entity, collection in module.collections(world).items()}
