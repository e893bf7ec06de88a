"""The fewest requests with which a sync could get everything, worked out from the records and from the vendor's documentation alone.

What has to be asked, and why nothing less will do:
- The lists, as many pages of 500 as it takes: nothing else tells which there are.
- The fields of each list that may be read, suppression lists among them.
- The contacts of each sending list that may be read: a search, which is four requests (it is created, polled once, exported and removed).
  Of a list that says that it has more than 200,000 a search for all would take too long: that takes one for each three months of the
  list's life, and one for what is older.
- For a sync after changes: a search for each of the five dates that a contact has, since each tells of other changes. Who was edited or
  removed is told by none of them; to look for that is no part of it.
- All the rest: see `sandbox.ongage.fewest_collections`.

The optional tables are no part of it.
"""

from __future__ import annotations

from datetime import datetime, timezone

from sandbox.ongage import fewest_collections, lists
from sandbox.ongage.account import Account
from sandbox.ongage.contacts import DATES

REQUESTS_PER_SEARCH = 4
LARGEST_SEARCH = 200_000
WINDOW_MONTHS = 3


def fewest_requests(account: Account, *, changed: bool, page: int | None) -> dict[str, int]:
    """Return the fewest requests by what is asked for.

    `changed`: those of a sync of what changed since the start, else of the first sync. `page` is a smaller page than the API allows.
    """
    size = min(page or fewest_collections.PAGE, fewest_collections.PAGE)
    found = {"lists": pages(account.collection(lists.ENTITY).count(), size)}
    found["list_fields"] = sum(pages(account.collection(lists.FIELD, each.id).count(), size) for each in account.visible(sending=True))
    searches = sum(len(DATES) if changed else windows(account, each.id) for each in account.visible(sending=True))
    found["contact_search"] = searches * REQUESTS_PER_SEARCH
    found |= fewest_collections.collection_pages(account, page=page)
    found |= fewest_collections.details(account, changed=changed)
    return found | fewest_collections.report_pages(account, changed=changed, page=page)


def pages(rows: int, size: int) -> int:
    """Return how many pages hold so many rows; there is always one."""
    return max(1, -(-rows // size))


def windows(account: Account, list_id: int) -> int:
    """Return how many searches it takes to get all contacts of a list."""
    record = account.collection(lists.ENTITY).get(list_id) or {}
    if record.get("last_count", 0) <= LARGEST_SEARCH:
        return 1
    created, now = (datetime.fromtimestamp(seconds, timezone.utc) for seconds in (record["created"], account.now()))
    months = (now.year - created.year) * 12 + now.month - created.month
    # Rows of the last part of a month count as a month, unless it was created on a later day of one.
    months += (now.day, now.time()) > (created.day, created.time())
    return -(-months // WINDOW_MONTHS) + 1
