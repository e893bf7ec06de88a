"""The searches for people: whoever has a name that can be searched for counts once, and nobody is left out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.loading import load

everyaction = load("everyaction")
sweep = everyaction.sweep
Part = sweep.Part

SEARCHABLE = set("abcdefghijklmnopqrstuvwxyz0123456789")
FIELDS = {
    "lastName": "lastName",
    "firstName": "firstName",
    "commonName": "organizationContactCommonName",
    "officialName": "organizationContactOfficialName",
}
FIRST = sweep.first_parts()
NAMES = [part for part in FIRST if part.field in FIELDS]
OTHERS = [part for part in FIRST if part.field not in FIELDS]

# Like names, close to what searches are split by. Without U+212A, of which nobody knows whether the source takes it for a K.
ODD = st.text(st.characters(codec="utf-8", exclude_characters="\u212a"), max_size=4)
CLOSE = st.text("aAbZ09 '-.\u00e9\u00c9\u0130_!", max_size=5)
NAME = st.none() | CLOSE | ODD | st.builds(str.__add__, CLOSE, ODD)
PEOPLE = st.fixed_dictionaries(
    {}, optional={"vanId": st.just(1), **dict.fromkeys(FIELDS.values(), NAME), "emails": st.just([{"email": "a@example.org"}])}
)


def lower(text: str) -> str:
    """Without regard to case, as far as ASCII goes: beyond it a search is an error."""
    return "".join(one.lower() if one.isascii() else one for one in text)


def finds(part: Any, person: Any) -> bool:
    """Whether the source's search finds a person by a name: it is a prefix, without regard to case."""
    return lower(person.get(FIELDS[part.field]) or "").startswith(part.prefix)


def searchable(person: Any) -> bool:
    return any(lower(person.get(field) or "")[:1] in SEARCHABLE for field in FIELDS.values())


def test_the_first_searches() -> None:
    assert len(FIRST) == len(set(FIRST))
    assert not any(part.rest for part in FIRST)
    for field in (*FIELDS, "email"):
        assert {part.prefix for part in FIRST if part.field == field} == SEARCHABLE
    states = {part.prefix for part in FIRST if part.field == "stateOrProvince"}
    assert {"NY", "CA", "DC", "PR", "AP", "ON", "QC"} <= states
    assert all(len(state) == 2 and state.isupper() for state in states)
    assert len(states) == 50 + 1 + 5 + 3 + 13  # states, the capital, territories, the forces, and Canada's provinces
    assert {part.field for part in FIRST} == {*FIELDS, "stateOrProvince", "email"} == set(sweep.SEARCHES)


@given(PEOPLE)
def test_whoever_has_a_name_to_search_for_counts_in_exactly_one_search(person: Any) -> None:
    taken = [part for part in NAMES if finds(part, person) and sweep.belongs(part, person)]
    assert len(taken) == searchable(person)


@given(PEOPLE)
def test_other_searches_take_exactly_those_whom_no_name_reaches(person: Any) -> None:
    assert {sweep.belongs(part, person) for part in OTHERS} == {not searchable(person)}


@given(PEOPLE, st.sampled_from(["@", ".", "a"]))
def test_a_search_by_address_that_was_split_takes_them_as_well(person: Any, following: str) -> None:
    for part in (Part("email", "a", rest=True), Part("email", f"a{following}"), Part("email", f"a{following}", rest=True)):
        assert sweep.belongs(part, person) is not searchable(person)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"lastName": "Nguyen", "firstName": "Ann"}, ("lastName", "n")),
        ({"lastName": "\u00c9tienne", "firstName": "Ann"}, ("firstName", "a")),
        ({"lastName": "", "firstName": "ann", "organizationContactCommonName": "Zeta"}, ("firstName", "a")),
        ({"lastName": None, "firstName": "'t", "organizationContactCommonName": "3M"}, ("commonName", "3")),
        ({"organizationContactCommonName": "(none)", "organizationContactOfficialName": "ACME"}, ("officialName", "a")),
    ],
)
def test_by_which_name_somebody_counts(person: Any, expected: tuple[str, str]) -> None:
    assert [part[:2] for part in NAMES if finds(part, person) and sweep.belongs(part, person)] == [expected]


# --- Narrower searches ---

PREFIX = st.builds(str.__add__, st.sampled_from("ab09z"), st.text("aAb09 '-.".lower(), max_size=3))


@given(st.sampled_from(sorted(FIELDS)), PREFIX, NAME)
@example("lastName", "al", "\u0130")  # whose small letter in Python is an i and a dot
def test_narrower_searches_and_the_rest_share_out_whom_a_search_found(field: str, prefix: str, end: str | None) -> None:
    person = {FIELDS[field]: prefix.upper() + (end or "")}
    part = Part(field, prefix)
    assert finds(part, person)
    assert sweep.belongs(part, person)
    parts = [*sweep.children(part), part._replace(rest=True)]
    assert sum(finds(one, person) and sweep.belongs(one, person) for one in parts) == 1


@given(PEOPLE, st.sampled_from(NAMES))
def test_nobody_counts_in_a_narrower_search_who_did_not_count_before(person: Any, part: Any) -> None:
    parts = [*sweep.children(part), part._replace(rest=True)]
    taken = [one for one in parts if finds(one, person) and sweep.belongs(one, person)]
    assert len(taken) == (finds(part, person) and sweep.belongs(part, person))


@pytest.mark.parametrize(
    ("name", "narrower"),
    [
        *((name, False) for name in ("s", "S\u00f8rensen", "s_x", "s@x")),
        *((name, True) for name in ("smith", "S. A. Ltd", "s'Gravesande", "S 9", "S-B", "S9")),
    ],
)
def test_whom_the_rest_takes(name: str, narrower: bool) -> None:
    person = {"lastName": name}
    assert sweep.belongs(Part("lastName", "s", rest=True), person) is not narrower
    assert any(finds(child, person) for child in sweep.children(Part("lastName", "s"))) is narrower


def test_whoever_was_found_by_another_name_than_the_one_that_is_told_is_kept() -> None:
    assert sweep.belongs(Part("firstName", "bo", rest=True), {"firstName": "Robert", "nickname": "Bob"})


def test_narrower_searches_have_one_character_more() -> None:
    names = sweep.children(Part("firstName", "a"))
    assert {part.prefix for part in names} == {f"a{letter}" for letter in SEARCHABLE | set(" '-.")}
    addresses = sweep.children(Part("email", "a"))
    assert {part.prefix for part in addresses} == {f"a{letter}" for letter in SEARCHABLE | set(".-_+@")}
    for part in (*names, *addresses):
        assert part.prefix.isascii()  # beyond ASCII the source answers with an error
        assert not part.rest
    assert {part.field for part in names} == {"firstName"}
    assert len(set(names)) == len(names)
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part("lastName", "a"), True),
        (Part("email", "a"), True),
        (Part("lastName", "a" * 11), True),
        (Part("lastName", "a" * 12), False),
        (Part("lastName", "a", rest=True), False),
        (Part("stateOrProvince", "NY"), False),
    ],
)
def test_which_searches_can_be_narrower(part: Any, expected: bool) -> None:
    assert sweep.can_be_split(part) is expected


# --- The decision to split, which sweep leaves to the backfill ---


def split_by(counts: dict[str, int], part: Any, total: int) -> Any:
    """What becomes of a search with `total` people, if narrower ones find so many."""

    def page(path: str, params: Any) -> Any:
        assert (path, params["$top"]) == ("/people", 1)
        return everyaction.api.Listed([], counts.get(params[part.field], 0), None)

    context: Any = SimpleNamespace(
        **dict.fromkeys(("pager", "delivery", "executor", "wait", "say", "inform")),
        api=SimpleNamespace(page=page),
        state=SimpleNamespace(backfill=None),
    )
    return everyaction.searches.Searches(context)._split(part, total)


def test_the_rest_of_a_search_is_always_read_since_counts_may_overlap() -> None:
    part = Part("lastName", "s")
    rest = part._replace(rest=True)
    assert split_by({"sa": 8_000, "sb": 4_000}, part, 12_000) == [Part("lastName", "sa"), Part("lastName", "sb"), rest]
    assert split_by({"sa": 8_000}, part, 12_000) == [Part("lastName", "sa"), part._replace(rest=True)]


def test_a_search_that_makes_no_difference_is_not_split_for_ever() -> None:
    with pytest.raises(everyaction.searches.Disorder, match="whatever is searched for"):
        split_by({"sa": 12_000, "sb": 12_000}, Part("lastName", "s"), 12_000)


def test_whoever_has_two_addresses_does_not_stand_for_somebody_else() -> None:
    """Of 12,000 people all but one have an address "aa...", 100 of them "ab..." as well, and the one has only "a!x@example.org"."""
    part = Part("email", "a")
    assert part._replace(rest=True) in split_by({"aa": 11_999, "ab": 100}, part, 12_000)
