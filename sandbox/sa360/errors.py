"""What a request is refused with: Google's error bodies, as in fact sheet 5."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.messages import Reply
from sandbox.sa360.gaql import QueryError

JSON_TYPE = "application/json; charset=UTF-8"
HTML_TYPE = "text/html; charset=UTF-8"
_TYPE = "type.googleapis.com/"
FAILURE = f"{_TYPE}google.ads.searchads360.v0.errors.SearchAds360Failure"
_STATUSES = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: (
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. "
        "Expected OAuth 2 access token, login cookie or other valid authentication credential.",
    ),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: ("NOT_FOUND", "Requested entity was not found."),
    429: ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
}
_NO_SUCH_PAGE = b"""<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 404 (Not Found)!!1</title>
  <p><b>404.</b> <ins>That\xe2\x80\x99s an error.</ins>
  <p>The requested URL was not found on this server.  <ins>That\xe2\x80\x99s all we know.</ins>
"""


@dataclass
class Refused(Exception):
    """A request that is not answered.

    `group` and `code` are the key and the value of the `errorCode`; without a group there is no SearchAds360Failure, and
    `message` is that of the whole reply. `trigger` is what in the request is wrong, `where` the name of its part. `quota` are
    the quotaErrorDetails, `others` further details.
    """

    status: int
    message: str
    group: str = ""
    code: str = ""
    trigger: str = ""
    where: str = ""
    quota: dict[str, str] = field(default_factory=dict)
    others: tuple[dict[str, Any], ...] = ()


def query_refused(error: QueryError) -> Refused:
    """Return the refusal for what is wrong with a query."""
    return Refused(400, error.message, error.group, error.code, error.trigger or "", "query")


def request_refused(code: str, message: str, *, trigger: str = "", where: str = "") -> Refused:
    """Return the 400 for a `requestError`."""
    return Refused(400, message, "requestError", code, trigger, where)


def denied(code: str, message: str) -> Refused:
    """Return the 403 for an `authorizationError`."""
    return Refused(403, message, "authorizationError", code)


def malformed(message: str, where: str = "") -> Refused:
    """Return the 400 for a body that is not the JSON of this request: it comes from Google's front end."""
    violation = {"description": message} | ({"field": where} if where else {})
    bad = {"@type": f"{_TYPE}google.rpc.BadRequest", "fieldViolations": [violation]}
    return Refused(400, message, others=(bad,))


def unauthenticated(reason: str) -> Refused:
    """Return the 401; it has no SearchAds360Failure."""
    info = {
        "@type": f"{_TYPE}google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com",
        "metadata": {"service": "searchads360.googleapis.com"},
    }  # fmt: skip
    return Refused(401, _STATUSES[401][1], others=(info,))


def body(refused: Refused, request_id: str) -> dict[str, Any]:
    """Return the body of the reply."""
    name, text = _STATUSES[refused.status]
    details = list(refused.others)
    if refused.group:
        details.insert(0, {"@type": FAILURE, "errors": [_error(refused)], "requestId": request_id})
    found = {"code": refused.status, "message": text if refused.group else refused.message, "status": name}
    return {"error": found | ({"details": details} if details else {})}


def _error(refused: Refused) -> dict[str, Any]:
    found: dict[str, Any] = {"errorCode": {refused.group: refused.code}, "message": refused.message}
    if refused.trigger:
        found["trigger"] = {"stringValue": refused.trigger}
    if refused.where:
        found["location"] = {"fieldPathElements": [{"fieldName": refused.where}]}
    if refused.quota:
        found["details"] = {"quotaErrorDetails": refused.quota}
    return found


def reply(refused: Refused, request_id: str, *, streamed: bool) -> Reply:
    """Return the whole reply; that of a stream is an array of one element."""
    found = body(refused, request_id)
    return Reply(refused.status, [found] if streamed else found, content_type=JSON_TYPE, headers={"request-id": request_id})


def no_such_page() -> Reply:
    """Return the 404 of Google's front end, which is HTML."""
    return Reply(404, body=_NO_SUCH_PAGE, content_type=HTML_TYPE)
