from __future__ import annotations

import pytest

from tests.bench import figures
from tests.bench.figures import FIRST_REQUESTS, GROWTH, LATER_REQUESTS, OWN_COST, Figure
from tests.bench.measures import GUESS, rows_for


def test_own_cost_is_a_share_of_the_sync() -> None:
    figure = figures.own_cost([10.0, 2.0, 4.0], [1.0, 3.0, 2.0], "so many rows")
    assert figure.value == 0.5
    assert figure.detail == "2.00 s over 4.00 s; so many rows"
    assert not figure.met


def test_parallelism_is_how_many_times_as_fast() -> None:
    figure = figures.parallelism(70.0, 10.0, "")
    assert figure.value == 7
    assert figure.met


def test_requests_are_compared_run_by_run() -> None:
    figure = figures.requests(FIRST_REQUESTS, [110, 120, 300], [100, 100, 200])
    assert figure.value == 1.2
    assert figure.detail == "120 over 100"


def test_memory_tells_growth_and_size() -> None:
    growth, size = figures.memory([100_000_000, 200_000_000, 90_000_000], 150_000_000, 20)
    assert growth.value == 1.5
    assert not growth.met
    assert size.value == 150
    assert size.met
    assert growth.detail == "150 MB with 200 rows in one run, 100 MB with 20"


def test_recovery_is_what_was_read_twice() -> None:
    figure = figures.recovery([1000, 1000, 2000], [1040, 1100, 2020])
    assert figure.value == 4
    assert figure.met


@pytest.mark.parametrize(("aim", "met", "missed"), [(OWN_COST, 0.6, 0.59), (GROWTH, 1.15, 1.16), (LATER_REQUESTS, 1.5, 1.51)])
def test_an_aim_is_met_by_the_value_itself(aim: figures.Aim, met: float, missed: float) -> None:
    assert Figure(aim, met, "").met
    assert not Figure(aim, missed, "").met


def test_the_table_has_a_line_for_each_figure_and_says_what_is_met() -> None:
    found = [figures.parallelism(70.0, 10.0, "one run"), figures.recovery([100], [110])]
    assert figures.table("virtuous", found).splitlines() == [
        "virtuous     measured  aim             met  made of",
        "parallelism  7.00      at least 6.50   yes  70.0 s over 10.0 s; one run",
        "recovery     10.00 %   at most 5.00 %  no   10 of 100 rows",
    ]
    assert figures.legend(found).count("\n") == 1


def test_rows_are_found_from_what_two_sizes_need() -> None:
    assert rows_for(700, 150, 250) == GUESS + 5500
    assert rows_for(100, 150, 250) == GUESS - 500
    assert rows_for(1, 1000, 2000) == 1
