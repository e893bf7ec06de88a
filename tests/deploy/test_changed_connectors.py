"""The script that says which connectors to deploy, run as the workflow runs it: on made-up histories, with a stand-in for GitHub."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.deploy.github import REPOSITORY, TOKEN, Asked, GitHub, Reply, serving
from tests.deploy.histories import CONNECTORS, ELSEWHERE, ENVIRONMENT, NO_COMMIT, History, first_history

SCRIPT = Path(__file__).resolve().parents[2] / ".github" / "scripts" / "changed_connectors.py"
ALL = list(CONNECTORS)
HOSTILE = '::set-env name=x::y\nconnectors=["evil"]'

OUTPUT = re.compile(r'connectors=(\[(?:"[a-z_][a-z0-9_]*"(?:,"[a-z_][a-z0-9_]*")*)?\])\n')
VERDICT = re.compile(
    r"(?P<name>[a-z_][a-z0-9_]*): (?P<what>to be deployed|left alone), since (?P<why>[A-Za-z_ ,./']+(?: \([0-9a-f]{12}\))?)"
)
REMOVED = "a connector was removed: its connection still runs at Fivetran until somebody deletes it there"
NO_NAME = "a folder with a connector.py has a name that no Fivetran connection can have"
CORRECT = (
    "the variable SFL_CONNECTORS (Settings > Secrets and variables > Actions > Variables) names something that is none of the connectors' "
    "folders, which are everyaction, ongage, virtuous (case matters)"
)
CHOOSE = 'a manual run must name "all" or one of the connectors, which are everyaction, ongage, virtuous'


@dataclass(frozen=True)
class Outcome:
    """What one run printed: who is deployed, why or why not by connector, and whether a connector was reported as removed."""

    chosen: list[str]
    why: dict[str, str]
    removed: bool


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> History:
    """What every history starts as; never changed."""
    return first_history(tmp_path_factory.mktemp("template") / "clone")


@pytest.fixture
def history(template: History, tmp_path: Path) -> History:
    """A clone of this test's own."""
    return template.copy(tmp_path / "clone")


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A GitHub that knows of no deployment yet."""
    with serving() as found:
        yield found


@pytest.fixture
def running(history: History, github: GitHub) -> History:
    """A history whose first commit was deployed with every connector."""
    deploy_all(github, history.head)
    return history


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module, for its pure functions."""
    spec = importlib.util.spec_from_file_location("changed_connectors", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def deploy_all(github: GitHub, commit: str) -> dict[str, int]:
    return {name: github.deploy(name, commit, "in_progress", "success") for name in CONNECTORS}


def start(history: History, github: GitHub, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Runs the script like the workflow does after a push, except for some variables."""
    given = {
        "EVENT": "push",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_RUN_ATTEMPT": "1",
        "CONNECTOR": "",
        "BEFORE": "",
        "FORCED": "false",
        "ENABLED": "",
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_TOKEN": TOKEN,
    }
    environment = ENVIRONMENT | given | variables
    return subprocess.run([sys.executable, SCRIPT], cwd=history.root, env=environment, check=False, capture_output=True)


def run(history: History, github: GitHub, **variables: str) -> Outcome:
    """A run that must succeed and print nothing but what it may."""
    done = start(history, github, **variables)
    assert (done.returncode, done.stderr.decode("ascii").count("Traceback")) == (0, 0), done.stderr
    output = OUTPUT.fullmatch(done.stdout.decode("ascii"))
    assert output, done.stdout
    lines = done.stderr.decode("ascii").splitlines()
    verdicts = [VERDICT.fullmatch(line) for line in lines if line != REMOVED]
    assert all(verdicts), lines
    found = [verdict for verdict in verdicts if verdict]
    chosen = json.loads(output[1])
    assert chosen == sorted(chosen) == [verdict["name"] for verdict in found if verdict["what"] == "to be deployed"]
    return Outcome(chosen, {verdict["name"]: verdict["why"] for verdict in found}, REMOVED in lines)


def refused(history: History, github: GitHub, **variables: str) -> str:
    """What is said, in a line, by a run that must fail without any output."""
    done = start(history, github, **variables)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1), done.stderr
    said = done.stderr.decode("ascii")
    assert said.startswith("Nothing is deployed: ")
    assert said.endswith(".\n")
    return said[len("Nothing is deployed: ") : -len(".\n")]


# What differs from what is deployed


@pytest.mark.parametrize(
    ("paths", "expected", "why"),
    [
        (["virtuous/api.py"], ["virtuous"], "it changed after its last successful deployment"),
        (["virtuous/deeper/new.py", "ongage/requirements.txt"], ["ongage", "virtuous"], "it changed after"),
        (["virtuous/README.md"], [], "nothing that matters to it changed after its last successful deployment"),
        (["common/tables.py"], ALL, "common/, which is shipped with it, changed after"),
        ([".github/scripts/deploy.py"], ALL, "the tools that deploy it changed after"),
        ([".github/workflows/deploy.yml"], ALL, "the tools that deploy it changed after"),
        (["Dockerfile"], ALL, "something changed that may matter to every connector after"),
        (["README.md", "tests/virtuous/test_api.py", "sandbox/server.py", "Makefile", ".ci/run"], [], "nothing that matters"),
        ([], [], "nothing that matters to it changed after"),
    ],
)
def test_what_matters_to_a_connector_deploys_it(
    running: History, github: GitHub, paths: list[str], expected: list[str], why: str
) -> None:
    base = running.head
    running.change(*paths)
    outcome = run(running, github, BEFORE=base)
    assert outcome.chosen == expected
    assert outcome.why["virtuous"].startswith(why)
    assert outcome.why["virtuous"].endswith(f"({base[:12]})")


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        ("virtuous/api.py", ["virtuous"]),
        ("virtuous/common", ["virtuous"]),
        ("virtuous/LICENSE", ["virtuous"]),
        ("virtuous/tests/test_api.py", ["virtuous"]),
        ("virtuous/data.md.json", ["virtuous"]),
        ("virtuous/deeper/notes.md", []),
        ("gone/api.py", []),
        ("README.md", []),
        ("docs/how/to.md", []),
        (".github/scripts/README.md", []),
        (".github/workflows/test.yml", []),
        ("tests/deploy/line\nbreak.py", []),
        ("sandbox/server.py", []),
        (".ci/run", []),
        (".gitignore", []),
        ("LICENSE", []),
        ("LICENSE.txt", []),
        ("Makefile", []),
        ("pyproject.toml", []),
        ("common/tables.py", ALL),
        ("common/deeper/new.py", ALL),
        ("common", ALL),
        (".github/scripts/requirements.txt", ALL),
        (".github/workflows/deploy.yml", ALL),
        (".github/workflows/other.yml", ALL),
        (".github/workflows/test.yml/odd", ALL),
        (".github/actions/action.yml", ALL),
        (".gitattributes", ALL),
        (".gitmodules", ALL),
        ("virtuous", ALL),
        ("virtuous_too/api.py", ALL),
        ("LICENSES/one.py", ALL),
        ("tests", ALL),
        ("tests.py", ALL),
        ("Makefile.in", ALL),
        ("deeper/tests/test_api.py", ALL),
        ("xci/run", ALL),
        ("line\nbreak.py", ALL),
        ("README", ALL),
    ],
)
def test_each_path_concerns_one_connector_or_none_or_all(script: ModuleType, path: str, concerned: list[str]) -> None:
    change = script.Change("M", (path,))
    assert [name for name in ALL if script.cause_of(change, name, {*ALL, "gone"})] == concerned


@pytest.mark.parametrize(
    ("path", "to", "expected"),
    [
        ("virtuous/api.py", "ongage/virtuous_api.py", ALL),
        ("virtuous/api.py", "virtuous/client.py", ALL),
        ("common/tables.py", "virtuous/tables.py", ALL),
        ("common/tables.py", "tests/tables.py", ALL),
        ("tests/virtuous/test_api.py", "virtuous/test_api.py", ALL),
        ("tests/virtuous/test_api.py", "tests/virtuous/test_client.py", []),
        ("tests/virtuous/test_api.py", "test_api.py", ALL),
        ("virtuous/README.md", "ongage/virtuous.md", []),
        ("virtuous/README.md", "virtuous/README.txt", ALL),
        ("virtuous/README.md", "tests/README.txt", []),
    ],
)
def test_a_rename_of_shipped_code_deploys_all(running: History, github: GitHub, path: str, to: str, expected: list[str]) -> None:
    running.move(path, to)
    running.commit()
    outcome = run(running, github)
    assert outcome.chosen == expected
    moved = "a file was renamed from or to a connector's folder or common/ after"
    assert any(why.startswith(moved) for why in outcome.why.values()) is (bool(expected) and to != "test_api.py")


def test_a_renamed_connector_deploys_all_and_leaves_a_connection_behind(running: History, github: GitHub) -> None:
    base = running.head
    running.move("virtuous", "virtue")
    running.commit()
    outcome = run(running, github, BEFORE=base)
    assert (outcome.chosen, outcome.removed) == (["everyaction", "ongage", "virtue"], True)


def test_a_deleted_file_is_a_change(running: History, github: GitHub) -> None:
    running.delete("ongage/api.py")
    running.commit()
    assert run(running, github).chosen == ["ongage"]


@pytest.mark.parametrize("what", ["virtuous", "virtuous/connector.py"])
def test_a_deleted_connector_concerns_no_other_one_and_is_reported(running: History, github: GitHub, what: str) -> None:
    base = running.head
    running.delete(what)
    running.commit()
    outcome = run(running, github, BEFORE=base)
    assert (outcome.chosen, sorted(outcome.why), outcome.removed) == ([], ["everyaction", "ongage"], True)
    assert run(running, github, BEFORE=running.head).removed is False
    assert run(running, github, BEFORE=ELSEWHERE).removed is False


def test_a_link_that_leads_elsewhere_or_becomes_a_folder_is_a_change(running: History, github: GitHub) -> None:
    running.delete("virtuous/common")
    (running.root / "virtuous" / "common").symlink_to("../sandbox")
    running.delete("ongage/common")
    running.write("ongage/common", "../common")
    running.commit()
    assert run(running, github).chosen == ["ongage", "virtuous"]


def test_a_mode_and_a_submodule_are_changes_however_it_is_set_up(running: History, github: GitHub) -> None:
    running.write(".gitmodules", '[submodule "ongage/vendored"]\n\tpath = ongage/vendored\n\turl = ../vendored\n\tignore = all\n')
    running.git("add", "--all")
    running.git("update-index", "--add", "--cacheinfo", f"160000,{ELSEWHERE},ongage/vendored")
    running.git("commit", "--quiet", "--message=submodule")
    deploy_all(github, running.head)
    running.git("update-index", "--cacheinfo", f"160000,{running.head},ongage/vendored")
    running.git("update-index", "--chmod=+x", "virtuous/connector.py")
    running.git("commit", "--quiet", "--message=change")
    assert run(running, github).chosen == ["ongage", "virtuous"]


def test_a_merge_counts_with_all_that_it_brings(running: History, github: GitHub) -> None:
    running.git("switch", "--quiet", "--create", "branch")
    running.change("ongage/api.py")
    running.change("tests/new.py")
    running.git("switch", "--quiet", "main")
    base = running.change("README.md")
    running.git("merge", "--quiet", "--no-edit", "branch")
    assert run(running, github, BEFORE=base).chosen == ["ongage"]


def test_what_a_branch_deployed_that_was_not_merged_is_replaced(history: History, github: GitHub) -> None:
    history.git("switch", "--quiet", "--create", "branch")
    deploy_all(github, history.change("virtuous/api.py"))
    history.git("switch", "--quiet", "main")
    history.change("README.md")
    assert run(history, github).chosen == ["virtuous"]


def test_a_revert_to_what_is_deployed_deploys_nothing(running: History, github: GitHub) -> None:
    running.change("virtuous/api.py", "common/tables.py")
    running.git("revert", "--no-edit", "HEAD")
    middle = running.head
    running.change("README.md")
    assert run(running, github, BEFORE=middle).chosen == []


def test_a_revert_of_a_push_whose_deployment_is_not_recorded_yet_is_deployed(running: History, github: GitHub) -> None:
    before = running.change("virtuous/api.py")
    running.git("revert", "--no-edit", "HEAD")
    outcome = run(running, github, BEFORE=before)
    assert outcome.chosen == ["virtuous"]
    assert outcome.why["virtuous"] == f"it changed after the commit before this push ({before[:12]})"


@pytest.mark.parametrize(
    ("state", "what"), [("success", "its last successful deployment"), ("in_progress", "a deployment that failed or is under way")]
)
def test_a_push_that_comes_late_does_not_put_older_code_in_the_place_of_newer(
    running: History, github: GitHub, state: str, what: str
) -> None:
    before = running.head
    late = running.change("virtuous/api.py", "ongage/api.py")
    newer = running.change("virtuous/api.py", "README.md")
    github.deploy("virtuous", newer, state)
    running.git("checkout", "-q", late)
    outcome = run(running, github, BEFORE=before)
    assert outcome.chosen == ["ongage"]
    assert outcome.why["virtuous"] == f"this commit is older than {what} ({newer[:12]})"
    assert run(running, github, BEFORE=NO_COMMIT).chosen == ["ongage", "virtuous"], "the branch was made anew"
    assert run(running, github, BEFORE=before, GITHUB_RUN_ATTEMPT="2").chosen == ["ongage", "virtuous"], "whoever runs it again means it"


# Since when


@pytest.mark.parametrize("states", [["in_progress", "failure"], ["queued", "in_progress"], ["error"], []])
def test_what_an_earlier_push_could_not_deploy_is_still_owed(running: History, github: GitHub, states: list[str]) -> None:
    base = running.head
    before = running.change("virtuous/api.py")
    github.deploy("virtuous", before, *states)
    running.change("README.md")
    outcome = run(running, github, BEFORE=before)
    assert outcome.chosen == ["virtuous"]
    assert outcome.why["virtuous"] == f"it changed after its last successful deployment ({base[:12]})"


@pytest.mark.parametrize("states", [["in_progress", "failure"], ["queued", "in_progress"], []])
def test_a_revert_of_what_a_deployment_may_have_done_or_may_yet_do_is_deployed(
    running: History, github: GitHub, states: list[str]
) -> None:
    before = running.change("virtuous/api.py", "ongage/api.py")
    github.deploy("virtuous", before, *states)
    running.git("revert", "--no-edit", "HEAD")
    reverted = running.head
    github.deploy("everyaction", running.change("README.md"), "failure")
    outcome = run(running, github, BEFORE=reverted)
    assert outcome.chosen == ["virtuous"]
    assert outcome.why["virtuous"] == f"it changed after a deployment that failed or is under way ({before[:12]})"
    assert "after its last successful deployment" in outcome.why["everyaction"]


def test_each_connector_is_compared_with_its_own_last_deployment(running: History, github: GitHub) -> None:
    second = running.change("virtuous/api.py", "ongage/api.py")
    github.deploy("virtuous", second, "success")
    running.change("README.md")
    assert run(running, github, BEFORE=second).chosen == ["ongage"]


def test_the_newest_success_counts_also_if_it_took_an_older_commit(running: History, github: GitHub) -> None:
    first = running.head
    github.deploy("virtuous", running.change("virtuous/api.py"), "success")
    assert run(running, github).chosen == []
    github.deploy("virtuous", first, "success")
    assert run(running, github).chosen == ["virtuous"]


def test_a_success_that_is_inactive_by_now_was_one(history: History, github: GitHub) -> None:
    for name in CONNECTORS:
        github.deploy(name, history.head, "queued", "success", "inactive")
    history.change("README.md")
    assert run(history, github).chosen == []


def test_a_connector_that_was_tried_and_never_deployed_is_still_owed(running: History, github: GitHub) -> None:
    running.write("newcomer/connector.py")
    before = running.commit()
    github.deploy("newcomer", before, "in_progress", "failure")
    running.change("README.md")
    outcome = run(running, github, BEFORE=before)
    assert outcome.chosen == ["newcomer"]
    assert outcome.why["newcomer"] == "it never was deployed successfully, though that was tried"


@pytest.mark.parametrize(("failures", "chosen"), [(30, []), (99, []), (100, ["virtuous"])])
def test_deployments_are_looked_through_page_by_page_up_to_a_limit(
    running: History, github: GitHub, failures: int, chosen: list[str]
) -> None:
    for _ in range(failures):
        github.deploy("virtuous", running.head, "failure")
    outcome = run(running, github)
    assert outcome.chosen == chosen
    assert ("many" in outcome.why["virtuous"]) is bool(chosen)
    assert len(github.asked) <= 4 + 100 + 2 * 2


@pytest.mark.parametrize(
    ("paths", "expected"),
    [(["README.md"], []), (["virtuous/api.py"], ["virtuous"]), (["common/tables.py"], ALL), (["newcomer/connector.py"], ["newcomer"])],
)
def test_without_any_deployment_the_push_counts(history: History, github: GitHub, paths: list[str], expected: list[str]) -> None:
    history.change("ongage/api.py")
    before = history.head
    history.change(*paths)
    outcome = run(history, github, BEFORE=before)
    assert outcome.chosen == expected
    assert {why[why.index(" after") :] for why in outcome.why.values()} == {
        f" after the commit before this push, and it never was deployed before ({before[:12]})"
    }


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("", "there is neither a deployment nor a commit before this push to compare with"),
        (NO_COMMIT, "there is neither a deployment nor a commit before this push to compare with"),
        (ELSEWHERE, "the commit to compare with is not in this clone"),
        ("main", "the commit to compare with is not in this clone"),
        ("--output=evil", "the commit to compare with is not in this clone"),
        (HOSTILE, "the commit to compare with is not in this clone"),
    ],
)
def test_without_anything_to_compare_with_all_are_deployed(history: History, github: GitHub, before: str, why: str) -> None:
    outcome = run(history, github, BEFORE=before)
    assert (outcome.chosen, set(outcome.why.values())) == (ALL, {why})


@pytest.mark.parametrize("before", ["", NO_COMMIT, ELSEWHERE])
def test_a_deployment_is_enough_to_compare_with(running: History, github: GitHub, before: str) -> None:
    running.change("ongage/api.py")
    assert run(running, github, BEFORE=before).chosen == ["ongage"]


def test_a_tree_is_no_commit(history: History, github: GitHub) -> None:
    assert run(history, github, BEFORE=history.git("rev-parse", "HEAD^{tree}")).chosen == ALL


def test_a_forced_push_deploys_all_without_asking(running: History, github: GitHub) -> None:
    outcome = run(running, github, BEFORE=running.head, FORCED="true")
    assert (outcome.chosen, set(outcome.why.values()), github.asked) == (ALL, {"the push was forced"}, [])
    assert run(running, github, BEFORE=running.head, FORCED="").chosen == []


# Git and GitHub when they do not answer as they should


@pytest.mark.parametrize("state", ["success", "failure"])
@pytest.mark.parametrize("sha", [ELSEWHERE, "main", "", "--output=evil", HOSTILE])
def test_a_deployment_of_a_commit_that_is_not_here_is_no_base(running: History, github: GitHub, sha: str, state: str) -> None:
    github.deploy("virtuous", sha, state)
    outcome = run(running, github, BEFORE=running.head)
    assert (outcome.chosen, outcome.why["virtuous"]) == (["virtuous"], "the commit to compare with is not in this clone")


def altered(**changed: Any) -> Callable[[Reply], Reply]:
    """The true reply with something changed in each object of its list."""
    return lambda reply: replace(reply, body=json.dumps([item | changed for item in json.loads(reply.body)]).encode())


def instead(body: str, status: int | None = 200) -> Callable[[Reply], Reply]:
    """Another reply in place of the true one."""
    return lambda reply: Reply(body.encode(), status)


@pytest.mark.parametrize("route", ["deployments", "statuses"])
@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(lambda reply: replace(reply, status=500), id="500"),
        pytest.param(instead('{"message": "API rate limit exceeded"}', 403), id="403"),
        pytest.param(instead("[]", 404), id="404"),
        pytest.param(instead("", None), id="hanging up"),
        pytest.param(lambda reply: replace(reply, cut=True), id="half a reply"),
        pytest.param(instead(""), id="nothing"),
        pytest.param(instead("<!DOCTYPE html><p>Sign in</p>"), id="a web page"),
        pytest.param(instead('{"message": "Moved"}'), id="an object"),
        pytest.param(instead("[1, 2]"), id="numbers"),
        pytest.param(instead("null"), id="null"),
        pytest.param(instead("[" * 100_000), id="endless nesting"),
        pytest.param(instead("", 301), id="a redirection to nowhere"),
    ],
)
def test_a_connector_of_which_github_tells_nothing_is_deployed(
    running: History, github: GitHub, route: str, twist: Callable[[Reply], Reply]
) -> None:
    number = github.deploy("virtuous", running.head, "success")
    wanted = {"deployments": f"/repos/{REPOSITORY}/deployments", "statuses": f"/repos/{REPOSITORY}/deployments/{number}/statuses"}[route]

    def only_for_virtuous(asked: Asked, reply: Reply) -> Reply:
        return twist(reply) if asked.path == wanted and asked.query.get("environment", "virtuous") == "virtuous" else reply

    github.twist = only_for_virtuous
    outcome = run(running, github, BEFORE=running.head)
    assert outcome.chosen == ["virtuous"]
    assert outcome.why["virtuous"] == "GitHub did not say what its last successful deployment was"


@pytest.mark.parametrize("changed", [{"id": "1000"}, {"id": None}, {"environment": "staging"}, {"environment": None}, {"sha": 7}])
def test_a_deployment_that_makes_no_sense_is_no_base(running: History, github: GitHub, changed: dict[str, Any]) -> None:
    github.twist = lambda asked, reply: altered(**changed)(reply) if "environment" in asked.query else reply
    assert run(running, github, BEFORE=running.head).chosen == ALL


def test_the_case_of_an_environments_name_does_not_matter_as_at_github(running: History, github: GitHub) -> None:
    github.twist = lambda asked, reply: replace(reply, body=reply.body.replace(b'"virtuous"', b'"Virtuous"'))
    assert run(running, github).chosen == []


@pytest.mark.parametrize("address", ["", "nonsense", "http://127.0.0.1:1", "http://127.0.0.1:port", f"http://{HOSTILE}"])
def test_an_api_that_is_not_there_is_no_reason_to_fail(running: History, github: GitHub, address: str) -> None:
    assert run(running, github, GITHUB_API_URL=address).chosen == ALL


def test_github_is_asked_as_it_wants_to_be(running: History, github: GitHub) -> None:
    run(running, github)
    assert len(github.asked) == 6
    for asked in github.asked:
        assert asked.headers["accept"] == "application/vnd.github+json"
        assert asked.headers["x-github-api-version"] == "2022-11-28"
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    github.asked.clear()
    assert run(running, github, GITHUB_TOKEN="").chosen == []
    assert [asked for asked in github.asked if "authorization" in asked.headers] == []


def test_the_token_does_not_follow_a_redirection(running: History, github: GitHub) -> None:
    with serving() as other:
        github.twist = lambda asked, reply: Reply(b"", 302, location=other.url)
        assert run(running, github).chosen == ALL
        assert [asked.headers.get("authorization") for asked in other.asked] == [None] * 3


@pytest.mark.parametrize("token", [HOSTILE, "\udcff"])
def test_a_token_that_cannot_be_sent_is_not_printed_either(running: History, github: GitHub, token: str) -> None:
    assert run(running, github, GITHUB_TOKEN=token).chosen == ALL


def test_no_request_waits_for_ever(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def late(request: object, timeout: float) -> None:
        waits.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(script, "urlopen", late)
    with pytest.raises(script.InDoubt):
        script.ask(script.run_of({"GITHUB_API_URL": "https://api.github.com"}), "deployments")
    assert len(waits) == 1
    assert 0 < waits[0] <= 30


@pytest.mark.parametrize(("failing", "chosen"), [("diff", ALL), ("cat-file", ALL), ("ls-tree", None)])
def test_where_git_fails_all_are_deployed_unless_nobody_knows_what_all_is(
    running: History, github: GitHub, tmp_path: Path, failing: str, chosen: list[str] | None
) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\n[ "$1" = {failing} ] && echo "::evil" >&2 && exit 128\nPATH="{os.environ["PATH"]}" exec git "$@"\n')
    fake.chmod(0o755)
    path = f"{fake.parent}:{os.environ['PATH']}"
    if chosen:
        assert run(running, github, PATH=path).chosen == chosen
    else:
        assert refused(running, github, PATH=path) == "git could not list the folders of this commit"


def test_a_machine_without_git_is_told_of_in_a_sentence(running: History, github: GitHub, tmp_path: Path) -> None:
    assert refused(running, github, PATH=str(tmp_path)) == "git could not list the folders of this commit"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", []),
        (b"M\0a\0", [("M", ("a",))]),
        (b"R087\0a\0b/c\0T\0d\0", [("R", ("a", "b/c")), ("T", ("d",))]),
        (b"C100\0a\0b\0A\0M\0D\0R100\0", [("C", ("a", "b")), ("A", ("M",)), ("D", ("R100",))]),
        (b"A\0one\nline\tand \xff\0", [("A", ("one\nline\tand \udcff",))]),
    ],
)
def test_changes_are_read_as_git_prints_them(script: ModuleType, raw: bytes, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert script.parse_changes(raw) == expected


@pytest.mark.parametrize("raw", [b"M\0", b"R100\0a\0", b"M\0a\0\0b\0"])
def test_changes_of_another_form_are_not_guessed_at(script: ModuleType, raw: bytes) -> None:
    with pytest.raises(script.GitFailed):
        script.parse_changes(raw)


# Which connectors there are, and which are asked for


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"CONNECTOR": "all"}, ALL),
        ({"CONNECTOR": "all", "ENABLED": "virtuous"}, ["virtuous"]),
        ({"CONNECTOR": "ongage"}, ["ongage"]),
        ({"CONNECTOR": "ongage", "ENABLED": "virtuous"}, ["ongage"]),
    ],
)
def test_a_manual_run_deploys_what_it_names(running: History, github: GitHub, variables: dict[str, str], expected: list[str]) -> None:
    outcome = run(running, github, EVENT="workflow_dispatch", **variables)
    assert (outcome.chosen, sorted(outcome.why), github.asked) == (expected, ALL, [])


@pytest.mark.parametrize("choice", ["", "All", "tests", "virtuous,ongage", " ongage", HOSTILE])
def test_a_manual_run_of_anything_else_is_refused(running: History, github: GitHub, choice: str) -> None:
    assert refused(running, github, EVENT="workflow_dispatch", CONNECTOR=choice) == CHOOSE


@pytest.mark.parametrize("event", ["", "pull_request", HOSTILE])
def test_another_event_deploys_nothing(running: History, github: GitHub, event: str) -> None:
    assert refused(running, github, EVENT=event, CONNECTOR="all") == "only a push or a manual run can deploy connectors"


@pytest.mark.parametrize(
    ("enabled", "expected"),
    [
        ("virtuous", ["virtuous"]),
        ("virtuous,ongage", ["ongage", "virtuous"]),
        (" virtuous ,\n ongage virtuous,", ["ongage", "virtuous"]),
        (" , ", ALL),
        ("none", []),
    ],
)
def test_only_connectors_that_are_enabled_are_deployed(running: History, github: GitHub, enabled: str, expected: list[str]) -> None:
    running.change("common/tables.py")
    outcome = run(running, github, ENABLED=enabled)
    assert outcome.chosen == expected
    left = {why for name, why in outcome.why.items() if name not in expected}
    assert left <= {"the variable SFL_CONNECTORS does not name it"}


@pytest.mark.parametrize("enabled", ["evil", "virtuous,Ongage", "virtuous;ongage", "common", HOSTILE])
@pytest.mark.parametrize("event", ["push", "workflow_dispatch"])
def test_a_variable_with_a_wrong_name_is_to_be_corrected(running: History, github: GitHub, event: str, enabled: str) -> None:
    assert refused(running, github, EVENT=event, CONNECTOR="all", ENABLED=enabled) == CORRECT


@pytest.mark.parametrize("event", ["push", "workflow_dispatch"])
@pytest.mark.parametrize("ref", ["", "refs/heads/other", "refs/tags/main", HOSTILE])
def test_another_branch_deploys_nothing(running: History, github: GitHub, event: str, ref: str) -> None:
    said = refused(running, github, EVENT=event, CONNECTOR="all", GITHUB_REF=ref)
    assert said == 'only main is deployed; a manual run is to "use workflow from" it'


def test_the_reasons_are_on_the_page_of_the_run(running: History, github: GitHub, tmp_path: Path) -> None:
    running.change("virtuous/api.py")
    page = tmp_path / "summary.md"
    done = start(running, github, GITHUB_STEP_SUMMARY=str(page))
    assert page.read_text(encoding="utf-8") == "".join(f"- {line}\n" for line in done.stderr.decode("ascii").splitlines())
    assert "- virtuous: to be deployed, since it changed" in page.read_text(encoding="utf-8")


def test_a_connector_is_a_top_level_folder_with_a_connector_py(running: History, github: GitHub) -> None:
    running.write("newcomer_2/connector.py")
    for path in ("tests/connector.py", "sandbox/connector.py", "common/connector.py", "docs/deeper/connector.py", "connector.py"):
        running.write(path)
    running.commit()
    running.write("not_committed/connector.py")
    assert run(running, github).chosen == ["everyaction", "newcomer_2", "ongage", "virtuous"]


def test_a_repository_without_connectors_has_nothing_to_deploy(running: History, github: GitHub) -> None:
    for name in CONNECTORS:
        running.delete(name)
    running.commit()
    assert run(running, github, EVENT="workflow_dispatch", CONNECTOR="all").chosen == []


@pytest.mark.parametrize("folder", [HOSTILE, "sa-360", "Virtuous", "9lives", "virtuous\n", "ongäge", "\udcff", ".github"])
def test_a_folder_whose_name_no_connection_can_have_is_refused_unnamed(running: History, github: GitHub, folder: str) -> None:
    running.write(f"{folder}/connector.py")
    running.commit()
    assert refused(running, github) == NO_NAME


@pytest.mark.parametrize(
    ("folder", "expected"), [("virtuous/", ["virtuous"]), ("tests/", []), ("common/", ALL), ("", ALL), (f"{HOSTILE}/", ALL)]
)
@pytest.mark.parametrize("name", [HOSTILE, "::error::\udcff\t\x1b[2J"])
def test_a_name_of_a_file_is_never_printed(running: History, github: GitHub, folder: str, name: str, expected: list[str]) -> None:
    running.write(folder + name)
    running.commit()
    assert run(running, github).chosen == expected


def test_an_unforeseen_error_is_told_of_without_its_text(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    script.say_where(ValueError, ValueError(HOSTILE), None)
    assert capsys.readouterr().err == "ValueError in changed_connectors.py, by way of the lines \n"


def test_an_unforeseen_error_is_caught_by_that(running: History, github: GitHub, tmp_path: Path) -> None:
    source = SCRIPT.read_text(encoding="utf-8").replace("def judge(run: Run) ->", "def judge(run: Run, missing: str) ->")
    broken = tmp_path / "broken.py"
    broken.write_text(source, encoding="utf-8")
    environment = ENVIRONMENT | {"GITHUB_REF": "refs/heads/main"}
    done = subprocess.run([sys.executable, broken], cwd=running.root, env=environment, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"TypeError in changed_connectors\.py, by way of the lines \d+, \d+\n", done.stderr)
