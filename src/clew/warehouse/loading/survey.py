"""The survey of a load: which paths its messages have, with values of what kinds. Some statements for all tables together.

It comes before the rows are written, in the same transaction, so that no row is without its columns.
"""

# ruff: noqa: S608 - what is put into SQL here is constant

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

import duckdb

from clew.config import Warehouse as Options
from clew.warehouse.columns import naming
from clew.warehouse.columns.extract import Path
from clew.warehouse.columns.kinds import ARRAY
from clew.warehouse.columns.leaves import Leaf, leaves
from clew.warehouse.loading.registry import CONTEXT, Finding, Registry, Table

CALLS = {"identify": "identifies", "page": "pages", "screen": "screens", "group": "groups", "alias": "aliases"}
"""Type of message -> its table; those of track calls are named by their events."""

_CALLS = "SELECT row_number() OVER () AS node, * FROM (SELECT DISTINCT source, type, coalesce(event, '') AS event FROM stage)"
_STAGED = "stage JOIN calls ON calls.source = stage.source AND calls.type = stage.type AND calls.event = coalesce(stage.event, '')"


class Notice(NamedTuple):
    """Something about the data that its owner should know."""

    reason: str
    source: str
    table: str
    name: str
    detail: str


class Survey:
    """One load's survey. `changed`: tables that are new or whose columns are others than before; `notices`: what the owner should know;
    `crowded`: some paths got no column."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, registry: Registry, options: Options, *, known: bool = False) -> None:
        """`known`: what keys and kinds of values there are in messages that have not `learned` was noted before, or is in others of the load."""
        self._cursor = cursor
        self._registry = registry
        self._options = options
        self.changed: set[Table] = set()
        self.notices: set[Notice] = set()
        self.crowded = False
        self._tables = self._groups()
        new = "WHERE learned IS NOT FALSE" if known else ""
        # Many messages have the context in common.
        contexts = self._leaves(f"(SELECT DISTINCT node, context AS json FROM {_STAGED} {new})")
        for source in sorted({table.source for table in contexts}):
            self._note_contexts(source, {table: some for table, some in contexts.items() if table.source == source})
        for table, some in sorted(self._leaves(f"(SELECT node, payload AS json FROM {_STAGED} {new})").items()):
            if table.name != "tracks":
                self._note(table, some)

    def _leaves(self, objects: str) -> dict[Table, list[Leaf]]:
        """The leaves of each table's payloads or contexts; a table of the load without any is there too."""
        found: dict[Table, list[Leaf]] = {table: [] for tables in self._tables.values() for table in tables}
        for leaf in leaves(self._cursor, objects):
            for table in self._tables[leaf.group]:
                found[table].append(leaf)
        return found

    def _groups(self) -> dict[int, list[Table]]:
        """Makes the table `calls`: source, type and event of this load's messages, numbered. Number -> the tables that show these messages."""
        result: dict[int, list[Table]] = {}
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE calls AS {_CALLS}")
        for node, source, kind, event in self._cursor.execute("SELECT node, source, type, event FROM calls").fetchall():
            name = table_of(kind, event)
            if not name:
                self.notices.add(Notice("event_without_table", source, "tracks", event, "its name holds no ASCII letter or digit"))
            result[node] = [Table(source, table) for table in (name, "tracks" if kind == "track" else "") if table]
        return result

    # --- from leaves to columns

    def _note_contexts(self, source: str, found: dict[Table, list[Leaf]]) -> None:
        merged: dict[Path, int] = defaultdict(int)
        for leaf in (leaf for some in found.values() for leaf in some):
            merged[leaf.path] |= leaf.kinds
        names = {path: naming.column_name(path, context=True) for path in merged}
        findings = [Finding(names[path], path, merged[path]) for path in sorted(merged) if names[path]]
        kept, _ = self._within_limit(Table(source, CONTEXT), findings)
        others = self._registry.note(Table(source, CONTEXT), kept, keep_types=self._options.first_value_types)
        known = self._registry.columns(Table(source, CONTEXT))
        for table, some in found.items():
            if self._registry.note_table(table, {name for leaf in some if (name := names[leaf.path]) in known}):
                self.changed.add(table)
        for table in self._registry.tables() if others else ():
            if table.source == source and any(column.name in others for column in self._registry.context(table)):
                self.changed.add(table)

    def _note(self, table: Table, found: list[Leaf]) -> None:
        kind = kind_of(table.name)
        taken = naming.system_columns(kind)
        findings = []
        for leaf in sorted(found, key=lambda leaf: leaf.path):
            name = naming.column_name(leaf.path, context=False)
            if name in taken:
                self._hidden(table, name)
            elif name:
                money = kind == "track" and name in naming.MONEY
                findings.append(Finding(name, leaf.path, leaf.money_kinds if money else leaf.kinds))
        kept, spare = self._within_limit(table, findings)
        if spare:
            self._more(table, spare, kept)
        if self._registry.note(table, kept, keep_types=self._options.first_value_types):
            self.changed.add(table)

    def _within_limit(self, table: Table, findings: list[Finding]) -> tuple[list[Finding], list[Path]]:
        """The findings whose columns are there or find room, in the order of their paths; and the paths of the others."""
        names = set(self._registry.columns(table)) - {naming.MORE}
        kept: list[Finding] = []
        spare: list[Path] = []
        for finding in findings:
            if finding.column in names or len(names) < self._options.max_columns:
                names.add(finding.column)
                kept.append(finding)
            else:
                spare.append(finding.path)
        self.crowded = self.crowded or bool(spare)
        return kept, spare

    def _more(self, table: Table, spare: list[Path], kept: list[Finding]) -> None:
        """The column for whole payloads. Its paths: first keys that lead both to columns and to paths without one."""
        known = {path[0] for column in self._registry.columns(table).values() for path in column.paths}
        known |= {finding.path[0] for finding in kept}
        both = sorted({path[0] for path in spare} & known)
        kept.extend(Finding(naming.MORE, (key,), ARRAY) for key in both or [""])
        detail = f"more than {self._options.max_columns} columns: these rows keep all their properties in {naming.MORE}"
        self.notices.add(Notice("too_many_columns", table.source, table.name, min(spare)[0], detail))

    def _hidden(self, table: Table, name: str) -> None:
        self.notices.add(Notice("hidden_by_system_column", table.source, table.name, name, "a property of that name gets no column"))


@lru_cache(maxsize=100_000)
def table_of(kind: str, event: str) -> str:
    """The table of a message; empty for an event whose name makes none."""
    return naming.table_name(event) if kind == "track" else CALLS[kind]


def kind_of(table: str) -> str:
    """The type of the messages in a table."""
    return next((kind for kind, name in CALLS.items() if name == table), "track")
