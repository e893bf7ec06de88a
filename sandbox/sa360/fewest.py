"""The fewest requests with which a sync could get everything, worked out from the records and from the vendor's documentation alone.

What has to be asked, and why nothing less will do:
- An access token, once: it lives for an hour.
- The accounts below each manager: nothing else tells which there are.
- Each list of records of each account that can have such records, as many pages of 10,000 as it takes, and one if there are none. All of
  it is read in each sync: no query tells what was deleted, or what has changed about most of it.
- The places, languages and product categories, which are the same for everybody, of one account.
- The custom columns of each manager; they come in one reply.
- The numbers of each report and client, streamed: one query for each 31 days since the first day that is wanted, which is as much as a
  query by day should ask for; one in a later sync, since only the last days change.
- The values of custom columns, likewise, of a client below a manager that has any which can be queried.

The optional tables are no part of it.
"""

from __future__ import annotations

from sandbox.sa360.account import Account
from sandbox.sa360.api import CUSTOM_COLUMN
from sandbox.sa360.envelope import LARGEST_PAGE

DAYS_PER_QUERY = 31
KEYWORDS, OTHER_CRITERIA = "keywords", "other_criteria"  # two lists FROM one resource
_EVERY_ACCOUNT = ("customer", "bidding_strategy", "conversion_action", "conversion_custom_variable", "label")
_MANAGERS = ("customer_client",)
_CLIENTS = (
    "customer_manager_link", "campaign", "campaign_budget", "ad_group", "ad_group_ad", KEYWORDS, OTHER_CRITERIA,
    "product_group_view", "campaign_criterion", "ad_group_bid_modifier", "accessible_bidding_strategy",
    "campaign_label", "ad_group_label", "ad_group_ad_label", "ad_group_criterion_label",
    "asset", "customer_asset", "campaign_asset", "ad_group_asset",
    "asset_group", "asset_group_asset", "asset_group_signal", "asset_group_listing_group_filter",
    "asset_set", "asset_set_asset", "customer_asset_set", "campaign_asset_set", "ad_group_asset_set", "audience", "user_list",
)  # fmt: skip
_CONSTANTS = ("geo_target_constant", "language_constant", "product_bidding_category_constant")
_WITH_CONVERSION_ACTIONS = (
    "customer", "campaign", "ad_group", "keyword", "age_range", "gender", "webpage", "ad_group_audience", "campaign_audience", "location",
    "product", "customer_asset", "campaign_asset", "ad_group_asset", "asset_set_asset",
)  # fmt: skip
_REPORTS = (
    *(f"{name}_reports" for name in (*_WITH_CONVERSION_ACTIONS, "bidding_strategy", "product_group", "user_location")),
    *(f"{name}_device_reports" for name in ("customer", "campaign", "ad_group", "ad", "keyword", "product")),
    *(f"{name}_conversion_action_reports" for name in (*_WITH_CONVERSION_ACTIONS, "ad")),
    "dynamic_search_ads_search_term_reports", "cart_data_sales_reports",
)  # fmt: skip
_COLUMN_VALUES = ("campaign_custom_column_values", "keyword_custom_column_values")


def fewest_requests(account: Account, *, changed: bool, page: int | None) -> dict[str, int]:
    """Return the fewest requests by what is asked for: the name of what is FROM, or of the report.

    `changed`: those of a sync of what changed since the start, else of the first sync. `page` is a smaller page than the API allows.
    """
    size = min(page or LARGEST_PAGE, LARGEST_PAGE)
    managers, clients = ([each.id for each in some] for some in (account.managers(), account.clients()))
    asked = {name: [*managers, *clients] for name in _EVERY_ACCOUNT} | dict.fromkeys(_MANAGERS, managers)
    asked |= dict.fromkeys(_CLIENTS, clients) | dict.fromkeys(_CONSTANTS, clients[:1])
    found = {"token": 1, "custom_columns": len(managers)}
    found |= {name: sum(pages(_count(account, each, name), size) for each in ids) for name, ids in asked.items()}
    queries = {each: 1 if changed else _spans(account, each) for each in clients}
    found |= dict.fromkeys(_REPORTS, sum(queries.values()))
    with_columns = sum(queries[each] for each in clients if _has_columns(account, each))
    return found | dict.fromkeys(_COLUMN_VALUES, with_columns)


def pages(rows: int, size: int) -> int:
    """Return how many pages hold so many rows; there is always one."""
    return max(1, -(-rows // size))


def _count(account: Account, customer_id: str, resource: str) -> int:
    if resource in {KEYWORDS, OTHER_CRITERIA}:
        rows = account.rows(customer_id, "ad_group_criterion")
        return sum((row["adGroupCriterion"].get("type") == "KEYWORD") == (resource == KEYWORDS) for row in rows)
    return sum(1 for _ in account.rows(customer_id, resource))


def _spans(account: Account, customer_id: str) -> int:
    return pages((account.today(customer_id) - account.start_date).days + 1, DAYS_PER_QUERY)


def _has_columns(account: Account, customer_id: str) -> bool:
    above = account.world.chain(customer_id)[1:]
    return any(record.get("queryable") for each in above for record in account.records(CUSTOM_COLUMN, each.id))
