"""The rows of resources that have no records: they are made up of the account and of its ad groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from sandbox.arithmetic import Record, mix

if TYPE_CHECKING:
    from sandbox.sa360.account import Account

_LOCATIONS, _SEARCH_TERMS = 4, 3  # how many a client has


def _locations(account: Account, customer_id: str) -> Iterator[Record]:
    scope = account.scopes[customer_id]
    customer = next(account.records("Customer", customer_id))
    for number in range(_LOCATIONS if scope.campaigns else 0):
        country, targeting = 2840 + number // 2, number % 2 == 0
        name = scope.name("user_location_view", f"{country}~{str(targeting).lower()}")
        own = {"resourceName": name, "countryCriterionId": str(country), "targetingLocation": targeting}
        yield _with_parts(account, {"userLocationView": own, "customer": customer}, name)


def _search_terms(account: Account, customer_id: str) -> Iterator[Record]:
    scope = account.scopes[customer_id]
    for number, row in zip(range(_SEARCH_TERMS), account.rows(customer_id, "ad_group"), strict=False):
        prints = "~".join(str(mix(account.seed, number, place) % 10**10 + 10**10) for place in range(4))
        ad_group = row["adGroup"]["resourceName"].rsplit("/", 1)[-1]
        name = f"customers/{scope.info.id}/dynamicSearchAdsSearchTermViews/{ad_group}~{prints}"
        page = {} if number == 1 else {"landingPage": f"https://example.org/landing/{number}?q=\N{FIRE}"}
        joined: Record = {key: row[key] for key in ("adGroup", "campaign", "customer") if key in row}
        yield _with_parts(account, {"dynamicSearchAdsSearchTermView": {"resourceName": name, **page}, **joined}, name)


def _shopping(view: str, plural: str, account: Account, customer_id: str) -> Iterator[Record]:
    """Yield a row for each ad group with products: the view's own name is the same for all."""
    for row in account.rows(customer_id, "ad_group"):
        if row["adGroup"].get("_shopping"):
            own = {"resourceName": f"customers/{customer_id}/{plural}"}
            joined: Record = {key: row[key] for key in ("adGroup", "campaign", "customer") if key in row}
            yield _with_parts(account, {view: own, **joined}, f"{plural} of {row['adGroup']['resourceName']}", row["_since"])


def _with_parts(account: Account, row: Record, name: str, since: int = 0) -> Record:
    key = account.key(name)
    return row | {"_parts": ((key, since),), "_key": key, "_since": since}


def _combinations(account: Account, customer_id: str) -> Iterator[Record]:
    """Yield the best combination of each asset group's assets."""
    scope = account.scopes[customer_id]
    for row in account.rows(customer_id, "asset_group"):
        name = scope.name("asset_group_top_combination_view", row["assetGroup"]["resourceName"].rsplit("/", 1)[-1] + "~HEADLINE")
        used = [{"asset": scope.ref("asset", 0), "servedAssetFieldType": "HEADLINE_1"}]
        own = {"resourceName": name, "assetGroupTopCombinations": [{"assetCombinationServedAssets": used}]}
        yield {"assetGroupTopCombinationView": own, "assetGroup": row["assetGroup"], "customer": row["customer"]}


UNRECORDED: dict[str, Callable[[Account, str], Iterator[Record]]] = {
    "asset_group_top_combination_view": _combinations,
    "user_location_view": _locations,
    "dynamic_search_ads_search_term_view": _search_terms,
    "shopping_performance_view": partial(_shopping, "shoppingPerformanceView", "shoppingPerformanceView"),
    "cart_data_sales_view": partial(_shopping, "cartDataSalesView", "cartDataSalesView"),
}
