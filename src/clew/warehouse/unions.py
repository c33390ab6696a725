"""The views in `main`: each table of the sources, all sources together, with a `source` column."""

# ruff: noqa: S608 - names are quoted, values are literals made by literal()

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from clew.config import RESERVED_SCHEMAS
from clew.warehouse.columns.extract import literal
from clew.warehouse.columns.kinds import DECIMAL, VARCHAR
from clew.warehouse.columns.naming import quoted

Tables = Mapping[tuple[str, str], Mapping[str, str]]
_SOURCE = "source"


def make_unions(cursor: duckdb.DuckDBPyConnection, tables: Tables, names: Iterable[str]) -> None:
    """Makes the view of each table name anew."""
    for name in sorted(names):
        members = {schema: columns for (schema, table), columns in tables.items() if table == name and is_source(schema)}
        cursor.execute(union_sql(name, members))


def is_source(schema: str) -> bool:
    return schema not in RESERVED_SCHEMAS and not schema.startswith("build_")


def union_sql(name: str, members: Mapping[str, Mapping[str, str]]) -> str:
    """The view's SQL. A column that has several types takes the one that holds all its values. A property `source` is `_source` here."""
    types: dict[str, str] = {}
    for columns in members.values():
        for column, kind in columns.items():
            types[column] = wider(types.get(column, kind), kind)
    parts = [_member_sql(schema, name, columns, types) for schema, columns in sorted(members.items())]
    return f"CREATE OR REPLACE VIEW main.{quoted(name)} AS " + " UNION ALL BY NAME ".join(parts)


def wider(one: str, other: str) -> str:
    """The type that holds the values of both."""
    if one == other:
        return one
    # Whole numbers beyond 2^53 exist in a BIGINT column, so a double would round them: decimals with enough places hold both only as text.
    return VARCHAR


def _member_sql(schema: str, name: str, columns: Mapping[str, str], types: Mapping[str, str]) -> str:
    taken = ", ".join(f"{_cast(column, kind, types[column])} AS {quoted(_renamed(column))}" for column, kind in columns.items())
    return f"SELECT {literal(schema)} AS {_SOURCE}, {taken} FROM {quoted(schema)}.{quoted(name)}"


def _renamed(column: str) -> str:
    return f"_{_SOURCE}" if column == _SOURCE else column


def _cast(column: str, kind: str, wanted: str) -> str:
    if kind == wanted:
        return quoted(column)
    if kind == "TIMESTAMP":
        return f"strftime({quoted(column)}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind == DECIMAL:
        return f"rtrim(rtrim(CAST({quoted(column)} AS VARCHAR), '0'), '.')"
    return f"CAST({quoted(column)} AS {wanted})"
