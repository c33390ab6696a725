"""What is done to closed chunks: compress and expire (and erase, next door). Safe at any moment beside writer, readers, and a crash.

One at a time a folder, also across processes (`upkeep.lock`). Rewritten files keep their time of last writing, by which they expire.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from clew import clock, config
from clew.errors import LogError
from clew.eventlog.cursor import published_cursors
from clew.eventlog.disk.chunk import ChunkFile, ChunkReader, compressed_path, list_chunks
from clew.eventlog.disk.durable import log_errors, publish, sync_folder, waiting_lock

BLOCK = 1024 * 1024
_LEVEL = 4  # events shrink nearly as much as at zlib's default of 6, in about half the time
_NEVER = 2**63


def compress_closed(folder: Path) -> int:
    """Gzips every closed chunk that is not; returns how many. Bytes of a torn tail are left out. Raises LogError."""
    with upkeep(folder, "compress"):
        plain = [chunk for chunk in list_chunks(folder)[:-1] if not chunk.compressed]
        for chunk in plain:
            rewrite(chunk, compressed_path(folder, chunk.number), blocks(chunk))
            chunk.path.unlink()
        return len(plain)


def apply_retention(folder: Path, settings: config.Log, *, now: int | None = None, even_unread: bool = False) -> int:
    """Deletes closed chunks last written over `retention_days` ago that every published cursor has left; returns how many.

    A log whose readers have published nothing is kept whole, unless `even_unread` (the refused messages, which nobody reads on).
    The newest chunk always stays: its number must not be used again. `now` is in microseconds. Raises LogError.
    """
    if not settings.retention_days:
        return 0
    oldest_kept = ((clock.now() if now is None else now) - settings.retention_days * clock.DAY) / clock.SECOND
    with upkeep(folder, "apply retention to"):
        readers = [cursor.chunk for cursor in published_cursors(folder).values()]
        first_needed = min(readers, default=_NEVER if even_unread else 0)
        old = [c for c in list_chunks(folder)[:-1] if c.number < first_needed and c.path.stat().st_mtime < oldest_kept]
        for chunk in old:
            chunk.path.unlink()
        sync_folder(folder)
        return len(old)


@contextlib.contextmanager
def upkeep(folder: Path, doing: str) -> Iterator[None]:
    """Alone in the folder, after clearing up what a crash may have left. OSErrors become LogError."""
    with log_errors(f"{doing} {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        with waiting_lock(folder / "upkeep.lock"):
            _clear_up(folder)
            yield


def _clear_up(folder: Path) -> None:
    for path in folder.glob("*.tmp"):
        path.unlink()
    for chunk in list_chunks(folder):
        if not chunk.compressed and compressed_path(folder, chunk.number).exists():
            chunk.path.unlink()  # the compressed one got its name only when it was whole


def blocks(chunk: ChunkFile) -> Iterator[bytes]:
    """The chunk's whole lines, about `BLOCK` bytes at a time, newlines included. Raises LogError at damage."""
    with ChunkReader(chunk) as reader:
        while lines := reader.lines(BLOCK):
            yield b"\n".join(lines) + b"\n"
        if reader.damage:
            raise LogError(f"cannot read {chunk.path}: {reader.damage}")


def rewrite(chunk: ChunkFile, target: Path, content: Iterator[bytes]) -> None:
    """Puts `content` at `target`, gzipped if it is named so, durably and at once, with the chunk's time of last writing."""
    temporary = target.parent / f"{chunk.number:010d}.tmp"
    try:
        _write(temporary, _gzipped(content) if target.suffix == ".gz" else content, chunk.path.stat())
    except (OSError, LogError):
        temporary.unlink(missing_ok=True)  # a full disk needs its room
        raise
    publish(temporary, target)


def _write(path: Path, content: Iterator[bytes], times: os.stat_result) -> None:
    with path.open("wb") as file:
        for piece in content:
            file.write(piece)
        file.flush()
        os.utime(file.fileno(), ns=(times.st_atime_ns, times.st_mtime_ns))
        os.fsync(file.fileno())


def _gzipped(content: Iterator[bytes]) -> Iterator[bytes]:
    deflate = zlib.compressobj(_LEVEL, wbits=31)
    for block in content:
        yield deflate.compress(block)
    yield deflate.flush()
