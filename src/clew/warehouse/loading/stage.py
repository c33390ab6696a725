"""The stage: one load's records as a temporary table, and what becomes of them as `clew.events`."""

# ruff: noqa: S608 - what is put into SQL here is constant

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import msgspec

from clew.messages import TYPES
from clew.names import snake
from clew.quoting import identifier, literal
from clew.warehouse.engine import sql_text
from clew.warehouse.loading.arrow import arrow_lines
from clew.warehouse.loading.batch import Batch
from clew.warehouse.loading.inline import inline_numbers, inline_rows
from clew.warehouse.loading.lines import Lines
from clew.warehouse.loading.survey import table_of

if TYPE_CHECKING:
    from clew.warehouse.loading.scan.plain import Scanner

_TEXTS = ("anonymousId", "userId", "previousId", "groupId", "event", "name", "category")
_RECORD = {
    **dict.fromkeys(("source", "type", "message_id"), "VARCHAR"),
    **dict.fromkeys(("received_at", "timestamp", "original_timestamp", "sent_at", "clock_shift"), "BIGINT"),
    "batch_index": "INTEGER",
    "message": dict.fromkeys(_TEXTS, "VARCHAR") | dict.fromkeys(("properties", "traits", "context"), "JSON") | {"activity": "BOOLEAN"},
}
_CONTEXT: dict[str, Any] = {
    **dict.fromkeys(("ip", "userAgent", "locale", "channel", "country"), "VARCHAR"),
    "device": dict.fromkeys(("id", "type"), "VARCHAR"),
    "os": {"name": "VARCHAR"},
    "library": {"name": "VARCHAR"},
    "location": {"country": "VARCHAR"},
    "page": dict.fromkeys(("url", "path", "title", "referrer", "search"), "VARCHAR"),
    "campaign": dict.fromkeys(("source", "medium", "name", "term", "content"), "VARCHAR"),
}
_UNUSABLE = f"""CASE
    WHEN source IS NULL OR source = '' THEN 'expected a source'
    WHEN type IS NULL OR type NOT IN {TYPES} THEN 'expected a type of the six, found ' || coalesce(type, 'none')
    WHEN message_id IS NULL OR message_id = '' THEN 'expected a message_id'
    WHEN received_at IS NULL THEN 'expected received_at in microseconds before the year 10000'
    WHEN timestamp IS NULL THEN 'expected timestamp in microseconds before the year 10000'
    WHEN NOT is_object THEN 'expected a message that is an object'
  END"""


class Load(NamedTuple):
    """What every row of a load carries."""

    load_id: int
    uuid_ts: str
    """When the load began: an SQL expression."""


class Unusable(NamedTuple):
    """The record at `place` in the slice cannot be loaded."""

    place: int
    reason: str


def stage(cursor: duckdb.DuckDBPyConnection, lines: Lines, scanner: Scanner | None = None) -> list[Unusable]:
    """Makes the view `stage`: one row a record (none for an empty line). Returns the records it leaves out.

    `scanner` takes plain lines apart, and their columns stay where it made them; the database takes the others into the table `others`. Raises
    duckdb.Error if a line is no JSON that the database can read: the caller then looks for it.
    """
    plain = scanner.read(lines) if scanner else None
    cursor.register("log_lines", arrow_lines(lines, scanner.left if scanner else range(len(lines))))
    try:
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE others AS {_others()}")
    finally:
        cursor.unregister("log_lines")
    cursor.execute("CREATE OR REPLACE TEMP TABLE gone (place BIGINT)")
    rows = "FROM others"
    if plain is not None:
        cursor.register("plain_lines", plain)
        columns = sql_text("plain.sql").replace(":rows", str(plain.num_rows)).replace(":parts", _struct("", _CONTEXT))
        rows = f"FROM ({columns}) WHERE place NOT IN (FROM gone) UNION ALL BY NAME {rows}"
    cursor.execute(f"CREATE OR REPLACE TEMP VIEW stage AS {rows}")
    # A plain line is a record that can be used.
    unusable = cursor.execute(f"SELECT place, reason FROM (SELECT place, {_UNUSABLE} AS reason FROM others) WHERE reason IS NOT NULL").fetchall()
    drop(cursor, [place for place, _ in unusable])
    return [Unusable(place, reason) for place, reason in unusable]


def _others() -> str:
    return sql_text("stage.sql").replace(":spec", literal(_json(_RECORD))).replace(":parts", _type(_CONTEXT))


def _type(fields: dict[str, Any]) -> str:
    """The SQL type of a struct of these fields."""
    return f"STRUCT({', '.join(f'{identifier(name)} {_type(kind) if isinstance(kind, dict) else kind}' for name, kind in fields.items())})"


def _struct(path: str, fields: dict[str, Any]) -> str:
    """SQL for a struct of these fields, out of columns whose names are paths."""
    inner = (
        f"{identifier(name)}: {_struct(f'{path}{name}.', kind) if isinstance(kind, dict) else identifier(path + name)}"
        for name, kind in fields.items()
    )
    return f"{{{', '.join(inner)}}}"


def drop(cursor: duckdb.DuckDBPyConnection, places: list[int]) -> None:
    """Takes records out of the stage."""
    if places:
        numbers = inline_numbers("?", "BIGINT", places)
        cursor.execute(f"DELETE FROM others WHERE place IN {numbers.sql}", [numbers.value])
        cursor.execute(f"INSERT INTO gone FROM {numbers.sql}", [numbers.value])


def nothing_dropped(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether all that was staged is still there."""
    return cursor.execute("SELECT count(*) FROM gone").fetchone() == (0,)


def clear(cursor: duckdb.DuckDBPyConnection) -> None:
    """After a load: its records leave memory."""
    cursor.execute("DROP VIEW IF EXISTS temp.stage")
    cursor.unregister("plain_lines")
    for table in ("others", "gone", "calls", "found", "opened_0", "opened_1"):
        cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")


def insert_events(cursor: duckdb.DuckDBPyConnection, load: Load, batch: Batch) -> None:
    """The stage's records become rows of `clew.events`, after a survey: `calls` is its table."""
    calls = cursor.execute("SELECT DISTINCT type, event FROM calls").fetchall()
    columns = dict.fromkeys(("type", "event", "table_name", "slug"), "VARCHAR")
    named = inline_rows("?", columns, [(kind, event, table_of(kind, event), snake(event) if kind == "track" else None) for kind, event in calls])
    sql = sql_text("events.sql").replace(":load_id", str(load.load_id)).replace(":loaded_at", load.uuid_ts).replace(":named", named.sql)
    sql = sql.replace(":chunk", batch.chunk_sql("place")).replace(":ordinal", batch.ordinal_sql("place"))
    cursor.execute(sql.replace(":spec", literal(_json(_CONTEXT))), [named.value])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
