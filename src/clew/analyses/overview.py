"""The overview's numbers: sessions, bounce rate, active people and raw ids, by day and over the range.

Totals are counted over the range, not summed: a person active on two days is one person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
import msgspec

from clew.analyses.text import Value, sql_text
from clew.config import BLOCKED_IDS

SESSIONS = "overview_sessions"
PEOPLE = "overview_people"


class Params(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. Days are those of the project's zone, both inclusive."""

    first: dt.date
    last: dt.date
    source: str | None = None
    until: dt.datetime | None = None
    """Stop at this instant of UTC: to compare a day that is not over with as much of an earlier one."""
    blocked: tuple[str, ...] = BLOCKED_IDS
    """Identifiers treated as absent (identity.blocked): they are no raw ids."""


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a day, or of the range."""

    sessions: int = 0
    bounced: int = 0
    people: int = 0
    raw_ids: int = 0

    @property
    def bounce_rate(self) -> float | None:
        """Bounced sessions / sessions; None where there are no sessions."""
        return self.bounced / self.sessions if self.sessions else None

    @property
    def joined(self) -> int:
        """Raw ids less people: the net effect of stitching."""
        return self.raw_ids - self.people


class Day(NamedTuple):
    day: dt.date
    numbers: Numbers


class Overview(NamedTuple):
    """`days` holds every day of the range in order, those without events too."""

    total: Numbers
    days: tuple[Day, ...]


def values(params: Params, query: str) -> dict[str, Value]:
    """What is bound to `$from`, `$to`, `$source` and `$until` of both queries, and to `$blocked` of PEOPLE."""
    bound: dict[str, Value] = {"from": params.first, "to": params.last, "source": params.source, "until": params.until}
    return {**bound, "blocked": list(params.blocked)} if query == PEOPLE else bound


def result(params: Params, sessions: Sequence[tuple[Any, ...]], people: Sequence[tuple[Any, ...]]) -> Overview:
    """The rows of both queries (day, count, count; the total's day is None) as one overview."""
    by_day = _by_day(sessions)
    people_by_day = _by_day(people)
    days = [params.first + dt.timedelta(days=i) for i in range((params.last - params.first).days + 1)]
    total, *each = (_numbers(by_day, people_by_day, day) for day in (None, *days))
    return Overview(total, tuple(map(Day, days, each)))


def run(connection: duckdb.DuckDBPyConnection, params: Params) -> Overview:
    """Both queries in one transaction, so that they see one build."""
    connection.begin()
    try:
        rows = [connection.execute(sql_text(name), values(params, name)).fetchall() for name in (SESSIONS, PEOPLE)]
    finally:
        connection.rollback()
    return result(params, *rows)


def _by_day(rows: Sequence[tuple[Any, ...]]) -> Mapping[dt.date | None, tuple[int, int]]:
    return {day: (first, second) for day, first, second in rows}


def _numbers(sessions: Mapping[dt.date | None, tuple[int, int]], people: Mapping[dt.date | None, tuple[int, int]], day: dt.date | None) -> Numbers:
    count, bounced = sessions.get(day, (0, 0))
    persons, raw_ids = people.get(day, (0, 0))
    return Numbers(sessions=count, bounced=bounced, people=persons, raw_ids=raw_ids)
