"""The query language: what a text asks for, and the code with which it is refused."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from sandbox.sa360.gaql import Condition, Query, QueryError, parse


def conditions(text: str) -> tuple[Condition, ...]:
    return parse(f"SELECT campaign.id FROM campaign WHERE {text}").where


def test_all_clauses() -> None:
    text = (
        "SELECT campaign.id, campaign.name,segments.date , custom_columns.id[9001]\n FROM campaign WHERE campaign.id>= -5 AND "
        "campaign.name LIKE 'a%' ORDER BY campaign.id DESC, campaign.name ASC, segments.date LIMIT 7 "
        "PARAMETERS metrics_currency = 'USD', enable_mcc_expansion=true  "
    )
    assert parse(text) == Query(
        ("campaign.id", "campaign.name", "segments.date", "custom_columns.id[9001]"),
        "campaign",
        (Condition("campaign.id", ">=", -5), Condition("campaign.name", "LIKE", "a%")),
        (("campaign.id", True), ("campaign.name", False), ("segments.date", False)),
        7,
        {"metrics_currency": "USD", "enable_mcc_expansion": "true"},
    )


def test_keywords_are_told_in_any_case_and_a_field_is_selected_once() -> None:
    text = "select campaign.id, campaign.id\tfrom campaign where campaign.id In (1) and campaign.name is Not null order by campaign.id desc"
    query = parse(text)
    assert query.select == ("campaign.id",)
    assert query.where == (Condition("campaign.id", "IN", (1,)), Condition("campaign.name", "IS NOT NULL"))
    assert query.order_by == (("campaign.id", True),)


@pytest.mark.parametrize(
    ("text", "operator", "value"),
    [
        ("= 1", "=", 1),
        ("=1.5", "=", 1.5),
        ("!= 'x'", "!=", "x"),
        ("> 1", ">", 1),
        (">= 1", ">=", 1),
        ("< -1", "<", -1),
        ("<=1", "<=", 1),
        ("IN (1,2 , 3)", "IN", (1, 2, 3)),
        ("in ('a', \"b\")", "IN", ("a", "b")),
        ("NOT IN (ENABLED, 'PAUSED')", "NOT IN", ("ENABLED", "PAUSED")),
        ("LIKE 'a'", "LIKE", "a"),
        ("not  like 'a'", "NOT LIKE", "a"),
        ("CONTAINS ANY ('a')", "CONTAINS ANY", ("a",)),
        ("CONTAINS ALL ('a')", "CONTAINS ALL", ("a",)),
        ("contains none ('a')", "CONTAINS NONE", ("a",)),
        ("IS NULL", "IS NULL", None),
        ("IS NOT NULL", "IS NOT NULL", None),
        ("DURING last_7_days", "DURING", "LAST_7_DAYS"),
        ("BETWEEN '2026-01-01' and '2026-01-31'", "BETWEEN", ("2026-01-01", "2026-01-31")),
        ("BETWEEN 1 AND 2.5", "BETWEEN", (1, 2.5)),
        ("REGEXP_MATCH '(?i).*x.*'", "REGEXP_MATCH", "(?i).*x.*"),
        ("NOT REGEXP_MATCH 'x'", "NOT REGEXP_MATCH", "x"),
        ("= true", "=", True),
        ("= False", "=", False),
        ("= 'true'", "=", "true"),
        ("= KEYWORD", "=", "KEYWORD"),
        ("= 18446744073709551616", "=", 18446744073709551616),
    ],
)
def test_every_operator(text: str, operator: str, value: object) -> None:
    (found,) = conditions(f"campaign.name {text}")
    assert (found.field, found.operator, found.value) == ("campaign.name", operator, value)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it\\'s'", "it's"), ('"it\'s"', "it's"), ("'say \"hi\"'", 'say "hi"'), ('"a\\"b"', 'a"b'), ("'a\\\\b'", "a\\b"),
        ("'a\\nb'", "a\nb"),
        ("''", ""), ("'a, (b) AND FROM c'", "a, (b) AND FROM c"),
        ("'\N{HOT BEVERAGE} caf\N{LATIN SMALL LETTER E WITH ACUTE}'", "☕ café"),
        ("'  '", "  "),
    ],
)  # fmt: skip
def test_strings(text: str, value: str) -> None:
    assert conditions(f"campaign.name = {text} AND campaign.id = 1")[0].value == value


def test_the_field_services_queries_have_no_from() -> None:
    query = parse("SELECT name, data_type WHERE name LIKE 'campaign.%' ORDER BY name LIMIT 5", fields=True)
    assert (query.select, query.resource, query.limit) == (("name", "data_type"), "", 5)
    assert parse("SELECT name", fields=True).where == ()
    with pytest.raises(QueryError) as refused:
        parse("SELECT name FROM campaign", fields=True)
    assert refused.value.code == "UNEXPECTED_FROM_CLAUSE"


S = "SELECT campaign.id FROM campaign"
SYNTAX: list[tuple[str, str, str]] = [
    ("", "EXPECTED_SELECT", ""),
    ("FROM campaign", "EXPECTED_SELECT", "FROM"),
    ("SELECT", "UNEXPECTED_END_OF_QUERY", ""),
    ("SELECT campaign.id,", "UNEXPECTED_END_OF_QUERY", ""),
    ("SELECT * FROM campaign", "BAD_SYMBOL", "*"),
    ("SELECT campaign.id; FROM campaign", "BAD_SYMBOL", ";"),
    ("SELECT Campaign.id FROM campaign", "BAD_FIELD_NAME", "Campaign.id"),
    ("SELECT FROM campaign", "BAD_FIELD_NAME", "FROM"),
    ("SELECT custom_columns.id[x] FROM campaign", "BAD_FIELD_NAME", "custom_columns.id[x]"),
    ("SELECT 'campaign.id' FROM campaign", "BAD_FIELD_NAME", "campaign.id"),
    ("SELECT campaign.id", "EXPECTED_FROM", ""),
    ("SELECT campaign.id campaign.name FROM campaign", "EXPECTED_FROM", "campaign.name"),
    ("SELECT campaign.id FROM", "UNEXPECTED_END_OF_QUERY", ""),
    ("SELECT campaign.id FROM 'campaign'", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", "campaign"),
    (f"{S} campaign", "UNEXPECTED_INPUT", "campaign"),
    (f"{S} WHERE", "UNEXPECTED_END_OF_QUERY", ""),
    (f"{S} WHERE campaign.id", "UNEXPECTED_END_OF_QUERY", ""),
    (f"{S} WHERE campaign.id =", "UNEXPECTED_END_OF_QUERY", ""),
    (f"{S} WHERE campaign.id = 1 AND", "UNEXPECTED_END_OF_QUERY", ""),
    (f"{S} WHERE campaign.id EQUALS 1", "BAD_OPERATOR", "EQUALS"),
    (f"{S} WHERE campaign.id NOT 1", "BAD_OPERATOR", "NOT"),
    (f"{S} WHERE campaign.id , 1", "BAD_OPERATOR", ","),
    (f"{S} WHERE campaign.id = 1 OR campaign.id = 2", "EXPECTED_AND", "OR"),
    (f"{S} WHERE campaign.id = 1 campaign.id = 2", "EXPECTED_AND", "campaign.id"),
    (f"{S} WHERE segments.date = 2026-01-01", "EXPECTED_AND", "-01"),
    (f"{S} WHERE campaign.name = 'x", "STRING_NOT_TERMINATED", "x"),
    (f"{S} WHERE campaign.name = 'x\\'", "STRING_NOT_TERMINATED", "x\\'"),
    (f"{S} WHERE campaign.name = 'x\\", "STRING_NOT_TERMINATED", "x\\"),
    (f"{S} WHERE campaign.name = 'x\ny'", "PROHIBITED_NEWLINE_IN_STRING", "x"),
    (f"{S} WHERE campaign.name = 'x\\qy'", "BAD_ESCAPE_SEQUENCE", "\\q"),
    (f"{S} WHERE campaign.id = 1.2.3", "BAD_NUMBER", "1.2.3"),
    (f"{S} WHERE campaign.id = 1.", "BAD_NUMBER", "1."),
    (f"{S} WHERE campaign.id = -x", "BAD_NUMBER", "-x"),
    (f"{S} WHERE campaign.id = a.b", "BAD_VALUE", "a.b"),
    (f"{S} WHERE campaign.id = =", "BAD_VALUE", "="),
    (f"{S} WHERE campaign.id = (1)", "EXPECTED_SINGLE_VALUE", "campaign.id"),
    (f"{S} WHERE campaign.id IN 1", "EXPECTED_LIST", "1"),
    (f"{S} WHERE campaign.id IN ()", "PROHIBITED_EMPTY_LIST_IN_CONDITION", "()"),
    (f"{S} WHERE campaign.id IN (1", "UNEXPECTED_END_OF_QUERY", ""),
    (f"{S} WHERE campaign.id IN (1 2)", "UNEXPECTED_INPUT", "2"),
    (f"{S} WHERE campaign.id IN (1, 'x')", "PROHIBITED_VALUE_COMBINATION_IN_LIST", "x"),
    (f"{S} WHERE campaign.id BETWEEN 1", "EXPECTED_VALUE_WITH_BETWEEN_OPERATOR", ""),
    (f"{S} WHERE campaign.id BETWEEN (1, 2)", "INVALID_VALUE_WITH_BETWEEN_OPERATOR", "("),
    (f"{S} WHERE campaign.id BETWEEN 1 AND 'x'", "PROHIBITED_VALUE_COMBINATION_WITH_BETWEEN_OPERATOR", "x"),
    (f"{S} WHERE segments.date DURING LAST_8_DAYS", "INVALID_VALUE_WITH_DURING_OPERATOR", "LAST_8_DAYS"),
    (f"{S} WHERE campaign.name LIKE 5", "INVALID_VALUE_WITH_LIKE_OPERATOR", "5"),
    (f"{S} ORDER campaign.id", "EXPECTED_BY", "campaign.id"),
    (f"{S} ORDER BY", "UNEXPECTED_END_OF_QUERY", ""),
    (f"{S} LIMIT many", "BAD_LIMIT_VALUE", "many"),
    (f"{S} LIMIT 1.5", "BAD_LIMIT_VALUE", "1.5"),
    (f"{S} LIMIT 0", "LIMIT_VALUE_TOO_LOW", "0"),
    (f"{S} LIMIT -1", "LIMIT_VALUE_TOO_LOW", "-1"),
    (f"{S} LIMIT 1 WHERE campaign.id = 1", "UNEXPECTED_INPUT", "WHERE"),
    (f"{S} PARAMETERS include_drafts = true", "BAD_PARAMETER_NAME", "include_drafts"),
    (f"{S} PARAMETERS metrics_currency 'USD'", "BAD_OPERATOR", "USD"),
    (f"{S} PARAMETERS metrics_currency = (", "BAD_PARAMETER_VALUE", "("),
    (f"{S} PARAMETERS enable_mcc_expansion = 1", "BAD_PARAMETER_VALUE", "1"),
]


@pytest.mark.parametrize(("text", "code", "trigger"), SYNTAX)
def test_what_is_against_the_grammar(text: str, code: str, trigger: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert (refused.value.group, refused.value.code, refused.value.trigger) == ("queryError", code, trigger)
    assert refused.value.message


def test_every_code_is_googles() -> None:
    document = files("googleapiclient") / "discovery_cache" / "documents" / "searchads360.v0.json"
    codes = json.loads(document.read_text())["schemas"]["GoogleAdsSearchads360V0Errors__ErrorCode"]["properties"]
    assert [code for _, code, _ in SYNTAX if code not in codes["queryError"]["enum"]] == []
