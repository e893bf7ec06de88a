"""The fewest requests with which a sync could get everything, worked out from the records and from the vendor's documentation alone.

What has to be asked, and why nothing less will do:
- Which types can be exported; and of each its fields and its change types, without which no file can be read.
- For each type a job: it is created, polled once, and has one file if there is not too much. A job reaches back 90 days.
- For the first sync, what is older: the people, as pages of 200 that find each of them once, and for each 10,000 of them a job for each
  type.
- All the rest: see `sandbox.everyaction.fewest_collections`.

The optional tables are no part of it.
"""

from __future__ import annotations

from sandbox.everyaction import exports, fewest_collections
from sandbox.everyaction.account import Account
from sandbox.everyaction.resources import ACTIVIST_CODE, RESOURCES
from sandbox.everyaction.rows import PERSON

REQUESTS_PER_JOB = 3
PEOPLE_PER_PAGE, PEOPLE_PER_JOB = 200, 10_000


def fewest_requests(account: Account, *, changed: bool, page: int | None) -> dict[str, int]:
    """Return the fewest requests by what is asked for.

    `changed`: those of a sync of what changed since the start, else of the first sync. `page` is a smaller page than the API allows.
    """
    names = [name for name in exports.resources(account) if RESOURCES[name].entity not in account.forbidden]
    exported = [name for name in names if RESOURCES[name].entity != ACTIVIST_CODE]
    found = {"resources": 1, "fields/<type>": len(names), "changeTypes/<type>": len(names), "jobs": len(exported) * REQUESTS_PER_JOB}
    if not changed:
        people = account.collection(PERSON).count()
        found["people"] = pages(people, min(page or PEOPLE_PER_PAGE, PEOPLE_PER_PAGE))
        found["jobs for people"] = pages(people, PEOPLE_PER_JOB) * len(exported) * REQUESTS_PER_JOB
    found |= fewest_collections.collection_pages(account, page=page)
    return found | fewest_collections.details(account, changed=changed, page=page)


def pages(rows: int, size: int) -> int:
    """Return how many pages hold so many rows; there is always one."""
    return max(1, -(-rows // size))
