"""Appending to the log: one writer a folder, one write and one sync an append, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from collections import deque
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from clew import clock, config
from clew.errors import LogError, LogFull
from clew.eventlog.cursor import Cursor
from clew.eventlog.disk.chunk import plain_path
from clew.eventlog.disk.durable import log_errors, publish, sync_folder
from clew.eventlog.opening import hold, tidy, unused_number

_MOST_PARTS = 1024
"""As many as one call of the kernel takes (IOV_MAX)."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class _OpenChunk:
    """The chunk being written: how much of it is on disk, and since when."""

    def __init__(self, number: int, handle: int) -> None:
        self.number = number
        self.handle = handle
        self.size = 0
        self.ordinal = 0
        self.born = clock.now()


class LogWriter:
    """The one writer of a folder. One thread at a time. Raises LogError when another process holds the folder."""

    def __init__(self, folder: Path, settings: config.Log) -> None:
        self.folder = folder
        self._settings = settings
        self._chunk: _OpenChunk | None = None
        self._next = 1
        self._lock = hold(folder)
        try:
            with log_errors(f"open the log {folder}"):
                tidy(folder)
                self._next = unused_number(folder)
        except LogError:
            self.close()
            raise

    def append(self, lines: bytes, count: int) -> Cursor:
        """`append_all` of one part."""
        return self.append_all([lines], count)

    def append_all(self, parts: Sequence[bytes], count: int) -> Cursor:
        """Puts `count` sealed lines on disk; returns the cursor after them. When it returns they survive a crash.

        They come in parts of whole lines, which are not joined: that would copy them all, while no other thread of Python goes on.

        Raises LogFull (no room) or LogError: then none of them counts as stored, and the next append begins a new chunk.
        """
        for lines in parts:
            if not lines.endswith(b"\n"):
                raise ValueError(f"expected whole lines with their newlines, found {lines[-40:]!r}")
        chunk = self._chunk
        if chunk is None or self._is_done(chunk):
            return self._begin(parts, count)
        try:
            _write_through(chunk.handle, parts, chunk.size)
        except OSError as error:
            self._cut(chunk)
            raise _failure(self.folder, error) from error
        return _grown(chunk, parts, count)

    def roll(self) -> int:
        """Closes the current chunk; the next append begins a new one. Returns the number up to which all chunks are closed now."""
        if self._chunk is not None:
            os.close(self._chunk.handle)
            self._chunk = None
        return self._next - 1

    def close(self) -> None:
        """Lets another process write. Closing twice is no error."""
        self.roll()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _is_done(self, chunk: _OpenChunk) -> bool:
        return chunk.size >= self._settings.roll_bytes or clock.now() - chunk.born >= self._settings.roll_seconds * clock.SECOND

    def _begin(self, parts: Sequence[bytes], count: int) -> Cursor:
        """A new chunk gets its name when its first lines are on disk: none is ever empty, and a full disk leaves no trace."""
        if self._lock is None:
            raise LogError(f"{self.folder}: this writer is closed: open another")
        self.roll()
        unfinished = self.folder / f"{self._next:010d}.new"
        try:
            chunk = _OpenChunk(self._next, os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644))
            try:
                _write_through(chunk.handle, parts, 0)
                sync_folder(self.folder)  # `tidy` finds it after a power loss, under this name or its own
                publish(unfinished, plain_path(self.folder, chunk.number))
            except OSError:
                os.close(chunk.handle)
                raise
        except OSError as error:
            self._abandon(unfinished)
            raise _failure(self.folder, error) from error
        self._chunk = chunk
        self._next += 1
        return _grown(chunk, parts, count)

    def _abandon(self, unfinished: Path) -> None:
        """Removes what a failed beginning left. Had it got its name already, that number is used up."""
        with contextlib.suppress(OSError):  # the failure itself is being reported; `tidy` removes what stays
            unfinished.unlink(missing_ok=True)
        if plain_path(self.folder, self._next).exists():
            self._next += 1

    def _cut(self, chunk: _OpenChunk) -> None:
        """Takes off what a failed write left. Readers may have read it, so its ordinals are not used again: the chunk is closed."""
        with contextlib.suppress(OSError):  # if this fails too, the lines stay: never acknowledged, and the sender repeats them
            os.ftruncate(chunk.handle, chunk.size)
            os.fdatasync(chunk.handle)
        self.roll()


def _grown(chunk: _OpenChunk, parts: Sequence[bytes], count: int) -> Cursor:
    chunk.size += sum(map(len, parts))
    chunk.ordinal += count
    return Cursor(chunk.number, chunk.ordinal)


def _write_through(handle: int, parts: Sequence[bytes], offset: int) -> None:
    """Writes and syncs. Raises OSError."""
    rest = deque(memoryview(part) for part in parts)
    while rest:
        written = os.pwritev(handle, list(islice(rest, _MOST_PARTS)), offset)
        offset += written
        while rest and written >= len(rest[0]):
            written -= len(rest.popleft())
        if written:
            rest[0] = rest[0][written:]
    os.fdatasync(handle)


def _failure(folder: Path, error: OSError) -> LogError:
    if error.errno in _FULL:
        return LogFull(f"{folder}: no room ({error.strerror}); nothing of this was stored. Free space; writing resumes by itself")
    return LogError(f"{folder}: cannot write: {error.strerror}; nothing of this was stored")
