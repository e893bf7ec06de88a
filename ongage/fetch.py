"""How many rows a page of a collection has, and how many requests are under way at once; `common.listing` reads it."""

from __future__ import annotations

PAGE_SIZES = [500, 100, 25, 5, 1]
PARALLEL_REQUESTS = 8
