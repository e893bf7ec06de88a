"""A stand-in for the part of Fivetran's REST API that a deploy uses: `python -m sandbox.deploys [--port N]`.

The real `fivetran deploy` deploys to it when a settings file in its home folder names the address; see `point_cli_at`.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar

from sandbox.deploy_routes import (
    Account,
    Connection,
    Group,
    Package,
    Refused,
    SetupTest,
    SetupTests,
    Upload,
    answer,
    error_reply,
    multipart,
    sizes,
)
from sandbox.messages import Reply, Request
from sandbox.options import Parser
from sandbox.server import Box, Control, serving, until_told

__all__ = ["Account", "Connection", "DeployApi", "Group", "Package", "Received", "SetupTest", "SetupTests", "Upload", "deploying"]

# Obviously a fake: what Fivetran wants is the base64 of a key and its secret.
DEFAULT_KEY = base64.b64encode(b"not-a-real-key:not-a-real-secret").decode()
DEFAULT_GROUP = "sandbox_warehouse"
DEFAULT_PORT = 8770
SDK_FOLDER = Path(".fivetran", "connector_sdk")


@dataclass(frozen=True)
class Received:
    """A request as it came: `body` is parsed JSON, the parts of a multipart body by name, the bytes of any other, or None.

    Of its headers only this is kept: whether its API key was an accepted one.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    key_accepted: bool


@dataclass
class DeployApi(Account):
    """An account that answers, and keeps what it was sent. `keys` are the accepted API keys, in base64."""

    keys: set[str] = field(default_factory=lambda: {DEFAULT_KEY}, repr=False)
    received: list[Received] = field(default_factory=list)
    # one at a time: a name that is free must still be so when the connection is made
    _lock: RLock = field(default_factory=RLock, repr=False)

    places: ClassVar[Mapping[str, str]] = {"api": "^/v1/", "queries": "^/v1/groups", "pages": "^/v1/groups"}

    @property
    def token(self) -> str:
        """Return an API key that is accepted; "" when there is none."""
        return min(self.keys, default="")

    @property
    def controls(self) -> dict[tuple[str, str], Control]:
        """Return the control routes that only this source has: the record, and forgetting it."""
        return {("GET", "record"): self._show_record, ("DELETE", "record"): self._forget}

    def configuration(self, url: str) -> dict[str, str]:
        """Return the CLI's own settings that point it at this address."""
        return {"production_base_url": url}

    def admit(self, request: Request) -> tuple[dict[str, str], Reply | None]:
        """Note a request, whatever becomes of it, and refuse it unless its key is an accepted one."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        accepted = scheme == "Basic" and key in self.keys
        with self._lock:
            self.received.append(Received(request.method, request.path, dict(request.query), _body(request), accepted))
        return {}, None if accepted else error_reply(Refused(401, "AuthFailed", "Invalid authorization credentials"))

    def respond(self, request: Request) -> Reply:
        """Answer an admitted request."""
        with self._lock:
            return answer(self, request)

    def leave(self) -> None:
        """Hear that a request is over; nothing depends on it."""

    def record(self, *, values_removed: bool = True) -> list[dict[str, Any]]:
        """Return what was sent, ready for JSON and for people: no key, and of a zip only the names and sizes of its files.

        With `values_removed` it says of each secret only how long it is.
        """
        with self._lock:
            received = list(self.received)
        return [
            {"method": each.method, "path": each.path, "query": each.query, "body": _told(each.body, values_removed=values_removed)}
            for each in received
        ]

    def list_page(self, request: Request) -> None:
        """Return None: the faults that change a list while it is read have nothing to do here."""
        del request

    def disturb(self, request: Request, change: str) -> bool:
        """Change nothing."""
        del request, change
        return False

    def misread(self, request: Request, how: str) -> bool:
        """Misread nothing."""
        del request, how
        return False

    def narrow(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the record as it is."""
        return record

    def _show_record(self, _: Box, __: Request, ___: list[str]) -> Reply:
        return Reply(payload=self.record())

    def _forget(self, _: Box, __: Request, ___: list[str]) -> Reply:
        with self._lock:
            self.received.clear()
        return Reply(payload={"ok": True})


def _body(request: Request) -> Any:
    if not request.raw:
        return None
    try:
        return json.loads(request.raw)
    except ValueError:
        return multipart(request) or request.raw


def _told(body: Any, *, values_removed: bool) -> Any:
    """Return a body, or a part of one, for people."""
    if isinstance(body, Upload):
        return {"filename": body.filename, "files": sizes(body.content) or f"<{len(body.content)} bytes>"}
    if isinstance(body, bytes):
        return f"<{len(body)} bytes>"
    if isinstance(body, dict):
        return {
            name: _hidden(value) if name == "secrets_list" and values_removed else _told(value, values_removed=values_removed)
            for name, value in body.items()
        }
    return [_told(each, values_removed=values_removed) for each in body] if isinstance(body, list) else body


def _hidden(value: Any) -> Any:
    """Return the shape of a list of secrets: every text in it but the keys' names becomes its length."""
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    if isinstance(value, dict):
        return {name: each if name == "key" and isinstance(each, str) else _hidden(each) for name, each in value.items()}
    return None if value is None else f"<value of {len(str(value))} characters>"


@contextmanager
def deploying(
    api: DeployApi | None = None, *, clock: Callable[[], float] | None = None, faults: str | None = None, port: int = 0
) -> Iterator[tuple[DeployApi, Box]]:
    """Serve the API on 127.0.0.1 while the block lasts; by default it has one destination, `sandbox_warehouse`, and no connection.

    Raises:
        PortRefused: as for `sandbox.server.serving`.
    """
    if api is None:
        api = DeployApi()
        api.add_group(DEFAULT_GROUP)
    with serving(api, clock=clock, faults=faults, port=port) as box:
        yield api, box


def point_cli_at(url: str, home: Path) -> Path:
    """Write the files to a scratch home folder that make the real CLI deploy to this address; return the folder.

    The CLI needs HOME set to it, and CI=true unless it is to ask for all connections there are and write down their settings.
    """
    folder = home / SDK_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_config.json").write_text(json.dumps({"production_base_url": url}), encoding="utf-8")
    # as if it had just looked for a newer release of itself, which would take it to the package index
    (folder / "_last_version_check").write_text(str(int(time.time())), encoding="utf-8")
    return home


def for_people(url: str, key: str, group: str) -> str:
    """Return how to deploy to the stand-in, in lines to copy."""
    settings = json.dumps({"production_base_url": url})
    return f"""\
The deploy stand-in serves {url}. It has one destination, {group}, and no connection.
To deploy a connector to it, copy these lines; the home folder is a scratch one, so that yours stays as it is:

  export HOME="$(mktemp -d)" CI=true DO_NOT_TRACK=1
  mkdir -p "$HOME/{SDK_FOLDER}"
  echo '{settings}' > "$HOME/{SDK_FOLDER}/_config.json"
  date +%s > "$HOME/{SDK_FOLDER}/_last_version_check"
  export FIVETRAN_API_KEY='{key}' FIVETRAN_DESTINATION_NAME='{group}'
  export FIVETRAN_CONNECTION_NAME=my_connection FIVETRAN_PYTHON_VERSION=3.14
  fivetran deploy FOLDER --configuration configuration.json --yes

configuration.json is the one in FOLDER. The stand-in takes any configuration, and says that all setup tests pass. `make rehearsal`
deploys as the workflow does, and runs the setup tests.

See what was sent, without the values of the configuration, and forget it:
  curl {url}/sandbox/record
  curl -X DELETE {url}/sandbox/record
Let things go wrong, and let all be right again:
  curl -X POST {url}/sandbox/faults -d '{{"kind": "status", "path": "/v1/groups", "status": 500}}'
  curl -X DELETE {url}/sandbox/faults

All is forgotten when it stops. Stop it with Ctrl-C."""


def main(words: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    parser = Parser(prog="python -m sandbox.deploys", description="Serve a stand-in for Fivetran's deploy API, on 127.0.0.1.")
    parser.add_argument("--port", default=str(DEFAULT_PORT), help="default: %(default)s; 0 is any free one")
    port = parser.whole("PORT", parser.parse_args(words).port, DEFAULT_PORT + 1, least=0, most=65_535)

    def greet(served: tuple[DeployApi, Box]) -> None:
        print(for_people(served[1].url, DEFAULT_KEY, DEFAULT_GROUP), flush=True)

    return until_told(deploying(port=port), greet, "--port ", DEFAULT_PORT + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
