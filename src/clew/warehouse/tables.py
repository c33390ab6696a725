"""Segment's tables as they stand in the database: made, given columns, and widened. Values of a widened column come from the raw messages."""

# ruff: noqa: S608 - names are quoted, values are literals made by literal()

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import duckdb

from clew.warehouse.columns import naming
from clew.warehouse.columns.extract import Want, extraction, literal
from clew.warehouse.columns.kinds import VARCHAR
from clew.warehouse.columns.naming import quoted
from clew.warehouse.registry import CONTEXT, Change, Column, Registry

PAYLOAD = dict.fromkeys(("track", "page", "screen"), "properties") | dict.fromkeys(("group", "alias"), "traits")
"""The member of a message that becomes columns without a prefix. For identify: traits over context.traits."""

LATEST = {"identifies": ("users", "user_id"), "groups": ("accounts", "group_id")}
"""Table of calls -> the table of the latest state, and the column that is its id."""

_TYPES = {"batch_index": "INTEGER", "load_id": "BIGINT", "uuid_ts": "TIMESTAMP"} | dict.fromkeys(
    ("received_at", "sent_at", "timestamp", "original_timestamp"), "TIMESTAMP"
)
_CALL = ("id", "anonymous_id", "user_id", "received_at", "sent_at", "timestamp", "original_timestamp", "uuid_ts", "uuid", "load_id", "batch_index")
_STATE = ("id", "received_at", "uuid_ts", "load_id", "batch_index", "message_id")
_EXACT_CASTS = {("BIGINT", "DOUBLE"), ("BIGINT", VARCHAR), ("BOOLEAN", VARCHAR)}


class Table(NamedTuple):
    """A table of a source, filled by messages of type `kind`."""

    source: str
    name: str
    kind: str

    @property
    def sql(self) -> str:
        return f"{quoted(self.source)}.{quoted(self.name)}"


def payload_sql(message: str, kind: str) -> str:
    """The JSON object whose members are a message's own columns."""
    if kind == "identify":
        return f"json_merge_patch(coalesce({message}->'$.context.traits', '{{}}'), coalesce({message}->'$.traits', '{{}}'))"
    return f"{message}->'$.{PAYLOAD[kind]}'"


def system_columns(table: Table) -> tuple[str, ...]:
    """The columns that are there from the start, in order."""
    if table.name in ("users", "accounts"):
        return _STATE
    return (*_CALL, *(("event", "event_text") if table.kind == "track" else ()), *naming.OWN_COLUMNS.get(table.kind, ()))


class Tables:
    """Makes and changes tables inside the caller's transaction. `changed` gathers the names of tables whose columns are others than before."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, registry: Registry) -> None:
        self._cursor = cursor
        self._registry = registry
        self.changed: set[str] = set()

    def make(self, table: Table, columns: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """The table's physical columns, after making it or adding those of `columns` (name -> type) that it does not have."""
        known = self._registry.tables.get((table.source, table.name))
        if known is None:
            known = {name: _TYPES.get(name, VARCHAR) for name in system_columns(table)} | dict(columns)
            self._cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(table.source)}")
            self._cursor.execute(f"CREATE TABLE {table.sql} ({', '.join(f'{quoted(name)} {kind}' for name, kind in known.items())})")
            self._registry.tables[table.source, table.name] = known
            self.changed.add(table.name)
        for name in [name for name in columns if name not in known]:
            self._cursor.execute(f"ALTER TABLE {table.sql} ADD COLUMN {quoted(name)} {columns[name]}")
            known[name] = columns[name]
            self.changed.add(table.name)
        return known

    def widen(self, table: Table, change: Change) -> None:
        """Gives a column of `table`, if it has it, its new type, and its values anew from the raw messages where a cast could differ."""
        column, known = change.column, self._registry.tables.get((table.source, table.name), {})
        if column.name not in known or column.type is None:
            return
        exact = (known[column.name], column.type) in _EXACT_CASTS
        using = f"CAST({quoted(column.name)} AS {column.type})" if exact else f"CAST(NULL AS {column.type})"
        self._cursor.execute(f"ALTER TABLE {table.sql} ALTER {quoted(column.name)} SET DATA TYPE {column.type} USING {using}")
        known[column.name] = column.type
        self.changed.add(table.name)
        if not exact:
            self._fill_again(table, column)
        self._latest_again(table, column)

    def of_source(self, source: str) -> list[Table]:
        """All tables of a source that hold calls."""
        names = (name for schema, name in self._registry.tables if schema == source)
        return [Table(source, name, kind_of(name)) for name in names if name not in ("users", "accounts")]

    def _fill_again(self, table: Table, column: Column) -> None:
        context = column.name in self._registry.columns(table.source, CONTEXT)
        json = "message->'$.context'" if context else payload_sql("message", table.kind)
        value = column_sql(column, json, "x")
        self._cursor.execute(
            f"UPDATE {table.sql} AS t SET {quoted(column.name)} = e.v FROM (SELECT message_id, {value.expression} AS v FROM "
            f"(SELECT message_id, {value.source} AS x FROM clew.events WHERE source = {literal(table.source)} AND type = {literal(table.kind)} "
            f"AND message_id IN (SELECT id FROM {table.sql}))) AS e WHERE t.id = e.message_id"
        )

    def _latest_again(self, table: Table, column: Column) -> None:
        """The same column of users or accounts: its latest value once more, from the calls."""
        state, key = LATEST.get(table.name, ("", ""))
        known = self._registry.tables.get((table.source, state), {})
        if column.name not in known or column.type is None:
            return
        target, name = f"{quoted(table.source)}.{quoted(state)}", quoted(column.name)
        if known[column.name] != column.type:
            self._cursor.execute(f"ALTER TABLE {target} ALTER {name} SET DATA TYPE {column.type} USING CAST(NULL AS {column.type})")
            known[column.name] = column.type
            self.changed.add(state)
        self._cursor.execute(
            f"UPDATE {target} AS t SET {name} = c.v FROM (SELECT {key} AS k, arg_max({name}, {ORDER}) AS v FROM {table.sql} "
            f"WHERE {key} IS NOT NULL GROUP BY {key}) AS c WHERE t.id = c.k"
        )


ORDER = "{'at': received_at, 'place': batch_index, 'id': id}"
"""The order in which the latest trait wins: as received."""


class Value(NamedTuple):
    """`expression` gives the column's value once `source` stands as the alias."""

    source: str
    expression: str


def column_sql(column: Column, json: str, alias: str) -> Value:
    """A column's value from the JSON object `json`, safe for every message of history."""
    kind = column.type or VARCHAR
    taken = extraction(json, [Want(path, kind, mixed=True) for path in column.paths], alias)
    return Value(taken.source, first_present([taken.values[path] for path in column.paths]))


def first_present(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def kind_of(table: str) -> str:
    """The type of message that fills the table."""
    fixed = {
        "identifies": "identify",
        "users": "identify",
        "groups": "group",
        "accounts": "group",
        "pages": "page",
        "screens": "screen",
        "aliases": "alias",
    }
    return fixed.get(table, "track")
