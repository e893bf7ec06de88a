"""Which days are asked for, as data and arithmetic: windows newest first, of a width that suits the number of rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

import fetch
from models import OPTIONAL_TABLES, tables

MONTHS_KEPT = 37  # older daily numbers the API refuses (fact sheet 3)
DAY = timedelta(days=1)
AGES = SETTLED, YOUNG, NEW = "settled", "young", "new"
ROLES = PAST, KEPT, NEWEST = "past", "kept", "newest"


class Window(NamedTuple):
    """Days, from a first one to a last one."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first <= day <= self.last

    def condition(self, oldest: date) -> str:
        """How it is asked for: with a day more at both ends, so that nothing hangs on how the ends of a range are read.

        A single day is asked for by name: what the API cannot give of the days beside it is not to keep this one back.

        Args:
            oldest: the oldest day that may be asked for at all.
        """
        if self.first == self.last:
            return f"segments.date = '{self.first}'"
        return f"segments.date BETWEEN '{max(self.first - DAY, oldest)}' AND '{self.last + DAY}'"


class Span(NamedTuple):
    """The days of a report that are read again.

    Args:
        whole: all of them, up to the account's today.
        keep_from: from which day on they will be read once more by the next sync.
        until: the last day of which rows may be held already, None if there is none.
        young: the last day of the last complete reading, which was not over then; None if there was no such reading.
        oldest: the oldest day that may be asked for at all.
    """

    whole: Window
    keep_from: date
    until: date | None
    young: date | None
    oldest: date

    def part_of(self, day: date) -> tuple[str, str]:
        """The age of a day, and what will be done with its rows.

        Of settled days rows are held, and of the youngest one, which was not over when it was read; of new days none are. Rows of past days
        need not be remembered; those of the newest one are by themselves, since many will come to them.
        """
        age = NEW if self.until is None or day > self.until else YOUNG if day == self.young else SETTLED
        return age, PAST if day < self.keep_from else NEWEST if day == self.whole.last else KEPT


def oldest_kept(today: date) -> date:
    """The oldest day of which the API has daily numbers."""
    return today - relativedelta(months=MONTHS_KEPT)


def begins(start: date | None, today: date) -> date:
    """The first day that is read: what the settings say, as far as the API has it, and no later than today."""
    oldest = oldest_kept(today) + DAY  # a question begins a day before what is wanted
    return oldest if start is None else min(max(start, oldest), today)


def newest_first(whole: Window, width: int) -> Iterator[Window]:
    """A window in parts of at most that many days, the newest first."""
    last = whole.last
    while last >= whole.first:
        part = Window(max(whole.first, last - timedelta(days=width - 1)), last)
        yield part
        last = part.first - DAY


def halves(window: Window) -> list[Window]:
    """A window of several days as two, the newer one first."""
    middle = window.first + timedelta(days=window.days // 2)
    return [Window(middle, window.last), Window(window.first, middle - DAY)]


def next_width(window: Window, rows: int) -> int:
    """How many days the next window covers, after one that had so many rows: half of its days to twice as many."""
    if rows > fetch.WINDOW_ROWS:
        return max(window.days // 2, 1)
    return min(window.days * 2, fetch.MOST_DAYS) if rows * 4 < fetch.WINDOW_ROWS else min(window.days, fetch.MOST_DAYS)


# What the rows of a table are part of, by how its name begins; the longest beginning counts. "" are tables that stand for themselves.
BEGINNINGS = {
    "customer_": "customers",
    "campaign_": "campaigns",
    "campaign_budgets": "",
    "campaign_audience_": "campaign_criteria",
    "location_": "campaign_criteria",
    "ad_group_": "ad_groups",
    "ad_groups": "",
    "ad_group_audience_": "ad_group_criteria",
    "age_range_": "ad_group_criteria",
    "gender_": "ad_group_criteria",
    "webpage_": "ad_group_criteria",
    "keyword_": "keywords",
    "product_group_": "product_groups",
    "ad_": "ads",
    "bidding_strategy_": "bidding_strategies",
    "asset_group_": "asset_groups",
    "asset_set_": "asset_sets",
    "asset_set_asset_": "asset_set_assets",
    "customer_asset_": "customer_assets",
    "customer_asset_sets": "customers",
    "campaign_asset_": "campaign_assets",
    "campaign_asset_sets": "campaigns",
    "ad_group_asset_": "ad_group_assets",
    "ad_group_asset_sets": "ad_groups",
}


def _parent(table: str) -> str:
    return BEGINNINGS.get(max(filter(table.startswith, BEGINNINGS), key=len, default=""), "")


TABLES = tables(OPTIONAL_TABLES)
PARENTS = {table.name: parent for table in TABLES if (parent := _parent(table.name))}
NUMBERS = ("_reports", "_values")
CRITERIA = {"ad_group_criteria", "campaign_criteria", "keywords", "product_groups"}
# Which table a column points to, where its name does not say so: the resource name of a report's row is that of what it is about, but
# that of a view is nobody else's.
LINKS = {
    "customer_id": "customers",
    "client_customer": "customers",
    "manager_customer": "customers",
    "owner_customer": "customers",
    "manager_id": "customers",
    "sub_manager_id": "customers",
    "associate_manager_id": "customers",
    "campaign": "campaigns",
    "campaign_budget": "campaign_budgets",
    "ad_group": "ad_groups",
    "ad_id": "ads",
    "advertiser_conversion_id": "conversions",  # of the same row, by the advertiser's own count
    "asset": "assets",
    "asset_group": "asset_groups",
    "asset_set": "asset_sets",
    "audience_audience": "audiences",
    "bidding_strategy": "bidding_strategies",
    "accessible_bidding_strategy": "accessible_bidding_strategies",
    "conversion_action": "conversion_actions",
    "call_asset_call_conversion_action": "conversion_actions",
    "label": "labels",
    "user_list": "user_lists",
    "user_list_user_list": "user_lists",
    "geo_target_constant": "geo_target_constants",
    "location_geo_target_constant": "geo_target_constants",
    "country_criterion_id": "geo_target_constants",
    "language_language_constant": "language_constants",
    **{f"{name}.criterion_id": parent for name, parent in PARENTS.items() if parent in CRITERIA},
    **{f"{name}.resource_name": parent for name, parent in PARENTS.items() if parent not in CRITERIA and name.endswith(NUMBERS)},
}


def upkeep(table: str) -> str:
    """How a table is kept up to date."""
    if table in {"geo_target_constants", "language_constants", "product_bidding_category_constants"}:
        return "whole, every `full_refresh_days`; only what changed is written"
    if table.endswith(NUMBERS) or table in {"conversions", "visits"}:
        return "the last `conversion_window_days` in each sync; the past once"
    return "" if table == "errors" else "whole, in each sync; only what changed is written"
