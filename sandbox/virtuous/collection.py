"""One entity's records, with the time at which each was last modified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox import collection
from sandbox.arithmetic import Record
from sandbox.virtuous.formats import parse_utc


@dataclass
class Collection(collection.Collection):
    """Live records by ascending id; `modified` tells a base row's modified time without making the record."""

    modified: Callable[[int], int] | None = None

    def modified_ticks(self, number: int) -> int | None:
        """Return when a record was last modified, without making the whole record where it can be avoided."""
        if number not in self.edited and self.modified is not None:
            index = self.layout.index_of(number)
            return None if index is None else self.modified(index)
        record = self.get(number)
        text = None if record is None else modified_text(record)
        return parse_utc(text) if text else None


def modified_text(record: Record) -> str | None:
    """Return a record's modified time as served; a gift's designations have their gift's."""
    text = record.get("_modified", record.get("modifiedDateTimeUtc"))
    return text if isinstance(text, str) else None
