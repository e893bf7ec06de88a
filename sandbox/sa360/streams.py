"""The streamed reply: one JSON array of chunks, made while it is sent, so that a long one is never held (fact sheet 4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sandbox.arithmetic import Record
from sandbox.messages import Reply
from sandbox.sa360.envelope import Asked
from sandbox.sa360.errors import JSON_TYPE
from sandbox.sa360.evaluate import Found, Question, rows, served, summary
from sandbox.sa360.pages import evaluated


def reply(question: Question, asked: Asked, head: Record, request_id: str) -> Reply:
    """Return the reply, of which nothing is worked out before it is read; `head` is what each chunk has besides its rows."""
    return Reply(content_type=JSON_TYPE, headers={"request-id": request_id}, stream=_array(_chunks(question, asked, head, request_id)))


def _array(chunks: Iterator[Record]) -> Iterator[bytes]:
    before = b"["
    for chunk in chunks:
        yield before + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode()
        before = b"\n,"
    yield b"\n]"


def _chunks(question: Question, asked: Asked, head: Record, request_id: str) -> Iterator[Record]:
    """Yield the chunks, at least one; the summary row comes alone in the last one."""
    tail = head | {"requestId": request_id}
    found, empty = _rows(question), True
    while asked.summary != "SUMMARY_ROW_ONLY":
        with question.account.lock:  # no change may come between the rows of a chunk
            part = list(islice(found, asked.size))
        if not part:
            break
        empty = False
        yield {"results": part, **tail}
    if asked.with_summary:
        yield {"summaryRow": summary(question), **tail}
    elif empty:
        yield tail


def _rows(question: Question) -> Iterator[Record]:
    """Yield the rows as they are sent; only an order that is asked for wants all of them at once."""
    query = question.plan.query
    made: Iterator[Any] = (row for _, row in evaluated(question).rows) if query.order_by else _unsorted(question)
    return islice(made, query.limit)


def _unsorted(question: Question) -> Iterator[Record]:
    found: Found
    for found in rows(question):
        yield served(question, found)
