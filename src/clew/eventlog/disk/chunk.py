"""A chunk: one file of the log. Its name, and reading its lines in order, compressed or not.

`0000000001.ndjson`, or `0000000001.ndjson.gz` once closed and compressed. The newest chunk is the one that may grow; all others
are closed. `.new` and `.tmp` files are unfinished work of a writer and of upkeep; nobody reads them.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from clew.errors import LogError
from clew.eventlog.disk.durable import log_errors
from clew.eventlog.disk.inflate import Inflated

_NAME = re.compile(r"(\d{10})\.ndjson(\.gz)?")
_BLOCK = 256 * 1024
_LEAST = 64 * 1024


class ChunkFile(NamedTuple):
    """A chunk as it lies in the folder."""

    number: int
    path: Path

    @property
    def compressed(self) -> bool:
        return self.path.suffix == ".gz"


def plain_path(folder: Path, number: int) -> Path:
    return folder / f"{number:010d}.ndjson"


def compressed_path(folder: Path, number: int) -> Path:
    return folder / f"{number:010d}.ndjson.gz"


def list_chunks(folder: Path) -> list[ChunkFile]:
    """The chunks of the log, oldest first. Where both forms exist (a crash while compressing), the plain one counts."""
    found: dict[int, ChunkFile] = {}
    with log_errors(f"list {folder}"):
        names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    for name in reversed(names):  # plain after .gz, so that it stays
        if match := _NAME.fullmatch(name):
            number = int(match[1])
            found[number] = ChunkFile(number, folder / name)
    return [found[number] for number in sorted(found)]


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


class ChunkReader:
    """Reads one chunk's lines, from the first on; keeps its file open, so it may be compressed, rewritten or deleted meanwhile.

    `ordinal` is the number of lines read. `damage` says why the rest of a compressed chunk cannot be read; None while all is well.
    """

    def __init__(self, chunk: ChunkFile) -> None:
        """Raises FileNotFoundError if the chunk is gone under this name."""
        self.number = chunk.number
        self.ordinal = 0
        self._path = chunk.path
        file = chunk.path.open("rb", buffering=0)
        self._identity = _identity(os.fstat(file.fileno()))
        self._file = Inflated(file) if chunk.compressed else file
        self._begun = b""

    @property
    def moved(self) -> bool:
        """Whether the name now belongs to nothing, or to another file: the chunk was compressed, rewritten or deleted."""
        try:
            return _identity(self._path.stat()) != self._identity
        except FileNotFoundError:
            return True

    @property
    def damage(self) -> str | None:
        return self._file.damage if isinstance(self._file, Inflated) else None

    @property
    def size(self) -> int:
        """Bytes on disk, as it is now."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def torn(self) -> int:
        """Bytes read after the last newline."""
        return len(self._begun)

    def lines(self, max_bytes: int, max_lines: int = sys.maxsize) -> list[bytes]:
        """The next whole lines, without newlines: about `max_bytes` of them, at least one if there is one; at most `max_lines`."""
        whole = self._whole(max_bytes)
        if not whole:
            return []
        lines = whole[:-1].split(b"\n")
        if len(lines) > max_lines:
            self._begun = b"\n".join(lines[max_lines:]) + b"\n" + self._begun
            del lines[max_lines:]
        self.ordinal += len(lines)
        return lines

    def skip_to(self, ordinal: int) -> bool:
        """Moves forward until `ordinal` lines are read. False if the chunk does not have as many (yet)."""
        while self.ordinal < ordinal:
            whole = self._whole(_BLOCK)
            if not whole:
                return False
            self._pass(whole, ordinal)
        return True

    def _pass(self, whole: bytes, ordinal: int) -> None:
        count = whole.count(b"\n")
        if self.ordinal + count > ordinal:
            count = ordinal - self.ordinal
            self._begun = whole.split(b"\n", count)[count] + self._begun
        self.ordinal += count

    def _whole(self, max_bytes: int) -> bytes:
        """The next bytes up to a newline; what follows it waits in `_begun`."""
        if b"\n" in self._begun:
            return self._cut(self._begun, max_bytes)
        parts = [self._begun]
        while block := self._file.read(max(max_bytes, _LEAST)):
            parts.append(block)
            if b"\n" in block:
                content = b"".join(parts)
                return self._cut(content, max_bytes if max_bytes < _LEAST else len(content))
        self._begun = b"".join(parts)
        return b""

    def _cut(self, content: bytes, at_most: int) -> bytes:
        """The lines that end within `at_most` bytes, or the first."""
        end = (content.rfind(b"\n", 0, at_most) + 1) or (content.find(b"\n") + 1)
        self._begun = content[end:]
        return content[:end]

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_chunk(folder: Path, number: int) -> ChunkReader | None:
    """A reader at the chunk's first line, under the name it has now; None if it is gone. Raises LogError."""
    while chunk := next((chunk for chunk in list_chunks(folder) if chunk.number == number), None):
        try:
            return ChunkReader(chunk)
        except FileNotFoundError:
            continue  # compressed or deleted since it was listed
        except OSError as error:
            raise LogError(f"cannot open {chunk.path}: {error.strerror}") from error
    return None
