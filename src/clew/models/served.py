"""The builds there are, and which is served. An answer begins with it, so this loads nothing that makes builds."""

from __future__ import annotations

from typing import Any, NamedTuple

import duckdb

Cursor = duckdb.DuckDBPyConnection


class Rows(NamedTuple):
    """How many rows a table has."""

    table: str
    rows: int


class BuildResult(NamedTuple):
    """One build; times in microseconds since 1970. `load_id`: the newest load it holds; `data_as_of`: when its newest message was received."""

    build_id: int
    schema_id: int
    """Which full build made the tables."""
    reason: str
    is_full: bool
    load_id: int
    data_as_of: int | None
    started_at: int
    seconds: float
    people: int
    """How many were built anew."""
    events: int
    """How many events these have."""
    rows: tuple[Rows, ...]
    fingerprint: str
    denied: tuple[tuple[str, ...], ...] = ()
    """Edges that were taken away by hand."""

    @property
    def schema(self) -> str:
        """Where its tables are."""
        return f"build_{self.schema_id}"


_LISTED = """SELECT build_id, schema_id, reason, is_full, load_id, epoch_us(data_as_of), epoch_us(started_at), seconds, people, events,
    rows, fingerprint, denied
FROM clew.builds ORDER BY build_id DESC"""


def current_build(cursor: Cursor) -> BuildResult | None:
    """The build that is served; None before the first."""
    return next(iter(builds(cursor, 1)), None)


def builds(cursor: Cursor, most: int) -> list[BuildResult]:
    """The newest builds, newest first."""
    return [_result(row) for row in cursor.execute(f"{_LISTED} LIMIT {most}").fetchall()] if is_there(cursor, "builds") else []


def is_there(cursor: Cursor, table: str) -> bool:
    """Whether the schema `clew` has the table."""
    # Written in, not bound: to bind a value the client loads pandas where there is one, and this is what an answer begins with.
    found = cursor.execute(f"SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'clew' AND table_name = '{table}'").fetchone()  # noqa: S608
    return found == (1,)


def _result(row: tuple[Any, ...]) -> BuildResult:
    named = dict(zip(BuildResult._fields, row, strict=True))
    rows, denied = named.pop("rows"), named.pop("denied")
    return BuildResult(**named, rows=tuple(Rows(r["table"], r["rows"]) for r in rows), denied=tuple(tuple(edge) for edge in denied))
