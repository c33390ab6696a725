"""Who may log in: users, open log-ins, one-time links, and the record of attempts. Secrets are never stored."""

from __future__ import annotations

import re
import secrets
from typing import Literal, NamedTuple, get_args

from clew import clock
from clew.state.file import StateFile
from clew.state.passwords import DUMMY, check_password, hash_password, hash_token

Role = Literal["owner", "analyst", "viewer"]
ROLES: tuple[Role, ...] = ("viewer", "analyst", "owner")
"""Each may do what those before it may."""
Outcome = Literal["ok", "wrong", "limited", "expired"]

SESSION_LIFE = 30 * clock.DAY
LINK_LIFE = clock.DAY
AUDIT_LIFE = 90 * clock.DAY
FAILURE_WINDOW = 15 * clock.MINUTE
FAILURES_BY_NAME_AND_ADDRESS = 5
FAILURES_BY_ADDRESS = 20
MIN_PASSWORD = 10
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


class User(NamedTuple):
    """Somebody who may log in. `name` is compared without regard to case."""

    user_id: int
    name: str
    role: Role
    has_password: bool


class LoginRow(NamedTuple):
    """One attempt to log in: `how` is password or link."""

    at: int
    name: str
    address: str
    how: str
    outcome: str


class State(StateFile):
    """The open file, and who may log in."""

    # Users

    def add_user(self, name: str, role: Role) -> User:
        """The user `name`, made with `role` if there is none yet. Raises ValueError for a name or role that cannot be."""
        if not _NAME.fullmatch(name) or role not in get_args(Role):
            raise ValueError(f"expected a name of 1 to 200 characters and a role of {get_args(Role)}, found {name!r} and {role!r}")
        with self.transaction() as run:
            run("INSERT INTO users (name, role, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (name, role, self.now()))
        return self._users("WHERE name = ?", name)[0]

    def users(self) -> list[User]:
        return self._users("ORDER BY user_id")

    def nobody_came_yet(self) -> bool:
        """Whether no log-in has ever succeeded."""
        return not self.all("SELECT 1 FROM users WHERE first_login_at IS NOT NULL LIMIT 1")

    def set_password(self, user: User, password: str, keep: str | None = None) -> None:
        """Sets the password and ends the user's other log-ins (all but the session `keep`). Raises ValueError when it is too short."""
        if len(password) < MIN_PASSWORD:
            raise ValueError(f"expected a password of at least {MIN_PASSWORD} characters, found {len(password)}")
        hashed = hash_password(password)
        with self.transaction() as run:
            run("UPDATE users SET password = ? WHERE user_id = ?", (hashed, user.user_id))
            run("DELETE FROM sessions WHERE user_id = ? AND token_hash <> ?", (user.user_id, hash_token(keep or "")))

    # Logging in

    def log_in(self, name: str, password: str, address: str) -> str | None:
        """A new session's token, or None when name and password do not fit. The attempt is recorded; see `must_wait`."""
        row = self.all("SELECT user_id, password FROM users WHERE name = ?", name)
        # An unknown name costs the same time as a wrong password, so that names cannot be guessed by the clock.
        right = check_password(password, (row[0][1] if row else None) or DUMMY)
        if not row or not right:
            self.record(name, address, "password", "wrong")
            return None
        return self._open_session(row[0][0], name, address, "password")

    def must_wait(self, name: str, address: str) -> bool:
        """Whether too many attempts failed lately for another one, by this name from this address, or from this address."""
        by_address, by_both = self.one(
            "SELECT count(*), count(*) FILTER (WHERE name = ? COLLATE NOCASE) FROM logins WHERE outcome = 'wrong' AND address = ? AND at > ?",
            name,
            address,
            self.now() - FAILURE_WINDOW,
        )
        return bool(by_address >= FAILURES_BY_ADDRESS or by_both >= FAILURES_BY_NAME_AND_ADDRESS)

    def make_link(self, user: User, life: int = LINK_LIFE) -> str:
        """The token of a link that logs `user` in once, within `life` microseconds. Earlier links of the user end."""
        token = secrets.token_urlsafe(32)
        with self.transaction() as run:
            run("DELETE FROM links WHERE user_id = ? OR expires_at <= ?", (user.user_id, self.now()))
            run("INSERT INTO links VALUES (?, ?, ?, ?)", (hash_token(token), user.user_id, self.now(), self.now() + life))
        return token

    def use_link(self, token: str, address: str) -> str | None:
        """Spends the link and returns a new session's token; None when it was spent, has ended or never was."""
        with self.transaction() as run:
            rows = run("DELETE FROM links WHERE token_hash = ? RETURNING user_id, expires_at", (hash_token(token),)).fetchall()
        if not rows or rows[0][1] <= self.now():
            self.record("", address, "link", "expired")
            return None
        name = self.one("SELECT name FROM users WHERE user_id = ?", rows[0][0])[0]
        return self._open_session(rows[0][0], name, address, "link")

    def session_user(self, token: str) -> User | None:
        """Whose open log-in `token` is."""
        users = self._users("JOIN sessions USING (user_id) WHERE token_hash = ? AND expires_at > ?", hash_token(token), self.now())
        return users[0] if users else None

    def log_out(self, token: str) -> None:
        with self.transaction() as run:
            run("DELETE FROM sessions WHERE token_hash = ?", (hash_token(token),))

    # The record of attempts

    def record(self, name: str, address: str, how: Literal["password", "link"], outcome: Outcome) -> None:
        """Keeps one attempt, for `AUDIT_LIFE`."""
        with self.transaction() as run:
            run("DELETE FROM logins WHERE at < ?", (self.now() - AUDIT_LIFE,))
            run("INSERT INTO logins VALUES (?, ?, ?, ?, ?)", (self.now(), name[:200], address, how, outcome))

    def logins(self, limit: int = 100) -> list[LoginRow]:
        """The newest attempts, newest first."""
        return [LoginRow(*row) for row in self.all("SELECT * FROM logins ORDER BY at DESC, rowid DESC LIMIT ?", limit)]

    def _open_session(self, user_id: int, name: str, address: str, how: Literal["password", "link"]) -> str:
        token = secrets.token_urlsafe(32)
        now = self.now()
        with self.transaction() as run:
            run("DELETE FROM sessions WHERE expires_at <= ?", (now,))
            run("INSERT INTO sessions VALUES (?, ?, ?, ?)", (hash_token(token), user_id, now, now + SESSION_LIFE))
            run("UPDATE users SET first_login_at = coalesce(first_login_at, ?) WHERE user_id = ?", (now, user_id))
        self.record(name, address, how, "ok")
        return token

    def _users(self, where: str, *values: object) -> list[User]:
        rows = self.all(f"SELECT user_id, name, role, password IS NOT NULL FROM users {where}", *values)  # noqa: S608  `where` is ours
        return [User(row[0], row[1], row[2], bool(row[3])) for row in rows]


def new_link(state: State, base_url: str, name: str = "owner", role: Role = "owner", life: int = LINK_LIFE) -> str:
    """The URL of a new one-time link for the user `name`, who is made with `role` if new. Earlier links of the user end."""
    return f"{base_url.rstrip('/')}/login?token={state.make_link(state.add_user(name, role), life)}"


def first_link(state: State, base_url: str) -> str | None:
    """A new link for the owner, as long as nobody has ever logged in; then None."""
    return new_link(state, base_url) if state.nobody_came_yet() else None
