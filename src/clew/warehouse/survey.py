"""The survey of a load: which paths its messages have, and values of what kinds. It comes before any row is written, so that columns fit.

Most paths hold one sort of value, and one cheap aggregate tells its kind. Only where sorts are mixed, or a number comes near a limit, is
every value looked at.
"""

# ruff: noqa: S608 - names are quoted, values are literals made by literal()

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import duckdb

from clew.warehouse.columns import kinds, naming
from clew.warehouse.columns.extract import JSON, Want, extraction
from clew.warehouse.columns.kinds import VARCHAR
from clew.warehouse.columns.structure import Leaf, leaves
from clew.warehouse.registry import CONTEXT, Column, Finding

_AT_ONCE = 100
"""Paths looked at in one query."""
_WHOLE = ("UBIGINT", "BIGINT", "HUGEINT")
_TOLD = {"NULL": 0, "BOOLEAN": kinds.BOOLEAN, "ARRAY": kinds.ARRAY, "OBJECT": kinds.OBJECT}
"""What a merged type says about the kinds of values by itself."""


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

    def money(self, leaf: Leaf) -> bool:
        return self.kind == "track" and self.column(leaf) in naming.MONEY


class Survey(NamedTuple):
    """What one group's messages hold. `seen`: columns. `hidden`: names that system columns take. `spare`: first keys of paths without a column."""

    findings: list[Finding]
    seen: set[str]
    hidden: set[str]
    spare: set[str]


def survey(cursor: duckdb.DuckDBPyConnection, group: Group, structure: str | None, known: dict[str, Column], max_columns: int) -> Survey:
    """Looks at a group. `structure`: DuckDB's merged structure of its objects. `known`: the group's columns so far."""
    result = Survey([], set(), set(), set())
    waiting = list(leaves(structure))
    while waiting:
        looked = _Look(cursor, group, known, list(_to_look_at(group, sorted(waiting), known, max_columns, result)))
        result.findings.extend(looked.findings)
        waiting = looked.deeper
    return result


def _to_look_at(group: Group, found: list[Leaf], known: dict[str, Column], max_columns: int, result: Survey) -> Iterator[Leaf]:
    """Sorts the leaves: what needs no look becomes a finding here."""
    taken = naming.system_columns(group.kind) if group.table != CONTEXT else frozenset()
    for leaf in found:
        name, told = group.column(leaf), _TOLD.get(leaf.merged)
        column = known.get(name)
        if not name or told == 0:
            continue
        if told == kinds.OBJECT:
            if column is not None and leaf.path in column.paths:
                result.findings.append(Finding(name, leaf.path, told))
        elif name in taken:
            result.hidden.add(name)
        elif column is None and name not in result.seen and len(known.keys() | result.seen) >= max_columns:
            result.spare.add(leaf.path[0])
        else:
            result.seen.add(name)
            if told is not None:
                result.findings.append(Finding(name, leaf.path, told))
            elif leaf.merged == JSON or column is None or column.type != VARCHAR or leaf.path not in column.paths:
                yield leaf


class _Question(NamedTuple):
    """A cheap aggregate over a path's values, taken as `type`; `answer` makes kinds of it, None where every value must be looked at."""

    type: str
    aggregate: Callable[[str], str]
    answer: Callable[[Any], int | None]


class _Look:
    """One look at some paths of a group: `findings`, and `deeper`, the leaves of objects that stand beside other values."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, group: Group, known: dict[str, Column], some: list[Leaf]) -> None:
        self._cursor = cursor
        self._group = group
        self._known = known
        self.findings: list[Finding] = []
        self.deeper: list[Leaf] = []
        unclear = [leaf for part in _parts(some) for leaf in self._ask(part)]
        for part in _parts(unclear):
            self._look(part)

    def _ask(self, some: list[Leaf]) -> Iterator[Leaf]:
        """One aggregate for each path of one sort; yields those that it does not settle."""
        asked = {leaf: question for leaf in some if (question := _question(leaf, money=self._group.money(leaf)))}
        answers = self._query([(leaf, question.type, [question.aggregate]) for leaf, question in asked.items()])
        for leaf in some:
            found = asked[leaf].answer(next(answers)) if leaf in asked else None
            if found is None:
                yield leaf
            elif found:
                self.findings.append(Finding(self._group.column(leaf), leaf.path, found))

    def _look(self, some: list[Leaf]) -> None:
        """Every value's kind, and the structure of the objects among them."""
        answers = self._query([(leaf, JSON, [self._kinds(leaf), _objects]) for leaf in some])
        for leaf in some:
            found = next(answers) or 0
            if found:
                self.findings.append(Finding(self._group.column(leaf), leaf.path, found))
            self.deeper.extend(leaves(next(answers), leaf.path))

    def _kinds(self, leaf: Leaf) -> Callable[[str], str]:
        return lambda value: f"bit_or({kinds.kind_sql(value, money=self._group.money(leaf))})"

    def _mixed(self, leaf: Leaf) -> bool:
        column = self._known.get(self._group.column(leaf))
        return leaf.merged == JSON or (column is not None and column.mixed)

    def _query(self, asked: list[tuple[Leaf, str, list[Callable[[str], str]]]]) -> Iterator[Any]:
        if not asked:
            return iter(())
        mixed = {
            leaf: leaf.merged == JSON or ((column := self._known.get(self._group.column(leaf))) is not None and column.mixed) for leaf, _, _ in asked
        }
        taken = extraction(self._group.json, [Want(leaf.path, kind, mixed=mixed[leaf]) for leaf, kind, _ in asked], "x")
        values = ", ".join(f"{taken.values[leaf.path]} AS v{place}" for place, (leaf, _, _) in enumerate(asked))
        wanted = ", ".join(aggregate(f"v{place}") for place, (_, _, aggregates) in enumerate(asked) for aggregate in aggregates)
        inner = f"SELECT {values} FROM (SELECT {taken.source} AS x FROM {self._group.rows})"
        return iter(self._cursor.execute(f"SELECT {wanted} FROM ({inner})").fetchone() or ())


def _question(leaf: Leaf, *, money: bool) -> _Question | None:
    if leaf.merged == VARCHAR and not money:
        return _Question(VARCHAR, lambda value: f"bit_or({kinds.text_kind_sql(value)})", lambda found: found or 0)
    if leaf.merged in _WHOLE:
        return _Question("HUGEINT", lambda value: f"[min({value}), max({value})]", lambda ends: kinds.whole_kinds(*ends, money=money))
    if leaf.merged == "DOUBLE":
        return _Question(
            "DOUBLE",
            lambda value: f"row(max(abs({value})), {kinds.all_money_sql(value)})",
            lambda found: kinds.fraction_kinds(found[0], money=money, all_money=found[1]),
        )
    return None


def _objects(value: str) -> str:
    return f"json_group_structure(CASE WHEN starts_with({value}, '{{') THEN {value} END)"


def _parts(some: list[Leaf]) -> Iterator[list[Leaf]]:
    for start in range(0, len(some), _AT_ONCE):
        yield some[start : start + _AT_ONCE]
