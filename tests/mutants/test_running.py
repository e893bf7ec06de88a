"""The runner, with a toy tree in place of this one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutants.__main__ import main
from tests.mutants.running import DoesNotApply, Fault, Mutants, Run, Verdict, judge, plant, table

TOY = {
    "toy.py": "def add(a: int, b: int) -> int:\n    number = a + b\n    return number\n\n\ndef name() -> str:\n    return 'toy'\n",
    "test_toy.py": "from toy import add\n\n\ndef test_add() -> None:\n    assert add(2, 3) == 5\n",
    ".gitignore": "ignored.py\n",
    "ignored.py": "raise SystemExit\n",
}
TESTS = ("test_toy.py::test_add",)
CAUGHT = Fault("caught-one", "toy.py", "a + b", "a - b", TESTS)
UNCAUGHT = Fault("uncaught-one", "toy.py", "'toy'", "'joy'", TESTS)
STALE = Fault("stale-one", "toy.py", "a * b", "a - b", TESTS)
TWICE = Fault("ambiguous-one", "toy.py", "number", "total", TESTS)
NO_IMPORT = Fault("one-without-import", "toy.py", "def add", "import nothing_of_that_name\n\n\ndef add", TESTS)
NO_NAME = Fault("one-with-a-misspelt-name", "toy.py", "a + b", "a + c", TESTS)
NO_PYTHON = Fault("one-that-is-no-python", "toy.py", "a + b", "a +", TESTS)
ENDLESS = Fault("endless-one", "toy.py", "number = a + b", "while True:\n        number = a", TESTS, endless=True)


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Path]:
    """A git checkout in which nothing is committed yet."""
    root = tmp_path / "toy"
    root.mkdir()
    for name, content in TOY.items():
        (root / name).write_text(content, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    yield root
    assert {path.name: path.read_text(encoding="utf-8") for path in root.iterdir() if path.is_file()} == TOY


def test_each_fault_gets_its_verdict(toy: Path) -> None:
    said: list[str] = []
    faults = [CAUGHT, UNCAUGHT, STALE, NO_IMPORT, NO_NAME]
    verdicts = Mutants(toy, said.append).try_all(faults, at_once=2)
    assert [verdict.fault for verdict in verdicts] == faults
    assert [verdict.caught for verdict in verdicts] == [True, False, False, False, False]
    assert [verdict.why.partition(":")[0] for verdict in verdicts] == [
        "assert -1 == 5",
        "its tests pass with it",
        "its text occurs 0 times in toy.py, and must occur once",
        "no test failed on what the code does (exit status 4)",
        "no test failed on what the code does (exit status 1)",
    ]
    assert said[0] == "tests that must pass in an unchanged copy: 1"
    assert len(said) == 6


@pytest.mark.parametrize("endless", [True, False])
def test_a_test_that_does_not_end_is_a_catch_only_where_that_is_expected(toy: Path, endless: bool) -> None:
    verdict = Mutants(toy, print, seconds=2, endless_seconds=2).try_one(ENDLESS._replace(endless=endless))
    assert verdict.caught is endless


def test_tests_that_fail_without_a_fault_prove_nothing(toy: Path) -> None:
    with pytest.raises(RuntimeError, match="the tests fail without any fault"):
        Mutants(toy, print).try_all([CAUGHT._replace(tests=("test_toy.py::test_gone",))], at_once=1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (STALE, "occurs 0 times"),
        (TWICE, "occurs 2 times"),
        (STALE._replace(file="gone.py"), "occurs 0 times"),
        (NO_PYTHON, "no Python"),
    ],
)
def test_a_fault_must_fit(toy: Path, fault: Fault, reason: str) -> None:
    with pytest.raises(DoesNotApply, match=reason):
        plant(fault, toy)


@pytest.mark.parametrize(
    ("run", "caught"),
    [
        (Run(1, ["assert 1 == 2"], ""), True),
        (Run(1, ["NameError: name 'x' is not defined", "KeyError: 'x'"], ""), True),
        (Run(1, ["ImportError: no"], ""), False),
        (Run(1, [], "1 error"), False),  # an error in what the test needs
        (Run(2, [], "interrupted"), False),
        (Run(5, [], "no tests ran"), False),
        (Run(-11, [], ""), False),
        (Run(0, [], "1 passed"), False),
        (Run(None, [], ""), False),
    ],
)
def test_only_a_failed_test_is_a_catch(run: Run, caught: bool) -> None:
    assert judge(CAUGHT, run)[0] is caught


def test_the_table_ends_with_what_was_missed_and_the_count() -> None:
    verdicts = [Verdict(CAUGHT, True, "assert"), Verdict(UNCAUGHT, False, "its tests pass with it")]
    assert table(verdicts).splitlines() == [
        "fault         file    caught  test",
        "caught-one    toy.py  yes     test_toy.py::test_add",
        "uncaught-one  toy.py  NO      test_toy.py::test_add",
        "uncaught-one: its tests pass with it",
        "1 passed, 1 failed",
    ]


def test_the_exit_status_says_whether_all_were_caught(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faults = [CAUGHT, UNCAUGHT]
    assert main([CAUGHT.name], faults, toy) == 0
    assert capsys.readouterr().out.endswith("\n1 passed, 0 failed\n")
    assert main([UNCAUGHT.name], faults, toy) == 1
    assert capsys.readouterr().out.endswith("\n0 passed, 1 failed\n")
    assert main(["nobody"], faults, toy) == 2
    assert capsys.readouterr().err == "There is no fault nobody; there are caught-one, uncaught-one.\n"
