"""Who may ask, and about which account (fact sheets 2.3 and 13.3)."""

from __future__ import annotations

import re

from sandbox.messages import Request
from sandbox.sa360 import errors
from sandbox.sa360.account import Account
from sandbox.sa360.errors import Refused
from sandbox.sa360.tokens import Tokens

LOGIN_HEADER = "login-customer-id"
_ID = re.compile(r"[0-9]{10}")
_TOKEN_PARAMETERS = ("access_token", "oauth_token")


def unauthenticated(tokens: Tokens, request: Request, refresh_token: str) -> Refused | None:
    """Return the 401 for a request without an access token that is alive."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = next((found for name in _TOKEN_PARAMETERS if (found := request.parameter(name))), "")
    if not token.strip():
        return errors.unauthenticated("CREDENTIALS_MISSING")
    return None if tokens.accepts(token.strip(), refresh_token) else errors.unauthenticated("ACCESS_TOKEN_EXPIRED")


def refusal(account: Account, request: Request, customer_id: str | None) -> Refused | None:
    """Return why an account may not be asked about, None if it may; `customer_id` is None for what is about no account.

    The user has access to the account at the top and to all below it; without the header only the one at the top may be asked.
    """
    if customer_id is None:
        return None
    login = request.headers.get(LOGIN_HEADER)
    if login is not None and not _ID.fullmatch(login):
        return Refused(400, f"'{login}' is no valid login customer id.", "headerError", "INVALID_LOGIN_CUSTOMER_ID", login)
    if not _ID.fullmatch(customer_id):
        text = f"Invalid customer ID '{customer_id}'."
        return errors.request_refused("INVALID_CUSTOMER_ID", text, trigger=customer_id, where="customer_id")
    return _of_the_tree(account, customer_id, login)


def _of_the_tree(account: Account, customer_id: str, login: str | None) -> Refused | None:
    customers = account.customers
    if customer_id not in customers or (login is not None and login not in customers):
        return errors.denied("USER_PERMISSION_DENIED", "User doesn't have permission to access customer.")
    if login is None and customers[customer_id].parent:
        text = "User doesn't have permission to access customer. A manager's id must be set in the 'login-customer-id' header."
        return errors.denied("USER_PERMISSION_DENIED", text)
    if login is not None and login not in {each.id for each in account.world.chain(customer_id)}:
        code = "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION"
        return errors.denied(code, "The customer is not below the login customer.")
    if not customers[customer_id].enabled:
        return errors.denied("CUSTOMER_NOT_ENABLED", "The customer can't be used because it isn't enabled.")
    return None
