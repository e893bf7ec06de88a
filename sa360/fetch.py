"""How many rows a page of a listing has, how many days a question about daily numbers covers, and how many are under way at once."""

from __future__ import annotations

PAGE_SIZES = [10_000, 2_500, 500, 100, 10, 1]  # the API's own limit first
PARALLEL_REQUESTS = 8
MOST_DAYS = 31  # the days that still change, by default; what the API finds too wide (fact sheet 7.7) is asked for in halves
WINDOW_ROWS = 5_000  # of so many rows a question about daily numbers is the right size
HELD_ROWS = 10_000  # what has more rows than this is read a second time instead of being held
