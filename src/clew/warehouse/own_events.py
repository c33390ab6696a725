"""Events that exist already, in a DuckDB file or in Parquet files, as the models' input: `clew.model_events` over the owner's columns.

`[events]` in clew.toml names the columns; what is not named is NULL. Nothing is copied and nothing of the owner's is written. All rows carry one load
id, the time of the newest change to the files, so that a build knows when there is something new.
"""
# ruff: noqa: S608 - names are quoted by `_name`, texts by `quoted`

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from clew.config import OwnEvents, Settings
from clew.errors import ConfigError
from clew.messages import VIEW_EVENTS
from clew.quoting import identifier, literal

PREFIX = "own_"
"""What the owner's columns are called by in `clew.own_rows`, so that they are not taken for ours."""
CATALOG = "own"
"""The owner's database is attached under this name, read-only."""


def configured(settings: Settings) -> bool:
    """Whether the models read the owner's events instead of the log's."""
    return bool(settings.events.table or settings.events.files)


def allowed_folders(settings: Settings, root: Path) -> list[Path]:
    """Folders that the database must be allowed to read for them: that of the Parquet files, up to the first wildcard."""
    return [_fixed_part(settings.events, root)] if settings.events.files else []


def attach(connection: duckdb.DuckDBPyConnection, settings: Settings, root: Path) -> None:
    """Attach the owner's database. Call it when the instance is opened, before external access is switched off. Raises ConfigError."""
    if not settings.events.table or not settings.events.database:
        return
    path = root / settings.events.database
    if not path.is_file():
        raise ConfigError(f"events.database: expected a DuckDB file, found nothing at {path}")
    try:
        connection.execute(f"ATTACH IF NOT EXISTS {literal(str(path))} AS {CATALOG} (READ_ONLY)")
    except duckdb.Error as error:
        raise ConfigError(f"events.database: expected a DuckDB file that can be read, found {path}: {error}") from error


def install(connection: duckdb.DuckDBPyConnection, settings: Settings, root: Path) -> None:
    """Make `clew.model_events` a view over the owner's events. Raises ConfigError if the table or a named column is not there."""
    events = settings.events
    relation = _relation(events, root)
    found = _columns(connection, relation, events)
    _check(events, found)
    load = _load(connection, relation, events, found) if events.load_id else f"CAST({load_id(settings, root)} AS BIGINT)"
    query = _query(events, relation, load, _event_number(connection, relation, events))
    connection.execute(f"CREATE OR REPLACE VIEW clew.model_events AS {query}")
    connection.execute(f"CREATE OR REPLACE VIEW clew.own_rows AS {_rows(events, relation, _event_number(connection, relation, events), found)}")


def rewritten(settings: Settings) -> bool:
    """Whether all events count as new when the owner's files change: only in a table with load numbers can one tell which are."""
    return configured(settings) and not (settings.events.table and settings.events.load_id)


def load_id(settings: Settings, root: Path) -> int:
    """When the owner's files were last changed, in microseconds since 1970; 0 if there is none."""
    return max((path.stat().st_mtime_ns // 1000 for path in _files(settings.events, root)), default=0)


def _files(events: OwnEvents, root: Path) -> list[Path]:
    if events.table:
        database = root / events.database
        return [path for path in (database, database.with_name(database.name + ".wal")) if path.is_file()]
    fixed = _fixed_part(events, root)
    pattern = str((root / events.files).relative_to(fixed)) if (root / events.files) != fixed else ""
    return [path for path in fixed.glob(pattern) if path.is_file()] if pattern else [fixed]


def _fixed_part(events: OwnEvents, root: Path) -> Path:
    """The folder before the first wildcard."""
    whole = root / events.files
    for parent in (whole, *whole.parents):
        if not set(str(parent)) & set("*?["):
            return parent if parent.is_dir() else parent.parent
    return root


def _relation(events: OwnEvents, root: Path) -> str:
    if events.table:
        catalog = f"{CATALOG}." if events.database else ""
        return catalog + ".".join(identifier(part) for part in events.table.split("."))
    return f"read_parquet({literal(str(root / events.files))}, union_by_name = true)"


def _columns(connection: duckdb.DuckDBPyConnection, relation: str, events: OwnEvents) -> dict[str, str]:
    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except duckdb.Error as error:
        setting = "events.table" if events.table else "events.files"
        raise ConfigError(f"{setting}: expected events at {events.table or events.files!r}, found none: {error}") from error
    return {name: kind for name, kind, *_ in rows}


def _event_number(connection: duckdb.DuckDBPyConnection, relation: str, events: OwnEvents) -> str:
    """What tells one event from another, as an integer. Raises ConfigError for a view with load numbers: its rows have no number that lasts."""
    if events.files:
        return "(CAST(file_index AS BIGINT) << 40) + file_row_number"
    try:
        connection.execute(f"SELECT rowid FROM {relation} LIMIT 0")
    except duckdb.BinderException as error:
        if events.load_id:
            raise ConfigError(f"events.load_id: expected events.table to name a table, found the view {events.table!r}: leave load_id out") from error
        return "row_number() OVER ()"
    return "rowid"


def _check(events: OwnEvents, found: dict[str, str]) -> None:
    for setting in ("time", "event", "person", "user_id", "anonymous_id", "message_id", "received_at", "load_id", "platform", "url", "referrer"):
        column = getattr(events, setting)
        if column and column not in found:
            raise ConfigError(f"events.{setting}: expected a column named {column!r}, found {', '.join(found)}")
    if not events.time or not events.event:
        raise ConfigError("events.time and events.event: expected the names of columns, found nothing: these two are needed")
    if not (events.person or events.user_id or events.anonymous_id):
        raise ConfigError(
            "events: expected a column for events.person, events.user_id or events.anonymous_id, found none: without one nobody is known"
        )
    if events.person and (events.user_id or events.anonymous_id):
        raise ConfigError("events: expected either events.person or events.user_id and events.anonymous_id, found both")
    for setting in ("time", "received_at"):
        column = getattr(events, setting)
        if column and not found[column].startswith(("TIMESTAMP", "DATE")):
            raise ConfigError(f"events.{setting}: expected column {column!r} to be a TIMESTAMP, found {found[column]}")


def _load(connection: duckdb.DuckDBPyConnection, relation: str, events: OwnEvents, found: dict[str, str]) -> str:
    """The load of a row, a BIGINT; none is 0. A bare column where that will do: then the database skips what is older without reading it."""
    column = identifier(events.load_id)
    some_have_none = connection.execute(f"SELECT EXISTS (FROM {relation} WHERE {column} IS NULL)").fetchone() != (False,)
    whole = column if found[events.load_id] == "BIGINT" else f"CAST({column} AS BIGINT)"
    return f"coalesce({whole}, 0)" if some_have_none else whole


def _query(events: OwnEvents, relation: str, load: str, event_number: str) -> str:
    """The view's text. A row without a time has no place in any order, and is left out."""
    time = f"CAST({identifier(events.time)} AS TIMESTAMP)"
    received = f"coalesce(CAST({identifier(events.received_at)} AS TIMESTAMP), {time})" if events.received_at else time
    anonymous = _optional(events.anonymous_id)
    nothing = ", ".join(
        f"CAST(NULL AS VARCHAR) AS {c}"
        for c in ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "click_id", "country", "user_agent", "ip")
    )
    return f"""SELECT
  {_key(events, event_number)}, {_kind(events)},
  {anonymous} AS anonymous_id, {_optional(events.person or events.user_id)} AS user_id,
  CAST(NULL AS VARCHAR) AS previous_id, CAST(NULL AS VARCHAR) AS group_id,
  {time} AS timestamp, {received} AS received_at, CAST(0 AS INTEGER) AS batch_index, {load} AS load_id, true AS activity,
  {_optional(events.platform)} AS platform, {anonymous} AS device_id,
  {_optional(events.url)} AS page_url, CAST(NULL AS VARCHAR) AS page_path, CAST(NULL AS VARCHAR) AS page_title,
  {_optional(events.referrer)} AS referrer, {nothing}
FROM {_source(events, relation)}
WHERE {identifier(events.time)} IS NOT NULL"""


def _rows(events: OwnEvents, relation: str, event_number: str, found: dict[str, str]) -> str:
    """The same rows with all columns that the owner's have: what conditions look at as properties."""
    columns = ", ".join(f"{identifier(column)} AS {identifier(PREFIX + column)}" for column in found)
    return f"""SELECT {_key(events, event_number)}, {_kind(events)}, {_optional(events.platform)} AS platform, {columns}
FROM {_source(events, relation)}
WHERE {identifier(events.time)} IS NOT NULL"""


def _key(events: OwnEvents, event_number: str) -> str:
    row_number = "row_number() OVER ()" if events.table else "concat(filename, '#', file_row_number)"
    message_id = identifier(events.message_id) if events.message_id else row_number
    return f"'own' AS source, CAST({message_id} AS VARCHAR) AS message_id, {event_number} AS event_number"


def _kind(events: OwnEvents) -> str:
    views = " ".join(f"WHEN {literal(name)} THEN {literal(kind)}" for kind, name in VIEW_EVENTS.items())
    event = f"CAST({identifier(events.event)} AS VARCHAR)"
    return f"CASE {event} {views} ELSE 'track' END AS type, {event} AS event"


def _source(events: OwnEvents, relation: str) -> str:
    return relation if events.table else relation.replace("union_by_name", "filename = true, file_row_number = true, union_by_name")


def properties(columns: Iterable[str]) -> str:
    """SQL over `clew.own_rows`: a JSON object of these columns. One that is not there is the database's error, which names those that are."""
    return f"json_object({', '.join(f'{literal(column)}, {identifier(PREFIX + column)}' for column in columns)})"


def _optional(column: str) -> str:
    return f"nullif(CAST({identifier(column)} AS VARCHAR), '')" if column else "CAST(NULL AS VARCHAR)"
