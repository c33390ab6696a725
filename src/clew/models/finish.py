"""What a build makes of its sessions once all are stored: their channels, and the events in them that do not count."""

from __future__ import annotations

from clew.models import channels
from clew.models.frame import Frame

_CHANNELS = {"touch_channels": "context_id INTEGER, channel VARCHAR", "referrer_channels": "text_id INTEGER, channel VARCHAR"}

_NEEDS = {"touch_channels": "context_id", "referrer_channels": "referrer_number"}


def create(frame: Frame) -> None:
    """The tables, empty."""
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.uncounted_tracks (person INTEGER, event_number BIGINT, session_number BIGINT)")
    for name, columns in _CHANNELS.items():
        frame.cursor.execute(f"CREATE TABLE {frame.schema}.{name} ({columns})")


def finish(frame: Frame, some_uncounted: bool) -> None:
    """Store their channels and uncounted events. The frame's cursor is the one that stored them."""
    for name in _CHANNELS:
        known = f"{frame.schema}.{name}"
        if _NEEDS[name] in frame.optional:
            frame.cursor.execute(f"INSERT INTO {known} {frame.sql(name, known=known, channels=channels.tables(frame.root))}")
    if some_uncounted:
        frame.cursor.execute(f"INSERT INTO {frame.schema}.uncounted_tracks {frame.sql('uncounted_tracks', **_unit(frame))}")


def _unit(frame: Frame) -> dict[str, str]:
    scope = frame.settings.sessions.scope
    event, session = {"person": ("0", "0"), "platform": ("k.platform", "k.platform"), "device": ("e.device_number", "s.device_number")}[scope]
    return {"unit_of_event": event, "unit_of_session": session}
