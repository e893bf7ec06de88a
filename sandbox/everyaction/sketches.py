"""Who the people are, in few words: enough to find them by, and made fast."""

from __future__ import annotations

from typing import NamedTuple

from sandbox.arithmetic import Record, mix, salt
from sandbox.everyaction.rows import KINDS_OF_PEOPLE
from sandbox.everyaction.world import World

STATES = (
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA",
    "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX",
    "UT", "VT", "VA", "WA", "WV", "WI", "WY",
)  # fmt: skip
_FIRST = ("Ann", "José", "Zoë", "Lee", "Dana", "Maria", "Taro", "D'Arcy", "Bo", "Xiomara")
_LAST = ("Garcia", "O'Neil", 'van "der" Berg', "Lee, Jr.", "Müller", "Ng", "Quiñones", "Smith-Jones", "Yu")
_ORGANIZATIONS = ("Friends of the River", 'Local 12, "United"', "Zoning Board", "Éclair Bakers")
_CITIES = ("Springfield", "Fort Lee", "San José", "Winston-Salem", "Coeur d'Alene")

# What is special about some kinds of people. All of them can be found by a name that begins with a letter or digit of ASCII,
# by a US state, or by an e-mail address; some by one of these alone.
_ORGANIZED = frozenset({4, 13})
_HOMELESS = frozenset({5, 7, 10, 11, 13, 24})
_WITH_EMAIL, _WITHOUT_EMAIL = frozenset({3, 11, 24}), frozenset({5, 10, 13, 15, 18})
MAILING_ONLY, FOREIGN = 8, 12
_NAMES: dict[int, tuple[str | None, str | None]] = {
    5: (None, "Prince"),
    7: ("Dana", "'t Hooft"),
    9: ("Sole", None),
    11: (None, None),
    15: ("Пётр", "Иванов"),
    17: ("Kim", "'Abbas"),
    18: ("9lives", "3rd Baker"),
    20: ("Éva", "Åkerlund"),
    24: ("明", "王"),
}


class Sketch(NamedTuple):
    """A person or an organization, by what the search looks at; the place is that of the Voting address."""

    first: str | None
    middle: str | None
    last: str | None
    common: str | None
    official: str | None
    street: str | None
    city: str | None
    state: str | None
    zip: str | None
    phone: str | None
    email: str | None
    organization: bool


Place = tuple[str | None, str | None, str | None, str | None]
Names = tuple[str | None, str | None, str | None, str | None, str | None]


def kind_of(row: int) -> int:
    """Return what is special about a row."""
    return row % KINDS_OF_PEOPLE


def sketch(world: World, row: int) -> Sketch:
    """Return the person with this row number, as the search knows them."""
    bits, kind = mix(world.seed, salt("Person"), row), kind_of(row)
    first, middle, last, common, official = _named(bits, kind, row)
    phone = None if bits % 3 == 0 else f"{201 + (bits >> 9) % 780}555{row % 10_000:04d}"
    place: Place = (None, None, None, None)
    if kind not in _HOMELESS and kind != MAILING_ONLY:
        place = place_of(bits, kind, row)
    return Sketch(first, middle, last, common, official, *place, phone, email_of(bits, kind, row), kind in _ORGANIZED)


def _named(bits: int, kind: int, row: int) -> Names:
    """Return first, middle and last name, and both names of an organization."""
    if kind in _ORGANIZED:
        name = f"350 District {row}" if kind == 13 else f"{_ORGANIZATIONS[(bits >> 5) % 4]} {row}"
        return None, None, None, name, None if bits % 2 and kind != 13 else f"{name}, Inc."
    if kind in _NAMES:
        first, last = _NAMES[kind]
        return first, None, last, None, None
    last = "Smith" if kind < 3 else _LAST[(bits >> 20) % len(_LAST)]
    return _FIRST[(bits >> 13) % len(_FIRST)], (None, "", "Q.", "Ray")[(bits >> 30) % 4], last, None, None


def place_of(bits: int, kind: int, row: int) -> tuple[str, str, str, str]:
    """Return street, city, state and zip code of an address."""
    city = _CITIES[(bits >> 24) % len(_CITIES)]
    if kind == FOREIGN:
        return f"{row} Rue Principale", "Ottawa", "ON", "K1A 0B1"
    return f"{row + 1} Main St", city, STATES[(bits >> 34) % len(STATES)], f"{(bits >> 3) % 99_000 + 501:05d}"


def email_of(bits: int, kind: int, row: int) -> str | None:
    """Return the preferred e-mail address of a row, if it has one."""
    if kind not in _WITH_EMAIL and (kind in _WITHOUT_EMAIL or bits % 4 == 0):
        return None
    return f"{('ann', 'Jo.Lee', 'zoe+news', '7up', 'x_y')[row % 5]}.{row}@example.{('org', 'com')[row // 5 % 2]}"


def sketch_of(record: Record) -> Sketch:
    """Return what the search knows of a record that was changed."""
    voting: Record = next((each for each in record["addresses"] or [] if each.get("type") == "Voting"), {})
    emails = sorted(record["emails"] or [], key=lambda each: not each.get("isPreferred"))
    phones = sorted(record["phones"] or [], key=lambda each: not each.get("isPreferred"))
    return Sketch(
        record["firstName"], record["middleName"], record["lastName"],
        record["organizationContactCommonName"], record["organizationContactOfficialName"],
        voting.get("addressLine1"), voting.get("city"), voting.get("stateOrProvince"), voting.get("zipOrPostalCode"),
        phones[0]["phoneNumber"] if phones else None, emails[0]["email"] if emails else None, record["contactMode"] == "Organization",
    )  # fmt: skip
