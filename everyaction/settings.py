"""The settings of this connector, as data."""

from __future__ import annotations

from api import BASE_URL
from common.settings import Misfit, Setting, address, header_text, password_text, some_of, truth, whole_number
from models import OPTIONAL_TABLES

MODES = ("0", "1")


def key_with_mode(value: str) -> str:
    """An API key with its database mode behind a bar.

    Raises:
        Misfit: if there is no mode, or none of the two that there are; or if it cannot stand in a header.
    """
    key, bar, mode = header_text(value).rpartition("|")
    if not bar:
        raise Misfit(
            'lacks the database mode: write the API key, a bar and the mode, as in "your-key|1" (1 is My Campaign, which EveryAction uses; '
            "0 is My Voters)."
        )
    if not key or mode not in MODES:
        raise Misfit('must be the API key, a bar, and as the database mode 1 (My Campaign) or 0 (My Voters), as in "your-key|1".')
    return value


def name_text(value: str) -> str:
    """A user name of HTTP Basic.

    Raises:
        Misfit: if it holds a colon, which ends a name there, or cannot stand in a header.
    """
    if ":" in value:
        raise Misfit("holds a colon, which the name of an application cannot have: copy it again.")
    return password_text(value)


SETTINGS = (
    Setting(
        "username",
        "Application name",
        "the name of the application for which EveryAction issued the API key.",
        name_text,
        required=True,
    ),
    Setting(
        "password",
        "API key and database mode",
        "the API key, a vertical bar, and the database mode: 1 for My Campaign, which EveryAction uses, or 0 for My Voters.",
        key_with_mode,
        required=True,
        secret=True,
    ),
    Setting(
        "base_url",
        "Base URL",
        "the API's address. Leave it empty unless your account is on the international host, https://intlapi.securevan.com/v4.",
        address,
        BASE_URL,
    ),
    Setting(
        "backfill_enabled",
        "Read the past",
        "whether the first sync reads everybody's records, and not only what changed in the last 90 days. Never done in My Voters.",
        truth,
        "true",
    ),
    Setting(
        "full_refresh_days",
        "Days between full readings",
        "how often the signups of all events, and what only a request for each record shows, are read again, in days; 0 for every sync.",
        whole_number(0, 365),
        "7",
    ),
    Setting(
        "signup_days",
        "Days of signups",
        "events that began up to so many days ago, or are to come, have their signups read in each sync.",
        whole_number(0, 3650),
        "30",
    ),
    Setting(
        "email_days",
        "Days of e-mail statistics",
        "messages that were sent up to so many days ago have their statistics read in each sync.",
        whole_number(0, 3650),
        "30",
    ),
    Setting(
        "export_minutes",
        "Minutes per export",
        "how long an export of changed entities may take before a smaller one is tried.",
        whole_number(5, 720),
        "60",
    ),
    Setting(
        "calls_per_second",
        "Calls a second",
        "how many API calls a second this connector makes at most.",
        whole_number(1, 1000),
        "10",
    ),
    Setting(
        "optional_tables",
        "Optional tables",
        f"tables that cost a call for each row, with their parts, separated by commas: {', '.join(OPTIONAL_TABLES)}.",
        some_of(OPTIONAL_TABLES),
    ),
)
