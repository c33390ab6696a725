"""The events and properties that were really seen: what the controls of reports offer."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import duckdb

from clew.analyses.engine import Engine
from clew.analyses.unseen import SEEN
from clew.errors import QueryError
from clew.predicates import COLUMNS, OF_SESSION, Alternative, Field, parse
from clew.warehouse import own_events
from clew.web.ranges import Range

MOST = 200
SAMPLE, LOADS = 5000, 100
"""Messages that properties are looked for in, of the newest so many loads."""
# A local day begins and ends within a day of UTC's.
_EVENTS = """SELECT event, count(*) AS times
FROM main.mapped_tracks
WHERE event IS NOT NULL AND model_time >= $first - INTERVAL 1 DAY AND model_time < $last + INTERVAL 2 DAY
GROUP BY event
ORDER BY times DESC, event
LIMIT $most"""
_OWN_COLUMNS = f"""SELECT substr(column_name, {len(own_events.PREFIX) + 1})
FROM duckdb_columns()
WHERE schema_name = 'clew' AND table_name = 'own_rows' AND starts_with(column_name, '{own_events.PREFIX}')
ORDER BY column_index"""  # noqa: S608 - our own prefix
_KEYS = """SELECT key, count(*) AS times
FROM (
    SELECT unnest(json_keys(payload)) AS key
    FROM (
        SELECT payload
        FROM clew.events
        WHERE type IN ({types}) AND load_id > (SELECT max(load_id) FROM clew.builds) - $loads
        LIMIT $sample
    )
)
GROUP BY key
ORDER BY times DESC, key
LIMIT $most"""


class Seen(NamedTuple):
    """`events` by how often they were seen in the range; `properties` as the filter language writes them, then traits, then columns.

    `ever`: the names of all events there ever were.
    """

    events: tuple[tuple[str, int], ...]
    properties: tuple[str, ...]
    ever: tuple[str, ...] = ()


NOTHING = Seen((), ())


def seen(cursor: duckdb.DuckDBPyConnection, engine: Engine, days: Range) -> Seen:
    """Those of the days asked for, the most frequent first. The timeline has its events counted by day already."""
    events = engine.names(cursor, days.first - dt.timedelta(days=1), days.last + dt.timedelta(days=2))
    if events is None:
        events = cursor.execute(_EVENTS, {"first": days.first, "last": days.last, "most": MOST}).fetchall()
    columns = [f"@{column}" for column in (*OF_SESSION, *COLUMNS)]
    offered = tuple((written(name), times) for name, times in events[:MOST])
    ever = tuple(name for (name,) in cursor.execute(SEEN).fetchall())
    return Seen(offered, (*_properties(cursor), *_traits(cursor), *columns), ever)


def _properties(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """As the filter language writes them: the columns of the owner's events, else the keys of the log's newest messages."""
    columns = cursor.execute(_OWN_COLUMNS).fetchall()
    keys = [name for (name,) in columns] or _keys(cursor, "'track', 'page', 'screen'")
    return [str(Field(path=(key,))) for key in keys]


def _traits(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    return [str(Field(path=(key,), of="person")) for key in _keys(cursor, "'identify'")]


def _keys(cursor: duckdb.DuckDBPyConnection, types: str) -> list[str]:
    """What the newest messages of these types came with, the most frequent first."""
    keys = cursor.execute(_KEYS.format(types=types), {"sample": SAMPLE, "loads": LOADS, "most": MOST}).fetchall()
    return [key for key, _ in keys if key and "\0" not in key]


def written(event: str) -> str:
    """The name of an event as the filter language has it: in quotes where it would say something else.

    >>> written("Product Added"), written("a | b")
    ('Product Added', '"a | b"')
    """
    meant = Alternative(name=event, where=())
    try:
        return event if parse(event).alternatives == (meant,) else str(meant)
    except QueryError:
        return str(meant)
