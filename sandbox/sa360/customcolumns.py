"""What a custom column makes of the metrics of a day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.arithmetic import Record

_GRADES = ("low", "so-so \N{THINKING FACE}", "\"high\"")


def value(column: Mapping[str, Any], metrics: Mapping[str, Any]) -> Record:
    """Return the value of a column as it stands in a row: an object with one key, or an empty one where there is none.

    There is one where something was shown, on the days since the column was made (`_since`, an ordinal).
    """
    impressions = metrics.get("impressions", 0)
    if not impressions or metrics.get("_day", 0) < column.get("_since", 0):
        return {}
    clicks, kind = metrics["clicks"], column.get("valueType")
    if kind == "INT64":
        return {"int64Value": str(clicks * 3 + 1)}
    if kind == "STRING":
        return {"stringValue": _GRADES[impressions % 3]}
    if kind == "BOOLEAN":
        return {"booleanValue": clicks > 0}
    return {"floatValue": impressions / 8} if str(column["id"])[-1:] in "02468" else {"doubleValue": (clicks + 0.5) / impressions}
