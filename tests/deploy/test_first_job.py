"""The workflow's own lines work out what a push has to deploy: each value that the YAML hands over has the effect that it is there for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.github import REPOSITORY, TOKEN, GitHub, serving
from tests.deploy.histories import CONNECTORS, ENVIRONMENT, NO_COMMIT, History, first_history
from tests.deploy.runner import Job
from tests.deploy.scripts import SCRIPTS

SCRIPT = "changed_connectors.py"
ALL = sorted(CONNECTORS)
Chosen = Callable[..., str]


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A checkout with the script in it, deployed with every connector; its last commit changed one of them."""
    history = first_history(tmp_path / "checkout")
    shutil.copy(SCRIPTS / SCRIPT, history.root / ".github" / "scripts" / SCRIPT)
    history.commit()
    return history


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving() as found:
        yield found


@pytest.fixture
def chosen(history: History, github: GitHub, tmp_path: Path) -> Chosen:
    """A function that runs the job after a push, with other values for some of the expressions, and returns its output."""

    def run(**context: str) -> str:
        place = tmp_path / f"runner-{len(list(tmp_path.iterdir()))}"
        place.mkdir()
        given = {"github.event_name": "push", "github.event.forced": "false", "github.token": TOKEN}
        extra = {
            **{name: value for name, value in ENVIRONMENT.items() if name != "PATH"},
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": REPOSITORY,
        }
        expressions = given | {name.replace("__", "."): value for name, value in context.items()}
        job = Job("deploy", "changes", history.root, place, expressions, extra)
        assert job.run() == 0, job.printed
        assert all(asked.headers.get("authorization") == f"Bearer {TOKEN}" for asked in github.asked)
        return (place / "output").read_text(encoding="utf-8")

    return run


def test_the_commit_before_the_push_is_what_it_says(history: History, chosen: Chosen) -> None:
    before = history.head
    history.change("virtuous/api.py")
    assert chosen(github__event__before=before) == 'connectors=["virtuous"]\n'
    assert chosen(github__event__before=history.head) == "connectors=[]\n"
    assert chosen(github__event__before=NO_COMMIT) == 'connectors=["everyaction","ongage","virtuous"]\n'


def test_what_is_deployed_counts(history: History, github: GitHub, chosen: Chosen) -> None:
    for name in ALL:
        github.deploy(name, history.head, "success")
    history.change("ongage/api.py")
    assert chosen(github__event__before=history.head) == 'connectors=["ongage"]\n'


def test_a_forced_push_is_one(history: History, chosen: Chosen) -> None:
    assert chosen(github__event__before=history.head, github__event__forced="true") == 'connectors=["everyaction","ongage","virtuous"]\n'


def test_the_variable_says_which_are_used(history: History, chosen: Chosen) -> None:
    assert chosen(github__event__before=NO_COMMIT, vars__SFL_CONNECTORS="ongage") == 'connectors=["ongage"]\n'
    assert chosen(github__event__before=NO_COMMIT, vars__SFL_CONNECTORS="none") == "connectors=[]\n"


def test_a_manual_run_names_what_it_deploys(chosen: Chosen) -> None:
    assert chosen(github__event_name="workflow_dispatch", inputs__connector="virtuous") == 'connectors=["virtuous"]\n'
