"""What may be asked together: what each resource is joined with, and the segments and metrics that it offers (fact sheet 7 and 11)."""

from __future__ import annotations

CORE_DATES = ("date", "week", "month", "quarter", "year")
DATES = (*CORE_DATES, "day_of_week")
CONVERSION_ACTION = ("conversion_action", "conversion_action_name", "conversion_action_category")

_BASIC = [
    "impressions", "clicks", "cost_micros", "ctr", "average_cpc", "client_account_conversions", "client_account_conversions_value",
]  # fmt: skip
_CORE = [*_BASIC, "average_cpm"]
_VIEWS = ["client_account_view_through_conversions"]
_VISITS = ["visits"]
_CROSS = ["cross_device_conversions", "cross_device_conversions_value"]
_CONVERSIONS = ["all_conversions", "all_conversions_value", *_CROSS]
_BY_DATE = [f"{name}_by_conversion_date" for name in _CONVERSIONS]
_BID = ["conversions", "conversions_value"]
_LEVEL_BY_DATE = [f"{name}_by_conversion_date" for name in _BID]
_QUALITY = ["historical_quality_score"]
_SHARE = [
    "search_impression_share", "search_rank_lost_impression_share", "content_impression_share", "content_rank_lost_impression_share",
    *_QUALITY,
]  # fmt: skip
_LOST = ["search_budget_lost_impression_share", "content_budget_lost_impression_share"]
# what no table of Google's own transfer takes, and the vendor offers at these levels all the same
_FURTHER = [
    "interactions", "interaction_rate", "average_cost", "cost_per_all_conversions", "cost_per_conversion", "value_per_all_conversions",
    "value_per_conversion", "all_conversions_value_per_cost", "conversions_value_per_cost", "all_conversions_from_interactions_rate",
    "conversions_from_interactions_rate", "search_top_impression_share", "search_absolute_top_impression_share", "search_click_share",
    "search_exact_match_impression_share", "search_rank_lost_top_impression_share", "search_rank_lost_absolute_top_impression_share",
    "top_impression_percentage", "absolute_top_impression_percentage", "invalid_clicks", "invalid_click_rate",
    "historical_creative_quality_score", "historical_landing_page_quality_score", "historical_search_predicted_ctr",
]  # fmt: skip
_CART = [
    f"{prefix}{kind}_{what}"
    for kind in ("lead", "cross_sell")
    for prefix in ("client_account_", "")
    for what in ("revenue_micros", "gross_profit_micros", "units_sold")
]
_LEVEL = [*_CORE, *_VIEWS, *_VISITS, *_CONVERSIONS, *_BY_DATE, *_BID, *_LEVEL_BY_DATE, *_FURTHER]

_DEVICE = ["device"]
_BOTH = [*_DEVICE, *CONVERSION_ACTION]
_NETWORK = [*_BOTH, "ad_network_type"]
_PRODUCT_NAMES = ("item_id", "title", "brand", "channel", "channel_exclusivity", "condition", "country", "language", "store_id")
_PRODUCT = [
    *(f"product_{name}" for name in _PRODUCT_NAMES),
    *(f"product_bidding_category_level{number}" for number in range(1, 6)),
    *(f"product_type_l{number}" for number in range(1, 6)),
    *(f"product_custom_attribute{number}" for number in range(5)),
]
_SOLD = [
    *(f"product_sold_{name}" for name in ("item_id", "title", "brand", "condition")),
    *(f"product_sold_bidding_category_level{number}" for number in range(1, 6)),
    *(f"product_sold_type_l{number}" for number in range(1, 6)),
    *(f"product_sold_custom_attribute{number}" for number in range(5)),
]

_CRITERION_VIEW = (_BOTH, [*_CORE, *_VIEWS, *_CROSS])
_CAMPAIGN_VIEW = (_BOTH, [*_CORE, *_VIEWS, *_CONVERSIONS])
_ASSET_LINK = (list(CONVERSION_ACTION), [*_CORE, *_CONVERSIONS])
OFFERED: dict[str, tuple[list[str], list[str]]] = {
    "customer": (_NETWORK, [*_LEVEL, *_SHARE, *_LOST]),
    "campaign": (_NETWORK, [*_LEVEL, *_SHARE, *_LOST]),
    "ad_group": (_NETWORK, [*_LEVEL, *_SHARE]),
    "ad_group_ad": (_NETWORK, [*_CORE, *_VIEWS, *_VISITS, *_CONVERSIONS, *_BY_DATE]),
    "keyword_view": (_NETWORK, [*_LEVEL, *_QUALITY]),
    "bidding_strategy": ([], [*_CORE, *_VIEWS, *_CONVERSIONS, *_BY_DATE]),
    "product_group_view": ([], [*_CORE, *_VIEWS, *_CONVERSIONS]),
    **dict.fromkeys(("age_range_view", "gender_view", "webpage_view", "ad_group_audience_view"), _CRITERION_VIEW),
    **dict.fromkeys(("campaign_audience_view", "location_view"), _CAMPAIGN_VIEW),
    "user_location_view": ([], _CORE),
    **dict.fromkeys(("customer_asset", "campaign_asset", "ad_group_asset", "asset_set_asset"), _ASSET_LINK),
    "dynamic_search_ads_search_term_view": ([], _CORE),
    "shopping_performance_view": ([*_BOTH, *_PRODUCT], [*_BASIC, *_CONVERSIONS]),
    "cart_data_sales_view": ([*_PRODUCT, *_SOLD], _CART),
    "conversion": (_BOTH, []),
    "visit": ([*_DEVICE, "ad_network_type"], []),
}
"""The segments besides those of dates, and the metrics, of each resource that has any."""

# segments fight metrics: conversions alone are counted by conversion action, shares and quality are not known by device
BY_CONVERSION_ACTION = frozenset({*_CONVERSIONS, *_BY_DATE, *_BID, *_LEVEL_BY_DATE})
NOT_BY_DEVICE = frozenset(name for name in {*_LEVEL, *_SHARE, *_LOST} if "share" in name or name.startswith("historical"))

_AD_GROUP = "ad_group campaign customer"
_CRITERION = f"ad_group_criterion {_AD_GROUP}"
JOINED: dict[str, str] = {
    "campaign": "customer campaign_budget bidding_strategy accessible_bidding_strategy",
    "ad_group": "customer campaign bidding_strategy",
    "keyword_view": f"{_CRITERION} bidding_strategy",
    "campaign_criterion": "campaign customer",
    "ad_group_criterion": _AD_GROUP,
    **dict.fromkeys(("ad_group_ad", "ad_group_bid_modifier", "dynamic_search_ads_search_term_view"), _AD_GROUP),
    **dict.fromkeys(("product_group_view", "age_range_view", "gender_view", "webpage_view", "ad_group_audience_view"), _CRITERION),
    **dict.fromkeys(("location_view", "campaign_audience_view"), "campaign_criterion campaign customer"),
    **dict.fromkeys(("shopping_performance_view", "cart_data_sales_view"), _AD_GROUP),
    **dict.fromkeys(("conversion", "visit"), _CRITERION),
    "customer_asset": "asset customer",
    "campaign_asset": "asset campaign customer",
    "ad_group_asset": f"asset {_AD_GROUP}",
    "asset_set_asset": "asset asset_set customer",
    "customer_asset_set": "asset_set customer",
    "campaign_asset_set": "asset_set campaign customer",
    "ad_group_asset_set": f"asset_set {_AD_GROUP}",
    "asset_group": "campaign customer",
    "asset_group_asset": "asset_group asset campaign customer",
    "asset_group_signal": "asset_group audience campaign customer",
    "asset_group_listing_group_filter": "asset_group campaign customer",
    "asset_group_top_combination_view": "asset_group campaign customer",
    **dict.fromkeys(("campaign_label", "campaign_effective_label"), "label campaign customer"),
    **dict.fromkeys(("ad_group_label", "ad_group_effective_label"), f"label {_AD_GROUP}"),
    **dict.fromkeys(("ad_group_ad_label", "ad_group_ad_effective_label"), f"label ad_group_ad {_AD_GROUP}"),
    **dict.fromkeys(("ad_group_criterion_label", "ad_group_criterion_effective_label"), f"label {_CRITERION}"),
    "customer": "",
    **dict.fromkeys(("geo_target_constant", "language_constant", "product_bidding_category_constant"), ""),
}
"""The attribute resources of each resource; one that is not here is joined with the customer only."""
CUSTOM_COLUMNS = frozenset({"customer", "campaign", "ad_group", "ad_group_ad", "keyword_view"})
CUSTOM_FLOODLIGHT = CUSTOM_COLUMNS | {"ad_group_criterion"}
