"""Every test here runs for every connector folder that there is."""

from __future__ import annotations

import pytest

from tests.loading import FOLDERS


@pytest.fixture(params=FOLDERS)
def folder(request: pytest.FixtureRequest) -> str:
    """The name of a connector's folder."""
    return str(request.param)
