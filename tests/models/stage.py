"""A bare database with `clew.model_events` in it, for tests of the models; and what was built, as Python values."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
from tests.oracle import Message

from clew.config import Settings
from clew.models import BuildResult, build, ledger

COLUMNS = """source VARCHAR, message_id VARCHAR, type VARCHAR, event VARCHAR, anonymous_id VARCHAR, user_id VARCHAR, previous_id VARCHAR,
group_id VARCHAR, timestamp TIMESTAMP, received_at TIMESTAMP, batch_index INTEGER, load_id BIGINT, activity BOOLEAN, platform VARCHAR,
device_id VARCHAR, page_url VARCHAR, page_path VARCHAR, page_title VARCHAR, referrer VARCHAR, utm_source VARCHAR, utm_medium VARCHAR,
utm_campaign VARCHAR, utm_term VARCHAR, utm_content VARCHAR, click_id VARCHAR, country VARCHAR, user_agent VARCHAR, ip VARCHAR"""
_INSERT = """INSERT INTO clew.test_events BY NAME SELECT ? AS source, ? AS message_id, ? AS type, ? AS event, ? AS anonymous_id, ? AS user_id,
? AS previous_id, make_timestamp(?::BIGINT) AS timestamp, make_timestamp(?::BIGINT) AS received_at, ? AS batch_index, ? AS load_id, ? AS activity,
? AS platform, ? AS device_id, ? AS utm_source, ? AS utm_medium, ? AS utm_campaign, ? AS page_path"""


class Stage:
    """Has `cursor()`, as a warehouse has."""

    def __init__(self, messages: Iterable[Message] = (), path: Path | None = None) -> None:
        self.connection = duckdb.connect(str(path or ":memory:"), config={"threads": 1})
        self.connection.execute(f"CREATE SCHEMA clew; CREATE TABLE clew.test_events ({COLUMNS})")
        self.connection.execute("CREATE VIEW clew.model_events AS SELECT *, rowid AS event_number FROM clew.test_events")
        self.load(messages)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.connection.cursor()

    def load(self, messages: Iterable[Message]) -> None:
        rows = [
            (
                *(m.source, m.message_id, m.type, m.event, m.anonymous_id, m.user_id, m.previous_id, m.timestamp, m.received_at, m.batch_index),
                *(m.load_id, m.activity, m.platform, m.device_id, *m.campaign, m.page_path),
            )
            for m in messages
        ]
        if rows:
            self.connection.executemany(_INSERT, rows)

    def delete(self, keys: Iterable[tuple[str, str]]) -> None:
        """Delete the messages of these (source, message id), and say so to the next build."""
        ledger.prepare(self.connection)
        for key in keys:
            self.connection.execute(
                "INSERT INTO clew.deleted_events SELECT event_number FROM clew.model_events WHERE source = ? AND message_id = ?", key
            )
            self.connection.execute("DELETE FROM clew.test_events WHERE source = ? AND message_id = ?", key)

    def fill(self, count: int, *, time: str, anonymous: str = "NULL", user: str = "NULL", load: str = "1", prefix: str = "m") -> None:
        """So many tracks at once. Each value is SQL of the event's number `i`; `time` gives seconds since 2026."""
        self.connection.execute(
            f"""INSERT INTO clew.test_events BY NAME
            SELECT 'web' AS source, concat('{prefix}', i) AS message_id, 'track' AS type, 'Viewed' AS event, {anonymous} AS anonymous_id,
              {user} AS user_id, TIMESTAMP '2026-01-01' + INTERVAL ({time}) SECOND AS timestamp, timestamp AS received_at, 0 AS batch_index,
              {load} AS load_id, true AS activity, {anonymous} AS device_id
            FROM range({count}) AS numbers (i)"""
        )

    def build(self, settings: Settings, root: Path) -> BuildResult:
        return build(self, settings, root)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query; times as microseconds since 1970."""
        relation = self.connection.sql(query)
        columns = [
            f'epoch_us("{name}") AS "{name}"' if str(kind) == "TIMESTAMP" else f'"{name}"'
            for name, kind in zip(relation.columns, relation.types, strict=True)
        ]
        return self.connection.execute(f"SELECT {', '.join(columns)} FROM ({query})").fetchall()
