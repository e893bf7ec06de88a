"""What a deploy needs of the connectors' settings: the workflow's parts that name them, and the README's table of secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from common.settings import Misfit, Setting
from tests.loading import ROOT, load

WORKFLOW = ROOT / ".github" / "workflows" / "deploy.yml"
README = ROOT / "README.md"


def generated(folders: Sequence[str]) -> dict[Path, dict[str, str]]:
    """The generated parts by file and name."""
    return {README: {"secrets": secrets_table(folders)}, WORKFLOW: {"choices": choices(folders), "settings": environment(folders)}}


def settings_of(folder: str) -> Sequence[Setting]:
    """The settings of a connector, in the order of its form."""
    settings: Sequence[Setting] = load(folder).settings.SETTINGS
    return settings


def span(setting: Setting) -> str:
    """Which numbers a setting takes, as a sentence behind another one; '' if it is none of numbers."""
    try:
        setting.parse("no number")
    except Misfit as misfit:
        number = misfit.rule.startswith("must be a whole number")
        return f" A{misfit.rule.removeprefix('must be a')}" if number else ""
    return ""


def secret(folder: str, setting: str) -> str:
    """The name of the secret that holds a setting."""
    return f"SFL_{folder}_{setting}".upper()


def choices(folders: Sequence[str]) -> str:
    """What can be chosen in a run by hand."""
    return f"{' ' * 8}options: [{', '.join(['all', *sorted(folders)])}]"


def environment(folders: Sequence[str]) -> str:
    """The environment of the deploying step: every secret by its name, and a value only for the connector that is deployed."""
    return "\n".join(f"{' ' * 10}{line}" for folder in sorted(folders) for line in _environment(folder))


def _environment(folder: str) -> Iterator[str]:
    for setting in settings_of(folder):
        name = secret(folder, setting.name)
        yield f"{name}: ${{{{ matrix.connector == '{folder}' && secrets.{name} || '' }}}}"


def secrets_table(folders: Sequence[str]) -> str:
    """The secrets of all connectors; a destination and a key are what all of them need."""
    rows = [row for folder in sorted(folders) for row in _rows(folder)]
    return "\n".join(["| secret | needed | what it is |", "| --- | --- | --- |", *rows])


def _rows(folder: str) -> Iterator[str]:
    for setting in settings_of(folder):
        default = f" Without it: `{setting.default}`." if setting.default else ""
        meaning = f"{setting.label}: {setting.description}{span(setting)}{default}"
        yield f"| `{secret(folder, setting.name)}` | {_needed(folder, setting)} | {meaning} |"


def _needed(folder: str, setting: Setting) -> str:
    instead = f", unless `{secret(folder, setting.unless)}` is there" if setting.unless else ""
    return f"yes{instead}" if setting.required else "no"
