"""What of a sync fails: what is done about it, so that the rest goes on, and what is said of it at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from fivetran_connector_sdk import Logging as log

from common.delivery import Delivery
from common.errors import ErrorRecord
from common.failures import Exhausted, Forbidden, NotFound, Rejected, SourceFailure, SyncFailed, Unauthorized
from common.tables import to_json
from models import Account
from refusals import AccountExhausted, NoAccess, Refused
from units import Unit
from watch import Outage, Silence

Action = Callable[[], object]


class Failing:
    """Runs the parts of a sync, and keeps what came of them.

    Args:
        delivery: takes what is filed in `errors`, and what is said.
        outage: told of what is answered and what is not.

    `incomplete` is what the next sync has to go on with, and why; `unreadable` are accounts that may not be read, and why; `forbidden` are,
    by table, the accounts of which it may not be read; `refused` tells why, by table and account, no question about it is answered.
    """

    def __init__(self, delivery: Delivery, outage: Outage) -> None:
        self._delivery, self._outage = delivery, outage
        self.incomplete: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}
        self.forbidden: dict[str, list[str]] = defaultdict(list)
        self.refused: dict[tuple[str, str], str] = {}
        self._exhausted: set[str] = set()  # accounts whose own quota is used up
        self._heard: set[str] = set()  # accounts that gave something, or may do so in the next sync

    def readable(self, units: Iterable[Unit]) -> Iterator[Unit]:
        """Those of accounts that may be read, as far as that is known by now."""
        return (unit for unit in units if self.may_be_read(unit.account))

    def may_be_read(self, account: Account) -> bool:
        """Whether an account may be read, as far as that is known by now."""
        return account.id not in self.unreadable and account.id not in self._exhausted

    def answered(self, unit: Unit) -> None:
        """Something of an account was read."""
        self._outage.answered()
        self._heard.add(unit.account.id)

    def attempt(self, unit: Unit, action: Action) -> bool:
        """Runs one part; another part's failure is no reason to stop this one. Whether it succeeded.

        Raises:
            SourceFailure: if nothing else can be read either.
        """
        try:
            action()
        except NoAccess as failure:
            self.unreadable.setdefault(unit.account.id, str(failure))
            self._outage.answered()
        except Forbidden as failure:
            self.forbidden[unit.source.name].append(unit.account.id)
            self._deny(unit, failure)
        except (Rejected, NotFound) as failure:
            self.refuse(unit, failure)
        except (Unauthorized, Exhausted, Silence):
            raise
        except AccountExhausted as failure:
            self._exhausted.add(unit.account.id)
            self.miss(f"account {unit.account.id}", failure)
        except (SourceFailure, SyncFailed) as failure:
            self._heard.add(unit.account.id)
            self.miss(unit.of, failure)
        else:
            return True
        return False

    def miss(self, what: str, failure: Exception) -> None:
        """Something could not be read this time.

        Raises:
            SourceFailure: if nothing else can be read either.
        """
        self.incomplete[what] = str(failure)
        log.error(f"{what} is incomplete: {failure}")
        self._outage.note(failure)

    def refuse(self, unit: Unit, failure: SourceFailure) -> None:
        """A question that the API will never answer: its table is left as it is, and the rest goes on."""
        self._deny(unit, failure)
        self.file(unit, failure)
        self._delivery.warn(f"{unit.of} is left out, since Search Ads 360 refuses the question; see the table `errors`: {failure}")

    def _deny(self, unit: Unit, failure: SourceFailure) -> None:
        self.refused[unit.source.name, unit.account.id] = str(failure)
        self._outage.answered()

    def file(self, unit: Unit, failure: SourceFailure, what: str = "") -> None:
        """Files a refusal in `errors`: what was asked, and what the API says of it."""
        about = {"query": unit.query()} if unit.source.select else {}
        if isinstance(failure, Refused):
            about |= {"query": failure.query} if failure.query else {}
            about |= {"code": failure.code, "location": failure.location, "request_id": failure.request_id}
        record = "/".join((*unit.scope.values(), *([what] if what else []))) or None
        error = ErrorRecord(unit.root, unit.source.name, str(failure), record, payload=to_json(about))
        self._delivery.report(error._replace(url=failure.url, status=failure.status))

    # --- The end ---

    def doubt_access(self, login: str, clients: Sequence[Account]) -> None:
        """One client that may not be read, or of which every question is refused, is left out; that none may is no sync."""
        unheard = {one.id for one in clients} - self._heard
        for (_, number), why in self.refused.items():
            if number in unheard:
                self.unreadable.setdefault(number, f"every question about it is refused: {why}")
        if clients and all(one.id in self.unreadable for one in clients):
            self.incomplete["every client account"] = f"none of those below {login} may be read by the signed-in user"

    def tell(self) -> None:
        """Warns of what may not be read."""
        for number, why in self.unreadable.items():
            self._delivery.warn(f"account {number} is left out: {why}")
        for name, accounts in self.forbidden.items():
            numbers = ", ".join(number for number in accounts if number not in self.unreadable)
            if numbers:
                self._delivery.warn(f"{name} is left out (of account {numbers}): the signed-in user may not read it (403).")
