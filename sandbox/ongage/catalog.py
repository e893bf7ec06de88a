"""All of the collections but the lists, their fields and their contacts: the records by entity and list, and the endpoints."""

from __future__ import annotations

from sandbox.collection import Collection
from sandbox.ongage import emails, events, imports, mailings, providers, reports, segments, transactional
from sandbox.ongage.envelope import Route
from sandbox.ongage.scope import by_list, scopes
from sandbox.ongage.world import World

ROUTES: tuple[Route, ...] = (
    *segments.ROUTES, *mailings.ROUTES, *emails.ROUTES, *imports.ROUTES, *transactional.ROUTES, *events.ROUTES, *providers.ROUTES,
    *reports.ROUTES,
)  # fmt: skip


def collections(world: World, started: int) -> dict[str, dict[int, Collection]]:
    """Return the records by entity and list; the last mailings are of the weeks before `started`, in epoch seconds."""
    found = scopes(world, started)
    return {
        segments.ENTITY: by_list(found, segments.ENTITY, segments.segment_record),
        mailings.ENTITY: mailings.collections(found),
        emails.ENTITY: by_list(found, emails.ENTITY, emails.email_record),
        imports.ENTITY: by_list(found, imports.ENTITY, imports.import_record),
        transactional.ENTITY: by_list(found, transactional.ENTITY, transactional.transactional_record),
        events.ENTITY: by_list(found, events.ENTITY, events.event_record),
        providers.TAG: by_list(found, providers.TAG, providers.email_tag_record),
        providers.ENTITY: providers.connections(),
    }
