"""The keys of rows as short texts, and back: thousands of them have to fit into the state.

What every key of an account shares is left out: its id, and the beginning of its resource names.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from common.tables import Row
from sources import Source

BETWEEN = "|"
WHOLE = "/"  # before a resource name of which nothing was left out
PLURALS = {"conversion_action": "conversionActions"}


def key_text(source: Source, row: Row) -> str:
    """The key of a row as a short text; the account is left out."""
    customer_id = row.get("customer_id", "")
    return BETWEEN.join(_written(source, column, row[column], customer_id) for column in _columns(source))


def key_of(source: Source, text: str, customer_id: str) -> dict[str, Any]:
    """The key that `key_text` wrote for a row of this account; for constants, which have none, that does not matter."""
    columns = _columns(source)
    cells = zip(columns, text.split(BETWEEN), strict=True)
    owner = {"customer_id": customer_id} if len(columns) < len(source.table.key) else {}
    return owner | {column: _read(source, column, cell, customer_id) for column, cell in cells}


def _columns(source: Source) -> list[str]:
    return [column for column in source.table.key if column != "customer_id"]


def _beginning(source: Source, column: str, customer_id: str) -> str | None:
    """What the resource names of a column begin with, if it has any."""
    plural = source.plural if column == "resource_name" else PLURALS.get(column)
    if plural is None:
        return None
    if source.asked_of == "constants":
        return f"{plural}/"
    return f"customers/{customer_id}/{plural}/" if plural else f"customers/{customer_id}"


def _written(source: Source, column: str, value: Any, customer_id: str) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat().replace("-", "")
    escaped = str(value).replace("%", "%25").replace(BETWEEN, "%7C")
    beginning = _beginning(source, column, customer_id)
    if beginning is None:
        return escaped
    rest = escaped[len(beginning) :] if escaped.startswith(beginning) else WHOLE
    return WHOLE + escaped if rest.startswith(WHOLE) else rest


def _read(source: Source, column: str, text: str, customer_id: str) -> Any:
    if column == "date":
        return datetime.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}").replace(tzinfo=timezone.utc)
    value = text.replace("%7C", BETWEEN).replace("%25", "%")
    beginning = _beginning(source, column, customer_id)
    if beginning is None:
        return value
    return value[1:] if text.startswith(WHOLE) else beginning + value
