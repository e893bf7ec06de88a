"""The OnGage stand-in as the generic server sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.arithmetic import Record
from sandbox.messages import ListPage, Reply, Request
from sandbox.ongage import access, catalog, changes, changes_collections, contacts, faults, fewest, lists, truth
from sandbox.ongage.account import Account
from sandbox.ongage.api import route
from sandbox.ongage.world import World, make_world
from sandbox.truth import TruthTable

DEFAULT_ROWS, DEFAULT_RATE_LIMIT = 3000, 300


class Ongage(Account):
    """An account that answers requests, can be changed, and knows the truth about itself."""

    token = access.LOGIN["x_password"]

    def __init__(self, world: World, clock: Callable[[], float], rate_limit: int) -> None:
        """Fill an account; nothing is computed before it is asked for. The limit is in calls a minute."""
        super().__init__(world, clock)
        self.throttle = access.Throttle(rate_limit, clock)
        self.collections |= lists.collections(world) | contacts.collections(world) | catalog.collections(world, self.now())

    @property
    def size(self) -> str:
        """Return how much there is."""
        people = sum(self.collection(contacts.ENTITY, each.id).count() for each in self.visible(sending=True))
        mailings = sum(each.count() for each in self.collections["Mailing"].values())
        return f"{len(self.world.lists)} lists, {people:,} contacts, {mailings:,} mailings, and the rest in proportion"

    @property
    def change_kinds(self) -> list[str]:
        """Return the kinds of change, each with the options that it cannot do without."""
        return changes.KINDS.names()

    @property
    def examples(self) -> list[dict[str, Any]]:
        """Return some changes of one record."""
        return [{"kind": "unsubscribe"}, {"kind": "edit", "entity": "Mailing"}]

    @property
    def optional_tables(self) -> list[str]:
        """Return the tables that a sync leaves out unless its settings name them."""
        return sorted(truth.OPTIONAL)

    def configuration(self, url: str) -> dict[str, str]:
        """Return the connector's configuration; it leaves out what may not be read, which would be warned of in each sync."""
        unreadable = (str(each.id) for each in self.world.lists if not each.readable)
        return {**access.LOGIN, "base_url": url, "exclude_list_ids": ", ".join(unreadable)}

    def admit(self, request: Request) -> tuple[dict[str, str], Reply | None]:
        """Check the login, then the throttle; no header tells of either."""
        throttled = self.throttle.enter()
        return {}, access.refusal(request) or throttled

    def leave(self) -> None:
        """Hear that a request is over."""
        self.throttle.leave()

    def respond(self, request: Request) -> Reply:
        """Answer an admitted request."""
        return route(self, request)

    def change(self, kind: str, **options: Any) -> dict[str, Any]:
        """Change the data; see `sandbox.ongage.changes` for the kinds. Return what was changed."""
        return changes.change(self, kind, options)

    def change_bundle(self, share: float = 0.01) -> list[dict[str, Any]]:
        """Change about this share of the data, in all ways there are."""
        return changes.change_bundle(self, share)

    @property
    def places(self) -> Mapping[str, str]:
        """Return the paths of a role, as a regular expression."""
        return faults.PLACES

    def list_page(self, request: Request) -> ListPage | None:
        """Return what page of which collection is asked for."""
        return faults.list_page(self, request)

    def disturb(self, request: Request, change: str) -> bool:
        """Change the collection that is asked for, before it is answered."""
        return faults.disturb(self, request, change)

    def misread(self, request: Request, how: str) -> bool:
        """Rewrite the criteria of a search."""
        return faults.misread(request, how)

    def narrow(self, record: Record) -> Record:
        """Return few of a record's keys."""
        return changes_collections.narrow(record)

    def set_value(self, entity: str, number: int | str, path: str, value: Any) -> dict[str, Any]:
        """Set one value of a record, such as `segments.0.name`, leaving its modified time alone."""
        return changes.set_value(self, entity, number, path, value)

    def fewest_requests(self, *, changed: bool = False, page: int | None = None) -> dict[str, int]:
        """Return, by what is asked for, the fewest requests that a perfect sync needs; `sandbox.ongage.fewest` says why."""
        return fewest.fewest_requests(self, changed=changed, page=page)

    def truth(self, *, include_archived: bool = True, optional: Iterable[str] = ()) -> Mapping[str, TruthTable]:
        """Return, by warehouse table, the rows that a perfect sync would give; lists that are archived are always there."""
        del include_archived
        return truth.truth_tables(self, frozenset(optional))

    def truth_types(self) -> dict[str, dict[str, str]]:
        """Return, by warehouse table, each column's kind."""
        return {name: table.columns for name, table in self.truth(optional=truth.OPTIONAL).items()}


def make(*, rows: int | None, seed: int, clock: Callable[[], float], rate_limit: int | None) -> Ongage:
    """Make the stand-in; None means its default size and the vendor's own limit."""
    limit = DEFAULT_RATE_LIMIT if rate_limit is None else rate_limit
    return Ongage(make_world(DEFAULT_ROWS if rows is None else rows, seed), clock, limit)
