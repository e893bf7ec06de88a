"""The tables of Search Ads 360, as data, and pure functions that make rows of what the API serves.

A `Source` is a table and the query that fills it: `ENTITIES` are read whole, `REPORTS` and `EVENTS` day by day, `COLUMN_VALUES` too, with
the custom columns that an account's managers have; `CUSTOM_COLUMNS` come from an address of their own. `query` writes the query, `row` and
`value_rows` make rows of its results. Nothing here does I/O, reads a clock or calls the SDK.

Which fields there are stands in `entity_fields`, `asset_fields`, `library_fields` and `report_fields`, one a line.
"""

from __future__ import annotations

from collections.abc import Collection

from cells import to_count, to_day, to_instant, to_money, zone_of
from common.tables import ConversionError, Notes, Table
from entity_tables import CUSTOM_COLUMNS, ENTITIES
from key_texts import key_of, key_text
from report_tables import COLUMN_VALUES, EVENTS, REPORTS
from rows import day_of, row, value_rows
from sources import Account, Source, query

__all__ = [
    "COLUMN_VALUES",
    "CUSTOM_COLUMNS",
    "ENTITIES",
    "EVENTS",
    "OPTIONAL_TABLES",
    "REPORTS",
    "Account",
    "ConversionError",
    "Notes",
    "Source",
    "day_of",
    "key_of",
    "key_text",
    "query",
    "row",
    "tables",
    "to_count",
    "to_day",
    "to_instant",
    "to_money",
    "value_rows",
    "zone_of",
]

# Filled only when switched on: what the first four tell can be worked out from other tables, and events are many.
OPTIONAL_TABLES = (
    "campaign_effective_labels",
    "ad_group_effective_labels",
    "ad_effective_labels",
    "keyword_effective_labels",
    "conversions",
    "visits",
)


def tables(wanted: Collection[str]) -> list[Table]:
    """Every table of a connection that wants these optional ones, in a stable order."""
    sources = [*ENTITIES.values(), CUSTOM_COLUMNS, *REPORTS.values(), *COLUMN_VALUES.values(), *EVENTS.values()]
    return [source.table for source in sources if source.name not in OPTIONAL_TABLES or source.name in wanted]
