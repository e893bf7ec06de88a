"""The workflow's own lines deploy with the real `fivetran deploy`, to a stand-in for Fivetran."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest

from sandbox.compare import differences, kept_open, warehouse_columns, warehouse_rows
from sandbox.deploys import DEFAULT_KEY, Connection, DeployApi, SetupTest
from sandbox.faults import ConnectionDropped
from sandbox.fivetran import run_debug, warehouse_path, write_configuration
from sandbox.rehearsal import main as rehearse
from sandbox.rehearsal import really_tested, secrets_of, unpacked
from sandbox.server import Box, running
from tests.contract.facts import FACTS, example
from tests.deploy.conftest import COMMIT, Start
from tests.deploy.documents import settings_of
from tests.deploy.runner import Job
from tests.loading import FOLDERS, ROOT

pytestmark = pytest.mark.real
CANARY = "canary-5f1c"
TIMEOUT_SECONDS = 120.0
BEFORE_THE_CLI_GIVES_UP_SECONDS = 30.0
UNCHANGED = "The connection is as it was"
NOTHING_SENT = "Nothing was sent to Fivetran, and nothing was changed there."


@pytest.fixture(scope="module")
def source() -> Iterator[Box]:
    """Virtuous, with a token that is found wherever it should not be."""
    with running("virtuous", rows=20, rate_limit=1_000_000) as box:
        FACTS["virtuous"].admit(box.source, CANARY)
        yield box


def required(connector: str) -> dict[str, str]:
    return {one.name: example(connector, one.name, CANARY) for one in settings_of(connector) if one.required}


def virtuous(source: Box) -> dict[str, str]:
    return secrets_of("virtuous", source.configuration | {"bearer_token": CANARY})


def only_connection(api: DeployApi) -> Connection:
    [connection] = api.connections.values()
    return connection


def package_of(api: DeployApi, connection: Connection) -> bytes:
    return api.packages[str(connection.package_id)].zipped


# --- What arrives ---


@pytest.mark.parametrize("connector", FOLDERS)
def test_a_new_connection_gets_code_and_configuration_and_nothing_else(
    connector: str, job: Start, fivetran: tuple[DeployApi, Box], checkout: Path
) -> None:
    api, _ = fivetran
    pins = (checkout / connector / "requirements.txt").read_bytes()
    every = {name: value for folder in FOLDERS for name, value in secrets_of(folder, required(folder)).items()}
    deploy = job(connector, every)
    assert deploy.run() == 0, deploy.printed

    connection = only_connection(api)
    assert (connection.schema, connection.service, connection.paused) == (connector, "connector_sdk", True)
    assert connection.secrets == required(connector)
    assert connection.config["python_version"] == "3.14"
    assert (api.received[-1].path, api.received[-1].body) == (f"/v1/connections/{connection.id}/test", {})
    folder = unpacked(package_of(api, connection), checkout.parent / "package")
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    own = {path.name for path in (ROOT / connector).iterdir() if path.is_file() and path.name != "configuration.json"}
    shared = {f"common/{path.name}" for path in (ROOT / "common").glob("*.py")}
    assert names == own | shared | {"configuration_form.pb"}
    assert (folder / "requirements.txt").read_bytes() == pins == (checkout / connector / "requirements.txt").read_bytes()

    for told in (connection.id, str(connection.package_id), COMMIT, "3.0.0", *secrets_of(connector, required(connector))):
        assert told in deploy.summary
    assert "start it there" in deploy.summary
    assert CANARY not in deploy.summary + deploy.printed


def test_an_existing_connection_gets_the_whole_configuration_in_place_of_its_old_one(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box
) -> None:
    api, _ = fivetran
    [group] = api.groups
    old = api.add_package(b"")
    connection = api.add_connection(
        group, "virtuous", secrets={"bearer_token": "old", "start_date": "2020-01-01"}, config={"package_id": old.id}, paused=False
    )
    api.add_connection(group, "virtuous_of_somebody_else", secrets={"bearer_token": "other"})
    deploy = job("virtuous", virtuous(source))
    assert deploy.run() == 0, deploy.printed
    assert connection.secrets == source.configuration | {"bearer_token": CANARY}
    assert connection.package_id != old.id
    assert connection.paused is False
    assert len(api.connections) == 2
    assert "updated" in deploy.summary
    assert "| settings that it had before, and has no more | `start_date` |" in deploy.summary
    assert "\n::warning title=deploy::The connection had settings that no secret gives: SFL_VIRTUOUS_START_DATE." in deploy.printed
    assert "start it there" not in deploy.summary


def test_the_package_that_arrived_passes_its_setup_tests_and_syncs_what_the_source_has(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box, tmp_path: Path
) -> None:
    api, _ = fivetran
    api.setup_tests = really_tested(tmp_path / "fivetran")
    deploy = job("virtuous", virtuous(source))
    assert deploy.run() == 0, deploy.printed

    connection = only_connection(api)
    folder = unpacked(package_of(api, connection), tmp_path / "cloud" / "virtuous")
    configuration = write_configuration(tmp_path / "configuration.json", connection.secrets)
    run = run_debug(folder, configuration, tmp_path / "home", timeout=TIMEOUT_SECONDS)
    assert run.exit_status == 0, run.output[-3000:]
    path = warehouse_path(folder)
    with kept_open(path):
        for name, table in source.source.truth().items():
            assert differences(table, warehouse_rows(path, name), columns=warehouse_columns(path, name)) == [], name


TOY_SETTINGS = """
from common.settings import Setting

SETTINGS = tuple(Setting(name, name, "a text.", str, required=True, secret=True) for name in {names})
"""
TOY = """
import json
import os
from pathlib import Path

from fivetran_connector_sdk import Connector

from common.form import form_of
from settings import SETTINGS

Path(__file__).with_name("environment.json").write_text(json.dumps(dict(os.environ)))
connector = Connector(update=lambda configuration, state: None, configuration_form=lambda: form_of(SETTINGS, {}))
"""
ODD = {
    "quotes": """a"b'c`d""",
    "backslashes": r"a\b\\c\n",
    "lines": "-----BEGIN KEY-----\nabc\r\ndef\n\n-----END KEY-----",
    "expression": "a${{ secrets.OTHER }}b",
    "percent": "a%0Ab%25",
    "emoji": "😀 é 漢",
    "command": "::add-mask::a",
    "shell": "$(touch x) $HOME; exit 1 # *",
    "json": '{"a": ["b"]}',
    "long": "0123456789" * 20_000,  # more than a pipe holds
}


def test_values_arrive_byte_for_byte(job: Start, fivetran: tuple[DeployApi, Box], checkout: Path) -> None:
    toy = checkout / "toy"
    toy.mkdir()
    (toy / "settings.py").write_text(TOY_SETTINGS.format(names=list(ODD)), encoding="utf-8")
    (toy / "connector.py").write_text(TOY, encoding="utf-8")
    (toy / "requirements.txt").write_bytes((ROOT / "virtuous" / "requirements.txt").read_bytes())
    (toy / "common").symlink_to("../common")
    # a variable holds 128 KiB at most, and the runner itself no more than GitHub's 48 KB
    given = ODD | {"long": ODD["long"][:100_000]}
    deploy = job("toy", {}, **secrets_of("toy", given), FIVETRAN_CONFIGURATION="another.json", FIVETRAN_STATE="another.json")
    assert deploy.run() == 0, deploy.printed
    assert only_connection(fivetran[0]).secrets == given

    inner = json.loads((toy / "environment.json").read_text(encoding="utf-8"))
    told = {"FIVETRAN_API_KEY", "FIVETRAN_DESTINATION_NAME", "FIVETRAN_CONNECTION_NAME", "FIVETRAN_HD_AGENT_ID"}
    assert {name for name in inner if name.startswith(("SFL_", "FIVETRAN_"))} == told
    assert (inner["DO_NOT_TRACK"], inner["CI"], inner["NETRC"]) == ("1", "true", os.devnull)


def test_a_password_of_an_existing_connector_may_be_as_odd_as_it_takes_them(job: Start, fivetran: tuple[DeployApi, Box]) -> None:
    configuration = required("ongage") | {"x_password": r"""a"b'c\d ${{ secrets.X }} %0A ::add-mask::x"""}
    deploy = job("ongage", secrets_of("ongage", configuration))
    assert deploy.run() == 0, deploy.printed
    assert only_connection(fivetran[0]).secrets == configuration


def test_a_slow_fivetran_is_waited_for_and_a_lost_connection_is_made_again(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box
) -> None:
    api, box = fivetran
    lost = box.faults.add("reset", "^/v1/groups$", times=1)
    slow = box.faults.add("latency", "^/v1/connect", seconds=0.5)
    deploy = job("virtuous", virtuous(source))
    assert deploy.run() == 0, deploy.printed
    assert lost.struck == 1
    assert slow.struck > 3
    assert only_connection(api).secrets["bearer_token"] == CANARY


# --- What does not ---


def refused(deploy: Job, *said: str) -> None:
    assert deploy.run() == 1, deploy.printed
    for sentence in said:
        assert sentence in deploy.printed
    assert "Traceback" not in deploy.printed
    assert CANARY not in deploy.printed
    assert re.fullmatch(r"### Not deployed\n\n```text\n[^`]+\n```\n", deploy.summary)
    assert deploy.summary.strip() in deploy.printed
    [annotation] = [line for line in deploy.printed.splitlines() if line.startswith("::")]
    assert annotation.startswith("::error title=deploy::")


def test_a_failing_setup_test_fails_the_deploy_and_says_what_the_connection_has_now(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box, tmp_path: Path
) -> None:
    api, _ = fivetran
    api.setup_tests = really_tested(tmp_path / "fivetran")
    wrong = virtuous(source) | {"SFL_VIRTUOUS_BEARER_TOKEN": f"{CANARY}-wrong"}
    refused(job("virtuous", wrong), "The package's own tests", "401", "has the new code and the new settings. Setup tests fail")
    assert only_connection(api).secrets["bearer_token"] == f"{CANARY}-wrong"


def test_setup_tests_that_the_cli_does_not_see_fail_are_seen(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, _ = fivetran
    api.setup_tests = lambda connection, zipped: []
    refused(job("virtuous", virtuous(source)), "has the new code and the new settings. No setup test was run")


def test_a_setup_test_that_fails_only_afterwards_fails_the_deploy(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, _ = fivetran
    later = [SetupTest("Connecting"), SetupTest("Reading", "FAILED", f"the token {CANARY} is read-only")]
    outcomes = iter([[SetupTest("Connecting")], later])
    api.setup_tests = lambda connection, zipped: next(outcomes)
    refused(job("virtuous", virtuous(source)), "has the new code and the new settings. Setup tests fail: Reading")


def test_what_fivetran_says_is_hidden_where_it_is_secret_and_is_nothing_but_text(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box
) -> None:
    api, _ = fivetran
    secret = f'{CANARY}"a/b|1'
    forms = " ".join([secret, json.dumps(secret), quote(secret), quote(secret, safe=""), secret.partition("|")[0]])
    odd = SetupTest(f"a | <img src=x> `{forms}`\n::warning::x\n##[error]y", "PASSED", f"{forms}\n  package id: package_99\n::error::x")
    api.setup_tests = [odd]
    deploy = job("virtuous", virtuous(source) | {"SFL_VIRTUOUS_BEARER_TOKEN": secret})
    assert deploy.run() == 0, deploy.printed
    outcomes = iter([[SetupTest(odd.title, "FAILED", odd.message)], [odd]])
    api.setup_tests = lambda connection, zipped: next(outcomes)
    again = job("virtuous", virtuous(source) | {"SFL_VIRTUOUS_BEARER_TOKEN": secret})
    assert again.run() == 0, "a test that failed and passes now is none that fails"
    for text in (deploy.printed, again.printed, deploy.summary, again.summary):
        assert CANARY not in text
        assert "##[" not in text
        assert not [line for line in text.splitlines() if line.startswith("::")]
    assert "fivetran | ::error::x" in again.printed
    assert "a &#124; &lt;img src=x&gt; &#96;&#42;&#42;&#42; " in deploy.summary

def test_missing_secrets_are_named_and_fivetran_is_not_asked(job: Start, fivetran: tuple[DeployApi, Box]) -> None:
    deploy = job("ongage", secrets_of("ongage", {"x_password": f" {CANARY}"}) | {"FIVETRAN_DESTINATION": ""})
    missing = ("SFL_ONGAGE_X_USERNAME", "SFL_ONGAGE_X_ACCOUNT_CODE", "FIVETRAN_DESTINATION")
    refused(deploy, NOTHING_SENT, "SFL_ONGAGE_X_PASSWORD begins or ends", *missing)
    assert fivetran[0].received == []


def test_a_rejected_key_is_named_and_asked_with_once(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, _ = fivetran
    api.keys = {"another"}
    refused(job("virtuous", virtuous(source)), NOTHING_SENT, "Fivetran refuses the key in FIVETRAN_API_KEY (401")
    assert len(api.received) == 1


def test_an_unknown_destination_is_named(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    refused(job("virtuous", virtuous(source) | {"FIVETRAN_DESTINATION": "elsewhere"}), "FIVETRAN_DESTINATION")


def test_a_destination_on_a_later_page_is_found(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, _ = fivetran
    api.page_size = 1
    last = api.add_group("the_last_one")
    deploy = job("virtuous", virtuous(source) | {"FIVETRAN_DESTINATION": "the_last_one"})
    assert deploy.run() == 0, deploy.printed
    assert only_connection(api).group_id == last.id


@pytest.mark.parametrize("kind", ["status", "html", "reset"])
def test_an_outage_changes_nothing_and_says_so(kind: str, job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, box = fivetran
    box.faults.add(kind, "^/v1/groups$", status=503)
    refused(job("virtuous", virtuous(source)), NOTHING_SENT, "Run the workflow for this connector later")
    assert not api.packages
    assert not api.connections


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_an_outage_in_the_middle_leaves_the_connection_as_it_was(
    method: str, job: Start, fivetran: tuple[DeployApi, Box], source: Box
) -> None:
    api, box = fivetran
    [group] = api.groups
    old = api.add_package(b"")
    connection = api.add_connection(group, "virtuous", secrets={"bearer_token": "old"}, config={"package_id": old.id})
    body = {"code": "ServerError", "message": "out of order"}
    box.faults.add("status", "/v1/connector(s/|-sdk)", status=500, body=body, when=lambda request: request.method == method)
    refused(job("virtuous", virtuous(source)), UNCHANGED)
    assert connection.secrets == {"bearer_token": "old"}
    assert connection.package_id == old.id
    assert list(api.packages) == [old.id]


def test_a_reply_that_is_lost_after_the_change_was_made_is_told_from_one_before_it(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box
) -> None:
    api, _ = fivetran

    def lose(connection: Connection, zipped: bytes) -> list[SetupTest]:
        raise ConnectionDropped

    api.setup_tests = lose
    refused(job("virtuous", virtuous(source)), "whether its setup tests pass is not known", "Run the workflow for this connector later")
    assert only_connection(api).secrets["bearer_token"] == CANARY


def test_a_reply_that_is_lost_does_no_harm_to_a_deploy_that_arrived(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, _ = fivetran
    calls = iter([True, False])

    def lose(connection: Connection, zipped: bytes) -> list[SetupTest]:
        if next(calls):
            raise ConnectionDropped
        return [SetupTest("Connecting")]

    api.setup_tests = lose
    deploy = job("virtuous", virtuous(source))
    assert deploy.run() == 0, deploy.printed
    assert "is deployed" in deploy.summary


def test_what_has_the_name_and_is_something_else_is_left_alone(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, _ = fivetran
    [group] = api.groups
    api.add_connection(group, "virtuous", service="postgres")
    refused(job("virtuous", virtuous(source)), "no Connector SDK connection")
    assert not api.packages


@pytest.mark.parametrize("method", ["ProxyAgent", "PrivateLink"])
def test_a_proxy_agent_is_not_taken_from_a_connection(method: str, job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, _ = fivetran
    [group] = api.groups
    api.add_connection(group, "virtuous", networking_method=method)
    refused(job("virtuous", virtuous(source)), "--proxy-id")


def test_a_cli_that_ends_before_it_reads_the_configuration_is_not_waited_for(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box, checkout: Path
) -> None:
    deploy = job("virtuous", virtuous(source))
    # the CLI finds no connector in it, while deploy.py needs the settings only
    (checkout / "virtuous" / "connector.py").write_text("raise RuntimeError\n", encoding="utf-8")
    refused(deploy, "error in connector.py", "No connection was made")


def test_a_connection_keeps_the_agent_that_runs_it(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, _ = fivetran
    [group] = api.groups.values()
    group.hybrid_deployment_agent_id = "agent"
    for _ in range(2):
        deploy = job("virtuous", virtuous(source))
        assert deploy.run() == 0, deploy.printed
        assert only_connection(api).hybrid_deployment_agent_id == "agent"


def test_a_connection_that_somebody_else_deploys_to_meanwhile_is_noticed(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box
) -> None:
    api, box = fivetran

    def overtake() -> None:
        for connection in api.connections.values():
            connection.config["package_id"] = "of_somebody_else"

    box.faults.add("call", "^/v1/connections/", action=overtake)
    refused(job("virtuous", virtuous(source)), "code of which this job does not know that it is its own")


def test_a_connection_of_another_name_is_never_touched(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    api, box = fivetran
    [group] = api.groups
    api.add_connection(group, "of_another_team", secrets={"bearer_token": "theirs"})
    box.faults.add("call", "/connectors$", when=lambda request: bool(request.query.pop("schema", "")) or True, action=lambda: None)
    refused(job("virtuous", virtuous(source)), NOTHING_SENT, "Fivetran's answer is not what it should be")
    assert only_connection(api).secrets == {"bearer_token": "theirs"}


def test_a_login_in_a_netrc_does_not_take_the_keys_place(job: Start, fivetran: tuple[DeployApi, Box], source: Box) -> None:
    deploy = job("virtuous", virtuous(source))
    netrc = deploy.place / "home" / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    assert deploy.run() == 0, deploy.printed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tenacity==0.1", "tenacity must be installed as pinned: pip install -r virtuous/requirements.txt"),
        ("tenacity>=9", "Each line of virtuous/requirements.txt must be name==version"),
        ("tenacity==9.1.2  # any", "Each line of virtuous/requirements.txt must be name==version"),
    ],
)
def test_requirements_that_are_not_installed_as_pinned_stop_it_before_the_cli_writes_others(
    line: str, said: str, job: Start, fivetran: tuple[DeployApi, Box], source: Box, checkout: Path
) -> None:
    path = checkout / "virtuous" / "requirements.txt"
    pins = re.sub("tenacity==.*", line, path.read_text(encoding="utf-8"))
    path.write_text(pins, encoding="utf-8")
    deploy = job("virtuous", virtuous(source))
    step = deploy.steps()[-1]  # without the step that installs
    with deploy.start(step) as process:
        assert process.wait(TIMEOUT_SECONDS) == 1
    assert said in deploy.printed
    assert path.read_text(encoding="utf-8") == pins
    assert fivetran[0].received == []


def test_versions_that_the_cli_writes_all_the_same_are_told_of(
    job: Start, fivetran: tuple[DeployApi, Box], source: Box, checkout: Path
) -> None:
    with (checkout / "virtuous" / "connector.py").open("a", encoding="utf-8") as module:
        module.write("import pytz\n")
    refused(job("virtuous", virtuous(source)), "the CLI wrote other versions into virtuous/requirements.txt than this commit has")


# --- Where a secret is ---


def held(needles: set[bytes], *places: Path) -> list[str]:
    """The regular files with one of these texts in them."""
    files = (Path(folder) / name for place in places for folder, _, names in os.walk(place) for name in names)
    return [str(path) for path in files if path.is_file() and any(needle in path.read_bytes() for needle in needles)]


def command_lines() -> str:
    """The command lines of all processes of this machine."""
    return subprocess.run(["ps", "-A", "-ww", "-o", "args="], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("wrong", [False, True])
def test_a_canary_is_in_no_command_line_no_file_and_no_output_at_any_moment(
    wrong: bool, job: Start, fivetran: tuple[DeployApi, Box], source: Box, checkout: Path
) -> None:
    api, box = fivetran
    secrets = virtuous(source) | {"SFL_ONGAGE_X_PASSWORD": f"{CANARY}-of-another"}
    deploy = job("virtuous", secrets)
    needles = {CANARY.encode(), DEFAULT_KEY.encode(), DEFAULT_KEY[:8].encode(), b"not-a-real-secret"}
    seen: list[str] = []
    looked = 0

    def look() -> None:
        nonlocal looked
        looked += 1
        seen.extend(held(needles, deploy.place, checkout))
        seen.extend(line for line in command_lines().splitlines() if any(needle.decode() in line for needle in needles))

    box.faults.add("call", "^/v1/", action=look)
    if wrong:
        api.setup_tests = [SetupTest("Connecting", "FAILED", f"401 for {CANARY}")]
    assert deploy.run() == int(wrong), deploy.printed
    look()
    assert looked > 5
    assert seen == []
    assert only_connection(api).secrets["bearer_token"] == CANARY
    assert CANARY + "-of-another" not in str(api.received)
    assert held({CANARY.encode()}, unpacked(package_of(api, only_connection(api)), checkout.parent / "package")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_cancelled_deploy_ends_what_it_started_and_leaves_nothing_behind(
    number: signal.Signals, job: Start, fivetran: tuple[DeployApi, Box], source: Box, checkout: Path
) -> None:
    api, box = fivetran
    arrived = Event()
    box.faults.add("call", "^/v1/connector-sdk/packages$", action=arrived.set)
    box.faults.add("hang", "^/v1/connector-sdk/packages$")
    deploy = job("virtuous", virtuous(source))
    with deploy.start(deploy.steps()[-1]) as process:
        assert arrived.wait(TIMEOUT_SECONDS)
        process.send_signal(number)
        process.send_signal(number)
        assert process.wait(BEFORE_THE_CLI_GIVES_UP_SECONDS) == 128 + number
    assert list((deploy.place / "tmp").iterdir()) == []
    assert str(checkout / "virtuous") not in command_lines()
    assert held({CANARY.encode()}, deploy.place, checkout) == []
    assert "Traceback" not in deploy.printed
    assert "Cancelled. What the connection has now" in deploy.printed
    assert not api.connections


def test_two_connectors_never_see_each_others_secrets(job: Start, fivetran: tuple[DeployApi, Box]) -> None:
    api, _ = fivetran
    every = {name: value for folder in FOLDERS for name, value in secrets_of(folder, required(folder)).items()}
    marked = {name: value.replace(CANARY, f"{CANARY}-{name.split('_')[1].lower()}") for name, value in every.items()}
    for folder in FOLDERS[:2]:
        deploy = job(folder, marked)
        assert deploy.run() == 0, deploy.printed
    assert {connection.schema for connection in api.connections.values()} == set(FOLDERS[:2])
    for connection in api.connections.values():
        others = [folder for folder in FOLDERS if folder != connection.schema]
        assert f"{CANARY}-{connection.schema}" in str(connection.secrets)
        assert not [folder for folder in others if f"{CANARY}-{folder}" in str(connection)]


# --- Without the cloud ---


def test_a_rehearsal_shows_what_fivetran_would_be_sent(capfd: pytest.CaptureFixture[str]) -> None:
    assert rehearse(["virtuous"]) == 0
    shown = capfd.readouterr().out
    assert shown.count("### virtuous is deployed") == 2
    assert '"key": "bearer_token",' in shown
    assert '"value": "<value of' in shown
    assert "Nothing has left this machine." in shown
