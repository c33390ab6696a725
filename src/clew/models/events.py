"""The one wide pass of a build: messages in, sorted person by person, out as `person_events` and `session_rows`, block by block.

The database places and sorts; arrays find the sessions; a second thread writes. Memory holds a few blocks, whatever the number of events.
"""
# ruff: noqa: S608 - names of our own schemas

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clew.models.blocks import Lookups, Sessions, Table, sessionize
from clew.models.frame import OPTIONAL, Frame
from clew.models.ledger import Cursor, registered
from clew.models.lookups import lookups
from clew.models.order import settle_ties

ROWS = 250_000
"""Events of a block, and as many more as the last of its people has."""

EVENTS = """person INTEGER, model_time TIMESTAMP, event_number BIGINT, kind_id INTEGER, anonymous_number INTEGER, user_number INTEGER,
    activity BOOLEAN, is_activity BOOLEAN, other_time TIMESTAMP, is_suspect BOOLEAN, batch_index INTEGER, load_id BIGINT, previous_number INTEGER,
    context_id INTEGER, page_number INTEGER, referrer_number INTEGER, group_number INTEGER, device_number INTEGER, session_number BIGINT,
    track_sequence_number INTEGER"""
SESSIONS = """session_number BIGINT, session_id BIGINT, person INTEGER, sequence_number INTEGER, session_start TIMESTAMP, session_last TIMESTAMP,
    session_end TIMESTAMP, previous_last TIMESTAMP, events INTEGER, views INTEGER, is_ended BOOLEAN, is_engaged BOOLEAN, kind_id INTEGER,
    event_number BIGINT, anonymous_number INTEGER, device_number INTEGER, landing_number INTEGER, exit_number INTEGER, referrer_number INTEGER,
    touch_id INTEGER, country_id INTEGER"""
_TIMES = {name: f"make_timestamp({name})" for name in ("model_time", "other_time", "session_start", "session_last", "session_end")}
_TIMES["previous_last"] = "CASE WHEN sequence_number > 1 THEN make_timestamp(previous_last) END"


class Written(NamedTuple):
    """How much a pass wrote."""

    events: int
    sessions: int
    some_uncounted: bool


def create(cursor: Cursor, schema: str) -> None:
    """The two tables, empty."""
    cursor.execute(f"CREATE TABLE {schema}.person_events ({EVENTS}); CREATE TABLE {schema}.session_rows ({SESSIONS})")


def place(frame: Frame, messages: str, writer: Cursor, some_shared: bool) -> Written:
    """Give the messages (a query) their people, order and sessions, and write them through `writer`, in the transaction that it is in."""
    rules = lookups(frame.cursor, frame.settings)
    query = frame.sql("placed", messages=messages, some_shared=some_shared)
    number = int(frame.one(f"SELECT coalesce(max(session_number), 0) FROM {frame.schema}.session_rows"))
    written = Written(0, 0, False)
    with closing(frame.cursor.cursor()) as looking, ThreadPoolExecutor(1) as pool:
        pending: Future[None] | None = None
        for block in _blocks(_batches(frame, query)):
            whole = settle_ties(looking, _completed(block, frame.upto))
            sessions = sessionize(whole, rules, frame.settings)
            if pending is not None:
                pending.result()
            pending = pool.submit(_write, writer, frame.schema, whole, sessions, rules, number)
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


def _completed(block: Table, load_id: int) -> Table:
    """The block with what it has none of: no pages, one load, received when it happened."""
    size = len(block["person"])
    constant = {name: np.broadcast_to(np.zeros((), np.int32), size) for name in OPTIONAL if name not in block}
    own = {"other_time": block["time"], "is_suspect": np.broadcast_to(np.False_, size), "load_id": np.broadcast_to(np.int64(load_id), size)}
    return block | constant | {name: values for name, values in own.items() if name not in block}


def _write(writer: Cursor, schema: str, block: Table, sessions: Sessions, rules: Lookups, number: int) -> None:
    counted = sessions.of_event >= 0
    kind = block["kind_id"]
    events = block | {
        "model_time": block["time"],
        "is_activity": block["activity"] & rules.is_row[kind] & ~rules.is_excluded[kind],
        "session_number": np.where(counted, sessions.of_event + (number + 1), 0),
        "track_sequence_number": sessions.sequence,
    }
    _insert(writer, f"{schema}.person_events", EVENTS, events)
    table = sessions.table | {"session_number": np.arange(number + 1, number + 1 + len(sessions.table["person"]))}
    _insert(writer, "session_stage", SESSIONS, table | {"session_id": np.zeros(len(table["person"]), np.int64)})


def _insert(writer: Cursor, target: str, columns: str, rows: Table) -> None:
    """What is alike in the whole block goes as a literal: it need not be copied."""
    names = [column.split()[0] for column in columns.split(",")]
    literals = {name: _literal(rows[name]) for name in names}
    values = [literal or _TIMES.get(name, name) for name, literal in literals.items()]
    arrays = {name: np.ascontiguousarray(rows[name]) for name, literal in literals.items() if literal is None}
    with registered(writer, arrays) as source:
        writer.execute(f"INSERT INTO {target} SELECT {', '.join(values)} FROM {source}")


def _literal(values: npt.NDArray[Any]) -> str | None:
    if values.dtype == bool and len(values) and (values.all() or not values.any()):
        return str(bool(values[0]))
    return str(int(values[0])) if values.strides == (0,) and len(values) else None
