"""Contract 19: canary secrets and canary personal values turn up nowhere but in the cells they belong to."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

import pytest

from common.failures import SyncFailed
from tests.contract.facts import FACTS, example
from tests.contract.harness import Harness, as_json, direct

SECRET = "canary-secret-5f1c"
PERSON = "Canary Person 77aa"


def everything_said(h: Harness, capsys: pytest.CaptureFixture[str], error: BaseException | None) -> str:
    """All that a person other than the owner of the data may see of a sync."""
    output = capsys.readouterr()
    raised = "".join(traceback.format_exception(error)) if error else ""
    return output.out + output.err + raised + as_json(h.fivetran.state) + as_json(h.rows("errors")) + as_json(h.fivetran.warnings)


def run_as_fivetran_does(h: Harness, monkeypatch: pytest.MonkeyPatch) -> BaseException | None:
    """Runs `update` of connector.py, which is what stands between a failure and Fivetran's log."""
    monkeypatch.setattr(h.modules.sync, "SystemClock", lambda: h.clock)
    h.modules.sync.op = h.fivetran
    try:
        h.modules.connector.update(h.configuration, h.fivetran.begin_sync())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what Fivetran would print
        return error
    return None


def spoil_nothing(h: Harness) -> None:
    """A healthy source."""


def wrong_type(h: Harness) -> None:
    h.box.faults.add("poison_value", entity=h.facts.entity, id=h.ids()[0], key=h.facts.field, value=PERSON)


def no_key(h: Harness) -> None:
    h.box.faults.add("poison_value", entity=h.facts.entity, id=h.ids()[0], key=h.facts.id_field, value=PERSON)


def outage_with_text(h: Harness) -> None:
    h.box.faults.add("status", FACTS[h.folder].pages, status=500, body=f"<html>{PERSON}</html>", content_type="text/html")


def half_json(h: Harness) -> None:
    h.box.faults.add("half_json", FACTS[h.folder].pages)


def refused(h: Harness) -> None:
    h.box.faults.add("status", FACTS[h.folder].pages, status=401)


@pytest.mark.parametrize("spoil", [spoil_nothing, wrong_type, no_key, outage_with_text, half_json, refused])
def test_19_no_canary_in_logs_errors_exceptions_or_state(
    folder: str, spoil: Callable[[Harness], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with direct(folder) as (h, _):
        FACTS[folder].admit(h.source, SECRET)
        h.configuration[FACTS[folder].secret] = example(folder, FACTS[folder].secret, SECRET)
        spoil(h)
        said = everything_said(h, capsys, run_as_fivetran_does(h, monkeypatch))
        assert "canary" not in said.lower()
        assert "bearer " not in said.lower()
        assert h.rows(FACTS[folder].table) or spoil in {outage_with_text, half_json, refused}


def test_19_an_error_of_our_own_shows_its_place_and_no_value(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with direct(folder) as (h, _):

        def broken(*arguments: object) -> None:
            person = PERSON
            raise ValueError(f"invalid value {person}")

        module, _, name = h.facts.splits.rpartition(".")
        monkeypatch.setattr(sys.modules[module] if module.startswith("common.") else getattr(h.modules, module), name, broken)
        error = run_as_fivetran_does(h, monkeypatch)
        assert isinstance(error, SyncFailed)
        assert "ValueError" in str(error)
        assert "test_secrets.py" in str(error)
        assert PERSON not in "".join(traceback.format_exception(error))
        assert _locals_on_the_way(error) <= {"configuration", "state", "action", "message", "error", "h", "monkeypatch"}


def _locals_on_the_way(error: BaseException) -> set[str]:
    """The local variables of all frames that a crash report could list: none may be a record."""
    names: set[str] = set()
    seen: list[BaseException | None] = [error, error.__cause__, error.__context__]
    for one in seen:
        trace = one.__traceback__ if one else None
        while trace:
            names |= set(trace.tb_frame.f_locals)
            trace = trace.tb_next
    return names
