"""Ids that are texts, as numbers: what remembers numbers can remember them, and tell them again."""

from __future__ import annotations

import re

HEX_ID = re.compile(r"[0-9a-f]{24}")


def key_number(text: str) -> int:
    """A text as a positive number, from which `key_text` makes it again; an id of 24 hex digits takes half the room."""
    if HEX_ID.fullmatch(text):
        return int("1" + text, 16) << 1
    return int.from_bytes(b"\x01" + text.encode("utf-8", "surrogatepass"), "big") << 1 | 1


def key_text(number: int) -> str:
    """The text of which `key_number` made a number."""
    if number & 1:
        packed = number >> 1
        return packed.to_bytes((packed.bit_length() + 7) // 8, "big")[1:].decode("utf-8", "surrogatepass")
    return f"{number >> 1:x}"[1:]
