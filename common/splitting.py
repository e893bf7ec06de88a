"""Splitting one raw record into rows of several tables: its nested lists as data, and one walk that does all.

Pure: no I/O, no clock. A root record gives one row of the root's table; each nested list gives rows of a child table,
keyed by the root's id and `position`, the running number of that table's rows within the root record. Where ids are unique
within something only (an account, a list), that something's id stands before them in every key. What is wrong in one place of
a record is noted, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from common.tables import CellProblem, Column, ConversionError, Notes, Record, Row, Table, integer, text, to_json

Converter = Callable[[Any], Any]
Extractor = Callable[[Record, str], Sequence[object]]

POSITION = "position"
TEXT_ITEM = "text"  # the key under which an item of a list of plain texts becomes a record
GIVEN = text("")  # an id column that comes from the root or the parent, not from the record itself


def child_table(
    name: str,
    root_id: str,
    columns: Mapping[str, Column],
    nested: Iterable[str] = (),
    extra: str | None = None,
    scope: Sequence[str] = (),
) -> Table:
    """A table of nested records, keyed by the root's id and `position`; `scope` are columns of the root's key that come before these.

    The other arguments are those of `Table`.
    """
    given = {**dict.fromkeys((*scope, root_id), GIVEN), POSITION: integer("")}
    return Table(name, list(given), given | dict(columns), nested, extra)


def listed(parent: Record, key: str) -> Sequence[object]:
    """The list under `key`, empty if absent or null.

    Raises:
        ConversionError: for what is no list.
    """
    value = parent.get(key)
    if isinstance(value, list):
        return value
    if value is None:
        return ()
    raise ConversionError("a list", value)


def texts(parent: Record, key: str) -> Sequence[object]:
    """The list of plain texts under `key` as records, each with its text under `TEXT_ITEM`.

    Raises:
        ConversionError: for what is no list.
    """
    return [{TEXT_ITEM: item} for item in listed(parent, key)]


class Child(NamedTuple):
    """A nested list that becomes a table.

    Its table's key is the root's id column and `position`, before these what `child_table` calls the scope; these and the
    inherited columns have no source.

    Args:
        key: the list's key in the parent record.
        table: the table of the list's records.
        records: takes the records out of the parent record, given the key.
        inherited: columns taken from the parent's row: this table's column -> the parent table's column.
        children: the lists nested in each of its records.
        also: other keys of the parent record under which the list may stand.
    """

    key: str
    table: Table
    records: Extractor = listed
    inherited: Mapping[str, str] = {}
    children: tuple[Child, ...] = ()
    also: tuple[str, ...] = ()

    def is_in(self, parent: Record) -> bool:
        """Whether the parent record tells of this list at all: none is not the same as an empty one."""
        return self.key in parent or any(key in parent for key in self.also)


@dataclass(frozen=True)
class Root:
    """A kind of record that the API lists, with all tables that it fills.

    Args:
        table: the table of the record itself.
        id_field: the wire key of its id; for a compound key, of the part that is the record's own.
        children: its nested lists, in the order in which their rows are numbered.
        optional: by table name, lists that a record carries only if that table was switched on.
        spellings: other names that a key goes by: the key that a column names -> the other name.
    """

    table: Table
    id_field: str = "id"
    children: tuple[Child, ...] = ()
    optional: Mapping[str, Child] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def id_column(self) -> str:
        """The column of the id that is the record's own: the only one of the key, or that of `id_field`."""
        key = self.table.key
        return next((column for column in key if self.table.columns[column].source == self.id_field), key[-1])

    @cached_property
    def child_tables(self) -> dict[str, Table]:
        """The tables of all nested lists that are always there, by name."""
        return {table.name: table for table in _tables_of(self.children)}

    def declared(self, optional: Collection[str]) -> list[Table]:
        """Every table that this kind of record fills when the tables named in `optional` are switched on."""
        switched_on = [child for name, child in self.optional.items() if name in optional]
        return [self.table, *self.child_tables.values(), *_tables_of(switched_on)]


def _tables_of(children: Collection[Child]) -> Iterator[Table]:
    for child in children:
        yield child.table
        yield from _tables_of(child.children)


def with_converter(root: Root, old: Converter, new: Converter) -> Root:
    """The same kind of record, read with another converter wherever `old` was used."""

    def of_table(table: Table) -> Table:
        columns = {name: column._replace(convert=new) if column.convert is old else column for name, column in table.columns.items()}
        return Table(table.name, table.key, columns, table.nested, table.extra)

    def of_child(child: Child) -> Child:
        return child._replace(table=of_table(child.table), children=tuple(map(of_child, child.children)))

    return replace(
        root,
        table=of_table(root.table),
        children=tuple(map(of_child, root.children)),
        optional={name: of_child(child) for name, child in root.optional.items()},
    )


class Split(NamedTuple):
    """What one raw record gave: its id (None without one, and then no rows), rows by table name, and what was noticed.

    The id of a record with a compound key is the JSON list of its parts.

    `partial` names the tables of lists that the record does not have or that are no lists: rows of before are not known to be gone.
    `untold` are the columns of the root's row that the record says nothing of: what is there is not known to be wrong.

    Every child table that is always there is present, if need be with an empty list, so that rows of before can be
    removed. An optional one is present only if the record carries its list: what was not fetched may still exist.
    """

    id: str | None
    rows: dict[str, list[Row]]
    notes: Notes
    partial: Set[str] = frozenset()
    untold: Sequence[str] = ()

    def told(self, table: str) -> Row:
        """The cells of the root's row of which a narrow record tells, to change these and no others.

        An empty text is left out: the SDK's update would make NULL of it, which is less than what is there.
        """
        [row] = self.rows[table]
        return {name: value for name, value in row.items() if name not in self.untold and value != ""}


def split(root: Root, raw: object, optional: Collection[str] = ()) -> Split:
    """Make the rows of one raw record.

    Args:
        root: the kind of record.
        raw: the record as the JSON parser gave it.
        optional: the names of the optional tables that are switched on.
    """
    result = Split(None, {root.table.name: [], **{name: [] for name in root.child_tables}}, Notes())
    if not isinstance(raw, Mapping):
        _note(result.notes, root.table, root.table.key[-1], ConversionError("an object", raw))
        return result
    record = _respelled(raw, root.spellings) if root.spellings else raw
    row = root.table.row(record, result.notes)
    record_id = _id(row, root.table)
    if record_id is None:
        _note_missing_id(result.notes, root.table, row)
        return result
    result.rows[root.table.name].append(row)
    walk = _Walk(row[root.id_column], result.rows, result.notes, set())
    for child in root.children:
        if record.get(child.key) == [] and not child.also:
            continue  # of most lists most records have nothing
        if not child.is_in(record):
            walk.leave_out(child)
        walk.visit(child, record, row)
    for child in _switched_on(root, record, optional):
        result.rows[child.table.name] = []
        walk.visit(child, record, row)
    return result._replace(id=record_id, partial=walk.partial, untold=root.table.untold(record))


def _respelled(raw: Record, spellings: Mapping[str, str]) -> Record:
    wrong = [(key, other) for key, other in spellings.items() if other in raw and raw.get(key) is None]
    if not wrong:
        return raw
    record = dict(raw)
    for key, other in wrong:
        record[key] = record.pop(other)
    return record


def _id(row: Row, table: Table) -> str | None:
    if len(table.key) == 1:
        return row[table.key[0]] or None
    parts = [row[column] for column in table.key]
    return None if None in parts or "" in parts else to_json(parts)


def _note_missing_id(notes: Notes, table: Table, row: Row) -> None:
    noted = {problem.column for problem in notes.problems}
    for column in table.key:
        if row[column] in (None, "") and column not in noted:
            _note(notes, table, column, "expected an id, got none")


def _note(notes: Notes, table: Table, column: str, message: object) -> None:
    notes.problems.append(CellProblem(table.name, column, str(message)))


def _switched_on(root: Root, record: Record, optional: Collection[str]) -> list[Child]:
    if not optional or not root.optional:
        return []
    return [child for name, child in root.optional.items() if name in optional and child.key in record]


class _Walk(NamedTuple):
    """The walk through one root record: parents before their children, lists in document order."""

    root_id: str
    rows: dict[str, list[Row]]
    notes: Notes
    partial: set[str]

    def leave_out(self, child: Child) -> None:
        """Note that a list, and what is nested in it, was not read."""
        self.partial.update(table.name for table in _tables_of([child]))

    def visit(self, child: Child, parent: Record, parent_row: Row) -> None:
        """Append the rows of one nested list, and of the lists nested in it."""
        try:
            records = child.records(parent, child.key)
        except ConversionError as error:
            _note(self.notes, child.table, child.key, error)
            self.leave_out(child)
            return
        for record in records:
            if isinstance(record, dict):
                row = self._append(child, record, parent_row)
                for grandchild in child.children:
                    self.visit(grandchild, record, row)
            else:
                _note(self.notes, child.table, child.key, ConversionError("an object", record))

    def _append(self, child: Child, record: Record, parent_row: Row) -> Row:
        table = child.table
        row = table.row(record, self.notes)
        rows = self.rows[table.name]
        *scope, id_column, _ = table.key
        for column in scope:
            row[column] = parent_row[column]
        row[id_column] = self.root_id
        row[POSITION] = len(rows)
        for column, parent_column in child.inherited.items():
            row[column] = parent_row[parent_column]
        rows.append(row)
        return row
