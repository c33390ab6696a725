"""What one load takes from the log: lines of one or more chunks, each with its place."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from clew.eventlog import Corrupt, Cursor, LogReader
from clew.warehouse.loading.lines import Lines

ROW_GROUP = 122_880
"""Rows that the database compresses and writes as one piece. What a thread has beyond whole ones it hands over, and one thread writes it at the
commit; and pieces that are not full are packed together at some checkpoint, which writes them all once more."""


class Batch(NamedTuple):
    """`lines[i]` stands in the log at `at(i)`; b"" is a deleted or corrupt record. `origins`: (place in lines, cursor), where chunks begin."""

    lines: Lines
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
        first = Batch(self.lines.cut(0, middle), [origin for origin in self.origins if origin[0] < middle], between, self.corrupt)
        return first, Batch(self.lines.cut(middle, len(self.lines)), [(0, between), *later], self.next, [])

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
    """About `max_bytes` of the log from `start` on; without lines if there is nothing new. Of more than a row group only whole ones."""
    lines = Lines()
    origins: list[tuple[int, Cursor]] = []
    corrupt: list[Corrupt] = []
    size, place = 0, start
    while size < max_bytes:
        part = reader.read(place, max_bytes - size, ROW_GROUP - len(lines) % ROW_GROUP)
        origins.append((len(lines), part.start))
        lines.add(part.lines)
        size += sum(map(len, part.lines))
        moved, place = part.next != place, part.next
        corrupt += part.corrupt if moved else []
        if not part.lines or _is_full(len(lines), size, max_bytes):
            break
    return Batch(lines, origins, place, corrupt)


def _is_full(lines: int, size: int, max_bytes: int) -> bool:
    """Whether there are whole row groups, and no room for one more."""
    return lines % ROW_GROUP == 0 and size + size // (lines // ROW_GROUP) > max_bytes
