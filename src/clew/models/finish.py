"""What a build makes of its sessions once all are found: their ids, their channels, and the events in them that do not count."""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from clew.models import channels
from clew.models.events import SESSIONS
from clew.models.frame import Frame
from clew.models.ledger import Cursor

_CHANNELS = {"touch_channels": "context_id INTEGER, channel VARCHAR", "referrer_channels": "text_id INTEGER, channel VARCHAR"}


def create(frame: Frame) -> None:
    """The tables, empty."""
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.uncounted_tracks (person INTEGER, event_number BIGINT, session_number BIGINT)")
    for name, columns in _CHANNELS.items():
        frame.cursor.execute(f"CREATE TABLE {frame.schema}.{name} ({columns})")


def stage_sessions(writer: Cursor) -> None:
    """Where the sessions are gathered until they have their ids."""
    writer.execute(f"CREATE OR REPLACE TEMP TABLE session_stage ({SESSIONS})")


def finish(frame: Frame, some_uncounted: bool) -> None:
    """Name the staged sessions and store them, with their channels and uncounted events. The frame's cursor is the one that staged them."""
    frame.temp("session_names", "session_names")
    columns = ", ".join("n.session_id" if c.startswith("session_id ") else f"s.{c.split()[0]}" for c in map(str.strip, SESSIONS.split(",")))
    frame.cursor.execute(
        f"""INSERT INTO {frame.schema}.session_rows
        SELECT {columns} FROM session_stage AS s JOIN session_names AS n USING (session_number) ORDER BY session_number"""
    )
    for name in _CHANNELS:
        known = f"{frame.schema}.{name}"
        frame.cursor.execute(f"INSERT INTO {known} {frame.sql(name, known=known, channels=channels.tables(frame.root))}")
    if some_uncounted:
        frame.cursor.execute(f"INSERT INTO {frame.schema}.uncounted_tracks {frame.sql('uncounted_tracks', **_unit(frame))}")
    frame.cursor.execute("DROP TABLE session_names; DROP TABLE session_stage")


def _unit(frame: Frame) -> dict[str, str]:
    scope = frame.settings.sessions.scope
    event, session = {"person": ("0", "0"), "platform": ("k.platform", "k.platform"), "device": ("e.device_number", "s.device_number")}[scope]
    return {"unit_of_event": event, "unit_of_session": session}
