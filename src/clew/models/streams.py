"""Rows of a build out of the database and into it, a block at a time."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from clew.models.frame import Frame
from clew.models.served import Cursor

ROWS = 250_000
"""Of a block that is read."""


def read(frame: Frame, query: str) -> Iterable[pa.RecordBatch]:
    """The answer. A full build reads it as a stream; an incremental one, which writes on the same connection, all at once."""
    answer = frame.cursor.execute(query)
    batches: Iterable[pa.RecordBatch] = answer.to_arrow_table().to_batches(ROWS) if frame.dirty_only else answer.to_arrow_reader(ROWS)
    return batches


def write(cursor: Cursor, schema: pa.Schema, batches: Iterable[pa.RecordBatch], statement: str) -> None:
    """Execute the statement, which goes on with the batches' name."""
    cursor.register("blocks_of_build", pa.RecordBatchReader.from_batches(schema, batches))
    try:
        cursor.execute(f"{statement} blocks_of_build")
    finally:
        cursor.unregister("blocks_of_build")
