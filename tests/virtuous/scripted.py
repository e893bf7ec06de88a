"""A scripted API for sync.py: a few records by entity, what each entity can be asked by, and failures on demand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from common.failures import NotFound
from common.settings import parse
from tests.doubles import FakeClock, FakeFivetran
from tests.loading import load

Record = dict[str, Any]
MODULES = load("virtuous")
ID_PARAMETERS = {entity.table: entity.ids[0] for entity in MODULES.plan.ENTITIES}
OPERATORS = ("Is", "GreaterThan", "LessThan", "OnOrAfter")


class Script:
    """What the source holds and how it behaves; `asked` lists (table, conditions of the first group, take)."""

    def __init__(self) -> None:
        self.records: dict[str, list[Record]] = {}
        self.parameters: dict[str, set[str]] = {}
        self.attached: dict[str, list[Record]] = {}
        self.organization_record: Record = {"organizationUserId": 1, "organizationCulture": "en-US"}
        self.fail: Callable[[str], None] = lambda path: None
        self.asked: list[tuple[str, list[Any], int]] = []
        self.paths: list[str] = []
        self.archived: set[int] = set()
        self.archived_flags: list[bool | None] = []

    # --- the methods of VirtuousApi ---

    def organization(self) -> Record:
        self._called("Organization/Current")
        return dict(self.organization_record)

    def query_options(self, resource: str) -> list[Record]:
        self._called(f"{resource}/QueryOptions")
        entity = next(one for one in MODULES.plan.ENTITIES if one.resource == resource)
        names = self.parameters.get(entity.table, {ID_PARAMETERS[entity.table], "Last Modified Date", "Contact Id"})
        return [{"parameter": name, "operatorOptions": [{"operator": operator} for operator in OPERATORS]} for name in names]

    def query(self, path: str, groups: Any, skip: int, take: int, *, include_archived: bool | None = None) -> Any:
        self._called(path)
        table = next((one.table for one in MODULES.plan.ENTITIES if path in {one.query, one.cheap}), path)
        self.asked.append((path, list(groups[0]) if groups else [], take))
        self.archived_flags.append(include_archived)
        found = [record for record in self.records.get(table, []) if self._matches(record, groups, table)]
        if include_archived is False:
            found = [record for record in found if record["id"] not in self.archived]
        found.sort(key=lambda record: record["id"])
        return MODULES.api.Page(copy.deepcopy(found[skip : skip + take]), len(found))

    def search(self, path: str, skip: int, take: int) -> Any:
        self._called(path)
        return MODULES.api.Page([], 0)

    def listing(self, path: str, skip: int = 0, take: int = 1000) -> Any:
        self._called(path)
        records = self.attached.get(path, [])
        return MODULES.api.Page(copy.deepcopy(records[skip : skip + take]), len(records))

    def project_expenses(self, project_id: int, take: int) -> Any:
        raise NotFound("no such module")

    def _called(self, path: str) -> None:
        self.paths.append(path)
        self.fail(path)

    def _matches(self, record: Record, groups: Any, table: str) -> bool:
        return not groups or any(all(self._holds(record, one, table) for one in group) for group in groups)

    @staticmethod
    def _holds(record: Record, condition: Any, table: str) -> bool:
        if condition.parameter.startswith("Last Modified"):
            return bool(str(record.get("modifiedDateTimeUtc", ""))[:10] >= condition.value)
        number = record["id"] if condition.parameter == ID_PARAMETERS.get(table) else record["contactId"]
        value = int(condition.value)
        return bool({"Is": number == value, "GreaterThan": number > value, "LessThan": number < value}[condition.operator])


class Scripted:
    """The connector with a script for a source."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
        self.script, self.clock = Script(), FakeClock()
        self.settings = {"bearer_token": "x"} | settings
        everything = {"optional_tables": ",".join(MODULES.models.OPTIONAL_TABLES)}
        self.fivetran = FakeFivetran(MODULES.connector.schema(self.settings | everything))
        monkeypatch.setattr(MODULES.reading, "VirtuousApi", lambda ask: self.script)
        monkeypatch.setattr(MODULES.sync, "op", self.fivetran)

    def sync(self, stop_at: int | None = None, **settings: str) -> None:
        """One sync; `settings` change from here on."""
        self.settings |= settings
        self.script.asked.clear()
        self.script.paths.clear()
        self.script.archived_flags.clear()
        state = self.fivetran.begin_sync(stop_at)
        MODULES.sync.run(parse(self.settings, MODULES.settings.SETTINGS), state, self.clock)

    def column(self, table: str, column: str) -> list[Any]:
        return sorted((row[column] for row in self.fivetran.committed[table].values()), key=str)

    def conditions(self, path: str) -> list[tuple[str, str, str]]:
        """The conditions of the first question that was asked of a path."""
        return [tuple(one) for one in next(conditions for asked, conditions, _ in self.script.asked if asked == path)]
