"""The tables of what an account holds, one row for each record: where each is read, and which of its columns are not its own fields."""

from __future__ import annotations

from asset_fields import ASSET_FIELDS
from cells import Fields, boolean, json_text, name, text
from common.tables import Table
from entity_fields import ENTITY_FIELDS, OF_AD_GROUP, OF_CAMPAIGN
from library_fields import LIBRARY_FIELDS
from sources import OWNER, Source, columns_of, currency_of, resource_name, times_of, zeros_of

FIELDS = ENTITY_FIELDS | ASSET_FIELDS | LIBRARY_FIELDS

CRITERION_ID = "ad_group_criterion.criterion_id"
# Negative keywords are criteria as well, of which nobody promises that the view of keywords has them.
KEYWORDS = "ad_group_criterion.type = 'KEYWORD'"
NO_KEYWORDS = "ad_group_criterion.type != 'KEYWORD'"


def _entity(  # noqa: PLR0913 - one argument for each property of a table
    table: str,
    resource: str,
    plural: str,
    *,
    id_field: str = "",
    record: str = "",
    joined: Fields | None = None,
    parts: str = "",
    condition: str = "",
    asked_of: str = "clients",
) -> Source:
    """The source of a table: `record` is the resource whose fields are the columns, if that is not the one that is read from."""
    record = record or resource
    fields = FIELDS[record] | (joined or {})
    owner = {} if asked_of == "constants" else OWNER
    key = owner | resource_name(record)
    columns = key | columns_of(fields, record) | {part: text("") for part in parts.split()}
    return Source(
        table=Table(table, list(key), columns | currency_of(fields, columns)),
        resource=resource,
        select=(f"{record}.resource_name", *fields),
        condition=condition,
        asked_of=asked_of,
        id_field=id_field,
        plural=plural,
        parts=tuple(parts.split()),
        times=times_of(fields),
        zeros=zeros_of(fields),
    )


ENTITIES = {
    source.name: source
    for source in (
        _entity("customers", "customer", "", asked_of="accounts"),
        _entity("customer_clients", "customer_client", "customerClients", id_field="customer_client.id", asked_of="managers"),
        _entity("customer_manager_links", "customer_manager_link", "customerManagerLinks"),
        _entity("campaigns", "campaign", "campaigns", id_field="campaign.id"),
        _entity("campaign_budgets", "campaign_budget", "campaignBudgets", parts="id"),
        _entity("ad_groups", "ad_group", "adGroups", id_field="ad_group.id", joined=OF_CAMPAIGN),
        _entity("ads", "ad_group_ad", "adGroupAds", id_field="ad_group_ad.ad.id", joined=OF_AD_GROUP),
        _entity(
            "keywords",
            "ad_group_criterion",
            "adGroupCriteria",
            id_field=CRITERION_ID,
            joined=OF_AD_GROUP,
            condition=KEYWORDS,
        ),
        _entity(
            "ad_group_criteria",
            "ad_group_criterion",
            "adGroupCriteria",
            id_field=CRITERION_ID,
            joined=OF_AD_GROUP,
            condition=NO_KEYWORDS,
        ),
        _entity(
            "product_groups",
            "product_group_view",
            "adGroupCriteria",
            id_field=CRITERION_ID,
            record="ad_group_criterion",
            joined=OF_AD_GROUP,
        ),
        _entity(
            "campaign_criteria",
            "campaign_criterion",
            "campaignCriteria",
            id_field="campaign_criterion.criterion_id",
            joined=OF_CAMPAIGN,
        ),
        _entity("ad_group_bid_modifiers", "ad_group_bid_modifier", "adGroupBidModifiers", parts="ad_group_id criterion_id"),
        _entity(
            "accessible_bidding_strategies",
            "accessible_bidding_strategy",
            "accessibleBiddingStrategies",
            id_field="accessible_bidding_strategy.id",
        ),
        _entity("campaign_labels", "campaign_label", "campaignLabels", id_field="campaign.id", parts="campaign_id label_id"),
        _entity("ad_group_labels", "ad_group_label", "adGroupLabels", id_field="ad_group.id", parts="ad_group_id label_id"),
        _entity("ad_labels", "ad_group_ad_label", "adGroupAdLabels", id_field="ad_group.id", parts="ad_group_id ad_id label_id"),
        _entity(
            "keyword_labels",
            "ad_group_criterion_label",
            "adGroupCriterionLabels",
            id_field="ad_group.id",
            parts="ad_group_id criterion_id label_id",
        ),
        _entity(
            "campaign_effective_labels",
            "campaign_effective_label",
            "campaignEffectiveLabels",
            id_field="campaign.id",
            parts="campaign_id label_id",
        ),
        _entity(
            "ad_group_effective_labels",
            "ad_group_effective_label",
            "adGroupEffectiveLabels",
            id_field="ad_group.id",
            parts="ad_group_id label_id",
        ),
        _entity(
            "ad_effective_labels",
            "ad_group_ad_effective_label",
            "adGroupAdEffectiveLabels",
            id_field="ad_group.id",
            parts="ad_group_id ad_id label_id",
        ),
        _entity(
            "keyword_effective_labels",
            "ad_group_criterion_effective_label",
            "adGroupCriterionEffectiveLabels",
            id_field="ad_group.id",
            parts="ad_group_id criterion_id label_id",
        ),
        _entity("assets", "asset", "assets", id_field="asset.id"),
        _entity("customer_assets", "customer_asset", "customerAssets", parts="asset_id field_type"),
        _entity("campaign_assets", "campaign_asset", "campaignAssets", id_field="campaign.id", parts="campaign_id asset_id field_type"),
        _entity("ad_group_assets", "ad_group_asset", "adGroupAssets", id_field="ad_group.id", parts="ad_group_id asset_id field_type"),
        _entity("asset_groups", "asset_group", "assetGroups", id_field="asset_group.id"),
        _entity("asset_group_assets", "asset_group_asset", "assetGroupAssets", parts="asset_group_id asset_id"),
        _entity("asset_group_signals", "asset_group_signal", "assetGroupSignals", parts="asset_group_id criterion_id"),
        _entity(
            "asset_group_listing_group_filters",
            "asset_group_listing_group_filter",
            "assetGroupListingGroupFilters",
            id_field="asset_group_listing_group_filter.id",
            parts="asset_group_id",
        ),
        _entity("asset_sets", "asset_set", "assetSets", id_field="asset_set.id"),
        _entity("asset_set_assets", "asset_set_asset", "assetSetAssets", id_field="asset_set.id", parts="asset_set_id asset_id"),
        _entity("customer_asset_sets", "customer_asset_set", "customerAssetSets", parts="asset_set_id"),
        _entity("campaign_asset_sets", "campaign_asset_set", "campaignAssetSets", parts="campaign_id asset_set_id"),
        _entity("ad_group_asset_sets", "ad_group_asset_set", "adGroupAssetSets", parts="ad_group_id asset_set_id"),
        _entity("audiences", "audience", "audiences", id_field="audience.id"),
        _entity("user_lists", "user_list", "userLists", id_field="user_list.id"),
        _entity("bidding_strategies", "bidding_strategy", "biddingStrategies", id_field="bidding_strategy.id", asked_of="accounts"),
        _entity("conversion_actions", "conversion_action", "conversionActions", id_field="conversion_action.id", asked_of="accounts"),
        _entity(
            "conversion_custom_variables",
            "conversion_custom_variable",
            "conversionCustomVariables",
            id_field="conversion_custom_variable.id",
            asked_of="accounts",
        ),
        _entity("labels", "label", "labels", id_field="label.id", asked_of="accounts"),
        _entity(
            "geo_target_constants",
            "geo_target_constant",
            "geoTargetConstants",
            id_field="geo_target_constant.id",
            asked_of="constants",
        ),
        _entity("language_constants", "language_constant", "languageConstants", id_field="language_constant.id", asked_of="constants"),
        _entity(
            "product_bidding_category_constants",
            "product_bidding_category_constant",
            "productBiddingCategoryConstants",
            id_field="product_bidding_category_constant.id",
            asked_of="constants",
        ),
    )
}

# They come whole from an address of their own, not from a query (fact sheet 1).
CUSTOM_COLUMNS = Source(
    table=Table(
        "custom_columns",
        key=["customer_id", "resource_name"],
        columns={
            **OWNER,
            "resource_name": name("resourceName"),
            "id": text("id"),
            "name": text("name"),
            "description": text("description"),
            "value_type": text("valueType"),
            "references_attributes": boolean("referencesAttributes"),
            "references_metrics": boolean("referencesMetrics"),
            "queryable": boolean("queryable"),
            "referenced_system_columns": json_text("referencedSystemColumns"),
            "render_type": text("renderType"),
        },
    ),
    resource="",
    select=(),
    asked_of="managers",
    plural="customColumns",
)
