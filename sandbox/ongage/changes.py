"""Changes to an account between, or within, two syncs; what each module of changes can do, in one place."""

from __future__ import annotations

from typing import Any

from sandbox.changes import Changed, Kinds
from sandbox.ongage import changes_collections, changes_contacts
from sandbox.ongage.account import Account
from sandbox.ongage.changing import Generic

ENTITIES: dict[str, Generic] = changes_contacts.ENTITIES | changes_collections.ENTITIES
KINDS = Kinds(changes_contacts.KINDS | changes_collections.KINDS, ENTITIES)


def change(account: Account, kind: str, options: Changed) -> Changed:
    """Do one change and return what it was; raise ValueError for an unknown kind, LookupError for an absent record."""
    return KINDS.change(account, kind, options)


def change_bundle(account: Account, share: float) -> list[Changed]:
    """Change about this share of all there is, in all ways there are; a tiny source may have nothing for some of them."""
    return KINDS.bundle(account, (*changes_contacts.bundle(account, share), *changes_collections.bundle(account, share)))


def set_value(account: Account, entity: str, number: int | str, path: str, value: Any) -> Changed:
    """Set one value by its dotted path; nothing else of the record changes, its modified time neither."""
    if entity in changes_contacts.ENTITIES:
        with account.lock:
            return changes_contacts.set_value(account, entity, number, path, value)
    return changes_collections.set_value(account, entity, int(number), path, value)
