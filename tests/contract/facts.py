"""What the contract's tests have to know of each source: where to break it. A new connector adds its entry here."""

from __future__ import annotations

from collections.abc import Callable
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
    ),
}
