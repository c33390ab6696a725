"""The two wide tables of a build, `stored_events` and `stored_sessions`, and the views over them, `person_events` and `session_rows`.

A column in which all rows are alike is not stored: the view has it, as what it is. Where a later load brings another value, the column is added.
`place` ascends in the order in which rows were stored: a person's events in the total order.
"""
# ruff: noqa: S608 - names of our own schemas and columns

from __future__ import annotations

from typing import NamedTuple

from clew.models.frame import OPTIONAL, Frame


class Column(NamedTuple):
    """Its type, what it is in every row where it is not stored, and the column of the messages that it stands and falls with (for OPTIONAL ones)."""

    type: str
    otherwise: str = ""
    needs: str = ""

    @property
    def default(self) -> str:
        """What stands in the rows that were there before the column was added."""
        return "NULL" if self.otherwise in EVENTS else self.otherwise

    def read(self, name: str, is_stored: bool) -> str:
        """The column in the view."""
        if not is_stored:
            return f"CAST({self.otherwise} AS {self.type}) AS {name}"
        return f"coalesce({name}, {self.otherwise}) AS {name}" if self.otherwise in EVENTS else name


EVENTS = {
    "person": Column("INTEGER"),
    "model_time": Column("TIMESTAMP"),
    "event_number": Column("BIGINT"),
    "kind_id": Column("INTEGER"),
    "anonymous_number": Column("INTEGER"),
    "user_number": Column("INTEGER"),
    "session_number": Column("BIGINT"),
    "track_sequence_number": Column("INTEGER"),
    "activity": Column("BOOLEAN", "true", "activity"),
    "other_time": Column("TIMESTAMP", "model_time", "other_time"),
    "is_suspect": Column("BOOLEAN", "false", "is_suspect"),
    "batch_index": Column("INTEGER", "0", "batch_index"),
    "previous_number": Column("INTEGER", "0", "previous_number"),
    "context_id": Column("INTEGER", "0", "context_id"),
    "page_number": Column("INTEGER", "0", "page_number"),
    "referrer_number": Column("INTEGER", "0", "referrer_number"),
    "group_number": Column("INTEGER", "0", "group_number"),
    "device_number": Column("INTEGER", "0", "device_number"),
}
SESSIONS = {
    "session_number": Column("BIGINT"),
    "session_id": Column("BIGINT"),
    "person": Column("INTEGER"),
    "sequence_number": Column("INTEGER"),
    "session_start": Column("TIMESTAMP"),
    "session_last": Column("TIMESTAMP"),
    "session_end": Column("TIMESTAMP"),
    "previous_last": Column("TIMESTAMP"),
    "events": Column("INTEGER"),
    "views": Column("INTEGER"),
    "is_ended": Column("BOOLEAN"),
    "is_engaged": Column("BOOLEAN"),
    "kind_id": Column("INTEGER"),
    "event_number": Column("BIGINT"),
    "anonymous_number": Column("INTEGER"),
    "device_number": Column("INTEGER", "0", "device_number"),
    "landing_number": Column("INTEGER", "0", "page_number"),
    "exit_number": Column("INTEGER", "0", "page_number"),
    "referrer_number": Column("INTEGER", "0", "referrer_number"),
    "touch_id": Column("INTEGER", "0", "context_id"),
    "country_id": Column("INTEGER", "0", "context_id"),
    "agent_id": Column("INTEGER", "0", "context_id"),
}
_TABLES = (("stored_events", "person_events", EVENTS), ("stored_sessions", "session_rows", SESSIONS))


def stored(columns: dict[str, Column], frame: Frame) -> dict[str, str]:
    """Name -> type of those that the frame's tables store."""
    return {name: c.type for name, c in columns.items() if not c.needs or c.needs in frame.optional}


def create(frame: Frame) -> None:
    """The two tables, empty, and the views."""
    for table, _, columns in _TABLES:
        frame.cursor.execute(f"CREATE TABLE {frame.schema}.{table} ({declared(stored(columns, frame))})")
    _views(frame)


def declared(columns: dict[str, str]) -> str:
    """The columns as CREATE TABLE wants them."""
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def widened(frame: Frame, needed: tuple[str, ...]) -> Frame:
    """Add the columns that the `needed` columns of messages need, if they are not stored yet. The frame with all that is stored.

    Before the transaction of the build and one statement at a time, as the database wants it: no row changes its meaning by it, and what was
    stopped half-way is completed by the next build.
    """
    there = _there(frame)
    frame = frame._replace(optional=tuple(name for name in OPTIONAL if name in needed or ("stored_events", name) in there))
    missing = [
        f"{frame.schema}.{table} ADD COLUMN {name} {column.type} DEFAULT {column.default}"
        for table, _, columns in _TABLES
        for name, column in columns.items()
        if column.needs in frame.optional and (table, name) not in there
    ]
    for change in missing:
        frame.cursor.execute(f"ALTER TABLE {change}")
    if missing:
        _views(frame)
    return frame


def _there(frame: Frame) -> set[tuple[str, str]]:
    """(table, column) of those that are stored."""
    rows = frame.cursor.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ?", [frame.schema]
    ).fetchall()
    return {(table, name) for table, name in rows}


def _views(frame: Frame) -> None:
    for table, view, columns in _TABLES:
        there = stored(columns, frame)
        chosen = ", ".join(column.read(name, name in there) for name, column in columns.items())
        frame.cursor.execute(f"CREATE OR REPLACE VIEW {frame.schema}.{view} AS SELECT {chosen}, rowid AS place FROM {frame.schema}.{table}")
