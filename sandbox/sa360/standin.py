"""The Search Ads 360 stand-in as the generic server sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from sandbox.arithmetic import Record
from sandbox.messages import ListPage, Reply, Request
from sandbox.sa360 import access, api, changes, errors, faults, fewest, quota, tokens, truth
from sandbox.sa360.account import Account
from sandbox.sa360.envelope import request_id
from sandbox.sa360.pages import Listings
from sandbox.sa360.world import World, make_world
from sandbox.truth import TruthTable

DEFAULT_ROWS, DEFAULT_RATE_LIMIT = 3000, quota.PER_MINUTE


class Sa360(Account):
    """A tree of accounts that answers requests, can be changed, and knows the truth about itself.

    `token` is the refresh token that is accepted; with another one, all access tokens of the old one end.
    """

    token = tokens.REFRESH_TOKEN

    def __init__(self, world: World, clock: Callable[[], float], rate_limit: int) -> None:
        """Fill the accounts; nothing is computed before it is asked for. The limit is in operations a minute."""
        super().__init__(world, clock)
        self.quota = quota.Quota(rate_limit, clock)
        self.tokens = tokens.Tokens(clock, world.seed)
        self.listings = Listings()
        self._asked = count()

    @property
    def size(self) -> str:
        """Return how much there is."""
        clients = [each for each in self.customers.values() if each.enabled and not each.manager]
        assets, campaigns = (sum(each.count() for each in self.collections[name].values()) for name in ("Asset", "Campaign"))
        return f"{len(clients)} client accounts, {campaigns:,} campaigns, {assets:,} assets, and the rest in proportion"

    @property
    def change_kinds(self) -> list[str]:
        """Return the kinds of change, each with the options that it cannot do without."""
        return changes.KINDS.names()

    @property
    def examples(self) -> list[dict[str, Any]]:
        """Return some changes of one record."""
        return [{"kind": "edit", "entity": "Asset"}, {"kind": "remove", "entity": "Campaign"}, {"kind": "restate"}]

    @property
    def optional_tables(self) -> list[str]:
        """Return the tables that a sync leaves out unless its settings name them."""
        return sorted(truth.OPTIONAL)

    def configuration(self, url: str) -> dict[str, str]:
        """Return the connector's configuration: the sign-in by a refresh token, and the first day of the reports."""
        return {
            "login_customer_id": self.world.top.id,
            "client_id": tokens.CLIENT_ID,
            "client_secret": tokens.CLIENT_SECRET,
            "refresh_token": self.token,
            "base_url": url,
            "sign_in_url": url + tokens.PATH,
            "start_date": self.start_date.isoformat(),
        }

    def place_of(self, request: Request) -> str:
        """Return what faults and counts know a search by, since one path answers all of an account's."""
        return api.place_of(request)

    def admit(self, request: Request) -> tuple[dict[str, str], Reply | None]:
        """Check the access token, the account, then the quota, of which only an admitted operation takes a part."""
        number = request_id(self.seed, next(self._asked))
        headers = {"request-id": number}
        if request.path == tokens.PATH:
            return headers, None
        call = api.call_of(request)
        if call is None:
            return headers, errors.no_such_page()
        refused = self._refusal(request, call)
        return headers, None if refused is None else errors.reply(refused, number, streamed=call.kind == api.STREAM)

    def _refusal(self, request: Request, call: api.Call) -> errors.Refused | None:
        refused = access.unauthenticated(self.tokens, request, self.token)
        refused = refused or access.refusal(self, request, call.customer_id)
        if refused or api.continues(request, call, self.clock()):
            return refused
        return self.quota.take()

    def leave(self) -> None:
        """Hear that a request is over: nothing limits how many there are at once."""

    def respond(self, request: Request) -> Reply:
        """Answer an admitted request."""
        if request.path == tokens.PATH and request.method == "POST":
            return tokens.answer(self.tokens, request, self.token)
        return api.route(self, self.listings, request, request_id(self.seed, next(self._asked)))

    def change(self, kind: str, **options: Any) -> dict[str, Any]:
        """Change the data; see `sandbox.sa360.changes` for the kinds. Return what was changed."""
        return changes.change(self, kind, options)

    def change_bundle(self, share: float = 0.01) -> list[dict[str, Any]]:
        """Change about this share of the data, in all ways there are but the end of an account."""
        return changes.change_bundle(self, share)

    @property
    def places(self) -> Mapping[str, str]:
        """Return the paths of a role, as a regular expression."""
        return faults.PLACES

    def list_page(self, request: Request) -> ListPage | None:
        """Return what page of which list of records is asked for."""
        return faults.list_page(self, self.listings, request)

    def disturb(self, request: Request, change: str) -> bool:
        """Change the list that is asked for, before it is answered."""
        return faults.disturb(self, self.listings, request, change)

    def misread(self, request: Request, how: str) -> bool:
        """Rewrite the conditions of a query on days and ids."""
        return faults.misread(request, how)

    def narrow(self, record: Record) -> Record:
        """Return a row as it is: a field that is missing is one that is not set, so that nothing tells a row that was cut down."""
        return record

    def set_value(self, entity: str, number: str, path: str, value: Any) -> dict[str, Any]:
        """Set one value of a record, such as `ad.textAd.headline`, leaving its modified time alone; its id is its resource name."""
        return changes.set_value(self, entity, number, path, value)

    def fewest_requests(self, *, changed: bool = False, page: int | None = None) -> dict[str, int]:
        """Return, by what is asked for, the fewest requests that a perfect sync needs; `sandbox.sa360.fewest` says why."""
        return fewest.fewest_requests(self, changed=changed, page=page)

    def truth(self, *, include_archived: bool = True, optional: Iterable[str] = ()) -> Mapping[str, TruthTable]:
        """Return, by warehouse table, the rows that a perfect sync would give; what was removed is always there."""
        del include_archived
        return truth.truth_tables(self, frozenset(optional))

    def truth_types(self) -> dict[str, dict[str, str]]:
        """Return, by warehouse table, each column's kind."""
        return {name: table.columns for name, table in self.truth(optional=truth.OPTIONAL).items()}


def make(*, rows: int | None, seed: int, clock: Callable[[], float], rate_limit: int | None) -> Sa360:
    """Make the stand-in; None means its default size and the vendor's own limit."""
    limit = DEFAULT_RATE_LIMIT if rate_limit is None else rate_limit
    return Sa360(make_world(DEFAULT_ROWS if rows is None else rows, seed), clock, limit)
