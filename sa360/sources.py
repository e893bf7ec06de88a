"""What a table is asked for: its resource, fields and conditions, and the columns that these become.

A column's name follows from its field's path (fact sheet 11): the record's own prefix is dropped, dots become underscores, an underscore
stands between a letter and a digit, and what came in millionths loses its `_micros`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from cells import Fields, local_time, money, name, text
from common.tables import Column, Table

DROPPED = ("metrics", "segments")
# Two fields would become one column: of the first the sheet does not tell the unit, so that it stays as it comes.
RENAMED = {"accessible_bidding_strategy.maximize_conversions.target_cpa": "maximize_conversions_target_cpa_raw"}
# The account that was asked, which is in the key of all that belongs to one.
OWNER: dict[str, Column] = {"customer_id": text("")}
# Metrics that the API leaves out when they are 0 (fact sheet 4).
ZERO_WHEN_ABSENT = frozenset(
    {
        "metrics.all_conversions_by_conversion_date",
        "metrics.all_conversions_value_by_conversion_date",
        "metrics.conversions_by_conversion_date",
        "metrics.conversions_value_by_conversion_date",
    }
)


class Account(NamedTuple):
    """What rows are given besides what came: the account that was asked, its time zone and its currency."""

    id: str
    zone: tzinfo
    currency: str


@dataclass(frozen=True, eq=False)
class Source:
    """A table, and what its rows are made of.

    Args:
        table: columns have paths of JSON as their sources, "" where the connector gives the value.
        resource: what the query reads from; "" if the table does not come from a query.
        select: the fields that are asked for, in the query language.
        condition: holds for every row, in the query language; "" if there is none.
        asked_of: "accounts", "managers", "clients", or "constants": the first client, for what belongs to no account.
        id_field: a field with a number by which a listing can be asked for in ranges; "" if there is none.
        plural: the piece of the resource name that tells the kind: "assets" in customers/1/assets/5.
        parts: columns of the pieces of the resource name's end, in order.
        times: the paths of local times.
        zeros: the paths of metrics that are 0 when absent.
        daily: whether its rows belong to days, which are asked for.
        hashed: the columns of which `id` is a hash, in order; none where a resource name tells rows apart.
    """

    table: Table
    resource: str
    select: tuple[str, ...]
    condition: str = ""
    asked_of: str = "clients"
    id_field: str = ""
    plural: str = ""
    parts: tuple[str, ...] = ()
    times: frozenset[str] = frozenset()
    zeros: frozenset[str] = frozenset()
    daily: bool = False
    hashed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def name_field(self) -> str:
        """The field of the rows' resource names, in the query language; "" if nothing is asked for by name."""
        return next((field for field in self.select if field.endswith(".resource_name")), "")


def query(source: Source, where: Sequence[str] = (), more: Sequence[str] = ()) -> str:
    """The query for a source's rows that fulfil all of these conditions, with more fields than its own where given."""
    conditions = [condition for condition in (source.condition, *where) if condition]
    fields = ", ".join((*source.select, *more))
    clauses = ["SELECT", fields, "FROM", source.resource]
    return " ".join([*clauses, "WHERE", " AND ".join(conditions)] if conditions else clauses)


def column_name(path: str, record: str) -> str:
    """The column of a field of a table of this record."""
    if path in RENAMED:
        return RENAMED[path]
    own = path.removeprefix(f"{record}.")
    steps = own.split(".")
    plain = "_".join(steps[1:] if own == path and steps[0] in DROPPED else steps)
    return re.sub("(?<=[a-z])(?=[0-9])", "_", plain.removesuffix("_micros"))


def json_path(path: str) -> str:
    """The path in a reply's JSON of a field of the query language: "ad_group.cpc_bid_micros" is "adGroup.cpcBidMicros" there."""
    return re.sub("_([a-z0-9])", lambda match: match[1].upper(), path)


def columns_of(fields: Fields, record: str) -> dict[str, Column]:
    """The columns of fields, by their names.

    Raises:
        ValueError: if two of them would have one name.
    """
    columns = {column_name(path, record): kind(json_path(path)) for path, kind in fields.items()}
    if len(columns) != len(fields):
        raise ValueError(f"Two fields of {record} become one column.")
    return columns


def times_of(fields: Fields) -> frozenset[str]:
    """The paths in JSON of the local times."""
    return frozenset(json_path(path) for path, kind in fields.items() if kind is local_time)


def zeros_of(fields: Fields) -> frozenset[str]:
    """The paths in JSON of the fields that are 0 when absent."""
    return frozenset(map(json_path, ZERO_WHEN_ABSENT & fields.keys()))


def currency_of(fields: Fields, columns: dict[str, Column]) -> dict[str, Column]:
    """The column of the account's currency, for a table that has money and does not tell its currency itself."""
    return {"currency_code": text("")} if money in fields.values() and "currency_code" not in columns else {}


def resource_name(record: str) -> dict[str, Column]:
    """The column of a record's resource name."""
    return {"resource_name": name(json_path(f"{record}.resource_name"))}
