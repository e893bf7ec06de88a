"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# A machine that is busy with something else is no reason to fail. Half as many examples as usual: each run takes others.
settings.register_profile("without a clock", deadline=None, max_examples=50)
settings.load_profile("without a clock")
