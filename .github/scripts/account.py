"""What a deploy asks Fivetran itself: whether it can begin, and whether it has arrived.

Follows https://fivetran.com/docs/rest-api/api-reference: groups, connections, packages, and "Run Connection Setup Tests".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util import Retry

FIVETRAN = "https://api.fivetran.com"
PAGE = 500
CONNECT_SECONDS = 10
REPLY_SECONDS = 60
TEST_SECONDS = 600  # Fivetran starts the package for it
AGAIN = Retry(
    total=3,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    raise_on_status=False,
    respect_retry_after_header=False,  # one of hours would outlast the job
)
# not the old run, which would deploy the commit of that time
AGAIN_NOW = "Then run the workflow for this connector: Actions > deploy > Run workflow."
AGAIN_LATER = "Run the workflow for this connector later: Actions > deploy > Run workflow."
IDENTIFIER = re.compile(r"[A-Za-z0-9_-]+")
DONE = frozenset({"PASSED", "WARNING"})
GOOD = DONE | {"SKIPPED"}


class Trouble(Exception):
    """Fivetran did not give what a deploy needs; the message says what to do."""


class Unreachable(Trouble):
    """Fivetran could not be asked, or its answer could not be read."""


class Connection(NamedTuple):
    """A connection as far as a deploy is concerned; `package` and `agent` are ids, '' for none.

    The package is the code that it runs, the agent what runs it in the customer's own network. `settings` are the names of those that
    it has a value for.
    """

    id: str
    service: str
    package: str
    networking: str
    agent: str
    settings: frozenset[str]


class SetupTest(NamedTuple):
    """How a setup test went, in Fivetran's words: PASSED, WARNING, SKIPPED, FAILED or JOB_FAILED."""

    title: str
    status: str
    message: str


class _Key(AuthBase):
    """The API key; as an object of this kind it is not replaced by what a .netrc has, and it does not follow a redirection."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Basic {self._api_key}"
        return request


def base_url(home: Path) -> str:
    """Where Fivetran's API is: the address that the CLI takes from its own file, which may name a stand-in, else the real one.

    Raises:
        Trouble: if there is such a file, and it cannot be read.
    """
    path = home / ".fivetran" / "connector_sdk" / "_config.json"
    if not path.exists():
        return FIVETRAN
    try:
        url = json.loads(path.read_text(encoding="utf-8")).get("production_base_url")
    except (ValueError, AttributeError):
        raise Trouble("The CLI's own settings in the home folder, .fivetran/connector_sdk/_config.json, cannot be read.") from None
    return str(url) if url else FIVETRAN


class Account:
    """A Fivetran account, by its API key. What all methods raise is Trouble, if Fivetran cannot be asked or answers something odd."""

    def __init__(self, api_key: str, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.auth = _Key(api_key)
        self._session.headers["Accept"] = "application/json;version=2"
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=AGAIN))

    def group(self, destination: str) -> str:
        """The id of the group that a destination of this name stands for; Trouble if there is none."""
        for group in self._groups():
            if group.get("name") == destination:
                return _identifier(group.get("id"))
        raise Trouble("Fivetran has no destination of the name in FIVETRAN_DESTINATION. It is the name, not the id, and case matters.")

    def _groups(self) -> Iterator[Mapping[str, Any]]:
        cursors: list[str] = []
        while True:
            page = self._ask("GET", "/v1/groups", {"limit": str(PAGE), **({"cursor": cursors[-1]} if cursors else {})})
            yield from _items(page)
            following = str(page.get("next_cursor") or "")
            if not following:
                return
            if following in cursors:
                raise _odd()
            cursors.append(following)

    def connection(self, group: str, name: str) -> Connection | None:
        """The connection of this name in a group, None if there is none."""
        found = _items(self._ask("GET", f"/v1/groups/{group}/connectors", {"schema": name}))
        if not found:
            return None
        if len(found) > 1 or found[0].get("schema") != name:  # the CLI would take the first one, whatever it is
            raise _odd()
        return self._details(_identifier(found[0].get("id")))

    def _details(self, connection: str) -> Connection:
        details = self._ask("GET", f"/v1/connections/{connection}")
        config = details.get("config") or {}
        secrets = (secret.get("key") for secret in config.get("secrets_list") or () if isinstance(secret, dict))
        return Connection(
            connection,
            str(details.get("service")),
            str(config.get("package_id") or ""),
            str(details.get("networking_method") or ""),
            str(details.get("hybrid_deployment_agent_id") or ""),
            frozenset(key for key in map(str, secrets) if IDENTIFIER.fullmatch(key)),
        )

    def has_package(self, package: str) -> bool:
        """Whether a package is there."""
        reply = self._request("GET", f"/v1/connector-sdk/packages/{package}", {}, REPLY_SECONDS)
        if reply.status_code == HTTPStatus.NOT_FOUND:
            return False
        _check(reply)
        return True

    def run_setup_tests(self, connection: str) -> list[SetupTest]:
        """Runs the setup tests of a connection, with the code and the configuration that it has now."""
        tests = _items(self._ask("POST", f"/v1/connections/{connection}/test", seconds=TEST_SECONDS), "setup_tests")
        return [SetupTest(*(str(test.get(name) or "") for name in ("title", "status", "message"))) for test in tests]

    def _ask(self, method: str, path: str, query: Mapping[str, str] | None = None, seconds: int = REPLY_SECONDS) -> Mapping[str, Any]:
        reply = self._request(method, path, query or {}, seconds)
        _check(reply)
        try:
            data = reply.json().get("data")
        except (ValueError, AttributeError):
            raise _odd() from None
        if not isinstance(data, dict):
            raise _odd()
        return data

    def _request(self, method: str, path: str, query: Mapping[str, str], seconds: int) -> requests.Response:
        # Fivetran's own examples send JSON, also where there is nothing to say
        body: dict[str, str] | None = {} if method == "POST" else None
        try:
            return self._session.request(method, self._url + path, params=query, json=body, timeout=(CONNECT_SECONDS, seconds))
        except requests.RequestException as error:  # its text has the address, and may have more
            raise Unreachable(f"Fivetran does not answer ({type(error).__name__}). {AGAIN_LATER}") from None


def _check(reply: requests.Response) -> None:
    """Raises Trouble if a request was refused or failed."""
    asked = f"{reply.request.method} {reply.request.path_url.partition('?')[0]}"
    if reply.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Unreachable(
            f"Fivetran refuses the key in FIVETRAN_API_KEY ({reply.status_code} for {asked}). It must be a base64-encoded API key that may "
            "manage connections in this destination."
        )
    if not reply.ok:
        raise Unreachable(f"Fivetran answers with an error ({reply.status_code} for {asked}). {AGAIN_LATER}")


def refusal_of(tests: list[SetupTest]) -> str:
    """What speaks against a connection with these outcomes, '' if nothing does."""
    bad = [f"{test.title} ({test.message or test.status})" for test in tests if test.status.upper() not in GOOD]
    if bad:
        return f"Setup tests fail: {'; '.join(bad)}. Correct the secret that this is about. {AGAIN_NOW}"
    return "" if any(test.status.upper() in DONE for test in tests) else "No setup test was run. Its page at Fivetran may say why."


def _items(page: Mapping[str, Any], name: str = "items") -> list[Mapping[str, Any]]:
    items = page.get(name) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _odd()
    return items


def _identifier(text: object) -> str:
    """An id of Fivetran's, which goes into addresses and onto pages."""
    if not isinstance(text, str) or not IDENTIFIER.fullmatch(text):
        raise _odd()
    return text


def _odd() -> Unreachable:
    return Unreachable(f"Fivetran's answer is not what it should be. {AGAIN_LATER}")
