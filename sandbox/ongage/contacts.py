"""Contacts: who they are, when they came, and what became of them; all of it by arithmetic on a row number.

Row numbers ascend with the date of creation, so that a span of time is a span of rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache, partial

from sandbox.arithmetic import Record, mix
from sandbox.collection import Collection
from sandbox.ongage.world import DAY, NEWEST, OLDEST, FieldInfo, ListInfo, World, epoch

ENTITY = "Contact"
DATES = ("ocx_created_date", "ocx_unsubscribe_date", "ocx_resubscribe_date", "ocx_bounce_date", "ocx_complaint_date")
# What every contact has, whatever the fields of its list.
SYSTEM = ("id", "email", "ocx_status", *DATES, "ocx_import_id")

# Some contacts were migrated: they are older than the list that they are in.
_OLDER = 300 * DAY
# Twice nobody came for more than three months. Where in a list's life it began, as a share, and how long it took.
_QUIET_FROM, _QUIET = (0.30, 0.65), 130 * DAY
# Whoever would have come so near to the first second of a month came in that very second.
_EDGE = 36 * 3600
_LAST = NEWEST - 3 * DAY

_FIRST = ("Ann", "José", "Zoë", "Lee", "Dana", "Ørjan", "Пётр", "明")
_LASTS = ("Smith", "O'Neil", 'van "der" Berg', "Lee, Jr.", "Müller", "Ng", "Öz")
# What a CSV has to quote, and what a careless reader takes for the end of a line.
_NOTES = (
    None, "", 'said "hello", twice', "first line\nsecond line", "carriage\r\nreturn", "\N{PARTY POPPER} emoji", "  spaces around  ",
    "a;b\tc", "line\u2028separator", "\x85next line", ",", '"', "=1+1", "0", "plain",
)  # fmt: skip


@dataclass(frozen=True)
class Times:
    """When the contacts of a list came: a row's date, and the first row from a date on."""

    rows: int
    spans: tuple[tuple[int, int], ...]

    @property
    def first(self) -> int:
        """Return when the very first one may have come."""
        return self.spans[0][0]

    def created(self, row: int, seed: int) -> int:
        """Return when a contact came, in epoch seconds."""
        share = mix(seed, row) >> 12
        lived = sum(end - begin for begin, end in self.spans)
        offset = lived * ((row << 52) + share) // (self.rows << 52)
        for begin, end in self.spans:
            if offset < end - begin:
                return _at_edge(begin + offset)
            offset -= end - begin
        return self.spans[-1][1]


def _at_edge(seconds: int) -> int:
    """Return the first second of a month for an instant near to it."""
    for near in (_month_of(seconds - _EDGE), _month_of(seconds + _EDGE)):
        if abs(seconds - near) < _EDGE:
            return near
    return seconds


def _month_of(seconds: int) -> int:
    return _month_start(seconds // DAY)


@lru_cache(maxsize=8192)
def _month_start(day: int) -> int:
    moment = datetime.fromtimestamp(day * DAY, timezone.utc)
    return epoch(moment.year, moment.month)


def times_of(place: ListInfo) -> Times:
    """Return when the contacts of a list came."""
    begin = max(OLDEST, place.created - _OLDER)
    spans, start = [], begin
    for share in _QUIET_FROM:
        quiet = begin + int((_LAST - begin) * share)
        spans.append((start, quiet))
        start = quiet + _QUIET
    return Times(place.contacts, (*spans, (start, _LAST)))


@dataclass(frozen=True)
class ContactIds:
    """Ids like those of the vendor's database: when it was made, what made it, and a number that counts up; as one int."""

    seed: int
    middle: int
    times: Times

    @property
    def parents(self) -> int:
        """Return the first row number that the base data does not use."""
        return self.times.rows

    @property
    def count(self) -> int:
        """Return the number of ids."""
        return self.times.rows

    def at(self, seconds: int, row: int) -> int:
        """Return the id of what is made at an instant."""
        return (seconds << 64) + (self.middle << 24) + (row & 0xFFFFFF)

    def id_of(self, index: int) -> int:
        """Return the id with this index."""
        return self.at(self.times.created(index, self.seed), index)

    def below(self, number: int) -> int:
        """Return how many ids are smaller than the number."""
        return bisect_left(range(self.count), number, key=self.id_of)

    def index_of(self, number: int) -> int | None:
        """Return the index of an id, or None when it is none."""
        index = self.below(number)
        return index if index < self.count and self.id_of(index) == number else None

    def beyond(self, row: int) -> int:
        """Return a number above the ids of the base data."""
        return self.at(NEWEST, row)

    def came_before(self, seconds: int) -> int:
        """Return how many contacts of the base data came before an instant."""
        return self.below(seconds << 64)


def hex_id(number: int) -> str:
    """Spell an id."""
    return f"{number:024x}"


def number_of_id(text: object) -> int:
    """Return the number of an id; 0 for what is none, which no contact has."""
    try:
        return int(str(text), 16)
    except ValueError:
        return 0


def ids_of(world: World, place: ListInfo) -> ContactIds:
    """Return the ids of the contacts in a list."""
    return ContactIds(mix(world.seed, place.id), mix(world.seed, place.id, 1) >> 24, times_of(place))


# --- one contact ---------------------------------------------------------------------------------------------------


# What makes of the bits of a contact those of each of its fields.
_ODD, _MASK = tuple(0x9E3779B97F4A7C15 * (2 * position + 1) for position in range(64)), (1 << 56) - 1


def contact_record(world: World, place: ListInfo, ids: ContactIds, row: int, created: int | None = None) -> Record:
    """Return a contact as it is asked for by its id; `created` for one that is no base data."""
    came = ids.times.created(row, ids.seed) if created is None else created
    bits = mix(world.seed, place.id, row, 5)
    record: Record = {"email": email_of(row)}
    for position, each in enumerate(place.fields[1:]):
        record[each.name] = _value(each, row, bits * _ODD[position] >> 7 & _MASK)
    record |= {"id": hex_id(ids.at(came, row)), "ocx_status": "Active", "ocx_created_date": came}
    record |= dict.fromkeys(DATES[1:])
    if created is None:
        _live(record, bits, came)
    record["ocx_import_id"] = None if bits % 3 else 1_500_000_000 + row // 50
    return record


def email_of(row: int) -> str:
    """Return the address of a row: the same one in each list, so that people are in several."""
    return f"{('ann', 'jose', 'zoe+news', 'lee.o', 'Dana')[row % 5]}.{row}@example.{('org', 'com')[row // 5 % 2]}"


def _row_of(email: str) -> int:
    digits = email.partition("@")[0].rpartition(".")[2]
    return int(digits) if digits.isdigit() else -1


def _live(record: Record, bits: int, came: int) -> None:
    """Let happen to a contact what happened to it, one thing after the other."""
    kind, room = bits % 100, NEWEST - 3600 - came

    def later(part: int) -> int:
        return came + 60 + (bits >> 8) % (room // 4) + part * (room // 4)

    if kind < 10:
        record |= {"ocx_status": "Unsubscribed", "ocx_unsubscribe_date": later(0)}
    elif kind < 15:
        record |= {"ocx_unsubscribe_date": later(0), "ocx_resubscribe_date": later(1)}
    elif kind < 17:
        record |= {"ocx_status": "Unsubscribed", "ocx_resubscribe_date": later(0), "ocx_unsubscribe_date": later(1)}
    elif kind < 25:
        record |= {"ocx_status": "Bounced", "ocx_bounce_date": later(1)}
    elif kind < 28:
        record |= {"ocx_status": "Complaint", "ocx_complaint_date": later(2)}
    elif kind == 28:
        record |= {"ocx_status": "Complaint", "ocx_unsubscribe_date": later(1), "ocx_complaint_date": later(2)}


def _value(each: FieldInfo, row: int, bits: int) -> object:
    """Return what a contact has in a field; often nothing."""
    if each.type == "numeric":
        return None if bits % 4 == 0 else (bits >> 8) % 2000 - 5
    if each.type == "date":
        return None if bits % 5 == 0 else _date(each.format, OLDEST + (bits >> 8) % (NEWEST - OLDEST))
    return _TEXTS.get(each.name.lower(), _note)(row, bits >> 8)


def _date(pattern: str, seconds: int) -> str:
    """Spell a date by a field's pattern."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime(python_pattern(pattern))


@lru_cache
def python_pattern(pattern: str) -> str:
    """Return Python's spelling of the pattern of a field."""
    for name, code in (("yyyy", "%Y"), ("mm", "%m"), ("dd", "%d"), ("hh24", "%H"), ("mi", "%M"), ("ss", "%S")):
        pattern = pattern.replace(name, code)
    return pattern


def _note(_: int, bits: int) -> str | None:
    return _NOTES[bits % len(_NOTES)]


def _one_of(*values: str | None) -> Callable[[int, int], str | None]:
    return lambda _, bits: values[bits % len(values)]


_TEXTS: dict[str, Callable[[int, int], str | None]] = {
    "first_name": _one_of(*_FIRST, None),
    "last_name": _one_of(*_LASTS, ""),
    "gender": _one_of("M", "F", None, ""),
    "country": _one_of("Peru", "Côte d'Ivoire", "US", "Korea, Republic of", None),
    "city": _one_of("Oslo", "Lima", "São Paulo", "", None),
    "phone": lambda row, bits: None if bits % 3 == 0 else f"+1 555 {row % 10_000:04d}",
    "ip": lambda row, bits: None if bits % 2 else f"203.0.113.{row % 256}",
    "os": _one_of("Windows", "iOS", None),
    "address": lambda row, bits: None if bits % 4 == 0 else f"{row} Main St.,\nApt. {bits % 9}",
    "signup": _one_of("yesterday", "2019", None),
    "points": _one_of("many", "007", "1e3", None),
}


def collections(world: World) -> dict[str, dict[int, Collection]]:
    """Return the contacts of all lists that hold any."""
    return {ENTITY: {place.id: _collection(world, place) for place in world.lists if place.sending}}


def _collection(world: World, place: ListInfo) -> Collection:
    ids = ids_of(world, place)
    return Collection(ENTITY, ids, partial(contact_record, world, place, ids), number=number_of_id)


def by_email(collection: Collection, email: str) -> Record | None:
    """Return the contact with an address, whatever the case of its letters."""
    wanted = email.lower()
    for record in list(collection.edited.values()):
        if record["email"].lower() == wanted:
            return record
    row = _row_of(email)
    if not 0 <= row < collection.layout.count:
        return None
    found = collection.get(collection.layout.id_of(row))
    return found if found is not None and found["email"].lower() == wanted else None
