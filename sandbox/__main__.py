"""Serve a stand-in on this machine: `python -m sandbox [virtuous] [--port N] [--rows N] [--seed N]`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from threading import Event

from sandbox.faults import PRESETS
from sandbox.server import STAND_INS, Box, running


def arguments(words: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Serve a stand-in for an API, on 127.0.0.1.")
    parser.add_argument("connector", nargs="?", default="virtuous", choices=sorted(STAND_INS))
    parser.add_argument("--port", type=int, default=0, help="0, the default, is a free one")
    parser.add_argument("--rows", type=int, help="how many contacts; the rest is in proportion")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate-limit", type=int, default=5000, help="requests an hour")
    parser.add_argument("--faults", choices=sorted(PRESETS), help="things that go wrong")
    return parser.parse_args(words)


def describe(connector: str, box: Box) -> str:
    """Return what to print: one line of JSON for programs, then the same for people."""
    first = {"connector": connector, "url": box.url, "token": box.token, "configuration": box.configuration}
    return "\n".join(
        [
            json.dumps(first),
            f"The {connector} stand-in serves {box.url}; its bearer token is {box.token}",
            f"To point the connector at it, write this to {connector}/configuration.json:",
            json.dumps(box.configuration, indent=2),
            f"The truth: GET {box.url}/sandbox/truth and {box.url}/sandbox/truth/<table>",
            f"What was asked: GET {box.url}/sandbox/requests (DELETE resets)",
            f'Change data: POST {box.url}/sandbox/change {{"kind": "edit_gift"}}',
            f'  or a bundle: POST {box.url}/sandbox/changes {{"share": 0.01}}',
            f'Add faults: POST {box.url}/sandbox/faults {{"preset": "storm"}} (DELETE clears)',
            "Stop it with Ctrl-C.",
        ]
    )


def main(words: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    options, stop = arguments(words), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    size = {"rows": options.rows, "seed": options.seed, "rate_limit": options.rate_limit}
    with running(options.connector, port=options.port, faults=options.faults, **size) as box:
        print(describe(options.connector, box), flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
