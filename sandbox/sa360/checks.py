"""Whether what a query asks for exists, goes together and may be asked of an account: the vendor's rules, in its order (fact sheet 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any, NoReturn

from sandbox.sa360.catalog import FIELDS, METRICS, NUMBERS, RESOURCES, SEGMENTS, VARIABLES, Field, Resource, fights, is_message
from sandbox.sa360.catalog_offers import CORE_DATES, CUSTOM_COLUMNS, CUSTOM_FLOODLIGHT
from sandbox.sa360.conditions import date_bounds, number, period
from sandbox.sa360.gaql import Condition, Query, QueryError, Scalar

CUSTOM_COLUMN = re.compile(r"custom_columns\.id\[(\d+)\]")
FLOOR_MONTHS = 37
MAX_VALUES = 20_000
_CURRENCIES = """
    AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JPY KRW MAD MXN MYR NOK NZD PEN PHP PKR PLN RON RUB
    SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR
"""
CURRENCIES = frozenset(_CURRENCIES.split())
_VARIABLE = re.compile(r"((?:metrics|segments)\.[a-z_]+)\.id\[(\d+)\]")
_BOUND_DATES = frozenset(f"{SEGMENTS}.{name}" for name in CORE_DATES)
# only these are kept for a limited time; a month has no floor
_FINE = frozenset(f"{SEGMENTS}.{name}" for name in ("date", "week", "day_of_week", "hour"))
_ALIGNED = frozenset({"week", "month", "quarter"})

_EQUAL = frozenset({"=", "!="})
_ANY_OF = _EQUAL | {"IN", "NOT IN"}
_ORDERED = _ANY_OF | {">", ">=", "<", "<=", "BETWEEN"}
_NULLS = frozenset({"IS NULL", "IS NOT NULL"})
_TEXTS = frozenset({"LIKE", "NOT LIKE", "REGEXP_MATCH", "NOT REGEXP_MATCH"})
_LISTS = frozenset({"CONTAINS ANY", "CONTAINS ALL", "CONTAINS NONE"})
_OPERATORS: Mapping[str, frozenset[str]] = {
    "s": _ORDERED | _TEXTS | _NULLS,
    "bytes": _EQUAL | _NULLS,
    "date": _ORDERED | {"DURING"},
    "b": _EQUAL | _NULLS,
    "e": _ANY_OF | _NULLS,
    **dict.fromkeys(("i64", "i32", "d", "f"), _ORDERED | _NULLS),
}
_CUSTOM_KINDS = {"STRING": "s", "INT64": "i64", "DOUBLE": "d", "BOOLEAN": "b", "DATE": "s"}

_Columns = Mapping[str, Mapping[str, Any]]


def check(query: Query, today: date, is_manager: bool, custom_columns: _Columns) -> None:
    """Refuse what the vendor would refuse of a query that is well formed.

    `today` is the account's; `custom_columns` are those it may use, as in a reply, by their id.

    Raises:
        QueryError: with the first rule that it breaks.
    """
    resource = _resource(query.resource)
    names = _names(query)
    _known(names)
    _usable(query)
    _joined(query, resource)
    _offered(names, resource)
    _variables(names, resource)
    _referenced(query)
    _operands(query)
    _dates(query, today)
    if is_manager and any(name.startswith(f"{METRICS}.") for name in names):
        _refuse("REQUESTED_METRICS_FOR_MANAGER", "Metrics cannot be requested for a manager account.", query.resource)
    _custom(query, is_manager=is_manager, columns=custom_columns)
    _parameters(query)


def _refuse(code: str, message: str, trigger: str = "", group: str = "queryError") -> NoReturn:
    raise QueryError(group, code, message, trigger)


def _names(query: Query) -> tuple[str, ...]:
    """Return all that a query mentions, each once."""
    return tuple(dict.fromkeys((*query.select, *(each.field for each in query.where), *(name for name, _ in query.order_by))))


def _is_custom(name: str) -> bool:
    return CUSTOM_COLUMN.fullmatch(name) is not None


# --- what exists ---------------------------------------------------------------------------------------------------


def _resource(name: str) -> Resource:
    if name in NUMBERS:
        _refuse("PROHIBITED_RESOURCE_TYPE_IN_FROM_CLAUSE", f"'{name}' cannot stand in the FROM clause.", name)
    if name not in RESOURCES:
        _refuse("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"Unknown resource type in the FROM clause: '{name}'.", name)
    return RESOURCES[name]


def _known(names: Iterable[str]) -> None:
    for name in names:
        variable = _VARIABLE.fullmatch(name)
        known = variable[1] in VARIABLES if variable else name in FIELDS or is_message(name) or _is_custom(name)
        if not known:
            _refuse("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'.", name)


# --- what may stand where ------------------------------------------------------------------------------------------


def _usable(query: Query) -> None:
    for name in query.select:
        if not _allowed(name, "selectable"):
            _refuse("PROHIBITED_FIELD_IN_SELECT_CLAUSE", f"'{name}' cannot be selected.", name)
    for condition in query.where:
        if not _allowed(condition.field, "filterable"):
            _refuse("PROHIBITED_FIELD_IN_WHERE_CLAUSE", f"'{condition.field}' cannot be filtered by.", condition.field)
    for name, _ in query.order_by:
        if not _allowed(name, "sortable"):
            _refuse("PROHIBITED_FIELD_IN_ORDER_BY_CLAUSE", f"'{name}' cannot be sorted by.", name)


def _allowed(name: str, use: str) -> bool:
    return bool(getattr(FIELDS[name], use)) if name in FIELDS else not is_message(name)


# --- what goes together --------------------------------------------------------------------------------------------


def _joined(query: Query, resource: Resource) -> None:
    """Only the attribute resources of the one in FROM may be asked for with it."""
    allowed = {resource.name, *resource.joined, METRICS, SEGMENTS, "custom_columns"}
    for clause, names in (("SELECT", query.select), ("WHERE", [each.field for each in query.where])):
        for name in names:
            if name.partition(".")[0] not in allowed:
                message = f"'{name}' cannot be asked for FROM {resource.name}."
                _refuse(f"PROHIBITED_RESOURCE_TYPE_IN_{clause}_CLAUSE", message, name)


def _offered(names: Iterable[str], resource: Resource) -> None:
    numbers = [FIELDS[name] for name in names if name in FIELDS and FIELDS[name].owner in NUMBERS]
    for field in numbers:
        if field.owner == METRICS and field.name not in resource.metrics:
            _refuse("PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE", f"{resource.name} does not have '{field.name}'.", field.name)
        if field.owner == SEGMENTS and field.name not in resource.segments:
            _refuse("PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE", f"{resource.name} does not have '{field.name}'.", field.name)
    for segment, metric in _pairs(numbers):
        if fights(segment, metric):
            message = f"'{metric}' is not known by '{segment}'."
            _refuse("PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE", message, metric)
    _ages_and_genders(names, resource)


def _pairs(numbers: list[Field]) -> Iterator[tuple[str, str]]:
    for segment in (each for each in numbers if each.owner == SEGMENTS):
        yield from ((segment.name, each.name) for each in numbers if each.owner == METRICS)


def _ages_and_genders(names: Iterable[str], resource: Resource) -> None:
    other = {"age_range_view": "ad_group_criterion.gender.", "gender_view": "ad_group_criterion.age_range."}.get(resource.name)
    if other and (name := next((each for each in names if each.startswith(other)), None)):
        _refuse("PROHIBITED_FIELD_COMBINATION_IN_SELECT_CLAUSE", "Age ranges and genders cannot be combined.", name)


def _variables(names: Iterable[str], resource: Resource) -> None:
    """No account has custom Floodlight variables to ask for: what is left is to say why not."""
    asked = [match for name in names if (match := _VARIABLE.fullmatch(name))]
    refuse = partial(_refuse, group="conversionCustomVariableError")
    for match in asked:
        raw = match[1].partition(".")[2].startswith("raw_event")
        if resource.name not in ({"conversion"} if raw else CUSTOM_FLOODLIGHT):
            refuse("INCOMPATIBLE_WITH_SELECTED_RESOURCE", f"{resource.name} has no custom variables.", match[0])
    if len([match for match in asked if match[1].startswith(SEGMENTS)]) > 1:
        _refuse("TOO_MANY_SEGMENTS", "Only one custom dimension may be asked for at once.", asked[-1][0])
    if len({match[1] for match in asked}) > 1:
        message = "Custom metrics and custom dimensions cannot be combined."
        _refuse("PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE", message, asked[-1][0])
    for match in asked:
        refuse("NOT_FOUND", f"There is no custom variable {match[2]}.", match[0])


def _referenced(query: Query) -> None:
    """What is sorted by has to be selected, and what is filtered by too if it is a segment, but for dates."""
    segments = [each.field for each in query.where if each.field.startswith(f"{SEGMENTS}.") and each.field not in _BOUND_DATES]
    for name in (*segments, *(name for name, _ in query.order_by)):
        if name not in query.select:
            _refuse("EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE", f"'{name}' has to be selected as well.", name)


# --- operators and values ------------------------------------------------------------------------------------------


def _operands(query: Query) -> None:
    for condition in query.where:
        if condition.field in FIELDS:
            field = FIELDS[condition.field]
            _operand(condition, field.kind, field)


def _operand(condition: Condition, kind: str, field: Field | None = None) -> None:
    repeated = field is not None and field.repeated
    if condition.operator not in (_LISTS | _NULLS if repeated else _OPERATORS[kind]):
        _refuse("OPERATOR_FIELD_MISMATCH", f"{condition.operator} cannot be used with '{condition.field}'.", condition.field)
    values = _values(condition)
    if len(values) > MAX_VALUES:
        _refuse("FILTER_HAS_TOO_MANY_VALUES", f"More than {MAX_VALUES} values for '{condition.field}'.", condition.field)
    if condition.operator.endswith("REGEXP_MATCH"):
        _pattern(condition)
    for value in values:
        _value(value, kind, field)


def _values(condition: Condition) -> tuple[Scalar, ...]:
    if condition.value is None or condition.operator == "DURING":
        return ()
    return condition.value if isinstance(condition.value, tuple) else (condition.value,)


def _pattern(condition: Condition) -> None:
    try:
        re.compile(str(condition.value))
    except re.error as failure:
        raise QueryError("queryError", "BAD_VALUE", f"Invalid regular expression: {failure}.", str(condition.value)) from failure


def _value(value: Scalar, kind: str, field: Field | None) -> None:
    if kind == "e" and field and (not isinstance(value, str) or value not in field.values):
        _refuse("BAD_ENUM_CONSTANT", f"Invalid enum constant of '{field.name}': '{value}'.", str(value))
    if kind in {"i64", "i32", "d", "f"} and not _is_number(value):
        _refuse("BAD_NUMBER", f"Invalid number: '{value}'.", str(value))
    if kind == "b" and not (isinstance(value, bool) or str(value).lower() in {"true", "false"}):
        _refuse("BAD_VALUE", f"Invalid truth value: '{value}'.", str(value))
    if kind in {"s", "bytes"} and not isinstance(value, str):
        _refuse("INVALID_STRING_VALUE", f"A string is expected, not '{value}'.", str(value))


def _is_number(value: Scalar) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) or re.fullmatch(r"-?\d+(\.\d+)?", value) is not None


# --- dates ---------------------------------------------------------------------------------------------------------


def floor(today: date) -> date:
    """Return the first day for which there are still numbers by day or week: 37 months before today."""
    months = today.year * 12 + today.month - 1 - FLOOR_MONTHS
    first = date(months // 12, months % 12 + 1, 1)
    return first.replace(day=min(today.day, period("month", first)[1].day))


def _dates(query: Query, today: date) -> None:
    for condition in query.where:
        if condition.field in _BOUND_DATES:
            _date_values(condition)
    first, last = date_bounds(query, today)
    if (selected := _BOUND_DATES.intersection(query.select)) and (first is None or last is None):
        _refuse("EXPECTED_FILTERS_ON_DATE_RANGE", "Dates that are selected need a finite range in WHERE.", min(selected))
    if first is not None and last is not None and first > last:
        _refuse("DATE_RANGE_TOO_NARROW", "The range of dates ends before it begins.", first.isoformat())
    if first is not None and first < floor(today) and _FINE.intersection(query.select):
        message = f"By day and by week there are numbers from {floor(today)} on only."
        _refuse("REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED", message, first.isoformat(), "dateRangeError")


def _date_values(condition: Condition) -> None:
    segment = condition.field.removeprefix(f"{SEGMENTS}.")
    for value in _values(condition):
        if segment == "year":
            _year(value)
        elif period(segment, day := _day(value))[0] != day and segment in _ALIGNED:
            _refuse("MISALIGNED_DATE_FOR_FILTER", f"'{value}' is not the first day of a {segment}.", str(value))


def _day(value: Scalar) -> date:
    text = str(value)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError as failure:
        raise QueryError("queryError", "INVALID_DATE_FORMAT", f"There is no such day: '{text}'.", text) from failure
    _refuse("INVALID_DATE_FORMAT", f"Invalid date: '{text}'. It is spelled YYYY-MM-DD.", text)


def _year(value: Scalar) -> None:
    year = number(value)
    if year != int(year) or not date.min.year <= year <= date.max.year:
        _refuse("BAD_NUMBER", f"Invalid year: '{value}'.", str(value))


# --- custom columns and parameters ---------------------------------------------------------------------------------


def _custom(query: Query, *, is_manager: bool, columns: _Columns) -> None:
    refuse = partial(_refuse, group="customColumnError")
    for name in _names(query):
        match = CUSTOM_COLUMN.fullmatch(name)
        if match is None:
            continue
        column = columns.get(match[1])
        if column is None:
            refuse("CUSTOM_COLUMN_NOT_FOUND", f"There is no custom column {match[1]}.", name)
        if not column.get("queryable") or query.resource not in CUSTOM_COLUMNS:
            refuse("CUSTOM_COLUMN_NOT_AVAILABLE", f"The custom column {match[1]} cannot be asked for FROM {query.resource}.", name)
        if is_manager and column.get("referencesMetrics"):
            _refuse("REQUESTED_METRICS_FOR_MANAGER", "Metrics cannot be requested for a manager account.", name)
    for condition in query.where:
        if match := CUSTOM_COLUMN.fullmatch(condition.field):
            _operand(condition, _CUSTOM_KINDS[columns[match[1]]["valueType"]])


def _parameters(query: Query) -> None:
    if (code := query.parameters.get("metrics_currency")) is not None and code not in CURRENCIES:
        _refuse("INVALID_CURRENCY_CODE", f"Invalid currency code: '{code}'.", code, "invalidParameterError")
    if "enable_mcc_expansion" in query.parameters and query.resource != "bidding_strategy":
        message = f"enable_mcc_expansion cannot be used FROM {query.resource}."
        _refuse("BAD_PARAMETER_VALUE", message, "enable_mcc_expansion")
