from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox.__main__ import arguments, for_people, main
from sandbox.messages import StandIn, Table
from sandbox.presets import PRESETS
from sandbox.server import Box, running
from sandbox.virtuous.changes import KINDS
from sandbox.virtuous.standin import make
from tests.sandbox.asking import Answer, ask, get, query
from tests.sandbox.conftest import START, Clock

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", 'Bearer "{token}"', "Bearer  {token}", "Basic {token}"]
)
def test_a_bad_token_is_denied_in_the_recorded_shape(box: Box, header: str) -> None:
    answer = ask(box, "GET", "/api/Organization/Current", Authorization=header.format(token=box.token))
    assert answer.status == 401
    assert answer.json == {"message": "Authorization has been denied for this request."}
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["X-RateLimit-Remaining"] == "5000"


def test_the_denial_may_come_as_plain_text(box: Box) -> None:
    box.source.plain_text_401 = True
    answer = ask(box, "GET", "/api/Tag", Authorization="Bearer x")
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.raw == b"Authorization has been denied for this request."


def _token(box: Box, **form: str) -> Answer:
    return ask(box, "POST", "/Token", urlencode(form).encode(), Authorization="")


def test_tokens_are_given_out_and_refresh_tokens_rotate(box: Box, clock: Clock) -> None:
    login = {"grant_type": "password", "username": "api@example.org", "password": "sandbox-password"}
    assert _token(box, **login | {"password": "wrong"}).json["error"] == "invalid_grant"
    first = _token(box, **login).json
    assert first["twoFactorEnabled"] == "False"
    assert first[".issued"] == "Wed, 18 Nov 2026 11:06:40 GMT"
    assert get_with(box, first["access_token"]).status == 200
    second = _token(box, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status == 200
    assert _token(box, grant_type="refresh_token", refresh_token=first["refresh_token"]).status == 400
    clock.seconds += 16 * 86_400
    assert get_with(box, first["access_token"]).status == 401


def get_with(box: Box, token: str) -> Answer:
    return ask(box, "GET", "/api/Organization/Current", Authorization=f"Bearer {token}")


def test_two_factor_asks_again_for_a_code(box: Box) -> None:
    box.source.two_factor = True
    login = {"grant_type": "password", "username": "api@example.org", "password": "sandbox-password"}
    assert _token(box, **login).status == 202
    assert _token(box, **login, otp="123456").json["access_token"]
    assert _token(box, **login, otp="654321").status == 400


def test_the_quota_is_shared_fixed_and_resets_to_full(clock: Clock) -> None:
    with running("virtuous", rows=10, clock=clock, rate_limit=3) as box:
        left = [int(get(box, "Tag").headers["X-RateLimit-Remaining"]) for _ in range(3)]
        assert left == [2, 1, 0]
        refused = get(box, "Tag")
        assert refused.status == 429
        assert refused.json["error"]["code"] == "RATE_LIMITED"
        assert int(refused.headers["X-RateLimit-Reset"]) % 3600 == 0
        clock.seconds += int(refused.headers["Retry-After"])
        assert get(box, "Tag").status == 200
        assert get(box, "Tag").headers["X-RateLimit-Limit"] == "3"


def test_an_absent_record_is_a_404_without_a_body(box: Box) -> None:
    for path in ("Contact/1", "Gift/1", "Project/1"):
        answer = get(box, path)
        assert (answer.status, answer.raw) == (404, b"")
        assert "Content-Type" not in answer.headers
    assert get(box, "Nothing/Here").status == 404
    assert get(box, "Pledge/QueryOptions").status == 404
    assert query(box, "Pledge/Query").status == 404
    assert ask(box, "DELETE", "/api/Tag").status == 405


def test_permissions_and_modules(box: Box) -> None:
    box.source.forbidden, box.source.disabled = {"Gift"}, {"Volunteer"}
    assert query(box, "Gift/Query/FullGift").json["error"]["code"] == "FORBIDDEN"
    assert get(box, "Gift/QueryOptions").status == 403
    assert query(box, "Volunteer/Query").status == 404
    assert query(box, "GiftAsk/Query").status == 200


def test_records_by_id_are_the_ones_listed(box: Box) -> None:
    contact = query(box, "Contact/Query/FullContact").rows[0]
    assert get(box, f"Contact/{contact['id']}").json == contact | {"isCurrentUserFollowing": False}
    gift = query(box, "Gift/Query/FullGift").rows[5]
    assert get(box, f"Gift/{gift['id']}").json == gift
    pledge = query(box, "v2/Pledge/Query").rows[0]
    assert get(box, f"v2/Pledge/{pledge['id']}").json == pledge


def test_abbreviated_rows_are_formatted(box: Box) -> None:
    full = query(box, "Gift/Query/FullGift").rows
    short = query(box, "Gift/Query").rows
    assert [row["id"] for row in short] == [row["id"] for row in full]
    assert "modifiedDateTimeUtc" not in short[0]
    assert short[0]["amount"] == full[0]["amountFormatted"]
    assert short[0]["giftDate"] == full[0]["giftDateFormatted"]
    reversal = next(row for row in full if row["giftType"] == "Reversing Transaction")
    assert reversal["amount"] < 0
    assert next(row for row in short if row["id"] == reversal["id"])["amount"].startswith("($")
    assert list(query(box, "Contact/Query", take=1).rows[0])[:3] == ["id", "name", "contactType"]


def test_keys_of_the_gifts_type_come_before_the_id(box: Box) -> None:
    gifts = query(box, "Gift/Query/FullGift").rows
    assert {next(iter(gift)) for gift in gifts} >= {"id", "creditCardType", "checkNumber", "reversedGiftId"}
    for gift in gifts:
        cents = sum(round(entry["amountDesignated"] * 100) for entry in gift["giftDesignations"])
        assert cents == round(gift["amount"] * 100)


def test_lists_that_page_in_their_own_ways(box: Box) -> None:
    assert len(ask(box, "POST", "/api/Segment/Search?skip=50&take=20", {"search": ""}).rows) == 20
    assert len(ask(box, "POST", "/api/Segment/Search?take=100000", {"search": ""}).rows) == 60
    assert ask(box, "POST", "/api/EmailList/Search", {"search": ""}).json["total"] == 5
    assert len(get(box, "Tag?skip=35&take=10").rows) == 5
    campaign = query(box, "Campaign/Query").rows[0]["campaignId"]
    listed = get(box, f"Communication/ByCampaign/{campaign}?take=500")
    assert {row["campaignId"] for row in listed.rows} == {campaign}
    assert len(get(box, "Event?take=1000").rows) == 12


def test_every_list_below_a_record_answers(box: Box) -> None:
    contacts = query(box, "Contact/Query/FullContact").rows
    contact = contacts[0]["id"]
    for entity in ("Gift", "RecurringGift", "PlannedGift", "v2/Pledge", "ContactNote", "Relationship", "ContactTag"):
        assert {"list", "total"} == set(get(box, f"{entity}/ByContact/{contact}").json)
    gifts = get(box, f"Gift/ByContact/{contact}?take=100").rows
    everywhere = [row["id"] for row in query(box, "Gift/Query").rows if row["contactId"] == contact]
    assert [row["id"] for row in gifts] == everywhere
    assert get(box, "Relationship/ByContact/1").json == {"list": [], "total": 0}
    assert isinstance(get(box, f"ContactAddress/ByContact/{contact}").json, list)
    assert get(box, f"ContactIndividual/ByContact/{contact}").json == contacts[0]["contactIndividuals"]
    group = get(box, "OrganizationGroup").rows[0]
    members = get(box, f"OrganizationGroup/{group['id']}/contacts?take=1000").rows
    assert {member["organizationGroupName"] for member in members} == {group["name"]}
    for row in query(box, "Volunteer/Query").rows:
        attended = ask(box, "GET", row["volunteerAttendanceUrl"])
        assert all(each["volunteerId"] == row["id"] for each in attended.rows)
    project = query(box, "Project/Query").rows[1]["id"]
    for path in (
        f"ProjectExpense?projectId={project}",
        f"ProjectNote/ByProject/{project}",
        f"ProjectRole/ByProject/{project}",
    ):
        assert all(row["projectId"] == project for row in get(box, path).rows)
    schedule = query(box, "RecurringGift/Query").rows[0]["id"]
    assert get(box, f"RecurringGiftPayment/{schedule}").status == 200


def test_relationships_are_mirrored(box: Box) -> None:
    contacts = [row["id"] for row in query(box, "Contact/Query", includeArchived=True).rows]
    found = [row for contact in contacts for row in get(box, f"Relationship/ByContact/{contact}").rows]
    pairs = {(row["contactId"], row["relatedContactId"]) for row in found}
    assert pairs
    assert {(other, one) for one, other in pairs} == pairs
    assert len({row["id"] for row in found}) == len(found)


@pytest.mark.parametrize("path", ["Contact/Types", "Contact/Prefixes", "Relationship/Types", "ProjectRole/Types"])
def test_lookups_are_bare_arrays(box: Box, path: str) -> None:
    assert isinstance(get(box, path).json, list)


def test_definitions(box: Box) -> None:
    assert get(box, "Gift/NonCashGiftTypes").json["total"] == 2
    for path in ("Contact", "v2/Pledge", "VolunteerOpportunity", "Premium"):
        assert {"name", "dataType", "options"} <= set(get(box, f"{path}/CustomFields").json[0])
    assert get(box, "Campaign/CustomFields").status == 404
    assert get(box, "ContactIndividual/CustomCollections").json[0]["fields"]
    assert get(box, "Organization/Current").json["organizationTimeZone"] == "US/Arizona"
    assert get(box, "Organization").rows[0]["organizationId"] == 12
    assert get(box, "Permission").status == 200


def test_requests_are_recorded(box: Box, clock: Clock) -> None:
    query(box, "Gift/Query", ("Gift Id", "Is", 1), take=7)
    get(box, "Contact/1")
    first, second = box.requests
    assert (first.method, first.path, first.query) == ("POST", "/api/Gift/Query", {"skip": "0", "take": "7"})
    assert first.body["groups"][0]["conditions"][0]["parameter"] == "Gift Id"
    assert (first.status, second.status, second.body) == (200, 404, None)
    assert first.at == clock.seconds
    box.reset_requests()
    assert box.requests == []


def test_control_routes(box: Box) -> None:
    get(box, "Tag")

    def control(method: str, path: str, body: object = None) -> Answer:
        return ask(box, method, f"/sandbox/{path}", body)

    assert control("GET", "health").json["ok"]
    assert control("GET", "requests").json == {
        "total": 1,
        "by_path": {"/api/Tag": 1},
        "by_status": {"200": 1},
        "rows": 10,
    }
    assert control("DELETE", "requests").status == 200
    assert control("GET", "requests").json["total"] == 0
    tables = control("GET", "truth").json["tables"]
    assert (tables["gifts"]["key"], tables["gifts"]["rows"]) == (["id"], 320)
    assert tables["gifts"]["columns"]["amount"] == "decimal"
    assert len(control("GET", "truth/gifts").json) == 320
    assert control("GET", "truth/gift").json == {"message": "there is no table gift"}
    assert tables["contact_methods"]["rows"] == len(control("GET", "truth/contact_methods").json)
    assert "relationships" in control("GET", "truth?optional=relationships,project_notes").json["tables"]
    assert control("GET", "truth?include_archived=false").json["tables"]["contacts"]["rows"] == 114
    edited = control("POST", "change", {"kind": "edit_gift"}).json
    assert get(box, f"Gift/{edited['id']}").json["notes"].startswith("edited")
    assert len(control("POST", "changes", {"share": 0.01}).json) > 50
    assert control("POST", "change", {"kind": "nonsense"}).status == 400
    assert control("POST", "faults", {"kind": "status", "path": "/api/Tag", "status": 503}).status == 200
    assert get(box, "Tag").status == 503
    assert control("DELETE", "faults").status == 200
    assert control("POST", "faults", {"preset": "storm"}).status == 200
    assert control("GET", "nowhere").status == 404
    assert control("GET", "truth/nowhere").status == 400


def test_connections_are_kept_and_replies_do_not_stall(box: Box) -> None:
    connection = http.client.HTTPConnection(urlsplit(box.url).netloc, timeout=10)
    began = time.monotonic()
    for _ in range(20):
        connection.request("GET", "/api/Organization/Current", headers={"Authorization": f"Bearer {box.token}"})
        reply = connection.getresponse()
        json.loads(reply.read())
        assert connection.sock is not None, "HTTP/1.1 keeps the connection"
    connection.close()
    assert time.monotonic() - began < 0.5


def test_many_are_served_at_once(box: Box) -> None:
    box.faults.add("latency", "/api/Tag", seconds=0.3)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(get(box, "Tag").status)) for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 8
    assert time.monotonic() - began < 1.5


def test_it_runs_as_a_process_and_stops_on_sigterm() -> None:
    command = [sys.executable, "-m", "sandbox", "virtuous", "--port", "0", "--rows", "30", "--seed", "2", "--rate-limit", "77"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = json.loads(process.stdout.readline())
        assert said["configuration"] == {"bearer_token": said["token"], "base_url": said["url"]}
        connection = http.client.HTTPConnection(urlsplit(said["url"]).netloc, timeout=10)
        connection.request("GET", "/api/Tag", headers={"Authorization": f"Bearer {said['token']}"})
        reply = connection.getresponse()
        assert reply.headers["X-RateLimit-Limit"] == "77"
        reply.read()
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert "configuration.json" in process.stdout.read()
        assert process.wait(timeout=10) == 0


def test_a_taken_port_is_told_in_a_sentence(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(urlsplit(box.url).port)
    assert main(["virtuous", "--port", port]) == 1
    assert capsys.readouterr().err.startswith(f"Port {port} cannot be had: another program uses it. Choose another one")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rows", "0"], "ROWS must be a whole number from 1 on, for example ROWS=500; it is '0'.\n"),
        (["--rows", "many"], "ROWS must be a whole number from 1 on, for example ROWS=500; it is 'many'.\n"),
        (["--port", "70000"], "PORT must be a whole number from 0 to 65535, for example PORT=8766; it is '70000'.\n"),
        (["--faults", "strom"], f"FAULTS must be one of {', '.join(PRESETS)}; it is 'strom'.\n"),
        (["nothing/"], "CONNECTOR must be one of those here (everyaction, ongage, sa360, virtuous); it is 'nothing/'.\n"),
    ],
)
def test_a_mistake_is_told_by_the_names_of_make(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        arguments(words)
    assert stopped.value.code == 2
    assert capsys.readouterr().err == said


def test_the_tab_keys_slash_is_no_part_of_a_connectors_name() -> None:
    assert arguments(["virtuous/"]).connector == "virtuous"


def test_people_get_lines_to_copy_and_all_names(box: Box) -> None:
    said = for_people("virtuous", box)
    assert json.dumps(box.configuration, indent=2) in said
    assert f"curl -X POST {box.url}/sandbox/change -d '{{\"kind\": \"edit_gift\"}}'" in said
    for name in (*KINDS, *PRESETS):
        assert name in said
    assert "set_value (with entity, id, path, value)" in box.source.change_kinds


def _fail(*_: object, **__: object) -> Any:
    raise StopIteration


def _table_that_fails() -> Any:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"id": 1 / 0}

    return SimpleNamespace(rows=rows)


def test_a_stand_in_that_fails_says_so(box: Box, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(box.source, "change_bundle", _fail)
    answer = ask(box, "POST", "/sandbox/changes", {})
    assert answer.status == 500
    assert answer.json["message"].startswith("the stand-in failed at POST /sandbox/changes")
    monkeypatch.setattr(box.source, "truth", lambda **_: {"gifts": _table_that_fails()})
    answer = ask(box, "GET", "/sandbox/truth/gifts")
    assert answer.status == 500
    assert "ZeroDivisionError" in answer.json["message"]
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("change", {}, "name a kind"),
        ("change", {"kind": "edit", "entity": "Projekt"}, "unknown entity 'Projekt'; there are Campaign, "),
        ("faults", {}, "name a preset"),
        ("faults", {"preset": "strom"}, "unknown preset 'strom'; there are storm, slow, small-pages"),
    ],
)
def test_a_wrong_word_to_a_control_route_is_answered_with_the_right_ones(box: Box, path: str, body: object, said: str) -> None:
    answer = ask(box, "POST", f"/sandbox/{path}", body)
    assert answer.status == 400
    assert said in answer.json["message"]


def test_the_stand_in_keeps_its_promise_to_the_server() -> None:
    source: StandIn = make(rows=10, seed=1, clock=lambda: START, rate_limit=1)
    table: Table = source.truth()["gifts"]
    assert table.count() == len(list(table.rows())) == 27


def test_the_clock_is_the_only_time(box: Box) -> None:
    changed = box.source.change("insert_gift")
    gift = get(box, f"Gift/{changed['id']}").json
    assert gift["modifiedDateTimeUtc"] == gift["createDateTimeUtc"] == "2026-11-18T11:06:40.5"
    assert gift["giftDate"] == "2026-11-18T00:00:00"
    assert START == 1_795_000_000.5
