"""Lines of the log to columns in Arrow's form, some thousand at a time. Importing this module loads the compiler."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pyarrow
from numpy.typing import NDArray

from clew.warehouse.loading.batch import ROW_GROUP
from clew.warehouse.loading.lines import PART, Lines, Packed
from clew.warehouse.loading.scan.arrays import Bools, Ints, Words
from clew.warehouse.loading.scan.lines import BESIDE, PAYLOAD, scan
from clew.warehouse.loading.scan.members import NUMBERS, TEXTS
from clew.warehouse.loading.scan.rows import Columns, columns
from clew.warehouse.loading.scan.shapes import PATHS, Shapes, no_shapes

_JSON = pyarrow.json_(pyarrow.string_view())
"""The database takes it for its own JSON, and does not parse it again."""
_SCHEMA = pyarrow.schema(
    [("place", pyarrow.int64())]
    + [(name, pyarrow.string_view()) for name in TEXTS]
    + [(name, pyarrow.int64()) for name in NUMBERS]
    + [
        ("payload", _JSON),
        ("context", _JSON),
        ("activity", pyarrow.bool_()),
        ("learned", pyarrow.bool_()),
        ("told", pyarrow.bool_()),
        ("message", pyarrow.string()),
    ]
    + [("beside_told", pyarrow.bool_()), *((".".join(path), pyarrow.string_view()) for path in PATHS)]
)


class Found(NamedTuple):
    """What a thread made of its lines."""

    batches: list[Any]
    left: list[int]
    learned: int


class Scanner:
    """Takes plain lines apart in some threads, each of which remembers the shapes of messages that it has seen."""

    def __init__(self, threads: int = 2) -> None:
        self._shapes: list[Shapes] = [no_shapes() for _ in range(threads)]
        self.left: list[int] = []
        """Of the lines read last: places of those that are not plain."""
        self.learned = 0
        """Of the lines read last: how many have a shape that was new to their thread."""

    def forget(self) -> None:
        """All shapes are new again."""
        self._shapes = [no_shapes() for _ in self._shapes]

    def read(self, lines: Lines) -> Any:
        """A `pyarrow.Table`: a row for each plain line, its `place` in `lines`, in no order. An empty line is none. The lines are packed.

        `learned`: the shape of the message was new. Unless `told`, that is for the database to find out. A thread of the database takes a batch
        of the table at a time, so what it makes of one is a row group.
        """
        threads = len(self._shapes)
        groups = _groups(lines.parts, threads)
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda thread: _scan(lines, groups[thread::threads], self._shapes[thread]), range(threads)))
        self.left = sorted(place for part in found for place in part.left)
        self.learned = sum(part.learned for part in found)
        return pyarrow.Table.from_batches([batch for part in found for batch in part.batches], _SCHEMA)


def _groups(parts: int, threads: int) -> list[range]:
    """The numbers of the parts that are a batch each: a row group, or where there is less than one, equal shares."""
    size = ROW_GROUP // PART if parts * PART > ROW_GROUP else max(1, -(-parts // threads))
    return [range(first, min(first + size, parts)) for first in range(0, parts, size)]


def _scan(lines: Lines, groups: list[range], shapes: Shapes) -> Found:
    found = [_group(lines, group, shapes) for group in groups]
    return Found([batch for one in found for batch in one.batches], [place for one in found for place in one.left], sum(one.learned for one in found))


def _group(lines: Lines, numbers: range, shapes: Shapes) -> Found:
    """The parts of these numbers as one batch."""
    parts = [lines.pack(number) for number in numbers]
    to = columns(sum(part.lines for part in parts), sum(len(part.data) for part in parts))
    left: list[int] = []
    row = 0
    for number, part in enumerate(parts):
        first, before = numbers[number] * PART, row
        if part.data and _is_utf8(part.data):
            to.buffer[0] = number
            row = scan(np.frombuffer(part.data, np.uint8), part.ends, first, to, row, shapes)
        left += _not_in(to.place[before:row], part, first) if row - before < part.lines else []
    return Found([_batch([part.data for part in parts], to, row)], left, int(to.learned[:row].sum()))


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _not_in(plain: Ints, part: Packed, first: int) -> list[int]:
    """The places of lines that are neither plain nor empty."""
    there = first + np.flatnonzero(np.diff(part.ends))
    return [int(place) for place in np.setdiff1d(there, plain, assume_unique=True)]


def _batch(data: list[bytes], to: Columns, rows: int) -> Any:
    texts = [_texts(to.views[column], rows, to.there[column], data) for column in range(BESIDE + 1)]
    beside = [_texts(to.beside[column], rows, to.beside_there[column], data) for column in range(len(PATHS))]
    numbers = [_column(pyarrow.int64(), to.numbers[column], rows, to.given[column]) for column in range(len(NUMBERS))]
    payload, context = (pyarrow.ExtensionArray.from_storage(_JSON, texts[column]) for column in (PAYLOAD, BESIDE))
    flags = [pyarrow.array(flag[:rows]) for flag in (to.active, to.learned, to.told, to.beside_told)]
    message = pyarrow.StringArray.from_buffers(rows, pyarrow.py_buffer(to.ends), pyarrow.py_buffer(to.message))
    place = pyarrow.array(to.place[:rows])
    columns = [place, *texts[:PAYLOAD], *numbers, payload, context, *flags[:3], message, *flags[3:], *beside]
    return pyarrow.RecordBatch.from_arrays(columns, schema=_SCHEMA)


def _texts(views: Words, rows: int, there: Bools, data: list[bytes]) -> Any:
    return _column(pyarrow.string_view(), views, rows, there, *data)


def _column(kind: Any, values: NDArray[Any], rows: int, there: Bools, *more: bytes) -> Any:
    bits = np.packbits(there[:rows], bitorder="little")
    return pyarrow.Array.from_buffers(kind, rows, [pyarrow.py_buffer(buffer) for buffer in (bits, values, *more)])
