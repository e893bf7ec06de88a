"""The accounts as records, what only managers have, and the constants, which belong to nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sandbox.arithmetic import Record
from sandbox.collection import Collection
from sandbox.sa360.entities import filled
from sandbox.sa360.entities_scope import Names, Scope, number_of
from sandbox.sa360.world import CustomerInfo, World

CUSTOM_COLUMN = "CustomColumn"
NOBODY = ""  # the account under which the constants are kept
_COLUMNS = (
    ("My ROAS", "DOUBLE", True, "NUMBER"), ("Visits \N{FIRE}", "INT64", True, "NUMBER"),
    ("Grade, \"rough\"", "STRING", True, "STRING"), ("Worth it?", "BOOLEAN", True, "BOOLEAN"),
    ("Not for queries", "DOUBLE", False, "MONEY"),
)  # fmt: skip


# --- accounts ------------------------------------------------------------------------------------------------------


def customer_record(world: World, info: CustomerInfo, _: int = 0) -> Record:
    """Return an account as it tells of itself."""
    above = world.chain(info.id)[1:]
    managers = {each.level: each for each in above}
    top, sub = managers.get(0), managers.get(1)
    google = info.account_type in {"GOOGLE_ADS", "SEARCH_ADS_360"}
    associate = world.customers[2] if info.index % 2 and not info.manager else None
    own: dict[str, Any] = {
        "id": info.id, "descriptiveName": info.name, "currencyCode": info.currency, "timeZone": info.time_zone, "manager": info.manager,
        "status": info.status, "accountType": info.account_type, "accountLevel": _level(info),
        "accountStatus": "ENABLED" if info.enabled else "SUSPENDED", "engineId": None if google else f"e-{info.index}00",
        "conversionTrackingSetting.googleAdsConversionCustomer": (top or info).resource_name,
        "doubleClickCampaignManagerSetting.timeZone": info.time_zone,
        "managerId": top and top.id, "managerDescriptiveName": top and top.name,
        "subManagerId": sub and sub.id, "subManagerDescriptiveName": sub and sub.name,
        "associateManagerId": associate and associate.id, "associateManagerDescriptiveName": associate and associate.name,
    }  # fmt: skip
    base = world.number("customer", info.index)
    return {"resourceName": info.resource_name} | filled("customer", base, info.index, -1, own)


def _level(info: CustomerInfo) -> str:
    if info.manager:
        return ("MANAGER", "SUB_MANAGER")[info.level]
    kind = info.account_type if info.account_type in {"GOOGLE_ADS", "MICROSOFT", "YAHOO_JAPAN", "FACEBOOK"} else "ENGINE_TRACK"
    return f"CLIENT_ACCOUNT_{kind}"


def client_record(world: World, manager: CustomerInfo, row: int) -> Record:
    """Return what a manager tells of an account below it, or of itself at level 0."""
    info = world.subtree(manager.id)[row]
    own: dict[str, Any] = {
        "clientCustomer": info.resource_name, "hidden": info.status == "CANCELED", "level": str(info.level - manager.level),
        "timeZone": info.time_zone, "testAccount": False, "manager": info.manager, "descriptiveName": info.name,
        "currencyCode": info.currency, "id": info.id, "status": info.status,
        "appliedLabels": [Scope(world, manager).ref("label", 0)] if row % 2 else None,
    }  # fmt: skip
    base = world.number("customer_client", manager.index, info.index)
    return {"resourceName": f"{manager.resource_name}/customerClients/{info.id}"} | filled("customer_client", base, row, -1, own)


def _link_tail(scope: Scope, _: int = 0) -> str:
    return f"{scope.info.parent}~{scope.id('manager_link', 0)}"


def link_record(scope: Scope, _: int) -> Record:
    """Return a client's link to the manager above it."""
    manager = f"customers/{scope.info.parent}"
    own = {"managerCustomer": manager, "managerLinkId": scope.id("manager_link", 0), "status": "ACTIVE"}
    base = scope.world.number("customer_manager_link", scope.info.index)
    return {"resourceName": scope.name("customer_manager_link", _link_tail(scope))} | filled("customer_manager_link", base, 0, -1, own)


# --- custom columns ------------------------------------------------------------------------------------------------


def column_record(scope: Scope, row: int) -> Record:
    """Return a custom column of a manager; booleans are always there, and one column may not be queried."""
    number = scope.id("custom_column", row)
    name, kind, queryable, render = _COLUMNS[row % len(_COLUMNS)]
    told: Record = {"description": f"Made by \"somebody\", {row}", "referencedSystemColumns": ["metrics.clicks", "campaign.id"]}
    return {
        "resourceName": f"{scope.info.resource_name}/customColumns/{number}", "id": number, "name": f"{name} {scope.info.index}.{row}",
        "valueType": kind, "referencesAttributes": row % 2 == 1, "referencesMetrics": True, "queryable": queryable, "renderType": render,
        **({} if row % 3 == 2 else told),
    }  # fmt: skip


# --- constants -----------------------------------------------------------------------------------------------------


def _geo(row: int) -> Record:
    number = str(2_840_001 + row)
    parent = None if row == 0 else "geoTargetConstants/2840001"
    own = {"id": number, "parentGeoTarget": parent, "countryCode": "US", "targetType": "City"}
    return {"resourceName": f"geoTargetConstants/{number}"} | filled("geo_target_constant", 7919 * (row + 1), row, -1, own)


def _language(row: int) -> Record:
    number = str(1000 + row)
    own = {"id": number, "code": ("en", "de", "ja", "zh_CN")[row % 4], "targetable": row != 1}
    return {"resourceName": f"languageConstants/{number}"} | filled("language_constant", 104_729 * (row + 1), row, -1, own)


def _category(row: int) -> Record:
    number, level = str(5_181_001 + row), f"LEVEL{row % 5 + 1}"
    parent = None if row == 0 else "productBiddingCategoryConstants/US~LEVEL1~5181001"
    own = {"id": number, "level": level, "countryCode": "US", "productBiddingCategoryConstantParent": parent, "languageCode": "en"}
    return {"resourceName": f"productBiddingCategoryConstants/US~{level}~{number}"} | filled(
        "product_bidding_category_constant", 1_299_709 * (row + 1), row, -1, own
    )


_CONSTANTS: Mapping[str, tuple[Callable[[int], Record], int]] = {
    "GeoTargetConstant": (_geo, 6), "LanguageConstant": (_language, 4), "ProductBiddingCategoryConstant": (_category, 5),
}  # fmt: skip


# --- collections ---------------------------------------------------------------------------------------------------


def _name_made(make: Callable[[int], Record], row: int) -> str:
    return str(make(row)["resourceName"])


def _collection(entity: str, count: int, tail: Callable[[int], str], make: Callable[[int], Record]) -> Collection:
    return Collection(entity, Names(count, tail), make, id_key="resourceName", number=number_of)


def collections(world: World) -> dict[str, dict[str, Collection]]:
    """Return the accounts, the links between them, the custom columns and the constants, by entity and account."""
    found: dict[str, dict[str, Collection]] = {"Customer": {}, "CustomerClient": {}, "CustomerManagerLink": {}, CUSTOM_COLUMN: {}}
    for info in world.customers:
        scope = Scope(world, info)
        found["Customer"][info.id] = _collection("Customer", 1, [info.id].__getitem__, partial(customer_record, world, info))
        if info.manager:
            below = [each.id for each in world.subtree(info.id)]
            client = partial(client_record, world, info)
            found["CustomerClient"][info.id] = _collection("CustomerClient", len(below), below.__getitem__, client)
            columns = 2 if info.level else len(_COLUMNS)
            tail = partial(scope.id, "custom_column")
            found[CUSTOM_COLUMN][info.id] = _collection(CUSTOM_COLUMN, columns, tail, partial(column_record, scope))
        elif info.campaigns:
            link = _collection("CustomerManagerLink", 1, partial(_link_tail, scope), partial(link_record, scope))
            found["CustomerManagerLink"][info.id] = link
    for entity, (make, count) in _CONSTANTS.items():
        found[entity] = {NOBODY: _collection(entity, count, partial(_name_made, make), make)}
    return found
