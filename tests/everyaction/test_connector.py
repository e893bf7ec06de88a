"""The door: what `schema` says when the source refuses, since it is asked for its fields."""

from __future__ import annotations

import traceback

import pytest

from common.failures import SyncFailed
from sandbox.server import running
from tests.loading import load

KEY = "canary-key-8c1f"


def test_a_refused_login_ends_the_schema_in_one_sentence_without_the_frames_that_know_the_key() -> None:
    connector = load("everyaction").connector
    with running("everyaction", rows=2) as box:
        configuration = {**box.configuration, "password": f"{KEY}|1"}
        with pytest.raises(SyncFailed, match='"password"') as refused:
            connector.schema(configuration)
        assert len(box.requests) < 10
    assert KEY not in "".join(traceback.format_exception(refused.value))
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    frames = [frame.name for frame in traceback.extract_tb(refused.value.__traceback__)]
    assert "of_account" not in frames


def test_the_schema_has_the_columns_that_the_account_has() -> None:
    modules = load("everyaction")
    with running("everyaction", rows=2) as box:
        schema = {table["table"]: table for table in modules.connector.schema(box.configuration)}
        truth = box.source.truth()
    assert schema.keys() - {"errors"} == truth.keys()
    assert {name: set(schema[name]["columns"]) for name in truth} == {name: set(table.columns) for name, table in truth.items()}
