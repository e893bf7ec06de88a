"""Changes to numbers, of the last three days only: older ones are final."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sandbox.arithmetic import Record
from sandbox.changes import Change, Changed, NobodyLeft, Planned
from sandbox.sa360.account import Account
from sandbox.sa360.changes_records import random_of
from sandbox.sa360.entities_rows import VIEWS
from sandbox.sa360.facts import FINAL_DAYS, has_numbers

# Whose numbers change by themselves; those of campaigns and clients follow from the ad groups'.
_RESOURCES = {
    "AdGroup": ("ad_group",),
    "AdGroupAd": ("ad_group_ad",),
    "AdGroupCriterion": ("keyword_view", "age_range_view", "gender_view", "webpage_view", "ad_group_audience_view", "product_group_view"),
    "CampaignAsset": ("campaign_asset",),
    "BiddingStrategy": ("bidding_strategy",),
}
_TRIED = 500  # rows that are looked at for one with numbers


def _rows(account: Account, entity: str, number: str | None) -> Iterator[tuple[str, str, Record]]:
    """Yield the account, the resource and the row of all rows of an entity, or of one record."""
    if entity not in _RESOURCES:
        raise ValueError(f"a {entity} has no numbers that could be changed; there are {', '.join(_RESOURCES)}")
    for client in account.clients():
        for resource in _RESOURCES[entity]:
            for row in account.rows(client.id, resource):
                if number is None or row[VIEWS[resource].key]["resourceName"] == number:
                    yield client.id, resource, row


def _late_days(account: Account, customer_id: str, row: Record, day: str | None) -> list[date]:
    """Return the days of which a row's numbers may still change."""
    today = account.today(customer_id)
    days = [today - timedelta(days=age) for age in range(FINAL_DAYS)]
    return [each for each in days if each.toordinal() >= row["_since"] and day in {None, each.isoformat()}]


def _restate(account: Account, entity: str = "AdGroup", number: str | None = None, day: str | None = None) -> Changed:
    """Let the numbers of one of the last days grow."""
    choices = [(client, row) for client, _, row in _rows(account, entity, number) if _late_days(account, client, row, day)]
    if not choices:
        raise _nobody(entity, number)
    random = random_of(account)
    client, row = random.choice(choices)
    when = random.choice(_late_days(account, client, row, day))
    place = row["_key"], when.toordinal()
    account.restated[place] = account.restated.get(place, 0) + 1
    account.facts_stamp += 1
    return _told(entity, client, row, when)


def _zero(account: Account, entity: str = "AdGroup", number: str | None = None, day: str | None = None) -> Changed:
    """Take back the numbers of one of the last days: its rows are no more."""
    choices = [
        (client, row, when)
        for client, _, row in list(_rows(account, entity, number))[:_TRIED]
        for when in _late_days(account, client, row, day)
        if has_numbers(account, client, row, when)
    ]
    if not choices:
        raise _nobody(entity, number)
    client, row, when = random_of(account).choice(choices)
    place = row["_key"], when.toordinal()
    account.zeroed.add(place)
    account.restated.pop(place, None)
    account.facts_stamp += 1
    return _told(entity, client, row, when)


def _told(entity: str, client: str, row: Record, day: date) -> Changed:
    key = entity[0].lower() + entity[1:]
    return {"entity": entity, "customer_id": client, "id": row[key]["resourceName"], "day": day.isoformat()}


def _nobody(entity: str, number: str | None) -> LookupError:
    return NobodyLeft(f"no {entity} has numbers of late") if number is None else LookupError(f"there are no late numbers of {number}")


KINDS: dict[str, Change] = {"restate": _restate, "zero": _zero}


def bundle(share: float) -> list[Planned]:
    """Return the changes to numbers, more of them for a larger share."""
    times = max(1, round(share * 20))
    return [(kind, times, {"entity": entity}) for kind in KINDS for entity in _RESOURCES]
