"""Imports: texts in the collection, and a mixture of types in the detail of the same record."""

from __future__ import annotations

import json

from sandbox.arithmetic import Record
from sandbox.messages import Reply, Request
from sandbox.ongage.account import Account
from sandbox.ongage.asked import detail_of, page_by_offset
from sandbox.ongage.envelope import Route, public
from sandbox.ongage.scope import ODD_TEXTS, PEOPLE, Scope, text
from sandbox.ongage.world import ACCOUNT_ID, ListInfo

ENTITY = "Import"
_ACTIONS = ("add", "add", "remove", "unsubscribe", "resubscribe", "bounce", "complaint")
STATUSES = {
    "40001": "Queued", "40010": "Validating", "40002": "Processing 37%", "40003": "Completed", "40004": "Updating stats",
    "90001": "Error", "90008": "Invalid",
}  # fmt: skip
# Most are done; by row number, so that each occurs.
_STATUS_BY_ROW = {2: "90001", 4: "40001", 5: "40002", 8: "90008", 10: "40010", 11: "40004"}
_COUNTS = ("duplicate", "existing", "not_existing", "incomplete", "invalid")
# What a detail serves as ints, and what as false: the others stay texts.
_INTS = frozenset({"id", "list_id", "status", "created", "modified", "import_process_start_time", "total", "success", "failed", "progress"})
_FLAGS = frozenset({"is_override", "save_report", "can_be_aborted"})


def import_record(scope: Scope, row: int) -> Record:
    """Return an import as the collection has it."""
    random, number = scope.begin(ENTITY, row)
    created, modified = scope.stamps(random)
    status = _STATUS_BY_ROW.get(row % 12, "40003")
    done = status in {"40003", "90001", "90008"}
    parts = {name: random.randrange(900) for name in _COUNTS}
    failed = parts["duplicate"] + parts["incomplete"] + parts["invalid"]
    success = random.randrange(50_000)
    record: Record = (
        {"id": text(number), "account_id": text(ACCOUNT_ID), "list_id": text(scope.place.id), "type": ("import", "sending")[row % 9 == 4]}
        | {"action": _ACTIONS[row % len(_ACTIONS)], "name": f"Import {row} {ODD_TEXTS[row % len(ODD_TEXTS)]}".strip()}
        | {"file": f"contacts-{row}.csv", "file_url": random.choice((None, "", "https://example.org/contacts.csv?a=1&b=2"))}
        | {"imported_by": random.choice(PEOPLE), "is_override": text(row % 4 == 1), "save_report": "1"}
        | {"send_welcome_message": "0", "send_email_notification": text(row % 3 == 0), "csv_delimiter": random.choice((",", ";", "\t"))}
        | {"encoding": "UTF-8", "ignore_empty": "1", "overwrite_only_nulls": "0", "fields": _fields(row)}
        | {"progress": "100" if done else "37", "size": text(random.randrange(9_000_000))}
        | {name: text(value) for name, value in parts.items()}
        | {"total": text(success + failed), "success": text(success), "failed": text(failed)}
        | {"status": status, "status_desc": STATUSES[status], "status_info": random.choice((None, "", "3 lines skipped"))}
        | {"remaining": "0" if done else "12", "import_process_start_time": text(created + 30)}
        | {"import_process_end_time": text(modified) if done else "0", "created": text(created), "modified": text(modified)}
        | {"deleted": random.choice((None, "0")), "can_be_aborted": text(not done)}
    )  # fmt: skip
    return record


def _fields(row: int) -> str:
    """Return which columns went where, as a JSON document in a text, and now and then none."""
    return ("", "[]", json.dumps({"0": "email", "1": "first_name"}), json.dumps(["email", "Straße"]), "email,first_name")[row % 5]


def _as_detail(record: Record) -> Record:
    served = public(record)
    served |= {key: int(served[key]) for key in _INTS if str(served.get(key)).isdigit()}
    return served | {key: False for key in _FLAGS if served.get(key) == "0"}


def _page(account: Account, request: Request, place: ListInfo) -> Reply:
    return page_by_offset(request, account.collection(ENTITY, place.id), total_as=str)


def _detail(account: Account, _: Request, place: ListInfo, number: str) -> Reply:
    return detail_of(account.collection(ENTITY, place.id), number, _as_detail)


ROUTES = (Route("GET", "import", ENTITY, _page), Route("GET", r"import/(\d+)", ENTITY, _detail))
