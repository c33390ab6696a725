"""The leaves of many JSON objects at once: at which paths values of what kinds stand. Objects inside are opened level by level."""

# ruff: noqa: S608 - what is put into SQL here is constant, or made by the caller

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import duckdb

from clew.warehouse.columns.extract import Path
from clew.warehouse.columns.kinds import MONEY, OBJECT, kind_sql, money_sql


class Leaf(NamedTuple):
    """A path in the objects of one group. `kinds`: of all its values; `money_kinds`: the same in a column of money."""

    group: int
    path: Path
    kinds: int
    money_kinds: int


def leaves(cursor: duckdb.DuckDBPyConnection, objects: str) -> Iterator[Leaf]:
    """The leaves of `objects`, a relation (what stands after FROM) of the columns `node`, the number of a group, and `json`. Null makes no leaf.

    Of a key that stands twice in an object all values count.
    """
    # What is opened at each level: objects, each with the number of its node, which stands for a group and a path.
    nodes: dict[int, tuple[int, Path]] = {}
    for level in range(_DEEPEST):
        members = f"(SELECT node, unnest(json_keys(json)) AS key, unnest(json_extract(json, '$.*')) AS value FROM {objects})"
        _find(cursor, members)
        deeper: dict[int, tuple[int, Path]] = {}
        for node, number, key, plain, money in cursor.execute("SELECT node, number, key, plain, money FROM found").fetchall():
            group, above = nodes[node] if level else (node, ())
            if plain & ~OBJECT:
                yield Leaf(group, (*above, key), plain & ~OBJECT, money & ~OBJECT)
            if plain & OBJECT:
                deeper[number] = group, (*above, key)
        if not deeper:
            return
        nodes, objects = deeper, _open(cursor, members, f"opened_{level % 2}")


def _find(cursor: duckdb.DuckDBPyConnection, members: str) -> None:
    """The table `found`: a row, numbered, for each node and key."""
    kinds = f"SELECT node, key, {kind_sql('value')} AS kind, {money_sql('key', 'value')} AS money FROM {members}"
    both = f"bit_or(kind) AS plain, bit_or(CASE WHEN money THEN {MONEY} ELSE kind END) AS money"
    rows = f"SELECT node, key, {both} FROM ({kinds}) GROUP BY ALL"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE found AS SELECT row_number() OVER () AS number, * FROM ({rows})")


def _open(cursor: duckdb.DuckDBPyConnection, members: str, name: str) -> str:
    """The objects among `members`, as the table `name`."""
    inside = f"SELECT number AS node, value AS json FROM {members} JOIN found USING (node, key) WHERE ascii(value) = {ord('{')}"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {inside}")
    return name


_DEEPEST = 100_000
"""More levels than JSON that can be read has."""
