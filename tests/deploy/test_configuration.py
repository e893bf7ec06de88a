"""What a deploy makes of its environment: the whole configuration or none, and never a value in a message."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from common.settings import Setting, whole_number
from tests.contract.facts import example
from tests.deploy.documents import secret, settings_of
from tests.deploy.scripts import scripts
from tests.loading import FOLDERS

CANARY = "canary-5f1c"
OWN = {"FIVETRAN_API_KEY": base64.b64encode(b"key:secret").decode(), "FIVETRAN_DESTINATION": "warehouse"}


def quoting(value: str) -> str:
    """A parser that accepts nothing, and says so with the value."""
    raise ValueError(f"cannot be {value}")


SETTINGS = (
    Setting("token", "Token", "a token of the source.", str, required=True, secret=True),
    Setting("user", "User", "a user in place of the key.", str, required=True, unless="key"),
    Setting("key", "Key", "a key in place of the user.", str, secret=True),
    Setting("days", "Days", "how many days.", whole_number(0, 9), "7"),
    Setting("word", "Word", "a word that is odd.", quoting),
)
WHERE = "GitHub looks for a secret of just that name in the environment toy, then in the repository."
WHOLE = {**OWN, "SFL_TOY_TOKEN": "t0ken", "SFL_TOY_USER": "someone"}


def configuration(environment: dict[str, str]) -> dict[str, str]:
    made: dict[str, str] = scripts().configuration.configuration_of("toy", SETTINGS, environment)
    return made


def problems(environment: dict[str, str]) -> list[str]:
    with pytest.raises(scripts().configuration.Problems) as found:
        configuration(environment)
    assert CANARY not in str(found.value)
    return [line.removeprefix("- ") for line in str(found.value).split("\n")]


def test_what_is_given_arrives_and_what_is_not_is_left_to_its_default() -> None:
    assert configuration({**WHOLE, "SFL_TOY_DAYS": "", "SFL_OTHER_DAYS": "3"}) == {"token": "t0ken", "user": "someone"}
    assert configuration({**WHOLE, "SFL_TOY_DAYS": "0"})["days"] == "0"


@pytest.mark.parametrize("value", ["a\"b'c", "back\\slash", "two\nlines", "${{ secrets.X }}", "%0A", "::add-mask::x", "😀", "a  b", "{}"])
def test_a_value_is_taken_byte_for_byte(value: str) -> None:
    assert configuration({**WHOLE, "SFL_TOY_TOKEN": value})["token"] == value


@pytest.mark.parametrize("empty", [None, ""])
def test_what_is_required_and_missing_is_named_with_what_it_is(empty: str | None) -> None:
    without = {name: value for name, value in WHOLE.items() if name != "SFL_TOY_TOKEN"}
    given = without if empty is None else without | {"SFL_TOY_TOKEN": empty}
    assert problems(given) == ["SFL_TOY_TOKEN is missing or empty: a token of the source.", WHERE]


def test_what_another_setting_stands_in_for_is_required_unless_that_is_there() -> None:
    without = {name: value for name, value in WHOLE.items() if name != "SFL_TOY_USER"}
    assert problems(without) == ["SFL_TOY_USER is missing or empty: a user in place of the key. Or give SFL_TOY_KEY instead.", WHERE]
    assert configuration({**without, "SFL_TOY_KEY": "k"}) == {"token": "t0ken", "key": "k"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f" {CANARY}", "begins or ends with a space"),
        (f"{CANARY}\n", "begins or ends with a space"),
        (" ", "begins or ends with a space"),
        (f"<{CANARY}>", "still holds a placeholder"),
        (f"<YOUR_{CANARY}> and more", "still holds a placeholder"),
        ("...", "still holds a placeholder"),
        ("********", "still holds a placeholder"),
        ("xxxx", "still holds a placeholder"),
        ("null", "still holds a placeholder"),
        (f"\u200b{CANARY}", "begins or ends with a space"),
        (f"{CANARY}\ufeff", "begins or ends with a space"),
        ("CHANGE-ME", "still holds a placeholder"),
        ("YOUR_API_KEY", "still holds a placeholder"),
        ("your-key|1", "still holds a placeholder"),
        ("your_api_key_here", "still holds a placeholder"),
        (f"fivetran_encrypted:{CANARY}", "is encrypted"),
    ],
)
@pytest.mark.parametrize("name", ["SFL_TOY_TOKEN", "SFL_TOY_KEY", "FIVETRAN_DESTINATION"])
def test_a_value_that_cannot_be_meant_is_refused_by_its_name(name: str, value: str, said: str) -> None:
    [problem] = problems({**WHOLE, name: value})
    assert problem.startswith(f"{name} {said}")


def test_a_value_that_the_connector_would_refuse_is_refused_without_quoting_it() -> None:
    assert problems({**WHOLE, "SFL_TOY_DAYS": CANARY}) == ["SFL_TOY_DAYS must be a whole number from 0 to 9."]
    assert problems({**WHOLE, "SFL_TOY_WORD": CANARY}) == ["SFL_TOY_WORD is nothing that the connector can use: a word that is odd."]


def test_who_does_not_use_a_connector_at_all_learns_how_to_say_so() -> None:
    assert problems(OWN)[-1].startswith("None of the secrets of toy is there. If you do not use it")


def test_a_secret_that_is_no_setting_is_refused() -> None:
    [problem] = problems({**WHOLE, "SFL_TOY_TOKN": CANARY})
    assert problem.startswith("SFL_TOY_TOKN is no setting of toy")
    assert "SFL_TOY_TOKEN" in problem


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(problems({"SFL_TOY_DAYS": CANARY, "SFL_TOY_DAY": CANARY})) == 7


@pytest.mark.parametrize("key", ["", f"key:{CANARY}", f" {OWN['FIVETRAN_API_KEY']}", base64.b64encode(CANARY.encode()).decode(), "…"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    problem = problems({**WHOLE, "FIVETRAN_API_KEY": key})[0]
    assert problem.startswith("FIVETRAN_API_KEY ")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_connectors_required_settings_are_a_whole_configuration(folder: str) -> None:
    settings = settings_of(folder)
    required = {setting.name: example(folder, setting.name, "canary") for setting in settings if setting.required}
    environment = {secret(folder, name): value for name, value in required.items()}
    assert made(folder, {**OWN, **environment}) == required
    with pytest.raises(scripts().configuration.Problems) as found:
        made(folder, OWN)
    for name in environment:
        assert name in str(found.value)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        f"{CANARY}, 7",
        f"http://{CANARY}.example.org",
        f"https://{CANARY}@x",
        f"{CANARY}|9",
        f"{CANARY} key",
        f"{CANARY}:é",
        f"{CANARY}\nb",
    ],
)
def test_no_setting_of_a_connector_is_refused_with_its_value(folder: str, value: str) -> None:
    environment = {**OWN, **{secret(folder, setting.name): value for setting in settings_of(folder)}}
    with pytest.raises(scripts().configuration.Problems) as found:
        made(folder, environment)
    assert "SFL_" in str(found.value)
    assert CANARY not in str(found.value)


def made(folder: str, environment: dict[str, str]) -> Any:
    return scripts().configuration.configuration_of(folder, settings_of(folder), environment)
