"""A cursor: a place in the log. Named cursors tell retention what has been read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import msgspec

from clew import clock
from clew.errors import LogError
from clew.eventlog.disk.durable import log_errors, write_whole

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Cursor(NamedTuple):
    """After the first `ordinal` lines of chunk number `chunk`. `Cursor()` is the beginning of the log; cursors compare by place."""

    chunk: int = 0
    ordinal: int = 0


class _Published(msgspec.Struct, frozen=True):
    chunk: int
    ordinal: int
    written_at: int


class CursorFile:
    """The cursor that reader `name` has published in `folder/cursors/NAME.json`. Retention keeps what it has not passed."""

    def __init__(self, folder: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"expected a cursor name of lower case, digits, `-` and `_`, found {name!r}")
        self.path = folder / "cursors" / f"{name}.json"

    def read(self) -> Cursor:
        """The published cursor; the beginning of the log if none is. Raises LogError for a file that is none."""
        with log_errors(f"read {self.path}"):
            try:
                content = self.path.read_bytes()
            except FileNotFoundError:
                return Cursor()
        try:
            published = msgspec.json.decode(content, type=_Published)
        except msgspec.DecodeError as error:
            raise LogError(f"{self.path}: expected a cursor, found {content[:80]!r}: delete the file; its reader will publish it again") from error
        return Cursor(published.chunk, published.ordinal)

    def write(self, cursor: Cursor) -> None:
        """Publishes `cursor`, durably. Raises LogError."""
        with log_errors(f"write {self.path}"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, msgspec.json.encode(_Published(cursor.chunk, cursor.ordinal, clock.now())))


def published_cursors(folder: Path) -> dict[str, Cursor]:
    """Name -> cursor, of every reader that has published one."""
    names = sorted(path.stem for path in (folder / "cursors").glob("*.json"))
    return {name: CursorFile(folder, name).read() for name in names}
