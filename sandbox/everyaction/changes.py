"""Changes to an account between, or within, two syncs; what each module of changes can do, in one place."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Any

from sandbox.everyaction import changes_collections, changes_people
from sandbox.everyaction.account import Account
from sandbox.everyaction.changing import Change, Changed, Generic, NobodyLeft

ENTITIES: dict[str, Generic] = changes_people.ENTITIES | changes_collections.ENTITIES
_GENERIC = ("edit", "insert", "delete")


def _generic(name: str) -> Change:
    def change(account: Account, entity: str, **options: Any) -> Changed:
        if entity not in ENTITIES:
            raise ValueError(f"unknown entity {entity!r}; there are {', '.join(sorted(ENTITIES))}")
        do: Change = getattr(ENTITIES[entity], name)
        return do(account, **options)

    return change


def _switch(account: Account, name: str, value: Any) -> Changed:
    """Let the account behave otherwise; `sandbox.everyaction.account.Switches` has the names."""
    if not hasattr(account.switches, name):
        raise ValueError(f"unknown switch {name!r}; there are {', '.join(vars(account.switches))}")
    setattr(account.switches, name, value)
    return {"name": name, "value": value}


KINDS: dict[str, Change] = {
    **changes_people.KINDS,
    **changes_collections.KINDS,
    **{name: _generic(name) for name in _GENERIC},
    "switch": _switch,
}


def change(account: Account, kind: str, options: Changed) -> Changed:
    """Do one change and return what it was; raise ValueError for an unknown kind, LookupError for an absent record."""
    if kind not in KINDS:
        raise ValueError(f"unknown change {kind!r}; there are {', '.join(sorted(KINDS))}")
    with account.lock:
        account.changes += 1
        found = KINDS[kind](account, **{"number" if name == "id" else name: value for name, value in options.items()})
    return {"kind": kind} | found


def change_bundle(account: Account, share: float) -> list[Changed]:
    """Change about this share of all there is, in all ways there are; a tiny source may have nothing for some of them."""
    done: list[Changed] = []
    for kind, times, options in (*changes_people.bundle(account, share), *changes_collections.bundle(account, share)):
        for _ in range(times):
            with suppress(NobodyLeft):
                done.append(change(account, kind, dict(options)))
    return done


def change_kinds() -> list[str]:
    """Return all kinds of change, each with the options that it cannot do without."""
    found: list[str] = []
    for kind, do in KINDS.items():
        _, *options = inspect.signature(do).parameters.values()
        needed = [each.name for each in options if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
        found.append(f"{kind} (with {', '.join(needed)})" if needed else kind)
    return found


def set_value(account: Account, entity: str, number: int | str, path: str, value: Any) -> Changed:
    """Set one value by its dotted path; nothing else of the record changes, its modified time neither."""
    with account.lock:
        if entity in changes_people.ENTITIES:
            return changes_people.set_value(account, entity, int(number), path, value)
        return changes_collections.set_value(account, entity, number, path, value)
