"""What a refusal of Google's says, and which kind of failure it is: told by its codes, never by its words (fact sheet 5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from common.failures import Forbidden, RateLimited, Rejected, SourceFailure, Unauthorized, Unavailable
from common.requests import REFUSALS, exhausted

LONGEST_WAIT_SECONDS = 15 * 60.0  # the quota of a minute passes; the one of a day does not
TRANSIENT = {HTTPStatus.CONFLICT, 499}  # what Google's own status table makes of the next two, which come and go like an outage
TRANSIENT_STATUSES = {"ABORTED", "CANCELLED"}
SENTENCE_LENGTH = 200
SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")
NO_ACCESS = {
    "authorizationError.USER_PERMISSION_DENIED",
    "authorizationError.CUSTOMER_NOT_ENABLED",
    "authorizationError.INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION",
    "authorizationError.ACCESS_DENIED_FOR_ACCOUNT_TYPE",
    "authenticationError.CUSTOMER_NOT_FOUND",
    "authenticationError.CLIENT_CUSTOMER_ID_INVALID",
    "requestError.INVALID_CUSTOMER_ID",
    "headerError.INVALID_LOGIN_CUSTOMER_ID",
    "headerError.INVALID_USER_SELECTED_CUSTOMER_ID",
}
EXPIRED = "requestError.EXPIRED_PAGE_TOKEN"
# with these nothing at all can be read, and a person has to change something
HOPELESS = {
    "SERVICE_DISABLED": 'Enable the "Search Ads 360 Reporting API" in the Google Cloud project to which "client_id" or the service account '
    "belongs, and try again some minutes later.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "The sign-in does not cover Search Ads 360. Sign in again with the scope "
    'https://www.googleapis.com/auth/doubleclicksearch and copy the new "refresh_token".',
    "authorizationError.PROJECT_DISABLED": "The Google Cloud project of this sign-in is disabled: enable it, or sign in with another one.",
}


class Refused(Rejected):
    """The question is refused; no retry can help.

    Args:
        told: what the refusal says.

    `query` is what was asked, in the query language; "" as long as nobody has said so.
    """

    def __init__(self, message: str, url: str, status: int, told: Told) -> None:
        super().__init__(message, url, status)
        self.query = ""
        self.code, self.location, self.trigger, self.request_id = told.code, told.location, told.trigger, told.request_id


class NoAccess(Forbidden):
    """This account may not be read at all, or does not exist: leave it out and say so."""


class AccountExhausted(SourceFailure):
    """The quota of this account alone is used up for longer than a sync waits: leave it out, and go on with it in a later sync."""


class ExpiredToken(SourceFailure):
    """The token of a page is too old: ask the question again from its first page."""


class Told(NamedTuple):
    """What a refusal says.

    Args:
        code: such as "queryError.UNRECOGNIZED_FIELD"; without one Google's general status, such as "INVALID_ARGUMENT".
        sentence: Google's own, shortened, without its full stop.
        location: the part of the request that is wrong, such as "query"; "" if it is not told.
        trigger: the value that is wrong; "" if it is not told.
        request_id: by which Google's support finds the request.
        reasons: the reasons of Google's front end, such as "SERVICE_DISABLED".
    """

    code: str
    sentence: str
    location: str
    trigger: str
    request_id: str
    reasons: frozenset[str]


def refusal(status: int, about: str, url: str, body: Any, headers: Mapping[str, str]) -> SourceFailure | None:
    """The failure of a refusal (`common.requests.Manner`), None if it is like any other.

    Of the refusals for a quota it is told only those after which nobody waits.
    """
    error = error_of(body)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return AccountExhausted(f"{about}: the quota of this account is used up", url, status) if _is_of_account(error) else None
    if status in TRANSIENT or (error and error.get("status") in TRANSIENT_STATUSES):
        return Unavailable(about, url, status)
    if error is None:
        return None
    told = told_by(error, headers)
    message = f"{about} {told.code}".rstrip() + (f": {told.sentence}" if told.sentence else "")
    kind = _kind_of(told.code)
    if kind:
        return kind(message, url, status)
    advice = [HOPELESS[known] for known in (told.code, *sorted(told.reasons)) if known in HOPELESS]
    if advice:
        return Unauthorized(f"{message}. {advice[0]}", url, status)
    return _by_status(message, url, status, told)


def _kind_of(code: str) -> type[SourceFailure] | None:
    """What a code tells by itself."""
    if code.startswith("internalError."):
        return Unavailable
    if code == EXPIRED:
        return ExpiredToken
    return NoAccess if code in NO_ACCESS else None


def _by_status(message: str, url: str, status: int, told: Told) -> SourceFailure:
    kind = REFUSALS.get(status)
    return kind(message, url, status) if kind else Refused(message, url, status, told)


def failure_within(about: str, url: str, element: Mapping[str, Any]) -> SourceFailure:
    """The failure that an element of a streamed reply tells of, of the same kind as if the whole request had been refused.

    Args:
        about: what was asked, such as "POST /v0/...".
        url: the same.
        element: with the key "error".
    """
    error = error_of(element) or {}
    code = error.get("code")
    status = code if isinstance(code, int) and not isinstance(code, bool) else 0
    about = f"{about} answered {status or 'with an error'} within its reply"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _limited(about, url, element)
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(about, url, status or None)
    return refusal(status, about, url, element, {}) or Unavailable(about, url, status)


def _limited(about: str, url: str, element: Mapping[str, Any]) -> SourceFailure:
    seconds, status = wait_in_body(element), HTTPStatus.TOO_MANY_REQUESTS
    if seconds and seconds > LONGEST_WAIT_SECONDS:
        return refusal(status, about, url, element, {}) or exhausted(about, url, status, seconds)
    return RateLimited(about, url, status)  # no budget knows of it: whoever asked waits by itself


def error_of(body: Any) -> Mapping[str, Any] | None:
    """The error in a body, be it an object or, from streams, an object in a list; None if there is none."""
    if isinstance(body, list):
        body = body[0] if body else None
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else None


def told_by(error: Mapping[str, Any], headers: Mapping[str, str]) -> Told:
    """What an error says, whatever of it is missing."""
    failures = [detail for detail in _details(error) if detail.get("errors")]
    first = next((one for failure in failures for one in _objects(failure["errors"])), {})
    request_id = next((_text(failure.get("requestId")) for failure in failures), "") or headers.get("request-id", "")
    return Told(
        _code(first.get("errorCode")) or _text(error.get("status")),
        (_text(first.get("message")) or _text(error.get("message")))[:SENTENCE_LENGTH].rstrip(". "),
        _location(first.get("location")),
        _trigger(first.get("trigger")),
        request_id,
        frozenset(_text(detail.get("reason")) for detail in _details(error)) - {""},
    )


def wait_in_body(body: Any) -> float | None:
    """The seconds to wait that a refusal names ("30s"), for a quota of Search Ads 360 or of Google's front end."""
    details = list(_details(error_of(body) or {}))
    delays = [one.get("retryDelay") for one in (*details, *_quotas(details))]
    found = [SECONDS.fullmatch(delay) for delay in delays if isinstance(delay, str)]
    return max((float(match[1]) for match in found if match), default=None)


def _is_of_account(error: Mapping[str, Any] | None) -> bool:
    """Whether a quota is that of the account that was asked, and not of the whole project."""
    scopes = {quota.get("rateScope") for quota in _quotas(_details(error or {}))}
    return scopes == {"ACCOUNT"}


def _quotas(details: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the errors in these details say of quotas."""
    for one in (one for detail in details for one in _objects(detail.get("errors"))):
        yield from _objects([_object(one.get("details")).get("quotaErrorDetails")])


def _details(error: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return _objects(error.get("details"))


def _objects(value: object) -> Iterator[dict[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _code(value: object) -> str:
    """{"queryError": "BAD_VALUE"} as "queryError.BAD_VALUE"."""
    return next((f"{kind}.{name}" for kind, name in _object(value).items() if isinstance(name, str)), "")


def _location(value: object) -> str:
    """The path of a field: "operations[0].name"."""
    elements = _objects(_object(value).get("fieldPathElements"))
    return ".".join(_text(one.get("fieldName")) + (f"[{one['index']}]" if "index" in one else "") for one in elements)


def _trigger(value: object) -> str:
    """{"stringValue": "campaign.nam"} as "campaign.nam"."""
    return next((str(one) for one in _object(value).values()), "")[:SENTENCE_LENGTH]
