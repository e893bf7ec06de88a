"""The setup form, made of the settings, so that form, checks and documentation cannot disagree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fivetran_connector_sdk import ConfigurationForm, Test, form_field

from common.failures import SettingProblem, SourceFailure
from common.settings import Setting, parse

SetupTest = Callable[[dict[str, Any]], Any]


def form_of(settings: Sequence[Setting], tests: Mapping[str, SetupTest]) -> ConfigurationForm:
    """A form with one field for each setting and the given tests, label first."""
    form = ConfigurationForm()
    for setting in settings:
        kind = form_field.TextField.password if setting.secret else form_field.TextField.plain_text
        sentence = setting.description[:1].upper() + setting.description[1:]
        field = form_field.TextField(
            setting.name,
            setting.label,
            kind,
            description=sentence,
            required=setting.required and not setting.unless,
            placeholder=setting.default or None,
        )
        form.add_field(field)
    for label, test in tests.items():
        form.add_test(label=label, func=test)
    return form


def outcome(
    configuration: Mapping[str, Any],
    settings: Sequence[Setting],
    probe: Callable[[dict[str, Any]], object],
    advice: Callable[[SourceFailure], str],
) -> Any:
    """The result of a setup test: success if `probe` returns, else a sentence that says what to change.

    Args:
        configuration: as Fivetran passes it.
        settings: to check it by.
        probe: asks the source for the one thing that is tested.
        advice: what to do about a failure.
    """
    try:
        probe(parse(configuration, settings))
    except SettingProblem as problem:
        return Test().failure(str(problem))
    except SourceFailure as failure:
        return Test().failure(advice(failure))
    return Test().success()
