"""Command lines that are mostly written by `make`: a mistake is told in one sentence, by the names that `make` knows."""

from __future__ import annotations

import argparse
import os.path
from collections.abc import Collection
from typing import NoReturn

from sandbox.presets import PRESETS


class Parser(argparse.ArgumentParser):
    """A parser that answers a mistake with one sentence, and exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Ends the program without the usage, which speaks of a command that nobody has typed."""
        self.exit(2, f"{message}\n")

    def whole(self, name: str, text: str, example: int, least: int, most: int | None = None) -> int:
        """The number in a text; a mistake is told by the name of make's variable."""
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            span = f"from {least} on" if most is None else f"from {least} to {most}"
            self.error(f"{name} must be a whole number {span}, for example {name}={example}; it is {text!r}.")
        return number

    def connector(self, text: str, existing: Collection[str]) -> str:
        """The name of a connector, also from `virtuous/`, which is what the Tab key makes of it."""
        name = os.path.normpath(text)
        if name not in existing:
            self.error(f"CONNECTOR must be one of those here ({', '.join(sorted(existing))}); it is {text!r}.")
        return name

    def preset(self, text: str | None) -> str | None:
        """The name of a set of faults, None for none."""
        if text and text not in PRESETS:
            self.error(f"FAULTS must be one of {', '.join(PRESETS)}; it is {text!r}.")
        return text or None
