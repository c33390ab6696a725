"""The leaves of many JSON objects at once: at which paths values of what kinds stand. Objects inside are opened level by level."""

# ruff: noqa: S608 - what is put into SQL here is constant, or made by the caller

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb
import msgspec

from clew.warehouse.columns.extract import Path
from clew.warehouse.columns.kinds import MONEY, OBJECT, kind_sql, money_sql


class Leaf(NamedTuple):
    """A path in the objects of one group. `kinds`: of all its values; `money_kinds`: the same in a column of money."""

    group: tuple[Any, ...]
    path: Path
    kinds: int
    money_kinds: int


def leaves(cursor: duckdb.DuckDBPyConnection, group: str, objects: str) -> Iterator[Leaf]:
    """The leaves of `objects`, a relation (what stands after FROM) of the columns `group` and `json`. Null makes no leaf.

    Of a key that stands twice in an object all values count.
    """
    opened = f"(SELECT {group}, '' AS above, json FROM {objects})"
    while opened:
        members = f"(SELECT {group}, above, unnest(json_keys(json)) AS key, unnest(json_extract(json, '$.*')) AS value FROM {opened})"
        kinds = f"SELECT {group}, above, key, {kind_sql('value')} AS kind, {money_sql('key', 'value')} AS money FROM {members}"
        both = f"bit_or(kind), bit_or(CASE WHEN money THEN {MONEY} ELSE kind END) FROM ({kinds})"
        opened = ""
        for *of, above, key, plain, money in cursor.execute(f"SELECT {group}, above, key, {both} GROUP BY ALL").fetchall():
            if plain & ~OBJECT:
                path = (*msgspec.json.decode(f"[{above[1:]}]", type=Path), key)
                yield Leaf(tuple(of), path, plain & ~OBJECT, money & ~OBJECT)
            if plain & OBJECT:
                opened = "opened"
        if opened:
            deeper = (
                f"SELECT {group}, above || ',' || CAST(to_json(key) AS VARCHAR) AS above, value AS json FROM {members} WHERE left(value, 1) = '{{'"
            )
            cursor.execute(f"CREATE OR REPLACE TEMP TABLE deeper AS {deeper}")
            cursor.execute("CREATE OR REPLACE TEMP TABLE opened AS FROM deeper")
