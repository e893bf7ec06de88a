"""A table of one account, and what was read of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import fetch
import models
from common.checksums import cells_sum
from common.delivery import Scope, of_scope
from common.errors import ErrorRecord
from common.failures import Unavailable
from common.tables import Notes, Row, to_json
from holdings import Seen, bucket_of
from models import Account, Source
from plan import AGES, KEPT, NEW, ROLES, Span, Window

BEHIND_DAY = "/"  # of a key of a daily row
SHARED = ("labels", "conversion_actions", "conversion_custom_variables", "bidding_strategies")  # managers lend these to their clients
LISTED = (NEW, KEPT)

Record = dict[str, Any]
Parts = dict[tuple[str, str], Seen]
Column = tuple[str, str]  # a custom column: its id and its name


class Unit(NamedTuple):
    """A table of an account, which is read as a whole. `columns` are the custom columns that are asked for, as id and name."""

    source: Source
    account: Account
    columns: tuple[Column, ...] = ()

    @property
    def scope(self) -> Scope:
        """What stands before everything else in its keys."""
        return {"customer_id": self.account.id} if self.source.asked_of != "constants" else {}

    @property
    def root(self) -> str:
        """What its errors are filed under."""
        return of_scope(self.source.name, self.scope)

    @property
    def of(self) -> str:
        """What it is, in words."""
        return f"{self.source.name} of account {self.account.id}" if self.scope else self.source.name

    def key_text(self, row: Row) -> str:
        """A row's key as a short text; of a daily row its day stands before a key that does not tell it."""
        key = models.key_text(self.source, row)
        return f"{models.day_of(row):%Y%m%d}{BEHIND_DAY}{key}" if self._is_dated else key

    def key_of(self, text: str) -> Row:
        """The key of a row of its that `key_text` wrote."""
        return models.key_of(self.source, text.partition(BEHIND_DAY)[2] if self._is_dated else text, self.account.id)

    def day_of(self, text: str) -> date:
        """The day of a daily row by its key."""
        if not self._is_dated:
            return models.day_of(self.key_of(text))
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))

    @property
    def _is_dated(self) -> bool:
        return self.source.daily and "date" not in self.source.table.key

    def is_of_another(self, row: Row) -> bool:
        """Whether a row belongs to another account than the one that was asked, though it is of a kind that no account shares."""
        owned = bool(self.scope) and "resource_name" in row and not self.source.name.endswith(SHARED)
        return owned and not f"{row['resource_name']}/".startswith(f"customers/{self.account.id}/")

    def query(self, *conditions: str) -> str:
        """What is asked for."""
        return models.query(self.source, conditions, [f"custom_columns.id[{number}]" for number, _ in self.columns])


@dataclass
class Reading:
    """What was read of a unit.

    `parts` are its rows: of a report by the age of their days and by what will be done with these. `rows` are None if they are too many to
    be held. With `whole` false it has rows whose keys nobody knows, so that nobody can tell who is gone. `foreign` are how many belong to
    another account than the one that was asked. `unread` is a day that cannot be read.
    """

    unit: Unit
    span: Span | None = None
    parts: Parts = field(default_factory=dict)
    rows: list[Row] | None = field(default_factory=list)
    errors: list[ErrorRecord] = field(default_factory=list)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    whole: bool = True
    number: int = 0
    foreign: int = 0
    unread: date | None = None

    def add(self, raw: Record) -> list[str]:
        """Takes a record as it came; returns the keys of its rows."""
        notes = Notes()
        self.number += 1
        made = rows_of(self.unit, raw, notes)
        self.unknown.update(notes.unknown)
        found = [row for row in made if row is not None]
        if len(found) < len(made):
            self._without_key(raw)
        elif found:
            self._file(found[0], notes)
        return [self._take(row) for row in found]

    def _file(self, row: Row, notes: Notes) -> None:
        """Files the cells of a record that do not convert."""
        source = self.unit.source
        day = models.day_of(row).toordinal() if source.daily else None
        record = record_of(source, row) if notes.problems else ""
        self.errors += [ErrorRecord(self.unit.root, source.name, one.message, record, one.column, number=day) for one in notes.problems]

    def _take(self, row: Row) -> str:
        key, part, bucket = self.unit.key_text(row), LISTED, 0
        self.foreign += self.unit.is_of_another(row)
        if self.unit.source.daily:
            day = models.day_of(row)
            part, bucket = self.span.part_of(day) if self.span else LISTED, day.toordinal()
        else:
            bucket = bucket_of(key)
        if part not in self.parts:
            self.parts[part] = Seen()
        self.parts[part].add(key, bucket, cells_sum(row.values()))
        if self.rows is not None:
            self.rows.append(row)
            if len(self.rows) > fetch.HELD_ROWS:
                self.rows = None
        return key

    def _without_key(self, raw: object) -> None:
        self.whole = False
        unit, day = self.unit, told_day(raw) if self.unit.source.daily else None
        place = f"row {self.number}" + (f" of {day}" if day else "")
        record, number = "/".join((*unit.scope.values(), place)), day.toordinal() if day else None
        self.errors.append(ErrorRecord(unit.root, unit.source.name, "the row comes without its key", record, number=number))

    @property
    def seen(self) -> Seen:
        """The rows of a listing."""
        return self.parts.get(LISTED) or Seen()

    @property
    def digests(self) -> dict[int, int]:
        """The checksums of all buckets."""
        return {bucket: digest for one in self.parts.values() for bucket, digest in one.digests.items()}


def no_parts() -> Parts:
    """The parts of a report, all of them empty."""
    return {(age, role): Seen() for age in AGES for role in ROLES}


def rows_of(unit: Unit, raw: Record, notes: Notes) -> Sequence[Row | None]:
    """The rows of a record, None for one whose key cannot be told."""
    if unit.columns:
        return models.value_rows(unit.source, raw, unit.columns, unit.account, notes)
    return [models.row(unit.source, raw, unit.account, notes)]


def told_day(raw: object) -> date | None:
    """The day of a record as it came, if it tells one."""
    segments = raw.get("segments") if isinstance(raw, dict) else None
    try:
        moment = models.to_day(segments.get("date")) if isinstance(segments, dict) else None
    except models.ConversionError:
        return None
    return moment.date() if moment else None


def record_of(source: Source, row: Row) -> str:
    """How an error names a row: by its key; a day as such."""
    return "/".join(str(row[column])[:10] if column == "date" else str(row[column]) for column in source.table.key)


def unread_day(unit: Unit, window: Window, query: str, failure: Unavailable) -> Reading:
    """What is told of a day that the API cannot give, though it answers other questions."""
    record, day = "/".join((*unit.scope.values(), str(window.first))), window.first
    error = ErrorRecord(unit.root, unit.source.name, str(failure), record, number=day.toordinal(), take=1)
    error = error._replace(url=failure.url, status=failure.status, payload=to_json({"query": query}))
    return Reading(unit, errors=[error], unread=day)


def unreadable(unit: Unit, number: int, query: str, failure: Unavailable) -> ErrorRecord:
    """A row that cannot be read: all that is known is its id, or that of what it belongs to."""
    source = unit.source
    own = source.id_field in {f"{source.resource}.id", source.name_field.replace("resource_name", "id")}
    name = f"customers/{unit.account.id}/{source.plural}/{number}" if own else f"{source.id_field} {number}"
    return ErrorRecord(
        unit.root,
        source.name,
        str(failure),
        "/".join((*unit.scope.values(), name)),
        url=failure.url,
        payload=to_json({"query": query}),
        status=failure.status,
        skip=number,
        take=1,
    )
