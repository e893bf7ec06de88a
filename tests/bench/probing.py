"""Starting a probe, and what comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from sandbox.fivetran import stop
from tests.bench.probe import Job, Outcome
from tests.loading import ROOT

SHOWN_CHARACTERS = 3000


class ProbeFailed(Exception):
    """A probe that did not answer, or whose sync failed; the message is for people."""


def probe(job: Job, environment: Mapping[str, str] | None = None) -> Outcome:
    """Does a job in a process of its own; `environment` is added to what it has of this one.

    Raises:
        ProbeFailed: if it cannot, or if the sync fails.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.probe"],
        cwd=ROOT,
        env=os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"} | dict(environment or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    with process:
        try:
            answer, complaints = process.communicate(json.dumps(job._asdict()))
        finally:
            stop(process)
    if process.returncode or not answer:
        raise ProbeFailed(f"a sync of {job.folder} ended with exit status {process.returncode}:\n{complaints[-SHOWN_CHARACTERS:]}")
    outcome = Outcome(**json.loads(answer))
    if outcome.failure:
        raise ProbeFailed(f"a sync of {job.folder} failed: {outcome.failure}")
    return outcome
