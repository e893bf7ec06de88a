"""The two ways to sign in, and what a refusal says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from common.failures import SettingProblem
from common.settings import parse
from sandbox.messages import Reply, Request
from sandbox.ongage.access import API_KEY, LOGIN
from tests.contract.harness import Harness
from tests.doubles import Direct
from tests.ongage.only import MODULES, differing, only

HEADERS = {"x_username", "x_password", "x_account_code", "x-api-key"}


@pytest.fixture
def account() -> Iterator[tuple[Harness, Direct, list[Mapping[str, str]]]]:
    """An account, and the headers of what it is asked."""
    sent: list[Mapping[str, str]] = []
    with only(rows=40) as (h, wire):

        def told(request: Request, _: Reply) -> None:
            sent.append(request.headers)

        wire.told = told
        yield h, wire, sent


def names(sent: list[Mapping[str, str]]) -> set[frozenset[str]]:
    """Which of the headers of a login each request had."""
    return {frozenset(HEADERS & {name.lower() for name in headers}) for headers in sent}


def test_three_headers_whose_names_have_underscores(account: tuple[Harness, Direct, list[Mapping[str, str]]]) -> None:
    h, _, sent = account
    h.sync()
    assert names(sent) == {frozenset(LOGIN)}
    assert differing(h, "lists") == []
    made = MODULES.api.get_headers(parse(h.configuration, MODULES.settings.SETTINGS))
    assert {"X_USERNAME", "X_PASSWORD", "X_ACCOUNT_CODE"} <= made.keys()  # as the vendor spells them


def test_a_key_in_place_of_the_three(account: tuple[Harness, Direct, list[Mapping[str, str]]]) -> None:
    h, _, sent = account
    for name in LOGIN:
        del h.configuration[name]
    h.configuration["x_api_key"] = API_KEY
    h.sync()
    assert names(sent) == {frozenset({"x-api-key"})}
    assert differing(h, "lists") == []


@pytest.mark.parametrize("wrong", [*LOGIN, "x_api_key"])
def test_a_refusal_names_the_settings_and_the_proxy_and_stops_at_once(
    account: tuple[Harness, Direct, list[Mapping[str, str]]], wrong: str
) -> None:
    h, _, sent = account
    h.configuration[wrong] = "wrong-7f3a"
    with pytest.raises(SettingProblem) as caught:
        h.sync()
    told = str(caught.value)
    assert all(f'"{name}"' in told for name in (*LOGIN, "x_api_key"))
    assert "proxy" in told
    assert "underscore" in told
    assert "wrong-7f3a" not in told
    assert len(sent) < 4
    assert not h.fivetran.touched
