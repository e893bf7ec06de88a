"""The settings of this connector, as data."""

from __future__ import annotations

import json
from typing import Any

from api import BASE_URL
from common.settings import Misfit, Setting, address, day, header_text, some_of, whole_number
from models import OPTIONAL_TABLES
from signin import TOKEN_URI

KEY = "service_account_key"
ID_DIGITS = 10


def account_id(value: str) -> str:
    """The ten digits of an account's id, which people write with hyphens.

    Raises:
        Misfit: if it is anything else.
    """
    digits = header_text(value).replace("-", "")
    if not digits.isdecimal() or len(digits) != ID_DIGITS:
        rule = "must be an id of ten digits, with or without hyphens, for example 123-456-7890"
        raise Misfit(f"{rule}.", f'{rule}; it is "{value}".')
    return digits


def account_ids(value: str) -> frozenset[str]:
    """Ids of accounts separated by commas.

    Raises:
        Misfit: if one of them is none.
    """
    words = [word.strip() for word in value.split(",") if word.strip()]
    wrong = [word for word in words if not _is_account_id(word)]
    if wrong:
        rule = 'must be ids of ten digits separated by commas, for example "123-456-7890, 2345678901"'
        raise Misfit(f"{rule}.", f'{rule}; "{wrong[0]}" is none.')
    return frozenset(map(account_id, words))


def _is_account_id(word: str) -> bool:
    try:
        account_id(word)
    except Misfit:
        return False
    return True


def service_account_key(value: str) -> dict[str, Any]:
    """The content of a service account's key file; empty of an empty text.

    Raises:
        Misfit: if it is no such file; what it holds is not told.
    """
    if not value:
        return {}
    try:
        key = json.loads(value)
    except (ValueError, RecursionError):
        key = None
    if not isinstance(key, dict) or key.get("type") != "service_account" or not _has_texts(key, "client_email", "private_key"):
        raise Misfit(
            "must be the whole content of a service account's key file: a JSON object with "
            '"type": "service_account", "client_email" and "private_key".'
        )
    return key


def _has_texts(key: dict[str, Any], *names: str) -> bool:
    return all(isinstance(key.get(name), str) and key[name] for name in names)


SETTINGS = (
    Setting(
        "login_customer_id",
        "Manager account",
        "the id of the manager account in Search Ads 360 below which everything is read: ten digits, as at the top of its pages.",
        account_id,
        required=True,
    ),
    Setting(
        "client_id",
        "Client ID",
        "the id of the OAuth client in your Google Cloud project; it ends in .apps.googleusercontent.com.",
        header_text,
        required=True,
        unless=KEY,
    ),
    Setting(
        "client_secret",
        "Client secret",
        "the secret of that OAuth client.",
        header_text,
        required=True,
        secret=True,
        unless=KEY,
    ),
    Setting(
        "refresh_token",
        "Refresh token",
        "what you got when you signed in with that client, with the scope https://www.googleapis.com/auth/doubleclicksearch.",
        header_text,
        required=True,
        secret=True,
        unless=KEY,
    ),
    Setting(
        KEY,
        "Service account key",
        "the content of a service account's key file (JSON) in place of the three above; its e-mail must be a user in Search Ads 360.",
        service_account_key,
        secret=True,
    ),
    Setting(
        "base_url",
        "Base URL",
        "the API's address. Leave it empty unless you test against another server.",
        address,
        BASE_URL,
    ),
    Setting(
        "sign_in_url",
        "Sign-in address",
        "where the sign-in is exchanged for a token. Leave it empty unless you test against another server.",
        address,
        TOKEN_URI,
    ),
    Setting(
        "customer_ids",
        "Client accounts",
        "the ids of the client accounts to sync, separated by commas. Empty for all that are enabled below the manager account.",
        account_ids,
    ),
    Setting(
        "start_date",
        "First day",
        "the first day of the reports, like 2024-01-31. Empty for all that Search Ads 360 keeps, which is 37 months.",
        day,
    ),
    Setting(
        "conversion_window_days",
        "Days of reports read again",
        "for how many days back the reports are read again in each sync, since late conversions change them.",
        whole_number(1, 90),
        "30",
    ),
    Setting(
        "full_refresh_days",
        "Days between full readings",
        "how often the long lists that rarely change (places, languages, product categories) are read again, in days; 0 for every sync.",
        whole_number(0, 365),
        "7",
    ),
    Setting(
        "calls_per_minute",
        "Calls a minute",
        "how many API calls a minute this connector makes at most. Google's limit, 3000 for a project, is shared with your other tools.",
        whole_number(1, 100_000),
        "2400",
    ),
    Setting(
        "calls_in_flight",
        "Calls at once",
        "how many API calls this connector has under way at the same time, at most.",
        whole_number(1, 100),
        "8",
    ),
    Setting(
        "optional_tables",
        "Optional tables",
        "tables that not everybody needs or that have many rows, separated by commas: " + ", ".join(OPTIONAL_TABLES) + ".",
        some_of(OPTIONAL_TABLES),
    ),
)
