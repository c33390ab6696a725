"""What outlives a build: the people and their numbers, and the list of builds. Tables in the schema `clew`."""
# ruff: noqa: S608 - the only name written into a text is a build's schema

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import duckdb

Cursor = duckdb.DuckDBPyConnection


class Database(Protocol):
    """What a build needs of a warehouse: connections to one database."""

    def cursor(self) -> Cursor: ...


class Rows(NamedTuple):
    """How many rows a table has."""

    table: str
    rows: int


class BuildResult(NamedTuple):
    """One build; times in microseconds since 1970. `load_id`: the newest load it holds; `data_as_of`: when its newest message was received."""

    build_id: int
    reason: str
    load_id: int
    data_as_of: int | None
    started_at: int
    seconds: float
    rows: tuple[Rows, ...]
    fingerprint: str

    @property
    def schema(self) -> str:
        """Where its tables are."""
        return f"build_{self.build_id}"


_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS clew",
    # Numbers come from a sequence, so that a person who is gone does not leave his to another.
    "CREATE SEQUENCE IF NOT EXISTS clew.person_numbers",
    "CREATE TABLE IF NOT EXISTS clew.people (person_id BIGINT, space VARCHAR, universal_user_id VARCHAR)",
    "CREATE TABLE IF NOT EXISTS clew.builds (build_id BIGINT, reason VARCHAR, load_id BIGINT, data_as_of TIMESTAMP, started_at TIMESTAMP, "
    'seconds DOUBLE, rows STRUCT("table" VARCHAR, "rows" BIGINT)[], fingerprint VARCHAR)',
)


_NEWEST = """SELECT build_id, reason, load_id, epoch_us(data_as_of), epoch_us(started_at), seconds, rows, fingerprint
FROM clew.builds ORDER BY build_id DESC LIMIT 1"""


def prepare(cursor: Cursor) -> None:
    """Make what is not there yet."""
    for statement in _TABLES:
        cursor.execute(statement)


def enrol(cursor: Cursor, schema: str) -> None:
    """Give every universal id of the build in `schema` that has no number one that was never used."""
    cursor.execute(
        f"""INSERT INTO clew.people
        SELECT nextval('clew.person_numbers'), space, alias FROM (
          SELECT DISTINCT u.space, u.alias FROM {schema}.universal_aliases AS a JOIN {schema}.identifiers AS u ON u.id = a.universal_id
          ANTI JOIN clew.people AS p ON p.universal_user_id = u.alias AND p.space = u.space
          ORDER BY u.space, u.alias
        )"""
    )


def current_build(cursor: Cursor) -> BuildResult | None:
    """The build that is served; None before the first."""
    known = cursor.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'clew' AND table_name = 'builds'").fetchone()
    if known != (1,):
        return None
    return _result(cursor.execute(_NEWEST).fetchone())


def record(cursor: Cursor, result: BuildResult) -> None:
    """Write the row of a build."""
    rows = [{"table": r.table, "rows": r.rows} for r in result.rows]
    cursor.execute(
        "INSERT INTO clew.builds VALUES (?, ?, ?, make_timestamp(?::BIGINT), make_timestamp(?::BIGINT), ?, ?, ?)",
        [*result[:6], rows, result.fingerprint],
    )


def _result(row: tuple[Any, ...] | None) -> BuildResult | None:
    if row is None:
        return None
    build_id, reason, load_id, data_as_of, started_at, seconds, rows, mark = row
    return BuildResult(build_id, reason, load_id, data_as_of, started_at, seconds, tuple(Rows(r["table"], r["rows"]) for r in rows), mark)
