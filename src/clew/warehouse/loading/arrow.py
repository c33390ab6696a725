"""Lines of the log as a stream in Arrow's form, which the database scans without a copy on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from clew.warehouse.loading.lines import PART, Lines

_MESSAGE = b'"message":'


def arrow_lines(lines: Lines, places: Sequence[int]) -> Any:
    """A `pyarrow.RecordBatchReader` of the columns `place` (in `lines`), `line`, and `message`: the raw message in it. Of the lines at
    `places`; no row for an empty line.

    While one thread of the database asks for the next part, the others work on those before. It can be read once. Whoever reads it gets
    ArrowInvalid where a line is not UTF-8.
    """
    import pyarrow  # only the process that loads needs it, and not before there is something to load

    schema = pyarrow.schema([("place", pyarrow.int64()), ("line", pyarrow.string()), ("message", pyarrow.string())])
    return pyarrow.RecordBatchReader.from_batches(schema, _parts(pyarrow, schema, lines, places))


def _parts(pyarrow: Any, schema: Any, lines: Lines, places: Sequence[int]) -> Iterator[Any]:
    for first in range(0, len(places), PART):
        some = [(place, line) for place in places[first : first + PART] if (line := lines[place])]
        part = [line for _, line in some]
        # The message is the record's last member; the stamp before it has no member of that name.
        messages = [line[line.find(_MESSAGE) + len(_MESSAGE) : -1] for line in part]
        texts = (_texts(pyarrow, part), _texts(pyarrow, messages))
        yield pyarrow.record_batch([pyarrow.array([place for place, _ in some], pyarrow.int64()), *texts], schema=schema)


def _texts(pyarrow: Any, texts: list[bytes]) -> Any:
    """A column of texts: one buffer and where each ends. Raises ArrowInvalid for what is not UTF-8, which the database would not notice."""
    ends = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, texts), np.int32, len(texts)), out=ends[1:])
    data = b"".join(texts)
    column = pyarrow.StringArray.from_buffers(len(texts), pyarrow.py_buffer(ends), pyarrow.py_buffer(data))
    if not data.isascii():
        column.validate(full=True)
    return column
