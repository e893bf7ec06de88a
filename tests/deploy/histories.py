"""Git histories for tests: a small repository of this one's shape, and commits on top of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

CONNECTORS = ("everyaction", "ongage", "virtuous")
ELSEWHERE = "9" * 40  # the name of a commit that no clone has
NO_COMMIT = "0" * 40  # what GitHub gives as the commit before the first one of a branch

# Nothing of the machine's own settings, neither git's nor a proxy; no clock.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A Developer",
    "GIT_AUTHOR_EMAIL": "developer@example.org",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "A Developer",
    "GIT_COMMITTER_EMAIL": "developer@example.org",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}


class History:
    """A git checkout whose files tests change and commit."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str) -> str:
        """Runs git in the checkout; what it printed, without white space around it."""
        done = subprocess.run(["git", *arguments], cwd=self.root, env=ENVIRONMENT, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    @property
    def head(self) -> str:
        """The full name of the latest commit."""
        return self.git("rev-parse", "HEAD")

    def write(self, path: str, text: str = "changed\n") -> None:
        """Puts a text into a file, new or not."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def delete(self, path: str) -> None:
        """Deletes a file, a link, or a folder with all that is in it."""
        found = self.root / path
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)
        else:
            found.unlink()

    def move(self, path: str, to: str) -> None:
        """Gives a file or a folder another name."""
        (self.root / to).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).rename(self.root / to)

    def commit(self) -> str:
        """Commits whatever has changed, also if that is nothing; the commit's full name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.head

    def change(self, *paths: str) -> str:
        """Writes something else into files and commits that."""
        for path in paths:
            self.write(path, f"changed after {self.head}\n")
        return self.commit()

    def copy(self, root: Path) -> History:
        """The same checkout, history and all, in another place."""
        shutil.copytree(self.root, root, symlinks=True)
        return History(root)


def first_history(root: Path) -> History:
    """A new repository with one commit: three connectors, what they share, and what no connector is shipped with."""
    history = History(root)
    root.mkdir()
    history.git("init", "--quiet", "--initial-branch=main")
    for name in CONNECTORS:
        _write_connector(history, name)
    for path in (
        "common/__init__.py",
        "common/README.md",
        ".ci/run",
        ".github/scripts/deploy.py",
        ".github/workflows/deploy.yml",
        ".github/workflows/test.yml",
        ".gitignore",
        "LICENSE",
        "Makefile",
        "README.md",
        "pyproject.toml",
        "sandbox/server.py",
        "tests/virtuous/test_api.py",
    ):
        _write_alone(history, path)
    _write_alone(history, "common/tables.py")
    history.commit()
    return history


def _write_connector(history: History, name: str) -> None:
    for file in ("connector.py", "api.py", "README.md", "requirements.txt"):
        _write_alone(history, f"{name}/{file}")
    (history.root / name / "common").symlink_to("../common")


def _write_alone(history: History, path: str) -> None:
    """Files that have nothing in common, so that git takes none for a renamed other one."""
    history.write(path, f"{path}\n" * 5)
