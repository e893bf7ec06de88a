"""The parsers of settings, and the reading of configuration.json."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.failures import SettingProblem
from common.settings import Setting, address, day, header_text, numbers, parse, password_text, read_file, some_of, truth, whole_number
from tests.strategies import ANY_TEXT

CANARY = "canary-3c8b"
CHOICES = ("notes", "roles", "expenses")
PARSERS: list[Callable[[str], Any]] = [
    header_text, password_text, truth, day, address, numbers, whole_number(0, 100), some_of(CHOICES),
]  # fmt: skip


@pytest.mark.parametrize("parser", PARSERS)
@given(value=ANY_TEXT)
def test_a_parser_gives_a_value_or_says_what_is_wrong(parser: Callable[[str], Any], value: str) -> None:
    try:
        parser(value)
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017 - whether it raises is up to the value


@given(value=ANY_TEXT)
def test_a_header_takes_every_accepted_credential(value: str) -> None:
    try:
        accepted = header_text(value)
    except ValueError:
        return
    assert accepted == value
    assert all("!" <= character <= "~" for character in value)


@given(value=ANY_TEXT)
def test_a_header_takes_every_accepted_password(value: str) -> None:
    try:
        accepted = password_text(value)
    except ValueError:
        return
    assert accepted == value
    assert all(" " <= character <= "~" for character in value)


@pytest.mark.parametrize("value", ["", "plain", "with a space", "  two  ", "p:a,s;s=\"w'o\\r%d&", "{}[]<>"])
def test_a_password_may_hold_whatever_a_header_takes(value: str) -> None:
    assert password_text(value) == value


@pytest.mark.parametrize("value", [f"{CANARY}\n", f"{CANARY}\r\nX: y", f"{CANARY}\t", f"{CANARY}\x00", f"caf\u00e9 {CANARY}", "\u20ac"])
def test_a_password_that_no_header_takes_is_refused_without_being_told(value: str) -> None:
    with pytest.raises(ValueError, match="choose another one at the source") as raised:
        password_text(value)
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    ("value", "meant"),
    [("", set()), (" , ,", set()), ("70011", {70011}), ("70011,70012", {70011, 70012}), (" 7 , 5,7,", {5, 7}), ("007", {7})],
)
def test_numbers(value: str, meant: set[int]) -> None:
    assert numbers(value) == meant


@pytest.mark.parametrize("value", ["70011 70012", "70011;70012", "-1", "1.5", "1e3", "0x1f", "1_0", "list", "\u0665", "\u00b2"])
def test_what_is_no_list_of_numbers_is_told_with_an_example(value: str) -> None:
    with pytest.raises(ValueError, match=r'^must be numbers separated by commas, for example "70011, 70012"; ".*" is none\.$'):
        numbers(f"5, {value}")


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("100", 100), ("007", 7)])
def test_a_whole_number(value: str, number: int) -> None:
    assert whole_number(0, 100)(value) == number


@pytest.mark.parametrize("value", ["", "-1", "101", "1.0", "1e2", "0x10", " 5", "1_0", "1,000", "\N{SUPERSCRIPT TWO}", "9" * 5000])
def test_what_is_no_whole_number_within_the_limits(value: str) -> None:
    with pytest.raises(ValueError, match="must be a whole number from 0 to 100 in quotes"):
        whole_number(0, 100)(value)


@pytest.mark.parametrize(("value", "meant"), [("true", True), ("True", True), ("FALSE", False), ("false", False)])
def test_a_truth_value(value: str, meant: bool) -> None:
    assert truth(value) is meant


@pytest.mark.parametrize("value", ["", "yes", "1", "0", "on", "truee"])
def test_what_is_no_truth_value(value: str) -> None:
    with pytest.raises(ValueError, match='must be "true" or "false"'):
        truth(value)


@pytest.mark.parametrize(("value", "meant"), [("", None), ("2024-02-29", date(2024, 2, 29)), ("1999-12-31", date(1999, 12, 31))])
def test_a_day(value: str, meant: date | None) -> None:
    assert day(value) == meant


@pytest.mark.parametrize("value", ["2023-02-29", "31.1.2024", "1/31/2024", "2024-1-31", "2024", "2024-01-31T00:00:00", "yesterday"])
def test_what_is_no_day(value: str) -> None:
    with pytest.raises(ValueError, match="must be a date like"):
        day(value)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("https://api.example.org", "https://api.example.org"),
        ("https://api.example.org/", "https://api.example.org"),
        ("https://api.example.org:8443/base/", "https://api.example.org:8443/base"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address(value: str, meant: str) -> None:
    assert address(value) == meant


@pytest.mark.parametrize(
    "value",
    [
        "",
        "api.example.org",
        "https://",
        "ftp://api.example.org",
        "https://user:canary-3c8b@api.example.org",
        "https://canary-3c8b@api.example.org",
        "https://api.example.org?key=canary-3c8b",
        "https://api.example.org#part",
        "http://api.example.org",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
    ],
)
def test_an_address_to_which_no_credential_may_go(value: str) -> None:
    with pytest.raises(ValueError, match="must be") as raised:
        address(value)
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    ("value", "meant"),
    [("", set()), (" , ", set()), ("notes", {"notes"}), ("roles,notes", {"roles", "notes"}), (" notes , notes ", {"notes"})],
)
def test_some_of_a_list(value: str, meant: set[str]) -> None:
    assert some_of(CHOICES)(value) == meant


def test_what_is_not_in_the_list_is_named_with_the_list() -> None:
    with pytest.raises(ValueError, match=r"^names Notes, tasks; it may name: notes, roles, expenses\.$"):
        some_of(CHOICES)("tasks,notes,Notes")


# --- The whole configuration ---

SETTINGS = (
    Setting("token", "Token", "the key.", header_text, required=True, secret=True),
    Setting("retries", "Retries", "how many.", whole_number(0, 9), "3"),
    Setting("since", "Since", "a day.", day),
)


def test_defaults_stand_in_for_what_is_absent_empty_or_null() -> None:
    expected = {"token": "k", "retries": 3, "since": None}
    assert parse({"token": "k"}, SETTINGS) == expected
    assert parse({"token": "k", "retries": "", "since": None}, SETTINGS) == expected


def test_a_value_of_the_wrong_type_is_shown_as_it_should_be_written_unless_it_is_secret() -> None:
    with pytest.raises(SettingProblem) as raised:
        parse({"token": 123456, "retries": 5}, SETTINGS)
    assert str(raised.value).splitlines()[1:] == [
        '- "token" must be a text in quotes; it is a number.',
        '- "retries" must be a text in quotes, for example "5"; it is a number.',
    ]


def test_a_list_is_shown_as_it_should_be_written() -> None:
    with pytest.raises(SettingProblem, match='must be a text in quotes, for example "tasks, notes"; it is a list'):
        parse({"token": "k", "retries": ["tasks", "notes"]}, SETTINGS)
    with pytest.raises(SettingProblem, match="must be a text in quotes; it is an object"):
        parse({"token": "k", "retries": {"most": 5}}, SETTINGS)


@pytest.mark.parametrize("value", ["<YOUR_API_KEY>", "<YOUR_API_KEY|1>", "<YOUR_API_KEY>|1"])
def test_a_placeholder_is_told_also_with_something_around_it(value: str) -> None:
    with pytest.raises(SettingProblem, match='"token" still holds a placeholder: the key'):
        parse({"token": value}, SETTINGS)


@given(configuration=st.dictionaries(st.sampled_from(["token", "retries", "since", "tokne"]), st.none() | st.integers() | ANY_TEXT))
def test_any_configuration_is_parsed_or_refused_with_every_problem(configuration: dict[str, Any]) -> None:
    try:
        values = parse(configuration, SETTINGS)
    except SettingProblem as problem:
        assert str(problem).startswith("The configuration needs a change:\n- ")  # noqa: PT017
    else:
        assert values.keys() == {"token", "retries", "since"}
        assert "tokne" not in configuration


EITHER = (
    Setting("user", "User", "the name.", header_text, required=True, unless="key"),
    Setting("password", "Password", "the password.", password_text, required=True, secret=True, unless="key"),
    Setting("key", "Key", "the key.", header_text, secret=True),
)


def test_a_setting_that_another_one_replaces_may_be_absent() -> None:
    assert parse({"key": "k"}, EITHER) == {"user": "", "password": "", "key": "k"}
    assert parse({"key": "k", "user": "", "password": None}, EITHER) == {"user": "", "password": "", "key": "k"}
    assert parse({"user": "u", "password": "p w"}, EITHER) == {"user": "u", "password": "p w", "key": ""}


@pytest.mark.parametrize("key", [{}, {"key": ""}, {"key": None}, {"key": " \n"}])
def test_without_the_other_one_it_is_required(key: dict[str, Any]) -> None:
    with pytest.raises(SettingProblem) as raised:
        parse({"user": "u"} | key, EITHER)
    assert str(raised.value).splitlines()[1:] == ['- "password" is missing: the password. Or give "key" instead.']


def test_a_setting_that_is_given_all_the_same_is_checked() -> None:
    assert parse({"user": "u", "key": "k"}, EITHER) == {"user": "u", "password": "", "key": "k"}
    with pytest.raises(SettingProblem, match='"user" holds a space'):
        parse({"user": "u u", "key": "k"}, EITHER)


def test_what_is_wrong_with_the_other_one_is_told_alone() -> None:
    with pytest.raises(SettingProblem) as raised:
        parse({"key": "k k"}, EITHER)
    assert len(str(raised.value).splitlines()) == 2


# --- configuration.json ---


def test_a_configuration_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "configuration.json"
    path.write_text('{"token": "\N{SNOWMAN}"}', encoding="utf-8")
    assert read_file(path) == {"token": "\N{SNOWMAN}"}


@pytest.mark.parametrize("content", [b"", b"{'token': 'canary-3c8b'}", b'{"token": "canary-3c8b",}', b'"canary-3c8b"', b"\xff\xfe{"])
def test_a_file_that_is_no_configuration_is_refused_without_quoting_it(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "configuration.json"
    path.write_bytes(content)
    with pytest.raises(SettingProblem, match=r"^configuration\.json ") as raised:
        read_file(path)
    assert CANARY not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingProblem, match=r"^There is no configuration\.json here\."):
        read_file(tmp_path / "configuration.json")
