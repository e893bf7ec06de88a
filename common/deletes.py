"""When a listing is believed: a false delete is worse than one that comes late."""

from __future__ import annotations

MAX_DELETED_SHARE = 0.2  # a listing that lacks more than this is not believed ...
MAX_DELETED_UNDOUBTED = 20  # ... unless it is about no more records than these


def is_doubtful(gone: int, listed: int, delivered: int) -> bool:
    """Whether so much is missing from a listing that the listing is more likely wrong than the records gone.

    Args:
        gone: how many of the delivered records it lacks.
        listed: how many it has.
        delivered: how many there were.
    """
    if not listed:
        return gone > 0
    return gone > MAX_DELETED_UNDOUBTED and gone > MAX_DELETED_SHARE * delivered
