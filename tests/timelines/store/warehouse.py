"""A warehouse with a table of person events as builds leave it, and what a timeline should hold of it, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb
import numpy as np
from hypothesis import strategies as st

from clew.timelines.store import Source, Timeline

SOURCE = Source(relation="person_events")
SESSION_SPACING = 7
"""Sessions have ids like 14 or 21, so that ids and numbers cannot be taken for each other."""


class Row(NamedTuple):
    """One event as it is stored; `session` 0: in none."""

    person: int
    time: int
    event: int
    kind: int
    session: int
    activity: bool


def warehouse(rows: Sequence[Row] = ()) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 2})
    columns = "person INTEGER, model_time TIMESTAMP, event_number BIGINT, kind_id INTEGER, session_number BIGINT, activity BOOLEAN"
    connection.execute(f"CREATE TABLE person_events ({columns})")
    add(connection, rows)
    return connection


def add(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """Rows as they are; those of one person in their order."""
    if rows:
        values = ", ".join(f"({r.person}, make_timestamp({r.time}), {r.event}, {r.kind}, {r.session}, {r.activity})" for r in rows)
        connection.execute(f"INSERT INTO person_events VALUES {values}".replace("None", "NULL"))


def replace(connection: duckdb.DuckDBPyConnection, people: Sequence[int], rows: Sequence[Row]) -> None:
    """What an incremental build does: the people's rows go, and come anew at the end."""
    connection.execute("DELETE FROM person_events WHERE person IN (SELECT unnest(?::INTEGER[]))", [list(people)])
    add(connection, rows)


Held = dict[int, list[tuple[Any, ...]]]


def expected(rows: Sequence[Row]) -> Held:
    """Each person's events: (time, kind, is_activity, event, session id)."""
    found: Held = {}
    for row in rows:
        found.setdefault(row.person, []).append((row.time, row.kind, row.activity, row.event, row.session or None))
    return found


def held(timeline: Timeline) -> Held:
    """The same, of a timeline: its parts without what is skipped. Sessions must be numbered by first appearance."""
    found: Held = {}
    for part, columns in zip(timeline.parts, timeline.columns, strict=True):
        assert np.array_equal(np.unique(part.person), part.person)
        first = [int(n) for n in dict.fromkeys(part.session.tolist()) if n >= 0]
        assert first == list(range(len(columns.session_id)))
        for unit, person in enumerate(part.person.tolist()):
            if len(part.skip) and part.skip[unit]:
                continue
            assert person not in found
            found[person] = [
                (
                    int(part.time[i]),
                    int(part.kind[i]),
                    bool(part.is_activity[i]),
                    int(columns.event[i]),
                    int(columns.session_id[part.session[i]]) if part.session[i] >= 0 else None,
                )
                for i in range(part.start[unit], part.start[unit + 1])
            ]
    return found


@st.composite
def histories(draw: st.DrawFn, people: st.SearchStrategy[list[int]], first_event: int = 0) -> list[Row]:
    """Rows of some people, theirs together and in order, the people in any order. Event numbers are unique and come in stretches, as the log's do."""
    rows: list[Row] = []
    event = first_event
    for person in draw(people):
        time, session = draw(st.integers(-5, 5)), draw(st.integers(0, 3))
        for _ in range(draw(st.integers(1, 6))):
            time += draw(st.integers(0, 2))
            session = draw(st.sampled_from((session, session, 0, 1, 2, 3)))
            event += draw(st.sampled_from((1, 1, 2, 300, 1 << 32)))
            rows.append(Row(person, time, event, draw(st.integers(0, 4)), session * SESSION_SPACING * (1 + person), draw(st.booleans())))
    return rows


def some_people(most: int = 8) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 11), unique=True, max_size=most)
