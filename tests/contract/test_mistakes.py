"""A newcomer's mistakes: each ends, before any row is touched, in one sentence that says what to change."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.failures import SettingProblem
from common.settings import Setting, header_text
from sandbox.fivetran import scratch_copy
from tests.contract.facts import FACTS, example
from tests.loading import ROOT, load, schema_of

CANARY = "canary-9d2e"
Configuration = dict[str, Any]


def complete(folder: str) -> Configuration:
    """A configuration without a mistake, with a canary for every secret."""
    return {setting.name: example(folder, setting.name, CANARY) for setting in load(folder).settings.SETTINGS if setting.required}


def setting_of(folder: str, name: str) -> Setting:
    found: Setting = next(setting for setting in load(folder).settings.SETTINGS if setting.name == name)
    return found


def replacing(setting: Setting) -> str:
    """The setting with which this one is not required any more; "" if there is none."""
    return str(getattr(setting, "unless", ""))


def problems(folder: str, configuration: Configuration) -> list[str]:
    """What `schema` and `update` say of a configuration, a problem a line; both must say the same."""
    connector = load(folder).connector
    with pytest.raises(SettingProblem) as by_schema:
        connector.schema(configuration)
    with pytest.raises(Exception, match="The configuration needs a change") as by_update:
        connector.update(configuration, {})
    assert str(by_update.value) == str(by_schema.value)
    assert CANARY not in str(by_schema.value)
    first, *rest = str(by_schema.value).splitlines()
    assert first == "The configuration needs a change:"
    return rest


def test_a_configuration_without_a_mistake(folder: str) -> None:
    assert schema_of(folder, complete(folder))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda secret: {secret: ""}, "is empty: "),
        (lambda secret: {secret: "   "}, "is empty: "),
        (lambda secret: {secret: None}, "is missing: "),
        (lambda secret: {secret: 12345}, "must be a text in quotes; it is a number."),
        (lambda secret: {secret: True}, "must be a text in quotes; it is true or false without quotes."),
        (lambda secret: {secret: ["a"]}, "must be a text in quotes; it is a list."),
        (lambda secret: {secret: "<YOUR_API_KEY>"}, "still holds a placeholder: "),
    ],
)
def test_a_wrong_credential(folder: str, mistake: Callable[[str], Configuration], said: str) -> None:
    secret = FACTS[folder].secret
    [problem] = problems(folder, complete(folder) | mistake(secret))
    assert problem.startswith(f'- "{secret}" {said}')
    assert "12345" not in problem


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f"Bearer {CANARY}", "holds a space, "),
        (f"{CANARY}\n{CANARY}", "holds a space, a line break "),
        (f"{CANARY}\N{RIGHT DOUBLE QUOTATION MARK}", "holds a space, a line break or a character "),
    ],
)
def test_a_credential_that_no_header_can_hold(folder: str, value: str, said: str) -> None:
    settings = load(folder).settings.SETTINGS
    headers = [setting.name for setting in settings if setting.parse is header_text or _holds_one_word(folder, setting.name)]
    assert headers
    for name in headers:
        [problem] = problems(folder, complete(folder) | {name: value})
        assert problem.startswith(f'- "{name}" {said}')


def _holds_one_word(folder: str, name: str) -> bool:
    """Whether a setting's example is not one that is made of several words, such as JSON."""
    made: str = FACTS[folder].examples.get(name, " ")
    return " " not in made


def test_a_setting_is_not_required_beside_the_one_that_replaces_it(folder: str) -> None:
    for instead in {replacing(setting) for setting in load(folder).settings.SETTINGS} - {""}:
        needed = {name: value for name, value in complete(folder).items() if replacing(setting_of(folder, name)) != instead}
        assert schema_of(folder, needed | {instead: example(folder, instead, CANARY)})
        assert problems(folder, needed)


def test_no_configuration_at_all(folder: str) -> None:
    found = problems(folder, {})
    required = [setting for setting in load(folder).settings.SETTINGS if setting.required]
    assert len(found) == len(required)
    for problem, setting in zip(found, required, strict=True):
        assert problem.startswith(f'- "{setting.name}" is missing: {setting.description}')
        assert replacing(setting) in problem


def test_white_space_around_a_value_is_no_mistake(folder: str) -> None:
    assert schema_of(folder, {name: f" {value}\n" for name, value in complete(folder).items()})


@pytest.mark.parametrize("address", ["http://api.example.org", "http://192.168.1.7:8080", "HTTP://127.0.0.1.example.org"])
def test_a_public_host_without_tls(folder: str, address: str) -> None:
    [problem] = problems(folder, complete(folder) | {"base_url": address})
    assert problem.startswith('- "base_url" must begin with https://, since the credential would travel readable to ')


@pytest.mark.parametrize("address", ["api.example.org", "ftp://api.example.org", "https://", "https://me:canary-9d2e@api.example.org"])
def test_an_address_that_is_none(folder: str, address: str) -> None:
    [problem] = problems(folder, complete(folder) | {"base_url": address})
    assert problem.startswith('- "base_url" must be an address like ')


def test_a_misspelt_setting_gets_a_suggestion(folder: str) -> None:
    for setting in load(folder).settings.SETTINGS:
        misspelt = setting.name[:-2] + setting.name[-1] + setting.name[-2]
        found = problems(folder, complete(folder) | {misspelt: CANARY})
        assert found == [f'- "{misspelt}" is no setting of this connector; did you mean "{setting.name}"?']


def test_an_unknown_setting_gets_the_list(folder: str) -> None:
    [problem] = problems(folder, complete(folder) | {"zzz": CANARY})
    assert problem.startswith('- "zzz" is no setting of this connector; the settings are: ')
    assert all(setting.name in problem for setting in load(folder).settings.SETTINGS)


def test_all_problems_are_named_at_once(folder: str) -> None:
    secret = FACTS[folder].secret
    found = problems(folder, complete(folder) | {secret: "", "base_url": "http://api.example.org", "zzz": "1"})
    assert len(found) == 3
    assert all(any(name in problem for problem in found) for name in ('"zzz" is', f'"{secret}" is empty', '"base_url" must'))


# --- python connector.py ---


def run_connector(folder: str, scratch: Path, content: str | None) -> subprocess.CompletedProcess[str]:
    """`python connector.py` in a copy of the folder, with this text as its configuration.json."""
    copy = scratch_copy(ROOT / folder, scratch)
    if content is not None:
        (copy / "configuration.json").write_text(content, encoding="utf-8")
    home = scratch / "home"
    home.mkdir()
    env = os.environ | {"HOME": str(home), "DO_NOT_TRACK": "1"}
    env.pop("PYTHONPATH", None)
    return subprocess.run(
        [sys.executable, "connector.py"], cwd=copy, env=env, capture_output=True, encoding="utf-8", check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no configuration.json here."),
        ("{'bearer_token': 'canary-9d2e'}", "configuration.json is no valid JSON."),
        ("", "configuration.json is no valid JSON."),
        ('["canary-9d2e"]', "configuration.json must hold one object"),
        ('{"zzz": "canary-9d2e"}', "The configuration needs a change:\n"),
    ],
)
def test_python_connector_py_says_what_is_wrong_with_its_file(folder: str, content: str | None, said: str, tmp_path: Path) -> None:
    run = run_connector(folder, tmp_path, content)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith(said)
    assert "Traceback" not in run.stderr
    assert CANARY not in run.stderr
