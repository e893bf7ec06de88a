"""The state between syncs: what is stored is checked when it is read, so that it is never misread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from typing import Any

from common.failures import StateProblem

REQUIRED = object()
ADVICE = "Run a historical re-sync of this connection, or `fivetran reset` for a local one."


def check_version(state: Mapping[str, Any], version: int) -> None:
    """Refuses a state that a newer connector wrote, or none did.

    Raises:
        StateProblem: naming the version.
    """
    stored = state.get("version")
    if state and stored != version:
        raise StateProblem(f"The stored state has version {stored!r}; this connector reads version {version}. {ADVICE}")


def part(state: Mapping[str, Any], name: str, kind: type, *, default: Any = REQUIRED) -> Any:
    """A part of the state by name, `default` if it is absent.

    Raises:
        StateProblem: if it is not of `kind`, or absent without a default.
    """
    value = state.get(name, default)
    if value is REQUIRED:
        raise StateProblem(f'The stored state is damaged: "{name}" is missing. {ADVICE}')
    if value is None and default is None:
        return None
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        raise StateProblem(f'The stored state is damaged: "{name}" is not of the kind {kind.__name__}. {ADVICE}')
    return value


def names_of(state: Mapping[str, Any], name: str) -> list[str]:
    """A list of names of the state, empty if it is absent.

    Raises:
        StateProblem: if it is not a list of texts.
    """
    names = part(state, name, list, default=[])
    if not all(isinstance(one, str) for one in names):
        raise StateProblem(f'The stored state is damaged: "{name}" is not a list of names. {ADVICE}')
    return list(names)


def valid(name: str, load: Callable[[], Any]) -> Any:
    """What `load` makes of the part of the state by that name.

    Raises:
        StateProblem: if it raises a ValueError, which says what is damaged.
    """
    try:
        return load()
    except ValueError as error:
        raise StateProblem(f'The stored state is damaged: "{name}": {error}. {ADVICE}') from None


def day_of(state: Mapping[str, Any], name: str) -> date | None:
    """A date of the state.

    Raises:
        StateProblem: if it is none.
    """
    text = part(state, name, str, default=None)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise StateProblem(f'The stored state is damaged: "{name}" is no date. {ADVICE}') from None


def moment_of(state: Mapping[str, Any], name: str) -> datetime | None:
    """A time of the state, in UTC.

    Raises:
        StateProblem: if it is none, or has no offset.
    """
    text = part(state, name, str, default=None)
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is None):
        raise StateProblem(f'The stored state is damaged: "{name}" is no time with an offset. {ADVICE}')
    return moment.astimezone(timezone.utc) if moment else None
