"""The setup tests, one for each permission that a sync needs; each failure says what to change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import sync
from api import OngageApi, exchange
from common.clock import SystemClock
from common.failures import Forbidden, NotFound, SourceFailure, Unauthorized
from common.form import outcome
from plan import ACCOUNT
from settings import SETTINGS


def login_is_accepted(configuration: dict[str, Any]) -> Any:
    """Whether OnGage accepts the login, and shows lists."""
    return outcome(configuration, SETTINGS, partial(_probe, _lists), partial(_advice, "lists"))


def mailings_may_be_read(configuration: dict[str, Any]) -> Any:
    """Whether the user may read the mailings of the first list."""
    return outcome(configuration, SETTINGS, partial(_probe, _first_mailing), partial(_advice, "mailings"))


def statistics_may_be_read(configuration: dict[str, Any]) -> Any:
    """Whether the user may read reports."""
    return outcome(configuration, SETTINGS, partial(_probe, _report), partial(_advice, "statistics"))


TESTS = {
    "The login is accepted": login_is_accepted,
    "Mailings may be read": mailings_may_be_read,
    "Statistics may be read": statistics_may_be_read,
}


def _probe(ask: Callable[[OngageApi, dict[str, Any]], object], settings: dict[str, Any]) -> None:
    clock = SystemClock()
    session = exchange(settings, sync.budget(settings, clock), clock, 1)
    # asked once: a form that waits for minutes is worse than one that says to try again
    ask(OngageApi(session.json, session.chunks), settings)


def _lists(api: OngageApi, settings: dict[str, Any]) -> None:
    api.listing(None, "lists", {"offset": 0, "limit": 1})


def _first_mailing(api: OngageApi, settings: dict[str, Any]) -> None:
    """Of the first sending list that is to be synced."""
    lists = api.listing(None, "lists", {"offset": 0, "limit": 500, "sort": "id", "order": "ASC"}).records
    only, without = settings["list_ids"], settings["exclude_list_ids"]
    sending = [number for one in lists if one.get("type") != "suppression" and (number := ACCOUNT[0].id_of(one)) is not None]
    wanted = [number for number in sending if (not only or number in only) and number not in without]
    if wanted:
        api.listing(str(wanted[0]), "mailings", {"offset": 0, "limit": 1})


def _report(api: OngageApi, settings: dict[str, Any]) -> None:
    api.report({"list_ids": "all", "from": "mailing", "select": ["list_id", "sum(`sent`)"], "group": ["list_id"], "limit": 1})


def _advice(what: str, failure: SourceFailure) -> str:
    if isinstance(failure, Unauthorized):
        return sync.LOGIN_REFUSED
    if isinstance(failure, Forbidden):
        return f"The user may not read {what} (403). Give it the role Admin or General in OnGage, and see that your plan includes the API."
    if isinstance(failure, NotFound):
        return 'There is no OnGage API at "base_url" (404). Leave that setting empty for the real service.'
    return f'OnGage did not answer as it should: {failure}. Check "base_url", or try again in some minutes.'
