"""The token endpoint: refresh tokens and signed assertions against access tokens that live for an hour (fact sheet 2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

from sandbox.arithmetic import mix
from sandbox.messages import Reply, Request
from sandbox.sa360.errors import JSON_TYPE

PATH = "/token"
SCOPE = "https://www.googleapis.com/auth/doubleclicksearch"
CLIENT_ID = "1234567890-sandbox.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-sandbox-client-secret"
REFRESH_TOKEN = "1//0sandbox-refresh-token"
SERVICE_ACCOUNT = "connector@sandbox.iam.gserviceaccount.com"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME_SECONDS = 3_599
_LONGEST_ASSERTION_SECONDS = 3_600
# The beginning of a PKCS#1 signature's content: it says that a SHA-256 follows.
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_EXPONENT = 65_537
_MODULUS = int(
    "a7fd7807b0d6216d2ef292e721ed3a85bbd637cc8d7e358d639cfc6659ce194c41b98f54fcd3a167288f8e9d5e60fee3fd3d"
    "650cd4971c8670a4b067f9816b713f4a375fb605948b647e6ad42f59ac228330902b1f883254d6a977ab583a0e3b6657b4f0"
    "9a464fd9d9f33c837590ef0cac09b6d73adbc1409ac01090504977504ea40221a463793033ed644a55b7543021e81f00f9cd"
    "9245c630a27d3a0f86b5d226d4fe8715d7986945e2cfc738dc03afa57352c2b8f1f4819a290e795b29cad2f467c348b30c88"
    "99b160678c9964d37c61b68d23f297186227b4cdd56112bdcd14484144b61405dd05c59ff25c1ea7cdab0703370cf7b89c00"
    "ed9427e1660b"
    , 16,
)  # fmt: skip
# The private half, which only clients need; it opens nothing but this stand-in.
_PRIVATE_KEY = """\
-----BEGIN PRIVATE KEY-----
MIIEugIBADANBgkqhkiG9w0BAQEFAASCBKQwggSgAgEAAoIBAQCn/XgHsNYhbS7y
kuch7TqFu9Y3zI1+NY1jnPxmWc4ZTEG5j1T806FnKI+OnV5g/uP9PWUM1JcchnCk
sGf5gWtxP0o3X7YFlItkfmrUL1msIoMwkCsfiDJU1ql3q1g6DjtmV7TwmkZP2dnz
PIN1kO8MrAm21zrbwUCawBCQUEl3UE6kAiGkY3kwM+1kSlW3VDAh6B8A+c2SRcYw
on06D4a10ibU/ocV15hpReLPxzjcA6+lc1LCuPH0gZopDnlbKcrS9GfDSLMMiJmx
YGeMmWTTfGG2jSPylxhiJ7TN1WESvc0USEFEthQF3QXFn/JcHqfNqwcDNwz3uJwA
7ZQn4WYLAgMBAAECggEAA+SNF4CINcDAnxZlt2o2j6AerVmsHbSX+4BJHltjuepZ
IOJVZyvFnbeu5pshnhXKAAr1gH/x+yiSYP6a1N6kOBJDYgJxxrH+g5b6WsMOIj2v
1JGYA48LEN7jO8auBgphDf9no1EFOBclmcwD2oGVSIc5YmdHvI0/NgF6th1mK8GY
VtmagXkMNPpcqXw+mA2AkhBKbEfvo+nHY/pBTOvinuMAHGd5/RVUWCm6L/3R9jJa
tOQs3djha4bFQQcqP6W0nVEQpzCl7Kj/yR7T5xt4iHEFkOXu9jq4wDD+BJFScyC+
AhQrbdbQIRcQ53RCzfySpYnFgxLBTd8ZagmntM7f4QKBgQDhHcv+A4H6svwI3tg/
nx94AvNNWmqYcLTU71ZynNeJK5Tdq3pRl3iuEPPQjfvAFgEFSVUysMKJeVtbUtdo
pbmtkh+1LDxMrzdeqddBHak5s7yDx5ZtQafzhuV6/SIp8XhiR9giu06z15SDtA0o
9rpeoTOexkqOzG/BqB6NulyP7wKBgQC/CV4kdVpbFdiLF9XdoUrdgQfXZeF7gYYL
7hVvOFO2f6CSwjJxaOitLxC4SeKEdUTRJT2FGGkolL1gXBm+bCykf3rpY1wAVA8T
kGw1ZAfUKEDDwzhd4lJvNcRwKyoNstN/c0qOILzm09dX1rcKpY2I38DWrUIP7ogh
Z1mhxTBvpQKBgCbNG/wMXrr3Xrmor11H8ASffZA3pWfhBUoudpgKsJvUBzSt+cdW
dFaMVXn8/wd8w3BF04mJLf7EDBsRjE9dQUPJi+2OUlZlXQXUAGYY1rI7aKLOI/9w
8aHn/mXUe67/D+DgwUA7SLV20wJgZmRJIpZs8pjLVM6ILjsS3zFOjeXBAoGAVwRR
WZIK4kqFJHZq+FUr4NGRXNAPcU6CXJTKNqsVlp9z6OWETJxYv+ocV5VwFJ3GBu5L
o4CHBfEagfXx1Ac6HoPi3MRhd9TSOTsjzv4NgtoDBii6WClrGzUGkYFX2n2GURuW
7j6DTTFZea1YGwVl/t7M2/x3hwJEB9MnxMQpV/ECf03vYGTx6alqFRXTzSp7P0V7
N/UB2tTNoPujnikcpkrl7EVKEynMifejOOTSaIhtTcmtLzHaS3hxrw6IPviRPETH
OAXdTobmC/3y0ATMZt0FxMaioSY66mOzutDSJwVjfGTVYM7HFvCz3Qv1+pjCP7GY
EdjdInOrA9NRcss9qhU=
-----END PRIVATE KEY-----
"""


@dataclass(frozen=True)
class Grant:
    """An access token's end in epoch seconds, and the refresh token that it was given for, if it was one."""

    until: float
    refresh_token: str | None


@dataclass
class Tokens:
    """The access tokens that were given out. `refresh_token` is the one that is accepted; with another one, those of the old one end."""

    clock: Callable[[], float]
    seed: int
    given: dict[str, Grant] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def give(self, refresh_token: str | None) -> str:
        """Return a new access token."""
        with self.lock:
            number = len(self.given)
            token = f"ya29.a0{mix(self.seed, number):016x}{mix(self.seed, number, 1):016x}"
            self.given[token] = Grant(self.clock() + LIFETIME_SECONDS, refresh_token)
        return token

    def accepts(self, token: str, refresh_token: str) -> bool:
        """Say whether an access token is alive, the accepted refresh token being this one."""
        grant = self.given.get(token)
        return grant is not None and self.clock() < grant.until and grant.refresh_token in {None, refresh_token}


def service_account(token_uri: str) -> dict[str, str]:
    """Return the key file of the service account that is accepted, as Google's console gives it."""
    return {
        "type": "service_account", "project_id": "sandbox", "private_key_id": "5a360", "private_key": _PRIVATE_KEY,
        "client_email": SERVICE_ACCOUNT, "client_id": "100000000000000000360", "token_uri": token_uri,
    }  # fmt: skip


def answer(tokens: Tokens, request: Request, refresh_token: str) -> Reply:
    """Answer POST /token, whose body is a form."""
    form = dict(parse_qsl(request.raw.decode("utf-8", "replace")))
    if form.get("grant_type") == "refresh_token":
        return _refreshed(tokens, form, refresh_token)
    if form.get("grant_type") == JWT_GRANT:
        return _asserted(tokens, form.get("assertion", ""))
    if "grant_type" not in form:
        return _refused(400, "invalid_request", "Required parameter is missing: grant_type")
    return _refused(400, "unsupported_grant_type", f"Invalid grant_type: {form['grant_type']}")


def _refreshed(tokens: Tokens, form: dict[str, str], refresh_token: str) -> Reply:
    if form.get("client_id") != CLIENT_ID:
        return _refused(401, "invalid_client", "The OAuth client was not found.")
    if form.get("client_secret") != CLIENT_SECRET:
        return _refused(401, "invalid_client", "The provided client secret is invalid.")
    if form.get("refresh_token") != refresh_token:
        return _refused(400, "invalid_grant", "Token has been expired or revoked.")
    if form.get("scope", SCOPE) != SCOPE:
        return _refused(400, "invalid_scope", "Some requested scopes were invalid.")
    return _given(tokens.give(refresh_token), scope=SCOPE)


def _given(token: str, **more: str) -> Reply:
    payload = {"access_token": token, "expires_in": LIFETIME_SECONDS, **more, "token_type": "Bearer"}
    return Reply(payload=payload, content_type=JSON_TYPE)


def _refused(status: int, error: str, description: str) -> Reply:
    return Reply(status, {"error": error, "error_description": description}, content_type=JSON_TYPE)


# --- assertions ----------------------------------------------------------------------------------------------------


def _asserted(tokens: Tokens, assertion: str) -> Reply:
    claims = claims_of(assertion)
    if claims is None:
        return _refused(400, "invalid_grant", "Invalid JWT Signature.")
    if claims.get("iss") != SERVICE_ACCOUNT:
        return _refused(400, "invalid_grant", "Invalid grant: account not found")
    if not str(claims.get("aud", "")).endswith(PATH):
        return _refused(400, "invalid_grant", "Invalid JWT: Failed audience check.")
    if not _is_short_lived(claims):
        return _refused(400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.")
    if claims.get("scope") != SCOPE:
        return _refused(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return _given(tokens.give(None))


def _is_short_lived(claims: dict[str, Any]) -> bool:
    """Say whether an assertion ends within an hour. When that is cannot be compared: Google's library signs by no clock but its own."""
    begins, ends = claims.get("iat"), claims.get("exp")
    return isinstance(begins, int) and isinstance(ends, int) and 0 < ends - begins <= _LONGEST_ASSERTION_SECONDS


def claims_of(assertion: str) -> dict[str, Any] | None:
    """Return what a JWT claims that the service account has signed by RS256; None for any other text."""
    try:
        header, claims, signature = (_decoded(part) for part in assertion.split("."))
        said, found = json.loads(header), json.loads(claims)
    except (ValueError, binascii.Error):
        return None
    is_signed = isinstance(said, dict) and said.get("alg") == "RS256" and _verifies(assertion.rpartition(".")[0], signature)
    return found if is_signed and isinstance(found, dict) else None


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _verifies(signed: str, signature: bytes) -> bool:
    """Say whether an RSASSA-PKCS1-v1_5 signature is right: raised to the exponent it is the padded digest, byte for byte."""
    size = (_MODULUS.bit_length() + 7) // 8
    content = _SHA256 + hashlib.sha256(signed.encode()).digest()
    wanted = b"\x00\x01" + b"\xff" * (size - len(content) - 3) + b"\x00" + content
    return pow(int.from_bytes(signature, "big"), _EXPONENT, _MODULUS).to_bytes(size, "big") == wanted
