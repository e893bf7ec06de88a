"""A connector's configuration, made of secrets in the environment by the settings of which its setup form consists.

A deploy replaces the whole configuration of a live connection. So everything is checked before anything is sent, all that is wrong is
said at once, and what is wrong with a value is said by the name of its secret and never by the value.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

API_KEY = "FIVETRAN_API_KEY"
DESTINATION = "FIVETRAN_DESTINATION"
# what people leave in a form that they mean to fill in later, or copy from one that hides its values
STOPGAP = re.compile(
    r"^<.*>$|<YOUR_[^<>]*>|^(\.{3,}|x{2,}|\*{3,}|•+|(change|replace)[-_ ]?me|todo|tbd|placeholder|null|none|undefined)$"
    r"|^your[-_ ]([a-z]+[-_ ])*(key|token|password|secret|code|id)([-_ ]here)?(\|[01])?$",
    re.IGNORECASE,
)
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"  # what comes along when one copies from a page or a file
ENCRYPTED = "fivetran_encrypted:"  # by `fivetran configuration`, with a key that only the machine has on which it ran


class Problems(Exception):
    """What to change before a deploy, one sentence for each thing."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(f"- {sentence}" for sentence in sentences))


def settings_of(folder: Path) -> Sequence[Any]:
    """The settings of a connector, from which its setup form is made (common/settings.py)."""
    sys.path.insert(0, str(folder))
    settings: Sequence[Any] = importlib.import_module("settings").SETTINGS
    return settings


def secret_name(connector: str, setting: str) -> str:
    """The name under which GitHub keeps a setting: SFL_VIRTUOUS_BEARER_TOKEN."""
    return f"SFL_{connector}_{setting}".upper()


def configuration_of(connector: str, settings: Sequence[Any], environment: Mapping[str, str]) -> dict[str, str]:
    """The configuration that a connection gets: what is given, byte for byte. What is optional and not given is left to its default.

    Raises:
        Problems: if the deploy's own secrets or one of the connector's is missing or cannot be right, or if there is one that no
            setting goes by.
    """
    problems = [*_own_problems(environment), *_unknown(connector, settings, environment), *_problems(connector, settings, environment)]
    texts = {setting.name: environment.get(secret_name(connector, setting.name), "") for setting in settings}
    given = {name: value for name, value in texts.items() if value}
    if problems and not given:
        problems.append(f"None of the secrets of {connector} is there. If you do not use it, say so by SFL_CONNECTORS (README.md).")
    elif any("is missing" in problem for problem in problems):
        problems.append(f"GitHub looks for a secret of just that name in the environment {connector}, then in the repository.")
    if problems:
        raise Problems(problems)
    return given


def _own_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the secrets that every connector's deploy needs."""
    key, destination = environment.get(API_KEY, ""), environment.get(DESTINATION, "")
    if not key:
        yield f"{API_KEY} is missing: the base64-encoded API key that Fivetran shows when you create one."
    elif flaw := _flaw(key):
        yield f"{API_KEY} {flaw}"
    elif not _is_api_key(key):
        yield f"{API_KEY} is no base64-encoded API key: copy the one that Fivetran calls that, without anything around it."
    if not destination:
        yield f"{DESTINATION} is missing: the name of the destination in Fivetran."
    elif flaw := _flaw(destination):
        yield f"{DESTINATION} {flaw}"


def _is_api_key(text: str) -> bool:
    try:
        return b":" in base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False


def _unknown(connector: str, settings: Sequence[Any], environment: Mapping[str, str]) -> Iterator[str]:
    known = {secret_name(connector, setting.name) for setting in settings}
    for name in sorted(environment):
        if name.startswith(secret_name(connector, "")) and name not in known and environment[name]:
            yield f"{name} is no setting of {connector}: correct it in deploy.yml. There are {', '.join(sorted(known))}."


def _problems(connector: str, settings: Sequence[Any], environment: Mapping[str, str]) -> Iterator[str]:
    for setting in settings:
        name = secret_name(connector, setting.name)
        value = environment.get(name, "")
        flaw = _flaw(value) or _misfit(setting, value) if value else _lack(connector, setting, environment)
        if flaw:
            yield f"{name} {flaw}"


def _lack(connector: str, setting: Any, environment: Mapping[str, str]) -> str:
    """What is wrong with a setting that is not given. GitHub makes an empty text of a secret that it does not have."""
    if not setting.required or (setting.unless and environment.get(secret_name(connector, setting.unless))):
        return ""
    instead = f" Or give {secret_name(connector, setting.unless)} instead." if setting.unless else ""
    return f"is missing or empty: {setting.description}{instead}"


def _flaw(value: str) -> str:
    """What is wrong with any such text, '' if nothing is."""
    if value != value.strip().strip(INVISIBLE):
        return "begins or ends with a space or a line break: store it again without."
    if STOPGAP.search(value):
        return "still holds a placeholder: store the real value."
    if value.startswith(ENCRYPTED):
        return "is encrypted by `fivetran configuration`, for another machine: store the plain value."
    return ""


def _misfit(setting: Any, value: str) -> str:
    """What is wrong with a text for this setting, '' if the connector takes it. What the connector says may quote it, but not the rule."""
    try:
        setting.parse(value)
    except ValueError as error:
        return str(getattr(error, "rule", "")) or f"is nothing that the connector can use: {setting.description}"
    return ""
