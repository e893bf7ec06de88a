from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.server import Box, running

START = 1_795_000_000.5  # in November 2026, after all of the base data


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    seconds: float = START

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(clock: Clock) -> Iterator[Box]:
    with running("virtuous", rows=120, seed=3, clock=clock) as found:
        yield found
