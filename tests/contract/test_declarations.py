"""Contract 21: what a connector declares agrees with itself, with its README, with its form and with the schema that was stored."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from fivetran_connector_sdk import form_field

from tests import readme
from tests.contract.facts import example
from tests.loading import ROOT, load, schema_of

SINGULAR_ENDINGS = ("ss", "us", "is")
IRREGULAR_PLURALS = ("criteria",)
MOST_SETTINGS = 100  # the platform's limit
SDK_TYPES = {"STRING", "BOOLEAN", "INT", "LONG", "DOUBLE", "UTC_DATETIME", "JSON"}


@pytest.fixture
def schema(folder: str) -> list[dict[str, Any]]:
    """The schema with every optional table."""
    return readme.schema(folder)


# --- Tables ---


def test_21_every_key_is_declared_and_its_columns_exist(schema: list[dict[str, Any]]) -> None:
    for table in schema:
        key = table["primary_key"]
        assert key, f"{table['table']} has no key"
        assert len(set(key)) == len(key)
        assert set(key) <= table["columns"].keys(), f"{table['table']}: its key {key} is not among its columns"


def test_21_table_names_are_unique_plural_and_snake_case(schema: list[dict[str, Any]]) -> None:
    names = [table["table"] for table in schema]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
        assert name.endswith(("s", *IRREGULAR_PLURALS)), f"{name} is no plural"
        assert not name.endswith(SINGULAR_ENDINGS), f"{name} is no plural"


def test_21_columns_are_snake_case_and_have_types_of_the_sdk(schema: list[dict[str, Any]]) -> None:
    for table in schema:
        for name, kind in table["columns"].items():
            assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), f"{table['table']}.{name}"
            assert kind in SDK_TYPES if isinstance(kind, str) else kind["type"] == "DECIMAL", f"{table['table']}.{name}: {kind}"


def test_21_the_schema_is_the_stored_one(folder: str) -> None:
    stored = readme.snapshot_path(folder).read_text(encoding="utf-8")
    assert readme.snapshot(folder) == stored, (
        "The schema has changed, and with it every customer's warehouse. If that is meant, store it: python -m tests.readme --snapshot"
    )


def test_21_without_optional_tables_only_optional_tables_are_missing(folder: str, schema: list[dict[str, Any]]) -> None:
    modules = load(folder)
    required = {setting.name: example(folder, setting.name, "x") for setting in modules.settings.SETTINGS if setting.required}
    always = [table["table"] for table in schema_of(folder, required)]
    missing = [table["table"] for table in schema if table["table"] not in always]
    optional = set(modules.models.OPTIONAL_TABLES)
    roots = getattr(modules.models, "ROOTS", {}).values()
    parts = {table.name for root in roots if root.table.name in optional for table in root.declared(())}
    assert set(missing) <= optional | parts
    assert always == [table["table"] for table in schema if table["table"] not in missing]
    assert "errors" in always


# --- README ---


def test_21_the_generated_parts_of_the_readme_are_up_to_date(folder: str) -> None:
    assert readme.stale(folder) == [], "write them anew: make docs"


def test_21_the_readme_says_of_every_table_what_it_holds(folder: str, schema: list[dict[str, Any]]) -> None:
    holds = readme.descriptions(folder)
    assert [table["table"] for table in schema if not holds.get(table["table"])] == []


def test_21_every_table_is_in_a_diagram_with_its_whole_key(folder: str, schema: list[dict[str, Any]]) -> None:
    drawn = readme.parts(folder)["diagrams"]
    for table in schema:
        entity = re.search(rf"^    {table['table']} {{\n(.*?)^    }}", drawn, re.DOTALL | re.MULTILINE)
        assert entity, f"{table['table']} is in no diagram"
        assert re.findall(r"^ +\w+ (\w+) PK", entity[1], re.MULTILINE) == table["primary_key"]


def test_21_the_readme_has_the_headings_of_fivetrans_template_in_their_order(folder: str) -> None:
    headings = re.findall(r"^## (.*)$", readme.readme_path(folder).read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [
        "Connector overview",
        "Requirements",
        "Getting started",
        "Features",
        "Configuration file",
        "Requirements file",
        "Authentication",
        "Pagination",
        "Data handling",
        "Error handling",
        "Tables created",
        "Additional considerations",
    ]


def test_a_changed_declaration_makes_the_readme_stale(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = load(folder)
    monkeypatch.setattr(modules.settings, "SETTINGS", modules.settings.SETTINGS[1:])
    monkeypatch.setattr(modules.models, "tables", lambda optional, tables=modules.models.tables: tables(optional)[1:])
    assert readme.stale(folder) == ["settings", "diagrams", "tables"]


# --- Settings and the form ---


def test_21_settings_are_few_and_each_is_explained(folder: str) -> None:
    settings = load(folder).settings.SETTINGS
    names = [setting.name for setting in settings]
    assert len(set(names)) == len(names) <= MOST_SETTINGS
    for setting in settings:
        assert setting.label
        assert setting.description.endswith("."), f"{setting.name}: its description is no sentence"
        assert not (setting.required and setting.default), f"{setting.name}: what has a default is not required"


def test_21_every_default_is_a_value_that_the_setting_accepts(folder: str) -> None:
    for setting in load(folder).settings.SETTINGS:
        if not setting.required:
            setting.parse(setting.default)


def test_21_the_form_has_a_field_for_every_setting(folder: str) -> None:
    modules = load(folder)
    fields = {field.name: field for field in modules.connector.configuration_form().to_response().fields}
    assert list(fields) == [setting.name for setting in modules.settings.SETTINGS]
    for setting in modules.settings.SETTINGS:
        field = fields[setting.name]
        assert (field.label, field.required) == (setting.label, setting.required and not getattr(setting, "unless", ""))
        assert field.description.lower() == setting.description.lower()
        assert (field.text_field == form_field.TextField.password) is setting.secret


def test_21_credentials_are_secret(folder: str) -> None:
    for setting in load(folder).settings.SETTINGS:
        if re.search("token|password|secret|api_key", setting.name):
            assert setting.secret, f"{setting.name} would be shown and stored readable"


def test_21_setup_tests_are_named_functions_with_labels_of_their_own(folder: str) -> None:
    modules = load(folder)
    tests = modules.connector.configuration_form().to_response().tests
    assert len(tests) == len(modules.setup_tests.TESTS) > 0
    for function in modules.setup_tests.TESTS.values():
        assert getattr(modules.setup_tests, function.__name__, None) is function, f"{function} is no function of setup_tests.py"


# --- What is deployed ---


def sources(folder: str) -> Iterator[Path]:
    """The Python files that Fivetran gets."""
    for place in (ROOT / folder, ROOT / "common"):
        yield from sorted(place.glob("*.py"))


def test_21_common_is_a_link(folder: str) -> None:
    link = ROOT / folder / "common"
    assert link.is_symlink(), "a copy would go its own way"
    assert link.readlink() == Path("../common")
    others = [path.name for path in (ROOT / folder).rglob("*") if path.is_symlink() and path != link]
    assert others == [], "a change of what they point to would not be deployed"


def test_21_requirements_are_pinned_and_spelled_as_the_sdk_compares_them(folder: str) -> None:
    lines = (ROOT / folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines))
    for line in lines:
        assert re.fullmatch(r"[a-z][a-z0-9_]*==[0-9]+(\.[0-9a-z]+)*", line), f"{line}: name_with_underscores==version"


def test_21_requirements_are_what_is_imported(folder: str) -> None:
    own = {path.stem for path in sources(folder)} | {"common"}
    preinstalled = {"fivetran_connector_sdk", "requests"}
    foreign = {name for path in sources(folder) for name in _imported(path)} - own - preinstalled - sys.stdlib_module_names
    distributions = {packages_distributions().get(name, [name])[0].lower().replace("-", "_") for name in foreign}
    lines = (ROOT / folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {line.partition("==")[0] for line in lines} == distributions


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]


def test_21_nothing_is_printed(folder: str) -> None:
    for path in sources(folder):
        names = {node.id for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Name)}
        assert "print" not in names, f"{path.name} prints: Fivetran's log takes only what Logging gets"
