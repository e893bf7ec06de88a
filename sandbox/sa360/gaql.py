"""The query language: a text is taken apart into what it asks for, or refused with the vendor's code (fact sheet 6).

Only the grammar is judged here. Whether the fields exist and go together is for `checks`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, NoReturn

Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...] | None

PARAMETERS = frozenset({"metrics_currency", "enable_mcc_expansion"})
DURING = (
    "LAST_14_DAYS", "LAST_30_DAYS", "LAST_7_DAYS", "LAST_BUSINESS_WEEK", "LAST_MONTH", "LAST_WEEK_MON_SUN", "LAST_WEEK_SUN_SAT",
    "THIS_MONTH", "THIS_WEEK_MON_TODAY", "THIS_WEEK_SUN_TODAY", "TODAY", "YESTERDAY",
)  # fmt: skip
_KEYWORDS = frozenset({"SELECT", "FROM", "WHERE", "ORDER", "LIMIT", "PARAMETERS"})
_COMPARISONS = frozenset({"=", "!=", ">", ">=", "<", "<="})
_LISTED = frozenset({"IN", "NOT IN", "CONTAINS ANY", "CONTAINS ALL", "CONTAINS NONE"})
# the words that an operator is spelled with, longest first
_WORDED = (
    ("NOT", "IN"), ("NOT", "LIKE"), ("NOT", "REGEXP_MATCH"), ("CONTAINS", "ANY"), ("CONTAINS", "ALL"), ("CONTAINS", "NONE"),
    ("IS", "NOT", "NULL"), ("IS", "NULL"), ("IN",), ("LIKE",), ("DURING",), ("BETWEEN",), ("REGEXP_MATCH",),
)  # fmt: skip
_FIELD = re.compile(r"[a-z][a-zA-Z0-9._]*(\.id\[[0-9]+\])?")
_RESOURCE = re.compile(r"[a-z][a-zA-Z_]*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t", "r": "\r"}
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>['"])|(?P<symbol><=|>=|!=|[=<>(),])|(?P<word>-?[a-zA-Z0-9_](?:[a-zA-Z0-9._]|\[[^\]\s,()]*\])*))""",
)


class QueryError(ValueError):
    """A query that the vendor refuses: the group and the code of the error, what it says, and the part of the query that it is about."""

    def __init__(self, group: str, code: str, message: str, trigger: str = "") -> None:
        super().__init__(message)
        self.group, self.code, self.message, self.trigger = group, code, message, trigger


@dataclass(frozen=True)
class Condition:
    """One condition of WHERE. The operator is in capitals; the value is a tuple for lists and BETWEEN, None for IS [NOT] NULL."""

    field: str
    operator: str
    value: Value = None


@dataclass(frozen=True)
class Query:
    """What a text asks for; `order_by` says of each field whether it is descending. The field service's queries have no `resource`."""

    select: tuple[str, ...]
    resource: str
    where: tuple[Condition, ...] = ()
    order_by: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    parameters: dict[str, str] = field(default_factory=dict)


def parse(text: str, *, fields: bool = False) -> Query:
    """Return what a query asks for; `fields` is for the field service, whose queries have no FROM.

    Raises:
        QueryError: with a code of `queryError`, when it is against the grammar.
    """
    return _Parser(text).query(fields=fields)


# --- words ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Token:
    kind: Literal["string", "symbol", "word"]
    text: str

    @property
    def upper(self) -> str:
        """Return it as a keyword is compared; a string is none."""
        return self.text.upper() if self.kind == "word" else ""


def _refuse(code: str, message: str, trigger: str = "") -> NoReturn:
    raise QueryError("queryError", code, message, trigger)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            bad = text[at:].lstrip()[0]
            _refuse("BAD_SYMBOL", f"Invalid symbol in the query: '{bad}'.", bad)
        at = match.end()
        if match["string"]:
            value, at = _string(text, at, match["string"])
            found.append(_Token("string", value))
        else:
            found.append(_Token("symbol", match["symbol"]) if match["symbol"] else _Token("word", match["word"]))
    return found


def _string(text: str, at: int, quote: str) -> tuple[str, int]:
    """Return the string that begins behind its opening quote, and where the text goes on."""
    start, value = at, ""
    while at < len(text):
        letter = text[at]
        if letter == quote:
            return value, at + 1
        if letter in "\r\n":
            _refuse("PROHIBITED_NEWLINE_IN_STRING", "A string must not have a line break.", text[start:at])
        if letter == "\\":
            at += 1
            letter = _escaped(text[at : at + 1])
        value, at = value + letter, at + 1
    _refuse("STRING_NOT_TERMINATED", "A string is not terminated.", text[start:])


def _escaped(letter: str) -> str:
    if letter and letter not in _ESCAPES:
        _refuse("BAD_ESCAPE_SEQUENCE", f"Invalid escape sequence: '\\{letter}'.", f"\\{letter}")
    return _ESCAPES.get(letter, "")


# --- clauses -------------------------------------------------------------------------------------------------------


class _Parser:
    """Goes through the words of a query, clause by clause."""

    def __init__(self, text: str) -> None:
        self._tokens, self._at = _tokens(text), 0

    def query(self, *, fields: bool) -> Query:
        if not self._take("SELECT"):
            _refuse("EXPECTED_SELECT", "The query must begin with SELECT.", self._text())
        select = [self._field()]
        while self._take(","):
            select.append(self._field())
        resource = self._no_resource() if fields else self._resource()
        where = self._where() if self._take("WHERE") else []
        order_by = self._order_by() if self._take("ORDER") else []
        limit = self._limit() if self._take("LIMIT") else None
        parameters = self._parameters() if self._take("PARAMETERS") else {}
        if self._at < len(self._tokens):
            _refuse("UNEXPECTED_INPUT", f"Unexpected input: '{self._text()}'.", self._text())
        return Query(tuple(dict.fromkeys(select)), resource, tuple(where), tuple(order_by), limit, parameters)

    # one word

    def _text(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _take(self, *words: str) -> bool:
        """Go past some keywords or symbols if they are what comes next."""
        coming = self._tokens[self._at : self._at + len(words)]
        if [each.text if each.kind == "symbol" else each.upper for each in coming] != list(words):
            return False
        self._at += len(words)
        return True

    def _next(self) -> _Token:
        if self._at == len(self._tokens):
            _refuse("UNEXPECTED_END_OF_QUERY", "The query ended unexpectedly.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _field(self) -> str:
        token = self._next()
        if token.kind != "word" or not _FIELD.fullmatch(token.text):
            _refuse("BAD_FIELD_NAME", f"Invalid field name: '{token.text}'.", token.text)
        return token.text

    # FROM

    def _no_resource(self) -> str:
        if self._take("FROM"):
            _refuse("UNEXPECTED_FROM_CLAUSE", "FROM is not expected in this query.", "FROM")
        return ""

    def _resource(self) -> str:
        if not self._take("FROM"):
            _refuse("EXPECTED_FROM", "FROM is expected behind the selected fields.", self._text())
        token = self._next()
        if token.kind != "word" or not _RESOURCE.fullmatch(token.text):
            _refuse("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"Invalid resource type: '{token.text}'.", token.text)
        return token.text

    # WHERE

    def _where(self) -> list[Condition]:
        found = [self._condition()]
        while self._take("AND"):
            found.append(self._condition())
        if self._at < len(self._tokens) and self._tokens[self._at].upper not in _KEYWORDS:
            _refuse("EXPECTED_AND", f"AND is expected between two conditions, not '{self._text()}'.", self._text())
        return found

    def _condition(self) -> Condition:
        name, operator = self._field(), self._operator()
        if operator in {"IS NULL", "IS NOT NULL"}:
            return Condition(name, operator)
        if operator == "BETWEEN":
            return Condition(name, operator, self._between())
        listed = self._take("(")
        if operator in _LISTED:
            return Condition(name, operator, self._list(listed=listed))
        if listed:
            _refuse("EXPECTED_SINGLE_VALUE", f"{operator} takes one value, not a list.", name)
        return Condition(name, operator, self._single(operator))

    def _operator(self) -> str:
        for words in _WORDED:
            if self._take(*words):
                return " ".join(words)
        token = self._next()
        if token.kind != "symbol" or token.text not in _COMPARISONS:
            _refuse("BAD_OPERATOR", f"Invalid operator: '{token.text}'.", token.text)
        return token.text

    def _single(self, operator: str) -> Scalar:
        token = self._next()
        if operator == "DURING":
            if token.upper not in DURING:
                _refuse("INVALID_VALUE_WITH_DURING_OPERATOR", f"Invalid date range literal: '{token.text}'.", token.text)
            return token.upper
        value = _scalar(token)
        if operator.endswith("LIKE") and not isinstance(value, str):
            _refuse("INVALID_VALUE_WITH_LIKE_OPERATOR", f"{operator} takes a string, not '{token.text}'.", token.text)
        return value

    def _list(self, *, listed: bool) -> tuple[Scalar, ...]:
        if not listed:
            _refuse("EXPECTED_LIST", "A list in parentheses is expected.", self._next().text)
        if self._take(")"):
            _refuse("PROHIBITED_EMPTY_LIST_IN_CONDITION", "A list must not be empty.", "()")
        values = [_scalar(self._next())]
        while self._take(","):
            values.append(_scalar(self._next()))
        if not self._take(")"):
            _refuse("UNEXPECTED_INPUT", "A list is not closed.", self._next().text)
        if len({_sort(each) for each in values}) > 1:
            _refuse("PROHIBITED_VALUE_COMBINATION_IN_LIST", "A list must have values of one type.", str(values[-1]))
        return tuple(values)

    def _between(self) -> tuple[Scalar, ...]:
        if self._take("("):
            _refuse("INVALID_VALUE_WITH_BETWEEN_OPERATOR", "BETWEEN does not take lists.", "(")
        first = _scalar(self._next())
        if not self._take("AND"):
            _refuse("EXPECTED_VALUE_WITH_BETWEEN_OPERATOR", "BETWEEN takes two values with AND between them.", self._text())
        last = _scalar(self._next())
        if _sort(first) != _sort(last):
            _refuse("PROHIBITED_VALUE_COMBINATION_WITH_BETWEEN_OPERATOR", "BETWEEN takes two values of one type.", str(last))
        return first, last

    # behind WHERE

    def _order_by(self) -> list[tuple[str, bool]]:
        if not self._take("BY"):
            _refuse("EXPECTED_BY", "BY is expected behind ORDER.", self._text())
        found = [self._order()]
        while self._take(","):
            found.append(self._order())
        return found

    def _order(self) -> tuple[str, bool]:
        name = self._field()
        descending = self._take("DESC")
        if not descending:
            self._take("ASC")
        return name, descending

    def _limit(self) -> int:
        token = self._next()
        if token.kind != "word" or not re.fullmatch(r"-?[0-9]+", token.text):
            _refuse("BAD_LIMIT_VALUE", f"Invalid limit: '{token.text}'.", token.text)
        if int(token.text) < 1:
            _refuse("LIMIT_VALUE_TOO_LOW", "The limit must be positive.", token.text)
        return int(token.text)

    def _parameters(self) -> dict[str, str]:
        found = dict([self._parameter()])
        while self._take(","):
            found.update([self._parameter()])
        return found

    def _parameter(self) -> tuple[str, str]:
        name = self._next()
        if name.kind != "word" or name.text not in PARAMETERS:
            _refuse("BAD_PARAMETER_NAME", f"Invalid parameter: '{name.text}'.", name.text)
        if not self._take("="):
            _refuse("BAD_OPERATOR", "A parameter takes '='.", self._text())
        value = self._next()
        if value.kind == "symbol":
            _refuse("BAD_PARAMETER_VALUE", f"Invalid value of {name.text}: '{value.text}'.", value.text)
        if name.text == "enable_mcc_expansion" and value.text.lower() not in {"true", "false"}:
            _refuse("BAD_PARAMETER_VALUE", f"Invalid value of {name.text}: '{value.text}'.", value.text)
        return name.text, value.text


def _scalar(token: _Token) -> Scalar:
    """Return the value of a string, a number, `true` or `false`, or a bare literal, which is a string."""
    if token.kind == "string":
        return token.text
    if token.kind == "symbol":
        _refuse("BAD_VALUE", f"Invalid value: '{token.text}'.", token.text)
    if token.upper in {"TRUE", "FALSE"}:
        return token.upper == "TRUE"
    if re.fullmatch(r"-?[0-9.]+", token.text) or token.text.startswith("-"):
        return _number(token.text)
    if not re.fullmatch(r"[a-zA-Z0-9_]+", token.text):
        _refuse("BAD_VALUE", f"Invalid value: '{token.text}'.", token.text)
    return token.text


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        _refuse("BAD_NUMBER", f"Invalid number: '{text}'.", text)
    return float(text) if "." in text else int(text)


def _sort(value: Scalar) -> str:
    """Return what values of one list have to have in common."""
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
