"""From sums to metrics. Inside conversions are counted in thousandths and values in hundredths, so that sums are exact."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.arithmetic import Record

CONVERSION_FAMILIES = (
    "allConversions", "allConversionsValue", "crossDeviceConversions", "crossDeviceConversionsValue",
    "allConversionsByConversionDate", "allConversionsValueByConversionDate", "crossDeviceConversionsByConversionDate",
    "crossDeviceConversionsValueByConversionDate", "conversions", "conversionsValue", "conversionsByConversionDate",
    "conversionsValueByConversionDate",
)  # fmt: skip
_WHOLE = (
    "impressions", "clicks", "costMicros", "clientAccountViewThroughConversions", "invalidClicks", "clientAccountLeadRevenueMicros",
    "clientAccountLeadGrossProfitMicros", "clientAccountLeadCostOfGoodsSoldMicros", "leadRevenueMicros", "leadGrossProfitMicros",
    "leadCostOfGoodsSoldMicros", "clientAccountCrossSellRevenueMicros", "clientAccountCrossSellGrossProfitMicros",
    "clientAccountCrossSellCostOfGoodsSoldMicros", "crossSellRevenueMicros", "crossSellGrossProfitMicros",
    "crossSellCostOfGoodsSoldMicros",
)  # fmt: skip
_VALUES = tuple(name for name in (*CONVERSION_FAMILIES, "clientAccountConversionsValue") if "Value" in name)
_COUNTS = (
    *(name for name in CONVERSION_FAMILIES if "Value" not in name), "clientAccountConversions", "visits", "orders",
    "clientAccountLeadUnitsSold", "leadUnitsSold", "clientAccountCrossSellUnitsSold", "crossSellUnitsSold",
)  # fmt: skip
# Nothing in this world is of these kinds.
_NEVER = (
    "allConversionsFromClickToCall", "allConversionsFromDirections", "allConversionsFromMenu", "allConversionsFromOrder",
    "allConversionsFromOtherEngagement", "allConversionsFromStoreVisit", "allConversionsFromStoreWebsite",
)  # fmt: skip
_SMALLEST_SHARE, _LARGEST_LOSS = 0.1, 0.9  # beyond these the API tells only that it is so
_BUCKETS = ("BELOW_AVERAGE", "AVERAGE", "ABOVE_AVERAGE")


def metrics_of(sums: Mapping[str, int]) -> Record:
    """Return all metrics by their names on the wire; a ratio to nothing is absent."""
    get = sums.get
    found: Record = {name: get(name, 0) for name in _WHOLE}
    found |= {name: get(name, 0) / 1000 for name in _COUNTS}
    found |= {name: get(name, 0) / 100 for name in _VALUES}
    found |= dict.fromkeys(_NEVER, 0.0)
    found["interactions"] = found["clicks"]
    found["generalInvalidClicks"] = found["invalidClicks"] // 2
    for name, part, whole in _RATIOS:
        if found[whole]:
            found[name] = found[part] / found[whole]
    if found["impressions"]:
        found |= _shown(sums, found["impressions"])
    if found["costMicros"]:
        found["allConversionsValuePerCost"] = found["allConversionsValue"] * 1_000_000 / found["costMicros"]
        found["conversionsValuePerCost"] = found["conversionsValue"] * 1_000_000 / found["costMicros"]
    return found | _sold(found)


_RATIOS = (
    ("ctr", "clicks", "impressions"), ("averageCpc", "costMicros", "clicks"), ("averageCost", "costMicros", "interactions"),
    ("interactionRate", "interactions", "impressions"), ("invalidClickRate", "invalidClicks", "clicks"),
    ("generalInvalidClickRate", "generalInvalidClicks", "clicks"), ("costPerAllConversions", "costMicros", "allConversions"),
    ("costPerConversion", "costMicros", "conversions"), ("costPerCurrentModelAttributedConversion", "costMicros", "conversions"),
    ("allConversionsFromInteractionsRate", "allConversions", "interactions"),
    ("allConversionsFromInteractionsValuePerInteraction", "allConversionsValue", "interactions"),
    ("conversionsFromInteractionsRate", "conversions", "interactions"),
    ("conversionsFromInteractionsValuePerInteraction", "conversionsValue", "interactions"),
    ("valuePerAllConversions", "allConversionsValue", "allConversions"), ("valuePerConversion", "conversionsValue", "conversions"),
    ("valuePerAllConversionsByConversionDate", "allConversionsValueByConversionDate", "allConversionsByConversionDate"),
    ("valuePerConversionsByConversionDate", "conversionsValueByConversionDate", "conversionsByConversionDate"),
)  # fmt: skip


def _shown(sums: Mapping[str, int], impressions: int) -> Record:
    """Return what is told only where something was shown: averages, the quality, and the shares."""
    quality = round(sums.get("quality", 0) / impressions)
    found: Record = {
        "averageCpm": sums.get("costMicros", 0) * 1000 / impressions,
        "historicalQualityScore": quality, "averageQualityScore": float(quality),
        "historicalCreativeQualityScore": _BUCKETS[quality % 3], "historicalLandingPageQualityScore": _BUCKETS[(quality + 1) % 3],
        "historicalSearchPredictedCtr": _BUCKETS[quality % 2], "interactionEventTypes": ["CLICK"], "topImpressionPercentage": 0.75,
        "absoluteTopImpressionPercentage": 0.25, "mobileFriendlyClicksPercentage": 0.5, "uniqueUsers": impressions // 2 + 1,
        "averageImpressionFrequencyPerUser": impressions / (impressions // 2 + 1),
    }  # fmt: skip
    for kind in ("search", "content"):
        could = sums.get(f"{kind}Eligible", 0)
        if could:
            found[f"{kind}ImpressionShare"] = _share(sums.get(f"{kind}Shown", 0) / could)
            found[f"{kind}RankLostImpressionShare"] = _loss(sums.get(f"{kind}RankLost", 0) / could)
            found[f"{kind}BudgetLostImpressionShare"] = _loss(sums.get(f"{kind}BudgetLost", 0) / could)
    if "searchImpressionShare" in found:
        rank, budget = found["searchRankLostImpressionShare"], found["searchBudgetLostImpressionShare"]
        found |= _at_the_top(found["searchImpressionShare"], rank, budget)
    return found


def _at_the_top(share: float, rank: float, budget: float) -> Record:
    return {
        "searchTopImpressionShare": _share(share * 0.75), "searchAbsoluteTopImpressionShare": _share(share / 4),
        "searchExactMatchImpressionShare": share, "searchClickShare": _share(share / 2),
        "searchRankLostTopImpressionShare": _loss(rank / 2), "searchRankLostAbsoluteTopImpressionShare": _loss(rank / 4),
        "searchBudgetLostTopImpressionShare": _loss(budget / 2), "searchBudgetLostAbsoluteTopImpressionShare": _loss(budget / 4),
    }  # fmt: skip


def _share(value: float) -> float:
    return value if value >= _SMALLEST_SHARE else 0.0999


def _loss(value: float) -> float:
    return value if value <= _LARGEST_LOSS else 0.9001


def _sold(found: Record) -> Record:
    """Return what was sold in all: of leads and by the way."""
    revenue = found["leadRevenueMicros"] + found["crossSellRevenueMicros"]
    profit = found["leadGrossProfitMicros"] + found["crossSellGrossProfitMicros"]
    units, orders = found["leadUnitsSold"] + found["crossSellUnitsSold"], found["orders"]
    sold: Record = {"revenueMicros": revenue, "grossProfitMicros": profit, "costOfGoodsSoldMicros": revenue - profit, "unitsSold": units}
    if orders:
        sold |= {"averageOrderValueMicros": round(revenue / orders), "averageCartSize": units / orders}
    if revenue:
        sold["grossProfitMargin"] = profit / revenue
    return sold
