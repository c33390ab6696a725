"""Links by which anybody may look at a dashboard. A link is a row and a signature: who made it ends it by revoking the row."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import NamedTuple

from clew import clock
from clew.errors import StateError
from clew.state.file import StateFile

LIVES = {"": None, "7": 7 * clock.DAY, "30": 30 * clock.DAY, "90": 90 * clock.DAY}
"""How long a link may hold, by its days; the first: until it is revoked."""
_ALL = "SELECT link_id, board_id, made_at, made_by, expires_at FROM board_links"


class Share(NamedTuple):
    """A link in force. Times are microseconds since 1970 UTC; `expires_at` None: until it is revoked."""

    link_id: str
    board_id: int
    made_at: int
    made_by: str
    expires_at: int | None


def share(file: StateFile, board_id: int, days: str, by: str) -> Share:
    """A new link to a dashboard; `days` is one of LIVES. Raises StateError."""
    if days not in LIVES:
        raise StateError(f"expected days among {', '.join(filter(None, LIVES))} or none, found {days[:40]!r}")
    link_id, life = secrets.token_urlsafe(12), LIVES[days]
    with file.transaction() as run:
        now = file.now()
        run(
            "INSERT INTO board_links (link_id, board_id, made_at, made_by, expires_at) VALUES (?, ?, ?, ?, ?)",
            (link_id, board_id, now, by, life and now + life),
        )
    return Share(*file.one(f"{_ALL} WHERE link_id = ?", link_id))


def shares(file: StateFile, board_id: int) -> list[Share]:
    """The links in force, newest first."""
    where = "WHERE board_id = ? AND revoked_at IS NULL AND coalesce(expires_at > ?, true)"
    return [Share(*row) for row in file.all(f"{_ALL} {where} ORDER BY made_at DESC, rowid DESC", board_id, file.now())]


def revoke(file: StateFile, board_id: int, link_id: str, by: str) -> None:
    """End a link at once. The row stays, with who ended it. Raises StateError where there is none in force."""
    with file.transaction() as run:
        done = run(
            "UPDATE board_links SET revoked_at = ?, revoked_by = ? WHERE board_id = ? AND link_id = ? AND revoked_at IS NULL",
            (file.now(), by, board_id, link_id),
        )
    if not done.rowcount:
        raise StateError("expected a link in force: it was revoked before")


def token(secret: str, link_id: str) -> str:
    """What the link's address ends with: its number, and a signature that only the project's secret makes."""
    signed = hmac.new(secret.encode(), f"dashboard link {link_id}".encode(), hashlib.sha256).digest()
    return f"{link_id}.{base64.urlsafe_b64encode(signed).decode().rstrip('=')}"


def shared_board(file: StateFile, secret: str, text: str) -> int | None:
    """The dashboard that a token opens; None where it was not signed here, was revoked or has ended."""
    link_id = text.split(".")[0]
    if not hmac.compare_digest(token(secret, link_id).encode(), text.encode("utf-8", "surrogatepass")):
        return None
    rows = file.all(
        "SELECT board_id FROM board_links WHERE link_id = ? AND revoked_at IS NULL AND coalesce(expires_at > ?, true)", link_id, file.now()
    )
    return rows[0][0] if rows else None
