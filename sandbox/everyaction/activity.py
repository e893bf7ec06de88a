"""What people did and what was done to them: the records that only exports show, in the columns of the exports.

A contribution is kept as its detail shows it, which is documented. GUESS: most of the other columns and their values, that amounts are
texts in exports too, and the columns that no field is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sandbox.arithmetic import Layout, Record, mix, salt
from sandbox.collection import Collection
from sandbox.everyaction.persons import TEXTS, custom_values
from sandbox.everyaction.rows import base_stamp, collection_of
from sandbox.everyaction.times import day_text, minute_text, naive_text
from sandbox.everyaction.world import COMMITTEE_ID, DAY, OLDEST, USER_ID, World

_IN_TURN = 60


class Seed:
    """What one record is made of: whose it is, its id, the bits that decide, when it came to be, and when it was changed last."""

    def __init__(self, world: World, entity: str, number: int, van_id: int, stamp: int) -> None:
        """Work out the rest."""
        self.world, self.number, self.van_id, self.stamp = world, number, van_id, stamp
        self.bits, self.turn = mix(world.seed, salt(entity), number), world.layout(entity).below(number)
        self.created = max(OLDEST, stamp - (self.bits >> 7) % (90 * DAY))

    def one_of(self, entity: str) -> int:
        """Return the id of some record of the base data, the same one for the same seed."""
        ids = self.world.layout(entity)
        return ids.id_of((self.bits >> 11) % ids.count)

    def date(self, days: int = 0) -> str:
        """Return the text of the day it came to be, or so many days later."""
        return naive_text(self.created + days * DAY)

    def text(self, shift: int) -> str | None:
        """Return some text."""
        return TEXTS[self._choice(shift, len(TEXTS))]

    def pick(self, shift: int, *values: object) -> object:
        """Return one of some values."""
        return values[self._choice(shift, len(values))]

    def _choice(self, shift: int, many: int) -> int:
        """Return one of so many numbers: the first records have all of them between them, however few there are."""
        return (self.turn + shift // 2 if self.turn < _IN_TURN else self.bits >> shift) % many

    def cents(self, most: int) -> str:
        """Return an amount of money as a text."""
        return f"{(self.bits >> 17) % most / 100:.2f}"


def _history(seed: Seed) -> Record:
    return {
        "ContactsContactID": seed.number, "VanID": seed.van_id, "ResultID": seed.pick(3, 1, 5, 14, None),
        "CanvassedBy": seed.pick(5, USER_ID, None),
        "CommitteeID": COMMITTEE_ID, "CreatedBy": USER_ID, "DateCreated": seed.date(), "DateCanvassed": seed.date(-1),
        "InputTypeID": seed.pick(9, 10, 11), "ContactTypeID": seed.pick(13, 1, 2, 6, None),
        "ScriptName": seed.pick(15, 'Doors, "fall"', None),
    }  # fmt: skip


def _activist_code(seed: Seed) -> Record:
    return {
        "ContactsActivistCodeID": seed.number, "ActivistCodeID": seed.one_of("ActivistCode"), "VanID": seed.van_id,
        "CommitteeID": seed.pick(3, COMMITTEE_ID, COMMITTEE_ID, None), "SourceFile": seed.pick(5, 'list 7, "spring"', None),
    }  # fmt: skip


def _survey_response(seed: Seed) -> Record:
    question = seed.one_of("SurveyQuestion")
    return {
        "ContactsSurveyResponseID": seed.number, "VanID": seed.van_id, "SurveyQuestionID": question,
        "SurveyResponseID": question * 4 + seed.bits % 3, "CanvassedBy": seed.pick(5, USER_ID, None), "DateCanvassed": seed.date(-1),
        "CommitteeID": COMMITTEE_ID, "CreatedBy": USER_ID, "DateCreated": seed.date(),
        "ContactsContactID": seed.pick(9, None, seed.number * 2),
        "InputTypeID": seed.pick(13, 10, 11), "ContactTypeID": seed.pick(15, 1, 2, None), "Remark": seed.text(17),
    }  # fmt: skip


def _online_form(seed: Seed) -> Record:
    return {
        "ContactsOnlineFormID": seed.number, "VanID": seed.van_id, "OnlineFormID": 41_000 + seed.bits % 30, "DateCreated": seed.date(),
        "IsNewContact": seed.pick(3, True, False, None), "MarketSource": seed.text(5), "SubmittedFirstName": seed.pick(7, "Ann",
        "zoë", None),
        "SubmittedLastName": seed.text(9), "SubmittedAddress": seed.pick(11, "1 Main St.,\nApt. 2", None), "SubmittedCity": seed.text(13),
        "SubmittedState": seed.pick(15, "NY", None), "SubmittedZip": seed.pick(17, "00501", "10001-1234", None),
        "SubmittedEmail": seed.pick(19, "ann@example.org", None), "UtmSource": seed.pick(21, "mail, or web", None),
    }  # fmt: skip


def _adjustment(seed: Seed) -> Record:
    return {
        "ContributionAdjustmentID": seed.number, "ContributionID": seed.one_of("Contribution"), "VanID": seed.van_id,
        "AdjustmentTypeID": seed.pick(3, 1, 2, 3),
        "Amount": ("-" if seed.bits % 2 else "") + seed.cents(50_000), "DateAdjusted": seed.date(1),
        "Notes": seed.text(7), "ReasonName": seed.pick(9, "asked for", None),
    }  # fmt: skip


def _recurring(seed: Seed) -> Record:
    return {
        "RecurringContributionID": seed.number, "VanID": seed.van_id, "StartDate": seed.date(),
        "EndDate": seed.pick(3, None, seed.date(400)),
        "StatusID": seed.pick(5, 1, 2, 3, 4, 5), "Amount": seed.cents(20_000), "CurrencyID": 1, "FrequencyID": seed.pick(7, 1, 2, 4, 7),
        "NextTransactionDate": seed.pick(9, None, seed.date(30)), "PaymentType": seed.pick(11, "CreditCard", "ElectronicFundsTransfer"),
        "CreditCardLast4": seed.pick(13, "0042", "9999", None), "CCExpirationYear": seed.pick(15, 2027, None),
        "CCExpirationMonth": seed.pick(17, 9, None),
        "DesignationID": seed.one_of("Designation"), "GatewayNote": seed.text(19),
    }  # fmt: skip


def _ticket_guest(seed: Seed) -> Record:
    return {
        "EventTicketTransactionGuestID": seed.number, "EventTicketTransactionID": seed.number // 5, "EventID": seed.one_of("Event"),
        "VanID": seed.van_id, "TicketLevelName": seed.text(3), "TicketPrice": seed.cents(9_000), "IsAttending": seed.pick(5, True, False),
        "GuestName": seed.pick(7, 'Guest "of" honour', "Zoë", None), "DateCreated": seed.date(), "SeatNote": seed.pick(9,
        "aisle,\r\nfront", None),
    }  # fmt: skip


def _disbursement(seed: Seed) -> Record:
    return {
        "DisbursementID": seed.number, "VanID": seed.van_id, "Amount": seed.cents(100_000), "DateIssued": seed.date(),
        "DesignationID": seed.one_of("Designation"), "CheckNumber": seed.pick(3, "00123", None), "BatchCode": seed.pick(5, "B-1", None),
        "Note": seed.text(7), "PayeeNote": seed.pick(9, "c/o Lee;\nrear", None),
    }  # fmt: skip


def _contribution(seed: Seed) -> Record:
    """Return a contribution as its detail shows it: amounts are texts there."""
    bits, day = seed.bits, day_text(seed.created + DAY)[:10]
    record: Record = {
        "contributionId": seed.number, "contact": {"vanId": seed.van_id},
        "designation": {"designationId": seed.one_of("Designation"), "name": seed.pick(3, "General, or not", None)},
        "dateReceived": minute_text(seed.created), "amount": seed.cents(1_000_000), "coverCostsAmount": seed.pick(5, "1.25", None),
        "status": seed.pick(7, "Settled", "Settled", "Pending", "Declined"),
        "paymentType": seed.pick(9, "Check", "CreditCard", "ElectronicFundsTransfer", "MoneyOrder", "Unknown"),
        "bankAccount": seed.pick(11, "Operating", None),
        "contributionBankAccount": {"bankAccountId": 7, "name": "Operating \"1\""} if bits % 3 else None,
        "depositDate": seed.pick(13, day, None), "depositNumber": seed.pick(15, 17, None), "checkDate": seed.pick(17, day, None),
        "checkNumber": seed.pick(19, "000123", None), "onlineReferenceNumber": seed.pick(21, f"OR-{seed.number}", None),
        "pledge": {"pledgeId": seed.number + 1} if bits % 4 == 0 else None,
    }  # fmt: skip
    return record | _accounting(seed, day) | _upselling(seed)


def _accounting(seed: Seed, day: str) -> Record:
    bits, world = seed.bits >> 3, seed.world
    disclosure = {
        "betaSettings": bits % 3,
        "disclosureFieldId": 11,
        "disclosureFieldValue": 'Retired; "self"',
        "designationId": seed.one_of("Designation"),
    }
    code = {"codeId": seed.one_of("Code"), "codeName": f"SC{bits % 90:03d}", "betaSettings": bits % 3}
    attribution = {
        "betaSettings": None, "vanId": world.people.id_of(bits % world.people.count), "amountAttributed": "5.00",
        "attributionType": "RaisedContribution",
        "notes": seed.text(3), "dateThanked": seed.pick(4, day, None),
    }  # fmt: skip
    fund = {"generalLedgerFundId": 3, "name": "Fund 3", "description": seed.text(9), "isActive": bits % 2 == 0}
    return {
        "contactAttributions": [attribution] * (bits % 3) if bits % 5 else None, "codes": [code] * (bits % 2),
        "generalLedgerFund": fund if bits % 3 == 0 else None, "costCenter": {"costCenterId": 4, "name": "East"} if bits % 4 == 0 else None,
        "directMarketingCode": seed.pick(23, "DM, 7", None), "dateThanked": seed.pick(25, day, None), "notes": seed.text(27),
        "disclosureFieldValues": [disclosure] * (bits % 2), "extendedSourceCode": {"extendedSourceCodeId": 77} if bits % 5 == 0 else None,
        "identifiers": [{"type": "Legacy", "externalId": f"{seed.number:012d}", "betaSettings": bits % 3}] * (bits % 2),
        "financialBatchId": seed.one_of("FinancialBatch"),
    }  # fmt: skip


def _upselling(seed: Seed) -> Record:
    shown = seed.bits % 4 == 1
    return {
        "processedAmount": seed.pick(29, 12.34, None), "processedCurrency": seed.pick(31, "USD", None),
        "acceptedOneTimeAmount": "10.00" if shown else None, "acceptedRecurringAmount": "3.00" if shown else None,
        "selectedOneTimeAmount": "5.00" if shown else None, "upsellType": "Recurring" if shown else None, "isUpsellShown": shown,
        "isUpsellAccepted": (seed.bits >> 33) % 2 == 0 if shown else None,
        "linkedPartnershipContributionId": seed.pick(35, None, seed.number + 2),
        "linkedJointFundraisingContributionId": seed.pick(37, None, 123_456),
        "_customFields": custom_values(seed.world, "Contributions", seed.number),  # no property of the vendor's
        **({"platformFee": "0.35"} if shown else {}),
    }  # fmt: skip


BUILD: dict[str, tuple[str, Callable[[Seed], Record]]] = {
    "ContactHistory": ("ContactsContactID", _history),
    "ContactActivistCode": ("ContactsActivistCodeID", _activist_code),
    "ContactSurveyResponse": ("ContactsSurveyResponseID", _survey_response),
    "ContactOnlineForm": ("ContactsOnlineFormID", _online_form),
    "Contribution": ("contributionId", _contribution),
    "ContributionAdjustment": ("ContributionAdjustmentID", _adjustment),
    "RecurringContribution": ("RecurringContributionID", _recurring),
    "EventTicketGuest": ("EventTicketTransactionGuestID", _ticket_guest),
    "Disbursement": ("DisbursementID", _disbursement),
}


def build(world: World, entity: str, number: int, van_id: int, stamp: int) -> Record:
    """Return a record of an entity."""
    return BUILD[entity][1](Seed(world, entity, number, van_id, stamp))


def _make(entity: str, world: World, layout: Layout, index: int) -> Record:
    row, slot = layout.place(index)
    return build(world, entity, layout.slot_id(row, slot), world.people.id_of(row), base_stamp(world, entity, index))


def collections(world: World) -> Iterator[tuple[str, Collection]]:
    """Yield the records by entity."""
    for entity, (id_key, _) in BUILD.items():
        yield entity, collection_of(world, entity, id_key, partial(_make, entity))


def contribution_cells(record: Record) -> Record:
    """Return the row of a contribution in an export."""
    designation, code = record["designation"] or {}, (record["codes"] or [{}])[0]
    received = record["dateReceived"]
    return {
        "ContributionID": record["contributionId"], "VanID": record["contact"]["vanId"], "Amount": record["amount"],
        "DateReceived": received[:19] if isinstance(received, str) else received, "DesignationID": designation.get("designationId"),
        "Status": record["status"], "PaymentType": record["paymentType"], "CoverCostsAmount": record["coverCostsAmount"],
        "DirectMarketingCode": record["directMarketingCode"], "CheckNumber": record["checkNumber"],
        "DepositNumber": record["depositNumber"],
        "DateThanked": record["dateThanked"], "FinancialBatchID": record["financialBatchId"], "SourceCodeID": code.get("codeId"),
        "IsUpsellAccepted": record["isUpsellAccepted"], "Notes": record["notes"],
    }  # fmt: skip
