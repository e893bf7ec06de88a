"""The setup tests, one for each permission that a sync cannot do without; each failure says what to change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fivetran_connector_sdk import Logging as log

from api import EveryActionApi
from common.clock import SystemClock
from common.failures import Forbidden, NotFound, Rejected, SourceFailure, Unauthorized
from common.form import outcome
from context import LOGIN_REFUSED, WRONG_ADDRESS, apis, budget
from settings import SETTINGS


def login_is_accepted(configuration: dict[str, Any]) -> Any:
    """Whether EveryAction accepts the key and its mode."""
    return outcome(configuration, SETTINGS, partial(_probe, _profile), partial(_advice, "/apiKeyProfiles"))


def changes_may_be_exported(configuration: dict[str, Any]) -> Any:
    """Whether the key may export changed entities, which people and their giving come from."""
    what = "changed entity exports, which people and gifts come from"
    return outcome(configuration, SETTINGS, partial(_probe, EveryActionApi.resources), partial(_advice, what))


TESTS = {
    "The login is accepted": login_is_accepted,
    "Changed entities may be exported": changes_may_be_exported,
}


def _probe(ask: Callable[[EveryActionApi], object], settings: dict[str, Any]) -> None:
    clock = SystemClock()
    # asked once: a form that waits for minutes is worse than one that says to try again
    once, _ = apis(settings, budget(settings, clock, 1, log.info), clock, 1, log.info)
    ask(once)


def _profile(api: EveryActionApi) -> None:
    api.page("/apiKeyProfiles", {})


def _advice(what: str, failure: SourceFailure) -> str:
    if isinstance(failure, Unauthorized):
        return LOGIN_REFUSED
    if isinstance(failure, Forbidden):
        return f"The key may not read {what} (403). Ask EveryAction to give your API key that permission."
    if isinstance(failure, (NotFound, Rejected)):
        return WRONG_ADDRESS.format(failure)
    return f'EveryAction did not answer as it should: {failure}. Check "base_url", or try again in some minutes.'
