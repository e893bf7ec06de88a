"""The collector's pace while records pass through, and afterwards."""

from __future__ import annotations

import gc

import pytest

from common.collecting import OBJECTS_BETWEEN_COLLECTIONS, rare_collections


def test_collections_are_rare_within_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold() == (OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
        assert gc.isenabled()
    assert gc.get_threshold() == before


def test_a_failure_within_changes_nothing_for_good() -> None:
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), rare_collections():
        raise ZeroDivisionError
    assert gc.get_threshold() == before
