"""Connectors for tests: their modules import each other by plain name, so each set is imported by itself and kept apart."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import common  # noqa: F401 - the one at the top, before a connector's link to it is on the path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [name for name in ("virtuous", "ongage", "everyaction", "sa360") if (ROOT / name / "connector.py").exists()]


@cache
def load(folder: str) -> SimpleNamespace:
    """The modules of a connector as attributes: `load("virtuous").sync`."""
    path = ROOT / folder
    names = [file.stem for file in sorted(path.glob("*.py"))]
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(path))
    try:
        return SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(path))
        _forget(names, before)


def schema_of(folder: str, configuration: dict[str, Any]) -> list[dict[str, Any]]:
    """What a connector's `schema` says without asking its source; what only an account knows is what the vendor documents."""
    modules = load(folder)
    discovery = getattr(modules, "discovery", None)
    if discovery is None:
        return list(modules.connector.schema(configuration))
    with patch.object(discovery, "of_account", lambda settings: modules.models.DOCUMENTED):
        return list(modules.connector.schema(configuration))


def _forget(names: list[str], before: dict[str, ModuleType]) -> None:
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(before)
