"""The demo's verdict: it must not say PASSED when anything is amiss."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sandbox import demo
from sandbox.client import SandboxClient
from sandbox.fivetran import DebugRun
from sandbox.report import Report, SyncResult, TableResult, print_report
from sandbox.server import running

GOOD = TableResult("gifts", 3, 3, [])
BAD = TableResult("contacts", 3, 2, ["row id=7 is missing in the warehouse"])


def report(*tables: TableResult, failure: str | None = None) -> Report:
    """A report of one sync."""
    return Report("virtuous", [SyncResult("everything", 5, {"Upserts": 3}, list(tables))], failure)


@pytest.mark.parametrize(
    ("result", "passed", "said"),
    [
        (report(GOOD), True, "PASSED  virtuous: after each of 1 syncs all 1 tables equal the source"),
        (report(GOOD, BAD), False, "FAILED  virtuous: tables that differ from the source: contacts"),
        (report(GOOD, failure="sync 2 failed"), False, "FAILED  virtuous: sync 2 failed"),
        (Report("virtuous", failure="the sandbox did not start"), False, "FAILED  virtuous: the sandbox did not start"),
    ],
)
def test_the_verdict(result: Report, passed: bool, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_report([result])
    assert result.passed is passed
    assert capsys.readouterr().out.splitlines()[-1].startswith(said)


def test_a_difference_after_an_early_sync_is_not_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    result = report(BAD)
    result.syncs.append(SyncResult("nothing changed", 1, {}, [TableResult("contacts", 3, 3, [])]))
    print_report([result])
    shown = capsys.readouterr().out
    assert not result.passed
    assert "NO (sync 1)" in shown
    assert "row id=7 is missing" in shown


def test_what_was_left_out_is_named_before_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    result = report(GOOD)
    result.left_out = ("project_notes", "relationships")
    print_report([result])
    *_, said, names, empty, verdict = capsys.readouterr().out.splitlines()
    assert "optional tables" in said
    assert names.split() == ["project_notes,", "relationships"]
    assert not empty
    assert verdict.startswith("PASSED")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rows=0"], "ROWS must be a whole number from 1 on, for example ROWS=500; it is '0'."),
        (["--rows=1.5"], "ROWS must be a whole number from 1 on, for example ROWS=500; it is '1.5'."),
        (["virtuos"], "CONNECTOR must be one of those here"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        demo.main(words)
    shown = capsys.readouterr()
    assert shown.err.startswith(said)
    assert "usage" not in shown.err


def test_missing_and_surplus_tables_differ(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.db"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("CREATE SCHEMA tester")
        connection.execute("CREATE TABLE tester.errors AS SELECT 1 AS id")
        connection.execute("CREATE TABLE tester.spare (id INTEGER)")
    with running("virtuous", rows=5) as box:
        results = demo.compare_tables(SandboxClient(box.url, box.configuration).truth(), warehouse)
    differing = {result.table for result in results if result.differences}
    assert {"contacts", "gifts", "errors"} <= differing
    assert "spare" not in differing


@pytest.mark.parametrize(
    ("status", "line", "said"),
    [
        (0, "12:00:00.000 WARNING  ⚡ sdk       contacts: 3 records skipped", "printed warnings"),
        (1, "12:00:00.000 SEVERE   ⚡ sdk       SYNC FAILED\n    Error: out of luck", "out of luck"),
        (-9, "12:00:00.000 INFO     ⚡ sdk       calling update()", "exit status -9"),
    ],
)
def test_a_sync_that_complains_or_fails_stops_the_demo(status: int, line: str, said: str, tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    with pytest.raises(demo.DemoError, match=said):
        demo.check(DebugRun(status, line, {}), 1, log)
    assert log.read_text(encoding="utf-8") == line
