"""What Fivetran prints of a failure: all that helps, and no value of a record."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from types import TracebackType

import pytest

from common.failures import (
    Disorder,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    SettingProblem,
    SourceFailure,
    StateProblem,
    SyncFailed,
    Unauthorized,
    Unavailable,
    shielded,
)
from tests.doubles import Killed

PERSON = "Canary Person 77aa"
OURS = [
    SourceFailure,
    Unauthorized,
    Forbidden,
    NotFound,
    Rejected,
    Unavailable,
    RateLimited,
    Disorder,
    SettingProblem,
    StateProblem,
    SyncFailed,
]
SENTENCE = "gifts: the API key may not read them."


def raising(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def shown(action: Callable[[], None]) -> SyncFailed:
    with pytest.raises(SyncFailed) as raised:
        shielded(action)
    return raised.value


def test_a_sync_that_went_well_ends_well_and_ran_once() -> None:
    ran: list[int] = []
    shielded(lambda: ran.append(1))
    assert ran == [1]


@pytest.mark.parametrize("kind", OURS)
def test_our_own_sentence_reaches_the_customer_word_for_word(kind: type[Exception]) -> None:
    assert str(shown(raising(kind(SENTENCE)))) == SENTENCE


@pytest.mark.parametrize("error", [*(kind("") for kind in OURS), RuntimeError(), AssertionError()], ids=repr)
def test_a_failure_without_a_text_is_still_a_failure(error: Exception) -> None:
    with pytest.raises(SyncFailed):
        shielded(raising(error))


@pytest.mark.parametrize(
    "error",
    [
        ValueError(PERSON),
        KeyError(PERSON),
        RuntimeError({"name": PERSON}),
        UnicodeEncodeError("ascii", PERSON, 0, 1, PERSON),
        OSError(5, PERSON),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_quotes_a_value_is_told_by_kind_and_place(error: Exception) -> None:
    failure = shown(raising(error))
    said = "".join(traceback.format_exception(failure))
    assert type(error).__name__ in str(failure)
    assert "action (test_failures.py:" in str(failure)
    assert "Canary" not in said


def test_an_error_behind_an_error_is_not_told_either() -> None:
    def action() -> None:
        try:
            raising(ValueError(PERSON))()
        except ValueError as error:
            raise SyncFailed(SENTENCE) from error

    failure = shown(action)
    assert "Canary" not in "".join(traceback.format_exception(failure))
    assert (failure.__cause__, failure.__context__) == (None, None)


def locals_of(trace: TracebackType | None) -> list[str]:
    found: list[str] = []
    while trace:
        if trace.tb_frame.f_globals["__name__"] != __name__:
            found += map(repr, trace.tb_frame.f_locals.values())
        trace = trace.tb_next
    return found


@pytest.mark.parametrize("kind", [ValueError, SyncFailed])
def test_a_crash_report_finds_no_record_in_the_frames(kind: type[Exception]) -> None:
    def action() -> None:
        record = {"name": PERSON}
        if record:
            raise kind(SENTENCE)

    failure = shown(action)
    assert not [value for value in locals_of(failure.__traceback__) if "Canary" in value]


def test_no_path_of_the_machine_is_told() -> None:
    assert "/" not in str(shown(raising(ValueError())))


def test_a_deep_recursion_does_not_fill_the_log() -> None:
    def deeper() -> None:
        deeper()

    failure = shown(deeper)
    assert "RecursionError" in str(failure)
    assert len(str(failure)) < 1000


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(3), Killed()])
def test_who_stops_the_sync_stops_it(stop: BaseException) -> None:
    with pytest.raises(type(stop)) as raised:
        shielded(raising(stop))
    assert raised.value is stop


@pytest.mark.parametrize("kind", [Unauthorized, Forbidden, NotFound, Rejected, Unavailable, RateLimited, Disorder])
def test_no_recovery_is_mistaken_for_another(kind: type[SourceFailure]) -> None:
    others = {Unauthorized, Forbidden, NotFound, Rejected, Unavailable, RateLimited, Disorder} - {kind}
    assert not isinstance(kind("no"), tuple(others))  # an `except Unavailable` that met a RateLimited would shrink pages for it
