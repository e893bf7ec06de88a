"""The truth: for each warehouse table, the rows that a perfect sync of this account would give."""

from __future__ import annotations

from collections.abc import Collection

from sandbox.everyaction import truth_collections, truth_people
from sandbox.everyaction.account import Account
from sandbox.truth import TruthTable

# The tables that are left out unless they are named, each with those that come with it.
OPTIONAL = truth_people.OPTIONAL


def truth_tables(account: Account, optional: Collection[str]) -> dict[str, TruthTable]:
    """Return the tables, of the optional ones only those that are named and what comes with them."""
    wanted = {*optional, *(child for name in optional for child in OPTIONAL.get(name, ()))}
    left_out = {*OPTIONAL, *(child for children in OPTIONAL.values() for child in children)} - wanted
    found = truth_people.tables(account) | truth_collections.tables(account)
    return {name: table for name, table in found.items() if name not in left_out}
