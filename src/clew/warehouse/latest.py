"""`users` and `accounts`: the latest state by id. Of every trait the latest value wins, whatever the order in which calls are loaded."""

# ruff: noqa: S608 - names are quoted, values are literals made by literal()

from __future__ import annotations

import duckdb

from clew.warehouse.columns.kinds import VARCHAR
from clew.warehouse.columns.naming import quoted
from clew.warehouse.registry import Column
from clew.warehouse.tables import LATEST, ORDER, Table, Tables


def update_latest(cursor: duckdb.DuckDBPyConnection, tables: Tables, calls: Table, columns: list[Column], load_id: int) -> set[str]:
    """Brings the state of those whom load `load_id` has in `calls` up to date. Returns the names of tables whose columns changed.

    Whose new calls all come after the state they meet takes the new values over the old; the others' state is made again from all their calls.
    """
    name, key = LATEST[calls.name]
    state = Table(calls.source, name, calls.kind)
    tables.make(state, {column.name: column.type or VARCHAR for column in columns})
    every = [column for column in tables.make(state) if column not in ("id", "received_at", "uuid_ts", "load_id", "batch_index", "message_id")]
    here = tables.make(calls)
    taken = "".join(f", arg_max({quoted(column)}, {ORDER}) AS {quoted(column)}" for column in every if column in here)
    last = "max(received_at) AS received_at, max(uuid_ts) AS uuid_ts, max(load_id) AS load_id, "
    last += f"arg_max(batch_index, {ORDER}) AS batch_index, arg_max(id, {ORDER}) AS message_id"
    fresh = f"SELECT {key} AS k, min({ORDER}) AS first_place, {last}{taken} FROM {calls.sql} WHERE {key} IS NOT NULL"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {fresh} AND load_id = {load_id} GROUP BY k")
    met = "{'at': t.received_at, 'place': t.batch_index, 'id': t.message_id}"
    late = f"SELECT t.id FROM {state.sql} AS t JOIN fresh AS f ON t.id = f.k WHERE f.first_place <= {met}"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE late AS {late}")
    merged = "".join(f", coalesce(f.{quoted(c)}, t.{quoted(c)}) AS {quoted(c)}" if c in here else f", t.{quoted(c)}" for c in every)
    head = "f.k AS id, f.received_at, f.uuid_ts, f.load_id, f.batch_index, f.message_id"
    both = f"fresh AS f LEFT JOIN {state.sql} AS t ON t.id = f.k WHERE f.k NOT IN (SELECT id FROM late)"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE merged AS SELECT {head}{merged} FROM {both}")
    again = f"SELECT k AS id, * EXCLUDE (k, first_place) FROM ({fresh} AND {key} IN (SELECT id FROM late) GROUP BY k)"
    cursor.execute(f"INSERT INTO merged BY NAME {again}")
    cursor.execute(f"DELETE FROM {state.sql} WHERE id IN (SELECT id FROM merged)")
    cursor.execute(f"INSERT INTO {state.sql} BY NAME SELECT * FROM merged")
    return tables.changed
