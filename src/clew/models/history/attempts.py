"""Builds at work, and those that failed: a row is written when one begins, and goes when it has come through.

So what a killed process left behind is seen too: the next build finds its row open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import duckdb

from clew import clock
from clew.models.history.tables import Cursor

KEPT = 200
"""Failed builds that are kept; the same failure again is counted in the same row."""
KILLED = "the process ended before the build was done"
INTERRUPTED = "INTERRUPT Error: "
"""How the database words it that it was told to stop."""
STOPPED = "stopped by "
"""How the text of `Stopped` begins."""


class Attempt(NamedTuple):
    """What is known of a build when it begins. `started_at` in microseconds since 1970."""

    started_at: int
    reason: str
    is_full: bool
    load_id: int | None = None
    fingerprint: str | None = None


@contextmanager
def recorded(cursor: Cursor, attempt: Attempt) -> Iterator[Callable[[Attempt], None]]:
    """A build at work. Yields what it calls when more is known of it; what it fails of is written down."""
    known = attempt

    def begin(told: Attempt) -> None:
        nonlocal known
        known = told
        _begin(cursor, told)

    try:
        yield begin
    except Exception as error:
        # Who stops a build raises Stopped; else only the end of the process interrupts one.
        _fail(cursor, known, KILLED if _was_interrupted(error) else str(error) or type(error).__name__)
        raise


def _was_interrupted(error: Exception) -> bool:
    """Whether the database was told to stop. Through Arrow's streams it says so in an error of another kind, with its own words inside."""
    return isinstance(error, duckdb.InterruptException) or (isinstance(error, duckdb.Error | OSError) and INTERRUPTED in str(error))


def _begin(cursor: Cursor, attempt: Attempt) -> None:
    """Write down that it runs; what is written so already runs no more. Builds run one at a time."""
    cursor.execute("UPDATE clew.build_attempts SET error = ? WHERE error IS NULL", [KILLED])
    cursor.execute("INSERT INTO clew.build_attempts VALUES (make_timestamp(?::BIGINT), NULL, ?, ?, ?, ?, NULL, 1)", list(attempt))


def came_through(cursor: Cursor) -> None:
    """The row goes; in the transaction that writes the build's own."""
    cursor.execute("DELETE FROM clew.build_attempts WHERE error IS NULL")


def _fail(cursor: Cursor, attempt: Attempt, error: str) -> None:
    """Write down why it failed. A database that takes nothing any more is not complained of: the build's own error says more."""
    seconds = (clock.now() - attempt.started_at) / clock.SECOND
    with suppress(duckdb.Error):
        cursor.execute("BEGIN")
        cursor.execute("DELETE FROM clew.build_attempts WHERE error IS NULL")
        again = cursor.execute(_AGAIN, [attempt.started_at, seconds, attempt.reason, attempt.is_full, attempt.fingerprint, error]).fetchall()
        if not again:
            values = [attempt.started_at, seconds, *attempt[1:], error]
            cursor.execute("INSERT INTO clew.build_attempts VALUES (make_timestamp(?::BIGINT), ?, ?, ?, ?, ?, ?, 1)", values)
        cursor.execute(_FORGET)
        cursor.execute("COMMIT")
        return
    with suppress(duckdb.Error):
        cursor.execute("ROLLBACK")


_AGAIN = """UPDATE clew.build_attempts SET started_at = make_timestamp($1::BIGINT), seconds = $2, tries = tries + 1
WHERE reason = $3 AND is_full = $4 AND fingerprint IS NOT DISTINCT FROM $5 AND error = $6
  -- Since the last build that came through.
  AND started_at > (SELECT coalesce(max(started_at), TIMESTAMP '1970-01-01') FROM clew.builds)
RETURNING tries"""

_FORGET = f"""DELETE FROM clew.build_attempts WHERE started_at < (
  SELECT min(started_at) FROM (SELECT started_at FROM clew.build_attempts ORDER BY started_at DESC LIMIT {KEPT})
)"""  # noqa: S608  a number of ours
