"""The numbers of a day: computed from the key of a row and the day, and from nothing else but what was changed about them.

About every third day of a row has numbers. They grow until the day is three days old, some vanish on the way, and then they are final.
The numbers of a campaign are the sums of its ad groups', those of a client the sums of its campaigns'; other rows have their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sandbox.arithmetic import Record, mix, salt
from sandbox.sa360.account import Account
from sandbox.sa360.facts_metrics import CONVERSION_FAMILIES, metrics_of
from sandbox.sa360.facts_products import product_segments, sold_segments

MONTHS_BACK = 37
FINAL_DAYS = 3  # so old the numbers of a day change no more
_DEVICES = ("MOBILE", "DESKTOP", "TABLET", "CONNECTED_TV", "OTHER", "UNKNOWN")
_NETWORKS = ("SEARCH", "SEARCH_PARTNERS", "CONTENT", "YOUTUBE_WATCH")
_ACTIONS = 3  # conversion actions of a client that numbers tell of: those it has at first, under their first names
_BY_ACTION = frozenset({"conversionAction", "conversionActionName", "conversionActionCategory"})
_WITH_PRODUCTS = frozenset({"shopping_performance_view", "cart_data_sales_view"})
# Of sixteen days with numbers so many have no clicks or no conversions, or lose all when they are one or three days old.
_SHOWN_ONLY, _CONVERTED_ONLY, _GONE_SOON, _GONE_LATE = range(2), range(2, 4), range(4, 5), range(5, 6)
_MOST_KEPT = 200_000
_RESTATED = salt("restated")


class Fact(NamedTuple):
    """Some numbers of a day, all of one kind: `action` is the row of a conversion action or -1, `product` is one of an ad group's."""

    device: str
    network: str
    action: int
    product: int
    sold: int
    sums: Mapping[str, int]


def by_segments(
    account: Account, customer_id: str, resource: str, row: Record, day: date, names: Collection[str]
) -> Iterator[tuple[Record, Record]]:
    """Yield each combination of the named segments (by their names on the wire) that has numbers on a day, with all of its metrics.

    Broken down by conversion actions only the families of conversions remain. What a metric cannot be worked out of is absent.
    `_sums` are what `combined` adds up.
    """
    by_action = not _BY_ACTION.isdisjoint(names)
    groups: dict[tuple[Any, ...], tuple[Record, dict[str, int]]] = {}
    for key, fact in _facts(account, customer_id, row, day):
        if by_action and fact.action < 0:
            continue
        segments = _segments(account, customer_id, resource, key, fact, names) if names else {}
        _, sums = groups.setdefault(tuple(segments.values()), (segments, {}))
        for name, number in fact.sums.items():
            sums[name] = sums.get(name, 0) + number
    for segments, sums in groups.values():
        sums["_day"] = day.toordinal()
        yield {name: value for name, value in segments.items() if value is not None}, _metrics(sums, by_action=by_action)


def _metrics(sums: dict[str, int], *, by_action: bool) -> Record:
    found = metrics_of(sums)
    if by_action:
        found = {name: found[name] for name in CONVERSION_FAMILIES}
    found["_day"], found["_sums"], found["_by_action"] = sums.get("_day", 0), sums, by_action
    return found


def combined(parts: Iterable[Mapping[str, Any]]) -> Record:
    """Return the metrics of several combinations together: of sums, not of ratios; of none all that can be told of nothing."""
    sums: dict[str, int] = {}
    by_action = False
    for part in parts:
        by_action = by_action or part["_by_action"]
        for name, number in part["_sums"].items():
            sums[name] = max(sums.get(name, 0), number) if name == "_day" else sums.get(name, 0) + number
    return _metrics(sums, by_action=by_action)


def has_numbers(account: Account, customer_id: str, row: Record, day: date) -> bool:
    """Say whether a row has any numbers on a day."""
    return any(True for _ in _facts(account, customer_id, row, day))


@lru_cache(maxsize=64)
def first_day(today: date) -> date:
    """Return the first day of which there are numbers."""
    months = today.year * 12 + today.month - 1 - MONTHS_BACK
    return date(months // 12, months % 12 + 1, min(today.day, 28))


# --- which numbers there are ---------------------------------------------------------------------------------------


def _facts(account: Account, customer_id: str, row: Record, day: date) -> Iterator[tuple[int, Fact]]:
    """Yield the numbers of a row's parts, each with the part's key."""
    today = account.today(customer_id)
    if not first_day(today) <= day <= today or (day == today and not account.switches.numbers_of_today):
        return
    ordinal, age = day.toordinal(), (today - day).days
    stage = 2 if age >= FINAL_DAYS else 1 if age else 0
    for key, since in row["_parts"]:
        if since <= ordinal:
            for fact in _of_part(account, key, ordinal, stage):
                yield key, fact


def _of_part(account: Account, key: int, ordinal: int, stage: int) -> tuple[Fact, ...]:
    number = mix(account.seed, key, ordinal)
    times = account.restated.get((key, ordinal), 0) if account.restated else 0
    if number % 3 and not times:
        return ()
    base = () if number % 3 or (account.zeroed and (key, ordinal) in account.zeroed) else _base(number, stage)
    if not times:
        return base
    more = (fact for time in range(times) for fact in _parcel(mix(number, _RESTATED, time), 2, shown=True, converted=True))
    return (*base, *more)


@lru_cache(maxsize=_MOST_KEPT)
def _base(number: int, stage: int) -> tuple[Fact, ...]:
    """Return the numbers of a day as they are known at a stage: 0 on the day itself, 1 when it is over, 2 when they are final."""
    style = (number >> 8) % 16
    if (style in _GONE_SOON and stage >= 1) or (style in _GONE_LATE and stage >= 2):
        return ()
    shown, converted = style not in _CONVERTED_ONLY, style not in _SHOWN_ONLY
    parts = range(2 if (number >> 16) % 5 == 0 else 1)
    return tuple(fact for part in parts for fact in _parcel(mix(number, part), stage, shown=shown, converted=converted))


def _parcel(number: int, stage: int, *, shown: bool, converted: bool) -> Iterator[Fact]:
    """Yield what came of one device and network."""
    place = (_DEVICES[number % 13 % 6], _NETWORKS[(number >> 4) % 4])
    products = (number >> 6) % 3, (number >> 9) % 3
    clicks = 0
    if shown:
        sums = _shown(number, stage, clicked=converted)
        clicks = sums["clicks"]
        yield Fact(*place, -1, *products, sums)
    if converted and stage >= (number >> 12) % 3:  # some come in late
        sums = _converted(mix(number, 7), stage, clicks)
        yield Fact(*place, (number >> 14) % _ACTIONS, *products, sums)


def _shown(number: int, stage: int, *, clicked: bool) -> dict[str, int]:
    impressions = ((number >> 16) % 900 + 3) * (stage + 1) // 3
    clicks = impressions * ((number >> 28) % 30 + 1) // 100 if clicked else 0
    could = impressions * (100 + (number >> 36) % 1900) // 100
    lost = could - impressions
    content = (number >> 4) % 4 == 2
    account_conversions = clicks * ((number >> 48) % 40) * 25
    return {
        "impressions": impressions, "clicks": clicks, "costMicros": clicks * ((number >> 40) % 900 + 15) * 1_237,
        "clientAccountConversions": account_conversions, "clientAccountConversionsValue": account_conversions * 7 // 10,
        "clientAccountViewThroughConversions": (number >> 52) % 4, "visits": clicks * 925,
        "invalidClicks": clicks // 9, "quality": impressions * ((number >> 44) % 10 + 1),
        ("contentEligible" if content else "searchEligible"): could, ("contentShown" if content else "searchShown"): impressions,
        ("contentRankLost" if content else "searchRankLost"): lost * 2 // 3,
        ("contentBudgetLost" if content else "searchBudgetLost"): lost // 3,
    }  # fmt: skip


def _converted(number: int, stage: int, clicks: int) -> dict[str, int]:
    """Return conversions in thousandths, their values in hundredths, and what carts held."""
    amount = ((number >> 3) % 40 + 1) * 250 * (stage + 1) // 3
    value = amount * ((number >> 12) % 90 + 5) // 10
    crossed, dated, biddable = (number >> 20) % 3 == 0, (number >> 23) % 4 != 0, (number >> 26) % 2 == 0
    by_date = amount * 3 // 4 if dated else 0
    revenue = value * 10_000
    return {
        "allConversions": amount, "allConversionsValue": value, "allConversionsByConversionDate": by_date,
        "allConversionsValueByConversionDate": by_date * 6, "crossDeviceConversions": amount // 5 * crossed,
        "crossDeviceConversionsValue": value // 5 * crossed, "crossDeviceConversionsByConversionDate": by_date // 5 * crossed,
        "crossDeviceConversionsValueByConversionDate": by_date * crossed, "conversions": amount * biddable,
        "conversionsValue": value * biddable, "conversionsByConversionDate": by_date * biddable,
        "conversionsValueByConversionDate": by_date * 6 * biddable, "orders": amount, "converted": min(clicks, 1),
        "clientAccountLeadRevenueMicros": revenue, "clientAccountLeadGrossProfitMicros": revenue // 3,
        "clientAccountLeadCostOfGoodsSoldMicros": revenue - revenue // 3, "clientAccountLeadUnitsSold": amount,
        "leadRevenueMicros": revenue * 2, "leadGrossProfitMicros": revenue // 2,
        "leadCostOfGoodsSoldMicros": revenue * 2 - revenue // 2, "leadUnitsSold": amount * 2,
        "clientAccountCrossSellRevenueMicros": revenue // 4, "clientAccountCrossSellGrossProfitMicros": revenue // 9,
        "clientAccountCrossSellCostOfGoodsSoldMicros": revenue // 4 - revenue // 9, "clientAccountCrossSellUnitsSold": amount // 2,
        "crossSellRevenueMicros": revenue // 3, "crossSellGrossProfitMicros": revenue // 7,
        "crossSellCostOfGoodsSoldMicros": revenue // 3 - revenue // 7, "crossSellUnitsSold": amount // 3,
    }  # fmt: skip


# --- segments ------------------------------------------------------------------------------------------------------


def _segments(account: Account, customer_id: str, resource: str, key: int, fact: Fact, names: Collection[str]) -> Record:
    """Return the named segments of some numbers; None where there is none."""
    found: Record = {}
    for name in names:
        if name == "device":
            found[name] = fact.device
        elif name == "adNetworkType":
            found[name] = fact.network
        elif name in _BY_ACTION:
            found[name] = actions(account, customer_id)[fact.action][name]
        elif resource in _WITH_PRODUCTS and name.startswith("productSold"):
            found[name] = sold_segments(key, fact.sold).get(name)
        elif resource in _WITH_PRODUCTS and name.startswith("product"):
            found[name] = product_segments(key, fact.product).get(name)
        else:
            found[name] = None
    return found


def actions(account: Account, customer_id: str) -> list[Record]:
    """Return the segments of the conversion actions that a client's numbers tell of: as they were called at first."""
    if customer_id not in account.actions:
        make = account.collections["ConversionAction"][customer_id].make
        records = [make(row) for row in range(_ACTIONS)]
        account.actions[customer_id] = [
            {
                "conversionAction": each["resourceName"],
                "conversionActionName": each["name"],
                "conversionActionCategory": each["category"],
            }
            for each in records
        ]
    return account.actions[customer_id]
