"""The measurements: each starts a sandbox and some syncs, and returns figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sandbox.client import SandboxClient, serving
from tests.bench import figures
from tests.bench.figures import Figure
from tests.bench.probe import Job, Outcome
from tests.bench.probing import probe
from tests.contract.facts import FACTS

UNLIMITED = "1000000000"  # requests that the source allows: waiting for a quota is no cost of the connector's
CHANGED_SHARE = 0.01
MOST_REPLAYED_ROWS = 5000  # all that they give is kept in memory, a kilobyte for each operation
EIGHT = 8
# A page of 1000 takes longer to parse than to wait for, so that waiting would not be what is measured.
SMALL_PAGES = (50, 10, 1)
SMALL_PAGE_REQUESTS = 700
GUESS = 1000
# Whose rows come in streams, of which the sandbox cannot tell how many were read: there the records count of which rows were made.
STREAMING = frozenset({"sa360"})


class Bench(NamedTuple):
    """What is measured: a connector, with a source of so many rows (contacts, or what it counts by), in so many runs.

    `latency_seconds` is how long each reply takes where that matters; `say` is told what goes on.
    """

    connector: str
    rows: int
    runs: int
    latency_seconds: float
    say: Callable[[str], None]

    @contextmanager
    def source(self, rows: int) -> Iterator[SandboxClient]:
        """A sandbox with so many rows."""
        with (
            TemporaryDirectory(prefix="connector-bench-") as scratch,
            serving(self.connector, rows, Path(scratch) / "sandbox.log", "--rate-limit", UNLIMITED) as box,
        ):
            yield box

    @property
    def counts(self) -> bool:
        """Whether a sync has to count by itself what it reads."""
        return self.connector in STREAMING

    def rows_read(self, asked: dict[str, Any], *outcomes: Outcome) -> int:
        """How many rows some syncs read, by what the sandbox was asked, or by themselves."""
        return sum(one.records for one in outcomes) if self.counts else int(asked["rows"])

    def sync(self, box: SandboxClient, what: str, **options: Any) -> tuple[Outcome, dict[str, Any]]:
        """One sync with a sandbox; what it found, and what the sandbox was asked since it last began to count."""
        self.say(what)
        outcome = probe(Job(self.connector, {**box.configuration, **FACTS[self.connector].unlimited}, **options))
        return outcome, box.get("/sandbox/requests")


class Runs(NamedTuple):
    """What several runs with the same source found, run by run."""

    peaks: list[int]
    made: list[int]
    fewest: list[int]
    made_later: list[int]
    fewest_later: list[int]
    rows: list[int]
    rows_with_kill: list[int]


def measure(bench: Bench) -> list[Figure]:
    """All figures of one connector."""
    found = [own_cost(bench), parallelism(bench)]
    runs = Runs([], [], [], [], [], [], [])
    for number in range(1, bench.runs + 1):
        with bench.source(bench.rows) as box:
            _one_run(bench, box, runs, f"run {number} of {bench.runs} with {bench.rows:,} rows")
    found.append(figures.requests(figures.FIRST_REQUESTS, runs.made, runs.fewest))
    found.append(figures.requests(figures.LATER_REQUESTS, runs.made_later, runs.fewest_later))
    with bench.source(10 * bench.rows) as box:
        larger, _ = bench.sync(box, f"memory: a first sync of {10 * bench.rows:,} rows")
    found += figures.memory(runs.peaks, larger.peak_bytes, bench.rows)
    return [*found, figures.recovery(runs.rows, runs.rows_with_kill)]


def _one_run(bench: Bench, box: SandboxClient, runs: Runs, name: str) -> None:
    """A first sync; one that is killed half way, and resumed; and one after changes."""
    clean, asked = bench.sync(box, f"{name}: a first sync", counted=bench.counts)
    runs.peaks.append(clean.peak_bytes)
    runs.made.append(asked["total"])
    runs.rows.append(bench.rows_read(asked, clean))
    runs.fewest.append(box.get("/sandbox/fewest")["total"])

    box.delete("/sandbox/requests")
    half = max(1, clean.operations // 2)
    killed, _ = bench.sync(box, f"{name}: the same, killed half way", kill_at=half, counted=bench.counts)
    rest, asked = bench.sync(box, f"{name}: and going on from there", state=killed.state, counted=bench.counts)
    runs.rows_with_kill.append(bench.rows_read(asked, killed, rest))

    box.post("/sandbox/changes", {"share": CHANGED_SHARE})
    box.delete("/sandbox/requests")
    _, asked = bench.sync(box, f"{name}: a sync after 1 % changed", state=clean.state)
    runs.made_later.append(asked["total"])
    runs.fewest_later.append(box.get("/sandbox/fewest?changed=true")["total"])


def own_cost(bench: Bench) -> Figure:
    """Processor time, so that waiting for the sandbox does not count; syncs and replays take turns, each in a process of its own."""
    rows = min(bench.rows, MOST_REPLAYED_ROWS)
    syncs, replays, operations = list[float](), list[float](), 0
    with bench.source(rows) as box:
        for number in range(1, bench.runs + 1):
            name = f"own cost, run {number} of {bench.runs} with {rows:,} rows"
            sync, _ = bench.sync(box, f"{name}: a first sync")
            replay, _ = bench.sync(box, f"{name}: another one, and its operations once more from memory", replay=True)
            syncs.append(sync.cpu_seconds)
            replays.append(replay.replay_cpu_seconds or 0.0)
            operations = sync.operations
    return figures.own_cost(syncs, replays, f"{operations:,} operations, {rows:,} rows")


def parallelism(bench: Bench) -> Figure:
    """One run of each: the slower one takes minutes."""
    rows = min(bench.rows, _rows_for(bench, SMALL_PAGE_REQUESTS))
    seconds, requests = list[float](), 0
    with bench.source(rows) as box:
        box.post("/sandbox/faults", {"preset": "slow", "seconds": bench.latency_seconds})
        for workers in (1, EIGHT):
            name = f"parallelism, {rows:,} rows: a first sync with {bench.latency_seconds:g} s a reply, {workers} at a time"
            box.delete("/sandbox/requests")
            outcome, asked = bench.sync(box, name, workers=workers, page_sizes=SMALL_PAGES)
            seconds.append(outcome.wall_seconds)
            requests = asked["total"]
    one, eight = seconds
    return figures.parallelism(one, eight, f"one run, {rows:,} rows, {requests:,} requests, {SMALL_PAGES[0]} a page")


def _rows_for(bench: Bench, requests: int) -> int:
    """How many rows take about so many requests with small pages: what two sizes need tells it."""
    fewest = []
    for rows in (GUESS, 2 * GUESS):
        with bench.source(rows) as box:
            fewest.append(box.get(f"/sandbox/fewest?page={SMALL_PAGES[0]}")["total"])
    return rows_for(requests, fewest[0], fewest[1])


def rows_for(requests: int, for_guess: int, for_twice: int) -> int:
    """How many rows take about so many requests, by how many GUESS rows take and twice as many."""
    each = max(for_twice - for_guess, 1) / GUESS
    return max(GUESS + round((requests - for_guess) / each), 1)
