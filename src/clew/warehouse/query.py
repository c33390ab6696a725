"""Users' SQL: one SELECT, read-only, stopped after a time, on the locked-down database.

Four fences, each enough by itself for what it keeps out: the instance opens no file outside its own folders (`engine`); the statement must
be one SELECT; of functions that make tables only those stand in `TABLE_FUNCTIONS`, and no table may be named like a file; and it runs in
a read-only transaction.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import duckdb
import msgspec

from clew.errors import QueryError
from clew.quoting import identifier, literal
from clew.warehouse.engine import Warehouse

SECONDS = 30.0
_TABLE_FUNCTIONS = """range generate_series generate_subscripts unnest json_each json_tree repeat repeat_row pragma_table_info
    duckdb_tables duckdb_columns duckdb_views duckdb_schemas duckdb_functions duckdb_types duckdb_keywords"""
TABLE_FUNCTIONS = frozenset(_TABLE_FUNCTIONS.split())
"""Functions that may stand after FROM. They read nothing but their arguments and the catalog."""
_FORBIDDEN_FUNCTIONS = frozenset(("current_setting", "getenv", "nextval", "currval", "write_log"))
_FORBIDDEN_TABLES = frozenset(("pg_settings", "duckdb_settings", "duckdb_secrets", "duckdb_logs", "duckdb_log_contexts"))
_FILE_NAME = re.compile(r"[/\\*?\[]|\.\w+$|:")


class Cursors(Protocol):
    """An open database: every cursor is a connection of its own."""

    def cursor(self) -> duckdb.DuckDBPyConnection: ...


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a query. `types` are DuckDB's names; times are naive and UTC. `truncated`: there were more rows than asked for."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool


def run(warehouse: Warehouse, sql: str, *, seconds: float = SECONDS, rows: int = 100_000) -> Result:
    """The first `rows` rows of a user's SELECT. Raises QueryError: not allowed, wrong (with the place), or stopped after `seconds`."""
    with answering(warehouse, sql, seconds) as answer:
        taken = answer.fetchmany(rows + 1)
        columns, types = described(answer)
    return Result(columns=columns, types=types, rows=taken[:rows], truncated=len(taken) > rows)


@contextmanager
def answering(warehouse: Cursors, sql: str, seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor on which the answer of a user's SELECT can be fetched, times without zone. Raises QueryError as `run`."""
    with read_only(warehouse, seconds) as cursor:
        text = checked(cursor, sql)
        cursor.execute(text)
        if any("TIME ZONE" in kind for kind in described(cursor)[1]):
            cursor.execute(_without_zones(text, *described(cursor)))
        yield cursor


@contextmanager
def read_only(warehouse: Cursors, seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor in a read-only transaction that is stopped after `seconds`. The database's errors become QueryErrors."""
    cursor = warehouse.cursor()
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        cursor.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    try:
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        timer.start()
        yield cursor
    except duckdb.InterruptException as error:
        reason = f"stopped after {seconds:g} seconds: ask for less, or allow more time" if stopped.is_set() else "stopped"
        raise QueryError(reason) from error
    except duckdb.Error as error:
        raise QueryError(_text(error)) from error
    finally:
        timer.cancel()
        cursor.close()


def checked(cursor: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The text of the one SELECT that `sql` is, without its semicolon. Raises QueryError for everything else."""
    try:
        statements = cursor.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(_text(error)) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        found = ", ".join(str(statement.type).rpartition(".")[2] for statement in statements) or "nothing"
        raise QueryError(f"expected one SELECT, found {found}: the warehouse is changed by the loader and by builds only")
    text: str = statements[0].query
    # Written in, not bound: to bind a value the client loads pandas where there is one, a quarter of a second.
    row = cursor.execute(f"SELECT json_serialize_sql({literal(text)})").fetchone()
    tree = msgspec.json.decode(row[0]) if row else {"error": True}
    if tree["error"]:
        raise QueryError(f"expected one SELECT that can be checked, found one that cannot: {tree.get('error_message', '')}")
    for node in _nodes(tree):
        _check(node)
    return text.rstrip().rstrip(";")


def described(cursor: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and types of the answer's columns."""
    columns = cursor.description or []
    return tuple(column[0] for column in columns), tuple(str(column[1]) for column in columns)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _check(node: dict[str, Any]) -> None:
    name = str(node.get("function_name", "")).lower()
    if node.get("type") == "TABLE_FUNCTION":
        table_function = str(node["function"].get("function_name", "")).lower()
        if table_function not in TABLE_FUNCTIONS:
            raise QueryError(
                f"{table_function}() may not be read from{_place(node)}: expected a table, or one of {', '.join(sorted(TABLE_FUNCTIONS))}"
            )
    if name in _FORBIDDEN_FUNCTIONS:
        raise QueryError(f"{name}() is not allowed{_place(node)}")
    if node.get("type") == "BASE_TABLE":
        table = str(node.get("table_name", ""))
        if table.lower() in _FORBIDDEN_TABLES or table.lower().startswith("pragma_") or _FILE_NAME.search(table):
            raise QueryError(f"expected the name of a table, found {table!r}{_place(node)}: files and settings cannot be read")


def _place(node: dict[str, Any]) -> str:
    place = node.get("query_location")
    return f" (at character {place + 1})" if isinstance(place, int) and place < 2**32 else ""


def _without_zones(sql: str, columns: tuple[str, ...], types: tuple[str, ...]) -> str:
    """The same answer with times as naive UTC: Python's time zones are no part of this package's needs."""
    taken = []
    for number, (name, kind) in enumerate(zip(columns, types, strict=True), 1):
        wanted = "TIMESTAMP" if kind == "TIMESTAMP WITH TIME ZONE" else "VARCHAR"
        taken.append(f"CAST(#{number} AS {wanted}) AS {identifier(name)}" if "TIME ZONE" in kind else f"#{number} AS {identifier(name)}")
    return f"SELECT {', '.join(taken)} FROM (\n{sql}\n)"  # noqa: S608 - the checked SELECT of a user


def _text(error: duckdb.Error) -> str:
    return str(error).split("\n\nStack Trace", 1)[0].strip()
