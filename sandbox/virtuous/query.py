"""The query engine: groups of conditions, sorting and paging, without looking at rows where arithmetic will do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice, takewhile

from sandbox.collection import is_hidden
from sandbox.virtuous.collection import Collection
from sandbox.virtuous.formats import (
    EPOCH,
    ORGANIZATION_UTC_OFFSET,
    TICKS_PER_DAY,
    organization_day,
    parse_us_date,
    parse_utc,
)
from sandbox.virtuous.parameters import (
    MANY_VALUES,
    MODIFIED_DAY,
    MODIFIED_INSTANT,
    NO_VALUE,
    OPERATORS,
    OPERATORS_BY_TYPE,
    Parameter,
)
from sandbox.virtuous.world import BASE_NEWEST

Test = Callable[[object], bool]
_CANONICAL = {name.lower(): name for name in (*OPERATORS, "IsSet")}
_ALIAS = {
    "Before": "LessThan",
    "OnOrBefore": "LessThanOrEqual",
    "After": "GreaterThan",
    "OnOrAfter": "GreaterThanOrEqual",
}
_ALIAS |= {"IsAnyOf": "In", "IsNoneOf": "NotIn", "IsSet": "IsKnown", "IsNotSet": "IsNotKnown"}


class QueryError(ValueError):
    """A query that the vendor answers with status 400 and this message."""


@dataclass
class Condition:
    """One condition, compiled: a parameter, the operator without its synonyms, the operands, and the test."""

    parameter: Parameter
    operator: str
    operands: list[object]
    test: Test


@dataclass
class Source:
    """What a query runs on: a collection, its parameters by lower-case name, and how to find an owner's records."""

    collection: Collection
    id_name: str
    parameters: Mapping[str, Parameter]
    now_ticks: int
    owned_by: Callable[[int], Iterable[int]] | None = None


@dataclass
class Query:
    """A parsed query: ORed groups of ANDed conditions, the order, and whether archived records are listed."""

    groups: list[list[Condition]]
    sort_by: str
    descending: bool
    archived: bool


@dataclass
class Page:
    """The ids on one page, and how many records match in all."""

    ids: list[int]
    total: int


# --- parsing -------------------------------------------------------------------------------------------------------


def lower_keys(body: object) -> dict[str, object]:
    """Return a JSON object with its keys lowered: the vendor's binding ignores case. Anything else counts as empty."""
    return {str(key).lower(): value for key, value in body.items()} if isinstance(body, dict) else {}


def truthy(value: object) -> bool:
    """Read a boolean that may come as text."""
    return value is True or str(value).lower() == "true"


def parse_query(source: Source, body: object) -> Query:
    """Compile a request body; raise QueryError for an unknown parameter, operator or value."""
    keys = lower_keys(body)
    groups = [_parse_group(source, group) for group in _as_list(keys.get("groups"))]
    return Query(
        groups=[group for group in groups if group],
        sort_by=str(keys.get("sortby") or ""),
        descending=truthy(keys.get("descending")),
        archived=truthy(keys.get("includearchived")),
    )


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _parse_group(source: Source, group: object) -> list[Condition]:
    return [_parse_condition(source, condition) for condition in _as_list(lower_keys(group).get("conditions"))]


def _parse_condition(source: Source, condition: object) -> Condition:
    keys = lower_keys(condition)
    name, operator = str(keys.get("parameter")), str(keys.get("operator"))
    parameter, canonical = source.parameters.get(name.lower()), _CANONICAL.get(operator.lower())
    if parameter is None:
        raise QueryError(f"'{name}' is not a valid query parameter.")
    if canonical is None or canonical not in OPERATORS_BY_TYPE[parameter.type]:
        raise QueryError(f"'{operator}' is not a valid operator for '{name}'.")
    operands = [_operand(parameter, value, source.now_ticks) for value in _raw_operands(keys, canonical)]
    if canonical not in NO_VALUE and canonical not in MANY_VALUES and (not operands or None in operands):
        raise QueryError(f"A value is required for '{name}'.")
    plain = _ALIAS.get(canonical, canonical)
    return Condition(parameter, plain, operands, _test(parameter, plain, operands))


def _raw_operands(keys: Mapping[str, object], operator: str) -> list[object]:
    if operator in NO_VALUE:
        return []
    if operator in MANY_VALUES:
        return _as_list(keys.get("values")) or [keys.get("value")]
    return [keys.get("value"), keys.get("secondaryvalue")] if operator == "Between" else [keys.get("value")]


def _operand(parameter: Parameter, value: object, now_ticks: int) -> object:
    if value is None:
        return None
    try:
        return (
            _date_operand(parameter, str(value), now_ticks)
            if parameter.type == "Date"
            else _comparable(parameter, value)
        )
    except ValueError:
        raise QueryError(f"'{value}' is not a valid value for '{parameter.name}'.") from None


def _date_operand(parameter: Parameter, text: str, now_ticks: int) -> int:
    """Return a day number, or ticks for a parameter that compares instants."""
    relative = _relative_day(text, organization_day(now_ticks))
    if relative is not None:
        return _as_clock(parameter, relative * TICKS_PER_DAY)
    if "/" in text:
        return _as_clock(parameter, (parse_us_date(text) - EPOCH.date()).days * TICKS_PER_DAY)
    ticks = parse_utc(text)
    if text.endswith("Z") and parameter.clock == "day":
        return organization_day(ticks)
    return _as_clock(parameter, ticks)


def _as_clock(parameter: Parameter, ticks: int) -> int:
    return ticks if parameter.clock == "instant" else ticks // TICKS_PER_DAY


def _relative_day(text: str, today: int) -> int | None:
    day = EPOCH.date() + timedelta(days=today)
    last_sunday = (day.weekday() + 1) % 7 or 7
    steps = {"today": 0, "yesterday": -1, "tomorrow": 1, "one week from now": 7, "last sunday": -last_sunday}
    steps |= {f"{count} days ago": -count for count in (30, 60, 90, 180, 270)}
    starts = {"start of this month": day.replace(day=1), "this calendar year": day.replace(month=1, day=1)}
    starts |= {"one year ago": _years_before(day, 1), "two years ago": _years_before(day, 2)}
    word = text.strip().lower()
    if word in steps:
        return today + steps[word]
    return (starts[word] - EPOCH.date()).days if word in starts else None


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=min(day.day, 28) if day.month == 2 else day.day)


# --- comparing -----------------------------------------------------------------------------------------------------


def _comparable(parameter: Parameter, value: object) -> object:
    """Return a record's or a condition's value in the form that this parameter compares; None when it has none."""
    if value is None:
        return None
    if parameter.type in {"Int", "Decimal"}:
        return _number(value)
    if parameter.type == "Date":
        return _record_date(parameter, str(value))
    return str(value).lower()


def _number(value: object) -> float | int | None:
    if isinstance(value, int):
        return value
    text = str(value).strip().replace("$", "").replace(",", "")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    if not text:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _record_date(parameter: Parameter, text: str) -> int | None:
    try:
        ticks = (parse_us_date(text) - EPOCH.date()).days * TICKS_PER_DAY if "/" in text else parse_utc(text)
    except ValueError:  # "" and "Unavailable" stand for no date
        return None
    return organization_day(ticks) if parameter.clock == "day" else _as_clock(parameter, ticks)


def _values(parameter: Parameter, raw: object) -> list[object]:
    many = raw if isinstance(raw, list) else [raw]
    found: list[object] = []
    for value in many:
        try:
            comparable = _comparable(parameter, value)
        except ValueError:  # a record with a wrong-typed value matches nothing
            continue
        if comparable is not None and comparable != "":
            found.append(comparable)
    return found


def _test(parameter: Parameter, operator: str, operands: list[object]) -> Test:
    """Return the test of a record's raw value; of a list of values, any may pass."""
    if operator in {"IsTrue", "IsFalse"}:
        return lambda raw: (raw is True) == (operator == "IsTrue")
    if parameter.type == "Object":
        return lambda raw: (raw is not None) == (operator == "IsKnown")
    if operator in {"IsKnown", "IsNotKnown"}:
        return lambda raw: bool(_values(parameter, raw)) == (operator == "IsKnown")
    if operator in {"IsNot", "NotIn"}:
        return lambda raw: not any(value in operands for value in _values(parameter, raw))
    compare = _COMPARE[operator]
    return lambda raw: any(compare(value, operands) for value in _values(parameter, raw))


def _ordered(sign: Callable[[float, float], bool]) -> Callable[[object, list[object]], bool]:
    def compare(value: object, operands: list[object]) -> bool:
        bound = operands[0]
        return isinstance(value, (int, float)) and isinstance(bound, (int, float)) and sign(value, bound)

    return compare


def _between(value: object, operands: list[object]) -> bool:
    low, high = operands
    numbers = isinstance(low, (int, float)) and isinstance(high, (int, float)) and isinstance(value, (int, float))
    return numbers and low <= value <= high  # type: ignore[operator]


_COMPARE: dict[str, Callable[[object, list[object]], bool]] = {
    "Is": lambda value, operands: value == operands[0],
    "In": lambda value, operands: value in operands,
    "LessThan": _ordered(lambda value, bound: value < bound),
    "LessThanOrEqual": _ordered(lambda value, bound: value <= bound),
    "GreaterThan": _ordered(lambda value, bound: value > bound),
    "GreaterThanOrEqual": _ordered(lambda value, bound: value >= bound),
    "Between": _between,
    "Contains": lambda value, operands: str(operands[0]) in str(value),
    "Matches": lambda value, operands: str(operands[0]) in str(value),
    "StartsWith": lambda value, operands: str(value).startswith(str(operands[0])),
    "EndsWith": lambda value, operands: str(value).endswith(str(operands[0])),
}


# --- planning ------------------------------------------------------------------------------------------------------


@dataclass
class Plan:
    """How to find the matches of one group: an id range, or a set of ids, and what is left to test."""

    low: int = 0
    high: int | None = None
    ids: set[int] | None = None
    overlay_only: bool = False
    by_time: list[Condition] = field(default_factory=list)
    by_record: list[Condition] = field(default_factory=list)

    @property
    def is_range(self) -> bool:
        """Say whether the plan is nothing but an id range."""
        return self.ids is None and not (self.overlay_only or self.by_time or self.by_record)


def make_plan(source: Source, group: list[Condition]) -> Plan:
    """Turn a group of conditions into a plan that looks at as few records as possible."""
    plan = Plan()
    for condition in group:
        name = condition.parameter.name
        if name == source.id_name and _narrow(plan, condition):
            continue
        if name in {MODIFIED_DAY, MODIFIED_INSTANT}:
            plan.by_time.append(condition)
            plan.overlay_only |= _earliest(condition) >= BASE_NEWEST
            continue
        plan.by_record.append(condition)
        if name == "Contact Id" and source.owned_by and condition.operator in {"Is", "In"}:
            _keep(plan, {number for value in condition.operands for number in source.owned_by(_whole(value))})
    return plan


def _whole(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) else -1


def _keep(plan: Plan, ids: set[int]) -> None:
    plan.ids = ids if plan.ids is None else plan.ids & ids


def _narrow(plan: Plan, condition: Condition) -> bool:
    """Narrow the plan by a condition on the id; return False when only the record can tell."""
    numbers = [value for value in condition.operands if isinstance(value, (int, float))]
    if condition.operator in {"Is", "In"}:
        _keep(plan, {_whole(value) for value in numbers})
        return True
    low, high = 0, None
    if condition.operator in {"GreaterThan", "GreaterThanOrEqual", "Between"}:
        low = int(numbers[0] // 1) + (condition.operator == "GreaterThan" or numbers[0] != int(numbers[0]))
    if condition.operator in {"LessThan", "LessThanOrEqual", "Between"}:
        high = -int(-numbers[-1] // 1) + (condition.operator != "LessThan" and numbers[-1] == int(numbers[-1]))
    if not low and high is None:
        return condition.operator in {"GreaterThan", "GreaterThanOrEqual"}
    plan.low = max(plan.low, low)
    plan.high = high if plan.high is None or (high is not None and high < plan.high) else plan.high
    return True


def _earliest(condition: Condition) -> int:
    """Return the ticks before which nothing can match a condition on the modified time."""
    bounds = [value for value in condition.operands if isinstance(value, int)]
    if condition.operator not in {"Is", "GreaterThan", "GreaterThanOrEqual", "Between"} or not bounds:
        return 0
    if condition.parameter.clock == "instant":
        return bounds[0]
    day = bounds[0] + (condition.operator == "GreaterThan")
    return day * TICKS_PER_DAY - int(ORGANIZATION_UTC_OFFSET.total_seconds()) * 10_000_000


# --- running -------------------------------------------------------------------------------------------------------


def run(source: Source, query: Query, skip: int, take: int) -> Page:
    """Return one page of a query."""
    plans = [make_plan(source, group) for group in query.groups] or [Plan()]
    sort_key = _sort_key(source, query.sort_by)
    if len(plans) == 1 and plans[0].is_range and sort_key is None:
        return _range_page(source.collection, plans[0], query, skip, take)
    found = _union(source, plans, query)
    if sort_key is not None:
        found.sort(key=sort_key, reverse=query.descending)
    elif query.descending:
        found.reverse()
    return Page(found[skip : skip + take], len(found))


def _range_page(collection: Collection, plan: Plan, query: Query, skip: int, take: int) -> Page:
    high = collection.top() if plan.high is None else max(plan.high, 0)
    before = collection.below(plan.low, archived=query.archived)
    total = max(0, collection.below(high, archived=query.archived) - before)
    first, last = (total - skip - take, total - skip) if query.descending else (skip, min(skip + take, total))
    first = max(first, 0)
    if last <= first:
        return Page([], total)
    start = collection.seek(before + first, archived=query.archived)
    ids = list(islice(collection.ids(start, archived=query.archived), last - first))
    return Page(ids[::-1] if query.descending else ids, total)


def _union(source: Source, plans: list[Plan], query: Query) -> list[int]:
    if len(plans) == 1:
        return list(_matches(source, plans[0], query))
    return sorted({number for plan in plans for number in _matches(source, plan, query)})


def _matches(source: Source, plan: Plan, query: Query) -> Iterator[int]:
    for number in _candidates(source.collection, plan, query):
        if plan.by_time and not _passes_time(source.collection, plan, number):
            continue
        if plan.by_record:
            record = source.collection.get(number)
            if record is None or not all(each.test(each.parameter.get(record)) for each in plan.by_record):
                continue
        yield number


def _passes_time(collection: Collection, plan: Plan, number: int) -> bool:
    ticks = collection.modified_ticks(number)
    if ticks is None:
        return False
    return all(_time_test(condition, ticks) for condition in plan.by_time)


def _time_test(condition: Condition, ticks: int) -> bool:
    value = ticks if condition.parameter.clock == "instant" else organization_day(ticks)
    if condition.operator in _COMPARE:
        return _COMPARE[condition.operator](value, condition.operands)
    return condition.operator == "IsKnown"


def _candidates(collection: Collection, plan: Plan, query: Query) -> Iterator[int]:
    if plan.ids is None and not plan.overlay_only:
        start = collection.ids(plan.low, archived=query.archived)
        yield from start if plan.high is None else takewhile(lambda number: number < (plan.high or 0), start)
        return
    edited = collection.overlay(archived=query.archived)[0]
    pool = edited if plan.ids is None else sorted(plan.ids.intersection(edited) if plan.overlay_only else plan.ids)
    for number in pool:
        inside = number >= plan.low and (plan.high is None or number < plan.high)
        if inside and (plan.ids is None or _listed(collection, number, query.archived)):
            yield number


def _listed(collection: Collection, number: int, archived: bool) -> bool:
    record = collection.get(number)
    return record is not None and (archived or not is_hidden(record))


def _sort_key(source: Source, sort_by: str) -> Callable[[int], tuple[bool, object, int]] | None:
    """Return the key to sort ids by; None for the id itself, which also stands in for any unknown name."""
    word = sort_by.replace(" ", "").lower()
    by_word = {name.replace(" ", ""): parameter for name, parameter in source.parameters.items()}
    parameter = by_word.get({"modifieddatetimeutc": "lastmodifieddate", "name": "contactname"}.get(word, word))
    if parameter is None or parameter.name == source.id_name:
        return None
    if parameter.name in {MODIFIED_DAY, MODIFIED_INSTANT}:
        return lambda number: (True, source.collection.modified_ticks(number) or 0, number)

    def key(number: int) -> tuple[bool, object, int]:
        record = source.collection.get(number)
        values = _values(parameter, parameter.get(record)) if record is not None else []
        return (bool(values), values[0] if values else 0, number)

    return key
