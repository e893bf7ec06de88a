"""Faults: what a stand-in can be told to do wrong, by route, by probability or by script.

Faults that answer instead of the stand-in, and those that spoil its answer, are tried in the order they were added.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from random import Random
from threading import Event, RLock
from typing import Any

from sandbox.messages import Faulty, ListPage, Reply, Request
from sandbox.presets import HTML, PRESETS

# Kinds that act before the stand-in is asked; the others spoil what it answered.
BEFORE = frozenset({"status", "html", "reset", "hang", "latency", "call", "disturb", "misread"})
AFTER = frozenset({"cut", "half_json", "poison", "poison_value", "short_page", "shuffle", "repeat_page", "empty_list"})
AFTER |= {"page_before", "depth_cap", "narrow", "hide", "set_value"}
_NUMBERS = frozenset({"times", "probability", "min_take", "rows", "seconds", "share", "most"})
_HANG_SECONDS = 3600.0
_PREPARED = {500: "INTERNAL_ERROR", 503: "SERVICE_UNAVAILABLE", 429: "RATE_LIMITED"}


class ConnectionDropped(Exception):
    """The connection is to be closed without a reply."""


@dataclass
class Fault:
    """One fault. It strikes requests whose place, or else path, matches, `times` times at most, with a probability."""

    kind: str
    path: re.Pattern[str]
    times: int | None = None
    probability: float = 1.0
    min_take: int | None = None
    when: Callable[[Request], bool] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    struck: int = 0
    last_list: list[Any] | None = None
    by_entity: Counter[str] = field(default_factory=Counter)
    by_question: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return what it does, in a few words."""
        detail = next((self.options[key] for key in ("status", "change", "how") if key in self.options), "")
        return f"{self.kind.replace('_', ' ')} {detail}".strip()

    def is_spent(self, page: ListPage) -> bool:
        """Say whether a list has had its part: `most` strikes, or so many as are `share` of its records."""
        most = self.options.get("most", max(1, int(page.records * self.options.get("share", 1))))
        return self.by_entity[page.entity] >= int(most)

    def matches(self, request: Request) -> bool:
        """Say whether the fault is about this request, chance and count apart."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self.min_take is not None and request.take <= self.min_take:
            return False
        return self.path.search(request.spot) is not None and (self.when is None or self.when(request))


@dataclass
class Served:
    """What is about to be sent, the page of a list that was asked for, if it was one, and the rows of the page before that."""

    reply: Reply
    page: ListPage | None
    before: list[Any] | None = None


def _check_numbers(options: dict[str, Any]) -> None:
    """Refuse what is no number where one belongs, before it strikes."""
    for name in _NUMBERS & options.keys():
        value = options[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
            raise ValueError(f"{name} must be a number of at least 0, without quotes; it is {value!r}")


class Faults:
    """The faults of one sandbox."""

    def __init__(self, seed: int, closing: Event, stand_in: Faulty) -> None:
        """Start without faults; `closing` ends every wait."""
        self._random, self._closing, self._lock = Random(seed), closing, RLock()  # noqa: S311 - not for secrets
        self._stand_in = stand_in
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
        """Add a fault to requests whose place, or else path, matches a regular expression; raise ValueError for an unknown kind.

        `times` is how often it strikes at most; `min_take` limits it to larger pages. The fault counts in `.struck`.
        """
        if kind not in BEFORE | AFTER:
            raise ValueError(f"unknown fault {kind!r}; there are {', '.join(sorted(BEFORE | AFTER))}")
        _check_numbers({"times": times, "probability": probability, "min_take": min_take, **options})
        fault = Fault(kind, re.compile(path), times, probability, min_take, when, options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def preset(self, name: str, **overrides: Any) -> None:
        """Add a named set of faults, with other options if any are given; raise ValueError for an unknown name or option."""
        if name not in PRESETS:
            raise ValueError(f"unknown preset {name!r}; there are {', '.join(PRESETS)}")
        for kind, place, options in PRESETS[name].planned(overrides):
            self.add(kind, self._stand_in.places[place], **options)

    def struck(self) -> dict[str, int]:
        """Return how often the faults that there are have struck, by what they do."""
        counts: Counter[str] = Counter()
        with self._lock:
            for fault in self._faults:
                counts[fault.name] += fault.struck
        return dict(counts)

    def before(self, request: Request) -> Reply | None:
        """Let faults act before the stand-in is asked; return the reply when one answers in its place."""
        for fault in self._striking(BEFORE, request):
            reply = self._act(fault, request)
            if reply is not None:
                return reply
        return None

    def after(self, request: Request, reply: Reply) -> Reply:
        """Let faults spoil a reply."""
        if not self._faults:
            return reply
        served = Served(reply, self._stand_in.list_page(request) if reply.listed is not None else None)
        for fault in self._striking(AFTER, request, served):
            served.reply = self._spoil(fault, served)
        return served.reply

    def _striking(self, kinds: frozenset[str], request: Request, served: Served | None = None) -> list[Fault]:
        striking: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if fault.kind not in kinds or not fault.matches(request) or not _applies(fault, served):
                    continue
                if fault.probability >= 1 or self._random.random() < fault.probability:
                    fault.struck += 1
                    striking.append(fault)
                    if fault.kind in _ANSWERS:
                        break
        return striking

    def _act(self, fault: Fault, request: Request) -> Reply | None:
        options = fault.options
        if fault.kind in {"disturb", "misread"}:
            self._deceive(fault, request)
        elif fault.kind == "latency":
            self._closing.wait(float(options.get("seconds", 0.2)))
        elif fault.kind == "call":
            options["action"]()
        elif fault.kind in {"reset", "hang"}:
            if fault.kind == "hang":
                self._closing.wait(float(options.get("seconds", _HANG_SECONDS)))
            raise ConnectionDropped
        elif fault.kind == "html":
            return Reply(200, body=HTML, content_type="text/html; charset=utf-8")
        return _status_reply(options) if fault.kind == "status" else None

    def _deceive(self, fault: Fault, request: Request) -> None:
        """Let the stand-in do what only it can; what made no difference does not count."""
        with self._lock:
            if fault.kind == "misread":
                done = self._stand_in.misread(request, str(fault.options["how"]))
            else:
                page = self._stand_in.list_page(request)
                done = page is not None and not fault.is_spent(page) and self._stand_in.disturb(request, str(fault.options["change"]))
                if page is not None:
                    fault.by_entity[page.entity] += done
            fault.struck -= not done

    def _spoil(self, fault: Fault, served: Served) -> Reply:
        if fault.kind == "narrow":
            return served.reply.with_rows(map(self._stand_in.narrow, served.reply.listed or []))
        return _SPOIL[fault.kind](fault, served, self._random)


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


def _applies(fault: Fault, served: Served | None) -> bool:
    """Say whether a fault has anything to spoil in a reply."""
    if served is None:
        return True
    rows = served.reply.listed
    if fault.kind in {"cut", "half_json"}:
        return served.reply.status == 200
    if fault.kind in _HAS_RECORD:
        return _HAS_RECORD[fault.kind](fault, served)
    if rows is None:
        return False
    if fault.kind in _HAS_PART:
        return _HAS_PART[fault.kind](fault, served, rows)
    return True


def _same_id(one: object, other: object) -> bool:
    """Say whether two ids are the same; one may be a number and the other the same number as a text."""
    return one is not None and str(one) == str(other)


def _is_one_of(record: Any, id_key: str, ids: Iterable[object]) -> bool:
    return isinstance(record, dict) and any(_same_id(record.get(id_key), each) for each in ids)


def _holds_poison(fault: Fault, served: Served) -> bool:
    reply, wanted = served.reply, fault.options.get("ids", [fault.options.get("id")])
    same = reply.detailed and reply.entity == fault.options.get("entity")
    return same and any(_is_one_of(each, reply.id_key, wanted) and _has_path(each, fault.options.get("key")) for each in reply.records)


def _has_path(row: Any, path: object) -> bool:
    """Say whether a record has what a fault changes: of one that is served in two parts, only one may have it."""
    *parents, _ = str(path).split(".")
    for key in parents:
        try:
            row = row[int(key)] if isinstance(row, list) else row[key]
        except (LookupError, TypeError):
            return False
    return True


def _has_value(fault: Fault, served: Served) -> bool:
    value: Any = served.reply.payload if served.reply.status == 200 else None
    for key in str(fault.options["key"]).split("."):
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def _is_longer(fault: Fault, served: Served, rows: list[Any]) -> bool:
    """Say whether a page reaches beyond the rows that it may hold, or its list may."""
    skip = served.page.skip if served.page and fault.kind == "depth_cap" else 0
    return skip + len(rows) > int(fault.options.get("rows", 1))


def _follows_another(fault: Fault, served: Served, rows: list[Any]) -> bool:
    """Say whether the page served last lies before this one in the list, and remember this one.

    With several pages under way at once it may lie behind: that would be no repetition, but a hole.
    """
    if served.page is None or not rows:
        return False
    before = fault.by_question.get(served.page.question)
    fault.by_question[served.page.question] = rows
    if served.page.first or before is None:
        return False
    served.before = before
    first_before, first = ((served.reply.record_of(each[0]) or {}).get(served.reply.id_key) for each in (before, rows))
    return _rank(first_before) < _rank(first)


def _rank(number: object) -> tuple[int, str]:
    """Return what ids are sorted by, be they numbers or texts."""
    return (int(str(number)), "") if str(number).isdigit() else (0, str(number))


def _lists_hidden(fault: Fault, served: Served, rows: list[Any]) -> bool:
    return any(_is_one_of(served.reply.record_of(row), served.reply.id_key, fault.options["ids"]) for row in rows)


_HAS_RECORD: dict[str, Callable[[Fault, Served], bool]] = {
    "poison": _holds_poison,
    "poison_value": _holds_poison,
    "set_value": _has_value,
}
_HAS_PART: dict[str, Callable[[Fault, Served, list[Any]], bool]] = {
    "short_page": _is_longer,
    "depth_cap": _is_longer,
    "page_before": _follows_another,
    "hide": _lists_hidden,
}


def _short_page(fault: Fault, served: Served, _: Random) -> Reply:
    return served.reply.with_rows((served.reply.listed or [])[: int(fault.options.get("rows", 1))])


def _depth_cap(fault: Fault, served: Served, _: Random) -> Reply:
    left = int(fault.options.get("rows", 1)) - (served.page.skip if served.page else 0)
    return served.reply.with_rows((served.reply.listed or [])[: max(left, 0)])


def _shuffle(_: Fault, served: Served, random: Random) -> Reply:
    rows = list(served.reply.listed or [])
    random.shuffle(rows)
    return served.reply.with_rows(rows)


def _repeat_page(fault: Fault, served: Served, _: Random) -> Reply:
    """Serve the first page that the fault saw, over and over."""
    if fault.last_list is None:
        fault.last_list = list(served.reply.listed or [])
    return served.reply.with_rows(fault.last_list)


def _page_before(_: Fault, served: Served, __: Random) -> Reply:
    return served.reply.with_rows(served.before or [])


def _empty_list(_: Fault, served: Served, __: Random) -> Reply:
    return served.reply.with_rows([])


def _hide(fault: Fault, served: Served, _: Random) -> Reply:
    """Leave some records out of a page, and out of its total: nothing about the page is odd."""
    rows = served.reply.listed or []
    kept = [row for row in rows if not _is_one_of(served.reply.record_of(row), served.reply.id_key, fault.options["ids"])]
    return served.reply.with_rows(kept).with_fewer_in_total(len(rows) - len(kept))


def _poison(fault: Fault, served: Served, _: Random) -> Reply:
    del served
    return _status_reply({"status": 500} | fault.options)


def _poison_value(fault: Fault, served: Served, _: Random) -> Reply:
    options, reply = fault.options, served.reply
    path = f"{reply.inside}.{options['key']}" if reply.inside else str(options["key"])
    rows = [
        set_path(copy.deepcopy(row), path, options["value"])
        if _is_one_of(reply.record_of(row), reply.id_key, [options["id"]]) else row
        for row in reply.rows
    ]  # fmt: skip
    if reply.listed is not None:
        return reply.with_rows(rows)
    return replace(reply, payload=reply.payload | {"payload": rows[0]} if "payload" in reply.payload else rows[0], body=None)


def _set_value(fault: Fault, served: Served, _: Random) -> Reply:
    """Change one value of a reply, wherever in it: a state that it tells, say."""
    payload = set_path(copy.deepcopy(served.reply.payload), str(fault.options["key"]), fault.options["value"])
    return replace(served.reply, payload=payload, body=None)


def set_path(record: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Set a value by its dotted path, such as `giftDesignations.0.amountDesignated`, and return the record."""
    *parents, last = path.split(".")
    target: Any = record
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target[key]
    target[int(last) if isinstance(target, list) else last] = value
    return record


def _cut(_: Fault, served: Served, __: Random) -> Reply:
    served.reply.encoded()  # half of it can only be told when all of it is there
    served.reply.cut = 0.5
    return served.reply


def _half_json(_: Fault, served: Served, __: Random) -> Reply:
    served.reply.body = served.reply.encoded()[: len(served.reply.encoded()) // 2]
    return served.reply


_SPOIL: dict[str, Callable[[Fault, Served, Random], Reply]] = {
    "cut": _cut,
    "half_json": _half_json,
    "poison": _poison,
    "poison_value": _poison_value,
    "short_page": _short_page,
    "depth_cap": _depth_cap,
    "shuffle": _shuffle,
    "repeat_page": _repeat_page,
    "page_before": _page_before,
    "empty_list": _empty_list,
    "hide": _hide,
    "set_value": _set_value,
}
