"""The steps of a build that are computed as arrays: from tables to numpy and back. Their definitions are in `sql/`."""
# ruff: noqa: S608 - names of our own schemas and models

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from clew import clock
from clew.config import Settings
from clew.models.cut import Cut, Kinds, Ordered, cut
from clew.models.follow import follow
from clew.models.ledger import Cursor

Table = dict[str, npt.NDArray[Any]]
NUMBERS = ("landing_number", "exit_number", "referrer_number", "touch_id", "country_id")
UNITS = {"platform": "k.platform_number", "device": "coalesce(e.device_number, 0)"}


def alias_roots(cursor: Cursor, schema: str) -> None:
    """Make the table `alias_roots`."""
    edges = cursor.execute(f"SELECT alias_id, next_id, epoch_us(seen_at) AS seen_at FROM {schema}.alias_edges WHERE is_latest").fetchnumpy()
    alias, target, seen_at = (np.asarray(edges[c], np.int64) for c in ("alias_id", "next_id", "seen_at"))
    ends = follow(alias, target, seen_at)
    found: Table = {
        "id": alias.astype(np.int32),
        "root_id": ends.root.astype(np.int32),
        "in_cycle": ends.in_cycle,
        "hops": ends.hops.astype(np.int32),
    }
    with _registered(cursor, found) as name:
        cursor.execute(f"CREATE TABLE {schema}.alias_roots AS SELECT * FROM {name}")


def event_sessions(cursor: Cursor, schema: str, columns: tuple[str, ...], settings: Settings, absent: frozenset[str]) -> None:
    """Make the view `event_sessions` (the stored events side by side with a table of their sessions) and the table `session_totals`."""
    events = _counted(cursor, schema, settings, absent)
    found = cut(_ordered(events, settings), settings)
    session = _write_totals(cursor, schema, _totals(events, found))
    _write_columns(cursor, schema, int(events["place"][0]) if len(session) else 0, np.repeat(session, _lengths(found)), found)
    names = ", ".join("person AS person_id" if c.startswith("person_id ") else c.split()[0] for c in columns)
    cursor.execute(
        f"""CREATE VIEW {schema}.event_sessions AS
        SELECT {names} FROM {schema}.person_events POSITIONAL JOIN {schema}.session_columns WHERE session_id IS NOT NULL"""
    )


def _lengths(found: Cut) -> npt.NDArray[np.int64]:
    return np.diff(np.append(found.starts, len(found.event_number)))


def _counted(cursor: Cursor, schema: str, settings: Settings, absent: frozenset[str]) -> Table:
    """The counted events in stored order: what the rules and the totals need of each, as far as there is any. 0 stands for none."""
    rules = settings.sessions
    columns = {"place": "e.rowid", "person": "e.person", "time": "epoch_us(e.model_time)", "view": "k.type IN ('page', 'screen')"}
    columns |= {"page": "coalesce(e.page_number, 0)", "referrer": "coalesce(e.referrer_number, 0)"}
    columns |= {
        "touch": "CASE WHEN c.has_touch THEN e.context_id ELSE 0 END",
        "country": "CASE WHEN c.country IS NOT NULL THEN e.context_id ELSE 0 END",
    }
    chosen = {
        "engagement": ("k.shows_engagement", settings.bounce.engagement_events),
        "ends": ("k.ends_session", rules.end_events),
        "starts": ("k.starts_session", rules.start_events),
        "unit": (UNITS.get(rules.scope, ""), rules.scope != "person"),
        "campaign": ("CASE WHEN c.has_campaign THEN c.campaign_id ELSE 0 END", rules.new_on_campaign),
        "inactivity": ("epoch_us(TIMESTAMP '1970-01-01' + k.inactivity)", rules.platform_inactivity_minutes),
    }
    columns |= {name: expression for name, (expression, wanted) in chosen.items() if wanted}
    unheard = {"page": {"page"}, "referrer": {"referrer"}, "context": {"touch", "country", "campaign"}}
    for name in absent & unheard.keys():
        columns = {c: e for c, e in columns.items() if c not in unheard[name]}
    contexts = "" if "context" in absent else f"LEFT JOIN {schema}.event_contexts AS c USING (context_id)"
    found: Table = cursor.execute(
        f"""SELECT {", ".join(f"{expression} AS {name}" for name, expression in columns.items())}
        FROM {schema}.person_events AS e
        JOIN (SELECT *, dense_rank() OVER (ORDER BY platform) AS platform_number FROM {schema}.event_kinds) AS k USING (kind_id)
        {contexts}
        WHERE e.person > 0"""
    ).fetchnumpy()
    if np.any(found["place"][1:] < found["place"][:-1]):
        order = np.argsort(found["place"])
        found = {name: values[order] for name, values in found.items()}
    return found


def _ordered(events: Table, settings: Settings) -> Ordered:
    inactivity = events.get("inactivity", round(settings.sessions.inactivity_minutes * clock.MINUTE))
    return Ordered(
        events["person"], events.get("unit"), events["time"], events.get("campaign"), Kinds(inactivity, events.get("ends"), events.get("starts"))
    )


def _write_columns(cursor: Cursor, schema: str, first: int, session: npt.NDArray[np.int64], found: Cut) -> None:
    """A row for each row of `person_events`; the counted ones are a piece in the middle, from `first`."""
    cursor.execute(f"CREATE TABLE {schema}.session_columns (session_id BIGINT, track_sequence_number INTEGER, event_number INTEGER)")
    rows = cursor.execute(f"SELECT count(*) FROM {schema}.person_events").fetchone() or (0,)
    nothing = f"INSERT INTO {schema}.session_columns SELECT NULL, NULL, NULL FROM range(?)"
    cursor.execute(nothing, [first])
    with _registered(cursor, {"session": session, "sequence": found.sequence_number, "event": found.event_number}) as name:
        cursor.execute(f"INSERT INTO {schema}.session_columns SELECT session, sequence, event FROM {name}")
    cursor.execute(nothing, [rows[0] - first - len(session)])


def _totals(events: Table, found: Cut) -> Table:
    """One row a session."""
    starts, lengths = found.starts, _lengths(found)
    last = starts + lengths - 1
    totals: Table = {
        "place": events["place"][starts],
        "session_start": events["time"][starts],
        "session_last": events["time"][last],
        "events": lengths,
        "is_ended": events["ends"][last] if "ends" in events else np.zeros(len(starts), bool),
        "first_number": found.event_number[starts],
    }
    index = np.arange(len(found.event_number), dtype=np.int32)
    totals["views"] = np.add.reduceat(events["view"], starts, dtype=np.int64) if len(starts) else np.zeros(0, np.int64)
    engaged = "engagement" in events and len(starts)
    totals["is_engaged"] = np.logical_or.reduceat(events["engagement"], starts) if engaged else np.zeros(len(starts), bool)
    for column, values in (("landing_number", "page"), ("referrer_number", "referrer"), ("touch_id", "touch"), ("country_id", "country")):
        totals[column] = _first(events.get(values), starts, index)
    totals["exit_number"] = _last(events.get("page"), starts, index)
    return totals


def _at(values: npt.NDArray[Any], place: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values at the places; 0 at a place just outside."""
    found: npt.NDArray[Any] = np.append(values, 0).take(place)
    return found


def _first(values: npt.NDArray[Any] | None, starts: npt.NDArray[np.int64], index: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    """The first value of each session that is not 0, or 0."""
    if values is None or not len(starts):
        return np.zeros(len(starts), np.int32)
    found: npt.NDArray[Any] = values[starts]
    if found.all():
        return found
    place = np.minimum.reduceat(np.where(values > 0, index, len(index)), starts)
    return _at(values, place)


def _last(values: npt.NDArray[Any] | None, starts: npt.NDArray[np.int64], index: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    """The last value of each session that is not 0, or 0."""
    if values is None or not len(starts):
        return np.zeros(len(starts), np.int32)
    ends = np.append(starts[1:], len(values)) - 1
    found: npt.NDArray[Any] = values[ends]
    if found.all():
        return found
    place = np.maximum.reduceat(np.where(values > 0, index, -1), starts)
    return _at(values, place)


def _write_totals(cursor: Cursor, schema: str, totals: Table) -> npt.NDArray[np.int64]:
    """Make `session_totals`; returns the session ids, a hash of the first event's key, in stored order."""
    numbers = ", ".join(f"CAST(nullif(t.{c}, 0) AS INTEGER) AS {c}" for c in NUMBERS)
    with _registered(cursor, totals) as name:
        cursor.execute(
            f"""CREATE TEMP TABLE session_totals_of_build AS
            SELECT
              t.place, CAST('0x' || left(md5(k.source || '/' || e.message_id), 15) AS BIGINT) AS session_id, e.person AS person_id,
              make_timestamp(t.session_start) AS session_start, make_timestamp(t.session_last) AS session_last,
              t.events, CAST(t.views AS BIGINT) AS views, t.is_ended, CAST(t.is_engaged AS BOOLEAN) AS is_engaged,
              CAST(t.first_number AS INTEGER) AS first_number, e.kind_id, e.anonymous_number, e.device_number, {numbers}
            FROM {name} AS t JOIN {schema}.person_events AS e ON e.rowid = t.place JOIN {schema}.event_kinds AS k USING (kind_id)"""
        )
    try:
        cursor.execute(f"CREATE TABLE {schema}.session_totals AS SELECT * EXCLUDE (place) FROM session_totals_of_build ORDER BY place")
        found = cursor.execute("SELECT session_id FROM session_totals_of_build ORDER BY place").fetchnumpy()
    finally:
        cursor.execute("DROP TABLE session_totals_of_build")
    return np.asarray(found["session_id"], np.int64)


@contextmanager
def _registered(cursor: Cursor, arrays: Mapping[str, npt.NDArray[Any]]) -> Iterator[str]:
    """The arrays as a table that queries on this cursor can name."""
    cursor.register("arrays_of_build", dict(arrays))
    try:
        yield "arrays_of_build"
    finally:
        cursor.unregister("arrays_of_build")
