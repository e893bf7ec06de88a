"""From a value on the wire to a cell, where that is the same for several sources: texts, numbers, truth values."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sandbox.truth import Cell

_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})


def text_cell(value: object) -> Cell:
    """Return a text; null for what is an object or a list."""
    if isinstance(value, (dict, list)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def number_of(value: object) -> Decimal | None:
    """Return the number that a value is or tells, None if it does not."""
    if isinstance(value, (bool, dict, list)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def integer_cell(value: object) -> Cell:
    """Return a whole number, null if it is none."""
    number = number_of(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def double_cell(value: object) -> Cell:
    """Return a number, null if it is none."""
    number = number_of(value)
    return None if number is None else float(number)


def boolean_cell(value: object) -> Cell:
    """Return a truth value, also of 1 and 0; null if it is none."""
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None
