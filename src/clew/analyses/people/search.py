"""Lists of people: all of them, those with an identifier or a trait, those whom a number counts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import duckdb
import msgspec

from clew.analyses.people.ask import Page, all_spaces, ask
from clew.analyses.text import Value
from clew.config import Settings

AT_ONCE = 50_000
"""People whose row is made at once."""
MOST_LOOKED_AT = 1000
"""People whose traits are read for one search."""
SHOWN_TRAITS = ("email", "name", "first_name", "last_name", "firstName", "lastName", "username", "company", "phone", "plan")
"""What a list says of a person beside the identifier."""


class ListedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a list. `matched` is the identifier or trait by which it was found; times are UTC."""

    person_id: int
    universal_user_id: str
    space: str
    aliases: int
    sessions: int
    events: int
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime
    matched: str = ""
    traits: dict[str, str] = {}


class PeopleList(NamedTuple):
    """A page of a list; `total` is the length of the whole."""

    total: int
    people: tuple[ListedPerson, ...]


class Active(NamedTuple):
    """Active people of the overview: local days, both inclusive."""

    first: dt.date
    last: dt.date
    source: str | None = None


def recent(cursor: duckdb.DuckDBPyConnection, settings: Settings, page: Page) -> PeopleList:
    """All people, who was seen last first."""
    return _list(cursor, settings, "people_recent", {}, page)


def with_identifier(cursor: duckdb.DuckDBPyConnection, settings: Settings, text: str, page: Page) -> PeopleList:
    """People one of whose identifiers is the text, then those where one begins with it."""
    return _list(cursor, settings, "people_found", {"text": text}, page)


def with_trait(cursor: duckdb.DuckDBPyConnection, settings: Settings, text: str, page: Page) -> PeopleList:
    """People the newest value of one of whose traits begins with the text, in any case; of at most MOST_LOOKED_AT people who ever had it."""
    text = text.lower()
    values: dict[str, Value] = {"text": text, "needle": json.dumps(text, ensure_ascii=False)[1:-1], "most": MOST_LOOKED_AT}
    return _list(cursor, settings, "people_by_trait", values, page)


def active(cursor: duckdb.DuckDBPyConnection, settings: Settings, asked: Active, page: Page) -> PeopleList:
    """The people whom the overview's "active people" counts."""
    return _list(cursor, settings, "people_active", {"from": asked.first, "to": asked.last, "source": asked.source}, page)


def _list(cursor: duckdb.DuckDBPyConnection, settings: Settings, name: str, values: dict[str, Value], page: Page) -> PeopleList:
    rows = ask(cursor, name, {**values, **all_spaces(settings), **page.values})
    found = {row["person_id"]: row["alias"] or "" for row in rows if row["person_id"] is not None}
    return PeopleList(rows[0]["total"], _listed(cursor, settings, found))


def _listed(cursor: duckdb.DuckDBPyConnection, settings: Settings, found: dict[int, str]) -> tuple[ListedPerson, ...]:
    """In the order of `found`, which says why."""
    everybody = list(found)
    pieces = [everybody[at : at + AT_ONCE] for at in range(0, len(everybody), AT_ONCE)]
    return tuple(person for piece in pieces for person in _piece(cursor, settings, piece, found))


def _piece(cursor: duckdb.DuckDBPyConnection, settings: Settings, people: Sequence[int], found: dict[int, str]) -> Iterator[ListedPerson]:
    in_short = {row["person_id"]: row for row in ask(cursor, "people_listed", {"people": people})}
    traits: dict[int, dict[str, str]] = {}
    for row in ask(cursor, "people_traits", {"people": people, "names": SHOWN_TRAITS, **all_spaces(settings)}):
        traits.setdefault(row["person_id"], {})[row["trait"]] = row["value"]
    return (ListedPerson(**in_short[person], matched=found[person], traits=_ordered(traits.get(person, {}))) for person in people)


def _ordered(traits: dict[str, str]) -> dict[str, str]:
    return {name: traits[name] for name in SHOWN_TRAITS if name in traits}
