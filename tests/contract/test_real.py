"""Contract 1, 2, 3 and 22 with the real `fivetran debug` and `fivetran package`: the DuckDB file is compared with the source."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.compare import differences, warehouse_columns, warehouse_rows
from sandbox.fivetran import DebugRun, debug_environment, run_debug, scratch_copy, warehouse_path, write_configuration
from sandbox.server import Box, running
from tests.loading import ROOT

pytestmark = pytest.mark.real
TIMEOUT_SECONDS = 120.0
ROWS = 300


class Scratch:
    """A copy of a connector's folder, a configuration outside it, and an empty home."""

    def __init__(self, folder: Path, box: Box, place: Path, settings: Mapping[str, str]) -> None:
        self.folder, self.box, self.home = folder, box, place / "home"
        self.configuration = write_configuration(place / "configuration.json", {**box.configuration, **settings})

    def debug(self) -> DebugRun:
        """One sync; it must succeed without a word of complaint."""
        self.box.reset_requests()
        run = run_debug(self.folder, self.configuration, self.home, timeout=TIMEOUT_SECONDS)
        assert run.exit_status == 0, run.output[-3000:]
        assert run.complaints == []
        assert self.box.token not in run.output
        return run

    def differences(self) -> list[str]:
        """What differs between the source and the warehouse, in all tables."""
        path = warehouse_path(self.folder)
        found = []
        for name, table in self.box.source.truth().items():
            lines = differences(table, warehouse_rows(path, name), columns=warehouse_columns(path, name))
            found += [f"{name}: {line}" for line in lines]
        return found


@pytest.fixture
def box(folder: str) -> Iterator[Box]:
    """The connector's sandbox, on the real clock since the real connector is."""
    with running(folder, rows=ROWS) as box:
        yield box


@pytest.fixture
def scratch(folder: str, box: Box, tmp_path: Path) -> Scratch:
    """A scratch copy with everything switched on that finds changes at once."""
    return Scratch(scratch_copy(ROOT / folder, tmp_path), box, tmp_path, {"delete_sweep_days": "0"})


def test_01_02_03_first_sync_no_change_and_every_change(scratch: Scratch) -> None:
    scratch.debug()
    assert scratch.differences() == []
    first = len(scratch.box.requests)

    run = scratch.debug()
    assert {name: run.counts[name] for name in ("Upserts", "Updates", "Deletes", "Truncates")} == dict.fromkeys(
        ("Upserts", "Updates", "Deletes", "Truncates"), 0
    )
    assert len(scratch.box.requests) < first
    assert scratch.differences() == []

    scratch.box.source.change_bundle(share=0.05)
    scratch.debug()
    assert scratch.differences() == []


def test_22_the_package_runs_from_the_zip_alone(folder: str, scratch: Scratch, tmp_path: Path) -> None:
    fivetran = Path(sys.executable).with_name("fivetran")
    packed = subprocess.run(
        [str(fivetran), "package", str(scratch.folder), "--yes"],
        env=debug_environment(scratch.home),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    assert packed.returncode == 0, packed.stdout + packed.stderr
    [archive] = scratch.folder.glob("files/*.zip")
    alone = tmp_path / "alone" / folder
    with zipfile.ZipFile(archive) as package:
        names = package.namelist()
        package.extractall(alone)
    assert not [name for name in names if "configuration.json" in name or "test" in Path(name).parts or name.endswith(".pyc")]
    assert (alone / "common" / "tables.py").read_text() == (ROOT / "common" / "tables.py").read_text()
    assert (alone / "requirements.txt").read_text() == (ROOT / folder / "requirements.txt").read_text()
    unpacked = Scratch(alone, scratch.box, tmp_path / "alone", {"delete_sweep_days": "0"})
    unpacked.debug()
    assert unpacked.differences() == []


def test_setup_tests_pass_and_say_what_to_change(scratch: Scratch) -> None:
    assert _setup_tests(scratch).returncode == 0
    scratch.box.source.forbidden = {"Gift"}
    refused = _setup_tests(scratch)
    said = refused.stdout + refused.stderr
    assert "403" in said
    assert "permission group" in said


def _setup_tests(scratch: Scratch) -> subprocess.CompletedProcess[str]:
    (scratch.folder / "configuration.json").write_text(scratch.configuration.read_text())
    return subprocess.run(
        [str(Path(sys.executable).with_name("fivetran")), "configuration", "--test", str(scratch.folder)],
        env=debug_environment(scratch.home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
