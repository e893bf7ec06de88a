"""Which endpoint answers a request (fact sheet 1), and what it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.sa360 import checks, errors, evaluate, fieldservice, pages, streams
from sandbox.sa360.account import Account
from sandbox.sa360.catalog import camel
from sandbox.sa360.entities import entity_of
from sandbox.sa360.envelope import ASKED_AS, Asked, found, read
from sandbox.sa360.errors import Refused
from sandbox.sa360.evaluate import Question
from sandbox.sa360.gaql import Condition, QueryError
from sandbox.sa360.pages import Listings, Place
from sandbox.sa360.plans import Plan, parsed, plan

CUSTOM_COLUMN = "CustomColumn"
SEARCH, STREAM, COLUMNS, COLUMN, ACCESSIBLE, FIELD, FIELDS = "search", "searchStream", "columns", "column", "accessible", "field", "fields"
_CUSTOMER = r"/v0/customers/([^/:]+)"
# The verbs tell capitals from small letters.
_ROUTES = tuple((kind, method, re.compile(pattern)) for kind, method, pattern in (
    (SEARCH, "POST", rf"{_CUSTOMER}/searchAds360:search"),
    (STREAM, "POST", rf"{_CUSTOMER}/searchAds360:searchStream"),
    (COLUMNS, "GET", rf"{_CUSTOMER}/customColumns"),
    (COLUMN, "GET", rf"{_CUSTOMER}/customColumns/([^/:]+)"),
    (ACCESSIBLE, "GET", r"/v0/customers:listAccessibleCustomers"),
    (FIELD, "GET", r"/v0/searchAds360Fields/([^/:]+)"),
    (FIELDS, "POST", r"/v0/searchAds360Fields:search"),
))  # fmt: skip
# The conditions that belong to a whole list: keywords and other criteria are one each.
_WHOLE = tuple(Condition("ad_group_criterion.type", operator, "KEYWORD") for operator in ("=", "!="))


class Call(NamedTuple):
    """Which endpoint is asked, about which account (None for what is about none), and for what by its name."""

    kind: str
    customer_id: str | None
    name: str = ""


def call_of(request: Request) -> Call | None:
    """Return what a request calls; None for what there is not."""
    for kind, method, pattern in _ROUTES:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            about_one = kind not in {ACCESSIBLE, FIELD, FIELDS}
            return Call(kind, match[1] if about_one else None, match[match.lastindex] if match.lastindex else "")
    return None


def place_of(request: Request) -> str:
    """Return what faults and counts know a search by: its path, what it is FROM, and the operators of its conditions; else nothing.

    It is `... FROM asset` for the whole list, `... FROM asset WHERE BETWEEN` for a range of it. A report has WHERE in any case.
    """
    call = call_of(request)
    if call is None or call.kind not in {SEARCH, STREAM} or not isinstance(request.body, dict):
        return ""
    try:
        query = parsed(str(request.body.get("query", "")))
    except QueryError:
        return ""
    operators = sorted({each.operator for each in query.where if each not in _WHOLE})
    numbers = any(name.startswith(("metrics.", "segments.")) for name in query.select)
    where = f" WHERE {', '.join(operators)}".rstrip() if operators or numbers else ""
    return f"{request.path} FROM {query.resource}{where}"


def continues(request: Request, call: Call, now: float) -> bool:
    """Say whether a request is a later page of a query, which is no operation of its own."""
    if call.kind != SEARCH:
        return False
    try:
        return pages.place_of(str(call.customer_id), read(request, SEARCH), now) is not None
    except Refused:
        return False


def route(account: Account, listings: Listings, request: Request, request_id: str) -> Reply:
    """Answer a request that was admitted; every reply tells its id."""
    call = call_of(request)
    if call is None:
        return errors.no_such_page()
    try:
        with account.lock:  # no change may come between the parts of a reply
            reply = _answer(account, listings, request, call, request_id)
    except QueryError as error:
        return errors.reply(errors.query_refused(error), request_id, streamed=call.kind == STREAM)
    except Refused as refused:
        return errors.reply(refused, request_id, streamed=call.kind == STREAM)
    reply.headers["request-id"] = request_id
    return reply


def _answer(account: Account, listings: Listings, request: Request, call: Call, request_id: str) -> Reply:
    if call.customer_id is None:
        return _about_no_account(account, request, call)
    if call.kind in {COLUMNS, COLUMN}:
        return _columns(account, call.customer_id, call.name if call.kind == COLUMN else None)
    asked = read(request, call.kind)
    question = question_of(account, call.customer_id, asked.query)
    _check_summary(question.plan, asked)
    if call.kind == STREAM:
        return streams.reply(question, asked, _head(question), request_id)
    return _page(question, listings, asked)


def _about_no_account(account: Account, request: Request, call: Call) -> Reply:
    if call.kind == ACCESSIBLE:
        return found({"resourceNames": [f"customers/{account.world.top.id}"]})
    return fieldservice.one(call.name) if call.kind == FIELD else fieldservice.search(request, account.clock())


# --- queries -------------------------------------------------------------------------------------------------------


def question_of(account: Account, customer_id: str, text: str) -> Question:
    """Return a query that may be asked of an account.

    Raises:
        QueryError: for what is wrong with it.
        Refused: 403 when the account may not read what it is about.
    """
    query, today = parsed(text), account.today(customer_id)
    columns = _columns_above(account, customer_id) if "custom_columns." in text else {}
    checks.check(query, today, account.customers[customer_id].manager, columns)
    made = plan(text)
    if made.entities & account.forbidden:
        raise errors.denied("ACTION_NOT_PERMITTED", "The user doesn't have permission to perform an action on a resource.")
    return Question(account, customer_id, made, today, tuple(columns[each] for each in made.columns))


def _columns_above(account: Account, customer_id: str) -> Mapping[str, Record]:
    """Return the custom columns that an account may use, by id: its own and those of the managers above it."""
    collections = account.collections[CUSTOM_COLUMN]
    owners = [each.id for each in account.world.chain(customer_id) if each.id in collections]
    return {str(record["id"]): record for owner in owners for record in collections[owner].records()}


def _check_summary(made: Plan, asked: Asked) -> None:
    if asked.with_summary and not made.metrics:
        code = "CANNOT_RETURN_SUMMARY_ROW_FOR_REQUEST_WITHOUT_METRICS"
        raise errors.request_refused(code, "A summary row of a query without metrics.", where="summary_row_setting")


def _head(question: Question) -> Record:
    """Return what a reply has besides its rows."""
    head: Record = {"fieldMask": question.plan.mask}
    if question.columns:
        keys = ("id", "name", "referencesMetrics")
        head["customColumnHeaders"] = [{key: each[key] for key in keys if key in each} for each in question.columns]
    return head


def _page(question: Question, listings: Listings, asked: Asked) -> Reply:
    """Answer a search: with the rows behind the token's place, or with the summary row behind all of them."""
    now, made = question.account.clock(), question.plan
    place = pages.place_of(question.customer_id, asked, now)
    if asked.validate_only:
        return found({})
    if asked.summary == "SUMMARY_ROW_ONLY" or (place and place.ended):
        return found({"summaryRow": evaluate.summary(question), **_head(question)})
    page = pages.page(made, listings.of(question, asked.query), asked, place)
    end = page.end
    if end is None and asked.with_summary:
        end = Place([], 0, asked.total, asked.summary, ended=True)
    payload: Record = {"results": page.rows} if page.rows else {}
    if end:
        payload["nextPageToken"] = pages.token_of(question.customer_id, asked.original, end, now)
    if asked.total and page.total:
        payload["totalResultsCount"] = str(page.total)
    return found(payload | _head(question), **_listed(made))


def _listed(made: Plan) -> dict[str, Any]:
    """Return whose records a page lists; a report lists none."""
    if made.counts:
        return {}
    return {"entity": entity_of(made.record), "detailed": True, "id_key": "resourceName", "inside": camel(made.record)}


def listing_of(account: Account, listings: Listings, request: Request) -> tuple[Question, pages.Listing, Asked] | None:
    """Return the list of records of which a request asks for a page, if it is one that may be asked for."""
    call = call_of(request)
    if call is None or call.kind != SEARCH or call.customer_id not in account.customers:
        return None
    try:
        asked = read(request, SEARCH)
        question = question_of(account, call.customer_id, asked.query)
    except (QueryError, Refused):
        return None
    return None if question.plan.counts else (question, listings.of(question, asked.query), asked)


def reworded(request: Request, text: str) -> None:
    """Let a request ask for something else, in a body of its own: what was asked stays on record, and its pages go on as they began."""
    request.body = {**request.body, ASKED_AS: request.body.get(ASKED_AS, request.body["query"]), "query": text}


# --- custom columns ------------------------------------------------------------------------------------------------


def _columns(account: Account, customer_id: str, number: str | None) -> Reply:
    """Answer with all custom columns of an account, or with one; only managers have any."""
    if CUSTOM_COLUMN in account.forbidden:
        raise errors.denied("ACTION_NOT_PERMITTED", "The user doesn't have permission to perform an action on a resource.")
    collection = account.collections[CUSTOM_COLUMN].get(customer_id)
    records = [_public(record) for record in collection.records()] if collection else []
    about: dict[str, Any] = {"entity": CUSTOM_COLUMN, "detailed": True, "id_key": "resourceName"}
    if number is None:
        return found({"customColumns": records} if records else {}, **about)
    for record in records:
        if str(record["id"]) == number:
            return found(record, **about)
    raise Refused(404, "Resource was not found.", "requestError", "RESOURCE_NOT_FOUND", number, "resource_name")


def _public(record: Record) -> Record:
    return {key: value for key, value in record.items() if not key.startswith("_")}
