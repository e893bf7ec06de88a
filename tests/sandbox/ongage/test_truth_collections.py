from __future__ import annotations

import json
import math
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox.ongage.account import Account
from sandbox.ongage.changes_collections import ENTITIES
from sandbox.ongage.fewest_collections import collection_pages, details, report_pages
from sandbox.ongage.kinds import cell, timestamp
from sandbox.ongage.truth_collections import OPTIONAL, tables
from tests.sandbox.ongage.calling import make_account, pages, payload

ROOTS = {"segments": "segments", "mailings": "mailings", "email_messages": "emails", "imports": "import",
         "transactional_campaigns": "transactional", "events": "events", "email_tags": "email_tag"}  # fmt: skip
ELSEWHERE = {"segments": {"rules", "mailings"}, "mailings": {"segments", "distribution", "email_message"}, "events": {"triggers"}}
DETAILED = {"segments", "mailings"}


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account()


@pytest.mark.parametrize("name", ROOTS)
def test_every_key_that_is_served_has_its_column(account: Account, name: str) -> None:
    table = tables(account)[name]
    rows = {row["id"]: row for row in table.rows()}
    served = 0
    for place in account.visible(sending=True):
        for wire in pages(account, ROOTS[name], place, size=500):
            served += 1
            whole = wire | (payload(account, f"{ROOTS[name]}/{wire['id']}", place) if name in DETAILED else {})
            row = rows[wire["id"]]
            assert row["list_id"] == str(place.id)
            extra = {key: value for key, value in whole.items() if key not in table.columns and key not in ELSEWHERE.get(name, ())}
            assert json.loads(str(row.get("additional_fields") or "{}")) == extra
            for key, kind in table.columns.items():
                if kind in {"text", "boolean", "integer", "timestamp"} and key in whole:
                    assert row[key] == cell(kind, whole[key])
    assert served == len(rows) == table.count()


def test_every_row_has_every_column_in_its_kind_and_no_key_twice(account: Account) -> None:
    types: dict[str, tuple[type, ...]] = {
        "text": (str,), "integer": (int,), "double": (float,), "boolean": (bool,), "timestamp": (str,), "json": (str,),
    }  # fmt: skip
    for name, table in tables(account).items():
        keys, filled = Counter[Any](), set()
        for row in table.rows():
            assert list(row) == list(table.columns), name
            assert all(value is None or isinstance(value, types[table.columns[key]]) for key, value in row.items()), name
            keys[tuple(row[key] for key in table.key)] += 1
            filled |= {key for key, value in row.items() if value is not None}
        assert keys, name
        assert max(keys.values()) == 1, name
        assert None not in {part for key in keys for part in key}, name
        assert len(keys) == table.count(), name
        assert set(table.key) <= filled


def test_documents_in_texts_come_as_documents(account: Account) -> None:
    found = tables(account)
    operands = [json.loads(str(row["operand"])) for row in found["segment_rules"].rows()]
    assert {type(each) for each in operands} == {list, dict, str}
    fields = [row["fields"] for row in found["imports"].rows()]
    assert {'{"0":"email","1":"first_name"}', '"email,first_name"', '""', "[]"} <= set(fields)
    assert {row["stats_date"] for row in found["mailing_daily_stats"].rows()} <= {timestamp(day * 86_400) for day in range(25_000)}


def test_positions_run_from_zero_in_each_record(account: Account) -> None:
    found = tables(account)
    for name in ("segment_rules", "mailing_segments", "mailing_distributions", "mailing_email_messages", "event_triggers"):
        by_owner: dict[Any, list[Any]] = {}
        for row in found[name].rows():
            by_owner.setdefault(row[found[name].key[1]], []).append(row["position"])
        assert all(positions == list(range(len(positions))) for positions in by_owner.values()), name


def test_an_unknown_part_of_a_key_is_spelled_out(account: Account) -> None:
    found = tables(account)
    for name, part in (("mailing_delivery_daily_stats", "isp_id"), ("mailing_segment_daily_stats", "segment_id"),
                       ("mailing_link_daily_stats", "link_hash"), ("mailing_country_daily_stats", "country_iso")):  # fmt: skip
        assert "none" in {row[part] for row in found[name].rows()}
    assert {len(str(row["link_hash"])) for row in found["mailing_link_daily_stats"].rows()} == {4, 20}


def test_optional_tables_are_known_by_name(account: Account) -> None:
    assert tables(account).keys() > OPTIONAL
    assert len(tables(account)) == 21


def test_the_fewest_requests_are_counted_from_what_is_served(account: Account) -> None:
    places = account.visible(sending=True)
    everything = {path: [len(list(pages(account, path, place, 500))) for place in places] for path in ("mailings", "segments", "emails")}
    found = collection_pages(account, page=20)
    assert found["mailings"] == sum(math.ceil(count / 20) for count in everything["mailings"])
    assert collection_pages(account)["segments"] == len(places)
    assert found["esp_connections/options"] == 1
    assert details(account, changed=False, optional=OPTIONAL) == {
        f"{path}/<id>": sum(everything[path]) for path in everything
    }  # fmt: skip


@pytest.mark.parametrize("name", ["mailing_delivery_daily_stats", "event_daily_stats", "list_daily_stats"])
def test_a_report_takes_as_many_pages_as_its_rows_fill(account: Account, name: str) -> None:
    days = [str(row.get("stats_date", row.get("record_date"))) for row in tables(account)[name].rows()]
    month_ago = (datetime.fromtimestamp(account.now(), timezone.utc) - timedelta(days=30)).strftime("%Y-%m-%d")
    recent = [day for day in days if day[:10] >= month_ago]
    assert report_pages(account, changed=False, page=5)[f"reports/query {name}"] == max(math.ceil(len(days) / 5), 1)
    assert report_pages(account, changed=True, page=5)[f"reports/query {name}"] == max(math.ceil(len(recent) / 5), 1)
    assert set(report_pages(account, changed=True).values()) == {1}


def test_only_what_changed_is_asked_for_in_detail() -> None:
    account = make_account(120)
    assert sum(details(account, changed=True).values()) == 0
    ENTITIES["Segment"].edit(account, None, None)
    assert details(account, changed=True) == {"mailings/<id>": 0, "segments/<id>": 1}
