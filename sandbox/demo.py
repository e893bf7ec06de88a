"""The whole thing at work: `python -m sandbox.demo [connector ...] [--rows N] [--faults NAME] [--keep]`.

For each connector: serves its sandbox, runs the real `fivetran debug` three times (everything; after the source has
changed; with nothing changed) and compares the warehouse with the source after each, cell for cell. With a set of faults
they are on meanwhile; where the source itself moves then, it is compared after one more sync without them. Works in a
scratch folder on copies: a user's own state, warehouse and settings are neither read nor written.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

import duckdb

from sandbox import compare, fivetran
from sandbox.client import SandboxClient, SandboxError, ServedTable, serving
from sandbox.messages import Table
from sandbox.options import Parser
from sandbox.presets import PRESETS, Preset
from sandbox.report import Report, SyncResult, TableResult, print_report

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_ROWS = 3_000
# Where a row of what the source counts by brings many others with it.
FEWER_ROWS = {"sa360": 150}
CHANGED_SHARE = 0.01

# Settings besides the address and the credential.
EXTRA_SETTINGS: dict[str, dict[str, str]] = {
    "virtuous": {"delete_sweep_days": "0"},  # look for deleted records in every sync, not once in so many days
    # Look for edits and deletions in every sync. The account's usual 300 calls a minute would make the demo last for minutes.
    "ongage": {"full_refresh_days": "0", "calls_per_minute": "100000"},
    "everyaction": {"full_refresh_days": "0", "calls_per_second": "1000"},
    "sa360": {"full_refresh_days": "0", "calls_per_minute": "100000"},
}
# What a stand-in is started with besides its size.
OPTIONS: dict[str, tuple[str, ...]] = dict.fromkeys(("ongage", "everyaction", "sa360"), ("--rate-limit", "100000"))

SUMMARY = "done:"  # how a connector's last line begins
QUIET_SECONDS = 2.0  # between two of the connector's own lines
SHOWN_LOG_LINES = 25
SHOWN_WARNINGS = 10


class Step(NamedTuple):
    """One sync: whether the source is changed before, whether faults are on meanwhile, and whether it is compared afterwards."""

    title: str
    changes: bool = False
    faults: bool = False
    compares: bool = True


SYNCS = (Step("everything"), Step("after the changes", changes=True), Step("nothing changed"))


def steps(preset: Preset | None) -> list[Step]:
    """The syncs of a demo, with a set of faults or without."""
    if preset is None:
        return list(SYNCS)
    first = SYNCS[0] if preset.from_second_sync else SYNCS[0]._replace(faults=True, compares=not preset.unsettled)
    others = [step._replace(faults=True, compares=not preset.unsettled) for step in SYNCS[1:]]
    if not preset.unsettled:
        return [first, *others]
    return [first, others[0], others[1]._replace(title="once more"), Step("after the faults")]


class DemoError(Exception):
    """A sync did not end as it should; the message is for people."""


class Progress:
    """Prints what happens, with the seconds since the start; the connector's own lines only now and then."""

    def __init__(self, connector: str) -> None:
        self._connector = connector
        self._start = time.monotonic()
        self._last_detail = self._start

    def say(self, text: str) -> None:
        """Prints one step."""
        print(f"{self._connector} {time.monotonic() - self._start:4.0f} s  {text}", flush=True)

    def follow(self, line: str) -> None:
        """Shows a line of `fivetran debug` if the connector wrote it and none was shown just now; its summary in any case."""
        message = fivetran.connector_message(line)
        if message and (message.startswith(SUMMARY) or time.monotonic() - self._last_detail >= QUIET_SECONDS):
            self._last_detail = time.monotonic()
            self.say(f"    {message}")


@dataclass(frozen=True)
class Stage:
    """What the syncs of one connector share: its copy, its settings, its source."""

    folder: Path
    configuration: Path
    home: Path
    box: SandboxClient
    progress: Progress
    faults: str | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo; returns 0 if every cell agrees and nothing complained, 1 if not, 130 when it was stopped."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    scratch = Path(tempfile.mkdtemp(prefix="connector-demo-"))
    keep = True  # whatever goes wrong, its log is worth having
    try:
        sizes = {name: options.rows or FEWER_ROWS.get(name, DEFAULT_ROWS) for name in options.connectors}
        reports = [demonstrate(name, rows, scratch, options.faults) for name, rows in sizes.items()]
        print_report(reports)
        passed = all(report.passed for report in reports)
        keep = options.keep or not passed
    except KeyboardInterrupt:
        print("stopped", flush=True)
        keep = options.keep
        return 130
    finally:
        _leave(scratch, keep)
    return 0 if passed else 1


def demonstrate(connector: str, rows: int, scratch: Path, faults: str | None = None) -> Report:
    """Syncs one connector with its sandbox, a few times, and compares."""
    report, progress = Report(connector, faults=faults), Progress(connector)
    folder = scratch / connector
    folder.mkdir()
    progress.say("starting a stand-in for the API")
    try:
        with serving(connector, rows, folder / "sandbox.log", *OPTIONS.get(connector, ())) as box, _background() as background:
            progress.say(f"it has {box.size}")
            if faults:
                progress.say(f"with the faults of {faults!r}: {PRESETS[faults].says}")
            report.left_out = box.optional_tables
            stage = _set_up(connector, folder, box, progress, faults)
            _run_steps(stage, report, background)
    except (DemoError, SandboxError) as error:
        report.failure = str(error)
        progress.say("stopped, see below")
    return report


def _run_steps(stage: Stage, report: Report, background: ThreadPoolExecutor) -> None:
    truth: Future[dict[str, ServedTable]] | None = None
    for number, step in enumerate(steps(PRESETS[stage.faults] if stage.faults else None), start=1):
        if step.changes:
            stage.progress.say(f"changing the source: {_change(stage.box)}")
        if step.changes or not step.compares:
            truth = None  # what was fetched is no longer true
        if step.compares and truth is None:
            truth = background.submit(stage.box.truth)
        report.syncs.append(_sync(stage, number, step, truth))


def compare_tables(truth: Mapping[str, Table], warehouse: Path) -> list[TableResult]:
    """Compares each table of the source with the warehouse; a table that only the warehouse has must be empty there."""
    # Held open throughout: opening the file anew for each table would take longer than reading it.
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        results = [_compare(name, table, warehouse) for name, table in truth.items()]
        surplus = _tables_in(connection).difference(truth)
        return results + [_expect_empty(name, warehouse) for name in sorted(surplus)]


def check(run: fivetran.DebugRun, number: int, log: Path, *, warnings_expected: bool = False) -> None:
    """Writes the log; raises DemoError, with the lines that matter, if the sync failed or anything complained.

    Where faults are on, warnings are what one would hope for, and only errors count.
    """
    log.write_text(run.output, encoding="utf-8")
    complaints = [line for line in run.complaints if not (warnings_expected and fivetran.warning_text(line))]
    if run.exit_status == 0 and not complaints:
        return
    kind = "errors" if warnings_expected else "warnings"
    what = f"printed {kind}" if run.exit_status == 0 else f"failed with exit status {run.exit_status}"
    lines = "\n".join(f"    {line}" for line in _telling_lines(run.output))
    raise DemoError(f"sync {number} {what}; the lines that matter, of {log}:\n{lines}")


def _set_up(connector: str, folder: Path, box: SandboxClient, progress: Progress, faults: str | None) -> Stage:
    settings = {**box.configuration, **EXTRA_SETTINGS.get(connector, {})}
    copies = folder / "copy"
    copies.mkdir()
    return Stage(
        folder=fivetran.scratch_copy(ROOT / connector, copies),
        configuration=fivetran.write_configuration(folder / "configuration.json", settings),
        home=folder / "home",
        box=box,
        progress=progress,
        faults=faults,
    )


def _sync(stage: Stage, number: int, step: Step, truth: Future[dict[str, ServedTable]] | None) -> SyncResult:
    progress = stage.progress
    progress.say(f"sync {number}, {step.title}: fivetran debug")
    stage.box.delete("/sandbox/requests")
    if step.faults:
        stage.box.post("/sandbox/faults", {"preset": stage.faults})
    run = fivetran.run_debug(stage.folder, stage.configuration, stage.home, on_line=progress.follow)
    struck = stage.box.get("/sandbox/faults")["struck"]
    stage.box.delete("/sandbox/faults")
    if step.faults:
        progress.say(f"sync {number}: {sum(struck.values()):,} faults struck")
    if stage.faults:
        _show_warnings(run, progress)
    check(run, number, stage.configuration.with_name(f"sync-{number}.log"), warnings_expected=stage.faults is not None)
    requests = stage.box.get("/sandbox/requests")["total"]
    ended = f"sync {number} ended after {requests:,} requests"
    if truth is None:
        progress.say(f"{ended}; the source moved, so that a later sync is compared")
        return SyncResult(step.title, requests, run.counts, [], struck)
    progress.say(f"{ended}; comparing every cell")
    result = SyncResult(step.title, requests, run.counts, compare_tables(truth.result(), fivetran.warehouse_path(stage.folder)), struck)
    if result.differing:
        progress.say(f"sync {number}: {len(result.differing)} tables differ from the source")
    return result


def _show_warnings(run: fivetran.DebugRun, progress: Progress) -> None:
    warnings = [text for line in run.complaints if (text := fivetran.warning_text(line))]
    for text in warnings[:SHOWN_WARNINGS]:
        progress.say(f"    warning: {text}")
    if len(warnings) > SHOWN_WARNINGS:
        progress.say(f"    and {len(warnings) - SHOWN_WARNINGS} more warnings")


@contextmanager
def _background() -> Iterator[ThreadPoolExecutor]:
    """One thread: the truth is fetched while a sync runs, during which the source does not change."""
    executor = ThreadPoolExecutor(1)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _change(box: SandboxClient) -> str:
    """Changes the source and says in one line what was changed, by kind."""
    changes = box.post("/sandbox/changes", {"share": CHANGED_SHARE})
    # "edit_gift" and "edit" of another entity are one kind here.
    counts = Counter(str(change["kind"]).partition("_")[0] for change in changes)
    return ", ".join(f"{kind} {count}" for kind, count in counts.most_common())


def _telling_lines(output: str) -> list[str]:
    """The complaints, each with the lines that belong to it (they bear no time); the last lines if there are none."""
    telling, wanted = [], False
    for line in output.splitlines():
        if line[:2].isdigit():
            wanted = fivetran.is_complaint(line)
        if wanted and line.strip():
            telling.append(line)
    return (telling or output.splitlines())[-SHOWN_LOG_LINES:]


def _compare(name: str, truth: Table, warehouse: Path) -> TableResult:
    rows = compare.warehouse_rows(str(warehouse), name)
    columns = compare.warehouse_columns(str(warehouse), name)
    return TableResult(name, truth.count(), len(rows), compare.differences(truth, rows, columns=columns))


def _expect_empty(name: str, warehouse: Path) -> TableResult:
    rows = len(compare.warehouse_rows(str(warehouse), name))
    return TableResult(name, 0, rows, [f"{rows} rows, and the source has none"] if rows else [])


def _tables_in(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'tester'")
    return {name for (name,) in found.fetchall()}


def _leave(scratch: Path, keep: bool) -> None:
    if keep:
        print(f"logs, warehouses and settings are kept in {scratch}", flush=True)
    else:
        shutil.rmtree(scratch, ignore_errors=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m sandbox.demo", description="Shows connectors at work.")
    existing = [path.parent.name for path in sorted(ROOT.glob("*/connector.py"))]
    parser.add_argument("connectors", nargs="*", metavar="connector", help=f"default: all of {', '.join(existing)}")
    fewer = ", ".join(f"{number} of {name}" for name, number in FEWER_ROWS.items())
    parser.add_argument("--rows", help=f"how many contacts, or the like, the source has (default: {DEFAULT_ROWS}, but {fewer})")
    parser.add_argument("--faults", help=f"things that go wrong meanwhile: one of {', '.join(PRESETS)}")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder and say where it is")
    options = parser.parse_args(arguments)
    if options.rows is not None:
        options.rows = parser.whole("ROWS", options.rows, 500, least=1)
    options.faults = parser.preset(options.faults)
    if not existing:
        parser.error("there is no connector here yet")
    options.connectors = [parser.connector(name, existing) for name in options.connectors] or existing
    return options


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
