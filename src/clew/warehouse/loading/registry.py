"""The registry of tables and of columns that come from messages: in memory while a process runs, `clew.tables` and `clew.columns` on disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import duckdb
import msgspec

from clew.warehouse.columns.extract import Path
from clew.warehouse.columns.kinds import column_type
from clew.warehouse.loading.inline import inline_rows

CONTEXT = ""
"""Table name of the context's columns: one type each for all tables of a source."""

_KEYS = {
    "clew.columns": dict.fromkeys(("source", "table_name", "column_name"), "VARCHAR"),
    "clew.tables": dict.fromkeys(("source", "table_name"), "VARCHAR"),
}
_VALUES = {"clew.columns": {"paths": "VARCHAR", "kinds": "INTEGER", "type": "VARCHAR"}, "clew.tables": {"context": "VARCHAR"}}


class Table(NamedTuple):
    """A table of a source; its name is `CONTEXT` for the columns of all contexts."""

    source: str
    name: str


class Column(NamedTuple):
    """A column: the paths whose first present value it takes, in order, and the kinds of all values ever seen there."""

    name: str
    paths: tuple[Path, ...]
    kinds: int
    type: str


class Finding(NamedTuple):
    """Values of some kinds were seen at a path."""

    column: str
    path: Path
    kinds: int


class Registry:
    """What there is. Throw it away and load it again after a transaction that failed."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._columns: dict[Table, dict[str, Column]] = defaultdict(dict)
        self._context: dict[Table, set[str]] = {}
        self._dirty_columns: set[tuple[Table, str]] = set()
        self._dirty_tables: set[Table] = set()
        for source, table, name, paths, kinds, kind in cursor.execute("FROM clew.columns").fetchall():
            self._columns[Table(source, table)][name] = Column(name, msgspec.json.decode(paths, type=tuple[Path, ...]), kinds, kind)
        for source, table, names in cursor.execute("FROM clew.tables").fetchall():
            self._context[Table(source, table)] = msgspec.json.decode(names, type=set[str])

    def tables(self) -> Iterable[Table]:
        return self._context

    def columns(self, table: Table) -> dict[str, Column]:
        return self._columns[table]

    def context(self, table: Table) -> list[Column]:
        """The columns of the context that have values in `table`."""
        known = self._columns[Table(table.source, CONTEXT)]
        return [known[name] for name in sorted(self._context[table])]

    def note_table(self, table: Table, context: set[str]) -> bool:
        """Adds a table, and columns of the context to it; returns whether that is new."""
        known = self._context.get(table)
        if known is not None and context <= known:
            return False
        self._context[table] = (known or set()) | context
        self._dirty_tables.add(table)
        return True

    def note(self, table: Table, findings: Iterable[Finding], *, keep_types: bool) -> set[str]:
        """Adds what was seen; returns the columns that are others than before. `keep_types`: a column keeps its first type, as at Segment."""
        known = self._columns[table]
        before: dict[str, Column | None] = {}
        fresh = {name: known.get(name, Column(name, (), 0, "")) for name, _, _ in findings}
        for name, path, seen in findings:
            old = fresh[name]
            paths = old.paths if path in old.paths else tuple(sorted((*old.paths, path)))
            fresh[name] = Column(name, paths, old.kinds | seen, old.type)
        for name, column in fresh.items():
            kind = column.type if keep_types and column.type else column_type(column.kinds)
            column = column._replace(type=kind)
            if known.get(name) != column:
                before[name] = known.get(name)
                known[name] = column
                self._dirty_columns.add((table, name))
        return {name for name, old in before.items() if old is None or (old.type, old.paths) != (known[name].type, known[name].paths)}

    def save(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Writes what changed since the last save."""
        tables = [(*table, _json(sorted(self._context[table]))) for table in sorted(self._dirty_tables)]
        _replace(cursor, "clew.tables", tables)
        fresh = [(table, self._columns[table][name]) for table, name in sorted(self._dirty_columns)]
        _replace(cursor, "clew.columns", [(*table, c.name, _json(c.paths), c.kinds, c.type) for table, c in fresh])
        self._dirty_tables.clear()
        self._dirty_columns.clear()


def _replace(cursor: duckdb.DuckDBPyConnection, name: str, rows: Sequence[tuple[object, ...]]) -> None:
    if not rows:
        return
    noted = inline_rows("?", _KEYS[name] | _VALUES[name], rows)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE noted AS FROM {noted.sql}", [noted.value])
    same = " AND ".join(f"c.{key} = n.{key}" for key in _KEYS[name])
    cursor.execute(f"DELETE FROM {name} AS c USING noted AS n WHERE {same}")  # noqa: S608 - constant names
    cursor.execute(f"INSERT INTO {name} BY NAME FROM noted")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
