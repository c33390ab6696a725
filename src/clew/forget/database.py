"""Taking a person's messages out of the database: first marked, so that they are known until they are gone from the log; then deleted, in one
transaction; and after the build, which takes that in, the texts that nothing refers to any more.
"""
# ruff: noqa: S608 - names of our own tables, and whole numbers

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb
import msgspec

from clew.forget.file import columns_of
from clew.forget.names import Names
from clew.forget.person import THEIRS, built_schema
from clew.messages import decode_record
from clew.models.building import ONE_AT_A_TIME
from clew.state import Named
from clew.warehouse.loading.inline import inline_numbers
from clew.warehouse.loading.repeats import KEY_REST

_PLACE = "(chunk << 32) + ordinal"
_TEXTS_IN_USE = " UNION ALL ".join(
    f"SELECT {column} AS text_id FROM {{schema}}.person_events" for column in ("page_number", "referrer_number", "group_number", "device_number")
)


def mark(cursor: duckdb.DuckDBPyConnection, forget_id: int, named: Named, names: Names) -> int:
    """Write down in `clew.forgetting` all that is theirs, beside what is written there already. How many accepted messages there are."""
    with _alone(cursor):
        theirs = THEIRS.format(schema=built_schema(cursor), person=named.person_id)
        cursor.execute(
            f"""INSERT INTO clew.forgetting SELECT {forget_id}, {_PLACE}, 'event', source, message_id, received_at, batch_index
            FROM clew.event_rows WHERE {_PLACE} IN ({theirs}) AND {_PLACE} NOT IN ({_marked(forget_id, "event")})""",
            [named.space, named.own],
        )
        _mark_others(cursor, forget_id, names)
    return int(cursor.execute("SELECT count(*) FROM clew.forgetting WHERE forget_id = ? AND kind = 'event'", [forget_id]).fetchall()[0][0])


def _mark_others(cursor: duckdb.DuckDBPyConnection, forget_id: int, names: Names) -> None:
    """Messages that were refused by the loader: few."""
    rejected = cursor.execute(f"SELECT {_PLACE}, source, message FROM clew.rejections").fetchall()
    places = [place for place, source, message in rejected if names.is_in(source, message.encode())]
    found = inline_numbers("?", "BIGINT", places)
    cursor.execute(
        f"""INSERT INTO clew.forgetting SELECT {forget_id}, {_PLACE}, 'rejection', source, message_id, received_at, batch_index
        FROM clew.rejections WHERE {_PLACE} IN {found.sql} AND {_PLACE} NOT IN ({_marked(forget_id, "rejection")})""",
        [found.value],
    )
    for place, line in cursor.execute(f"SELECT {_PLACE}, line FROM clew.set_aside WHERE line <> ''").fetchall():
        with suppress(msgspec.DecodeError):
            record = decode_record(line.encode())
            if names.is_in(record.source, bytes(record.message)):
                values = [forget_id, place, record.source, record.message_id, record.received_at, record.batch_index]
                cursor.execute("INSERT INTO clew.forgetting VALUES (?, ?, 'set_aside', ?, ?, make_timestamp(?::BIGINT), ?)", values)


def _marked(forget_id: int, kind: str) -> str:
    return f"SELECT event_number FROM clew.forgetting WHERE forget_id = {forget_id} AND kind = '{kind}'"


def erase_rows(cursor: duckdb.DuckDBPyConnection, forget_id: int) -> None:
    """Delete all that is marked, keep the keys of it as hashes, and tell the next build. Nothing is marked any more, then."""
    with _alone(cursor):
        cursor.execute(
            f"""CREATE OR REPLACE TEMP TABLE erased AS SELECT {_PLACE} AS event_number, ip, user_agent, key_hash, load_id,
              {KEY_REST.format(source="source", message_id="message_id")} AS key_rest
            FROM clew.event_rows WHERE {_PLACE} IN ({_marked(forget_id, "event")})"""
        )
        cursor.execute("INSERT INTO clew.forgotten_keys BY NAME SELECT key_hash, key_rest, load_id FROM erased")
        cursor.execute("INSERT INTO clew.deleted_events SELECT event_number FROM erased")
        wipe(cursor, "clew.event_rows", f"{_PLACE} IN (SELECT event_number FROM erased)")
        wipe(cursor, "clew.rejections", f"{_PLACE} IN ({_marked(forget_id, 'rejection')})")
        wipe(cursor, "clew.set_aside", f"{_PLACE} IN ({_marked(forget_id, 'set_aside')})")
        for table, column in (("clew.ip_countries", "ip"), ("clew.user_agents", "user_agent")):
            lonely = (
                f"{column} IN (SELECT {column} FROM erased) AND {column} NOT IN (SELECT {column} FROM clew.event_rows WHERE {column} IS NOT NULL)"
            )
            wipe(cursor, table, lonely)
        wipe(cursor, "clew.forgetting", f"forget_id IN ({forget_id}, 0)")
    cursor.execute("DROP TABLE erased")


def some_repeats(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether messages of the forgotten were sent again."""
    return bool(cursor.execute("SELECT count(*) FROM clew.forgetting WHERE forget_id = 0").fetchall()[0][0])


def drop_repeats(cursor: duckdb.DuckDBPyConnection) -> None:
    """They are gone from the log."""
    with _alone(cursor):
        wipe(cursor, "clew.forgetting", "forget_id = 0")


def tidy(cursor: duckdb.DuckDBPyConnection, named: Named) -> None:
    """After the build: what the models had numbers for and nothing names any more."""
    schema = built_schema(cursor)
    with _alone(cursor):
        wipe(cursor, "clew.identifiers", f"id NOT IN (SELECT id FROM {schema}.aliases)")
        wipe(cursor, "clew.people", "person_id NOT IN (SELECT id FROM clew.identifiers)")
        wipe(cursor, "clew.event_texts", f"text_id NOT IN ({_TEXTS_IN_USE.format(schema=schema)})")
        wipe(cursor, "clew.event_contexts", f"context_id NOT IN (SELECT context_id FROM {schema}.person_events)")
        names = "list_has_any({}, $1::VARCHAR[])".format
        cursor.execute(
            f"UPDATE clew.builds SET denied = list_filter(denied, lambda e: NOT {names('e[1:2]')}) WHERE {names('flatten(denied)')}", [named.own]
        )


def wipe(cursor: duckdb.DuckDBPyConnection, table: str, which: str) -> None:
    """Delete rows so that nothing stays of them: they are emptied first. What is only deleted stays in the file, beside rows that stay."""
    blank = ", ".join(f'"{column}" = NULL' for column in columns_of(cursor, *table.split(".")))
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE wiped AS SELECT rowid AS row FROM {table} WHERE {which}")
    if cursor.execute("SELECT count(*) FROM wiped").fetchall()[0][0]:
        cursor.execute(f"UPDATE {table} SET {blank} WHERE rowid IN (SELECT row FROM wiped)")
        cursor.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT row FROM wiped)")
    cursor.execute("DROP TABLE wiped")


@contextmanager
def _alone(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One transaction, while nothing is built."""
    with ONE_AT_A_TIME:
        cursor.execute("BEGIN")
        try:
            yield
            cursor.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.TransactionException):
                cursor.execute("ROLLBACK")
            raise
