"""Reading the log by cursor. Never in the way of a writer, and never before what was not written whole."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from clew.errors import CorruptRecord, LogError
from clew.eventlog.cursor import Cursor
from clew.eventlog.disk.chunk import ChunkReader, list_chunks, open_chunk
from clew.eventlog.disk.durable import log_errors
from clew.eventlog.line import all_intact, check

SLICE_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 128 * 1024


class Corrupt(NamedTuple):
    """The record after `cursor` cannot be trusted (its line is given as empty), or the rest of its chunk cannot be read."""

    cursor: Cursor
    reason: str


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of one chunk, in order. `lines[i]` stands at `Cursor(start.chunk, start.ordinal + i)`; b"" is a deleted or corrupt record.

    At the end of the log `lines` is empty. `start` is later than asked where a chunk was read to its end or is gone.
    """

    lines: list[bytes]
    start: Cursor
    next: Cursor
    corrupt: list[Corrupt]


class LogReader:
    """Reads the log of a folder. Remembers where it is, so reading on costs no search. One thread at a time; `close` when done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._here: ChunkReader | None = None
        self._newest: ChunkReader | None = None

    def read(self, start: Cursor, max_bytes: int = SLICE_BYTES, max_lines: int = sys.maxsize) -> Slice:
        """About `max_bytes` of whole lines after `start`, at most `max_lines`, each checked. A later chunk is read only when its forerunner is
        exhausted.

        Raises LogError for a cursor beyond the log (the log was replaced by another), or when the files cannot be read.
        """
        cursor = start
        damaged: list[Corrupt] = []
        while True:
            later = self._later(cursor)  # looked up first: if there is a later chunk, this one is complete
            lines, corrupt = self._lines(cursor, max_bytes, max_lines)
            if lines or later is None:
                break
            damaged += self._damage(cursor)
            cursor = Cursor(later, 0)
        return Slice(lines=lines, start=cursor, next=Cursor(cursor.chunk, cursor.ordinal + len(lines)), corrupt=damaged + corrupt)

    def end(self) -> Cursor:
        """Just after the last whole line. The first call counts the newest chunk's lines, later ones what was added."""
        chunks = list_chunks(self.folder)
        if not chunks:
            return Cursor()
        if self._newest is None or self._newest.number != chunks[-1].number or self._newest.moved:
            _close(self._newest)
            self._newest = open_chunk(self.folder, chunks[-1].number)
        if self._newest is None:  # retention took it: there is a newer one
            return self.end()
        with log_errors(f"read chunk {self._newest.number} of {self.folder}"):
            self._newest.skip_to(2**63)
        return Cursor(self._newest.number, self._newest.ordinal)

    def close(self) -> None:
        _close(self._here)
        _close(self._newest)
        self._here = self._newest = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _later(self, cursor: Cursor) -> int | None:
        """The number of the next chunk, None if `cursor` is in the newest."""
        numbers = [chunk.number for chunk in list_chunks(self.folder)]
        if cursor.chunk > (numbers[-1] if numbers else 0):
            raise LogError(
                f"{self.folder}: expected chunk {cursor.chunk} or a later one, found {numbers[-1] if numbers else 'none'}: "
                "the reader has read more than there is, so this is not the log it read. Put that log back, or rebuild the reader from this one"
            )
        return next((number for number in numbers if number > cursor.chunk), None)

    def _lines(self, cursor: Cursor, max_bytes: int, max_lines: int) -> tuple[list[bytes], list[Corrupt]]:
        """Small pieces are split and checked while they are in the processor's cache: twice as fast as one large one."""
        lines: list[bytes] = []
        corrupt: list[Corrupt] = []
        reader = self._at(cursor)
        if reader is None:
            return lines, corrupt
        with log_errors(f"read chunk {cursor.chunk} of {self.folder}"):
            if not reader.skip_to(cursor.ordinal):
                return lines, corrupt
            for _ in range(max(1, max_bytes // PIECE_BYTES)):
                piece = reader.lines(min(max_bytes, PIECE_BYTES), max_lines - len(lines))
                if not piece:
                    break
                corrupt += _blank_corrupt(piece, Cursor(cursor.chunk, cursor.ordinal + len(lines)))
                lines += piece
                if len(lines) == max_lines:
                    break
        return lines, corrupt

    def _at(self, cursor: Cursor) -> ChunkReader | None:
        """The chunk's reader, opened anew where it stands elsewhere or reads a file that was replaced; None for a chunk that is gone."""
        here = self._here
        if here is None or here.number != cursor.chunk or here.ordinal > cursor.ordinal or here.moved:
            _close(self._here)
            self._here = open_chunk(self.folder, cursor.chunk)
        return self._here

    def _damage(self, cursor: Cursor) -> list[Corrupt]:
        if self._here is None or self._here.damage is None:
            return []
        return [Corrupt(Cursor(cursor.chunk, self._here.ordinal), f"the rest of the compressed chunk cannot be read: {self._here.damage}")]


def _blank_corrupt(lines: list[bytes], start: Cursor) -> list[Corrupt]:
    """Empties the lines that are corrupt, and names them."""
    if all_intact(lines):
        return []
    corrupt = []
    for place, line in enumerate(lines):
        try:
            check(line)
        except CorruptRecord as error:
            corrupt.append(Corrupt(Cursor(start.chunk, start.ordinal + place), str(error)))
            lines[place] = b""
    return corrupt


def _close(reader: ChunkReader | None) -> None:
    if reader is not None:
        reader.close()
