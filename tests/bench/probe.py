"""One sync in a process of its own, measured from within: `python -m tests.bench.probe`.

It reads a job as JSON from its input and answers with one line of JSON. The rows go through the SDK's open front end into a sink that
only counts: the core that `fivetran debug` runs has no part in this.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any, NamedTuple, TextIO

from fivetran_connector_sdk import Logging
from fivetran_connector_sdk_cli import runtime
from fivetran_connector_sdk_cli.schema_processing import process_tables

import common.requests
import common.warehouse
from common.failures import SyncFailed
from common.settings import parse
from tests.contract.facts import FACTS
from tests.loading import load

HELD = ("", "rows", "replies")


class Job(NamedTuple):
    """What a probe is to do.

    Args:
        folder: the connector.
        configuration: its settings.
        state: where the sync goes on from; None is a first sync.
        workers: how many requests may be under way at once; None leaves it to the connector.
        page_sizes: largest first; none leaves them to the connector.
        checkpoint_rows: after how many rows a checkpoint is due; None leaves it to the connector.
        replay: whether the operations are kept, and then emitted once more from memory.
        kill_at: the operation at which the process dies, as if it had been killed.
        counted: whether the records are counted of which rows are made.
        hold: "rows" or "replies": all of these are kept to the end. That is the leak which a test of the memory must be able to see.
    """

    folder: str
    configuration: dict[str, str]
    state: dict[str, Any] | None = None
    workers: int | None = None
    page_sizes: Sequence[int] = ()
    checkpoint_rows: int | None = None
    replay: bool = False
    kill_at: int | None = None
    counted: bool = False
    hold: str = ""


class Outcome(NamedTuple):
    """What a probe found.

    Args:
        wall_seconds, cpu_seconds: of the sync; the second one is what all threads of the process worked.
        replay_cpu_seconds: of emitting the same operations again.
        rows: upserted, updated or deleted.
        operations: those, truncations and checkpoints.
        checkpoints: how many.
        peak_bytes: the largest resident size of the process.
        state: of the last checkpoint; None if there was none.
        records: of which rows were made, where these are counted.
        failure: what the connector said if the sync failed.
    """

    wall_seconds: float
    cpu_seconds: float
    replay_cpu_seconds: float | None
    rows: int
    operations: int
    checkpoints: int
    peak_bytes: int
    state: dict[str, Any] | None
    records: int
    failure: str | None


class CountingSink:
    """What the front end emits into. Of all it is given it keeps the state of the last checkpoint."""

    def __init__(self, kill_at: int | None, killed: Callable[[], None], *, hold: bool) -> None:
        self.rows = self.operations = self.checkpoints = 0
        self.state: dict[str, Any] | None = None
        self._kill_at, self._killed = kill_at, killed
        self._held: list[Any] | None = [] if hold else None

    def record(self, record: Any) -> None:
        self.rows += 1
        if self._held is not None:
            self._held.append(record)
        self._count()

    def truncate(self, truncate: Any) -> None:
        self._count()

    def checkpoint(self, checkpoint: Any) -> None:
        self._count()
        self.checkpoints += 1
        self.state = json.loads(checkpoint.state_json)

    def warning(self, warning: Any) -> None:
        """Shown to nobody."""

    def task(self, task: Any) -> None:
        """Shown to nobody."""

    def _count(self) -> None:
        self.operations += 1
        if self.operations == self._kill_at:
            self._killed()


class Recorder:
    """Passes operations on, and can emit the same ones again."""

    def __init__(self, op: Any) -> None:
        self._op = op
        self._calls: list[tuple[Callable[..., None], tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        function = getattr(self._op, name)

        def record(*arguments: Any, **named: Any) -> None:
            # a state may go on changing after its checkpoint, a row does not
            kept = copy.deepcopy(arguments) if name == "checkpoint" else arguments
            self._calls.append((function, kept, named))
            function(*arguments, **named)

        return record

    def replay(self) -> None:
        for function, arguments, named in self._calls:
            function(*arguments, **named)


class Counter:
    """A function that counts its calls; they come from several threads."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.calls = 0
        self._function, self._lock = function, Lock()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        with self._lock:
            self.calls += 1
        return self._function(*arguments, **named)


class Probe:
    """One sync, from its job to its outcome."""

    def __init__(self, job: Job, answers: TextIO) -> None:
        self._job, self._answers = job, answers
        self._modules = load(job.folder)
        self._sink = CountingSink(job.kill_at, self._die, hold=job.hold == "rows")
        self._began = 0.0, 0.0
        self._counter: Counter | None = None
        self._failure: str | None = None

    def run(self) -> None:
        """Syncs, and answers."""
        tune(self._job, self._modules)
        if self._job.counted:
            self._counter = count_records(self._job.folder, self._modules)
        connector, settings = self._modules.connector, self._modules.settings.SETTINGS
        process_tables(connector.schema(self._job.configuration), {})
        runtime.install(self._sink)
        recorder = Recorder(self._modules.sync.op)
        if self._job.replay:
            self._modules.sync.op = recorder
        self._began = time.perf_counter(), time.process_time()
        try:
            self._modules.sync.run(parse(self._job.configuration, settings), self._job.state or {})
        except SyncFailed as failure:
            self._failure = str(failure)
        outcome = self._outcome()
        self._answer(outcome._replace(replay_cpu_seconds=self._replay(recorder)) if self._job.replay else outcome)

    def _replay(self, recorder: Recorder) -> float:
        runtime.install(CountingSink(None, self._die, hold=False))
        gc.collect()
        gc.freeze()  # or the collector would go through all that is remembered, again and again
        began = time.process_time()
        recorder.replay()
        return time.process_time() - began

    def _outcome(self) -> Outcome:
        wall, cpu = (time.perf_counter() - self._began[0], time.process_time() - self._began[1])
        sink = self._sink
        counts = (sink.rows, sink.operations, sink.checkpoints)
        records = self._counter.calls if self._counter else 0
        return Outcome(wall, cpu, None, *counts, peak_bytes(), sink.state, records, self._failure)

    def _answer(self, outcome: Outcome) -> None:
        self._answers.write(json.dumps(outcome._asdict()) + "\n")
        self._answers.flush()

    def _die(self) -> None:
        """Nothing is tidied up, as when the platform kills a sync."""
        self._answer(self._outcome())
        os._exit(0)


def tune(job: Job, modules: SimpleNamespace) -> None:
    """Sets what the job wants otherwise than the connector has it."""
    for module, name, value in FACTS[job.folder].tuning(modules, job.workers, job.page_sizes):
        setattr(module, name, value)
    if job.checkpoint_rows is not None:
        common.warehouse.CHECKPOINT_ROWS = job.checkpoint_rows
    if job.hold == "replies":
        _hold_replies()


def count_records(folder: str, modules: SimpleNamespace) -> Counter:
    """Puts what counts in the place of the function that makes rows of a record."""
    module, _, name = FACTS[folder].splits.rpartition(".")
    place = sys.modules[module] if module.startswith("common.") else getattr(modules, module)
    counter = Counter(getattr(place, name))
    setattr(place, name, counter)
    return counter


def _hold_replies() -> None:
    held, answer = [], common.requests.Exchange.json

    def holding(*arguments: Any, **named: Any) -> Any:
        held.append(answer(*arguments, **named))
        return held[-1]

    common.requests.Exchange.json = holding  # type: ignore[method-assign]


def peak_bytes() -> int:
    """The largest resident size of this process so far.

    `ru_maxrss` is no less than the size of the process that started this one, which would hide any growth below that: Linux's own figure
    is preferred.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@contextmanager
def own_output() -> Iterator[TextIO]:
    """The process's standard output, which nobody else writes to any more: what the connector logs goes nowhere."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        yield answers


def main() -> None:
    """Does the job that the input tells."""
    Logging.LOG_LEVEL = Logging.Level.INFO
    with own_output() as answers:
        Probe(Job(**json.load(sys.stdin)), answers).run()


if __name__ == "__main__":
    main()
