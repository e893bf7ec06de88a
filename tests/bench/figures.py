"""The figures of a bench: what they mean, how they come out of what was measured, and how they are told. Only arithmetic here."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

MEGABYTE = 1_000_000


class Aim(NamedTuple):
    """A figure by name, with what it is, and the value that it should reach or stay below."""

    name: str
    meaning: str
    value: float
    at_least: bool = False
    unit: str = ""


OWN_COST = Aim("own cost", "processor time of emitting the operations from memory, over that of the whole sync", 0.6, at_least=True)
PARALLELISM = Aim("parallelism", "time of a sync with one request at a time, over that with eight", 6.5, at_least=True)
FIRST_REQUESTS = Aim("requests, first sync", "requests made, over the fewest that would do", 1.1)
LATER_REQUESTS = Aim("requests, 1 % changed", "the same for a sync after 1 % of the source has changed", 1.5)
GROWTH = Aim("memory, growth", "largest size of the process with ten times the rows, over that with ROWS", 1.15)
SIZE = Aim("memory, size", "largest size of the process with ten times the rows", 300.0, unit="MB")
RECOVERY = Aim("recovery", "rows read again after a kill half way, as a share of all", 5.0, unit="%")


class Figure(NamedTuple):
    """One measured figure; `detail` tells the numbers that it is made of."""

    aim: Aim
    value: float
    detail: str

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        return self.value >= self.aim.value if self.aim.at_least else self.value <= self.aim.value

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        bound = "at least" if self.aim.at_least else "at most"
        aim = {"bound": bound, "value": self.aim.value}
        return {"figure": self.aim.name, "value": self.value, "unit": self.aim.unit, "aim": aim, "met": self.met, "detail": self.detail}


def own_cost(syncs: Sequence[float], replays: Sequence[float], detail: str) -> Figure:
    """From the processor seconds of some syncs, and of some replays of what they emitted."""
    sync, replay = statistics.median(syncs), statistics.median(replays)
    return Figure(OWN_COST, replay / sync, f"{replay:.2f} s over {sync:.2f} s; {detail}")


def parallelism(one: float, eight: float, detail: str) -> Figure:
    """From the seconds of a sync with one and with eight requests at a time."""
    return Figure(PARALLELISM, one / eight, f"{one:.1f} s over {eight:.1f} s; {detail}")


def requests(aim: Aim, made: Sequence[int], fewest: Sequence[int]) -> Figure:
    """From the requests made and the fewest that would have done, run by run."""
    share = statistics.median(some / least for some, least in zip(made, fewest, strict=True))
    return Figure(aim, share, f"{statistics.median(made):,.0f} over {statistics.median(fewest):,.0f}")


def memory(smaller: Sequence[int], larger: int, rows: int) -> list[Figure]:
    """From the largest sizes in bytes: of some runs with `rows`, and of one with ten times as many."""
    size = statistics.median(smaller)
    detail = f"{larger / MEGABYTE:,.0f} MB with {10 * rows:,} rows in one run, {size / MEGABYTE:,.0f} MB with {rows:,}"
    return [Figure(GROWTH, larger / size, detail), Figure(SIZE, larger / MEGABYTE, "")]


def recovery(clean: Sequence[int], killed: Sequence[int]) -> Figure:
    """From the rows served to a sync, and to one that was killed half way together with the one that went on from there."""
    again = [both - all_rows for all_rows, both in zip(clean, killed, strict=True)]
    shares = [100 * some / all_rows for some, all_rows in zip(again, clean, strict=True)]
    return Figure(RECOVERY, statistics.median(shares), f"{statistics.median(again):,.0f} of {statistics.median(clean):,.0f} rows")


def table(connector: str, figures: Sequence[Figure]) -> str:
    """The figures for people, a line each."""
    lines = [(connector, "measured", "aim", "met", "made of")]
    for figure in figures:
        bound = "at least" if figure.aim.at_least else "at most"
        aim = f"{bound} {_told(figure.aim.value, figure.aim.unit)}"
        lines.append((figure.aim.name, _told(figure.value, figure.aim.unit), aim, "yes" if figure.met else "no", figure.detail))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def _told(value: float, unit: str) -> str:
    return f"{value:,.{0 if unit == 'MB' else 2}f} {unit}".rstrip()


def legend(figures: Sequence[Figure]) -> str:
    """What each figure means, a line each."""
    return "\n".join(f"  {figure.aim.name}: {figure.aim.meaning}" for figure in figures)
