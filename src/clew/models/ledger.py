"""What outlives a build: the people and their numbers, and the list of builds (read by `served`). Tables in the schema `clew`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow

from clew.enrich.tables import create_tables
from clew.models.history import tables
from clew.models.render import CONTEXT
from clew.models.served import BuildResult, Cursor, current_build, is_there
from clew.warehouse.loading.batch import ROW_GROUP


class Database(Protocol):
    """What a build needs of a warehouse: connections to one database."""

    def cursor(self) -> Cursor: ...


_TABLES = (
    # Numbers of what builds refer to. They come from sequences, so that what is gone does not leave its number to another.
    "CREATE SEQUENCE IF NOT EXISTS clew.identifier_numbers",
    "CREATE TABLE IF NOT EXISTS clew.identifiers (id INTEGER, space VARCHAR, alias VARCHAR)",
    "CREATE SEQUENCE IF NOT EXISTS clew.kind_numbers",
    "CREATE TABLE IF NOT EXISTS clew.event_kinds (kind_id INTEGER, source VARCHAR, type VARCHAR, event VARCHAR, platform VARCHAR)",
    "CREATE SEQUENCE IF NOT EXISTS clew.context_numbers",
    f"CREATE TABLE IF NOT EXISTS clew.event_contexts (context_id INTEGER, context STRUCT({', '.join(f'{c} VARCHAR' for c in CONTEXT)}))",
    "CREATE SEQUENCE IF NOT EXISTS clew.text_numbers",
    "CREATE TABLE IF NOT EXISTS clew.event_texts (text_id INTEGER, text VARCHAR)",
    # Messages of these numbers were deleted from `model_events`: what the next build takes in.
    "CREATE TABLE IF NOT EXISTS clew.deleted_events (event_number BIGINT)",
    # The people there ever were; a person's number is that of the universal id.
    "CREATE TABLE IF NOT EXISTS clew.people (person_id INTEGER, universal_hash BIGINT)",
    # Whom each incremental build made anew, for what is kept up beside the models.
    "CREATE TABLE IF NOT EXISTS clew.touched_people (build_id BIGINT, person INTEGER)",
)


LISTED = 10_000
"""Incremental builds that stay in the list: under load there is one every few seconds. Full ones stay all: only they change rules."""
KEPT = 20
"""Of so many builds it is kept whom they made anew."""
ALL = -1
"""Among these: the build took out messages, so that nothing that was made of the people before it may stay."""

_ENRICHED = """CREATE OR REPLACE VIEW clew.enriched_events AS
SELECT m.* REPLACE (coalesce(nullif(m.country, ''), i.country) AS country), a.browser, a.os, a.device_type
FROM clew.model_events AS m
LEFT JOIN clew.ip_countries AS i ON i.ip = m.ip
LEFT JOIN clew.user_agents AS a ON a.user_agent = m.user_agent"""


def prepare(cursor: Cursor) -> None:
    """Make what is not there yet."""
    tables.prepare(cursor)
    for statement in _TABLES:
        cursor.execute(statement)
    create_tables(cursor)
    cursor.execute(_ENRICHED)


def next_numbers(cursor: Cursor, count: int) -> npt.NDArray[np.int32]:
    """So many numbers for identifiers at once: the sequence goes on after them. To ask it for each takes a quarter of a second for six million."""
    row = cursor.execute("SELECT nextval('clew.identifier_numbers')").fetchone() or (1,)
    cursor.execute(f"CREATE OR REPLACE SEQUENCE clew.identifier_numbers START {row[0] + count}")
    return np.arange(row[0], row[0] + count, dtype=np.int32)


def some_deleted(cursor: Cursor) -> bool:
    """Whether messages were deleted that the newest build may still have."""
    return is_there(cursor, "deleted_events") and cursor.execute("SELECT count(*) > 0 FROM clew.deleted_events").fetchone() == (True,)


def seconds_of_last(cursor: Cursor, is_full: bool) -> float | None:
    """What the last full build took, or the last incremental one; None before the first."""
    row = cursor.execute("SELECT arg_max(seconds, build_id) FROM clew.builds WHERE is_full = ?", [is_full]).fetchone()
    return row[0] if row else None


def record(cursor: Cursor, result: BuildResult) -> None:
    """Write the row of a build, and let go those that are too old. It has taken in what was deleted."""
    rows = [{"table": r.table, "rows": r.rows} for r in result.rows]
    values = [*result[:10], rows, result.fingerprint, [list(edge) for edge in result.denied]]
    cursor.execute(
        "INSERT INTO clew.builds VALUES (?, ?, ?, ?, ?, make_timestamp(?::BIGINT), make_timestamp(?::BIGINT), ?, ?, ?, ?, ?, ?::VARCHAR[][])", values
    )
    cursor.execute("DELETE FROM clew.builds WHERE NOT is_full AND build_id <= ?", [result.build_id - LISTED])
    cursor.execute("DELETE FROM clew.deleted_events")


def touch(cursor: Cursor, build_id: int, people: str) -> None:
    """Keep that an incremental build made these people (a query) anew, and let go what is too old."""
    cursor.execute(f"INSERT INTO clew.touched_people SELECT {build_id}, person FROM ({people})")  # noqa: S608 - a query of our own
    cursor.execute("DELETE FROM clew.touched_people WHERE build_id <= ?", [build_id - KEPT])


def touched_since(cursor: Cursor, build: int) -> npt.NDArray[np.int64] | None:
    """The people made anew since that build; None where that was not kept, where all people were, and where messages were taken out."""
    now = current_build(cursor)
    if now is None or build < max(now.schema_id, now.build_id - KEPT):
        return None
    chosen = "SELECT DISTINCT person FROM clew.touched_people WHERE build_id > ? AND person <> 0 ORDER BY person"
    people = np.asarray(cursor.execute(chosen, [build]).fetchnumpy()["person"], np.int64)
    return None if ALL in people else people


@contextmanager
def registered(cursor: Cursor, table: Mapping[str, npt.NDArray[Any]] | pyarrow.Table) -> Iterator[str]:
    """Arrays, or a table in Arrow's form, as a table that queries on this cursor can name."""
    if isinstance(table, pyarrow.Table):
        # In pieces, of which each thread of the database takes one at a time.
        table = pyarrow.Table.from_batches(table.to_batches(max_chunksize=ROW_GROUP), table.schema)
    cursor.register("arrays_of_build", table if isinstance(table, pyarrow.Table) else dict(table))
    try:
        yield "arrays_of_build"
    finally:
        cursor.unregister("arrays_of_build")
