"""Columns of the database as arrays, batch by batch: the next few are fetched while one is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow

from clew.models.dictionary.arrays import Bytes, Column, Ints, Longs
from clew.models.served import Cursor
from clew.warehouse.loading.batch import ROW_GROUP

_AHEAD = 8
_NOTHING = np.empty(0, np.uint8)
_NOTHING.flags.writeable = False


class Batch(NamedTuple):
    """Some messages, or known identifiers."""

    space: Ints
    texts: dict[str, Column]
    numbers: Longs
    """When each message was, in microseconds; the number of each identifier."""
    is_alias: Bytes
    all: Bytes = _NOTHING
    """As a choice of rows: every one."""

    @property
    def size(self) -> int:
        """How many bytes the texts have together."""
        return sum(int(column.ends[-1]) - int(column.ends[0]) for column in self.texts.values())


def batches(cursor: Cursor, query: str) -> Iterator[Batch]:
    """The rows of a query with the columns `space`, `number`, texts, and it may be `is_alias`. Raises duckdb.Error as `execute` does."""
    reader = cursor.execute(query).to_arrow_reader(ROW_GROUP)
    with ThreadPoolExecutor(1) as ahead:
        following = deque(ahead.submit(next, reader, None) for _ in range(_AHEAD))
        while (batch := _result(following.popleft())) is not None:
            following.append(ahead.submit(next, reader, None))
            if batch.num_rows:
                yield arrays(batch)


def _result(following: Future[Any]) -> Any:
    """What the database complains of in the midst of its rows comes through Arrow."""
    try:
        return following.result()
    except OSError as error:
        raise (duckdb.InterruptException if "INTERRUPT" in str(error) else duckdb.Error)(str(error)) from error


def arrays(batch: Any) -> Batch:
    """A batch in Arrow's form as arrays, without a copy."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    space, number, is_alias = columns.pop("space"), columns.pop("number"), columns.pop("is_alias", None)
    return Batch(
        space=space.to_numpy(),
        texts={name: _texts(column) for name, column in columns.items()},
        numbers=number.view(pyarrow.int64()).to_numpy(),
        is_alias=_NOTHING if is_alias is None else is_alias.cast(pyarrow.uint8()).to_numpy(),
    )


def _texts(column: Any) -> Column:
    valid, ends, data = column.buffers()
    first, last = column.offset, column.offset + len(column) + 1
    return Column(_array(ends, np.int32)[first:last], _array(data, np.uint8), _array(valid, np.uint8), column.offset)


def _array(buffer: Any, kind: Any) -> Any:
    """Read-only, whatever Arrow says, so that the passes are compiled for one type."""
    array = _NOTHING.view(kind) if buffer is None else np.frombuffer(buffer, kind)
    array.flags.writeable = False
    return array
