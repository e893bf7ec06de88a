"""Hypothesis strategies that several test modules share."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

# What `json.loads(text, parse_float=Decimal)` can give: lone surrogates and "1e999999999" are legal JSON.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
ABSURD = st.builds(
    lambda digits, exponent: Decimal(f"{digits}E{exponent}"),
    st.integers(-(10**20), 10**20),
    st.integers(-(10**9), 10**9),
)
NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | ABSURD
NUMBER_LIKE = NUMBERS.map(str) | st.sampled_from(["NaN", "-Infinity", "sNaN", "1_0", "0x10", "1e999999999"])
DATE_LIKE = st.from_regex(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{0,9})?)?Z?)?") | (
    st.sampled_from(["9999-12-31T24:00:00", "0001-01-01T00:00:00+10:00", "Unavailable", "0000-00-00"])
)
MONEY_LIKE = st.text("0123456789.,'() -$€\u2212", max_size=15)
TEXTS = ANY_TEXT | NUMBER_LIKE | DATE_LIKE | MONEY_LIKE
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
JSON_VALUES = st.recursive(SCALARS, lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXTS, values, max_size=3), max_leaves=6)
