"""One transaction of the loader: a batch of lines, all of it or nothing."""

# ruff: noqa: S608 - only numbers are put into SQL here

from __future__ import annotations

from pathlib import Path

import duckdb

from clew import clock
from clew.config import Settings
from clew.warehouse.loading.batch import Batch
from clew.warehouse.loading.inline import inline_rows
from clew.warehouse.loading.keys import Hashes, KeyIndex
from clew.warehouse.loading.lines import Lines
from clew.warehouse.loading.registry import Registry
from clew.warehouse.loading.repeats import Repeats, drop_repeats
from clew.warehouse.loading.result import LoadResult
from clew.warehouse.loading.scanning import Scanning
from clew.warehouse.loading.stage import Load, Unusable, clear, insert_events, stage
from clew.warehouse.loading.survey import Notice, Survey
from clew.warehouse.views import make_views


class Transactions:
    """What the transactions of one loader share: which columns and keys are known, and the compiled pass."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, dedupe: Path, settings: Settings) -> None:
        self._cursor = cursor
        self._settings = settings.warehouse
        self._registry = Registry(cursor)
        self._index = KeyIndex(dedupe, cursor)
        self._scanning = Scanning(cursor, settings.warehouse.threads or 2)

    def store(self, part: Batch, hopeless: str | None = None) -> LoadResult:
        """Events, Segment's tables, what was set aside and the cursor of a batch. `hopeless`: why all of it is set aside."""
        try:
            unusable = self._stage(part, hopeless)
            self._cursor.execute("BEGIN")
        except BaseException:
            self._scanning.forget()
            raise
        try:
            result, hashes = self._steps(part, unusable)
            self._cursor.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        self._index.settle(hashes, result.load_id)
        clear(self._cursor)
        return result

    def _undo(self) -> None:
        self._cursor.execute("ROLLBACK")
        self._registry = Registry(self._cursor)
        self._index.forget()
        self._scanning.forget()

    def _stage(self, part: Batch, hopeless: str | None) -> list[Unusable]:
        """Before the transaction: rows of a table made inside one have no lasting rowid."""
        if hopeless is None:
            return stage(self._cursor, part.lines, self._scanning.scanner(len(part.lines)))
        stage(self._cursor, Lines())
        return [Unusable(place, hopeless) for place in range(len(part.lines))]

    def _steps(self, part: Batch, unusable: list[Unusable]) -> tuple[LoadResult, Hashes]:
        load = Load(last_load(self._cursor) + 1, f"make_timestamp({clock.now()})")
        self._index.prepare(self._cursor)
        repeats = drop_repeats(self._cursor, self._index, load.load_id, part)
        self._fill(load, part)
        self._set_aside(load, part, unusable)
        result = self._count(load, part, repeats, len(unusable) + len(part.corrupt))
        return result, repeats.hashes

    def _fill(self, load: Load, part: Batch) -> None:
        survey = Survey(self._cursor, self._registry, self._settings, known=self._scanning.knows_all(len(part.lines)))
        if survey.crowded:
            self._scanning.forget()
        insert_events(self._cursor, load, part)
        self._registry.save(self._cursor)
        make_views(self._cursor, self._registry, survey.changed, self._settings)
        self._warn(load, survey.notices)

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


def last_load(cursor: duckdb.DuckDBPyConnection) -> int:
    """The number of the newest load; 0 before the first."""
    # Read to its end: an answer that is still open is a transaction, and keeps what is deleted meanwhile in the file.
    ((newest,),) = cursor.execute("SELECT max(load_id) FROM clew.loads").fetchall()
    return int(newest or 0)
