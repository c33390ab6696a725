"""The tables that builds are written down in. Made where they are missing, also in a database of an older Clew."""

from __future__ import annotations

import duckdb

Cursor = duckdb.DuckDBPyConnection

_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS clew",
    # Builds that came through, and nothing else: reports read the newest row as what is served.
    "CREATE TABLE IF NOT EXISTS clew.builds (build_id BIGINT, schema_id BIGINT, reason VARCHAR, is_full BOOLEAN, load_id BIGINT, "
    "data_as_of TIMESTAMP, started_at TIMESTAMP, seconds DOUBLE, people BIGINT, events BIGINT, "
    'rows STRUCT("table" VARCHAR, "rows" BIGINT)[], fingerprint VARCHAR, denied VARCHAR[][])',
    # The one that runs (`error` is NULL), and those that failed.
    "CREATE TABLE IF NOT EXISTS clew.build_attempts (started_at TIMESTAMP, seconds DOUBLE, reason VARCHAR, is_full BOOLEAN, load_id BIGINT, "
    "fingerprint VARCHAR, error VARCHAR, tries BIGINT)",
    # The rules that a fingerprint stands for, as JSON.
    "CREATE TABLE IF NOT EXISTS clew.build_rules (fingerprint VARCHAR, rules VARCHAR)",
)


def prepare(cursor: Cursor) -> None:
    """Make what is not there yet. Not while a build runs, which makes them too."""
    for statement in _TABLES:
        cursor.execute(statement)
