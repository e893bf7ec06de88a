"""The truth: for each warehouse table, the rows that a perfect sync of this account would give."""

from __future__ import annotations

from collections.abc import Collection

from sandbox.ongage import truth_collections, truth_contacts
from sandbox.ongage.account import Account
from sandbox.truth import TruthTable

OPTIONAL = truth_contacts.OPTIONAL | truth_collections.OPTIONAL


def truth_tables(account: Account, optional: Collection[str]) -> dict[str, TruthTable]:
    """Return the tables, of the optional ones only those that are named."""
    found = truth_contacts.tables(account) | truth_collections.tables(account)
    return {name: table for name, table in found.items() if name not in OPTIONAL or name in optional}
