"""Users' SQL cannot read files, write, or run for ever, and says where it is wrong."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest
from tests.warehouse.project import Project

from clew.errors import QueryError
from clew.warehouse.engine import stage_folder
from clew.warehouse.query import run

REFUSED = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "FROM read_csv('{stage}/x.csv')",
    "SELECT * FROM '{stage}/x.csv'",
    "SELECT (SELECT content FROM read_text('{stage}/x.csv'))",
    "WITH x AS (SELECT * FROM read_blob('{stage}/x.csv')) SELECT * FROM x",
    "SELECT * FROM glob('*')",
    "SELECT * FROM parquet_scan('x')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('x')",
    "COPY (SELECT 1) TO '{stage}/y.csv'",
    "ATTACH '/tmp/x.db'",
    "INSTALL httpfs",
    "LOAD icu",
    "PRAGMA database_list",
    "SET threads = 8",
    "RESET ALL",
    "SELECT current_setting('allowed_directories')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM duckdb_secrets()",
    "DROP TABLE clew.events",
    "DELETE FROM clew.events",
    "INSERT INTO clew.meta VALUES ('a', 'b')",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP MACRO f() AS 1",
    "EXPLAIN ANALYZE DELETE FROM clew.events",
    "SELECT 1; DROP TABLE clew.events",
    "BEGIN",
    "CHECKPOINT",
    "CALL pragma_version()",
    "SELECT * FROM pragma_storage_info('clew.events')",
    "",
    "-- nothing",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_refused(project: Project, sql: str) -> None:
    stage = stage_folder(project.root)
    (stage / "x.csv").write_text("secret\n1\n")
    with pytest.raises(QueryError):
        run(project.database, sql.replace("{stage}", str(stage)))
    assert not (stage / "y.csv").exists()


ANSWERED = [
    ("SELECT 1 + 1 AS two", ("two",), [(2,)]),
    ("WITH x(a) AS (VALUES (1), (2)) SELECT sum(a) AS s FROM x;", ("s",), [(3,)]),
    ("FROM range(3) SELECT count(*) AS n -- a comment", ("n",), [(3,)]),
    ("SELECT TIMESTAMPTZ '2026-01-01 01:00:00+01' AS t", ("t",), [(dt.datetime(2026, 1, 1),)]),
    ("SELECT [TIMESTAMPTZ '2026-01-01 01:00:00+01'] AS \"a b\"", ("a b",), [("['2026-01-01 00:00:00+00']",)]),
    ("SELECT count(*) AS n FROM clew.model_events", ("n",), [(0,)]),
    ("SELECT table_name FROM information_schema.tables WHERE table_name = 'set_aside'", ("table_name",), [("set_aside",)]),
]


@pytest.mark.parametrize(("sql", "columns", "rows"), ANSWERED)
def test_answered(project: Project, sql: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    result = run(project.database, sql)
    assert (result.columns, result.rows, result.truncated) == (columns, rows, False)


def test_a_row_more_than_asked_for_is_told(project: Project) -> None:
    result = run(project.database, "FROM range(10)", rows=9)
    assert (len(result.rows), result.truncated) == (9, True)
    assert not run(project.database, "FROM range(9)", rows=9).truncated


def test_stopped_in_time(project: Project) -> None:
    began = time.monotonic()
    with pytest.raises(QueryError, match=r"stopped after 0\.3 seconds"):
        run(project.database, "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r", seconds=0.3)
    assert time.monotonic() - began < 20
    assert run(project.database, "SELECT 1").rows == [(1,)]


def test_memory_is_bounded(project: Project) -> None:
    with pytest.raises(QueryError, match=r"(?i)memory"):
        run(project.database, "SELECT list(range) FROM range(400000000)", seconds=60)
    assert run(project.database, "SELECT 1").rows == [(1,)]


@pytest.mark.parametrize(("sql", "told"), [("SELECT nope", "nope"), ("SELECT foo(", "syntax error"), ("SELECT * FROM glob('*')", "at character 15")])
def test_an_error_says_where(project: Project, sql: str, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        run(project.database, sql)


def test_own_files_stay_readable_by_nobody_else(project: Project, tmp_path: Path) -> None:
    cursor = project.database.cursor()
    with pytest.raises(Exception, match="disabled by configuration"):
        cursor.execute(f"COPY (SELECT 1) TO '{tmp_path}/outside.csv'")
    with pytest.raises(Exception, match="locked"):
        cursor.execute("SET enable_external_access = true")
    cursor.close()
