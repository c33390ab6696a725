"""The one wide pass of a build: messages in, sorted person by person, out as `stored_events` and `stored_sessions`, block by block.

The database places and sorts; arrays find the sessions; the database takes the blocks in one statement. Sessions wait in a file until it is done,
and get their names on the way out. Memory holds a few blocks, whatever the number of events.
"""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clew.models import naming
from clew.models.blocks import Sessions, Table, sessionize
from clew.models.frame import OPTIONAL, Frame
from clew.models.lookups import lookups
from clew.models.order import settle_ties
from clew.models.served import Cursor
from clew.models.stored import EVENTS, SESSIONS, stored
from clew.models.streams import read, write

TYPES = {"INTEGER": pa.int32(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_(), "TIMESTAMP": pa.timestamp("us")}


class Written(NamedTuple):
    """How much a pass wrote."""

    events: int
    sessions: int
    some_uncounted: bool


def place(frame: Frame, messages: str, writer: Cursor, some_shared: bool) -> Written:
    """Give the messages (a query) their people, order and sessions, and write them through `writer`, in the transaction that it is in."""
    query = frame.sql("placed", messages=messages, some_shared=some_shared)
    with closing(frame.cursor.cursor()) as looking, tempfile.TemporaryFile(dir=frame.root) as file:
        work = _Pass(frame, looking, file)
        write(writer, work.events_schema, work.events(read(frame, query)), f"INSERT INTO {frame.schema}.stored_events BY NAME SELECT * FROM")
        work.sessions_file.close()
        frame.tell("sessions", 0, 0)
        naming.store(frame, writer, file)
    return work.written


def _total(frame: Frame) -> int:
    """How many events the pass will see, about: messages that are no events of a person are among them."""
    return int(frame.one("SELECT count(*) FROM hand" if frame.dirty_only else f"SELECT count(*) FROM clew.model_events WHERE true{frame.and_new}"))


class _Pass:
    """One pass at work: hands out the blocks of events, and keeps their sessions in a file."""

    def __init__(self, frame: Frame, looking: Cursor, file: IO[bytes]) -> None:
        self.events_schema = _schema(stored(EVENTS, frame))
        self.sessions_schema = _schema({name: kind for name, kind in stored(SESSIONS, frame).items() if name != "session_id"})
        self.sessions_file = pa.ipc.new_stream(file, self.sessions_schema)
        self.written = Written(0, 0, False)
        self._total = _total(frame)
        self._frame, self._looking, self._rules = frame, looking, lookups(frame.cursor, frame.settings)
        self._number = int(frame.one(f"SELECT coalesce(max(session_number), 0) FROM {frame.schema}.stored_sessions"))

    def events(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The events of all blocks, each in its session."""
        self._frame.tell("events", 0, self._total)
        for block in _blocks(batches):
            whole = settle_ties(self._looking, _completed(block), self._rules.source_rank)
            sessions = sessionize(whole, self._rules, self._frame.settings)
            number = self._number
            self._keep(whole, sessions)
            yield _batch(self.events_schema, _numbered(whole, sessions, number))

    def _keep(self, block: Table, sessions: Sessions) -> None:
        found = len(sessions.table["person"])
        number = np.arange(self._number + 1, self._number + 1 + found)
        self.sessions_file.write_batch(_batch(self.sessions_schema, sessions.table | {"session_number": number}))
        self._number += found
        events, before, uncounted = self.written
        uncounted = uncounted or bool(((sessions.of_event < 0) & (block["person"] > 0) & self._rules.is_row[block["kind_id"]]).any())
        self.written = Written(events + len(block["person"]), before + found, uncounted)
        self._frame.tell("events", self.written.events, self._total)


def _blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[Table]:
    """The rows in pieces that hold each person whole: as many as were read at once, and as many more as the last of the people has."""
    kept: list[pa.RecordBatch] = []
    for batch in batches:
        cut = _complete(batch.column("person").to_numpy())
        if cut:
            yield _table([*kept, batch.slice(0, cut)])
            kept = []
        kept.append(batch.slice(cut))
    if sum(map(len, kept)):
        yield _table(kept)


def _complete(person: npt.NDArray[np.int32]) -> int:
    """How many rows need not wait for the next batch, where the last person may go on. Nobody's events (0) need no company, and can be many."""
    last = person[-1] if len(person) else 0
    return int(np.searchsorted(person, last)) if last else len(person)


def _table(batches: list[pa.RecordBatch]) -> Table:
    names = batches[0].schema.names
    parts = [[column.to_numpy(zero_copy_only=False) for column in batch.columns] for batch in batches if len(batch)]
    return {name: parts[0][n] if len(parts) == 1 else np.concatenate([part[n] for part in parts]) for n, name in enumerate(names)}


def _completed(block: Table) -> Table:
    """The block with what it has none of: no pages, received when it happened."""
    size = len(block["person"])
    constant = {name: np.broadcast_to(np.zeros((), np.int32), size) for name in OPTIONAL}
    own = {"activity": np.broadcast_to(np.True_, size), "other_time": block["time"], "is_suspect": np.broadcast_to(np.False_, size)}
    return constant | own | block


def _numbered(block: Table, sessions: Sessions, number: int) -> Table:
    return block | {
        "model_time": block["time"],
        "session_number": np.where(sessions.of_event >= 0, sessions.of_event + (number + 1), 0),
        "track_sequence_number": sessions.sequence,
    }


def _schema(columns: dict[str, str]) -> pa.Schema:
    return pa.schema([(name, TYPES[kind]) for name, kind in columns.items()])


def _batch(schema: pa.Schema, rows: Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([_column(rows[field.name], field.type) for field in schema], schema=schema)


def _column(values: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Microseconds become a time as they are."""
    array = pa.array(np.ascontiguousarray(values))
    return array.view(kind) if pa.types.is_timestamp(kind) else array.cast(kind)
