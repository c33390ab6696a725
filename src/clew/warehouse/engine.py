"""The one DuckDB instance of a process, locked down before anything is read.

External access and configuration belong to the instance, not to a connection (docs/decisions/0002), so loader, builds and users' SQL
all run under the same lock: no file is opened but the database, its spill files, the stage folder, and the owner's own event files.
"""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from clew.config import Paths, Settings
from clew.errors import ProjectError
from clew.quoting import literal
from clew.warehouse import own_events

VERSION = 5
"""Of the tables in sql/tables.sql. A database of another version is refused with what to do."""

_GIB = 1024**3


class Warehouse:
    """The database of a project. One per process; each thread works on a `cursor()` of its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self._connection = connection
        self._cursors: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()
        self._loading = _unordered(connection)

    @classmethod
    def open(cls, root: Path, settings: Settings) -> Self:
        """Opens the project's database, makes or checks the tables of schema `clew`, and locks the configuration.

        Raises ProjectError if another process has it open, or if another version of Clew wrote it.
        """
        paths = Paths(root)
        for folder in (paths.scratch, stage_folder(root), paths.dedupe):
            folder.mkdir(parents=True, exist_ok=True)
        connection = _connect(paths, settings)
        try:
            own_events.attach(connection, settings, root)
            warehouse = cls(connection, root, settings)
            _lock_down(connection, root, settings)
            _create(connection, paths.database)
            if own_events.configured(settings):
                own_events.install(connection, settings, root)
        except BaseException:
            connection.close()
            raise
        return warehouse

    def loading_cursor(self) -> duckdb.DuckDBPyConnection:
        """The loader's connection: it may write a statement's rows in any order. The warehouse closes it."""
        return self._loading

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own on the same database; for one thread at a time. Close it when done."""
        cursor = self._connection.cursor()
        self._cursors.add(cursor)
        return cursor

    def interrupt(self) -> None:
        """Stops whatever runs on any cursor now; it raises duckdb.InterruptException there."""
        for cursor in (self._loading, *self._cursors):
            # A cursor that its owner has closed runs nothing.
            with suppress(duckdb.ConnectionException):
                cursor.interrupt()

    def close(self) -> None:
        """Writes all that is committed into the database file and closes it."""
        for cursor in (self._loading, *self._cursors):
            cursor.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def stage_folder(root: Path) -> Path:
    """The one folder that the database may read and write besides its own files: answers on their way out."""
    return Paths(root).scratch / "stage"


def sql_text(name: str) -> str:
    """A file of the package's `warehouse/sql` folder."""
    return files("clew.warehouse").joinpath("sql", name).read_text("utf-8")


def _connect(paths: Paths, settings: Settings) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.warehouse.memory or _memory(),
        "temp_directory": str(paths.scratch / "spill"),
        "python_enable_replacements": False,
        "python_scan_all_frames": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        # What a restart may have to replay; the loader also checkpoints when it has nothing to do.
        "checkpoint_threshold": "128MB",
        "storage_compatibility_version": "v1.5.0",
    }
    if settings.warehouse.threads:
        config["threads"] = settings.warehouse.threads
    try:
        return duckdb.connect(str(paths.database), config=config)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise ProjectError(
                f"{paths.database} is in use by another process: ask that one (`clew query`, `clew build` do so by themselves), or stop it. {error}"
            ) from error
        raise ProjectError(f"{paths.database}: expected a DuckDB database that can be read and written: {error}") from error


def _unordered(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection for bulk inserts, made before the configuration is locked.

    Each thread then writes row groups of its own, all but the last of each straight into the file. In order, what does not fill a row group goes
    through the WAL in one thread: 4 of 20 microseconds a record.
    """
    cursor = connection.cursor()
    cursor.execute("SET SESSION preserve_insertion_order = false")
    return cursor


def _memory() -> str:
    """A quarter of the machine, 1 to 4 GiB."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(max(machine // 4, _GIB), 4 * _GIB) // 2**20}MiB"


def _lock_down(connection: duckdb.DuckDBPyConnection, root: Path, settings: Settings) -> None:
    folders = [str(folder.resolve()) for folder in (stage_folder(root), *own_events.allowed_folders(settings, root))]
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    # An ASOF join that the planner takes for small becomes a nested loop; it guesses 1 row after a window, and a funnel then took 6 times as long.
    connection.execute("SET GLOBAL asof_loop_join_threshold = 0")
    # A join with up to so many values (50 by default) leaves out row groups that have none of them: an increment then reads a third less.
    connection.execute("SET GLOBAL dynamic_or_filter_threshold = 2000")
    # Written in, not bound: to bind a value the client loads pandas where there is one, a quarter of a second.
    connection.execute(f"SET GLOBAL allowed_directories = [{', '.join(map(literal, folders))}]")
    connection.execute("SET GLOBAL enable_external_access = false")
    connection.execute("SET GLOBAL lock_configuration = true")


def _create(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    found = _version(connection)
    if found not in (None, str(VERSION)):
        raise ProjectError(
            f"{database}: expected tables of version {VERSION}, found {found}: use the Clew that wrote it, "
            "or move the file away and start again: the loader reads the log from its beginning"
        )
    connection.execute("BEGIN")
    connection.execute(sql_text("tables.sql"))
    if found is None:
        connection.execute("INSERT INTO clew.meta VALUES ('version', ?)", [str(VERSION)])
    connection.execute(sql_text("model_events.sql"))
    connection.execute("COMMIT")


def _version(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The version of the tables that are there; None for a new file."""
    there = connection.execute("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'clew' AND table_name = 'meta'").fetchone()
    row = connection.execute("SELECT value FROM clew.meta WHERE name = 'version'").fetchone() if there else None
    return row[0] if row else None
