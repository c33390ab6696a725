"""The loader: reads the log by cursor and writes events, Segment's tables and the cursor in one transaction."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import duckdb
import msgspec

from clew.config import Paths, Settings
from clew.errors import LoadError
from clew.eventlog import Cursor, CursorFile, LogReader
from clew.warehouse.engine import Warehouse
from clew.warehouse.loading.batch import Batch, read_batch
from clew.warehouse.loading.result import LoadResult
from clew.warehouse.loading.transaction import Transactions, last_load

LOAD_BYTES = 320 * 1024 * 1024
"""The most that one load takes, about. A load has a price for each table, and rows in groups of 122,880 are written to the database file at once,
without the WAL."""
TRIES = 3
IDLE_SECONDS = 30.0
# What a record can be at fault for: no JSON, a value out of range. Disk, memory, an interrupt, an error in SQL of our own set nothing aside.
_OF_A_RECORD = (duckdb.DataError, duckdb.InvalidInputException)


class Loader:
    """Loads the project's log into its warehouse. One per process, one thread at a time."""

    def __init__(self, warehouse: Warehouse, root: Path, settings: Settings) -> None:
        paths = Paths(root)
        self._database = warehouse.loading_cursor()
        self._reader = LogReader(paths.log)
        self._published = CursorFile(paths.log, "warehouse")
        self._transactions = Transactions(self._database, paths.dedupe, settings)
        self._place = _stored_place(self._database)
        self._loaded_at: float | None = None

    def close(self) -> None:
        self._reader.close()

    def cursor(self) -> Cursor:
        """How far the log is loaded."""
        return self._place

    def load(self, max_bytes: int = LOAD_BYTES) -> LoadResult:
        """Loads what is next in the log, in one transaction: about `max_bytes` of it.

        A record that cannot be loaded is set aside by name after three tries and the rest is loaded. Raises LoadError when nothing could
        be stored, for a reason that is not a record's: the cursor stands where it was.
        """
        began = time.monotonic()
        part = read_batch(self._reader, self._place, max_bytes)
        if part.next == self._place:
            self._idle()
            return LoadResult(load_id=last_load(self._database))
        result = self._load_batch(part)
        self._published.write(self._place)
        self._loaded_at = time.monotonic()
        return msgspec.structs.replace(result, seconds=time.monotonic() - began)

    def _idle(self) -> None:
        """Some time after the last load: what was loaded goes from the WAL into the file, so that a restart has nothing to replay."""
        if self._loaded_at is None or time.monotonic() - self._loaded_at < IDLE_SECONDS:
            return
        self._loaded_at = None
        # Another transaction is at work: after the next load there is another try, and at the latest when the database is closed.
        with suppress(duckdb.TransactionException):
            self._database.execute("CHECKPOINT")

    def _load_batch(self, part: Batch) -> LoadResult:
        """The batch in one transaction; where that fails, in halves, until what fails is one record."""
        outcome = self._try(part)
        if isinstance(outcome, LoadResult):
            return outcome
        return self._halves(part) if len(part.lines) > 1 else self._again(part)

    def _try(self, part: Batch) -> LoadResult | str:
        """The batch in one transaction, or the error of a record that the database could not take."""
        try:
            return self._store(part)
        except _OF_A_RECORD as error:
            return str(error)
        except duckdb.Error as error:
            raise LoadError(f"the load from chunk {part.at(0).chunk}, record {part.at(0).ordinal} on was rolled back: {error}") from error

    def _halves(self, part: Batch) -> LoadResult:
        first, second = part.halves()
        return self._load_batch(first).with_next(self._load_batch(second))

    def _again(self, part: Batch) -> LoadResult:
        """One record that failed once: tried again, then set aside."""
        reason = ""
        for _ in range(TRIES - 1):
            outcome = self._try(part)
            if isinstance(outcome, LoadResult):
                return outcome
            reason = outcome
        return self._store(part, hopeless=reason)

    def _store(self, part: Batch, hopeless: str | None = None) -> LoadResult:
        result = self._transactions.store(part, hopeless)
        self._place = part.next
        return result


def _stored_place(database: duckdb.DuckDBPyConnection) -> Cursor:
    row = database.execute("SELECT chunk, ordinal FROM clew.log_cursor").fetchone()
    return Cursor(*row) if row else Cursor()
