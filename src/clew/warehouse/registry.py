"""The registry of columns that come from messages, and the tables as they stand: in memory while a process runs, `clew.columns` on disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import duckdb
import msgspec

from clew.warehouse.columns.kinds import OBJECT, column_type
from clew.warehouse.columns.structure import Path
from clew.warehouse.inline import inline_rows

_COLUMNS = dict.fromkeys(("source", "table_name", "column_name", "paths"), "VARCHAR") | {"kinds": "INTEGER", "type": "VARCHAR"}
CONTEXT = ""
"""Table name of the context's columns: one type each for all tables of a source."""


class Column(NamedTuple):
    """A column: the paths whose first present value it takes, in order, and the kinds of all values ever seen there."""

    name: str
    paths: tuple[Path, ...]
    kinds: int
    type: str | None

    @property
    def mixed(self) -> bool:
        return bool(self.kinds & OBJECT)


class Finding(NamedTuple):
    """Values of some kinds were seen at a path."""

    column: str
    path: Path
    kinds: int


class Change(NamedTuple):
    """A column whose type is another than before (`before` None: it had none)."""

    before: str | None
    column: Column


class Registry:
    """Columns by (source, table). Throw it away and load it again after a transaction that failed."""

    def __init__(self, columns: Mapping[tuple[str, str], dict[str, Column]], tables: Mapping[tuple[str, str], dict[str, str]]) -> None:
        self._columns: dict[tuple[str, str], dict[str, Column]] = defaultdict(dict, columns)
        self._dirty: set[tuple[str, str, str]] = set()
        self.tables: dict[tuple[str, str], dict[str, str]] = dict(tables)
        """(source, table) -> its physical columns and their types."""

    @classmethod
    def load(cls, cursor: duckdb.DuckDBPyConnection) -> Registry:
        columns: dict[tuple[str, str], dict[str, Column]] = defaultdict(dict)
        for source, table, name, paths, kinds, kind in cursor.execute("SELECT * FROM clew.columns").fetchall():
            columns[source, table][name] = Column(name, msgspec.json.decode(paths, type=tuple[Path, ...]), kinds, kind)
        tables: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for schema, table, name, kind in cursor.execute(
            "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = current_database() AND NOT internal ORDER BY column_index"
        ).fetchall():
            tables[schema, table][name] = kind
        return cls(columns, tables)

    def columns(self, source: str, table: str) -> dict[str, Column]:
        return self._columns[source, table]

    def note(self, source: str, table: str, findings: Iterable[Finding], *, keep_types: bool) -> list[Change]:
        """Adds what was seen; returns the columns whose type changed. `keep_types`: a column keeps its first type, as at Segment."""
        known = self._columns[source, table]
        before: dict[str, str | None] = {}
        for name, path, seen in findings:
            old = known.get(name, Column(name, (), 0, None))
            paths = old.paths if path in old.paths else tuple(sorted((*old.paths, path)))
            if paths == old.paths and old.kinds | seen == old.kinds:
                continue
            before.setdefault(name, old.type)
            kind = old.type if keep_types and old.type else column_type(old.kinds | seen)
            known[name] = Column(name, paths, old.kinds | seen, kind)
            self._dirty.add((source, table, name))
        return [Change(kind, known[name]) for name, kind in before.items() if known[name].type != kind]

    def save(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Writes what changed since the last save."""
        if not self._dirty:
            return
        fresh = [(*key, self._columns[key[0], key[1]][key[2]]) for key in sorted(self._dirty)]
        rows = [(source, table, name, msgspec.json.encode(column.paths).decode(), column.kinds, column.type) for source, table, name, column in fresh]
        noted = inline_rows("?", _COLUMNS, rows)
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE noted AS FROM {noted.sql}", [noted.value])
        cursor.execute(
            "DELETE FROM clew.columns AS c USING noted AS n WHERE (c.source, c.table_name, c.column_name) = (n.source, n.table_name, n.column_name)"
        )
        cursor.execute("INSERT INTO clew.columns BY NAME FROM noted")
        self._dirty.clear()
