"""Search Ads 360 for Fivetran: `fivetran debug`, `python connector.py`, or a deployment run what is declared here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fivetran_connector_sdk import ConfigurationForm, Connector

import models
import setup_tests
import sync
from common.errors import ERRORS
from common.failures import shielded
from common.form import form_of
from common.settings import from_command_line, parse
from settings import SETTINGS


def schema(configuration: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables that this configuration syncs."""
    settings = parse(configuration, SETTINGS)
    return [table.schema() for table in (*models.tables(settings["optional_tables"]), ERRORS)]


def update(configuration: dict[str, Any], state: dict[str, Any]) -> None:
    """One sync, from the place that the state tells."""
    shielded(lambda: sync.run(parse(configuration, SETTINGS), state))


def configuration_form() -> ConfigurationForm:
    """The setup form with its tests."""
    return form_of(SETTINGS, setup_tests.TESTS)


connector = Connector(update=update, schema=schema, configuration_form=configuration_form)

if __name__ == "__main__":
    connector.debug(configuration=from_command_line(Path(__file__).with_name("configuration.json"), SETTINGS))
