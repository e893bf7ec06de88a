"""The truth about records: a row for each of them, in every account that is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sandbox.sa360.account import Account
from sandbox.sa360.accounts import CUSTOM_COLUMN
from sandbox.sa360.entities import camel
from sandbox.sa360.truth_rows import CURRENCY, CUSTOMER, Col, cells, has_money, record_columns, table
from sandbox.sa360.world import CustomerInfo
from sandbox.truth import Row, TruthTable

OPTIONAL = frozenset({"campaign_effective_labels", "ad_group_effective_labels", "ad_effective_labels", "keyword_effective_labels"})
Asked = Callable[[Account], list[CustomerInfo]]


def clients(account: Account) -> list[CustomerInfo]:
    """Return the clients that answer."""
    return account.clients()


def _managers(account: Account) -> list[CustomerInfo]:
    return account.managers()


def _everyone(account: Account) -> list[CustomerInfo]:
    return [*account.managers(), *account.clients()]


@dataclass(frozen=True)
class Kind:
    """A table of records: the resource of FROM, that whose fields are the columns, what is joined, and the parts of its name."""

    table: str
    resource: str
    joined: str = ""
    parts: str = ""
    asked: Asked = clients
    record: str = ""
    only_type: str = ""
    without_type: str = ""
    constant: bool = False

    @property
    def place(self) -> str:
        """Return where the record stands in a row."""
        return camel(self.record or self.resource)

    @cached_property
    def columns(self) -> tuple[Col, ...]:
        """Return the columns that are filled from paths of a joined row."""
        found = list(record_columns(self.record or self.resource, self.place))
        for name in self.joined.split():
            found.append(Col(f"{name}_id", (camel(name), "id"), "text"))
        return tuple(found)

    @property
    def all_columns(self) -> list[Col]:
        """Return all columns."""
        owner = [] if self.constant else [CUSTOMER]
        parts = [Col(name, (), "text") for name in self.parts.split()]
        return [*owner, *self.columns, *parts, *([CURRENCY] if self.told_currency else [])]

    def has(self, criterion_type: object) -> bool:
        """Say whether a record of that type belongs to the table."""
        return criterion_type != self.without_type if self.without_type else self.only_type in {"", criterion_type}

    @property
    def told_currency(self) -> bool:
        """Say whether the account's currency is told."""
        return has_money(self.columns) and all(column.name != "currency_code" for column in self.columns)


_AD_GROUP = "ad_group campaign"


def _labels(prefix: str, resource: str, parts: str) -> tuple[Kind, Kind]:
    return (
        Kind(f"{prefix}_labels", f"{resource}_label", parts=parts),
        Kind(f"{prefix}_effective_labels", f"{resource}_effective_label", parts=parts),
    )


KINDS = (
    Kind("customers", "customer", asked=_everyone),
    Kind("customer_clients", "customer_client", asked=_managers),
    Kind("customer_manager_links", "customer_manager_link"),
    Kind("campaigns", "campaign"),
    Kind("campaign_budgets", "campaign_budget", parts="id"),
    Kind("ad_groups", "ad_group", "campaign"),
    Kind("ads", "ad_group_ad", _AD_GROUP),
    Kind("keywords", "ad_group_criterion", _AD_GROUP, only_type="KEYWORD"),
    Kind("ad_group_criteria", "ad_group_criterion", _AD_GROUP, without_type="KEYWORD"),
    Kind("product_groups", "product_group_view", _AD_GROUP, record="ad_group_criterion"),
    Kind("campaign_criteria", "campaign_criterion", "campaign"),
    Kind("ad_group_bid_modifiers", "ad_group_bid_modifier", parts="ad_group_id criterion_id"),
    Kind("accessible_bidding_strategies", "accessible_bidding_strategy"),
    *_labels("campaign", "campaign", "campaign_id label_id"),
    *_labels("ad_group", "ad_group", "ad_group_id label_id"),
    *_labels("ad", "ad_group_ad", "ad_group_id ad_id label_id"),
    *_labels("keyword", "ad_group_criterion", "ad_group_id criterion_id label_id"),
    Kind("assets", "asset"),
    Kind("customer_assets", "customer_asset", parts="asset_id field_type"),
    Kind("campaign_assets", "campaign_asset", parts="campaign_id asset_id field_type"),
    Kind("ad_group_assets", "ad_group_asset", parts="ad_group_id asset_id field_type"),
    Kind("asset_groups", "asset_group"),
    Kind("asset_group_assets", "asset_group_asset", parts="asset_group_id asset_id"),
    Kind("asset_group_signals", "asset_group_signal", parts="asset_group_id criterion_id"),
    Kind("asset_group_listing_group_filters", "asset_group_listing_group_filter", parts="asset_group_id"),
    Kind("asset_sets", "asset_set"),
    Kind("asset_set_assets", "asset_set_asset", parts="asset_set_id asset_id"),
    Kind("customer_asset_sets", "customer_asset_set", parts="asset_set_id"),
    Kind("campaign_asset_sets", "campaign_asset_set", parts="campaign_id asset_set_id"),
    Kind("ad_group_asset_sets", "ad_group_asset_set", parts="ad_group_id asset_set_id"),
    Kind("audiences", "audience"),
    Kind("user_lists", "user_list"),
    Kind("bidding_strategies", "bidding_strategy", asked=_everyone),
    Kind("conversion_actions", "conversion_action", asked=_everyone),
    Kind("conversion_custom_variables", "conversion_custom_variable", asked=_everyone),
    Kind("labels", "label", asked=_everyone),
    Kind("geo_target_constants", "geo_target_constant", constant=True),
    Kind("language_constants", "language_constant", constant=True),
    Kind("product_bidding_category_constants", "product_bidding_category_constant", constant=True),
)


def _rows(account: Account, kind: Kind) -> Iterator[Row]:
    asked = kind.asked(account)
    for info in asked[:1] if kind.constant else asked:
        zone = account.zone(info.id)
        for row in account.rows(info.id, kind.resource):
            if kind.has(row[kind.place].get("type")):
                found: Row = {} if kind.constant else {"customer_id": info.id}
                found |= cells(row, kind.columns, zone)
                found |= parts(str(row[kind.place]["resourceName"]), kind.parts)
                yield found | {"currency_code": info.currency} if kind.told_currency else found


def parts(name: str, columns: str) -> Row:
    """Return the parts of a resource name, as columns name them."""
    return dict(zip(columns.split(), name.rsplit("/", 1)[-1].split("~"), strict=False))


def _table(account: Account, kind: Kind) -> TruthTable:
    key = ["resource_name"] if kind.constant else ["customer_id", "resource_name"]
    return table(kind.table, key, kind.all_columns, lambda: _rows(account, kind))


# --- custom columns ------------------------------------------------------------------------------------------------

_COLUMN_FIELDS = (
    Col("resource_name", ("resourceName",), "text"), Col("id", ("id",), "text"), Col("name", ("name",), "text"),
    Col("description", ("description",), "text"), Col("value_type", ("valueType",), "text"),
    Col("references_attributes", ("referencesAttributes",), "boolean"), Col("references_metrics", ("referencesMetrics",), "boolean"),
    Col("queryable", ("queryable",), "boolean"), Col("referenced_system_columns", ("referencedSystemColumns",), "json"),
    Col("render_type", ("renderType",), "text"),
)  # fmt: skip


def _column_rows(account: Account) -> Iterator[Row]:
    for info in account.managers():
        for record in account.records(CUSTOM_COLUMN, info.id):
            owner: Row = {"customer_id": info.id}
            yield owner | cells(record, _COLUMN_FIELDS, account.zone(info.id))


def tables(account: Account) -> dict[str, TruthTable]:
    """Return the truth by table, the optional ones (OPTIONAL) included."""
    found = [_table(account, kind) for kind in KINDS]
    columns = [CUSTOMER, *_COLUMN_FIELDS]
    found.append(table("custom_columns", ["customer_id", "resource_name"], columns, lambda: _column_rows(account)))
    return {each.name: each for each in found}
