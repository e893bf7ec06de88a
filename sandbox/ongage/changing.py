"""What all modules of changes use: who is chosen, and what is said when there is nobody.

A module of changes has KINDS: what does a change, by its kind. It is called as `do(account, **options)`, with the lock held and
`account.changes` counted up, and returns what it changed: {"entity": ..., "list_id": ..., "id": ...}. Options that it cannot do
without have no default. It may also have ENTITIES: for each entity what does a generic edit, insert and delete, called as
`do(account, number=None)` (an insert without a number).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from sandbox.arithmetic import mix
from sandbox.changes import Changed, NobodyLeft
from sandbox.ongage.account import WHOLE_ACCOUNT, Account


class Generic(NamedTuple):
    """What a generic change does to an entity: `edit` and `delete` may be told a number, and `edit` values by dotted path."""

    edit: Callable[[Account, int | None, dict[str, Any] | None], Changed]
    insert: Callable[[Account], Changed]
    delete: Callable[[Account, int | None], Changed]


def random_of(account: Account) -> Random:
    """Return a generator that is another one after each change, and the same for the same seed and number of changes."""
    return Random(mix(account.seed, 4242, account.changes))  # noqa: S311 - not for secrets


def pick(account: Account, entity: str, list_id: int | None = None) -> tuple[int, int]:
    """Return the list and the id of some record in a list that can be read: each record is as likely as any other.

    Raises:
        NobodyLeft: when there is none.
    """
    readable = {each.id for each in account.visible()} | {WHOLE_ACCOUNT}
    places = [place for place in account.collections[entity] if place in readable and list_id in {None, place}]
    counts = [account.collections[entity][place].count() for place in places]
    if not sum(counts):
        raise NobodyLeft(f"there is no {entity} left")
    rank = random_of(account).randrange(sum(counts))
    for place, count in zip(places, counts, strict=True):
        if rank < count:
            return place, account.collections[entity][place].seek(rank)
        rank -= count
    raise NobodyLeft(f"there is no {entity} left")
