"""The settings of this connector, as data."""

from __future__ import annotations

from api import BASE_URL
from common.settings import Setting, address, header_text, numbers, password_text, some_of, whole_number
from models import OPTIONAL_TABLES
from plan import INITIAL_BATCH_MONTHS

API_KEY = "x_api_key"
SETTINGS = (
    Setting(
        "x_username",
        "User name",
        "the user name with which you sign in to OnGage; a user of the role Admin or General sees all lists.",
        header_text,
        required=True,
        unless=API_KEY,
    ),
    Setting(
        "x_password",
        "Password",
        "that user's password.",
        password_text,
        required=True,
        secret=True,
        unless=API_KEY,
    ),
    Setting(
        "x_account_code",
        "Account code",
        "the account code from your profile page in OnGage: letters and digits, not the account's number.",
        header_text,
        required=True,
        secret=True,
        unless=API_KEY,
    ),
    Setting(
        API_KEY,
        "API key",
        "a key in place of the three settings above, for accounts that sign in by key; base_url then usually is https://api.ongage.com.",
        header_text,
        secret=True,
    ),
    Setting(
        "base_url",
        "Base URL",
        "the API's address. Leave it empty unless you sign in by key or test against another server.",
        address,
        BASE_URL,
    ),
    Setting(
        "list_ids",
        "Lists",
        "the ids of the lists to sync, separated by commas. Empty for all sending lists that the user may see.",
        numbers,
    ),
    Setting(
        "exclude_list_ids",
        "Lists left out",
        "the ids of lists that are not to be synced, separated by commas.",
        numbers,
    ),
    Setting(
        "full_refresh_days",
        "Days between full readings",
        "how often all contacts are read again, in days; 0 for every sync. Only that finds edited fields and deleted contacts.",
        whole_number(0, 365),
        "7",
    ),
    Setting(
        "batch_months",
        "Months per search",
        "how many months of creation dates one search for the contacts of a large list covers.",
        whole_number(1, 120),
        str(INITIAL_BATCH_MONTHS),
    ),
    Setting(
        "search_minutes",
        "Minutes per search",
        "how long a search for contacts may take before a smaller one is tried.",
        whole_number(5, 720),
        "60",
    ),
    Setting(
        "overlap_hours",
        "Hours of overlap",
        "how many hours before the end of the last sync the next one begins to look for changes.",
        whole_number(0, 720),
        "1",
    ),
    Setting(
        "stats_days",
        "Days of statistics read again",
        "for how many days back the daily statistics are read again in each sync, since late opens and clicks change them.",
        whole_number(1, 730),
        "30",
    ),
    Setting(
        "activity_days",
        "Days of activity read again",
        "for how many days back the optional activity of contacts is read in each sync; the first sync begins there, too.",
        whole_number(1, 90),
        "3",
    ),
    Setting(
        "calls_per_minute",
        "Calls a minute",
        "how many API calls a minute this connector makes at most. The account's limit, usually 300, is shared with your other tools.",
        whole_number(1, 100_000),
        "300",
    ),
    Setting(
        "calls_in_flight",
        "Calls at once",
        "how many API calls this connector has under way at the same time, at most. OnGage allows 10.",
        whole_number(1, 100),
        "10",
    ),
    Setting(
        "optional_tables",
        "Optional tables",
        "tables that cost many calls or whose form the vendor does not document, separated by commas: " + ", ".join(OPTIONAL_TABLES) + ".",
        some_of(OPTIONAL_TABLES),
    ),
)
