"""A full build: all models beside what is served, from the first message to the newest load. What came after it began is left to the next one."""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from contextlib import closing

from clew import config
from clew.models import events, finish, identity, stored
from clew.models.catalogue import VIEWS
from clew.models.events import Written
from clew.models.frame import Frame, present
from clew.models.render import Names, render
from clew.models.served import Cursor
from clew.quoting import literal


def make_all(frame: Frame) -> Written:
    """Make the tables and views of the frame's schema."""
    frame.tell("identifiers", 0, 0)
    frame.cursor.execute(f"CREATE SCHEMA {frame.schema}")
    frame.cursor.execute(f"CREATE TABLE {frame.schema}.zone_offsets AS {render('zone_offsets', frame.settings, Names())}")
    frame = frame._replace(optional=present(frame))
    identity.collect(frame)
    identity.make(frame)
    frame.tell("people", 0, 0)
    number_people(frame)
    number_texts(frame)
    stored.create(frame)
    finish.create(frame)
    with closing(frame.cursor.cursor()) as writer, frame.stop.also(writer):
        writer.execute("BEGIN")
        shared = bool(frame.one(f"SELECT count(*) FROM {frame.schema}.shared_devices"))
        frame.temp("identifier_people", "identifier_people")
        written = events.place(frame, encoded(frame), writer, shared)
        finish.finish(frame._replace(cursor=writer), written.some_uncounted)
        writer.execute("COMMIT")
    make_views(frame)
    frame.tell("swap", 0, 0)
    return written


def number_people(frame: Frame) -> None:
    """`clew.people` gets who was never there before. A person's number is that of the universal id."""
    frame.cursor.execute(f"INSERT INTO clew.people {frame.sql('new_people', salt=literal(config.salt(frame.root)))}")


def number_texts(frame: Frame) -> None:
    """Kinds, contexts and texts that were never seen before get their numbers."""
    frame.cursor.execute(f"INSERT INTO clew.event_kinds {frame.sql('new_kinds')}")
    if "context_id" in frame.optional:
        frame.cursor.execute(f"INSERT INTO clew.event_contexts {frame.sql('new_contexts')}")
    if set(frame.optional) & {"page_number", "referrer_number", "group_number", "device_number"}:
        frame.cursor.execute(f"INSERT INTO clew.event_texts {frame.sql('new_texts')}")


def encoded(frame: Frame) -> str:
    """The query of the messages in numbers; it reads the temporary table `identifier_people`."""
    return frame.sql("encoded", kind_key=_kind_key(frame.cursor))


def _kind_key(cursor: Cursor) -> list[str]:
    """Columns that tell one kind from another. Comparing four texts for every message costs; mostly the name of the event is enough."""
    columns = ("event", "platform", "source", "type")
    kinds = cursor.execute(f"SELECT {', '.join(columns)} FROM clew.event_kinds").fetchall()
    key = [0, 1, 2, 3]
    for place in (3, 2, 1):
        rest = [other for other in key if other != place]
        if len({tuple(kind[other] for other in rest) for kind in kinds}) == len(kinds):
            key = rest
    return [columns[place] for place in key]


def make_views(frame: Frame) -> None:
    """The views of the models over the build's tables."""
    for name in VIEWS:
        frame.cursor.execute(f"CREATE VIEW {frame.schema}.{name} AS {frame.sql(f'views/{name}')}")


def drop_leftovers(cursor: Cursor, served: str) -> None:
    """Drop what a build that did not come through left behind."""
    rows = cursor.execute(
        r"""SELECT schema_name FROM duckdb_schemas()
        WHERE database_name = current_database() AND regexp_matches(schema_name, '^build_\d+$')"""
    )
    for (schema,) in rows.fetchall():
        if schema != served:
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
