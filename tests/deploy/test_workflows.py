"""What the workflows say: who may do what, where a secret is, and that they name just the settings that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests import readme
from tests.deploy import documents
from tests.deploy.runner import EXPRESSION, GATED, WORKFLOWS, value_of, workflow
from tests.deploy.scripts import SCRIPTS, scripts
from tests.loading import FOLDERS, ROOT

PINNED = {
    "actions/checkout": "9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0 # v7.0.0",
    "actions/setup-python": "a309ff8b426b58ec0e2a45f0f869d46889d02405 # v6.2.0",
}
OWN = {"FIVETRAN_API_KEY", "FIVETRAN_DESTINATION"}
FILES = sorted(path.stem for path in WORKFLOWS.glob("*.yml"))


def texts(part: Any) -> Iterator[str]:
    """All texts in a part of a workflow, keys too."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield str(key)
            yield from texts(value)
    elif isinstance(part, list):
        for one in part:
            yield from texts(one)
    else:
        yield str(part)


def expressions(text: str) -> str:
    return " ".join(EXPRESSION.findall(text))


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in FILES:
        yield from ((f"{name}/{job}", declared) for job, declared in workflow(name)["jobs"].items())


def deploying_step() -> dict[str, Any]:
    [step] = [step for step in workflow("deploy")["jobs"]["deploy"]["steps"] if "deploy.py" in step.get("run", "")]
    return dict(step)


def test_there_are_two_workflows() -> None:
    assert FILES == ["deploy", "test"]


@pytest.mark.parametrize("name", FILES)
def test_actions_are_pinned_by_commit_with_their_version_beside(name: str) -> None:
    used = re.findall(r"uses: (\S+)@(.*)", (WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8"))
    assert used
    assert {(action, pin) for action, pin in used} <= set(PINNED.items())


def test_nobody_may_write_and_each_job_ends() -> None:
    for name in FILES:
        assert workflow(name)["permissions"] == {}
    for name, job in jobs():
        assert set(job["permissions"].values()) == {"read"}, name
        assert 0 < job["timeout-minutes"] <= 60, name
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, name


def test_secrets_are_in_the_environment_of_the_deploying_step_alone() -> None:
    step = deploying_step()
    named = {value for text in step["env"].values() for value in re.findall(r"secrets\.(\w+)", text)}
    everywhere = [text for name in FILES for text in texts(workflow(name)) if re.search(r"\bsecrets\b", expressions(text))]
    assert sorted(everywhere) == sorted(step["env"].values())
    assert named == set(step["env"])
    assert not [text for text in everywhere if "toJSON" in text or "secrets[" in text]


def test_the_step_names_every_setting_of_every_form_and_nothing_else() -> None:
    forms = {documents.secret(folder, setting.name) for folder in FOLDERS for setting in documents.settings_of(folder)}
    assert set(deploying_step()["env"]) == forms | OWN


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_connectors_secrets_are_there_for_it_alone(folder: str) -> None:
    every = {f"secrets.{name}": "x" for name in deploying_step()["env"]}
    given = {
        name for name, text in deploying_step()["env"].items() if value_of(expressions(text), every | {"matrix.connector": folder})
    }
    assert given == {documents.secret(folder, setting.name) for setting in documents.settings_of(folder)} | OWN


def test_a_gate_is_read_as_github_reads_it() -> None:
    assert GATED.fullmatch("matrix.connector == 'toy' && secrets.SFL_TOY_TOKEN || ''")
    with pytest.raises(AssertionError):
        value_of("toJSON(secrets)", {})


def test_the_first_job_sees_the_whole_history_and_what_is_deployed_and_no_secret() -> None:
    job = workflow("deploy")["jobs"]["changes"]
    checkout, python, step = job["steps"]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert python["with"] == {"python-version": "3.14"}
    assert job["permissions"] == {"contents": "read", "deployments": "read"}
    assert job["concurrency"] == {"group": "changes-${{ github.run_id }}", "cancel-in-progress": False}
    assert job["outputs"] == {"connectors": "${{ steps." + step["id"] + ".outputs.connectors }}"}
    assert "if" not in job


def test_what_is_deployed_is_the_commit_that_github_writes_down_on_the_python_that_fivetran_is_told() -> None:
    checkout, python = workflow("deploy")["jobs"]["deploy"]["steps"][:2]
    assert checkout["with"] == {"persist-credentials": False}
    assert python["with"] == {"python-version": scripts().deploy.PYTHON}


def test_a_deploy_is_one_at_a_time_in_its_own_environment_and_never_cut_short() -> None:
    job = workflow("deploy")["jobs"]["deploy"]
    assert job["environment"] == "${{ matrix.connector }}"
    assert job["concurrency"] == {"group": "deploy-${{ matrix.connector }}", "cancel-in-progress": False}
    assert job["strategy"] == {"fail-fast": False, "matrix": {"connector": "${{ fromJSON(needs.changes.outputs.connectors) }}"}}
    assert job["needs"] == "changes"
    assert job["if"] == "needs.changes.outputs.connectors != '[]'"


def test_it_runs_on_a_push_to_main_and_by_hand() -> None:
    triggers = workflow("deploy")[True]  # type: ignore[index] # `on`, to YAML 1.1
    assert triggers["push"] == {"branches": ["main"]}
    assert triggers["workflow_dispatch"]["inputs"]["connector"]["options"] == ["all", *sorted(FOLDERS)]


def test_what_is_installed_beside_the_secrets_is_known_by_its_hash_and_is_what_the_connectors_pin() -> None:
    [line] = [step["run"] for step in workflow("deploy")["jobs"]["deploy"]["steps"] if step.get("name") == "install"]
    assert line == "python -m pip install --quiet --disable-pip-version-check --require-hashes -r .github/scripts/lock.txt"
    text = (SCRIPTS / "lock.txt").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", text, re.MULTILINE))
    hashes = re.findall(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", text, re.MULTILINE)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert len(locked) + len(hashes) + len(comments) == len(text.splitlines()), "a line of another kind"
    inputs = [SCRIPTS / "requirements.txt", *(ROOT / folder / "requirements.txt" for folder in FOLDERS)]
    pins = [line for path in inputs for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    wanted = {name.replace("_", "-"): version for name, _, version in (pin.partition("==") for pin in pins)}
    assert wanted.items() <= locked.items(), "choose anew: make lock"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_module_of_a_connector_has_the_name_of_a_script_that_imports_its_settings(folder: str) -> None:
    assert {path.stem for path in (ROOT / folder).glob("*.py")}.isdisjoint(path.stem for path in SCRIPTS.glob("*.py"))


def test_no_line_of_a_program_is_made_of_an_expression() -> None:
    for name, job in jobs():
        assert not [step["run"] for step in job["steps"] if "${{" in step.get("run", "")], name


def test_the_tests_run_on_the_oldest_and_the_newest_python() -> None:
    job = workflow("test")["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.10", "3.14"]
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make test"]
    assert set(workflow("test")[True]) == {"pull_request", "push"}  # type: ignore[index] # `on`, to YAML 1.1


def test_the_generated_parts_are_up_to_date() -> None:
    for path, new in documents.generated(FOLDERS).items():
        assert readme.stale_in(path, new) == [], f"{path.relative_to(ROOT)}: write it anew with `make docs`"
