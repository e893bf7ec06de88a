"""The settings of this connector, as data."""

from __future__ import annotations

from api import BASE_URL
from common.settings import Setting, address, day, header_text, some_of, truth, whole_number
from models import OPTIONAL_TABLES

SETTINGS = (
    Setting(
        "bearer_token",
        "API key",
        "an API key of Virtuous CRM+. An administrator creates it under Settings > Connectivity > API Keys; its permission group "
        "must be able to read what is to be synced.",
        header_text,
        required=True,
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
        "start_date",
        "Start date",
        "a day such as 2024-01-31: the first sync leaves out what was last modified before it. Empty for everything.",
        day,
    ),
    Setting(
        "include_archived",
        "Include archived contacts",
        "whether archived and merged contacts are synced, too: true or false.",
        truth,
        "true",
    ),
    Setting(
        "rate_limit_reserve",
        "Requests left to other tools",
        "how many of the organization's requests an hour (usually 5000) are left to your other integrations.",
        whole_number(0, 100_000),
        "1000",
    ),
    Setting(
        "delete_sweep_days",
        "Days between searches for deletes",
        "how often records that were deleted in Virtuous are looked for, in days; 0 for every sync.",
        whole_number(0, 365),
        "7",
    ),
    Setting(
        "optional_tables",
        "Optional tables",
        "tables that need a request for each parent record, separated by commas: " + ", ".join(OPTIONAL_TABLES) + ".",
        some_of(OPTIONAL_TABLES),
    ),
)
