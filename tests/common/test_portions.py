"""Many values, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from common.portions import portions


@given(st.lists(st.integers()), st.integers(1, 10))
def test_portions_hold_every_value_once_and_all_but_the_last_are_full(values: list[int], size: int) -> None:
    found = list(portions(values, size))
    assert [value for some in found for value in some] == values
    assert all(len(some) == size for some in found[:-1])
    assert all(found)


def test_no_more_is_taken_than_is_asked_for() -> None:
    taken = 0

    def source() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    assert next(portions(source(), 3)) == [1, 2, 3]
    assert taken == 3
