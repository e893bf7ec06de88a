"""When a listing is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.deletes import MAX_DELETED_SHARE, MAX_DELETED_UNDOUBTED, is_doubtful


@pytest.mark.parametrize(
    ("gone", "listed", "delivered", "doubtful"),
    [
        (0, 0, 0, False),
        (0, 5, 5, False),
        (1, 0, 1, True),  # nothing listed where something was: however few they are
        (5, 0, 5, True),
        (0, 0, 5, False),
        (20, 1, 21, False),  # a handful may go at once
        (21, 1, 22, True),
        (21, 79, 100, True),
        (20, 80, 100, False),
        (200, 800, 1000, False),  # a fifth
        (201, 799, 1000, True),
        (201, 2000, 1000, True),
        (-5, 10, 5, False),
    ],
)
def test_more_than_a_fifth_or_all_is_not_believed(gone: int, listed: int, delivered: int, doubtful: bool) -> None:
    assert is_doubtful(gone, listed, delivered) is doubtful


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_whoever_is_believed_deletes_little_and_never_everything(gone: int, listed: int, delivered: int) -> None:
    if not is_doubtful(gone, listed, delivered):
        assert listed > 0
        assert gone <= max(MAX_DELETED_UNDOUBTED, MAX_DELETED_SHARE * delivered)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_fewer_that_are_gone_are_never_doubted_more(gone: int, listed: int, delivered: int) -> None:
    assert is_doubtful(gone, listed, delivered) <= is_doubtful(gone + 1, listed, delivered)
