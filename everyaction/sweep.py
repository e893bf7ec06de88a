"""How everybody is found: searches for people, as data, that together reach all, and the rule by which each person counts in one of them.

The API has no list of people: a search needs a word to search for (fact sheet 8.1). So people are searched for by the beginning of their
last name, of their first name, of an organization's names, by their state, and by the beginning of an e-mail address. A search with too
many people is split by the next character, and what no next character reaches is left for a search of its own. Pure: no I/O.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WITHIN = f"{LETTERS} '-."  # within a name or an address; beyond ASCII the source answers with an error (2)
WITHIN_ADDRESS = f"{LETTERS}.-_+@"
SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
MOST_PEOPLE = 10_000  # of one search; with more it is split
LONGEST_PREFIX = 12
STATES = (
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD",
    "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD",
    "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AS", "GU", "MP", "PR", "VI", "AA", "AE", "AP", "AB", "BC", "MB", "NB",
    "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT",
)  # fmt: skip

LAST_NAME, FIRST_NAME, STATE, EMAIL = "lastName", "firstName", "stateOrProvince", "email"
# By what is searched for, the field of a person that it is the beginning of; whoever an earlier one reaches is left out of the later ones.
NAMES = {
    LAST_NAME: "lastName",
    FIRST_NAME: "firstName",
    "commonName": "organizationContactCommonName",
    "officialName": "organizationContactOfficialName",
}
SEARCHES = (*NAMES, STATE, EMAIL)


class Part(NamedTuple):
    """A search for people: by which field, for which beginning.

    `rest` stands for those whom the same search with one more character does not reach.
    """

    field: str
    prefix: str
    rest: bool = False


def first_parts() -> list[Part]:
    """The searches that together reach everybody."""
    found = [Part(field, letter) for field in NAMES for letter in LETTERS]
    found += [Part(STATE, state) for state in STATES]
    return found + [Part(EMAIL, letter) for letter in LETTERS]


def can_be_split(part: Part) -> bool:
    """Whether a search can be made narrower."""
    return part.field != STATE and not part.rest and len(part.prefix) < LONGEST_PREFIX


def children(part: Part) -> list[Part]:
    """The searches with one more character."""
    return [Part(part.field, part.prefix + letter) for letter in _within(part.field)]


def belongs(part: Part, person: Mapping[str, Any]) -> bool:
    """Whether a person whom a search found counts in it, since neither an earlier search nor a narrower one reaches them."""
    earlier = list(NAMES) if part.field not in NAMES else list(NAMES)[: list(NAMES).index(part.field)]
    if any(begin in LETTERS for begin in _begins(earlier, person)):
        return False
    return not part.rest or not _is_narrower(part, _lower(str(person.get(NAMES.get(part.field, "")) or "")))


def _begins(fields: list[str], person: Mapping[str, Any]) -> Iterator[str]:
    """The first characters of a person's names."""
    for field in fields:
        value = person.get(NAMES[field])
        if isinstance(value, str) and value:
            yield _lower(value[0])


def _lower(text: str) -> str:
    """A text with small letters for the capital ones of ASCII, and of no other alphabet: nobody knows for what a source takes these."""
    return text.translate(SMALL)


def _is_narrower(part: Part, name: str) -> bool:
    """Whether a search with one more character reaches this name; of an address nobody knows which one was found."""
    following = name[len(part.prefix) : len(part.prefix) + 1]
    return name.startswith(part.prefix) and following != "" and following in _within(part.field)


def _within(field: str) -> str:
    return WITHIN_ADDRESS if field == EMAIL else WITHIN
