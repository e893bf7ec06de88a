"""From raw records to operations, for OnGage: what all connectors do, and the contacts, which come as CSV."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

import common.delivery
import models
from common.csvs import Cells
from common.delivery import of_scope
from common.errors import ErrorRecord
from common.keys import HEX_ID
from common.tables import CellProblem, ConversionError, Row
from common.warehouse import Warehouse
from cursors import SyncState
from plan import CONTACTS

HEX = 16


class Delivery(common.delivery.Delivery):
    """Hands records to the warehouse and keeps the state in step: each method's rows and memory belong to the same checkpoint.

    Args:
        warehouse: takes the operations.
        state: what is remembered.
        now: the time of this sync.
        wanted: the optional tables that the settings name.
    """

    def __init__(self, warehouse: Warehouse, state: SyncState, now: datetime, wanted: Collection[str]) -> None:
        tables = {table.name: table for table in models.tables(models.OPTIONAL_TABLES)}
        super().__init__(warehouse, state.errors, now, wanted, tables)

    def contacts(self, list_id: str, reader: models.CsvReader, rows: Sequence[Cells], name: Callable[[Cells], str]) -> int:
        """Upserts contacts; returns how many rows cannot be read, which `name` names.

        A contact whose cells all fit now resolves what was open of it.
        """
        root, unreadable, made, errors = of_list(CONTACTS, list_id), 0, list[Row](), list[ErrorRecord]()
        for cells in rows:
            try:
                row, problems = reader.row(cells)
            except ConversionError as error:
                row, problems = None, [CellProblem(CONTACTS, "", str(error))]
            if row is None and not problems and cells:
                problems = [CellProblem(CONTACTS, "id", "expected an id, got none")]
            record = f"{list_id}/{row['id']}" if row else name(cells)
            number = contact_number(row["id"]) if row else None
            errors += [
                ErrorRecord(root, CONTACTS, problem.message, record, problem.column or None, number=number) for problem in problems
            ]
            unreadable += row is None
            made += [row] if row else []
        self._warehouse.upsert(CONTACTS, made)  # before the errors, of which there may be too many: the state already claims these rows
        for trouble in errors:
            self.report(trouble)
        self._resolve_contacts(root, (str(row["id"]) for row in made))
        return unreadable

    def delete_contacts(self, list_id: str, contacts: Sequence[str]) -> None:
        """Deletes contacts."""
        self._warehouse.delete(CONTACTS, ({"list_id": list_id, "id": contact} for contact in contacts))
        self._resolve_contacts(of_list(CONTACTS, list_id), contacts)

    def _resolve_contacts(self, root: str, contacts: Iterable[str]) -> None:
        still_open = {error.number: error.id for error in self._errors.of(root) if error.number is not None}
        if still_open:
            numbers = {contact_number(contact) for contact in contacts}
            self.resolve(root, lambda number: number in numbers)


def scope_of(list_id: str | None) -> dict[str, str]:
    """What stands before the id in the keys of a list's records; nothing in those of the account."""
    return {"list_id": list_id} if list_id else {}


def of_list(table: str, list_id: str) -> str:
    """The root of errors: a table, of one list."""
    return of_scope(table, scope_of(list_id))


def contact_number(contact: str) -> int | None:
    """A contact's id as a number, None if it is none of 24 hexadecimal digits."""
    return int(contact, HEX) if HEX_ID.fullmatch(contact) else None
