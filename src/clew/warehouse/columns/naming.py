"""Names of tables and columns, after Segment (segment.md C.3, C.6), safe from reserved words and from Clew's own names."""

from __future__ import annotations

import hashlib

from clew.names import snake

FIXED_TABLES = ("tracks", "identifies", "users", "pages", "screens", "groups", "accounts", "aliases")
MODEL_TABLES = (
    "alias_edges",
    "universal_alias_mapping",
    "alias_intervals",
    "identity_conflicts",
    "mapped_tracks",
    "sessions",
    "tracks_sessions_map",
    "session_facts",
    "zone_offsets",
)
MONEY = frozenset({"revenue", "price", "total", "value", "tax", "discount", "shipping"})
"""Columns of event tables that are money."""

MORE = "_more"
"""The column that takes a row's whole properties where some of them have no column of their own."""

LOAD_COLUMNS = ("uuid_ts", "uuid", "load_id", "batch_index")
_TIMES = ("received_at", "sent_at", "timestamp", "original_timestamp")
_MESSAGE = ("id", "anonymous_id", "user_id", *_TIMES, *LOAD_COLUMNS)
OWN_COLUMNS = {"page": ("name", "category"), "screen": ("name", "category"), "group": ("group_id",), "alias": ("previous_id",)}

_LONGEST = 127
_RESERVED_WORDS = """all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate column constraint
    create cross current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else end
    except false for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join leading left
    like limit localtime localtimestamp natural new not notnull null off offset old on only or order outer overlaps placing primary
    references right select session_user similar some symmetric table then to trailing true union unique user using verbose when
    where"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


def table_name(event: str) -> str:
    """The table of event `event`; empty where the name holds no ASCII letter or digit (then it is in `tracks` only)."""
    slug = snake(event)
    taken = slug in FIXED_TABLES or slug in MODEL_TABLES
    return "_" + _short(slug) if taken else _escaped(slug)


def column_name(path: tuple[str, ...], *, context: bool) -> str:
    """The column of a path in properties or traits, or in context; empty where it gets none for want of letters."""
    if context:
        slug = snake("_".join(("context", *path)))
        return "" if slug == "context" else _short(slug)
    slug = snake("_".join(path))
    return "_" + _short(slug) if slug.startswith("context_") else _escaped(slug)


def system_columns(kind: str) -> frozenset[str]:
    """Columns that Clew fills itself in tables of messages of type `kind`: a property of that name gets no column."""
    more = ("event", "event_text") if kind == "track" else ()
    latest = ("id",) if kind in ("identify", "group") else ()
    return frozenset((*_MESSAGE, *more, *latest, *OWN_COLUMNS.get(kind, ()), MORE))


def _escaped(slug: str) -> str:
    return "_" + _short(slug) if slug in _RESERVED or slug[:1].isdigit() else _short(slug)


def _short(slug: str) -> str:
    """Names beyond 127 characters keep their beginning and end in 8 digits of their hash, so two of them stay two."""
    if len(slug) <= _LONGEST - 1:
        return slug
    return slug[: _LONGEST - 10] + "_" + hashlib.sha256(slug.encode()).hexdigest()[:8]
