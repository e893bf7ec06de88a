"""The fewest requests with which a sync could get everything, worked out from the records and from the vendor's documentation alone.

What has to be asked, and why nothing less will do:
- `Organization/Current`, once: it tells the organization's own row, and the culture that its dates are written in.
- `QueryOptions`, once for each list that can be filtered: parameter names vary by organization, so no filter may be used unseen.
- The lists that are read by a query, as many pages as it takes: the largest page has 1000 records. An empty list takes one request too.
  Contacts come with `includeArchived`; since their records do not say who is archived, the list without the archived ones is needed
  beside it. Pages can be that full from the first to the last, so nothing is added for a last page that is asked for in vain.
- The lists that cannot be filtered, whole: by pages of 1000 as well, those that know no paging or ignore it in one.
- The definitions of custom fields and collections and the lookups, a request for each.

For a sync after changes: the filtered lists have only what changed since the start of the stand-in (what a merge moved is counted with it),
and still take one request each. A list that offers no modification date has to be read whole. What hardly ever changes (parameter names,
definitions, lookups) is asked for once a day and so not again. Looking for deleted records is no part of it: that is done once in some
days. The optional tables are none either.
"""

from __future__ import annotations

from sandbox.virtuous.custom import CUSTOM_FIELD_PATHS
from sandbox.virtuous.lookups import LOOKUPS
from sandbox.virtuous.organization import Organization
from sandbox.virtuous.parameters import UNDATED

MAX_PAGE = 1000
QUERIED = (
    "Contact", "Gift", "RecurringGift", "Pledge", "PlannedGift", "GiftAsk", "Grant", "Project", "ContactNote", "Task", "Event",
    "EventAttendee",
)  # fmt: skip
WHOLE = ("Tag", "OrganizationGroup", "Campaign", "Communication", "Premium", "EmailList")
IN_ONE_REPLY = ("Segment", "Volunteer", "VolunteerOpportunity")  # they ignore skip, or know no paging
WITH_COLLECTIONS = ("Contact", "ContactIndividual")


def fewest_requests(org: Organization, *, changed: bool, page: int | None) -> dict[str, int]:
    """Return the fewest requests by what is asked for.

    `changed`: those of a sync of what changed since the start, else of the first sync. `page` is a smaller page than the API allows.
    """
    size = min(page or MAX_PAGE, MAX_PAGE)
    found = {"Organization/Current": 1}
    if not changed:
        found |= {f"{entity}/QueryOptions": 1 for entity in QUERIED}
        found |= {f"{path}/CustomFields": 1 for path in CUSTOM_FIELD_PATHS.values()}
        found |= {f"{path}/CustomCollections": 1 for path in WITH_COLLECTIONS}
        found |= dict.fromkeys(LOOKUPS, 1)
    found |= {entity: pages(_listed(org, entity, changed=changed), size) for entity in QUERIED}
    found |= {entity: pages(org.collections[entity].count(), size) for entity in WHOLE}
    found |= dict.fromkeys(IN_ONE_REPLY, 1)
    active = _listed(org, "Contact", changed=changed, archived=False)
    if not changed or _listed(org, "Contact", changed=True):
        found["Contact without archived"] = pages(active, size)
    return found


def pages(rows: int, size: int) -> int:
    """Return how many pages hold so many rows; there is always one."""
    return max(1, -(-rows // size))


def _listed(org: Organization, entity: str, *, changed: bool, archived: bool = True) -> int:
    collection = org.collections[entity]
    if not changed or entity in UNDATED:
        return collection.count(archived=archived)
    edited, _ = collection.overlay(archived=archived)
    return len(edited)
