"""What a query finds: the records of FROM, for each the days and segments that it is counted by, and of those what SELECT names.

Fact sheet 7 has the rules, 4 those of what is left out of a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sandbox.arithmetic import Record
from sandbox.sa360 import checks, customcolumns, facts
from sandbox.sa360.account import Account
from sandbox.sa360.conditions import date_bounds, holds, period
from sandbox.sa360.plans import Checked, Plan, picked

# Amounts, which are told only where segments.date is in both SELECT and WHERE.
_MONEY = frozenset({"averageCost", "averageCpc", "averageCpm"})
_DAY = timedelta(days=1)
_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True)
class Question:
    """A query that was checked, the account that it is about, its day, and the records of the custom columns that it names."""

    account: Account
    customer_id: str
    plan: Plan
    today: date
    columns: tuple[Record, ...] = ()

    @cached_property
    def days(self) -> list[tuple[date, Record]]:
        """Return the days that are asked for, as far back as there are numbers and not beyond today, with the segments that follow."""
        first, last = date_bounds(self.plan.query, self.today)
        day, end = max(first or date.min, checks.floor(self.today)), min(last or self.today, self.today)
        found = [day + number * _DAY for number in range((end - day).days + 1)]
        meeting = found if not self.plan.about_days else [each for each in found if _is_asked_for(self, of_day(each))]
        return [(each, _named(self.plan.dates, each)) for each in meeting]


@dataclass(frozen=True)
class Found:
    """One row before its projection: the records as they are joined, the segments that were asked for, and all numbers."""

    records: Record
    segments: Record
    numbers: Mapping[str, Any]

    @property
    def whole(self) -> Record:
        """Return the row as conditions and orders see it."""
        return self.records | {"segments": self.segments, "metrics": self.numbers}


def rows(question: Question) -> Iterator[Found]:
    """Yield what is found, in the order of the account's own records."""
    plan = question.plan
    for record in _records(question):
        if not _meet(plan.about_records, record, question.today):
            continue
        if plan.query.resource in {"conversion", "visit"}:
            found = _event(question, record)
        elif plan.counts:
            found = _counted(question, record)
        else:
            found = iter([Found(record, {}, {})])
        for each in found:
            if not plan.about_numbers or _meet(plan.about_numbers, each.whole, question.today):
                yield each


def _records(question: Question) -> Iterator[Record]:
    """Yield the records of FROM: of the account, and with the parameter for it of all below it, too."""
    account, query = question.account, question.plan.query
    expanded = query.parameters.get("enable_mcc_expansion", "").lower() == "true"
    customers = [each.id for each in account.world.subtree(question.customer_id)] if expanded else [question.customer_id]
    for customer_id in customers:
        yield from account.rows(customer_id, query.resource)


def _meet(conditions: tuple[Checked, ...], row: Record, today: date) -> bool:
    return all(holds(condition, place.value(row), today) for condition, place in conditions)


# --- days ----------------------------------------------------------------------------------------------------------


def _is_asked_for(question: Question, known: Record) -> bool:
    return _meet(question.plan.about_days, {"segments": known}, question.today)


def of_day(day: date) -> Record:
    """Return the segments that follow from a day."""
    week, month, quarter = (period(name, day)[0].isoformat() for name in ("week", "month", "quarter"))
    weekday = _WEEKDAYS[day.weekday()]
    return {"date": day.isoformat(), "week": week, "month": month, "quarter": quarter, "year": day.year, "dayOfWeek": weekday}


# --- numbers -------------------------------------------------------------------------------------------------------


def _counted(question: Question, record: Record) -> Iterator[Found]:
    """Yield the rows of one record: one for each combination of segments that is not zero in all, or just one without segments."""
    plan = question.plan
    if "date" in plan.dates:
        for day, named in question.days:
            for segments, numbers in _of_day(question, record, day):
                found = Found(record, named | segments, numbers)
                if not _is_zero(plan, found.numbers):
                    yield found
        return
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for day, named in question.days:
        for segments, numbers in _of_day(question, record, day):
            groups[tuple((named | segments).items())].append(numbers)
    if not plan.segments:
        yield Found(record, {}, facts.combined([each for group in groups.values() for each in group]))
        return
    for key, parts in groups.items():
        found = Found(record, dict(key), facts.combined(parts))
        if not _is_zero(plan, found.numbers):
            yield found


def _of_day(question: Question, record: Record, day: date) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    return facts.by_segments(question.account, question.customer_id, question.plan.query.resource, record, day, question.plan.facts)


def _named(names: tuple[str, ...], day: date) -> Record:
    if names == ("date",):
        return {"date": day.isoformat()}
    known = of_day(day)
    return {name: known[name] for name in names}


def _is_zero(plan: Plan, numbers: Mapping[str, Any]) -> bool:
    """Say whether every metric that is asked for is zero; where none is, as for custom columns, all of them count."""
    if plan.metrics:
        return not any(numbers.get(each.key) for each in plan.metrics if each.kind != "e")
    return not any(value for key, value in numbers.items() if not key.startswith("_") and isinstance(value, (int, float)))


def _event(question: Question, record: Record) -> Iterator[Found]:
    """Yield a conversion or a visit, which has one day and one value of each segment."""
    plan, segments = question.plan, record["_segments"]
    day = date.fromisoformat(segments["date"])
    known = segments | of_day(day)
    first, last = date_bounds(plan.query, question.today)
    inside = (first or date.min) <= day <= (last or date.max)
    if inside and _is_asked_for(question, known):
        yield Found(record, {name: known[name] for name in plan.segments if known.get(name) is not None}, {})


# --- what is served ------------------------------------------------------------------------------------------------


def served(question: Question, found: Found) -> Record:
    """Return a row as it is sent: only what was asked for, and the name of each record that has to do with it."""
    plan = question.plan
    row = picked(found.records, plan.tree)
    if plan.segments:
        row["segments"] = {name: found.segments[name] for name in plan.segments if found.segments.get(name) is not None}
    if plan.metrics:
        row["metrics"] = metrics(plan, found.numbers)
    if question.columns:
        row["customColumns"] = [customcolumns.value(column, found.numbers) for column in question.columns]
    return row


def metrics(plan: Plan, numbers: Mapping[str, Any]) -> Record:
    """Return the metrics of SELECT as they are sent: an int64 is a text, and what has no presence vanishes at 0."""
    found: Record = {}
    dated = "date" in plan.dates
    for each in plan.metrics:
        value = numbers.get(each.key)
        if value is None or (each.vanishes and not value) or (not dated and is_money(each.key)):
            continue
        found[each.key] = str(value) if each.kind == "i64" else value
    return found


def is_money(key: str) -> bool:
    """Say whether a metric is an amount in micros."""
    return key.endswith("Micros") or key.startswith("costPer") or key in _MONEY


def summary(question: Question) -> Record:
    """Return the summary row: the metrics of all that is found together."""
    together = facts.combined([found.numbers for found in rows(question)])
    return {"metrics": metrics(question.plan, together)}
