"""Fills Segment's tables with one load's messages of one source: survey, columns, rows."""

# ruff: noqa: S608 - names are quoted, values are literals made by literal()

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import duckdb

from clew import names
from clew.config import Warehouse as Options
from clew.warehouse.columns import naming
from clew.warehouse.columns.extract import Extraction, Want, extraction, literal
from clew.warehouse.columns.kinds import VARCHAR
from clew.warehouse.columns.naming import quoted
from clew.warehouse.inline import inline_rows
from clew.warehouse.latest import update_latest
from clew.warehouse.registry import CONTEXT, Column, Registry
from clew.warehouse.survey import Group, Survey, survey
from clew.warehouse.tables import LATEST, Table, Tables, first_present

_CALLS = {"identify": "identifies", "page": "pages", "screen": "screens", "group": "groups", "alias": "aliases"}
_COPIED = ("anonymous_id", "user_id", "received_at", "sent_at", "timestamp", "original_timestamp", "batch_index")


class Notice(NamedTuple):
    """Something about the data that its owner should know."""

    reason: str
    source: str
    table: str
    name: str
    detail: str


class Load(NamedTuple):
    """What every row of a load carries."""

    load_id: int
    uuid_ts: str
    """A TIMESTAMP literal."""


class _Part(NamedTuple):
    """The rows of `staged` that go into one table."""

    number: int
    table: Table
    structure: str | None


class Filler:
    """Fills the tables inside the caller's transaction, from the temporary table `stage`."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, registry: Registry, options: Options, load: Load) -> None:
        self._cursor = cursor
        self._registry = registry
        self._options = options
        self._load = load
        self._tables = Tables(cursor, registry)
        self.warnings: list[Notice] = []

    @property
    def changed(self) -> set[str]:
        """Names of the tables whose columns changed."""
        return self._tables.changed

    def fill(self, source: str) -> None:
        """All tables of `source`."""
        present = self._context(source)
        self._number(source)
        parts = self._parts(source)
        self._stage_rows(source, present)
        counts = self._context_counts(present)
        for part in parts:
            self._fill_part(part, _with_values(present, counts.get(part.number)))
        self._fill_tracks(source, parts, present, counts)

    # --- columns

    def _context(self, source: str) -> list[Column]:
        """Surveys the contexts; returns the columns that this load's messages may have."""
        group = Group(source, CONTEXT, "", "context", f"stage WHERE source = {literal(source)}")
        structure = self._cursor.execute(f"SELECT json_group_structure(context) FROM {group.rows}").fetchone()
        return self._columns(group, structure[0] if structure else None, self._tables.of_source(source))[0]

    def _columns(self, group: Group, structure: str | None, tables: Iterable[Table]) -> tuple[list[Column], Survey]:
        """Surveys a group, widens `tables` as needed; returns the columns with values in it, by the paths that were seen."""
        known = self._registry.columns(group.source, group.table)
        found = survey(self._cursor, group, structure, known, self._options.max_columns)
        for change in self._registry.note(group.source, group.table, found.findings, keep_types=self._options.first_value_types):
            for table in tables if change.before else ():
                self._tables.widen(table, change)
        self._warn(group, found)
        return [column for name, column in known.items() if name in found.seen and column.type], found

    def _warn(self, group: Group, found: Survey) -> None:
        for name in sorted(found.hidden):
            self.warnings.append(Notice("hidden_by_system_column", group.source, group.table, name, "a property of that name gets no column"))
        if found.spare:
            detail = f"more than {self._options.max_columns} columns: these rows keep all their properties in {naming.MORE}"
            self.warnings.append(Notice("too_many_columns", group.source, group.table, min(found.spare), detail))

    # --- rows

    def _number(self, source: str) -> None:
        """Which table each (type, event) goes to."""
        rows = self._cursor.execute(f"SELECT DISTINCT type, coalesce(event, '') FROM stage WHERE source = {literal(source)} ORDER BY ALL").fetchall()
        self._numbers: dict[tuple[str, str], int] = {}
        numbered = []
        for kind, event in rows:
            table = naming.table_name(event) if kind == "track" else _CALLS[kind]
            if not table:
                self.warnings.append(Notice("event_without_table", source, "tracks", event, "its name holds no ASCII letter or digit"))
            number = self._numbers.setdefault((kind, table), len(self._numbers))
            numbered.append((kind, event, number, names.snake(event)))
        told = inline_rows("?", {"type": "VARCHAR", "event": "VARCHAR", "number": "INTEGER", "slug": "VARCHAR"}, numbered)
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE numbered AS FROM {told.sql}", [told.value])

    def _parts(self, source: str) -> list[_Part]:
        structures = dict(
            self._cursor.execute(
                f"SELECT n.number, json_group_structure(s.payload) FROM stage AS s JOIN numbered AS n ON s.type = n.type "
                f"AND coalesce(s.event, '') = n.event WHERE s.source = {literal(source)} GROUP BY 1"
            ).fetchall()
        )
        return [_Part(number, Table(source, table, kind), structures.get(number)) for (kind, table), number in self._numbers.items() if table]

    def _stage_rows(self, source: str, present: list[Column]) -> None:
        """The table `staged`: what the rows of all tables need, with the context's columns typed, each table's rows together."""
        taken = _extraction("context", present, "c")
        context = "".join(f", {_value(taken, column)} AS {quoted(column.name)}" for column in present)
        parsed = f", {taken.source} AS c" if taken else ""
        self._cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE staged AS SELECT n.number, n.slug, s.message_id, {', '.join(_COPIED)}, previous_id, group_id, name, "
            f"category, s.event AS event_text, s.payload, s.type{context} FROM (SELECT *{parsed} FROM stage WHERE source = {literal(source)}) AS s "
            f"JOIN numbered AS n ON s.type = n.type AND coalesce(s.event, '') = n.event ORDER BY n.number"
        )

    def _context_counts(self, present: list[Column]) -> dict[int, tuple[int, ...]]:
        """Part number -> how many values each of the context's columns has in it."""
        if not present:
            return {}
        counted = ", ".join(f"count({quoted(column.name)})" for column in present)
        return {row[0]: row[1:] for row in self._cursor.execute(f"SELECT number, {counted} FROM staged GROUP BY number").fetchall()}

    def _fill_part(self, part: _Part, context: list[Column]) -> None:
        table, rows = part.table, f"staged WHERE number = {part.number}"
        own, found = self._columns(Group(table.source, table.name, table.kind, "payload", rows), part.structure, [table])
        self._tables.make(table, {column.name: column.type or VARCHAR for column in (*context, *own)})
        taken = _extraction("payload", own, "p")
        values = {quoted(column.name): self._limited(_value(taken, column), column) for column in own}
        if found.spare:
            self._tables.make(table, {naming.MORE: "JSON"})
            values[quoted(naming.MORE)] = _more(found.spare)
        parsed = f"(SELECT *, {taken.source} AS p FROM {rows})" if taken else f"(SELECT * FROM {rows})"
        self._insert(table, values | {quoted(column.name): quoted(column.name) for column in context}, parsed)
        if table.name in LATEST:
            self._tables.changed |= update_latest(self._cursor, self._tables, table, [*context, *own], self._load.load_id)

    def _fill_tracks(self, source: str, parts: list[_Part], present: list[Column], counts: dict[int, tuple[int, ...]]) -> None:
        numbers = [number for (kind, _), number in self._numbers.items() if kind == "track"]
        if not numbers:
            return
        table = Table(source, "tracks", "track")
        totals = tuple(sum(column) for column in zip(*(counts[number] for number in numbers), strict=True)) if present else None
        context = _with_values(present, totals)
        self._tables.make(table, {column.name: column.type or VARCHAR for column in context})
        self._insert(table, {quoted(column.name): quoted(column.name) for column in context}, "(SELECT * FROM staged WHERE type = 'track')")

    def _insert(self, table: Table, values: dict[str, str], rows: str) -> None:
        fixed = {"id": "message_id", "uuid": "message_id", "uuid_ts": self._load.uuid_ts, "load_id": str(self._load.load_id)}
        fixed |= {name: name for name in (*_COPIED, *naming.OWN_COLUMNS.get(table.kind, ()))}
        if table.kind == "track":
            fixed |= {"event": "slug", "event_text": "event_text"}
        every = {quoted(name): expression for name, expression in fixed.items()} | values
        self._cursor.execute(f"INSERT INTO {table.sql} ({', '.join(every)}) SELECT {', '.join(every.values())} FROM {rows}")

    def _limited(self, value: str, column: Column) -> str:
        limit = self._options.text_limit
        return f"left({value}, {limit})" if limit and column.type == VARCHAR else value


def _with_values(columns: list[Column], counts: tuple[int, ...] | None) -> list[Column]:
    return [column for column, count in zip(columns, counts, strict=True) if count] if counts else []


def _extraction(json: str, columns: list[Column], alias: str) -> Extraction | None:
    wants = [Want(path, column.type or VARCHAR, mixed=column.mixed) for column in columns for path in column.paths]
    return extraction(json, wants, alias) if wants else None


def _value(taken: Extraction | None, column: Column) -> str:
    return first_present([taken.values[path] for path in column.paths]) if taken else "NULL"


def _more(spare: set[str]) -> str:
    """The whole properties of rows with a key that leads to a path without a column."""
    keys = ", ".join(literal(key) for key in sorted(spare))
    return f"CASE WHEN list_has_any(json_keys(payload), [{keys}]) THEN payload END"
