"""A project to load into: messages sealed into its log as the collector does, and questions to its database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import xxhash

from clew.config import Log, Paths, Settings, Warehouse
from clew.eventlog import LogWriter, seal
from clew.messages import Stamp
from clew.warehouse import Warehouse as Database
from clew.warehouse.loading.load import LOAD_BYTES, Loader
from clew.warehouse.loading.result import LoadResult

SMALL = Settings(warehouse=Warehouse(threads=1, memory="500MB"))
T0 = 1_795_400_000_000_000


def record(message: dict[str, Any], *, at: int = 0, source: str = "web", batch_index: int = 0) -> bytes:
    """One line of the log; `at` is microseconds after T0."""
    stamp = Stamp(
        source=source,
        received_at=T0 + at,
        batch_index=batch_index,
        type=message["type"],
        message_id=message["messageId"],
        timestamp=T0 + at - 1000,
        original_timestamp=T0 + at - 1000,
        sent_at=T0 + at - 500,
    )
    return seal(stamp, msgspec.json.encode(message))


def sealed(stamp: bytes, message: bytes) -> bytes:
    """A line whose checksum is right, whatever is in it."""
    body = stamp + b',"message":' + message + b"}"
    return b'{"xxh3":"' + xxhash.xxh3_64_hexdigest(body).encode() + b'",' + body + b"\n"


class Project:
    """A project that can be written to, loaded, and asked."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        Paths(root).log.mkdir(parents=True, exist_ok=True)
        self.open()

    def open(self) -> None:
        self.database = Database.open(self.root, self.settings)
        self.loader = Loader(self.database, self.root, self.settings)

    def close(self) -> None:
        self.loader.close()
        self.database.close()

    def write(self, *lines: bytes) -> None:
        writer = LogWriter(Paths(self.root).log, Log())
        writer.append(b"".join(lines), len(lines))
        writer.close()

    def load(self, max_bytes: int = LOAD_BYTES) -> list[LoadResult]:
        """Loads all that is in the log."""
        results = []
        while (result := self.loader.load(max_bytes)).records:
            results.append(result)
        return results

    def feed(self, *lines: bytes) -> LoadResult:
        """Writes and loads, in one load."""
        self.write(*lines)
        (result,) = self.load()
        return result

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        cursor = self.database.cursor()
        try:
            return cursor.execute(sql, values).fetchall()
        finally:
            cursor.close()

    def columns(self, table: str, schema: str = "web") -> dict[str, str]:
        return dict(
            self.rows(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? ORDER BY column_index", schema, table
            )
        )
