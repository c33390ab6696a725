"""Making the database's file hold nothing of what was deleted: the database frees room without overwriting it, so that is done here.

It also packs small pieces of several tables into one block of the file, which is free only when none of these pieces is in use any more. So
small tables are written anew as a whole. In large ones a piece may stay, in a block that it shares, until the block's other pieces are written anew.
"""
# ruff: noqa: S608 - names of our own tables, and whole numbers

from __future__ import annotations

import time

import duckdb

from clew.warehouse.engine import sql_text

TRIES, PAUSE = 60, 0.5
"""A page that is being read keeps the file from being written for a moment."""
_SMALL = 122_880
"""Rows that the database writes as one piece a column."""
_ROWS_OF_A_BLOCK = 262_144 // 32
"""A row of what is written there takes 32 bytes, which are random: nothing compresses them."""


def overwrite(cursor: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Write all into the file, then other bytes over whatever is free in it. Takes as long as writing that much. `schema`: the newest build's."""
    cursor.execute("DROP TABLE IF EXISTS clew.overwritten")
    _write_small_anew(cursor, schema)
    _checkpoint(cursor)
    free = cursor.execute("SELECT free_blocks FROM pragma_database_size()").fetchall()[0][0]
    cursor.execute(f"CREATE TABLE clew.overwritten AS SELECT uuid() AS a, uuid() AS b FROM range({(free + 1) * _ROWS_OF_A_BLOCK})")
    _checkpoint(cursor)
    cursor.execute("DROP TABLE clew.overwritten")
    _checkpoint(cursor)


def columns_of(cursor: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    """The names of a table's columns."""
    rows = cursor.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ? AND table_name = ?", [schema, table]
    ).fetchall()
    return [name for (name,) in rows]


def _write_small_anew(cursor: duckdb.DuckDBPyConnection, schema: str) -> None:
    tables = cursor.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary "
        "AND schema_name IN ('clew', ?) AND estimated_size <= ?",
        [schema, _SMALL],
    ).fetchall()
    cursor.execute("BEGIN")
    for name, table in tables:
        _write_anew(cursor, f"{name}.{table}")
    cursor.execute("COMMIT")


def _write_anew(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """As another table of the same name: what is changed in place leaves the pieces of unchanged columns where they were."""
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE anew AS SELECT * FROM {table} ORDER BY rowid")
    cursor.execute(f"DROP TABLE {table}")
    if table == "clew.event_rows":
        cursor.execute(sql_text("tables.sql"))  # its columns are compressed each in its own way
        cursor.execute(f"INSERT INTO {table} FROM anew")
    else:
        cursor.execute(f"CREATE TABLE {table} AS FROM anew")
    cursor.execute("DROP TABLE anew")


def _checkpoint(cursor: duckdb.DuckDBPyConnection) -> None:
    for attempt in range(TRIES):
        try:
            cursor.execute("CHECKPOINT")
        except duckdb.TransactionException:
            if attempt == TRIES - 1:
                raise
            time.sleep(PAUSE)
        else:
            return
