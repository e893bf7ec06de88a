"""What an export job is asked for, read and checked.

GUESS: at which end a window is open, which wrong bodies are refused and which just lose what is unknown, how many ids are too many, and
that a time without an offset is Eastern time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.arithmetic import Record
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import Refused, failed, invalid
from sandbox.everyaction.resources import RESOURCES, ResourceInfo
from sandbox.everyaction.times import offset_text, read_instant
from sandbox.everyaction.world import DAY, CustomFieldInfo

OLDEST_DAYS = 90
SMALLEST_KB, LARGEST_KB, USUAL_KB = 1000, 100_000, 40_000
_BOTH = 3
# How the window is read is no property of the vendor's: a fault can put it into a body.
READING = "_window"


@dataclass(frozen=True)
class Asked:
    """What a job exports: the changes from `low` to `high`, in epoch seconds, or `ids`; `accepted` is what the reply repeats."""

    resource: ResourceInfo
    low: float
    high: float
    fields: tuple[str, ...]
    custom: tuple[CustomFieldInfo, ...]
    ids: tuple[int, ...] | None
    inactive: bool
    mode: int | None
    file_bytes: int
    reading: str
    accepted: Record

    def within(self, stamp: int) -> bool:
        """Say whether a change was within the window, to the second. GUESS: what was changed at its end is in it, at its beginning not."""
        if self.reading == "ignored":
            return True
        low, high = int(self.low) - (self.reading == "inclusive"), int(self.high) - (self.reading == "exclusive")
        return low < stamp <= high


def asked_of(account: Account, body: Any) -> Asked:
    """Return what a body asks for; raise Refused for one that asks in a wrong way."""
    if not isinstance(body, dict):
        raise Refused(failed(400, "BAD_REQUEST", "The body is not usable"))
    resource = RESOURCES.get(str(body.get("resourceType")))
    if resource is None:
        raise invalid("resourceType", f"Use {', '.join(RESOURCES)}")
    low, high = _window(account, body)
    fields, custom = _columns(account, resource, body)
    accepted = {name: body[name] for name in ("fileSizeKbLimit", "contactMode", "requestedIds") if body.get(name) is not None}
    accepted |= {
        name: str(body[name]).lower() for name in ("includeInactive", "excludeChangesFromSelf") if isinstance(body.get(name), bool)
    }
    accepted |= {"requestedFields": fields} if fields else {}
    accepted |= {"requestedCustomFieldIds": [each.id for each in custom]} if custom else {}
    mode = _mode(body)
    return Asked(
        resource, low, high,
        tuple(each.name for each in resource.fields if each.core or each.name in fields), tuple(custom),
        _ids(account, body), body.get("includeInactive") is True, None if mode == _BOTH else mode, _file_bytes(body),
        str(body.get(READING)), accepted,
    )  # fmt: skip


def _window(account: Account, body: Record) -> tuple[float, float]:
    now = account.clock()
    low = read_instant(body.get("dateChangedFrom"))
    if low is None or low > now or low < now - OLDEST_DAYS * DAY:
        raise invalid("dateChangedFrom", f"Use an instant from {offset_text(now - OLDEST_DAYS * DAY)} to now")
    if body.get("dateChangedTo") is None:
        return low, now
    high = read_instant(body["dateChangedTo"])
    if high is None or high <= low or high > now:
        raise invalid("dateChangedTo", "Use an instant after dateChangedFrom that is not in the future")
    return low, high


def _list_of(body: Record, name: str, kind: type) -> list[Any]:
    """Return a list in a body; raise Refused when it is none of one kind of values."""
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, kind) and not isinstance(each, bool) for each in found):
        raise invalid(name)
    return found


def _columns(account: Account, resource: ResourceInfo, body: Record) -> tuple[list[str], list[CustomFieldInfo]]:
    """Return the fields and the custom fields that are asked for; unknown ones are dropped. GUESS: by a switch they are refused."""
    fields, numbers = _list_of(body, "requestedFields", str), _list_of(body, "requestedCustomFieldIds", int)
    known, custom = resource.names, {each.id: each for each in resource.custom}
    if account.switches.unknown_fields == "reject":
        for name, strange in (
            ("requestedFields", set(fields) - set(known)), ("requestedCustomFieldIds", set(numbers) - set(custom)),
        ):  # fmt: skip
            if strange:
                raise invalid(name, text=f"'{min(strange)}' is not a field of {resource.name}")
    return [each for each in fields if each in known], [custom[each] for each in dict.fromkeys(numbers) if each in custom]


def _ids(account: Account, body: Record) -> tuple[int, ...] | None:
    found = _list_of(body, "requestedIds", int)
    most = account.switches.most_requested_ids
    if len(found) > most:
        raise invalid("requestedIds", f"Use at most {most} ids")
    return tuple(found) or None


def _mode(body: Record) -> int:
    mode = body.get("contactMode", _BOTH)
    if mode not in {1, 2, _BOTH}:
        raise invalid("contactMode", "Use 1, 2 or 3")
    return int(mode)


def _file_bytes(body: Record) -> int:
    size = body.get("fileSizeKbLimit")
    size = USUAL_KB if size is None else size
    if not isinstance(size, int) or not SMALLEST_KB <= size <= LARGEST_KB:
        raise invalid("fileSizeKbLimit", f"Use a whole number from {SMALLEST_KB} to {LARGEST_KB}")
    return size * 1024
