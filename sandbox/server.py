"""A threading HTTP server around a stand-in: keep-alive, faults, counting, and the control routes under /sandbox/."""

from __future__ import annotations

import errno
import importlib
import json
import signal
import socket
import struct
import sys
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from threading import Event, Lock, Thread
from typing import Any, ClassVar, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.faults import ConnectionDropped, Faults
from sandbox.messages import Faulty, Reply, Request, StandIn
from sandbox.presets import PRESETS

# Name of a stand-in, and the module whose make() makes it.
STAND_INS = {name: f"sandbox.{name}.standin" for name in ("virtuous", "ongage", "everyaction", "sa360")}
REQUESTS_KEPT = 100_000
Served = TypeVar("Served")
_TOO_NEW: dict[int, str] = {520: "Web Server Returned an Unknown Error"}


class PortRefused(Exception):
    """The port that was asked for cannot be had; the message is for people."""


class Source(Faulty, Protocol):
    """What the server needs of anything that it serves; a StandIn has more, for the control routes.

    A source may bring control routes of its own, in a mapping `controls` that is like `_CONTROLS`. Where one path answers all
    questions it has a method `place_of(request)`, which makes of the path and the body what faults and counts know a request by.
    """

    @property
    def token(self) -> str:
        """Return a credential that is accepted."""

    def configuration(self, url: str) -> dict[str, str]:
        """Return what points its client at this address."""

    def admit(self, request: Request) -> tuple[dict[str, str], Reply | None]:
        """Return the headers for any reply, and the refusal if there is one."""

    def respond(self, request: Request) -> Reply:
        """Answer an admitted request."""

    def leave(self) -> None:
        """Hear that a request is over."""


def _no_place(_: Request) -> str:
    return ""


class Box:
    """A running sandbox."""

    def __init__(self, source: Source, clock: Callable[[], float], seed: int) -> None:
        """Wrap a source; the server sets `url`."""
        self._place_of: Callable[[Request], str] = getattr(source, "place_of", _no_place)
        # What a source can do beyond Source differs from one to the next.
        self.source: Any = source
        self._stand_in, self.clock, self.url = source, clock, ""
        self.closing = Event()
        self.faults = Faults(seed, self.closing, source)
        self._lock = Lock()
        self._requests: deque[Request] = deque(maxlen=REQUESTS_KEPT)
        self._by_path: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._rows = 0

    @property
    def token(self) -> str:
        """Return a bearer token that is accepted."""
        return self._stand_in.token

    @property
    def configuration(self) -> dict[str, str]:
        """Return the connector's configuration for this sandbox."""
        return self._stand_in.configuration(self.url)

    @property
    def requests(self) -> list[Request]:
        """Return what was asked since the last reset; the last 100,000 requests at most."""
        with self._lock:
            return list(self._requests)

    def reset_requests(self) -> None:
        """Forget what was asked."""
        with self._lock:
            self._requests.clear()
            self._by_path.clear()
            self._by_status.clear()
            self._rows = 0

    def request_counts(self) -> dict[str, Any]:
        """Return exact counts, by place or else path, and by status; status 0 is a connection closed without a reply.

        `rows` is how many records all the lists in the replies held.
        """
        with self._lock:
            total = sum(self._by_status.values())
            by_path, by_status = dict(self._by_path), dict(self._by_status)
            return {"total": total, "by_path": by_path, "by_status": by_status, "rows": self._rows}

    def answer(self, request: Request) -> Reply:
        """Answer one request, faults included; raise ConnectionDropped where a fault wants no reply."""
        request.place = self._place_of(request)
        headers, refusal = self._stand_in.admit(request)
        reply = None
        try:
            reply = self._admitted(request, refusal)
            reply.headers = headers | reply.headers
            return reply
        finally:
            if reply is None or reply.stream is None:
                self._stand_in.leave()
            else:
                reply.sent = self._stand_in.leave

    def _admitted(self, request: Request, refusal: Reply | None) -> Reply:
        asked = Request(request.method, request.path, dict(request.query), request.body, request.at)
        asked.headers, asked.query_text, asked.place = request.headers, request.query_text, request.place
        rows = 0
        try:
            reply = refusal or self._spoiled(request)
            asked.status, rows = reply.status, len(reply.listed or ())
        finally:
            self._count(asked, rows)
        return reply

    def _spoiled(self, request: Request) -> Reply:
        return self.faults.before(request) or self.faults.after(request, self._stand_in.respond(request))

    def _count(self, request: Request, rows: int) -> None:
        with self._lock:
            self._rows += rows
            self._requests.append(request)
            self._by_path[request.spot] += 1
            self._by_status[str(request.status)] += 1


# --- control routes ------------------------------------------------------------------------------------------------


def control(box: Box, request: Request) -> Reply | Iterator[bytes]:
    """Answer a request below /sandbox/; an iterator of bytes is streamed."""
    parts = request.path.strip("/").split("/")[1:]
    name = (request.method, parts[0] if parts else "")
    handler = _CONTROLS.get(name) or getattr(box.source, "controls", {}).get(name)
    if handler is None:
        return Reply(404, {"message": f"no control route {request.method} {request.path}"})
    try:
        return handler(box, request, parts[1:])
    except ValueError as error:
        return Reply(400, {"message": str(error)})
    except (KeyError, TypeError, LookupError) as error:
        return Reply(400, {"message": f"{type(error).__name__}: {error}"})
    except Exception as error:  # noqa: BLE001 - whoever asked is to learn of it
        traceback.print_exc()
        said = f"the stand-in failed at {request.method} {request.path}, and its own output says where"
        return Reply(500, {"message": f"{said}: {type(error).__name__}: {error}"})


def _health(box: Box, _: Request, __: list[str]) -> Reply:
    return Reply(payload={"ok": True, "url": box.url})


def _truth(box: Box, request: Request, rest: list[str]) -> Reply | Iterator[bytes]:
    optional = [name for name in (request.parameter("optional") or "").split(",") if name]
    archived = (request.parameter("include_archived") or "true").lower() == "true"
    tables = box.source.truth(include_archived=archived, optional=optional)
    if not rest:
        # Counting makes every row, so a client that fetches the rows anyway can do without.
        counted = (request.parameter("counts") or "true").lower() == "true"
        found = {
            name: {"key": table.key, "columns": table.columns, "rows": table.count() if counted else None}
            for name, table in tables.items()
        }
        return Reply(payload={"tables": found})
    table = tables.get(rest[0]) or box.source.truth(include_archived=archived, optional=rest).get(rest[0])
    if table is None:
        raise ValueError(f"there is no table {rest[0]}")
    return _stream(table.rows())


def _stream(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    texts = (json.dumps(row, ensure_ascii=False).encode() for row in rows)
    first = next(texts, b"")  # made before the reply begins, so that a status tells of a table that cannot be made
    return chain([b"[" + first], (b",\n" + text for text in texts), [b"]\n"])


def _requests(box: Box, _: Request, __: list[str]) -> Reply:
    return Reply(payload=box.request_counts())


def _fewest(box: Box, request: Request, _: list[str]) -> Reply:
    changed = (request.parameter("changed") or "false").lower() == "true"
    page = request.parameter("page")
    by_question = box.source.fewest_requests(changed=changed, page=int(page) if page else None)
    return Reply(payload={"total": sum(by_question.values()), "by_question": by_question})


def _reset(box: Box, _: Request, __: list[str]) -> Reply:
    box.reset_requests()
    return Reply(payload={"ok": True})


def _change(box: Box, request: Request, _: list[str]) -> Reply:
    options = dict(request.body or {})
    if "kind" not in options:
        raise ValueError(f'name a kind, as in {{"kind": "..."}}; there are {", ".join(box.source.change_kinds)}')
    return Reply(payload=box.source.change(str(options.pop("kind")), **options))


def _changes(box: Box, request: Request, _: list[str]) -> Reply:
    return Reply(payload=box.source.change_bundle(**dict(request.body or {})))


def _add_fault(box: Box, request: Request, _: list[str]) -> Reply:
    options = dict(request.body or {})
    if "preset" in options:
        box.faults.preset(str(options.pop("preset")), **options)
    elif "kind" in options:
        box.faults.add(str(options.pop("kind")), **options)
    else:
        raise ValueError(f'name a preset, as in {{"preset": "storm"}}; there are {", ".join(PRESETS)}')
    return Reply(payload={"ok": True})


def _struck(box: Box, _: Request, __: list[str]) -> Reply:
    return Reply(payload={"struck": box.faults.struck()})


def _clear_faults(box: Box, _: Request, __: list[str]) -> Reply:
    box.faults.clear()
    return Reply(payload={"ok": True})


# A control route is given the words that follow its name in the path.
Control = Callable[[Box, Request, list[str]], Reply | Iterator[bytes]]
_CONTROLS: dict[tuple[str, str], Control] = {
    ("GET", "health"): _health,
    ("GET", "truth"): _truth,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _reset,
    ("GET", "fewest"): _fewest,
    ("POST", "change"): _change,
    ("POST", "changes"): _changes,
    ("GET", "faults"): _struck,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
}


# --- HTTP ----------------------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, box: Box) -> None:
        self.box = box
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that hang up; print what is wrong with the sandbox itself."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    # Nagle's algorithm and delayed acknowledgements together cost 40 ms a reply.
    disable_nagle_algorithm = True
    timeout = 600
    server: _Server
    known_statuses: ClassVar[dict[int, str]] = {status.value: status.phrase for status in HTTPStatus} | _TOO_NEW

    def handle_any(self) -> None:
        """Answer one request of any method."""
        box = self.server.box
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = read_request(self.command, self.path, raw, dict(self.headers.items()), box.clock())
        if request.path.startswith("/sandbox/"):
            found = control(box, request)
            if isinstance(found, Reply):
                found.body = found.encoded() + b"\n"  # for people who look at it in a terminal
                self._send(found)
            else:
                self._send_stream(found, {"Content-Type": "application/json; charset=utf-8"})
            return
        reply = _answer(box, request)
        if reply is None:
            self._drop()
        elif reply.stream is None:
            self._send(reply)
        else:
            self._send_streamed(reply, reply.stream)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - the names http.server wants

    def _send(self, reply: Reply) -> None:
        body = reply.encoded()
        headers = dict(reply.headers)
        if reply.content_type:
            headers["Content-Type"] = reply.content_type
        headers["Content-Length"] = str(len(body))
        self.wfile.write(self._head(reply.status, headers) + body[: int(len(body) * reply.cut)])
        if reply.cut < 1:
            self.close_connection = True

    def _send_streamed(self, reply: Reply, stream: Iterator[bytes]) -> None:
        """Send a reply that is a stream; it is over when its last block is sent, before the client can know that it was the last."""

        def blocks() -> Iterator[bytes]:
            yield from stream
            reply.done()

        try:
            self._send_stream(blocks(), reply.headers | {"Content-Type": str(reply.content_type)})
        finally:
            reply.done()

    def _send_stream(self, chunks: Iterator[bytes], headers: dict[str, str]) -> None:
        self.wfile.write(self._head(200, headers | {"Transfer-Encoding": "chunked"}))
        for chunk in _in_blocks(chunks):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, status: int, headers: dict[str, str]) -> bytes:
        headers = {"Date": self.date_time_string(self.server.box.clock()), "Server": self.server_version, **headers}
        lines = [f"HTTP/1.1 {status} {self.known_statuses.get(status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _drop(self) -> None:
        """Close the connection so that the client sees a reset, not an orderly end."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""


def _in_blocks(chunks: Iterator[bytes], size: int = 65_536) -> Iterator[bytes]:
    block = bytearray()
    for chunk in chunks:
        block += chunk
        if len(block) >= size:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


def _answer(box: Box, request: Request) -> Reply | None:
    """Return the reply; None when the connection is to be closed without one."""
    try:
        return None if box.closing.is_set() else box.answer(request)
    except ConnectionDropped:
        return None


def read_request(method: str, target: str, raw: bytes, headers: dict[str, str], at: float) -> Request:
    """Return a request, made of its parts on the wire."""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        body = json.loads(raw) if raw.strip() else None
    except ValueError:  # not JSON: the stand-in decides by `raw` what that means
        body = None if b"=" in raw[:200] else "not JSON"
    lowered = {name.lower(): value for name, value in headers.items()}
    return Request(method, unquote(parts.path), query, body, at, 0, lowered, raw, parts.query)


def _listening(port: int, box: Box) -> _Server:
    try:
        return _Server(port, box)
    except OSError as error:
        reason = "another program uses it" if error.errno == errno.EADDRINUSE else error.strerror
        raise PortRefused(f"Port {port} cannot be had: {reason}") from error


@contextmanager
def serving(
    source: Source, *, clock: Callable[[], float] | None = None, seed: int = 1, faults: str | None = None, port: int = 0
) -> Iterator[Box]:
    """Serve a source on 127.0.0.1 while the block lasts; port 0 is a free one, `faults` a preset's name.

    `clock` returns unix seconds and is asked for the time of each request.

    Raises:
        PortRefused: when another program has the port, or only an administrator may have it.
    """
    box = Box(source, clock or time.time, seed)
    if faults:
        box.faults.preset(faults)
    server = _listening(port, box)
    box.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def until_told(served: AbstractContextManager[Served], greet: Callable[[Served], None], option: str, example: int) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status; a port that cannot be had is told with the option for another one."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with served as box:
            greet(box)
            stop.wait()
    except PortRefused as refusal:
        said = f"{refusal}. Choose another one, for example {option}{example}; {option}0 is any free one."
        print(said, file=sys.stderr)
        return 1
    return 0


@contextmanager
def running(  # noqa: PLR0913 - each says one thing about the sandbox
    name: str,
    *,
    rows: int | None = None,
    seed: int = 1,
    clock: Callable[[], float] | None = None,
    rate_limit: int | None = None,
    faults: str | None = None,
    port: int = 0,
) -> Iterator[Box]:
    """Run a stand-in on 127.0.0.1 while the block lasts; port 0 is a free one.

    `clock` returns unix seconds and is asked for everything that has a time. `rows` is the size and `rate_limit` the
    requests in the stand-in's own span of time, None its default.

    Raises:
        PortRefused: when another program has the port, or only an administrator may have it.
    """
    now = clock or time.time
    source: StandIn = importlib.import_module(STAND_INS[name]).make(
        rows=rows, seed=seed, clock=now, rate_limit=rate_limit
    )
    with serving(source, clock=now, seed=seed, faults=faults, port=port) as box:
        yield box
