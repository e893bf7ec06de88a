"""Changes to records. An edit moves `last_modified_time` where a record has one; deleting leaves no trace, removing sets a status.

What has numbers of its own is never deleted, since numbers of the past do not go away with what they are about. Records are called by
their resource names.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, NamedTuple

from sandbox.arithmetic import Record, mix
from sandbox.changes import Change, Changed, NobodyLeft, Planned
from sandbox.collection import Collection
from sandbox.faults import set_path
from sandbox.sa360.account import Account
from sandbox.sa360.accounts import CUSTOM_COLUMN, NOBODY
from sandbox.sa360.entities import shape
from sandbox.sa360.world import CANCELED

_TRIES = 100  # rows that a new record may be made of
_WITH_NUMBERS = frozenset(
    {
        "Campaign", "AdGroup", "AdGroupAd", "AdGroupCriterion", "CampaignCriterion", "BiddingStrategy", "CustomerAsset", "CampaignAsset",
        "AdGroupAsset", "AssetSetAsset",
    }
)  # fmt: skip
_ACCOUNTS = frozenset({"Customer", "CustomerClient", "CustomerManagerLink"})
_EVENTS = frozenset({"Conversion", "Visit"})
_KEPT = _WITH_NUMBERS | _ACCOUNTS | _EVENTS | {CUSTOM_COLUMN}
# What a plain edit changes: the first of these texts that a record has, else its status, else what `_otherwise` says.
_EDITABLE = (
    "descriptiveName", "displayName", "description", "canonicalName", "localizedName", "name", "finalUrlSuffix", "trackingUrlTemplate",
)  # fmt: skip
_UNCHANGEABLE = frozenset({"AssetSet"})  # it has nothing but an id
_DATED = frozenset({"Campaign", "AdGroup", "AdGroupAd", "AdGroupCriterion"})
REMOVED = "REMOVED"
_CONVERSION_DAYS = 3
_REMOVABLE = (
    "Campaign", "AdGroup", "AdGroupAd", "AdGroupCriterion", "CampaignCriterion", "Asset", "AssetGroup", "CustomerAsset", "CampaignAsset",
    "AdGroupAsset", "AssetSetAsset", "BiddingStrategy", "ConversionAction", "Label",
)  # fmt: skip


class Generic(NamedTuple):
    """What a generic change does to an entity."""

    edit: Callable[..., Changed]
    insert: Callable[..., Changed]
    delete: Callable[..., Changed]


def random_of(account: Account) -> Random:
    """Return a generator that is another one after each change, and the same for the same seed and number of changes."""
    return Random(mix(account.seed, 4242, account.changes))  # noqa: S311 - not for secrets


def offers(entity: str, kind: str) -> bool:
    """Say whether there is such a generic change (edit, insert, delete) of an entity."""
    if entity not in ENTITIES:
        return False
    without = {"delete": _KEPT, "insert": _ACCOUNTS, "edit": _UNCHANGEABLE}
    return entity not in without[kind]


def _places(account: Account, entity: str) -> list[str]:
    """Return the accounts that answer and can have such records."""
    return [place for place in account.collections[entity] if place == NOBODY or account.customers[place].enabled]


def pick(account: Account, entity: str) -> str:
    """Return the resource name of some record in an account that answers.

    Raises:
        NobodyLeft: when there is none.
    """
    places = _places(account, entity)
    counts = [account.collections[entity][place].count() for place in places]
    if not sum(counts):
        raise NobodyLeft(f"there is no {entity} left")
    rank = random_of(account).randrange(sum(counts))
    for place, count in zip(places, counts, strict=True):
        if rank < count:
            collection = account.collections[entity][place]
            record = collection.get(collection.seek(rank)) or {}
            return str(record["resourceName"])
        rank -= count
    raise NobodyLeft(f"there is no {entity} left")


# --- any entity ----------------------------------------------------------------------------------------------------


def _local(account: Account, customer_id: str, *, micros: bool = False) -> str:
    now = account.now(customer_id or account.world.top.id)
    return now.strftime("%Y-%m-%d %H:%M:%S.%f" if micros else "%Y-%m-%d %H:%M:%S")


def _has(account: Account, entity: str, field: str) -> bool:
    spec = account.specs.get(entity)
    resource = spec.resource if spec else "customer" if entity == "Customer" else ""
    return bool(resource) and any(leaf.snake == field for leaf in shape(resource).leaves)


def _save(account: Account, entity: str, place: str, record: Record, **more: object) -> Changed:
    """Store a changed record with a modified time that is later than the one before."""
    if _has(account, entity, "last_modified_time"):
        record["lastModifiedTime"] = _later(record.get("lastModifiedTime"), _local(account, place, micros=True))
    return _store(account, entity, place, record, **more)


def _later(before: object, now: str) -> str:
    if not isinstance(before, str) or before < now:
        return now
    moment = datetime.fromisoformat(before) + timedelta(microseconds=1)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _store(account: Account, entity: str, place: str, record: Record, **more: object) -> Changed:
    account.put(entity, place, record)
    return {"entity": entity, "customer_id": place, "id": record["resourceName"], **more}


def _edit(entity: str, account: Account, number: str | None = None, values: Changed | None = None) -> Changed:
    if entity in _UNCHANGEABLE and not values:
        raise ValueError(f"there is nothing about a {entity} that could change")
    chosen = _late_event(account, entity) if entity in _EVENTS else pick(account, entity)
    place, record = account.copy_of(entity, chosen if number is None else str(number))
    for path, value in (values or _default_edit(account, entity, record)).items():
        set_path(record, path, value)
    return _save(account, entity, place, record)


def _default_edit(account: Account, entity: str, record: Record) -> Changed:
    text = f"edited #{account.changes} \N{PENCIL}"
    key = "description" if entity == CUSTOM_COLUMN else next((key for key in _EDITABLE if key in record), None)
    if key is not None:
        return {key: text}
    if "status" in record:
        return {"status": "ENABLED" if record["status"] != "ENABLED" else "PAUSED"}
    return _otherwise(account, entity, record)


def _otherwise(account: Account, entity: str, record: Record) -> Changed:
    """Return an edit of what has neither a text nor a status."""
    own: dict[str, Changed] = {
        "CampaignBudget": {"amountMicros": str(1_000_000 + account.changes * 10_000)},
        "AdGroupBidModifier": {"bidModifier": account.changes / 8},
        "AssetGroupSignal": {"audience.audience": f"customers/{account.world.top.id}/audiences/{account.changes}"},
        "AssetGroupListingGroupFilter": {"type": "SUBDIVISION" if record.get("type") != "SUBDIVISION" else "UNIT_INCLUDED"},
        "Visit": {"clickId": f"click-{account.changes}"},
    }
    return own.get(entity, {"label": f"customers/{account.world.top.id}/labels/{account.changes}"})


def _insert(entity: str, account: Account, customer_id: str | None = None) -> Changed:
    """Insert a record, made now; its numbers, if it has any, begin today."""
    if entity in _ACCOUNTS:
        raise ValueError(f"a {entity} cannot be inserted")
    places = _places(account, entity)
    if not places:
        raise NobodyLeft(f"there is no account left for a {entity}")
    place = random_of(account).choice(places) if customer_id is None else customer_id
    collection = account.collections[entity][place]
    record = _fresh(collection)
    if record is None:
        raise NobodyLeft(f"there is no {entity} left that is not there already")
    today = account.today(place or account.world.top.id)
    if entity in _WITH_NUMBERS or entity == CUSTOM_COLUMN:
        record["_since"] = today.toordinal()
    if entity in _DATED:
        record["creationTime"] = _local(account, place)
    if "_segments" in record:
        _move_event(record, today)
    return _save(account, entity, place, record | ({"lastModifiedTime": ""} if _has(account, entity, "last_modified_time") else {}))


def _fresh(collection: Collection) -> Record | None:
    """Return a record that is not there yet, None if all that are tried are: links between few records are soon used up."""
    for _ in range(_TRIES):
        record = collection.make(collection.next_row())
        if collection.get(collection.number(record["resourceName"])) is None:
            return record
    return None


def _move_event(record: Record, today: date) -> None:
    """Let an event be one of today."""
    before, day = record["_day"], today.isoformat()
    record["_segments"] = record["_segments"] | {"date": day}
    for key, value in record.items():
        if isinstance(value, str) and value.startswith(before):
            record[key] = day + value[len(before) :]


def _delete(entity: str, account: Account, number: str | None = None) -> Changed:
    """Delete a record for good: nothing tells of it, and what refers to it goes on doing so."""
    if entity in _KEPT:
        raise ValueError(f"a {entity} is never deleted")
    place, record = account.copy_of(entity, pick(account, entity) if number is None else str(number))
    account.remove(entity, place, record["resourceName"])
    return {"entity": entity, "customer_id": place, "id": record["resourceName"]}


_ENTITIES = """
    Customer CustomerClient CustomerManagerLink Campaign CampaignBudget AdGroup AdGroupAd AdGroupCriterion CampaignCriterion
    AdGroupBidModifier AccessibleBiddingStrategy CampaignLabel AdGroupLabel AdGroupAdLabel AdGroupCriterionLabel CampaignEffectiveLabel
    AdGroupEffectiveLabel AdGroupAdEffectiveLabel AdGroupCriterionEffectiveLabel Asset CustomerAsset CampaignAsset AdGroupAsset AssetGroup
    AssetGroupAsset AssetGroupSignal AssetGroupListingGroupFilter AssetSet AssetSetAsset CustomerAssetSet CampaignAssetSet AdGroupAssetSet
    Audience UserList BiddingStrategy ConversionAction ConversionCustomVariable Label CustomColumn GeoTargetConstant LanguageConstant
    ProductBiddingCategoryConstant Conversion Visit
"""
ENTITIES: dict[str, Generic] = {
    entity: Generic(partial(_edit, entity), partial(_insert, entity), partial(_delete, entity)) for entity in _ENTITIES.split()
}


# --- statuses ------------------------------------------------------------------------------------------------------


def _remove(account: Account, entity: str = "Campaign", number: str | None = None) -> Changed:
    """Remove a record: it stays, with a status that says so."""
    if entity not in _REMOVABLE:
        raise ValueError(f"a {entity} has no status for that; there are {', '.join(_REMOVABLE)}")
    place, record = account.copy_of(entity, pick(account, entity) if number is None else str(number))
    record["status"] = REMOVED
    return _save(account, entity, place, record)


def _cancel_client(account: Account, number: str | None = None) -> Changed:
    """Cancel a client, given by its resource name or id: from now on it answers 403, and its managers say why."""
    clients = account.clients()
    if not clients:
        raise NobodyLeft("there is no client left")
    client = random_of(account).choice(clients).id if number is None else str(number).rsplit("/", 1)[-1]
    if client not in account.customers or account.customers[client].manager:
        raise LookupError(f"there is no client {number}")
    account.set_status(client, CANCELED)
    place, record = account.copy_of("Customer", f"customers/{client}")
    _save(account, "Customer", place, record | {"status": CANCELED})
    for manager in account.world.chain(client)[1:]:
        place, record = account.copy_of("CustomerClient", f"{manager.resource_name}/customerClients/{client}")
        _store(account, "CustomerClient", place, record | {"status": CANCELED})
    return {"entity": "Customer", "customer_id": client, "id": f"customers/{client}"}


# --- labels, custom columns, conversions ---------------------------------------------------------------------------


def _label_attach(account: Account, customer_id: str | None = None) -> Changed:
    """Attach a label to a campaign, which then has it effectively, too."""
    done = _insert("CampaignLabel", account, customer_id)
    place, record = account.copy_of("CampaignLabel", done["id"])
    name = str(record["resourceName"]).replace("/campaignLabels/", "/campaignEffectiveLabels/")
    _store(account, "CampaignEffectiveLabel", place, record | {"resourceName": name})
    _relabel(account, record["campaign"], lambda labels: [*labels, record["label"]])
    return done


def _label_detach(account: Account, number: str | None = None) -> Changed:
    """Take a label from a campaign."""
    place, record = account.copy_of("CampaignLabel", pick(account, "CampaignLabel") if number is None else str(number))
    name = record["resourceName"]
    account.remove("CampaignLabel", place, name)
    account.remove("CampaignEffectiveLabel", place, name.replace("/campaignLabels/", "/campaignEffectiveLabels/"))
    _relabel(account, record["campaign"], lambda labels: [label for label in labels if label != record["label"]])
    return {"entity": "CampaignLabel", "customer_id": place, "id": name}


def _relabel(account: Account, campaign: str, change: Callable[[list[str]], list[str]]) -> None:
    place, record = account.copy_of("Campaign", campaign)
    for key in ("labels", "effectiveLabels"):
        record[key] = change(record.get(key, []))
        if not record[key]:
            del record[key]
    _save(account, "Campaign", place, record)


def _custom_column_new(account: Account, customer_id: str | None = None) -> Changed:
    """Make a custom column in a manager; it has values from today on."""
    return _insert(CUSTOM_COLUMN, account, customer_id)


def _conversion_edit(account: Account, number: str | None = None) -> Changed:
    """Take back a conversion of the last days."""
    place, record = account.copy_of("Conversion", _late_event(account, "Conversion") if number is None else str(number))
    modified = {"status": REMOVED, "conversionLastModifiedDateTime": _local(account, place)}
    return _store(account, "Conversion", place, record | modified)


def _late_event(account: Account, entity: str) -> str:
    names = [
        record["resourceName"]
        for client in account.clients()
        for record in account.records(entity, client.id)
        if date.fromisoformat(record["_day"]) > account.today(client.id) - timedelta(days=_CONVERSION_DAYS)
    ]
    if not names:
        raise NobodyLeft(f"there was no {entity} lately")
    return str(random_of(account).choice(names))


def set_value(account: Account, entity: str, number: str, path: str, value: Any) -> Changed:
    """Set one value by its dotted path; nothing else of the record changes, its modified time neither."""
    with account.lock:
        place, record = account.copy_of(entity, str(number))
        account.put(entity, place, set_path(record, path, value))
    return {"entity": entity, "customer_id": place, "id": number, "path": path, "value": value}


KINDS: dict[str, Change] = {
    "remove": _remove,
    "cancel_client": _cancel_client,
    "label_attach": _label_attach,
    "label_detach": _label_detach,
    "custom_column_new": _custom_column_new,
    "conversion_edit": _conversion_edit,
}


def bundle(account: Account, share: float) -> list[Planned]:
    """Return the changes, each with how often and its options, that change about this share of all records."""
    plan: list[Planned] = []
    for entity in ENTITIES:
        times = max(1, round(share * sum(account.collections[entity][place].count() for place in _places(account, entity))))
        plan += [(kind, times, {"entity": entity}) for kind in ("edit", "insert", "delete") if offers(entity, kind)]
    plan += [("remove", 1, {"entity": entity}) for entity in _REMOVABLE]
    return [*plan, ("label_attach", 1, {}), ("label_detach", 1, {}), ("custom_column_new", 1, {}), ("conversion_edit", 1, {})]
