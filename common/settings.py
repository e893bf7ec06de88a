"""The configuration: settings as data, from which the setup form, the checks and the README's table come."""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import SplitResult, urlsplit

from common.failures import SettingProblem

LONGEST_NUMBER = 9
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PLACEHOLDER = re.compile(r"^<.*>$|<YOUR_[^<>]*>")
ENCRYPTED = "fivetran_encrypted:"  # how `fivetran configuration` marks what only the Fivetran CLI can read


class Misfit(ValueError):
    """What a setting does not take, as the end of a sentence. `rule` says what it takes, and nothing of the value, which may be secret."""

    def __init__(self, rule: str, whole: str = "") -> None:
        super().__init__(whole or rule)
        self.rule = rule


class Setting(NamedTuple):
    """One key of the configuration.

    `parse` makes the value of its text, or raises ValueError with what is wrong with it, as the end of a sentence that begins with the
    setting's name. It gets the default when the setting is absent or empty. The value of a secret is never repeated. `unless` names another
    setting in place of which this one is required.
    """

    name: str
    label: str
    description: str
    parse: Callable[[str], Any]
    default: str = ""
    required: bool = False
    secret: bool = False
    unless: str = ""


def parse(configuration: Mapping[str, Any], settings: Sequence[Setting]) -> dict[str, Any]:
    """The values of all settings by name.

    Raises:
        SettingProblem: with one line for each thing to change.
    """
    values: dict[str, Any] = {}
    problems = [_unknown(name, settings) for name in configuration if name not in {setting.name for setting in settings}]
    for setting in settings:
        try:
            values[setting.name] = _value(configuration.get(setting.name), setting, replaced=_is_given(configuration.get(setting.unless)))
        except ValueError as error:
            problems.append(f'"{setting.name}" {error}')
    if problems:
        raise SettingProblem("The configuration needs a change:\n" + "\n".join(f"- {problem}" for problem in problems))
    return values


def _is_given(value: object) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _value(given: object, setting: Setting, *, replaced: bool) -> Any:
    if given is not None and not isinstance(given, str):
        example = "" if setting.secret or isinstance(given, dict) else f', for example "{_as_text(given)}"'
        raise ValueError(f"must be a text in quotes{example}; it is {_kind(given)}.")
    value = (given or "").strip()
    if not value and replaced:
        return ""
    if not value and setting.required:
        instead = f' Or give "{setting.unless}" instead.' if setting.unless else ""
        raise ValueError(f"is {'missing' if given is None else 'empty'}: {setting.description}{instead}")
    if value.startswith(ENCRYPTED):
        raise ValueError(
            "is encrypted by `fivetran configuration`, which only the CLI can read: use `fivetran debug`, or write the plain value."
        )
    if PLACEHOLDER.search(value):
        raise ValueError(f"still holds a placeholder: {setting.description}")
    return setting.parse(value or setting.default)


def _as_text(given: object) -> str:
    """How what is no text would be written as one."""
    return ", ".join(map(str, given)) if isinstance(given, list) else json.dumps(given)


def _kind(value: object) -> str:
    return {
        bool: "true or false without quotes",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }[type(value)]


def _unknown(name: str, settings: Sequence[Setting]) -> str:
    close = difflib.get_close_matches(name, [setting.name for setting in settings], n=1, cutoff=0.6)
    advice = f'did you mean "{close[0]}"?' if close else "the settings are: " + ", ".join(setting.name for setting in settings) + "."
    return f'"{name}" is no setting of this connector; {advice}'


def header_text(value: str) -> str:
    """A text that can stand in an HTTP header.

    Raises:
        Misfit: if it holds spaces, line breaks or characters beyond ASCII.
    """
    if not value.isascii() or not value.isprintable() or " " in value:
        raise Misfit("holds a space, a line break or a character that no such key has: copy it again, without anything around it.")
    return value


def password_text(value: str) -> str:
    """A text that can stand in an HTTP header, spaces within it included.

    Raises:
        Misfit: if it holds line breaks or characters beyond ASCII.
    """
    if not value.isascii() or not value.isprintable():
        raise Misfit("holds a line break or a character that no HTTP header takes: choose another one at the source.")
    return value


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers from `least` to `most`."""
    rule = f"must be a whole number from {least} to {most}"

    def parse_number(value: str) -> int:
        if not value.isdecimal() or len(value) > LONGEST_NUMBER or not least <= int(value) <= most:
            raise Misfit(f"{rule}.", f'{rule} in quotes; it is "{value}".')
        return int(value)

    return parse_number


def truth(value: str) -> bool:
    """True or False.

    Raises:
        Misfit: for anything but "true" and "false", in any case.
    """
    if value.lower() not in {"true", "false"}:
        raise Misfit("must be true or false.", f'must be "true" or "false"; it is "{value}".')
    return value.lower() == "true"


def day(value: str) -> date | None:
    """A date; None for an empty text.

    Raises:
        Misfit: if it is not written YYYY-MM-DD.
    """
    if not value:
        return None
    try:  # other forms that Python reads differ between its versions
        return datetime.strptime(value, "%Y-%m-%d").date() if ISO_DAY.fullmatch(value) else _no_day(value)  # noqa: DTZ007
    except ValueError:
        return _no_day(value)


def _no_day(value: str) -> NoReturn:
    raise Misfit("must be a date like 2024-01-31.", f'must be a date like "2024-01-31"; it is "{value}".')


def address(value: str) -> str:
    """A base URL without a trailing slash: https, or http to this machine.

    Raises:
        Misfit: for anything else, since a credential would travel readable.
    """
    parts = _parts(value)
    if parts is None or not parts.hostname:
        raise Misfit('must be an address like "https://api.example.org", without a login, a query or a fragment.')
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise Misfit(
            "must begin with https://.",
            f"must begin with https://, since the credential would travel readable to {parts.hostname}; only 127.0.0.1 may be http://.",
        )
    return value.rstrip("/")


def _parts(value: str) -> SplitResult | None:
    """The parts of an address that can be a base URL, None if it cannot."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:  # brackets or a port that cannot be
        return None
    return None if not usable or parts.query or parts.fragment or parts.username else parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def numbers(value: str) -> frozenset[int]:
    """Ids separated by commas.

    Raises:
        Misfit: if one of them is no whole number.
    """
    words = [word.strip() for word in value.split(",") if word.strip()]
    wrong = [word for word in words if not word.isdecimal() or not word.isascii()]
    if wrong:
        rule = 'must be numbers separated by commas, for example "70011, 70012"'
        raise Misfit(f"{rule}.", f'{rule}; "{wrong[0]}" is none.')
    return frozenset(map(int, words))


def some_of(choices: Sequence[str]) -> Callable[[str], frozenset[str]]:
    """A parser of comma-separated names out of `choices`."""

    def parse_names(value: str) -> frozenset[str]:
        names = frozenset(name.strip() for name in value.split(",") if name.strip())
        unknown = sorted(names - set(choices))
        if unknown:
            listed = ", ".join(choices)
            raise Misfit(f"names something else than it may: {listed}.", f"names {', '.join(unknown)}; it may name: {listed}.")
        return names

    return parse_names


def read_file(path: Path) -> dict[str, Any]:
    """The configuration in a file, for runs without the Fivetran CLI.

    Raises:
        SettingProblem: if there is no such file, or it is no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingProblem(f"There is no {path.name} here. Make one as README.md shows, then run this again.") from None
    except ValueError:
        raise SettingProblem(f'{path.name} is no valid JSON. It looks like {{"setting": "value"}}, all values in quotes.') from None
    if not isinstance(content, dict):
        raise SettingProblem(f'{path.name} must hold one object: {{"setting": "value"}}.')
    return content


def from_command_line(path: Path, settings: Sequence[Setting]) -> dict[str, Any]:
    """The configuration in a file, checked, for `python connector.py`.

    Raises:
        SystemExit: with the sentence that says what to change, so that a person sees it and no traceback.
    """
    try:
        configuration = read_file(path)
        parse(configuration, settings)
    except SettingProblem as problem:
        raise SystemExit(str(problem)) from None
    return configuration
