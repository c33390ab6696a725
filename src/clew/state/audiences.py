"""Audiences: the people behind a number of a report, or of a list, under a name; and how many they were when they were last counted."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from clew.errors import StateError
from clew.state.file import StateFile
from clew.state.names import named

_ALL = "SELECT audience_id, name, report, query, made_at, made_by, people, build_id, data_as_of FROM audiences"


class Count(NamedTuple):
    """How many people at a build; `data_as_of` is in microseconds since 1970 UTC."""

    people: int
    build_id: int
    data_as_of: int


class Audience(NamedTuple):
    """`report` and `query` are those of the list's page; `people` of the report's name is the people's own list. Times as everywhere."""

    audience_id: int
    name: str
    report: str
    query: str
    made_at: int
    made_by: str
    people: int
    build_id: int
    data_as_of: int


def make(file: StateFile, name: str, report: str, query: str, count: Count, by: str) -> None:
    """Raises StateError where the name is taken or cannot be one."""
    name = named(name)
    try:
        with file.transaction() as run:
            run(
                """INSERT INTO audiences (name, report, query, made_at, made_by, people, build_id, data_as_of)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (name, report, query, file.now(), by, *count),
            )
    except sqlite3.IntegrityError as error:
        raise _taken(name) from error


def all_audiences(file: StateFile) -> list[Audience]:
    """By name."""
    return [Audience(*row) for row in file.all(f"{_ALL} ORDER BY name")]


def by_id(file: StateFile, audience_id: int) -> Audience:
    """Raises StateError."""
    rows = file.all(f"{_ALL} WHERE audience_id = ?", audience_id)
    if not rows:
        raise StateError(f"expected the number of an audience, found {audience_id}: it may have been deleted")
    return Audience(*rows[0])


def by_name(file: StateFile, name: str) -> Audience:
    """Whatever its case. Raises StateError, naming those there are."""
    rows = file.all(f"{_ALL} WHERE name = ?", name)
    if not rows:
        names = ", ".join(repr(each.name) for each in all_audiences(file)) or "none: save one from a list of people"
        raise StateError(f"expected an audience among {names}; found {name!r}")
    return Audience(*rows[0])


def counted(file: StateFile, audience_id: int, count: Count) -> None:
    """Keep a newer count."""
    with file.transaction() as run:
        run("UPDATE audiences SET people = ?, build_id = ?, data_as_of = ? WHERE audience_id = ?", (*count, audience_id))


def rename(file: StateFile, audience_id: int, name: str) -> None:
    """Raises StateError where there is none of that number, or the name is taken or cannot be one."""
    by_id(file, audience_id)
    name = named(name)
    try:
        with file.transaction() as run:
            run("UPDATE audiences SET name = ? WHERE audience_id = ?", (name, audience_id))
    except sqlite3.IntegrityError as error:
        raise _taken(name) from error


def delete(file: StateFile, audience_id: int) -> None:
    """Raises StateError where there is none of that number."""
    by_id(file, audience_id)
    with file.transaction() as run:
        run("DELETE FROM audiences WHERE audience_id = ?", (audience_id,))


def _taken(name: str) -> StateError:
    return StateError(f"expected a name that no audience has, found {name!r}: choose another, or rename that one")
