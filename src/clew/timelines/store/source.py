"""Where the rows of a timeline come from: a relation of the warehouse with a row an event."""
# ruff: noqa: S608 - names and expressions that the caller chose, none of them from outside

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import duckdb
import msgspec
import numpy as np

from clew.errors import TimelineError
from clew.timelines.columns import Int64
from clew.timelines.store.rows import ROWS, Rows

if TYPE_CHECKING:
    import pyarrow as pa

_PEOPLE = "people_of_timeline"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The relation (a table, or a query in brackets), and its columns as SQL expressions. They are put into queries as they are."""

    relation: str
    person: str = "person"
    """Rows without a person are left out."""
    time: str = "epoch_us(model_time)"
    kind: str = "kind_id"
    is_activity: str = "activity"
    event: str = "event_number"
    """Unique; stays with the event from build to build."""
    session: str = "nullif(session_number, 0)"
    """A number from 0; NULL: in none."""
    order: str = "rowid"
    """What the events of one person are sorted by: the total order, which times must follow. A build stores them so.

    Empty: the rows come sorted already, by person too.
    """


def read(connection: duckdb.DuckDBPyConnection, source: Source, people: Int64 | None = None) -> Iterator[Rows]:
    """All rows, or those of some people, in blocks, sorted, in the transaction that the connection is in."""
    if people is None:
        yield from _blocks(connection.execute(_query(source, "")).to_arrow_reader(ROWS))
        return
    connection.register(_PEOPLE, {"person": np.ascontiguousarray(people)})
    try:
        wanted = f" AND {source.person} IN (SELECT person FROM {_PEOPLE})"
        yield from _blocks(connection.execute(_query(source, wanted)).to_arrow_reader(ROWS))
    finally:
        connection.unregister(_PEOPLE)


def _query(source: Source, wanted: str) -> str:
    return f"""SELECT
  CAST({source.person} AS BIGINT) AS of_person, CAST({source.time} AS BIGINT) AS of_time, CAST({source.kind} AS INTEGER) AS of_kind,
  CAST({source.is_activity} AS BOOLEAN) AS is_activity_, CAST({source.event} AS BIGINT) AS number_,
  coalesce(CAST({source.session} AS BIGINT), -1) AS session_
FROM {source.relation}
WHERE {source.person} IS NOT NULL{wanted}{f"{chr(10)}ORDER BY {source.person}, {source.order}" if source.order else ""}"""


def _blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[Rows]:
    kept: list[pa.RecordBatch] = []
    for batch in batches:
        person = batch.column(0).to_numpy()
        cut = int(np.searchsorted(person, person[-1])) if len(person) else 0
        if kept and cut == 0 and len(person) and kept[-1].column(0)[-1].as_py() != person[0]:
            yield _rows(kept)
            kept = []
        if cut:
            yield _rows([*kept, batch.slice(0, cut)])
            kept = []
        if len(person):
            kept.append(batch.slice(cut))
    if kept:
        yield _rows(kept)


def _rows(batches: list[pa.RecordBatch]) -> Rows:
    for name, arrays in zip(Rows._fields, zip(*(batch.columns for batch in batches), strict=True), strict=True):
        if any(array.null_count for array in arrays):
            raise TimelineError(f"timeline: expected `{name}` for every event that has a person, found events without one: leave them out")
    columns = ([batch.column(n).to_numpy(zero_copy_only=False) for batch in batches] for n in range(len(Rows._fields)))
    return Rows(*(arrays[0] if len(arrays) == 1 else np.concatenate(arrays) for arrays in columns))
