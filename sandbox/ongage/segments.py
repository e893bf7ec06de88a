"""Segments, and in their detail the rules. Ids, flags and times are texts; an operand is a JSON document inside a text."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.ongage.account import Account
from sandbox.ongage.asked import detail_of, page_by_offset
from sandbox.ongage.envelope import Route
from sandbox.ongage.scope import ODD_TEXTS, PEOPLE, Scope, text
from sandbox.ongage.world import DAY, ListInfo

ENTITY = "Segment"
DETAIL_ONLY = frozenset({"rules", "mailings"})
_RULE_BAND = 20
_KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("email", "email", ("notempty", "LIKE", "=")),
    ("string", "first_name", ("=", "!=", "empty")),
    ("numeric", "points", (">=", "><")),
    ("date_absolute", "ocx_created_date", (">=", "<")),
    ("behavioral", "opened", ("=",)),
    ("segment", "", ("=",)),
)


def segment_name(scope: Scope, row: int) -> str:
    """Return the name that a segment had at first."""
    return f"Segment {row} {ODD_TEXTS[row % len(ODD_TEXTS)]}".strip()


def segment_record(scope: Scope, row: int) -> Record:
    """Return a segment with its rules."""
    random, number = scope.begin(ENTITY, row)
    created, modified = scope.stamps(random)
    return (
        {"id": text(number), "list_id": text(scope.place.id), "name": segment_name(scope, row)}
        | {"type": random.choice(("Active", "Active", "Test"))}
        | {"description": random.choice((None, *ODD_TEXTS)), "favorite": text(random.random() < 0.2)}
        | {"last_count": text(random.randrange(90_000)), "last_count_date": random.choice(("0", text(modified)))}
        | {"last_count_request_date": random.choice((None, "0", text(modified + 5))), "isp_breakdown": random.choice((None, "", "gmail"))}
        | {"last_sent": random.choice(("0", None, text(modified - DAY))), "segment_quota": random.choice(("0", "500"))}
        | {"is_quota_percent": text(random.random() < 0.2), "created_by": random.choice(PEOPLE), "created": text(created)}
        | {"modified_by": random.choice((None, *PEOPLE)), "modified": text(modified), "user_modified": random.choice(("0", text(modified)))}
        | {"deleted": random.choice((None, "0")), "included_segment_cache": None, "excluded_segment_cache": random.choice((None, ""))}
        | {"default_include_segment": text(row == 0), "default_exclude_segment": "0", "is_external": text(row % 9 == 5)}
        | {"external_url": "https://example.org/segment" if row % 9 == 5 else None, "external_insert_missing": "0"}
        | {"external_include_unsubscribes": text(random.random() < 0.1)}
        | {"mailings": _mailings(scope, random), "rules": _rules(scope, random, row, number)}
    )  # fmt: skip


def _mailings(scope: Scope, random: Random) -> list[Record]:
    rows = [scope.pick("Mailing", random) for _ in range(random.choice((0, 0, 1, 2)))]
    return [{"id": text(scope.ids("Mailing").id_of(row)), "status": "60004"} for row in rows]


def _rules(scope: Scope, random: Random, row: int, number: int) -> list[Record]:
    first = scope.world.ids("SegmentRule", scope.place, 0).start + row * _RULE_BAND
    return [_rule(scope, random, first + place, number, place) for place in range(random.choice((0, 1, 1, 2, 3, 5)))]


def _rule(scope: Scope, random: Random, rule: int, segment: int, place: int) -> Record:
    kind, name, operators = random.choice(_KINDS)
    parenthesis = text(random.choice((0, 0, 1)))
    return (
        {"id": text(rule), "segment_id": text(segment), "position": text(place + 1), "left_parenthesis": parenthesis}
        | {"field_id": random.choice((None, text(700_000_000 + place))), "field_name": name or None}
        | {"operator": random.choice(operators), "operand": _operand(scope, random, kind)}
        | {"is_external_operand": "0", "right_parenthesis": parenthesis, "condition": random.choice(("and", "or"))}
        | {"case_sensitive": text(kind == "string" and random.random() < 0.3), "type": kind, "group": text(place // 2)}
    )


def _operand(scope: Scope, random: Random, kind: str) -> str:
    if random.random() < 0.1:
        return random.choice(("", "not [JSON"))
    value: Any = {
        "date_absolute": [random.randrange(scope.place.created, scope.started)],
        "numeric": ["10", "20"],
        "behavioral": {"mailing_ids": [text(scope.ids("Mailing").id_of(scope.pick("Mailing", random)))]},
        "segment": [scope.ids(ENTITY).id_of(scope.pick(ENTITY, random))],
    }.get(kind, [random.choice(("x", 'say "hi"', "☕", ""))])
    return json.dumps(value)


def _page(account: Account, request: Request, place: ListInfo) -> Reply:
    return page_by_offset(request, account.collection(ENTITY, place.id), DETAIL_ONLY, total_as=str)


def _detail(account: Account, _: Request, place: ListInfo, number: str) -> Reply:
    return detail_of(account.collection(ENTITY, place.id), number)


ROUTES = (Route("GET", "segments", ENTITY, _page), Route("GET", r"segments/(\d+)", ENTITY, _detail))
