"""Changes to a stand-in between, or within, two syncs: kinds by name, what each cannot do without, and some of all at once.

A kind is called as `do(account, **options)`, with the account's lock held and its `changes` counted up, and returns what it changed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

Changed = dict[str, Any]
Change = Callable[..., Changed]
# The kind of a change, how often, and its options.
Planned = tuple[str, int, Changed]
_GENERIC = ("edit", "insert", "delete")


class NobodyLeft(LookupError):
    """There is no record to which a change could be done, if it is free to choose one."""


class Kinds:
    """All that can be done to an account.

    Args:
        own: what does a change, by its kind.
        entities: for each entity what has an edit, an insert and a delete.
    """

    def __init__(self, own: Mapping[str, Change], entities: Mapping[str, Any]) -> None:
        """Add the generic kinds, and that of the switches, to those of the account itself."""
        self._entities = entities
        self.kinds: dict[str, Change] = {**own, **{name: self._generic(name) for name in _GENERIC}, "switch": _switch}

    def change(self, account: Any, kind: str, options: Changed) -> Changed:
        """Do one change and return what it was; raise ValueError for an unknown kind, LookupError for an absent record."""
        if kind not in self.kinds:
            raise ValueError(f"unknown change {kind!r}; there are {', '.join(sorted(self.kinds))}")
        named = {"number" if name == "id" else name: value for name, value in options.items()}
        try:
            inspect.signature(self.kinds[kind]).bind(account, **named)
        except TypeError as problem:
            raise ValueError(f"{kind}: {problem}") from None
        with account.lock:
            account.changes += 1
            found = self.kinds[kind](account, **named)
        return {"kind": kind} | found

    def bundle(self, account: Any, plans: Iterable[Planned]) -> list[Changed]:
        """Do all that is planned; a tiny source may have nothing for some of it."""
        done: list[Changed] = []
        for kind, times, options in plans:
            for _ in range(times):
                with suppress(NobodyLeft):
                    done.append(self.change(account, kind, dict(options)))
        return done

    def names(self) -> list[str]:
        """Return all kinds of change, each with the options that it cannot do without."""
        found: list[str] = []
        for kind, do in self.kinds.items():
            _, *options = inspect.signature(do).parameters.values()
            needed = [each.name for each in options if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
            found.append(f"{kind} (with {', '.join(needed)})" if needed else kind)
        return found

    def _generic(self, name: str) -> Change:
        def change(account: Any, entity: str, **options: Any) -> Changed:
            if entity not in self._entities:
                raise ValueError(f"unknown entity {entity!r}; there are {', '.join(sorted(self._entities))}")
            do: Change = getattr(self._entities[entity], name)
            return do(account, **options)

        return change


def _switch(account: Any, name: str, value: Any) -> Changed:
    """Let the account behave otherwise, by one of its switches."""
    if not hasattr(account.switches, name):
        raise ValueError(f"unknown switch {name!r}; there are {', '.join(vars(account.switches))}")
    setattr(account.switches, name, value)
    return {"name": name, "value": value}
