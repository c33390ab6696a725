"""Running a text of `sql/`, and the identity spaces as values of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import duckdb

from clew.analyses.text import Value, bound, sql_text
from clew.config import Settings

Row = dict[str, Any]
_AT_ONCE = 5000
UNLIMITED = 2**62
"""As `$limit`: all rows."""


class Page(NamedTuple):
    """Which rows of a list."""

    limit: int = UNLIMITED
    offset: int = 0

    @property
    def values(self) -> dict[str, Value]:
        return {"limit": self.limit, "offset": self.offset}


def ask(cursor: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, Value]) -> list[Row]:
    """The rows of `sql/NAME.sql`, each by its columns' names."""
    return list(stream(cursor, name, values))


def stream(cursor: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, Value]) -> Iterator[Row]:
    """The same, some thousands at a time."""
    text = sql_text(name)
    cursor.execute(text, bound(text, values))
    columns = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(_AT_ONCE):
        yield from (dict(zip(columns, row, strict=True)) for row in rows)


def of_space(settings: Settings, space: str) -> dict[str, Value]:
    """`$space`, and its sources: by their names, or (the default space) as all but the others' (`$without`)."""
    spaces = settings.identity.space
    chosen = [source for source, name in sorted(spaces.items()) if (name != "" if space == "" else name == space)]
    return {"space": space, "sources": chosen, "without": space == ""}


def all_spaces(settings: Settings) -> dict[str, Value]:
    """`$spaced`: the sources that have a space of their own; `$spaces`: which."""
    pairs = sorted(settings.identity.space.items())
    return {"spaced": [source for source, _ in pairs], "spaces": [space for _, space in pairs]}
