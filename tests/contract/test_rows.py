"""Contract: what arrives, in process. The numbers are those of the contract that every connector passes."""

from __future__ import annotations

import pytest

from tests.contract.facts import FACTS
from tests.contract.harness import direct, harness


def test_01_a_first_sync_equals_the_source(folder: str) -> None:
    with harness(folder, rows=200) as h:
        h.sync()
        assert h.differences() == []
        assert h.open_errors() == []


def test_01_with_every_optional_table(folder: str) -> None:
    with harness(folder) as h:
        optional = ",".join(h.modules.models.OPTIONAL_TABLES)
    with harness(folder, settings={"optional_tables": optional}) as h:
        h.sync()
        assert h.differences() == []


def test_02_a_sync_without_changes_asks_next_to_nothing_and_touches_no_row(folder: str) -> None:
    with direct(folder, rows=600, settings={FACTS[folder].sweep: "7", **FACTS[folder].much}) as (h, _):
        h.facts.prepare(h.source, h.configuration)
        h.sync()
        first = len(h.box.requests)
        h.clock.pass_days(h.facts.quiet_days)
        h.sync()
        assert not h.fivetran.touched
        assert len(h.box.requests) < first / 2
        assert h.differences() == []


def test_02_neither_does_the_overlap_nor_a_search_for_deletes_touch_a_row_again(folder: str) -> None:
    with direct(folder, rows=200) as (h, _):
        h.sync()
        h.source.change_bundle(share=0.05)
        h.clock.pass_days(0.1)
        h.sync()
        assert h.fivetran.touched
        h.clock.pass_days(0.1)
        h.sync()
        assert not h.fivetran.touched
        assert h.differences() == []


def test_03_changes_of_every_kind_arrive(folder: str) -> None:
    with direct(folder, rows=200) as (h, _):
        h.sync()
        for _ in range(3):
            h.clock.pass_days(3)
            changed = h.source.change_bundle(share=0.05)
            assert len({change["kind"] for change in changed}) > 5
            h.sync()
            assert h.differences() == []


def test_03_with_every_optional_table(folder: str) -> None:
    with harness(folder) as h:
        optional = ",".join(h.modules.models.OPTIONAL_TABLES)
    with harness(folder, settings={"optional_tables": optional}) as h:
        h.sync()
        h.clock.pass_days(3)
        h.source.change_bundle(share=0.05)
        h.sync()
        assert h.differences(without=FACTS[folder].of_the_past) == []


@pytest.mark.parametrize("rows", [1, 7])
def test_a_nearly_empty_source(folder: str, rows: int) -> None:
    with direct(folder, rows=rows) as (h, _):
        h.sync()
        assert h.differences() == []


# --- 15: narrow records ---


def test_15_a_narrow_record_changes_what_it_tells_and_blanks_nothing(folder: str) -> None:
    with direct(folder, rows=100) as (h, _):
        h.sync()
        h.clock.pass_days(3)
        h.source.change_bundle(share=0.2)
        before, true = h.rows_by_key(), h.true_rows()
        h.box.faults.preset("narrow-records")
        h.sync()
        after = h.rows_by_key()
        blanked = [
            f"{table} {key}: {column}"
            for table, rows in before.items()
            if table in true
            for key, row in rows.items()
            for column, value in row.items()
            if value is not None and key in after[table] and after[table][key][column] is None
            if key not in true[table] or true[table][key][column] is not None  # the source has a value there
        ]
        assert blanked == []
        there = {table: rows.keys() & before[table].keys() for table, rows in h.true_rows().items()}
        assert [f"{table} {key}" for table, keys in there.items() for key in keys - after[table].keys()] == []
        assert h.fivetran.touched[FACTS[folder].table]
        assert after[FACTS[folder].table] != before[FACTS[folder].table]
        h.box.faults.clear()
        h.sync()
        assert h.differences() == []
