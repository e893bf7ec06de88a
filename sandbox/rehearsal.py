"""A deploy without the cloud: `python -m sandbox.rehearsal [CONNECTOR]`.

The deploying script runs as the workflow runs it, with the real `fivetran deploy`, on a copy of what is in this checkout. It deploys to a
stand-in for Fivetran, which runs the package's own setup tests against a stand-in for the source. It does so twice: a connection is
made, then updated.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sandbox.deploys import DEFAULT_GROUP, DEFAULT_KEY, Connection, SetupTest, deploying, point_cli_at
from sandbox.fivetran import LEFT_BEHIND, debug_environment
from sandbox.options import Parser
from sandbox.server import STAND_INS, running

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = Path(".github", "scripts", "deploy.py")
SHARED = (".github", "common")
ROWS = 20
TIMEOUT_SECONDS = 300.0


def checkout(connectors: list[str], place: Path) -> Path:
    """Copy what is deployed and what deploys it, as a fresh clone would have it; return the folder."""
    leave = shutil.ignore_patterns("__pycache__", *LEFT_BEHIND)
    for name in (*SHARED, *connectors):
        shutil.copytree(ROOT / name, place / name, symlinks=True, ignore=leave)
    return place


def secrets_of(connector: str, configuration: Mapping[str, str]) -> dict[str, str]:
    """Return a configuration as the secrets that GitHub would keep it under."""
    return {f"SFL_{connector}_{name}".upper(): value for name, value in configuration.items()}


def unpacked(zipped: bytes, place: Path) -> Path:
    """Unpack a package into a folder, and return that."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as package:
        package.extractall(place)
    return place


def really_tested(place: Path) -> Callable[[Connection, bytes], list[SetupTest]]:
    """Return what runs a package's own setup tests, with the configuration that its connection has, as Fivetran does."""

    def run(connection: Connection, zipped: bytes) -> list[SetupTest]:
        folder = unpacked(zipped, place / str(connection.package_id))
        (folder / "configuration.json").write_text(json.dumps(connection.secrets), encoding="utf-8")
        tested = subprocess.run(
            [str(Path(sys.executable).with_name("fivetran")), "configuration", "--test", str(folder)],
            env=debug_environment(place / "home"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
        said = [line for line in tested.stdout.splitlines() if "]: " in line]
        return [SetupTest("The package's own tests", "FAILED" if tested.returncode else "PASSED", " ".join(said))]

    return run


def environment(connector: str, configuration: Mapping[str, str], url: str, place: Path) -> dict[str, str]:
    """Return the environment of the deploying step, on a machine with an empty home folder."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(point_cli_at(url, place / "home")),
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
        "FIVETRAN_API_KEY": DEFAULT_KEY,
        "FIVETRAN_DESTINATION": DEFAULT_GROUP,
        "GITHUB_SHA": "0" * 40,
        **secrets_of(connector, configuration),
    }


def rehearse(connector: str, place: Path) -> bool:
    """Deploy a connector twice, and show what Fivetran would have been sent; say whether all went well."""
    with running(connector, rows=ROWS) as source, deploying() as (api, box):
        checkout([connector], place / "checkout")
        api.setup_tests = really_tested(place / "fivetran")
        given = environment(connector, source.configuration, box.url, place)
        for what in ("makes a connection", "updates it"):
            print(f"\nA deploy of {connector} {what}:\n", flush=True)
            api.received.clear()
            words = [sys.executable, str(place / "checkout" / SCRIPT), connector]
            if subprocess.run(words, env=given, stdin=subprocess.DEVNULL, check=False, timeout=TIMEOUT_SECONDS).returncode:
                return False
            print("What Fivetran was sent:\n\n" + "\n".join(map(in_lines, api.record())), flush=True)
        [connection] = api.connections.values()
        print(f"\nThe connection {connection.schema} has the package {connection.package_id} now, and values for")
        print(f"{', '.join(connection.secrets)}. Nothing has left this machine.", flush=True)
    return True


def in_lines(sent: Mapping[str, Any]) -> str:
    """Return an entry of the record for people: a line, and below it what was sent along."""
    query = "&".join(f"{name}={value}" for name, value in sent["query"].items())
    line, body = f"{sent['method']} {sent['path']}{'?' if query else ''}{query}", sent["body"]
    if isinstance(body, dict) and "file" in body:
        files = body["file"]["files"]
        return f"{line}\n    {body['file']['filename']}: {len(files)} files, {', '.join(files)}"
    return line if body is None else f"{line}\n{textwrap.indent(json.dumps(body, indent=2), '    ')}"


def main(words: list[str]) -> int:
    """Rehearse, and return the exit status."""
    parser = Parser(prog="python -m sandbox.rehearsal", description="Deploy connectors to a stand-in for Fivetran, on this machine.")
    parser.add_argument("connector", nargs="?", help=f"one of {', '.join(sorted(STAND_INS))}; default: each of them")
    named = parser.parse_args(words).connector
    for connector in [parser.connector(named, STAND_INS)] if named else sorted(STAND_INS):
        with TemporaryDirectory() as folder:
            if not rehearse(connector, Path(folder)):
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
