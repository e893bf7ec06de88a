"""Every test here runs for every connector folder that there is."""

from __future__ import annotations

import gc

import pytest

from tests.loading import FOLDERS


def pytest_collection_finish() -> None:
    """What was imported stays, so the collector need not go through it again with each of the thousands of syncs."""
    gc.freeze()


@pytest.fixture(params=FOLDERS)
def folder(request: pytest.FixtureRequest) -> str:
    """The name of a connector's folder."""
    return str(request.param)
