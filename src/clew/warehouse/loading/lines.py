"""The lines of a load in memory: as they were read, or packed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PART = 2048
"""Lines of a part: a vector of the database."""


class Packed(NamedTuple):
    """Lines one after the other, and where the first begins and each ends."""

    data: bytes
    ends: NDArray[np.int64]

    @property
    def lines(self) -> int:
        return len(self.ends) - 1

    def line(self, place: int) -> bytes:
        return self.data[self.ends[place] : self.ends[place + 1]]


class Lines:
    """Lines by their place. In parts, each of which may be packed: then it takes no room beside the columns that are views into it."""

    def __init__(self, lines: list[bytes] | None = None) -> None:
        self._parts: list[list[bytes] | Packed] = []
        self._count = 0
        self.add(lines or [])

    def __len__(self) -> int:
        return self._count

    @property
    def parts(self) -> int:
        return len(self._parts)

    def __getitem__(self, place: int) -> bytes:
        part = self._parts[place // PART]
        return part.line(place % PART) if isinstance(part, Packed) else part[place % PART]

    def add(self, lines: list[bytes]) -> None:
        begun = self._count % PART
        if begun:
            lines = [self[place] for place in range(self._count - begun, self._count)] + lines
            self._parts.pop()
        self._parts += [lines[first : first + PART] for first in range(0, len(lines), PART)]
        self._count += len(lines) - begun

    def cut(self, first: int, last: int) -> Lines:
        """Those from `first` to before `last`."""
        return Lines([self[place] for place in range(first, last)])

    def pack(self, number: int) -> Packed:
        """Part `number`, packed from now on."""
        part = self._parts[number]
        if not isinstance(part, Packed):
            ends = np.zeros(len(part) + 1, np.int64)
            np.cumsum(np.fromiter(map(len, part), np.int64, len(part)), out=ends[1:])
            part = self._parts[number] = Packed(b"".join(part), ends)
        return part
