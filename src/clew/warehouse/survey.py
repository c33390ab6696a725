"""The survey of a load: which paths its messages have, with values of what kinds. One statement for all tables; only new shapes are read.

It comes before the rows are written, in the same transaction, so that no row is without its columns.
"""

# ruff: noqa: S608 - what is put into SQL here is constant

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import duckdb

from clew.config import Warehouse as Options
from clew.warehouse.columns import kinds, naming
from clew.warehouse.columns.shape import Leaf, Path, odd_leaves, shape_leaves, shapes_sql
from clew.warehouse.registry import CONTEXT, Finding, Registry, Table

CALLS = {"identify": "identifies", "page": "pages", "screen": "screens", "group": "groups", "alias": "aliases"}
"""Type of message -> its table; those of track calls are named by their events."""

_MOST_SHAPES = 1_000_000
_GROUP = "source, type, event, is_context"
_FROM = "source, type, coalesce(event, '') AS event"
_SHAPES = " UNION ALL ".join(
    (
        shapes_sql("payload", _GROUP, f"(SELECT {_FROM}, false AS is_context, payload FROM stage)"),
        shapes_sql("context", _GROUP, f"(SELECT DISTINCT {_FROM}, true AS is_context, context FROM stage)"),
    )
)


class Notice(NamedTuple):
    """Something about the data that its owner should know."""

    reason: str
    source: str
    table: str
    name: str
    detail: str


class Survey:
    """One load's survey. `changed`: tables that are new or whose columns are others than before; `notices`: what the owner should know."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, registry: Registry, options: Options) -> None:
        self._cursor = cursor
        self._registry = registry
        self._options = options
        self.changed: set[Table] = set()
        self.notices: set[Notice] = set()
        own, contexts = self._leaves()
        for source in sorted({table.source for table in contexts}):
            self._note_contexts(source, {table: leaves for table, leaves in contexts.items() if table.source == source})
        for table in sorted(own):
            self._note(table, own[table])

    # --- from shapes to leaves

    def _leaves(self) -> tuple[dict[Table, set[Leaf]], dict[Table, set[Leaf]]]:
        """Of every table in the load: the leaves of payloads and of contexts with a shape that is new."""
        own: dict[Table, set[Leaf]] = {}
        contexts: dict[Table, set[Leaf]] = {}
        for source, kind, event, is_context, odd, shape in self._new_shapes():
            name = table_of(kind, event)
            if not name and not is_context:
                self.notices.add(Notice("event_without_table", source, "tracks", event, "its name holds no ASCII letter or digit"))
            leaves = set() if shape is None else set(odd_leaves(shape, self._is_time) if odd else shape_leaves(shape))
            if name and not is_context:
                own.setdefault(Table(source, name), set()).update(leaves)
            for table in (name, "tracks" if kind == "track" else "") if is_context else ():
                if table:
                    contexts.setdefault(Table(source, table), set()).update(leaves)
        return own, contexts

    def _new_shapes(self) -> Iterator[tuple[str, str, str, bool, bool, str | None]]:
        known = self._registry.shapes
        if len(known) > _MOST_SHAPES:
            known.clear()
        for row in self._cursor.execute(_SHAPES).fetchall():
            if (key := hash(row)) not in known:
                known.add(key)
                yield row

    def _is_time(self, text: str) -> bool:
        return self._cursor.execute("SELECT TRY_CAST(? AS TIMESTAMPTZ) IS NOT NULL", [text]).fetchone() == (True,)

    # --- from leaves to columns

    def _note_contexts(self, source: str, leaves: dict[Table, set[Leaf]]) -> None:
        every = set().union(*leaves.values())
        names = {leaf.path: naming.column_name(leaf.path, context=True) for leaf in every}
        findings = [Finding(names[leaf.path], leaf.path, leaf.kind) for leaf in sorted(every) if names[leaf.path]]
        kept, _ = self._within_limit(Table(source, CONTEXT), findings)
        others = self._registry.note(Table(source, CONTEXT), kept, keep_types=self._options.first_value_types)
        known = self._registry.columns(Table(source, CONTEXT))
        for table, some in leaves.items():
            if self._registry.note_table(table, {name for leaf in some if (name := names[leaf.path]) in known}):
                self.changed.add(table)
        for table in self._registry.tables() if others else ():
            if table.source == source and any(column.name in others for column in self._registry.context(table)):
                self.changed.add(table)

    def _note(self, table: Table, leaves: set[Leaf]) -> None:
        kind = kind_of(table.name)
        taken = naming.system_columns(kind)
        findings = []
        for leaf in sorted(leaves):
            name = naming.column_name(leaf.path, context=False)
            if name in taken:
                self._hidden(table, name)
            elif name:
                money = kind == "track" and leaf.money and name in naming.MONEY
                findings.append(Finding(name, leaf.path, kinds.MONEY if money else leaf.kind))
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
        return kept, spare

    def _more(self, table: Table, spare: list[Path], kept: list[Finding]) -> None:
        """The column for whole payloads. Its paths: first keys that lead both to columns and to paths without one."""
        known = {path[0] for column in self._registry.columns(table).values() for path in column.paths}
        known |= {finding.path[0] for finding in kept}
        both = sorted({path[0] for path in spare} & known)
        kept.extend(Finding(naming.MORE, (key,), kinds.ARRAY) for key in both or [""])
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
