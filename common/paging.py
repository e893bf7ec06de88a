"""Pages: how many rows to ask for at once."""

from __future__ import annotations

from collections.abc import Sequence

GROW_AFTER = 4  # pages that succeed before a larger size is tried again
GROW_AFTER_AT_MOST = 64


class Take:
    """The size of a page: a step down when a page fails, a step up after enough successes, ever more of them after each relapse.

    Args:
        sizes: rows, largest first.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._step = 0
        self._successes = 0
        self._needed = GROW_AFTER
        self._grew = False

    @property
    def size(self) -> int:
        """Rows to ask for."""
        return self._sizes[self._step]

    @property
    def smallest(self) -> bool:
        """Whether there is no smaller size."""
        return self._step == len(self._sizes) - 1

    def shrink(self) -> None:
        """A page of this size failed."""
        if self._grew:
            self._needed = min(self._needed * 2, GROW_AFTER_AT_MOST)
        self._step, self._successes, self._grew = min(self._step + 1, len(self._sizes) - 1), 0, False

    def succeeded(self) -> None:
        """A page of this size arrived."""
        self._successes += 1
        if self._successes >= self._needed and self._step > 0:
            self._step, self._successes, self._grew = self._step - 1, 0, True
