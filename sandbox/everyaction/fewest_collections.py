"""The fewest requests for the reference lists, for signups and for what only single records tell, worked out from the records.

- Each list, as many pages of its largest `$top` as it takes; an empty one takes one request too, and a list without pages takes one.
  All of it is read in each sync: nothing tells what was deleted.
- The saved lists of each folder once more, since they do not tell which one they lie in.
- The signups of each event, in pages; later those of events that start after 30 days ago: the others hardly ever change.
- Each message, each designation and each district by itself; later those that were changed since the start, and of messages those
  that were sent in the last 30 days, whose statistics still move.
"""

from __future__ import annotations

from collections import Counter

from sandbox.everyaction import catalog, emails, events, fields, lists, lookups, money, organizing, signups
from sandbox.everyaction.account import Account
from sandbox.everyaction.changes_collections import was_sent_lately
from sandbox.everyaction.times import read_instant
from sandbox.everyaction.truth_collections import EXPORTED, ROOTS
from sandbox.everyaction.world import DAY

PAGE = 200
LAST_DAYS = 30
_SIZES = {events.ENTITY: 50, lists.MINIVAN: 50, lookups.EMPLOYER: 500}
_WITHOUT_PAGES = frozenset(
    {
        fields.CUSTOM, fields.DISTRICT, fields.NOTE_CATEGORY, events.TYPE, organizing.CONTACT_TYPE, organizing.INPUT_TYPE,
        organizing.RESULT_CODE, money.DESIGNATION, money.BATCH, lookups.SCHEDULE,
    }
)  # fmt: skip
_DETAILED = {money.DESIGNATION: "designations/<id>", fields.DISTRICT: "districtFields/<id>"}


def _pages(rows: int, size: int) -> int:
    return max(1, -(-rows // size))


def collection_pages(account: Account, *, page: int | None = None) -> dict[str, int]:
    """Return the pages of each list."""
    found: dict[str, int] = {}
    for entity, path in _listed().items():
        most = _SIZES.get(entity, PAGE)
        size = min(page or most, most)
        found[path] = 1 if entity in _WITHOUT_PAGES else _pages(account.collection(entity).count(), size)
    return found | {"savedLists?folderId=<id>": _pages_of_folders(account, min(page or PAGE, PAGE))}


def _listed() -> dict[str, str]:
    """Return, by entity, the path of its list."""
    wanted = {root.entity for root in ROOTS} - {EXPORTED, signups.ENTITY}
    paths: dict[str, str] = {}
    for route in catalog.ROUTES:
        if route.entity in wanted and "(" not in route.pattern:
            paths.setdefault(route.entity, route.pattern)
    return paths


def _pages_of_folders(account: Account, size: int) -> int:
    counts = Counter(record["_folder"] for record in account.collection(lists.SAVED).records())
    return sum(_pages(counts[folder], size) for folder in account.collection(lists.FOLDER).ids())


def details(account: Account, *, changed: bool, page: int | None = None) -> dict[str, int]:
    """Return how many single records have to be read, and how many pages of signups: of all, or of those that `changed` since the start."""
    found = {"signups?eventId=<id>": _pages_of_signups(account, changed, min(page or PAGE, PAGE))}
    for entity, name in _DETAILED.items():
        collection = account.collection(entity)
        found[name] = len(collection.edited) if changed else collection.count()
    return found | {"email/message/<id>": _messages(account, changed)}


def _pages_of_signups(account: Account, changed: bool, size: int) -> int:
    total = 0
    for event in account.collection(events.ENTITY).records():
        start = read_instant(event["startDate"])
        if not changed or (start is not None and start > account.now() - LAST_DAYS * DAY):
            total += _pages(len(signups.signups_of(account, event["eventId"])), size)
    return total


def _messages(account: Account, changed: bool) -> int:
    collection = account.collection(emails.ENTITY)
    if not changed:
        return collection.count()
    lately = (record for record in collection.records() if was_sent_lately(account, record, LAST_DAYS))
    return len({collection.number(record["foreignMessageId"]) for record in lately} | set(collection.edited))
