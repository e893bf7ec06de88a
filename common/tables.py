"""Tables as data: a table is declared once, and its schema and its rows come from that declaration.

A column names the field of the source it is made of and the converter that makes it. Converters are pure: a value comes in as the JSON
parser gave it (floats as `Decimal`), and a value that the SDK accepts for the column's type goes out, or `ConversionError` is raised.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, NamedTuple

from dateutil.parser import isoparse

Record = Mapping[str, Any]
Row = dict[str, Any]
SdkType = str | dict[str, Any]

LONG_LIMIT = 2**63
PLAIN_EXPONENT_LIMIT = 1000  # "1e999999999" is a short text in JSON, but a gigabyte in plain notation
MONTH_DAY_YEAR_LENGTHS = ([1, 1, 4], [1, 2, 4], [2, 1, 4], [2, 2, 4])
EMPTY_DATES = frozenset({"", "Unavailable"})  # what the sources write for "no date"


class ConversionError(ValueError):
    """A value that does not fit its column. The message tells what was expected and the kind of value, never the value itself."""

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(f"expected {expected}, got {_kind(value)}")


def _kind(value: object) -> str:
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    return {bool: "a boolean", int: "a number", Decimal: "a number", list: "a list", dict: "an object"}.get(
        type(value), type(value).__name__
    )


def to_text(value: object) -> str:
    """Text as it stands; numbers in plain notation.

    Raises:
        ConversionError: for booleans, lists, objects, numbers of an absurd size, and text that cannot be encoded (a
        lone surrogate).
    """
    if isinstance(value, str):
        if not value.isascii():
            _check_encodable(value)
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, Decimal) and abs(value.adjusted()) < PLAIN_EXPONENT_LIMIT:
        return format(value, "f")
    raise ConversionError("text", value)


def _check_encodable(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ConversionError("text without lone surrogates", value) from error


def to_integer(value: object) -> int:
    """A whole number of 64 bits, also from text or a decimal without a fraction.

    Raises:
        ConversionError: for anything else.
    """
    number = value if type(value) is int else _as_decimal(value, "a whole number")
    if not -LONG_LIMIT <= number < LONG_LIMIT or number != int(number):
        raise ConversionError("a whole number of 64 bits", value)
    return int(number)


def _as_decimal(value: object, expected: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ConversionError(expected, value)
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation as error:
        raise ConversionError(expected, value) from error
    if not number.is_finite():
        raise ConversionError(expected, value)
    return number


def to_double(value: object) -> float:
    """A 64-bit float.

    Raises:
        ConversionError: for what is no finite number.
    """
    number = float(_as_decimal(value, "a number"))
    if not math.isfinite(number):
        raise ConversionError("a number of 64 bits", value)
    return number


def to_boolean(value: object) -> bool:
    """A truth value, also from the texts "True" and "False" in any case.

    Raises:
        ConversionError: for anything else, numbers included.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ConversionError("true or false", value)


def to_utc(value: object) -> datetime | None:
    """An aware datetime in UTC from ISO 8601 (0 to 7 fraction digits, with or without an offset) or M/D/YYYY.

    A value without an offset is taken to be UTC. "" and "Unavailable" are no date: None. Digits beyond microseconds are cut.

    Raises:
        ConversionError: for anything else.
    """
    if not isinstance(value, str):
        raise ConversionError("a date or time", value)
    if value in EMPTY_DATES:
        return None
    try:
        return _plain_time(value) or _other_time(value)
    except (ValueError, OverflowError) as error:
        raise ConversionError("a date or time", value) from error


def _plain_time(value: str) -> datetime | None:
    """A time without an offset, some thirty times as fast as by dateutil; Python 3.10 reads fewer forms of it than later ones."""
    try:
        return datetime.fromisoformat(value + "+00:00") if value[7:11:3] == "-T" else None
    except ValueError:
        return None


def _other_time(value: str) -> datetime:
    if not value[4:5] == "-" == value[7:8]:
        return _month_day_year(value)
    moment = isoparse(value)
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _month_day_year(value: str) -> datetime:
    parts = value.split("/")  # strptime would take ten times as long
    if not ("".join(parts).isdecimal() and value.isascii()) or [len(part) for part in parts] not in MONTH_DAY_YEAR_LENGTHS:
        raise ValueError(value)
    month, day, year = (int(part) for part in parts)
    return datetime(year, month, day, tzinfo=timezone.utc)


def to_json(value: object) -> str:
    """Any JSON value as compact JSON text with sorted keys.

    Raises:
        ConversionError: for text within it that cannot be encoded (a lone surrogate).
    """
    return to_text(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_json_number))


def _json_number(value: object) -> float | str:
    if not isinstance(value, Decimal):
        raise TypeError(f"no JSON for {type(value).__name__}")
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)


def to_decimal(precision: int, scale: int) -> Callable[[object], str]:
    """A converter to decimal text, rounded half-even to `scale` digits after the point; more than fits `precision` is an error."""
    unit, limit, context = Decimal(1).scaleb(-scale), Decimal(10) ** (precision - scale), Context(prec=precision + 1)

    def convert(value: object) -> str:
        number = _as_decimal(value, "a number")
        if number.copy_abs() < limit:
            rounded = number.quantize(unit, rounding=ROUND_HALF_EVEN, context=context)
            if rounded.copy_abs() < limit:  # 99.99996 may round up to one digit too many
                return format(rounded, "f")
        raise ConversionError(f"a number of at most {precision - scale} digits before the point", value)

    return convert


class Column(NamedTuple):
    """One column: the source's field ("" if the connector gives the value; "a.b" for a field of a nested object), type and converter.

    `of_some`: only some of the source's records have the field, so that its absence tells nothing.
    """

    source: str
    type: SdkType
    convert: Callable[[Any], Any]
    of_some: bool = False


def text(source: str) -> Column:
    """A STRING column; ids are such, too."""
    return Column(source, "STRING", to_text)


def integer(source: str) -> Column:
    """A LONG column, for counts and other whole numbers."""
    return Column(source, "LONG", to_integer)


def double(source: str) -> Column:
    """A DOUBLE column, for ratios and hours."""
    return Column(source, "DOUBLE", to_double)


def boolean(source: str) -> Column:
    """A BOOLEAN column."""
    return Column(source, "BOOLEAN", to_boolean)


def utc(source: str) -> Column:
    """A UTC_DATETIME column, for every date and time."""
    return Column(source, "UTC_DATETIME", to_utc)


def json_text(source: str) -> Column:
    """A STRING column that holds JSON text."""
    return Column(source, "STRING", to_json)


def decimal(source: str, precision: int = 18, scale: int = 4) -> Column:
    """A DECIMAL column, for money and quantities; emitted as text, since the SDK takes no float for it."""
    return Column(source, {"type": "DECIMAL", "precision": precision, "scale": scale}, to_decimal(precision, scale))


def of_some(column: Column) -> Column:
    """A column whose field only some of the source's records have."""
    return column._replace(of_some=True)


@dataclass
class Notes:
    """What was noticed while rows were made: cells that did not convert, and fields that no column takes."""

    problems: list[CellProblem] = field(default_factory=list)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)


class CellProblem(NamedTuple):
    """A cell that became NULL since its value did not convert; `message` names kinds, never values."""

    table: str
    column: str
    message: str


class Table:
    """A table of the warehouse.

    Args:
        name: plural snake_case.
        key: the columns of the primary key.
        columns: by name, in the order of the schema.
        nested: fields of the source that other tables (or nobody, on purpose) take; they are not reported as unknown.
            "a.b" for a field of a nested object.
        extra: the name of a JSON column that takes fields no other column knows, for sources whose shape is unseen.
    """

    def __init__(
        self,
        name: str,
        key: list[str],
        columns: Mapping[str, Column],
        nested: Iterable[str] = (),
        extra: str | None = None,
    ) -> None:
        self.name, self.key, self.extra, self.nested = name, key, extra, tuple(nested)
        self.columns = dict(columns) | ({extra: json_text("")} if extra else {})
        fields = {*(column.source for column in self.columns.values()), *self.nested} - {""}
        self.known = frozenset(path.split(".")[0] for path in fields)
        self._objects = _fields_of_objects(fields)
        self._cells = [_cell_plan(name, column) for name, column in self.columns.items() if column.source]
        self._given = {name: None for name, column in self.columns.items() if not column.source}
        self._expected = frozenset(column.source.split(".")[0] for column in self.columns.values() if not column.of_some) - {""}

    def schema(self) -> dict[str, Any]:
        """What the SDK's `schema()` wants for this table."""
        return {
            "table": self.name,
            "primary_key": self.key,
            "columns": {name: column.type for name, column in self.columns.items()},
        }

    def row(self, raw: Record, notes: Notes | None = None) -> Row:
        """One row with every declared column; absent fields, given columns and cells that do not convert are None.

        What does not convert and what no column knows goes into `notes`.
        """
        notes = notes if notes is not None else Notes()
        row: Row = dict(self._given)
        get = raw.get
        for name, source, convert, is_text in self._cells:
            value = get(source)
            if value is None or (is_text and type(value) is str and value.isascii()):
                row[name] = value  # most cells: not worth a call
                continue
            try:
                row[name] = convert(value)
            except ConversionError as error:
                row[name] = None
                notes.problems.append(CellProblem(self.name, name, str(error)))
        if not raw.keys() <= self.known:
            self._take_unknown(raw, row, notes)
        if self._objects:
            self._count_unknown_in_objects(raw, notes)
        return row

    def untold(self, raw: Record) -> list[str]:
        """The columns of which a narrow record says nothing, so that what they hold is to stay; none for a record with all fields."""
        if self._expected <= raw.keys():
            return []
        untold = [name for name, source, _, _ in self._cells if source not in raw]
        return [*untold, self.extra] if self.extra and raw.keys() <= self.known else untold

    def _take_unknown(self, raw: Record, row: Row, notes: Notes) -> None:
        unknown = {key: raw[key] for key in raw if key not in self.known}
        if self.extra is None:
            notes.unknown.update((self.name, key) for key in unknown)
            return
        try:
            row[self.extra] = to_json(unknown)
        except ConversionError as error:
            notes.problems.append(CellProblem(self.name, self.extra, str(error)))

    def _count_unknown_in_objects(self, raw: Record, notes: Notes) -> None:
        for key, known in self._objects.items():
            value = raw.get(key)
            if isinstance(value, dict):
                notes.unknown.update((self.name, f"{key}.{name}") for name in value.keys() - known)


def _fields_of_objects(fields: Iterable[str]) -> dict[str, set[str]]:
    objects: dict[str, set[str]] = {}
    for path in fields:
        key, *rest = path.split(".")
        if rest:
            objects.setdefault(key, set()).add(rest[0])
    return objects


def _cell_plan(name: str, column: Column) -> tuple[str, str, Callable[[Any], Any], bool]:
    """A column's name, the key of the record that it is made of, the converter, and whether plain text passes as it is."""
    source, *path = column.source.split(".")
    return name, source, _within(path, column.convert) if path else column.convert, column.convert is to_text and not path


def _within(path: list[str], convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A converter of a nested object's field; what is no object on the way is an error, what is absent is None."""

    def convert_field(value: object) -> object:
        for step in path:
            if not isinstance(value, dict):
                raise ConversionError("an object", value)
            value = value.get(step)
            if value is None:
                return None
        return convert(value)

    return convert_field
