"""Runs `fivetran deploy`, so that no secret is in its command line, in a file or in what it prints."""

from __future__ import annotations

import base64
import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

GRACE_SECONDS = 5.0  # until what does not end by itself is killed
LOOK_SECONDS = 0.05  # how often it is looked whether the CLI reads
SHORTEST_HIDDEN = 4  # a line of a secret such as "{" is none
KEY_SHOWN = 8  # characters of the API key that the CLI prints
PACKAGE = re.compile(r"\s*package id: ([A-Za-z0-9_-]+)\s*")
HIDDEN = "***"


class Run(NamedTuple):
    """How `fivetran deploy` ended, and the id of the package that it uploaded, '' if it did not get so far."""

    status: int
    package: str


def deploy(
    folder: Path, python: str, environment: Mapping[str, str], configuration: Mapping[str, str], shown: Callable[[str], str]
) -> Run:
    """Runs `fivetran deploy` on a connector's folder, shows what it prints, and waits for its end.

    Args:
        folder: of the connector.
        python: the version of Python that the connector is to run on.
        environment: of the process, as `environment_of` makes it.
        configuration: what the connection is to have, in place of all that it has.
        shown: makes of a line what may be shown of it.
    """
    package = ""
    with _pipe() as pipe, _started(_command(folder, python, pipe), environment, pipe.parent) as process:
        threading.Thread(target=_feed, args=(pipe, json.dumps(dict(configuration)), process), daemon=True).start()
        assert process.stdout is not None  # noqa: S101 - asked for in _started()
        for line in process.stdout:
            # behind a mark, since GitHub takes a line that begins with "::" for a command
            print(f"fivetran | {shown(line)}", flush=True)
            # the first one: a message from elsewhere may have such a line later
            package = package or (found[1] if (found := PACKAGE.fullmatch(line)) else "")
        return Run(process.wait(), package)


def environment_of(outer: Mapping[str, str], api_key: str, destination: str, connection: str, agent: str) -> dict[str, str]:
    """The environment of the CLI: the outer one without any secret but the key, and without what would change what it does.

    `agent` is that of the connection, '' for none: the CLI wants to be told what is to stay.
    """
    kept = {name: value for name, value in outer.items() if not name.startswith(("SFL_", "FIVETRAN_"))}
    return {
        **kept,
        "PATH": os.pathsep.join([str(_tools()), kept.get("PATH", os.defpath)]),  # the CLI calls `pipreqs` by name
        "FIVETRAN_API_KEY": api_key,
        "FIVETRAN_DESTINATION_NAME": destination,
        "FIVETRAN_CONNECTION_NAME": connection,
        "FIVETRAN_HD_AGENT_ID": agent,
        "CI": "true",  # else it writes the settings of all connections there are into a file in the home folder
        "DO_NOT_TRACK": "1",
        "NETRC": os.devnull,  # a login in it would take the place of the key
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def shower(hidden: Iterable[str]) -> Callable[[str], str]:
    """A function that makes of any text a line that may be shown: without the hidden ones, and without what GitHub takes for a command.

    Each line of a hidden text counts by itself, since output comes in lines, and so does what JSON or an address makes of it.
    """
    lines = {line.strip() for text in hidden for line in text.splitlines()}
    forms = {form for line in lines for form in _forms(line)}
    long_first = sorted((form for form in forms if len(form) >= SHORTEST_HIDDEN), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, long_first)) or r"(?!)")
    return lambda text: pattern.sub(HIDDEN, " ".join(text.rstrip().splitlines())).replace("##[", "## [")


def _forms(text: str) -> Iterator[str]:
    yield from (text, _in_json(text), _in_json(text, readable=True), quote(text), quote(text, safe=""), quote_plus(text))


def _in_json(text: str, *, readable: bool = False) -> str:
    return json.dumps(text, ensure_ascii=not readable)[1:-1]


def parts_of_key(api_key: str) -> list[str]:
    """What is not to be shown of an API key: all of it, what the CLI shows of it, and the secret in it."""
    return [api_key, api_key[:KEY_SHOWN], base64.b64decode(api_key).decode("utf-8", "replace").partition(":")[2]]


def _command(folder: Path, python: str, pipe: Path) -> list[str]:
    return [str(_tools() / "fivetran"), "deploy", str(folder), "--configuration", str(pipe), "--python-version", python, "--yes"]


def _tools() -> Path:
    # not resolved: in an environment `python` is a link, and `fivetran` lies beside the link
    return Path(sys.executable).parent


@contextmanager
def _pipe() -> Iterator[Path]:
    """A named pipe in a folder that only its owner may enter; nothing that goes through it is on a disk."""
    with tempfile.TemporaryDirectory(prefix="deploy-") as folder:
        path = Path(folder) / "configuration.json"
        os.mkfifo(path, 0o600)
        yield path


def _feed(pipe: Path, text: str, process: subprocess.Popen[str]) -> None:
    """Writes a text into a pipe as soon as somebody reads it; gives up when the process has ended."""
    while process.poll() is None:
        try:
            writing = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in {errno.ENXIO, errno.ENOENT}:  # nobody reads, or all is over
                raise
            time.sleep(LOOK_SECONDS)
            continue
        os.set_blocking(writing, True)
        with suppress(BrokenPipeError), open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a number, no path
            stream.write(text)
        return


@contextmanager
def _started(command: list[str], environment: Mapping[str, str], place: Path) -> Iterator[subprocess.Popen[str]]:
    """Starts a process and ends it, with all that it started, on leaving the block."""
    process = subprocess.Popen(
        command,
        env=dict(environment),
        cwd=place,  # where no options.toml lies
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
