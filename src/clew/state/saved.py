"""Saved reports: a report's name and the parameters of its address, under a name that somebody gave."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from clew.errors import StateError
from clew.state.file import StateFile
from clew.state.names import named

_ALL = "SELECT saved_id, name, report, query, saved_at, saved_by FROM saved"


class Saved(NamedTuple):
    """A saved report. `query` is its address's, as it stood; `saved_at` is in microseconds since 1970 UTC."""

    saved_id: int
    name: str
    report: str
    query: str
    saved_at: int
    saved_by: str


def save(file: StateFile, name: str, report: str, query: str, by: str) -> Saved:
    """Keep a report. Raises StateError where the name is taken or cannot be one."""
    name = named(name)
    try:
        with file.transaction() as run:
            run("INSERT INTO saved (name, report, query, saved_at, saved_by) VALUES (?, ?, ?, ?, ?)", (name, report, query, file.now(), by))
    except sqlite3.IntegrityError as error:
        raise _taken(name) from error
    return by_name(file, name)


def all_saved(file: StateFile) -> list[Saved]:
    """All, by name."""
    return [Saved(*row) for row in file.all(f"{_ALL} ORDER BY name")]


def by_name(file: StateFile, name: str) -> Saved:
    """The one of that name, whatever its case. Raises StateError, naming those there are."""
    rows = file.all(f"{_ALL} WHERE name = ?", name)
    if not rows:
        names = ", ".join(repr(each.name) for each in all_saved(file)) or "none: save one on a report's page"
        raise StateError(f"expected a saved report among {names}; found {name!r}")
    return Saved(*rows[0])


def by_id(file: StateFile, saved_id: int) -> Saved:
    """The one of that number. Raises StateError."""
    rows = file.all(f"{_ALL} WHERE saved_id = ?", saved_id)
    if not rows:
        raise StateError(f"expected the number of a saved report, found {saved_id}: it may have been deleted")
    return Saved(*rows[0])


def as_asked(file: StateFile, report: str, query: str) -> list[Saved]:
    """Those that ask the same."""
    return [Saved(*row) for row in file.all(f"{_ALL} WHERE report = ? AND query = ? ORDER BY name", report, query)]


def rename(file: StateFile, saved_id: int, name: str) -> None:
    """Raises StateError where there is none of that number, or the name is taken or cannot be one."""
    by_id(file, saved_id)
    name = named(name)
    try:
        with file.transaction() as run:
            run("UPDATE saved SET name = ? WHERE saved_id = ?", (name, saved_id))
    except sqlite3.IntegrityError as error:
        raise _taken(name) from error


def delete(file: StateFile, saved_id: int) -> None:
    """Raises StateError where there is none of that number."""
    by_id(file, saved_id)
    with file.transaction() as run:
        run("DELETE FROM saved WHERE saved_id = ?", (saved_id,))


def _taken(name: str) -> StateError:
    return StateError(f"expected a name that no saved report has, found {name!r}: choose another, or rename that one")
