"""Ongage's tables and what its records, CSV rows and statistics give, checked against rows written by hand."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.loading import load
from tests.strategies import ANY_TEXT, JSON_VALUES, TEXTS

models = load("ongage").models

CANARY = "canary-7f3a"
BAD = {CANARY: CANARY}  # converts to no cell but JSON
ALL = models.OPTIONAL_TABLES
LIST = "70011"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


def parse(document: str) -> Any:
    """JSON as the connector parses it."""
    return json.loads(document, parse_float=Decimal)


def split(table: str, raw: object, optional: Any = ()) -> Any:
    return models.split(models.ROOTS[table], raw | {"list_id": LIST} if isinstance(raw, dict) else raw, optional)


def clean(table: str, raw: object, optional: Any = ()) -> Any:
    """The rows of a record in which nothing is wrong or unknown."""
    result = split(table, raw, optional)
    assert not result.notes.problems
    assert not result.notes.unknown
    return result.rows


def filled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells that are not NULL."""
    return [{name: cell for name, cell in row.items() if cell is not None} for row in rows]


def places(problems: Any) -> list[tuple[str, str]]:
    """Where something is wrong; no message tells a value."""
    assert CANARY not in str(problems)
    return [(problem.table, problem.column) for problem in problems]


# --- Dates, flags and counts as each endpoint writes them ---


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1717372800, utc(2024, 6, 3)),
        ("1717372800", utc(2024, 6, 3)),
        (Decimal("1717372800.0"), utc(2024, 6, 3)),
        ("2024-06-03", utc(2024, 6, 3)),
        ("2020-08-18 17:15:13", utc(2020, 8, 18, 17, 15, 13)),
        (-1, utc(1969, 12, 31, 23, 59, 59)),
        ("-86400", utc(1969, 12, 31)),
        (-62135596800, utc(1, 1, 1)),
        ("253402300799", utc(9999, 12, 31, 23, 59, 59)),
        ("0001-01-01", utc(1, 1, 1)),
        *((none, None) for none in (0, "0", "", None, "null", "-0", "00")),
    ],
)
def test_dates(written: object, expected: datetime | None) -> None:
    assert models.to_epoch(written) == expected
    assert getattr(models.to_epoch(written), "tzinfo", timezone.utc) is timezone.utc


@pytest.mark.parametrize(
    "written",
    [
        *(True, False, [], {}, Decimal("1.5"), Decimal("1e999999999"), 10**30, 253402300800, -62135596801, "253402300800", "9" * 5000),
        *("1717372800.0", "+1", " 1", "1_000", "\u0661", "\uff11", "abc", "NULL", "now", "-", "--1", "1e9", "17173728-0"),
        *("2024-6-3", "2024-06-31", "0000-00-00", "0000-00-00 00:00:00", "2024-06-03T00:00:00", "2024-06-03 10:00", "2024-06-03 10:00:00Z"),
        *("2024-06-03 ", "2024-06-03 10-00-00", "2024-06-03 25:00:00", "2024-W23-1", "2024-06-03 10:00:0\u0661"),
    ],
)
def test_what_is_no_date(written: object) -> None:
    with pytest.raises(models.ConversionError) as caught:
        models.to_epoch(written)
    assert len(str(written)) < 5 or str(written) not in str(caught.value)


@given(st.datetimes())
def test_every_second_in_every_spelling(moment: datetime) -> None:
    expected = moment.replace(microsecond=0, tzinfo=timezone.utc)
    seconds = (expected - utc(1970, 1, 1)) // timedelta(seconds=1)
    if seconds:
        spellings = (seconds, str(seconds), Decimal(seconds), expected.isoformat(" ")[:19])
        assert [models.to_epoch(spelling) for spelling in spellings] == [expected] * 4


@pytest.fixture
def far_away() -> Iterator[None]:
    """A machine whose clock is not in UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Kiritimati"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_the_time_zone_of_the_machine_does_not_matter() -> None:
    for written in (1717372800, "1717372800", "2024-06-03", "2024-06-03 00:00:00"):
        assert models.to_epoch(written) == utc(2024, 6, 3)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *((yes, True) for yes in (True, 1, "1", "true", "True", "TRUE")),
        *((no, False) for no in (False, 0, "0", "false", "False", "FALSE")),
        ("", None),
    ],
)
def test_flags(written: object, expected: bool | None) -> None:
    assert models.to_flag(written) is expected


@pytest.mark.parametrize("written", [2, -1, 10**400, Decimal(1), "yes", "2", " 1", "null", [], {}, None])
def test_what_is_no_flag(written: object) -> None:
    with pytest.raises(models.ConversionError):
        models.to_flag(written)


@pytest.mark.parametrize(("written", "expected"), [(7, 7), ("10512", 10512), ("-1", -1), (Decimal("12.0"), 12), ("", None), ("0", 0)])
def test_counts(written: object, expected: int | None) -> None:
    assert models.to_count(written) == expected


@pytest.mark.parametrize("written", [True, "1.5", "97.1%", "many", [], {}])
def test_what_is_no_count(written: object) -> None:
    with pytest.raises(models.ConversionError):
        models.to_count(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('["x"]', '["x"]'),
        ("[1502966280]", "[1502966280]"),
        ('{"b": 1, "a": [1.10]}', '{"a":[1.1],"b":1}'),
        ("[]", "[]"),
        ("", '""'),
        ("Peru", '"Peru"'),
        ("[NaN]", '"[NaN]"'),
        ("[1", '"[1"'),
        ('["Perú"]', '["Perú"]'),
        (["x"], '["x"]'),
        (7, "7"),
        (True, "true"),
        ("[" * 100_000, json.dumps("[" * 100_000)),
        ("9" * 5000, None),
    ],
)
def test_json_within_a_text(written: object, expected: str | None) -> None:
    cell = models.to_embedded_json(written)
    assert cell == expected if expected else json.loads(cell, parse_int=str) == written


@pytest.mark.parametrize(
    ("written", "expected"),
    [("Daily, weekly", "Daily, weekly"), (7, "7"), (True, "true"), ([], "[]"), ({"b": 1, "a": [2]}, '{"a":[2],"b":1}')],
)
def test_a_field_that_nobody_has_seen_filled(written: object, expected: str) -> None:
    assert models.to_text_or_json(written) == expected


CONVERTERS = [models.to_epoch, models.to_flag, models.to_count, models.to_ratio, models.to_text_or_json, models.to_embedded_json]


@given(JSON_VALUES, st.sampled_from(CONVERTERS))
def test_converters_raise_nothing_but_conversion_errors(value: object, convert: Any) -> None:
    try:
        cell = convert(value)
    except models.ConversionError:
        return
    assert cell is None or isinstance(cell, (datetime, bool, int, float, str))
    assert not isinstance(cell, str) or cell.encode() is not None


# --- Which tables there are ---

TABLES = """
lists list_fields segments segment_rules mailings mailing_segments mailing_distributions mailing_email_messages email_messages imports
esp_connections contacts mailing_daily_stats mailing_delivery_daily_stats mailing_segment_daily_stats mailing_link_daily_stats
mailing_country_daily_stats event_daily_stats list_daily_stats
""".split()  # noqa: SIM905 - so many names read better as words

KEYS = {
    "lists": "id",
    "esp_connections": "id",
    "email_message_bodies": "list_id email_message_id",
    "segment_rules": "list_id segment_id position",
    "mailing_segments": "list_id mailing_id position",
    "mailing_distributions": "list_id mailing_id position",
    "mailing_email_messages": "list_id mailing_id position",
    "event_triggers": "list_id event_id position",
    "contact_activity_summaries": "list_id contact_id from_date",
    "mailing_daily_stats": "list_id mailing_id stats_date",
    "mailing_delivery_daily_stats": "list_id mailing_id esp_connection_id isp_id stats_date",
    "mailing_segment_daily_stats": "list_id mailing_id segment_id stats_date",
    "mailing_link_daily_stats": "list_id mailing_id link_hash stats_date",
    "mailing_country_daily_stats": "list_id mailing_id country_iso stats_date",
    "event_daily_stats": "list_id event_id mailing_id stats_date",
    "list_daily_stats": "list_id record_date",
}


def by_table(tables: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("table", tables, ids=lambda table: table.name)


def test_every_table_is_declared_once() -> None:
    assert sorted(table.name for table in models.tables(())) == sorted(TABLES)
    assert sorted(table.name for table in models.tables(ALL)) == sorted({*TABLES, *ALL})
    assert models.tables(ALL) == models.tables(list(reversed(ALL)))


def test_one_optional_table_brings_only_itself() -> None:
    for name in set(ALL) - {"event_triggers"}:
        assert {table.name for table in models.tables([name])} == {*TABLES, name}


def test_triggers_are_there_only_together_with_their_events() -> None:
    assert models.tables(["event_triggers"]) == models.tables(())
    assert {table.name for table in models.tables(["events", "event_triggers"])} == {*TABLES, "events", "event_triggers"}


@by_table(models.tables(ALL))
def test_the_key(table: Any) -> None:
    assert table.key == KEYS.get(table.name, "list_id id").split()
    assert list(table.columns)[: len(table.key)] == table.key


@by_table(models.tables(ALL))
def test_a_column_has_the_apis_name(table: Any) -> None:
    ours = {"segment_rules": "rule_position", "email_message_bodies": "email_message_id", "contacts": "id"}
    for name, column in table.columns.items():
        if column.source and name != ours.get(table.name, "contact_id"):
            assert name == column.source


@by_table(models.tables(ALL))
def test_types_follow_the_names(table: Any) -> None:
    for name, column in table.columns.items():
        if name in {"id", "status", "type", "name"} or name.endswith("_id"):
            assert column.type == "STRING"
        if name.endswith(("_date", "_time")) or name in {"created", "modified", "deleted", "timestamp"}:
            assert column.type == "UTC_DATETIME"
        if name.startswith(("is_", "notify_", "external_i")) or name in {"favorite", "archive", "exclude"}:
            assert column.type == "BOOLEAN"


def test_only_guessed_shapes_keep_additional_fields() -> None:
    assert {table.name for table in models.tables(ALL) if "additional_fields" in table.columns} == {
        *("email_messages", "transactional_campaigns", "events", "event_triggers", "email_tags", "contact_activity_events"),
    }


# --- Records that come as JSON: each with the types of its endpoint ---

LIST_RECORD = parse("""
{"id":70011,"name":"Daily digest","description":"","type":"sending","hash_type":"","last_count":412903,"last_active_count":377120,
 "unsubscribes":20110,"complaints":311,"bounces":15362,"scope":null,"archive":false,"default":true,"account_id":912,
 "default_transactional_id":5500012,"expiration_date":0,"frequencies":[],"last_stats_date":1712000000,
 "created":1617540000,"modified":1712000000,"deleted":null}
""")


def test_a_list() -> None:
    result = models.split(models.ROOTS["lists"], LIST_RECORD)
    assert result.id == "70011"
    assert filled(result.rows["lists"]) == [
        {
            "id": "70011",
            "account_id": "912",
            "name": "Daily digest",
            "description": "",
            "type": "sending",
            "hash_type": "",
            "default": True,
            "archive": False,
            "last_count": 412903,
            "last_active_count": 377120,
            "unsubscribes": 20110,
            "complaints": 311,
            "bounces": 15362,
            "default_transactional_id": "5500012",
            "frequencies": "[]",
            "last_stats_date": utc(2024, 4, 1, 19, 33, 20),
            "created": utc(2021, 4, 4, 12, 40),
            "modified": utc(2024, 4, 1, 19, 33, 20),
        }
    ]


def test_a_list_field() -> None:
    raw = parse("""
    {"id":310,"account_id":912,"list_id":70011,"name":"DATA_SET","title":"Data set","type":"date","format":"dd/mm/yyyy hh24:mi",
     "default":null,"mandatory":false,"position":4,"is_sms":false,"created":1617540000,"modified":1617540000,"deleted":null}
    """)
    assert filled(clean("list_fields", raw)["list_fields"]) == [
        {
            "list_id": LIST,
            "id": "310",
            "account_id": "912",
            "name": "DATA_SET",
            "title": "Data set",
            "type": "date",
            "format": "dd/mm/yyyy hh24:mi",
            "mandatory": False,
            "position": 4,
            "is_sms": False,
            "created": utc(2021, 4, 4, 12, 40),
            "modified": utc(2021, 4, 4, 12, 40),
        }
    ]


SEGMENT = parse(r"""
{"id":"880","list_id":"70011","name":"Peru","type":"Active","description":"","favorite":"0","last_count":"120","last_count_date":"1712000000",
 "last_count_request_date":null,"isp_breakdown":"[]","last_sent":"0","segment_quota":"0","is_quota_percent":"0","created_by":"7",
 "created":"1617540000","modified_by":"7","modified":"1617540000","user_modified":"1617540000","deleted":"0",
 "included_segment_cache":null,"excluded_segment_cache":[],"default_include_segment":"1","default_exclude_segment":"0","is_external":"0",
 "external_url":null,"external_insert_missing":"0","external_include_unsubscribes":"0","mailings":[],
 "rules":[
  {"id":"1","segment_id":"880","position":"3","left_parenthesis":"1","field_id":"310","field_name":"country","operator":"=",
   "operand":"[\"Peru\", \"Perú\"]","is_external_operand":"0","right_parenthesis":"0","condition":"and","case_sensitive":"0",
   "type":"string","group":"0"},
  {"id":"2","segment_id":"880","position":"1","operand":"[1502966280]","condition":"or","case_sensitive":"1"}]}
""")


def test_a_segment_and_its_rules() -> None:
    rows = clean("segments", SEGMENT)
    assert filled(rows["segments"]) == [
        {
            "list_id": LIST,
            "id": "880",
            "name": "Peru",
            "type": "Active",
            "description": "",
            "favorite": False,
            "last_count": 120,
            "last_count_date": utc(2024, 4, 1, 19, 33, 20),
            "isp_breakdown": "[]",
            "segment_quota": 0,
            "is_quota_percent": False,
            "default_include_segment": True,
            "default_exclude_segment": False,
            "excluded_segment_cache": "[]",
            "is_external": False,
            "external_insert_missing": False,
            "external_include_unsubscribes": False,
            "created_by": "7",
            "modified_by": "7",
            "user_modified": utc(2021, 4, 4, 12, 40),
            "created": utc(2021, 4, 4, 12, 40),
            "modified": utc(2021, 4, 4, 12, 40),
        }
    ]
    assert filled(rows["segment_rules"]) == [
        {
            "list_id": LIST,
            "segment_id": "880",
            "position": 0,
            "id": "1",
            "rule_position": 3,
            "group": "0",
            "condition": "and",
            "left_parenthesis": 1,
            "right_parenthesis": 0,
            "type": "string",
            "field_id": "310",
            "field_name": "country",
            "operator": "=",
            "operand": '["Peru","Perú"]',
            "is_external_operand": False,
            "case_sensitive": False,
        },
        {
            "list_id": LIST,
            "segment_id": "880",
            "position": 1,
            "id": "2",
            "rule_position": 1,
            "condition": "or",
            "operand": "[1502966280]",
            "case_sensitive": True,
        },
    ]


MAILING = parse("""
{"id":"1200345","name":"June 3","schedule_date":"1717372800","type":"campaign","split_type":null,"split_subject_content_email_id":null,
 "status":"60004","list_id":"70011","status_desc":"Completed","status_date":"1717376400","scheduled_by":"7","has_quota":"0","created_by":"7","favorite":"1",
 "created":"1717286400","modified":"1717376400","deleted":"0","is_test":"0","progress":"100","manager":"Ann","targeted":"10600",
 "cannot_resume":"0","cannot_resume_reason":"","original_email_message_id":"41","ox_data":[],"sending_start_date":"1717372800",
 "sending_end_date":"0","estimated_sending_end_date":null,"emails_limit":"0","report":1,"test":0,"cancel":0,"schedule":"delivered","esps":"SparkPost",
 "account_id":"912","description":"","notify_onlaunch":"1","notify_onfailed":"0","notify_oncomplete":"0","comment":"",
 "segments":[{"segment_id":"880","type":"Active","name":"Peru","last_count":"120","exclude":"0"},
             {"segment_id":"881","type":"Test","name":"Us","last_count":"3","exclude":"1"}],
 "distribution":[{"esp_id":86,"esp_connection_id":"5","isp_id":null,"domain":"default","percent":"33.5","name":"Main"}],
 "email_message":[{"type":"email_message","email_message_id":"41","name":"June","description":"","subject":"Hello"}]}
""")


def test_a_mailing_with_its_details() -> None:
    result = split("mailings", MAILING)
    assert (result.id, result.partial, result.untold) == (f'["{LIST}","1200345"]', set(), [])
    rows = clean("mailings", MAILING)
    assert filled(rows["mailings"]) == [
        {
            "list_id": LIST,
            "id": "1200345",
            "account_id": "912",
            "name": "June 3",
            "description": "",
            "type": "campaign",
            "status": "60004",
            "status_desc": "Completed",
            "status_date": utc(2024, 6, 3, 1),
            "schedule": "delivered",
            "schedule_date": utc(2024, 6, 3),
            "sending_start_date": utc(2024, 6, 3),
            "targeted": 10600,
            "progress": 100,
            "emails_limit": 0,
            "has_quota": False,
            "is_test": False,
            "favorite": True,
            "cannot_resume": False,
            "cannot_resume_reason": "",
            "report": True,
            "test": False,
            "cancel": False,
            "notify_onlaunch": True,
            "notify_onfailed": False,
            "notify_oncomplete": False,
            "comment": "",
            "esps": "SparkPost",
            "manager": "Ann",
            "created_by": "7",
            "scheduled_by": "7",
            "original_email_message_id": "41",
            "ox_data": "[]",
            "created": utc(2024, 6, 2),
            "modified": utc(2024, 6, 3, 1),
        }
    ]
    of_mailing = {"list_id": LIST, "mailing_id": "1200345"}
    assert rows["mailing_segments"] == [
        of_mailing | {"position": 0, "segment_id": "880", "type": "Active", "name": "Peru", "last_count": 120, "exclude": False},
        of_mailing | {"position": 1, "segment_id": "881", "type": "Test", "name": "Us", "last_count": 3, "exclude": True},
    ]
    assert filled(rows["mailing_distributions"]) == [
        of_mailing | {"position": 0, "esp_id": "86", "esp_connection_id": "5", "domain": "default", "percent": 33.5, "name": "Main"}
    ]
    message = {"email_message_id": "41", "type": "email_message", "name": "June", "description": "", "subject": "Hello"}
    assert filled(rows["mailing_email_messages"]) == [of_mailing | {"position": 0} | message]


def test_a_mailing_without_its_details_leaves_them_as_they_are() -> None:
    details = {"account_id", "description", "notify_onlaunch", "notify_onfailed", "notify_oncomplete", "comment"}
    lists = {"segments", "distribution", "email_message"}
    result = split("mailings", {key: value for key, value in MAILING.items() if key not in details | lists})
    assert result.partial == {"mailing_segments", "mailing_distributions", "mailing_email_messages"}
    assert set(result.untold) >= details


EMAIL = parse("""
{"id":"41","type":"email_message","account_id":"912","list_id":"70011","name":"June","description":"","subject":"Hello",
 "content_html":"<p>Hello</p>","content_text":"Hello","unsubscribe_default_link":"1","created":"1717286400","modified":"1717286400",
 "deleted":"0","mailing_id":null,"tags":[{"id":3}]}
""")


def test_a_message_without_its_body() -> None:
    result = split("email_messages", EMAIL)
    assert not result.untold
    assert filled(result.rows["email_messages"]) == [
        {
            "list_id": LIST,
            "id": "41",
            "account_id": "912",
            "type": "email_message",
            "name": "June",
            "description": "",
            "subject": "Hello",
            "unsubscribe_default_link": True,
            "created": utc(2024, 6, 2),
            "modified": utc(2024, 6, 2),
            "additional_fields": '{"tags":[{"id":3}]}',
        }
    ]


def test_the_body_of_a_message() -> None:
    body = {"list_id": LIST, "email_message_id": "41", "content_html": "<p>Hello</p>", "content_text": "Hello"}
    assert split("email_message_bodies", EMAIL).rows == {"email_message_bodies": [body]}
    assert list(split("email_message_bodies", EMAIL).notes.unknown) == [("email_message_bodies", "tags")]


ONE_IMPORT = {"id": 9, "account_id": "912", "type": "import", "is_override": False, "save_report": "0", "status": 40003}
SAME_IMPORT = {"id": "9", "account_id": "912", "type": "import", "is_override": "0", "save_report": "0", "status": "40003"}


@pytest.mark.parametrize("wire", [ONE_IMPORT, SAME_IMPORT])
def test_an_import_in_the_types_of_both_endpoints(wire: dict[str, Any]) -> None:
    more = {"fields": '["email","first_name"]', "progress": "100", "total": 12, "size": "5120", "deleted": "0", "remaining": 0}
    assert filled(clean("imports", wire | more)["imports"]) == [
        {
            "list_id": LIST,
            "id": "9",
            "account_id": "912",
            "type": "import",
            "is_override": False,
            "save_report": False,
            "fields": '["email","first_name"]',
            "progress": 100,
            "size": 5120,
            "total": 12,
            "status": "40003",
            "remaining": "0",
        }
    ]


def test_a_connection_to_a_sender() -> None:
    raw = {"id": "5", "esp_id": "86", "esp_name": "SparkPost", "support_transactional": "1", "name": "Main"}
    row = {"id": "5", "esp_id": "86", "esp_name": "SparkPost", "name": "Main", "support_transactional": True}
    assert models.split(models.ROOTS["esp_connections"], raw).rows == {"esp_connections": [row]}


def test_an_event_and_its_triggers() -> None:
    raw = {
        "id": 61,
        "name": "Birthday",
        "based_on": "date_field",
        "annually_event": "1",
        "start_date": "1717286400",
        "segments": ["880"],
        "distribution": [],
        "colour": "red",
        "triggers": [{"based_on": "date", "email_messages": [41], "days_diff": "-1", "schedule_hour": 8, "recurrence": "", "weight": 2}],
    }
    rows = split("events", raw, ["events", "event_triggers"]).rows
    assert filled(rows["events"]) == [
        {
            "list_id": LIST,
            "id": "61",
            "name": "Birthday",
            "based_on": "date_field",
            "annually_event": True,
            "start_date": utc(2024, 6, 2),
            "segments": '["880"]',
            "distribution": "[]",
            "additional_fields": '{"colour":"red"}',
        }
    ]
    assert filled(rows["event_triggers"]) == [
        {
            "list_id": LIST,
            "event_id": "61",
            "position": 0,
            "based_on": "date",
            "email_messages": "[41]",
            "days_diff": -1,
            "schedule_hour": 8,
            "recurrence": "",
            "additional_fields": '{"weight":2}',
        }
    ]
    assert list(split("events", raw, ["events"]).rows) == ["events"]


@pytest.mark.parametrize("name", ["transactional_campaigns", "email_tags"])
def test_a_shape_that_nobody_has_seen(name: str) -> None:
    result = split(name, {"id": "3", "surprise": {"b": 1, "a": None}})
    assert not result.untold
    assert filled(result.rows[name]) == [{"list_id": LIST, "id": "3", "additional_fields": '{"surprise":{"a":null,"b":1}}'}]
    assert filled(split(name, {"id": "3"}).rows[name]) == [{"list_id": LIST, "id": "3"}]


# --- Wrong, missing and unknown values ---


@pytest.mark.parametrize("name", models.ROOTS)
@pytest.mark.parametrize("raw", [{}, {"id": None}, {"id": ""}, {"id": BAD}, {"id": True}, [], None, "x"])
def test_a_record_without_an_id_gives_no_rows(name: str, raw: object) -> None:
    result = split(name, raw)
    assert result.id is None
    assert not any(result.rows.values())
    assert places(result.notes.problems) == [(name, models.ROOTS[name].table.key[-1])]


def test_a_record_of_no_list_gives_no_rows() -> None:
    assert places(models.split(models.ROOTS["imports"], {"id": "9"}).notes.problems) == [("imports", "list_id")]


def test_unknown_fields_are_counted() -> None:
    result = split("mailings", MAILING | {"mood": "good", "segments": [{"segment_id": "1", "mood": "bad"}]})
    assert dict(result.notes.unknown) == {("mailings", "mood"): 1, ("mailing_segments", "mood"): 1}


JSON_COLUMNS = [models.json_text(""), models.text_or_json(""), models.embedded_json("")]


def sources(table: Any) -> dict[str, str]:
    """The columns made of the record itself; those of JSON are left out: any value fits them."""
    fits_all = {column.convert for column in JSON_COLUMNS}
    return {name: column.source for name, column in table.columns.items() if column.source and column.convert not in fits_all}


@by_table(models.tables(ALL))
@pytest.mark.parametrize("bad", [BAD, [CANARY], CANARY], ids=["object", "list", "text"])
def test_a_wrong_value_in_every_column_is_null_and_noted(table: Any, bad: object) -> None:
    wrong = {name: source for name, source in sources(table).items() if bad is not CANARY or table.columns[name].type != "STRING"}
    notes = models.Notes()
    row = table.row(dict.fromkeys(wrong.values(), bad), notes)
    assert {name: row[name] for name in wrong} == dict.fromkeys(wrong)
    assert places(notes.problems) == [(table.name, name) for name in wrong]


@by_table(models.tables(ALL))
def test_no_text_at_all_is_no_problem_anywhere(table: Any) -> None:
    notes = models.Notes()
    row = table.row(dict.fromkeys(sources(table).values(), ""), notes)
    assert not notes.problems
    assert {row[name] for name in sources(table)} <= {"", None}


def records(root: Any) -> st.SearchStrategy[Any]:
    """Records of this kind with anything under the keys that it and the lists within it know."""
    keys = st.sampled_from(sorted({key for table in root.declared(ALL) for key in table.known}))
    child = st.dictionaries(keys, JSON_VALUES, max_size=3)
    fields = st.dictionaries(keys, JSON_VALUES | child | st.lists(child, max_size=2), max_size=5)
    return JSON_VALUES | fields | fields.map(lambda record: record | {"id": 17})


@settings(max_examples=300)
@given(name=st.sampled_from(list(models.ROOTS)), data=st.data())
def test_no_record_stops_a_sync(name: str, data: Any) -> None:
    root = models.ROOTS[name]
    result = split(name, data.draw(records(root)), ALL)
    for table in root.declared(ALL):
        rows = result.rows.get(table.name, [])
        assert all(row.keys() == table.columns.keys() for row in rows)
        if table is not root.table:
            keys = [tuple(row[column] for column in table.key) for row in rows]
            assert keys == [(LIST, "17", place) for place in range(len(rows))]


# --- Contacts ---

HEADER = "ocx_contact_id,email,first_name,DATA_SET,ocx_status,ocx_created_date,ocx_unsubscribe_date,ocx_bounce_date,ocx_import_id"
CONTACT = '5f3c00a1b2c3d4e5f6a7b8c9,ann@example.org,"Ann, Perú",b,Unsubscribed,2020-08-18 17:15:13,1612339200,,1541500000'


def cells(line: str) -> list[str]:
    return next(csv.reader(io.StringIO(line)))


def contact(header: str, line: str) -> Any:
    """The row of a contact with whom nothing is wrong."""
    row, problems = models.contacts(cells(header), LIST).row(cells(line))
    assert not problems
    assert row.keys() == models.CONTACTS.columns.keys()
    return row


def test_a_contact() -> None:
    assert filled([contact(HEADER, CONTACT)]) == [
        {
            "list_id": LIST,
            "id": "5f3c00a1b2c3d4e5f6a7b8c9",
            "email": "ann@example.org",
            "ocx_status": "Unsubscribed",
            "ocx_created_date": utc(2020, 8, 18, 17, 15, 13),
            "ocx_unsubscribe_date": utc(2021, 2, 3, 8),
            "ocx_import_id": "1541500000",
            "first_name": "Ann, Perú",
            "custom_fields": '{"DATA_SET":"b","first_name":"Ann, Perú"}',
        }
    ]


def test_custom_fields_are_sorted_compact_json_under_their_own_names() -> None:
    row = contact('id,zeta,Alpha,"a ""b""",City', '1,1,"x\ny",ü,Lima')
    assert row["custom_fields"] == '{"Alpha":"x\\ny","City":"Lima","a \\"b\\"":"ü","zeta":"1"}'
    assert row["custom_fields"] == json.dumps(json.loads(row["custom_fields"]), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert row["city"] == "Lima"


@pytest.mark.parametrize("empty", ["", "null"])
def test_no_value_is_null_and_no_custom_field(empty: str) -> None:
    row = contact(HEADER, f"1,{empty},{empty},{empty},{empty},{empty},{empty},0,{empty}")
    assert filled([row]) == [{"list_id": LIST, "id": "1", "custom_fields": "{}"}]


@pytest.mark.parametrize("header", ["OCX_CONTACT_ID,Email", "\ufeffocx_contact_id,EMAIL", "id,email", "\ufeffID,email"])
def test_a_header_in_any_case_with_or_without_a_byte_order_mark(header: str) -> None:
    row = contact(header, "1,ann@example.org")
    assert filled([row]) == [{"list_id": LIST, "id": "1", "email": "ann@example.org", "custom_fields": "{}"}]


def test_a_field_called_id_beside_the_contacts_id_is_a_custom_field() -> None:
    row = contact("id,list_id,ocx_contact_id", "7,8,1")
    assert filled([row]) == [{"list_id": LIST, "id": "1", "custom_fields": '{"id":"7","list_id":"8"}'}]


def test_a_column_without_a_name_is_a_custom_field() -> None:
    assert filled([contact("ocx_contact_id,", "1,x")]) == [{"list_id": LIST, "id": "1", "custom_fields": '{"":"x"}'}]


def test_of_columns_with_one_name_the_first_counts() -> None:
    row = contact("ocx_contact_id,email,City,EMAIL,city,city", "1,a,b,c,d,e")
    assert (row["email"], row["city"], row["custom_fields"]) == ("a", "b", '{"City":"b","EMAIL":"c","city":"d"}')


@pytest.mark.parametrize("header", [[], ["email", "contact_id"], ["ocx_contact_id", "\ud800"]])
def test_a_header_that_is_none(header: list[str]) -> None:
    with pytest.raises(models.ConversionError):
        models.contacts(header, LIST)


@pytest.mark.parametrize("row", [["1"], ["1", "a", "b"]])
def test_a_row_of_another_width_tells_of_a_damaged_file(row: list[str]) -> None:
    with pytest.raises(models.ConversionError, match=f"2 cells as in the header, not {len(row)}"):
        models.contacts(["ocx_contact_id", "email"], LIST).row(row)


def test_an_empty_line_gives_nothing() -> None:
    assert models.contacts(["ocx_contact_id", "email"], LIST).row([]) == (None, ())


@pytest.mark.parametrize("none", ["", "null", "\udc80"])
def test_a_contact_without_an_id_gives_no_row(none: str) -> None:
    row, problems = models.contacts(["id", "ocx_created_date"], LIST).row([none, CANARY])
    assert row is None
    assert sorted(places(problems)) == [("contacts", "id"), ("contacts", "ocx_created_date")]


def test_a_cell_that_does_not_convert_is_null_and_noted() -> None:
    header = ["id", "ocx_created_date", "ocx_bounce_date", "email", "city", "DATA_SET"]
    row, problems = models.contacts(header, LIST).row(["1", CANARY, "2020-08-18", "\ud800", "\ud800", f"{CANARY}\ud800"])
    assert filled([row]) == [{"list_id": LIST, "id": "1", "ocx_bounce_date": utc(2020, 8, 18), "custom_fields": "{}"}]
    assert sorted(places(problems)) == [("contacts", name) for name in ("city", "custom_fields", "email", "ocx_created_date")]


@given(st.lists(st.tuples(st.sampled_from(["id", "ID", "email", "city", *models.CONTACT_DATES]) | TEXTS, TEXTS), max_size=8))
def test_no_contact_stops_a_sync(columns: list[tuple[str, str]]) -> None:
    header, row = ["ocx_contact_id", *(name for name, _ in columns)], ["1", *(cell for _, cell in columns)]
    try:
        reader = models.contacts(header, LIST)
    except models.ConversionError:
        assert "OCX_CONTACT_ID" in "".join(header).upper()
        return
    made, problems = reader.row(row)
    for cell in made.values():
        assert not isinstance(cell, str) or cell.encode() is not None
    assert json.loads(made["custom_fields"]).keys() <= {*header, header[0].removeprefix("\ufeff")}
    assert all(problem.column in made for problem in problems)


# --- Activity ---

DAY = utc(2024, 6, 3)


def test_a_summary_of_activity() -> None:
    header = "ocx_contact_id,email,ocx_status,sent,opens,clicks,last_sent_date,last_open_date,last_click_date,mood"
    reader = models.activity_summaries(cells(header), LIST, DAY, utc(2024, 6, 4))
    row, problems = reader.row(cells("5f,ann@example.org,Active,3,1,0,2024-06-03 10:00:00,1717412400,,good"))
    assert (problems, reader.unknown) == ([], ["mood"])
    assert row.keys() == models.CONTACT_ACTIVITY_SUMMARIES.columns.keys()
    assert filled([row]) == [
        {
            "list_id": LIST,
            "contact_id": "5f",
            "from_date": DAY,
            "to_date": utc(2024, 6, 4),
            "email": "ann@example.org",
            "ocx_status": "Active",
            "sent": 3,
            "opens": 1,
            "clicks": 0,
            "last_sent_date": utc(2024, 6, 3, 10),
            "last_open_date": utc(2024, 6, 3, 11),
        }
    ]
    assert reader.row([""] * 10)[0] is None


EVENT_HEADER = ["ocx_contact_id", "email", "type", "timestamp", "mailing_id", "Mood", "os"]
OPENED = ["5f", "ann@example.org", "open", "1717412400", "1200345", "gut \u00fc", ""]


def event_id(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()[:20]


def test_an_event_of_activity() -> None:
    reader = models.activity_events(EVENT_HEADER, LIST, DAY)
    row, problems = reader.row(OPENED)
    assert (problems, reader.unknown) == ([], [])
    assert row.keys() == models.CONTACT_ACTIVITY_EVENTS.columns.keys()
    assert filled([row]) == [
        {
            "list_id": LIST,
            "id": event_id(LIST, "2024-06-03", *OPENED, 0),
            "contact_id": "5f",
            "email": "ann@example.org",
            "type": "open",
            "timestamp": utc(2024, 6, 3, 11),
            "mailing_id": "1200345",
            "from_date": DAY,
            "additional_fields": '{"Mood":"gut ü"}',
        }
    ]


def test_identical_events_are_told_apart_by_a_running_number() -> None:
    reader = models.activity_events(EVENT_HEADER, LIST, DAY)
    other = ["", *OPENED[1:5], "", ""]
    rows = [reader.row(row)[0] for row in (OPENED, other, OPENED, OPENED)]
    numbered = ((OPENED, 0), (other, 0), (OPENED, 1), (OPENED, 2))
    assert [row["id"] for row in rows] == [event_id(LIST, "2024-06-03", *row, number) for row, number in numbered]
    assert (rows[1]["contact_id"], rows[1]["additional_fields"]) == (None, None)
    assert models.activity_events(EVENT_HEADER, LIST, utc(2024, 6, 4)).row(OPENED)[0]["id"] != rows[0]["id"]


# --- Statistics ---

METRICS = {"sent": "10512", "success": 10220, "opens": "", "unsubscribes": "0", "complaints": None}
CELLS = {"sent": 10512, "success": 10220, "unsubscribes": 0}


@pytest.mark.parametrize(
    ("name", "raw", "row"),
    [
        (
            "mailing_daily_stats",
            {"list_id": LIST, "mailing_id": 12, "mailing_name": "June", "mailing_type": "campaign", "stats_date": "1717372800"},
            {"list_id": LIST, "mailing_id": "12", "stats_date": DAY, "mailing_name": "June", "mailing_type": "campaign"},
        ),
        (
            "mailing_delivery_daily_stats",
            {"list_id": 70011, "mailing_id": "12", "esp_connection_id": "", "isp_id": None, "esp_name": "X", "stats_date": 1717372800},
            {"list_id": LIST, "mailing_id": "12", "esp_connection_id": "none", "isp_id": "none", "stats_date": DAY, "esp_name": "X"},
        ),
        (
            "mailing_segment_daily_stats",
            {"list_id": LIST, "mailing_id": "12", "segment_id": 0, "segment_name": "Peru", "stats_date": "2024-06-03"},
            {"list_id": LIST, "mailing_id": "12", "segment_id": "0", "segment_name": "Peru", "stats_date": DAY},
        ),
        (
            "mailing_link_daily_stats",
            {"list_id": LIST, "mailing_id": "12", "link_url": "https://example.org/ü", "stats_date": "2024-06-03 17:00:00"},
            {
                "list_id": LIST,
                "mailing_id": "12",
                "link_hash": hashlib.sha256("https://example.org/ü".encode()).hexdigest()[:20],
                "link_url": "https://example.org/ü",
                "stats_date": DAY,
            },
        ),
        (
            "mailing_link_daily_stats",
            {"list_id": LIST, "link_url": None, "stats_date": 1717372800},
            {"list_id": LIST, "mailing_id": "none", "link_hash": "none", "stats_date": DAY},
        ),
        (
            "mailing_country_daily_stats",
            {"list_id": LIST, "mailing_id": "12", "country_iso": "PE", "stats_date": 1717372800},
            {"list_id": LIST, "mailing_id": "12", "country_iso": "PE", "stats_date": DAY},
        ),
        (
            "event_daily_stats",
            {"list_id": LIST, "event_id": "61", "event_name": "Birthday", "mailing_id": "12", "stats_date": 1717372800},
            {"list_id": LIST, "event_id": "61", "event_name": "Birthday", "mailing_id": "12", "stats_date": DAY},
        ),
    ],
)
def test_a_row_of_statistics(name: str, raw: dict[str, Any], row: dict[str, Any]) -> None:
    report = models.REPORTS[name]
    assert (report.source, report.day, report.table.name) == ("mailing", "stats_date", name)
    made, notes = models.report_row(report, raw | METRICS)
    assert made.keys() == report.table.columns.keys()
    assert filled([made]) == [row | CELLS]
    assert not notes.problems
    assert not notes.unknown


def test_a_row_of_a_lists_growth() -> None:
    report = models.REPORTS["list_daily_stats"]
    made, _ = models.report_row(report, {"list_id": 7, "record_date": "1717372800", "active": "12", "not_active": 3, "no_activity": "4"})
    assert filled([made]) == [{"list_id": "7", "record_date": DAY, "active": 12, "not_active": 3, "no_activity": 4}]
    assert (report.source, report.day, report.keys, report.filters) == ("list", "record_date", ("list_id",), ())


@pytest.mark.parametrize("report", models.REPORTS.values(), ids=list(models.REPORTS))
def test_a_report_asks_for_all_that_its_table_holds(report: Any) -> None:
    asked = {*report.keys, *report.names, *report.metrics, report.day}
    assert asked == {column.source for column in report.table.columns.values()} - {""}
    assert [{"link_url": "link_hash"}.get(key, key) for key in report.keys] + [report.day] == report.table.key


@pytest.mark.parametrize("report", models.REPORTS.values(), ids=list(models.REPORTS))
@pytest.mark.parametrize("raw", [None, [], {}, {"stats_date": "0", "record_date": ""}, {"stats_date": CANARY, "record_date": CANARY}])
def test_statistics_of_no_day_are_a_problem(report: Any, raw: object) -> None:
    row, notes = models.report_row(report, raw)
    assert row is None
    assert places(notes.problems) == [(report.table.name, report.day)]


@pytest.mark.parametrize("report", models.REPORTS.values(), ids=list(models.REPORTS))
def test_statistics_with_an_unreadable_key_are_a_problem(report: Any) -> None:
    for key in report.keys:
        row, notes = models.report_row(report, {report.day: 1717372800, key: BAD})
        assert row is None
        assert places(notes.problems) == [(report.table.name, key)]


def test_a_number_that_does_not_convert_costs_only_itself() -> None:
    row, notes = models.report_row(models.REPORTS["mailing_daily_stats"], {"stats_date": 1717372800, "sent": CANARY, "opens": "3", "x": 1})
    assert (row["sent"], row["opens"]) == (None, 3)
    assert places(notes.problems) == [("mailing_daily_stats", "sent")]
    assert list(notes.unknown) == [("mailing_daily_stats", "x")]


@given(st.sampled_from(list(models.REPORTS)), JSON_VALUES | st.dictionaries(ANY_TEXT, JSON_VALUES), JSON_VALUES, st.data())
def test_no_record_of_a_report_stops_a_sync(name: str, raw: object, value: object, data: Any) -> None:
    report = models.REPORTS[name]
    if isinstance(raw, dict):
        raw |= {report.day: "2024-06-03", data.draw(st.sampled_from(sorted(report.table.known))): value}
    row, notes = models.report_row(report, raw)
    assert row is not None or notes.problems
    assert row is None or None not in [row[column] for column in report.table.key]
