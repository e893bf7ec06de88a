"""Conversions and visits, one of each a day, the last of them on the day that the stand-in was made. They have no metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sandbox.arithmetic import Record
from sandbox.sa360.entities_scope import CRITERIA, Scope, Spec

CONVERSION, VISIT = "Conversion", "Visit"
DAYS = 40
_DEVICES = ("MOBILE", "DESKTOP", "TABLET", "UNKNOWN")
_NETWORKS = ("SEARCH", "CONTENT", "YOUTUBE_WATCH")
_CHANNELS = (None, "ONLINE", "LOCAL")


def event_day(started: date, row: int) -> date:
    """Return the day of an event; those beyond the base data are of the first day without."""
    return started - timedelta(days=DAYS - 1 - min(row, DAYS - 1))


def _tail(kind: str, scope: Scope, row: int) -> str:
    """Return a name's last part: the ad group of an event is the first one's, so that events ascend by their id."""
    number = scope.criterion_id(0, CRITERIA, scope.criteria)
    return f"{scope.id('ad_group', 0)}~{number}~{scope.id(kind, row)}"


def _common(kind: str, started: date, scope: Scope, row: int) -> dict[str, Any]:
    day, h = event_day(started, row).isoformat(), scope.world.number(kind, scope.info.index, row)
    segments: Record = {"date": day, "device": _DEVICES[h % 4]}
    if kind == "conversion":
        segments["conversionActionName"] = f"Purchase \"{h % 3}\""
    else:
        segments["adNetworkType"] = _NETWORKS[h % 3]
    return {
        "id": scope.id(kind, row), "criterionId": scope.criterion_id(0, CRITERIA, scope.criteria), "adId": scope.id("ad", 0),
        "productChannel": _CHANNELS[h % 3], "_segments": segments, "_day": day,
    }  # fmt: skip


def _conversion(started: date, scope: Scope, row: int) -> Mapping[str, Any]:
    own = _common("conversion", started, scope, row)
    day = own["_day"]
    own |= {"conversionDateTime": f"{day} 0{row % 10}:15:00", "conversionVisitDateTime": f"{day} 00:{row % 50:02d}:07"}
    return own | {"conversionLastModifiedDateTime": f"{day} 23:59:0{row % 10}", "status": "ENABLED"}


def _visit(started: date, scope: Scope, row: int) -> Mapping[str, Any]:
    own = _common("visit", started, scope, row)
    return own | {"visitDateTime": f"{own['_day']} 1{row % 10}:20:30"}


def _count(scope: Scope) -> int:
    return DAYS if scope.campaigns else 0


def specs(started: date) -> tuple[Spec, ...]:
    """Return the two entities, for a stand-in that was made on a day."""
    return (
        Spec("conversion", _count, lambda scope, row: _tail("conversion", scope, row), lambda scope, row: _conversion(started, scope, row)),
        Spec("visit", _count, lambda scope, row: _tail("visit", scope, row), lambda scope, row: _visit(started, scope, row)),
    )
