"""The survey of a load: which paths its messages have, and values of what kinds. It comes before any row is written, so that columns fit."""

# ruff: noqa: S608 - names are quoted, values are literals made by literal()

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import duckdb

from clew.warehouse.columns import naming
from clew.warehouse.columns.extract import JSON, Want, extraction
from clew.warehouse.columns.kinds import OBJECT, VARCHAR, kind_sql
from clew.warehouse.columns.structure import Leaf, leaves
from clew.warehouse.registry import CONTEXT, Column, Finding

_AT_ONCE = 100
"""Paths looked at in one query."""


class Group(NamedTuple):
    """Messages whose columns are found together: one table's payloads, or all contexts of a source."""

    source: str
    table: str
    kind: str
    json: str
    """The column of `rows` that holds the objects."""
    rows: str
    """What stands after FROM."""

    def column(self, leaf: Leaf) -> str:
        return naming.column_name(leaf.path, context=self.table == CONTEXT)

    def money(self, column: str) -> bool:
        return self.kind == "track" and column in naming.MONEY


class Survey(NamedTuple):
    """What one group's messages hold. `seen`: columns. `hidden`: names that system columns take. `spare`: first keys of paths without a column."""

    findings: list[Finding]
    seen: set[str]
    hidden: set[str]
    spare: set[str]


def survey(cursor: duckdb.DuckDBPyConnection, group: Group, structure: str | None, known: dict[str, Column], max_columns: int) -> Survey:
    """Looks at a group. `structure`: DuckDB's merged structure of its objects."""
    result = Survey([], set(), set(), set())
    taken = naming.system_columns(group.kind) if group.table != CONTEXT else frozenset()
    new: set[str] = set()
    waiting = list(leaves(structure))
    while waiting:
        look: list[Leaf] = []
        for leaf in sorted(waiting):
            name = group.column(leaf)
            if name in taken:
                result.hidden.add(name)
            elif name and (name in known or name in new or leaf.kinds in (0, OBJECT) or len(known) + len(new) < max_columns):
                new |= {name} - known.keys() if leaf.kinds not in (0, OBJECT) else set()
                if leaf.kinds != 0:
                    result.seen.add(name)
                _note(result.findings, look, leaf, name, known.get(name))
            elif name:
                result.spare.add(leaf.path[0])
        parts = [look[start : start + _AT_ONCE] for start in range(0, len(look), _AT_ONCE)]
        waiting = [deeper for part in parts for deeper in _look(cursor, group, part, known, result.findings)]
    return result


def _note(findings: list[Finding], look: list[Leaf], leaf: Leaf, name: str, column: Column | None) -> None:
    """What the structure tells by itself is a finding; what it does not is to be looked at, unless it can make no difference."""
    if leaf.kinds is not None:
        if leaf.kinds and (leaf.kinds != OBJECT or (column is not None and leaf.path in column.paths)):
            findings.append(Finding(name, leaf.path, leaf.kinds))
    elif leaf.mixed or column is None or column.type != VARCHAR or leaf.path not in column.paths:
        look.append(leaf)


def _look(cursor: duckdb.DuckDBPyConnection, group: Group, some: list[Leaf], known: dict[str, Column], findings: list[Finding]) -> Iterator[Leaf]:
    """Finds the kinds at these paths; yields the leaves of objects that stand there beside other values."""
    wants = [Want(leaf.path, JSON, mixed=_mixed(leaf, known.get(group.column(leaf)))) for leaf in some]
    taken = extraction(group.json, wants, "x")
    asked = []
    for leaf in some:
        value = taken.values[leaf.path]
        asked.append(f"bit_or({kind_sql(value, money=group.money(group.column(leaf)))})")
        if leaf.mixed:
            asked.append(f"json_group_structure({value}) FILTER (starts_with({value}, '{{'))")
    row = cursor.execute(f"SELECT {', '.join(asked)} FROM (SELECT {taken.source} AS x FROM {group.rows})").fetchone()
    answers = iter(row or ())
    for leaf in some:
        kinds = next(answers) or 0
        if kinds:
            findings.append(Finding(group.column(leaf), leaf.path, kinds))
        if leaf.mixed:
            yield from leaves(next(answers), leaf.path)


def _mixed(leaf: Leaf, column: Column | None) -> bool:
    return leaf.mixed or (column is not None and column.mixed)
