"""From a value on the wire to the cell that a perfect sync would give, by the naming rule of the warehouse."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sandbox.truth import Cell, compact_json
from sandbox.virtuous.formats import EPOCH, TICKS_PER_DAY, moment_of, parse_us_date, parse_utc


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


MONEY = words(
    """amount amountDesignated expectedAmount actualAmount coinSaleAmount stockSaleAmount nonCashOriginalAmount
    nonCashSaleAmount amountPledged totalAnticipatedAmount awardedAmount beginningBalance currentBalance
    financialNeedAmount lifeToDateGiving yearToDateGiving lastGiftAmount giftAskAmount lifeToDateExpenseTotal
    calendarYearToDateGiving calendarYearToDateExpenseTotal givingGoal price fairMarketValue cost askAmount
    expenseAmount internalCostEstimate vendorCostEstimate anticipatedAmount currentValue totalGiving coinAmount
    numberOfShares"""
)
DOUBLES = words(
    """exchangeRate hours totalHours totalVolunteerHours preferredNumberOfHours currentNeedFilledPercentage
    hoursFilledPercentage"""
)
INTEGERS = words(
    """birthMonth birthDay birthYear anniversaryMonth anniversaryDay anniversaryYear approximateAge startMonth
    startDay endMonth endDay quantity numberOfOccurrences newGiverGoal totalGiftGoal networkReach inventoryCount
    lifeToDateGiftCount lifeToDateGiversCount calendarYearToDateGiftCount calendarYearToDateGiversCount
    totalInvites totalRsvps totalAttended totalGifts total totalUnsubscribes totalVolunteers timesVolunteered
    currentNeed contactCount position"""
)
BOOLEANS = words(
    """isPrivate isPrimary canBePrimary isSecondary canBeSecondary isDeceased isOptedIn nameFieldsLocked isArchived
    isAcknowledgedGift isTaxDeductible coinSoldForCash stockSoldForCash nonCashSoldForCash automatedPayments
    trackPayments declined awardedGrant isSubProject isRestrictedToGiftSpecifications isLimitedToFinancialNeed
    isPublic isActive isAvailableOnline treatAsAccountsPayable important hasContact isPastDue isUnresolved
    canComplete canCompleteWithNote inviteOnly rsvpRequired invited rsvp attended isLocalOnly isAdministrator
    isEnabled"""
)
TIMESTAMPS = frozenset({"dateCoinWasSold", "dateStockWasSold", "dateNonCashWasSold"})
JSON_VALUES = frozenset({"tables", "meals", "volunteerOrganizers", "options", "fields", "additionalFields", "details"})


def kind_of(key: str) -> str:
    """Return the kind of a column, by its key on the wire."""
    by_name = (
        (MONEY, "decimal"),
        (DOUBLES, "double"),
        (INTEGERS, "integer"),
        (BOOLEANS, "boolean"),
        (JSON_VALUES, "json"),
        (TIMESTAMPS, "timestamp"),
    )
    for names, kind in by_name:
        if key in names:
            return kind
    return "timestamp" if key.endswith(("Utc", "Date", "DateTime")) else "text"


def cell(kind: str, value: object) -> Cell:
    """Return the cell for a value on the wire; what does not convert becomes null."""
    return None if value is None else _CELLS[kind](value)


def _text(value: object) -> Cell:
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return None if isinstance(value, (dict, list)) else str(value)


def _integer(value: object) -> Cell:
    number = _plain_number(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def _plain_number(value: object) -> Decimal | None:
    if isinstance(value, (bool, dict, list)):
        return None
    text = str(value).strip().replace("$", "").replace(",", "")
    if text.startswith("(") and text.endswith(")"):  # .NET writes negative money so
        text = "-" + text[1:-1]
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _decimal(value: object) -> Cell:
    number = _plain_number(value)
    return None if number is None else format(number, "f")


def _double(value: object) -> Cell:
    number = _plain_number(value)
    return None if number is None else float(number)


def _boolean(value: object) -> Cell:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower())


def _timestamp(value: object) -> Cell:
    """Return a time in UTC to the microsecond; one without a zone stands as it is."""
    text = str(value)
    try:
        ticks = (parse_us_date(text) - EPOCH.date()).days * TICKS_PER_DAY if "/" in text else parse_utc(text)
    except ValueError:
        return None
    return moment_of(ticks).isoformat(timespec="microseconds")[:26] + "Z"


_CELLS = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "double": _double,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "json": compact_json,
}
