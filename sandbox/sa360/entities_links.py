"""What ties two records together: labels, assets and asset sets with what they are attached to, and signals and bid modifiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.sa360.entities_scope import CRITERIA, Scope, Spec
from sandbox.sa360.entities_specs import ASSET_GROUPS, ASSET_SETS, LABELS, client_has
from sandbox.sa360.world import ADS

FIELD_TYPES = ("HEADLINE", "MARKETING_IMAGE", "YOUTUBE_VIDEO", "SITELINK", "CALLOUT", "CALL", "MOBILE_APP", "LOGO")
_SIGNAL = 330_000_000_000  # the criterion id of a signal, to which its row is added



def _round(scope_count: int, row: int, others: int) -> tuple[int, int]:
    """Return two row numbers, the first ascending once through its range, no pair twice before all pairs were there."""
    first, again = row % max(scope_count, 1), row // max(scope_count, 1)
    return first, (first + again) % max(others, 1)


# --- labels --------------------------------------------------------------------------------------------------------


def _label_owner(scope: Scope, row: int) -> Scope:
    """Return whose label it is: every third one is of the manager above, and then the whole name begins with that."""
    return scope.above if row % 3 == 1 else scope


def _label_row(row: int, parents: int) -> int:
    return _round(parents, row, LABELS)[1] if row % 3 != 1 else _round(parents, row, 2)[1]


def _campaign_part(scope: Scope, row: int) -> str:
    return scope.id("campaign", row)


def _ad_group_part(scope: Scope, row: int) -> str:
    return scope.id("ad_group", row)


def _ad_part(scope: Scope, row: int) -> str:
    return f"{scope.id('ad_group', row // ADS)}~{scope.id('ad', row)}"


def _keyword_part(scope: Scope, row: int) -> str:
    """Return a keyword's part: that of the first one of an ad group."""
    return f"{scope.id('ad_group', row)}~{scope.criterion_id(row * CRITERIA, CRITERIA, scope.criteria)}"


def _label_link(resource: str, parent: str, part: Callable[[Scope, int], str], parents: Callable[[Scope], int]) -> list[Spec]:
    """Return the direct labels of a kind of record, and the effective ones."""

    def tail(scope: Scope, row: int) -> str:
        first = row % max(parents(scope), 1)
        return f"{part(scope, first)}~{_label_owner(scope, row).id('label', _label_row(row, parents(scope)))}"

    def own(scope: Scope, row: int) -> Mapping[str, Any]:
        owner, wire = _label_owner(scope, row), _CAMEL[parent]
        label = owner.ref("label", _label_row(row, parents(scope)))
        target = scope.name(parent, part(scope, row % max(parents(scope), 1)))
        return {wire: target, "label": label, "ownerCustomerId": owner.info.id}

    return [Spec(f"{resource}{kind}_label", parents, tail, own, owner=_label_owner) for kind in ("", "_effective")]


_CAMEL = {
    "campaign": "campaign", "ad_group": "adGroup", "ad_group_ad": "adGroupAd", "ad_group_criterion": "adGroupCriterion", "asset": "asset",
    "asset_group": "assetGroup", "asset_set": "assetSet",
}  # fmt: skip


# --- assets and asset sets -----------------------------------------------------------------------------------------


def _assets(scope: Scope) -> int:
    return scope.info.assets


def _asset_sets(scope: Scope) -> int:
    return ASSET_SETS if scope.campaigns else 0


def _field_type(row: int, parents: int) -> str:
    return FIELD_TYPES[(row + row // max(parents, 1)) % len(FIELD_TYPES)]


def _link(resource: str, parent: str, target: str, count: Callable[[Scope], int], *, typed: bool) -> Spec:
    """Return what ties records of one kind to assets or asset sets; a typed one says in its name as what the asset is used."""
    others = _assets if target == "asset" else _asset_sets

    def rows(scope: Scope, row: int) -> tuple[int, int]:
        return _round(count(scope), row, others(scope))

    def tail(scope: Scope, row: int) -> str:
        first, second = rows(scope, row)
        kind = f"~{_field_type(row, count(scope))}" if typed else ""
        return f"{scope.id(parent, first)}~{scope.id(target, second)}{kind}"

    def own(scope: Scope, row: int) -> Mapping[str, Any]:
        first, second = rows(scope, row)
        kind = {"fieldType": _field_type(row, count(scope))} if resource == "asset_group_asset" else {}
        return {_CAMEL[parent]: scope.ref(parent, first), _CAMEL[target]: scope.ref(target, second)} | kind

    return Spec(resource, count, tail, own)


def _customer_asset_tail(scope: Scope, row: int) -> str:
    return f"{scope.id('asset', row % max(_assets(scope), 1))}~{_field_type(row, _assets(scope))}"


def _customer_asset(scope: Scope, row: int) -> Mapping[str, Any]:
    return {"asset": scope.ref("asset", row % max(_assets(scope), 1))}


def _customer_asset_set(scope: Scope, row: int) -> Mapping[str, Any]:
    return {"assetSet": scope.ref("asset_set", row), "customer": scope.info.resource_name}


# --- the rest ------------------------------------------------------------------------------------------------------


def _signal_tail(scope: Scope, row: int) -> str:
    return f"{scope.id('asset_group', row % ASSET_GROUPS)}~{_SIGNAL + row}"


def _signal(scope: Scope, row: int) -> Mapping[str, Any]:
    return {"assetGroup": scope.ref("asset_group", row % ASSET_GROUPS), "audience.audience": scope.ref("audience", row % 2)}


def _modifier_tail(scope: Scope, row: int) -> str:
    first = row % max(scope.ad_groups, 1)
    return f"{scope.id('ad_group', first)}~{30_001 + row // max(scope.ad_groups, 1)}"


SPECS: tuple[Spec, ...] = (
    *_label_link("campaign", "campaign", _campaign_part, lambda scope: scope.campaigns),
    *_label_link("ad_group", "ad_group", _ad_group_part, lambda scope: scope.ad_groups),
    *_label_link("ad_group_ad", "ad_group_ad", _ad_part, lambda scope: scope.ads),
    *_label_link("ad_group_criterion", "ad_group_criterion", _keyword_part, lambda scope: scope.ad_groups),
    Spec("customer_asset", lambda scope: min(4, scope.info.assets), _customer_asset_tail, _customer_asset),
    _link("campaign_asset", "campaign", "asset", lambda scope: scope.campaigns, typed=True),
    _link("ad_group_asset", "ad_group", "asset", lambda scope: scope.ad_groups, typed=True),
    _link("asset_group_asset", "asset_group", "asset", client_has(ASSET_GROUPS), typed=True),
    _link("asset_set_asset", "asset_set", "asset", client_has(ASSET_SETS), typed=False),
    _link("campaign_asset_set", "campaign", "asset_set", lambda scope: scope.campaigns, typed=False),
    _link("ad_group_asset_set", "ad_group", "asset_set", lambda scope: scope.ad_groups, typed=False),
    Spec("customer_asset_set", client_has(2), lambda scope, row: scope.id("asset_set", row), _customer_asset_set),
    Spec("asset_group_signal", client_has(ASSET_GROUPS), _signal_tail, _signal),
    Spec("ad_group_bid_modifier", lambda scope: scope.ad_groups, _modifier_tail),
)
