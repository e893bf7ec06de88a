"""Texts as numbers: which number becomes which text again."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.keys import key_number, key_text
from tests.strategies import ANY_TEXT


@example("")
@example("\0")
@example("0" * 24)
@example("\ud800")
@given(ANY_TEXT | st.text("0123456789abcdef", min_size=23, max_size=25))
def test_a_text_comes_back_from_a_positive_number(text: str) -> None:
    assert key_number(text) > 0
    assert key_text(key_number(text)) == text


@pytest.mark.parametrize(("one", "other"), [("", "\0"), ("a", "a\0"), ("0" * 24, "0" * 25), ("5", "05"), ("A" * 24, "a" * 24)])
def test_different_texts_are_different_numbers(one: str, other: str) -> None:
    assert key_number(one) != key_number(other)


def test_hexadecimal_ids_take_half_the_room() -> None:
    assert key_number("f" * 24).bit_length() <= 24 * 4 + 2
