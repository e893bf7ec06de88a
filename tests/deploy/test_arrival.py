"""Whether a deploy has arrived: what the connection has decides, and not how the CLI ended."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.scripts import scripts

OLD, NEW, OTHER = "package_old", "package_new", "package_of_somebody_else"
Runs = list[str | None]


class Account:
    """Answers with the packages that the connection has, one for each time that it is asked; the last one stays. None: no connection."""

    def __init__(self, packages: Runs, *, kept: bool = True) -> None:
        self._packages, self._kept = packages, kept

    def connection(self, group: str, name: str) -> Any:
        package = self._packages.pop(0) if len(self._packages) > 1 else self._packages[0]
        return None if package is None else connection(package)

    def has_package(self, package: str) -> bool:
        assert package == NEW
        return self._kept


def connection(package: str) -> Any:
    return scripts().account.Connection("connection_1", "connector_sdk", package, "Directly", "", frozenset())


def arrived(
    packages: Runs, *, status: int, uploaded: str = NEW, kept: bool = True, before: str | None = OLD, waited: list[float] | None = None
) -> tuple[Any, list[float]]:
    """The connection, and for how long it was waited each time."""
    waited = [] if waited is None else waited
    deploy = scripts().deploy
    account = Account(packages, kept=kept)
    plan = deploy.Plan("toy", (), {}, "", "", account, "group_1", None if before is None else connection(before))
    return deploy.arrived(plan, scripts().cli.Run(status, uploaded), waited.append), waited


def refused(packages: Runs, **told: Any) -> str:
    with pytest.raises(scripts().account.Trouble) as found:
        arrived(packages, **told)
    return str(found.value)


@pytest.mark.parametrize("status", [0, 1])
@pytest.mark.parametrize("before", [OLD, None])
def test_what_has_arrived_is_not_waited_for_however_the_cli_ended(status: int, before: str | None) -> None:
    assert arrived([NEW], status=status, before=before) == (connection(NEW), [])


def test_what_fivetran_still_works_at_is_waited_for() -> None:
    assert arrived([OLD, OLD, NEW], status=1) == (connection(NEW), [10, 10])
    assert arrived([None, NEW], status=1, before=None) == (connection(NEW), [10])


def test_what_does_not_come_in_five_minutes_may_still_come() -> None:
    waited: list[float] = []
    with pytest.raises(scripts().account.Trouble, match="Fivetran has not done what it was asked for, and may still do it"):
        arrived([OLD], status=1, waited=waited)
    assert sum(waited) == 300


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (OLD, OLD, "The connection is as it was: neither"),
        (None, None, "No connection was made."),
        (OLD, OTHER, "does not know that it is its own"),
        (OLD, None, "is gone"),
    ],
)
@pytest.mark.parametrize("uploaded", [NEW, ""])
def test_what_the_cli_took_back_or_never_uploaded_is_not_waited_for(
    before: str | None, after: str | None, said: str, uploaded: str
) -> None:
    assert said in refused([after], status=1, uploaded=uploaded, kept=False, before=before)


def test_a_cli_that_is_content_without_effect_is_not_believed() -> None:
    assert "may still do it" in refused([OLD], status=0)
    assert "neither its code" in refused([OLD], status=0, uploaded="")


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (["PASSED"], ""),
        (["PASSED", "SKIPPED"], ""),
        (["WARNING"], ""),
        (["passed"], ""),
        (["PASSED", "FAILED"], "Setup tests fail: test 1 (why)"),
        (["PASSED", "JOB_FAILED"], "Setup tests fail: test 1 (why)"),
        (["failed"], "Setup tests fail: test 0 (why)"),
        (["PASSED", "NEVER_HEARD_OF"], "Setup tests fail: test 1 (why)"),
        (["PASSED", ""], "Setup tests fail: test 1 (why)"),
        (["SKIPPED"], "No setup test was run."),
        ([], "No setup test was run."),
    ],
)
def test_setup_tests_pass_if_each_is_known_to_and_one_was_run(statuses: list[str], said: str) -> None:
    tests = [scripts().account.SetupTest(f"test {index}", status, "why") for index, status in enumerate(statuses)]
    refusal = scripts().account.refusal_of(tests)
    assert refusal.startswith(said)
    assert bool(refusal) is bool(said)


@pytest.mark.parametrize(
    ("hidden", "text", "shown"),
    [
        (r"""Can"ary\tail""", r'{"message": "Can\"ary\\tail"}', '{"message": "***"}'),
        ("Can ary/ü", "https://x/?key=Can%20ary%2F%C3%BC", "https://x/?key=***"),
        ("Can ary/ü", "https://x/?a=Can%20ary/%C3%BC&b=Can+ary%2F%C3%BC", "https://x/?a=***&b=***"),
        ("first\nsecond line\nthird", "a second line b\nthird", "a *** b ***"),
        ("abcdef", "xabcdefghi", "x***ghi"),
        ("", "nothing is hidden", "nothing is hidden"),
        ("abc", "abc is too short to hide", "abc is too short to hide"),
        ("secret", "::stop-commands::x ##[error]secret\r\n::error::y", "::stop-commands::x ## [error]*** ::error::y"),
    ],
)
def test_what_may_be_shown_is_one_line_without_what_is_hidden(hidden: str, text: str, shown: str) -> None:
    assert scripts().cli.shower([hidden])(text) == shown


def test_the_key_is_hidden_with_its_parts() -> None:
    parts = scripts().cli.parts_of_key("bm90LWEtcmVhbC1rZXk6bm90LWEtcmVhbC1zZWNyZXQ=")
    assert parts == ["bm90LWEtcmVhbC1rZXk6bm90LWEtcmVhbC1zZWNyZXQ=", "bm90LWEt", "not-a-real-secret"]
