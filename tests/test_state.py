from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew import clock
from clew.errors import ConfigError
from clew.state import FAILURE_WINDOW, FAILURES_BY_ADDRESS, FAILURES_BY_NAME_AND_ADDRESS, LINK_LIFE, SESSION_LIFE, State, first_link, new_link

URL = "http://127.0.0.1:8470"
PASSWORD = "correct horse"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.t = clock.parse_time("2026-11-23T12:00:00Z") or 0

    def __call__(self) -> int:
        return self.t


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, now: Clock) -> Iterator[State]:
    with State.open(tmp_path / "state.sqlite", now) as opened:
        yield opened


def link_token(link: str | None) -> str:
    assert link is not None
    assert link.startswith(f"{URL}/login?token=")
    return link.split("token=")[1]


def test_the_first_link_logs_the_owner_in_once(state: State) -> None:
    token = link_token(first_link(state, URL))
    session = state.use_link(token, "127.0.0.1")
    assert session is not None
    user = state.session_user(session)
    assert user is not None
    assert (user.name, user.role, user.has_password) == ("owner", "owner", False)
    assert state.use_link(token, "127.0.0.1") is None


def test_a_first_link_is_made_until_somebody_has_logged_in(state: State) -> None:
    assert first_link(state, URL) is not None
    state.use_link(link_token(first_link(state, URL)), "127.0.0.1")
    assert first_link(state, URL) is None
    assert state.session_user(state.use_link(link_token(new_link(state, URL)), "127.0.0.1") or "") is not None


def test_a_new_link_ends_the_one_before(state: State) -> None:
    old, new = link_token(new_link(state, URL)), link_token(new_link(state, URL))
    assert state.use_link(old, "127.0.0.1") is None
    assert state.use_link(new, "127.0.0.1") is not None


def test_links_and_sessions_end(state: State, now: Clock) -> None:
    token = link_token(new_link(state, URL))
    session = state.use_link(link_token(new_link(state, URL, "other")), "127.0.0.1") or ""
    now.t += LINK_LIFE
    assert state.use_link(token, "127.0.0.1") is None
    now.t += SESSION_LIFE - LINK_LIFE - 1
    assert state.session_user(session) is not None
    now.t += 1
    assert state.session_user(session) is None


def test_password_login(state: State) -> None:
    user = state.add_user("Ada", "analyst")
    assert state.log_in("ada", PASSWORD, "127.0.0.1") is None, "no password set yet"
    state.set_password(user, PASSWORD)
    session = state.log_in("ADA", PASSWORD, "127.0.0.1")
    assert session is not None
    assert state.session_user(session) == (user.user_id, "Ada", "analyst", True)
    assert state.log_in("Ada", PASSWORD + "x", "127.0.0.1") is None
    assert state.log_in("nobody", PASSWORD, "127.0.0.1") is None
    assert [(row.name, row.how, row.outcome) for row in state.logins(3)] == [
        ("nobody", "password", "wrong"),
        ("Ada", "password", "wrong"),
        ("ADA", "password", "ok"),
    ]


def test_a_new_password_ends_the_other_sessions(state: State) -> None:
    user = state.add_user("ada", "owner")
    mine, other = (state.use_link(state.make_link(user), "127.0.0.1") or "" for _ in range(2))
    state.set_password(user, PASSWORD, keep=mine)
    assert state.session_user(mine) is not None
    assert state.session_user(other) is None


def test_logging_out_ends_the_session(state: State) -> None:
    session = state.use_link(link_token(new_link(state, URL)), "127.0.0.1") or ""
    state.log_out(session)
    assert state.session_user(session) is None


@pytest.mark.parametrize("password", ["", "short", "x" * 9])
def test_a_short_password_is_refused(state: State, password: str) -> None:
    with pytest.raises(ValueError, match="at least 10"):
        state.set_password(state.add_user("ada", "owner"), password)


@pytest.mark.parametrize(("name", "role"), [("", "owner"), ("x" * 201, "owner"), ("a\nb", "owner"), ("ada", "king")])
def test_names_and_roles_that_cannot_be(state: State, name: str, role: str) -> None:
    with pytest.raises(ValueError, match="expected a name"):
        state.add_user(name, role)  # type: ignore[arg-type]


def test_who_fails_often_must_wait_and_others_need_not(state: State, now: Clock) -> None:
    for _ in range(FAILURES_BY_NAME_AND_ADDRESS):
        assert not state.must_wait("ada", "10.0.0.1")
        state.record("Ada", "10.0.0.1", "password", "wrong")
    assert state.must_wait("ada", "10.0.0.1")
    assert not state.must_wait("ada", "10.0.0.2"), "a stranger cannot lock Ada out"
    assert not state.must_wait("bob", "10.0.0.1")
    for i in range(FAILURES_BY_ADDRESS):
        state.record(f"guess{i}", "10.0.0.1", "password", "wrong")
    assert state.must_wait("bob", "10.0.0.1")
    now.t += FAILURE_WINDOW + 1
    assert not state.must_wait("ada", "10.0.0.1")


def test_no_secret_stands_in_the_file(state: State, tmp_path: Path) -> None:
    user = state.add_user("ada", "owner")
    link = state.make_link(user)
    session = state.use_link(state.make_link(user), "127.0.0.1") or ""
    link = state.make_link(user)
    state.set_password(user, PASSWORD, keep=session)
    written = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite*"))
    assert all(secret.encode() not in written for secret in (PASSWORD, link, session))


def test_the_file_is_its_owners_alone(state: State, tmp_path: Path) -> None:
    state.add_user("ada", "owner")
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.glob("state.sqlite*")} == {"0o600"}


def test_another_process_makes_a_link_meanwhile(state: State, tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from clew.state import State, new_link
with State.open(Path({str(tmp_path / "state.sqlite")!r})) as state:
    print(new_link(state, {URL!r}))
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    # Its clock is the real one, this one's stands still: the link is valid for either.
    assert sqlite3.connect(tmp_path / "state.sqlite").execute("SELECT count(*) FROM links").fetchone() == (1,)
    assert state.use_link(link_token(printed.strip()), "127.0.0.1") is not None


def test_every_project_has_its_own_cookie(tmp_path: Path) -> None:
    with State.open(tmp_path / "a.sqlite") as a, State.open(tmp_path / "b.sqlite") as b, State.open(tmp_path / "a.sqlite") as again:
        assert a.instance == again.instance != b.instance


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(ConfigError, match="move the file away"):
        State.open(path)
    assert path.read_bytes().startswith(b"not a database")


OTHER = """
import sys
from pathlib import Path
from clew.state import State
with State.open(Path(sys.argv[1])) as state:
    state.add_user(sys.argv[2], "viewer")
    print([user.name for user in state.users()])
"""


def test_what_serve_writes_stays_when_commands_come_and_go(tmp_path: Path) -> None:
    """A build opens the file once more in the process that holds it. Closing it there must not free SQLite's locks: the next command that ends
    would take the journal away from under the process, and what that wrote would be lost."""
    path = tmp_path / "state.sqlite"

    def command(name: str) -> str:
        return subprocess.run([sys.executable, "-c", OTHER, str(path), name], capture_output=True, text=True, check=True).stdout

    with State.open(path) as serve:
        serve.add_user("ada", "owner")
        State.open(path).close()
        command("bob")
        serve.add_user("cleo", "viewer")
        assert command("dan") == "['ada', 'bob', 'cleo', 'dan']\n"
        assert [user.name for user in serve.users()] == ["ada", "bob", "cleo", "dan"]
    assert path.stat().st_mode & 0o077 == 0
