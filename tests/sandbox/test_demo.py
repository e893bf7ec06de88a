"""The demo's verdict: it must not say PASSED when anything is amiss."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sandbox import demo
from sandbox.client import SandboxClient
from sandbox.fivetran import DebugRun
from sandbox.presets import PRESETS
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
        (["--faults=strom"], "FAULTS must be one of storm, slow, small-pages, "),
    ],
)
def test_a_mistake_is_told_in_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        demo.main(words)
    assert stopped.value.code == 2
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


# --- with faults ---


def with_faults(*struck: int, tables: list[TableResult] | None = None) -> Report:
    """A report of as many syncs as there are numbers, the last of which was compared."""
    syncs = [SyncResult("everything", 5, {}, [], {"reset": number, "html": 1} if number else {}) for number in struck]
    syncs[-1] = SyncResult("after the faults", 5, {}, [GOOD] if tables is None else tables, syncs[-1].struck)
    return Report("virtuous", syncs, faults="storm")


def test_what_struck_is_told_before_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    print_report([with_faults(2, 3, 0)])
    shown = capsys.readouterr().out
    assert "virtuous: the faults that struck: reset 5, html 2\n" in shown
    assert shown.splitlines()[-1] == (
        "PASSED  virtuous: after sync 3 all 1 tables equal the source in every cell (3 rows at the end), though 7 faults struck"
    )
    [line] = [line for line in shown.splitlines() if "1: everything" in line]
    assert line.split()[-1] == "3"


def test_faults_that_never_struck_fail_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    idle = with_faults(0, 0)
    print_report([idle])
    assert not idle.passed
    assert capsys.readouterr().out.splitlines()[-1].startswith("FAILED  virtuous: the faults of 'storm' never struck")


def test_a_demo_that_compares_nothing_has_not_passed() -> None:
    assert not with_faults(1, tables=[]).passed


def test_nothing_changes_without_faults(capsys: pytest.CaptureFixture[str]) -> None:
    print_report([report(GOOD)])
    assert "faults" not in capsys.readouterr().out
    assert demo.steps(None) == list(demo.SYNCS)
    assert not any(step.faults for step in demo.SYNCS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_source_that_moves_is_compared_when_it_stands_still(name: str) -> None:
    preset, steps = PRESETS[name], demo.steps(PRESETS[name])
    assert all(step.compares for step in steps if not (step.faults and preset.unsettled))
    assert not any(step.compares for step in steps if step.faults and preset.unsettled)
    assert steps[-1].compares
    assert steps[0].faults is not preset.from_second_sync
    assert steps[1].faults
    assert steps[1].changes


@pytest.mark.parametrize(("level", "stops"), [("WARNING", False), ("ERROR", True), ("SEVERE", True)])
def test_with_faults_only_errors_stop_the_demo(level: str, stops: bool, tmp_path: Path) -> None:
    run = DebugRun(0, f"12:00:00.000 {level:8} ⚡ connector contacts: out of order", {})
    if stops:
        with pytest.raises(demo.DemoError, match="printed errors"):
            demo.check(run, 1, tmp_path / "sync.log", warnings_expected=True)
    else:
        demo.check(run, 1, tmp_path / "sync.log", warnings_expected=True)
    with pytest.raises(demo.DemoError):
        demo.check(run, 1, tmp_path / "sync.log")
