"""Every resource of the API: the pattern of its resource name, then its fields in the order of fact sheet A, besides `resource_name`.

One resource per block. A field is `path:kind`: s, i64, i32, d, f, b, bytes, `{}` for a message, or the name of an enum; `[]` when repeated.
"""

from __future__ import annotations

RESOURCES = """
accessible_bidding_strategy customers/{customer_id}/accessibleBiddingStrategies/{bidding_strategy_id}
    id:i64 name:s type:BiddingStrategyType owner_customer_id:i64 owner_descriptive_name:s maximize_conversion_value.target_roas:d
    maximize_conversions.target_cpa:i64 maximize_conversions.target_cpa_micros:i64 target_cpa.target_cpa_micros:i64
    target_impression_share.location:TargetImpressionShareLocation target_impression_share.location_fraction_micros:i64
    target_impression_share.cpc_bid_ceiling_micros:i64 target_roas.target_roas:d target_spend.target_spend_micros:i64
    target_spend.cpc_bid_ceiling_micros:i64
ad_group customers/{customer_id}/adGroups/{ad_group_id}
    id:i64 name:s status:AdGroupStatus type:AdGroupType ad_rotation_mode:AdGroupAdRotationMode tracking_url_template:s cpc_bid_micros:i64
    creation_time:s engine_status:AdGroupEngineStatus final_url_suffix:s targeting_setting.target_restrictions:{}[] labels:s[]
    effective_labels:s[] engine_id:s start_date:s end_date:s language_code:s last_modified_time:s
ad_group_ad customers/{customer_id}/adGroupAds/{ad_group_id}~{ad_id}
    status:AdGroupAdStatus ad.resource_name:s ad.id:i64 ad.final_urls:s[] ad.final_app_urls:{}[] ad.final_mobile_urls:s[]
    ad.tracking_url_template:s ad.final_url_suffix:s ad.display_url:s ad.type:AdType ad.name:s
    ad.synthetic_content_info.advertiser_attestation.status:SyntheticContentAttestationStatus
    ad.synthetic_content_info.advertiser_attestation.source:SyntheticContentSource
    ad.synthetic_content_info.system_attestation.status:SyntheticContentAttestationStatus
    ad.synthetic_content_info.system_attestation.source:SyntheticContentSource ad.text_ad.headline:s ad.text_ad.description1:s
    ad.text_ad.description2:s ad.text_ad.display_url:s ad.text_ad.display_mobile_url:s ad.text_ad.ad_tracking_id:i64
    ad.expanded_text_ad.headline:s ad.expanded_text_ad.headline2:s ad.expanded_text_ad.headline3:s ad.expanded_text_ad.description1:s
    ad.expanded_text_ad.description2:s ad.expanded_text_ad.path1:s ad.expanded_text_ad.path2:s ad.expanded_text_ad.ad_tracking_id:i64
    ad.responsive_search_ad.path1:s ad.responsive_search_ad.path2:s ad.responsive_search_ad.ad_tracking_id:i64
    ad.responsive_search_ad.headlines:{}[] ad.responsive_search_ad.descriptions:{}[] ad.product_ad:{}
    ad.expanded_dynamic_search_ad.description1:s ad.expanded_dynamic_search_ad.description2:s
    ad.expanded_dynamic_search_ad.ad_tracking_id:i64 creation_time:s labels:s[] effective_labels:s[] engine_id:s
    engine_status:AdGroupAdEngineStatus last_modified_time:s
ad_group_ad_effective_label customers/{owner_customer_id}/adGroupAdEffectiveLabels/{ad_group_id}~{ad_id}~{label_id}
    ad_group_ad:s label:s owner_customer_id:i64
ad_group_ad_label customers/{owner_customer_id}/adGroupAdLabels/{ad_group_id}~{ad_id}~{label_id}
    ad_group_ad:s label:s owner_customer_id:i64
ad_group_asset customers/{customer_id}/adGroupAssets/{ad_group_id}~{asset_id}~{field_type}
    ad_group:s asset:s status:AssetLinkStatus
ad_group_asset_set customers/{customer_id}/adGroupAssetSets/{ad_group_id}~{asset_set_id}
    ad_group:s asset_set:s status:AssetSetLinkStatus
ad_group_audience_view customers/{customer_id}/adGroupAudienceViews/{ad_group_id}~{criterion_id}
ad_group_bid_modifier customers/{customer_id}/adGroupBidModifiers/{ad_group_id}~{criterion_id}
    bid_modifier:d device.type:Device
ad_group_criterion customers/{customer_id}/adGroupCriteria/{ad_group_id}~{criterion_id}
    criterion_id:i64 creation_time:s status:AdGroupCriterionStatus quality_info.quality_score:i32 ad_group:s type:CriterionType negative:b
    labels:s[] effective_labels:s[] bid_modifier:d cpc_bid_micros:i64 effective_cpc_bid_micros:i64
    position_estimates.top_of_page_cpc_micros:i64 final_urls:s[] final_mobile_urls:s[] engine_status:AdGroupCriterionEngineStatus
    final_url_suffix:s tracking_url_template:s url_custom_parameters:{}[] engine_id:s last_modified_time:s keyword.text:s
    keyword.match_type:KeywordMatchType listing_group.type:ListingGroupType age_range.type:AgeRangeType gender.type:GenderType
    user_list.user_list:s webpage.criterion_name:s webpage.conditions:{}[] webpage.coverage_percentage:d location.geo_target_constant:s
ad_group_criterion_effective_label customers/{owner_customer_id}/adGroupCriterionEffectiveLabels/{ad_group_id}~{criterion_id}~{label_id}
    ad_group_criterion:s label:s owner_customer_id:i64
ad_group_criterion_label customers/{owner_customer_id}/adGroupCriterionLabels/{ad_group_id}~{criterion_id}~{label_id}
    ad_group_criterion:s label:s owner_customer_id:i64
ad_group_effective_label customers/{owner_customer_id}/adGroupEffectiveLabels/{ad_group_id}~{label_id}
    ad_group:s label:s owner_customer_id:i64
ad_group_label customers/{owner_customer_id}/adGroupLabels/{ad_group_id}~{label_id}
    ad_group:s label:s owner_customer_id:i64
age_range_view customers/{customer_id}/ageRangeViews/{ad_group_id}~{criterion_id}
asset customers/{customer_id}/assets/{asset_id}
    id:i64 name:s type:AssetType final_urls:s[] final_mobile_urls:s[] tracking_url_template:s url_custom_parameters:{}[]
    final_url_suffix:s status:AssetStatus creation_time:s last_modified_time:s engine_status:AssetEngineStatus
    synthetic_content_info.advertiser_attestation.status:SyntheticContentAttestationStatus
    synthetic_content_info.advertiser_attestation.source:SyntheticContentSource
    synthetic_content_info.system_attestation.status:SyntheticContentAttestationStatus
    synthetic_content_info.system_attestation.source:SyntheticContentSource youtube_video_asset.youtube_video_id:s
    youtube_video_asset.youtube_video_title:s image_asset.file_size:i64 image_asset.mime_type:MimeType
    image_asset.full_size.height_pixels:i64 image_asset.full_size.width_pixels:i64 image_asset.full_size.url:s text_asset.text:s
    callout_asset.callout_text:s callout_asset.start_date:s callout_asset.end_date:s callout_asset.ad_schedule_targets:{}[]
    callout_asset.use_searcher_time_zone:b sitelink_asset.link_text:s sitelink_asset.description1:s sitelink_asset.description2:s
    sitelink_asset.start_date:s sitelink_asset.end_date:s sitelink_asset.ad_schedule_targets:{}[] sitelink_asset.tracking_id:i64
    sitelink_asset.use_searcher_time_zone:b sitelink_asset.mobile_preferred:b page_feed_asset.page_url:s page_feed_asset.labels:s[]
    mobile_app_asset.app_id:s mobile_app_asset.app_store:MobileAppVendor call_asset.country_code:s call_asset.phone_number:s
    call_asset.call_conversion_reporting_state:CallConversionReportingState call_asset.call_conversion_action:s
    call_asset.ad_schedule_targets:{}[] call_asset.call_only:b call_asset.call_tracking_enabled:b call_asset.use_searcher_time_zone:b
    call_asset.start_date:s call_asset.end_date:s call_to_action_asset.call_to_action:CallToActionType location_asset.place_id:s
    location_asset.business_profile_locations:{}[] location_asset.location_ownership_type:LocationOwnershipType
asset_group customers/{customer_id}/assetGroups/{asset_group_id}
    id:i64 campaign:s name:s final_urls:s[] final_mobile_urls:s[] status:AssetGroupStatus path1:s path2:s ad_strength:AdStrength
asset_group_asset customers/{customer_id}/assetGroupAssets/{asset_group_id}~{asset_id}~{field_type}
    asset_group:s asset:s field_type:AssetFieldType status:AssetLinkStatus
asset_group_listing_group_filter customers/{customer_id}/assetGroupListingGroupFilters/{asset_group_id}~{listing_group_filter_id}
    asset_group:s id:i64 type:ListingGroupFilterType vertical:ListingGroupFilterVertical case_value.product_bidding_category.id:i64
    case_value.product_bidding_category.level:ListingGroupFilterBiddingCategoryLevel case_value.product_brand.value:s
    case_value.product_channel.channel:ListingGroupFilterProductChannel
    case_value.product_condition.condition:ListingGroupFilterProductCondition case_value.product_custom_attribute.value:s
    case_value.product_custom_attribute.index:ListingGroupFilterCustomAttributeIndex case_value.product_item_id.value:s
    case_value.product_type.value:s case_value.product_type.level:ListingGroupFilterProductTypeLevel parent_listing_group_filter:s
    path.dimensions:{}[]
asset_group_signal customers/{customer_id}/assetGroupSignals/{asset_group_id}~{criterion_id}
    asset_group:s audience.audience:s
asset_group_top_combination_view customers/{customer_id}/assetGroupTopCombinationViews/{asset_group_id}~{asset_combination_category}
    asset_group_top_combinations:{}[]
asset_set customers/{customer_id}/assetSets/{asset_set_id}
    id:i64
asset_set_asset customers/{customer_id}/assetSetAssets/{asset_set_id}~{asset_id}
    asset_set:s asset:s status:AssetSetAssetStatus
audience customers/{customer_id}/audiences/{audience_id}
    id:i64 name:s description:s
bidding_strategy customers/{customer_id}/biddingStrategies/{bidding_strategy_id}
    id:i64 name:s status:BiddingStrategyStatus type:BiddingStrategyType currency_code:s effective_currency_code:s campaign_count:i64
    non_removed_campaign_count:i64 enhanced_cpc:{} maximize_conversion_value.target_roas:d
    maximize_conversion_value.cpc_bid_ceiling_micros:i64 maximize_conversion_value.cpc_bid_floor_micros:i64
    maximize_conversions.cpc_bid_ceiling_micros:i64 maximize_conversions.cpc_bid_floor_micros:i64
    maximize_conversions.target_cpa_micros:i64 target_cpa.target_cpa_micros:i64 target_cpa.cpc_bid_ceiling_micros:i64
    target_cpa.cpc_bid_floor_micros:i64 target_impression_share.location:TargetImpressionShareLocation
    target_impression_share.location_fraction_micros:i64 target_impression_share.cpc_bid_ceiling_micros:i64
    target_outrank_share.cpc_bid_ceiling_micros:i64 target_roas.target_roas:d target_roas.cpc_bid_ceiling_micros:i64
    target_roas.cpc_bid_floor_micros:i64 target_spend.target_spend_micros:i64 target_spend.cpc_bid_ceiling_micros:i64
campaign customers/{customer_id}/campaigns/{campaign_id}
    id:i64 name:s status:CampaignStatus serving_status:CampaignServingStatus bidding_strategy_system_status:BiddingStrategySystemStatus
    ad_serving_optimization_status:AdServingOptimizationStatus advertising_channel_type:AdvertisingChannelType
    advertising_channel_sub_type:AdvertisingChannelSubType tracking_url_template:s url_custom_parameters:{}[]
    real_time_bidding_setting.opt_in:b network_settings.target_google_search:b network_settings.target_search_network:b
    network_settings.target_content_network:b network_settings.target_partner_search_network:b dynamic_search_ads_setting.domain_name:s
    dynamic_search_ads_setting.language_code:s dynamic_search_ads_setting.use_supplied_urls_only:b shopping_setting.merchant_id:i64
    shopping_setting.sales_country:s shopping_setting.feed_label:s shopping_setting.campaign_priority:i32 shopping_setting.enable_local:b
    shopping_setting.use_vehicle_inventory:b geo_target_type_setting.positive_geo_target_type:PositiveGeoTargetType
    geo_target_type_setting.negative_geo_target_type:NegativeGeoTargetType effective_labels:s[] labels:s[] campaign_budget:s
    bidding_strategy_type:BiddingStrategyType accessible_bidding_strategy:s start_date:s end_date:s final_url_suffix:s frequency_caps:{}[]
    selective_optimization.conversion_actions:s[] optimization_goal_setting.optimization_goal_types:OptimizationGoalType[]
    tracking_setting.tracking_url:s engine_id:s excluded_parent_asset_field_types:AssetFieldType[] create_time:s creation_time:s
    last_modified_time:s url_expansion_opt_out:b feed_types:AssetSetType[] bidding_strategy:s manual_cpa:{}
    manual_cpc.enhanced_cpc_enabled:b manual_cpm:{} maximize_conversions.cpc_bid_ceiling_micros:i64
    maximize_conversions.cpc_bid_floor_micros:i64 maximize_conversions.target_cpa_micros:i64 maximize_conversion_value.target_roas:d
    maximize_conversion_value.cpc_bid_ceiling_micros:i64 maximize_conversion_value.cpc_bid_floor_micros:i64
    target_cpa.target_cpa_micros:i64 target_cpa.cpc_bid_ceiling_micros:i64 target_cpa.cpc_bid_floor_micros:i64
    target_impression_share.location:TargetImpressionShareLocation target_impression_share.location_fraction_micros:i64
    target_impression_share.cpc_bid_ceiling_micros:i64 target_roas.target_roas:d target_roas.cpc_bid_ceiling_micros:i64
    target_roas.cpc_bid_floor_micros:i64 target_spend.target_spend_micros:i64 target_spend.cpc_bid_ceiling_micros:i64
    percent_cpc.cpc_bid_ceiling_micros:i64 percent_cpc.enhanced_cpc_enabled:b target_cpm:{}
campaign_asset customers/{customer_id}/campaignAssets/{campaign_id}~{asset_id}~{field_type}
    campaign:s asset:s status:AssetLinkStatus
campaign_asset_set customers/{customer_id}/campaignAssetSets/{campaign_id}~{asset_set_id}
    campaign:s asset_set:s status:AssetSetLinkStatus
campaign_audience_view customers/{customer_id}/campaignAudienceViews/{campaign_id}~{criterion_id}
campaign_budget customers/{customer_id}/campaignBudgets/{budget_id}
    amount_micros:i64 delivery_method:BudgetDeliveryMethod period:BudgetPeriod
campaign_criterion customers/{customer_id}/campaignCriteria/{campaign_id}~{criterion_id}
    criterion_id:i64 display_name:s bid_modifier:f negative:b type:CriterionType status:CampaignCriterionStatus last_modified_time:s
    keyword.text:s keyword.match_type:KeywordMatchType location.geo_target_constant:s device.type:Device age_range.type:AgeRangeType
    gender.type:GenderType user_list.user_list:s language.language_constant:s webpage.criterion_name:s webpage.conditions:{}[]
    webpage.coverage_percentage:d location_group.geo_target_constants:s[] location_group.radius:i64
    location_group.radius_units:LocationGroupRadiusUnits location_group.feed_item_sets:s[]
campaign_effective_label customers/{owner_customer_id}/campaignEffectiveLabels/{campaign_id}~{label_id}
    campaign:s label:s owner_customer_id:i64
campaign_label customers/{owner_customer_id}/campaignLabels/{campaign_id}~{label_id}
    campaign:s label:s owner_customer_id:i64
cart_data_sales_view customers/{customer_id}/cartDataSalesView
conversion customers/{customer_id}/conversions/{ad_group_id}~{criteria_id}~{ds_conversion_id}
    id:i64 criterion_id:i64 merchant_id:i64 ad_id:i64 click_id:s visit_id:i64 advertiser_conversion_id:s product_id:s
    product_channel:ProductChannel product_language_code:s product_store_id:s product_country_code:s attribution_type:AttributionType
    conversion_date_time:s conversion_last_modified_date_time:s conversion_visit_date_time:s conversion_quantity:i64
    conversion_revenue_micros:i64 floodlight_original_revenue:i64 floodlight_order_id:s status:ConversionStatus asset_id:i64
    asset_field_type:AssetFieldType
conversion_action customers/{customer_id}/conversionActions/{conversion_type_id}
    id:i64 name:s creation_time:s status:ConversionActionStatus type:ConversionActionType primary_for_goal:b
    category:ConversionActionCategory owner_customer:s include_in_client_account_conversions_metric:b include_in_conversions_metric:b
    click_through_lookback_window_days:i64 value_settings.default_value:d value_settings.default_currency_code:s
    value_settings.always_use_default_value:b attribution_model_settings.attribution_model:AttributionModel
    attribution_model_settings.data_driven_model_status:DataDrivenModelStatus app_id:s floodlight_settings.activity_group_tag:s
    floodlight_settings.activity_tag:s floodlight_settings.activity_id:i64
conversion_custom_variable customers/{customer_id}/conversionCustomVariables/{conversion_custom_variable_id}
    id:i64 name:s tag:s status:ConversionCustomVariableStatus owner_customer:s family:ConversionCustomVariableFamily
    cardinality:ConversionCustomVariableCardinality
    floodlight_conversion_custom_variable_info.floodlight_variable_type:FloodlightVariableType
    floodlight_conversion_custom_variable_info.floodlight_variable_data_type:FloodlightVariableDataType custom_column_ids:i64[]
customer customers/{customer_id}
    id:i64 descriptive_name:s currency_code:s time_zone:s tracking_url_template:s final_url_suffix:s auto_tagging_enabled:b manager:b
    conversion_tracking_setting.conversion_tracking_id:i64 conversion_tracking_setting.google_ads_cross_account_conversion_tracking_id:i64
    conversion_tracking_setting.cross_account_conversion_tracking_id:i64 conversion_tracking_setting.accepted_customer_data_terms:b
    conversion_tracking_setting.conversion_tracking_status:ConversionTrackingStatus
    conversion_tracking_setting.enhanced_conversions_for_leads_enabled:b conversion_tracking_setting.google_ads_conversion_customer:s
    account_type:AccountType double_click_campaign_manager_setting.advertiser_id:i64 double_click_campaign_manager_setting.network_id:i64
    double_click_campaign_manager_setting.time_zone:s account_status:AccountStatus last_modified_time:s engine_id:s status:CustomerStatus
    creation_time:s manager_id:i64 manager_descriptive_name:s sub_manager_id:i64 sub_manager_descriptive_name:s associate_manager_id:i64
    associate_manager_descriptive_name:s account_level:AccountLevelType
customer_asset customers/{customer_id}/customerAssets/{asset_id}~{field_type}
    asset:s status:AssetLinkStatus
customer_asset_set customers/{customer_id}/customerAssetSets/{asset_set_id}
    asset_set:s customer:s status:AssetSetLinkStatus
customer_client customers/{customer_id}/customerClients/{client_external_customer_id}
    client_customer:s hidden:b level:i64 time_zone:s test_account:b manager:b descriptive_name:s currency_code:s id:i64 applied_labels:s[]
    status:CustomerStatus
customer_manager_link customers/{customer_id}/customerManagerLinks/{manager_customer_id}~{manager_link_id}
    manager_customer:s manager_link_id:i64 status:ManagerLinkStatus start_time:s
dynamic_search_ads_search_term_view customers/{customer_id}/dynamicSearchAdsSearchTermViews/\
{ad_group_id}~{query_fp}~{line1_fp}~{url_fp}~{feed_item_lp_url_fp}
    landing_page:s
gender_view customers/{customer_id}/genderViews/{ad_group_id}~{criterion_id}
geo_target_constant geoTargetConstants/{criterion_id}
    id:i64 name:s country_code:s target_type:s status:GeoTargetConstantStatus canonical_name:s parent_geo_target:s
keyword_view customers/{customer_id}/keywordViews/{ad_group_id}~{criterion_id}
label customers/{owner_customer_id}/labels/{label_id}
    id:i64 name:s status:LabelStatus text_label.background_color:s text_label.description:s
language_constant languageConstants/{criterion_id}
    id:i64 code:s name:s targetable:b
location_view customers/{customer_id}/locationViews/{campaign_id}~{criterion_id}
product_bidding_category_constant productBiddingCategoryConstants/{country_code}~{level}~{canonical_value}
    id:i64 country_code:s product_bidding_category_constant_parent:s level:ProductBiddingCategoryLevel status:ProductBiddingCategoryStatus
    language_code:s localized_name:s
product_group_view customers/{customer_id}/productGroupViews/{adgroup_id}~{criterion_id}
shopping_performance_view customers/{customer_id}/shoppingPerformanceView
user_list customers/{customer_id}/userLists/{user_list_id}
    id:i64 name:s type:UserListType
user_location_view customers/{customer_id}/userLocationViews/{country_criterion_id}~{is_targeting_location}
    country_criterion_id:i64 targeting_location:b
visit customers/{customer_id}/visits/{ad_group_id}~{criteria_id}~{ds_visit_id}
    id:i64 criterion_id:i64 merchant_id:i64 ad_id:i64 click_id:s visit_date_time:s product_id:s product_channel:ProductChannel
    product_language_code:s product_store_id:s product_country_code:s asset_id:i64 asset_field_type:AssetFieldType
webpage_view customers/{customer_id}/webpageViews/{ad_group_id}~{criterion_id}
"""
