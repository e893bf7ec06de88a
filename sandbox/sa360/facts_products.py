"""The three products of an ad group, as segments. No two ad groups share one, so that its numbers need not be added up."""

from __future__ import annotations

from functools import lru_cache

from sandbox.arithmetic import Record

_BRANDS = ("Acme \"&\" Sons", None, "M\N{LATIN SMALL LETTER U WITH DIAERESIS}ller")
_CHANNELS, _CONDITIONS = ("ONLINE", "LOCAL", "ONLINE"), ("NEW", "USED", "UNKNOWN")


@lru_cache(maxsize=4096)
def product_segments(key: int, number: int) -> Record:
    """Return the segments of a product; what it does not have is absent or None."""
    tag = key % 10**9
    found: Record = {
        "productItemId": f"sku-{tag:09d}-{number}", "productTitle": f"Boots {number}, \N{HIKING BOOT} size {tag % 40}",
        "productBrand": _BRANDS[number], "productChannel": _CHANNELS[number], "productCondition": _CONDITIONS[number],
        "productChannelExclusivity": "SINGLE_CHANNEL" if number else "MULTI_CHANNEL", "productCountry": "geoTargetConstants/2840001",
        "productLanguage": "languageConstants/1000", "productStoreId": f"store-{number}" if number == 1 else None,
    }  # fmt: skip
    for level in range(5):
        found[f"productBiddingCategoryLevel{level + 1}"] = f"productBiddingCategoryConstants/US~LEVEL{level + 1}~{5_181_001 + level}"
        found[f"productTypeL{level + 1}"] = f"Shoes > {level}" if level <= number + 2 else None
        found[f"productCustomAttribute{level}"] = f"attribute {level}" if (level + number) % 3 else None
    return found


@lru_cache(maxsize=4096)
def sold_segments(key: int, number: int) -> Record:
    """Return the segments of a product that was bought, which need not be the one that was clicked."""
    clicked = product_segments(key, number)
    found = {name.replace("product", "productSold", 1): value for name, value in clicked.items()}
    return found | {"productSoldTitle": f"Sold: {clicked['productTitle']}"}
