"""What a query's rows are made of: the record of the resource that is asked for, and the records that may be selected with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The resources that may be joined, by how the record refers to them: a path on the wire, or what stands in a private key.
_CAMPAIGN = ("campaignBudget", "biddingStrategy", "accessibleBiddingStrategy")


@dataclass(frozen=True)
class View:
    """How the rows of a resource come about.

    `entity` is whose records they are, `key` their place in a row, `view` the place of the resource itself if it has no record of its
    own, `only` the type a criterion must have for it, `parent` what lies directly above, `refs` what else is referred to.
    """

    entity: str
    key: str
    view: str = ""
    only: str = ""
    parent: str = ""
    refs: tuple[str, ...] = ()
    facts: bool = False


def _criteria(view: str, only: str, *refs: str) -> View:
    return View("AdGroupCriterion", "adGroupCriterion", view, only, "AdGroup", refs, facts=True)


def _campaign_criteria(view: str, only: str) -> View:
    return View("CampaignCriterion", "campaignCriterion", view, only, "Campaign", facts=True)


def _label(entity: str, parent: str) -> View:
    return View(entity, entity[0].lower() + entity[1:], parent=parent, refs=("label",))


def _plain(entity: str, parent: str = "", *refs: str, facts: bool = False) -> View:
    return View(entity, entity[0].lower() + entity[1:], parent=parent, refs=refs, facts=facts)


VIEWS: Mapping[str, View] = {
    "campaign": _plain("Campaign", "", *_CAMPAIGN, facts=True),
    "ad_group": _plain("AdGroup", "Campaign", facts=True),
    "ad_group_ad": _plain("AdGroupAd", "AdGroup", facts=True),
    "ad_group_criterion": _plain("AdGroupCriterion", "AdGroup", facts=True),
    "keyword_view": _criteria("keywordView", "KEYWORD"),
    "product_group_view": _criteria("productGroupView", "LISTING_GROUP"),
    "age_range_view": _criteria("ageRangeView", "AGE_RANGE"),
    "gender_view": _criteria("genderView", "GENDER"),
    "webpage_view": _criteria("webpageView", "WEBPAGE"),
    "ad_group_audience_view": _criteria("adGroupAudienceView", "USER_LIST"),
    "campaign_criterion": _plain("CampaignCriterion", "Campaign", facts=True),
    "location_view": _campaign_criteria("locationView", "LOCATION"),
    "campaign_audience_view": _campaign_criteria("campaignAudienceView", "USER_LIST"),
    "campaign_budget": _plain("CampaignBudget"),
    "ad_group_bid_modifier": _plain("AdGroupBidModifier", "AdGroup"),
    "bidding_strategy": _plain("BiddingStrategy", facts=True),
    "accessible_bidding_strategy": _plain("AccessibleBiddingStrategy"),
    "campaign_label": _label("CampaignLabel", "Campaign"),
    "ad_group_label": _label("AdGroupLabel", "AdGroup"),
    "ad_group_ad_label": _label("AdGroupAdLabel", "AdGroupAd"),
    "ad_group_criterion_label": _label("AdGroupCriterionLabel", "AdGroupCriterion"),
    "campaign_effective_label": _label("CampaignEffectiveLabel", "Campaign"),
    "ad_group_effective_label": _label("AdGroupEffectiveLabel", "AdGroup"),
    "ad_group_ad_effective_label": _label("AdGroupAdEffectiveLabel", "AdGroupAd"),
    "ad_group_criterion_effective_label": _label("AdGroupCriterionEffectiveLabel", "AdGroupCriterion"),
    "asset": _plain("Asset"),
    "customer_asset": _plain("CustomerAsset", "", "asset", facts=True),
    "campaign_asset": _plain("CampaignAsset", "Campaign", "asset", facts=True),
    "ad_group_asset": _plain("AdGroupAsset", "AdGroup", "asset", facts=True),
    "asset_group": _plain("AssetGroup", "", "campaign"),
    "asset_group_asset": _plain("AssetGroupAsset", "AssetGroup", "asset"),
    "asset_group_signal": _plain("AssetGroupSignal", "AssetGroup"),
    "asset_group_listing_group_filter": _plain("AssetGroupListingGroupFilter", "AssetGroup"),
    "asset_set": _plain("AssetSet"),
    "asset_set_asset": _plain("AssetSetAsset", "AssetSet", "asset", facts=True),
    "customer_asset_set": _plain("CustomerAssetSet", "", "assetSet"),
    "campaign_asset_set": _plain("CampaignAssetSet", "Campaign", "assetSet"),
    "ad_group_asset_set": _plain("AdGroupAssetSet", "AdGroup", "assetSet"),
    "audience": _plain("Audience"),
    "user_list": _plain("UserList"),
    "conversion_action": _plain("ConversionAction"),
    "conversion_custom_variable": _plain("ConversionCustomVariable"),
    "label": _plain("Label"),
    "customer": _plain("Customer", facts=True),
    "customer_client": _plain("CustomerClient"),
    "customer_manager_link": _plain("CustomerManagerLink"),
    "geo_target_constant": _plain("GeoTargetConstant"),
    "language_constant": _plain("LanguageConstant"),
    "product_bidding_category_constant": _plain("ProductBiddingCategoryConstant"),
    "conversion": _plain("Conversion", "AdGroup"),
    "visit": _plain("Visit", "AdGroup"),
}
CONSTANTS = frozenset({"GeoTargetConstant", "LanguageConstant", "ProductBiddingCategoryConstant"})
# How many parts of a name are those of the record above; a name of an ad or a criterion has two.
PARENT_PARTS = {"Campaign": 1, "AdGroup": 1, "AssetGroup": 1, "AssetSet": 1, "AdGroupAd": 2, "AdGroupCriterion": 2}
REFS = {
    "campaignBudget": "CampaignBudget", "biddingStrategy": "BiddingStrategy", "accessibleBiddingStrategy": "AccessibleBiddingStrategy",
    "label": "Label", "asset": "Asset", "assetSet": "AssetSet", "campaign": "Campaign",
}  # fmt: skip
