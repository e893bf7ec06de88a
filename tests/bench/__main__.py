"""What a connector costs: `python -m tests.bench [virtuous ...] [--rows N] [--runs N] [--json FILE]`.

It measures each connector against its sandbox and prints a table. It is no test: nothing fails because a machine is slow.
"""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from sandbox.client import SandboxError
from sandbox.options import Parser
from tests.bench.figures import legend, table
from tests.bench.measures import MOST_REPLAYED_ROWS, SMALL_PAGES, Bench, measure
from tests.bench.probing import ProbeFailed
from tests.loading import FOLDERS

DEFAULT_ROWS, DEFAULT_RUNS = 2000, 3
LATENCY_SECONDS = 0.2
NOTES = f"""\
What the figures mean:
{{legend}}
Each is the median of RUNS runs, but for parallelism and for ten times the rows, which are of one run each. Syncs run in processes of
their own and emit into a sink that only counts, through the SDK's open front end. Processor time is that of all threads of such a process,
so that waiting for the sandbox does not count. Own cost is measured with at most {MOST_REPLAYED_ROWS:,} rows, parallelism with
pages of {SMALL_PAGES[0]} and at most as many rows as take some hundred requests. "Rows" are contacts, or whatever the source counts by.
The aims are meant for ROWS=20000: with few rows, what is the same for any source weighs more."""


def main(words: Sequence[str] | None = None) -> int:
    """Runs the bench; returns 0 when it got to its end, 1 if something broke, 130 when it was stopped."""
    options = arguments(words)
    signal.signal(signal.SIGTERM, _interrupt)
    done = []
    try:
        for connector in options.connectors:
            found = measure(Bench(connector, options.rows, options.runs, options.latency, _talker(connector)))
            done.append({"connector": connector, "figures": [figure.as_json() for figure in found]})
            print(f"{table(connector, found)}\n\n{NOTES.format(legend=legend(found))}\n", flush=True)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except (ProbeFailed, SandboxError) as failure:
        print(failure, file=sys.stderr)
        return 1
    if options.json:
        parameters = {"rows": options.rows, "runs": options.runs, "latency_seconds": options.latency, "python": platform.python_version()}
        options.json.write_text(json.dumps({"parameters": parameters, "connectors": done}, indent=2) + "\n", encoding="utf-8")
    return 0


def _talker(connector: str) -> Callable[[str], None]:
    """Tells what goes on, with the seconds since the start, beside the table and not in it."""
    began = time.monotonic()
    return lambda text: print(f"{connector} {time.monotonic() - began:5.0f} s  {text}", file=sys.stderr, flush=True)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="python -m tests.bench", description="Measures what connectors cost.")
    parser.add_argument("connectors", nargs="*", metavar="connector", help=f"default: all of {', '.join(FOLDERS)}")
    parser.add_argument("--rows", default=str(DEFAULT_ROWS), help="how many contacts, or the like, the source has (default: %(default)s)")
    parser.add_argument("--runs", default=str(DEFAULT_RUNS), help="the figures are medians of so many runs (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=LATENCY_SECONDS, help="seconds that a reply takes, for parallelism")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures as well")
    options = parser.parse_args(words)
    options.rows = parser.whole("ROWS", options.rows, 20_000, least=1)
    options.runs = parser.whole("RUNS", options.runs, DEFAULT_RUNS, least=1)
    options.connectors = [parser.connector(name, FOLDERS) for name in options.connectors] or FOLDERS
    return options


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
