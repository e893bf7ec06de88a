"""The bench at a tiny size, whose figures mean nothing: what is checked is that they are there and made of the right numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.server import running
from tests.bench.__main__ import main
from tests.bench.probe import Job
from tests.bench.probing import ProbeFailed, probe
from tests.contract.facts import FACTS
from tests.contract.harness import UNLIMITED
from tests.loading import FOLDERS

NAMES = [
    "own cost",
    "parallelism",
    "requests, first sync",
    "requests, 1 % changed",
    "memory, growth",
    "memory, size",
    "recovery",
]


def test_the_whole_bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "figures.json"
    assert main(["virtuous", "--rows", "30", "--runs", "1", "--latency", "0.001", "--json", str(written)]) == 0
    said = capsys.readouterr()
    for name in NAMES:
        assert f"\n{name} " in said.out
    assert "killed half way" in said.err
    kept = json.loads(written.read_text(encoding="utf-8"))
    assert kept["parameters"].keys() == {"rows", "runs", "latency_seconds", "python"}
    [one] = kept["connectors"]
    assert one["connector"] == "virtuous"
    assert [figure["figure"] for figure in one["figures"]] == NAMES
    assert all(figure["value"] > 0 for figure in one["figures"])
    assert str(tmp_path) not in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rows", "many"], "ROWS must be a whole number from 1 on, for example ROWS=20000; it is 'many'."),
        (["--runs", "0"], "RUNS must be a whole number from 1 on, for example RUNS=3; it is '0'."),
        (["nobody"], "CONNECTOR must be one of those here ("),
    ],
)
def test_a_mistake_is_told_by_the_names_that_make_knows(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_probe_that_is_killed_tells_its_last_state_and_the_next_goes_on(folder: str) -> None:
    with running(folder, rows=30, rate_limit=UNLIMITED) as box:
        configuration = {**box.configuration, **FACTS[folder].unlimited}
        clean = probe(Job(folder, configuration, checkpoint_rows=50, replay=True))
        assert clean.replay_cpu_seconds is not None
        assert clean.checkpoints > 5
        whole = box.request_counts()["rows"]
        killed = probe(Job(folder, configuration, checkpoint_rows=50, kill_at=clean.operations * 9 // 10))
        assert killed.operations == clean.operations * 9 // 10
        assert 0 < killed.checkpoints < clean.checkpoints
        box.reset_requests()
        rest = probe(Job(folder, configuration, state=killed.state))
    assert killed.rows + rest.rows >= clean.rows
    assert rest.rows < clean.rows
    assert box.request_counts()["rows"] < whole


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_sync_that_fails_is_told_in_words(folder: str) -> None:
    with running(folder, rows=3) as box:
        box.faults.add("status", status=400, body={"message": "No."})
        with pytest.raises(ProbeFailed, match=f"a sync of {folder} "):
            probe(Job(folder, box.configuration))
