"""What daily reports are read for: metrics and segments in the groups that the API lets stand together (fact sheet 7, 11.2)."""

from __future__ import annotations

from cells import Fields, day, double, integer, money, text

DATE: Fields = {"segments.date": day}
DEVICE: Fields = {"segments.device": text}
AD_NETWORK: Fields = {"segments.ad_network_type": text}
CONVERSION_ACTION_NAME: Fields = {"segments.conversion_action_name": text}
CONVERSION_ACTION: Fields = {
    "segments.conversion_action": text,
    **CONVERSION_ACTION_NAME,
    "segments.conversion_action_category": text,
}

PRODUCT_ID: Fields = {"segments.product_item_id": text}
PRODUCT: Fields = {
    **PRODUCT_ID,
    "segments.product_title": text,
    "segments.product_brand": text,
    "segments.product_channel": text,
    "segments.product_channel_exclusivity": text,
    "segments.product_condition": text,
    "segments.product_country": text,
    "segments.product_language": text,
    "segments.product_store_id": text,
    "segments.product_bidding_category_level1": text,
    "segments.product_bidding_category_level2": text,
    "segments.product_bidding_category_level3": text,
    "segments.product_bidding_category_level4": text,
    "segments.product_bidding_category_level5": text,
    "segments.product_type_l1": text,
    "segments.product_type_l2": text,
    "segments.product_type_l3": text,
    "segments.product_type_l4": text,
    "segments.product_type_l5": text,
    "segments.product_custom_attribute0": text,
    "segments.product_custom_attribute1": text,
    "segments.product_custom_attribute2": text,
    "segments.product_custom_attribute3": text,
    "segments.product_custom_attribute4": text,
}
CART: Fields = {
    "segments.product_item_id": text,
    "segments.product_title": text,
    "segments.product_brand": text,
    "segments.product_sold_item_id": text,
    "segments.product_sold_title": text,
    "segments.product_sold_brand": text,
}

OF_PRODUCT: Fields = {
    "metrics.impressions": integer,
    "metrics.clicks": integer,
    "metrics.cost_micros": money,
    "metrics.ctr": double,
    "metrics.average_cpc": money,  # a fraction, yet in millionths (fact sheet 14)
    "metrics.client_account_conversions": double,
    "metrics.client_account_conversions_value": double,
}
CORE: Fields = {
    "metrics.impressions": integer,
    "metrics.clicks": integer,
    "metrics.cost_micros": money,
    "metrics.ctr": double,
    "metrics.average_cpc": money,
    "metrics.average_cpm": money,
    "metrics.client_account_conversions": double,
    "metrics.client_account_conversions_value": double,
}
VIEW_THROUGH: Fields = {"metrics.client_account_view_through_conversions": integer}
VISITS: Fields = {"metrics.visits": double}
ALL: Fields = {
    "metrics.all_conversions": double,
    "metrics.all_conversions_value": double,
}
CROSS_DEVICE: Fields = {
    "metrics.cross_device_conversions": double,
    "metrics.cross_device_conversions_value": double,
}
CONVERSIONS: Fields = ALL | CROSS_DEVICE
BY_CONVERSION_DATE: Fields = {
    "metrics.all_conversions_by_conversion_date": double,
    "metrics.all_conversions_value_by_conversion_date": double,
    "metrics.cross_device_conversions_by_conversion_date": double,
    "metrics.cross_device_conversions_value_by_conversion_date": double,
}
BIDDABLE: Fields = {
    "metrics.conversions": double,
    "metrics.conversions_value": double,
}
QUALITY: Fields = {"metrics.historical_quality_score": integer}
SHARE: Fields = {
    "metrics.search_impression_share": double,
    "metrics.search_rank_lost_impression_share": double,
    "metrics.content_impression_share": double,
    "metrics.content_rank_lost_impression_share": double,
    **QUALITY,
}
LOST: Fields = {
    "metrics.search_budget_lost_impression_share": double,
    "metrics.content_budget_lost_impression_share": double,
}
SALES: Fields = {
    "metrics.client_account_lead_revenue_micros": money,
    "metrics.client_account_lead_gross_profit_micros": money,
    "metrics.client_account_lead_units_sold": double,
    "metrics.lead_revenue_micros": money,
    "metrics.lead_gross_profit_micros": money,
    "metrics.lead_units_sold": double,
    "metrics.client_account_cross_sell_revenue_micros": money,
    "metrics.client_account_cross_sell_gross_profit_micros": money,
    "metrics.client_account_cross_sell_units_sold": double,
    "metrics.cross_sell_revenue_micros": money,
    "metrics.cross_sell_gross_profit_micros": money,
    "metrics.cross_sell_units_sold": double,
}
