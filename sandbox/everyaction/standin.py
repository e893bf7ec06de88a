"""The EveryAction stand-in as the generic server sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.arithmetic import Record
from sandbox.everyaction import access, activity, api, catalog, changes, exports, faults, fewest, persons, truth
from sandbox.everyaction.account import Account
from sandbox.everyaction.rows import PERSON
from sandbox.everyaction.world import World, make_world
from sandbox.messages import ListPage, Reply, Request
from sandbox.truth import TruthTable

DEFAULT_ROWS, DEFAULT_RATE_LIMIT = 3000, 200


class EveryAction(Account):
    """An account that answers requests, can be changed, and knows the truth about itself."""

    token = access.API_KEY

    def __init__(self, world: World, clock: Callable[[], float], rate_limit: int) -> None:
        """Fill an account; nothing is computed before it is asked for. The limit is in calls a second."""
        super().__init__(world, clock)
        self.throttle = access.Throttle(rate_limit, clock)
        self.collections |= dict(persons.collections(world)) | dict(activity.collections(world))
        self.collections |= catalog.collections(world, world.started)

    @property
    def size(self) -> str:
        """Return how much there is."""
        people, gifts = (self.collection(entity).count() for entity in (PERSON, "Contribution"))
        return f"{people:,} people, {gifts:,} contributions, {self.collection('Event').count():,} events, and the rest in proportion"

    @property
    def change_kinds(self) -> list[str]:
        """Return the kinds of change, each with the options that it cannot do without."""
        return changes.KINDS.names()

    @property
    def examples(self) -> list[dict[str, Any]]:
        """Return some changes of one record."""
        return [{"kind": "edit", "entity": PERSON}, {"kind": "edit", "entity": "Contribution"}, {"kind": "merge"}]

    @property
    def optional_tables(self) -> list[str]:
        """Return the tables that a sync leaves out unless its settings name them; those of their parts come with them."""
        return sorted(truth.OPTIONAL)

    def configuration(self, url: str) -> dict[str, str]:
        """Return the connector's configuration."""
        self.url = url
        return {"username": access.USERNAME, "password": f"{self.token}|{access.MODE}", "base_url": f"{url}/v4"}

    def admit(self, request: Request) -> tuple[dict[str, str], Reply | None]:
        """Check the key, then the throttle; files are of another host, which knows neither."""
        if api.file_of(request):
            return {}, None
        throttled = self.throttle.enter()
        return {}, access.refusal(request) or throttled

    def leave(self) -> None:
        """Hear that a request is over, which matters to nobody here."""

    def respond(self, request: Request) -> Reply:
        """Answer an admitted request."""
        file = api.file_of(request)
        return exports.download(self, request, *file) if file else api.route(self, request)

    def change(self, kind: str, **options: Any) -> dict[str, Any]:
        """Change the data; see `sandbox.everyaction.changes` for the kinds. Return what was changed."""
        exports.work(self)
        return changes.change(self, kind, options)

    def change_bundle(self, share: float = 0.01) -> list[dict[str, Any]]:
        """Change about this share of the data, in all ways there are."""
        exports.work(self)
        return changes.change_bundle(self, share)

    @property
    def places(self) -> Mapping[str, str]:
        """Return the paths of a role, as a regular expression."""
        return faults.PLACES

    def list_page(self, request: Request) -> ListPage | None:
        """Return what page of which list is asked for."""
        return faults.list_page(self, request)

    def disturb(self, request: Request, change: str) -> bool:
        """Change the list that is asked for, before it is answered."""
        return faults.disturb(self, request, change)

    def misread(self, request: Request, how: str) -> bool:
        """Rewrite the window of an export."""
        return faults.misread(request, how)

    def narrow(self, record: Record) -> Record:
        """Return few of a record's keys."""
        return faults.narrow(record)

    def set_value(self, entity: str, number: int | str, path: str, value: Any) -> dict[str, Any]:
        """Set one value of a record, such as `emails.0.type`, or `AnnualIncome` of an export, leaving its modified time alone."""
        return changes.set_value(self, entity, number, path, value)

    def fewest_requests(self, *, changed: bool = False, page: int | None = None) -> dict[str, int]:
        """Return, by what is asked for, the fewest requests that a perfect sync needs; `sandbox.everyaction.fewest` says why."""
        return fewest.fewest_requests(self, changed=changed, page=page)

    def truth(self, *, include_archived: bool = True, optional: Iterable[str] = ()) -> Mapping[str, TruthTable]:
        """Return, by warehouse table, the rows that a perfect sync would give; what is archived is always there."""
        del include_archived
        return truth.truth_tables(self, frozenset(optional))

    def truth_types(self) -> dict[str, dict[str, str]]:
        """Return, by warehouse table, each column's kind."""
        return {name: table.columns for name, table in self.truth(optional=truth.OPTIONAL).items()}


def make(*, rows: int | None, seed: int, clock: Callable[[], float], rate_limit: int | None) -> EveryAction:
    """Make the stand-in; None means its default size and the vendor's own limit."""
    limit = DEFAULT_RATE_LIMIT if rate_limit is None else rate_limit
    return EveryAction(make_world(DEFAULT_ROWS if rows is None else rows, seed, int(clock())), clock, limit)
