"""Serve a stand-in on this machine: `python -m sandbox [virtuous | ongage | everyaction | sa360] [--port N] [--rows N] [--seed N] ...`."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable

from sandbox.options import Parser
from sandbox.presets import PRESETS
from sandbox.server import STAND_INS, Box, running, until_told

DEFAULT_PORT = 8765  # always the same one, so that yesterday's configuration.json still works
NEXT_PORT = DEFAULT_PORT + 1
LAST_PORT = 65_535


def arguments(words: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(prog="python -m sandbox", description="Serve a stand-in for an API, on 127.0.0.1.")
    parser.add_argument("connector", nargs="?", default="virtuous", help=f"one of {', '.join(sorted(STAND_INS))}")
    parser.add_argument("--port", default=str(DEFAULT_PORT), help="default: %(default)s; 0 is any free one")
    parser.add_argument("--rows", help="how many contacts, or what the source counts by; the rest is in proportion")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate-limit", type=int, help="requests in the time in which the API counts them; default: as many as it allows")
    parser.add_argument("--faults", help=f"things that go wrong: one of {', '.join(PRESETS)}")
    parser.add_argument("--json", action="store_true", help="begin with a line for programs, in a terminal too")
    options = parser.parse_args(words)
    options.connector = parser.connector(options.connector, STAND_INS)
    options.faults = parser.preset(options.faults)
    options.port = parser.whole("PORT", options.port, NEXT_PORT, least=0, most=LAST_PORT)
    if options.rows is not None:
        options.rows = parser.whole("ROWS", options.rows, 500, least=1)
    return options


def for_programs(connector: str, box: Box) -> str:
    """Return one line of JSON."""
    first = {"connector": connector, "url": box.url, "token": box.token, "configuration": box.configuration}
    return json.dumps(first | {"size": box.source.size, "optional_tables": box.source.optional_tables})


def for_people(connector: str, box: Box) -> str:
    """Return how to use the stand-in, in lines to copy."""
    change, faults = f"{box.url}/sandbox/change", f"{box.url}/sandbox/faults"
    return "\n".join(
        [
            f"The {connector} stand-in serves {box.url}. It has {box.source.size}.",
            f"To point the connector at it, write this to {connector}/configuration.json:",
            "",
            json.dumps(box.configuration, indent=2),
            "",
            "Change its data in another terminal, all of it a little or one record:",
            f"  curl -X POST {box.url}/sandbox/changes -d '{{\"share\": 0.01}}'",
            *(f"  curl -X POST {change} -d '{json.dumps(example)}'" for example in box.source.examples),
            _listed("kinds: ", box.source.change_kinds),
            "Let things go wrong, see how often they did, and let all be right again:",
            f"  curl -X POST {faults} -d '{{\"preset\": \"storm\"}}'",
            f"  curl {faults}",
            f"  curl -X DELETE {faults}",
            _listed("presets: ", PRESETS),
            "See what was asked, and start counting anew:",
            f"  curl {box.url}/sandbox/requests",
            f"  curl -X DELETE {box.url}/sandbox/requests",
            "See what a perfect sync would give, in numbers or as rows:",
            f"  curl {box.url}/sandbox/truth",
            f"  curl {box.url}/sandbox/truth/{_first_table(box)}",
            "",
            "All is forgotten when it stops. Stop it with Ctrl-C.",
        ]
    )


def _first_table(box: Box) -> str:
    """Return the name of a table that everybody looks for first."""
    tables = box.source.truth()
    return next((name for name in ("contacts", "campaigns") if name in tables), next(iter(tables)))


def _listed(title: str, names: Iterable[str]) -> str:
    return textwrap.fill(
        title + ", ".join(names), 110, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def main(words: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = arguments(words)

    def greet(box: Box) -> None:
        if options.json or not sys.stdout.isatty():
            print(for_programs(options.connector, box))
        print(for_people(options.connector, box), flush=True)
        if options.faults:
            print(f"The faults of {options.faults!r} are on. {PRESETS[options.faults].says}", flush=True)

    size = {"rows": options.rows, "seed": options.seed, "rate_limit": options.rate_limit}
    served = running(options.connector, port=options.port, faults=options.faults, **size)
    return until_told(served, greet, "PORT=", NEXT_PORT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
