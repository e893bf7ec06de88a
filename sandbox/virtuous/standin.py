"""The Virtuous stand-in as the generic server sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.arithmetic import Record
from sandbox.messages import ListPage, Reply, Request
from sandbox.truth import TruthTable
from sandbox.virtuous import changes, faults, fewest, truth
from sandbox.virtuous.access import (
    COMMON_HEADERS,
    Quota,
    Tokens,
    token_reply,
    unauthenticated,
)
from sandbox.virtuous.api import route
from sandbox.virtuous.organization import Organization

DEFAULT_ROWS, DEFAULT_RATE_LIMIT = 3000, 5000


class Virtuous(Organization):
    """An organization that answers requests, can be changed, and knows the truth about itself."""

    def __init__(self, rows: int, seed: int, clock: Callable[[], float], rate_limit: int) -> None:
        """Make an organization with this many contacts and an hourly quota."""
        super().__init__(rows, seed, clock)
        self.quota = Quota(rate_limit, clock)
        self.tokens = Tokens(self.token, clock)

    @property
    def examples(self) -> list[dict[str, Any]]:
        """Return some changes of one record."""
        return [{"kind": "edit_gift"}, {"kind": "edit", "entity": "Project"}]

    @property
    def size(self) -> str:
        """Return how much there is."""
        contacts, gifts = (self.collections[entity].count() for entity in ("Contact", "Gift"))
        return f"{contacts:,} contacts, {gifts:,} gifts, and the rest in proportion"

    @property
    def change_kinds(self) -> list[str]:
        """Return the kinds of change, each with the options that it cannot do without."""
        return changes.change_kinds()

    @property
    def optional_tables(self) -> list[str]:
        """Return the tables that a sync leaves out unless its settings name them."""
        return sorted(truth.OPTIONAL - self.truth().keys())

    def configuration(self, url: str) -> dict[str, str]:
        """Return the connector's configuration."""
        return {"bearer_token": self.token, "base_url": url}

    def admit(self, request: Request) -> tuple[dict[str, str], Reply | None]:
        """Check the token, then the quota; the rate headers come with every response."""
        refusal = None
        if request.path.lower() != "/token":
            authorized = self.tokens.accepts(request.headers.get("authorization"))
            refusal = self.quota.spend() if authorized else unauthenticated(plain_text=self.plain_text_401)
        return COMMON_HEADERS | self.quota.headers(), refusal

    def leave(self) -> None:
        """Hear that a request is over; how many there are at once does not matter here."""

    def respond(self, request: Request) -> Reply:
        """Answer an admitted request."""
        if request.path.lower() == "/token" and request.method == "POST":
            return token_reply(self.tokens, request, two_factor=self.two_factor)
        return route(self, request)

    def change(self, kind: str, **options: Any) -> dict[str, Any]:
        """Change the data; see `sandbox.virtuous.changes` for the kinds. Return what was changed."""
        return changes.change(self, kind, options)

    def change_bundle(self, share: float = 0.01) -> list[dict[str, Any]]:
        """Change about this share of the data, in all ways there are."""
        return changes.change_bundle(self, share)

    @property
    def places(self) -> Mapping[str, str]:
        """Return the paths of a role, as a regular expression."""
        return faults.PLACES

    def list_page(self, request: Request) -> ListPage | None:
        """Return what page of which list a query asks for."""
        return faults.list_page(self, request)

    def disturb(self, request: Request, change: str) -> bool:
        """Change the list that a query asks for, before it is answered."""
        return faults.disturb(self, request, change)

    def misread(self, request: Request, how: str) -> bool:
        """Rewrite the conditions of a query."""
        return faults.misread(request, how)

    def narrow(self, record: Record) -> Record:
        """Return few of a record's keys."""
        return faults.narrow(record)

    def set_value(self, entity: str, number: int, path: str, value: Any) -> dict[str, Any]:
        """Set one value of a record, such as `giftDesignations.0.amountDesignated`, leaving its modified time alone."""
        return changes.set_value(self, entity, number, path, value)

    def fewest_requests(self, *, changed: bool = False, page: int | None = None) -> dict[str, int]:
        """Return, by what is asked for, the fewest requests that a perfect sync needs; `sandbox.virtuous.fewest` says why."""
        return fewest.fewest_requests(self, changed=changed, page=page)

    def truth(self, *, include_archived: bool = True, optional: Iterable[str] = ()) -> Mapping[str, TruthTable]:
        """Return, by warehouse table, the rows that a perfect sync would give."""
        return truth.truth_tables(self, include_archived=include_archived, optional=frozenset(optional))

    def truth_types(self) -> dict[str, dict[str, str]]:
        """Return, by warehouse table, each column's kind."""
        return {name: table.columns for name, table in self.truth(optional=truth.OPTIONAL).items()}


def make(*, rows: int | None, seed: int, clock: Callable[[], float], rate_limit: int | None) -> Virtuous:
    """Make the stand-in; None means its default size and the vendor's own limit."""
    limit = DEFAULT_RATE_LIMIT if rate_limit is None else rate_limit
    return Virtuous(DEFAULT_ROWS if rows is None else rows, seed, clock, limit)
