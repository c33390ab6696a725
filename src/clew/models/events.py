"""The one wide pass of a build: messages in, sorted person by person, out as `person_events` and `session_rows`, block by block.

The database places and sorts; arrays find the sessions; a second thread writes. Memory holds a few blocks, whatever the number of events.
"""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clew.models.blocks import Sessions, Table, sessionize
from clew.models.frame import OPTIONAL, Frame
from clew.models.ledger import Cursor, registered
from clew.models.lookups import lookups
from clew.models.order import settle_ties
from clew.models.stored import EVENTS, SESSIONS, stored

ROWS = 250_000
"""Events of a block, and as many more as the last of its people has."""

_TIMES = {name: f"make_timestamp({name})" for name in ("model_time", "other_time", "session_start", "session_last", "session_end")}
_TIMES["previous_last"] = "CASE WHEN sequence_number > 1 THEN make_timestamp(previous_last) END"


class Written(NamedTuple):
    """How much a pass wrote."""

    events: int
    sessions: int
    some_uncounted: bool


def place(frame: Frame, messages: str, writer: Cursor, some_shared: bool) -> Written:
    """Give the messages (a query) their people, order and sessions, and write them through `writer`, in the transaction that it is in."""
    rules = lookups(frame.cursor, frame.settings)
    query = frame.sql("placed", messages=messages, some_shared=some_shared)
    number = int(frame.one(f"SELECT coalesce(max(session_number), 0) FROM {frame.schema}.stored_sessions"))
    written = Written(0, 0, False)
    with closing(frame.cursor.cursor()) as looking, ThreadPoolExecutor(1) as pool:
        pending: Future[None] | None = None
        for block in _blocks(_batches(frame, query)):
            whole = settle_ties(looking, _completed(block))
            sessions = sessionize(whole, rules, frame.settings)
            if pending is not None:
                pending.result()
            pending = pool.submit(_write, writer, frame, whole, sessions, number)
            number += len(sessions.table["person"])
            uncounted = written.some_uncounted or bool(((sessions.of_event < 0) & (whole["person"] > 0) & rules.is_row[whole["kind_id"]]).any())
            written = Written(written.events + len(whole["person"]), written.sessions + len(sessions.table["person"]), uncounted)
        if pending is not None:
            pending.result()
    return written


def _batches(frame: Frame, query: str) -> Iterable[pa.RecordBatch]:
    """A full build reads as a stream; an incremental one, which writes on the same connection, all at once."""
    answer = frame.cursor.execute(query)
    batches: Iterable[pa.RecordBatch] = answer.to_arrow_table().to_batches(ROWS) if frame.dirty_only else answer.to_arrow_reader(ROWS)
    return batches


def _blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[Table]:
    """The rows in pieces that hold each person whole."""
    kept: list[pa.RecordBatch] = []
    for batch in batches:
        person = batch.column("person").to_numpy()
        cut = int(np.searchsorted(person, person[-1])) if len(person) else 0
        if cut:
            yield _table([*kept, batch.slice(0, cut)])
            kept = []
        kept.append(batch.slice(cut))
    if sum(map(len, kept)):
        yield _table(kept)


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


def _write(writer: Cursor, frame: Frame, block: Table, sessions: Sessions, number: int) -> None:
    events = block | {
        "model_time": block["time"],
        "session_number": np.where(sessions.of_event >= 0, sessions.of_event + (number + 1), 0),
        "track_sequence_number": sessions.sequence,
    }
    _insert(writer, f"{frame.schema}.stored_events", stored(EVENTS, frame), events)
    table = sessions.table | {"session_number": np.arange(number + 1, number + 1 + len(sessions.table["person"]))}
    _insert(writer, "session_stage", [name for name in stored(SESSIONS, frame) if name in table], table)


def _insert(writer: Cursor, target: str, columns: Iterable[str], rows: Table) -> None:
    arrays = {name: np.ascontiguousarray(rows[name]) for name in columns}
    with registered(writer, arrays) as source:
        writer.execute(f"INSERT INTO {target} ({', '.join(arrays)}) SELECT {', '.join(_TIMES.get(name, name) for name in arrays)} FROM {source}")
