"""Faults: what a stand-in can be told to do wrong, by route, by probability or by script.

Faults that answer instead of the stand-in, and those that spoil its answer, are tried in the order they were added.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Event, RLock
from typing import Any

from sandbox.messages import Reply, Request

HTML = b"<!DOCTYPE html><html><head><title>Please wait</title></head><body><h1>Checking your browser</h1></body></html>"
# Kinds that act before the stand-in is asked; the others spoil what it answered.
BEFORE = frozenset({"status", "html", "reset", "hang", "latency", "call", "ignore_filter"})
AFTER = frozenset({"cut", "half_json", "poison", "poison_value", "short_page", "shuffle", "repeat_page", "empty_list"})
_HANG_SECONDS = 3600.0
_PREPARED = {500: "INTERNAL_ERROR", 503: "SERVICE_UNAVAILABLE", 429: "RATE_LIMITED"}


class ConnectionDropped(Exception):
    """The connection is to be closed without a reply."""


@dataclass
class Fault:
    """One fault. It strikes requests whose path matches, `times` times at most, with a probability."""

    kind: str
    path: re.Pattern[str]
    times: int | None = None
    probability: float = 1.0
    min_take: int | None = None
    when: Callable[[Request], bool] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    struck: int = 0
    last_list: list[Any] | None = None

    def matches(self, request: Request) -> bool:
        """Say whether the fault is about this request, chance and count apart."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self.min_take is not None and request.take <= self.min_take:
            return False
        return self.path.search(request.path) is not None and (self.when is None or self.when(request))


class Faults:
    """The faults of one sandbox."""

    def __init__(self, seed: int, closing: Event) -> None:
        """Start without faults; `closing` ends every wait."""
        self._random, self._closing, self._lock = Random(seed), closing, RLock()  # noqa: S311 - not for secrets
        self._faults: list[Fault] = []

    def add(
        self,
        kind: str,
        path: str = "",
        *,
        times: int | None = None,
        probability: float = 1.0,
        min_take: int | None = None,
        when: Callable[[Request], bool] | None = None,
        **options: Any,
    ) -> Fault:
        """Add a fault to requests whose path matches a regular expression; raise ValueError for an unknown kind.

        `times` is how often it strikes at most; `min_take` limits it to larger pages. The fault counts in `.struck`.
        """
        if kind not in BEFORE | AFTER:
            raise ValueError(f"unknown fault {kind!r}; there are {', '.join(sorted(BEFORE | AFTER))}")
        fault = Fault(kind, re.compile(path), times, probability, min_take, when, options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def preset(self, name: str) -> None:
        """Add a named set of faults; raise ValueError for an unknown name."""
        if name not in PRESETS:
            raise ValueError(f"unknown preset {name!r}; there are {', '.join(PRESETS)}")
        for kind, options in PRESETS[name]:
            self.add(kind, **options)

    def before(self, request: Request) -> Reply | None:
        """Let faults act before the stand-in is asked; return the reply when one answers in its place."""
        for fault in self._striking(BEFORE, request):
            reply = self._act(fault, request)
            if reply is not None:
                return reply
        return None

    def after(self, request: Request, reply: Reply) -> Reply:
        """Let faults spoil a reply."""
        for fault in self._striking(AFTER, request, reply):
            reply = _SPOIL[fault.kind](fault, reply, self._random)
        return reply

    def _striking(self, kinds: frozenset[str], request: Request, reply: Reply | None = None) -> list[Fault]:
        striking: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if fault.kind not in kinds or not fault.matches(request) or not _applies(fault, reply):
                    continue
                if fault.probability >= 1 or self._random.random() < fault.probability:
                    fault.struck += 1
                    striking.append(fault)
                    if fault.kind in _ANSWERS:
                        break
        return striking

    def _act(self, fault: Fault, request: Request) -> Reply | None:
        options = fault.options
        if fault.kind == "latency":
            self._closing.wait(float(options.get("seconds", 0.2)))
        elif fault.kind == "call":
            options["action"]()
        elif fault.kind == "ignore_filter" and isinstance(request.body, dict):
            request.body = {key: value for key, value in request.body.items() if key.lower() != "groups"}
        elif fault.kind in {"reset", "hang"}:
            if fault.kind == "hang":
                self._closing.wait(float(options.get("seconds", _HANG_SECONDS)))
            raise ConnectionDropped
        elif fault.kind == "html":
            return Reply(200, body=HTML, content_type="text/html; charset=utf-8")
        return _status_reply(options) if fault.kind == "status" else None


_ANSWERS = frozenset({"status", "html", "reset", "hang"})


def _status_reply(options: dict[str, Any]) -> Reply:
    status = int(options.get("status", 500))
    body = options.get("body")
    if body is None:
        code = _PREPARED.get(status, "ERROR")
        error: dict[str, Any] = {"code": code, "message": f"Status {status} by request of the sandbox.", "details": []}
        body = {"error": error}
        if "retry_in_body" in options:
            body["retryAfter"] = options["retry_in_body"]
    headers = {"Retry-After": str(options["retry_after"])} if options.get("retry_after") is not None else {}
    content_type = options.get("content_type", "application/json; charset=utf-8")
    if isinstance(body, (str, bytes)):
        raw = body.encode() if isinstance(body, str) else body
        return Reply(status, body=raw, content_type=content_type, headers=headers)
    return Reply(status, body, content_type=content_type, headers=headers)


# --- spoiling ------------------------------------------------------------------------------------------------------


def _rows(reply: Reply | None) -> list[Any] | None:
    """Return the rows that a reply lists: of a bare array, or of `list` in an object."""
    payload = None if reply is None or reply.status != 200 else reply.payload
    if isinstance(payload, dict):
        payload = payload.get("list")
    return payload if isinstance(payload, list) else None


def _applies(fault: Fault, reply: Reply | None) -> bool:
    """Say whether a fault has anything to spoil in a reply."""
    if fault.kind in BEFORE:
        return True
    rows = _rows(reply)
    if reply is None or fault.kind in {"cut", "half_json"}:
        return reply is not None and reply.status == 200
    if rows is None:
        return False
    if fault.kind in {"poison", "poison_value"}:
        wanted = set(fault.options.get("ids", [fault.options.get("id")]))
        same = reply.detailed and reply.entity == fault.options.get("entity")
        return same and any(row.get(reply.id_key) in wanted for row in rows)
    return True


def _with_rows(reply: Reply, rows: list[Any]) -> Reply:
    payload = reply.payload | {"list": rows} if isinstance(reply.payload, dict) else rows
    return Reply(
        reply.status, payload, None, reply.content_type, reply.headers, reply.entity, reply.detailed, reply.id_key
    )


def _short_page(fault: Fault, reply: Reply, _: Random) -> Reply:
    return _with_rows(reply, (_rows(reply) or [])[: int(fault.options.get("rows", 1))])


def _shuffle(_: Fault, reply: Reply, random: Random) -> Reply:
    rows = list(_rows(reply) or [])
    random.shuffle(rows)
    return _with_rows(reply, rows)


def _repeat_page(fault: Fault, reply: Reply, _: Random) -> Reply:
    """Serve the first page that the fault saw, over and over."""
    if fault.last_list is None:
        fault.last_list = list(_rows(reply) or [])
    return _with_rows(reply, fault.last_list)


def _empty_list(_: Fault, reply: Reply, __: Random) -> Reply:
    return _with_rows(reply, [])


def _poison(fault: Fault, reply: Reply, _: Random) -> Reply:
    del reply
    return _status_reply({"status": 500} | fault.options)


def _poison_value(fault: Fault, reply: Reply, _: Random) -> Reply:
    options = fault.options
    rows = [
        set_path(copy.deepcopy(row), str(options["key"]), options["value"])
        if row.get(reply.id_key) == options["id"]
        else row
        for row in _rows(reply) or []
    ]
    return _with_rows(reply, rows)


def set_path(record: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Set a value by its dotted path, such as `giftDesignations.0.amountDesignated`, and return the record."""
    *parents, last = path.split(".")
    target: Any = record
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target[key]
    target[int(last) if isinstance(target, list) else last] = value
    return record


def _cut(_: Fault, reply: Reply, __: Random) -> Reply:
    reply.cut = 0.5
    return reply


def _half_json(_: Fault, reply: Reply, __: Random) -> Reply:
    reply.body = reply.encoded()[: len(reply.encoded()) // 2]
    return reply


_SPOIL: dict[str, Callable[[Fault, Reply, Random], Reply]] = {
    "cut": _cut,
    "half_json": _half_json,
    "poison": _poison,
    "poison_value": _poison_value,
    "short_page": _short_page,
    "shuffle": _shuffle,
    "repeat_page": _repeat_page,
    "empty_list": _empty_list,
}

_STORM: list[tuple[str, dict[str, Any]]] = [
    ("status", {"status": 500}),
    ("status", {"status": 502, "body": HTML, "content_type": "text/html"}),
    ("status", {"status": 503}),
    ("status", {"status": 429, "retry_after": 1}),
    ("reset", {}),
    ("html", {}),
    ("cut", {}),
    ("half_json", {}),
]
PRESETS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    # Each strikes what the ones before let through, so that a third of all replies is bad.
    "storm": [(kind, {"path": "/api/", "probability": 0.049, **options}) for kind, options in _STORM],
    "slow": [("latency", {"path": "/api/", "seconds": 0.2})],
    "small-pages": [
        ("status", {"path": "/Query", "status": 504, "min_take": 250, "body": HTML, "content_type": "text/html"})
    ],
}
