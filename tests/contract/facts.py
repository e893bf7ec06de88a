"""What the contract's tests have to know of each source: where to break it. A new connector adds its entry here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple


class Facts(NamedTuple):
    """A large list with records that can be edited and deleted, and how it is asked for.

    Args:
        table: its table.
        entity: its name in the sandbox.
        pages: the paths of its pages, as a regular expression.
        listing: the paths of the lists by which deletes are looked for.
        secret: the setting that is the credential.
        dependent: tables that are filled together with it.
        field, column: a date of its records, and the column it fills.
        admit: makes the sandbox accept another credential.
        workers: the constants, as module.NAME, that say how many requests are under way at once.
        page_sizes: the constant that lists the page sizes, largest first.
    """

    table: str
    entity: str
    pages: str
    listing: str
    secret: str
    dependent: frozenset[str]
    field: str
    column: str
    admit: Callable[[Any, str], None]
    workers: tuple[str, ...]
    page_sizes: str

    def tuning(self, modules: Any, workers: int | None = None, page_sizes: Sequence[int] = ()) -> Iterator[tuple[Any, str, object]]:
        """What to set, as arguments of `setattr`, so that a connector's modules work with other numbers."""
        wanted: list[tuple[str, object]] = [(place, workers) for place in self.workers if workers]
        if page_sizes:
            wanted.append((self.page_sizes, list(page_sizes)))
        for place, value in wanted:
            module, _, name = place.partition(".")
            yield getattr(modules, module), name, value


FACTS = {
    "virtuous": Facts(
        table="gifts",
        entity="Gift",
        pages=r"/api/Gift/Query/FullGift$",
        listing=r"/api/Gift/Query$",
        secret="bearer_token",
        dependent=frozenset(
            {
                "gifts",
                "gift_custom_fields",
                "gift_designations",
                "gift_passthroughs",
                "gift_pledge_payments",
                "gift_premiums",
                "gift_recurring_gift_payments",
            }
        ),
        field="giftDate",
        column="gift_date",
        admit=lambda source, secret: setattr(source.tokens, "static", secret),
        workers=("fetch.PARALLEL_REQUESTS", "sync.PARALLEL_REQUESTS"),
        page_sizes="fetch.TAKE_SIZES",
    ),
}
