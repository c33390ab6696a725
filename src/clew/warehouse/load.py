"""The loader: reads the log by cursor and writes events, Segment's tables and the cursor in one transaction."""

# ruff: noqa: S608 - only numbers are put into SQL here

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import msgspec

from clew import clock
from clew.config import Paths, Settings
from clew.errors import LoadError
from clew.eventlog import Cursor, CursorFile, LogReader
from clew.warehouse.batch import Batch, read_batch
from clew.warehouse.engine import Warehouse
from clew.warehouse.inline import inline_rows
from clew.warehouse.keys import Hashes, KeyIndex
from clew.warehouse.lines import Lines
from clew.warehouse.registry import Registry
from clew.warehouse.repeats import Repeats, drop_repeats
from clew.warehouse.stage import Load, Unusable, clear, insert_events, nothing_dropped, stage
from clew.warehouse.survey import Notice, Survey
from clew.warehouse.views import make_views

if TYPE_CHECKING:
    from clew.warehouse.scan.plain import Scanner

LOAD_BYTES = 320 * 1024 * 1024
"""The most that one load takes, about. A load has a price for each table, and rows in groups of 122,880 are written to the database file at once,
without the WAL."""
SCAN_LINES = 100_000
"""From so many lines on a compiled pass takes plain ones apart: to load the compiler takes a second, and at an installation's first time fifteen
more, which a new project's first numbers do not wait for. Once it is loaded, from a tenth on."""
TRIES = 3
IDLE_SECONDS = 30.0


class LoadResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one call of `load` did. `records == 0`: nothing was new, or only deleted records."""

    load_id: int = 0
    records: int = 0
    """stored + duplicates + id_reused + set_aside"""
    stored: int = 0
    duplicates: int = 0
    id_reused: int = 0
    set_aside: int = 0
    seconds: float = 0.0


class Loader:
    """Loads the project's log into its warehouse. One per process, one thread at a time."""

    def __init__(self, warehouse: Warehouse, root: Path, settings: Settings) -> None:
        paths = Paths(root)
        self._settings = settings
        self._cursor = warehouse.loading_cursor()
        self._reader = LogReader(paths.log)
        self._published = CursorFile(paths.log, "warehouse")
        self._registry = Registry(self._cursor)
        self._index = KeyIndex(paths.dedupe, self._cursor)
        self._scanner: Scanner | None = None
        self._place = self._stored_place()
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
            return LoadResult(load_id=self._last_load())
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
            self._cursor.execute("CHECKPOINT")

    def _load_batch(self, part: Batch) -> LoadResult:
        """The batch in one transaction; where that fails, in halves, until what fails is one record."""
        outcome = self._try(part)
        if isinstance(outcome, LoadResult):
            return outcome
        return self._halves(part) if len(part.lines) > 1 else self._again(part)

    def _try(self, part: Batch) -> LoadResult | str:
        """The batch in one transaction, or the error of a record that the database could not take."""
        try:
            return self._transaction(part)
        except _OF_A_RECORD as error:
            return str(error)
        except duckdb.Error as error:
            raise LoadError(f"the load from chunk {part.at(0).chunk}, record {part.at(0).ordinal} on was rolled back: {error}") from error

    def _halves(self, part: Batch) -> LoadResult:
        first, second = part.halves()
        return _sum(self._load_batch(first), self._load_batch(second))

    def _again(self, part: Batch) -> LoadResult:
        """One record that failed once: tried again, then set aside."""
        reason = ""
        for _ in range(TRIES - 1):
            outcome = self._try(part)
            if isinstance(outcome, LoadResult):
                return outcome
            reason = outcome
        return self._transaction(part, hopeless=reason)

    def _transaction(self, part: Batch, hopeless: str | None = None) -> LoadResult:
        try:
            unusable = self._stage(part, hopeless)
            self._cursor.execute("BEGIN")
        except BaseException:
            self._forget()
            raise
        try:
            result, hashes = self._steps(part, unusable)
            self._cursor.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        self._index.settle(hashes, result.load_id)
        self._place = part.next
        clear(self._cursor)
        return result

    def _stage(self, part: Batch, hopeless: str | None) -> list[Unusable]:
        """Before the transaction: rows of a table made inside one have no lasting rowid."""
        if hopeless is None:
            return stage(self._cursor, part.lines, self._scanning(len(part.lines)))
        stage(self._cursor, Lines())
        return [Unusable(place, hopeless) for place in range(len(part.lines))]

    def _scanning(self, lines: int) -> Scanner | None:
        """What takes plain lines apart, where it pays to load the compiler."""
        if lines < (SCAN_LINES if self._scanner is None else SCAN_LINES // 10):
            return None
        if self._scanner is None:
            from clew.warehouse.scan.plain import Scanner

            self._scanner = Scanner(self._settings.warehouse.threads or 2)
        return self._scanner

    def _steps(self, part: Batch, unusable: list[Unusable]) -> tuple[LoadResult, Hashes]:
        load = Load(self._last_load() + 1, f"make_timestamp({clock.now()})")
        self._index.prepare(self._cursor)
        repeats = drop_repeats(self._cursor, self._index, load.load_id, part)
        self._fill(load, part)
        self._set_aside(load, part, unusable)
        result = self._count(load, part, repeats, len(unusable) + len(part.corrupt))
        return result, repeats.hashes

    def _fill(self, load: Load, part: Batch) -> None:
        survey = Survey(self._cursor, self._registry, self._settings.warehouse, known=self._is_known(len(part.lines)))
        if survey.crowded:
            self._forget()
        insert_events(self._cursor, load, part)
        self._registry.save(self._cursor)
        make_views(self._cursor, self._registry, survey.changed, self._settings.warehouse)
        self._warn(load, survey.notices)

    def _is_known(self, lines: int) -> bool:
        """Whether what the scanner learned is what the stage holds. A record whose shape was new may have been a repeat: then nothing is known."""
        if self._scanning(lines) is None:
            return False
        if self._scanner is None or nothing_dropped(self._cursor):
            return True
        row = self._cursor.execute("SELECT count(*) FROM stage WHERE learned").fetchone()
        if row and row[0] == self._scanner.learned:
            return True
        self._forget()
        return False

    def _forget(self) -> None:
        """What the scanner learned is not, or not all, in the registry."""
        if self._scanner is not None:
            self._scanner.forget()

    def _warn(self, load: Load, warnings: set[Notice]) -> None:
        """Each warning once."""
        if warnings:
            told = inline_rows("?", dict.fromkeys(("reason", "source", "table_name", "name", "detail"), "VARCHAR"), sorted(warnings))
            known = "ANTI JOIN clew.warnings USING (reason, source, table_name, name)"
            new = f"SELECT {load.load_id} AS load_id, w.*, {load.uuid_ts} AS seen_at FROM {told.sql} AS w {known}"
            self._cursor.execute(f"INSERT INTO clew.warnings BY NAME {new}", [told.value])

    def _set_aside(self, load: Load, part: Batch, unusable: list[Unusable]) -> None:
        rows = [(*part.at(place), reason, part.lines[place]) for place, reason in unusable]
        rows += [(*lost.cursor, lost.reason, b"") for lost in part.corrupt]
        for chunk, ordinal, reason, line in rows:
            values = [load.load_id, chunk, ordinal, reason, line.decode("utf-8", "backslashreplace"), clock.now()]
            self._cursor.execute("INSERT INTO clew.set_aside VALUES (?, ?, ?, ?, ?, make_timestamp(?))", values)

    def _count(self, load: Load, part: Batch, repeats: Repeats, set_aside: int) -> LoadResult:
        stored = len(repeats.hashes)
        result = LoadResult(
            load_id=load.load_id,
            records=stored + repeats.duplicates + repeats.id_reused + set_aside,
            stored=stored,
            duplicates=repeats.duplicates,
            id_reused=repeats.id_reused,
            set_aside=set_aside,
        )
        self._cursor.execute(
            f"INSERT INTO clew.loads VALUES (?, {load.uuid_ts}, make_timestamp(?), ?, ?, ?, ?, ?)",
            [load.load_id, clock.now(), result.records, stored, result.duplicates, result.id_reused, set_aside],
        )
        self._cursor.execute("DELETE FROM clew.log_cursor")
        self._cursor.execute("INSERT INTO clew.log_cursor VALUES (?, ?)", [part.next.chunk, part.next.ordinal])
        return result

    def _undo(self) -> None:
        self._cursor.execute("ROLLBACK")
        self._registry = Registry(self._cursor)
        self._index.forget()
        self._forget()

    def _last_load(self) -> int:
        # Read to its end: an answer that is still open is a transaction, and keeps what is deleted meanwhile in the file.
        ((newest,),) = self._cursor.execute("SELECT max(load_id) FROM clew.loads").fetchall()
        return int(newest or 0)

    def _stored_place(self) -> Cursor:
        row = self._cursor.execute("SELECT chunk, ordinal FROM clew.log_cursor").fetchone()
        return Cursor(*row) if row else Cursor()


# What a record can be at fault for: no JSON, a value out of range. Disk, memory, an interrupt, an error in SQL of our own set nothing aside.
_OF_A_RECORD = (duckdb.DataError, duckdb.InvalidInputException)


def _sum(one: LoadResult, other: LoadResult) -> LoadResult:
    added = {name: getattr(one, name) + getattr(other, name) for name in ("records", "stored", "duplicates", "id_reused", "set_aside")}
    return LoadResult(load_id=max(one.load_id, other.load_id), **added)
