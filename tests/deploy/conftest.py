"""A checkout as GitHub's runner has it, and an account at Fivetran's stand-in to deploy to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.deploys import DEFAULT_GROUP, DEFAULT_KEY, DeployApi, deploying, point_cli_at
from sandbox.rehearsal import checkout as fresh_checkout
from sandbox.server import Box
from tests.deploy.runner import Job
from tests.loading import FOLDERS

COMMIT = "0123456789abcdef0123456789abcdef01234567"

Start = Callable[..., Job]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What is deployed and what deploys it, links kept as links."""
    return fresh_checkout(FOLDERS, tmp_path / "checkout")


@pytest.fixture
def fivetran() -> Iterator[tuple[DeployApi, Box]]:
    """An account with one destination and no connection."""
    with deploying() as (api, box):
        yield api, box


@pytest.fixture
def job(checkout: Path, fivetran: tuple[DeployApi, Box], tmp_path: Path) -> Start:
    """A function that prepares the deploying job for a connector, with the secrets that GitHub keeps."""

    def prepare(connector: str, secrets: Mapping[str, str], **extra: str) -> Job:
        place = tmp_path / f"runner-{connector}-{len(list(tmp_path.iterdir()))}"
        point_cli_at(fivetran[1].url, place / "home")
        kept = {"FIVETRAN_API_KEY": DEFAULT_KEY, "FIVETRAN_DESTINATION": DEFAULT_GROUP, **secrets}
        context = {"matrix.connector": connector, **{f"secrets.{name}": value for name, value in kept.items()}}
        return Job("deploy", "deploy", checkout, place, context, {"GITHUB_SHA": COMMIT, **extra})

    return prepare
