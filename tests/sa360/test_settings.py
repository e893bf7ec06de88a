"""The settings: ids of accounts as people write them, the content of a key file, and the limits of numbers. No message repeats a secret."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from common.failures import SettingProblem
from common.settings import parse
from tests.loading import load

sa360 = load("sa360")
settings = sa360.settings

LOGIN = "1234567890"
KEY = {"type": "service_account", "client_email": "canary@example.org", "private_key": "canary-key", "project_id": "canary"}
USER = {
    "login_customer_id": LOGIN,
    "client_id": "app.apps.googleusercontent.com",
    "client_secret": "canary-secret",
    "refresh_token": "1//canary",
}
BY_KEY = {"login_customer_id": LOGIN, "service_account_key": json.dumps(KEY)}


def problem(given: dict[str, Any]) -> str:
    """What is wrong with a configuration."""
    with pytest.raises(SettingProblem) as raised:
        parse(given, settings.SETTINGS)
    assert "canary" not in str(raised.value)
    return str(raised.value)


def test_what_is_not_given() -> None:
    assert parse(USER, settings.SETTINGS) == USER | {
        "service_account_key": {},
        "base_url": "https://searchads360.googleapis.com",
        "sign_in_url": "https://oauth2.googleapis.com/token",
        "customer_ids": frozenset(),
        "start_date": None,
        "conversion_window_days": 30,
        "full_refresh_days": 7,
        "calls_per_minute": 2400,
        "calls_in_flight": 8,
        "optional_tables": frozenset(),
    }


def test_a_key_file_in_place_of_a_user() -> None:
    values = parse(BY_KEY, settings.SETTINGS)
    assert values["service_account_key"] == KEY
    assert [values[name] for name in ("client_id", "client_secret", "refresh_token")] == ["", "", ""]
    assert parse(BY_KEY | {"service_account_key": json.dumps(KEY, indent=2)}, settings.SETTINGS)["service_account_key"] == KEY


@pytest.mark.parametrize("name", ["client_id", "client_secret", "refresh_token"])
def test_without_a_key_file_all_of_a_user_is_needed(name: str) -> None:
    told = problem({other: value for other, value in USER.items() if other != name})
    assert f'"{name}" is missing' in told
    assert 'Or give "service_account_key" instead.' in told


@pytest.mark.parametrize(
    "content",
    [
        "canary",
        '"canary"',
        "[]",
        "{}",
        "{'type': 'service_account'}",
        json.dumps(KEY)[:-1],
        json.dumps(KEY | {"type": "authorized_user"}),
        json.dumps(KEY | {"private_key": ""}),
        json.dumps(KEY | {"client_email": 5}),
        json.dumps({name: value for name, value in KEY.items() if name != "private_key"}),
        "[" * 100_000,
    ],
)
def test_what_is_no_key_file(content: str) -> None:
    told = problem(BY_KEY | {"service_account_key": content})
    assert '"service_account_key" must be the whole content of a service account\'s key file' in told


def test_what_is_secret_and_what_is_required() -> None:
    assert [one.name for one in settings.SETTINGS if one.secret] == ["client_secret", "refresh_token", "service_account_key"]
    assert [one.name for one in settings.SETTINGS if one.required] == ["login_customer_id", "client_id", "client_secret", "refresh_token"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("login_customer_id", "123-456-7890", LOGIN),
        ("login_customer_id", "0000000001", "0000000001"),
        ("customer_ids", "123-456-7890, 2345678901,", frozenset({LOGIN, "2345678901"})),
        ("customer_ids", " , ", frozenset()),
        ("start_date", "2024-02-29", date(2024, 2, 29)),
        ("conversion_window_days", "90", 90),
        ("full_refresh_days", "0", 0),
        ("base_url", "http://127.0.0.1:8901/sa360/", "http://127.0.0.1:8901/sa360"),
        ("sign_in_url", "http://127.0.0.1:8901/sa360/token", "http://127.0.0.1:8901/sa360/token"),
        ("optional_tables", "conversions, visits", frozenset({"conversions", "visits"})),
    ],
)
def test_what_may_be_given(name: str, value: str, expected: object) -> None:
    assert parse(USER | {name: value}, settings.SETTINGS)[name] == expected


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("login_customer_id", "", "is empty"),
        ("login_customer_id", "123456789", "an id of ten digits"),
        ("login_customer_id", "12345678901", "an id of ten digits"),
        ("login_customer_id", "customers/1234567890", "an id of ten digits"),
        ("login_customer_id", "123 456 7890", "holds a space"),
        ("login_customer_id", "\u0661234567890", "holds a space, a line break or a character"),
        ("login_customer_id", "123456789\u00b2", "holds a space, a line break or a character"),
        ("customer_ids", "1234567890 2345678901", '"1234567890 2345678901" is none.'),
        ("customer_ids", "1234567890, 77", '"77" is none.'),
        ("start_date", "31.1.2024", "a date like"),
        ("conversion_window_days", "0", "from 1 to 90"),
        ("conversion_window_days", "91", "from 1 to 90"),
        ("full_refresh_days", "366", "from 0 to 365"),
        ("calls_per_minute", "0", "from 1 to 100000"),
        ("calls_in_flight", "101", "from 1 to 100"),
        ("base_url", "http://searchads360.googleapis.com", "must begin with https://"),
        ("sign_in_url", "http://oauth2.googleapis.com/token", "must begin with https://"),
        ("sign_in_url", "https://user:pw@oauth2.googleapis.com/token", "without a login"),
        ("client_secret", "canary secret", "holds a space"),
        ("refresh_token", "1//canary\n1//canary", "holds a space, a line break"),
        ("optional_tables", "campaigns", "it may name: "),
        ("customer_id", LOGIN, 'did you mean "customer_ids"?'),
    ],
)
def test_what_may_not_be_given(name: str, value: str, words: str) -> None:
    told = problem(USER | {name: value})
    assert f'"{name}"' in told
    assert words in told
