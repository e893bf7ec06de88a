"""The part of Fivetran's REST API that a deploy uses: an account's destinations, packages and connections, and the routes to them.

https://fivetran.com/docs/rest-api/api-reference says what the documented routes promise; what only the deploying CLI asks for
is answered as that expects it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from io import BytesIO
from itertools import count
from typing import Any
from zipfile import BadZipFile, ZipFile

from sandbox.messages import Reply, Request

SERVICE = "connector_sdk"
PYTHON_VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
DEFAULT_PYTHON_VERSION = "3.14"
MASK = "******"
MAX_PAGE_SIZE, DEFAULT_PAGE_SIZE = 1000, 100
_SCHEMA_NAME = re.compile(r"[_a-z][_a-z0-9]*")
_GOOD = frozenset({"PASSED", "SKIPPED"})
# What an update may change besides `config`; the rest that it is sent says only how to go about it.
_CHANGEABLE = ("paused", "sync_frequency", "networking_method", "hybrid_deployment_agent_id", "proxy_agent_id")


class Refused(Exception):
    """A request that is answered with an error: a status, Fivetran's code for it, and a message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep what the reply is made of."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(message: str) -> Refused:
    """Return the refusal of a request that says something wrong."""
    return Refused(400, "InvalidInput", message)


# --- what an account has -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SetupTest:
    """The outcome of one setup test; `status` is PASSED, FAILED, SKIPPED or JOB_FAILED."""

    title: str
    status: str = "PASSED"
    message: str = ""


@dataclass
class Group:
    """A destination: a group and its destination have the same id. The agent is the one that a new connection gets."""

    id: str
    name: str
    hybrid_deployment_agent_id: str | None = None


@dataclass
class Package:
    """An uploaded connector: the zip file as it was sent. Times are unix seconds."""

    id: str
    zipped: bytes
    created_at: float = 0.0
    updated_at: float = 0.0

    @property
    def sizes(self) -> dict[str, int]:
        """Return the size in bytes of each file in the zip, by its name."""
        return sizes(self.zipped) or {}


@dataclass
class Connection:
    """A connection. `config` has all that was sent in it but the schema's name and the secrets, which have fields of their own."""

    id: str
    group_id: str
    schema: str
    service: str = SERVICE
    config: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    paused: bool = True
    sync_frequency: int = 360
    destination_schema_names: str = "FIVETRAN_NAMING"
    networking_method: str = "Directly"
    hybrid_deployment_agent_id: str | None = None
    proxy_agent_id: str | None = None
    setup_state: str = "incomplete"
    created_at: float = 0.0

    @property
    def package_id(self) -> str | None:
        """Return the id of the package that it runs; None for a connection of another service."""
        return self.config.get("package_id")


SetupTests = list[SetupTest] | Callable[[Connection, bytes], list[SetupTest]]


@dataclass
class Account:
    """What there is, by id, and how the setup tests of any connection end.

    `setup_tests` may be a function of a connection and its package's zip file, which really runs them, while every other request
    waits. `page_size` limits the pages of all lists, however many a request asks for.
    """

    groups: dict[str, Group] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    setup_tests: SetupTests = field(default_factory=lambda: [SetupTest("Connecting to the source")])
    page_size: int | None = None
    _numbers: count[int] = field(default_factory=lambda: count(1), repr=False)

    def new_id(self, kind: str) -> str:
        """Return an id that nothing has had yet."""
        return f"{kind}_{next(self._numbers)}"

    def add_group(self, name: str, **options: Any) -> Group:
        """Add a destination; options are as for Group."""
        group = Group(self.new_id("group"), name, **options)
        self.groups[group.id] = group
        return group

    def add_package(self, zipped: bytes, at: float = 0.0) -> Package:
        """Add a package, unchecked."""
        package = Package(self.new_id("package"), zipped, at, at)
        self.packages[package.id] = package
        return package

    def add_connection(self, group_id: str, schema: str, **options: Any) -> Connection:
        """Add a connection, unchecked; options are as for Connection."""
        connection = Connection(self.new_id("connection"), group_id, schema, **options)
        self.connections[connection.id] = connection
        return connection

    def connection_ids(self, package_id: str) -> list[str]:
        """Return the ids of the connections that run a package."""
        return [each.id for each in self.connections.values() if each.package_id == package_id]

    def run_setup_tests(self, connection: Connection) -> list[SetupTest]:
        """Return the outcomes for a connection, and set its state: one that was never connected is incomplete, no more."""
        package = self.packages.get(connection.package_id or "")
        tests = self.setup_tests
        outcomes = tests(connection, package.zipped if package else b"") if callable(tests) else list(tests)
        if all(outcome.status in _GOOD for outcome in outcomes):
            connection.setup_state = "connected"
        elif connection.setup_state != "incomplete":
            connection.setup_state = "broken"
        return outcomes


# --- what is told of it --------------------------------------------------------------------------------------------


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _package(account: Account, package: Package) -> dict[str, Any]:
    users = account.connection_ids(package.id)
    return {
        "id": package.id,
        "created_at": _moment(package.created_at),
        "created_by": "stand_in_user",
        "updated_at": _moment(package.updated_at),
        "last_updated_by": "stand_in_user",
        "connection_id": users[0] if users else None,
        "connection_ids": users,
        "file_sha256_hash": hashlib.sha256(package.zipped).hexdigest(),
    }


def _connection(connection: Connection) -> dict[str, Any]:
    secrets = [{"key": key, "value": MASK} for key in connection.secrets]
    return {
        "id": connection.id,
        "group_id": connection.group_id,
        "service": connection.service,
        "schema": connection.schema,
        "paused": connection.paused,
        "sync_frequency": connection.sync_frequency,
        "created_at": _moment(connection.created_at),
        "succeeded_at": None,
        "failed_at": None,
        "destination_schema_names": connection.destination_schema_names,
        "networking_method": connection.networking_method,
        "hybrid_deployment_agent_id": connection.hybrid_deployment_agent_id,
        "proxy_agent_id": connection.proxy_agent_id,
        "status": {"setup_state": connection.setup_state, "sync_state": "paused" if connection.paused else "scheduled"},
        "config": connection.config | {"secrets_list": secrets},
    }


def _migration(account: Account, connection: Connection) -> dict[str, Any]:
    package_id = connection.package_id
    group = account.groups.get(connection.group_id)
    return {
        "group_id": connection.group_id,
        "group_name": group.name if group else None,
        "schema": connection.schema,
        "python_version": connection.config.get("python_version"),
        "destination_schema_names": connection.destination_schema_names,
        "hybrid_deployment_agent_id": connection.hybrid_deployment_agent_id,
        "networking_method": connection.networking_method,
        "proxy_agent_id": connection.proxy_agent_id,
        "proxy_host_config_key": connection.config.get("proxy_host_config_key"),
        "package_id": package_id,
        "package_shared": package_id is not None and len(account.connection_ids(package_id)) > 1,
    }


def _success(data: Any, message: str = "Operation performed.", status: int = 200) -> Reply:
    return Reply(status, {"code": "Success", "message": message, "data": data})


# --- pages ---------------------------------------------------------------------------------------------------------


def _page(account: Account, request: Request, items: Iterable[dict[str, Any]]) -> Reply:
    """Return the page that is asked for; it has a `next_cursor` only where there is more."""
    found, start = list(items), _start(request)
    end = start + min(_limit(request), account.page_size or MAX_PAGE_SIZE)
    more = {"next_cursor": base64.b64encode(f"skip:{end}".encode()).decode()} if end < len(found) else {}
    return _success({"items": found[start:end], **more})


def _limit(request: Request) -> int:
    text = request.parameter("limit") or str(DEFAULT_PAGE_SIZE)
    if not text.isdigit() or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise invalid(f"'limit' must be from 1 to {MAX_PAGE_SIZE}")
    return int(text)


def _start(request: Request) -> int:
    cursor = request.parameter("cursor")
    if cursor is None:
        return 0
    try:
        found = re.fullmatch(r"skip:(\d+)", base64.b64decode(cursor, validate=True).decode())
    except ValueError:
        found = None
    if found is None:
        raise invalid("Invalid cursor")
    return int(found[1])


# --- groups --------------------------------------------------------------------------------------------------------


def _list_groups(account: Account, request: Request, _: str) -> Reply:
    return _page(account, request, ({"id": group.id, "name": group.name} for group in account.groups.values()))


def _list_connections(account: Account, request: Request, group_id: str) -> Reply:
    _group(account, group_id)
    schema = request.parameter("schema")
    inside = (each for each in account.connections.values() if each.group_id == group_id)
    return _page(account, request, (_connection(each) for each in inside if schema in (None, each.schema)))


def _read_destination(account: Account, _: Request, group_id: str) -> Reply:
    group = _group(account, group_id)
    agent = group.hybrid_deployment_agent_id
    return _success(
        {"id": group.id, "group_id": group.id, "service": "snowflake", "setup_status": "connected", "hybrid_deployment_agent_id": agent}
    )


def _list_for_migration(account: Account, request: Request, _: str) -> Reply:
    ours = (each for each in account.connections.values() if each.service == SERVICE)
    return _page(account, request, (_migration(account, each) for each in ours))


def _group(account: Account, group_id: str) -> Group:
    if group_id not in account.groups:
        raise Refused(404, "NotFound_Group", f"Group with id '{group_id}' does not exist.")
    return account.groups[group_id]


# --- packages ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Upload:
    """One part of a multipart body."""

    filename: str
    content: bytes


def multipart(request: Request) -> dict[str, Upload]:
    """Return the parts of a multipart body by their names; {} when it is none."""
    boundary = re.search(r'multipart/form-data.*boundary="?([^";]+)', request.headers.get("content-type", ""))
    if not boundary:
        return {}
    pieces = (b"\r\n" + request.raw).split(b"\r\n--" + boundary[1].encode("latin-1"))
    return dict(_part(piece) for piece in pieces[1:-1])


def _part(piece: bytes) -> tuple[str, Upload]:
    head, _, content = piece.partition(b"\r\n\r\n")
    told = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode("utf-8", "replace")))
    return told.get("name", ""), Upload(told.get("filename", ""), content)


def sizes(zipped: bytes) -> dict[str, int] | None:
    """Return the size in bytes of each file in a zip, sorted by name; None when it is no zip."""
    try:
        with ZipFile(BytesIO(zipped)) as archive:
            return {info.filename: info.file_size for info in sorted(archive.infolist(), key=lambda info: info.filename)}
    except BadZipFile:
        return None


def _zip_sent(request: Request) -> bytes:
    sent = multipart(request).get("file")
    if sent is None:
        raise invalid("Field 'file' is required")
    names = sizes(sent.content)
    if names is None:
        raise invalid("The package is not a valid zip file")
    if "connector.py" not in names:
        raise invalid("The package has no connector.py")
    return sent.content


def _create_package(account: Account, request: Request, _: str) -> Reply:
    package = account.add_package(_zip_sent(request), request.at)
    return _success(_package(account, package), "Package created successfully", 201)


def _list_packages(account: Account, request: Request, _: str) -> Reply:
    return _page(account, request, (_package(account, package) for package in account.packages.values()))


def _read_package(account: Account, _: Request, package_id: str) -> Reply:
    return _success(_package(account, _stored_package(account, package_id)))


def _replace_package(account: Account, request: Request, package_id: str) -> Reply:
    package = _stored_package(account, package_id)
    package.zipped, package.updated_at = _zip_sent(request), request.at
    return _success(_package(account, package), "Package updated successfully")


def _delete_package(account: Account, _: Request, package_id: str) -> Reply:
    _stored_package(account, package_id)
    if account.connection_ids(package_id):
        raise Refused(403, "Forbidden", "Package is associated with a connection and cannot be deleted")
    del account.packages[package_id]
    return Reply(200, {"code": "Success", "message": "Package deleted successfully"})


def _stored_package(account: Account, package_id: str) -> Package:
    if package_id not in account.packages:
        raise Refused(404, "NotFound_Package", f"Package with id '{package_id}' does not exist.")
    return account.packages[package_id]


# --- connections ---------------------------------------------------------------------------------------------------


def _create_connection(account: Account, request: Request, _: str) -> Reply:
    sent = _object(request.body, "The request body")
    settings = _object(sent.get("config", {}), "Field 'config'")
    group = _group(account, str(_required(sent, "group_id")))
    if _required(sent, "service") != SERVICE:
        raise invalid(f"Unsupported connector service '{sent['service']}'")
    schema = _new_schema(account, group, settings)
    options = _options(sent) | {"config": _config(account, settings, {}), "secrets": _secrets(settings) or {}}
    if sent.get("destination_schema_names"):
        options["destination_schema_names"] = str(sent["destination_schema_names"])
    connection = account.add_connection(group.id, schema, **options, created_at=request.at)
    return _tested(account, connection, "Connection has been created", 201, run=sent.get("run_setup_tests") is not False)


def _update_connection(account: Account, request: Request, connection_id: str) -> Reply:
    """Change what is sent and leave the rest; of the secrets all are changed when there are any."""
    connection, sent = _stored(account, connection_id), _object(request.body, "The request body")
    if not sent.keys() & {"config", *_CHANGEABLE}:
        raise invalid("At least one of the connection's own parameters is required")
    settings = _object(sent.get("config", {}), "Field 'config'")
    if settings.get("schema", connection.schema) != connection.schema:
        raise invalid("Field 'schema' cannot be changed")
    options, secrets = _options(sent), _secrets(settings)
    config = _config(account, settings, connection.config) if settings else connection.config
    for name, value in options.items():
        setattr(connection, name, value)
    connection.config = config
    connection.secrets = connection.secrets if secrets is None else secrets
    return _tested(account, connection, "Connection has been updated", 200, run=sent.get("run_setup_tests") is True)


def _read_connection(account: Account, _: Request, connection_id: str) -> Reply:
    return _success(_connection(_stored(account, connection_id)))


def _test_connection(account: Account, _: Request, connection_id: str) -> Reply:
    return _tested(account, _stored(account, connection_id), "Setup tests were completed", 200, run=True)


def _tested(account: Account, connection: Connection, message: str, status: int, *, run: bool) -> Reply:
    """Tell of a connection and, if they are to be run, of its setup tests; whatever they say, what was done stays done."""
    tests = {"setup_tests": [vars(outcome) for outcome in account.run_setup_tests(connection)]} if run else {}
    return _success(_connection(connection) | tests, message, status)


def _stored(account: Account, connection_id: str) -> Connection:
    if connection_id not in account.connections:
        raise Refused(404, "NotFound_Connector", f"Connector with id '{connection_id}' does not exist.")
    return account.connections[connection_id]


def _object(sent: object, what: str) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise invalid(f"{what} must be a JSON object")
    return sent


def _required(sent: Mapping[str, Any], name: str) -> Any:
    if sent.get(name) in (None, ""):
        raise invalid(f"Field '{name}' is required")
    return sent[name]


def _new_schema(account: Account, group: Group, settings: Mapping[str, Any]) -> str:
    """Return the schema's name of a new connection; it must be well formed, and free in its destination."""
    name = str(_required(settings, "schema"))
    if not _SCHEMA_NAME.fullmatch(name):
        raise invalid(f"Invalid schema name '{name}'")
    if any(each.schema == name and each.group_id == group.id for each in account.connections.values()):
        raise invalid(f"Connection with schema '{name}' already exists in the destination")
    return name


def _config(account: Account, settings: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are to be kept: those sent over the old ones. A null removes one."""
    sent = {name: value for name, value in settings.items() if name not in {"schema", "secrets_list"}}
    merged = {name: value for name, value in {**old, **sent}.items() if value is not None}
    merged.setdefault("python_version", DEFAULT_PYTHON_VERSION)
    if merged["python_version"] not in PYTHON_VERSIONS:
        raise invalid(f"Unsupported python_version '{merged['python_version']}'")
    if str(_required(merged, "package_id")) not in account.packages:
        raise invalid(f"Package with id '{merged['package_id']}' does not exist")
    return merged


def _secrets(settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the secrets that are sent, by key; None when there is no list of them."""
    listed = settings.get("secrets_list")
    if listed is None:
        return None
    if not isinstance(listed, list) or not all(_is_secret(each) for each in listed):
        raise invalid("Field 'secrets_list' must be a list of objects with a key and a value")
    return {each["key"]: each["value"] for each in listed}


def _is_secret(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("key"), str) and "value" in entry


def _options(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is sent besides `config`, each checked for its type. An agent may be null, which removes it."""
    options = {name: sent[name] for name in _CHANGEABLE if name in sent}
    if "sync_frequency" in options:
        if not str(options["sync_frequency"]).isdigit():
            raise invalid("Field 'sync_frequency' must be a number of minutes")
        options["sync_frequency"] = int(options["sync_frequency"])
    if not isinstance(options.get("paused", True), bool):
        raise invalid("Field 'paused' must be true or false")
    return options


# --- the routes ----------------------------------------------------------------------------------------------------

Handler = Callable[[Account, Request, str], Reply]
_PACKAGES, _CONNECTIONS = "/v1/connector-sdk/packages", "/v1/(?:connectors|connections)"  # the second is the newer name
_ROUTES: list[tuple[str, re.Pattern[str], Handler]] = [
    (method, re.compile(path), handler)
    for method, path, handler in (
        ("GET", "/v1/connector-sdk/migration/connections", _list_for_migration),
        ("GET", "/v1/groups", _list_groups),
        ("GET", "/v1/groups/([^/]+)/(?:connectors|connections)", _list_connections),
        ("GET", "/v1/destinations/([^/]+)", _read_destination),
        ("POST", _PACKAGES, _create_package),
        ("GET", _PACKAGES, _list_packages),
        ("GET", _PACKAGES + "/([^/]+)", _read_package),
        ("PATCH", _PACKAGES + "/([^/]+)", _replace_package),
        ("DELETE", _PACKAGES + "/([^/]+)", _delete_package),
        ("POST", _CONNECTIONS, _create_connection),
        ("GET", _CONNECTIONS + "/([^/]+)", _read_connection),
        ("PATCH", _CONNECTIONS + "/([^/]+)", _update_connection),
        ("POST", _CONNECTIONS + "/([^/]+)/test", _test_connection),
    )
]


def answer(account: Account, request: Request) -> Reply:
    """Answer a request whose key was accepted; an error has a code and a message."""
    try:
        handler, wanted = _route(request)
        return handler(account, request, wanted)
    except Refused as refused:
        return error_reply(refused)


def error_reply(refused: Refused) -> Reply:
    """Return how Fivetran tells of an error."""
    return Reply(refused.status, {"code": refused.code, "message": refused.message})


def _route(request: Request) -> tuple[Handler, str]:
    found = [(method, handler, match) for method, path, handler in _ROUTES if (match := path.fullmatch(request.path))]
    for method, handler, match in found:
        if method == request.method:
            return handler, "".join(match.groups())
    if found:
        raise Refused(405, "MethodNotAllowed", "HTTP 405 Method Not Allowed")
    raise Refused(404, "NotFound", "HTTP 404 Not Found")
