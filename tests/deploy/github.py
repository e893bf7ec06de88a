"""A stand-in for GitHub's REST API, as far as it tells of deployments: https://docs.github.com/en/rest/deployments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "example/connectors"
TOKEN = "a-made-up-token"
DEPLOYMENTS = re.compile(rf"/repos/{REPOSITORY}/deployments")
STATUSES = re.compile(rf"/repos/{REPOSITORY}/deployments/(\d+)/statuses")
SHUTDOWN_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Reply:
    """What goes back over the wire; a status of None hangs up without a word, and `cut` after half of the body."""

    body: bytes
    status: int | None = 200
    cut: bool = False
    location: str = ""


@dataclass(frozen=True)
class Asked:
    """A request that was made."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


Twist = Callable[[Asked, Reply], Reply]


def honest(asked: Asked, reply: Reply) -> Reply:
    """The reply as it is."""
    return reply


@dataclass
class GitHub:
    """The deployments of one repository. `twist` sees each request and the true reply, and says what is sent instead."""

    url: str
    twist: Twist = honest
    asked: list[Asked] = field(default_factory=list)
    _deployments: list[dict[str, Any]] = field(default_factory=list)
    _states: dict[int, list[str]] = field(default_factory=dict)

    def deploy(self, environment: str, sha: str, *states: str) -> int:
        """Records a deployment and the states it went through, the oldest first; its id."""
        number = 1000 + len(self._deployments)
        self._deployments.append({"id": number, "sha": sha, "environment": environment, "task": "deploy", "ref": "main"})
        self._states[number] = list(states)
        return number

    def answer(self, asked: Asked) -> Reply:
        """What is sent back."""
        self.asked.append(asked)
        return self.twist(asked, self._truth(asked))

    def _truth(self, asked: Asked) -> Reply:
        if DEPLOYMENTS.fullmatch(asked.path):
            wanted = asked.query.get("environment")
            return _page([found for found in reversed(self._deployments) if wanted in {None, found["environment"]}], asked.query)
        match = STATUSES.fullmatch(asked.path)
        if match and int(match[1]) in self._states:
            return _page([{"id": 1, "state": state} for state in reversed(self._states[int(match[1])])], asked.query)
        return Reply(b'{"message": "Not Found", "status": "404"}', status=404)


@contextmanager
def serving() -> Iterator[GitHub]:
    """A GitHub that answers on this machine for as long as the context lasts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        github = GitHub(f"http://127.0.0.1:{server.server_port}")
        server.RequestHandlerClass = _handler(github)
        thread = Thread(target=server.serve_forever, args=(SHUTDOWN_POLL_SECONDS,))
        thread.start()
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()


def _page(items: list[dict[str, Any]], query: dict[str, str]) -> Reply:
    """GitHub's paging: 30 a page unless asked otherwise, 100 at most, and an empty list after the last."""
    size = min(int(query.get("per_page", "30")), 100)
    start = (int(query.get("page", "1")) - 1) * size
    return Reply(json.dumps(items[start : start + size]).encode())


def _handler(github: GitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            reply = github.answer(Asked(parts.path, query, {name.lower(): value for name, value in self.headers.items()}))
            if reply.status is not None:
                self._send(reply.status, reply)

        def _send(self, status: int, reply: Reply) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(reply.body)))
            if reply.location:
                self.send_header("Location", reply.location)
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
            """Says nothing."""

    return Handler
