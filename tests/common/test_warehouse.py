"""When rows are committed, what a replaced table looks like meanwhile, and which warnings a customer sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from common.progress import Progress
from common.warehouse import CHECKPOINT_ROWS, CHECKPOINT_SECONDS, Warehouse
from tests.doubles import FakeClock

Row = dict[str, Any]


class Recorder:
    """Writes down what the SDK was asked to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.done.append(("upsert", (table, data)))

    def update(self, table: str, modified: dict[str, Any]) -> None:
        self.done.append(("update", (table, modified)))

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self.done.append(("delete", (table, keys)))

    def truncate(self, table: str) -> None:
        self.done.append(("truncate", table))

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.done.append(("checkpoint", state))

    def warning(self, message: str) -> None:
        self.done.append(("warning", message))

    def all(self, kind: str) -> list[Any]:
        return [what for name, what in self.done if name == kind]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def op() -> Recorder:
    return Recorder()


@pytest.fixture
def progress(clock: FakeClock) -> Progress:
    return Progress(clock, lambda message: None)


@pytest.fixture
def state() -> dict[str, Any]:
    return {"last_id": 0}


@pytest.fixture
def warehouse(op: Recorder, clock: FakeClock, progress: Progress, state: dict[str, Any]) -> Warehouse:
    return Warehouse(op, clock, progress, lambda: dict(state))


def rows(number: int) -> Iterator[Row]:
    return ({"id": str(at)} for at in range(number))


def test_rows_do_not_pile_up_in_memory(warehouse: Warehouse, op: Recorder) -> None:
    for _ in range(10):
        warehouse.upsert("gifts", rows(CHECKPOINT_ROWS // 2))
        warehouse.checkpoint(if_due=True)
    assert len(op.all("checkpoint")) == 5


def test_deletes_and_replaced_tables_count_as_much_as_upserts(warehouse: Warehouse, op: Recorder) -> None:
    warehouse.upsert("gifts", rows(CHECKPOINT_ROWS // 2))
    warehouse.delete("gifts", rows(CHECKPOINT_ROWS // 4))
    warehouse.checkpoint(if_due=True)
    assert op.all("checkpoint") == []
    warehouse.replace({"tags": rows(CHECKPOINT_ROWS // 4)})
    warehouse.checkpoint(if_due=True)
    assert len(op.all("checkpoint")) == 1


def test_a_slow_source_is_committed_every_minute(warehouse: Warehouse, op: Recorder, clock: FakeClock) -> None:
    for _ in range(30):
        warehouse.upsert("gifts", rows(1))
        clock.now += 10
        warehouse.checkpoint(if_due=True)
    assert len(op.all("checkpoint")) == 5


def test_a_checkpoint_starts_rows_and_minute_anew(warehouse: Warehouse, op: Recorder, clock: FakeClock) -> None:
    warehouse.upsert("gifts", rows(CHECKPOINT_ROWS - 1))
    clock.now += CHECKPOINT_SECONDS - 1
    warehouse.checkpoint()
    warehouse.upsert("gifts", rows(1))
    clock.now += 1
    warehouse.checkpoint(if_due=True)
    assert len(op.all("checkpoint")) == 1


def test_a_checkpoint_that_is_not_for_when_it_is_due_comes_at_once(warehouse: Warehouse, op: Recorder) -> None:
    warehouse.checkpoint()
    assert len(op.all("checkpoint")) == 1


def test_the_state_is_that_of_the_checkpoint_and_not_of_the_beginning(warehouse: Warehouse, op: Recorder, state: dict[str, Any]) -> None:
    state["last_id"] = 7
    warehouse.checkpoint()
    state["last_id"] = 8
    warehouse.checkpoint()
    assert op.all("checkpoint") == [{"last_id": 7}, {"last_id": 8}]


def test_a_checkpoint_that_is_not_due_costs_no_dump_of_the_state(op: Recorder, clock: FakeClock, progress: Progress) -> None:
    dumped: list[int] = []

    def dump() -> dict[str, Any]:
        dumped.append(1)
        return {}

    warehouse = Warehouse(op, clock, progress, dump)
    for _ in range(100):
        warehouse.checkpoint(if_due=True)
    assert dumped == []


def test_no_state_claims_rows_that_failed_on_their_way(warehouse: Warehouse, op: Recorder) -> None:
    def broken() -> Iterator[Row]:
        yield {"id": "1"}
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        warehouse.replace({"tags": broken()})
    assert op.all("checkpoint") == []


def test_what_was_emitted_arrives_in_order_and_is_counted(warehouse: Warehouse, op: Recorder, progress: Progress) -> None:
    warehouse.upsert("gifts", [{"id": "1"}, {"id": "2"}])
    warehouse.delete("gifts", [{"id": "3"}])
    warehouse.upsert("gifts", [])
    assert op.done == [("upsert", ("gifts", {"id": "1"})), ("upsert", ("gifts", {"id": "2"})), ("delete", ("gifts", {"id": "3"}))]
    assert (progress.upserted["gifts"], progress.deleted["gifts"]) == (2, 1)


def test_nobody_sees_a_replaced_table_half_empty(warehouse: Warehouse, op: Recorder, clock: FakeClock) -> None:
    clock.now += 10 * CHECKPOINT_SECONDS
    warehouse.replace({"tags": rows(2 * CHECKPOINT_ROWS), "groups": rows(2)})
    assert op.all("checkpoint") == []
    assert [name for name, _ in op.done] == ["truncate", *["upsert"] * 2 * CHECKPOINT_ROWS, "truncate", "upsert", "upsert"]


def test_a_table_that_became_empty_is_emptied(warehouse: Warehouse, op: Recorder) -> None:
    warehouse.replace({"tags": [], "groups": iter(())})
    assert op.all("truncate") == ["tags", "groups"]


def test_a_trouble_of_a_thousand_records_is_one_warning(warehouse: Warehouse, op: Recorder) -> None:
    for _ in range(1000):
        warehouse.warn("gifts: a record could not be read")
    warehouse.flush_warnings()
    assert op.all("warning") == ["gifts: a record could not be read"]


def test_a_warning_is_shown_when_it_comes_and_not_only_if_the_sync_reaches_its_end(warehouse: Warehouse, op: Recorder) -> None:
    warehouse.warn("one")
    assert op.all("warning") == ["one"]


@pytest.mark.parametrize(("number", "shown"), [(0, 0), (9, 9), (10, 10), (11, 10), (500, 10)])
def test_fivetran_shows_ten_warnings_and_no_trouble_is_left_out(warehouse: Warehouse, op: Recorder, number: int, shown: int) -> None:
    messages = [f"trouble-{at};" for at in range(number)]
    for message in messages:
        warehouse.warn(message)
        warehouse.warn(message)
    warehouse.flush_warnings()
    assert len(op.all("warning")) == shown
    assert all(sum(message in warning for warning in op.all("warning")) == 1 for message in messages)
    if number > 9:
        assert op.all("warning")[-1].startswith(f"{number - 9} more")


def test_an_update_names_only_what_changes_and_waits_for_its_checkpoint(warehouse: Warehouse, op: Recorder) -> None:
    warehouse.update("errors", [{"id": "7", "resolved_at": None}])
    assert op.all("update") == [("errors", {"id": "7", "resolved_at": None})]
    assert op.all("checkpoint") == []
