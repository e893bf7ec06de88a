"""The settings: an API key is taken with its database mode and not without, and no message repeats it."""

from __future__ import annotations

from typing import Any

import pytest

from common.failures import SettingProblem
from common.settings import parse
from tests.loading import load

everyaction = load("everyaction")
settings = everyaction.settings

KEY = "1a2b3c4d-canary"
GIVEN = {"username": "app", "password": f"{KEY}|1"}


def problem(**given: Any) -> str:
    """What is wrong with a configuration."""
    with pytest.raises(SettingProblem) as raised:
        parse({**GIVEN, **given}, settings.SETTINGS)
    assert "canary" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("password", [f"{KEY}|1", f"{KEY}|0", f"{KEY}|x|1", "k|1"])
def test_a_key_with_its_mode(password: str) -> None:
    assert parse(GIVEN | {"password": password}, settings.SETTINGS)["password"] == password


@pytest.mark.parametrize("password", [f"  {KEY}|1\n", f"\t{KEY}|1 "])
def test_white_space_around_a_key_is_none_of_it(password: str) -> None:
    assert parse(GIVEN | {"password": password}, settings.SETTINGS)["password"] == f"{KEY}|1"


def test_a_key_without_its_mode_is_told_what_it_lacks() -> None:
    told = problem(password=KEY)
    assert '"password" lacks the database mode' in told
    assert '"your-key|1"' in told
    assert "1 is My Campaign" in told
    assert "0 is My Voters" in told


@pytest.mark.parametrize("password", [f"{KEY}|", "|1", "|", f"{KEY}|2", f"{KEY}|01", f"{KEY}|1|", f"{KEY}|-1", f"{KEY}|My", f"1|{KEY}"])
def test_a_bar_that_does_not_stand_between_a_key_and_a_mode(password: str) -> None:
    told = problem(password=password)
    assert '"password" must be the API key, a bar' in told
    assert "lacks" not in told


@pytest.mark.parametrize("password", [f"{KEY} |1", f"{KEY}| 1", f"{KEY}\n|1", f"{KEY}\u00e9|1", f"{KEY}\uff5c1", f"{KEY}|\u0661"])
def test_a_key_that_no_header_takes(password: str) -> None:
    assert '"password" holds a space, a line break or a character' in problem(password=password)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        (None, "is missing"),
        ("", "is empty"),
        ("   ", "is empty"),
        ("<your-canary-key|1>", "still holds a placeholder"),
        ("fivetran_encrypted:canary", "is encrypted"),
        (51, "must be a text in quotes; it is a number"),
    ],
)
def test_a_key_that_is_none(password: object, words: str) -> None:
    given = {name: value for name, value in (GIVEN | {"password": password}).items() if value is not None}
    with pytest.raises(SettingProblem) as raised:
        parse(given, settings.SETTINGS)
    assert f'"password" {words}' in str(raised.value)
    assert "canary" not in str(raised.value)


def test_a_password_is_a_secret_and_nothing_else_is() -> None:
    assert [setting.name for setting in settings.SETTINGS if setting.secret] == ["password"]
    assert [setting.name for setting in settings.SETTINGS if setting.required] == ["username", "password"]


def test_what_is_not_given() -> None:
    assert parse(GIVEN, settings.SETTINGS) == {
        "username": "app",
        "password": f"{KEY}|1",
        "base_url": "https://api.securevan.com/v4",
        "backfill_enabled": True,
        "full_refresh_days": 7,
        "signup_days": 30,
        "email_days": 30,
        "export_minutes": 60,
        "calls_per_second": 10,
        "optional_tables": frozenset(),
    }


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("username", "My App, Inc.", "My App, Inc."),
        ("base_url", "https://intlapi.securevan.com/v4/", "https://intlapi.securevan.com/v4"),
        ("base_url", "http://127.0.0.1:8901/everyaction", "http://127.0.0.1:8901/everyaction"),
        ("backfill_enabled", "False", False),
        ("full_refresh_days", "0", 0),
        ("signup_days", "3650", 3650),
        ("export_minutes", "5", 5),
        ("calls_per_second", "1", 1),
        ("optional_tables", "person_details, contribution_details", frozenset({"person_details", "contribution_details"})),
    ],
)
def test_what_may_be_given(name: str, value: str, expected: object) -> None:
    assert parse(GIVEN | {name: value}, settings.SETTINGS)[name] == expected


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("username", "a\nb", "line break"),
        ("username", "", "is empty"),
        ("base_url", "http://api.securevan.com/v4", "must begin with https://"),
        ("base_url", "https://user:pw@api.securevan.com/v4", "without a login"),
        ("backfill_enabled", "1", '"true" or "false"'),
        ("full_refresh_days", "366", "from 0 to 365"),
        ("signup_days", "-1", "from 0 to 3650"),
        ("email_days", "1.5", "from 0 to 3650"),
        ("export_minutes", "4", "from 5 to 720"),
        ("calls_per_second", "0", "from 1 to 1000"),
        ("optional_tables", "people", "it may name: contribution_details, person_details"),
        ("user_name", "app", 'did you mean "username"?'),
    ],
)
def test_what_may_not_be_given(name: str, value: str, words: str) -> None:
    told = problem(**{name: value})
    assert f'"{name}"' in told
    assert words in told
