"""What one load takes from the log: lines of one or more chunks, each with its place."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from clew.eventlog import Corrupt, Cursor, LogReader


class Batch(NamedTuple):
    """`lines[i]` stands in the log at `at(i)`; b"" is a deleted or corrupt record. `origins`: (place in lines, cursor), where chunks begin."""

    lines: list[bytes]
    origins: list[tuple[int, Cursor]]
    next: Cursor
    corrupt: list[Corrupt]

    def at(self, place: int) -> Cursor:
        """Where the line at `place` stands in the log."""
        first, cursor = self.origins[bisect_right(self.origins, place, key=lambda origin: origin[0]) - 1]
        return Cursor(cursor.chunk, cursor.ordinal + place - first)

    def halves(self) -> tuple[Batch, Batch]:
        """The first and the second half of the lines."""
        middle = len(self.lines) // 2
        between = self.at(middle)
        later = [(place - middle, cursor) for place, cursor in self.origins if place > middle]
        first = Batch(self.lines[:middle], [origin for origin in self.origins if origin[0] < middle], between, self.corrupt)
        return first, Batch(self.lines[middle:], [(0, between), *later], self.next, [])

    def chunk_sql(self, place: str) -> str:
        """SQL for the chunk of the line at `place`."""
        return self._case(place, [str(cursor.chunk) for _, cursor in self.origins])

    def ordinal_sql(self, place: str) -> str:
        """SQL for the ordinal of the line at `place`."""
        return self._case(place, [f"{place} + {cursor.ordinal - first}" for first, cursor in self.origins])

    def _case(self, place: str, values: list[str]) -> str:
        cases = "".join(f" WHEN {place} < {first} THEN {value}" for (first, _), value in zip(self.origins[1:], values, strict=False))
        return f"CAST({f'CASE{cases} ELSE {values[-1]} END' if cases else values[0]} AS BIGINT)"


def read_batch(reader: LogReader, start: Cursor, max_bytes: int) -> Batch:
    """About `max_bytes` of the log from `start` on; without lines if there is nothing new."""
    lines: list[bytes] = []
    origins: list[tuple[int, Cursor]] = []
    corrupt: list[Corrupt] = []
    size, place = 0, start
    while size < max_bytes:
        part = reader.read(place, max_bytes - size)
        origins.append((len(lines), part.start))
        lines += part.lines
        size += sum(map(len, part.lines))
        moved, place = part.next != place, part.next
        corrupt += part.corrupt if moved else []
        if not part.lines:
            break
    return Batch(lines, origins, place, corrupt)
