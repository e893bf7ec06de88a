"""Plants small faults in copies of our own code, one at a time: `python -m tests.mutants [NAME ...]`.

Each must be caught by the tests that it names; one that nobody catches, or that no longer fits the code, fails the run.
"""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

from tests.loading import ROOT
from tests.mutants.planted import FAULTS
from tests.mutants.running import Fault, Mutants, table


def main(names: Sequence[str], faults: Sequence[Fault] = FAULTS, root: Path = ROOT) -> int:
    """Tries the named faults, or all; returns 0 if each was caught, 1 if not, 2 for a name that is none, 130 when it was stopped."""
    unknown = sorted(set(names) - {fault.name for fault in faults})
    if unknown:
        said = f"There is no fault {', '.join(unknown)}; there are {', '.join(fault.name for fault in faults)}."
        print(textwrap.fill(said, 110, break_on_hyphens=False), file=sys.stderr)
        return 2
    wanted = [fault for fault in faults if not names or fault.name in names]
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:4.0f} s  {text}", flush=True)

    try:
        verdicts = Mutants(root, say).try_all(wanted, os.cpu_count() or 1)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        return 130
    except RuntimeError as failure:
        print(failure, flush=True)
        return 1
    print(table(verdicts), flush=True)
    return 0 if all(verdict.caught for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
