"""What clients have besides links: campaigns and all below them, assets and their groups, audiences, strategies, labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.sa360.entities import ALTERNATIVES
from sandbox.sa360.entities_scope import CAMPAIGN_CRITERIA, CRITERIA, Scope, Spec
from sandbox.sa360.world import AD_GROUPS, ADS, CAMPAIGNS_AT_LEAST, KEYWORDS

_OPEN_END = "2037-12-30"
_BIDDING = (
    "TARGET_CPA", "TARGET_ROAS", "TARGET_SPEND", "TARGET_IMPRESSION_SHARE", "MAXIMIZE_CONVERSIONS", "MAXIMIZE_CONVERSION_VALUE",
    "MANUAL_CPC", "PERCENT_CPC",
)  # fmt: skip
_PORTFOLIO = (*_BIDDING[:6], "TARGET_OUTRANK_SHARE", "ENHANCED_CPC")
_ASSETS = ("TEXT", "IMAGE", "YOUTUBE_VIDEO", "SITELINK", "CALLOUT", "CALL", "MOBILE_APP", "PAGE_FEED", "CALL_TO_ACTION", "LOCATION")
_ADS = ("TEXT_AD", "EXPANDED_TEXT_AD", "RESPONSIVE_SEARCH_AD", "EXPANDED_DYNAMIC_SEARCH_AD", "SHOPPING_PRODUCT_AD")
_CRITERIA = ("KEYWORD", "AGE_RANGE", "GENDER", "WEBPAGE", "USER_LIST", "LISTING_GROUP", "LOCATION")
_CAMPAIGN_CRITERIA = ("KEYWORD", "LOCATION", "DEVICE", "AGE_RANGE", "GENDER", "USER_LIST", "LANGUAGE", "WEBPAGE", "LOCATION_GROUP")
STRATEGIES, ACCESSIBLE, LABELS, ACTIONS, USER_LISTS, ASSET_SETS, ASSET_GROUPS, FILTERS = 4, 3, 3, 3, 3, 3, 2, 8
GEO_CONSTANTS = ("geoTargetConstants/2840001", "geoTargetConstants/2840002", "geoTargetConstants/2840003")


def client_has(count: int) -> Callable[[Scope], int]:
    """Return a count that holds for clients with data."""
    return lambda scope: count if scope.campaigns else 0


def _own_id(kind: str) -> Callable[[Scope, int], str]:
    return lambda scope, row: scope.id(kind, row)


def _engine(scope: Scope, row: int) -> dict[str, Any]:
    """Return the engine's own id, which accounts of Google do not have."""
    return {"engineId": None if scope.info.account_type == "GOOGLE_ADS" else f"e-{scope.world.number('engine', row) % 10**9}"}


def _labels(scope: Scope, row: int) -> dict[str, Any]:
    own, above = scope.ref("label", row % LABELS), scope.above.ref("label", 0)
    return {"labels": [own] if row % 3 else None, "effectiveLabels": [own, above]}


def _campaign_scheme(scope: Scope, row: int) -> int:
    return (row + CAMPAIGNS_AT_LEAST * scope.info.index) % len(_BIDDING)


def _campaign(scope: Scope, row: int) -> Mapping[str, Any]:
    scheme = _campaign_scheme(scope, row)
    strategies = {
        "biddingStrategy": scope.ref("bidding_strategy", row % STRATEGIES) if row % 2 == 0 else None,
        "accessibleBiddingStrategy": scope.name("accessible_bidding_strategy", accessible_id(scope, row % ACCESSIBLE)) if row % 2 else None,
    }
    return {
        "id": scope.id("campaign", row),
        "biddingStrategyType": _BIDDING[scheme],
        "advertisingChannelType": ("SEARCH", "SHOPPING", "DISPLAY", "PERFORMANCE_MAX")[row % 4],
        "campaignBudget": scope.ref("campaign_budget", row),
        "endDate": _OPEN_END if row % 3 else "2024-12-31",
        "selectiveOptimization.conversionActions": [scope.ref("conversion_action", row % ACTIONS)],
        **strategies,
        **_labels(scope, row),
        **_engine(scope, row),
    }


def _ad_group(scope: Scope, row: int) -> Mapping[str, Any]:
    parent = scope.ref("campaign", scope.campaign_of(row, AD_GROUPS))
    own = {"id": scope.id("ad_group", row), "endDate": _OPEN_END if row % 2 else None, "languageCode": ("en", "de", "ja")[row % 3]}
    return own | {"_campaign": parent, "_shopping": row % 4 == 2} | _labels(scope, row) | _engine(scope, row)


def _ad_tail(scope: Scope, row: int) -> str:
    return f"{scope.id('ad_group', scope.ad_group_of(row, ADS))}~{scope.id('ad', row)}"


def _ad_type(_: Scope, row: int) -> int:
    return row % len(_ADS)


def _ad(scope: Scope, row: int) -> Mapping[str, Any]:
    kind = {"ad.id": scope.id("ad", row), "ad.type": _ADS[_ad_type(scope, row)]}
    micros = {"creationTime": f"2023-05-0{row % 9 + 1} 23:30:0{row % 7}.{row % 10**6:06d}"}
    return kind | micros | _labels(scope, row) | _engine(scope, row)


def _criterion_tail(scope: Scope, row: int) -> str:
    number = scope.criterion_id(row, CRITERIA, scope.criteria)
    return f"{scope.id('ad_group', scope.ad_group_of(row, CRITERIA))}~{number}"


def _criterion_type(scope: Scope, row: int) -> int:
    """Return KEYWORD for all but the last ones of an ad group, which are of the other types in turn."""
    ad_group, slot = divmod(row, CRITERIA)
    if row >= scope.criteria or slot < KEYWORDS:
        return 0
    return 1 + (ad_group * (CRITERIA - KEYWORDS) + slot - KEYWORDS) % (len(_CRITERIA) - 1)


def _criterion(scope: Scope, row: int) -> Mapping[str, Any]:
    place = _criterion_type(scope, row)
    own: dict[str, Any] = {
        "criterionId": scope.criterion_id(row, CRITERIA, scope.criteria),
        "type": _CRITERIA[place],
        "adGroup": scope.ref("ad_group", scope.ad_group_of(row, CRITERIA)),
        **_labels(scope, row),
        **_engine(scope, row),
    }
    return own | _targets(scope, row, _CRITERIA[place])


def _targets(scope: Scope, row: int, kind: str) -> dict[str, Any]:
    """Return what a criterion refers to."""
    if kind == "USER_LIST":
        return {"userList.userList": scope.ref("user_list", row % USER_LISTS)}
    if kind == "LOCATION":
        return {"location.geoTargetConstant": GEO_CONSTANTS[row % 3]}
    if kind == "LANGUAGE":
        return {"language.languageConstant": f"languageConstants/100{row % 3}"}
    if kind == "LOCATION_GROUP":
        return {
            "locationGroup.geoTargetConstants": list(GEO_CONSTANTS[:2]),
            "locationGroup.feedItemSets": [scope.name("campaign", "1").replace("campaigns/1", "feedItemSets/7~9")],
        }
    return {}


def _campaign_criterion_tail(scope: Scope, row: int) -> str:
    number = scope.criterion_id(row, CAMPAIGN_CRITERIA, scope.campaigns * CAMPAIGN_CRITERIA)
    return f"{scope.id('campaign', scope.campaign_of(row, CAMPAIGN_CRITERIA))}~{number}"


def _campaign_criterion_type(_: Scope, row: int) -> int:
    return row % len(_CAMPAIGN_CRITERIA)


def _campaign_criterion(scope: Scope, row: int) -> Mapping[str, Any]:
    kind = _CAMPAIGN_CRITERIA[_campaign_criterion_type(scope, row)]
    number = scope.criterion_id(row, CAMPAIGN_CRITERIA, scope.campaigns * CAMPAIGN_CRITERIA)
    return {"criterionId": number, "type": kind} | _targets(scope, row, kind)


def _asset_type(_: Scope, row: int) -> int:
    return row % len(_ASSETS)


def _asset(scope: Scope, row: int) -> Mapping[str, Any]:
    kind = _ASSETS[_asset_type(scope, row)]
    own: dict[str, Any] = {"id": scope.id("asset", row), "type": kind}
    if kind == "CALL":
        own["callAsset.callConversionAction"] = scope.ref("conversion_action", row % ACTIONS)
    if kind in {"CALL", "CALLOUT", "SITELINK"}:
        prefix = {"CALL": "callAsset", "CALLOUT": "calloutAsset", "SITELINK": "sitelinkAsset"}[kind]
        own[f"{prefix}.endDate"] = _OPEN_END
    return own


def _scheme(scope: Scope, row: int) -> int:
    return (row + STRATEGIES * scope.info.index) % len(_PORTFOLIO)


def _strategy(scope: Scope, row: int) -> Mapping[str, Any]:
    currency = scope.info.currency
    return {
        "id": scope.id("bidding_strategy", row), "type": _PORTFOLIO[_scheme(scope, row)],
        "currencyCode": currency if row % 2 else None, "effectiveCurrencyCode": currency,
    }  # fmt: skip


def accessible_id(scope: Scope, row: int) -> str:
    """Return the id of a manager's strategy that a client may use."""
    return scope.above.id("bidding_strategy", 10 + row)


def _accessible_scheme(scope: Scope, row: int) -> int:
    return (row + ACCESSIBLE * scope.info.index) % len(ALTERNATIVES["accessible_bidding_strategy"])


def _accessible(scope: Scope, row: int) -> Mapping[str, Any]:
    owner = scope.above.info
    kind = _BIDDING[_accessible_scheme(scope, row)]
    return {"id": accessible_id(scope, row), "type": kind, "ownerCustomerId": owner.id, "ownerDescriptiveName": owner.name}


def _filter_tail(scope: Scope, row: int) -> str:
    return f"{scope.id('asset_group', row % ASSET_GROUPS if row >= FILTERS else row // 4)}~" + scope.id(
        "asset_group_listing_group_filter", row
    )


def _filter_kind(_: Scope, row: int) -> int:
    return row % 8


def _filter(scope: Scope, row: int) -> Mapping[str, Any]:
    tail = _filter_tail(scope, row)
    number = tail.split("~")[1]
    root = scope.name("asset_group_listing_group_filter", _filter_tail(scope, row // 4 * 4))
    group = scope.name("asset_group", tail.split("~")[0])
    return {"id": number, "assetGroup": group, "parentListingGroupFilter": root if row % 4 else None}


def _everyone(count: int) -> Callable[[Scope], int]:
    """Return a count for clients with data; managers have two."""
    return lambda scope: 2 if scope.info.manager else count if scope.campaigns else 0


def _with_id(kind: str, *owner: str) -> Callable[[Scope, int], Mapping[str, Any]]:
    """Return what sets the id, and the owner under each of these keys."""
    return lambda scope, row: {"id": scope.id(kind, row), **dict.fromkeys(owner, scope.info.resource_name)}


def _variable(scope: Scope, row: int) -> Mapping[str, Any]:
    own = _with_id("conversion_custom_variable", "ownerCustomer")(scope, row)
    return {**own, "customColumnIds": [scope.id("custom_column", 0), scope.id("custom_column", 1)]}


def _action(scope: Scope, row: int) -> Mapping[str, Any]:
    iso = {"creationTime": f"2022-0{row % 9 + 1}-11T0{row % 10}:05:00"}
    return {**_with_id("conversion_action", "ownerCustomer")(scope, row), **iso, "category": ("PURCHASE", "LEAD", "UNKNOWN")[row % 3]}


def _asset_group(scope: Scope, row: int) -> Mapping[str, Any]:
    return {"id": scope.id("asset_group", row), "campaign": scope.ref("campaign", row % max(scope.campaigns, 1))}


SPECS: tuple[Spec, ...] = (
    Spec("campaign", lambda scope: scope.campaigns, _own_id("campaign"), _campaign, _campaign_scheme),
    Spec("campaign_budget", lambda scope: scope.campaigns, _own_id("campaign_budget")),
    Spec("ad_group", lambda scope: scope.ad_groups, _own_id("ad_group"), _ad_group),
    Spec("ad_group_ad", lambda scope: scope.ads, _ad_tail, _ad, _ad_type),
    Spec("ad_group_criterion", lambda scope: scope.criteria, _criterion_tail, _criterion, _criterion_type),
    Spec(
        "campaign_criterion", lambda scope: scope.campaigns * CAMPAIGN_CRITERIA, _campaign_criterion_tail, _campaign_criterion,
        _campaign_criterion_type,
    ),
    Spec("asset", lambda scope: scope.info.assets, _own_id("asset"), _asset, _asset_type),
    Spec("asset_group", client_has(ASSET_GROUPS), _own_id("asset_group"), _asset_group),
    Spec("asset_group_listing_group_filter", client_has(FILTERS), _filter_tail, _filter, _filter_kind),
    Spec("asset_set", client_has(ASSET_SETS), _own_id("asset_set"), _with_id("asset_set")),
    Spec("audience", client_has(2), _own_id("audience"), _with_id("audience")),
    Spec("user_list", client_has(USER_LISTS), _own_id("user_list"), _with_id("user_list")),
    Spec("bidding_strategy", _everyone(STRATEGIES), _own_id("bidding_strategy"), _strategy, _scheme),
    Spec("accessible_bidding_strategy", client_has(ACCESSIBLE), accessible_id, _accessible, _accessible_scheme),
    Spec("conversion_action", _everyone(ACTIONS), _own_id("conversion_action"), _action),
    Spec("conversion_custom_variable", _everyone(2), _own_id("conversion_custom_variable"), _variable),
    Spec("label", _everyone(LABELS), _own_id("label"), _with_id("label")),
)  # fmt: skip
