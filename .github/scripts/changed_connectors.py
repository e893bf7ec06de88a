"""Says which connectors a run of the deploy workflow has to deploy: one line for $GITHUB_OUTPUT, `connectors=["ongage","virtuous"]`.

After a push that is each connector to which something matters that differs between the commit of its last successful deployment and this
one, or of those tried since. So what a failed deployment left undone is still owed. One that never was deployed is compared with the commit
before the push. Whatever cannot be told is deployed: once too often costs a minute, once too seldom leaves old code at work without
anybody noticing.

It runs before anything is installed, so it needs git and the standard library only.

Paths, branches and variables are chosen by people, and a line of theirs could be a command to the runner or an output of its own. So none
is ever printed: only fixed sentences, names of connectors (NAME) and the first digits of commits (COMMIT).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from http.client import HTTPException
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

MAIN = "refs/heads/main"
FIRST = "1"  # attempt of a run
NONE = ["none"]  # in the variable, for a pause
ENTRY = "connector.py"  # what makes a top-level folder a connector
ROOMS = frozenset({"common", "sandbox", "tests"})  # never connectors, whatever lies in them
NAME = re.compile(r"[a-z_][a-z0-9_]*")  # what Fivetran takes for the name of a connection
COMMIT = re.compile(r"[0-9a-f]{40}")
SHOWN_DIGITS = 12

DOCUMENTATION = ".md"
SHARED = "common"  # each connector has a link to it and is shipped with it
TOOLS = (".github/scripts/", ".github/workflows/deploy.yml")
# What no connector is shipped with and no deployment uses. Whatever is not listed here matters to all.
HARMLESS = (
    r"tests/.*",
    r"sandbox/.*",
    r"\.ci/.*",
    r"\.github/workflows/test\.yml",
    r"\.gitignore",
    r"LICENSE[^/]*",
    r"Makefile",
    r"pyproject\.toml",
)
HARMLESS_PATH = re.compile("|".join(HARMLESS), re.DOTALL)  # a path may hold line breaks

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
SECONDS = 10.0  # that GitHub may let us wait at a time
PAGE_SIZE = 25
MOST_PAGES = 4  # each deployment costs a request of its own

VARIABLE = "the variable SFL_CONNECTORS (Settings > Secrets and variables > Actions > Variables)"
REMOVED = "a connector was removed: its connection still runs at Fivetran until somebody deletes it there"


class Cause(Enum):
    """Why a change matters to a connector."""

    OWN = "it changed"
    COMMON = "common/, which is shipped with it, changed"
    TOOL = "the tools that deploy it changed"
    MOVED = "a file was renamed from or to a connector's folder or common/"
    UNKNOWN = "something changed that may matter to every connector"


class Doubt(Enum):
    """Why it cannot be told whether anything changed."""

    FORCED = "the push was forced"
    NO_BASE = "there is neither a deployment nor a commit before this push to compare with"
    STRANGE_BASE = "the commit to compare with is not in this clone"
    GITHUB = "GitHub did not say what its last successful deployment was"
    NO_SUCCESS = "it never was deployed successfully, though that was tried"
    TOO_MANY = "none of its many latest deployments was successful"
    GIT = "git could not compare this commit with an earlier one"


class Run(NamedTuple):
    """What the workflow hands over; anything may be empty."""

    event: str
    ref: str
    attempt: str
    choice: str
    before: str
    forced: str
    enabled: str
    api: str
    repository: str
    token: str


class Change(NamedTuple):
    """A difference between two trees: git's letter for it, and its path, or both where it has two."""

    status: str
    paths: tuple[str, ...]


class Base(NamedTuple):
    """A commit to compare with, and what it is."""

    commit: str
    what: str

    def __str__(self) -> str:
        return f"{self.what} ({self.commit[:SHOWN_DIGITS]})"


class Verdict(NamedTuple):
    """Whether a connector is deployed, and why or why not."""

    deployed: bool
    why: str


class Refusal(Exception):
    """This run must not go on; the text, a fixed sentence, says what to change."""


class InDoubt(Exception):
    """It cannot be told whether a connector has to be deployed."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt.value)
        self.doubt = doubt


class GitFailed(Exception):
    """A git command could not be run, or did not succeed."""


def main() -> int:
    """Prints the line for $GITHUB_OUTPUT, and to stderr a line for each connector; the exit status."""
    try:
        verdicts = judge(run_of(os.environ))
    except Refusal as refusal:
        say(f"Nothing is deployed: {refusal}.")
        return 1
    for name, verdict in verdicts.items():
        say(f"{name}: {'to be deployed' if verdict.deployed else 'left alone'}, since {verdict.why}")
    chosen = [name for name, verdict in verdicts.items() if verdict.deployed]
    print("connectors=" + json.dumps(chosen, separators=(",", ":")))
    return 0


def judge(run: Run) -> dict[str, Verdict]:
    """What becomes of each connector, sorted by name.

    Raises:
        Refusal: if the run asks for something that there is not.
    """
    if run.ref != MAIN:
        raise Refusal('only main is deployed; a manual run is to "use workflow from" it')
    names = connectors()
    report_removed(run.before, names)
    enabled = enabled_among(names, run.enabled)
    if run.event == "workflow_dispatch":
        return by_hand(run.choice, names, enabled)
    if run.event == "push":
        return {name: after_push(name, run) if name in enabled else not_enabled() for name in names}
    raise Refusal("only a push or a manual run can deploy connectors")


def run_of(environment: Mapping[str, str]) -> Run:
    """What the workflow and the runner put into the environment."""
    triggered = ("EVENT", "GITHUB_REF", "GITHUB_RUN_ATTEMPT", "CONNECTOR", "BEFORE", "FORCED", "ENABLED")
    variables = (*triggered, "GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
    return Run(*(environment.get(variable, "") for variable in variables))


# Which connectors there are, and which of them are asked for


def connectors() -> list[str]:
    """The connectors at HEAD, sorted.

    Raises:
        Refusal: if a folder cannot be one because of its name, or if git does not tell.
    """
    try:
        names = sorted(folders_at("HEAD"))
    except GitFailed:
        raise Refusal("git could not list the folders of this commit") from None
    if not all(map(NAME.fullmatch, names)):
        raise Refusal("a folder with a connector.py has a name that no Fivetran connection can have")
    return names


def report_removed(before: str, names: Collection[str]) -> None:
    """Reminds of what is left at Fivetran of a connector that this push removes."""
    if is_here(before) and folders_at(before) - set(names):
        say(REMOVED)


def enabled_among(names: list[str], enabled: str) -> list[str]:
    """The connectors that the variable names; all if it is empty.

    Raises:
        Refusal: if it names one that there is not.
    """
    words = [word for word in re.split(r"[,\s]+", enabled) if word]
    if words == NONE:
        return []
    if not set(words) <= set(names):
        raise Refusal(f"{VARIABLE} names something that is none of the connectors' folders, which are {listing(names)} (case matters)")
    return words or names


def by_hand(choice: str, names: list[str], enabled: Collection[str]) -> dict[str, Verdict]:
    """What a manual run deploys: what it names, even if it is not enabled, or all that are enabled.

    Raises:
        Refusal: if it names something else.
    """
    if choice == "all":
        return {name: Verdict(True, "a manual run asks for all") if name in enabled else not_enabled() for name in names}
    if choice not in names:
        raise Refusal(f'a manual run must name "all" or one of the connectors, which are {listing(names)}')
    others = Verdict(False, "a manual run asks for another one")
    return {name: Verdict(True, "a manual run asks for it") if name == choice else others for name in names}


def not_enabled() -> Verdict:
    """For a connector that is switched off."""
    return Verdict(False, "the variable SFL_CONNECTORS does not name it")


def listing(names: list[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names) or "none yet"


# A push: what has changed since when, and whom it matters to


def after_push(name: str, run: Run) -> Verdict:
    """Whether a push has to deploy a connector.

    One that comes late must not put an older commit in the place of a newer one; when somebody runs it again, or makes the branch anew,
    that is meant.
    """
    try:
        bases = bases_of(name, run)
        newer = next((base for base in bases if precedes(base.commit)), None)
        if newer and run.attempt == FIRST and run.before.strip("0"):
            return Verdict(False, f"this commit is older than {newer}")
        return compared(name, bases)
    except InDoubt as error:
        return Verdict(True, error.doubt.value)
    except GitFailed:
        return Verdict(True, Doubt.GIT.value)


def compared(name: str, bases: list[Base]) -> Verdict:
    """Whether HEAD differs for a connector from any of these commits.

    Raises:
        InDoubt: if this clone lacks one of them.
        GitFailed: if git does not tell.
    """
    for base in bases:
        if not is_here(base.commit):
            raise InDoubt(Doubt.STRANGE_BASE)
        cause = first_cause(name, changes_since(base.commit), folders_at("HEAD") | folders_at(base.commit))
        if cause:
            return Verdict(True, f"{cause.value} after {base}")
    return Verdict(False, f"nothing that matters to it changed after {bases[0]}")


def bases_of(name: str, run: Run) -> list[Base]:
    """What a connector may run with at Fivetran: its last successful deployment, first, and those tried after it.

    One that is under way will change what runs there, and one that failed may have. So may that of the commit before this push, which
    GitHub does not tell of before its job begins.

    Raises:
        InDoubt: if there is none of these.
    """
    if run.forced not in {"", "false"}:
        raise InDoubt(Doubt.FORCED)
    commits, before = tried_lately(name, run), Base(run.before, "the commit before this push")
    if commits:
        *tried, deployed = commits
        later = [Base(commit, "a deployment that failed or is under way") for commit in dict.fromkeys(tried)]
        return [Base(deployed, "its last successful deployment"), *later, *([before] if is_here(run.before) else [])]
    if not run.before.strip("0"):
        raise InDoubt(Doubt.NO_BASE)
    return [Base(run.before, "the commit before this push, and it never was deployed before")]


def first_cause(connector: str, changes: Iterable[Change], folders: Collection[str]) -> Cause | None:
    """Why any of the changes matters to a connector; None if none does."""
    causes = (cause_of(change, connector, folders) for change in changes)
    return next((cause for cause in causes if cause), None)


def cause_of(change: Change, connector: str, folders: Collection[str]) -> Cause | None:
    """Why a change matters to a connector, or None.

    Args:
        change: one difference between what is deployed and what is to be.
        connector: its folder.
        folders: of all connectors, those included that are gone by now.
    """
    paths = [path for path in change.paths if not path.endswith(DOCUMENTATION)]
    # A file that is moved may be missed where it was, and break what finds it where it is: in either folder, or in all.
    if change.status == "R" and any(folder_of(path) in {SHARED, *folders} for path in paths):
        return Cause.MOVED
    causes = (cause_of_path(path, connector, folders) for path in paths)
    return next((cause for cause in causes if cause), None)


def cause_of_path(path: str, connector: str, folders: Collection[str]) -> Cause | None:
    """Why a change of a path, not of documentation, matters to a connector, or None."""
    folder = folder_of(path)
    if folder == connector:
        return Cause.OWN
    if folder == SHARED:
        return Cause.COMMON
    if path.startswith(TOOLS):
        return Cause.TOOL
    if folder in folders or HARMLESS_PATH.fullmatch(path):
        return None
    return Cause.UNKNOWN


def folder_of(path: str) -> str:
    """The top-level folder that a path lies in; empty for what lies at the top itself."""
    return path.split("/", maxsplit=1)[0] if "/" in path else ""


# git


def changes_since(commit: str) -> list[Change]:
    """What differs between the tree of a commit and that of HEAD.

    Raises:
        GitFailed: if git does not tell.
    """
    # A submodule's settings in .gitmodules could hide its changes.
    return parse_changes(git("diff", "--name-status", "-z", "-M", "--ignore-submodules=none", commit, "HEAD", "--"))


def parse_changes(raw: bytes) -> list[Change]:
    """What `git diff --name-status -z` printed: a status with a score, then one path, or two for a rename or a copy, each ended by a NUL.

    Raises:
        GitFailed: if it is not of that form.
    """
    fields = iter(texts(raw))
    changes = []
    for status in fields:
        count = 2 if status[:1] in {"R", "C"} else 1
        paths = tuple(islice(fields, count))
        if not status or len(paths) != count:
            raise GitFailed
        changes.append(Change(status[0], paths))
    return changes


@cache
def folders_at(commit: str) -> frozenset[str]:
    """The top-level folders with a connector.py in the tree of a commit.

    Raises:
        GitFailed: if git does not tell.
    """
    paths = texts(git("ls-tree", "-r", "-z", "--name-only", commit))
    return frozenset(folder_of(path) for path in paths if path == f"{folder_of(path)}/{ENTRY}") - ROOMS


def is_here(commit: str) -> bool:
    """Whether a text is the full name of a commit that this clone has."""
    if not COMMIT.fullmatch(commit):
        return False
    try:
        git("cat-file", "-e", f"{commit}^{{commit}}")
    except GitFailed:
        return False
    return True


def precedes(commit: str) -> bool:
    """Whether HEAD comes before a commit in its history."""
    if not is_here(commit):
        return False
    try:
        git("merge-base", "--is-ancestor", "HEAD", commit)
        return git("rev-parse", "HEAD").decode().strip() != commit
    except GitFailed:  # which is how git says no
        return False


def git(*arguments: str) -> bytes:
    """What a git command printed; what it complained about may quote paths and is kept back.

    Raises:
        GitFailed: if it did not succeed.
    """
    try:
        return subprocess.run(["git", *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise GitFailed from None


def texts(raw: bytes) -> list[str]:
    """Fields that each end with a NUL. A path need not be UTF-8."""
    return raw.decode("utf-8", "surrogateescape").split("\0")[:-1]


# GitHub: https://docs.github.com/en/rest/deployments


def tried_lately(name: str, run: Run) -> list[str]:
    """The commits of a connector's deployments, from the newest to the last successful one; none if nothing was ever deployed.

    Raises:
        InDoubt: if there are only unsuccessful ones, or if GitHub does not tell.
    """
    commits = []
    for deployment in deployments(name, run):
        commits.append(str(deployment.get("sha")))
        if succeeded(deployment, run):
            return commits
    if commits:
        raise InDoubt(Doubt.NO_SUCCESS)
    return []


def deployments(name: str, run: Run) -> Iterator[dict[str, Any]]:
    """The deployments in an environment, newest first.

    Raises:
        InDoubt: if there are too many, or if GitHub does not tell.
    """
    for page in range(1, MOST_PAGES + 1):
        found = ask(run, f"deployments?environment={name}&per_page={PAGE_SIZE}&page={page}")
        if not found:
            return
        if any(str(deployment.get("environment")).lower() != name for deployment in found):
            raise InDoubt(Doubt.GITHUB)
        yield from found
    raise InDoubt(Doubt.TOO_MANY)


def succeeded(deployment: dict[str, Any], run: Run) -> bool:
    """Whether a deployment ever was a success: the next one that succeeds turns it "inactive".

    Raises:
        InDoubt: if GitHub does not tell.
    """
    number = deployment.get("id")
    if not isinstance(number, int):
        raise InDoubt(Doubt.GITHUB)
    return any(status.get("state") == "success" for status in ask(run, f"deployments/{number}/statuses?per_page=100"))


def ask(run: Run, path: str) -> list[dict[str, Any]]:
    """A list of objects from GitHub's API.

    Raises:
        InDoubt: if anything else comes back, or nothing in time.
    """
    try:
        request = Request(f"{run.api}/repos/{run.repository}/{path}", headers=HEADERS)  # noqa: S310 - the runner names the API
        if run.token:
            # Not sent along to wherever a redirection leads.
            request.add_unredirected_header("Authorization", f"Bearer {run.token}")
        with urlopen(request, timeout=SECONDS) as reply:  # noqa: S310 - nothing is installed here that would do it better
            found = json.load(reply)
    except (OSError, HTTPException, ValueError, RecursionError):
        raise InDoubt(Doubt.GITHUB) from None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise InDoubt(Doubt.GITHUB)
    return found


# Talking


def say(sentence: str) -> None:
    """Tells whoever reads the run's log, or its page."""
    print(sentence, file=sys.stderr)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(path, "a", encoding="utf-8") as page:  # noqa: PTH123 - nothing else here is about files
            page.write(f"- {sentence}\n")


def say_where(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tells of an error that nobody foresaw, without its text: that may quote a path or a variable."""
    lines = ", ".join(str(frame.lineno) for frame in traceback.extract_tb(trace))
    say(f"{kind.__name__} in changed_connectors.py, by way of the lines {lines}")


if __name__ == "__main__":
    sys.excepthook = say_where
    sys.exit(main())
