"""Keeps `clew.user_agents` and `clew.ip_countries` complete: what loads brought anew is looked up, all of it when the rules or the file changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from clew.config import Settings
from clew.enrich.agents import agent, agent_rules
from clew.enrich.geography import Countries, file_mark

AGENTS, IPS = "user_agents", "ip_countries"
AT_ONCE = 10_000
"""Values looked up and written at a time."""
Look = Callable[[list[str]], Sequence[list[Any]]]
"""From values to the other columns of their rows."""


class Filled(NamedTuple):
    """How many values were looked up, and the load up to which both tables are complete now."""

    user_agents: int
    ips: int
    load_id: int


def mark(settings: Settings, root: Path) -> str:
    """Names all that decides what the tables say of a value. A build made under another mark is to be made anew, in full. Raises ConfigError."""
    path = geoip_path(settings, root)
    return f"{agent_rules()} {file_mark(path) if path else ''}"


def geoip_path(settings: Settings, root: Path) -> Path | None:
    """The owner's GeoIP file, or None where none is named."""
    return root / settings.enrich.geoip_file if settings.enrich.geoip_file else None


def create_tables(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are not there yet."""
    cursor.execute(files("clew.enrich").joinpath("sql", "tables.sql").read_text("utf-8"))


def marks(cursor: duckdb.DuckDBPyConnection) -> str:
    """What the tables say now was looked up in: where this changes, values that are known say something else."""
    create_tables(cursor)
    rows = cursor.execute("SELECT name, mark FROM clew.enrichments ORDER BY name").fetchall()
    return " ".join(f"{name}:{mark}" for name, mark in rows)


def fill(cursor: duckdb.DuckDBPyConnection, settings: Settings, root: Path, load_id: int | None = None) -> Filled:
    """Make both tables complete up to `load_id` (default: the newest load), each in one transaction.

    Values seen before are not looked up again. Raises ConfigError for a GeoIP file that cannot be read; the table is then as it was.
    """
    create_tables(cursor)
    upto = _one(cursor, "SELECT max(load_id) FROM clew.loads") if load_id is None else load_id
    agents = _complete(cursor, AGENTS, "user_agent", upto, agent_rules(), _agents)
    return Filled(agents, _fill_ips(cursor, geoip_path(settings, root), upto), upto)


def _fill_ips(cursor: duckdb.DuckDBPyConnection, path: Path | None, upto: int) -> int:
    if path is None:
        return _complete(cursor, IPS, "ip", 0, "", lambda ips: [])
    wanted = file_mark(path)
    if _state(cursor, IPS) == (upto, wanted):
        return 0
    with Countries.open(path) as countries:
        return _complete(cursor, IPS, "ip", upto, wanted, lambda ips: [[countries.country(ip) for ip in ips]])


def _agents(texts: list[str]) -> Sequence[list[Any]]:
    found = [agent(text) for text in texts]
    columns = zip(*((a.browser, a.browser_version, a.os, a.device_type, a.is_bot) for a in found), strict=True)
    return [list(column) for column in columns]


def _complete(cursor: duckdb.DuckDBPyConnection, table: str, column: str, upto: int, wanted: str, look: Look) -> int:
    """Look up what lies between the load that the table is complete to and `upto`. Under another mark it is emptied first."""
    done, made_by = _state(cursor, table)
    if (done, made_by) == (upto, wanted) or (made_by == wanted and done > upto):
        return 0
    with _transaction(cursor):
        if made_by != wanted:
            cursor.execute(f"DELETE FROM clew.{table}")  # noqa: S608 - names of our own
            done = 0
        values = _new_values(cursor, table, column, done, upto)
        for at in range(0, len(values), AT_ONCE):
            part = values[at : at + AT_ONCE]
            _insert(cursor, table, [part, *look(part)])
        cursor.execute("DELETE FROM clew.enrichments WHERE name = ?", [table])
        cursor.execute("INSERT INTO clew.enrichments VALUES (?, ?, ?)", [table, upto, wanted])
    return len(values)


def _new_values(cursor: duckdb.DuckDBPyConnection, table: str, column: str, done: int, upto: int) -> list[str]:
    query = f"""
        SELECT DISTINCT {column} FROM clew.events WHERE load_id > ? AND load_id <= ? AND {column} IS NOT NULL
        EXCEPT SELECT {column} FROM clew.{table}
        ORDER BY 1
    """  # noqa: S608 - names of our own
    return [value for (value,) in cursor.execute(query, [done, upto]).fetchall()]


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, columns: list[list[Any]]) -> None:
    cursor.execute(f"INSERT INTO clew.{table} SELECT {', '.join('unnest(?)' for _ in columns)}", columns)


def _state(cursor: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str | None]:
    """The load that the table is complete to, and under which mark; (0, None) for one never filled."""
    row = cursor.execute("SELECT load_id, mark FROM clew.enrichments WHERE name = ?", [table]).fetchone()
    return (row[0], row[1]) if row else (0, None)


def _one(cursor: duckdb.DuckDBPyConnection, query: str) -> int:
    row = cursor.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


@contextmanager
def _transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    cursor.execute("BEGIN")
    try:
        yield
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
