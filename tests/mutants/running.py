"""Runs the tests against copies of this tree, each with one planted fault, and tells which faults were caught.

A fault is caught if one of its tests fails because of what the code does. A tree that does not even import, tests that are not there, and
tests that end by themselves without having run are no catch: a fault must be one that only a test can find.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import NamedTuple

from sandbox.fivetran import stop

SECONDS = 120.0
ENDLESS_SECONDS = 30.0  # what ends at all has ended by then
FAILED = 1  # pytest's exit status for failed tests; that for tests that cannot be collected is another
NO_CODE = ("ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError", "NameError", "UnboundLocalError")
SHOWN_CHARACTERS = 2000
SHOWN_OF_A_REASON = 100


class Fault(NamedTuple):
    """A small breakage of our own code, and the tests that must fail on it.

    Args:
        name: words with hyphens.
        file: relative to the top; never one that is a link.
        text: occurs in it exactly once.
        replacement: what takes its place.
        tests: pytest's names of them; one that fails is enough.
        endless: whether it may keep a test from ending: then a test that takes too long has caught it.
    """

    name: str
    file: str
    text: str
    replacement: str
    tests: tuple[str, ...]
    endless: bool = False


class Verdict(NamedTuple):
    """What became of a fault; `why` says how it was caught, or else what is wrong."""

    fault: Fault
    caught: bool
    why: str
    seconds: float = 0.0


class DoesNotApply(Exception):
    """The text of a fault is not in its file exactly once: the code has changed, and the fault has to."""


class Run(NamedTuple):
    """How a run of pytest ended: exit status (None: it took too long), why tests failed, and what was printed."""

    status: int | None
    failures: list[str]
    output: str


def plant(fault: Fault, tree: Path) -> None:
    """Puts a fault into a tree.

    Raises:
        DoesNotApply: if its text is not there exactly once, or if what comes out is no Python.
    """
    path = tree / fault.file
    content = path.read_text(encoding="utf-8") if path.exists() else ""
    number = content.count(fault.text)
    if number != 1:
        raise DoesNotApply(f"its text occurs {number} times in {fault.file}, and must occur once")
    changed = content.replace(fault.text, fault.replacement)
    try:
        compile(changed, fault.file, "exec")
    except SyntaxError as error:
        raise DoesNotApply(f"with it {fault.file} is no Python: {error.msg}") from error
    path.write_text(changed, encoding="utf-8")


class Mutants:
    """Tries faults in copies of a tree.

    Args:
        root: the tree, a git checkout.
        say: told what goes on.
        seconds, endless_seconds: what a fault's tests may take; the second one is for those that may not end.
    """

    def __init__(
        self, root: Path, say: Callable[[str], None], seconds: float = SECONDS, endless_seconds: float = ENDLESS_SECONDS
    ) -> None:
        self._root, self._say, self._seconds, self._endless_seconds = root, say, seconds, endless_seconds
        self._files = _files(root)
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = Lock()

    def try_all(self, faults: Sequence[Fault], at_once: int) -> list[Verdict]:
        """The verdict on each fault, after all tests have passed without any.

        Raises:
            RuntimeError: if they have not.
        """
        executor = ThreadPoolExecutor(at_once)
        try:
            self._check_unchanged(executor, sorted({test for fault in faults for test in fault.tests}), at_once)
            pending = [executor.submit(self.try_one, fault) for fault in faults]
            for future in as_completed(pending):
                verdict = future.result()
                found = "caught" if verdict.caught else "NOT CAUGHT"
                self._say(f"{verdict.fault.name}: {found} after {verdict.seconds:.0f} s: {verdict.why[:SHOWN_OF_A_REASON]}")
            return [future.result() for future in pending]
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
            self._stop()
            executor.shutdown()

    def try_one(self, fault: Fault) -> Verdict:
        """Plants one fault and runs its tests."""
        began = time.monotonic()
        with self._copy() as tree:
            try:
                plant(fault, tree)
            except DoesNotApply as reason:
                return Verdict(fault, False, str(reason))
            run = self._test(tree, fault.tests, self._endless_seconds if fault.endless else self._seconds)
        caught, why = judge(fault, run)
        return Verdict(fault, caught, why, time.monotonic() - began)

    def _check_unchanged(self, executor: ThreadPoolExecutor, tests: Sequence[str], at_once: int) -> None:
        self._say(f"tests that must pass in an unchanged copy: {len(tests)}")
        shares = [tests[start::at_once] for start in range(at_once) if tests[start::at_once]]
        runs: list[Future[Run]] = [executor.submit(self._test_unchanged, share) for share in shares]
        for run in runs:
            if run.result().status != 0:
                raise RuntimeError(f"the tests fail without any fault:\n{run.result().output[-SHOWN_CHARACTERS:]}")

    def _test_unchanged(self, tests: Sequence[str]) -> Run:
        with self._copy() as tree:
            return self._test(tree, tests, self._seconds * len(tests))

    @contextmanager
    def _copy(self) -> Iterator[Path]:
        with TemporaryDirectory(prefix="connector-mutant-") as scratch:
            tree = Path(scratch) / "tree"
            for name in self._files:
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._root / name, tree / name, follow_symlinks=False)
            yield tree

    def _test(self, tree: Path, tests: Iterable[str], seconds: float) -> Run:
        report = tree.with_name("report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
        process = subprocess.Popen(
            command,
            cwd=tree,
            env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with process, self._known(process):
            try:
                output, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                return Run(None, [], "")
        return Run(process.returncode, _failures(report), output)

    @contextmanager
    def _known(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Keeps a process among those that `_stop` ends, and ends it at last."""
        with self._lock:
            self._running.add(process)
        try:
            yield
        finally:
            stop(process)
            with self._lock:
                self._running.discard(process)

    def _stop(self) -> None:
        with self._lock:
            running = list(self._running)
        for process in running:
            stop(process)


def judge(fault: Fault, run: Run) -> tuple[bool, str]:
    """Whether a fault's tests caught it, and why that is so."""
    if run.status is None:
        return fault.endless, "a test did not end" if fault.endless else "its tests took too long, which it was not expected to cause"
    if run.status == 0:
        return False, "its tests pass with it"
    genuine = [failure for failure in run.failures if not failure.startswith(NO_CODE)]
    if run.status == FAILED and genuine:
        return True, genuine[0]
    reason = (run.failures or run.output.strip().splitlines()[-1:] or ["nothing was printed"])[0]
    return False, f"no test failed on what the code does (exit status {run.status}): {reason}"


def _failures(report: Path) -> list[str]:
    """The first lines of what failed tests said; an error in what a test needs is no failure of the test."""
    if not report.exists():
        return []
    found = ET.parse(report).getroot().iter("failure")  # noqa: S314 - pytest wrote it just now
    return [(failure.get("message") or "failed").splitlines()[0] for failure in found]


def _files(root: Path) -> list[str]:
    """What git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, check=True, encoding="utf-8"
    )
    return [name for name in sorted(set(listed.stdout.split("\0"))) if name and os.path.lexists(root / name)]


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts for people, and at last how many faults were caught."""
    lines = [("fault", "file", "caught", "test")]
    lines += [(one.fault.name, one.fault.file, "yes" if one.caught else "NO", one.fault.tests[0]) for one in verdicts]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    told = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    missed = [one for one in verdicts if not one.caught]
    told += [f"{one.fault.name}: {one.why}" for one in missed]
    return "\n".join([*told, f"{len(verdicts) - len(missed)} passed, {len(missed)} failed"])
