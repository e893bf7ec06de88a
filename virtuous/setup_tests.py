"""The setup tests, one for each permission that a sync needs; each failure says what to change."""

from __future__ import annotations

from functools import partial
from typing import Any

import sync
from api import VirtuousApi, exchange
from common.clock import SystemClock
from common.failures import Forbidden, NotFound, SourceFailure, Unauthorized
from common.form import outcome
from settings import SETTINGS


def key_is_accepted(configuration: dict[str, Any]) -> Any:
    """Whether Virtuous accepts the API key."""
    return outcome(configuration, SETTINGS, partial(_probe, "Organization/Current"), partial(_advice, "the organization"))


def contacts_may_be_read(configuration: dict[str, Any]) -> Any:
    """Whether the key may read contacts."""
    return outcome(configuration, SETTINGS, partial(_probe, "Contact/Query/FullContact"), partial(_advice, "contacts"))


def gifts_may_be_read(configuration: dict[str, Any]) -> Any:
    """Whether the key may read gifts."""
    return outcome(configuration, SETTINGS, partial(_probe, "Gift/Query/FullGift"), partial(_advice, "gifts"))


TESTS = {
    "The API key is accepted": key_is_accepted,
    "Contacts may be read": contacts_may_be_read,
    "Gifts may be read": gifts_may_be_read,
}


def _probe(path: str, settings: dict[str, Any]) -> None:
    clock = SystemClock()
    api = VirtuousApi(exchange(settings, sync.budget(settings, clock), clock, 1).json)
    if "Query" in path:
        api.query(path, [], 0, 1)
    else:
        api.organization()  # asked once: a form that waits for minutes is worse than one that says to try again


def _advice(what: str, failure: SourceFailure) -> str:
    if isinstance(failure, Unauthorized):
        return sync.KEY_REFUSED
    if isinstance(failure, Forbidden):
        return f"The API key may not read {what} (403). Give its permission group access to {what} in Virtuous, or use another key."
    if isinstance(failure, NotFound):
        return 'There is no Virtuous API at "base_url" (404). Leave that setting empty for the real service.'
    return f'Virtuous did not answer as it should: {failure}. Check "base_url", or try again in some minutes.'
