"""The truth: for each warehouse table, the rows that a perfect sync of this account would give."""

from __future__ import annotations

from collections.abc import Collection

from sandbox.sa360 import truth_entities, truth_reports
from sandbox.sa360.account import Account
from sandbox.truth import TruthTable

OPTIONAL = truth_entities.OPTIONAL | truth_reports.OPTIONAL


def truth_tables(account: Account, optional: Collection[str]) -> dict[str, TruthTable]:
    """Return the tables, of the optional ones only those that are named."""
    found = truth_entities.tables(account) | truth_reports.tables(account)
    return {name: table for name, table in found.items() if name not in OPTIONAL or name in optional}


def truth_types(account: Account) -> dict[str, dict[str, str]]:
    """Return, by warehouse table, each column's kind."""
    return {name: table.columns for name, table in truth_tables(account, OPTIONAL).items()}
