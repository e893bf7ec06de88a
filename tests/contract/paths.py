"""The leaves of a source's records, and the cells that each of them fills, as the truth tells: nothing here asks the connector."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sandbox.messages import Reply, Request
from tests.contract.facts import Facts
from tests.contract.harness import Cell, Harness
from tests.doubles import Direct

MARKERS: tuple[object, ...] = (7007, True, False, "2001-02-03T04:05:06")  # each kind of column shows at least one of them
Records = dict[str, dict[Any, dict[str, Any]]]  # an id is a number or a text, as the source has it
TrueRows = Mapping[str, Mapping[tuple[Any, ...], Mapping[str, Any]]]


class Spot(NamedTuple):
    """One leaf of one record: `path` is dotted, `key` is the record's id field."""

    entity: str
    number: Any
    path: str
    value: object


def records_read(h: Harness, wire: Direct) -> tuple[Records, dict[str, str]]:
    """By entity and id, the full records that a first sync is served; and the name of each entity's id."""
    records: Records = defaultdict(dict)
    ids: dict[str, str] = {}

    def told(_: Request, reply: Reply) -> None:
        if not reply.entity or not reply.detailed:
            return
        ids[reply.entity] = reply.id_key
        for record in reply.records:  # what is served in two parts, in a list and by itself, is one record
            records[reply.entity].setdefault(record[reply.id_key], {}).update(record)

    wire.told = told
    h.sync()
    wire.told = lambda request, reply: None
    assert h.differences() == []
    return dict(records), ids


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """The dotted path and the value of everything in a record that is neither object nor list."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def value_at(record: object, path: str) -> object:
    """The value under a dotted path.

    Raises:
        LookupError: if there is none.
    """
    for key in path.split("."):
        fields = dict(enumerate(record)) if isinstance(record, list) else record if isinstance(record, dict) else {}
        record = fields[int(key) if isinstance(record, list) else key]
    return record


def spots(records: Records, ids: Mapping[str, str], facts: Facts) -> list[Spot]:
    """One spot for each leaf that the records have, whatever their place in a list, but for the id itself; spread over many records.

    Of records that fill different tables, though they are of one entity, each kind has spots of its own.
    """
    chosen: list[Spot] = []
    for entity, by_id in records.items():
        found: dict[tuple[str, str], list[Spot]] = defaultdict(list)
        for number, record in by_id.items():
            kind = facts.kind_of(entity, record)
            for path, value in leaves(record):
                found[kind, _shape(path)].append(Spot(entity, number, path, value))
        taken: Counter[int] = Counter()
        shapes = {shape for _, shape in found}
        for (_, shape), some in sorted(found.items(), key=lambda item: len(item[1])):
            if shape != ids[entity] and not _holds_others(shape, shapes) and f"{entity}.{shape}" not in facts.steering:
                chosen.append(min(some, key=lambda spot: taken[spot.number]))
                taken[chosen[-1].number] += 1
    return chosen


def _shape(path: str) -> str:
    return re.sub(r"\b\d+\b", "*", path)


def _holds_others(shape: str, shapes: Collection[str]) -> bool:
    """Whether it is an object or a list elsewhere, and only null here."""
    return any(other.startswith(shape + ".") for other in shapes)


def cells_of(h: Harness, chosen: list[Spot]) -> dict[Spot, frozenset[Cell]]:
    """The cells that each spot fills: what changes in the truth when it is set to something else. What moves whole rows is left out."""
    before = h.true_rows()
    cells: dict[Spot, frozenset[Cell]] = {}
    for some in _rounds(chosen):
        moved: set[Spot] = set()
        found: dict[Spot, set[Cell]] = {spot: set() for spot in some}
        for marker in MARKERS:
            for spot in some:
                _mark(h, spot, marker)
            _compare(h, before, {str(spot.number): spot for spot in some}, found, moved)
        for spot in some:
            h.source.set_value(spot.entity, spot.number, spot.path, spot.value)
        cells |= {spot: frozenset(found[spot]) for spot in some if spot not in moved}
    assert h.true_rows() == before
    return cells


def _mark(h: Harness, spot: Spot, marker: object) -> None:
    try:
        h.source.set_value(spot.entity, spot.number, spot.path, marker)
    except (TypeError, ValueError):  # the source itself computes with it; another marker will do
        h.source.set_value(spot.entity, spot.number, spot.path, spot.value)


def _rounds(chosen: list[Spot]) -> Iterator[list[Spot]]:
    """Groups of spots of which no two are of records with the same id, so that an id tells whose cell has changed."""
    left = chosen
    while left:
        this = list({spot.number: spot for spot in left}.values())
        left = [spot for spot in left if spot not in this]
        yield this


def _compare(h: Harness, before: TrueRows, by_id: Mapping[str, Spot], found: dict[Spot, set[Cell]], moved: set[Spot]) -> None:
    after = h.true_rows()
    for table, rows in before.items():
        for key in rows.keys() | after[table].keys():
            spot = by_id.get(h.own_id(table, key))
            if spot is None:
                continue
            if key not in rows or key not in after[table]:
                moved.add(spot)
                continue
            old, new = rows[key], after[table][key]
            found[spot] |= {(table, key, column) for column in old if old[column] != new[column]}
