"""Reading one table of one account: listings in pages, daily numbers as a stream. Safe in threads; nothing is delivered here.

A listing is believed when as many rows came as the API announced and no page repeated the one before it. One that the API cannot give even
row by row is read in ranges of ids, until it is known which rows it cannot give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial

import fetch
from api import Page, SearchAds360Api
from common.clock import Clock
from common.failures import Disorder, Rejected, SourceFailure, Unavailable
from common.paging import Take
from common.portions import portions
from common.retrying import Attempts
from common.tables import Notes, Row
from plan import DAY, Span, Window
from refusals import ExpiredToken
from units import Column, Reading, Record, Unit, rows_of, unread_day, unreadable

PAGE_ATTEMPTS = 3  # for what smaller pages, or fewer days, may cure
ALONE_ATTEMPTS = 8  # for what cannot be asked for in smaller pieces
PASSES = 8
MOST_UNREADABLE = 10  # rows of a listing; more is an outage
LAST_ID = (1 << 63) - 1
KEYS_AT_ONCE = 100


class TooLarge(Exception):
    """A question about several days has more rows than are held at once; the message is for nobody."""


class Reader:
    """Reads units.

    Args:
        api: asks once.
        clock: for the pauses between attempts.
        say: told of failures that are tried again.
    """

    def __init__(self, api: SearchAds360Api, clock: Clock, say: Callable[[str], None]) -> None:
        self._api, self._clock, self._say = api, clock, say
        self._take = Take(fetch.PAGE_SIZES)

    # --- Listings ---

    def listing(self, unit: Unit) -> Reading:
        """All rows of a listing.

        Raises:
            Disorder: if its pages never add up.
            SourceFailure: if it cannot be read.
        """
        try:
            return self._sound(unit)
        except Unavailable as failure:
            if not unit.source.id_field or not self._answers(unit):
                raise
            return self._piecewise(unit, failure)

    def rows(self, unit: Unit) -> Iterator[Row]:
        """The rows of a listing once more, as they come.

        Raises:
            SourceFailure: if it cannot be read.
        """
        for page in self._pages(unit, unit.query()):
            for raw in page.results:
                yield from (row for row in rows_of(unit, raw, Notes()) if row is not None)

    def _sound(self, unit: Unit) -> Reading:
        """A reading whose pages add up."""
        problem: SourceFailure = Disorder(unit.of)
        for _ in range(PASSES):
            try:
                return self._pass(unit)
            except Disorder as failure:
                problem = failure
                self._take.shrink()
            except ExpiredToken as failure:
                problem = failure
        raise problem

    def _pass(self, unit: Unit) -> Reading:
        reading, before, totals = Reading(unit), set[str](), set[int | None]()
        for page in self._pages(unit, unit.query()):
            foreign = reading.foreign
            keys = {key for raw in page.results for key in reading.add(raw)}
            if page.results and reading.foreign - foreign == len(page.results):
                raise Disorder(f"{unit.of}: rows of another account came")
            if keys & before:
                raise Disorder(f"{unit.of}: a page repeats rows of the page before it")
            before = keys
            totals.add(page.total)
        if totals != {None} and reading.number not in totals:
            raise Disorder(f"{unit.of}: the pages do not add up: {reading.number} rows came, {_spell(totals)} were announced")
        return reading

    def _pages(self, unit: Unit, query: str) -> Iterator[Page]:
        if not unit.source.select:
            ask = partial(self._api.custom_columns, unit.account.id)
            yield Page(Attempts(self._clock, ALONE_ATTEMPTS, self._say).call(ask), "", None)
            return
        token, before = "", list[Record]()
        while True:
            page = self._fresh_page(unit.account.id, query, token, before)
            yield page
            before = page.results
            if not page.next_token:
                return
            if page.next_token == token or not page.results:
                raise Disorder(f"{unit.of}: a page leads nowhere")
            token = page.next_token

    def _fresh_page(self, customer: str, query: str, token: str, before: list[Record]) -> Page:
        """A page that is not the one before it once more, if the API gives such a one after some attempts."""
        page = self._page(customer, query, token)
        for _ in range(PAGE_ATTEMPTS):
            if page.results and page.results == before:
                page = self._page(customer, query, token)
        return page

    def _page(self, customer: str, query: str, token: str) -> Page:
        """A page; a smaller one if that is what it takes."""
        while True:
            size = self._take.size
            try:
                page: Page = Attempts(self._clock, PAGE_ATTEMPTS, self._say).call(partial(self._api.search, customer, query, size, token))
            except Unavailable:
                if size == fetch.PAGE_SIZES[-1]:
                    raise
                if size == self._take.size:  # no other thread has met it already
                    self._take.shrink()
            else:
                self._take.succeeded()
                return page

    # --- Rows that cannot be read ---

    def _answers(self, unit: Unit) -> bool:
        """Whether the API answers at all, so that it is some of the rows that it cannot give."""
        query = unit.query(f"{unit.source.id_field} BETWEEN {LAST_ID} AND {LAST_ID}")
        try:
            self._api.search(unit.account.id, query, fetch.PAGE_SIZES[-1])
        except SourceFailure:
            return False
        return True

    def _piecewise(self, unit: Unit, failure: Unavailable) -> Reading:
        """A listing in ranges of ids, each halved until it can be read or is that of one id."""
        reading, failed, ranges = Reading(unit), 0, [(0, LAST_ID)]
        while ranges:
            first, last = ranges.pop()
            query = unit.query(f"{unit.source.id_field} BETWEEN {first} AND {last}")
            try:
                found = self._range(unit, query, alone=first == last)
            except Unavailable as problem:
                if first == last:
                    failed += 1
                    reading.whole = False
                    reading.errors.append(unreadable(unit, first, query, problem))
                else:
                    middle = (first + last) // 2
                    ranges += [(middle + 1, last), (first, middle)]
                if failed > MOST_UNREADABLE:
                    raise failure from problem
                continue
            for raw in found:
                reading.add(raw)
        return reading

    def _range(self, unit: Unit, query: str, *, alone: bool) -> list[Record]:
        found, token, size = list[Record](), "", fetch.PAGE_SIZES[-1 if alone else 0]
        total = None
        while True:
            ask = partial(self._api.search, unit.account.id, query, size, token)
            page: Page = Attempts(self._clock, PAGE_ATTEMPTS if alone else 1, self._say).call(ask)
            found += page.results
            if page.next_token and (page.next_token == token or not page.results):
                raise Disorder(f"{unit.of}: a page leads nowhere")
            total, token = page.total, page.next_token
            if not token:
                break
        if total is not None and total != len(found):
            raise Unavailable(f"{unit.of}: a range of ids does not add up")
        return found

    def present(self, unit: Unit, keys: Sequence[str]) -> set[str]:
        """Those of some keys that are there when they are asked for by name.

        Raises:
            SourceFailure: if it cannot be told.
        """
        there = set[str]()
        for some in portions(sorted(keys), KEYS_AT_ONCE):
            names = ", ".join(_quoted(str(unit.key_of(key)["resource_name"])) for key in some)
            query = unit.query(f"{unit.source.name_field} IN ({names})") if unit.source.select else ""
            found = Reading(unit)
            for page in self._pages(unit, query):
                there.update(key for raw in page.results for key in found.add(raw))
            if not found.whole:
                there.update(some)
        return there & set(keys)

    # --- Daily numbers ---

    def window(self, unit: Unit, window: Window, span: Span) -> Reading:
        """The rows of some days.

        Args:
            unit: a report.
            window: the days.
            span: the days of the report that are read again, be these among them or not.

        Raises:
            TooLarge: if they are too many for so many days.
            SourceFailure: if they cannot be read.
        """
        attempts = PAGE_ATTEMPTS if window.days > 1 else ALONE_ATTEMPTS
        return Attempts(self._clock, attempts, self._say).call(partial(self._window, unit, window, span))

    def _window(self, unit: Unit, window: Window, span: Span) -> Reading:
        reading = Reading(unit, span)
        try:
            for raw in self._stream(unit, window, span.oldest):
                reading.add(raw)
                if reading.rows is None and window.days > 1:
                    raise TooLarge
        except Disorder as failure:
            raise Unavailable(str(failure), failure.url, failure.status) from failure
        if reading.number and reading.foreign == reading.number:
            raise Unavailable(f"{unit.of}: rows of another account came")
        return reading

    def day(self, unit: Unit, window: Window, span: Span, failure: Unavailable) -> Reading:
        """What is told of a single day that cannot be read: nothing but the error, if the API answers otherwise.

        Raises:
            Unavailable: if it answers nothing at all.
        """
        query = unit.query(window.condition(span.oldest))
        nothing = unit.query(f"segments.date = '{span.whole.last + DAY}'")  # a day of which there can be no numbers
        try:
            self._api.search(unit.account.id, nothing, fetch.PAGE_SIZES[-1])
        except SourceFailure:
            raise failure from None
        return unread_day(unit, window, query, failure)

    def rows_of(self, unit: Unit, window: Window, oldest: date) -> Iterator[Row]:
        """The rows of some days once more, as they come.

        Raises:
            SourceFailure: if they cannot be read.
        """
        for raw in self._stream(unit, window, oldest):
            yield from (row for row in rows_of(unit, raw, Notes()) if row is not None)

    def keys_of(self, unit: Unit, window: Window, oldest: date) -> set[str | None]:
        """The keys of the rows of some days, None among them if there are rows without one.

        Raises:
            SourceFailure: if they cannot be read.
        """
        rows = (row for raw in self._stream(unit, window, oldest) for row in rows_of(unit, raw, Notes()))
        return {None if row is None else unit.key_text(row) for row in rows}

    def _stream(self, unit: Unit, window: Window, oldest: date) -> Iterator[Record]:
        """The records of a window as they come, without those of other days."""
        first, last = window.first.isoformat(), window.last.isoformat()
        asked, told = [number for number, _ in unit.columns], list[str]()
        with self._api.stream(unit.account.id, unit.query(window.condition(oldest))) as batches:
            for batch in batches:
                told = [str(one.get("id")) for one in batch.custom_column_headers] or told
                if asked and batch.results and told != asked:
                    raise Disorder(f"{unit.of}: other custom columns came than were asked for")
                for raw in batch.results:
                    segments = raw.get("segments") if isinstance(raw, dict) else None  # type: ignore[redundant-expr] # it is what came
                    day = segments.get("date") if isinstance(segments, dict) else None
                    if not isinstance(day, str) or first <= day <= last:
                        yield raw

    def usable(self, unit: Unit, day: date) -> tuple[list[Column], list[tuple[Column, Rejected]]]:
        """Those of a unit's custom columns that the API gives for its account, and why it does not give the others.

        Raises:
            SourceFailure: if it cannot be told.
        """
        try:
            query = unit.query(f"segments.date = '{day}'")
            Attempts(self._clock, ALONE_ATTEMPTS, self._say).call(partial(self._api.search, unit.account.id, query, 1))
        except Rejected as failure:
            if len(unit.columns) == 1:
                return [], [(unit.columns[0], failure)]
        else:
            return list(unit.columns), []
        middle = len(unit.columns) // 2
        halves = [self.usable(unit._replace(columns=some), day) for some in (unit.columns[:middle], unit.columns[middle:])]
        return halves[0][0] + halves[1][0], halves[0][1] + halves[1][1]


def _quoted(text: str) -> str:
    """A text of the query language; names of resources hold no quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _spell(totals: set[int | None]) -> str:
    return " or ".join(str(total) for total in sorted(totals, key=lambda total: total or 0))


