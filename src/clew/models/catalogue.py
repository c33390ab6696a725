"""The models, in the order in which they are built: what each is, and its columns."""

from __future__ import annotations

from typing import NamedTuple

# How columns are packed on disk, where the engine's own search for the best way would take longer than the writing.
PACKED = {
    "message_id": "USING COMPRESSION uncompressed",
}


class Model(NamedTuple):
    """One table or view of a build. `sql/<name>.sql` is its definition."""

    name: str
    description: str
    columns: tuple[str, ...]
    """`name TYPE`, in order. Text is VARCHAR, times are UTC."""
    public: bool = True
    """Has a view in `main`."""
    view: bool = False
    """Is a view over other models, not a table."""
    kept: bool = True
    """Is there after the build."""


def _columns(text: str) -> tuple[str, ...]:
    return tuple(c.strip() for c in text.split(","))


MODELS = (
    Model(
        "zone_offsets",
        "the project's time zone: from when to when which offset from UTC holds",
        _columns("utc_from TIMESTAMP, utc_to TIMESTAMP, utc_offset INTERVAL"),
    ),
    Model(
        "id_pairs",
        "identifiers that came together in one message",
        _columns(
            "space VARCHAR, anonymous_id VARCHAR, user_id VARCHAR, previous_id VARCHAR, is_alias BOOLEAN, first_seen_at TIMESTAMP, "
            "last_seen_at TIMESTAMP"
        ),
        public=False,
    ),
    Model(
        "identifiers",
        "every identifier, numbered for this build",
        _columns(
            "id INTEGER, space VARCHAR, alias VARCHAR, first_seen_at TIMESTAMP, last_seen_at TIMESTAMP, as_anonymous BOOLEAN, as_user BOOLEAN, "
            "is_blocked BOOLEAN"
        ),
        public=False,
    ),
    Model(
        "alias_edges",
        "which alias was seen to become which, and which edge is the latest",
        _columns("alias_id INTEGER, next_id INTEGER, alias VARCHAR, next_alias VARCHAR, seen_at TIMESTAMP, is_latest BOOLEAN, space VARCHAR"),
    ),
    Model(
        "alias_roots",
        "where each alias with an edge leads to in the end",
        _columns("id INTEGER, root_id INTEGER, in_cycle BOOLEAN, hops INTEGER"),
        public=False,
    ),
    Model(
        "universal_aliases",
        "each alias with its universal id, merge protection applied",
        _columns(
            "id INTEGER, space VARCHAR, alias VARCHAR, first_seen_at TIMESTAMP, last_seen_at TIMESTAMP, as_anonymous BOOLEAN, as_user BOOLEAN, "
            "universal_id INTEGER, hops INTEGER, in_cycle BOOLEAN, is_held_back BOOLEAN, root_id INTEGER"
        ),
        public=False,
    ),
    Model(
        "universal_alias_mapping",
        "one row an alias: the person it belongs to",
        _columns(
            "alias VARCHAR, universal_user_id VARCHAR, universal_hash BIGINT, hops INTEGER, first_seen_at TIMESTAMP, last_seen_at TIMESTAMP, "
            "space VARCHAR, person_id BIGINT, id INTEGER, is_held_back BOOLEAN"
        ),
    ),
    Model(
        "alias_intervals",
        "whose an event is that names a device alone, by time",
        _columns("alias VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP, universal_user_id VARCHAR, space VARCHAR, person_id BIGINT, id INTEGER"),
    ),
    Model(
        "identity_conflicts",
        "what in the identifiers is doubtful, and why",
        _columns("reason VARCHAR, alias VARCHAR, other VARCHAR, universal_user_id VARCHAR, seen_at TIMESTAMP, space VARCHAR"),
    ),
    Model(
        "alias_people",
        "each identifier with the person it stands for as a user id and as a device",
        _columns("id INTEGER, space VARCHAR, alias VARCHAR, user_person_id BIGINT, device_person_id BIGINT, is_shared BOOLEAN"),
        public=False,
    ),
    Model(
        "event_kinds",
        "the distinct kinds of events, and what the rules say of each",
        _columns(
            "kind_id INTEGER, source VARCHAR, type VARCHAR, event VARCHAR, platform VARCHAR, is_excluded BOOLEAN, "
            "is_ignored BOOLEAN, ends_session BOOLEAN, starts_session BOOLEAN, shows_engagement BOOLEAN, inactivity INTERVAL"
        ),
        public=False,
    ),
    Model(
        "event_contexts",
        "the distinct campaigns and countries",
        _columns(
            "context_id INTEGER, utm_source VARCHAR, utm_medium VARCHAR, utm_campaign VARCHAR, utm_term VARCHAR, utm_content VARCHAR, "
            "click_id VARCHAR, country VARCHAR, has_campaign BOOLEAN, has_touch BOOLEAN, campaign_id BIGINT, context STRUCT"
        ),
        public=False,
    ),
    Model("event_texts", "the distinct pages, referrers, accounts and devices", _columns("text_id INTEGER, text VARCHAR"), public=False),
    Model(
        "placed_events",
        "the events with their people, in no order yet",
        (),
        public=False,
        kept=False,
    ),
    Model(
        "person_events",
        "the events, person by person in order: the one wide table",
        _columns(
            "person BIGINT, model_time TIMESTAMP, other_time TIMESTAMP, is_suspect BOOLEAN, batch_index INTEGER, kind_id INTEGER, "
            "message_id VARCHAR, anonymous_number INTEGER, user_number INTEGER, device_number INTEGER, group_number INTEGER, context_id INTEGER, "
            "page_number INTEGER, referrer_number INTEGER, load_id BIGINT, is_activity BOOLEAN"
        ),
        public=False,
    ),
    Model(
        "event_sessions",
        "each counted event with its session",
        _columns(
            "person_id BIGINT, model_time TIMESTAMP, kind_id INTEGER, message_id VARCHAR, context_id INTEGER, page_number INTEGER, "
            "referrer_number INTEGER, anonymous_number INTEGER, device_number INTEGER, batch_index INTEGER, other_time TIMESTAMP, "
            "is_suspect BOOLEAN, session_id BIGINT, track_sequence_number INTEGER, event_number INTEGER"
        ),
        public=False,
        view=True,
    ),
    Model(
        "mapped_tracks",
        "every track, page and screen event with its person",
        _columns(
            "person_id BIGINT, universal_user_id VARCHAR, source VARCHAR, message_id VARCHAR, type VARCHAR, event VARCHAR, model_time TIMESTAMP, "
            "timestamp TIMESTAMP, received_at TIMESTAMP, batch_index INTEGER, anonymous_id VARCHAR, user_id VARCHAR, platform VARCHAR, "
            "device_id VARCHAR, group_id VARCHAR, is_activity BOOLEAN, time_suspect BOOLEAN, load_id BIGINT"
        ),
        view=True,
    ),
    Model(
        "session_totals",
        "what is counted over the events of each session",
        _columns(
            "session_id BIGINT, person_id BIGINT, session_start TIMESTAMP, session_last TIMESTAMP, events BIGINT, views BIGINT, is_ended BOOLEAN, "
            "is_engaged BOOLEAN, first_number INTEGER, kind_id INTEGER, anonymous_number INTEGER, device_number INTEGER, landing_number INTEGER, "
            "exit_number INTEGER, referrer_number INTEGER, touch_id INTEGER, country_id INTEGER"
        ),
        public=False,
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
        "uncounted_tracks",
        "events inside a session that touch no number of it",
        _columns("source VARCHAR, message_id VARCHAR, session_id BIGINT"),
        public=False,
    ),
    Model(
        "tracks_sessions_map",
        "which event lies in which session",
        _columns("source VARCHAR, message_id VARCHAR, session_id BIGINT, track_sequence_number INTEGER, counted BOOLEAN"),
        view=True,
    ),
    Model(
        "session_facts",
        "what reports ask of a session",
        _columns(
            "session_id BIGINT, person_id BIGINT, session_start TIMESTAMP, session_end TIMESTAMP, events BIGINT, views BIGINT, "
            "duration_seconds DOUBLE, duration_with_buffer_seconds DOUBLE, is_bounced BOOLEAN, landing_page VARCHAR, exit_page VARCHAR, "
            "first_referrer VARCHAR, utm_source VARCHAR, utm_medium VARCHAR, utm_campaign VARCHAR, utm_term VARCHAR, utm_content VARCHAR, "
            "channel VARCHAR, country VARCHAR, device_id VARCHAR, platform VARCHAR, source VARCHAR, is_first_session BOOLEAN, "
            "idle_seconds_before DOUBLE"
        ),
    ),
)


def model(name: str) -> Model:
    """The model `name`. Raises KeyError."""
    return {m.name: m for m in MODELS}[name]
