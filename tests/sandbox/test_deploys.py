"""Fivetran's deploy API as it is stood in for: route by route, rule by rule, and asked by the real `fivetran deploy`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import requests

from sandbox import fivetran
from sandbox.deploys import Connection, DeployApi, SetupTest, deploying, for_people, main, point_cli_at
from sandbox.faults import ConnectionDropped
from sandbox.presets import PRESETS
from sandbox.server import Box
from tests.sandbox.conftest import START, Clock

ROOT = Path(__file__).resolve().parents[2]
FAILED = SetupTest("Reaching the source", "FAILED", "the token is not accepted")

TOY = """
from fivetran_connector_sdk import Connector, Operations as op

def update(configuration, state):
    op.upsert(table="toys", data={"id": "1"})

connector = Connector(update=update)
"""


def zipped(**files: str) -> bytes:
    """A zip of files; with none it has a connector. A name's `_py` is `.py`."""
    data = BytesIO()
    with ZipFile(data, "w", ZIP_DEFLATED) as archive:
        for name, text in (files or {"connector_py": TOY, "requirements_py": ""}).items():
            archive.writestr(name.replace("_py", ".py"), text)
    return data.getvalue()


class Client:
    """Asks one deploy stand-in, with its key unless another one is given."""

    def __init__(self, api: DeployApi, box: Box) -> None:
        self.api, self.box = api, box
        self.group = next(iter(api.groups.values()))

    def ask(self, method: str, path: str, *, key: str | None = None, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Basic {self.box.token if key is None else key}"}
        return requests.request(method, f"{self.box.url}/v1/{path}", headers=headers, timeout=10, **options)

    def data(self, path: str, **params: Any) -> Any:
        """What a GET that succeeds says."""
        reply = self.ask("GET", path, params=params)
        assert reply.status_code == 200, reply.text
        assert reply.json()["code"] == "Success"
        return reply.json()["data"]

    def upload(self, content: bytes | None = None) -> requests.Response:
        return self.ask("POST", "connector-sdk/packages", files={"file": ("toy.zip", content or zipped())})

    def create(self, schema: str = "toys", *, body: dict[str, Any] | None = None, **config: Any) -> requests.Response:
        """Creates a connection as the CLI does; `config` and `body` say what is different."""
        if "package_id" not in config:
            config["package_id"] = self.api.add_package(zipped()).id
        secrets = [{"key": "token", "value": "a secret"}, {"key": "who", "value": "me"}]
        settings = {"schema": schema, "secrets_list": secrets, "python_version": "3.14"} | config
        sent = {"group_id": self.group.id, "service": "connector_sdk", "config": settings, "paused": True, "run_setup_tests": True}
        return self.ask("POST", "connectors", json=sent | (body or {}))

    def update(self, connection_id: str, body: dict[str, Any]) -> requests.Response:
        return self.ask("PATCH", f"connectors/{connection_id}", json=body)

    def created(self, **options: Any) -> Connection:
        reply = self.create(**options)
        assert reply.status_code == 201, reply.text
        return self.api.connections[reply.json()["data"]["id"]]


@pytest.fixture
def client(clock: Clock) -> Iterator[Client]:
    with deploying(clock=clock) as (api, box):
        yield Client(api, box)


def refusal(reply: requests.Response) -> tuple[int, str]:
    """The status and the code of an error, which has a message and no data."""
    said = reply.json()
    assert said.keys() == {"code", "message"}
    assert said["message"]
    return reply.status_code, said["code"]


# --- the key, the paths -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["groups", "connector-sdk/packages", "connector-sdk/migration/connections", "nowhere"])
@pytest.mark.parametrize("header", ["", "Basic", "Basic wrong", "Bearer {key}", "{key}"])
def test_without_the_right_key_nothing_is_told(client: Client, path: str, header: str) -> None:
    headers = {"Authorization": header.format(key=client.box.token)}
    reply = requests.get(f"{client.box.url}/v1/{path}", headers=headers, timeout=10)
    assert refusal(reply) == (401, "AuthFailed")
    assert not client.api.received[-1].key_accepted


def test_the_keys_can_be_chosen(client: Client) -> None:
    client.api.keys = {"another"}
    assert client.box.token == "another"
    assert client.ask("GET", "groups").status_code == 200
    client.api.keys = set()
    assert client.ask("GET", "groups", key="another").status_code == 401


def test_an_unknown_path_and_a_wrong_method_are_told_apart(client: Client) -> None:
    assert refusal(client.ask("GET", "nowhere")) == (404, "NotFound")
    assert refusal(client.ask("GET", "groups/x/y/z")) == (404, "NotFound")
    assert refusal(client.ask("PUT", "groups")) == (405, "MethodNotAllowed")


# --- groups and lists ---------------------------------------------------------------------------------------------


def test_groups_come_in_pages(client: Client) -> None:
    for number in range(4):
        client.api.add_group(f"warehouse_{number}")
    client.api.page_size = 2
    names: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(3):
        page = client.data("groups", limit=500, **cursor)
        names += [group["name"] for group in page["items"]]
        cursor = {"cursor": page.get("next_cursor")}
    assert cursor == {"cursor": None}
    assert names == ["sandbox_warehouse", "warehouse_0", "warehouse_1", "warehouse_2", "warehouse_3"]
    assert len(client.data("groups", limit=1)["items"]) == 1


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "1001"}, {"limit": "many"}, {"cursor": "2"}, {"cursor": "c2tpcDp4"}])
def test_a_page_that_cannot_be_is_refused(client: Client, query: dict[str, str]) -> None:
    assert refusal(client.ask("GET", "groups", params=query)) == (400, "InvalidInput")


def test_the_connections_of_a_destination_are_found_by_their_schemas(client: Client) -> None:
    toys, dolls = client.created(schema="toys"), client.created(schema="dolls")
    client.api.add_connection(client.api.add_group("other").id, "toys", service="github")
    path = f"groups/{client.group.id}/connectors"
    assert [each["id"] for each in client.data(path)["items"]] == [toys.id, dolls.id]
    assert [each["id"] for each in client.data(path, schema="dolls")["items"]] == [dolls.id]
    assert client.data(path, schema="doll")["items"] == []
    assert client.data(path.replace("connectors", "connections"), schema="toys")["items"][0]["service"] == "connector_sdk"
    assert refusal(client.ask("GET", "groups/nowhere/connectors")) == (404, "NotFound_Group")


def test_a_destination_tells_its_agent(client: Client) -> None:
    assert client.data(f"destinations/{client.group.id}")["hybrid_deployment_agent_id"] is None
    client.group.hybrid_deployment_agent_id = "agent"
    assert client.data(f"destinations/{client.group.id}")["hybrid_deployment_agent_id"] == "agent"
    assert refusal(client.ask("GET", "destinations/nowhere")) == (404, "NotFound_Group")


def test_the_migration_list_has_what_an_options_file_keeps(client: Client) -> None:
    client.api.add_connection(client.group.id, "not_ours", service="github")
    one = client.created(schema="one")
    client.created(schema="two", package_id=one.package_id)
    found = client.data("connector-sdk/migration/connections", limit=100)["items"]
    assert [each["schema"] for each in found] == ["one", "two"]
    assert found[0] == {
        "group_id": client.group.id,
        "group_name": "sandbox_warehouse",
        "schema": "one",
        "python_version": "3.14",
        "destination_schema_names": "FIVETRAN_NAMING",
        "hybrid_deployment_agent_id": None,
        "networking_method": "Directly",
        "proxy_agent_id": None,
        "proxy_host_config_key": None,
        "package_id": one.package_id,
        "package_shared": True,
    }


# --- packages -----------------------------------------------------------------------------------------------------


def test_a_package_is_kept_byte_for_byte(client: Client) -> None:
    # a zip of what zips badly has all kinds of bytes, line ends and dashes too
    content = zipped(connector_py=TOY, noise=bytes(range(256)).decode("latin-1") * 40 + "\r\n--\r\n\r\n")
    reply = client.upload(content)
    assert reply.status_code == 201
    package = client.api.packages[reply.json()["data"]["id"]]
    assert package.zipped == content
    assert package.sizes["connector.py"] == len(TOY)
    upload = client.api.received[-1].body["file"]
    assert (upload.filename, upload.content) == ("toy.zip", content)
    assert reply.json()["data"]["created_at"] == "2026-11-18T11:06:40.500Z"
    assert package.created_at == START


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    "sent",
    [
        {"files": {"file": b"no zip"}},
        {"files": {"file": b""}},
        {"files": {"file": zipped(other_py="")}},
        {"files": {"file": zipped(**{"below/connector_py": ""})}},
        {"files": {"other": zipped()}},
        {"json": {"file": "connector.py"}},
        {"data": zipped()},
        {},
    ],
)
def test_what_is_no_package_is_refused(client: Client, method: str, sent: dict[str, Any]) -> None:
    kept = client.api.add_package(b"kept")
    path = "connector-sdk/packages" + (f"/{kept.id}" if method == "PATCH" else "")
    assert refusal(client.ask(method, path, **sent)) == (400, "InvalidInput")
    assert client.api.packages == {kept.id: kept}
    assert kept.zipped == b"kept"


def test_packages_are_listed_read_replaced_and_deleted(client: Client, clock: Clock) -> None:
    ids = [client.upload().json()["data"]["id"] for _ in range(3)]
    page = client.data("connector-sdk/packages", limit=2)
    rest = client.data("connector-sdk/packages", limit=2, cursor=page["next_cursor"])
    assert [each["id"] for each in page["items"] + rest["items"]] == ids
    clock.seconds += 1
    content = zipped(connector_py="")
    assert client.ask("PATCH", f"connector-sdk/packages/{ids[0]}", files={"file": content}).status_code == 200
    assert client.api.packages[ids[0]].zipped == content
    told = client.data(f"connector-sdk/packages/{ids[0]}")
    assert (told["connection_id"], told["connection_ids"]) == (None, [])
    assert told["updated_at"] > told["created_at"]
    assert client.ask("DELETE", f"connector-sdk/packages/{ids[0]}").json()["code"] == "Success"
    for method in ("GET", "PATCH", "DELETE"):
        assert refusal(client.ask(method, f"connector-sdk/packages/{ids[0]}")) == (404, "NotFound_Package")


def test_a_package_in_use_is_not_deleted(client: Client) -> None:
    connection = client.created()
    path = f"connector-sdk/packages/{connection.package_id}"
    assert client.data(path)["connection_ids"] == [connection.id]
    assert refusal(client.ask("DELETE", path)) == (403, "Forbidden")
    assert connection.package_id in client.api.packages
    client.update(connection.id, {"config": {"package_id": client.api.add_package(zipped()).id}})
    assert client.ask("DELETE", path).status_code == 200


# --- connections --------------------------------------------------------------------------------------------------


def test_a_new_connection_is_tested_and_told_without_its_secrets(client: Client) -> None:
    reply = client.create(body={"destination_schema_names": "SOURCE_NAMING", "sync_frequency": "60"})
    assert reply.status_code == 201
    data = reply.json()["data"]
    connection = client.api.connections[data["id"]]
    assert connection.secrets == {"token": "a secret", "who": "me"}
    assert (data["schema"], data["service"], data["paused"]) == ("toys", "connector_sdk", True)
    assert (data["destination_schema_names"], data["sync_frequency"]) == ("SOURCE_NAMING", 60)
    assert data["status"]["setup_state"] == "connected"
    assert data["setup_tests"] == [{"title": "Connecting to the source", "status": "PASSED", "message": ""}]
    assert data["config"] == {
        "python_version": "3.14",
        "package_id": connection.package_id,
        "secrets_list": [{"key": "token", "value": "******"}, {"key": "who", "value": "******"}],
    }


@pytest.mark.parametrize("name", ["connectors", "connections"])
def test_a_connection_is_read_under_both_names_without_secrets(client: Client, name: str) -> None:
    connection = client.created()
    told = client.ask("GET", f"{name}/{connection.id}")
    assert told.json()["data"]["config"]["package_id"] == connection.package_id
    assert "a secret" not in told.text
    assert "setup_tests" not in told.json()["data"]
    assert "a secret" not in client.ask("GET", f"groups/{client.group.id}/connectors").text
    assert refusal(client.ask("GET", f"{name}/nowhere")) == (404, "NotFound_Connector")


@pytest.mark.parametrize(
    ("config", "body", "expected"),
    [
        ({"schema": ""}, {}, (400, "InvalidInput")),
        ({"schema": "Toys"}, {}, (400, "InvalidInput")),
        ({"schema": "1toys"}, {}, (400, "InvalidInput")),
        ({"schema": "toys\n"}, {}, (400, "InvalidInput")),
        ({"schema": "taken"}, {}, (400, "InvalidInput")),
        ({"package_id": "package_0"}, {}, (400, "InvalidInput")),
        ({"package_id": None}, {}, (400, "InvalidInput")),
        ({"package_id": ["package_0"]}, {}, (400, "InvalidInput")),
        ({"python_version": "3.9"}, {}, (400, "InvalidInput")),
        ({"python_version": "3.15"}, {}, (400, "InvalidInput")),
        ({"python_version": 3.14}, {}, (400, "InvalidInput")),
        ({"secrets_list": {"token": "x"}}, {}, (400, "InvalidInput")),
        ({"secrets_list": [{"key": "token"}]}, {}, (400, "InvalidInput")),
        ({"secrets_list": [["token", "x"]]}, {}, (400, "InvalidInput")),
        ({}, {"config": "none"}, (400, "InvalidInput")),
        ({}, {"config": None}, (400, "InvalidInput")),
        ({}, {"paused": "no"}, (400, "InvalidInput")),
        ({}, {"sync_frequency": "often"}, (400, "InvalidInput")),
        ({}, {"service": "salesforce"}, (400, "InvalidInput")),
        ({}, {"service": None}, (400, "InvalidInput")),
        ({}, {"group_id": None}, (400, "InvalidInput")),
        ({}, {"group_id": ["x"]}, (404, "NotFound_Group")),
        ({}, {"group_id": "nowhere"}, (404, "NotFound_Group")),
    ],
)
def test_a_connection_that_cannot_be_is_refused(
    client: Client, config: dict[str, Any], body: dict[str, Any], expected: tuple[int, str]
) -> None:
    client.api.add_connection(client.group.id, "taken")
    assert refusal(client.create(body=body, **config)) == expected
    assert [each.schema for each in client.api.connections.values()] == ["taken"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"a=b", zipped()])
def test_a_body_that_is_no_object_is_refused(client: Client, body: bytes) -> None:
    connection = client.created()
    assert refusal(client.ask("POST", "connectors", data=body)) == (400, "InvalidInput")
    assert refusal(client.ask("PATCH", f"connectors/{connection.id}", data=body)) == (400, "InvalidInput")


def test_a_name_is_taken_in_its_own_destination_only(client: Client) -> None:
    client.api.add_connection(client.api.add_group("other").id, "toys")
    assert client.create("toys").status_code == 201
    assert client.create("toys").status_code == 400


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_a_connection_runs_on_the_python_that_was_asked_for(client: Client, version: str) -> None:
    assert client.created(python_version=version).config["python_version"] == version


def test_the_newest_python_is_the_default(client: Client) -> None:
    assert client.created(python_version=None).config["python_version"] == "3.14"


def test_sent_secrets_replace_all_and_unsent_ones_stay(client: Client) -> None:
    connection = client.created()
    package = client.api.add_package(zipped())
    assert client.update(connection.id, {"config": {"package_id": package.id}}).status_code == 200
    assert connection.secrets == {"token": "a secret", "who": "me"}
    assert connection.config == {"python_version": "3.14", "package_id": package.id}
    sent = {"secrets_list": [{"key": "token", "value": ""}, {"key": "new", "value": None}]}
    assert client.update(connection.id, {"config": sent}).status_code == 200
    assert connection.secrets == {"token": "", "new": None}
    assert client.update(connection.id, {"config": {"secrets_list": []}}).status_code == 200
    assert connection.secrets == {}


def test_an_update_changes_what_is_sent(client: Client) -> None:
    connection = client.created(proxy_host_config_key="host")
    changes = {"paused": False, "networking_method": "ProxyAgent", "proxy_agent_id": "proxy", "hybrid_deployment_agent_id": "agent"}
    config = {"schema": "toys", "proxy_host_config_key": None, "python_version": "3.12"}
    told = client.update(connection.id, changes | {"config": config, "destination_schema_names": "SOURCE_NAMING"}).json()["data"]
    assert {name: told[name] for name in changes} == changes
    assert connection.config == {"python_version": "3.12", "package_id": connection.package_id}
    assert connection.destination_schema_names == "FIVETRAN_NAMING", "it cannot be changed, and that is not told"
    assert "setup_tests" not in told


@pytest.mark.parametrize(
    "body",
    [
        {"run_setup_tests": True},
        {"paused": 1},
        {"config": {"schema": "dolls"}},
        {"paused": False, "config": {"package_id": "package_0"}},
        {"paused": False, "config": {"python_version": "2.7"}},
        {"paused": False, "config": {"secrets_list": "none"}},
    ],
)
def test_an_update_that_cannot_be_changes_nothing(client: Client, body: dict[str, Any]) -> None:
    connection = client.created()
    before = client.data(f"connectors/{connection.id}")
    assert refusal(client.update(connection.id, body)) == (400, "InvalidInput")
    assert client.data(f"connectors/{connection.id}") == before
    assert refusal(client.update("nowhere", {"paused": True})) == (404, "NotFound_Connector")


# --- setup tests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["FAILED", "JOB_FAILED"])
def test_a_new_connection_that_fails_its_tests_is_there_all_the_same(client: Client, status: str) -> None:
    client.api.setup_tests = [SetupTest("one"), SetupTest("two", status, "no")]
    reply = client.create()
    assert reply.status_code == 201
    assert reply.json()["data"]["setup_tests"][1] == {"title": "two", "status": status, "message": "no"}
    assert client.api.connections[reply.json()["data"]["id"]].setup_state == "incomplete"


def test_a_connection_breaks_only_after_it_was_connected(client: Client) -> None:
    client.api.setup_tests = [FAILED]
    connection = client.created()
    paths = [("PATCH", f"connectors/{connection.id}"), ("POST", f"connections/{connection.id}/test")]
    states = []
    for tests in ([FAILED], [SetupTest("one", "SKIPPED")], [FAILED], [FAILED], [SetupTest("one")]):
        for method, path in paths:
            client.api.setup_tests = tests
            reply = client.ask(method, path, json={"paused": True, "run_setup_tests": True})
            assert reply.status_code == 200
            assert len(reply.json()["data"]["setup_tests"]) == 1
        states.append(connection.setup_state)
    assert states == ["incomplete", "connected", "broken", "broken", "connected"]


def test_tests_that_are_not_asked_for_are_not_run(client: Client) -> None:
    reply = client.create(body={"run_setup_tests": False})
    assert "setup_tests" not in reply.json()["data"]
    assert reply.json()["data"]["status"]["setup_state"] == "incomplete"
    assert refusal(client.ask("POST", "connections/nowhere/test")) == (404, "NotFound_Connector")


def test_setup_tests_may_run_the_package(client: Client) -> None:
    def run(connection: Connection, content: bytes) -> list[SetupTest]:
        with ZipFile(BytesIO(content)) as archive:
            return [SetupTest(connection.secrets["who"], "PASSED", archive.read("connector.py").decode())]

    client.api.setup_tests = run
    assert client.create().json()["data"]["setup_tests"] == [{"title": "me", "status": "PASSED", "message": TOY}]


def _cut_off(*_: object) -> list[SetupTest]:
    raise ConnectionDropped


def test_a_reply_can_be_lost_after_the_connection_was_made(client: Client) -> None:
    client.api.setup_tests = _cut_off
    with pytest.raises(requests.ConnectionError):
        client.create()
    assert [each.schema for each in client.api.connections.values()] == ["toys"]


# --- faults, and what is kept -------------------------------------------------------------------------------------

EVERY_ROUTE = [
    ("GET", "connector-sdk/migration/connections"),
    ("GET", "groups"),
    ("GET", "groups/{group}/connectors"),
    ("GET", "destinations/{group}"),
    ("POST", "connector-sdk/packages"),
    ("GET", "connector-sdk/packages"),
    ("GET", "connector-sdk/packages/{package}"),
    ("PATCH", "connector-sdk/packages/{package}"),
    ("DELETE", "connector-sdk/packages/{package}"),
    ("POST", "connectors"),
    ("GET", "connectors/{connection}"),
    ("PATCH", "connectors/{connection}"),
    ("POST", "connections/{connection}/test"),
]


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_any_request_can_go_wrong_before_it_does_anything(client: Client, method: str, path: str) -> None:
    connection, package = client.created(), client.api.add_package(zipped())
    path = path.format(group=client.group.id, connection=connection.id, package=package.id)
    body: dict[str, Any] = {"files": {"file": zipped()}} if method in {"POST", "PATCH"} and "packages" in path else {"json": {}}
    before = (dict(client.api.packages), dict(client.api.connections))
    said = {"code": "Internal", "message": "it broke"}
    client.box.faults.add("latency", "^/v1/", seconds=0, times=1)
    client.box.faults.add("status", f"^/v1/{path}$", status=500, body=said, times=1)
    client.box.faults.add("html", f"^/v1/{path}$", times=1)
    client.box.faults.add("reset", f"^/v1/{path}$", times=1)
    client.box.faults.add("hang", f"^/v1/{path}$", seconds=0, times=1)
    reply = client.ask(method, path, **body)
    assert (reply.status_code, reply.json()) == (500, said)
    assert client.ask(method, path, **body).text.startswith("<!DOCTYPE html>")
    for _ in ("reset", "hang"):
        with pytest.raises(requests.ConnectionError):
            client.ask(method, path, **body)
    assert (client.api.packages, client.api.connections) == before
    assert [each.method for each in client.api.received[-4:]] == [method] * 4, "what went wrong was received all the same"
    assert client.ask(method, path, **body).status_code in {200, 201, 400}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_switched_on(client: Client, name: str) -> None:
    client.box.faults.preset(name, probability=0)
    assert client.data("groups")["items"]


def test_it_keeps_what_it_was_sent(client: Client) -> None:
    client.ask("GET", "groups", params={"limit": "5"}, key="wrong")
    client.ask("POST", "connectors", json={"service": "x"})
    client.ask("POST", "connectors", data=b"\xff\xfe")
    wrong, right, raw = client.api.received
    assert (wrong.method, wrong.path, wrong.query, wrong.body, wrong.key_accepted) == ("GET", "/v1/groups", {"limit": "5"}, None, False)
    assert (right.body, right.key_accepted) == ({"service": "x"}, True)
    assert raw.body == b"\xff\xfe"
    assert client.box.token not in repr(client.api)


def test_the_record_is_for_people_and_without_secrets(client: Client) -> None:
    client.upload()
    client.create(body={"more": {"secrets_list": ["a secret", {"key": ["a secret"], "value": 12}]}}, package_id="package_1")
    client.ask("POST", "connector-sdk/packages", files={"file": ("toy.zip", b"no zip")})
    client.ask("POST", "connectors", data=b"\xff\xfea secret")
    record = client.api.record()
    assert record[0] == {
        "method": "POST",
        "path": "/v1/connector-sdk/packages",
        "query": {},
        "body": {"file": {"filename": "toy.zip", "files": {"connector.py": len(TOY), "requirements.py": 0}}},
    }
    assert record[1]["body"]["config"]["secrets_list"] == [
        {"key": "token", "value": "<value of 8 characters>"},
        {"key": "who", "value": "<value of 2 characters>"},
    ]
    assert record[2]["body"] == {"file": {"filename": "toy.zip", "files": "<6 bytes>"}}
    text = json.dumps(record)
    assert "a secret" not in text
    assert client.box.token not in text
    assert "a secret" in json.dumps(client.api.record(values_removed=False))
    assert requests.get(f"{client.box.url}/sandbox/record", timeout=10).json() == record
    assert requests.delete(f"{client.box.url}/sandbox/record", timeout=10).json() == {"ok": True}
    assert client.api.received == []


# --- as a process -------------------------------------------------------------------------------------------------


def test_it_runs_as_a_process_that_says_how_to_use_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.deploys", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = process.stdout.readline()
        url = re.findall(r"http://127\.0\.0\.1:\d+", said)[0]
        for line in iter(process.stdout.readline, ""):
            said += line
            if "Ctrl-C" in line:
                break
        settings = re.findall(r"echo '(.*)' > ", said)[0]
        key = re.findall(r"FIVETRAN_API_KEY='(.*?)'", said)[0]
        groups = requests.get(f"{url}/v1/groups", headers={"Authorization": f"Basic {key}"}, timeout=10).json()
        assert f"FIVETRAN_DESTINATION_NAME='{groups['data']['items'][0]['name']}'" in said
        assert [each["path"] for each in requests.get(f"{url}/sandbox/record", timeout=10).json()] == ["/v1/groups"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    point_cli_at(url, tmp_path)
    assert json.loads(settings) == json.loads((tmp_path / ".fivetran/connector_sdk/_config.json").read_text(encoding="utf-8"))


def test_a_taken_port_is_told_in_a_sentence(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(urlsplit(client.box.url).port)
    assert main(["--port", port]) == 1
    assert capsys.readouterr().err.startswith(f"Port {port} cannot be had: another program uses it. Choose another one")


# --- the real CLI -------------------------------------------------------------------------------------------------


def deploy(client: Client, tmp_path: Path, settings: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the real `fivetran deploy` of a toy connector against the stand-in."""
    folder = tmp_path / "toy"
    folder.mkdir(exist_ok=True)
    (folder / "connector.py").write_text(TOY, encoding="utf-8")
    configuration = fivetran.write_configuration(tmp_path / "settings.json", settings)
    home = point_cli_at(client.box.url, tmp_path / "home")
    known = {"FIVETRAN_API_KEY": client.box.token, "FIVETRAN_DESTINATION_NAME": "second_page", "FIVETRAN_CONNECTION_NAME": "toys"}
    known |= {"CI": "true", "FIVETRAN_PYTHON_VERSION": "3.13"}
    return subprocess.run(
        [str(Path(sys.executable).parent / "fivetran"), "deploy", str(folder), "--configuration", str(configuration), "--yes"],
        env=fivetran.debug_environment(home) | known | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.real
def test_the_real_cli_deploys_a_connection_and_deploys_it_again(client: Client, tmp_path: Path) -> None:
    group, client.api.page_size = client.api.add_group("second_page"), 1
    first = deploy(client, tmp_path, {"token": "first secret", "old": "x"})
    assert first.returncode == 0, first.stdout + first.stderr
    [connection] = client.api.connections.values()
    assert (connection.schema, connection.group_id, connection.paused) == ("toys", group.id, True)
    assert connection.secrets == {"token": "first secret", "old": "x"}
    assert (connection.setup_state, connection.config["python_version"]) == ("connected", "3.13")
    old = connection.config["package_id"]
    assert client.api.packages[old].sizes == {"configuration_form.pb": 0, "connector.py": len(TOY)}
    again = deploy(client, tmp_path, {"token": "second secret"})
    assert again.returncode == 0, again.stdout + again.stderr
    assert list(client.api.connections.values()) == [connection]
    assert connection.secrets == {"token": "second secret"}
    assert connection.package_id != old
    assert client.api.connection_ids(old) == []
    assert all(each.key_accepted for each in client.api.received)
    assert "secret" not in json.dumps(client.api.record()).replace("secrets_list", "")
    assert "/v1/connector-sdk/migration/connections" not in {each.path for each in client.api.received}


@pytest.mark.real
def test_the_real_cli_fails_when_the_setup_tests_do_and_without_a_key(client: Client, tmp_path: Path) -> None:
    client.api.add_group("second_page")
    client.api.setup_tests = [FAILED]
    failed = deploy(client, tmp_path, {"token": "x"})
    assert failed.returncode == 1
    assert FAILED.message in failed.stdout
    assert [each.setup_state for each in client.api.connections.values()] == ["incomplete"]
    denied = deploy(client, tmp_path, {"token": "x"}, FIVETRAN_API_KEY="d3Jvbmc=")
    assert denied.returncode == 1
    assert not client.api.received[-1].key_accepted


@pytest.mark.real
@pytest.mark.skipif(sys.version_info < (3, 11), reason="the CLI has no options file there")
def test_the_real_cli_writes_down_what_the_migration_list_tells(client: Client, tmp_path: Path) -> None:
    client.group.name = "second_page"
    client.created(schema="other", python_version="3.12")
    deployed = deploy(client, tmp_path, {"token": "x"}, CI="")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    [options] = (tmp_path / "home").rglob("options.toml")
    assert 'connection = "other"' in options.read_text(encoding="utf-8")


def test_people_get_lines_to_copy(client: Client) -> None:
    said = for_people(client.box.url, client.box.token, client.group.name)
    assert json.dumps(client.box.configuration) in said
    assert client.group.name in said
