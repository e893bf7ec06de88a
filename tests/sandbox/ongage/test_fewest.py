from __future__ import annotations

import pytest

from sandbox.ongage.fewest import windows
from sandbox.ongage.world import epoch
from tests.sandbox.ongage.asking import MAIN, SMALL, Site


@pytest.mark.parametrize(
    ("now", "expected"),
    [(epoch(2016, 4, 10), 2), (epoch(2016, 6, 14), 2), (epoch(2016, 6, 15), 3), (epoch(2026, 3, 14), 41), (epoch(2026, 9, 21), 44)],
)
def test_a_list_that_says_it_is_large_takes_a_search_for_each_quarter_of_its_life(now: int, expected: int) -> None:
    site = Site()
    site.clock.seconds = now
    assert (windows(site.source, MAIN), windows(site.source, SMALL)) == (expected, 1)
    site.source.set_value("List", MAIN, "last_count", 200_000)
    assert windows(site.source, MAIN) == 1


def test_a_search_is_four_requests_and_a_later_sync_asks_for_five_dates() -> None:
    source = Site().source
    assert source.fewest_requests()["contact_search"] == 4 * (44 + 3)
    assert source.fewest_requests(changed=True)["contact_search"] == 4 * 5 * 4
    found = source.fewest_requests(page=5)
    assert (found["lists"], found["list_fields"]) == (2, 3 + 2 + 1 + 2)
