"""The converters and the row-making that every connector's tables rest on."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.tables import (
    CellProblem,
    ConversionError,
    Notes,
    Table,
    boolean,
    decimal,
    double,
    integer,
    json_text,
    of_some,
    text,
    to_boolean,
    to_decimal,
    to_double,
    to_integer,
    to_json,
    to_text,
    to_utc,
    utc,
)
from tests.strategies import ANY_TEXT, JSON_VALUES, SCALARS

UTC = timezone.utc
CANARY = "canary-7f3a"
to_money = to_decimal(18, 4)


@pytest.mark.parametrize("convert", [to_text, to_integer, to_double, to_boolean, to_utc, to_json, to_money])
@given(value=JSON_VALUES)
def test_a_converter_gives_what_the_sdk_takes_or_a_conversion_error(convert: Any, value: object) -> None:
    try:
        cell = convert(value)
    except ConversionError:
        return
    assert_fits(convert, cell)


def assert_fits(convert: Any, cell: Any) -> None:
    if convert in (to_text, to_json, to_money):
        assert len(cell.encode()) < 10_000
    if convert is to_money:
        assert abs(Decimal(cell)) < 10**14
        assert Decimal(cell).as_tuple().exponent == -4
    if convert is to_integer:
        assert type(cell) is int
        assert -(2**63) <= cell < 2**63
    if convert is to_double:
        assert abs(cell) < float("inf")
    if convert is to_boolean:
        assert type(cell) is bool
    if convert is to_utc and cell is not None:
        assert cell.tzinfo is timezone.utc


@pytest.mark.parametrize("convert", [to_integer, to_double, to_boolean, to_utc, to_money])
def test_an_error_does_not_tell_the_value(convert: Any) -> None:
    for value in (CANARY, [CANARY], {CANARY: CANARY}):
        with pytest.raises(ConversionError) as caught:
            convert(value)
        assert CANARY not in str(caught.value)


@given(SCALARS)
def test_an_error_names_kinds_only(value: object) -> None:
    kinds = r"a text of \d+ characters|a boolean|a number|NoneType"
    for convert in (to_text, to_integer, to_boolean, to_utc, to_money):
        assert re.fullmatch(rf"(expected [a-z0-9, -]+, got ({kinds}))?", complaint(convert, value))


def complaint(convert: Any, value: object) -> str:
    try:
        convert(value)
    except ConversionError as error:
        return str(error)
    return ""


@given(st.text())
def test_text_stays_as_it_is(value: str) -> None:
    assert to_text(value) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (-17, "-17"), (10**30, "1" + "0" * 30), (Decimal("1E+3"), "1000"), (Decimal("0.10"), "0.10"), ("", "")],
)
def test_numbers_become_plain_text(value: object, expected: str) -> None:
    assert to_text(value) == expected


@pytest.mark.parametrize("value", [True, [], {}, "\ud800", Decimal("1E+999999999"), Decimal("1E-999999999")])
def test_what_is_no_text(value: object) -> None:
    with pytest.raises(ConversionError):
        to_text(value)


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_in_every_form(number: int) -> None:
    for form in (number, str(number), f" {number} ", Decimal(number), f"{number}.000"):
        assert to_integer(form) == number


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, Decimal("1.5"), "", "x", True, Decimal("1E+999999999"), "1e999999999"])
def test_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(ConversionError):
        to_integer(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_round_trip(number: float) -> None:
    assert to_double(Decimal(repr(number))) == number


@pytest.mark.parametrize("value", ["NaN", "Infinity", Decimal("1E+400"), 10**400, "", True])
def test_what_is_no_double(value: object) -> None:
    with pytest.raises(ConversionError):
        to_double(value)


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("True", True), ("FALSE", False), (False, False)])
def test_booleans(value: object, expected: bool) -> None:
    assert to_boolean(value) is expected


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=6))
def test_decimals_are_rounded_half_even(number: Decimal) -> None:
    expected = number.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
    assert Decimal(to_money(number)) == Decimal(to_money(str(number))) == expected


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=4))
def test_decimals_round_trip(number: Decimal) -> None:
    assert to_money(to_money(number)) == to_money(number)
    assert Decimal(to_money(number)) == number


@pytest.mark.parametrize("value", ["99999999999999.99995", Decimal("1E+14"), Decimal("-1E+999999999"), "1E+9999999"])
def test_a_number_too_large_for_its_decimal(value: object) -> None:
    with pytest.raises(ConversionError):
        to_money(value)


def test_the_largest_and_the_smallest_decimal() -> None:
    assert to_money("99999999999999.99994") == "99999999999999.9999"
    assert Decimal(to_money(Decimal("1E-999999999"))) == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-11-30T14:20:56", datetime(2023, 11, 30, 14, 20, 56, tzinfo=UTC)),
        ("2023-11-30T14:20:56.3", datetime(2023, 11, 30, 14, 20, 56, 300000, tzinfo=UTC)),
        ("2023-11-30T14:20:56.34", datetime(2023, 11, 30, 14, 20, 56, 340000, tzinfo=UTC)),
        ("2023-11-30T14:20:56.3533337", datetime(2023, 11, 30, 14, 20, 56, 353333, tzinfo=UTC)),
        ("2023-11-30T14:20:56.34Z", datetime(2023, 11, 30, 14, 20, 56, 340000, tzinfo=UTC)),
        ("2023-11-30T14:20:56+02:00", datetime(2023, 11, 30, 12, 20, 56, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2/29/2024", datetime(2024, 2, 29, tzinfo=UTC)),
        ("12/07/2023", datetime(2023, 12, 7, tzinfo=UTC)),
        ("2023-12-31T24:00:00", datetime(2024, 1, 1, tzinfo=UTC)),
        ("", None),
        ("Unavailable", None),
    ],
)
def test_dates_and_times(value: str, expected: datetime | None) -> None:
    assert to_utc(value) == expected


NO_DATES = (
    *("2/30/2024", "29/2/2024", "+1/02/2024", "1/2/24", "\u0661/1/2024", "2023-02-29", "2024-W01-1T00:00", "9999-12-31T24:00:00"),
    *("soon", 1701354056, True),
)


@pytest.mark.parametrize("value", NO_DATES)
def test_what_is_no_date(value: object) -> None:
    with pytest.raises(ConversionError):
        to_utc(value)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-23 * 60, 23 * 60))  # noqa: DTZ001
def test_moments_round_trip_in_every_offset(moment: datetime, minutes: int) -> None:
    utc_moment = moment.replace(tzinfo=UTC)
    assert to_utc(moment.isoformat()) == to_utc(utc_moment.isoformat()) == utc_moment
    assert to_utc(utc_moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat()) == utc_moment


@given(st.datetimes(datetime(1000, 1, 1), datetime(9998, 1, 1)), st.integers(0, 9_999_999), st.integers(1, 7))  # noqa: DTZ001
def test_fraction_digits_beyond_microseconds_are_cut(second: datetime, ticks: int, digits: int) -> None:
    fraction = f"{ticks:07d}"[:digits]
    moment = to_utc(f"{second:%Y-%m-%dT%H:%M:%S}.{fraction}")
    assert moment == second.replace(microsecond=int(fraction.ljust(7, "0")[:6]), tzinfo=UTC)


@given(JSON_VALUES)
def test_json_text_reads_back_as_the_same_value(value: object) -> None:
    try:
        written = to_json(value)
    except ConversionError:
        return
    assert as_floats(json.loads(written)) == as_floats(value)
    assert written == to_json(value)


def as_floats(value: Any) -> Any:
    """The value with its decimals as JSON text holds them: a float where that is exact, else text."""
    if isinstance(value, dict):
        return {key: as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    return value


@pytest.mark.parametrize("value", ["\ud800", ["a", "\udfff"], {"\ud800": 1}])
def test_json_text_that_cannot_be_encoded(value: object) -> None:
    with pytest.raises(ConversionError):
        to_json(value)


def test_json_text_is_compact_and_sorted() -> None:
    assert to_json({"b": [1, Decimal("1.50"), None], "a": "é"}) == '{"a":"é","b":[1,1.5,null]}'


THINGS = Table(
    "things",
    key=["id"],
    columns={
        "id": text("id"),
        "size": integer("size"),
        "ratio": double("ratio"),
        "is_new": boolean("isNew"),
        "made": utc("made"),
        "price": decimal("price"),
        "tags": json_text("tags"),
        "box_id": text("box.id"),
        "box_depth": integer("box.depth"),
        "position": integer(""),
    },
    nested=["parts", "box.lid"],
)
NO_THING = dict.fromkeys(THINGS.columns)


def test_the_schema_is_the_declaration() -> None:
    schema = THINGS.schema()
    assert (schema["table"], schema["primary_key"]) == ("things", ["id"])
    assert schema["columns"]["price"] == {"type": "DECIMAL", "precision": 18, "scale": 4}
    assert [kind for kind in schema["columns"].values() if isinstance(kind, str)] == [
        *("STRING", "LONG", "DOUBLE", "BOOLEAN", "UTC_DATETIME", "STRING", "STRING", "LONG", "LONG"),
    ]


def test_a_row_has_every_column() -> None:
    raw = {"id": 7, "size": "3", "made": "2024-02-29", "tags": ["a"], "box": {"id": 9, "lid": 1}, "parts": [{}]}
    notes = Notes()
    made = datetime(2024, 2, 29, tzinfo=UTC)
    expected = NO_THING | {"id": "7", "size": 3, "made": made, "tags": '["a"]', "box_id": "9"}
    assert THINGS.row(raw, notes) == expected
    assert notes == Notes()


def test_a_bad_cell_is_null_and_noted_and_the_rest_goes_on() -> None:
    notes = Notes()
    assert THINGS.row({"id": 7, "size": CANARY, "ratio": 2}, notes) == NO_THING | {"id": "7", "ratio": 2.0}
    assert notes.problems == [CellProblem("things", "size", "expected a whole number, got a text of 11 characters")]


def test_what_is_no_object_is_noted_for_each_column_within() -> None:
    notes = Notes()
    assert THINGS.row({"id": 7, "box": CANARY}, notes) == NO_THING | {"id": "7"}
    assert [problem[:2] for problem in notes.problems] == [("things", "box_id"), ("things", "box_depth")]
    assert CANARY not in str(notes)


def test_a_narrow_record_says_nothing_of_the_columns_whose_fields_it_lacks() -> None:
    whole: dict[str, object] = {"id": "1", "size": 1, "ratio": 1, "isNew": True, "made": None, "price": 1, "tags": [], "box": None}
    assert THINGS.untold(whole) == []
    narrow = {key: value for key, value in whole.items() if key not in {"made", "box"}}
    assert THINGS.untold(narrow) == ["made", "box_id", "box_depth"]


def test_a_field_that_only_some_records_have_tells_nothing_by_its_absence() -> None:
    columns = {"id": text("id"), "note": text("note"), "check": of_some(text("check"))}
    assert Table("things", ["id"], columns).untold({"id": "1", "note": None}) == []
    assert Table("things", ["id"], columns).untold({"id": "1"}) == ["note", "check"]
    assert Table("things", ["id"], columns, extra="more").untold({"id": "1"}) == ["note", "check", "more"]
    assert Table("things", ["id"], columns, extra="more").untold({"id": "1", "new": 1}) == ["note", "check"]


def test_unknown_fields_are_counted_also_within_objects() -> None:
    notes = Notes()
    for _ in range(2):
        THINGS.row({"id": 7, "colour": CANARY, "box": {"id": 1, "width": CANARY}}, notes)
    assert notes.unknown == Counter({("things", "colour"): 2, ("things", "box.width"): 2})


def test_unknown_fields_of_an_unseen_shape_are_kept() -> None:
    table = Table("guesses", key=["id"], columns={"id": text("id")}, extra="additional_fields")
    notes = Notes()
    assert table.row({"id": 1, "b": 2, "a": [3]}, notes) == {"id": "1", "additional_fields": '{"a":[3],"b":2}'}
    assert table.row({"id": 1}, notes) == {"id": "1", "additional_fields": None}
    assert notes == Notes()


@given(st.dictionaries(st.sampled_from(["id", "size", "made", "price", "tags", "box", "parts"]) | ANY_TEXT, JSON_VALUES))
def test_no_record_stops_a_row(raw: dict[str, object]) -> None:
    notes = Notes()
    row = THINGS.row(raw, notes)
    assert row.keys() == THINGS.columns.keys()
    assert all(row[problem.column] is None for problem in notes.problems)


@given(st.data(), st.integers(1, 38), st.integers(0, 18))
def test_decimals_of_every_precision_round_trip(data: st.DataObject, precision: int, scale: int) -> None:
    scale = min(scale, precision - 1)
    digits = data.draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    number = Decimal(digits).scaleb(-scale, Context(prec=60))
    convert = to_decimal(precision, scale)
    assert Decimal(convert(number)) == Decimal(convert(format(number, "f"))) == number
    assert convert(convert(number)) == convert(number)


@given(st.booleans())
def test_booleans_round_trip(value: bool) -> None:
    assert to_boolean(str(value)) is to_boolean(value) is value
