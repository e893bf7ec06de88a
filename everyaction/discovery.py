"""What the account exports: types of changed entities, their fields and kinds of change, which differ from one account to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from fivetran_connector_sdk import Logging as log

import models
from api import EveryActionApi, Record
from common.clock import SystemClock
from common.failures import Forbidden, NotFound, Rejected, SettingProblem, SourceFailure, SyncFailed, Unauthorized
from context import LOGIN_REFUSED, WRONG_ADDRESS, Settings, apis, budget
from fetch import PARALLEL_REQUESTS
from models import NoKey, Resource

Each = Callable[[Callable[[str], Any], Iterable[str]], Iterable[Any]]  # map, or that of an executor


class Unreadable(Exception):
    """What must be known of a type, and the key may not read, or is not there."""


class Account(NamedTuple):
    """What an account exports.

    Args:
        resources: the types that are synced.
        refused: by type, why it is not.
        records: a record for each type, with the fields and the kinds of change as the API lists them.
    """

    resources: tuple[Resource, ...]
    refused: dict[str, str]
    records: list[Record]


def discover(api: EveryActionApi, each: Each = map) -> Account:
    """Asks for the types, and of each for its fields and kinds of change.

    Raises:
        SourceFailure: if the source does not answer, or does not let the key export anything (Forbidden).
    """
    records = list(each(lambda name: _record(api, name), sorted(set(api.resources()))))
    found, refused = list[Resource](), dict[str, str]()
    for record in records:
        name = record["resourceType"]
        if name in models.COVERED:
            continue
        try:
            found.append(_resource(record))
        except Unreadable as problem:
            refused[name] = f"{problem} cannot be read (403 or 404)"
        except NoKey as problem:
            refused[name] = f"its key is not known, and none is guessed: {problem}"
    return Account(tuple(found), refused, [{key: value for key, value in record.items() if value is not None} for record in records])


def of_account(settings: Settings) -> tuple[Resource, ...]:
    """What the account exports, for its schema.

    Raises:
        SettingProblem: if the login is not accepted.
        SyncFailed: if the source does not answer.
    """
    clock = SystemClock()
    _, api = apis(settings, budget(settings, clock, PARALLEL_REQUESTS, log.info), clock, PARALLEL_REQUESTS, log.info)
    try:
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as executor:
            return discover(api, executor.map).resources
    except Unauthorized as failure:
        raise SettingProblem(LOGIN_REFUSED) from failure
    except Forbidden:
        return ()  # `update` says so
    except SourceFailure as failure:
        raise SyncFailed(unreachable(failure, settings)) from failure


def unreachable(failure: SourceFailure, settings: Settings) -> str:
    """What to do when the source does not answer."""
    if isinstance(failure, (NotFound, Rejected)):
        return WRONG_ADDRESS.format(failure)
    return f'EveryAction cannot be reached: {failure}. Check "base_url" ({settings["base_url"]}), or try again later.'


def _record(api: EveryActionApi, name: str) -> Record:
    return {"resourceType": name, "fields": _allowed(api.fields, name), "changeTypes": _allowed(api.change_types, name)}


def _allowed(ask: Callable[[str], list[Record]], name: str) -> list[Record] | None:
    """What is asked for; None if the key may not read it, or there is no such thing."""
    try:
        return ask(name)
    except (Forbidden, NotFound):
        return None


def _resource(record: Record) -> Resource:
    """A type, as its record tells.

    Raises:
        Unreadable: if it does not tell what there must be.
        NoKey: if its fields show no key.
    """
    if record["fields"] is None:
        raise Unreadable("its fields")
    found = models.resource_of(record["resourceType"], _objects(record["fields"]), _objects(record["changeTypes"]))
    if record["changeTypes"] is None and found.tells_change:  # then rows that were deleted would look like all others
        raise Unreadable("its kinds of change, which tell what was deleted,")
    return found


def _objects(found: Any) -> list[Record]:
    return [one for one in found or () if isinstance(one, dict)]
