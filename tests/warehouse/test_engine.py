"""The database: opened once, locked down, and it spills, checkpoints and reopens under the lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from tests.warehouse.project import SMALL

from clew.config import Settings, Warehouse
from clew.errors import ProjectError
from clew.warehouse import Warehouse as Database


def test_it_spills_and_checkpoints_and_reopens(tmp_path: Path) -> None:
    tight = Settings(warehouse=Warehouse(threads=1, memory="60MB"))
    with Database.open(tmp_path, tight) as database:
        cursor = database.cursor()
        cursor.execute("CREATE TABLE t AS SELECT md5(range::VARCHAR) AS m FROM range(1500000)")
        assert cursor.execute("SELECT count(*) FROM (SELECT m FROM t ORDER BY m DESC LIMIT 1400000)").fetchone() == (1400000,)
        cursor.execute("CHECKPOINT")
        cursor.execute("INSERT INTO t VALUES ('x')")
    with Database.open(tmp_path, tight) as database:
        assert database.cursor().execute("SELECT count(*) FROM t").fetchone() == (1500001,)


def test_another_process_is_told_what_to_do(tmp_path: Path) -> None:
    opening = f"""
from pathlib import Path
from clew.config import Settings
from clew.errors import ProjectError
from clew.warehouse import Warehouse
try:
    Warehouse.open(Path({str(tmp_path)!r}), Settings())
except ProjectError as error:
    print(error)
"""
    with Database.open(tmp_path, SMALL):
        told = subprocess.run([sys.executable, "-c", opening], capture_output=True, text=True, check=True).stdout
    assert "in use by another process" in told
    assert "warehouse.duckdb" in told


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(ProjectError, match="expected a DuckDB database"):
        Database.open(tmp_path, SMALL)


def test_tables_of_another_version(tmp_path: Path) -> None:
    with Database.open(tmp_path, SMALL) as database:
        database.cursor().execute("UPDATE clew.meta SET value = '999' WHERE name = 'version'")
    with pytest.raises(ProjectError, match="found 999"):
        Database.open(tmp_path, SMALL)
    with Database.open(tmp_path / "other", SMALL):
        pass


def test_tables_of_the_version_before(tmp_path: Path) -> None:
    """It had a table where there is a view now: it is refused by its version, not by that."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as old:
        old.execute("CREATE SCHEMA clew; CREATE TABLE clew.meta (name VARCHAR, value VARCHAR); CREATE TABLE clew.events (message VARCHAR)")
        old.execute("INSERT INTO clew.meta VALUES ('version', '2')")
    with pytest.raises(ProjectError, match="found 2: use the Clew that wrote it"):
        Database.open(tmp_path, SMALL)


def test_time_is_utc_wherever_the_machine_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with Database.open(tmp_path, SMALL) as database:
        row = database.cursor().execute("SELECT CAST(TIMESTAMPTZ '2026-01-01 00:00:00Z' AS TIMESTAMP)::VARCHAR").fetchone()
    assert row == ("2026-01-01 00:00:00",)


def test_interrupt_stops_what_runs(tmp_path: Path) -> None:
    with Database.open(tmp_path, SMALL) as database:
        cursor = database.cursor()
        database.interrupt()  # nothing runs: nothing happens
        assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_python_objects_are_no_tables(tmp_path: Path) -> None:
    frame = {"a": [1]}
    with Database.open(tmp_path, SMALL) as database, pytest.raises(duckdb.CatalogException):
        database.cursor().execute("SELECT * FROM frame")
    assert frame
