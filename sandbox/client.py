"""A sandbox in a process of its own, as a user starts it: started, asked through its control routes, and ended."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.fivetran import stop

START_SECONDS = 30.0
REPLY_SECONDS = 120.0  # the truth of a large source takes a while to write


class SandboxError(Exception):
    """The sandbox did not start, or refused a control route."""


@dataclass
class ServedTable:
    """The truth about one warehouse table, as the sandbox's control routes tell it."""

    key: list[str]
    columns: dict[str, str]
    values: list[dict[str, Any]]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows that a perfect sync would give."""
        yield from self.values

    def count(self) -> int:
        """Return the number of rows."""
        return len(self.values)


@dataclass(frozen=True)
class SandboxClient:
    """The control routes of a running sandbox, and what it says of itself when it starts.

    `configuration` points its connector at it; `size` says in words how much there is.
    """

    url: str
    configuration: dict[str, str]
    size: str = ""
    optional_tables: tuple[str, ...] = ()

    def get(self, path: str) -> Any:
        """The JSON that a control route answers."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Posts JSON to a control route and returns what it answers."""
        return self._ask("POST", path, body)

    def delete(self, path: str) -> Any:
        """Resets what a control route shows."""
        return self._ask("DELETE", path, None)

    def truth(self) -> dict[str, ServedTable]:
        """The tables that a perfect sync would give, the optional ones left out."""
        return {
            name: ServedTable(table["key"], table["columns"], self.get(f"/sandbox/truth/{name}"))
            for name, table in self.get("/sandbox/truth?counts=false")["tables"].items()
        }

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        # http.client heeds no proxy settings: this talks to 127.0.0.1 only.
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=REPLY_SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            reply = connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException) as error:
            raise SandboxError(f"{method} {path}: no reply ({error})") from error
        finally:
            connection.close()
        if reply.status >= http.HTTPStatus.BAD_REQUEST:
            raise SandboxError(f"{method} {path}: {reply.status} {text[:500].decode(errors='replace').strip()}")
        return json.loads(text) if text else None


@contextmanager
def serving(connector: str, rows: int, log: Path, *options: str) -> Iterator[SandboxClient]:
    """Starts the sandbox of a connector on a free port, its output in `log`; ends it on leaving the block.

    `options` are further words of its command line.

    Raises:
        SandboxError: when it does not say within START_SECONDS where it listens.
    """
    command = [sys.executable, "-m", "sandbox", connector, "--port", "0", "--rows", str(rows), "--json", *options]
    folder = Path(__file__).resolve().parent.parent
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _announced(process, log)
    finally:
        stop(process)


def _announced(process: subprocess.Popen[bytes], log: Path) -> SandboxClient:
    """Waits for the line of JSON in which the sandbox says where it is."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_bytes().splitlines(keepends=True):
            if line.startswith(b"{") and line.endswith(b"\n"):
                said = json.loads(line)
                return SandboxClient(said["url"], said["configuration"], said["size"], tuple(said["optional_tables"]))
        time.sleep(0.05)
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
    raise SandboxError(f"the sandbox did not start:\n{tail}")
