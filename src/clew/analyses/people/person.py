"""One person: in short, sessions, events by time, and traits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import duckdb
import msgspec

from clew.analyses.people.ask import Page, ask, of_space, stream
from clew.analyses.people.visits import Session, as_session
from clew.analyses.text import Value
from clew.config import Settings
from clew.messages import TYPES

NEWEST_IDENTIFIES = 500
"""Identify calls that traits are made of."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person in short; times are UTC."""

    person_id: int
    universal_user_id: str
    space: str
    aliases: int
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime
    sessions: int
    events: int


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a person. `has_call`: the call as received is kept; `traits` is JSON. Times are UTC."""

    source: str
    message_id: str
    type: str
    event: str | None
    anonymous_id: str | None
    user_id: str | None
    platform: str | None
    device_id: str | None
    received_at: dt.datetime
    model_time: dt.datetime
    is_activity: bool
    page_path: str | None
    page_url: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    group_id: str | None
    previous_id: str | None
    traits: str | None
    has_call: bool

    @property
    def campaign(self) -> str:
        """Source, medium and campaign, as far as there are any."""
        return " / ".join(part for part in (self.utm_source, self.utm_medium, self.utm_campaign) if part)


class Window(NamedTuple):
    """Which messages: of these types, from `start` until before `end` (UTC; None = no limit), on one platform or device only."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None
    types: tuple[str, ...] = TYPES
    newest_first: bool = True
    platform: str | None = None
    device: str | None = None


class Events(NamedTuple):
    """A page of messages; `total` is the number of them all."""

    total: int
    events: tuple[Event, ...]


class Change(NamedTuple):
    """A value that a trait was given, and when (UTC); None: it was taken away."""

    at: dt.datetime
    value: str | None


class Trait(NamedTuple):
    """A trait over time, newest first: only where the value became another."""

    name: str
    changes: tuple[Change, ...]

    @property
    def value(self) -> str | None:
        return self.changes[0].value


def find(cursor: duckdb.DuckDBPyConnection, identifier: str, space: str) -> Person | None:
    """Whose the identifier is."""
    return _person(cursor, {"id": identifier, "space": space, "number": None})


def numbered(cursor: duckdb.DuckDBPyConnection, person_id: int) -> Person | None:
    """The person of that number."""
    return _person(cursor, {"id": None, "space": None, "number": person_id})


def _person(cursor: duckdb.DuckDBPyConnection, values: dict[str, Value]) -> Person | None:
    rows = ask(cursor, "person", values)
    return msgspec.convert(rows[0], Person) if rows else None


def sessions(cursor: duckdb.DuckDBPyConnection, person: Person, page: Page) -> tuple[Session, ...]:
    """The person's sessions, newest first."""
    return tuple(as_session(row) for row in ask(cursor, "person_sessions", {"person_id": person.person_id, **page.values}))


def session(cursor: duckdb.DuckDBPyConnection, person: Person, session_id: int) -> Session | None:
    """The person's session of that id."""
    rows = ask(cursor, "person_session", {"person_id": person.person_id, "session_id": session_id})
    return as_session(rows[0]) if rows else None


def window_of(settings: Settings, session: Session) -> Window:
    """What lies in a session, oldest first: its events, those that touch no number of it, and calls.

    Where platforms or devices have sessions of their own, what came from another does not.
    """
    scope = settings.sessions.scope
    return Window(
        start=session.session_start,
        end=max(session.session_end, session.session_last + dt.timedelta(microseconds=1)),
        newest_first=False,
        platform=(session.platform or "") if scope == "platform" else None,
        device=(session.device_id or "") if scope == "device" else None,
    )


def events(cursor: duckdb.DuckDBPyConnection, settings: Settings, person: Person, window: Window, page: Page) -> Events:
    """A page of the person's messages. Where it lies is found first, so that of a million messages only these are read in full."""
    values = {**_values(settings, person, window), **page.values}
    found = ask(cursor, "person_moments", values)[0]
    if found["earliest"] is None:
        return Events(found["total"], ())
    narrow: dict[str, Value] = {
        "from": found["earliest"],
        "to": found["latest"] + dt.timedelta(microseconds=1),
        "offset": page.offset - found["before"],
    }
    rows = ask(cursor, "person_events", {**values, **narrow})
    return Events(found["total"], tuple(msgspec.convert(row, Event) for row in _known(rows)))


def all_events(cursor: duckdb.DuckDBPyConnection, settings: Settings, person: Person, window: Window) -> Iterator[Event]:
    """All the person's messages, as they are read."""
    rows = stream(cursor, "person_events", {**_values(settings, person, window), **Page().values})
    return (msgspec.convert(row, Event) for row in _known(rows))


def traits(cursor: duckdb.DuckDBPyConnection, settings: Settings, person: Person) -> tuple[Trait, ...]:
    """What the newest NEWEST_IDENTIFIES identify calls say of the person: each trait over time, by name."""
    values = {**_values(settings, person, Window(types=("identify",))), "limit": NEWEST_IDENTIFIES}
    return over_time((row["model_time"], row["traits"]) for row in ask(cursor, "person_identifies", values))


def over_time(calls: Iterable[tuple[dt.datetime, str | None]]) -> tuple[Trait, ...]:
    """Traits over time, of calls newest first: when, and the traits as JSON. Of calls that say the same, the earliest stays."""
    changes: dict[str, list[Change]] = {}
    for at, told in calls:
        for name, value in _told(told or "").items():
            given = changes.setdefault(name, [])
            if given and given[-1].value == value:
                given.pop()
            given.append(Change(at, value))
    return tuple(Trait(name, tuple(changes[name])) for name in sorted(changes))


def _told(traits: str) -> dict[str, str | None]:
    """The traits of one call as text: texts as they are, all else as the JSON that was sent, with all its digits."""
    if not traits.startswith("{"):
        return {}
    return {name: _text(bytes(value)) for name, value in msgspec.json.decode(traits, type=dict[str, msgspec.Raw]).items()}


def _text(value: bytes) -> str | None:
    if value == b"null":
        return None
    return msgspec.json.decode(value, type=str) if value.startswith(b'"') else value.decode()


def _values(settings: Settings, person: Person, window: Window) -> dict[str, Value]:
    return {
        **of_space(settings, person.space),
        "person_id": person.person_id,
        "types": window.types,
        "from": window.start,
        "to": window.end,
        "sign": -1 if window.newest_first else 1,
        "platform": window.platform,
        "device": window.device,
    }


def _known(rows: Any) -> Iterator[dict[str, Any]]:
    names = Event.__struct_fields__
    return ({name: row[name] for name in names} for row in rows)
