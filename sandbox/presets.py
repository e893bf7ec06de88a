"""Presets: named sets of faults, for tests and for people alike (`make demo FAULTS=storm`).

A preset says where it strikes by a role; each stand-in knows which of its paths have that role (`StandIn.places`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

HTML = b"<!DOCTYPE html><html><head><title>Please wait</title></head><body><h1>Checking your browser</h1></body></html>"


class Planned(NamedTuple):
    """One fault of a preset: its kind, the role of the paths that it strikes, and its options, as for `Faults.add`."""

    kind: str
    place: str
    options: dict[str, Any]


class Preset(NamedTuple):
    """What a name switches on.

    `says` is a sentence for people. With `unsettled` the source moves, or withholds something, while it is read: only a sync
    after the faults has to agree with it. With `from_second_sync` it is about what a first sync has read already.
    """

    says: str
    faults: tuple[Planned, ...]
    unsettled: bool = False
    from_second_sync: bool = False

    def planned(self, overrides: Mapping[str, Any]) -> Iterator[Planned]:
        """Yield the faults with other options; raise ValueError for one that none of them has."""
        known = {"times", "probability"}.union(*(fault.options for fault in self.faults))
        if not known.issuperset(overrides):
            raise ValueError(f"unknown option {min(set(overrides) - known)!r}; there are {', '.join(sorted(known))}")
        for fault in self.faults:
            yield fault._replace(options={**fault.options, **overrides})


def _a_third_bad() -> tuple[Planned, ...]:
    """Each strikes what the ones before let through, so that a third of all replies is bad."""
    faults: list[tuple[str, dict[str, Any]]] = [
        ("status", {"status": 500}),
        ("status", {"status": 502, "body": HTML, "content_type": "text/html"}),
        ("status", {"status": 503}),
        ("status", {"status": 429, "retry_after": 1}),
        ("reset", {}),
        ("html", {}),
        ("cut", {}),
        ("half_json", {}),
    ]
    return tuple(Planned(kind, "api", {"probability": 0.049, **options}) for kind, options in faults)


def _disturb(change: str, probability: float, **bound: float) -> Planned:
    return Planned("disturb", "queries", {"change": change, "probability": probability, **bound})


def _misread(how: str) -> tuple[Planned, ...]:
    return (Planned("misread", "queries", {"how": how}),)


_TOO_LARGE = {"status": 504, "min_take": 250, "body": HTML, "content_type": "text/html"}
PRESETS: dict[str, Preset] = {
    "storm": Preset(
        "A third of all replies is bad: errors of several kinds, rate limits, cut connections, half a document, a web page.",
        _a_third_bad(),
    ),
    "slow": Preset("Every reply takes 0.2 seconds longer.", (Planned("latency", "api", {"seconds": 0.2}),)),
    "small-pages": Preset("A page of more than 250 rows times out.", (Planned("status", "pages", _TOO_LARGE),)),
    "deletes-between-pages": Preset(
        "Records are deleted while their list is read, up to a tenth of each list in one sync.",
        (_disturb("delete", 0.5, share=0.1),),
        unsettled=True,
    ),
    "inserts-between-pages": Preset(
        "Records are added while their list is read, some of them in the place of one that goes, so that the count stays.",
        (_disturb("insert", 0.3, share=0.1), _disturb("replace", 0.3, share=0.05)),
        unsettled=True,
    ),
    "edits-while-reading": Preset(
        "Records are edited while their list is read, before or after they were read themselves.",
        (_disturb("edit", 0.5, share=0.3),),
        unsettled=True,
    ),
    "one-timestamp": Preset(
        "While a list is read, an import edits half of it at one and the same instant.",
        (_disturb("import", 0.5, most=1),),
        unsettled=True,
    ),
    "filter-inclusive": Preset(
        'Conditions are read generously: "more than" as "at least", "after" as "on or after".', _misread("inclusive")
    ),
    "filter-exclusive": Preset(
        'Conditions are read strictly: "at least" as "more than", "on or after" as "after".', _misread("exclusive")
    ),
    "filter-ignored": Preset("Conditions are ignored: whatever was asked for, all there is comes back.", _misread("ignored")),
    "out-of-order": Preset("The rows of each page are shuffled.", (Planned("shuffle", "queries", {}),)),
    "repeated-page": Preset(
        "One page in five is the page before it once more.", (Planned("page_before", "pages", {"probability": 0.2}),)
    ),
    "silent-cap": Preset(
        "A page holds 100 rows at most, however many were asked for.", (Planned("short_page", "queries", {"rows": 100}),)
    ),
    "depth-cap": Preset(
        "Nothing is served beyond the 1,500th row of a list, though the total tells of more.",
        (Planned("depth_cap", "pages", {"rows": 1500}),),
    ),
    "narrow-records": Preset(
        "Once a first sync is complete, lists hold only a few keys of each record.",
        (Planned("narrow", "pages", {}),),
        unsettled=True,
        from_second_sync=True,
    ),
}
