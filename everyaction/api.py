"""The EveryAction HTTP API (v4): one method per endpoint, raw JSON or raw CSV rows out, a typed failure for every bad reply.

It never asks twice, keeps no state and logs nothing. Vendor reference: docs.everyaction.com/reference.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from common.budget import Budget
from common.clock import Clock
from common.csvs import Export
from common.failures import Unavailable
from common.requests import Exchange, Manner

BASE_URL = "https://api.securevan.com/v4"
PORTS = {"https": 443, "http": 80}
TRY_AGAIN = re.compile(r"Try again in (\d{1,9}) ?ms", re.IGNORECASE)
LIST_KEYS = ("items", "districts")  # under which a reply has its rows, where it is no bare array (4)
JOBS = "/changedEntityExportJobs"
DELIMITERS = ",\t"  # one client has seen tabs (7.5)

Record = dict[str, Any]
Params = Mapping[str, str | int]


class Ask(Protocol):
    """Sends one request and returns the parsed reply."""

    def __call__(self, method: str, path: str, params: Params | None = None, body: object = None) -> Any:
        """Raises `common.failures.SourceFailure`."""


Download = Callable[[str, str], AbstractContextManager[Iterator[bytes]]]


class Listed(NamedTuple):
    """One page: its records, how many there are in all if it says so, and the address of the next page, relative to the base address.

    `link` is None as well if the source gives one that leads elsewhere: no credential goes there.
    """

    records: list[Any]
    total: int | None
    link: str | None


def get_headers(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The headers of every request: HTTP Basic, the application's name with the key and its mode (D:authentication)."""
    login = f"{configuration['username']}:{configuration['password']}"
    return {"Accept": "application/json", "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


def exchange(configuration: Mapping[str, Any], budget: Budget, clock: Clock, connections: int) -> Exchange:
    """The session with EveryAction that `configuration` (the login and `base_url`) tells of."""
    return Exchange(
        configuration["base_url"],
        get_headers(configuration),
        budget,
        clock,
        connections,
        Manner(wait_in_body, [configuration["password"], configuration["password"].partition("|")[0]], json_only=True),
    )


def downloads(budget: Budget, clock: Clock) -> Exchange:
    """A session without credentials, for files of exports: their addresses are signed, and their host refuses others' credentials (7.4)."""
    return Exchange("", {}, budget, clock, 1, Manner(signed=True))


def wait_in_body(body: object) -> float | None:
    """The seconds to wait that stand in the text of a 429: "Try again in N ms." (3)."""
    errors = body.get("errors") if isinstance(body, dict) else None
    texts = [str(one.get("text")) for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    found = [TRY_AGAIN.search(text) for text in texts]
    return max((int(match[1]) / 1000 for match in found if match), default=None)


class EveryActionApi:
    """One context's data (an instance, a committee and a database mode), as far as the key may read it.

    Args:
        ask: sends one request (method, path, query parameters, body) and returns the parsed reply: `Exchange.json`, or that with retries.
        download: sends one request (method, address) without credentials and gives the body in pieces: `Exchange.chunks`.
        base_url: to tell whether a link leads to this API.

    Every method raises `common.failures.SourceFailure`, one class per recovery.
    """

    def __init__(self, ask: Ask, download: Download, base_url: str) -> None:
        self._ask, self._download, self._base = ask, download, base_url

    def page(self, path: str, params: Params) -> Listed:
        """A page of a list, such as "/codes"."""
        return self._listed(self._ask("GET", path, params), path)

    def next_page(self, link: str) -> Listed:
        """The page that a link of the page before leads to, which is followed as it is: its parameters are complete (4)."""
        return self._listed(self._ask("GET", link), link.partition("?")[0])

    def record(self, path: str, params: Params) -> Record:
        """One record, such as "/people/17"."""
        reply = self._ask("GET", path, params)
        if not isinstance(reply, dict):
            raise Unavailable(f"{path}: the reply has no object", path)
        return reply

    # --- Changed entity exports (7.1) ---

    def resources(self) -> list[str]:
        """The types of changed entities that this key may export."""
        return [name for name in self.page(f"{JOBS}/resources", {}).records if isinstance(name, str)]

    def fields(self, resource: str) -> list[Record]:
        """The fields of a type."""
        return self.page(f"{JOBS}/fields/{resource}", {}).records

    def change_types(self, resource: str) -> list[Record]:
        """The kinds of change of a type."""
        return self.page(f"{JOBS}/changeTypes/{resource}", {}).records

    def begin_export(self, body: Record) -> Record:
        """Begins an export, which then is worked at for seconds or minutes; the job."""
        return _job(self._ask("POST", JOBS, None, body), JOBS)

    def export_job(self, number: int) -> Record:
        """How far an export is: the job."""
        return _job(self._ask("GET", path := f"{JOBS}/{number}"), path)

    @contextmanager
    def export_file(self, address: str) -> Iterator[Export]:
        """The rows of one of an export's files, as they come; no credential is sent to where it is.

        Raises:
            Unavailable: also for an address that is none or would be asked for in the clear.
        """
        parts, base = _parts(address), urlsplit(self._base)
        in_the_clear = (base.scheme, base.hostname)  # only where the API itself is so
        if parts is None or (parts.scheme != "https" and (parts.scheme, parts.hostname) != in_the_clear):
            raise Unavailable("the file of an export has no https address")
        with self._download("GET", address) as pieces:
            yield Export(pieces, f"{parts.scheme}://{parts.netloc}{parts.path}", DELIMITERS)

    def _listed(self, reply: object, path: str) -> Listed:
        """A page out of an envelope, or a bare array."""
        if isinstance(reply, list):
            return Listed(reply, len(reply), None)
        found = next((reply[key] for key in LIST_KEYS if isinstance(reply.get(key), list)), None) if isinstance(reply, dict) else None
        if found is None or not isinstance(reply, dict):
            raise Unavailable(f"{path}: the reply has no list", path)
        total = reply.get("count")
        if total is not None and type(total) is not int:
            raise Unavailable(f"{path}: the reply's count is no number", path)
        return Listed(found, total, self._relative(reply.get("nextPageLink")))

    def _relative(self, link: object) -> str | None:
        """What a link has behind the base address; None if it leads to another host, or there is none."""
        if not isinstance(link, str):
            return None
        base, found = urlsplit(self._base), _parts(link)
        if found is None or (found.scheme, found.hostname, _port(found)) != (base.scheme, base.hostname, _port(base)):
            return None
        if found.username or not found.path.startswith(f"{base.path}/") or ".." in unquote(found.path).split("/"):
            return None
        return f"{found.path.removeprefix(base.path)}?{found.query}" if found.query else found.path.removeprefix(base.path)


def _parts(address: str) -> SplitResult | None:
    """The parts of an address; None of what is none."""
    try:
        parts = urlsplit(address)
        return parts if parts.port != 0 else None
    except ValueError:  # brackets or a port that cannot be
        return None


def _port(parts: SplitResult) -> int | None:
    return parts.port or PORTS.get(parts.scheme)


def _job(reply: object, path: str) -> Record:
    """A job, which has an id.

    Raises:
        Unavailable: if the reply is none.
    """
    number = reply.get("exportJobId") if isinstance(reply, dict) else None
    if not isinstance(reply, dict) or type(number) is not int:
        raise Unavailable(f"{path}: the reply has no exportJobId", path)
    return reply
