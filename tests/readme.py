"""Writes the generated parts of the connectors' READMEs: `python -m tests.readme [--snapshot] [folder ...]`.

What can be derived from a connector's declarations stands between `<!-- generated: NAME -->` and `<!-- end -->`; the rest of a README is
written by hand. So is one column of the generated list of tables, what a table holds: it is read from the README and put back. What a
deploy needs of the declarations is in the README at the top and in the workflow, and written too (tests/deploy/documents.py).
`--snapshot` also stores the schema anew, by which tests/contract/test_declarations.py notices a change that nobody meant.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from common.errors import ERRORS
from common.settings import Setting
from common.tables import Table
from tests.contract.facts import example
from tests.deploy import documents
from tests.loading import FOLDERS, ROOT, load, schema_of

SNAPSHOTS = Path(__file__).parent / "contract" / "snapshots"
# in Markdown, and in YAML
PART = re.compile(r"((?:<!--|#) generated: (\w+)[^\n]*\n).*?( *(?:<!--|#) end\b)", re.DOTALL)
TABLE_LINE = re.compile(r"^\| `(\w+)` \| ([^|]*?) \|", re.MULTILINE)
MANY = 40  # tables, of which those that are linked with no other one have a diagram of their own
OWN_DIAGRAM = 5  # child tables from which on a table has a diagram of its own


class Model:
    """A connector's tables with what their names tell: which column points where, and which table is part of which other."""

    def __init__(self, modules: SimpleNamespace) -> None:
        self.modules = modules
        self.optional: Sequence[str] = getattr(modules.models, "OPTIONAL_TABLES", ())
        self.parents: Mapping[str, str] = getattr(modules.plan, "PARENTS", {})
        self.named: Mapping[str, str] = getattr(modules.plan, "LINKS", {})
        self.tables: dict[str, Table] = {table.name: table for table in (*modules.models.tables(self.optional), ERRORS)}

    @cached_property
    def always(self) -> set[str]:
        """The tables that every connection has."""
        return {table.name for table in (*self.modules.models.tables(()), ERRORS)}

    def target(self, table: Table, column: str) -> str | None:
        """The table that a column points to: `merged_into_contact_id` to `contacts`, `parent_id` to its own table."""
        if column == "parent_id":
            return table.name
        parent = self.parents.get(table.name)
        if parent and column == table.key[0] and len(self.tables[parent].key) == 1:
            return parent
        named = self.named.get(f"{table.name}.{column}") or self.named.get(column)
        if [column] == table.key or named == table.name:
            return None
        return named or (self._named_alike(column) if column.endswith("_id") else None)

    def _named_alike(self, column: str) -> str | None:
        """The table that is called like the end of a column's name."""
        words = column.removesuffix("_id").split("_")
        alike = (plural("_".join(words[start:])) for start in range(len(words)))
        return next((name for name in alike if self._is_pointed_to(name)), None)

    def _is_pointed_to(self, name: str) -> bool:
        table = self.tables.get(name)
        return table is not None and ("id" in table.columns or table.key == [f"{singular(name)}_id"])

    def links(self, table: Table) -> dict[str, str]:
        """The columns of a table that point to another one, with its name."""
        found = {column: self.target(table, column) for column in table.columns}
        return {column: name for column, name in found.items() if name}

    def parent(self, table: Table) -> str | None:
        """The table whose records the rows of this one are part of.

        Of the tables that the key points to, it is the last one that is itself part of the one before: by (list_id, mailing_id, position)
        the mailings, which are part of lists.
        """
        if self.parents:
            return self.parents.get(table.name)
        parent: str | None = None
        for column in table.key if len(table.key) > 1 else ():
            pointed_to = self.target(table, column)
            if pointed_to in {None, table.name} or (parent and self.parent(self.tables[str(pointed_to)]) != parent):
                break
            parent = pointed_to
        return parent

    def children(self, name: str) -> list[Table]:
        """The tables that hold parts of a table's records."""
        return [table for table in self.tables.values() if self.parent(table) == name]


def plural(word: str) -> str:
    """A table's name from the name of one of its records."""
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def singular(name: str) -> str:
    """The name of one of a table's records."""
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


# --- Settings ---


def settings_table(settings: Iterable[Setting]) -> str:
    """The settings as a table."""
    lines = ["| setting | required | default | meaning |", "| --- | --- | --- | --- |"]
    for setting in settings:
        default = f"`{setting.default}`" if setting.default else ""
        meaning = setting.description[:1].upper() + setting.description[1:]
        secret = " Secret." if setting.secret else ""
        lines.append(f"| `{setting.name}` | {_required(setting)} | {default} | {meaning}{documents.span(setting)}{secret} |")
    return "\n".join(lines)


def _required(setting: Setting) -> str:
    instead = getattr(setting, "unless", "")
    return ("yes, unless `" + instead + "` is given" if instead else "yes") if setting.required else "no"


# --- Diagrams ---


def diagrams(model: Model) -> str:
    """The tables with their keys: first those that stand for themselves, then with each the tables that hold its records' parts."""
    own = [table for table in model.tables.values() if not model.parent(table)]
    groups = {table.name: model.children(table.name) for table in model.tables.values()}
    large = [name for name, children in groups.items() if len(children) >= OWN_DIAGRAM]
    small = [name for name, children in groups.items() if 0 < len(children) < OWN_DIAGRAM]
    linked = {name for table in own for name in (*model.links(table).values(), *([table.name] if model.links(table) else []))}
    alone = [table for table in own if table.name not in linked] if len(own) > MANY else []
    parts = [("Tables that stand for themselves", _diagram(model, [table for table in own if table not in alone], []))]
    if alone:
        parts.append(("Tables that point to none of these", _diagram(model, alone, [])))
    parts += [(f"The parts of `{name}`", _diagram(model, groups[name], [name])) for name in large]
    if small:
        parts.append(("The parts of the other tables", _diagram(model, [table for name in small for table in groups[name]], small)))
    return "\n\n".join(f"**{title}**\n\n```mermaid\n{diagram}\n```" for title, diagram in parts)


def _diagram(model: Model, tables: Sequence[Table], parents: Sequence[str]) -> str:
    """An ER diagram of these tables; the parents appear with their keys alone."""
    drawn = [*(model.tables[name] for name in parents), *tables]
    lines = ["erDiagram"]
    for table in drawn:
        lines += _entity(model, table, with_links=table.name not in parents)
    for table in tables:
        lines += _edges(model, table, {one.name for one in drawn})
    return "\n".join(lines)


def _entity(model: Model, table: Table, *, with_links: bool) -> Iterator[str]:
    links = model.links(table) if with_links else {}
    yield f"    {table.name} {{"
    for column in [*table.key, *(column for column in links if column not in table.key)]:
        marks = ", ".join(mark for mark, holds in (("PK", column in table.key), ("FK", column in links)) if holds)
        comment = f' "{links[column]}"' if column in links else ""
        yield f"        {_kind(table, column)} {column} {marks}{comment}"
    yield "    }"


def _kind(table: Table, column: str) -> str:
    kind = table.columns[column].type
    return (kind if isinstance(kind, str) else str(kind["type"])).lower()


def _edges(model: Model, table: Table, drawn: set[str]) -> Iterator[str]:
    columns: dict[str, list[str]] = {}
    for column, target in model.links(table).items():
        if target in drawn:
            columns.setdefault(target, []).append(column)
    for target, names in columns.items():
        arrow = "||--o{" if set(table.key) & set(names) else "|o..o{"
        yield f'    {target} {arrow} {table.name} : "{", ".join(names)}"'


# --- The list of tables ---


def table_list(model: Model, holds: Mapping[str, str]) -> str:
    """Each table with its key, its size and how it is kept up to date."""
    lines = ["| table | holds | key | columns | kept up to date |", "| --- | --- | --- | --- | --- |"]
    for table in model.tables.values():
        key = ", ".join(f"`{column}`" for column in table.key)
        lines.append(f"| `{table.name}` | {holds.get(table.name, '')} | {key} | {len(table.columns)} | {upkeep(model, table)} |")
    return "\n".join(lines)


def upkeep(model: Model, table: Table) -> str:
    """How a table is kept up to date."""
    if table is ERRORS:
        return "as trouble comes and goes"
    told: str = model.modules.plan.upkeep(table.name) or f"with `{model.parent(table)}`"
    if table.name not in model.always:
        return f"optional; {told}"
    return told + ("; optional: all of them" if table.name in model.optional else "")


# --- What the command and the tests use ---


def generated(folder: str) -> dict[str, str]:
    """The generated parts of a connector's README by name."""
    model = Model(load(folder))
    return {
        "settings": settings_table(model.modules.settings.SETTINGS),
        "diagrams": diagrams(model),
        "tables": table_list(model, descriptions(folder)),
    }


def descriptions(folder: str) -> dict[str, str]:
    """What each table holds, as a person wrote it into the README's list of tables."""
    return dict(TABLE_LINE.findall(parts(folder).get("tables", "")))


def parts(folder: str) -> dict[str, str]:
    """The parts between the markers of a connector's README as they stand, by name."""
    return parts_of(readme_path(folder))


def stale(folder: str) -> list[str]:
    """The names of the parts that differ from what the declarations say, those without a marker included."""
    return stale_in(readme_path(folder), generated(folder))


def parts_of(path: Path) -> dict[str, str]:
    """The parts between the markers of a file as they stand, by name."""
    return {found[2]: found[0][len(found[1]) : -len(found[3])] for found in PART.finditer(path.read_text(encoding="utf-8"))}


def stale_in(path: Path, new: Mapping[str, str]) -> list[str]:
    """The names of the parts of a file that differ from what they should be, those without a marker included."""
    there = parts_of(path)
    return [name for name, text in new.items() if there.get(name) != f"{text}\n"]


def renew(path: Path, new: Mapping[str, str]) -> None:
    """Puts the generated parts into a file, and says which were stale."""
    for name in stale_in(path, new):
        place = path.relative_to(ROOT)
        print(f"{place}: {name} is written anew" if name in parts_of(path) else f"{place}: no marker for {name}")
    content = path.read_text(encoding="utf-8")
    path.write_text(PART.sub(lambda found: f"{found[1]}{new[found[2]]}\n{found[3]}", content), encoding="utf-8")


def readme_path(folder: str) -> Path:
    """Where a connector's README is."""
    return ROOT / folder / "README.md"


def schema(folder: str) -> list[dict[str, Any]]:
    """What a connector's `schema` says when every optional table is switched on."""
    modules = load(folder)
    configuration = {setting.name: example(folder, setting.name, "x") for setting in modules.settings.SETTINGS if setting.required}
    if hasattr(modules.models, "OPTIONAL_TABLES"):
        configuration["optional_tables"] = ",".join(modules.models.OPTIONAL_TABLES)
    return schema_of(folder, configuration)


def snapshot_path(folder: str) -> Path:
    """Where a connector's schema is stored."""
    return SNAPSHOTS / f"{folder}.json"


def snapshot(folder: str) -> str:
    """A connector's schema as text, a line for each table."""
    lines = ",\n".join(json.dumps(table) for table in schema(folder))
    return f"[\n{lines}\n]\n"


def main(words: Sequence[str]) -> int:
    """Writes what is stale and says so."""
    folders = [word for word in words if word != "--snapshot"] or FOLDERS
    for path, new in documents.generated(FOLDERS).items():
        renew(path, new)
    for folder in folders:
        renew(readme_path(folder), generated(folder))
        if "--snapshot" in words:
            SNAPSHOTS.mkdir(exist_ok=True)
            snapshot_path(folder).write_text(snapshot(folder), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
