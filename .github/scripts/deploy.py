"""Deploys one connector to its connection: `python .github/scripts/deploy.py CONNECTOR`.

The configuration comes from the environment (SFL_<CONNECTOR>_<SETTING>), as do FIVETRAN_API_KEY and FIVETRAN_DESTINATION. A connection
has the name of its connector. Everything that can be wrong before the deploy is found before it; afterwards Fivetran is asked whether the
connection has the new code and passes its setup tests.
"""

from __future__ import annotations

import html
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import cli
from account import AGAIN_LATER, Account, Connection, SetupTest, Trouble, Unreachable, base_url, refusal_of
from configuration import API_KEY, DESTINATION, Problems, configuration_of, secret_name, settings_of

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "3.14"  # on which Fivetran runs the connectors
SERVICE = "connector_sdk"
DIRECT = frozenset({"", "Directly"})
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
DASHBOARD = "https://fivetran.com/dashboard/connections"
PIN = re.compile(r"([A-Za-z0-9_.-]+)==([A-Za-z0-9_.]+)")
# how long a deploy that the CLI did not see the end of may take to arrive: it waits a minute for what may take some
LATE_SECONDS = 300
LOOK_SECONDS = 10
NOTHING_SENT = "Nothing was sent to Fivetran, and nothing was changed there."
ARRIVED = "The connection has the new code and the new settings"
CANCELLED = b"Cancelled. What the connection has now is on its page in Fivetran's dashboard; another run brings it up to date.\n"


class Plan(NamedTuple):
    """A deploy that can begin: all that it needs is there, and Fivetran knows the destination."""

    connector: str
    settings: Sequence[Any]
    configuration: dict[str, str]
    api_key: str
    destination: str
    account: Account
    group: str
    before: Connection | None


    @property
    def hidden(self) -> list[str]:
        """The texts that nobody is to see."""
        secrets = (self.configuration.get(setting.name, "") for setting in self.settings if setting.secret)
        return [*cli.parts_of_key(self.api_key), self.destination, *(form for secret in secrets for form in (secret, secret.split("|")[0]))]


class Deployed(NamedTuple):
    """What a deploy did."""

    plan: Plan
    connection: Connection
    tests: list[SetupTest]

    @property
    def lost(self) -> list[str]:
        """The settings that the connection had, and has no more."""
        return sorted(self.plan.before.settings - (self.connection.settings or self.plan.configuration.keys())) if self.plan.before else []


def main(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Deploys, and says how it went; 0 if all is well."""
    sys.dont_write_bytecode = True  # nothing of ours in the folder that is packed
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")  # what the CLI prints is more than ASCII
    end_when_told()
    try:
        plan = prepared(connector_named(words), environment)
    except (Problems, Trouble) as problem:
        return fail(environment, f"{NOTHING_SENT}\n{problem}")
    try:
        deployed = carried_out(plan, environment)
    except Trouble as trouble:
        return fail(environment, str(trouble))
    if deployed.lost:
        names = ", ".join(secret_name(plan.connector, setting) for setting in deployed.lost)
        annotate(environment, "warning", f"The connection had settings that no secret gives: {names}. They are back to their defaults.")
    show(environment, summary_of(deployed, commit_of(environment)))
    return 0


def end_when_told() -> None:
    """Lets a signal unwind the program, so that what was started is ended and what was made is removed."""

    def leave(number: int, _: object) -> NoReturn:
        for told in ENDINGS:
            signal.signal(told, signal.SIG_IGN)  # a second one would cut the unwinding short
        os.write(sys.stderr.fileno(), CANCELLED)  # print() may be at work just now
        raise SystemExit(128 + number)

    for number in ENDINGS:
        signal.signal(number, leave)


def connector_named(words: Sequence[str]) -> str:
    """The connector that the command line names.

    Raises:
        Problems: if it names none that there is.
    """
    there = sorted(path.parent.name for path in ROOT.glob("*/connector.py"))
    name = words[0].rstrip("/") if len(words) == 1 else ""
    if name not in there:
        raise Problems([f"Name one connector: {', '.join(there)}."])
    return name


def prepared(connector: str, environment: Mapping[str, str]) -> Plan:
    """What a deploy needs.

    Raises:
        Problems: if something must be changed here first.
        Trouble: if Fivetran refuses or fails, or has something else where the connection would be.
    """
    folder = ROOT / connector
    check_installed(folder)
    settings = settings_of(folder)
    configuration = configuration_of(connector, settings, environment)
    api_key, destination = environment[API_KEY], environment[DESTINATION]
    account = Account(api_key, base_url(Path.home()))
    group = account.group(destination)
    before = account.connection(group, connector)
    check_kind(before)
    return Plan(connector, settings, configuration, api_key, destination, account, group, before)


def check_installed(folder: Path) -> None:
    """Raises Problems unless just what the connector pins is installed: the CLI would write what is installed over the pins."""
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [PIN.fullmatch(line) for line in lines]
    if not all(pins):
        raise Problems([f"Each line of {folder.name}/requirements.txt must be name==version and nothing else, as the CLI wants it."])
    wrong = [pin[1] for pin in pins if pin and _installed(pin[1]) != pin[2]]
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
    if connection and connection.networking not in DIRECT:
        raise Trouble(
            "The connection goes to its source by a proxy agent or the like, which this deploy would take from it: use fivetran deploy "
            "with --proxy-id (README.md, From your machine)."
        )


def carried_out(plan: Plan, environment: Mapping[str, str]) -> Deployed:
    """Deploys, and checks that it arrived.

    Raises:
        Trouble: if it did not, or cannot be known; the message says what was changed at Fivetran.
    """
    requirements = ROOT / plan.connector / "requirements.txt"
    shown, pins = cli.shower(plan.hidden), requirements.read_bytes()
    agent = plan.before.agent if plan.before else ""
    inner = cli.environment_of(environment, plan.api_key, plan.destination, plan.connector, agent)
    run = cli.deploy(ROOT / plan.connector, PYTHON, inner, plan.configuration, shown)
    connection = arrived(plan, run, time.sleep)
    try:
        tests = plan.account.run_setup_tests(connection.id)
    except Trouble as trouble:
        raise Trouble(f"{ARRIVED}, but whether its setup tests pass is not known. {trouble}") from None
    told = [SetupTest(shown(test.title), test.status, shown(test.message)) for test in tests]
    if refusal := refusal_of(told):
        raise Trouble(f"{ARRIVED}. {refusal}")
    if requirements.read_bytes() != pins:
        raise Trouble(f"{ARRIVED}, but the CLI wrote other versions into {plan.connector}/requirements.txt than this commit has.")
    return Deployed(plan, connection, told)


def arrived(plan: Plan, run: cli.Run, sleep: Callable[[float], None]) -> Connection:
    """The connection with the package that the CLI uploaded.

    The CLI fails when a setup test does, and also when Fivetran takes longer over it than the CLI waits. Then what was asked for may still
    be done, unless the CLI took the package back. So what counts is what the connection has, and how its setup tests end now.

    Raises:
        Trouble: if the connection does not have it.
    """
    try:
        after = plan.account.connection(plan.group, plan.connector)
        for waited in range(0, LATE_SECONDS, LOOK_SECONDS):
            if not _may_still_come(plan, run, after):
                break
            print(f"Fivetran has not done yet what it was asked for; waiting for it ({waited} of {LATE_SECONDS} s).", flush=True)
            sleep(LOOK_SECONDS)
            after = plan.account.connection(plan.group, plan.connector)
        if after and run.package and after.package == run.package:
            return after
        raise Trouble(_absence(plan, run, after))
    except Unreachable as trouble:
        raise Trouble(f"It cannot be told whether the connection has the new code. {trouble}") from None


def _may_still_come(plan: Plan, run: cli.Run, after: Connection | None) -> bool:
    """Whether the connection is as it was, and the package is still there that it was to get."""
    return bool(run.package) and _package(after) == _package(plan.before) and plan.account.has_package(run.package)


def _package(connection: Connection | None) -> str:
    return connection.package if connection else ""


def _absence(plan: Plan, run: cli.Run, after: Connection | None) -> str:
    """What there is in place of a connection with the package."""
    if _may_still_come(plan, run, after):
        return f"Fivetran has not done what it was asked for, and may still do it. {AGAIN_LATER}"
    if not after:
        return "The connection is gone." if plan.before else "No connection was made. The lines above say why."
    if plan.before and after.package == plan.before.package:
        return "The connection is as it was: neither its code nor its settings were changed. The lines above say why."
    return f"The connection has code of which this job does not know that it is its own: did somebody else deploy meanwhile? {AGAIN_LATER}"


def commit_of(environment: Mapping[str, str]) -> str:
    """The commit that is deployed."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return environment.get("GITHUB_SHA") or subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def summary_of(deployed: Deployed, commit: str) -> str:
    """What was done, as Markdown: names and ids, no value of any setting."""
    plan, connection = deployed.plan, deployed.connection
    names = {setting.name: secret_name(plan.connector, setting.name) for setting in plan.settings}
    start = "" if plan.before else "Fivetran made it paused: start it there.\n\n"
    rows = [
        ("connection", f"[{connection.id}]({DASHBOARD}/{connection.id}/status), {'updated' if plan.before else 'new'}"),
        ("package", connection.package),
        ("commit", commit),
        ("Connector SDK", version("fivetran_connector_sdk")),
        ("Python", PYTHON),
        ("settings given", _listed(name for setting, name in names.items() if setting in plan.configuration)),
        ("settings left to their defaults", _listed(name for setting, name in names.items() if setting not in plan.configuration)),
        ("settings that it had before, and has no more", _listed(deployed.lost)),
        ("setup tests", ", ".join(f"{cell(test.title)} ({cell(test.status.lower())})" for test in deployed.tests)),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"### {plan.connector} is deployed\n\n{start}| | |\n| --- | --- |\n{table}\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def cell(text: str) -> str:
    """A text of somebody else's, so that it is nothing but text in a table."""
    return re.sub(r"[|`\[\]!*_~]", lambda found: f"&#{ord(found[0])};", html.escape(text, quote=False))


def show(environment: Mapping[str, str], page: str) -> None:
    """Prints a page, and adds it to the run's page on GitHub."""
    print(page, flush=True)
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as summary:
            summary.write(page)


def fail(environment: Mapping[str, str], why: str) -> int:
    """Says why a deploy failed, where people look: in the log, on the run's page, and beside the job. Returns the exit status."""
    show(environment, f"### Not deployed\n\n```text\n{why.replace('```', '')}\n```\n")
    annotate(environment, "error", why)
    return 1


def annotate(environment: Mapping[str, str], kind: str, text: str) -> None:
    """Puts a text beside the job on GitHub: a command of one line, with what means something in it written as GitHub wants that."""
    if environment.get("GITHUB_ACTIONS"):
        print(f"::{kind} title=deploy::" + text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
