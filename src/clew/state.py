"""Clew's own small tables in one SQLite file: who may log in, open log-ins, one-time links, and the record of attempts.

Secrets are never stored: passwords as scrypt hashes, tokens of sessions and links as SHA-256. Times are microseconds since 1970 UTC.
Several processes may hold the file open at once (`serve` and `clew login`).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from clew import clock
from clew.errors import ConfigError

Role = Literal["owner", "analyst", "viewer"]
Outcome = Literal["ok", "wrong", "limited", "expired"]

SESSION_LIFE = 30 * clock.DAY
LINK_LIFE = clock.DAY
AUDIT_LIFE = 90 * clock.DAY
FAILURE_WINDOW = 15 * clock.MINUTE
FAILURES_BY_NAME_AND_ADDRESS = 5
FAILURES_BY_ADDRESS = 20
MIN_PASSWORD = 10
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_SCRYPT = {"n": 2**15, "r": 8, "p": 3, "maxmem": 64 * 1024 * 1024}

_SCHEMA = """
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
"""


class User(NamedTuple):
    """Somebody who may log in. `name` is compared without regard to case."""

    user_id: int
    name: str
    role: str
    has_password: bool


class LoginRow(NamedTuple):
    """One attempt to log in: `how` is password or link."""

    at: int
    name: str
    address: str
    how: str
    outcome: str


class State:
    """The open file. Safe to use from several threads; close it when done (or use it as a context manager)."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], int]) -> None:
        self._connection = connection
        self._now = now
        self._lock = threading.Lock()
        self.instance = self._one("SELECT id FROM instance")[0]
        """A random name of this project's state: cookies carry it, so that two projects on one host do not log each other out."""

    @staticmethod
    def open(path: Path, now: Callable[[], int] = clock.now) -> State:
        """Open or make the file, readable by its owner alone. Raises ConfigError when it is no state file."""
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.executescript(_SCHEMA)
            connection.execute("INSERT INTO instance SELECT ? WHERE NOT EXISTS (SELECT 1 FROM instance)", (secrets.token_hex(4),))
        except sqlite3.DatabaseError as error:
            connection.close()
            raise ConfigError(f"{path}: expected Clew's state (SQLite), found something else: {error}: move the file away to begin anew") from error
        return State(connection, now)

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    # Users

    def add_user(self, name: str, role: Role) -> User:
        """The user `name`, made with `role` if there is none yet. Raises ValueError for a name or role that cannot be."""
        if not _NAME.fullmatch(name) or role not in get_args(Role):
            raise ValueError(f"expected a name of 1 to 200 characters and a role of {get_args(Role)}, found {name!r} and {role!r}")
        with self._transaction() as run:
            run("INSERT INTO users (name, role, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (name, role, self._now()))
        return self._users("WHERE name = ?", name)[0]

    def users(self) -> list[User]:
        return self._users("ORDER BY user_id")

    def nobody_came_yet(self) -> bool:
        """Whether no log-in has ever succeeded."""
        return not self._all("SELECT 1 FROM users WHERE first_login_at IS NOT NULL LIMIT 1")

    def set_password(self, user: User, password: str, keep: str | None = None) -> None:
        """Sets the password and ends the user's other log-ins (all but the session `keep`). Raises ValueError when it is too short."""
        if len(password) < MIN_PASSWORD:
            raise ValueError(f"expected a password of at least {MIN_PASSWORD} characters, found {len(password)}")
        hashed = _hash_password(password)
        with self._transaction() as run:
            run("UPDATE users SET password = ? WHERE user_id = ?", (hashed, user.user_id))
            run("DELETE FROM sessions WHERE user_id = ? AND token_hash <> ?", (user.user_id, _hash_token(keep or "")))

    # Logging in

    def log_in(self, name: str, password: str, address: str) -> str | None:
        """A new session's token, or None when name and password do not fit. The attempt is recorded; see `must_wait`."""
        row = self._all("SELECT user_id, password FROM users WHERE name = ?", name)
        # An unknown name costs the same time as a wrong password, so that names cannot be guessed by the clock.
        right = _check_password(password, (row[0][1] if row else None) or _DUMMY)
        if not row or not right:
            self.record(name, address, "password", "wrong")
            return None
        return self._open_session(row[0][0], name, address, "password")

    def must_wait(self, name: str, address: str) -> bool:
        """Whether too many attempts failed lately for another one, by this name from this address, or from this address."""
        by_address, by_both = self._one(
            "SELECT count(*), count(*) FILTER (WHERE name = ? COLLATE NOCASE) FROM logins WHERE outcome = 'wrong' AND address = ? AND at > ?",
            name,
            address,
            self._now() - FAILURE_WINDOW,
        )
        return bool(by_address >= FAILURES_BY_ADDRESS or by_both >= FAILURES_BY_NAME_AND_ADDRESS)

    def make_link(self, user: User, life: int = LINK_LIFE) -> str:
        """The token of a link that logs `user` in once, within `life` microseconds. Earlier links of the user end."""
        token = secrets.token_urlsafe(32)
        with self._transaction() as run:
            run("DELETE FROM links WHERE user_id = ? OR expires_at <= ?", (user.user_id, self._now()))
            run("INSERT INTO links VALUES (?, ?, ?, ?)", (_hash_token(token), user.user_id, self._now(), self._now() + life))
        return token

    def use_link(self, token: str, address: str) -> str | None:
        """Spends the link and returns a new session's token; None when it was spent, has ended or never was."""
        with self._transaction() as run:
            rows = run("DELETE FROM links WHERE token_hash = ? RETURNING user_id, expires_at", (_hash_token(token),)).fetchall()
        if not rows or rows[0][1] <= self._now():
            self.record("", address, "link", "expired")
            return None
        name = self._one("SELECT name FROM users WHERE user_id = ?", rows[0][0])[0]
        return self._open_session(rows[0][0], name, address, "link")

    def session_user(self, token: str) -> User | None:
        """Whose open log-in `token` is."""
        users = self._users("JOIN sessions USING (user_id) WHERE token_hash = ? AND expires_at > ?", _hash_token(token), self._now())
        return users[0] if users else None

    def log_out(self, token: str) -> None:
        with self._transaction() as run:
            run("DELETE FROM sessions WHERE token_hash = ?", (_hash_token(token),))

    # The record of attempts

    def record(self, name: str, address: str, how: Literal["password", "link"], outcome: Outcome) -> None:
        """Keeps one attempt, for `AUDIT_LIFE`."""
        with self._transaction() as run:
            run("DELETE FROM logins WHERE at < ?", (self._now() - AUDIT_LIFE,))
            run("INSERT INTO logins VALUES (?, ?, ?, ?, ?)", (self._now(), name[:200], address, how, outcome))

    def logins(self, limit: int = 100) -> list[LoginRow]:
        """The newest attempts, newest first."""
        return [LoginRow(*row) for row in self._all("SELECT * FROM logins ORDER BY at DESC, rowid DESC LIMIT ?", limit)]

    def _open_session(self, user_id: int, name: str, address: str, how: Literal["password", "link"]) -> str:
        token = secrets.token_urlsafe(32)
        now = self._now()
        with self._transaction() as run:
            run("DELETE FROM sessions WHERE expires_at <= ?", (now,))
            run("INSERT INTO sessions VALUES (?, ?, ?, ?)", (_hash_token(token), user_id, now, now + SESSION_LIFE))
            run("UPDATE users SET first_login_at = coalesce(first_login_at, ?) WHERE user_id = ?", (now, user_id))
        self.record(name, address, how, "ok")
        return token

    # SQLite

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, closing(self._connection.execute(sql, values)) as cursor:
            return cursor.fetchall()

    def _one(self, sql: str, *values: object) -> tuple[Any, ...]:
        return self._all(sql, *values)[0]

    def _users(self, where: str, *values: object) -> list[User]:
        rows = self._all(f"SELECT user_id, name, role, password IS NOT NULL FROM users {where}", *values)  # noqa: S608  `where` is ours
        return [User(row[0], row[1], row[2], bool(row[3])) for row in rows]


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _hash_password(password: str, salt: bytes | None = None) -> str:
    salt = salt or secrets.token_bytes(16)
    return f"scrypt:{salt.hex()}:{hashlib.scrypt(password.encode('utf-8', 'surrogatepass'), salt=salt, dklen=32, **_SCRYPT).hex()}"


def _check_password(password: str, stored: str) -> bool:
    salt = bytes.fromhex(stored.split(":")[1])
    return hmac.compare_digest(_hash_password(password, salt), stored)


_DUMMY = f"scrypt:{bytes(16).hex()}:{bytes(32).hex()}"


def new_link(state: State, base_url: str, name: str = "owner", role: Role = "owner", life: int = LINK_LIFE) -> str:
    """The URL of a new one-time link for the user `name`, who is made with `role` if new. Earlier links of the user end."""
    return f"{base_url.rstrip('/')}/login?token={state.make_link(state.add_user(name, role), life)}"


def first_link(state: State, base_url: str) -> str | None:
    """A new link for the owner, as long as nobody has ever logged in; then None."""
    return new_link(state, base_url) if state.nobody_came_yet() else None
