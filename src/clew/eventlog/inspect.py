"""Looking at a log: is every record intact, what is in it, where do the last ones begin."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from clew.errors import CorruptRecord
from clew.eventlog.cursor import Cursor, published_cursors
from clew.eventlog.disk.chunk import ChunkFile, ChunkReader, list_chunks, open_chunk
from clew.eventlog.disk.durable import log_errors
from clew.eventlog.line import check
from clew.eventlog.reader import Corrupt, LogReader
from clew.messages import decode_record

_BLOCK = 128 * 1024


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` found. `torn_bytes`: after the last newline of a chunk; they were never acknowledged and are no fault."""

    chunks: int
    records: int
    deleted: int
    corrupt: list[Corrupt]
    torn_bytes: int


class Kind(NamedTuple):
    """What records are counted by. `reason` is that of refused messages."""

    source: str
    type: str
    reason: str | None


class KindCount(NamedTuple):
    """Records of one kind."""

    kind: Kind
    records: int


class ChunkStats(NamedTuple):
    """One chunk: its file, its bytes on disk, its lines. Times are microseconds; None without a readable record."""

    number: int
    file: str
    bytes: int
    records: int
    deleted: int
    unreadable: int
    first_received_at: int | None
    last_received_at: int | None


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """A log's contents. `kinds`: most records first. `cursors`: how far each named reader is."""

    chunks: list[ChunkStats]
    kinds: list[KindCount]
    cursors: dict[str, Cursor]
    end: Cursor


class _Head(msgspec.Struct):
    """The members of a record that `stats` reads."""

    source: str
    type: str
    received_at: int
    reason: str | None = None


_decode_head = msgspec.json.Decoder(_Head).decode


def verify(folder: Path) -> Verified:
    """Reads the whole log; names each record that is not as it was sealed, or is none, and each chunk that cannot be read on."""
    chunks = records = deleted = torn = 0
    corrupt: list[Corrupt] = []
    for _, reader in _each_chunk(folder):
        for cursor, line in _each_line(reader):
            records, deleted = records + bool(line), deleted + (not line)
            if fault := _fault(line):
                corrupt.append(Corrupt(cursor, fault))
        if reader.damage:
            corrupt.append(Corrupt(Cursor(reader.number, reader.ordinal), f"the rest of the compressed chunk cannot be read: {reader.damage}"))
        chunks, torn = chunks + 1, torn + reader.torn
    return Verified(chunks=chunks, records=records, deleted=deleted, corrupt=corrupt, torn_bytes=torn)


def stats(folder: Path) -> Stats:
    """Reads the whole log; counts its records by chunk and by kind. Raises LogError."""
    counts: Counter[Kind] = Counter()
    chunks = [_chunk_stats(chunk, reader, counts) for chunk, reader in _each_chunk(folder)]
    with LogReader(folder) as log:
        end = log.end()
    kinds = [KindCount(kind, records) for kind, records in counts.most_common()]
    return Stats(chunks=chunks, kinds=kinds, cursors=published_cursors(folder), end=end)


def before_last(folder: Path, count: int) -> Cursor:
    """The cursor from which on the log has `count` records, deleted ones not counted; the beginning if it has fewer."""
    if not count:
        with LogReader(folder) as log:
            return log.end()
    for chunk in reversed(list_chunks(folder)):
        reader = open_chunk(folder, chunk.number)
        if reader is None:
            continue
        with reader, log_errors(f"read {chunk.path}"):
            last = deque((cursor for cursor, line in _each_line(reader) if line), maxlen=count)
        if len(last) == count:
            return last[0]
        count -= len(last)
    return Cursor()


def _each_chunk(folder: Path) -> Iterator[tuple[ChunkFile, ChunkReader]]:
    for chunk in list_chunks(folder):
        if reader := open_chunk(folder, chunk.number):
            with reader, log_errors(f"read {chunk.path}"):
                yield chunk, reader


def _each_line(reader: ChunkReader) -> Iterator[tuple[Cursor, bytes]]:
    while lines := reader.lines(_BLOCK):
        first = reader.ordinal - len(lines)
        for place, line in enumerate(lines):
            yield Cursor(reader.number, first + place), line


def _fault(line: bytes) -> str | None:
    try:
        check(line)
        if line:
            decode_record(line)
    except CorruptRecord as error:
        return str(error)
    except msgspec.DecodeError as error:
        return f"its checksum is right, but it is no record: {error}"
    return None


def _chunk_stats(chunk: ChunkFile, reader: ChunkReader, counts: Counter[Kind]) -> ChunkStats:
    deleted = unreadable = 0
    received = []
    for _, line in _each_line(reader):
        if not line:
            deleted += 1
            continue
        try:
            head = _decode_head(line)
        except msgspec.DecodeError:
            unreadable += 1
            continue
        counts[Kind(head.source, head.type, head.reason)] += 1
        received.append(head.received_at)
    first, last = (min(received), max(received)) if received else (None, None)
    size = reader.size
    return ChunkStats(chunk.number, chunk.path.name, size, reader.ordinal - deleted, deleted, unreadable, first, last)
