"""Segment's schema: views over `clew.events`, one for each table of a source, and one for all sources together in `main`."""

# ruff: noqa: S608 - names are quoted, values are literals made by literal()

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import duckdb

from clew.config import Warehouse as Options
from clew.quoting import identifier, literal
from clew.warehouse.columns import naming
from clew.warehouse.columns.extract import Path, column_sql, no_object
from clew.warehouse.columns.kinds import VARCHAR, column_type
from clew.warehouse.loading.registry import Column, Registry, Table
from clew.warehouse.loading.survey import kind_of

LATEST = {"identifies": ("users", "user_id"), "groups": ("accounts", "group_id")}
"""Table of calls -> the table of the latest state, and the column that is its id."""

_CALL = {
    "id": "message_id",
    **{name: name for name in ("anonymous_id", "user_id", "received_at", "sent_at", "timestamp", "original_timestamp")},
    "uuid_ts": "loaded_at",
    "uuid": "message_id",
    "load_id": "load_id",
    "batch_index": "batch_index",
}
_ORDER = "{'at': received_at, 'place': batch_index, 'id': id}"
"""The order in which the latest trait wins: as received."""
_STATE = {
    "received_at": "max(received_at)",
    "uuid_ts": "max(uuid_ts)",
    "load_id": "max(load_id)",
    "batch_index": f"arg_max(batch_index, {_ORDER})",
    "message_id": f"arg_max(id, {_ORDER})",
}
_READY: dict[Path, str] = {
    ("ip",): "ip",
    ("userAgent",): "user_agent",
    ("locale",): "locale",
    ("library", "name"): "library",
    **{("campaign", name): f"utm_{name}" for name in ("source", "medium", "term", "content")},
    ("campaign", "name"): "utm_campaign",
}
"""Paths of the context that `clew.events` has as columns of the same text."""
_READY_BUT_PAGES: dict[Path, str] = {("page", name): f"page_{name}" for name in ("url", "path", "title")}
"""The same, but in page calls these columns may come from the properties."""

Columns = dict[str, str]
"""Name -> SQL expression, in order."""


def make_views(cursor: duckdb.DuckDBPyConnection, registry: Registry, changed: set[Table], options: Options) -> None:
    """Makes the views of the changed tables anew, those of `main` too."""
    statements = [f"CREATE SCHEMA IF NOT EXISTS {identifier(source)}" for source in sorted({table.source for table in changed})]
    members: dict[str, list[Table]] = defaultdict(list)
    for table in sorted(registry.tables()):
        members[table.name].append(table)
    for table in sorted(changed):
        statements += _table_views(table.source, table.name, registry, [table], options)
    for name in sorted({table.name for table in changed}):
        statements += _table_views("", name, registry, members[name], options)
    if statements:
        cursor.execute(";\n".join(statements))


def _table_views(source: str, name: str, registry: Registry, members: list[Table], options: Options) -> list[str]:
    """The view of calls, and that of the latest state where there is one. `source` is empty for the views over all sources."""
    columns = _columns(name, registry, members, options)
    where = "type = 'track'" if name == "tracks" else f"table_name = {literal(name)}"
    head = {} if source else {"source": "source"}
    if source:
        where = f"source = {literal(source)} AND {where}"
    else:
        columns = {_renamed(column): value for column, value in columns.items()}
    system = _system(name)
    schema = identifier(source or "main")
    views = [_view(f"{schema}.{identifier(name)}", head | system | columns, f"clew.event_rows WHERE {where}")]
    if name in LATEST:
        state, key = LATEST[name]
        latest = {column: f"arg_max({identifier(column)}, {_ORDER})" for column in columns if column not in _STATE}
        rows = f"{schema}.{identifier(name)} WHERE {key} IS NOT NULL GROUP BY ALL"
        views.append(_view(f"{schema}.{identifier(state)}", head | {"id": key} | _STATE | latest, rows))
    return views


def _view(name: str, columns: Columns, rows: str) -> str:
    return f"CREATE OR REPLACE VIEW {name} AS SELECT {', '.join(f'{value} AS {identifier(column)}' for column, value in columns.items())} FROM {rows}"


def _system(name: str) -> Columns:
    kind = kind_of(name)
    own = naming.OWN_COLUMNS.get(kind, ())
    return _CALL | ({"event": "slug", "event_text": "event"} if kind == "track" else {}) | {column: column for column in own}


def _columns(name: str, registry: Registry, members: list[Table], options: Options) -> Columns:
    """The columns that come from messages: the context's, then the table's own."""
    ready = _READY if name == "pages" else _READY | _READY_BUT_PAGES
    result: Columns = {}
    for column in _merged(registry.context(table) for table in members):
        here = ready.get(column.paths[0]) if len(column.paths) == 1 and column.type == VARCHAR else None
        result[column.name] = no_object(here, "context", column.paths[0]) if here else column_sql("context", column.paths, column.type)
    own = list(_merged(registry.columns(table).values() for table in members))
    for column in own:
        value = _more(own) if column.name == naming.MORE else column_sql("payload", column.paths, column.type)
        result[column.name] = f"left({value}, {options.text_limit})" if options.text_limit and column.type == VARCHAR else value
    return result


def _merged(parts: Iterable[Iterable[Column]]) -> Iterable[Column]:
    """The columns of several tables as one table's, in the order of their names: types as if all values were one column's."""
    result: dict[str, Column] = {}
    for column in (column for part in parts for column in part):
        old = result.get(column.name, column)
        paths, kinds = tuple(sorted({*old.paths, *column.paths})), old.kinds | column.kinds
        result[column.name] = Column(column.name, paths, kinds, old.type if old.type == column.type else column_type(kinds))
    return (result[name] for name in sorted(result))


def _more(columns: list[Column]) -> str:
    """The whole payload of rows with a key that does not lead to columns alone."""
    partly = {path[0] for column in columns for path in column.paths if column.name == naming.MORE}
    whole = {path[0] for column in columns for path in column.paths} - partly
    return f"CASE WHEN NOT list_has_all([{', '.join(map(literal, sorted(whole)))}], json_keys(payload)) THEN payload END"


def _renamed(column: str) -> str:
    return "_source" if column == "source" else column
