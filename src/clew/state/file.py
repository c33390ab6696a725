"""The SQLite file: opening it, its tables, transactions. Several processes may hold it open at once (`serve` and commands)."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from clew import clock
from clew.errors import ConfigError

SCHEMA = """
CREATE TABLE IF NOT EXISTS instance (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS users (
    user_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, role TEXT NOT NULL CHECK (role IN ('owner', 'analyst', 'viewer')),
    password TEXT, created_at INTEGER NOT NULL, first_login_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    token_hash TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS links (
    token_hash TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS logins (
    at INTEGER NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL, how TEXT NOT NULL, outcome TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS logins_at ON logins (at);
CREATE TABLE IF NOT EXISTS denials (
    space TEXT NOT NULL, alias TEXT NOT NULL, next_alias TEXT NOT NULL, denied_at INTEGER NOT NULL, denied_by TEXT NOT NULL,
    undone_at INTEGER, undone_by TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS denials_in_force ON denials (space, alias, next_alias) WHERE undone_at IS NULL;
CREATE TABLE IF NOT EXISTS rule_changes (
    changed_at INTEGER NOT NULL, changed_by TEXT NOT NULL, name TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS saved (
    saved_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, report TEXT NOT NULL, query TEXT NOT NULL,
    saved_at INTEGER NOT NULL, saved_by TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS schedules (
    schedule_id INTEGER PRIMARY KEY AUTOINCREMENT, saved_id INTEGER NOT NULL REFERENCES saved ON DELETE CASCADE,
    form TEXT NOT NULL CHECK (form IN ('csv', 'json')), hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23), made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL, last_day TEXT NOT NULL, last_error TEXT NOT NULL, UNIQUE (saved_id, form, hour)
) STRICT;
CREATE TABLE IF NOT EXISTS boards (
    board_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, made_at INTEGER NOT NULL, made_by TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS board_tiles (
    tile_id INTEGER PRIMARY KEY AUTOINCREMENT, board_id INTEGER NOT NULL REFERENCES boards ON DELETE CASCADE,
    saved_id INTEGER NOT NULL REFERENCES saved ON DELETE CASCADE, shape TEXT NOT NULL CHECK (shape IN ('chart', 'table', 'number')),
    place INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS board_links (
    link_id TEXT PRIMARY KEY, board_id INTEGER NOT NULL REFERENCES boards ON DELETE CASCADE, made_at INTEGER NOT NULL, made_by TEXT NOT NULL,
    expires_at INTEGER, revoked_at INTEGER, revoked_by TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS audiences (
    audience_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, report TEXT NOT NULL, query TEXT NOT NULL,
    made_at INTEGER NOT NULL, made_by TEXT NOT NULL, people INTEGER NOT NULL, build_id INTEGER NOT NULL, data_as_of INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS annotations (
    annotation_id INTEGER PRIMARY KEY AUTOINCREMENT, day TEXT NOT NULL, text TEXT NOT NULL, made_at INTEGER NOT NULL, made_by TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS forgets (
    forget_id INTEGER PRIMARY KEY AUTOINCREMENT, asked_at INTEGER NOT NULL, asked_by TEXT NOT NULL, identifier_hash TEXT NOT NULL,
    space TEXT NOT NULL, person TEXT, status TEXT NOT NULL, finished_at INTEGER,
    messages INTEGER NOT NULL DEFAULT 0, log_records INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0
) STRICT;
"""
"""Times are microseconds since 1970 UTC."""


class StateFile:
    """The open file. Safe to use from several threads; close it when done (or use it as a context manager)."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], int]) -> None:
        self._connection = connection
        self.now = now
        self._lock = threading.Lock()
        self.instance: str = self.one("SELECT id FROM instance")[0]
        """A random name of this project's state: cookies carry it, so that two projects on one host do not log each other out."""

    @classmethod
    def open(cls, path: Path, now: Callable[[], int] = clock.now) -> Self:
        """Open or make the file, readable by its owner alone. Raises ConfigError when it is no state file."""
        # A file that is there is not opened here: closing it would free the locks of this process's other connections to it, and the next
        # process that ends would take the journal away from under them.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten: names of people who were to be forgotten
            connection.executescript(SCHEMA)
            connection.execute("INSERT INTO instance SELECT ? WHERE NOT EXISTS (SELECT 1 FROM instance)", (secrets.token_hex(4),))
        except sqlite3.DatabaseError as error:
            connection.close()
            raise ConfigError(f"{path}: expected Clew's state (SQLite), found something else: {error}: move the file away to begin anew") from error
        return cls(connection, now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Yields what runs a statement; all of them are done, or none."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def settle(self) -> None:
        """Write all into the file itself, so that its journal holds nothing more. Another who is reading may prevent it; the next one does it."""
        self.all("PRAGMA wal_checkpoint(TRUNCATE)")

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._lock, closing(self._connection.execute(sql, values)) as cursor:
            return cursor.fetchall()

    def one(self, sql: str, *values: object) -> tuple[Any, ...]:
        """Its first row, which must be there."""
        return self.all(sql, *values)[0]
