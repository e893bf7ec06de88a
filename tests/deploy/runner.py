"""Runs the lines of a workflow as GitHub's runner does: the `run:` of each step, with the environment that the YAML gives it.

What an expression means is worked out for the few forms that the workflows use; any other form is an error, so that none is tested as
something that it is not.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.loading import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
TIMEOUT_SECONDS = 180.0
EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
NAME = re.compile(r"[a-z]+(\.[A-Za-z_]+)+")
GATED = re.compile(r"([a-z.]+) == '([a-z0-9_]+)' && (secrets\.[A-Z0-9_]+) \|\| ''")


def workflow(name: str) -> dict[str, Any]:
    """A workflow as data. Its `on:` is under True, as YAML 1.1 reads that word."""
    found: dict[str, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8"))
    return found


def value_of(expression: str, context: Mapping[str, str]) -> str:
    """The value of an expression: of a name, or of a secret that is only for one connector. What there is not is empty."""
    if gate := GATED.fullmatch(expression):
        return context.get(gate[3], "") if context.get(gate[1]) == gate[2] else ""
    assert NAME.fullmatch(expression), f"no form that is known here: {expression}"
    return context.get(expression, "")


def filled(text: str, context: Mapping[str, str]) -> str:
    """A text of the YAML with its expressions replaced by their values."""
    return EXPRESSION.sub(lambda found: value_of(found[1], context), text)


@dataclass
class Job:
    """One run of a job: where the checkout is, what the expressions stand for, and what the runner itself sets."""

    workflow: str
    name: str
    checkout: Path
    place: Path
    context: Mapping[str, str]
    extra: Mapping[str, str] = field(default_factory=dict)

    def steps(self) -> list[dict[str, Any]]:
        """The steps that have a `run:`, each with its environment. The others are GitHub's own actions.

        What one of them installs is in the environment of the tests already, by the same pins, but for the Python of the workflow.
        """
        job = workflow(self.workflow)["jobs"][self.name]
        steps = [step for step in job["steps"] if "run" in step and step["name"] != "install"]
        return [step | {"env": job.get("env", {}) | step.get("env", {})} for step in steps]

    def environment(self, step: Mapping[str, Any]) -> dict[str, str]:
        """The environment of a step on a runner with an empty home."""
        home = self.place / "home"
        home.mkdir(parents=True, exist_ok=True)
        (self.place / "tmp").mkdir(exist_ok=True)
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(home),
            "TMPDIR": str(self.place / "tmp"),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "NO_PROXY": "127.0.0.1",
            "GITHUB_STEP_SUMMARY": str(self.place / "summary.md"),
            "GITHUB_OUTPUT": str(self.place / "output"),
            **self.extra,
            **{name: filled(str(text), self.context) for name, text in step["env"].items()},
        }

    def start(self, step: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        """Starts a step as the runner does, its output in one file, `self.place / "log"`."""
        assert "${{" not in step["run"], "what an expression gives would be read as a program"
        script = self.place / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        with self.log.open("ab") as log:
            return subprocess.Popen(
                ["bash", "-e", str(script)],
                cwd=self.checkout,
                env=self.environment(step),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self) -> int:
        """Runs the steps until one fails; returns the exit status of the last one that ran."""
        for step in self.steps():
            with self.start(step) as process:
                status = process.wait(TIMEOUT_SECONDS)
            if status:
                return status
        return 0

    @property
    def log(self) -> Path:
        """The file with all that the steps print."""
        return self.place / "log"

    @property
    def printed(self) -> str:
        """All that the steps printed."""
        return self.log.read_text(encoding="utf-8")

    @property
    def summary(self) -> str:
        """The page that the steps wrote for people."""
        path = self.place / "summary.md"
        return path.read_text(encoding="utf-8") if path.exists() else ""
