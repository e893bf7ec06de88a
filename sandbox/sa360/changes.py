"""Changes to an account between, or within, two syncs; what each module of changes can do, in one place."""

from __future__ import annotations

from typing import Any

from sandbox.changes import Changed, Kinds
from sandbox.sa360 import changes_numbers, changes_records
from sandbox.sa360.account import Account
from sandbox.sa360.changes_records import offers, set_value

KINDS = Kinds(changes_records.KINDS | changes_numbers.KINDS, changes_records.ENTITIES)


def change(account: Account, kind: str, options: Changed) -> Changed:
    """Do one change and return what it was; raise ValueError for an unknown kind, LookupError for an absent record."""
    return KINDS.change(account, kind, options)


def change_bundle(account: Account, share: float) -> list[dict[str, Any]]:
    """Change about this share of all there is, in all ways there are but that of cancelling a client."""
    return KINDS.bundle(account, (*changes_records.bundle(account, share), *changes_numbers.bundle(share)))


__all__ = ["KINDS", "change", "change_bundle", "offers", "set_value"]
