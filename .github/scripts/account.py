"""What a deploy asks Fivetran itself: whether it can begin, and whether it has arrived.

Follows https://fivetran.com/docs/rest-api/api-reference: groups, connections, and "Run Connection Setup Tests".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

FIVETRAN = "https://api.fivetran.com"
PAGE = 500
CONNECT_SECONDS = 10
REPLY_SECONDS = 60
TEST_SECONDS = 600  # Fivetran starts the package for it
AGAIN = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False)
FAILED = frozenset({"FAILED", "JOB_FAILED"})


class Trouble(Exception):
    """Fivetran did not give what a deploy needs; the message says what to do."""


class Connection(NamedTuple):
    """A connection as far as a deploy is concerned; `package` is the id of the code that it runs, '' if it has none."""

    id: str
    service: str
    package: str
    networking: str


class SetupTest(NamedTuple):
    """How a setup test went: PASSED, SKIPPED, WARNING, FAILED or JOB_FAILED."""

    title: str
    status: str


def base_url(home: Path) -> str:
    """Where Fivetran's API is: the address that the CLI takes from its own file, which may name a stand-in, else the real one."""
    path = home / ".fivetran" / "connector_sdk" / "_config.json"
    if not path.exists():
        return FIVETRAN
    url = json.loads(path.read_text(encoding="utf-8")).get("production_base_url")
    return str(url) if url else FIVETRAN


class Account:
    """A Fivetran account, by its API key."""

    def __init__(self, api_key: str, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Basic {api_key}", "Accept": "application/json;version=2"})
        self._session.trust_env = False  # a .netrc would take the key's place
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=AGAIN))

    def group(self, destination: str) -> str:
        """The id of the group that a destination of this name stands for.

        Raises:
            Trouble: if there is none, or Fivetran cannot be asked.
        """
        for group in self._groups():
            if group.get("name") == destination:
                return str(group["id"])
        raise Trouble("Fivetran has no destination of the name in FIVETRAN_DESTINATION: correct that secret. Upper and lower case differ.")

    def _groups(self) -> Iterator[Mapping[str, Any]]:
        query: dict[str, Any] = {"limit": PAGE}
        while True:
            page = self._ask("GET", "/v1/groups", query)
            yield from page.get("items") or ()
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def connection(self, group: str, name: str) -> Connection | None:
        """The connection of this name in a group, None if there is none.

        Raises:
            Trouble: if Fivetran cannot be asked.
        """
        found = self._ask("GET", f"/v1/groups/{group}/connectors", {"schema": name}).get("items") or ()
        return self._details(str(found[0]["id"])) if found else None

    def _details(self, connection: str) -> Connection:
        details = self._ask("GET", f"/v1/connections/{connection}")
        package = (details.get("config") or {}).get("package_id") or ""
        return Connection(connection, str(details.get("service")), str(package), str(details.get("networking_method")))

    def run_setup_tests(self, connection: str) -> list[SetupTest]:
        """Runs the setup tests of a connection, with the code and the configuration that it has now.

        Raises:
            Trouble: if Fivetran cannot be asked, or one of them fails.
        """
        reply = self._ask("POST", f"/v1/connections/{connection}/test", seconds=TEST_SECONDS)
        tests = [SetupTest(str(test.get("title")), str(test.get("status"))) for test in reply.get("setup_tests") or ()]
        failed = [test.title for test in tests if test.status in FAILED]
        if failed or not tests:
            what = f"fail: {', '.join(failed)}" if failed else "were not run"
            raise Trouble(f"The setup tests of the connection {what}. The connection's page in Fivetran's dashboard says why.")
        return tests

    def _ask(self, method: str, path: str, query: Mapping[str, Any] | None = None, seconds: int = REPLY_SECONDS) -> Mapping[str, Any]:
        try:
            reply = self._session.request(method, self._url + path, params=query, timeout=(CONNECT_SECONDS, seconds))
        except requests.RequestException as error:  # its text has the address, and may have more
            raise Trouble(f"Fivetran does not answer ({type(error).__name__}). Run this job again.") from None
        if reply.status_code in {requests.codes.unauthorized, requests.codes.forbidden}:
            raise Trouble(
                f"Fivetran refuses the key in FIVETRAN_API_KEY ({reply.status_code} for {method} {path}). It must be a base64-encoded API "
                "key that may manage connections in this destination."
            )
        if not reply.ok:
            raise Trouble(f"Fivetran answers with an error ({reply.status_code} for {method} {path}). Run this job again later.")
        return _data(reply)


def _data(reply: requests.Response) -> Mapping[str, Any]:
    try:
        data = reply.json().get("data")
    except (ValueError, AttributeError):
        data = None
    if not isinstance(data, dict):
        raise Trouble("Fivetran's answer cannot be read. Run this job again later.")
    return data
