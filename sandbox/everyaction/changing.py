"""What all modules of changes use: who is chosen, and what is said when there is nobody.

A module of changes has KINDS: what does a change, by its kind. It is called as `do(account, **options)`, with the lock held and
`account.changes` counted up, and returns what it changed: {"entity": ..., "id": ...}. Options that it cannot do without have no
default. It may also have ENTITIES: for each entity what does a generic edit, insert and delete, called as `do(account, number=None)`
(an insert without a number), and `bundle(account, share)`: some changes of all kinds, each with how often and its options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, takewhile
from random import Random
from typing import Any, NamedTuple

from sandbox.arithmetic import mix
from sandbox.changes import Changed, NobodyLeft
from sandbox.collection import Collection
from sandbox.everyaction.account import Account


class Generic(NamedTuple):
    """What a generic change does to an entity: `edit` and `delete` may be told a number, and `edit` values by dotted path."""

    edit: Callable[[Account, Any, Changed | None], Changed]
    insert: Callable[[Account], Changed]
    delete: Callable[[Account, Any], Changed]


def random_of(account: Account) -> Random:
    """Return a generator that is another one after each change, and the same for the same seed and number of changes."""
    return Random(mix(account.seed, 4242, account.changes))  # noqa: S311 - not for secrets


def pick(account: Account, entity: str) -> int:
    """Return the id of some record, as it is known to its collection: each is as likely as any other.

    Raises:
        NobodyLeft: when there is none.
    """
    collection = account.collections[entity]
    count = collection.count()
    if not count:
        raise NobodyLeft(f"there is no {entity} left")
    return collection.seek(random_of(account).randrange(count))


def ids_from(collection: Collection, first: int) -> Iterator[int]:
    """Yield all ids from one on, ascending, and then those before it."""
    return chain(collection.ids(first), takewhile(lambda number: number < first, collection.ids()))
