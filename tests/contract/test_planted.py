"""Contract 24, the quick part: the planted faults fit the code of today. `make mutants` shows that each of them is caught."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.loading import ROOT
from tests.mutants.planted import FAULTS
from tests.mutants.running import Fault, plant

LEAST = 15


def test_24_every_connector_has_enough_planted_faults(folder: str) -> None:
    touching = [fault for fault in FAULTS if fault.file.startswith((f"{folder}/", "common/"))]
    assert len(touching) >= LEAST
    assert any(fault.file.startswith(f"{folder}/") for fault in touching), "none of them is in the connector itself"


def test_24_names_are_words_with_hyphens_and_unique() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)+", name)] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_24_a_planted_fault_fits_the_code_and_names_tests_that_there_are(fault: Fault, tmp_path: Path) -> None:
    (tmp_path / fault.file).parent.mkdir(parents=True)
    shutil.copy(ROOT / fault.file, tmp_path / fault.file)
    plant(fault, tmp_path)
    assert (tmp_path / fault.file).read_text(encoding="utf-8") != (ROOT / fault.file).read_text(encoding="utf-8")
    assert fault.tests
    for test in fault.tests:
        file, _, name = test.partition("::")
        assert file.startswith(("tests/contract/", "tests/deploy/", f"tests/{fault.file.partition('/')[0]}/"))
        assert f"\ndef {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8"), test
