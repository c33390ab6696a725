"""Sessions that were found get their names, which are made of texts of messages, and are stored.

They wait in a file: joined as they are to all messages, they would be sorted and written a second time. Names alone are, and come in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

import pyarrow as pa

from clew.errors import BuildError
from clew.models.frame import Frame
from clew.models.served import Cursor
from clew.models.streams import read, write

_PREVIOUS = "CASE WHEN sequence_number > 1 THEN previous_last END AS previous_last"
_ID = pa.field("session_id", pa.int64())


def store(frame: Frame, writer: Cursor, file: IO[bytes]) -> None:
    """Write the sessions of the file, an Arrow stream in the order of their numbers, to `stored_sessions`."""
    staged = _from_the_start(file)
    write(frame.cursor, staged.schema, staged, "CREATE OR REPLACE TEMP TABLE session_starts AS SELECT session_number, event_number FROM")
    staged = _from_the_start(file)
    named = _named(staged, read(frame, frame.sql("session_names")))
    into = f"INSERT INTO {frame.schema}.stored_sessions BY NAME SELECT * REPLACE ({_PREVIOUS}) FROM"
    write(writer, staged.schema.append(_ID), named, into)
    frame.cursor.execute("DROP TABLE session_starts")


def _from_the_start(file: IO[bytes]) -> pa.RecordBatchReader:
    file.seek(0)
    return pa.ipc.open_stream(file)


def _named(staged: Iterable[pa.RecordBatch], names: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Each batch of sessions with the names that are next."""
    answers, kept = iter(names), pa.table({"session_number": pa.array([], pa.int64()), "session_id": pa.array([], pa.int64())})
    for batch in staged:
        while len(kept) < len(batch) and (more := next(answers, None)) is not None:
            kept = pa.concat_tables([kept, pa.Table.from_batches([more])])
        mine, kept = kept.slice(0, len(batch)).combine_chunks(), kept.slice(len(batch))
        if not mine["session_number"].equals(pa.chunked_array([batch["session_number"]])):
            raise BuildError("expected a message for the first event of each session: some were taken out while the build ran; build again")
        yield batch.append_column(_ID, mine["session_id"].combine_chunks())
