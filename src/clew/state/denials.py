"""Edges of identity that somebody took away by hand: who, when, and whether they were given back. They outlive every build.

`denied_edges` is what builds read: these, and those of `identity.denied` in clew.toml.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from clew.config import Paths, Settings
from clew.state.file import StateFile


class Denial(NamedTuple):
    """An edge that is taken away. `denied_at` is in microseconds since 1970 UTC."""

    space: str
    alias: str
    next_alias: str
    denied_at: int
    denied_by: str


def deny(file: StateFile, alias: str, next_alias: str, space: str, by: str) -> bool:
    """Take the edge away. False where it was taken away before."""
    with file.transaction() as run:
        done = run(
            "INSERT INTO denials (space, alias, next_alias, denied_at, denied_by) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (space, alias, next_alias, file.now(), by),
        )
        return done.rowcount > 0


def undo(file: StateFile, alias: str, next_alias: str, space: str, by: str) -> bool:
    """Give the edge back. False where it was not taken away here. The row stays, with who gave it back."""
    with file.transaction() as run:
        done = run(
            "UPDATE denials SET undone_at = ?, undone_by = ? WHERE space = ? AND alias = ? AND next_alias = ? AND undone_at IS NULL",
            (file.now(), by, space, alias, next_alias),
        )
        return done.rowcount > 0


def denials(file: StateFile) -> list[Denial]:
    """Those in force, newest first."""
    rows = file.all("SELECT space, alias, next_alias, denied_at, denied_by FROM denials WHERE undone_at IS NULL ORDER BY denied_at DESC, rowid DESC")
    return [Denial(*row) for row in rows]


def denied_edges(root: Path, settings: Settings) -> tuple[tuple[str, ...], ...]:
    """All edges that are taken away, sorted: (alias, next_alias) in every space, or (alias, next_alias, space). Raises ConfigError."""
    return tuple(sorted({*settings.identity.denied, *_by_hand(Paths(root).state)}))


def _by_hand(path: Path) -> list[tuple[str, str, str]]:
    """Those of the state, if there is one: a project may be built before anybody has ever logged in."""
    if not path.exists():
        return []
    with StateFile.open(path) as file:
        return [(row.alias, row.next_alias, row.space) for row in denials(file)]
