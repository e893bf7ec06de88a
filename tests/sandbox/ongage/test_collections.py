from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.ongage import mailings
from sandbox.ongage.account import Account
from sandbox.ongage.emails import BODIES
from tests.sandbox.ongage.calling import call, make_account, pages, payload

# Each endpoint has its own type of the total.
TOTALS: dict[str, type] = {
    "segments": str, "mailings": str, "emails": int, "import": str, "transactional": str, "events": int, "email_tag": int,
}  # fmt: skip


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account()


@pytest.mark.parametrize("path", TOTALS)
def test_pages_hold_every_record_once_by_ascending_id(account: Account, path: str) -> None:
    seen: list[int] = []
    for place in account.visible(sending=True):
        rows = list(pages(account, path, place))
        numbers = [int(row["id"]) for row in rows]
        assert numbers == sorted(numbers)
        total: Any = call(account, "GET", path, place).payload["metadata"]["total"]
        assert type(total) is TOTALS[path]
        assert str(total) == str(len(numbers)) != "0"
        seen += numbers
    assert len(seen) == len(set(seen))


def test_ids_are_unique_in_the_whole_account_whatever_they_are_of(account: Account) -> None:
    numbers = [int(record["id"]) for entity in account.collections for _, record in account.everywhere(entity)]
    assert len(numbers) == len(set(numbers))


def test_without_a_word_there_are_fifty_and_the_newest_come_first(account: Account) -> None:
    rows = payload(account, "mailings")
    everything = [row["id"] for row in pages(account, "mailings", account.world.default)]
    assert len(everything) > 50
    assert [row["id"] for row in rows] == everything[::-1][:50]


@pytest.mark.parametrize("path", ["segments", "mailings", "import"])
def test_any_column_sorts(account: Account, path: str) -> None:
    rows = payload(account, path, sort="created", order="DESC", limit=20, offset=3)
    everything = sorted(pages(account, path, account.world.default), key=lambda row: (int(row["created"]), int(row["id"])))
    assert rows == everything[::-1][3:23]


def test_emails_know_pages_and_no_offset_and_the_others_no_pages(account: Account) -> None:
    everything = [row["id"] for row in pages(account, "emails", account.world.default)]
    asked: dict[str, Any] = {"sort": "id", "order": "ASC"}
    assert [row["id"] for row in payload(account, "emails", page=2, page_size=5, offset=1, limit=2, **asked)] == everything[5:10]
    assert payload(account, "segments", page=2, **asked) == payload(account, "segments", **asked)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ({"is_test": 1}, lambda row: row["is_test"] == "1"),
        ({"mailing_type": "split"}, lambda row: row["type"] == "split"),
        ({"mailing_name": "WELCOME"}, lambda row: "welcome" in row["name"].lower()),
        ({"date_from": 1600000000, "date_to": 1700000000}, lambda row: 1600000000 <= int(row["schedule_date"]) <= 1700000000),
    ],
)
def test_mailings_are_filtered(account: Account, query: dict[str, Any], holds: Any) -> None:
    everything = pages(account, "mailings", account.world.default)
    kept = [row["id"] for row in everything if holds(row)]
    assert kept
    assert [row["id"] for row in payload(account, "mailings", limit=999, sort="id", **query)] == kept


def test_emails_are_filtered_by_kind_and_modified_time(account: Account) -> None:
    everything = list(pages(account, "emails", account.world.default))
    low = sorted(int(row["modified"]) for row in everything)[len(everything) // 2]
    later = payload(account, "emails", page_size=999, modified_from=low, sort="id")
    assert later == [row for row in everything if int(row["modified"]) >= low]
    kinds = {row["type"] for row in everything}
    assert kinds == {"email_message", "template", "folder"}
    assert {row["type"] for row in payload(account, "emails", type="folder")} == {"folder"}


def _value_types(row: dict[str, Any], keys: set[str]) -> set[type]:
    return {type(row[key]) for key in keys}


def test_types_are_those_of_the_endpoint(account: Account) -> None:
    for row in pages(account, "mailings", account.world.default):
        assert {type(value) for value in row.values()} <= {str, int, type(None)}
        assert _value_types(row, {"report", "test", "cancel"}) == {int}
        assert {key for key, value in row.items() if type(value) is int} == {"report", "test", "cancel"}
        assert row["is_test"] in {"0", "1"}
        assert row["deleted"] in {"0", None}
    flags: set[tuple[type, Any]] = set()
    for row in pages(account, "import", account.world.default):
        assert {type(value) for value in row.values()} <= {str, type(None)}
        detail = payload(account, f"import/{row['id']}")
        assert _value_types(detail, {"id", "list_id", "status", "created"}) == {int}
        assert type(detail["account_id"]) is str
        assert "0" in detail.values()
        flags |= {(type(detail[key]), detail[key]) for key in ("is_override", "send_welcome_message")}
    assert {(bool, False), (str, "1"), (str, "0")} <= flags
    assert call(account, "GET", "esp_connections/options").payload["metadata"] == {"error": False}


def test_details_have_what_the_collection_has_not(account: Account) -> None:
    for row in payload(account, "mailings", limit=20):
        detail = payload(account, f"mailings/{row['id']}")
        assert detail["email_message"]
        assert detail["segments"]
        assert detail["distribution"]
        assert not mailings.DETAIL_ONLY & row.keys()
        assert {key: row[key] for key in row.keys() & detail.keys()} == {key: detail[key] for key in row.keys() & detail.keys()}
    rules = [rule for row in payload(account, "segments") for rule in payload(account, f"segments/{row['id']}")["rules"]]
    assert all(isinstance(rule["operand"], str) for rule in rules)
    assert any(json.loads(rule["operand"]) for rule in rules if rule["operand"][:1] == "[")
    for row in payload(account, "emails"):
        assert payload(account, f"emails/{row['id']}").keys() - row.keys() >= BODIES
    assert payload(account, "events", name="birthday")[0].keys() >= {"triggers", "segments"}


def test_a_detail_is_found_only_in_its_own_list_and_marked_for_faults(account: Account) -> None:
    first, second = account.visible(sending=True)[:2]
    number = payload(account, "segments", first)[0]["id"]
    assert call(account, "GET", f"segments/{number}", second).status == 404
    reply = call(account, "GET", f"segments/{number}", first)
    assert (reply.entity, reply.detailed, reply.id_key) == ("Segment", True, "id")
    page = call(account, "GET", "segments", first)
    assert (page.entity, page.detailed, page.id_key) == ("Segment", True, "id")


def test_there_is_every_status_and_every_kind_in_a_small_source(account: Account) -> None:
    rows = [record for _, record in account.everywhere("Mailing")]
    assert {row["status"] for row in rows} == set(mailings.STATUSES)
    assert {row["type"] for row in rows} == {"campaign", "split", "transactional", "event"}
    assert {row["split_type"] for row in rows} >= {None, "email", "segment"}
    assert {row["is_test"] for row in rows} == {"0", "1"}
    assert "0" in {row["schedule_date"] for row in rows}
    assert all(int(row[key] or 0) <= account.now() for row in rows for key in ("created", "modified", "sending_start_date"))


def test_no_record_says_more_than_the_vendor_would(account: Account) -> None:
    assert all(not key.startswith("_") for row in payload(account, "esp_connections/options") for key in row)
    assert len(payload(account, "esp_connections/options", active_only=1)) == len(payload(account, "esp_connections/options")) - 1


def test_the_same_seed_gives_the_same_account_and_size_makes_more() -> None:
    one, other, larger = (list(make_account(rows).everywhere("Mailing")) for rows in (120, 120, 3000))
    assert one == other
    assert len(one) >= 24
    assert len(larger) > 600
