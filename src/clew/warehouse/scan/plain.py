"""Lines of the log to columns in Arrow's form, some thousand at a time. Importing this module loads the compiler."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pyarrow
from numpy.typing import NDArray

from clew.warehouse.scan.arrays import Bools, Ints, Words
from clew.warehouse.scan.lines import BESIDE, PAYLOAD, Columns, columns, scan
from clew.warehouse.scan.members import NUMBERS, TEXTS
from clew.warehouse.scan.shapes import PATHS, Shapes, no_shapes

_LINES = 2048
"""Lines of a part: a vector of the database."""
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

    def read(self, lines: list[bytes]) -> Any:
        """A `pyarrow.Table`: a row for each plain line, its `place` in `lines`, in no order. An empty line is none.

        `learned`: the shape of the message was new. Unless `told`, that is for the database to find out.
        """
        firsts = range(0, len(lines), _LINES)
        with ThreadPoolExecutor(len(self._shapes)) as pool:
            found = list(pool.map(lambda thread: _scan(lines, firsts[thread :: len(self._shapes)], self._shapes[thread]), range(len(self._shapes))))
        self.left = sorted(place for part in found for place in part.left)
        self.learned = sum(part.learned for part in found)
        return pyarrow.Table.from_batches([batch for part in found for batch in part.batches], _SCHEMA)


def _scan(lines: list[bytes], firsts: Sequence[int], shapes: Shapes) -> Found:
    """The parts of `lines` that begin there."""
    batches: list[Any] = []
    left: list[int] = []
    learned = 0
    for first in firsts:
        part = lines[first : first + _LINES]
        data = b"".join(part)
        if not _is_utf8(data):
            left += _there(part, first)
        elif data:
            to, rows = _taken(part, data, shapes)
            left += _not_in(to.place[:rows], part, first) if rows < len(part) else []
            learned += int(to.learned[:rows].sum())
            batches.append(_batch(data, to, rows, first))
    return Found(batches, left, learned)


def _taken(part: list[bytes], data: bytes, shapes: Shapes) -> tuple[Columns, int]:
    """The columns of the plain lines of a part, and how many these are."""
    ends = np.zeros(len(part) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, part), np.int64, len(part)), out=ends[1:])
    to = columns(len(part), len(data))
    return to, scan(np.frombuffer(data, np.uint8), ends, to, shapes)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _there(part: list[bytes], first: int) -> list[int]:
    return [first + place for place, line in enumerate(part) if line]


def _not_in(plain: Ints, part: list[bytes], first: int) -> list[int]:
    taken = set(plain.tolist())
    return [place for place in _there(part, first) if place - first not in taken]


def _batch(data: bytes, to: Columns, rows: int, first: int) -> Any:
    texts = [_texts(to.views[column], rows, to.there[column], data) for column in range(BESIDE + 1)]
    beside = [_texts(to.beside[column], rows, to.beside_there[column], data) for column in range(len(PATHS))]
    numbers = [_column(pyarrow.int64(), to.numbers[column], rows, to.given[column]) for column in range(len(NUMBERS))]
    payload, context = (pyarrow.ExtensionArray.from_storage(_JSON, texts[column]) for column in (PAYLOAD, BESIDE))
    flags = [pyarrow.array(flag[:rows]) for flag in (to.active, to.learned, to.told, to.beside_told)]
    message = pyarrow.StringArray.from_buffers(rows, pyarrow.py_buffer(to.ends), pyarrow.py_buffer(to.message))
    place = pyarrow.array(to.place[:rows] + first)
    columns = [place, *texts[:PAYLOAD], *numbers, payload, context, *flags[:3], message, *flags[3:], *beside]
    return pyarrow.RecordBatch.from_arrays(columns, schema=_SCHEMA)


def _texts(views: Words, rows: int, there: Bools, data: bytes) -> Any:
    return _column(pyarrow.string_view(), views, rows, there, data)


def _column(kind: Any, values: NDArray[Any], rows: int, there: Bools, *more: bytes) -> Any:
    bits = np.packbits(there[:rows], bitorder="little")
    return pyarrow.Array.from_buffers(kind, rows, [pyarrow.py_buffer(buffer) for buffer in (bits, values, *more)])
