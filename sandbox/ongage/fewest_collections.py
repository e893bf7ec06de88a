"""The fewest requests for everything but lists, their fields and their contacts, worked out from the records.

- Each collection of each sending list that may be read, as many pages of 500 as it takes; an empty one takes one request too. All of it
  is read in each sync: nothing tells what was deleted.
- The details of mailings and segments, and of messages if their bodies are wanted: one for each record at first, later for those that
  were changed since the start.
- A report for each table of statistics, since nothing limits the days that a query may look at: of all days since the oldest list was
  made, or of the last 30 days in a later sync; as many pages of 5000 rows as it takes, one if there are no rows.
"""

from __future__ import annotations

from collections import Counter

from sandbox.ongage import emails, events, imports, mailings, providers, segments, transactional
from sandbox.ongage.account import Account
from sandbox.ongage.facts import day_of, growth_days, mailings_of, scope_of
from sandbox.ongage.truth_collections import STATISTICS, facts_by_mailing, sums
from sandbox.ongage.world import DAY

PAGE, REPORT_PAGE = 500, 5000
LAST_DAYS = 30
_ALWAYS = {segments.ENTITY: "segments", mailings.ENTITY: "mailings", emails.ENTITY: "emails", imports.ENTITY: "import"}
# The optional tables that need a collection or details of their own.
_OPTIONAL = {
    "transactional_campaigns": (transactional.ENTITY, "transactional"), "events": (events.ENTITY, "events"),
    "event_triggers": (events.ENTITY, "events"), "email_tags": (providers.TAG, "email_tag"),
}  # fmt: skip
_DETAILED = {mailings.ENTITY: "mailings/<id>", segments.ENTITY: "segments/<id>"}
BODIES = "email_message_bodies"


def _pages(rows: int, size: int) -> int:
    return max(1, -(-rows // size))


def collection_pages(account: Account, *, page: int | None = None, optional: frozenset[str] = frozenset()) -> dict[str, int]:
    """Return the pages of each collection in all lists, and the one request for the connections."""
    asked = _ALWAYS | dict(_OPTIONAL[table] for table in sorted(optional & _OPTIONAL.keys()))
    size = min(page or PAGE, PAGE)
    places = account.visible(sending=True)
    found = {name: sum(_pages(account.collection(entity, place.id).count(), size) for place in places) for entity, name in asked.items()}
    return found | {"esp_connections/options": 1}


def details(account: Account, *, changed: bool, optional: frozenset[str] = frozenset()) -> dict[str, int]:
    """Return how many details have to be read: of all records, or of those that `changed` since the start."""
    wanted = _DETAILED | ({emails.ENTITY: "emails/<id>"} if BODIES in optional else {})
    found: dict[str, int] = {}
    for entity, name in wanted.items():
        collections = [account.collection(entity, place.id) for place in account.visible(sending=True)]
        found[name] = sum(len(each.edited) if changed else each.count() for each in collections)
    return found


def report_pages(account: Account, *, changed: bool, page: int | None = None) -> dict[str, int]:
    """Return the pages of the reports for each table of statistics."""
    size = min(page or REPORT_PAGE, REPORT_PAGE)
    oldest = min(each.created for each in account.visible())
    rows = _rows_since(account, day_of(account.now() - LAST_DAYS * DAY if changed else oldest))
    names = [*(table.table for table in STATISTICS), "list_daily_stats"]
    return {f"reports/query {name}": _pages(rows[name], size) for name in names}


def _rows_since(account: Account, low: int) -> Counter[str]:
    """Return how many rows each table has of the days from one on."""
    counts: Counter[str] = Counter()
    for facts in facts_by_mailing(account, low):
        for table in STATISTICS:
            counts[table.table] += sum(row["stats_date"] >= low for row in sums(table, facts))
    for place in account.visible(sending=True):
        started = scope_of(mailings_of(account, place)).started
        counts["list_daily_stats"] += sum(day >= low for day in growth_days(place, started))
    return counts
