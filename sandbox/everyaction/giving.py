"""The endpoints about contributions and disbursements: one by its id, and the latest of a person. Nothing lists them all.

LIKELY: what a list of the latest contributions tells. GUESS: its order, what that of disbursements tells, and the expansions.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from sandbox.arithmetic import Record
from sandbox.everyaction.account import Account
from sandbox.everyaction.envelope import Limits, Listing, Route, enveloped, invalid, not_found, public, window_of
from sandbox.everyaction.rows import PERSON, ids_of_person
from sandbox.everyaction.times import minute_text, read_instant
from sandbox.messages import Reply, Request

CONTRIBUTION, DISBURSEMENT = "Contribution", "Disbursement"
_PAGE = Limits(50, 200)


def _contribution(account: Account, _: Request, text: str) -> Reply:
    """Return one contribution. GUESS: `$expand` may name anything, since nobody knows its sections."""
    record = account.find(CONTRIBUTION, int(text))
    if record is None:
        return not_found("contribution")
    return Reply(payload=public(record), entity=CONTRIBUTION, detailed=True, id_key="contributionId")


def _by_reference(account: Account, request: Request, text: str) -> Reply:
    for record in account.collection(CONTRIBUTION).records():
        if record["onlineReferenceNumber"] == text:
            return _contribution(account, request, str(record["contributionId"]))
    return not_found("contribution")


def _disbursement(account: Account, _: Request, text: str) -> Reply:
    record = account.find(DISBURSEMENT, int(text))
    if record is None:
        return not_found("disbursement")
    return Reply(payload=_spent(record), entity=DISBURSEMENT, detailed=True, id_key="disbursementId")


def _spent(record: Record) -> Record:
    """Return a disbursement as its detail shows it."""
    issued = read_instant(record["DateIssued"])
    return {
        "disbursementId": record["DisbursementID"], "contact": {"vanId": record["VanID"]},
        "designation": {"designationId": record["DesignationID"]}, "dateIssued": None if issued is None else minute_text(int(issued)),
        "amount": record["Amount"], "batchCode": record["BatchCode"], "checkDate": None, "checkNumber": record["CheckNumber"], "codes": [],
        "note": record["Note"], "disclosureFieldValues": [], "linkedCreditCardPaymentDisbursementId": None,
        "linkedReimbursementDisbursementId": None,
    }  # fmt: skip


def _given(record: Record) -> Record:
    """Return a contribution as the list of the latest ones shows it: the amount is a number there."""
    try:
        amount = float(Decimal(str(record["amount"])))
    except InvalidOperation:
        amount = 0.0
    kept = {key: record[key] for key in ("contributionId", "dateReceived", "designation")}
    return kept | {"amount": amount, "vanId": record["contact"]["vanId"]}


def _recent(entity: str, view: Callable[[Record], Record]) -> Callable[[Account, Request], Reply]:
    def handler(account: Account, request: Request) -> Reply:
        text, window = request.parameter("vanId") or "", window_of(request, _PAGE)
        if not text.isdigit():
            raise invalid("vanId")
        if account.find(PERSON, int(text)) is None:
            return not_found("person")
        numbers = list(ids_of_person(account, entity, int(text)))[::-1]  # GUESS: the latest come first
        page = numbers[window.skip : window.skip + (window.top or 0)]
        rows = [view(record) for number in page if (record := account.find(entity, number)) is not None]
        return enveloped(account, request, rows, len(numbers), Listing(_PAGE), detailed=False)

    return handler


ROUTES: tuple[Route, ...] = (
    Route("GET", r"contributions/(\d+)", CONTRIBUTION, _contribution),
    Route("GET", r"contributions/(?i:onlineReferenceNumber):([^/]+)", CONTRIBUTION, _by_reference),
    Route("GET", r"contributions/recentContributions", CONTRIBUTION, _recent(CONTRIBUTION, _given)),
    Route("GET", r"disbursements/(\d+)", DISBURSEMENT, _disbursement),
    Route("GET", r"disbursements/recentDisbursements", DISBURSEMENT, _recent(DISBURSEMENT, _spent)),
)
