"""Runs the real `fivetran debug` on a copy of a connector, in a process of its own, away from the user's files.

Nothing secret is in a command line: the configuration is given as the path of a file that only its owner may read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What a user's own runs leave in a connector's folder; with it a scratch run would start from the user's state.
LEFT_BEHIND = frozenset({"files", "crash-reports", "configuration.json", "destination.json", "tmp_requirements.txt"})

# Seconds that a process gets to end by itself before it is killed.
GRACE_SECONDS = 5.0

_COMPLAINT = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (WARNING|ERROR|SEVERE|CRITICAL)\b")
_CONNECTOR_LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (?:INFO|WARNING|ERROR|SEVERE|CRITICAL) +\S+ +connector +(.*)")
_WARNING = re.compile(r"\d\d:\d\d:\d\d\.\d{3} WARNING +\S+ +\w+ +(.*)")
_COUNT = re.compile(r"\s+([A-Z][A-Za-z ]+?)\s+\| (\d+)\s*")

# Said when somebody publishes a newer SDK, or when nobody can be asked for one: neither is a fault of the connector's.
# A retry is announced after the line with its reason, which is judged by itself.
_ADVICE = ("is available. (", "pip install --upgrade", "unable to check for a newer version", "sdk       retrying after ")


@dataclass(frozen=True)
class DebugRun:
    """What one `fivetran debug` did: how it ended, all that it printed, and the state that it saved ({} if none)."""

    exit_status: int
    output: str
    state: dict[str, Any]

    @property
    def complaints(self) -> list[str]:
        """The lines of the output at level WARNING or worse, what the SDK says of newer releases left out."""
        return [line for line in self.output.splitlines() if is_complaint(line)]

    @property
    def counts(self) -> dict[str, int]:
        """The summary at the end of the output, as {"Upserts": 12, ...}; {} when the sync did not get so far."""
        found = (_COUNT.fullmatch(line) for line in self.output.splitlines())
        return {match[1]: int(match[2]) for match in found if match}


def is_complaint(line: str) -> bool:
    """Whether a line of `fivetran debug` is a warning or an error of the SDK or the connector."""
    return bool(_COMPLAINT.match(line)) and not any(advice in line for advice in _ADVICE)


def warning_text(line: str) -> str | None:
    """What a complaint of `fivetran debug` says that is no more than a warning; None for an error."""
    match = _WARNING.match(line)
    return match[1].strip() if match else None


def connector_message(line: str) -> str | None:
    """What the connector itself logged in this line of `fivetran debug`; None for a line of the SDK."""
    match = _CONNECTOR_LINE.match(line)
    return match[1].strip() if match else None


def scratch_copy(connector: Path, into: Path) -> Path:
    """Copies a connector's folder to `into`/<its name>, links followed, and returns the copy.

    A user's own state, warehouse and settings stay behind, as do hidden files except `.gitignore`, which the SDK reads.
    """
    return Path(shutil.copytree(connector, into / connector.name, ignore=_left_behind))


def write_configuration(path: Path, configuration: Mapping[str, str]) -> Path:
    """Writes a configuration.json that only its owner may read, and returns its path."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(dict(configuration), indent=2), encoding="utf-8")
    return path


def warehouse_path(connector_folder: Path) -> Path:
    """The DuckDB file that `fivetran debug` writes for this folder."""
    return connector_folder / "files" / "warehouse.db"


def run_debug(
    connector_folder: Path,
    configuration: Path,
    home: Path,
    on_line: Callable[[str], None] | None = None,
    timeout: float | None = None,
) -> DebugRun:
    """Runs `fivetran debug` to its end; `on_line` sees each line of its output at once.

    After `timeout` seconds the run is killed, and its exit status is negative.
    """
    lines = []
    with debugging(connector_folder, configuration, home) as process, _killed_after(timeout, process):
        assert process.stdout is not None  # noqa: S101 - asked for in debugging()
        for line in process.stdout:
            lines.append(line)
            if on_line:
                on_line(line.rstrip("\n"))
        status = process.wait()
    return DebugRun(status, "".join(lines), saved_state(connector_folder))


@contextmanager
def debugging(connector_folder: Path, configuration: Path, home: Path) -> Iterator[subprocess.Popen[str]]:
    """Starts `fivetran debug` with its output (stderr too) as text in `.stdout`; ends it on leaving the block."""
    command = [str(_tools() / "fivetran"), "debug", str(connector_folder), "--configuration", str(configuration)]
    process = subprocess.Popen(
        command,
        env=debug_environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # so that whatever it starts can be ended with it
    )
    with process, _stopped(process):
        yield process


def debug_environment(home: Path) -> dict[str, str]:
    """The environment of a run: the caller's without what would redirect or report it."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FIVETRAN_")}
    kept.pop("PYTHONPATH", None)  # the cloud has nothing but the folder either
    return {
        **kept,
        "PATH": os.pathsep.join([str(_tools()), kept.get("PATH", os.defpath)]),  # the CLI calls `pipreqs` by name
        "HOME": str(home),
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def saved_state(connector_folder: Path) -> dict[str, Any]:
    """The state of the last checkpoint in this folder; {} before the first."""
    path = connector_folder / "files" / "state.json"
    if not path.exists():
        return {}
    state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return state


def stop(process: subprocess.Popen[Any]) -> None:
    """Ends a process that leads its own session, and what it started: politely first, then by force."""
    if process.poll() is not None:
        return
    _signal(process, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    # It may have ended meanwhile: macOS then answers "not permitted" in place of "no such process".
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@contextmanager
def _stopped(process: subprocess.Popen[Any]) -> Iterator[None]:
    try:
        yield
    finally:
        stop(process)


@contextmanager
def _killed_after(seconds: float | None, process: subprocess.Popen[Any]) -> Iterator[None]:
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, _signal, (process, signal.SIGKILL))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _tools() -> Path:
    # not resolved: in an environment `python` is a link, and `fivetran` lies beside the link
    return Path(sys.executable).parent


def _left_behind(_folder: str, names: Iterable[str]) -> set[str]:
    hidden = {name for name in names if name.startswith(".") and name != ".gitignore"}
    return hidden | (LEFT_BEHIND | {"__pycache__"}).intersection(names)
