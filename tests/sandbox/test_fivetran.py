"""The helpers that run `fivetran debug`: what they would hide if they were wrong is a connector's failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import fivetran

TOY = """
from fivetran_connector_sdk import Connector, Logging as log, Operations as op

def update(configuration, state):
    log.info("greeting " + configuration["who"])
    {body}
    op.upsert(table="toys", data={{"id": "1"}})
    op.checkpoint({{"runs": state.get("runs", 0) + 1}})

connector = Connector(update=update, schema=lambda configuration: [{{"table": "toys", "primary_key": ["id"]}}])
"""


def toy(folder: Path, body: str = "pass") -> Path:
    """A connector's folder as a user has it: with a link, and with the leavings of his own runs."""
    shared = folder / "shared"
    shared.mkdir()
    (shared / "tables.py").write_text("", encoding="utf-8")
    connector = folder / "toy"
    (connector / "files").mkdir(parents=True)
    (connector / "files" / "state.json").write_text('{"runs": 41}', encoding="utf-8")
    (connector / "configuration.json").write_text('{"who": "the real service"}', encoding="utf-8")
    (connector / "connector.py").write_text(TOY.format(body=body), encoding="utf-8")
    (connector / "common").symlink_to("../shared")
    return connector


def run(tmp_path: Path, body: str = "pass") -> fivetran.DebugRun:
    """Runs a toy connector on a scratch copy."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    copy = fivetran.scratch_copy(toy(tmp_path, body), scratch)
    settings = fivetran.write_configuration(tmp_path / "settings.json", {"who": "the sandbox"})
    return fivetran.run_debug(copy, settings, tmp_path / "home", timeout=60)


def test_a_scratch_copy_follows_links_and_leaves_the_users_files_behind(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    copy = fivetran.scratch_copy(toy(tmp_path), scratch)
    assert sorted(path.name for path in copy.iterdir()) == ["common", "connector.py"]
    assert not (copy / "common").is_symlink()
    assert (copy / "common" / "tables.py").exists()


def test_a_configuration_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = fivetran.write_configuration(tmp_path / "configuration.json", {"token": "t"})
    assert path.stat().st_mode & 0o077 == 0


def test_settings_of_the_caller_do_not_redirect_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIVETRAN_STATE", "/elsewhere/state.json")
    environment = fivetran.debug_environment(tmp_path / "home")
    assert "FIVETRAN_STATE" not in environment
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["HOME"] == str(tmp_path / "home")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("23:31:07.890 WARNING  ⚡ sdk       attempt 1: pipreqs check failed", True),
        ("23:31:20.551 SEVERE   ⚡ connector it broke", True),
        ("23:31:20.551 INFO     ⚡ connector no WARNING here", False),
        ("23:31:20.551 WARNING  ⚡ sdk       core 0.2.0 is available. (a newer release exists)", False),
        ("23:31:20.551 WARNING  ⚡ sdk       unable to check for a newer version of `fivetran-connector-sdk`", False),
        ("23:31:20.551 WARNING  ⚡ sdk       retrying after 1 seconds", False),
        ("23:31:20.551 WARNING  ⚡ connector retrying after 1 seconds", True),
    ],
)
def test_complaints_are_told_from_news(line: str, expected: bool) -> None:
    assert fivetran.is_complaint(line) is expected


@pytest.mark.real
def test_a_good_run_reports_state_and_operations_and_starts_afresh(tmp_path: Path) -> None:
    debug_run = run(tmp_path)
    assert (debug_run.exit_status, debug_run.complaints, debug_run.state) == (0, [], {"runs": 1})
    assert debug_run.counts["Upserts"] == 1
    messages = [fivetran.connector_message(line) for line in debug_run.output.splitlines()]
    assert "greeting the sandbox" in messages


@pytest.mark.real
def test_a_failing_run_and_a_warning_are_seen(tmp_path: Path) -> None:
    debug_run = run(tmp_path, "op.warning('look here'); raise ValueError('broken')")
    assert debug_run.exit_status == 1
    assert debug_run.state == {}
    assert any("look here" in line for line in debug_run.complaints)


@pytest.mark.real
def test_a_hanging_run_is_killed(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    copy = fivetran.scratch_copy(toy(tmp_path, "import threading; threading.Event().wait()"), scratch)
    settings = fivetran.write_configuration(tmp_path / "settings.json", {"who": "nobody"})
    assert fivetran.run_debug(copy, settings, tmp_path / "home", timeout=3).exit_status < 0
