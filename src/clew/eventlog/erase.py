"""Deleting records, such as all of a person's, from a log that is otherwise only appended to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from clew.errors import CorruptRecord, LogError
from clew.eventlog.disk.chunk import ChunkFile, ChunkReader, list_chunks
from clew.eventlog.disk.durable import open_lock
from clew.eventlog.line import check
from clew.eventlog.upkeep import BLOCK, blocks, rewrite, upkeep
from clew.messages import Record, decode_record


def erase(folder: Path, should_erase: Callable[[Record], bool], closed_upto: int = 0) -> int:
    """Deletes the records for which `should_erase` is true from all closed chunks; returns how many. Ordinals do not move.

    The newest chunk is included when no process writes the log, or when its number is at most `closed_upto`, which the writer's `roll` returned.
    Corrupt lines stay. A compressed chunk that is damaged is left as it is, and LogError names it when all others are done.
    """
    with upkeep(folder, "erase from"), _closed_chunks(folder, closed_upto) as chunks:
        erased, damaged = 0, []
        for chunk in chunks:
            numbers, damage = _find_records(chunk, should_erase)
            if damage:
                damaged.append(f"{chunk.path.name} ({damage})")
            elif numbers:
                rewrite(chunk, chunk.path, _blocks_without(chunk, numbers))
                erased += len(numbers)
    if damaged:
        raise LogError(f"{folder}: erased {erased} records, but cannot rewrite {', '.join(damaged)}: restore these from a backup, then erase again")
    return erased


@contextlib.contextmanager
def _closed_chunks(folder: Path, closed_upto: int) -> Iterator[list[ChunkFile]]:
    """All chunks while no process writes the log, and none may begin to; otherwise without the newest, unless it is known to be closed."""
    lock = open_lock(folder / "writer.lock")
    chunks = list_chunks(folder)
    try:
        yield chunks if lock is not None or (chunks and chunks[-1].number <= closed_upto) else chunks[:-1]
    finally:
        if lock is not None:
            os.close(lock)


def _blocks_without(chunk: ChunkFile, ordinals: set[int]) -> Iterator[bytes]:
    ordinal = 0
    for block in blocks(chunk):
        lines = block[:-1].split(b"\n")
        yield b"\n".join(b"" if ordinal + i in ordinals else line for i, line in enumerate(lines)) + b"\n"
        ordinal += len(lines)


def _find_records(chunk: ChunkFile, wanted: Callable[[Record], bool]) -> tuple[set[int], str | None]:
    """The ordinals of the records that are wanted, and the chunk's damage."""
    found: set[int] = set()
    with ChunkReader(chunk) as reader:
        while lines := reader.lines(BLOCK):
            first = reader.ordinal - len(lines)
            found.update(first + i for i, line in enumerate(lines) if line and _is_wanted(line, wanted))
        return found, reader.damage


def _is_wanted(line: bytes, wanted: Callable[[Record], bool]) -> bool:
    try:
        if not wanted(decode_record(line)):
            return False
        check(line)
    except (CorruptRecord, msgspec.DecodeError):
        return False  # `verify` names it; what it says cannot be trusted
    return True
