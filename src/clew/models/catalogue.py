"""The models that users read: what each is, and its columns, which are a contract."""

from __future__ import annotations

from typing import NamedTuple


class Model(NamedTuple):
    """One model. `sql/<name>.sql` is its definition, `build_sql/views/<name>.sql` how it is read from a build's tables."""

    name: str
    description: str
    columns: tuple[str, ...]
    """`name TYPE`, in order. Text is VARCHAR, times are UTC."""


def _columns(text: str) -> tuple[str, ...]:
    return tuple(c.strip() for c in text.split(","))


MODELS = (
    Model(
        "zone_offsets",
        "the project's time zone: from when to when which offset from UTC holds",
        _columns("utc_from TIMESTAMP, utc_to TIMESTAMP, utc_offset INTERVAL"),
    ),
    Model(
        "alias_edges",
        "which alias was seen to become which, and which edge is the latest",
        _columns("alias VARCHAR, next_alias VARCHAR, seen_at TIMESTAMP, is_latest BOOLEAN, space VARCHAR"),
    ),
    Model(
        "universal_alias_mapping",
        "one row an alias: the person it belongs to",
        _columns(
            "alias VARCHAR, universal_user_id VARCHAR, universal_hash BIGINT, hops INTEGER, first_seen_at TIMESTAMP, last_seen_at TIMESTAMP, "
            "space VARCHAR, person_id BIGINT, is_held_back BOOLEAN"
        ),
    ),
    Model(
        "alias_intervals",
        "whose an event is that names a device alone, by time",
        _columns("alias VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP, universal_user_id VARCHAR, space VARCHAR, person_id BIGINT"),
    ),
    Model(
        "identity_conflicts",
        "what in the identifiers is doubtful, and why",
        _columns("reason VARCHAR, alias VARCHAR, other VARCHAR, universal_user_id VARCHAR, seen_at TIMESTAMP, space VARCHAR"),
    ),
    Model(
        "mapped_tracks",
        "every track, page and screen event with its person",
        _columns(
            "person_id BIGINT, universal_user_id VARCHAR, source VARCHAR, message_id VARCHAR, type VARCHAR, event VARCHAR, model_time TIMESTAMP, "
            "timestamp TIMESTAMP, received_at TIMESTAMP, batch_index INTEGER, anonymous_id VARCHAR, user_id VARCHAR, platform VARCHAR, "
            "device_id VARCHAR, group_id VARCHAR, is_activity BOOLEAN, time_suspect BOOLEAN, load_id BIGINT"
        ),
    ),
    Model(
        "numbered_tracks",
        "the same with its identifiers as numbers of `clew.identifiers`: what is counted by identifier",
        _columns(
            "person_id BIGINT, source VARCHAR, type VARCHAR, event VARCHAR, model_time TIMESTAMP, platform VARCHAR, is_activity BOOLEAN, "
            "anonymous_number INTEGER, user_number INTEGER, event_number BIGINT"
        ),
    ),
    Model(
        "person_tracks",
        "every such event with its session, in the columns that are stored with the person: what reports read",
        _columns(
            "person_id BIGINT, source VARCHAR, type VARCHAR, event VARCHAR, model_time TIMESTAMP, platform VARCHAR, is_activity BOOLEAN, "
            "session_id BIGINT, track_sequence_number INTEGER, event_number BIGINT"
        ),
    ),
    Model(
        "sessions",
        "one row a session",
        _columns(
            "session_id BIGINT, person_id BIGINT, universal_user_id VARCHAR, session_sequence_number BIGINT, session_start TIMESTAMP, "
            "session_last TIMESTAMP, session_end TIMESTAMP, events BIGINT, views BIGINT, source VARCHAR, platform VARCHAR, device_id VARCHAR, "
            "is_ended BOOLEAN, previous_last TIMESTAMP"
        ),
    ),
    Model(
        "tracks_sessions_map",
        "which event lies in which session",
        _columns("source VARCHAR, message_id VARCHAR, session_id BIGINT, track_sequence_number INTEGER, counted BOOLEAN"),
    ),
    Model(
        "session_facts",
        "what reports ask of a session",
        _columns(
            "session_id BIGINT, person_id BIGINT, session_start TIMESTAMP, session_end TIMESTAMP, events BIGINT, views BIGINT, "
            "duration_seconds DOUBLE, duration_with_buffer_seconds DOUBLE, is_bounced BOOLEAN, landing_page VARCHAR, exit_page VARCHAR, "
            "first_referrer VARCHAR, utm_source VARCHAR, utm_medium VARCHAR, utm_campaign VARCHAR, utm_term VARCHAR, utm_content VARCHAR, "
            "channel VARCHAR, country VARCHAR, device_id VARCHAR, platform VARCHAR, source VARCHAR, is_first_session BOOLEAN, "
            "idle_seconds_before DOUBLE, browser VARCHAR, os VARCHAR, device_type VARCHAR"
        ),
    ),
)
VIEWS = tuple(m.name for m in MODELS if m.name != "zone_offsets")
"""Models that are views over a build's tables."""

_OTHER_CALLS = "SELECT kind_id FROM clew.event_kinds WHERE type NOT IN ('track', 'page', 'screen')"
COUNTS = {
    "universal_alias_mapping": "SELECT count(*) FROM {schema}.aliases WHERE NOT is_blocked",
    # All but the few that are no tracks: how many rows a table has is known without reading it.
    "mapped_tracks": "SELECT (SELECT count(*) FROM {schema}.stored_events) "  # noqa: S608 - our own text
    f"- (SELECT count(*) FROM {{schema}}.stored_events WHERE kind_id IN ({_OTHER_CALLS}))",
    "sessions": "SELECT count(*) FROM {schema}.stored_sessions",
}
"""What is counted of a build: the rows of each model, in the tables of its schema."""


def model(name: str) -> Model:
    """The model `name`. Raises KeyError."""
    return {m.name: m for m in MODELS}[name]
