"""What the demo found, and how it is shown: plain tables, then one clear line for each connector."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SHOWN_DIFFERENCES = 5


@dataclass(frozen=True)
class TableResult:
    """One table after one sync: how many rows each side has, and in what they differ."""

    table: str
    source_rows: int
    warehouse_rows: int
    differences: list[str]


@dataclass(frozen=True)
class SyncResult:
    """One sync: how many requests it made, the operations that it sent, and every table compared with the source.

    There are no tables when the source moved meanwhile, so that it was not compared. `struck` counts faults, by kind.
    """

    title: str
    requests: int
    operations: Mapping[str, int]
    tables: list[TableResult]
    struck: Mapping[str, int] = field(default_factory=dict)

    @property
    def differing(self) -> list[TableResult]:
        """The tables that do not agree with the source."""
        return [table for table in self.tables if table.differences]


@dataclass
class Report:
    """The syncs of one connector that ended well, and why the next one did not, if so.

    `left_out` names the optional tables, which no sync read; `faults` a set of faults that was on.
    """

    connector: str
    syncs: list[SyncResult] = field(default_factory=list)
    failure: str | None = None
    left_out: tuple[str, ...] = ()
    faults: str | None = None

    @property
    def struck(self) -> Counter[str]:
        """How often faults struck in all the syncs, by kind."""
        return sum((Counter(sync.struck) for sync in self.syncs), Counter())

    @property
    def idle(self) -> bool:
        """Whether there were to be faults and none struck, so that nothing was shown."""
        return self.faults is not None and not self.struck

    @property
    def passed(self) -> bool:
        """Whether all syncs ended well, faults struck if there were to be any, and each comparison found the two sides equal."""
        compared = bool(self.syncs) and bool(self.syncs[-1].tables)
        return self.failure is None and compared and not self.idle and not any(sync.differing for sync in self.syncs)


def print_report(reports: Sequence[Report]) -> None:
    """Prints the tables, the syncs, what differs, and the results."""
    tables = [line for report in reports for line in _table_lines(report)]
    syncs = [line for report in reports for line in _sync_lines(report)]
    _print_columns(("connector", "table", "rows in the source", "in the warehouse", "every cell agrees"), tables)
    more = ("faults",) if any(report.faults for report in reports) else ()
    _print_columns(("connector", "sync", "requests", "upserts", "updates", "deletes", *more), syncs)
    for report in reports:
        _print_details(report)
    for report in reports:
        if report.struck:
            counts = ", ".join(f"{kind} {number:,}" for kind, number in report.struck.most_common())
            print(f"{report.connector}: the faults that struck: {counts}\n")
    for report in reports:
        if report.syncs and report.left_out:
            why = "most of which cost a request for each parent record"
            print(f"{report.connector}: not synced and not compared were the optional tables, {why}:")
            print(textwrap.fill(", ".join(report.left_out), 120, initial_indent="    ", subsequent_indent="    "), end="\n\n")
    for report in reports:
        print(f"{'PASSED' if report.passed else 'FAILED'}  {report.connector}: {_verdict(report)}", flush=True)


def _table_lines(report: Report) -> list[tuple[str, ...]]:
    """The tables as the last sync left them, and whether each agreed after every sync."""
    last = report.syncs[-1].tables if report.syncs else []
    return [
        (
            report.connector,
            table.table,
            f"{table.source_rows:,}",
            f"{table.warehouse_rows:,}",
            _agreement(report, table.table),
        )
        for table in last
    ]


def _agreement(report: Report, table: str) -> str:
    differing = (number for number, sync in _numbered(report) if table in {other.table for other in sync.differing})
    numbers = ", ".join(str(number) for number in differing)
    return f"NO (sync {numbers})" if numbers else "yes"


def _sync_lines(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            report.connector,
            f"{number}: {sync.title}",
            f"{sync.requests:,}",
            *(f"{sync.operations.get(kind, 0):,}" for kind in ("Upserts", "Updates", "Deletes")),
            *([f"{sum(sync.struck.values()):,}"] if report.faults else []),
        )
        for number, sync in _numbered(report)
    ]


def _print_details(report: Report) -> None:
    """Prints what differs, once for all the syncs after which it did."""
    found: dict[tuple[str, ...], list[str]] = {}
    for number, sync in _numbered(report):
        for table in sync.differing:
            found.setdefault((table.table, *table.differences), []).append(str(number))
    for (table_name, *differences), numbers in found.items():
        print(f"{report.connector}, {table_name}, after sync {', '.join(numbers)}:")
        print("\n".join(f"    {difference}" for difference in differences[:SHOWN_DIFFERENCES]), end="\n\n")
    if report.failure:
        print(f"{report.connector}: {report.failure}\n")


def _verdict(report: Report) -> str:
    differing = sorted({table.table for sync in report.syncs for table in sync.differing})
    if differing:
        return f"tables that differ from the source: {', '.join(differing)}"
    if report.failure:
        return report.failure.splitlines()[0]
    if report.idle:
        return f"the faults of {report.faults!r} never struck, so that this shows nothing; a larger source may help (ROWS=3000)"
    tables = report.syncs[-1].tables
    rows = sum(table.source_rows for table in tables)
    equal = f"all {len(tables)} tables equal the source in every cell ({rows:,} rows at the end)"
    compared = [str(number) for number, sync in _numbered(report) if sync.tables]
    some = f"after sync{'s' if len(compared) > 1 else ''} {' and '.join(compared)}"
    when = f"after each of {len(compared)} syncs" if len(compared) == len(report.syncs) else some
    return f"{when} {equal}" + (f", though {report.struck.total():,} faults struck" if report.faults else "")


def _numbered(report: Report) -> Iterable[tuple[int, SyncResult]]:
    return enumerate(report.syncs, start=1)


def _print_columns(titles: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    """Prints aligned columns: a column of numbers to the right, any other to the left."""
    if not lines:
        return
    widths = [max(map(len, column)) for column in zip(titles, *lines, strict=True)]
    numeric = [all(cell[0].isdigit() and cell[-1].isdigit() for cell in column) for column in zip(*lines, strict=True)]
    for line in (titles, *lines):
        cells = (cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(line, widths, numeric, strict=True))
        print("  ".join(cells).rstrip())
    print()
