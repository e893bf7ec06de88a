"""The setup tests, one for each permission that a sync needs; each failure says what to change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

import sync
from api import SearchAds360Api, exchange
from common.clock import SystemClock
from common.failures import Exhausted, Forbidden, RateLimited, SourceFailure, Unauthorized
from common.form import outcome
from refusals import AccountExhausted
from settings import SETTINGS
from signin import SignIn

CLIENTS = "SELECT customer_client.id, customer_client.manager, customer_client.status FROM customer_client"
MOST_ACCOUNTS = 10_000


def sign_in_is_accepted(configuration: dict[str, Any]) -> Any:
    """Whether Google accepts the sign-in, and the manager account may be read."""
    return outcome(configuration, SETTINGS, partial(_probe, _manager), partial(_advice, "the manager account"))


def campaigns_may_be_read(configuration: dict[str, Any]) -> Any:
    """Whether the campaigns of the first client account may be read."""
    return outcome(configuration, SETTINGS, partial(_probe, _first_campaign), partial(_advice, "campaigns"))


def custom_columns_may_be_read(configuration: dict[str, Any]) -> Any:
    """Whether the custom columns of the manager account may be read."""
    return outcome(configuration, SETTINGS, partial(_probe, _custom_columns), partial(_advice, "custom columns"))


TESTS = {
    "The sign-in is accepted": sign_in_is_accepted,
    "Campaigns may be read": campaigns_may_be_read,
    "Custom columns may be read": custom_columns_may_be_read,
}


def _probe(ask: Callable[[SearchAds360Api, dict[str, Any]], object], settings: dict[str, Any]) -> None:
    clock = SystemClock()
    sign_in = SignIn(settings, clock)
    session = exchange(settings, sign_in, sync.budget(settings, clock), clock, 1)
    # asked once: a form that waits for minutes is worse than one that says to try again
    ask(SearchAds360Api.of(session, sign_in, clock), settings)


def _manager(api: SearchAds360Api, settings: dict[str, Any]) -> None:
    api.search(settings["login_customer_id"], "SELECT customer.id FROM customer", 1)


def _first_campaign(api: SearchAds360Api, settings: dict[str, Any]) -> None:
    """Of the first client that is to be synced."""
    rows: list[Any] = api.search(settings["login_customer_id"], CLIENTS, MOST_ACCOUNTS).results
    found = [client for row in rows if isinstance(row, dict) and isinstance(client := row.get("customerClient"), dict)]
    clients = [str(one["id"]) for one in found if "id" in one and not one.get("manager") and one.get("status") == "ENABLED"]
    wanted = sorted(one for one in clients if not settings["customer_ids"] or one in settings["customer_ids"])
    if wanted:
        api.search(wanted[0], "SELECT campaign.id FROM campaign LIMIT 1", 1)


def _custom_columns(api: SearchAds360Api, settings: dict[str, Any]) -> None:
    api.custom_columns(settings["login_customer_id"])


def _advice(what: str, failure: SourceFailure) -> str:
    if isinstance(failure, Unauthorized):
        return str(failure)
    if isinstance(failure, Forbidden):
        return (
            f'The user may not read {what}: {failure}. Check "login_customer_id", and give the user (or the service account\'s e-mail) '
            "access to that manager account in Search Ads 360."
        )
    if failure.status == HTTPStatus.NOT_FOUND:
        return 'There is no Search Ads 360 API at "base_url" (404). Leave that setting empty for the real service.'
    if isinstance(failure, (RateLimited, Exhausted, AccountExhausted)):
        return f"Search Ads 360 has had too many questions: {str(failure).rstrip('.')}. Try again later."
    return f'Search Ads 360 did not answer as it should: {failure}. Check "base_url", or try again in some minutes.'
