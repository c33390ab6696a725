"""Lists of sessions: those that a number counts."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import duckdb
import msgspec

from clew.analyses.people.ask import Page, ask


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session in a list. Times are UTC."""

    session_id: int
    session_sequence_number: int
    session_start: dt.datetime
    session_last: dt.datetime
    session_end: dt.datetime
    events: int
    views: int
    source: str
    platform: str | None
    device_id: str | None
    is_bounced: bool
    channel: str
    landing_page: str | None
    exit_page: str | None
    first_referrer: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    country: str | None
    person_id: int = 0
    universal_user_id: str = ""
    space: str = ""

    @property
    def seconds(self) -> int:
        """First to last event, whole seconds."""
        return int((self.session_last - self.session_start).total_seconds())


class SessionList(NamedTuple):
    """A page of a list; `total` is the length of the whole."""

    total: int
    sessions: tuple[Session, ...]


class Counted(NamedTuple):
    """Sessions of the overview: local days, both inclusive; `bounced` None = all."""

    first: dt.date
    last: dt.date
    source: str | None = None
    bounced: bool | None = None


def counted(cursor: duckdb.DuckDBPyConnection, asked: Counted, page: Page) -> SessionList:
    """The sessions that the overview counts, newest first."""
    values = {"from": asked.first, "to": asked.last, "source": asked.source, "bounced": asked.bounced}
    rows = ask(cursor, "sessions_counted", {**values, **page.values})
    return SessionList(rows[0]["total"], tuple(as_session(row) for row in rows if row["session_id"] is not None))


def as_session(row: dict[str, object]) -> Session:
    """A row of a list of sessions; what else stands in it is left out."""
    return msgspec.convert({name: row[name] for name in Session.__struct_fields__ if name in row}, Session)
