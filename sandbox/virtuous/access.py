"""Who may ask, and how often: tokens, the hourly quota, and the error bodies in all their shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from threading import Lock
from urllib.parse import parse_qs

from sandbox.messages import Reply, Request

WINDOW_SECONDS = 3600
ACCESS_SECONDS, REFRESH_SECONDS = 1_295_999, 365 * 86_400
USER, PASSWORD, ONE_TIME_PASSWORD = "api@example.org", "sandbox-password", "123456"
# As recorded from the vendor's ASP.NET.
COMMON_HEADERS = {"Server": "Microsoft-IIS/10.0", "Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "-1"}
COMMON_HEADERS |= {"X-Powered-By": "ASP.NET"}
DENIED = "Authorization has been denied for this request."


def legacy_error(status: int, message: str) -> Reply:
    """Return the error body of the older ASP.NET endpoints."""
    return Reply(status, {"message": message})


def binding_error(field_name: str) -> Reply:
    """Return the error body for a request that does not bind to the vendor's model."""
    state = {field_name: ["An error has occurred."]}
    return Reply(400, {"message": "The request is invalid.", "modelState": state})


def canonical_error(status: int, code: str, message: str) -> Reply:
    """Return the error body that the vendor is migrating to."""
    return Reply(status, {"error": {"code": code, "message": message, "details": []}})


def not_found() -> Reply:
    """Return the recorded 404 for an absent id: no body, and no content type."""
    return Reply(404, body=b"", content_type=None)


@dataclass
class Quota:
    """The requests of a whole organization in a fixed window: it resets to full, it does not slide."""

    limit: int
    clock: Callable[[], float]
    used: int = 0
    window: int = -1
    lock: Lock = field(default_factory=Lock)

    def _turn(self, now: float) -> None:
        window = int(now // WINDOW_SECONDS)
        if window != self.window:
            self.window, self.used = window, 0

    def spend(self) -> Reply | None:
        """Count one request; return the 429 when there is none left."""
        now = self.clock()
        with self.lock:
            self._turn(now)
            if self.used < self.limit:
                self.used += 1
                return None
        wait = max(1, math.ceil((self.window + 1) * WINDOW_SECONDS - now))
        reply = canonical_error(429, "RATE_LIMITED", "Too many requests for this organization.")
        reply.headers["Retry-After"] = str(wait)
        return reply

    def headers(self) -> dict[str, str]:
        """Return the rate headers, which come with every response."""
        with self.lock:
            self._turn(self.clock())
            return {
                "X-RateLimit-Limit": str(self.limit),
                "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
                "X-RateLimit-Reset": str((self.window + 1) * WINDOW_SECONDS),
            }


@dataclass
class Tokens:
    """The tokens that are accepted: one that never expires, and what /Token gave out."""

    static: str
    clock: Callable[[], float]
    issued: dict[str, float] = field(default_factory=dict)
    refresh: dict[str, float] = field(default_factory=dict)
    count: int = 0

    def accepts(self, header: str | None) -> bool:
        """Say whether an Authorization header carries a live token: exactly one space, no quotes."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        return token == self.static or self.issued.get(token, 0) > self.clock()

    def issue(self, *, two_factor: bool) -> Reply:
        """Return a new pair of tokens."""
        now = self.clock()
        self.count += 1
        access, refresh = f"access-{self.count}", f"refresh-{self.count}"
        self.issued[access], self.refresh[refresh] = now + ACCESS_SECONDS, now + REFRESH_SECONDS
        return Reply(
            payload={"access_token": access, "token_type": "bearer", "expires_in": ACCESS_SECONDS}
            | {"refresh_token": refresh, "userName": USER, "twoFactorEnabled": str(two_factor)}
            | {".issued": formatdate(now, usegmt=True), ".expires": formatdate(now + ACCESS_SECONDS, usegmt=True)}
        )


def token_reply(tokens: Tokens, request: Request, *, two_factor: bool) -> Reply:
    """Answer POST /Token. Only form-urlencoded bodies are understood."""
    form = {key: values[-1] for key, values in parse_qs(request.raw.decode("utf-8", "replace")).items()}
    if form.get("grant_type") == "refresh_token":
        known = tokens.refresh.pop(form.get("refresh_token", ""), 0)  # rotating: good for one use
        return tokens.issue(two_factor=two_factor) if known > tokens.clock() else _invalid_grant("refresh token")
    if form.get("grant_type") != "password":
        return Reply(400, {"error": "unsupported_grant_type"})
    if (form.get("username"), form.get("password")) != (USER, PASSWORD):
        return _invalid_grant("user name or password")
    code = form.get("otp") or request.headers.get("otp")
    if two_factor and code is None:
        return Reply(202, body=b"", content_type=None)
    return (
        tokens.issue(two_factor=two_factor) if not two_factor or code == ONE_TIME_PASSWORD else _invalid_grant("code")
    )


def _invalid_grant(what: str) -> Reply:
    return Reply(400, {"error": "invalid_grant", "error_description": f"The {what} is incorrect."})


def unauthenticated(*, plain_text: bool) -> Reply:
    """Return the 401, as JSON or as the vendor says it may come: the bare sentence."""
    headers = {"WWW-Authenticate": "Bearer"}
    if plain_text:
        return Reply(401, body=DENIED.encode(), content_type="text/plain", headers=headers)
    return Reply(401, {"message": DENIED}, headers=headers)
