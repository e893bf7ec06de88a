"""Reading by itself, against scripted replies: what the stand-in cannot say, and what is asked in return."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from dateutil.tz import UTC

from common.failures import Disorder, RateLimited, Rejected, Unavailable
from tests.doubles import FakeClock
from tests.sa360.only import MODULES

reading, units, models = MODULES.reading, MODULES.units, MODULES.models
plan, fetch, api = MODULES.plan, MODULES.fetch, MODULES.api
Page, Batch = api.Page, api.Batch
CLIENT = models.Account("1234567890", UTC, "EUR")
ASSETS = units.Unit(models.ENTITIES["assets"], CLIENT)
REPORT = units.Unit(models.REPORTS["campaign_reports"], CLIENT)
VALUES = units.Unit(models.COLUMN_VALUES["campaign_custom_column_values"], CLIENT, (("1", "One"), ("2", "Two")))
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 10)
WINDOW = plan.Window(FIRST, LAST)
SPAN = plan.Span(WINDOW, FIRST, None, None, date(2023, 1, 1))
Reply = Any  # what a scripted API returns, or raises


class Scripted:
    """An API that answers one question after the other with what it was given, and keeps what was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked = list(replies), list[tuple[str, int, str]]()

    def search(self, customer: str, query: str, page_size: int, token: str = "") -> Any:
        self.asked.append((query, page_size, token))
        return self._next()

    def custom_columns(self, manager: str) -> Any:
        self.asked.append((manager, 0, ""))
        return self._next()

    @contextmanager
    def stream(self, customer: str, query: str) -> Iterator[Iterator[Any]]:
        self.asked.append((query, 0, ""))
        yield iter(self._next())

    def _next(self) -> Any:
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def reader(script: Any) -> Any:
    return reading.Reader(script, FakeClock(), lambda line: None)


def asset(number: int, **more: Any) -> dict[str, Any]:
    return {"asset": {"resourceName": f"customers/{CLIENT.id}/assets/{number}", "id": f"{number}", **more}}


def page(*numbers: int, token: str = "", total: int | None = None) -> Any:
    return Page([asset(number) for number in numbers], token, total)


def keys(found: Any) -> list[str]:
    return [row["id"] for row in found.rows]


def day_row(day: str, number: int = 1, **more: Any) -> dict[str, Any]:
    name = f"customers/{CLIENT.id}/campaigns/{number}"
    return {"campaign": {"resourceName": name}, "segments": {"date": day}, "metrics": {"clicks": "1"}, **more}


# --- Listings ---


def test_pages_follow_each_other_by_their_tokens() -> None:
    script = Scripted(page(1, 2, token="a", total=3), page(3, total=3))
    assert keys(reader(script).listing(ASSETS)) == ["1", "2", "3"]
    assert [token for _, _, token in script.asked] == ["", "a"]
    assert {size for _, size, _ in script.asked} == {fetch.PAGE_SIZES[0]}


def test_without_a_total_what_came_is_believed() -> None:
    assert keys(reader(Scripted(page(1, token="a"), page(2))).listing(ASSETS)) == ["1", "2"]


def test_a_total_that_changes_meanwhile_is_believed_when_one_of_them_fits() -> None:
    assert keys(reader(Scripted(page(1, token="a", total=1), page(2, total=2))).listing(ASSETS)) == ["1", "2"]


@pytest.mark.parametrize("total", [1, 3, 0])
def test_a_total_that_does_not_add_up_is_read_again_and_at_last_said(total: int) -> None:
    script = Scripted(page(1, 2, total=total))
    with pytest.raises(Disorder, match=f"2 rows came, {total} were announced"):
        reader(script).listing(ASSETS)
    assert len(script.asked) == reading.PASSES


def test_one_odd_reading_is_followed_by_a_good_one_of_which_alone_the_rows_are() -> None:
    script = Scripted(page(1, 2, total=9), page(5, total=1))
    assert keys(reader(script).listing(ASSETS)) == ["5"]


@pytest.mark.parametrize(
    ("pages", "problem"),
    [
        ([page(1, 2, token="a"), page(2, 3)], "repeats rows"),
        ([page(1, 2, token="a"), page(3, token="a")], "leads nowhere"),
        ([page(1, token="a"), page(token="b")], "leads nowhere"),
    ],
)
def test_pages_in_disorder_are_refused(pages: list[Any], problem: str) -> None:
    with pytest.raises(Disorder, match=problem):
        reader(Scripted(*pages * reading.PASSES)).listing(ASSETS)


def test_a_token_that_expires_again_and_again_is_given_up() -> None:
    expired = MODULES.refusals.ExpiredToken("too old")
    script = Scripted(*[page(1, token="a"), expired] * reading.PASSES)
    with pytest.raises(MODULES.refusals.ExpiredToken):
        reader(script).listing(ASSETS)
    assert len(script.asked) == 2 * reading.PASSES


def test_what_is_refused_is_asked_once() -> None:
    script = Scripted(Rejected("no"))
    with pytest.raises(Rejected):
        reader(script).listing(ASSETS)
    assert len(script.asked) == 1


def test_a_limit_is_waited_for_and_is_no_reason_for_smaller_pages() -> None:
    script = Scripted(RateLimited("slow"), RateLimited("slow"), RateLimited("slow"), RateLimited("slow"), page(1))
    assert keys(reader(script).listing(ASSETS)) == ["1"]
    assert {size for _, size, _ in script.asked} == {fetch.PAGE_SIZES[0]}


def test_a_page_that_fails_becomes_smaller_step_by_step() -> None:
    failures = [Unavailable("no")] * (2 * reading.PAGE_ATTEMPTS)
    script = Scripted(*failures, page(1))
    assert keys(reader(script).listing(ASSETS)) == ["1"]
    assert script.asked[-1][1] == fetch.PAGE_SIZES[2]


def test_more_rows_than_are_held_are_counted_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "HELD_ROWS", 2)
    found = reader(Scripted(page(1, 2, 3, token="a"), page(4))).listing(ASSETS)
    assert found.rows is None
    assert (found.number, found.seen.rows) == (4, 4)


def _of(unit: Any, *owners: str) -> Any:
    resource = unit.source.name.removesuffix("s")
    name = "".join(part.capitalize() for part in resource.split("_"))
    key = name[0].lower() + name[1:]
    return Page([{key: {"resourceName": f"customers/{owner}/{key}s/{at}"}} for at, owner in enumerate(owners)], "", None)


def test_a_row_of_another_account_is_delivered_but_a_page_of_them_is_not_believed() -> None:
    found = reader(Scripted(_of(ASSETS, CLIENT.id, "9999999999"))).listing(ASSETS)
    assert [row["resource_name"] for row in found.rows] == [f"customers/{CLIENT.id}/assets/0", "customers/9999999999/assets/1"]
    with pytest.raises(Disorder, match="rows of another account"):
        reader(Scripted(_of(ASSETS, "9999999999", "9999999999"))).listing(ASSETS)
    with pytest.raises(Disorder, match="rows of another account"):  # whose id only begins like this one's
        reader(Scripted(_of(ASSETS, f"{CLIENT.id}0"))).listing(ASSETS)


@pytest.mark.parametrize("table", ["labels", "conversion_actions", "conversion_custom_variables", "campaign_labels"])
def test_what_managers_share_with_their_clients_is_believed(table: str) -> None:
    unit = units.Unit(models.ENTITIES[table], CLIENT)
    assert len(reader(Scripted(_of(unit, "9999999999", "9999999999"))).listing(unit).rows) == 2


# --- Ranges of ids ---


class Ranged:
    """An API with assets of which some cannot be given; `down` says that it gives nothing at all."""

    def __init__(self, ids: list[int], bad: set[int], *, down: bool = False) -> None:
        self.ids, self.bad, self.down, self.asked = ids, bad, down, list[str]()

    def search(self, customer: str, query: str, page_size: int, token: str = "") -> Any:
        self.asked.append(query)
        first, last = (int(one) for one in query.rsplit(" BETWEEN ")[1].split(" AND ")) if " BETWEEN " in query else (0, reading.LAST_ID)
        wanted = [one for one in self.ids if first <= one <= last]
        if self.down or self.bad & set(wanted):
            raise Unavailable("no", "https://a.b/c", 500)
        return page(*wanted, total=len(wanted))


def test_one_row_among_many_is_found_by_halving() -> None:
    script = Ranged([1, 2, 3, 10**9, 10**12, reading.LAST_ID], {10**9})
    found = reader(script).listing(ASSETS)
    assert sorted(map(int, keys(found))) == [1, 2, 3, 10**12, reading.LAST_ID]
    assert [(one.skip, one.take, one.record) for one in found.errors] == [
        (10**9, 1, f"{CLIENT.id}/customers/{CLIENT.id}/assets/{10**9}")
    ]
    assert not found.whole
    ranges = [query for query in script.asked if "BETWEEN" in query]
    assert len(ranges) <= 2 * 64 + reading.ALONE_ATTEMPTS + 1


def test_the_first_and_the_last_id_are_within_the_ranges() -> None:
    found = reader(Ranged([0, 5, reading.LAST_ID], {5})).listing(ASSETS)
    assert sorted(map(int, keys(found))) == [0, reading.LAST_ID]


def test_what_cannot_be_reached_is_not_halved() -> None:
    script = Ranged([1, 2], set(), down=True)
    with pytest.raises(Unavailable):
        reader(script).listing(ASSETS)
    assert sum("BETWEEN" in query for query in script.asked) == 1


def test_more_rows_than_that_are_an_outage_and_not_quarantined() -> None:
    script = Ranged(list(range(100)), set(range(50)))
    with pytest.raises(Unavailable):
        reader(script).listing(ASSETS)


def test_a_table_without_ids_is_not_halved() -> None:
    unit = units.Unit(models.ENTITIES["campaign_budgets"], CLIENT)
    script = Scripted(Unavailable("no"))
    with pytest.raises(Unavailable):
        reader(script).listing(unit)
    assert not any("BETWEEN" in query for query, _, _ in script.asked)


@pytest.mark.parametrize("rows", [(1,), ()])
def test_a_range_whose_pages_lead_nowhere_comes_to_an_end(rows: tuple[int, ...]) -> None:
    class Circling(Ranged):
        def search(self, customer: str, query: str, page_size: int, token: str = "") -> Any:
            found = super().search(customer, query, page_size, token)
            assert len(self.asked) < 500
            return found if found.results == [] and "9223372036854775807 AND" in query else page(*rows, token=token or "a")

    script = Circling([1, 5], set())
    script.search = _failing_at_first(script.search)  # type: ignore[method-assign]
    with pytest.raises(Disorder, match="leads nowhere"):
        reader(script).listing(ASSETS)


def _failing_at_first(search: Callable[..., Any]) -> Callable[..., Any]:
    """The whole listing fails, ranges of it do not."""

    def failing(customer: str, query: str, page_size: int, token: str = "") -> Any:
        if "BETWEEN" not in query:
            raise Unavailable("no")
        return search(customer, query, page_size, token)

    return failing


def test_every_range_has_the_condition_of_its_table() -> None:
    unit = units.Unit(models.ENTITIES["ad_group_criteria"], CLIENT)
    query = unit.query("a BETWEEN 1 AND 2")
    assert "ad_group_criterion.type != 'KEYWORD' AND a BETWEEN 1 AND 2" in query


# --- By name ---


def test_names_are_asked_for_in_portions_and_quoted() -> None:
    found = [str(number) for number in range(reading.KEYS_AT_ONCE + 1)]
    script = Scripted(page(5), page())
    assert reader(script).present(ASSETS, found) == {"5"}
    assert len(script.asked) == 2
    assert f"asset.resource_name IN ('customers/{CLIENT.id}/assets/0'" in script.asked[0][0]


def test_a_row_without_a_name_may_be_any_of_those_that_were_asked_for() -> None:
    script = Scripted(Page([{"asset": {"id": "7"}}], "", None))
    assert reader(script).present(ASSETS, ["1", "2"]) == {"1", "2"}


def test_rows_that_were_not_asked_for_are_not_present() -> None:
    assert reader(Scripted(page(9, 1))).present(ASSETS, ["1", "2"]) == {"1"}


# --- Daily numbers ---


def window(script: Any, unit: Any = REPORT) -> Any:
    return reader(script).window(unit, WINDOW, SPAN)


def batch(*rows: Any, headers: Any = ()) -> Any:
    return Batch(list(rows), list(headers))


def test_a_question_covers_a_day_more_at_both_ends_and_these_are_left_out() -> None:
    days = ("2026-08-31", "2026-09-01", "2026-09-10", "2026-09-11")
    script = Scripted([batch(*(day_row(day) for day in days))])
    assert [models.day_of(row) for row in window(script).rows] == [FIRST, LAST]
    assert "BETWEEN '2026-08-31' AND '2026-09-11'" in script.asked[0][0]


@pytest.mark.parametrize("day", ["2026-09-31", 5, None, ""])
def test_a_row_without_a_day_is_no_row_and_is_filed(day: Any) -> None:
    found = window(Scripted([batch(day_row("2026-09-02"), day_row("2026-09-03") | {"segments": {"date": day}})]))
    assert len(found.rows) == 1
    if not found.whole:
        assert [one.message for one in found.errors] == ["the row comes without its key"]
    assert found.number == 1 or not found.whole


@pytest.mark.parametrize("row", [None, 5, [], "row", {}])
def test_what_is_no_row_at_all_is_filed_and_the_others_arrive(row: Any) -> None:
    found = window(Scripted([batch(day_row("2026-09-02"), row)]))
    assert len(found.rows) == 1
    assert not found.whole


def test_a_stream_that_breaks_off_is_begun_anew_with_nothing_twice() -> None:
    def broken() -> Iterator[Any]:
        yield batch(day_row("2026-09-02"))
        raise Unavailable("cut")

    found = window(Scripted(broken(), [batch(day_row("2026-09-02"), day_row("2026-09-03"))]))
    assert (found.number, len(found.rows)) == (2, 2)


def test_days_that_are_too_many_are_given_up_as_soon_as_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "HELD_ROWS", 2)
    taken: list[int] = []

    def many() -> Iterator[Any]:
        for number in range(100):
            taken.append(number)
            yield batch(day_row("2026-09-02", number))

    with pytest.raises(reading.TooLarge):
        window(Scripted(many()))
    assert len(taken) == 3
    one_day = reader(Scripted([batch(*(day_row("2026-09-02", number) for number in range(100)))])).window(
        REPORT, plan.Window(date(2026, 9, 2), date(2026, 9, 2)), SPAN
    )
    assert one_day.rows is None
    assert one_day.number == 100


def test_parts_tell_what_may_be_held_already_and_what_is_read_once_more() -> None:
    span = plan.Span(WINDOW, date(2026, 9, 5), date(2026, 9, 7), date(2026, 9, 7), date(2023, 1, 1))
    rows = [day_row(f"2026-09-{day:02}") for day in (3, 6, 7, 8, 10)]
    found = reader(Scripted([batch(*rows)])).window(REPORT, WINDOW, span)
    assert {part: one.rows for part, one in found.parts.items()} == {
        (plan.SETTLED, plan.PAST): 1,
        (plan.SETTLED, plan.KEPT): 1,
        (plan.YOUNG, plan.KEPT): 1,
        (plan.NEW, plan.KEPT): 1,
        (plan.NEW, plan.NEWEST): 1,
    }
    assert len(found.digests) == 5


def foreign_row(day: str, number: int = 1) -> dict[str, Any]:
    return day_row(day) | {"campaign": {"resourceName": f"customers/9999999999/campaigns/{number}"}}


def test_a_row_of_another_account_is_delivered_but_a_stream_of_them_is_not_believed() -> None:
    found = window(Scripted([batch(day_row("2026-09-02"), foreign_row("2026-09-02"))]))
    assert [row["resource_name"] for row in found.rows] == [f"customers/{CLIENT.id}/campaigns/1", "customers/9999999999/campaigns/1"]
    with pytest.raises(Unavailable, match="rows of another account"):
        window(Scripted([batch(foreign_row("2026-09-02")), batch(foreign_row("2026-09-03", 2))]))


# --- A single day that cannot be read ---

ONE = plan.Window(date(2026, 9, 3), date(2026, 9, 3))


def test_a_day_that_cannot_be_read_is_told_if_the_api_answers_otherwise() -> None:
    script = Scripted(page())
    found = reader(script).day(REPORT, ONE, SPAN, Unavailable("no", "https://a.b/c", 500))
    assert (found.unread, found.number, found.digests) == (ONE.first, 0, {})
    (error,) = found.errors
    assert (error.record, error.number, error.status) == (f"{CLIENT.id}/2026-09-03", ONE.first.toordinal(), 500)
    assert "segments.date = '2026-09-03'" in error.payload
    assert [query.rpartition("WHERE ")[2] for query, _, _ in script.asked] == ["segments.date = '2026-09-11'"]


def test_a_day_that_cannot_be_read_by_an_api_that_answers_nothing_is_an_outage() -> None:
    failure = Unavailable("no", "https://a.b/c", 500)
    for other in (Unavailable("neither"), RateLimited("slow")):
        with pytest.raises(Unavailable) as raised:
            reader(Scripted(other)).day(REPORT, ONE, SPAN, failure)
        assert raised.value is failure


# --- Custom columns ---


def value_row(day: str, *values: Any) -> dict[str, Any]:
    return day_row(day, customColumns=list(values))


HEADERS = ({"id": "1", "name": "One"}, {"id": "2", "name": "Two"})


def test_values_become_rows_of_their_own() -> None:
    found = window(Scripted([batch(value_row("2026-09-02", {"int64Value": "3"}, {}), headers=HEADERS)]), VALUES)
    assert [(row["custom_column_id"], row["custom_column_name"], row["int_64_value"]) for row in found.rows] == [("1", "One", 3)]
    assert found.number == 1


@pytest.mark.parametrize("headers", [HEADERS[::-1], HEADERS[:1], (), ({"id": "1"}, {"name": "Two"}), (*HEADERS, {"id": "3"})])
def test_values_under_other_headers_are_none_of_ours(headers: Any) -> None:
    with pytest.raises((Disorder, Unavailable), match="other custom columns"):
        window(Scripted([batch(value_row("2026-09-02", {"int64Value": "3"}, {}), headers=headers)]), VALUES)


def test_headers_that_come_only_at_first_hold_for_what_follows() -> None:
    later = [batch(value_row("2026-09-03", {}, {"int64Value": "4"})), batch(), batch(value_row("2026-09-04", {"int64Value": "5"}, {}))]
    for first in (batch(value_row("2026-09-02", {"int64Value": "3"}, {}), headers=HEADERS), batch(headers=HEADERS)):
        found = window(Scripted([first, *later]), VALUES)
        rows = [(row["custom_column_id"], row["int_64_value"]) for row in found.rows if row["int_64_value"] != 3]
        assert rows == [("2", 4), ("1", 5)]
    with pytest.raises(Unavailable, match="other custom columns"):  # others may still come later
        window(Scripted([first, batch(value_row("2026-09-03", {}, {}), headers=HEADERS[::-1])]), VALUES)


def test_no_rows_need_no_headers() -> None:
    assert window(Scripted([batch()]), VALUES).number == 0


def test_usable_columns_are_told_one_by_one() -> None:
    class Choosy(Scripted):
        def search(self, customer: str, query: str, page_size: int, token: str = "") -> Any:
            self.asked.append((query, page_size, token))
            if "[1]" in query:
                raise Rejected("not this one")
            return page()

    script = Choosy(None)
    good, refused = reader(script).usable(VALUES, LAST)
    assert [number for number, _ in good] == ["2"]
    assert [column for column, _ in refused] == [("1", "One")]
    assert len(script.asked) == 3  # all, one half, the other half
    with pytest.raises(Unavailable):  # an outage refuses nobody
        reader(Scripted(Unavailable("no"))).usable(VALUES, LAST)


def test_one_bad_column_among_many_is_found_by_halving() -> None:
    class Choosy(Scripted):
        def search(self, customer: str, query: str, page_size: int, token: str = "") -> Any:
            self.asked.append((query, page_size, token))
            if "[41]" in query:
                raise Rejected("not this one")
            return page()

    columns = tuple((str(number), f"Column {number}") for number in range(64))
    script = Choosy(None)
    good, refused = reader(script).usable(VALUES._replace(columns=columns), LAST)
    assert good == [column for column in columns if column[0] != "41"]
    assert [column for column, _ in refused] == [("41", "Column 41")]
    assert len(script.asked) == 1 + 2 * 6  # all of them, then both halves, six times


# --- Several at once ---


def test_ahead_keeps_the_order_and_never_more_than_so_many_are_under_way() -> None:
    begun, taken, most = list[int](), list[int](), 0

    def begin(task: int) -> int:
        begun.append(task)
        return task * 2

    for task, reply in MODULES.context.ahead(range(10), begin, 3):
        most = max(most, len(begun) - len(taken))
        taken.append(task)
        assert reply == task * 2
    assert taken == begun == list(range(10))
    assert most == 3


def test_ahead_takes_a_task_no_sooner_than_it_begins_it() -> None:
    """Which tasks are still to be done may change with the answers to those before."""
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(5):
            taken.append(number)
            yield number

    found = MODULES.context.ahead(tasks(), lambda task: task, 2)
    assert next(found) == (0, 0)
    assert taken == [0, 1]
    assert list(found) == [(number, number) for number in range(1, 5)]
    assert list(MODULES.context.ahead([], lambda task: task, 2)) == []


def test_what_is_begun_runs_at_the_same_time() -> None:
    barrier = threading.Barrier(3, timeout=20)
    with ThreadPoolExecutor(3) as executor:
        begin: Callable[[int], Future[int]] = lambda task: executor.submit(barrier.wait)  # noqa: E731
        assert len({reply.result() for _, reply in MODULES.context.ahead(range(3), begin, 3)}) == 3
