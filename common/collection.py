"""Collections: lists that are read whole in every sync, as data, and what is remembered of what was delivered of them."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.keys import key_number, key_text
from common.ledger import Ledger
from common.splitting import Root
from common.state import names_of, part, valid
from common.tables import Table

RECORD_SUM, DETAIL_SUM, WHOLE_SUM = "checksum", "detail_checksum", "whole_checksum"
LONGEST_KEY_BYTES = 1000  # an id is remembered as a number, of which Python reads no more than 4300 digits

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Collection:
    """A collection that is read whole in every sync.

    Args:
        root: the table of its records, and of what is nested in them.
        path: its endpoint.
        detail: whether a record that changed is asked for by itself as well.
        detail_keys: fields of which one must have changed for that; none stands for all.
        by_id: whether a record can be asked for by its id.
        pages: how its pages can be asked for, as in `common.listing.read_listing`.
        bodies: a table that the detail fills, instead of the record's own.
        id_field: the field of a record's id.
        textual: whether ids may be any text, and not numbers only.
        params: what is asked for with each page.
        most: how many rows a page may have at most, 0 if any number.
        again: whether details may be read of records that look as before, so that the ledger tells whether these have changed.
    """

    root: Root
    path: str
    detail: bool = False
    detail_keys: tuple[str, ...] = ()
    by_id: bool = False
    pages: str = "offset"
    bodies: Table | None = None
    id_field: str = "id"
    textual: bool = False
    params: Mapping[str, str | int] = field(default_factory=dict)
    most: int = 0
    again: bool = False

    @property
    def table(self) -> str:
        """The name of the table of its records."""
        return self.root.table.name

    def id_of(self, record: object) -> int | None:
        """A record's id as a number, None if it has none of its kind."""
        value = record.get(self.id_field) if isinstance(record, dict) else None
        if self.textual:
            return _number_of(str(value)) if isinstance(value, str) or type(value) is int else None
        if isinstance(value, str) and value.isdecimal() and value.isascii():
            return int(value)
        return value if type(value) is int else None

    def key_of(self, number: int) -> str:
        """An id as it stands in the key's column, of the number that `id_of` gave."""
        return key_text(number) if self.textual else str(number)

    def columns(self, optional: Some[str]) -> list[str]:
        """What the ledger keeps of each record: the number of rows in each child table, and checksums.

        Args:
            optional: the names of all optional tables, switched on or not.
        """
        children = [table.name for table in self.root.declared(optional)[1:]]
        bodies = [self.bodies.name] if self.bodies else []
        return [*children, *bodies, RECORD_SUM, DETAIL_SUM, *([WHOLE_SUM] if self.again else [])]

    def switched_on(self, wanted: Some[str]) -> set[str]:
        """The tables that its records fill when the optional ones named in `wanted` are switched on."""
        bodies = {self.bodies.name} & set(wanted) if self.bodies else set()
        return {table.name for table in self.root.declared(wanted)} | bodies

    def asked_for(self, record: Record) -> object:
        """What must have changed for a detail to be asked for again."""
        return [record.get(key) for key in self.detail_keys] if self.detail_keys else record


def _number_of(text: str) -> int | None:
    """The number of a text that can be an id: not of one that no cell takes (a lone surrogate)."""
    try:
        return key_number(text) if 0 < len(text.encode()) <= LONGEST_KEY_BYTES else None
    except UnicodeEncodeError:
        return None


@dataclass
class CollectionState:
    """What was delivered of a collection: ids, with numbers of child rows and checksums.

    `including`: the optional tables of its records. `keys`: what every record of a listing had so far; of a shape that nobody has
    documented this is how a record is known to be narrow.
    """

    ledger: Ledger
    including: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def learn(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Takes note of the keys that all records of a listing have."""
        if records:
            self.keys = sorted(set(self.keys) | set.intersection(*(set(record) for record in records)))

    def dump(self) -> dict[str, Any]:
        """As JSON for the state."""
        return {"delivered": self.ledger.dump(), "including": self.including, "keys": self.keys}

    @classmethod
    def load(cls, stored: Mapping[str, Any], columns: Sequence[str]) -> CollectionState:
        """What `dump` gave, for a collection whose ledger has these columns.

        Raises:
            StateProblem: if it is not what `dump` gives.
        """
        delivered = part(stored, "delivered", dict)
        ledger: Ledger = valid("delivered", lambda: Ledger.load(delivered, columns))
        return cls(ledger, names_of(stored, "including"), names_of(stored, "keys"))
