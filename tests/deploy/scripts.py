"""The scripts of the workflows, imported by plain name as they import each other."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from types import SimpleNamespace

from tests.loading import ROOT

SCRIPTS = ROOT / ".github" / "scripts"
NAMES = ("account", "changed_connectors", "cli", "configuration", "deploy")


@cache
def scripts() -> SimpleNamespace:
    """The scripts as attributes: `scripts().configuration`."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        return SimpleNamespace(**{name: importlib.import_module(name) for name in NAMES})
    finally:
        sys.path.remove(str(SCRIPTS))
        for name in NAMES:
            sys.modules.pop(name, None)
