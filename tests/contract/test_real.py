"""Contract 1 to 4 and 22 with the real `fivetran debug` and `fivetran package`: the DuckDB file is compared with the source.

The moments at which test 4 kills are random: `SEED=45 pytest -k sigkill tests/contract/test_real.py` repeats them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from sandbox.compare import differences, kept_open, warehouse_columns, warehouse_rows
from sandbox.fivetran import (
    DebugRun,
    debug_environment,
    debugging,
    run_debug,
    saved_state,
    scratch_copy,
    warehouse_path,
    write_configuration,
)
from sandbox.server import Box, running
from tests.contract.facts import FACTS
from tests.contract.harness import UNLIMITED
from tests.loading import ROOT

pytestmark = pytest.mark.real
TIMEOUT_SECONDS = 120.0
ROWS = 100  # contacts, or what the source counts by: every field is somewhere, and the types of all columns are seen
KILLS = {"first": 6, "incremental": 3}  # few, since each starts a process: that every moment is harmless is shown without one
MOST_OF_THEM = 6
SEED = int(os.environ.get("SEED", Random().randrange(10_000)))


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

    def killed_at_query(self, number: int) -> bool:
        """A sync that is ended with SIGKILL, and all that it started, at the n-th query to the sandbox; False if it ended before.

        So the moment depends on no clock: other requests are under way, and the main thread is where it happens to be.
        """
        with debugging(self.folder, self.configuration, self.home) as process:
            asked = 0

            def strike() -> None:
                nonlocal asked
                asked += 1
                if asked == number:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)

            self.box.faults.add("call", self.box.source.places["queries"], action=strike)
            output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
            self.box.faults.clear()
        assert process.returncode in {0, -signal.SIGKILL}, output[-3000:]
        return process.returncode == -signal.SIGKILL

    def differences(self) -> list[str]:
        """What differs between the source and the warehouse, in all tables."""
        path = warehouse_path(self.folder)
        found = []
        with kept_open(path):
            for name, table in self.box.source.truth().items():
                lines = differences(table, warehouse_rows(path, name), columns=warehouse_columns(path, name))
                found += [f"{name}: {line}" for line in lines]
        return found


@pytest.fixture
def box(folder: str) -> Iterator[Box]:
    """The connector's sandbox, on the real clock since the real connector is."""
    with running(folder, rows=ROWS, rate_limit=UNLIMITED) as box:
        yield box


@pytest.fixture
def scratch(folder: str, box: Box, tmp_path: Path) -> Scratch:
    """A scratch copy with everything switched on that finds changes at once."""
    return scratch_of(folder, box, tmp_path)


def scratch_of(folder: str, box: Box, place: Path) -> Scratch:
    return Scratch(scratch_copy(ROOT / folder, place), box, place, settings_of(folder, box))


def settings_of(folder: str, box: Box) -> dict[str, str]:
    """Deletes are looked for in each sync, and nothing is waited for."""
    return {FACTS[folder].sweep: "0", **FACTS[folder].unlimited, **FACTS[folder].brief(box.source)}


def test_01_02_03_22_from_the_zip_alone_a_first_sync_no_change_and_every_change(folder: str, scratch: Scratch, tmp_path: Path) -> None:
    scratch = unpacked(folder, scratch, tmp_path / "alone")
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


def unpacked(folder: str, scratch: Scratch, place: Path) -> Scratch:
    """What `fivetran package` makes of a connector's folder, in an empty folder of its own."""
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
    alone = place / folder
    with zipfile.ZipFile(archive) as package:
        names = package.namelist()
        package.extractall(alone)
    assert not [name for name in names if "configuration.json" in name or "test" in Path(name).parts or name.endswith(".pyc")]
    assert (alone / "common" / "tables.py").read_text() == (ROOT / "common" / "tables.py").read_text()
    assert (alone / "requirements.txt").read_text() == (ROOT / folder / "requirements.txt").read_text()
    return Scratch(alone, scratch.box, place, settings_of(folder, scratch.box))


def test_04_sigkill_at_random_moments(folder: str, tmp_path: Path) -> None:
    """Killed, resumed and killed again, in a first sync and in one after changes; then each goes on to its end."""
    with running(folder, rows=ROWS, rate_limit=UNLIMITED) as box:
        _kill(folder, scratch_of(folder, box, tmp_path))


def _kill(folder: str, scratch: Scratch) -> None:
    more_checkpoints(folder, scratch.folder)
    random, struck, resumed_from, facts = Random(SEED), 0, set[str](), FACTS[folder]
    queries = {"first": facts.queries_of_a_sync, "incremental": facts.queries_of_a_later_sync or facts.queries_of_a_sync}
    for phase, kills in KILLS.items():
        for at in range(kills):  # each in another part of a sync, so that they are not all before the first checkpoint
            first, last = queries[phase] * at // kills + 1, queries[phase] * (at + 1) // kills
            struck += scratch.killed_at_query(random.randint(first, last))
            resumed_from.add(str(saved_state(scratch.folder)))
        scratch.debug()
        assert scratch.differences() == [], f"{phase} sync, SEED={SEED} repeats it"
        scratch.box.source.change_bundle(share=0.1)
    assert struck >= MOST_OF_THEM, f"only {struck} kills struck while a sync was under way: SEED={SEED} repeats it"
    assert len(resumed_from) > len(KILLS), f"killed before every checkpoint, so that nothing was resumed: SEED={SEED} repeats it"


def more_checkpoints(folder: str, copy: Path) -> None:
    """Rewrites two numbers in a scratch copy, so that a source of a bearable size is read in many pages with some checkpoints inside."""
    module, _, name = FACTS[folder].page_sizes.partition(".")
    _set_constant(copy / f"{module}.py", name, [20, 5, 1])
    _set_constant(copy / "common" / "warehouse.py", "CHECKPOINT_ROWS", 400)  # each costs the SDK's local database a good while


def _set_constant(path: Path, name: str, value: Sequence[int] | int) -> None:
    text, number = re.subn(rf"^{name} = .*$", f"{name} = {value}", path.read_text(), flags=re.MULTILINE)
    assert number == 1, f"{path.name} has no {name}"
    path.write_text(text)


def test_setup_tests_pass_and_say_what_to_change(folder: str, scratch: Scratch) -> None:
    assert _setup_tests(scratch).returncode == 0
    scratch.box.source.forbidden = {FACTS[folder].setup_entity or FACTS[folder].entity}
    refused = _setup_tests(scratch)
    said = refused.stdout + refused.stderr
    assert "403" in said
    assert FACTS[folder].advice in said


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
