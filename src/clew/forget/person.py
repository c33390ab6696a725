"""Whom an identifier means, and which messages are theirs."""
# ruff: noqa: S608 - the schema of a build

from __future__ import annotations

import duckdb
import msgspec

from clew.config import Settings
from clew.errors import BuildError, ConfigError, IdentityError
from clew.models import current_build
from clew.state import Named
from clew.warehouse import own_events

_PERSON = """SELECT a.universal_id, u.alias
FROM {schema}.aliases AS a JOIN clew.identifiers AS i USING (id) JOIN clew.identifiers AS u ON u.id = a.universal_id
WHERE i.alias = ? AND i.space = ? AND NOT a.is_blocked"""

# A device of theirs that came with the user id of somebody else too is not theirs alone: what others did on it stays.
_IDENTIFIERS = """SELECT i.alias, a.as_anonymous AND a.id IN (
  SELECT e.alias_id FROM {schema}.edges AS e JOIN {schema}.aliases AS n ON n.id = e.next_id WHERE n.universal_id <> ? AND NOT n.is_blocked
) AS is_shared
FROM {schema}.aliases AS a JOIN clew.identifiers AS i USING (id)
WHERE a.universal_id = ? AND NOT a.is_blocked
ORDER BY i.alias"""

THEIRS = """WITH own_ids AS (SELECT id FROM clew.identifiers WHERE space = ? AND alias IN (SELECT unnest(?::VARCHAR[])))
SELECT event_number FROM {schema}.person_events
WHERE person = {person} OR anonymous_number IN (FROM own_ids) OR user_number IN (FROM own_ids) OR previous_number IN (FROM own_ids)"""
"""Messages that the models say are theirs, and those that name an identifier of theirs alone. Parameters: their space,
and these identifiers."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Who would be forgotten. `shared_devices`: those that others used as well; what others did there stays."""

    universal_user_id: str
    space: str
    identifiers: list[str]
    shared_devices: list[str]
    messages: int


def check(settings: Settings) -> None:
    """Raises ConfigError where the events are the owner's own table or files: these are not ours to change."""
    if own_events.configured(settings):
        raise ConfigError(
            "forget: expected events from Clew's own log, found [events] in clew.toml: that table, or those files, are yours. "
            "Delete the person's rows there, then run `clew build --full`"
        )


def find(cursor: duckdb.DuckDBPyConnection, identifier: str, space: str) -> Named:
    """The person that the identifier belongs to in the newest build. Raises IdentityError where nobody has it, BuildError without a build."""
    schema = built_schema(cursor)
    rows = cursor.execute(_PERSON.format(schema=schema), [identifier, space]).fetchall()
    if not rows:
        raise IdentityError(
            f"expected an identifier of a person, found {identifier!r}, which the newest build does not know: see `clew build`, --space"
        )
    person_id = rows[0][0]
    found = cursor.execute(_IDENTIFIERS.format(schema=schema), [person_id, person_id]).fetchall()
    own, shared = [alias for alias, is_shared in found if not is_shared], [alias for alias, is_shared in found if is_shared]
    return Named(person_id=person_id, own=own, shared=shared, space=space)


def look(cursor: duckdb.DuckDBPyConnection, settings: Settings, identifier: str, space: str) -> Preview:
    """Who would be forgotten, and how many messages would go from the database. Raises as `find`, and ConfigError."""
    check(settings)
    named = find(cursor, identifier, space)
    schema = built_schema(cursor)
    universal = cursor.execute("SELECT alias FROM clew.identifiers WHERE id = ?", [named.person_id]).fetchall()[0][0]
    theirs = THEIRS.format(schema=schema, person=named.person_id)
    count = cursor.execute(f"SELECT count(*) FROM ({theirs})", [named.space, named.own]).fetchall()[0][0]
    return Preview(universal_user_id=universal, space=space, identifiers=[*named.own, *named.shared], shared_devices=named.shared, messages=count)


def built_schema(cursor: duckdb.DuckDBPyConnection) -> str:
    """Where the newest build's tables are. Raises BuildError where there is none."""
    built = current_build(cursor)
    if built is None:
        raise BuildError("expected a build that knows people, found none: run `clew build` first")
    return built.schema
