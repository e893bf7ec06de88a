"""What a request says, in either spelling of its keys, and the outer form of its reply (fact sheet 4)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from sandbox.arithmetic import Record, mix
from sandbox.messages import Reply, Request
from sandbox.sa360.catalog import snake
from sandbox.sa360.errors import JSON_TYPE, malformed, request_refused

LARGEST_PAGE = 10_000
# What a fault that misreads a query leaves of it as it was asked, since page tokens are bound to that.
ASKED_AS = "_asked"
SUMMARIES = ("UNSPECIFIED", "UNKNOWN", "NO_SUMMARY_ROW", "SUMMARY_ROW_WITH_RESULTS", "SUMMARY_ROW_ONLY")
_SEARCH_KEYS = frozenset({"query", "page_size", "page_token", "validate_only", "return_total_results_count", "summary_row_setting"})
_STREAM_KEYS = frozenset({"query", "batch_size", "summary_row_setting"})
_FIELD_KEYS = frozenset({"query", "page_size", "page_token"})
KEYS = {"search": _SEARCH_KEYS, "searchStream": _STREAM_KEYS, "fields": _FIELD_KEYS}


@dataclass(frozen=True)
class Asked:
    """The body of a search. `size` is that of a page or a chunk; `query` what is evaluated, `original` what was sent."""

    query: str
    original: str
    size: int
    token: str
    validate_only: bool
    total: bool
    summary: str

    @property
    def with_summary(self) -> bool:
        """Say whether there is a summary row at the end."""
        return self.summary.startswith("SUMMARY_ROW")


def request_id(seed: int, number: int) -> str:
    """Return an id as Google makes them: 22 characters."""
    bits = b"".join(mix(seed, number, half).to_bytes(8, "big") for half in (0, 1))
    return base64.urlsafe_b64encode(bits).decode().rstrip("=")


def found(payload: Any, **reply: Any) -> Reply:
    """Return a success."""
    return Reply(payload=payload, content_type=JSON_TYPE, **reply)


def body_of(request: Request, keys: frozenset[str]) -> Record:
    """Return a body's values by the names of the schema, be they spelled pageToken or page_token.

    Raises:
        Refused: for what is no JSON object, or has a key that the request knows nothing of.
    """
    body = request.body if request.body is not None or request.raw.strip() else {}
    if not isinstance(body, dict):
        raise malformed("Invalid JSON payload received. Unexpected token.")
    values = {snake(key): value for key, value in body.items() if key != ASKED_AS and value is not None}
    for key in body:
        if key != ASKED_AS and snake(key) not in keys:
            raise malformed(f'Invalid JSON payload received. Unknown name "{key}": Cannot find field.')
    return values


def read(request: Request, kind: str) -> Asked:
    """Return what a search, a searchStream or a search of the fields asks for.

    Raises:
        Refused: for values of a wrong type, for a page size that there is not, or without a query.
    """
    values = body_of(request, KEYS[kind])
    query = _text(values, "query")
    if not query.strip():
        raise request_refused("REQUIRED_FIELD_MISSING", "Required field was not specified.", where="query")
    original = request.body.get(ASKED_AS, query)
    asked = Asked(
        query, original, _size(values), _text(values, "page_token"), _flag(values, "validate_only"),
        _flag(values, "return_total_results_count"), _summary(values),
    )  # fmt: skip
    _check_together(asked)
    return asked


def _check_together(asked: Asked) -> None:
    if asked.validate_only and asked.token:
        raise request_refused("VALIDATE_ONLY_REQUEST_HAS_PAGE_TOKEN", "A page token with validate_only.", where="page_token")
    if asked.validate_only and asked.with_summary:
        code = "CANNOT_RETURN_SUMMARY_ROW_FOR_VALIDATE_ONLY_REQUESTS"
        raise request_refused(code, "A summary row with validate_only.", where="summary_row_setting")


def _text(values: Record, name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise malformed(f"Invalid value at '{name}' (TYPE_STRING), {value}", name)
    return value


def _flag(values: Record, name: str) -> bool:
    value = values.get(name, False)
    if not isinstance(value, bool):
        raise malformed(f"Invalid value at '{name}' (TYPE_BOOL), {value}", name)
    return value


def _size(values: Record) -> int:
    """Return how many rows a page or a chunk may hold; proto JSON takes a number as text, too. Nothing and 0 are the most."""
    name = "batch_size" if "batch_size" in values else "page_size"
    try:
        size = int(str(values.get(name, 0)))
    except ValueError:
        raise malformed(f"Invalid value at '{name}' (TYPE_INT32), {values[name]}", name) from None
    if name == "batch_size":  # the server may make it lower
        return min(size, LARGEST_PAGE) if size > 0 else LARGEST_PAGE
    if not 0 <= size <= LARGEST_PAGE:
        text = f"Page size {size} is invalid. It must be between 1 and {LARGEST_PAGE}."
        raise request_refused("INVALID_PAGE_SIZE", text, trigger=str(size), where=name)
    return size or LARGEST_PAGE


def _summary(values: Record) -> str:
    value = values.get("summary_row_setting", "NO_SUMMARY_ROW")
    if value not in SUMMARIES:
        raise malformed(f"Invalid value at 'summary_row_setting' (type.googleapis.com/SummaryRowSetting), {value}", "summary_row_setting")
    return str(value)
