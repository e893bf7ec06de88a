"""POST /api/reports/query: sums over facts, as asked. Keys are bare column names, and numbers are texts in some rows.

Without an order rows come in any: those of two pages need not fit together. Without a limit there are 1000.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.ongage.account import Account
from sandbox.ongage.envelope import Route, failed, found, not_found
from sandbox.ongage.facts import GROWTH, METRICS, Fact, all_facts, day_of, growth, mailings_of, scope_of
from sandbox.ongage.world import DAY, ListInfo

ENTITY = "Report"
DEFAULT_LIMIT = 1000
_DATES = {"mailing": "stats_date", "event": "stats_date", "list": "record_date"}
_UNITS = frozenset({"day", "week", "month", "year"})
_FIELDS = frozenset({
    "list_id", "mailing_id", "mailing_name", "mailing_name_id", "mailing_type", "split_type", "type", "mailing_instance_id",
    "email_message_id", "email_message_name", "email_message_subject", "email_message_type", "event_id", "event_name", "segment_id",
    "segment_name", "esp_name", "esp_name_title", "esp_connection_id", "esp_connection_title", "isp_id", "isp_name", "isp_name_or_others",
    "country_iso", "link_url", "is_test_campaign", "stats_date", "delivery_date", "delivery_timestamp", "schedule_date",
})  # fmt: skip
# Worked out of the sums of a group: the first divided by the second.
_RATES = {
    "ctr": ("clicks", "opens"), "uctr": ("unique_clicks", "unique_opens"), "opens_rate": ("opens", "success"),
    "unique_opens_rate": ("unique_opens", "success"), "success_rate": ("success", "sent"),
    "unsubscribes_rate": ("unsubscribes", "success"), "complaints_rate": ("complaints", "success"),
}  # fmt: skip
_KNOWN = {
    "mailing": _FIELDS | {*METRICS, *_RATES},
    "event": _FIELDS | {*METRICS, *_RATES},
    "list": frozenset({"list_id", "record_date", *GROWTH}),
}
_PERCENT_OF_SENT = frozenset({"success", "failed", "hard_bounces", "soft_bounces"})
_AGGREGATE = re.compile(r"(sum|count|min|max)\(\s*`?(\w+)`?\s*\)", re.IGNORECASE)
_AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {"sum": sum, "count": len, "min": min, "max": max}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
}


class Refused(Exception):
    """The query cannot be answered; the name of what is wrong, and what is wrong with it."""

    def __init__(self, name: str, reason: str) -> None:
        """Remember both."""
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True)
class Selected:
    """One column of the result: of which field, by which aggregate if any, under which key."""

    name: str
    aggregate: str | None
    key: str


@dataclass(frozen=True)
class Filter:
    """One condition on facts."""

    name: str
    operator: str
    value: Any


@dataclass
class Query:
    """A query that was understood. `groups` are fields with their unit of time, if any; `order` fields, and whether they descend."""

    source: str
    select: list[Selected]
    groups: list[tuple[str, str | None]]
    order: list[tuple[str, bool]]
    filters: list[Filter]
    zone: tzinfo
    offset: int = 0
    limit: int = DEFAULT_LIMIT
    rates: bool = False
    places: list[ListInfo] = field(default_factory=list)

    @property
    def date_field(self) -> str:
        """Return the field that says on which day a fact was recorded."""
        return _DATES[self.source]


# --- understanding -------------------------------------------------------------------------------------------------


def understood(body: Record) -> Query:
    """Return the query of a request's body; raise Refused for what cannot be answered."""
    source = body.get("from") or "mailing"
    if source not in _KNOWN:
        raise Refused("from", f"unknown source {source}")
    select = [_selected(source, each) for each in _items(body, "select", needed=True)]
    groups = [_group(source, each) for each in _items(body, "group")]
    order = [_ordered(source, each, {column.key for column in select}) for each in _items(body, "order")]
    filters = [_filter(source, each) for each in _items(body, "filter")]
    query = Query(source, select, groups, order, filters, _zone(body.get("time_zone")))
    query.offset, query.limit = _count(body, "offset", 0), _count(body, "limit", DEFAULT_LIMIT)
    query.rates = bool(body.get("calculate_rates"))
    return query


def _items(body: Record, name: str, *, needed: bool = False) -> list[Any]:
    found_items = body.get(name) or []
    if not isinstance(found_items, list) or (needed and not found_items):
        raise Refused(name, "must not be empty" if needed else "must be an array")
    return found_items


def _field(source: str, name: Any, what: str) -> str:
    bare = str(name).strip("`")
    if bare not in _KNOWN[source]:
        raise Refused(what, f"unknown field {name}")
    return bare


def _selected(source: str, item: Any) -> Selected:
    expression, alias = item if isinstance(item, list) and len(item) == 2 else (item, None)
    match = _AGGREGATE.fullmatch(str(expression).strip())
    name = _field(source, match[2] if match else expression, "select")
    return Selected(name, match[1].lower() if match else None, str(alias or name))


def _group(source: str, item: Any) -> tuple[str, str | None]:
    name, unit = item if isinstance(item, list) and len(item) == 2 else (item, None)
    if unit is not None and (unit not in _UNITS or name not in {"stats_date", "record_date"}):
        raise Refused("group", f"unknown unit {unit} of {name}")
    return _field(source, name, "group"), unit


def _ordered(source: str, item: Any, keys: set[str]) -> tuple[str, bool]:
    name, direction = item if isinstance(item, list) and len(item) == 2 else (item, "ASC")
    if str(direction).upper() not in {"ASC", "DESC"}:
        raise Refused("order", f"unknown direction {direction}")
    match = _AGGREGATE.fullmatch(str(name))
    bare = match[2] if match else str(name).strip("`")
    return bare if bare in keys else _field(source, bare, "order"), str(direction).upper() == "DESC"


def _filter(source: str, item: Any) -> Filter:
    if not isinstance(item, list) or len(item) != 3:
        raise Refused("filter", "must be a field, an operator and a value")
    name, operator, value = _field(source, item[0], "filter"), str(item[1]).upper(), item[2]
    if operator not in {*_OPERATORS, "IN"} or isinstance(value, list) != (operator == "IN") or value == []:
        raise Refused("filter", f"unknown operator {item[1]}")
    return Filter(name, operator, [_value(name, each) for each in value] if operator == "IN" else _value(name, value))


def _value(name: str, value: Any) -> Any:
    """Return a filter's value as it is compared: a date for one of the dates of statistics."""
    if name not in {"stats_date", "record_date"}:
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Refused("filter", f"{name} is compared with YYYY-MM-DD, not {value}") from None


def _zone(name: Any) -> tzinfo:
    if name in {None, "", "UTC", "GMT"}:
        return timezone.utc
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, LookupError):
        raise Refused("time_zone", f"unknown time zone {name}") from None


def _count(body: Record, name: str, default: int) -> int:
    value = body.get(name)
    return int(str(value)) if str(value).isdigit() else default


# --- evaluating ----------------------------------------------------------------------------------------------------


def results(account: Account, query: Query) -> Iterator[Record]:
    """Yield the result's rows before they are spelled, in order; `_` holds what only the order needs."""
    rows = [_row(query, facts) for facts in _grouped(query, _kept(account, query))]
    # No order means any order, and another one for each page.
    rows.sort(key=lambda row: crc32(repr((query.offset, [row[column.key] for column in query.select])).encode()))
    for name, descending in reversed(query.order):
        rows.sort(key=lambda row, key=name: _rank(row[key] if key in row else row["_"].get(key)), reverse=descending)  # type: ignore[misc]
    for row in rows[query.offset : query.offset + query.limit]:
        del row["_"]
        yield row


def _kept(account: Account, query: Query) -> Iterator[Fact]:
    low, high = _bounds(account, query)
    for fact in _source(account, query, low, high):
        at = fact["_at"]
        if (low is not None and at < low) or (high is not None and at >= high):
            continue
        fact[query.date_field] = _local(at, query.zone)
        if all(_meets(fact[each.name], each) for each in query.filters):
            yield fact


def _source(account: Account, query: Query, low: int | None, high: int | None) -> Iterator[Fact]:
    """Yield the facts that a query is about; they may be changed."""
    if query.source == "list":
        for place in query.places:
            started = scope_of(mailings_of(account, place)).started
            yield from (row | {"_at": row["record_date"]} for row in growth(account.world, place, started))
        return
    for fact in all_facts(account, query.places, low, high):
        if query.source == "mailing" or fact["event_id"] is not None:
            yield dict(fact)


def _bounds(account: Account, query: Query) -> tuple[int | None, int | None]:
    """Return between which instants the facts lie, as far as the filters say, with a day to spare for zones."""
    low: int | None = None
    high: int | None = None
    dated = [each for each in query.filters if each.name == query.date_field]
    if not dated and query.source == "mailing":
        return day_of(account.now()) - 30 * DAY, None  # the last month, and nothing says so
    for each in dated:
        days = each.value if each.operator == "IN" else [each.value]
        if each.operator in {"=", ">=", ">", "IN"}:
            low = max(low or 0, _midnight(min(days)) - DAY)
        if each.operator in {"=", "<=", "<", "IN"}:
            high = min(high or 1 << 40, _midnight(max(days)) + 2 * DAY)
    return low, high


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp())


def _local(at: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at, zone).date()


def _meets(actual: Any, condition: Filter) -> bool:
    """Evaluate one condition as a database does: nothing is known of null, but `!= null` asks whether there is anything."""
    if condition.operator == "IN":
        return any(_meets(actual, Filter(condition.name, "=", each)) for each in condition.value)
    if condition.value is None:
        return (actual is None) == (condition.operator == "=")
    if actual is None:
        return False
    one, other = _rank(actual), _rank(condition.value)
    return _OPERATORS[condition.operator](one, other) if one[0] == other[0] else condition.operator == "!="


def _rank(value: Any) -> tuple[int, Any]:
    """Return what a value is compared by: null first, then numbers, also those in texts, then dates, then texts."""
    if value is None:
        return 0, 0
    if isinstance(value, date):
        return 2, value
    try:
        return 1, float(value)
    except ValueError:
        return 3, str(value)


def _grouped(query: Query, facts: Iterable[Fact]) -> Iterable[list[Fact]]:
    if not query.groups:
        everything = list(facts)
        return [everything] if any(each.aggregate for each in query.select) else [[fact] for fact in everything]
    groups: dict[tuple[Any, ...], list[Fact]] = {}
    for fact in facts:
        for name, unit in query.groups:
            if unit is not None:
                fact[name] = _floor(fact[name], unit)
        groups.setdefault(tuple(str(fact[name]) for name, _ in query.groups), []).append(fact)
    return groups.values()


def _floor(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1 if unit != "day" else day.day, month=1 if unit == "year" else day.month)


def _row(query: Query, facts: list[Fact]) -> Record:
    """Return a group's row; a field without an aggregate is that of any of its facts."""
    any_fact = facts[0] if facts else {}
    row: Record = {"_": any_fact}
    for each in query.select:
        if each.name in _RATES:
            row[each.key] = _share(facts, *_RATES[each.name])
        elif each.aggregate is None:
            row[each.key] = any_fact.get(each.name)
        else:
            values = [fact[each.name] for fact in facts if fact[each.name] is not None]
            row[each.key] = _AGGREGATES[each.aggregate](values) if values or each.aggregate == "count" else None
        if query.rates and each.name in METRICS:
            base = "sent" if each.name in _PERCENT_OF_SENT else "success"
            row[f"{each.key}_percent"] = f"{100 * (_share(facts, each.name, base) or 0):.1f}%"
    return row


def _share(facts: list[Fact], part: str, whole: str) -> float | None:
    base = sum(fact[whole] for fact in facts)
    return round(sum(fact[part] for fact in facts) / base, 4) if base else None


# --- answering -----------------------------------------------------------------------------------------------------


def _spelled(row: Record, zone: tzinfo) -> Record:
    """Return a row as it is served: days as epoch seconds in a text; of the numbers some are texts, in one and the same row."""
    bits = crc32(repr(row).encode())
    all_texts = bits >> 31
    served: Record = {}
    for place, (key, value) in enumerate(row.items()):
        if isinstance(value, date):
            served[key] = str(int(datetime(value.year, value.month, value.day, tzinfo=zone).timestamp()))
        elif isinstance(value, int) and (all_texts or bits >> place % 31 & 1):
            served[key] = str(value)
        else:
            served[key] = value
    return served


def _places(account: Account, request: Request, place: ListInfo) -> list[ListInfo] | Reply:
    """Return the lists that are asked about; what may not be read is refused when it is named, and left out of all."""
    readable = account.visible()
    wanted = request.body.get("list_ids")
    if wanted == "all":
        return [each for each in readable if each.sending]
    numbers = wanted if isinstance(wanted, list) and wanted else [_named_list(request) or place.id]
    named = [account.world.by_id.get(int(each)) if str(each).isdigit() else None for each in numbers]
    known = [each for each in named if each is not None]
    if len(known) < len(named):
        return not_found("List")
    if not all(each.readable for each in known):
        return failed(403, "You have no rights on this list")
    return [each for each in known if each.sending and each in readable]


def _named_list(request: Request) -> str | None:
    """Return the one list that a request is about, unless its body names some: in the body, the query or the path."""
    in_path = re.match(r"/(\d+)/api/", request.path)
    return request.body.get("list_id") or request.parameter("list_id") or (in_path[1] if in_path else None)


def _answer(account: Account, request: Request, place: ListInfo) -> Reply:
    body = request.body
    if not isinstance(body, dict):
        return failed(400, "Bad request")
    try:
        query = understood(body)
    except Refused as refusal:
        return failed(412, "Validation failed", {refusal.name: str(refusal)})
    places = _places(account, request, place)
    if isinstance(places, Reply):
        return places
    query.places = places
    with account.lock:
        rows = [_spelled(row, query.zone) for row in results(account, query)]
    if body.get("value"):
        return found([row.get(str(body["value"])) for row in rows])
    return _csv(rows, query) if body.get("format") == "csv" else found(rows)


def _csv(rows: list[Record], query: Query) -> Reply:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [each.key for each in query.select])
    writer.writeheader()
    writer.writerows(rows)
    return Reply(body=text.getvalue().encode(), content_type="text/csv; charset=utf-8")


ROUTES = (Route("POST", "reports/query", ENTITY, _answer, whole_account=True),)
