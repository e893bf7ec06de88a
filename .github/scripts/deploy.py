"""Deploys one connector to its connection: `python .github/scripts/deploy.py CONNECTOR`.

The configuration comes from the environment (SFL_<CONNECTOR>_<SETTING>), as do FIVETRAN_API_KEY and FIVETRAN_DESTINATION. A connection
has the name of its connector. Everything that can be wrong before the deploy is found before it; afterwards Fivetran is asked whether the
connection has the new code and passes its setup tests.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import cli
from account import Account, Connection, SetupTest, Trouble, base_url
from configuration import API_KEY, DESTINATION, Problems, configuration_of, secret_name, settings_of

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "3.14"  # on which Fivetran runs the connectors
SERVICE = "connector_sdk"
PROXY = "ProxyAgent"
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
DASHBOARD = "https://fivetran.com/dashboard/connections"


class Deployed(NamedTuple):
    """What a deploy did, for its summary."""

    connector: str
    connection: Connection
    is_new: bool
    commit: str
    given: list[str]
    left: list[str]
    tests: list[SetupTest]


def main(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Deploys, and says how it went; 0 if all is well."""
    sys.dont_write_bytecode = True  # nothing of ours in the folder that is packed
    end_when_told()
    try:
        summary = summary_of(deploy(connector_named(words), environment))
    except (Problems, Trouble) as problem:
        print(f"Not deployed as it should be:\n{problem}", file=sys.stderr)
        return 1
    print(summary)
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as page:
            page.write(summary)
    return 0


def end_when_told() -> None:
    """Lets a signal unwind the program, so that what was started is ended and what was made is removed."""

    def leave(number: int, _: object) -> NoReturn:
        for told in ENDINGS:
            signal.signal(told, signal.SIG_IGN)  # a second one would cut the unwinding short
        raise SystemExit(128 + number)

    for number in ENDINGS:
        signal.signal(number, leave)


def connector_named(words: Sequence[str]) -> str:
    """The connector that the command line names.

    Raises:
        Problems: if it names none that there is.
    """
    there = sorted(path.parent.name for path in ROOT.glob("*/connector.py"))
    if len(words) != 1 or words[0] not in there:
        raise Problems([f"Name one connector: {', '.join(there)}."])
    return words[0]


def deploy(connector: str, environment: Mapping[str, str]) -> Deployed:
    """Deploys a connector and checks that it arrived.

    Raises:
        Problems: if something must be changed here first; nothing was sent.
        Trouble: if Fivetran refuses, fails, or has not taken it over; the message says what was changed there.
    """
    folder = ROOT / connector
    settings = settings_of(folder)
    configuration = configuration_of(connector, settings, environment)
    check_installed(folder)
    api_key, destination = environment[API_KEY], environment[DESTINATION]
    account = Account(api_key, base_url(Path.home()))
    group = account.group(destination)
    before = account.connection(group, connector)
    check_kind(before)
    hidden = [*cli.parts_of_key(api_key), destination, *(configuration.get(one.name, "") for one in settings if one.secret)]
    run = cli.deploy(folder, PYTHON, cli.environment_of(environment, api_key, destination, connector), configuration, hidden)
    after = account.connection(group, connector)
    check_arrived(run, before, after)
    assert after is not None  # noqa: S101 - checked just now
    given = [secret_name(connector, one.name) for one in settings if one.name in configuration]
    left = [secret_name(connector, one.name) for one in settings if one.name not in configuration]
    return Deployed(connector, after, before is None, commit_of(environment), given, left, account.run_setup_tests(after.id))


def check_installed(folder: Path) -> None:
    """Raises Problems unless just what the connector pins is installed: the CLI would write what is installed over the pins."""
    pins = [line.partition("==") for line in (folder / "requirements.txt").read_text(encoding="utf-8").split()]
    wrong = [name for name, _, pinned in pins if _installed(name) != pinned]
    if wrong:
        raise Problems([f"{', '.join(wrong)} must be installed as pinned: pip install -r {folder.name}/requirements.txt"])


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def check_kind(connection: Connection | None) -> None:
    """Raises Trouble if what has the connection's name is something else, or would lose something."""
    if connection and connection.service != SERVICE:
        raise Trouble(
            "The destination has a connection of this name that is no Connector SDK connection. Rename or remove it in Fivetran."
        )
    if connection and connection.networking == PROXY:
        raise Trouble("The connection goes through a proxy agent, which this deploy would take from it: use `fivetran deploy --proxy-id`.")


def check_arrived(run: cli.Run, before: Connection | None, after: Connection | None) -> None:
    """Raises Trouble unless the CLI is content and the connection has the package that it uploaded."""
    arrived = after is not None and bool(run.package) and after.package == run.package
    if run.status == 0 and arrived:
        return
    if arrived:
        raise Trouble(
            "The connection has the new code and the new settings, and syncs with them, but the deploy failed. If a setup test is named "
            "above, correct the secret that it is about and run this job again."
        )
    if after == before:
        raise Trouble("The connection is as it was: neither its code nor its settings were changed. The lines above say why.")
    raise Trouble("The connection has other code than this job uploaded: did somebody else deploy meanwhile? Run this job again.")


def commit_of(environment: Mapping[str, str]) -> str:
    """The commit that is deployed."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return environment.get("GITHUB_SHA") or subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def summary_of(deployed: Deployed) -> str:
    """What was done, as Markdown: names and ids, no value of any setting."""
    connection = deployed.connection
    start = "Fivetran made it paused: start it there.\n\n" if deployed.is_new else ""
    rows = [
        ("connection", f"[{connection.id}]({DASHBOARD}/{connection.id}/status), {'new' if deployed.is_new else 'updated'}"),
        ("package", connection.package),
        ("commit", deployed.commit),
        ("Connector SDK", version("fivetran_connector_sdk")),
        ("Python", PYTHON),
        ("settings given", _listed(deployed.given)),
        ("settings left to their defaults", _listed(deployed.left)),
        ("setup tests", ", ".join(f"{test.title} ({test.status.lower()})" for test in deployed.tests)),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"### {deployed.connector} is deployed\n\n{start}| | |\n| --- | --- |\n{table}\n"


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
